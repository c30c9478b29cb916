/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that many clients share: they tell kinds of trouble with names, or with trust, no further
 * apart than this. */
#ifndef CERTWHY_JUDGE_PROFILES_NAMES_H
#define CERTWHY_JUDGE_PROFILES_NAMES_H

#include "judge/profile.h"

#if defined(__GNUC__)
/* a child restates what differs from its parent */
#pragma GCC diagnostic ignored "-Woverride-init"
#endif

/** One row each for whatever may be wrong with the names: of phases, or of words. */
#define ROWS_OF_NAMES(...)                                                                         \
    {.fact = FACT_NAME_MISMATCH, __VA_ARGS__}, {.fact = FACT_NAME_CN_ONLY, __VA_ARGS__},           \
        {.fact = FACT_NAME_NO_SAN, __VA_ARGS__}, {.fact = FACT_NAME_IP_NOT_IN_SAN, __VA_ARGS__},   \
        {.fact = FACT_NAME_WILDCARD_DEPTH, __VA_ARGS__},                                           \
        {.fact = FACT_NAME_WILDCARD_PARTIAL, __VA_ARGS__},                                         \
        {.fact = FACT_NAME_TRAILING_DOT, __VA_ARGS__},                                             \
    {                                                                                              \
        .fact = FACT_NAME_IDN, __VA_ARGS__                                                         \
    }

/** … for every way of a path to end without an anchor. */
#define ROWS_OF_TRUST(...)                                                                         \
    {.fact = FACT_ISSUER_NOT_FOUND, __VA_ARGS__}, {.fact = FACT_ROOT_NOT_TRUSTED, __VA_ARGS__},    \
        {.fact = FACT_SELF_SIGNED_LEAF, __VA_ARGS__},                                              \
        {.fact = FACT_SELF_SIGNED_CA_LEAF, __VA_ARGS__},                                           \
        {.fact = FACT_ANCHOR_NOT_ROOT, __VA_ARGS__},                                               \
    {                                                                                              \
        .fact = FACT_ANCHOR_DISTRUSTED, __VA_ARGS__                                                \
    }

enum { DENY_BROKEN = DENY_MD2 | DENY_MD4 | DENY_MD5, DENY_WEAK = DENY_BROKEN | DENY_SHA1 };

/** What decoders that know DER only refuse, each of them. */
#define ANOMALIES_OF_STYLE                                                                         \
    (ANOMALY_BIT(LONG_LENGTH) | ANOMALY_BIT(TIME_OFFSET) | ANOMALY_BIT(TIME_NO_SECONDS) |          \
     ANOMALY_BIT(TIME_FRACTION))

#endif
