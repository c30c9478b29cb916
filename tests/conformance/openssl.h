/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's verifier under given settings: as our profile, and as libcrypto itself. */
#ifndef CERTWHY_TESTS_OPENSSL_H
#define CERTWHY_TESTS_OPENSSL_H

#include "corpus.h"

/** What `openssl verify` can be told. All zero but depth: `openssl verify` without options. */
struct openssl_settings {
    unsigned purpose; /**< EKU_SERVER_AUTH, EKU_CLIENT_AUTH; 0: none is asked for */
    int auth_level;   /**< 0 to 3 */
    int depth;        /**< intermediates, OPENSSL_DEPTH when not limited */
    bool partial_chain, strict, check_ss, allow_proxy;
    bool policy_check, explicit_policy, inhibit_any, inhibit_map;
    const char *policies[4]; /**< dotted, up to a NULL */
    const char *host;        /**< NULL: names are not judged */
    cw_time at;
};
enum { OPENSSL_DEPTH = 100 };

/** Our OpenSSL profile under these settings; what it points to lives in the arena. */
void openssl_behave(const struct openssl_settings *s, struct arena *arena, struct behaviour *out);

/** DER certificates in order. */
struct ders {
    struct bytes *items;
    size_t count, cap;
};
void ders_add(struct arena *arena, struct ders *list, struct bytes der);

/** What libcrypto's X509_verify_cert says of the same: every sent certificate is decoded first, as
 *  libssl does, and one that cannot be ends it; anchors that cannot be decoded are left out.
 *  `why` is the error's text. */
bool openssl_accepts(const struct openssl_settings *s, const struct ders *sent,
                     const struct ders *anchors, char why[200]);

/* ---- chains to mutate, minted with libcrypto ---- */

enum { FAMILY_CERTS = 8, FAMILIES_MAX = 24, POOL_EXTENSIONS = 80 };

/** A chain that is valid: certificates with the place of their issuer. */
struct made {
    struct bytes der;
    int issuer;              /**< index in the family; itself for a root */
    struct private_key *key; /**< of the subject */
};
struct family {
    const char *name;
    struct made certs[FAMILY_CERTS]; /**< leaf first */
    size_t count;
    unsigned sent, anchors; /**< bit per certificate */
    struct openssl_settings settings;
};
struct families {
    struct arena arena;
    struct family items[FAMILIES_MAX];
    size_t count;
    struct bytes pool[POOL_EXTENSIONS]; /**< Extension elements to plant */
    size_t pool_count;
    struct bytes spkis[8]; /**< public keys of several kinds */
    size_t spki_count;
};
void families_make(struct families *out);
void families_free(struct families *families);
/** Signs a TBSCertificate by its own signature field's algorithm; p is NULL when that cannot be. */
struct bytes family_sign(struct arena *arena, const struct family *family, size_t cert,
                         struct bytes tbs);

/** A seeded source of choices. */
struct chance {
    uint64_t state;
};
uint64_t chance_next(struct chance *c);
/** 0 to n - 1. */
size_t chance_below(struct chance *c, size_t n);

/** One certificate with one thing changed, signed again or not; says what it did. */
struct bytes mutate_certificate(struct arena *arena, struct chance *c,
                                const struct families *families, const struct family *family,
                                size_t cert, struct bytes der, char *what, size_t size);

#endif
