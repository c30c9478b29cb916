/* SPDX-License-Identifier: Apache-2.0 */
/* Candidate paths with all their facts, whatever any client would do with them: depth first from
 * the leaf, best candidates first, so that the budget is spent where a real client would look. */
#include <string.h>

#include "judge/internal.h"

struct walk {
    struct judging *j;
    struct route route;
    size_t steps;
};

unsigned fact_weight(enum fact_id id)
{
    switch (id) {
    case FACT_SIGNATURE_BAD:
        return 4000;
    case FACT_ISSUER_NOT_FOUND:
        return 3001; /* a path that ends at a root tells more than one that breaks off */
    case FACT_ROOT_NOT_TRUSTED:
    case FACT_SELF_SIGNED_LEAF:
    case FACT_SELF_SIGNED_CA_LEAF:
        return 3000;
    case FACT_UNPARSABLE:
    case FACT_NOT_A_CA:
    case FACT_SIGNATURE_UNSUPPORTED:
        return 800;
    case FACT_EXPIRED:
    case FACT_NOT_YET_VALID:
    case FACT_TIME_UNREADABLE:
    case FACT_NAME_CONSTRAINT:
    case FACT_PATH_LENGTH:
    case FACT_KEY_USAGE_CA:
    case FACT_EKU_MISSING:
    case FACT_CRITICAL_EXTENSION:
    case FACT_TLS_FEATURE:
    case FACT_POLICY:
        return 400;
    case FACT_WEAK_DIGEST:
    case FACT_WEAK_KEY:
        return 200;
    case FACT_REVOKED:
    case FACT_CA_REVOKED:
        return 150; /* less than what makes another path the best: most clients do not look */
    case FACT_ISSUER_NOT_SENT:
        return 50;
    case FACT_STAPLE_BAD:
    case FACT_MUST_STAPLE:
        return 0; /* the same on every path */
    default:
        return 1;
    }
}

int fact_intern(struct judging *j, const struct fact *fact)
{
    struct verdict *v = j->out;
    for (size_t i = 0; i < v->fact_count; i++) {
        const struct fact *f = &v->facts[i];
        if (f->id == fact->id && f->node == fact->node && f->other == fact->other &&
            f->value == fact->value && strcmp(f->text, fact->text) == 0)
            return (int)i;
    }
    v->facts = arena_grow(j->arena, v->facts, v->fact_count, &v->fact_cap, sizeof *v->facts);
    v->facts[v->fact_count] = *fact;
    return (int)v->fact_count++;
}

static void path_add_fact(struct judging *j, struct path *path, const struct fact *fact)
{
    const int index = fact_intern(j, fact);
    size_t cap = path->fact_count;
    path->facts = arena_grow(j->arena, path->facts, path->fact_count, &cap, sizeof *path->facts);
    path->facts[path->fact_count++] = index;
    path->cost += fact_weight(fact->id);
}

/** An issuer that the path needs, that is no anchor, and that the server did not send. */
static void path_not_sent(struct judging *j, struct path *path)
{
    for (size_t i = 1; i < path->count; i++) {
        const struct node *issuer = &j->graph->nodes[path->nodes[i]];
        const bool last = i + 1 == path->count;
        if ((issuer->from & FROM_SENT) || (last && path->complete) ||
            (last && node_is_self_signed(j, path->nodes[i])))
            continue;
        path_add_fact(j, path,
                      &(struct fact){.id = FACT_ISSUER_NOT_SENT,
                                     .node = path->nodes[i - 1],
                                     .other = path->nodes[i],
                                     .text = name_short(j->arena, issuer->cert->subject)});
    }
}

/** The right issuer, under another key identifier than the certificate names. */
static void path_unlike(struct judging *j, struct path *path)
{
    for (size_t i = 0; i + 1 < path->count; i++) {
        const int edge = graph_edge(j, path->nodes[i], path->nodes[i + 1]);
        if (edge >= 0 && edge_signature(j, edge) == EDGE_SIG_GOOD &&
            (j->graph->edges[edge].key_id == AKI_MISMATCH ||
             j->graph->edges[edge].issuer_serial == AKI_MISMATCH))
            path_add_fact(j, path,
                          &(struct fact){.id = FACT_ISSUER_UNLIKE,
                                         .node = path->nodes[i],
                                         .other = path->nodes[i + 1],
                                         .text = ""});
    }
}

static void path_emit(struct walk *w, bool complete)
{
    struct judging *j = w->j;
    struct verdict *v = j->out;
    if (v->path_count >= LIMIT_PATHS) {
        limit_hit(j, "LIMIT_PATHS");
        return;
    }
    v->paths = arena_grow(j->arena, v->paths, v->path_count, &v->path_cap, sizeof *v->paths);
    struct path *path = &v->paths[v->path_count++];
    *path = (struct path){.count = w->route.count, .complete = complete};
    path->nodes = arena_array(j->arena, path->count, sizeof *path->nodes);
    memcpy(path->nodes, w->route.nodes, path->count * sizeof *path->nodes);
    path->stores = complete ? j->graph->nodes[path->nodes[path->count - 1]].stores : 0;
    w->route.complete = complete;
    struct reasons reasons = {0};
    check_route(j, &behaviour_all_facts, &w->route, &reasons);
    for (size_t i = 0; i < reasons.count; i++)
        path_add_fact(j, path, &reasons.items[i]);
    path_not_sent(j, path);
    path_unlike(j, path);
    /* of two equally good paths the shorter is the one that was meant */
    path->cost += (unsigned)path->count;
}

static bool on_route(const struct walk *w, int node)
{
    for (size_t i = 0; i < w->route.count; i++)
        if (node_is_twin(w->j, w->route.nodes[i], node))
            return true;
    return false;
}

static void walk_from(struct walk *w, int node);

static void walk_into(struct walk *w, int issuer)
{
    if (w->route.count >= LIMIT_PATH_LENGTH) {
        limit_hit(w->j, "LIMIT_PATH_LENGTH");
        return;
    }
    w->route.nodes[w->route.count++] = issuer;
    walk_from(w, issuer);
    w->route.count--;
}

/** Follows edges whose signature verifies; only when there are none, those that do not. */
static bool walk_edges(struct walk *w, int node, bool good)
{
    struct judging *j = w->j;
    const struct node_extra extra = j->extra[node];
    bool followed = false;
    for (int e = extra.edge_first; e < extra.edge_first + extra.edge_count; e++) {
        const int issuer = j->graph->edges[e].issuer;
        if (on_route(w, issuer))
            continue;
        if (j->out->path_count >= LIMIT_PATHS) {
            limit_hit(j, "LIMIT_PATHS");
            return true;
        }
        if ((edge_signature(j, e) == EDGE_SIG_GOOD) != good)
            continue;
        followed = true;
        walk_into(w, issuer);
        if (w->steps > LIMIT_PATH_STEPS)
            break;
        if (!good)
            break; /* one example of what does not fit is enough */
    }
    return followed;
}

static void walk_from(struct walk *w, int node)
{
    struct judging *j = w->j;
    if (++w->steps > LIMIT_PATH_STEPS) {
        limit_hit(j, "LIMIT_PATH_STEPS");
        return;
    }
    const bool anchor = j->graph->nodes[node].stores != 0;
    if (anchor)
        path_emit(w, true);
    if (node_is_self_signed(j, node)) {
        if (!anchor)
            path_emit(w, false);
        return;
    }
    if (!walk_edges(w, node, true) && !walk_edges(w, node, false) && !anchor)
        path_emit(w, false);
}

/** How many of the clients trust the root that a path leads to. */
size_t path_clients(const struct judging *j, const struct path *path)
{
    size_t count = 0;
    for (size_t i = 0; i < j->in->profile_count; i++)
        count += path->stores >> j->store_of[i] & 1;
    return count;
}

/** Certificates that a server would have to send for it, and does not. */
static unsigned path_supplied(const struct judging *j, const struct path *path)
{
    unsigned count = 0;
    for (size_t i = 0; i < path->fact_count; i++)
        count += j->out->facts[path->facts[i]].id == FACT_ISSUER_NOT_SENT;
    return count;
}

/** When the first certificate of a path ends, at most `bound`. */
static cw_time path_end(const struct judging *j, const struct path *path, cw_time bound)
{
    for (size_t i = 0; i < path->count; i++) {
        const cw_time end = j->graph->nodes[path->nodes[i]].cert->not_after;
        bound = end < bound ? end : bound;
    }
    return bound;
}

/** Where an issuer has to be supplied there may be a choice of cross-signed ones (RFC 4158 section
 *  3.5): of paths with the same faults the one that most clients accept, for as long as the leaf
 *  lives, then the one with least to send. */
static bool path_is_better(const struct judging *j, const struct path *a, const struct path *b)
{
    const unsigned sent_a = path_supplied(j, a), sent_b = path_supplied(j, b);
    const unsigned not_sent = fact_weight(FACT_ISSUER_NOT_SENT);
    const unsigned faults_a = a->cost - sent_a * not_sent - (unsigned)a->count;
    const unsigned faults_b = b->cost - sent_b * not_sent - (unsigned)b->count;
    if (!a->complete || !b->complete || sent_a + sent_b == 0 || faults_a != faults_b)
        return a->cost < b->cost;
    const size_t clients_a = path_clients(j, a), clients_b = path_clients(j, b);
    if (clients_a != clients_b)
        return clients_a > clients_b;
    if (sent_a == 0 || sent_b == 0)
        return sent_a < sent_b;
    const cw_time leaf = j->graph->nodes[j->leaf].cert->not_after;
    const cw_time end_a = path_end(j, a, leaf), end_b = path_end(j, b, leaf);
    if (end_a != end_b)
        return end_a > end_b;
    if (a->cost != b->cost)
        return a->cost < b->cost;
    return path_end(j, a, INT64_MAX) > path_end(j, b, INT64_MAX);
}

void paths_enumerate(struct judging *j)
{
    struct verdict *v = j->out;
    v->best = -1;
    if (j->leaf < 0)
        return;
    struct walk w = {.j = j};
    w.route.nodes[w.route.count++] = j->leaf;
    walk_from(&w, j->leaf);
    for (size_t i = 0; i < v->path_count; i++)
        if (v->best < 0 || path_is_better(j, &v->paths[i], &v->paths[v->best]))
            v->best = (int)i;
}
