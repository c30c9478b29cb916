/* SPDX-License-Identifier: Apache-2.0 */
/* A change to the world, and what the verdict says about the certificates it may touch. */
#include "internal.h"

enum { ANCHORS_LOOKED_AT = 400 }; /* the largest root programme has fewer */

void change_init(struct change *change)
{
    *change = (struct change){.supply_for = -1, .connection = -1, .at = TIME_NONE};
}

bool change_edits(const struct change *change, int node)
{
    for (size_t i = 0; i < change->edit_count; i++)
        if (change->edits[i].node == node)
            return true;
    return false;
}

struct cert_edit *change_edit(const struct repairing *r, struct change *change, int node)
{
    for (size_t i = 0; i < change->edit_count; i++)
        if (change->edits[i].node == node)
            return &change->edits[i].edit;
    const struct cert *cert = node_cert(r, node);
    if (cert == NULL || !cert->parsed || change->edit_count == CHANGE_EDITS)
        return NULL;
    struct node_edit *added = &change->edits[change->edit_count++];
    *added = (struct node_edit){.node = node};
    added->edit.not_before = TIME_NONE;
    added->edit.not_after = TIME_NONE;
    added->edit.path_length = -2;
    /* a certificate that was only known, not sent, must reach the clients to matter */
    if (!node_is_sent(r, node) && !node_is_anchor(r, node))
        change->bundle = true;
    return &added->edit;
}

bool change_trust(struct change *change, int node)
{
    for (size_t i = 0; i < change->trusted_count; i++)
        if (change->trusted[i] == node)
            return true;
    if (node < 0 || change->trusted_count == CHANGE_TRUSTED)
        return false;
    change->trusted[change->trusted_count++] = node;
    return true;
}

const struct cert *node_cert(const struct repairing *r, int node)
{
    const struct graph *graph = &r->verdict->graph;
    return node >= 0 && (size_t)node < graph->node_count ? graph->nodes[node].cert : NULL;
}

bool node_is_sent(const struct repairing *r, int node)
{
    return node_cert(r, node) != NULL && r->verdict->graph.nodes[node].position >= 0;
}

bool node_is_anchor(const struct repairing *r, int node)
{
    return node_cert(r, node) != NULL && r->verdict->graph.nodes[node].stores != 0;
}

static const struct path *best_path(const struct repairing *r)
{
    const struct verdict *verdict = r->verdict;
    bool known = verdict->best >= 0 && (size_t)verdict->best < verdict->path_count;
    return known ? &verdict->paths[verdict->best] : NULL;
}

int path_index(const struct repairing *r, int node)
{
    const struct path *path = best_path(r);
    for (size_t i = 0; path != NULL && i < path->count; i++)
        if (path->nodes[i] == node)
            return (int)i;
    return -1;
}

int path_neighbour(const struct repairing *r, int node, int step)
{
    const struct path *path = best_path(r);
    int index = path_index(r, node);
    if (index < 0 || index + step < 0 || (size_t)(index + step) >= path->count)
        return -1;
    return path->nodes[index + step];
}

static bool is_root(const struct cert *cert)
{
    return cert->parsed && cert_is_self_issued(cert);
}

const struct path *bundle_path(const struct repairing *r)
{
    return r->chosen != NULL ? r->chosen : best_path(r);
}

size_t bundle_nodes(const struct repairing *r, int nodes[PATH_KEEPS])
{
    return path_bundle(r, bundle_path(r), nodes);
}

struct bytes key_id_of_spki(const struct repairing *r, struct bytes spki)
{
    struct key_info key = {0};
    uint8_t *id = arena_alloc(r->arena, 20);
    key_info_read(spki, &key);
    crypto_sha1(key.bits_content, id);
    return bytes_of(id, 20);
}

struct bytes key_id_of(const struct repairing *r, const struct cert *cert)
{
    return cert->ski.n > 0 ? cert->ski : key_id_of_spki(r, cert->key.spki);
}

static int path_unknown_root(const struct repairing *r, const struct path *path)
{
    if (path == NULL || path->count == 0)
        return -1;
    int last = path->nodes[path->count - 1];
    return is_root(node_cert(r, last)) && !node_is_anchor(r, last) ? last : -1;
}

int unknown_root(const struct repairing *r)
{
    int root = path_unknown_root(r, best_path(r));
    for (size_t i = 0; root < 0 && i < r->verdict->path_count; i++)
        root = path_unknown_root(r, &r->verdict->paths[i]);
    return root;
}

/* An anchor that can issue anything today: what a certificate from a CA in good standing chains to.
 */
static bool is_sound(const struct cert *cert, cw_time at)
{
    return cert->parsed && cert->is_ca && is_root(cert) && cert->version == 3 &&
           cert->not_before <= at && at <= cert->not_after && cert->path_length != 0 &&
           (cert->has & HAS_NAME_CONSTRAINTS) == 0 &&
           (cert->key.kind == KEY_EC || (cert->key.kind == KEY_RSA && cert->key.bits >= 2048));
}

static bool same_organization(struct arena *arena, struct bytes a, struct bytes b)
{
    struct bytes one = name_attribute_utf8(arena, a, OID_ORGANIZATION, 0);
    return one.n > 0 && bytes_equal(one, name_attribute_utf8(arena, b, OID_ORGANIZATION, 0));
}

const struct cert *public_anchor(const struct repairing *r, struct bytes like)
{
    const struct cert *found = NULL;
    if (r->input->profile_count == 0 || r->input->stores[0] == NULL)
        return NULL;
    struct store *store = r->input->stores[0];
    for (size_t i = 0; i < ANCHORS_LOOKED_AT; i++) {
        const struct anchor *anchor = store_at(store, i);
        if (anchor == NULL)
            break;
        if (anchor->distrusted || !is_sound(anchor->cert, r->input->at))
            continue;
        if (like.p == NULL || same_organization(r->arena, anchor->cert->subject, like))
            return anchor->cert;
        found = found != NULL ? found : anchor->cert;
    }
    return found;
}
