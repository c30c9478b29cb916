/* SPDX-License-Identifier: Apache-2.0 */
/* The judgement of configurations: for each config.* rule an audit that plants it and nothing else,
 * and what it costs in Mozilla's profiles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

#include "explain/explain.h"
#include "judge/judge.h"

enum { SUITES = 8 };

/** An audit without a fault, which tests change. */
struct made {
    struct audit audit;
    struct audit_suite suites[AUDIT_VERSIONS][SUITES];
};

static void version_add(struct made *made, size_t i, int version, const unsigned *suites)
{
    struct audit_version *v = &made->audit.versions[i];
    *v = (struct audit_version){.version = version,
                                .suites = made->suites[i],
                                .asked = true,
                                .complete = true,
                                .refusal = ANSWER_ALERT};
    for (; suites && *suites; suites++)
        made->suites[i][v->suite_count++].id = *suites;
    v->accepted = v->suite_count > 0;
}

static const unsigned modern[] = {0x1302, 0x1303, 0x1301, 0};
static const unsigned intermediate[] = {0xc02b, 0xc02f, 0xc030, 0x009e, 0};

static struct made *good_make(struct made *made)
{
    static const int versions[AUDIT_VERSIONS] = {TLS_1_3, TLS_1_2, TLS_1_1,
                                                 TLS_1_0, SSL_3_0, SSL_2_0};
    *made = (struct made){.audit = {.net = NET_OK, .why = "", .session = "", .address = ""}};
    for (size_t i = 0; i < AUDIT_VERSIONS; i++)
        version_add(made, i, versions[i], i == 0 ? modern : i == 1 ? intermediate : NULL);
    made->audit.versions[0].groups =
        (struct audit_list){.items = {0x11ec, 0x1d}, .count = 2, .asked = true, .complete = true};
    made->audit.schemes =
        (struct audit_list){.items = {0x0804}, .count = 1, .asked = true, .complete = true};
    made->audit.compression = AUDIT_NO;
    made->audit.renegotiation_info = made->audit.extended_master_secret = AUDIT_YES;
    made->audit.fallback_scsv = made->audit.downgrade_sentinel = made->audit.long_hello = AUDIT_YES;
    made->audit.http = (struct audit_http){
        .asked = true, .named = true, .status = 200, .server = "", .hsts = "max-age=63072000"};
    return made;
}

/* "rule:severity:what; …" and the grade behind it. */
static void expect(const struct made *made, const char *issues, const char *grade)
{
    struct arena arena = {0};
    struct config_verdict verdict;
    BUF_CLEANUP text = {0};
    config_judge(&made->audit, &arena, &verdict);
    for (size_t i = 0; i < verdict.count; i++) {
        assert_non_null(rule_find(verdict.issues[i].rule));
        buf_printf(&text, "%s%s:%s:%s", i ? "; " : "", verdict.issues[i].rule + strlen("config."),
                   severity_name((enum severity)verdict.issues[i].weight), verdict.issues[i].what);
    }
    assert_string_equal(buf_cstr(&text), issues);
    assert_string_equal(config_profile_name(verdict.grade), grade);
    arena_free(&arena);
}

static void nothing_is_wrong(void **state)
{
    (void)state;
    struct made made;
    expect(good_make(&made), "", "intermediate");
    version_add(&made, 1, TLS_1_2, NULL);
    expect(&made, "", "modern");
    version_add(&made, 0, TLS_1_3, NULL);
    struct arena arena = {0};
    struct config_verdict verdict;
    config_judge(&made.audit, &arena, &verdict);
    assert_false(verdict.seen); /* nothing was accepted: there is nothing to judge */
    assert_int_equal(verdict.count, 0);
    arena_free(&arena);
}

static void versions(void **state)
{
    (void)state;
    struct made made;
    version_add(good_make(&made), 2, TLS_1_1, (const unsigned[]){0xc013, 0});
    expect(&made, "old-protocol-enabled:warning:TLSv1.1", "old");
    version_add(&made, 4, SSL_3_0, (const unsigned[]){0xc013, 0});
    expect(&made, "old-protocol-enabled:error:SSLv3; old-protocol-enabled:warning:TLSv1.1", "");
    version_add(good_make(&made), 5, SSL_2_0, (const unsigned[]){0x0700c0, 0});
    expect(&made,
           "old-protocol-enabled:error:SSLv2; weak-cipher:error:SSL_CK_DES_192_EDE3_CBC_WITH_MD5; "
           "no-forward-secrecy:notice:SSL_CK_DES_192_EDE3_CBC_WITH_MD5",
           "");
    version_add(good_make(&made), 0, TLS_1_3, NULL);
    expect(&made, "no-tls13:notice:TLSv1.3 is refused", "old");
}

static void suites(void **state)
{
    (void)state;
    struct made made;
    version_add(good_make(&made), 1, TLS_1_2, (const unsigned[]){0xc02f, 0xc011, 0});
    expect(&made, "weak-cipher:error:ECDHE-RSA-RC4-SHA", "");
    version_add(&made, 1, TLS_1_2, (const unsigned[]){0xc02f, 0xc012, 0});
    expect(&made, "weak-cipher:warning:ECDHE-RSA-DES-CBC3-SHA", "old");
    version_add(&made, 1, TLS_1_2, (const unsigned[]){0xc02f, 0xc061, 0});
    expect(&made, "unusual-cipher:notice:ECDHE-ARIA256-GCM-SHA384", "");
    version_add(&made, 1, TLS_1_2, (const unsigned[]){0xc02f, 0x009c, 0});
    expect(&made, "no-forward-secrecy:notice:AES128-GCM-SHA256", "old");
    version_add(&made, 0, TLS_1_3, NULL);
    version_add(&made, 1, TLS_1_2, (const unsigned[]){0x009c, 0});
    expect(&made,
           "no-forward-secrecy:warning:AES128-GCM-SHA256; no-tls13:notice:TLSv1.3 is refused",
           "old");
    version_add(good_make(&made), 0, TLS_1_3, (const unsigned[]){0xc0b4, 0});
    expect(&made, "weak-cipher:error:TLS_SHA256_SHA256", "");
}

static void key_exchange(void **state)
{
    (void)state;
    struct made made;
    good_make(&made)->audit.versions[0].groups.items[0] = 0x17;
    expect(&made, "no-pq-group:notice:no hybrid group is accepted", "intermediate");
    assert_int_equal(config_post_quantum(&made.audit), AUDIT_NO);
    made.audit.versions[0].groups.complete = false; /* who knows what else */
    expect(&made, "", "intermediate");
    assert_int_equal(config_post_quantum(&made.audit), AUDIT_UNKNOWN);
    good_make(&made)->audit.versions[3].refusal = ANSWER_TIMEOUT; /* perhaps TLS 1.0, perhaps not */
    expect(&made, "", "");
    good_make(&made)->audit.cut = true;
    expect(&made, "", "");
    good_make(&made)->audit.dh_bits = 1024;
    made.audit.dh_prime = bytes_str("no prime that anybody has");
    expect(&made, "weak-dh:error:a prime of 1024 bits", "old");
    made.audit.dh_bits = 768;
    expect(&made, "weak-dh:error:a prime of 768 bits", "");
    made.audit.dh_bits = 1536;
    expect(&made, "weak-dh:warning:a prime of 1536 bits", "old");
    good_make(&made)->audit.long_hello = AUDIT_NO;
    expect(&made, "long-hello:warning:no answer to a long ClientHello", "intermediate");
}

static void extensions(void **state)
{
    (void)state;
    struct made made;
    good_make(&made)->audit.compression = AUDIT_YES;
    expect(&made, "compression:error:DEFLATE is accepted", "");
    good_make(&made)->audit.renegotiation_info = AUDIT_NO;
    expect(&made, "renegotiation:warning:no renegotiation_info is answered", "");
    good_make(&made)->audit.extended_master_secret = AUDIT_NO;
    expect(&made, "no-extended-master-secret:notice:no extended_master_secret is answered",
           "intermediate");
    good_make(&made)->audit.schemes.items[0] = 0x0201;
    expect(&made, "sigalg:warning:handshakes signed with SHA-1", "intermediate");
    good_make(&made)->audit.fallback_scsv = AUDIT_NO;
    expect(&made, "downgrade:notice:TLS_FALLBACK_SCSV is ignored", "intermediate");
    good_make(&made)->audit.downgrade_sentinel = AUDIT_NO;
    expect(&made, "downgrade:notice:no mark in the random (RFC 8446 section 4.1.3)",
           "intermediate");
}

static void hsts(void **state)
{
    (void)state;
    struct made made;
    good_make(&made)->audit.http.hsts = "";
    expect(&made, "no-hsts:notice:no Strict-Transport-Security", "intermediate");
    made.audit.http.hsts = "includeSubDomains";
    expect(&made, "no-hsts:notice:a Strict-Transport-Security without max-age", "intermediate");
    made.audit.http.hsts = "max-age=86400";
    expect(&made, "no-hsts:notice:Strict-Transport-Security for 1 days only", "intermediate");
    made.audit.http.named = false; /* RFC 6797 section 8.1.1 */
    expect(&made, "", "intermediate");
    const struct hsts all = hsts_read("preload;  Max-Age = \"31536000\" ;INCLUDESUBDOMAINS;;x=1");
    assert_int_equal(all.max_age, -1); /* RFC 6797 section 6.1: no spaces within a directive */
    const struct hsts plain = hsts_read("preload;  Max-Age=\"31536000\" ;INCLUDESUBDOMAINS;;x=1");
    assert_int_equal(plain.max_age, 31536000);
    assert_true(plain.preload && plain.subdomains);
    assert_int_equal(hsts_read("max-age=99999999999999999999").max_age, -1);
    assert_int_equal(hsts_read("max-age=").max_age, -1);
}

static void shared_primes(void **state)
{
    (void)state;
    struct arena arena = {0};
    /* RFC 2409 section 6.2, with an octet of zero in front */
    const struct bytes prime = str_unhex(
        &arena, "00FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22"
                "514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F4"
                "4C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFF"
                "FFFFFFFFFFFF");
    assert_string_equal(dh_prime_name(prime), "RFC 2409 group 2");
    assert_string_equal(dh_prime_name(bytes_slice(prime, 1, prime.n)), "RFC 2409 group 2");
    assert_string_equal(dh_prime_name(bytes_slice(prime, 2, prime.n)), "");
    assert_string_equal(dh_prime_name(bytes_of(NULL, 0)), "");
    arena_free(&arena);
}

static void lines_of_pages(void **state)
{
    (void)state;
    struct arena arena = {0};
    size_t count = 0;
    const struct server_line *lines = server_lines(rule_find("config.weak-cipher"), &arena, &count);
    assert_true(count >= 8);
    assert_string_equal(lines[0].server, "nginx");
    assert_string_equal(lines[0].text,
                        "ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
                        "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
                        "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305;");
    for (size_t i = 0; i < count; i++)
        assert_null(strstr(lines[i].text, "LIST"));
    server_lines(rule_find("validity.expired"), &arena, &count);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_wrong), cmocka_unit_test(versions),
        cmocka_unit_test(suites),           cmocka_unit_test(key_exchange),
        cmocka_unit_test(extensions),       cmocka_unit_test(hsts),
        cmocka_unit_test(shared_primes),    cmocka_unit_test(lines_of_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
