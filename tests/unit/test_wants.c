/* SPDX-License-Identifier: Apache-2.0 */
/* judge/wants.c: what judging would have liked to see, and nothing twice. */
#include "made_world.h"

#define OCSP "http://ocsp.made.test/"
#define CA_URL "http://ca.made.test/ca.cer"

static const struct want *want_at(const struct world *w, size_t i)
{
    assert_true(i < w->verdict.want_count);
    return &w->verdict.wants[i];
}

/** Nobody sent the issuer: its address is wanted, once; of a root nothing is. */
static void test_issuer(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, (struct mint_spec){0},
               (struct mint_spec){.ca_issuers_url = CA_URL, .ocsp_url = OCSP});
    w.observation.sent_count = 1;
    world_client(&w, "curl");
    world_judge(&w);
    assert_int_equal(w.verdict.want_count, 1);
    assert_int_equal(want_at(&w, 0)->kind, WANT_ISSUER);
    assert_string_equal(want_at(&w, 0)->url, CA_URL);
    assert_string_equal(want_at(&w, 0)->for_certificate, "www.made.test");
    /* it was tried in vain: a path that ends nowhere wants nothing else */
    world_issuer(&w, CA_URL, bytes_of(NULL, 0))->result = FETCH_TIMEOUT;
    world_judge(&w);
    assert_int_equal(w.verdict.want_count, 0);
    world_free(&w);
}

/** What was fetched is part of the path; then its revocation is wanted, by a request that names the
 *  certificate. */
static void test_fetched_issuer(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, (struct mint_spec){0},
               (struct mint_spec){.ca_issuers_url = CA_URL, .ocsp_url = OCSP});
    w.observation.sent_count = 1;
    world_client(&w, "curl");
    world_client(&w, "chromium");
    world_issuer(&w, CA_URL, w.ca.cert->der);
    world_judge(&w);
    assert_int_equal(w.verdict.clients[0].accepts, 0);
    assert_int_equal(w.verdict.clients[1].accepts, 1);
    assert_int_equal(w.verdict.want_count, 1);
    assert_int_equal(want_at(&w, 0)->kind, WANT_OCSP);
    assert_string_equal(want_at(&w, 0)->url, OCSP);
    assert_true(bytes_equal(want_at(&w, 0)->request, world_request(&w, false)));
    world_free(&w);
}

/** An issuer that only the pool has: its address is still worth a look, for clients that fetch. */
static void test_pool_issuer(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, (struct mint_spec){0}, (struct mint_spec){.ca_issuers_url = CA_URL});
    w.observation.sent_count = 1;
    w.input.pool = store_new_pool("pool");
    store_add_cert(w.input.pool, w.ca.cert, (struct origin){.kind = ORIGIN_STORE, .where = "p"});
    world_judge(&w);
    assert_int_equal(w.verdict.want_count, 1);
    assert_int_equal(want_at(&w, 0)->kind, WANT_ISSUER);
    store_unref(w.input.pool);
    world_free(&w);
}

/** A good staple decides the leaf; a bad one does not. */
static void test_staple(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, (struct mint_spec){0}, (struct mint_spec){.ocsp_url = OCSP});
    world_client(&w, "curl");
    world_judge(&w);
    assert_int_equal(w.verdict.want_count, 1);
    world_ocsp(&w, DOCUMENT_STAPLED, "(stapled)", world_answer(&w, OCSP_GOOD));
    world_judge(&w);
    assert_int_equal(w.verdict.want_count, 0);
    world_free(&w);
    world_init(&w, (struct mint_spec){0}, (struct mint_spec){.ocsp_url = OCSP});
    world_client(&w, "curl");
    world_ocsp(&w, DOCUMENT_STAPLED, "(stapled)", bytes_str("no response at all"));
    world_judge(&w);
    assert_int_equal(w.verdict.want_count, 1);
    world_free(&w);
}

static void test_nothing(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, (struct mint_spec){0}, (struct mint_spec){0});
    world_client(&w, "curl");
    world_judge(&w);
    assert_int_equal(w.verdict.want_count, 0);
    assert_int_equal(w.verdict.standing_count, 0);
    world_free(&w);
}

/** A CRL when there is no responder, or none that answered usefully; the delta after it. */
static void test_crl(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, (struct mint_spec){.crl_url = "http://root.made.test/root.crl"},
               (struct mint_spec){.ocsp_url = OCSP,
                                  .crl_url = "http://ca.made.test/ca.crl",
                                  .freshest_url = "http://ca.made.test/delta.crl"});
    world_client(&w, "curl");
    world_judge(&w);
    assert_int_equal(w.verdict.want_count, 2);
    assert_int_equal(want_at(&w, 0)->kind, WANT_OCSP);
    assert_int_equal(want_at(&w, 1)->kind, WANT_CRL);
    assert_string_equal(want_at(&w, 1)->for_certificate, "Made CA");
    world_crl(&w, DOCUMENT_FETCHED, "http://root.made.test/root.crl",
              world_list(&w, &w.root, NULL));
    world_ocsp(&w, DOCUMENT_FETCHED, OCSP, world_answer(&w, OCSP_UNKNOWN));
    world_judge(&w);
    assert_int_equal(w.verdict.want_count, 1);
    assert_string_equal(want_at(&w, 0)->url, "http://ca.made.test/ca.crl");
    world_crl(&w, DOCUMENT_FETCHED, "http://ca.made.test/ca.crl", world_list(&w, &w.ca, NULL));
    world_judge(&w);
    assert_int_equal(w.verdict.want_count, 1);
    assert_string_equal(want_at(&w, 0)->url, "http://ca.made.test/delta.crl");
    world_crl(&w, DOCUMENT_FETCHED, "http://ca.made.test/delta.crl", bytes_str("?"))->result =
        FETCH_STATUS;
    world_judge(&w);
    assert_int_equal(w.verdict.want_count, 0);
    world_free(&w);
}

/** The same address of several kinds, or twice, is wanted once each. */
static void test_once(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, (struct mint_spec){.crl_url = "http://made.test/all.crl"},
               (struct mint_spec){.crl_url = "http://made.test/all.crl"});
    world_client(&w, "curl");
    world_judge(&w);
    assert_int_equal(w.verdict.want_count, 1);
    world_crl(&w, DOCUMENT_FETCHED, "http://made.test/all.crl", world_list(&w, &w.ca, NULL));
    world_judge(&w);
    assert_int_equal(w.verdict.want_count, 0);
    assert_int_equal(standing_answer(verdict_standing(&w.verdict, 0))->status, ANSWER_GOOD);
    world_free(&w);
}

/** CA/Browser Forum Baseline Requirements section 1.6.1. */
static void test_short_lived(void **state)
{
    (void)state;
    static const struct {
        cw_time from;
        cw_time seconds;
        bool is_ca, expected;
    } cases[] = {
        {1795262400, 7 * TIME_DAY - 1, false, true},  {1795262400, 7 * TIME_DAY, false, false},
        {1773532799, 10 * TIME_DAY - 1, false, true}, {1773532799, 10 * TIME_DAY, false, false},
        {1773532800, 7 * TIME_DAY, false, false},     {1710460799, 7 * TIME_DAY - 1, false, false},
        {1795262400, 7 * TIME_DAY - 1, true, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct cert cert = {.not_before = cases[i].from,
                                  .not_after = cases[i].from + cases[i].seconds,
                                  .is_ca = cases[i].is_ca};
        assert_int_equal(cert_is_short_lived(&cert), cases[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_issuer),      cmocka_unit_test(test_fetched_issuer),
        cmocka_unit_test(test_pool_issuer), cmocka_unit_test(test_staple),
        cmocka_unit_test(test_crl),         cmocka_unit_test(test_once),
        cmocka_unit_test(test_nothing),     cmocka_unit_test(test_short_lived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
