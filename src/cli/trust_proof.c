/* SPDX-License-Identifier: Apache-2.0 */
/* Judging again as the clients whose trust was changed, with their stores as they are now. Without
 * a server to judge, what shows it is that the store holds the certificate. */
#include "trust_change.h"

#include <string.h>

/* ---- which profiles ---- */

/* The profile of what is installed here, else the one that has the name; NULL: neither. */
static const struct profile *profile_of(struct trust_machine *machine, const char *name,
                                        bool installed_only)
{
    size_t count;
    const struct trust_program *programs = trust_programs(machine, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(programs[i].name, name) == 0 && *programs[i].profile)
            return profile_find(programs[i].profile);
    return installed_only ? NULL : profile_find(name);
}

/** The profiles of some clients, as a list for --client. */
static const char *profiles_of(struct changing *c, struct trust_machine *machine,
                               const struct client_result *result, const char *list)
{
    const bool system = strcmp(result->client, "system") == 0;
    struct arena *arena = c->job->arena;
    for (const char *p = result->judged; *p; p += strcspn(p, ","), p += *p == ',') {
        const char *name = arena_strndup(arena, p, strcspn(p, ","));
        const struct profile *profile = profile_of(machine, name, system);
        if (profile)
            list = arena_printf(arena, "%s%s%s", list, *list ? "," : "", profile_name(profile));
    }
    return list;
}

/* ---- a report ---- */

struct looking {
    struct cw_options *options;
    struct cw_report *report;
};
static void looking_end(struct looking *looking)
{
    cw_report_free(looking->report);
    cw_options_free(looking->options);
}
#define LOOKING_CLEANUP __attribute__((cleanup(looking_end))) struct looking

static enum cw_code look(struct changing *c, const char *target, const char *clients,
                         struct looking *out, struct error *error)
{
    static const char *const passed[] = {"name", "connect", "sni", "offline", "timeout", "at"};
    out->options = cw_options_new();
    out->options->environment = c->environment;
    if (*c->job->root)
        TRY(options_set(out->options, "root", c->job->root, error));
    TRY(options_set(out->options, "client", clients, error));
    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++) {
        const char *value = argument_value(c->job->arguments, passed[i]);
        if (value)
            TRY(options_set(out->options, passed[i], value, error));
    }
    if (c->name && *c->name && !argument_given(c->job->arguments, "name"))
        TRY(options_set(out->options, "name", c->name, error));
    if (c->trial)
        TRY(options_set(out->options, "ca", c->path, error));
    TRY(report_new(out->options, &out->report, error));
    return report_add(out->report, target, error);
}

/* ---- the chain as it would be with the intermediate ---- */

/* A database of intermediates gives the client what the server should have sent. */
static enum cw_code completed_target(struct changing *c, const char **path, struct error *error)
{
    LOOKING_CLEANUP looking = {0};
    BUF_CLEANUP pem = {0};
    TRY(look(c, c->against, "curl", &looking, error));
    const struct observation *obs = &looking.report->checked[0]->observation;
    if (obs->sent_count == 0)
        return error_set(error, CW_E_IO, "%s showed no certificate", c->against);
    for (size_t i = 0; i < obs->sent_count; i++)
        pem_write(&pem, "CERTIFICATE", obs->sent[i].cert->der);
    pem_write(&pem, "CERTIFICATE", c->cert->der);
    *path = arena_printf(c->job->arena, "%s/work.pem", c->journal.directory);
    TRY(file_make_dir(c->job->root, c->journal.directory, error));
    c->name = obs->target.name;
    return file_write_atomic(c->job->root, *path, buf_bytes(&pem), 0600, error);
}

/* The name that a pinned certificate is for. */
static const char *first_name(struct changing *c)
{
    struct reader reader = cert_san(c->cert);
    struct general_name name;
    for (size_t i = 0; i < LIMIT_NAMES_SHOWN && general_name_next(&reader, &name); i++)
        if (name.kind == GN_DNS && str_is_plain_host(str_safe(c->job->arena, name.value)))
            return str_safe(c->job->arena, name.value);
    return "";
}

static const char *target_of(struct changing *c, struct error *error)
{
    const char *path = NULL;
    c->name = "";
    if (strcmp(c->how, "intermediate") == 0)
        return completed_target(c, &path, error) == CW_OK ? path : NULL;
    if (*c->against)
        return c->against;
    if (strcmp(c->how, "pin") == 0)
        c->name = first_name(c);
    return strcmp(c->how, "pin") == 0 ? c->path : "";
}

/* ---- verdicts ---- */

static void verdict_take(struct changing *c, struct client_result *result,
                         const struct client_verdict *verdict)
{
    if (result->verdict_count == VERDICTS_MAX)
        return;
    struct shown_verdict *shown = &result->verdicts[result->verdict_count++];
    const char *name = profile_name(verdict->profile);
    const char *target = *c->against ? c->against : c->path;
    const char *known =
        profile_evidence(verdict->profile) == EVIDENCE_MEASURED ? "" : " (by its documentation)";
    shown->client = name;
    shown->accepts = verdict->accepts;
    shown->text =
        verdict->accepts > 0 ? arena_printf(c->job->arena, "%s accepts %s%s", name, target, known)
        : verdict->accepts == 0
            ? arena_printf(c->job->arena, "%s still rejects %s: %s%s", name, target,
                           verdict->message, known)
            : arena_printf(c->job->arena, "%s is not judged for %s%s%s", name, target,
                           verdict->unknown ? ": " : "", verdict->unknown ? verdict->unknown : "");
}

static void verdicts_take(struct changing *c, struct trust_machine *machine,
                          const struct cw_report *report, struct client_result *result)
{
    const struct verdict *verdict = &report->checked[0]->report.verdict;
    const char *names = profiles_of(c, machine, result, "");
    for (size_t i = 0; i < verdict->client_count; i++) {
        const char *found = strstr(names, profile_name(verdict->clients[i].profile));
        if (found)
            verdict_take(c, result, &verdict->clients[i]);
    }
    result->proven = result->verdict_count > 0;
    for (size_t i = 0; i < result->verdict_count; i++)
        result->proven = result->proven && result->verdicts[i].accepts > 0;
}

static bool counts(const struct client_result *result)
{
    return !result->failed && (result->state == PLAN_STEPS || result->state == PLAN_SYSTEM ||
                               result->state == PLAN_HAS);
}

/* Those whose verdict is asked for; "" nobody's. */
static const char *all_profiles(struct changing *c, struct trust_machine *machine)
{
    const char *list = "";
    for (size_t i = 0; i < c->result_count; i++)
        if (counts(&c->results[i]))
            list = profiles_of(c, machine, &c->results[i], list);
    return list;
}

/* The chain that was put together is not wanted any more. */
static void target_drop(struct changing *c)
{
    if (strcmp(c->how, "intermediate") == 0)
        file_unlink(c->job->root, arena_printf(c->job->arena, "%s/work.pem", c->journal.directory),
                    NULL);
}

static bool store_shows(struct changing *c, struct trust_machine *machine, const char *client)
{
    if (!trust_client_known(client)) /* Docker: what was written is what it reads */
        return true;
    const struct trust_view *view = trust_view_find(machine, client);
    return store_get(trust_view_store(machine, view), c->cert) != NULL;
}

bool prove(struct changing *c)
{
    LOOKING_CLEANUP looking = {0};
    struct error error = {0};
    struct trust_machine *machine = changing_machine(c);
    const char *profiles = all_profiles(c, machine), *target = target_of(c, &error);
    const bool judged =
        target && *target && *profiles && look(c, target, profiles, &looking, &error) == CW_OK;
    const bool must = strcmp(c->how, "root") != 0;
    bool all = true;
    for (size_t i = 0; i < c->result_count; i++) {
        struct client_result *result = &c->results[i];
        if (!counts(result))
            continue;
        if (judged)
            verdicts_take(c, machine, looking.report, result);
        if (result->verdict_count == 0 && !must)
            result->proven = store_shows(c, machine, result->client);
        all = all && (!must || result->proven);
    }
    if (error.code != CW_OK)
        c->unseen = arena_strdup(c->job->arena, error.text);
    target_drop(c);
    trust_machine_free(machine);
    return all;
}

enum cw_code prove_before(struct changing *c, struct error *error)
{
    if (strcmp(c->how, "root") == 0)
        return CW_OK;
    LOOKING_CLEANUP looking = {0};
    struct trust_machine *machine = changing_machine(c);
    const char *profiles = "";
    struct trust_plan *plan = arena_alloc(c->job->arena, sizeof *plan);
    const struct installer in = changing_installer(c, machine);
    for (size_t i = 0; i < c->client_count; i++) {
        install_plan(&in, c->clients[i], false, plan);
        const struct client_result result = {.client = plan->client, .judged = plan->judged};
        profiles = profiles_of(c, machine, &result, profiles);
    }
    trust_machine_free(machine);
    const char *target = target_of(c, error);
    if (!target || !*profiles)
        return target ? error_set(error, CW_E_INPUT, "no client to judge as is known for this")
                      : error->code;
    c->trial = strcmp(c->how, "pin") == 0;
    const enum cw_code code = look(c, target, profiles, &looking, error);
    c->trial = false;
    target_drop(c);
    if (code != CW_OK)
        return code;
    const struct verdict *verdict = &looking.report->checked[0]->report.verdict;
    for (size_t i = 0; i < verdict->client_count; i++)
        if (verdict->clients[i].accepts > 0)
            return CW_OK;
    return error_set(error, CW_E_INPUT,
                     "it would not help: %s would still say \"%.200s\". Nothing was changed",
                     verdict->client_count ? profile_name(verdict->clients[0].profile) : "nobody",
                     verdict->client_count ? verdict->clients[0].message : "");
}
