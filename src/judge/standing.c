/* SPDX-License-Identifier: Apache-2.0 */
/* What the documents at hand (stapled, fetched, given) say of each certificate of a path. */
#include <string.h>

#include "judge/internal.h"
#include "judge/revocation.h"

bool has_papers(const struct judging *j)
{
    return j->papers.crl_count > 0 || j->papers.ocsp_count > 0 || j->papers.staple != NULL;
}

static bool is_signer(const struct judging *j, const struct cert *cert)
{
    for (size_t i = 0; i < j->papers.signer_count; i++)
        if (cert_equal(j->papers.signers[i], cert))
            return true;
    return false;
}

/** RFC 5280 section 6.3.3 (f): a CRL may be signed by another certificate of the issuer, which
 *  stands in no path of the leaf. */
static void signers_collect(struct judging *j, size_t room)
{
    struct papers *p = &j->papers;
    p->signers = arena_array(j->arena, room + 1, sizeof *p->signers);
    for (size_t n = 0; n < j->graph->node_count && p->signer_count < room; n++) {
        const struct cert *cert = j->graph->nodes[n].cert;
        if (cert->parsed && !is_signer(j, cert))
            p->signers[p->signer_count++] = cert;
    }
    for (size_t d = 0; d < j->obs->document_count; d++) {
        const struct document *document = &j->obs->documents[d];
        for (size_t i = 0; i < document->cert_count && p->signer_count < room; i++)
            if (document->certs[i]->parsed && !is_signer(j, document->certs[i]))
                p->signers[p->signer_count++] = document->certs[i];
    }
}

void papers_collect(struct judging *j)
{
    const size_t count = j->obs->document_count;
    struct papers *p = &j->papers;
    if (count == 0)
        return;
    p->crls = arena_array(j->arena, count, sizeof(struct crl *));
    p->crl_of = arena_array(j->arena, count, sizeof(struct document *));
    p->ocsps = arena_array(j->arena, count, sizeof(struct ocsp *));
    p->ocsp_of = arena_array(j->arena, count, sizeof(struct document *));
    for (size_t d = 0; d < count; d++) {
        const struct document *document = &j->obs->documents[d];
        if (document->from == DOCUMENT_STAPLED)
            p->staple = document;
        if (document->crl != NULL) {
            p->crls[p->crl_count] = document->crl;
            p->crl_of[p->crl_count++] = document;
        }
        if (document->ocsp != NULL) {
            p->ocsps[p->ocsp_count] = document->ocsp;
            p->ocsp_of[p->ocsp_count++] = document;
        }
    }
    if (p->crl_count > 0)
        signers_collect(j, LIMIT_CANDIDATES);
}

/* ---- one certificate ---- */

struct asking {
    struct judging *j;
    const struct cert *path[LIMIT_PATH_LENGTH];
    size_t count;
    bool is_leaf; /**< a stapled response is about it */
    struct bytes request;
};

/** Was this response asked for, or given, for this certificate? */
static bool is_meant(const struct asking *a, const struct document *document, enum answer_from from)
{
    if (from == ANSWER_STAPLE)
        return a->is_leaf &&
               (document->from == DOCUMENT_STAPLED ||
                (document->from == DOCUMENT_GIVEN && a->j->obs->target.kind == TARGET_FILE));
    if (document->from == DOCUMENT_STAPLED)
        return false;
    return document->from == DOCUMENT_GIVEN || document->request.n == 0 ||
           bytes_equal(document->request, a->request);
}

/** Does the certificate itself name this CRL? Then it is no excuse that it is for others. */
static bool is_own_crl(const struct asking *a, const struct document *document)
{
    const char *urls[LIMIT_CERT_SOURCES];
    const size_t n = cert_crl_urls(a->j->arena, a->path[0], urls, LIMIT_CERT_SOURCES);
    for (size_t i = 0; i < n && document->from != DOCUMENT_GIVEN; i++)
        if (document->where != NULL && strcmp(urls[i], document->where) == 0)
            return true;
    return false;
}

/** What a document that was given, or is shared by several certificates, says of others only. */
static bool is_about_others(const struct asking *a, const struct document *document,
                            enum answer_from from, enum source_result result)
{
    const bool own =
        from == ANSWER_STAPLE || (from == ANSWER_OCSP && document->from != DOCUMENT_GIVEN) ||
        (from == ANSWER_CRL && result == SOURCE_NOT_COVERED && is_own_crl(a, document));
    return !own && (result == SOURCE_OTHER || result == SOURCE_NOT_COVERED ||
                    result == SOURCE_DELTA || (from == ANSWER_OCSP && result == SOURCE_ERROR));
}

static void answer_take(const struct asking *a, const struct revocation *found,
                        const struct document *const *documents, enum answer_from from,
                        struct answer *out)
{
    static const enum answer_status statuses[] = {[REVOCATION_UNKNOWN] = ANSWER_UNKNOWN,
                                                  [REVOCATION_GOOD] = ANSWER_GOOD,
                                                  [REVOCATION_REVOKED] = ANSWER_REVOKED};
    if (found->decided_by < 0)
        return;
    const struct source_evidence *e = &found->evidence[found->decided_by];
    if (is_about_others(a, documents[e->index], from, e->result))
        return;
    *out = (struct answer){.status = statuses[found->status],
                           .source = documents[e->index],
                           .result = e->result,
                           .why = source_result_text(e->result),
                           .is_crl = !e->is_ocsp,
                           .this_update = e->this_update,
                           .next_update = e->next_update,
                           .revoked_at = e->revoked_at,
                           .invalidity = e->invalidity,
                           .reason = e->reason};
}

/** A responder that signs while it is asked dates its answer after the time of this run began, and
 *  clocks differ: OpenSSL's clients allow five minutes. */
static const struct revocation_policy usual = {.skew = 5 * 60};

static void ask_ocsp(const struct asking *a, enum answer_from from, struct answer *out)
{
    const struct papers *p = &a->j->papers;
    const struct ocsp **meant = arena_array(a->j->arena, p->ocsp_count, sizeof(struct ocsp *));
    const struct document **of = arena_array(a->j->arena, p->ocsp_count, sizeof(struct document *));
    struct revocation_input in = {.path = a->path,
                                  .path_count = a->count,
                                  .ocsps = meant,
                                  .at = a->j->in->at,
                                  .memo = a->j->in->memo,
                                  .policy = &usual};
    for (size_t i = 0; i < p->ocsp_count; i++)
        if (is_meant(a, p->ocsp_of[i], from)) {
            of[in.ocsp_count] = p->ocsp_of[i];
            meant[in.ocsp_count++] = p->ocsps[i];
        }
    if (in.ocsp_count == 0)
        return;
    struct revocation found;
    revocation_judge(&in, a->j->arena, &found);
    answer_take(a, &found, of, from, out);
}

static void ask_crls(const struct asking *a, struct answer *out)
{
    const struct papers *p = &a->j->papers;
    const struct revocation_input in = {.path = a->path,
                                        .path_count = a->count,
                                        .pool = p->signers,
                                        .pool_count = p->signer_count,
                                        .crls = p->crls,
                                        .crl_count = p->crl_count,
                                        .at = a->j->in->at,
                                        .memo = a->j->in->memo,
                                        .policy = &usual};
    struct revocation found;
    if (p->crl_count == 0)
        return;
    revocation_judge(&in, a->j->arena, &found);
    answer_take(a, &found, p->crl_of, ANSWER_CRL, out);
}

static void staple_unparsed(const struct document *staple, struct answer *out)
{
    out->source = staple;
    out->result = staple->assumed ? SOURCE_GOOD : SOURCE_MALFORMED;
    out->status = staple->assumed ? ANSWER_GOOD : ANSWER_UNKNOWN;
    out->why = source_result_text((enum source_result)out->result);
}

/** A certificate that a fix has issued again is not the one that was revoked: what was asked for
 *  the old one says nothing of it, and who is asked will know it. */
static void forget_reissued(const struct asking *a, struct standing *out)
{
    for (size_t i = 0; i < ANSWER_FROMS; i++) {
        struct answer *answer = &out->by[i];
        const int result = answer->result;
        const bool of_it = result == SOURCE_REVOKED || result == SOURCE_OTHER ||
                           result == SOURCE_UNKNOWN || result == SOURCE_NOT_COVERED;
        const bool of_issuer = result == SOURCE_OTHER || result == SOURCE_NO_SIGNER ||
                               result == SOURCE_SIGNER_UNFIT || result == SOURCE_BAD_SIGNATURE;
        if (answer->source != NULL &&
            ((a->path[0]->hypothetical && of_it) || (a->path[1]->hypothetical && of_issuer)))
            *answer = (struct answer){.status = ANSWER_GOOD,
                                      .source = answer->source,
                                      .result = SOURCE_GOOD,
                                      .why = "",
                                      .is_crl = answer->is_crl,
                                      .this_update = answer->this_update,
                                      .next_update = answer->next_update,
                                      .revoked_at = TIME_NONE,
                                      .invalidity = TIME_NONE,
                                      .reason = REASON_ABSENT};
    }
}

static void standing_judge(struct judging *j, const int *path, size_t count, size_t depth,
                           struct standing *out)
{
    struct asking a = {.j = j, .is_leaf = path[depth] == j->first};
    for (size_t i = depth; i < count && a.count < LIMIT_PATH_LENGTH; i++)
        a.path[a.count++] = j->graph->nodes[path[i]].cert;
    if (!a.path[0]->parsed || !a.path[1]->parsed)
        return;
    BUF_CLEANUP request = {0};
    if (j->papers.ocsp_count > 0)
        ocsp_request(a.path[0], a.path[1], bytes_of(NULL, 0), &request);
    a.request = buf_bytes(&request);
    const struct document *staple = j->papers.staple;
    if (a.is_leaf && staple != NULL && staple->ocsp == NULL)
        staple_unparsed(staple, &out->by[ANSWER_STAPLE]);
    ask_ocsp(&a, ANSWER_STAPLE, &out->by[ANSWER_STAPLE]);
    ask_ocsp(&a, ANSWER_OCSP, &out->by[ANSWER_OCSP]);
    ask_crls(&a, &out->by[ANSWER_CRL]);
    if (a.path[0]->hypothetical || a.path[1]->hypothetical)
        forget_reissued(&a, out);
}

struct standing *standing_of(struct judging *j, const int *path, size_t count, size_t depth)
{
    struct verdict *v = j->out;
    const int node = path[depth], issuer = path[depth + 1];
    for (size_t i = 0; i < v->standing_count; i++)
        if (v->standings[i]->node == node && v->standings[i]->issuer == issuer)
            return v->standings[i];
    struct standing *made = arena_alloc(j->arena, sizeof *made);
    *made = (struct standing){.node = node, .issuer = issuer, .obstacle = ""};
    for (size_t i = 0; i < ANSWER_FROMS; i++)
        made->by[i] = (struct answer){.why = "",
                                      .result = SOURCE_OTHER,
                                      .this_update = TIME_NONE,
                                      .next_update = TIME_NONE,
                                      .revoked_at = TIME_NONE,
                                      .invalidity = TIME_NONE,
                                      .reason = REASON_ABSENT};
    standing_judge(j, path, count, depth, made);
    v->standings = arena_grow(j->arena, v->standings, v->standing_count, &v->standing_cap,
                              sizeof(struct standing *));
    v->standings[v->standing_count++] = made;
    return made;
}

const struct answer *standing_answer(const struct standing *standing)
{
    const struct answer *best = &standing->by[0];
    for (size_t i = 1; i < ANSWER_FROMS; i++) {
        const struct answer *next = &standing->by[i];
        if (next->status > best->status || (best->source == NULL && next->source != NULL))
            best = next;
    }
    return best;
}

const struct standing *verdict_standing_under(const struct verdict *verdict, int node, int issuer)
{
    for (size_t i = 0; i < verdict->standing_count; i++)
        if (verdict->standings[i]->node == node && verdict->standings[i]->issuer == issuer)
            return verdict->standings[i];
    return NULL;
}

const struct standing *verdict_standing(const struct verdict *verdict, int node)
{
    const struct path *best = verdict->best >= 0 ? &verdict->paths[verdict->best] : NULL;
    for (size_t i = 0; best != NULL && i + 1 < best->count; i++)
        if (best->nodes[i] == node)
            return verdict_standing_under(verdict, node, best->nodes[i + 1]);
    return NULL;
}

bool cert_is_short_lived(const struct cert *cert)
{
    const cw_time since_2024 = 1710460800, since_2026 = 1773532800; /* March 15 of both */
    if (cert->not_before == TIME_NONE || cert->not_after == TIME_NONE ||
        cert->not_before < since_2024 || cert->is_ca)
        return false;
    const int days = cert->not_before < since_2026 ? 10 : 7;
    return cert->not_after - cert->not_before + 1 <= days * TIME_DAY;
}
