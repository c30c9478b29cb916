/* SPDX-License-Identifier: Apache-2.0 */
/* Which clients are installed on this machine, of which version: by files that show it. */
#include <string.h>

#include "machine.h"

enum version_from { STAR, PACKAGE, WORD, NONE };

static const struct program_row {
    const char *program, *pattern;
    enum version_from from;
    const char *detail, *needs;
} rows[] = {
#define PROGRAM(program, pattern, version, detail, needs)                                          \
    {program, pattern, version, detail, needs},
#define PYTHON(pattern)
#define LIBRARY(program, file, word)
#define VERSION(program, from, profile)
#include "programs.def"
#undef PROGRAM
#undef PYTHON
};

static const char *const python_patterns[] = {
#define PROGRAM(program, pattern, version, detail, needs)
#define PYTHON(pattern) pattern,
#include "programs.def"
#undef PYTHON
#undef LIBRARY
};

static const struct library_row {
    const char *program, *file, *word;
} libraries[] = {
#define PYTHON(pattern)
#define LIBRARY(program, file, word) {program, file, word},
#include "programs.def"
#undef LIBRARY
#undef VERSION
};

static const struct version_row {
    const char *program, *from, *profile;
} versions[] = {
#define LIBRARY(program, file, word)
#define VERSION(program, from, profile) {program, from, profile},
#include "programs.def"
#undef PROGRAM
#undef PYTHON
#undef LIBRARY
#undef VERSION
};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

/* ---- versions ---- */

static unsigned number_take(const char **p)
{
    enum { ENOUGH = 100000000 };
    unsigned n = 0;
    for (; **p >= '0' && **p <= '9'; (*p)++)
        n = n < ENOUGH ? 10 * n + (unsigned)(**p - '0') : n;
    *p += **p == '.';
    return n;
}

int version_compare(const char *a, const char *b)
{
    while (*a || *b) {
        const char *x = a, *y = b;
        const unsigned m = number_take(&a), n = number_take(&b);
        if (m != n)
            return m < n ? -1 : 1;
        if (a == x && b == y)
            return 0; /* no numbers any more */
    }
    return 0;
}

/* "1:2.39.5-0+deb12u3" → "2.39.5"; "" when there is no number. */
static const char *version_clean(struct arena *arena, const char *text)
{
    const char *colon = strchr(text, ':');
    text = colon ? colon + 1 : text;
    text += strcspn(text, "0123456789");
    size_t n = strspn(text, "0123456789.");
    while (n && text[n - 1] == '.')
        n--;
    return arena_strndup(arena, text, n);
}

/** A word that is looked for in the first piece of a file. */
struct seeking {
    const char *word;
    bool found;
    char line[64]; /* what follows on the same line, as far as it fits */
};

static size_t head_take(void *context, struct bytes head)
{
    struct seeking *seeking = context;
    const struct bytes word = bytes_str(seeking->word);
    const size_t at = bytes_find(head, word);
    seeking->found = at != SIZE_MAX;
    const struct bytes rest = seeking->found ? bytes_slice(head, at + word.n, head.n) : word;
    for (size_t i = 0; i + 1 < sizeof seeking->line && i < rest.n && rest.p[i] != '\n'; i++)
        seeking->line[i] = (char)rest.p[i];
    return SIZE_MAX;
}

static struct seeking seek(const struct trust_machine *m, const char *path, const char *word)
{
    struct seeking seeking = {.word = word};
    file_read_pieces(m->root, path, head_take, &seeking); /* unreadable: it is not found */
    return seeking;
}

/* Behind the first `word` in the beginning of a file. */
static const char *version_in_file(struct trust_machine *m, const char *path, const char *word)
{
    const struct seeking seeking = seek(m, path, word);
    return seeking.found ? version_clean(m->arena, seeking.line) : "";
}

const char *trust_program_profile(const char *program, const char *version)
{
    const char *profile = "";
    for (size_t i = 0; i < COUNT(versions); i++)
        if (strcmp(versions[i].program, program) == 0 &&
            (!*version || version_compare(version, versions[i].from) >= 0))
            profile = versions[i].profile;
    return profile;
}

bool package_is_wanted(struct bytes name)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].from == PACKAGE && bytes_equal_str(name, rows[i].detail))
            return true;
    return false;
}

/* ---- programs ---- */

struct looking {
    struct trust_machine *m;
    const struct program_row *row;
    const char *pattern; /* expanded */
};

static void program_add(struct trust_machine *m, struct trust_program program)
{
    if (m->program_count >= LIMIT_PLACES)
        return;
    if (!file_identity(m->root, program.path, program.id))
        return;
    for (size_t i = 0; i < m->program_count; i++)
        if (strcmp(m->programs[i].name, program.name) == 0 &&
            memcmp(m->programs[i].id, program.id, sizeof program.id) == 0)
            return;
    program.path = arena_strdup(m->arena, program.path);
    program.profile = trust_program_profile(program.name, program.version);
    m->programs =
        arena_grow(m->arena, m->programs, m->program_count, &m->program_cap, sizeof program);
    m->programs[m->program_count++] = program;
}

/* The names of the libraries that a program is linked with stand in the beginning of its file. */
static bool head_holds(const struct trust_machine *m, const char *path, const char *word)
{
    return *word == '\0' || seek(m, path, word).found;
}

/* The component of the path that the last * of the pattern stands in. */
static const char *star_component(struct arena *arena, const char *pattern, const char *path)
{
    const char *tail = strchr(strrchr(pattern, '*'), '/');
    const char *whole = arena_strndup(arena, path, strlen(path) - (tail ? strlen(tail) : 0));
    return strrchr(whole, '/') + 1;
}

static const char *version_of(const struct looking *look, const char *path)
{
    struct trust_machine *m = look->m;
    const char *detail = look->row->detail;
    const char *blank = *detail == '/' ? strchr(detail, ' ') : NULL;
    switch (look->row->from) {
    case STAR:
        return version_clean(m->arena, star_component(m->arena, look->pattern, path));
    case PACKAGE:
        return version_clean(m->arena, package_version(m, detail));
    case WORD:
        return blank ? version_in_file(m, arena_strndup(m->arena, detail, (size_t)(blank - detail)),
                                       blank + 1)
                     : version_in_file(m, path, detail);
    case NONE:
        break;
    }
    return "";
}

/* The directory whose own trust store the program reads: the JVM of a release file, the prefix of a
 * Python of Conda. */
static const char *home_of(struct trust_machine *m, const struct program_row *row, const char *path)
{
    static const char release[] = "/release", ssl[] = "/lib/python3.";
    const char *python = strstr(path, ssl);
    if (str_ends(path, release))
        return arena_strndup(m->arena, path, strlen(path) - strlen(release));
    if (str_starts(row->pattern, "$CONDA_PREFIX") && python)
        return arena_strndup(m->arena, path, (size_t)(python - path));
    return "";
}

static void program_found(void *context, const char *path, const char *label)
{
    const struct looking *look = context;
    const struct program_row *row = look->row;
    struct trust_machine *m = look->m;
    (void)label;
    const char *version = version_of(look, path);
    /* "release" may be any program's: only with its word it is a JVM's. So is a package's name. */
    const bool doubtful = row->from == WORD && *row->detail != '/';
    if ((doubtful && !*version) || !head_holds(m, path, row->needs))
        return;
    program_add(m, (struct trust_program){.name = row->program,
                                          .version = version,
                                          .path = path,
                                          .home = home_of(m, row, path)});
}

static void library_found(void *context, const char *path, const char *label)
{
    struct trust_machine *m = context;
    (void)label;
    for (size_t i = 0; i < COUNT(libraries); i++) {
        const struct library_row *row = &libraries[i];
        const char *file = arena_printf(m->arena, "%s/%s", path, row->file);
        if (!file_exists(m->root, file))
            continue;
        program_add(m, (struct trust_program){.name = row->program,
                                              .version = version_in_file(m, file, row->word),
                                              .path = file,
                                              .home = arena_strdup(m->arena, path)});
    }
}

static const char *python_pattern(struct trust_machine *m, const char *pattern)
{
    static const char pyenv[] = "@pyenv";
    if (!str_starts(pattern, pyenv))
        return pattern_expand(m, pattern);
    const char *prefix = pyenv_prefix(m);
    return *prefix ? arena_printf(m->arena, "%s%s", prefix, pattern + sizeof pyenv - 1) : NULL;
}

/* The JVM that a shell would start is the first of its profile. */
static void java_first(struct trust_machine *m)
{
    const char *home = java_home(m);
    const char *release = home ? arena_printf(m->arena, "%s/release", home) : "";
    const char *version = *release ? version_in_file(m, release, "JAVA_VERSION=") : "";
    if (*version)
        program_add(m, (struct trust_program){
                           .name = "java", .version = version, .path = release, .home = home});
}

const struct trust_program *trust_programs(struct trust_machine *m, size_t *count)
{
    if (!m->programs_found) {
        m->programs_found = true;
        java_first(m);
        for (size_t i = 0; i < COUNT(rows); i++) {
            struct looking look = {m, &rows[i], pattern_expand(m, rows[i].pattern)};
            if (look.pattern)
                paths_matching(m, look.pattern, program_found, &look);
        }
        for (size_t i = 0; i < COUNT(python_patterns); i++) {
            const char *pattern = python_pattern(m, python_patterns[i]);
            if (pattern)
                paths_matching(m, pattern, library_found, m);
        }
    }
    *count = m->program_count;
    return m->programs;
}

/* Debian builds Node.js with --openssl-use-def-ca-store; so does whoever says so in the list of
 * build settings beside the headers. */
bool node_uses_system(struct trust_machine *m)
{
    static const char define[] = "NODE_OPENSSL_CERT_STORE";
    enum { SETTINGS_BYTES = 1 << 18 };
    BUF_CLEANUP settings = {0};
    if (!file_exists(m->root, "/usr/bin/node") || file_exists(m->root, "/usr/local/bin/node"))
        return false;
    if (strstr(package_version(m, "nodejs"), "dfsg"))
        return true;
    return file_read(m->root, "/usr/include/node/config.gypi", SETTINGS_BYTES, &settings, NULL) ==
               CW_OK &&
           bytes_find(buf_bytes(&settings), bytes_str(define)) != SIZE_MAX;
}
