/* SPDX-License-Identifier: Apache-2.0 */
/* wolfSSL's way to a path (internal.c ProcessPeerCerts, asn.c ParseCertRelative): every certificate
 * that was sent is verified, the last one first; each that is a good CA may sign what comes before
 * it. CAs without a known signer are passed over, any other defect is final. */
#include <stddef.h>

#include "judge/internal.h"

enum { SENT_MAX = 9 }; /**< MAX_CHAIN_DEPTH: what comes after is not looked at */

enum state { STATE_UNSEEN, STATE_GOOD, STATE_BAD, STATE_UNSIGNED };

/** What became of a certificate, and who signed it: an anchor, or a sent certificate. */
struct member {
    int node, signer;
    enum state state;
};

struct manager {
    struct judging *j;
    const struct behaviour *b;
    uint32_t mask;
    int *anchors; /**< those that may sign, in the order of lookup */
    size_t anchor_count;
    struct member sent[SENT_MAX];
    size_t sent_count;
};

static const struct cert *cert_of(const struct manager *m, int node)
{
    return m->j->graph->nodes[node].cert;
}

/** AddCA: a second certificate with the same key identifier is not added. */
static void anchors_collect(struct manager *m, struct store *store)
{
    struct judging *j = m->j;
    m->anchors = arena_array(j->arena, j->graph->node_count + 1, sizeof *m->anchors);
    (void)store;
    for (size_t n = 0; n < j->graph->node_count; n++) {
        const struct cert *cert = j->graph->nodes[n].cert;
        bool known = false;
        if (!(j->graph->nodes[n].stores & m->mask) || !anchor_is_loaded(j, m->b, (int)n))
            continue;
        for (size_t i = 0; i < m->anchor_count; i++) {
            const struct cert *other = cert_of(m, m->anchors[i]);
            if (!bytes_equal(other->key.spki, cert->key.spki))
                continue;
            known = true;
            if (m->b->anchor_pick == ANCHOR_LAST)
                m->anchors[i] = (int)n;
        }
        if (!known)
            m->anchors[m->anchor_count++] = (int)n;
    }
}

static struct member *member_of(struct manager *m, int node)
{
    for (size_t i = 0; i < m->sent_count; i++)
        if (m->sent[i].node == node)
            return &m->sent[i];
    return NULL;
}

/** GetCA: by key identifier, of the issuer or of the certificate itself, and never one of another
 *  name; GetCAByName only where no key identifier is asked for. */
static bool signer_suits(const struct manager *m, int child, int node)
{
    const struct cert *cert = cert_of(m, child), *ca = cert_of(m, node);
    if (!name_equal_der(cert->issuer, ca->subject))
        return false;
    if (cert->aki_key_id.p == NULL)
        return true;
    return ca->ski.p != NULL && (bytes_equal(ca->ski, cert->aki_key_id) ||
                                 (cert->ski.p != NULL && bytes_equal(ca->ski, cert->ski)));
}

/** Who may sign this certificate now; -1 none. */
static int signer_find(const struct manager *m, int child)
{
    for (size_t i = 0; i < m->anchor_count; i++)
        if (signer_suits(m, child, m->anchors[i]))
            return m->anchors[i];
    for (size_t i = m->sent_count; i-- > 0;)
        if (m->sent[i].state == STATE_GOOD && m->sent[i].node != child &&
            signer_suits(m, child, m->sent[i].node))
            return m->sent[i].node;
    return -1;
}

/** Follows the signers from the route's last certificate up to an anchor. */
static void route_follow(struct manager *m, struct route *route)
{
    while (route->count < LIMIT_PATH_LENGTH) {
        const int node = route->nodes[route->count - 1];
        const struct member *member = member_of(m, node);
        const int signer = member != NULL ? member->signer : -1;
        if (signer < 0)
            return;
        route->nodes[route->count++] = signer;
        if (member_of(m, signer) == NULL || (m->j->graph->nodes[signer].stores & m->mask)) {
            route->complete = true;
            return;
        }
    }
}

/** What is wrong with a sent certificate under its signer. */
static void member_check(struct manager *m, const struct member *member, struct reasons *reasons)
{
    struct route route = {.nodes = {m->j->first, member->node}, .count = 2};
    struct reasons found = {0};
    const struct check c = {.j = m->j, .b = m->b, .route = &route, .out = &found};
    route_follow(m, &route);
    check_validity(&c, 1);
    check_signature(&c, 1);
    check_digest(&c, 1);
    check_keys(&c, 1);
    check_extensions(&c, 1);
    if (cert_of(m, member->node)->is_ca)
        check_usage(&c, 1);
    check_path_length(&c);
    check_name_constraints(&c);
    for (size_t i = 0; i < found.count; i++)
        if (found.items[i].node == member->node || found.items[i].id == FACT_PATH_LENGTH)
            reason_add_aside(&(struct check){.j = m->j, .b = m->b, .route = &route, .out = reasons},
                             &found.items[i], (size_t)(member - m->sent));
}

static void reasons_move_aside(struct reasons *reasons, ptrdiff_t position)
{
    for (size_t i = 0; i < reasons->count; i++)
        reasons->depths[i] = DEPTH_ASIDE + (int)position;
}

/** One sent certificate: its signer, and whether it is good. A CA without signer is passed over. */
static void member_verify(struct manager *m, struct member *member, struct reasons *faults)
{
    const struct cert *cert = cert_of(m, member->node);
    struct reasons reasons = {0};
    struct route nothing = {.nodes = {member->node}, .count = 1};
    const struct route unread = {.nodes = {m->j->first, member->node}, .count = 2};
    member->signer = -1;
    member->state = STATE_BAD;
    member->signer = signer_find(m, member->node);
    check_encoding(&(struct check){.j = m->j, .b = m->b, .route = &unread, .out = &reasons}, 1);
    if (reasons.count > 0 || !cert->parsed)
        reasons_move_aside(&reasons, member - m->sent);
    else if (member->signer >= 0)
        member_check(m, member, &reasons);
    else if (cert->is_ca)
        member->state = STATE_UNSIGNED;
    else
        reason_add_aside(&(struct check){.j = m->j, .b = m->b, .route = &nothing, .out = &reasons},
                         &(struct fact){.id = FACT_ISSUER_NOT_FOUND,
                                        .node = member->node,
                                        .other = -1,
                                        .text = name_short(m->j->arena, cert->issuer)},
                         (size_t)(member - m->sent));
    if (member->signer >= 0 && reasons.count == 0)
        member->state = cert->is_ca ? STATE_GOOD : STATE_UNSIGNED;
    const struct check into = {.j = m->j, .b = m->b, .route = &nothing, .out = faults};
    for (size_t i = 0; i < reasons.count; i++)
        reason_add_aside(&into, &reasons.items[i], (size_t)(member - m->sent));
}

/** For the leaf without signer: the certificate that would have been it, and was refused. */
static int signer_refused(struct manager *m, int child)
{
    for (size_t i = 1; i < m->sent_count; i++)
        if (m->sent[i].node != child && m->sent[i].state != STATE_GOOD &&
            signer_suits(m, child, m->sent[i].node))
            return m->sent[i].node;
    return -1;
}

/** The anchor is judged as one: what is wrong with its sent copy is told aside. */
static bool on_route(const struct route *route, int node)
{
    for (size_t i = 0; i + route->complete < route->count; i++)
        if (route->nodes[i] == node)
            return true;
    return false;
}

/** The leaf's path: who signed it, and who signed that. */
static void route_build(struct manager *m, struct route *out)
{
    int signer = signer_find(m, m->j->first);
    m->sent[0].signer = signer >= 0 ? signer : signer_refused(m, m->j->first);
    route_follow(m, out);
}

void route_top_down(struct judging *j, const struct behaviour *b, int store, struct route *out,
                    struct reasons *reasons)
{
    struct manager *m = arena_alloc(j->arena, sizeof *m);
    struct reasons faults = {0};
    *m = (struct manager){.j = j, .b = b, .mask = UINT32_C(1) << store};
    *out = (struct route){.nodes = {j->first}, .count = 1};
    if (j->graph->nodes[j->first].stores & m->mask) {
        out->complete = true; /* MatchTrustedPeer: the rest of the list is not verified */
        return;
    }
    anchors_collect(m, j->stores[store]);
    for (size_t i = 0; i < j->sent_count && i < SENT_MAX; i++)
        if (j->sent[i] >= 0)
            m->sent[m->sent_count++] = (struct member){.node = j->sent[i], .signer = -1};
    for (size_t i = m->sent_count; i-- > 1;)
        member_verify(m, &m->sent[i], &faults);
    route_build(m, out);
    const struct check c = {.j = j, .b = b, .route = out, .out = reasons};
    for (size_t i = 0; i < faults.count; i++)
        if (!on_route(out, faults.items[i].node))
            reason_add_aside(&c, &faults.items[i], (size_t)(faults.depths[i] - DEPTH_ASIDE));
}
