/* SPDX-License-Identifier: Apache-2.0 */
/* curl on OpenSSL. Evidence: data/profiles/curl.md. */
#include "judge/profiles/openssl.h"

static const struct behaviour curl_7_88 = {
    OPENSSL_3,
    /* X509_V_FLAG_PARTIAL_CHAIN since curl 7.68 */
    .anchor_must_be_root = false,
    .anchor_issued_leaf = true,
    /* curl compares names itself: lib/vtls/openssl.c ossl_verifyhost, hostcheck.c */
    .cn = CN_NO_DNS_OR_IP_SAN,
    .cn_pick = CN_LAST,
    .cn_ip = true,
    .partial_wildcards = 0,
    .keep_host_dot = false,
    .strip_san_dot = true,
    .underscore = UNDERSCORE_ANY,
    .anomalies_fatal = ANOMALIES_FATAL_TO_ALL | ANOMALY_BIT(SERIAL_PADDED) | ANOMALY_BIT(TRAILING) |
                       ANOMALY_BIT(TBS_TRAILING) | ANOMALY_BIT(NAME_UTF8) |
                       ANOMALY_BIT(TIME_OFFSET) | ANOMALY_BIT(TIME_NO_SECONDS) |
                       ANOMALY_BIT(TIME_FRACTION) | ANOMALY_BIT(NAME_EMPTY_ISSUER),
};

/* x509_vfy.c: the leaf's key, building, extensions, security level, then from the root down
 * signatures and times, name constraints, policies; curl looks at names last. */
static const struct phase curl_phases[] = {
    {.fact = FACT_UNPARSABLE, .phase = 1},
    {.fact = FACT_WEAK_KEY, .phase = 2, .where = AT_LEAF},
    {.fact = FACT_ISSUER_NOT_FOUND, .phase = 3},
    {.fact = FACT_ANCHOR_NOT_ROOT, .phase = 3},
    {.fact = FACT_ROOT_NOT_TRUSTED, .phase = 3},
    {.fact = FACT_SELF_SIGNED_LEAF, .phase = 3},
    {.fact = FACT_SELF_SIGNED_CA_LEAF, .phase = 3},
    {.fact = FACT_PATH_TOO_LONG, .phase = 3},
    {.fact = FACT_CRITICAL_EXTENSION, .phase = 4},
    {.fact = FACT_NOT_A_CA, .phase = 4},
    {.fact = FACT_KEY_USAGE_CA, .phase = 4},
    {.fact = FACT_KEY_USAGE_LEAF, .phase = 4},
    {.fact = FACT_EKU_MISSING, .phase = 4},
    {.fact = FACT_PATH_LENGTH, .phase = 4},
    {.fact = FACT_WEAK_KEY, .phase = 5},
    {.fact = FACT_WEAK_DIGEST, .phase = 5},
    {.fact = FACT_ANOMALY, .phase = 6},
    {.fact = FACT_SIGNATURE_BAD, .phase = 7, .root_first = true},
    {.fact = FACT_SIGNATURE_UNSUPPORTED, .phase = 7, .root_first = true},
    {.fact = FACT_EXPIRED, .phase = 7, .root_first = true},
    {.fact = FACT_NOT_YET_VALID, .phase = 7, .root_first = true},
    {.fact = FACT_TIME_UNREADABLE, .phase = 7, .root_first = true},
    {.fact = FACT_NAME_CONSTRAINT, .phase = 8},
    {.fact = FACT_KEY_UNSUPPORTED, .phase = 8},
    {.fact = FACT_OLD_PROTOCOL, .phase = 9}, /* at the key exchange, after the certificate */
    {.fact = FACT_KEY_MISMATCH, .phase = 9},
    {.fact = FACT_CLIENT_CERTIFICATE, .phase = 2000}, /* TLS 1.3: when the handshake is over */
    {.phase = -1},
};

#define CURL_HOST(fact_)                                                                           \
    {                                                                                              \
        .fact = (fact_), .bare = true, .code = "60",                                               \
        .text = "curl: (60) SSL: no alternative certificate subject name matches target host "     \
                "name '{host}'"                                                                    \
    }

/* lib/vtls/openssl.c ossl_verifyhost: the Common Name counts, and is named, where there is no SAN
 */
#define CURL_CN(fact_)                                                                             \
    {                                                                                              \
        .fact = (fact_), .only = 1, .bare = true, .code = "60",                                    \
        .text = "curl: (60) SSL: certificate subject name '{cn}' does not match target host name " \
                "'{host}'"                                                                         \
    }

static const struct words curl_words[] = {
    {.fact = FACT_ISSUER_NOT_FOUND, .code = "20", .text = "unable to get local issuer certificate"},
    {.fact = FACT_ANCHOR_NOT_ROOT, .code = "2", .text = "unable to get issuer certificate"},
    {.fact = FACT_ROOT_NOT_TRUSTED,
     .code = "19",
     .text = "self-signed certificate in certificate chain"},
    {.fact = FACT_SELF_SIGNED_LEAF, .code = "18", .text = "self-signed certificate"},
    {.fact = FACT_SELF_SIGNED_CA_LEAF, .code = "18", .text = "self-signed certificate"},
    {.fact = FACT_PATH_TOO_LONG, .code = "22", .text = "certificate chain too long"},
    {.fact = FACT_EXPIRED, .code = "10", .text = "certificate has expired"},
    {.fact = FACT_NOT_YET_VALID, .code = "9", .text = "certificate is not yet valid"},
    {.fact = FACT_TIME_UNREADABLE,
     .code = "13",
     .text = "format error in certificate's notBefore field"},
    {.fact = FACT_CRITICAL_EXTENSION, .code = "34", .text = "unhandled critical extension"},
    {.fact = FACT_NOT_A_CA, .code = "79", .text = "invalid CA certificate"},
    {.fact = FACT_KEY_USAGE_CA, .code = "79", .text = "invalid CA certificate"},
    {.fact = FACT_KEY_USAGE_LEAF, .code = "26", .text = "unsuitable certificate purpose"},
    {.fact = FACT_EKU_MISSING, .code = "26", .text = "unsuitable certificate purpose"},
    {.fact = FACT_PATH_LENGTH, .code = "25", .text = "path length constraint exceeded"},
    {.fact = FACT_WEAK_KEY, .where = AT_LEAF, .code = "66", .text = "EE certificate key too weak"},
    {.fact = FACT_WEAK_KEY, .code = "67", .text = "CA certificate key too weak"},
    {.fact = FACT_WEAK_DIGEST, .code = "68", .text = "CA signature digest algorithm too weak"},
    {.fact = FACT_NAME_CONSTRAINT, .code = "47", .text = "{subtree} subtree violation"},
    {.fact = FACT_POLICY, .code = "43", .text = "no explicit policy"},
    {.fact = FACT_SIGNATURE_BAD,
     .code = "7",
     .bare = true,
     .text = "curl: (35) OpenSSL/3.0.22: {signature_error}"},
    {.fact = FACT_SIGNATURE_UNSUPPORTED, .code = "7", .text = "certificate signature failure"},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_KEY_EXPLICIT_CURVE + 1,
     .code = "94",
     .text = "Certificate public key has explicit ECC parameters"},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_TIME_NO_SECONDS + 1,
     .code = "13",
     .text = "format error in certificate's notBefore field"},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_TIME_OFFSET + 1,
     .code = "13",
     .text = "format error in certificate's notBefore field"},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_EXTENSION_DUPLICATE + 1,
     .code = "35",
     .bare = true,
     .text = "curl: (35) OpenSSL/3.0.22: error:1100009E:X509 V3 routines::invalid certificate"},
    {.fact = FACT_KEY_UNSUPPORTED,
     .code = "35",
     .bare = true,
     .text = "curl: (35) OpenSSL/3.0.22: error:0A000410:SSL routines::sslv3 alert handshake "
             "failure"},
    {.fact = FACT_OLD_PROTOCOL,
     .code = "35",
     .bare = true,
     .text = "curl: (35) OpenSSL/3.0.22: error:0A00014D:SSL routines::legacy sigalg disallowed or "
             "unsupported"},
    {.fact = FACT_KEY_MISMATCH,
     .code = "35",
     .bare = true,
     .text = "curl: (35) OpenSSL/3.0.22: error:0A00007B:SSL routines::bad signature"},
    {.fact = FACT_CLIENT_CERTIFICATE,
     .only = ALERT_HANDSHAKE_FAILURE + 1,
     .code = "35",
     .bare = true,
     .text = "curl: (35) OpenSSL/3.0.22: error:0A000410:SSL routines::sslv3 alert handshake "
             "failure"},
    {.fact = FACT_CLIENT_CERTIFICATE,
     .code = "56",
     .bare = true,
     .text = "curl: (56) OpenSSL SSL_read: OpenSSL/3.0.22: error:0A00045C:SSL routines::tlsv13 "
             "alert certificate required, errno 0"},
    CURL_CN(FACT_NAME_CN_ONLY),
    CURL_CN(FACT_NAME_MISMATCH),
    CURL_CN(FACT_NAME_WILDCARD_DEPTH),
    {.fact = FACT_NAME_NO_SAN,
     .only = 1,
     .code = "60",
     .bare = true,
     .text = "curl: (60) SSL: unable to obtain common name from peer certificate"},
    CURL_HOST(FACT_NAME_CN_ONLY),
    CURL_HOST(FACT_NAME_MISMATCH),
    CURL_HOST(FACT_NAME_NO_SAN),
    CURL_HOST(FACT_NAME_IP_NOT_IN_SAN),
    CURL_HOST(FACT_NAME_WILDCARD_DEPTH),
    CURL_HOST(FACT_NAME_WILDCARD_PARTIAL),
    CURL_HOST(FACT_NAME_TRAILING_DOT),
    {.text = NULL},
};

static const char *const curl_aliases[] = {"curl", "curl7.88", NULL};

const struct profile profile_curl_7_88 = {
    .name = "curl@7.88",
    .title = "curl",
    .aliases = curl_aliases,
    .evidence = EVIDENCE_MEASURED,
    .measured_with = "curl 7.88.1 / OpenSSL 3.0.22",
    .note = "OpenSSL: looks in the store first, takes one issuer per step and never comes back",
    .store = "curl",
    .behaviour = &curl_7_88,
    .phases = curl_phases,
    .pick = PICK_FIRST,
    .words = curl_words,
    .wrapper = "curl: (60) SSL certificate problem: {message}",
    .fallback = "certificate verify failed",
};
