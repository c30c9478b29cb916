/* SPDX-License-Identifier: Apache-2.0 */
/* Facts → findings: collect, see what follows from what, weigh, order, and only then find words. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

static size_t draft_client_count(const struct explaining *e, const struct draft *draft)
{
    size_t n = 0;
    for (size_t c = 0; c < e->verdict->client_count; c++)
        n += draft->rejected_by[c];
    return n;
}

/* How bad a fault of a file is: most stop every program that loads it, some only a few. */
static enum severity fault_severity(const struct explaining *e, enum file_fault_id id)
{
    if (e->obs->sent_count == 0)
        return SEVERITY_ERROR;
    switch (id) {
    case FAULT_BOM:
    case FAULT_INDENTED:
    case FAULT_LONG_LINE:
    case FAULT_PRIVATE_KEY:
        return SEVERITY_WARNING;
    default:
        return SEVERITY_ERROR;
    }
}

/* An error is what stops somebody: a selected client, or everybody because nothing can be loaded or
 * no certificate was seen. What stops nobody who was asked about is a warning at most. */
static enum severity draft_severity(const struct explaining *e, const struct draft *draft)
{
    enum severity own = draft->finding.rule->severity;
    if (draft_client_count(e, draft) > 0)
        return SEVERITY_ERROR;
    if (draft->because_count > 0)
        return SEVERITY_NOTICE;
    if (draft->fault)
        return fault_severity(e, draft->fault->id);
    bool always = strcmp(draft->finding.rule->id, "file.key-mismatch") == 0 ||
                  draft->fact->id == FACT_UNPARSABLE || draft->fact->id == FACT_STORE_EMPTY;
    /* accepted or not: who holds the key of a revoked certificate may not be who it names */
    always = always || draft->fact->id == FACT_REVOKED || draft->fact->id == FACT_CA_REVOKED;
    /* the user asked, and the answer is no */
    always =
        always || draft->fact->id == FACT_NOT_RELOADED || draft->fact->id == FACT_EXPECTED_OTHER;
    bool nothing_seen = e->obs->sent_count == 0 && draft->fact->node < 0;
    if (own == SEVERITY_ERROR && !always && !nothing_seen)
        return SEVERITY_WARNING;
    return own;
}

/* Causes stand at the top: not explained by another finding, and as grave as any. */
static void drafts_weigh(struct explaining *e)
{
    enum severity worst = SEVERITY_NOTICE;
    for (size_t i = 0; i < e->count; i++) {
        struct draft *draft = &e->drafts[i];
        draft->finding.severity = draft_severity(e, draft);
        if (!draft->dropped && draft->finding.severity < worst)
            worst = draft->finding.severity;
    }
    for (size_t i = 0; i < e->count; i++) {
        struct finding *finding = &e->drafts[i].finding;
        finding->cause = e->drafts[i].because_count == 0 && finding->severity == worst;
    }
}

/* What is told first: causes, then consequences, then advice; in each, the worst first. */
static int draft_rank(const struct draft *draft)
{
    int group = draft->finding.cause ? 0 : draft->because_count > 0 ? 1 : 2;
    return group * 3 + (int)draft->finding.severity;
}

struct ordering {
    const struct explaining *e;
    size_t *order, count;
};

static bool draft_before(const struct explaining *e, size_t a, size_t b)
{
    const struct draft *x = &e->drafts[a], *y = &e->drafts[b];
    if (draft_rank(x) != draft_rank(y))
        return draft_rank(x) < draft_rank(y);
    size_t x_clients = draft_client_count(e, x), y_clients = draft_client_count(e, y);
    if (x_clients != y_clients)
        return x_clients > y_clients;
    if (x->finding.certificate != y->finding.certificate)
        return x->finding.certificate < y->finding.certificate;
    int by_rule = strcmp(x->finding.rule->id, y->finding.rule->id);
    return by_rule != 0 ? by_rule < 0 : a < b;
}

/* Insertion sort: LIMIT_FINDINGS items at most, and the order must not depend on a library. */
static void drafts_order(struct ordering *o)
{
    for (size_t i = 0; i < o->e->count; i++) {
        if (o->e->drafts[i].dropped)
            continue;
        size_t at = o->count++;
        for (; at > 0 && draft_before(o->e, i, o->order[at - 1]); at--)
            o->order[at] = o->order[at - 1];
        o->order[at] = i;
    }
}

static void finding_clients(struct explaining *e, const struct draft *draft, struct finding *out)
{
    out->clients = arena_array(e->arena, e->verdict->client_count + 1, sizeof *out->clients);
    for (size_t c = 0; c < e->verdict->client_count; c++)
        if (draft->rejected_by[c])
            out->clients[out->client_count++] = e->verdict->clients[c].profile;
}

static char *sentence(struct explaining *e, const char *text, const struct finding *f)
{
    return template_fill(e->arena, text, f->evidence, f->evidence_count, false);
}

static void finding_words(struct explaining *e, struct draft *draft)
{
    struct finding *f = &draft->finding;
    const struct rule_variant *variant = rule_variant(f->rule, draft->variant);
    evidence_fill(e, draft);
    f->summary = sentence(e, variant ? variant->summary : f->rule->summary, f);
    f->detail = sentence(e, variant ? variant->detail : f->rule->detail, f);
    f->not_this = sentence(e, f->rule->not_this, f);
    f->verify = verify_line(e, draft);
}

static void findings_write(struct explaining *e, const struct ordering *o, struct findings *out)
{
    int *place = arena_array(e->arena, e->count + 1, sizeof *place);
    for (size_t i = 0; i < o->count; i++)
        place[o->order[i]] = (int)i;
    out->items = arena_array(e->arena, o->count + 1, sizeof *out->items);
    for (size_t i = 0; i < o->count; i++) {
        struct draft *draft = &e->drafts[o->order[i]];
        struct finding *f = &draft->finding;
        f->id = arena_printf(e->arena, "f%zu", i + 1);
        int *because = arena_array(e->arena, draft->because_count + 1, sizeof *because);
        for (size_t b = 0; b < draft->because_count; b++)
            because[b] = place[draft->because[b]];
        f->because = because;
        f->because_count = draft->because_count;
        finding_clients(e, draft, f);
        finding_words(e, draft);
        out->items[out->count++] = *f;
    }
}

static void drafts_place(struct explaining *e)
{
    for (size_t i = 0; i < e->count; i++) {
        const struct fact *fact = e->drafts[i].fact;
        struct finding *f = &e->drafts[i].finding;
        f->fact = fact->id;
        f->node = fact->node;
        f->other = fact->other;
        f->value = fact->value;
        f->certificate = fact->node >= 0 ? verdict_chain_index(e->verdict, fact->node) : -1;
    }
}

void explain(const struct judge_input *input, const struct verdict *verdict, struct arena *arena,
             struct findings *out)
{
    struct explaining e = {
        .input = input, .verdict = verdict, .obs = input->observation, .arena = arena};
    *out = (struct findings){0};
    drafts_collect(&e);
    drafts_absorb(&e);
    drafts_advise(&e);
    drafts_link(&e);
    drafts_place(&e);
    drafts_weigh(&e);
    struct ordering o = {.e = &e, .order = arena_array(arena, e.count + 1, sizeof(size_t))};
    drafts_order(&o);
    findings_write(&e, &o, out);
}
