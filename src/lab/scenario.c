/* SPDX-License-Identifier: Apache-2.0 */
#include <fnmatch.h>
#include <string.h>

#include "scenario.h"

const char *scenario_client_name(const struct scenario *scenario)
{
    return scenario->client_name ? scenario->client_name : "www.lab.test";
}

const char *scenario_trusts(const struct scenario *scenario)
{
    return scenario->trusts ? scenario->trusts : "R";
}

bool scenario_is_healthy(const struct scenario *scenario)
{
    return !scenario->plants[0];
}

static bool rules_hold(const char *const *rules, const char *rule)
{
    for (size_t i = 0; i < SCENARIO_RULES && rules[i]; i++)
        if (strcmp(rules[i], rule) == 0)
            return true;
    return false;
}

bool scenario_plants(const struct scenario *scenario, const char *rule)
{
    return rules_hold(scenario->plants, rule);
}

bool scenario_expects(const struct scenario *scenario, const char *rule)
{
    return scenario_plants(scenario, rule) || rules_hold(scenario->consequences, rule);
}

static bool name_exists(const char *name)
{
    size_t count;
    const struct scenario *table = scenario_table(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(table[i].name, name) == 0)
            return true;
    return false;
}

static bool pattern_selects(const char *pattern, const char *name)
{
    if (name_exists(pattern))
        return strcmp(pattern, name) == 0;
    if (strpbrk(pattern, "*?["))
        return fnmatch(pattern, name, 0) == 0;
    return str_starts(name, pattern);
}

static enum cw_code nothing_selected(const char *pattern, struct arena *arena, struct error *err)
{
    size_t count;
    const struct scenario *table = scenario_table(&count);
    const char **names = arena_array(arena, count + 1, sizeof names[0]);
    for (size_t i = 0; i < count; i++)
        names[i] = table[i].name;
    const char *shown = str_safe(arena, bytes_str(pattern));
    const char *near = str_nearest(pattern, names);
    if (near)
        return error_set(err, CW_E_USAGE, "no scenario is called \"%s\": did you mean \"%s\"?",
                         shown, near);
    return error_set(err, CW_E_USAGE, "no scenario is called \"%s\": see `certwhy lab list`",
                     shown);
}

enum cw_code scenario_select(const char *const *patterns, size_t pattern_count, struct arena *arena,
                             const struct scenario ***out, size_t *count, struct error *err)
{
    size_t total;
    const struct scenario *table = scenario_table(&total);
    bool *chosen = arena_array(arena, total, sizeof chosen[0]);
    for (size_t p = 0; p < pattern_count; p++) {
        bool any = false;
        for (size_t i = 0; i < total; i++)
            if (pattern_selects(patterns[p], table[i].name))
                chosen[i] = any = true;
        if (!any)
            return nothing_selected(patterns[p], arena, err);
    }
    *out = arena_array(arena, total, sizeof **out);
    *count = 0;
    for (size_t i = 0; i < total; i++)
        if (pattern_count == 0 || chosen[i])
            (*out)[(*count)++] = &table[i];
    return CW_OK;
}
