/* SPDX-License-Identifier: Apache-2.0 */
#include "journal.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "container/container.h"

enum { MODE_JOURNAL = 0600, READ_FLAGS = JSON_REJECT_DUPLICATES };

static const char *const progress_words[] = {"begun", "done", "undone"};
static const char *const kind_words[] = {"file", "system", "nss", "database"};
static const char *const what_words[] = {"nothing", "file", "link", "directory", "other"};

const char *journal_directory(struct arena *arena, const struct environment *environment,
                              bool is_root)
{
    const char *chosen = environment_get(environment, "CERTWHY_STATE");
    if (chosen && *chosen == '/')
        return chosen;
    if (is_root)
        return "/var/lib/certwhy";
    const char *state = environment_get(environment, "XDG_STATE_HOME");
    const char *home = environment_get(environment, "HOME");
    if (state && *state == '/')
        return arena_printf(arena, "%s/certwhy", state);
    return home && *home == '/' ? arena_printf(arena, "%s/.local/state/certwhy", home) : "";
}

static const char *journal_path(const struct journal *journal, const char *name)
{
    return arena_printf(journal->arena, "%s/%s", journal->directory, name);
}

/* ---- reading ---- */

static const char *text_of(const struct journal *journal, const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? arena_strdup(journal->arena, text) : "";
}

static int word_of(const json_t *object, const char *key, const char *const *words, size_t count)
{
    const char *text = json_string_value(json_object_get(object, key));
    for (size_t i = 0; text && i < count; i++)
        if (strcmp(words[i], text) == 0)
            return (int)i;
    return 0;
}
#define WORD_OF(object, key, words) word_of(object, key, words, sizeof(words) / sizeof *(words))

static struct mark mark_read(const struct journal *journal, const json_t *object)
{
    struct mark mark = {.what = (enum file_what)WORD_OF(object, "what", what_words),
                        .mode =
                            (unsigned)json_integer_value(json_object_get(object, "mode")) & 07777,
                        .target = text_of(journal, object, "target")};
    const struct bytes digest = str_unhex(journal->arena, text_of(journal, object, "sha256"));
    if (digest.n == sizeof mark.sha256)
        memcpy(mark.sha256, digest.p, digest.n);
    return mark;
}

static const char **list_read(const struct journal *journal, const json_t *array, size_t *count)
{
    *count = json_array_size(array);
    const char **items = arena_array(journal->arena, *count + 1, sizeof *items);
    for (size_t i = 0; i < *count; i++) {
        const char *text = json_string_value(json_array_get(array, i));
        items[i] = arena_strdup(journal->arena, text ? text : "");
    }
    return items;
}

/* Ids are never given twice. */
static void number_see(struct journal *j, const char *id)
{
    int64_t n = 0;
    if (*id && str_to_int(id + 1, 0, LIMIT_JOURNAL_BYTES, &n) && n >= j->next)
        j->next = (unsigned)n + 1;
}

static void change_keep(struct journal *j, const struct journal_change *change)
{
    struct journal_change *old = journal_change_find(j, change->id);
    if (!old) {
        j->changes = arena_grow(j->arena, j->changes, j->change_count, &j->change_cap, sizeof *old);
        old = &j->changes[j->change_count++];
    }
    *old = *change;
    number_see(j, change->id);
}

static void addition_keep(struct journal *j, const struct journal_addition *addition)
{
    number_see(j, addition->id);
    for (size_t i = 0; i < j->addition_count; i++)
        if (strcmp(j->additions[i].id, addition->id) == 0) {
            j->additions[i] = *addition;
            return;
        }
    j->additions = arena_grow(j->arena, j->additions, j->addition_count, &j->addition_cap,
                              sizeof *j->additions);
    j->additions[j->addition_count++] = *addition;
}

static void change_read(struct journal *j, const json_t *object)
{
    struct journal_change change = {
        .id = text_of(j, object, "id"),
        .kind = (enum change_kind)WORD_OF(object, "kind", kind_words),
        .progress = (enum progress)WORD_OF(object, "progress", progress_words),
        .path = text_of(j, object, "path"),
        .before = mark_read(j, json_object_get(object, "before")),
        .after = mark_read(j, json_object_get(object, "after")),
        .own = json_is_true(json_object_get(object, "own")),
        .block = text_of(j, object, "block"),
        .tool = text_of(j, object, "tool"),
        .name = text_of(j, object, "name"),
        .value = text_of(j, object, "value"),
        .base = text_of(j, object, "base"),
    };
    const json_t *paths = json_object_get(object, "paths");
    change.path_count = json_array_size(paths);
    change.paths = arena_array(j->arena, change.path_count + 1, sizeof *change.paths);
    for (size_t i = 0; i < change.path_count; i++) {
        const json_t *path = json_array_get(paths, i);
        change.paths[i] = (struct changed_path){
            .path = text_of(j, path, "path"),
            .before = mark_read(j, json_object_get(path, "before")),
            .after = mark_read(j, json_object_get(path, "after")),
        };
    }
    change.made = list_read(j, json_object_get(object, "made"), &change.made_count);
    change_keep(j, &change);
}

static void addition_read(struct journal *j, const json_t *object)
{
    struct journal_addition addition = {
        .id = text_of(j, object, "id"),
        .sha256 = text_of(j, object, "sha256"),
        .subject = text_of(j, object, "subject"),
        .client = text_of(j, object, "client"),
        .how = text_of(j, object, "how"),
        .variable = text_of(j, object, "variable"),
        .value = text_of(j, object, "value"),
        .progress = (enum progress)WORD_OF(object, "progress", progress_words),
        .time = json_integer_value(json_object_get(object, "time")),
        .not_after = json_integer_value(json_object_get(object, "not_after")),
    };
    addition.changes = list_read(j, json_object_get(object, "changes"), &addition.change_count);
    addition_keep(j, &addition);
}

static bool line_read(struct journal *j, const char *line, size_t n)
{
    json_t *json = json_loadb(line, n, READ_FLAGS, NULL);
    const json_t *change = json_object_get(json, "change");
    const json_t *addition = json_object_get(json, "addition");
    if (json_is_object(change))
        change_read(j, change);
    else if (json_is_object(addition))
        addition_read(j, addition);
    const bool ok = json_is_object(change) || json_is_object(addition);
    json_decref(json);
    return ok;
}

static enum cw_code lines_read(struct journal *j, struct error *error)
{
    size_t line = 0;
    for (const char *p = buf_cstr(&j->text); *p;) {
        const size_t n = strcspn(p, "\n");
        /* what stands behind it would count: nothing is passed over */
        if (++line > LIMIT_JOURNAL_ITEMS)
            return error_set(error, CW_E_LIMIT, "%s holds more than %d records",
                             journal_path(j, "trust.jsonl"), LIMIT_JOURNAL_ITEMS);
        if (n && !line_read(j, p, n))
            return error_set(error, CW_E_INPUT,
                             "%s: line %zu is no record of certwhy trust; move the file away to "
                             "begin a new one (what stands in it can then not be undone)",
                             journal_path(j, "trust.jsonl"), line);
        p += n + (p[n] == '\n');
    }
    return CW_OK;
}

enum cw_code journal_open(struct journal *j, bool lock, struct error *error)
{
    j->lock.fd = -1;
    j->next = 1;
    if (!*j->directory)
        return error_set(error, CW_E_USAGE,
                         "no place for the journal is known: set HOME or XDG_STATE_HOME");
    if (lock) {
        TRY(file_make_dir(j->root, journal_path(j, "before"), error));
        TRY(file_lock(j->root, journal_path(j, "lock"), &j->lock, error));
        file_drop_temporaries(j->root, journal_path(j, "trust.jsonl"));
    }
    const char *path = journal_path(j, "trust.jsonl");
    if (!file_exists(j->root, path))
        return lines_read(j, error);
    TRY(file_read(j->root, path, LIMIT_JOURNAL_BYTES, &j->text, error));
    return lines_read(j, error);
}

void journal_close(struct journal *j)
{
    file_close(&j->lock);
    buf_free(&j->text);
}

/* ---- writing ---- */

static json_t *mark_json(const struct mark *mark)
{
    struct arena arena = {0};
    json_t *json = json_pack("{s:s, s:i}", "what", what_words[mark->what], "mode", (int)mark->mode);
    if (mark->what == FILE_REGULAR)
        json_object_set_new(json, "sha256",
                            json_string(str_hex(&arena, bytes_of(mark->sha256, 32), 0)));
    if (mark->what == FILE_LINK)
        json_object_set_new(json, "target", json_string(mark->target));
    arena_free(&arena);
    return json;
}

/* What cannot be written down could not be undone: the record is dropped, and that is said. */
static void text_put(json_t **json, const char *key, const char *text)
{
    if (!*json || !text || !*text)
        return;
    json_t *value = json_string(text);
    if (value) {
        json_object_set_new(*json, key, value);
        return;
    }
    json_decref(*json);
    *json = NULL;
}

static json_t *list_json(const char *const *items, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(items[i]));
    return list;
}

static enum cw_code journal_full(struct journal *j, struct error *error)
{
    return error_set(error, CW_E_LIMIT,
                     "%s is full: remove what is no longer needed (certwhy trust list --added)",
                     journal_path(j, "trust.jsonl"));
}

static enum cw_code record_write(struct journal *j, const char *kind, json_t *json,
                                 struct error *error)
{
    json_t *record = json_pack("{s:o}", kind, json);
    char *text = json_dumps(record, JSON_COMPACT);
    json_decref(record);
    if (!text)
        return error_set(error, CW_E_INPUT,
                         "a path or name that is not UTF-8 cannot be written into the journal");
    const size_t before = j->text.n;
    buf_add_str(&j->text, text);
    buf_add_byte(&j->text, '\n');
    free(text);
    enum cw_code code = CW_OK;
    if (j->text.n > LIMIT_JOURNAL_BYTES)
        code = journal_full(j, error);
    if (code == CW_OK)
        code = file_write_atomic(j->root, journal_path(j, "trust.jsonl"), buf_bytes(&j->text),
                                 MODE_JOURNAL, error);
    if (code != CW_OK)
        j->text.n = before;
    return code;
}

static json_t *path_json(const struct changed_path *path)
{
    return json_pack("{s:s, s:o, s:o}", "path", path->path, "before", mark_json(&path->before),
                     "after", mark_json(&path->after));
}

enum cw_code journal_put_change(struct journal *j, const struct journal_change *change,
                                struct error *error)
{
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:b}", "id", change->id, "kind",
                             kind_words[change->kind], "progress", progress_words[change->progress],
                             "path", change->path, "before", mark_json(&change->before), "after",
                             mark_json(&change->after), "own", change->own);
    text_put(&json, "block", change->block);
    text_put(&json, "tool", change->tool);
    text_put(&json, "name", change->name);
    text_put(&json, "value", change->value);
    text_put(&json, "base", change->base);
    json_t *paths = json_array();
    bool whole = true;
    for (size_t i = 0; i < change->path_count; i++)
        whole = json_array_append_new(paths, path_json(&change->paths[i])) == 0 && whole;
    whole = json_object_set_new(json, "paths", paths) == 0 && whole;
    whole = json_object_set_new(json, "made", list_json(change->made, change->made_count)) == 0 &&
            whole;
    if (!whole) {
        json_decref(json);
        json = NULL;
    }
    TRY(record_write(j, "change", json, error));
    change_keep(j, change);
    return CW_OK;
}

enum cw_code journal_put_addition(struct journal *j, const struct journal_addition *addition,
                                  struct error *error)
{
    /* the last quarter is for undoing */
    if (addition->progress == PROGRESS_BEGUN && j->text.n > LIMIT_JOURNAL_BYTES / 4 * 3)
        return journal_full(j, error);
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:o}", "id", addition->id, "sha256",
                  addition->sha256, "subject", addition->subject, "client", addition->client, "how",
                  addition->how, "progress", progress_words[addition->progress], "time",
                  (json_int_t)addition->time, "not_after", (json_int_t)addition->not_after,
                  "changes", list_json(addition->changes, addition->change_count));
    text_put(&json, "variable", addition->variable);
    text_put(&json, "value", addition->value);
    TRY(record_write(j, "addition", json, error));
    addition_keep(j, addition);
    return CW_OK;
}

const char *journal_new_id(struct journal *j, char letter)
{
    return arena_printf(j->arena, "%c%u", letter, j->next++);
}

enum cw_code journal_prune(struct journal *j, struct error *error)
{
    enum { HISTORY_BYTES = 1 << 20 };
    const char **names, *directory = journal_path(j, "before");
    size_t count;
    for (size_t i = 0; i < j->addition_count; i++)
        if (addition_stands(&j->additions[i]))
            return CW_OK;
    TRY(file_list(j->root, directory, LIMIT_STORE_FILES, j->arena, &names, &count, error));
    for (size_t i = 0; i < count; i++)
        TRY(file_unlink(j->root, arena_printf(j->arena, "%s/%s", directory, names[i]), error));
    return j->text.n > HISTORY_BYTES ? file_unlink(j->root, journal_path(j, "trust.jsonl"), error)
                                     : CW_OK;
}

/* ---- asking ---- */

struct journal_change *journal_change_find(struct journal *j, const char *id)
{
    for (size_t i = 0; i < j->change_count; i++)
        if (strcmp(j->changes[i].id, id) == 0)
            return &j->changes[i];
    return NULL;
}

bool addition_stands(const struct journal_addition *addition)
{
    return addition->progress != PROGRESS_UNDONE;
}

bool journal_is_needed(const struct journal *j, const char *change, const char *but)
{
    for (size_t i = 0; i < j->addition_count; i++) {
        const struct journal_addition *addition = &j->additions[i];
        if (!addition_stands(addition) || strcmp(addition->id, but) == 0)
            continue;
        for (size_t k = 0; k < addition->change_count; k++)
            if (strcmp(addition->changes[k], change) == 0)
                return true;
    }
    return false;
}

/* ---- marks ---- */

struct mark mark_of(struct bytes content, unsigned mode)
{
    struct mark mark = {.what = FILE_REGULAR, .mode = mode, .target = ""};
    crypto_sha256(content, mark.sha256);
    return mark;
}

static const char *kept_path(const struct journal *j, const struct mark *mark)
{
    return arena_printf(j->arena, "%s/before/%s", j->directory,
                        str_hex(j->arena, bytes_of(mark->sha256, 32), 0));
}

enum cw_code mark_take(const struct journal *j, const char *path, bool follow, bool keep,
                       struct mark *out, struct error *error)
{
    const struct file_state state = file_state(j->root, path, j->arena);
    *out = (struct mark){.what = state.what, .mode = state.mode, .target = state.target};
    if (state.what == FILE_LINK && follow) {
        if (!file_exists(j->root, path))
            return error_set(error, CW_E_INPUT, "%s is a link that leads nowhere; remove it",
                             str_safe(j->arena, bytes_str(path)));
        out->what = FILE_REGULAR;
        out->target = "";
        out->mode = 0; /* of what it leads to, which keeps its own */
    }
    if (out->what != FILE_REGULAR)
        return CW_OK;
    BUF_CLEANUP content = {0};
    TRY(file_read(j->root, path, LIMIT_KEYSTORE_BYTES, &content, error));
    crypto_sha256(buf_bytes(&content), out->sha256);
    const char *kept = kept_path(j, out);
    if (keep && !file_exists(j->root, kept))
        return file_write_atomic(j->root, kept, buf_bytes(&content), MODE_JOURNAL, error);
    return CW_OK;
}

bool mark_equal(const struct mark *a, const struct mark *b)
{
    if (a->what != b->what)
        return false;
    if (a->what == FILE_LINK)
        return strcmp(a->target, b->target) == 0;
    return a->what != FILE_REGULAR || memcmp(a->sha256, b->sha256, sizeof a->sha256) == 0;
}

enum cw_code mark_restore(const struct journal *j, const char *path, bool follow,
                          const struct mark *mark, struct error *error)
{
    BUF_CLEANUP content = {0};
    struct mark kept;
    if (!follow && mark->what == FILE_REGULAR &&
        file_state(j->root, path, j->arena).what == FILE_LINK)
        TRY(file_unlink(j->root, path, error));
    switch (mark->what) {
    case FILE_NOTHING:
        return file_unlink(j->root, path, error);
    case FILE_LINK:
        return file_write_link(j->root, path, mark->target, error);
    case FILE_REGULAR:
        TRY(file_read(j->root, kept_path(j, mark), LIMIT_KEYSTORE_BYTES, &content, error));
        kept = mark_of(buf_bytes(&content), mark->mode);
        if (!mark_equal(&kept, mark))
            return error_set(error, CW_E_INPUT,
                             "%s is not what was kept of %s, which is left as it is",
                             kept_path(j, mark), str_safe(j->arena, bytes_str(path)));
        return file_write_atomic(j->root, path, buf_bytes(&content), mark->mode, error);
    case FILE_DIRECTORY:
    case FILE_OTHER:
        break;
    }
    return CW_OK;
}
