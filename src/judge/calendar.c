/* SPDX-License-Identifier: Apache-2.0 */
/* Dated rules: how long a public certificate may last, when a root programme stopped to trust new
 * certificates of a root, when clientAuth goes. Of publicly trusted chains alone. */
#include "judge/calendar.h"

#include <string.h>

#include "judge/internal.h"

const struct calendar_row *calendar_find(enum calendar_kind kind, cw_time start)
{
    const struct calendar_row *found = NULL;
    for (size_t i = 0; i < calendar_row_count; i++)
        if (calendar_rows[i].kind == kind && calendar_rows[i].day * TIME_DAY <= start)
            found = &calendar_rows[i];
    return found;
}

/** Whose programme makes a client apply its rules for public roots; PROGRAMME_COUNT: any. */
static enum programme programme_of(enum ct_use use)
{
    static const enum programme of[] = {[CT_CHROME] = PROGRAMME_CHROME,
                                        [CT_FIREFOX] = PROGRAMME_MOZILLA,
                                        [CT_APPLE] = PROGRAMME_APPLE,
                                        [CT_ANY] = PROGRAMME_COUNT};
    return of[use];
}

/** CA/Browser Forum Baseline Requirements section 6.3.2. */
static void check_days(const struct check *c, const struct cert *leaf)
{
    static const enum calendar_kind of[] = {[CT_CHROME] = CALENDAR_MAX_DAYS_CHROME,
                                            [CT_APPLE] = CALENDAR_MAX_DAYS_APPLE,
                                            [CT_ANY] = CALENDAR_MAX_DAYS_CA};
    const struct calendar_row *row = calendar_find(of[c->b->ct], leaf->not_before);
    const int64_t lasts = leaf->not_after - leaf->not_before;
    if (row != NULL && lasts > row->value * TIME_DAY)
        reason_add(c, FACT_VALID_TOO_LONG, at_depth(0), (lasts + TIME_DAY - 1) / TIME_DAY,
                   row->value, NULL);
}

/** The day by which a certificate counts as new: to Mozilla its own beginning, to Chrome the first
 *  of its timestamps (data/roots/README.md). */
static cw_time issued_at(const struct check *c, enum programme programme, const struct cert *leaf,
                         const struct cert *issuer)
{
    const cw_time first = ct_first_timestamp(c->j, leaf, issuer);
    return programme == PROGRAMME_CHROME && first != TIME_NONE ? first : leaf->not_before;
}

static void check_until(const struct check *c, enum programme programme, const struct cert *leaf)
{
    const size_t last = c->route->count - 1;
    const struct cert *root = check_cert(c, last);
    struct root_standing standing;
    if (!root_standing_find(c->j->in->roots, root->sha256, &standing))
        return;
    const cw_time until = standing.until[programme];
    const cw_time issued = issued_at(c, programme, leaf, check_cert(c, 1));
    if (until != TIME_NONE && issued > until)
        reason_add(c, FACT_ISSUED_TOO_LATE, between(0, (int)last), issued, until,
                   programme_title(programme));
}

/** What all facts are computed with asks each programme that has such dates by which a client
 *  judges. */
static void check_distrust(const struct check *c, const struct cert *leaf)
{
    const bool any = c->b->ct == CT_ANY;
    if (any || c->b->ct == CT_CHROME)
        check_until(c, PROGRAMME_CHROME, leaf);
    if (any || c->b->ct == CT_FIREFOX)
        check_until(c, PROGRAMME_MOZILLA, leaf);
}

bool leaf_is_servers(const struct cert *leaf)
{
    const bool any_use = !(leaf->has & HAS_EKU) || (leaf->eku & (EKU_SERVER_AUTH | EKU_ANY));
    return leaf->parsed && !leaf->is_ca && any_use && leaf->not_before != TIME_NONE &&
           leaf->not_after != TIME_NONE;
}

void check_public(const struct check *c)
{
    if (c->b->ct == CT_NONE || c->route->count < 2 || !anchor_is_public(c, programme_of(c->b->ct)))
        return;
    const struct cert *leaf = check_cert(c, 0);
    if (!leaf_is_servers(leaf))
        return;
    check_distrust(c, leaf);
    if (leaf->hypothetical) /* how long a certificate of tomorrow lasts is its CA's business */
        return;
    check_days(c, leaf);
    if (c->b == &behaviour_all_facts && (leaf->has & HAS_EKU) && (leaf->eku & EKU_SERVER_AUTH) &&
        (leaf->eku & EKU_CLIENT_AUTH))
        reason_add(c, FACT_CLIENT_AUTH_ENDS, at_depth(0), 0, 0, NULL);
}
