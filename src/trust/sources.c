/* SPDX-License-Identifier: Apache-2.0 */
/* What each client trusts on this machine: its default places (clients.def), changed by what is
 * set. */
#include "machine.h"

#include <stdlib.h>
#include <string.h>

enum evidence_word { MEASURED, DOCUMENTED };
enum precedence { EACH, ONE };

static const struct client_row {
    const char *name, *title;
    enum evidence_word evidence;
    enum precedence precedence;
    const char *defaults;
} clients[] = {
#define TRUST_CLIENT(id, name, title, evidence, precedence, defaults)                              \
    {name, title, evidence, precedence, defaults},
#define TRUST_RULE(client, setting, rank, effect, failure)
#include "clients.def"
#undef TRUST_CLIENT
#undef TRUST_RULE
};
enum { CLIENT_COUNT = sizeof clients / sizeof clients[0] };

enum client_id {
#define TRUST_CLIENT(id, name, title, evidence, precedence, defaults) CLIENT_##id,
#define TRUST_RULE(client, setting, rank, effect, failure)
#include "clients.def"
#undef TRUST_CLIENT
#undef TRUST_RULE
};

const struct trust_rule trust_rules[] = {
#define TRUST_CLIENT(id, name, title, evidence, precedence, defaults)
#define TRUST_RULE(client, setting, rank, effect, failure)                                         \
    {CLIENT_##client, SETTING_##setting, rank, EFFECT_##effect, failure},
#include "clients.def"
#undef TRUST_CLIENT
#undef TRUST_RULE
};
const size_t trust_rule_count = sizeof trust_rules / sizeof trust_rules[0];

const char *trust_client_at(size_t i)
{
    return i < CLIENT_COUNT ? clients[i].name : NULL;
}

static size_t client_index(const char *name)
{
    for (size_t i = 0; i < CLIENT_COUNT; i++)
        if (str_equal_nocase(clients[i].name, name))
            return i;
    return CLIENT_COUNT;
}

bool trust_client_known(const char *name)
{
    return client_index(name) < CLIENT_COUNT;
}

bool trust_client_has_home(const char *name)
{
    static const char *const beside[] = {"openssl", "certifi", "pip", "cacerts"};
    const size_t client = client_index(name);
    for (size_t i = 0; i < sizeof beside / sizeof beside[0] && client < CLIENT_COUNT; i++)
        if (strcmp(clients[client].defaults, beside[i]) == 0)
            return true;
    return false;
}

bool client_takes_one(const char *client)
{
    const size_t i = client_index(client);
    return i < CLIENT_COUNT && clients[i].precedence == ONE;
}

bool client_takes_empty(const char *client)
{
    const size_t i = client_index(client);
    return i == CLIENT_OPENSSL || i == CLIENT_PYTHON || i == CLIENT_GIT;
}

/* ---- the machine ---- */

struct trust_machine *trust_machine_new(const char *root, const struct environment *environment,
                                        struct arena *arena)
{
    struct trust_machine *m = xcalloc(1, sizeof *m);
    m->root = root;
    m->environment = environment ? *environment : (struct environment){0};
    m->arena = arena;
    m->home = arena_strdup(arena, machine_variable(m, "HOME"));
    return m;
}

void trust_machine_free(struct trust_machine *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->store_count; i++)
        store_unref(m->stores[i].store);
    file_unmap(&m->roots);
    free(m);
}

/* ---- default places ---- */

/** A view while it is made. */
struct making {
    struct trust_machine *m;
    struct trust_view *view;
    size_t cap;
    const char *home; /* of the client's own store, "" wherever it usually is */
    bool plain;       /* as if nothing were set */
};

static void add_part(struct making *making, struct trust_part part)
{
    struct trust_view *view = making->view;
    if (!part.path)
        return;
    view->parts =
        arena_grow(making->m->arena, view->parts, view->part_count, &making->cap, sizeof part);
    view->parts[view->part_count++] = part;
}

static const struct trust_view *view_make(struct trust_machine *m, size_t client, const char *home,
                                          bool plain);

static void add_view(struct making *making, const char *client, bool adds,
                     const struct trust_setting *by)
{
    const struct trust_view *other =
        view_make(making->m, client_index(client), making->home, making->plain);
    for (size_t i = 0; other && i < other->part_count; i++) {
        struct trust_part part = other->parts[i];
        part.adds = part.adds || adds;
        part.by = part.by ? part.by : by;
        add_part(making, part);
    }
    making->view->off = making->view->off || (other && other->off);
}

/* Go's root_linux.go: every file of these. */
static void add_file_directories(struct making *making)
{
    static const char *const directories[] = {"/etc/ssl/certs", "/etc/pki/tls/certs"};
    for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++)
        if (file_is_dir(making->m->root, directories[i]))
            add_part(making, (struct trust_part){.kind = PART_FILES, .path = directories[i]});
}

/* Debian's and Alpine's git on GnuTLS reads the directory whole, its bundle included; elsewhere
 * libcurl-gnutls was built with the bundle alone. */
static void add_directory(struct making *making)
{
    static const char debian[] = "/etc/ssl/certs";
    const struct trust_machine *m = making->m;
    const char *bundle = system_bundle(m->root);
    if (file_is_dir(m->root, debian) && (!bundle || str_starts(bundle, debian)))
        add_part(making, (struct trust_part){.kind = PART_FILES, .path = debian});
    else
        add_part(making, (struct trust_part){.kind = PART_BUNDLE, .path = bundle});
}

/** The path that a search comes to; it is copied, for the search's own strings end with it. */
struct path_search {
    struct arena *arena;
    const char *found;
};

static void first_found(void *context, const char *path, const char *label)
{
    struct path_search *search = context;
    (void)label;
    if (!search->found)
        search->found = arena_strdup(search->arena, path);
}

/* Keeps the last match: Python versions sort upwards, mostly. */
static void last_found(void *context, const char *path, const char *label)
{
    struct path_search *search = context;
    (void)label;
    search->found = arena_strdup(search->arena, path);
}

static const char *certifi_below(struct trust_machine *m, const char *prefix)
{
    static const char tail[] = "/lib/python3*/site-packages/certifi/cacert.pem";
    struct path_search search = {.arena = m->arena};
    if (*prefix)
        paths_matching(m, arena_printf(m->arena, "%s%s", prefix, tail), last_found, &search);
    return search.found;
}

/* pyenv's word for the version in use, in its own file or in a variable. */
const char *pyenv_prefix(struct trust_machine *m)
{
    enum { VERSION_BYTES = 200 };
    const char *version = machine_variable(m, "PYENV_VERSION");
    BUF_CLEANUP file = {0};
    const char *path = machine_home_path(m, "/.pyenv/version");
    if (!*version && *path && file_read(m->root, path, VERSION_BYTES, &file, NULL) == CW_OK)
        version = buf_cstr(&file);
    const size_t n = strcspn(version, ": \r\n/");
    return n ? arena_printf(m->arena, "%s/.pyenv/versions/%.*s", m->home, (int)n, version) : "";
}

/* The certifi of the Python that a shell here would most likely start. Debian's own package has no
 * file: it is patched to answer with the system's bundle. */
static const char *certifi_find(struct trust_machine *m)
{
    const char *const prefixes[] = {
        machine_variable(m, "VIRTUAL_ENV"),
        machine_variable(m, "CONDA_PREFIX"),
        pyenv_prefix(m),
        machine_home_path(m, "/.local"),
        "/usr/local",
    };
    static const char *const debian[] = {
        "/usr/local/lib/python3*/dist-packages/certifi/cacert.pem",
        "/usr/lib/python3*/*-packages/certifi/cacert.pem",
    };
    struct path_search search = {.arena = m->arena};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0] && !search.found; i++)
        search.found = certifi_below(m, prefixes[i]);
    for (size_t i = 0; i < sizeof debian / sizeof debian[0] && !search.found; i++)
        paths_matching(m, debian[i], first_found, &search);
    return search.found;
}

/* Beside the library where that is known, else of the Python that a shell would start. */
static void add_certifi(struct making *making)
{
    struct trust_machine *m = making->m;
    const char *beside = arena_printf(m->arena, "%s/certifi/cacert.pem", making->home);
    const char *path = !*making->home                 ? certifi_find(m)
                       : file_exists(m->root, beside) ? beside
                                                      : NULL;
    add_part(making, (struct trust_part){.kind = PART_BUNDLE,
                                         .path = path ? path : system_bundle(m->root)});
}

static bool pip_uses_system(struct trust_machine *m, const char *home)
{
    size_t count;
    const struct trust_program *programs = trust_programs(m, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(programs[i].name, "pip") == 0 && (!*home || strcmp(programs[i].home, home) == 0))
            return version_compare(programs[i].version, "24.2") >= 0;
    return true;
}

/* pip brings its own certifi; since 24.2 its context reads OpenSSL's places as well (truststore).
 */
static void add_pip(struct making *making)
{
    struct trust_machine *m = making->m;
    const char *vendored =
        arena_printf(m->arena, "%s/pip/_vendor/certifi/cacert.pem", making->home);
    if (pip_uses_system(m, making->home))
        add_view(making, "python", false, NULL);
    if (*making->home && file_exists(m->root, vendored))
        add_part(making, (struct trust_part){.kind = PART_BUNDLE, .path = vendored});
    else
        add_certifi(making);
}

/* A Python of Conda has an OpenSSL of its own, whose directory is its prefix's. */
static void add_openssl_places(struct making *making)
{
    const char *root = making->m->root;
    const char *own = arena_printf(making->m->arena, "%s/ssl/cacert.pem", making->home);
    if (*making->home && file_exists(root, own)) {
        add_part(making, (struct trust_part){.kind = PART_BUNDLE, .path = own});
        return;
    }
    add_part(making, (struct trust_part){.kind = PART_BUNDLE, .path = system_bundle(root)});
    add_part(making, (struct trust_part){.kind = PART_HASHED, .path = system_hashed(root)});
}

static void add_programme(struct making *making, const char *title)
{
    struct trust_part part = {.kind = PART_PROGRAMME, .path = title};
    programme_find(title, &part.programme);
    add_part(making, part);
}

struct java_search {
    struct trust_machine *m;
    uint64_t id[2]; /* of /usr/bin/java */
    const char *home;
};

static void java_compare(void *context, const char *path, const char *label)
{
    struct java_search *search = context;
    uint64_t id[2];
    (void)label;
    if (!search->home && file_identity(search->m->root, path, id) &&
        memcmp(id, search->id, sizeof id) == 0)
        search->home = arena_strndup(search->m->arena, path, strlen(path) - strlen("/bin/java"));
}

/* The JVM whose bin/java is the very file that /usr/bin/java is. */
const char *java_home(struct trust_machine *m)
{
    struct java_search search = {.m = m};
    const char *home = machine_variable(m, "JAVA_HOME");
    if (*home)
        return home;
    if (!file_identity(m->root, "/usr/bin/java", search.id))
        return NULL;
    paths_matching(m, "/usr/lib/jvm/*/bin/java", java_compare, &search);
    return search.home;
}

/* jssecacerts, where it exists, takes the place of cacerts (JSSE Reference Guide). */
static void add_cacerts(struct making *making)
{
    static const char *const tails[] = {
        "lib/security/jssecacerts",
        "lib/security/cacerts",
        "jre/lib/security/jssecacerts",
        "jre/lib/security/cacerts",
    };
    struct trust_machine *m = making->m;
    const char *home = *making->home ? making->home : java_home(m), *path = NULL;
    for (size_t i = 0; home && i < sizeof tails / sizeof tails[0] && !path; i++) {
        const char *candidate = arena_printf(m->arena, "%s/%s", home, tails[i]);
        path = file_exists(m->root, candidate) ? candidate : NULL;
    }
    if (!path && file_exists(m->root, "/etc/ssl/certs/java/cacerts"))
        path = "/etc/ssl/certs/java/cacerts";
    if (path)
        add_part(making, (struct trust_part){.kind = PART_KEYSTORE, .path = path});
    else if (!home)
        add_programme(making, "Java"); /* no JVM is here: what one would bring */
}

static void nss_found(void *context, const char *path, const char *label)
{
    struct making *making = context;
    (void)label;
    add_part(making,
             (struct trust_part){.kind = PART_NSS, .path = arena_strdup(making->m->arena, path)});
}

static void add_matching(struct making *making, const char *pattern)
{
    const char *path = machine_home_path(making->m, pattern);
    if (*path)
        paths_matching(making->m, path, nss_found, making);
}

/* Chromium's crypto/nss_util.cc: the old place where it exists, else below XDG_DATA_HOME. Measured
 * with Chromium 156. */
static void add_nssdb(struct making *making)
{
    static const char old[] = "/.pki/nssdb/cert9.db";
    const char *path = machine_home_path(making->m, old);
    if (*path && file_exists(making->m->root, path))
        add_matching(making, old);
    else
        add_matching(making, "/.local/share/pki/nssdb/cert9.db");
}

static void add_default(struct making *making, const char *word)
{
    const char *root = making->m->root;
    struct trust_part part = {.kind = PART_BUNDLE};
    if (*word == '=') {
        add_view(making, word + 1, false, NULL);
    } else if (*word == '@') {
        add_programme(making, word + 1);
    } else if (strcmp(word, "bundle") == 0) {
        part.path = system_bundle(root);
        add_part(making, part);
    } else if (strcmp(word, "hashed") == 0) {
        add_part(making, (struct trust_part){.kind = PART_HASHED, .path = system_hashed(root)});
    } else if (strcmp(word, "files") == 0) {
        add_file_directories(making);
    } else if (strcmp(word, "directory") == 0) {
        add_directory(making);
    } else if (strcmp(word, "certifi") == 0) {
        add_certifi(making);
    } else if (strcmp(word, "pip") == 0) {
        add_pip(making);
    } else if (strcmp(word, "openssl") == 0) {
        add_openssl_places(making);
    } else if (strcmp(word, "cacerts") == 0) {
        add_cacerts(making);
    } else if (strcmp(word, "psql") == 0) {
        const char *path = machine_home_path(making->m, "/.postgresql/root.crt");
        part.path = *path && file_exists(root, path) ? path : NULL;
        add_part(making, part);
    } else if (strcmp(word, "nssdb") == 0) {
        add_nssdb(making);
    } else if (strcmp(word, "profile") == 0) {
        add_part(making,
                 (struct trust_part){.kind = PART_NSS, .path = firefox_database(making->m)});
    }
}

static void add_defaults(struct making *making, const char *words)
{
    for (const char *p = words; *p; p += strcspn(p, " "), p += *p == ' ')
        add_default(making, arena_strndup(making->m->arena, p, strcspn(p, " ")));
}

/* ---- what is set ---- */

static bool part_is_directory(const struct trust_part *part)
{
    return part->kind == PART_HASHED || part->kind == PART_FILES;
}

/* Removes the parts that a setting with this effect takes the place of. */
static void drop_parts(struct trust_view *view, enum trust_effect effect)
{
    size_t kept = 0;
    for (size_t i = 0; i < view->part_count; i++) {
        const bool directory = part_is_directory(&view->parts[i]);
        const bool keeps =
            (effect == EFFECT_FILE && directory) || (effect == EFFECT_DIR && !directory);
        if (keeps)
            view->parts[kept++] = view->parts[i];
    }
    view->part_count = kept;
}

/* OpenSSL looks for hashed names; Go and GnuTLS read every file. */
static enum part_kind directory_kind(const char *client)
{
    const size_t i = client_index(client);
    return i == CLIENT_GO || i == CLIENT_GIT || i == CLIENT_WGET ? PART_FILES : PART_HASHED;
}

static void add_setting_paths(struct making *making, const struct trust_use *use)
{
    const struct trust_setting *setting = use->setting;
    const struct trust_machine *m = making->m;
    const bool list = setting_rows[setting->id].kind == KIND_DIRS;
    struct trust_part part = {
        .by = setting,
        .password = setting->password && *setting->password ? setting->password : NULL,
        .adds = use->effect == EFFECT_ADD,
        .refuses = use->refuses};
    for (const char *p = setting->path; p; p = list && *p ? p + 1 : NULL) {
        const size_t n = list ? strcspn(p, ":") : strlen(p);
        part.path = arena_strndup(m->arena, p, n);
        p += n;
        part.kind = strcmp(use->client, "java") == 0                ? PART_KEYSTORE
                    : *part.path && file_is_dir(m->root, part.path) ? directory_kind(use->client)
                    : list || setting_rows[setting->id].kind == KIND_DIR
                        ? directory_kind(use->client)
                        : PART_BUNDLE;
        add_part(making, part);
        if (!list || !*p)
            break;
    }
}

static void apply(struct making *making, const struct trust_use *use)
{
    switch (use->effect) {
    case EFFECT_FILE:
    case EFFECT_DIR:
    case EFFECT_ALL:
        drop_parts(making->view, use->effect);
        add_setting_paths(making, use);
        break;
    case EFFECT_ADD:
        add_setting_paths(making, use);
        break;
    case EFFECT_LIKE_OPENSSL:
        drop_parts(making->view, EFFECT_ALL);
        add_view(making, "openssl", false, use->setting);
        break;
    case EFFECT_LIKE_NODE:
        drop_parts(making->view, EFFECT_ALL);
        add_programme(making, "Mozilla");
        making->view->parts[making->view->part_count - 1].by = use->setting;
        break;
    case EFFECT_ADD_SYSTEM:
        add_view(making, "system", true, use->setting);
        break;
    case EFFECT_OFF:
        making->view->off = true;
        break;
    }
}

/* Every client reads its files before its directories. */
static void files_first(struct trust_machine *m, struct trust_view *view)
{
    struct trust_part *parts = arena_array(m->arena, view->part_count + 1, sizeof *parts);
    size_t n = 0;
    for (int directories = 0; directories < 2; directories++)
        for (size_t i = 0; i < view->part_count; i++)
            if (part_is_directory(&view->parts[i]) == (directories == 1))
                parts[n++] = view->parts[i];
    view->parts = parts;
}

static bool effect_adds(enum trust_effect effect)
{
    return effect == EFFECT_ADD || effect == EFFECT_ADD_SYSTEM;
}

static struct trust_view *view_known(const struct trust_machine *m, size_t client, const char *home,
                                     bool plain)
{
    for (size_t i = 0; i < m->view_count; i++)
        if (m->views[i].client == client && m->views[i].plain == plain &&
            strcmp(m->views[i].home, home) == 0)
            return m->views[i].view;
    return NULL;
}

static struct trust_view *view_new(struct trust_machine *m, size_t client, const char *home,
                                   bool plain)
{
    struct trust_view *view = arena_alloc(m->arena, sizeof *view);
    *view = (struct trust_view){.client = clients[client].name,
                                .title = clients[client].title,
                                .measured = clients[client].evidence == MEASURED};
    m->views = arena_grow(m->arena, m->views, m->view_count, &m->view_cap, sizeof *m->views);
    m->views[m->view_count++] = (struct view_slot){client, home, plain, view};
    return view;
}

static const struct trust_view *view_make(struct trust_machine *m, size_t client, const char *home,
                                          bool plain)
{
    if (client >= CLIENT_COUNT)
        return NULL;
    if (client == CLIENT_NODE && node_uses_system(m))
        client = CLIENT_NODE_SYSTEM;
    struct trust_view *view = view_known(m, client, home, plain);
    if (view)
        return view;
    view = view_new(m, client, home, plain);
    struct making making = {.m = m, .view = view, .home = home, .plain = plain};
    add_defaults(&making, clients[client].defaults);
    size_t count = 0;
    const struct trust_use *uses = plain ? NULL : trust_uses(m, &count);
    /* What replaces goes before what adds, in whatever order they are set. */
    for (int adding = 0; adding < 2; adding++)
        for (size_t i = 0; i < count; i++)
            if (!uses[i].beaten_by && strcmp(uses[i].client, view->client) == 0 &&
                effect_adds(uses[i].effect) == (adding == 1))
                apply(&making, &uses[i]);
    files_first(m, view);
    return view;
}

static const struct trust_view *view_named(struct trust_machine *m, const char *client,
                                           const char *home, bool plain)
{
    const size_t i = client_index(client);
    return view_make(m, i < CLIENT_COUNT ? i : CLIENT_SYSTEM, home, plain);
}

const struct trust_view *trust_view_find(struct trust_machine *m, const char *client)
{
    return view_named(m, client, "", false);
}

const struct trust_view *trust_view_default(struct trust_machine *m, const char *client)
{
    return view_named(m, client, "", true);
}

const struct trust_view *trust_view_at(struct trust_machine *m, const char *client,
                                       const char *home)
{
    return view_named(m, client, home, false);
}

const struct trust_view *trust_view_default_at(struct trust_machine *m, const char *client,
                                               const char *home)
{
    return view_named(m, client, home, true);
}
