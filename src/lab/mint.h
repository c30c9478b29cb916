/* SPDX-License-Identifier: Apache-2.0 */
/* mint: one certificate from a description, right or wrong in any way that a test needs. */
#ifndef CERTWHY_LAB_MINT_H
#define CERTWHY_LAB_MINT_H

#include "x509/x509.h"

/** One attribute of a distinguished name: any bytes under any string type. */
struct mint_attribute {
    enum oid type;
    uint8_t tag;
    struct bytes value;
};
/** A whole Name with one attribute per RDN, in the arena. */
struct bytes mint_name(struct arena *arena, const struct mint_attribute *attributes, size_t count);

/** One subjectAltName entry: dNSName, rfc822Name, URI (text bytes) or iPAddress (4 or 16 octets).
 */
struct mint_general_name {
    enum general_name_kind kind;
    struct bytes value;
};

/** Who signs: a name and a key; the key identifier is derived from the key. */
struct mint_issuer {
    struct bytes name; /**< whole Name */
    const struct private_key *key;
};

/** What is done to the finished certificate, or left out of it. */
enum mint_fault {
    MINT_FLIP_SIGNATURE = 1 << 0, /**< one bit of the signature is inverted */
    MINT_TAMPER_TBS = 1 << 1,     /**< the last octet of the subject changes after signing */
    MINT_VERSION_1 = 1 << 2,      /**< an X.509 version 1 certificate: no extensions */
    MINT_NO_KEY_IDS = 1 << 3,     /**< neither subject nor authority key identifier */
    MINT_NO_BASIC_CONSTRAINTS = 1 << 4,
    MINT_UNKNOWN_CRITICAL = 1 << 5,   /**< a critical extension that no client knows */
    MINT_WRONG_AUTHORITY_ID = 1 << 6, /**< the authority key identifier names no key that exists */
};

struct mint_spec {
    struct bytes subject;          /**< whole Name */
    const struct private_key *key; /**< the subject's key */
    struct mint_issuer issuer;     /**< itself for a self-signed one */
    cw_time not_before, not_after;
    enum oid signature;  /**< OID_UNKNOWN: what fits the issuer's key, with SHA-256 */
    struct bytes serial; /**< n = 0: derived from the seed and everything else */
    bool ca;
    bool limit_path; /**< pathLenConstraint is path_length */
    int path_length;
    unsigned key_usage;                    /**< enum key_usage_bit, 0: no extension */
    unsigned eku;                          /**< enum eku_bit, 0: no extension */
    const struct mint_general_name *names; /**< none: no subjectAltName */
    size_t name_count;
    const struct mint_general_name *permitted, *excluded; /**< nameConstraints subtrees */
    size_t permitted_count, excluded_count;
    const char *ca_issuers_url, *ocsp_url; /**< authorityInfoAccess, NULL none */
    const char *crl_url, *freshest_url;    /**< distribution points of CRL and delta, NULL none */
    const char *crl_first_url;             /**< another address of both, before them; NULL none */
    struct bytes crl_issuer; /**< whole Name of who signs those, when the issuer does not */
    bool must_staple;        /**< TLS feature status_request (RFC 7633) */
    bool ocsp_no_check;      /**< RFC 6960 section 4.2.2.2.1 */
    unsigned faults;         /**< OR of enum mint_fault */
};

/** Mints one certificate; the DER lives in the arena. p is NULL when the issuer's key cannot sign
 * by the algorithm asked for. The same seed and spec give the same bytes. */
struct bytes mint_certificate(struct arena *arena, struct bytes seed, const struct mint_spec *spec);

#endif
