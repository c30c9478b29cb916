/* SPDX-License-Identifier: Apache-2.0 */
/* Corpora about CRLs and OCSP responses: status alone (BoringSSL's), and together with a path
 * (NIST PKITS, limbo). */
#include <stdio.h>
#include <string.h>

#include "corpus.h"
#include "judge/internal.h"
#include "judge/revocation.h"

enum { MOST = 16 };

static const char *text(json_t *json, const char *key)
{
    const char *s = json_string_value(json_object_get(json, key));
    return s != NULL ? s : "";
}

/** The one PEM block of a text, whatever its label. */
static struct bytes block_read(struct arena *arena, const char *pem)
{
    const char *start = strchr(pem, '\n'), *end = strstr(pem, "-----END");
    struct bytes der = {0};
    size_t bad_at;
    if (start != NULL && end != NULL && start < end)
        str_unbase64(arena, bytes_of(start, (size_t)(end - start)), &der, &bad_at);
    return der;
}

static struct bytes part(struct arena *arena, json_t *line, const char *name)
{
    json_t *list = json_object_get(json_object_get(line, "pem"), name);
    const char *pem = json_string_value(json_array_get(list, 0));
    return pem != NULL ? block_read(arena, pem) : bytes_of(NULL, 0);
}

static const char *status_text(enum revocation_status status)
{
    static const char *const texts[] = {"UNKNOWN", "GOOD", "REVOKED"};
    return texts[status];
}

/** A certificate of BoringSSL's cases, its issuer, and one more CA. */
struct few {
    struct arena arena;
    struct cert *certs[3];
    const struct cert *path[3];
    struct sig_memo *memo;
    struct revocation_input in;
};

static void few_start(struct few *f, json_t *line)
{
    static const char *const names[] = {"certificate", "ca_certificate", "ca_certificate_2"};
    f->memo = sig_memo_new();
    for (size_t i = 0; i < 3; i++) {
        const struct bytes der = part(&f->arena, line, names[i]);
        if (der.n > 0)
            f->path[i] = f->certs[i] = cert_parse(der);
    }
    f->in = (struct revocation_input){.path = f->path,
                                      .path_count = f->path[2] != NULL ? 3 : 2,
                                      .policy = &revocation_boringssl,
                                      .memo = f->memo};
    time_parse(text(line, "time"), &f->in.at);
}

static void few_free(struct few *f)
{
    for (size_t i = 0; i < 3; i++)
        cert_unref(f->certs[i]);
    sig_memo_free(f->memo);
    arena_free(&f->arena);
}

void boringssl_crl_run(struct score *score, json_t *line)
{
    struct few f = {0};
    struct revocation out;
    few_start(&f, line);
    struct crl *crl = crl_parse(part(&f.arena, line, "crl"));
    f.in.crls = &crl;
    f.in.crl_count = 1;
    revocation_judge(&f.in, &f.arena, &out);
    /* a list that cannot be used and one that says nothing are both "UNKNOWN" */
    const char *expected = text(line, "expected");
    score_case(score, text(line, "id"), str_starts(expected, "UNKNOWN") ? "UNKNOWN" : expected,
               status_text(out.status), source_result_text(out.evidence[0].result));
    crl_free(crl);
    few_free(&f);
}

/** What BoringSSL calls what a response was worth before its signature was looked at. */
static const char *response_status(enum source_result result)
{
    switch (result) {
    case SOURCE_MALFORMED:
        return "PARSE_RESPONSE_ERROR";
    case SOURCE_DATA_MALFORMED:
        return "PARSE_RESPONSE_DATA_ERROR";
    case SOURCE_ERROR:
        return "ERROR_RESPONSE";
    case SOURCE_OTHER:
        return "NO_MATCHING_RESPONSE";
    case SOURCE_STALE:
    case SOURCE_NOT_YET:
    case SOURCE_TOO_OLD:
        return "INVALID_DATE";
    case SOURCE_PRODUCED:
        return "BAD_PRODUCED_AT";
    case SOURCE_CRITICAL:
        return "UNHANDLED_CRITICAL_EXTENSION";
    default:
        return "PROVIDED";
    }
}

void boringssl_ocsp_run(struct score *score, json_t *line)
{
    struct few f = {0};
    struct revocation out;
    char expected[100], actual[100];
    few_start(&f, line);
    struct ocsp *ocsp = ocsp_parse(part(&f.arena, line, "ocsp_response"));
    const struct ocsp *const ocsps[] = {ocsp};
    f.in.ocsps = ocsps;
    f.in.ocsp_count = 1;
    revocation_judge(&f.in, &f.arena, &out);
    snprintf(expected, sizeof expected, "%s %s", text(line, "expected_revocation_status"),
             text(line, "expected_response_status"));
    snprintf(actual, sizeof actual, "%s %s", status_text(out.status),
             response_status(out.evidence[0].result));
    score_case(score, text(line, "id"), expected, actual,
               source_result_text(out.evidence[0].result));
    ocsp_unref(ocsp);
    few_free(&f);
}

/* ---- with a path ---- */

/** Every certificate of the accepted path but the anchor must be known to be good: its first that
 * is not, in words; NULL when there is none. */
static const char *path_revocation(struct trial *t, const struct revocation_policy *policy,
                                   struct crl *const *crls, size_t crl_count, cw_time at)
{
    const struct client_verdict *v = &t->verdict.clients[0];
    const struct graph *graph = &t->verdict.graph;
    const struct cert **path = arena_array(&t->arena, v->path_count, sizeof *path);
    const struct cert **pool = arena_array(&t->arena, graph->node_count, sizeof *pool);
    for (size_t i = 0; i < v->path_count; i++)
        path[i] = graph->nodes[v->path[i]].cert;
    for (size_t i = 0; i < graph->node_count; i++)
        pool[i] = graph->nodes[i].cert;
    for (size_t i = 0; i + 1 < v->path_count; i++) {
        const struct revocation_input in = {.path = path + i,
                                            .path_count = v->path_count - i,
                                            .pool = pool,
                                            .pool_count = graph->node_count,
                                            .crls = crls,
                                            .crl_count = crl_count,
                                            .at = at,
                                            .policy = policy,
                                            .memo = t->memo};
        struct revocation out;
        revocation_judge(&in, &t->arena, &out);
        if (out.status != REVOCATION_GOOD)
            return arena_printf(&t->arena, "certificate %zu: %s", i,
                                out.decided_by < 0
                                    ? "no source"
                                    : source_result_text(out.evidence[out.decided_by].result));
    }
    return NULL;
}

static void path_run(struct score *score, json_t *line, const struct behaviour *behaviour,
                     const struct revocation_policy *policy)
{
    struct profile adapted = profile_rfc5280;
    const struct profile *const profiles[] = {&adapted};
    struct trial t = {0};
    struct crl *crls[MOST];
    size_t crl_count = 0, i;
    json_t *pem, *expected = json_object_get(line, "expected");
    const cw_time at = json_integer_value(json_object_get(line, "time"));
    adapted.behaviour = behaviour;
    trial_send_all(&t, line);
    trial_name(&t, json_string_value(json_object_get(line, "host")));
    trial_judge(&t, profiles, 1, at);
    json_array_foreach(json_object_get(line, "crls"), i, pem)
    {
        if (crl_count < MOST)
            crls[crl_count++] = crl_parse(block_read(&t.arena, json_string_value(pem)));
    }
    const struct client_verdict *v = &t.verdict.clients[0];
    const char *why = v->accepts == 1 ? path_revocation(&t, policy, crls, crl_count, at)
                                      : fact_name(v->reasons[0].fact);
    score_case(score, text(line, "id"),
               json_is_true(json_object_get(expected, "valid")) ? "valid" : "invalid",
               why == NULL ? "valid" : "invalid", why != NULL ? why : text(expected, "detail"));
    for (i = 0; i < crl_count; i++)
        crl_free(crls[i]);
    trial_free(&t);
}

void limbo_crl_run(struct score *score, json_t *line)
{
    if (json_array_size(json_object_get(line, "crls")) == 0)
        return;
    path_run(score, line, profile_webpki.behaviour, &revocation_strict);
}

/** As a client that asks about every certificate of the path and takes nothing but "good": RFC 5280
 *  section 6.1.3 (a)(3), through documents, standings and the search. */
void pkits_crl_run(struct score *score, json_t *line)
{
    struct behaviour b = *profile_rfc5280.behaviour;
    struct profile adapted = profile_rfc5280;
    const struct profile *const profiles[] = {&adapted};
    struct trial t = {0};
    struct bytes policies[8];
    json_t *pem, *expected = json_object_get(line, "expected");
    size_t i;
    adapted.behaviour = &b;
    pkits_options(line, &t.arena, policies, 8, &b);
    b.asks_crl = LOOKUP_HARD;
    b.asks_for_cas = true;
    trial_send_all(&t, line);
    trial_name(&t, json_string_value(json_object_get(line, "host")));
    json_array_foreach(json_object_get(line, "crls"), i, pem)
    {
        const struct document crl = {.kind = WANT_CRL,
                                     .from = DOCUMENT_GIVEN,
                                     .where = "pkits.crl",
                                     .why = "",
                                     .body = bytes_str(json_string_value(pem))};
        observation_add_document(&t.observation, &crl, &t.arena);
    }
    trial_judge(&t, profiles, 1, json_integer_value(json_object_get(line, "time")));
    const struct client_verdict *v = &t.verdict.clients[0];
    score_case(score, text(line, "id"),
               json_is_true(json_object_get(expected, "valid")) ? "valid" : "invalid",
               v->accepts == 1 ? "valid" : "invalid",
               v->accepts == 1 ? text(expected, "detail") : fact_name(v->reasons[0].fact));
    trial_free(&t);
}
