/* SPDX-License-Identifier: Apache-2.0 */
/* The characters of ASN.1 string types (X.680 section 41), one after the other. */
#include "internal.h"

bool tag_is_text(uint8_t tag)
{
    switch (tag) {
    case DER_UTF8_STRING:
    case DER_NUMERIC_STRING:
    case DER_PRINTABLE_STRING:
    case DER_TELETEX_STRING:
    case DER_IA5_STRING:
    case DER_VISIBLE_STRING:
    case DER_UNIVERSAL_STRING:
    case DER_BMP_STRING:
        return true;
    default:
        return false;
    }
}

struct chars chars_of(struct bytes value, uint8_t tag)
{
    return (struct chars){.p = value.p, .end = value.p + value.n, .tag = tag};
}

/** Octets of the UTF-8 sequence that starts with `lead`; 0 when none does (RFC 3629). */
static size_t utf8_octets(uint8_t lead)
{
    if (lead >= 0xc2 && lead <= 0xdf)
        return 2;
    if (lead >= 0xe0 && lead <= 0xef)
        return 3;
    return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

static int32_t utf8_next(struct chars *chars)
{
    static const int32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const uint8_t lead = *chars->p;
    const size_t n = utf8_octets(lead);
    if (n == 0 || (size_t)(chars->end - chars->p) < n)
        return CHARS_INVALID + *chars->p++;
    int32_t c = lead & (0xff >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((chars->p[i] & 0xc0) != 0x80)
            return CHARS_INVALID + *chars->p++;
        c = c << 6 | (chars->p[i] & 0x3f);
    }
    if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return CHARS_INVALID + *chars->p++;
    chars->p += n;
    return c;
}

/** The next `width` octets as a big-endian number. */
static int32_t wide_next(struct chars *chars, size_t width)
{
    if ((size_t)(chars->end - chars->p) < width)
        return CHARS_INVALID + *chars->p++;
    uint32_t c = 0;
    for (size_t i = 0; i < width; i++)
        c = c << 8 | chars->p[i];
    if (c > 0x10ffff)
        return CHARS_INVALID + *chars->p++;
    chars->p += width;
    return (int32_t)c;
}

/** BMPString has no surrogates, but writers of UTF-16 put them there. */
static int32_t bmp_next(struct chars *chars)
{
    const int32_t high = wide_next(chars, 2);
    if (high < 0xd800 || high > 0xdbff)
        return high;
    struct chars after = *chars;
    const int32_t low = after.p < after.end ? wide_next(&after, 2) : CHARS_END;
    if (low < 0xdc00 || low > 0xdfff)
        return high;
    *chars = after;
    return 0x10000 + ((high & 0x3ff) << 10 | (low & 0x3ff));
}

int32_t chars_next(struct chars *chars)
{
    if (chars->p >= chars->end)
        return CHARS_END;
    if (chars->tag == DER_BMP_STRING)
        return bmp_next(chars);
    if (chars->tag == DER_UNIVERSAL_STRING)
        return wide_next(chars, 4);
    if (chars->tag == DER_UTF8_STRING && *chars->p >= 0x80)
        return utf8_next(chars);
    return *chars->p++; /* the others are ASCII, or Latin-1 in practice */
}
