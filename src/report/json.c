/* SPDX-License-Identifier: Apache-2.0 */
/* certwhy/report/1: docs/report.schema.json is the contract. Members stand in a fixed order and
 * hold nothing that depends on the machine, so that a replayed case gives the same bytes. */
#include "json.h"

#include <jansson.h>
#include <string.h>

static const char schema_name[] = "certwhy/report/1";

json_t *json_text(struct arena *arena, const char *s)
{
    json_t *text = json_string(show_guard(arena, s));
    return text != NULL ? text : json_string("");
}

json_t *json_text_or_null(struct arena *arena, const char *s)
{
    return s == NULL || s[0] == '\0' ? json_null() : json_text(arena, s);
}

json_t *json_count(size_t n)
{
    return json_integer((json_int_t)n);
}

json_t *json_texts(struct arena *arena, const char *const *items, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_text(arena, items[i]));
    return list;
}

json_t *json_profiles(const struct profile *const *items, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(profile_name(items[i])));
    return list;
}

static json_t *json_time(struct arena *arena, cw_time t)
{
    return t == TIME_NONE ? json_null() : json_string(time_rfc3339(arena, t));
}

json_t *json_sha256(struct arena *arena, const struct cert *cert)
{
    return json_string(str_hex(arena, bytes_of(cert->sha256, sizeof cert->sha256), 0));
}

/* ---- chain ---- */

static void put_parsed(struct arena *arena, json_t *out, const struct cert *cert)
{
    json_object_set_new(out, "subject", json_text(arena, name_text(arena, cert->subject)));
    json_object_set_new(out, "issuer", json_text(arena, name_text(arena, cert->issuer)));
    json_object_set_new(out, "serial", json_string(str_hex(arena, cert->serial, 0)));
    json_object_set_new(out, "sha256", json_sha256(arena, cert));
    json_object_set_new(out, "not_before", json_time(arena, cert->not_before));
    json_object_set_new(out, "not_after", json_time(arena, cert->not_after));
    struct show_names names;
    show_names(arena, cert, &names);
    json_object_set_new(out, "dns_names", json_texts(arena, names.dns, names.dns_count));
    json_object_set_new(out, "ip_addresses", json_texts(arena, names.ip, names.ip_count));
    if (names.more > 0)
        json_object_set_new(out, "names_not_listed", json_count(names.more));
    json_object_set_new(out, "key", json_text(arena, key_text(arena, &cert->key)));
    json_object_set_new(out, "signature", json_text(arena, signature_text(arena, cert)));
}

/* What could not even be followed still has its place and its fingerprint. */
static void put_unparsed(struct arena *arena, json_t *out, const struct cert *cert)
{
    static const char *const none[] = {"subject", "issuer", "serial"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        json_object_set_new(out, none[i], json_null());
    json_object_set_new(out, "sha256", json_sha256(arena, cert));
    json_object_set_new(out, "not_before", json_null());
    json_object_set_new(out, "not_after", json_null());
    json_object_set_new(out, "dns_names", json_array());
    json_object_set_new(out, "ip_addresses", json_array());
    json_object_set_new(out, "key", json_null());
    json_object_set_new(out, "signature", json_null());
    json_object_set_new(out, "unreadable_at", json_integer((json_int_t)cert->bad_at));
}

/* Of a public root: which programmes trust it, and of which day that is known. */
static void put_programmes(json_t *out, struct bytes roots, const struct cert *cert)
{
    struct root_standing standing;
    struct arena arena = {0};
    if (!root_standing_find(roots, cert->sha256, &standing))
        return;
    json_t *programmes = json_object();
    for (enum programme p = 0; p < PROGRAMME_COUNT; p++)
        if (standing.programmes >> p & 1)
            json_object_set_new(programmes, programme_title(p),
                                json_string(time_date(&arena, root_table_date(roots, p))));
    json_object_set_new(out, "programmes", programmes);
    arena_free(&arena);
}

static json_t *json_revocation(struct arena *arena, const struct show_revocation *shown)
{
    const struct answer *answer = shown->answer;
    json_t *out = json_object();
    json_object_set_new(out, "status", json_string(shown->status));
    json_object_set_new(out, "from", json_text_or_null(arena, shown->from));
    json_object_set_new(out, "source", json_text_or_null(arena, shown->source));
    const cw_time none = TIME_NONE;
    json_object_set_new(out, "this_update", json_time(arena, answer ? answer->this_update : none));
    json_object_set_new(out, "next_update", json_time(arena, answer ? answer->next_update : none));
    json_object_set_new(out, "date", json_time(arena, answer ? answer->revoked_at : none));
    json_object_set_new(out, "invalidity", json_time(arena, answer ? answer->invalidity : none));
    json_object_set_new(
        out, "reason",
        json_text_or_null(arena, answer ? revocation_reason_text(answer->reason) : NULL));
    json_object_set_new(out, "why", json_text_or_null(arena, shown->why));
    return out;
}

static json_t *json_chain_entry(struct arena *arena, const struct target_report *target, size_t i)
{
    const struct verdict *verdict = &target->verdict;
    int position = verdict->chain[i].position;
    const struct cert *cert = show_cert(verdict, i);
    json_t *out = json_object();
    json_object_set_new(out, "position", position < 0 ? json_null() : json_integer(position));
    json_object_set_new(out, "role", json_string(show_role(verdict, i)));
    (cert->parsed ? put_parsed : put_unparsed)(arena, out, cert);
    json_object_set_new(out, "origin", json_string(show_origin(target, i)));
    json_object_set_new(out, "issued_by", json_string(show_issued(verdict->issued[i])));
    struct show_revocation shown;
    if (show_revocation(target, i, &shown))
        json_object_set_new(out, "revocation", json_revocation(arena, &shown));
    put_programmes(out, target->input.roots, cert);
    return out;
}

static json_t *json_chain(struct arena *arena, const struct target_report *target)
{
    json_t *list = json_array();
    for (size_t i = 0; i < target->verdict.chain_count; i++)
        json_array_append_new(list, json_chain_entry(arena, target, i));
    return list;
}

/* ---- clients ---- */

static bool finding_names(const struct finding *finding, const struct profile *profile)
{
    for (size_t i = 0; i < finding->client_count; i++)
        if (finding->clients[i] == profile)
            return true;
    return false;
}

static void add_reason(json_t *list, const char *rule)
{
    size_t i;
    json_t *known;
    json_array_foreach(list, i, known)
    {
        if (strcmp(json_string_value(known), rule) == 0)
            return;
    }
    json_array_append_new(list, json_string(rule));
}

/* The rules of the findings that name this client; what no finding tells, by its fact's own rule.
 */
static json_t *json_reasons(const struct target_report *target, const struct client_verdict *client)
{
    json_t *list = json_array();
    if (client->accepts != 0)
        return list;
    for (size_t i = 0; i < target->findings.count; i++)
        if (finding_names(&target->findings.items[i], client->profile))
            add_reason(list, target->findings.items[i].rule->id);
    for (size_t i = 0; i < client->reason_count && json_array_size(list) == 0; i++)
        add_reason(list, fact_rule(client->reasons[i].fact));
    return list;
}

/* How this client stands to what is revoked here. */
static json_t *json_looks(struct arena *arena, const struct client_verdict *client)
{
    json_t *out = json_object();
    json_object_set_new(out, "does", json_text(arena, profile_revocation(client->profile)));
    json_object_set_new(out, "overlooks", json_boolean(client->blind));
    json_object_set_new(out, "own_list", json_text_or_null(arena, client->unmodelled));
    json_object_set_new(out, "to_look", json_text_or_null(arena, profile_looks(client->profile)));
    return out;
}

static json_t *json_client(struct arena *arena, const struct target_report *target,
                           const struct client_verdict *client)
{
    json_t *out = json_object();
    bool measured = profile_evidence(client->profile) == EVIDENCE_MEASURED;
    json_object_set_new(out, "client", json_string(profile_name(client->profile)));
    json_t *aliases = json_array();
    for (const char *const *a = profile_aliases(client->profile); a != NULL && *a != NULL; a++)
        json_array_append_new(aliases, json_string(*a));
    json_object_set_new(out, "aliases", aliases);
    json_object_set_new(out, "evidence", json_string(measured ? "measured" : "documented"));
    if (measured)
        json_object_set_new(out, "measured_with",
                            json_text(arena, profile_measured_with(client->profile)));
    json_object_set_new(out, "accepts",
                        client->accepts < 0 ? json_null() : json_boolean(client->accepts > 0));
    json_object_set_new(out, "message", json_text(arena, client->message));
    json_object_set_new(out, "code", json_text(arena, client->code));
    json_object_set_new(out, "alert",
                        client->alert < 0 ? json_null()
                                          : json_pack("{s:i,s:s}", "number", client->alert, "name",
                                                      alert_name(client->alert)));
    json_t *path = json_array();
    for (size_t i = 0; i < client->path_count; i++)
        json_array_append_new(
            path, json_sha256(arena, target->verdict.graph.nodes[client->path[i]].cert));
    json_object_set_new(out, "path", path);
    json_object_set_new(out, "reasons", json_reasons(target, client));
    if (show_has_revoked(target))
        json_object_set_new(out, "revocation", json_looks(arena, client));
    const struct observation *seen = target->input.observation;
    const struct store_identity *store = observation_store(seen, profile_name(client->profile));
    if (store)
        json_object_set_new(out, "store", json_count((size_t)(store - seen->stores)));
    if (client->accepts < 0 && client->unknown)
        json_object_set_new(out, "unknown", json_text(arena, client->unknown));
    return out;
}

static json_t *json_clients(struct arena *arena, const struct target_report *target)
{
    json_t *list = json_array();
    for (size_t i = 0; i < target->verdict.client_count; i++)
        json_array_append_new(list, json_client(arena, target, &target->verdict.clients[i]));
    return list;
}

/* ---- the whole ---- */

static json_t *json_target(struct arena *arena, const struct target_report *target)
{
    const struct observation *observation = target->input.observation;
    json_t *out = json_object();
    json_object_set_new(out, "target", json_string(show_target(arena, &observation->target)));
    json_object_set_new(out, "name", json_text_or_null(arena, observation->target.name));
    json_object_set_new(out, "at", json_time(arena, target->input.at));
    json_object_set_new(out, "outcome", json_string(outcome_name(target->outcome)));
    json_object_set_new(out, "chain", json_chain(arena, target));
    json_object_set_new(out, "clients", json_clients(arena, target));
    json_object_set_new(out, "stores", json_stores(arena, observation));
    json_object_set_new(out, "findings", json_findings(arena, target));
    if (target->plan.together != NULL)
        json_object_set_new(out, "together", json_fix(arena, target->plan.together));
    const struct target *asked = &observation->target;
    if (asked->mail_domain != NULL && asked->mail_domain[0] != '\0')
        json_object_set_new(
            out, "mail",
            json_pack("{s:o, s:o}", "domain", json_text(arena, asked->mail_domain), "preference",
                      asked->mail_preference >= 0 ? json_integer(asked->mail_preference)
                                                  : json_null()));
    json_object_set_new(out, "endpoint", json_endpoint(arena, target));
    if (target->error)
        json_object_set_new(out, "error", json_text(arena, target->error));
    else if (observation->target.kind == TARGET_FILE)
        json_object_set_new(out, "file", json_file(arena, observation));
    if (observation->clock.asked || observation->clock.date > 0)
        json_object_set_new(out, "clock", json_clock(arena, &observation->clock));
    if (observation->dns.state != DNS_NOT_ASKED)
        json_object_set_new(out, "dns", json_dns(arena, &observation->dns));
    json_object_set_new(out, "documents", json_documents(arena, observation));
    json_object_set_new(out, "limits_hit",
                        json_texts(arena, target->verdict.limits_hit, target->verdict.limit_count));
    return out;
}

static json_t *json_report(struct arena *arena, struct target_report *const *targets, size_t count)
{
    json_t *out = json_object();
    json_object_set_new(out, "schema", json_string(schema_name));
    json_t *tool = json_object();
    json_object_set_new(tool, "name", json_string("certwhy"));
    json_object_set_new(tool, "version", json_string(CERTWHY_VERSION));
    json_object_set_new(out, "tool", tool);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_target(arena, targets[i]));
    json_object_set_new(out, "targets", list);
    return out;
}

static int append(const char *text, size_t size, void *out)
{
    buf_append(out, text, size);
    return 0;
}

static void render(struct target_report *const *targets, size_t count, size_t flags,
                   struct buf *out)
{
    struct arena arena = {0};
    json_t *root = json_report(&arena, targets, count);
    json_dump_callback(root, append, out, flags);
    buf_add_byte(out, '\n');
    json_decref(root);
    arena_free(&arena);
}

void render_json(const struct report *report, const struct render_options *options, struct buf *out)
{
    (void)options;
    render(report->targets, report->count, JSON_INDENT(2), out);
}

/* Each line is a whole report of one target: a reader needs no state, and the schema is the same.
 */
void render_ndjson(const struct report *report, const struct render_options *options,
                   struct buf *out)
{
    (void)options;
    for (size_t i = 0; i < report->count; i++)
        render(&report->targets[i], 1, JSON_COMPACT, out);
}
