/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

static json_t *json_alert(const struct handshake *handshake)
{
    if (handshake->alert < 0)
        return json_null();
    json_t *out = json_object();
    json_object_set_new(out, "number", json_integer(handshake->alert));
    json_object_set_new(out, "name", json_string(alert_name(handshake->alert)));
    json_object_set_new(out, "sent_by", json_string(handshake->alert_is_ours ? "us" : "server"));
    return out;
}

static json_t *json_addresses(struct arena *arena, const struct observation *observation)
{
    json_t *list = json_array();
    for (size_t i = 0; i < observation->connection_count; i++) {
        const struct connection *c = &observation->connections[i];
        json_t *item = json_object();
        json_object_set_new(item, "address", json_text(arena, c->address));
        json_object_set_new(item, "connect", json_string(show_net_result(c->net)));
        const char *handshake = show_handshake_result(c->handshake.result);
        json_object_set_new(item, "handshake",
                            c->net == NET_OK ? json_string(handshake) : json_null());
        if (c->net == NET_PROXY) {
            const char *result = proxy_result_names[c->proxy_result];
            json_object_set_new(item, "proxy", json_string(result));
            json_object_set_new(item, "proxy_status",
                                c->proxy_status ? json_integer(c->proxy_status) : json_null());
        }
        if (c->why != NULL && c->why[0] != '\0')
            json_object_set_new(item, "why", json_text(arena, c->why));
        json_array_append_new(list, item);
    }
    return list;
}

/* Microseconds as observed; a replayed case gives those that it saved. */
static json_t *json_timings(const struct connection *c)
{
    json_t *out = json_object();
    json_object_set_new(out, "connect_us", json_integer((json_int_t)c->connect_us));
    json_object_set_new(out, "handshake_us", json_integer((json_int_t)c->handshake.handshake_us));
    return out;
}

static void put_session(struct arena *arena, json_t *out, const struct handshake *handshake)
{
    json_object_set_new(out, "handshake", json_string(show_handshake_result(handshake->result)));
    json_object_set_new(out, "protocol", json_text_or_null(arena, handshake->version));
    json_object_set_new(out, "cipher", json_text_or_null(arena, handshake->cipher));
    json_object_set_new(out, "group", json_text_or_null(arena, handshake->group));
    json_object_set_new(out, "alpn", json_text_or_null(arena, handshake->alpn));
    json_object_set_new(out, "stapled", json_boolean(handshake->stapled_ocsp.p != NULL));
    json_object_set_new(out, "key_possession", json_string(show_possession(handshake)));
    json_object_set_new(out, "client_certificate_requested",
                        json_boolean(handshake->client_certificate_requested));
    json_object_set_new(
        out, "acceptable_cas",
        json_texts(arena, handshake->acceptable_cas, handshake->acceptable_ca_count));
    json_object_set_new(out, "client_certificate", json_string(show_client_outcome(handshake)));
    json_object_set_new(out, "client_answer", json_text_or_null(arena, handshake->client_answer));
    json_object_set_new(out, "certificate_message_bytes",
                        json_count(handshake->certificate_message_bytes));
    json_object_set_new(out, "alert", json_alert(handshake));
    json_object_set_new(out, "error", json_text_or_null(arena, handshake->error));
    const char *spoken = handshake->result == HS_NOT_TLS && handshake->peek.p != NULL
                             ? plaintext_protocol(handshake->peek)
                             : NULL;
    json_object_set_new(out, "plaintext", json_text_or_null(arena, spoken));
}

/* Of --client-cert: what the client was to show. */
static json_t *json_client_chain(struct arena *arena, const struct observation *observation)
{
    json_t *list = json_array();
    for (size_t i = 0; i < observation->presented.count; i++) {
        const struct cert *cert = observation->presented.chain[i].cert;
        json_t *item = json_object();
        json_object_set_new(item, "subject",
                            json_text(arena, cert->parsed ? name_text(arena, cert->subject) : ""));
        json_object_set_new(item, "issuer",
                            json_text(arena, cert->parsed ? name_text(arena, cert->issuer) : ""));
        json_object_set_new(
            item, "sha256",
            json_string(str_hex(arena, bytes_of(cert->sha256, sizeof cert->sha256), 0)));
        json_array_append_new(list, item);
    }
    return list;
}

static json_t *json_expected(struct arena *arena, const struct target_report *target)
{
    static const char *const names[] = {
        [EXPECT_UNSEEN] = "unseen",    [EXPECT_SAME] = "same",
        [EXPECT_OLD] = "not-reloaded", [EXPECT_CHAIN] = "other-chain",
        [EXPECT_NEWER] = "newer",      [EXPECT_OTHER_NAME] = "other-name",
        [EXPECT_OTHER] = "other",
    };
    const struct observation *observation = target->input.observation;
    json_t *out = json_object(), *list = json_array();
    for (size_t i = 0; i < observation->connection_count; i++) {
        json_t *item = json_object();
        json_object_set_new(item, "address", json_text(arena, observation->connections[i].address));
        json_object_set_new(item, "result", json_string(names[target->verdict.expected[i]]));
        json_array_append_new(list, item);
    }
    json_object_set_new(out, "file", json_text(arena, observation->expected_file));
    json_object_set_new(out, "addresses", list);
    return out;
}

static json_t *json_service(struct arena *arena, const struct service_seen *service)
{
    json_t *out = json_object();
    const bool banner = service->banner && *service->banner;
    json_object_set_new(out, "asked", json_boolean(service->asked));
    json_object_set_new(out, "answers", json_boolean(service->answers || banner));
    json_object_set_new(out, "protocol", json_text_or_null(arena, service->protocol));
    json_object_set_new(out, "status",
                        service->status ? json_integer(service->status) : json_null());
    json_object_set_new(out, "server", json_text_or_null(arena, service->server));
    json_object_set_new(out, "banner", json_text_or_null(arena, service->banner));
    return out;
}

json_t *json_endpoint(struct arena *arena, const struct target_report *target)
{
    const struct observation *observation = target->input.observation;
    if (observation->target.kind != TARGET_ENDPOINT)
        return json_null();
    json_t *out = json_object();
    const struct connection *primary = observation_primary(observation);
    json_object_set_new(out, "scheme", json_text_or_null(arena, observation->target.scheme));
    json_object_set_new(out, "resolve", json_string(show_net_result(observation->resolve)));
    json_object_set_new(out, "address",
                        json_text_or_null(arena, primary != NULL ? primary->address : NULL));
    json_object_set_new(out, "addresses", json_addresses(arena, observation));
    json_object_set_new(out, "addresses_differ", json_boolean(observation->addresses_differ));
    if (observation->alpn_offered && *observation->alpn_offered)
        json_object_set_new(out, "alpn_offered", json_text(arena, observation->alpn_offered));
    if (target->verdict.expected != NULL)
        json_object_set_new(out, "expected", json_expected(arena, target));
    if (show_has_proxy(observation)) {
        json_object_set_new(out, "proxy", json_text(arena, observation->proxy));
        json_object_set_new(out, "proxy_from", json_text(arena, observation->proxy_from));
    }
    json_object_set_new(out, "sni", json_text_or_null(arena, observation->target.sni));
    if (primary != NULL && primary->net == NET_OK) {
        put_session(arena, out, &primary->handshake);
        json_object_set_new(out, "timings", json_timings(primary));
        json_object_set_new(out, "client_chain", json_client_chain(arena, observation));
        const char *banner = observation->service.banner;
        if (observation->service.asked || (banner && *banner))
            json_object_set_new(out, "service", json_service(arena, &observation->service));
    }
    return out;
}

static json_t *json_fault(struct arena *arena, const struct file_fault *fault)
{
    json_t *out = json_object();
    json_object_set_new(out, "rule", json_string(file_fault_rule(fault->id)));
    json_object_set_new(out, "text", json_text(arena, file_fault_text(fault->id)));
    json_object_set_new(out, "line", fault->line > 0 ? json_count(fault->line) : json_null());
    json_object_set_new(out, "column", fault->column > 0 ? json_count(fault->column) : json_null());
    json_object_set_new(out, "offset", json_count(fault->offset));
    json_object_set_new(out, "block",
                        fault->block != SIZE_MAX ? json_count(fault->block) : json_null());
    json_object_set_new(out, "excerpt", json_text(arena, fault->excerpt));
    return out;
}

json_t *json_file(struct arena *arena, const struct observation *observation)
{
    static const char *const kinds[] = {
        [FILE_KIND_EMPTY] = "empty", [FILE_KIND_PEM] = "pem",       [FILE_KIND_DER] = "der",
        [FILE_KIND_PKCS7] = "pkcs7", [FILE_KIND_PKCS12] = "pkcs12", [FILE_KIND_JKS] = "jks",
        [FILE_KIND_CASE] = "case",   [FILE_KIND_HTML] = "html",     [FILE_KIND_OTHER] = "other",
    };
    const struct container *file = &observation->file;
    json_t *out = json_object();
    json_object_set_new(out, "kind", json_string(kinds[file->kind]));
    json_object_set_new(out, "certificates", json_count(observation->sent_count));
    json_t *faults = json_array();
    for (size_t i = 0; i < file->fault_count; i++)
        json_array_append_new(faults, json_fault(arena, &file->faults[i]));
    json_object_set_new(out, "faults", faults);
    json_object_set_new(out, "key", json_string(show_pairing(observation->pairing)));
    return out;
}
