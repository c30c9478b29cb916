/* SPDX-License-Identifier: Apache-2.0 */
/* Findings → fixes, each proven: the change is made to a copy of the world and judged again. */
#include <string.h>

#include "words.h"

enum { FIXES_PER_FINDING = 4 };

/* ---- proof ---- */

static const struct profile **keep_profiles(struct repairing *r, const struct verdict *verdict,
                                            int accepts, size_t *count)
{
    const struct profile **list = arena_array(r->arena, verdict->client_count + 1, sizeof *list);
    *count = 0;
    for (size_t i = 0; i < verdict->client_count; i++)
        if (verdict->clients[i].accepts == accepts)
            list[(*count)++] = verdict->clients[i].profile;
    return list;
}

/* The same fact about what became of the same certificate. */
static bool fact_remains(const struct repairing *r, const struct finding *finding,
                         const struct trial *trial)
{
    const struct cert *cert = node_cert(r, finding->node);
    const struct cert *successor = cert != NULL ? trial_successor(trial, cert) : NULL;
    const struct fact *was = verdict_fact(r->verdict, finding->fact, finding->node);
    bool only_best = was != NULL && was->on_best;
    for (size_t i = 0; i < trial->verdict.fact_count; i++) {
        const struct fact *fact = &trial->verdict.facts[i];
        if (fact->id != finding->fact || (only_best && !fact->on_best))
            continue;
        if (fact->id == FACT_CAA_FORBIDS && fact->value != finding->value)
            continue; /* the records of another zone */
        if (successor == NULL || fact->node < 0)
            return true;
        if (cert_equal(trial->verdict.graph.nodes[fact->node].cert, successor))
            return true;
    }
    return false;
}

struct outcome_change {
    size_t gained, lost; /* clients that accept now, that no longer do */
};

static struct outcome_change compare(const struct repairing *r, const struct trial *trial)
{
    struct outcome_change change = {0};
    size_t count = r->verdict->client_count < trial->verdict.client_count
                       ? r->verdict->client_count
                       : trial->verdict.client_count;
    for (size_t i = 0; i < count; i++) {
        int before = r->verdict->clients[i].accepts, after = trial->verdict.clients[i].accepts;
        change.gained += before != 1 && after == 1;
        change.lost += before == 1 && after != 1;
    }
    return change;
}

/* Proven: clients are won, or the finding is gone; and nobody is lost. */
static bool prove(struct repairing *r, const struct finding *finding, const struct trial *trial,
                  struct fix *fix)
{
    struct outcome_change change = compare(r, trial);
    bool gone = finding == NULL || !fact_remains(r, finding, trial);
    fix->accepted_by = keep_profiles(r, &trial->verdict, 1, &fix->accepted_count);
    fix->rejected_by = keep_profiles(r, &trial->verdict, 0, &fix->rejected_count);
    bool all = fix->accepted_count > 0 && fix->rejected_count == 0;
    fix->partial = !all && gone && fix->rejected_count > 0;
    fix->proven = change.gained > 0 || (all && gone);
    return change.lost == 0 && (fix->proven || fix->partial);
}

bool live_proof_holds(const struct live_proof *live)
{
    bool accepted = false;
    for (size_t i = 0; i < live->count; i++) {
        const struct live_visit *visit = &live->visits[i];
        if (visit->expected >= 0 && visit->expected != visit->accepts)
            return false;
        accepted = accepted || visit->accepts;
    }
    return accepted;
}

/* ---- one finding ---- */

static bool has_fix(const struct finding_fixes *fixes, const char *id)
{
    for (size_t i = 0; i < fixes->count; i++)
        if (strcmp(fixes->items[i].id, id) == 0)
            return true;
    return false;
}

static void try_remedy(struct repairing *r, size_t index, const struct remedy *remedy,
                       struct finding_fixes *fixes)
{
    const struct finding *finding = &r->findings->items[index];
    const struct fix_text *text = fix_text_find(remedy->fix);
    struct change change;
    change_init(&change);
    if (text == NULL || has_fix(fixes, remedy->fix) || r->trials_left == 0 ||
        !remedy->apply(r, finding, &change))
        return;
    r->trials_left--;
    TRIAL_CLEANUP trial;
    trial_run(r, &change, &trial);
    struct fix fix = {0};
    if (!prove(r, finding, &trial, &fix) || (change.whole && fix.rejected_count > 0))
        return;
    struct wording wording = {
        .r = r,
        .finding = finding,
        .change = &change,
        .json_path =
            arena_printf(r->arena, ".targets[0].findings[%zu].fixes[%zu]", index, fixes->count),
        .parts = "",
        .notes = "",
    };
    fix_word(&wording, text, &fix);
    fixes->items[fixes->count++] = fix;
}

/** Fixes of one finding; *chosen is the remedy of the first. What follows from another finding is
 *  cured with it. */
static void repair_finding(struct repairing *r, size_t index, struct finding_fixes *fixes,
                           const struct remedy **chosen)
{
    const struct finding *finding = &r->findings->items[index];
    size_t count;
    const struct remedy *table = remedy_table(&count);
    if (finding->because_count > 0)
        return;
    fixes->items = arena_array(r->arena, FIXES_PER_FINDING, sizeof *fixes->items);
    for (size_t i = 0; i < count && fixes->count < FIXES_PER_FINDING; i++) {
        if (!remedy_suits(&table[i], finding) || (table[i].last_resort && fixes->count > 0))
            continue;
        try_remedy(r, index, &table[i], fixes);
        if (*chosen == NULL && fixes->count > 0)
            *chosen = &table[i];
    }
}

/* ---- all causes together ---- */

static bool is_cause(const struct finding *finding)
{
    return finding->cause && finding->severity == SEVERITY_ERROR;
}

static bool one_suffices(const struct plan *plan)
{
    for (size_t i = 0; i < plan->finding_count; i++)
        for (size_t k = 0; k < plan->per_finding[i].count; k++) {
            const struct fix *fix = &plan->per_finding[i].items[k];
            if (fix->accepted_count > 0 && fix->rejected_count == 0)
                return true;
        }
    return false;
}

/* The first fix of every cause in one change; false when a cause has none. */
static bool combine(struct repairing *r, const struct remedy *const *chosen, struct change *change)
{
    size_t causes = 0;
    change_init(change);
    for (size_t i = 0; i < r->findings->count; i++) {
        const struct finding *finding = &r->findings->items[i];
        if (!is_cause(finding) || finding->because_count > 0)
            continue;
        causes++;
        if (chosen[i] == NULL || !chosen[i]->apply(r, finding, change))
            return false;
    }
    return causes > 1;
}

static enum fix_who who_of(enum fix_who a, enum fix_who b)
{
    if (a == FIX_CA || b == FIX_CA)
        return FIX_CA;
    return a == FIX_SERVER || b == FIX_SERVER ? FIX_SERVER : FIX_CLIENT;
}

struct together {
    struct repairing *r;
    const struct remedy *const *chosen;
    struct wording wording;
    enum fix_who who;
};

static const struct fix_text *chosen_text(const struct together *t, size_t i)
{
    const struct finding *finding = &t->r->findings->items[i];
    bool counts = is_cause(finding) && finding->because_count == 0 && t->chosen[i] != NULL;
    return counts ? fix_text_find(t->chosen[i]->fix) : NULL;
}

static const char *joined(struct arena *arena, const char *list, const char *item, const char *by)
{
    if (item[0] == '\0' || strstr(list, item) != NULL)
        return list;
    return arena_printf(arena, "%s%s%s", list, list[0] != '\0' ? by : "", item);
}

/* "have certificate 0 issued again with …, signed with …": all that is asked of one certificate. */
static const char *reissued(struct together *t, size_t first)
{
    const int node = remedy_node(&t->r->findings->items[first]);
    const char *with = "";
    for (size_t i = first; i < t->r->findings->count; i++) {
        const struct fix_text *text = chosen_text(t, i);
        if (text == NULL || text->who != FIX_CA || remedy_node(&t->r->findings->items[i]) != node)
            continue;
        t->wording.finding = &t->r->findings->items[i];
        with = joined(t->r->arena, with, fix_part(&t->wording, text), ", ");
    }
    return arena_printf(t->r->arena, "have %s issued again %s", fix_subject(&t->wording), with);
}

static bool reissued_before(const struct together *t, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        const struct fix_text *text = chosen_text(t, i);
        if (text != NULL && text->who == FIX_CA &&
            remedy_node(&t->r->findings->items[i]) == remedy_node(&t->r->findings->items[index]))
            return true;
    }
    return false;
}

static const char *together_parts(struct together *t)
{
    const char *parts = "";
    for (size_t i = 0; i < t->r->findings->count; i++) {
        const struct fix_text *text = chosen_text(t, i);
        if (text == NULL)
            continue;
        t->who = who_of(t->who, text->who);
        t->wording.finding = &t->r->findings->items[i];
        if (text->who != FIX_CA)
            parts = joined(t->r->arena, parts, fix_part(&t->wording, text), "; ");
        else if (!reissued_before(t, i))
            parts = joined(t->r->arena, parts, reissued(t, i), "; ");
    }
    return parts;
}

static void word_together(struct repairing *r, const struct remedy *const *chosen,
                          const struct change *change, struct fix *fix)
{
    struct together t = {
        .r = r,
        .chosen = chosen,
        .who = FIX_CLIENT,
        .wording = {.r = r, .change = change, .json_path = ".targets[0].together"},
    };
    const char *parts = together_parts(&t), *notes = "";
    for (size_t i = 0; i < r->findings->count; i++) {
        const struct fix_text *text = chosen_text(&t, i);
        t.wording.finding = &r->findings->items[i];
        if (text != NULL)
            notes = joined(r->arena, notes, fix_caveat(&t.wording, text), " ");
    }
    t.wording.parts = parts;
    t.wording.notes = notes;
    fix_word(&t.wording, fix_text_find("together"), fix);
    fix->who = t.who;
    for (size_t i = 0; i < r->findings->count; i++) {
        t.wording.finding = &r->findings->items[i];
        if (chosen_text(&t, i) != NULL)
            fix_commands(&t.wording, chosen_text(&t, i), fix);
    }
}

static void repair_together(struct repairing *r, const struct remedy *const *chosen,
                            struct plan *plan)
{
    struct change change;
    if (one_suffices(plan) || fix_text_find("together") == NULL || !combine(r, chosen, &change))
        return;
    TRIAL_CLEANUP trial;
    trial_run(r, &change, &trial);
    struct fix *fix = arena_alloc(r->arena, sizeof *fix);
    if (!prove(r, NULL, &trial, fix) || fix->rejected_count > 0 || fix->accepted_count == 0)
        return;
    word_together(r, chosen, &change, fix);
    plan->together = fix;
}

/* ---- the whole ---- */

/* The corrected file is the same whichever finding asked for it. */
static void keep_bundle(const struct plan *plan, struct bytes *bundle)
{
    for (size_t i = 0; i < plan->finding_count && bundle->p == NULL; i++)
        for (size_t k = 0; k < plan->per_finding[i].count && bundle->p == NULL; k++) {
            const struct fix *fix = &plan->per_finding[i].items[k];
            if (fix->file_count > 0 && strcmp(fix->files[0].path, "fullchain.pem") == 0)
                *bundle = fix->files[0].content;
        }
}

void repair(const struct judge_input *input, const struct verdict *verdict,
            const struct findings *findings, struct arena *arena, struct plan *out)
{
    /* a chain of a thousand certificates is an attack: its first causes are repaired, not all */
    const size_t nodes = verdict->graph.node_count + 1;
    const size_t affordable = LIMIT_TRIAL_NODES / nodes;
    struct repairing r = {
        .input = input,
        .verdict = verdict,
        .findings = findings,
        .arena = arena,
        .trials_left = affordable < LIMIT_TRIALS ? (int)affordable : LIMIT_TRIALS,
    };
    *out = (struct plan){.finding_count = findings->count};
    out->per_finding = arena_array(arena, findings->count + 1, sizeof *out->per_finding);
    const struct remedy **chosen = arena_array(arena, findings->count + 1, sizeof *chosen);
    if (findings->count > 0)
        bundle_choose(&r);
    for (size_t i = 0; i < findings->count; i++)
        repair_finding(&r, i, &out->per_finding[i], &chosen[i]);
    repair_together(&r, chosen, out);
    keep_bundle(out, &out->bundle);
}
