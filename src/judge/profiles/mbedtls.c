/* SPDX-License-Identifier: Apache-2.0 */
/* mbedTLS with mbedtls_x509_crt_profile_default. Evidence: data/profiles/mbedtls.md. */
#include "judge/profiles/names.h"

/** library/x509_crt.c and x509.c. A critical extension that is not known, name constraints among
 *  them, is a matter of the parser, in whatever certificate it stands. */
#define MBEDTLS                                                                                    \
    .strategy = STRATEGY_ORDERED, .names = EQUAL_PRINTABLE, .max_intermediates = 8,                \
    .sent_all_parsed = PARSE_ENCODING | PARSE_CRITICAL | PARSE_KEYS,                               \
    .keys_unread = KEYS_PSS | KEYS_ED25519 | KEYS_ED448 | KEYS_DSA,                                \
    .anchor_parsed = PARSE_ENCODING | PARSE_CRITICAL | PARSE_KEYS, .anchor_pick = ANCHOR_FIRST,    \
    .anchor_leaf_signature = true, .anchor_bc = ANCHOR_BC_REQUIRED, .min_rsa = 2048,               \
    .cn = CN_NO_SAN, .cn_ip = true, .wildcard_min_dots = 1, .ip_in_dns = true,                     \
    .wildcard_for_ip = true, .keep_host_dot = true, .chain_eku_ignored = true,                     \
    .policy = POLICY_CRITICAL_FATAL, .critical_any_policy = true, .nc_unsupported = true,          \
    .min_version = 12

#define MBEDTLS_UNREADABLE                                                                         \
    (ANOMALIES_FATAL_TO_ALL | ANOMALY_BIT(EXTENSIONS_NOT_V3) | ANOMALY_BIT(VERSION_UNKNOWN) |      \
     ANOMALY_BIT(UNIQUE_ID) | ANOMALY_BIT(NAME_EMPTY_ISSUER) | ANOMALY_BIT(TBS_TRAILING) |         \
     ANOMALY_BIT(TIME_OFFSET) | ANOMALY_BIT(TIME_NO_SECONDS) | ANOMALY_BIT(TIME_FRACTION) |        \
     ANOMALY_BIT(KEY_EXPLICIT_CURVE) | ANOMALY_BIT(EKU_EMPTY) |                                    \
     ANOMALY_BIT(PATH_LENGTH_NEGATIVE) | ANOMALY_BIT(PATH_LENGTH_HUGE))

#define MBEDTLS_UNREAD                                                                             \
    (CRIT_CRLDP | CRIT_AIA | CRIT_IAN | CRIT_NC | CRIT_PC | CRIT_PM | CRIT_IAP | CRIT_TLSF)

static const struct behaviour mbedtls_3_6 = {
    MBEDTLS,
    .unread_extensions = MBEDTLS_UNREAD,
    .digests_denied = DENY_WEAK | DENY_SHA224 | DENY_UNKNOWN,
    .ca_keys_denied =
        KEYS_SECP256K1 | KEYS_P192 | KEYS_P224 | KEYS_PSS | KEYS_ED25519 | KEYS_ED448 | KEYS_DSA,
    .leaf_keys_denied =
        KEYS_SECP256K1 | KEYS_P192 | KEYS_PSS | KEYS_ED25519 | KEYS_ED448 | KEYS_DSA,
    .critical = CRIT_KU | CRIT_SAN | CRIT_BC | CRIT_EKU | CRIT_NSCT | CRIT_AKI | CRIT_SKI,
    .anomalies_fatal =
        MBEDTLS_UNREADABLE | ANOMALY_BIT(SAN_BAD_IP) | ANOMALY_BIT(PATH_LENGTH_NOT_CA),
};

static const struct behaviour mbedtls_2_28 = {
    MBEDTLS,
    .digests_denied = DENY_WEAK | DENY_UNKNOWN,
    .ca_keys_denied = KEYS_PSS | KEYS_ED25519 | KEYS_ED448 | KEYS_DSA,
    .leaf_keys_denied = KEYS_PSS | KEYS_ED25519 | KEYS_ED448 | KEYS_DSA,
    .unread_extensions = MBEDTLS_UNREAD | CRIT_SKI | CRIT_AKI,
    .no_ip_san4 = true,
    .no_ip_san6 = true,
    .min_version = 10,
    .max_version = 12, /* MBEDTLS_SSL_PROTO_TLS1_3 is experimental there, and off */
    .critical = CRIT_KU | CRIT_SAN | CRIT_BC | CRIT_EKU | CRIT_NSCT,
    .anomalies_fatal = MBEDTLS_UNREADABLE,
};

/* Parsing ends it all; else flags are collected and told in the order of x509_crt_verify_strings.
 */
enum { PHASE_TLS, PHASE_PARSE, PHASE_LIMIT, FLAG_EXPIRED, FLAG_CN, FLAG_NOT_TRUSTED };
enum { FLAG_FUTURE = FLAG_NOT_TRUSTED + 1, FLAG_KEY_USAGE, FLAG_PURPOSE, FLAG_DIGEST, FLAG_KEY };
enum { PHASE_LATER = FLAG_KEY + 1, PHASE_NONE };

static const struct phase phases[] = {
    {.fact = FACT_OLD_PROTOCOL, .phase = PHASE_TLS},
    {.fact = FACT_KEY_UNSUPPORTED, .where = AT_LEAF, .phase = PHASE_TLS},
    {.fact = FACT_ANOMALY, .phase = PHASE_PARSE},
    {.fact = FACT_UNPARSABLE, .phase = PHASE_PARSE},
    {.fact = FACT_CRITICAL_EXTENSION, .phase = PHASE_PARSE, .root_first = true},
    {.fact = FACT_KEY_UNSUPPORTED, .limit = KEYS_PSS, .phase = PHASE_PARSE},
    {.fact = FACT_KEY_UNSUPPORTED, .limit = KEYS_ED25519, .phase = PHASE_PARSE},
    {.fact = FACT_KEY_UNSUPPORTED, .limit = KEYS_ED448, .phase = PHASE_PARSE},
    {.fact = FACT_KEY_UNSUPPORTED, .limit = KEYS_DSA, .phase = PHASE_PARSE},
    {.fact = FACT_PATH_TOO_LONG, .phase = PHASE_LIMIT},
    {.fact = FACT_EXPIRED, .phase = FLAG_EXPIRED},
    ROWS_OF_NAMES(.phase = FLAG_CN),
    ROWS_OF_TRUST(.phase = FLAG_NOT_TRUSTED),
    {.fact = FACT_SIGNATURE_BAD, .phase = FLAG_NOT_TRUSTED},
    {.fact = FACT_SIGNATURE_UNSUPPORTED, .phase = FLAG_NOT_TRUSTED},
    {.fact = FACT_NOT_YET_VALID, .phase = FLAG_FUTURE},
    {.fact = FACT_KEY_USAGE_LEAF, .phase = FLAG_KEY_USAGE},
    {.fact = FACT_EKU_MISSING, .phase = FLAG_PURPOSE},
    {.fact = FACT_WEAK_DIGEST, .phase = FLAG_DIGEST},
    {.fact = FACT_WEAK_KEY, .phase = FLAG_KEY},
    {.fact = FACT_KEY_UNSUPPORTED, .phase = FLAG_KEY},
    {.fact = FACT_KEY_MISMATCH, .phase = PHASE_LATER},
    {.fact = FACT_CLIENT_CERTIFICATE, .phase = PHASE_LATER},
    {.phase = -1},
};

#define FAILED                                                                                     \
    "-0x2700 X509 - Certificate verification failed, e.g. CRL, CA or signature check failed; "     \
    "flags={code} {message} | "
/* of keyUsage and extendedKeyUsage the handshake has an error of its own, when it is the only one
 */
#define USAGE                                                                                      \
    .alone = "-0x7a00 SSL - Processing of the Certificate handshake message failed; "              \
             "flags={code} {message} | "
#define NOT_TRUSTED                                                                                \
    .code = "0x8", .text = "The certificate is not correctly signed by the trusted CA"
#define BAD_KEY                                                                                    \
    .code = "0x10000",                                                                             \
    .text = "The certificate is signed with an unacceptable key (eg bad curve, RSA too short)."
#define PARSE(code_, text_) .bare = true, .code = (code_), .text = code_ " " text_

static const struct words words[] = {
    {.fact = FACT_EXPIRED, .code = "0x1", .text = "The certificate validity has expired"},
    ROWS_OF_NAMES(.code = "0x4", .text = "The certificate Common Name (CN) does not match with the "
                                         "expected CN"),
    ROWS_OF_TRUST(NOT_TRUSTED),
    {.fact = FACT_SIGNATURE_BAD, NOT_TRUSTED},
    {.fact = FACT_SIGNATURE_UNSUPPORTED, NOT_TRUSTED},
    {.fact = FACT_NOT_YET_VALID,
     .code = "0x200",
     .text = "The certificate validity starts in the future"},
    {.fact = FACT_KEY_USAGE_LEAF,
     .code = "0x800",
     USAGE,
     .text = "Usage does not match the keyUsage extension"},
    {.fact = FACT_EKU_MISSING,
     .code = "0x1000",
     USAGE,
     .text = "Usage does not match the extendedKeyUsage extension"},
    {.fact = FACT_WEAK_DIGEST,
     .code = "0x4000",
     .text = "The certificate is signed with an unacceptable hash."},
    {.fact = FACT_WEAK_KEY, BAD_KEY},
    {.fact = FACT_KEY_UNSUPPORTED,
     .where = AT_LEAF,
     PARSE("-0x7780", "SSL - A fatal alert message was received from our peer")},
    {.fact = FACT_KEY_UNSUPPORTED,
     .limit = KEYS_PSS,
     PARSE("-0x3c80", "PK - Key algorithm is unsupported (only RSA and EC are supported)")},
    {.fact = FACT_KEY_UNSUPPORTED,
     .limit = KEYS_ED25519,
     PARSE("-0x262e", "X509 - Signature algorithm (oid) is unsupported : OID - OID is not found")},
    {.fact = FACT_KEY_UNSUPPORTED,
     .limit = KEYS_ED448,
     PARSE("-0x262e", "X509 - Signature algorithm (oid) is unsupported : OID - OID is not found")},
    {.fact = FACT_KEY_UNSUPPORTED, BAD_KEY},
    {.fact = FACT_PATH_TOO_LONG,
     PARSE("-0x3000",
           "X509 - A fatal error occurred, eg the chain is too long or the vrfy callback failed")},
    {.fact = FACT_CRITICAL_EXTENSION,
     PARSE("-0x2562", "X509 - The extension tag or value is invalid : ASN1 - ASN1 tag was of an "
                      "unexpected value")},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_PATH_LENGTH_NOT_CA + 1,
     PARSE("-0x2562", "X509 - The extension tag or value is invalid : ASN1 - ASN1 tag was of an "
                      "unexpected value")},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_TIME_NO_SECONDS + 1,
     PARSE("-0x2400", "X509 - The date tag or value is invalid")},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_TIME_OFFSET + 1,
     PARSE("-0x2400", "X509 - The date tag or value is invalid")},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_TIME_FRACTION + 1,
     PARSE("-0x2400", "X509 - The date tag or value is invalid")},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_TIME_UNREADABLE + 1,
     PARSE("-0x2400", "X509 - The date tag or value is invalid")},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_EXTENSION_DUPLICATE + 1,
     PARSE("-0x2500", "X509 - The extension tag or value is invalid")},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_SAN_BAD_IP + 1,
     PARSE("-0x2800", "X509 - Input invalid")},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_KEY_EXPLICIT_CURVE + 1,
     PARSE("-0x3d00", "PK - Invalid key tag or value")},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_VERSION_UNKNOWN + 1,
     PARSE("-0x2580", "X509 - CRT/CRL/CSR has an unsupported version number")},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_ALGORITHMS_DIFFER + 1,
     PARSE("-0x2680", "X509 - Signature algorithms do not match. (see \\c ::mbedtls_x509_crt "
                      "sig_oid)")},
    {.fact = FACT_ANOMALY,
     PARSE("-0x21e6", "X509 - The CRT/CRL/CSR format is invalid, e.g. different type expected : "
                      "ASN1 - Actual length differs from expected length")},
    {.fact = FACT_UNPARSABLE,
     PARSE("-0x21e6", "X509 - The CRT/CRL/CSR format is invalid, e.g. different type expected : "
                      "ASN1 - Actual length differs from expected length")},
    {.fact = FACT_OLD_PROTOCOL,
     PARSE("-0x6e80", "SSL - Handshake protocol not within min/max boundaries")},
    {.fact = FACT_CLIENT_CERTIFICATE,
     PARSE("-0x7780", "SSL - A fatal alert message was received from our peer")},
    {.fact = FACT_KEY_MISMATCH,
     .limit = KEY_RSA,
     PARSE("-0x4380", "RSA - The PKCS#1 verification failed")},
    {.fact = FACT_KEY_MISMATCH, PARSE("-0x4e00", "ECP - The signature is not valid")},
    {.text = NULL},
};

/** ssl_tls.c mbedtls_ssl_parse_certificate: of several flags the first in this order. */
static const struct alert_row alerts[] = {
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_VERSION_UNKNOWN + 1,
     .alert = ALERT_UNSUPPORTED_CERTIFICATE},
    {.fact = FACT_ANOMALY, .alert = ALERT_BAD_CERTIFICATE},
    {.fact = FACT_UNPARSABLE, .alert = ALERT_BAD_CERTIFICATE},
    {.fact = FACT_CRITICAL_EXTENSION, .alert = ALERT_BAD_CERTIFICATE},
    {.fact = FACT_PATH_TOO_LONG, .alert = ALERT_ACCESS_DENIED},
    {.fact = FACT_KEY_UNSUPPORTED, .alert = ALERT_BAD_CERTIFICATE},
    ROWS_OF_NAMES(.alert = ALERT_BAD_CERTIFICATE),
    {.fact = FACT_KEY_USAGE_LEAF, .alert = ALERT_UNSUPPORTED_CERTIFICATE},
    {.fact = FACT_EKU_MISSING, .alert = ALERT_UNSUPPORTED_CERTIFICATE},
    {.fact = FACT_WEAK_KEY, .alert = ALERT_UNSUPPORTED_CERTIFICATE},
    {.fact = FACT_EXPIRED, .alert = ALERT_CERTIFICATE_EXPIRED},
    {.fact = FACT_REVOKED, .alert = ALERT_CERTIFICATE_REVOKED},
    ROWS_OF_TRUST(.alert = ALERT_UNKNOWN_CA),
    {.fact = FACT_SIGNATURE_BAD, .alert = ALERT_UNKNOWN_CA},
    {.fact = FACT_NOT_A_CA, .alert = ALERT_UNKNOWN_CA},
    {.fact = FACT_KEY_USAGE_CA, .alert = ALERT_UNKNOWN_CA},
    {.fact = FACT_PATH_LENGTH, .alert = ALERT_UNKNOWN_CA},
    {.rest = true, .alert = ALERT_CERTIFICATE_UNKNOWN},
};

#define MBEDTLS_PROFILE                                                                            \
    .title = "mbedTLS", .alerts = alerts, .evidence = EVIDENCE_MEASURED, .phases = phases,         \
    .pick = PICK_FLAGS, .separator = " | ", .words = words, .wrapper = FAILED,                     \
    .fallback = "The certificate is not correctly signed by the trusted CA",                       \
    .note = "takes one issuer per step, from the trusted list or from further on in what was "     \
            "sent; never comes back",                                                              \
    .looks = "in the program: the CRLs as third argument of mbedtls_ssl_conf_ca_chain()"

static const char *const mbedtls_3_6_aliases[] = {"mbedtls", "mbedtls3.6", NULL};
static const char *const mbedtls_2_28_aliases[] = {"mbedtls2.28", NULL};

const struct profile profile_mbedtls_3_6 = {
    MBEDTLS_PROFILE,
    .name = "mbedtls@3.6",
    .aliases = mbedtls_3_6_aliases,
    .measured_with = "mbedTLS 3.6.7",
    .behaviour = &mbedtls_3_6,
};

const struct profile profile_mbedtls_2_28 = {
    MBEDTLS_PROFILE,
    .name = "mbedtls@2.28",
    .aliases = mbedtls_2_28_aliases,
    .measured_with = "mbedTLS 2.28.3",
    .behaviour = &mbedtls_2_28,
};
