/* SPDX-License-Identifier: Apache-2.0 */
/* What the clients that stand on OpenSSL share: its behaviour, for each to change, and its words.
 * Sources: openssl 3.0.22 and 3.6.5, crypto/x509/. Evidence: data/profiles/openssl.md. */
#ifndef CERTWHY_JUDGE_PROFILES_OPENSSL_H
#define CERTWHY_JUDGE_PROFILES_OPENSSL_H

#include "judge/profile.h"

#if defined(__GNUC__)
/* a child restates what differs from its parent */
#pragma GCC diagnostic ignored "-Woverride-init"
/** An error of libcrypto's decoder, or of libssl: {fact, value + 1, code, function, reason}. */
#define OPENSSL_LIBRARY_WORDS(library_, fact_, only_, code_, function_, reason_)                   \
    {                                                                                              \
        .fact = (fact_), .only = (only_), .code = (code_), .library = (library_),                  \
        .function = (function_), .text = (reason_)                                                 \
    }
#define OPENSSL_DECODE_WORDS(...) OPENSSL_LIBRARY_WORDS("asn1 encoding routines", __VA_ARGS__)
#define OPENSSL_TLS_WORDS(...) OPENSSL_LIBRARY_WORDS("SSL routines", __VA_ARGS__)

#endif

/** x509_vfy.c build_chain and internal_verify. */
#define OPENSSL_PATH                                                                               \
    .strategy = STRATEGY_GREEDY, .names = EQUAL_CANONICAL, .akid = AKID_KEY_AND_SERIAL,            \
    .anchor_must_be_root = true, .not_after_excluded = true,                                       \
    .times_refused = DER_TIME_NO_SECONDS | DER_TIME_OFFSET | DER_TIME_FRACTION

/** v3_utl.c do_x509_check. */
#define OPENSSL_NAMES                                                                              \
    .cn = CN_NO_DNS_SAN, .empty_san = EMPTY_SAN_ABSENT,                                            \
    .partial_wildcards = WILD_PREFIX | WILD_SUFFIX, .wildcard_min_dots = 2, .keep_host_dot = true, \
    .underscore = UNDERSCORE_EXACT

/** v3_purp.c check_purpose_ssl_server, X509_supported_extension; v3_ncons.c. */
#define OPENSSL_USAGE                                                                              \
    .purpose = EKU_SERVER_AUTH, .anchor_bc = ANCHOR_BC_OR_LEGACY, .anchor_eku = true,              \
    .leaf_eku_any_refused = true, .chain_eku_any_refused = true, .chain_eku_sgc = true,            \
    .leaf_ku = LEAF_KU_ANY_SERVER_USE, .ns_cert_type = true, .nc_doubt_fatal = true,               \
    .proxies = PROXY_REFUSED, .policy_tree = true,                                                 \
    .critical = CRIT_RFC5280 | CRIT_CRLDP | CRIT_NSCT | CRIT_RFC3779 | CRIT_PROXY | CRIT_NO_CHECK

#define OPENSSL_UNREAD                                                                             \
    (ANOMALY_BIT(MALFORMED) | ANOMALY_BIT(SERIAL_PADDED) | ANOMALY_BIT(TRAILING) |                 \
     ANOMALY_BIT(TBS_TRAILING) | ANOMALY_BIT(NAME_UTF8) | ANOMALY_BIT(NAME_MALFORMED) |            \
     ANOMALY_BIT(NAME_STRING))

/** d2i_X509, and v3_purp.c ossl_x509v3_cache_extensions. */
#define OPENSSL_ENCODING                                                                           \
    .sent_all_read = true, .leaf_key_decoded = true,                                               \
    .cached_extensions = CRIT_BC | CRIT_PROXY | CRIT_KU | CRIT_EKU | CRIT_NSCT | CRIT_SKI |        \
                         CRIT_AKI | CRIT_SAN | CRIT_NC | CRIT_CRLDP | CRIT_RFC3779,                \
    .anomalies_unread = OPENSSL_UNREAD,                                                            \
    .anomalies_invalid = ANOMALY_BIT(KEY_USAGE_EMPTY) | ANOMALY_BIT(PATH_LENGTH_NEGATIVE),         \
    .anomalies_unsigned = ANOMALY_BIT(SIGNATURE_UNUSED_BITS) | ANOMALY_BIT(ALGORITHMS_DIFFER)

/** X509_verify_cert as `openssl verify` calls it without options, but for a server. */
#define OPENSSL_VERIFY OPENSSL_PATH, OPENSSL_NAMES, OPENSSL_USAGE, OPENSSL_ENCODING

#define OPENSSL_LEVEL_DIGESTS (DENY_MD2 | DENY_MD4 | DENY_MD5 | DENY_SHA1)
/** Moduli of RSA at security levels 1 and 2, which count in whole bytes of security (rsa_lib.c
 *  ossl_ifc_ffc_compute_security_bits). */
enum { OPENSSL_RSA_LEVEL_1 = 920, OPENSSL_RSA_LEVEL_2 = 1963 };

/** In TLS, at security level 2: Debian's default, and OpenSSL's own since 3.2. No client offers the
 *  curves refused for leaves. */
#define OPENSSL_3                                                                                  \
    OPENSSL_VERIFY, .digests_denied = OPENSSL_LEVEL_DIGESTS, .min_rsa = OPENSSL_RSA_LEVEL_2,       \
                    .leaf_keys_denied = KEYS_SECP256K1 | KEYS_BRAINPOOL, .min_version = 12

/** 3.6 finds times without seconds while decoding (tasn_dec.c asn1_ex_c2i), and like 3.5 sends a
 *  share of X25519MLKEM768, and knows ML-DSA. */
#define OPENSSL_3_6                                                                                \
    OPENSSL_3, .anomalies_unread = OPENSSL_UNREAD | ANOMALY_BIT(TIME_NO_SECONDS),                  \
               .large_hello = true, .ml_dsa = true

/** 1.1.1: security from the modulus by steps (bn_lib.c BN_security_bits). */
#define OPENSSL_1_1_1                                                                              \
    OPENSSL_3, .min_rsa = 2048, .explicit_curves = true,                                           \
               .anomalies_invalid = ANOMALY_BIT(PATH_LENGTH_NEGATIVE)

/** X509_V_FLAG_X509_STRICT; X509_V_FLAG_PARTIAL_CHAIN. */
#define OPENSSL_STRICT .strict = true
#define OPENSSL_PARTIAL .anchor_must_be_root = false, .anchor_issued_leaf = true

/** The fifteen checks of X509_V_FLAG_X509_STRICT as phases; see check_strict.c. */
#define OPENSSL_STRICT_PHASE(fact_, number, phase_, step_)                                         \
    {                                                                                              \
        .fact = (fact_), .limit = (number), .phase = (phase_), .step = (step_)                     \
    }
#define OPENSSL_STRICT_PHASES(phase_, step_)                                                       \
    OPENSSL_STRICT_PHASE(FACT_ANOMALY, 80, phase_, step_),                                         \
        OPENSSL_STRICT_PHASE(FACT_ANOMALY, 81, phase_, step_),                                     \
        OPENSSL_STRICT_PHASE(FACT_ANOMALY, 89, phase_, step_),                                     \
        OPENSSL_STRICT_PHASE(FACT_KEY_USAGE_CA, 92, phase_, step_),                                \
        OPENSSL_STRICT_PHASE(FACT_KEY_USAGE_LEAF, 82, phase_, step_),                              \
        OPENSSL_STRICT_PHASE(FACT_ANOMALY, 83, phase_, step_),                                     \
        OPENSSL_STRICT_PHASE(FACT_SUBJECT_EMPTY, 84, phase_, step_),                               \
        OPENSSL_STRICT_PHASE(FACT_SUBJECT_EMPTY, 88, phase_, step_),                               \
        OPENSSL_STRICT_PHASE(FACT_ANOMALY, 87, phase_, step_),                                     \
        OPENSSL_STRICT_PHASE(FACT_ANOMALY, 78, phase_, step_),                                     \
        OPENSSL_STRICT_PHASE(FACT_ANOMALY, 90, phase_, step_),                                     \
        OPENSSL_STRICT_PHASE(FACT_ANOMALY, 91, phase_, step_),                                     \
        OPENSSL_STRICT_PHASE(FACT_CA_MISSING_KEY_ID, 85, phase_, step_),                           \
        OPENSSL_STRICT_PHASE(FACT_CA_MISSING_KEY_ID, 86, phase_, step_),                           \
        OPENSSL_STRICT_PHASE(FACT_ANOMALY, 93, phase_, step_)

/** Where in the handshake what happens. Clients differ in where they put names. */
enum openssl_phase {
    PHASE_PROTOCOL,
    PHASE_OFFER,     /**< the server has no certificate that suits what was offered */
    PHASE_DECODE,    /**< the Certificate message */
    PHASE_NAME_SOON, /**< Node, and curl since 8.17 */
    PHASE_LEAF_KEY,  /**< X509_verify_cert: check_key_level of the leaf */
    PHASE_BUILD,     /**< build_chain */
    PHASE_EXTENSIONS,
    PHASE_LEVEL,  /**< check_auth_level */
    PHASE_NAME,   /**< check_id */
    PHASE_VERIFY, /**< internal_verify, from the root down */
    PHASE_CONSTRAINTS,
    PHASE_POLICY,
    PHASE_POSSESSION, /**< CertificateVerify */
    PHASE_NAME_LATE,  /**< curl before 8.17: after the handshake */
    PHASE_ANSWER,     /**< what the server says once it has seen our flight */
    PHASE_UNSAID,     /**< why OpenSSL met another failure before */
};

#define OPENSSL_DECODE_PHASE(anomaly)                                                              \
    {                                                                                              \
        .fact = FACT_ANOMALY, .only = ANOMALY_##anomaly + 1, .phase = PHASE_DECODE                 \
    }
/** The handshake around the chain. A server that speaks TLS 1.0 fails at level 2 by its signature
 * of the key exchange, since SHA-1 is in it. */
#define OPENSSL_HANDSHAKE_PHASES                                                                   \
    {.fact = FACT_KEY_UNSUPPORTED, .only = 1, .where = AT_LEAF, .phase = PHASE_LEAF_KEY},          \
        {.fact = FACT_KEY_UNSUPPORTED, .where = AT_LEAF, .phase = PHASE_OFFER},                    \
        {.fact = FACT_UNPARSABLE, .phase = PHASE_DECODE}, OPENSSL_DECODE_PHASE(MALFORMED),         \
        OPENSSL_DECODE_PHASE(SERIAL_PADDED), OPENSSL_DECODE_PHASE(TRAILING),                       \
        OPENSSL_DECODE_PHASE(TBS_TRAILING), OPENSSL_DECODE_PHASE(NAME_UTF8),                       \
        OPENSSL_DECODE_PHASE(NAME_MALFORMED), OPENSSL_DECODE_PHASE(NAME_STRING),                   \
        OPENSSL_DECODE_PHASE(TIME_NO_SECONDS),                                                     \
        {.fact = FACT_OLD_PROTOCOL, .phase = PHASE_POSSESSION},                                    \
        {.fact = FACT_KEY_MISMATCH, .phase = PHASE_POSSESSION},                                    \
    {                                                                                              \
        .fact = FACT_CLIENT_CERTIFICATE, .phase = PHASE_ANSWER                                     \
    }

/** x509_vfy.c verify_chain; within check_extensions certificate by certificate from the leaf up. */
#define OPENSSL_CHAIN_PHASES                                                                       \
    {.fact = FACT_WEAK_KEY, .where = AT_LEAF, .phase = PHASE_LEAF_KEY},                            \
        {.fact = FACT_ISSUER_NOT_FOUND, .phase = PHASE_BUILD},                                     \
        {.fact = FACT_ANCHOR_NOT_ROOT, .phase = PHASE_BUILD},                                      \
        {.fact = FACT_ANCHOR_DISTRUSTED, .phase = PHASE_BUILD},                                    \
        {.fact = FACT_ROOT_NOT_TRUSTED, .phase = PHASE_BUILD},                                     \
        {.fact = FACT_SELF_SIGNED_LEAF, .phase = PHASE_BUILD},                                     \
        {.fact = FACT_SELF_SIGNED_CA_LEAF, .phase = PHASE_BUILD},                                  \
        {.fact = FACT_PATH_TOO_LONG, .phase = PHASE_BUILD},                                        \
        OPENSSL_STRICT_PHASES(PHASE_EXTENSIONS, 4),                                                \
        {.fact = FACT_CRITICAL_EXTENSION, .phase = PHASE_EXTENSIONS, .step = 1},                   \
        {.fact = FACT_NOT_A_CA, .phase = PHASE_EXTENSIONS, .step = 2},                             \
        {.fact = FACT_KEY_USAGE_CA, .phase = PHASE_EXTENSIONS, .step = 2},                         \
        {.fact = FACT_ANOMALY,                                                                     \
         .only = ANOMALY_PATH_LENGTH_NOT_CA + 1,                                                   \
         .phase = PHASE_EXTENSIONS,                                                                \
         .step = 2},                                                                               \
        {.fact = FACT_ANOMALY,                                                                     \
         .only = ANOMALY_KEY_EXPLICIT_CURVE + 1,                                                   \
         .phase = PHASE_EXTENSIONS,                                                                \
         .step = 3},                                                                               \
        {.fact = FACT_EKU_MISSING, .phase = PHASE_EXTENSIONS, .step = 5},                          \
        {.fact = FACT_KEY_USAGE_LEAF, .phase = PHASE_EXTENSIONS, .step = 5},                       \
        {.fact = FACT_CA_AS_LEAF, .phase = PHASE_EXTENSIONS, .step = 5},                           \
        {.fact = FACT_PATH_LENGTH, .phase = PHASE_EXTENSIONS, .step = 6},                          \
        {.fact = FACT_WEAK_KEY, .phase = PHASE_LEVEL},                                             \
        {.fact = FACT_WEAK_DIGEST, .phase = PHASE_LEVEL, .step = 1},                               \
        {.fact = FACT_SIGNATURE_BAD, .phase = PHASE_VERIFY, .root_first = true, .step = 1},        \
        {.fact = FACT_SIGNATURE_UNSUPPORTED,                                                       \
         .phase = PHASE_VERIFY,                                                                    \
         .root_first = true,                                                                       \
         .step = 1},                                                                               \
        {.fact = FACT_TIME_UNREADABLE, .phase = PHASE_VERIFY, .root_first = true, .step = 2},      \
        {.fact = FACT_NOT_YET_VALID, .phase = PHASE_VERIFY, .root_first = true, .step = 3},        \
        {.fact = FACT_EXPIRED, .phase = PHASE_VERIFY, .root_first = true, .step = 4},              \
        {.fact = FACT_NAME_CONSTRAINT, .phase = PHASE_CONSTRAINTS, .root_first = true},            \
        {.fact = FACT_POLICY, .phase = PHASE_POLICY},                                              \
        {.fact = FACT_KEY_UNSUPPORTED, .phase = PHASE_LEVEL},                                      \
    {                                                                                              \
        .fact = FACT_ANOMALY, .phase = PHASE_UNSAID                                                \
    }

#define OPENSSL_NAME_PHASES(phase_)                                                                \
    {.fact = FACT_NAME_MISMATCH, .phase = (phase_)},                                               \
        {.fact = FACT_NAME_CN_ONLY, .phase = (phase_)},                                            \
        {.fact = FACT_NAME_NO_SAN, .phase = (phase_)},                                             \
        {.fact = FACT_NAME_IP_NOT_IN_SAN, .phase = (phase_)},                                      \
        {.fact = FACT_NAME_WILDCARD_DEPTH, .phase = (phase_)},                                     \
        {.fact = FACT_NAME_WILDCARD_PARTIAL, .phase = (phase_)},                                   \
        {.fact = FACT_NAME_TRAILING_DOT, .phase = (phase_)},                                       \
    {                                                                                              \
        .fact = FACT_NAME_IDN, .phase = (phase_)                                                   \
    }

/** The same words for whatever is wrong with the names. */
#define OPENSSL_NAME_WORDS(...)                                                                    \
    {.fact = FACT_NAME_MISMATCH, __VA_ARGS__}, {.fact = FACT_NAME_CN_ONLY, __VA_ARGS__},           \
        {.fact = FACT_NAME_NO_SAN, __VA_ARGS__}, {.fact = FACT_NAME_IP_NOT_IN_SAN, __VA_ARGS__},   \
        {.fact = FACT_NAME_WILDCARD_DEPTH, __VA_ARGS__},                                           \
        {.fact = FACT_NAME_WILDCARD_PARTIAL, __VA_ARGS__},                                         \
        {.fact = FACT_NAME_TRAILING_DOT, __VA_ARGS__},                                             \
    {                                                                                              \
        .fact = FACT_NAME_IDN, __VA_ARGS__                                                         \
    }

/** An error of libcrypto's decoder, or of libssl: {fact, value + 1, code, function, reason}. */
#define OPENSSL_LIBRARY_WORDS(library_, fact_, only_, code_, function_, reason_)                   \
    {                                                                                              \
        .fact = (fact_), .only = (only_), .code = (code_), .library = (library_),                  \
        .function = (function_), .text = (reason_)                                                 \
    }
#define OPENSSL_DECODE_WORDS(...) OPENSSL_LIBRARY_WORDS("asn1 encoding routines", __VA_ARGS__)
#define OPENSSL_TLS_WORDS(...) OPENSSL_LIBRARY_WORDS("SSL routines", __VA_ARGS__)

/** Verdicts that are worded otherwise than by 3.0, names aside. */
#define OPENSSL_1_1_1_WORDS                                                                        \
    {.fact = FACT_SELF_SIGNED_LEAF, .code = "18", .text = "self signed certificate"},              \
        {.fact = FACT_SELF_SIGNED_CA_LEAF, .code = "18", .text = "self signed certificate"},       \
        {.fact = FACT_ROOT_NOT_TRUSTED,                                                            \
         .code = "19",                                                                             \
         .text = "self signed certificate in certificate chain"},                                  \
        {.fact = FACT_NOT_A_CA, .code = "24", .text = "invalid CA certificate"},                   \
        {.fact = FACT_KEY_USAGE_CA, .code = "24", .text = "invalid CA certificate"},               \
        {.fact = FACT_KEY_USAGE_LEAF, .code = "26", .text = "unsupported certificate purpose"},    \
        {.fact = FACT_EKU_MISSING, .code = "26", .text = "unsupported certificate purpose"},       \
        {.fact = FACT_CA_AS_LEAF, .code = "26", .text = "unsupported certificate purpose"},        \
        {.fact = FACT_ANOMALY,                                                                     \
         .only = ANOMALY_PATH_LENGTH_NOT_CA + 1,                                                   \
         .code = "41",                                                                             \
         .text = "invalid or inconsistent certificate extension"},                                 \
    {                                                                                              \
        .fact = FACT_ANOMALY, .only = ANOMALY_KEY_EXPLICIT_CURVE + 1, .code = "79",                \
        .text = "Certificate public key has explicit ECC parameters"                               \
    }
#define OPENSSL_3_6_WORDS                                                                          \
    {                                                                                              \
        .fact = FACT_NOT_YET_VALID, .code = "9",                                                   \
        .text = "certificate is not yet valid or the system clock is incorrect"                    \
    }

#endif
