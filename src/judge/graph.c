/* SPDX-License-Identifier: Apache-2.0 */
/* The graph of candidate certificates: nodes are distinct certificates, an edge says that one's
 * subject is the other's issuer name. Signatures of edges are checked when a path wants them. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "judge/internal.h"

void limit_hit(struct judging *j, const char *name)
{
    struct verdict *v = j->out;
    for (size_t i = 0; i < v->limit_count; i++)
        if (strcmp(v->limits_hit[i], name) == 0)
            return;
    size_t cap = v->limit_count;
    v->limits_hit =
        arena_grow(j->arena, v->limits_hit, v->limit_count, &cap, sizeof *v->limits_hit);
    v->limits_hit[v->limit_count++] = name;
}

static size_t bucket_of(const struct judging *j, const struct cert *cert)
{
    size_t slot = bytes_hash(bytes_of(cert->sha256, 8)) & (j->bucket_count - 1);
    while (j->buckets[slot] != 0 &&
           memcmp(j->graph->nodes[j->buckets[slot] - 1].cert->sha256, cert->sha256, 32) != 0)
        slot = (slot + 1) & (j->bucket_count - 1);
    return slot;
}

int node_add(struct judging *j, const struct cert *cert, unsigned from, const struct origin *origin)
{
    struct graph *g = j->graph;
    size_t slot = bucket_of(j, cert);
    if (j->buckets[slot] != 0) {
        g->nodes[j->buckets[slot] - 1].from |= from;
        return j->buckets[slot] - 1;
    }
    if (g->node_count >= j->bucket_count / 2) {
        limit_hit(j, "LIMIT_NODES");
        return -1;
    }
    g->nodes = arena_grow(j->arena, g->nodes, g->node_count, &g->node_cap, sizeof *g->nodes);
    j->extra = arena_grow(j->arena, j->extra, g->node_count, &j->extra_cap, sizeof *j->extra);
    int node = (int)g->node_count++;
    g->nodes[node] = (struct node){.cert = cert, .from = from, .position = -1, .origin = *origin};
    j->extra[node] = (struct node_extra){0};
    j->buckets[slot] = node + 1;
    return node;
}

/** keyIdentifier against subjectKeyIdentifier, RFC 5280 section 4.2.1.1. */
static enum edge_aki key_id_match(const struct cert *child, const struct cert *issuer)
{
    if (child->aki_key_id.p == NULL || issuer->ski.p == NULL)
        return AKI_ABSENT;
    return bytes_equal(child->aki_key_id, issuer->ski) ? AKI_MATCH : AKI_MISMATCH;
}

/** authorityCertIssuer and authorityCertSerialNumber against the issuer's own issuer and serial. */
static enum edge_aki issuer_serial_match(const struct cert *child, const struct cert *issuer)
{
    if (child->aki_serial.p == NULL)
        return AKI_ABSENT;
    if (!bytes_equal(child->aki_serial, issuer->serial))
        return AKI_MISMATCH;
    struct reader names = reader_of(child->aki_issuer, 0);
    struct general_name name;
    for (int i = 0; i < LIMIT_NAME_ATTRIBUTES && general_name_next(&names, &name); i++)
        if (name.kind == GN_DIRECTORY)
            return name_equal(name.value, issuer->issuer) ? AKI_MATCH : AKI_MISMATCH;
    return AKI_MATCH;
}

bool node_is_twin(const struct judging *j, int a, int b)
{
    const struct cert *x = j->graph->nodes[a].cert, *y = j->graph->nodes[b].cert;
    return a == b || (x->subject_hash == y->subject_hash && bytes_equal(x->key.spki, y->key.spki) &&
                      name_equal(x->subject, y->subject));
}

bool node_is_self_issued(struct judging *j, int node)
{
    struct node_extra *extra = &j->extra[node];
    if (extra->self_issued == 0)
        extra->self_issued = cert_is_self_issued(j->graph->nodes[node].cert) ? 2 : 1;
    return extra->self_issued == 2;
}

/** Self-signed as far as names and key identifiers tell, without a signature check: whoever needs
 *  more looks at the signature. */
bool node_is_self_signed(struct judging *j, int node)
{
    const struct cert *cert = j->graph->nodes[node].cert;
    struct node_extra *extra = &j->extra[node];
    if (extra->self_signed == 0)
        extra->self_signed = node_is_self_issued(j, node) &&
                                     key_id_match(cert, cert) != AKI_MISMATCH &&
                                     issuer_serial_match(cert, cert) != AKI_MISMATCH
                                 ? 2
                                 : 1;
    return extra->self_signed == 2;
}

/** How likely a candidate is the real issuer: lower comes first. */
static int candidate_rank(const struct judging *j, const struct edge *edge)
{
    const struct node *issuer = &j->graph->nodes[edge->issuer];
    int rank = 0;
    if (edge->key_id == AKI_MISMATCH || edge->issuer_serial == AKI_MISMATCH)
        rank += 100;
    else if (edge->key_id == AKI_ABSENT)
        rank += 20;
    if (j->in->at < issuer->cert->not_before || j->in->at > issuer->cert->not_after)
        rank += 10;
    if (!issuer->cert->is_ca)
        rank += 40;
    if (!(issuer->from & FROM_STORE))
        rank += 4;
    if (!(issuer->from & FROM_SENT))
        rank += 2;
    return rank;
}

struct candidate {
    int rank;
    struct edge edge;
};

static int candidate_compare(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return x->edge.issuer < y->edge.issuer ? -1 : x->edge.issuer > y->edge.issuer;
}

struct candidates {
    struct candidate *items;
    size_t count, cap;
};

static void candidate_add(struct judging *j, struct candidates *list, int child, int issuer)
{
    if (issuer < 0 || issuer == child)
        return;
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].edge.issuer == issuer)
            return;
    const struct cert *c = j->graph->nodes[child].cert, *p = j->graph->nodes[issuer].cert;
    struct candidate found = {.edge = {.child = child,
                                       .issuer = issuer,
                                       .same_der = name_equal_der(c->issuer, p->subject),
                                       .key_id = key_id_match(c, p),
                                       .issuer_serial = issuer_serial_match(c, p),
                                       .signature = EDGE_SIG_UNCHECKED}};
    found.rank = candidate_rank(j, &found.edge);
    list->items = arena_grow(j->arena, list->items, list->count, &list->cap, sizeof *list->items);
    list->items[list->count++] = found;
}

static void candidates_from_store(struct judging *j, struct candidates *list, int child,
                                  struct store *store, unsigned from)
{
    const struct anchor *found[LIMIT_CANDIDATES];
    size_t n = store_find_issuers(store, j->graph->nodes[child].cert, found, LIMIT_CANDIDATES);
    if (n > LIMIT_CANDIDATES) {
        limit_hit(j, "LIMIT_CANDIDATES");
        n = LIMIT_CANDIDATES;
    }
    for (size_t i = 0; i < n; i++)
        if (found[i]->cert->parsed)
            candidate_add(j, list, child, node_add(j, found[i]->cert, from, &found[i]->origin));
}

static bool bears_issuer(const struct cert *cert, const struct cert *child)
{
    return cert->subject_hash == child->issuer_hash && name_equal(cert->subject, child->issuer);
}

static void candidates_from_sent(struct judging *j, struct candidates *list, int child)
{
    const struct cert *cert = j->graph->nodes[child].cert;
    for (size_t i = 0; i < j->sent_count; i++)
        if (j->sent[i] >= 0 && bears_issuer(j->graph->nodes[j->sent[i]].cert, cert))
            candidate_add(j, list, child, j->sent[i]);
}

/* Issuers that were fetched (RFC 5280 section 4.2.2.1); whatever came under another name is none.
 */
static void candidates_from_fetched(struct judging *j, struct candidates *list, int child)
{
    const struct cert *cert = j->graph->nodes[child].cert;
    for (size_t i = 0; i < j->fetched_count; i++) {
        const struct fetched_issuer *fetched = &j->fetched[i];
        const struct origin origin = {.kind = ORIGIN_FETCHED, .where = fetched->where};
        const bool http = strncasecmp(fetched->where, "http:", 5) == 0;
        const unsigned from = FROM_FETCHED | (http ? FROM_HTTP : 0);
        if (bears_issuer(fetched->cert, cert))
            candidate_add(j, list, child, node_add(j, fetched->cert, from, &origin));
    }
}

static void node_expand(struct judging *j, int child)
{
    struct graph *g = j->graph;
    struct candidates list = {0};
    candidates_from_sent(j, &list, child);
    for (size_t s = 0; s < j->store_count; s++)
        candidates_from_store(j, &list, child, j->stores[s], FROM_STORE);
    if (j->pool != NULL)
        candidates_from_store(j, &list, child, j->pool, FROM_POOL);
    candidates_from_fetched(j, &list, child);
    if (list.count > 1)
        qsort(list.items, list.count, sizeof *list.items, candidate_compare);
    if (list.count > LIMIT_CANDIDATES) {
        limit_hit(j, "LIMIT_CANDIDATES");
        list.count = LIMIT_CANDIDATES;
    }
    j->extra[child].expanded = true;
    j->extra[child].edge_first = (int)g->edge_count;
    j->extra[child].edge_count = (int)list.count;
    for (size_t i = 0; i < list.count; i++) {
        g->edges = arena_grow(j->arena, g->edges, g->edge_count, &g->edge_cap, sizeof *g->edges);
        g->edges[g->edge_count++] = list.items[i].edge;
    }
}

/** Marks which stores hold each node as a member. */
static void nodes_mark_stores(struct judging *j)
{
    for (size_t n = 0; n < j->graph->node_count; n++) {
        struct node *node = &j->graph->nodes[n];
        for (size_t s = 0; s < j->store_count; s++)
            if (store_get(j->stores[s], node->cert) != NULL)
                node->stores |= UINT32_C(1) << s;
        if (node->stores != 0)
            node->from |= FROM_STORE;
    }
}

static void sent_add(struct judging *j)
{
    const struct observation *obs = j->obs;
    j->sent_count = obs->sent_count;
    if (j->sent_count > LIMIT_SENT_CERTS) {
        limit_hit(j, "LIMIT_SENT_CERTS");
        j->sent_count = LIMIT_SENT_CERTS;
    }
    j->sent = arena_array(j->arena, j->sent_count + 1, sizeof *j->sent);
    for (size_t i = 0; i < j->sent_count; i++) {
        const int node = node_add(j, obs->sent[i].cert, FROM_SENT, &obs->sent[i].origin);
        j->sent[i] = node;
        if (node >= 0 && j->graph->nodes[node].position < 0)
            j->graph->nodes[node].position = (int)i;
    }
    j->first = j->sent_count > 0 ? j->sent[0] : -1;
}

static void fetched_add(struct judging *j)
{
    size_t cap = 0;
    for (size_t i = 0; i < j->obs->document_count; i++) {
        const struct document *document = &j->obs->documents[i];
        for (size_t k = 0; document->kind == WANT_ISSUER && k < document->cert_count; k++) {
            const struct cert *cert = document->certs[k];
            j->fetched =
                arena_grow(j->arena, j->fetched, j->fetched_count, &cap, sizeof *j->fetched);
            j->fetched[j->fetched_count++] =
                (struct fetched_issuer){.cert = cert, .where = document->where};
        }
    }
}

void graph_build(struct judging *j)
{
    fetched_add(j);
    /* a table twice as large as the nodes it may hold; the small one serves nearly every chain */
    const bool large =
        j->pool != NULL || j->obs->document_count > 0 || j->obs->sent_count > LIMIT_CANDIDATES;
    j->bucket_count = large ? 2 * LIMIT_NODES : LIMIT_NODES / 4;
    j->buckets = arena_array(j->arena, j->bucket_count, sizeof *j->buckets);
    sent_add(j);
    for (size_t n = 0; n < j->graph->node_count; n++)
        if (j->graph->nodes[n].cert->parsed)
            node_expand(j, (int)n);
    nodes_mark_stores(j);
}

int graph_edge(const struct judging *j, int child, int issuer)
{
    const struct node_extra *extra = &j->extra[child];
    for (int e = extra->edge_first; e < extra->edge_first + extra->edge_count; e++)
        if (j->graph->edges[e].issuer == issuer)
            return e;
    return -1;
}

/** How dear a check is, in checks under P-256 (60 µs of OpenSSL 3.0 on the machine of the bench).
 */
static int signature_cost(const struct key_info *key)
{
    switch (key->kind) {
    case KEY_RSA:
    case KEY_RSA_PSS:
        return 1 + (int)(key->bits / 4096 * (key->bits / 4096));
    case KEY_EC:
        return key->curve == OID_P256 ? 1 : 12;
    case KEY_ED25519:
        return 2;
    default:
        return 5;
    }
}

enum edge_sig edge_signature(struct judging *j, int edge)
{
    struct edge *e = &j->graph->edges[edge];
    if (e->signature != EDGE_SIG_UNCHECKED)
        return e->signature;
    const struct cert *child = j->graph->nodes[e->child].cert;
    const struct cert *issuer = j->graph->nodes[e->issuer].cert;
    if (child->hypothetical)
        return e->signature = EDGE_SIG_GOOD;
    const struct signed_object object = {.algorithm = child->outer_algorithm,
                                         .tbs = child->tbs,
                                         .signature = child->signature,
                                         .sha256 = child->sha256};
    const int left = j->signatures_left;
    const enum sig_result result =
        sig_memo_verify(j->in->memo, key_public(&issuer->key), &object, &j->signatures_left);
    if (j->signatures_left < left) {
        const int more = signature_cost(&issuer->key) - 1;
        j->signatures_left = j->signatures_left > more ? j->signatures_left - more : 0;
    }
    switch (result) {
    case SIG_OK:
        return e->signature = EDGE_SIG_GOOD;
    case SIG_UNSUPPORTED:
        return e->signature = EDGE_SIG_UNSUPPORTED;
    case SIG_UNCHECKED:
        limit_hit(j, "LIMIT_SIGNATURES");
        return EDGE_SIG_UNCHECKED;
    case SIG_KEY_UNUSABLE:
        if (issuer->key.kind == KEY_PQ) /* a library before OpenSSL 3.5 */
            return e->signature = EDGE_SIG_UNSUPPORTED;
        break;
    case SIG_BAD:
    case SIG_KEY_MISMATCH:
        break;
    }
    return e->signature = EDGE_SIG_BAD;
}
