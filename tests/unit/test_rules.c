/* SPDX-License-Identifier: Apache-2.0 */
/* Every rule page: complete, found, printable; and every fact and file fault has one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "explain/internal.h"

/* The families that users were promised: design, section 6, without those of later work. */
static const char *const promised[] = {
    "chain.missing-intermediate",
    "chain.wrong-intermediate",
    "chain.wrong-order",
    "chain.duplicate",
    "chain.unrelated",
    "chain.root-sent",
    "chain.path-too-long",
    "chain.cross-sign-expired",
    "chain.no-aia",
    "name.mismatch",
    "name.cn-only",
    "name.no-san",
    "name.ip-not-in-san",
    "name.wildcard-depth",
    "name.wildcard-partial",
    "name.unresolvable",
    "name.idn",
    "name.trailing-dot",
    "validity.expired",
    "validity.not-yet-valid",
    "validity.intermediate-expired",
    "validity.root-expired",
    "validity.clock-wrong",
    "validity.expiring",
    "validity.too-long",
    "trust.self-signed",
    "trust.self-signed-ca-as-leaf",
    "trust.private-ca",
    "trust.unknown-ca",
    "trust.interception",
    "trust.store-outdated",
    "trust.store-missing",
    "trust.distrusted",
    "trust.wrong-root-same-name",
    "trust.env-override",
    "signature.bad",
    "signature.weak-digest",
    "signature.weak-key",
    "signature.unsupported-algorithm",
    "usage.eku-missing",
    "usage.key-usage",
    "usage.not-a-ca",
    "usage.path-length",
    "usage.name-constraint",
    "usage.critical-extension",
    "usage.policy",
    "usage.ca-missing-key-id",
    "revocation.revoked",
    "revocation.ca-revoked",
    "revocation.unknown",
    "revocation.unreachable",
    "revocation.stale",
    "revocation.staple-missing",
    "revocation.staple-bad",
    "revocation.must-staple",
    "revocation.no-source",
    "file.seam",
    "file.bad-base64",
    "file.not-pem",
    "file.bom",
    "file.smart-dash",
    "file.escaped-newlines",
    "file.private-key-in-chain",
    "file.key-mismatch",
    "file.encrypted-key",
    "file.wrong-kind",
    "file.empty",
    "server.plaintext",
    "server.sni-required",
    "server.default-certificate",
    "server.client-certificate-required",
    "server.addresses-differ",
    "server.old-protocol",
    "server.handshake-failure",
    "server.alert",
};

static void promised_rules_have_pages(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof promised / sizeof promised[0]; i++)
        if (!rule_find(promised[i]))
            fail_msg("no page for %s", promised[i]);
    assert_null(rule_find("chain.no-such-rule"));
    assert_null(rule_find(""));
}

static void facts_and_faults_have_rules(void **state)
{
    (void)state;
    for (int id = 0; id < FACT_COUNT; id++)
        if (!rule_find(fact_rule((enum fact_id)id)))
            fail_msg("fact %s: no page for %s", fact_name((enum fact_id)id),
                     fact_rule((enum fact_id)id));
    for (int id = 0; id < FAULT_COUNT; id++)
        if (!rule_find(file_fault_rule((enum file_fault_id)id)))
            fail_msg("file fault %d: no page for %s", id, file_fault_rule((enum file_fault_id)id));
}

static void check_text(const struct rule *rule, const char *what, const char *text, size_t least)
{
    if (strlen(text) < least)
        fail_msg("%s: %s says too little: '%s'", rule->id, what, text);
    if (!str_is_utf8(bytes_str(text)))
        fail_msg("%s: %s is not UTF-8", rule->id, what);
}

static void pages_are_complete(void **state)
{
    size_t count;
    const struct rule *rules = rule_table(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        const struct rule *r = &rules[i];
        check_text(r, "title", r->title, 10);
        check_text(r, "references", r->references, 5);
        check_text(r, "summary", r->summary, 10);
        check_text(r, "detail", r->detail, 60);
        check_text(r, "not_this", r->not_this, 20);
        check_text(r, "What is wrong", r->wrong, 60);
        check_text(r, "Why clients reject it", r->why, 60);
        check_text(r, "How to fix it", r->fix, 60);
        check_text(r, "What not to do", r->not_do, 30);
        check_text(r, "What it risks", r->risks, 40);
        if (strncmp(r->id, "file.", 5) != 0 && strncmp(r->id, "validity.too", 12) != 0)
            check_text(r, "verify", r->verify, 5);
        assert_true(i == 0 || strcmp(rules[i - 1].id, r->id) < 0);
        assert_ptr_equal(rule_find(r->id), r);
    }
}

static void advice_never_disarms(void **state)
{
    static const char *const forbidden[] = {"curl -k", "curl --insecure", "--no-check-certificate",
                                            "sslVerify false", "--trusted-host"};
    size_t count;
    const struct rule *rules = rule_table(&count);
    (void)state;
    for (size_t i = 0; i < count; i++)
        for (size_t f = 0; f < sizeof forbidden / sizeof forbidden[0]; f++)
            if (strstr(rules[i].fix, forbidden[f]) || strstr(rules[i].verify, forbidden[f]))
                fail_msg("%s advises %s", rules[i].id, forbidden[f]);
}

static void variants_and_aliases_are_found(void **state)
{
    static const char *const used[][2] = {
        {"chain.missing-intermediate", "family"},
        {"chain.missing-intermediate", "unfetched"},
        {"trust.private-ca", "not-sent"},
        {"trust.self-signed-ca-as-leaf", "issued"},
        {"trust.store-missing", "not-root"},
        {"validity.clock-wrong", "behind"},
        {"validity.clock-wrong", "ahead"},
        {"validity.expired", "unreadable"},
        {"usage.key-usage", "ca"},
        {"usage.not-a-ca", "unsaid"},
        {"usage.critical-extension", "subject"},
        {"usage.encoding", "unparsable"},
        {"signature.unsupported-algorithm", "key"},
        {"server.sni-required", "default"},
        {"server.addresses-differ", "stale"},
        {"server.handshake-failure", "no-certificate"},
        {"file.key-mismatch", "other-block"},
        {"file.key-mismatch", "no-block"},
        {"file.wrong-kind", "key"},
        {"usage.path-length", "none"},
        {"chain.wrong-order", "leaf"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof used / sizeof used[0]; i++)
        if (!rule_variant(rule_find(used[i][0]), used[i][1]))
            fail_msg("%s has no words for '%s'", used[i][0], used[i][1]);
    assert_null(rule_variant(rule_find("trust.private-ca"), "no-such-case"));
    assert_null(rule_variant(rule_find("trust.private-ca"), NULL));
    assert_ptr_equal(rule_find("chain.incomplete"), rule_find("chain.missing-intermediate"));
}

static size_t longest_line(const char *text)
{
    size_t longest = 0;
    while (*text) {
        size_t n = strcspn(text, "\n");
        bool code = strncmp(text, "      ", 6) == 0; /* commands are not broken */
        longest = !code && n > longest ? n : longest;
        text += n + (text[n] == '\n');
    }
    return longest;
}

static void pages_are_wrapped(void **state)
{
    size_t count;
    const struct rule *rules = rule_table(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        BUF_CLEANUP page = {0};
        rule_page(&rules[i], 72, &page);
        const char *text = buf_cstr(&page);
        if (longest_line(text) > 72)
            fail_msg("%s: a line of %zu columns", rules[i].id, longest_line(text));
        assert_ptr_equal(strstr(text, rules[i].id), text);
        assert_non_null(strstr(text, "\nHow to fix it\n"));
        assert_non_null(strstr(text, "\nReferences\n"));
        assert_null(strstr(text, "\n\n\n"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(promised_rules_have_pages),
        cmocka_unit_test(facts_and_faults_have_rules),
        cmocka_unit_test(pages_are_complete),
        cmocka_unit_test(advice_never_disarms),
        cmocka_unit_test(variants_and_aliases_are_found),
        cmocka_unit_test(pages_are_wrapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
