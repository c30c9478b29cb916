/* SPDX-License-Identifier: Apache-2.0 */
/* The flow: run the command, see what it did, check the server as it saw it, tell. */
#include "why.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

enum { STATUS_NOT_FOUND = 127, STATUS_NOT_RUN = 126 };

/** Everything of one run. */
struct run {
    const struct why_request *request;
    struct why_end *end;
    struct child child;
    struct buf output;
    struct message_match *messages;
    size_t message_count;
    struct sighting sightings[LIMIT_WHY_TARGETS];
    size_t sighting_count;
    struct arena arena;
};

static void run_drop(struct run *run)
{
    streams_close(&run->child.streams);
    witness_free(run->child.witness);
    buf_free(&run->output);
    arena_free(&run->arena);
}

static void end_read(struct run *run)
{
    const int status = run->child.status, error = run->child.start_error;
    if (error)
        *run->end = (struct why_end){error == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_RUN, 0};
    else if (WIFSIGNALED(status))
        *run->end = (struct why_end){128 + WTERMSIG(status), WTERMSIG(status)};
    else
        *run->end = (struct why_end){WEXITSTATUS(status), 0};
}

/* ---- recognising ---- */

static void output_gather(struct run *run)
{
    const struct streams *streams = &run->child.streams;
    for (size_t i = 0; i < streams->count; i++) {
        kept_text(&streams->items[i].kept, &run->output);
        buf_add_byte(&run->output, '\n');
    }
}

static void messages_gather_from(struct run *run)
{
    struct messages *messages = messages_new();
    run->message_count =
        messages_find(messages, buf_bytes(&run->output), &run->arena, &run->messages);
    messages_free(messages);
}

static const char *variable(void *context, const char *name)
{
    (void)context;
    return getenv(name);
}

static void recognise(struct run *run)
{
    const struct environment environment = {.get = variable};
    struct trust_machine *machine = trust_machine_new(NULL, &environment, &run->arena);
    const struct clues clues = {
        .processes = &run->child.processes,
        .command = run->request->command,
        .output = buf_bytes(&run->output),
        .messages = run->messages,
        .message_count = run->message_count,
        .machine = machine,
        .arena = &run->arena,
    };
    run->sighting_count = sightings_make(&clues, run->sightings);
    trust_machine_free(machine);
}

/* ---- diagnosing ---- */

static bool is_rejected(const struct cw_report *report)
{
    return !target_is_accepted(report->report.targets[0]);
}

/* Each server in turn until one is found that this client minds; else the likeliest one is told of.
 */
static void diagnose(struct run *run)
{
    struct telling telling = {.request = run->request, .end = run->end, .arena = &run->arena};
    struct cw_report *report = NULL;
    struct cw_options *options = NULL;
    struct error error = {0};
    telling.message = run->message_count ? &run->messages[0] : NULL;
    for (size_t i = 0; i < run->sighting_count; i++) {
        if (run->sightings[i].said.unverified && !telling.message)
            continue; /* whatever failed, it was no certificate */
        struct cw_report *next = NULL;
        struct cw_options *chosen = NULL;
        if (sighting_check(run->request, &run->sightings[i], &chosen, &next, &error) != CW_OK) {
            log_line(1, "%s: %s", run->sightings[i].target, error.text);
            cw_options_free(chosen);
            continue;
        }
        const bool rejected = is_rejected(next);
        if (report && !rejected) {
            cw_report_free(next);
            cw_options_free(chosen);
            continue;
        }
        cw_report_free(report);
        cw_options_free(options);
        report = next;
        options = chosen;
        telling.sighting = &run->sightings[i];
        if (rejected)
            break;
    }
    telling.report = report;
    if (!telling.sighting && run->sighting_count)
        telling.sighting = &run->sightings[0];
    if (!report && *error.text)
        fprintf(stderr, "certwhy why: %s\n", error.text);
    tell(&telling);
    cw_report_free(report);
    cw_options_free(options);
}

static bool is_users_signal(int number)
{
    return number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGQUIT ||
           number == SIGPIPE;
}

/* Words that hold a URL are no connection yet, unless of a client whose connections may escape us.
 */
static bool is_of_tls(const struct sighting *sighting)
{
    return sighting->contact ||
           (sighting->process && !sighting->process->witnessed && *sighting->client.profile);
}

/* Who ended it himself asks for no reason. */
static void look_into(struct run *run)
{
    const struct why_end *end = run->end;
    output_gather(run);
    recognise(run);
    if (end->status || run->sighting_count)
        messages_gather_from(run);
    if (is_users_signal(end->signal) && run->message_count == 0)
        return;
    if (run->message_count)
        recognise(run); /* messages name servers and clients */
    if (end->status == 0 && run->message_count == 0) {
        if (run->sighting_count && !is_of_tls(&run->sightings[0]))
            run->sighting_count = 0;
        tell(&(struct telling){.request = run->request,
                               .end = end,
                               .sighting = run->sighting_count ? run->sightings : NULL,
                               .arena = &run->arena});
        return;
    }
    diagnose(run);
}

/* What is closed for us is closed for the command, and nothing that we open comes to stand there.
 */
static void standard_fill(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            file_open_null(); /* the lowest number that is free, closed on exec */
}

enum cw_code why_run(const struct why_request *request, struct why_end *end, struct error *error)
{
    struct run run = {.request = request, .end = end};
    standard_fill();
    run.child.processes.arena = &run.arena;
    run.child.witness = request->preload ? witness_new() : NULL;
    const enum cw_code code = child_run(request->command, &run.child, error);
    if (code == CW_OK) {
        end_read(&run);
        if (run.child.start_error)
            fprintf(stderr, "certwhy why: %s: %s\n", request->command[0],
                    strerror(run.child.start_error));
        else
            look_into(&run);
    }
    run_drop(&run);
    return code;
}
