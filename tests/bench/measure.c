/* SPDX-License-Identifier: Apache-2.0 */
/* measure FILE COMMAND…: runs a command and writes to FILE what it cost: CPU seconds (user +
 * system), peak resident bytes, exit status (negative: the signal). A small program of its own
 * because a child inherits the peak of the process it was forked from, and Python's is larger than
 * ours. */
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
    FILE *out = argc > 2 ? fopen(argv[1], "we") : NULL;
    const pid_t child = out ? fork() : -1;
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execv(argv[2], argv + 2);
        _exit(127);
    }
    int status = 0;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) < 0)
        return 125;
    fprintf(out, "%.6f %ld %d\n", seconds(usage.ru_utime) + seconds(usage.ru_stime),
            usage.ru_maxrss * 1024, WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
    return fclose(out) == 0 ? 0 : 125;
}
