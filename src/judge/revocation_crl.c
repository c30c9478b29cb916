/* SPDX-License-Identifier: Apache-2.0 */
/* The CRLs at hand about one certificate (RFC 5280 section 6.3.3): the letters are its steps. */
#include "judge/revocation.h"

enum {
    SIGNER_PATH = 8, /* from a CRL's signer to the path of the certificate */
    ANOMALIES_ALWAYS_FATAL = CRL_BIT(MALFORMED) | CRL_BIT(VERSION_UNKNOWN) |
                             CRL_BIT(TIME_UNREADABLE) | CRL_BIT(EXTENSION_DUPLICATE) |
                             CRL_BIT(EXTENSION_MALFORMED) | CRL_BIT(EXTENSIONS_TOO_MANY) |
                             CRL_BIT(SCOPE_CONTRADICTS),
};

/** One question: what do the CRLs say of in->path[0]? */
struct asking {
    const struct revocation_input *in;
    unsigned level;
    unsigned covered; /**< reasons that are settled: reasons_mask */
    bool revoked;
    struct source_evidence *evidence; /**< NULL: nobody wants to know */
};

static const struct cert *subject_of(const struct asking *a)
{
    return a->in->path[0];
}

static bool is_unusable(const struct asking *a, const struct crl *crl)
{
    const uint32_t fatal = ANOMALIES_ALWAYS_FATAL | a->in->policy->anomalies_fatal;
    return !crl->parsed || (crl->anomalies & fatal) != 0;
}

/* ---- (b) is the certificate within the scope of the CRL? ---- */

/** (b)(1): the CRL's issuer is the one that the distribution point names, else the certificate's.
 */
static bool issuer_fits(const struct asking *a, const struct crl_point *point,
                        const struct crl *crl)
{
    if (point->crl_issuer.p == NULL)
        return name_equal(crl->issuer, subject_of(a)->issuer);
    return crl->scope.indirect && general_names_hold(point->crl_issuer, crl->issuer);
}

/** (b)(2)(i) */
static bool names_fit(const struct asking *a, const struct crl_point *point, const struct crl *crl)
{
    const struct point_name *ours = &point->name;
    const struct point_name issuers = {.full = point->crl_issuer};
    if (crl->scope.name.full.p == NULL && crl->scope.name.relative.p == NULL)
        return true;
    if (ours->full.p == NULL && ours->relative.p == NULL)
        ours = &issuers;
    const bool own = point->crl_issuer.p == NULL;
    return point_names_meet(&crl->scope.name, crl->issuer, ours,
                            own ? subject_of(a)->issuer : crl->issuer);
}

/** (b)(2)(ii) to (iv). RFC 5280 section 5.2.5: version 1 and 2 certificates are in the scope of
 *  neither kind of limited CRL. */
static bool kind_fits(const struct asking *a, const struct crl *crl)
{
    const struct cert *cert = subject_of(a);
    const struct crl_scope *scope = &crl->scope;
    if (scope->only_attribute || ((scope->only_user || scope->only_ca) && cert->version < 3))
        return false;
    return !(scope->only_user && cert->is_ca) && !(scope->only_ca && !cert->is_ca);
}

static enum source_result check_scope(const struct asking *a, const struct crl_point *point,
                                      const struct crl *crl)
{
    if (!issuer_fits(a, point, crl))
        return SOURCE_OTHER;
    if (crl->has_scope && (!names_fit(a, point, crl) || !kind_fits(a, crl) ||
                           (crl->scope.indirect && a->in->policy->no_indirect)))
        return SOURCE_NOT_COVERED;
    return SOURCE_GOOD;
}

/* ---- (f) who signed it ---- */

static bool is_valid_at(const struct asking *a, const struct cert *cert)
{
    return cert->not_before <= a->in->at && a->in->at <= cert->not_after;
}

static bool may_issue(const struct cert *cert)
{
    return cert->is_ca && (!(cert->has & HAS_KEY_USAGE) || (cert->key_usage & KU_KEY_CERT_SIGN));
}

/** Extends a signer's path by the certificate that issued its last one: by one of the path that was
 *  accepted, which is then followed to the anchor, or by one of the pool. */
static bool path_extend(const struct asking *a, const struct cert **path, size_t *count, bool *done)
{
    const struct revocation_input *in = a->in;
    const struct cert *last = path[*count - 1];
    for (size_t i = 1; i < in->path_count; i++) {
        if (!name_equal(in->path[i]->subject, last->issuer) ||
            !revocation_issued(in, in->path[i], last))
            continue;
        for (; i < in->path_count && *count < LIMIT_PATH_LENGTH; i++)
            path[(*count)++] = in->path[i];
        *done = true;
        return true;
    }
    for (size_t i = 0; i < in->pool_count; i++) {
        const struct cert *next = in->pool[i];
        if (next == last || !may_issue(next) || !is_valid_at(a, next) ||
            !name_equal(next->subject, last->issuer) || !revocation_issued(in, next, last))
            continue;
        path[(*count)++] = next;
        return true;
    }
    return false;
}

/** RFC 5280 section 6.3.3 (f): the path of the CRL's issuer ends at the anchor of the
 * certificate's. Nobody on it may be revoked, as far as these CRLs say. */
static bool is_trusted(const struct asking *a, const struct cert *signer)
{
    const struct cert *path[LIMIT_PATH_LENGTH];
    size_t count = 1;
    bool done = false;
    path[0] = signer;
    if (!is_valid_at(a, signer))
        return false;
    while (!done && count < SIGNER_PATH) {
        if (!path_extend(a, path, &count, &done))
            return false;
    }
    if (!done || a->level + 1 >= REVOCATION_LEVELS)
        return done;
    struct revocation_input in = *a->in;
    in.path = path;
    in.path_count = count;
    unsigned covered;
    return !revocation_by_crls(&in, a->level + 1, NULL, &covered);
}

static bool is_candidate(const struct crl *crl, const struct cert *cert)
{
    if (!cert->parsed || !name_equal(cert->subject, crl->issuer))
        return false;
    return crl->aki_key_id.p == NULL || cert->ski.p == NULL ||
           bytes_equal(crl->aki_key_id, cert->ski);
}

/** (f) and (g) for one who may have signed. */
static enum source_result try_signer(const struct asking *a, struct crl *crl,
                                     const struct cert *cert, bool on_path)
{
    switch (crl_verify(crl, cert->key.spki)) {
    case SIG_OK:
        break;
    case SIG_UNSUPPORTED:
    case SIG_UNCHECKED:
        return SOURCE_UNCHECKED;
    default:
        return SOURCE_BAD_SIGNATURE;
    }
    if ((cert->has & HAS_KEY_USAGE) && !(cert->key_usage & KU_CRL_SIGN))
        return SOURCE_SIGNER_UNFIT;
    return on_path || is_trusted(a, cert) ? SOURCE_GOOD : SOURCE_SIGNER_UNFIT;
}

static enum source_result find_signer(const struct asking *a, struct crl *crl,
                                      const struct cert **signer)
{
    const struct revocation_input *in = a->in;
    const size_t total = in->path_count - 1 + in->pool_count;
    enum source_result result = SOURCE_NO_SIGNER;
    for (size_t i = 0; i < total && result != SOURCE_GOOD; i++) {
        const bool on_path = i < in->path_count - 1;
        const struct cert *cert = on_path ? in->path[i + 1] : in->pool[i - (in->path_count - 1)];
        if (!is_candidate(crl, cert))
            continue;
        const enum source_result one = try_signer(a, crl, cert, on_path);
        if (one != SOURCE_GOOD && result == SOURCE_SIGNER_UNFIT)
            continue;
        result = one;
        *signer = cert;
    }
    return result;
}

/* ---- (c) and (h): the delta CRL that goes with a complete one ---- */

static bool same_scope(const struct crl *a, const struct crl *b)
{
    return a->has_scope == b->has_scope && bytes_equal(a->scope_value, b->scope_value);
}

/** RFC 5280 sections 5.2.4 and 6.3.3 (c): same issuer, scope and key; the delta starts at or before
 *  the complete list and goes beyond it. */
static bool delta_fits(const struct crl *base, const struct crl *delta)
{
    return delta->is_delta && base->number.p != NULL && delta->number.p != NULL &&
           delta->base_number.p != NULL && name_equal(base->issuer, delta->issuer) &&
           same_scope(base, delta) && bytes_equal(base->aki_key_id, delta->aki_key_id) &&
           crl_number_compare(base->number, delta->base_number) >= 0 &&
           crl_number_compare(base->number, delta->number) < 0;
}

/** The newest usable delta, signed by the key of the complete list; -1 none. */
static int find_delta(const struct asking *a, const struct crl *base, const struct cert *signer)
{
    const struct revocation_input *in = a->in;
    int best = -1;
    for (size_t i = 0; i < in->crl_count && !in->policy->no_delta; i++) {
        struct crl *delta = in->crls[i];
        if (is_unusable(a, delta) || !delta_fits(base, delta) || delta->critical_unknown.p != NULL)
            continue;
        if (revocation_fresh(in, delta->this_update, delta->next_update) != SOURCE_GOOD ||
            crl_verify(delta, signer->key.spki) != SIG_OK)
            continue;
        if (best < 0 || crl_number_compare(delta->number, in->crls[best]->number) > 0)
            best = (int)i;
    }
    return best;
}

/* ---- (i) to (k): is it on the list? ---- */

static enum source_result look_up(const struct asking *a, struct crl *crl,
                                  struct source_evidence *e)
{
    struct crl_entry entry;
    const enum crl_listing listing =
        crl_find(crl, subject_of(a)->issuer, subject_of(a)->serial, &entry);
    if (listing == CRL_ENTRIES_MALFORMED || is_unusable(a, crl))
        return SOURCE_MALFORMED;
    if (listing == CRL_ENTRY_CRITICAL)
        return SOURCE_CRITICAL;
    if (listing == CRL_UNLISTED)
        return SOURCE_GOOD;
    e->revoked_at = entry.revoked_at;
    e->invalidity = entry.invalidity;
    e->reason = entry.reason;
    return SOURCE_REVOKED;
}

static enum source_result look_up_both(const struct asking *a, struct crl *crl,
                                       struct source_evidence *e)
{
    if (e->delta < 0)
        return look_up(a, crl, e);
    const enum source_result changed = look_up(a, a->in->crls[e->delta], e);
    if (changed == SOURCE_GOOD)
        return look_up(a, crl, e);
    if (changed != SOURCE_REVOKED || e->reason != REASON_REMOVE_FROM_CRL)
        return changed;
    /* (k) */
    struct source_evidence before;
    const enum source_result complete = look_up(a, crl, &before);
    e->revoked_at = e->invalidity = TIME_NONE;
    e->reason = REASON_ABSENT;
    return complete == SOURCE_REVOKED ? SOURCE_GOOD : complete;
}

/* ---- one CRL for one distribution point ---- */

static enum source_result ask_crl(const struct asking *a, const struct crl_point *point,
                                  struct crl *crl, struct source_evidence *e)
{
    if (!crl->parsed)
        return SOURCE_MALFORMED;
    const enum source_result scope = check_scope(a, point, crl);
    if (scope == SOURCE_OTHER)
        return scope;
    if (is_unusable(a, crl))
        return SOURCE_MALFORMED;
    if (scope != SOURCE_GOOD)
        return scope;
    if (crl->is_delta)
        return SOURCE_DELTA;
    if (crl->critical_unknown.p != NULL)
        return SOURCE_CRITICAL;
    const enum source_result when = revocation_fresh(a->in, crl->this_update, crl->next_update);
    if (when != SOURCE_GOOD && when != SOURCE_STALE)
        return when;
    const enum source_result signer = find_signer(a, crl, &e->signer);
    if (signer != SOURCE_GOOD)
        return signer;
    e->delegated = e->signer != a->in->path[1];
    e->delta = find_delta(a, crl, e->signer);
    /* (a)(1)(i): a complete list that is past its time does with a delta that is not. */
    if (when == SOURCE_STALE && e->delta < 0)
        return when;
    return look_up_both(a, crl, e);
}

static struct source_evidence evidence_of(const struct crl *crl, size_t index)
{
    return (struct source_evidence){
        .index = index,
        .result = crl->is_delta ? SOURCE_DELTA : SOURCE_OTHER,
        .this_update = crl->this_update,
        .next_update = crl->next_update,
        .revoked_at = TIME_NONE,
        .invalidity = TIME_NONE,
        .reason = REASON_ABSENT,
        .delta = -1,
    };
}

/** What is kept when one CRL is asked for several distribution points: never less than before. */
static void keep(struct asking *a, const struct source_evidence *e)
{
    if (a->evidence == NULL)
        return;
    struct source_evidence *kept = &a->evidence[e->index];
    if (kept->result == SOURCE_REVOKED || kept->result == SOURCE_GOOD)
        return;
    if (e->result == SOURCE_OTHER ||
        (e->result == SOURCE_NOT_COVERED && kept->result != SOURCE_OTHER))
        return;
    *kept = *e;
}

static void ask_all(struct asking *a, const struct crl_point *point)
{
    for (size_t i = 0; i < a->in->crl_count; i++) {
        struct crl *crl = a->in->crls[i];
        struct source_evidence e = evidence_of(crl, i);
        e.result = ask_crl(a, point, crl, &e);
        if (e.result == SOURCE_GOOD) {
            /* (d) and (l) */
            const unsigned reasons =
                point->reasons & (crl->has_scope ? crl->scope.reasons : (unsigned)REASONS_ALL);
            a->covered |= reasons;
            if (reasons != REASONS_ALL)
                e.result = SOURCE_PARTIAL;
        }
        a->revoked |= e.result == SOURCE_REVOKED;
        keep(a, &e);
    }
}

/** "a DP with both the reasons and the cRLIssuer fields omitted and a distribution point name of
 *  the certificate issuer": what a certificate without distribution points has, and the last that
 * is tried for others. */
static void ask_implied(struct asking *a)
{
    struct writer name = {0};
    writer_put(&name, DER_CONTEXT_CONS(4), subject_of(a)->issuer);
    const struct crl_point point = {.name.full = buf_bytes(&name.out), .reasons = REASONS_ALL};
    ask_all(a, &point);
    writer_free(&name);
}

bool revocation_by_crls(const struct revocation_input *in, unsigned level,
                        struct source_evidence *evidence, unsigned *covered)
{
    struct asking a = {.in = in, .level = level, .evidence = evidence};
    for (size_t i = 0; i < in->crl_count && evidence != NULL; i++)
        evidence[i] = evidence_of(in->crls[i], i);
    struct reader points = cert_crl_points(in->path[0], OID_CRL_DISTRIBUTION_POINTS);
    struct crl_point point;
    bool any = false;
    for (size_t i = 0; i < LIMIT_POINT_NAMES && crl_point_next(&points, &point); i++) {
        any = true;
        ask_all(&a, &point);
    }
    if (!any || (a.covered != REASONS_ALL && !in->policy->points_only))
        ask_implied(&a);
    *covered = a.covered;
    return a.revoked;
}
