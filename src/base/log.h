/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CERTWHY_BASE_LOG_H
#define CERTWHY_BASE_LOG_H

/** 1: what is being done (-v); 2: every TLS message and byte count (-vv). */
typedef void (*log_sink)(void *context, int level, const char *line);

/** The one global: where -v lines go. NULL (default): nowhere. Foreign text is made safe here. */
void log_to(log_sink sink, void *context, int level);
int log_level(void);
void log_line(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
