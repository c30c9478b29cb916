/* SPDX-License-Identifier: Apache-2.0 */
/* Which clients are asked: those named, else those installed on this machine and browsers. */
#include "certwhy_internal.h"

#include <string.h>

/* Almost everybody has one on the machine in front of them, whatever machine this is. */
static const char *const browsers[] = {"chromium", "firefox"};

/** What a saved case means that does not say what was installed where it was made. */
static const char *common_clients(struct arena *arena)
{
    size_t count = 0;
    const struct profile *const *table = profile_table(&count);
    BUF_CLEANUP text = {0};
    for (size_t i = 0; i < count; i++)
        buf_printf(&text, "%s%s", i ? "," : "", profile_name(table[i]));
    return arena_strdup(arena, buf_cstr(&text));
}

static bool word_is(const char *p, const char *word)
{
    const size_t n = strcspn(p, ",");
    return n == strlen(word) && strncmp(p, word, n) == 0;
}

/** Marks the rows of the table that a list names. */
static bool *list_marks(struct arena *arena, const char *list)
{
    size_t count = 0;
    const struct profile *const *table = profile_all(&count);
    bool *marks = arena_array(arena, count, sizeof *marks);
    for (const char *p = list; *p; p += strcspn(p, ","), p += *p == ',') {
        const struct profile *named = profile_find(arena_strndup(arena, p, strcspn(p, ",")));
        for (size_t i = 0; i < count; i++)
            marks[i] = marks[i] || table[i] == named;
    }
    return marks;
}

static bool list_has(const char *list, const char *word)
{
    for (const char *p = list; *p; p += strcspn(p, ","), p += *p == ',')
        if (word_is(p, word))
            return true;
    return false;
}

bool clients_ask_default(const char *list)
{
    return *list == '\0' || list_has(list, "default");
}

size_t clients_select(struct arena *arena, const char *list, const char *by_default,
                      const struct profile **out, bool *selected)
{
    size_t count = 0, all = 0;
    const struct profile *const *table = profile_all(&all);
    const char *defaults = !clients_ask_default(list) ? ""
                           : *by_default              ? by_default
                                                      : common_clients(arena);
    const bool *named = list_marks(arena, list), *usual = list_marks(arena, defaults);
    for (size_t i = 0; i < all; i++) {
        if (!named[i] && !usual[i] && !list_has(list, "all"))
            continue;
        selected[count] = named[i];
        out[count++] = table[i];
    }
    return count;
}

const struct trust_program *client_installed(struct trust_machine *machine,
                                             const struct profile *profile)
{
    size_t count = 0;
    const struct trust_program *programs = trust_programs(machine, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(programs[i].profile, profile_name(profile)) == 0)
            return &programs[i];
    return NULL;
}

static bool is_browser(const struct profile *profile)
{
    const char *name = profile_name(profile);
    for (size_t i = 0; i < sizeof browsers / sizeof browsers[0]; i++) {
        const size_t n = strlen(browsers[i]);
        if (strncmp(name, browsers[i], n) == 0 && (name[n] == '@' || name[n] == '\0') &&
            profile_find(browsers[i]) == profile)
            return true;
    }
    return false;
}

bool client_is_default(struct trust_machine *machine, const struct profile *profile)
{
    return is_browser(profile) || client_installed(machine, profile);
}

const char *clients_here(struct trust_machine *machine, struct arena *arena)
{
    size_t count = 0;
    const struct profile *const *table = profile_all(&count);
    BUF_CLEANUP text = {0};
    for (size_t i = 0; i < count; i++)
        if (client_is_default(machine, table[i]))
            buf_printf(&text, "%s%s", text.n ? "," : "", profile_name(table[i]));
    return arena_strdup(arena, buf_cstr(&text));
}
