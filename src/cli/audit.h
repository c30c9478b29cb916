/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of `certwhy audit` share. */
#ifndef CERTWHY_CLI_AUDIT_H
#define CERTWHY_CLI_AUDIT_H

#include "explain/explain.h"
#include "observe/observe.h"

/** One server that was asked, or that could not be. */
struct audited {
    const char *text;     /**< as the user wrote it, harmless */
    const char *hostport; /**< "example.com:443", for commands */
    const char *proxy;    /**< what it went through, "" nothing */
    const char *failure;  /**< unusable or no server: why; "" */
    struct audit audit;
    struct config_verdict verdict;
};
struct audit_printing {
    const char *server; /**< whose lines are wanted; NULL: those of the server seen, or of all */
    int verbose;
    unsigned width;
    bool suites_only;
};

/** The rule's sentence about an issue. */
const char *audit_summary(const struct config_issue *issue, struct arena *arena);
/** The rule's command that shows the same; "" none. */
const char *audit_verify(const struct config_issue *issue, const struct audited *target,
                         struct arena *arena);
/** IANA's name where OpenSSL has none; a number where nobody has one. */
const char *audit_suite_name(unsigned id, struct arena *arena);
void audit_print_text(const struct audited *target, const struct audit_printing *how,
                      struct arena *arena, struct buf *out);
/** One document of all targets, or (lines) one per target and line. */
void audit_print_json(const struct audited *targets, size_t count, bool lines, struct arena *arena,
                      struct buf *out);

#endif
