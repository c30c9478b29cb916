/* SPDX-License-Identifier: Apache-2.0 */
/* Fixes are proven: over every scenario of the lab, what a fix says is what a second, independent
 * judgement of the repaired world says. */
#include "diagnosis.h"

#include "repair/internal.h"

static bool rejected(const struct diagnosis *d)
{
    for (size_t i = 0; i < d->target.verdict.client_count; i++)
        if (d->target.verdict.clients[i].accepts == 0)
            return true;
    return false;
}

static bool cures(const struct fix *fix)
{
    return fix->accepted_count > 0 && fix->rejected_count == 0;
}

static const struct fix *complete_cure(const struct diagnosis *d)
{
    const struct plan *plan = &d->target.plan;
    for (size_t i = 0; i < plan->finding_count; i++)
        for (size_t k = 0; k < plan->per_finding[i].count; k++)
            if (cures(&plan->per_finding[i].items[k]))
                return &plan->per_finding[i].items[k];
    return plan->together != NULL && cures(plan->together) ? plan->together : NULL;
}

static void each_rejection_has_a_complete_cure(void **state)
{
    size_t count;
    const struct scenario *table = scenario_table(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        if (!scenario_is_plain(&table[i]))
            continue;
        struct diagnosis *d = diagnosis_of(&table[i]);
        if (rejected(d) && complete_cure(d) == NULL)
            fail_msg("%s: nothing cures it", table[i].name);
        if (scenario_is_healthy(&table[i]))
            assert_null(d->target.plan.together);
        diagnosis_free(d);
    }
}

static void check_fix(const char *scenario, const struct fix *fix)
{
    static const char *const never[] = {"--insecure",
                                        "curl -k",
                                        "verify=False",
                                        "CERT_NONE",
                                        "SSL_VERIFY_NONE",
                                        "NODE_TLS_REJECT_UNAUTHORIZED",
                                        "--no-check-certificate",
                                        "sslVerify"};
    assert_non_null(fix_text_find(fix->id));
    assert_true(fix->summary[0] != '\0');
    if (!fix->proven && !fix->partial)
        fail_msg("%s: %s is not proven", scenario, fix->id);
    assert_null(strstr(fix->summary, "\"\""));
    assert_null(strchr(fix->summary, '{'));
    for (size_t i = 0; i < fix->command_count; i++) {
        /* what names hold must not reach a shell: neither substitutions nor line breaks */
        assert_null(strstr(fix->commands[i], "$("));
        assert_null(strpbrk(fix->commands[i], "`\n\r\033"));
        for (size_t k = 0; k < sizeof never / sizeof never[0]; k++)
            if (strstr(fix->commands[i], never[k]) != NULL)
                fail_msg("%s: %s", scenario, fix->commands[i]);
    }
    for (size_t i = 0; i < fix->file_count; i++)
        assert_true(fix->files[i].content.n > 0);
}

static void no_fix_is_unproven_unsaid_or_switches_verification_off(void **state)
{
    size_t count;
    const struct scenario *table = scenario_table(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        if (!scenario_is_plain(&table[i]))
            continue;
        struct diagnosis *d = diagnosis_of(&table[i]);
        const struct plan *plan = &d->target.plan;
        assert_int_equal(plan->finding_count, d->target.findings.count);
        for (size_t f = 0; f < plan->finding_count; f++)
            for (size_t k = 0; k < plan->per_finding[f].count; k++)
                check_fix(table[i].name, &plan->per_finding[f].items[k]);
        if (plan->together != NULL)
            check_fix(table[i].name, plan->together);
        diagnosis_free(d);
    }
}

static const struct fix_file *file_named(const struct fix *fix, const char *path)
{
    for (size_t i = 0; i < fix->file_count; i++)
        if (strcmp(fix->files[i].path, path) == 0)
            return &fix->files[i];
    return NULL;
}

/* The file in the place of what was sent, read as any server would read it. */
static void apply_bundle(struct diagnosis *d, const struct fix_file *file)
{
    struct container container;
    container_read(file->content, "fullchain.pem", &d->arena, &container);
    assert_int_equal(container.fault_count, 0);
    struct observation *obs = &d->observation;
    struct seen *sent = arena_array(&d->arena, container.object_count, sizeof *sent);
    for (size_t i = 0; i < container.object_count; i++) {
        assert_int_equal(container.objects[i].kind, OBJECT_CERTIFICATE);
        sent[i] = (struct seen){.cert = cert_parse(container.objects[i].der),
                                .origin = {.kind = ORIGIN_SENT, .position = i}};
    }
    observation_free(obs);
    obs->sent = sent;
    obs->sent_count = container.object_count;
}

/* Judged again from the file itself: who accepts is who was promised to accept. */
static void written_bundles_do_what_they_promise(void **state)
{
    size_t count, applied = 0;
    const struct scenario *table = scenario_table(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        if (!scenario_is_plain(&table[i]))
            continue;
        struct diagnosis *d = diagnosis_of(&table[i]);
        const struct fix_file *file = NULL;
        const struct fix *fix = NULL;
        for (size_t f = 0; f < d->target.plan.finding_count && file == NULL; f++)
            for (size_t k = 0; k < d->target.plan.per_finding[f].count && file == NULL; k++) {
                fix = &d->target.plan.per_finding[f].items[k];
                file = file_named(fix, "fullchain.pem");
            }
        if (file != NULL) {
            apply_bundle(d, file);
            struct verdict verdict;
            judge(&d->target.input, &d->arena, &verdict);
            size_t accepting = 0;
            for (size_t c = 0; c < verdict.client_count; c++)
                accepting += verdict.clients[c].accepts == 1;
            if (accepting != fix->accepted_count)
                fail_msg("%s: %s promised %zu, %zu accept", table[i].name, fix->id,
                         fix->accepted_count, accepting);
            applied++;
        }
        diagnosis_free(d);
    }
    assert_true(applied >= 8);
}

static void the_missing_intermediate_is_added_after_the_leaf_without_the_root(void **state)
{
    (void)state;
    const struct scenario *scenario = diagnosis_scenario("missing-two-pool");
    struct diagnosis *d = diagnosis_of(scenario);
    const struct fix *fix = diagnosis_fix(d, "server.send-chain");
    assert_non_null(fix);
    assert_int_equal(fix->who, FIX_SERVER);
    BUF_CLEANUP wanted = {0};
    for (const char *member = "L12"; *member != '\0'; member++)
        pem_write(&wanted, "CERTIFICATE", pki_member(&d->lab, &scenario->pki, *member));
    assert_true(bytes_equal(fix->files[0].content, buf_bytes(&wanted)));
    assert_true(bytes_equal(d->target.plan.bundle, buf_bytes(&wanted)));
    diagnosis_free(d);
}

/* The two look-alikes have different cures: a private root is nothing that a server can mend. */
static void a_private_root_is_cured_in_the_client_alone(void **state)
{
    static const char *const names[] = {"private-root-sent", "private-root", "private-root-pool"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct diagnosis *d = diagnosis_of(diagnosis_scenario(names[i]));
        assert_null(diagnosis_fix(d, "server.send-chain"));
        assert_null(diagnosis_fix(d, "server.get-intermediate"));
        bool known = strcmp(names[i], "private-root") != 0;
        const struct fix *fix = diagnosis_fix(d, known ? "client.trust-root" : "client.get-root");
        assert_non_null(fix);
        assert_int_equal(fix->who, FIX_CLIENT);
        assert_true(cures(fix));
        if (known)
            assert_non_null(strstr(fix->caveat, "compare it with"));
        diagnosis_free(d);
    }
}

static void a_missing_intermediate_is_not_cured_in_the_client(void **state)
{
    (void)state;
    struct diagnosis *d = diagnosis_of(diagnosis_scenario("missing-intermediate-pool"));
    assert_null(diagnosis_fix(d, "client.trust-root"));
    assert_null(diagnosis_fix(d, "client.get-root"));
    diagnosis_free(d);
}

static void a_request_holds_the_old_names_and_the_new_one(void **state)
{
    (void)state;
    struct diagnosis *d = diagnosis_of(diagnosis_scenario("name-mismatch"));
    const struct fix *fix = diagnosis_fix(d, "ca.reissue-names");
    assert_non_null(fix);
    const char *name = d->observation.target.name;
    bool found = false;
    for (size_t i = 0; i < fix->command_count; i++)
        found = found || (str_starts(fix->commands[i], "openssl req -new") &&
                          strstr(fix->commands[i], name) != NULL);
    assert_true(found);
    diagnosis_free(d);
}

/* What is issued again is not the certificate that was revoked; a fresh staple is not the old one.
 */
static void what_is_revoked_is_replaced(void **state)
{
    static const struct {
        const char *scenario, *rule, *fix;
        enum fix_who who;
    } cases[] = {
        {"crl-revoked-leaf", "revocation.revoked", "ca.reissue-revoked", FIX_CA},
        {"ocsp-revoked-leaf", "revocation.revoked", "ca.reissue-revoked", FIX_CA},
        {"staple-revoked", "revocation.revoked", "ca.reissue-revoked", FIX_CA},
        {"crl-revoked-delta", "revocation.revoked", "ca.reissue-revoked", FIX_CA},
        {"crl-revoked-intermediate", "revocation.ca-revoked", "ca.replace-revoked-issuer", FIX_CA},
        {"crl-revoked-by-root", "revocation.ca-revoked", "ca.replace-revoked-issuer", FIX_CA},
        {"must-staple-missing", "revocation.must-staple", "server.enable-stapling", FIX_SERVER},
        {"must-staple-missing", "revocation.must-staple", "ca.drop-must-staple", FIX_CA},
        {"staple-stale", "revocation.staple-bad", "server.renew-staple", FIX_SERVER},
        {"staple-stale", "revocation.staple-bad", "server.stop-stapling", FIX_SERVER},
        {"staple-wrong-signer", "revocation.staple-bad", "server.renew-staple", FIX_SERVER},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct diagnosis *d = diagnosis_of(diagnosis_scenario(cases[i].scenario));
        size_t index;
        const struct finding *finding = diagnosis_finding(d, cases[i].rule, &index);
        if (finding == NULL)
            fail_msg("%s: no %s", cases[i].scenario, cases[i].rule);
        assert_int_equal(finding->severity, SEVERITY_ERROR);
        const struct fix *fix = diagnosis_fix(d, cases[i].fix);
        if (fix == NULL || !cures(fix))
            fail_msg("%s: %s does not cure it", cases[i].scenario, cases[i].fix);
        assert_int_equal(fix->who, cases[i].who);
        diagnosis_free(d);
    }
}

/* Leaving a stray certificate out changes nothing for the leaf, which stays revoked. */
static void another_fix_does_not_hide_a_revocation(void **state)
{
    (void)state;
    struct diagnosis *d = diagnosis_of(diagnosis_scenario("crl-revoked-leaf"));
    struct repairing r = {.input = &d->target.input,
                          .verdict = &d->target.verdict,
                          .findings = &d->target.findings,
                          .arena = &d->arena};
    struct change change;
    change_init(&change);
    change.bundle = true;
    TRIAL_CLEANUP trial;
    trial_run(&r, &change, &trial);
    assert_non_null(verdict_fact(&trial.verdict, FACT_REVOKED, -2));
    diagnosis_free(d);
}

/* Every rule is cured by a row of the table or says why not; every page of words is used. */
static void rules_remedies_and_words_fit_together(void **state)
{
    size_t rule_count, count;
    const struct rule *rules = rule_table(&rule_count);
    const struct remedy *remedies = remedy_table(&count);
    (void)state;
    for (size_t i = 0; i < rule_count; i++) {
        const struct finding finding = {.rule = &rules[i]};
        bool cured = rules[i].no_fix[0] != '\0';
        for (size_t k = 0; k < count && !cured; k++)
            cured = remedy_suits(&remedies[k], &finding);
        if (!cured)
            fail_msg("%s has neither a remedy nor a reason why not", rules[i].id);
    }
    for (size_t k = 0; k < count; k++)
        if (fix_text_find(remedies[k].fix) == NULL)
            fail_msg("no words for %s", remedies[k].fix);
    for (size_t i = 0; i < fix_text_count; i++) {
        bool used = strcmp(fix_text_table[i].id, "together") == 0;
        for (size_t k = 0; k < count && !used; k++)
            used = strcmp(remedies[k].fix, fix_text_table[i].id) == 0;
        if (!used)
            fail_msg("nothing leads to %s", fix_text_table[i].id);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rejection_has_a_complete_cure),
        cmocka_unit_test(no_fix_is_unproven_unsaid_or_switches_verification_off),
        cmocka_unit_test(written_bundles_do_what_they_promise),
        cmocka_unit_test(the_missing_intermediate_is_added_after_the_leaf_without_the_root),
        cmocka_unit_test(a_private_root_is_cured_in_the_client_alone),
        cmocka_unit_test(a_missing_intermediate_is_not_cured_in_the_client),
        cmocka_unit_test(a_request_holds_the_old_names_and_the_new_one),
        cmocka_unit_test(what_is_revoked_is_replaced),
        cmocka_unit_test(another_fix_does_not_hide_a_revocation),
        cmocka_unit_test(rules_remedies_and_words_fit_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
