/* SPDX-License-Identifier: Apache-2.0 */
/* Asking a proxy: what is said octet by octet, and that no answer of a hostile one is taken for a
 * connection, waited for beyond the deadline, or read further than it goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the ones above first */
#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/net.h"

/* A proxy that has said all of `answer` already and says nothing more. */
static enum proxy_result ask(const char *url, const char *host, struct bytes answer,
                             struct proxy_answer *out, struct buf *asked, struct buf *behind)
{
    int ends[2];
    uint8_t block[4096];
    struct arena arena = {0};
    struct proxy proxy;
    assert_true(proxy_parse(url, &arena, &proxy));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    assert_int_equal(send(ends[1], answer.p, answer.n, MSG_NOSIGNAL), (ssize_t)answer.n);
    shutdown(ends[1], SHUT_WR);
    proxy_ask(ends[0], &proxy, host, 443, deadline_in(5), out);
    ssize_t n = recv(ends[1], block, sizeof block, MSG_DONTWAIT);
    if (asked && n > 0)
        buf_append(asked, block, (size_t)n);
    n = recv(ends[0], block, sizeof block, MSG_DONTWAIT);
    if (behind && n > 0)
        buf_append(behind, block, (size_t)n);
    close(ends[0]);
    close(ends[1]);
    arena_free(&arena);
    return out->result;
}

/* What each kind says when it opens a connection. */
static const struct good {
    const char *url, *host;
    const char *answer;
    size_t n;
} good[] = {
#define ANSWER(text) text, sizeof(text) - 1
    {"http://p", "a.test", ANSWER("HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n")},
    {"http://p", "a.test", ANSWER("HTTP/1.0 299\n\n")},
    {"http://p", "a.test",
     ANSWER("HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 E\r\n\r\nHTTP/1.1 200\r\n\r\n")},
    {"https://u:p@p", "::1", ANSWER("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")},
    {"socks4://p", "192.0.2.1", ANSWER("\0\x5a\0\0\0\0\0\0")},
    {"socks4a://u@p", "a.test", ANSWER("\0\x5a\1\2\3\4\5\6")},
    {"socks5://p", "192.0.2.1", ANSWER("\5\0\5\0\0\1\1\2\3\4\5\6")},
    {"socks5h://p", "a.test", ANSWER("\5\0\5\0\0\3\4abcd\5\6")},
    {"socks5h://p", "a.test", ANSWER("\5\0\5\0\0\3\0\5\6")},
    {"socks5://u:p@p", "::1", ANSWER("\5\2\1\0\5\0\0\4abcdefghijklmnop\5\6")},
};
enum { GOOD = sizeof good / sizeof *good };

static void a_connection_is_opened_and_nothing_behind_it_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < GOOD; i++) {
        BUF_CLEANUP answer = {0}, behind = {0};
        struct proxy_answer out;
        buf_append(&answer, good[i].answer, good[i].n);
        buf_add_str(&answer, "220 mx.test ESMTP\r\n");
        ask(good[i].url, good[i].host, buf_bytes(&answer), &out, NULL, &behind);
        if (out.result != PROXY_OPEN)
            fail_msg("%zu: %s %s", i, proxy_result_names[out.result], out.why);
        assert_string_equal(buf_cstr(&behind), "220 mx.test ESMTP\r\n");
    }
}

static void a_cut_answer_opens_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < GOOD; i++)
        for (size_t n = 0; n < good[i].n; n++) {
            struct proxy_answer out;
            ask(good[i].url, good[i].host, bytes_of(good[i].answer, n), &out, NULL, NULL);
            if (out.result != PROXY_CLOSED)
                fail_msg("%zu cut to %zu octets: %s %s", i, n, proxy_result_names[out.result],
                         out.why);
        }
}

/* One octet another: whatever comes of it, it is one of the results, in harmless words. */
static void altered_answers_are_survived(void **state)
{
    (void)state;
    for (size_t i = 0; i < GOOD; i++)
        for (size_t at = 0; at < good[i].n; at++)
            for (unsigned value = 0; value < 256; value += 5) {
                uint8_t answer[128];
                struct proxy_answer out;
                memcpy(answer, good[i].answer, good[i].n);
                answer[at] = (uint8_t)value;
                ask(good[i].url, good[i].host, bytes_of(answer, good[i].n), &out, NULL, NULL);
                assert_true(out.result <= PROXY_UNFIT);
                assert_true(str_is_utf8(bytes_str(out.why)));
                for (const char *p = out.why; *p; p++)
                    assert_true((uint8_t)*p >= 0x20 && *p != 0x7f);
            }
}

static void answers_without_end_have_one(void **state)
{
    (void)state;
    static const char begin[] = "HTTP/1.1 200 ";
    static uint8_t endless[64 << 10];
    struct proxy_answer out;
    memset(endless, 'x', sizeof endless);
    memcpy(endless, begin, sizeof begin - 1);
    ask("http://p", "a.test", bytes_of(endless, sizeof endless), &out, NULL, NULL);
    assert_int_equal(out.result, PROXY_OTHER);
    BUF_CLEANUP interim = {0};
    for (int i = 0; i < 100; i++)
        buf_add_str(&interim, "HTTP/1.1 100 Continue\r\n\r\n");
    ask("http://p", "a.test", buf_bytes(&interim), &out, NULL, NULL);
    assert_int_equal(out.result, PROXY_OTHER);
}

static void a_silent_proxy_is_a_timeout(void **state)
{
    (void)state;
    int ends[2];
    struct arena arena = {0};
    struct proxy proxy;
    struct proxy_answer out;
    const char *const urls[] = {"http://p", "socks4://p", "socks5://p"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
        assert_true(proxy_parse(urls[i], &arena, &proxy));
        proxy_ask(ends[0], &proxy, "192.0.2.1", 1, deadline_in(0.05), &out);
        assert_int_equal(out.result, PROXY_TIMEOUT);
        close(ends[0]);
        close(ends[1]);
    }
    arena_free(&arena);
}

static void what_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host, *said;
        size_t n;
    } cases[] = {
        {"http://p", "a.test",
         ANSWER("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n"
                "User-Agent: certwhy/" CERTWHY_VERSION "\r\n\r\n")},
        {"http://Aladdin:open%20sesame@p", "::1", /* the pair of RFC 7617 section 2 */
         ANSWER("CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n"
                "User-Agent: certwhy/" CERTWHY_VERSION "\r\n"
                "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n")},
        {"socks4://u@p", "192.0.2.1", ANSWER("\4\1\1\xbb\xc0\0\2\1u\0")},
        {"socks4a://p", "a.test", ANSWER("\4\1\1\xbb\0\0\0\1\0a.test\0")},
        {"socks5://p", "192.0.2.1", ANSWER("\5\1\0\5\1\0\1\xc0\0\2\1\1\xbb")},
        {"socks5h://p", "a.test", ANSWER("\5\1\0\5\1\0\3\6a.test\1\xbb")},
        {"socks5://u%3a:p%40@p", "192.0.2.1", ANSWER("\5\2\0\2\1\2u:\2p@\5\1\0\1\xc0\0\2\1\1\xbb")},
    };
    static const struct {
        const char *p;
        size_t n;
    } answers[] = {{ANSWER("HTTP/1.1 200\n\n")},
                   {ANSWER("\0\x5a\0\0\0\0\0\0")},
                   {ANSWER("\5\0\5\0\0\1\0\0\0\0\0\0")},
                   {ANSWER("\5\2\1\0\5\0\0\1\0\0\0\0\0\0")}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        BUF_CLEANUP asked = {0};
        struct proxy_answer out;
        const size_t kind = str_starts(cases[i].url, "http")     ? 0
                            : str_starts(cases[i].url, "socks4") ? 1
                            : strchr(cases[i].url, '@')          ? 3
                                                                 : 2;
        ask(cases[i].url, cases[i].host, bytes_of(answers[kind].p, answers[kind].n), &out, &asked,
            NULL);
        assert_int_equal(out.result, PROXY_OPEN);
        assert_int_equal(asked.n, cases[i].n);
        assert_memory_equal(asked.p, cases[i].said, cases[i].n);
    }
}

static void urls_of_proxies(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct proxy proxy;
    static const struct {
        const char *url, *shown, *user, *password;
    } cases[] = {
        {"proxy.test", "http://proxy.test:1080", "", ""},
        {"HTTPS://[::1]", "https://[::1]:443", "", ""},
        {"socks5h://a%3Ab:c:d%25@h:9/path?x", "socks5h://h:9", "a:b", "c:d%"},
        {"http://u@h:80", "http://h:80", "u", ""},
        {"socks://h", "socks://h:1080", "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(proxy_parse(cases[i].url, &arena, &proxy));
        assert_string_equal(proxy.shown, cases[i].shown);
        assert_string_equal(proxy.user, cases[i].user);
        assert_string_equal(proxy.password, cases[i].password);
    }
    static const char *const wrong[] = {
        "",
        "ftp://h",
        "http://",
        "http://h:0",
        "http://h:65536",
        "http://[::1",
        "http://[h]",
        "http://a b",
        "http://u%0@h",
        "http://u%@h",
        "http://u%00@h",
        "http://u:%g0@h",
        "://h",
        "http://@",
        "http://h:x",
        "http://-\x1b",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (proxy_parse(wrong[i], &arena, &proxy))
            fail_msg("\"%s\" was taken", wrong[i]);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_is_opened_and_nothing_behind_it_is_read),
        cmocka_unit_test(a_cut_answer_opens_nothing),
        cmocka_unit_test(altered_answers_are_survived),
        cmocka_unit_test(answers_without_end_have_one),
        cmocka_unit_test(a_silent_proxy_is_a_timeout),
        cmocka_unit_test(what_is_said),
        cmocka_unit_test(urls_of_proxies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
