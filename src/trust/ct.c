/* SPDX-License-Identifier: Apache-2.0 */
/* The Certificate Transparency logs that clients count: a table of text (data/ct/README.md), which
 * is compiled in, installed by `certwhy update-data`, or kept in a saved case; and Google's JSON.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { COLUMNS = 9 };
enum { ID, KIND, STATE, SINCE, START, END, KEY, OPERATOR, NAME };

static const char *const states[] = {"pending",  "qualified", "usable",
                                     "readonly", "retired",   "rejected"};
enum { STATE_COUNT = sizeof states / sizeof *states };

const char *ct_state_name(enum ct_state state)
{
    return states[state];
}

static bool state_find(const char *text, enum ct_state *out)
{
    for (unsigned i = 0; i < STATE_COUNT; i++)
        if (strcmp(states[i], text) == 0) {
            *out = (enum ct_state)i;
            return true;
        }
    return false;
}

/* ---- the table ---- */

/** The next line and its fields, in the arena; how many there are, 0 at the end. */
static size_t line_next(struct arena *arena, struct bytes *text, const char *fields[COLUMNS])
{
    const uint8_t *end = text->n ? memchr(text->p, '\n', text->n) : NULL;
    const size_t n = end ? (size_t)(end - text->p) : text->n;
    if (text->n == 0)
        return 0;
    char *line = arena_strndup(arena, (const char *)text->p, n);
    *text = bytes_slice(*text, n + 1, SIZE_MAX);
    size_t count = 0;
    for (char *field = line; field && count < COLUMNS; count++) {
        char *tab = strchr(field, '\t');
        if (tab)
            *tab = '\0';
        fields[count] = field;
        field = tab ? tab + 1 : NULL;
    }
    return count;
}

static bool time_or_none(const char *text, cw_time *out)
{
    *out = TIME_NONE;
    return strcmp(text, "-") == 0 || time_parse(text, out);
}

static bool log_read(struct arena *arena, const char *const fields[COLUMNS], struct ct_log *out)
{
    const struct bytes id = str_unhex(arena, fields[ID]);
    size_t bad_at;
    if (id.n != sizeof out->id || !state_find(fields[STATE], &out->state) ||
        !time_or_none(fields[SINCE], &out->since) || !time_or_none(fields[START], &out->start) ||
        !time_or_none(fields[END], &out->end) ||
        !str_unbase64(arena, bytes_str(fields[KEY]), &out->key, &bad_at))
        return false;
    memcpy(out->id, id.p, id.n);
    out->rfc6962 = strcmp(fields[KIND], "r") == 0;
    out->operator_name = fields[OPERATOR];
    out->name = fields[NAME];
    return true;
}

/* A log is known by its key: what is listed under another identifier is another log's. */
static bool log_is_sound(const struct ct_log *log)
{
    uint8_t digest[32];
    crypto_sha256(log->key, digest);
    return memcmp(digest, log->id, sizeof digest) == 0;
}

static int compare_logs(const void *a, const void *b)
{
    const struct ct_log *x = a, *y = b;
    return memcmp(x->id, y->id, sizeof x->id);
}

static void logs_sort(struct ct_logs *logs)
{
    if (logs->count > 1)
        qsort(logs->items, logs->count, sizeof *logs->items, compare_logs);
}

bool ct_logs_read(struct arena *arena, struct bytes text, struct ct_logs *out)
{
    const char *fields[COLUMNS];
    size_t count, cap = 0;
    *out = (struct ct_logs){.date = TIME_NONE, .source = ""};
    if (text.n > LIMIT_TABLE_BYTES)
        return false;
    while ((count = line_next(arena, &text, fields)) > 0) {
        if (*fields[0] == '#')
            continue;
        if (strcmp(fields[0], "@") == 0 && count >= 3 && time_parse(fields[1], &out->date)) {
            out->source = fields[2];
            continue;
        }
        out->items = arena_grow(arena, out->items, out->count, &cap, sizeof *out->items);
        if (count != COLUMNS || !log_read(arena, fields, &out->items[out->count]))
            return false;
        out->count += log_is_sound(&out->items[out->count]);
    }
    logs_sort(out);
    return out->date != TIME_NONE;
}

static void put_time(struct arena *arena, struct buf *out, cw_time time)
{
    buf_printf(out, "\t%s", time == TIME_NONE ? "-" : time_rfc3339(arena, time));
}

/* Tabs and line ends are the table's own. */
static void put_text(struct buf *out, const char *text)
{
    buf_add_byte(out, '\t');
    for (; *text; text++)
        buf_add_byte(out, (uint8_t)*text < ' ' ? ' ' : (uint8_t)*text);
}

void ct_logs_write(const struct ct_logs *logs, const bool *wanted, struct buf *out)
{
    struct arena arena = {0};
    buf_printf(out, "@\t%s", time_rfc3339(&arena, logs->date));
    put_text(out, logs->source);
    buf_add_byte(out, '\n');
    for (size_t i = 0; i < logs->count; i++) {
        const struct ct_log *log = &logs->items[i];
        if (wanted && !wanted[i])
            continue;
        buf_printf(out, "%s\t%s\t%s", str_hex(&arena, bytes_of(log->id, sizeof log->id), 0),
                   log->rfc6962 ? "r" : "s", states[log->state]);
        put_time(&arena, out, log->since);
        put_time(&arena, out, log->start);
        put_time(&arena, out, log->end);
        put_text(out, str_base64(&arena, log->key));
        put_text(out, log->operator_name);
        put_text(out, log->name);
        buf_add_byte(out, '\n');
    }
    arena_free(&arena);
}

const struct ct_log *ct_log_find(const struct ct_logs *logs, struct bytes id)
{
    struct ct_log key;
    if (id.n != sizeof key.id || logs->count == 0)
        return NULL;
    memcpy(key.id, id.p, id.n);
    return bsearch(&key, logs->items, logs->count, sizeof key, compare_logs);
}

/* ---- Google's log_list.json, version 3 ---- */

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static cw_time time_of(const json_t *object, const char *key)
{
    cw_time time = TIME_NONE;
    return time_parse(text_of(object, key), &time) ? time : TIME_NONE;
}

/* {"usable": {"timestamp": "…"}} */
static bool state_of(const json_t *log, struct ct_log *out)
{
    const json_t *state = json_object_get(log, "state");
    for (unsigned i = 0; i < STATE_COUNT; i++) {
        const json_t *entered = json_object_get(state, states[i]);
        if (!json_is_object(entered))
            continue;
        out->state = (enum ct_state)i;
        out->since = time_of(entered, "timestamp");
        return true;
    }
    return false; /* a log for tests */
}

static bool json_log(struct arena *arena, const json_t *json, struct ct_log *out)
{
    const json_t *interval = json_object_get(json, "temporal_interval");
    size_t bad_at;
    if (!state_of(json, out) ||
        !str_unbase64(arena, bytes_str(text_of(json, "key")), &out->key, &bad_at))
        return false;
    crypto_sha256(out->key, out->id);
    out->start = time_of(interval, "start_inclusive");
    out->end = time_of(interval, "end_exclusive");
    out->name = arena_strdup(arena, text_of(json, "description"));
    return true;
}

static void json_operator(struct arena *arena, const json_t *json, struct ct_logs *out, size_t *cap)
{
    static const char *const kinds[] = {"logs", "tiled_logs"};
    const char *name = arena_strdup(arena, text_of(json, "name"));
    for (size_t kind = 0; kind < 2; kind++) {
        const json_t *list = json_object_get(json, kinds[kind]);
        for (size_t i = 0; i < json_array_size(list); i++) {
            struct ct_log log = {.rfc6962 = kind == 0, .operator_name = name};
            if (!json_log(arena, json_array_get(list, i), &log))
                continue;
            out->items = arena_grow(arena, out->items, out->count, cap, sizeof *out->items);
            out->items[out->count++] = log;
        }
    }
}

bool ct_logs_from_json(struct arena *arena, struct bytes file, struct ct_logs *out)
{
    *out = (struct ct_logs){.date = TIME_NONE, .source = ""};
    if (file.n == 0 || file.n > LIMIT_TABLE_BYTES)
        return false;
    json_t *root = json_loadb((const char *)file.p, file.n, JSON_REJECT_DUPLICATES, NULL);
    const json_t *operators = json_object_get(root, "operators");
    size_t cap = 0;
    out->date = time_of(root, "log_list_timestamp");
    out->source = arena_printf(arena, "Google's log list %s", text_of(root, "version"));
    for (size_t i = 0; i < json_array_size(operators); i++)
        json_operator(arena, json_array_get(operators, i), out, &cap);
    json_decref(root);
    logs_sort(out);
    return out->date != TIME_NONE && out->count > 0;
}
