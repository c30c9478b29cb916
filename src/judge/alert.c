/* SPDX-License-Identifier: Apache-2.0 */
/* The alert with which a client ends the handshake (RFC 8446 section 6.2): from its table, or from
 * that of the client that it stands on. */
#include "judge/internal.h"

/** Nothing that a client says of the server's certificate. */
static bool is_about_certificates(const struct fact *fact, int depth)
{
    switch (fact->id) {
    case FACT_OLD_PROTOCOL:
    case FACT_CLIENT_CERTIFICATE:
    case FACT_CLIENT_CERTIFICATE_REFUSED:
    case FACT_KEY_MISMATCH:
        return false;
    case FACT_KEY_UNSUPPORTED:
        return depth != 0; /* the server gives up, for want of a signature that both know */
    default:
        return true;
    }
}

static bool row_matches(const struct profile *profile, const struct alert_row *row,
                        const struct fact *fact, int depth)
{
    const struct words *words = row->library ? words_of(profile, fact, depth) : NULL;
    if (row->library && (words == NULL || words->library == NULL))
        return false;
    if (row->rest || row->library)
        return is_about_certificates(fact, depth);
    return row->fact == fact->id &&
           (row->where == ANYWHERE || (row->where == AT_LEAF) == (depth == 0)) &&
           (row->only == 0 || row->only == fact->value + 1) &&
           (row->limit == 0 || row->limit == fact->limit);
}

/** The row after this one; a table ends with a row for the rest, or with ALERTS_END. */
static const struct alert_row *row_next(const struct alert_row *row)
{
    return row == NULL || row->rest || row[1].alert == ALERTS_END ? NULL : row + 1;
}

static const struct alert_row *row_first(const struct profile *profile)
{
    return profile->alerts == NULL || profile->alerts->alert == ALERTS_END ? NULL : profile->alerts;
}

int alert_of(const struct profile *profile, const struct fact *fact, int depth)
{
    for (const struct profile *p = profile; p != NULL; p = p->parent)
        for (const struct alert_row *row = row_first(p); row != NULL; row = row_next(row))
            if (row_matches(profile, row, fact, depth))
                return row->alert;
    return ALERT_NONE;
}

/** A client that collects its complaints looks for the gravest, in the order of its table. */
int alert_of_all(const struct profile *profile, const struct reasons *reasons)
{
    for (const struct profile *p = profile; p != NULL; p = p->parent)
        for (const struct alert_row *row = row_first(p); row != NULL; row = row_next(row))
            for (size_t i = 0; i < reasons->count; i++)
                if (row_matches(profile, row, &reasons->items[i], reasons->depths[i]))
                    return row->alert;
    return ALERT_NONE;
}
