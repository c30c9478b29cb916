/* SPDX-License-Identifier: Apache-2.0 */
/* rustls with webpki and ring. Evidence: data/profiles/rustls.md. */
#include "judge/profiles/names.h"

static const struct behaviour rustls_0_23 = {
    /* verify_cert.rs build_chain_inner: anchors before what was sent, whole chains of signatures */
    .strategy = STRATEGY_DFS,
    .names = EQUAL_DER,
    .max_intermediates = 6,
    .max_signatures = 100,
    .leaf_under_itself = true,
    /* an anchor is a name, a key and constraints on names: anchor_from_trusted_cert */
    .anchor_parsed = PARSE_ENCODING,
    .anchor_time_ignored = true,
    .anchor_bc = ANCHOR_BC_NONE,
    .anchor_cert_sign_ignored = true,
    .anchor_pathlen_ignored = true,
    .anchor_crit_ignored = true,
    /* ring_algs.rs: RSA of 2048 bits at least, P-256 and P-384, never SHA-512 with them */
    .digests_denied = DENY_WEAK | DENY_SHA224 | DENY_UNKNOWN,
    .ecdsa_digests_denied = DENY_SHA512,
    .min_rsa = 2048,
    .ca_keys_denied = KEYS_SECP256K1 | KEYS_BRAINPOOL | KEYS_P192 | KEYS_P224 | KEYS_P521 |
                      KEYS_PSS | KEYS_ED448 | KEYS_DSA,
    .leaf_keys_denied = KEYS_SECP256K1 | KEYS_BRAINPOOL | KEYS_P192 | KEYS_P224 | KEYS_P521 |
                        KEYS_PSS | KEYS_ED448 | KEYS_DSA,
    /* subject_name/dns_name.rs */
    .cn = CN_NEVER,
    .wildcard_min_dots = 2,
    .hyphen_edge_refused = true,
    .leaf_eku_any_refused = true,
    .chain_eku_any_refused = true,
    .leaf_ku = LEAF_KU_IGNORE,
    .ku_zero_ok = true,
    .leaf_ca_refused = true,
    .ca_cert_sign_ignored = true,
    .pathlen_counts_self_issued = true,
    .policy = POLICY_CRITICAL_FATAL,
    /* cert.rs remember_cert_extension */
    .critical = CRIT_KU | CRIT_SAN | CRIT_BC | CRIT_NC | CRIT_CRLDP | CRIT_EKU | CRIT_SCT,
    .unread_extensions = CRIT_SKI | CRIT_AKI | CRIT_CP | CRIT_PC | CRIT_PM | CRIT_IAP | CRIT_AIA |
                         CRIT_IAN | CRIT_NSCT | CRIT_TLSF,
    .nc_no_directory = true,
    .nc_no_email = true,
    .nc_no_uri = true,
    .nc_kind = NC_KIND_FATAL,
    .nc_wildcard_excluded = true,
    .min_version = 12,
    .leaf_v3_required = true,
    .anomalies_fatal = ANOMALIES_FATAL_TO_ALL | ANOMALIES_OF_STYLE | ANOMALY_BIT(TRAILING) |
                       ANOMALY_BIT(TBS_TRAILING) | ANOMALY_BIT(EXTENSIONS_NOT_V3) |
                       ANOMALY_BIT(VERSION_UNKNOWN) | ANOMALY_BIT(BOOLEAN_NOT_FF) |
                       ANOMALY_BIT(UNIQUE_ID) | ANOMALY_BIT(TIME_REVERSED) |
                       ANOMALY_BIT(NC_MINIMUM),
};

/* Parsing, what the leaf says of itself, then the chain by Error::rank, and the name last. */
static const struct phase phases[] = {
    {.fact = FACT_OLD_PROTOCOL, .phase = 0},
    {.fact = FACT_KEY_UNSUPPORTED, .where = AT_LEAF, .phase = 0},
    {.fact = FACT_NAME_MISMATCH, .limit = COMPARED_NOT, .phase = 0},
    {.fact = FACT_UNPARSABLE, .where = AT_LEAF, .phase = 1},
    {.fact = FACT_ANOMALY, .where = AT_LEAF, .phase = 1},
    {.fact = FACT_CRITICAL_EXTENSION, .where = AT_LEAF, .phase = 1},
    {.fact = FACT_EXPIRED, .where = AT_LEAF, .phase = 2},
    {.fact = FACT_NOT_YET_VALID, .where = AT_LEAF, .phase = 2},
    {.fact = FACT_CA_AS_LEAF, .where = AT_LEAF, .phase = 3},
    {.fact = FACT_EKU_MISSING, .where = AT_LEAF, .phase = 4},
    {.fact = FACT_EXPIRED, .phase = 5},
    {.fact = FACT_NOT_YET_VALID, .phase = 5},
    {.fact = FACT_SIGNATURE_BAD, .phase = 6},
    {.fact = FACT_WEAK_KEY, .phase = 6},
    {.fact = FACT_EKU_MISSING, .phase = 7},
    {.fact = FACT_NAME_CONSTRAINT, .phase = 8},
    {.fact = FACT_PATH_LENGTH, .phase = 9},
    {.fact = FACT_NOT_A_CA, .phase = 10},
    {.fact = FACT_KEY_UNSUPPORTED, .phase = 11},
    {.fact = FACT_WEAK_DIGEST, .phase = 12},
    {.fact = FACT_CRITICAL_EXTENSION, .phase = 13},
    {.fact = FACT_PATH_TOO_LONG, .phase = 14},
    {.fact = FACT_ANOMALY, .phase = 15},
    ROWS_OF_TRUST(.phase = 16),
    ROWS_OF_NAMES(.phase = 17),
    {.fact = FACT_KEY_MISMATCH, .phase = 18},
    {.fact = FACT_CLIENT_CERTIFICATE, .phase = 19},
    {.phase = -1},
};

#define OTHER(error) .text = "Other(OtherError(" error "))"

static const struct words words[] = {
    {.fact = FACT_NAME_MISMATCH,
     .limit = COMPARED_NOT,
     .bare = true,
     .text = "ServerName: invalid dns name"},
    ROWS_OF_NAMES(.text = "certificate not valid for name \"{host}\"; certificate is "
                          "{rustls_names}"),
    ROWS_OF_TRUST(.text = "UnknownIssuer"),
    {.fact = FACT_EXPIRED,
     .text = "certificate expired: verification time {at_unix} (UNIX), but certificate is not "
             "valid after {limit_unix} ({value} seconds ago)"},
    {.fact = FACT_NOT_YET_VALID,
     .text = "certificate not valid yet: verification time {at_unix} (UNIX), but certificate is "
             "not valid before {limit_unix} ({value} seconds in future)"},
    {.fact = FACT_SIGNATURE_BAD, .text = "BadSignature"},
    {.fact = FACT_WEAK_KEY, .text = "BadSignature"},
    {.fact = FACT_WEAK_DIGEST,
     .text =
         "UnsupportedSignatureAlgorithmContext {open} signature_algorithm_id: {signature_bytes}, "
         "supported_algorithms: [0x06082a8648ce3d040302, 0x06082a8648ce3d040303, "
         "0x06082a8648ce3d040302, 0x06082a8648ce3d040303, 0x06032b6570, "
         "0x06092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70"
         "d010108300d06096086480165030402010500a203020120, "
         "0x06092a864886f70d01010a3034a00f300d06096086480165030402020500a11c301a06092a864886f70"
         "d010108300d06096086480165030402020500a203020130, "
         "0x06092a864886f70d01010a3034a00f300d06096086480165030402030500a11c301a06092a864886f70"
         "d010108300d06096086480165030402030500a203020140, "
         "0x06092a864886f70d01010b0500, 0x06092a864886f70d01010c0500, "
         "0x06092a864886f70d01010d0500, 0x06092a864886f70d01010b, 0x06092a864886f70d01010c, "
         "0x06092a864886f70d01010d] {close}"},
    {.fact = FACT_KEY_UNSUPPORTED,
     .where = AT_LEAF,
     .bare = true,
     .text = "received fatal alert: HandshakeFailure"},
    {.fact = FACT_KEY_UNSUPPORTED,
     .text = "UnsupportedSignatureAlgorithmForPublicKeyContext {open} signature_algorithm_id: "
             "{child_signature_bytes}, public_key_algorithm_id: {key_bytes} {close}"},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_KEY_EXPLICIT_CURVE + 1,
     .text = "UnsupportedSignatureAlgorithmForPublicKeyContext {open} signature_algorithm_id: "
             "{child_signature_bytes}, public_key_algorithm_id: {key_bytes} {close}"},
    {.fact = FACT_EKU_MISSING,
     .text = "certificate does not allow extended key usage for server authentication, allows "
             "{rustls_purposes}"},
    {.fact = FACT_CA_AS_LEAF, OTHER("CaUsedAsEndEntity")},
    {.fact = FACT_NOT_A_CA, .only = 3, OTHER("UnsupportedCertVersion")},
    {.fact = FACT_NOT_A_CA, OTHER("EndEntityUsedAsCa")},
    {.fact = FACT_CRITICAL_EXTENSION, OTHER("UnsupportedCriticalExtension")},
    {.fact = FACT_PATH_LENGTH, OTHER("PathLenConstraintViolated")},
    {.fact = FACT_PATH_TOO_LONG, OTHER("MaximumPathDepthExceeded")},
    {.fact = FACT_NAME_CONSTRAINT, .limit = 1, OTHER("MalformedNameConstraint")},
    {.fact = FACT_NAME_CONSTRAINT, OTHER("NameConstraintViolation")},
    {.fact = FACT_ANOMALY, .only = ANOMALY_EXTENSION_DUPLICATE + 1, OTHER("ExtensionValueInvalid")},
    {.fact = FACT_ANOMALY, .only = ANOMALY_EXTENSIONS_NOT_V3 + 1, OTHER("UnsupportedCertVersion")},
    {.fact = FACT_ANOMALY, .only = ANOMALY_VERSION_UNKNOWN + 1, OTHER("UnsupportedCertVersion")},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_ALGORITHMS_DIFFER + 1,
     OTHER("SignatureAlgorithmMismatch")},
    {.fact = FACT_ANOMALY, .only = ANOMALY_TIME_REVERSED + 1, .text = "Expired"},
    {.fact = FACT_OLD_PROTOCOL, .bare = true, .text = "received fatal alert: ProtocolVersion"},
    {.fact = FACT_CLIENT_CERTIFICATE,
     .bare = true,
     .text = "received fatal alert: CertificateRequired"},
    {.fact = FACT_KEY_MISMATCH, .text = "BadSignature"},
    {.text = NULL},
};

static const char *const aliases[] = {"rustls", "rustls0.23", "webpki-rs", NULL};

/** rustls src/error.rs, From<CertificateError> for AlertDescription. */
static const struct alert_row alerts[] = {
    ROWS_OF_TRUST(.alert = ALERT_UNKNOWN_CA),
    ROWS_OF_NAMES(.alert = ALERT_BAD_CERTIFICATE),
    {.fact = FACT_EXPIRED, .alert = ALERT_CERTIFICATE_EXPIRED},
    {.fact = FACT_NOT_YET_VALID, .alert = ALERT_CERTIFICATE_EXPIRED},
    {.fact = FACT_REVOKED, .alert = ALERT_CERTIFICATE_REVOKED},
    {.fact = FACT_EKU_MISSING, .alert = ALERT_UNSUPPORTED_CERTIFICATE},
    {.fact = FACT_SIGNATURE_BAD, .alert = ALERT_DECRYPT_ERROR},
    {.fact = FACT_WEAK_KEY, .alert = ALERT_DECRYPT_ERROR},
    {.rest = true, .alert = ALERT_CERTIFICATE_UNKNOWN},
};

const struct profile profile_rustls_0_23 = {
    .alerts = alerts,
    .name = "rustls@0.23",
    .title = "rustls",
    .aliases = aliases,
    .evidence = EVIDENCE_MEASURED,
    .measured_with = "rustls 0.23.45 / webpki 0.103.15 / ring",
    .note = "tries every candidate path; never looks at the Common Name nor at keyUsage",
    .revocation = "nothing",
    .looks = "in the program: WebPkiServerVerifier::builder(roots).with_crls(crls)",
    .behaviour = &rustls_0_23,
    .phases = phases,
    .pick = PICK_FIRST,
    .words = words,
    .wrapper = "invalid peer certificate: {message}",
    .fallback = "BadEncoding",
};
