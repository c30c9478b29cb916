/* SPDX-License-Identifier: Apache-2.0 */
/* asn1/reader.c and asn1/time.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "asn1/asn1.h"

#define BYTES(...) bytes_of((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void test_walk_knows_offsets(void **state)
{
    (void)state;
    /* SEQUENCE { INTEGER 5, SEQUENCE { NULL } } at absolute offset 100 */
    struct reader outer = reader_of(BYTES(0x30, 7, 2, 1, 5, 0x30, 2, 5, 0), 100);
    struct der seq, number, inner, null;
    assert_true(reader_expect(&outer, DER_SEQUENCE, &seq));
    assert_int_equal(seq.offset, 100);
    assert_int_equal(seq.body_offset, 102);
    assert_int_equal(seq.whole.n, 9);
    struct reader r = reader_enter(&seq);
    assert_true(reader_expect(&r, DER_INTEGER, &number));
    assert_int_equal(reader_peek(&r), DER_SEQUENCE);
    assert_true(reader_next(&r, &inner));
    assert_int_equal(inner.offset, 105);
    assert_true(reader_at_end(&r));
    assert_false(reader_next(&r, &null));
    assert_false(r.bad);
    struct reader deeper = reader_enter(&inner);
    assert_true(reader_expect(&deeper, DER_NULL, &null));
    assert_int_equal(null.offset, 107);
    assert_int_equal(null.body.n, 0);
    assert_true(reader_at_end(&outer));
}

static void assert_bad_at(struct bytes der, size_t offset)
{
    struct reader r = reader_of(der, 10);
    struct der element;
    assert_false(reader_next(&r, &element));
    assert_true(r.bad);
    assert_int_equal(r.bad_at, 10 + offset);
    assert_false(reader_next(&r, &element));
    assert_int_equal(reader_peek(&r), 0);
}

static void test_malformed(void **state)
{
    (void)state;
    assert_bad_at(BYTES(0x30), 0);
    assert_bad_at(BYTES(0x30, 3, 0, 0), 0);       /* runs past the end */
    assert_bad_at(BYTES(0x1f, 0x81, 0x01, 0), 0); /* tag of several octets */
    assert_bad_at(BYTES(0x30, 0x80, 0, 0), 1);    /* indefinite length */
    assert_bad_at(BYTES(0x30, 0x82, 1), 1);       /* length field cut off */
    assert_bad_at(BYTES(0x30, 0x89, 0, 0, 0, 0, 0, 0, 0, 0, 0), 1);
    assert_bad_at(BYTES(4, 0x88, 255, 255, 255, 255, 255, 255, 255, 255), 1);
    assert_bad_at(BYTES(4, 0x88, 127, 255, 255, 255, 255, 255, 255, 255), 0);
}

static void test_long_length_is_a_flag(void **state)
{
    (void)state;
    struct reader r = reader_of(BYTES(4, 0x81, 1, 7, 4, 0x82, 0, 1, 8, 4, 1, 9), 0);
    struct der element;
    assert_true(reader_next(&r, &element));
    assert_int_equal(element.flags, DER_LONG_LENGTH);
    assert_int_equal(element.body.p[0], 7);
    assert_true(reader_next(&r, &element));
    assert_int_equal(element.flags, DER_LONG_LENGTH);
    assert_true(reader_next(&r, &element));
    assert_int_equal(element.flags, 0);
    assert_int_equal(element.body.p[0], 9);
}

static void test_expect_and_optional(void **state)
{
    (void)state;
    struct reader r = reader_of(BYTES(5, 0), 0);
    struct der element;
    assert_false(reader_optional(&r, DER_BOOLEAN, &element));
    assert_false(r.bad);
    assert_true(reader_optional(&r, DER_NULL, &element));
    assert_false(reader_optional(&r, DER_NULL, &element));
    assert_false(r.bad);
    assert_false(reader_expect(&r, DER_NULL, &element)); /* missing */
    assert_true(r.bad);
    assert_int_equal(r.bad_at, 2);
    r = reader_of(BYTES(5, 0), 0);
    assert_false(reader_expect(&r, DER_BOOLEAN, &element));
    assert_true(r.bad);
    assert_int_equal(r.bad_at, 0);
}

static bool small_int(struct bytes body, int64_t *out)
{
    const struct der element = {.tag = DER_INTEGER, .body = body};
    return der_small_int(&element, out);
}

static void test_integers(void **state)
{
    (void)state;
    int64_t n = -1;
    assert_true(small_int(BYTES(0), &n));
    assert_int_equal(n, 0);
    assert_true(small_int(BYTES(0, 0x80), &n));
    assert_int_equal(n, 128);
    assert_true(small_int(BYTES(0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80), &n));
    assert_int_equal(n, 128);
    assert_true(small_int(BYTES(0x7f, 255, 255, 255, 255, 255, 255, 255), &n));
    assert_true(n == INT64_MAX);
    assert_false(small_int(BYTES(0, 0x80, 0, 0, 0, 0, 0, 0, 0), &n));
    assert_false(small_int(BYTES(0xff), &n));
    assert_false(small_int(bytes_of(NULL, 0), &n));

    assert_true(der_int_is_padded(BYTES(0, 1)));
    assert_true(der_int_is_padded(BYTES(0xff, 0x80)));
    assert_false(der_int_is_padded(BYTES(0, 0x80)));
    assert_false(der_int_is_padded(BYTES(0xff, 0x7f)));
    assert_false(der_int_is_padded(BYTES(0)));
}

static void test_bit_string(void **state)
{
    (void)state;
    struct bytes bits;
    unsigned unused;
    assert_true(der_bit_string(&(struct der){.body = BYTES(3, 0xa8)}, &bits, &unused));
    assert_int_equal(unused, 3);
    assert_int_equal(bits.n, 1);
    assert_true(der_bit_string(&(struct der){.body = BYTES(0)}, &bits, &unused));
    assert_int_equal(bits.n, 0);
    assert_false(der_bit_string(&(struct der){.body = BYTES(8, 1)}, &bits, &unused));
    assert_false(der_bit_string(&(struct der){.body = BYTES(1)}, &bits, &unused));
    assert_false(der_bit_string(&(struct der){.body = {NULL, 0}}, &bits, &unused));
}

static unsigned read_time(uint8_t tag, const char *text, cw_time *out)
{
    const struct der element = {.tag = tag, .body = bytes_of(text, strlen(text))};
    return der_time(&element, out);
}

static void test_times(void **state)
{
    (void)state;
    static const struct {
        uint8_t tag;
        const char *text;
        unsigned faults;
        int y, mo, d, h, mi, s;
    } rows[] = {
        {DER_UTC_TIME, "491231235959Z", 0, 2049, 12, 31, 23, 59, 59},
        {DER_UTC_TIME, "500101000000Z", 0, 1950, 1, 1, 0, 0, 0},
        {DER_UTC_TIME, "2611211200Z", DER_TIME_NO_SECONDS, 2026, 11, 21, 12, 0, 0},
        {DER_UTC_TIME, "261121120000+0130", DER_TIME_OFFSET, 2026, 11, 21, 10, 30, 0},
        {DER_UTC_TIME, "261121230000-0130", DER_TIME_OFFSET, 2026, 11, 22, 0, 30, 0},
        {DER_UTC_TIME, "2611211200+0000", DER_TIME_OFFSET | DER_TIME_NO_SECONDS, 2026, 11, 21, 12,
         0, 0},
        {DER_GENERALIZED_TIME, "20500101000000Z", 0, 2050, 1, 1, 0, 0, 0},
        {DER_GENERALIZED_TIME, "20491231235959Z", DER_TIME_NOT_UTC, 2049, 12, 31, 23, 59, 59},
        {DER_GENERALIZED_TIME, "99991231235959Z", 0, 9999, 12, 31, 23, 59, 59},
        {DER_GENERALIZED_TIME, "20600101000000.25Z", DER_TIME_FRACTION, 2060, 1, 1, 0, 0, 0},
        {DER_GENERALIZED_TIME, "20240229000000Z", DER_TIME_NOT_UTC, 2024, 2, 29, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cw_time t;
        assert_int_equal(read_time(rows[i].tag, rows[i].text, &t), rows[i].faults);
        assert_int_equal(
            t, time_make(rows[i].y, rows[i].mo, rows[i].d, rows[i].h, rows[i].mi, rows[i].s));
    }
}

static void test_unreadable_times(void **state)
{
    (void)state;
    static const char *const utc[] = {"",
                                      "Z",
                                      "261121120000",
                                      "2611211200",
                                      "261121120000z",
                                      "26112112000Z",
                                      "261321120000Z",
                                      "260230120000Z",
                                      "261121250000Z",
                                      "261121120000.5Z",
                                      "261121120000+01",
                                      "261121120000+2400",
                                      "261121120000ZZ",
                                      "26 121120000Z",
                                      "20261121120000Z"};
    cw_time t;
    for (size_t i = 0; i < sizeof utc / sizeof *utc; i++) {
        assert_int_equal(read_time(DER_UTC_TIME, utc[i], &t), DER_TIME_UNREADABLE);
        assert_true(t == TIME_NONE);
    }
    assert_int_equal(read_time(DER_GENERALIZED_TIME, "20600101000000.Z", &t), DER_TIME_UNREADABLE);
    assert_int_equal(read_time(DER_GENERALIZED_TIME, "20230229000000Z", &t), DER_TIME_UNREADABLE);
    assert_int_equal(read_time(DER_INTEGER, "261121120000Z", &t), DER_TIME_UNREADABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walk_knows_offsets),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_long_length_is_a_flag),
        cmocka_unit_test(test_expect_and_optional),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_bit_string),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_unreadable_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
