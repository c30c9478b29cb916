/* SPDX-License-Identifier: Apache-2.0 */
/* .NET on Linux: X509Chain and SslStream on OpenSSL. Evidence: data/profiles/dotnet.md. */
#include "judge/profiles/names.h"
#include "judge/profiles/openssl.h"

/* OpenSSL searches, in all stores at once and with what was fetched; any stored certificate may end
 * the search, and only a root makes it trusted (OpenSslX509ChainProcessor). Application policies
 * are .NET's own, and take anyExtendedKeyUsage. */
static const struct behaviour dotnet_8 = {
    OPENSSL_3,
    .fetches_aia = true,
    .partial_wildcards = 0,
    .keep_host_dot = false,
    .leaf_eku_any_refused = false,
    .chain_eku_any_refused = false,
    .chain_eku_sgc = false,
    .ns_cert_type = false,
};

/* X509ChainStatusFlags in numerical order, as Enum.ToString() lists them; names are told by
 * SslPolicyErrors, which hides the rest */
enum dotnet_phase {
    NAMES,
    NOT_TIME_VALID,
    NOT_SIGNATURE_VALID,
    NOT_VALID_FOR_USAGE,
    UNTRUSTED_ROOT,
    INVALID_EXTENSION,
    INVALID_POLICY,
    INVALID_BASIC_CONSTRAINTS,
    NAME_CONSTRAINTS,
    PARTIAL_CHAIN,
    WEAK_SIGNATURE,
    CRITICAL_EXTENSION,
    OTHER,
};

static const struct phase phases[] = {
    ROWS_OF_NAMES(.phase = NAMES),
    {.fact = FACT_OLD_PROTOCOL, .phase = NAMES},
    {.fact = FACT_KEY_MISMATCH, .phase = NAMES},
    {.fact = FACT_UNPARSABLE, .phase = NAMES},
    {.fact = FACT_KEY_UNSUPPORTED, .where = AT_LEAF, .phase = NAMES},
    {.fact = FACT_EXPIRED, .phase = NOT_TIME_VALID},
    {.fact = FACT_NOT_YET_VALID, .phase = NOT_TIME_VALID},
    {.fact = FACT_TIME_UNREADABLE, .phase = NOT_TIME_VALID},
    {.fact = FACT_SIGNATURE_BAD, .phase = NOT_SIGNATURE_VALID},
    {.fact = FACT_SIGNATURE_UNSUPPORTED, .phase = NOT_SIGNATURE_VALID},
    {.fact = FACT_EKU_MISSING, .phase = NOT_VALID_FOR_USAGE},
    {.fact = FACT_KEY_USAGE_LEAF, .phase = NOT_VALID_FOR_USAGE},
    {.fact = FACT_CA_AS_LEAF, .phase = NOT_VALID_FOR_USAGE},
    {.fact = FACT_ROOT_NOT_TRUSTED, .phase = UNTRUSTED_ROOT},
    {.fact = FACT_SELF_SIGNED_LEAF, .phase = UNTRUSTED_ROOT},
    {.fact = FACT_SELF_SIGNED_CA_LEAF, .phase = UNTRUSTED_ROOT},
    {.fact = FACT_ANCHOR_DISTRUSTED, .phase = UNTRUSTED_ROOT},
    {.fact = FACT_POLICY, .phase = INVALID_POLICY},
    {.fact = FACT_NOT_A_CA, .phase = INVALID_BASIC_CONSTRAINTS},
    {.fact = FACT_KEY_USAGE_CA, .phase = INVALID_BASIC_CONSTRAINTS},
    {.fact = FACT_PATH_LENGTH, .phase = INVALID_BASIC_CONSTRAINTS},
    {.fact = FACT_NAME_CONSTRAINT, .phase = NAME_CONSTRAINTS},
    {.fact = FACT_ISSUER_NOT_FOUND, .phase = PARTIAL_CHAIN},
    {.fact = FACT_ANCHOR_NOT_ROOT, .phase = PARTIAL_CHAIN},
    {.fact = FACT_PATH_TOO_LONG, .phase = PARTIAL_CHAIN},
    {.fact = FACT_WEAK_DIGEST, .phase = WEAK_SIGNATURE},
    {.fact = FACT_WEAK_KEY, .phase = WEAK_SIGNATURE},
    {.fact = FACT_CRITICAL_EXTENSION, .phase = CRITICAL_EXTENSION},
    {.fact = FACT_CLIENT_CERTIFICATE, .phase = OTHER},
    {.fact = FACT_ANOMALY, .phase = INVALID_EXTENSION},
    {.phase = -1},
};

#define DOTNET "System.Security.Authentication.AuthenticationException: "

static const struct words words[] = {
    ROWS_OF_NAMES(.bare = true, .code = "RemoteCertificateNameMismatch",
                  .text = DOTNET "The remote certificate is invalid according to the validation "
                                 "procedure: RemoteCertificateNameMismatch"),
    {.fact = FACT_OLD_PROTOCOL,
     .bare = true,
     .text =
         DOTNET "Authentication failed, see inner exception. (SSL Handshake failed with OpenSSL "
                "error - SSL_ERROR_SSL: legacy sigalg disallowed or unsupported)"},
    {.fact = FACT_KEY_MISMATCH,
     .bare = true,
     .text =
         DOTNET "Authentication failed, see inner exception. (SSL Handshake failed with OpenSSL "
                "error - SSL_ERROR_SSL: bad signature)"},
    {.fact = FACT_UNPARSABLE,
     .bare = true,
     .text =
         DOTNET "Authentication failed, see inner exception. (SSL Handshake failed with OpenSSL "
                "error - SSL_ERROR_SSL: ASN1 lib)"},
    {.fact = FACT_KEY_UNSUPPORTED,
     .where = AT_LEAF,
     .bare = true,
     .text =
         DOTNET "Authentication failed, see inner exception. (SSL Handshake failed with OpenSSL "
                "error - SSL_ERROR_SSL: sslv3 alert handshake failure)"},
    {.fact = FACT_CLIENT_CERTIFICATE,
     .bare = true,
     .text =
         DOTNET "Authentication failed, see inner exception. (SSL Handshake failed with OpenSSL "
                "error - SSL_ERROR_SSL: tlsv13 alert certificate required)"},
    {.fact = FACT_EXPIRED, .text = "NotTimeValid"},
    {.fact = FACT_NOT_YET_VALID, .text = "NotTimeValid"},
    {.fact = FACT_TIME_UNREADABLE, .text = "NotTimeValid"},
    {.fact = FACT_SIGNATURE_BAD, .text = "NotSignatureValid"},
    {.fact = FACT_SIGNATURE_UNSUPPORTED, .text = "NotSignatureValid"},
    {.fact = FACT_EKU_MISSING, .text = "NotValidForUsage"},
    {.fact = FACT_KEY_USAGE_LEAF, .text = "NotValidForUsage"},
    {.fact = FACT_CA_AS_LEAF, .text = "NotValidForUsage"},
    {.fact = FACT_ROOT_NOT_TRUSTED, .text = "UntrustedRoot"},
    {.fact = FACT_SELF_SIGNED_LEAF, .text = "UntrustedRoot"},
    {.fact = FACT_SELF_SIGNED_CA_LEAF, .text = "UntrustedRoot"},
    {.fact = FACT_ANCHOR_DISTRUSTED, .text = "ExplicitDistrust"},
    {.fact = FACT_POLICY, .text = "InvalidPolicyConstraints"},
    {.fact = FACT_NOT_A_CA, .text = "InvalidBasicConstraints"},
    {.fact = FACT_KEY_USAGE_CA, .text = "InvalidBasicConstraints"},
    {.fact = FACT_PATH_LENGTH, .text = "InvalidBasicConstraints"},
    {.fact = FACT_NAME_CONSTRAINT, .only = 2, .text = "HasExcludedNameConstraint"},
    {.fact = FACT_NAME_CONSTRAINT, .text = "HasNotPermittedNameConstraint"},
    {.fact = FACT_ISSUER_NOT_FOUND, .text = "PartialChain"},
    {.fact = FACT_ANCHOR_NOT_ROOT, .text = "PartialChain"},
    {.fact = FACT_PATH_TOO_LONG, .text = "PartialChain"},
    {.fact = FACT_WEAK_DIGEST, .text = "HasWeakSignature"},
    {.fact = FACT_WEAK_KEY, .text = "HasWeakSignature"},
    {.fact = FACT_KEY_UNSUPPORTED, .text = "NotSignatureValid"},
    {.fact = FACT_CRITICAL_EXTENSION, .text = "HasNotSupportedCriticalExtension"},
    {.fact = FACT_ANOMALY, .text = "InvalidExtension"},
    {.text = NULL},
};

static const char *const aliases[] = {"dotnet", ".net", "csharp", NULL};
const struct profile profile_dotnet_8 = {
    .name = "dotnet@8",
    .title = ".NET on Linux",
    .aliases = aliases,
    .evidence = EVIDENCE_DOCUMENTED,
    .measured_with = "",
    .note = "OpenSSL's search with what it fetches itself; shows the chain's flags, all of them",
    .revocation = "nothing",
    .looks = "HttpClientHandler.CheckCertificateRevocationList = true",
    .store = "openssl",
    .behaviour = &dotnet_8,
    .phases = phases,
    .pick = PICK_ALL,
    .separator = ", ",
    .words = words,
    .wrapper = DOTNET
    "The remote certificate is invalid because of errors in the certificate chain: {message}",
    .fallback = "PartialChain",
};
