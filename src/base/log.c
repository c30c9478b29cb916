/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include <stdarg.h>

#include "str.h"

/* The one global of the library: set once at the start of a program, read by every thread after. */
static struct {
    log_sink sink;
    void *context;
    int level;
} out;

void log_to(log_sink sink, void *context, int level)
{
    out.sink = sink;
    out.context = context;
    out.level = level;
}

int log_level(void)
{
    return out.sink ? out.level : 0;
}

void log_line(int level, const char *format, ...)
{
    if (level > log_level())
        return;
    struct arena arena = {0};
    va_list args;
    va_start(args, format);
    const char *text = arena_vprintf(&arena, format, args);
    va_end(args);
    BUF_CLEANUP safe = {0};
    str_safe_line(&safe, bytes_str(text));
    out.sink(out.context, level, buf_cstr(&safe));
    arena_free(&arena);
}
