/* SPDX-License-Identifier: Apache-2.0 */
/* certwhy audit: the TLS configuration of a server, graded, with the lines that mend it. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "audit.h"
#include "cli.h"

/* ---- what both kinds of reports say ---- */

const char *audit_suite_name(unsigned id, struct arena *arena)
{
    const struct cipher_suite *suite = cipher_suite_find(id);
    if (!suite)
        return arena_printf(arena, "0x%04x", id);
    return *suite->openssl ? suite->openssl : suite->name;
}

const char *audit_verify(const struct config_issue *issue, const struct audited *target,
                         struct arena *arena)
{
    const struct evidence_item items[] = {{"hostport", target->hostport}};
    const struct rule *rule = rule_find(issue->rule);
    return rule ? template_fill(arena, rule->verify, items, 1, true) : "";
}

const char *audit_summary(const struct config_issue *issue, struct arena *arena)
{
    const struct evidence_item items[] = {{"config", issue->what}};
    const struct rule *rule = rule_find(issue->rule);
    return rule ? template_fill(arena, rule->summary, items, 1, false) : issue->what;
}

/* ---- one target ---- */

/** What the command line says, read once. */
struct wanted {
    const struct arguments *arguments;
    enum severity fail_on;
    double timeout;
    struct audit_printing printing;
    const char *format;
};

struct waiting {
    const char *text;
    bool terminal, said;
};

static void progress_print(void *context, size_t connections)
{
    struct waiting *waiting = context;
    if (!waiting->terminal && waiting->said)
        return;
    fprintf(stderr, "%scertwhy audit: %s: %zu questions asked…%s", waiting->terminal ? "\r" : "",
            waiting->text, connections, waiting->terminal ? "" : "\n");
    waiting->said = true;
}

/* A written scheme tells whether a target speaks HTTP, and so do two ports. */
static bool is_surely_http(const struct target *target, bool scheme_written)
{
    return scheme_written
               ? strcmp(target->scheme, "https") == 0 || strcmp(target->scheme, "wss") == 0
               : target->port == 443 || target->port == 8443;
}

/* Without a scheme every port without another customary meaning may: then ALPN tells. */
static bool is_perhaps_http(const struct target *target, bool scheme_written)
{
    static const uint16_t others[] = {21,   25,   110,  143,  389,  465,  563, 587,
                                      636,  853,  989,  990,  992,  993,  994, 995,
                                      5061, 5223, 5432, 5671, 6379, 6697, 8883};
    if (scheme_written)
        return is_surely_http(target, true);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (target->port == others[i])
            return false;
    return true;
}

static enum cw_code target_read(const struct wanted *wanted, const char *text,
                                struct target *target, struct error *error)
{
    const struct arguments *arguments = wanted->arguments;
    const char *sni = argument_value(arguments, "sni");
    TRY(target_parse(text, "", arguments->arena, target, error));
    if (target->kind != TARGET_ENDPOINT)
        return error_set(error, CW_E_USAGE,
                         "\"%s\" is a file: an audit asks a server (certwhy check judges files)",
                         str_safe(arguments->arena, bytes_str(text)));
    TRY(target_set_name(target, argument_value(arguments, "name"), arguments->arena, error));
    enum { DNS_NAME_MAX = 253 };
    if (sni && strlen(sni) > DNS_NAME_MAX)
        return error_set(error, CW_E_USAGE, "--sni: no name is longer than %d octets",
                         DNS_NAME_MAX);
    if (sni)
        target->sni = strcmp(sni, "none") == 0 ? "" : sni;
    return CW_OK;
}

static void audit_make(const struct wanted *wanted, const struct target *target,
                       const struct destination *to, const struct route *route, struct audited *out)
{
    struct arena *arena = wanted->arguments->arena;
    struct waiting waiting = {.text = out->text, .terminal = isatty(STDERR_FILENO) == 1};
    const bool written = strstr(target->text, "://") != NULL;
    const bool http = is_perhaps_http(target, written);
    const struct audit_options options = {.to = *to,
                                          .route = route,
                                          .sni = *target->sni ? target->sni : NULL,
                                          .scheme = target->scheme,
                                          .host = target->host,
                                          .http = !http ? NULL
                                                  : target->ip_length == 16
                                                      ? arena_printf(arena, "[%s]", target->name)
                                                      : target->name,
                                          .http_sure = is_surely_http(target, written),
                                          .timeout = wanted->timeout,
                                          .suites_only = wanted->printing.suites_only,
                                          .progress = progress_print,
                                          .context = &waiting};
    log_line(1, "auditing %s", to->text);
    audit_observe(&options, arena, &out->audit);
    if (waiting.said && waiting.terminal)
        fputs("\r\033[K", stderr);
    log_line(1, "%zu connections, %.1f s", out->audit.connections,
             (double)out->audit.took_us / 1e6);
    config_judge(&out->audit, arena, &out->verdict);
    if (wanted->printing.suites_only)
        out->verdict.grade = 0; /* half of what a profile asks for was not looked at */
}

/** How the command line wants the server to be found. */
static struct observe_options asked_for(const struct arguments *arguments, const char *text,
                                        const struct environment *environment,
                                        const char *const *ca)
{
    const char *connect = argument_value(arguments, "connect");
    const char *proxy = argument_value(arguments, "proxy");
    return (struct observe_options){.target = text,
                                    .root = "",
                                    .connect = connect ? connect : "",
                                    .family = argument_given(arguments, "ipv4")   ? AF_INET
                                              : argument_given(arguments, "ipv6") ? AF_INET6
                                                                                  : AF_UNSPEC,
                                    .proxy = proxy ? proxy : "",
                                    .environment = environment,
                                    .cas = ca,
                                    .ca_count = *ca != NULL};
}

static enum cw_code audit_one(const struct wanted *wanted, const char *text, struct audited *out,
                              struct error *error)
{
    struct arena *arena = wanted->arguments->arena;
    const struct environment environment = environment_own();
    const char *const ca = argument_value(wanted->arguments, "ca");
    const struct observe_options asked = asked_for(wanted->arguments, text, &environment, &ca);
    __attribute__((cleanup(route_free))) struct route route = {0};
    struct target target;
    struct destinations to;
    *out = (struct audited){
        .text = str_safe(arena, bytes_str(text)), .hostport = "", .proxy = "", .failure = ""};
    out->audit =
        (struct audit){.address = "", .why = "", .session = "", .http = {.server = "", .hsts = ""}};
    TRY(target_read(wanted, text, &target, error));
    TRY(route_find(&asked, &target, arena, &route, error));
    out->hostport = arena_printf(arena, strchr(target.host, ':') ? "[%s]:%u" : "%s:%u", target.host,
                                 target.port);
    out->proxy = route.proxy.host ? route.proxy.shown : "";
    destinations_find(&asked, &target, &route, arena, &to);
    if (to.count) {
        audit_make(wanted, &target, &to.items[0], &route, out);
    } else {
        out->audit.net = to.result;
        out->audit.why = str_safe(arena, bytes_str(to.why));
    }
    return CW_OK;
}

static int status_of(const struct audited *target, enum severity fail_on)
{
    if (*target->failure)
        return EXIT_UNUSABLE;
    if (!target->verdict.seen)
        return EXIT_UNSEEN;
    for (size_t i = 0; i < target->verdict.count; i++)
        if ((enum severity)target->verdict.issues[i].weight <= fail_on)
            return EXIT_FINDINGS;
    return EXIT_ACCEPTED;
}

/* ---- the command ---- */

static bool severity_read(const char *word, enum severity *out)
{
    for (enum severity s = SEVERITY_ERROR; s <= SEVERITY_NOTICE; s++)
        if (strcmp(severity_name(s), word) == 0) {
            *out = s;
            return true;
        }
    return false;
}

static bool server_read(const char *word, const char **out)
{
    size_t count = 0;
    const char *const *names = server_names(&count);
    for (size_t i = 0; i < count; i++)
        if (str_equal_nocase(names[i], word)) {
            *out = names[i];
            return true;
        }
    return false;
}

static enum cw_code wanted_read(const struct arguments *arguments, struct wanted *out,
                                struct error *error)
{
    int64_t seconds = 10;
    const char *word = argument_value(arguments, "fail-on");
    const char *timeout = argument_value(arguments, "timeout");
    const char *server = argument_value(arguments, "for");
    const char *format = argument_value(arguments, "format");
    const char *output = argument_value(arguments, "output");
    *out = (struct wanted){
        .arguments = arguments, .fail_on = SEVERITY_ERROR, .format = format ? format : "text"};
    if (arguments->operand_count == 0)
        return error_set(error, CW_E_USAGE, "which server? certwhy audit HOST:PORT");
    if (word && !severity_read(word, &out->fail_on))
        return error_set(error, CW_E_USAGE, "--fail-on takes error, warning or notice");
    if (timeout && !str_to_int(timeout, 1, 600, &seconds))
        return error_set(error, CW_E_USAGE, "--timeout takes seconds from 1 to 600");
    if (strcmp(out->format, "text") != 0 && strcmp(out->format, "json") != 0 &&
        strcmp(out->format, "ndjson") != 0)
        return error_set(error, CW_E_USAGE, "there is no --format %s: audit has text, json, ndjson",
                         str_safe(arguments->arena, bytes_str(out->format)));
    if (server && !server_read(server, &out->printing.server))
        return error_set(error, CW_E_USAGE,
                         "--for takes nginx, apache, haproxy, postfix, dovecot, tomcat, envoy or "
                         "caddy");
    out->timeout = (double)seconds;
    out->printing.verbose = arguments->verbose;
    out->printing.width = output ? 0 : output_width();
    out->printing.suites_only = argument_given(arguments, "suites-only");
    return CW_OK;
}

static bool report_write(const struct wanted *wanted, const struct audited *targets)
{
    const struct arguments *arguments = wanted->arguments;
    const size_t count = arguments->operand_count;
    BUF_CLEANUP out = {0};
    if (strcmp(wanted->format, "text") != 0)
        audit_print_json(targets, count, strcmp(wanted->format, "ndjson") == 0, arguments->arena,
                         &out);
    else
        for (size_t i = 0; i < count; i++) {
            if (out.n)
                buf_add_str(&out, "\n");
            if (*targets[i].failure == '\0')
                audit_print_text(&targets[i], &wanted->printing, arguments->arena, &out);
        }
    return output_write(argument_value(arguments, "output"), buf_bytes(&out));
}

static int audit_run(const struct command *command, const struct arguments *arguments)
{
    struct arena *arena = arguments->arena;
    struct error error = {0};
    struct wanted wanted;
    if (wanted_read(arguments, &wanted, &error) != CW_OK)
        return command_unusable(command, "%s", error.text);
    struct audited *targets = arena_array(arena, arguments->operand_count, sizeof *targets);
    int status = EXIT_ACCEPTED;
    for (size_t i = 0; i < arguments->operand_count; i++) {
        if (audit_one(&wanted, arguments->operands[i], &targets[i], &error) != CW_OK) {
            command_failed(command, &error);
            targets[i].failure = arena_strdup(arena, error.text);
        }
        status = exit_status_graver(status, status_of(&targets[i], wanted.fail_on));
    }
    return report_write(&wanted, targets) ? status : EXIT_UNUSABLE;
}

static const struct option_spec options[] = {
    {.name = "name", .value = "NAME", .help = "ask for this name instead of the target's host"},
    {.name = "connect", .value = "ADDR[:PORT]", .help = "dial this instead of the target's host"},
    {.name = "sni", .value = "NAME|none", .help = "the server name to send (default: the name)"},
    {.name = "proxy",
     .value = "URL|none",
     .help = "go through this proxy (default: that of the environment)"},
    {.name = "ca", .value = "FILE|DIR", .help = "roots of an https:// proxy, beside the system's"},
    {.name = "for", .value = "SERVER", .help = "only the lines for nginx, apache, haproxy, …"},
    {.name = "suites-only", .help = "ask for versions and cipher suites, nothing else"},
    {.name = "timeout", .value = "S", .help = "seconds for each connection (default 10)"},
    {.name = "ipv4", .letter = '4', .help = "IPv4 addresses only"},
    {.name = "ipv6", .letter = '6', .help = "IPv6 addresses only"},
    {.name = "fail-on", .value = "SEVERITY", .help = "exit 1 from error, warning or notice on"},
    {.name = "format", .value = "text|json|ndjson", .help = "how the report is written"},
    {.name = "json", .alias = "format", .fixed = "json", .help = "short for --format json"},
    {.name = "output", .letter = 'o', .value = "FILE", .help = "write the report to a file"},
    {.name = "servername", .value = "NAME", .alias = "sni"},
    {.name = NULL},
};

const struct command audit_command = {
    .name = "audit",
    .summary = "versions, cipher suites and groups of a server, graded, and what to change",
    .usage = "audit TARGET… [options]",
    .about =
        "Asks a server with ClientHellos of its own which protocol versions (SSL 2.0 to TLS 1.3),\n"
        "cipher suites, groups (post-quantum ones too), signature schemes and certificates it "
        "has,\n"
        "who chooses, which extensions it knows and what it says of HSTS, and grades that against\n"
        "Mozilla's server-side profiles. Each finding comes with the lines that mend it for "
        "nginx,\n"
        "Apache, HAProxy, Postfix, Dovecot, Tomcat, Envoy and Caddy.\n"
        "Exit status: 0 nothing at or above --fail-on, 1 such a finding, 2 unusable arguments, 3 "
        "no\n"
        "version of TLS is accepted.",
    .examples = "  certwhy audit example.com\n"
                "  certwhy audit smtp://mx.example.com                after STARTTLS\n"
                "  certwhy audit example.com:8443 --fail-on warning   for a pipeline\n"
                "  certwhy audit 192.0.2.7 --name example.com --json",
    .options = options,
    .run = audit_run,
};
