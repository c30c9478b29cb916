/* SPDX-License-Identifier: Apache-2.0 */
/* Data of DNS records as strangers write it, and libunbound's interface as we wrote it down. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "judge/judge.h"

static struct bytes record(const char *text, size_t n)
{
    return bytes_of(text, n);
}
#define RECORD(text) record(text, sizeof(text) - 1)

static void caa_of_every_length(void **state)
{
    (void)state;
    struct caa caa;
    const char whole[] = "\x80\x05issueca.example";
    for (size_t n = 0; n < 7; n++)
        assert_false(caa_parse(record(whole, n), &caa)); /* the tag is not all there */
    assert_true(caa_parse(record(whole, 7), &caa));
    assert_int_equal(caa.value.n, 0);
    assert_true(caa_parse(RECORD("\x80\x05issueca.example"), &caa));
    assert_true(caa.critical && caa_is(&caa, "ISSUE") && !caa_is(&caa, "issuewild"));
    assert_true(bytes_equal_str(caa.value, "ca.example"));
    assert_false(caa_parse(RECORD("\x00\x00value"), &caa)); /* RFC 8659: a tag is not empty */
    assert_false(caa_parse(RECORD("\x00\xffissue"), &caa));
}

static void issuers_of_values(void **state)
{
    (void)state;
    static const struct {
        const char *value, *issuer;
    } rows[] = {
        {"ca.example", "ca.example"},
        {" \tca.example \t", "ca.example"},
        {"ca.example;", "ca.example"},
        {"ca.example ; account=1", "ca.example"},
        {"", ""},
        {";", ""},
        {" ; policy=ev", ""},
        {"ca example", ""},
        {"ca.example policy=ev", ""},
        {"ca\x01.example", ""},
        {"ca\xff.example", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct caa caa = {.value = bytes_str(rows[i].value)};
        assert_true(bytes_equal_str(caa_issuer(&caa), rows[i].issuer));
    }
}

static void records_are_shown_harmless(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct caa caa;
    assert_true(caa_parse(RECORD("\x00\x05issue\"\\\n\x1b[31m"), &caa));
    assert_string_equal(caa_text(&arena, &caa), "0 issue \"\\\"\\\\\\010\\027[31m\"");
    assert_true(caa_parse(RECORD("\x00\x02\x1b]x"), &caa));
    assert_string_equal(caa_text(&arena, &caa), "0 (a tag that is no word) \"x\"");
    struct bytes odd[] = {RECORD("\x01\x02"), RECORD("")};
    const struct dns_answer a = {.type = DNS_A, .records = odd, .record_count = 2};
    assert_string_equal(dns_records_text(&arena, &a), "0102; ");
    arena_free(&arena);
}

static void tlsa_of_every_length(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct tlsa tlsa;
    const char whole[] = "\x03\x01\x01\xab\xcd";
    for (size_t n = 0; n < 4; n++)
        assert_false(tlsa_parse(record(whole, n), &tlsa)); /* no data: it says nothing */
    assert_true(tlsa_parse(RECORD("\x03\x01\x01\xab\xcd"), &tlsa));
    assert_string_equal(tlsa_text(&arena, &tlsa), "3 1 1 abcd");
    arena_free(&arena);
}

static enum caa_verdict judged(struct bytes *records, size_t count, bool wildcard)
{
    const struct dns_answer answer = {.type = DNS_CAA, .records = records, .record_count = count};
    return caa_judge(&answer, "ca.example other.example", wildcard);
}
#define JUDGED(wildcard, ...)                                                                      \
    judged((struct bytes[]){__VA_ARGS__},                                                          \
           sizeof((struct bytes[]){__VA_ARGS__}) / sizeof(struct bytes), wildcard)

#define ISSUE(value) RECORD("\x00\x05issue" value)
#define WILD(value) RECORD("\x00\x09issuewild" value)

static void caa_sets(void **state)
{
    (void)state;
    assert_int_equal(JUDGED(false, ISSUE("ca.example")), CAA_ALLOWS);
    assert_int_equal(JUDGED(false, ISSUE("OTHER.example")), CAA_ALLOWS);
    assert_int_equal(JUDGED(false, ISSUE("ca.example.org")), CAA_OTHERS);
    assert_int_equal(JUDGED(false, ISSUE("a.example")), CAA_OTHERS);
    assert_int_equal(JUDGED(false, ISSUE(";")), CAA_NOBODY);
    assert_int_equal(JUDGED(false, ISSUE(";"), ISSUE("ca.example")), CAA_ALLOWS);
    assert_int_equal(JUDGED(false, WILD("x.example")), CAA_ALLOWS);
    assert_int_equal(JUDGED(true, WILD("x.example"), ISSUE("ca.example")), CAA_OTHERS);
    assert_int_equal(JUDGED(true, WILD(";"), ISSUE("ca.example")), CAA_NOBODY);
    assert_int_equal(JUDGED(true, ISSUE("x.example")), CAA_OTHERS);
    assert_int_equal(JUDGED(true, WILD("ca.example"), ISSUE("x.example")), CAA_ALLOWS);
    assert_int_equal(JUDGED(false, RECORD("\x80\x03tbsx"), ISSUE("ca.example")),
                     CAA_UNKNOWN_CRITICAL);
    assert_int_equal(JUDGED(false, RECORD("\x00\x03tbsx"), ISSUE("ca.example")), CAA_ALLOWS);
    assert_int_equal(JUDGED(false, RECORD("\x80\x05iodefx")), CAA_ALLOWS);
    assert_int_equal(JUDGED(false, RECORD("\x00"), ISSUE("x.example")), CAA_UNCLEAR);
}

static void caa_is_looked_for_upwards(void **state)
{
    (void)state;
    struct bytes one[] = {ISSUE(";")};
    struct dns_answer answers[] = {
        {.name = "a.b.example", .type = DNS_CAA, .result = DNS_NO_NAME},
        {.name = "b.example", .type = DNS_CAA, .result = DNS_NO_RECORDS},
        {.name = "example", .type = DNS_CAA, .records = one, .record_count = 1},
    };
    const struct dns_seen seen = {.answers = answers, .count = 3};
    assert_ptr_equal(caa_relevant(&seen, "A.b.example"), &answers[2]);
    answers[1].result = DNS_FAILED; /* nobody knows what stands there */
    assert_null(caa_relevant(&seen, "a.b.example"));
    answers[1] = (struct dns_answer){
        .name = "b.example", .type = DNS_CAA, .records = one, .security = DNS_BOGUS};
    assert_null(caa_relevant(&seen, "a.b.example"));
    assert_null(caa_relevant(&seen, "other.test"));
}

/* Nothing of a certificate may become a question that it is not. */
static void parents_end(void **state)
{
    (void)state;
    assert_string_equal(dns_parent("a.b"), "b");
    assert_null(dns_parent("b"));
    assert_null(dns_parent("b."));
    assert_null(dns_parent(""));
}

/* ---- libunbound ---- */

#if __has_include(<unbound.h>)
#define ub_result real_ub_result
#define ub_ctx real_ub_ctx
#include <unbound.h>
#undef ub_result
#undef ub_ctx
#undef UB_NOMEM
#define UB_NOMEM OUR_UB_NOMEM
#include "net/dns_unbound.h"

#define SAME(member)                                                                               \
    _Static_assert(offsetof(struct ub_result, member) == offsetof(struct real_ub_result, member),  \
                   #member)
SAME(qname);
SAME(qtype);
SAME(qclass);
SAME(data);
SAME(len);
SAME(canonname);
SAME(rcode);
SAME(answer_packet);
SAME(answer_len);
SAME(havedata);
SAME(nxdomain);
SAME(secure);
SAME(bogus);
SAME(why_bogus);
SAME(was_ratelimited);
SAME(ttl);
_Static_assert(sizeof(struct ub_result) == sizeof(struct real_ub_result), "ub_result");
#endif

static void settings_that_cannot_be_used(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct dns_answer answer = {.name = "a.example", .type = DNS_A};
    struct dns_seen seen = {.answers = &answer, .count = 1};
    const struct dns_settings settings = {
        .server = "127.0.0.1:1", .anchors = bytes_str("this is no record\n"), .seconds = 1};
    dns_ask(&settings, &arena, &seen);
    assert_true(seen.state == DNS_UNUSABLE || seen.state == DNS_UNAVAILABLE);
    assert_int_equal(seen.count, 0);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(caa_of_every_length),
        cmocka_unit_test(issuers_of_values),
        cmocka_unit_test(records_are_shown_harmless),
        cmocka_unit_test(tlsa_of_every_length),
        cmocka_unit_test(caa_sets),
        cmocka_unit_test(caa_is_looked_for_upwards),
        cmocka_unit_test(parents_end),
        cmocka_unit_test(settings_that_cannot_be_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
