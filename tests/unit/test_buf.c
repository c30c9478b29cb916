/* SPDX-License-Identifier: Apache-2.0 */
/* base/buf.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"

static void test_append(void **state)
{
    (void)state;
    BUF_CLEANUP buf = {0};
    assert_string_equal(buf_cstr(&buf), "");
    assert_int_equal(buf.n, 0);
    buf_add_str(&buf, "ab");
    buf_add_byte(&buf, 'c');
    buf_append(&buf, NULL, 0);
    buf_add_bytes(&buf, bytes_of("\0d", 2));
    buf_printf(&buf, "%05d|%s", 42, "x");
    assert_true(bytes_equal(buf_bytes(&buf), bytes_of("abc\0d00042|x", 12)));
    assert_int_equal(buf_cstr(&buf)[12], 0);
    assert_int_equal(buf.n, 12);
}

static void test_growth(void **state)
{
    (void)state;
    struct buf buf = {0};
    for (int i = 0; i < 100000; i++)
        buf_add_byte(&buf, (uint8_t)i);
    assert_int_equal(buf.n, 100000);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(buf.p[i], (uint8_t)i);
    /* A printf that needs a larger buffer in the middle of it. */
    for (int i = 0; i < 200; i++)
        buf_printf(&buf, "%*d", i * 10, 7);
    assert_int_equal(buf.p[buf.n - 1], '7');
    buf_free(&buf);
    assert_null(buf.p);
    assert_int_equal(buf.n + buf.cap, 0);
    buf_free(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_append),
        cmocka_unit_test(test_growth),
    };
    return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
