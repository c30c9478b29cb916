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
    const bool nothing =
        unit == 0xad || (unit >= 0x200b && unit <= 0x200f) || unit == 0x2060 || unit == 0xfeff;
    const bool blank =
        unit == 0xa0 || (unit >= 0x2000 && unit <= 0x200a) || unit == 0x202f || unit == 0x3000;
    if (nothing || blank)
        return blank ? ' ' : 0; /* wrapped.c drops zeros */
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

/* Without a mark, ASCII in UTF-16 and UTF-32 shows in its zeros: nearly each unit has them, all in
 * the same places (a typographic dash is a unit without). */
static bool looks_wide(struct bytes file, size_t unit, bool big_endian)
{
    enum { UNITS = 64, LEAST = 8 };
    const size_t units = file.n / unit < UNITS ? file.n / unit : UNITS;
    size_t ascii = 0;
    for (size_t i = 0; i < units; i++) {
        const uint8_t *p = file.p + i * unit, low = big_endian ? p[unit - 1] : p[0];
        size_t zeros = 0;
        for (size_t k = 0; k < unit; k++)
            zeros += p[k] == 0;
        ascii += low != 0 && zeros == unit - 1;
    }
    return units >= LEAST && ascii * 4 >= units * 3;
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
    const bool wide = looks_wide(file, 4, false);
    if (wide || looks_wide(file, 4, true)) {
        builder_fault(b, FAULT_UTF32, top, SIZE_MAX, none);
        b->unit = 4;
        return narrow_utf32(b->arena, file, !wide);
    }
    const bool little_mark = file.n >= 2 && file.p[0] == 0xff && file.p[1] == 0xfe;
    const bool big_mark = file.n >= 2 && file.p[0] == 0xfe && file.p[1] == 0xff;
    const bool little = little_mark || looks_wide(file, 2, false);
    if (!little && !big_mark && !looks_wide(file, 2, true))
        return file;
    builder_fault(b, FAULT_UTF16, top, SIZE_MAX, none);
    b->start = little_mark || big_mark ? 2 : 0;
    b->unit = 2;
    return narrow_utf16(b->arena, bytes_slice(file, b->start, file.n), !little);
}
