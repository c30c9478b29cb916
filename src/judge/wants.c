/* SPDX-License-Identifier: Apache-2.0 */
/* What judging would have liked to see: issuers that nobody sent, and whether the certificates of
 * the best path are revoked. Nothing is wanted twice: what was tried is among the documents. */
#include <string.h>

#include "judge/internal.h"
#include "judge/revocation.h"

static bool is_wanted(const struct verdict *v, const struct want *want)
{
    for (size_t i = 0; i < v->want_count; i++)
        if (v->wants[i].kind == want->kind && strcmp(v->wants[i].url, want->url) == 0 &&
            bytes_equal(v->wants[i].request, want->request))
            return true;
    return false;
}

/** False when it was tried before. */
static bool want_add(struct judging *j, const struct cert *cert, struct want want)
{
    struct verdict *v = j->out;
    if (observation_document(j->obs, &want) != NULL)
        return false;
    if (is_wanted(v, &want))
        return true;
    if (v->want_count >= LIMIT_WANTS) {
        limit_hit(j, "LIMIT_WANTS");
        return true;
    }
    want.for_certificate = name_short(j->arena, cert->subject);
    v->wants = arena_grow(j->arena, v->wants, v->want_count, &v->want_cap, sizeof *v->wants);
    v->wants[v->want_count++] = want;
    return true;
}

static const struct cert *cert_at(const struct judging *j, const struct path *path, size_t i)
{
    return j->graph->nodes[path->nodes[i]].cert;
}

/* ---- issuers ---- */

/** RFC 5280 section 4.2.2.1: where the issuer of this certificate can be fetched. */
static void want_issuer_of(struct judging *j, const struct cert *cert)
{
    const char *urls[LIMIT_CERT_SOURCES];
    const size_t n = cert_aia_urls(j->arena, cert, OID_AD_CA_ISSUERS, urls, LIMIT_CERT_SOURCES);
    for (size_t i = 0; i < n; i++)
        want_add(j, cert, (struct want){.kind = WANT_ISSUER, .url = urls[i]});
}

static void want_issuer(struct judging *j, int node)
{
    const struct cert *cert = j->graph->nodes[node].cert;
    if (cert->parsed && !node_is_self_signed(j, node))
        want_issuer_of(j, cert);
}

/** The issuer that nobody has; and one that only the pool has, because clients that fetch get on as
 *  far as its address serves it. */
static void want_issuers(struct judging *j, const struct path *path, bool best)
{
    for (size_t i = 0; best && i + 1 < path->count; i++)
        if (j->graph->nodes[path->nodes[i + 1]].from == FROM_POOL)
            want_issuer(j, path->nodes[i]);
    if (!path->complete && path->count > 0)
        want_issuer(j, path->nodes[path->count - 1]);
}

/* ---- revocation ---- */

/** RFC 6960 section 4.1, appendix A: one responder after the other, until one gives an answer.
 *  False: none is left to ask. */
static bool want_ocsp(struct judging *j, const struct cert *cert, const struct cert *issuer)
{
    const char *urls[LIMIT_CERT_SOURCES];
    const size_t n = cert_aia_urls(j->arena, cert, OID_AD_OCSP, urls, LIMIT_CERT_SOURCES);
    if (n == 0)
        return false;
    BUF_CLEANUP request = {0};
    ocsp_request(cert, issuer, bytes_of(NULL, 0), &request);
    const struct bytes kept = arena_bytes(j->arena, buf_bytes(&request));
    for (size_t i = 0; i < n; i++)
        if (want_add(j, cert, (struct want){.kind = WANT_OCSP, .url = urls[i], .request = kept}))
            return true;
    return false;
}

/** Did this address give a CRL that can be read? */
static bool has_crl_of(const struct judging *j, const char *url)
{
    for (size_t d = 0; d < j->obs->document_count; d++) {
        const struct document *document = &j->obs->documents[d];
        if (document->crl != NULL && document->crl->parsed && strcmp(document->where, url) == 0)
            return true;
    }
    return false;
}

/** RFC 5280 section 4.2.1.13: each name of one point leads to the same CRL, so one that works is
 *  enough; several points may cover several reasons, so that each is wanted. */
static void want_point(struct judging *j, const struct cert *cert, const struct crl_point *point)
{
    struct reader names = reader_of(point->name.full, 0);
    struct general_name name;
    const char *urls[LIMIT_CERT_SOURCES];
    size_t count = 0;
    while (count < LIMIT_CERT_SOURCES && general_name_next(&names, &name))
        if (name.kind == GN_URI)
            urls[count++] = str_safe(j->arena, name.value);
    for (size_t i = 0; i < count; i++)
        if (has_crl_of(j, urls[i]))
            return;
    for (size_t i = 0; i < count; i++)
        if (want_add(j, cert, (struct want){.kind = WANT_CRL, .url = urls[i]}))
            return;
}

static void want_points(struct judging *j, const struct cert *cert, struct reader points)
{
    struct crl_point point;
    for (size_t i = 0; i < LIMIT_CERT_SOURCES && crl_point_next(&points, &point); i++)
        want_point(j, cert, &point);
}

/** RFC 5280 sections 4.2.1.15 and 5.2.6: what was revoked since the CRL at hand. */
static void want_deltas(struct judging *j, const struct cert *cert, const struct crl *crl)
{
    want_points(j, cert, cert_crl_points(cert, OID_FRESHEST_CRL));
    if (crl != NULL && crl->freshest.p != NULL)
        want_points(j, cert, general_names(crl->freshest, 0));
}

static void want_status(struct judging *j, const struct path *path, size_t i)
{
    const struct cert *cert = cert_at(j, path, i), *issuer = cert_at(j, path, i + 1);
    const int edge = graph_edge(j, path->nodes[i], path->nodes[i + 1]);
    /* expired certificates leave the lists, RFC 5280 section 3.3 */
    if (edge < 0 || edge_signature(j, edge) != EDGE_SIG_GOOD || cert->hypothetical ||
        issuer->hypothetical || node_is_self_signed(j, path->nodes[i]) ||
        j->in->at > cert->not_after || cert_is_short_lived(cert))
        return;
    const struct answer *answer =
        has_papers(j) ? standing_answer(standing_of(j, path->nodes, path->count, i)) : NULL;
    if (answer != NULL && answer->status == ANSWER_GOOD && answer->is_crl)
        want_deltas(j, cert, answer->source->crl);
    if (answer != NULL && answer->status != ANSWER_UNKNOWN)
        return;
    if (!want_ocsp(j, cert, issuer))
        want_points(j, cert, cert_crl_points(cert, OID_CRL_DISTRIBUTION_POINTS));
}

void wants_collect(struct judging *j)
{
    const struct verdict *v = j->out;
    const struct path *best = v->best >= 0 ? &v->paths[v->best] : NULL;
    if (j->client_end != NULL && j->client_end->parsed)
        want_issuer_of(j, j->client_end);
    if (best == NULL)
        return;
    want_issuers(j, best, true);
    for (size_t p = 0; p < v->path_count && !best->complete; p++)
        want_issuers(j, &v->paths[p], false);
    for (size_t i = 0; best->complete && i + 1 < best->count; i++)
        want_status(j, best, i);
}
