/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration files that name a CA file: .curlrc, .gitconfig, .npmrc, pip.conf, .wgetrc. Their
 * syntaxes are close enough for one reader of lines: a section in brackets, or a key and its value
 * with =, : or blanks between them. */
#include <string.h>

#include "machine.h"

enum { CONFIG_BYTES = 1 << 20, PATHS_MAX = 6 };

/* ---- which files ---- */

/** Files in the order in which they win. */
struct paths {
    const char *items[PATHS_MAX];
    size_t count;
    bool first_only; /* the others are not even read once one is there */
};

static void add_path(struct paths *paths, const char *path)
{
    if (*path && paths->count < PATHS_MAX)
        paths->items[paths->count++] = path;
}

/* The file that a variable names; with `tail`, inside of the directory that it names. */
static bool add_named(const struct trust_machine *m, struct paths *paths, const char *variable,
                      const char *tail)
{
    const char *value = machine_variable(m, variable);
    if (*value)
        add_path(paths, arena_printf(m->arena, "%s%s", value, tail));
    return *value != '\0';
}

/* curl(1): --config */
static void curlrc_paths(const struct trust_machine *m, struct paths *paths)
{
    paths->first_only = true;
    add_named(m, paths, "CURL_HOME", "/.curlrc");
    add_named(m, paths, "XDG_CONFIG_HOME", "/curlrc");
    add_path(paths, machine_home_path(m, "/.curlrc"));
    add_path(paths, machine_home_path(m, "/.config/curlrc"));
}

/* git-config(1): FILES */
static void gitconfig_paths(const struct trust_machine *m, struct paths *paths)
{
    if (!add_named(m, paths, "GIT_CONFIG_GLOBAL", "")) {
        add_path(paths, machine_home_path(m, "/.gitconfig"));
        if (!add_named(m, paths, "XDG_CONFIG_HOME", "/git/config"))
            add_path(paths, machine_home_path(m, "/.config/git/config"));
    }
    if (!*machine_variable(m, "GIT_CONFIG_NOSYSTEM"))
        add_path(paths, "/etc/gitconfig");
}

static void npmrc_paths(const struct trust_machine *m, struct paths *paths)
{
    if (!add_named(m, paths, "npm_config_userconfig", ""))
        add_path(paths, machine_home_path(m, "/.npmrc"));
    add_path(paths, "/usr/etc/npmrc");
    add_path(paths, "/etc/npmrc");
}

/* pip's manual, "Configuration files" */
static void pipconf_paths(const struct trust_machine *m, struct paths *paths)
{
    add_named(m, paths, "PIP_CONFIG_FILE", "");
    add_named(m, paths, "VIRTUAL_ENV", "/pip.conf");
    if (!add_named(m, paths, "XDG_CONFIG_HOME", "/pip/pip.conf"))
        add_path(paths, machine_home_path(m, "/.config/pip/pip.conf"));
    add_path(paths, machine_home_path(m, "/.pip/pip.conf"));
    add_path(paths, "/etc/pip.conf");
    add_path(paths, "/etc/xdg/pip/pip.conf");
}

static void wgetrc_paths(const struct trust_machine *m, struct paths *paths)
{
    if (!add_named(m, paths, "WGETRC", ""))
        add_path(paths, machine_home_path(m, "/.wgetrc"));
    add_path(paths, "/etc/wgetrc");
    add_path(paths, "/usr/local/etc/wgetrc");
}

static struct paths paths_of(const struct trust_machine *m, enum setting_place place)
{
    struct paths paths = {.count = 0};
    switch (place) {
    case PLACE_CURLRC:
        curlrc_paths(m, &paths);
        break;
    case PLACE_GITCONFIG:
        gitconfig_paths(m, &paths);
        break;
    case PLACE_NPMRC:
        npmrc_paths(m, &paths);
        break;
    case PLACE_PIPCONF:
        pipconf_paths(m, &paths);
        break;
    case PLACE_WGETRC:
        wgetrc_paths(m, &paths);
        break;
    default:
        break;
    }
    return paths;
}

/* ---- lines ---- */

struct config {
    struct bytes rest;
    size_t line;
    struct bytes section; /* "http"; of [http "url"] the whole, which no key is asked in */
    struct bytes key, value;
};

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct bytes trim(struct bytes text)
{
    while (text.n && is_blank(text.p[0]))
        text = bytes_slice(text, 1, text.n);
    while (text.n && is_blank(text.p[text.n - 1]))
        text.n--;
    return text;
}

static size_t find_any(struct bytes text, const char *set)
{
    size_t i = 0;
    while (i < text.n && !strchr(set, text.p[i]))
        i++;
    return i;
}

static struct bytes unquote(struct bytes text)
{
    if (text.n == 0 || (text.p[0] != '"' && text.p[0] != '\''))
        return text;
    const char quote[] = {(char)text.p[0], '\0'};
    text = bytes_slice(text, 1, text.n);
    return bytes_slice(text, 0, find_any(text, quote));
}

/* Comments end a value only behind a blank: '#' may stand in a path. */
static struct bytes without_comment(struct bytes value)
{
    for (size_t i = 1; i < value.n; i++)
        if ((value.p[i] == '#' || value.p[i] == ';') && is_blank(value.p[i - 1]))
            return trim(bytes_slice(value, 0, i));
    return value;
}

static bool line_take(struct config *config, struct bytes line)
{
    line = trim(line);
    if (line.n && line.p[0] == '[') {
        const size_t end = find_any(line, "]");
        config->section = trim(bytes_slice(line, 1, end - 1));
        line = trim(bytes_slice(line, end + 1, line.n));
    }
    if (line.n == 0 || line.p[0] == '#' || line.p[0] == ';')
        return false;
    while (line.n && line.p[0] == '-')
        line = bytes_slice(line, 1, line.n);
    const size_t end = find_any(line, "=: \t");
    config->key = bytes_slice(line, 0, end);
    struct bytes value = trim(bytes_slice(line, end, line.n));
    if (value.n && (value.p[0] == '=' || value.p[0] == ':'))
        value = trim(bytes_slice(value, 1, value.n));
    const bool quoted = value.n && (value.p[0] == '"' || value.p[0] == '\'');
    config->value = quoted ? unquote(value) : without_comment(value);
    return config->key.n > 0;
}

static bool config_next(struct config *config)
{
    while (config->rest.n) {
        const size_t end = find_any(config->rest, "\n");
        const struct bytes line = bytes_slice(config->rest, 0, end);
        config->rest = bytes_slice(config->rest, end + 1, config->rest.n);
        config->line++;
        if (line_take(config, line))
            return true;
    }
    return false;
}

/* Keys differ in case, and in - and _, from program to program. */
static bool key_is(struct bytes key, const char *name)
{
    size_t i = 0;
    for (; *name; name++) {
        if (*name == '-' || *name == '_')
            continue;
        while (i < key.n && (key.p[i] == '-' || key.p[i] == '_'))
            i++;
        if (i >= key.n || (key.p[i] | 0x20) != (*name | 0x20))
            return false;
        i++;
    }
    return i == key.n;
}

bool config_line_is(const struct config_line *line, const char *name)
{
    const char *dot = strchr(name, '.');
    if (!dot)
        return key_is(line->key, name) ||
               (strcmp(name, "insecure") == 0 && bytes_equal_str(line->key, "k"));
    const struct bytes section = bytes_of(name, (size_t)(dot - name));
    return line->section.n == section.n &&
           strncasecmp((const char *)line->section.p, name, section.n) == 0 &&
           key_is(line->key, dot + 1);
}

bool config_file_lines(struct trust_machine *m, const char *path, config_visitor *visit,
                       void *context)
{
    BUF_CLEANUP file = {0};
    if (file_read(m->root, path, CONFIG_BYTES, &file, NULL) != CW_OK)
        return false;
    struct config config = {.rest = buf_bytes(&file)};
    while (config_next(&config))
        visit(context, &(struct config_line){.path = path,
                                             .number = config.line,
                                             .section = config.section,
                                             .key = config.key,
                                             .value = config.value});
    return true;
}

void config_lines(struct trust_machine *m, enum setting_place place, config_visitor *visit,
                  void *context)
{
    const struct paths paths = paths_of(m, place);
    for (size_t i = 0; i < paths.count; i++)
        if (config_file_lines(m, paths.items[i], visit, context) && paths.first_only)
            return;
}

struct pattern_visit {
    struct trust_machine *machine;
    config_visitor *visit;
    void *context;
};

static void visit_path(void *context, const char *path, const char *label)
{
    const struct pattern_visit *v = context;
    (void)label;
    config_file_lines(v->machine, path, v->visit, v->context);
}

void config_pattern_lines(struct trust_machine *m, const char *pattern, config_visitor *visit,
                          void *context)
{
    struct pattern_visit v = {.machine = m, .visit = visit, .context = context};
    paths_matching(m, pattern, visit_path, &v);
}

/* ---- settings ---- */

/** The settings of one place are looked for. */
struct seeking {
    struct trust_machine *machine;
    enum setting_place place;
};

static void setting_take(void *context, const struct config_line *line)
{
    const struct seeking *s = context;
    for (enum setting_id id = 0; id < SETTING_COUNT; id++) {
        if (setting_rows[id].place != s->place || !config_line_is(line, setting_rows[id].name))
            continue;
        const char *value =
            arena_strndup(s->machine->arena, (const char *)line->value.p, line->value.n);
        setting_add(s->machine, (struct trust_setting){
                                    .id = id,
                                    .name = setting_rows[id].name,
                                    .value = value,
                                    .where = line->path,
                                    .line = line->number,
                                });
    }
}

void config_settings_read(struct trust_machine *m, enum setting_place place)
{
    struct seeking seeking = {.machine = m, .place = place};
    config_lines(m, place, setting_take, &seeking);
}
