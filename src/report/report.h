/* SPDX-License-Identifier: Apache-2.0 */
/* Front header of report/: renderers over one report object. Computes nothing. */
#ifndef CERTWHY_REPORT_H
#define CERTWHY_REPORT_H

#include "repair/repair.h"

enum outcome {
    OUTCOME_ACCEPTED,
    OUTCOME_REJECTED,
    OUTCOME_MIXED,
    OUTCOME_UNREACHABLE,
    OUTCOME_ERROR
};
const char *outcome_name(enum outcome outcome);

/** One target's report: plain pointers, filled and owned by certwhy.c. */
struct target_report {
    struct judge_input input; /**< observation, profiles, stores, at */
    struct verdict verdict;
    struct findings findings;
    struct plan plan;
    enum outcome outcome;
    int exit_status;
    const char *error; /**< why nothing could be looked at; NULL: something was */
};
struct report {
    struct target_report **targets;
    size_t count;
};

struct render_options {
    bool color;
    unsigned width; /**< columns; 0: 100 */
    bool quiet;     /**< only the verdict line */
    int verbose;
};
/** One row per output format. */
struct renderer {
    const char *name;
    void (*render)(const struct report *report, const struct render_options *options,
                   struct buf *out);
};
/** NULL-name-terminated. */
const struct renderer *renderer_table(void);
const struct renderer *renderer_find(const char *name);

/** The text for whoever must act, the server's administrator or the CA: faults, evidence, fixes,
 * the corrected chain, what to look at afterwards. `case_path` NULL: nothing was saved. */
void message_write(const struct target_report *target, const struct chain_plan *chain,
                   const char *case_path, struct buf *out);

#endif
