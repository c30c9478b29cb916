/* SPDX-License-Identifier: Apache-2.0 */
/* The report of an audit as JSON: docs/report.schema.json, "certwhy/audit/1". */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "cli.h"

static json_t *answer_json(enum audit_answer answer)
{
    static const char *const texts[] = {"unknown", "no", "yes"};
    return json_string(texts[answer]);
}

static json_t *preference_json(enum audit_preference preference)
{
    static const char *const texts[] = {"unknown", "server", "client"};
    return json_string(texts[preference]);
}

static const char *group_name(unsigned id)
{
    const struct named_group *group = named_group_find(id);
    return group ? group->name : "";
}

static json_t *number_json(unsigned id)
{
    char number[12];
    snprintf(number, sizeof number, "0x%04x", id);
    return json_string(number);
}

/* ---- versions ---- */

static json_t *suite_json(const struct audit_suite *seen, struct arena *arena)
{
    const struct cipher_suite *suite = cipher_suite_find(seen->id);
    return json_pack("{s:o, s:s, s:s, s:i, s:s, s:i, s:s}", "id", number_json(seen->id), "name",
                     suite ? suite->name : "", "openssl", audit_suite_name(seen->id, arena), "bits",
                     suite ? (int)suite->bits : 0, "group", group_name(seen->group), "dh_bits",
                     (int)seen->dh_bits, "signature_scheme", signature_scheme_name(seen->scheme));
}

static json_t *groups_json(const struct audit_list *groups)
{
    json_t *list = json_array();
    for (size_t i = 0; i < groups->count; i++) {
        const struct named_group *group = named_group_find(groups->items[i]);
        json_array_append_new(list,
                              json_pack("{s:o, s:s, s:b}", "id", number_json(groups->items[i]),
                                        "name", group_name(groups->items[i]), "post_quantum",
                                        (int)(group && group->post_quantum)));
    }
    return json_pack("{s:b, s:o, s:o}", "complete", (int)groups->complete, "preference",
                     preference_json(groups->preference), "items", list);
}

static json_t *version_json(const struct audit_version *v, struct arena *arena)
{
    json_t *suites = json_array();
    for (size_t i = 0; i < v->suite_count; i++)
        json_array_append_new(suites, suite_json(&v->suites[i], arena));
    json_t *out = json_pack("{s:s, s:b, s:b, s:o, s:o}", "version", version_text(v->version),
                            "accepted", (int)v->accepted, "complete", (int)v->complete,
                            "preference", preference_json(v->preference), "suites", suites);
    if (v->groups.asked)
        json_object_set_new(out, "groups", groups_json(&v->groups));
    if (!v->accepted && v->alert >= 0)
        json_object_set_new(out, "alert", json_string(alert_name(v->alert)));
    return out;
}

static json_t *versions_json(const struct audit *audit, struct arena *arena)
{
    json_t *list = json_array();
    for (size_t i = 0; i < AUDIT_VERSIONS; i++)
        json_array_append_new(list, version_json(&audit->versions[i], arena));
    return list;
}

/* The groups of the newest version, by name. */
static json_t *group_names_json(const struct audit *audit)
{
    json_t *list = json_array();
    for (size_t i = 0; i < AUDIT_VERSIONS; i++) {
        const struct audit_list *groups = &audit->versions[i].groups;
        if (!groups->asked)
            continue;
        for (size_t k = 0; k < groups->count; k++)
            json_array_append_new(list, json_string(group_name(groups->items[k])));
        break;
    }
    return list;
}

/* ---- what else was seen ---- */

static json_t *schemes_json(const struct audit *audit)
{
    json_t *list = json_array();
    for (size_t i = 0; i < audit->schemes.count; i++) {
        const char *name = signature_scheme_name(audit->schemes.items[i]);
        json_array_append_new(list,
                              *name ? json_string(name) : number_json(audit->schemes.items[i]));
    }
    return json_pack("{s:s, s:b, s:o}", "version", version_text(audit->scheme_version), "complete",
                     (int)audit->schemes.complete, "items", list);
}

static json_t *certificates_json(const struct audit *audit, struct arena *arena)
{
    json_t *list = json_array();
    for (size_t i = 0; i < audit->leaf_count; i++) {
        struct cert *leaf = cert_parse(audit->leaves[i]);
        json_array_append_new(
            list,
            json_pack("{s:s, s:s, s:s, s:s, s:s}", "subject", name_text(arena, leaf->subject),
                      "key", key_text(arena, &leaf->key), "signature", signature_text(arena, leaf),
                      "not_after", time_rfc3339(arena, leaf->not_after), "sha256",
                      str_hex(arena, bytes_of(leaf->sha256, sizeof leaf->sha256), 0)));
        cert_unref(leaf);
    }
    return list;
}

static json_t *http_json(const struct audit_http *http)
{
    if (!http->status)
        return json_null();
    const struct hsts hsts = hsts_read(http->hsts);
    json_t *field =
        hsts.max_age < 0
            ? json_null()
            : json_pack("{s:I, s:b, s:b}", "max_age", (json_int_t)hsts.max_age,
                        "include_subdomains", (int)hsts.subdomains, "preload", (int)hsts.preload);
    return json_pack("{s:i, s:s, s:o}", "status", http->status, "server", http->server, "hsts",
                     field);
}

static json_t *alpn_json(const struct audit *audit)
{
    json_t *list = json_array();
    if (audit->h2 == AUDIT_YES)
        json_array_append_new(list, json_string("h2"));
    if (audit->http11 == AUDIT_YES)
        json_array_append_new(list, json_string("http/1.1"));
    return list;
}

static void extensions_json(const struct audit *a, json_t *out)
{
    const struct {
        const char *key;
        enum audit_answer answer;
    } rows[] = {
        {"post_quantum", config_post_quantum(a)},
        {"compression", a->compression},
        {"secure_renegotiation", a->renegotiation_info},
        {"extended_master_secret", a->extended_master_secret},
        {"encrypt_then_mac", a->encrypt_then_mac},
        {"session_tickets", a->tickets},
        {"heartbeat", a->heartbeat},
        {"ocsp_stapling", a->stapling},
        {"fallback_scsv", a->fallback_scsv},
        {"downgrade_sentinel", a->downgrade_sentinel},
        {"weak_signatures", config_weak_signatures(a)},
        {"long_client_hello", a->long_hello},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        json_object_set_new(out, rows[i].key, answer_json(rows[i].answer));
}

/* ---- findings ---- */

/* {"nginx": "ssl_protocols …;"}: lines for one server are joined. */
static json_t *lines_json(const struct rule *rule, struct arena *arena)
{
    size_t count = 0;
    json_t *out = json_object();
    const struct server_line *lines = server_lines(rule, arena, &count);
    for (size_t i = 0; i < count; i++) {
        const json_t *before = json_object_get(out, lines[i].server);
        json_object_set_new(out, lines[i].server,
                            json_string(before
                                            ? arena_printf(arena, "%s\n%s",
                                                           json_string_value(before), lines[i].text)
                                            : lines[i].text));
    }
    return out;
}

static json_t *issue_json(const struct config_issue *issue, const struct audited *target,
                          struct arena *arena)
{
    const struct rule *rule = rule_find(issue->rule);
    json_t *breaks = json_array();
    for (enum config_profile p = CONFIG_MODERN; p <= CONFIG_OLD; p = p << 1)
        if (issue->breaks & p)
            json_array_append_new(breaks, json_string(config_profile_name(p)));
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:s, s:s}", "rule", issue->rule,
                     "severity", severity_name((enum severity)issue->weight), "summary",
                     audit_summary(issue, arena), "what", issue->what, "detail",
                     rule ? rule->detail : "", "breaks", breaks, "lines",
                     rule ? lines_json(rule, arena) : json_object(), "verify",
                     audit_verify(issue, target, arena), "not_this", rule ? rule->not_this : "");
}

/* ---- documents ---- */

static json_t *target_json(const struct audited *target, struct arena *arena)
{
    const struct audit *a = &target->audit;
    const struct config_verdict *verdict = &target->verdict;
    json_t *findings = json_array();
    for (size_t i = 0; i < verdict->count; i++)
        json_array_append_new(findings, issue_json(&verdict->issues[i], target, arena));
    const char *outcome = *target->failure ? "unusable" : verdict->seen ? "audited" : "unreachable";
    json_t *out = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "target",
        target->text, "address", a->address, "proxy", target->proxy, "outcome", outcome, "detail",
        *target->failure ? target->failure : a->why, "cut_short", (int)a->cut, "grade",
        config_profile_name(verdict->grade), "guidelines", config_guidelines(), "versions",
        versions_json(a, arena), "groups", group_names_json(a), "signature_schemes",
        schemes_json(a), "certificates", certificates_json(a, arena), "alpn", alpn_json(a), "http",
        http_json(&a->http), "findings", findings);
    extensions_json(a, out);
    json_t *numbers = json_pack("{s:i, s:s, s:i, s:i, s:I}", "dh_bits", (int)a->dh_bits, "dh_group",
                                a->dh_bits ? dh_prime_name(a->dh_prime) : "", "connections",
                                (int)a->connections, "suite_connections", (int)a->suite_connections,
                                "took_us", (json_int_t)a->took_us);
    json_object_update(out, numbers);
    json_decref(numbers);
    return out;
}

static void document_write(json_t *targets, size_t flags, struct buf *out)
{
    json_t *whole = json_pack("{s:s, s:{s:s, s:s}, s:o}", "schema", "certwhy/audit/1", "tool",
                              "name", "certwhy", "version", CERTWHY_VERSION, "targets", targets);
    char *text = json_dumps(whole, flags);
    buf_printf(out, "%s\n", text ? text : "{}");
    free(text);
    json_decref(whole);
}

void audit_print_json(const struct audited *targets, size_t count, bool lines, struct arena *arena,
                      struct buf *out)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, target_json(&targets[i], arena));
        if (lines) {
            document_write(list, JSON_COMPACT, out);
            list = json_array();
        }
    }
    if (lines)
        json_decref(list);
    else
        document_write(list, JSON_INDENT(2), out);
}
