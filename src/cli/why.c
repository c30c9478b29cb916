/* SPDX-License-Identifier: Apache-2.0 */
/* certwhy why -- COMMAND: runs a failing command and says why it fails. */
#include "why/why.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli.h"

/* Those that are not the diagnosis's. */
static const char *const own_options[] = {"format", "output", "quiet", "color", "no-preload"};

static bool is_own(const char *name)
{
    for (size_t i = 0; i < sizeof own_options / sizeof *own_options; i++)
        if (strcmp(own_options[i], name) == 0)
            return true;
    return false;
}

static struct cw_options *options_made(const void *context, struct error *error)
{
    const struct arguments *arguments = context;
    struct cw_options *options = cw_options_new();
    for (size_t i = 0; i < arguments->option_count; i++) {
        const struct given *given = &arguments->options[i];
        if (!is_own(given->name) &&
            options_set(options, given->name, given->value, error) != CW_OK) {
            cw_options_free(options);
            return NULL;
        }
    }
    return options;
}

/* As the command ended, so do we: whoever waits for us sees the same. */
static int end_as(const struct why_end *end)
{
    if (end->signal) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){1, 1}); /* the command left the core, not we */
        signal(end->signal, SIG_DFL);
        sigset_t one;
        sigemptyset(&one);
        sigaddset(&one, end->signal);
        sigprocmask(SIG_UNBLOCK, &one, NULL);
        raise(end->signal);
    }
    return end->status;
}

static int why_start(const struct command *command, const struct arguments *arguments)
{
    struct error error = {0};
    struct why_end end = {0};
    struct cw_options *checked =
        options_made(arguments, &error); /* mistakes are told before it runs */
    const char *format = argument_value(arguments, "format");
    if (!checked)
        return command_unusable(command, "%s", error.text);
    cw_options_free(checked);
    if (format && strcmp(format, "text") != 0 && strcmp(format, "json") != 0)
        return command_unusable(command, "--format %s: text or json is needed", format);
    const char *client = argument_value(arguments, "client");
    const char **words = arena_array(arguments->arena, arguments->operand_count + 1, sizeof *words);
    for (size_t i = 0; i < arguments->operand_count; i++)
        words[i] = arguments->operands[i];
    const struct why_request request = {
        .command = words,
        .options = options_made,
        .context = arguments,
        .client = client ? client : "",
        .preload = !argument_given(arguments, "no-preload"),
        .quiet = argument_given(arguments, "quiet"),
        .format = format ? format : "text",
        .output = argument_value(arguments, "output"),
        .how = {.quiet = argument_given(arguments, "quiet"), .verbose = arguments->verbose},
    };
    if (why_run(&request, &end, &error) != CW_OK)
        return command_failed(command, &error);
    return end_as(&end);
}

static int why_cli_run(const struct command *command, const struct arguments *arguments)
{
    if (arguments->operand_count == 0)
        return command_unusable(command, "a command is needed: certwhy why -- curl https://…");
    return why_start(command, arguments);
}

static const struct option_spec options[] = {
    {.name = "client",
     .value = "NAME",
     .help = "judge as this client (default: the one that is recognised)"},
    {.name = "ca", .value = "FILE|DIR", .help = "the command trusts these anchors too"},
    {.name = "pool", .value = "FILE|DIR", .help = "known issuers to look in; they are not trusted"},
    {.name = "at", .value = "TIME", .help = "judge as of this time (default: the command's clock)"},
    {.name = "timeout", .value = "S", .help = "seconds for one connection or fetch (default: 10)"},
    {.name = "offline", .help = "fetch nothing: no issuers, CRLs or OCSP responses"},
    {.name = "no-cache", .help = "neither use nor fill the cache of what was fetched"},
    {.name = "allow-private-fetch",
     .help = "let certificates send fetches to private and loopback addresses"},
    {.name = "no-preload", .help = "leave the command's environment as it is; see less"},
    {.name = "format", .value = "text|json", .help = "how the report is written (default: text)"},
    {.name = "json", .alias = "format", .fixed = "json", .help = "short for --format json"},
    {.name = "output",
     .letter = 'o',
     .value = "FILE",
     .help = "write the report there (default: standard error)"},
    {.name = "quiet", .letter = 'q', .help = "nothing when the client accepts, else the verdict"},
    {.name = NULL},
};

const struct command why_command = {
    .name = "why",
    .summary = "run a failing command, find out why it rejects the certificate",
    .usage = "why [options] -- COMMAND [ARGUMENT…]",
    .about =
        "Runs the command as it is: no shell, its output passed on octet for octet, its exit "
        "status\n"
        "kept. When it fails, or says something about a certificate, its server is checked as "
        "that\n"
        "client sees it: with its rules, the roots that it opened, its environment and its clock.\n"
        "The report follows the command's own output on standard error.\n"
        "A small library is preloaded into the command to see where it connects and which files "
        "of\n"
        "certificates it opens; what cannot be preloaded (static programs, Go) is seen through\n"
        "/proc, its arguments and its output.",
    .examples = "  certwhy why -- curl https://example.com\n"
                "  certwhy why -- pip install requests\n"
                "  certwhy why -- git clone https://git.corp.example/repo.git\n"
                "  certwhy why --json -o report.json -- ./nightly-job \"with an argument\"",
    .options = options,
    .run = why_cli_run,
    .runs_another = true,
};
