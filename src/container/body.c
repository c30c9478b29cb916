/* SPDX-License-Identifier: Apache-2.0 */
/* Decodes what lies between two markers, naming each fault with its place and going on: a reader
 * that stops at the first one would hide the others. */
#include <string.h>

#include "internal.h"

enum { LINE_DIGITS = 64 }; /* RFC 7468 section 2 */

struct decoder {
    struct builder *builder;
    const struct body_request *request;
    struct bytes text;
    size_t i;
    size_t line, line_start; /* of the file; line_start may lie outside of the text's begin */
    size_t column;           /* of line_start, 1 but for the first line */
    size_t logical_start;    /* behind the last line break, written out or not */
    size_t digits_before;    /* all digits when the logical line began: is it blank? */
    uint8_t *out;
    size_t n, all_digits;
    uint32_t group;
    unsigned digits; /* of the unfinished group, 0 to 3 */
    unsigned pads;
    uint64_t named;  /* layout faults that this block already has, bit per id */
    size_t bad_line; /* the last line with a foreign character: one fault per line */
    bool padded, first_line, stopped, escaped;
    bool url; /* the alphabet of RFC 4648 section 5: '-' and '_' for '+' and '/' */
};

static struct place decoder_place(const struct decoder *d, size_t at)
{
    return (struct place){.at = at, .line = d->line, .column = d->column + at - d->line_start};
}

/* Layout is named once per block: the same on each line is one fault. */
static void layout_fault(struct decoder *d, enum file_fault_id id, size_t at)
{
    if (d->named & (uint64_t)1 << id)
        return;
    d->named |= (uint64_t)1 << id;
    builder_fault(d->builder, id, decoder_place(d, at), d->request->block, bytes_of(NULL, 0));
}

static void flush_group(struct decoder *d)
{
    if (d->digits >= 2)
        d->out[d->n++] = (uint8_t)(d->digits == 2 ? d->group >> 4 : d->group >> 10);
    if (d->digits == 3)
        d->out[d->n++] = (uint8_t)(d->group >> 2);
    d->digits = d->pads = 0;
    d->group = 0;
}

/* All bytes of a foreign character, so that it is shown whole and counted once. */
static size_t foreign_length(const struct decoder *d)
{
    size_t n = 1;
    while (n < 4 && d->text.p[d->i] >= 0xc0 && d->i + n < d->request->to &&
           (d->text.p[d->i + n] & 0xc0) == 0x80)
        n++;
    return n;
}

static void foreign_char(struct decoder *d)
{
    if (d->request->open) {
        d->stopped = true;
        return;
    }
    const size_t n = foreign_length(d);
    if (d->bad_line != d->line)
        builder_fault(d->builder, FAULT_BAD_BASE64, decoder_place(d, d->i), d->request->block,
                      bytes_slice(d->text, d->i, n));
    d->bad_line = d->line;
    d->i += n;
}

static void take_digit(struct decoder *d, uint32_t value)
{
    if (d->pads)
        flush_group(d);
    if (d->padded && d->bad_line != d->line && !d->request->open) {
        builder_fault(d->builder, FAULT_BAD_PADDING, decoder_place(d, d->i), d->request->block,
                      bytes_of(NULL, 0));
        d->bad_line = d->line;
    }
    d->padded = false;
    d->group = d->group << 6 | value;
    d->digits++;
    d->all_digits++;
    if (d->digits == 4) {
        d->out[d->n++] = (uint8_t)(d->group >> 16);
        d->out[d->n++] = (uint8_t)(d->group >> 8);
        d->out[d->n++] = (uint8_t)d->group;
        d->digits = 0;
        d->group = 0;
    }
    d->i++;
}

static void take_pad(struct decoder *d)
{
    if (d->digits < 2) {
        foreign_char(d);
        return;
    }
    d->pads++;
    d->padded = true;
    if (d->digits + d->pads == 4)
        flush_group(d);
    d->i++;
}

/* The line that ends before d->i. */
static void end_logical_line(struct decoder *d)
{
    const size_t digits = d->all_digits - d->digits_before;
    if (digits == 0 && !d->first_line && d->all_digits > 0 && !d->request->open)
        layout_fault(d, FAULT_BLANK_LINE, d->logical_start);
    if (digits > LINE_DIGITS && !d->request->loose)
        layout_fault(d, FAULT_LONG_LINE, d->logical_start + LINE_DIGITS);
    d->first_line = false;
    d->digits_before = d->all_digits;
}

static void take_line_break(struct decoder *d)
{
    end_logical_line(d);
    d->i++;
    d->line++;
    d->line_start = d->logical_start = d->i;
    d->column = 1;
}

/* Length of "\n" or "\r" in two characters, or with more backslashes when it was escaped again; 0:
 * no such thing here. */
static size_t escape_length(const struct decoder *d, size_t at, uint8_t *letter)
{
    enum { DEPTH = 4 }; /* "\\\\n" has been through JSON twice, and more was never seen */
    size_t end = at;
    while (end < d->request->to && end - at < DEPTH && d->text.p[end] == '\\')
        end++;
    if (end == at || end >= d->request->to)
        return 0;
    *letter = d->text.p[end];
    return *letter == 'n' || *letter == 'r' ? end + 1 - at : 0;
}

static bool take_escape(struct decoder *d)
{
    uint8_t letter, second;
    size_t n = escape_length(d, d->i, &letter);
    if (n == 0)
        return false;
    const size_t more = letter == 'r' ? escape_length(d, d->i + n, &second) : 0;
    if (more > 0 && second == 'n')
        n += more;
    layout_fault(d, FAULT_ESCAPED_NEWLINES, d->i);
    d->escaped = true;
    end_logical_line(d);
    d->i += n;
    d->logical_start = d->i;
    return true;
}

static void take_blank(struct decoder *d)
{
    const size_t start = d->i;
    while (d->i < d->request->to && (d->text.p[d->i] == ' ' || d->text.p[d->i] == '\t'))
        d->i++;
    if (d->request->loose || d->first_line)
        return;
    const bool at_end = d->i == d->request->to;
    const bool at_start = start == d->logical_start;
    const bool before_break = !at_end && (d->text.p[d->i] == '\n' || d->text.p[d->i] == '\r');
    if (d->request->open && !at_end && !at_start && !before_break) {
        d->stopped = true; /* words, not base64 */
        return;
    }
    if (!(at_start && before_break) && !d->request->indented)
        layout_fault(d, FAULT_INDENTED, start);
}

static int digit_value(struct decoder *d, uint8_t c)
{
    enum { MINUS = 62, UNDERSCORE = 63 };
    if (!d->url || (c != '-' && c != '_'))
        return str_base64_value(c);
    layout_fault(d, FAULT_BASE64URL, d->i);
    return c == '-' ? MINUS : UNDERSCORE;
}

/* Either alphabet, never both; and only when the groups of four come out even with them: a lone '-'
 * that does not belong there leaves one digit too many. */
static bool is_base64url(struct bytes text, size_t from, size_t to)
{
    size_t found = 0, digits = 0, pads = 0;
    for (size_t i = from; i < to; i++) {
        const uint8_t c = text.p[i];
        if (c == '+' || c == '/' || bytes_equal_str(bytes_slice(text, i, 3), "---"))
            return false;
        found += c == '_' || c == '-';
        pads += c == '=';
        digits += str_base64_value(c) >= 0;
    }
    const size_t left = (digits + found + pads) % 4;
    return found > 0 && (left == 0 || (pads == 0 && left != 1));
}

static void take_char(struct decoder *d)
{
    const uint8_t c = d->text.p[d->i];
    const int value = digit_value(d, c);
    const bool crlf = c == '\r' && d->i + 1 < d->text.n && d->text.p[d->i + 1] == '\n';
    if (value >= 0)
        take_digit(d, (uint32_t)value);
    else if (crlf)
        d->i++;
    else if (c == '\n' || c == '\r')
        take_line_break(d);
    else if (c == ' ' || c == '\t')
        take_blank(d);
    else if (c == '=')
        take_pad(d);
    else if (c != '\\' || !take_escape(d))
        foreign_char(d);
}

/* "Name: value", or a continuation of one. A colon among base64 is no header but a foreign
 * character. */
static bool is_header(const uint8_t *line, size_t n, bool continued)
{
    const uint8_t *colon = memchr(line, ':', n);
    if (continued && (*line == ' ' || *line == '\t'))
        return true;
    if (!colon || colon == line || colon + 1 == line + n || colon[1] != ' ')
        return false;
    for (const uint8_t *p = line; p < colon; p++)
        if (*p != '-' && (str_base64_value(*p) < 0 || *p == '+' || *p == '/'))
            return false;
    return true;
}

/* RFC 1421 section 4.6 headers ("Proc-Type: …") end at an empty line. */
static void skip_headers(struct decoder *d)
{
    struct place place = d->request->from;
    size_t at = place.at;
    const size_t to = d->request->to;
    bool header = false;
    for (;;) {
        const uint8_t *line = d->text.p + at;
        const uint8_t *end = memchr(line, '\n', to - at);
        const size_t n = end ? (size_t)(end - line) : to - at;
        const bool empty = n == 0 || (n == 1 && *line == '\r');
        const bool first = at == place.at;
        if (!end || (!empty && !is_header(line, n, header)) || (empty && !first && !header))
            break;
        at += n + 1;
        header = header || !empty;
        if (empty && header)
            break;
    }
    if (!header)
        return;
    place = place_advance(d->text, place, at);
    d->i = d->line_start = d->logical_start = place.at;
    d->line = place.line;
    d->column = 1;
    d->first_line = false;
}

static void decode(struct decoder *d)
{
    const size_t to = d->request->to;
    while (d->i < to && !d->stopped) {
        if (d->digits == 0 && !d->padded) {
            const size_t took =
                str_unbase64_groups(bytes_slice(d->text, d->i, to - d->i), d->out + d->n);
            d->i += took;
            d->all_digits += took;
            d->n += took / 4 * 3;
        }
        if (d->i < to)
            take_char(d);
    }
    if (d->i == to && d->all_digits - d->digits_before > LINE_DIGITS && !d->request->loose)
        layout_fault(d, FAULT_LONG_LINE, d->logical_start + LINE_DIGITS);
    const bool cut = d->digits > 0 && !d->request->open;
    if (cut)
        builder_fault(d->builder, FAULT_BAD_PADDING, decoder_place(d, d->i), d->request->block,
                      bytes_of(NULL, 0));
    flush_group(d);
}

void body_read(struct builder *b, const struct body_request *request, struct body *out)
{
    const struct place from = request->from;
    struct decoder d = {
        .builder = b,
        .request = request,
        .text = request->text,
        .i = from.at,
        .line = from.line,
        .line_start = from.at,
        .column = from.column,
        .logical_start = from.at,
        .first_line = !request->bare,
        .out = arena_alloc(b->arena, (request->to - from.at) / 4 * 3 + 3),
    };
    if (!request->bare && request->to > from.at)
        skip_headers(&d);
    d.url = !request->open && is_base64url(d.text, d.i, request->to);
    decode(&d);
    *out = (struct body){
        .der = bytes_of(d.out, d.n),
        .stop = decoder_place(&d, d.i),
        .escaped = d.escaped,
    };
}
