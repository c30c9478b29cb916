/* SPDX-License-Identifier: Apache-2.0 */
/* Java's HttpsURLConnection: PKIXValidator under X509TrustManagerImpl. Evidence:
 * data/profiles/java.md. */
#include "judge/profiles/names.h"

#define JAVA                                                                                       \
    /* sun.security.validator.PKIXValidator; PKIXBuilderParameters.getMaxPathLength;               \
     * jdk.tls.maxCertificateChainLength; sun.security.ssl.CertStatusExtension reads the staple */ \
    .staple_fatal = SOURCE_BIT(MALFORMED), .strategy = STRATEGY_LIST_OR_SEARCH,                    \
    .names = EQUAL_CANONICAL, .max_sent = 10, .search_max_intermediates = 5,                       \
    .sent_all_parsed = PARSE_ENCODING, .anchor_parsed = PARSE_ENCODING,                            \
    .anchor_issued_leaf = true, .anchor_leaf_skips = SKIP_TIME | SKIP_EKU | SKIP_KU | SKIP_CRIT,   \
    .anchor_time_ignored = true, .anchor_pathlen_ignored = true, .anchor_nc_ignored = true,        \
    .anchor_crit_ignored = true,                                                                   \
    .anchor_bc = ANCHOR_BC_REQUIRED, /* jdk.certpath.disabledAlgorithms; SunEC's curves */         \
        .digests_denied = DENY_BROKEN, .min_rsa = 1024,                                            \
    .ca_keys_denied = KEYS_SECP256K1 | KEYS_BRAINPOOL | KEYS_P192 | KEYS_P224,                     \
    .leaf_keys_denied = KEYS_SECP256K1 | KEYS_BRAINPOOL, /* sun.security.util.HostnameChecker */   \
        .cn = CN_NO_DNS_SAN, .cn_pick = CN_LAST,                                                   \
    .partial_wildcards = WILD_PREFIX | WILD_SUFFIX | WILD_MIDDLE, .wildcard_min_dots = 1,          \
    .ip_v4mapped = true, .wildcard_repeated = true, .underscore = UNDERSCORE_NONE,                 \
    .hyphen_edge_refused = true,                                                                   \
    .empty_subject_needs_critical_san = true, /* EndEntityChecker.checkTLSServer */                \
        .chain_eku_ignored = true, .chain_eku_sgc = true, .ns_cert_type = true,                    \
    .policy = POLICY_PROCESS, .critical = CRIT_RFC5280, .nc_on_cn = true,                          \
    .nc_empty_dns_fatal = true, .nc_kind = NC_KIND_FATAL, .nc_unlimited = true,                    \
    .nc_uri_is_host = true, .ip_ranges = true, .malformed_if_critical = true,                      \
    .policy_qualifiers_none = true, .min_version = 12

#define JAVA_UNREADABLE                                                                            \
    (ANOMALIES_FATAL_TO_ALL | ANOMALY_BIT(EXTENSIONS_NOT_V3) | ANOMALY_BIT(VERSION_UNKNOWN) |      \
     ANOMALY_BIT(NAME_EMPTY_ISSUER) | ANOMALY_BIT(EXTENSION_DUPLICATE_UNKNOWN) |                   \
     ANOMALY_BIT(NC_MINIMUM) | ANOMALY_BIT(PATH_LENGTH_HUGE) | ANOMALY_BIT(KEY_EXPLICIT_CURVE))

static const struct behaviour java_25 = {
    JAVA,
    .digests_denied =
        DENY_BROKEN | DENY_SHA224, /* SignatureScheme: not among those for certificates */
    .anomalies_fatal = JAVA_UNREADABLE | ANOMALY_BIT(SAN_EMPTY) | ANOMALY_BIT(SAN_BAD_IP),
};

/** Until 17 a SAN that could not be read was none, and stars might stand anywhere in a pattern. */
static const struct behaviour java_17 = {
    JAVA,
    .empty_san = EMPTY_SAN_ABSENT,
    .wildcard_anywhere = true,
    .bad_ip_voids_san = true,
    .anomalies_fatal = JAVA_UNREADABLE & ~ANOMALY_BIT(SAN_MALFORMED),
};

/* Parsing; then from the top down, of each certificate AlgorithmChecker, KeyChecker,
 * ConstraintsChecker, PolicyChecker, BasicChecker (PKIXCertPathValidator.validate); the anchor;
 * EndEntityChecker; checkIdentity. */
enum { PHASE_TLS, PHASE_PARSE, PHASE_CHAIN, PHASE_ANCHOR, PHASE_PURPOSE, PHASE_SAN, PHASE_NAME };
enum {
    STEP_ALGORITHM,
    STEP_KEY,
    STEP_CONSTRAINTS,
    STEP_POLICY,
    STEP_TIME,
    STEP_SIGNATURE,
    STEP_CRITICAL
};
#define STEP(fact_, step_)                                                                         \
    {                                                                                              \
        .fact = (fact_), .phase = PHASE_CHAIN, .root_first = true, .step = (step_)                 \
    }

static const struct phase phases[] = {
    {.fact = FACT_OLD_PROTOCOL, .phase = PHASE_TLS},
    {.fact = FACT_STAPLE_BAD, .phase = PHASE_TLS},
    {.fact = FACT_KEY_UNSUPPORTED, .where = AT_LEAF, .phase = PHASE_TLS},
    {.fact = FACT_PATH_TOO_LONG, .phase = PHASE_TLS},
    /* read when the names are compared, not with the certificate */
    {.fact = FACT_ANOMALY, .only = ANOMALY_SAN_EMPTY + 1, .phase = PHASE_SAN},
    {.fact = FACT_ANOMALY, .only = ANOMALY_SAN_BAD_IP + 1, .phase = PHASE_SAN},
    {.fact = FACT_ANOMALY, .phase = PHASE_PARSE},
    {.fact = FACT_UNPARSABLE, .phase = PHASE_PARSE},
    {.fact = FACT_SUBJECT_EMPTY, .phase = PHASE_PARSE},
    {.fact = FACT_NOT_A_CA, .limit = 1, .phase = PHASE_ANCHOR},
    {.fact = FACT_KEY_USAGE_CA, .limit = 1, .phase = PHASE_ANCHOR},
    STEP(FACT_WEAK_DIGEST, STEP_ALGORITHM),
    STEP(FACT_WEAK_KEY, STEP_ALGORITHM),
    STEP(FACT_KEY_USAGE_CA, STEP_KEY),
    STEP(FACT_NOT_A_CA, STEP_CONSTRAINTS),
    STEP(FACT_PATH_LENGTH, STEP_CONSTRAINTS),
    STEP(FACT_NAME_CONSTRAINT, STEP_CONSTRAINTS),
    STEP(FACT_POLICY, STEP_POLICY),
    STEP(FACT_EXPIRED, STEP_TIME),
    STEP(FACT_NOT_YET_VALID, STEP_TIME),
    STEP(FACT_SIGNATURE_BAD, STEP_SIGNATURE),
    STEP(FACT_SIGNATURE_UNSUPPORTED, STEP_SIGNATURE),
    STEP(FACT_KEY_UNSUPPORTED, STEP_SIGNATURE),
    STEP(FACT_CRITICAL_EXTENSION, STEP_CRITICAL),
    ROWS_OF_TRUST(.phase = PHASE_CHAIN),
    {.fact = FACT_KEY_USAGE_LEAF, .phase = PHASE_PURPOSE},
    {.fact = FACT_EKU_MISSING, .limit = 1, .phase = PHASE_PURPOSE, .step = 2},
    {.fact = FACT_EKU_MISSING, .phase = PHASE_PURPOSE, .step = 1},
    ROWS_OF_NAMES(.phase = PHASE_NAME),
    {.fact = FACT_KEY_MISMATCH, .phase = PHASE_NAME + 1},
    {.fact = FACT_CLIENT_CERTIFICATE, .phase = PHASE_NAME + 2},
    {.phase = -1},
};

#define VALIDATION "PKIX path validation failed: "
#define PATH VALIDATION "java.security.cert.CertPathValidatorException: "
#define ANCHOR                                                                                     \
    VALIDATION "sun.security.validator.ValidatorException: TrustAnchor with subject "              \
               "\"{java_subject}\" "
#define UNPARSED .code = "bad_certificate", .text = "Failed to parse server certificates"

/* The code is the alert that the client sends. */
static const struct words words[] = {
    ROWS_OF_TRUST(.code = "certificate_unknown",
                  .text = PATH "Path does not chain with any of the trust anchors"),
    {.fact = FACT_EXPIRED, .code = "certificate_expired", .text = PATH "validity check failed"},
    {.fact = FACT_NOT_YET_VALID, .code = "bad_certificate", .text = PATH "validity check failed"},
    /* value 1: the key identifiers say that it is another key, which rules out an anchor; the
     * leaf's issuer was sent, and is tried */
    {.fact = FACT_SIGNATURE_BAD,
     .only = 2,
     .where = AT_CA,
     .code = "certificate_unknown",
     .text = PATH "Path does not chain with any of the trust anchors"},
    {.fact = FACT_SIGNATURE_BAD, .code = "bad_certificate", .text = PATH "signature check failed"},
    {.fact = FACT_SIGNATURE_UNSUPPORTED,
     .code = "bad_certificate",
     .text = PATH "signature check failed"},
    {.fact = FACT_KEY_UNSUPPORTED,
     .where = AT_LEAF,
     .code = "handshake_failure",
     .text = "Received fatal alert: handshake_failure"},
    {.fact = FACT_KEY_UNSUPPORTED,
     .code = "bad_certificate",
     .text = PATH "signature check failed"},
    {.fact = FACT_WEAK_KEY,
     .code = "unsupported_certificate",
     .text = PATH "Algorithm constraints check failed on keysize limits: {java_key} used with "
                  "certificate: {java_subject}"},
    {.fact = FACT_WEAK_DIGEST,
     .code = "unsupported_certificate",
     .text = PATH "Algorithm constraints check failed on signature algorithm: {java_algorithm}"},
    {.fact = FACT_NOT_A_CA,
     .limit = 1,
     .code = "certificate_unknown",
     .text = ANCHOR "is not a CA certificate"},
    {.fact = FACT_KEY_USAGE_CA,
     .limit = 1,
     .code = "certificate_unknown",
     .text = ANCHOR "does not have keyCertSign bit set in KeyUsage extension"},
    {.fact = FACT_NOT_A_CA,
     .code = "certificate_unknown",
     .text = PATH "basic constraints check failed: this is not a CA certificate"},
    {.fact = FACT_KEY_USAGE_CA,
     .code = "certificate_unknown",
     .text = PATH "CA key usage check failed: keyCertSign bit is not set"},
    {.fact = FACT_PATH_LENGTH,
     .code = "certificate_unknown",
     .text = PATH "basic constraints check failed: pathLenConstraint violated - this cert must be "
                  "the last cert in the certification path"},
    {.fact = FACT_NAME_CONSTRAINT,
     .only = 4,
     .code = "internal_error",
     .bare = true,
     .text = "javax.net.ssl.SSLException: (internal_error) Index 0 out of bounds for length 0"},
    {.fact = FACT_NAME_CONSTRAINT,
     .code = "certificate_unknown",
     .text = PATH "name constraints check failed"},
    {.fact = FACT_POLICY,
     .code = "certificate_unknown",
     .text = PATH "non-null policy tree required and policy tree is null"},
    {.fact = FACT_CRITICAL_EXTENSION,
     .code = "certificate_unknown",
     .text = PATH "unrecognized critical extension(s)"},
    {.fact = FACT_EKU_MISSING,
     .limit = 1,
     .code = "certificate_unknown",
     .text = "Netscape cert type does not permit use for SSL server"},
    {.fact = FACT_EKU_MISSING,
     .code = "certificate_unknown",
     .text = "Extended key usage does not permit use for TLS server authentication"},
    {.fact = FACT_KEY_USAGE_LEAF,
     .code = "certificate_unknown",
     .text = "KeyUsage does not allow digital signatures"},
    {.fact = FACT_NAME_MISMATCH,
     .limit = COMPARED_NOT,
     .code = "certificate_unknown",
     .text = "Illegal given domain name: {host}"},
    {.fact = FACT_NAME_IP_NOT_IN_SAN,
     .only = 1,
     .code = "certificate_unknown",
     .text = "No subject alternative names present"},
    {.fact = FACT_NAME_IP_NOT_IN_SAN,
     .code = "certificate_unknown",
     .text = "No subject alternative names matching IP address {host} found"},
    ROWS_OF_NAMES(.limit = COMPARED_SAN, .code = "certificate_unknown",
                  .text = "No subject alternative DNS name matching {host} found."),
    ROWS_OF_NAMES(.code = "certificate_unknown", .text = "No name matching {host} found"),
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_SAN_EMPTY + 1,
     .code = "certificate_unknown",
     .text = "No data available in passed DER encoded value."},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_SAN_BAD_IP + 1,
     .code = "certificate_unknown",
     .text = "Invalid IPAddressName"},
    {.fact = FACT_ANOMALY, UNPARSED},
    {.fact = FACT_UNPARSABLE, UNPARSED},
    {.fact = FACT_SUBJECT_EMPTY, UNPARSED},
    {.fact = FACT_PATH_TOO_LONG,
     .bare = true,
     .text = "javax.net.ssl.SSLProtocolException: The certificate chain length ({first_too_many}) "
             "exceeds "
             "the maximum allowed length ({limit})"},
    {.fact = FACT_OLD_PROTOCOL,
     .code = "protocol_version",
     .text = "Received fatal alert: protocol_version"},
    /* the reader's EOFException is taken for the end of the connection */
    {.fact = FACT_STAPLE_BAD,
     .code = "handshake_failure",
     .bare = true,
     .text = "javax.net.ssl.SSLHandshakeException: Remote host terminated the handshake"},
    {.fact = FACT_CLIENT_CERTIFICATE,
     .only = ALERT_HANDSHAKE_FAILURE + 1,
     .code = "handshake_failure",
     .text = "Received fatal alert: handshake_failure"},
    {.fact = FACT_CLIENT_CERTIFICATE,
     .code = "certificate_required",
     .text = "Received fatal alert: certificate_required"},
    {.fact = FACT_KEY_MISMATCH,
     .code = "handshake_failure",
     .text = "Invalid CertificateVerify signature"},
    {.text = NULL},
};

#define BUILDING                                                                                   \
    "PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: "      \
    "unable to find valid certification path to requested target"

static const char *const java_25_aliases[] = {"java", "java25", "jdk25", NULL};

/** sun.security.ssl.CertificateMessage getCertificateAlert. */
static const struct alert_row alerts[] = {
    {.fact = FACT_PATH_TOO_LONG, .alert = ALERT_HANDSHAKE_FAILURE},
    {.fact = FACT_STAPLE_BAD, .alert = ALERT_HANDSHAKE_FAILURE},
    {.fact = FACT_ANOMALY, .alert = ALERT_BAD_CERTIFICATE},
    {.fact = FACT_UNPARSABLE, .alert = ALERT_BAD_CERTIFICATE},
    {.fact = FACT_SIGNATURE_BAD, .alert = ALERT_BAD_CERTIFICATE},
    {.fact = FACT_NOT_YET_VALID, .alert = ALERT_BAD_CERTIFICATE},
    {.fact = FACT_EXPIRED, .alert = ALERT_CERTIFICATE_EXPIRED},
    {.fact = FACT_WEAK_KEY, .alert = ALERT_UNSUPPORTED_CERTIFICATE},
    {.fact = FACT_WEAK_DIGEST, .alert = ALERT_UNSUPPORTED_CERTIFICATE},
    {.rest = true, .alert = ALERT_CERTIFICATE_UNKNOWN},
};
/** Until 17 no reason but revocation has one of its own. */
static const struct alert_row alerts_17[] = {
    {.fact = FACT_PATH_TOO_LONG, .alert = ALERT_HANDSHAKE_FAILURE},
    {.fact = FACT_STAPLE_BAD, .alert = ALERT_HANDSHAKE_FAILURE},
    {.fact = FACT_ANOMALY, .alert = ALERT_BAD_CERTIFICATE},
    {.fact = FACT_UNPARSABLE, .alert = ALERT_BAD_CERTIFICATE},
    {.rest = true, .alert = ALERT_CERTIFICATE_UNKNOWN},
};

const struct profile profile_java_25 = {
    .alerts = alerts,
    .name = "java@25",
    .title = "Java",
    .aliases = java_25_aliases,
    .evidence = EVIDENCE_MEASURED,
    .measured_with = "Temurin 25 HttpsURLConnection",
    .store = "java",
    .note = "validates the list as it was sent when that leads to a trusted name, searches "
            "otherwise",
    .revocation = "nothing",
    .looks = "-Dcom.sun.net.ssl.checkRevocation=true -Dcom.sun.security.enableCRLDP=true, and "
             "ocsp.enable=true in java.security",
    .behaviour = &java_25,
    .phases = phases,
    .pick = PICK_FIRST,
    .words = words,
    .wrapper = "javax.net.ssl.SSLHandshakeException: ({code}) {message}",
    .fallback = "Failed to parse server certificates",
    .search_failed = BUILDING,
    .search_code = "certificate_unknown",
    .search_phase = PHASE_CHAIN,
};

static const struct words java_17_words[] = {
    {.fact = FACT_NAME_CONSTRAINT,
     .only = 4,
     .code = "internal_error",
     .bare = true,
     .text = "javax.net.ssl.SSLException: String index out of range: 0"},
    {.text = NULL},
};

static const char *const java_17_aliases[] = {"java17", "jdk17", NULL};

const struct profile profile_java_17 = {
    .alerts = alerts_17,
    .name = "java@17",
    .title = "Java",
    .aliases = java_17_aliases,
    .parent = &profile_java_25,
    .evidence = EVIDENCE_MEASURED,
    .measured_with = "OpenJDK 17.0.15 HttpsURLConnection",
    .store = "java",
    .note = "validates the list as it was sent when that leads to a trusted name, searches "
            "otherwise",
    .behaviour = &java_17,
    .pick = PICK_FIRST,
    .words = java_17_words,
    .wrapper = "javax.net.ssl.SSLHandshakeException: {message}",
    .fallback = "Failed to parse server certificates",
    .search_failed = BUILDING,
    .search_code = "certificate_unknown",
    .search_phase = PHASE_CHAIN,
};
