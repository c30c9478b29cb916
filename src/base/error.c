/* SPDX-License-Identifier: Apache-2.0 */
#include "error.h"

#include <stdarg.h>
#include <string.h>

#include "str.h"

/* Cuts at a character boundary, so that a long foreign name cannot leave half a UTF-8 character. */
static void text_set(char *out, size_t size, const char *text, size_t n)
{
    if (n >= size) {
        n = size - sizeof "...";
        while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
            n--;
        memcpy(out, text, n);
        memcpy(out + n, "...", sizeof "...");
        return;
    }
    memcpy(out, text, n + 1);
}

enum cw_code error_set_at(struct error *err, enum cw_code code, const char *file, int line,
                          const char *format, ...)
{
    if (!err)
        return code;
    struct arena arena = {0};
    va_list args;
    va_start(args, format);
    const char *text = arena_vprintf(&arena, format, args);
    va_end(args);
    BUF_CLEANUP safe = {0};
    str_safe_line(&safe, bytes_str(text));
    err->code = code;
    err->file = file;
    err->line = line;
    text_set(err->text, sizeof err->text, buf_cstr(&safe), safe.n);
    arena_free(&arena);
    return code;
}
