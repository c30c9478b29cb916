/* SPDX-License-Identifier: Apache-2.0 */
/* Finds BEGIN and END markers, also misspelt ones. The words are searched for, not the dashes: they
 * are what survives word processors and careless copying. */
#include "internal.h"

enum {
    LABEL_BYTES = 64, /* the longest known label has 23 characters */
    DASHES = 64,      /* counted on one side; no use in more */
};

struct marker_scan marker_scan_of(struct bytes text)
{
    return (struct marker_scan){.text = text};
}

/* ---- dashes ---- */

/* Length of the dash that starts at p[at], 0: none. *smart is set for any other than '-': U+2010 to
 * U+2015, U+2212, U+2500, small and full-width forms, and the dashes of Windows-1252. */
size_t dash_at(struct bytes text, size_t at, bool *smart)
{
    static const char *const smart_dashes[] = {
        "\xe2\x80\x90", "\xe2\x80\x91", "\xe2\x80\x92", "\xe2\x80\x93",
        "\xe2\x80\x94", "\xe2\x80\x95", "\xe2\x88\x92", "\xe2\x94\x80",
        "\xef\xb9\x98", "\xef\xb9\xa3", "\xef\xbc\x8d",
    };
    if (at >= text.n)
        return 0;
    if (text.p[at] == '-')
        return 1;
    if (text.p[at] < 0x80)
        return 0;
    for (size_t i = 0; i < sizeof smart_dashes / sizeof smart_dashes[0]; i++)
        if (bytes_equal_str(bytes_slice(text, at, 3), smart_dashes[i])) {
            *smart = true;
            return 3;
        }
    const bool inside = at > 0 && text.p[at - 1] >= 0xc0;
    if ((text.p[at] == 0x96 || text.p[at] == 0x97) && !inside) {
        *smart = true;
        return 1;
    }
    return 0;
}

/* Length of the dash that ends before p[at], not reaching below `from`. */
static size_t dash_before(struct bytes text, size_t from, size_t at, bool *smart)
{
    if (at >= from + 3 && dash_at(text, at - 3, smart) == 3)
        return 3;
    return at > from && dash_at(text, at - 1, smart) == 1 ? 1 : 0;
}

/* Counts dashes to the left of *at and moves it to the first of them. */
static size_t dashes_left(struct bytes text, size_t from, size_t *at, bool *smart)
{
    size_t count = 0, n;
    while (count < DASHES && (n = dash_before(text, from, *at, smart)) > 0) {
        *at -= n;
        count++;
    }
    return count;
}

static size_t dashes_right(struct bytes text, size_t *at, bool *smart)
{
    size_t count = 0, n;
    while (count < DASHES && (n = dash_at(text, *at, smart)) > 0) {
        *at += n;
        count++;
    }
    return count;
}

/* ---- the words ---- */

static const struct bytes begin_word = {(const uint8_t *)"BEGIN ", 6};
static const struct bytes end_word = {(const uint8_t *)"END ", 4};

static bool starts_with(struct bytes text, size_t at, struct bytes word)
{
    return bytes_equal(bytes_slice(text, at, word.n), word);
}

/* RFC 7468 section 3: label characters are printable ASCII but the hyphen, which may stand alone
 * between two of them. Two hyphens, or any other dash, end the label. */
static struct bytes read_label(struct bytes text, size_t at)
{
    bool smart = false;
    size_t n = 0;
    for (; n < LABEL_BYTES && at + n < text.n; n++) {
        const uint8_t c = text.p[at + n];
        if (c < 0x20 || c >= 0x7f || c == '\\')
            break;
        const bool lone = n > 0 && text.p[at + n - 1] != ' ' && at + n + 1 < text.n &&
                          text.p[at + n + 1] > ' ' && !dash_at(text, at + n + 1, &smart);
        if (c == '-' && !lone)
            break;
    }
    while (n > 0 && text.p[at + n - 1] == ' ')
        n--;
    return bytes_slice(text, at, n);
}

static bool is_line_break(uint8_t c)
{
    return c == '\n' || c == '\r';
}

static size_t skip_blanks(struct bytes text, size_t at)
{
    while (at < text.n && (text.p[at] == ' ' || text.p[at] == '\t'))
        at++;
    return at;
}

/* Nothing but white space beside it on its line. */
static bool is_alone(struct bytes text, size_t from, size_t at, size_t end)
{
    while (at > from && (text.p[at - 1] == ' ' || text.p[at - 1] == '\t'))
        at--;
    const size_t after = skip_blanks(text, end);
    return (at == 0 || is_line_break(text.p[at - 1])) &&
           (after == text.n || is_line_break(text.p[after]));
}

/* Ten dashes between END and BEGIN are five of each: those next to the second word belong to it. */
static size_t leave_dashes(struct bytes text, size_t start, size_t end, size_t count)
{
    enum { FRAME = 5 };
    const bool word = starts_with(text, end, begin_word) || starts_with(text, end, end_word);
    if (!word || count <= FRAME)
        return count;
    return end - start == count ? count - FRAME : count;
}

static bool marker_at(struct bytes text, size_t from, size_t word, bool begin, struct marker *out)
{
    bool smart = false;
    const size_t label_at = word + (begin ? begin_word.n : end_word.n);
    *out = (struct marker){.begin = begin, .label = read_label(text, label_at)};
    size_t left_at = word;
    while (left_at > from && word - left_at < 2 && text.p[left_at - 1] == ' ')
        left_at--;
    const bool left_gap = left_at != word;
    const size_t label_end = label_at + out->label.n;
    const size_t left = dashes_left(text, from, &left_at, &smart);
    const size_t right_start = skip_blanks(text, label_end);
    size_t right_at = right_start;
    size_t right = dashes_right(text, &right_at, &smart);
    const size_t kept = leave_dashes(text, right_start, right_at, right);
    right_at -= right - kept;
    right = kept;
    out->at = left ? left_at : word;
    out->end = right ? right_at : label_end;
    const bool straight = left == 5 && right == 5 && right_start == label_end && !left_gap;
    out->style = smart ? MARKER_SMART : straight ? 0 : MARKER_BENT;
    if (out->label.n == 0)
        return false;
    if (straight)
        return true;
    return (label_find(out->label) || label_is_private(out->label)) &&
           (left + right > 0 || is_alone(text, from, out->at, out->end));
}

static void find_word(struct bytes text, size_t from, struct bytes word, size_t *cached)
{
    if (*cached == SIZE_MAX || (*cached >= from && *cached > 0))
        return;
    const size_t at = bytes_find(bytes_slice(text, from, text.n), word);
    *cached = at == SIZE_MAX ? SIZE_MAX : from + at;
}

bool marker_next(struct marker_scan *scan, size_t from, struct marker *out)
{
    size_t at = from;
    for (;;) {
        find_word(scan->text, at, begin_word, &scan->next_begin);
        find_word(scan->text, at, end_word, &scan->next_end);
        const bool begin = scan->next_begin < scan->next_end;
        const size_t word = begin ? scan->next_begin : scan->next_end;
        if (word == SIZE_MAX)
            return false;
        if (marker_at(scan->text, from, word, begin, out))
            return true;
        at = word + 1;
    }
}
