/* SPDX-License-Identifier: Apache-2.0 */
/* What an audit's observations mean: a server's TLS configuration against Mozilla's server-side
 * profiles (guidelines 5.7). Pure. Part of judge.h. */
#ifndef CERTWHY_JUDGE_CONFIG_H
#define CERTWHY_JUDGE_CONFIG_H

#include "record/record.h"

/** Mozilla's profiles, strictest first; each is a bit of a set. */
enum config_profile { CONFIG_MODERN = 1, CONFIG_INTERMEDIATE = 2, CONFIG_OLD = 4 };
const char *config_profile_name(enum config_profile profile); /**< "intermediate" */
const char *config_guidelines(void); /**< "Mozilla server-side TLS guidelines 5.7" */

/** How much it matters, worst first; the numbers of explain's severities. */
enum config_weight { CONFIG_ERROR, CONFIG_WARNING, CONFIG_NOTICE };
struct config_issue {
    const char *rule; /**< "config.weak-cipher" */
    enum config_weight weight;
    const char *what; /**< what was seen: names with commas */
    unsigned breaks;  /**< set of the profiles that forbid it */
};
enum { CONFIG_ISSUES_MAX = 24 };
struct config_verdict {
    struct config_issue issues[CONFIG_ISSUES_MAX]; /**< worst first */
    size_t count;
    enum config_profile grade; /**< the strictest profile that it keeps; 0 none */
    bool seen;                 /**< some version was accepted: there is something to judge */
};
void config_judge(const struct audit *audit, struct arena *arena, struct config_verdict *out);

#endif
