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
    const struct bytes version = field_of(record, form->version);
    if (!version.p || (*form->mark && !field_of(record, form->mark).p))
        return;
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

/* ---- dpkg's records are sorted by name: pages that are not looked at cost nothing ---- */

/** The record that begins at or behind `at`; its offset, or the file's end. */
static size_t record_from(struct bytes status, size_t at)
{
    if (at == 0)
        return 0;
    const size_t gap = bytes_find(bytes_slice(status, at - 1, status.n), bytes_str("\n\n"));
    return gap == SIZE_MAX ? status.n : at - 1 + gap + 2;
}

static struct bytes name_at(struct bytes status, size_t record)
{
    const struct bytes rest = bytes_slice(status, record, status.n);
    const struct bytes field = bytes_str(forms[0].name);
    const uint8_t *end = rest.n ? memchr(rest.p, '\n', rest.n) : NULL;
    if (!end || rest.n < field.n || memcmp(rest.p, field.p, field.n) != 0)
        return bytes_of(NULL, 0);
    return bytes_of(rest.p + field.n, (size_t)(end - rest.p) - field.n);
}

static void bisect(const struct reading *reading, struct bytes status, const char *wanted)
{
    size_t low = 0, high = status.n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2, record = record_from(status, middle);
        const struct bytes name = record < high ? name_at(status, record) : bytes_of(NULL, 0);
        const int order = name.p ? bytes_compare(name, bytes_str(wanted)) : 1;
        if (order == 0) {
            const struct bytes rest = bytes_slice(status, record, status.n);
            const size_t n = bytes_find(rest, bytes_str("\n\n"));
            record_read(reading, bytes_slice(rest, 0, n == SIZE_MAX ? rest.n : n), name);
            return;
        }
        if (order < 0)
            low = record + 1;
        else
            high = middle;
    }
}

static bool status_bisect(struct trust_machine *m)
{
    struct mapping map;
    struct error ignored;
    const struct reading reading = {m, &forms[0]};
    if (file_map(m->root, forms[0].path, &map, &ignored) != CW_OK)
        return false;
    const char *wanted;
    for (size_t i = 0; (wanted = package_wanted(i)); i++)
        bisect(&reading, bytes_of(map.p, map.n), wanted);
    file_unmap(&map);
    return m->package_count > 0;
}

/* A file that nothing was found in may be in another order, or another manager's. */
static void packages_read(struct trust_machine *m)
{
    m->packages_read = true;
    if (status_bisect(m))
        return;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct reading reading = {m, &forms[i]};
        file_read_pieces(m->root, forms[i].path, records_take, &reading);
    }
}

const char *package_version(struct trust_machine *m, const char *name)
{
    if (!m->packages_read)
        packages_read(m);
    for (size_t i = 0; i < m->package_count; i++)
        if (strcmp(m->packages[i].name, name) == 0)
            return m->packages[i].version;
    return "";
}
