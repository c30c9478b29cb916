/* SPDX-License-Identifier: Apache-2.0 */
/* BoringSSL's way to a path as Chromium uses it (pki/path_builder.cc, CertPathIter): whole paths
 * are built first and judged then, trust anchors and matching key identifiers come before others,
 * and every look for one more issuer counts, so that namesakes use up the budget. */
#include <stdlib.h>

#include "judge/internal.h"

/** A certificate on the path under construction, with its issuers in the order of trial. */
struct step {
    int node;
    int issuers[LIMIT_CANDIDATES + 1];
    size_t count, next, skipped;
};

struct iteration {
    struct judging *j;
    const struct behaviour *b;
    uint32_t mask;
    struct step *steps; /**< LIMIT_PATH_LENGTH of them */
    size_t depth;
    size_t looks;
    struct route best; /**< the first path that ends in an anchor, else the first */
    bool found_any;
};

struct choice {
    int rank, issuer;
    bool self_issued;
    cw_time not_before, not_after;
    int order;
};

static bool is_anchor(const struct iteration *s, int node)
{
    return (s->j->graph->nodes[node].stores & s->mask) != 0;
}

/** TrustAndKeyIdentifierMatchToOrder. */
static int trust_rank(bool trusted, enum edge_aki key_id)
{
    if (key_id == AKI_MISMATCH)
        return trusted ? 4 : 5;
    return (trusted ? 0 : 2) + (key_id == AKI_ABSENT ? 1 : 0);
}

static int choice_compare(const void *a, const void *b)
{
    const struct choice *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank - y->rank;
    if (x->self_issued != y->self_issued)
        return x->self_issued ? 1 : -1;
    if (x->not_before != y->not_before)
        return x->not_before > y->not_before ? -1 : 1;
    if (x->not_after != y->not_after)
        return x->not_after > y->not_after ? -1 : 1;
    return x->order - y->order;
}

static enum edge_aki own_key_id(const struct cert *cert)
{
    if (cert->aki_key_id.p == NULL || cert->ski.p == NULL)
        return AKI_ABSENT;
    return bytes_equal(cert->aki_key_id, cert->ski) ? AKI_MATCH : AKI_MISMATCH;
}

static struct choice choice_of(struct iteration *s, int issuer, enum edge_aki key_id, int order)
{
    const struct cert *cert = s->j->graph->nodes[issuer].cert;
    return (struct choice){.rank = trust_rank(is_anchor(s, issuer), key_id),
                           .issuer = issuer,
                           .self_issued = node_is_self_issued(s->j, issuer),
                           .not_before = cert->not_before,
                           .not_after = cert->not_after,
                           .order = order};
}

/** CertIssuersIter: a self-issued certificate is a candidate for itself. */
static void step_open(struct iteration *s, int node)
{
    struct judging *j = s->j;
    struct step *step = &s->steps[s->depth++];
    struct choice choices[LIMIT_CANDIDATES + 1];
    const struct node_extra extra = j->extra[node];
    int count = 0;
    *step = (struct step){.node = node};
    for (int e = extra.edge_first; e < extra.edge_first + extra.edge_count; e++) {
        const struct edge *edge = &j->graph->edges[e];
        const struct node *issuer = &j->graph->nodes[edge->issuer];
        const bool seen =
            is_anchor(s, edge->issuer) || issuer->position > 0 || node_is_fetched_by(s->b, issuer);
        const bool unlike = s->b->anchor_names_der && is_anchor(s, edge->issuer) && !edge->same_der;
        if (seen && !unlike && count < LIMIT_CANDIDATES &&
            anchor_is_loaded(j, s->b, edge->issuer)) {
            choices[count] = choice_of(s, edge->issuer, edge->key_id, count);
            count++;
        }
    }
    const struct cert *cert = j->graph->nodes[node].cert;
    const bool unlike = s->b->anchor_names_der && !name_equal_der(cert->issuer, cert->subject);
    if (node_is_self_issued(j, node) && !(unlike && is_anchor(s, node)) &&
        (is_anchor(s, node) || j->graph->nodes[node].position > 0)) {
        choices[count] = choice_of(s, node, own_key_id(j->graph->nodes[node].cert), count);
        count++;
    }
    qsort(choices, (size_t)count, sizeof *choices, choice_compare);
    for (int i = 0; i < count; i++)
        step->issuers[step->count++] = choices[i].issuer;
}

/** CertIssuerIterPath: the same subject, alternative names and key again is a loop. */
static bool is_present(const struct iteration *s, int node)
{
    const struct cert *cert = s->j->graph->nodes[node].cert;
    const struct extension *san = cert_extension(cert, OID_SUBJECT_ALT_NAME);
    for (size_t i = 0; i < s->depth; i++) {
        const struct cert *seen = s->j->graph->nodes[s->steps[i].node].cert;
        const struct extension *other = cert_extension(seen, OID_SUBJECT_ALT_NAME);
        if (node_is_twin(s->j, s->steps[i].node, node) &&
            bytes_equal(san != NULL ? san->value : bytes_of(NULL, 0),
                        other != NULL ? other->value : bytes_of(NULL, 0)))
            return true;
    }
    return false;
}

/** A path to judge: complete under `anchor`, or the steps as they are (-1). True: it is good. */
static bool path_try(struct iteration *s, int anchor)
{
    struct route route = {.complete = anchor >= 0};
    struct reasons reasons = {0};
    for (size_t i = 0; i < s->depth; i++)
        route.nodes[route.count++] = s->steps[i].node;
    if (anchor >= 0)
        route.nodes[route.count++] = anchor;
    const bool better = !s->found_any || (route.complete && !s->best.complete);
    if (better)
        s->best = route;
    s->found_any = true;
    if (!route.complete)
        return false;
    check_route(s->j, s->b, &route, &reasons);
    if (reasons.count == 0)
        s->best = route;
    return reasons.count == 0;
}

/** One look for an issuer of the last step. True: a good path was found. */
static bool look(struct iteration *s)
{
    struct step *step = &s->steps[s->depth - 1];
    if (step->next == step->count) {
        if (step->count == step->skipped)
            path_try(s, -1);
        s->depth--;
        return false;
    }
    const int issuer = step->issuers[step->next++];
    if (is_anchor(s, issuer))
        return path_try(s, issuer);
    if (is_present(s, issuer))
        step->skipped++;
    else if (s->depth + 1 < LIMIT_PATH_LENGTH)
        step_open(s, issuer);
    return false;
}

bool route_iterate(struct judging *j, const struct behaviour *b, int store, struct route *out,
                   struct reasons *reasons)
{
    struct iteration s = {.j = j, .b = b, .mask = UINT32_C(1) << store};
    bool found = false;
    s.steps = arena_array(j->arena, LIMIT_PATH_LENGTH, sizeof *s.steps);
    s.best = (struct route){.nodes = {j->first}, .count = 1};
    step_open(&s, j->first);
    while (!found && s.depth > 0 && search_step(j, b, &s.looks))
        found = look(&s);
    if (!found && s.depth > 0 && !s.best.complete)
        s.best.too_long = true;
    *out = s.best;
    if (!found)
        check_route(j, b, out, reasons);
    return found;
}
