/* SPDX-License-Identifier: Apache-2.0 */
/* Servers that send nothing but their own certificate, and a pool of 10,000 CA certificates: the
 * missing ones are found, proven to be the cure and supplied, for every leaf. Among the 10,000 are
 * keys of four types, cross-signs (under a root that nobody trusts, expired, and good), namesakes
 * with another key, CAs without key identifiers, and two missing levels. */
#include "diagnosis.h"

#include <time.h>
#include <unistd.h>

#include "lab/mint.h"

enum {
    ROOTS = 8,
    TOPS = 1500,
    SUBS = 6000,
    CROSSES = 1250,
    TRAPS = 1250,
    CAS = TOPS + SUBS + CROSSES + TRAPS,
    LEAVES = 1500,
    SHARED_RSA = 6,
};
#define SEED bytes_str("leaf-only")

struct ca {
    struct bytes name;
    struct private_key *key;
    bool shared_key;
    const struct ca *issuer;
    struct bytes der;
};

struct world {
    struct arena arena;
    struct private_key *rsa[SHARED_RSA];
    struct ca roots[ROOTS], stranger;
    struct ca *cas; /* tops, then subs, then crosses, then traps */
    struct store *store;
    struct buf pool;
    char dir[32];
    const char *path;
};

static struct bytes named(struct arena *arena, const char *cn)
{
    const struct mint_attribute attributes[] = {
        {OID_ORGANIZATION, DER_UTF8_STRING, bytes_str("Leaf Only Trust")},
        {OID_CN, DER_UTF8_STRING, bytes_str(cn)}};
    return mint_name(arena, attributes, 2);
}

static void key_give(struct world *w, struct ca *ca, size_t number, const char *label)
{
    static const enum key_spec specs[] = {KEY_SPEC_P256, KEY_SPEC_P256, KEY_SPEC_P256,
                                          KEY_SPEC_ED25519, KEY_SPEC_P256};
    ca->shared_key = number % 40 == 7;
    if (ca->shared_key)
        ca->key = w->rsa[number % SHARED_RSA];
    else
        ca->key =
            private_key_derive(number % 200 == 9 ? KEY_SPEC_P384 : specs[number % 5], SEED, label);
}

static struct bytes ca_mint(struct world *w, const struct ca *ca, const struct ca *issuer,
                            unsigned faults, cw_time not_after)
{
    const struct mint_spec spec = {.subject = ca->name,
                                   .key = ca->key,
                                   .issuer = {issuer->name, issuer->key},
                                   .not_before = DIAGNOSIS_AT - 900 * TIME_DAY,
                                   .not_after = not_after,
                                   .ca = true,
                                   .key_usage = KU_KEY_CERT_SIGN | KU_CRL_SIGN,
                                   .faults = faults};
    return mint_certificate(&w->arena, SEED, &spec);
}

static void ca_make(struct world *w, struct ca *ca, size_t number, const struct ca *issuer)
{
    const char *label = arena_printf(&w->arena, "CA %zu", number);
    const unsigned faults = number % 17 == 3 ? MINT_NO_KEY_IDS : 0;
    ca->name = named(&w->arena, label);
    ca->issuer = issuer;
    key_give(w, ca, number, label);
    ca->der = ca_mint(w, ca, issuer, faults, DIAGNOSIS_AT + 1500 * TIME_DAY);
}

static void roots_make(struct world *w)
{
    for (size_t i = 0; i <= ROOTS; i++) {
        struct ca *root = i < ROOTS ? &w->roots[i] : &w->stranger;
        const char *label = arena_printf(&w->arena, "Root %zu", i);
        root->name = named(&w->arena, label);
        root->key = private_key_derive(KEY_SPEC_P256, SEED, label);
        root->der = ca_mint(w, root, root, 0, DIAGNOSIS_AT + 5000 * TIME_DAY);
        if (i == ROOTS)
            continue;
        struct cert *cert = cert_parse(root->der);
        store_add_cert(w->store, cert, (struct origin){.kind = ORIGIN_STORE, .where = "roots"});
        cert_unref(cert);
    }
}

/* The name and key of a top CA again: under a stranger's root, expired, or under another root. */
static void cross_make(struct world *w, struct ca *ca, size_t number)
{
    const struct ca *top = &w->cas[number * 7 % TOPS];
    const size_t kind = number % 3;
    *ca = (struct ca){.name = top->name, .key = top->key, .shared_key = true};
    ca->issuer = kind == 0 ? &w->stranger : &w->roots[(number + 3) % ROOTS];
    ca->der = ca_mint(w, ca, ca->issuer, 0, DIAGNOSIS_AT + (kind == 1 ? -10 : 2500) * TIME_DAY);
}

/* The name of a CA with another key, with and without the identifiers that tell them apart. */
static void trap_make(struct world *w, struct ca *ca, size_t number)
{
    const struct ca *like = &w->cas[number * 5 % (TOPS + SUBS)];
    *ca = (struct ca){.name = like->name, .issuer = like->issuer};
    ca->key = private_key_derive(KEY_SPEC_P256, SEED, arena_printf(&w->arena, "trap %zu", number));
    ca->der = ca_mint(w, ca, like->issuer, number % 2 ? MINT_NO_KEY_IDS : 0,
                      DIAGNOSIS_AT + 3000 * TIME_DAY);
}

static void pool_make(struct world *w)
{
    struct cert **certs = arena_array(&w->arena, CAS, sizeof *certs);
    struct error error = {0};
    for (size_t i = 0; i < CAS; i++)
        certs[i] = cert_parse(w->cas[i].der);
    assert_int_equal(
        pool_write((const struct cert *const *)certs, CAS, "test", DIAGNOSIS_AT, &w->pool), CAS);
    for (size_t i = 0; i < CAS; i++)
        cert_unref(certs[i]);
    static const char pattern[] = "/tmp/certwhy-test-XXXXXX";
    memcpy(w->dir, pattern, sizeof pattern);
    assert_non_null(mkdtemp(w->dir));
    w->path = arena_printf(&w->arena, "%s/pool", w->dir);
    assert_int_equal(file_write_atomic(NULL, w->path, buf_bytes(&w->pool), 0600, &error), CW_OK);
}

static int world_make(void **state)
{
    struct world *w = xcalloc(1, sizeof *w);
    w->store = store_new("roots");
    w->cas = xcalloc(CAS, sizeof *w->cas);
    for (size_t i = 0; i < SHARED_RSA; i++)
        w->rsa[i] = private_key_derive(KEY_SPEC_RSA_2048, SEED, arena_printf(&w->arena, "%zu", i));
    roots_make(w);
    for (size_t i = 0; i < TOPS; i++)
        ca_make(w, &w->cas[i], i, &w->roots[i % ROOTS]);
    for (size_t i = TOPS; i < TOPS + SUBS; i++)
        ca_make(w, &w->cas[i], i, &w->cas[i * 11 % TOPS]);
    for (size_t i = 0; i < CROSSES; i++)
        cross_make(w, &w->cas[TOPS + SUBS + i], i);
    for (size_t i = 0; i < TRAPS; i++)
        trap_make(w, &w->cas[TOPS + SUBS + CROSSES + i], i);
    pool_make(w);
    *state = w;
    return 0;
}

static void ca_free(const struct ca *ca)
{
    if (!ca->shared_key)
        private_key_free(ca->key);
}

static int world_free(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < ROOTS; i++)
        ca_free(&w->roots[i]);
    ca_free(&w->stranger);
    for (size_t i = 0; i < CAS; i++)
        ca_free(&w->cas[i]);
    for (size_t i = 0; i < SHARED_RSA; i++)
        private_key_free(w->rsa[i]);
    unlink(w->path);
    rmdir(w->dir);
    free(w->cas);
    buf_free(&w->pool);
    store_unref(w->store);
    arena_free(&w->arena);
    free(w);
    return 0;
}

static struct store *pool_open_here(const struct world *w)
{
    struct error error = {0};
    struct store *pool = store_new_pool("--pool");
    assert_int_equal(store_add_path(pool, NULL, w->path, &error), CW_OK);
    return pool;
}

/* ---- one leaf ---- */

static struct bytes leaf_mint(struct world *w, const struct ca *issuer, size_t number)
{
    struct private_key *key = private_key_derive(KEY_SPEC_P256, SEED, "leaf");
    const struct mint_general_name name = {GN_DNS, bytes_str("leaf.example")};
    const struct mint_spec spec = {
        .subject = named(&w->arena, arena_printf(&w->arena, "leaf %zu", number)),
        .key = key,
        .issuer = {issuer->name, issuer->key},
        .not_before = DIAGNOSIS_AT - 30 * TIME_DAY,
        .not_after = DIAGNOSIS_AT + 60 * TIME_DAY,
        .key_usage = KU_DIGITAL_SIGNATURE,
        .eku = EKU_SERVER_AUTH,
        .names = &name,
        .name_count = 1,
        .faults = number % 13 == 5 ? MINT_NO_KEY_IDS : 0};
    const struct bytes der = mint_certificate(&w->arena, SEED, &spec);
    private_key_free(key);
    return der;
}

static void diagnosis_of_leaf(struct diagnosis *d, const struct world *w, struct bytes leaf)
{
    static const struct scenario plain = {.name = "leaf-only"};
    d->lab.at = DIAGNOSIS_AT;
    d->store = store_ref(w->store);
    diagnosis_endpoint(d, &plain);
    struct error error = {0};
    assert_int_equal(target_set_name(&d->observation.target, "leaf.example", &d->arena, &error),
                     CW_OK);
    struct bytes *raw = arena_array(&d->arena, 1, sizeof *raw);
    d->observation.sent = arena_array(&d->arena, 1, sizeof *d->observation.sent);
    raw[0] = leaf;
    d->observation.sent[0] =
        (struct seen){.cert = cert_parse(leaf), .origin = {.kind = ORIGIN_SENT, .where = "test"}};
    d->observation.sent_count = 1;
    d->connection.handshake.certificates = raw;
    d->connection.handshake.certificate_count = 1;
    diagnosis_run(d);
}

static const struct fix *fix_named(const struct diagnosis *d, const char *id)
{
    const struct plan *plan = &d->target.plan;
    for (size_t i = 0; i < plan->finding_count; i++)
        for (size_t k = 0; k < plan->per_finding[i].count; k++)
            if (strcmp(plan->per_finding[i].items[k].id, id) == 0)
                return &plan->per_finding[i].items[k];
    return plan->together && strcmp(plan->together->id, id) == 0 ? plan->together : NULL;
}

/* The bundle is the leaf and all that is missing, each signed by the next, no root, none expired.
 */
static void check_bundle(struct diagnosis *d, const struct fix *fix, size_t missing, size_t number)
{
    struct container container;
    assert_true(fix->file_count > 0);
    container_read(fix->files[0].content, "fullchain.pem", &d->arena, &container);
    if (container.object_count != missing + 1)
        fail_msg("leaf %zu: %zu certificates are supplied, %zu are missing", number,
                 container.object_count - 1, missing);
    for (size_t i = 0; i + 1 < container.object_count; i++) {
        struct cert *child = cert_parse(container.objects[i].der);
        struct cert *issuer = cert_parse(container.objects[i + 1].der);
        assert_int_equal(
            crypto_verify(issuer->key.spki, child->outer_algorithm, child->tbs, child->signature),
            SIG_OK);
        assert_true(issuer->not_after > DIAGNOSIS_AT);
        cert_unref(child);
        cert_unref(issuer);
    }
}

static void check_leaf(struct world *w, struct store *pool, size_t number)
{
    const size_t at = number * 37 % (TOPS + SUBS);
    const struct ca *issuer = &w->cas[at];
    struct diagnosis *d = xcalloc(1, sizeof *d);
    d->pool = store_ref(pool);
    diagnosis_of_leaf(d, w, leaf_mint(w, issuer, number));
    const struct fix *fix = fix_named(d, "server.send-chain");
    if (!fix || !fix->proven || fix->rejected_count > 0)
        fail_msg("leaf %zu under CA %zu: %s", number, at,
                 !fix           ? "no fix"
                 : !fix->proven ? "not proven"
                                : "some client rejects afterwards");
    check_bundle(d, fix, at < TOPS ? 1 : 2, number);
    const struct verdict *v = &d->target.verdict;
    assert_int_equal(v->chain_count, at < TOPS ? 3 : 4);
    assert_int_equal(v->graph.nodes[v->chain[1].node].origin.kind, ORIGIN_POOL);
    diagnosis_free(d);
}

static void every_missing_issuer_is_found_proven_and_supplied(void **state)
{
    struct world *w = *state;
    struct store *pool = pool_open_here(w);
    for (size_t i = 0; i < LEAVES; i++)
        check_leaf(w, pool, i);
    store_unref(pool);
}

/* Which of the certificates of one CA is supplied for a leaf under it. */
static void check_choice(struct world *w, struct store *pool, size_t top, const struct ca *chosen)
{
    struct diagnosis *d = xcalloc(1, sizeof *d);
    d->pool = store_ref(pool);
    diagnosis_of_leaf(d, w, leaf_mint(w, &w->cas[top], 0));
    const struct verdict *v = &d->target.verdict;
    size_t at = 0;
    const struct finding *finding = diagnosis_finding(d, "chain.missing-intermediate", &at);
    assert_non_null(finding);
    assert_true(bytes_equal(v->graph.nodes[v->chain[1].node].cert->der, chosen->der));
    assert_non_null(strstr(finding->detail, "2 certificates of this CA are known here"));
    diagnosis_free(d);
}

static void of_cross_signs_the_one_that_most_clients_accept_for_longest(void **state)
{
    struct world *w = *state;
    const struct ca *crosses = &w->cas[TOPS + SUBS];
    struct store *pool = pool_open_here(w);
    check_choice(w, pool, 0, &w->cas[0]);   /* the other one leads to a stranger */
    check_choice(w, pool, 7, &w->cas[7]);   /* the other one has expired */
    check_choice(w, pool, 14, &crosses[2]); /* the other one ends 1,000 days earlier */
    store_unref(pool);
}

static int64_t cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

static void opening_takes_less_than_5_ms(void **state)
{
    enum { ROUNDS = 5, MOST_US = 5000 };
    const struct world *w = *state;
    int64_t best = INT64_MAX;
    for (int i = 0; i < ROUNDS; i++) {
        const int64_t start = cpu_us();
        struct store *pool = pool_open_here(w);
        const int64_t spent = cpu_us() - start;
        best = spent < best ? spent : best;
        assert_int_equal(store_count(pool), CAS);
        store_unref(pool);
    }
    print_message("opened in %lld us, %zu octets mapped\n", (long long)best, w->pool.n);
    assert_true(best <= MOST_US);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opening_takes_less_than_5_ms),
        cmocka_unit_test(of_cross_signs_the_one_that_most_clients_accept_for_longest),
        cmocka_unit_test(every_missing_issuer_is_found_proven_and_supplied),
    };
    return cmocka_run_group_tests(tests, world_make, world_free);
}
