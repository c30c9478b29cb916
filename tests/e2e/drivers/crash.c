/* SPDX-License-Identifier: Apache-2.0 */
/* LD_PRELOAD: what a power cut and a full disk do. CRASH_AT=N: the N-th of the calls below ends the
 * process at once (a write half done); FULL_AT=N: it fails for want of space. CRASH_LOG: a file
 * that gets one byte for each call. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int calls;

static int wanted(const char *name)
{
    const char *value = getenv(name);
    return value ? (int)strtol(value, NULL, 10) : 0;
}

static int turn(int can_fail)
{
    const char *log = getenv("CRASH_LOG");
    const int n = ++calls;
    if (log) {
        const int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        ssize_t (*const real)(int, const void *, size_t) =
            (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
        if (fd >= 0 && real(fd, ".", 1) == 1)
            close(fd);
    }
    if (n == wanted("FULL_AT") && can_fail) {
        errno = ENOSPC;
        return -1;
    }
    return n == wanted("CRASH_AT");
}

#define REAL(name) __typeof__(&name) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

ssize_t write(int fd, const void *p, size_t n)
{
    REAL(write);
    struct stat st;
    if (fd <= 2 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return real(fd, p, n);
    const int now = turn(1);
    if (now < 0)
        return -1;
    if (now && real(fd, p, n / 2) >= 0)
        kill(getpid(), SIGKILL);
    return real(fd, p, n);
}

int fsync(int fd)
{
    REAL(fsync);
    const int now = turn(1);
    if (now > 0)
        kill(getpid(), SIGKILL);
    return now < 0 ? -1 : real(fd);
}

int fchmod(int fd, mode_t mode)
{
    REAL(fchmod);
    if (turn(0) > 0)
        kill(getpid(), SIGKILL);
    return real(fd, mode);
}

int renameat(int from, const char *old, int to, const char *new)
{
    REAL(renameat);
    const int now = turn(1);
    if (now > 0)
        kill(getpid(), SIGKILL);
    return now < 0 ? -1 : real(from, old, to, new);
}

int unlinkat(int dir, const char *path, int flags)
{
    REAL(unlinkat);
    if (turn(0) > 0)
        kill(getpid(), SIGKILL);
    return real(dir, path, flags);
}
