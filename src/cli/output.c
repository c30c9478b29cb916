/* SPDX-License-Identifier: Apache-2.0 */
/* Where results go, and what the terminal can show. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli.h"

enum { WIDTH_LEAST = 40, WIDTH_MOST = 100 };

static bool write_stdout(struct bytes content)
{
    while (content.n) {
        const ssize_t n = write(STDOUT_FILENO, content.p, content.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EPIPE)
            return true; /* the reader has seen enough */
        if (n < 0) {
            fprintf(stderr, "certwhy: standard output: %s\n", strerror(errno));
            return false;
        }
        content = bytes_slice(content, (size_t)n, content.n - (size_t)n);
    }
    return true;
}

bool output_write(const char *path, struct bytes content)
{
    struct error error = {0};
    if (!path)
        return write_stdout(content);
    if (file_write_atomic(NULL, path, content, 0644, &error) == CW_OK)
        return true;
    fprintf(stderr, "certwhy: %s\n", error.text);
    return false;
}

bool output_color(const char *when)
{
    if (when && strcmp(when, "auto") != 0)
        return strcmp(when, "always") == 0;
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(STDOUT_FILENO) && !(no_color && *no_color) &&
           !(term && strcmp(term, "dumb") == 0);
}

unsigned output_width(void)
{
    struct winsize size = {0};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 ||
        size.ws_col > WIDTH_MOST)
        return WIDTH_MOST;
    return size.ws_col < WIDTH_LEAST ? WIDTH_LEAST : size.ws_col;
}
