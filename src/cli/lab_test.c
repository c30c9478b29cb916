/* SPDX-License-Identifier: Apache-2.0 */
/* certwhy lab test -- COMMAND {url}: runs any client against every server of the lab, and lists
 * what it wrongly accepts and wrongly rejects. */
#include "lab_test.h"

#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    RUNNERS = 4,  /* commands at a time */
    SECONDS = 20, /* that one run may take, unless told otherwise */
    SECONDS_MAX = 600,
    WORD_BYTES = 300, /* of its last words that are shown */
};

/* Where they agree, a client that does otherwise is wrong. */
static const char common[] = "curl,python,java,go,node,chromium,firefox";

enum client_outcome { NOT_ASKED, ACCEPTS, REJECTS, UNREACHED, NO_END, NOT_THERE };

struct visit {
    struct farm_server server;
    size_t place; /* in the farm */
    enum farm_expectation expected;
    enum client_outcome outcome;
    const char *words; /* its last ones */
    struct arena arena;
};

struct test {
    const struct command *command;
    struct arena *arena;
    const char *const *words; /* of the command, NULL-terminated */
    const char *clients, *library;
    int seconds;
    struct farm *farm;
    struct visit *visits;
    size_t count;
    atomic_size_t next;
    bool healthy_round;
};

/* ---- one run ---- */

static const char *filled(struct arena *arena, const char *word, const struct farm_server *server)
{
    const char *port = strrchr(server->address, ':') + 1;
    const struct {
        const char *blank, *value;
    } blanks[] = {
        {"{url}", arena_printf(arena, "https://%s:%s/", server->name, port)},
        {"{name}", server->name},
        {"{host}", server->name},
        {"{port}", port},
        {"{address}", server->address},
        {"{ca}", arena_printf(arena, "%s/ca.pem", server->dir)},
    };
    const char *out = "";
    while (*word) {
        size_t i = 0, n = 1 + strcspn(word + 1, "{");
        while (i < sizeof blanks / sizeof *blanks && !str_starts(word, blanks[i].blank))
            i++;
        const bool known = i < sizeof blanks / sizeof *blanks;
        n = known ? strlen(blanks[i].blank) : n;
        out = known ? arena_printf(arena, "%s%s", out, blanks[i].value)
                    : arena_printf(arena, "%s%.*s", out, (int)n, word);
        word += n;
    }
    return out;
}

static bool is_variable(const char *variable, const char *const *names)
{
    for (; *names; names++) {
        const size_t n = strlen(*names);
        if (strncasecmp(variable, *names, n) == 0 && variable[n] == '=')
            return true;
    }
    return false;
}

/* The lab's CA is what each client trusts that looks at a variable; no proxy stands between. */
static const char **environment_make(const struct test *test, const struct farm_server *server,
                                     struct arena *arena)
{
    static const char *const left_out[] = {"http_proxy", "https_proxy", "all_proxy",
                                           "LD_PRELOAD", "LC_ALL",      NULL};
    static const char *const stores[] = {"SSL_CERT_FILE",
                                         "CURL_CA_BUNDLE",
                                         "REQUESTS_CA_BUNDLE",
                                         "NODE_EXTRA_CA_CERTS",
                                         "npm_config_cafile",
                                         "GIT_SSL_CAINFO",
                                         "PIP_CERT",
                                         "AWS_CA_BUNDLE",
                                         NULL};
    enum { MORE = sizeof stores / sizeof *stores + 4 };
    size_t all = 0, n = 0;
    while (environ[all])
        all++;
    const char **list = arena_array(arena, all + MORE, sizeof *list);
    for (size_t i = 0; i < all; i++)
        if (!is_variable(environ[i], left_out) && !is_variable(environ[i], stores))
            list[n++] = environ[i];
    for (size_t i = 0; stores[i]; i++)
        list[n++] = arena_printf(arena, "%s=%s/ca.pem", stores[i], server->dir);
    list[n++] = "LC_ALL=C.UTF-8";
    list[n++] = arena_printf(arena, "CERTWHY_LAB_NAME=%s", server->name);
    const char *before = getenv("LD_PRELOAD");
    if (test->library)
        list[n++] = arena_printf(arena, "LD_PRELOAD=%s%s%s", before ? before : "",
                                 before && *before ? ":" : "", test->library);
    return list;
}

/* The last line with anything in it. */
static const char *last_words(struct arena *arena, struct bytes output)
{
    size_t end = output.n;
    while (end && strchr(" \t\r\n", output.p[end - 1]))
        end--;
    size_t start = end;
    while (start && output.p[start - 1] != '\n' && end - start < WORD_BYTES)
        start--;
    return str_safe(arena, bytes_slice(output, start, end - start));
}

static void visit_make(struct test *test, struct visit *visit)
{
    enum { CANNOT_RUN = 126, NOT_FOUND = 127 };
    BUF_CLEANUP output = {0};
    struct arena *arena = &visit->arena;
    size_t count = 0;
    while (test->words[count])
        count++;
    const char **argv = arena_array(arena, count + 1, sizeof *argv);
    for (size_t i = 0; i < count; i++)
        argv[i] = filled(arena, test->words[i], &visit->server);
    const struct program program = {.argv = argv,
                                    .environment = environment_make(test, &visit->server, arena),
                                    .seconds = test->seconds,
                                    .ends_with_us = true,
                                    .errors_too = true};
    const unsigned before = farm_visits(test->farm, visit->place);
    const int status = program_status(&program, &output);
    const bool reached = farm_visits(test->farm, visit->place) != before;
    visit->words = last_words(arena, buf_bytes(&output));
    visit->outcome = !reached && (status == CANNOT_RUN || status == NOT_FOUND) ? NOT_THERE
                     : !reached                                                ? UNREACHED
                     : status < 0                                              ? NO_END
                     : status == 0                                             ? ACCEPTS
                                                                               : REJECTS;
}

static void *visit_some(void *context)
{
    struct test *test = context;
    size_t i;
    while ((i = atomic_fetch_add(&test->next, 1)) < test->count) {
        struct visit *visit = &test->visits[i];
        struct error ignored;
        if (visit->server.healthy != test->healthy_round)
            continue;
        /* what cannot be judged is not held against the client */
        farm_expect(test->farm, visit->place, test->clients, &visit->expected, &ignored);
        visit_make(test, visit);
    }
    return NULL;
}

static void round_run(struct test *test, bool healthy)
{
    pthread_t threads[RUNNERS];
    size_t n = 0;
    test->healthy_round = healthy;
    atomic_store(&test->next, 0);
    while (n < RUNNERS && pthread_create(&threads[n], NULL, visit_some, test) == 0)
        n++;
    if (n == 0)
        visit_some(test);
    while (n > 0)
        pthread_join(threads[--n], NULL);
}

/* ---- what it comes to ---- */

static bool is_wrong(const struct visit *visit, enum client_outcome outcome)
{
    return visit->outcome == outcome &&
           visit->expected == (outcome == ACCEPTS ? FARM_REJECTED : FARM_ACCEPTED);
}

static size_t count_of(const struct test *test, enum client_outcome outcome, bool wrong)
{
    size_t n = 0;
    for (size_t i = 0; i < test->count; i++)
        n += wrong ? is_wrong(&test->visits[i], outcome) : test->visits[i].outcome == outcome;
    return n;
}

static bool accepts_wrongly(const struct test *test, const char *family)
{
    for (size_t i = 0; i < test->count; i++)
        if (is_wrong(&test->visits[i], ACCEPTS) && str_starts(test->visits[i].server.rule, family))
            return true;
    return false;
}

/* What its mistakes look like together; NULL: like nothing that is known. */
static const char *diagnosis(const struct test *test)
{
    if (accepts_wrongly(test, "trust."))
        return "it takes certificates of anybody: verification is off (verify=False, -k, "
               "InsecureSkipVerify, a trust manager that trusts all)";
    if (accepts_wrongly(test, "name."))
        return "names are not compared: any certificate of any trusted CA will do, for any server";
    if (accepts_wrongly(test, "validity."))
        return "dates are not looked at";
    if (accepts_wrongly(test, "revocation."))
        return "revocation is not looked at";
    return NULL;
}

static void list_text(const struct test *test, enum client_outcome outcome, const char *title,
                      bool wrong, struct buf *out)
{
    if (count_of(test, outcome, wrong) == 0)
        return;
    buf_printf(out, "\n  %s\n", title);
    for (size_t i = 0; i < test->count; i++) {
        const struct visit *visit = &test->visits[i];
        if (wrong ? !is_wrong(visit, outcome) : visit->outcome != outcome)
            continue;
        buf_printf(out, "    %-30s %-32s %s\n", visit->server.scenario, visit->server.rule,
                   visit->server.title);
        if (outcome != ACCEPTS && *visit->words)
            buf_printf(out, "      it says: %s\n", visit->words);
    }
}

static void test_text(const struct test *test, struct buf *out)
{
    const size_t accepts = count_of(test, ACCEPTS, true), rejects = count_of(test, REJECTS, true);
    const size_t lost = count_of(test, UNREACHED, false) + count_of(test, NO_END, false);
    buf_printf(out, "%s %zu servers: wrongly accepts %zu, wrongly rejects %zu",
               accepts + rejects + lost ? "✗" : "✓", test->count, accepts, rejects);
    if (lost)
        buf_printf(out, ", says nothing of %zu", lost);
    buf_add_str(out, "\n");
    const char *hint = diagnosis(test);
    if (hint)
        buf_printf(out, "  As it seems, %s.\n", hint);
    list_text(test, ACCEPTS, "Wrongly accepts", true, out);
    list_text(test, REJECTS, "Wrongly rejects", true, out);
    list_text(test, UNREACHED, "Did not come to the server", false, out);
    list_text(test, NO_END, "Did not end in time", false, out);
    size_t free_to = 0;
    for (size_t i = 0; i < test->count; i++)
        free_to += test->visits[i].expected == FARM_DIFFERS;
    if (free_to)
        buf_printf(out,
                   "\n  %zu servers are taken by some clients and not by others: not judged.\n",
                   free_to);
}

static void test_json(const struct test *test, struct buf *out)
{
    static const char *const outcomes[] = {"not-asked", "accepts",   "rejects",
                                           "unreached", "timed-out", "not-there"};
    static const char *const expectations[] = {"differs", "accepts", "rejects"};
    json_t *list = json_array();
    for (size_t i = 0; i < test->count; i++) {
        const struct visit *visit = &test->visits[i];
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:s, s:b, s:s}", "scenario", visit->server.scenario,
                            "rule", visit->server.rule, "expected", expectations[visit->expected],
                            "outcome", outcomes[visit->outcome], "wrong",
                            (int)(is_wrong(visit, ACCEPTS) || is_wrong(visit, REJECTS)), "words",
                            visit->words ? visit->words : ""));
    }
    json_t *whole = json_pack("{s:s, s:s, s:o}", "schema", "certwhy/lab-test/1", "clients",
                              test->clients, "servers", list);
    char *text = json_dumps(whole, JSON_INDENT(1));
    buf_add_str(out, text ? text : "{}");
    buf_add_byte(out, '\n');
    free(text);
    json_decref(whole);
}

/* ---- before and behind ---- */

/* "curl" for /usr/bin/curl: what that profile does is right for it. */
static const char *clients_of(const char *program)
{
    const char *slash = strrchr(program, '/');
    const char *name = slash ? slash + 1 : program;
    const struct profile *profile = profile_find(name);
    return profile ? name : common;
}

static bool has_place(const char *const *words)
{
    static const char *const places[] = {"{url}", "{name}", "{host}", "{port}", "{address}"};
    for (; *words; words++)
        for (size_t i = 0; i < sizeof places / sizeof *places; i++)
            if (strstr(*words, places[i]))
                return true;
    return false;
}

static void visits_make(struct test *test)
{
    struct farm_server server;
    size_t cap = 0;
    for (size_t i = 0; farm_server(test->farm, i, &server); i++) {
        if (!server.here_and_now)
            continue;
        test->visits =
            arena_grow(test->arena, test->visits, test->count, &cap, sizeof *test->visits);
        test->visits[test->count++] = (struct visit){.server = server, .place = i};
    }
}

/* A client that does not get along with a healthy server proves nothing at a broken one. */
static const struct visit *healthy_failure(const struct test *test)
{
    size_t good = 0;
    const struct visit *bad = NULL;
    for (size_t i = 0; i < test->count; i++)
        if (test->visits[i].server.healthy && test->visits[i].expected == FARM_ACCEPTED) {
            good += test->visits[i].outcome == ACCEPTS;
            bad = bad || test->visits[i].outcome == ACCEPTS ? bad : &test->visits[i];
        }
    return good ? NULL : bad;
}

static int give_up(const struct test *test, const struct visit *visit)
{
    const char *said = *visit->words ? visit->words : "nothing";
    if (visit->outcome == NOT_THERE)
        return command_unusable(test->command, "%s cannot be run: %s", test->words[0], said);
    if (visit->outcome == UNREACHED)
        return command_unusable(
            test->command,
            "the command did not come to the healthy server (it says: %s). The lab's names lead to "
            "this machine for programs that ask the C library; for others put a line into "
            "/etc/hosts: 127.0.0.1 %s",
            said, visit->server.name);
    return command_unusable(test->command,
                            "the command does not take the healthy server %s either (it says: %s), "
                            "so nothing can be learned from the broken ones. It must trust the "
                            "lab's CA: name {ca} in its words",
                            visit->server.scenario, said);
}

static int test_run(struct test *test, bool json)
{
    BUF_CLEANUP out = {0};
    visits_make(test);
    round_run(test, true);
    const struct visit *bad = healthy_failure(test);
    if (bad)
        return give_up(test, bad);
    round_run(test, false);
    if (json)
        test_json(test, &out);
    else
        test_text(test, &out);
    if (!output_write(NULL, buf_bytes(&out)))
        return EXIT_UNUSABLE;
    const size_t wrong = count_of(test, ACCEPTS, true) + count_of(test, REJECTS, true);
    const size_t lost = count_of(test, UNREACHED, false) + count_of(test, NO_END, false);
    return wrong ? EXIT_FINDINGS : lost ? EXIT_UNSEEN : EXIT_ACCEPTED;
}

/* Healthy servers always belong to it. */
static void patterns_make(const struct lab_request *request, struct arena *arena,
                          struct lab_request *out)
{
    static const char healthy[] = "healthy-ecdsa";
    const char **patterns = arena_array(arena, request->pattern_count + 2, sizeof *patterns);
    for (size_t i = 0; i < request->pattern_count; i++)
        patterns[i] = request->patterns[i];
    patterns[request->pattern_count] = healthy;
    *out = *request;
    out->patterns = patterns;
    out->pattern_count = request->pattern_count ? request->pattern_count + 1 : 0;
}

int lab_test(const struct command *command, const struct arguments *arguments,
             const struct lab_request *request, bool json)
{
    struct error err = {0};
    struct lab_request whole;
    const char *seconds = argument_value(arguments, "timeout");
    const char *clients = argument_value(arguments, "client");
    struct test test = {.command = command,
                        .arena = arguments->arena,
                        .library = file_find_preload(arguments->arena, "libcertwhy-names.so"),
                        .seconds = SECONDS};
    int64_t chosen = SECONDS;
    if (arguments->before_dashes >= arguments->operand_count)
        return command_unusable(command, "which client? certwhy lab test -- curl -s {url}");
    if (seconds && !str_to_int(seconds, 1, SECONDS_MAX, &chosen))
        return command_unusable(command, "--timeout takes seconds, 1 to %d", SECONDS_MAX);
    test.seconds = (int)chosen;
    const char **words = arena_array(
        arguments->arena, arguments->operand_count - arguments->before_dashes + 1, sizeof *words);
    for (size_t i = arguments->before_dashes; i < arguments->operand_count; i++)
        words[i - arguments->before_dashes] = arguments->operands[i];
    test.words = words;
    if (!has_place(words))
        return command_unusable(command, "the command must say where the server's address goes: "
                                         "{url}, or {name} and {port}");
    test.clients = clients ? clients : clients_of(words[0]);
    patterns_make(request, arguments->arena, &whole);
    const enum cw_code code = farm_start(&whole, &test.farm, &err);
    if (code != CW_OK)
        return code == CW_E_USAGE ? command_unusable(command, "%s", err.text)
                                  : command_failed(command, &err);
    const int status = test_run(&test, json);
    for (size_t i = 0; i < test.count; i++)
        arena_free(&test.visits[i].arena);
    farm_stop(test.farm);
    return status;
}
