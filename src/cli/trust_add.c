/* SPDX-License-Identifier: Apache-2.0 */
/* certwhy trust add: says what it will do, asks, does it, and judges again as each client. */
#include "trust_change.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the file ---- */

static enum cw_code several(struct changing *c, const struct container *container,
                            struct error *error)
{
    BUF_CLEANUP list = {0};
    enum { LISTED = 3 };
    size_t n = 0;
    for (size_t i = 0; i < container->object_count; i++) {
        if (container->objects[i].kind != OBJECT_CERTIFICATE || n++ >= LISTED)
            continue;
        struct cert *cert = cert_parse(container->objects[i].der);
        buf_printf(&list, "%s%zu \"%.60s\"", n > 1 ? ", " : "", n,
                   cert->parsed ? name_short(c->job->arena, cert->subject) : "unreadable");
        cert_unref(cert);
    }
    return error_set(error, CW_E_INPUT,
                     "the file holds %zu certificates (%s%s): trust is given to one at a time. Put "
                     "the root into a file of its own",
                     n, buf_cstr(&list), n > LISTED ? " …" : "");
}

static enum cw_code certificate_read(struct changing *c, const char *path, struct error *error)
{
    BUF_CLEANUP content = {0};
    struct container container;
    size_t count = 0;
    const struct object *found = NULL;
    if (strcmp(path, "-") == 0)
        TRY(file_read_stdin(LIMIT_KEYSTORE_BYTES, &content, error));
    else
        TRY(file_read(NULL, path, LIMIT_KEYSTORE_BYTES, &content, error));
    container_read(buf_bytes(&content), path, c->job->arena, &container);
    for (size_t i = 0; i < container.object_count; i++) {
        if (container.objects[i].kind == OBJECT_PRIVATE_KEY)
            return error_set(error, CW_E_INPUT,
                             "the file holds a private key: it must not be passed around with the "
                             "certificate. Put the certificate into a file of its own");
        if (container.objects[i].kind == OBJECT_CERTIFICATE) {
            found = &container.objects[i];
            count++;
        }
    }
    if (container.keystore.keys > 0)
        return error_set(error, CW_E_INPUT,
                         "the keystore holds a private key: export the "
                         "certificate alone");
    if (count > 1)
        return several(c, &container, error);
    if (!found)
        return error_set(error, CW_E_INPUT,
                         "there is no certificate in it: certwhy check %s says "
                         "what it is",
                         str_safe(c->job->arena, bytes_str(path)));
    c->cert = cert_parse(found->der);
    return CW_OK;
}

/* ---- which clients ---- */

static bool client_add(struct changing *c, const char *name, bool named)
{
    for (size_t i = 0; i < c->client_count; i++)
        if (strcmp(c->clients[i], name) == 0)
            return true;
    if (c->client_count == CLIENTS_MAX)
        return false;
    c->named[c->client_count] = named;
    c->clients[c->client_count++] = name;
    return true;
}

static void clients_here_add(struct changing *c)
{
    const struct installer in = changing_installer(c, c->job->machine);
    for (size_t i = 0; recipe_at(i); i++)
        if (recipe_is_here(&in, recipe_at(i)))
            client_add(c, recipe_at(i), false);
}

static enum cw_code client_named(struct changing *c, const char *word, struct error *error)
{
    const char *name = recipe_named(word);
    if (name && client_add(c, name, true))
        return CW_OK;
    BUF_CLEANUP names = {0};
    for (size_t i = 0; recipe_at(i); i++)
        buf_printf(&names, "%s%s", i ? ", " : "", recipe_at(i));
    return error_set(error, CW_E_USAGE, "--for %s: it takes %s, or all (those on this machine)",
                     str_safe(c->job->arena, bytes_str(word)), buf_cstr(&names));
}

/* The system's store first: what reads it needs nothing more. */
enum cw_code changing_clients(struct changing *c, const char *list, struct error *error)
{
    for (const char *p = list; *p; p += strcspn(p, ","), p += *p == ',') {
        const char *word = arena_strndup(c->job->arena, p, strcspn(p, ","));
        if (strcmp(word, "all") == 0)
            clients_here_add(c);
        else
            TRY(client_named(c, word, error));
    }
    for (size_t i = 1; i < c->client_count; i++)
        if (strcmp(c->clients[i], "system") == 0) {
            memmove(&c->clients[1], &c->clients[0], i * sizeof c->clients[0]);
            c->clients[0] = "system";
            c->named[i] = c->named[0];
            c->named[0] = true;
            break;
        }
    return c->client_count ? CW_OK : error_set(error, CW_E_USAGE, "--for names no client");
}

static bool with_system(const struct changing *c)
{
    return c->client_count && strcmp(c->clients[0], "system") == 0 && !*c->system_problem;
}

/* ---- saying what will be done ---- */

static const char *command_undo(const struct changing *c)
{
    enum { SHORT = 16 };
    const char *hex = str_hex(c->job->arena, bytes_of(c->cert->sha256, sizeof c->cert->sha256), 0);
    return arena_printf(c->job->arena, "certwhy trust remove %.*s", SHORT, hex);
}

/* Paths and names of others may hold anything. */
static bool lines_print(struct buf *text)
{
    BUF_CLEANUP safe = {0};
    for (const char *p = buf_cstr(text); *p;) {
        const size_t n = strcspn(p, "\n");
        str_safe_line(&safe, bytes_of(p, n));
        buf_add_str(&safe, "\n");
        p += n + (p[n] == '\n');
    }
    return output_write(NULL, buf_bytes(&safe));
}

static void say_certificate(struct changing *c, const char *path, struct buf *out)
{
    struct arena *arena = c->job->arena;
    const struct cert *cert = c->cert;
    buf_printf(out, "%s\n", str_safe(arena, bytes_str(path)));
    buf_printf(out, "  subject      %s\n", name_text(arena, cert->subject));
    if (!cert_is_self_issued(cert))
        buf_printf(out, "  issuer       %s\n", name_text(arena, cert->issuer));
    buf_printf(out, "  valid        %s to %s\n", trust_date(c->job, cert->not_before),
               trust_date(c->job, cert->not_after));
    buf_printf(out, "  key          %s\n", key_text(arena, &cert->key));
    buf_printf(out, "  SHA-256      %s\n", cert_fingerprint(arena, cert));
    for (size_t i = 0; i < c->check.warning_count; i++)
        buf_printf(out, "  note         %s\n", c->check.warnings[i]);
    buf_add_str(out, "\n");
}

static void say_steps(struct changing *c, const struct trust_plan *plan, struct buf *out)
{
    for (size_t i = 0; i < plan->step_count; i++)
        buf_printf(out, "    %s: %s\n", str_safe(c->job->arena, bytes_str(plan->steps[i].path)),
                   plan->steps[i].words);
    if (*plan->variable)
        buf_printf(out, "    sets %s=%s for new logins of this user\n", plan->variable,
                   str_shell(c->job->arena, plan->value));
    if (*plan->note)
        trust_wrap(c->job, out, 4, plan->note);
}

static void say_plan(struct changing *c, const struct trust_plan *plan, struct buf *out)
{
    const char *file = str_shell(c->job->arena, c->path);
    switch (plan->state) {
    case PLAN_STEPS:
        buf_printf(out, "  %s\n", plan->client);
        say_steps(c, plan, out);
        break;
    case PLAN_HAS:
        buf_printf(out, "  %s: trusts it already\n", plan->client);
        break;
    case PLAN_SYSTEM:
        buf_printf(out, "  %s: reads the system's store, nothing more to do\n", plan->client);
        break;
    case PLAN_PRINTED:
        buf_printf(
            out, "  %s: to be done by hand\n%s", plan->client,
            install_guide(c->job->arena, plan->guide, file, cert_slug(c->job->arena, c->cert)));
        break;
    case PLAN_IMPOSSIBLE:
        trust_wrap(c->job, out, 2,
                   arena_printf(c->job->arena, "%s: not done: %s", plan->client, plan->why));
        break;
    }
}

static void plan_of(struct changing *c, struct trust_machine *machine, const char *client,
                    struct trust_plan *plan)
{
    const struct installer in = changing_installer(c, machine);
    install_plan(&in, client, with_system(c), plan);
}

static void result_fill(struct changing *c, const struct trust_plan *plan,
                        struct client_result *result)
{
    struct arena *arena = c->job->arena;
    *result = (struct client_result){
        .client = plan->client,
        .id = "",
        .state = plan->state,
        .why = plan->why,
        .judged = plan->judged,
        .variable = plan->variable,
        .value = plan->value,
        .guide = *plan->guide ? install_guide(arena, plan->guide, str_shell(arena, c->path),
                                              cert_slug(arena, c->cert))
                              : "",
        .paths = arena_array(arena, plan->step_count + 1, sizeof(const char *)),
    };
    for (size_t i = 0; i < plan->step_count; i++)
        result->paths[result->path_count++] = plan->steps[i].path;
}

/* Says everything; returns how many clients there is something to do for. */
static size_t say_plans(struct changing *c, struct buf *out)
{
    size_t todo = 0;
    c->result_count = 0;
    struct trust_machine *machine = changing_machine(c);
    struct trust_plan *plan = arena_alloc(c->job->arena, sizeof *plan);
    buf_printf(out, "What is to be done, so that it is trusted (undo: %s):\n", command_undo(c));
    for (size_t i = 0; i < c->client_count; i++) {
        plan_of(c, machine, c->clients[i], plan);
        if (plan->state == PLAN_IMPOSSIBLE && strcmp(plan->client, "system") == 0)
            c->system_problem = plan->why;
        say_plan(c, plan, out);
        result_fill(c, plan, &c->results[c->result_count++]);
        todo += plan->state == PLAN_STEPS;
        c->printed += plan->state == PLAN_PRINTED;
        c->had += plan->state == PLAN_HAS;
        c->impossible += plan->state == PLAN_IMPOSSIBLE && c->named[i];
    }
    trust_machine_free(machine);
    return todo;
}

/* ---- doing ---- */

/* A bundle that replaces must not cut a client off from what it trusted. */
static size_t roots_lost(struct trust_machine *before, struct trust_machine *after,
                         const char *client)
{
    if (!trust_client_known(client))
        return 0;
    size_t lost = 0;
    struct store *old = trust_view_store(before, trust_view_find(before, client));
    struct store *new = trust_view_store(after, trust_view_find(after, client));
    for (size_t i = 0; i < store_count(old); i++) {
        const struct anchor *anchor = store_at(old, i);
        lost += anchor && !anchor->distrusted && !store_get(new, anchor->cert);
    }
    return lost;
}

static enum cw_code undo_lost(struct changing *c, const struct installer *in,
                              struct client_result *result, size_t lost, struct error *error)
{
    BUF_CLEANUP says = {0};
    TRY(install_undo(in, result->id, &says, error));
    (void)c;
    return error_set(error, CW_E_INPUT,
                     "%zu roots that %s trusted would have been lost by it (certwhy trust env "
                     "says what is set): undone",
                     lost, result->client);
}

static enum cw_code client_do(struct changing *c, struct client_result *result, struct error *error)
{
    struct trust_machine *before = changing_machine(c);
    struct trust_plan *plan = arena_alloc(c->job->arena, sizeof *plan);
    const struct installer in = changing_installer(c, before);
    plan_of(c, before, c->clients[result - c->results], plan);
    result_fill(c, plan, result);
    enum cw_code code = CW_OK;
    if (plan->state == PLAN_STEPS)
        code = install_do(&in, plan, &result->id, error);
    if (code == CW_OK && plan->state == PLAN_STEPS) {
        struct trust_machine *after = changing_machine(c);
        const size_t lost = roots_lost(before, after, result->client);
        trust_machine_free(after);
        if (lost)
            code = undo_lost(c, &in, result, lost, error);
    }
    trust_machine_free(before);
    result->failed = code != CW_OK;
    if (result->failed)
        result->why = arena_strdup(c->job->arena, error->text);
    return code;
}

static void all_do(struct changing *c)
{
    for (size_t i = 0; i < c->result_count; i++) {
        struct error error = {0};
        client_do(c, &c->results[i], &error);
    }
}

/* ---- what came of it ---- */

static void say_variable(struct changing *c, const struct client_result *result, struct buf *out)
{
    if (*result->variable && !result->failed)
        buf_printf(out, "    for this shell: export %s=%s\n", result->variable,
                   str_shell(c->job->arena, result->value));
}

/* "its store holds it now" */
static const char *proof_words(const struct client_result *result)
{
    if (result->verdict_count)
        return "judged again with the store as it is now";
    if (!result->proven)
        return "its store does not show it: certwhy trust env says what else is set";
    return result->state == PLAN_SYSTEM ? "the system's store, which it reads, holds it now"
                                        : "its store holds it now";
}

static void say_result(struct changing *c, const struct client_result *result, struct buf *out)
{
    if (result->failed)
        trust_wrap(c->job, out, 2,
                   arena_printf(c->job->arena, "✗ %s: %s", result->client, result->why));
    else if (result->state == PLAN_STEPS || result->state == PLAN_SYSTEM)
        buf_printf(out, "  %s %s: %s\n", result->proven ? "✓" : "✗", result->client,
                   proof_words(result));
    else if (result->state == PLAN_HAS)
        buf_printf(out, "  ✓ %s: trusted it already\n", result->client);
    for (size_t i = 0; i < result->verdict_count; i++)
        trust_wrap(c->job, out, 6, result->verdicts[i].text);
    say_variable(c, result, out);
}

static int results_say(struct changing *c, struct buf *out)
{
    size_t bad = c->impossible, done = 0;
    buf_add_str(out, "Done:\n");
    for (size_t i = 0; i < c->result_count; i++) {
        const struct client_result *result = &c->results[i];
        const bool counts = result->state == PLAN_STEPS || result->state == PLAN_SYSTEM;
        say_result(c, result, out);
        bad += result->failed || (counts && !result->proven);
        done += counts && !result->failed;
    }
    if (c->unseen)
        trust_wrap(c->job, out, 2, arena_printf(c->job->arena, "not judged again: %s", c->unseen));
    if (done)
        buf_printf(out, "Undo: %s\n", command_undo(c));
    bad += c->unseen != NULL;
    return bad ? EXIT_FINDINGS : EXIT_ACCEPTED;
}

/* ---- the command ---- */

static enum cw_code how_read(struct changing *c, struct error *error)
{
    const struct arguments *arguments = c->job->arguments;
    const bool pin = argument_given(arguments, "pin");
    const bool intermediate = argument_given(arguments, "as-intermediate");
    if (pin && intermediate)
        return error_set(error, CW_E_USAGE, "--pin and --as-intermediate exclude each other");
    c->how = pin ? "pin" : intermediate ? "intermediate" : "root";
    if (intermediate && !*c->against)
        return error_set(error, CW_E_USAGE,
                         "--as-intermediate needs a server whose chain it completes: --against "
                         "HOST");
    return CW_OK;
}

static enum cw_code prepare(struct changing *c, const char *path, struct error *error)
{
    const char *list = argument_value(c->job->arguments, "for");
    c->path = path;
    TRY(how_read(c, error));
    TRY(certificate_read(c, path, error));
    install_check(c->job->arena, c->cert, c->how, c->job->now, &c->check);
    if (*c->check.refusal)
        return error_set(error, CW_E_INPUT, "\"%.80s\" is not to be trusted: %s. What to do: %s",
                         c->cert->parsed ? name_short(c->job->arena, c->cert->subject) : path,
                         c->check.refusal, c->check.advice);
    if (!list)
        return error_set(error, CW_E_USAGE,
                         "--for says who is to trust it: --for system,java,node, or --for all");
    return changing_clients(c, list, error);
}

static int do_and_say(struct changing *c)
{
    BUF_CLEANUP out = {0};
    struct error error = {0};
    if (changing_lock(c, &error) != CW_OK)
        return command_failed(c->job->command, &error);
    all_do(c);
    if (!prove(c))
        changing_take_back(c);
    const int status = results_say(c, &out);
    if (c->job->json)
        return trust_print_json(changing_json(c), status);
    return lines_print(&out) ? status : EXIT_UNUSABLE;
}

static int confirmed(struct changing *c, size_t todo)
{
    const bool dry = argument_given(c->job->arguments, "dry-run");
    if (todo == 0 || dry) {
        const int status = c->impossible > 0 && todo == 0 ? EXIT_UNUSABLE : EXIT_ACCEPTED;
        return c->job->json ? trust_print_json(changing_json(c), status) : status;
    }
    if (!changing_ask(c,
                      "Compare the SHA-256 with the one that the CA's owner gives you. Trust it?"))
        return c->job->json ? trust_print_json(changing_json(c), EXIT_UNUSABLE) : EXIT_UNUSABLE;
    return do_and_say(c);
}

int trust_add(const struct trust_job *job, const char *path)
{
    struct error error = {0};
    CHANGING_CLEANUP c = {.job = job, .system_problem = ""};
    BUF_CLEANUP out = {0};
    enum cw_code code = changing_open(&c, &error);
    if (code == CW_OK)
        code = prepare(&c, path, &error);
    if (code == CW_OK)
        code = prove_before(&c, &error);
    if (code != CW_OK)
        return code == CW_E_USAGE ? command_unusable(job->command, "%s", error.text)
                                  : command_failed(job->command, &error);
    say_certificate(&c, path, &out);
    const size_t todo = say_plans(&c, &out);
    if (!job->json && !lines_print(&out))
        return EXIT_UNUSABLE;
    return confirmed(&c, todo);
}
