/* SPDX-License-Identifier: Apache-2.0 */
/* Fetching without a network: which addresses, which URLs, which proxy; the cache and its clock.
 * Servers that misbehave are in tests/e2e/test_fetch.py. */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
/* cmocka wants setjmp.h and stdarg.h first */
#include <cmocka.h>

#include "made_revocation.h"
#include "net/curl_options.h"
#include "net/internal.h"

/* ---- addresses ---- */

static bool is_public(const char *text)
{
    uint8_t ip[16];
    const size_t n = str_parse_ip(text, ip);
    assert_true(n == 4 || n == 16);
    return address_is_public(n == 16 ? AF_INET6 : AF_INET, ip);
}

static void public_addresses(void **state)
{
    static const char *const list[] = {"1.1.1.1",         "9.255.255.255",   "11.0.0.0",
                                       "100.63.255.255",  "100.128.0.0",     "126.255.255.255",
                                       "128.0.0.0",       "169.253.255.255", "169.255.0.0",
                                       "172.15.255.255",  "172.32.0.0",      "192.0.1.0",
                                       "192.0.3.0",       "192.88.98.255",   "192.88.100.0",
                                       "192.167.255.255", "192.169.0.0",     "198.17.255.255",
                                       "198.20.0.0",      "198.51.99.255",   "198.51.101.0",
                                       "203.0.112.255",   "203.0.114.0",     "223.255.255.255",
                                       "2001:200::1",     "2001:4860::8888", "2001:db7:ffff::",
                                       "2001:db9::",      "2003::",          "2a00:1450::1",
                                       "3ffe::1",         "3fff:1000::",     "64:ff9b::1.1.1.1"};
    (void)state;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (!is_public(list[i]))
            fail_msg("%s is public", list[i]);
}

static void other_addresses(void **state)
{
    static const char *const list[] = {"0.0.0.0",
                                       "0.1.2.3",
                                       "10.0.0.0",
                                       "10.255.255.255",
                                       "100.64.0.0",
                                       "100.127.255.255",
                                       "127.0.0.1",
                                       "127.255.255.255",
                                       "169.254.169.254",
                                       "172.16.0.0",
                                       "172.31.255.255",
                                       "192.0.0.1",
                                       "192.0.0.170",
                                       "192.0.2.1",
                                       "192.88.99.1",
                                       "192.168.0.1",
                                       "192.168.255.255",
                                       "198.18.0.0",
                                       "198.19.255.255",
                                       "198.51.100.7",
                                       "203.0.113.7",
                                       "224.0.0.1",
                                       "239.255.255.255",
                                       "240.0.0.1",
                                       "255.255.255.255",
                                       "::",
                                       "::1",
                                       "::127.0.0.1",
                                       "::ffff:10.0.0.1",
                                       "::ffff:1.1.1.1",
                                       "100::1",
                                       "64:ff9b::127.0.0.1",
                                       "64:ff9b::a00:1",
                                       "64:ff9b::a9fe:a9fe",
                                       "64:ff9b:1::1",
                                       "2001::1",
                                       "2001:1ff::",
                                       "2001:db8::1",
                                       "2002:7f00:1::",
                                       "2002:101:101::",
                                       "3fff:fff::1",
                                       "4000::1",
                                       "5f00::1",
                                       "fc00::1",
                                       "fd12:3456::1",
                                       "fe80::1",
                                       "febf::1",
                                       "fec0::1",
                                       "ff02::1",
                                       "ff0e::1"};
    (void)state;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (is_public(list[i]))
            fail_msg("%s is not public", list[i]);
    assert_false(address_is_public(AF_UNIX, (const uint8_t *)"\1\1\1\1"));
}

/* ---- URLs ---- */

struct url_case {
    const char *text, *sent; /* sent NULL: no usable URL; "": another scheme */
    const char *host;
};
static const struct url_case url_cases[] = {
    {"http://a.test/x.cer", "http://a.test/x.cer", "a.test"},
    {"HTTP://A.test", "http://A.test/", "A.test"},
    {"http://a.test:80/", "http://a.test/", "a.test"},
    {"http://a.test:8080?q=1#part", "http://a.test:8080/?q=1", "a.test"},
    {"http://a.test:/x", "http://a.test/x", "a.test"},
    {"https://a.test:443/x", "https://a.test/x", "a.test"},
    {"https://[2001:db8::1]:8443/x", "https://[2001:db8::1]:8443/x", "2001:db8::1"},
    {"http://127.0.0.1/x", "http://127.0.0.1/x", "127.0.0.1"},
    {"http://a.test/Corp CA \"1\"<>\\^`{|}.crt",
     "http://a.test/Corp%20CA%20%221%22%3C%3E%5C%5E%60%7B%7C%7D.crt", "a.test"},
    {"http://a.test/%20\xc3\xbc", "http://a.test/%20%C3%BC", "a.test"},
    {"ldap://a.test/cn=CA,o=X?cACertificate?base?objectClass=*",
     "ldap://a.test/cn=CA,o=X?cACertificate?base?objectClass=*", "a.test"},
    {"ftp://a.test/x", "", ""},
    {"file:///etc/passwd", "", ""},
    {"gopher://127.0.0.1:25/x", "", ""},
    {"urn:x", "", ""},
    {"http:a.test", "", ""},
    {"", NULL, ""},
    {"a.test/x", NULL, ""},
    {"http://", NULL, ""},
    {"http:///x", NULL, ""},
    {"http://:80/", NULL, ""},
    {"http://user:secret@a.test/", NULL, ""},
    {"http://a.test@b.test/", NULL, ""},
    {"http://a.test\\@b.test/", NULL, ""},
    {"http://a.test:0/", NULL, ""},
    {"http://a.test:65536/", NULL, ""},
    {"http://a.test:80x/", NULL, ""},
    {"http://a.test:99999999999/", NULL, ""},
    {"http://a b.test/", NULL, ""},
    {"http://a.test\r\nX: y/", NULL, ""},
    {"http://a.test/\r\nX: y", NULL, ""},
    {"http://[::1/", NULL, ""},
    {"http://[a.test]/", NULL, ""},
    {"http://[::1]x/", NULL, ""},
    {"http://[fe80::1%25eth0]/", NULL, ""},
    {"http://\xc3\xbc.test/", NULL, ""},
};

static void urls(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof url_cases / sizeof *url_cases; i++) {
        const struct url_case *c = &url_cases[i];
        struct arena arena = {0};
        struct url url;
        const bool good = url_parse(c->text, &arena, &url);
        print_message("# %s\n", c->text);
        assert_int_equal(good, c->sent != NULL);
        if (good && *c->sent) {
            assert_string_equal(url_text(&url, &arena), c->sent);
            assert_string_equal(url.host, c->host);
        } else if (good) {
            assert_int_equal(url.scheme, URL_OTHER);
        }
        arena_free(&arena);
    }
}

static void long_urls(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct url url;
    char text[LIMIT_URL_BYTES + 2];
    memset(text, 'a', sizeof text);
    memcpy(text, "http://a.test/", 14);
    text[LIMIT_URL_BYTES] = '\0';
    assert_true(url_parse(text, &arena, &url));
    text[LIMIT_URL_BYTES] = 'a';
    text[LIMIT_URL_BYTES + 1] = '\0';
    assert_false(url_parse(text, &arena, &url));
    memset(text, 'a', sizeof text);
    memcpy(text, "http://", 7);
    text[7 + 254] = '\0';
    assert_false(url_parse(text, &arena, &url));
    text[7 + 253] = '\0';
    assert_true(url_parse(text, &arena, &url));
    arena_free(&arena);
}

/* ---- proxies ---- */

static void exemptions(void **state)
{
    static const struct {
        const char *list, *host;
        bool holds;
    } cases[] = {
        {"", "a.test", false},
        {"*", "a.test", true},
        {"a.test", "a.test", true},
        {"A.TEST", "a.test", true},
        {"a.test", "b.a.test", true},
        {".a.test", "b.a.test", true},
        {".a.test", "a.test", true},
        {"a.test", "ba.test", false},
        {"b.a.test", "a.test", false},
        {"x.test, a.test", "a.test", true},
        {"x.test a.test", "a.test", true},
        {"10.0.0.0/8", "10.1.2.3", true},
        {"10.0.0.0/8", "11.1.2.3", false},
        {"10.1.2.3", "10.1.2.3", true},
        {"10.1.2.0/23", "10.1.3.255", true},
        {"10.1.2.0/23", "10.1.4.0", false},
        {"10.0.0.0/99", "10.0.0.0", false},
        {"0.0.0.0/0", "1.2.3.4", true},
        {"0.0.0.0/0", "a.test", false},
        {"::1", "::1", true},
        {"[::1]", "::1", true},
        {"fd00::/8", "fd12::1", true},
        {"fd00::/8", "fe12::1", false},
        {",", "a.test", false},
        {".", "a.test", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (no_proxy_holds(cases[i].list, cases[i].host) != cases[i].holds)
            fail_msg("\"%s\" and %s", cases[i].list, cases[i].host);
}

static const char *proxy_of(struct fetch_settings settings, const char *text)
{
    const char **const all[] = {&settings.proxy,     &settings.http_proxy, &settings.https_proxy,
                                &settings.all_proxy, &settings.no_proxy,   &settings.cache};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        *all[i] = *all[i] ? *all[i] : "";
    struct arena arena = {0};
    struct url url;
    assert_true(url_parse(text, &arena, &url));
    const char *proxy = proxy_for(&settings, &url);
    arena_free(&arena);
    return proxy ? proxy : "(none)";
}

static void proxies(void **state)
{
    (void)state;
    const struct fetch_settings environment = {
        .http_proxy = "h", .https_proxy = "s", .all_proxy = "a", .no_proxy = "x.test"};
    assert_string_equal(proxy_of((struct fetch_settings){0}, "http://a.test/"), "(none)");
    assert_string_equal(proxy_of(environment, "http://a.test/"), "h");
    assert_string_equal(proxy_of(environment, "https://a.test/"), "s");
    assert_string_equal(proxy_of(environment, "ldap://a.test/"), "a");
    assert_string_equal(proxy_of(environment, "http://b.x.test/"), "(none)");
    struct fetch_settings option = environment;
    option.proxy = "p";
    assert_string_equal(proxy_of(option, "http://a.test/"), "p");
    /* --proxy is for everything */
    assert_string_equal(proxy_of(option, "https://x.test/"), "p");
}

/* ---- the cache ---- */

static const cw_time NOW = MADE_AT;

static struct bytes crl_until(struct arena *arena, cw_time next_update)
{
    struct made_ca ca = made_root(arena, "CA");
    const struct bytes der =
        made_crl(arena, &(struct made_crl){.ca = &ca, .next_update = next_update});
    made_free(&ca);
    return der;
}

static cw_time kept(enum fetch_kind kind, struct bytes body, const char *control,
                    const char *expires)
{
    const struct fetch_request request = {.kind = kind, .url = "http://a.test/", .now = NOW};
    const cw_time until = cache_expiry(&request, body, control, expires);
    return until > NOW ? until - NOW : 0;
}

static void expiry_of_crls(void **state)
{
    (void)state;
    struct arena arena = {0};
    const struct bytes soon = crl_until(&arena, NOW + 3600);
    const struct bytes late = crl_until(&arena, NOW + 90 * TIME_DAY);
    const struct bytes past = crl_until(&arena, NOW - 1);
    assert_int_equal(kept(FETCH_CRL, soon, "", ""), 3600);
    assert_int_equal(kept(FETCH_CRL, late, "", ""), LIMIT_CACHE_DAYS * TIME_DAY);
    assert_int_equal(kept(FETCH_CRL, past, "", ""), 0);
    assert_int_equal(kept(FETCH_CRL, past, "max-age=60", ""), 0);
    assert_int_equal(kept(FETCH_CRL, soon, "public, max-age=60", ""), 60);
    assert_int_equal(kept(FETCH_CRL, soon, "max-age=7200", ""), 3600);
    assert_int_equal(kept(FETCH_CRL, soon, "Max-Age=60,no-transform", ""), 60);
    assert_int_equal(kept(FETCH_CRL, soon, "no-store", ""), 0);
    assert_int_equal(kept(FETCH_CRL, soon, "max-age=60, no-store", ""), 0);
    assert_int_equal(kept(FETCH_CRL, soon, "no-store, max-age=60", ""), 0);
    assert_int_equal(kept(FETCH_CRL, soon, "max-age=forever", ""), 0);
    assert_int_equal(kept(FETCH_CRL, soon, "", "0"), 0);
    assert_int_equal(kept(FETCH_CRL, soon, "", "Sat, 21 Nov 2026 12:10:00 GMT"), 600);
    assert_int_equal(kept(FETCH_CRL, soon, "", "Sat, 21 Nov 2026 11:10:00 GMT"), 0);
    assert_int_equal(kept(FETCH_CRL, soon, "", "Sat, 31 Feb 2026 12:10:00 GMT"), 0);
    assert_int_equal(kept(FETCH_CRL, soon, "", "Sat, 21 Nox 2026 12:10:00 GMT"), 0);
    /* max-age outweighs Expires, RFC 9111 section 5.3 */
    assert_int_equal(kept(FETCH_CRL, soon, "max-age=60", "0"), 60);
    assert_int_equal(kept(FETCH_CRL, bytes_str("<html>"), "", ""), 0);
    assert_int_equal(kept(FETCH_CRL, bytes_of("", 0), "max-age=60", ""), 0);
    arena_free(&arena);
}

static void expiry_of_the_others(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct made_ca ca = made_root(&arena, "CA");
    const struct made_single single = {
        .cert = ca.cert, .this_update = NOW - 60, .next_update = NOW + 7200};
    const struct bytes ocsp =
        made_ocsp(&arena, &(struct made_ocsp){.issuer = &ca, .singles = &single, .count = 1});
    assert_int_equal(kept(FETCH_OCSP, ocsp, "", ""), 7200);
    assert_int_equal(kept(FETCH_OCSP, ocsp, "max-age=10", ""), 10);
    assert_int_equal(kept(FETCH_OCSP, ca.cert->der, "max-age=10", ""), 0);
    assert_int_equal(kept(FETCH_ISSUER, ca.cert->der, "", ""), LIMIT_CACHE_DAYS * TIME_DAY);
    assert_int_equal(kept(FETCH_ISSUER, ca.cert->der, "max-age=10", ""), 10);
    assert_int_equal(kept(FETCH_ISSUER, bytes_str("<!DOCTYPE html>"), "max-age=10", ""), 0);
    assert_int_equal(kept(FETCH_DATA, ca.cert->der, "max-age=10", ""), 0);
    made_free(&ca);
    arena_free(&arena);
}

static struct cache_entry entry_of(const char *body)
{
    return (struct cache_entry){.kind = FETCH_CRL,
                                .url = "http://a.test/x",
                                .fetched = NOW,
                                .expires = NOW + 60,
                                .body = bytes_str(body)};
}

static void entries_are_whole_or_none(void **state)
{
    (void)state;
    struct arena arena = {0};
    const struct cache_entry entry = entry_of("body\n\nof it");
    struct cache_entry back;
    BUF_CLEANUP file = {0};
    cache_entry_write(&entry, &file);
    assert_true(cache_entry_read(buf_bytes(&file), &arena, &back));
    assert_int_equal(back.kind, FETCH_CRL);
    assert_string_equal(back.url, entry.url);
    assert_int_equal(back.fetched, NOW);
    assert_int_equal(back.expires, NOW + 60);
    assert_true(bytes_equal(back.body, entry.body));
    for (size_t n = 0; n < file.n; n++)
        assert_false(cache_entry_read(bytes_slice(buf_bytes(&file), 0, n), &arena, &back));
    buf_add_byte(&file, 'x');
    assert_false(cache_entry_read(buf_bytes(&file), &arena, &back));
    file.n--;
    const size_t at = bytes_find(buf_bytes(&file), bytes_str("body"));
    file.p[at] ^= 1;
    assert_false(cache_entry_read(buf_bytes(&file), &arena, &back));
    arena_free(&arena);
}

static void keys_tell_requests_apart(void **state)
{
    static const struct fetch_request requests[] = {
        {.kind = FETCH_CRL, .url = "http://a.test/", .post = {NULL, 0}},
        {.kind = FETCH_ISSUER, .url = "http://a.test/", .post = {NULL, 0}},
        {.kind = FETCH_CRL, .url = "http://a.test/x", .post = {NULL, 0}},
        {.kind = FETCH_CRL, .url = "http://a.test/", .post = {(const uint8_t *)"x", 1}},
    };
    enum { COUNT = sizeof requests / sizeof *requests };
    uint8_t keys[COUNT][CACHE_KEY_BYTES];
    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        cache_key(&requests[i], keys[i]);
    for (size_t i = 0; i < COUNT; i++)
        for (size_t k = i + 1; k < COUNT; k++)
            assert_memory_not_equal(keys[i], keys[k], CACHE_KEY_BYTES);
}

static void the_directory(void **state)
{
    (void)state;
    struct arena arena = {0};
    char base[] = "/tmp/certwhy-cache-XXXXXX";
    assert_non_null(mkdtemp(base));
    const char *directory = arena_printf(&arena, "%s/deep/certwhy", base);
    struct fetch_request request = {.kind = FETCH_CRL, .url = "http://a.test/", .now = NOW};
    struct fetched found;
    assert_false(cache_find(directory, &request, &arena, &found));
    cache_keep(directory, &request, bytes_str("body"), NOW); /* over at once */
    assert_false(file_exists(NULL, directory));
    cache_keep(directory, &request, bytes_str("body"), NOW + 60);
    struct stat st;
    assert_int_equal(stat(directory, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_true(cache_find(directory, &request, &arena, &found));
    assert_true(found.cached && found.result == FETCH_OK);
    assert_true(bytes_equal_str(found.body, "body"));
    file_unmap(&found.map);
    request.now = NOW + 60;
    assert_false(cache_find(directory, &request, &arena, &found));
    request.now = NOW - 1; /* another clock wrote it */
    assert_false(cache_find(directory, &request, &arena, &found));
    request.now = NOW;
    request.kind = FETCH_OCSP;
    assert_false(cache_find(directory, &request, &arena, &found));
    request.kind = FETCH_CRL;
    /* others may write here: nothing is kept */
    assert_int_equal(chmod(directory, 0777), 0);
    cache_keep(directory, &request, bytes_str("body"), NOW + 60);
    assert_false(cache_find(directory, &request, &arena, &found));
    const char **names;
    size_t count = 0;
    file_list(NULL, directory, 10, &arena, &names, &count, NULL);
    assert_int_equal(count, 1);
    assert_int_equal(stat(arena_printf(&arena, "%s/%s", directory, names[0]), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    file_remove(arena_printf(&arena, "%s/%s", directory, names[0]));
    rmdir(directory);
    rmdir(arena_printf(&arena, "%s/deep", base));
    rmdir(base);
    arena_free(&arena);
}

/* ---- fetches that need no network ---- */

static struct fetched fetch_once(const struct fetch_settings *settings, const char *url,
                                 struct arena *arena)
{
    struct fetcher *fetcher = fetcher_new(settings);
    struct fetched out;
    fetch(fetcher, &(struct fetch_request){.kind = FETCH_ISSUER, .url = url, .now = NOW}, arena,
          &out);
    fetcher_free(fetcher);
    return out;
}

static void refusals(void **state)
{
    static const struct {
        const char *url;
        enum fetch_result result;
    } cases[] = {
        {"http://127.0.0.1:1/", FETCH_ADDRESS},
        {"http://127.1:1/", FETCH_ADDRESS},
        {"http://2130706433:1/", FETCH_ADDRESS},
        {"http://0x7f000001:1/", FETCH_ADDRESS},
        {"http://0:1/", FETCH_ADDRESS},
        {"http://[::1]:1/", FETCH_ADDRESS},
        {"http://[::ffff:127.0.0.1]:1/", FETCH_ADDRESS},
        {"http://localhost:1/", FETCH_ADDRESS},
        {"http://169.254.169.254/", FETCH_ADDRESS},
        {"ldap://127.0.0.1:1/o=x", FETCH_ADDRESS},
        {"ftp://127.0.0.1/", FETCH_SCHEME},
        {"file:///etc/passwd", FETCH_SCHEME},
        {"no URL", FETCH_FAILED},
        {"http://u@127.0.0.1/", FETCH_FAILED},
    };
    (void)state;
    struct arena arena = {0};
    struct fetch_settings settings = {.proxy = "",
                                      .http_proxy = "",
                                      .https_proxy = "",
                                      .all_proxy = "",
                                      .no_proxy = "",
                                      .cache = ""};
    for (int proxied = 0; proxied < 2; proxied++) {
        /* What a proxy must not be asked for is not asked of it: nothing listens at port 1. */
        settings.proxy = proxied ? "http://127.0.0.1:1" : "";
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            print_message("# %s\n", cases[i].url);
            assert_int_equal(fetch_once(&settings, cases[i].url, &arena).result, cases[i].result);
        }
    }
    settings.offline = true;
    assert_int_equal(fetch_once(&settings, "http://127.0.0.1:1/", &arena).result, FETCH_OFFLINE);
    arena_free(&arena);
}

static void budgets_end(void **state)
{
    (void)state;
    struct arena arena = {0};
    const struct fetch_settings settings = {.proxy = "",
                                            .http_proxy = "",
                                            .https_proxy = "",
                                            .all_proxy = "",
                                            .no_proxy = "",
                                            .cache = ""};
    struct fetcher *fetcher = fetcher_new(&settings);
    struct fetch_budget budget;
    struct fetched out;
    fetch_budget_begin(&budget, NOW);
    budget.fetches = 1;
    struct fetch_request request = {
        .kind = FETCH_CRL, .url = "http://127.0.0.1:1/a", .now = NOW, .budget = &budget};
    fetch(fetcher, &request, &arena, &out);
    assert_int_equal(out.result, FETCH_ADDRESS);
    request.url = "http://127.0.0.1:1/b";
    fetch(fetcher, &request, &arena, &out);
    assert_int_equal(out.result, FETCH_BUDGET);
    /* what failed before is remembered, and costs nothing */
    request.url = "http://127.0.0.1:1/a";
    fetch(fetcher, &request, &arena, &out);
    assert_int_equal(out.result, FETCH_ADDRESS);
    fetcher_free(fetcher);
    arena_free(&arena);
}

/* ---- several threads ---- */

/* Answers each connection after a while; counts them. */
static void *serve(void *context)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody";
    const int listener = *(const int *)context;
    intptr_t count = 0;
    for (;; count++) {
        const int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            return (void *)count; /* the test is over */
        char request[4096];
        const ssize_t n = recv(fd, request, sizeof request, 0);
        usleep(1000000); /* all of them have come by then */
        if (n > 0)
            send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL);
        close(fd);
    }
}

struct visitor {
    pthread_t thread;
    struct fetcher *fetcher;
    const char *url;
    struct arena arena;
    struct fetched fetched;
};

static void *visit(void *context)
{
    struct visitor *visitor = context;
    const struct fetch_request request = {.kind = FETCH_DATA, .url = visitor->url, .now = NOW};
    fetch(visitor->fetcher, &request, &visitor->arena, &visitor->fetched);
    return NULL;
}

static void equal_requests_under_way_are_one(void **state)
{
    (void)state;
    enum { VISITORS = 8 };
    struct arena arena = {0};
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof place;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&place, size), 0);
    assert_int_equal(listen(listener, VISITORS), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&place, &size), 0);
    pthread_t server;
    assert_int_equal(pthread_create(&server, NULL, serve, &listener), 0);

    const struct fetch_settings settings = {.allow_private = true,
                                            .proxy = "",
                                            .http_proxy = "",
                                            .https_proxy = "",
                                            .all_proxy = "",
                                            .no_proxy = "",
                                            .cache = ""};
    struct fetcher *fetcher = fetcher_new(&settings);
    struct visitor visitors[VISITORS] = {0};
    for (size_t i = 0; i < VISITORS; i++) {
        visitors[i].fetcher = fetcher;
        visitors[i].url = arena_printf(&arena, "http://127.0.0.1:%u/", ntohs(place.sin_port));
        assert_int_equal(pthread_create(&visitors[i].thread, NULL, visit, &visitors[i]), 0);
    }
    for (size_t i = 0; i < VISITORS; i++)
        pthread_join(visitors[i].thread, NULL);
    shutdown(listener, SHUT_RDWR);
    void *count = NULL;
    pthread_join(server, &count);
    close(listener);
    const bool has_curl = visitors[0].fetched.result != FETCH_UNAVAILABLE;
    for (size_t i = 0; i < VISITORS; i++) {
        if (has_curl) {
            assert_int_equal(visitors[i].fetched.result, FETCH_OK);
            assert_true(bytes_equal_str(visitors[i].fetched.body, "body"));
        }
        arena_free(&visitors[i].arena);
    }
    assert_int_equal((intptr_t)count, has_curl ? 1 : 0);
    fetcher_free(fetcher);
    arena_free(&arena);
}

/* ---- libcurl's numbers ---- */

struct easy_option {
    const char *name;
    int id, type;
    unsigned flags;
};

static void option_numbers(void **state)
{
    static const struct {
        const char *name;
        int number;
    } options[] = {
#define X(name, number) {#name, number},
        CURL_OPTIONS(X)
#undef X
    };
    (void)state;
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    const struct easy_option *(*by_name)(const char *) = NULL;
    if (library)
        *(void **)&by_name = dlsym(library, "curl_easy_option_by_name");
    if (!by_name)
        skip();
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        const struct easy_option *option = by_name(options[i].name);
        print_message("# %s\n", options[i].name);
        assert_non_null(option);
        assert_int_equal(option->id, options[i].number);
    }
    dlclose(library);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(public_addresses),
        cmocka_unit_test(other_addresses),
        cmocka_unit_test(urls),
        cmocka_unit_test(long_urls),
        cmocka_unit_test(exemptions),
        cmocka_unit_test(proxies),
        cmocka_unit_test(expiry_of_crls),
        cmocka_unit_test(expiry_of_the_others),
        cmocka_unit_test(entries_are_whole_or_none),
        cmocka_unit_test(keys_tell_requests_apart),
        cmocka_unit_test(the_directory),
        cmocka_unit_test(refusals),
        cmocka_unit_test(budgets_end),
        cmocka_unit_test(equal_requests_under_way_are_one),
        cmocka_unit_test(option_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
