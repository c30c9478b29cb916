/* SPDX-License-Identifier: Apache-2.0 */
#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_reserve(struct buf *buf, size_t more)
{
    if (more <= buf->cap - buf->n)
        return;
    if (more > SIZE_MAX / 2 - buf->n)
        abort();
    size_t cap = buf->cap ? buf->cap * 2 : 64;
    if (cap < buf->n + more)
        cap = buf->n + more;
    uint8_t *p = realloc(buf->p, cap);
    if (!p)
        abort();
    buf->p = p;
    buf->cap = cap;
}

void buf_append(struct buf *buf, const void *p, size_t n)
{
    if (n == 0)
        return;
    buf_reserve(buf, n);
    memcpy(buf->p + buf->n, p, n);
    buf->n += n;
}

void buf_add_bytes(struct buf *buf, struct bytes b)
{
    buf_append(buf, b.p, b.n);
}

void buf_add_str(struct buf *buf, const char *s)
{
    buf_append(buf, s, strlen(s));
}

void buf_add_byte(struct buf *buf, uint8_t byte)
{
    buf_append(buf, &byte, 1);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    const int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0)
        abort();
    buf_reserve(buf, (size_t)n + 1);
    vsnprintf((char *)buf->p + buf->n, (size_t)n + 1, format, again);
    va_end(again);
    buf->n += (size_t)n;
}

const char *buf_cstr(struct buf *buf)
{
    buf_reserve(buf, 1);
    buf->p[buf->n] = 0;
    return (const char *)buf->p;
}

struct bytes buf_bytes(const struct buf *buf)
{
    return bytes_of(buf->p, buf->n);
}

void buf_free(struct buf *buf)
{
    free(buf->p);
    *buf = (struct buf){0};
}
