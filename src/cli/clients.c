/* SPDX-License-Identifier: Apache-2.0 */
/* certwhy clients: the profiles, and how each is known; the page of one. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "client_page.h"

static const char *evidence_name(const struct profile *profile)
{
    return profile_evidence(profile) == EVIDENCE_MEASURED ? "measured" : "documented";
}

/* What is installed that the profile stands for. */
static json_t *installed_json(struct trust_machine *machine, const struct profile *profile)
{
    size_t count = 0;
    const struct trust_program *programs = trust_programs(machine, &count);
    struct arena arena = {0};
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        if (strcmp(programs[i].profile, profile_name(profile)) != 0)
            continue;
        json_t *one = json_pack("{s:s}", "path", str_safe(&arena, bytes_str(programs[i].path)));
        json_object_set_new(one, "version",
                            *programs[i].version ? json_string(programs[i].version) : json_null());
        json_array_append_new(list, one);
    }
    arena_free(&arena);
    return list;
}

static json_t *profile_json(struct trust_machine *machine, const struct profile *profile)
{
    json_t *aliases = json_array();
    for (const char *const *a = profile_aliases(profile); a && *a; a++)
        json_array_append_new(aliases, json_string(*a));
    return json_pack("{s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:o}", "client",
                     profile_name(profile), "title", profile_title(profile), "aliases", aliases,
                     "evidence", evidence_name(profile), "measured_with",
                     profile_measured_with(profile), "note", profile_note(profile), "store",
                     profile_store(profile), "revocation", profile_revocation(profile), "to_look",
                     profile_looks(profile), "default", client_is_default(machine, profile),
                     "installed", installed_json(machine, profile));
}

static void json_add(json_t *json, struct buf *out)
{
    char *text = json_dumps(json, JSON_INDENT(2));
    json_decref(json);
    buf_printf(out, "%s\n", text ? text : "{}");
    free(text);
}

static void clients_json(struct trust_machine *machine, const struct profile *const *table,
                         size_t count, struct buf *out)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, profile_json(machine, table[i]));
    json_add(list, out);
}

/** A page while it is written. */
struct page {
    struct trust_machine *machine;
    const struct profile *const *table;
    size_t count;
    int width; /**< of the column of names */
    struct buf *out;
};

static void installed_text(const struct page *page, const struct profile *profile)
{
    size_t count = 0;
    const struct trust_program *programs = trust_programs(page->machine, &count);
    struct arena arena = {0};
    for (size_t i = 0; i < count; i++)
        if (strcmp(programs[i].profile, profile_name(profile)) == 0)
            buf_printf(page->out, "  %*s   here: %s%s%s\n", page->width, "", programs[i].version,
                       *programs[i].version ? ", " : "version unknown, ",
                       str_safe(&arena, bytes_str(programs[i].path)));
    arena_free(&arena);
}

/** One client: how it is known, how it decides unless the one before decides so too, other names.
 */
static void profile_text(const struct page *page, const struct profile *profile,
                         const struct profile *before)
{
    struct buf *out = page->out;
    const int width = page->width;
    const char *with = profile_measured_with(profile);
    buf_printf(out, "  %-*s %s %s", width, profile_name(profile),
               client_is_default(page->machine, profile) ? "*" : " ", evidence_name(profile));
    if (with && *with)
        buf_printf(out, " with %s", with);
    buf_add_str(out, "\n");
    if (*profile_note(profile) &&
        (before == NULL || strcmp(profile_note(before), profile_note(profile)) != 0))
        buf_printf(out, "  %*s   %s\n", width, "", profile_note(profile));
    installed_text(page, profile);
    const char *const *aliases = profile_aliases(profile);
    if (!aliases || !*aliases)
        return;
    buf_printf(out, "  %*s   also:", width, "");
    for (; *aliases; aliases++)
        buf_printf(out, " %s", *aliases);
    buf_add_str(out, "\n");
}

static bool same_title(const struct profile *a, const struct profile *b)
{
    return strcmp(profile_title(a), profile_title(b)) == 0;
}

/** The clients of one program under its name, in the table's order. */
static void family_text(const struct page *page, size_t first)
{
    const struct profile *before = NULL;
    for (size_t i = 0; i < first; i++)
        if (same_title(page->table[i], page->table[first]))
            return; /* said already */
    buf_printf(page->out, "%s%s\n", first > 0 ? "\n" : "", profile_title(page->table[first]));
    for (size_t i = first; i < page->count; i++)
        if (same_title(page->table[i], page->table[first])) {
            profile_text(page, page->table[i], before);
            before = page->table[i];
        }
}

static void clients_text(struct page *page)
{
    for (size_t i = 0; i < page->count; i++)
        if ((int)strlen(profile_name(page->table[i])) > page->width)
            page->width = (int)strlen(profile_name(page->table[i]));
    for (size_t i = 0; i < page->count; i++)
        family_text(page, i);
    buf_add_str(
        page->out,
        "\nmeasured: compared with the real program; documented: from its source or manual,\n"
        "and without effect on the exit status unless chosen with --client.\n"
        "here: found on this machine; the profile is the one measured nearest to that version.\n"
        "*: judged unless --client says otherwise: what is here, and browsers, here or not.\n");
}

/* The pages of those named; of several as JSON, one object after the other. */
static int pages_run(const struct command *command, const struct arguments *arguments,
                     struct trust_machine *machine)
{
    BUF_CLEANUP out = {0};
    for (size_t i = 0; i < arguments->operand_count; i++) {
        struct client_page page = {
            .machine = machine, .arena = arguments->arena, .word = arguments->operands[i]};
        if (!client_page_find(&page)) {
            const char *near = client_page_nearest(arguments->arena, page.word);
            return command_unusable(command, "no client \"%.100s\" is known%s%s%s", page.word,
                                    near ? ": did you mean " : "", near ? near : "",
                                    near ? "?" : "; certwhy clients lists them");
        }
        if (argument_given(arguments, "json"))
            json_add(client_page_json(&page), &out);
        else
            client_page_text(&page, &out);
    }
    return output_write(NULL, buf_bytes(&out)) ? EXIT_ACCEPTED : EXIT_UNUSABLE;
}

static int list_run(const struct arguments *arguments, struct trust_machine *machine)
{
    BUF_CLEANUP out = {0};
    struct page page = {.machine = machine, .out = &out};
    page.table = profile_all(&page.count);
    if (argument_given(arguments, "json"))
        clients_json(machine, page.table, page.count, &out);
    else
        clients_text(&page);
    return output_write(NULL, buf_bytes(&out)) ? EXIT_ACCEPTED : EXIT_UNUSABLE;
}

static int clients_run(const struct command *command, const struct arguments *arguments)
{
    const char *root = argument_value(arguments, "root");
    const struct environment environment = environment_own();
    struct trust_machine *machine =
        trust_machine_new(root ? root : "", &environment, arguments->arena);
    const int status = arguments->operand_count ? pages_run(command, arguments, machine)
                                                : list_run(arguments, machine);
    trust_machine_free(machine);
    return status;
}

static const struct option_spec options[] = {
    {.name = "json", .help = "as JSON: all as an array, or the page of each NAME as an object"},
    {.name = "root", .value = "DIR", .help = "look at the machine whose files lie below DIR"},
    {.name = NULL},
};

const struct command clients_command = {
    .name = "clients",
    .summary = "the clients that certwhy knows, which are here; how to ask one, whom it trusts",
    .usage = "clients [NAME…] [--json] [--root DIR]",
    .about =
        "Lists the client profiles, and which of them are installed on this machine: found by\n"
        "their files and the package manager's records; nothing is run. Each can be chosen by\n"
        "its name or an alias: certwhy check --client NAME[,NAME…] TARGET. Without --client,\n"
        "or with --client default, those are judged that are here, and the newest Chromium\n"
        "and Firefox, here or not: whoever visits a server may come with one.\n"
        "With NAME (curl, java, psql, python@3.13 …) prints the page of that client: how to make\n"
        "it say more, whom it trusts and what changes that, how to add a root, what never to do.",
    .examples = "  certwhy clients\n"
                "  certwhy clients java                         the page of one\n"
                "  certwhy clients --json",
    .options = options,
    .run = clients_run,
};
