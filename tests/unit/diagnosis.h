/* SPDX-License-Identifier: Apache-2.0 */
/* A scenario of the lab diagnosed without a network: its certificates as an observation, judged,
 * explained and repaired. Shared by the tests of report/ and repair/. */
#ifndef CERTWHY_TESTS_DIAGNOSIS_H
#define CERTWHY_TESTS_DIAGNOSIS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/site.h"
#include "report/report.h"

#define DIAGNOSIS_AT 1795262400 /* 2026-11-21T12:00:00Z */

enum { DIAGNOSIS_PROFILES = 32 };

struct diagnosis {
    struct lab lab;
    struct arena arena;
    struct observation observation;
    struct connection connection;
    struct site site; /**< what its certificates point to */
    struct store *store, *pool;
    const struct profile *profiles[DIAGNOSIS_PROFILES];
    struct store *stores[DIAGNOSIS_PROFILES];
    struct target_report target;
    struct target_report *list[1];
    struct report report;
};

static inline struct store *diagnosis_store(struct diagnosis *d, const struct scenario *scenario,
                                            const char *members, const char *name,
                                            enum origin_kind kind)
{
    struct store *store = store_new(name);
    for (; members != NULL && *members != '\0'; members++) {
        struct bytes der = pki_member(&d->lab, &scenario->pki, *members);
        if (der.p == NULL)
            continue;
        struct cert *cert = cert_parse(der);
        store_add_cert(store, cert, (struct origin){.kind = kind, .where = name, .line = 1});
        cert_unref(cert);
    }
    return store;
}

static inline void diagnosis_send(struct diagnosis *d, const struct scenario *scenario)
{
    struct observation *obs = &d->observation;
    size_t count = strlen(scenario->sends);
    obs->sent = arena_array(&d->arena, count, sizeof *obs->sent);
    struct bytes *raw = arena_array(&d->arena, count, sizeof *raw);
    for (size_t i = 0; i < count; i++) {
        raw[i] = pki_member(&d->lab, &scenario->pki, scenario->sends[i]);
        obs->sent[i] = (struct seen){
            .cert = cert_parse(raw[i]),
            .origin = {.kind = ORIGIN_SENT, .where = "127.0.0.1:4443", .position = i},
        };
    }
    obs->sent_count = count;
    d->connection.handshake.certificates = raw;
    d->connection.handshake.certificate_count = count;
}

static inline void diagnosis_endpoint(struct diagnosis *d, const struct scenario *scenario)
{
    d->connection = (struct connection){
        .address = "127.0.0.1:4443",
        .why = "",
        .handshake = {.result = HS_DONE,
                      .version = "TLSv1.3",
                      .cipher = "TLS_AES_256_GCM_SHA384",
                      .group = "X25519",
                      .alert = -1,
                      .error = "",
                      .saw_server_hello = true,
                      .sni_acknowledged = true,
                      .key_proven = true,
                      .alpn = ""},
    };
    struct observation *obs = &d->observation;
    *obs = (struct observation){
        .target = {.kind = TARGET_ENDPOINT,
                   .text = "127.0.0.1:4443",
                   .host = "127.0.0.1",
                   .port = 4443,
                   .scheme = "https",
                   .path = "",
                   .connect = "",
                   .name = "",
                   .sni = scenario_client_name(scenario)},
        .at = d->lab.at + TIME_DAY * scenario->clock_days,
        .resolve_why = "",
        .observed_by = "test",
        .connections = &d->connection,
        .connection_count = 1,
        .clients = "",
        .ca_path = "",
        .key_file = "",
        .probe_sni = "",
    };
    struct error err = {0};
    assert_int_equal(target_set_name(&obs->target, scenario_client_name(scenario), &d->arena, &err),
                     CW_OK);
}

/** What the address of a want would give, as far as a fetch tells. */
static inline void diagnosis_answer(struct diagnosis *d, const struct want *want,
                                    struct document *out)
{
    static const enum fetch_result results[] = {
        [DELIVER] = FETCH_OK,
        [DELIVER_NOT_FOUND] = FETCH_STATUS,
        [DELIVER_HTML] = FETCH_OK,
        [DELIVER_WITHOUT_END] = FETCH_SIZE,
        [DELIVER_SLOWLY] = FETCH_SLOW,
        [DELIVER_NEVER] = FETCH_TIMEOUT,
        [DELIVER_LOOP] = FETCH_REDIRECTS,
        [DELIVER_OTHER_SCHEME] = FETCH_SCHEME,
        [DELIVER_LDAP] = FETCH_OK,
        [DELIVER_LDAP_NOWHERE] = FETCH_SCHEME,
    };
    out->result = FETCH_NAME;
    for (size_t i = 0; i < d->site.count; i++) {
        const struct site_document *document = &d->site.documents[i];
        if (strcmp(pki_url(&d->lab, document->name, document->delivery), want->url) != 0)
            continue;
        out->result = results[document->delivery];
        out->status = document->delivery == DELIVER_NOT_FOUND ? 404 : 200;
        out->body =
            document->responder ? site_answer(document, want->request, &d->arena) : document->body;
        if (document->delivery == DELIVER_HTML)
            out->body = bytes_str("<!DOCTYPE html>\n<html></html>\n");
        if (out->result != FETCH_OK)
            out->body = (struct bytes){0};
    }
}

/** Fetches without a network what judging wants; false: nothing is left to fetch. */
static inline bool diagnosis_fetch(struct diagnosis *d)
{
    const struct verdict *verdict = &d->target.verdict;
    for (size_t i = 0; i < verdict->want_count; i++) {
        const struct want *want = &verdict->wants[i];
        struct document document = {.kind = want->kind,
                                    .from = DOCUMENT_FETCHED,
                                    .where = want->url,
                                    .why = "",
                                    .request = want->request};
        diagnosis_answer(d, want, &document);
        observation_add_document(&d->observation, &document, &d->arena);
    }
    return verdict->want_count > 0;
}

static inline void diagnosis_staple(struct diagnosis *d)
{
    const struct document document = {.kind = WANT_OCSP,
                                      .from = DOCUMENT_STAPLED,
                                      .where = "(stapled)",
                                      .why = "",
                                      .body = d->site.staple};
    if (d->site.staple.n == 0)
        return;
    d->connection.handshake.stapled_ocsp = d->site.staple;
    observation_add_document(&d->observation, &document, &d->arena);
}

/** Judges, explains and repairs what stands in the observation. */
static inline void diagnosis_run(struct diagnosis *d)
{
    size_t all, used = 0;
    const struct profile *const *table = profile_table(&all);
    for (size_t i = 0; i < all && used < DIAGNOSIS_PROFILES; i++) {
        if (profile_evidence(table[i]) != EVIDENCE_MEASURED)
            continue;
        d->profiles[used] = table[i];
        d->stores[used++] = d->store;
    }
    struct target_report *target = &d->target;
    target->input = (struct judge_input){
        .observation = &d->observation,
        .profiles = d->profiles,
        .stores = d->stores,
        .profile_count = used,
        .pool = d->pool,
        .public_store = true,
        .at = d->observation.at,
        .memo = sig_memo_new(),
    };
    do
        judge(&target->input, &d->arena, &target->verdict);
    while (d->site.count > 0 && diagnosis_fetch(d));
    explain(&target->input, &target->verdict, &d->arena, &target->findings);
    repair(&target->input, &target->verdict, &target->findings, &d->arena, &target->plan);
    size_t accepting = 0, rejecting = 0;
    for (size_t i = 0; i < target->verdict.client_count; i++) {
        accepting += target->verdict.clients[i].accepts == 1;
        rejecting += target->verdict.clients[i].accepts == 0;
    }
    target->outcome = rejecting == 0   ? accepting > 0 ? OUTCOME_ACCEPTED : OUTCOME_UNREACHABLE
                      : accepting == 0 ? OUTCOME_REJECTED
                                       : OUTCOME_MIXED;
    d->list[0] = target;
    d->report = (struct report){.targets = d->list, .count = 1};
}

static inline const struct scenario *diagnosis_scenario(const char *name)
{
    size_t count;
    const struct scenario *table = scenario_table(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    fail_msg("no scenario %s", name);
    return NULL;
}

static inline struct diagnosis *diagnosis_of(const struct scenario *scenario)
{
    struct diagnosis *d = xcalloc(1, sizeof *d);
    struct error err;
    d->lab =
        (struct lab){.seed = bytes_str("unit test"), .at = DIAGNOSIS_AT, .folder = scenario->name};
    assert_int_equal(site_mint(&d->lab, scenario, &d->site, &err), CW_OK);
    diagnosis_endpoint(d, scenario);
    diagnosis_send(d, scenario);
    diagnosis_staple(d);
    d->store = diagnosis_store(d, scenario, scenario_trusts(scenario), "test store", ORIGIN_STORE);
    if (scenario->pool != NULL)
        d->pool = diagnosis_store(d, scenario, scenario->pool, "pool.pem", ORIGIN_POOL);
    diagnosis_run(d);
    return d;
}

static inline void diagnosis_free(struct diagnosis *d)
{
    sig_memo_free(d->target.input.memo);
    observation_free(&d->observation);
    store_unref(d->store);
    store_unref(d->pool);
    arena_free(&d->arena);
    lab_free(&d->lab);
    free(d);
}

/** Certificates alone decide: the server behaves as any other. */
static inline bool scenario_is_plain(const struct scenario *scenario)
{
    const struct server_plan *s = &scenario->server;
    return s->second_sends == NULL && !s->client_certificate && !s->require_sni && !s->plain_http &&
           !s->forged_key && s->bind != BIND_BOTH && scenario->client_sni == NULL &&
           s->max_version == NULL && s->min_version == NULL && s->fault.kind == FAULT_NONE;
}

static inline const struct finding *diagnosis_finding(const struct diagnosis *d, const char *rule,
                                                      size_t *index)
{
    for (size_t i = 0; i < d->target.findings.count; i++)
        if (strcmp(d->target.findings.items[i].rule->id, rule) == 0) {
            *index = i;
            return &d->target.findings.items[i];
        }
    return NULL;
}

static inline const struct fix *diagnosis_fix(const struct diagnosis *d, const char *id)
{
    for (size_t i = 0; i < d->target.plan.finding_count; i++)
        for (size_t k = 0; k < d->target.plan.per_finding[i].count; k++)
            if (strcmp(d->target.plan.per_finding[i].items[k].id, id) == 0)
                return &d->target.plan.per_finding[i].items[k];
    return NULL;
}

static inline const char *diagnosis_render(const struct diagnosis *d, const char *format,
                                           const struct render_options *options, struct buf *out)
{
    renderer_find(format)->render(&d->report, options, out);
    return buf_cstr(out);
}

#endif
