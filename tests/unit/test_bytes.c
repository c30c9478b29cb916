/* SPDX-License-Identifier: Apache-2.0 */
/* base/bytes.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"

static void test_equal(void **state)
{
    (void)state;
    assert_true(bytes_equal(bytes_str("abc"), bytes_of("abc", 3)));
    assert_true(bytes_equal(bytes_of(NULL, 0), bytes_str("")));
    assert_false(bytes_equal(bytes_str("abc"), bytes_str("abcd")));
    assert_false(bytes_equal(bytes_of("a\0b", 3), bytes_of("a\0c", 3)));
    assert_true(bytes_equal_str(bytes_of("xyz", 2), "xy"));
    assert_int_equal(bytes_str(NULL).n, 0);
}

static void test_compare(void **state)
{
    (void)state;
    assert_true(bytes_compare(bytes_str("a"), bytes_str("b")) < 0);
    assert_true(bytes_compare(bytes_str("ab"), bytes_str("a")) > 0);
    assert_true(bytes_compare(bytes_of("\x80", 1), bytes_of("\x7f", 1)) > 0);
    assert_int_equal(bytes_compare(bytes_of(NULL, 0), bytes_str("")), 0);
    assert_true(bytes_compare(bytes_of(NULL, 0), bytes_str("a")) < 0);
}

static void test_slice(void **state)
{
    (void)state;
    const struct bytes text = bytes_str("hello");
    assert_true(bytes_equal_str(bytes_slice(text, 1, 3), "ell"));
    assert_true(bytes_equal_str(bytes_slice(text, 3, SIZE_MAX), "lo"));
    assert_int_equal(bytes_slice(text, 5, 1).n, 0);
    assert_int_equal(bytes_slice(text, SIZE_MAX, SIZE_MAX).n, 0);
    assert_int_equal(bytes_slice(bytes_of(NULL, 0), 0, 4).n, 0);
}

static void test_find(void **state)
{
    (void)state;
    const struct bytes text = bytes_of("ab\0abc", 6);
    assert_int_equal(bytes_find(text, bytes_str("abc")), 3);
    assert_int_equal(bytes_find(text, bytes_of("\0", 1)), 2);
    assert_int_equal(bytes_find(text, bytes_str("")), 0);
    assert_int_equal(bytes_find(text, bytes_str("abcd")), SIZE_MAX);
    assert_int_equal(bytes_find(bytes_of(NULL, 0), bytes_str("a")), SIZE_MAX);
}

static void test_hash(void **state)
{
    (void)state;
    uint8_t data[64] = {0};
    assert_true(bytes_hash(bytes_of(data, 8)) != bytes_hash(bytes_of(data, 9)));
    assert_true(bytes_hash(bytes_of(data, 0)) != bytes_hash(bytes_of(data, 1)));
    assert_true(bytes_hash(bytes_str("12345678a")) == bytes_hash(bytes_str("12345678a")));
    /* Every bit of every byte matters. */
    const uint64_t base = bytes_hash(bytes_of(data, 21));
    for (unsigned bit = 0; bit < 21 * 8; bit++) {
        data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_true(bytes_hash(bytes_of(data, 21)) != base);
        data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal), cmocka_unit_test(test_compare), cmocka_unit_test(test_slice),
        cmocka_unit_test(test_find),  cmocka_unit_test(test_hash),
    };
    return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
