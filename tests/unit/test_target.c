/* SPDX-License-Identifier: Apache-2.0 */
/* What people type as a target, and what is made of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "record/record.h"

static struct arena arena;

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

struct good {
    const char *text, *host;
    uint16_t port;
};

static void test_endpoints(void **state)
{
    (void)state;
    static const struct good cases[] = {
        {"example.com", "example.com", 443},
        {"example.com:8443", "example.com", 8443},
        {"EXAMPLE.com", "example.com", 443},
        {"example.com.", "example.com.", 443},
        {"localhost:65535", "localhost", 65535},
        {"under_score.example", "under_score.example", 443},
        {"127.0.0.1", "127.0.0.1", 443},
        {"127.0.0.1:1", "127.0.0.1", 1},
        {"::1", "::1", 443},
        {"[::1]", "::1", 443},
        {"[::1]:4443", "::1", 4443},
        {"https://example.com", "example.com", 443},
        {"HTTPS://example.com/path?q#f", "example.com", 443},
        {"https://example.com:8443/", "example.com", 8443},
        {"https://[::1]:8443/x:y", "::1", 8443},
        {"tls://mail.example:993", "mail.example", 993},
        {"https://user:secret@example.com/", "example.com", 443},
        {"b\xc3\xbc"
         "cher.example",
         "xn--bcher-kva.example", 443},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct target target;
        struct error error = {0};
        print_message("# %s\n", cases[i].text);
        assert_int_equal(target_parse(cases[i].text, "", &arena, &target, &error), CW_OK);
        assert_int_equal(target.kind, TARGET_ENDPOINT);
        assert_string_equal(target.host, cases[i].host);
        assert_int_equal(target.port, cases[i].port);
    }
}

static void test_not_endpoints(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "example.com:0",
        "example.com:65536",
        "example.com:",
        "example.com:https",
        "example.com:-1",
        "example.com:443x",
        ":443",
        "a..b",
        ".example.com",
        "*.example.com",
        "300.1.1.1",
        "1.2.3",
        "[::1",
        "[::1]x",
        "[127.0.0.1]:443",
        "[]:1",
        "host name",
        "host\nname",
        "$(id)",
        "a;b",
        "-v.\x1b[31m",
        "\xff\xfe",
        "http://example.com",
        "smpt://example.com",
        "gopher://example.com",
        "://example.com",
        "https://",
        "https://user@",
        "no/such/file",
        "missing.pem",
        "./missing",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct target target;
        struct error error = {0};
        print_message("# case %zu\n", i);
        assert_int_not_equal(target_parse(cases[i], "", &arena, &target, &error), CW_OK);
        assert_true(strlen(error.text) > 10);
        assert_true(str_is_utf8(bytes_str(error.text)));
        assert_null(strpbrk(error.text, "\x1b\n"));
    }
}

static void test_host_of_254_characters(void **state)
{
    (void)state;
    char host[300] = "";
    for (int i = 0; i < 127; i++)
        memcpy(host + 2 * i, "a.", 3);
    host[253] = '\0';
    struct target target;
    assert_int_equal(target_parse(host, "", &arena, &target, NULL), CW_OK);
    memcpy(host + 253, ".b", 3);
    assert_int_equal(target_parse(host, "", &arena, &target, NULL), CW_E_USAGE);
}

static void test_credentials_are_dropped(void **state)
{
    (void)state;
    struct target target;
    assert_int_equal(target_parse("https://user:secret@example.com:1/", "", &arena, &target, NULL),
                     CW_OK);
    assert_null(strstr(target.text, "secret"));
    assert_string_equal(target.text, "https://example.com:1");
}

static void test_files(void **state)
{
    (void)state;
    struct target target;
    assert_int_equal(target_parse("VERSION", "", &arena, &target, NULL), CW_OK);
    assert_int_equal(target.kind, TARGET_FILE);
    assert_string_equal(target.path, "VERSION");
    assert_int_equal(target_parse("-", "", &arena, &target, NULL), CW_OK);
    assert_int_equal(target.kind, TARGET_FILE);
    assert_int_equal(target_set_name(&target, NULL, &arena, NULL), CW_OK);
    assert_int_equal(target.name_kind, NAME_NONE);
    assert_string_equal(target.name, "");
}

static void name_of(const char *text, const char *name, struct target *target)
{
    assert_int_equal(target_parse(text, "", &arena, target, NULL), CW_OK);
    assert_int_equal(target_set_name(target, name, &arena, NULL), CW_OK);
}

static void test_names(void **state)
{
    (void)state;
    struct target target;
    name_of("example.com.", NULL, &target);
    assert_int_equal(target.name_kind, NAME_DNS);
    assert_string_equal(target.name, "example.com.");
    assert_string_equal(target.sni, "example.com");

    name_of("127.0.0.1:4443", "", &target);
    assert_int_equal(target.name_kind, NAME_IP);
    assert_int_equal(target.ip_length, 4);
    assert_memory_equal(target.ip, "\x7f\0\0\1", 4);
    assert_string_equal(target.sni, "");

    name_of("[::1]:4443", "WWW.Lab.test", &target);
    assert_int_equal(target.name_kind, NAME_DNS);
    assert_string_equal(target.name, "www.lab.test");
    assert_string_equal(target.sni, "www.lab.test");

    name_of("example.com", "::1", &target);
    assert_int_equal(target.name_kind, NAME_IP);
    assert_int_equal(target.ip_length, 16);

    struct error error = {0};
    assert_int_equal(target_set_name(&target, "https://x", &arena, &error), CW_E_USAGE);
    assert_int_equal(target_set_name(&target, "a b", &arena, &error), CW_E_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_endpoints),
        cmocka_unit_test(test_not_endpoints),
        cmocka_unit_test(test_host_of_254_characters),
        cmocka_unit_test(test_credentials_are_dropped),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
