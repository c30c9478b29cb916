/* SPDX-License-Identifier: Apache-2.0 */
/* asn1/writer.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "asn1/asn1.h"

static void assert_written(struct writer *w, const char *hex)
{
    struct arena arena = {0};
    assert_string_equal(str_hex(&arena, buf_bytes(&w->out), 0), hex);
    arena_free(&arena);
    writer_free(w);
}

static void test_primitives(void **state)
{
    (void)state;
    struct writer w = {0};
    writer_bool(&w, true);
    writer_bool(&w, false);
    writer_null(&w);
    writer_oid(&w, OID_CN);
    writer_bits(&w, bytes_of("\xa0", 1));
    writer_put(&w, DER_CONTEXT(2), bytes_of("a", 1));
    writer_raw(&w, bytes_of("\x05\x00", 2));
    assert_written(&w, "0101ff010100050006035504030302"
                       "00a0820161"
                       "0500");
}

static void test_integers(void **state)
{
    (void)state;
    struct writer w = {0};
    writer_int(&w, 0);
    writer_int(&w, 127);
    writer_int(&w, 128);
    writer_int(&w, -1);
    writer_int(&w, -129);
    writer_int(&w, INT64_MIN);
    assert_written(&w, "020100"
                       "02017f"
                       "02020080"
                       "0201ff"
                       "0202ff7f"
                       "02088000000000000000");
    writer_uint(&w, bytes_of("\0\0\x80\x01", 4));
    writer_uint(&w, bytes_of("\0\x7f", 2));
    writer_uint(&w, bytes_of("\0\0", 2));
    writer_uint(&w, bytes_of(NULL, 0));
    assert_written(&w, "0203008001"
                       "02017f"
                       "020100"
                       "020100");
}

static void test_nesting(void **state)
{
    (void)state;
    struct writer w = {0};
    writer_open(&w, DER_SEQUENCE);
    writer_open(&w, DER_SET);
    writer_close(&w);
    writer_int(&w, 1);
    writer_close(&w);
    assert_written(&w, "3005"
                       "3100"
                       "020101");
}

/** Lengths on both sides of each change of form read back as what was written. */
static void test_lengths(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 127, 128, 255, 256, 65535, 65536, 70000};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        uint8_t *content = calloc(1, lengths[i] + 1);
        memset(content, 0x5a, lengths[i]);
        struct writer w = {0};
        writer_open(&w, DER_SEQUENCE);
        writer_put(&w, DER_OCTET_STRING, bytes_of(content, lengths[i]));
        writer_close(&w);
        struct reader r = reader_of(buf_bytes(&w.out), 0);
        struct der seq, octets;
        assert_true(reader_expect(&r, DER_SEQUENCE, &seq));
        assert_true(reader_at_end(&r));
        assert_int_equal(seq.flags, 0);
        r = reader_enter(&seq);
        assert_true(reader_expect(&r, DER_OCTET_STRING, &octets));
        assert_true(reader_at_end(&r));
        assert_int_equal(octets.flags, 0);
        assert_true(bytes_equal(octets.body, bytes_of(content, lengths[i])));
        writer_free(&w);
        free(content);
    }
}

static void test_too_deep_is_harmless(void **state)
{
    (void)state;
    struct writer w = {0};
    for (int i = 0; i < LIMIT_DER_DEPTH + 5; i++)
        writer_open(&w, DER_SEQUENCE);
    for (int i = 0; i < LIMIT_DER_DEPTH + 9; i++)
        writer_close(&w);
    assert_int_equal(w.depth, 0);
    writer_free(&w);
}

static void assert_time(cw_time t, uint8_t tag, const char *text)
{
    struct writer w = {0};
    writer_time(&w, t);
    struct reader r = reader_of(buf_bytes(&w.out), 0);
    struct der element;
    assert_true(reader_next(&r, &element));
    assert_int_equal(element.tag, tag);
    assert_true(bytes_equal_str(element.body, text));
    cw_time back;
    assert_int_equal(der_time(&element, &back) & ~(unsigned)DER_TIME_NOT_UTC, 0);
    writer_free(&w);
}

static void test_times(void **state)
{
    (void)state;
    assert_time(time_make(2049, 12, 31, 23, 59, 59), DER_UTC_TIME, "491231235959Z");
    assert_time(time_make(2050, 1, 1, 0, 0, 0), DER_GENERALIZED_TIME, "20500101000000Z");
    assert_time(time_make(1950, 1, 1, 0, 0, 0), DER_UTC_TIME, "500101000000Z");
    assert_time(time_make(1949, 12, 31, 0, 0, 0), DER_GENERALIZED_TIME, "19491231000000Z");
    assert_time(INT64_MAX / 2, DER_GENERALIZED_TIME, "99991231235959Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_primitives),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_nesting),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_too_deep_is_harmless),
        cmocka_unit_test(test_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
