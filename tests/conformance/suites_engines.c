/* SPDX-License-Identifier: Apache-2.0 */
/* What four verifiers, driven as libraries, said of the chains of the other corpora: their profiles
 * without what the clients around them, or TLS, add. The fifth, OpenSSL, has programs of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "corpus.h"
#include "judge/internal.h"

static const char *text(json_t *json, const char *key)
{
    const char *s = json_string_value(json_object_get(json, key));
    return s != NULL ? s : "";
}

/* ---- the chains: lines of the other files, by "suite/id" ---- */

static json_t *chains;

static void chains_add(const char *file)
{
    char path[512], key[400];
    snprintf(path, sizeof path, "%s/conformance/%s.jsonl", shared_folder, file);
    FILE *in = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;
    while (in != NULL && getline(&line, &size, in) > 0) {
        json_t *json = json_loads(line, 0, NULL);
        snprintf(key, sizeof key, "%s/%s", text(json, "suite"), text(json, "id"));
        json_object_set_new(chains, key, json);
    }
    free(line);
    if (in != NULL)
        fclose(in);
}

void engines_free(void)
{
    json_decref(chains);
    chains = NULL;
}

static json_t *chain_of(json_t *line)
{
    static const char *const files[] = {
        "limbo",          "pkits",        "bettertls_pathbuilding", "boringssl_verify",
        "openssl_verify", "badssl_pregen"};
    char key[400];
    if (chains == NULL) {
        chains = json_object();
        for (size_t i = 0; i < sizeof files / sizeof *files; i++)
            chains_add(files[i]);
    }
    snprintf(key, sizeof key, "%s/%s", text(line, "suite"), text(line, "id"));
    return json_object_get(chains, key);
}

/* ---- the engines: a profile without its client ---- */

/** No purpose was asked for, or that of a client; Java knows no other than that of a server. */
static void purpose_apply(const char *purpose, struct behaviour *b)
{
    const bool is_java = b->strategy == STRATEGY_LIST_OR_SEARCH;
    if (strcmp(purpose, "server") == 0 || (is_java && strcmp(purpose, "client") != 0))
        return;
    if (strcmp(purpose, "client") == 0) {
        b->purpose = EKU_CLIENT_AUTH;
        return;
    }
    b->leaf_eku_ignored = b->chain_eku_ignored = true;
    b->leaf_ku = LEAF_KU_IGNORE;
    b->ku_zero_ok = true;
    b->ns_cert_type = false;
}

/** gnutls_x509_trust_list_verify_crt2() with the profile MEDIUM. */
static void gnutls_apply(struct behaviour *b)
{
    b->leaf_keys_denied = KEYS_P192;
    b->ca_keys_denied |= KEYS_P192;
    b->leaf_key_any = true;
    b->leaf_ku = LEAF_KU_IGNORE;
    b->min_rsa = 2048;
}

/** x509.Certificate.Verify: only what was read is verified. */
static void go_apply(struct behaviour *b)
{
    b->leaf_keys_denied = KEYS_SECP256K1 | KEYS_BRAINPOOL | KEYS_P192;
    b->leaf_key_any = true;
    b->sent_all_parsed = 0;
}

/** sun.security.validator.PKIXValidator without TLS's limit. */
static void java_apply(struct behaviour *b)
{
    b->leaf_keys_denied = KEYS_P192;
    b->leaf_key_any = true;
    b->max_sent = 0;
}

/** CertPathBuilder with SimplePathBuilderDelegate, anchors without constraints of their own. */
static void boringssl_apply(struct behaviour *b)
{
    b->leaf_keys_denied = b->ca_keys_denied;
    b->leaf_ku = LEAF_KU_IGNORE;
    b->ku_zero_ok = true;
    b->names_unchecked = true;
    b->anchor_time_ignored = b->anchor_pathlen_ignored = b->anchor_nc_ignored = true;
    b->anchor_crit_ignored = b->anchor_cert_sign_ignored = true;
    b->anchor_bc = ANCHOR_BC_NONE;
    b->anchor_eku = b->anchor_policies = b->anchor_names_der = false;
}

static const struct engine {
    const char *name;
    const struct profile *profile;
    void (*apply)(struct behaviour *b);
    bool plain_roots;  /**< "TRUSTED CERTIFICATE" is not read */
    bool own_purposes; /**< it asked for purposes that no client of TLS asks for */
} engines[] = {
    {"gnutls", &profile_gnutls_3_7, gnutls_apply, .plain_roots = true},
    {"go", &profile_go_1_19, go_apply, .plain_roots = true},
    {"java", &profile_java_17, java_apply},
    {"bssl", &profile_chromium_156, boringssl_apply, .own_purposes = true},
};

/** The harness could not hand the chain over, or the reason lies in a CRL. */
static bool is_out_of_scope(json_t *said)
{
    const char *error = text(said, "error");
    return said == NULL || json_is_null(said) || strcmp(text(said, "code"), "ROOT_PARSE") == 0 ||
           strstr(error, "extra data at the end") != NULL || strstr(error, "is revoked") != NULL;
}

static void trust_file(struct trial *t, const char *name)
{
    char path[512];
    if (name[0] == '\0')
        return;
    snprintf(path, sizeof path, "%s/conformance/%s", shared_folder, name);
    if (t->store == NULL)
        t->store = store_new("corpus");
    store_add_path(t->store, "", path, NULL);
}

static void chain_send(struct trial *t, json_t *chain, bool plain_roots)
{
    size_t i;
    json_t *pem;
    trial_send(t, text(chain, "leaf"));
    json_array_foreach(json_object_get(chain, "intermediates"), i, pem)
        trial_send(t, json_string_value(pem));
    json_array_foreach(json_object_get(chain, "roots"), i,
                       pem) if (!plain_roots || strstr(json_string_value(pem), "BEGIN TRUSTED") ==
                                                    NULL) trial_trust(t, json_string_value(pem));
    trust_file(t, text(chain, "roots_file"));
}

static void engine_judge(struct score *score, json_t *chain, json_t *said,
                         const struct engine *engine)
{
    const char *purpose = text(chain, "purpose");
    struct profile adapted = *engine->profile;
    struct behaviour b = *engine->profile->behaviour;
    const struct profile *const profiles[] = {&adapted};
    struct trial t = {0};
    char id[400], detail[300];
    engine->apply(&b);
    purpose_apply(purpose, &b);
    adapted.behaviour = &b;
    chain_send(&t, chain, engine->plain_roots);
    trial_name(&t, json_string_value(json_object_get(chain, "host")));
    json_t *time = json_object_get(chain, "time");
    trial_judge(&t, profiles, 1,
                json_is_integer(time) ? json_integer_value(time) : 1795262400 /* 12:00 */);
    const struct client_verdict *v = &t.verdict.clients[0];
    snprintf(id, sizeof id, "%s/%s/%s", engine->name, text(chain, "suite"), text(chain, "id"));
    snprintf(detail, sizeof detail, "[%s %s] %.150s",
             v->reason_count > 0 ? fact_name(v->reasons[0].fact) : "",
             v->reason_count > 0 ? v->reasons[0].text : "", text(said, "error"));
    for (char *p = detail; *p != '\0'; p++)
        *p = *p == '\n' ? ' ' : *p;
    score_case(score, id, text(said, "verdict"), v->accepts == 1 ? "accept" : "reject", detail);
    trial_free(&t);
}

static bool is_foreign(json_t *chain, const struct engine *engine)
{
    const char *purpose = text(chain, "purpose");
    return engine->own_purposes && strcmp(purpose, "server") != 0 &&
           strcmp(purpose, "client") != 0 && strcmp(purpose, "any") != 0;
}

void engines_run(struct score *score, json_t *line)
{
    json_t *chain = chain_of(line);
    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++) {
        json_t *said = json_object_get(json_object_get(line, "engines"), engines[i].name);
        if (chain == NULL || is_out_of_scope(said) || is_foreign(chain, &engines[i]))
            score->skipped++;
        else
            engine_judge(score, chain, said, &engines[i]);
    }
}
