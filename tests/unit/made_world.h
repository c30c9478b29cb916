/* SPDX-License-Identifier: Apache-2.0 */
/* A server with a chain of three, the documents about it, and clients that judge it: for tests of
 * wants, facts and verdicts about revocation. */
#ifndef CERTWHY_TESTS_MADE_WORLD_H
#define CERTWHY_TESTS_MADE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "judge/judge.h"
#include "made_revocation.h"

enum { WORLD_CLIENTS = 64 };

struct world {
    struct arena arena;
    struct made_ca root, ca, leaf;
    struct observation observation;
    struct connection connection;
    struct seen sent[2];
    struct store *store;
    const struct profile *profiles[WORLD_CLIENTS];
    struct store *stores[WORLD_CLIENTS];
    struct judge_input input;
    struct verdict verdict;
};

static const struct mint_general_name world_names[] = {
    {.kind = GN_DNS, .value = {(const uint8_t *)"www.made.test", 13}}};

/** The leaf and its CA as given; names and usages are filled in. */
static inline void world_init(struct world *w, struct mint_spec ca, struct mint_spec leaf)
{
    memset(w, 0, sizeof *w);
    ca.ca = true;
    ca.key_usage = KU_KEY_CERT_SIGN | KU_CRL_SIGN;
    leaf.key_usage = KU_DIGITAL_SIGNATURE;
    leaf.eku = EKU_SERVER_AUTH;
    leaf.names = world_names;
    leaf.name_count = 1;
    w->root = made_root(&w->arena, "Made Root");
    w->ca = made_under(&w->arena, "Made CA", &w->root, ca);
    w->leaf = made_under(&w->arena, "www.made.test", &w->ca, leaf);
    w->sent[0] = (struct seen){.cert = w->leaf.cert, .origin = {.kind = ORIGIN_SENT}};
    w->sent[1] = (struct seen){.cert = w->ca.cert, .origin = {.kind = ORIGIN_SENT, .position = 1}};
    w->connection = (struct connection){
        .address = "127.0.0.1:443",
        .why = "",
        .handshake = {.result = HS_DONE, .version = "TLSv1.3", .alert = -1, .error = ""}};
    w->observation = (struct observation){
        .target = {.kind = TARGET_ENDPOINT,
                   .text = "www.made.test",
                   .host = "www.made.test",
                   .port = 443,
                   .name = "www.made.test",
                   .name_kind = NAME_DNS,
                   .connect = "",
                   .sni = "www.made.test"},
        .at = MADE_AT,
        .connections = &w->connection,
        .connection_count = 1,
        .sent = w->sent,
        .sent_count = 2,
        .clients = "",
    };
    w->store = store_new("made");
    store_add_cert(w->store, w->root.cert, (struct origin){.kind = ORIGIN_STORE, .where = "made"});
    w->input = (struct judge_input){.observation = &w->observation,
                                    .profiles = w->profiles,
                                    .stores = w->stores,
                                    .at = MADE_AT,
                                    .memo = sig_memo_new()};
}

static inline void world_client(struct world *w, const char *name)
{
    const struct profile *profile = profile_find(name);
    assert_non_null(profile);
    assert_true(w->input.profile_count < WORLD_CLIENTS);
    w->profiles[w->input.profile_count] = profile;
    w->stores[w->input.profile_count++] = w->store;
}

static inline void world_judge(struct world *w)
{
    judge(&w->input, &w->arena, &w->verdict);
}

/** What came of asking: the body is parsed as observing would. */
static inline struct document *world_document(struct world *w, struct document document)
{
    document.why = "";
    observation_add_document(&w->observation, &document, &w->arena);
    return &w->observation.documents[w->observation.document_count - 1];
}

/** A request for certificate 0 (or the CA, under the root), as wants ask it. */
static inline struct bytes world_request(struct world *w, bool of_ca)
{
    BUF_CLEANUP out = {0};
    ocsp_request(of_ca ? w->ca.cert : w->leaf.cert, of_ca ? w->root.cert : w->ca.cert,
                 bytes_of(NULL, 0), &out);
    return arena_bytes(&w->arena, buf_bytes(&out));
}

static inline struct document *world_ocsp(struct world *w, enum document_from from,
                                          const char *where, struct bytes der)
{
    return world_document(w, (struct document){.kind = WANT_OCSP,
                                               .from = from,
                                               .where = where,
                                               .body = der,
                                               .request = from == DOCUMENT_FETCHED
                                                              ? world_request(w, false)
                                                              : bytes_of(NULL, 0)});
}

static inline struct document *world_crl(struct world *w, enum document_from from,
                                         const char *where, struct bytes der)
{
    return world_document(
        w, (struct document){.kind = WANT_CRL, .from = from, .where = where, .body = der});
}

static inline struct document *world_issuer(struct world *w, const char *where, struct bytes der)
{
    return world_document(
        w, (struct document){
               .kind = WANT_ISSUER, .from = DOCUMENT_FETCHED, .where = where, .body = der});
}

/** An answer of the CA about the leaf. */
static inline struct bytes world_answer(struct world *w, enum ocsp_cert_status status)
{
    const struct made_single single = {
        .cert = w->leaf.cert, .status = status, .reason = REASON_KEY_COMPROMISE};
    return made_ocsp(&w->arena,
                     &(struct made_ocsp){.issuer = &w->ca, .singles = &single, .count = 1});
}

static inline struct bytes world_list(struct world *w, const struct made_ca *ca,
                                      const struct cert *revoked)
{
    const struct made_entry entry = {.serial = revoked != NULL ? revoked->serial : bytes_str("?"),
                                     .reason = REASON_KEY_COMPROMISE};
    return made_crl(&w->arena, &(struct made_crl){.ca = ca, .entries = &entry, .count = 1});
}

static inline void world_free(struct world *w)
{
    w->observation.sent_count = 0; /* not its own */
    observation_free(&w->observation);
    store_unref(w->store);
    sig_memo_free(w->input.memo);
    made_free(&w->root);
    made_free(&w->ca);
    made_free(&w->leaf);
    arena_free(&w->arena);
}

#endif
