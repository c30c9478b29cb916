/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's way to a path (x509_vfy.c, build_chain, with X509_V_FLAG_TRUSTED_FIRST as is its
 * default): at each step look in the store first, else in what was sent; take one issuer and never
 * come back. Once a stored certificate is used, what was sent is not looked at again. */
#include "judge/internal.h"

struct build {
    struct judging *j;
    const struct behaviour *b;
    struct store *store;
    uint32_t mask;
    struct route *route;
    size_t longest; /**< certificates beyond which no issuer is looked for */
    bool any_stored;
};

enum trust { TRUST_UNDECIDED, TRUST_YES, TRUST_NO };

static const struct cert *cert_of(const struct build *s, int node)
{
    return s->j->graph->nodes[node].cert;
}

static bool time_suits(const struct build *s, const struct cert *cert)
{
    const cw_time at = s->j->in->at;
    if (cert->not_before == TIME_NONE || cert->not_after == TIME_NONE ||
        (cert->time_faults & s->b->times_refused) != 0 || at < cert->not_before)
        return false;
    return s->b->not_after_excluded ? at < cert->not_after : at <= cert->not_after;
}

/** v3_purp.c check_sig_alg_match: the child's algorithm is one of the issuer's kind of key. */
static bool algorithm_suits(const struct judging *j, const struct cert *child,
                            const struct cert *issuer)
{
    return sig_memo_suits(j->in->memo, key_public(&issuer->key), child->inner_algorithm);
}

/** v3_purp.c X509_check_akid: authorityCertIssuer counts without a serial number too. */
static bool aki_issuer_suits(const struct cert *child, const struct cert *issuer)
{
    struct reader names = reader_of(child->aki_issuer, 0);
    struct general_name name;
    for (int i = 0; i < LIMIT_NAME_ATTRIBUTES && general_name_next(&names, &name); i++)
        if (name.kind == GN_DIRECTORY)
            return name_equal(name.value, issuer->issuer);
    return true;
}

/** v3_purp.c, EXFLAG_SS: by names, key identifiers and kind of key; the signature is not checked.
 */
bool node_is_root(struct judging *j, int node)
{
    const struct cert *cert = j->graph->nodes[node].cert;
    struct node_extra *extra = &j->extra[node];
    if (extra->root == 0)
        extra->root = node_is_self_signed(j, node) && aki_issuer_suits(cert, cert) &&
                              algorithm_suits(j, cert, cert)
                          ? 2
                          : 1;
    return extra->root == 2;
}

/** What ossl_x509_likely_issued asks of the two alone: the same for every client. */
static bool edge_is_likely(struct judging *j, int edge)
{
    struct edge *e = &j->graph->edges[edge];
    const struct cert *child = j->graph->nodes[e->child].cert;
    const struct cert *issuer = j->graph->nodes[e->issuer].cert;
    if (e->likely == 0)
        e->likely = aki_issuer_suits(child, issuer) && algorithm_suits(j, child, issuer) ? 2 : 1;
    return e->likely == 2;
}

static bool on_route(const struct route *route, int node)
{
    for (size_t i = 0; i < route->count; i++)
        if (route->nodes[i] == node)
            return true;
    return false;
}

/** v3_purp.c ossl_x509_likely_issued. */
static bool likely_issued(const struct build *s, int child, int issuer)
{
    if (cert_is_invalid(s->b, cert_of(s, child)) || cert_is_invalid(s->b, cert_of(s, issuer)))
        return false;
    if (child == issuer)
        return node_is_root(s->j, child);
    const int edge = graph_edge(s->j, child, issuer);
    return edge >= 0 && edge_suits(s->j, s->b, edge) && edge_is_likely(s->j, edge);
}

/** The first candidate that is valid now ends the look-up (true), else the one that ends last is
 *  kept. */
static bool prefer(const struct build *s, int candidate, int *best)
{
    const bool suits = time_suits(s, cert_of(s, candidate));
    if (suits || *best < 0 || cert_of(s, candidate)->not_after > cert_of(s, *best)->not_after)
        *best = candidate;
    return suits;
}

/** x509_vfy.c find_issuer: among what was sent, in its order, and not on the path yet. */
static int issuer_sent(const struct build *s, int child)
{
    int best = -1;
    for (size_t i = 0; i < s->j->sent_count; i++) {
        const int node = s->j->sent[i];
        if (node >= 0 && !on_route(s->route, node) && likely_issued(s, child, node) &&
            prefer(s, node, &best))
            break;
    }
    return best;
}

static int edge_to(const struct build *s, int child, const struct cert *issuer)
{
    const struct node_extra *extra = &s->j->extra[child];
    if (cert_equal(cert_of(s, child), issuer))
        return child;
    for (int e = extra->edge_first; e < extra->edge_first + extra->edge_count; e++)
        if (cert_equal(cert_of(s, s->j->graph->edges[e].issuer), issuer))
            return s->j->graph->edges[e].issuer;
    return -1;
}

/** x509_lu.c X509_STORE_CTX_get1_issuer: in the store's order; what is on the path already counts
 *  too. */
static int issuer_stored(const struct build *s, int child)
{
    const struct anchor *found[LIMIT_CANDIDATES];
    size_t n =
        store_find_key(s->store, cert_issuer_key(cert_of(s, child)), found, LIMIT_CANDIDATES);
    n = n < LIMIT_CANDIDATES ? n : LIMIT_CANDIDATES;
    int best = -1;
    for (size_t i = 0; i < n; i++) {
        const int node =
            cert_is_unread(s->b, found[i]->cert) ? -1 : edge_to(s, child, found[i]->cert);
        if (node >= 0 && likely_issued(s, child, node) && prefer(s, node, &best))
            break;
    }
    return best;
}

/** x509_trust.c obj_trust: what the store says of this certificate's use beside holding it. */
static enum trust listed_trust(const struct build *s, const struct cert *cert)
{
    const struct anchor *anchor = store_get(s->store, cert);
    const unsigned use = s->b->purpose | EKU_ANY;
    if (anchor == NULL)
        return TRUST_UNDECIDED;
    if (anchor->distrusted || (anchor->uses.rejected & use) != 0)
        return TRUST_NO;
    if (!anchor->uses.listed)
        return TRUST_UNDECIDED;
    return (anchor->uses.trusted & use) != 0 ? TRUST_YES : TRUST_NO;
}

/** x509_vfy.c check_trust, for the stored certificate at the path's end. */
static enum trust check_trust(const struct build *s)
{
    const int node = s->route->nodes[s->route->count - 1];
    const enum trust listed = listed_trust(s, cert_of(s, node));
    if (listed == TRUST_YES)
        s->route->trusted_for_use |= UINT32_C(1) << (s->route->count - 1);
    if (listed != TRUST_UNDECIDED)
        return listed;
    return node_is_root(s->j, node) || !s->b->anchor_must_be_root ? TRUST_YES : TRUST_UNDECIDED;
}

static void push(const struct build *s, int node)
{
    s->route->nodes[s->route->count++] = node;
}

/** One look into the store. False: nothing to be had there. */
static bool step_stored(struct build *s, enum trust *trust)
{
    const int child = s->route->nodes[s->route->count - 1];
    const int issuer = s->route->count > s->longest ? -1 : issuer_stored(s, child);
    if (issuer < 0)
        return false;
    const bool ends = node_is_root(s->j, child);
    /* a root that was sent is replaced by its very copy in the store, and by no look-alike */
    if (ends && issuer != child)
        return false;
    if (!ends)
        push(s, issuer);
    s->any_stored = true;
    *trust = check_trust(s);
    return !ends && !node_is_root(s->j, issuer);
}

static bool step_sent(struct build *s)
{
    const int child = s->route->nodes[s->route->count - 1];
    if (s->route->count > s->longest || node_is_root(s->j, child))
        return false;
    const int issuer = issuer_sent(s, child);
    if (issuer >= 0)
        push(s, issuer);
    return issuer >= 0;
}

/** With partial chains, a leaf that stands in the store will do when nothing else did; what was
 *  found above it stays on the path and is checked with it. */
static enum trust last_resort(struct build *s)
{
    const int leaf = s->route->nodes[0];
    if (s->any_stored || s->b->anchor_must_be_root || s->route->count > s->longest ||
        (s->j->graph->nodes[leaf].stores & s->mask) == 0)
        return TRUST_UNDECIDED;
    const enum trust listed = listed_trust(s, cert_of(s, leaf));
    if (listed == TRUST_YES)
        s->route->trusted_for_use |= 1;
    return listed == TRUST_NO ? TRUST_NO : TRUST_YES;
}

void route_greedy(struct judging *j, const struct behaviour *b, int store, struct route *out)
{
    const bool limited = b->max_intermediates != 0 || b->no_intermediates;
    struct build s = {.j = j,
                      .b = b,
                      .store = j->stores[store],
                      .mask = UINT32_C(1) << store,
                      .route = out,
                      .longest = limited ? b->max_intermediates + 1 : LIMIT_PATH_LENGTH};
    enum trust trust = TRUST_UNDECIDED;
    *out = (struct route){.nodes = {j->first}, .count = 1};
    while (out->count < LIMIT_PATH_LENGTH && trust == TRUST_UNDECIDED)
        if (!step_stored(&s, &trust) &&
            (trust != TRUST_UNDECIDED || s.any_stored || !step_sent(&s)))
            break;
    if (out->count >= LIMIT_PATH_LENGTH)
        limit_hit(j, "LIMIT_PATH_LENGTH");
    else if (trust == TRUST_UNDECIDED)
        trust = last_resort(&s);
    out->complete = trust == TRUST_YES;
    out->distrusted = trust == TRUST_NO;
}
