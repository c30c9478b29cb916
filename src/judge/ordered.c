/* SPDX-License-Identifier: Apache-2.0 */
/* mbedTLS's way to a path (x509_crt.c x509_crt_verify_chain): at each step the trusted list first,
 * then what stands after the certificate in the list as it was sent; the first issuer that is valid
 * now, else the first; never back. What could not sign is not an issuer. */
#include "judge/internal.h"

static bool string_equal(const struct der *a, const struct der *b)
{
    if (a->tag == b->tag && bytes_equal(a->body, b->body))
        return true;
    const bool foldable = (a->tag == DER_UTF8_STRING || a->tag == DER_PRINTABLE_STRING) &&
                          (b->tag == DER_UTF8_STRING || b->tag == DER_PRINTABLE_STRING);
    if (!foldable || a->body.n != b->body.n)
        return false;
    for (size_t i = 0; i < a->body.n; i++) {
        const uint8_t x = a->body.p[i], y = b->body.p[i], diff = x ^ y;
        const uint8_t folded = x | 32;
        if (diff != 0 && !(diff == 32 && folded >= 'a' && folded <= 'z'))
            return false;
    }
    return true;
}

static bool attributes_equal(const struct der *a, const struct der *b)
{
    struct reader x = reader_enter(a), y = reader_enter(b);
    struct der p, q, type_p, type_q, value_p, value_q;
    for (int i = 0; i < LIMIT_NAME_ATTRIBUTES && reader_next(&x, &p); i++) {
        if (!reader_next(&y, &q))
            return false;
        struct reader in_p = reader_enter(&p), in_q = reader_enter(&q);
        if (!reader_next(&in_p, &type_p) || !reader_next(&in_p, &value_p) ||
            !reader_next(&in_q, &type_q) || !reader_next(&in_q, &value_q) ||
            !bytes_equal(type_p.body, type_q.body) || !string_equal(&value_p, &value_q))
            return false;
    }
    return reader_at_end(&x) && reader_at_end(&y);
}

bool name_equal_printable(struct bytes a, struct bytes b)
{
    struct reader x = reader_of(a, 0), y = reader_of(b, 0);
    struct der p, q;
    if (name_equal_der(a, b))
        return true;
    if (!reader_next(&x, &p) || !reader_next(&y, &q))
        return false;
    x = reader_enter(&p);
    y = reader_enter(&q);
    for (int i = 0; i < LIMIT_NAME_ATTRIBUTES && reader_next(&x, &p); i++)
        if (!reader_next(&y, &q) || !attributes_equal(&p, &q))
            return false;
    return reader_at_end(&x) && reader_at_end(&y);
}

struct walk {
    struct judging *j;
    const struct behaviour *b;
    uint32_t mask;
    struct route *route;
    size_t self_issued; /**< intermediates that count for no pathLenConstraint */
};

static bool valid_now(const struct judging *j, const struct cert *cert)
{
    return j->in->at >= cert->not_before && j->in->at <= cert->not_after;
}

/** x509_crt_check_parent, and the path length in x509_crt_find_parent_in. */
static bool may_be_parent(const struct walk *w, const struct cert *cert, bool trusted)
{
    const size_t intermediates = w->route->count - 1 - w->self_issued;
    if (!(trusted && cert->version < 3)) {
        if (!cert->is_ca)
            return false;
        if ((cert->has & HAS_KEY_USAGE) && !(cert->key_usage & KU_KEY_CERT_SIGN))
            return false;
    }
    return cert->path_length < 0 || intermediates <= (size_t)cert->path_length;
}

/** The first parent that is valid now, else the first, in one of the two lists; in *bad whether its
 * key made the signature. */
struct search {
    int found, fallback;
};

static void parent_consider(struct walk *w, struct search *s, int edge, bool trusted)
{
    struct judging *j = w->j;
    const int issuer = j->graph->edges[edge].issuer;
    const struct cert *cert = j->graph->nodes[issuer].cert;
    if (s->found >= 0 || !cert->parsed || !edge_suits(j, w->b, edge) ||
        !may_be_parent(w, cert, trusted))
        return;
    if (trusted && edge_signature(j, edge) != EDGE_SIG_GOOD)
        return;
    if (valid_now(j, cert))
        s->found = issuer;
    else if (s->fallback < 0)
        s->fallback = issuer;
}

static int parent_trusted(struct walk *w, int child, struct store *store)
{
    const struct anchor *found[LIMIT_CANDIDATES];
    const struct node_extra extra = w->j->extra[child];
    struct search s = {-1, -1};
    size_t n = store_find_key(store, cert_issuer_key(w->j->graph->nodes[child].cert), found,
                              LIMIT_CANDIDATES);
    for (size_t i = 0; i < n && i < LIMIT_CANDIDATES; i++)
        for (int e = extra.edge_first; e < extra.edge_first + extra.edge_count; e++) {
            const int issuer = w->j->graph->edges[e].issuer;
            if (cert_equal(w->j->graph->nodes[issuer].cert, found[i]->cert) &&
                anchor_is_loaded(w->j, w->b, issuer))
                parent_consider(w, &s, e, true);
        }
    return s.found >= 0 ? s.found : s.fallback;
}

/** In the list as it was sent, after the child. The position is moved on to that of the parent. */
static int parent_sent(struct walk *w, int child, size_t *position)
{
    struct search s = {-1, -1};
    size_t at_found = 0, at_fallback = 0;
    for (size_t i = *position + 1; i < w->j->sent_count && s.found < 0; i++) {
        const int edge = w->j->sent[i] >= 0 ? graph_edge(w->j, child, w->j->sent[i]) : -1;
        const int fallback = s.fallback;
        if (edge < 0)
            continue;
        parent_consider(w, &s, edge, false);
        if (s.found >= 0)
            at_found = i;
        if (fallback < 0 && s.fallback >= 0)
            at_fallback = i;
    }
    *position = s.found >= 0 ? at_found : at_fallback;
    return s.found >= 0 ? s.found : s.fallback;
}

void route_ordered(struct judging *j, const struct behaviour *b, int store, struct route *out)
{
    struct walk w = {.j = j, .b = b, .mask = UINT32_C(1) << store, .route = out};
    size_t position = 0;
    *out = (struct route){.nodes = {j->first}, .count = 1};
    if ((j->graph->nodes[j->first].stores & w.mask) && node_is_self_issued(j, j->first) &&
        anchor_is_loaded(j, b, j->first)) {
        out->complete = true;
        return;
    }
    while (out->count < LIMIT_PATH_LENGTH) {
        const int child = out->nodes[out->count - 1];
        int parent = parent_trusted(&w, child, j->stores[store]);
        out->complete = parent >= 0;
        if (parent < 0)
            parent = parent_sent(&w, child, &position);
        if (parent < 0)
            return;
        if (!out->complete && out->count > b->max_intermediates) {
            out->too_long = true;
            return;
        }
        if (out->count > 1 && node_is_self_issued(j, child))
            w.self_issued++;
        out->nodes[out->count++] = parent;
        if (out->complete)
            return;
    }
}
