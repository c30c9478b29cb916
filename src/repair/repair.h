/* SPDX-License-Identifier: Apache-2.0 */
/* Front header of repair/: findings → fixes. Each is applied to a copy of the observation (or of
 * the trust, or of the time), judged again, and carries who accepts afterwards. What was not proven
 * is not a fix. Changes nothing on disk: the caller writes files when asked to. */
#ifndef CERTWHY_REPAIR_H
#define CERTWHY_REPAIR_H

#include "explain/explain.h"

enum fix_who { FIX_SERVER, FIX_CLIENT, FIX_CA };
const char *fix_who_name(enum fix_who who); /**< "server", "client", "ca" */

struct fix_file {
    const char *path; /**< suggested name, "fullchain.pem" */
    struct bytes content;
};
struct fix {
    const char *id; /**< "server.send-chain" */
    enum fix_who who;
    const char *summary; /**< one sentence */
    const char **commands;
    size_t command_count;
    struct fix_file *files;
    size_t file_count;
    const char *caveat; /**< "" none */
    bool proven;        /**< some client that rejected accepts afterwards */
    const struct profile **accepted_by, **rejected_by; /**< after the fix */
    size_t accepted_count, rejected_count;
    bool partial; /**< cures its finding, but other findings still make clients reject */
};
/** Fixes per finding: parallel to findings.items. */
struct finding_fixes {
    struct fix *items;
    size_t count;
};
struct plan {
    struct finding_fixes *per_finding;
    size_t finding_count;
    struct fix *together; /**< one fix for all causes, when no single one suffices; NULL none */
    struct bytes bundle;  /**< the corrected PEM bundle, p NULL when there is none to write */
};

void repair(const struct judge_input *input, const struct verdict *verdict,
            const struct findings *findings, struct arena *arena, struct plan *out);

#endif
