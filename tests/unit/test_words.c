/* SPDX-License-Identifier: Apache-2.0 */
/* record/words.c: words and what stands for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "record/words.h"

static const char *replaced(const struct words *words, struct arena *arena, const char *text)
{
    char *out = arena_strdup(arena, text);
    words_replace(words, (uint8_t *)out, strlen(out));
    return out;
}

static void test_replace(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct words words = {.seed = bytes_str("one seed")};
    words_keep(&words, bytes_str("Let's Encrypt"));
    words_hide(&words, bytes_str("payroll.encrypt.corp.example.org"));
    words_hide(&words, bytes_str("Tessier-Ashpool S.A."));
    const char *host = replaced(&words, &arena, "payroll.encrypt.corp.example.org");
    assert_int_equal(strlen(host), strlen("payroll.encrypt.corp.example.org"));
    assert_null(strstr(host, "payroll"));
    assert_null(strstr(host, "corp"));
    assert_non_null(strstr(host, ".encrypt."));
    assert_true(str_ends(host, ".example.org"));
    /* the same word everywhere, its case kept, what is longer is another word */
    const char *upper = replaced(&words, &arena, "PAYROLL");
    assert_true(str_equal_nocase(upper, arena_strndup(&arena, host, 7)));
    assert_true(upper[0] >= 'A' && upper[0] <= 'Z');
    assert_string_equal(replaced(&words, &arena, "payrolls"), "payrolls");
    assert_string_equal(replaced(&words, &arena, "S.A. 2024 443"), "S.A. 2024 443");
    words_free(&words);
    arena_free(&arena);
}

/* No two words become one, whatever there is of them. */
static void test_injective(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct words words = {.seed = bytes_str("another")};
    enum { WORDS = 600 };
    const char *plain[WORDS], *other[WORDS];
    for (size_t i = 0; i < WORDS; i++) {
        plain[i] = arena_printf(&arena, "%c%c%c", (char)('a' + (int)(i / 26 % 26)),
                                (char)('a' + (int)(i % 26)), (char)('a' + (int)(i / 676)));
        words_hide(&words, bytes_str(plain[i]));
    }
    for (size_t i = 0; i < WORDS; i++) {
        other[i] = replaced(&words, &arena, plain[i]);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(other[i], other[k]);
    }
    words_free(&words);
    arena_free(&arena);
}

static void test_punycode(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct words words = {.seed = bytes_str("x")};
    words_hide(&words, bytes_str("xn--bcher-kva.firma.de"));
    const char *host = replaced(&words, &arena, "xn--bcher-kva.firma.de");
    assert_true(str_starts(host, "xn--"));
    assert_null(strstr(host, "bcher"));
    assert_non_null(strstr(host, "-kva."));
    words_free(&words);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replace),
        cmocka_unit_test(test_injective),
        cmocka_unit_test(test_punycode),
    };
    return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
