/* SPDX-License-Identifier: Apache-2.0 */
/* describe: a scenario in JSON, the same members wherever the lab prints it. */
#ifndef CERTWHY_LAB_DESCRIBE_H
#define CERTWHY_LAB_DESCRIBE_H

#include <jansson.h>

#include "scenario.h"

/** Where a running server is, for its description. NULL and "" members are left out. */
struct whereabouts {
    const char *address; /**< "127.0.0.1:4443" */
    const char *dir; /**< holds ca.pem and, when the scenario has a pool, pool.pem; NULL: here */
    const char
        *resolve;   /**< --resolve HOST:PORT:ADDRESS,ADDRESS that the client needs; NULL none */
    const char *at; /**< RFC 3339: what the client must be told; "" the present will do */
};

/** scenario, title, name, planted, expected_rules, healthy … The caller owns it. */
json_t *scenario_json(const struct scenario *scenario);
/** The same with address, files, time and arguments of a server or a directory. */
json_t *whereabouts_json(const struct scenario *scenario, const struct whereabouts *where,
                         struct arena *arena);
/** Options that its client needs beside --name, --ca, --only-ca, --pool and --at, which follow from
 * the description. */
enum { SCENARIO_OPTIONS = 7 };
struct scenario_option {
    const char *name;  /**< "sni" */
    const char *value; /**< NULL: a flag */
};
size_t scenario_options(const struct scenario *scenario, const struct whereabouts *where,
                        struct arena *arena, struct scenario_option out[SCENARIO_OPTIONS]);
/** Appends one line. */
void json_line(json_t *value, struct buf *out);

#endif
