/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "internal.h"

struct place place_advance(struct bytes text, struct place place, size_t to)
{
    for (; place.at < to; place.at++) {
        const uint8_t c = text.p[place.at];
        const bool lone_cr = c == '\r' && (place.at + 1 >= text.n || text.p[place.at + 1] != '\n');
        place.column++;
        if (c == '\n' || lone_cr) {
            place.line++;
            place.column = 1;
        }
    }
    return place;
}

/* One byte per code unit, so that positions stay simple: dashes keep a form that marker.c knows,
 * other characters beyond ASCII become one that belongs nowhere. */
static uint8_t narrow(unsigned unit)
{
    enum { WINDOWS_EN_DASH = 0x96, FOREIGN = 0xbf };
    if (unit < 0x80)
        return (uint8_t)unit;
    const bool blank = unit == 0xa0 || unit == 0xad || (unit >= 0x2000 && unit <= 0x200f) ||
                       unit == 0x202f || unit == 0x2060 || unit == 0x3000 || unit == 0xfeff;
    if (blank)
        return ' ';
    const bool dash = (unit >= 0x2010 && unit <= 0x2015) || unit == 0x2212 || unit == 0x2500 ||
                      unit == 0xfe58 || unit == 0xfe63 || unit == 0xff0d;
    return dash ? WINDOWS_EN_DASH : FOREIGN;
}

static struct bytes narrow_utf16(struct arena *arena, struct bytes file, bool big_endian)
{
    const size_t n = file.n / 2;
    uint8_t *out = arena_alloc(arena, n);
    for (size_t i = 0; i < n; i++) {
        const unsigned a = file.p[2 * i], b = file.p[2 * i + 1];
        out[i] = narrow(big_endian ? a << 8 | b : b << 8 | a);
    }
    return bytes_of(out, n);
}

/* Without a mark, ASCII in UTF-16 shows as every second byte being zero. */
static bool looks_utf16(struct bytes file, size_t zero_at)
{
    enum { UNITS = 8 };
    if (file.n < 2 * UNITS)
        return false;
    for (size_t i = 0; i < 2 * UNITS; i++)
        if ((file.p[i] == 0) != (i % 2 == zero_at))
            return false;
    return true;
}

/* Four bytes for each character: a mark first, or ASCII with three zeros. */
static bool is_utf32(struct bytes file, bool *big_endian)
{
    if (file.n < 8)
        return false;
    const uint8_t *p = file.p, *q = file.p + 4;
    const bool little_mark = p[0] == 0xff && p[1] == 0xfe && p[2] == 0 && p[3] == 0;
    const bool big_mark = p[0] == 0 && p[1] == 0 && p[2] == 0xfe && p[3] == 0xff;
    const bool little = q[0] != 0 && q[1] == 0 && q[2] == 0 && q[3] == 0 &&
                        (little_mark || (p[0] != 0 && p[1] == 0 && p[2] == 0 && p[3] == 0));
    *big_endian = q[0] == 0 && q[1] == 0 && q[2] == 0 && q[3] != 0 &&
                  (big_mark || (p[0] == 0 && p[1] == 0 && p[2] == 0 && p[3] != 0));
    return little || *big_endian;
}

static struct bytes narrow_utf32(struct arena *arena, struct bytes file, bool big_endian)
{
    const size_t n = file.n / 4;
    uint8_t *out = arena_alloc(arena, n);
    for (size_t i = 0; i < n; i++) {
        const uint8_t *p = file.p + 4 * i;
        out[i] = narrow(big_endian ? (unsigned)(p[2] << 8 | p[3]) : (unsigned)(p[1] << 8 | p[0]));
    }
    return bytes_of(out, n);
}

struct bytes text_of(struct builder *b, struct bytes file)
{
    const struct place top = {.at = 0, .line = 1, .column = 1};
    const struct bytes none = {0};
    if (file.n >= 3 && memcmp(file.p, "\xef\xbb\xbf", 3) == 0) {
        builder_fault(b, FAULT_BOM, top, SIZE_MAX, none);
        b->start = 3;
        return bytes_slice(file, 3, file.n);
    }
    bool wide_big = false;
    if (is_utf32(file, &wide_big)) {
        builder_fault(b, FAULT_UTF32, top, SIZE_MAX, none);
        b->unit = 4;
        return narrow_utf32(b->arena, file, wide_big);
    }
    const bool little_mark = file.n >= 2 && file.p[0] == 0xff && file.p[1] == 0xfe;
    const bool big_mark = file.n >= 2 && file.p[0] == 0xfe && file.p[1] == 0xff;
    const bool little = little_mark || looks_utf16(file, 1);
    if (!little && !big_mark && !looks_utf16(file, 0))
        return file;
    builder_fault(b, FAULT_UTF16, top, SIZE_MAX, none);
    b->start = little_mark || big_mark ? 2 : 0;
    b->unit = 2;
    return narrow_utf16(b->arena, bytes_slice(file, b->start, file.n), !little);
}
