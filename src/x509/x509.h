/* SPDX-License-Identifier: Apache-2.0 */
/* Front header of x509/: certificates and names, parsed once, immutable, knowing their byte offsets
 * and anomalies. The parser never stops at an oddity: it records it and goes on as long as the
 * structure can be followed. RFC 5280 section 4. */
#ifndef CERTWHY_X509_H
#define CERTWHY_X509_H

#include "crypto/crypto.h"

/** What is odd about a certificate's encoding: each is harmless to some verifier, fatal to another.
 */
enum anomaly_id {
#define ANOMALY(id, text, reference) ANOMALY_##id,
#include "anomalies.def"
#undef ANOMALY
    ANOMALY_COUNT,
};
struct anomaly {
    enum anomaly_id id;
    uint32_t offset; /**< byte offset in the certificate's DER */
};
const char *anomaly_text(enum anomaly_id id);      /**< "the serial number is negative" */
const char *anomaly_reference(enum anomaly_id id); /**< "RFC 5280 section 4.1.2.2" */
const char *anomaly_name(enum anomaly_id id);      /**< "negative-serial" */

enum key_kind {
    KEY_UNKNOWN,
    KEY_RSA,
    KEY_RSA_PSS,
    KEY_EC,
    KEY_ED25519,
    KEY_ED448,
    KEY_DSA,
    KEY_PQ
};
enum digest_kind {
    DIGEST_UNKNOWN,
    DIGEST_MD2,
    DIGEST_MD4,
    DIGEST_MD5,
    DIGEST_SHA1,
    DIGEST_SHA224,
    DIGEST_SHA256,
    DIGEST_SHA384,
    DIGEST_SHA512,
    DIGEST_INTRINSIC /**< EdDSA, PQ */
};

/** keyUsage bits (RFC 5280 4.2.1.3): bit 0 of the BIT STRING is KU_DIGITAL_SIGNATURE. */
enum key_usage_bit {
    KU_DIGITAL_SIGNATURE = 1 << 0,
    KU_NON_REPUDIATION = 1 << 1,
    KU_KEY_ENCIPHERMENT = 1 << 2,
    KU_DATA_ENCIPHERMENT = 1 << 3,
    KU_KEY_AGREEMENT = 1 << 4,
    KU_KEY_CERT_SIGN = 1 << 5,
    KU_CRL_SIGN = 1 << 6,
    KU_ENCIPHER_ONLY = 1 << 7,
    KU_DECIPHER_ONLY = 1 << 8,
};

/** extendedKeyUsage purposes seen (RFC 5280 4.2.1.12). */
enum eku_bit {
    EKU_SERVER_AUTH = 1 << 0,
    EKU_CLIENT_AUTH = 1 << 1,
    EKU_CODE_SIGNING = 1 << 2,
    EKU_EMAIL = 1 << 3,
    EKU_TIME_STAMPING = 1 << 4,
    EKU_OCSP_SIGNING = 1 << 5,
    EKU_ANY = 1 << 6,
    EKU_NS_SGC = 1 << 7,
    EKU_MS_SGC = 1 << 8,
    EKU_OTHER = 1 << 9,
};

/** The bit of a KeyPurposeId, EKU_OTHER for one that has none of its own. */
unsigned eku_bit_of(enum oid purpose);

struct extension {
    enum oid id; /**< OID_UNKNOWN for one that the OID table does not have */
    bool critical;
    struct bytes oid;   /**< content octets */
    struct bytes value; /**< content of the OCTET STRING */
    uint32_t offset;    /**< of the Extension SEQUENCE */
    uint32_t value_offset;
};

/** Where a key's algorithm and size were found. */
struct key_info {
    enum key_kind kind;
    enum oid curve;            /**< EC: the named curve, OID_UNKNOWN when unknown or explicit */
    bool explicit_curve;       /**< EC parameters written out instead of named */
    unsigned bits;             /**< RSA modulus bits, EC field bits; 0 unknown */
    struct bytes spki;         /**< whole SubjectPublicKeyInfo */
    uint8_t sha256[32];        /**< of spki */
    struct bytes algorithm;    /**< whole AlgorithmIdentifier */
    struct bytes bits_content; /**< the BIT STRING's bits: what key identifiers are SHA-1 of */
};

/** One certificate. Every view points into `der`. Refcounted; immutable after cert_parse(). */
struct cert {
    int refs;
    struct bytes der; /**< owned copy of exactly this certificate's bytes */
    uint8_t sha256[32];
    bool parsed;       /**< false: not even the outer structure could be followed */
    bool hypothetical; /**< made by repair to prove a fix: signatures of it count as good */
    uint32_t bad_at;   /**< when not parsed: absolute offset of the first unreadable byte */

    struct bytes tbs;
    unsigned version;                              /**< 1, 2, 3 … as claimed */
    struct bytes serial;                           /**< INTEGER content octets */
    struct bytes inner_algorithm, outer_algorithm; /**< whole AlgorithmIdentifiers */
    enum oid signature_algorithm;                  /**< of the outer one */
    enum digest_kind signature_digest;             /**< PSS: its hashAlgorithm */
    struct bytes signature;                        /**< bits without the unused-bits octet */
    struct bytes issuer, subject;                  /**< whole Names */
    uint64_t issuer_hash, subject_hash;            /**< name_hash() of each */
    cw_time not_before, not_after;                 /**< TIME_NONE when unreadable */
    uint8_t not_before_faults, not_after_faults;   /**< OR of enum der_time_fault of each */
    uint8_t time_faults;                           /**< OR of enum der_time_fault of both */
    struct key_info key;

    const struct extension *extensions;
    size_t extension_count;
    uint64_t has; /**< bit per `enum cert_has` */

    bool is_ca;         /**< basicConstraints cA */
    int path_length;    /**< pathLenConstraint, -1 absent */
    unsigned key_usage; /**< enum key_usage_bit; meaningful with HAS_KEY_USAGE */
    unsigned eku;       /**< enum eku_bit; meaningful with HAS_EKU */
    struct bytes ski;   /**< subjectKeyIdentifier octets */
    struct bytes aki_key_id;
    struct bytes aki_issuer; /**< content of authorityCertIssuer GeneralNames */
    struct bytes aki_serial;
    unsigned ns_cert_type;

    struct anomaly anomalies[LIMIT_ANOMALIES];
    unsigned anomaly_count; /**< may exceed what is kept */
    uint64_t anomaly_set;   /**< bit per anomaly_id: quick test */
};

/** Extensions that are present (once or more). */
enum cert_has {
    HAS_SAN = 1 << 0,
    HAS_BASIC_CONSTRAINTS = 1 << 1,
    HAS_KEY_USAGE = 1 << 2,
    HAS_EKU = 1 << 3,
    HAS_NAME_CONSTRAINTS = 1 << 4,
    HAS_POLICIES = 1 << 5,
    HAS_POLICY_MAPPINGS = 1 << 6,
    HAS_POLICY_CONSTRAINTS = 1 << 7,
    HAS_INHIBIT_ANY = 1 << 8,
    HAS_AKI = 1 << 9,
    HAS_SKI = 1 << 10,
    HAS_AIA = 1 << 11,
    HAS_CRLDP = 1 << 12,
    HAS_SCT = 1 << 13,
    HAS_TLS_FEATURE = 1 << 14,
    HAS_MUST_STAPLE = 1 << 15,
    HAS_NS_CERT_TYPE = 1 << 16,
    HAS_CT_POISON = 1 << 17,
    HAS_OCSP_NO_CHECK = 1 << 18,
};

/** Parses one DER certificate; trailing bytes are an anomaly, not part of cert->der unless the
 * outer length says so. Never fails for foreign input: look at ->parsed. Copies `der`; the caller
 * drops its reference with cert_unref(). Bytes beyond LIMIT_CERT_BYTES are not looked at. */
struct cert *cert_parse(struct bytes der);
struct cert *cert_ref(const struct cert *cert);
void cert_unref(struct cert *cert);
bool cert_equal(const struct cert *a, const struct cert *b);
bool cert_has_anomaly(const struct cert *cert, enum anomaly_id id);
const struct extension *cert_extension(const struct cert *cert, enum oid id);
/** Issuer and subject are the same name (RFC 5280 section 7.1 comparison). */
bool cert_is_self_issued(const struct cert *cert);
/** A subject Name of at least one attribute. */
bool cert_has_subject(const struct cert *cert);

/** The subject and issuer of a DER certificate and nothing else: for indexing bundles fast. */
bool cert_peek_names(struct bytes der, struct bytes *issuer, struct bytes *subject);

/** A copy to reason about ("if it were reissued with …"), for repair: hypothetical is set and every
 *  field that is not NULL / TIME_NONE / OID_UNKNOWN replaces the original's, by writing and parsing
 * a real certificate (with an empty signature), so that every check sees it as it would be. */
struct cert_edit {
    cw_time not_before, not_after;
    const char *const *dns_names; /**< NULL-terminated plain names that replace the SAN list */
    const char *const *ip_addresses;
    bool keep_names; /**< keep the present SAN entries before the new ones */
    enum oid signature_algorithm;
    struct bytes spki;
    bool drop_eku, server_auth; /**< replace the EKU by serverAuth */
    bool fix_key_usage, make_ca, drop_ca;
    int path_length; /**< -2: keep, -1: remove, else set */
    bool drop_unknown_critical, drop_name_constraints, drop_anomalies;
    bool drop_tls_feature; /**< "must-staple" */
    struct bytes policies; /**< the value of certificatePolicies; p NULL: as it is */
    struct bytes issuer;   /**< whole Name, for "issued by" */
    struct bytes subject;  /**< whole Name, for "a CA of that name" */
    struct bytes authority_key_id;
};
/** An edit that changes nothing starts as {CERT_EDIT_NOTHING}: zero is a time and a path length.
 * NULL when `cert` is not parsed. */
#define CERT_EDIT_NOTHING .not_before = TIME_NONE, .not_after = TIME_NONE, .path_length = -2
struct cert *cert_edited(const struct cert *cert, const struct cert_edit *edit);

/* ---- names ---- */

enum general_name_kind {
    GN_OTHER = 0,
    GN_EMAIL = 1,
    GN_DNS = 2,
    GN_X400 = 3,
    GN_DIRECTORY = 4,
    GN_EDI = 5,
    GN_URI = 6,
    GN_IP = 7,
    GN_REGISTERED = 8,
    GN_BAD = 9
};
struct general_name {
    enum general_name_kind kind;
    struct bytes value; /**< content octets; GN_DIRECTORY: the whole Name inside */
    size_t offset;
};
/** Walks GeneralNames. Start: general_names() for a SAN/IAN extension value. */
struct reader general_names(struct bytes extension_value, size_t offset);
bool general_name_next(struct reader *reader, struct general_name *out);
/** Reader over the certificate's SAN entries (empty when it has none). */
struct reader cert_san(const struct cert *cert);

/** Byte equality, and RFC 5280 section 7.1 comparison (string types, case, white space folded). */
bool name_equal_der(struct bytes a, struct bytes b);
bool name_equal(struct bytes a, struct bytes b);
/** `base` is a prefix of `name` RDN by RDN (directoryName constraints, RFC 5280 4.2.1.10). */
bool name_is_within(struct bytes name, struct bytes base);
/** A hash that is equal for names that name_equal() calls equal. */
uint64_t name_hash(struct bytes name);
/** A Name and its hash: what issuers are looked up by. */
struct name_key {
    struct bytes name;
    uint64_t hash;
};
static inline struct name_key name_key_of(struct bytes name)
{
    return (struct name_key){.name = name, .hash = name_hash(name)};
}
static inline struct name_key cert_issuer_key(const struct cert *cert)
{
    return (struct name_key){.name = cert->issuer, .hash = cert->issuer_hash};
}
static inline struct name_key cert_subject_key(const struct cert *cert)
{
    return (struct name_key){.name = cert->subject, .hash = cert->subject_hash};
}
/** The last attribute of this type as harmless UTF-8, or NULL. */
char *name_attribute(struct arena *arena, struct bytes name, enum oid type);
/** All attributes of one type, in order: the n-th as UTF-8 (not made harmless), or p = NULL. */
struct bytes name_attribute_utf8(struct arena *arena, struct bytes name, enum oid type, size_t n);
/** "CN=www.example.com, O=Example": harmless for print, in the certificate's order; "," and "+" in
 * a value are escaped with a backslash. Of an empty name "". */
char *name_text(struct arena *arena, struct bytes name);
/** What people call it: CN, else the last OU or O, else name_text(); of an empty name "(no name)".
 */
char *name_short(struct arena *arena, struct bytes name);
bool name_is_empty(struct bytes name);

/* ---- one extension each, read when asked ---- */

/** CA issuers (OID_AD_CA_ISSUERS) or OCSP (OID_AD_OCSP) URLs, harmless text, at most `max`. */
size_t cert_aia_urls(struct arena *arena, const struct cert *cert, enum oid method,
                     const char **urls, size_t max);
size_t cert_crl_urls(struct arena *arena, const struct cert *cert, const char **urls, size_t max);

/** One subtree of nameConstraints (RFC 5280 4.2.1.10). */
struct subtree {
    bool excluded;
    struct general_name base;
    bool has_minimum; /**< minimum or maximum present, which RFC 5280 forbids */
    bool is_limited;  /**< … and they say something: a minimum other than 0, or a maximum */
};
/** Calls back for each subtree; false when the extension is malformed. */
bool cert_name_constraints(const struct cert *cert,
                           bool (*each)(void *context, const struct subtree *), void *context);

/** certificatePolicies: the content octets of its OIDs, in order, at most `max` and LIMIT_POLICIES;
 *  returns how many. */
size_t cert_policies(const struct cert *cert, struct bytes *out, size_t max);
struct policy_mapping {
    struct bytes issuer_domain, subject_domain;
};
/** policyMappings, likewise. */
size_t cert_policy_mappings(const struct cert *cert, struct policy_mapping *out, size_t max);
/** policyConstraints and inhibitAnyPolicy: skip counts, -1 absent. */
void cert_policy_constraints(const struct cert *cert, int *require_explicit, int *inhibit_mapping,
                             int *inhibit_any);

/** "EC P-256", "RSA 2048", "Ed25519" … */
char *key_text(struct arena *arena, const struct key_info *key);
/** "sha256WithRSAEncryption", "ecdsa-with-SHA256", or the dotted OID. */
char *signature_text(struct arena *arena, const struct cert *cert);
/** The key as a memo of signature checks takes it. */
static inline struct public_key key_public(const struct key_info *key)
{
    return (struct public_key){.spki = key->spki, .sha256 = key->sha256};
}
/** Reads a SubjectPublicKeyInfo. */
void key_info_read(struct bytes spki, struct key_info *out);

#include "x509/crl.h"
#include "x509/csr.h"
#include "x509/ocsp.h"
#include "x509/sct.h"

#endif
