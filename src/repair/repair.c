/* SPDX-License-Identifier: Apache-2.0 */
/* Findings → fixes, each proven: the change is made to a copy of the world and judged again. */
#include <string.h>

#include "command.h"
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

bool trial_proves(struct repairing *r, const struct finding *finding, const struct trial *trial,
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
    if (!trial_proves(r, finding, &trial, &fix) || (change.whole && fix.rejected_count > 0))
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
    out->again = command_again(&r);
    keep_bundle(out, &out->bundle);
}
