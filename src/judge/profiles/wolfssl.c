/* SPDX-License-Identifier: Apache-2.0 */
/* wolfSSL as Debian builds it. Evidence: data/profiles/wolfssl.md. */
#include "judge/profiles/names.h"

/** src/internal.c ProcessPeerCerts, wolfcrypt/src/asn.c ParseCertRelative. */
#define WOLFSSL                                                                                    \
    .strategy = STRATEGY_TOP_DOWN, .names = EQUAL_DER,                                             \
    .anchor_parsed = PARSE_ENCODING | PARSE_CRITICAL, .anchor_issued_leaf = true,                  \
    .anchor_leaf_skips = SKIP_TIME, .anchor_time_ignored = true, .anchor_cert_sign_ignored = true, \
    .anchor_v1 = ANCHOR_V1_NO, .min_rsa = 1024, .max_rsa = 4096, .cn = CN_NO_DNS_OR_IP_SAN,        \
    .cn_pick = CN_LAST, .cn_ip = true, .cn_not_beside_uri = true, .nc_on_any_cn = true,            \
    .nc_empty_directory_ignored = true, .partial_wildcards = WILD_PREFIX,                          \
    .wildcard_anywhere = true, .wildcard_repeated = true, .ip_in_dns = true,                       \
    .wildcard_for_ip = true, .chain_eku_ignored = true, .nc_direct_issuer_only = true,             \
    .nc_no_uri = true, .nc_empty_dns_matches_none = true, .min_version = 12

#define WOLFSSL_UNREADABLE                                                                         \
    (ANOMALIES_FATAL_TO_ALL | ANOMALY_BIT(SERIAL_PADDED) | ANOMALY_BIT(EXTENSIONS_NOT_V3) |        \
     ANOMALY_BIT(TBS_TRAILING) | ANOMALY_BIT(SAN_EMPTY) | ANOMALY_BIT(SAN_BAD_IP) |                \
     ANOMALY_BIT(KEY_EXPLICIT_CURVE) | ANOMALY_BIT(TIME_NO_SECONDS) |                              \
     ANOMALY_BIT(PATH_LENGTH_HUGE))

static const struct behaviour wolfssl_5_9 = {
    WOLFSSL,
    .anchor_bc = ANCHOR_BC_REQUIRED_WITH_USAGE,
    .digests_denied = DENY_BROKEN,
    .sent_root_digest = true,
    .cn_ip_always = true,
    .ip_v4mapped = true,
    .strip_san_dot = true,
    .wildcard_not_for_a_label = true,
    .leaf_cert_sign_refused = true,
    .pathlen_counts_self_issued = true,
    .critical = CRIT_KU | CRIT_SAN | CRIT_BC | CRIT_NC | CRIT_CP | CRIT_PC | CRIT_IAP | CRIT_EKU |
                CRIT_CRLDP | CRIT_NSCT | CRIT_NO_CHECK,
    .nc_wildcard_excluded = true,
    .anomalies_fatal = WOLFSSL_UNREADABLE | ANOMALY_BIT(SERIAL_ZERO) | ANOMALY_BIT(NAME_UTF8) |
                       ANOMALY_BIT(CA_FALSE) | ANOMALY_BIT(TIME_OFFSET),
};

static const struct behaviour wolfssl_5_5 = {
    WOLFSSL,
    .anchor_bc = ANCHOR_BC_NONE,
    .anchor_pathlen_ignored = true,
    .leaf_keys_denied = KEYS_PSS,
    .min_version = 11,
    .no_ip_san6 = true,
    .keep_host_dot = true,
    .wildcard_in_a_label = true,
    .leaf_ku = LEAF_KU_IGNORE,
    .ku_zero_ok = true,
    .ca_ku_required = true,
    .nc_empty_dns_fatal = true,
    .critical = CRIT_KU | CRIT_SAN | CRIT_BC | CRIT_NC | CRIT_CP | CRIT_PC | CRIT_IAP | CRIT_EKU |
                CRIT_CRLDP | CRIT_NSCT | CRIT_NO_CHECK | CRIT_AIA,
    .nc_no_ip = true,
    .anomalies_fatal = WOLFSSL_UNREADABLE | ANOMALY_BIT(UNIQUE_ID),
};

/* Certificates above the leaf come first, from the top; the name before usages. 5.9 shows the first
 * error, 5.5 that of the leaf, which then has no signer (internal.c, args->lastErr). */
enum { PHASE_TLS, PHASE_NO_SIGNER, PHASE_CA, PHASE_TRUST, PHASE_LEAF, PHASE_NAME, PHASE_USAGE };
enum { STEP_PARSE, STEP_LENGTH, STEP_SIGNATURE, STEP_NAMES, STEP_TIME, STEP_CRITICAL, STEP_USAGE };
#define STEP(fact_, step_)                                                                         \
    {.fact = (fact_), .where = AT_LEAF, .phase = PHASE_LEAF, .step = (step_)},                     \
    {                                                                                              \
        .fact = (fact_), .phase = PHASE_CA, .root_first = true, .step = (step_)                    \
    }

/* clang-format off: rows, not statements */
#define PHASES(trust)                                                                              \
    {.fact = FACT_OLD_PROTOCOL, .phase = PHASE_TLS},                                               \
        {.fact = FACT_KEY_UNSUPPORTED, .where = AT_LEAF, .limit = KEYS_PSS, .phase = PHASE_TLS},   \
        STEP(FACT_UNPARSABLE, STEP_PARSE), STEP(FACT_ANOMALY, STEP_PARSE),                         \
        {.fact = FACT_KEY_USAGE_LEAF,                                                              \
         .limit = KU_KEY_CERT_SIGN,                                                                \
         .phase = PHASE_LEAF,                                                                      \
         .step = STEP_PARSE},                                                                      \
        ROWS_OF_TRUST(.phase = (trust)), STEP(FACT_PATH_LENGTH, STEP_LENGTH),                      \
        STEP(FACT_SIGNATURE_BAD, STEP_SIGNATURE),                                                  \
        STEP(FACT_SIGNATURE_UNSUPPORTED, STEP_SIGNATURE), STEP(FACT_WEAK_DIGEST, STEP_SIGNATURE),  \
        STEP(FACT_NAME_CONSTRAINT, STEP_NAMES), STEP(FACT_EXPIRED, STEP_TIME),                     \
        STEP(FACT_NOT_YET_VALID, STEP_TIME), STEP(FACT_CRITICAL_EXTENSION, STEP_CRITICAL),         \
        STEP(FACT_WEAK_KEY, STEP_USAGE), STEP(FACT_KEY_UNSUPPORTED, STEP_USAGE),                   \
        STEP(FACT_NOT_A_CA, STEP_USAGE), STEP(FACT_KEY_USAGE_CA, STEP_USAGE),                      \
        ROWS_OF_NAMES(.phase = PHASE_NAME), {.fact = FACT_KEY_USAGE_LEAF, .phase = PHASE_USAGE},   \
        {.fact = FACT_EKU_MISSING, .phase = PHASE_USAGE},                                          \
        {.fact = FACT_KEY_MISMATCH, .phase = PHASE_USAGE + 1},                                     \
        {.fact = FACT_CLIENT_CERTIFICATE, .phase = PHASE_USAGE + 2}, {.phase = -1},
/* clang-format on */

static const struct phase phases[] = {PHASES(PHASE_TRUST)};
static const struct phase wolfssl_5_5_phases[] = {PHASES(PHASE_NO_SIGNER)};

#define ERROR(code_, text_) .code = (code_), .text = text_
#define NO_SIGNER ERROR("-188", "certificate verify failed")

static const struct words words[] = {
    {.fact = FACT_SELF_SIGNED_LEAF, ERROR("-275", "ASN self-signed certificate error")},
    {.fact = FACT_SELF_SIGNED_CA_LEAF, ERROR("-275", "ASN self-signed certificate error")},
    ROWS_OF_TRUST(NO_SIGNER),
    {.fact = FACT_EXPIRED, ERROR("-151", "ASN date error, current date is after expiration")},
    {.fact = FACT_NOT_YET_VALID,
     ERROR("-150", "ASN date error, current date is before start of validity")},
    {.fact = FACT_SIGNATURE_BAD, .only = 2, NO_SIGNER},
    {.fact = FACT_SIGNATURE_BAD, ERROR("-155", "ASN sig error, confirm failure")},
    {.fact = FACT_SIGNATURE_UNSUPPORTED, ERROR("-155", "ASN sig error, confirm failure")},
    {.fact = FACT_WEAK_DIGEST, ERROR("-232", "Hash type not enabled/available")},
    {.fact = FACT_WEAK_KEY, ERROR("-409", "RSA key too small")},
    {.fact = FACT_KEY_UNSUPPORTED, ERROR("-234", "Key size error, either too small or large")},
    {.fact = FACT_NOT_A_CA, .only = 3, NO_SIGNER},
    /* keyCertSign without CA is an error already in the parser */
    {.fact = FACT_NOT_A_CA, .limit = 2, ERROR("-226", "Key Usage value error")},
    {.fact = FACT_NOT_A_CA, NO_SIGNER},
    {.fact = FACT_KEY_USAGE_CA, ERROR("-357", "Not a CA by basic constraint error")},
    {.fact = FACT_PATH_LENGTH, ERROR("-238", "ASN CA path length larger than signer error")},
    {.fact = FACT_NAME_CONSTRAINT, ERROR("-198", "Name Constraint error")},
    {.fact = FACT_CRITICAL_EXTENSION, ERROR("-160", "X.509 Critical extension ignored or invalid")},
    ROWS_OF_NAMES(ERROR("-322", "peer subject name mismatch")),
    {.fact = FACT_KEY_USAGE_LEAF,
     .limit = KU_KEY_CERT_SIGN,
     ERROR("-226", "Key Usage value error")},
    {.fact = FACT_KEY_USAGE_LEAF, ERROR("-383", "Key Use digitalSignature not set Error")},
    {.fact = FACT_EKU_MISSING, ERROR("-386", "Ext Key Use server/client auth not set Error")},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_EXTENSION_DUPLICATE + 1,
     ERROR("-144", "ASN object id error, invalid id")},
    {.fact = FACT_ANOMALY, .only = ANOMALY_SAN_BAD_IP + 1, ERROR("-173", "Bad function argument")},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_EXTENSIONS_NOT_V3 + 1,
     ERROR("-141", "ASN version error, invalid number")},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_TIME_NO_SECONDS + 1,
     ERROR("-151", "ASN date error, current date is after expiration")},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_TIME_OFFSET + 1,
     ERROR("-151", "ASN date error, current date is after expiration")},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_TBS_TRAILING + 1,
     ERROR("-144", "ASN object id error, invalid id")},
    {.fact = FACT_ANOMALY, ERROR("-140", "ASN parsing error, invalid input")},
    {.fact = FACT_UNPARSABLE, ERROR("-140", "ASN parsing error, invalid input")},
    {.fact = FACT_OLD_PROTOCOL, ERROR("-313", "received alert fatal error")},
    {.fact = FACT_CLIENT_CERTIFICATE, ERROR("-313", "received alert fatal error")},
    {.fact = FACT_KEY_MISMATCH, ERROR("-330", "verify problem based on signature")},
    {.text = NULL},
};

/** src/internal.c DoCertFatalAlert. */
static const struct alert_row alerts[] = {
    {.fact = FACT_SELF_SIGNED_LEAF, .alert = ALERT_BAD_CERTIFICATE},
    {.fact = FACT_SELF_SIGNED_CA_LEAF, .alert = ALERT_BAD_CERTIFICATE},
    ROWS_OF_TRUST(.alert = ALERT_UNKNOWN_CA),
    {.fact = FACT_NOT_A_CA, .alert = ALERT_UNKNOWN_CA},
    {.fact = FACT_KEY_USAGE_CA, .alert = ALERT_UNKNOWN_CA},
    {.fact = FACT_ANOMALY, .where = AT_LEAF, .alert = ALERT_NONE},
    {.fact = FACT_UNPARSABLE, .where = AT_LEAF, .alert = ALERT_NONE},
    {.fact = FACT_CRITICAL_EXTENSION, .where = AT_LEAF, .alert = ALERT_NONE},
    {.fact = FACT_EXPIRED, .alert = ALERT_CERTIFICATE_EXPIRED},
    {.fact = FACT_NOT_YET_VALID, .alert = ALERT_CERTIFICATE_EXPIRED},
    {.fact = FACT_REVOKED, .alert = ALERT_CERTIFICATE_REVOKED},
    {.rest = true, .alert = ALERT_BAD_CERTIFICATE},
};

#define WOLFSSL_PROFILE                                                                            \
    .title = "wolfSSL", .evidence = EVIDENCE_MEASURED, .pick = PICK_FIRST,                         \
    .wrapper = "{code} {message}", .fallback = "ASN parsing error, invalid input",                 \
    .note = "verifies every certificate that was sent, the last one first",                        \
    .looks = "in the program: wolfSSL_CTX_EnableOCSP() or wolfSSL_CTX_EnableCRL()"

static const char *const wolfssl_5_9_aliases[] = {"wolfssl", "wolfssl5.9", NULL};

const struct profile profile_wolfssl_5_9 = {
    .alerts = alerts,
    WOLFSSL_PROFILE,
    .name = "wolfssl@5.9",
    .aliases = wolfssl_5_9_aliases,
    .measured_with = "wolfSSL 5.9.2",
    .behaviour = &wolfssl_5_9,
    .phases = phases,
    .words = words,
};

static const struct words wolfssl_5_5_words[] = {
    /* a CA that fails is not added, and the leaf has no signer then */
    {.fact = FACT_UNPARSABLE, .where = AT_CA, NO_SIGNER},
    {.fact = FACT_ANOMALY, .where = AT_CA, NO_SIGNER},
    {.fact = FACT_EXPIRED, .where = AT_CA, NO_SIGNER},
    {.fact = FACT_NOT_YET_VALID, .where = AT_CA, NO_SIGNER},
    {.fact = FACT_SIGNATURE_BAD, .where = AT_CA, NO_SIGNER},
    {.fact = FACT_NOT_A_CA, .where = AT_CA, NO_SIGNER},
    {.fact = FACT_KEY_USAGE_CA, .where = AT_CA, NO_SIGNER},
    {.fact = FACT_PATH_LENGTH, .where = AT_CA, NO_SIGNER},
    {.fact = FACT_NAME_CONSTRAINT, .where = AT_CA, NO_SIGNER},
    {.fact = FACT_CRITICAL_EXTENSION, .where = AT_CA, NO_SIGNER},
    {.fact = FACT_NAME_CONSTRAINT, .only = 4, NO_SIGNER},
    {.fact = FACT_EXPIRED, ERROR("-151", "ASN date error, current date after")},
    {.fact = FACT_NOT_YET_VALID, ERROR("-150", "ASN date error, current date before")},
    {.fact = FACT_KEY_UNSUPPORTED,
     .limit = KEYS_PSS,
     ERROR("-425", "The security parameter is invalid")},
    {.fact = FACT_KEY_UNSUPPORTED, ERROR("-112", "mp_exptmod error state")},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_TIME_NO_SECONDS + 1,
     ERROR("-140", "ASN parsing error, invalid input")},
    {.fact = FACT_ANOMALY, .only = ANOMALY_SAN_BAD_IP + 1, ERROR("-125", "out of memory error")},
    {.text = NULL},
};

static const char *const wolfssl_5_5_aliases[] = {"wolfssl5.5", NULL};

const struct profile profile_wolfssl_5_5 = {
    WOLFSSL_PROFILE,
    .name = "wolfssl@5.5",
    .aliases = wolfssl_5_5_aliases,
    .parent = &profile_wolfssl_5_9,
    .phases = wolfssl_5_5_phases,
    .measured_with = "wolfSSL 5.5.4",
    .behaviour = &wolfssl_5_5,
    .words = wolfssl_5_5_words,
};
