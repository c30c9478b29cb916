/* SPDX-License-Identifier: Apache-2.0 */
/* What the lab's certificates point to: minted as planned, the same on every run, and served to
 * clients of any kind. OpenSSL's view of it is in tests/e2e/test_revocation.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/web.h"

#define AT ((cw_time)1795262400) /* 2026-11-21T12:00:00Z */

static const struct scenario *scenario_of(const char *name)
{
    size_t count;
    const struct scenario *table = scenario_table(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    fail_msg("no scenario %s", name);
    return NULL;
}

static struct lab lab_new(const char *scenario)
{
    return (struct lab){
        .seed = bytes_str("unit test"), .at = AT, .host = "127.0.0.1:8080", .folder = scenario};
}

static struct site minted(struct lab *lab, const char *scenario)
{
    struct site site;
    struct error err;
    assert_int_equal(site_mint(lab, scenario_of(scenario), &site, &err), CW_OK);
    return site;
}

static struct cert *member(struct lab *lab, const char *scenario, char letter)
{
    return cert_parse(pki_member(lab, &scenario_of(scenario)->pki, letter));
}

/* Each of every scenario can be read, and what is signed is signed by who should. */
static void each_document_is_minted(void **state)
{
    size_t count, crls = 0, responders = 0;
    const struct scenario *table = scenario_table(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        struct lab lab = lab_new(table[i].name);
        const struct site site = minted(&lab, table[i].name);
        assert_int_equal(site.count > 0, table[i].pki.live);
        for (size_t d = 0; d < site.count; d++) {
            const struct site_document *document = &site.documents[d];
            assert_ptr_equal(site_find(&site, bytes_str(document->name)), document);
            if (str_ends(document->name, ".crl")) {
                struct crl *crl = crl_parse(document->body);
                assert_true(crl->parsed);
                assert_int_equal(crl->is_delta, str_ends(document->name, "-delta.crl"));
                crls++;
                crl_free(crl);
            } else if (document->responder) {
                struct ocsp *ocsp = ocsp_parse(document->body);
                assert_int_not_equal(ocsp->readable, OCSP_UNREADABLE);
                responders++;
                ocsp_unref(ocsp);
            }
        }
        lab_free(&lab);
    }
    assert_true(crls >= 10 && responders >= 4);
}

static void the_same_seed_gives_the_same_documents(void **state)
{
    struct lab a = lab_new("healthy-crl-delta"), b = lab_new("healthy-crl-delta");
    (void)state;
    const struct site one = minted(&a, "healthy-crl-delta"), two = minted(&b, "healthy-crl-delta");
    assert_int_equal(one.count, two.count);
    for (size_t i = 0; i < one.count; i++)
        assert_true(bytes_equal(one.documents[i].body, two.documents[i].body));
    lab_free(&a);
    lab_free(&b);
}

static void certificates_point_to_the_site(void **state)
{
    struct lab lab = lab_new("healthy-crl-delta");
    struct cert *leaf = member(&lab, "healthy-crl-delta", 'L');
    const char *urls[2];
    (void)state;
    assert_int_equal(cert_crl_urls(&lab.arena, leaf, urls, 2), 1);
    assert_string_equal(urls[0], "http://127.0.0.1:8080/healthy-crl-delta/1.crl");
    assert_int_equal(cert_aia_urls(&lab.arena, leaf, OID_AD_CA_ISSUERS, urls, 2), 1);
    assert_string_equal(urls[0], "http://127.0.0.1:8080/healthy-crl-delta/1.cer");
    assert_int_equal(cert_aia_urls(&lab.arena, leaf, OID_AD_OCSP, urls, 2), 0);
    cert_unref(leaf);
    leaf = member(&lab, "healthy-ecdsa", 'L'); /* not live: nobody is asked */
    assert_int_equal(cert_aia_urls(&lab.arena, leaf, OID_AD_CA_ISSUERS, urls, 2), 1);
    assert_string_equal(urls[0], "http://aia.lab.test/1.cer");
    cert_unref(leaf);
    lab_free(&lab);
}

/* ---- the responder ---- */

static struct bytes request_for(struct lab *lab, const char *scenario, struct bytes nonce)
{
    struct cert *leaf = member(lab, scenario, 'L'), *issuer = member(lab, scenario, '1');
    BUF_CLEANUP request = {0};
    ocsp_request(leaf, issuer, nonce, &request);
    cert_unref(leaf);
    cert_unref(issuer);
    return arena_bytes(&lab->arena, buf_bytes(&request));
}

static void a_responder_repeats_the_nonce(void **state)
{
    static const struct {
        const char *scenario;
        bool repeats, by_key;
    } cases[] = {{"healthy-ocsp", true, false},
                 {"healthy-ocsp-by-key", false, true},
                 {"healthy-ocsp-delegated", true, false}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct lab lab = lab_new(cases[i].scenario);
        const struct site site = minted(&lab, cases[i].scenario);
        const struct bytes request =
            request_for(&lab, cases[i].scenario, bytes_str("0123456789abcdef"));
        const struct site_document *responder = site_find(&site, bytes_str("1.ocsp"));
        struct ocsp *ocsp = ocsp_parse(site_answer(responder, request, &lab.arena));
        assert_int_equal(ocsp->readable, OCSP_READABLE);
        assert_int_equal(bytes_equal_str(ocsp->nonce, "0123456789abcdef"), cases[i].repeats);
        assert_int_equal(ocsp->responder_key.p != NULL, cases[i].by_key);
        ocsp_unref(ocsp);
        lab_free(&lab);
    }
}

/* Not one octet of a request can be missing. */
static void a_responder_refuses_what_is_cut_off(void **state)
{
    struct lab lab = lab_new("healthy-ocsp");
    const struct site site = minted(&lab, "healthy-ocsp");
    const struct bytes request = request_for(&lab, "healthy-ocsp", (struct bytes){0});
    const struct site_document *responder = site_find(&site, bytes_str("1.ocsp"));
    (void)state;
    for (size_t n = 0; n <= request.n; n++) {
        struct ocsp *ocsp =
            ocsp_parse(site_answer(responder, bytes_slice(request, 0, n), &lab.arena));
        assert_int_equal(ocsp->status, n < request.n ? OCSP_MALFORMED_REQUEST : OCSP_SUCCESSFUL);
        ocsp_unref(ocsp);
    }
    lab_free(&lab);
}

/* ---- the web server ---- */

struct visit {
    int fd;
    const struct site *site;
};

static void *serve(void *context)
{
    struct visit *visit = context;
    web_serve(visit->fd, &visit->site, 1);
    shutdown(visit->fd, SHUT_WR);
    return NULL;
}

/** What the server says to a client that says `what` and no more. */
static void ask(const struct site *site, struct bytes what, struct buf *out)
{
    int pair[2];
    pthread_t thread;
    uint8_t data[4096];
    ssize_t n;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    struct visit visit = {.fd = pair[0], .site = site};
    assert_int_equal(pthread_create(&thread, NULL, serve, &visit), 0);
    assert_int_equal(write(pair[1], what.p, what.n), (ssize_t)what.n);
    shutdown(pair[1], SHUT_WR);
    while ((n = read(pair[1], data, sizeof data)) > 0)
        buf_append(out, data, (size_t)n);
    pthread_join(thread, NULL);
    close(pair[0]);
    close(pair[1]);
}

static bool says(const struct site *site, const char *what, const char *expected)
{
    BUF_CLEANUP out = {0};
    ask(site, bytes_str(what), &out);
    return expected ? bytes_find(buf_bytes(&out), bytes_str(expected)) != SIZE_MAX : out.n == 0;
}

static void the_web_server_finds_documents(void **state)
{
    struct lab lab = lab_new("healthy-crl");
    const struct site site = minted(&lab, "healthy-crl");
    (void)state;
    assert_true(says(&site, "GET /healthy-crl/1.crl HTTP/1.1\r\n\r\n", "200 OK"));
    assert_true(says(&site, "GET /healthy-crl/1.crl?a=b HTTP/1.0\r\nA: b\r\n\r\n", "200 OK"));
    assert_true(says(&site, "GET /healthy-crl/9.crl HTTP/1.1\r\n\r\n", "404"));
    assert_true(says(&site, "GET /other/1.crl HTTP/1.1\r\n\r\n", "404"));
    assert_true(says(&site, "GET / HTTP/1.1\r\n\r\n", "404"));
    lab_free(&lab);
}

static void the_web_server_survives_nonsense(void **state)
{
    struct lab lab = lab_new("healthy-ocsp");
    const struct site site = minted(&lab, "healthy-ocsp");
    (void)state;
    assert_true(says(&site, "", NULL));
    assert_true(says(&site, "GET", NULL));
    assert_true(says(&site, "\r\n\r\n", "404"));
    assert_true(
        says(&site, "POST /healthy-ocsp/1.ocsp HTTP/1.1\r\nContent-Length: 9\r\n\r\nshort", NULL));
    assert_true(says(&site, "GET /healthy-ocsp/1.ocsp/%zz%2 HTTP/1.1\r\n\r\n", "200 OK"));
    assert_true(
        says(&site, "POST /healthy-ocsp/1.ocsp HTTP/1.1\r\nContent-Length: x\r\n\r\n", "200 OK"));
    assert_true(says(&site, "0\x84\xff\xff\xff\xff", NULL));
    assert_true(says(&site, "0\x05\x02\x01\x01\x60", NULL));
    lab_free(&lab);
}

/* bind, then search for one attribute (RFC 4511 sections 4.2, 4.5). */
static void a_directory_gives_the_same(void **state)
{
    static const char base[] = "CN=1.cer,OU=aia-ldap,O=Certwhy Lab";
    struct lab lab = lab_new("aia-ldap");
    const struct site site = minted(&lab, "aia-ldap");
    struct writer w = {0};
    BUF_CLEANUP out = {0};
    (void)state;
    writer_raw(&w, bytes_of("0\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00", 14));
    writer_open(&w, DER_SEQUENCE);
    writer_int(&w, 2);
    writer_open(&w, 0x63);
    writer_put(&w, DER_OCTET_STRING, bytes_str(base));
    for (int i = 0; i < 4; i++)
        writer_int(&w, 0); /* scope, aliases, limits: not looked at */
    writer_bool(&w, false);
    writer_put(&w, DER_CONTEXT(7), bytes_str("objectClass"));
    writer_open(&w, DER_SEQUENCE);
    writer_put(&w, DER_OCTET_STRING, bytes_str("cACertificate;binary"));
    for (int i = 0; i < 3; i++)
        writer_close(&w);
    ask(&site, buf_bytes(&w.out), &out);
    assert_int_not_equal(bytes_find(buf_bytes(&out), site.documents[0].body), SIZE_MAX);
    assert_int_not_equal(bytes_find(buf_bytes(&out), bytes_str("cACertificate;binary")), SIZE_MAX);
    writer_free(&w);
    lab_free(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_document_is_minted),
        cmocka_unit_test(the_same_seed_gives_the_same_documents),
        cmocka_unit_test(certificates_point_to_the_site),
        cmocka_unit_test(a_responder_repeats_the_nonce),
        cmocka_unit_test(a_responder_refuses_what_is_cut_off),
        cmocka_unit_test(the_web_server_finds_documents),
        cmocka_unit_test(the_web_server_survives_nonsense),
        cmocka_unit_test(a_directory_gives_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
