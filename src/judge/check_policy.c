/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate policies, RFC 5280 section 6.1 with the policy graph of RFC 9618: one level per
 * certificate, each policy once per level, so that mappings cannot make it grow exponentially. */
#include <stdlib.h>

#include "judge/internal.h"

struct policy_node {
    struct bytes policy;
    struct bytes *parents; /**< policies of the level above that lead here; none: anyPolicy */
    size_t parent_count, parent_cap;
    bool mapped, removed, reachable;
};
struct policy_level {
    struct policy_node *nodes;
    size_t count, cap;
    bool any; /**< the level has an anyPolicy node */
};
struct policy_state {
    const struct check *c;
    struct policy_level levels[LIMIT_PATH_LENGTH];
    size_t level_count;
    size_t total;
    bool failed; /**< a mapping of anyPolicy, or the budget */
};

static bool is_any(struct bytes policy)
{
    return bytes_equal(policy, oid_der(OID_ANY_POLICY));
}

static struct policy_node *level_find(struct policy_level *level, struct bytes policy)
{
    for (size_t i = 0; i < level->count; i++)
        if (!level->nodes[i].removed && bytes_equal(level->nodes[i].policy, policy))
            return &level->nodes[i];
    return NULL;
}

static struct policy_node *level_add(struct policy_state *s, struct policy_level *level,
                                     struct bytes policy)
{
    struct judging *j = s->c->j;
    if (++s->total > LIMIT_POLICY_NODES || --j->policies_left < 0) {
        s->failed = true;
        limit_hit(j, j->policies_left < 0 ? "LIMIT_POLICY_TOTAL" : "LIMIT_POLICY_NODES");
        return NULL;
    }
    level->nodes =
        arena_grow(s->c->j->arena, level->nodes, level->count, &level->cap, sizeof *level->nodes);
    level->nodes[level->count] = (struct policy_node){.policy = policy};
    return &level->nodes[level->count++];
}

static void node_add_parent(struct policy_state *s, struct policy_node *node, struct bytes parent)
{
    struct bytes *parents = arena_grow(s->c->j->arena, node->parents, node->parent_count,
                                       &node->parent_cap, sizeof *parents);
    parents[node->parent_count++] = parent;
    node->parents = parents;
}

static int policy_compare(const void *a, const void *b)
{
    return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

/** What a certificate says of policies, read once per judgement. */
static const struct policies *policies_of(const struct check *c, size_t depth)
{
    struct node_extra *extra = &c->j->extra[c->route->nodes[depth]];
    struct arena *arena = c->j->arena;
    if (extra->policies != NULL)
        return extra->policies;
    struct policies *p = extra->policies = arena_alloc(arena, sizeof *p);
    p->items = arena_array(arena, LIMIT_POLICIES, sizeof *p->items);
    p->count = cert_policies(check_cert(c, depth), p->items, LIMIT_POLICIES);
    qsort(p->items, p->count, sizeof *p->items, policy_compare);
    p->mappings = arena_array(arena, LIMIT_POLICIES, sizeof *p->mappings);
    p->mapping_count = cert_policy_mappings(check_cert(c, depth), p->mappings, LIMIT_POLICIES);
    return p;
}

static bool is_listed(const struct policies *p, struct bytes policy)
{
    return p->count > 0 &&
           bsearch(&policy, p->items, p->count, sizeof *p->items, policy_compare) != NULL;
}

static bool level_is_empty(const struct policy_level *level)
{
    if (level->any)
        return false;
    for (size_t i = 0; i < level->count; i++)
        if (!level->nodes[i].removed)
            return false;
    return true;
}

/** pcy_map.c: a certificate with anyPolicy lists what it maps, even where anyPolicy is inhibited.
 */
static bool lists_by_mapping(const struct policy_state *s, const struct policies *p,
                             struct bytes policy)
{
    if (!s->c->b->policy_tree || !is_listed(p, oid_der(OID_ANY_POLICY)))
        return false;
    for (size_t n = 0; n < p->mapping_count; n++)
        if (bytes_equal(p->mappings[n].issuer_domain, policy))
            return true;
    return false;
}

/** … which then hang below anyPolicy of the level above. */
static void level_add_mapped(struct policy_state *s, struct policy_level *level,
                             const struct policies *p)
{
    for (size_t n = 0; n < p->mapping_count && !s->failed; n++) {
        const struct bytes policy = p->mappings[n].issuer_domain;
        if (lists_by_mapping(s, p, policy) && level_find(level, policy) == NULL)
            level_add(s, level, policy);
    }
}

/** RFC 5280 section 6.1.3 (d) and (e). */
static void level_intersect(struct policy_state *s, struct policy_level *level, size_t depth,
                            bool any_allowed)
{
    const struct policies *p = policies_of(s->c, depth);
    const bool had_any = level->any;
    if (!(check_cert(s->c, depth)->has & HAS_POLICIES)) {
        level->any = false;
        for (size_t i = 0; i < level->count; i++)
            level->nodes[i].removed = true;
        return;
    }
    const bool lists_any = is_listed(p, oid_der(OID_ANY_POLICY)) && any_allowed;
    for (size_t i = 0; i < level->count && !lists_any; i++)
        if (!is_listed(p, level->nodes[i].policy) &&
            !lists_by_mapping(s, p, level->nodes[i].policy))
            level->nodes[i].removed = true;
    for (size_t n = 0; had_any && n < p->count && !s->failed; n++)
        if (!is_any(p->items[n]) && level_find(level, p->items[n]) == NULL)
            level_add(s, level, p->items[n]);
    if (had_any)
        level_add_mapped(s, level, p);
    level->any = had_any && lists_any;
}

/** RFC 5280 section 6.1.4 (a) and (b): marks what is mapped, or deletes it when mapping is
 * inhibited. */
static void level_map(struct policy_state *s, struct policy_level *level, const struct policies *p,
                      bool allowed)
{
    for (size_t n = 0; n < p->mapping_count && !s->failed; n++) {
        const struct policy_mapping *m = &p->mappings[n];
        if (is_any(m->issuer_domain) || is_any(m->subject_domain)) {
            /* pcy_cache.c does not look at mappings without policies */
            s->failed = !s->c->b->policy_tree;
            return;
        }
        struct policy_node *node = level_find(level, m->issuer_domain);
        if (!allowed) {
            if (node != NULL)
                node->removed = true;
            continue;
        }
        if (node == NULL && level->any)
            node = level_add(s, level, m->issuer_domain);
        if (node != NULL)
            node->mapped = true;
    }
}

/** The next level's expected policies: each unmapped policy itself, each mapped one its targets. */
static void level_next(struct policy_state *s, struct policy_level *level, const struct policies *p,
                       struct policy_level *next)
{
    next->any = level->any;
    for (size_t i = 0; i < level->count && !s->failed; i++) {
        if (level->nodes[i].removed || level->nodes[i].mapped)
            continue;
        struct policy_node *node = level_add(s, next, level->nodes[i].policy);
        if (node != NULL)
            node_add_parent(s, node, level->nodes[i].policy);
    }
    for (size_t n = 0; n < p->mapping_count && !s->failed; n++) {
        const struct policy_mapping *m = &p->mappings[n];
        const struct policy_node *from = level_find(level, m->issuer_domain);
        if (from == NULL || !from->mapped)
            continue;
        struct policy_node *node = level_find(next, m->subject_domain);
        if (node == NULL)
            node = level_add(s, next, m->subject_domain);
        if (node != NULL)
            node_add_parent(s, node, m->issuer_domain);
    }
}

static bool user_wants(const struct behaviour *b, struct bytes policy)
{
    for (size_t i = 0; i < b->user_policy_count; i++)
        if (bytes_equal(b->user_policies[i], policy))
            return true;
    return false;
}

static bool user_wants_any(const struct behaviour *b)
{
    return b->user_policy_count == 0 || user_wants(b, oid_der(OID_ANY_POLICY));
}

/** RFC 5280 section 6.1.5 (g): does any policy that leads from the leaf to the anchor suit the
 * user? */
static bool policies_suit(struct policy_state *s)
{
    if (s->level_count == 0 || level_is_empty(&s->levels[s->level_count - 1]))
        return false;
    if (s->c->b->policy_tree && s->c->b->user_policy_count == 0)
        return false;
    if (user_wants_any(s->c->b) || s->levels[s->level_count - 1].any)
        return true;
    for (size_t i = 0; i < s->levels[s->level_count - 1].count; i++)
        s->levels[s->level_count - 1].nodes[i].reachable = true;
    for (size_t l = s->level_count; l-- > 0;) {
        for (size_t i = 0; i < s->levels[l].count; i++) {
            const struct policy_node *node = &s->levels[l].nodes[i];
            if (node->removed || !node->reachable)
                continue;
            if (node->parent_count == 0 && user_wants(s->c->b, node->policy))
                return true;
            for (size_t p = 0; l > 0 && p < node->parent_count; p++) {
                struct policy_node *up = level_find(&s->levels[l - 1], node->parents[p]);
                if (up != NULL)
                    up->reachable = true;
            }
        }
    }
    return false;
}

/** The counters of RFC 5280 section 6.1.2 (d) to (f). */
struct policy_counters {
    int64_t explicit_policy, mapping, any;
};

static void counter_lower(int64_t *counter, int to)
{
    if (to >= 0 && to < *counter)
        *counter = to;
}

/** RFC 5280 section 6.1.4 (h) to (j). */
static void counters_prepare(struct policy_counters *k, const struct cert *cert, bool self_issued)
{
    int require, mapping, any;
    if (!self_issued) {
        k->explicit_policy -= k->explicit_policy > 0;
        k->mapping -= k->mapping > 0;
        k->any -= k->any > 0;
    }
    cert_policy_constraints(cert, &require, &mapping, &any);
    counter_lower(&k->explicit_policy, require);
    counter_lower(&k->mapping, mapping);
    counter_lower(&k->any, any);
}

/** One certificate: its level, and unless it is the leaf the next one. Depth counts from the leaf.
 */
static void policy_step(struct policy_state *s, struct policy_counters *k, size_t depth)
{
    const struct check *c = s->c;
    const struct cert *cert = check_cert(c, depth);
    const bool self_issued = node_is_self_issued(c->j, c->route->nodes[depth]);
    struct policy_level *level = &s->levels[s->level_count - 1];
    /* an anchor without policies has them all */
    if (!check_is_anchor(c, depth) || (cert->has & HAS_POLICIES))
        level_intersect(s, level, depth, k->any > 0 || (depth > 0 && self_issued));
    /* pcy_tree.c tree_prune: what a leaf maps counts as well, where mapping is inhibited */
    if (depth == 0 && c->b->policy_tree && k->mapping == 0)
        level_map(s, level, policies_of(c, depth), false);
    if (level_is_empty(level) && k->explicit_policy == 0)
        s->failed = true; /* section 6.1.3 (f) */
    if (depth == 0 || s->level_count >= LIMIT_PATH_LENGTH)
        return;
    level_map(s, level, policies_of(c, depth), k->mapping > 0);
    level_next(s, level, policies_of(c, depth), &s->levels[s->level_count]);
    s->level_count++;
    counters_prepare(k, cert, self_issued);
}

/** pcy_cache.c policy_cache_new: which anomalies make a certificate's policies invalid. */
static bool policies_invalid(const struct cert *cert)
{
    const uint64_t of_extensions =
        ANOMALY_BIT(EXTENSION_MALFORMED) | ANOMALY_BIT(EXTENSION_DUPLICATE);
    const uint64_t of_policies =
        ANOMALY_BIT(POLICY_DUPLICATE) |
        (cert->has & HAS_POLICIES ? ANOMALY_BIT(POLICY_MAPS_ANY) : UINT64_C(0));
    if ((cert->anomaly_set & of_policies) != 0)
        return true;
    if ((cert->anomaly_set & of_extensions) == 0)
        return false;
    /* without certificatePolicies the mappings and inhibitAnyPolicy are not looked at */
    const unsigned looked_at =
        CRIT_PC | CRIT_CP | (cert->has & HAS_POLICIES ? CRIT_PM | CRIT_IAP : 0U);
    return cert_is_invalid(&(struct behaviour){.cached_extensions = looked_at}, cert);
}

/** True when the certificates below the anchor leave nothing to process. */
static bool policies_refused(const struct check *c)
{
    for (size_t depth = 0; depth + 1 < c->route->count; depth++)
        if (policies_invalid(check_cert(c, depth))) {
            reason_add(c, FACT_POLICY, at_depth((int)depth), 1, 0,
                       "the policies are malformed, or one is listed twice");
            return true;
        }
    return c->route->count < 2;
}

/** Most chains have no policy that could fail: then nothing is built. */
static bool policies_matter(const struct check *c)
{
    if (c->b->initial_explicit_policy)
        return true;
    for (size_t depth = 0; depth < c->route->count; depth++)
        if (check_cert(c, depth)->has & (HAS_POLICY_CONSTRAINTS | HAS_POLICY_MAPPINGS))
            return true;
    return false;
}

void check_policies(const struct check *c)
{
    if (c->b->policy != POLICY_PROCESS || (c->b->policy_tree && policies_refused(c)) ||
        !policies_matter(c))
        return;
    if (c->j->policies_left < 0) {
        reason_add(c, FACT_POLICY, at_depth(0), 0, 0, NULL);
        return;
    }
    const bool bare_anchor = c->route->complete && c->route->count > 1 && !c->b->anchor_policies;
    const size_t top = c->route->count - (bare_anchor ? 1 : 0);
    struct policy_state *s = arena_alloc(c->j->arena, sizeof *s);
    s->c = c;
    s->level_count = 1;
    s->levels[0].any = true;
    /* RFC 5280 section 6.1.2: n + 1 stands for "no limit" */
    struct policy_counters k = {
        .explicit_policy = (int64_t)top + 1, .mapping = (int64_t)top + 1, .any = (int64_t)top + 1};
    if (c->b->initial_explicit_policy)
        k.explicit_policy = 0;
    if (c->b->initial_mapping_inhibit)
        k.mapping = 0;
    if (c->b->initial_any_inhibit)
        k.any = 0;
    for (size_t depth = top; depth-- > 0 && !s->failed;)
        policy_step(s, &k, depth);
    /* section 6.1.5 (a) and (b) */
    int require, mapping, any;
    cert_policy_constraints(check_cert(c, 0), &require, &mapping, &any);
    k.explicit_policy -= k.explicit_policy > 0;
    if (require == 0)
        k.explicit_policy = 0;
    if (s->failed || (k.explicit_policy == 0 && !policies_suit(s)))
        reason_add(c, FACT_POLICY, at_depth(0), 0, 0, NULL);
}
