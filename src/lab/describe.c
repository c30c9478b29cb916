/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "describe.h"

enum { MAX_ARGUMENTS = 32 };

static json_t *rules_json(const char *const *first, const char *const *second)
{
    json_t *array = json_array();
    for (size_t i = 0; i < SCENARIO_RULES && first[i]; i++)
        json_array_append_new(array, json_string(first[i]));
    for (size_t i = 0; second && i < SCENARIO_RULES && second[i]; i++)
        json_array_append_new(array, json_string(second[i]));
    return array;
}

/* What a file cannot show: how the server behaves. */
static bool scenario_is_live_only(const struct scenario *scenario)
{
    for (size_t i = 0; i < SCENARIO_RULES && scenario->plants[i]; i++)
        if (str_starts(scenario->plants[i], "server.") ||
            str_starts(scenario->plants[i], "client.") || str_starts(scenario->plants[i], "file."))
            return true;
    return false;
}

json_t *scenario_json(const struct scenario *scenario)
{
    json_t *object = json_object();
    json_object_set_new(object, "scenario", json_string(scenario->name));
    json_object_set_new(object, "title", json_string(scenario->title));
    json_object_set_new(object, "healthy", json_boolean(scenario_is_healthy(scenario)));
    json_object_set_new(object, "name", json_string(scenario_client_name(scenario)));
    json_object_set_new(object, "planted", rules_json(scenario->plants, NULL));
    json_object_set_new(object, "expected_rules",
                        rules_json(scenario->plants, scenario->consequences));
    json_object_set_new(object, "sends", json_string(scenario->sends));
    json_object_set_new(object, "live", json_boolean(scenario->pki.live));
    json_object_set_new(object, "live_only", json_boolean(scenario_is_live_only(scenario)));
    return object;
}

static json_t *words_json(const char *const *words)
{
    json_t *array = json_array();
    for (size_t i = 0; words[i]; i++)
        json_array_append_new(array, json_string(words[i]));
    return array;
}

static const char *path_in(const struct whereabouts *where, const char *name, struct arena *arena)
{
    return where->dir ? arena_printf(arena, "%s/%s", where->dir, name) : name;
}

/* What a live plan points to is on this machine, and the next farm's is something else at the same
 * address. Other public plans point to names that do not exist: nobody is bothered with them. */
size_t scenario_options(const struct scenario *scenario, const struct whereabouts *where,
                        struct arena *arena, struct scenario_option out[SCENARIO_OPTIONS])
{
    size_t n = 0;
    if (where->address && scenario->client_sni)
        out[n++] = (struct scenario_option){"sni", scenario->client_sni};
    if (where->address && scenario->client_timeout)
        out[n++] = (struct scenario_option){"timeout", scenario->client_timeout};
    if (where->address && scenario->client_shows) {
        out[n++] = (struct scenario_option){"client-cert", path_in(where, "client.pem", arena)};
        out[n++] = (struct scenario_option){"client-key", path_in(where, "client-key.pem", arena)};
    }
    if (where->resolve)
        out[n++] = (struct scenario_option){"resolve", where->resolve};
    if (where->address && scenario->pki.live) {
        out[n++] = (struct scenario_option){"allow-private-fetch", NULL};
        out[n++] = (struct scenario_option){"no-cache", NULL};
    } else if (scenario->pki.family == FAMILY_PUBLIC) {
        out[n++] = (struct scenario_option){"offline", NULL};
    }
    return n;
}

/* As words of a command line. */
static const char **option_words(const struct scenario *scenario, const struct whereabouts *where,
                                 struct arena *arena)
{
    const char **words = arena_array(arena, 2 * SCENARIO_OPTIONS + 1, sizeof words[0]);
    struct scenario_option options[SCENARIO_OPTIONS];
    const size_t count = scenario_options(scenario, where, arena, options);
    for (size_t i = 0, n = 0; i < count; i++) {
        words[n++] = arena_printf(arena, "--%s", options[i].name);
        if (options[i].value)
            words[n++] = options[i].value;
    }
    return words;
}

/* The whole argument list of `certwhy`, ready to run. */
static json_t *command_json(const struct scenario *scenario, const struct whereabouts *where,
                            struct arena *arena)
{
    const char *words[MAX_ARGUMENTS] = {0};
    size_t n = 0;
    words[n++] = "check";
    words[n++] = where->address ? where->address : path_in(where, "chain.pem", arena);
    words[n++] = "--name";
    words[n++] = scenario_client_name(scenario);
    words[n++] = "--ca";
    words[n++] = path_in(where, "ca.pem", arena);
    words[n++] = "--only-ca";
    if (scenario->pool) {
        words[n++] = "--pool";
        words[n++] = path_in(where, "pool.pem", arena);
    }
    if (*where->at) {
        words[n++] = "--at";
        words[n++] = where->at;
    }
    const char **more = option_words(scenario, where, arena);
    for (size_t i = 0; more[i]; i++)
        words[n++] = more[i];
    return words_json(words);
}

json_t *whereabouts_json(const struct scenario *scenario, const struct whereabouts *where,
                         struct arena *arena)
{
    json_t *object = scenario_json(scenario);
    if (where->address)
        json_object_set_new(object, "address", json_string(where->address));
    json_object_set_new(object, "ca_file", json_string(path_in(where, "ca.pem", arena)));
    if (scenario->pool)
        json_object_set_new(object, "pool_file", json_string(path_in(where, "pool.pem", arena)));
    if (*where->at)
        json_object_set_new(object, "at", json_string(where->at));
    json_object_set_new(object, "args", words_json(option_words(scenario, where, arena)));
    json_object_set_new(object, "command", command_json(scenario, where, arena));
    return object;
}

void json_line(json_t *value, struct buf *out)
{
    char *text = json_dumps(value, JSON_COMPACT);
    if (text) {
        buf_add_str(out, text);
        buf_add_byte(out, '\n');
    }
    free(text);
    json_decref(value);
}
