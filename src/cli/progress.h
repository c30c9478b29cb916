/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CERTWHY_CLI_PROGRESS_H
#define CERTWHY_CLI_PROGRESS_H

#include "cli.h"

struct progress_line;
/** From now on a line on standard error says what is waited for, if that is a terminal and neither
 *  -q nor -v was given; else NULL. `what` is said until something else is being done. */
struct progress_line *progress_begin(const struct arguments *arguments, const char *what);
/** Erases it. To be called before anything is printed; NULL is fine. */
void progress_end(struct progress_line *progress);

#endif
