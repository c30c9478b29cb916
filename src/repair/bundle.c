/* SPDX-License-Identifier: Apache-2.0 */
/* The chain that a correct server sends: which of the paths to a trusted root, and the proof. Where
 * cross-signs leave a choice it is the one that most clients accept, for longest, and the shortest
 * of these. */
#include <string.h>

#include "words.h"

enum {
    PATHS_TRIED = 6
}; /* different bundles that are judged; real cross-signs give two or three */

static bool is_root(const struct cert *cert)
{
    return cert->parsed && cert_is_self_issued(cert);
}

size_t path_bundle(const struct repairing *r, const struct path *path, int nodes[PATH_KEEPS])
{
    size_t count = 0;
    for (size_t i = 0; path != NULL && i < path->count && count < PATH_KEEPS; i++) {
        /* RFC 8446 section 4.4.2: the certificate that specifies the trust anchor may be omitted */
        bool last = i + 1 == path->count;
        if (i > 0 && last && is_root(node_cert(r, path->nodes[i])))
            break;
        nodes[count++] = path->nodes[i];
    }
    return count;
}

static bool same_bundle(const struct repairing *r, const struct path *a, const struct path *b)
{
    int one[PATH_KEEPS], two[PATH_KEEPS];
    const size_t n = path_bundle(r, a, one);
    return n == path_bundle(r, b, two) && memcmp(one, two, n * sizeof *one) == 0;
}

/* ---- the choice ---- */

struct candidate {
    const struct path *path;
    size_t accepted;
    cw_time until; /* the first certificate of it ends, its root included */
};

static cw_time path_until(const struct repairing *r, const struct path *path)
{
    cw_time until = TIME_NONE;
    for (size_t i = 0; i < path->count; i++) {
        const cw_time end = node_cert(r, path->nodes[i])->not_after;
        if (end != TIME_NONE && (until == TIME_NONE || end < until))
            until = end;
    }
    return until;
}

static size_t count_accepting(const struct verdict *verdict)
{
    size_t count = 0;
    for (size_t i = 0; i < verdict->client_count; i++)
        count += verdict->clients[i].accepts == 1;
    return count;
}

static void candidate_judge(struct repairing *r, struct candidate *candidate)
{
    struct change change;
    change_init(&change);
    change.bundle = change.clean_file = true;
    r->chosen = candidate->path;
    TRIAL_CLEANUP trial;
    trial_run(r, &change, &trial);
    candidate->accepted = count_accepting(&trial.verdict);
    candidate->until = path_until(r, candidate->path);
    r->trials_left--;
}

static bool is_better(const struct candidate *a, const struct candidate *b)
{
    if (a->accepted != b->accepted)
        return a->accepted > b->accepted;
    if (a->accepted == 0) /* nothing tells them apart: the path with the least wrong stays */
        return false;
    return a->until != b->until ? a->until > b->until : a->path->count < b->path->count;
}

static const char *choice_text(const struct repairing *r, const struct candidate *best,
                               const struct candidate *other)
{
    const struct cert *root = node_cert(r, best->path->nodes[best->path->count - 1]);
    const struct cert *instead = node_cert(r, other->path->nodes[other->path->count - 1]);
    return arena_printf(
        r->arena,
        "of the chains that are possible, the one to \"%s\": %zu of %zu clients accept it, until "
        "%s; to \"%s\" %zu would, until %s",
        name_short(r->arena, root->subject), best->accepted, r->verdict->client_count,
        time_date(r->arena, best->until), name_short(r->arena, instead->subject), other->accepted,
        time_date(r->arena, other->until));
}

static size_t candidates_collect(const struct repairing *r, struct candidate *list)
{
    const struct verdict *v = r->verdict;
    size_t count = 0;
    if (v->best < 0 || (size_t)v->best >= v->path_count || !v->paths[v->best].complete)
        return 0;
    list[count++].path = &v->paths[v->best];
    for (size_t i = 0; i < v->path_count && count < PATHS_TRIED; i++) {
        bool known = !v->paths[i].complete;
        for (size_t k = 0; k < count && !known; k++)
            known = same_bundle(r, list[k].path, &v->paths[i]);
        if (!known)
            list[count++].path = &v->paths[i];
    }
    return count;
}

void bundle_choose(struct repairing *r)
{
    struct candidate list[PATHS_TRIED] = {0};
    const size_t count = candidates_collect(r, list);
    size_t best = 0, second = 1;
    r->choice = "";
    if (count < 2 || r->trials_left <= PATHS_TRIED)
        return;
    for (size_t i = 0; i < count; i++)
        candidate_judge(r, &list[i]);
    for (size_t i = 1; i < count; i++)
        if (is_better(&list[i], &list[best]))
            best = i;
    second = best == 0 ? 1 : 0;
    r->chosen = list[best].path;
    r->choice = choice_text(r, &list[best], &list[second]);
}

/* ---- the chain to write ---- */

static size_t lost_collect(const struct repairing *r, struct lost_block **out)
{
    const struct observation *obs = r->input->observation;
    size_t count = 0, block = 0;
    *out = arena_array(r->arena, obs->file.object_count + 1, sizeof **out);
    for (size_t i = 0; i < obs->file.object_count; i++) {
        const struct object *object = &obs->file.objects[i];
        block++;
        if (object->kind != OBJECT_CERTIFICATE)
            continue;
        struct cert *cert = cert_parse(object->der);
        if (!cert->parsed)
            (*out)[count++] = (struct lost_block){.block = block,
                                                  .line = object->origin.line,
                                                  .end_line = object->end_line,
                                                  .offset = object->origin.offset};
        cert_unref(cert);
    }
    return count;
}

/* What a lost block leaves behind: a fault that damages, and a certificate that fits nowhere. */
static bool has_gap(const struct repairing *r, const struct chain_plan *out)
{
    const struct observation *obs = r->input->observation;
    bool damaged = false;
    for (size_t i = 0; i < obs->file.fault_count; i++) {
        const enum file_fault_id id = obs->file.faults[i].id;
        if (id == FAULT_UNSAVED)
            return true;
        damaged = damaged || id == FAULT_BAD_BASE64 || id == FAULT_BAD_PADDING ||
                  id == FAULT_BAD_DER || id == FAULT_NO_BEGIN || id == FAULT_NO_END;
    }
    for (size_t i = 0; damaged && i < obs->sent_count; i++) {
        bool kept = out->root != NULL && cert_equal(out->root, obs->sent[i].cert);
        for (size_t k = 0; k < out->count && !kept; k++)
            kept = cert_equal(out->certs[k], obs->sent[i].cert);
        if (!kept)
            return true;
    }
    return false;
}

static void keep_certificates(const struct repairing *r, struct chain_plan *out)
{
    int nodes[PATH_KEEPS];
    const struct path *path = bundle_path(r);
    out->count = bundle_nodes(r, nodes);
    out->certs = arena_array(r->arena, out->count + 1, sizeof *out->certs);
    for (size_t i = 0; i < out->count; i++)
        out->certs[i] = node_cert(r, nodes[i]);
    if (path != NULL && path->count > out->count)
        out->root = node_cert(r, path->nodes[path->count - 1]);
}

static bool is_what_is_sent(const struct observation *obs, const struct chain_plan *chain)
{
    bool same = obs->sent_count == chain->count;
    for (size_t i = 0; same && i < chain->count; i++)
        same = cert_equal(obs->sent[i].cert, chain->certs[i]);
    return same;
}

void repair_chain(const struct judge_input *input, const struct verdict *verdict,
                  struct arena *arena, struct chain_plan *out)
{
    struct repairing r = {
        .input = input, .verdict = verdict, .arena = arena, .trials_left = LIMIT_TRIALS};
    *out = (struct chain_plan){.choice = ""};
    out->lost_count = lost_collect(&r, &out->lost);
    bundle_choose(&r);
    keep_certificates(&r, out);
    if (out->count == 0)
        return;
    out->choice = r.choice;
    out->gap = has_gap(&r, out);
    out->unchanged = is_what_is_sent(input->observation, out);
    struct change change;
    change_init(&change);
    change.bundle = change.clean_file = true;
    use_key(&r, NULL, &change);
    TRIAL_CLEANUP trial;
    trial_run(&r, &change, &trial);
    out->accepted = count_accepting(&trial.verdict);
    int *accepts = arena_array(arena, trial.verdict.client_count + 1, sizeof *accepts);
    for (size_t i = 0; i < trial.verdict.client_count; i++) {
        accepts[i] = trial.verdict.clients[i].accepts;
        out->rejected += accepts[i] == 0;
    }
    out->accepts = accepts;
}
