/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct store *store_new(const char *name)
{
    struct store *store = xcalloc(1, sizeof *store);
    store->refs = 1;
    store->name = arena_strdup(&store->arena, name);
    store->origin_kind = ORIGIN_STORE;
    return store;
}

struct store *store_new_pool(const char *name)
{
    struct store *store = store_new(name);
    store->origin_kind = ORIGIN_POOL;
    return store;
}

struct store *store_ref(struct store *store)
{
    __atomic_add_fetch(&store->refs, 1, __ATOMIC_RELAXED);
    return store;
}

void store_unref(struct store *store)
{
    if (!store || __atomic_sub_fetch(&store->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    for (size_t i = 0; i < store->count; i++) {
        const struct anchor *anchor = store_member(store, i)->anchor;
        if (anchor)
            cert_unref(anchor->cert);
    }
    for (size_t i = 0; i < store->absent_count; i++)
        cert_unref(store->absent[i]->cert);
    for (size_t i = 0; i * CHUNK_MEMBERS < store->count; i++)
        free(store->chunks[i]);
    for (size_t i = 0; i < store->pool_count; i++)
        pool_close(store->pools[i]);
    for (size_t i = 0; i < store->file_count; i++)
        file_unmap(&store->files[i].map);
    free(store->buckets);
    buf_free(&store->scratch);
    store_unref(store->base);
    arena_free(&store->arena);
    free(store);
}

const char *store_name(const struct store *store)
{
    return store->name;
}

size_t store_count(const struct store *store)
{
    size_t count = store->count;
    for (size_t i = 0; i < store->pool_count; i++)
        count += store->pools[i]->count;
    return count + (store->base ? programme_count(store) : 0);
}

/* ---- members and their index ---- */

struct member *store_member(const struct store *store, size_t i)
{
    return &store->chunks[i / CHUNK_MEMBERS][i % CHUNK_MEMBERS];
}

static struct bucket *bucket_of(const struct store *store, uint32_t hash)
{
    return &store->buckets[hash & (store->bucket_count - 1)];
}

static void link_member(struct store *store, uint32_t i)
{
    struct member *member = store_member(store, i);
    struct bucket *bucket = bucket_of(store, member->hash);
    member->next = MEMBER_NONE;
    if (bucket->first == MEMBER_NONE)
        bucket->first = i;
    else
        store_member(store, bucket->last)->next = i;
    bucket->last = i;
}

static void grow_index(struct store *store)
{
    enum { FIRST_BUCKETS = 256 };
    if (store->count < store->bucket_count)
        return;
    store->bucket_count = store->bucket_count ? store->bucket_count * 2 : FIRST_BUCKETS;
    free(store->buckets);
    store->buckets = xcalloc(store->bucket_count, sizeof *store->buckets);
    memset(store->buckets, 0xff, store->bucket_count * sizeof *store->buckets);
    for (size_t i = 0; i < store->count; i++)
        link_member(store, (uint32_t)i);
}

static struct member *new_member(struct store *store)
{
    const size_t i = store->count;
    if (i % CHUNK_MEMBERS == 0) {
        store->chunks = arena_grow(&store->arena, store->chunks, i / CHUNK_MEMBERS,
                                   &store->chunk_cap, sizeof *store->chunks);
        store->chunks[i / CHUNK_MEMBERS] = xcalloc(CHUNK_MEMBERS, sizeof(struct member));
    }
    return store_member(store, i);
}

/* Parsed members keep a certificate of their own; others are decoded again for the comparison. */
static bool same_certificate(struct store *store, const struct member *member,
                             const struct candidate *candidate)
{
    if (member->pem == candidate->pem && member->n == candidate->n && member->p &&
        memcmp(member->p, candidate->p, candidate->n) == 0)
        return true;
    BUF_CLEANUP copy = {0};
    struct bytes der = bytes_of(candidate->p, candidate->n);
    if (candidate->pem) {
        if (!base64_lines(der, SIZE_MAX, &copy))
            return false;
        der = buf_bytes(&copy);
    }
    return bytes_equal(member_der(store, member), der);
}

/* The walk is bounded, so that a file with thousands of certificates of one subject stays linear;
 * its duplicates beyond the bound are kept, which harms nobody. */
static bool is_duplicate(struct store *store, const struct candidate *candidate, uint32_t hash,
                         uint32_t mark)
{
    enum { STEPS = 64 };
    uint32_t i = bucket_of(store, hash)->first;
    for (int steps = 0; i != MEMBER_NONE && steps < STEPS; steps++) {
        const struct member *member = store_member(store, i);
        if (member->hash == hash && member->mark == mark &&
            same_certificate(store, member, candidate))
            return true;
        i = member->next;
    }
    return false;
}

static uint32_t hash_folded(uint64_t hash)
{
    return (uint32_t)(hash ^ hash >> 32);
}

static uint32_t der_mark(struct bytes der)
{
    enum { MARK_BYTES = 256 }; /* serial, issuer and dates lie in it */
    const uint64_t hash = bytes_hash(bytes_slice(der, 0, MARK_BYTES));
    return (uint32_t)(hash ^ hash >> 32);
}

struct member *store_add_member(struct store *store, const struct candidate *candidate)
{
    struct bytes subject;
    if (store->count >= LIMIT_OBJECTS || candidate->n > UINT32_MAX)
        return NULL;
    const bool named = subject_in_prefix(candidate->der, &subject);
    const uint32_t hash = named ? hash_folded(name_hash(subject)) : 0;
    const uint32_t mark = der_mark(candidate->der);
    grow_index(store);
    if (is_duplicate(store, candidate, hash, mark))
        return NULL;
    struct member *member = new_member(store);
    *member = (struct member){
        .p = candidate->p,
        .n = (uint32_t)candidate->n,
        .offset = (uint32_t)candidate->offset,
        .line = (uint32_t)candidate->line,
        .file = candidate->file,
        .hash = hash,
        .mark = mark,
        .pem = candidate->pem,
        .alias = candidate->alias,
    };
    link_member(store, (uint32_t)store->count++);
    return member;
}

void store_add_cert(struct store *store, const struct cert *cert, struct origin origin)
{
    const struct candidate candidate = {
        .p = cert->der.p, .n = cert->der.n, .file = MEMBER_NONE, .der = cert->der};
    struct member *member = store_add_member(store, &candidate);
    if (!member)
        return;
    member->anchor = arena_alloc(&store->arena, sizeof *member->anchor);
    member->anchor->cert = cert_ref(cert);
    member->anchor->origin = origin;
    member->anchor->origin.where =
        arena_strdup(&store->arena, origin.where ? origin.where : store->name);
}

void store_ban(struct store *store, struct bytes issuer, struct bytes serial)
{
    store->banned = arena_grow(&store->arena, store->banned, store->banned_count,
                               &store->banned_cap, sizeof *store->banned);
    store->banned[store->banned_count++] =
        (struct banned){arena_bytes(&store->arena, issuer), arena_bytes(&store->arena, serial)};
}

bool store_bans(const struct store *store, const struct cert *cert)
{
    for (size_t i = 0; i < store->banned_count; i++) {
        struct reader reader = reader_of(store->banned[i].serial, 0);
        struct der number;
        if (bytes_equal(store->banned[i].issuer, cert->issuer) && reader_next(&reader, &number) &&
            bytes_equal(number.body, cert->serial))
            return true;
    }
    return false;
}

/* ---- asking ---- */

const struct anchor *store_at(struct store *store, size_t i)
{
    if (i < store->count)
        return member_anchor(store, store_member(store, i));
    i -= store->count;
    for (size_t k = 0; k < store->pool_count; i -= store->pools[k++]->count)
        if (i < store->pools[k]->count)
            return pool_at(&store->arena, store->pools[k], i);
    return store->base ? programme_at(store, i) : NULL;
}

static size_t find_own(struct store *store, const struct name_key *key, const struct anchor **out,
                       size_t max)
{
    const uint32_t hash = hash_folded(key->hash);
    size_t found = 0;
    for (uint32_t i = store->count ? bucket_of(store, hash)->first : MEMBER_NONE;
         i != MEMBER_NONE;) {
        struct member *member = store_member(store, i);
        i = member->next;
        if (member->hash != hash)
            continue;
        if (found >= max) { /* counted by hash alone: nobody sees these */
            found++;
            continue;
        }
        const struct anchor *anchor = member_anchor(store, member);
        if (name_equal(anchor->cert->subject, key->name))
            out[found++] = anchor;
    }
    return found;
}

/* Appends to what was found: `found` counts all, `out` takes what there is room for. */
static const struct anchor **room_behind(const struct anchor **out, size_t found, size_t max,
                                         size_t *room)
{
    *room = found < max ? max - found : 0;
    return out + (max - *room);
}

static size_t find_all(struct store *store, const struct name_key *key, struct bytes key_id,
                       const struct anchor **out, size_t max)
{
    size_t found = find_own(store, key, out, max), room;
    for (size_t i = 0; i < store->pool_count; i++) {
        const struct anchor **behind = room_behind(out, found, max, &room);
        found += pool_find(&store->arena, store->pools[i], key, key_id, behind, room);
    }
    if (!store->base)
        return found;
    const struct anchor **behind = room_behind(out, found, max, &room);
    return found + programme_find_named(store, key, behind, room);
}

size_t store_find(struct store *store, struct bytes name, const struct anchor **out, size_t max)
{
    return store_find_key(store, name_key_of(name), out, max);
}

size_t store_find_key(struct store *store, struct name_key key, const struct anchor **out,
                      size_t max)
{
    return find_all(store, &key, bytes_of(NULL, 0), out, max);
}

size_t store_find_issuers(struct store *store, const struct cert *child, const struct anchor **out,
                          size_t max)
{
    const struct name_key key = cert_issuer_key(child);
    return find_all(store, &key, child->aki_key_id, out, max);
}

static const struct anchor *get_own(struct store *store, const struct cert *cert)
{
    struct bytes subject;
    if (store->count == 0)
        return NULL;
    const uint32_t hash =
        !subject_in_prefix(cert->der, &subject)
            ? 0
            : hash_folded(subject.p == cert->subject.p ? cert->subject_hash : name_hash(subject));
    const uint32_t mark = der_mark(cert->der);
    for (uint32_t i = bucket_of(store, hash)->first; i != MEMBER_NONE;) {
        struct member *member = store_member(store, i);
        i = member->next;
        if (member->hash != hash || member->mark != mark)
            continue;
        const struct anchor *anchor = member_anchor(store, member);
        if (cert_equal(anchor->cert, cert))
            return anchor;
    }
    return NULL;
}

const struct anchor *store_get(struct store *store, const struct cert *cert)
{
    const struct anchor *found = get_own(store, cert);
    for (size_t i = 0; i < store->pool_count && !found; i++)
        found = pool_get(&store->arena, store->pools[i], cert);
    return found || !store->base ? found : programme_get(store, cert);
}

/* ---- sources ---- */

struct source *store_add_source(struct store *store, const char *path)
{
    struct source *source = arena_alloc(&store->arena, sizeof *source);
    source->shown.path = arena_strdup(&store->arena, path);
    source->shown.problem = "";
    source->shown.programme = "";
    source->shown.modified = TIME_NONE;
    source->file = MEMBER_NONE;
    store->sources = arena_grow(&store->arena, store->sources, store->source_count,
                                &store->source_cap, sizeof *store->sources);
    store->sources[store->source_count++] = source;
    return source;
}

size_t store_source_count(const struct store *store)
{
    return store->source_count;
}

const struct store_source *store_source_at(const struct store *store, size_t i)
{
    if (i >= store->source_count)
        return NULL;
    return &store->sources[i]->shown;
}

void store_digest(struct store *store)
{
    for (size_t i = 0; i < store->source_count; i++) {
        struct source *source = store->sources[i];
        if (source->file == MEMBER_NONE || source->digested)
            continue;
        const struct mapping *map = &store->files[source->file].map;
        crypto_sha256(bytes_of(map->p, map->n), source->shown.sha256);
        source->digested = true;
    }
}

/* ---- families ---- */

static const uint8_t organization_type[] = {DER_OID, 3, 0x55, 0x04, 0x0a};

/* The value of the first O (2.5.4.10), found by its bytes: a walk of 140 names for one question
 * would cost more than the question. Only text of one byte per character; else a proper walk
 * follows. */
static bool organization_of(struct bytes name, struct bytes *value)
{
    const struct bytes needle = bytes_of(organization_type, sizeof organization_type);
    const size_t at = bytes_find(name, needle);
    if (at == SIZE_MAX)
        return false;
    struct reader reader = reader_of(bytes_slice(name, at + needle.n, name.n), 0);
    struct der element;
    const uint8_t tag = reader_peek(&reader);
    if (tag != DER_UTF8_STRING && tag != DER_PRINTABLE_STRING && tag != DER_TELETEX_STRING &&
        tag != DER_IA5_STRING)
        return false;
    if (!reader_next(&reader, &element))
        return false;
    *value = element.body;
    return true;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool equal_nocase(struct bytes a, struct bytes b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    return true;
}

size_t store_count_organization(struct store *store, struct bytes name)
{
    struct arena arena = {0};
    const struct bytes wanted = name_attribute_utf8(&arena, name, OID_ORGANIZATION, 0);
    size_t count = 0;
    for (size_t i = 0; wanted.n > 0 && i < store->count; i++) {
        struct bytes value;
        const struct bytes subject = member_subject(store, store_member(store, i));
        if (subject.n > 0 && organization_of(subject, &value) && equal_nocase(value, wanted))
            count++;
    }
    arena_free(&arena);
    return count + (store->base ? programme_count_organization(store, name) : 0);
}
