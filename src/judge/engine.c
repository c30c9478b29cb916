/* SPDX-License-Identifier: Apache-2.0 */
/* One client over the facts: the path it would choose, what it objects to there, and what it would
 * object to next if that were cured. */
#include <string.h>

#include "judge/internal.h"

/** Names equal but for the string type, as GnuTLS compares them (RFC 4514 text, case significant).
 */
static bool names_equal_text(struct judging *j, const struct edge *e)
{
    const struct cert *child = j->graph->nodes[e->child].cert;
    const struct cert *issuer = j->graph->nodes[e->issuer].cert;
    return e->same_der ||
           strcmp(name_text(j->arena, child->issuer), name_text(j->arena, issuer->subject)) == 0;
}

/** Would this client consider the issuer of this edge at all? */
bool edge_suits(struct judging *j, const struct behaviour *b, int edge)
{
    const struct edge *e = &j->graph->edges[edge];
    if (b->akid != AKID_IGNORE && e->key_id == AKI_MISMATCH)
        return false;
    if (b->akid == AKID_KEY_AND_SERIAL && e->issuer_serial == AKI_MISMATCH)
        return false;
    if (b->names == EQUAL_DER)
        return e->same_der;
    if (b->names == EQUAL_PRINTABLE)
        return name_equal_printable(j->graph->nodes[e->child].cert->issuer,
                                    j->graph->nodes[e->issuer].cert->subject);
    return b->names == EQUAL_CANONICAL || names_equal_text(j, e);
}

bool search_step(struct judging *j, const struct behaviour *b, size_t *steps)
{
    const size_t own = b->max_steps != 0 ? b->max_steps : LIMIT_PATH_STEPS;
    const bool spent = j->steps_left <= 0 && *steps >= LIMIT_LEAST_STEPS;
    if (*steps >= own || spent) {
        limit_hit(j, spent ? "LIMIT_CLIENT_STEPS" : "LIMIT_PATH_STEPS");
        return false;
    }
    ++*steps;
    j->steps_left -= j->steps_left > 0;
    return true;
}

static unsigned reasons_weight(const struct reasons *reasons)
{
    unsigned weight = 0;
    for (size_t i = 0; i < reasons->count; i++)
        weight += fact_weight(reasons->items[i].id);
    return weight;
}

bool node_is_fetched_by(const struct behaviour *b, const struct node *node)
{
    return b->fetches_aia && (node->from & (b->fetches_ldap ? FROM_FETCHED : FROM_HTTP)) != 0;
}

/** What this client has: what was sent, what it trusts, what it fetches. */
static bool node_is_visible(const struct judging *j, const struct behaviour *b, int node, int store)
{
    const struct node *n = &j->graph->nodes[node];
    return (n->from & FROM_SENT) || (n->stores & (UINT32_C(1) << store)) ||
           node_is_fetched_by(b, n);
}

/** As much of a candidate path as this client gets to see, from what it takes for the leaf. */
static void path_visible(struct judging *j, const struct behaviour *b, const struct path *path,
                         int store, struct route *out)
{
    const uint32_t mask = UINT32_C(1) << store;
    size_t start = 0;
    while (start < path->count && path->nodes[start] != j->first)
        start++;
    *out = (struct route){.count = 0};
    for (size_t i = start; i < path->count && out->count < LIMIT_PATH_LENGTH; i++) {
        if (!node_is_visible(j, b, path->nodes[i], store))
            return;
        out->nodes[out->count++] = path->nodes[i];
    }
    const int last = out->nodes[out->count > 0 ? out->count - 1 : 0];
    out->complete = out->count > 0 && (j->graph->nodes[last].stores & mask) != 0;
    if (!out->complete || out->count > 1)
        return;
    if (!node_is_self_signed(j, last))
        out->complete = b->anchor_issued_leaf;
    else if (b->leaf_under_itself)
        out->nodes[out->count++] = last;
}

/** After a failed search: the candidate path that this client minds least, to say what stood in its
 *  way there. */
void route_least_bad(struct judging *j, const struct behaviour *b, int store, struct route *out,
                     struct reasons *reasons)
{
    unsigned best = UINT32_MAX;
    for (size_t i = 0; i < j->out->path_count; i++) {
        struct route route;
        struct reasons found = {0};
        path_visible(j, b, &j->out->paths[i], store, &route);
        if (route.count == 0)
            continue;
        if (best != UINT32_MAX && j->steps_left <= 0) {
            limit_hit(j, "LIMIT_CLIENT_STEPS");
            break;
        }
        j->steps_left -= (int)route.count;
        check_route(j, b, &route, &found);
        const unsigned weight = reasons_weight(&found) + (unsigned)route.count;
        if (found.count > 0 && weight < best) {
            best = weight;
            *out = route;
            *reasons = found;
        }
    }
    if (best == UINT32_MAX) {
        /* no path that was meant leads through what it takes for the leaf */
        route_greedy(j, b, store, out);
        check_route(j, b, out, reasons);
    }
}

/** A stored CA that is not self-signed ends the route of a client that wants a root. */
static void note_half_anchor(struct judging *j, int store, const struct route *route,
                             struct reasons *reasons)
{
    const int last = route->nodes[route->count - 1];
    if (route->complete || !(j->graph->nodes[last].stores & (UINT32_C(1) << store)))
        return;
    for (size_t i = 0; i < reasons->count; i++)
        if (reasons->items[i].id == FACT_ISSUER_NOT_FOUND)
            reasons->items[i].id = FACT_ANCHOR_NOT_ROOT;
}

/** Below a root that was sent and is not trusted: a trusted one of the same name is looked at
 * first, and that it did not sign is what the search reports (webpki, mozilla::pkix; Go as a hint).
 */
static void route_to_namesake(struct judging *j, const struct behaviour *b, int store,
                              struct route *route, struct reasons *reasons)
{
    const size_t last = route->count - 1;
    if (route->complete || last == 0 || !node_is_self_signed(j, route->nodes[last]))
        return;
    const struct node_extra extra = j->extra[route->nodes[last - 1]];
    for (int e = extra.edge_first; e < extra.edge_first + extra.edge_count; e++) {
        const int issuer = j->graph->edges[e].issuer;
        if (!(j->graph->nodes[issuer].stores & (UINT32_C(1) << store)) || !edge_suits(j, b, e))
            continue;
        route->nodes[last] = issuer;
        route->complete = true;
        *reasons = (struct reasons){0};
        check_route(j, b, route, reasons);
        return;
    }
}

bool route_choose(struct judging *j, const struct behaviour *b, int store, struct route *out,
                  struct reasons *reasons)
{
    if (b->strategy == STRATEGY_DFS) {
        if (route_search(j, b, store, out))
            return true;
        route_least_bad(j, b, store, out, reasons);
        route_to_namesake(j, b, store, out, reasons);
        return false;
    }
    if (b->strategy == STRATEGY_ITERATE)
        return route_iterate(j, b, store, out, reasons);
    if (b->strategy == STRATEGY_LIST_OR_SEARCH)
        return route_list_or_search(j, b, store, out, reasons);
    if (b->strategy == STRATEGY_GREEDY)
        route_greedy(j, b, store, out);
    else if (b->strategy == STRATEGY_ORDERED)
        route_ordered(j, b, store, out);
    else if (b->strategy == STRATEGY_TOP_DOWN)
        route_top_down(j, b, store, out, reasons);
    else
        route_list(j, b, store, out);
    check_route(j, b, out, reasons);
    note_half_anchor(j, store, out, reasons);
    return out->complete && reasons->count == 0;
}

static void verdict_add_reason(struct judging *j, struct client_verdict *out,
                               const struct fact *fact, int depth, bool later)
{
    for (size_t i = 0; i < out->reason_count; i++)
        if (out->reasons[i].fact == fact->id && out->reasons[i].node == fact->node &&
            out->reasons[i].other == fact->other && strcmp(out->reasons[i].text, fact->text) == 0)
            return;
    out->reasons = arena_grow(j->arena, out->reasons, out->reason_count, &out->reason_cap,
                              sizeof *out->reasons);
    out->reasons[out->reason_count++] = (struct reason){.fact = fact->id,
                                                        .node = fact->node,
                                                        .other = fact->other,
                                                        .depth = depth,
                                                        .value = fact->value,
                                                        .text = fact->text,
                                                        .later = later};
}

/** Where the path that was meant is one that this client cannot walk: an issuer that it does not
 *  have, or would not take for the issuer. */
static void reasons_of_edges(struct judging *j, const struct behaviour *b, int store,
                             struct client_verdict *out, const struct route *route)
{
    for (size_t i = 0; i + 1 < route->count; i++) {
        const int child = route->nodes[i], issuer = route->nodes[i + 1];
        const int edge = graph_edge(j, child, issuer);
        const struct fact unseen = {.id = FACT_ISSUER_NOT_FOUND,
                                    .node = child,
                                    .other = -1,
                                    .text =
                                        name_short(j->arena, j->graph->nodes[child].cert->issuer)};
        const struct fact unlike = {
            .id = FACT_ISSUER_UNLIKE, .node = child, .other = issuer, .text = ""};
        if (!node_is_visible(j, b, issuer, store))
            verdict_add_reason(j, out, &unseen, (int)i, true);
        if (edge >= 0 && !edge_suits(j, b, edge) && edge_signature(j, edge) == EDGE_SIG_GOOD)
            verdict_add_reason(j, out, &unlike, (int)i, true);
    }
}

/** What this client would object to on the path that was meant, once it could walk it. */
static void reasons_later(struct judging *j, const struct behaviour *b, int store,
                          struct client_verdict *out)
{
    const struct path *best = j->out->best >= 0 ? &j->out->paths[j->out->best] : NULL;
    struct reasons reasons = {0};
    if (best == NULL || best->count > LIMIT_PATH_LENGTH)
        return;
    struct route route = {.count = best->count, .complete = best->complete};
    memcpy(route.nodes, best->nodes, best->count * sizeof *best->nodes);
    check_route(j, b, &route, &reasons);
    for (size_t i = 0; i < reasons.count; i++)
        verdict_add_reason(j, out, &reasons.items[i], reasons.depths[i], true);
    reasons_of_edges(j, b, store, out, &route);
}

/** The server does not answer the hello of this client: what the client says then depends on how
 *  the connection ends, and is not told. */
static bool hello_fails(const struct behaviour *b, const struct fact *fact)
{
    switch (fact->id) {
    case FACT_LARGE_HELLO:
        return b->large_hello;
    case FACT_TLS13_INTOLERANT:
        return b->max_version == 0;
    case FACT_PROTOCOL_TOO_NEW:
        return b->max_version != 0 && b->max_version < fact->value;
    default:
        return false;
    }
}

/** Facts about the connection that stop this client, whatever the certificate. */
static void reasons_of_connection(struct judging *j, const struct behaviour *b,
                                  struct reasons *reasons)
{
    for (size_t i = 0; i < j->out->fact_count; i++) {
        const struct fact *fact = &j->out->facts[i];
        const bool fatal = fact->id == FACT_KEY_MISMATCH || fact->id == FACT_CLIENT_CERTIFICATE ||
                           fact->id == FACT_CLIENT_CERTIFICATE_REFUSED ||
                           (fact->id == FACT_OLD_PROTOCOL && fact->value < b->min_version) ||
                           hello_fails(b, fact);
        if (!fatal)
            continue;
        reasons->items = arena_grow(j->arena, reasons->items, reasons->count, &reasons->cap,
                                    sizeof *reasons->items);
        reasons->depths = arena_grow(j->arena, reasons->depths, reasons->count, &reasons->depth_cap,
                                     sizeof *reasons->depths);
        struct fact *reason = &reasons->items[reasons->count];
        *reason = *fact;
        if (fact->id == FACT_KEY_MISMATCH && fact->node >= 0) /* words differ by kind of key */
            reason->limit = j->graph->nodes[fact->node].cert->key.kind;
        reasons->depths[reasons->count++] = -1;
    }
}

/** What a client says of a server that refuses the certificate it was shown, or that refuses in its
 *  answer, is that server's own. */
static bool words_are_known(const struct reasons *reasons)
{
    for (size_t i = 0; i < reasons->count; i++)
        if (reasons->items[i].id == FACT_CLIENT_CERTIFICATE_REFUSED ||
            (reasons->items[i].id == FACT_CLIENT_CERTIFICATE && reasons->items[i].limit == 1))
            return false;
    return true;
}

/** All that is in the way is ML-DSA, which this client's library verifies and ours cannot. */
static bool is_beyond_us(const struct judging *j, const struct behaviour *b,
                         const struct reasons *reasons)
{
    for (size_t i = 0; i < reasons->count; i++) {
        const struct fact *fact = &reasons->items[i];
        /* who cannot check a signature does not find its issuer either */
        const bool signature =
            fact->id == FACT_SIGNATURE_UNSUPPORTED || fact->id == FACT_ISSUER_NOT_FOUND;
        /* a key that cannot be loaded has no strength */
        const bool key = fact->id == FACT_KEY_UNSUPPORTED || fact->id == FACT_WEAK_KEY;
        if ((!signature && !key) || fact->node < 0)
            return false;
        const struct cert *cert = j->graph->nodes[fact->node].cert;
        const char *algorithm =
            signature ? signature_text(j->arena, cert) : key_text(j->arena, &cert->key);
        if (!str_starts(algorithm, "ML-DSA-"))
            return false;
    }
    return b->ml_dsa && reasons->count > 0;
}

void client_judge(struct judging *j, size_t index, struct client_verdict *out)
{
    const struct profile *profile = j->in->profiles[index];
    const struct behaviour *b = profile->behaviour;
    struct reasons reasons = {0};
    struct route route = {.count = 0};
    *out = (struct client_verdict){.profile = profile,
                                   .accepts = -1,
                                   .message = "",
                                   .code = "",
                                   .gist = "",
                                   .said = -1,
                                   .alert = ALERT_NONE,
                                   .name_judged = j->obs->target.name_kind != NAME_NONE};
    if (j->first < 0)
        return;
    j->host.b = NULL; /* a strategy's own variant of a behaviour lives no longer than its client */
    const bool chain_suits = route_choose(j, b, j->store_of[index], &route, &reasons);
    reasons_of_connection(j, b, &reasons);
    if (is_beyond_us(j, b, &reasons))
        return;
    out->accepts = chain_suits && reasons.count == 0;
    out->path_count = route.count;
    out->path = arena_array(j->arena, route.count, sizeof *out->path);
    memcpy(out->path, route.nodes, route.count * sizeof *out->path);
    for (size_t i = 0; i < reasons.count; i++)
        verdict_add_reason(j, out, &reasons.items[i], reasons.depths[i], false);
    if (out->accepts == 1) {
        note_revoked(j, b, &route, out);
        return;
    }
    bool answered = words_are_known(&reasons);
    for (size_t i = 0; i < reasons.count; i++)
        answered &= !hello_fails(b, &reasons.items[i]);
    if (answered)
        client_speak(j, &reasons, out);
    reasons_later(j, b, j->store_of[index], out);
}
