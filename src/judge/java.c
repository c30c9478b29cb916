/* SPDX-License-Identifier: Apache-2.0 */
/* Java's way to a path (sun.security.validator.PKIXValidator.engineValidate): the list as it was
 * sent, when it is in order and ends under the name of an anchor: then exactly this list is
 * validated, and what is wrong with it is final. Else SunCertPathBuilder searches. */
#include "judge/internal.h"

struct list {
    struct judging *j;
    const struct behaviour *b;
    uint32_t mask;
    struct store *store;
};

/** A trusted certificate of the same name and key (PKIXValidator's trustedSubjects). */
static bool is_trusted_subject(const struct list *l, int node)
{
    const struct cert *cert = l->j->graph->nodes[node].cert;
    const struct anchor *found[LIMIT_CANDIDATES];
    if (l->j->graph->nodes[node].stores & l->mask)
        return true;
    const size_t n = store_find_key(l->store, cert_subject_key(cert), found, LIMIT_CANDIDATES);
    for (size_t i = 0; i < n && i < LIMIT_CANDIDATES; i++)
        if (bytes_equal(found[i]->cert->key.spki, cert->key.spki))
            return true;
    return false;
}

/** AdaptableX509CertSelector.match: a key identifier that differs rules an anchor out, and so does
 * a serial number unless its version is too old for extensions. */
static bool selector_matches(const struct edge *e, const struct cert *child,
                             const struct cert *anchor)
{
    if (e->key_id == AKI_MISMATCH)
        return false;
    if (child->aki_key_id.p != NULL && anchor->ski.p == NULL &&
        cert_extension(anchor, OID_SUBJECT_KEY_ID) != NULL)
        return false; /* one that cannot be read is no match */
    return anchor->version < 3 || child->aki_serial.p == NULL ||
           bytes_equal(child->aki_serial, anchor->serial);
}

/** How many certificates of the list are validated: up to the first that is trusted. 0: the list is
 *  out of order. */
static size_t list_length(const struct list *l)
{
    const struct judging *j = l->j;
    for (size_t i = 0; i < j->sent_count; i++) {
        if (j->sent[i] < 0)
            return 0;
        const struct cert *cert = j->graph->nodes[j->sent[i]].cert;
        if (i > 0 && !name_equal(cert->subject, j->graph->nodes[j->sent[i - 1]].cert->issuer))
            return 0;
        if (is_trusted_subject(l, j->sent[i]))
            return i > 0 ? i : 1;
    }
    return j->sent_count;
}

static bool list_suits(const struct list *l, const struct route *route, struct reasons *reasons)
{
    *reasons = (struct reasons){0};
    check_route(l->j, l->b, route, reasons);
    return route->complete && reasons->count == 0;
}

/** PKIXCertPathValidator.engineValidate: each anchor that the selector lets through in turn; the
 * last one's complaint stays. True: the list leads to an anchor's name, so the verdict stands. */
static bool list_validate(const struct list *l, struct route *out, struct reasons *reasons)
{
    struct judging *j = l->j;
    const int last = out->nodes[out->count - 1];
    const struct node_extra extra = j->extra[last];
    const size_t count = out->count;
    bool named = false;
    if (count >= LIMIT_PATH_LENGTH)
        return false;
    list_suits(l, out, reasons);
    for (int e = extra.edge_first; e < extra.edge_first + extra.edge_count; e++) {
        const int anchor = j->graph->edges[e].issuer;
        if (!(j->graph->nodes[anchor].stores & l->mask) || !anchor_is_loaded(j, l->b, anchor))
            continue;
        named = true;
        if (!selector_matches(&j->graph->edges[e], j->graph->nodes[last].cert,
                              j->graph->nodes[anchor].cert))
            continue;
        out->nodes[count] = anchor;
        out->count = count + 1;
        out->complete = true;
        if (list_suits(l, out, reasons))
            return true;
    }
    return named;
}

/** What the builder itself looks at: the leaf's usage, its names and the anchor come afterwards
 *  (PKIXValidator.toArray, EndEntityChecker, X509TrustManagerImpl.checkIdentity). */
static struct behaviour builder_of(const struct behaviour *b)
{
    struct behaviour only = *b;
    only.strategy = STRATEGY_DFS;
    only.leaf_eku_ignored = true;
    only.leaf_ku = LEAF_KU_IGNORE;
    only.ns_cert_type = false;
    only.names_unchecked = true;
    only.anchor_bc = ANCHOR_BC_NONE;
    only.anchor_cert_sign_ignored = true;
    only.anchor_time_ignored = false;
    only.max_intermediates = b->search_max_intermediates;
    return only;
}

bool route_list_or_search(struct judging *j, const struct behaviour *b, int store,
                          struct route *out, struct reasons *reasons)
{
    const struct list l = {.j = j, .b = b, .mask = UINT32_C(1) << store, .store = j->stores[store]};
    const size_t length = list_length(&l);
    *out = (struct route){.nodes = {j->first}, .count = 1};
    if (j->graph->nodes[j->first].stores & l.mask) {
        out->complete = true;
        return list_suits(&l, out, reasons);
    }
    for (size_t i = 1; i < length && out->count < LIMIT_PATH_LENGTH; i++)
        out->nodes[out->count++] = j->sent[i];
    if (length > 0 && list_validate(&l, out, reasons))
        return out->complete && reasons->count == 0;
    const struct behaviour builder = builder_of(b);
    if (route_search(j, &builder, store, out))
        return list_suits(&l, out, reasons);
    *reasons = (struct reasons){0};
    route_least_bad(j, b, store, out, reasons);
    reasons->search_failed = true;
    return false;
}
