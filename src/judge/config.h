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
/** Does the server have a post-quantum group? Unknown: it could not be asked. */
enum audit_answer config_post_quantum(const struct audit *audit);
/** Does it sign handshakes of TLS 1.2 with SHA-1 or MD5? */
enum audit_answer config_weak_signatures(const struct audit *audit);
/** Strict-Transport-Security as RFC 6797 section 6.1 reads it. */
struct hsts {
    int64_t max_age; /**< seconds; -1 the field is not there, or has none */
    bool subdomains, preload;
};
struct hsts hsts_read(const char *field);
void config_judge(const struct audit *audit, struct arena *arena, struct config_verdict *out);

#endif
