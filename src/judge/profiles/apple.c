/* SPDX-License-Identifier: Apache-2.0 */
/* macOS and iOS: SecTrust, which Safari, NSURLSession and Go on macOS ask. Evidence:
 * data/profiles/apple.md. */
#include "judge/profiles/names.h"

static const struct behaviour apple_15 = {
    .strategy = STRATEGY_DFS,
    .names = EQUAL_CANONICAL,
    .fetches_aia = true,
    .max_intermediates = 13, /* SecPathBuilder: MAX_CHAIN_LENGTH 15 */
    .anchor_issued_leaf = true,
    .anchor_eku = true,
    /* SecPolicyCreateSSL: kSecPolicyCheckKeySize, kSecPolicyCheckSignatureHashAlgorithms */
    .digests_denied = DENY_MD2 | DENY_MD4 | DENY_MD5 | DENY_SHA1,
    .min_rsa = 2048,
    .leaf_keys_denied = KEYS_P192 | KEYS_P224 | KEYS_SECP256K1 | KEYS_BRAINPOOL | KEYS_DSA,
    .ca_keys_denied = KEYS_P192 | KEYS_P224 | KEYS_SECP256K1 | KEYS_DSA,
    .cn = CN_NEVER, /* SecPolicyCheckCertSSLHostname */
    .wildcard_min_dots = 2,
    .leaf_eku_wanted = true,
    .leaf_ku = LEAF_KU_ANY_SERVER_USE,
    .policy = POLICY_PROCESS,
    .critical = CRIT_RFC5280 | CRIT_CRLDP | CRIT_AIA | CRIT_AKI | CRIT_SKI,
    .ct = CT_APPLE,
    .min_version = 12,
    /* SecRevocationServer.c: staples are read; who else is asked, the Valid list decides */
    .staple_fatal = STAPLE_REVOKED,
    .filter = "Valid",
    /* SecPolicyCheckValidityPeriodMaximums: 825 days under roots that are not Apple's choice */
    .max_days = 825,
    .max_days_since = 1561939200, /* 2019-07-01 */
    .anomalies_fatal = ANOMALIES_FATAL_TO_ALL,
};

static const struct phase phases[] = {
    {.fact = FACT_OLD_PROTOCOL, .phase = 0},
    {.fact = FACT_UNPARSABLE, .phase = 1},
    {.fact = FACT_ANOMALY, .phase = 1},
    {.fact = FACT_KEY_MISMATCH, .phase = 1},
    ROWS_OF_NAMES(.phase = 2),
    {.fact = FACT_WEAK_KEY, .phase = 3},
    {.fact = FACT_KEY_UNSUPPORTED, .phase = 3},
    {.fact = FACT_WEAK_DIGEST, .phase = 3},
    {.fact = FACT_EKU_MISSING, .phase = 4},
    {.fact = FACT_KEY_USAGE_LEAF, .phase = 4},
    {.fact = FACT_CA_AS_LEAF, .phase = 4},
    {.fact = FACT_VALID_TOO_LONG, .phase = 5},
    {.fact = FACT_CT_MISSING, .phase = 6},
    {.fact = FACT_CT_TOO_FEW, .phase = 6},
    {.fact = FACT_NOT_A_CA, .phase = 6},
    {.fact = FACT_KEY_USAGE_CA, .phase = 6},
    {.fact = FACT_PATH_LENGTH, .phase = 6},
    {.fact = FACT_NAME_CONSTRAINT, .phase = 6},
    {.fact = FACT_CRITICAL_EXTENSION, .phase = 6},
    {.fact = FACT_POLICY, .phase = 6},
    {.fact = FACT_EXPIRED, .phase = 7},
    {.fact = FACT_NOT_YET_VALID, .phase = 7},
    {.fact = FACT_TIME_UNREADABLE, .phase = 7},
    {.fact = FACT_REVOKED, .phase = 7, .step = 1},
    {.fact = FACT_SIGNATURE_BAD, .phase = 8},
    {.fact = FACT_SIGNATURE_UNSUPPORTED, .phase = 8},
    ROWS_OF_TRUST(.phase = 8),
    {.fact = FACT_PATH_TOO_LONG, .phase = 8},
    {.fact = FACT_CLIENT_CERTIFICATE, .phase = 9},
    {.phase = -1},
};

#define COMPLIANT .code = "-67602", .text = "“{subject}” certificate is not standards compliant"
#define TRUSTED .code = "-67843", .text = "“{subject}” certificate is not trusted"
#define EXPIRED .code = "-67818", .text = "“{subject}” certificate is expired"
#define USAGE .code = "-67609", .text = "“{subject}” certificate is not permitted for this usage"

static const struct words words[] = {
    ROWS_OF_NAMES(.code = "-67602", .text = "“{subject}” certificate name does not match input"),
    {.fact = FACT_ISSUER_NOT_FOUND,
     .code = "-25318",
     .text = "“{subject}” certificate is not trusted"},
    ROWS_OF_TRUST(TRUSTED),
    {.fact = FACT_PATH_TOO_LONG, TRUSTED},
    {.fact = FACT_REVOKED, .code = "-67820", .text = "“{subject}” certificate is revoked"},
    {.fact = FACT_EXPIRED, EXPIRED},
    {.fact = FACT_NOT_YET_VALID, EXPIRED}, /* TemporalValidity is one check */
    {.fact = FACT_TIME_UNREADABLE, EXPIRED},
    {.fact = FACT_VALID_TOO_LONG,
     .code = "-67901",
     .text = "“{subject}” certificate is not standards compliant"},
    {.fact = FACT_CT_MISSING, COMPLIANT},
    {.fact = FACT_CT_TOO_FEW, COMPLIANT},
    {.fact = FACT_WEAK_KEY,
     .code = "-67762",
     .text = "“{subject}” certificate is using a broken key size"},
    {.fact = FACT_KEY_UNSUPPORTED,
     .code = "-67762",
     .text = "“{subject}” certificate is using a broken key size"},
    {.fact = FACT_WEAK_DIGEST,
     .code = "-67754",
     .text = "“{subject}” certificate is using a broken signature algorithm"},
    {.fact = FACT_SIGNATURE_BAD, TRUSTED},
    {.fact = FACT_SIGNATURE_UNSUPPORTED, TRUSTED},
    {.fact = FACT_EKU_MISSING, USAGE},
    {.fact = FACT_KEY_USAGE_LEAF, USAGE},
    {.fact = FACT_CA_AS_LEAF, USAGE},
    {.fact = FACT_NOT_A_CA, COMPLIANT},
    {.fact = FACT_KEY_USAGE_CA, COMPLIANT},
    {.fact = FACT_PATH_LENGTH, COMPLIANT},
    {.fact = FACT_NAME_CONSTRAINT, COMPLIANT},
    {.fact = FACT_CRITICAL_EXTENSION, COMPLIANT},
    {.fact = FACT_POLICY, COMPLIANT},
    {.fact = FACT_UNPARSABLE, COMPLIANT},
    {.fact = FACT_ANOMALY, COMPLIANT},
    {.fact = FACT_KEY_MISMATCH, .code = "-9820", .text = "errSSLBadRecordMac"},
    {.fact = FACT_OLD_PROTOCOL, .code = "-9836", .text = "bad protocol version"},
    {.fact = FACT_CLIENT_CERTIFICATE,
     .code = "-1206",
     .text = "The server “{host}” requires a client certificate."},
    {.text = NULL},
};

static const char *const aliases[] = {"apple", "macos", "ios", "safari", "sectrust", NULL};
const struct profile profile_apple_15 = {
    .name = "apple@15",
    .title = "Apple (SecTrust)",
    .aliases = aliases,
    .evidence = EVIDENCE_DOCUMENTED,
    .measured_with = "",
    .note =
        "best path of all, fetches missing issuers by AIA; at most 825 days under a private root",
    .revocation = "checks what is stapled, and the Valid list for public roots",
    .looks = "in the app: SecPolicyCreateRevocation(kSecRevocationUseAnyAvailableMethod)",
    .store = "apple",
    .behaviour = &apple_15,
    .phases = phases,
    .pick = PICK_FIRST,
    .words = words,
    .wrapper = NULL,
    .fallback = "“{subject}” certificate is not trusted",
};
