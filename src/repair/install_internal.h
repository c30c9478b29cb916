/* SPDX-License-Identifier: Apache-2.0 */
/* What install_do.c and install_undo.c share. */
#ifndef CERTWHY_REPAIR_INSTALL_INTERNAL_H
#define CERTWHY_REPAIR_INSTALL_INTERNAL_H

#include "repair/repair.h"

#define ETC_CERTS "/etc/ssl/certs"
extern const char *const nss_files[3];

/** Runs a tool on a copy of a file that lies beside the journal; `out` becomes what the tool made
 * of it. In argv "{copy}" stands for the copy. */
enum cw_code tool_on_copy(const struct installer *in, struct bytes content,
                          const char *const argv[], struct buf *out, struct error *error);
/** Runs a tool. CW_E_IO with the last line that it said. */
enum cw_code tool_run(const struct installer *in, const char *const argv[], struct buf *out,
                      struct error *error);
/** "sql:DIRECTORY", for certutil. */
const char *nss_name(const struct installer *in, const char *directory);
enum cw_code system_update(const struct installer *in, struct error *error);

#endif
