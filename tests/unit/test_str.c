/* SPDX-License-Identifier: Apache-2.0 */
/* base/str.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"

static void test_hex(void **state)
{
    (void)state;
    struct arena arena = {0};
    assert_string_equal(str_hex(&arena, bytes_of("\x00\xab\xff", 3), 0), "00abff");
    assert_string_equal(str_hex(&arena, bytes_of("\x00\xab\xff", 3), ':'), "00:ab:ff");
    assert_string_equal(str_hex(&arena, bytes_of(NULL, 0), ':'), "");
    const struct bytes want = bytes_of("\x9b\x1f\xe2", 3);
    assert_true(bytes_equal(str_unhex(&arena, "9B:1f e2"), want));
    assert_true(bytes_equal(str_unhex(&arena, "9b1fe2"), want));
    assert_null(str_unhex(&arena, "9b1").p);
    assert_null(str_unhex(&arena, "9b:1:fe").p);
    assert_null(str_unhex(&arena, "zz").p);
    assert_null(str_unhex(&arena, "").p);
    arena_free(&arena);
}

static void test_safe(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        size_t n;
        const char *out;
    } cases[] = {
        {"plain text", 10, "plain text"},
        {"M\xc3\xbcnchen \xe2\x9c\x93 \xf0\x9f\x94\x92", 17,
         "M\xc3\xbcnchen \xe2\x9c\x93 \xf0\x9f\x94\x92"},
        {"a\nb\tc\r", 6, "a\\x0ab\\x09c\\x0d"},
        {"\x1b[31m", 5, "\\x1b[31m"},
        {"a\0b", 3, "a\\x00b"},
        {"\x7f", 1, "\\x7f"},
        {"C:\\x", 4, "C:\\\\x"},
        {"\xc2\x9b", 2, "\\u{009b}"},     /* C1: CSI */
        {"\xc2\x85", 2, "\\u{0085}"},     /* C1: next line */
        {"\xe2\x80\xae", 3, "\\u{202e}"}, /* right-to-left override */
        {"\xe2\x81\xa6", 3, "\\u{2066}"}, /* isolate */
        {"\xe2\x81\xa9", 3, "\\u{2069}"},
        {"\xd8\x9c", 2, "\\u{061c}"},     /* Arabic letter mark */
        {"\xe2\x80\x8b", 3, "\\u{200b}"}, /* zero width space */
        {"\xe2\x80\x8f", 3, "\\u{200f}"},
        {"\xe2\x81\xa0", 3, "\\u{2060}"}, /* word joiner */
        {"\xef\xbb\xbf", 3, "\\u{feff}"}, /* byte-order mark */
        {"\xe2\x80\xa8", 3, "\\u{2028}"}, /* line separator */
        {"\xe2\x80\xa9", 3, "\\u{2029}"},
        {"\xf3\xa0\x81\x81", 4, "\\u{e0041}"}, /* tag A */
        {"\xc2\xad", 2, "\\u{00ad}"},          /* soft hyphen */
        {"\xef\xbf\xbf", 3, "\\u{ffff}"},      /* noncharacter */
        {"\xff\xfe", 2, "\\xff\\xfe"},
        {"\xc0\xaf", 2, "\\xc0\\xaf"}, /* overlong / */
        {"\xe0\x80\xaf", 3, "\\xe0\\x80\\xaf"},
        {"\xed\xa0\x80", 3, "\\xed\\xa0\\x80"}, /* surrogate */
        {"\xf4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80"},
        {"\xe2\x82", 2, "\\xe2\\x82"}, /* cut off */
        {"\xc3(", 2, "\\xc3("},
    };
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct bytes in = bytes_of(cases[i].in, cases[i].n);
        assert_string_equal(str_safe(&arena, in), cases[i].out);
        assert_int_equal(str_is_safe(in), bytes_equal_str(in, cases[i].out));
    }
    arena_free(&arena);
}

/* Whatever goes in, what comes out is safe for a line of text. */
static void test_safe_always(void **state)
{
    (void)state;
    struct arena arena = {0};
    uint32_t seed = 1;
    for (int round = 0; round < 2000; round++) {
        uint8_t in[48];
        for (size_t i = 0; i < sizeof in; i++) {
            seed = seed * 1664525 + 1013904223;
            in[i] = (uint8_t)(seed >> 24);
        }
        const char *out = str_safe(&arena, bytes_of(in, sizeof in));
        assert_true(str_is_utf8(bytes_str(out)));
        assert_null(strpbrk(out, "\n\r\t\x1b\x7f"));
        BUF_CLEANUP again = {0};
        str_safe_line(&again, bytes_str(out));
        assert_string_equal(buf_cstr(&again), out);
    }
    arena_free(&arena);
}

static void test_shell(void **state)
{
    (void)state;
    struct arena arena = {0};
    assert_string_equal(str_shell(&arena, "www.example.com"), "www.example.com");
    assert_string_equal(str_shell(&arena, "/tmp/a_b-c:1@x"), "/tmp/a_b-c:1@x");
    assert_string_equal(str_shell(&arena, ""), "''");
    assert_string_equal(str_shell(&arena, "=ls"), "'=ls'");
    assert_string_equal(str_shell(&arena, "a b"), "'a b'");
    assert_string_equal(str_shell(&arena, "it's"), "'it'\\''s'");
    assert_string_equal(str_shell(&arena, "$(reboot)`x`"), "'$(reboot)`x`'");
    assert_string_equal(str_shell(&arena, "~root"), "'~root'");
    assert_string_equal(str_shell(&arena, "*.pem"), "'*.pem'");
    assert_string_equal(str_shell(&arena, "M\xc3\xbc"), "'M\xc3\xbc'");
    assert_string_equal(str_shell(&arena, "a\nb"), "\"$(printf 'a\\012b')\"");
    assert_string_equal(str_shell(&arena, "\x1b'%\\"), "\"$(printf '\\033\\047%%\\134')\"");
    arena_free(&arena);
}

static void test_plain_host(void **state)
{
    (void)state;
    static const char *const good[] = {"example.com",        "a",
                                       "_dmarc.example.com", "*.example.com",
                                       "xn--mnchen-3ya.de",  "example.com.",
                                       "127.0.0.1",          "::1",
                                       "2001:db8::1",        "A-b.C"};
    static const char *const bad[] = {
        "",       ".",   "a..b",         "-a.com",       "a-.com",
        "*",      "*.",  "a.*.com",      "ex ample.com", "a;b",
        "$(x)",   "a/b", "a.com\n",      "[::1]",        "m\xc3\xbc.de",
        "*x.com", "..",  "fe80::1%eth0", "\"a\""};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(str_is_plain_host(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(str_is_plain_host(bad[i]));
    char label[70];
    memset(label, 'a', sizeof label);
    label[63] = 0;
    assert_true(str_is_plain_host(label));
    label[63] = 'a';
    label[64] = 0;
    assert_false(str_is_plain_host(label));
    char name[300];
    for (size_t i = 0; i < sizeof name; i++)
        name[i] = i % 10 == 9 ? '.' : 'a';
    name[253] = 0;
    assert_true(str_is_plain_host(name));
    name[253] = 'a';
    name[254] = 0;
    assert_false(str_is_plain_host(name));
}

static void test_ip(void **state)
{
    (void)state;
    struct arena arena = {0};
    uint8_t ip[16];
    assert_int_equal(str_parse_ip("192.0.2.1", ip), 4);
    assert_string_equal(str_ip(&arena, bytes_of(ip, 4)), "192.0.2.1");
    assert_int_equal(str_parse_ip("2001:DB8:0::1", ip), 16);
    assert_string_equal(str_ip(&arena, bytes_of(ip, 16)), "2001:db8::1");
    assert_int_equal(str_parse_ip("192.0.2.01", ip), 0);
    assert_int_equal(str_parse_ip("192.0.2", ip), 0);
    assert_int_equal(str_parse_ip("[::1]", ip), 0);
    assert_int_equal(str_parse_ip("", ip), 0);
    assert_string_equal(str_ip(&arena, bytes_of("\x01\x02\x03\x04\x05", 5)), "0102030405");
    arena_free(&arena);
}

static void test_compare(void **state)
{
    (void)state;
    assert_true(str_equal_nocase("ExAmple", "eXaMPLE"));
    assert_false(str_equal_nocase("a", "ab"));
    assert_false(str_equal_nocase("[", "{")); /* differ in bit 0x20 alone */
    assert_false(str_equal_nocase("@", "`"));
    assert_true(str_starts("certwhy", "cert"));
    assert_false(str_starts("cert", "certwhy"));
    assert_true(str_ends("a.pem", ".pem"));
    assert_false(str_ends("m", ".pem"));
}

static void test_to_int(void **state)
{
    (void)state;
    int64_t out = 77;
    assert_true(str_to_int("0", 0, 10, &out));
    assert_int_equal(out, 0);
    assert_true(str_to_int("-5", -5, 5, &out));
    assert_int_equal(out, -5);
    assert_true(str_to_int("9223372036854775807", INT64_MIN, INT64_MAX, &out));
    assert_true(out == INT64_MAX);
    assert_true(str_to_int("-9223372036854775808", INT64_MIN, INT64_MAX, &out));
    assert_true(out == INT64_MIN);
    out = 77;
    static const char *const bad[] = {"",
                                      "-",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "1x",
                                      "0x10",
                                      "--1",
                                      "11",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "99999999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(str_to_int(bad[i], -10, 10, &out));
    assert_false(str_to_int("9223372036854775808", INT64_MIN, INT64_MAX, &out));
    assert_int_equal(out, 77);
}

static void test_nearest(void **state)
{
    (void)state;
    static const char *const commands[] = {"check", "explain", "clients", "lab", NULL};
    assert_string_equal(str_nearest("chekc", commands), "check"); /* a swap is one edit */
    assert_string_equal(str_nearest("explian", commands), "explain");
    assert_string_equal(str_nearest("client", commands), "clients");
    assert_string_equal(str_nearest("lib", commands), "lab");
    assert_null(str_nearest("xyzzy", commands));
    assert_null(str_nearest("", commands));
    char huge[1000];
    memset(huge, 'a', sizeof huge);
    huge[sizeof huge - 1] = 0;
    assert_null(str_nearest(huge, commands));
    const char *const odd[] = {huge, "lab", NULL};
    assert_string_equal(str_nearest("lab", odd), "lab");
}

/* RFC 4648 section 10. */
static void test_base64(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"}};
    struct arena arena = {0};
    struct bytes out;
    size_t bad_at;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        assert_string_equal(str_base64(&arena, bytes_str(pairs[i][0])), pairs[i][1]);
        assert_true(str_unbase64(&arena, bytes_str(pairs[i][1]), &out, &bad_at));
        assert_true(bytes_equal_str(out, pairs[i][0]));
    }
    assert_true(str_unbase64(&arena, bytes_str(" Zm\n9v\tYg =\r\n="), &out, &bad_at));
    assert_true(bytes_equal_str(out, "foob"));
    arena_free(&arena);
}

static void test_base64_bad(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t bad_at;
    } cases[] = {{"Zm9*", 3}, {"Zm9vY", 5},      {"Zm9vYg", 6}, {"Zg=", 3},  {"Zg==Zg==", 4},
                 {"Z===", 1}, {"=", 0},          {"Zm8==", 4},  {"Zg=a", 3}, {"Zh==", 4},
                 {"Zm9=", 4}, {"Zm\xc3\xbc", 2}, {"Zg-_", 2},   {"====", 0}};
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes out;
        size_t bad_at = SIZE_MAX;
        assert_false(str_unbase64(&arena, bytes_str(cases[i].text), &out, &bad_at));
        assert_int_equal(bad_at, cases[i].bad_at);
        assert_null(out.p);
    }
    arena_free(&arena);
}

static void test_base64_groups(void **state)
{
    (void)state;
    uint8_t out[64];
    assert_int_equal(str_unbase64_groups(bytes_str("Zm9vYmFy\nZm9v"), out), 8);
    assert_memory_equal(out, "foobar", 6);
    assert_int_equal(str_unbase64_groups(bytes_str("Zm8="), out), 0);
    assert_int_equal(str_unbase64_groups(bytes_str("Zm9"), out), 0);
    assert_int_equal(str_unbase64_groups(bytes_str("Zm9vZm9\xff"), out), 4);
    assert_int_equal(str_unbase64_groups(bytes_of(NULL, 0), out), 0);
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int c = 0; c < 256; c++) {
        const char *at = c ? strchr(digits, c) : NULL;
        assert_int_equal(str_base64_value((uint8_t)c), at ? at - digits : -1);
    }
}

/* All lengths and all byte values survive the way there and back. */
static void test_base64_round(void **state)
{
    (void)state;
    struct arena arena = {0};
    uint8_t data[300];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7);
    for (size_t n = 0; n <= sizeof data; n++) {
        struct bytes out;
        size_t bad_at;
        const char *text = str_base64(&arena, bytes_of(data, n));
        assert_int_equal(strlen(text), (n + 2) / 3 * 4);
        assert_true(str_unbase64(&arena, bytes_str(text), &out, &bad_at));
        assert_true(bytes_equal(out, bytes_of(data, n)));
    }
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hex),          cmocka_unit_test(test_safe),
        cmocka_unit_test(test_safe_always),  cmocka_unit_test(test_shell),
        cmocka_unit_test(test_plain_host),   cmocka_unit_test(test_ip),
        cmocka_unit_test(test_compare),      cmocka_unit_test(test_to_int),
        cmocka_unit_test(test_nearest),      cmocka_unit_test(test_base64),
        cmocka_unit_test(test_base64_bad),   cmocka_unit_test(test_base64_groups),
        cmocka_unit_test(test_base64_round),
    };
    return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
