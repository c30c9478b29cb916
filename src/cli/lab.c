/* SPDX-License-Identifier: Apache-2.0 */
/* certwhy lab: list, serve, run and write the farm of broken servers. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "lab_test.h"

/* The time of `lab write` without --at: its files are then the same on every day. */
enum { WRITE_YEAR = 2026, WRITE_MONTH = 11, WRITE_DAY = 21, WRITE_HOUR = 12 };

/** What a sub-command works on. */
struct job {
    const struct command *command;
    const struct arguments *arguments;
    struct lab_request request;
    bool json;
};

static int finish(const struct job *job, enum cw_code code, const struct error *err,
                  const struct buf *out)
{
    if (code == CW_E_USAGE)
        return command_unusable(job->command, "%s", err->text);
    if (code != CW_OK)
        return command_failed(job->command, err);
    return output_write(NULL, buf_bytes(out)) ? EXIT_ACCEPTED : EXIT_UNUSABLE;
}

static int list(const struct job *job)
{
    struct error err = {0};
    BUF_CLEANUP out = {0};
    const enum cw_code code = lab_list(&job->request, job->json, &out, &err);
    return finish(job, code, &err, &out);
}

static int run(const struct job *job)
{
    struct error err = {0};
    BUF_CLEANUP out = {0};
    bool same = false;
    const enum cw_code code = lab_run(&job->request, job->json, &out, &same, &err);
    const int status = finish(job, code, &err, &out);
    return status == EXIT_ACCEPTED && !same ? EXIT_FINDINGS : status;
}

static void print_line(const char *line)
{
    printf("%s\n", line);
    fflush(stdout);
}

/* The servers' threads are born with the signals blocked, so that one of them never dies of one:
 * this thread takes them when it waits. */
static int serve(const struct job *job)
{
    struct error err = {0};
    BUF_CLEANUP out = {0};
    struct farm *farm = NULL;
    sigset_t signals;
    int taken;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    const enum cw_code code = farm_start(&job->request, &farm, &err);
    if (code == CW_OK)
        farm_describe(farm, &out);
    const int status = finish(job, code, &err, &out);
    if (code == CW_OK && status == EXIT_ACCEPTED && fflush(stdout) == 0)
        sigwait(&signals, &taken);
    farm_stop(farm);
    return status;
}

static int write_files(const struct job *job)
{
    struct error err = {0};
    BUF_CLEANUP out = {0};
    size_t count = 0;
    if (!job->request.dir)
        return command_unusable(job->command, "lab write needs a directory: certwhy lab write DIR");
    const enum cw_code code = lab_write(&job->request, &count, &err);
    if (code == CW_OK)
        buf_printf(&out, "%zu scenarios written to %s\n", count, job->request.dir);
    return finish(job, code, &err, &out);
}

static int test(const struct job *job)
{
    return lab_test(job->command, job->arguments, &job->request, job->json);
}

static const struct {
    const char *name;
    int (*run)(const struct job *job);
    bool dir_first; /**< the first operand is the directory */
} verbs[] = {
    {"list", list, false},        {"serve", serve, false}, {"run", run, false},
    {"write", write_files, true}, {"test", test, false},
};
static const char *const verb_names[] = {"list", "serve", "run", "write", "test", NULL};

/* Healthy certificates are valid now, and the same all day. */
static cw_time default_time(bool files)
{
    if (files)
        return time_make(WRITE_YEAR, WRITE_MONTH, WRITE_DAY, WRITE_HOUR, 0, 0);
    const cw_time now = time_now();
    return now - now % TIME_DAY;
}

static bool request_fill(struct job *job, bool dir_first)
{
    const struct arguments *arguments = job->arguments;
    struct lab_request *request = &job->request;
    const char *at = argument_value(arguments, "at");
    const char *seed = argument_value(arguments, "seed");
    request->seed = seed ? seed : LAB_DEFAULT_SEED;
    request->at = default_time(dir_first);
    request->at_given = at != NULL;
    request->dir = argument_value(arguments, "dir");
    request->chain_file = argument_value(arguments, "chain");
    request->heard = argument_given(arguments, "log") ? print_line : NULL;
    request->patterns = arguments->operands + 1;
    request->pattern_count = arguments->before_dashes > 1 ? arguments->before_dashes - 1 : 0;
    if (dir_first && request->pattern_count > 0) {
        request->dir = request->patterns[0];
        request->patterns++;
        request->pattern_count--;
    }
    return !at || time_parse(at, &request->at);
}

static int verb_run(struct job *job, size_t verb)
{
    const char *format = argument_value(job->arguments, "format");
    job->json = format && strcmp(format, "json") == 0;
    if (format && !job->json && strcmp(format, "text") != 0)
        return command_unusable(job->command, "--format takes text or json");
    if (!request_fill(job, verbs[verb].dir_first))
        return command_unusable(job->command, "--at takes a time such as 2026-11-21T12:00:00Z");
    return verbs[verb].run(job);
}

static int lab_main(const struct command *command, const struct arguments *arguments)
{
    struct job job = {.command = command, .arguments = arguments};
    if (arguments->operand_count == 0)
        return command_unusable(command, "what shall the lab do: list, serve, run, write or test?");
    const char *verb = arguments->operands[0];
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(verbs[i].name, verb) == 0)
            return verb_run(&job, i);
    const char *near = str_nearest(verb, verb_names);
    const char *shown = str_safe(arguments->arena, bytes_str(verb));
    if (near)
        return command_unusable(command, "no such verb: \"%s\"; did you mean \"%s\"?", shown, near);
    return command_unusable(
        command, "no such verb: \"%s\"; there are list, serve, run, write and test", shown);
}

static const struct option_spec lab_options[] = {
    {.name = "at",
     .value = "TIME",
     .help = "mint for this time (serve, run: today; write: 2026-11-21T12:00:00Z)"},
    {.name = "seed", .value = "TEXT", .help = "derive keys from this text (default: a fixed one)"},
    {.name = "dir", .value = "DIR", .help = "serve: put the files here and leave them there"},
    {.name = "chain", .value = "FILE", .help = "serve: send these certificates instead"},
    {.name = "log", .help = "serve: a JSON line for each client that left: which alert it sent"},
    {.name = "client",
     .value = "LIST",
     .help = "test: what these profiles do is right (default: the command's own)"},
    {.name = "timeout", .value = "S", .help = "test: seconds for one run (default: 20)"},
    {.name = "format",
     .value = "text|json",
     .help = "list, run, test: how to print (default text)"},
    {.name = "json", .help = "the same as --format json", .alias = "format", .fixed = "json"},
    {.name = NULL},
};

const struct command lab_command = {
    .name = "lab",
    .summary = "a farm of deliberately broken servers, to learn from and to test with",
    .usage = "lab list|serve|run [SCENARIO…] [options]\n"
             "       certwhy lab write DIR [SCENARIO…]\n"
             "       certwhy lab test [SCENARIO…] -- COMMAND… {url}",
    .about =
        "Mints a PKI of its own from a seed, the same on every run, and serves it on free loopback "
        "ports:\n"
        "each server is broken in one known way, or in several, or healthy.\n\n"
        "  list    shows the scenarios\n"
        "  serve   runs their servers until it is interrupted; prints one JSON line per server:\n"
        "          address, name, CA file, what is planted, and the `certwhy check` that fits\n"
        "  run     checks each server as its client would and compares what was planted with what\n"
        "          is named; exit status 1 on any difference\n"
        "  write   puts each scenario's chain, CA, key, CRLs and OCSP responses into a "
        "directory\n"
        "  test    runs a client of yours against each server and lists what it wrongly accepts\n"
        "          (verification is off, names are not compared …) and wrongly rejects; exit "
        "status "
        "1\n"
        "          if there is any. In its words {url}, {name}, {port}, {address} and {ca} are "
        "filled\n"
        "          in. The lab's names lead to this machine for programs that ask the C library, "
        "and\n"
        "          the usual variables (SSL_CERT_FILE, CURL_CA_BUNDLE, REQUESTS_CA_BUNDLE, …) "
        "hold\n"
        "          the lab's CA. A command that ends with 0 has accepted.\n\n"
        "What certificates point to - issuers, CRLs, OCSP responders - is served too, over HTTP "
        "and\n"
        "LDAP, with its own faults: stale, wrongly signed, silent, endless, going round in "
        "circles.\n\n"
        "SCENARIO is a name, a glob, or the beginning of names; without one, all are meant.",
    .examples = "  certwhy lab list                        what there is\n"
                "  certwhy lab run 'expired-*'             does certwhy name what is planted?\n"
                "  certwhy lab serve missing-intermediate  one broken server, until Ctrl-C\n"
                "  certwhy lab write /tmp/lab              files to try other tools on\n"
                "  certwhy lab test -- curl -s {url}       does this client verify as it should?",
    .options = lab_options,
    .run = lab_main,
};
