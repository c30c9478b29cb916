/* SPDX-License-Identifier: Apache-2.0 */
/* What audit.c and audit_text.c share. */
#ifndef CERTWHY_CLI_AUDIT_H
#define CERTWHY_CLI_AUDIT_H

#include "explain/explain.h"
#include "observe/observe.h"

/** One server that was asked. */
struct audited {
    const char *text;  /**< as the user wrote it, harmless */
    const char *proxy; /**< what it went through, "" nothing */
    struct audit audit;
    struct config_verdict verdict;
};
/** The rule's sentence about an issue. */
const char *audit_summary(const struct config_issue *issue, struct arena *arena);
void audit_print_text(const struct audited *target, int verbose, struct arena *arena,
                      struct buf *out);
void audit_print_json(const struct audited *targets, size_t count, struct arena *arena,
                      struct buf *out);

#endif
