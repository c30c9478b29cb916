/* SPDX-License-Identifier: Apache-2.0 */
/* Chromium with roots that a user or a policy added: BoringSSL's pki/ under net/cert. Evidence:
 * data/profiles/chromium.md. */
#include "judge/profiles/names.h"

static const struct behaviour chromium_156 = {
    /* pki/path_builder.cc; net/cert/cert_verify_proc_builtin.cc kPathBuilderIterationLimit */
    .strategy = STRATEGY_ITERATE,
    .names = EQUAL_CANONICAL,
    /* trust_store_nss.cc SyncGetIssuersOf */
    .anchor_names_der = true,
    .max_steps = 20,
    .fetches_aia = true,
    .anchor_parsed = PARSE_ENCODING,
    .leaf_under_itself = true,
    .anchor_eku = true,
    /* pki/simple_path_builder_delegate.cc, and what the client offers in TLS */
    .digests_denied = DENY_WEAK | DENY_SHA224 | DENY_UNKNOWN,
    .min_rsa = 1024,
    .ca_keys_denied = KEYS_SECP256K1 | KEYS_BRAINPOOL | KEYS_P192 | KEYS_P224 | KEYS_ED25519 |
                      KEYS_PSS | KEYS_ED448 | KEYS_DSA,
    .leaf_keys_denied = KEYS_SECP256K1 | KEYS_BRAINPOOL | KEYS_P192 | KEYS_P224 | KEYS_P521 |
                        KEYS_ED25519 | KEYS_PSS | KEYS_ED448 | KEYS_DSA,
    /* net/cert/x509_certificate.cc VerifyHostname */
    .cn = CN_NEVER,
    .wildcard_not_below_suffix = true,
    .strip_san_dot = true,
    .empty_subject_needs_critical_san = true,
    .leaf_ku = LEAF_KU_DIGITAL_SIGNATURE,
    .policy = POLICY_PROCESS,
    .anchor_policies = true, /* ApplyTrustAnchorConstraints */
    .anomalies_anchor_ok = ANOMALY_BIT(ALGORITHMS_DIFFER),
    .policy_qualifiers = true,
    .critical = CRIT_RFC5280 | CRIT_MS_POLICIES,
    .nc_no_uri = true,
    .nc_kind = NC_KIND_FATAL_IF_CRITICAL,
    .nc_email_strict = true,
    .nc_wildcard_excluded = true,
    .ct = CT_CHROME,
    .min_version = 12,
    .large_hello = true, /* X25519MLKEM768 since 131 */
    /* cert_verify_proc_builtin.cc CheckRevocation without a policy: staples, then the CRLSet */
    .staple_fatal = STAPLE_REVOKED,
    .filter = "CRLSet",
    .anomalies_fatal =
        ANOMALIES_FATAL_TO_ALL | ANOMALIES_OF_STYLE | ANOMALY_BIT(TRAILING) |
        ANOMALY_BIT(TBS_TRAILING) | ANOMALY_BIT(EXTENSIONS_NOT_V3) | ANOMALY_BIT(VERSION_UNKNOWN) |
        ANOMALY_BIT(BOOLEAN_NOT_FF) | ANOMALY_BIT(CRITICAL_FALSE) | ANOMALY_BIT(NAME_PRINTABLE) |
        ANOMALY_BIT(EXTENSIONS_EMPTY) | ANOMALY_BIT(EXTENSION_DUPLICATE_UNKNOWN) |
        ANOMALY_BIT(SAN_BAD_IP) | ANOMALY_BIT(SAN_EMPTY) | ANOMALY_BIT(SAN_NOT_ASCII) |
        ANOMALY_BIT(NC_EMPTY) | ANOMALY_BIT(NC_MINIMUM) | ANOMALY_BIT(NC_BAD_IP) |
        ANOMALY_BIT(POLICY_DUPLICATE),
};

/* MapCertStatusToNetError: INVALID > REVOKED > AUTHORITY > COMMON_NAME > CT > WEAK_KEY > DATE >
 * LENGTH; what has no status of its own is INVALID, and only when the path has no other status. TLS
 * comes before. */
enum { TLS = -1, INVALID, REVOKED, AUTHORITY, COMMON_NAME, TRANSPARENCY, WEAK_KEY, DATE, LENGTH };
static const struct phase phases[] = {
    {.fact = FACT_OLD_PROTOCOL, .phase = INVALID},
    {.fact = FACT_REVOKED, .phase = REVOKED},
    ROWS_OF_TRUST(.phase = AUTHORITY),
    {.fact = FACT_PATH_TOO_LONG, .phase = AUTHORITY},
    {.fact = FACT_SIGNATURE_BAD, .phase = AUTHORITY},
    ROWS_OF_NAMES(.phase = COMMON_NAME),
    {.fact = FACT_ISSUED_TOO_LATE, .phase = AUTHORITY},
    {.fact = FACT_CT_MISSING, .phase = TRANSPARENCY},
    {.fact = FACT_CT_TOO_FEW, .phase = TRANSPARENCY},
    {.fact = FACT_VALID_TOO_LONG, .phase = LENGTH},
    {.fact = FACT_WEAK_KEY, .phase = WEAK_KEY},
    {.fact = FACT_EXPIRED, .phase = DATE},
    {.fact = FACT_NOT_YET_VALID, .phase = DATE},
    {.fact = FACT_CRITICAL_EXTENSION, .phase = INVALID},
    {.fact = FACT_EKU_MISSING, .phase = INVALID},
    {.fact = FACT_KEY_USAGE_CA, .phase = INVALID},
    {.fact = FACT_NOT_A_CA, .phase = INVALID},
    {.fact = FACT_PATH_LENGTH, .phase = INVALID},
    {.fact = FACT_NAME_CONSTRAINT, .phase = INVALID},
    {.fact = FACT_POLICY, .phase = INVALID},
    {.fact = FACT_WEAK_DIGEST, .phase = INVALID},
    {.fact = FACT_SIGNATURE_UNSUPPORTED, .phase = INVALID},
    {.fact = FACT_KEY_UNSUPPORTED, .phase = INVALID},
    {.fact = FACT_ANOMALY, .phase = INVALID},
    {.fact = FACT_UNPARSABLE, .phase = INVALID},
    {.fact = FACT_SUBJECT_EMPTY, .phase = INVALID},
    {.fact = FACT_KEY_USAGE_LEAF, .phase = LENGTH + 1},
    {.fact = FACT_KEY_MISMATCH, .phase = LENGTH + 1},
    {.fact = FACT_CLIENT_CERTIFICATE, .phase = LENGTH + 1},
    {.phase = -1},
};

#define PRIVATE(code_) .code = (code_), .text = "{code} | Your connection is not private"
#define SITE(code_)                                                                                \
    .code = (code_), .text = "{code} | This site can\u2019t provide a secure connection"
#define BAD_FORMAT(anomaly)                                                                        \
    {                                                                                              \
        .fact = FACT_ANOMALY, .where = AT_LEAF, .only = (anomaly) + 1,                             \
        SITE("ERR_SSL_SERVER_CERT_BAD_FORMAT")                                                     \
    }

static const struct words words[] = {
    {.fact = FACT_REVOKED, PRIVATE("ERR_CERT_REVOKED")},
    ROWS_OF_TRUST(PRIVATE("ERR_CERT_AUTHORITY_INVALID")),
    {.fact = FACT_PATH_TOO_LONG, PRIVATE("ERR_CERT_AUTHORITY_INVALID")},
    {.fact = FACT_SIGNATURE_BAD, PRIVATE("ERR_CERT_AUTHORITY_INVALID")},
    ROWS_OF_NAMES(PRIVATE("ERR_CERT_COMMON_NAME_INVALID")),
    {.fact = FACT_ISSUED_TOO_LATE, PRIVATE("ERR_CERT_AUTHORITY_INVALID")},
    {.fact = FACT_CT_MISSING, PRIVATE("ERR_CERTIFICATE_TRANSPARENCY_REQUIRED")},
    {.fact = FACT_CT_TOO_FEW, PRIVATE("ERR_CERTIFICATE_TRANSPARENCY_REQUIRED")},
    {.fact = FACT_VALID_TOO_LONG, PRIVATE("ERR_CERT_VALIDITY_TOO_LONG")},
    {.fact = FACT_WEAK_KEY, PRIVATE("ERR_CERT_WEAK_KEY")},
    {.fact = FACT_EXPIRED, PRIVATE("ERR_CERT_DATE_INVALID")},
    {.fact = FACT_NOT_YET_VALID, PRIVATE("ERR_CERT_DATE_INVALID")},
    {.fact = FACT_KEY_USAGE_LEAF,
     .code = "ERR_SSL_KEY_USAGE_INCOMPATIBLE",
     .text = "{code} | This site can\u2019t be reached"},
    {.fact = FACT_KEY_UNSUPPORTED, .where = AT_LEAF, SITE("ERR_SSL_VERSION_OR_CIPHER_MISMATCH")},
    {.fact = FACT_OLD_PROTOCOL, SITE("ERR_SSL_VERSION_OR_CIPHER_MISMATCH")},
    {.fact = FACT_UNPARSABLE, .where = AT_LEAF, SITE("ERR_SSL_SERVER_CERT_BAD_FORMAT")},
    /* what BoringSSL's X509 refuses already in the handshake (ssl/ssl_x509.cc, net/ssl) */
    BAD_FORMAT(ANOMALY_TIME_OFFSET),
    BAD_FORMAT(ANOMALY_TIME_NO_SECONDS),
    BAD_FORMAT(ANOMALY_TIME_FRACTION),
    BAD_FORMAT(ANOMALY_TIME_UNREADABLE),
    BAD_FORMAT(ANOMALY_EXTENSIONS_NOT_V3),
    BAD_FORMAT(ANOMALY_VERSION_UNKNOWN),
    BAD_FORMAT(ANOMALY_NAME_PRINTABLE),
    BAD_FORMAT(ANOMALY_TBS_TRAILING),
    BAD_FORMAT(ANOMALY_TRAILING),
    BAD_FORMAT(ANOMALY_MALFORMED),
    BAD_FORMAT(ANOMALY_NAME_MALFORMED),
    BAD_FORMAT(ANOMALY_LONG_LENGTH),
    {.fact = FACT_CLIENT_CERTIFICATE,
     .code = "ERR_BAD_SSL_CLIENT_AUTH_CERT",
     .text = "{code} | Access to {host} was denied"},
    {.fact = FACT_KEY_MISMATCH, SITE("ERR_SSL_PROTOCOL_ERROR")},
    {.fact = FACT_ANOMALY, PRIVATE("ERR_CERT_INVALID")},
    {.fact = FACT_CRITICAL_EXTENSION, PRIVATE("ERR_CERT_INVALID")},
    {.fact = FACT_EKU_MISSING, PRIVATE("ERR_CERT_INVALID")},
    {.fact = FACT_KEY_USAGE_CA, PRIVATE("ERR_CERT_INVALID")},
    {.fact = FACT_NOT_A_CA, PRIVATE("ERR_CERT_INVALID")},
    {.fact = FACT_PATH_LENGTH, PRIVATE("ERR_CERT_INVALID")},
    {.fact = FACT_NAME_CONSTRAINT, PRIVATE("ERR_CERT_INVALID")},
    {.fact = FACT_POLICY, PRIVATE("ERR_CERT_INVALID")},
    {.fact = FACT_WEAK_DIGEST, PRIVATE("ERR_CERT_INVALID")},
    {.fact = FACT_SIGNATURE_UNSUPPORTED, PRIVATE("ERR_CERT_INVALID")},
    {.fact = FACT_KEY_UNSUPPORTED, PRIVATE("ERR_CERT_INVALID")},
    {.fact = FACT_UNPARSABLE, PRIVATE("ERR_CERT_INVALID")},
    {.fact = FACT_SUBJECT_EMPTY, PRIVATE("ERR_CERT_INVALID")},
    {.text = NULL},
};

static const char *const aliases[] = {"chromium",
                                      "chrome",
                                      "chromium156-nss",
                                      "chromium156-policy",
                                      "chromium156",
                                      "chromium@156-policy",
                                      NULL};

/** BoringSSL's default, which ssl_client_socket_impl.cc leaves as it is. */
static const struct alert_row alerts[] = {{.rest = true, .alert = ALERT_CERTIFICATE_UNKNOWN}};

const struct profile profile_chromium_156 = {
    .alerts = alerts,
    .name = "chromium@156",
    .title = "Chromium",
    .aliases = aliases,
    .evidence = EVIDENCE_MEASURED,
    .measured_with = "Chromium 156, roots added to ~/.pki/nssdb or by policy",
    .store = "chrome",
    .note = "tries every candidate path, in twenty steps; fetches missing intermediates",
    .revocation = "checks what is stapled, and its CRLSet for public roots",
    .looks = "the policy RequireOnlineRevocationChecksForLocalAnchors, for roots of your own",
    .behaviour = &chromium_156,
    .phases = phases,
    .pick = PICK_STATUS,
    .words = words,
    .fallback = "ERR_CERT_INVALID | Your connection is not private",
    .hides = HIDES_BELOW_UNSIGNED,
};
