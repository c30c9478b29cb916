/* SPDX-License-Identifier: Apache-2.0 */
/* A view → its store. Views that come to the same certificates share one store: on a common machine
 * all clients of the system's bundle do, and nothing but the bundle is ever read. */
#include <string.h>

#include "machine.h"

/* ---- the directory beside the bundle ---- */

static bool is_hash_name(const char *name)
{
    enum { HASH_DIGITS = 8 };
    return strspn(name, "0123456789abcdef") == HASH_DIGITS && name[HASH_DIGITS] == '.';
}

static bool is_below(const char *path, const char *directory)
{
    const size_t n = strlen(directory);
    return strncmp(path, directory, n) == 0 && path[n] == '/';
}

static struct directory_census census_take(const struct trust_machine *m, const char *directory,
                                           const char *bundle)
{
    struct arena arena = {0};
    const char **names;
    size_t count;
    struct directory_census census = {.path = directory};
    const char *bundle_name = bundle + strlen(directory) + 1;
    if (file_list(m->root, directory, LIMIT_STORE_FILES, &arena, &names, &count, NULL) != CW_OK)
        count = 0;
    for (size_t i = 0; i < count; i++) {
        /* Debian keeps Java's keystore in a directory there. */
        const bool directory_likely = !strchr(names[i], '.');
        if (is_hash_name(names[i]))
            census.hashed++;
        else if (strcmp(names[i], bundle_name) != 0 &&
                 !(directory_likely &&
                   file_is_dir(m->root, arena_printf(&arena, "%s/%s", directory, names[i]))))
            census.others++;
    }
    arena_free(&arena);
    return census;
}

static const struct directory_census *census_of(struct trust_machine *m, const char *directory,
                                                const char *bundle)
{
    for (size_t i = 0; i < m->directory_count; i++)
        if (strcmp(m->directories[i].path, directory) == 0)
            return &m->directories[i];
    m->directories = arena_grow(m->arena, m->directories, m->directory_count, &m->directory_cap,
                                sizeof *m->directories);
    m->directories[m->directory_count] = census_take(m, directory, bundle);
    return &m->directories[m->directory_count++];
}

/* update-ca-certificates keeps a bundle and, in the same directory, a link and a hashed link for
 * each of its certificates. While the numbers agree, the directory holds what the bundle holds, and
 * reading its 300 files would tell nothing. A file that somebody put there by hand shows. */
static bool directory_adds_nothing(struct trust_machine *m, const struct trust_part *part,
                                   const char *bundle, size_t bundle_count)
{
    if (!is_below(bundle, part->path))
        return false;
    const struct directory_census *census = census_of(m, part->path, bundle);
    return census->hashed == bundle_count &&
           (part->kind == PART_HASHED || census->others == bundle_count);
}

/* ---- stores by key ---- */

static struct store *store_known(const struct trust_machine *m, const char *key)
{
    for (size_t i = 0; i < m->store_count; i++)
        if (strcmp(m->stores[i].key, key) == 0)
            return m->stores[i].store;
    return NULL;
}

static struct store *store_keep(struct trust_machine *m, const char *key, struct store *store)
{
    m->stores = arena_grow(m->arena, m->stores, m->store_count, &m->store_cap, sizeof *m->stores);
    m->stores[m->store_count++] =
        (struct made_store){.key = arena_strdup(m->arena, key), .store = store};
    return store;
}

/* --ca: for every client, whatever its own store is. */
static void add_extras(struct trust_machine *m, struct store *store)
{
    for (size_t i = 0; i < m->added_count; i++)
        store_add_path(store, m->root, m->added[i], NULL);
}

enum cw_code trust_machine_add(struct trust_machine *m, const char *path, struct error *err)
{
    struct store *probe = store_new("--ca");
    const enum cw_code code = store_add_path(probe, m->root, path, err);
    store_unref(probe);
    if (code != CW_OK)
        return code;
    m->added = arena_grow(m->arena, m->added, m->added_count, &m->added_cap, sizeof *m->added);
    m->added[m->added_count++] = arena_strdup(m->arena, path);
    return CW_OK;
}

/* What a part is, in letters: equal for two names of one file. */
static void key_add(const struct trust_machine *m, const struct trust_part *part, struct buf *key)
{
    uint64_t id[2];
    const bool known = part->kind != PART_PROGRAMME && file_identity(m->root, part->path, id);
    if (known)
        buf_printf(key, "%d:%llx:%llx|", (int)part->kind, (unsigned long long)id[0],
                   (unsigned long long)id[1]);
    else
        buf_printf(key, "%d:%s|", (int)part->kind, part->path);
}

/* The store of the system's bundle alone: the one that most views are. */
static struct store *bundle_store(struct trust_machine *m)
{
    static const char key[] = "system";
    struct store *store = store_known(m, key);
    if (store)
        return store;
    store = store_keep(m, key, store_system(m->root));
    m->bundle_count = store_count(store);
    add_extras(m, store);
    return store;
}

/* ---- parts ---- */

static bool part_is_bundle(const struct trust_machine *m, const struct trust_part *part)
{
    const char *bundle = system_bundle(m->root);
    const struct trust_part system = {.kind = PART_BUNDLE, .path = bundle};
    return bundle && part->kind == PART_BUNDLE && trust_part_same(m, part, &system);
}

/* Whether a view is nothing but the system's bundle, perhaps said twice. */
static bool view_is_system(struct trust_machine *m, const struct trust_view *view)
{
    const char *bundle = system_bundle(m->root);
    if (!bundle || view->part_count == 0)
        return false;
    for (size_t i = 0; i < view->part_count; i++) {
        const struct trust_part *part = &view->parts[i];
        const bool directory = part->kind == PART_HASHED || part->kind == PART_FILES;
        if (part_is_bundle(m, part))
            continue;
        if (!directory)
            return false;
        bundle_store(m);
        if (!directory_adds_nothing(m, part, bundle, m->bundle_count))
            return false;
    }
    return true;
}

static struct store *store_of_parts(struct trust_machine *m, const struct trust_view *view)
{
    struct store *store = store_new(view->client);
    for (size_t i = 0; i < view->part_count; i++) {
        const struct trust_part *part = &view->parts[i];
        if (part->kind == PART_PROGRAMME)
            store_set_base(store, bundle_store(m), part->programme, machine_roots(m));
        else if (!store_add_part(store, m->root, part) && part->refuses) {
            /* It stops here, whatever else it would have read. */
            struct store *nothing = store_new(view->client);
            store_add_part(nothing, m->root, part);
            store_unref(store);
            return nothing;
        }
    }
    add_extras(m, store);
    return store;
}

/* A client without a store of its own is one more that has what the system has, or has not. */
static struct store *store_of_nothing(struct trust_machine *m, const struct trust_view *view)
{
    if (strcmp(view->client, "java") != 0)
        return bundle_store(m);
    struct store *store = store_new(view->client);
    store_add_source(store, "lib/security/cacerts")->shown.problem = "the JVM has no keystore";
    add_extras(m, store);
    return store_keep(m, "nothing|", store);
}

static struct store *store_make(struct trust_machine *m, const struct trust_view *view)
{
    if (view_is_system(m, view))
        return bundle_store(m);
    if (view->part_count == 0)
        return store_of_nothing(m, view);
    BUF_CLEANUP key = {0};
    for (size_t i = 0; i < view->part_count; i++) {
        key_add(m, &view->parts[i], &key);
        /* What becomes of it when it cannot be read is the client's own affair. */
        if (view->parts[i].refuses && !part_is_bundle(m, &view->parts[i]))
            buf_printf(&key, "%s|", view->client);
    }
    struct store *store = store_known(m, buf_cstr(&key));
    return store ? store : store_keep(m, buf_cstr(&key), store_of_parts(m, view));
}

struct store *trust_view_store(struct trust_machine *m, const struct trust_view *view)
{
    for (size_t i = 0; i < m->view_store_count; i++)
        if (m->view_stores[i].view == view)
            return m->view_stores[i].store;
    struct store *store = store_make(m, view);
    m->view_stores = arena_grow(m->arena, m->view_stores, m->view_store_count, &m->view_store_cap,
                                sizeof *m->view_stores);
    m->view_stores[m->view_store_count++] = (struct view_store){view, store};
    return store;
}

struct store *trust_part_store(struct trust_machine *m, const struct trust_part *part)
{
    struct store *store = store_new(part->path);
    if (part->kind == PART_PROGRAMME)
        store_set_base(store, bundle_store(m), part->programme, machine_roots(m));
    else
        store_add_part(store, m->root, part);
    return store;
}

/* Verbatim, with the path for %s: curl 7.88, git 2.39, requests 2.34, OpenJDK 17. */
static const struct {
    const char *client, *missing, *unusable;
} refusals[] = {
    {"curl", "curl: (77) error setting certificate file: %s",
     "curl: (77) error setting certificate file: %s"},
    {"git", "Problem with the SSL CA cert (path? access rights?)", NULL},
    {"requests", "OSError: Could not find a suitable TLS CA certificate bundle, invalid path: %s",
     "SSLError(136, '[X509: NO_CERTIFICATE_OR_CRL_FOUND] no certificate or crl found')"},
};

static const char *words_of(const char *client, bool missing)
{
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
        if (strcmp(refusals[i].client, client) == 0)
            return missing ? refusals[i].missing : refusals[i].unusable;
    return NULL;
}

static const char *refusal_of(const struct trust_machine *m, const char *client,
                              const struct store_source *source, struct arena *arena)
{
    const char *path = str_safe(arena, bytes_str(source->path));
    const char *words = words_of(client, !file_exists(m->root, source->path));
    if (!words)
        return arena_printf(arena, "(%s cannot read %s)", client, path);
    const char *place = strstr(words, "%s");
    return place ? arena_printf(arena, "%.*s%s%s", (int)(place - words), words, path, place + 2)
                 : words;
}

const char *trust_view_refusal(struct trust_machine *m, const struct trust_view *view,
                               struct arena *arena)
{
    bool may = false;
    for (size_t i = 0; i < view->part_count; i++)
        may = may || view->parts[i].refuses;
    if (!may)
        return "";
    const struct store *store = trust_view_store(m, view);
    const struct store_source *source =
        store_source_count(store) == 1 ? store_source_at(store, 0) : NULL;
    for (size_t i = 0; source && !source->read && i < view->part_count; i++)
        if (view->parts[i].refuses && strcmp(view->parts[i].path, source->path) == 0)
            return refusal_of(m, view->client, source, arena);
    return "";
}
