/* SPDX-License-Identifier: Apache-2.0 */
#include "trust_change.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A login shell of this user sees what additions set; this process may be older than they are. */
static const char *variable_later(void *context, const char *name)
{
    const struct changing *c = context;
    for (size_t i = c->journal.addition_count; i > 0; i--) {
        const struct journal_addition *addition = &c->journal.additions[i - 1];
        if (addition_stands(addition) && *addition->variable &&
            strcmp(addition->variable, name) == 0)
            return addition->value;
    }
    return environment_get(&c->own, name);
}

static enum cw_code journal_take(struct changing *c, bool lock, struct error *error)
{
    c->journal = (struct journal){
        .root = c->job->root,
        .arena = c->job->arena,
        .directory = journal_directory(c->job->arena, &c->own, c->is_root),
    };
    return journal_open(&c->journal, lock, error);
}

enum cw_code changing_open(struct changing *c, struct error *error)
{
    c->own = environment_own();
    c->environment = (struct environment){.get = variable_later, .context = c};
    c->is_root = geteuid() == 0;
    const char *against = argument_value(c->job->arguments, "against");
    c->against = against ? against : "";
    return journal_take(c, false, error);
}

enum cw_code changing_lock(struct changing *c, struct error *error)
{
    journal_close(&c->journal);
    return journal_take(c, true, error);
}

void changing_close(struct changing *c)
{
    journal_close(&c->journal);
    cert_unref(c->cert);
}

struct trust_machine *changing_machine(struct changing *c)
{
    return trust_machine_new(c->job->root, &c->environment, c->job->arena);
}

/* "registry:5000" of "https://registry:5000/v2/". */
static const char *host_of(const struct changing *c)
{
    const char *scheme = strstr(c->against, "://");
    const char *host = scheme ? scheme + 3 : c->against;
    return arena_strndup(c->job->arena, host, strcspn(host, "/"));
}

struct installer changing_installer(struct changing *c, struct trust_machine *machine)
{
    return (struct installer){
        .journal = &c->journal,
        .machine = machine,
        .environment = &c->environment,
        .arena = c->job->arena,
        .root = c->job->root,
        .is_root = c->is_root,
        .cert = c->cert,
        .how = c->how ? c->how : "root",
        .host = host_of(c),
        .now = c->job->now,
        .run = program_run_tool,
    };
}

bool changing_ask(const struct changing *c, const char *question)
{
    enum { ANSWER_BYTES = 16 };
    if (argument_given(c->job->arguments, "yes"))
        return true;
    if (!isatty(STDIN_FILENO)) {
        fputs("certwhy trust: nothing was changed: there is no terminal to ask on. Look at the "
              "above, then say --yes\n",
              stderr);
        return false;
    }
    char answer[ANSWER_BYTES] = {0};
    fprintf(stderr, "%s [y/N] ", question);
    fflush(stderr);
    for (size_t n = 0; n < sizeof answer - 1 && read(STDIN_FILENO, answer + n, 1) == 1; n++)
        if (answer[n] == '\n')
            break;
    answer[strcspn(answer, "\r\n")] = 0;
    if (str_equal_nocase(answer, "y") || str_equal_nocase(answer, "yes"))
        return true;
    fputs("certwhy trust: nothing was changed\n", stderr);
    return false;
}

void changing_take_back(struct changing *c)
{
    for (size_t i = 0; i < c->result_count; i++) {
        struct client_result *result = &c->results[i];
        struct error error = {0};
        BUF_CLEANUP says = {0};
        if (result->state != PLAN_STEPS || result->failed || result->proven)
            continue;
        const struct installer in = changing_installer(c, c->job->machine);
        const enum cw_code code = install_undo(&in, result->id, &says, &error);
        result->failed = true;
        result->why = code == CW_OK
                          ? "undone: the client would not accept all the same"
                          : arena_printf(c->job->arena, "it would not accept, and: %s", error.text);
    }
}

/* ---- JSON ---- */

static json_t *verdicts_json(const struct client_result *result)
{
    json_t *list = json_array();
    for (size_t i = 0; i < result->verdict_count; i++) {
        const struct shown_verdict *v = &result->verdicts[i];
        json_array_append_new(list,
                              json_pack("{s:s, s:o, s:s}", "client", v->client, "accepts",
                                        v->accepts < 0 ? json_null() : json_boolean(v->accepts),
                                        "text", v->text));
    }
    return list;
}

static json_t *result_json(struct changing *c, const struct client_result *result)
{
    static const char *const states[] = {
        [PLAN_STEPS] = "add",       [PLAN_HAS] = "trusted-already", [PLAN_SYSTEM] = "by-system",
        [PLAN_PRINTED] = "by-hand", [PLAN_IMPOSSIBLE] = "not-done",
    };
    json_t *paths = json_array();
    for (size_t i = 0; i < result->path_count; i++)
        json_array_append_new(paths,
                              json_string(str_safe(c->job->arena, bytes_str(result->paths[i]))));
    json_t *json = json_pack("{s:s, s:s, s:b, s:b, s:o, s:o}", "client", result->client, "state",
                             result->failed ? "failed" : states[result->state], "done",
                             *result->id && !result->failed, "proven", result->proven, "paths",
                             paths, "verdicts", verdicts_json(result));
    if (*result->id)
        json_object_set_new(json, "id", json_string(result->id));
    if (*result->why)
        json_object_set_new(json, "why", json_string(result->why));
    if (*result->variable)
        json_object_set_new(json, "variable",
                            json_pack("{s:s, s:s}", "name", result->variable, "value",
                                      str_safe(c->job->arena, bytes_str(result->value))));
    if (*result->guide)
        json_object_set_new(json, "steps", json_string(result->guide));
    return json;
}

json_t *changing_json(struct changing *c)
{
    struct arena *arena = c->job->arena;
    json_t *clients = json_array();
    for (size_t i = 0; i < c->result_count; i++)
        json_array_append_new(clients, result_json(c, &c->results[i]));
    const struct cert *cert = c->cert;
    return json_pack("{s:s, s:s, s:{s:s, s:s, s:s}, s:o}", "schema", "certwhy/trust-change/1",
                     "how", c->how, "certificate", "subject", name_text(arena, cert->subject),
                     "sha256", str_hex(arena, bytes_of(cert->sha256, sizeof cert->sha256), 0),
                     "not_after", time_rfc3339(arena, cert->not_after), "clients", clients);
}
