/* SPDX-License-Identifier: Apache-2.0 */
#include "csv.h"

/* RFC 4180 section 2: fields that hold commas, quotes or line breaks are in quotes, and a quote is
 * doubled. Text behind a closing quote is kept: nothing is lost of a file that is not quite one. */
static void take_quoted(struct csv *csv)
{
    size_t at = 1;
    for (; at < csv->rest.n; at++) {
        const uint8_t c = csv->rest.p[at];
        if (c == '"' && (at + 1 == csv->rest.n || csv->rest.p[at + 1] != '"'))
            break;
        at += c == '"';
        buf_add_byte(&csv->field, c);
    }
    csv->rest = bytes_slice(csv->rest, at + 1, SIZE_MAX);
}

static bool is_break(uint8_t c)
{
    return c == ',' || c == '\n' || c == '\r';
}

bool csv_next(struct csv *csv, struct bytes *field)
{
    if (csv->rest.n == 0)
        return false;
    csv->field.n = 0;
    if (csv->rest.p[0] == '"')
        take_quoted(csv);
    size_t n = 0;
    while (n < csv->rest.n && !is_break(csv->rest.p[n]))
        n++;
    buf_append(&csv->field, csv->rest.p, n);
    csv->row_ended = n == csv->rest.n || csv->rest.p[n] != ',';
    n += n + 1 < csv->rest.n && csv->rest.p[n] == '\r' && csv->rest.p[n + 1] == '\n';
    csv->rest = bytes_slice(csv->rest, n + 1, SIZE_MAX);
    *field = buf_bytes(&csv->field);
    return true;
}
