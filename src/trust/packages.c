/* SPDX-License-Identifier: Apache-2.0 */
/* Versions of installed packages, from the package manager's own text files. */
#include <string.h>

#include "machine.h"

/* deb(5) and apk's database: records with empty lines between them, a field a line. */
static const struct record_form {
    const char *path, *name, *version;
    const char *mark; /* a line of every record whose package is really there */
} forms[] = {
    {"/var/lib/dpkg/status", "Package: ", "Version: ", "Status: install ok installed"},
    {"/lib/apk/db/installed", "P:", "V:", ""},
};

/** The rest of the line of `record` that begins with `field`; p NULL when there is none. */
static struct bytes field_of(struct bytes record, const char *field)
{
    const struct bytes wanted = bytes_str(field);
    for (size_t at = 0; at < record.n;) {
        const struct bytes rest = bytes_slice(record, at, record.n);
        const uint8_t *end = memchr(rest.p, '\n', rest.n);
        const size_t n = end ? (size_t)(end - rest.p) : rest.n;
        if (n >= wanted.n && memcmp(rest.p, wanted.p, wanted.n) == 0)
            return bytes_of(rest.p + wanted.n, n - wanted.n);
        at += n + 1;
    }
    return bytes_of(NULL, 0);
}

struct reading {
    struct trust_machine *m;
    const struct record_form *form;
};

static void record_read(const struct reading *reading, struct bytes record, struct bytes name)
{
    const struct record_form *form = reading->form;
    struct trust_machine *m = reading->m;
    if (m->package_count == LIMIT_PLACES)
        return;
    struct bytes version = field_of(record, form->version);
    if (*form->mark && !field_of(record, form->mark).p)
        version.n = 0; /* it was here once */
    m->packages =
        arena_grow(m->arena, m->packages, m->package_count, &m->package_cap, sizeof *m->packages);
    m->packages[m->package_count++] = (struct package){
        .name = arena_strndup(m->arena, (const char *)name.p, name.n),
        .version = arena_strndup(m->arena, (const char *)version.p, version.n),
    };
}

/* The next "Package: NAME" of a piece; false when there is none, or none whole, from *at on. */
static bool name_find(const struct record_form *form, struct bytes piece, size_t *at,
                      struct bytes *name)
{
    const struct bytes field = bytes_str(form->name);
    for (;;) {
        const size_t found = bytes_find(bytes_slice(piece, *at, piece.n), field);
        if (found == SIZE_MAX) {
            *at = piece.n > field.n ? piece.n - field.n : 0;
            return false;
        }
        *at += found;
        const struct bytes rest = bytes_slice(piece, *at + field.n, piece.n);
        const uint8_t *end = rest.n ? memchr(rest.p, '\n', rest.n) : NULL;
        if (!end)
            return false;
        *name = bytes_of(rest.p, (size_t)(end - rest.p));
        if (*at == 0 || piece.p[*at - 1] == '\n')
            return true;
        *at += field.n;
    }
}

/* Fields may come in any order, but every manager writes the name first. */
static size_t records_take(void *context, struct bytes piece)
{
    const struct reading *reading = context;
    struct bytes name;
    size_t at = 0;
    while (name_find(reading->form, piece, &at, &name)) {
        const struct bytes rest = bytes_slice(piece, at, piece.n);
        if (package_is_wanted(name)) {
            const size_t n = bytes_find(rest, bytes_str("\n\n"));
            if (n == SIZE_MAX)
                return at;
            record_read(reading, bytes_slice(rest, 0, n), name);
        }
        at += name.n;
    }
    return at;
}

/* ---- dpkg's records are sorted by name: what is not looked at is not read ---- */

enum { WINDOW_BYTES = 4096 }; /* of which a record is looked for; records have 500 to 3,000 */

struct window {
    struct open_file file;
    uint8_t bytes[WINDOW_BYTES];
    struct bytes seen; /* in bytes */
};

static void window_read(struct window *window, size_t at)
{
    window->seen =
        bytes_of(window->bytes, file_read_at(&window->file, at, window->bytes, WINDOW_BYTES));
}

/** The offset of the first record at or behind `at` and before `end`, its name in the window; `end`
 *  when there is none. */
static size_t record_from(struct window *window, size_t at, size_t end)
{
    enum { NAME_BYTES = 256 }; /* that the line of a record's name has at most */
    size_t from = at > 0 ? at - 1 : 0;
    window_read(window, from);
    while (at > 0) {
        const size_t gap = bytes_find(window->seen, bytes_str("\n\n"));
        if (gap != SIZE_MAX) {
            at = from + gap + 2;
            break;
        }
        if (window->seen.n < WINDOW_BYTES || from >= end)
            return end;
        from += WINDOW_BYTES - 1; /* the gap may lie across */
        window_read(window, from);
    }
    if (at >= end)
        return end;
    if (at - from + NAME_BYTES > WINDOW_BYTES)
        window_read(window, at);
    else
        window->seen = bytes_slice(window->seen, at - from, window->seen.n);
    return at;
}

static struct bytes name_seen(const struct window *window)
{
    const struct bytes seen = window->seen, field = bytes_str(forms[0].name);
    const uint8_t *end = seen.n ? memchr(seen.p, '\n', seen.n) : NULL;
    if (!end || seen.n < field.n || memcmp(seen.p, field.p, field.n) != 0)
        return bytes_of(NULL, 0);
    return bytes_of(seen.p + field.n, (size_t)(end - seen.p) - field.n);
}

/** The record of a package into the window; false when it is not where it belongs. */
static bool bisect(struct window *window, const char *wanted)
{
    size_t low = 0, high = window->file.n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const size_t record = record_from(window, middle, high);
        const struct bytes name = record < high ? name_seen(window) : bytes_of(NULL, 0);
        const int order = name.p ? bytes_compare(name, bytes_str(wanted)) : 1;
        if (order == 0) {
            window_read(window, record);
            return true;
        }
        if (order < 0)
            low = record + 1;
        else
            high = middle;
    }
    return false;
}

static bool status_bisect(struct trust_machine *m, const char *wanted)
{
    struct window window;
    const struct reading reading = {m, &forms[0]};
    if (!file_open(m->root, forms[0].path, &window.file))
        return false;
    const bool found = bisect(&window, wanted);
    if (found)
        record_read(&reading,
                    bytes_slice(window.seen, 0, bytes_find(window.seen, bytes_str("\n\n"))),
                    bytes_str(wanted));
    file_close(&window.file);
    return found;
}

static const char *version_known(const struct trust_machine *m, const char *name)
{
    for (size_t i = 0; i < m->package_count; i++)
        if (strcmp(m->packages[i].name, name) == 0)
            return m->packages[i].version;
    return NULL;
}

/* Where none was found yet, the records may be in another order, or another manager's. */
const char *package_version(struct trust_machine *m, const char *name)
{
    const char *known = version_known(m, name);
    if (!known && !m->packages_read && !status_bisect(m, name) && m->package_count == 0) {
        m->packages_read = true;
        for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
            struct reading reading = {m, &forms[i]};
            file_read_pieces(m->root, forms[i].path, records_take, &reading);
        }
    }
    known = known ? known : version_known(m, name);
    return known ? known : "";
}
