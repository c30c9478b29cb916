/* SPDX-License-Identifier: Apache-2.0 */
/* `lab run`: each server is checked as its client would; what was planted must be what is named. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "farm.h"

enum {
    MAX_NAMED = 32,
    CHECKERS = 8, /* at a time: some scenarios are about waiting */
};

/* What is named must not depend on which clients are installed where the lab runs. */
static const char lab_clients[] = "curl@7.88,git@2.39,wget@1.21,go@1.19";

/** What one check said. */
struct comparison {
    const struct scenario *scenario;
    struct arena arena; /**< of its strings */
    enum cw_code code;  /**< CW_OK, or why there was no check */
    struct error err;
    const char *named[MAX_NAMED]; /**< rules, each once */
    size_t named_count;
    const char *problems[MAX_NAMED]; /**< sentences; none: as planted */
    size_t problem_count;
};

static void problem_add(struct comparison *comparison, const char *sentence)
{
    if (comparison->problem_count < MAX_NAMED)
        comparison->problems[comparison->problem_count++] = sentence;
}

static bool is_named(const struct comparison *comparison, const char *rule)
{
    for (size_t i = 0; i < comparison->named_count; i++)
        if (strcmp(comparison->named[i], rule) == 0)
            return true;
    return false;
}

static void name_add(struct comparison *comparison, struct arena *arena, const char *rule)
{
    if (!is_named(comparison, rule) && comparison->named_count < MAX_NAMED)
        comparison->named[comparison->named_count++] = arena_strdup(arena, rule);
}

/* The chain's index of the member that a plant is about: its first place on the wire; -1: not told.
 */
static int place_planted(const struct scenario *scenario, const char *rule)
{
    for (size_t i = 0; i < SCENARIO_RULES && scenario->plants[i]; i++) {
        if (strcmp(scenario->plants[i], rule) != 0)
            continue;
        if (!scenario->where || strlen(scenario->where) <= i)
            return -1;
        const char *place = strchr(scenario->sends, scenario->where[i]);
        return place ? (int)(place - scenario->sends) : -1;
    }
    return -1;
}

/* A planted rule counts whatever its severity: what clients forgive is a notice. Otherwise causes
 * that are errors count, and warnings that nobody planted are a difference too. */
static void finding_take(struct comparison *comparison, struct arena *arena,
                         const struct cw_finding *finding)
{
    const struct scenario *scenario = comparison->scenario;
    const bool error = strcmp(finding->severity, "error") == 0;
    const bool warning = strcmp(finding->severity, "warning") == 0;
    const bool planted = scenario_plants(scenario, finding->rule);
    if (planted && error && !finding->cause) {
        problem_add(comparison,
                    arena_printf(arena, "%s is planted, but called a consequence", finding->rule));
        return;
    }
    if (planted || (error && finding->cause))
        name_add(comparison, arena, finding->rule);
    if (warning && !scenario_expects(scenario, finding->rule))
        problem_add(comparison,
                    arena_printf(arena, "warns of %s: %s", finding->rule, finding->summary));
    const int place = planted ? place_planted(scenario, finding->rule) : -1;
    if (place >= 0 && place != finding->certificate)
        problem_add(comparison, arena_printf(arena, "%s is planted in certificate %d, named in %d",
                                             finding->rule, place, finding->certificate));
}

static void rules_compare(struct comparison *comparison, struct arena *arena)
{
    const struct scenario *scenario = comparison->scenario;
    for (size_t i = 0; i < SCENARIO_RULES && scenario->plants[i]; i++)
        if (!is_named(comparison, scenario->plants[i]))
            problem_add(comparison,
                        arena_printf(arena, "%s is planted, not named", scenario->plants[i]));
    for (size_t i = 0; i < comparison->named_count; i++)
        if (!scenario_plants(scenario, comparison->named[i]))
            problem_add(comparison,
                        arena_printf(arena, "%s is named, not planted", comparison->named[i]));
}

static void clients_compare(struct comparison *comparison, struct arena *arena,
                            struct cw_report *report)
{
    const struct cw_client *client;
    for (size_t i = 0; (client = cw_report_client(report, i)); i++)
        if (client->accepts != 1)
            problem_add(comparison, arena_printf(arena, "is healthy, but %s rejects it: %s",
                                                 client->client, client->message));
}

static enum cw_code option_set(struct cw_options *options, const char *name, const char *value,
                               struct error *err)
{
    struct cw_error why = {0};
    const enum cw_code code = cw_options_set(options, name, value, &why);
    return code == CW_OK ? CW_OK : error_set(err, code, "%s", why.text);
}

static enum cw_code options_fill(struct cw_options *options, const struct farm *farm,
                                 const struct server *server, const char *clients,
                                 struct arena *arena, struct error *err)
{
    const struct scenario *scenario = server->scenario;
    const struct whereabouts where = server_whereabouts(server);
    TRY(option_set(options, "name", scenario_client_name(scenario), err));
    TRY(option_set(options, "ca", arena_printf(arena, "%s/ca.pem", server->dir), err));
    TRY(option_set(options, "only-ca", "true", err));
    TRY(option_set(options, "client", clients, err));
    if (scenario->pool)
        TRY(option_set(options, "pool", arena_printf(arena, "%s/pool.pem", server->dir), err));
    /* Always told: a run then says the same at noon and at midnight. */
    TRY(option_set(options, "at", time_rfc3339(arena, material_client_time(&farm->lab, scenario)),
                   err));
    struct scenario_option more[SCENARIO_OPTIONS];
    const size_t count = scenario_options(scenario, &where, arena, more);
    for (size_t i = 0; i < count; i++)
        TRY(option_set(options, more[i].name, more[i].value ? more[i].value : "true", err));
    return CW_OK;
}

static void report_take(struct comparison *comparison, struct arena *arena,
                        struct cw_report *report)
{
    const struct cw_finding *finding;
    for (size_t i = 0; (finding = cw_report_finding(report, i)); i++)
        finding_take(comparison, arena, finding);
    rules_compare(comparison, arena);
    if (scenario_is_healthy(comparison->scenario))
        clients_compare(comparison, arena, report);
}

/** Checks one server as these clients would meet it; `take` looks at the report. */
static enum cw_code server_report(const struct farm *farm, const struct server *server,
                                  const char *clients,
                                  void (*take)(void *context, struct cw_report *report),
                                  void *context, struct error *err)
{
    struct arena arena = {0};
    struct cw_options *options = cw_options_new();
    struct cw_report *report = NULL;
    struct cw_error why = {0};
    enum cw_code code = options_fill(options, farm, server, clients, &arena, err);
    if (code == CW_OK) {
        code = cw_check(server->address, options, &report, &why);
        if (code != CW_OK)
            error_set(err, code, "scenario %s: %s", server->scenario->name, why.text);
    }
    if (code == CW_OK)
        take(context, report);
    cw_report_free(report);
    cw_options_free(options);
    arena_free(&arena);
    return code;
}

static void take_comparison(void *context, struct cw_report *report)
{
    struct comparison *comparison = context;
    report_take(comparison, &comparison->arena, report);
}

static void take_expectation(void *context, struct cw_report *report)
{
    enum farm_expectation *out = context;
    const struct cw_client *client;
    size_t accepts = 0, rejects = 0, count = 0;
    for (; (client = cw_report_client(report, count)); count++) {
        accepts += client->accepts == 1;
        rejects += client->accepts == 0;
    }
    *out = count && accepts == count   ? FARM_ACCEPTED
           : count && rejects == count ? FARM_REJECTED
                                       : FARM_DIFFERS;
}

enum cw_code farm_expect(const struct farm *farm, size_t i, const char *clients,
                         enum farm_expectation *out, struct error *err)
{
    *out = FARM_DIFFERS;
    return server_report(farm, &farm->servers[i], clients, take_expectation, out, err);
}

struct round {
    const struct farm *farm;
    struct comparison *comparisons; /**< one per server */
    atomic_size_t next;
};

static void *check_some(void *context)
{
    struct round *round = context;
    size_t i;
    while ((i = atomic_fetch_add(&round->next, 1)) < round->farm->count) {
        struct comparison *comparison = &round->comparisons[i];
        comparison->scenario = round->farm->servers[i].scenario;
        comparison->code = server_report(round->farm, &round->farm->servers[i], lab_clients,
                                         take_comparison, comparison, &comparison->err);
    }
    return NULL;
}

static void check_all(const struct farm *farm, struct comparison *comparisons)
{
    struct round round = {.farm = farm, .comparisons = comparisons};
    pthread_t threads[CHECKERS];
    size_t n = 0;
    while (n < CHECKERS && pthread_create(&threads[n], NULL, check_some, &round) == 0)
        n++;
    if (n == 0)
        check_some(&round);
    while (n > 0)
        pthread_join(threads[--n], NULL);
}

/* ---- the table ---- */

static const char *words_join(struct arena *arena, const char *const *words, size_t count)
{
    BUF_CLEANUP text = {0};
    for (size_t i = 0; i < count; i++)
        buf_printf(&text, "%s%s", i ? ", " : "", words[i]);
    return arena_strdup(arena, count ? buf_cstr(&text) : "(nothing)");
}

static size_t plant_count(const struct scenario *scenario)
{
    size_t n = 0;
    while (n < SCENARIO_RULES && scenario->plants[n])
        n++;
    return n;
}

static void comparison_text(const struct comparison *comparison, struct arena *arena,
                            struct buf *out)
{
    const struct scenario *scenario = comparison->scenario;
    const char *planted = words_join(arena, scenario->plants, plant_count(scenario));
    const char *named = words_join(arena, comparison->named, comparison->named_count);
    buf_printf(out, "%-34s %-34s %-34s %s\n", scenario->name, planted, named,
               comparison->problem_count ? "DIFFERENT" : "ok");
    for (size_t i = 0; i < comparison->problem_count; i++)
        buf_printf(out, "    %s\n", comparison->problems[i]);
}

static json_t *comparison_json(const struct comparison *comparison)
{
    const struct scenario *scenario = comparison->scenario;
    json_t *object = json_object(), *planted = json_array();
    json_t *named = json_array(), *problems = json_array();
    for (size_t i = 0; i < plant_count(scenario); i++)
        json_array_append_new(planted, json_string(scenario->plants[i]));
    for (size_t i = 0; i < comparison->named_count; i++)
        json_array_append_new(named, json_string(comparison->named[i]));
    for (size_t i = 0; i < comparison->problem_count; i++)
        json_array_append_new(problems, json_string(comparison->problems[i]));
    json_object_set_new(object, "scenario", json_string(scenario->name));
    json_object_set_new(object, "planted", planted);
    json_object_set_new(object, "named", named);
    json_object_set_new(object, "ok", json_boolean(comparison->problem_count == 0));
    json_object_set_new(object, "problems", problems);
    return object;
}

static void table_text(const struct comparison *comparisons, size_t count, struct arena *arena,
                       struct buf *out)
{
    size_t different = 0;
    buf_printf(out, "%-34s %-34s %-34s\n", "SCENARIO", "PLANTED", "NAMED");
    for (size_t i = 0; i < count; i++) {
        comparison_text(&comparisons[i], arena, out);
        different += comparisons[i].problem_count > 0;
    }
    buf_printf(out, "%zu scenarios, %zu as planted, %zu different\n", count, count - different,
               different);
}

static void table_json(const struct comparison *comparisons, size_t count, struct buf *out)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, comparison_json(&comparisons[i]));
    char *text = json_dumps(array, JSON_INDENT(1));
    buf_add_str(out, text ? text : "[]");
    buf_add_byte(out, '\n');
    free(text);
    json_decref(array);
}

/* The first that could not be checked. */
static enum cw_code code_of(const struct comparison *comparisons, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (comparisons[i].code != CW_OK)
            return error_set(err, comparisons[i].code, "%s", comparisons[i].err.text);
    return CW_OK;
}

enum cw_code lab_run(const struct lab_request *request, bool json, struct buf *out, bool *same,
                     struct error *err)
{
    struct farm *farm;
    struct arena arena = {0};
    *same = true;
    TRY(farm_start(request, &farm, err));
    struct comparison *comparisons = arena_array(&arena, farm->count, sizeof comparisons[0]);
    check_all(farm, comparisons);
    const enum cw_code code = code_of(comparisons, farm->count, err);
    for (size_t i = 0; i < farm->count; i++)
        *same = *same && comparisons[i].problem_count == 0;
    if (code == CW_OK && json)
        table_json(comparisons, farm->count, out);
    else if (code == CW_OK)
        table_text(comparisons, farm->count, &arena, out);
    for (size_t i = 0; i < farm->count; i++)
        arena_free(&comparisons[i].arena);
    farm_stop(farm);
    arena_free(&arena);
    return code;
}
