/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's own program and its library's defaults. Evidence: data/profiles/openssl.md. */
#include "judge/profiles/openssl.h"

static const struct behaviour openssl_3_0 = {OPENSSL_3};

/* x509_vfy.c: the leaf's key, building, extensions, security level, then from the root down
 * signatures and times, name constraints, policies. */
static const struct phase openssl_phases[] = {
    {.fact = FACT_OLD_PROTOCOL, .phase = 0},
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
    {.fact = FACT_KEY_MISMATCH, .phase = 9},
    {.fact = FACT_CLIENT_CERTIFICATE, .phase = 10},
    {.phase = -1},
};

static const struct words openssl_words[] = {{.text = NULL}};

static const char *const openssl_aliases[] = {"openssl", "openssl3.0", NULL};

const struct profile profile_openssl_3_0 = {
    .name = "openssl@3.0",
    .title = "OpenSSL",
    .aliases = openssl_aliases,
    .evidence = EVIDENCE_MEASURED,
    .measured_with = "openssl s_client 3.0.22 (Debian, security level 2)",
    .note = "looks in the store first, takes one issuer per step and never comes back",
    .behaviour = &openssl_3_0,
    .phases = openssl_phases,
    .pick = PICK_FIRST,
    .words = openssl_words,
    .wrapper = "verify error:num={code}:{message}",
    .fallback = "certificate verify failed",
};
