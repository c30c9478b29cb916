/* SPDX-License-Identifier: Apache-2.0 */
/* GnuTLS's way to a path (verify-high.c gnutls_x509_trust_list_verify_crt2): sort what was sent in
 * segments, cut it where the issuer is known, verify it from its last certificate against the
 * trusted ones of one name: that of the last one's issuer, or else its own. One chain, no search.
 */
#include <string.h>

#include "judge/internal.h"

enum { SENT_MAX = LIMIT_PATH_LENGTH - 1 }; /**< of more than 16 GnuTLS judges nothing at all */

/** What was sent, as it is sorted and cut. */
struct list {
    struct judging *j;
    const struct behaviour *b;
    int store;
    uint32_t mask;
    bool spoilt; /**< the file of trusted certificates holds one that cannot be read */
    int items[SENT_MAX];
    size_t count;
};

/** Trusted certificates of one name, byte for byte: a bucket of the trust list. */
struct bucket {
    int nodes[LIMIT_CANDIDATES];
    size_t count;
};

static const struct cert *cert_of(const struct list *l, int node)
{
    return l->j->graph->nodes[node].cert;
}

/** is_issuer: names as text, and key identifiers where both have one. */
static bool is_issuer(const struct list *l, int child, int issuer)
{
    const struct cert *cert = cert_of(l, child);
    if (child != issuer) {
        const int edge = graph_edge(l->j, child, issuer);
        return edge >= 0 && edge_suits(l->j, l->b, edge);
    }
    return name_equal_der(cert->issuer, cert->subject) &&
           (cert->aki_key_id.p == NULL || cert->ski.p == NULL ||
            bytes_equal(cert->aki_key_id, cert->ski));
}

/** gnutls_x509_trust_list_add_trust_mem: all that a file holds, or nothing of it. */
static bool store_is_spoilt(struct judging *j, const struct behaviour *b, uint32_t mask)
{
    for (size_t n = 0; n < j->graph->node_count; n++)
        if ((j->graph->nodes[n].stores & mask) && !anchor_is_loaded(j, b, (int)n))
            return true;
    return false;
}

static int node_of(const struct list *l, const struct cert *cert)
{
    for (size_t n = 0; n < l->j->graph->node_count; n++)
        if ((l->j->graph->nodes[n].stores & l->mask) && cert_equal(cert_of(l, (int)n), cert))
            return (int)n;
    return -1;
}

static struct bucket bucket_of(const struct list *l, struct name_key key)
{
    const struct anchor *found[LIMIT_CANDIDATES];
    struct bucket out = {.count = 0};
    const size_t n =
        l->spoilt ? 0 : store_find_key(l->j->stores[l->store], key, found, LIMIT_CANDIDATES);
    for (size_t i = 0; i < n && i < LIMIT_CANDIDATES; i++) {
        const int node =
            name_equal_der(found[i]->cert->subject, key.name) ? node_of(l, found[i]->cert) : -1;
        if (node >= 0)
            out.nodes[out.count++] = node;
    }
    return out;
}

/** find_issuer: the last one that is valid now, else the first. */
static int trusted_issuer(const struct list *l, int child, const struct bucket *bucket)
{
    int best = -1;
    for (size_t i = 0; i < bucket->count; i++) {
        const struct cert *cert = cert_of(l, bucket->nodes[i]);
        const bool valid = l->j->in->at < cert->not_after && l->j->in->at >= cert->not_before;
        if ((best < 0 || valid) && is_issuer(l, child, bucket->nodes[i]))
            best = bucket->nodes[i];
    }
    return best;
}

/** _gnutls_sort_clist, from `start` on: how many certificates follow each other there. */
static size_t segment_sort(struct list *l, size_t start)
{
    int *items = l->items + start, sorted[SENT_MAX];
    const size_t n = l->count - start;
    bool used[SENT_MAX] = {true};
    size_t last = 0, length = 1;
    sorted[0] = items[0];
    for (;;) {
        size_t next = 1;
        while (next < n && (next == last || !is_issuer(l, items[last], items[next])))
            next++;
        if (is_issuer(l, items[last], items[last]) || next == n || used[next])
            break;
        used[next] = true;
        sorted[length++] = items[next];
        last = next;
    }
    for (size_t i = 1, k = length; i < n; i++)
        if (!used[i])
            sorted[k++] = items[i];
    memcpy(items, sorted, n * sizeof *items);
    return length;
}

static bool is_seen(const struct list *l, size_t count, int node)
{
    for (size_t i = 0; i < count; i++)
        if (l->items[i] == node)
            return true;
    return false;
}

/** The first certificate of a segment, but for the very first, may be there twice. */
static bool duplicate_remove(struct list *l, size_t start, size_t length)
{
    for (size_t i = start + 1; i < start + length; i++)
        if (is_seen(l, start, l->items[i])) {
            memmove(&l->items[i], &l->items[i + 1], (l->count - i - 1) * sizeof *l->items);
            l->count--;
            return true;
        }
    return false;
}

static bool issuer_is_known(const struct list *l, int node)
{
    const struct bucket bucket = bucket_of(l, cert_issuer_key(cert_of(l, node)));
    return trusted_issuer(l, node, &bucket) >= 0;
}

/** shorten_clist: a self-signed certificate at the end says nothing, and what is trusted itself
 * ends the list. */
static void list_shorten(struct list *l)
{
    const int last = l->items[l->count - 1];
    if (l->count > 1 && is_issuer(l, last, last))
        l->count--;
    for (size_t i = 1; i < l->count; i++)
        if (!l->spoilt && (l->j->graph->nodes[l->items[i]].stores & l->mask) &&
            name_equal_der(cert_of(l, l->items[i])->issuer, cert_of(l, l->items[i])->subject))
            l->count = i + 1;
}

static void list_sort(struct list *l)
{
    for (size_t i = 0; i < l->count;) {
        const size_t length = segment_sort(l, i);
        if (duplicate_remove(l, i, length))
            continue;
        i += length;
        if (issuer_is_known(l, l->items[i - 1]))
            l->count = i;
    }
    list_shorten(l);
}

/** _gnutls_check_if_same_key: of the leaf only the very same certificate will do. */
static bool is_same(const struct list *l, int node, int trusted, bool leaf)
{
    const struct cert *a = cert_of(l, node), *b = cert_of(l, trusted);
    if (leaf)
        return cert_equal(a, b);
    return bytes_equal(a->key.spki, b->key.spki) && name_equal_der(a->subject, b->subject);
}

/** A trusted certificate that is dropped from the list must still be valid (check_ca_sanity). */
static bool is_valid(const struct list *l, int node)
{
    const struct cert *cert = cert_of(l, node);
    return l->j->in->at >= cert->not_before && l->j->in->at <= cert->not_after;
}

/** Segments do not hold together: what comes after a gap is no issuer of what stands before it. */
static void route_cut(const struct list *l, struct route *route)
{
    for (size_t i = 0; i + 1 < route->count; i++) {
        const int child = route->nodes[i], issuer = route->nodes[i + 1];
        const bool itself = child == issuer && i == 0 && route->complete; /* a trusted leaf */
        if (itself || (child != issuer && is_issuer(l, child, issuer)))
            continue;
        route->count = i + 1;
        route->complete = false;
    }
}

/** _gnutls_verify_crt_status: the list, and who of the bucket issued its last certificate. */
static void route_end(const struct list *l, const struct bucket *bucket, struct route *out)
{
    const int last = l->items[l->count - 1];
    size_t count = l->count > 1 && is_issuer(l, last, last) ? l->count - 1 : l->count;
    int anchor = -1;
    for (size_t i = 0; i < count && anchor < 0; i++)
        for (size_t k = 0; k < bucket->count && i < count; k++)
            if (is_same(l, l->items[i], bucket->nodes[k], i == 0)) {
                anchor = is_valid(l, bucket->nodes[k]) ? -1 : bucket->nodes[k];
                count = i;
            }
    *out = (struct route){.count = count};
    memcpy(out->nodes, l->items, count * sizeof *l->items);
    if (anchor < 0)
        anchor = count > 0 ? trusted_issuer(l, l->items[count - 1], bucket) : l->items[0];
    out->complete = anchor >= 0;
    if (anchor >= 0)
        out->nodes[out->count++] = anchor;
    route_cut(l, out);
}

/** SIGNER_OLD_OR_UNKNOWN */
static bool is_second_try_due(const struct route *route, const struct reasons *reasons)
{
    for (size_t i = 0; i < reasons->count; i++)
        switch (reasons->items[i].id) {
        case FACT_EXPIRED:
        case FACT_WEAK_DIGEST:
        case FACT_WEAK_KEY:
        case FACT_SIGNATURE_UNSUPPORTED:
            return true;
        default:
            break;
        }
    return !route->complete;
}

void route_list(struct judging *j, const struct behaviour *b, int store, struct route *out)
{
    struct list l = {.j = j, .b = b, .store = store, .mask = UINT32_C(1) << store};
    struct reasons reasons = {0}, again = {0};
    struct route second;
    *out = (struct route){.nodes = {j->first}, .count = 1};
    for (size_t i = 0; i < j->sent_count && l.count < SENT_MAX; i++)
        if (j->sent[i] >= 0)
            l.items[l.count++] = j->sent[i];
    if (l.count == 0 || l.items[0] != j->first)
        return;
    l.spoilt = store_is_spoilt(j, b, l.mask);
    list_sort(&l);
    const struct cert *last = cert_of(&l, l.items[l.count - 1]);
    const struct bucket by_issuer = bucket_of(&l, cert_issuer_key(last));
    route_end(&l, &by_issuer, out);
    if (name_equal_der(last->issuer, last->subject))
        return;
    check_route(j, b, out, &reasons);
    if (!is_second_try_due(out, &reasons))
        return;
    const struct bucket by_name = bucket_of(&l, cert_subject_key(last));
    route_end(&l, &by_name, &second);
    check_route(j, b, &second, &again);
    if (again.count == 0 || !out->complete)
        *out = second;
}
