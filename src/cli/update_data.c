/* SPDX-License-Identifier: Apache-2.0 */
/* certwhy update-data: newer tables than those that are compiled in, from their publishers' own
 * formats. */
#include <string.h>

#include "cli.h"
#include "progress.h"

/** One run of the command. */
struct updating {
    const struct command *command;
    const struct arguments *arguments;
    struct arena *arena;
    const char *root;
    struct cw_options *options;
    struct fetcher *fetcher; /**< made when something is fetched */
    struct buf *out;
};

/** One publisher's file, read or fetched. */
struct publication {
    const char *where;
    struct mapping map;
    struct bytes bytes;
    cw_time date; /**< of the file; of what was fetched, now */
};

static void publication_close(struct publication *publication)
{
    file_unmap(&publication->map);
}
#define PUBLICATION_CLEANUP __attribute__((cleanup(publication_close))) struct publication

static enum cw_code publication_fetch(struct updating *u, struct publication *out,
                                      struct error *error)
{
    const struct fetch_request request = {.kind = FETCH_DATA, .url = out->where, .now = time_now()};
    struct fetched fetched;
    if (!u->fetcher)
        u->fetcher = fetcher_open(u->options, u->arena);
    struct progress_line *progress = progress_begin(u->arguments, out->where);
    fetch(u->fetcher, &request, u->arena, &fetched);
    progress_end(progress);
    out->map = fetched.map;
    out->bytes = fetched.body;
    out->date = request.now;
    if (fetched.result == FETCH_OK)
        return CW_OK;
    return error_set(error, CW_E_INPUT, "cannot fetch %s: %s%s%s", out->where,
                     fetch_result_text(fetched.result), *fetched.why ? ": " : "", fetched.why);
}

static enum cw_code publication_open(struct updating *u, const char *where, struct publication *out,
                                     struct error *error)
{
    *out = (struct publication){.where = where};
    if (str_starts(where, "http://") || str_starts(where, "https://"))
        return publication_fetch(u, out, error);
    TRY(file_map(u->root, where, &out->map, error));
    out->bytes = bytes_of(out->map.p, out->map.n);
    out->date = file_mtime(u->root, where);
    return CW_OK;
}

/** The whole old file or the whole new one, whatever happens (base/file.c). */
static enum cw_code install(struct updating *u, const char *path, struct bytes content,
                            struct error *error)
{
    const char *slash = strrchr(path, '/');
    TRY(file_make_dir(u->root, arena_strndup(u->arena, path, (size_t)(slash - path)), error));
    return file_write_atomic(u->root, path, content, 0644, error);
}

/* ---- the pool of known issuers ---- */

static void pool_tell(struct updating *u, const char *path, struct issuer_counts counts,
                      const struct pool_change *change)
{
    buf_printf(u->out, "pool of issuers: %zu certificates in %s\n", change->after, path);
    if (counts.revoked)
        buf_printf(u->out, "  left out: %zu that the publisher calls revoked\n", counts.revoked);
    if (counts.unreadable)
        buf_printf(u->out, "  left out: %zu that cannot be read\n", counts.unreadable);
    if (change->date_before == TIME_NONE)
        buf_printf(u->out, "  there was none before\n");
    else
        buf_printf(u->out, "  before: %zu of %s; %zu are new, %zu are gone\n", change->before,
                   time_date(u->arena, change->date_before), change->added, change->gone);
}

static enum cw_code pool_gather(struct updating *u, struct issuer_list *list, const char **source,
                                cw_time *date, struct error *error)
{
    for (size_t i = 0; i < u->arguments->option_count; i++) {
        const struct given *given = &u->arguments->options[i];
        PUBLICATION_CLEANUP file = {0};
        if (strcmp(given->name, "ccadb") != 0)
            continue;
        TRY(publication_open(u, given->value, &file, error));
        TRY(issuer_list_read(list, file.bytes, file.where, error));
        *date = file.date > *date ? file.date : *date;
        *source = **source ? arena_printf(u->arena, "%s, %s", *source, file.where) : file.where;
    }
    return CW_OK;
}

static enum cw_code pool_build(struct updating *u, struct issuer_list *list, const char *path,
                               struct error *error)
{
    const char *source = "";
    cw_time date = TIME_NONE;
    BUF_CLEANUP before = {0};
    BUF_CLEANUP after = {0};
    TRY(pool_gather(u, list, &source, &date, error));
    if (issuer_list_pool(list, source, date, &after) == 0)
        return error_set(error, CW_E_INPUT,
                         "%s: it holds no intermediate CA certificate that is "
                         "not revoked: nothing was changed",
                         source);
    file_read(u->root, path, LIMIT_FILE_BYTES, &before, NULL);
    TRY(install(u, path, buf_bytes(&after), error));
    const struct pool_change change = pool_compare(buf_bytes(&before), buf_bytes(&after));
    pool_tell(u, path, issuer_list_counts(list), &change);
    return CW_OK;
}

static enum cw_code pool_update(struct updating *u, const char *path, struct error *error)
{
    struct issuer_list *list = issuer_list_new();
    const enum cw_code code = pool_build(u, list, path, error);
    issuer_list_free(list);
    return code;
}

/* ---- the logs of Certificate Transparency ---- */

static void logs_tell(struct updating *u, const char *path, const struct ct_logs *before,
                      const struct ct_logs *after)
{
    size_t kept = 0, changed = 0;
    for (size_t i = 0; i < after->count; i++) {
        const struct ct_log *log = &after->items[i];
        const struct ct_log *known = ct_log_find(before, bytes_of(log->id, sizeof log->id));
        kept += known != NULL;
        changed += known && known->state != log->state;
    }
    buf_printf(u->out, "transparency logs: %zu in %s\n  %s of %s\n", after->count, path,
               after->source, time_date(u->arena, after->date));
    buf_printf(u->out, "  before: %zu of %s; %zu are new, %zu are gone, %zu changed their state\n",
               before->count, time_date(u->arena, before->date), after->count - kept,
               before->count - kept, changed);
}

/* What checks go by until now: the installed table, or the one that is compiled in. */
static void logs_now(struct updating *u, const char *path, struct ct_logs *out)
{
    BUF_CLEANUP file = {0};
    if (file_read(u->root, path, LIMIT_TABLE_BYTES, &file, NULL) != CW_OK ||
        !ct_logs_read(u->arena, buf_bytes(&file), out))
        ct_logs_read(u->arena, bytes_str(ct_logs_text), out);
}

static enum cw_code logs_update(struct updating *u, const char *path, struct error *error)
{
    struct ct_logs before, after;
    BUF_CLEANUP text = {0};
    PUBLICATION_CLEANUP file = {0};
    TRY(publication_open(u, argument_value(u->arguments, "ct"), &file, error));
    if (!ct_logs_from_json(u->arena, file.bytes, &after) &&
        (!ct_logs_read(u->arena, file.bytes, &after) || after.count == 0))
        return error_set(error, CW_E_INPUT,
                         "%s: it is no list of transparency logs (log_list.json, version 3)",
                         file.where);
    logs_now(u, path, &before);
    ct_logs_write(&after, NULL, &text);
    TRY(install(u, path, buf_bytes(&text), error));
    logs_tell(u, path, &before, &after);
    return CW_OK;
}

/* ---- root programmes ---- */

/** The certificates of one list. */
struct roots_read {
    struct arena *arena;
    struct cert **certs;
    size_t count;
};

static void roots_drop(struct roots_read *roots)
{
    for (size_t i = 0; i < roots->count; i++)
        cert_unref(roots->certs[i]);
}

static void roots_take(struct roots_read *out, const struct publication *file)
{
    struct container container;
    container_read(file->bytes, file->where, out->arena, &container);
    out->certs = arena_array(out->arena, container.object_count + 1, sizeof *out->certs);
    for (size_t i = 0; i < container.object_count; i++)
        if (container.objects[i].kind == OBJECT_CERTIFICATE)
            out->certs[out->count++] = cert_parse(container.objects[i].der);
}

static enum cw_code roots_install(struct updating *u, const char *path,
                                  const struct root_list *list, struct error *error)
{
    BUF_CLEANUP before = {0};
    BUF_CLEANUP after = {0};
    struct root_change change;
    file_read(u->root, path, LIMIT_TABLE_BYTES, &before, NULL);
    root_table_write(buf_bytes(&before), list, &after, &change);
    TRY(install(u, path, buf_bytes(&after), error));
    buf_printf(u->out, "roots of %s: %zu in %s\n", programme_title(list->programme), change.count,
               path);
    buf_printf(u->out, "  before: data of %s; %zu are new, %zu are gone\n",
               time_date(u->arena, change.date_before), change.added, change.gone);
    return CW_OK;
}

/* PROGRAMME=FILE */
static enum cw_code roots_of(struct updating *u, const char *value, const char *path,
                             struct error *error)
{
    enum programme programme;
    PUBLICATION_CLEANUP file = {0};
    __attribute__((cleanup(roots_drop))) struct roots_read roots = {.arena = u->arena};
    const char *equals = strchr(value, '=');
    if (!equals ||
        !programme_find(arena_strndup(u->arena, value, (size_t)(equals - value)), &programme))
        return error_set(error, CW_E_USAGE,
                         "--roots %s: PROGRAMME=FILE is needed, with Mozilla, Chrome, Apple, "
                         "Microsoft, Java or Android",
                         value);
    TRY(publication_open(u, equals + 1, &file, error));
    roots_take(&roots, &file);
    if (roots.count == 0)
        return error_set(error, CW_E_INPUT, "%s: it holds no certificate", file.where);
    const struct root_list list = {.programme = programme,
                                   .certs = (const struct cert *const *)roots.certs,
                                   .count = roots.count,
                                   .date = file.date,
                                   .source = file.where};
    return roots_install(u, path, &list, error);
}

static enum cw_code roots_update(struct updating *u, const char *path, struct error *error)
{
    for (size_t i = 0; i < u->arguments->option_count; i++)
        if (strcmp(u->arguments->options[i].name, "roots") == 0)
            TRY(roots_of(u, u->arguments->options[i].value, path, error));
    return CW_OK;
}

/* ---- the public suffix list ---- */

static enum cw_code suffixes_update(struct updating *u, const char *path, struct error *error)
{
    BUF_CLEANUP before = {0};
    PUBLICATION_CLEANUP file = {0};
    TRY(publication_open(u, argument_value(u->arguments, "psl"), &file, error));
    const size_t rules = suffix_list_rules(file.bytes);
    if (rules == 0)
        return error_set(error, CW_E_INPUT, "%s: it is no public suffix list", file.where);
    file_read(u->root, path, LIMIT_TABLE_BYTES, &before, NULL);
    TRY(install(u, path, file.bytes, error));
    buf_printf(u->out, "public suffixes: %zu of registries in %s\n  before: ", rules, path);
    if (before.n)
        buf_printf(u->out, "%zu\n", suffix_list_rules(buf_bytes(&before)));
    else
        buf_printf(u->out, "those of libpsl\n");
    return CW_OK;
}

/* ---- what there is ---- */

static const char *age(struct updating *u, cw_time date)
{
    enum { YEAR_DAYS = 365 };
    const cw_time old = time_now() - date;
    return arena_printf(u->arena, "%s%s", time_date(u->arena, date),
                        old > YEAR_DAYS * TIME_DAY ? ", MORE THAN A YEAR OLD" : "");
}

static void state_tell(struct updating *u)
{
    BUF_CLEANUP pool = {0};
    BUF_CLEANUP roots = {0};
    struct ct_logs logs;
    const struct environment *environment = &u->options->environment;
    const char *path = trust_data_path(u->arena, environment, "pool");
    file_read(u->root, path, LIMIT_FILE_BYTES, &pool, NULL);
    const struct pool_change held = pool_compare(buf_bytes(&pool), buf_bytes(&pool));
    if (held.date_before == TIME_NONE)
        buf_printf(u->out, "pool of issuers: none (%s)\n", path);
    else
        buf_printf(u->out, "pool of issuers: %zu certificates of %s (%s)\n", held.after,
                   age(u, held.date_before), path);
    logs_now(u, trust_data_path(u->arena, environment, "ct-logs.tsv"), &logs);
    buf_printf(u->out, "transparency logs: %zu, %s of %s\n", logs.count, logs.source,
               age(u, logs.date));
    path = trust_data_path(u->arena, environment, "roots.tsv");
    file_read(u->root, path, LIMIT_TABLE_BYTES, &roots, NULL);
    for (enum programme p = 0; p < PROGRAMME_COUNT; p++)
        buf_printf(u->out, "roots of %s: data of %s\n", programme_title(p),
                   age(u, root_table_date(buf_bytes(&roots), p)));
}

/* ---- the command ---- */

static const struct {
    const char *option, *file;
    enum cw_code (*update)(struct updating *u, const char *path, struct error *error);
} tables[] = {
    {"ccadb", "pool", pool_update},
    {"ct", "ct-logs.tsv", logs_update},
    {"roots", "roots.tsv", roots_update},
    {"psl", "public_suffix_list.dat", suffixes_update},
};

static int update(struct updating *u)
{
    struct error error = {0};
    size_t done = 0;
    if (!*trust_data_path(u->arena, &u->options->environment, ""))
        return command_unusable(u->command, "neither HOME nor XDG_DATA_HOME says where the data "
                                            "should lie");
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        if (!argument_given(u->arguments, tables[i].option))
            continue;
        const char *path = trust_data_path(u->arena, &u->options->environment, tables[i].file);
        if (tables[i].update(u, path, &error) != CW_OK)
            return command_failed(u->command, &error);
        done++;
    }
    if (done == 0)
        state_tell(u);
    return EXIT_ACCEPTED;
}

static enum cw_code options_take(struct updating *u, struct error *error)
{
    static const char *const taken[] = {"proxy", "allow-private-fetch"};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (argument_given(u->arguments, taken[i]))
            TRY(options_set(u->options, taken[i], argument_value(u->arguments, taken[i]), error));
    return CW_OK;
}

static int update_run(const struct command *command, const struct arguments *arguments)
{
    BUF_CLEANUP out = {0};
    struct error error = {0};
    if (arguments->operand_count)
        return command_unusable(command,
                                "it takes no operand: --ccadb, --ct, --roots or --psl FILE");
    const char *root = argument_value(arguments, "root");
    struct updating u = {.command = command,
                         .arguments = arguments,
                         .arena = arguments->arena,
                         .root = root ? root : "",
                         .options = cw_options_new(),
                         .out = &out};
    u.options->environment = environment_own();
    const int status = options_take(&u, &error) == CW_OK
                           ? update(&u)
                           : command_unusable(command, "%s", error.text);
    fetcher_free(u.fetcher);
    cw_options_free(u.options);
    return output_write(NULL, buf_bytes(&out)) ? status : EXIT_UNUSABLE;
}

static const struct option_spec options[] = {
    {.name = "ccadb",
     .value = "FILE|URL",
     .help = "CA certificates for the pool of known issuers: the CCADB's CSV, or PEM"},
    {.name = "ct",
     .value = "FILE|URL",
     .help = "the logs of Certificate Transparency: log_list.json"},
    {.name = "roots",
     .value = "PROGRAMME=FILE|URL",
     .help = "roots of Mozilla, Chrome, Apple, Microsoft, Java or Android (PEM)"},
    {.name = "psl", .value = "FILE|URL", .help = "the public suffix list: public_suffix_list.dat"},
    {.name = "root",
     .value = "DIR",
     .help = "another machine's tree: what is read and written lies below it"},
    {.name = "proxy", .value = "URL", .help = "fetch through this proxy"},
    {.name = "allow-private-fetch", .help = "fetch from private addresses too"},
    {.name = NULL},
};

const struct command update_data_command = {
    .name = "update-data",
    .summary = "newer tables of issuers, roots and logs, from their publishers' own files",
    .usage = "update-data [--ccadb FILE|URL]… [--ct …] [--roots PROGRAMME=…]… [--psl …]",
    .about =
        "Installs newer data than is compiled in, below $XDG_DATA_HOME/certwhy (else\n"
        "~/.local/share/certwhy), from files as their publishers make them; each table is\n"
        "replaced whole or not at all, and what changed is printed. Without a source it prints\n"
        "what there is and how old it is. Nothing is fetched but the URLs that are given.\n\n"
        "--ccadb makes the pool of known issuers, in which every check looks for an intermediate\n"
        "certificate that a server forgot to send. It may be given several times: CSV files of\n"
        "the CCADB with a column of PEM, the one with fingerprints and revocation states, PEM\n"
        "bundles. What is revoked is left out.\n\n"
        "--ct replaces the logs by which timestamps are judged, --roots the list of one root\n"
        "programme; dates after which a root's new certificates are refused stay as they were.\n\n"
        "The publishers' own addresses:\n"
        "  CCADB   "
        "https://ccadb.my.salesforce-sites.com/mozilla/PublicAllIntermediateCertsWithPEMCSV\n"
        "  logs    https://www.gstatic.com/ct/log_list/v3/log_list.json\n"
        "  roots   https://curl.se/ca/cacert.pem (Mozilla)\n"
        "  psl     https://publicsuffix.org/list/public_suffix_list.dat",
    .examples =
        "  certwhy update-data                            what there is, and of which date\n"
        "  certwhy update-data --ccadb PublicAllIntermediateCertsWithPEMCSV.csv\n"
        "  certwhy update-data --ct https://www.gstatic.com/ct/log_list/v3/log_list.json\n"
        "  certwhy update-data --roots mozilla=cacert.pem --roots java=cacerts",
    .options = options,
    .run = update_run,
};
