/* SPDX-License-Identifier: Apache-2.0 */
/* GnuTLS 3.7 as git and wget use it on Debian. Evidence: data/profiles/gnutls.md. */
#include "judge/profile.h"

#define GNUTLS_3_7                                                                                 \
    .strategy = STRATEGY_LIST, .names = EQUAL_TEXT, .akid = AKID_KEY, .max_sent = 16,              \
    .anchor_pick = ANCHOR_LAST, .anchor_leaf_skips = SKIP_CRIT,                                    \
    .digests_denied = DENY_MD2 | DENY_MD4 | DENY_MD5 | DENY_SHA1, .min_rsa = 1024,                 \
    .ca_keys_denied = KEYS_SECP256K1, .leaf_keys_denied = KEYS_SECP256K1 | KEYS_BRAINPOOL,         \
    .cn = CN_NO_DNS_OR_IP_SAN, .cn_pick = CN_SINGLE, .empty_san = EMPTY_SAN_ABSENT,                \
    .partial_wildcards = WILD_SUFFIX, .wildcard_min_dots = 2, .leaf_eku_ignored = true,            \
    .eku_empty_ok = true, .chain_eku_ignored = true, .ku_zero_ok = true,                           \
    .pathlen_counts_self_issued = true, .policy = POLICY_CRITICAL_FATAL,                           \
    .critical = CRIT_KU | CRIT_SAN | CRIT_IAN | CRIT_BC | CRIT_NC | CRIT_CRLDP | CRIT_CP |         \
                CRIT_AKI | CRIT_SKI | CRIT_EKU | CRIT_IAP | CRIT_AIA | CRIT_TLSF | CRIT_PROXY,     \
    .nc_no_directory = true, .nc_unknown_fatal = true, .nc_leaf_only = true, .nc_on_cn = true,     \
    .must_staple = true, .min_version = 10,                                                        \
    .anomalies_fatal = ANOMALIES_FATAL_TO_ALL | ANOMALY_BIT(EXTENSIONS_NOT_V3) |                   \
                       ANOMALY_BIT(TRAILING) | ANOMALY_BIT(TBS_TRAILING) |                         \
                       ANOMALY_BIT(EXTENSION_DUPLICATE_UNKNOWN) | ANOMALY_BIT(TIME_OFFSET) |       \
                       ANOMALY_BIT(TIME_FRACTION)

static const struct behaviour git_2_39 = {GNUTLS_3_7, .keep_host_dot = true};
/* gnutls_session_enable_compatibility_mode: wget does not look at the leaf's keyUsage */
static const struct behaviour wget_1_21 = {GNUTLS_3_7, .leaf_ku = LEAF_KU_IGNORE};

/* The TLS layer before the chain, the chain before the name. */
static const struct phase git_phases[] = {
    {.fact = FACT_OLD_PROTOCOL, .phase = 0},
    {.fact = FACT_PATH_TOO_LONG, .phase = 1},
    {.fact = FACT_ANOMALY, .phase = 1},
    {.fact = FACT_UNPARSABLE, .phase = 1},
    {.fact = FACT_KEY_UNSUPPORTED, .phase = 1},
    {.fact = FACT_KEY_USAGE_LEAF, .phase = 1},
    {.fact = FACT_KEY_MISMATCH, .phase = 1},
    {.fact = FACT_ISSUER_NOT_FOUND, .phase = 2},
    {.fact = FACT_ROOT_NOT_TRUSTED, .phase = 2},
    {.fact = FACT_SELF_SIGNED_LEAF, .phase = 2},
    {.fact = FACT_SELF_SIGNED_CA_LEAF, .phase = 2},
    {.fact = FACT_NOT_A_CA, .phase = 3},
    {.fact = FACT_SIGNATURE_BAD, .phase = 4},
    {.fact = FACT_PATH_LENGTH, .phase = 4},
    {.fact = FACT_KEY_USAGE_CA, .phase = 4},
    {.fact = FACT_NAME_CONSTRAINT, .phase = 4},
    {.fact = FACT_CRITICAL_EXTENSION, .phase = 4},
    {.fact = FACT_WEAK_DIGEST, .phase = 5},
    {.fact = FACT_WEAK_KEY, .phase = 5},
    {.fact = FACT_NOT_YET_VALID, .phase = 6, .root_first = true},
    {.fact = FACT_EXPIRED, .phase = 7, .root_first = true},
    {.fact = FACT_CLIENT_CERTIFICATE, .phase = 2000},
    {.phase = -1},
};

#define GIT_HOST(fact_)                                                                            \
    {                                                                                              \
        .fact = (fact_), .bare = true,                                                             \
        .text = "fatal: unable to access '{url}/': SSL: certificate subject name ({cn}) does "     \
                "not match target host name '{host}'"                                              \
    }

static const struct words git_words[] = {
    GIT_HOST(FACT_NAME_MISMATCH),
    GIT_HOST(FACT_NAME_CN_ONLY),
    GIT_HOST(FACT_NAME_NO_SAN),
    GIT_HOST(FACT_NAME_IP_NOT_IN_SAN),
    GIT_HOST(FACT_NAME_WILDCARD_DEPTH),
    GIT_HOST(FACT_NAME_WILDCARD_PARTIAL),
    GIT_HOST(FACT_NAME_TRAILING_DOT),
    {.fact = FACT_PATH_TOO_LONG, .text = "server cert verify failed: -101"},
    {.fact = FACT_KEY_USAGE_LEAF,
     .text = "gnutls_handshake() failed: Key usage violation in certificate has been detected."},
    {.fact = FACT_KEY_UNSUPPORTED,
     .where = AT_LEAF,
     .text = "gnutls_handshake() failed: Handshake failed"},
    {.fact = FACT_KEY_MISMATCH,
     .text = "gnutls_handshake() failed: Public key signature verification has failed."},
    {.fact = FACT_CLIENT_CERTIFICATE,
     .only = ALERT_HANDSHAKE_FAILURE + 1,
     .text = "gnutls_handshake() failed: Handshake failed"},
    {.fact = FACT_CLIENT_CERTIFICATE,
     .text = "GnuTLS recv error (-12): A TLS fatal alert has been received."},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_EXTENSION_DUPLICATE + 1,
     .text = "gnutls_handshake() failed: Duplicate extension in X.509 certificate."},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_EXTENSION_DUPLICATE_UNKNOWN + 1,
     .text = "gnutls_handshake() failed: Duplicate extension in X.509 certificate."},
    {.fact = FACT_ANOMALY, .text = "gnutls_handshake() failed: Error in the certificate."},
    {.text = NULL},
};

static const char *const git_aliases[] = {"git", "git2.39", NULL};

const struct profile profile_git_2_39 = {
    .name = "git@2.39",
    .title = "git",
    .aliases = git_aliases,
    .evidence = EVIDENCE_MEASURED,
    .measured_with = "git 2.39.5 / libcurl-gnutls 7.88.1 / GnuTLS 3.7.9",
    .note = "GnuTLS: sorts what was sent and cuts it at the first trusted issuer; no EKU check",
    .store = "git",
    .behaviour = &git_2_39,
    .phases = git_phases,
    .pick = PICK_FIRST,
    .words = git_words,
    .wrapper = "fatal: unable to access '{url}/': {message}",
    .fallback = "server certificate verification failed. CAfile: none CRLfile: none",
};

#define WGET_ERROR "ERROR: The certificate of '{host}' is not trusted."
#define WGET_HOST(fact_)                                                                           \
    {                                                                                              \
        .fact = (fact_), .text = "The certificate's owner does not match hostname '{host}'"        \
    }

static const struct words wget_words[] = {
    {.fact = FACT_ISSUER_NOT_FOUND,
     .text = WGET_ERROR " | ERROR: The certificate of '{host}' doesn't have a known issuer."},
    {.fact = FACT_ROOT_NOT_TRUSTED,
     .text = WGET_ERROR " | ERROR: The certificate of '{host}' doesn't have a known issuer."},
    {.fact = FACT_SELF_SIGNED_LEAF,
     .text = WGET_ERROR " | ERROR: The certificate of '{host}' doesn't have a known issuer."},
    {.fact = FACT_SELF_SIGNED_CA_LEAF,
     .text = WGET_ERROR " | ERROR: The certificate of '{host}' doesn't have a known issuer."},
    {.fact = FACT_NOT_A_CA,
     .text = WGET_ERROR " | ERROR: The certificate signer of '{host}' was not a CA."},
    {.fact = FACT_WEAK_DIGEST,
     .text = WGET_ERROR " | ERROR: The certificate of '{host}' was signed using an insecure "
                        "algorithm."},
    {.fact = FACT_WEAK_KEY,
     .text = WGET_ERROR " | ERROR: The certificate of '{host}' was signed using an insecure "
                        "algorithm."},
    {.fact = FACT_EXPIRED,
     .where = AT_LEAF,
     .text = WGET_ERROR " | ERROR: The certificate of '{host}' has expired. | The certificate has "
                        "expired"},
    {.fact = FACT_EXPIRED, .text = WGET_ERROR " | ERROR: The certificate of '{host}' has expired."},
    {.fact = FACT_NOT_YET_VALID,
     .where = AT_LEAF,
     .text = WGET_ERROR " | ERROR: The certificate of '{host}' is not yet activated. | The "
                        "certificate has not yet been activated"},
    {.fact = FACT_NOT_YET_VALID,
     .text = WGET_ERROR " | ERROR: The certificate of '{host}' is not yet activated."},
    /* ssl_check_certificate() looks at the leaf's dates itself, wherever GnuTLS stopped */
    {.fact = FACT_EXPIRED, .where = AT_LEAF, .hidden = true, .text = "The certificate has expired"},
    {.fact = FACT_NOT_YET_VALID,
     .where = AT_LEAF,
     .hidden = true,
     .text = "The certificate has not yet been activated"},
    {.fact = FACT_PATH_TOO_LONG, .text = "ERROR: No certificate presented by {host}."},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_EXTENSION_DUPLICATE + 1,
     .text = "GnuTLS: Duplicate extension in X.509 certificate. | Unable to establish SSL "
             "connection."},
    {.fact = FACT_ANOMALY,
     .only = ANOMALY_EXTENSION_DUPLICATE_UNKNOWN + 1,
     .text = "GnuTLS: Duplicate extension in X.509 certificate. | Unable to establish SSL "
             "connection."},
    {.fact = FACT_ANOMALY,
     .text = "GnuTLS: Error in the certificate. | Unable to establish SSL connection."},
    {.fact = FACT_KEY_UNSUPPORTED,
     .where = AT_LEAF,
     .text = "GnuTLS: A TLS fatal alert has been received. | GnuTLS: received alert [40]: "
             "Handshake failed | Unable to establish SSL connection."},
    {.fact = FACT_KEY_MISMATCH,
     .text = "GnuTLS: Public key signature verification has failed. | Unable to establish SSL "
             "connection."},
    {.fact = FACT_CLIENT_CERTIFICATE,
     .only = ALERT_HANDSHAKE_FAILURE + 1,
     .text = "GnuTLS: A TLS fatal alert has been received. | GnuTLS: received alert [40]: "
             "Handshake failed | Unable to establish SSL connection."},
    {.fact = FACT_CLIENT_CERTIFICATE,
     .text = "Failed writing HTTP request: The specified session has been invalidated for some "
             "reason.."},
    WGET_HOST(FACT_NAME_MISMATCH),
    WGET_HOST(FACT_NAME_CN_ONLY),
    WGET_HOST(FACT_NAME_NO_SAN),
    WGET_HOST(FACT_NAME_IP_NOT_IN_SAN),
    WGET_HOST(FACT_NAME_WILDCARD_DEPTH),
    WGET_HOST(FACT_NAME_WILDCARD_PARTIAL),
    WGET_HOST(FACT_NAME_TRAILING_DOT),
    {.text = NULL},
};

static const char *const wget_aliases[] = {"wget", "wget1.21", NULL};

const struct profile profile_wget_1_21 = {
    .name = "wget@1.21",
    .title = "wget",
    .aliases = wget_aliases,
    .evidence = EVIDENCE_MEASURED,
    .measured_with = "wget 1.21.3 / GnuTLS 3.7.9",
    .note = "GnuTLS: sorts what was sent and cuts it at the first trusted issuer; no EKU, no "
            "keyUsage check",
    .store = "wget",
    .behaviour = &wget_1_21,
    .phases = git_phases,
    .pick = PICK_ALL,
    .separator = " | ",
    .words = wget_words,
    .fallback = WGET_ERROR,
    .hides = HIDES_BELOW_BAD,
};
