/* SPDX-License-Identifier: Apache-2.0 */
/* The flow of a judgement: graph, facts, paths, clients. */
#include <string.h>

#include "judge/internal.h"

/** The distinct stores among the profiles', and which one each profile uses. */
static void stores_collect(struct judging *j)
{
    int *of = arena_array(j->arena, j->in->profile_count + 1, sizeof *of);
    for (size_t i = 0; i < j->in->profile_count; i++) {
        size_t s = 0;
        while (s < j->store_count && j->stores[s] != j->in->stores[i])
            s++;
        if (s == j->store_count && s < STORES_MAX)
            j->stores[j->store_count++] = j->in->stores[i];
        of[i] = (int)(s < STORES_MAX ? s : STORES_MAX - 1);
    }
    j->store_of = of;
}

static bool issued_another(const struct judging *j, int node)
{
    const struct graph *g = j->graph;
    for (size_t e = 0; e < g->edge_count; e++)
        if (g->edges[e].issuer == node && (g->nodes[g->edges[e].child].from & FROM_SENT))
            return true;
    return false;
}

static bool is_named_as_target(const struct judging *j, int node)
{
    return j->obs->target.name_kind != NAME_NONE &&
           host_matches(&behaviour_all_facts, j->graph->nodes[node].cert, &j->obs->target);
}

/** The one sent certificate that issued no other and is no CA; with `named`, that covers the
 *  target's name too. -1: none, or several. */
static int leaf_among_sent(const struct judging *j, bool named)
{
    int leaf = -1;
    for (size_t i = 0; i < j->sent_count; i++) {
        const int node = j->sent[i];
        if (node < 0 || node == leaf || j->graph->nodes[node].cert->is_ca ||
            issued_another(j, node) || (named && !is_named_as_target(j, node)))
            continue;
        if (leaf >= 0)
            return -1;
        leaf = node;
    }
    return leaf;
}

/** A file may list its root first: then the leaf that was meant is the one certificate that is no
 *  CA and that nothing was issued by. */
static void leaf_find(struct judging *j)
{
    j->leaf = j->first;
    if (j->first < 0 || j->sent_count < 2)
        return;
    const struct cert *first = j->graph->nodes[j->first].cert;
    if (!first->is_ca && (!issued_another(j, j->first) || is_named_as_target(j, j->first)))
        return;
    int leaf = leaf_among_sent(j, false);
    if (leaf < 0)
        leaf = leaf_among_sent(j, true);
    if (leaf >= 0)
        j->leaf = leaf;
}

/** The leaf ends within a third of its lifetime and 30 days: worth a word before it is too late. */
static void fact_expiring(struct judging *j)
{
    if (j->leaf < 0)
        return;
    const struct cert *cert = j->graph->nodes[j->leaf].cert;
    if (cert->not_after == TIME_NONE || cert->not_before == TIME_NONE)
        return;
    const cw_time left = cert->not_after - j->in->at;
    if (left < 0 || left > 30 * TIME_DAY || left * 3 > cert->not_after - cert->not_before)
        return;
    fact_intern(j, &(struct fact){.id = FACT_EXPIRING,
                                  .node = j->leaf,
                                  .other = -1,
                                  .value = left,
                                  .limit = cert->not_after,
                                  .text = "",
                                  .on_best = true});
}

static void facts_mark_best(struct judging *j)
{
    struct verdict *v = j->out;
    for (size_t i = 0; i < v->fact_count; i++)
        v->facts[i].on_best |= v->facts[i].node < 0;
    if (v->best < 0)
        return;
    const struct path *best = &v->paths[v->best];
    for (size_t i = 0; i < best->fact_count; i++)
        v->facts[best->facts[i]].on_best = true;
}

static void stores_check_empty(struct judging *j)
{
    for (size_t s = 0; s < j->store_count; s++)
        if (store_count(j->stores[s]) == 0)
            fact_intern(j, &(struct fact){.id = FACT_STORE_EMPTY,
                                          .node = -1,
                                          .other = -1,
                                          .value = (int64_t)s,
                                          .text = store_name(j->stores[s]),
                                          .on_best = true});
}

/* ---- what the report shows of the chain ---- */

/* A root of the system's store may be the administrator's own: facts tell it from a public one. */
static bool root_is_public(const struct judging *j, int node)
{
    const struct node *root = &j->graph->nodes[node];
    struct root_standing standing;
    if (!j->in->public_store)
        return false;
    if (j->in->roots.p && root_standing_find(j->in->roots, root->cert->sha256, &standing))
        return true;
    return j->in->is_public_root ? j->in->is_public_root(root->cert) : root->stores != 0;
}

static enum issued_by issued_by(struct judging *j, int node)
{
    const struct path *best = j->out->best >= 0 ? &j->out->paths[j->out->best] : NULL;
    if (node_is_self_signed(j, node))
        return root_is_public(j, node) ? ISSUED_PUBLIC : ISSUED_SELF;
    if (best == NULL)
        return ISSUED_UNKNOWN;
    for (size_t i = 0; i < best->count; i++)
        if (best->nodes[i] == node) {
            const int top = best->nodes[best->count - 1];
            if (root_is_public(j, top))
                return ISSUED_PUBLIC;
            return best->complete || node_is_self_signed(j, top) ? ISSUED_PRIVATE : ISSUED_UNKNOWN;
        }
    return ISSUED_UNKNOWN;
}

static void chain_add(struct judging *j, size_t *cap, int node, int position)
{
    struct verdict *v = j->out;
    v->chain = arena_grow(j->arena, v->chain, v->chain_count, cap, sizeof *v->chain);
    v->chain[v->chain_count++] = (struct chain_entry){.node = node, .position = position};
}

static void chain_build(struct judging *j)
{
    struct verdict *v = j->out;
    size_t cap = 0;
    for (size_t i = 0; i < j->sent_count; i++)
        if (j->sent[i] >= 0)
            chain_add(j, &cap, j->sent[i], (int)i);
    const struct path *best = v->best >= 0 ? &v->paths[v->best] : NULL;
    for (size_t i = 0; best != NULL && i < best->count; i++)
        if (j->graph->nodes[best->nodes[i]].position < 0)
            chain_add(j, &cap, best->nodes[i], -1);
    v->issued = arena_array(j->arena, v->chain_count + 1, sizeof *v->issued);
    for (size_t i = 0; i < v->chain_count; i++)
        v->issued[i] = issued_by(j, v->chain[i].node);
}

/** When a client accepts a path that the bounded enumeration did not reach, that is the best one.
 */
static void best_from_clients(struct judging *j)
{
    struct verdict *v = j->out;
    if (v->best < 0 || v->paths[v->best].cost < fact_weight(FACT_WEAK_KEY))
        return;
    for (size_t i = 0; i < v->client_count; i++) {
        const struct client_verdict *client = &v->clients[i];
        if (client->accepts != 1 || client->path_count == 0)
            continue;
        struct path *best = &v->paths[v->best];
        best->nodes = client->path;
        best->count = client->path_count;
        best->complete = true;
        best->fact_count = 0;
        best->stores = j->graph->nodes[client->path[client->path_count - 1]].stores;
        return;
    }
}

/** Nothing is wrong with the best path that another issuer would cure: every client trusts its
 * root. */
static bool best_will_do(const struct judging *j)
{
    const struct verdict *v = j->out;
    return v->best >= 0 && v->paths[v->best].complete &&
           v->paths[v->best].cost < fact_weight(FACT_WEAK_DIGEST) &&
           path_clients(j, &v->paths[v->best]) == j->in->profile_count;
}

/** The graph of what was sent and is trusted, and of `pool` when there is one, and its paths. */
static void paths_find(struct judging *j, const struct judge_input *input, struct arena *arena,
                       struct verdict *out, struct store *pool)
{
    *j = (struct judging){.in = input,
                          .obs = input->observation,
                          .arena = arena,
                          .out = out,
                          .graph = &out->graph,
                          .pool = pool,
                          .first = -1,
                          .leaf = -1,
                          .signatures_left = LIMIT_SIGNATURES,
                          .policies_left = LIMIT_POLICY_TOTAL,
                          .nc_total = LIMIT_NC_TOTAL,
                          .steps_left = LIMIT_CLIENT_STEPS};
    *out = (struct verdict){.best = -1};
    stores_collect(j);
    graph_build(j);
    papers_collect(j);
    leaf_find(j);
    paths_enumerate(j);
}

void judge(const struct judge_input *input, struct arena *arena, struct verdict *out)
{
    struct judging j;
    paths_find(&j, input, arena, out, NULL);
    /* only where that does not do, so that knowing thousands of issuers costs a good chain nothing
     */
    if (input->pool != NULL && j.first >= 0 && !best_will_do(&j))
        paths_find(&j, input, arena, out, input->pool);
    facts_of_endpoint(&j);
    facts_of_sent(&j);
    facts_of_expected(&j);
    facts_of_revocation(&j);
    facts_of_dns(&j);
    facts_of_interception(&j);
    facts_of_clock(&j);
    fact_expiring(&j);
    stores_check_empty(&j);
    out->clients = arena_array(arena, input->profile_count + 1, sizeof *out->clients);
    out->client_count = input->profile_count;
    for (size_t i = 0; i < input->profile_count; i++)
        client_judge(&j, i, &out->clients[i]);
    best_from_clients(&j);
    facts_mark_best(&j);
    chain_build(&j);
    wants_collect(&j);
}

int verdict_chain_index(const struct verdict *verdict, int node)
{
    for (size_t i = 0; node >= 0 && i < verdict->chain_count; i++)
        if (verdict->chain[i].node == node)
            return (int)i;
    return -1;
}

const struct fact *verdict_fact(const struct verdict *verdict, enum fact_id id, int node)
{
    for (size_t i = 0; i < verdict->fact_count; i++)
        if (verdict->facts[i].id == id && (node == -2 || verdict->facts[i].node == node))
            return &verdict->facts[i];
    return NULL;
}

bool client_has_reason(const struct client_verdict *client, enum fact_id fact, int node)
{
    for (size_t i = 0; i < client->reason_count; i++)
        if (client->reasons[i].fact == fact && client->reasons[i].node == node)
            return true;
    return false;
}
