/* SPDX-License-Identifier: Apache-2.0 */
/* x509/edit.c: certificates as they would be reissued */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "recipe.h"

static const struct recipe leaf = {
    .extensions = {
        {OID_BASIC_CONSTRAINTS, true, "3000", NULL},
        {OID_KEY_USAGE, true, "03020106", NULL},
        {OID_EXT_KEY_USAGE, false, "300a06082b06010505070302", NULL},
        {OID_SUBJECT_ALT_NAME, false, "300e8206612e7465737487047f000001", NULL},
        {OID_AUTHORITY_KEY_ID, false, "3003800101", NULL},
        {OID_SUBJECT_KEY_ID, false, "040101", NULL},
        {OID_UNKNOWN, true, "0500", NULL},
        {OID_NAME_CONSTRAINTS, true, "3007a0053003820161", NULL},
    }};

static struct cert *edited(const struct recipe *recipe, struct cert_edit edit)
{
    struct cert *cert = recipe_cert(recipe);
    struct cert *result = cert_edited(cert, &edit);
    assert_non_null(result);
    assert_true(result->parsed);
    assert_true(result->hypothetical);
    assert_false(cert->hypothetical);
    assert_int_equal(result->signature.n, 0);
    cert_unref(cert);
    return result;
}

static char *names_of(struct arena *arena, const struct cert *cert)
{
    BUF_CLEANUP text = {0};
    struct reader names = cert_san(cert);
    struct general_name name;
    while (general_name_next(&names, &name)) {
        if (text.n > 0)
            buf_add_byte(&text, ' ');
        buf_add_str(&text,
                    name.kind == GN_IP ? str_ip(arena, name.value) : str_safe(arena, name.value));
    }
    return arena_strdup(arena, buf_cstr(&text));
}

static void test_nothing(void **state)
{
    (void)state;
    struct cert *cert = recipe_cert(&leaf);
    struct cert *copy = cert_edited(cert, &(struct cert_edit){CERT_EDIT_NOTHING});
    assert_true(bytes_equal(cert->tbs, copy->tbs));
    assert_true(bytes_equal(cert->outer_algorithm, copy->outer_algorithm));
    cert_unref(copy);
    cert_unref(cert);
    struct cert *broken = cert_parse(bytes_str("x"));
    assert_null(cert_edited(broken, &(struct cert_edit){CERT_EDIT_NOTHING}));
    cert_unref(broken);
}

static void test_times(void **state)
{
    (void)state;
    struct cert *cert =
        edited(&leaf, (struct cert_edit){.not_before = TIME_NONE,
                                         .not_after = time_make(2051, 2, 3, 4, 5, 6),
                                         .path_length = -2});
    assert_int_equal(cert->not_before, time_make(2026, 1, 1, 0, 0, 0));
    assert_int_equal(cert->not_after, time_make(2051, 2, 3, 4, 5, 6));
    assert_int_equal(cert->time_faults, 0);
    cert_unref(cert);
}

static void test_names(void **state)
{
    (void)state;
    struct arena arena = {0};
    const char *const dns[] = {"b.test", "a.test", NULL}, *const ips[] = {"::1", "127.0.0.1", NULL};
    struct cert *cert =
        edited(&leaf, (struct cert_edit){CERT_EDIT_NOTHING, .dns_names = dns, .ip_addresses = ips});
    assert_string_equal(names_of(&arena, cert), "b.test a.test ::1 127.0.0.1");
    cert_unref(cert);
    cert = edited(&leaf, (struct cert_edit){CERT_EDIT_NOTHING, .dns_names = dns,
                                            .ip_addresses = ips, .keep_names = true});
    assert_string_equal(names_of(&arena, cert), "a.test 127.0.0.1 b.test ::1");
    cert_unref(cert);
    cert = edited(&(struct recipe){0}, (struct cert_edit){CERT_EDIT_NOTHING, .dns_names = dns});
    assert_string_equal(names_of(&arena, cert), "b.test a.test");
    assert_int_equal(cert->version, 3);
    cert_unref(cert);
    arena_free(&arena);
}

static void test_usage(void **state)
{
    (void)state;
    struct cert *cert = edited(
        &leaf, (struct cert_edit){CERT_EDIT_NOTHING, .server_auth = true, .fix_key_usage = true});
    assert_int_equal(cert->eku, EKU_SERVER_AUTH);
    assert_int_equal(cert->key_usage, KU_DIGITAL_SIGNATURE);
    assert_true(cert_extension(cert, OID_KEY_USAGE)->critical);
    cert_unref(cert);
    cert = edited(&leaf, (struct cert_edit){CERT_EDIT_NOTHING, .drop_eku = true});
    assert_null(cert_extension(cert, OID_EXT_KEY_USAGE));
    cert_unref(cert);
    cert = edited(&(struct recipe){0}, (struct cert_edit){CERT_EDIT_NOTHING, .server_auth = true,
                                                          .make_ca = true, .fix_key_usage = true});
    assert_true(cert->is_ca);
    assert_int_equal(cert->eku, EKU_SERVER_AUTH);
    assert_int_equal(cert->key_usage, KU_KEY_CERT_SIGN | KU_CRL_SIGN);
    assert_int_equal(cert->ski.n, 20); /* a CA has one */
    cert_unref(cert);
}

static void test_constraints(void **state)
{
    (void)state;
    const struct recipe ca = {
        .extensions = {{OID_BASIC_CONSTRAINTS, true, "30060101ff020100", NULL}}};
    struct cert *cert = edited(&ca, (struct cert_edit){CERT_EDIT_NOTHING});
    assert_int_equal(cert->path_length, 0);
    cert_unref(cert);
    struct cert_edit edit = {CERT_EDIT_NOTHING};
    edit.path_length = -1;
    cert = edited(&ca, edit);
    assert_int_equal(cert->path_length, -1);
    assert_true(cert->is_ca);
    cert_unref(cert);
    edit.path_length = 2;
    cert = edited(&ca, edit);
    assert_int_equal(cert->path_length, 2);
    cert_unref(cert);
    cert = edited(&ca, (struct cert_edit){CERT_EDIT_NOTHING, .drop_ca = true});
    assert_false(cert->is_ca);
    assert_int_equal(cert->path_length, -1);
    assert_int_equal(cert->anomaly_count, 0);
    cert_unref(cert);
    cert = edited(&leaf, (struct cert_edit){CERT_EDIT_NOTHING, .drop_name_constraints = true,
                                            .drop_unknown_critical = true});
    assert_null(cert_extension(cert, OID_NAME_CONSTRAINTS));
    assert_null(cert_extension(cert, OID_UNKNOWN));
    assert_int_equal(cert->extension_count, 6);
    cert_unref(cert);
}

static void test_critical_made_non_critical(void **state)
{
    (void)state;
    const struct recipe recipe = {.extensions = {{OID_CRL_DISTRIBUTION_POINTS, true,
                                                  "300e300ca00aa0088606687474703a63", NULL},
                                                 {OID_CT_POISON, true, "0500", NULL}}};
    struct cert *cert =
        edited(&recipe, (struct cert_edit){CERT_EDIT_NOTHING, .drop_unknown_critical = true});
    assert_int_equal(cert->extension_count, 1);
    assert_false(cert_extension(cert, OID_CRL_DISTRIBUTION_POINTS)->critical);
    cert_unref(cert);
}

static void test_issuer_key_and_algorithm(void **state)
{
    (void)state;
    struct arena arena = {0};
    const struct bytes name = str_unhex(&arena, "300c310a300806035504030c0143");
    struct cert *cert = edited(
        &leaf,
        (struct cert_edit){
            CERT_EDIT_NOTHING, .issuer = name, .subject = name,
            .authority_key_id = bytes_of("\x07\x08", 2), .signature_algorithm = OID_SHA256_RSA,
            .spki = str_unhex(&arena, "301b300d06092a864886f70d0101010500030a00300702020105"
                                      "020103")});
    assert_true(cert_is_self_issued(cert));
    assert_true(bytes_equal(cert->issuer, name));
    assert_true(bytes_equal(cert->aki_key_id, bytes_of("\x07\x08", 2)));
    assert_int_equal(cert->signature_algorithm, OID_SHA256_RSA);
    assert_int_equal(cert->key.kind, KEY_RSA);
    uint8_t id[20];
    crypto_sha1(cert->key.bits_content, id);
    assert_true(bytes_equal(cert->ski, bytes_of(id, sizeof id)));
    assert_false(cert_has_anomaly(cert, ANOMALY_ALGORITHMS_DIFFER));
    assert_false(cert_has_anomaly(cert, ANOMALY_ALGORITHM_NO_NULL));
    cert_unref(cert);
    cert =
        edited(&leaf, (struct cert_edit){CERT_EDIT_NOTHING, .signature_algorithm = OID_RSASSA_PSS});
    assert_int_equal(cert->signature_digest, DIGEST_SHA256);
    assert_int_equal(cert->anomaly_set, UINT64_C(1) << ANOMALY_NC_NOT_CA);
    cert_unref(cert);
    arena_free(&arena);
}

/** Whatever is odd about a certificate, its clean reissue has nothing odd but its key. */
static void test_without_anomalies(void **state)
{
    (void)state;
    static const struct recipe rows[] = {
        {.serial = "02810100"},
        {.serial = "0201ff"},
        {.serial = "0215010203040506070809101112131415161718192021"},
        {.version = "a003020100"},
        {.version = "a003020107"},
        {.unique = "81020001"},
        {.inner = "300c06082a8648ce3d0403020500", .outer = "300d06092a864886f70d01010b0500"},
        {.validity = "3020180f32303236303130313030303030305a170d3237303130313030303030305a"},
        {.validity = "3012170d3236303130313030303030305a170130"},
        {.validity = "3000"},
        {.subject = "300c310a30080603550403130140"},
        {.signature = "03020100"},
        {.after = "00"},
        {.tbs_tail = "0500"},
        {.extensions = {{OID_SUBJECT_KEY_ID, true, "040101", NULL},
                        {OID_SUBJECT_KEY_ID, false, "040102", NULL}}},
        {.extensions = {{.raw = "300c06032a030401010004020500"}}},
        {.extensions = {{.raw = "300c06032a030401010104020500"}}},
        {.extensions = {{.raw = "300506032a0304"}}},
        {.extensions = {{OID_BASIC_CONSTRAINTS, true, "3006010100020101", NULL}}},
        {.extensions = {{OID_BASIC_CONSTRAINTS, true, "30060101010201ff", NULL}}},
        {.extensions = {{OID_KEY_USAGE, true, "03020080", NULL}}},
        {.extensions = {{OID_KEY_USAGE, true, "030100", NULL}}},
        {.extensions = {{OID_EXT_KEY_USAGE, true, "3000", NULL}}},
        {.extensions = {{OID_SUBJECT_ALT_NAME, false,
                         "300f8206612e74657374870500000000"
                         "00",
                         NULL}}},
        {.extensions = {{OID_SUBJECT_ALT_NAME, false, "61", NULL}}},
        {.extensions = {{OID_AUTHORITY_KEY_ID, true, "3006800101820101", NULL}}},
        {.extensions = {{OID_NAME_CONSTRAINTS, true, "3007a0053003820161", NULL}}},
        {.extensions = {{OID_CERTIFICATE_POLICIES, false, "300c300406022a03300406022a03", NULL}}},
        {.extensions = {{OID_UNKNOWN, false, "0500", NULL}, {OID_UNKNOWN, false, "0500", NULL}}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cert *before = recipe_cert(&rows[i]);
        assert_true(before->anomaly_count > 0);
        cert_unref(before);
        struct cert *cert =
            edited(&rows[i], (struct cert_edit){CERT_EDIT_NOTHING, .drop_anomalies = true});
        if (cert->anomaly_count > 0)
            fail_msg("row %zu still shows %s", i, anomaly_name(cert->anomalies[0].id));
        cert_unref(cert);
    }
}

static void test_clean_reissue_keeps_the_good(void **state)
{
    (void)state;
    struct arena arena = {0};
    const struct recipe recipe = {
        .serial = "0201ff",
        .extensions = {{OID_SUBJECT_ALT_NAME, false,
                        "300c8206612e746573748702"
                        "0000",
                        NULL},
                       {OID_KEY_USAGE, true, "03020080", NULL},
                       {OID_SUBJECT_KEY_ID, false, "040101", NULL},
                       {OID_AUTHORITY_KEY_ID, false, "3006800102820101", NULL}}};
    struct cert *cert =
        edited(&recipe, (struct cert_edit){CERT_EDIT_NOTHING, .drop_anomalies = true});
    assert_string_equal(names_of(&arena, cert), "a.test");
    assert_int_equal(cert->key_usage, KU_DIGITAL_SIGNATURE);
    assert_true(bytes_equal(cert->ski, bytes_of("\x01", 1)));
    assert_true(bytes_equal(cert->aki_key_id, bytes_of("\x02", 1)));
    assert_int_equal(cert->extension_count, 4);
    cert_unref(cert);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_usage),
        cmocka_unit_test(test_constraints),
        cmocka_unit_test(test_critical_made_non_critical),
        cmocka_unit_test(test_issuer_key_and_algorithm),
        cmocka_unit_test(test_without_anomalies),
        cmocka_unit_test(test_clean_reissue_keeps_the_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
