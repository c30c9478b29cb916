/* SPDX-License-Identifier: Apache-2.0 */
/* The variables and lines of configuration files that change whom a client trusts: which are set,
 * and what each does to whom. */
#include <string.h>

#include "machine.h"

const struct setting_row setting_rows[SETTING_COUNT] = {
#define SETTING(id, place, name, kind) [SETTING_##id] = {PLACE_##place, name, KIND_##kind},
#include "settings.def"
#undef SETTING
};

const char *environment_get(const struct environment *environment, const char *name)
{
    return environment->get ? environment->get(environment->context, name) : NULL;
}

const char *machine_variable(const struct trust_machine *m, const char *name)
{
    const char *value = environment_get(&m->environment, name);
    return value ? value : "";
}

const char *machine_home_path(const struct trust_machine *m, const char *path)
{
    return *m->home ? arena_printf(m->arena, "%s%s", m->home, path) : "";
}

const char *machine_expand(const struct trust_machine *m, const char *value)
{
    static const char *const homes[] = {"~/", "$HOME/", "${HOME}/"};
    for (size_t i = 0; i < sizeof homes / sizeof homes[0]; i++)
        if (str_starts(value, homes[i]) && *m->home)
            return arena_printf(m->arena, "%s/%s", m->home, value + strlen(homes[i]));
    return value;
}

/* ---- reading ---- */

static bool says_off(const char *value)
{
    static const char *const words[] = {"0", "false", "no", "off"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (str_equal_nocase(value, words[i]))
            return true;
    return false;
}

static bool is_in_force(enum setting_kind kind, const char *value)
{
    switch (kind) {
    case KIND_ON:
        return *value && !says_off(value);
    case KIND_OFF:
        return says_off(value);
    case KIND_NOT_OFF:
        return !says_off(value);
    case KIND_FILE:
    case KIND_DIR:
    case KIND_DIRS:
        break;
    }
    return true;
}

void setting_add(struct trust_machine *m, struct trust_setting setting)
{
    enum { SETTINGS_MAX = 200 }; /* a configuration file may repeat itself */
    const enum setting_kind kind = setting_rows[setting.id].kind;
    if (!is_in_force(kind, setting.value) || m->setting_count >= SETTINGS_MAX)
        return;
    const bool names_path = kind == KIND_FILE || kind == KIND_DIR || kind == KIND_DIRS;
    setting.path = names_path ? machine_expand(m, setting.value) : "";
    m->settings =
        arena_grow(m->arena, m->settings, m->setting_count, &m->setting_cap, sizeof setting);
    m->settings[m->setting_count++] = setting;
}

void trust_machine_set(struct trust_machine *m, const char *name, const char *value,
                       const char *where, const char *password)
{
    for (enum setting_id id = 0; id < SETTING_COUNT; id++)
        if (strcmp(setting_rows[id].name, name) == 0) {
            setting_add(m, (struct trust_setting){.id = id,
                                                  .name = setting_rows[id].name,
                                                  .value = arena_strdup(m->arena, value),
                                                  .where = arena_strdup(m->arena, where),
                                                  .password = password});
            return;
        }
}

static void variable_read(struct trust_machine *m, enum setting_id id)
{
    const char *name = setting_rows[id].name;
    const char *value = environment_get(&m->environment, name);
    if (!value)
        return;
    setting_add(m, (struct trust_setting){.id = id,
                                          .name = name,
                                          .value = arena_strdup(m->arena, value),
                                          .where = "environment"});
}

/* The words of NODE_OPTIONS, JAVA_TOOL_OPTIONS …: blanks part them, quotes keep them together. */
static const char *option_next(struct arena *arena, const char **at)
{
    const char *p = *at + strspn(*at, " \t\n");
    if (!*p)
        return NULL;
    BUF_CLEANUP word = {0};
    char quote = 0;
    for (; *p && (quote || !strchr(" \t\n", *p)); p++) {
        if (quote ? *p == quote : *p == '"' || *p == '\'')
            quote = quote ? 0 : *p;
        else
            buf_add_byte(&word, (uint8_t)*p);
    }
    *at = p;
    return arena_strdup(arena, buf_cstr(&word));
}

/* The value of NAME or NAME=VALUE among the options of a variable; the last one counts. */
static const char *option_find(struct arena *arena, const char *options, const char *name)
{
    const char *found = NULL;
    const size_t n = strlen(name);
    for (const char *word; (word = option_next(arena, &options));)
        if (strncmp(word, name, n) == 0 && (word[n] == '=' || word[n] == '\0'))
            found = word[n] ? word + n + 1 : "";
    return found;
}

static void option_read(struct trust_machine *m, enum setting_id id, const char *variable)
{
    const char *options = machine_variable(m, variable);
    const char *name = setting_rows[id].name;
    const char *value = *options ? option_find(m->arena, options, name) : NULL;
    if (!value)
        return;
    setting_add(
        m, (struct trust_setting){
               .id = id,
               .name = name,
               .value = setting_rows[id].kind == KIND_ON ? "true" : value,
               .where = variable,
               .password = option_find(m->arena, options, "-Djavax.net.ssl.trustStorePassword"),
           });
}

static void setting_read(struct trust_machine *m, enum setting_id id)
{
    switch (setting_rows[id].place) {
    case PLACE_ENV:
        variable_read(m, id);
        break;
    case PLACE_JAVA_OPTIONS:
        option_read(m, id, "_JAVA_OPTIONS");
        break;
    case PLACE_JDK_OPTIONS:
        option_read(m, id, "JDK_JAVA_OPTIONS");
        break;
    case PLACE_TOOL_OPTIONS:
        option_read(m, id, "JAVA_TOOL_OPTIONS");
        break;
    case PLACE_NODE_OPTIONS:
        option_read(m, id, "NODE_OPTIONS");
        break;
    default:
        break; /* a configuration file: all its settings at once */
    }
}

const struct trust_setting *trust_settings(struct trust_machine *m, size_t *count)
{
    if (!m->settings_read) {
        m->settings_read = true;
        for (enum setting_id id = 0; id < SETTING_COUNT; id++)
            setting_read(m, id);
        for (enum setting_place place = PLACE_CURLRC; place <= PLACE_WGETRC; place++)
            config_settings_read(m, place);
    }
    *count = m->setting_count;
    return m->settings;
}

/* ---- who listens ---- */

static bool same_slot(enum trust_effect a, enum trust_effect b)
{
    return a == b || a == EFFECT_ALL || b == EFFECT_ALL;
}

/* Of two uses for one client, does `a` leave `b` without effect? */
static bool beats(const struct trust_use *a, int rank_a, const struct trust_use *b, int rank_b)
{
    if (a == b || strcmp(a->client, b->client) != 0 || b->effect == EFFECT_OFF ||
        a->effect == EFFECT_OFF)
        return false;
    /* The same setting twice: of one file the last line wins, of several files the first. */
    if (a->setting->id == b->setting->id)
        return strcmp(a->setting->where, b->setting->where) == 0
                   ? a->setting->line > b->setting->line
                   : a < b;
    if (rank_a >= rank_b || b->effect == EFFECT_ADD)
        return false;
    return client_takes_one(a->client) || same_slot(a->effect, b->effect);
}

static void use_add(struct trust_machine *m, const struct trust_setting *setting,
                    const struct trust_rule *rule, int *ranks)
{
    const char *client = trust_client_at((size_t)rule->client);
    const bool ignored = *setting->value == '\0' && rule->effect != EFFECT_OFF;
    if (ignored && !client_takes_empty(client))
        return;
    const bool refuses = rule->failure == REFUSES ||
                         (rule->failure == MISSING && !file_exists(m->root, setting->path));
    ranks[m->use_count] = rule->rank;
    m->uses[m->use_count++] = (struct trust_use){
        .setting = setting, .client = client, .effect = rule->effect, .refuses = refuses};
}

static void uses_collect(struct trust_machine *m, int *ranks)
{
    for (size_t i = 0; i < m->setting_count; i++)
        for (size_t k = 0; k < trust_rule_count; k++)
            if (trust_rules[k].setting == m->settings[i].id)
                use_add(m, &m->settings[i], &trust_rules[k], ranks);
}

const struct trust_use *trust_uses(struct trust_machine *m, size_t *count)
{
    size_t settings;
    trust_settings(m, &settings);
    if (!m->uses_made) {
        m->uses_made = true;
        m->uses = arena_array(m->arena, settings * trust_rule_count + 1, sizeof *m->uses);
        int *ranks = arena_array(m->arena, settings * trust_rule_count + 1, sizeof *ranks);
        uses_collect(m, ranks);
        for (size_t i = 0; i < m->use_count; i++)
            for (size_t k = 0; k < m->use_count && !m->uses[i].beaten_by; k++)
                if (beats(&m->uses[k], ranks[k], &m->uses[i], ranks[i]))
                    m->uses[i].beaten_by = m->uses[k].setting;
    }
    *count = m->use_count;
    return m->uses;
}

/* ---- what could be set ---- */

static const char *const place_names[] = {
    [PLACE_ENV] = "environment",
    [PLACE_CURLRC] = ".curlrc",
    [PLACE_GITCONFIG] = "git config",
    [PLACE_NPMRC] = ".npmrc",
    [PLACE_PIPCONF] = "pip.conf",
    [PLACE_WGETRC] = ".wgetrc",
    [PLACE_JAVA_OPTIONS] = "_JAVA_OPTIONS",
    [PLACE_JDK_OPTIONS] = "JDK_JAVA_OPTIONS",
    [PLACE_TOOL_OPTIONS] = "JAVA_TOOL_OPTIONS",
    [PLACE_NODE_OPTIONS] = "NODE_OPTIONS",
};

size_t trust_ways(const char *client, struct arena *arena, struct trust_way **out)
{
    struct trust_way *ways = arena_array(arena, trust_rule_count + 1, sizeof *ways);
    size_t count = 0;
    for (size_t i = 0; i < trust_rule_count; i++) {
        const struct trust_rule *rule = &trust_rules[i];
        if (strcmp(trust_client_at((size_t)rule->client), client) != 0)
            continue;
        const struct setting_row *row = &setting_rows[rule->setting];
        size_t at = count++;
        for (; at > 0 && ways[at - 1].rank > rule->rank; at--)
            ways[at] = ways[at - 1];
        ways[at] = (struct trust_way){row->name, place_names[row->place], rule->effect, rule->rank};
    }
    *out = ways;
    return count;
}
