/* SPDX-License-Identifier: Apache-2.0 */
/* Python's ssl module, as urllib uses it. Evidence: data/profiles/python.md. */
#include "judge/profiles/python.h"

static const struct behaviour python_3_9 = {OPENSSL_1_1_1, PYTHON};
const struct behaviour behaviour_python_3_11 = {OPENSSL_3, PYTHON};
static const struct behaviour python_3_13 = {OPENSSL_3, PYTHON, OPENSSL_STRICT, OPENSSL_PARTIAL};
static const struct behaviour python_3_14 = {OPENSSL_3_6, PYTHON, OPENSSL_STRICT, OPENSSL_PARTIAL};

/* An upstream build offers nothing below TLS 1.2 since 3.10 (Debian's does): the server says no. */
static const struct phase phases_3_13[] = {
    {.fact = FACT_OLD_PROTOCOL, .phase = PHASE_PROTOCOL},
    OPENSSL_HANDSHAKE_PHASES,
    OPENSSL_CHAIN_PHASES,
    OPENSSL_NAME_PHASES(PHASE_NAME),
    {.phase = -1},
};

/* ---- words ---- */

#define UNREAD(anomaly) PYTHON_FAILURE(FACT_ANOMALY, ANOMALY_##anomaly + 1, "[SSL] ASN1 lib")
#define NO_COMMON_SCHEME(text_)                                                                    \
    PYTHON_FAILURE(FACT_KEY_UNSUPPORTED, 0, "[SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] " text_),        \
        PYTHON_FAILURE(FACT_CLIENT_CERTIFICATE, ALERT_HANDSHAKE_FAILURE + 1,                       \
                       "[SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] " text_)
#define KEY_WORDS                                                                                  \
    {.fact = FACT_KEY_UNSUPPORTED,                                                                 \
     .only = 1,                                                                                    \
     .code = "66",                                                                                 \
     .text = "EE certificate key too weak"},                                                       \
    {                                                                                              \
        .fact = FACT_KEY_UNSUPPORTED, .where = AT_CA, .code = "67",                                \
        .text = "CA certificate key too weak"                                                      \
    }

static const struct words words_3_11[] = {
    {.fact = FACT_NAME_IP_NOT_IN_SAN,
     .code = "64",
     .text = "IP address mismatch, certificate is not valid for '{host}'."},
    OPENSSL_NAME_WORDS(.code = "62",
                       .text = "Hostname mismatch, certificate is not valid for '{host}'."),
    PYTHON_FAILURE(FACT_UNPARSABLE, 0, "[SSL] ASN1 lib"),
    UNREAD(MALFORMED),
    UNREAD(NAME_MALFORMED),
    UNREAD(NAME_STRING),
    UNREAD(SERIAL_PADDED),
    UNREAD(TBS_TRAILING),
    UNREAD(NAME_UTF8),
    PYTHON_FAILURE(FACT_ANOMALY, ANOMALY_TRAILING + 1,
                   "[SSL: CERT_LENGTH_MISMATCH] cert length mismatch"),
    KEY_WORDS,
    NO_COMMON_SCHEME("sslv3 alert handshake failure"),
    PYTHON_FAILURE(FACT_OLD_PROTOCOL, 0, "[SSL] legacy sigalg disallowed or unsupported"),
    PYTHON_FAILURE(FACT_KEY_MISMATCH, 0, "[SSL: BAD_SIGNATURE] bad signature"),
    PYTHON_FAILURE(FACT_CLIENT_CERTIFICATE, 0,
                   "[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required"),
    {.text = NULL},
};

static const struct words words_3_9[] = {
    OPENSSL_1_1_1_WORDS,
    PYTHON_FAILURE(FACT_OLD_PROTOCOL, 0, "[SSL: UNSUPPORTED_PROTOCOL] unsupported protocol"),
    {.text = NULL},
};

static const struct words words_3_13[] = {
    PYTHON_FAILURE(FACT_OLD_PROTOCOL, 0,
                   "[SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert protocol version"),
    {.text = NULL},
};

static const struct words words_3_14[] = {
    OPENSSL_3_6_WORDS, UNREAD(TIME_NO_SECONDS),
    KEY_WORDS,         NO_COMMON_SCHEME("ssl/tls alert handshake failure"),
    {.text = NULL},
};

/* ---- profiles ---- */

#define SSL_WRAPPER(line)                                                                          \
    .wrapper =                                                                                     \
        "ssl.SSLCertVerificationError: " PYTHON_VERIFY_FAILED "{message} (_ssl.c:" line ")",       \
    .failure_wrapper = "ssl.SSLError: {message} (_ssl.c:" line ")",                                \
    .fallback = "certificate verify failed"

static const char *const aliases_3_9[] = {"py39", NULL};
const struct profile profile_python_3_9 = {
    .name = "python@3.9",
    .title = "Python",
    .aliases = aliases_3_9,
    .parent = &profile_python_3_11,
    .evidence = EVIDENCE_MEASURED,
    .measured_with = "Python 3.9.2 ssl.create_default_context / OpenSSL 1.1.1w",
    .note = "OpenSSL, without partial wildcards",
    .store = "python",
    .behaviour = &python_3_9,
    .pick = PICK_FIRST,
    .words = words_3_9,
    SSL_WRAPPER("1123"),
};

static const char *const aliases_3_11[] = {"py311", NULL};
const struct profile profile_python_3_11 = {
    .name = "python@3.11",
    .title = "Python",
    .aliases = aliases_3_11,
    .parent = &profile_openssl_3_0,
    .evidence = EVIDENCE_MEASURED,
    .measured_with = "Python 3.11.7 ssl.create_default_context / OpenSSL 3.0.22",
    .note = "OpenSSL, without partial wildcards",
    .looks = "in the program: load_verify_locations() with the CRLs and verify_flags |= "
             "ssl.VERIFY_CRL_CHECK_CHAIN",
    .store = "python",
    .behaviour = &behaviour_python_3_11,
    .pick = PICK_FIRST,
    .words = words_3_11,
    SSL_WRAPPER("1006"),
};

static const char *const aliases_3_13[] = {"py313", NULL};
const struct profile profile_python_3_13 = {
    .name = "python@3.13",
    .title = "Python",
    .aliases = aliases_3_13,
    .parent = &profile_python_3_11,
    .evidence = EVIDENCE_MEASURED,
    .measured_with = "Python 3.13.0 ssl.create_default_context / OpenSSL 3.0.22",
    .note = "as 3.11, but strict with every CA, and whatever stands in the store is trusted",
    .store = "python",
    .behaviour = &python_3_13,
    .phases = phases_3_13,
    .pick = PICK_FIRST,
    .words = words_3_13,
    SSL_WRAPPER("1020"),
};

static const char *const aliases_3_13_nostrict[] = {"py313-nostrict", NULL};
const struct profile profile_python_3_13_nostrict = {
    .name = "python@3.13-nostrict",
    .title = "Python",
    .aliases = aliases_3_13_nostrict,
    .parent = &profile_python_3_13,
    .evidence = EVIDENCE_MEASURED,
    .measured_with = "Python 3.13.0 with VERIFY_X509_STRICT and VERIFY_X509_PARTIAL_CHAIN cleared",
    .note = "as 3.11: what a context is that a program makes itself",
    .store = "python",
    .behaviour = &behaviour_python_3_11,
    .pick = PICK_FIRST,
    SSL_WRAPPER("1020"),
};

static const char *const aliases_3_14[] = {"python", "py314", "urllib", NULL};
const struct profile profile_python_3_14 = {
    .name = "python@3.14",
    .title = "Python",
    .aliases = aliases_3_14,
    .parent = &profile_python_3_13,
    .evidence = EVIDENCE_MEASURED,
    .measured_with = "Python 3.14.10 ssl.create_default_context / OpenSSL 3.6.5",
    .note = "as 3.13, in OpenSSL 3.6's words",
    .store = "python",
    .behaviour = &python_3_14,
    .pick = PICK_FIRST,
    .words = words_3_14,
    SSL_WRAPPER("1130"),
};
