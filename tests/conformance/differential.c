/* SPDX-License-Identifier: Apache-2.0 */
/* differential [--seed N] [--count N] [--only N] [--corpora DIR|none]: libcrypto's X509_verify_cert
 * and our OpenSSL profile, under the same settings, over all chains of the corpora and over seeded
 * mutations of valid chains. The verdicts never differ without an exception that names the cause.
 */
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "openssl.h"

enum { MUTATIONS = 20000, SHOWN = 40 };

/* ---- one chain on both sides ---- */

struct chain {
    struct ders sent, anchors;
};

void ders_add(struct arena *arena, struct ders *list, struct bytes der)
{
    list->items = arena_grow(arena, list->items, list->count, &list->cap, sizeof *list->items);
    list->items[list->count++] = arena_bytes(arena, der);
}

struct ours {
    bool accepts;
    char why[200];
};

static struct ours our_verdict(const struct openssl_settings *s, const struct chain *chain)
{
    struct profile adapted = profile_openssl_verify;
    const struct profile *const profiles[] = {&adapted};
    struct trial t = {0};
    struct behaviour b;
    struct ours out = {0};
    openssl_behave(s, &t.arena, &b);
    adapted.behaviour = &b;
    for (size_t i = 0; i < chain->sent.count; i++)
        trial_send_der(&t, chain->sent.items[i]);
    for (size_t i = 0; i < chain->anchors.count; i++)
        trial_trust_der(&t, chain->anchors.items[i]);
    trial_name(&t, s->host);
    trial_judge(&t, profiles, 1, s->at);
    const struct client_verdict *v = &t.verdict.clients[0];
    out.accepts = v->accepts == 1;
    for (size_t i = 0; i < v->reason_count && i < 4; i++) {
        const size_t n = strlen(out.why);
        if (!v->reasons[i].later)
            snprintf(out.why + n, sizeof out.why - n, " %s@%d(%s)", fact_name(v->reasons[i].fact),
                     v->reasons[i].depth, v->reasons[i].text);
    }
    trial_free(&t);
    return out;
}

/* ---- what the two differ in by design ---- */

/** X.690 sections 8.7.3 and 8.21: strings in pieces; a SEQUENCE or SET without its pieces; section
 *  8.1.2.4: a tag in several octets. */
static bool is_odd_form(uint8_t tag)
{
    const uint8_t number = tag & 0x1f;
    const bool of_elements = number == 0x10 || number == 0x11, pieces = (tag & 0x20) != 0;
    if (number == 0x1f)
        return true;
    return (tag & 0xc0) == 0 && of_elements != pieces && (of_elements || number != 0x08);
}

/** An indefinite length or an odd form somewhere inside. */
static bool has_ber(struct bytes der, int depth)
{
    size_t at = 0;
    while (depth < LIMIT_DER_DEPTH && at + 2 <= der.n) {
        struct reader r = reader_of(bytes_slice(der, at, der.n), 0);
        struct der element;
        if (der.p[at + 1] == 0x80 || is_odd_form(der.p[at]))
            return true;
        if (!reader_next(&r, &element))
            return false;
        const bool inside = (element.tag & 0x20) != 0 || element.tag == DER_OCTET_STRING;
        if (inside && has_ber(element.body, depth + 1))
            return true;
        at += element.whole.n;
    }
    return false;
}

static bool chain_has_ber(const struct chain *chain)
{
    bool found = false;
    for (size_t i = 0; i < chain->sent.count; i++)
        found |= has_ber(chain->sent.items[i], 0);
    for (size_t i = 0; i < chain->anchors.count; i++)
        found |= has_ber(chain->anchors.items[i], 0);
    return found;
}

static bool compare(struct score *score, const char *id, const struct openssl_settings *s,
                    const struct chain *chain, const char *what)
{
    char why[200], detail[600];
    const bool theirs = openssl_accepts(s, &chain->sent, &chain->anchors, why);
    const struct ours ours = our_verdict(s, chain);
    const size_t failed = score->failed;
    snprintf(detail, sizeof detail, "openssl: %s; ours:%s; %s", why, ours.why, what);
    if (theirs != ours.accepts && chain_has_ber(chain))
        /* one exception for all: OpenSSL decodes BER, asn1/ DER alone */
        score_case(score, "ber", "the same", "differs", detail);
    else
        score_case(score, id, theirs ? "accepts" : "rejects", ours.accepts ? "accepts" : "rejects",
                   detail);
    return score->failed == failed;
}

/* ---- the corpora ---- */

/** Without what TRUSTED CERTIFICATE has behind it. */
static struct bytes certificate_alone(struct bytes der)
{
    struct reader r = reader_of(der, 0);
    struct der whole;
    return reader_expect(&r, DER_SEQUENCE, &whole) ? whole.whole : der;
}

static void pem_add(struct arena *arena, struct ders *list, const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    char *name, *header;
    unsigned char *data;
    long n;
    while (PEM_read_bio(bio, &name, &header, &data, &n) == 1) {
        if (strstr(name, "CERTIFICATE") != NULL)
            ders_add(arena, list, certificate_alone(bytes_of(data, (size_t)n)));
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(data);
    }
    BIO_free(bio);
}

static const char *text_of(json_t *line, const char *key)
{
    const char *s = json_string_value(json_object_get(line, key));
    return s != NULL ? s : "";
}

static char *file_text(const char *folder, const char *name)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t n = 0;
    if (file == NULL)
        return NULL;
    FILE *copy = open_memstream(&text, &n);
    for (int c = getc(file); c != EOF; c = getc(file))
        putc(c, copy);
    fclose(copy);
    fclose(file);
    return text;
}

static void chain_read(struct arena *arena, const char *folder, json_t *line, struct chain *out)
{
    size_t i;
    json_t *pem;
    pem_add(arena, &out->sent, text_of(line, "leaf"));
    json_array_foreach(json_object_get(line, "intermediates"), i, pem)
        pem_add(arena, &out->sent, json_string_value(pem));
    json_array_foreach(json_object_get(line, "roots"), i, pem)
        pem_add(arena, &out->anchors, json_string_value(pem));
    pem_add(arena, &out->sent, text_of(line, "sent"));
    pem_add(arena, &out->anchors, text_of(line, "trusted"));
    char *roots = *text_of(line, "roots_file") != '\0'
                      ? file_text(folder, text_of(line, "roots_file"))
                      : NULL;
    pem_add(arena, &out->anchors, roots != NULL ? roots : "");
    free(roots);
}

/** The settings under which each chain of a corpus is judged. */
static const struct {
    const char *name;
    struct openssl_settings settings;
} variants[] = {
    {"curl", {.purpose = EKU_SERVER_AUTH, .auth_level = 2, .partial_chain = true}},
    {"server", {.purpose = EKU_SERVER_AUTH, .auth_level = 1}},
    {"client", {.purpose = EKU_CLIENT_AUTH, .check_ss = true}},
    {"strict", {.strict = true}},
    {"strict-partial",
     {.purpose = EKU_SERVER_AUTH, .auth_level = 2, .strict = true, .partial_chain = true}},
    {"policy", {.policy_check = true}},
    {"explicit", {.policy_check = true, .explicit_policy = true, .policies = {"2.5.29.32.0"}}},
    {"explicit-1",
     {.policy_check = true,
      .explicit_policy = true,
      .policies = {"2.16.840.1.101.3.2.1.48.1", "2.16.840.1.101.3.2.1.48.3"}}},
    {"inhibited",
     {.policy_check = true,
      .explicit_policy = true,
      .inhibit_any = true,
      .inhibit_map = true,
      .policies = {"2.16.840.1.101.3.2.1.48.1", "2.5.29.32.0"}}},
    {"proxies", {.allow_proxy = true, .partial_chain = true}},
    {"short", {.purpose = EKU_SERVER_AUTH, .auth_level = 3}},
};

static void corpus_line(struct score *score, const char *folder, const char *corpus, json_t *line)
{
    struct arena arena = {0};
    struct chain chain = {0};
    json_t *time = json_object_get(line, "time");
    const char *host = json_string_value(json_object_get(line, "host"));
    if (host == NULL)
        host = json_string_value(json_object_get(line, "name"));
    chain_read(&arena, folder, line, &chain);
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        struct openssl_settings s = variants[i].settings;
        char id[300];
        snprintf(id, sizeof id, "%s/%s/%s", corpus, text_of(line, "id"), variants[i].name);
        s.at = json_is_integer(time) ? json_integer_value(time) : 1795262400;
        s.depth = strcmp(variants[i].name, "short") == 0 ? 1 : OPENSSL_DEPTH;
        s.host = s.purpose == EKU_SERVER_AUTH ? host : NULL;
        compare(score, id, &s, &chain, "");
    }
    arena_free(&arena);
}

static bool corpus_run(struct score *score, const char *shared, const char *folder,
                       const char *name)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", shared, folder);
    char *base = strdup(path);
    snprintf(path, sizeof path, "%s/%s/%s.jsonl", shared, folder, name);
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;
    while (file != NULL && getline(&line, &size, file) > 0) {
        json_t *json = json_loads(line, 0, NULL);
        if (json != NULL)
            corpus_line(score, base, name, json);
        json_decref(json);
    }
    free(line);
    free(base);
    if (file != NULL)
        fclose(file);
    return file != NULL;
}

/* ---- mutations ---- */

static void settings_draw(struct chance *c, struct openssl_settings *s)
{
    static const unsigned purposes[] = {EKU_SERVER_AUTH, EKU_SERVER_AUTH, EKU_CLIENT_AUTH, 0};
    s->purpose = chance_below(c, 2) ? s->purpose : purposes[chance_below(c, 4)];
    s->auth_level = (int)chance_below(c, 4);
    s->depth = chance_below(c, 8) == 0 ? (int)chance_below(c, 4) : OPENSSL_DEPTH;
    s->partial_chain = chance_below(c, 3) == 0;
    s->strict = chance_below(c, 3) == 0;
    s->check_ss = chance_below(c, 4) == 0;
    s->allow_proxy |= chance_below(c, 8) == 0;
    s->policy_check |= chance_below(c, 6) == 0;
    s->inhibit_any = s->policy_check && chance_below(c, 4) == 0;
    s->inhibit_map = s->policy_check && chance_below(c, 4) == 0;
}

/** The chain as its family has it, to be changed. */
static void chain_of(const struct family *family, struct arena *arena, struct chain *out)
{
    for (size_t i = 0; i < family->count; i++) {
        if (family->sent >> i & 1)
            ders_add(arena, &out->sent, family->certs[i].der);
        if (family->anchors >> i & 1)
            ders_add(arena, &out->anchors, family->certs[i].der);
    }
}

static void swap(struct ders *list, size_t a, size_t b)
{
    const struct bytes keep = list->items[a];
    list->items[a] = list->items[b];
    list->items[b] = keep;
}

static void ders_drop(struct ders *list, size_t at)
{
    memmove(list->items + at, list->items + at + 1, (list->count - at - 1) * sizeof *list->items);
    list->count--;
}

enum chain_change {
    SHUFFLE,
    DUPLICATE,
    DROP,
    STRANGER,
    SEND_ROOT,
    TRUST_SENT,
    DROP_ANCHOR,
    SWAP_ANCHORS,
    TRUST_STRANGER,
    LEAF_LAST,
    OTHER_TIME,
    EDGE_OF_TIME,
    CHAIN_CHANGES
};
static const char *const chain_changes[] = {
    "shuffled",         "duplicated",       "dropped",        "stranger sent",
    "root sent",        "sent one trusted", "anchor dropped", "anchors swapped",
    "stranger trusted", "leaf last",        "other time",     "edge of time",
};

/** Judges at another time: near the ends of some certificate's validity. */
static void time_change(struct chance *c, const struct chain *chain, bool edge,
                        struct openssl_settings *s)
{
    const struct ders *from =
        chance_below(c, 2) && chain->anchors.count > 0 ? &chain->anchors : &chain->sent;
    struct cert *cert = cert_parse(from->items[chance_below(c, from->count)]);
    const cw_time end = chance_below(c, 2) ? cert->not_before : cert->not_after;
    if (end != TIME_NONE)
        s->at = edge ? end + (cw_time)chance_below(c, 3) - 1
                     : end + ((cw_time)chance_below(c, 2000) - 1000) * TIME_DAY;
    cert_unref(cert);
}

static void chain_change(struct chance *c, const struct families *families, struct arena *arena,
                         struct chain *chain, struct openssl_settings *s, enum chain_change change)
{
    const struct family *other = &families->items[chance_below(c, families->count)];
    const struct bytes stranger = other->certs[chance_below(c, other->count)].der;
    const size_t sent = chain->sent.count, anchors = chain->anchors.count;
    switch (change) {
    case SHUFFLE:
        for (size_t i = 1; i < sent; i++)
            swap(&chain->sent, i, 1 + chance_below(c, sent - 1));
        break;
    case DUPLICATE:
        ders_add(arena, &chain->sent, chain->sent.items[chance_below(c, sent)]);
        break;
    case DROP:
        if (sent > 1)
            ders_drop(&chain->sent, 1 + chance_below(c, sent - 1));
        break;
    case STRANGER:
        ders_add(arena, &chain->sent, stranger);
        swap(&chain->sent, chance_below(c, sent) + 1, sent);
        break;
    case SEND_ROOT:
        if (anchors > 0)
            ders_add(arena, &chain->sent, chain->anchors.items[chance_below(c, anchors)]);
        break;
    case TRUST_SENT:
        ders_add(arena, &chain->anchors, chain->sent.items[chance_below(c, sent)]);
        break;
    case DROP_ANCHOR:
        if (anchors > 0)
            ders_drop(&chain->anchors, chance_below(c, anchors));
        break;
    case SWAP_ANCHORS:
        if (anchors > 1)
            swap(&chain->anchors, chance_below(c, anchors), chance_below(c, anchors));
        break;
    case TRUST_STRANGER:
        ders_add(arena, &chain->anchors, stranger);
        swap(&chain->anchors, chance_below(c, anchors + 1), anchors);
        break;
    case LEAF_LAST:
        swap(&chain->sent, 0, sent - 1);
        break;
    case OTHER_TIME:
    case EDGE_OF_TIME:
        time_change(c, chain, change == EDGE_OF_TIME, s);
        break;
    case CHAIN_CHANGES:
        break;
    }
}

static void replace(struct ders *list, struct bytes old, struct bytes new)
{
    for (size_t i = 0; i < list->count; i++)
        if (bytes_equal(list->items[i], old))
            list->items[i] = new;
}

struct mutation {
    struct arena arena;
    struct chain chain;
    struct openssl_settings settings;
    const char *family;
    char what[400];
};

static void mutation_draw(const struct families *families, uint64_t seed, struct mutation *m)
{
    struct chance c = {.state = seed};
    const struct family *family = &families->items[chance_below(&c, families->count)];
    const size_t changes = 1 + chance_below(&c, 3);
    m->family = family->name;
    m->settings = family->settings;
    chain_of(family, &m->arena, &m->chain);
    if (chance_below(&c, 2))
        settings_draw(&c, &m->settings);
    for (size_t i = 0; i < changes; i++) {
        const size_t n = strlen(m->what);
        if (chance_below(&c, 5) == 0) {
            const enum chain_change change = (enum chain_change)chance_below(&c, CHAIN_CHANGES);
            snprintf(m->what + n, sizeof m->what - n, " %s;", chain_changes[change]);
            chain_change(&c, families, &m->arena, &m->chain, &m->settings, change);
            continue;
        }
        const size_t cert = chance_below(&c, family->count);
        const struct bytes old = family->certs[cert].der;
        const struct bytes new = mutate_certificate(&m->arena, &c, families, family, cert, old,
                                                    m->what + n, sizeof m->what - n);
        replace(&m->chain.sent, old, new);
        replace(&m->chain.anchors, old, new);
    }
}

/** With --only: the chain in PEM and the settings, to look at. */
static void mutation_show(const struct mutation *m)
{
    const struct ders *const lists[] = {&m->chain.sent, &m->chain.anchors};
    const struct openssl_settings *s = &m->settings;
    printf("purpose %u level %d depth %d partial %d strict %d ss %d proxy %d policy %d explicit %d "
           "any %d map %d at %lld\n",
           s->purpose, s->auth_level, s->depth, s->partial_chain, s->strict, s->check_ss,
           s->allow_proxy, s->policy_check, s->explicit_policy, s->inhibit_any, s->inhibit_map,
           (long long)s->at);
    for (size_t l = 0; l < 2; l++) {
        printf("%s\n", l == 0 ? "sent" : "anchors");
        for (size_t i = 0; i < lists[l]->count; i++) {
            struct buf pem = {0};
            pem_write(&pem, "CERTIFICATE", lists[l]->items[i]);
            printf("%.*s", (int)pem.n, (const char *)pem.p);
            buf_free(&pem);
        }
    }
}

struct options {
    uint64_t seed;
    size_t count;
    long only;
    const char *corpora;
};

/** As minted, every family is a chain that both accept. */
static void families_check(struct score *score, const struct families *families)
{
    for (size_t i = 0; i < families->count; i++) {
        const struct family *family = &families->items[i];
        struct arena arena = {0};
        struct chain chain = {0};
        char why[200];
        chain_of(family, &arena, &chain);
        compare(score, family->name, &family->settings, &chain, "as minted");
        score_case(score, family->name, "accepts",
                   openssl_accepts(&family->settings, &chain.sent, &chain.anchors, why) ? "accepts"
                                                                                        : "rejects",
                   why);
        arena_free(&arena);
    }
}

static void mutations_run(struct score *score, const struct options *options)
{
    static struct families families;
    families_make(&families);
    families_check(score, &families);
    for (size_t i = 0; i < options->count; i++) {
        struct mutation m = {0};
        char id[40];
        if (options->only >= 0 && i != (size_t)options->only)
            continue;
        snprintf(id, sizeof id, "%zu", i);
        mutation_draw(&families, options->seed * UINT64_C(0x9e3779b97f4a7c15) + i, &m);
        const size_t n = strlen(m.what);
        snprintf(m.what + n, sizeof m.what - n, " [%s]", m.family);
        compare(score, id, &m.settings, &m.chain, m.what);
        if (options->only >= 0)
            mutation_show(&m);
        arena_free(&m.arena);
    }
    families_free(&families);
}

/* ---- */

static struct options options_read(int argc, char **argv)
{
    struct options out = {.seed = 1, .count = MUTATIONS, .only = -1, .corpora = "../shared"};
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--seed") == 0)
            out.seed = strtoull(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--count") == 0)
            out.count = strtoull(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--only") == 0)
            out.only = strtol(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--corpora") == 0)
            out.corpora = argv[i + 1];
    }
    return out;
}

/** Fewer mutations than usual may not meet every exception. */
static void exceptions_forgive(struct score *score)
{
    for (size_t i = 0; i < score->exceptions.count; i++)
        score->exceptions.items[i].used = true;
}

int main(int argc, char **argv)
{
    static const char *const corpora[] = {
        "limbo",          "pkits",         "bettertls_pathbuilding", "boringssl_verify",
        "openssl_verify", "badssl_pregen",
    };
    const struct options options = options_read(argc, argv);
    struct score score = {.suite = "differential", .exceptions = exceptions_read("differential")};
    size_t skipped = 0;
    if (strcmp(options.corpora, "none") != 0) {
        bool there = corpus_run(&score, options.corpora, "client-verdicts", "scenarios");
        for (size_t i = 0; i < sizeof corpora / sizeof *corpora; i++)
            there |= corpus_run(&score, options.corpora, "conformance", corpora[i]);
        if (!there && ++skipped)
            printf("skipped differential: no corpora at %s\n", options.corpora);
    }
    mutations_run(&score, &options);
    if (options.count < MUTATIONS || options.only >= 0)
        exceptions_forgive(&score);
    score_finish(&score);
    printf("%zu passed, %zu failed, %zu skipped\n", score.passed + score.excepted, score.failed,
           skipped);
    return score.failed != 0;
}
