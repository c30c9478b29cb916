/* SPDX-License-Identifier: Apache-2.0 */
/* GnuTLS 3.7 and 3.8 as gnutls-cli, git and wget use it. Evidence: data/profiles/gnutls.md. */
#include "judge/profiles/names.h"

/** lib/x509/verify.c and verify-high.c, hostname-verify.c, lib/auth/cert.c. */
#define GNUTLS                                                                                     \
    .strategy = STRATEGY_LIST, .names = EQUAL_TEXT, .akid = AKID_KEY, .max_sent = 16,              \
    .sent_all_parsed = PARSE_ENCODING, .anchor_parsed = PARSE_ENCODING,                            \
    .anchor_pick = ANCHOR_LAST, .anchor_leaf_skips = SKIP_CRIT, .digests_denied = DENY_WEAK,       \
    .min_rsa = 1024, .ca_keys_denied = KEYS_SECP256K1 | KEYS_BRAINPOOL,                            \
    .leaf_keys_denied = KEYS_SECP256K1 | KEYS_BRAINPOOL, .cn = CN_NO_DNS_OR_IP_SAN,                \
    .cn_not_beside_uri = true, .cn_pick = CN_SINGLE, .empty_san = EMPTY_SAN_ABSENT,                \
    .partial_wildcards = WILD_SUFFIX, .wildcard_min_dots = 2, .eku_empty_ok = true,                \
    .chain_eku_any_refused = true, .chain_eku_sgc = true, .leaf_eku_sgc_refused = true,            \
    .eku_ms_sgc_refused = true, .tls_features = true, .pathlen_negative_none = true,               \
    .ku_zero_ok = true, .pathlen_counts_self_issued = true, .policy = POLICY_CRITICAL_FATAL,       \
    .critical = CRIT_KU | CRIT_SAN | CRIT_IAN | CRIT_BC | CRIT_NC | CRIT_CRLDP | CRIT_CP |         \
                CRIT_AKI | CRIT_SKI | CRIT_EKU | CRIT_IAP | CRIT_AIA | CRIT_TLSF | CRIT_PROXY,     \
    .anchor_bc = ANCHOR_BC_ROOT_MAY_LACK, .nc_merge = NC_MERGED,                                   \
    .unread_extensions = CRIT_AIA | CRIT_CRLDP | CRIT_IAN | CRIT_SKI | CRIT_CP,                    \
    .must_staple = true, .min_version = 10,                                                        \
    .staple_fatal = STAPLE_REVOKED | (STAPLE_BROKEN & ~SOURCE_BIT(ERROR)) | STAPLE_OLD,            \
    .anomalies_fatal = ANOMALIES_FATAL_TO_ALL | ANOMALY_BIT(EXTENSIONS_NOT_V3) |                   \
                       ANOMALY_BIT(TRAILING) | ANOMALY_BIT(TBS_TRAILING) |                         \
                       ANOMALY_BIT(EXTENSION_DUPLICATE_UNKNOWN) | ANOMALY_BIT(SAN_EMPTY_NAME) |    \
                       ANOMALY_BIT(TIME_OFFSET) | ANOMALY_BIT(TIME_FRACTION)

/** libcurl and wget pass no purpose to gnutls_certificate_verify_peers. */
#define NO_PURPOSE .leaf_eku_ignored = true, .chain_eku_ignored = true

static const struct behaviour cli_3_8 = {GNUTLS};
static const struct behaviour cli_3_7 = {GNUTLS};
static const struct behaviour cli_3_7_1 = {GNUTLS, .nc_merge = NC_MERGED_3_7_1,
                                           .cn_not_beside_uri = false};
static const struct behaviour git_2_39 = {GNUTLS, NO_PURPOSE, .keep_host_dot = true};
/** libcurl 8.18 asks for %PROFILE_MEDIUM. */
static const struct behaviour git_2_55 = {
    GNUTLS,
    NO_PURPOSE,
    .min_rsa = 2048,
};
/** gnutls_session_enable_compatibility_mode: wget does not look at the leaf's keyUsage */
#define WGET_BEHAVIOUR GNUTLS, NO_PURPOSE, .leaf_ku = LEAF_KU_IGNORE
static const struct behaviour wget_1_21 = {WGET_BEHAVIOUR};
static const struct behaviour wget_1_25 = {WGET_BEHAVIOUR};

/* The TLS layer, the chain in the order in which its status bits are told, the name
 * (gnutls_certificate_verification_status_print). */
enum { PHASE_TLS, PHASE_READ, PHASE_REVOKED, PHASE_ISSUER, PHASE_NO_CA, PHASE_INSECURE };
enum {
    PHASE_CONSTRAINTS = PHASE_INSECURE + 1,
    PHASE_PURPOSE,
    PHASE_EARLY,
    PHASE_EXPIRED,
    PHASE_OLD_STAPLE,
    PHASE_SIGNATURE,
    PHASE_NAME
};
enum { PHASE_STAPLE = PHASE_NAME + 1, PHASE_CRITICAL, PHASE_ANSWER };

#define CHAIN_PHASES                                                                               \
    {.fact = FACT_OLD_PROTOCOL, .phase = PHASE_TLS},                                               \
        {.fact = FACT_KEY_UNSUPPORTED, .where = AT_LEAF, .phase = PHASE_READ},                     \
        {.fact = FACT_PATH_TOO_LONG, .phase = PHASE_READ},                                         \
        {.fact = FACT_ANOMALY, .only = ANOMALY_KEY_EXPLICIT_CURVE + 1, .phase = PHASE_INSECURE},   \
        {.fact = FACT_ANOMALY, .phase = PHASE_READ},                                               \
        {.fact = FACT_UNPARSABLE, .phase = PHASE_READ},                                            \
        {.fact = FACT_KEY_USAGE_LEAF, .phase = PHASE_READ},                                        \
        {.fact = FACT_KEY_MISMATCH, .phase = PHASE_READ}, ROWS_OF_TRUST(.phase = PHASE_ISSUER),    \
        {.fact = FACT_NOT_A_CA, .phase = PHASE_NO_CA},                                             \
        {.fact = FACT_WEAK_DIGEST, .phase = PHASE_INSECURE},                                       \
        {.fact = FACT_WEAK_KEY, .phase = PHASE_INSECURE},                                          \
        {.fact = FACT_KEY_UNSUPPORTED, .phase = PHASE_INSECURE},                                   \
        {.fact = FACT_SIGNATURE_UNSUPPORTED, .phase = PHASE_INSECURE},                             \
        {.fact = FACT_PATH_LENGTH, .phase = PHASE_CONSTRAINTS},                                    \
        {.fact = FACT_KEY_USAGE_CA, .phase = PHASE_CONSTRAINTS},                                   \
        {.fact = FACT_NAME_CONSTRAINT, .phase = PHASE_CONSTRAINTS},                                \
        {.fact = FACT_TLS_FEATURE, .phase = PHASE_CONSTRAINTS},                                    \
        {.fact = FACT_EKU_MISSING, .phase = PHASE_PURPOSE},                                        \
        {.fact = FACT_NOT_YET_VALID, .phase = PHASE_EARLY},                                        \
        {.fact = FACT_EXPIRED, .phase = PHASE_EXPIRED},                                            \
        {.fact = FACT_SIGNATURE_BAD, .phase = PHASE_SIGNATURE},                                    \
        ROWS_OF_NAMES(.phase = PHASE_NAME), {.fact = FACT_REVOKED, .phase = PHASE_REVOKED},        \
        {.fact = FACT_STAPLE_BAD, .only = SOURCE_STALE + 1, .phase = PHASE_OLD_STAPLE},            \
        {.fact = FACT_MUST_STAPLE, .phase = PHASE_STAPLE},                                         \
    {                                                                                              \
        .fact = FACT_STAPLE_BAD, .phase = PHASE_STAPLE, .step = 1                                  \
    }

static const struct phase gnutls_phases[] = {
    CHAIN_PHASES,
    {.fact = FACT_CRITICAL_EXTENSION, .limit = 2, .phase = PHASE_CONSTRAINTS},
    {.fact = FACT_CRITICAL_EXTENSION, .phase = PHASE_CRITICAL},
    {.fact = FACT_CLIENT_CERTIFICATE, .phase = PHASE_ANSWER},
    {.phase = -1},
};

/* ---- gnutls-cli ---- */

#define CLI_FAILED                                                                                 \
    "*** PKI verification of server certificate failed... | *** Fatal error: Error in the "        \
    "certificate."
#define FATAL(text_) .bare = true, .text = "*** Fatal error: " text_

static const struct words cli_words[] = {
    ROWS_OF_TRUST(.text = "The certificate issuer is unknown."),
    {.fact = FACT_NOT_A_CA, .text = "The certificate issuer is not a CA."},
    {.fact = FACT_WEAK_DIGEST, .text = "The certificate chain uses insecure algorithm."},
    {.fact = FACT_WEAK_KEY, .text = "The certificate chain uses insecure algorithm."},
    {.fact = FACT_KEY_UNSUPPORTED,
     .where = AT_LEAF,
     .bare = true,
     .text = "*** Received alert [40]: Handshake failed | *** Fatal error: A TLS fatal alert has "
             "been received."},
    {.fact = FACT_KEY_UNSUPPORTED, .text = "The certificate chain uses insecure algorithm."},
    {.fact = FACT_SIGNATURE_UNSUPPORTED, .text = "The certificate chain uses insecure algorithm."},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_KEY_EXPLICIT_CURVE + 1,
     .text = "The certificate chain uses insecure algorithm."},
    {.fact = FACT_PATH_LENGTH, .text = "The certificate chain violates the signer's constraints."},
    {.fact = FACT_KEY_USAGE_CA, .text = "The certificate chain violates the signer's constraints."},
    {.fact = FACT_TLS_FEATURE, .text = "The certificate chain violates the signer's constraints."},
    {.fact = FACT_NAME_CONSTRAINT,
     .text = "The certificate chain violates the signer's constraints."},
    {.fact = FACT_EKU_MISSING,
     .text = "The certificate chain does not match the intended purpose."},
    {.fact = FACT_NOT_YET_VALID, .text = "The certificate chain uses not yet valid certificate."},
    {.fact = FACT_EXPIRED, .text = "The certificate chain uses expired certificate."},
    {.fact = FACT_SIGNATURE_BAD, .text = "The signature in the certificate is invalid."},
    ROWS_OF_NAMES(.text = "The name in the certificate does not match the expected."),
    {.fact = FACT_CRITICAL_EXTENSION,
     .limit = 2,
     .text = "The certificate chain violates the signer's constraints."},
    {.fact = FACT_CRITICAL_EXTENSION,
     .text = "The certificate contains an unknown critical extension."},
    {.fact = FACT_REVOKED, .text = "The certificate chain is revoked."},
    {.fact = FACT_STAPLE_BAD,
     .only = SOURCE_STALE + 1,
     .text = "The revocation or OCSP data are old and have been superseded."},
    {.fact = FACT_STAPLE_BAD, .text = "The received OCSP status response is invalid."},
    {.fact = FACT_MUST_STAPLE,
     .text = "The certificate requires the server to include an OCSP status in its response, but "
             "the OCSP status is missing."},
    {.fact = FACT_KEY_USAGE_LEAF,
     .bare = true,
     .text = "|<1>| Peer's certificate does not allow digital signatures. Key usage violation "
             "detected. | *** Fatal error: Key usage violation in certificate has been detected."},
    {.fact = FACT_PATH_TOO_LONG, .bare = true, .text = CLI_FAILED},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_EXTENSION_DUPLICATE + 1,
     FATAL("Duplicate extension in X.509 certificate.")},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_EXTENSION_DUPLICATE_UNKNOWN + 1,
     FATAL("Duplicate extension in X.509 certificate.")},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_TIME_OFFSET + 1,
     FATAL("The DER time encoding is invalid.")},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_TBS_TRAILING + 1,
     FATAL("ASN1 parser: Error in DER parsing.")},
    {.fact = FACT_ANOMALY, FATAL("Error in the certificate.")},
    {.fact = FACT_UNPARSABLE, FATAL("ASN1 parser: Error in DER parsing.")},
    {.fact = FACT_KEY_MISMATCH, FATAL("Public key signature verification has failed.")},
    {.fact = FACT_OLD_PROTOCOL,
     FATAL("A packet with illegal or unsupported version was received.")},
    {.fact = FACT_CLIENT_CERTIFICATE, FATAL("A TLS fatal alert has been received.")},
    {.text = NULL},
};

/** lib/alert.c gnutls_error_to_alert, of what gnutls-cli's callback returns. */
static const struct alert_row cli_alerts[] = {
    {.fact = FACT_KEY_USAGE_LEAF, .alert = ALERT_INTERNAL_ERROR},
    {.rest = true, .alert = ALERT_BAD_CERTIFICATE},
};
/** libcurl and wget judge after the handshake. */
static const struct alert_row later_alerts[] = {{.rest = true, .alert = ALERT_NONE}};

#define CLI                                                                                        \
    .title = "gnutls-cli", .alerts = cli_alerts, .evidence = EVIDENCE_MEASURED,                    \
    .phases = gnutls_phases, .pick = PICK_ALL, .separator = " ", .words = cli_words,               \
    .note = "sorts what was sent and cuts it at the first trusted issuer",                         \
    .revocation = "checks what is stapled", .looks = "--ocsp, or --x509crlfile FILE",              \
    .wrapper = "The certificate is NOT trusted. {message}  | " CLI_FAILED,                         \
    .fallback = "The certificate is NOT trusted.", .hides = HIDES_BELOW_BAD,                       \
    .search_phase = PHASE_ISSUER

static const char *const cli_3_8_aliases[] = {"gnutls-cli", "gnutls-cli3.8", "gnutls", NULL};
static const char *const cli_3_7_aliases[] = {"gnutls-cli3.7", NULL};
static const char *const cli_3_7_1_aliases[] = {"gnutls-cli3.7.1", NULL};

const struct profile profile_gnutls_3_8 = {
    CLI,
    .name = "gnutls-cli@3.8",
    .page = "gnutls",
    .aliases = cli_3_8_aliases,
    .measured_with = "gnutls-cli 3.8.13",
    .behaviour = &cli_3_8,
};

const struct profile profile_gnutls_3_7 = {
    CLI,
    .name = "gnutls-cli@3.7",
    .page = "gnutls",
    .aliases = cli_3_7_aliases,
    .measured_with = "gnutls-cli 3.7.9",
    .behaviour = &cli_3_7,
};

const struct profile profile_gnutls_3_7_1 = {
    CLI,
    .name = "gnutls-cli@3.7.1",
    .page = "gnutls",
    .aliases = cli_3_7_1_aliases,
    .measured_with = "gnutls-cli 3.7.1",
    .behaviour = &cli_3_7_1,
};

/* ---- git: libcurl with GnuTLS ---- */

/* Before 8.10 libcurl had one text for the chain. */
static const struct phase git_phases[] = {
    CHAIN_PHASES,
    {.fact = FACT_CRITICAL_EXTENSION, .phase = PHASE_CONSTRAINTS},
    {.fact = FACT_CLIENT_CERTIFICATE, .phase = PHASE_ANSWER},
    {.phase = -1},
};

/* Since: expired, signer, algorithm, the rest (lib/vtls/gtls.c, gtls_verifyserver). */
static const struct phase git_2_55_phases[] = {
    {.fact = FACT_EXPIRED, .phase = PHASE_ISSUER},
    ROWS_OF_TRUST(.phase = PHASE_ISSUER, .step = 1),
    {.fact = FACT_STAPLE_BAD, .only = SOURCE_STALE + 1, .phase = PHASE_STAPLE},
    {.fact = FACT_STAPLE_BAD, .phase = PHASE_INSECURE, .step = 1},
    {.fact = FACT_REVOKED, .phase = PHASE_STAPLE},
    CHAIN_PHASES,
    {.fact = FACT_CRITICAL_EXTENSION, .phase = PHASE_CONSTRAINTS},
    {.fact = FACT_CLIENT_CERTIFICATE, .phase = PHASE_ANSWER},
    {.phase = -1},
};

#define GIT_HOST(fact_)                                                                            \
    {                                                                                              \
        .fact = (fact_), .bare = true,                                                             \
        .text =                                                                                    \
            "fatal: unable to access '{url}/': SSL: certificate subject name ({first_cn}) does "   \
            "not match target host name '{host}'"                                                  \
    }

static const struct words git_words[] = {
    GIT_HOST(FACT_NAME_MISMATCH),
    GIT_HOST(FACT_NAME_CN_ONLY),
    GIT_HOST(FACT_NAME_NO_SAN),
    GIT_HOST(FACT_NAME_IP_NOT_IN_SAN),
    GIT_HOST(FACT_NAME_WILDCARD_DEPTH),
    GIT_HOST(FACT_NAME_WILDCARD_PARTIAL),
    GIT_HOST(FACT_NAME_TRAILING_DOT),
    {.fact = FACT_PATH_TOO_LONG, .text = "server cert verify failed: -101"},
    {.fact = FACT_KEY_USAGE_LEAF,
     .text = "gnutls_handshake() failed: Key usage violation in certificate has been detected."},
    {.fact = FACT_KEY_UNSUPPORTED,
     .where = AT_LEAF,
     .text = "gnutls_handshake() failed: Handshake failed"},
    {.fact = FACT_KEY_MISMATCH,
     .text = "gnutls_handshake() failed: Public key signature verification has failed."},
    {.fact = FACT_CLIENT_CERTIFICATE,
     .only = ALERT_HANDSHAKE_FAILURE + 1,
     .text = "gnutls_handshake() failed: Handshake failed"},
    {.fact = FACT_CLIENT_CERTIFICATE,
     .text = "GnuTLS recv error (-12): A TLS fatal alert has been received."},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_EXTENSION_DUPLICATE + 1,
     .text = "gnutls_handshake() failed: Duplicate extension in X.509 certificate."},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_EXTENSION_DUPLICATE_UNKNOWN + 1,
     .text = "gnutls_handshake() failed: Duplicate extension in X.509 certificate."},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_KEY_EXPLICIT_CURVE + 1,
     .text = "server certificate verification failed. CAfile: none CRLfile: none"},
    {.fact = FACT_ANOMALY, .text = "gnutls_handshake() failed: Error in the certificate."},
    {.text = NULL},
};

/* libcurl 8: other words for both. */
#define GIT_2_55_HOST                                                                              \
    .bare = true, .text = "fatal: unable to access '{url}/': SSL: certificate subject name "       \
                          "({first_cn}) does not match target hostname '{host}'"
#define CAUSE(cause)                                                                               \
    .text = "SSL certificate verification failed: " cause ". (CAfile: none CRLfile: none)"
#define HANDSHAKE(reason) .text = "GnuTLS, handshake failed: " reason

static const struct words git_2_55_words[] = {
    ROWS_OF_NAMES(GIT_2_55_HOST),
    {.fact = FACT_EXPIRED, CAUSE("certificate has expired")},
    ROWS_OF_TRUST(CAUSE("certificate signer not trusted")),
    {.fact = FACT_WEAK_DIGEST, CAUSE("certificate uses insecure algorithm")},
    {.fact = FACT_WEAK_KEY, CAUSE("certificate uses insecure algorithm")},
    {.fact = FACT_KEY_UNSUPPORTED, .where = AT_LEAF, HANDSHAKE("Handshake failed")},
    {.fact = FACT_KEY_UNSUPPORTED, CAUSE("certificate uses insecure algorithm")},
    {.fact = FACT_SIGNATURE_UNSUPPORTED, CAUSE("certificate uses insecure algorithm")},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_KEY_EXPLICIT_CURVE + 1,
     CAUSE("certificate uses insecure algorithm")},
    {.fact = FACT_STAPLE_BAD,
     .only = SOURCE_STALE + 1,
     CAUSE("certificate error, no details available")},
    {.fact = FACT_STAPLE_BAD, CAUSE("attached OCSP status response is invalid")},
    {.fact = FACT_PATH_TOO_LONG, .text = "server cert verify failed: -101"},
    {.fact = FACT_KEY_USAGE_LEAF,
     HANDSHAKE("Key usage violation in certificate has been detected.")},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_EXTENSION_DUPLICATE + 1,
     HANDSHAKE("Duplicate extension in X.509 certificate.")},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_EXTENSION_DUPLICATE_UNKNOWN + 1,
     HANDSHAKE("Duplicate extension in X.509 certificate.")},
    {.fact = FACT_ANOMALY, HANDSHAKE("Error in the certificate.")},
    {.fact = FACT_KEY_MISMATCH, HANDSHAKE("Public key signature verification has failed.")},
    {.text = NULL},
};

static const char *const git_aliases[] = {"git", "git2.39", NULL};
static const char *const git_2_55_aliases[] = {"git2.55", NULL};

const struct profile profile_git_2_39 = {
    .alerts = later_alerts,
    .name = "git@2.39",
    .page = "gnutls",
    .title = "git",
    .aliases = git_aliases,
    .evidence = EVIDENCE_MEASURED,
    .measured_with = "git 2.39.5 / libcurl-gnutls 7.88.1 / GnuTLS 3.7.9",
    .note = "GnuTLS: sorts what was sent and cuts it at the first trusted issuer; no EKU check",
    .revocation = "checks what is stapled",
    .looks = "",
    .store = "git",
    .behaviour = &git_2_39,
    .phases = git_phases,
    .pick = PICK_FIRST,
    .words = git_words,
    .wrapper = "fatal: unable to access '{url}/': {message}",
    .fallback = "server certificate verification failed. CAfile: none CRLfile: none",
    .hides = HIDES_BELOW_BAD,
    .search_phase = PHASE_ISSUER,
};

const struct profile profile_git_2_55 = {
    .name = "git@2.55",
    .page = "gnutls",
    .title = "git",
    .aliases = git_2_55_aliases,
    .parent = &profile_git_2_39,
    .evidence = EVIDENCE_MEASURED,
    .measured_with = "git 2.55 / libcurl-gnutls 8.23 / GnuTLS 3.8.13",
    .note = "GnuTLS: sorts what was sent and cuts it at the first trusted issuer; no EKU check",
    .store = "git",
    .behaviour = &git_2_55,
    .phases = git_2_55_phases,
    .pick = PICK_FIRST,
    .words = git_2_55_words,
    .wrapper = "fatal: unable to access '{url}/': {message}",
    .fallback = "SSL certificate verification failed: certificate error, no details available. "
                "(CAfile: none CRLfile: none)",
    .hides = HIDES_BELOW_BAD,
    .search_phase = PHASE_ISSUER,
};

/* ---- wget ---- */

#define WGET_ERROR "ERROR: The certificate of '{host}' is not trusted."
#define WGET_HOST(fact_)                                                                           \
    {                                                                                              \
        .fact = (fact_), .text = "The certificate's owner does not match hostname '{host}'"        \
    }

static const struct words wget_words[] = {
    {.fact = FACT_ISSUER_NOT_FOUND,
     .text = WGET_ERROR " | ERROR: The certificate of '{host}' doesn't have a known issuer."},
    {.fact = FACT_ROOT_NOT_TRUSTED,
     .text = WGET_ERROR " | ERROR: The certificate of '{host}' doesn't have a known issuer."},
    {.fact = FACT_SELF_SIGNED_LEAF,
     .text = WGET_ERROR " | ERROR: The certificate of '{host}' doesn't have a known issuer."},
    {.fact = FACT_SELF_SIGNED_CA_LEAF,
     .text = WGET_ERROR " | ERROR: The certificate of '{host}' doesn't have a known issuer."},
    {.fact = FACT_NOT_A_CA,
     .text = WGET_ERROR " | ERROR: The certificate signer of '{host}' was not a CA."},
    {.fact = FACT_WEAK_DIGEST,
     .text = WGET_ERROR " | ERROR: The certificate of '{host}' was signed using an insecure "
                        "algorithm."},
    {.fact = FACT_WEAK_KEY,
     .text = WGET_ERROR " | ERROR: The certificate of '{host}' was signed using an insecure "
                        "algorithm."},
    {.fact = FACT_KEY_UNSUPPORTED,
     .where = AT_CA,
     .text = WGET_ERROR " | ERROR: The certificate of '{host}' was signed using an insecure "
                        "algorithm."},
    {.fact = FACT_SIGNATURE_UNSUPPORTED,
     .text = WGET_ERROR " | ERROR: The certificate of '{host}' was signed using an insecure "
                        "algorithm."},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_KEY_EXPLICIT_CURVE + 1,
     .text = WGET_ERROR " | ERROR: The certificate of '{host}' was signed using an insecure "
                        "algorithm."},
    /* its own look at the leaf's dates, whatever GnuTLS got to */
    {.fact = FACT_EXPIRED, .where = AT_LEAF, .hidden = true, .text = "The certificate has expired"},
    {.fact = FACT_NOT_YET_VALID,
     .where = AT_LEAF,
     .hidden = true,
     .text = "The certificate has not yet been activated"},
    {.fact = FACT_EXPIRED,
     .where = AT_LEAF,
     .text = WGET_ERROR " | ERROR: The certificate of '{host}' has expired. | The certificate has "
                        "expired"},
    {.fact = FACT_EXPIRED, .text = WGET_ERROR " | ERROR: The certificate of '{host}' has expired."},
    {.fact = FACT_NOT_YET_VALID,
     .where = AT_LEAF,
     .text = WGET_ERROR " | ERROR: The certificate of '{host}' is not yet activated. | The "
                        "certificate has not yet been activated"},
    {.fact = FACT_NOT_YET_VALID,
     .text = WGET_ERROR " | ERROR: The certificate of '{host}' is not yet activated."},
    {.fact = FACT_REVOKED,
     .text = WGET_ERROR " | ERROR: The certificate of '{host}' has been revoked."},
    {.fact = FACT_PATH_TOO_LONG, .text = "ERROR: No certificate presented by {host}."},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_EXTENSION_DUPLICATE + 1,
     .text = "GnuTLS: Duplicate extension in X.509 certificate. | Unable to establish SSL "
             "connection."},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_EXTENSION_DUPLICATE_UNKNOWN + 1,
     .text = "GnuTLS: Duplicate extension in X.509 certificate. | Unable to establish SSL "
             "connection."},
    {.fact = FACT_ANOMALY,
     .text = "GnuTLS: Error in the certificate. | Unable to establish SSL connection."},
    {.fact = FACT_KEY_UNSUPPORTED,
     .where = AT_LEAF,
     .text = "GnuTLS: A TLS fatal alert has been received. | GnuTLS: received alert [40]: "
             "Handshake failed | Unable to establish SSL connection."},
    {.fact = FACT_KEY_MISMATCH,
     .text = "GnuTLS: Public key signature verification has failed. | Unable to establish SSL "
             "connection."},
    {.fact = FACT_CLIENT_CERTIFICATE,
     .only = ALERT_HANDSHAKE_FAILURE + 1,
     .text = "GnuTLS: A TLS fatal alert has been received. | GnuTLS: received alert [40]: "
             "Handshake failed | Unable to establish SSL connection."},
    {.fact = FACT_CLIENT_CERTIFICATE,
     .text = "Failed writing HTTP request: The specified session has been invalidated for some "
             "reason.."},
    WGET_HOST(FACT_NAME_MISMATCH),
    WGET_HOST(FACT_NAME_CN_ONLY),
    WGET_HOST(FACT_NAME_NO_SAN),
    WGET_HOST(FACT_NAME_IP_NOT_IN_SAN),
    WGET_HOST(FACT_NAME_WILDCARD_DEPTH),
    WGET_HOST(FACT_NAME_WILDCARD_PARTIAL),
    WGET_HOST(FACT_NAME_TRAILING_DOT),
    {.text = NULL},
};

static const char *const wget_aliases[] = {"wget", "wget1.21", NULL};
static const char *const wget_1_25_aliases[] = {"wget1.25", NULL};

#define WGET                                                                                       \
    .title = "wget", .alerts = later_alerts, .evidence = EVIDENCE_MEASURED, .store = "wget",       \
    .phases = git_phases, .pick = PICK_ALL, .separator = " | ", .words = wget_words,               \
    .note = "GnuTLS: sorts what was sent and cuts it at the first trusted issuer; no EKU, no "     \
            "keyUsage check",                                                                      \
    .revocation = "checks what is stapled", .looks = "--crl-file=FILE", .fallback = WGET_ERROR,    \
    .hides = HIDES_BELOW_BAD, .search_phase = PHASE_ISSUER

const struct profile profile_wget_1_21 = {
    WGET,
    .name = "wget@1.21",
    .page = "gnutls",
    .behaviour = &wget_1_21,
    .aliases = wget_aliases,
    .measured_with = "wget 1.21.3 / GnuTLS 3.7.9",
};

const struct profile profile_wget_1_25 = {
    WGET,
    .name = "wget@1.25",
    .page = "gnutls",
    .behaviour = &wget_1_25,
    .aliases = wget_1_25_aliases,
    .measured_with = "wget 1.25 / GnuTLS 3.8.13",
};
