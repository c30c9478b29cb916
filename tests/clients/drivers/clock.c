/* SPDX-License-Identifier: Apache-2.0 */
/* Preloaded into a client: the time of day is CLOCK_OFFSET seconds from the right one. Unlike
 * libfaketime it leaves waits alone, in which browsers and JVMs would spin. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long long offset(void)
{
    const char *seconds = getenv("CLOCK_OFFSET");
    return seconds != NULL ? strtoll(seconds, NULL, 10) : 0;
}

int clock_gettime(clockid_t id, struct timespec *out)
{
    const long result = syscall(SYS_clock_gettime, id, out);
    if (result == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
        out->tv_sec += offset();
    return (int)result;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    *out = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out != NULL)
        *out = now.tv_sec;
    return now.tv_sec;
}
