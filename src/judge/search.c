/* SPDX-License-Identifier: Apache-2.0 */
/* Depth-first search with backtracking, as Go, browsers, webpki and Java's builder do it: a
 * candidate with a defect is left and the next one tried, until a path passes every check or the
 * budget ends. */
#include "judge/internal.h"

struct search {
    struct judging *j;
    const struct behaviour *b;
    uint32_t mask;
    struct route *route;
    size_t steps, signatures;
};

static bool route_passes(struct search *s)
{
    struct reasons reasons = {0};
    s->route->complete = true;
    check_route(s->j, s->b, s->route, &reasons);
    s->route->complete = reasons.count == 0;
    return s->route->complete;
}

/** May the certificate at the route's end be the trust anchor? */
static bool anchor_suits(struct search *s, int node)
{
    const struct cert *cert = s->j->graph->nodes[node].cert;
    const bool root = node_is_self_signed(s->j, node);
    if (!(s->j->graph->nodes[node].stores & s->mask) || !anchor_is_loaded(s->j, s->b, node))
        return false;
    if (s->route->count > 1)
        return root || !s->b->anchor_must_be_root;
    if (!root)
        return s->b->anchor_issued_leaf;
    return cert->is_ca ? !s->b->anchor_leaf_needs_no_ca : !s->b->anchor_leaf_needs_ca;
}

static bool is_loop(const struct search *s, int node)
{
    for (size_t i = 0; i < s->route->count; i++)
        if (node_is_twin(s->j, s->route->nodes[i], node))
            return true;
    return false;
}

static bool search_from(struct search *s);

static bool try_issuer(struct search *s, int edge)
{
    struct judging *j = s->j;
    const int issuer = j->graph->edges[edge].issuer;
    if (is_loop(s, issuer) || !edge_suits(j, s->b, edge))
        return false;
    if (!search_step(j, s->b, &s->steps))
        return false;
    if (s->route->count >= LIMIT_PATH_LENGTH) {
        limit_hit(j, "LIMIT_PATH_LENGTH");
        return false;
    }
    if (s->b->max_signatures != 0 && ++s->signatures > s->b->max_signatures)
        return false;
    if (edge_signature(j, edge) != EDGE_SIG_GOOD)
        return false;
    s->route->nodes[s->route->count++] = issuer;
    const bool found = search_from(s);
    if (!found)
        s->route->count--;
    return found;
}

/** Trust anchors are tried before what was sent. */
static bool try_issuers(struct search *s, bool stored)
{
    const int node = s->route->nodes[s->route->count - 1];
    const struct node_extra extra = s->j->extra[node];
    for (int e = extra.edge_first; e < extra.edge_first + extra.edge_count; e++) {
        const struct node *issuer = &s->j->graph->nodes[s->j->graph->edges[e].issuer];
        const bool anchor = (issuer->stores & s->mask) != 0;
        const bool seen = (issuer->from & FROM_SENT) || node_is_fetched_by(s->b, issuer);
        if (anchor == stored && (anchor || seen) && try_issuer(s, e))
            return true;
    }
    return false;
}

/** A trusted leaf whose issuer is itself: the path is the leaf, and the leaf again. */
static bool leaf_passes_under_itself(struct search *s, int node)
{
    if (!(s->j->graph->nodes[node].stores & s->mask) || !node_is_self_signed(s->j, node))
        return false;
    s->route->nodes[s->route->count++] = node;
    if (route_passes(s))
        return true;
    s->route->count--;
    return false;
}

static bool search_from(struct search *s)
{
    const int node = s->route->nodes[s->route->count - 1];
    if (s->route->count == 1 && s->b->leaf_under_itself) {
        if (leaf_passes_under_itself(s, node))
            return true;
    } else if (anchor_suits(s, node) && route_passes(s)) {
        return true;
    }
    s->route->complete = false;
    if (s->route->count > 1 && !check_candidate(s->j, s->b, s->route))
        return false;
    /* names alone call a leaf self-signed: another key may have signed it */
    if (s->route->count > 1 && node_is_self_signed(s->j, node))
        return false;
    return try_issuers(s, true) || try_issuers(s, false);
}

bool route_search(struct judging *j, const struct behaviour *b, int store, struct route *out)
{
    struct search s = {.j = j, .b = b, .mask = UINT32_C(1) << store, .route = out};
    *out = (struct route){.nodes = {j->first}, .count = 1};
    return search_from(&s);
}
