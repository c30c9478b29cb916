/* SPDX-License-Identifier: Apache-2.0 */
/* certwhy update-data: newer tables than those that are compiled in, from their publishers' own
 * formats. */
#include <string.h>

#include "cli.h"

/** One run of the command. */
struct updating {
    const struct command *command;
    const struct arguments *arguments;
    struct arena *arena;
    const char *root;
    struct environment environment;
    struct buf *out;
};

/** One publisher's file, read. */
struct publication {
    const char *where;
    struct mapping map;
    cw_time date; /**< of the file */
};

static enum cw_code publication_open(const struct updating *u, const char *where,
                                     struct publication *out, struct error *error)
{
    *out = (struct publication){.where = where};
    TRY(file_map(u->root, where, &out->map, error));
    out->date = file_mtime(u->root, where);
    return CW_OK;
}

static struct bytes publication_bytes(const struct publication *publication)
{
    return bytes_of(publication->map.p, publication->map.n);
}

/** The whole old file or the whole new one, whatever happens (base/file.c). */
static enum cw_code install(const struct updating *u, const char *path, struct bytes content,
                            struct error *error)
{
    const char *slash = strrchr(path, '/');
    TRY(file_make_dir(u->root, arena_strndup(u->arena, path, (size_t)(slash - path)), error));
    return file_write_atomic(u->root, path, content, 0644, error);
}

/* ---- the pool of known issuers ---- */

static void pool_tell(const struct updating *u, const char *path, struct issuer_counts counts,
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

static enum cw_code pool_gather(const struct updating *u, struct issuer_list *list,
                                const char **source, cw_time *date, struct error *error)
{
    for (size_t i = 0; i < u->arguments->option_count; i++) {
        const struct given *given = &u->arguments->options[i];
        struct publication file;
        if (strcmp(given->name, "ccadb") != 0)
            continue;
        TRY(publication_open(u, given->value, &file, error));
        const enum cw_code code =
            issuer_list_read(list, publication_bytes(&file), file.where, error);
        file_unmap(&file.map);
        if (code != CW_OK)
            return code;
        *date = file.date > *date ? file.date : *date;
        *source = **source ? arena_printf(u->arena, "%s, %s", *source, file.where) : file.where;
    }
    return CW_OK;
}

static enum cw_code pool_build(const struct updating *u, struct issuer_list *list, const char *path,
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

static enum cw_code pool_update(const struct updating *u, const char *path, struct error *error)
{
    struct issuer_list *list = issuer_list_new();
    const enum cw_code code = pool_build(u, list, path, error);
    issuer_list_free(list);
    return code;
}

/* ---- the command ---- */

static const struct {
    const char *option, *file;
    enum cw_code (*update)(const struct updating *u, const char *path, struct error *error);
} tables[] = {
    {"ccadb", "pool", pool_update},
};

static int update(const struct updating *u)
{
    struct error error = {0};
    size_t done = 0;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        if (!argument_given(u->arguments, tables[i].option))
            continue;
        const char *path = trust_data_path(u->arena, &u->environment, tables[i].file);
        if (!*path)
            return command_unusable(u->command, "neither HOME nor XDG_DATA_HOME says where the "
                                                "data should lie");
        if (tables[i].update(u, path, &error) != CW_OK)
            return command_failed(u->command, &error);
        done++;
    }
    if (done == 0)
        return command_unusable(u->command, "say what to take, and from where: --ccadb FILE");
    return EXIT_ACCEPTED;
}

static int update_run(const struct command *command, const struct arguments *arguments)
{
    BUF_CLEANUP out = {0};
    if (arguments->operand_count)
        return command_unusable(command, "it takes no operand: --ccadb FILE");
    const char *root = argument_value(arguments, "root");
    const struct updating u = {.command = command,
                               .arguments = arguments,
                               .arena = arguments->arena,
                               .root = root ? root : "",
                               .environment = environment_own(),
                               .out = &out};
    const int status = update(&u);
    return output_write(NULL, buf_bytes(&out)) ? status : EXIT_UNUSABLE;
}

static const struct option_spec options[] = {
    {.name = "ccadb",
     .value = "FILE",
     .help = "CA certificates for the pool of known issuers: "
             "the CCADB's CSV, or PEM"},
    {.name = "root",
     .value = "DIR",
     .help = "another machine's tree: what is read and written "
             "lies below it"},
    {.name = NULL},
};

const struct command update_data_command = {
    .name = "update-data",
    .summary = "newer tables of known issuers, from their publishers' own files",
    .usage = "update-data --ccadb FILE… [--root DIR]",
    .about =
        "Installs newer data than is compiled in, below $XDG_DATA_HOME/certwhy (else\n"
        "~/.local/share/certwhy), from files as their publishers make them; each is replaced\n"
        "whole or not at all, and what changed is printed.\n\n"
        "--ccadb makes the pool of known issuers, in which every check looks for an intermediate\n"
        "certificate that a server forgot to send. It may be given several times: CSV files of\n"
        "the CCADB (https://www.ccadb.org/resources) with a column of PEM, the one with\n"
        "fingerprints and revocation states, PEM bundles. What is revoked is left out.",
    .examples = "  certwhy update-data --ccadb PublicAllIntermediateCertsWithPEMCSV.csv\n"
                "  certwhy update-data --ccadb pems-2010.csv --ccadb pems-2020.csv",
    .options = options,
    .run = update_run,
};
