/* SPDX-License-Identifier: Apache-2.0 */
/* What the clients that stand on OpenSSL share: its behaviour, for each to name and change. */
#ifndef CERTWHY_JUDGE_PROFILES_OPENSSL_H
#define CERTWHY_JUDGE_PROFILES_OPENSSL_H

#include "judge/profile.h"

#define OPENSSL_3                                                                                  \
    .strategy = STRATEGY_GREEDY, .names = EQUAL_CANONICAL, .akid = AKID_KEY_AND_SERIAL,            \
    .anchor_pick = ANCHOR_FIRST, .anchor_must_be_root = true, .anchor_bc = ANCHOR_BC_OR_CERT_SIGN, \
    .anchor_v1 = ANCHOR_V1_SELF_SIGNED, .anchor_eku = true,                                        \
    .digests_denied = DENY_MD2 | DENY_MD4 | DENY_MD5 | DENY_SHA1, .min_rsa = 1964,                 \
    .leaf_keys_denied = KEYS_SECP256K1 | KEYS_BRAINPOOL, .cn = CN_NO_DNS_SAN,                      \
    .empty_san = EMPTY_SAN_ABSENT, .partial_wildcards = WILD_PREFIX | WILD_SUFFIX,                 \
    .wildcard_min_dots = 2, .keep_host_dot = true, .underscore = UNDERSCORE_EXACT,                 \
    .leaf_eku_any_refused = true, .chain_eku_any_refused = true, .chain_eku_sgc = true,            \
    .leaf_ku = LEAF_KU_ANY_SERVER_USE, .ns_cert_type = true, .nc_on_cn = true,                     \
    .critical = CRIT_RFC5280 | CRIT_CRLDP | CRIT_NSCT | CRIT_RFC3779 | CRIT_PROXY | CRIT_NO_CHECK, \
    .min_version = 12,                                                                             \
    .anomalies_fatal = ANOMALIES_FATAL_TO_ALL | ANOMALY_BIT(SERIAL_PADDED) |                       \
                       ANOMALY_BIT(TRAILING) | ANOMALY_BIT(TBS_TRAILING) |                         \
                       ANOMALY_BIT(NAME_UTF8) | ANOMALY_BIT(TIME_OFFSET) |                         \
                       ANOMALY_BIT(TIME_NO_SECONDS) | ANOMALY_BIT(TIME_FRACTION)

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Woverride-init" /* a child restates what differs from its parent  \
                                                  */
#endif

#endif
