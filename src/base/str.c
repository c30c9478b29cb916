/* SPDX-License-Identifier: Apache-2.0 */
#include "str.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

static const char hex_digits[] = "0123456789abcdef";

char *str_hex(struct arena *arena, struct bytes b, char separator)
{
    char *text = arena_array(arena, b.n + 1, 3);
    char *p = text;
    for (size_t i = 0; i < b.n; i++) {
        if (i && separator)
            *p++ = separator;
        *p++ = hex_digits[b.p[i] >> 4];
        *p++ = hex_digits[b.p[i] & 15];
    }
    return text;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    const char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

struct bytes str_unhex(struct arena *arena, const char *hex)
{
    uint8_t *out = arena_alloc(arena, strlen(hex) / 2 + 1);
    size_t n = 0;
    for (const char *p = hex; *p;) {
        if (*p == ':' || *p == ' ') {
            p++;
            continue;
        }
        const int high = hex_value(p[0]);
        const int low = high < 0 ? -1 : hex_value(p[1]);
        if (low < 0)
            return bytes_of(NULL, 0);
        out[n++] = (uint8_t)(high << 4 | low);
        p += 2;
    }
    return n ? bytes_of(out, n) : bytes_of(NULL, 0);
}

/* ---- UTF-8 and harmless text ---- */

/* Decodes one character (RFC 3629 section 4: no overlong forms, no surrogates, at most U+10FFFF);
 * returns its length, or 0 when the bytes are not UTF-8. */
static size_t utf8_decode(struct bytes b, uint32_t *out)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const uint8_t first = b.p[0];
    if (first < 0x80) {
        *out = first;
        return 1;
    }
    const size_t n = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
    if (n == 0 || first > 0xf4 || n > b.n)
        return 0;
    uint32_t c = first & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((b.p[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (b.p[i] & 0x3f);
    }
    if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *out = c;
    return n;
}

/* Characters that a reader cannot see, or that change how others are shown: controls, Unicode's
 * Default_Ignorable_Code_Point (zero-width, bidirectional, tags, variation selectors, fillers),
 * line and paragraph separators, interlinear annotation, noncharacters. Ascending. */
static const struct {
    uint32_t first, last;
} hidden[] = {
    {0x0000, 0x001f},   {0x007f, 0x009f}, {0x00ad, 0x00ad}, {0x034f, 0x034f},   {0x061c, 0x061c},
    {0x115f, 0x1160},   {0x17b4, 0x17b5}, {0x180b, 0x180f}, {0x200b, 0x200f},   {0x2028, 0x202e},
    {0x2060, 0x206f},   {0x3164, 0x3164}, {0xfdd0, 0xfdef}, {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},
    {0xffa0, 0xffa0},   {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
    {0xe0000, 0xe0fff},
};

static bool char_is_hidden(uint32_t c)
{
    if ((c & 0xfffe) == 0xfffe)
        return true;
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0] && c >= hidden[i].first; i++)
        if (c <= hidden[i].last)
            return true;
    return false;
}

static bool is_plain_ascii(uint8_t c)
{
    return c >= 0x20 && c < 0x7f;
}

static void safe_append(struct buf *out, struct bytes b, bool double_backslash)
{
    for (size_t i = 0; i < b.n;) {
        uint32_t c;
        const size_t n = utf8_decode(bytes_of(b.p + i, b.n - i), &c);
        if (n == 0 || (n == 1 && !is_plain_ascii(b.p[i])))
            buf_printf(out, "\\x%02x", b.p[i]);
        else if (char_is_hidden(c))
            buf_printf(out, "\\u{%04x}", (unsigned)c);
        else if (c == '\\' && double_backslash)
            buf_add_str(out, "\\\\");
        else
            buf_append(out, b.p + i, n);
        i += n ? n : 1;
    }
}

void str_safe_append(struct buf *out, struct bytes b)
{
    safe_append(out, b, true);
}

void str_safe_line(struct buf *out, struct bytes b)
{
    safe_append(out, b, false);
}

char *str_safe(struct arena *arena, struct bytes b)
{
    BUF_CLEANUP out = {0};
    str_safe_append(&out, b);
    return arena_strndup(arena, buf_cstr(&out), out.n);
}

/* Printable UTF-8 with nothing hidden in it; backslashes are allowed. */
static bool is_visible(struct bytes b)
{
    for (size_t i = 0; i < b.n;) {
        uint32_t c;
        const size_t n = utf8_decode(bytes_of(b.p + i, b.n - i), &c);
        if (n == 0 || char_is_hidden(c))
            return false;
        i += n;
    }
    return true;
}

bool str_is_safe(struct bytes b)
{
    return is_visible(b) && (b.n == 0 || !memchr(b.p, '\\', b.n));
}

bool str_is_utf8(struct bytes b)
{
    for (size_t i = 0; i < b.n;) {
        uint32_t c;
        const size_t n = utf8_decode(bytes_of(b.p + i, b.n - i), &c);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

/* ---- shell words and host names ---- */

static bool is_alnum(char c)
{
    const char lower = (char)(c | 0x20);
    return (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'z');
}

static bool shell_needs_quotes(const char *s)
{
    if (*s == 0)
        return true;
    for (const char *p = s; *p; p++)
        if (!is_alnum(*p) && !strchr("_@%+:,./-", *p) && !(*p == '=' && p != s))
            return true;
    return false;
}

/* What must not reach a terminal raw is written in octal for printf(1), so that the line can still
 * be pasted and means the same file. (Command substitution drops newlines at the very end.) */
static void shell_printf(struct buf *out, const char *s)
{
    buf_add_str(out, "\"$(printf '");
    for (const char *p = s; *p; p++) {
        const uint8_t c = (uint8_t)*p;
        if (*p == '%')
            buf_add_str(out, "%%");
        else if (!is_plain_ascii(c) || *p == '\\' || *p == '\'')
            buf_printf(out, "\\%03o", c);
        else
            buf_add_byte(out, c);
    }
    buf_add_str(out, "')\"");
}

char *str_shell(struct arena *arena, const char *s)
{
    if (!shell_needs_quotes(s))
        return arena_strdup(arena, s);
    BUF_CLEANUP out = {0};
    if (!is_visible(bytes_str(s))) {
        shell_printf(&out, s);
        return arena_strdup(arena, buf_cstr(&out));
    }
    buf_add_byte(&out, '\'');
    for (const char *p = s; *p; p++) {
        if (*p == '\'')
            buf_add_str(&out, "'\\''");
        else
            buf_add_byte(&out, (uint8_t)*p);
    }
    buf_add_byte(&out, '\'');
    return arena_strdup(arena, buf_cstr(&out));
}

static bool is_label(const char *label, size_t n, bool plain)
{
    if (n == 0 || n > 63 || (plain && (label[0] == '-' || label[n - 1] == '-')))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!is_alnum(label[i]) && label[i] != '-' && label[i] != '_')
            return false;
    return true;
}

static bool are_labels(const char *p, bool plain)
{
    for (;;) {
        const size_t n = strcspn(p, ".");
        if (!is_label(p, n, plain))
            return false;
        if (p[n] == 0)
            return true;
        p += n + 1;
        if (*p == 0) /* the one dot that a fully qualified name may end in */
            return true;
    }
}

bool str_is_plain_host(const char *s)
{
    uint8_t ip[16];
    if (str_parse_ip(s, ip))
        return true;
    return strlen(s) <= 253 && are_labels(str_starts(s, "*.") ? s + 2 : s, true);
}

bool str_is_dns_host(const char *s)
{
    return strlen(s) <= 253 && are_labels(s, false);
}

size_t str_parse_ip(const char *s, uint8_t out[16])
{
    if (inet_pton(AF_INET, s, out) == 1)
        return 4;
    return inet_pton(AF_INET6, s, out) == 1 ? 16 : 0;
}

char *str_ip(struct arena *arena, struct bytes ip)
{
    char text[INET6_ADDRSTRLEN];
    if ((ip.n == 4 && inet_ntop(AF_INET, ip.p, text, sizeof text)) ||
        (ip.n == 16 && inet_ntop(AF_INET6, ip.p, text, sizeof text)))
        return arena_strdup(arena, text);
    return str_hex(arena, ip, 0);
}

/* ---- comparing and reading ---- */

bool str_equal_nocase(const char *a, const char *b)
{
    for (; *a && *b; a++, b++) {
        const char x = *a >= 'A' && *a <= 'Z' ? (char)(*a | 0x20) : *a;
        const char y = *b >= 'A' && *b <= 'Z' ? (char)(*b | 0x20) : *b;
        if (x != y)
            return false;
    }
    return *a == *b;
}

bool str_starts(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix)
{
    const size_t n = strlen(s), m = strlen(suffix);
    return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

bool str_to_int(const char *s, int64_t min, int64_t max, int64_t *out)
{
    const bool negative = *s == '-';
    const char *p = s + negative;
    int64_t value = 0;
    if (*p == 0)
        return false;
    for (; *p; p++) {
        if (*p < '0' || *p > '9')
            return false;
        const int digit = *p - '0';
        if (__builtin_mul_overflow(value, (int64_t)10, &value) ||
            __builtin_sub_overflow(value, (int64_t)digit, &value))
            return false;
    }
    /* Counted downwards, because INT64_MIN has no positive twin. */
    if (!negative && __builtin_sub_overflow((int64_t)0, value, &value))
        return false;
    if (value < min || value > max)
        return false;
    *out = value;
    return true;
}

enum { NEAREST_LENGTH = 64 };

static size_t min3(size_t a, size_t b, size_t c)
{
    const size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Edits (insert, delete, replace, swap of neighbours) from a to b; both at most NEAREST_LENGTH. */
static size_t edit_distance(const char *a, size_t n, const char *b, size_t m)
{
    size_t rows[3][NEAREST_LENGTH + 1];
    for (size_t j = 0; j <= m; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            const size_t replace = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = min3(above[j] + 1, row[j - 1] + 1, replace);
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && before[j - 2] + 1 < row[j])
                row[j] = before[j - 2] + 1;
        }
    }
    return rows[n % 3][m];
}

const char *str_nearest(const char *word, const char *const *candidates)
{
    const size_t n = strlen(word);
    const char *best = NULL;
    size_t best_distance = n / 3 + 1;
    if (n > NEAREST_LENGTH)
        return NULL;
    for (; *candidates; candidates++) {
        const size_t m = strlen(*candidates);
        const size_t distance =
            m > NEAREST_LENGTH ? SIZE_MAX : edit_distance(word, n, *candidates, m);
        if (distance < best_distance) {
            best = *candidates;
            best_distance = distance;
        }
    }
    return best;
}

/* ---- base64 (RFC 4648 section 4) ---- */

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *str_base64(struct arena *arena, struct bytes b)
{
    char *text = arena_array(arena, b.n / 3 + 2, 4);
    char *out = text;
    for (size_t i = 0; i < b.n; i += 3) {
        const size_t n = b.n - i < 3 ? b.n - i : 3;
        uint32_t group = (uint32_t)b.p[i] << 16;
        group |= n > 1 ? (uint32_t)b.p[i + 1] << 8 : 0;
        group |= n > 2 ? b.p[i + 2] : 0;
        *out++ = base64_digits[group >> 18];
        *out++ = base64_digits[group >> 12 & 63];
        *out++ = n > 1 ? base64_digits[group >> 6 & 63] : '=';
        *out++ = n > 2 ? base64_digits[group & 63] : '=';
    }
    return text;
}

/* Value of each 7-bit character; 0xff is no digit. Tested through all 256 values against
 * base64_digits. */
static const uint8_t base64_values[128] = {
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 62,  255, 255, 255, 63,  52,  53,  54,  55,  56,  57,  58,  59,  60,
    61,  255, 255, 255, 255, 255, 255, 255, 0,   1,   2,   3,   4,   5,   6,   7,   8,   9,   10,
    11,  12,  13,  14,  15,  16,  17,  18,  19,  20,  21,  22,  23,  24,  25,  255, 255, 255, 255,
    255, 255, 26,  27,  28,  29,  30,  31,  32,  33,  34,  35,  36,  37,  38,  39,  40,  41,  42,
    43,  44,  45,  46,  47,  48,  49,  50,  51,  255, 255, 255, 255, 255,
};

int str_base64_value(uint8_t c)
{
    const uint8_t value = c < 128 ? base64_values[c] : 0xff;
    return value == 0xff ? -1 : value;
}

size_t str_unbase64_groups(struct bytes text, uint8_t *out)
{
    const uint8_t *p = text.p;
    size_t i = 0;
    for (; text.n - i >= 4; i += 4, out += 3) {
        const uint8_t high = p[i] | p[i + 1] | p[i + 2] | p[i + 3];
        if (high & 0x80)
            break;
        const uint32_t a = base64_values[p[i]], b = base64_values[p[i + 1]];
        const uint32_t c = base64_values[p[i + 2]], d = base64_values[p[i + 3]];
        if ((a | b | c | d) & 0xc0)
            break;
        const uint32_t group = a << 18 | b << 12 | c << 6 | d;
        out[0] = (uint8_t)(group >> 16);
        out[1] = (uint8_t)(group >> 8);
        out[2] = (uint8_t)group;
    }
    return i;
}

static bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool str_unbase64(struct arena *arena, struct bytes text, struct bytes *out, size_t *bad_at)
{
    uint8_t *data = arena_alloc(arena, text.n / 4 * 3 + 3);
    size_t n = 0, digits = 0, pads = 0, i = 0;
    uint32_t group = 0;
    *out = bytes_of(NULL, 0);
    for (; i < text.n; i++) {
        const uint8_t c = text.p[i];
        const int value = str_base64_value(c);
        if (is_space(c))
            continue;
        *bad_at = i;
        if (c == '=' ? digits % 4 + pads < 2 || digits % 4 + pads > 3 : value < 0 || pads)
            return false;
        if (c == '=') {
            pads++;
            continue;
        }
        group = group << 6 | (uint32_t)value;
        digits++;
        if (digits % 4 == 0) {
            data[n++] = (uint8_t)(group >> 16);
            data[n++] = (uint8_t)(group >> 8);
            data[n++] = (uint8_t)group;
        }
    }
    *bad_at = i;
    const size_t left = digits % 4;
    if (left == 1 || (left && left + pads != 4))
        return false;
    /* RFC 4648 section 3.5: bits that no byte takes must be zero, else two texts mean one thing. */
    if ((left == 2 && group & 15) || (left == 3 && group & 3))
        return false;
    if (left >= 2)
        data[n++] = (uint8_t)(left == 2 ? group >> 4 : group >> 10);
    if (left == 3)
        data[n++] = (uint8_t)(group >> 2);
    *out = bytes_of(data, n);
    return true;
}
