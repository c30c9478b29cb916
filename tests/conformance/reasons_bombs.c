/* SPDX-License-Identifier: Apache-2.0 */
/* Chains made to keep a judge busy. Each must be judged and explained within a tenth of a second of
 * processor time, and the verdict must say which budget was spent. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../unit/recipe.h"
#include "judge/profile.h"
#include "reasons.h"

enum { BOMB_MS = 100, MOST_CERTS = 5000, PROFILES_MAX = 64, ROUNDS = 3 };
static const char seed[] = "certwhy bombs";

/** A bomb in the making. */
struct bomb {
    struct arena arena;
    struct observation observation;
    struct connection connection;
    struct store *store;
    const char *expected; /* the limit that it must hit; NULL: none need be */
    enum key_spec key_spec;
    bool unsigned_certs; /* signatures count as good and cost nothing */
    struct private_key *keys[256];
};

static const struct private_key *bomb_key(struct bomb *b, size_t i)
{
    i %= 256;
    if (b->keys[i] == NULL)
        b->keys[i] = private_key_derive(b->key_spec, bytes_str(seed),
                                        arena_printf(&b->arena, "bomb %zu", i));
    return b->keys[i];
}

static struct bytes bomb_name(struct bomb *b, const char *cn)
{
    const struct mint_attribute attribute = {OID_CN, DER_UTF8_STRING, bytes_str(cn)};
    return mint_name(&b->arena, &attribute, 1);
}

/** What is special about one certificate of a bomb. */
struct part {
    const char *subject, *issuer;
    size_t key, issuer_key;
    bool leaf, trusted;
    const struct mint_general_name *names, *permitted;
    size_t name_count, permitted_count;
};

static void bomb_add(struct bomb *b, const struct part *part)
{
    static const struct mint_general_name host = {GN_DNS, {(const uint8_t *)"www.lab.test", 12}};
    const struct mint_spec spec = {
        .subject = bomb_name(b, part->subject),
        .key = bomb_key(b, part->key),
        .issuer = {.name = bomb_name(b, part->issuer), .key = bomb_key(b, part->issuer_key)},
        .not_before = REASONS_AT - TIME_DAY,
        .not_after = REASONS_AT + TIME_DAY,
        .ca = !part->leaf,
        .key_usage = part->leaf ? KU_DIGITAL_SIGNATURE : KU_KEY_CERT_SIGN,
        .eku = part->leaf ? EKU_SERVER_AUTH : 0,
        .names = part->names != NULL ? part->names
                 : part->leaf        ? &host
                                     : NULL,
        .name_count = part->names != NULL ? part->name_count : part->leaf,
        .permitted = part->permitted,
        .permitted_count = part->permitted_count,
        .faults = MINT_NO_KEY_IDS,
    };
    struct cert *cert = cert_parse(mint_certificate(&b->arena, bytes_str(seed), &spec));
    cert->hypothetical = b->unsigned_certs;
    if (part->trusted) {
        store_add_cert(b->store, cert, (struct origin){.kind = ORIGIN_STORE, .where = "store"});
        cert_unref(cert);
        return;
    }
    struct observation *obs = &b->observation;
    obs->sent[obs->sent_count] = (struct seen){
        .cert = cert,
        .origin = {.kind = ORIGIN_SENT, .where = "bomb", .position = obs->sent_count}};
    obs->sent_count++;
}

static const char *numbered(struct bomb *b, const char *what, size_t i)
{
    return arena_printf(&b->arena, "%s %zu", what, i);
}

/* ---- the bombs ---- */

/** Each of `n` names holds a certificate from each other: every order of them is a path. */
static void cliques(struct bomb *b, size_t n)
{
    bomb_add(b, &(struct part){.subject = "leaf", .issuer = "CA 0", .leaf = true, .issuer_key = 1});
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++)
            if (i != k)
                bomb_add(b, &(struct part){.subject = numbered(b, "CA", i),
                                           .issuer = numbered(b, "CA", k),
                                           .key = i + 1,
                                           .issuer_key = k + 1});
    bomb_add(b, &(struct part){.subject = "Root", .issuer = "Root", .trusted = true, .key = 99});
}

static void clique_14(struct bomb *b)
{
    cliques(b, 14);
}

static void clique_30(struct bomb *b)
{
    cliques(b, 30);
}

/** The same where a trusted root does end some of the paths, and its key size is too small. */
static void clique_trusted(struct bomb *b)
{
    cliques(b, 14);
    for (size_t i = 0; i < 14; i++)
        bomb_add(b, &(struct part){.subject = numbered(b, "CA", i),
                                   .issuer = "Nobody",
                                   .key = i + 1,
                                   .issuer_key = 98,
                                   .trusted = true});
}

/** 200 CAs of one name, each signed by the next. */
static void one_name(struct bomb *b)
{
    bomb_add(b, &(struct part){.subject = "leaf", .issuer = "CA", .leaf = true, .issuer_key = 1});
    for (size_t i = 0; i < 200; i++)
        bomb_add(
            b, &(struct part){.subject = "CA", .issuer = "CA", .key = i + 1, .issuer_key = i + 2});
}

/** 999 certificates of the issuer's name, none of which signed. */
static void look_alikes(struct bomb *b)
{
    bomb_add(b, &(struct part){.subject = "leaf", .issuer = "CA", .leaf = true, .issuer_key = 255});
    for (size_t i = 0; i < 999; i++)
        bomb_add(b, &(struct part){.subject = "CA",
                                   .issuer = numbered(b, "Parent", i),
                                   .key = i % 250,
                                   .issuer_key = 251});
}

static void full_store(struct bomb *b)
{
    bomb_add(b,
             &(struct part){.subject = "leaf", .issuer = "Root", .leaf = true, .issuer_key = 255});
    for (size_t i = 0; i < 4096; i++)
        bomb_add(b, &(struct part){.subject = "Root",
                                   .issuer = numbered(b, "Parent", i),
                                   .key = i % 250,
                                   .issuer_key = 251,
                                   .trusted = true});
}

/** Two certificates that issued each other, and a hundred times so. */
static void circles(struct bomb *b)
{
    bomb_add(b, &(struct part){.subject = "leaf", .issuer = "CA 0", .leaf = true, .issuer_key = 1});
    for (size_t i = 0; i < 200; i++)
        bomb_add(b, &(struct part){.subject = numbered(b, "CA", i % 2),
                                   .issuer = numbered(b, "CA", (i + 1) % 2),
                                   .key = i % 2 + 1,
                                   .issuer_key = (i + 1) % 2 + 1});
}

static const struct mint_general_name *many_names(struct bomb *b, size_t n, const char *format)
{
    struct mint_general_name *names = arena_array(&b->arena, n, sizeof *names);
    for (size_t i = 0; i < n; i++)
        names[i] = (struct mint_general_name){
            GN_DNS, bytes_str(arena_printf(&b->arena, "%s%zu.lab.test", format, i))};
    return names;
}

/** A leaf of `n` names below `cas` CAs of `n` constraints each, reached by many paths. */
static void constraints(struct bomb *b, size_t n, size_t cas)
{
    const struct mint_general_name *names = many_names(b, n, "www");
    const struct mint_general_name *trees = many_names(b, n, "w");
    struct mint_general_name *all = arena_array(&b->arena, n + 1, sizeof *all);
    memcpy(all, trees, n * sizeof *all);
    all[n] = (struct mint_general_name){GN_DNS, bytes_str("lab.test")};
    bomb_add(b, &(struct part){.subject = "leaf",
                               .issuer = "CA 0",
                               .leaf = true,
                               .issuer_key = 1,
                               .names = names,
                               .name_count = n});
    for (size_t i = 0; i < cas; i++)
        for (size_t k = 0; k < cas; k++)
            if (i != k)
                bomb_add(b, &(struct part){.subject = numbered(b, "CA", i),
                                           .issuer = numbered(b, "CA", k),
                                           .key = i + 1,
                                           .issuer_key = k + 1,
                                           .permitted = all,
                                           .permitted_count = n + 1});
    bomb_add(b, &(struct part){.subject = numbered(b, "CA", cas - 1),
                               .issuer = numbered(b, "CA", cas - 1),
                               .key = cas,
                               .issuer_key = cas,
                               .trusted = true});
}

static void constraints_2048(struct bomb *b)
{
    constraints(b, 2048, 2);
}

static void constraints_many(struct bomb *b)
{
    constraints(b, 300, 9);
}

/* ---- policies: written by hand, because the lab has none ---- */

enum { POLICIES = 250, POLICY_CAS = 28 };

static const char *hex_of(struct bomb *b, const struct writer *w)
{
    return str_hex(&b->arena, buf_bytes(&w->out), '\0');
}

static void put_policy(struct writer *w, size_t i)
{
    const uint8_t oid[] = {0x2a, 0x03, (uint8_t)(0x80 | (i >> 7)), (uint8_t)(i & 0x7f)};
    writer_put(w, DER_OID, bytes_of(oid, sizeof oid));
}

static const char *policies_hex(struct bomb *b)
{
    struct writer w = {0};
    writer_open(&w, DER_SEQUENCE);
    for (size_t i = 0; i < POLICIES; i++) {
        writer_open(&w, DER_SEQUENCE);
        put_policy(&w, 128 + i);
        writer_close(&w);
    }
    writer_close(&w);
    const char *hex = hex_of(b, &w);
    writer_free(&w);
    return hex;
}

/** All policies become the first, and the first becomes all of them. */
static const char *mappings_hex(struct bomb *b)
{
    struct writer w = {0};
    writer_open(&w, DER_SEQUENCE);
    for (size_t i = 1; i < POLICIES; i++) {
        writer_open(&w, DER_SEQUENCE);
        put_policy(&w, 128 + (i % 2 ? i : 0));
        put_policy(&w, 128 + (i % 2 ? 0 : i));
        writer_close(&w);
    }
    writer_close(&w);
    const char *hex = hex_of(b, &w);
    writer_free(&w);
    return hex;
}

static const char *dn_hex(struct bomb *b, size_t i)
{
    const struct bytes name = bomb_name(b, numbered(b, "Policy CA", i));
    return str_hex(&b->arena, name, '\0');
}

static void policy_add(struct bomb *b, size_t i, const char *serial, bool trusted)
{
    const struct recipe recipe = {
        .serial = serial,
        .subject = dn_hex(b, i),
        .issuer = dn_hex(b, trusted ? i : i + 1),
        .extensions = {{OID_CERTIFICATE_POLICIES, false, policies_hex(b), NULL},
                       {OID_POLICY_MAPPINGS, true, mappings_hex(b), NULL},
                       {OID_POLICY_CONSTRAINTS, true, "3003800100", NULL},
                       {OID_BASIC_CONSTRAINTS, true, i == 0 ? "3000" : "30030101ff", NULL}}};
    struct cert *cert = recipe_cert(&recipe);
    cert->hypothetical = true;
    struct observation *obs = &b->observation;
    if (trusted) {
        store_add_cert(b->store, cert, (struct origin){.kind = ORIGIN_STORE, .where = "store"});
        cert_unref(cert);
        return;
    }
    obs->sent[obs->sent_count] = (struct seen){.cert = cert, .origin = {.kind = ORIGIN_SENT}};
    obs->sent_count++;
}

/** Two certificates of each CA in a long line: a million paths, each full of mapped policies. */
static void policies(struct bomb *b)
{
    policy_add(b, 0, "020101", false);
    for (size_t i = 1; i < POLICY_CAS; i++) {
        policy_add(b, i, "020102", false);
        policy_add(b, i, "020103", false);
    }
    policy_add(b, POLICY_CAS, "020104", true);
}

/* ---- running them ---- */

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void bomb_observe(struct bomb *b)
{
    b->store = store_new("store");
    b->observation = (struct observation){
        .target = {.kind = TARGET_FILE,
                   .text = "bomb.pem",
                   .host = "",
                   .scheme = "",
                   .path = "bomb.pem",
                   .connect = "",
                   .sni = ""},
        .at = REASONS_AT,
        .resolve_why = "",
        .observed_by = "test",
        .clients = "",
        .ca_path = "",
        .key_file = "",
        .probe_sni = "",
    };
    struct error err = {0};
    target_set_name(&b->observation.target, "www.lab.test", &b->arena, &err);
    b->observation.sent = arena_array(&b->arena, MOST_CERTS, sizeof *b->observation.sent);
}

/** Milliseconds of the quickest round; *hit says which limits were hit. */
static double bomb_judge(struct bomb *b, const char **hit)
{
    size_t count;
    double best = 1e9;
    const struct profile *const *profiles = profile_all(&count);
    struct store *stores[PROFILES_MAX];
    for (size_t i = 0; i < count; i++)
        stores[i] = b->store;
    for (int round = 0; round < ROUNDS; round++) {
        struct arena arena = {0};
        struct sig_memo *memo = sig_memo_new();
        const struct judge_input input = {.observation = &b->observation,
                                          .profiles = profiles,
                                          .stores = stores,
                                          .profile_count = count,
                                          .public_store = true,
                                          .is_public_root = cert_is_public_root,
                                          .at = REASONS_AT,
                                          .memo = memo};
        struct verdict verdict;
        struct findings findings;
        const double start = cpu_ms();
        judge(&input, &arena, &verdict);
        const double judged = cpu_ms() - start;
        explain(&input, &verdict, &arena, &findings);
        const double all = cpu_ms() - start;
        BUF_CLEANUP limits = {0};
        for (size_t i = 0; i < verdict.limit_count; i++)
            buf_printf(&limits, "%s%s", i ? " " : "", verdict.limits_hit[i]);
        *hit = arena_printf(&b->arena, "%zu paths, %s (explained in %.1f ms more)",
                            verdict.path_count, buf_cstr(&limits), all - judged);
        best = all < best ? all : best;
        sig_memo_free(memo);
        arena_free(&arena);
    }
    return best;
}

static void bomb_free(struct bomb *b)
{
    observation_free(&b->observation);
    store_unref(b->store);
    for (size_t i = 0; i < 256; i++)
        private_key_free(b->keys[i]);
    arena_free(&b->arena);
}

static const struct {
    const char *name;
    void (*build)(struct bomb *);
    enum key_spec keys;
    const char *limit;
} bombs[] = {
    {"14 CAs, each signed by all others", clique_14, KEY_SPEC_P256, "LIMIT_PATH_STEPS"},
    {"30 CAs, each signed by all others", clique_30, KEY_SPEC_P256, "LIMIT_"},
    {"14 of them, in the store too", clique_trusted, KEY_SPEC_P256, ""},
    {"200 CAs of one name in a ring", one_name, KEY_SPEC_P256, "LIMIT_SIGNATURES"},
    {"the same with P-384 keys", one_name, KEY_SPEC_P384, "LIMIT_SIGNATURES"},
    {"999 look-alikes of the issuer", look_alikes, KEY_SPEC_P256, "LIMIT_CANDIDATES"},
    {"the same with P-384 keys", look_alikes, KEY_SPEC_P384, "LIMIT_"},
    {"4096 anchors of one name", full_store, KEY_SPEC_P256, "LIMIT_CANDIDATES"},
    {"two CAs that issued each other, 100 times", circles, KEY_SPEC_P256, ""},
    {"2048 names, 2049 constraints", constraints_2048, KEY_SPEC_P256, "LIMIT_NC_COMPARISONS"},
    {"300 names, 72 CAs of 301 constraints", constraints_many, KEY_SPEC_P256, "LIMIT_NC_TOTAL"},
    {"28 CAs of 250 policies and mappings, twice each", policies, KEY_SPEC_P256, "LIMIT_PATHS"},
};

size_t bombs_run(size_t *passed, const char *only)
{
    size_t failed = 0;
    for (size_t i = 0; i < sizeof bombs / sizeof bombs[0]; i++) {
        struct bomb b = {.key_spec = bombs[i].keys};
        const char *hit = "";
        if (only != NULL && strstr(bombs[i].name, only) == NULL)
            continue;
        bomb_observe(&b);
        bombs[i].build(&b);
        const double ms = bomb_judge(&b, &hit);
        const bool fine = ms <= BOMB_MS && strstr(hit, bombs[i].limit) != NULL;
        printf("%s %s: %.1f ms, %s\n", fine ? "figure:" : "  FAILED", bombs[i].name, ms, hit);
        failed += !fine;
        *passed += fine;
        bomb_free(&b);
    }
    return failed;
}
