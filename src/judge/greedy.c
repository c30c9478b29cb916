/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's way to a path (x509_vfy.c, build_chain): at each step look in the store first, else in
 * what was sent; take one issuer and never come back. Once a stored certificate is used, what was
 * sent is not looked at again. */
#include "judge/internal.h"

static bool time_suits(const struct judging *j, const struct cert *cert)
{
    return cert->not_before != TIME_NONE && cert->not_after != TIME_NONE &&
           j->in->at >= cert->not_before && j->in->at <= cert->not_after;
}

static bool on_route(const struct route *route, int node)
{
    for (size_t i = 0; i < route->count; i++)
        if (route->nodes[i] == node)
            return true;
    return false;
}

/** The order of the list that a candidate stands in: as sent, or as stored. */
static int list_order(const struct judging *j, int node, bool stored)
{
    return stored ? node : j->graph->nodes[node].position;
}

/** The first candidate that is valid now, else the one that ends last (get0_best_issuer_sk). */
static int pick_issuer(struct judging *j, const struct behaviour *b, const struct route *route,
                       uint32_t stores)
{
    const int child = route->nodes[route->count - 1];
    const struct node_extra *extra = &j->extra[child];
    int best = -1;
    for (int e = extra->edge_first; e < extra->edge_first + extra->edge_count; e++) {
        const int issuer = j->graph->edges[e].issuer;
        const struct node *node = &j->graph->nodes[issuer];
        const bool there = stores != 0 ? (node->stores & stores) != 0 : node->position >= 0;
        if (!there || on_route(route, issuer) || !edge_suits(j, b, e))
            continue;
        if (best < 0) {
            best = issuer;
            continue;
        }
        const struct cert *new = node->cert, *old = j->graph->nodes[best].cert;
        const bool new_suits = time_suits(j, new), old_suits = time_suits(j, old);
        const bool earlier = list_order(j, issuer, stores != 0) < list_order(j, best, stores != 0);
        if ((new_suits && !old_suits) || (new_suits && old_suits && earlier) ||
            (!new_suits && !old_suits && new->not_after > old->not_after))
            best = issuer;
    }
    return best;
}

void route_greedy(struct judging *j, const struct behaviour *b, int store, struct route *out)
{
    const uint32_t mask = UINT32_C(1) << store;
    bool stored = false;
    *out = (struct route){.nodes = {j->first}, .count = 1};
    while (out->count < LIMIT_PATH_LENGTH) {
        const int node = out->nodes[out->count - 1];
        const bool in_store = (j->graph->nodes[node].stores & mask) != 0;
        const bool root = node_is_self_signed(j, node);
        if (in_store && (root || !b->anchor_must_be_root)) {
            out->complete = true;
            return;
        }
        if (root)
            return;
        int issuer = pick_issuer(j, b, out, mask);
        if (issuer >= 0)
            stored = true;
        else if (!stored)
            issuer = pick_issuer(j, b, out, 0);
        if (issuer < 0)
            return;
        out->nodes[out->count++] = issuer;
    }
    limit_hit(j, "LIMIT_PATH_LENGTH");
}
