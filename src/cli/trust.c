/* SPDX-License-Identifier: Apache-2.0 */
/* certwhy trust: the trust stores on this machine, as each client sees them. */
#include "trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- words that the reports share ---- */

void trust_wrap(const struct trust_job *job, struct buf *out, unsigned indent, const char *text)
{
    unsigned column = 0;
    BUF_CLEANUP safe = {0};
    str_safe_line(&safe, bytes_str(text));
    for (const char *p = buf_cstr(&safe); *p;) {
        p += strspn(p, " ");
        const size_t n = strcspn(p, " ");
        if (column && column + 1 + n > job->width) {
            buf_add_str(out, "\n");
            column = 0;
        }
        if (n) {
            buf_printf(out, "%*s%.*s", column ? 1 : (int)indent, "", (int)n, p);
            column = (column ? column + 1 : indent) + (unsigned)n;
        }
        p += n;
    }
    buf_add_str(out, "\n");
}

const char *trust_date(const struct trust_job *job, cw_time t)
{
    return t == TIME_NONE ? "unknown" : time_date(job->arena, t);
}

int trust_print_json(json_t *json, int status)
{
    char *text = json_dumps(json, JSON_INDENT(2));
    json_decref(json);
    BUF_CLEANUP out = {0};
    buf_printf(&out, "%s\n", text ? text : "{}");
    free(text);
    return output_write(NULL, buf_bytes(&out)) ? status : EXIT_UNUSABLE;
}

const char *trust_programmes(const struct trust_job *job, const uint8_t sha256[32])
{
    const struct root_fact *fact = root_fact_find(sha256);
    if (!fact)
        return "no public root";
    const unsigned n = root_fact_programmes(fact);
    return n ? arena_printf(job->arena, "in %u of %d programmes", n, PROGRAMME_COUNT)
             : "public until some years ago";
}

json_t *trust_programmes_json(const uint8_t sha256[32])
{
    const struct root_fact *fact = root_fact_find(sha256);
    if (!fact)
        return json_null();
    json_t *list = json_array();
    for (enum programme p = 0; p < PROGRAMME_COUNT; p++)
        if (root_fact_in(fact, p))
            json_array_append_new(list, json_string(programme_title(p)));
    return list;
}

static const char *const part_kinds[] = {
    [PART_BUNDLE] = "bundle",    [PART_DIRECTORY] = "directory", [PART_HASHED] = "hashed-directory",
    [PART_FILES] = "all-files",  [PART_KEYSTORE] = "keystore",   [PART_PROGRAMME] = "compiled-in",
    [PART_NSS] = "nss-database",
};

const char *trust_part_text(const struct trust_job *job, const struct trust_part *part)
{
    static const char *const notes[] = {
        [PART_BUNDLE] = "",
        [PART_DIRECTORY] = " (its certificate files)",
        [PART_HASHED] = " (hashed names)",
        [PART_FILES] = " (every file)",
        [PART_KEYSTORE] = "",
        [PART_PROGRAMME] = "'s list, compiled in",
        [PART_NSS] = " (NSS database)",
    };
    const char *path = str_safe(job->arena, bytes_str(*part->path ? part->path : "(nothing)"));
    return arena_printf(job->arena, "%s%s", path, notes[part->kind]);
}

json_t *trust_part_json(const struct trust_part *part)
{
    struct arena arena = {0};
    json_t *json = json_pack("{s:s, s:s, s:b}", "kind", part_kinds[part->kind], "path",
                             str_safe(&arena, bytes_str(part->path)), "adds", part->adds);
    if (part->by)
        json_object_set_new(json, "by", json_string(part->by->name));
    arena_free(&arena);
    return json;
}

const char *trust_data_text(const struct trust_job *job)
{
    BUF_CLEANUP text = {0};
    buf_add_str(&text, "Root programmes as of:");
    for (enum programme p = 0; p < PROGRAMME_COUNT; p++)
        buf_printf(&text, "%s %s %s", p ? "," : "", programme_title(p),
                   time_date(job->arena, programme_date(p)));
    if (root_facts_are_old(job->now))
        buf_add_str(&text, ". Part of this data is older than a year: what changed since is not "
                           "known here");
    buf_add_str(&text, ".");
    return arena_strdup(job->arena, buf_cstr(&text));
}

json_t *trust_data_json(void)
{
    struct arena arena = {0};
    json_t *list = json_array();
    for (enum programme p = 0; p < PROGRAMME_COUNT; p++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "programme", programme_title(p),
                                              "date", time_date(&arena, programme_date(p)),
                                              "source", programme_source(p)));
    arena_free(&arena);
    return list;
}

/* ---- stores by name ---- */

static struct store *store_of_place(const struct trust_job *job, const char *word)
{
    size_t count;
    const struct trust_place *places = trust_places(job->machine, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(places[i].name, word) == 0)
            return trust_part_store(job->machine, &places[i].part);
    return NULL;
}

static struct store *store_of_path(const struct trust_job *job, const char *word)
{
    const struct trust_part part = {
        .kind = file_is_dir(job->root, word) ? PART_DIRECTORY : PART_BUNDLE, .path = word};
    return file_exists(job->root, word) ? trust_part_store(job->machine, &part) : NULL;
}

static const char *nearest(const struct trust_job *job, const char *word)
{
    size_t count, n = 0;
    const struct trust_place *places = trust_places(job->machine, &count);
    enum { CLIENTS_MAX = 100 };
    const char **names = arena_array(job->arena, count + CLIENTS_MAX + 1, sizeof *names);
    for (size_t i = 0; i < count; i++)
        names[n++] = places[i].name;
    for (size_t i = 0; i < CLIENTS_MAX && trust_client_at(i); i++)
        names[n++] = trust_client_at(i);
    return str_nearest(word, names);
}

struct store *trust_store_named(const struct trust_job *job, const char *word)
{
    enum programme programme;
    struct store *store = NULL;
    if (!strchr(word, '/') && trust_client_known(word))
        store = store_ref(trust_view_store(job->machine, trust_view_find(job->machine, word)));
    else if (programme_find(word, &programme))
        store =
            trust_part_store(job->machine, &(struct trust_part){.kind = PART_PROGRAMME,
                                                                .path = programme_title(programme),
                                                                .programme = programme});
    if (!store)
        store = store_of_place(job, word);
    if (!store)
        store = store_of_path(job, word);
    if (store)
        return store;
    const char *near = nearest(job, word);
    command_unusable(
        job->command,
        "\"%s\" is no client, no store of certwhy trust list, no root programme and no "
        "file%s%s%s",
        word, near ? ": did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    return NULL;
}

/* ---- what a store holds ---- */

enum { MANY_PUBLIC_ROOTS = 20 };

static size_t lacking_of(struct store *store)
{
    size_t present = 0, all = 0;
    const struct root_fact *fact;
    for (size_t i = 0; (fact = root_fact_at(i)); i++)
        all += root_fact_in(fact, PROGRAMME_MOZILLA);
    for (size_t i = 0; i < store_count(store); i++) {
        const struct anchor *anchor = store_at(store, i);
        fact = anchor ? root_fact_find(anchor->cert->sha256) : NULL;
        present += fact && root_fact_in(fact, PROGRAMME_MOZILLA);
    }
    return all - present;
}

struct trust_census trust_census_of(const struct trust_job *job, struct store *store)
{
    struct trust_census census = {
        .store = store, .count = store_count(store), .modified = TIME_NONE, .problem = ""};
    for (size_t i = 0; i < store_source_count(store); i++) {
        const struct store_source *source = store_source_at(store, i);
        census.read = census.read || source->read;
        if (!source->read && !*census.problem)
            census.problem = source->problem;
        if (source->modified > census.modified)
            census.modified = source->modified;
    }
    for (size_t i = 0; i < census.count; i++) {
        const struct anchor *anchor = store_at(store, i);
        if (!anchor)
            continue;
        census.public_roots += root_fact_find(anchor->cert->sha256) != NULL;
        census.expired +=
            anchor->cert->not_after != TIME_NONE && job->now > anchor->cert->not_after;
    }
    if (census.public_roots >= MANY_PUBLIC_ROOTS)
        census.lacking = lacking_of(store);
    return census;
}

/* ---- the command ---- */

static int sub_command(const struct trust_job *job)
{
    static const char *const words[] = {"list", "show",   "diff",   "env",
                                        "add",  "remove", "update", NULL};
    const struct arguments *arguments = job->arguments;
    const char *word = arguments->operand_count ? arguments->operands[0] : "list";
    const char *const *operands = arguments->operands + 1;
    const size_t count = arguments->operand_count ? arguments->operand_count - 1 : 0;
    if (strcmp(word, "list") == 0 && count == 0)
        return argument_given(arguments, "added") ? trust_added(job) : trust_list(job);
    if (strcmp(word, "env") == 0 && count == 0)
        return trust_env(job);
    if (strcmp(word, "show") == 0 && count == 1)
        return trust_show(job, operands[0]);
    if (strcmp(word, "diff") == 0 && count == 2)
        return trust_diff(job, operands[0], operands[1]);
    if (strcmp(word, "show") == 0)
        return command_unusable(job->command, "show takes one store: certwhy trust show system");
    if (strcmp(word, "diff") == 0)
        return command_unusable(job->command,
                                "diff takes two stores: certwhy trust diff system java");
    if (strcmp(word, "add") == 0 && count == 1)
        return trust_add(job, operands[0]);
    if (strcmp(word, "remove") == 0 && count == 1)
        return trust_remove(job, operands[0]);
    if (strcmp(word, "update") == 0 && count == 0)
        return trust_update(job);
    if (strcmp(word, "add") == 0)
        return command_unusable(job->command, "add takes one certificate: certwhy trust add "
                                              "corp-root.pem --for system,java");
    if (strcmp(word, "remove") == 0)
        return command_unusable(job->command,
                                "remove takes one file, fingerprint or id, or all: certwhy trust "
                                "list --added shows them");
    if (strcmp(word, "list") == 0 || strcmp(word, "env") == 0 || strcmp(word, "update") == 0)
        return command_unusable(job->command, "%s takes no operand", word);
    const char *near = str_nearest(word, words);
    return command_unusable(
        job->command, "\"%s\" is none of list, show, diff, env, add, remove, update%s%s%s", word,
        near ? ": did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static int trust_run(const struct command *command, const struct arguments *arguments)
{
    const char *root = argument_value(arguments, "root");
    const struct environment environment = environment_own();
    struct trust_job job = {
        .command = command,
        .arguments = arguments,
        .arena = arguments->arena,
        .root = root ? root : "",
        .now = time_now(),
        .json = argument_given(arguments, "json"),
        .width = output_width(),
    };
    job.machine = trust_machine_new(job.root, &environment, arguments->arena);
    const int status = sub_command(&job);
    trust_machine_free(job.machine);
    return status;
}

static const struct option_spec options[] = {
    {.name = "json", .help = "as JSON"},
    {.name = "for",
     .value = "LIST",
     .help = "add, remove: the clients, with commas; all: those on this machine"},
    {.name = "yes", .letter = 'y', .help = "add, remove: do not ask"},
    {.name = "dry-run", .letter = 'n', .help = "add, remove: say what would be done, and stop"},
    {.name = "against",
     .value = "TARGET",
     .help = "add: judge this server or file again as each client afterwards"},
    {.name = "name", .value = "NAME", .help = "… for this name"},
    {.name = "connect", .value = "ADDR[:PORT]", .help = "… dialling this"},
    {.name = "sni", .value = "NAME|none", .help = "… sending this server name"},
    {.name = "offline", .help = "… fetching nothing"},
    {.name = "timeout", .value = "S", .help = "… for so long"},
    {.name = "at", .value = "TIME", .help = "… as of this time"},
    {.name = "as-intermediate", .help = "add: an intermediate, where a client's store has a place"},
    {.name = "pin", .help = "add: this very self-signed certificate of a server"},
    {.name = "added", .help = "list: what add did and remove can undo"},
    {.name = "root", .value = "DIR", .help = "look at the machine whose files lie below DIR"},
    {.name = NULL},
};

const struct command trust_command = {
    .name = "trust",
    .summary = "the trust stores on this machine; trust a root, undo it",
    .usage = "trust list | show STORE | diff STORE STORE | env | add FILE | remove WHAT | "
             "update",
    .about =
        "list   every store found, how many certificates it holds, how old it is, who uses it\n"
        "show   the members of one store, and in which root programmes they stand\n"
        "diff   what one store holds and the other does not; exit status 1 when they differ\n"
        "env    every variable and configuration file that changes trust for some client: what it\n"
        "       does, to whom, and its traps; exit status 1 when one of them breaks something\n"
        "add    trusts the root in FILE for the clients of --for: shows its fingerprint, the "
        "files\n"
        "       and commands, asks, does it with the platform's own tools, and judges again. For\n"
        "       clients that are elsewhere (windows, ios, kubernetes …) the steps are printed\n"
        "remove undoes exactly that: FILE, a fingerprint (8 digits are enough), an id, or all\n"
        "update the bundles that add made begin again with today's public roots\n"
        "\n"
        "STORE is a client (curl, java, firefox …: what that client trusts here, with all that is\n"
        "set), a name that list shows, a root programme (Mozilla, Chrome, Apple, Microsoft, Java,\n"
        "Android), or a file or directory.\n"
        "A store that could not be read is said to be unread: it is never taken for an empty one.\n"
        "Not looked at: settings for single addresses (git's http.URL.sslCAInfo), files of the\n"
        "current directory (.npmrc), and the environment of services and other users.",
    .examples = "  certwhy trust list\n"
                "  certwhy trust add corp-root.pem --for system,java,node\n"
                "  certwhy trust add corp-root.pem --for all --against git.corp.example --dry-run\n"
                "  certwhy trust list --added                   what was added, and its ids\n"
                "  certwhy trust remove corp-root.pem\n"
                "  certwhy trust env                            why does only my shell fail?\n"
                "  certwhy trust show java | grep -i corp\n"
                "  certwhy trust diff system java               what does Java lack?\n"
                "  certwhy trust diff system Mozilla            how old is the system's bundle?\n"
                "  certwhy trust show /etc/ssl/certs/java/cacerts --json",
    .options = options,
    .run = trust_run,
};
