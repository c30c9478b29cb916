/* SPDX-License-Identifier: Apache-2.0 */
/* Which members of the stores belong into a saved case: all that judging looked at, in their order.
 */
#include "certwhy_internal.h"

#include <string.h>

/** The organisations of everything in the graph: judging counts a store's members of the same
 * family. */
struct families {
    const char **items;
    size_t count;
};

static struct families families_of(struct arena *arena, const struct graph *graph)
{
    struct families families = {arena_array(arena, 2 * graph->node_count + 1, sizeof(char *)), 0};
    for (size_t i = 0; i < graph->node_count; i++) {
        const struct cert *cert = graph->nodes[i].cert;
        families.items[families.count++] = name_attribute(arena, cert->subject, OID_ORGANIZATION);
        families.items[families.count++] = name_attribute(arena, cert->issuer, OID_ORGANIZATION);
    }
    return families;
}

static bool is_touched(const struct graph *graph, const struct families *families,
                       const struct cert *cert, const char *family)
{
    for (size_t i = 0; i < graph->node_count; i++)
        if (cert_equal(graph->nodes[i].cert, cert))
            return true;
    for (size_t i = 0; family && i < families->count; i++)
        if (families->items[i] && str_equal_nocase(families->items[i], family))
            return true;
    return false;
}

static size_t members_touched(struct arena *arena, const struct graph *graph, struct store *store,
                              struct seen *out)
{
    const struct families families = families_of(arena, graph);
    size_t count = 0;
    for (size_t i = 0; store && i < store_count(store) && count < LIMIT_NODES; i++) {
        const struct anchor *anchor = store_at(store, i);
        if (!anchor || !anchor->cert)
            continue;
        const char *family = name_attribute(arena, anchor->cert->subject, OID_ORGANIZATION);
        /* The first member stands for the rest: an empty store is another finding. */
        if (i == 0 || is_touched(graph, &families, anchor->cert, family))
            out[count++] = (struct seen){.cert = anchor->cert, .origin = anchor->origin};
    }
    return count;
}

/* Of a pool only what a path could be made of: the rest of its thousands is never parsed. */
static size_t pool_touched(const struct graph *graph, struct store *pool, struct seen *out)
{
    size_t count = 0;
    for (size_t i = 0; pool && i < graph->node_count && count < LIMIT_NODES; i++) {
        const struct anchor *member = store_get(pool, graph->nodes[i].cert);
        if (member)
            out[count++] = (struct seen){.cert = member->cert, .origin = member->origin};
    }
    return count;
}

/* The members of all stores, each once, with the stores that hold it where there are several. */
static size_t anchors_touched(struct arena *arena, const struct checked *checked, struct seen *out)
{
    const struct graph *graph = &checked->report.verdict.graph;
    struct seen *some = arena_array(arena, LIMIT_NODES, sizeof *some);
    size_t count = 0;
    for (size_t s = 0; s < checked->distinct_count; s++) {
        const size_t n = members_touched(arena, graph, checked->distinct[s], some);
        for (size_t i = 0; i < n; i++) {
            size_t at = 0;
            while (at < count && !cert_equal(out[at].cert, some[i].cert))
                at++;
            if (at == LIMIT_NODES)
                break;
            if (at == count)
                out[count++] = some[i];
            if (checked->distinct_count > 1)
                out[at].stores |= UINT32_C(1) << s;
        }
    }
    return count;
}

/* A store's digest is for cases alone: no report shows it. */
static void digests_fill(const struct checked *checked)
{
    const struct observation *seen = &checked->observation;
    for (size_t i = 0; i < checked->distinct_count && !seen->stores_from_case; i++) {
        store_digest(checked->distinct[i]);
        for (size_t k = 0; k < seen->stores[i].source_count; k++)
            memcpy(seen->stores[i].sources[k].sha256,
                   store_source_at(checked->distinct[i], k)->sha256, 32);
    }
}

enum cw_code report_case(const struct cw_report *report, size_t target, struct buf *out,
                         struct error *error)
{
    const struct checked *checked = report->checked[target];
    digests_fill(checked);
    const struct graph *graph = &checked->report.verdict.graph;
    struct arena arena = {0};
    struct seen *anchors = arena_array(&arena, LIMIT_NODES, sizeof *anchors);
    struct seen *pool = arena_array(&arena, LIMIT_NODES, sizeof *pool);
    const size_t anchor_count = anchors_touched(&arena, checked, anchors);
    const size_t pool_count = pool_touched(graph, checked->pool, pool);
    struct observation seen = checked->observation;
    tables_keep(&arena, checked, &seen);
    const enum cw_code code =
        case_write(&seen, anchors, anchor_count, pool, pool_count, out, error);
    arena_free(&arena);
    return code;
}
