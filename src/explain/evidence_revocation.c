/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence about revocation: who says what since when, who looks, and how the others can be made
 * to. */
#include <string.h>

#include "internal.h"

static void put_date(struct collecting *c, const char *key, cw_time t)
{
    if (t != TIME_NONE && t != 0)
        evidence_put(c, key, time_date(c->arena, t));
}

static bool is_url(const struct document *document)
{
    return document->from == DOCUMENT_FETCHED || document->from == DOCUMENT_CACHED;
}

/* "the OCSP responder http://…", and for commands the address or file alone. */
static void put_source(struct collecting *c, const struct document *document)
{
    const char *where = str_safe(c->arena, bytes_str(document->where));
    const bool crl = document->crl != NULL || document->kind == WANT_CRL;
    if (document->from == DOCUMENT_STAPLED) {
        evidence_put(c, "stapled", "yes");
        evidence_put(c, "source", "the stapled OCSP response");
        return;
    }
    const char *what = crl ? "the CRL" : is_url(document) ? "the responder" : "the OCSP response";
    evidence_put(c, "source", arena_printf(c->arena, "%s %s", what, where));
    if (is_url(document))
        evidence_put(c, crl ? "crl_url" : "ocsp_url", where);
    else
        evidence_put(c, crl ? "crl_file" : "ocsp_file", where);
}

static void put_answer(struct collecting *c, const struct answer *answer)
{
    if (answer->source == NULL)
        return;
    put_source(c, answer->source);
    evidence_put(c, "status", answer->why);
    put_date(c, "revoked_at", answer->revoked_at);
    put_date(c, "invalidity", answer->invalidity);
    put_date(c, "this_update", answer->this_update);
    put_date(c, "next_update", answer->next_update);
    evidence_put(c, "reason", revocation_reason_text(answer->reason));
}

/* The answer that the fact rests on. */
static const struct answer *answer_of(const struct collecting *c, const struct fact *fact)
{
    const struct standing *standing =
        verdict_standing_under(c->e->verdict, fact->node, fact->other);
    if (standing == NULL)
        return NULL;
    if (fact->id == FACT_STAPLE_BAD)
        return &standing->by[ANSWER_STAPLE];
    for (size_t i = 0; i < ANSWER_FROMS; i++) {
        const struct answer *answer = &standing->by[i];
        const bool revoked = fact->id == FACT_REVOKED || fact->id == FACT_CA_REVOKED;
        if (answer->source != NULL && strcmp(answer->source->where, fact->text) == 0 &&
            (answer->status == ANSWER_REVOKED) == revoked)
            return answer;
    }
    return standing_answer(standing);
}

static bool is_listed(const char *list, const char *title)
{
    const size_t n = strlen(title);
    for (const char *p = list; (p = strstr(p, title)) != NULL; p += n)
        if ((p == list || p[-1] == ' ') && (p[n] == '\0' || p[n] == ',' || p[n] == ' '))
            return true;
    return false;
}

static const char *list_add(struct arena *arena, const char *list, const char *item)
{
    return arena_printf(arena, "%s%s%s", list, *list ? ", " : "", item);
}

/* Who accepts what is revoked, and who may or may not. */
static void put_lookers(struct collecting *c)
{
    const struct verdict *v = c->e->verdict;
    const char *blind = "", *unmodelled = "";
    for (size_t i = 0; i < v->client_count; i++) {
        const struct client_verdict *client = &v->clients[i];
        const char *title = profile_title(client->profile);
        if (client->blind && !is_listed(blind, title))
            blind = list_add(c->arena, blind, title);
        if (client->unmodelled != NULL && !is_listed(unmodelled, title))
            unmodelled = list_add(c->arena, unmodelled,
                                  arena_printf(c->arena, "%s (%s)", title, client->unmodelled));
    }
    evidence_put(c, "blind", blind);
    evidence_put(c, "unmodelled", unmodelled);
}

/* The address and what came of it, one by one: "http://ocsp.example/: HTTP status 404". */
static void put_fetch(struct collecting *c, const struct fact *fact)
{
    const char *end = strstr(fact->text, ": ");
    evidence_put(c, "fetched", str_safe(c->arena, bytes_str(fact->text)));
    if (end != NULL)
        evidence_put(c, "fetched_url",
                     str_safe(c->arena, bytes_of(fact->text, (size_t)(end - fact->text))));
}

void evidence_revocation(struct collecting *c, const struct fact *fact)
{
    const struct cert *cert = draft_cert(c->e, fact->node);
    const char *url;
    if (fact->id < FACT_REVOKED || fact->id > FACT_NO_SOURCE)
        return;
    const struct answer *answer = answer_of(c, fact);
    if (fact->id == FACT_REVOCATION_UNREACHABLE)
        put_fetch(c, fact);
    else if (answer != NULL)
        put_answer(c, answer);
    if (fact->id == FACT_REVOKED || fact->id == FACT_CA_REVOKED)
        put_lookers(c);
    if (cert != NULL && cert->parsed && cert_aia_urls(c->arena, cert, OID_AD_OCSP, &url, 1) > 0)
        evidence_put(c, "ocsp", url);
    if (cert != NULL && cert->parsed && cert_crl_urls(c->arena, cert, &url, 1) > 0)
        evidence_put(c, "crl", url);
}
