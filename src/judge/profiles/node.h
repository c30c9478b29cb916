/* SPDX-License-Identifier: Apache-2.0 */
/* What the clients that stand on Node's tls module share. */
#ifndef CERTWHY_JUDGE_PROFILES_NODE_H
#define CERTWHY_JUDGE_PROFILES_NODE_H

#include "judge/profiles/openssl.h"

/** lib/tls.js checkServerIdentity: names in JavaScript, "w*w" and all, on labels. */
#define NODE                                                                                       \
    .partial_wildcards = WILD_PREFIX | WILD_SUFFIX | WILD_MIDDLE, .keep_host_dot = false,          \
    .strip_san_dot = true, .underscore = UNDERSCORE_ANY

extern const struct phase node_phases[];
extern const struct code_name node_codes[];

#endif
