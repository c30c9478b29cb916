/* SPDX-License-Identifier: Apache-2.0 */
/* certwhy clients: the profiles, and how each is known. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const char *evidence_name(const struct profile *profile)
{
    return profile_evidence(profile) == EVIDENCE_MEASURED ? "measured" : "documented";
}

static bool is_default(const struct profile *profile)
{
    size_t count = 0;
    const struct profile *const *table = profile_table(&count);
    for (size_t i = 0; i < count; i++)
        if (table[i] == profile)
            return true;
    return false;
}

static json_t *profile_json(const struct profile *profile)
{
    json_t *aliases = json_array();
    for (const char *const *a = profile_aliases(profile); a && *a; a++)
        json_array_append_new(aliases, json_string(*a));
    return json_pack("{s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:b}", "client", profile_name(profile),
                     "title", profile_title(profile), "aliases", aliases, "evidence",
                     evidence_name(profile), "measured_with", profile_measured_with(profile),
                     "note", profile_note(profile), "store", profile_store(profile), "default",
                     is_default(profile));
}

static void clients_json(const struct profile *const *table, size_t count, struct buf *out)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, profile_json(table[i]));
    char *text = json_dumps(list, JSON_INDENT(2));
    json_decref(list);
    buf_printf(out, "%s\n", text ? text : "[]");
    free(text);
}

/** One client: how it is known, how it decides unless the one before decides so too, other names.
 */
static void profile_text(const struct profile *profile, const struct profile *before, int width,
                         struct buf *out)
{
    const char *with = profile_measured_with(profile);
    buf_printf(out, "  %-*s %s %s", width, profile_name(profile), is_default(profile) ? "*" : " ",
               evidence_name(profile));
    if (with && *with)
        buf_printf(out, " with %s", with);
    buf_add_str(out, "\n");
    if (*profile_note(profile) &&
        (before == NULL || strcmp(profile_note(before), profile_note(profile)) != 0))
        buf_printf(out, "  %*s   %s\n", width, "", profile_note(profile));
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
static void family_text(const struct profile *const *table, size_t count, size_t first, int width,
                        struct buf *out)
{
    const struct profile *before = NULL;
    for (size_t i = 0; i < first; i++)
        if (same_title(table[i], table[first]))
            return; /* said already */
    buf_printf(out, "%s%s\n", first > 0 ? "\n" : "", profile_title(table[first]));
    for (size_t i = first; i < count; i++)
        if (same_title(table[i], table[first])) {
            profile_text(table[i], before, width, out);
            before = table[i];
        }
}

static void clients_text(const struct profile *const *table, size_t count, struct buf *out)
{
    size_t width = 0;
    for (size_t i = 0; i < count; i++)
        if (strlen(profile_name(table[i])) > width)
            width = strlen(profile_name(table[i]));
    for (size_t i = 0; i < count; i++)
        family_text(table, count, i, (int)width, out);
    buf_add_str(
        out, "\nmeasured: compared with the real program; documented: from its source or manual,\n"
             "and without effect on the exit status unless chosen with --client.\n"
             "*: judged for unless --client says otherwise.\n");
}

static int clients_run(const struct command *command, const struct arguments *arguments)
{
    if (arguments->operand_count)
        return command_unusable(command, "it takes no operand");
    BUF_CLEANUP out = {0};
    size_t count = 0;
    const struct profile *const *table = profile_all(&count);
    if (argument_given(arguments, "json"))
        clients_json(table, count, &out);
    else
        clients_text(table, count, &out);
    return output_write(NULL, buf_bytes(&out)) ? EXIT_ACCEPTED : EXIT_UNUSABLE;
}

static const struct option_spec options[] = {
    {.name = "json", .help = "a JSON array with names, aliases and evidence"},
    {.name = NULL},
};

const struct command clients_command = {
    .name = "clients",
    .summary = "the clients that certwhy knows, and how each is known",
    .usage = "clients [--json]",
    .about = "Lists the client profiles. Each can be chosen by its name or an alias:\n"
             "certwhy check --client NAME[,NAME…] TARGET.",
    .examples = "  certwhy clients\n  certwhy clients --json",
    .options = options,
    .run = clients_run,
};
