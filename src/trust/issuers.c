/* SPDX-License-Identifier: Apache-2.0 */
/* CA certificates as publishers hand them out: the CCADB's CSV files (with a column of PEM, or
 * with fingerprints and revocation states alone), PEM, any file that container/ reads, a pool. */
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "internal.h"

struct issuer_list {
    struct arena arena;
    struct cert **certs;
    size_t cap;
    uint8_t (*revoked)[32];
    size_t revoked_cap;
    struct issuer_counts counts;
    size_t revoked_count;
};

struct issuer_list *issuer_list_new(void)
{
    return xcalloc(1, sizeof(struct issuer_list));
}

void issuer_list_free(struct issuer_list *list)
{
    if (!list)
        return;
    for (size_t i = 0; i < list->counts.certificates; i++)
        cert_unref(list->certs[i]);
    arena_free(&list->arena);
    free(list);
}

struct issuer_counts issuer_list_counts(const struct issuer_list *list)
{
    return list->counts;
}

static void add(struct issuer_list *list, struct bytes der)
{
    struct cert *cert = cert_parse(der);
    const size_t n = list->counts.certificates;
    if (!cert->parsed || n >= LIMIT_OBJECTS) {
        list->counts.unreadable++;
        cert_unref(cert);
        return;
    }
    list->certs = arena_grow(&list->arena, list->certs, n, &list->cap, sizeof *list->certs);
    list->certs[list->counts.certificates++] = cert;
}

static void add_revoked(struct issuer_list *list, const uint8_t sha256[32])
{
    if (list->revoked_count >= LIMIT_OBJECTS)
        return;
    list->revoked = arena_grow(&list->arena, list->revoked, list->revoked_count, &list->revoked_cap,
                               sizeof *list->revoked);
    memcpy(list->revoked[list->revoked_count++], sha256, 32);
}

/* ---- CSV ---- */

enum column { COLUMN_PEM, COLUMN_SHA256, COLUMN_REVOKED, COLUMNS, COLUMN_OTHER = COLUMNS };
/** The columns of one file, and one row of it. */
struct table {
    struct csv csv;
    enum column *columns;
    size_t count, cap;
    struct buf row[COLUMNS];
};

/* The titles of the CCADB's files differ: "PEM Info", "X.509 Certificate (PEM)", "SHA-256
 * Fingerprint", "Revocation Status", "OneCRL Status". */
static enum column column_of(struct bytes title)
{
    static const struct {
        const char *word;
        enum column column;
    } words[] = {{"PEM", COLUMN_PEM},
                 {"Parent SHA-256", COLUMN_OTHER},
                 {"SPKI SHA", COLUMN_OTHER},
                 {"SHA-256 Fingerprint", COLUMN_SHA256},
                 {"Revocation Status", COLUMN_REVOKED}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (bytes_find(title, bytes_str(words[i].word)) != SIZE_MAX)
            return words[i].column;
    return COLUMN_OTHER;
}

static bool table_start(struct arena *arena, struct bytes file, struct table *out)
{
    enum { COLUMNS_MAX = 1000 };
    struct bytes title;
    unsigned known = 0;
    *out = (struct table){.csv = {.rest = file}};
    while (out->count < COLUMNS_MAX && csv_next(&out->csv, &title)) {
        out->columns = arena_grow(arena, out->columns, out->count, &out->cap, sizeof *out->columns);
        const enum column column = column_of(title);
        out->columns[out->count++] = known >> column & 1 ? COLUMN_OTHER : column;
        known |= 1U << column;
        if (out->csv.row_ended)
            break;
    }
    return (known & 1U << COLUMN_PEM) || (known >> COLUMN_SHA256 & known >> COLUMN_REVOKED & 1U);
}

static bool table_row(struct table *table)
{
    struct bytes field;
    for (size_t i = 0; i < COLUMNS; i++)
        table->row[i].n = 0;
    for (size_t i = 0; csv_next(&table->csv, &field); i++) {
        if (i < table->count && table->columns[i] != COLUMN_OTHER)
            buf_add_bytes(&table->row[table->columns[i]], field);
        if (table->csv.row_ended)
            return true;
    }
    return false;
}

static void table_free(struct table *table)
{
    buf_free(&table->csv.field);
    for (size_t i = 0; i < COLUMNS; i++)
        buf_free(&table->row[i]);
}

static void add_pem(struct issuer_list *list, struct bytes text)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----", end[] = "-----END";
    const size_t at = bytes_find(text, bytes_str(begin));
    struct arena arena = {0};
    struct bytes der;
    size_t bad_at;
    if (at == SIZE_MAX)
        return;
    text = bytes_slice(text, at + strlen(begin), SIZE_MAX);
    if (str_unbase64(&arena, bytes_slice(text, 0, bytes_find(text, bytes_str(end))), &der, &bad_at))
        add(list, der);
    else
        list->counts.unreadable++;
    arena_free(&arena);
}

/* "Revoked" and "Parent Cert Revoked", not "Not Revoked". */
static bool is_revoked(struct buf *state)
{
    return bytes_find(buf_bytes(state), bytes_str("Revoked")) != SIZE_MAX &&
           !str_starts(buf_cstr(state), "Not");
}

static void read_rows(struct issuer_list *list, struct table *table)
{
    for (size_t rows = 0; rows < LIMIT_OBJECTS && table_row(table); rows++) {
        struct arena arena = {0};
        const struct bytes digest = str_unhex(&arena, buf_cstr(&table->row[COLUMN_SHA256]));
        if (is_revoked(&table->row[COLUMN_REVOKED])) {
            list->counts.revoked++;
            if (digest.n == 32)
                add_revoked(list, digest.p);
        } else {
            add_pem(list, buf_bytes(&table->row[COLUMN_PEM]));
        }
        arena_free(&arena);
    }
}

/* ---- all formats ---- */

static void read_container(struct issuer_list *list, struct bytes file, const char *where)
{
    struct arena arena = {0};
    struct container container;
    container_read(file, where, &arena, &container);
    for (size_t i = 0; i < container.object_count; i++)
        if (container.objects[i].kind == OBJECT_CERTIFICATE)
            add(list, container.objects[i].der);
    arena_free(&arena);
}

static bool read_pool(struct issuer_list *list, struct bytes file, const char *where,
                      const char **problem)
{
    struct arena arena = {0};
    struct pool *pool = NULL;
    const bool good = pool_open(&arena, file, where, &pool, problem);
    for (size_t i = 0; good && i < pool->count; i++)
        add(list, pool_at(&arena, pool, i)->cert->der);
    if (good)
        pool_close(pool);
    arena_free(&arena);
    return good;
}

enum cw_code issuer_list_read(struct issuer_list *list, struct bytes file, const char *where,
                              struct error *err)
{
    const size_t before = list->counts.certificates + list->counts.revoked;
    const char *problem = "it holds no certificate; of the CCADB's files those with a column of "
                          "PEM are needed";
    struct table table;
    if (pool_is_one(file))
        read_pool(list, file, where, &problem);
    else if (table_start(&list->arena, file, &table))
        read_rows(list, &table);
    else
        read_container(list, file, where);
    if (!pool_is_one(file))
        table_free(&table);
    if (list->counts.certificates + list->counts.revoked > before)
        return CW_OK;
    return error_set(err, CW_E_INPUT, "cannot take issuers from %s: %s", where, problem);
}

static int compare_digests(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

size_t issuer_list_pool(struct issuer_list *list, const char *source, cw_time date, struct buf *out)
{
    const struct cert **kept =
        arena_array(&list->arena, list->counts.certificates + 1, sizeof *kept);
    size_t count = 0;
    if (list->revoked_count > 1)
        qsort(list->revoked, list->revoked_count, 32, compare_digests);
    for (size_t i = 0; i < list->counts.certificates; i++)
        if (list->revoked_count == 0 || !bsearch(list->certs[i]->sha256, list->revoked,
                                                 list->revoked_count, 32, compare_digests))
            kept[count++] = list->certs[i];
    return pool_write(kept, count, source, date, out);
}
