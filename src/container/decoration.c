/* SPDX-License-Identifier: Apache-2.0 */
/* Two layers that are told by the markers. Decoration: what stands between a BEGIN marker and its
 * base64 is what stands between any two lines ("\n> ", a line number, `\n" +` of a program's
 * source). And markers that are spelt otherwise: lower case, a letter lost, no blank. */
#include <string.h>
#include <strings.h>

#include "layer.h"

enum {
    BETWEEN_BYTES = 64, /* of decoration; real ones have a dozen */
    MARKERS_TRIED = 4,  /* for a decoration that repeats; the first block may be the damaged one */
    OFTEN = 3,          /* how often it must stand there: a certificate has 8 lines at least */
    LINE_DIGITS = 64,   /* RFC 7468 section 2 */
};

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static bool is_break(uint8_t c)
{
    return c == '\n' || c == '\r';
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool has_break(struct bytes text)
{
    return memchr(text.p, '\n', text.n) || memchr(text.p, '\r', text.n);
}

/* ---- matching ---- */

/* The length of what `between` matches at `at`, 0: it does not. Numbers count up from line to line,
 * and the blanks in front of them give way. */
static size_t match(struct bytes text, size_t at, struct bytes between)
{
    const bool numbered = has_break(between);
    size_t t = at, i = 0;
    while (i < between.n) {
        const uint8_t c = between.p[i];
        if (t < text.n && text.p[t] == c && !(numbered && (is_blank(c) || is_digit(c)))) {
            i++, t++;
            continue;
        }
        if (!numbered || !(is_blank(c) || is_digit(c)))
            return 0;
        bool (*const same)(uint8_t) = is_blank(c) ? is_blank : is_digit;
        const size_t start = t;
        while (i < between.n && same(between.p[i]))
            i++;
        while (t < text.n && t - start < BETWEEN_BYTES && same(text.p[t]))
            t++;
        if (t == start && is_digit(c))
            return 0;
    }
    return t - at;
}

/* Letters and digits alone, as the n that lost its backslash: they stand behind 64 digits only. */
static bool is_base64_alone(struct bytes between)
{
    for (size_t i = 0; i < between.n; i++)
        if (str_base64_value(between.p[i]) < 0)
            return false;
    return true;
}

/* Worth taking off: more than white space, and no plain "\n", which body.c reads. */
static bool is_decoration(struct bytes between)
{
    bool other = false;
    for (size_t i = 0; i < between.n; i++) {
        const uint8_t c = between.p[i];
        if (c == '\\' && i + 1 < between.n && (between.p[i + 1] == 'n' || between.p[i + 1] == 'r'))
            i++;
        else if (c != '\\' && !is_blank(c) && !is_break(c))
            other = true;
        else if (c == '\\' && i + 1 < between.n && is_break(between.p[i + 1]))
            other = true;
        else if (c == '\\' && i + 1 < between.n && is_blank(between.p[i + 1]))
            other = true;
    }
    return other && between.n > 0 && !is_digit(between.p[between.n - 1]);
}

static bool is_frequent(struct bytes text, size_t at, struct bytes between)
{
    if (is_base64_alone(between)) { /* behind each line of 64 digits */
        const size_t step = LINE_DIGITS + between.n;
        return match(text, at + step, between) && match(text, at + 2 * step, between);
    }
    size_t found = 0;
    for (size_t n = 0; at < text.n && found < OFTEN; at += n ? n : 1) {
        n = match(text, at, between);
        found += n > 0;
    }
    return found >= OFTEN;
}

bool decoration_starts(struct layer *layer)
{
    const struct bytes text = layer->text;
    struct marker_scan scan = marker_scan_of(text);
    struct marker marker;
    size_t at = 0;
    for (unsigned tried = 0; tried < MARKERS_TRIED && marker_next(&scan, at, &marker);) {
        at = marker.end;
        if (!marker.begin || label_is_private(marker.label))
            continue;
        tried++;
        /* a certificate is a SEQUENCE of more than 127 bytes: its base64 begins with "MI" */
        const size_t n =
            bytes_find(bytes_slice(text, marker.end, BETWEEN_BYTES + 2), bytes_str("MI"));
        const struct bytes between = bytes_slice(text, marker.end, n == SIZE_MAX ? 0 : n);
        if (!is_decoration(between) || !is_frequent(text, marker.end, between))
            continue;
        layer->between = between;
        return true;
    }
    return false;
}

/* ---- taking it off ---- */

/* What a line begins with: the decoration behind its last line break. */
static struct bytes head_of_line(struct bytes between)
{
    size_t at = between.n;
    while (at > 0 && !is_break(between.p[at - 1]))
        at--;
    return at > 0 ? bytes_slice(between, at, between.n) : bytes_of(NULL, 0);
}

/* What a line ends with: the decoration before its first line break. */
static struct bytes tail_of_line(struct bytes between)
{
    size_t n = 0;
    while (n < between.n && !is_break(between.p[n]))
        n++;
    return n < between.n ? bytes_slice(between, 0, n) : bytes_of(NULL, 0);
}

static bool at_dashes(struct bytes text, size_t at)
{
    return at + 1 < text.n && text.p[at] == '-' && text.p[at + 1] == '-';
}

/* What the very first line begins with: its number may be another one, as in `match`. */
static size_t head_match(struct bytes text, struct bytes head)
{
    size_t t = 0, i = 0;
    while (i < head.n) {
        const uint8_t c = head.p[i];
        if (!is_blank(c) && !is_digit(c)) {
            if (t >= text.n || text.p[t] != c)
                return 0;
            i++, t++;
            continue;
        }
        bool (*const same)(uint8_t) = is_blank(c) ? is_blank : is_digit;
        while (i < head.n && same(head.p[i]))
            i++;
        while (t < text.n && same(text.p[t]))
            t++;
    }
    return t;
}

/* The first line has no other before it, the last one none behind. */
static size_t edge_step(struct layer *layer, size_t at)
{
    const struct bytes text = layer->text, head = head_of_line(layer->between),
                       tail = tail_of_line(layer->between);
    const bool line_start = at == 0 || is_break(text.p[at - 1]);
    const size_t first = at == 0 && head.n > 0 ? head_match(text, head) : 0;
    if (first > 0)
        return first;
    if (line_start && head.n > 0) {
        struct bytes rest = bytes_slice(text, at, BETWEEN_BYTES);
        size_t n = 0;
        while (n < rest.n && !at_dashes(rest, n) && !is_break(rest.p[n]))
            n++;
        if (at_dashes(rest, n) && n > 0 && match(text, at, layer->between) == 0 && n <= head.n + 8)
            return n;
    }
    const bool behind = at > 1 && text.p[at - 1] == '-' && text.p[at - 2] == '-';
    if (!behind || tail.n == 0 || !bytes_equal(bytes_slice(text, at, tail.n), tail))
        return 0;
    const size_t end = at + tail.n;
    return end == text.n || is_break(text.p[end]) ? tail.n : 0;
}

size_t decoration_step(struct layer *layer, size_t at)
{
    const bool alone = is_base64_alone(layer->between);
    const bool due = layer->digits == LINE_DIGITS || layer->digits == 0 ||
                     at_dashes(layer->text, at + layer->between.n);
    const size_t n = !alone || due ? match(layer->text, at, layer->between) : 0;
    if (n > 0) {
        layer->digits = 0;
        layer_emit(layer, '\n', at);
        return n;
    }
    layer->digits = str_base64_value(layer->text.p[at]) >= 0 ? layer->digits + 1 : 1;
    return edge_step(layer, at);
}

/* ---- markers that are spelt otherwise ---- */

/* One line that may be a marker: two dashes or more, BEGIN or END, a word like CERTIFICATE. */
struct spelling {
    bool begin;
    size_t end; /* behind the last dash */
};

static size_t skip_dashes(struct bytes text, size_t at, size_t *count)
{
    enum { FRAME_BYTES = 80 };
    const size_t start = at;
    bool smart;
    *count = 0;
    while (at < text.n && at - start < FRAME_BYTES) {
        const size_t n = dash_at(text, at, &smart);
        if (n == 0 && !is_blank(text.p[at]))
            break;
        *count += n > 0;
        at += n ? n : 1;
    }
    return at;
}

static bool at_word_nocase(struct bytes text, size_t at, const char *word)
{
    const size_t n = strlen(word);
    return at + n <= text.n && strncasecmp((const char *)text.p + at, word, n) == 0;
}

/* The distance of two words in letters added, lost or changed (Levenshtein); for short ones. */
static size_t distance(struct bytes word, const char *other)
{
    enum { LETTERS = 24 };
    size_t row[LETTERS + 1];
    const size_t m = strlen(other);
    if (word.n > LETTERS || m > LETTERS)
        return LETTERS;
    for (size_t k = 0; k <= m; k++)
        row[k] = k;
    for (size_t i = 1; i <= word.n; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t k = 1; k <= m; k++) {
            const size_t above = row[k];
            const bool same = (word.p[i - 1] & 0xdf) == (uint8_t)other[k - 1];
            size_t least = corner + !same;
            least = above + 1 < least ? above + 1 : least;
            least = row[k - 1] + 1 < least ? row[k - 1] + 1 : least;
            row[k] = least;
            corner = above;
        }
    }
    return row[m];
}

static bool read_spelling(struct bytes text, size_t at, struct spelling *out)
{
    enum { LABEL_BYTES = 32, ERRORS = 2, DASHES = 2 };
    static const char certificate[] = "CERTIFICATE";
    size_t dashes, i = skip_dashes(text, at, &dashes);
    if (dashes < DASHES)
        return false;
    out->begin = at_word_nocase(text, i, "BEGIN");
    if (!out->begin && !at_word_nocase(text, i, "END"))
        return false;
    i += out->begin ? 5 : 3;
    while (i < text.n && (is_blank(text.p[i]) || text.p[i] == '_'))
        i++;
    size_t n = 0;
    bool smart;
    while (i + n < text.n && n < LABEL_BYTES && !is_break(text.p[i + n]) &&
           dash_at(text, i + n, &smart) == 0)
        n++;
    out->end = skip_dashes(text, i + n, &dashes);
    while (n > 0 && is_blank(text.p[i + n - 1]))
        n--;
    return dashes >= DASHES && distance(bytes_slice(text, i, n), certificate) <= ERRORS;
}

bool respelled_starts(struct layer *layer)
{
    return bytes_find(layer->text, bytes_str("BEGIN")) != SIZE_MAX ||
           bytes_find(layer->text, bytes_str("begin")) != SIZE_MAX;
}

size_t respelled_step(struct layer *layer, size_t at)
{
    const struct bytes text = layer->text;
    struct spelling spelling;
    bool smart;
    const bool first_dash = dash_at(text, at, &smart) > 0 && (at == 0 || text.p[at - 1] != '-');
    if (!first_dash || !read_spelling(text, at, &spelling))
        return 0;
    const char *right =
        spelling.begin ? "-----BEGIN CERTIFICATE-----" : "-----END CERTIFICATE-----";
    size_t dashes, word = skip_dashes(text, at, &dashes);
    const size_t name = word + (spelling.begin ? 6 : 4);
    if (bytes_equal_str(bytes_slice(text, word, spelling.begin ? 6 : 4),
                        spelling.begin ? "BEGIN " : "END ") &&
        bytes_equal_str(bytes_slice(text, name, 11), "CERTIFICATE"))
        return 0; /* rightly spelt: its dashes are told elsewhere */
    layer_emit_str(layer, right, at);
    return spelling.end - at;
}

/* ---- certificates without their BEGIN ---- */

/* How many base64 digits stand at `at`. */
static size_t digits_from(struct bytes text, size_t at)
{
    size_t n = 0;
    while (at + n < text.n && n <= LINE_DIGITS && str_base64_value(text.p[at + n]) >= 0)
        n++;
    return n;
}

/* How many stand before it, with little else in between. */
static size_t digits_before(struct bytes text, size_t at)
{
    enum { SEPARATOR_BYTES = 32 };
    size_t end = at, n = 0;
    while (end > 0 && at - end < SEPARATOR_BYTES && str_base64_value(text.p[end - 1]) < 0)
        end--;
    while (n < end && n <= LINE_DIGITS && str_base64_value(text.p[end - n - 1]) >= 0)
        n++;
    return n;
}

bool bare_starts(struct layer *layer)
{
    return bytes_find(layer->text, bytes_str("MI")) != SIZE_MAX;
}

/* A long run of base64 that begins as a certificate does, behind something that is neither a marker
 * nor a run as long: a block starts here. */
size_t bare_step(struct layer *layer, size_t at)
{
    enum { SHORTEST = 40, MARKER_BYTES = 80 };
    const struct bytes text = layer->text;
    if (text.p[at] != 'M' || at + 1 >= text.n || text.p[at + 1] != 'I' ||
        (at > 0 && (str_base64_value(text.p[at - 1]) >= 0 || text.p[at - 1] == '\\')))
        return 0;
    const size_t digits = digits_from(text, at), from = at < MARKER_BYTES ? 0 : at - MARKER_BYTES;
    if (digits < SHORTEST || digits_before(text, at) >= digits ||
        bytes_find(bytes_slice(text, from, at - from), bytes_str("BEGIN")) != SIZE_MAX)
        return 0;
    layer_emit_str(layer, "\n-----BEGIN CERTIFICATE-----\nM", at);
    return 1;
}
