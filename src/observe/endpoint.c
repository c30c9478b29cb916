/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoints: what to dial, one dialogue per address, and which of them is judged. */
#include "internal.h"

#include <string.h>
#include <sys/socket.h>

/* ---- what to dial ---- */

/* "ADDR", "ADDR:PORT", "[v6]:PORT": --connect, which replaces the host and perhaps the port. */
static void connect_split(const char *connect, struct arena *arena, const char **host,
                          uint16_t *port)
{
    uint8_t ip[16];
    int64_t number = 0;
    *host = connect;
    if (str_parse_ip(connect, ip))
        return;
    const bool bracketed = *connect == '[' && strchr(connect, ']');
    const char *end = bracketed ? strchr(connect, ']') : strrchr(connect, ':');
    const char *colon = end ? strchr(end, ':') : NULL;
    const size_t n = end ? (size_t)(end - connect) : strlen(connect);
    if (colon && str_to_int(colon + 1, 1, 65535, &number))
        *port = (uint16_t)number;
    *host = arena_strndup(arena, connect + bracketed, n - bracketed);
}

/** Where resolving stands. */
struct lookup {
    const struct observe_options *options;
    const struct route *route;
    struct arena *arena;
    struct destinations *out;
};

/* SOCKS 4 has room for IPv4 alone: of a name with both, those. */
static int family_of(const struct lookup *lookup, const char *host)
{
    uint8_t ip[16];
    const bool socks4 = lookup->route->proxy.host && lookup->route->proxy.kind == PROXY_SOCKS4;
    return socks4 && !str_parse_ip(host, ip) ? AF_INET : lookup->options->family;
}

/* A name that the proxy looks up: what this machine's resolver knows of it does not matter. */
static bool name_add(struct lookup *lookup, const char *host, uint16_t port)
{
    uint8_t ip[16];
    const struct proxy *proxy = &lookup->route->proxy;
    if (!proxy->host || !proxy_resolves(proxy) || str_parse_ip(host, ip) || !str_is_dns_host(host))
        return false;
    if (lookup->out->count < LIMIT_ADDRESSES)
        lookup->out->items[lookup->out->count++] = (struct destination){
            .address.port = port,
            .name = host,
            .text = arena_printf(lookup->arena, "%s:%u", host, (unsigned)port)};
    return true;
}

static void lookup_add(struct lookup *lookup, const char *host, uint16_t port)
{
    struct addresses found = {0};
    struct destinations *out = lookup->out;
    if (name_add(lookup, host, port))
        return;
    const enum net_result result =
        net_resolve(host, port, family_of(lookup, host), &found, out->why);
    for (size_t i = 0; i < found.count && out->count < LIMIT_ADDRESSES; i++)
        out->items[out->count++] = (struct destination){
            .address = found.items[i], .text = arena_strdup(lookup->arena, found.items[i].text)};
    if (result != NET_OK)
        out->result = result;
}

/* --connect may list several, as curl's --resolve does. */
void destinations_find(const struct observe_options *options, const struct target *target,
                       const struct route *route, struct arena *arena, struct destinations *out)
{
    struct lookup lookup = {.options = options, .route = route, .arena = arena, .out = out};
    const char *connect = options->connect ? options->connect : "";
    *out = (struct destinations){.result = NET_OK};
    if (*connect == '\0')
        lookup_add(&lookup, target->host, target->port);
    for (const char *p = connect; *p && out->count < LIMIT_ADDRESSES;) {
        const size_t n = strcspn(p, ",");
        uint16_t port = target->port;
        const char *host;
        connect_split(arena_strndup(arena, p, n), arena, &host, &port);
        lookup_add(&lookup, host, port);
        p += n + (p[n] == ',');
    }
    if (out->count)
        out->result = NET_OK;
}

/* ---- what was seen ---- */

bool seen_from_wire(struct arena *arena, const struct handshake *handshake, const char *address,
                    struct seen **out, size_t *count)
{
    const size_t all = handshake->certificate_count;
    *count = all < LIMIT_SENT_CERTS ? all : LIMIT_SENT_CERTS;
    *out = arena_array(arena, *count, sizeof **out);
    size_t offset = 0;
    for (size_t i = 0; i < *count; i++) {
        (*out)[i] = (struct seen){
            .cert = cert_parse(handshake->certificates[i]),
            .origin = {.kind = ORIGIN_SENT, .where = address, .position = i, .offset = offset}};
        offset += handshake->certificates[i].n;
    }
    return *count == all;
}

/* The first connection that shows certificates; else the one that got farthest. */
static size_t primary_of(const struct connection *connections, size_t count)
{
    size_t best = 0;
    int best_rank = -1;
    for (size_t i = 0; i < count; i++) {
        const struct handshake *hs = &connections[i].handshake;
        const int rank = connections[i].net != NET_OK ? 0 : hs->certificate_count ? 2 : 1;
        if (rank > best_rank) {
            best = i;
            best_rank = rank;
        }
    }
    return best;
}

/* Whole chains are compared: one node of two without its intermediate is the classic. An address
 * where nobody listens shows nothing to compare. */
static bool chains_differ(const struct connection *connections, size_t count, size_t primary)
{
    const struct handshake *shown = &connections[primary].handshake;
    for (size_t i = 0; i < count && shown->certificate_count; i++)
        if (connections[i].net == NET_OK && !handshakes_show_same(&connections[i].handshake, shown))
            return true;
    return false;
}

/* ---- the whole ---- */

static void connections_observe(const struct observe_options *options, const struct route *route,
                                const struct destinations *to, struct arena *arena,
                                struct observation *out)
{
    struct dialogue *dialogues = arena_array(arena, to->count, sizeof *dialogues);
    for (size_t i = 0; i < to->count; i++)
        dialogues[i] = (struct dialogue){.to = to->items[i],
                                         .route = route,
                                         .sni = out->target.sni,
                                         .alpn = options->alpn,
                                         .scheme = out->target.scheme,
                                         .host = out->target.host,
                                         .client = options->client,
                                         .https = target_is_https(&out->target),
                                         .timeout = options->timeout};
    dialogues_run(dialogues, to->count);
    out->connections = arena_array(arena, to->count, sizeof *out->connections);
    out->connection_count = to->count;
    for (size_t i = 0; i < to->count; i++)
        dialogue_take(&dialogues[i], arena, &out->connections[i]);
    out->primary = primary_of(out->connections, to->count);
    const char *banner = dialogues[out->primary].banner;
    out->service.banner = banner ? banner : "";
}

/* The primary connection's certificates are what is judged. */
static void chain_take(struct observation *out, struct arena *arena)
{
    const struct connection *primary = &out->connections[out->primary];
    out->sent_limit_hit =
        !seen_from_wire(arena, &primary->handshake, primary->address, &out->sent, &out->sent_count);
    observation_set_staple(out, arena);
}

static void endpoint_look(const struct observe_options *options, const struct route *route,
                          struct arena *arena, struct observation *out)
{
    struct destinations to;
    destinations_find(options, &out->target, route, arena, &to);
    out->resolve = to.result;
    out->resolve_why = str_safe(arena, bytes_str(to.why));
    if (to.count == 0) {
        out->resolvers = resolvers_text(options->root, arena);
        log_line(1, "%s: %s%s%s", net_result_text(out->resolve), out->resolve_why,
                 *out->resolvers ? "; asked: " : "", out->resolvers);
        return;
    }
    connections_observe(options, route, &to, arena, out);
    out->addresses_differ = chains_differ(out->connections, to.count, out->primary);
    const struct dialogue like = {.to = to.items[out->primary],
                                  .route = route,
                                  .alpn = options->alpn,
                                  .sni = out->target.sni,
                                  .scheme = out->target.scheme,
                                  .host = out->target.host,
                                  .client = options->client,
                                  .https = target_is_https(&out->target),
                                  .timeout = options->timeout};
    chain_take(out, arena);
    probe_observe(&like, arena, out);
    if (out->sent_count == 0 && out->without_sni_count == 0)
        attempts_observe(&like, arena, out);
    if (out->retried) {
        chain_take(out, arena);
        probe_observe(&like, arena, out);
    }
    if (options->also_tls12)
        attempt_tls12(&like, arena, out);
    clock_ask_server(options, &like, arena, out);
}

enum cw_code endpoint_observe(const struct observe_options *options, struct arena *arena,
                              struct observation *out, struct error *error)
{
    __attribute__((cleanup(route_free))) struct route route = {0};
    TRY(route_find(options, &out->target, arena, &route, error));
    if (route.proxy.host) {
        out->proxy = route.proxy.shown;
        out->proxy_from = route.from;
    }
    endpoint_look(options, &route, arena, out);
    return CW_OK;
}

void observe_address(struct observation *observation, size_t i, struct arena *arena)
{
    const struct connection *connection = &observation->connections[i];
    for (size_t k = 0; k < observation->sent_count; k++)
        cert_unref(observation->sent[k].cert);
    observation->primary = i;
    observation->sent = NULL;
    observation->sent_count = 0;
    observation->sent_limit_hit =
        !seen_from_wire(arena, &connection->handshake, connection->address, &observation->sent,
                        &observation->sent_count);
    observation_set_staple(observation, arena);
}
