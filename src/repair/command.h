/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines put together word by word, each quoted for a POSIX shell: private to repair/. */
#ifndef CERTWHY_REPAIR_COMMAND_H
#define CERTWHY_REPAIR_COMMAND_H

#include "internal.h"

struct command_words {
    const struct evidence_item *items; /**< values are quoted, or leave the line out */
    size_t count;
    const struct evidence_item
        *whole; /**< commands that were put together here: placed as they are */
    size_t whole_count;
};
/** A command template filled; "" when a word of it is not known or not fit for a command line. */
const char *command_fill(struct arena *arena, const char *text, const struct command_words *words);

/** The check that gave this report: "certwhy check …"; "" when its words do not belong into a
 * shell. */
const char *command_again(const struct repairing *r);
/** certwhy fix with the same look at the target: "-o FILE" is to follow. */
const char *command_fix(const struct repairing *r);
/** The check as JSON, and jq that takes the file of a fix out of it. */
const char *command_json(const struct repairing *r, const char *path);
/** openssl req with the names that the new certificate must hold; "" when there is none to ask for.
 */
const char *command_csr(const struct repairing *r, const struct change *change);
/** certwhy trust add of a file, for the clients that reject now; "" when it is for none of them. */
const char *command_trust(const struct repairing *r, const char *file, bool pin);
/** The address for curl, with --connect-to when the name does not lead there; "" of a file. */
const char *command_url(const struct repairing *r);

#endif
