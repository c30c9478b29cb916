/* SPDX-License-Identifier: Apache-2.0 */
/* What explain.c needs of explain_message.c. */
#ifndef CERTWHY_CLI_EXPLAIN_MESSAGE_H
#define CERTWHY_CLI_EXPLAIN_MESSAGE_H

#include <jansson.h>

#include "cli.h"

/** Explains what clients said in `text` (a message, a log) into out, as text or as JSON. Returns
 * how many different messages were recognised; JSON is written even for none. */
size_t explain_message(struct bytes text, bool as_json, struct arena *arena, struct buf *out);

#endif
