/* SPDX-License-Identifier: Apache-2.0 */
/* Windows: CryptoAPI's chains as Schannel uses them. Evidence: data/profiles/windows.md. */
#include "judge/profiles/names.h"

/* CertGetCertificateChain builds all simple chains and takes the best. */
static const struct behaviour windows_10 = {
    .strategy = STRATEGY_DFS,
    .names = EQUAL_CANONICAL,
    .fetches_aia = true,
    .fetches_ldap = true,
    .anchor_issued_leaf = false,
    .anchor_eku = true,
    .digests_denied = DENY_MD2 | DENY_MD4 | DENY_MD5,
    .min_rsa = 1024,
    .cn = CN_NO_DNS_SAN,
    .cn_pick = CN_ANY,
    .empty_san = EMPTY_SAN_ABSENT,
    .wildcard_min_dots = 2,
    .leaf_ku = LEAF_KU_ANY_SERVER_USE,
    .policy = POLICY_IGNORE,
    .critical = CRIT_RFC5280 | CRIT_CRLDP | CRIT_AIA | CRIT_AKI | CRIT_SKI | CRIT_IAN,
    .min_version = 12,
    .max_version = 12, /* Schannel has TLS 1.3 since Windows 11 and Server 2022 */
    /* CERT_CHAIN_REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT, as WinINet and WinHTTP ask for it */
    .staple_fatal = STAPLE_REVOKED,
    .asks_ocsp = LOOKUP_SOFT,
    .asks_crl = LOOKUP_SOFT,
    .asks_for_cas = true,
    .anomalies_fatal = ANOMALIES_FATAL_TO_ALL,
};

/* CertVerifyCertificateChainPolicy(CERT_CHAIN_POLICY_SSL): its order of precedence */
static const struct phase phases[] = {
    {.fact = FACT_OLD_PROTOCOL, .phase = 0},
    {.fact = FACT_UNPARSABLE, .phase = 1},
    {.fact = FACT_ANOMALY, .phase = 1},
    {.fact = FACT_KEY_UNSUPPORTED, .phase = 1},
    {.fact = FACT_KEY_MISMATCH, .phase = 1},
    {.fact = FACT_SIGNATURE_BAD, .phase = 2},
    {.fact = FACT_SIGNATURE_UNSUPPORTED, .phase = 2},
    {.fact = FACT_WEAK_DIGEST, .phase = 2},
    {.fact = FACT_WEAK_KEY, .phase = 2},
    ROWS_OF_TRUST(.phase = 3),
    {.fact = FACT_PATH_TOO_LONG, .phase = 3},
    {.fact = FACT_NOT_A_CA, .phase = 4},
    {.fact = FACT_KEY_USAGE_CA, .phase = 4},
    {.fact = FACT_PATH_LENGTH, .phase = 4},
    {.fact = FACT_NAME_CONSTRAINT, .phase = 4},
    {.fact = FACT_CRITICAL_EXTENSION, .phase = 4},
    {.fact = FACT_POLICY, .phase = 4},
    {.fact = FACT_EKU_MISSING, .phase = 5},
    {.fact = FACT_KEY_USAGE_LEAF, .phase = 5},
    {.fact = FACT_CA_AS_LEAF, .phase = 5},
    {.fact = FACT_EXPIRED, .phase = 6},
    {.fact = FACT_NOT_YET_VALID, .phase = 6},
    {.fact = FACT_TIME_UNREADABLE, .phase = 6},
    {.fact = FACT_REVOKED, .phase = 6, .step = 1},
    {.fact = FACT_CA_REVOKED, .phase = 6, .step = 1},
    ROWS_OF_NAMES(.phase = 7),
    {.fact = FACT_CLIENT_CERTIFICATE, .phase = 8},
    {.phase = -1},
};

#define UNKNOWN                                                                                    \
    .code = "0x80090327",                                                                          \
    .text = "SEC_E_CERT_UNKNOWN (0x80090327) - An unknown error occurred while processing the "    \
            "certificate."
#define EXPIRED                                                                                    \
    .code = "0x80090328",                                                                          \
    .text = "SEC_E_CERT_EXPIRED (0x80090328) - The received certificate has expired."
#define REVOKED                                                                                    \
    .code = "0x80092010", .text = "CRYPT_E_REVOKED (0x80092010) - The certificate is revoked."
#define USAGE                                                                                      \
    .code = "0x800b0110", .text =                                                                  \
                              "CERT_E_WRONG_USAGE (0x800b0110) - The certificate is not valid "    \
                              "for the requested usage."

static const struct words words[] = {
    ROWS_OF_TRUST(.code = "0x80090325",
                  .text = "SEC_E_UNTRUSTED_ROOT (0x80090325) - The certificate chain was issued by "
                          "an authority that is not trusted."),
    ROWS_OF_NAMES(.code = "0x80090322",
                  .text = "SEC_E_WRONG_PRINCIPAL (0x80090322) - The target principal name is "
                          "incorrect."),
    {.fact = FACT_REVOKED, REVOKED},
    {.fact = FACT_CA_REVOKED, REVOKED},
    {.fact = FACT_EXPIRED, EXPIRED},
    {.fact = FACT_NOT_YET_VALID, EXPIRED},
    {.fact = FACT_TIME_UNREADABLE, UNKNOWN},
    {.fact = FACT_SIGNATURE_BAD,
     .code = "0x80096004",
     .text = "TRUST_E_CERT_SIGNATURE (0x80096004) - The signature of the certificate cannot be "
             "verified."},
    {.fact = FACT_SIGNATURE_UNSUPPORTED, UNKNOWN},
    {.fact = FACT_WEAK_DIGEST, UNKNOWN},
    {.fact = FACT_WEAK_KEY, UNKNOWN},
    {.fact = FACT_KEY_UNSUPPORTED, UNKNOWN},
    {.fact = FACT_PATH_TOO_LONG, UNKNOWN},
    {.fact = FACT_NOT_A_CA,
     .code = "0x80096019",
     .text = "TRUST_E_BASIC_CONSTRAINTS (0x80096019) - A certificate's basic constraint extension "
             "has not been observed."},
    {.fact = FACT_KEY_USAGE_CA, UNKNOWN},
    {.fact = FACT_PATH_LENGTH,
     .code = "0x80096019",
     .text = "TRUST_E_BASIC_CONSTRAINTS (0x80096019) - A certificate's basic constraint extension "
             "has not been observed."},
    {.fact = FACT_NAME_CONSTRAINT,
     .code = "0x800b0114",
     .text = "CERT_E_INVALID_NAME (0x800b0114) - The certificate has an invalid name."},
    {.fact = FACT_CRITICAL_EXTENSION, UNKNOWN},
    {.fact = FACT_POLICY,
     .code = "0x800b0113",
     .text = "CERT_E_INVALID_POLICY (0x800b0113) - The certificate has invalid policy."},
    {.fact = FACT_EKU_MISSING, USAGE},
    {.fact = FACT_KEY_USAGE_LEAF, USAGE},
    {.fact = FACT_CA_AS_LEAF, USAGE},
    {.fact = FACT_UNPARSABLE, UNKNOWN},
    {.fact = FACT_ANOMALY, UNKNOWN},
    {.fact = FACT_KEY_MISMATCH,
     .code = "0x8009030f",
     .text = "SEC_E_MESSAGE_ALTERED (0x8009030f) - The message or signature supplied for "
             "verification has been altered."},
    {.fact = FACT_OLD_PROTOCOL,
     .code = "0x80090331",
     .text = "SEC_E_ALGORITHM_MISMATCH (0x80090331) - The client and server cannot communicate, "
             "because they do not possess a common algorithm."},
    {.fact = FACT_CLIENT_CERTIFICATE,
     .code = "0x80090326",
     .text = "SEC_E_ILLEGAL_MESSAGE (0x80090326) - The message received was unexpected or badly "
             "formatted."},
    {.text = NULL},
};

static const char *const aliases[] = {"windows", "schannel", "powershell", "edge-windows", NULL};
const struct profile profile_windows_10 = {
    .name = "windows@10",
    .title = "Windows (Schannel)",
    .aliases = aliases,
    .evidence = EVIDENCE_DOCUMENTED,
    .measured_with = "",
    .note = "builds every chain, fetches missing issuers by AIA and roots from Microsoft's list",
    .revocation = "asks OCSP and CRL where the program wants it, and goes on without an answer",
    .looks = "in .NET CheckCertificateRevocationList = true; curl.exe looks unless --ssl-no-revoke",
    .store = "windows",
    .behaviour = &windows_10,
    .phases = phases,
    .pick = PICK_FIRST,
    .words = words,
    .wrapper = NULL,
    .fallback = "SEC_E_CERT_UNKNOWN (0x80090327) - An unknown error occurred while processing the "
                "certificate.",
};
