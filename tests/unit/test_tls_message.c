/* SPDX-License-Identifier: Apache-2.0 */
/* Handshake messages without libssl: framing that does not add up, hellos cut at every octet, and
 * which identity a name gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

#include "tls/internal.h"

static struct handshake read_message(struct arena *arena, struct bytes message, bool tls13)
{
    struct handshake out = {0};
    certificate_message_read(message, tls13, arena, &out);
    return out;
}

static void certificate_lists(void **state)
{
    (void)state;
    struct arena arena = {0};
    static const uint8_t old[] = {11, 0, 0, 12, 0, 0, 9, 0, 0, 2, 'a', 'b', 0, 0, 1, 'c'};
    struct handshake hs = read_message(&arena, bytes_of(old, sizeof old), false);
    assert_int_equal(hs.certificate_count, 2);
    assert_true(bytes_equal_str(hs.certificates[0], "ab"));
    assert_true(bytes_equal_str(hs.certificates[1], "c"));
    assert_int_equal(hs.certificate_message_bytes, sizeof old);

    static const uint8_t new[] = {11, 0, 0, 14, 0, 0, 0, 10, 0, 0, 1, 'x', 0, 1, 9, 0, 0, 0};
    hs = read_message(&arena, bytes_of(new, sizeof new), true);
    assert_int_equal(hs.certificate_count, 2); /* the second one is empty, as sent */
    assert_true(bytes_equal_str(hs.certificates[0], "x"));
    assert_int_equal(hs.certificates[1].n, 0);
    arena_free(&arena);
}

static void schemes_of_certificate_requests(void **state)
{
    (void)state;
    static const uint8_t old[] = {13, 0, 0, 11, 2, 1, 64, 0, 4, 4, 3, 8, 4, 0, 0};
    static const uint8_t new[] = {13, 0, 0, 15, 0, 0, 12, 0, 47, 0, 0, 0, 13, 0, 4, 0, 2, 8, 7};
    static const uint8_t want_old[] = {4, 3, 8, 4}, want_new[] = {8, 7};
    const struct bytes a = bytes_of(old, sizeof old), b = bytes_of(new, sizeof new);
    assert_true(
        bytes_equal(certificate_request_schemes(a, false), bytes_of(want_old, sizeof want_old)));
    assert_true(
        bytes_equal(certificate_request_schemes(b, true), bytes_of(want_new, sizeof want_new)));
    for (size_t n = 0; n < sizeof old - 2; n++)
        assert_true(certificate_request_schemes(bytes_of(old, n), false).n <= sizeof want_old);
    for (size_t n = 0; n < sizeof new; n++)
        assert_int_equal(certificate_request_schemes(bytes_of(new, n), true).n, 0);
}

static void answers_of_http(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"HTTP/1.1 400 Bad Request\r\nA: b\r\n\r\n<html><title>400 No</title>",
         "HTTP/1.1 400 Bad Request: 400 No"},
        {"HTTP/1.1 200 OK\r\n\r\n<title>", "HTTP/1.1 200 OK"},
        {"HTTP/1.1 200 OK\r\n\r\n<title></title>", "HTTP/1.1 200 OK"},
        {"HTTP/1.0 204", "HTTP/1.0 204"},
        {"220 mx ESMTP\r\n", ""},
        {"", ""},
    };
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(http_answer_text(&arena, bytes_str(rows[i][0])), rows[i][1]);
    const char *hostile = http_answer_text(&arena, bytes_str("HTTP/1.1 \x1b[31m\n"));
    assert_null(strchr(hostile, '\x1b'));
    arena_free(&arena);
}

static void lengths_that_do_not_fit(void **state)
{
    (void)state;
    struct arena arena = {0};
    /* the list claims more than there is: read as far as it goes */
    static const uint8_t longer[] = {11, 0, 0, 8, 0, 0, 99, 0, 0, 1, 'a', 0, 0, 9, 'b'};
    struct handshake hs = read_message(&arena, bytes_of(longer, sizeof longer), false);
    assert_int_equal(hs.certificate_count, 1);
    assert_true(bytes_equal_str(hs.certificates[0], "a"));
    for (size_t n = 0; n <= sizeof longer; n++) {
        hs = read_message(&arena, bytes_of(longer, n), n % 2 == 0);
        assert_true(hs.certificate_count <= 1);
    }
    arena_free(&arena);
}

static void no_more_certificates_than_the_limit(void **state)
{
    (void)state;
    struct arena arena = {0};
    static uint8_t message[7 + 4 * (LIMIT_SENT_CERTS + 50)];
    const size_t list = sizeof message - 7;
    message[5] = (uint8_t)(list >> 8);
    message[6] = (uint8_t)list;
    for (size_t i = 7; i < sizeof message; i += 4)
        message[i + 2] = 1;
    const struct handshake hs = read_message(&arena, bytes_of(message, sizeof message), false);
    assert_int_equal(hs.certificate_count, LIMIT_SENT_CERTS);
    arena_free(&arena);
}

static void first_bytes(void **state)
{
    (void)state;
    assert_true(record_plausible((const uint8_t *)"", 0));
    assert_true(record_plausible((const uint8_t *)"\x16\x03\x03", 3));
    assert_true(record_plausible((const uint8_t *)"\x15\x03", 2));
    assert_false(record_plausible((const uint8_t *)"H", 1));
    assert_false(record_plausible((const uint8_t *)"\x16\x01", 2));
    assert_false(record_plausible((const uint8_t *)"\x16\x03\x09", 3));
}

static const uint8_t hello_start[] = {22, 3, 1, 0, 76, 1, 0, 0, 72, 3, 3};

/** A hello with SNI "a.test" and supported_versions 1.3, 1.1. */
static size_t hello_make(uint8_t out[81])
{
    static const uint8_t rest[] = {
        0,                                 /* session */
        0, 4,  0x13, 1,  0xc0, 0x2f, 1, 0, /* suites, compression */
        0, 24,                             /* extensions */
        0, 0,  0,    11, 0,    9,    0, 0, 6, 'a', '.', 't', 'e', 's', 't', /* server_name */
        0, 43, 0,    5,  4,    3,    4, 3, 2,                               /* supported_versions */
    };
    memset(out, 7, 81);
    memcpy(out, hello_start, sizeof hello_start);
    memcpy(out + sizeof hello_start + 32, rest, sizeof rest);
    const size_t n = sizeof hello_start + 32 + sizeof rest;
    out[4] = (uint8_t)(n - 5);
    out[8] = (uint8_t)(n - 9);
    return n;
}

static void hellos(void **state)
{
    (void)state;
    uint8_t hello[81];
    const size_t n = hello_make(hello);
    struct client_hello out;
    assert_true(client_hello_read(bytes_of(hello, n), &out));
    assert_true(bytes_equal_str(out.sni, "a.test"));
    assert_int_equal(out.version, 0x0302);
    assert_int_equal(out.ciphers.n, 4);
    assert_int_equal(out.random.n, 32);
    for (size_t cut = 0; cut < n; cut++)
        assert_false(client_hello_read(bytes_of(hello, cut), &out));
    hello[0] = 23;
    assert_false(client_hello_read(bytes_of(hello, n), &out));
}

static void identities(void **state)
{
    (void)state;
    const struct tls_identity named[] = {{.sni = "a.test"}, {.sni = "b.test"}};
    const struct tls_identity mixed[] = {{.sni = "a.test"}, {.sni = NULL}};
    struct tls_server_config config = {.identities = named, .identity_count = 2};
    assert_ptr_equal(identity_choose(&config, bytes_str("B.TEST")), &named[1]);
    assert_ptr_equal(identity_choose(&config, bytes_str("c.test")), &named[0]);
    assert_ptr_equal(identity_choose(&config, bytes_of(NULL, 0)), &named[0]);
    config.require_sni = true;
    assert_null(identity_choose(&config, bytes_str("c.test")));
    assert_null(identity_choose(&config, bytes_of(NULL, 0)));
    config.identities = mixed;
    assert_ptr_equal(identity_choose(&config, bytes_str("c.test")), &mixed[1]);
    assert_null(identity_choose(&config, bytes_of(NULL, 0)));
    config.require_sni = false;
    assert_ptr_equal(identity_choose(&config, bytes_of(NULL, 0)), &mixed[1]);
    config.identity_count = 0;
    assert_null(identity_choose(&config, bytes_str("a.test")));
}

static void versions(void **state)
{
    (void)state;
    assert_int_equal(version_number("TLSv1.0"), 0x0301);
    assert_int_equal(version_number("tlsv1.3"), 0x0304);
    assert_int_equal(version_number(NULL), 0);
    assert_int_equal(version_number("SSLv3"), 0);
    assert_string_equal(handshake_type_name(11), "Certificate");
    assert_string_equal(handshake_type_name(3), "unknown message");
    assert_string_equal(handshake_type_name(-1), "unknown message");
    assert_string_equal(handshake_type_name(254), "unknown message");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificate_lists),
        cmocka_unit_test(schemes_of_certificate_requests),
        cmocka_unit_test(answers_of_http),
        cmocka_unit_test(lengths_that_do_not_fit),
        cmocka_unit_test(no_more_certificates_than_the_limit),
        cmocka_unit_test(first_bytes),
        cmocka_unit_test(hellos),
        cmocka_unit_test(identities),
        cmocka_unit_test(versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
