/* SPDX-License-Identifier: Apache-2.0 */
/* The environment of this process, and the one way to run another program. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"

static const char *variable(void *context, const char *name)
{
    (void)context;
    return getenv(name);
}

struct environment environment_own(void)
{
    return (struct environment){.get = variable};
}

/* ---- another program ---- */

static void child_become(const struct program *program, int output)
{
    const int null = file_open_null();
    if (program->directory && chdir(program->directory) != 0)
        _exit(127);
    if (program->ends_with_us) {
        setpgid(0, 0); /* what it starts is of its group, which is ended as a whole */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    }
    dup2(null, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(program->errors_too       ? output
         : program->complaints > 0 ? program->complaints
                                   : null,
         STDERR_FILENO);
    signal(SIGPIPE, SIG_DFL);
    for (size_t i = 0; program->variables && program->variables[i]; i++)
        putenv((char *)(uintptr_t)program->variables[i]);
    char *const *argv = (char *const *)(uintptr_t)program->argv;
    if (program->environment)
        execvpe(argv[0], argv, (char *const *)(uintptr_t)program->environment);
    else
        execvp(argv[0], argv);
    _exit(127);
}

/* Reads until the end, the limit or the deadline; true for the end. */
static bool read_all(int fd, int64_t deadline, size_t limit, struct buf *out)
{
    for (;;) {
        const int64_t left = (deadline - time_monotonic_us()) / 1000;
        struct pollfd poller = {.fd = fd, .events = POLLIN};
        uint8_t block[4096];
        if (left <= 0 || out->n > limit || poll(&poller, 1, (int)left) <= 0)
            return false;
        const ssize_t n = read(fd, block, sizeof block);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0;
        buf_append(out, block, (size_t)n);
    }
}

/* It may have closed its output long before it ends: the deadline counts all the same. */
static bool end_wait(pid_t child, int64_t deadline, int *status)
{
    enum { PAUSE_MOST_MS = 50 };
    for (int pause = 1;; pause = pause < PAUSE_MOST_MS ? pause * 2 : PAUSE_MOST_MS) {
        const pid_t ended = waitpid(child, status, WNOHANG);
        if (ended != 0 && (ended > 0 || errno != EINTR))
            return ended > 0;
        if (time_monotonic_us() >= deadline)
            return false;
        poll(NULL, 0, pause);
    }
}

int program_status(const struct program *program, struct buf *out)
{
    enum { OUTPUT_BYTES = 8 << 20 };
    int ends[2], status = 0;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    const pid_t child = fork();
    if (child == 0)
        child_become(program, ends[1]);
    close(ends[1]);
    const int64_t deadline = time_monotonic_us() + program->seconds * INT64_C(1000000);
    const bool whole = child > 0 && read_all(ends[0], deadline, OUTPUT_BYTES, out);
    close(ends[0]);
    if (child <= 0)
        return -1;
    if (whole && end_wait(child, deadline, &status))
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (!program->ends_with_us || kill(-child, SIGKILL) != 0)
        kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return -1;
}

bool program_run(const char *const argv[], struct buf *out)
{
    enum { SECONDS = 10 };
    return program_status(&(struct program){.argv = argv, .seconds = SECONDS}, out) == 0;
}

bool program_run_tool(void *context, const char *const argv[], const char *const variables[],
                      struct buf *out)
{
    enum { SECONDS = 180 }; /* a JVM on a machine with much else to do */
    (void)context;
    const int complaints = memfd_create("complaints", MFD_CLOEXEC);
    const struct program program = {
        .argv = argv, .variables = variables, .seconds = SECONDS, .complaints = complaints};
    const bool ok = program_status(&program, out) == 0;
    uint8_t block[4096];
    const ssize_t n = !ok && complaints >= 0 ? pread(complaints, block, sizeof block, 0) : 0;
    if (n > 0)
        buf_append(out, block, (size_t)n);
    if (complaints >= 0)
        close(complaints);
    return ok;
}
