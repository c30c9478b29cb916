/* SPDX-License-Identifier: Apache-2.0 */
/* UTCTime and GeneralizedTime (X.680 sections 46 and 47), as RFC 5280 section 4.1.2.5 wants them
 * and as they are met. */
#include "asn1.h"

/** Takes `digits` decimal digits off the front of *in. */
static bool take_number(struct bytes *in, size_t digits, int *out)
{
    if (in->n < digits)
        return false;
    int value = 0;
    for (size_t i = 0; i < digits; i++) {
        if (in->p[i] < '0' || in->p[i] > '9')
            return false;
        value = value * 10 + (in->p[i] - '0');
    }
    *in = bytes_of(in->p + digits, in->n - digits);
    *out = value;
    return true;
}

static bool take_year(struct bytes *in, uint8_t tag, int *year)
{
    if (tag == DER_GENERALIZED_TIME)
        return take_number(in, 4, year);
    if (tag != DER_UTC_TIME || !take_number(in, 2, year))
        return false;
    /* RFC 5280 section 4.1.2.5.1: 50 to 99 are 19YY, 00 to 49 are 20YY. */
    *year += *year >= 50 ? 1900 : 2000;
    return true;
}

/** ".123": one digit at least. */
static bool skip_fraction(struct bytes *in, unsigned *faults)
{
    if (in->n == 0 || (in->p[0] != '.' && in->p[0] != ','))
        return true;
    *faults |= DER_TIME_FRACTION;
    size_t n = 1;
    while (n < in->n && in->p[n] >= '0' && in->p[n] <= '9')
        n++;
    *in = bytes_of(in->p + n, in->n - n);
    return n > 1;
}

/** "Z", "+hhmm" or "-hhmm" at the end: seconds to subtract. A local time (none of them) is no point
 *  in time. */
static bool take_zone(struct bytes in, cw_time *seconds, unsigned *faults)
{
    *seconds = 0;
    if (in.n == 1 && in.p[0] == 'Z')
        return true;
    if (in.n != 5 || (in.p[0] != '+' && in.p[0] != '-'))
        return false;
    const bool west = in.p[0] == '-';
    in = bytes_of(in.p + 1, in.n - 1);
    int hours, minutes;
    if (!take_number(&in, 2, &hours) || !take_number(&in, 2, &minutes) || hours > 23 ||
        minutes > 59)
        return false;
    *faults |= DER_TIME_OFFSET;
    *seconds = (cw_time)(hours * 3600 + minutes * 60) * (west ? -1 : 1);
    return true;
}

unsigned der_time(const struct der *element, cw_time *out)
{
    *out = TIME_NONE;
    struct bytes in = element->body;
    unsigned faults = 0;
    int year, month, day, hour, minute, second = 0;
    if (!take_year(&in, element->tag, &year) || !take_number(&in, 2, &month) ||
        !take_number(&in, 2, &day) || !take_number(&in, 2, &hour) || !take_number(&in, 2, &minute))
        return DER_TIME_UNREADABLE;
    if (in.n > 0 && in.p[0] >= '0' && in.p[0] <= '9') {
        if (!take_number(&in, 2, &second) ||
            (element->tag == DER_GENERALIZED_TIME && !skip_fraction(&in, &faults)))
            return DER_TIME_UNREADABLE;
    } else {
        faults |= DER_TIME_NO_SECONDS;
    }
    cw_time offset;
    if (!take_zone(in, &offset, &faults) ||
        !time_is_valid_date(year, month, day, hour, minute, second))
        return DER_TIME_UNREADABLE;
    if (element->tag == DER_GENERALIZED_TIME && year < 2050)
        faults |= DER_TIME_NOT_UTC;
    *out = time_make(year, month, day, hour, minute, second) - offset;
    return faults;
}
