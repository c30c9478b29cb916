/* SPDX-License-Identifier: Apache-2.0 */
/* Is it the clock that is wrong, or are the certificates old? By the chain alone that is plain only
 * when all of it lies on one side of the time. Witnesses tell more: what the server and a time
 * server say, and signatures of others that cannot have been made before they were. */
#include <string.h>

#include "judge/internal.h"

/* Clocks of machines that care differ by less; OCSP responders and CAs date back by more. */
static const cw_time SKEW = 300, SKEW_ASKED = 60;

/** Who says what the time is, or was at least. */
struct witness {
    const char *name;
    cw_time time;
    bool exact; /**< it is this time; else no earlier */
};
enum { WITNESSES = 8 };
struct witnesses {
    struct witness items[WITNESSES];
    size_t count;
};

static void witness_add(struct witnesses *all, const char *name, cw_time time, bool exact)
{
    if (time > 0 && all->count < WITNESSES)
        all->items[all->count++] = (struct witness){.name = name, .time = time, .exact = exact};
}

static cw_time later(cw_time a, cw_time b)
{
    return a > b ? a : b;
}

/* RFC 6962 section 3.2: milliseconds since 1970. */
static cw_time newest_timestamp(struct bytes list, cw_time newest)
{
    struct sct_list walk = sct_list_of(list);
    struct sct sct;
    while (sct_next(&walk, &sct))
        if (sct.version == 0 && sct.timestamp / 1000 < (uint64_t)INT64_MAX / 1000)
            newest = later(newest, (cw_time)(sct.timestamp / 1000));
    return newest;
}

/* What is in question does not vouch for itself: of a chain the beginning of the others counts. */
static cw_time newest_beginning(const struct judging *j)
{
    const struct path *best = j->out->best >= 0 ? &j->out->paths[j->out->best] : NULL;
    cw_time newest = 0;
    for (size_t i = 1; best && i < best->count; i++)
        newest = later(newest, j->graph->nodes[best->nodes[i]].cert->not_before);
    return newest;
}

static void witnesses_collect(const struct judging *j, struct witnesses *out)
{
    const struct observation *obs = j->obs;
    const struct connection *primary = observation_primary(obs);
    cw_time ocsp = 0, crl = 0, sct = 0;
    for (size_t i = 0; i < obs->document_count; i++) {
        const struct document *document = &obs->documents[i];
        if (document->ocsp && document->ocsp->readable == OCSP_READABLE)
            ocsp = later(ocsp, document->ocsp->produced_at);
        if (document->crl)
            crl = later(crl, document->crl->this_update);
    }
    if (j->leaf >= 0)
        sct = newest_timestamp(cert_sct_list(j->graph->nodes[j->leaf].cert), sct);
    if (primary)
        sct = newest_timestamp(primary->handshake.sct_list, sct);
    *out = (struct witnesses){0};
    witness_add(out,
                obs->clock.sntp > 0 && obs->clock.sntp_server
                    ? arena_printf(j->arena, "the time server %s", obs->clock.sntp_server)
                    : "",
                obs->clock.sntp, true);
    witness_add(out, "the server's own clock (HTTP Date)", obs->clock.date, true);
    witness_add(out, "the OCSP response", ocsp, false);
    witness_add(out, "the CRL", crl, false);
    witness_add(out, "the timestamps of transparency logs", sct, false);
    witness_add(out, "the other certificates", newest_beginning(j), false);
    if (obs->clock.built > 0 && j->in->at < obs->clock.built - TIME_DAY)
        witness_add(out, "this build of certwhy", obs->clock.built, false);
}

static bool disagrees(const struct judging *j, const struct witness *witness)
{
    const cw_time at = j->in->at;
    return witness->time - at > SKEW || (witness->exact && at - witness->time > SKEW);
}

static const char *list_of(const struct judging *j, const struct witnesses *all, bool against)
{
    const char *list = "";
    for (size_t i = 0; i < all->count; i++)
        if (disagrees(j, &all->items[i]) == against)
            list = arena_printf(j->arena, "%s%s%s %s", list, *list ? ", " : "", all->items[i].name,
                                time_rfc3339(j->arena, all->items[i].time));
    return list;
}

static const char *evidence_of(const struct judging *j, const struct witnesses *all)
{
    const char *against = list_of(j, all, true), *rest = list_of(j, all, false);
    return *rest ? arena_printf(j->arena, "%s; it fits: %s", against, rest) : against;
}

static const struct witness *exact_witness(const struct witnesses *all)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].exact)
            return &all->items[i];
    return NULL;
}

/* A list of revoked certificates that came over the network just now is due later than it came: by
 * a clock that is ahead it looks overdue. */
static bool papers_fit_better(const struct judging *j, cw_time then)
{
    for (size_t i = 0; i < j->obs->document_count; i++) {
        const struct document *document = &j->obs->documents[i];
        const struct crl *crl = document->from == DOCUMENT_FETCHED ? document->crl : NULL;
        if (crl && crl->this_update != TIME_NONE && crl->next_update != TIME_NONE &&
            crl->this_update <= then + SKEW && crl->next_update >= then &&
            crl->next_update < j->in->at)
            return true;
    }
    return false;
}

static size_t count_against(const struct judging *j, const struct witnesses *all)
{
    size_t count = 0;
    for (size_t i = 0; i < all->count; i++)
        count += disagrees(j, &all->items[i]);
    return count;
}

/* The time that the witnesses agree on, when it is another one than this clock's; 0 otherwise. A
 * time server decides. The server's own clock, which may be wrong as well, needs somebody else who
 * says the same. Without either, two who say "not before" do, or the date of this program. */
static cw_time time_witnessed(const struct judging *j, const struct witnesses *all)
{
    const cw_time at = j->in->at, sntp = j->obs->clock.sntp, built = j->obs->clock.built;
    if (sntp > 0)
        return sntp - at > SKEW_ASKED || at - sntp > SKEW_ASKED ? sntp : 0;
    const struct witness *exact = exact_witness(all);
    const size_t against = count_against(j, all);
    cw_time least = 0;
    for (size_t i = 0; i < all->count; i++)
        least = later(least, all->items[i].exact ? 0 : all->items[i].time);
    if (exact && disagrees(j, exact)) {
        const bool behind = exact->time > at;
        const bool fits = least <= exact->time + SKEW; /* itself it is not before what is known */
        if (!fits)
            return 0;
        return (behind && against > 1) || (!behind && papers_fit_better(j, exact->time))
                   ? exact->time
                   : 0;
    }
    if (exact) /* two clocks agree */
        return 0;
    return against > 1 || (built > 0 && at < built - TIME_DAY) ? least : 0;
}

static bool time_is_in_question(const struct judging *j)
{
    static const enum fact_id faults[] = {FACT_EXPIRED, FACT_NOT_YET_VALID, FACT_REVOCATION_STALE,
                                          FACT_STAPLE_BAD};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (verdict_fact(j->out, faults[i], -2))
            return true;
    return j->obs->clock.asked;
}

static void clock_fact(struct judging *j, enum fact_id id, cw_time off, cw_time then,
                       const char *text)
{
    fact_intern(j, &(struct fact){.id = id,
                                  .node = -1,
                                  .other = -1,
                                  .value = off,
                                  .limit = then,
                                  .text = text,
                                  .on_best = true});
}

/* True when the witnesses have settled it. */
static bool fact_witnessed(struct judging *j)
{
    struct witnesses all;
    const cw_time at = j->in->at;
    if (j->obs->at_given || !time_is_in_question(j))
        return false;
    witnesses_collect(j, &all);
    const cw_time then = time_witnessed(j, &all);
    const struct witness *exact = exact_witness(&all);
    if (then > 0)
        clock_fact(j, then > at ? FACT_CLOCK_BEHIND : FACT_CLOCK_AHEAD,
                   then > at ? then - at : at - then, then, evidence_of(j, &all));
    else if (exact && disagrees(j, exact))
        clock_fact(j, FACT_CLOCKS_DIFFER, exact->time > at ? exact->time - at : at - exact->time,
                   exact->time, evidence_of(j, &all));
    return then > 0;
}

/** Every certificate of the best path lies on the same side of `at`: the clock is likelier wrong
 * than all of them, its trust anchor included. */
static void fact_one_sided(struct judging *j)
{
    const struct path *best = j->out->best >= 0 ? &j->out->paths[j->out->best] : NULL;
    if (best == NULL || best->count < 2)
        return;
    int64_t expired = INT64_MAX, early = INT64_MAX;
    size_t expired_count = 0, early_count = 0;
    for (size_t i = 0; i < best->count; i++) {
        const struct cert *cert = j->graph->nodes[best->nodes[i]].cert;
        if (cert->not_after == TIME_NONE || cert->not_before == TIME_NONE)
            return;
        if (j->in->at > cert->not_after) {
            expired_count++;
            if (j->in->at - cert->not_after < expired)
                expired = j->in->at - cert->not_after;
        }
        if (j->in->at < cert->not_before) {
            early_count++;
            if (cert->not_before - j->in->at < early)
                early = cert->not_before - j->in->at;
        }
    }
    const bool ahead = expired_count == best->count && best->complete;
    if (ahead || early_count == best->count)
        fact_intern(j, &(struct fact){.id = ahead ? FACT_CLOCK_AHEAD : FACT_CLOCK_BEHIND,
                                      .node = -1,
                                      .other = -1,
                                      .value = ahead ? expired : early,
                                      .limit = j->in->at,
                                      .text = "",
                                      .on_best = true});
}

void facts_of_clock(struct judging *j)
{
    if (!fact_witnessed(j))
        fact_one_sided(j);
}
