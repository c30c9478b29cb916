/* SPDX-License-Identifier: Apache-2.0 */
/* Postman and other programs on Electron: Node's tls on BoringSSL. Evidence:
 * data/profiles/postman.md. */
#include "judge/profiles/node.h"

/* BoringSSL has no security levels and knows neither MD4 nor MD5 in certificates. */
static const struct behaviour postman_11 = {
    OPENSSL_3,
    NODE,
    .digests_denied = DENY_MD2 | DENY_MD4 | DENY_MD5,
    .min_rsa = 512,
    .anomalies_fatal = ANOMALY_BIT(KEY_EXPLICIT_CURVE),
};

#define ALTNAMES "SSL Error: Hostname/IP does not match certificate's altnames"

static const struct words words[] = {
    OPENSSL_1_1_1_WORDS,
    OPENSSL_NAME_WORDS(.code = "ERR_TLS_CERT_ALTNAME_INVALID", .bare = true, .text = ALTNAMES),
    {.text = NULL},
};

static const char *const aliases[] = {"postman", "electron", "insomnia", NULL};
const struct profile profile_postman_11 = {
    .name = "postman@11",
    .title = "Postman",
    .aliases = aliases,
    .parent = &profile_node_20,
    .evidence = EVIDENCE_DOCUMENTED,
    .measured_with = "",
    .note = "Node's tls in Electron: bundled roots and its own CA setting, not the system's store",
    .looks = "",
    .store = "postman",
    .behaviour = &postman_11,
    .phases = node_phases,
    .pick = PICK_LAST,
    .words = words,
    .codes = node_codes,
    .wrapper = "SSL Error: {Message}",
    .failure_wrapper = "Error: {message}",
    .failure_code = "EPROTO",
    .fallback = "certificate verify failed",
};
