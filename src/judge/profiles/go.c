/* SPDX-License-Identifier: Apache-2.0 */
/* Go's crypto/x509 and net/http. Evidence: data/profiles/go.md. */
#include "judge/profiles/names.h"

/** crypto/x509 verify.go and parser.go; crypto/tls for what a leaf's key may be. */
#define GO                                                                                         \
    .strategy = STRATEGY_DFS, .names = EQUAL_DER, .max_signatures = 100,                           \
    .sent_all_parsed = PARSE_ENCODING | PARSE_KEYS, .anchor_parsed = PARSE_ENCODING | PARSE_KEYS,  \
    .anchor_issued_leaf = true, .anchor_bc = ANCHOR_BC_REQUIRED, .anchor_eku = true,               \
    .digests_denied = DENY_WEAK | DENY_SHA224,                                                     \
    .ca_keys_denied =                                                                              \
        KEYS_SECP256K1 | KEYS_BRAINPOOL | KEYS_P192 | KEYS_PSS | KEYS_ED448 | KEYS_DSA,            \
    .leaf_keys_denied =                                                                            \
        KEYS_SECP256K1 | KEYS_BRAINPOOL | KEYS_P192 | KEYS_ED448 | KEYS_PSS | KEYS_DSA,            \
    .cn = CN_NEVER, .odd_names_whole = true, .eku_empty_ok = true, .leaf_ku = LEAF_KU_IGNORE,      \
    .ku_zero_ok = true, .pathlen_counts_self_issued = true, .nc_no_directory = true,               \
    .nc_unknown_fatal = true, .nc_other_fatal = true, .nc_directory_fatal = true,                  \
    .nc_email_strict = true, .nc_self_issued_too = true, .nc_none_fatal = true,                    \
    .nc_san_only = true, .nc_hosts_as_domains = true, .nc_limit = 250000, .ca_ku_zero_ok = true,   \
    .crldp_relative_fatal = true, .pathlen_negative_none = true,                                   \
    .anomalies_anchor_ok = ANOMALY_BIT(EXTENSIONS_NOT_V3),                                         \
    .keys_unread = KEYS_SECP256K1 | KEYS_BRAINPOOL | KEYS_P192, .min_version = 12

#define GO_UNREADABLE                                                                              \
    (ANOMALIES_FATAL_TO_ALL | ANOMALY_BIT(SERIAL_PADDED) | ANOMALY_BIT(EXTENSIONS_NOT_V3) |        \
     ANOMALY_BIT(VERSION_UNKNOWN) | ANOMALY_BIT(TRAILING) | ANOMALY_BIT(BOOLEAN_NOT_FF) |          \
     ANOMALY_BIT(NAME_PRINTABLE) | ANOMALY_BIT(NAME_UTF8) |                                        \
     ANOMALY_BIT(EXTENSION_DUPLICATE_UNKNOWN) | ANOMALY_BIT(SAN_BAD_IP) |                          \
     ANOMALY_BIT(SAN_NOT_ASCII) | ANOMALY_BIT(LONG_LENGTH) | ANOMALY_BIT(TIME_OFFSET) |            \
     ANOMALY_BIT(TIME_FRACTION) | ANOMALY_BIT(NC_BAD_IP) | ANOMALY_BIT(PATH_LENGTH_HUGE))

static const struct behaviour go_1_19 = {
    GO,
    .nc_on_itself = true,
    .ip_v4mapped = true,
    .policy = POLICY_CRITICAL_FATAL,
    .critical = CRIT_KU | CRIT_SAN | CRIT_BC | CRIT_NC | CRIT_CP | CRIT_EKU | CRIT_CRLDP |
                CRIT_AKI | CRIT_SKI | CRIT_AIA,
    .anomalies_fatal = GO_UNREADABLE,
};

#define GO_1_27                                                                                    \
    GO, .ip_v4mapped_fatal = true, .wildcard_min_dots = 1, .policy = POLICY_PROCESS,               \
        .critical = CRIT_RFC5280 | CRIT_CRLDP, .nc_wildcard_excluded = true

static const struct behaviour go_1_27 = {
    GO_1_27,
    .large_hello = true, /* X25519MLKEM768 since 1.24; tlsmlkem=0 for an older go.mod */
    .min_rsa = 1024,
    .anomalies_fatal = GO_UNREADABLE | ANOMALY_BIT(SERIAL_NEGATIVE) | ANOMALY_BIT(AKI_CRITICAL) |
                       ANOMALY_BIT(SKI_CRITICAL),
};

/** Built from a module whose go.mod says go 1.19: GODEBUG x509negativeserial=1, rsa1024min=0. */
static const struct behaviour go_1_27_mod_1_19 = {
    GO_1_27,
    .anomalies_fatal = GO_UNREADABLE | ANOMALY_BIT(AKI_CRITICAL) | ANOMALY_BIT(SKI_CRITICAL),
};

/* verify.go: parsing, the leaf's time and critical extensions, the name, then the chains. */
static const struct phase go_phases[] = {
    {.fact = FACT_OLD_PROTOCOL, .phase = 0},
    {.fact = FACT_ANOMALY, .phase = 3, .where = AT_LEAF, .only = ANOMALY_EXTENSIONS_NOT_V3 + 1},
    {.fact = FACT_ANOMALY, .phase = 4, .only = ANOMALY_EXTENSIONS_NOT_V3 + 1},
    {.fact = FACT_ANOMALY, .phase = 0},
    {.fact = FACT_UNPARSABLE, .phase = 0},
    {.fact = FACT_KEY_UNSUPPORTED, .phase = 0, .limit = KEYS_SECP256K1},
    {.fact = FACT_KEY_UNSUPPORTED, .phase = 0, .limit = KEYS_BRAINPOOL},
    {.fact = FACT_KEY_UNSUPPORTED, .phase = 0, .where = AT_LEAF},
    {.fact = FACT_KEY_UNSUPPORTED, .phase = 4},
    {.fact = FACT_CRITICAL_EXTENSION, .phase = 1, .where = AT_LEAF},
    {.fact = FACT_EXPIRED, .phase = 2, .where = AT_LEAF},
    {.fact = FACT_NOT_YET_VALID, .phase = 2, .where = AT_LEAF},
    {.fact = FACT_NAME_MISMATCH, .phase = 3},
    {.fact = FACT_NAME_CN_ONLY, .phase = 3},
    {.fact = FACT_NAME_NO_SAN, .phase = 3},
    {.fact = FACT_NAME_IP_NOT_IN_SAN, .phase = 3},
    {.fact = FACT_NAME_WILDCARD_DEPTH, .phase = 3},
    {.fact = FACT_NAME_WILDCARD_PARTIAL, .phase = 3},
    {.fact = FACT_NAME_TRAILING_DOT, .phase = 3},
    {.fact = FACT_SIGNATURE_BAD, .phase = 4},
    {.fact = FACT_WEAK_DIGEST, .phase = 4},
    {.fact = FACT_NOT_A_CA, .phase = 4},
    {.fact = FACT_KEY_USAGE_CA, .phase = 4},
    {.fact = FACT_CRITICAL_EXTENSION, .phase = 5},
    {.fact = FACT_EXPIRED, .phase = 5},
    {.fact = FACT_NOT_YET_VALID, .phase = 5},
    {.fact = FACT_NAME_CONSTRAINT, .phase = 5},
    {.fact = FACT_PATH_LENGTH, .phase = 5},
    {.fact = FACT_ISSUER_NOT_FOUND, .phase = 6},
    {.fact = FACT_ROOT_NOT_TRUSTED, .phase = 6},
    {.fact = FACT_SELF_SIGNED_LEAF, .phase = 6},
    {.fact = FACT_SELF_SIGNED_CA_LEAF, .phase = 6},
    {.fact = FACT_POLICY, .phase = 7},
    {.fact = FACT_EKU_MISSING, .phase = 7},
    {.fact = FACT_WEAK_KEY, .where = AT_LEAF, .phase = 8},
    {.fact = FACT_WEAK_KEY, .phase = 4},
    {.fact = FACT_KEY_MISMATCH, .phase = 8},
    {.fact = FACT_CLIENT_CERTIFICATE, .phase = 9},
    {.phase = -1},
};

#define GO_UNKNOWN "x509: certificate signed by unknown authority"
#define GO_HINT(reason)                                                                            \
    GO_UNKNOWN " (possibly because of \"" reason                                                   \
               "\" while trying to verify candidate authority certificate \"{ca}\")"
#define GO_CANNOT_SIGN                                                                             \
    GO_UNKNOWN                                                                                     \
    " (possibly because of \"x509: invalid signature: parent certificate cannot sign "             \
    "this kind of certificate\" while trying to verify candidate authority certificate "           \
    "\"{subject}\")"
/* here the issuer is what the fact is about */
#define GO_UNVERIFIED                                                                              \
    GO_UNKNOWN                                                                                     \
    " (possibly because of \"x509: cannot verify signature: algorithm unimplemented\" while "      \
    "trying to verify candidate authority certificate \"{subject}\")"
#define GO_NOT_AUTHORIZED                                                                          \
    "x509: a root or intermediate certificate is not authorized to sign for this name: "
#define GO_VALID_FOR(names) "x509: certificate is valid for " names ", not {host}"
#define GO_NO_NAMES "x509: certificate is not valid for any names, but wanted to match {host}"
#define GO_GET "Get \"{url}/\": "
#define GO_PARSE GO_GET "tls: failed to parse certificate from server: "

static const struct words go_words[] = {
    {.fact = FACT_ISSUER_NOT_FOUND, .text = GO_UNKNOWN},
    {.fact = FACT_ROOT_NOT_TRUSTED, .text = GO_UNKNOWN},
    {.fact = FACT_SELF_SIGNED_LEAF, .text = GO_UNKNOWN},
    {.fact = FACT_SELF_SIGNED_CA_LEAF, .text = GO_UNKNOWN},
    {.fact = FACT_SIGNATURE_BAD, .text = GO_HINT("{verification}")},
    {.fact = FACT_WEAK_DIGEST,
     .only = DIGEST_MD5 + 1,
     .text = GO_UNKNOWN " (possibly because of \"x509: cannot verify signature: insecure algorithm "
                        "{algorithm}\" while trying to verify candidate authority certificate "
                        "\"{issuer}\")"},
    {.fact = FACT_WEAK_DIGEST,
     .text = GO_UNKNOWN " (possibly because of \"x509: cannot verify signature: insecure algorithm "
                        "{algorithm} (temporarily override with GODEBUG=x509sha1=1)\" while trying "
                        "to verify candidate authority certificate \"{issuer}\")"},
    {.fact = FACT_NOT_A_CA,
     .only = 3,
     .text = "x509: certificate is not authorized to sign other certificates"},
    {.fact = FACT_NOT_A_CA, .text = GO_CANNOT_SIGN},
    {.fact = FACT_KEY_USAGE_CA, .text = GO_CANNOT_SIGN},
    {.fact = FACT_EXPIRED,
     .text = "x509: certificate has expired or is not yet valid: current time {at} is after "
             "{limit}"},
    {.fact = FACT_NOT_YET_VALID,
     .text = "x509: certificate has expired or is not yet valid: current time {at} is before "
             "{limit}"},
    {.fact = FACT_NAME_MISMATCH, .only = 1, .text = GO_NO_NAMES},
    {.fact = FACT_NAME_MISMATCH, .text = GO_VALID_FOR("{dns_names}")},
    {.fact = FACT_NAME_WILDCARD_DEPTH, .text = GO_VALID_FOR("{dns_names}")},
    {.fact = FACT_NAME_WILDCARD_PARTIAL, .text = GO_VALID_FOR("{dns_names}")},
    {.fact = FACT_NAME_TRAILING_DOT, .text = GO_VALID_FOR("{dns_names}")},
    {.fact = FACT_NAME_CN_ONLY, .only = 2, .text = GO_NO_NAMES},
    {.fact = FACT_NAME_CN_ONLY,
     .text = "x509: certificate relies on legacy Common Name field, use SANs instead"},
    {.fact = FACT_NAME_NO_SAN, .text = GO_NO_NAMES},
    {.fact = FACT_NAME_IP_NOT_IN_SAN, .only = 2, .text = GO_VALID_FOR("{ip_addresses}")},
    {.fact = FACT_NAME_IP_NOT_IN_SAN, .text = "{go_ip_mismatch}"},
    {.fact = FACT_EKU_MISSING, .text = "x509: certificate specifies an incompatible key usage"},
    {.fact = FACT_PATH_LENGTH, .text = "x509: too many intermediates for path length constraint"},
    {.fact = FACT_NAME_CONSTRAINT,
     .only = 2,
     .text = GO_NOT_AUTHORIZED "{name_kind} \"{text}\" is excluded by constraint \"{exclusion}\""},
    {.fact = FACT_NAME_CONSTRAINT,
     .text = GO_NOT_AUTHORIZED "{name_kind} \"{text}\" is not permitted by any constraint"},
    {.fact = FACT_CRITICAL_EXTENSION, .text = "x509: unhandled critical extension"},
    {.fact = FACT_SIGNATURE_UNSUPPORTED,
     .text = GO_HINT("x509: cannot verify signature: algorithm unimplemented")},
    {.fact = FACT_KEY_UNSUPPORTED,
     .where = AT_LEAF,
     .bare = true,
     .text = GO_GET "remote error: tls: handshake failure"},
    {.fact = FACT_KEY_UNSUPPORTED, .limit = KEYS_PSS, .text = GO_UNVERIFIED},
    {.fact = FACT_KEY_UNSUPPORTED, .limit = KEYS_ED448, .text = GO_UNVERIFIED},
    {.fact = FACT_KEY_UNSUPPORTED, .limit = KEYS_DSA, .text = GO_UNVERIFIED},
    {.fact = FACT_KEY_UNSUPPORTED,
     .bare = true,
     .text = GO_PARSE "x509: unsupported elliptic curve"},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_EXTENSIONS_NOT_V3 + 1,
     .where = AT_LEAF,
     .text = "x509: certificate relies on legacy Common Name field, use SANs instead"},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_EXTENSIONS_NOT_V3 + 1,
     .text = "x509: certificate is not authorized to sign other certificates"},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_VERSION_UNKNOWN + 1,
     .bare = true,
     .text = GO_PARSE "x509: invalid version"},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_EXTENSION_DUPLICATE + 1,
     .bare = true,
     .text = GO_PARSE "x509: certificate contains duplicate extensions"},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_EXTENSION_DUPLICATE_UNKNOWN + 1,
     .bare = true,
     .text = GO_PARSE "x509: certificate contains duplicate extensions"},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_KEY_EXPLICIT_CURVE + 1,
     .bare = true,
     .text = GO_PARSE "x509: invalid ECDSA parameters"},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_SAN_BAD_IP + 1,
     .limit = 16,
     .bare = true,
     .text = GO_PARSE "x509: SAN iPAddress contains IPv4-mapped IPv6 address"},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_SAN_BAD_IP + 1,
     .bare = true,
     .text = GO_PARSE "x509: cannot parse IP address of length {bad_ip_length}"},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_NAME_UTF8 + 1,
     .bare = true,
     .text = GO_PARSE "x509: invalid RDNSequence: invalid attribute value: invalid UTF-8 string"},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_NAME_PRINTABLE + 1,
     .bare = true,
     .text =
         GO_PARSE "x509: invalid RDNSequence: invalid attribute value: invalid PrintableString"},
    /* parser.go parseSANExtension, isIA5String */
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_SAN_NOT_ASCII + 1,
     .bare = true,
     .text = GO_PARSE "x509: SAN dNSName is malformed"},
    {.fact = FACT_ANOMALY, .bare = true, .text = GO_PARSE "x509: malformed certificate"},
    /* Go offers TLS 1.2 at least, so that an older server sends an alert */
    {.fact = FACT_OLD_PROTOCOL,
     .bare = true,
     .text = GO_GET "remote error: tls: protocol version not supported"},
    {.fact = FACT_KEY_MISMATCH,
     .bare = true,
     .text = GO_GET "tls: invalid signature by the server certificate: {handshake_verification}"},
    {.fact = FACT_CLIENT_CERTIFICATE,
     .only = ALERT_HANDSHAKE_FAILURE + 1,
     .bare = true,
     .text = GO_GET "remote error: tls: handshake failure"},
    {.fact = FACT_CLIENT_CERTIFICATE,
     .bare = true,
     .text = GO_GET "remote error: tls: certificate required"},
    {.text = NULL},
};

static const char *const go_aliases[] = {"go1.19", "go119", NULL};

/** crypto/tls handshake_client.go verifyServerCertificate. */
static const struct alert_row alerts[] = {{.rest = true, .alert = ALERT_BAD_CERTIFICATE}};

const struct profile profile_go_1_19 = {
    .alerts = alerts,
    .name = "go@1.19",
    .title = "Go",
    .aliases = go_aliases,
    .evidence = EVIDENCE_MEASURED,
    .measured_with = "Go 1.19.8 net/http",
    .note = "tries every candidate path; never looks at the Common Name",
    .revocation = "nothing",
    .looks = "in the program: tls.Config.VerifyConnection with golang.org/x/crypto/ocsp",
    .store = "go",
    .behaviour = &go_1_19,
    .phases = go_phases,
    .pick = PICK_FIRST,
    .words = go_words,
    .wrapper = GO_GET "{message}",
    .fallback = "x509: certificate signed by unknown authority",
};

/* What Go 1.27 says otherwise. */
static const struct words go_1_27_words[] = {
    {.fact = FACT_WEAK_DIGEST,
     .text = GO_UNKNOWN " (possibly because of \"x509: cannot verify signature: insecure algorithm "
                        "{algorithm}\" while trying to verify candidate authority certificate "
                        "\"{issuer}\")"},
    {.fact = FACT_KEY_UNSUPPORTED, .limit = KEYS_PSS, .where = AT_CA, .text = GO_UNKNOWN},
    {.fact = FACT_WEAK_KEY,
     .where = AT_LEAF,
     .bare = true,
     .text = GO_GET "tls: invalid signature by the server certificate: crypto/rsa: {value}-bit "
                    "keys are insecure (see "
                    "https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)"},
    {.fact = FACT_POLICY,
     .text = "x509: no valid chains built: 1 candidate chains with invalid policies"},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_EXTENSION_DUPLICATE + 1,
     .bare = true,
     .text = GO_PARSE "x509: certificate contains duplicate extension with OID \"{oid}\""},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_EXTENSION_DUPLICATE_UNKNOWN + 1,
     .bare = true,
     .text = GO_PARSE "x509: certificate contains duplicate extension with OID \"{oid}\""},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_SERIAL_NEGATIVE + 1,
     .bare = true,
     .text = GO_PARSE "x509: negative serial number"},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_AKI_CRITICAL + 1,
     .bare = true,
     .text = GO_PARSE "x509: authority key identifier incorrectly marked critical"},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_SKI_CRITICAL + 1,
     .bare = true,
     .text = GO_PARSE "x509: subject key identifier incorrectly marked critical"},
    {.text = NULL},
};

static const char *const go_1_27_aliases[] = {"go", "go1.27", "go127", NULL};
static const char *const go_1_27_mod_1_19_aliases[] = {"go127-mod1.19", NULL};

#define GO_1_27_PROFILE                                                                            \
    .title = "Go", .evidence = EVIDENCE_MEASURED, .store = "go", .parent = &profile_go_1_19,       \
    .pick = PICK_FIRST, .words = go_1_27_words,                                                    \
    .note = "tries every candidate path; never looks at the Common Name",                          \
    .wrapper = GO_GET "tls: failed to verify certificate: {message}",                              \
    .fallback = "x509: certificate signed by unknown authority"

const struct profile profile_go_1_27 = {
    GO_1_27_PROFILE,
    .name = "go@1.27",
    .aliases = go_1_27_aliases,
    .measured_with = "Go 1.27.3 net/http, go.mod of go 1.27",
    .behaviour = &go_1_27,
};

const struct profile profile_go_1_27_mod_1_19 = {
    GO_1_27_PROFILE,
    .name = "go@1.27-mod1.19",
    .aliases = go_1_27_mod_1_19_aliases,
    .measured_with = "Go 1.27.3 net/http, go.mod of go 1.19",
    .behaviour = &go_1_27_mod_1_19,
};
