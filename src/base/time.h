/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CERTWHY_BASE_TIME_H
#define CERTWHY_BASE_TIME_H

#include "arena.h"

/** Seconds since 1970-01-01T00:00:00Z without leap seconds; certificates reach years 0 to 9999. */
typedef int64_t cw_time;

#define TIME_DAY ((cw_time)86400)
#define TIME_NONE INT64_MIN

/** Days and seconds to a point in time (proleptic Gregorian). Month 1..12; no range checks. */
cw_time time_make(int year, int month, int day, int hour, int minute, int second);
/** A point in time as a calendar says it, UTC. */
struct time_parts {
    int year, month, day, hour, minute, second;
};
/** Years 0 to 9999; a time outside of them is split as the nearest inside. */
struct time_parts time_split(cw_time t);
bool time_is_valid_date(int year, int month, int day, int hour, int minute, int second);

/** "2026-11-21T12:00:00Z" */
char *time_rfc3339(struct arena *arena, cw_time t);
/** "2026-11-21" */
char *time_date(struct arena *arena, cw_time t);
/** RFC 3339 with Z or an offset, a bare date (midnight UTC), or @SECONDS. */
bool time_parse(const char *text, cw_time *out);
/** "12 days", "3 hours", "2 years": a duration in words, rounded down, never negative. */
char *time_words(struct arena *arena, cw_time seconds);

/** The wall clock. Only cli/ and certwhy.c may call it: everything else takes `at`. */
cw_time time_now(void);
/** Monotonic microseconds, for deadlines and timings. */
int64_t time_monotonic_us(void);

#endif
