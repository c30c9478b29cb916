/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of certwhy fix share. */
#ifndef CERTWHY_CLI_FIX_H
#define CERTWHY_CLI_FIX_H

#include "live.h"

/** One run of the command. */
struct fixing {
    const struct arguments *arguments;
    struct cw_report *report;
    const struct target_report *target;
    struct arena *arena;
    struct chain_plan chain;
    const struct server_form *form; /**< --for; NULL: the chain as PEM */
    const char *path;               /**< -o; NULL: in place */
    struct private_key *key;        /**< --key, once it was opened; NULL */
    const char *written[3];         /**< what was written, NULL-terminated unless full */
    const char *backup;             /**< what keeps the old bytes; NULL none */
    struct live_proof live;         /**< --prove-live: of that chain */
};

/** Opens --key and looks whether it is the chain's; once. */
enum cw_code fix_key_open(struct fixing *f, struct error *error);
/** --prove-live: of the chain and of every fix of the report that is a file. */
enum cw_code fix_live(struct fixing *f, struct error *error);
/** Names, on stderr, who accepts and who does not. */
void fix_live_say(const struct fixing *f);

/** Writes the files, each whole or not at all. */
enum cw_code fix_files_write(struct fixing *f, struct error *error);
/** Names them, and the lines of configuration that go with them, on stderr. */
void fix_files_say(const struct fixing *f);
/** --expect: compares what the server sends with a file. */
int fix_expect(const struct fixing *f, int status);

#endif
