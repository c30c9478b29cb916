/* SPDX-License-Identifier: Apache-2.0 */
/* Revocation: what each client makes of staples, OCSP responses and CRLs, and what is to be said of
 * the sources of the best path, whoever asks them. */
#include <string.h>

#include "judge/internal.h"
#include "judge/revocation.h"

bool path_is_public(const struct judging *j, const int *path, size_t count)
{
    struct root_standing standing;
    return count > 0 && root_standing_find(
                            j->in->roots, j->graph->nodes[path[count - 1]].cert->sha256, &standing);
}

static bool is_below_public_root(const struct check *c)
{
    return c->route->complete && path_is_public(c->j, c->route->nodes, c->route->count);
}

static struct standing *standing_at(const struct check *c, size_t depth)
{
    return standing_of(c->j, c->route->nodes, c->route->count, depth);
}

/* ---- what is revoked ---- */

static bool asks(const struct check *c, size_t depth, enum lookup lookup)
{
    return lookup != LOOKUP_NONE && (depth == 0 || c->b->asks_for_cas) &&
           !(c->b->asks_private && is_below_public_root(c));
}

/** The answers of a certificate that this client gets to see. */
struct heard {
    const struct answer *items[ANSWER_FROMS];
    size_t count;
    bool hard; /**< one of them must be good */
};

static void hear(const struct check *c, size_t depth, struct heard *out)
{
    const struct behaviour *b = c->b;
    const struct answer *by = standing_at(c, depth)->by;
    *out = (struct heard){.count = 0};
    if (depth == 0 && (b->staple_fatal & SOURCE_BIT(REVOKED))) {
        out->items[out->count++] = &by[ANSWER_STAPLE];
        if (by[ANSWER_STAPLE].status == ANSWER_GOOD && !b->asks_anyway)
            return; /* RFC 6066 section 8: there is no need to ask the responder */
    }
    if (asks(c, depth, b->asks_ocsp))
        out->items[out->count++] = &by[ANSWER_OCSP];
    if (asks(c, depth, b->asks_crl))
        out->items[out->count++] = &by[ANSWER_CRL];
    out->hard = (b->asks_ocsp == LOOKUP_HARD && asks(c, depth, b->asks_ocsp)) ||
                (b->asks_crl == LOOKUP_HARD && asks(c, depth, b->asks_crl));
}

static void add_revoked(const struct check *c, size_t depth, const struct answer *answer)
{
    reason_add(c, depth == 0 ? FACT_REVOKED : FACT_CA_REVOKED, between((int)depth, (int)depth + 1),
               answer->revoked_at, answer->reason, answer->source->where);
}

static void add_unknown(const struct check *c, size_t depth, const struct answer *answer)
{
    const bool none = answer == NULL || answer->source == NULL;
    reason_add(c, FACT_REVOCATION_UNKNOWN, between((int)depth, (int)depth + 1),
               none ? SOURCE_OTHER : answer->result,
               none             ? 0
               : answer->is_crl ? 2
                                : 1,
               none ? "" : answer->source->where);
}

/* RFC 5280 section 6.1.3 (a)(3). */
static void check_standing(const struct check *c, size_t depth)
{
    struct heard heard;
    hear(c, depth, &heard);
    const struct answer *worst = NULL, *unknown = NULL;
    bool good = false;
    for (size_t i = 0; i < heard.count; i++) {
        const struct answer *answer = heard.items[i];
        if (answer->status == ANSWER_REVOKED && worst == NULL)
            worst = answer;
        good |= answer->status == ANSWER_GOOD;
        if (answer->source != NULL && (answer->result == SOURCE_UNKNOWN || unknown == NULL))
            unknown = answer;
    }
    if (worst != NULL)
        add_revoked(c, depth, worst);
    else if ((heard.hard && !good && !cert_is_short_lived(check_cert(c, depth))) ||
             (c->b->unknown_is_fatal && !good && unknown != NULL &&
              unknown->result == SOURCE_UNKNOWN))
        add_unknown(c, depth, unknown);
}

/* ---- staples ---- */

/** Was there an occasion to staple? A file stands for a server that sends it and nothing else. */
static bool staple_is_missing(const struct judging *j)
{
    const struct connection *connection = observation_primary(j->obs);
    if (j->obs->target.kind == TARGET_FILE)
        return true;
    return connection != NULL && connection->handshake.result == HS_DONE &&
           connection->handshake.stapled_ocsp.p == NULL;
}

static bool is_stapled(const struct judging *j)
{
    return j->papers.staple != NULL;
}

/* RFC 7633 section 4: a certificate with the feature status_request is not to be accepted without a
 * stapled response. */
static void check_must_staple(const struct check *c)
{
    if (c->b->must_staple && (check_cert(c, 0)->has & HAS_MUST_STAPLE) && staple_is_missing(c->j) &&
        !is_stapled(c->j))
        reason_add(c, FACT_MUST_STAPLE, at_depth(0), c->j->obs->target.kind == TARGET_FILE, 0, "");
}

static void check_staple(const struct check *c)
{
    const struct behaviour *b = c->b;
    const struct answer *by = standing_at(c, 0)->by, *staple = &by[ANSWER_STAPLE];
    const uint32_t bit = UINT32_C(1) << staple->result;
    if (staple->source == NULL) {
        check_must_staple(c);
        return;
    }
    if (staple->status != ANSWER_UNKNOWN || !(b->staple_fatal & bit))
        return;
    if ((b->staple_retried & bit) &&
        (by[ANSWER_OCSP].status == ANSWER_GOOD || (b->asks_private && is_below_public_root(c))))
        return;
    reason_add(c, FACT_STAPLE_BAD, between(0, 1), staple->result,
               staple->next_update != TIME_NONE ? staple->next_update : 0, staple->why);
}

void check_revocation(const struct check *c)
{
    const struct route *route = c->route;
    const bool is_leaf = route->count > 0 && route->nodes[0] == c->j->first;
    if (!has_papers(c->j)) {
        if (is_leaf)
            check_must_staple(c);
        return;
    }
    for (size_t depth = 0; depth + 1 < route->count; depth++)
        check_standing(c, depth);
    if (is_leaf && route->count > 1)
        check_staple(c);
    else if (is_leaf)
        check_must_staple(c);
}

void note_revoked(struct judging *j, const struct behaviour *b, const struct route *route,
                  struct client_verdict *out)
{
    for (size_t depth = 0; has_papers(j) && depth + 1 < route->count; depth++) {
        const struct standing *standing = standing_of(j, route->nodes, route->count, depth);
        if (standing_answer(standing)->status != ANSWER_REVOKED)
            continue;
        if (b->filter != NULL && path_is_public(j, route->nodes, route->count)) {
            out->accepts = -1;
            out->unmodelled = b->filter;
        } else {
            out->blind = true;
        }
        return;
    }
}

/* ---- the sources of the best path ---- */

struct source_facts {
    struct judging *j;
    const struct path *path;
    size_t i;
    const struct cert *cert;
    struct standing *standing;
};

static void source_fact(const struct source_facts *s, enum fact_id id, int64_t value, int64_t limit,
                        const char *text)
{
    fact_intern(s->j, &(struct fact){.id = id,
                                     .node = s->path->nodes[s->i],
                                     .other = s->path->nodes[s->i + 1],
                                     .value = value,
                                     .limit = limit,
                                     .text = text != NULL ? text : "",
                                     .on_best = true});
}

static void fact_of_answer(const struct source_facts *s, const struct answer *answer)
{
    const enum source_result result = (enum source_result)answer->result;
    if (answer->source == NULL || answer->status != ANSWER_UNKNOWN || result == SOURCE_MALFORMED)
        return;
    if (result == SOURCE_STALE)
        source_fact(s, FACT_REVOCATION_STALE, s->j->in->at - answer->next_update,
                    answer->next_update, answer->source->where);
    else
        source_fact(s, FACT_REVOCATION_UNKNOWN, result, answer->is_crl ? 2 : 1,
                    answer->source->where);
}

static bool is_among(const char *url, const char *const *urls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(urls[i], url) == 0)
            return true;
    return false;
}

/** Was this document looked for on behalf of this certificate? */
static bool is_of_cert(const struct source_facts *s, const struct document *document)
{
    const char *urls[LIMIT_CERT_SOURCES];
    if (document->where == NULL || document->kind == WANT_ISSUER ||
        (document->from != DOCUMENT_FETCHED && document->from != DOCUMENT_CACHED))
        return false;
    if (document->kind == WANT_CRL) {
        const size_t n = cert_crl_urls(s->j->arena, s->cert, urls, LIMIT_CERT_SOURCES);
        return is_among(document->where, urls, n);
    }
    BUF_CLEANUP request = {0};
    ocsp_request(s->cert, s->j->graph->nodes[s->path->nodes[s->i + 1]].cert, bytes_of(NULL, 0),
                 &request);
    const size_t n = cert_aia_urls(s->j->arena, s->cert, OID_AD_OCSP, urls, LIMIT_CERT_SOURCES);
    return is_among(document->where, urls, n) &&
           (document->request.n == 0 || bytes_equal(document->request, buf_bytes(&request)));
}

/** Names can be resolved here: the target's own was. */
static bool has_resolver(const struct observation *obs)
{
    uint8_t ip[16];
    return obs->target.kind == TARGET_ENDPOINT && obs->connection_count > 0 &&
           obs->target.connect[0] == '\0' && str_parse_ip(obs->target.host, ip) == 0;
}

/** Nothing was asked, or it may be this machine that could not: no word against the CA. */
static bool proves_nothing(const struct observation *obs, enum fetch_result result)
{
    return result == FETCH_OFFLINE || result == FETCH_UNAVAILABLE || result == FETCH_BUDGET ||
           result == FETCH_ADDRESS || (result == FETCH_NAME && !has_resolver(obs));
}

/** What came of a fetch that gave nothing usable, in words; NULL when it did. */
static const char *fetch_problem(const struct source_facts *s, const struct document *document)
{
    const char *text = fetch_result_text(document->result), *why = document->why;
    if (document->result == FETCH_STATUS && why[0] == '\0')
        why = arena_printf(s->j->arena, "HTTP %d", document->status);
    if (document->result != FETCH_OK)
        return why[0] != '\0' ? arena_printf(s->j->arena, "%s (%s)", text, why) : text;
    return document->crl != NULL || document->ocsp != NULL ? NULL : document->why;
}

static void facts_of_fetches(const struct source_facts *s)
{
    for (size_t i = 0; i < s->j->obs->document_count; i++) {
        const struct document *document = &s->j->obs->documents[i];
        const enum answer_from from = document->kind == WANT_CRL ? ANSWER_CRL : ANSWER_OCSP;
        if (!is_of_cert(s, document) || s->standing->by[from].status != ANSWER_UNKNOWN)
            continue;
        const char *problem = fetch_problem(s, document);
        if (problem == NULL)
            continue;
        s->standing->obstacle = arena_printf(s->j->arena, "%s: %s", document->where, problem);
        s->standing->may_be_ours = document->result == FETCH_NAME && !has_resolver(s->j->obs);
        if (!proves_nothing(s->j->obs, document->result))
            source_fact(s, FACT_REVOCATION_UNREACHABLE, document->result, document->status,
                        s->standing->obstacle);
    }
}

/** The responder is not there when it is needed: a server that staples asks it rarely, and has the
 *  last answer for days. */
static void fact_staple_missing(const struct source_facts *s)
{
    const struct verdict *v = s->j->out;
    const char *url[1];
    if (s->i != 0 || s->j->obs->target.kind == TARGET_FILE || !staple_is_missing(s->j) ||
        s->standing->by[ANSWER_STAPLE].source != NULL || (s->cert->has & HAS_MUST_STAPLE) ||
        cert_aia_urls(s->j->arena, s->cert, OID_AD_OCSP, url, 1) == 0 ||
        s->standing->by[ANSWER_OCSP].status != ANSWER_UNKNOWN)
        return;
    for (size_t i = 0; i < v->fact_count; i++)
        if (v->facts[i].id == FACT_REVOCATION_UNREACHABLE &&
            v->facts[i].node == s->path->nodes[0]) {
            source_fact(s, FACT_STAPLE_MISSING, 0, 0, url[0]);
            return;
        }
}

/* CA/Browser Forum TLS Baseline Requirements section 7.1.2.11.2: without OCSP there is a CRL, but
 * for certificates that live shortly. Private CAs may do as they like. */
static void fact_no_source(const struct source_facts *s, bool is_public)
{
    const char *url[1];
    if (is_public && !cert_is_short_lived(s->cert) &&
        cert_aia_urls(s->j->arena, s->cert, OID_AD_OCSP, url, 1) == 0 &&
        cert_crl_urls(s->j->arena, s->cert, url, 1) == 0)
        source_fact(s, FACT_NO_SOURCE, 0, 0, "");
}

void facts_of_revocation(struct judging *j)
{
    const struct path *best = j->out->best >= 0 ? &j->out->paths[j->out->best] : NULL;
    if (best == NULL || !best->complete)
        return;
    const bool is_public = path_is_public(j, best->nodes, best->count);
    for (size_t i = 0; i + 1 < best->count; i++) {
        struct source_facts s = {
            .j = j, .path = best, .i = i, .cert = j->graph->nodes[best->nodes[i]].cert};
        if (!s.cert->parsed)
            continue;
        fact_no_source(&s, is_public);
        if (j->obs->document_count == 0)
            continue;
        s.standing = standing_of(j, best->nodes, best->count, i);
        fact_of_answer(&s, &s.standing->by[ANSWER_OCSP]);
        fact_of_answer(&s, &s.standing->by[ANSWER_CRL]);
        facts_of_fetches(&s);
        fact_staple_missing(&s);
    }
}
