/* SPDX-License-Identifier: Apache-2.0 */
/* base/arena.c */
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"

static bool is_zero(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i])
            return false;
    return true;
}

/* Sizes around the block sizes; each allocation is zero, aligned and its own. */
static void test_alloc(void **state)
{
    (void)state;
    static const size_t sizes[] = {0,    1,    15,   16,      17, 2000, 2047,
                                   2048, 2049, 5000, 1 << 20, 3,  70000};
    enum { COUNT = sizeof sizes / sizeof sizes[0], ROUNDS = 20 };
    struct arena arena = {0};
    uint8_t *all[ROUNDS][COUNT];
    for (int r = 0; r < ROUNDS; r++)
        for (size_t i = 0; i < COUNT; i++) {
            all[r][i] = arena_alloc(&arena, sizes[i]);
            assert_int_equal((uintptr_t)all[r][i] % alignof(max_align_t), 0);
            assert_true(is_zero(all[r][i], sizes[i]));
            memset(all[r][i], r + 1, sizes[i]);
        }
    for (int r = 0; r < ROUNDS; r++)
        for (size_t i = 0; i < COUNT; i++)
            for (size_t k = 0; k < sizes[i]; k += sizes[i] / 7 + 1)
                assert_int_equal(all[r][i][k], r + 1);
    arena_free(&arena);
    assert_null(arena.blocks);
}

static void test_strings(void **state)
{
    (void)state;
    struct arena arena = {0};
    assert_string_equal(arena_strdup(&arena, ""), "");
    assert_string_equal(arena_strndup(&arena, "abcdef", 3), "abc");
    assert_string_equal(arena_strndup(&arena, "ab\0cd", 5), "ab");
    assert_string_equal(arena_printf(&arena, "%s-%d", "x", 7), "x-7");
    const struct bytes copy = arena_bytes(&arena, bytes_of("a\0b", 3));
    assert_true(bytes_equal(copy, bytes_of("a\0b", 3)));
    assert_int_equal(arena_bytes(&arena, bytes_of(NULL, 0)).n, 0);
    char *long_text = arena_printf(&arena, "%0*d", 100000, 1);
    assert_int_equal(strlen(long_text), 100000);
    arena_free(&arena);
}

static void test_grow(void **state)
{
    (void)state;
    struct arena arena = {0};
    int *items = NULL;
    size_t cap = 0;
    for (int i = 0; i < 1000; i++) {
        items = arena_grow(&arena, items, (size_t)i, &cap, sizeof *items);
        assert_true(cap > (size_t)i);
        items[i] = i;
    }
    for (int i = 0; i < 1000; i++)
        assert_int_equal(items[i], i);
    arena_free(&arena);
}

static void test_xcalloc(void **state)
{
    (void)state;
    uint8_t *p = xcalloc(3, 5);
    assert_true(is_zero(p, 15));
    free(p);
    p = xcalloc(0, 0);
    assert_non_null(p);
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alloc),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_grow),
        cmocka_unit_test(test_xcalloc),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
