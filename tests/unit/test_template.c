/* SPDX-License-Identifier: Apache-2.0 */
/* Templates: what is filled in, what is left out, and that nothing foreign gets into a command. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "explain/explain.h"

static const struct evidence_item items[] = {
    {"cert", "certificate 0 \"www\""},
    {"hostport", "[2001:db8::1]:443"},
    {"host", "www.example.com"},
    {"name", "*.example.com"},
    {"days", "12"},
    {"when", "2026-11-21T12:00:00Z"},
    {"file", "my certs/it's.pem"},
    {"aia", "http://pki.example.com/ca.crt"},
    {"subject", "$(touch x) Root"},
    {"evil", "a.example; rm -rf /"},
    {"dash", "-out"},
    {"newline", "a.example\nb"},
    {"empty", ""},
};
enum { ITEMS = sizeof items / sizeof items[0] };

static void check(const char *template, bool shell, const char *expected)
{
    struct arena arena = {0};
    assert_string_equal(template_fill(&arena, template, items, ITEMS, shell), expected);
    arena_free(&arena);
}

static void sentences_are_filled(void **state)
{
    (void)state;
    check("{cert} ended {days} days ago.", false, "certificate 0 \"www\" ended 12 days ago.");
    check("{Cert} ended. {Host} is up.", false,
          "Certificate 0 \"www\" ended. Www.example.com is up.");
    check("of {nobody} and {empty}.", false, "of  and .");
    check("{subject}", false, "$(touch x) Root");
    check("", false, "");
}

static void sections_depend_on_their_key(void **state)
{
    (void)state;
    check("a{?days: ({days} days)}b", false, "a (12 days)b");
    check("a{?nobody: ({nobody})}b", false, "ab");
    check("a{?empty: x}b", false, "ab");
    check("{?days:{?nobody:x}{?host:{host}}}!", false, "www.example.com!");
}

static void braces_are_doubled(void **state)
{
    (void)state;
    check("awk '{{n++}} n=={days}'", false, "awk '{n++} n==12'");
    check("{?days:{{{days}}}}.", false, "{12}.");
    check("cut {", false, "cut ");
    check("cut {days", false, "cut 12");
    check("cut {?days:x", false, "cut x");
    check("a } b", false, "a } b");
}

static void commands_are_quoted(void **state)
{
    (void)state;
    check("s_client -connect {hostport} -servername {host}", true,
          "s_client -connect '[2001:db8::1]:443' -servername www.example.com");
    check("x {name} {days} {when}", true, "x '*.example.com' 12 2026-11-21T12:00:00Z");
    check("cat {file}", true, "cat 'my certs/it'\\''s.pem'");
    check("curl {aia}", true, "curl http://pki.example.com/ca.crt");
}

static void commands_have_no_holes(void **state)
{
    (void)state;
    check("x {nobody}", true, "");
    check("x {empty}", true, "");
    check("x{?nobody: -n {nobody}} y", true, "x y");
    check("x {subject}", true, "");
    check("x {evil}", true, "");
    check("x {dash}", true, "");
    check("x {newline}", true, "");
    check("x{?evil: -n {evil}} y", true, "x y");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentences_are_filled),   cmocka_unit_test(sections_depend_on_their_key),
        cmocka_unit_test(braces_are_doubled),     cmocka_unit_test(commands_are_quoted),
        cmocka_unit_test(commands_have_no_holes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
