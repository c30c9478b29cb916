/* SPDX-License-Identifier: Apache-2.0 */
/* Node.js as nodejs.org builds it: 20 (OpenSSL 3.0, level 1), 22.23 (OpenSSL 3.5, level 1) and 24
 * (OpenSSL 3.5); and as Debian does (OpenSSL 3.6). Evidence: data/profiles/node.md. */
#include "judge/profiles/node.h"

static const struct behaviour node_20 = {OPENSSL_3, NODE, .min_rsa = OPENSSL_RSA_LEVEL_1};
/* OpenSSL 3.5 sends a share of X25519MLKEM768, and knows ML-DSA. */
static const struct behaviour node_22 = {OPENSSL_3, NODE, .min_rsa = OPENSSL_RSA_LEVEL_1,
                                         .large_hello = true, .ml_dsa = true};
static const struct behaviour node_24 = {OPENSSL_3_6, NODE, .empty_san = EMPTY_SAN_PRESENT};

/* Its callback lets verification go on after each error, so that the last one stands
 * (SSL_get_verify_result); names are compared when there was none; what ends the handshake beats
 * both. */
enum node_phase {
    NODE_UNSAID = PHASE_PROTOCOL,
    NODE_ANSWER,
    NODE_NAME,
    NODE_POSSESSION = PHASE_UNSAID,
    NODE_DECODE,
    NODE_OFFER,
    NODE_PROTOCOL,
};

#define NODE_DECODE_PHASE(anomaly)                                                                 \
    {                                                                                              \
        .fact = FACT_ANOMALY, .only = ANOMALY_##anomaly + 1, .phase = NODE_DECODE                  \
    }

const struct phase node_phases[] = {
    {.fact = FACT_KEY_UNSUPPORTED, .only = 1, .where = AT_LEAF, .phase = PHASE_LEAF_KEY},
    {.fact = FACT_KEY_UNSUPPORTED, .where = AT_LEAF, .phase = NODE_OFFER},
    {.fact = FACT_UNPARSABLE, .phase = NODE_DECODE},
    NODE_DECODE_PHASE(MALFORMED),
    NODE_DECODE_PHASE(SERIAL_PADDED),
    NODE_DECODE_PHASE(TRAILING),
    NODE_DECODE_PHASE(TBS_TRAILING),
    NODE_DECODE_PHASE(NAME_UTF8),
    NODE_DECODE_PHASE(NAME_MALFORMED),
    NODE_DECODE_PHASE(NAME_STRING),
    NODE_DECODE_PHASE(TIME_NO_SECONDS),
    {.fact = FACT_OLD_PROTOCOL, .phase = NODE_PROTOCOL},
    {.fact = FACT_KEY_MISMATCH, .phase = NODE_POSSESSION},
    {.fact = FACT_CLIENT_CERTIFICATE,
     .only = ALERT_HANDSHAKE_FAILURE + 1,
     .phase = NODE_POSSESSION},
    {.fact = FACT_CLIENT_CERTIFICATE, .phase = NODE_ANSWER},
    /* internal_verify: a lone leaf, and an issuer that may not sign, are errors of their own there
     * (21 and 32) */
    {.fact = FACT_ISSUER_NOT_FOUND, .where = AT_LEAF, .phase = PHASE_VERIFY, .root_first = true},
    {.fact = FACT_KEY_USAGE_CA, .phase = PHASE_VERIFY, .root_first = true, .step = 5},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_KEY_EXPLICIT_CURVE + 1,
     .phase = PHASE_EXTENSIONS,
     .step = 3},
    {.fact = FACT_ANOMALY, .phase = NODE_UNSAID},
    OPENSSL_CHAIN_PHASES,
    OPENSSL_NAME_PHASES(NODE_NAME),
    {.phase = -1},
};

/* src/crypto/crypto_common.cc X509ErrorCode */
const struct code_name node_codes[] = {
    {"2", "UNABLE_TO_GET_ISSUER_CERT"},
    {"7", "CERT_SIGNATURE_FAILURE"},
    {"9", "CERT_NOT_YET_VALID"},
    {"10", "CERT_HAS_EXPIRED"},
    {"13", "ERROR_IN_CERT_NOT_BEFORE_FIELD"},
    {"14", "ERROR_IN_CERT_NOT_AFTER_FIELD"},
    {"18", "DEPTH_ZERO_SELF_SIGNED_CERT"},
    {"19", "SELF_SIGNED_CERT_IN_CHAIN"},
    {"20", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"},
    {"21", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"},
    {"22", "CERT_CHAIN_TOO_LONG"},
    {"25", "PATH_LENGTH_EXCEEDED"},
    {"26", "INVALID_PURPOSE"},
    {"27", "CERT_UNTRUSTED"},
    {"28", "CERT_REJECTED"},
    {"62", "HOSTNAME_MISMATCH"},
    {"79", "INVALID_CA"},
    {NULL, "UNSPECIFIED"},
};

/* ---- words ---- */

#define ALTNAMES "Hostname/IP does not match certificate's altnames: "
#define ALTNAME_WORDS(text_)                                                                       \
    .code = "ERR_TLS_CERT_ALTNAME_INVALID", .bare = true,                                          \
    .text = "ERR_TLS_CERT_ALTNAME_INVALID: " ALTNAMES text_

static const struct words words_20[] = {
    {.fact = FACT_ISSUER_NOT_FOUND,
     .where = AT_LEAF,
     .code = "21",
     .text = "unable to verify the first certificate"},
    {.fact = FACT_TIME_UNREADABLE,
     .only = 2,
     .code = "13",
     .text = "format error in certificate's notBefore field"},
    {.fact = FACT_TIME_UNREADABLE,
     .code = "14",
     .text = "format error in certificate's notAfter field"},
    /* after 79 X509_check_purpose has its say (26), but for what it takes for a CA of old */
    {.fact = FACT_NOT_A_CA, .only = 4, .code = "79", .text = "invalid CA certificate"},
    {.fact = FACT_NOT_A_CA, .code = "26", .text = "unsuitable certificate purpose"},
    {.fact = FACT_KEY_USAGE_CA,
     .code = "32",
     .text = "key usage does not include certificate signing"},
    {.fact = FACT_NAME_IP_NOT_IN_SAN,
     ALTNAME_WORDS("IP: {host} is not in the cert's list: {ip_addresses}")},
    OPENSSL_NAME_WORDS(.limit = COMPARED_CN,
                       ALTNAME_WORDS("Host: {host_bare}. is not cert's CN: {cn}")),
    OPENSSL_NAME_WORDS(.limit = COMPARED_NOTHING,
                       ALTNAME_WORDS("Cert does not contain a DNS name")),
    OPENSSL_NAME_WORDS(
        ALTNAME_WORDS("Host: {host_bare}. is not in the cert's altnames: {altnames}")),
    OPENSSL_TLS_WORDS(FACT_OLD_PROTOCOL, 0, "0A00042E", "ssl3_read_bytes",
                      "tlsv1 alert protocol version"),
    {.fact = FACT_CLIENT_CERTIFICATE,
     .only = ALERT_HANDSHAKE_FAILURE + 1,
     .code = "0A000410",
     .library = "SSL routines",
     .function = "ssl3_read_bytes",
     .text = "sslv3 alert handshake failure"},
    {.fact = FACT_CLIENT_CERTIFICATE,
     .code = "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
     .bare = true,
     .text = "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: error:0A00045C:SSL "
             "routines:ssl3_read_bytes:tlsv13 alert certificate required"},
    {.text = NULL},
};

/* X509_V_ERR of which it thinks that a system's root would have helped */
#define SYSTEM_CA "; if the root CA is installed locally, try running Node.js with --use-system-ca"

/* clang-format off: rows, not statements */
#define NODE_24_WORDS                                                                              \
    {.fact = FACT_ISSUER_NOT_FOUND,                                                                \
     .where = AT_LEAF,                                                                             \
     .code = "21",                                                                                 \
     .text = "unable to verify the first certificate" SYSTEM_CA},                                  \
        {.fact = FACT_ANCHOR_NOT_ROOT,                                                             \
         .code = "2",                                                                              \
         .text = "unable to get issuer certificate" SYSTEM_CA},                                    \
        {.fact = FACT_SELF_SIGNED_LEAF,                                                            \
         .code = "18",                                                                             \
         .text = "self-signed certificate" SYSTEM_CA},                                             \
        {.fact = FACT_SELF_SIGNED_CA_LEAF,                                                         \
         .code = "18",                                                                             \
         .text = "self-signed certificate" SYSTEM_CA},                                             \
        OPENSSL_DECODE_WORDS(FACT_ANOMALY, ANOMALY_TIME_NO_SECONDS + 1, "068000E9", "asn1_ex_c2i", \
                             "utctime is too short"),                                              \
        {.fact = FACT_KEY_UNSUPPORTED,                                                             \
         .only = 1,                                                                                \
         .code = "66",                                                                             \
         .text = "EE certificate key too weak"},                                                   \
    {                                                                                              \
        .fact = FACT_KEY_UNSUPPORTED, .where = AT_CA, .code = "67",                                \
        .text = "CA certificate key too weak"                                                      \
    }

/* what OpenSSL 3.2 and later say of the handshake */
#define OPENSSL_3_2_ALERT_WORDS                                                                    \
    OPENSSL_TLS_WORDS(FACT_KEY_UNSUPPORTED, 0, "0A000410", "ssl3_read_bytes",                      \
                      "ssl/tls alert handshake failure"),                                          \
        OPENSSL_TLS_WORDS(FACT_CLIENT_CERTIFICATE, ALERT_HANDSHAKE_FAILURE + 1, "0A000410",        \
                          "ssl3_read_bytes", "ssl/tls alert handshake failure")

/* crypto/evp/m_sigver.c EVP_DigestVerifyFinal of 3.5 says it before libssl does */
#define OPENSSL_3_5_WORDS                                                                          \
    {.fact = FACT_KEY_MISMATCH,                                                                    \
     .code = "030000EA",                                                                           \
     .library = "digital envelope routines",                                                       \
     .function = "EVP_DigestVerifyFinal",                                                          \
     .text = "provider signature failure"},                                                        \
        OPENSSL_3_2_ALERT_WORDS
/* clang-format on */

static const struct words words_22[] = {OPENSSL_3_5_WORDS, {.text = NULL}};
static const struct words words_24[] = {OPENSSL_3_5_WORDS, NODE_24_WORDS, {.text = NULL}};
static const struct words words_24_debian[] = {
    OPENSSL_3_6_WORDS, OPENSSL_3_2_ALERT_WORDS, NODE_24_WORDS, {.text = NULL}};

/* ---- profiles ---- */

#define NODE_WRAPPER "{code}: {message}"
#define NODE_FAILURE "EPROTO: write EPROTO error:{code}:{library}:{function}:{message}"
#define NOTE "OpenSSL, but it goes on after each error and shows the last; compares names itself"

static const char *const aliases_20[] = {"node", "node20", "npm", NULL};
/** It judges after the handshake, and closes the connection. */
static const struct alert_row alerts[] = {{.rest = true, .alert = ALERT_NONE}};

const struct profile profile_node_20 = {
    .alerts = alerts,
    .name = "node@20",
    .title = "Node",
    .aliases = aliases_20,
    .parent = &profile_openssl_3_0,
    .evidence = EVIDENCE_MEASURED,
    .measured_with = "Node 20.20.2, bundled OpenSSL 3.0.19",
    .note = NOTE,
    .looks = "in the program: the option crl of https.Agent and tls.connect()",
    .store = "node",
    .behaviour = &node_20,
    .phases = node_phases,
    .pick = PICK_LAST,
    .words = words_20,
    .codes = node_codes,
    .wrapper = NODE_WRAPPER,
    .failure_wrapper = NODE_FAILURE,
    .failure_code = "EPROTO",
    .fallback = "certificate verify failed",
};

/* clang-format off: fields of a profile */
#define NODE_LATER(behaviour_, words_)                                                             \
    .title = "Node", .parent = &profile_node_20, .evidence = EVIDENCE_MEASURED, .store = "node",   \
    .behaviour = &(behaviour_), .phases = node_phases, .pick = PICK_LAST, .words = (words_),       \
    .codes = node_codes, .wrapper = NODE_WRAPPER, .failure_wrapper = NODE_FAILURE,                 \
    .failure_code = "EPROTO", .fallback = "certificate verify failed"
/* clang-format on */

static const char *const aliases_22[] = {"node22", NULL};
const struct profile profile_node_22_23 = {
    NODE_LATER(node_22, words_22),
    .name = "node@22.23",
    .aliases = aliases_22,
    .measured_with = "Node 22.23.3, bundled OpenSSL 3.5.8",
    .note = "as 20, in OpenSSL 3.5's words",
};

static const char *const aliases_24[] = {"node@26", "node26", NULL};
const struct profile profile_node_24 = {
    NODE_LATER(node_24, words_24),
    .name = "node@24",
    .aliases = aliases_24,
    .measured_with = "Node 24.21.0 and 26.10.0, bundled OpenSSL 3.5.8",
    .note = "as 20, at security level 2",
};

static const char *const aliases_24_debian[] = {"node24", NULL};
const struct profile profile_node_24_debian = {
    NODE_LATER(node_24, words_24_debian),
    .name = "node@24-debian",
    .aliases = aliases_24_debian,
    .measured_with = "Node 24.22.2 of Debian, OpenSSL 3.6.5",
    .note = "as 24, in OpenSSL 3.6's words",
};
