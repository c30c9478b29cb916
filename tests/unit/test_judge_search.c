/* SPDX-License-Identifier: Apache-2.0 */
/* One client of each way to search for a path, over the same certificates. The verdicts are those
 * of the real clients (data/profiles/), so that a search that is mended for one row is seen to
 * break another. */
#include "judge/profile.h"
#include "made_world.h"

/** greedy.c, list.c, search.c, java.c, ordered.c, topdown.c, iterate.c */
static const char *const searchers[] = {"openssl@3.0", "gnutls-cli@3.7", "go@1.27",     "java@17",
                                        "mbedtls@3.6", "wolfssl@5.9",    "chromium@156"};
enum { SEARCHERS = sizeof searchers / sizeof *searchers };

/** Who is who in the rows below: the letter, its name (and key), its issuer's letter. */
static const struct actor {
    char letter;
    const char *name;
    char issuer;
    enum { GOOD, EXPIRED, LEAF } how;
} actors[] = {
    {'R', "Root R", 0, GOOD},          {'S', "Root S", 0, GOOD},
    {'M', "Middle", 'R', GOOD},        {'N', "Middle", 'S', GOOD}, /* one CA, under two roots */
    {'X', "Middle", 'R', EXPIRED},     {'U', "Upper", 'R', GOOD},
    {'V', "Lower", 'U', GOOD},         {'L', "www.made.test", 'M', LEAF},
    {'K', "www.made.test", 'V', LEAF}, {'D', "www.made.test", 'R', LEAF},
    {'A', "Stranger", 'S', GOOD},
};
enum { ACTORS = sizeof actors / sizeof *actors };

static const struct row {
    const char *what, *sent, *trusted, *accepts; /**< y or n, in the order of the searchers */
} rows[] = {
    {"leaf and intermediate", "LM", "R", "yyyyyyy"},
    {"no intermediate", "L", "R", "nnnnnnn"},
    {"the root is sent as well", "LMR", "R", "yyyyyyy"},
    {"the root is sent and not trusted", "LMR", "S", "nnnnnnn"},
    {"straight below the root", "D", "R", "yyyyyyy"},
    {"two intermediates", "KVU", "R", "yyyyyyy"},
    {"two intermediates in the wrong order", "KUV", "R", "yyyynny"},
    {"a stranger's certificate between them", "LAM", "R", "yyyyyyy"},
    {"one intermediate from two roots, the untrusted one first", "LNM", "R", "nnyynyy"},
    {"the same, the trusted one first", "LMN", "R", "yyyyyyy"},
    {"an expired copy of the intermediate first", "LXM", "R", "ynyyyny"},
    {"an expired copy of the intermediate last", "LMX", "R", "yyyyyny"},
    {"only the intermediate is trusted", "LM", "M", "nyyyyyy"},
    {"only the leaf is trusted, its issuer sent", "LM", "L", "nnyynyn"},
    {"only the leaf is trusted, and sent alone", "L", "L", "nyyynyn"},
    {"the store's copy of the intermediate has expired", "LM", "RX", "nyyynyy"},
    {"two roots, one of them trusted by none of the chain", "LM", "SR", "yyyyyyy"},
};

struct cast {
    struct world world;
    struct made_ca made[ACTORS];
};

static struct made_ca *actor(struct cast *c, char letter)
{
    for (size_t i = 0; i < ACTORS; i++)
        if (actors[i].letter == letter)
            return &c->made[i];
    fail_msg("nobody is called %c", letter);
    return NULL;
}

static struct made_ca actor_make(struct cast *c, const struct actor *a)
{
    const struct mint_spec ca = {.ca = true, .key_usage = KU_KEY_CERT_SIGN | KU_CRL_SIGN};
    const struct mint_spec leaf = {.key_usage = KU_DIGITAL_SIGNATURE,
                                   .eku = EKU_SERVER_AUTH,
                                   .names = world_names,
                                   .name_count = 1};
    const struct made_ca *issuer = a->issuer != 0 ? actor(c, a->issuer) : NULL;
    struct arena *arena = &c->world.arena;
    struct made_ca out = made_under(arena, a->name, issuer, a->how == LEAF ? leaf : ca);
    if (a->how != EXPIRED)
        return out;
    struct mint_spec spec = ca;
    spec.subject = out.name;
    spec.key = out.key;
    spec.issuer = (struct mint_issuer){issuer->name, issuer->key};
    spec.not_before = MADE_AT - 90 * TIME_DAY;
    spec.not_after = MADE_AT - TIME_DAY;
    cert_unref(out.cert);
    out.cert = cert_parse(mint_certificate(arena, bytes_str("expired"), &spec));
    return out;
}

static void row_judge(struct cast *c, const struct row *row)
{
    struct world *w = &c->world;
    struct seen sent[8] = {0};
    for (size_t i = 0; row->sent[i] != '\0'; i++)
        sent[i] = (struct seen){.cert = actor(c, row->sent[i])->cert,
                                .origin = {.kind = ORIGIN_SENT, .position = (int)i}};
    w->observation.sent = sent;
    w->observation.sent_count = strlen(row->sent);
    struct store *store = store_new("made");
    for (const char *t = row->trusted; *t != '\0'; t++)
        store_add_cert(store, actor(c, *t)->cert,
                       (struct origin){.kind = ORIGIN_STORE, .where = "made"});
    w->input.profile_count = 0;
    for (size_t i = 0; i < SEARCHERS; i++) {
        world_client(w, searchers[i]);
        w->stores[i] = store;
    }
    memset(&w->verdict, 0, sizeof w->verdict);
    judge(&w->input, &w->arena, &w->verdict);
    for (size_t i = 0; i < SEARCHERS; i++)
        if ((w->verdict.clients[i].accepts == 1) != (row->accepts[i] == 'y'))
            fail_msg("%s (sent %s, trusted %s): %s %s: %s", row->what, row->sent, row->trusted,
                     searchers[i], row->accepts[i] == 'y' ? "must accept" : "must reject",
                     w->verdict.clients[i].message);
    store_unref(store);
}

static void each_search_finds_its_own_paths(void **state)
{
    static struct cast c;
    (void)state;
    world_init(&c.world, (struct mint_spec){0}, (struct mint_spec){0});
    for (size_t i = 0; i < ACTORS; i++)
        c.made[i] = actor_make(&c, &actors[i]);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        row_judge(&c, &rows[i]);
    for (size_t i = 0; i < ACTORS; i++)
        made_free(&c.made[i]);
    world_free(&c.world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_search_finds_its_own_paths)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
