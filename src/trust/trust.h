/* SPDX-License-Identifier: Apache-2.0 */
/* Front header of trust/: sets of trust anchors. A store is immutable, refcounted, indexed by
 * subject when loaded (base64 and a walk to the subject, nothing more), and parses an anchor when
 * it is first asked for. A pool is the same thing without trust: known issuers to look in. */
#ifndef CERTWHY_TRUST_H
#define CERTWHY_TRUST_H

#include "container/container.h"

/** One member of a store. `cert` is parsed on demand by store_find()/store_at(). */
struct anchor {
    struct cert *cert;
    struct origin origin;
    /* constraints of the store on it; more kinds come with root-programme facts */
    bool distrusted;
    /** OpenSSL's TRUSTED CERTIFICATE says for what: enum eku_bit. Unlisted: for everything. */
    struct anchor_uses {
        bool listed;
        unsigned trusted, rejected;
    } uses;
};

struct store;

/** Why a source of anchors contributes what it does: for reports, and to say what was not read. */
struct store_source {
    const char *path;
    bool read; /**< false: `problem` says why */
    const char *problem;
    size_t count;       /**< certificates taken from it */
    cw_time modified;   /**< TIME_NONE unknown */
    uint8_t sha256[32]; /**< of the file; zero for a directory */
};

struct store *store_new(const char *name);
/** The same without trust: its members' origin is ORIGIN_POOL. */
struct store *store_new_pool(const char *name);
struct store *store_ref(struct store *store);
void store_unref(struct store *store);

/** Adds every certificate of a PEM or DER file, or of each file in a directory. Lazy: the file
 * stays mapped, nothing is parsed. What cannot be read becomes a source with read == false, and
 * CW_E_INPUT is returned so that a file that the user named can be refused. */
enum cw_code store_add_path(struct store *store, const char *root, const char *path,
                            struct error *err);
/** Adds one certificate (takes a reference). Duplicates (same DER) are ignored. */
void store_add_cert(struct store *store, const struct cert *cert, struct origin origin);
/** The system's store as OpenSSL programs on this machine see it: the first bundle of the known
 *  places, else the hashed directory. `root` as in base/file.h. Nothing found: an empty store with
 * a source that says what was looked for. */
struct store *store_system(const char *root);

const char *store_name(const struct store *store);
size_t store_count(const struct store *store);
/** The i-th member; parses it. NULL past the end. */
const struct anchor *store_at(struct store *store, size_t i);
/** Members whose subject equals `name` (RFC 5280 comparison), in the store's order; at most `max`
 *  written to out; returns how many there are. Only these are parsed. */
size_t store_find(struct store *store, struct bytes name, const struct anchor **out, size_t max);
/** The member with this certificate's exact DER, or NULL. */
const struct anchor *store_get(struct store *store, const struct cert *cert);
size_t store_source_count(const struct store *store);
const struct store_source *store_source_at(const struct store *store, size_t i);
/** How many members' organisation (O) equals that of `name`, looking at undecoded subjects only:
 * tells whether an unknown issuer belongs to a family that this store knows. `first` may be NULL.
 */
size_t store_count_organization(struct store *store, struct bytes name);

/* ---- root programmes: facts that are compiled in (data/roots) ---- */

enum programme {
    PROGRAMME_MOZILLA,
    PROGRAMME_CHROME,
    PROGRAMME_APPLE,
    PROGRAMME_MICROSOFT,
    PROGRAMME_JAVA,
    PROGRAMME_ANDROID,
    PROGRAMME_COUNT,
};
const char *programme_title(enum programme programme);  /**< "Mozilla" */
const char *programme_source(enum programme programme); /**< which file of theirs it was */
cw_time programme_date(enum programme programme);       /**< of the data */
/** By title, case ignored. */
bool programme_find(const char *name, enum programme *out);

/** One public root certificate, known by its fingerprint. Static: never freed. */
struct root_fact;
const struct root_fact *root_fact_find(const uint8_t sha256[32]);
/** Roots whose subject has exactly these DER bytes (the issuer name of what they signed): at most
 *  `max`, returns how many. */
size_t root_facts_named(struct bytes subject, const struct root_fact **out, size_t max);
const struct root_fact *root_fact_at(size_t i); /**< by fingerprint; NULL past the end */
const char *root_fact_name(const struct root_fact *fact);
const uint8_t *root_fact_sha256(const struct root_fact *fact);
cw_time root_fact_not_before(const struct root_fact *fact);
cw_time root_fact_not_after(const struct root_fact *fact);
bool root_fact_in(const struct root_fact *fact, enum programme programme);
/** In how many of PROGRAMME_COUNT programmes it stands; 0: a public CA of former years. */
unsigned root_fact_programmes(const struct root_fact *fact);
/** "Mozilla, Chrome, Apple" */
const char *root_fact_list(struct arena *arena, const struct root_fact *fact);
/** After this moment a programme trusts no new certificate of it (data/roots/README.md says by
 *  which date a certificate counts as new); TIME_NONE: no such date. */
cw_time root_fact_until(const struct root_fact *fact, enum programme programme);
/** The date of the oldest part of the data. */
cw_time root_facts_date(void);
/** True when that is more than 12 months before `at`: to be said with every verdict on it. */
bool root_facts_are_old(cw_time at);

#endif
