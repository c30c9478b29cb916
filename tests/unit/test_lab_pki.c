/* SPDX-License-Identifier: Apache-2.0 */
/* The lab's certificates, looked at by OpenSSL: healthy scenarios verify, broken ones fail for the
 * planted reason, and the same seed and time give the same bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lab/scenario.h"

/* After ours: OpenSSL has macros of the same names as our keyUsage bits. */
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#define AT 1795262400 /* 2026-11-21T12:00:00Z */

static struct lab lab_new(const char *seed)
{
    return (struct lab){.seed = bytes_str(seed), .at = AT};
}

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

static X509 *x509_of(struct bytes der)
{
    const unsigned char *p = der.p;
    X509 *cert = d2i_X509(NULL, &p, (long)der.n);
    assert_true(!cert || p == der.p + der.n);
    return cert;
}

static STACK_OF(X509) * stack_of(struct lab *lab, const struct pki_plan *plan, const char *members)
{
    STACK_OF(X509) *stack = sk_X509_new_null();
    for (; *members; members++)
        sk_X509_push(stack, x509_of(pki_member(lab, plan, *members)));
    return stack; /* NULL for what OpenSSL cannot read */
}

static void purpose_set(X509_VERIFY_PARAM *param, const struct scenario *scenario)
{
    const char *name = scenario_client_name(scenario);
    uint8_t ip[16];
    X509_VERIFY_PARAM_set_time(param, AT + TIME_DAY * scenario->clock_days);
    X509_VERIFY_PARAM_set_auth_level(param, 1);
    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_TRUSTED_FIRST);
    if (str_parse_ip(name, ip) > 0)
        X509_VERIFY_PARAM_set1_ip_asc(param, name);
    else
        X509_VERIFY_PARAM_set1_host(param, name, 0);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
}

/* What OpenSSL's verifier says about what the scenario sends: X509_V_OK or the first error. */
static int verify(struct lab *lab, const struct scenario *scenario)
{
    STACK_OF(X509) *sent = stack_of(lab, &scenario->pki, scenario->sends);
    if (!sk_X509_value(sent, 0)) {
        sk_X509_pop_free(sent, X509_free);
        return X509_V_ERR_INVALID_CALL;
    }
    STACK_OF(X509) *anchors = stack_of(lab, &scenario->pki, scenario_trusts(scenario));
    X509_STORE *store = X509_STORE_new();
    for (int i = 0; i < sk_X509_num(anchors); i++)
        X509_STORE_add_cert(store, sk_X509_value(anchors, i));
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_STORE_CTX_init(context, store, sk_X509_value(sent, 0), sent);
    purpose_set(X509_STORE_CTX_get0_param(context), scenario);
    const int ok = X509_verify_cert(context);
    const int error = X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    sk_X509_pop_free(sent, X509_free);
    sk_X509_pop_free(anchors, X509_free);
    return ok == 1 ? X509_V_OK : error;
}

static void healthy_scenarios_verify(void **state)
{
    struct lab lab = lab_new("unit test");
    size_t count, healthy = 0;
    const struct scenario *table = scenario_table(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        if (!scenario_is_healthy(&table[i]))
            continue;
        const int error = verify(&lab, &table[i]);
        if (error != X509_V_OK)
            fail_msg("%s: %s", table[i].name, X509_verify_cert_error_string(error));
        healthy++;
    }
    assert_true(healthy >= 10);
    lab_free(&lab);
}

/* Rules that OpenSSL's verifier sees too, with the errors that it may give for them. */
static const struct {
    const char *rule;
    int errors[4];
} openssl_errors[] = {
    {"chain.missing-intermediate",
     {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT}},
    {"chain.wrong-intermediate",
     {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_CERT_SIGNATURE_FAILURE}},
    {"trust.self-signed", {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT}},
    {"trust.self-signed-ca-as-leaf", {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT}},
    {"trust.private-ca",
     {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
      X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT}},
    {"trust.wrong-root-same-name",
     {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_CERT_SIGNATURE_FAILURE}},
    {"name.mismatch", {X509_V_ERR_HOSTNAME_MISMATCH}},
    {"name.cn-only", {X509_V_ERR_HOSTNAME_MISMATCH}},
    {"name.no-san", {X509_V_ERR_HOSTNAME_MISMATCH}},
    {"name.wildcard-depth", {X509_V_ERR_HOSTNAME_MISMATCH}},
    {"name.ip-not-in-san", {X509_V_ERR_IP_ADDRESS_MISMATCH}},
    {"validity.expired", {X509_V_ERR_CERT_HAS_EXPIRED}},
    {"validity.intermediate-expired", {X509_V_ERR_CERT_HAS_EXPIRED}},
    {"validity.root-expired", {X509_V_ERR_CERT_HAS_EXPIRED}},
    {"validity.not-yet-valid", {X509_V_ERR_CERT_NOT_YET_VALID}},
    {"validity.clock-wrong", {X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED}},
    {"signature.bad", {X509_V_ERR_CERT_SIGNATURE_FAILURE}},
    {"signature.weak-digest", {X509_V_ERR_CA_MD_TOO_WEAK}},
    {"usage.eku-missing", {X509_V_ERR_INVALID_PURPOSE}},
    {"usage.key-usage",
     {X509_V_ERR_INVALID_CA, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
      X509_V_ERR_KEYUSAGE_NO_CERTSIGN}},
    {"usage.not-a-ca",
     {X509_V_ERR_INVALID_CA, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
      X509_V_ERR_KEYUSAGE_NO_CERTSIGN}},
    {"usage.path-length", {X509_V_ERR_PATH_LENGTH_EXCEEDED}},
    {"usage.name-constraint", {X509_V_ERR_PERMITTED_VIOLATION, X509_V_ERR_EXCLUDED_VIOLATION}},
    {"usage.critical-extension", {X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION}},
};

static bool error_fits(int error, const char *rule)
{
    for (size_t i = 0; i < sizeof openssl_errors / sizeof openssl_errors[0]; i++)
        for (size_t k = 0; strcmp(openssl_errors[i].rule, rule) == 0 && k < 4; k++)
            if (openssl_errors[i].errors[k] == error && error != X509_V_OK)
                return true;
    return false;
}

/* OpenSSL stops at the first error, so any of the planted ones will do. */
static void broken_scenarios_fail_as_planted(void **state)
{
    struct lab lab = lab_new("unit test");
    size_t count, compared = 0;
    const struct scenario *table = scenario_table(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        const struct scenario *scenario = &table[i];
        bool known = false, fits = false;
        const int error = verify(&lab, scenario);
        for (size_t k = 0; k < SCENARIO_RULES && scenario->plants[k]; k++) {
            for (size_t m = 0; m < sizeof openssl_errors / sizeof openssl_errors[0]; m++)
                known = known || strcmp(openssl_errors[m].rule, scenario->plants[k]) == 0;
            fits = fits || error_fits(error, scenario->plants[k]);
        }
        if (known && !fits)
            fail_msg("%s: OpenSSL says %d, %s", scenario->name, error,
                     X509_verify_cert_error_string(error));
        compared += known;
    }
    assert_true(compared >= 40);
    lab_free(&lab);
}

static void a_tolerated_plant_is_tolerated(void **state)
{
    static const char *const names[] = {"wrong-order", "duplicate-leaf",     "unrelated-last",
                                        "root-sent",   "cross-sign-expired", "messy-chain"};
    struct lab lab = lab_new("unit test");
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_int_equal(verify(&lab, scenario_of(names[i])), X509_V_OK);
    lab_free(&lab);
}

static void the_same_seed_gives_the_same_bytes(void **state)
{
    struct lab a = lab_new("one"), b = lab_new("one"), other = lab_new("two");
    const struct pki_plan *plan = &scenario_of("healthy-rsa-pss")->pki;
    (void)state;
    for (const char *member = "L1RXW"; *member; member++) {
        const struct bytes der = pki_member(&a, plan, *member);
        assert_true(bytes_equal(der, pki_member(&b, plan, *member)));
        assert_false(bytes_equal(der, pki_member(&other, plan, *member)));
    }
    lab_free(&a);
    lab_free(&b);
    lab_free(&other);
}

static void serial_numbers_differ_where_certificates_do(void **state)
{
    struct lab lab = lab_new("unit test");
    X509 *healthy = x509_of(pki_member(&lab, &scenario_of("healthy-ecdsa")->pki, 'L'));
    X509 *expired = x509_of(pki_member(&lab, &scenario_of("expired-leaf")->pki, 'L'));
    X509 *same = x509_of(pki_member(&lab, &scenario_of("root-sent")->pki, 'L'));
    (void)state;
    assert_int_not_equal(
        ASN1_INTEGER_cmp(X509_get0_serialNumber(healthy), X509_get0_serialNumber(expired)), 0);
    assert_int_equal(X509_cmp(healthy, same), 0);
    X509_free(healthy);
    X509_free(expired);
    X509_free(same);
    lab_free(&lab);
}

static void a_flipped_bit_is_one_bit(void **state)
{
    struct lab lab = lab_new("unit test");
    const struct bytes good = pki_member(&lab, &scenario_of("healthy-ecdsa")->pki, 'L');
    const struct pki_plan plan = {.leaf = {.faults = MINT_FLIP_SIGNATURE}};
    X509 *a = x509_of(good), *b = x509_of(pki_member(&lab, &plan, 'L'));
    X509 *ca = x509_of(pki_member(&lab, &plan, '1'));
    EVP_PKEY *issuer = X509_get_pubkey(ca);
    (void)state;
    assert_int_equal(X509_verify(a, issuer), 1);
    assert_int_equal(X509_verify(b, issuer), 0);
    EVP_PKEY_free(issuer);
    X509_free(ca);
    X509_free(a);
    X509_free(b);
    lab_free(&lab);
}

/* RFC 5280 section 4.2.1.10: the mask of an address range. */
static void name_constraints_hold_address_ranges(void **state)
{
    struct lab lab = lab_new("unit test");
    X509 *ca = x509_of(pki_member(&lab, &scenario_of("name-constraint-ip")->pki, '1'));
    NAME_CONSTRAINTS *nc = X509_get_ext_d2i(ca, NID_name_constraints, NULL, NULL);
    (void)state;
    assert_non_null(nc);
    const GENERAL_NAME *base = sk_GENERAL_SUBTREE_value(nc->permittedSubtrees, 0)->base;
    assert_int_equal(base->type, GEN_IPADD);
    assert_int_equal(ASN1_STRING_length(base->d.iPAddress), 8);
    assert_memory_equal(ASN1_STRING_get0_data(base->d.iPAddress), "\xc0\0\2\0\xff\xff\xff\0", 8);
    NAME_CONSTRAINTS_free(nc);
    X509_free(ca);
    lab_free(&lab);
}

static void members_that_a_plan_has_not_are_refused(void **state)
{
    struct lab lab = lab_new("unit test");
    const struct pki_plan plan = {0};
    (void)state;
    assert_null(pki_member(&lab, &plan, '2').p);
    assert_null(pki_member(&lab, &plan, '?').p);
    lab_free(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(healthy_scenarios_verify),
        cmocka_unit_test(broken_scenarios_fail_as_planted),
        cmocka_unit_test(a_tolerated_plant_is_tolerated),
        cmocka_unit_test(the_same_seed_gives_the_same_bytes),
        cmocka_unit_test(serial_numbers_differ_where_certificates_do),
        cmocka_unit_test(a_flipped_bit_is_one_bit),
        cmocka_unit_test(name_constraints_hold_address_ranges),
        cmocka_unit_test(members_that_a_plan_has_not_are_refused),
    };
    return cmocka_run_group_tests_name("lab pki", tests, NULL, NULL);
}
