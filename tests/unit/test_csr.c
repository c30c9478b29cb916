/* SPDX-License-Identifier: Apache-2.0 */
/* x509/csr.c: what is made is read again, whole or damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "x509/x509.h"

static const uint8_t subject[] = {0x30, 0x0c, 0x31, 0x0a, 0x30, 0x08, 0x06,
                                  0x03, 0x55, 0x04, 0x03, 0x0c, 0x01, 'a'};
static const uint8_t kept[] = {0x82, 1, 'a'};

static void make(enum key_spec spec, const struct csr_wish *wish, struct buf *out)
{
    struct private_key *key = private_key_derive(spec, bytes_str("unit"), "csr");
    assert_non_null(key);
    assert_true(csr_make(wish, key, out));
    private_key_free(key);
}

static size_t count_names(const struct csr *csr)
{
    struct reader reader = reader_of(csr->names, 0);
    struct general_name name;
    size_t n = 0;
    while (general_name_next(&reader, &name))
        n++;
    return n;
}

static void test_round_trip(void **state)
{
    (void)state;
    static const char *const names[] = {"A", "b.example", "B.EXAMPLE", NULL};
    const struct bytes address = bytes_of("\x7f\0\0\1", 4);
    const struct csr_wish wish = {.subject = bytes_of(subject, sizeof subject),
                                  .names = bytes_of(kept, sizeof kept),
                                  .dns_names = names,
                                  .ip_addresses = &address,
                                  .ip_count = 1};
    for (enum key_spec spec = KEY_SPEC_RSA_2048; spec <= KEY_SPEC_ED448; spec++) {
        BUF_CLEANUP der = {0};
        struct csr csr;
        make(spec, &wish, &der);
        assert_true(csr_parse(buf_bytes(&der), &csr));
        assert_true(csr_is_signed(&csr));
        assert_true(bytes_equal(csr.subject, wish.subject));
        assert_int_equal(count_names(&csr), 3); /* a is there already, b.example came twice */
    }
}

static void test_no_names(void **state)
{
    (void)state;
    const struct csr_wish wish = {.subject = bytes_of(subject, sizeof subject)};
    BUF_CLEANUP der = {0};
    struct csr csr;
    make(KEY_SPEC_P256, &wish, &der);
    assert_true(csr_parse(buf_bytes(&der), &csr));
    assert_int_equal(csr.names.n, 0);
    assert_true(csr_is_signed(&csr));
}

/* Every prefix and every changed byte is survived; none of them is well signed. */
static void test_damage(void **state)
{
    (void)state;
    const struct csr_wish wish = {.subject = bytes_of(subject, sizeof subject),
                                  .names = bytes_of(kept, sizeof kept)};
    BUF_CLEANUP der = {0};
    struct csr csr;
    make(KEY_SPEC_P256, &wish, &der);
    for (size_t n = 0; n < der.n; n++) {
        uint8_t *copy = malloc(der.n);
        memcpy(copy, der.p, der.n);
        assert_false(csr_parse(bytes_of(copy, n), &csr) && csr_is_signed(&csr));
        copy[n] ^= 0x41;
        assert_false(csr_parse(bytes_of(copy, der.n), &csr) && csr_is_signed(&csr));
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_no_names),
        cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests_name("csr", tests, NULL, NULL);
}
