/* SPDX-License-Identifier: Apache-2.0 */
#include "time.h"

#include <string.h>
#include <time.h>

#include "str.h"

/* Days since 1970-01-01 of a proleptic Gregorian date. Years are counted from March, so that the
 * leap day is a year's last, and in eras of 400 years, which all have the same number of days. */
static int64_t days_from_date(int64_t year, int month, int day)
{
    const int64_t y = month <= 2 ? year - 1 : year;
    const int64_t era = (y >= 0 ? y : y - 399) / 400;
    const int64_t year_of_era = y - era * 400;
    const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    const int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void date_from_days(int64_t days, struct time_parts *out)
{
    const int64_t z = days + 719468;
    const int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    const int64_t doe = z - era * 146097;
    const int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    const int64_t mp = (5 * doy + 2) / 153;
    out->day = (int)(doy - (153 * mp + 2) / 5 + 1);
    out->month = (int)(mp < 10 ? mp + 3 : mp - 9);
    out->year = (int)(yoe + era * 400 + (out->month <= 2));
}

cw_time time_make(int year, int month, int day, int hour, int minute, int second)
{
    return days_from_date(year, month, day) * TIME_DAY + (int64_t)hour * 3600 +
           (int64_t)minute * 60 + second;
}

/* The span that prints with four digits for the year; outside of it there is nothing to split. */
static cw_time time_clamp(cw_time t)
{
    const cw_time first = time_make(0, 1, 1, 0, 0, 0), last = time_make(9999, 12, 31, 23, 59, 59);
    return t < first ? first : t > last ? last : t;
}

struct time_parts time_split(cw_time t)
{
    const cw_time at = time_clamp(t);
    int64_t days = at / TIME_DAY, rest = at % TIME_DAY;
    if (rest < 0) {
        rest += TIME_DAY;
        days--;
    }
    struct time_parts parts = {
        .hour = (int)(rest / 3600), .minute = (int)(rest / 60 % 60), .second = (int)(rest % 60)};
    date_from_days(days, &parts);
    return parts;
}

bool time_is_valid_date(int year, int month, int day, int hour, int minute, int second)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 0 || year > 9999 || month < 1 || month > 12 || day < 1)
        return false;
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (day > lengths[month - 1] + (month == 2 && leap))
        return false;
    return hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59 && second >= 0 && second <= 59;
}

char *time_rfc3339(struct arena *arena, cw_time t)
{
    if (t == TIME_NONE)
        return arena_strdup(arena, "unknown");
    const struct time_parts p = time_split(t);
    return arena_printf(arena, "%04d-%02d-%02dT%02d:%02d:%02dZ", p.year, p.month, p.day, p.hour,
                        p.minute, p.second);
}

char *time_date(struct arena *arena, cw_time t)
{
    if (t == TIME_NONE)
        return arena_strdup(arena, "unknown");
    const struct time_parts p = time_split(t);
    return arena_printf(arena, "%04d-%02d-%02d", p.year, p.month, p.day);
}

/* Takes exactly n digits and then the character `end` (0: none). */
static bool take_number(const char **at, int n, char end, int *out)
{
    const char *p = *at;
    *out = 0;
    for (int i = 0; i < n; i++, p++) {
        if (*p < '0' || *p > '9')
            return false;
        *out = *out * 10 + (*p - '0');
    }
    if (end && *p++ != end)
        return false;
    *at = p;
    return true;
}

/* RFC 3339 section 5.6, time-offset; what follows it must be the end. */
static bool take_offset(const char *p, int *seconds)
{
    *seconds = 0;
    if ((*p == 'Z' || *p == 'z') && p[1] == 0)
        return true;
    const int sign = *p == '+' ? 1 : *p == '-' ? -1 : 0;
    int hours, minutes;
    if (!sign)
        return false;
    p++;
    if (!take_number(&p, 2, ':', &hours) || !take_number(&p, 2, 0, &minutes) || *p)
        return false;
    *seconds = sign * (hours * 3600 + minutes * 60);
    return hours <= 23 && minutes <= 59;
}

static bool parse_seconds(const char *text, cw_time *out)
{
    const cw_time first = time_clamp(INT64_MIN), last = time_clamp(INT64_MAX);
    return str_to_int(text, first, last, out);
}

bool time_parse(const char *text, cw_time *out)
{
    if (*text == '@')
        return parse_seconds(text + 1, out);
    const char *p = text;
    int y, mo, d, h = 0, mi = 0, s = 0, offset = 0;
    if (!take_number(&p, 4, '-', &y) || !take_number(&p, 2, '-', &mo) || !take_number(&p, 2, 0, &d))
        return false;
    if (*p) {
        if (!strchr("Tt ", *p++) || !take_number(&p, 2, ':', &h) || !take_number(&p, 2, ':', &mi) ||
            !take_number(&p, 2, 0, &s))
            return false;
        if (*p == '.') {
            const size_t digits = strspn(p + 1, "0123456789");
            if (digits == 0)
                return false;
            p += 1 + digits;
        }
        if (!take_offset(p, &offset))
            return false;
    }
    if (!time_is_valid_date(y, mo, d, h, mi, s))
        return false;
    *out = time_make(y, mo, d, h, mi, s) - offset;
    return true;
}

char *time_words(struct arena *arena, cw_time seconds)
{
    static const struct {
        int64_t size, from;
        const char *one, *many;
    } units[] = {
        /* A unit is used from twice its size on, or exactly from one where nothing finer is wanted:
         * "400 days" says more than "1 year", "36 hours" more than "1 day". */
        {365 * TIME_DAY, 2 * 365 * TIME_DAY, "year", "years"},
        {TIME_DAY, 2 * TIME_DAY, "day", "days"},
        {3600, 2 * 3600, "hour", "hours"},
        {60, 2 * 60, "minute", "minutes"},
        {1, 0, "second", "seconds"},
    };
    const int64_t n = seconds == INT64_MIN ? INT64_MAX : seconds < 0 ? -seconds : seconds;
    size_t i = 0;
    while (n < units[i].from && n != units[i].size)
        i++;
    const int64_t count = n / units[i].size;
    return arena_printf(arena, "%lld %s", (long long)count,
                        count == 1 ? units[i].one : units[i].many);
}

cw_time time_now(void)
{
    return (cw_time)time(NULL);
}

int64_t time_monotonic_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}
