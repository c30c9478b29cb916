/* SPDX-License-Identifier: Apache-2.0 */
/* asn1/oid.c, and that asn1/oid_table.h is what tools/gen_oids.py makes of asn1/oids.def */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "asn1/asn1.h"

static const struct {
    enum oid oid;
    const char *text, *name;
} rows[] = {
#define OID(id, text, name) {OID_##id, text, name},
#include "asn1/oids.def"
#undef OID
};

static void test_table_is_current(void **state)
{
    (void)state;
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF_CLEANUP der = {0};
        assert_true(oid_from_text(rows[i].text, &der));
        assert_true(bytes_equal(buf_bytes(&der), oid_der(rows[i].oid)));
        assert_int_equal(oid_of(buf_bytes(&der)), rows[i].oid);
        assert_string_equal(oid_text(&arena, oid_der(rows[i].oid)), rows[i].text);
        assert_string_equal(oid_name(rows[i].oid), rows[i].name);
    }
    arena_free(&arena);
}

static void test_neighbours_are_unknown(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF_CLEANUP der = {0};
        buf_add_bytes(&der, oid_der(rows[i].oid));
        buf_add_byte(&der, 0x7e);
        assert_int_equal(oid_of(buf_bytes(&der)), OID_UNKNOWN);
        der.p[0] ^= 0x40;
        assert_int_equal(oid_of(bytes_of(der.p, der.n - 1)), OID_UNKNOWN);
    }
    assert_int_equal(oid_of(bytes_of("", 0)), OID_UNKNOWN);
    assert_string_equal(oid_name(OID_UNKNOWN), "");
    assert_int_equal(oid_der(OID_UNKNOWN).n, 0);
}

static void test_text(void **state)
{
    (void)state;
    struct arena arena = {0};
    static const char *const texts[] = {
        "0.0", "1.39", "2.40", "2.999.3", "2.5.29.17", "1.2.18446744073709551600", "2.25.1"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        BUF_CLEANUP der = {0};
        assert_true(oid_from_text(texts[i], &der));
        assert_string_equal(oid_text(&arena, buf_bytes(&der)), texts[i]);
    }
    /* 2.25.2^128-1: an arc of 128 bits */
    static const uint8_t uuid[] = {0x69, 0x83, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                   0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f};
    assert_string_equal(oid_text(&arena, bytes_of(uuid, sizeof uuid)),
                        "2.25.340282366920938463463374607431768211455");
    arena_free(&arena);
}

static void test_invalid(void **state)
{
    (void)state;
    struct arena arena = {0};
    assert_string_equal(oid_text(&arena, bytes_of("", 0)), "invalid");
    assert_string_equal(oid_text(&arena, bytes_of("\x55\x80", 2)), "invalid");
    assert_string_equal(oid_text(&arena, bytes_of("\x55\x80\x01", 3)), "invalid");
    assert_string_equal(oid_text(&arena, bytes_of("\x80\x01", 2)), "invalid");
    uint8_t huge[200];
    memset(huge, 0x7f, sizeof huge);
    assert_string_equal(oid_text(&arena, bytes_of(huge, sizeof huge)), "invalid");
    memset(huge, 0xff, sizeof huge);
    huge[0] = 0x55;
    huge[127] = 0x7f;
    assert_true(strlen(oid_text(&arena, bytes_of(huge, 128))) > 260);

    static const char *const texts[] = {"",     "1",    "1.",   "3.1",  "0.40",
                                        "1..2", "1.2.", "1.02", "1.2 ", "1.2.x",
                                        ".1.2", "-1.2", "1.-2", "1,2",  "1.2.99999999999999999999"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        BUF_CLEANUP der = {0};
        assert_false(oid_from_text(texts[i], &der));
        assert_int_equal(der.n, 0);
    }
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_is_current),
        cmocka_unit_test(test_neighbours_are_unknown),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_invalid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
