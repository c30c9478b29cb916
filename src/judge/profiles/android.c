/* SPDX-License-Identifier: Apache-2.0 */
/* Android: Conscrypt's TrustManagerImpl and OkHttp's host names. Evidence:
 * data/profiles/android.md. */
#include "judge/profiles/names.h"

static const struct behaviour android_14 = {
    .strategy = STRATEGY_DFS,
    .names = EQUAL_CANONICAL,
    .anchor_issued_leaf = true,
    .anchor_time_ignored = true,
    .anchor_nc_ignored = true,
    .anchor_pathlen_ignored = true,
    .anchor_crit_ignored = true,
    .anchor_bc = ANCHOR_BC_NONE,
    .anchor_cert_sign_ignored = true,
    .digests_denied = DENY_MD2 | DENY_MD4 | DENY_MD5,
    .min_rsa = 1024,
    .leaf_keys_denied = KEYS_SECP256K1 | KEYS_BRAINPOOL | KEYS_PSS | KEYS_ED448 | KEYS_DSA,
    .cn = CN_NEVER, /* OkHostnameVerifier, since Android 9 */
    .wildcard_min_dots = 2,
    .chain_eku_ignored = true,
    .leaf_ku = LEAF_KU_ANY_SERVER_USE,
    .policy = POLICY_PROCESS,
    .critical = CRIT_RFC5280,
    .min_version = 12,
    .anomalies_fatal = ANOMALIES_FATAL_TO_ALL,
};

static const struct phase phases[] = {
    {.fact = FACT_OLD_PROTOCOL, .phase = 0},
    {.fact = FACT_UNPARSABLE, .phase = 1},
    {.fact = FACT_ANOMALY, .phase = 1},
    {.fact = FACT_KEY_UNSUPPORTED, .phase = 1},
    ROWS_OF_TRUST(.phase = 2),
    {.fact = FACT_PATH_TOO_LONG, .phase = 2},
    {.fact = FACT_SIGNATURE_BAD, .phase = 3, .root_first = true},
    {.fact = FACT_SIGNATURE_UNSUPPORTED, .phase = 3, .root_first = true},
    {.fact = FACT_WEAK_DIGEST, .phase = 3, .root_first = true},
    {.fact = FACT_WEAK_KEY, .phase = 3, .root_first = true},
    {.fact = FACT_EXPIRED, .phase = 3, .root_first = true, .step = 1},
    {.fact = FACT_NOT_YET_VALID, .phase = 3, .root_first = true, .step = 1},
    {.fact = FACT_TIME_UNREADABLE, .phase = 3, .root_first = true, .step = 1},
    {.fact = FACT_NOT_A_CA, .phase = 3, .root_first = true, .step = 2},
    {.fact = FACT_KEY_USAGE_CA, .phase = 3, .root_first = true, .step = 2},
    {.fact = FACT_PATH_LENGTH, .phase = 3, .root_first = true, .step = 2},
    {.fact = FACT_NAME_CONSTRAINT, .phase = 3, .root_first = true, .step = 3},
    {.fact = FACT_POLICY, .phase = 3, .root_first = true, .step = 4},
    {.fact = FACT_CRITICAL_EXTENSION, .phase = 3, .root_first = true, .step = 5},
    {.fact = FACT_EKU_MISSING, .phase = 4},
    {.fact = FACT_KEY_USAGE_LEAF, .phase = 4},
    {.fact = FACT_CA_AS_LEAF, .phase = 4},
    {.fact = FACT_KEY_MISMATCH, .phase = 5},
    ROWS_OF_NAMES(.phase = 6),
    {.fact = FACT_CLIENT_CERTIFICATE, .phase = 7},
    {.phase = -1},
};

#define PATH "java.security.cert.CertPathValidatorException: "
#define ANCHOR .text = PATH "Trust anchor for certification path not found."

static const struct words words[] = {
    ROWS_OF_NAMES(.bare = true,
                  .text = "javax.net.ssl.SSLPeerUnverifiedException: Hostname {host} not verified"),
    ROWS_OF_TRUST(ANCHOR),
    {.fact = FACT_PATH_TOO_LONG, ANCHOR},
    {.fact = FACT_EXPIRED, .text = PATH "Certificate expired at {limit}"},
    {.fact = FACT_NOT_YET_VALID, .text = PATH "Certificate not valid until {limit}"},
    {.fact = FACT_TIME_UNREADABLE, .text = PATH "Could not parse certificate"},
    {.fact = FACT_SIGNATURE_BAD, .text = PATH "signature check failed"},
    {.fact = FACT_SIGNATURE_UNSUPPORTED, .text = PATH "signature check failed"},
    {.fact = FACT_WEAK_DIGEST, .text = PATH "Algorithm constraints check failed"},
    {.fact = FACT_WEAK_KEY, .text = PATH "Algorithm constraints check failed"},
    {.fact = FACT_KEY_UNSUPPORTED,
     .bare = true,
     .text = "javax.net.ssl.SSLHandshakeException: SSLV3_ALERT_HANDSHAKE_FAILURE"},
    {.fact = FACT_NOT_A_CA,
     .text = PATH "basic constraints check failed: this is not a CA certificate"},
    {.fact = FACT_KEY_USAGE_CA,
     .text = PATH "CA key usage check failed: keyCertSign bit is not set"},
    {.fact = FACT_PATH_LENGTH,
     .text = PATH "basic constraints check failed: pathLenConstraint violated"},
    {.fact = FACT_NAME_CONSTRAINT, .text = PATH "name constraints check failed"},
    {.fact = FACT_POLICY, .text = PATH "non-null policy tree required and policy tree is null"},
    {.fact = FACT_CRITICAL_EXTENSION, .text = PATH "unrecognized critical extension(s)"},
    {.fact = FACT_EKU_MISSING,
     .text = "java.security.cert.CertificateException: The certificate is not valid for server "
             "authentication"},
    {.fact = FACT_KEY_USAGE_LEAF,
     .text = "java.security.cert.CertificateException: The certificate is not valid for server "
             "authentication"},
    {.fact = FACT_CA_AS_LEAF,
     .text = "java.security.cert.CertificateException: The certificate is not valid for server "
             "authentication"},
    {.fact = FACT_UNPARSABLE, .text = "java.security.cert.CertificateParsingException"},
    {.fact = FACT_ANOMALY, .text = "java.security.cert.CertificateParsingException"},
    {.fact = FACT_KEY_MISMATCH,
     .bare = true,
     .text = "javax.net.ssl.SSLHandshakeException: BAD_SIGNATURE"},
    {.fact = FACT_OLD_PROTOCOL,
     .bare = true,
     .text = "javax.net.ssl.SSLHandshakeException: UNSUPPORTED_PROTOCOL"},
    {.fact = FACT_CLIENT_CERTIFICATE,
     .bare = true,
     .text = "javax.net.ssl.SSLHandshakeException: TLSV1_ALERT_CERTIFICATE_REQUIRED"},
    {.text = NULL},
};

static const char *const aliases[] = {"android", "conscrypt", "okhttp", NULL};
const struct profile profile_android_14 = {
    .name = "android@14",
    .title = "Android apps",
    .aliases = aliases,
    .evidence = EVIDENCE_DOCUMENTED,
    .measured_with = "",
    .note = "fetches nothing; roots that a user installs count only where an app says so",
    .store = "android",
    .behaviour = &android_14,
    .phases = phases,
    .pick = PICK_FIRST,
    .words = words,
    .wrapper = "javax.net.ssl.SSLHandshakeException: {message}",
    .fallback = PATH "Trust anchor for certification path not found.",
};
