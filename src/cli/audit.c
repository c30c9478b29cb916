/* SPDX-License-Identifier: Apache-2.0 */
/* certwhy audit: the TLS configuration of a server, graded, with the lines that mend it. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "cli.h"

static const char *severity_text(enum config_weight weight)
{
    return severity_name((enum severity)weight);
}

/* ---- JSON ---- */

static const char *answer_text(enum audit_answer answer)
{
    static const char *const texts[] = {"unknown", "no", "yes"};
    return texts[answer];
}

static json_t *suite_json(const struct audit_suite *seen)
{
    const struct cipher_suite *suite = cipher_suite_find(seen->id);
    const struct named_group *group = named_group_find(seen->group);
    char number[8];
    snprintf(number, sizeof number, "0x%04x", seen->id & 0xffff);
    return json_pack("{s:s, s:s, s:s, s:i, s:s, s:i, s:s}", "id", number, "name",
                     suite ? suite->name : "", "openssl",
                     suite ? (*suite->openssl ? suite->openssl : suite->name) : "", "bits",
                     suite ? (int)suite->bits : 0, "group", group ? group->name : "", "dh_bits",
                     (int)seen->dh_bits, "signature_scheme", signature_scheme_name(seen->scheme));
}

static json_t *versions_json(const struct audit *audit)
{
    static const char *const preferences[] = {"unknown", "server", "client"};
    json_t *list = json_array();
    for (size_t i = 0; i < AUDIT_VERSIONS; i++) {
        const struct audit_version *v = &audit->versions[i];
        json_t *suites = json_array();
        for (size_t k = 0; k < v->suite_count; k++)
            json_array_append_new(suites, suite_json(&v->suites[k]));
        json_array_append_new(list,
                              json_pack("{s:s, s:b, s:s, s:o}", "version", version_text(v->version),
                                        "accepted", (int)v->accepted, "preference",
                                        preferences[v->preference], "suites", suites));
    }
    return list;
}

static json_t *issues_json(const struct config_verdict *verdict, struct arena *arena)
{
    json_t *list = json_array();
    for (size_t i = 0; i < verdict->count; i++) {
        const struct config_issue *issue = &verdict->issues[i];
        const struct rule *rule = rule_find(issue->rule);
        json_t *breaks = json_array();
        for (enum config_profile p = CONFIG_MODERN; p <= CONFIG_OLD; p = p << 1)
            if (issue->breaks & p)
                json_array_append_new(breaks, json_string(config_profile_name(p)));
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:o, s:s}", "rule", issue->rule,
                                              "severity", severity_text(issue->weight), "summary",
                                              audit_summary(issue, arena), "what", issue->what,
                                              "breaks", breaks, "fix", rule ? rule->fix : ""));
    }
    return list;
}

static json_t *audit_json(const struct audited *target, struct arena *arena)
{
    const struct audit *a = &target->audit;
    json_t *groups = json_array();
    for (size_t i = 0; i < a->group_count; i++) {
        const struct named_group *group = named_group_find(a->groups[i]);
        json_array_append_new(groups, json_string(group ? group->name : "unknown"));
    }
    json_t *out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "target", target->text,
                            "address", a->address, "proxy", target->proxy, "outcome",
                            target->verdict.seen ? "audited" : "unreachable", "grade",
                            config_profile_name(target->verdict.grade), "guidelines",
                            config_guidelines(), "versions", versions_json(a), "groups", groups,
                            "findings", issues_json(&target->verdict, arena));
    json_t *more = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:I}", "compression",
        answer_text(a->compression), "secure_renegotiation", answer_text(a->renegotiation_info),
        "extended_master_secret", answer_text(a->extended_master_secret), "session_tickets",
        answer_text(a->tickets), "heartbeat", answer_text(a->heartbeat), "ocsp_stapling",
        answer_text(a->stapling), "fallback_scsv", answer_text(a->fallback_scsv),
        "downgrade_sentinel", answer_text(a->downgrade_sentinel), "sha1_signatures",
        answer_text(a->sha1_signatures), "alpn", a->alpn, "dh_bits", (int)a->dh_bits,
        "certificates", (int)a->leaf_count, "connections", (int)a->connections, "took_us",
        (json_int_t)a->took_us);
    json_object_update(out, more);
    json_decref(more);
    return out;
}

void audit_print_json(const struct audited *targets, size_t count, struct arena *arena,
                      struct buf *out)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, audit_json(&targets[i], arena));
    json_t *whole = json_pack("{s:s, s:{s:s, s:s}, s:o}", "schema", "certwhy/audit/1", "tool",
                              "name", "certwhy", "version", CERTWHY_VERSION, "targets", list);
    char *text = json_dumps(whole, JSON_INDENT(2));
    buf_printf(out, "%s\n", text ? text : "{}");
    free(text);
    json_decref(whole);
}

/* ---- the command ---- */

const char *audit_summary(const struct config_issue *issue, struct arena *arena)
{
    const struct evidence_item items[] = {{"config", issue->what}};
    const struct rule *rule = rule_find(issue->rule);
    return rule ? template_fill(arena, rule->summary, items, 1, false) : issue->what;
}

static struct observe_options asked_for(const struct arguments *arguments, const char *text,
                                        const struct environment *environment)
{
    const char *connect = argument_value(arguments, "connect"),
               *proxy = argument_value(arguments, "proxy");
    return (struct observe_options){.target = text,
                                    .root = "",
                                    .connect = connect ? connect : "",
                                    .proxy = proxy ? proxy : "",
                                    .environment = environment};
}

static enum cw_code address_audit(const struct observe_options *asked, const struct target *target,
                                  double timeout, struct arena *arena, struct audited *out,
                                  struct error *error)
{
    struct destinations to;
    __attribute__((cleanup(route_free))) struct route route = {0};
    TRY(route_find(asked, target, arena, &route, error));
    out->proxy = route.proxy.host ? route.proxy.shown : "";
    destinations_find(asked, target, &route, arena, &to);
    if (to.count == 0) {
        out->audit = (struct audit){
            .net = to.result, .why = str_safe(arena, bytes_str(to.why)), .address = "", .alpn = ""};
        return CW_OK;
    }
    log_line(1, "auditing %s", to.items[0].text);
    const struct audit_options options = {.to = to.items[0],
                                          .route = &route,
                                          .sni =
                                              target->name_kind == NAME_DNS ? target->name : NULL,
                                          .scheme = target->scheme,
                                          .host = target->host,
                                          .timeout = timeout};
    audit_observe(&options, arena, &out->audit);
    return CW_OK;
}

static enum cw_code audit_one(const struct arguments *arguments, const char *text, double timeout,
                              struct audited *out, struct error *error)
{
    struct arena *arena = arguments->arena;
    const struct environment environment = environment_own();
    const struct observe_options asked = asked_for(arguments, text, &environment);
    struct target target;
    TRY(target_parse(text, "", arena, &target, error));
    if (target.kind != TARGET_ENDPOINT)
        return error_set(error, CW_E_USAGE, "\"%s\" is a file: an audit asks a server",
                         str_safe(arena, bytes_str(text)));
    TRY(target_set_name(&target, argument_value(arguments, "name"), arena, error));
    *out = (struct audited){.text = str_safe(arena, bytes_str(text)), .proxy = ""};
    TRY(address_audit(&asked, &target, timeout, arena, out, error));
    log_line(1, "%zu connections, %.1f s", out->audit.connections,
             (double)out->audit.took_us / 1e6);
    config_judge(&out->audit, arena, &out->verdict);
    return CW_OK;
}

static int status_of(const struct audited *target, enum severity fail_on)
{
    if (!target->verdict.seen)
        return EXIT_UNSEEN;
    for (size_t i = 0; i < target->verdict.count; i++)
        if ((enum severity)target->verdict.issues[i].weight <= fail_on)
            return EXIT_FINDINGS;
    return EXIT_ACCEPTED;
}

static bool severity_read(const char *word, enum severity *out)
{
    for (enum severity s = SEVERITY_ERROR; s <= SEVERITY_NOTICE; s++)
        if (strcmp(severity_name(s), word) == 0) {
            *out = s;
            return true;
        }
    return false;
}

static int audit_run(const struct command *command, const struct arguments *arguments)
{
    struct arena *arena = arguments->arena;
    struct error error = {0};
    enum severity fail_on = SEVERITY_ERROR;
    int64_t seconds = 10;
    const char *word = argument_value(arguments, "fail-on");
    const char *timeout = argument_value(arguments, "timeout");
    if (arguments->operand_count == 0)
        return command_unusable(command, "which server? certwhy audit HOST:PORT");
    if (word && !severity_read(word, &fail_on))
        return command_unusable(command, "--fail-on takes error, warning or notice");
    if (timeout && !str_to_int(timeout, 1, 600, &seconds))
        return command_unusable(command, "--timeout takes seconds from 1 to 600");
    struct audited *targets = arena_array(arena, arguments->operand_count, sizeof *targets);
    int status = EXIT_ACCEPTED;
    for (size_t i = 0; i < arguments->operand_count; i++) {
        if (audit_one(arguments, arguments->operands[i], (double)seconds, &targets[i], &error) !=
            CW_OK)
            return command_failed(command, &error);
        status = exit_status_graver(status, status_of(&targets[i], fail_on));
    }
    BUF_CLEANUP out = {0};
    if (argument_given(arguments, "json"))
        audit_print_json(targets, arguments->operand_count, arena, &out);
    else
        for (size_t i = 0; i < arguments->operand_count; i++)
            audit_print_text(&targets[i], arguments->verbose, arena, &out);
    return output_write(argument_value(arguments, "output"), buf_bytes(&out)) ? status
                                                                              : EXIT_UNUSABLE;
}

static const struct option_spec options[] = {
    {.name = "name", .value = "NAME", .help = "ask for this name (SNI) instead of the host"},
    {.name = "connect", .value = "ADDR", .help = "dial this address instead of the host"},
    {.name = "proxy",
     .value = "URL|none",
     .help = "go through this proxy (default: that of the environment)"},
    {.name = "timeout", .value = "S", .help = "seconds for each connection (default 10)"},
    {.name = "fail-on", .value = "SEVERITY", .help = "exit 1 from error, warning or notice on"},
    {.name = "json", .help = "as JSON"},
    {.name = "output", .letter = 'o', .value = "FILE", .help = "write the report to a file"},
    {.name = NULL},
};

const struct command audit_command = {
    .name = "audit",
    .summary = "versions, cipher suites and groups of a server, graded, and what to change",
    .usage = "audit TARGET… [options]",
    .about =
        "Asks a server with ClientHellos of its own which protocol versions (SSL 2.0 to TLS 1.3),\n"
        "cipher suites and groups (post-quantum ones too) it accepts and who chooses, and grades\n"
        "that against Mozilla's server-side profiles. Each finding comes with the lines for "
        "nginx,\n"
        "Apache, HAProxy, Postfix, Dovecot, Tomcat, Envoy and Caddy: certwhy explain RULE.",
    .examples = "  certwhy audit example.com\n"
                "  certwhy audit example.com:8443 --fail-on warning   for a pipeline\n"
                "  certwhy audit 192.0.2.7 --name example.com --json",
    .options = options,
    .run = audit_run,
};
