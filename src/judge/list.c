/* SPDX-License-Identifier: Apache-2.0 */
/* GnuTLS's way to a path (verify-high.c): sort what was sent, cut it at the first certificate whose
 * issuer, or whose twin in name and key, is trusted. One chain, no search. */
#include "judge/internal.h"

/** A trusted issuer of `child`: the last one that is valid now (find_issuer), else with `expired`
 *  the last one. */
static int trusted_issuer(struct judging *j, const struct behaviour *b, int child, uint32_t mask,
                          bool expired)
{
    const struct node_extra *extra = &j->extra[child];
    int best = -1;
    for (int e = extra->edge_first; e < extra->edge_first + extra->edge_count; e++) {
        const int issuer = j->graph->edges[e].issuer;
        const struct node *node = &j->graph->nodes[issuer];
        const bool valid =
            j->in->at >= node->cert->not_before && j->in->at <= node->cert->not_after;
        if ((node->stores & mask) && (valid || expired) && issuer > best && edge_suits(j, b, e))
            best = issuer;
    }
    return best;
}

/** A trusted certificate with the same name and key (_gnutls_check_if_same_key); one that has
 *  expired only when nothing else leads on. */
static int trusted_twin(const struct judging *j, int node, uint32_t mask, bool expired)
{
    const struct cert *cert = j->graph->nodes[node].cert;
    for (size_t n = 0; n < j->graph->node_count; n++) {
        const struct node *other = &j->graph->nodes[n];
        if ((other->stores & mask) && (expired || j->in->at <= other->cert->not_after) &&
            bytes_equal(other->cert->key.spki, cert->key.spki) &&
            name_equal_der(other->cert->subject, cert->subject))
            return (int)n;
    }
    return -1;
}

/** The first sent certificate that fits as issuer and is not used yet (_gnutls_sort_clist). */
static int sent_issuer(struct judging *j, const struct behaviour *b, const struct route *route)
{
    const int child = route->nodes[route->count - 1];
    const struct node_extra *extra = &j->extra[child];
    int best = -1;
    for (int e = extra->edge_first; e < extra->edge_first + extra->edge_count; e++) {
        const int issuer = j->graph->edges[e].issuer;
        const int position = j->graph->nodes[issuer].position;
        bool used = false;
        for (size_t i = 0; i < route->count; i++)
            used |= route->nodes[i] == issuer;
        if (position < 0 || used || !edge_suits(j, b, e))
            continue;
        if (best < 0 || position < j->graph->nodes[best].position)
            best = issuer;
    }
    return best;
}

static bool leaf_is_trusted(struct judging *j, const struct behaviour *b, uint32_t mask)
{
    return (j->graph->nodes[j->first].stores & mask) != 0 &&
           (b->anchor_issued_leaf || node_is_self_signed(j, j->first));
}

/** verify-high.c, the second try: the last certificate against the list of trusted ones. */
static void route_end_at_twin(const struct judging *j, uint32_t mask, struct route *out)
{
    const int last = out->nodes[out->count - 1];
    const bool stored = out->count == 1 && (j->graph->nodes[last].stores & mask) != 0;
    const int twin = stored ? last : out->count > 1 ? trusted_twin(j, last, mask, true) : -1;
    if (twin < 0)
        return;
    out->nodes[out->count - 1] = twin;
    out->complete = true;
}

void route_list(struct judging *j, const struct behaviour *b, int store, struct route *out)
{
    const uint32_t mask = UINT32_C(1) << store;
    *out = (struct route){.nodes = {j->first}, .count = 1};
    if (leaf_is_trusted(j, b, mask)) {
        out->complete = true;
        return;
    }
    while (out->count < LIMIT_PATH_LENGTH) {
        const int node = out->nodes[out->count - 1];
        const int twin = out->count > 1 ? trusted_twin(j, node, mask, false) : -1;
        if (twin >= 0) {
            out->nodes[out->count - 1] = twin;
            out->complete = true;
            return;
        }
        int anchor = trusted_issuer(j, b, node, mask, false);
        int next = anchor >= 0 ? anchor : sent_issuer(j, b, out);
        if (next < 0) /* better an expired anchor than none: its date is then the complaint */
            next = anchor = trusted_issuer(j, b, node, mask, true);
        if (next < 0) {
            route_end_at_twin(j, mask, out);
            return;
        }
        out->nodes[out->count++] = next;
        out->complete = anchor >= 0;
        if (out->complete)
            return;
    }
    limit_hit(j, "LIMIT_PATH_LENGTH");
}
