/* SPDX-License-Identifier: Apache-2.0 */
/* Which root programmes hold a root: by the table that is compiled in, or by a newer one in its
 * text form (data/roots/README.md), whose sorted lines are searched by halves where they lie. */
#include <string.h>

#include "facts.h"

enum { DIGEST_DIGITS = 64, COLUMNS = 7 };
enum { COLUMN_PROGRAMMES = 4, COLUMN_UNTIL = 5 };

static const char letters[] = ROOT_LETTERS;

static bool standing_built_in(const uint8_t sha256[32], struct root_standing *out)
{
    const struct root_fact *fact = root_fact_find(sha256);
    if (!fact)
        return false;
    out->programmes = fact->programmes;
    for (enum programme p = 0; p < PROGRAMME_COUNT; p++)
        out->until[p] = root_fact_until(fact, p);
    return true;
}

static size_t line_start(struct bytes text, size_t at)
{
    while (at > 0 && text.p[at - 1] != '\n')
        at--;
    return at;
}

static struct bytes line_at(struct bytes text, size_t start)
{
    const struct bytes rest = bytes_slice(text, start, SIZE_MAX);
    const uint8_t *end = rest.n ? memchr(rest.p, '\n', rest.n) : NULL;
    return bytes_slice(rest, 0, end ? (size_t)(end - rest.p) : rest.n);
}

/* Comments and programmes begin with # and @, which sort before and after digits: both stand on
 * top. */
static int line_compare(struct bytes line, const char *digits)
{
    if (line.n < DIGEST_DIGITS || line.p[0] == '#' || line.p[0] == '@')
        return -1;
    return memcmp(line.p, digits, DIGEST_DIGITS);
}

static struct bytes line_find(struct bytes text, const char *digits)
{
    size_t low = 0, high = text.n;
    while (low < high) {
        const size_t start = line_start(text, low + (high - low) / 2);
        const struct bytes line = line_at(text, start);
        const int order = line_compare(line, digits);
        if (order == 0)
            return line;
        if (order < 0)
            low = start + line.n + 1;
        else
            high = start;
    }
    return bytes_of(NULL, 0);
}

struct bytes root_table_column(struct bytes line, size_t wanted)
{
    for (; wanted > 0; wanted--) {
        const uint8_t *tab = line.n ? memchr(line.p, '\t', line.n) : NULL;
        line = bytes_slice(line, tab ? (size_t)(tab - line.p) + 1 : line.n, SIZE_MAX);
    }
    const uint8_t *tab = line.n ? memchr(line.p, '\t', line.n) : NULL;
    return bytes_slice(line, 0, tab ? (size_t)(tab - line.p) : line.n);
}

/* "m=2024-11-30,c=2024-10-15": the named day is still inside. */
static void until_read(struct bytes text, struct root_standing *out)
{
    enum { DAY_DIGITS = 10 };
    for (size_t i = 0; i + 2 + DAY_DIGITS <= text.n; i++) {
        const char *letter = text.p[i] ? strchr(letters, text.p[i]) : NULL;
        char day[DAY_DIGITS + 1] = {0};
        cw_time start;
        memcpy(day, text.p + i + 2, DAY_DIGITS);
        if (letter && (i == 0 || text.p[i - 1] == ',') && time_parse(day, &start))
            out->until[letter - letters] = start + TIME_DAY - 1;
    }
}

void root_table_add(struct buf *out, struct bytes table, const uint8_t sha256[32])
{
    struct arena arena = {0};
    const struct bytes line = line_find(table, str_hex(&arena, bytes_of(sha256, 32), 0));
    arena_free(&arena);
    if (line.n == 0)
        return;
    buf_add_bytes(out, line);
    buf_add_byte(out, '\n');
}

void root_standing_read(struct bytes line, struct root_standing *out)
{
    *out = (struct root_standing){0};
    for (enum programme p = 0; p < PROGRAMME_COUNT; p++)
        out->until[p] = TIME_NONE;
    const struct bytes programmes = root_table_column(line, COLUMN_PROGRAMMES);
    for (size_t i = 0; i < programmes.n; i++) {
        const char *letter = programmes.p[i] ? strchr(letters, programmes.p[i]) : NULL;
        if (letter)
            out->programmes |= 1U << (letter - letters);
    }
    until_read(root_table_column(line, COLUMN_UNTIL), out);
}

bool root_standing_find(struct bytes table, const uint8_t sha256[32], struct root_standing *out)
{
    struct arena arena = {0};
    root_standing_read(bytes_of(NULL, 0), out);
    if (!table.p)
        return standing_built_in(sha256, out);
    const struct bytes line = line_find(table, str_hex(&arena, bytes_of(sha256, 32), 0));
    arena_free(&arena);
    root_standing_read(line, out);
    return line.p != NULL;
}

bool root_table_line(struct bytes *table, struct bytes *line)
{
    while (table->n > 0) {
        *line = line_at(*table, 0);
        *table = bytes_slice(*table, line->n + 1, SIZE_MAX);
        if (line->n >= DIGEST_DIGITS && line->p[0] != '#' && line->p[0] != '@')
            return true;
    }
    return false;
}

/* ---- the lines of programmes: letter, name, date, source ---- */

enum { COLUMN_DATE = 2, COLUMN_SOURCE = 3 };

static struct bytes programme_line(struct bytes table, enum programme programme)
{
    while (table.n > 0) {
        const struct bytes line = line_at(table, 0);
        if (line.n > 2 && line.p[0] == '@' && line.p[1] == (uint8_t)letters[programme])
            return line;
        table = bytes_slice(table, line.n + 1, SIZE_MAX);
    }
    return bytes_of(NULL, 0);
}

cw_time root_table_date(struct bytes table, enum programme programme)
{
    struct arena arena = {0};
    const struct bytes line = programme_line(table, programme);
    const struct bytes text = root_table_column(line, COLUMN_DATE);
    cw_time date = programme_date(programme);
    if (line.p)
        time_parse(arena_strndup(&arena, (const char *)text.p, text.n), &date);
    arena_free(&arena);
    return date;
}

const char *root_table_source(struct arena *arena, struct bytes table, enum programme programme)
{
    const struct bytes line = programme_line(table, programme);
    const struct bytes text = root_table_column(line, COLUMN_SOURCE);
    return line.p ? str_safe(arena, text) : programme_source(programme);
}

cw_time root_table_oldest(struct bytes table)
{
    cw_time oldest = root_table_date(table, 0);
    for (enum programme p = 1; p < PROGRAMME_COUNT; p++)
        if (root_table_date(table, p) < oldest)
            oldest = root_table_date(table, p);
    return oldest;
}

unsigned root_standing_count(const struct root_standing *standing)
{
    return (unsigned)__builtin_popcount(standing->programmes);
}

const char *root_standing_list(struct arena *arena, const struct root_standing *standing)
{
    BUF_CLEANUP text = {0};
    for (enum programme p = 0; p < PROGRAMME_COUNT; p++)
        if (standing->programmes >> p & 1)
            buf_printf(&text, "%s%s", text.n ? ", " : "", programme_title(p));
    return arena_strdup(arena, buf_cstr(&text));
}
