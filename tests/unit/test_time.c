/* SPDX-License-Identifier: Apache-2.0 */
/* base/time.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"

static void test_make(void **state)
{
    (void)state;
    assert_true(time_make(1970, 1, 1, 0, 0, 0) == 0);
    assert_true(time_make(1969, 12, 31, 23, 59, 59) == -1);
    assert_true(time_make(2000, 2, 29, 12, 0, 0) == 951825600);
    assert_true(time_make(2038, 1, 19, 3, 14, 8) == INT64_C(2147483648));
    assert_true(time_make(9999, 12, 31, 23, 59, 59) == INT64_C(253402300799));
    assert_true(time_make(0, 1, 1, 0, 0, 0) == INT64_C(-62167219200));
}

/* Every day from year 0 to 9999 follows the one before and splits into what made it. */
static void test_every_day(void **state)
{
    (void)state;
    cw_time expected = time_make(0, 1, 1, 0, 0, 0);
    int days = 0;
    for (int y = 0; y <= 9999; y++)
        for (int m = 1; m <= 12; m++)
            for (int d = 1; time_is_valid_date(y, m, d, 0, 0, 0); d++, days++) {
                assert_true(time_make(y, m, d, 0, 0, 0) == expected);
                const struct time_parts p = time_split(expected + 45296);
                assert_true(y == p.year && m == p.month && d == p.day);
                assert_true(p.hour == 12 && p.minute == 34 && p.second == 56);
                expected += TIME_DAY;
            }
    assert_int_equal(days, 146097 * 25);
}

static void test_valid(void **state)
{
    (void)state;
    assert_true(time_is_valid_date(2024, 2, 29, 23, 59, 59));
    assert_false(time_is_valid_date(2023, 2, 29, 0, 0, 0));
    assert_false(time_is_valid_date(1900, 2, 29, 0, 0, 0));
    assert_true(time_is_valid_date(2000, 2, 29, 0, 0, 0));
    assert_false(time_is_valid_date(2024, 4, 31, 0, 0, 0));
    assert_false(time_is_valid_date(2024, 0, 1, 0, 0, 0));
    assert_false(time_is_valid_date(2024, 13, 1, 0, 0, 0));
    assert_false(time_is_valid_date(2024, 1, 0, 0, 0, 0));
    assert_false(time_is_valid_date(2024, 1, 1, 24, 0, 0));
    assert_false(time_is_valid_date(2024, 1, 1, 0, 60, 0));
    assert_false(time_is_valid_date(2024, 1, 1, 0, 0, 60));
    assert_false(time_is_valid_date(-1, 1, 1, 0, 0, 0));
    assert_false(time_is_valid_date(10000, 1, 1, 0, 0, 0));
}

static void test_text(void **state)
{
    (void)state;
    struct arena arena = {0};
    assert_string_equal(time_rfc3339(&arena, 951825600), "2000-02-29T12:00:00Z");
    assert_string_equal(time_date(&arena, -1), "1969-12-31");
    assert_string_equal(time_date(&arena, time_make(33, 4, 3, 0, 0, 0)), "0033-04-03");
    assert_string_equal(time_rfc3339(&arena, TIME_NONE), "unknown");
    assert_string_equal(time_date(&arena, TIME_NONE), "unknown");
    assert_string_equal(time_date(&arena, INT64_MAX), "9999-12-31");
    arena_free(&arena);
}

static void test_parse(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        cw_time time;
    } good[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2000-02-29T12:00:00Z", 951825600},
        {"2000-02-29T12:00:00.999Z", 951825600},
        {"2000-02-29t14:00:00+02:00", 951825600},
        {"2000-02-29 06:30:00-05:30", 951825600},
        {"2000-02-29", 951782400},
        {"@0", 0},
        {"@-1", -1},
        {"@253402300799", INT64_C(253402300799)},
    };
    static const char *const bad[] = {
        "",
        "2000",
        "2000-02",
        "2000-02-30",
        "2000-2-9",
        "20000-01-01",
        "2000-02-29T",
        "now",
        "2000-02-29T12:00:00",
        "2000-02-29T12:00Z",
        "2000-02-29T24:00:00Z",
        "2000-02-29T12:00:60Z",
        "2000-02-29T12:00:00+24:00",
        "2000-02-29T12:00:00+02:60",
        "2000-02-29T12:00:00+0200",
        "2000-02-29T12:00:00.Z",
        "2000-02-29T12:00:00Zx",
        "2000-02-29x",
        " 2000-02-29",
        "@",
        "@x",
        "@253402300800",
        "@99999999999999999999",
        "-001-01-01",
        "2000-02-29T12:00:00+02:00x",
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        cw_time t = TIME_NONE;
        assert_true(time_parse(good[i].text, &t));
        assert_true(t == good[i].time);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cw_time t;
        assert_false(time_parse(bad[i], &t));
    }
}

static void test_words(void **state)
{
    (void)state;
    static const struct {
        cw_time seconds;
        const char *words;
    } cases[] = {
        {0, "0 seconds"},
        {1, "1 second"},
        {59, "59 seconds"},
        {60, "1 minute"},
        {119, "119 seconds"},
        {120, "2 minutes"},
        {3600, "1 hour"},
        {5400, "90 minutes"},
        {3 * 3600 + 59, "3 hours"},
        {TIME_DAY, "1 day"},
        {36 * 3600, "36 hours"},
        {12 * TIME_DAY + 100, "12 days"},
        {400 * TIME_DAY, "400 days"},
        {731 * TIME_DAY, "2 years"},
        {-3 * 3600, "3 hours"},
    };
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(time_words(&arena, cases[i].seconds), cases[i].words);
    assert_non_null(strstr(time_words(&arena, INT64_MIN), " years"));
    arena_free(&arena);
}

static void test_clocks(void **state)
{
    (void)state;
    assert_true(time_now() > time_make(2024, 1, 1, 0, 0, 0));
    const int64_t first = time_monotonic_us();
    assert_true(time_monotonic_us() >= first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_make),   cmocka_unit_test(test_every_day),
        cmocka_unit_test(test_valid),  cmocka_unit_test(test_text),
        cmocka_unit_test(test_parse),  cmocka_unit_test(test_words),
        cmocka_unit_test(test_clocks),
    };
    return cmocka_run_group_tests_name("time", tests, NULL, NULL);
}
