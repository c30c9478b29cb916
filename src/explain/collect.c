/* SPDX-License-Identifier: Apache-2.0 */
/* Facts → drafts of findings: one per fact that matters here, none for what only an alternative
 * path suffers from unless a client took that path. No client rejects without a finding that says
 * why. */
#include "internal.h"

#include <string.h>

const struct cert *draft_cert(const struct explaining *e, int node)
{
    bool known = node >= 0 && (size_t)node < e->verdict->graph.node_count;
    return known ? e->verdict->graph.nodes[node].cert : NULL;
}

/* The chain as it was sent, whether or not the best path uses the certificate. */
static bool fact_is_hygiene(enum fact_id id)
{
    return id == FACT_SENT_ORDER || id == FACT_SENT_DUPLICATE || id == FACT_SENT_UNRELATED ||
           id == FACT_SENT_ROOT || id == FACT_CROSS_SIGN_EXPIRED;
}

/* Told as one finding with a list of places. */
static bool fact_is_listed(enum fact_id id)
{
    return id == FACT_SENT_DUPLICATE || id == FACT_SENT_UNRELATED || id == FACT_FILE_FAULT;
}

/* What is about two certificates is another fact with another issuer: another CA's constraint,
 * another key that did not sign. */
static bool others_agree(const struct explaining *e, enum fact_id id, int a, int b)
{
    const struct cert *x = draft_cert(e, a), *y = draft_cert(e, b);
    if (a == b || (id != FACT_NAME_CONSTRAINT && id != FACT_SIGNATURE_BAD))
        return true;
    return id == FACT_SIGNATURE_BAD && x && y && bytes_equal(x->key.spki, y->key.spki);
}

static bool reason_rests_on(const struct explaining *e, const struct reason *reason,
                            const struct fact *fact)
{
    return reason->fact == fact->id &&
           ((reason->node == fact->node && others_agree(e, fact->id, reason->other, fact->other)) ||
            fact_is_listed(fact->id));
}

struct reason reason_meant(const struct explaining *e, const struct reason *reason)
{
    struct reason meant = *reason;
    if (reason->fact == FACT_ROOT_NOT_TRUSTED && draft_is_anchor(e, reason->node) &&
        e->input->at > draft_cert(e, reason->node)->not_after)
        meant.fact = FACT_EXPIRED;
    return meant;
}

struct draft *draft_find(const struct explaining *e, const struct reason *reason)
{
    for (size_t i = 0; i < e->count; i++)
        if (reason_rests_on(e, reason, e->drafts[i].fact))
            return &e->drafts[i];
    return NULL;
}

static bool fact_is_one_of_many(enum fact_id id)
{
    return id == FACT_ANOMALY || id == FACT_BASELINE || id == FACT_CRITICAL_EXTENSION ||
           id == FACT_CAA_FORBIDS;
}

/* One namesake among the anchors is one finding, whichever certificates name it. Of the odd
 * encodings and broken rules of one certificate each is a finding. */
static bool drafts_agree(const struct explaining *e, const struct fact *a, const struct fact *b)
{
    if (a->id == FACT_ROOT_OTHER_KEY && b->id == a->id && a->other == b->other)
        return true;
    return a->node == b->node &&
           (a->id != b->id || ((!fact_is_one_of_many(a->id) || a->value == b->value) &&
                               others_agree(e, a->id, a->other, b->other)));
}

/* The same mistake in several places is one finding; so are a mistake and what it does to its
 * block. */
static bool faults_agree(const struct file_fault *a, const struct file_fault *b)
{
    return a && b && (a->id == b->id || (a->block == b->block && a->block != SIZE_MAX));
}

/* A draft that already says the same about the same certificate. */
static struct draft *draft_twin(struct explaining *e, const struct draft *draft)
{
    for (size_t i = 0; i < e->count; i++) {
        struct draft *twin = &e->drafts[i];
        if (twin->finding.rule != draft->finding.rule || twin->dropped)
            continue;
        bool listed = fact_is_listed(draft->fact->id);
        if (twin->fault || draft->fault ? faults_agree(twin->fault, draft->fault)
                                        : listed || drafts_agree(e, twin->fact, draft->fact))
            return twin;
    }
    return NULL;
}

/* Adds the place of a fact to the draft that tells it. */
static void draft_add_place(struct explaining *e, struct draft *draft, const struct draft *place)
{
    int position = place->fault ? (int)place->fault->line : (int)place->fact->value;
    if (place->fault && draft->fault->id > place->fault->id) { /* the mistake, not what it does */
        draft->fault = place->fault;
        draft->fact = place->fact;
        draft->position_count = 0;
    } else if (place->fault && draft->fault->id < place->fault->id) {
        return;
    }
    if (draft->position_count > 0 && draft->positions[draft->position_count - 1] == position)
        return;
    draft->positions = arena_grow(e->arena, draft->positions, draft->position_count,
                                  &draft->position_cap, sizeof *draft->positions);
    draft->positions[draft->position_count++] = position;
}

static const struct rule *fact_rule_of(const struct explaining *e, const struct fact *fact,
                                       const struct file_fault **fault)
{
    bool of_file = fact->id == FACT_FILE_FAULT && fact->value >= 0 &&
                   (size_t)fact->value < e->obs->file.fault_count;
    *fault = of_file ? &e->obs->file.faults[fact->value] : NULL;
    return rule_find(of_file ? file_fault_rule((*fault)->id) : fact_rule(fact->id));
}

static void draft_push(struct explaining *e, struct draft *draft)
{
    if (!draft->finding.rule)
        return;
    draft->rejected_by = arena_array(e->arena, e->verdict->client_count + 1, sizeof(bool));
    e->drafts = arena_grow(e->arena, e->drafts, e->count, &e->cap, sizeof *e->drafts);
    e->drafts[e->count++] = *draft;
}

static void draft_add(struct explaining *e, const struct fact *fact)
{
    if (e->count >= LIMIT_FINDINGS)
        return;
    struct draft draft = {.fact = fact, .absorber = -1};
    draft.finding.rule = fact_rule_of(e, fact, &draft.fault);
    draft_refine(e, &draft);
    if (!draft.finding.rule)
        return;
    struct draft *twin = draft_twin(e, &draft);
    if (twin && fact_is_listed(fact->id)) {
        draft_add_place(e, twin, &draft);
        return;
    }
    draft.dropped = twin != NULL;
    draft.absorber = twin ? (int)(twin - e->drafts) : -1;
    if (fact_is_listed(fact->id))
        draft_add_place(e, &draft, &draft);
    draft_push(e, &draft);
}

/* The fact behind a client's reason; made up from the reason when the list of facts lacks it. */
static const struct fact *reason_fact(const struct explaining *e, const struct reason *reason)
{
    for (size_t i = 0; i < e->verdict->fact_count; i++)
        if (reason_rests_on(e, reason, &e->verdict->facts[i]))
            return &e->verdict->facts[i];
    struct fact *made = arena_alloc(e->arena, sizeof *made);
    *made = (struct fact){.id = reason->fact,
                          .node = reason->node,
                          .other = reason->other,
                          .value = reason->value,
                          .limit = INT64_MIN,
                          .text = reason->text ? reason->text : ""};
    return made;
}

static void reasons_collect(struct explaining *e)
{
    for (size_t c = 0; c < e->verdict->client_count; c++) {
        const struct client_verdict *client = &e->verdict->clients[c];
        for (size_t r = 0; client->accepts == 0 && r < client->reason_count; r++) {
            const struct reason reason = reason_meant(e, &client->reasons[r]);
            if (!draft_find(e, &reason))
                draft_add(e, reason_fact(e, &reason));
        }
    }
}

/* The key that was given could not be compared: nothing is known to be wrong with the server. */
static void key_collect(struct explaining *e)
{
    if (e->obs->pairing != KEY_ENCRYPTED && e->obs->pairing != KEY_UNREADABLE)
        return;
    struct fact *made = arena_alloc(e->arena, sizeof *made);
    *made = (struct fact){.id = FACT_KEY_MISMATCH, .node = -1, .other = -1, .text = ""};
    draft_add(e, made);
}

void drafts_collect(struct explaining *e)
{
    for (size_t i = 0; i < e->verdict->fact_count; i++) {
        const struct fact *fact = &e->verdict->facts[i];
        bool matters = fact->on_best || fact->node < 0 || fact_is_hygiene(fact->id);
        if (matters && !fact_is_idle(e, fact))
            draft_add(e, fact_retold(e, fact));
    }
    key_collect(e);
    reasons_collect(e);
}

/* Without an address to fetch the missing certificate from, browsers cannot help themselves. */
void drafts_advise(struct explaining *e)
{
    size_t count = e->count;
    for (size_t i = 0; i < count && e->count < LIMIT_FINDINGS; i++) {
        const struct draft *gap = &e->drafts[i];
        const struct cert *cert = draft_cert(e, gap->fact->node);
        if (gap->dropped || strcmp(gap->finding.rule->id, "chain.missing-intermediate") != 0 ||
            !cert || cert->has & HAS_AIA)
            continue;
        struct draft advice = {.fact = gap->fact, .absorber = -1};
        advice.finding.rule = rule_find("chain.no-aia");
        draft_push(e, &advice);
        return;
    }
}
