/* SPDX-License-Identifier: Apache-2.0 */
/* certwhy check: the main job. */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "cli.h"
#include "progress.h"

/* ---- options ---- */

/* Those of this command; all others are options of the library and go there as they are. */
static const char *const own_options[] = {"format", "output", "save", "redact",
                                          "quiet",  "color",  "mx",   NULL};

static bool is_own(const struct command *command, const char *name)
{
    for (const struct option_spec *o = command->more; o && o->name; o++)
        if (strcmp(o->name, name) == 0)
            return true;
    for (size_t i = 0; own_options[i]; i++)
        if (strcmp(own_options[i], name) == 0)
            return true;
    return false;
}

static enum cw_code options_take(const struct command *command, const struct arguments *arguments,
                                 struct cw_options *options, struct error *error)
{
    for (size_t i = 0; i < arguments->option_count; i++)
        if (!is_own(command, arguments->options[i].name))
            TRY(options_set(options, arguments->options[i].name, arguments->options[i].value,
                            error));
    return CW_OK;
}

static enum cw_code renderer_choose(const struct arguments *arguments, const struct renderer **out,
                                    struct error *error)
{
    const char *name = argument_value(arguments, "format");
    *out = renderer_find(name ? name : "text");
    if (*out)
        return CW_OK;
    BUF_CLEANUP names = {0};
    for (const struct renderer *r = renderer_table(); r->name; r++)
        buf_printf(&names, "%s%s", names.n ? ", " : "", r->name);
    return error_set(error, CW_E_USAGE, "there is no --format %s: this version has %s", name,
                     buf_cstr(&names));
}

static enum cw_code color_check(const struct arguments *arguments, struct error *error)
{
    const char *when = argument_value(arguments, "color");
    if (!when || strcmp(when, "auto") == 0 || strcmp(when, "always") == 0 ||
        strcmp(when, "never") == 0)
        return CW_OK;
    return error_set(error, CW_E_USAGE, "--color %s: auto, always or never is needed", when);
}

/* ---- results ---- */

static bool render(const struct arguments *arguments, const struct renderer *renderer,
                   const struct cw_report *report, const char *path)
{
    const struct render_options how = {
        .color = (!path || argument_given(arguments, "color")) &&
                 output_color(argument_value(arguments, "color")),
        .width = path ? 0 : output_width(),
        .quiet = argument_given(arguments, "quiet"),
        .verbose = arguments->verbose,
    };
    BUF_CLEANUP text = {0};
    renderer->render(&report->report, &how, &text);
    return output_write(path, buf_bytes(&text));
}

static enum cw_code redact(const struct cw_report *report, struct buf *text, struct error *error)
{
    uint8_t seed[32];
    if (getrandom(seed, sizeof seed, 0) != sizeof seed)
        return error_set(error, CW_E_INTERNAL, "no randomness to redact with");
    const struct redaction how = {.seed = bytes_of(seed, sizeof seed),
                                  .memo = report->report.targets[0]->input.memo};
    const enum cw_code code = case_redact(&how, text, error);
    explicit_bzero(seed, sizeof seed);
    return code;
}

static enum cw_code save(const struct arguments *arguments, const struct cw_report *report,
                         struct error *error)
{
    const char *path = argument_value(arguments, "save");
    BUF_CLEANUP text = {0};
    TRY(report_case(report, 0, &text, error));
    if (argument_given(arguments, "redact"))
        TRY(redact(report, &text, error));
    TRY(file_write_atomic(NULL, path, buf_bytes(&text), 0644, error));
    const size_t omitted = case_omissions(report->report.targets[0]->input.observation);
    if (omitted)
        fprintf(
            stderr,
            "certwhy check: note: %zu of what was fetched or given is too large for a case: its "
            "replay will not know what it says\n",
            omitted);
    log_line(1, "case saved to %s", path);
    return CW_OK;
}

/* A case is judged by what this version knows, which may be more than the version that saved it. */
static void note_other_version(const struct observation *seen)
{
    if (seen->stores_from_case && strcmp(seen->observed_by, "certwhy " CERTWHY_VERSION) != 0) {
        BUF_CLEANUP who = {0};
        str_safe_line(&who, bytes_str(seen->observed_by));
        fprintf(stderr,
                "certwhy check: note: this case was saved by %s and is judged by certwhy %s: "
                "clients and rules may have changed\n",
                buf_cstr(&who), CERTWHY_VERSION);
    }
}

/* Said here and not in the report: it is about an argument, not about the target. */
static void note_key(const struct observation *seen)
{
    if (seen->pairing != KEY_UNREADABLE && seen->pairing != KEY_ENCRYPTED)
        return;
    BUF_CLEANUP file = {0};
    str_safe_line(&file, bytes_str(seen->key_file));
    fprintf(
        stderr, "certwhy check: %s was not compared with the certificate: %s\n", buf_cstr(&file),
        seen->pairing == KEY_ENCRYPTED ? "it is under a passphrase: --key-pass-file FILE gives it"
                                       : "it holds no private key in PEM or DER form");
}

/* ---- the command ---- */

static enum cw_code target_add(const struct arguments *arguments, struct cw_report *report,
                               const char *target, struct error *error)
{
    struct progress_line *progress = progress_begin(arguments, target);
    const enum cw_code code = argument_given(arguments, "mx") ? mx_add(report, target, error)
                                                              : report_add(report, target, error);
    progress_end(progress);
    return code;
}

static int check_targets(const struct judging_command *judging, const struct arguments *arguments,
                         const struct renderer *renderer, struct cw_report *report)
{
    const struct command *command = judging->command;
    int status = EXIT_ACCEPTED;
    size_t failed = 0;
    struct error error = {0};
    for (size_t i = 0; i < arguments->operand_count; i++)
        if (target_add(arguments, report, arguments->operands[i], &error) != CW_OK) {
            status = exit_status_graver(status, command_failed(command, &error));
            failed++;
            report_add_failed(report, arguments->operands[i], &error);
        }
    /* People were told on standard error; programs read what they asked for. */
    if (failed == report->report.count && strcmp(renderer->name, "text") == 0)
        return status;
    status = exit_status_graver(status, report_exit_status(report));
    for (size_t i = 0; i < report->report.count; i++) {
        note_other_version(report->report.targets[i]->input.observation);
        note_key(report->report.targets[i]->input.observation);
    }
    const enum cw_code prepared =
        judging->prepare && failed == 0 ? judging->prepare(judging, report, &error) : CW_OK;
    if (prepared != CW_OK)
        return prepared == CW_E_USAGE ? command_unusable(command, "%s", error.text)
                                      : command_failed(command, &error);
    const char *output = judging->output_is_report ? argument_value(arguments, "output") : NULL;
    if (!render(arguments, renderer, report, output))
        status = EXIT_UNUSABLE;
    const char *path = argument_value(arguments, "save");
    if (path && report->report.count > 1)
        status = command_unusable(command, "--save keeps one target: check them one by one");
    else if (path && failed == 0 && save(arguments, report, &error) != CW_OK)
        status = command_failed(command, &error);
    return judging->finish && status != EXIT_UNUSABLE ? judging->finish(judging, report, status)
                                                      : status;
}

static int check_with(const struct judging_command *judging, const struct arguments *arguments,
                      struct cw_options *options)
{
    const struct command *command = judging->command;
    struct error error = {0};
    const struct renderer *renderer = NULL;
    struct cw_report *report = NULL;
    if (options_take(command, arguments, options, &error) != CW_OK ||
        renderer_choose(arguments, &renderer, &error) != CW_OK ||
        color_check(arguments, &error) != CW_OK)
        return command_unusable(command, "%s", error.text);
    passphrase_ask(options);
    if (report_new(options, &report, &error) != CW_OK)
        return command_failed(command, &error);
    const int status = check_targets(judging, arguments, renderer, report);
    cw_report_free(report);
    return status;
}

int judging_run(const struct judging_command *judging, const struct arguments *arguments)
{
    const struct command *command = judging->command;
    if (arguments->operand_count == 0)
        return command_unusable(command,
                                "a target is needed: a host, host:port, a URL, a certificate "
                                "file, a saved case, or - for standard input");
    if (argument_given(arguments, "redact") && !argument_given(arguments, "save"))
        return command_unusable(command, "--redact is about the case that --save FILE keeps");
    if (argument_given(arguments, "save") && arguments->operand_count > 1)
        return command_unusable(command, "--save keeps one target: check them one by one");
    struct cw_options *options = cw_options_new();
    options->environment = environment_own();
    const int status = check_with(judging, arguments, options);
    cw_options_free(options);
    return status;
}

static int check_run(const struct command *command, const struct arguments *arguments)
{
    const struct judging_command judging = {.command = command, .output_is_report = true};
    return judging_run(&judging, arguments);
}

const struct option_spec judging_options[] = {
    {.name = "name",
     .value = "NAME",
     .help = "the name that the client uses (default: the target's host)"},
    {.name = "connect", .value = "ADDR[:PORT]", .help = "dial this instead of the target's host"},
    {.name = "sni", .value = "NAME|none", .help = "the server name to send (default: the name)"},
    {.name = "alpn", .value = "LIST", .help = "offer these protocols: h2,http/1.1 (default: none)"},
    {.name = "ca", .value = "FILE|DIR", .help = "trust these anchors too; may be repeated"},
    {.name = "only-ca", .help = "trust nothing but --ca, for every client"},
    {.name = "pool", .value = "FILE|DIR", .help = "known issuers to look in; they are not trusted"},
    {.name = "client",
     .value = "LIST|default|all",
     .help = "the clients to judge for (default: those installed here, and browsers)"},
    {.name = "at", .value = "TIME", .help = "judge as of this time, RFC 3339 (default: now)"},
    {.name = "key", .value = "FILE", .help = "the server's private key: does it pair?"},
    {.name = "key-pass-file",
     .value = "FILE",
     .help = "the passphrase of either key, the first line there (default: ask for it)"},
    {.name = "client-cert",
     .value = "FILE",
     .help = "show this certificate to a server that asks for one (PEM or PKCS#12)"},
    {.name = "client-key", .value = "FILE", .help = "its key, where that is another file"},
    {.name = "expect",
     .value = "FILE",
     .help = "does the server send what is in FILE? (after a renewal)"},
    {.name = "ignore",
     .value = "RULE[@NAME]",
     .help = "leave a rule out of the exit status; \"=until DATE\" may follow"},
    {.name = "fail-on",
     .value = "SEVERITY",
     .help = "error (default), warning or notice: what makes exit 1"},
    {.name = "timeout", .value = "S", .help = "seconds for one connection or fetch (default: 10)"},
    {.name = "ipv4", .letter = '4', .help = "IPv4 addresses only"},
    {.name = "ipv6", .letter = '6', .help = "IPv6 addresses only"},
    {.name = "crl", .value = "FILE", .help = "a CRL to look in (DER or PEM); may be repeated"},
    {.name = "ocsp", .value = "FILE", .help = "an OCSP response to look at; may be repeated"},
    {.name = "clock", .help = "compare this machine's clock with what the server and others say"},
    {.name = "sntp", .value = "HOST[:PORT]", .help = "… and with a time server; implies --clock"},
    {.name = "mx", .help = "the target is a mail domain: check each of its mail servers"},
    {.name = "no-service-probe",
     .help = "do not ask whether the service answers behind a rejected certificate"},
    {.name = "dns", .help = "ask the DNS: do the names resolve, CAA, TLSA (DANE), DNSSEC"},
    {.name = "dns-server", .value = "ADDR[:PORT]", .help = "ask this resolver; implies --dns"},
    {.name = "dns-anchor",
     .value = "FILE",
     .help = "DNSSEC trust anchors (default: the root's); implies --dns"},
    {.name = "offline", .help = "fetch nothing: no issuers, CRLs or OCSP responses"},
    {.name = "no-cache", .help = "neither use nor fill the cache of what was fetched"},
    {.name = "allow-private-fetch",
     .help = "let certificates send fetches to private and loopback addresses"},
    {.name = "proxy",
     .value = "URL|none",
     .help = "go through this proxy, of any kind curl knows (default: environment)"},
    {.name = "format",
     .value = "text|json|ndjson",
     .help = "how the report is written (default: text)"},
    {.name = "json", .alias = "format", .fixed = "json", .help = "short for --format json"},
    {.name = "output", .letter = 'o', .value = "FILE", .help = "write the report there"},
    {.name = "save",
     .value = "FILE",
     .help = "keep what was seen as a case: check FILE replays it anywhere"},
    {.name = "redact", .help = "names and addresses in that case are others, consistently"},
    {.name = "quiet", .letter = 'q', .help = "only the verdict"},
    {.name = "color", .value = "WHEN", .help = "auto (default), always or never"},
    {.name = "colour", .value = "WHEN", .alias = "color"},
    {.name = "cacert", .value = "FILE", .alias = "ca"},
    {.name = "servername", .value = "NAME", .alias = "sni"},
    {.name = "resolve", .value = "HOST:PORT:ADDR", .help = "dial ADDR for HOST:PORT, as in curl"},
    {.name = "root", .value = "DIR"},
    {.name = NULL},
};

const struct command check_command = {
    .name = "check",
    .summary = "why clients reject a server or a file, and what fixes it",
    .usage = "check TARGET… [options]",
    .about =
        "TARGET is a host, host:port, [v6]:port, an https:// URL, a certificate file (PEM or DER, "
        "as\n"
        "if a server had sent it), a saved case, or - for standard input.\n"
        "Exit status: 0 every client accepts, 1 a rejection or an error, 2 unusable arguments or\n"
        "input, 3 the target could not be observed.",
    .examples =
        "  certwhy check example.com\n"
        "  certwhy check 10.0.0.7:8443 --name app.example.com     a server before DNS points to "
        "it\n"
        "  certwhy check example.com --ca corp-root.pem           with a private CA trusted as "
        "well\n"
        "  certwhy check fullchain.pem --key server.key --name example.com\n"
        "  certwhy check example.com --mx                         every mail server of the domain\n"
        "  certwhy check example.com --at 2027-01-01              will it still work then?\n"
        "  certwhy check example.com --json | jq .targets[].outcome\n"
        "  certwhy check example.com --save case.json             attach case.json to a ticket\n"
        "  certwhy check case.json                                …and see the same report there",
    .options = judging_options,
    .run = check_run,
};
