/* SPDX-License-Identifier: Apache-2.0 */
/* Firefox with roots that a user added: mozilla::pkix under security/certverifier. Evidence:
 * data/profiles/firefox.md. */
#include "judge/profiles/names.h"

static const struct behaviour firefox_153 = {
    /* pkixbuild.cpp: MAX_SUBCA_COUNT; self-signed certificates that are no anchors are passed over
     */
    .strategy = STRATEGY_DFS,
    .names = EQUAL_DER,
    .max_intermediates = 6,
    .anchor_parsed = PARSE_ENCODING,
    .anchor_issued_leaf = true,
    .anchor_leaf_needs_no_ca = true,
    .anchor_bc = ANCHOR_BC_REQUIRED,
    .anchor_eku = true,
    /* pkixcheck.cpp CheckSignatureAlgorithm, CheckSubjectPublicKeyInfo */
    .digests_denied = DENY_WEAK | DENY_SHA224 | DENY_UNKNOWN,
    .min_rsa = 1024,
    .ca_keys_denied = KEYS_SECP256K1 | KEYS_BRAINPOOL | KEYS_P192 | KEYS_P224 | KEYS_ED25519 |
                      KEYS_PSS | KEYS_ED448 | KEYS_DSA,
    .leaf_keys_denied = KEYS_SECP256K1 | KEYS_BRAINPOOL | KEYS_P192 | KEYS_P224 | KEYS_ED25519 |
                        KEYS_PSS | KEYS_ED448 | KEYS_DSA,
    /* pkixnames.cpp */
    .cn = CN_NEVER,
    .wildcard_min_dots = 2,
    .hyphen_edge_refused = true,
    .leaf_eku_any_refused = true,
    .eku_forbid_ocsp = true,
    .chain_eku_any_refused = true,
    .leaf_ku = LEAF_KU_ANY_SERVER_USE,
    .leaf_ca_refused = true,
    .pathlen_counts_self_issued = true,
    /* pkixcert.cpp BackCert::RememberExtension */
    .critical = CRIT_KU | CRIT_SAN | CRIT_BC | CRIT_NC | CRIT_CP | CRIT_PC | CRIT_IAP | CRIT_EKU |
                CRIT_AIA | CRIT_TLSF | CRIT_SCT,
    .unread_extensions = CRIT_SKI | CRIT_AKI | CRIT_CRLDP | CRIT_IAN | CRIT_CP | CRIT_PC | CRIT_PM |
                         CRIT_IAP | CRIT_AIA | CRIT_NSCT,
    .anomalies_anchor_ok = ANOMALY_BIT(ALGORITHMS_DIFFER),
    .nc_directory_excluded_all = true,
    .nc_no_uri = true,
    .nc_kind = NC_KIND_FATAL,
    .nc_wildcard_excluded = true,
    .must_staple = true,
    /* NSSCertDBTrustDomain.cpp CheckRevocationByOCSP: below built-in roots it is CRLite's word */
    .staple_fatal = STAPLE_REVOKED | STAPLE_BROKEN | STAPLE_OLD | STAPLE_UNKNOWN,
    .staple_retried = STAPLE_OLD | SOURCE_BIT(ERROR) | SOURCE_BIT(OTHER) | SOURCE_BIT(NO_SIGNER) |
                      SOURCE_BIT(SIGNER_UNFIT),
    .asks_ocsp = LOOKUP_SOFT,
    .asks_private = true,
    .unknown_is_fatal = true,
    .filter = "CRLite",
    .ct = CT_FIREFOX,
    .min_version = 12,
    .large_hello = true, /* X25519MLKEM768 since 132 */
    .anomalies_fatal = ANOMALIES_FATAL_TO_ALL | ANOMALIES_OF_STYLE | ANOMALY_BIT(TRAILING) |
                       ANOMALY_BIT(TBS_TRAILING) | ANOMALY_BIT(SERIAL_PADDED) |
                       ANOMALY_BIT(BOOLEAN_NOT_FF) | ANOMALY_BIT(NAME_EMPTY_ISSUER) |
                       ANOMALY_BIT(TIME_REVERSED) | ANOMALY_BIT(NC_MINIMUM),
};

/* Error ranking, pkix.h: what is wrong with CAs, an unknown issuer, what is wrong with the leaf. Of
 * one CA in the order of CheckIssuerIndependentProperties. */
enum {
    PHASE_TLS,
    PHASE_LEAF_READ,
    PHASE_CA,
    PHASE_TRUST,
    PHASE_LEAF,
    PHASE_REVOCATION,
    PHASE_LEAF_NAME,
    PHASE_LEAF_TIME
};
enum { STEP_DIGEST, STEP_KEY, STEP_ISSUER, STEP_USAGE, STEP_BASIC, STEP_PURPOSE, STEP_TIME };
#define CA_STEP(fact_, step_)                                                                      \
    {                                                                                              \
        .fact = (fact_), .where = AT_CA, .phase = PHASE_CA, .step = (step_)                        \
    }
#define LEAF_STEP(fact_, step_)                                                                    \
    {                                                                                              \
        .fact = (fact_), .where = AT_LEAF, .phase = PHASE_LEAF, .step = (step_)                    \
    }

static const struct phase phases[] = {
    {.fact = FACT_OLD_PROTOCOL, .phase = PHASE_TLS},
    {.fact = FACT_KEY_UNSUPPORTED, .where = AT_LEAF, .phase = PHASE_TLS},
    {.fact = FACT_UNPARSABLE, .where = AT_LEAF, .phase = PHASE_LEAF_READ},
    {.fact = FACT_ANOMALY,
     .where = AT_LEAF,
     .only = ANOMALY_TIME_REVERSED + 1,
     .phase = PHASE_LEAF,
     .step = STEP_DIGEST},
    {.fact = FACT_ANOMALY, .where = AT_LEAF, .phase = PHASE_LEAF_READ},
    {.fact = FACT_CRITICAL_EXTENSION, .where = AT_LEAF, .phase = PHASE_LEAF_READ},
    CA_STEP(FACT_UNPARSABLE, STEP_DIGEST),
    CA_STEP(FACT_ANOMALY, STEP_DIGEST),
    CA_STEP(FACT_CRITICAL_EXTENSION, STEP_DIGEST),
    CA_STEP(FACT_WEAK_DIGEST, STEP_DIGEST),
    CA_STEP(FACT_WEAK_KEY, STEP_KEY),
    CA_STEP(FACT_KEY_UNSUPPORTED, STEP_KEY),
    CA_STEP(FACT_KEY_USAGE_CA, STEP_USAGE),
    CA_STEP(FACT_NOT_A_CA, STEP_BASIC),
    CA_STEP(FACT_PATH_LENGTH, STEP_BASIC),
    CA_STEP(FACT_EKU_MISSING, STEP_PURPOSE),
    CA_STEP(FACT_EXPIRED, STEP_TIME),
    CA_STEP(FACT_NOT_YET_VALID, STEP_TIME),
    {.fact = FACT_NAME_CONSTRAINT, .phase = PHASE_CA},
    {.fact = FACT_SIGNATURE_BAD, .phase = PHASE_CA, .step = STEP_TIME + 1},
    {.fact = FACT_SIGNATURE_UNSUPPORTED, .phase = PHASE_CA, .step = STEP_TIME + 1},
    {.fact = FACT_PATH_TOO_LONG, .phase = PHASE_TRUST},
    ROWS_OF_TRUST(.phase = PHASE_TRUST),
    LEAF_STEP(FACT_WEAK_DIGEST, STEP_DIGEST),
    LEAF_STEP(FACT_WEAK_KEY, STEP_KEY),
    LEAF_STEP(FACT_KEY_USAGE_LEAF, STEP_USAGE),
    LEAF_STEP(FACT_CA_AS_LEAF, STEP_BASIC),
    LEAF_STEP(FACT_EKU_MISSING, STEP_PURPOSE),
    {.fact = FACT_MUST_STAPLE, .phase = PHASE_REVOCATION},
    {.fact = FACT_REVOKED, .phase = PHASE_REVOCATION},
    {.fact = FACT_STAPLE_BAD, .phase = PHASE_REVOCATION},
    {.fact = FACT_REVOCATION_UNKNOWN, .phase = PHASE_REVOCATION},
    /* an expired leaf is compared with the name after all, and that wins */
    ROWS_OF_NAMES(.phase = PHASE_LEAF_NAME),
    {.fact = FACT_EXPIRED, .where = AT_LEAF, .phase = PHASE_LEAF_TIME},
    {.fact = FACT_NOT_YET_VALID, .where = AT_LEAF, .phase = PHASE_LEAF_TIME},
    {.fact = FACT_ISSUED_TOO_LATE, .phase = PHASE_TRUST},
    {.fact = FACT_CT_MISSING, .phase = PHASE_LEAF_TIME + 1},
    {.fact = FACT_CT_TOO_FEW, .phase = PHASE_LEAF_TIME + 1},
    {.fact = FACT_KEY_MISMATCH, .phase = PHASE_LEAF_TIME + 1},
    {.fact = FACT_CLIENT_CERTIFICATE, .phase = PHASE_LEAF_TIME + 2},
    {.phase = -1},
};

#define UNKNOWN_ISSUER                                                                             \
    .code = "SEC_ERROR_UNKNOWN_ISSUER", .text = "Peer\u2019s Certificate issuer is not "           \
                                                "recognized."
#define CRITICAL                                                                                   \
    .code = "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION",                                                \
    .text = "Certificate contains unknown critical extension."
#define BAD_DER                                                                                    \
    .code = "SEC_ERROR_BAD_DER",                                                                   \
    .text = "security library: improperly formatted DER-encoded message."
#define NO_OVERLAP                                                                                 \
    .code = "SSL_ERROR_NO_CYPHER_OVERLAP",                                                         \
    .text = "Cannot communicate securely with peer: no common encryption algorithm(s)."
#define DISABLED                                                                                   \
    .code = "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED",                                         \
    .text = "The certificate was signed using a signature algorithm that is disabled because it "  \
            "is not secure."
#define UNSUPPORTED_KEY                                                                            \
    .code = "SEC_ERROR_UNSUPPORTED_KEYALG", .text = "Unsupported or unknown key algorithm."
#define BAD_STAPLE(result, code_, text_)                                                           \
    {                                                                                              \
        .fact = FACT_STAPLE_BAD, .only = (result) + 1, .code = (code_), .text = (text_)            \
    }
#define NO_STATUS                                                                                  \
    .code = "SEC_ERROR_OCSP_UNKNOWN_CERT",                                                         \
    .text = "The OCSP server has no status for the certificate."
#define BAD_TIME .code = "SEC_ERROR_INVALID_TIME", .text = "Improperly formatted time string."

/* measured with private roots only, to which these do not apply: the code from the source, no text
 */
#define NO_WORDS(code_) .code = (code_), .text = "{code}", .bare = true
#define INSUFFICIENT NO_WORDS("MOZILLA_PKIX_ERROR_INSUFFICIENT_CERTIFICATE_TRANSPARENCY")

static const struct words words[] = {
    ROWS_OF_NAMES(.code = "SSL_ERROR_BAD_CERT_DOMAIN",
                  .text = "Unable to communicate securely with peer: requested domain name does "
                          "not match the server\u2019s certificate."),
    {.fact = FACT_SELF_SIGNED_LEAF,
     .code = "MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT",
     .text = "The certificate is not trusted because it is self-signed."},
    {.fact = FACT_SELF_SIGNED_CA_LEAF,
     .code = "MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT",
     .text = "The certificate is not trusted because it is self-signed."},
    {.fact = FACT_ISSUED_TOO_LATE, NO_WORDS("MOZILLA_PKIX_ERROR_ISSUER_NO_LONGER_TRUSTED")},
    {.fact = FACT_CT_MISSING, INSUFFICIENT},
    {.fact = FACT_CT_TOO_FEW, INSUFFICIENT},
    ROWS_OF_TRUST(UNKNOWN_ISSUER),
    {.fact = FACT_PATH_TOO_LONG, UNKNOWN_ISSUER},
    {.fact = FACT_CRITICAL_EXTENSION, .where = AT_LEAF, CRITICAL},
    {.fact = FACT_CRITICAL_EXTENSION, .limit = 1, CRITICAL},
    {.fact = FACT_EXPIRED,
     .where = AT_LEAF,
     .code = "SEC_ERROR_EXPIRED_CERTIFICATE",
     .text = "Peer\u2019s Certificate has expired."},
    {.fact = FACT_EXPIRED,
     .code = "SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE",
     .text = "The certificate issuer\u2019s certificate has expired. Check your system date and "
             "time."},
    {.fact = FACT_NOT_YET_VALID,
     .where = AT_LEAF,
     .code = "MOZILLA_PKIX_ERROR_NOT_YET_VALID_CERTIFICATE",
     .text = "The server presented a certificate that is not yet valid."},
    {.fact = FACT_NOT_YET_VALID,
     .code = "MOZILLA_PKIX_ERROR_NOT_YET_VALID_ISSUER_CERTIFICATE",
     .text = "A certificate that is not yet valid was used to issue the server\u2019s "
             "certificate."},
    {.fact = FACT_SIGNATURE_BAD,
     .code = "SEC_ERROR_BAD_SIGNATURE",
     .text = "Peer\u2019s certificate has an invalid signature."},
    {.fact = FACT_WEAK_DIGEST, DISABLED},
    {.fact = FACT_SIGNATURE_UNSUPPORTED, DISABLED},
    {.fact = FACT_WEAK_KEY,
     .code = "MOZILLA_PKIX_ERROR_INADEQUATE_KEY_SIZE",
     .text = "The server presented a certificate with a key size that is too small to establish a "
             "secure connection."},
    {.fact = FACT_KEY_UNSUPPORTED, .where = AT_LEAF, NO_OVERLAP},
    {.fact = FACT_KEY_UNSUPPORTED, .limit = KEYS_PSS, UNSUPPORTED_KEY},
    {.fact = FACT_KEY_UNSUPPORTED, .limit = KEYS_DSA, UNSUPPORTED_KEY},
    {.fact = FACT_KEY_UNSUPPORTED, .limit = KEYS_ED448, DISABLED},
    /* what an Ed25519 key signed is met before the key */
    {.fact = FACT_KEY_UNSUPPORTED, .limit = KEYS_ED25519, DISABLED},
    {.fact = FACT_KEY_UNSUPPORTED,
     .code = "SEC_ERROR_UNSUPPORTED_ELLIPTIC_CURVE",
     .text = "Unsupported elliptic curve."},
    {.fact = FACT_KEY_USAGE_CA,
     .code = "SEC_ERROR_INADEQUATE_KEY_USAGE",
     .text = "Certificate key usage inadequate for attempted operation."},
    {.fact = FACT_KEY_USAGE_LEAF,
     .code = "SEC_ERROR_INADEQUATE_KEY_USAGE",
     .text = "Certificate key usage inadequate for attempted operation."},
    {.fact = FACT_EKU_MISSING,
     .code = "SEC_ERROR_INADEQUATE_CERT_TYPE",
     .text = "Certificate type not approved for application."},
    {.fact = FACT_CA_AS_LEAF,
     .code = "MOZILLA_PKIX_ERROR_CA_CERT_USED_AS_END_ENTITY",
     .text = "The server uses a certificate with a basic constraints extension identifying it as a "
             "certificate authority. For a properly-issued certificate, this should not be the "
             "case."},
    {.fact = FACT_NOT_A_CA,
     .only = 3,
     .code = "MOZILLA_PKIX_ERROR_V1_CERT_USED_AS_CA",
     .text = "An X.509 version 1 certificate that is not a trust anchor was used to issue the "
             "server\u2019s certificate. X.509 version 1 certificates are deprecated and should "
             "not be used to sign other certificates."},
    {.fact = FACT_NOT_A_CA,
     .code = "SEC_ERROR_CA_CERT_INVALID",
     .text = "Issuer certificate is invalid."},
    {.fact = FACT_PATH_LENGTH,
     .code = "SEC_ERROR_PATH_LEN_CONSTRAINT_INVALID",
     .text = "Certificate path length constraint is invalid."},
    {.fact = FACT_NAME_CONSTRAINT, .limit = 1, BAD_DER},
    {.fact = FACT_NAME_CONSTRAINT,
     .code = "SEC_ERROR_CERT_NOT_IN_NAME_SPACE",
     .text = "The Certifying Authority for this certificate is not permitted to issue a "
             "certificate with this name."},
    {.fact = FACT_ANOMALY,
     .where = AT_LEAF,
     .only = ANOMALY_EXTENSION_DUPLICATE + 1,
     .code = "SEC_ERROR_EXTENSION_VALUE_INVALID",
     .text = "Certificate extension value is invalid."},
    {.fact = FACT_ANOMALY, .only = ANOMALY_TIME_REVERSED + 1, BAD_TIME},
    {.fact = FACT_ANOMALY, .only = ANOMALY_TIME_NO_SECONDS + 1, BAD_TIME},
    {.fact = FACT_ANOMALY, .only = ANOMALY_TIME_OFFSET + 1, BAD_TIME},
    {.fact = FACT_ANOMALY, .only = ANOMALY_TIME_FRACTION + 1, BAD_TIME},
    {.fact = FACT_ANOMALY, .only = ANOMALY_TIME_UNREADABLE + 1, BAD_TIME},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_TBS_TRAILING + 1,
     .code = "SEC_ERROR_LIBRARY_FAILURE",
     .text = "security library failure."},
    {.fact = FACT_ANOMALY, .only = ANOMALY_KEY_EXPLICIT_CURVE + 1, BAD_DER},
    {.fact = FACT_ANOMALY, .where = AT_LEAF, BAD_DER},
    {.fact = FACT_UNPARSABLE, .where = AT_LEAF, BAD_DER},
    /* a candidate issuer that cannot be read is none: NSSCertDBTrustDomain.cpp FindIssuer */
    {.fact = FACT_ANOMALY, UNKNOWN_ISSUER},
    {.fact = FACT_UNPARSABLE, UNKNOWN_ISSUER},
    {.fact = FACT_CRITICAL_EXTENSION, UNKNOWN_ISSUER},
    {.fact = FACT_REVOKED,
     .code = "SEC_ERROR_REVOKED_CERTIFICATE",
     .text = "Peer\u2019s Certificate has been revoked."},
    {.fact = FACT_MUST_STAPLE,
     .code = "MOZILLA_PKIX_ERROR_REQUIRED_TLS_FEATURE_MISSING",
     .text = "A required TLS feature is missing."},
    {.fact = FACT_REVOCATION_UNKNOWN, NO_STATUS},
    {.fact = FACT_STAPLE_BAD, .only = SOURCE_UNKNOWN + 1, NO_STATUS},
    BAD_STAPLE(SOURCE_STALE, "SEC_ERROR_OCSP_OLD_RESPONSE",
               "The OCSP response contains out-of-date information."),
    BAD_STAPLE(SOURCE_TOO_OLD, "SEC_ERROR_OCSP_OLD_RESPONSE",
               "The OCSP response contains out-of-date information."),
    BAD_STAPLE(SOURCE_NOT_YET, "SEC_ERROR_OCSP_FUTURE_RESPONSE",
               "The OCSP response is not yet valid (contains a date in the future)."),
    BAD_STAPLE(SOURCE_ERROR, "SEC_ERROR_OCSP_TRY_SERVER_LATER",
               "The OCSP server suggests trying again later."),
    BAD_STAPLE(SOURCE_NO_SIGNER, "SEC_ERROR_OCSP_INVALID_SIGNING_CERT",
               "Invalid OCSP signing certificate in OCSP response."),
    BAD_STAPLE(SOURCE_SIGNER_UNFIT, "SEC_ERROR_OCSP_INVALID_SIGNING_CERT",
               "Invalid OCSP signing certificate in OCSP response."),
    BAD_STAPLE(SOURCE_OTHER, "MOZILLA_PKIX_ERROR_OCSP_RESPONSE_FOR_CERT_MISSING",
               "The OCSP response does not include a status for the certificate being verified."),
    BAD_STAPLE(SOURCE_BAD_SIGNATURE, "SEC_ERROR_OCSP_BAD_SIGNATURE",
               "OCSP response has an invalid signature."),
    {.fact = FACT_STAPLE_BAD,
     .code = "SEC_ERROR_OCSP_MALFORMED_RESPONSE",
     .text = "The response from the OCSP server was corrupted or improperly formed."},
    /* of a server that knows RFC 8446 section 4.2.1; an older one answers in its own version, which
     * is SSL_ERROR_UNSUPPORTED_VERSION */
    {.fact = FACT_OLD_PROTOCOL,
     .code = "SSL_ERROR_PROTOCOL_VERSION_ALERT",
     .text = "Peer reports incompatible or unsupported protocol version."},
    {.fact = FACT_CLIENT_CERTIFICATE,
     .only = ALERT_HANDSHAKE_FAILURE + 1,
     .code = "SSL_ERROR_HANDSHAKE_FAILURE_ALERT",
     .text = "SSL peer was unable to negotiate an acceptable set of security parameters."},
    /* a code that pipnss/nsserrors.properties has no words for */
    {.fact = FACT_CLIENT_CERTIFICATE,
     .bare = true,
     .code = "SSL_ERROR_RX_CERTIFICATE_REQUIRED_ALERT",
     .text = "{code}"},
    {.fact = FACT_KEY_MISMATCH,
     .code = "SEC_ERROR_BAD_SIGNATURE",
     .text = "Peer\u2019s certificate has an invalid signature."},
    {.text = NULL},
};

static const char *const aliases[] = {"firefox", "firefox153", NULL};

/** lib/ssl/ssl3con.c ssl3_SendAlertForCertError. */
static const struct alert_row alerts[] = {
    {.fact = FACT_SELF_SIGNED_LEAF, .alert = ALERT_BAD_CERTIFICATE},
    {.fact = FACT_SELF_SIGNED_CA_LEAF, .alert = ALERT_BAD_CERTIFICATE},
    ROWS_OF_TRUST(.alert = ALERT_UNKNOWN_CA),
    {.fact = FACT_PATH_TOO_LONG, .alert = ALERT_UNKNOWN_CA},
    {.fact = FACT_EXPIRED, .where = AT_LEAF, .alert = ALERT_CERTIFICATE_EXPIRED},
    {.fact = FACT_EXPIRED, .alert = ALERT_UNKNOWN_CA},
    {.fact = FACT_REVOKED, .alert = ALERT_CERTIFICATE_REVOKED},
    {.fact = FACT_KEY_USAGE_LEAF, .alert = ALERT_CERTIFICATE_UNKNOWN},
    {.fact = FACT_KEY_USAGE_CA, .alert = ALERT_CERTIFICATE_UNKNOWN},
    {.fact = FACT_EKU_MISSING, .alert = ALERT_CERTIFICATE_UNKNOWN},
    {.rest = true, .alert = ALERT_BAD_CERTIFICATE},
};

const struct profile profile_firefox_153 = {
    .alerts = alerts,
    .name = "firefox@153",
    .title = "Firefox",
    .aliases = aliases,
    .evidence = EVIDENCE_MEASURED,
    .measured_with = "Firefox ESR 153.7.0, roots added to the profile",
    .store = "firefox",
    .note = "tries every candidate path; never looks at the Common Name",
    .revocation = "checks what is stapled, asks the responder below private roots and CRLite below "
                  "public ones",
    .looks = "about:config security.OCSP.require=true refuses without an answer",
    .behaviour = &firefox_153,
    .phases = phases,
    .pick = PICK_FIRST,
    .words = words,
    .wrapper = "{code}: {message}",
    .fallback = "security library: improperly formatted DER-encoded message.",
};
