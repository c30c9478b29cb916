/* SPDX-License-Identifier: Apache-2.0 */
/* Front header of repair/: findings → fixes. Each is applied to a copy of the observation (or of
 * the trust, or of the time), judged again, and carries who accepts afterwards. What was not proven
 * is not a fix. Changes nothing on disk: the caller writes files when asked to. */
#ifndef CERTWHY_REPAIR_H
#define CERTWHY_REPAIR_H

#include "repair/form.h"
#include "repair/install.h"
#include "repair/journal.h"

enum fix_who { FIX_SERVER, FIX_CLIENT, FIX_CA };
const char *fix_who_name(enum fix_who who); /**< "server", "client", "ca" */

struct fix_file {
    const char *path; /**< suggested name, "fullchain.pem" */
    struct bytes content;
};
/** A real client, run by the caller, that met what a fix changes. */
struct live_visit {
    const struct profile *profile; /**< that was judged in its place */
    const char *program, *version; /**< "curl", "7.88.1" */
    bool accepts;
    int expected;        /**< what judging says: 1 it accepts, 0 it rejects, -1 nothing */
    const char *message; /**< why it rejects, harmless; "" */
};
struct live_proof {
    struct live_visit *visits;
    size_t count;
};
/** True when at least one client accepted, and every one did what judging says of it. */
bool live_proof_holds(const struct live_proof *live);

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
    bool partial;           /**< cures its finding, but other findings still make clients reject */
    struct live_proof live; /**< beside the model's; count 0: nobody was asked */
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
    const char *again;    /**< the command that looks at the target again; "" none can be given */
};

/** A block of the file whose certificate is beyond repair: characters are missing or changed. */
struct lost_block {
    size_t block, line, end_line; /**< from 1; lines 0 in a binary file */
    size_t offset;                /**< in bytes */
};
/** The chain as a correct server sends it. */
struct chain_plan {
    const struct cert **certs; /**< leaf first, no root; borrowed */
    size_t count;              /**< 0: there is none */
    const struct cert *root;   /**< what it leads to, trusted or not; NULL: nothing known */
    size_t accepted,
        rejected;            /**< clients, judged with this chain in the place of the present one */
    const int *accepts;      /**< the same for each: 1, 0, or -1 when it is not judged */
    bool unchanged;          /**< it is what is there already */
    const char *choice;      /**< why this one of several possible; "" there is no other */
    struct lost_block *lost; /**< of the file */
    size_t lost_count;
    bool gap; /**< the file is damaged, and something of it fits nowhere: a block may be missing */
};
/** Chooses among the paths that were found and judges the result. */
void repair_chain(const struct judge_input *input, const struct verdict *verdict,
                  struct arena *arena, struct chain_plan *out);

void repair(const struct judge_input *input, const struct verdict *verdict,
            const struct findings *findings, struct arena *arena, struct plan *out);

#endif
