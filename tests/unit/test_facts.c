/* SPDX-License-Identifier: Apache-2.0 */
/* trust/facts.c and data/roots: the table that is compiled in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "trust/trust.h"

static const struct root_fact *find(const char *hex)
{
    struct arena arena = {0};
    const struct bytes digest = str_unhex(&arena, hex);
    assert_int_equal(digest.n, 32);
    const struct root_fact *fact = root_fact_find(digest.p);
    arena_free(&arena);
    return fact;
}

#define ISRG_X1 "96bcec06264976f37460779acf28c5a7cfe8a3c0aae11a8ffcee05c0bddf08c6"
#define EPKI "c0a6f4dc63a24bfdcf54ef2a6a082a0a72de35803e2ff5ff527ae5d87206dfd5"

static void test_known(void **state)
{
    (void)state;
    struct arena arena = {0};
    const struct root_fact *fact = find(ISRG_X1);
    assert_non_null(fact);
    assert_string_equal(root_fact_name(fact), "ISRG Root X1");
    assert_int_equal(root_fact_programmes(fact), PROGRAMME_COUNT);
    assert_string_equal(root_fact_list(&arena, fact),
                        "Mozilla, Chrome, Apple, Microsoft, Java, Android");
    assert_string_equal(time_date(&arena, root_fact_not_after(fact)), "2035-06-04");
    assert_int_equal(root_fact_until(fact, PROGRAMME_MOZILLA), TIME_NONE);
    arena_free(&arena);
}

static void test_until(void **state)
{
    (void)state;
    struct arena arena = {0};
    const struct root_fact *fact = find(EPKI);
    assert_non_null(fact);
    /* Mozilla: 2025-04-15 23:59:59, the whole day is inside. */
    assert_string_equal(time_rfc3339(&arena, root_fact_until(fact, PROGRAMME_MOZILLA)),
                        "2025-04-15T23:59:59Z");
    assert_string_equal(time_rfc3339(&arena, root_fact_until(fact, PROGRAMME_CHROME)),
                        "2025-07-31T23:59:59Z");
    arena_free(&arena);
}

static void test_unknown(void **state)
{
    (void)state;
    const uint8_t zero[32] = {0}, ones[32] = {[0] = 0xff, [31] = 0xff};
    assert_null(root_fact_find(zero));
    assert_null(root_fact_find(ones));
    const struct root_fact *out[4];
    assert_int_equal(root_facts_named(bytes_str("no name"), out, 4), 0);
}

/* Every row is found by its fingerprint, and the table is sorted. */
static void test_all(void **state)
{
    (void)state;
    size_t count = 0, members[PROGRAMME_COUNT] = {0};
    const struct root_fact *before = NULL;
    for (const struct root_fact *fact; (fact = root_fact_at(count)) != NULL; count++) {
        assert_ptr_equal(root_fact_find(root_fact_sha256(fact)), fact);
        assert_true(!before || memcmp(root_fact_sha256(before), root_fact_sha256(fact), 32) < 0);
        assert_true(str_is_safe(bytes_str(root_fact_name(fact))) ||
                    strchr(root_fact_name(fact), '\\'));
        assert_true(root_fact_not_before(fact) < root_fact_not_after(fact));
        for (enum programme p = 0; p < PROGRAMME_COUNT; p++)
            members[p] += root_fact_in(fact, p);
        before = fact;
    }
    assert_true(count > 400);
    for (enum programme p = 0; p < PROGRAMME_COUNT; p++)
        assert_in_range(members[p], 100, 400);
}

/* The system's bundle is Mozilla's list of some year: most of it must be known, by fingerprint and
 * by subject. */
static void test_bundle(void **state)
{
    (void)state;
    static const char path[] = "/etc/ssl/certs/ca-certificates.crt";
    if (!file_exists(NULL, path))
        skip();
    struct store *store = store_new("bundle");
    assert_int_equal(store_add_path(store, NULL, path, NULL), CW_OK);
    size_t by_digest = 0, by_name = 0;
    for (size_t i = 0; i < store_count(store); i++) {
        const struct cert *cert = store_at(store, i)->cert;
        const struct root_fact *fact = root_fact_find(cert->sha256), *named[8];
        const size_t n = root_facts_named(cert->subject, named, 8);
        bool same = false;
        for (size_t k = 0; k < n; k++)
            same = same || named[k] == fact;
        assert_true(!fact || same);
        by_digest += fact != NULL;
        by_name += n > 0;
    }
    assert_true(by_digest * 10 >= store_count(store) * 8);
    assert_true(by_name >= by_digest);
    store_unref(store);
}

static void test_dates(void **state)
{
    (void)state;
    for (enum programme p = 0; p < PROGRAMME_COUNT; p++) {
        enum programme found = PROGRAMME_COUNT;
        assert_true(programme_date(p) >= root_facts_date());
        assert_true(programme_find(programme_title(p), &found));
        assert_int_equal(found, p);
        assert_true(*programme_source(p));
    }
    enum programme none;
    assert_false(programme_find("nobody", &none));
    assert_false(root_facts_are_old(root_facts_date() + 300 * TIME_DAY));
    assert_true(root_facts_are_old(root_facts_date() + 366 * TIME_DAY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known), cmocka_unit_test(test_until),  cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_all),   cmocka_unit_test(test_bundle), cmocka_unit_test(test_dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
