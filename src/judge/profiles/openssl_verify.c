/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL 3.0 itself: X509_verify_cert as `openssl verify` calls it without options, but for a
 * server. tests/conformance compares it with libcrypto, verdict by verdict. */
#include "judge/profiles/openssl.h"

static const struct behaviour openssl_verify = {OPENSSL_VERIFY};

static const struct phase no_phases[] = {{.phase = -1}};
static const struct words no_words[] = {{.text = NULL}};
static const char *const aliases[] = {"openssl-verify", NULL};

const struct profile profile_openssl_verify = {
    .name = "openssl-verify@3.0",
    .title = "openssl verify",
    .aliases = aliases,
    .evidence = EVIDENCE_MEASURED,
    .measured_with = "OpenSSL 3.0.22",
    .note = "X509_verify_cert with its defaults, for a server",
    .behaviour = &openssl_verify,
    .phases = no_phases,
    .pick = PICK_FIRST,
    .words = no_words,
    .wrapper = "{message}",
    .fallback = "certificate verify failed",
};
