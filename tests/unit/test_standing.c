/* SPDX-License-Identifier: Apache-2.0 */
/* judge/standing.c, check_revocation.c and the profiles: what documents say of each certificate,
 * and what each client makes of it. Verdicts are those that were measured with the real clients. */
#include "judge/profile.h"
#include "made_world.h"

#define OCSP "http://ocsp.made.test/"

static const struct client_verdict *client(const struct world *w, const char *name)
{
    for (size_t i = 0; i < w->verdict.client_count; i++)
        if (w->verdict.clients[i].profile == profile_find(name))
            return &w->verdict.clients[i];
    fail_msg("%s was not asked", name);
    return NULL;
}

static void all_clients(struct world *w)
{
    static const char *const names[] = {
        "curl",    "python", "go",       "java",    "rustls",  "node",  "gnutls-cli", "git",
        "git2.55", "wget",   "chromium", "firefox", "windows", "apple", "android",    "dotnet"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        world_client(w, names[i]);
}

/** Exactly these clients reject. */
static void assert_rejected_by(const struct world *w, const char *list)
{
    for (size_t i = 0; i < w->verdict.client_count; i++) {
        const struct client_verdict *v = &w->verdict.clients[i];
        const char *alias = profile_aliases(v->profile)[0];
        const bool named = strstr(list, alias) != NULL;
        if (v->accepts != !named)
            fail_msg("%s: accepts %d, %s", profile_name(v->profile), v->accepts, v->message);
    }
}

static void assert_fact(const struct world *w, enum fact_id id, const struct cert *about)
{
    for (size_t i = 0; i < w->verdict.fact_count; i++) {
        const struct fact *fact = &w->verdict.facts[i];
        if (fact->id == id && fact->on_best && w->verdict.graph.nodes[fact->node].cert == about)
            return;
    }
    fail_msg("no fact %s", fact_name(id));
}

static void assert_no_fact(const struct world *w, enum fact_id id)
{
    const struct fact *fact = verdict_fact(&w->verdict, id, -2);
    if (fact != NULL)
        fail_msg("fact %s: %s", fact_name(id), fact->text);
}

static void assert_nothing_about_revocation(const struct world *w)
{
    for (enum fact_id id = FACT_REVOKED; id <= FACT_NO_SOURCE; id++)
        assert_no_fact(w, id);
}

static void init(struct world *w, struct mint_spec leaf)
{
    world_init(w, (struct mint_spec){0}, leaf);
    all_clients(w);
}

/** A private CA that has neither CRL nor OCSP, and nobody looked: not a word. */
static void test_quiet(void **state)
{
    (void)state;
    struct world w;
    init(&w, (struct mint_spec){0});
    world_judge(&w);
    assert_rejected_by(&w, "");
    assert_nothing_about_revocation(&w);
    assert_int_equal(w.verdict.standing_count, 0);
    world_free(&w);
}

static void test_staple_good(void **state)
{
    (void)state;
    struct world w;
    init(&w, (struct mint_spec){.ocsp_url = OCSP});
    world_ocsp(&w, DOCUMENT_STAPLED, "(stapled)", world_answer(&w, OCSP_GOOD));
    world_judge(&w);
    assert_rejected_by(&w, "");
    assert_nothing_about_revocation(&w);
    const struct standing *standing = verdict_standing(&w.verdict, 0);
    assert_non_null(standing);
    assert_int_equal(standing_answer(standing)->status, ANSWER_GOOD);
    assert_int_equal(standing_answer(standing)->next_update, MADE_AT + 6 * TIME_DAY);
    world_free(&w);
}

/** Scenario H02. */
static void test_staple_revoked(void **state)
{
    (void)state;
    struct world w;
    init(&w, (struct mint_spec){0});
    world_ocsp(&w, DOCUMENT_STAPLED, "(stapled)", world_answer(&w, OCSP_REVOKED));
    world_judge(&w);
    assert_rejected_by(&w, "gnutls-cli git git2.55 wget chromium firefox windows apple android");
    assert_fact(&w, FACT_REVOKED, w.leaf.cert);
    const struct fact *fact = verdict_fact(&w.verdict, FACT_REVOKED, 0);
    assert_int_equal(fact->value, MADE_AT - 2 * TIME_DAY);
    assert_int_equal(fact->limit, REASON_KEY_COMPROMISE);
    assert_no_fact(&w, FACT_STAPLE_BAD);
    assert_true(client(&w, "curl")->blind);
    assert_string_equal(
        client(&w, "gnutls-cli")->message,
        "The certificate is NOT trusted. The certificate chain is revoked.  | *** PKI verification "
        "of server certificate failed... | *** Fatal error: Error in the certificate.");
    assert_string_equal(client(&w, "git")->message,
                        "fatal: unable to access 'https://www.made.test/': server certificate "
                        "verification failed. CAfile: none CRLfile: none");
    assert_string_equal(client(&w, "git2.55")->message,
                        "fatal: unable to access 'https://www.made.test/': SSL certificate "
                        "verification failed: certificate error, no details available. (CAfile: "
                        "none CRLfile: none)");
    assert_string_equal(client(&w, "wget")->message,
                        "ERROR: The certificate of 'www.made.test' is not trusted. | ERROR: The "
                        "certificate of 'www.made.test' has been revoked.");
    assert_string_equal(client(&w, "chromium")->message,
                        "ERR_CERT_REVOKED | Your connection is not private");
    assert_string_equal(client(&w, "firefox")->message,
                        "SEC_ERROR_REVOKED_CERTIFICATE: Peer\u2019s Certificate has been revoked.");
    world_free(&w);
}

static struct bytes answer_at(struct world *w, cw_time from, cw_time until)
{
    const struct made_single single = {
        .cert = w->leaf.cert, .status = OCSP_GOOD, .this_update = from, .next_update = until};
    return made_ocsp(&w->arena,
                     &(struct made_ocsp){.issuer = &w->ca, .singles = &single, .count = 1});
}

/** Scenario H03; and below it, a responder that Firefox can ask makes up for it. */
static void test_staple_stale(void **state)
{
    (void)state;
    struct world w;
    init(&w, (struct mint_spec){.ocsp_url = OCSP});
    world_ocsp(&w, DOCUMENT_STAPLED, "(stapled)",
               answer_at(&w, MADE_AT - 9 * TIME_DAY, MADE_AT - 2 * TIME_DAY));
    world_judge(&w);
    assert_rejected_by(&w, "gnutls-cli git git2.55 wget firefox android");
    assert_fact(&w, FACT_STAPLE_BAD, w.leaf.cert);
    assert_int_equal(verdict_fact(&w.verdict, FACT_STAPLE_BAD, 0)->limit, MADE_AT - 2 * TIME_DAY);
    assert_string_equal(client(&w, "gnutls-cli")->gist,
                        "The revocation or OCSP data are old and have been superseded.");
    assert_string_equal(client(&w, "wget")->message,
                        "ERROR: The certificate of 'www.made.test' is not trusted.");
    assert_string_equal(
        client(&w, "firefox")->message,
        "SEC_ERROR_OCSP_OLD_RESPONSE: The OCSP response contains out-of-date information.");
    world_ocsp(&w, DOCUMENT_FETCHED, OCSP, world_answer(&w, OCSP_GOOD));
    world_judge(&w);
    assert_rejected_by(&w, "gnutls-cli git git2.55 wget android");
    world_free(&w);
}

/** Scenario H06; Firefox believes no responder after that. */
static void test_staple_forged(void **state)
{
    (void)state;
    struct world w;
    init(&w, (struct mint_spec){.ocsp_url = OCSP});
    const struct made_single single = {.cert = w.leaf.cert, .status = OCSP_GOOD};
    const struct bytes forged = made_ocsp(
        &w.arena,
        &(struct made_ocsp){.issuer = &w.ca, .singles = &single, .count = 1, .flip = true});
    world_ocsp(&w, DOCUMENT_STAPLED, "(stapled)", forged);
    world_ocsp(&w, DOCUMENT_FETCHED, OCSP, world_answer(&w, OCSP_GOOD));
    world_judge(&w);
    assert_rejected_by(&w, "gnutls-cli git git2.55 wget firefox android");
    assert_string_equal(client(&w, "gnutls-cli")->gist,
                        "The received OCSP status response is invalid.");
    assert_non_null(strstr(client(&w, "git2.55")->message, "attached OCSP status response"));
    assert_string_equal(client(&w, "firefox")->code, "SEC_ERROR_OCSP_BAD_SIGNATURE");
    world_free(&w);
}

/** Somebody else's staple, and one that the CA's responder could not fill. */
static void test_staple_of_another(void **state)
{
    (void)state;
    struct world w;
    init(&w, (struct mint_spec){0});
    const struct made_single single = {.cert = w.ca.cert, .status = OCSP_GOOD};
    world_ocsp(&w, DOCUMENT_STAPLED, "(stapled)",
               made_ocsp(&w.arena,
                         &(struct made_ocsp){.issuer = &w.root, .singles = &single, .count = 1}));
    world_judge(&w);
    assert_fact(&w, FACT_STAPLE_BAD, w.leaf.cert);
    assert_rejected_by(&w, "gnutls-cli git git2.55 wget firefox android");
    world_free(&w);
    init(&w, (struct mint_spec){0});
    world_ocsp(&w, DOCUMENT_STAPLED, "(stapled)", world_answer(&w, OCSP_UNKNOWN));
    world_judge(&w);
    assert_fact(&w, FACT_STAPLE_BAD, w.leaf.cert);
    assert_rejected_by(&w, "firefox android");
    assert_string_equal(client(&w, "firefox")->code, "SEC_ERROR_OCSP_UNKNOWN_CERT");
    world_free(&w);
}

/** Scenario H04: the responder says it; who asks hears it. */
static void test_fetched_revoked(void **state)
{
    (void)state;
    struct world w;
    init(&w, (struct mint_spec){.ocsp_url = OCSP});
    world_ocsp(&w, DOCUMENT_FETCHED, OCSP, world_answer(&w, OCSP_REVOKED));
    world_judge(&w);
    assert_rejected_by(&w, "firefox windows");
    assert_fact(&w, FACT_REVOKED, w.leaf.cert);
    assert_string_equal(verdict_fact(&w.verdict, FACT_REVOKED, 0)->text, OCSP);
    assert_true(client(&w, "chromium")->blind);
    /* an older good staple keeps clients from asking, and us not from knowing */
    world_ocsp(&w, DOCUMENT_STAPLED, "(stapled)", world_answer(&w, OCSP_GOOD));
    world_judge(&w);
    assert_rejected_by(&w, "");
    assert_fact(&w, FACT_REVOKED, w.leaf.cert);
    assert_true(client(&w, "firefox")->blind);
    world_free(&w);
}

/** Scenario H05: a CRL lists the leaf. */
static void test_crl_revoked(void **state)
{
    (void)state;
    struct world w;
    init(&w, (struct mint_spec){0});
    world_crl(&w, DOCUMENT_GIVEN, "made.crl", world_list(&w, &w.ca, w.leaf.cert));
    world_judge(&w);
    assert_rejected_by(&w, "windows");
    assert_fact(&w, FACT_REVOKED, w.leaf.cert);
    assert_no_fact(&w, FACT_CA_REVOKED);
    assert_string_equal(client(&w, "windows")->message,
                        "CRYPT_E_REVOKED (0x80092010) - The certificate is revoked.");
    world_free(&w);
}

/** A responder signs after the run began; five minutes ahead are believed, more are not. */
static void test_ahead_of_us(void **state)
{
    static const struct {
        cw_time ahead;
        bool known;
    } cases[] = {{1, true}, {299, true}, {301, false}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const cw_time from = MADE_AT + cases[i].ahead;
        struct world w;
        init(&w, (struct mint_spec){.ocsp_url = OCSP});
        world_ocsp(&w, DOCUMENT_FETCHED, OCSP, answer_at(&w, from, from + TIME_DAY));
        world_judge(&w);
        if (cases[i].known)
            assert_nothing_about_revocation(&w);
        else
            assert_fact(&w, FACT_REVOCATION_UNKNOWN, w.leaf.cert);
        world_free(&w);
        init(&w, (struct mint_spec){0});
        world_crl(&w, DOCUMENT_GIVEN, "made.crl",
                  made_crl(&w.arena, &(struct made_crl){.ca = &w.ca,
                                                        .this_update = from,
                                                        .next_update = from + TIME_DAY}));
        world_judge(&w);
        if (cases[i].known)
            assert_nothing_about_revocation(&w);
        else
            assert_fact(&w, FACT_REVOCATION_UNKNOWN, w.leaf.cert);
        world_free(&w);
    }
}

/** A list about others says nothing; one that is old says that it is. */
static void test_crl_of_others(void **state)
{
    (void)state;
    struct world w;
    init(&w, (struct mint_spec){0});
    world_crl(&w, DOCUMENT_GIVEN, "root.crl", world_list(&w, &w.leaf, NULL));
    world_judge(&w);
    assert_nothing_about_revocation(&w);
    world_crl(&w, DOCUMENT_GIVEN, "old.crl",
              made_crl(&w.arena, &(struct made_crl){.ca = &w.ca,
                                                    .this_update = MADE_AT - 9 * TIME_DAY,
                                                    .next_update = MADE_AT - 2 * TIME_DAY}));
    world_judge(&w);
    assert_rejected_by(&w, "");
    assert_fact(&w, FACT_REVOCATION_STALE, w.leaf.cert);
    assert_int_equal(verdict_fact(&w.verdict, FACT_REVOCATION_STALE, 0)->value, 2 * TIME_DAY);
    world_free(&w);
}

/** The CA below the root is revoked: another fact than a revoked leaf. */
static void test_ca_revoked(void **state)
{
    (void)state;
    struct world w;
    init(&w, (struct mint_spec){0});
    world_crl(&w, DOCUMENT_GIVEN, "root.crl", world_list(&w, &w.root, w.ca.cert));
    world_judge(&w);
    assert_rejected_by(&w, "windows");
    assert_fact(&w, FACT_CA_REVOKED, w.ca.cert);
    assert_no_fact(&w, FACT_REVOKED);
    world_free(&w);
}

/** The responder does not know the certificate. Firefox takes that for an answer. */
static void test_unknown(void **state)
{
    (void)state;
    struct world w;
    init(&w, (struct mint_spec){.ocsp_url = OCSP});
    world_ocsp(&w, DOCUMENT_FETCHED, OCSP, world_answer(&w, OCSP_UNKNOWN));
    world_judge(&w);
    assert_rejected_by(&w, "firefox");
    assert_fact(&w, FACT_REVOCATION_UNKNOWN, w.leaf.cert);
    assert_string_equal(client(&w, "firefox")->code, "SEC_ERROR_OCSP_UNKNOWN_CERT");
    world_free(&w);
}

static void assert_unreachable(struct world *w, const char *text)
{
    world_judge(w);
    assert_rejected_by(w, "");
    assert_fact(w, FACT_REVOCATION_UNREACHABLE, w->leaf.cert);
    const struct fact *fact = verdict_fact(&w->verdict, FACT_REVOCATION_UNREACHABLE, 0);
    if (strstr(fact->text, text) == NULL)
        fail_msg("%s lacks %s", fact->text, text);
}

/** Each way of not answering by its name; what nobody tried is no fact. */
static void test_unreachable(void **state)
{
    (void)state;
    static const struct {
        enum fetch_result result;
        int status;
        const char *body, *text;
    } cases[] = {
        {FETCH_TIMEOUT, 0, "", OCSP ": "},
        {FETCH_STATUS, 404, "", "error (HTTP 404)"},
        {FETCH_OK, 200, "<!DOCTYPE html><html>", "what came is an HTML page, not an OCSP response"},
        {FETCH_OK, 200, "nonsense", "what came is something else, not an OCSP response"},
        {FETCH_OK, 200, "", "what came is nothing, not an OCSP response"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world w;
        init(&w, (struct mint_spec){.ocsp_url = OCSP});
        struct document *d = world_ocsp(&w, DOCUMENT_FETCHED, OCSP, bytes_str(cases[i].body));
        d->result = cases[i].result;
        d->status = cases[i].status;
        if (d->result != FETCH_OK)
            d->why = "";
        assert_unreachable(&w, cases[i].text);
        assert_fact(&w, FACT_STAPLE_MISSING, w.leaf.cert);
        d->result = FETCH_OFFLINE;
        world_judge(&w);
        assert_nothing_about_revocation(&w);
        world_free(&w);
    }
}

/** Scenario E22, and what a file can know of it. */
static void test_must_staple(void **state)
{
    (void)state;
    struct world w;
    init(&w, (struct mint_spec){.must_staple = true});
    world_judge(&w);
    assert_rejected_by(&w, "gnutls-cli git git2.55 wget firefox");
    assert_fact(&w, FACT_MUST_STAPLE, w.leaf.cert);
    assert_string_equal(client(&w, "gnutls-cli")->gist,
                        "The certificate requires the server to include an OCSP status in its "
                        "response, but the OCSP status is missing.");
    assert_string_equal(client(&w, "firefox")->code,
                        "MOZILLA_PKIX_ERROR_REQUIRED_TLS_FEATURE_MISSING");
    assert_int_equal(verdict_fact(&w.verdict, FACT_MUST_STAPLE, 0)->value, 0);
    /* a handshake that did not come to its end tells nothing */
    w.connection.handshake.result = HS_TIMEOUT;
    world_judge(&w);
    assert_no_fact(&w, FACT_MUST_STAPLE);
    w.connection.handshake.result = HS_DONE;
    world_ocsp(&w, DOCUMENT_STAPLED, "(stapled)", world_answer(&w, OCSP_GOOD));
    world_judge(&w);
    assert_rejected_by(&w, "");
    world_free(&w);
}

/** What was given beside a file is what a server would staple. */
static void test_file(void **state)
{
    (void)state;
    struct world w;
    init(&w, (struct mint_spec){.must_staple = true});
    w.observation.target.kind = TARGET_FILE;
    w.observation.connection_count = 0;
    world_judge(&w);
    assert_rejected_by(&w, "gnutls-cli git git2.55 wget firefox");
    assert_int_equal(verdict_fact(&w.verdict, FACT_MUST_STAPLE, 0)->value, 1);
    world_ocsp(&w, DOCUMENT_GIVEN, "staple.der", world_answer(&w, OCSP_GOOD));
    world_judge(&w);
    assert_rejected_by(&w, "");
    world_free(&w);
}

/* ---- below a public root ---- */

/** Makes the CA one that a root of the programmes issued, as far as anybody here can tell. */
static struct cert *put_below_public_root(struct world *w)
{
    static const char path[] = "/etc/ssl/certs/ca-certificates.crt";
    if (!file_exists(NULL, path))
        return NULL;
    store_unref(w->store);
    w->store = store_new("public");
    for (size_t i = 0; i < WORLD_CLIENTS; i++)
        w->stores[i] = w->store;
    struct store *bundle = store_new("bundle");
    assert_int_equal(store_add_path(bundle, NULL, path, NULL), CW_OK);
    const struct anchor *anchor = NULL;
    for (size_t i = 0; anchor == NULL && i < store_count(bundle); i++) {
        const struct anchor *next = store_at(bundle, i);
        if (root_fact_find(next->cert->sha256) != NULL && next->cert->key.kind == KEY_EC &&
            next->cert->not_after > MADE_AT)
            anchor = next;
    }
    assert_non_null(anchor);
    store_add_cert(w->store, anchor->cert, (struct origin){.kind = ORIGIN_STORE, .where = path});
    struct cert *ca = cert_edited(
        w->ca.cert, &(struct cert_edit){CERT_EDIT_NOTHING, .issuer = anchor->cert->subject,
                                        .authority_key_id = anchor->cert->ski,
                                        .signature_algorithm = OID_SHA384_ECDSA});
    w->sent[1].cert = ca;
    store_unref(bundle);
    return ca;
}

/** Lists that browsers have for public CAs are not modelled, and nobody is said to accept. */
static void test_own_lists(void **state)
{
    (void)state;
    struct world w;
    init(&w, (struct mint_spec){.ocsp_url = OCSP});
    struct cert *ca = put_below_public_root(&w);
    if (ca != NULL) {
        /* browsers ask more of public certificates than this one has: one that asks no more */
        struct behaviour listing = *profile_find("openssl3.0")->behaviour;
        listing.filter = "CRLSet";
        struct profile profile = *profile_find("openssl3.0");
        profile.behaviour = &listing;
        w.profiles[1] = &profile;
        world_ocsp(&w, DOCUMENT_FETCHED, OCSP, world_answer(&w, OCSP_REVOKED));
        world_judge(&w);
        assert_fact(&w, FACT_REVOKED, w.leaf.cert);
        assert_int_equal(w.verdict.clients[1].accepts, -1);
        assert_string_equal(w.verdict.clients[1].unmodelled, "CRLSet");
        assert_string_equal(profile_find("firefox")->behaviour->filter, "CRLite");
        assert_string_equal(profile_find("chromium")->behaviour->filter, "CRLSet");
        assert_int_equal(client(&w, "curl")->accepts, 1);
        assert_true(client(&w, "curl")->blind);
        assert_fact(&w, FACT_NO_SOURCE, ca); /* RFC 5280 has no such rule; public CAs have */
    }
    cert_unref(ca);
    world_free(&w);
}

static void test_no_source(void **state)
{
    (void)state;
    struct world w;
    init(&w, (struct mint_spec){0});
    struct cert *ca = put_below_public_root(&w);
    if (ca != NULL) {
        world_judge(&w);
        assert_int_equal(client(&w, "curl")->accepts, 1);
        assert_fact(&w, FACT_NO_SOURCE, w.leaf.cert);
    }
    cert_unref(ca);
    world_free(&w);
}

/* ---- hard failing ---- */

/** No profile fails hard by itself; whoever configures one so gets this. */
static void test_hard(void **state)
{
    (void)state;
    struct world w;
    init(&w, (struct mint_spec){.ocsp_url = OCSP});
    struct behaviour hard = *profile_find("openssl3.0")->behaviour;
    hard.asks_ocsp = LOOKUP_HARD;
    struct profile profile = *profile_find("openssl3.0");
    profile.behaviour = &hard;
    w.profiles[0] = &profile;
    world_ocsp(&w, DOCUMENT_FETCHED, OCSP, bytes_of(NULL, 0))->result = FETCH_TIMEOUT;
    world_document(&w, (struct document){.kind = WANT_OCSP,
                                         .from = DOCUMENT_GIVEN,
                                         .where = "later.der",
                                         .body = world_answer(&w, OCSP_UNKNOWN)});
    world_judge(&w);
    assert_int_equal(w.verdict.clients[0].accepts, 0);
    assert_true(client_has_reason(&w.verdict.clients[0], FACT_REVOCATION_UNKNOWN, 0));
    world_ocsp(&w, DOCUMENT_GIVEN, "good.der", world_answer(&w, OCSP_GOOD));
    world_judge(&w);
    assert_int_equal(w.verdict.clients[0].accepts, 1);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quiet),           cmocka_unit_test(test_staple_good),
        cmocka_unit_test(test_staple_revoked),  cmocka_unit_test(test_staple_stale),
        cmocka_unit_test(test_staple_forged),   cmocka_unit_test(test_staple_of_another),
        cmocka_unit_test(test_fetched_revoked), cmocka_unit_test(test_crl_revoked),
        cmocka_unit_test(test_ahead_of_us),     cmocka_unit_test(test_crl_of_others),
        cmocka_unit_test(test_ca_revoked),      cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_unreachable),     cmocka_unit_test(test_own_lists),
        cmocka_unit_test(test_no_source),       cmocka_unit_test(test_hard),
        cmocka_unit_test(test_must_staple),     cmocka_unit_test(test_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
