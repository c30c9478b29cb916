/* SPDX-License-Identifier: Apache-2.0 */
/* curl on OpenSSL: 7.74 (Debian 11), 7.88 (Debian 12), 8.23. Evidence: data/profiles/curl.md. */
#include "judge/profiles/names.h"
#include "judge/profiles/openssl.h"

/* X509_V_FLAG_PARTIAL_CHAIN since curl 7.68; names are compared by curl itself (lib/vtls/openssl.c
 * ossl_verifyhost, hostcheck.c). */
#define CURL                                                                                       \
    OPENSSL_PARTIAL, .cn = CN_NO_DNS_OR_IP_SAN, .cn_pick = CN_LAST, .cn_ip = true,                 \
                     .partial_wildcards = 0, .keep_host_dot = false, .underscore = UNDERSCORE_ANY

static const struct behaviour curl_7_74 = {
    OPENSSL_1_1_1,
    CURL,
    .anomalies_fatal = ANOMALY_BIT(NAME_EMPTY_ISSUER),
};
static const struct behaviour curl_7_88 = {
    OPENSSL_3,
    CURL,
    .strip_san_dot = true,
    .anomalies_fatal = ANOMALY_BIT(NAME_EMPTY_ISSUER),
};
static const struct behaviour curl_8_23 = {OPENSSL_3_6, CURL, .strip_san_dot = true};

/* lib/vtls/openssl.c servercert: after the handshake the names, then the issuer's name */
static const struct phase phases_7[] = {
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_NAME_EMPTY_ISSUER + 1,
     .phase = PHASE_NAME_LATE,
     .step = 1},
    OPENSSL_HANDSHAKE_PHASES,
    OPENSSL_CHAIN_PHASES,
    OPENSSL_NAME_PHASES(PHASE_NAME_LATE),
    {.phase = -1},
};
/* Curl_ossl_check_peer_cert: the handshake does not verify; names first, then
 * SSL_get_verify_result */
static const struct phase phases_8[] = {
    {.fact = FACT_OLD_PROTOCOL, .phase = PHASE_DECODE},
    {.fact = FACT_KEY_MISMATCH, .phase = PHASE_DECODE},
    OPENSSL_HANDSHAKE_PHASES,
    OPENSSL_CHAIN_PHASES,
    OPENSSL_NAME_PHASES(PHASE_NAME_SOON),
    {.phase = -1},
};

/* ---- words ---- */

#define CURL_NAME_WORDS(...) OPENSSL_NAME_WORDS(.bare = true, .code = "60", __VA_ARGS__)

static const struct words words_7_88[] = {
    CURL_NAME_WORDS(.limit = COMPARED_CN,
                    .text = "curl: (60) SSL: certificate subject name '{cn_last}' does not match "
                            "target host name '{host}'"),
    CURL_NAME_WORDS(.limit = COMPARED_NOTHING,
                    .text = "curl: (60) SSL: unable to obtain common name from peer certificate"),
    CURL_NAME_WORDS(.text = "curl: (60) SSL: no alternative certificate subject name matches "
                            "target host name '{host}'"),
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_NAME_EMPTY_ISSUER + 1,
     .code = "60",
     .bare = true,
     .text = "curl: (60) SSL: couldn't get X509-issuer name"},
    /* whatever else libcrypto left in its queue goes before the verdict */
    {.fact = FACT_SIGNATURE_BAD,
     .only = 3, /* X509_verify leaves no error when the algorithms differ */
     .code = "7",
     .text = "certificate signature failure"},
    {.fact = FACT_SIGNATURE_BAD,
     .code = "35",
     .bare = true,
     .text = "curl: (35) OpenSSL/3.0.22: {signature_error}"},
    {.fact = FACT_ISSUER_NOT_FOUND,
     .only = 2,
     .code = "1100009E",
     .library = "X509 V3 routines",
     .text = "invalid certificate"},
    {.fact = FACT_CLIENT_CERTIFICATE,
     .only = ALERT_HANDSHAKE_FAILURE + 1,
     .code = "0A000410",
     .library = "SSL routines",
     .text = "sslv3 alert handshake failure"},
    {.fact = FACT_CLIENT_CERTIFICATE,
     .code = "56",
     .bare = true,
     .text = "curl: (56) OpenSSL SSL_read: OpenSSL/3.0.22: error:0A00045C:SSL routines::tlsv13 "
             "alert certificate required, errno 0"},
    {.text = NULL},
};

static const struct words words_7_74[] = {
    {.fact = FACT_SIGNATURE_BAD,
     .only = 3, /* X509_verify leaves no error when the algorithms differ */
     .code = "7",
     .text = "certificate signature failure"},
    {.fact = FACT_SIGNATURE_BAD,
     .code = "35",
     .bare = true,
     .text = "curl: (35) {signature_error_1}"},
    {.fact = FACT_CLIENT_CERTIFICATE,
     .only = ALERT_HANDSHAKE_FAILURE + 1,
     .code = "14094410",
     .library = "SSL routines",
     .function = "ssl3_read_bytes",
     .text = "sslv3 alert handshake failure"},
    {.fact = FACT_CLIENT_CERTIFICATE,
     .code = "56",
     .bare = true,
     .text = "curl: (56) OpenSSL SSL_read: error:1409445C:SSL routines:ssl3_read_bytes:tlsv13 "
             "alert certificate required, errno 0"},
    CURL_NAME_WORDS(.limit = COMPARED_CN,
                    .text = "curl: (60) SSL: certificate subject name '{cn_last}' does not match "
                            "target host name '{host}'"),
    CURL_NAME_WORDS(.limit = COMPARED_NOTHING,
                    .text = "curl: (60) SSL: unable to obtain common name from peer certificate"),
    CURL_NAME_WORDS(.text = "curl: (60) SSL: no alternative certificate subject name matches "
                            "target host name '{host}'"),
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_NAME_EMPTY_ISSUER + 1,
     .code = "60",
     .bare = true,
     .text = "curl: (60) SSL: couldn't get X509-issuer name!"},
    {.text = NULL},
};

static const struct words words_8_23[] = {
    CURL_NAME_WORDS(.limit = COMPARED_CN,
                    .text = "curl: (60) SSL: certificate subject name '{cn_last}' does not match "
                            "target {host_kind} '{host}'"),
    CURL_NAME_WORDS(.limit = COMPARED_NOTHING,
                    .text = "curl: (60) SSL: unable to obtain common name from peer certificate"),
    CURL_NAME_WORDS(.text = "curl: (60) SSL: no alternative certificate subject name matches "
                            "target {host_kind} '{host}'"),
    {.fact = FACT_CLIENT_CERTIFICATE,
     .code = "56",
     .bare = true,
     .text = "curl: (56) TLS connect error: error:0A00045C:SSL routines::tlsv13 alert certificate "
             "required"},
    {.text = NULL},
};

/* ---- profiles ---- */

#define NOTE "OpenSSL with partial chains; compares names itself"

static const char *const aliases_7_74[] = {"curl7.74", NULL};
/** Its own comparison of names comes after the handshake; since 8.17 everything does. */
static const struct alert_row alerts_7[] = {
    ROWS_OF_NAMES(.alert = ALERT_NONE),
    {.alert = ALERTS_END},
};
static const struct alert_row alerts_8[] = {{.rest = true, .alert = ALERT_NONE}};

const struct profile profile_curl_7_74 = {
    .alerts = alerts_7,
    .name = "curl@7.74",
    .title = "curl",
    .aliases = aliases_7_74,
    .parent = &profile_openssl_1_1_1,
    .evidence = EVIDENCE_MEASURED,
    .measured_with = "curl 7.74 / OpenSSL 1.1.1w",
    .note = NOTE,
    .looks = "--crlfile FILE; or --cert-status, which refuses whoever does not staple",
    .store = "curl",
    .behaviour = &curl_7_74,
    .phases = phases_7,
    .pick = PICK_FIRST,
    .words = words_7_74,
    .wrapper = "curl: (60) SSL certificate problem: {message}",
    .failure_wrapper = "curl: (35) error:{code}:{library}:{function}:{message}",
    .failure_code = "35",
    .fallback = "certificate verify failed",
};

static const char *const aliases_7_88[] = {"curl", "curl7.88", NULL};
const struct profile profile_curl_7_88 = {
    .alerts = alerts_7,
    .name = "curl@7.88",
    .title = "curl",
    .aliases = aliases_7_88,
    .parent = &profile_openssl_3_0,
    .evidence = EVIDENCE_MEASURED,
    .measured_with = "curl 7.88.1 / OpenSSL 3.0.22",
    .note = "OpenSSL: looks in the store first, takes one issuer per step and never comes back",
    .looks = "--crlfile FILE; or --cert-status, which refuses whoever does not staple",
    .store = "curl",
    .behaviour = &curl_7_88,
    .phases = phases_7,
    .pick = PICK_FIRST,
    .words = words_7_88,
    .wrapper = "curl: (60) SSL certificate problem: {message}",
    .failure_wrapper = "curl: (35) OpenSSL/3.0.22: error:{code}:{library}::{message}",
    .failure_code = "35",
    .fallback = "certificate verify failed",
};

static const char *const aliases_8_23[] = {"curl8.23", "curl@8.17", NULL};
const struct profile profile_curl_8_23 = {
    .alerts = alerts_8,
    .name = "curl@8.23",
    .title = "curl",
    .aliases = aliases_8_23,
    .parent = &profile_openssl_3_6,
    .evidence = EVIDENCE_MEASURED,
    .measured_with = "curl 8.23 / OpenSSL 3.6.5",
    .note = "OpenSSL with partial chains; since 8.17 it compares names before anything else",
    .looks = "--crlfile FILE; or --cert-status, which refuses whoever does not staple",
    .store = "curl",
    .behaviour = &curl_8_23,
    .phases = phases_8,
    .pick = PICK_FIRST,
    .words = words_8_23,
    .wrapper = "curl: (60) SSL certificate OpenSSL verify result: {message} ({code})",
    .failure_wrapper = "curl: (35) TLS connect error: error:{code}:{library}::{message}",
    .failure_code = "35",
    .fallback = "certificate verify failed",
};

/* ---- git on curl on OpenSSL: Fedora, Arch, macOS, Git for Windows; Debian's is on GnuTLS ---- */

#define GIT "fatal: unable to access '{url}/': "
#define GIT_NAME_WORDS(...) OPENSSL_NAME_WORDS(.bare = true, __VA_ARGS__)

static const struct words words_git[] = {
    GIT_NAME_WORDS(.limit = COMPARED_CN,
                   .text =
                       GIT "SSL: certificate subject name '{cn_last}' does not match target host "
                           "name '{host}'"),
    GIT_NAME_WORDS(.limit = COMPARED_NOTHING,
                   .text = GIT "SSL: unable to obtain common name from peer certificate"),
    GIT_NAME_WORDS(.text = GIT "SSL: no alternative certificate subject name matches target host "
                               "name '{host}'"),
    {.text = NULL},
};
static const char *const aliases_git[] = {"git-openssl", NULL};

const struct profile profile_git_2_39_openssl = {
    .name = "git@2.39-openssl",
    .title = "git on OpenSSL",
    .aliases = aliases_git,
    .parent = &profile_curl_7_88,
    .page = "curl",
    .evidence = EVIDENCE_DOCUMENTED,
    .measured_with = "",
    .note = "libcurl on OpenSSL, as outside of Debian: rejects what curl rejects",
    .looks = "http.sslCRLFile does not exist: it cannot be made to look",
    .store = "git",
    .behaviour = &curl_7_88,
    .phases = phases_7,
    .pick = PICK_FIRST,
    .words = words_git,
    .wrapper = GIT "SSL certificate problem: {message}",
    .failure_wrapper = GIT "OpenSSL/3.0.22: error:{code}:{library}:{function}:{message}",
    .fallback = "certificate verify failed",
};

/* ---- wget on OpenSSL (src/openssl.c): asks libssl for its verdict once the handshake is over, and
 *      compares names itself ---- */

static const struct behaviour wget_openssl = {OPENSSL_3, OPENSSL_PARTIAL, .cn = CN_NO_DNS_OR_IP_SAN,
                                              .keep_host_dot = true, .underscore = UNDERSCORE_ANY};

#define WGET "ERROR: cannot verify {host}'s certificate, issued by 'CN={issuer}': | "
#define WGET_UNKNOWN .bare = true, .text = WGET "  Unable to locally verify the issuer's authority."
#define WGET_SELF_SIGNED .bare = true, .text = WGET "  Self-signed certificate encountered."
static const struct words words_wget[] = {
    {.fact = FACT_ISSUER_NOT_FOUND, WGET_UNKNOWN},
    {.fact = FACT_ISSUER_NOT_SENT, WGET_UNKNOWN},
    {.fact = FACT_ANCHOR_NOT_ROOT, WGET_UNKNOWN},
    {.fact = FACT_SELF_SIGNED_LEAF, WGET_SELF_SIGNED},
    {.fact = FACT_SELF_SIGNED_CA_LEAF, WGET_SELF_SIGNED},
    {.fact = FACT_ROOT_NOT_TRUSTED, WGET_SELF_SIGNED},
    {.fact = FACT_EXPIRED, .bare = true, .text = WGET "  Issued certificate has expired."},
    {.fact = FACT_NOT_YET_VALID, .bare = true, .text = WGET "  Issued certificate not yet valid."},
    OPENSSL_NAME_WORDS(.bare = true, .limit = COMPARED_CN,
                       .text = "ERROR: certificate common name '{cn_last}' doesn't match requested "
                               "host name '{host}'."),
    OPENSSL_NAME_WORDS(.bare = true,
                       .text = "ERROR: no certificate subject alternative name matches | requested "
                               "host name '{host}'."),
    {.text = NULL},
};
static const char *const aliases_wget[] = {"wget-openssl", NULL};
static const struct alert_row alerts_wget[] = {{.rest = true, .alert = ALERT_NONE}};

const struct profile profile_wget_1_21_openssl = {
    .alerts = alerts_wget,
    .name = "wget@1.21-openssl",
    .title = "wget on OpenSSL",
    .aliases = aliases_wget,
    .parent = &profile_openssl_3_0,
    .page = "curl",
    .evidence = EVIDENCE_DOCUMENTED,
    .measured_with = "",
    .note = "OpenSSL with partial chains, as outside of Debian; compares names itself",
    .looks = "--crl-file=FILE",
    .store = "wget",
    .behaviour = &wget_openssl,
    .phases = phases_7,
    .pick = PICK_FIRST,
    .words = words_wget,
    .wrapper = WGET "  {message}",
    .failure_wrapper = "OpenSSL: error:{code}:{library}:{function}:{message}",
    .fallback = "certificate verify failed",
};
