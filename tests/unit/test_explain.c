/* SPDX-License-Identifier: Apache-2.0 */
/* Facts → findings, on hand-made verdicts with the lab's certificates: look-alikes are told apart,
 * causes found, nobody rejects without a finding, and nothing foreign reaches a command. */
#include "diagnosis.h"

enum { WORLD_FACTS = 16, WORLD_NODES = 8, WORLD_CLIENTS = 2, WORLD_REASONS = 8 };

/** A verdict in the making. Nodes are members by letter: the sent ones first, in wire order. */
struct world {
    struct lab lab;
    struct arena arena;
    struct observation obs;
    struct judge_input input;
    struct verdict verdict;
    struct findings findings;
    struct store *store;
    const struct profile *profiles[WORLD_CLIENTS];
    struct store *stores[WORLD_CLIENTS];
    struct node nodes[WORLD_NODES];
    struct edge edges[WORLD_NODES];
    struct chain_entry chain[WORLD_NODES];
    struct fact facts[WORLD_FACTS];
    struct path path;
    int path_nodes[WORLD_NODES];
    struct client_verdict clients[WORLD_CLIENTS];
    struct reason reasons[WORLD_CLIENTS][WORLD_REASONS];
    char letters[WORLD_NODES + 1];
};

static int node_of(const struct world *w, char letter)
{
    const char *at = strchr(w->letters, letter);
    return letter && at ? (int)(at - w->letters) : -1;
}

static void world_node(struct world *w, const struct pki_plan *plan, char letter, unsigned from)
{
    int i = (int)w->verdict.graph.node_count++;
    bool sent = from & FROM_SENT;
    w->letters[i] = letter;
    w->nodes[i] = (struct node){
        .cert = cert_parse(pki_member(&w->lab, plan, letter)),
        .from = from,
        .position = sent ? i : -1,
        .stores = from & FROM_STORE ? 1 : 0,
        .origin = {.kind = sent ? ORIGIN_SENT : ORIGIN_POOL,
                   .where = "pool.pem",
                   .line = sent ? 0 : 7},
    };
    w->chain[i] = (struct chain_entry){.node = i, .position = sent ? i : -1};
    w->verdict.chain_count++;
}

/** The best path in letters; the store holds `trusts`; two clients that accept. */
static struct world *world_new(const struct pki_plan *plan, const char *sent, const char *pool,
                               const char *trusts, const char *path)
{
    struct world *w = xcalloc(1, sizeof *w);
    w->lab = (struct lab){.seed = bytes_str("unit test"), .at = DIAGNOSIS_AT};
    w->verdict.graph.nodes = w->nodes;
    w->verdict.graph.edges = w->edges;
    for (const char *m = sent; *m; m++)
        world_node(w, plan, *m, FROM_SENT);
    for (const char *m = pool; *m; m++)
        world_node(w, plan, *m, strchr(trusts, *m) ? FROM_STORE : FROM_POOL);
    w->store = store_new("test store");
    for (const char *m = trusts; *m; m++) {
        struct cert *cert = cert_parse(pki_member(&w->lab, plan, *m));
        store_add_cert(w->store, cert, (struct origin){.kind = ORIGIN_STORE, .where = "test"});
        cert_unref(cert);
    }
    for (const char *m = path; *m; m++)
        w->path_nodes[w->path.count++] = node_of(w, *m);
    w->path.nodes = w->path_nodes;
    w->obs.target = (struct target){.kind = TARGET_ENDPOINT,
                                    .text = "www.lab.test",
                                    .host = "www.lab.test",
                                    .port = 443,
                                    .path = "",
                                    .connect = "",
                                    .name = "www.lab.test",
                                    .name_kind = NAME_DNS,
                                    .sni = "www.lab.test"};
    w->obs.sent_count = strlen(sent);
    w->obs.at = DIAGNOSIS_AT;
    w->verdict.paths = &w->path;
    w->verdict.path_count = 1;
    w->verdict.best = w->path.count ? 0 : -1;
    w->verdict.chain = w->chain;
    w->verdict.facts = w->facts;
    w->verdict.clients = w->clients;
    w->verdict.client_count = WORLD_CLIENTS;
    size_t known;
    for (size_t c = 0; c < WORLD_CLIENTS; c++) {
        w->profiles[c] = profile_table(&known)[c];
        w->stores[c] = w->store;
        w->clients[c] = (struct client_verdict){.profile = w->profiles[c],
                                                .accepts = 1,
                                                .message = "",
                                                .code = "",
                                                .reasons = w->reasons[c]};
    }
    w->input = (struct judge_input){.observation = &w->obs,
                                    .profiles = w->profiles,
                                    .stores = w->stores,
                                    .profile_count = WORLD_CLIENTS,
                                    .at = DIAGNOSIS_AT};
    return w;
}

static void world_free(struct world *w)
{
    for (size_t i = 0; i < w->verdict.graph.node_count; i++)
        cert_unref((struct cert *)w->nodes[i].cert);
    store_unref(w->store);
    arena_free(&w->arena);
    lab_free(&w->lab);
    free(w);
}

static struct fact *fact(struct world *w, enum fact_id id, char node, char other)
{
    struct fact *f = &w->facts[w->verdict.fact_count++];
    *f = (struct fact){.id = id,
                       .node = node_of(w, node),
                       .other = node_of(w, other),
                       .text = "",
                       .on_best = true};
    return f;
}

static void rejects(struct world *w, size_t client, enum fact_id id, char node)
{
    struct client_verdict *c = &w->clients[client];
    c->accepts = 0;
    c->reasons[c->reason_count++] =
        (struct reason){.fact = id, .node = node_of(w, node), .other = -1, .text = ""};
}

static void edge(struct world *w, char child, char issuer, enum edge_sig sig, enum edge_aki key_id)
{
    w->edges[w->verdict.graph.edge_count++] = (struct edge){.child = node_of(w, child),
                                                            .issuer = node_of(w, issuer),
                                                            .signature = sig,
                                                            .key_id = key_id};
}

/** All findings as one line: causes bare, consequences in (), advice in []. */
static const char *told(struct world *w)
{
    explain(&w->input, &w->verdict, &w->arena, &w->findings);
    BUF_CLEANUP out = {0};
    for (size_t i = 0; i < w->findings.count; i++) {
        const struct finding *f = &w->findings.items[i];
        const char *open = f->cause ? "" : f->because_count ? "(" : "[";
        const char *close = f->cause ? "" : f->because_count ? ")" : "]";
        assert_string_equal(f->id, arena_printf(&w->arena, "f%zu", i + 1));
        buf_printf(&out, "%s%s%s%s", i ? " " : "", open, f->rule->id, close);
    }
    return arena_strdup(&w->arena, buf_cstr(&out));
}

static const struct pki_plan public_plan = {.family = FAMILY_PUBLIC};
static const struct pki_plan private_plan = {.family = FAMILY_PRIVATE};

/* ---- the look-alikes ---- */

static void leaf_of_a_known_family_lacks_an_intermediate(void **state)
{
    (void)state;
    struct world *w = world_new(&public_plan, "L", "", "R", "L");
    fact(w, FACT_ISSUER_NOT_FOUND, 'L', 0);
    rejects(w, 0, FACT_ISSUER_NOT_FOUND, 'L');
    assert_string_equal(told(w), "chain.missing-intermediate");
    assert_non_null(strstr(w->findings.items[0].detail, "same organisation"));
    assert_int_equal(w->findings.items[0].severity, SEVERITY_ERROR);
    assert_int_equal(w->findings.items[0].client_count, 1);
    assert_ptr_equal(w->findings.items[0].clients[0], w->profiles[0]);
    world_free(w);
}

static void leaf_with_an_issuer_address_lacks_an_intermediate(void **state)
{
    (void)state;
    struct world *w = world_new(&public_plan, "L", "", "r", "L");
    fact(w, FACT_ISSUER_NOT_FOUND, 'L', 0);
    rejects(w, 0, FACT_ISSUER_NOT_FOUND, 'L');
    assert_string_equal(told(w), "chain.missing-intermediate");
    assert_non_null(strstr(w->findings.items[0].detail, "http://"));
    world_free(w);
}

static void leaf_alone_of_an_unknown_family_stays_open(void **state)
{
    (void)state;
    struct world *w = world_new(&private_plan, "L", "", "r", "L");
    fact(w, FACT_ISSUER_NOT_FOUND, 'L', 0);
    rejects(w, 0, FACT_ISSUER_NOT_FOUND, 'L');
    assert_string_equal(told(w), "trust.unknown-ca");
    assert_non_null(strstr(w->findings.items[0].detail, "tells them apart"));
    world_free(w);
}

static void intermediate_of_an_unknown_family_has_a_private_root(void **state)
{
    (void)state;
    struct world *w = world_new(&private_plan, "L1", "", "r", "L1");
    fact(w, FACT_ISSUER_NOT_FOUND, '1', 0);
    rejects(w, 0, FACT_ISSUER_NOT_FOUND, '1');
    assert_string_equal(told(w), "trust.private-ca");
    assert_int_equal(w->findings.items[0].certificate, 1);
    world_free(w);
}

static void root_that_is_sent_and_unknown_is_private(void **state)
{
    (void)state;
    struct world *w = world_new(&private_plan, "L1R", "", "r", "L1R");
    fact(w, FACT_ROOT_NOT_TRUSTED, 'R', 0);
    fact(w, FACT_SENT_ROOT, 'R', 0);
    rejects(w, 0, FACT_ROOT_NOT_TRUSTED, 'R');
    assert_string_equal(told(w), "trust.private-ca");
    assert_non_null(strstr(w->findings.items[0].detail, "not missing an intermediate"));
    assert_non_null(strstr(w->findings.items[0].detail, "SHA-256"));
    world_free(w);
}

static void root_of_a_public_family_is_missing_in_an_old_store(void **state)
{
    (void)state;
    struct world *w = world_new(&public_plan, "L1R", "", "Q", "L1R");
    w->input.public_store = true;
    fact(w, FACT_ROOT_NOT_TRUSTED, 'R', 0);
    rejects(w, 0, FACT_ROOT_NOT_TRUSTED, 'R');
    assert_string_equal(told(w), "trust.store-outdated");
    world_free(w);
}

static void missing_intermediate_of_a_private_root_is_two_causes(void **state)
{
    (void)state;
    struct world *w = world_new(&private_plan, "L", "1R", "r", "L1R");
    fact(w, FACT_ISSUER_NOT_SENT, 'L', '1');
    fact(w, FACT_ROOT_NOT_TRUSTED, 'R', 0);
    rejects(w, 0, FACT_ISSUER_NOT_FOUND, 'L'); /* all that the client knows */
    rejects(w, 0, FACT_ROOT_NOT_TRUSTED, 'R');
    assert_string_equal(told(w), "chain.missing-intermediate trust.private-ca (chain.no-aia)");
    assert_non_null(strstr(w->findings.items[0].detail, "pool.pem line 7"));
    assert_null(strstr(w->findings.items[1].summary, "complete"));
    assert_non_null(strstr(w->findings.items[1].detail, "missing as well"));
    world_free(w);
}

static void client_that_lacks_the_known_root_is_not_told_twice(void **state)
{
    (void)state;
    struct world *w = world_new(&private_plan, "L1", "R", "r", "L1R");
    fact(w, FACT_ROOT_NOT_TRUSTED, 'R', 0);
    rejects(w, 0, FACT_ISSUER_NOT_FOUND, '1');
    assert_string_equal(told(w), "trust.private-ca");
    assert_int_equal(w->findings.items[0].client_count, 1);
    world_free(w);
}

static void issuer_that_is_there_and_not_recognised(void **state)
{
    (void)state;
    struct world *w = world_new(&public_plan, "L1", "R", "R", "L1R");
    edge(w, 'L', '1', EDGE_SIG_GOOD, AKI_MISMATCH);
    rejects(w, 0, FACT_ISSUER_NOT_FOUND, 'L');
    assert_string_equal(told(w), "chain.issuer-mismatch");
    world_free(w);
}

static void self_signed_is_one_finding(void **state)
{
    static const struct pki_plan plan = {.leaf = {.changes = PLAN_SELF_SIGNED | PLAN_CA}};
    (void)state;
    struct world *w = world_new(&plan, "L", "", "R", "L");
    fact(w, FACT_SELF_SIGNED_CA_LEAF, 'L', 0);
    fact(w, FACT_CA_AS_LEAF, 'L', 0);
    fact(w, FACT_ROOT_NOT_TRUSTED, 'L', 0);
    rejects(w, 0, FACT_SELF_SIGNED_CA_LEAF, 'L');
    rejects(w, 1, FACT_CA_AS_LEAF, 'L');
    assert_string_equal(told(w), "trust.self-signed-ca-as-leaf");
    assert_int_equal(w->findings.items[0].client_count, 2);
    world_free(w);
}

/* ---- signatures ---- */

static void bad_signature_of_a_namesake_is_the_wrong_intermediate(void **state)
{
    (void)state;
    struct world *w = world_new(&public_plan, "LW", "1", "R", "L1");
    edge(w, 'L', 'W', EDGE_SIG_BAD, AKI_MISMATCH);
    edge(w, 'L', '1', EDGE_SIG_GOOD, AKI_MATCH);
    fact(w, FACT_ISSUER_OTHER_KEY, 'L', 'W')->value = 1;
    fact(w, FACT_ISSUER_NOT_SENT, 'L', '1');
    fact(w, FACT_SENT_UNRELATED, 'W', 0)->value = 1;
    rejects(w, 0, FACT_SIGNATURE_BAD, 'L');
    w->reasons[0][0].other = node_of(w, 'W');
    rejects(w, 1, FACT_ISSUER_NOT_FOUND, 'L');
    assert_string_equal(told(w),
                        "chain.wrong-intermediate (chain.missing-intermediate) (chain.unrelated)");
    world_free(w);
}

static void bad_signature_with_the_right_key_is_damage(void **state)
{
    (void)state;
    struct world *w = world_new(&public_plan, "L1", "R", "R", "L1R");
    edge(w, 'L', '1', EDGE_SIG_BAD, AKI_MATCH);
    fact(w, FACT_SIGNATURE_BAD, 'L', '1');
    rejects(w, 0, FACT_SIGNATURE_BAD, 'L');
    w->reasons[0][0].other = node_of(w, '1');
    assert_string_equal(told(w), "signature.bad");
    world_free(w);
}

static void bad_signature_under_an_anchor_of_the_name(void **state)
{
    (void)state;
    struct world *w = world_new(&public_plan, "L1R", "Q", "Q", "L1R");
    edge(w, '1', 'Q', EDGE_SIG_BAD, AKI_MISMATCH);
    edge(w, '1', 'R', EDGE_SIG_GOOD, AKI_MATCH);
    fact(w, FACT_ROOT_OTHER_KEY, '1', 'Q');
    fact(w, FACT_ROOT_OTHER_KEY, 'R', 'Q');
    fact(w, FACT_ROOT_NOT_TRUSTED, 'R', 0);
    rejects(w, 0, FACT_ROOT_NOT_TRUSTED, 'R');
    assert_string_equal(told(w), "trust.wrong-root-same-name");
    assert_int_equal(w->findings.items[0].severity, SEVERITY_ERROR);
    assert_int_equal(w->findings.items[0].client_count, 1);
    world_free(w);
}

/* ---- causes ---- */

static void wrong_clock_explains_every_date(void **state)
{
    (void)state;
    struct world *w = world_new(&public_plan, "L1", "R", "R", "L1R");
    fact(w, FACT_NOT_YET_VALID, 'L', 0);
    fact(w, FACT_NOT_YET_VALID, '1', 0);
    fact(w, FACT_CLOCK_BEHIND, 0, 0)->value = 5 * 86400;
    rejects(w, 0, FACT_NOT_YET_VALID, 'L');
    rejects(w, 1, FACT_NOT_YET_VALID, '1');
    assert_string_equal(told(w),
                        "validity.clock-wrong (validity.not-yet-valid) (validity.not-yet-valid)");
    const struct finding *f = w->findings.items;
    assert_int_equal(f[0].client_count, 2);
    assert_int_equal(f[1].because_count, 1);
    assert_int_equal(f[1].because[0], 0);
    assert_non_null(strstr(f[0].summary, "behind"));
    world_free(w);
}

static void one_expired_certificate_is_not_the_clock(void **state)
{
    (void)state;
    struct world *w = world_new(&public_plan, "L", "", "R", "L");
    fact(w, FACT_EXPIRED, 'L', 0)->value = 12 * 86400;
    fact(w, FACT_CLOCK_AHEAD, 0, 0);
    rejects(w, 0, FACT_EXPIRED, 'L');
    assert_string_equal(told(w), "validity.expired");
    assert_non_null(strstr(w->findings.items[0].summary, "12 days ago"));
    world_free(w);
}

static void expiry_is_told_by_the_place_in_the_chain(void **state)
{
    (void)state;
    struct world *w = world_new(&public_plan, "L1", "R", "R", "L1R");
    fact(w, FACT_EXPIRED, '1', 0);
    fact(w, FACT_EXPIRED, 'R', 0);
    rejects(w, 0, FACT_EXPIRED, '1');
    rejects(w, 1, FACT_EXPIRED, 'R');
    assert_string_equal(told(w), "validity.intermediate-expired validity.root-expired");
    assert_int_equal(w->findings.items[0].certificate, 1);
    assert_int_equal(w->findings.items[1].certificate, 2);
    world_free(w);
}

static void default_certificate_explains_the_name(void **state)
{
    (void)state;
    struct world *w = world_new(&public_plan, "L1", "R", "R", "L1R");
    fact(w, FACT_NAME_MISMATCH, 'L', 0);
    fact(w, FACT_NAME_WILDCARD_DEPTH, 'L', 0);
    fact(w, FACT_DEFAULT_CERTIFICATE, 'L', 0);
    rejects(w, 0, FACT_NAME_WILDCARD_DEPTH, 'L');
    assert_string_equal(told(w), "server.default-certificate (name.wildcard-depth)");
    world_free(w);
}

static void three_faults_are_three_causes(void **state)
{
    (void)state;
    struct world *w = world_new(&public_plan, "L1", "R", "R", "L1R");
    fact(w, FACT_NAME_MISMATCH, 'L', 0);
    fact(w, FACT_EXPIRED, '1', 0);
    fact(w, FACT_WEAK_DIGEST, 'L', 0);
    rejects(w, 0, FACT_NAME_MISMATCH, 'L');
    rejects(w, 0, FACT_EXPIRED, '1');
    rejects(w, 0, FACT_WEAK_DIGEST, 'L');
    assert_string_equal(told(w),
                        "name.mismatch signature.weak-digest validity.intermediate-expired");
    world_free(w);
}

static void leaf_that_is_not_first_explains_what_stands_there(void **state)
{
    (void)state;
    struct world *w = world_new(&public_plan, "1L", "R", "R", "L1R");
    fact(w, FACT_SENT_ORDER, 'L', 0)->value = 1;
    rejects(w, 0, FACT_NAME_MISMATCH, '1');
    rejects(w, 1, FACT_CA_AS_LEAF, '1');
    assert_string_equal(told(w),
                        "chain.wrong-order (name.mismatch) (trust.self-signed-ca-as-leaf)");
    world_free(w);
}

/* ---- severity ---- */

static void healthy_chain_has_no_finding(void **state)
{
    (void)state;
    struct world *w = world_new(&public_plan, "L1", "R", "R", "L1R");
    assert_string_equal(told(w), "");
    fact(w, FACT_EXPIRING, 'L', 0); /* far from its end: the lab's leaf has 79 days */
    assert_string_equal(told(w), "");
    world_free(w);
}

static void alternatives_that_nobody_took_are_not_told(void **state)
{
    (void)state;
    struct world *w = world_new(&public_plan, "L1X", "R", "R", "L1R");
    fact(w, FACT_EXPIRED, 'X', 0)->on_best = false;
    fact(w, FACT_CROSS_SIGN_EXPIRED, 'X', '1')->on_best = false;
    assert_string_equal(told(w), "chain.cross-sign-expired");
    assert_int_equal(w->findings.items[0].severity, SEVERITY_NOTICE);
    rejects(w, 1, FACT_EXPIRED, 'X'); /* a client that did take it */
    assert_string_equal(told(w), "chain.cross-sign-expired (validity.intermediate-expired)");
    assert_int_equal(w->findings.items[0].severity, SEVERITY_ERROR);
    world_free(w);
}

static void faults_that_stop_nobody_are_warnings(void **state)
{
    (void)state;
    struct world *w = world_new(&public_plan, "L1", "R", "R", "L1R");
    fact(w, FACT_EKU_MISSING, 'L', 0);
    fact(w, FACT_SENT_DUPLICATE, '1', 0)->value = 2;
    fact(w, FACT_SENT_DUPLICATE, '1', 0)->value = 3;
    assert_string_equal(told(w), "usage.eku-missing [chain.duplicate]");
    assert_int_equal(w->findings.items[0].severity, SEVERITY_WARNING);
    assert_int_equal(w->findings.items[1].severity, SEVERITY_NOTICE);
    assert_non_null(strstr(w->findings.items[1].summary, "2 and 3"));
    world_free(w);
}

static void nobody_rejects_without_a_finding(void **state)
{
    (void)state;
    for (int id = 0; id < FACT_COUNT; id++) {
        struct world *w = world_new(&public_plan, "L1", "R", "R", "L1R");
        rejects(w, 1, (enum fact_id)id, 'L');
        told(w);
        size_t blamed = 0;
        for (size_t i = 0; i < w->findings.count; i++)
            blamed += w->findings.items[i].client_count;
        if (blamed != 1)
            fail_msg("%s: a rejection without a finding", fact_name((enum fact_id)id));
        assert_true(w->findings.items[0].cause);
        assert_int_equal(w->findings.items[0].severity, SEVERITY_ERROR);
        assert_null(strchr(w->findings.items[0].summary, '{'));
        assert_true(w->findings.items[0].verify[0] != '\0');
        world_free(w);
    }
}

static void endpoint_without_certificate_is_an_error(void **state)
{
    (void)state;
    struct world *w = world_new(&public_plan, "", "", "R", "");
    fact(w, FACT_PLAINTEXT, 0, 0)->text = "HTTP";
    fact(w, FACT_HANDSHAKE_FAILED, 0, 0);
    fact(w, FACT_NO_CERTIFICATE, 0, 0);
    assert_string_equal(told(w), "server.plaintext");
    assert_int_equal(w->findings.items[0].severity, SEVERITY_ERROR);
    assert_int_equal(w->findings.items[0].certificate, -1);
    assert_string_equal(w->findings.items[0].summary,
                        "www.lab.test:443 does not speak TLS - it answers in plain text (HTTP).");
    world_free(w);
}

static struct file_fault *file_fault(struct world *w, struct file_fault *faults,
                                     enum file_fault_id id, size_t line, size_t block)
{
    struct file_fault *f = &faults[w->obs.file.fault_count];
    *f = (struct file_fault){.id = id, .line = line, .block = block, .excerpt = "x"};
    fact(w, FACT_FILE_FAULT, 0, 0)->value = (int64_t)w->obs.file.fault_count++;
    return f;
}

static void faults_of_a_file_are_told_once_each(void **state)
{
    (void)state;
    struct file_fault faults[8];
    struct world *w = world_new(&public_plan, "L1", "R", "R", "L1R");
    w->obs.target = (struct target){.kind = TARGET_FILE,
                                    .path = "my chain.pem",
                                    .name = "",
                                    .connect = "",
                                    .host = "",
                                    .sni = ""};
    w->obs.file.faults = faults;
    file_fault(w, faults, FAULT_ESCAPED_NEWLINES, 1, 0);
    file_fault(w, faults, FAULT_ESCAPED_NEWLINES, 1, 1);
    file_fault(w, faults, FAULT_ESCAPED_NEWLINES, 9, 2);
    file_fault(w, faults, FAULT_BAD_DER, 20, 3);    /* what the next one does … */
    file_fault(w, faults, FAULT_BAD_BASE64, 23, 3); /* … to its block */
    file_fault(w, faults, FAULT_BOM, 1, SIZE_MAX);
    assert_string_equal(told(w), "file.bad-base64 file.escaped-newlines [file.bom]");
    const struct finding *f = w->findings.items;
    assert_non_null(strstr(f[0].summary, "line 23 - a character"));
    assert_non_null(strstr(f[1].summary, "my chain.pem lines 1 and 9 - "));
    assert_int_equal(f[0].severity, SEVERITY_ERROR);
    assert_int_equal(f[2].severity, SEVERITY_WARNING);
    assert_string_equal(f[1].verify, "head -c 200 'my chain.pem'");
    world_free(w);
}

/* ---- words ---- */

static bool scenario_is_hostile(const struct scenario *scenario)
{
    return strncmp(scenario->name, "hostile-", 8) == 0;
}

static void hostile_names_stay_out_of_commands(void **state)
{
    size_t count;
    const struct scenario *table = scenario_table(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        if (!scenario_is_hostile(&table[i]) || !scenario_is_plain(&table[i]))
            continue;
        struct diagnosis *d = diagnosis_of(&table[i]);
        for (size_t k = 0; k < d->target.findings.count; k++) {
            const struct finding *f = &d->target.findings.items[k];
            assert_true(str_is_utf8(bytes_str(f->summary)));
            for (const char *p = f->summary; *p; p++)
                assert_true((unsigned char)*p >= ' ' && *p != 0x7f);
            assert_null(strstr(f->verify, "touch"));
            assert_null(strstr(f->verify, "$("));
            assert_null(strchr(f->verify, '\n'));
        }
        diagnosis_free(d);
    }
}

static void what_is_planted_is_named_and_nothing_else(void **state)
{
    size_t count;
    const struct scenario *table = scenario_table(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        if (!scenario_is_plain(&table[i]) || scenario_is_hostile(&table[i]))
            continue;
        struct diagnosis *d = diagnosis_of(&table[i]);
        size_t index;
        for (size_t p = 0; p < SCENARIO_RULES && table[i].plants[p]; p++)
            if (!diagnosis_finding(d, table[i].plants[p], &index))
                fail_msg("%s: %s is not named", table[i].name, table[i].plants[p]);
        for (size_t k = 0; k < d->target.findings.count; k++) {
            const struct finding *f = &d->target.findings.items[k];
            if (f->cause && f->severity != SEVERITY_NOTICE &&
                !scenario_plants(&table[i], f->rule->id))
                fail_msg("%s: %s is named", table[i].name, f->rule->id);
            if (strchr(f->summary, '{') || strstr(f->summary, "\"\"") || strstr(f->detail, "\"\""))
                fail_msg("%s: %s / %s", table[i].name, f->summary, f->detail);
            assert_true(f->verify[0] != '\0');
        }
        diagnosis_free(d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaf_of_a_known_family_lacks_an_intermediate),
        cmocka_unit_test(leaf_with_an_issuer_address_lacks_an_intermediate),
        cmocka_unit_test(leaf_alone_of_an_unknown_family_stays_open),
        cmocka_unit_test(intermediate_of_an_unknown_family_has_a_private_root),
        cmocka_unit_test(root_that_is_sent_and_unknown_is_private),
        cmocka_unit_test(root_of_a_public_family_is_missing_in_an_old_store),
        cmocka_unit_test(missing_intermediate_of_a_private_root_is_two_causes),
        cmocka_unit_test(client_that_lacks_the_known_root_is_not_told_twice),
        cmocka_unit_test(issuer_that_is_there_and_not_recognised),
        cmocka_unit_test(self_signed_is_one_finding),
        cmocka_unit_test(bad_signature_of_a_namesake_is_the_wrong_intermediate),
        cmocka_unit_test(bad_signature_with_the_right_key_is_damage),
        cmocka_unit_test(bad_signature_under_an_anchor_of_the_name),
        cmocka_unit_test(wrong_clock_explains_every_date),
        cmocka_unit_test(one_expired_certificate_is_not_the_clock),
        cmocka_unit_test(expiry_is_told_by_the_place_in_the_chain),
        cmocka_unit_test(default_certificate_explains_the_name),
        cmocka_unit_test(three_faults_are_three_causes),
        cmocka_unit_test(leaf_that_is_not_first_explains_what_stands_there),
        cmocka_unit_test(healthy_chain_has_no_finding),
        cmocka_unit_test(alternatives_that_nobody_took_are_not_told),
        cmocka_unit_test(faults_that_stop_nobody_are_warnings),
        cmocka_unit_test(nobody_rejects_without_a_finding),
        cmocka_unit_test(endpoint_without_certificate_is_an_error),
        cmocka_unit_test(faults_of_a_file_are_told_once_each),
        cmocka_unit_test(hostile_names_stay_out_of_commands),
        cmocka_unit_test(what_is_planted_is_named_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
