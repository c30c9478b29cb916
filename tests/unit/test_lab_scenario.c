/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the lab's scenarios holds together, and patterns select from it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "explain/explain.h"
#include "lab/scenario.h"

static void names_are_unique_words(void **state)
{
    size_t count;
    const struct scenario *table = scenario_table(&count);
    (void)state;
    assert_true(count >= 40);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(strspn(table[i].name, "abcdefghijklmnopqrstuvwxyz0123456789-"),
                         strlen(table[i].name));
        assert_true(strlen(table[i].name) <= 34);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(table[i].name, table[k].name);
    }
}

static void planted_and_expected_rules_exist(void **state)
{
    size_t count;
    const struct scenario *table = scenario_table(&count);
    (void)state;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < SCENARIO_RULES; k++) {
            if (table[i].plants[k] && !rule_find(table[i].plants[k]))
                fail_msg("%s plants %s", table[i].name, table[i].plants[k]);
            if (table[i].consequences[k] && !rule_find(table[i].consequences[k]))
                fail_msg("%s expects %s", table[i].name, table[i].consequences[k]);
        }
}

static void each_place_is_sent(void **state)
{
    size_t count;
    const struct scenario *table = scenario_table(&count);
    (void)state;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; table[i].where && table[i].where[k]; k++) {
            assert_true(k < SCENARIO_RULES && table[i].plants[k]);
            if (table[i].where[k] != '-' && !strchr(table[i].sends, table[i].where[k]))
                fail_msg("%s: %c is not sent", table[i].name, table[i].where[k]);
        }
}

static size_t selected(const char *a, const char *b, const struct scenario ***out,
                       struct arena *arena)
{
    const char *patterns[] = {a, b};
    size_t count = 0;
    struct error err;
    const enum cw_code code = scenario_select(patterns,
                                              b   ? 2
                                              : a ? 1
                                                  : 0,
                                              arena, out, &count, &err);
    return code == CW_OK ? count : SIZE_MAX;
}

static void a_name_selects_itself_alone(void **state)
{
    struct arena arena = {0};
    const struct scenario **out;
    (void)state;
    assert_int_equal(selected("missing-intermediate", NULL, &out, &arena), 1);
    assert_string_equal(out[0]->name, "missing-intermediate");
    assert_int_equal(selected("missing-intermediate", "healthy-ecdsa", &out, &arena), 2);
    assert_string_equal(out[0]->name, "healthy-ecdsa"); /* the table's order */
    arena_free(&arena);
}

static void globs_and_beginnings_select_several(void **state)
{
    struct arena arena = {0};
    const struct scenario **out;
    size_t all;
    (void)state;
    scenario_table(&all);
    assert_int_equal(selected(NULL, NULL, &out, &arena), all);
    assert_int_equal(selected("*", NULL, &out, &arena), all);
    const size_t n = selected("expired-", NULL, &out, &arena);
    assert_true(n >= 3 && n < all);
    for (size_t i = 0; i < n; i++)
        assert_true(str_starts(out[i]->name, "expired-"));
    assert_int_equal(selected("expired-*", "expired-", &out, &arena), n);
    arena_free(&arena);
}

static void what_selects_nothing_is_refused(void **state)
{
    struct arena arena = {0};
    const char *patterns[] = {"healthy-ecdsa", "wrong-ordre"};
    const struct scenario **out;
    size_t count;
    struct error err;
    (void)state;
    assert_int_equal(scenario_select(patterns, 2, &arena, &out, &count, &err), CW_E_USAGE);
    assert_non_null(strstr(err.text, "did you mean \"wrong-order\""));
    patterns[1] = "zzz\033[31m";
    assert_int_equal(scenario_select(patterns, 2, &arena, &out, &count, &err), CW_E_USAGE);
    assert_null(strchr(err.text, '\033'));
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_unique_words),
        cmocka_unit_test(planted_and_expected_rules_exist),
        cmocka_unit_test(each_place_is_sent),
        cmocka_unit_test(a_name_selects_itself_alone),
        cmocka_unit_test(globs_and_beginnings_select_several),
        cmocka_unit_test(what_selects_nothing_is_refused),
    };
    return cmocka_run_group_tests_name("lab scenarios", tests, NULL, NULL);
}
