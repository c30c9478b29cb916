/* SPDX-License-Identifier: Apache-2.0 */
/* The command's output on its way: each stream through a pipe or, where ours is a terminal, through
 * a pseudo-terminal; octet for octet, in order. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "internal.h"

enum {
    BLOCK = 1 << 16,  /* what a pipe holds */
    PIPE = 1 << 20,   /* asked for: fewer changes from one process to the other */
    GRACE_MS = 50,    /* between the end of the command and of its streams; usually none */
    LAST_READS = 512, /* of what is left then: a full pipe takes 16, a terminal 20; what writes on
                         and on is not waited for */
};

/* ---- what is kept ---- */

void kept_add(struct kept *kept, const uint8_t *p, size_t n)
{
    const size_t room = LIMIT_KEPT_HEAD - kept->head.n, first = n < room ? n : room;
    if (first)
        buf_append(&kept->head, p, first);
    p += first;
    n -= first;
    if (n && !kept->ring)
        kept->ring = xcalloc(1, LIMIT_KEPT_TAIL);
    if (n > LIMIT_KEPT_TAIL) {
        kept->past += n - LIMIT_KEPT_TAIL;
        p += n - LIMIT_KEPT_TAIL;
        n = LIMIT_KEPT_TAIL;
    }
    while (n) {
        const size_t at = kept->past % LIMIT_KEPT_TAIL, left = LIMIT_KEPT_TAIL - at;
        const size_t piece = n < left ? n : left;
        memcpy(kept->ring + at, p, piece);
        kept->past += piece;
        p += piece;
        n -= piece;
    }
}

void kept_text(const struct kept *kept, struct buf *out)
{
    buf_add_bytes(out, buf_bytes(&kept->head));
    if (kept->past <= LIMIT_KEPT_TAIL) {
        if (kept->past)
            buf_append(out, kept->ring, (size_t)kept->past);
        return;
    }
    const size_t at = kept->past % LIMIT_KEPT_TAIL;
    buf_add_byte(out, '\n');
    buf_append(out, kept->ring + at, LIMIT_KEPT_TAIL - at);
    buf_append(out, kept->ring, at);
}

void kept_free(struct kept *kept)
{
    buf_free(&kept->head);
    free(kept->ring);
    kept->ring = NULL;
}

/* ---- opening ---- */

/* True for two descriptors of one open file: what is written to them stays in one order. */
static bool is_same_file(int a, int b)
{
    struct stat x, y;
    const long order = syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, a, b);
    if (order >= 0)
        return order == 0;
    return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino &&
           (S_ISFIFO(x.st_mode) || S_ISSOCK(x.st_mode));
}

static bool is_same_terminal(int a, int b)
{
    struct stat x, y;
    return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_rdev == y.st_rdev;
}

static bool is_relayed(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && !(S_ISCHR(st.st_mode) && !isatty(fd));
}

static bool pipe_make(struct stream *stream)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    fcntl(ends[1], F_SETPIPE_SZ, PIPE); /* refused: it stays as it is */
    stream->from = ends[0];
    stream->given = ends[1];
    return true;
}

/* Looks as our terminal does, but passes octets as they are: our terminal does the rest. */
static bool terminal_make(struct stream *stream)
{
    struct termios mode;
    struct winsize size;
    const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0)
        return false;
    stream->from = master;
    if (unlockpt(master) != 0)
        return false;
    stream->given = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (stream->given < 0 || tcgetattr(stream->to, &mode) != 0)
        return false;
    mode.c_oflag &= ~(tcflag_t)OPOST;
    if (ioctl(stream->to, TIOCGWINSZ, &size) == 0)
        ioctl(master, TIOCSWINSZ, &size);
    return tcsetattr(stream->given, TCSANOW, &mode) == 0;
}

static enum cw_code stream_add(struct streams *streams, int fd, struct error *error)
{
    struct stream *stream = &streams->items[streams->count];
    *stream = (struct stream){.to = fd, .from = -1, .given = -1, .terminal = isatty(fd)};
    streams->uses[fd] = (int)streams->count++;
    if (stream->terminal ? terminal_make(stream) : pipe_make(stream))
        return CW_OK;
    return error_set(error, CW_E_IO, "no %s for the command's output: %s",
                     stream->terminal ? "pseudo-terminal" : "pipe", strerror(errno));
}

enum cw_code streams_open(struct streams *streams, struct error *error)
{
    *streams = (struct streams){.uses = {-1, -1, -1}, .stop = -1, .ended = -1};
    streams->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    streams->ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (streams->stop < 0 || streams->ended < 0)
        return error_set(error, CW_E_IO, "no eventfd: %s", strerror(errno));
    if (is_relayed(STDOUT_FILENO))
        TRY(stream_add(streams, STDOUT_FILENO, error));
    if (!is_relayed(STDERR_FILENO))
        return CW_OK;
    const bool both =
        streams->count && (isatty(STDERR_FILENO) ? is_same_terminal(STDOUT_FILENO, STDERR_FILENO)
                                                 : is_same_file(STDOUT_FILENO, STDERR_FILENO));
    if (!both)
        return stream_add(streams, STDERR_FILENO, error);
    streams->uses[STDERR_FILENO] = 0;
    return CW_OK;
}

/* ---- passing on ---- */

static bool write_whole(int fd, const uint8_t *p, size_t n)
{
    while (n) {
        const ssize_t done = write(fd, p, n);
        if (done < 0 && errno == EAGAIN) {
            struct pollfd poller = {.fd = fd, .events = POLLOUT};
            poll(&poller, 1, -1);
        } else if (done < 0 && errno != EINTR) {
            return false;
        } else if (done > 0) {
            p += done;
            n -= (size_t)done;
        }
    }
    return true;
}

/* One block. False: the stream has ended, at either end: the command is told by its next write. */
static bool block_pass(struct stream *stream, uint8_t *block)
{
    const ssize_t n = read(stream->from, block, BLOCK);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return true;
    if (n > 0 && write_whole(stream->to, block, (size_t)n)) {
        kept_add(&stream->kept, block, (size_t)n);
        return true;
    }
    close(stream->from);
    stream->from = -1;
    return false;
}

static void *stream_run(void *context)
{
    struct stream *stream = context;
    uint8_t *block = xcalloc(1, BLOCK);
    size_t last = 0;
    for (bool stopping = false; last < LAST_READS; last += stopping) {
        struct pollfd pollers[] = {{.fd = stream->from, .events = POLLIN},
                                   {.fd = stream->stop, .events = POLLIN}};
        const int n = poll(pollers, 2, stopping ? 0 : -1);
        stopping = stopping || pollers[1].revents;
        if (n > 0 && pollers[0].revents && !block_pass(stream, block))
            break;
        if (stopping && !pollers[0].revents)
            break;
    }
    free(block);
    const uint64_t one = 1;
    return write(stream->ended, &one, sizeof one) < 0 ? stream : NULL;
}

void streams_start(struct streams *streams)
{
    for (size_t i = 0; i < streams->count; i++) {
        struct stream *stream = &streams->items[i];
        close(stream->given);
        stream->given = -1;
        stream->stop = streams->stop;
        stream->ended = streams->ended;
        stream->running = pthread_create(&stream->thread, NULL, stream_run, stream) == 0;
    }
}

static void ended_wait(struct streams *streams)
{
    const int64_t until = time_monotonic_us() + GRACE_MS * 1000;
    for (uint64_t ended = 0; ended < streams->count;) {
        const int64_t left = (until - time_monotonic_us()) / 1000;
        struct pollfd poller = {.fd = streams->ended, .events = POLLIN};
        uint64_t more = 0;
        if (left <= 0 || poll(&poller, 1, (int)left) < 0)
            return;
        if (read(streams->ended, &more, sizeof more) == sizeof more)
            ended += more;
    }
}

/* What stays when we go: until the last of those that hold the streams is gone. */
static void stay(struct streams *streams)
{
    uint8_t *block = xcalloc(1, BLOCK);
    sigset_t none; /* whoever wants us gone may end us */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (;;) {
        struct pollfd pollers[2];
        nfds_t n = 0;
        struct stream *of[2];
        for (size_t i = 0; i < streams->count; i++)
            if (streams->items[i].from >= 0) {
                of[n] = &streams->items[i];
                pollers[n++] = (struct pollfd){.fd = streams->items[i].from, .events = POLLIN};
            }
        if (n == 0 || (poll(pollers, n, -1) < 0 && errno != EINTR))
            _exit(0);
        for (nfds_t i = 0; i < n; i++) {
            if (pollers[i].revents)
                block_pass(of[i], block);
            kept_free(&of[i]->kept);
            of[i]->kept = (struct kept){0};
        }
    }
}

void streams_finish(struct streams *streams)
{
    const uint64_t one = 1;
    bool open = false;
    ended_wait(streams);
    const bool told = write(streams->stop, &one, sizeof one) == sizeof one;
    for (size_t i = 0; i < streams->count; i++) {
        struct stream *stream = &streams->items[i];
        if (told && stream->running)
            pthread_join(stream->thread, NULL);
        stream->running = false;
        open = open || stream->from >= 0;
    }
    if (open && fork() == 0)
        stay(streams);
}

void streams_resize(const struct streams *streams)
{
    struct winsize size;
    for (size_t i = 0; i < streams->count; i++) {
        const struct stream *stream = &streams->items[i];
        if (stream->terminal && ioctl(stream->to, TIOCGWINSZ, &size) == 0)
            ioctl(stream->from, TIOCSWINSZ, &size);
    }
}

static void fd_drop(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void streams_close(struct streams *streams)
{
    for (size_t i = 0; i < streams->count; i++) {
        fd_drop(&streams->items[i].from);
        fd_drop(&streams->items[i].given);
        kept_free(&streams->items[i].kept);
    }
    fd_drop(&streams->stop);
    fd_drop(&streams->ended);
}
