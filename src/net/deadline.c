/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>

#include "net.h"

struct deadline deadline_in(double seconds)
{
    const double year = 366.0 * 86400.0; /* keeps the sum far from overflow */
    const double wait = seconds > 0.0 ? (seconds < year ? seconds : year) : 0.0;
    return (struct deadline){.at_us = time_monotonic_us() + (int64_t)(wait * 1e6)};
}

int deadline_left_ms(struct deadline deadline)
{
    const int64_t left = deadline.at_us - time_monotonic_us();
    if (left <= 0)
        return 0;
    /* rounded up: a wait of 0 ms while time is left would spin */
    const int64_t ms = (left + 999) / 1000;
    return ms < INT_MAX ? (int)ms : INT_MAX;
}

bool deadline_passed(struct deadline deadline)
{
    return time_monotonic_us() >= deadline.at_us;
}
