/* SPDX-License-Identifier: Apache-2.0 */
/* openssl s_client with its versions and switches. Evidence: data/profiles/openssl.md. */
#include "judge/profiles/openssl.h"
#include "judge/profiles/names.h"

/* ---- behaviour ---- */

static const struct behaviour openssl_1_1_1 = {OPENSSL_1_1_1};
static const struct behaviour openssl_1_1_1_sec1 = {
    OPENSSL_1_1_1,
    .digests_denied = DENY_MD2 | DENY_MD4 | DENY_MD5,
    .min_rsa = 1024,
};
static const struct behaviour openssl_1_1_1_strict = {
    OPENSSL_1_1_1,
    .explicit_curves = false,
    .anchor_bc = ANCHOR_BC_REQUIRED,
    .anchor_v1 = ANCHOR_V1_NO,
    .anomalies_fatal = ANOMALY_BIT(PATH_LENGTH_NOT_CA),
};
static const struct behaviour openssl_3_0 = {OPENSSL_3};
static const struct behaviour openssl_3_0_sec1 = {OPENSSL_3, .min_rsa = OPENSSL_RSA_LEVEL_1};
static const struct behaviour openssl_3_0_strict = {OPENSSL_3, OPENSSL_STRICT};
static const struct behaviour openssl_3_0_partial = {OPENSSL_3, OPENSSL_PARTIAL};
static const struct behaviour openssl_3_6 = {OPENSSL_3_6};
static const struct behaviour openssl_3_6_strict = {OPENSSL_3_6, OPENSSL_STRICT};
static const struct behaviour openssl_3_6_partial = {OPENSSL_3_6, OPENSSL_PARTIAL};

/* ---- the order of its errors ---- */

static const struct phase phases[] = {
    OPENSSL_HANDSHAKE_PHASES,
    OPENSSL_CHAIN_PHASES,
    OPENSSL_NAME_PHASES(PHASE_NAME),
    {.phase = -1},
};

/* ---- words: x509_txt.c by number ---- */

static const struct words words_3_0[] = {
    {.fact = FACT_ANCHOR_NOT_ROOT, .code = "2", .text = "unable to get issuer certificate"},
    {.fact = FACT_KEY_UNSUPPORTED,
     .where = AT_CA,
     .code = "67",
     .text = "CA certificate key too weak"},
    {.fact = FACT_SIGNATURE_BAD, .code = "7", .text = "certificate signature failure"},
    {.fact = FACT_SIGNATURE_UNSUPPORTED, .code = "7", .text = "certificate signature failure"},
    {.fact = FACT_NOT_YET_VALID, .code = "9", .text = "certificate is not yet valid"},
    {.fact = FACT_EXPIRED, .code = "10", .text = "certificate has expired"},
    {.fact = FACT_TIME_UNREADABLE,
     .only = 3,
     .code = "14",
     .text = "format error in certificate's notAfter field"},
    {.fact = FACT_TIME_UNREADABLE,
     .code = "13",
     .text = "format error in certificate's notBefore field"},
    {.fact = FACT_SELF_SIGNED_LEAF, .code = "18", .text = "self-signed certificate"},
    {.fact = FACT_SELF_SIGNED_CA_LEAF, .code = "18", .text = "self-signed certificate"},
    {.fact = FACT_ROOT_NOT_TRUSTED,
     .code = "19",
     .text = "self-signed certificate in certificate chain"},
    {.fact = FACT_ISSUER_NOT_FOUND, .code = "20", .text = "unable to get local issuer certificate"},
    {.fact = FACT_PATH_TOO_LONG, .code = "22", .text = "certificate chain too long"},
    {.fact = FACT_PATH_LENGTH, .code = "25", .text = "path length constraint exceeded"},
    {.fact = FACT_KEY_USAGE_LEAF,
     .limit = 82,
     .code = "82",
     .text = "Key usage keyCertSign invalid for non-CA cert"},
    {.fact = FACT_KEY_USAGE_LEAF, .code = "26", .text = "unsuitable certificate purpose"},
    {.fact = FACT_EKU_MISSING, .code = "26", .text = "unsuitable certificate purpose"},
    {.fact = FACT_CA_AS_LEAF, .code = "26", .text = "unsuitable certificate purpose"},
    {.fact = FACT_ANCHOR_DISTRUSTED, .code = "28", .text = "certificate rejected"},
    {.fact = FACT_CRITICAL_EXTENSION, .code = "34", .text = "unhandled critical extension"},
    {.fact = FACT_POLICY, .code = "43", .text = "no explicit policy"},
    {.fact = FACT_NAME_CONSTRAINT, .only = 2, .code = "48", .text = "excluded subtree violation"},
    {.fact = FACT_NAME_CONSTRAINT, .code = "47", .text = "permitted subtree violation"},
    {.fact = FACT_NAME_IP_NOT_IN_SAN, .code = "64", .text = "IP address mismatch"},
    OPENSSL_NAME_WORDS(.code = "62", .text = "hostname mismatch"),
    {.fact = FACT_WEAK_KEY, .where = AT_LEAF, .code = "66", .text = "EE certificate key too weak"},
    {.fact = FACT_WEAK_KEY, .code = "67", .text = "CA certificate key too weak"},
    {.fact = FACT_WEAK_DIGEST, .code = "68", .text = "CA signature digest algorithm too weak"},
    {.fact = FACT_NOT_A_CA, .code = "79", .text = "invalid CA certificate"},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_KEY_EXPLICIT_CURVE + 1,
     .code = "94",
     .text = "Certificate public key has explicit ECC parameters"},
    /* X509_V_FLAG_X509_STRICT */
    {.fact = FACT_ANOMALY,
     .limit = 78,
     .code = "78",
     .text = "cert info signature and signature algorithm mismatch"},
    {.fact = FACT_ANOMALY,
     .limit = 80,
     .code = "80",
     .text = "Path length invalid for non-CA cert"},
    {.fact = FACT_ANOMALY,
     .limit = 81,
     .code = "81",
     .text = "Path length given without key usage keyCertSign"},
    {.fact = FACT_ANOMALY, .limit = 83, .code = "83", .text = "Issuer name empty"},
    {.fact = FACT_SUBJECT_EMPTY, .limit = 84, .code = "84", .text = "Subject name empty"},
    {.fact = FACT_CA_MISSING_KEY_ID,
     .limit = 85,
     .code = "85",
     .text = "Missing Authority Key Identifier"},
    {.fact = FACT_CA_MISSING_KEY_ID,
     .limit = 86,
     .code = "86",
     .text = "Missing Subject Key Identifier"},
    {.fact = FACT_ANOMALY,
     .limit = 87,
     .code = "87",
     .text = "Empty Subject Alternative Name extension"},
    {.fact = FACT_SUBJECT_EMPTY,
     .code = "88",
     .text = "Subject empty and Subject Alt Name extension not critical"},
    {.fact = FACT_ANOMALY,
     .limit = 89,
     .code = "89",
     .text = "Basic Constraints of CA cert not marked critical"},
    {.fact = FACT_ANOMALY,
     .limit = 90,
     .code = "90",
     .text = "Authority Key Identifier marked critical"},
    {.fact = FACT_ANOMALY,
     .limit = 91,
     .code = "91",
     .text = "Subject Key Identifier marked critical"},
    {.fact = FACT_KEY_USAGE_CA,
     .limit = 92,
     .code = "92",
     .text = "CA cert does not include key usage extension"},
    {.fact = FACT_ANOMALY,
     .limit = 93,
     .code = "93",
     .text = "Using cert extension requires at least X509v3"},
    {.fact = FACT_KEY_USAGE_CA, .code = "79", .text = "invalid CA certificate"},
    /* d2i_X509 */
    OPENSSL_DECODE_WORDS(FACT_UNPARSABLE, 0, "068000A8", "asn1_check_tlen", "wrong tag"),
    OPENSSL_DECODE_WORDS(FACT_ANOMALY, ANOMALY_MALFORMED + 1, "068000A8", "asn1_check_tlen",
                         "wrong tag"),
    OPENSSL_DECODE_WORDS(FACT_ANOMALY, ANOMALY_NAME_MALFORMED + 1, "068000A8", "asn1_check_tlen",
                         "wrong tag"),
    OPENSSL_DECODE_WORDS(FACT_ANOMALY, ANOMALY_NAME_STRING + 1, "068000A8", "asn1_check_tlen",
                         "wrong tag"),
    OPENSSL_DECODE_WORDS(FACT_ANOMALY, ANOMALY_SERIAL_PADDED + 1, "068000DD", "c2i_ibuf",
                         "illegal padding"),
    OPENSSL_DECODE_WORDS(FACT_ANOMALY, ANOMALY_TBS_TRAILING + 1, "06800094", "asn1_item_embed_d2i",
                         "sequence length mismatch"),
    OPENSSL_DECODE_WORDS(FACT_ANOMALY, ANOMALY_NAME_UTF8 + 1, "06800086", "ASN1_mbstring_ncopy",
                         "invalid utf8string"),
    /* libssl */
    OPENSSL_TLS_WORDS(FACT_ANOMALY, ANOMALY_TRAILING + 1, "0A000087",
                      "tls_process_server_certificate", "cert length mismatch"),
    {.fact = FACT_KEY_UNSUPPORTED, .only = 1, .code = "66", .text = "EE certificate key too weak"},
    OPENSSL_TLS_WORDS(FACT_KEY_UNSUPPORTED, 0, "0A000410", "ssl3_read_bytes",
                      "sslv3 alert handshake failure"),
    OPENSSL_TLS_WORDS(FACT_OLD_PROTOCOL, 0, "0A00014D", "tls_process_key_exchange",
                      "legacy sigalg disallowed or unsupported"),
    OPENSSL_TLS_WORDS(FACT_KEY_MISMATCH, 0, "0A00007B", "tls_process_cert_verify", "bad signature"),
    OPENSSL_TLS_WORDS(FACT_CLIENT_CERTIFICATE, ALERT_HANDSHAKE_FAILURE + 1, "0A000410",
                      "ssl3_read_bytes", "sslv3 alert handshake failure"),
    OPENSSL_TLS_WORDS(FACT_CLIENT_CERTIFICATE, 0, "0A00045C", "ssl3_read_bytes",
                      "tlsv13 alert certificate required"),
    {.text = NULL},
};

static const struct words words_1_1_1[] = {
    OPENSSL_1_1_1_WORDS,
    {.fact = FACT_NAME_IP_NOT_IN_SAN, .code = "64", .text = "IP address mismatch"},
    OPENSSL_NAME_WORDS(.code = "62", .text = "Hostname mismatch"),
    OPENSSL_DECODE_WORDS(FACT_UNPARSABLE, 0, "0D0680A8", "asn1_check_tlen", "wrong tag"),
    OPENSSL_DECODE_WORDS(FACT_ANOMALY, ANOMALY_MALFORMED + 1, "0D0680A8", "asn1_check_tlen",
                         "wrong tag"),
    OPENSSL_DECODE_WORDS(FACT_ANOMALY, ANOMALY_NAME_MALFORMED + 1, "0D0680A8", "asn1_check_tlen",
                         "wrong tag"),
    OPENSSL_DECODE_WORDS(FACT_ANOMALY, ANOMALY_NAME_STRING + 1, "0D0680A8", "asn1_check_tlen",
                         "wrong tag"),
    OPENSSL_DECODE_WORDS(FACT_ANOMALY, ANOMALY_SERIAL_PADDED + 1, "0D0E20DD", "c2i_ibuf",
                         "illegal padding"),
    OPENSSL_DECODE_WORDS(FACT_ANOMALY, ANOMALY_TBS_TRAILING + 1, "0D078094", "asn1_item_embed_d2i",
                         "sequence length mismatch"),
    OPENSSL_DECODE_WORDS(FACT_ANOMALY, ANOMALY_NAME_UTF8 + 1, "0D07A086", "ASN1_mbstring_ncopy",
                         "invalid utf8string"),
    OPENSSL_TLS_WORDS(FACT_ANOMALY, ANOMALY_TRAILING + 1, "1416F087",
                      "tls_process_server_certificate", "cert length mismatch"),
    {.fact = FACT_KEY_UNSUPPORTED, .only = 1, .code = "66", .text = "EE certificate key too weak"},
    OPENSSL_TLS_WORDS(FACT_KEY_UNSUPPORTED, 0, "14094410", "ssl3_read_bytes",
                      "sslv3 alert handshake failure"),
    OPENSSL_TLS_WORDS(FACT_OLD_PROTOCOL, 0, "1425F102", "ssl_choose_client_version",
                      "unsupported protocol"),
    OPENSSL_TLS_WORDS(FACT_KEY_MISMATCH, 0, "1417B07B", "tls_process_cert_verify", "bad signature"),
    OPENSSL_TLS_WORDS(FACT_CLIENT_CERTIFICATE, ALERT_HANDSHAKE_FAILURE + 1, "14094410",
                      "ssl3_read_bytes", "sslv3 alert handshake failure"),
    OPENSSL_TLS_WORDS(FACT_CLIENT_CERTIFICATE, 0, "1409445C", "ssl3_read_bytes",
                      "tlsv13 alert certificate required"),
    {.text = NULL},
};

static const struct words words_3_6[] = {
    OPENSSL_3_6_WORDS,
    OPENSSL_DECODE_WORDS(FACT_ANOMALY, ANOMALY_TIME_NO_SECONDS + 1, "068000E9", "asn1_ex_c2i",
                         "utctime is too short"),
    {.fact = FACT_KEY_UNSUPPORTED, .only = 1, .code = "66", .text = "EE certificate key too weak"},
    OPENSSL_TLS_WORDS(FACT_KEY_UNSUPPORTED, 0, "0A000410", "ssl3_read_bytes",
                      "ssl/tls alert handshake failure"),
    OPENSSL_TLS_WORDS(FACT_CLIENT_CERTIFICATE, ALERT_HANDSHAKE_FAILURE + 1, "0A000410",
                      "ssl3_read_bytes", "ssl/tls alert handshake failure"),
    {.text = NULL},
};

/* ---- profiles ---- */

#define S_CLIENT "verify error:num={code}:{message} (depth {depth})"
#define S_CLIENT_FAILURE "error:{code}:{library}:{function}:{message}"
#define NOTE "looks in the store first, takes one issuer per step and never comes back"

static const char *const aliases_3_0[] = {"openssl3.0", NULL};
/** ssl/statem/statem_lib.c x509table. */
static const struct alert_row alerts[] = {
    {.fact = FACT_ANCHOR_DISTRUSTED, .alert = ALERT_BAD_CERTIFICATE},
    ROWS_OF_TRUST(.alert = ALERT_UNKNOWN_CA),
    ROWS_OF_NAMES(.alert = ALERT_BAD_CERTIFICATE),
    {.fact = FACT_PATH_TOO_LONG, .alert = ALERT_UNKNOWN_CA},
    {.fact = FACT_PATH_LENGTH, .alert = ALERT_UNKNOWN_CA},
    {.fact = FACT_NOT_A_CA, .alert = ALERT_UNKNOWN_CA},
    {.fact = FACT_KEY_USAGE_CA, .limit = 92, .alert = ALERT_CERTIFICATE_UNKNOWN},
    {.fact = FACT_KEY_USAGE_CA, .alert = ALERT_UNKNOWN_CA},
    {.fact = FACT_EKU_MISSING, .alert = ALERT_UNSUPPORTED_CERTIFICATE},
    {.fact = FACT_KEY_USAGE_LEAF, .alert = ALERT_UNSUPPORTED_CERTIFICATE},
    {.fact = FACT_EXPIRED, .alert = ALERT_CERTIFICATE_EXPIRED},
    {.fact = FACT_NOT_YET_VALID, .alert = ALERT_BAD_CERTIFICATE},
    {.fact = FACT_TIME_UNREADABLE, .alert = ALERT_BAD_CERTIFICATE},
    {.fact = FACT_WEAK_KEY, .alert = ALERT_BAD_CERTIFICATE},
    {.fact = FACT_WEAK_DIGEST, .alert = ALERT_BAD_CERTIFICATE},
    {.fact = FACT_REVOKED, .alert = ALERT_CERTIFICATE_REVOKED},
    {.fact = FACT_ANOMALY, .only = ANOMALY_KEY_EXPLICIT_CURVE + 1, .alert = ALERT_BAD_CERTIFICATE},
    {.library = true, .alert = ALERT_BAD_CERTIFICATE},
    {.fact = FACT_UNPARSABLE, .alert = ALERT_BAD_CERTIFICATE},
    {.fact = FACT_SIGNATURE_BAD, .alert = ALERT_DECRYPT_ERROR},
    {.rest = true, .alert = ALERT_CERTIFICATE_UNKNOWN},
};

const struct profile profile_openssl_3_0 = {
    .alerts = alerts,
    .name = "openssl@3.0",
    .title = "openssl s_client",
    .aliases = aliases_3_0,
    .evidence = EVIDENCE_MEASURED,
    .measured_with = "openssl s_client 3.0.22, Debian: security level 2",
    .note = NOTE,
    .revocation = "nothing",
    .looks = "-crl_check_all with -CRL FILE or -crl_download",
    .store = "openssl",
    .behaviour = &openssl_3_0,
    .phases = phases,
    .pick = PICK_FIRST,
    .words = words_3_0,
    .wrapper = S_CLIENT,
    .failure_wrapper = S_CLIENT_FAILURE,
    .fallback = "certificate verify failed",
};

/** One that speaks as `parent_` does, but for its own words. */
#define VARIANT(id, parent_, words_, with, note_)                                                  \
    .parent = (parent_), .aliases = aliases_##id, .title = "openssl s_client",                     \
    .evidence = EVIDENCE_MEASURED, .measured_with = "openssl s_client " with, .note = (note_),     \
    .store = "openssl", .behaviour = &openssl_##id, .pick = PICK_FIRST, .words = (words_),         \
    .wrapper = S_CLIENT, .failure_wrapper = S_CLIENT_FAILURE,                                      \
    .fallback = "certificate verify failed"

static const char *const aliases_1_1_1[] = {"openssl1.1.1", NULL};
const struct profile profile_openssl_1_1_1 = {
    .name = "openssl@1.1.1",
    VARIANT(1_1_1, &profile_openssl_3_0, words_1_1_1, "1.1.1w, Debian: security level 2", NOTE),
};

static const char *const aliases_1_1_1_sec1[] = {"openssl1.1.1-sec1", NULL};
const struct profile profile_openssl_1_1_1_sec1 = {
    .name = "openssl@1.1.1-sec1",
    VARIANT(1_1_1_sec1, &profile_openssl_1_1_1, NULL, "1.1.1w, SECLEVEL=1",
            "security level 1, as built from its source: SHA-1 and RSA of 1024 bits pass"),
};

static const char *const aliases_1_1_1_strict[] = {"openssl1.1.1-strict", NULL};
const struct profile profile_openssl_1_1_1_strict = {
    .name = "openssl@1.1.1-strict",
    VARIANT(1_1_1_strict, &profile_openssl_1_1_1, NULL, "1.1.1w -x509_strict",
            "-x509_strict: every CA says so, curves are named"),
};

static const char *const aliases_3_0_sec1[] = {"openssl3.0-sec1", NULL};
const struct profile profile_openssl_3_0_sec1 = {
    .name = "openssl@3.0-sec1",
    VARIANT(3_0_sec1, &profile_openssl_3_0, NULL, "3.0.22, SECLEVEL=1",
            "security level 1, as built from its source before 3.2: RSA of 1024 bits passes"),
};

static const char *const aliases_3_0_strict[] = {"openssl3.0-strict", NULL};
const struct profile profile_openssl_3_0_strict = {
    .name = "openssl@3.0-strict",
    VARIANT(3_0_strict, &profile_openssl_3_0, NULL, "3.0.22 -x509_strict",
            "-x509_strict: fifteen rules of RFC 5280 for every certificate of a chain"),
};

static const char *const aliases_3_0_partial[] = {"openssl3.0-partial", NULL};
const struct profile profile_openssl_3_0_partial = {
    .name = "openssl@3.0-partial",
    VARIANT(3_0_partial, &profile_openssl_3_0, NULL, "3.0.22 -partial_chain",
            "-partial_chain: whatever stands in the store is trusted, root or not"),
};

static const char *const aliases_3_6[] = {"openssl", "openssl3.6", NULL};
const struct profile profile_openssl_3_6 = {
    .name = "openssl@3.6",
    VARIANT(3_6, &profile_openssl_3_0, words_3_6, "3.6.5", NOTE),
};

static const char *const aliases_3_6_strict[] = {"openssl3.6-strict", NULL};
const struct profile profile_openssl_3_6_strict = {
    .name = "openssl@3.6-strict",
    VARIANT(3_6_strict, &profile_openssl_3_6, NULL, "3.6.5 -x509_strict",
            "-x509_strict: fifteen rules of RFC 5280 for every certificate of a chain"),
};

static const char *const aliases_3_6_partial[] = {"openssl3.6-partial", NULL};
const struct profile profile_openssl_3_6_partial = {
    .name = "openssl@3.6-partial",
    VARIANT(3_6_partial, &profile_openssl_3_6, NULL, "3.6.5 -partial_chain",
            "-partial_chain: whatever stands in the store is trusted, root or not"),
};
