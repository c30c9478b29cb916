/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a command as it is: its words, its standard input, its signals; nothing of ours but the
 * streams that it writes to and, unless that is not wanted, the library that looks on. It stays in
 * our process group: the terminal treats both alike. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

extern char **environ;

enum { LOOK_YOUNG_MS = 1, LOOK_FIRST_MS = 4, LOOK_LAST_MS = 250 };
static const int64_t MS = 1000000; /* nanoseconds */

/* ---- starting ---- */

static void signals_wanted(sigset_t *out)
{
    static const int wanted[] = {SIGCHLD, SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,
                                 SIGTSTP, SIGCONT, SIGUSR1, SIGUSR2, SIGWINCH};
    sigemptyset(out);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        sigaddset(out, wanted[i]);
}

static int start(const char *const *command, const sigset_t *mask, struct child *child,
                 struct arena *arena)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
        if (child->streams.uses[fd] >= 0)
            posix_spawn_file_actions_adddup2(
                &actions, child->streams.items[child->streams.uses[fd]].given, fd);
    posix_spawnattr_setsigmask(&attributes, mask);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    char **variables = child->witness ? witness_environment(child->witness, arena) : environ;
    const int error = posix_spawnp(&child->pid, command[0], &actions, &attributes,
                                   (char *const *)(uintptr_t)command, variables);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* ---- until it ends ---- */

/* Ctrl-C and Ctrl-Z reach the whole process group: only what was sent to us alone is passed on. */
static bool is_for_us(const siginfo_t *info)
{
    return info->si_code <= 0;
}

static void signal_pass(struct child *child, const siginfo_t *info)
{
    if (info->si_signo == SIGCHLD)
        return;
    if (info->si_signo == SIGWINCH)
        streams_resize(&child->streams);
    if (info->si_signo == SIGWINCH || is_for_us(info))
        kill(child->pid, info->si_signo);
}

/* True when it has ended. When the terminal stopped it, we stop too: that is what its shell looks
 * at; SIGCONT then comes to us and is passed on. */
static bool is_over(struct child *child)
{
    int status = 0;
    const pid_t pid = waitpid(child->pid, &status, WNOHANG | WUNTRACED);
    if (pid < 0)
        return errno != EINTR;
    if (pid == 0)
        return false;
    if (!WIFSTOPPED(status)) {
        child->status = status;
        return true;
    }
    const int by = WSTOPSIG(status);
    if (by == SIGTSTP || by == SIGTTIN || by == SIGTTOU)
        raise(SIGSTOP);
    return false;
}

static void attend(struct child *child, const sigset_t *wanted)
{
    int64_t pause = LOOK_FIRST_MS;
    for (int64_t next = 0; !is_over(child);) {
        const int64_t now = time_monotonic_us() / 1000;
        if (now >= next) {
            processes_hear(&child->processes, child->witness, false);
            const bool young = processes_look(&child->processes, child->pid);
            next = now + (young ? LOOK_YOUNG_MS : pause);
            pause = pause * 2 < LOOK_LAST_MS ? pause * 2 : LOOK_LAST_MS;
        }
        siginfo_t info;
        const struct timespec patience = {.tv_sec = (next - now) / 1000,
                                          .tv_nsec = (next - now) % 1000 * MS};
        if (sigtimedwait(wanted, &info, &patience) > 0)
            signal_pass(child, &info);
    }
    processes_hear(&child->processes, child->witness, true);
}

enum cw_code child_run(const char *const *command, struct child *child, struct error *error)
{
    sigset_t wanted, before;
    TRY(streams_open(&child->streams, error));
    if (signal(SIGCHLD, SIG_DFL) == SIG_ERR) /* ignored, it would leave no status */
        return error_set(error, CW_E_IO, "SIGCHLD: %s", strerror(errno));
    signals_wanted(&wanted);
    pthread_sigmask(SIG_BLOCK, &wanted, &before);
    child->start_error = start(command, &before, child, child->processes.arena);
    if (child->start_error == 0) {
        signal(SIGPIPE, SIG_IGN); /* ours: a reader that goes away is an error of write(2) */
        streams_start(&child->streams);
        attend(child, &wanted);
        streams_finish(&child->streams);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return CW_OK;
}
