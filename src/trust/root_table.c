/* SPDX-License-Identifier: Apache-2.0 */
/* The table of roots as text (data/roots/README.md), written anew with a programme's newer list. */
#include <stdlib.h>
#include <string.h>

#include "facts.h"

enum { NAME_BYTES = 60 };

/** One line to be. */
struct row {
    uint8_t sha256[32];
    uint8_t subject[SUBJECT_KEY_BYTES];
    struct root_standing standing;
    cw_time not_before, not_after;
    const char *name;
    bool listed; /**< by the programme that is updated */
};
struct rows {
    struct arena *arena;
    struct row *items;
    size_t count, cap;
};

static struct row *row_add(struct rows *rows)
{
    rows->items =
        arena_grow(rows->arena, rows->items, rows->count, &rows->cap, sizeof *rows->items);
    struct row *row = &rows->items[rows->count++];
    *row = (struct row){.name = ""};
    for (enum programme p = 0; p < PROGRAMME_COUNT; p++)
        row->standing.until[p] = TIME_NONE;
    return row;
}

static int compare_rows(const void *a, const void *b)
{
    return memcmp(a, b, sizeof((struct row *)NULL)->sha256);
}

static struct row *row_find(struct rows *rows, size_t count, const uint8_t sha256[32])
{
    struct row key;
    memcpy(key.sha256, sha256, sizeof key.sha256);
    return count ? bsearch(&key, rows->items, count, sizeof key, compare_rows) : NULL;
}

/* ---- reading: what is compiled in, or text ---- */

static void rows_built_in(struct rows *rows)
{
    const struct root_fact *fact;
    for (size_t i = 0; (fact = root_fact_at(i)); i++) {
        struct row *row = row_add(rows);
        memcpy(row->sha256, fact->sha256, sizeof row->sha256);
        memcpy(row->subject, fact->subject, sizeof row->subject);
        root_standing_find(bytes_of(NULL, 0), fact->sha256, &row->standing);
        row->not_before = root_fact_not_before(fact);
        row->not_after = root_fact_not_after(fact);
        row->name = root_fact_name(fact);
    }
}

static cw_time day_of(struct arena *arena, struct bytes text)
{
    cw_time time = TIME_NONE;
    const char *day = arena_strndup(arena, (const char *)text.p, text.n);
    return time_parse(day, &time) ? time : TIME_NONE;
}

static void rows_read(struct rows *rows, struct bytes table)
{
    enum { SHA256, SUBJECT, BEFORE, AFTER, PROGRAMMES, UNTIL, NAME };
    for (struct bytes line; root_table_line(&table, &line);) {
        struct arena *arena = rows->arena;
        const struct bytes digits = root_table_column(line, SHA256);
        const struct bytes digest =
            str_unhex(arena, arena_strndup(arena, (const char *)digits.p, digits.n));
        if (digest.n != 32 || rows->count >= LIMIT_OBJECTS)
            continue;
        struct row *row = row_add(rows);
        memcpy(row->sha256, digest.p, digest.n);
        const struct bytes key = root_table_column(line, SUBJECT);
        const struct bytes subject =
            str_unhex(arena, arena_strndup(arena, (const char *)key.p, key.n));
        if (subject.n == sizeof row->subject)
            memcpy(row->subject, subject.p, subject.n);
        root_standing_read(line, &row->standing);
        row->not_before = day_of(arena, root_table_column(line, BEFORE));
        row->not_after = day_of(arena, root_table_column(line, AFTER));
        const struct bytes name = root_table_column(line, NAME);
        row->name = arena_strndup(arena, (const char *)name.p, name.n);
    }
    if (rows->count > 1)
        qsort(rows->items, rows->count, sizeof *rows->items, compare_rows);
}

/* ---- a programme's newer list ---- */

static void row_of_cert(struct rows *rows, const struct cert *cert)
{
    uint8_t key[32];
    struct row *row = row_add(rows);
    memcpy(row->sha256, cert->sha256, sizeof row->sha256);
    crypto_sha256(cert->subject, key);
    memcpy(row->subject, key, sizeof row->subject);
    row->not_before = cert->not_before;
    row->not_after = cert->not_after;
    const char *name = name_short(rows->arena, cert->subject);
    const struct bytes shown = bytes_slice(bytes_str(name), 0, NAME_BYTES);
    row->name = arena_strndup(rows->arena, (const char *)shown.p, shown.n);
    row->listed = true;
}

static void rows_merge(struct rows *rows, const struct cert *const *certs, size_t count)
{
    const size_t known = rows->count;
    for (size_t i = 0; i < count; i++) {
        struct row *row = row_find(rows, known, certs[i]->sha256);
        if (row)
            row->listed = true;
        else if (certs[i]->parsed && rows->count < LIMIT_OBJECTS)
            row_of_cert(rows, certs[i]);
    }
    if (rows->count > 1)
        qsort(rows->items, rows->count, sizeof *rows->items, compare_rows);
}

static void rows_apply(struct rows *rows, enum programme programme, struct root_change *change)
{
    const unsigned bit = 1U << programme;
    for (size_t i = 0; i < rows->count; i++) {
        struct row *row = &rows->items[i];
        const bool before = row->standing.programmes & bit;
        if (i > 0 && compare_rows(row, row - 1) == 0)
            continue; /* the same certificate twice in the list */
        change->added += row->listed && !before;
        change->gone += before && !row->listed;
        change->count += row->listed;
        row->standing.programmes =
            row->listed ? row->standing.programmes | bit : row->standing.programmes & ~bit;
        if (!row->listed) /* a date says something of what is trusted until then */
            row->standing.until[programme] = TIME_NONE;
    }
}

/* ---- writing ---- */

static void put_day(struct arena *arena, struct buf *out, cw_time time)
{
    buf_printf(out, "\t%s", time == TIME_NONE ? "-" : time_date(arena, time));
}

static void put_row(struct arena *arena, struct buf *out, const struct row *row)
{
    static const char letters[] = ROOT_LETTERS;
    buf_printf(out, "%s\t%s", str_hex(arena, bytes_of(row->sha256, sizeof row->sha256), 0),
               str_hex(arena, bytes_of(row->subject, sizeof row->subject), 0));
    put_day(arena, out, row->not_before);
    put_day(arena, out, row->not_after);
    buf_add_byte(out, '\t');
    for (enum programme p = 0; p < PROGRAMME_COUNT; p++)
        if (row->standing.programmes >> p & 1)
            buf_add_byte(out, (uint8_t)letters[p]);
    buf_printf(out, "%s\t", row->standing.programmes ? "" : "-");
    bool any = false;
    for (enum programme p = 0; p < PROGRAMME_COUNT; p++) {
        const cw_time until = row->standing.until[p];
        if (until == TIME_NONE)
            continue;
        buf_printf(out, "%s%c=%s", any ? "," : "", letters[p], time_date(arena, until));
        any = true;
    }
    buf_printf(out, "%s\t", any ? "" : "-");
    for (const char *c = row->name; *c; c++)
        buf_add_byte(out, (uint8_t)*c < ' ' ? ' ' : (uint8_t)*c);
    buf_add_byte(out, '\n');
}

static void put_programmes(struct arena *arena, struct buf *out, struct bytes table,
                           const struct root_list *list)
{
    static const char letters[] = ROOT_LETTERS;
    for (enum programme p = 0; p < PROGRAMME_COUNT; p++) {
        const bool newer = list && p == list->programme;
        buf_printf(out, "@%c\t%s\t%s\t", letters[p], programme_title(p),
                   time_date(arena, newer ? list->date : root_table_date(table, p)));
        for (const char *c = newer ? list->source : root_table_source(arena, table, p); *c; c++)
            buf_add_byte(out, (uint8_t)*c < ' ' ? ' ' : (uint8_t)*c);
        buf_add_byte(out, '\n');
    }
}

void root_table_head(struct bytes table, struct buf *out)
{
    struct arena arena = {0};
    put_programmes(&arena, out, table, NULL);
    arena_free(&arena);
}

void root_table_write(struct bytes table, const struct root_list *list, struct buf *out,
                      struct root_change *change)
{
    struct arena arena = {0};
    struct rows rows = {.arena = &arena};
    *change = (struct root_change){.date_before = TIME_NONE};
    if (table.p)
        rows_read(&rows, table);
    else
        rows_built_in(&rows);
    if (list) {
        change->date_before = root_table_date(table, list->programme);
        rows_merge(&rows, list->certs, list->count);
        rows_apply(&rows, list->programme, change);
    }
    put_programmes(&arena, out, table, list);
    for (size_t i = 0; i < rows.count; i++)
        if (i == 0 || compare_rows(&rows.items[i], &rows.items[i - 1]) != 0)
            put_row(&arena, out, &rows.items[i]);
    arena_free(&arena);
}
