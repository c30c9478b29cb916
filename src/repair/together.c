/* SPDX-License-Identifier: Apache-2.0 */
/* One fix for several causes, when no single one suffices: the smallest set of their fixes after
 * which every client accepts, in one sentence that says who does what. */
#include <string.h>

#include "words.h"

static bool is_cause(const struct finding *finding)
{
    return finding->cause && finding->severity == SEVERITY_ERROR && finding->because_count == 0;
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

/* ---- the set ---- */

struct together {
    struct repairing *r;
    const struct remedy **chosen; /* per finding; NULL: not in the set */
    struct change change;
    struct wording wording;
};

static size_t set_count(const struct together *t)
{
    size_t count = 0;
    for (size_t i = 0; i < t->r->findings->count; i++)
        count += t->chosen[i] != NULL;
    return count;
}

/* Do they all go into one change, and does every client accept then? */
static bool set_suffices(struct together *t, struct fix *fix)
{
    struct repairing *r = t->r;
    change_init(&t->change);
    for (size_t i = 0; i < r->findings->count; i++)
        if (t->chosen[i] != NULL && !t->chosen[i]->apply(r, &r->findings->items[i], &t->change))
            return false;
    TRIAL_CLEANUP trial;
    trial_run(r, &t->change, &trial);
    *fix = (struct fix){0};
    return trial_proves(r, NULL, &trial, fix) && fix->rejected_count == 0 &&
           fix->accepted_count > 0;
}

static enum fix_who remedy_who(const struct remedy *remedy)
{
    const struct fix_text *text = fix_text_find(remedy->fix);
    return text != NULL ? text->who : FIX_CA;
}

/* Leaves out what is not needed: first of what clients would have to do, then of what takes a new
 * certificate. */
static void set_reduce(struct together *t, enum fix_who who)
{
    struct repairing *r = t->r;
    for (size_t i = r->findings->count; i-- > 0;) {
        const struct remedy *remedy = t->chosen[i];
        struct fix ignored;
        if (remedy == NULL || remedy_who(remedy) != who || set_count(t) < 3 || r->trials_left <= 1)
            continue;
        r->trials_left--;
        t->chosen[i] = NULL;
        if (!set_suffices(t, &ignored))
            t->chosen[i] = remedy;
    }
}

/* The first fix of every cause that has one, less what is not needed. */
static bool set_find(struct together *t, const struct remedy *const *first, struct fix *fix)
{
    const struct findings *findings = t->r->findings;
    t->chosen = arena_array(t->r->arena, findings->count + 1, sizeof *t->chosen);
    for (size_t i = 0; i < findings->count; i++)
        t->chosen[i] = is_cause(&findings->items[i]) ? first[i] : NULL;
    if (set_count(t) < 2 || !set_suffices(t, fix))
        return false;
    set_reduce(t, FIX_CLIENT);
    set_reduce(t, FIX_CA);
    set_reduce(t, FIX_SERVER);
    return set_suffices(t, fix); /* the change of the last trial may not be that of the set */
}

/* ---- in words ---- */

static const struct fix_text *chosen_text(const struct together *t, size_t i)
{
    return t->chosen[i] != NULL ? fix_text_find(t->chosen[i]->fix) : NULL;
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

static const char *parts_of(struct together *t, enum fix_who who)
{
    const char *parts = "";
    for (size_t i = 0; i < t->r->findings->count; i++) {
        const struct fix_text *text = chosen_text(t, i);
        if (text == NULL || text->who != who)
            continue;
        t->wording.finding = &t->r->findings->items[i];
        if (who != FIX_CA)
            parts = joined(t->r->arena, parts, fix_part(&t->wording, text), ", ");
        else if (!reissued_before(t, i))
            parts = joined(t->r->arena, parts, reissued(t, i), ", ");
    }
    return parts;
}

/* Who must act first is named first. */
static const struct {
    enum fix_who who;
    const char *place;
} actors[] = {{FIX_SERVER, " (on the server)"}, {FIX_CA, ""}, {FIX_CLIENT, " (in the clients)"}};
enum { ACTORS = sizeof actors / sizeof actors[0] };

/* With several, each is told what is theirs. */
static const char *together_parts(struct together *t)
{
    const char *list = "", *part[ACTORS];
    size_t several = 0;
    for (size_t i = 0; i < ACTORS; i++) {
        part[i] = parts_of(t, actors[i].who);
        several += part[i][0] != '\0';
    }
    for (size_t i = 0; i < ACTORS; i++)
        if (part[i][0] != '\0')
            list = arena_printf(t->r->arena, "%s%s%s%s", list, list[0] != '\0' ? "; " : "", part[i],
                                several > 1 ? actors[i].place : "");
    return list;
}

static bool takes(const struct together *t, enum fix_who who)
{
    for (size_t i = 0; i < t->r->findings->count; i++)
        if (t->chosen[i] != NULL && remedy_who(t->chosen[i]) == who)
            return true;
    return false;
}

/* The commands of one actor's part. */
static void commands_of(struct together *t, enum fix_who who, struct fix *fix)
{
    for (size_t i = 0; i < t->r->findings->count; i++) {
        const struct fix_text *text = chosen_text(t, i);
        t->wording.finding = &t->r->findings->items[i];
        if (text != NULL && text->who == who)
            fix_commands(&t->wording, text, fix);
    }
}

static void word_together(struct together *t, struct fix *fix)
{
    struct repairing *r = t->r;
    const char *notes = "";
    t->wording =
        (struct wording){.r = r, .change = &t->change, .json_path = ".targets[0].together"};
    const char *parts = together_parts(t);
    for (size_t i = 0; i < r->findings->count; i++) {
        const struct fix_text *text = chosen_text(t, i);
        t->wording.finding = &r->findings->items[i];
        if (text != NULL)
            notes = joined(r->arena, notes, fix_caveat(&t->wording, text), " ");
    }
    t->wording.parts = parts;
    t->wording.notes = notes;
    fix_word(&t->wording, fix_text_find("together"), fix);
    fix->who = takes(t, FIX_CA) ? FIX_CA : takes(t, FIX_SERVER) ? FIX_SERVER : FIX_CLIENT;
    for (size_t i = 0; i < ACTORS; i++)
        commands_of(t, actors[i].who, fix);
}

void repair_together(struct repairing *r, const struct remedy *const *first, struct plan *plan)
{
    struct together t = {.r = r};
    struct fix *fix = arena_alloc(r->arena, sizeof *fix);
    if (one_suffices(plan) || fix_text_find("together") == NULL || !set_find(&t, first, fix))
        return;
    word_together(&t, fix);
    plan->together = fix;
}
