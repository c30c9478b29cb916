/* SPDX-License-Identifier: Apache-2.0 */
/* Options by name: what is taken, what is refused and in which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "certwhy_internal.h"

struct row {
    const char *name, *value;
    const char *sentence; /**< NULL: accepted; else a part of the refusal */
};

static const struct row rows[] = {
    {"name", "www.example.com", NULL},
    {"name", "", "--name"},
    {"ca", "a.pem", NULL},
    {"only-ca", "true", NULL},
    {"only-ca", "false", NULL},
    {"only-ca", "maybe", "true or false"},
    {"offline", "true", NULL},
    {"no-cache", "true", NULL},
    {"allow-private-fetch", "yes", "true or false"},
    {"crl", "a.crl", NULL},
    {"crl", "", "--crl"},
    {"ocsp", "a.der", NULL},
    {"proxy", "proxy.test:3128", NULL},
    {"proxy", "http://user:word@proxy.test:3128", NULL},
    {"proxy", "SOCKS5H://[::1]:1080", NULL},
    {"proxy", "", "--proxy"},
    {"proxy", "ftp://proxy.test", "socks5"},
    {"proxy", "://proxy.test", "socks5"},
    {"proxy", "http://a b", "socks5"},
    {"connect", "127.0.0.1", NULL},
    {"connect", "[::1]:8443", NULL},
    {"connect", "::1", NULL},
    {"connect", "127.0.0.1,[::1]:8443", NULL},
    {"connect", "127.0.0.1,,", "--connect"},
    {"connect", "backend.internal:8443", NULL},
    {"connect", "", "--connect"},
    {"connect", "a b", "--connect"},
    {"connect", "host:0", "--connect"},
    {"connect", "https://x", "--connect"},
    {"resolve", "example.com:443:127.0.0.1", NULL},
    {"resolve", "example.com:443:127.0.0.1,::1", NULL},
    {"resolve", "example.com:443", "HOST:PORT:ADDRESS"},
    {"resolve", "example.com:x:1.2.3.4", "HOST:PORT:ADDRESS"},
    {"resolve", ":443:1.2.3.4", "HOST:PORT:ADDRESS"},
    {"resolve", "example.com:443:", "HOST:PORT:ADDRESS"},
    {"sni", "none", NULL},
    {"sni", "other.test", NULL},
    {"sni", "", "none"},
    {"at", "2026-11-21T12:00:00Z", NULL},
    {"at", "2026-11-21", NULL},
    {"at", "@1700000000", NULL},
    {"at", "yesterday", "not a time"},
    {"at", "@999999999999999", "not a time"},
    {"timeout", "2.5", NULL},
    {"timeout", "0", "seconds"},
    {"timeout", "-1", "seconds"},
    {"timeout", "nan", "seconds"},
    {"timeout", "inf", "seconds"},
    {"timeout", "10s", "seconds"},
    {"timeout", "1e9", "seconds"},
    {"fail-on", "notice", NULL},
    {"fail-on", "errors", "warning"},
    {"client", "all", NULL},
    {"client", "curl", NULL},
    {"client", "curl,go", NULL},
    {"client", "", "list"},
    {"client", "crul", "did you mean \"curl\""},
    {"client", "curl,netscape4", "netscape4"},
    {"ignore", "validity.expired", NULL},
    {"ignore", "validity.expired@www.example.com", NULL},
    {"ignore", "validity.expired@www.example.com=until 2027-01-01", NULL},
    {"ignore", "validity.expired=until 2027-01-01", NULL},
    {"ignore", "validity.expierd", "did you mean \"validity.expired\""},
    {"ignore", "validity.expired=until soon", "not a time"},
    {"client-cert", "x", NULL},
    {"client-key", "x", NULL},
    {"client-key", "", "not empty"},
    {"nmae", "x", "did you mean \"name\""},
    {"\x1b[31m", "x", "no option"},
    {"", "x", "no option"},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cw_options *options = cw_options_new();
        struct cw_error error = {0};
        print_message("# row %zu\n", i);
        const enum cw_code code = cw_options_set(options, rows[i].name, rows[i].value, &error);
        assert_int_equal(code, rows[i].sentence ? CW_E_USAGE : CW_OK);
        if (rows[i].sentence)
            assert_non_null(strstr(error.text, rows[i].sentence));
        assert_null(strchr(error.text, '\x1b'));
        cw_options_free(options);
    }
}

static void set(struct cw_options *options, const char *name, const char *value)
{
    assert_int_equal(options_set(options, name, value, NULL), CW_OK);
}

static void test_values(void **state)
{
    (void)state;
    struct cw_options *options = cw_options_new();
    assert_null(options->sni);
    set(options, "sni", "none");
    assert_string_equal(options->sni, "");
    for (int i = 0; i < 20; i++)
        set(options, "ca", i ? "b" : "a");
    assert_int_equal(options->ca.count, 20);
    assert_string_equal(options->ca.items[0], "a");
    assert_string_equal(options->ca.items[19], "b");
    set(options, "client", "curl");
    set(options, "client", "go");
    assert_string_equal(options->clients, "curl,go");
    set(options, "at", "1970-01-02");
    assert_int_equal(options->at, 86400);
    set(options, "ignore", "validity.expired@a@b=until 1970-01-02");
    assert_string_equal(options->ignore[0].rule, "validity.expired");
    assert_string_equal(options->ignore[0].name, "a@b");
    assert_int_equal(options->ignore[0].until, 86400);
    cw_options_free(options);
    cw_options_free(NULL);
}

static void test_graver(void **state)
{
    (void)state;
    static const int order[] = {0, 1, 3, 2};
    for (int a = 0; a < 4; a++)
        for (int b = 0; b < 4; b++)
            assert_int_equal(exit_status_graver(order[a], order[b]), order[a > b ? a : b]);
}

static void test_unusable_targets(void **state)
{
    (void)state;
    struct cw_options *options = cw_options_new();
    struct cw_report *report = NULL;
    struct cw_error error = {0};
    set(options, "root", "/nonexistent");
    assert_int_equal(cw_check("", options, &report, &error), CW_E_USAGE);
    assert_null(report);
    assert_int_equal(cw_check("no-such.pem", options, &report, &error), CW_E_INPUT);
    assert_non_null(strstr(error.text, "no-such.pem"));
    assert_null(report);
    set(options, "only-ca", "true");
    assert_int_equal(cw_check("127.0.0.1:1", options, &report, &error), CW_E_USAGE);
    assert_non_null(strstr(error.text, "--ca"));
    cw_options_free(options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_graver),
        cmocka_unit_test(test_unusable_targets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
