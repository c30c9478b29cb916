/* SPDX-License-Identifier: Apache-2.0 */
#include "show.h"

#include <string.h>

const char *show_guard(struct arena *arena, const char *s)
{
    if (s == NULL)
        return "";
    /* a backslash alone is harmless here: it is the escape that an earlier str_safe() wrote */
    for (const char *from = s;;) {
        size_t n = strcspn(from, "\\");
        if (!str_is_safe(bytes_of(from, n)))
            return str_safe(arena, bytes_str(s));
        if (from[n] == '\0')
            return s;
        from += n + 1;
    }
}

const char *show_bytes(struct arena *arena, struct bytes b)
{
    return str_safe(arena, b);
}

const char *show_target(struct arena *arena, const struct target *target)
{
    if (target->kind != TARGET_ENDPOINT || target->host == NULL || target->host[0] == '\0') {
        const char *path = target->path != NULL ? target->path : target->text;
        return path != NULL ? show_bytes(arena, bytes_str(path)) : "";
    }
    const char *host = show_bytes(arena, bytes_str(target->host));
    bool v6 = strchr(host, ':') != NULL;
    return arena_printf(arena, "%s%s%s:%u", v6 ? "[" : "", host, v6 ? "]" : "",
                        (unsigned)target->port);
}

const struct node *show_node(const struct verdict *verdict, size_t chain_index)
{
    return &verdict->graph.nodes[verdict->chain[chain_index].node];
}

const struct cert *show_cert(const struct verdict *verdict, size_t chain_index)
{
    return show_node(verdict, chain_index)->cert;
}

const char *show_role(const struct verdict *verdict, size_t chain_index)
{
    const struct cert *cert = show_cert(verdict, chain_index);
    if (chain_index == 0)
        return "leaf";
    bool self = cert->parsed && cert_is_self_issued(cert);
    return self && (cert->is_ca || cert->version < 3) ? "root" : "intermediate";
}

const char *show_origin(const struct target_report *target, size_t chain_index)
{
    const struct verdict *verdict = &target->verdict;
    unsigned from = show_node(verdict, chain_index)->from;
    if (verdict->chain[chain_index].position >= 0)
        return target->input.observation->target.kind == TARGET_FILE ? "file" : "sent";
    if (from & FROM_STORE)
        return "store";
    return from & FROM_FETCHED ? "fetched" : "pool";
}

const char *show_issued(enum issued_by issued)
{
    static const char *const names[] = {
        [ISSUED_PUBLIC] = "public",
        [ISSUED_PRIVATE] = "private",
        [ISSUED_SELF] = "self",
        [ISSUED_UNKNOWN] = "unknown",
    };
    return names[issued];
}

void show_names(struct arena *arena, const struct cert *cert, struct show_names *out)
{
    *out = (struct show_names){0};
    size_t dns_cap = 0, ip_cap = 0;
    struct reader reader = cert_san(cert);
    struct general_name name;
    for (size_t seen = 0; seen < LIMIT_SAN_NAMES && general_name_next(&reader, &name); seen++) {
        if (name.kind != GN_DNS && name.kind != GN_IP)
            continue;
        if (out->dns_count + out->ip_count >= LIMIT_NAMES_SHOWN) {
            out->more++;
        } else if (name.kind == GN_DNS) {
            out->dns = arena_grow(arena, out->dns, out->dns_count, &dns_cap, sizeof *out->dns);
            out->dns[out->dns_count++] = show_bytes(arena, name.value);
        } else {
            out->ip = arena_grow(arena, out->ip, out->ip_count, &ip_cap, sizeof *out->ip);
            out->ip[out->ip_count++] = show_guard(arena, str_ip(arena, name.value));
        }
    }
}

size_t show_trusting(const struct target_report *target, const struct node *node)
{
    size_t count = 0;
    for (size_t i = 0; i < target->input.profile_count; i++) {
        struct store *store = target->input.stores[i];
        count += store != NULL && store_get(store, node->cert) != NULL;
    }
    return count;
}

static bool answer_is_error(const struct handshake *handshake)
{
    const char *answer = handshake->client_answer != NULL ? handshake->client_answer : "";
    const char *status = strchr(answer, ' ');
    return status != NULL && (status[1] == '4' || status[1] == '5');
}

const char *show_client_outcome(const struct handshake *handshake)
{
    if (!handshake->client_certificate_requested)
        return "not-requested";
    const bool sent = handshake->client_certificate_sent;
    if (handshake->result != HS_DONE)
        return sent ? "refused" : "not-sent";
    if (!sent)
        return "not-sent";
    return handshake->client_certificate_accepted && !answer_is_error(handshake) ? "accepted"
                                                                                 : "sent";
}

static bool is_refused(const struct target_report *target)
{
    return verdict_fact(&target->verdict, FACT_CLIENT_CERTIFICATE, -1) != NULL ||
           verdict_fact(&target->verdict, FACT_CLIENT_CERTIFICATE_REFUSED, -1) != NULL;
}

const char *show_client_sentence(struct arena *arena, const struct target_report *target)
{
    const struct observation *observation = target->input.observation;
    const struct connection *primary = observation_primary(observation);
    if (primary == NULL || primary->net != NET_OK)
        return "";
    const struct handshake *handshake = &primary->handshake;
    const struct presented *shown = &observation->presented;
    const bool requested = handshake->client_certificate_requested;
    if (shown->count == 0)
        return requested && !is_refused(target)
                   ? "the server asks for a client certificate and goes on without one"
                   : "";
    const struct cert *cert = shown->chain[0].cert;
    const char *outcome = show_client_outcome(handshake);
    const char *end = !requested           ? "not shown: the server does not ask for one"
                      : is_refused(target) ? "refused by the server"
                      : strcmp(outcome, "accepted") == 0 ? "accepted by the server"
                      : strcmp(outcome, "sent") == 0     ? "shown, and no objection was heard"
                                                         : "not shown";
    const char *answer = handshake->client_answer != NULL ? handshake->client_answer : "";
    return arena_printf(arena, "certificate \"%s\" of %s: %s%s%s%s",
                        cert->parsed ? name_short(arena, cert->subject) : "(unreadable)",
                        str_safe(arena, bytes_str(shown->file)), end, *answer ? " (" : "", answer,
                        *answer ? ")" : "");
}

const char *show_possession(const struct handshake *handshake)
{
    if (handshake->key_refuted)
        return "refuted";
    return handshake->key_proven ? "proven" : "not-checked";
}

const char *show_handshake_result(enum handshake_result result)
{
    static const char *const names[] = {
        [HS_DONE] = "done",
        [HS_ALERT] = "alert",
        [HS_NOT_TLS] = "not-tls",
        [HS_CLOSED] = "closed",
        [HS_RESET] = "reset",
        [HS_TIMEOUT] = "timeout",
        [HS_LOCAL_REFUSAL] = "local-refusal",
        [HS_NO_STARTTLS] = "no-starttls",
    };
    return names[result];
}

bool show_has_proxy(const struct observation *observation)
{
    return observation->proxy != NULL && observation->proxy[0] != '\0';
}

const char *show_net_result(enum net_result result)
{
    static const char *const names[] = {
        [NET_OK] = "ok",
        [NET_NAME_UNKNOWN] = "name-unknown",
        [NET_RESOLVER_FAILED] = "resolver-failed",
        [NET_REFUSED] = "refused",
        [NET_UNREACHABLE] = "unreachable",
        [NET_TIMEOUT] = "timeout",
        [NET_RESET] = "reset",
        [NET_CLOSED] = "closed",
        [NET_FAILED] = "failed",
        [NET_PROXY] = "proxy",
    };
    return names[result];
}

const char *show_pairing(enum key_pairing pairing)
{
    static const char *const names[] = {
        [KEY_NOT_GIVEN] = "not-given",
        [KEY_PAIRS] = "pairs",
        [KEY_PAIRS_OTHER] = "pairs-with-another-certificate",
        [KEY_PAIRS_NONE] = "pairs-with-none",
        [KEY_UNREADABLE] = "unreadable",
        [KEY_ENCRYPTED] = "encrypted",
    };
    return names[pairing];
}
