/* SPDX-License-Identifier: Apache-2.0 */
/* certwhy trust show and diff: the members of one store, and what two stores do not share. */
#include "trust.h"

#include <stdlib.h>
#include <string.h>

/** A member, perhaps known by its fingerprint alone: then cert is NULL. */
struct row {
    const struct cert *cert;
    const struct root_fact *fact;
    const uint8_t *sha256;
    const char *name, *alias;
    cw_time not_before, not_after, until;
};

struct rows {
    struct row *items;
    size_t count, cap;
};

static void row_add(const struct trust_job *job, struct rows *rows, struct row row)
{
    rows->items = arena_grow(job->arena, rows->items, rows->count, &rows->cap, sizeof row);
    rows->items[rows->count++] = row;
}

static int compare_digests(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    return memcmp(x->sha256, y->sha256, 32);
}

static bool rows_have(const struct rows *rows, size_t count, const uint8_t sha256[32])
{
    const struct row key = {.sha256 = sha256};
    return count && bsearch(&key, rows->items, count, sizeof key, compare_digests);
}

/* What the store's programme trusts without a certificate of it on this machine. */
static void rows_add_facts(const struct trust_job *job, const struct store *store,
                           struct rows *rows)
{
    enum programme programme;
    const size_t with_certificate = rows->count;
    bool compiled_in = false;
    for (size_t i = 0; i < store_source_count(store) && !compiled_in; i++)
        compiled_in = programme_find(store_source_at(store, i)->path, &programme);
    const struct root_fact *fact;
    for (size_t i = 0; compiled_in && (fact = root_fact_at(i)); i++)
        if (root_fact_in(fact, programme) &&
            !rows_have(rows, with_certificate, root_fact_sha256(fact)))
            row_add(job, rows,
                    (struct row){.fact = fact,
                                 .sha256 = root_fact_sha256(fact),
                                 .name = root_fact_name(fact),
                                 .not_before = root_fact_not_before(fact),
                                 .not_after = root_fact_not_after(fact)});
    if (rows->count)
        qsort(rows->items, rows->count, sizeof *rows->items, compare_digests);
}

/* Sorted by fingerprint. */
static struct rows rows_of(const struct trust_job *job, struct store *store)
{
    struct rows rows = {0};
    for (size_t i = 0; i < store_count(store); i++) {
        const struct anchor *anchor = store_at(store, i);
        if (!anchor)
            continue;
        const struct cert *cert = anchor->cert;
        row_add(job, &rows,
                (struct row){.cert = cert,
                             .fact = root_fact_find(cert->sha256),
                             .sha256 = cert->sha256,
                             .name = cert->parsed ? name_short(job->arena, cert->subject)
                                                  : "(no certificate that can be read)",
                             .alias = anchor->origin.alias,
                             .not_before = cert->not_before,
                             .not_after = cert->not_after,
                             .until = anchor->until});
    }
    if (rows.count)
        qsort(rows.items, rows.count, sizeof *rows.items, compare_digests);
    rows_add_facts(job, store, &rows);
    return rows;
}

static int compare_names(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    const int order = strcasecmp(x->name, y->name);
    return order ? order : compare_digests(a, b);
}

/* ---- text ---- */

static void row_write(const struct trust_job *job, const struct row *row, const char *sign,
                      struct buf *out)
{
    const char *state =
        row->not_after != TIME_NONE && job->now > row->not_after ? "expired " : "until ";
    buf_printf(out, "%s%s\n", sign, row->name);
    buf_printf(out, "    %s%s, %s%s", state, trust_date(job, row->not_after),
               trust_programmes(job, row->sha256), row->cert ? "" : ", no certificate here");
    if (row->alias && *row->alias)
        buf_printf(out, ", alias %s", row->alias);
    if (row->until)
        buf_printf(out, ", nothing issued after %s", trust_date(job, row->until));
    buf_printf(out, "\n    %s\n", str_hex(job->arena, bytes_of(row->sha256, 32), 0));
}

static void sources_write(const struct trust_job *job, const struct store *store, struct buf *out)
{
    for (size_t i = 0; i < store_source_count(store); i++) {
        const struct store_source *source = store_source_at(store, i);
        const char *text =
            source->read
                ? arena_printf(job->arena, "%s: %zu certificates, of %s", source->path,
                               source->count, trust_date(job, source->modified))
                : arena_printf(job->arena, "%s: unread: %s", source->path, source->problem);
        trust_wrap(job, out, 0, text);
    }
}

static void rows_sort_by_name(struct rows *rows)
{
    if (rows->count)
        qsort(rows->items, rows->count, sizeof *rows->items, compare_names);
}

/* ---- JSON ---- */

static json_t *row_json(const struct trust_job *job, const struct row *row)
{
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:b}", "name", row->name, "sha256",
        str_hex(job->arena, bytes_of(row->sha256, 32), 0), "not_before",
        row->not_before == TIME_NONE ? "" : time_rfc3339(job->arena, row->not_before), "not_after",
        row->not_after == TIME_NONE ? "" : time_rfc3339(job->arena, row->not_after), "programmes",
        trust_programmes_json(row->sha256), "certificate_here", row->cert != NULL);
    if (row->alias && *row->alias)
        json_object_set_new(json, "alias", json_string(row->alias));
    if (row->until)
        json_object_set_new(json, "trusted_until",
                            json_string(time_rfc3339(job->arena, row->until)));
    return json;
}

static json_t *sources_json(const struct trust_job *job, const struct store *store)
{
    json_t *list = json_array();
    for (size_t i = 0; i < store_source_count(store); i++) {
        const struct store_source *source = store_source_at(store, i);
        const char *path = str_safe(job->arena, bytes_str(source->path));
        json_array_append_new(
            list, json_pack("{s:s, s:b, s:s, s:I}", "path", path, "read", source->read, "problem",
                            source->read ? "" : str_safe(job->arena, bytes_str(source->problem)),
                            "count", (json_int_t)source->count));
    }
    return list;
}

/* ---- show ---- */

/* A store of which nothing could be read is no empty store. */
static bool store_is_unread(const struct store *store)
{
    for (size_t i = 0; i < store_source_count(store); i++)
        if (store_source_at(store, i)->read)
            return false;
    return store_count(store) == 0;
}

static int show_json(const struct trust_job *job, struct store *store, const char *word,
                     const struct rows *rows)
{
    json_t *members = json_array();
    for (size_t i = 0; i < rows->count; i++)
        json_array_append_new(members, row_json(job, &rows->items[i]));
    return trust_print_json(json_pack("{s:s, s:s, s:o, s:o, s:o}", "schema", "certwhy/trust/1",
                                      "store", word, "sources", sources_json(job, store), "members",
                                      members, "data", trust_data_json()),
                            store_is_unread(store) ? EXIT_UNUSABLE : EXIT_ACCEPTED);
}

int trust_show(const struct trust_job *job, const char *word)
{
    struct store *store = trust_store_named(job, word);
    if (!store)
        return EXIT_UNUSABLE;
    struct rows rows = rows_of(job, store);
    rows_sort_by_name(&rows);
    int status = store_is_unread(store) ? EXIT_UNUSABLE : EXIT_ACCEPTED;
    if (job->json) {
        status = show_json(job, store, word, &rows);
    } else {
        BUF_CLEANUP out = {0};
        sources_write(job, store, &out);
        buf_add_str(&out, "\n");
        for (size_t i = 0; i < rows.count; i++)
            row_write(job, &rows.items[i], "", &out);
        buf_add_str(&out, rows.count ? "\n" : "");
        trust_wrap(job, &out, 0, trust_data_text(job));
        status = output_write(NULL, buf_bytes(&out)) ? status : EXIT_UNUSABLE;
    }
    store_unref(store);
    return status;
}

/* ---- diff ---- */

static struct rows rows_only(const struct trust_job *job, const struct rows *in,
                             const struct rows *other)
{
    struct rows only = {0};
    for (size_t i = 0; i < in->count; i++)
        if (!rows_have(other, other->count, in->items[i].sha256))
            row_add(job, &only, in->items[i]);
    rows_sort_by_name(&only);
    return only;
}

static json_t *rows_json(const struct trust_job *job, const struct rows *rows)
{
    json_t *list = json_array();
    for (size_t i = 0; i < rows->count; i++)
        json_array_append_new(list, row_json(job, &rows->items[i]));
    return list;
}

static void only_write(const struct trust_job *job, const struct rows *rows, const char *word,
                       const char *sign, struct buf *out)
{
    buf_printf(out, "%zu only in %s\n", rows->count, str_safe(job->arena, bytes_str(word)));
    for (size_t i = 0; i < rows->count; i++)
        row_write(job, &rows->items[i], sign, out);
}

static int diff_rows(const struct trust_job *job, const char *const words[2],
                     const struct rows rows[2])
{
    const struct rows left = rows_only(job, &rows[0], &rows[1]);
    const struct rows right = rows_only(job, &rows[1], &rows[0]);
    const size_t common = rows[0].count - left.count;
    const int status = left.count || right.count ? EXIT_FINDINGS : EXIT_ACCEPTED;
    if (job->json)
        return trust_print_json(json_pack("{s:s, s:[s,s], s:o, s:o, s:I, s:o}", "schema",
                                          "certwhy/trust/1", "stores", words[0], words[1],
                                          "only_first", rows_json(job, &left), "only_second",
                                          rows_json(job, &right), "common", (json_int_t)common,
                                          "data", trust_data_json()),
                                status);
    BUF_CLEANUP out = {0};
    only_write(job, &left, words[0], "- ", &out);
    only_write(job, &right, words[1], "+ ", &out);
    buf_printf(&out, "%zu in both\n\n", common);
    trust_wrap(job, &out, 0, trust_data_text(job));
    return output_write(NULL, buf_bytes(&out)) ? status : EXIT_UNUSABLE;
}

/* To compare with what could not be read would call everything missing. */
static bool unread_said(const struct trust_job *job, const struct store *store, const char *word)
{
    if (!store_is_unread(store))
        return false;
    const size_t n = store_source_count(store);
    struct error error = {0};
    error_set(&error, CW_E_INPUT, "%s could not be read: %s", word,
              n ? store_source_at(store, n - 1)->problem : "it is empty");
    command_failed(job->command, &error);
    return true;
}

int trust_diff(const struct trust_job *job, const char *a, const char *b)
{
    const char *const words[2] = {a, b};
    struct store *stores[2] = {trust_store_named(job, a), NULL};
    stores[1] = stores[0] ? trust_store_named(job, b) : NULL;
    int status = EXIT_UNUSABLE;
    if (stores[1] && !unread_said(job, stores[0], a) && !unread_said(job, stores[1], b)) {
        const struct rows rows[2] = {rows_of(job, stores[0]), rows_of(job, stores[1])};
        status = diff_rows(job, words, rows);
    }
    store_unref(stores[0]);
    store_unref(stores[1]);
    return status;
}
