/* SPDX-License-Identifier: Apache-2.0 */
/* What stands on Python's ssl module: requests, httpx, aiohttp, pip. Evidence: data/profiles/
 * requests.md, python.md, pip.md. */
#include "judge/profiles/python.h"

/* ---- behaviour ---- */

/* urllib3 2 and httpx before 0.28 set hostname_checks_common_name = False; urllib3 removes the
 * host's trailing dot before it asks */
static const struct behaviour requests_2_34 = {
    OPENSSL_3,
    PYTHON,
    .cn = CN_NEVER,
    .keep_host_dot = false,
};
/* urllib3 1.26 compares names itself, after the handshake (util/ssl_match_hostname.py) */
static const struct behaviour requests_2_28 = {
    OPENSSL_3,
    .cn = CN_NO_DNS_OR_IP_SAN,
    .cn_ip = true,
    .partial_wildcards = WILD_PREFIX | WILD_SUFFIX | WILD_MIDDLE,
    .wildcard_min_dots = 0,
    .keep_host_dot = false,
    .underscore = UNDERSCORE_ANY,
};
static const struct behaviour httpx_0_23 = {OPENSSL_3, PYTHON, .cn = CN_NEVER};
static const struct behaviour httpx_0_28 = {OPENSSL_3, PYTHON, OPENSSL_STRICT, OPENSSL_PARTIAL};
/* truststore does not pass on the flags of create_default_context */
static const struct behaviour pip_24_2 = {OPENSSL_3, PYTHON, .keep_host_dot = false};

static const struct phase phases_urllib3_1[] = {
    OPENSSL_HANDSHAKE_PHASES,
    OPENSSL_CHAIN_PHASES,
    OPENSSL_NAME_PHASES(PHASE_NAME_LATE),
    {.phase = -1},
};
/* a context that was made without create_default_context offers TLS 1.2 at least */
static const struct phase phases_tls_1_2[] = {
    {.fact = FACT_OLD_PROTOCOL, .phase = PHASE_PROTOCOL},
    OPENSSL_HANDSHAKE_PHASES,
    OPENSSL_CHAIN_PHASES,
    OPENSSL_NAME_PHASES(PHASE_NAME),
    {.phase = -1},
};
#define NO_CLIENT_CERTIFICATE_TLS_1_2                                                              \
    PYTHON_FAILURE(FACT_CLIENT_CERTIFICATE, ALERT_HANDSHAKE_FAILURE + 1,                           \
                   "[SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] sslv3 alert handshake failure")
#define OLD_PROTOCOL_REFUSED                                                                       \
    PYTHON_FAILURE(FACT_OLD_PROTOCOL, 0,                                                           \
                   "[SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert protocol version")

/* ---- requests ---- */

#define POOL(path)                                                                                 \
    "HTTPSConnectionPool(host='{host}', port={port}): Max retries exceeded with url: " path        \
    " (Caused by SSLError("
#define REQUESTS "requests.exceptions.SSLError: " POOL("/")
#define OF_2_34 " (_ssl.c:1006)"
#define OF_2_28 " (_ssl.c:992)"

static const struct words words_requests_2_34[] = {
    PYTHON_REPR_WORDS(REQUESTS "SSLCertVerificationError(1, ", OF_2_34, ")))"),
    {.text = NULL},
};

static const struct words words_requests_2_28[] = {
    OPENSSL_NAME_WORDS(.limit = COMPARED_NOTHING, .bare = true,
                       .text = REQUESTS "CertificateError('no appropriate commonName or "
                                        "subjectAltName fields were found')))"),
    OPENSSL_NAME_WORDS(.bare = true, .text = REQUESTS "CertificateError(\"hostname '{host_bare}' "
                                                      "doesn't match {quoted_names}\")))"),
    PYTHON_REPR_WORDS(REQUESTS "SSLCertVerificationError(1, ", OF_2_28, ")))"),
    {.text = NULL},
};

static const char *const aliases_requests_2_28[] = {"urllib3@1.26", NULL};
const struct profile profile_requests_2_28 = {
    .name = "requests@2.28",
    .title = "requests",
    .aliases = aliases_requests_2_28,
    .parent = &profile_python_3_11,
    .evidence = EVIDENCE_MEASURED,
    .measured_with = "requests 2.28.1 / urllib3 1.26.12 / Python 3.11.2 / OpenSSL 3.0.22",
    .note = "Python, but urllib3 1.26 compares names itself, and last",
    .store = "requests",
    .behaviour = &requests_2_28,
    .phases = phases_urllib3_1,
    .pick = PICK_FIRST,
    .words = words_requests_2_28,
    .wrapper = PYTHON_REPR(REQUESTS "SSLCertVerificationError(1, ", OF_2_28) ")))",
    .failure_wrapper = REQUESTS "SSLError(1, '{message}" OF_2_28 "')))",
    .fallback = "certificate verify failed",
};

static const char *const aliases_requests_2_34[] = {"requests", "urllib3", NULL};
const struct profile profile_requests_2_34 = {
    .name = "requests@2.34",
    .title = "requests",
    .aliases = aliases_requests_2_34,
    .parent = &profile_python_3_11,
    .evidence = EVIDENCE_MEASURED,
    .measured_with = "requests 2.34.2 / urllib3 2.7.0 / Python 3.11.7 / OpenSSL 3.0.22",
    .note = "Python, but the Common Name never counts, and a host's trailing dot neither",
    .store = "requests",
    .behaviour = &requests_2_34,
    .pick = PICK_FIRST,
    .words = words_requests_2_34,
    .wrapper = PYTHON_REPR(REQUESTS "SSLCertVerificationError(1, ", OF_2_34) ")))",
    .failure_wrapper = REQUESTS "SSLError(1, '{message}" OF_2_34 "')))",
    .fallback = "certificate verify failed",
};

/* ---- httpx ---- */

#define HTTPX "httpx.ConnectError: "
#define OPENAI "openai.APIConnectionError: Connection error. (caused by httpx.ConnectError: "
#define OF_0_23 " (_ssl.c:992)"
#define OF_0_28 " (_ssl.c:1020)"

static const struct words words_httpx_0_23[] = {
    OLD_PROTOCOL_REFUSED,
    NO_CLIENT_CERTIFICATE_TLS_1_2,
    {.fact = FACT_CLIENT_CERTIFICATE,
     .bare = true,
     .text = "httpx.ReadError: [SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate "
             "required (_ssl.c:2546)"},
    {.text = NULL},
};

static const char *const aliases_httpx_0_23[] = {"httpx0.23", NULL};
const struct profile profile_httpx_0_23 = {
    .name = "httpx@0.23",
    .title = "httpx",
    .aliases = aliases_httpx_0_23,
    .parent = &profile_python_3_11,
    .evidence = EVIDENCE_MEASURED,
    .measured_with = "httpx 0.23.3 / Python 3.11.2 / OpenSSL 3.0.22",
    .note = "Python, but the Common Name never counts",
    .store = "httpx",
    .behaviour = &httpx_0_23,
    .phases = phases_tls_1_2,
    .pick = PICK_FIRST,
    .words = words_httpx_0_23,
    .wrapper = HTTPX PYTHON_VERIFY_FAILED "{message}" OF_0_23,
    .failure_wrapper = HTTPX "{message}" OF_0_23,
    .fallback = "certificate verify failed",
};

static const char *const aliases_httpx_0_28[] = {"httpx", "httpx0.28", NULL};
const struct profile profile_httpx_0_28 = {
    .name = "httpx@0.28",
    .title = "httpx",
    .aliases = aliases_httpx_0_28,
    .parent = &profile_httpx_0_23,
    .evidence = EVIDENCE_DOCUMENTED,
    .measured_with = "",
    .note = "since 0.28 ssl.create_default_context: on Python 3.13 as strict as Python itself",
    .store = "httpx",
    .behaviour = &httpx_0_28,
    .phases = phases_tls_1_2,
    .pick = PICK_FIRST,
    .wrapper = HTTPX PYTHON_VERIFY_FAILED "{message}" OF_0_28,
    .failure_wrapper = HTTPX "{message}" OF_0_28,
    .fallback = "certificate verify failed",
};

static const char *const aliases_openai[] = {"openai", "openai-sdk", "anthropic", NULL};
const struct profile profile_openai_1 = {
    .name = "openai@1",
    .title = "OpenAI SDK",
    .aliases = aliases_openai,
    .parent = &profile_httpx_0_28,
    .evidence = EVIDENCE_DOCUMENTED,
    .measured_with = "",
    .note = "stands on httpx; shows only \"Connection error.\", the cause is two exceptions deeper",
    .store = "httpx",
    .behaviour = &httpx_0_28,
    .phases = phases_tls_1_2,
    .pick = PICK_FIRST,
    .wrapper = OPENAI PYTHON_VERIFY_FAILED "{message}" OF_0_28 ")",
    .failure_wrapper = OPENAI "{message}" OF_0_28 ")",
    .fallback = "certificate verify failed",
};

/* ---- aiohttp ---- */

#define AIOHTTP "aiohttp.client_exceptions."
#define CANNOT "Cannot connect to host {host}:{port} "
#define OF_3_8 " (_ssl.c:992)"
#define AIOHTTP_VERIFY                                                                             \
    AIOHTTP "ClientConnectorCertificateError: " CANNOT "ssl:True [SSLCertVerificationError: (1, "

static const struct words words_aiohttp_3_8[] = {
    NO_CLIENT_CERTIFICATE_TLS_1_2,
    {.fact = FACT_CLIENT_CERTIFICATE,
     .bare = true,
     .text = AIOHTTP "ClientOSError: [Errno 1] [SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 "
                     "alert certificate required (_ssl.c:2546)"},
    PYTHON_REPR_WORDS(AIOHTTP_VERIFY, OF_3_8, ")]"),
    {.text = NULL},
};

static const char *const aliases_aiohttp[] = {"aiohttp", NULL};
const struct profile profile_aiohttp_3_8 = {
    .name = "aiohttp@3.8",
    .title = "aiohttp",
    .aliases = aliases_aiohttp,
    .parent = &profile_python_3_11,
    .evidence = EVIDENCE_MEASURED,
    .measured_with = "aiohttp 3.8.4 / Python 3.11.2 / OpenSSL 3.0.22",
    .note = "Python's ssl.create_default_context",
    .store = "python",
    .behaviour = &behaviour_python_3_11,
    .pick = PICK_FIRST,
    .words = words_aiohttp_3_8,
    .wrapper = PYTHON_REPR(AIOHTTP_VERIFY, OF_3_8) ")]",
    .failure_wrapper =
        AIOHTTP "ClientConnectorSSLError: " CANNOT "ssl:default [{message}" OF_3_8 "]",
    .fallback = "certificate verify failed",
};

/* ---- pip ---- */

#define PIP                                                                                        \
    "Could not fetch URL {url}/package/: There was a problem confirming the ssl "                  \
    "certificate: " POOL("/package/")
#define OF_24_2 " (_ssl.c:1020)"

static const struct words words_pip_24_2[] = {
    OLD_PROTOCOL_REFUSED,
    PYTHON_REPR_WORDS(PIP "SSLCertVerificationError(1, ", OF_24_2, "))) - skipping"),
    {.text = NULL},
};

static const char *const aliases_pip[] = {"pip", NULL};
const struct profile profile_pip_24_2 = {
    .name = "pip@24.2",
    .title = "pip",
    .aliases = aliases_pip,
    .parent = &profile_python_3_11,
    .evidence = EVIDENCE_MEASURED,
    .measured_with = "pip 24.2 (truststore) / Python 3.13.0 / OpenSSL 3.0.22",
    .note = "Python without the strictness of 3.13; looks into the system's store and certifi's",
    .looks = "",
    .store = "pip",
    .behaviour = &pip_24_2,
    .phases = phases_tls_1_2,
    .pick = PICK_FIRST,
    .words = words_pip_24_2,
    .wrapper = PYTHON_REPR(PIP "SSLCertVerificationError(1, ", OF_24_2) "))) - skipping",
    .failure_wrapper = PIP "SSLError(1, '{message}" OF_24_2 "'))) - skipping",
    .fallback = "certificate verify failed",
};
