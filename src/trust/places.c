/* SPDX-License-Identifier: Apache-2.0 */
/* Which trust stores exist on this machine: the usual places, searched by patterns with a bound. */
#include <string.h>

#include "machine.h"

/* ---- patterns ---- */

struct walk {
    struct trust_machine *m;
    path_visitor *visit;
    void *context;
    struct arena arena;
    size_t found;
};

/* One component against a pattern with at most one *. */
static bool matches(const char *name, const char *pattern, size_t n)
{
    const char *star = memchr(pattern, '*', n);
    const size_t length = strlen(name);
    if (!star)
        return length == n && memcmp(name, pattern, n) == 0;
    const size_t before = (size_t)(star - pattern), after = n - before - 1;
    return length >= before + after && memcmp(name, pattern, before) == 0 &&
           memcmp(name + length - after, star + 1, after) == 0;
}

static void walk_on(struct walk *walk, const char *path, const char *rest, const char *label);

static struct listing listing_of(struct trust_machine *m, const char *path)
{
    for (size_t i = 0; i < m->listing_count; i++)
        if (strcmp(m->listings[i].path, path) == 0)
            return m->listings[i];
    struct listing list = {.path = arena_strdup(m->arena, path)};
    /* What cannot be listed holds nothing for us. */
    file_list(m->root, path, LIMIT_PLACE_NAMES, m->arena, &list.names, &list.count, NULL);
    m->listings = arena_grow(m->arena, m->listings, m->listing_count, &m->listing_cap, sizeof list);
    return m->listings[m->listing_count++] = list;
}

static void walk_names(struct walk *walk, const char *path, const char *rest, const char *label)
{
    const size_t n = strcspn(rest, "/");
    const struct listing list = listing_of(walk->m, *path ? path : "/");
    for (size_t i = 0; i < list.count; i++)
        if (*list.names[i] != '.' && matches(list.names[i], rest, n))
            walk_on(walk, arena_printf(&walk->arena, "%s/%s", path, list.names[i]), rest + n,
                    arena_printf(&walk->arena, "%s%s%s", label, *label ? "/" : "", list.names[i]));
}

static void walk_on(struct walk *walk, const char *path, const char *rest, const char *label)
{
    const char *star = strchr(rest, '*');
    if (walk->found >= LIMIT_PLACES)
        return;
    if (!star) {
        path = arena_printf(&walk->arena, "%s%s", path, rest);
        if (!file_exists(walk->m->root, path))
            return;
        walk->found++;
        walk->visit(walk->context, path, label);
        return;
    }
    /* As far as the component that the star stands in. */
    while (star > rest && star[-1] != '/')
        star--;
    path = arena_printf(&walk->arena, "%s%.*s", path, (int)(star - rest), rest);
    const size_t n = strlen(path);
    if (n && path[n - 1] == '/')
        path = arena_strndup(&walk->arena, path, n - 1);
    walk_names(walk, path, star, label);
}

void paths_matching(struct trust_machine *m, const char *pattern, path_visitor *visit,
                    void *context)
{
    struct walk walk = {.m = m, .visit = visit, .context = context};
    walk_on(&walk, "", pattern, "");
    arena_free(&walk.arena);
}

/* ---- the usual places ---- */

/* The label of a * in a pattern is added to the name. ~ is the user's home; $NAME a variable. */
static const struct place_row {
    const char *name, *title;
    enum part_kind kind;
    const char *pattern;
    bool source;
} rows[] = {
    {"directory", "the system's directory", PART_HASHED, "/etc/ssl/certs", false},
    {"directory", "the system's directory", PART_HASHED, "/etc/pki/tls/certs", false},
    {"p11-kit", "p11-kit's extracted bundle", PART_BUNDLE,
     "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", false},
    {"local", "your own additions: update-ca-certificates takes *.crt from here", PART_DIRECTORY,
     "/usr/local/share/ca-certificates", true},
    {"anchors", "your own additions: update-ca-trust takes them from here", PART_DIRECTORY,
     "/etc/pki/ca-trust/source/anchors", true},
    {"anchors", "additions of packages: update-ca-trust takes them from here", PART_DIRECTORY,
     "/usr/share/pki/ca-trust-source/anchors", true},
    {"anchors", "your own additions: trust(1) takes them from here", PART_DIRECTORY,
     "/etc/ca-certificates/trust-source/anchors", true},
    {"anchors", "your own additions: update-ca-certificates takes them from here", PART_DIRECTORY,
     "/etc/pki/trust/anchors", true},
    {"java", "Java", PART_KEYSTORE, "$JAVA_HOME/lib/security/jssecacerts", false},
    {"java", "Java", PART_KEYSTORE, "$JAVA_HOME/lib/security/cacerts", false},
    {"java", "Java", PART_KEYSTORE, "/etc/ssl/certs/java/cacerts", false},
    {"java", "Java", PART_KEYSTORE, "/etc/pki/java/cacerts", false},
    {"java", "Java", PART_KEYSTORE, "/usr/lib/jvm/*/lib/security/jssecacerts", false},
    {"java", "Java", PART_KEYSTORE, "/usr/lib/jvm/*/lib/security/cacerts", false},
    {"java", "Java", PART_KEYSTORE, "/usr/lib/jvm/*/jre/lib/security/cacerts", false},
    {"java", "Java", PART_KEYSTORE, "/usr/java/*/lib/security/cacerts", false},
    {"java", "Java", PART_KEYSTORE, "/opt/*/lib/security/cacerts", false},
    {"java", "Java inside of another program", PART_KEYSTORE, "/opt/*/jre/lib/security/cacerts",
     false},
    {"java", "Java inside of another program", PART_KEYSTORE, "/opt/*/jbr/lib/security/cacerts",
     false},
    {"java", "Java (SDKMAN)", PART_KEYSTORE, "~/.sdkman/candidates/java/*/lib/security/cacerts",
     false},
    {"java", "Java (IntelliJ)", PART_KEYSTORE, "~/.jdks/*/lib/security/cacerts", false},
    {"certifi", "certifi of the virtual environment", PART_BUNDLE,
     "$VIRTUAL_ENV/lib/*/site-packages/certifi/cacert.pem", false},
    {"certifi", "certifi of Conda", PART_BUNDLE,
     "$CONDA_PREFIX/lib/python3*/site-packages/certifi/cacert.pem", false},
    {"certifi", "certifi of the user", PART_BUNDLE,
     "~/.local/lib/python*/site-packages/certifi/cacert.pem", false},
    {"certifi", "certifi of pyenv", PART_BUNDLE,
     "~/.pyenv/versions/*/lib/python*/site-packages/certifi/cacert.pem", false},
    {"certifi", "certifi of a pipx program", PART_BUNDLE,
     "~/.local/share/pipx/venvs/*/lib/python*/site-packages/certifi/cacert.pem", false},
    {"certifi", "certifi of a uv tool", PART_BUNDLE,
     "~/.local/share/uv/tools/*/lib/python*/site-packages/certifi/cacert.pem", false},
    {"certifi", "certifi of /usr/local", PART_BUNDLE,
     "/usr/local/lib/python*/*-packages/certifi/cacert.pem", false},
    {"certifi", "certifi of the system", PART_BUNDLE,
     "/usr/lib/python3*/*-packages/certifi/cacert.pem", false},
    {"certifi", "certifi of Conda", PART_BUNDLE,
     "/opt/conda/lib/python3*/site-packages/certifi/cacert.pem", false},
    {"pip", "certifi inside of pip", PART_BUNDLE,
     "$VIRTUAL_ENV/lib/*/site-packages/pip/_vendor/certifi/cacert.pem", false},
    {"pip", "certifi inside of pip", PART_BUNDLE,
     "~/.pyenv/versions/*/lib/python*/site-packages/pip/_vendor/certifi/cacert.pem", false},
    {"pip", "certifi inside of pip", PART_BUNDLE,
     "/usr/lib/python3*/*-packages/pip/_vendor/certifi/cacert.pem", false},
    {"node", "Node.js: compiled in", PART_PROGRAMME, "/usr/bin/node", false},
    {"node", "Node.js: compiled in", PART_PROGRAMME, "/usr/local/bin/node", false},
    {"node", "Node.js (nvm): compiled in", PART_PROGRAMME, "~/.nvm/versions/node/*/bin/node",
     false},
    {"nssdb", "Chromium's additions", PART_NSS, "~/.pki/nssdb/cert9.db", false},
    {"nssdb", "Chromium's additions, unless there is ~/.pki/nssdb", PART_NSS,
     "~/.local/share/pki/nssdb/cert9.db", false},
    {"nssdb", "Chromium's additions (snap)", PART_NSS,
     "~/snap/chromium/current/.pki/nssdb/cert9.db", false},
    {"nssdb", "the system's NSS database", PART_NSS, "/etc/pki/nssdb/cert9.db", false},
    {"firefox", "a Firefox profile's additions", PART_NSS, "~/.mozilla/firefox/*/cert9.db", false},
    {"firefox", "a Firefox profile's additions (snap)", PART_NSS,
     "~/snap/firefox/common/.mozilla/firefox/*/cert9.db", false},
    {"firefox", "a Firefox profile's additions (Flatpak)", PART_NSS,
     "~/.var/app/org.mozilla.firefox/.mozilla/firefox/*/cert9.db", false},
    {"thunderbird", "a Thunderbird profile's additions", PART_NSS, "~/.thunderbird/*/cert9.db",
     false},
    {"psql", "libpq's roots", PART_BUNDLE, "~/.postgresql/root.crt", false},
};

struct finding_places {
    struct trust_machine *m;
    const struct place_row *row;
};

const char *pattern_expand(const struct trust_machine *m, const char *pattern)
{
    if (*pattern == '~')
        return *m->home ? arena_printf(m->arena, "%s%s", m->home, pattern + 1) : NULL;
    if (*pattern != '$')
        return pattern;
    const size_t n = strcspn(pattern, "/");
    const char *value = machine_variable(m, arena_strndup(m->arena, pattern + 1, n - 1));
    return *value == '/' ? arena_printf(m->arena, "%s%s", value, pattern + n) : NULL;
}

bool trust_part_same(const struct trust_machine *m, const struct trust_part *a,
                     const struct trust_part *b)
{
    uint64_t x[2], y[2];
    if ((a->kind == PART_PROGRAMME) != (b->kind == PART_PROGRAMME))
        return false;
    if (strcmp(a->path, b->path) == 0)
        return true;
    return a->kind != PART_PROGRAMME && file_identity(m->root, a->path, x) &&
           file_identity(m->root, b->path, y) && memcmp(x, y, sizeof x) == 0;
}

static const char *name_unused(const struct trust_machine *m, const char *name)
{
    const char *candidate = name;
    for (unsigned n = 2;; n++) {
        bool used = false;
        for (size_t i = 0; i < m->place_count; i++)
            used = used || strcmp(m->places[i].name, candidate) == 0;
        if (!used)
            return candidate;
        candidate = arena_printf(m->arena, "%s-%u", name, n);
    }
}

static void place_add(struct trust_machine *m, struct trust_place place)
{
    place.same_as = "";
    if (m->place_count >= LIMIT_PLACES)
        return;
    for (size_t i = 0; i < m->place_count && !*place.same_as; i++) {
        if (strcmp(m->places[i].part.path, place.part.path) == 0)
            return;
        if (trust_part_same(m, &m->places[i].part, &place.part))
            place.same_as = *m->places[i].same_as ? m->places[i].same_as : m->places[i].name;
    }
    place.name = name_unused(m, place.name);
    m->places = arena_grow(m->arena, m->places, m->place_count, &m->place_cap, sizeof place);
    m->places[m->place_count++] = place;
}

/* "17-openjdk" of ".../17-openjdk/..."; "3.11" is said once where pyenv says it twice. */
static const char *short_label(struct arena *arena, const char *label)
{
    const char *first = arena_strndup(arena, label, strcspn(label, "/"));
    return str_safe(arena, bytes_str(first));
}

static void place_found(void *context, const char *path, const char *label)
{
    const struct finding_places *finding = context;
    struct trust_machine *m = finding->m;
    const struct place_row *row = finding->row;
    struct trust_place place = {.name = row->name, .title = row->title, .source = row->source};
    if (*label)
        place.name = arena_printf(m->arena, "%s:%s", row->name, short_label(m->arena, label));
    place.part.kind = row->kind;
    place.part.path = arena_strdup(m->arena, path);
    if (row->kind == PART_PROGRAMME)
        place.part.programme = PROGRAMME_MOZILLA;
    place_add(m, place);
}

const struct trust_place *trust_places(struct trust_machine *m, size_t *count)
{
    const char *bundle = system_bundle(m->root);
    if (!m->places_found && bundle)
        place_add(m, (struct trust_place){.name = "system",
                                          .title = "the system's bundle",
                                          .part = {.kind = PART_BUNDLE, .path = bundle}});
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && !m->places_found; i++) {
        struct finding_places finding = {.m = m, .row = &rows[i]};
        const char *pattern = pattern_expand(m, rows[i].pattern);
        if (pattern)
            paths_matching(m, pattern, place_found, &finding);
    }
    m->places_found = true;
    *count = m->place_count;
    return m->places;
}
