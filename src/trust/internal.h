/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of trust/ share. store.c holds members and finds them, member.c reads one, load.c
 * takes files and directories in, system.c knows where the system's store is. */
#ifndef CERTWHY_TRUST_INTERNAL_H
#define CERTWHY_TRUST_INTERNAL_H

#include "trust.h"

#define MEMBER_NONE UINT32_MAX

/** One certificate of a store before anybody asked for it: 64 bytes. */
struct member {
    struct anchor *anchor; /**< NULL until parsed */
    const uint8_t *p;      /**< PEM text between its markers, or DER; in a mapping or the arena */
    uint32_t n;
    uint32_t offset, line; /**< origin in its file */
    uint32_t file;         /**< index into the store's files; MEMBER_NONE: added by itself */
    uint32_t hash;         /**< of the subject */
    uint32_t mark;         /**< of the first bytes of the DER: equal for duplicates */
    uint32_t next;         /**< with the same bucket, in the order of the store */
    const char *alias;     /**< in a keystore; NULL none */
    bool pem;
};

/** A file that members lie in. */
struct file {
    const char *where;
    struct mapping map;
};

struct source {
    struct store_source shown;
    uint32_t file; /**< whose digest is asked for; MEMBER_NONE for a directory */
    bool digested;
};

struct bucket {
    uint32_t first, last;
};

enum { CHUNK_MEMBERS = 256 };

/** A pool file that is open (pool.c). */
struct pool {
    struct bytes file; /**< its owner's mapping */
    const char *where;
    size_t count;
    cw_time date;
    struct bytes source;
    const uint8_t *index;
    struct anchor **anchors; /**< NULL until the first is asked for; likewise each */
};

struct store {
    int refs;
    const char *name;
    enum origin_kind origin_kind;
    struct arena arena;
    struct member **chunks; /**< of CHUNK_MEMBERS each: members never move */
    size_t count, chunk_cap;
    struct bucket *buckets;
    size_t bucket_count; /**< a power of two, or 0 */
    struct file *files;
    size_t file_count, file_cap;
    struct source **sources;
    size_t source_count, source_cap;
    struct buf scratch; /**< one certificate's DER while it is looked at */
    struct pool **pools;
    size_t pool_count, pool_cap;
    struct store *base; /**< seen through `programme` beside the own members; NULL none */
    enum programme programme;
    struct banned { /* issuer and serial number (DER) of what is not trusted, whoever holds it */
        struct bytes issuer, serial;
    } * banned;
    size_t banned_count, banned_cap;
    struct anchor **absent; /* trusted by fingerprint alone, seen elsewhere */
    size_t absent_count, absent_cap;
    struct bytes roots; /**< the table that says what it trusts; p NULL: what is compiled in */
    const struct anchor **base_members; /**< of it, once somebody walked over all */
    size_t base_count;
    bool base_walked;
};

/** What is known of a certificate before it is added. */
struct candidate {
    const uint8_t *p;
    size_t n;
    size_t offset, line;
    uint32_t file;
    bool pem;
    const char *alias;
    struct bytes der; /**< its first bytes, or all; gone after the call */
};

struct member *store_member(const struct store *store, size_t i);
/** Adds unless the same certificate is there already, or the store is full. NULL: not added. */
struct member *store_add_member(struct store *store, const struct candidate *candidate);
/** A new source, shown as unread until the caller says otherwise. `path` is copied. */
struct source *store_add_source(struct store *store, const char *path);

/* ---- a pool file (pool.c); anchors lie in `arena` until pool_close() ---- */

bool pool_is_one(struct bytes file);
/** Reads the header of a file that stays where it is. False with *problem when it is damaged. */
bool pool_open(struct arena *arena, struct bytes file, const char *where, struct pool **out,
               const char **problem);
void pool_close(struct pool *pool);
/** The i-th certificate; one that is damaged is there, unparsed. NULL past the end. */
const struct anchor *pool_at(struct arena *arena, struct pool *pool, size_t i);
/** As store_find(), those with this subject key identifier first. */
size_t pool_find(struct arena *arena, struct pool *pool, const struct name_key *key,
                 struct bytes key_id, const struct anchor **out, size_t max);
const struct anchor *pool_get(struct arena *arena, struct pool *pool, const struct cert *cert);

/** Of all certificates with this issuer and serial number the store trusts none. */
void store_ban(struct store *store, struct bytes issuer, struct bytes serial);
bool store_bans(const struct store *store, const struct cert *cert);
/** The anchors of an NSS database (cert9.db). False: it could not be read, *problem says why. */
bool nss_read(struct store *store, uint32_t file, struct bytes content, size_t *found,
              const char **problem);

/* ---- what a root programme lets through (programme.c) ---- */

size_t programme_count(const struct store *store);
const struct anchor *programme_at(struct store *store, size_t i);
size_t programme_find_named(struct store *store, const struct name_key *key,
                            const struct anchor **out, size_t max);
const struct anchor *programme_get(struct store *store, const struct cert *cert);
size_t programme_count_organization(struct store *store, struct bytes name);

/* ---- one member (member.c) ---- */

/** Decodes base64 lines, at least `want` bytes if there are as many. False when anything but
 * base64, line breaks and final padding is met: then container_read() must look at it. */
bool base64_lines(struct bytes text, size_t want, struct buf *out);
/** The subject in the beginning of a certificate; false when it is cut off or not a certificate. */
bool subject_in_prefix(struct bytes der, struct bytes *subject);
/** The member's whole DER: a view of it or of store->scratch. */
struct bytes member_der(struct store *store, const struct member *member);
/** Bytes that hold the member's subject, or p == NULL. Valid until scratch is used again. */
struct bytes member_subject(struct store *store, const struct member *member);
/** Parses it when first asked for. The one place that changes a store after loading. */
const struct anchor *member_anchor(struct store *store, struct member *member);

#endif
