/* SPDX-License-Identifier: Apache-2.0 */
/* A line on the terminal that says what is being waited for, when that takes longer than a second:
 * the last thing that -v would have said, and for how long. It is gone before anything else is
 * printed. */
#include "progress.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { LINE_BYTES = 400, COLUMNS = 80, COLUMNS_LEAST = 20 };

struct progress_line {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    char line[LINE_BYTES];
    int64_t began_us;
    bool over, shown;
};

static size_t columns(void)
{
    struct winsize size = {0};
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < COLUMNS_LEAST)
        return COLUMNS;
    return size.ws_col;
}

/* Cut to one row, between characters of UTF-8: a line that wraps could not be erased. */
static void show(struct progress_line *p)
{
    char text[LINE_BYTES + 40];
    const int64_t seconds = (time_monotonic_us() - p->began_us) / 1000000;
    snprintf(text, sizeof text, "certwhy: %lld s: %s", (long long)seconds, p->line);
    size_t n = strlen(text), most = columns() - 1;
    if (n > most)
        for (n = most; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80;)
            n--;
    text[n] = '\0';
    fprintf(stderr, "\r\033[K%s", text);
    p->shown = true;
}

static void *progress_run(void *context)
{
    struct progress_line *p = context;
    struct timespec at;
    pthread_mutex_lock(&p->lock);
    clock_gettime(CLOCK_REALTIME, &at);
    while (!p->over) {
        at.tv_sec++;
        while (!p->over && pthread_cond_timedwait(&p->ended, &p->lock, &at) == 0)
            continue;
        if (!p->over)
            show(p);
    }
    if (p->shown)
        fputs("\r\033[K", stderr);
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* Lines come from the threads of several dialogues. */
static void line_note(void *context, int level, const char *line)
{
    struct progress_line *p = context;
    (void)level;
    pthread_mutex_lock(&p->lock);
    snprintf(p->line, sizeof p->line, "%s", line);
    pthread_mutex_unlock(&p->lock);
}

struct progress_line *progress_begin(const struct arguments *arguments, const char *what)
{
    if (arguments->verbose || argument_given(arguments, "quiet") || isatty(STDERR_FILENO) != 1)
        return NULL;
    struct progress_line *p = xcalloc(1, sizeof *p);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->ended, NULL);
    p->began_us = time_monotonic_us();
    struct arena arena = {0};
    snprintf(p->line, sizeof p->line, "%s", str_safe(&arena, bytes_str(what)));
    arena_free(&arena);
    if (pthread_create(&p->thread, NULL, progress_run, p) != 0) {
        pthread_cond_destroy(&p->ended);
        pthread_mutex_destroy(&p->lock);
        free(p);
        return NULL;
    }
    log_to(line_note, p, 1);
    return p;
}

void progress_end(struct progress_line *p)
{
    if (p == NULL)
        return;
    log_to(NULL, NULL, 0);
    pthread_mutex_lock(&p->lock);
    p->over = true;
    pthread_cond_signal(&p->ended);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
    pthread_cond_destroy(&p->ended);
    pthread_mutex_destroy(&p->lock);
    free(p);
}
