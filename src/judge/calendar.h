/* SPDX-License-Identifier: Apache-2.0 */
/* Rules for public certificates that hold from a date on (data/calendar). Private to judge/. */
#ifndef CERTWHY_JUDGE_CALENDAR_H
#define CERTWHY_JUDGE_CALENDAR_H

#include "base/base.h"

enum calendar_kind {
    CALENDAR_NONE,
    CALENDAR_MAX_DAYS_CA,
    CALENDAR_MAX_DAYS_CHROME,
    CALENDAR_MAX_DAYS_APPLE,
    CALENDAR_CLIENT_AUTH_ENDS,
};
struct calendar_row {
    enum calendar_kind kind;
    int32_t day; /**< since 1970-01-01 */
    int32_t value;
    const char *source;
};
extern const struct calendar_row calendar_rows[];
extern const size_t calendar_row_count;

/** The row of this kind that was in force for what began at `start`; NULL none yet. */
const struct calendar_row *calendar_find(enum calendar_kind kind, cw_time start);

#endif
