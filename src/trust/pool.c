/* SPDX-License-Identifier: Apache-2.0 */
/* A pool file: thousands of known issuers behind an index, mapped and otherwise left alone. Opening
 * reads its header; a question touches the index by halves and parses what bears the name that was
 * asked for. The file may be anybody's: every offset is checked where it is used, and what the
 * index claims is compared with the certificate itself.
 *
 *     0  16  "certwhy pool 1\n" and a NUL
 *    16   4  certificates              all numbers are little-endian
 *    20   4  octets of the source's name
 *    24   8  date of the data, seconds since 1970
 *    32      the source's name, padded with NULs to a multiple of 8
 *            the index, 24 octets each, ascending:
 *                 8  hash of the subject (name_hash)
 *                 4  hash of the subject key identifier, 0 none
 *                 4  octets of the certificate
 *                 8  offset of its DER in the file
 *            the certificates */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { HEADER_BYTES = 32, ENTRY_BYTES = 24, SOURCE_BYTES_MAX = 1000 };
static const char magic[16] = "certwhy pool 1\n";

struct entry {
    uint64_t subject;
    uint32_t key_id, length;
    uint64_t offset;
};

static uint64_t number(const uint8_t *p, size_t octets)
{
    uint64_t value = 0;
    for (size_t i = 0; i < octets; i++)
        value |= (uint64_t)p[i] << (8 * i);
    return value;
}

static void put(struct buf *out, uint64_t value, size_t octets)
{
    for (size_t i = 0; i < octets; i++)
        buf_add_byte(out, (uint8_t)(value >> (8 * i)));
}

static uint32_t key_id_hash(struct bytes key_id)
{
    const uint64_t hash = bytes_hash(key_id);
    const uint32_t folded = (uint32_t)(hash ^ hash >> 32);
    return key_id.n == 0 ? 0 : folded == 0 ? 1 : folded;
}

/* ---- opening ---- */

bool pool_is_one(struct bytes file)
{
    return file.n >= sizeof magic && memcmp(file.p, magic, sizeof magic) == 0;
}

/* False with *problem when the file is cut off or claims what cannot be. */
static bool header_read(struct bytes file, struct pool *out, const char **problem)
{
    *problem = "the pool file is cut off";
    if (file.n < HEADER_BYTES)
        return false;
    out->file = file;
    out->count = (size_t)number(file.p + 16, 4);
    out->date = (cw_time)number(file.p + 24, 8);
    const size_t source = (size_t)number(file.p + 20, 4);
    const size_t index = (HEADER_BYTES + source + 7) / 8 * 8;
    *problem = "the header of the pool file is damaged";
    if (source > SOURCE_BYTES_MAX || out->count > LIMIT_OBJECTS ||
        file.n < index + out->count * ENTRY_BYTES)
        return false;
    out->source = bytes_slice(file, HEADER_BYTES, source);
    out->index = file.p + index;
    return true;
}

bool pool_open(struct arena *arena, struct bytes file, const char *where, struct pool **out,
               const char **problem)
{
    struct pool *pool = arena_alloc(arena, sizeof *pool);
    if (!header_read(file, pool, problem))
        return false;
    pool->where = where;
    *out = pool;
    return true;
}

void pool_close(struct pool *pool)
{
    for (size_t i = 0; pool->anchors && i < pool->count; i++)
        if (pool->anchors[i])
            cert_unref(pool->anchors[i]->cert);
    free(pool->anchors);
}

/* ---- asking ---- */

static struct entry entry_at(const struct pool *pool, size_t i)
{
    const uint8_t *p = pool->index + i * ENTRY_BYTES;
    return (struct entry){.subject = number(p, 8),
                          .key_id = (uint32_t)number(p + 8, 4),
                          .length = (uint32_t)number(p + 12, 4),
                          .offset = number(p + 16, 8)};
}

const struct anchor *pool_at(struct arena *arena, struct pool *pool, size_t i)
{
    if (i >= pool->count)
        return NULL;
    if (!pool->anchors)
        pool->anchors = xcalloc(pool->count, sizeof *pool->anchors);
    if (pool->anchors[i])
        return pool->anchors[i];
    const struct entry entry = entry_at(pool, i);
    const bool inside = entry.offset <= pool->file.n && entry.length <= pool->file.n - entry.offset;
    struct anchor *anchor = arena_alloc(arena, sizeof *anchor);
    anchor->cert = cert_parse(inside ? bytes_slice(pool->file, entry.offset, entry.length)
                                     : bytes_of(NULL, 0));
    anchor->origin = (struct origin){
        .kind = ORIGIN_POOL, .where = pool->where, .offset = inside ? (size_t)entry.offset : 0};
    pool->anchors[i] = anchor;
    return anchor;
}

/* The first entry whose hash is not below `hash`. Ends whatever order the file has. */
static size_t first_entry(const struct pool *pool, uint64_t hash)
{
    size_t low = 0, high = pool->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (entry_at(pool, middle).subject < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/** Namesakes whose key identifier is (or, with `other`, is not) the one that is looked for. */
struct search {
    const struct name_key *key;
    uint32_t key_id;
    bool other;
    const struct anchor **out;
    size_t max, found;
};

static void search_run(struct arena *arena, struct pool *pool, struct search *search)
{
    const uint64_t hash = search->key->hash;
    const size_t first = first_entry(pool, hash);
    for (size_t i = first; i < pool->count && i - first < LIMIT_POOL_NAMESAKES; i++) {
        const struct entry entry = entry_at(pool, i);
        if (entry.subject != hash)
            return;
        if ((entry.key_id == search->key_id) == search->other)
            continue;
        if (search->found >= search->max) { /* counted by hash alone: nobody sees these */
            search->found++;
            continue;
        }
        const struct anchor *anchor = pool_at(arena, pool, i);
        if (anchor->cert->parsed && name_equal(anchor->cert->subject, search->key->name))
            search->out[search->found++] = anchor;
    }
}

size_t pool_find(struct arena *arena, struct pool *pool, const struct name_key *key,
                 struct bytes key_id, const struct anchor **out, size_t max)
{
    struct search search = {.key = key, .key_id = key_id_hash(key_id), .out = out, .max = max};
    search_run(arena, pool, &search);
    search.other = true;
    search_run(arena, pool, &search);
    return search.found;
}

const struct anchor *pool_get(struct arena *arena, struct pool *pool, const struct cert *cert)
{
    const uint64_t hash = name_hash(cert->subject);
    const size_t first = first_entry(pool, hash);
    for (size_t i = first; i < pool->count && i - first < LIMIT_POOL_NAMESAKES; i++) {
        const struct entry entry = entry_at(pool, i);
        if (entry.subject != hash)
            return NULL;
        if (entry.length != cert->der.n)
            continue;
        const struct anchor *anchor = pool_at(arena, pool, i);
        if (cert_equal(anchor->cert, cert))
            return anchor;
    }
    return NULL;
}

/* ---- writing ---- */

struct listed {
    struct entry entry;
    const struct cert *cert;
};

static int compare_listed(const void *a, const void *b)
{
    const struct listed *x = a, *y = b;
    if (x->entry.subject != y->entry.subject)
        return x->entry.subject < y->entry.subject ? -1 : 1;
    return memcmp(x->cert->sha256, y->cert->sha256, sizeof x->cert->sha256);
}

/* A root is for stores to hold: a pool is of what lies below. Key identifiers tell a self-signed
 * certificate from a new key under the old name (RFC 5280 section 4.2.1.1). */
static bool is_issuer(const struct cert *cert)
{
    if (!cert->parsed || !cert->is_ca)
        return false;
    return !cert_is_self_issued(cert) ||
           (cert->aki_key_id.n > 0 && cert->ski.n > 0 && !bytes_equal(cert->aki_key_id, cert->ski));
}

static size_t list_issuers(const struct cert *const *certs, size_t count, struct listed *out)
{
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < count && n < LIMIT_OBJECTS; i++)
        if (is_issuer(certs[i]))
            out[n++] = (struct listed){.cert = certs[i],
                                       .entry = {.subject = name_hash(certs[i]->subject),
                                                 .key_id = key_id_hash(certs[i]->ski),
                                                 .length = (uint32_t)certs[i]->der.n}};
    if (n > 1)
        qsort(out, n, sizeof *out, compare_listed);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || !cert_equal(out[kept - 1].cert, out[i].cert))
            out[kept++] = out[i];
    return kept;
}

size_t pool_write(const struct cert *const *certs, size_t count, const char *source, cw_time date,
                  struct buf *out)
{
    struct arena arena = {0};
    struct listed *listed = arena_array(&arena, count + 1, sizeof *listed);
    const size_t n = list_issuers(certs, count, listed);
    const struct bytes name = bytes_slice(bytes_str(source), 0, SOURCE_BYTES_MAX);
    buf_append(out, magic, sizeof magic);
    put(out, n, 4);
    put(out, name.n, 4);
    put(out, (uint64_t)date, 8);
    buf_add_bytes(out, name);
    while (out->n % 8 != 0)
        buf_add_byte(out, 0);
    uint64_t offset = out->n + n * ENTRY_BYTES;
    for (size_t i = 0; i < n; i++) {
        put(out, listed[i].entry.subject, 8);
        put(out, listed[i].entry.key_id, 4);
        put(out, listed[i].entry.length, 4);
        put(out, offset, 8);
        offset += listed[i].entry.length;
    }
    for (size_t i = 0; i < n; i++)
        buf_add_bytes(out, listed[i].cert->der);
    arena_free(&arena);
    return n;
}

/* ---- comparing ---- */

typedef uint8_t digest[32];

static int compare_digests(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(digest));
}

/** The fingerprints of a pool's certificates, sorted. */
static size_t digests_of(struct arena *arena, struct bytes file, digest **out, cw_time *date)
{
    struct pool *pool = NULL;
    const char *problem;
    *date = TIME_NONE;
    *out = NULL;
    if (!pool_is_one(file) || !pool_open(arena, file, "", &pool, &problem))
        return 0;
    *date = pool->date;
    *out = arena_array(arena, pool->count + 1, sizeof **out);
    for (size_t i = 0; i < pool->count; i++) {
        const struct entry entry = entry_at(pool, i);
        const struct bytes rest = bytes_slice(file, entry.offset, entry.length);
        crypto_sha256(rest, (*out)[i]);
    }
    if (pool->count > 1)
        qsort(*out, pool->count, sizeof **out, compare_digests);
    return pool->count;
}

struct pool_change pool_compare(struct bytes before, struct bytes after)
{
    struct arena arena = {0};
    digest *a, *b;
    cw_time date;
    struct pool_change change = {0};
    change.before = digests_of(&arena, before, &a, &change.date_before);
    change.after = digests_of(&arena, after, &b, &date);
    size_t i = 0, k = 0, both = 0;
    while (i < change.before && k < change.after) {
        const int order = compare_digests(a[i], b[k]);
        both += order == 0;
        i += order <= 0;
        k += order >= 0;
    }
    change.added = change.after - both;
    change.gone = change.before - both;
    arena_free(&arena);
    return change;
}
