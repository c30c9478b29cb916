/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate Transparency (RFC 6962): which timestamps of a certificate count, and whether they do
 * for the policies of Chrome, Apple and Mozilla. Of publicly trusted chains alone: a private CA
 * logs nothing, and no client asks it to. */
#include <string.h>

#include "judge/internal.h"

enum { LOGS_MONTHS_DAYS = 70 }; /* older lists are not enforced by (ct_policy_enforcer.cc) */

/** Who asks for timestamps, and how. */
static const struct ct_rules {
    enum programme programme;
    cw_time since; /**< certificates that begin earlier need none */
    bool rfc6962;  /**< one of the logs must be as RFC 6962 says, not a static one */
} rules_of[] = {
    [CT_NONE] = {0},
    /* googlechrome.github.io/CertificateTransparency/ct_policy.html; ct_policy_enforcer.cc */
    [CT_CHROME] = {PROGRAMME_CHROME, 1525046400 /* 2018-04-30 */, true},
    /* wiki.mozilla.org/SecurityEngineering/Certificate_Transparency; CTPolicyEnforcer.cpp */
    [CT_FIREFOX] = {PROGRAMME_MOZILLA, 0, false},
    /* support.apple.com/en-us/103214; SecPolicyCheckSystemTrustedCTRequired */
    [CT_APPLE] = {PROGRAMME_APPLE, 1539648000 /* 2018-10-16 */, false},
    [CT_ANY] = {PROGRAMME_COUNT, 1525046400, true},
};

/* ---- the timestamps of one certificate ---- */

enum stamp_result {
    STAMP_GOOD,
    STAMP_UNKNOWN_LOG,
    STAMP_BAD,      /**< the log did not sign this */
    STAMP_FUTURE,   /**< issued after `at` */
    STAMP_UNUSABLE, /**< another version or algorithm */
};
struct stamp {
    struct sct sct;
    bool embedded;
    enum stamp_result result;
    const struct ct_log *log; /**< NULL: not in the list */
};
struct stamps {
    const struct cert *leaf;
    struct bytes issuer_key;
    struct ct_logs logs;
    bool logs_stale; /**< the list may lack what clients know at `at` */
    struct stamp items[LIMIT_SCTS_JUDGED];
    size_t count;
    bool malformed; /**< some list cannot be read to its end */
};

static enum stamp_result stamp_check(struct judging *j, const struct stamp *stamp,
                                     const struct cert *leaf, const struct cert *issuer)
{
    enum { MS = 1000 };
    if (stamp->sct.version != 0)
        return STAMP_UNUSABLE;
    if (stamp->log == NULL)
        return STAMP_UNKNOWN_LOG;
    if (stamp->sct.timestamp / MS > (uint64_t)(j->in->at > 0 ? j->in->at : 0))
        return STAMP_FUTURE;
    switch (sct_verify_memo(j->in->memo, &j->signatures_left, &stamp->sct, leaf,
                            stamp->embedded ? issuer : NULL, stamp->log->key)) {
    case SIG_OK:
    case SIG_UNCHECKED: /* our budget, not the certificate's fault */
        return STAMP_GOOD;
    case SIG_UNSUPPORTED:
        return STAMP_UNUSABLE;
    default:
        return STAMP_BAD;
    }
}

static void stamps_add(struct judging *j, struct stamps *out, const struct cert *issuer,
                       struct bytes list, bool embedded)
{
    struct sct_list walk = sct_list_of(list);
    struct sct sct;
    if (list.p == NULL)
        return;
    while (out->count < LIMIT_SCTS_JUDGED && sct_next(&walk, &sct)) {
        struct stamp *stamp = &out->items[out->count++];
        *stamp = (struct stamp){.sct = sct, .embedded = embedded};
        stamp->log = sct.version == 0 ? ct_log_find(&out->logs, sct.log_id) : NULL;
        stamp->result = stamp_check(j, stamp, out->leaf, issuer);
    }
    out->malformed |= walk.bad;
}

/** RFC 6962 section 3.3: the same list may come in the handshake and in the stapled response. */
static void stamps_of_connection(struct judging *j, struct stamps *out, const struct cert *issuer)
{
    const struct connection *connection = observation_primary(j->obs);
    struct ocsp_single single;
    if (j->first < 0 || j->graph->nodes[j->first].cert != out->leaf)
        return;
    if (connection != NULL)
        stamps_add(j, out, issuer, connection->handshake.sct_list, false);
    for (size_t i = 0; i < j->obs->document_count; i++) {
        const struct document *document = &j->obs->documents[i];
        if (document->from != DOCUMENT_STAPLED || document->ocsp == NULL ||
            document->ocsp->readable != OCSP_READABLE)
            continue;
        struct reader singles = ocsp_singles(document->ocsp);
        for (int k = 0; k < LIMIT_OCSP_SINGLES && ocsp_single_next(&singles, &single); k++)
            if (ocsp_id_names(&single.id, issuer->subject, &issuer->key, out->leaf->serial))
                stamps_add(j, out, issuer, single.scts, false);
    }
}

/** NULL when there is no list of logs to judge by. */
static const struct stamps *stamps_of(struct judging *j, const struct cert *leaf,
                                      const struct cert *issuer)
{
    struct stamps *known = j->stamps;
    if (known != NULL && known->leaf == leaf && bytes_equal(known->issuer_key, issuer->key.spki))
        return known;
    struct stamps *out = arena_alloc(j->arena, sizeof *out);
    out->leaf = leaf;
    out->issuer_key = issuer->key.spki;
    if (known != NULL)
        out->logs = known->logs;
    else if (!ct_logs_read(j->arena, j->in->ct_logs, &out->logs))
        return NULL;
    const cw_time apart = j->in->at - out->logs.date;
    out->logs_stale = apart > LOGS_MONTHS_DAYS * TIME_DAY || -apart > LOGS_MONTHS_DAYS * TIME_DAY;
    stamps_add(j, out, issuer, cert_sct_list(leaf), true);
    stamps_of_connection(j, out, issuer);
    j->stamps = out;
    return out;
}

cw_time ct_first_timestamp(struct judging *j, const struct cert *leaf, const struct cert *issuer)
{
    const struct stamps *all =
        j->in->ct_logs.p != NULL && !leaf->hypothetical ? stamps_of(j, leaf, issuer) : NULL;
    cw_time first = TIME_NONE;
    for (size_t i = 0; all != NULL && i < all->count; i++) {
        const struct stamp *stamp = &all->items[i];
        const cw_time at = (cw_time)(stamp->sct.timestamp / 1000);
        if ((stamp->result == STAMP_GOOD || stamp->result == STAMP_UNKNOWN_LOG) &&
            (first == TIME_NONE || at < first))
            first = at;
    }
    return first;
}

/* ---- does a policy count them? ---- */

enum counting { COUNTS_NOT, COUNTS_ONCE, COUNTS_NOW, MAY_COUNT };

/** A log whose state at `at` the list does not tell, or that it does not know yet, may count. */
static enum counting stamp_counts(const struct judging *j, const struct stamps *all,
                                  const struct stamp *stamp)
{
    const struct ct_log *log = stamp->log;
    if (stamp->result == STAMP_UNKNOWN_LOG)
        return all->logs_stale ? MAY_COUNT : COUNTS_NOT;
    if (stamp->result != STAMP_GOOD)
        return COUNTS_NOT;
    if (log->since != TIME_NONE && j->in->at < log->since)
        return MAY_COUNT;
    switch (log->state) {
    case CT_QUALIFIED:
    case CT_USABLE:
    case CT_READONLY:
        return COUNTS_NOW;
    case CT_RETIRED:
        return log->since != TIME_NONE && stamp->sct.timestamp / 1000 < (uint64_t)log->since
                   ? COUNTS_ONCE
                   : COUNTS_NOT;
    case CT_PENDING:
        return all->logs_stale ? MAY_COUNT : COUNTS_NOT;
    case CT_REJECTED:
        break;
    }
    return COUNTS_NOT;
}

struct tally {
    size_t logs, operators, now, rfc6962;
};

static bool same_log(const struct stamp *a, const struct stamp *b)
{
    return bytes_equal(a->sct.log_id, b->sct.log_id);
}

static bool same_operator(const struct stamp *a, const struct stamp *b)
{
    return a->log != NULL && b->log != NULL &&
           strcmp(a->log->operator_name, b->log->operator_name) == 0;
}

/** Distinct logs and operators among the timestamps that count; with `may`, in the best case. */
static struct tally stamps_count(const struct judging *j, const struct stamps *all, bool embedded,
                                 bool may)
{
    struct tally tally = {0};
    const struct stamp *counted[LIMIT_SCTS_JUDGED];
    for (size_t i = 0; i < all->count; i++) {
        const struct stamp *stamp = &all->items[i];
        const enum counting counting = stamp_counts(j, all, stamp);
        /* what did not come inside of the certificate was signed lately: by logs of today */
        if (stamp->embedded != embedded || counting == COUNTS_NOT ||
            (counting == MAY_COUNT && !may) || (counting == COUNTS_ONCE && !embedded))
            continue;
        bool new_log = true, new_operator = true;
        for (size_t k = 0; k < tally.logs; k++) {
            new_log = new_log && !same_log(counted[k], stamp);
            new_operator = new_operator && !same_operator(counted[k], stamp);
        }
        if (!new_log)
            continue;
        counted[tally.logs++] = stamp;
        tally.operators += new_operator;
        tally.now += counting != COUNTS_ONCE;
        tally.rfc6962 += stamp->log == NULL || stamp->log->rfc6962;
    }
    return tally;
}

/** What is lacking, by the policies' common text; CT_LACKS_NOTHING: they are content. */
static enum ct_lack tally_lacks(const struct tally *tally, size_t needed,
                                const struct ct_rules *rules)
{
    enum { OPERATORS_NEEDED = 2 };
    if (tally->logs < needed)
        return CT_LACKS_NUMBER;
    if (tally->now == 0)
        return CT_LACKS_CURRENT;
    if (tally->operators < OPERATORS_NEEDED)
        return CT_LACKS_OPERATORS;
    return rules->rfc6962 && tally->rfc6962 == 0 ? CT_LACKS_RFC6962 : CT_LACKS_NOTHING;
}

/** Two timestamps, three for more than 180 days; two when they come with the connection. */
static size_t needed_by(const struct cert *leaf)
{
    enum { SHORT_DAYS = 180, FEW = 2, MANY = 3 };
    return leaf->not_after - leaf->not_before > SHORT_DAYS * TIME_DAY ? MANY : FEW;
}

static bool content_at_best(const struct judging *j, const struct stamps *all, size_t needed,
                            const struct ct_rules *rules)
{
    const struct tally inside = stamps_count(j, all, true, true);
    const struct tally beside = stamps_count(j, all, false, true);
    return tally_lacks(&inside, needed, rules) == CT_LACKS_NOTHING ||
           tally_lacks(&beside, 2, rules) == CT_LACKS_NOTHING;
}

/* ---- in words that evidence can show ---- */

static const char *result_text(const struct stamp *stamp)
{
    switch (stamp->result) {
    case STAMP_UNKNOWN_LOG:
        return "a log that is not in the list";
    case STAMP_BAD:
        return "its signature does not verify";
    case STAMP_FUTURE:
        return "it was issued in the future";
    case STAMP_UNUSABLE:
        return "of another version or algorithm than RFC 6962 knows";
    case STAMP_GOOD:
        break;
    }
    return ct_state_name(stamp->log->state);
}

/** "Google 'Argon2026h2' (usable), …"; with `invalid` only those that are. */
static const char *stamps_text(const struct judging *j, const struct stamps *all, bool invalid)
{
    enum { ID_SHOWN = 4 };
    BUF_CLEANUP out = {0};
    for (size_t i = 0; i < all->count; i++) {
        const struct stamp *stamp = &all->items[i];
        const struct bytes id = bytes_slice(stamp->sct.log_id, 0, ID_SHOWN);
        const bool wrong = stamp->result != STAMP_GOOD && stamp->result != STAMP_UNKNOWN_LOG;
        if (invalid && !wrong)
            continue;
        buf_printf(&out, "%s%s (%s)", out.n ? ", " : "",
                   stamp->log ? stamp->log->name : str_hex(j->arena, id, 0), result_text(stamp));
    }
    if (all->malformed)
        buf_printf(&out, "%sa list that cannot be read", out.n ? ", " : "");
    return arena_strdup(j->arena, buf_cstr(&out));
}

static size_t stamps_invalid(const struct stamps *all)
{
    size_t count = all->malformed;
    for (size_t i = 0; i < all->count; i++)
        count += all->items[i].result != STAMP_GOOD && all->items[i].result != STAMP_UNKNOWN_LOG;
    return count;
}

/* ---- the check ---- */

bool anchor_is_public(const struct check *c, enum programme programme)
{
    const unsigned browsers =
        1U << PROGRAMME_CHROME | 1U << PROGRAMME_MOZILLA | 1U << PROGRAMME_APPLE;
    const unsigned wanted = programme == PROGRAMME_COUNT ? browsers : 1U << programme;
    struct root_standing standing;
    return c->route->complete && c->route->count > 0 &&
           root_standing_find(c->j->in->roots, check_cert(c, c->route->count - 1)->sha256,
                              &standing) &&
           (standing.programmes & wanted) != 0;
}

static void objections(const struct check *c, const struct ct_rules *rules,
                       const struct stamps *all)
{
    const size_t needed = needed_by(all->leaf), invalid = stamps_invalid(all);
    const struct tally inside = stamps_count(c->j, all, true, false);
    const struct tally beside = stamps_count(c->j, all, false, false);
    const enum ct_lack lack = tally_lacks(&inside, needed, rules);
    if (c->b == &behaviour_all_facts && invalid > 0)
        reason_add(c, FACT_CT_INVALID, at_depth(0), (int64_t)invalid, 0,
                   stamps_text(c->j, all, true));
    if (all->count == 0 && !all->malformed) {
        reason_add(c, FACT_CT_MISSING, at_depth(0), 0, (int64_t)needed, NULL);
        return;
    }
    if (lack == CT_LACKS_NOTHING || tally_lacks(&beside, 2, rules) == CT_LACKS_NOTHING ||
        content_at_best(c->j, all, needed, rules))
        return;
    reason_add(c, FACT_CT_TOO_FEW, at_depth(0), (int64_t)inside.logs, (int64_t)needed,
               stamps_text(c->j, all, false));
    c->out->items[c->out->count - 1].offset = lack;
}

void check_ct(const struct check *c)
{
    const struct ct_rules *rules = &rules_of[c->b->ct];
    if (c->b->ct == CT_NONE || c->j->in->ct_logs.p == NULL || c->route->count < 2 ||
        !anchor_is_public(c, rules->programme))
        return;
    const struct cert *leaf = check_cert(c, 0), *issuer = check_cert(c, 1);
    /* a certificate that repair imagines would be logged as any other */
    if (!leaf_is_servers(leaf) || !issuer->parsed || leaf->hypothetical || issuer->hypothetical ||
        leaf->not_before < rules->since)
        return;
    const struct stamps *all = stamps_of(c->j, leaf, issuer);
    if (all != NULL)
        objections(c, rules, all);
}
