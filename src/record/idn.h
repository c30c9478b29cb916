/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CERTWHY_RECORD_IDN_H
#define CERTWHY_RECORD_IDN_H

#include "base/base.h"

/** The A-label form ("xn--…") of a UTF-8 host name, as IDNA 2008 with the mapping of UTS 46 that
 * browsers and curl use. NULL when it has none; *why then says so in words (static). */
const char *idn_to_ascii(struct arena *arena, const char *name, const char **why);

#endif
