/* SPDX-License-Identifier: Apache-2.0 */
/* certwhy trust list: every store that is found, and who uses it. */
#include "trust.h"

#include <stdio.h>
#include <string.h>

/* ---- stores that other programs must be asked for ---- */

/* Node's list is in its binary. It is the machine's own node that is asked, never one below --root.
 */
static struct store *node_store(const struct trust_job *job, const struct trust_part *part)
{
    static const char script[] =
        "process.stdout.write(require('tls').rootCertificates.join('\\n') + '\\n')";
    const char *const argv[] = {part->path, "-e", script, NULL};
    BUF_CLEANUP out = {0};
    struct container container;
    if (*job->root || !program_run(argv, &out))
        return NULL;
    container_read(buf_bytes(&out), part->path, job->arena, &container);
    struct store *store = store_new(part->path);
    for (size_t i = 0; i < container.object_count; i++) {
        if (container.objects[i].kind != OBJECT_CERTIFICATE)
            continue;
        struct cert *cert = cert_parse(container.objects[i].der);
        store_add_cert(store, cert, container.objects[i].origin);
        cert_unref(cert);
    }
    return store;
}

static struct trust_census census_of_program(const struct trust_job *job,
                                             const struct trust_place *place)
{
    struct trust_census census = {.modified = file_mtime(job->root, place->part.path),
                                  .problem = "compiled in, not read"};
    struct store *store = node_store(job, &place->part);
    if (!store)
        return census;
    const cw_time modified = census.modified;
    census = trust_census_of(job, store);
    census.read = true;
    census.modified = modified;
    return census;
}

struct trust_census trust_census_place(const struct trust_job *job, const struct trust_place *place)
{
    if (place->part.kind == PART_PROGRAMME)
        return census_of_program(job, place);
    return trust_census_of(job, trust_part_store(job->machine, &place->part));
}

/* ---- who uses it ---- */

enum { USERS_MAX = 64 };

static bool view_has(const struct trust_job *job, const struct trust_view *view,
                     const struct trust_part *part)
{
    for (size_t i = 0; i < view->part_count; i++)
        if (view->parts[i].kind != PART_PROGRAMME &&
            trust_part_same(job->machine, &view->parts[i], part))
            return true;
    return false;
}

static size_t users_of(const struct trust_job *job, const struct trust_place *place,
                       const char *out[USERS_MAX])
{
    size_t n = 0;
    for (size_t i = 0; trust_client_at(i) && n < USERS_MAX; i++) {
        const struct trust_view *view = trust_view_find(job->machine, trust_client_at(i));
        const bool node = place->part.kind == PART_PROGRAMME && strcmp(view->client, "node") == 0;
        if (node || (place->part.kind != PART_PROGRAMME && view_has(job, view, &place->part)))
            out[n++] = view->client;
    }
    return n;
}

static const char *users_text(const struct trust_job *job, const struct trust_place *place)
{
    const char *users[USERS_MAX];
    const size_t n = users_of(job, place, users);
    BUF_CLEANUP text = {0};
    for (size_t i = 0; i < n; i++)
        buf_printf(&text, "%s%s", i ? ", " : "", users[i]);
    return arena_strdup(job->arena, buf_cstr(&text));
}

/* ---- additions that never arrived ---- */

/* Certificates of a source directory that the system's bundle does not hold: somebody forgot the
 * command, or named the file otherwise than *.crt. */
static size_t not_arrived(const struct trust_job *job, struct store *source)
{
    struct store *system = trust_view_store(job->machine, trust_view_find(job->machine, "system"));
    size_t missing = 0;
    for (size_t i = 0; i < store_count(source); i++) {
        const struct anchor *anchor = store_at(source, i);
        missing += anchor && !store_get(system, anchor->cert);
    }
    return missing;
}

/* ---- text ---- */

static const char *state_of(const struct trust_job *job, const struct trust_census *census)
{
    if (!census->read)
        return "unread";
    return arena_printf(job->arena, "%zu certificate%s", census->count,
                        census->count == 1 ? "" : "s");
}

static void notes_write(const struct trust_job *job, const struct trust_place *place,
                        const struct trust_census *census, struct buf *out)
{
    enum { INDENT = 4 };
    const char *users = users_text(job, place);
    if (*users)
        trust_wrap(job, out, INDENT, arena_printf(job->arena, "used by %s", users));
    if (!census->read)
        trust_wrap(job, out, INDENT, census->problem);
    if (census->expired)
        trust_wrap(job, out, INDENT,
                   arena_printf(job->arena, "%zu %s expired", census->expired,
                                census->expired == 1 ? "has" : "have"));
    if (census->lacking)
        trust_wrap(job, out, INDENT,
                   arena_printf(job->arena, "lacks %zu of Mozilla's roots of %s", census->lacking,
                                time_date(job->arena, programme_date(PROGRAMME_MOZILLA))));
    const size_t missing = place->source && census->read ? not_arrived(job, census->store) : 0;
    if (missing)
        trust_wrap(job, out, INDENT,
                   arena_printf(job->arena,
                                "! %zu of them are not in the system's bundle: run "
                                "update-ca-certificates (it takes files named *.crt alone) or "
                                "update-ca-trust",
                                missing));
}

static void place_write(const struct trust_job *job, const struct trust_place *place,
                        struct buf *out)
{
    const char *path = str_safe(job->arena, bytes_str(place->part.path));
    if (*place->same_as) {
        buf_printf(out, "%-22s  the same as %s\n    %s\n", place->name, place->same_as, path);
        return;
    }
    struct trust_census census = trust_census_place(job, place);
    buf_printf(out, "%-22s  %-16s  %s\n", place->name, state_of(job, &census),
               trust_date(job, census.modified));
    trust_wrap(job, out, 4, arena_printf(job->arena, "%s: %s", path, place->title));
    notes_write(job, place, &census, out);
    store_unref(census.store);
}

static void list_text(const struct trust_job *job, struct buf *out)
{
    size_t count, settings;
    const struct trust_place *places = trust_places(job->machine, &count);
    for (size_t i = 0; i < count; i++)
        place_write(job, &places[i], out);
    if (count == 0)
        trust_wrap(job, out, 0,
                   "No trust store was found in any of the usual places: install the package "
                   "ca-certificates.");
    buf_add_str(out, "\n");
    trust_settings(job->machine, &settings);
    if (settings)
        trust_wrap(job, out, 0,
                   arena_printf(job->arena,
                                "%zu setting%s change%s what clients trust here: "
                                "certwhy trust env",
                                settings, settings == 1 ? "" : "s", settings == 1 ? "s" : ""));
    trust_wrap(job, out, 0, trust_data_text(job));
}

/* ---- JSON ---- */

static json_t *place_json(const struct trust_job *job, const struct trust_place *place)
{
    const char *users[USERS_MAX];
    const size_t n = users_of(job, place, users);
    json_t *used_by = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(used_by, json_string(users[i]));
    json_t *json = trust_part_json(&place->part);
    json_object_set_new(json, "name", json_string(place->name));
    json_object_set_new(json, "title", json_string(place->title));
    json_object_set_new(json, "used_by", used_by);
    json_object_set_new(json, "same_as",
                        *place->same_as ? json_string(place->same_as) : json_null());
    struct trust_census census = trust_census_place(job, place);
    json_object_set_new(json, "read", json_boolean(census.read));
    json_object_set_new(json, "problem", census.read ? json_null() : json_string(census.problem));
    json_object_set_new(json, "count",
                        census.read ? json_integer((json_int_t)census.count) : json_null());
    json_object_set_new(json, "public_roots", json_integer((json_int_t)census.public_roots));
    json_object_set_new(json, "expired", json_integer((json_int_t)census.expired));
    json_object_set_new(json, "modified",
                        census.modified == TIME_NONE
                            ? json_null()
                            : json_string(time_rfc3339(job->arena, census.modified)));
    if (place->source)
        json_object_set_new(
            json, "not_in_system",
            json_integer(census.read ? (json_int_t)not_arrived(job, census.store) : 0));
    store_unref(census.store);
    return json;
}

static json_t *client_json(const struct trust_job *job, const char *name)
{
    const struct trust_view *view = trust_view_find(job->machine, name);
    json_t *parts = json_array();
    for (size_t i = 0; i < view->part_count; i++)
        json_array_append_new(parts, trust_part_json(&view->parts[i]));
    return json_pack("{s:s, s:s, s:s, s:o, s:b}", "client", view->client, "title", view->title,
                     "evidence", view->measured ? "measured" : "documented", "parts", parts,
                     "verification_off", view->off);
}

static json_t *list_json(const struct trust_job *job)
{
    size_t count;
    const struct trust_place *places = trust_places(job->machine, &count);
    json_t *stores = json_array(), *clients = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(stores, place_json(job, &places[i]));
    for (size_t i = 0; trust_client_at(i); i++)
        json_array_append_new(clients, client_json(job, trust_client_at(i)));
    return json_pack("{s:s, s:o, s:o, s:o}", "schema", "certwhy/trust/1", "stores", stores,
                     "clients", clients, "data", trust_data_json());
}

int trust_list(const struct trust_job *job)
{
    if (job->json)
        return trust_print_json(list_json(job), EXIT_ACCEPTED);
    BUF_CLEANUP out = {0};
    list_text(job, &out);
    return output_write(NULL, buf_bytes(&out)) ? EXIT_ACCEPTED : EXIT_UNUSABLE;
}
