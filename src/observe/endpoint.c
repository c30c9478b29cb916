/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoints: what to dial, one dialogue per address, and which of them is judged. */
#include "internal.h"

#include <string.h>

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
    const char *colon = strrchr(connect, ':');
    const size_t n = colon ? (size_t)(colon - connect) : strlen(connect);
    if (colon && str_to_int(colon + 1, 1, 65535, &number))
        *port = (uint16_t)number;
    const bool bracketed = n > 1 && connect[0] == '[' && connect[n - 1] == ']';
    *host = bracketed ? arena_strndup(arena, connect + 1, n - 2) : arena_strndup(arena, connect, n);
}

/** Where resolving stands: addresses found so far, and what the resolver said. */
struct lookup {
    const struct observe_options *options;
    struct address *addresses; /**< LIMIT_ADDRESSES of them */
    size_t count;
    enum net_result result; /**< of the last name that had no address, else NET_OK */
    char why[128];
};

static void lookup_add(struct lookup *lookup, const char *host, uint16_t port)
{
    struct addresses found = {0};
    const enum net_result result =
        net_resolve(host, port, lookup->options->family, &found, lookup->why);
    for (size_t i = 0; i < found.count && lookup->count < LIMIT_ADDRESSES; i++)
        lookup->addresses[lookup->count++] = found.items[i];
    if (result != NET_OK)
        lookup->result = result;
}

/* The addresses to dial: --connect may list several, as curl's --resolve does. */
static size_t resolve(const struct observe_options *options, struct arena *arena,
                      struct observation *out, struct address addresses[LIMIT_ADDRESSES])
{
    struct lookup lookup = {.options = options, .addresses = addresses, .result = NET_OK};
    const struct target *target = &out->target;
    if (*target->connect == '\0')
        lookup_add(&lookup, target->host, target->port);
    for (const char *p = target->connect; *p && lookup.count < LIMIT_ADDRESSES;) {
        const size_t n = strcspn(p, ",");
        uint16_t port = target->port;
        const char *host;
        connect_split(arena_strndup(arena, p, n), arena, &host, &port);
        lookup_add(&lookup, host, port);
        p += n + (p[n] == ',');
    }
    out->resolve = lookup.count ? NET_OK : lookup.result;
    out->resolve_why = str_safe(arena, bytes_str(lookup.why));
    return lookup.count;
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

static bool same_chain(const struct handshake *a, const struct handshake *b)
{
    bool same = a->certificate_count == b->certificate_count;
    for (size_t i = 0; same && i < a->certificate_count; i++)
        same = bytes_equal(a->certificates[i], b->certificates[i]);
    return same;
}

/* Whole chains are compared: one node of two without its intermediate is the classic. An address
 * where nobody listens shows nothing to compare. */
static bool chains_differ(const struct connection *connections, size_t count, size_t primary)
{
    const struct handshake *shown = &connections[primary].handshake;
    for (size_t i = 0; i < count && shown->certificate_count; i++)
        if (connections[i].net == NET_OK && !same_chain(&connections[i].handshake, shown))
            return true;
    return false;
}

/* ---- the whole ---- */

static void connections_observe(const struct observe_options *options, struct arena *arena,
                                const struct address *addresses, size_t count,
                                struct observation *out)
{
    struct dialogue *dialogues = arena_array(arena, count, sizeof *dialogues);
    for (size_t i = 0; i < count; i++)
        dialogues[i] = (struct dialogue){.address = addresses[i],
                                         .sni = out->target.sni,
                                         .scheme = out->target.scheme,
                                         .host = out->target.host,
                                         .timeout = options->timeout};
    dialogues_run(dialogues, count);
    out->connections = arena_array(arena, count, sizeof *out->connections);
    out->connection_count = count;
    for (size_t i = 0; i < count; i++)
        dialogue_take(&dialogues[i], arena, &out->connections[i]);
}

void endpoint_observe(const struct observe_options *options, struct arena *arena,
                      struct observation *out)
{
    struct address addresses[LIMIT_ADDRESSES];
    const size_t count = resolve(options, arena, out, addresses);
    if (count == 0) {
        log_line(1, "%s: %s", net_result_text(out->resolve), out->resolve_why);
        return;
    }
    connections_observe(options, arena, addresses, count, out);
    out->primary = primary_of(out->connections, count);
    out->addresses_differ = chains_differ(out->connections, count, out->primary);
    const struct connection *primary = &out->connections[out->primary];
    out->sent_limit_hit =
        !seen_from_wire(arena, &primary->handshake, primary->address, &out->sent, &out->sent_count);
    observation_set_staple(out, arena);
    probe_observe(options, &addresses[out->primary], arena, out);
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
