/* SPDX-License-Identifier: Apache-2.0 */
/* base/error.c and base/log.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"

static void test_set(void **state)
{
    (void)state;
    struct error err = {0};
    assert_int_equal(error_set(&err, CW_E_IO, "cannot read %s", "x.pem"), CW_E_IO);
    assert_int_equal(err.code, CW_E_IO);
    assert_string_equal(err.text, "cannot read x.pem");
    assert_non_null(strstr(err.file, "test_error.c"));
    assert_true(err.line > 0);
    assert_int_equal(error_set(NULL, CW_E_USAGE, "nobody listens"), CW_E_USAGE);
}

static void test_hostile(void **state)
{
    (void)state;
    struct error err = {0};
    error_set(&err, CW_E_INPUT, "cannot read %s", "a\x1b[2J\nb\\c");
    assert_string_equal(err.text, "cannot read a\\x1b[2J\\x0ab\\c");
}

/* Cut at a character, with dots, NUL-terminated. */
static void test_long(void **state)
{
    (void)state;
    for (size_t shift = 0; shift < 3; shift++) {
        char text[2000] = "";
        memset(text, 'a', shift);
        for (size_t i = shift; i + 3 < sizeof text; i += 3)
            memcpy(text + i, "\xe2\x82\xac", 4);
        struct error err = {0};
        error_set(&err, CW_E_INPUT, "%s", text);
        assert_true(strlen(err.text) < sizeof err.text);
        assert_true(strlen(err.text) > sizeof err.text - 8);
        assert_true(str_is_utf8(bytes_str(err.text)));
        assert_true(str_ends(err.text, "..."));
    }
    char exact[512];
    memset(exact, 'x', sizeof exact);
    exact[511] = 0;
    struct error err = {0};
    error_set(&err, CW_E_INPUT, "%s", exact);
    assert_string_equal(err.text, exact);
}

static enum cw_code step(enum cw_code code, int *reached)
{
    TRY(code);
    ++*reached;
    return CW_OK;
}

static void test_try(void **state)
{
    (void)state;
    int reached = 0;
    assert_int_equal(step(CW_E_LIMIT, &reached), CW_E_LIMIT);
    assert_int_equal(reached, 0);
    assert_int_equal(step(CW_OK, &reached), CW_OK);
    assert_int_equal(reached, 1);
}

static void collect(void *context, int level, const char *line)
{
    buf_printf(context, "%d:%s;", level, line);
}

static void test_log(void **state)
{
    (void)state;
    BUF_CLEANUP seen = {0};
    log_line(1, "nowhere");
    assert_int_equal(log_level(), 0);
    log_to(collect, &seen, 1);
    log_line(1, "dialling %s", "a\nb\x1b");
    log_line(2, "not at this level");
    log_to(collect, &seen, 2);
    log_line(2, "now");
    log_to(NULL, NULL, 2);
    log_line(1, "nowhere again");
    assert_string_equal(buf_cstr(&seen), "1:dialling a\\x0ab\\x1b;2:now;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set), cmocka_unit_test(test_hostile), cmocka_unit_test(test_long),
        cmocka_unit_test(test_try), cmocka_unit_test(test_log),
    };
    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
