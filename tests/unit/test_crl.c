/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "made_revocation.h"

struct fixture {
    struct arena arena;
    struct made_ca ca, other;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->ca = made_root(&f->arena, "CA");
    f->other = made_root(&f->arena, "Other");
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    made_free(&f->ca);
    made_free(&f->other);
    arena_free(&f->arena);
    free(f);
    return 0;
}

static struct made_entry entry(const char *serial, int reason)
{
    return (struct made_entry){.serial = bytes_str(serial), .reason = reason};
}

static void test_fields(void **state)
{
    struct fixture *f = *state;
    struct made_entry listed = entry("\x11\x22", REASON_KEY_COMPROMISE);
    listed.invalidity = MADE_AT - 9 * TIME_DAY;
    struct crl *crl = crl_parse(
        made_crl(&f->arena,
                 &(struct made_crl){.ca = &f->ca, .number = 300, .entries = &listed, .count = 1}));
    assert_true(crl->parsed);
    assert_int_equal(crl->version, 2);
    assert_true(name_equal(crl->issuer, f->ca.name));
    assert_int_equal(crl->this_update, MADE_AT - TIME_DAY);
    assert_int_equal(crl->next_update, MADE_AT + 6 * TIME_DAY);
    assert_int_equal(crl_number_compare(crl->number, bytes_of("\x01\x2c", 2)), 0);
    assert_int_equal(crl->signature_algorithm, OID_SHA256_ECDSA);
    assert_false(crl->is_delta || crl->has_scope || crl->critical_unknown.p != NULL);
    assert_int_equal(crl->anomalies, CRL_BIT(NO_AUTHORITY_KEY_ID));
    struct crl_entry found;
    assert_int_equal(crl_find(crl, f->ca.name, bytes_str("\x11\x22"), &found), CRL_LISTED);
    assert_int_equal(found.reason, REASON_KEY_COMPROMISE);
    assert_string_equal(revocation_reason_text(found.reason), "keyCompromise");
    assert_int_equal(found.revoked_at, MADE_AT - 2 * TIME_DAY);
    assert_int_equal(found.invalidity, MADE_AT - 9 * TIME_DAY);
    assert_int_equal(crl->der.p[found.offset], DER_SEQUENCE);
    assert_int_equal(crl_find(crl, f->ca.name, bytes_str("\x11\x23"), &found), CRL_UNLISTED);
    assert_int_equal(crl_find(crl, f->other.name, bytes_str("\x11\x22"), &found), CRL_UNLISTED);
    assert_int_equal(crl_entry_count(crl), 1);
    crl_free(crl);
}

static void test_signature(void **state)
{
    struct fixture *f = *state;
    struct made_crl spec = {.ca = &f->ca};
    struct crl *good = crl_parse(made_crl(&f->arena, &spec));
    spec.flip = true;
    struct crl *bad = crl_parse(made_crl(&f->arena, &spec));
    for (int again = 0; again < 2; again++) {
        assert_int_equal(crl_verify(good, f->ca.cert->key.spki), SIG_OK);
        assert_int_equal(crl_verify(good, f->other.cert->key.spki), SIG_BAD);
        assert_int_equal(crl_verify(bad, f->ca.cert->key.spki), SIG_BAD);
    }
    crl_free(good);
    crl_free(bad);
}

static void test_empty_list(void **state)
{
    struct fixture *f = *state;
    struct crl *crl = crl_parse(made_crl(&f->arena, &(struct made_crl){.ca = &f->ca}));
    struct crl_entry found;
    assert_int_equal(crl->entries.n, 0);
    for (int again = 0; again < 2; again++)
        assert_int_equal(crl_find(crl, f->ca.name, bytes_str("\x05"), &found), CRL_UNLISTED);
    crl_free(crl);
}

/** Each entry of a longer list, by the walk and by the index, and nothing else. */
static void test_every_entry(void **state)
{
    struct fixture *f = *state;
    enum { COUNT = 3000 };
    struct made_entry *entries = calloc(COUNT, sizeof *entries);
    for (size_t i = 0; i < COUNT; i++) {
        uint8_t *serial = arena_alloc(&f->arena, 20);
        const size_t n = 3 + i % 18;
        crypto_derive(bytes_str("serials"), arena_printf(&f->arena, "%zu", i), serial, n);
        serial[0] = (uint8_t)(0x10 | (serial[0] & 0x0f));
        entries[i] = (struct made_entry){.serial = {serial, n},
                                         .reason = i % 3 == 0 ? REASON_SUPERSEDED : REASON_ABSENT,
                                         .invalidity = i % 7 == 0 ? MADE_AT : 0};
    }
    const struct bytes der =
        made_crl(&f->arena, &(struct made_crl){.ca = &f->ca, .entries = entries, .count = COUNT});
    struct crl *crl = crl_parse(der);
    struct crl_entry found;
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(crl_find(crl, f->ca.name, entries[i].serial, &found), CRL_LISTED);
        assert_int_equal(found.reason, entries[i].reason);
        assert_int_equal(found.invalidity, entries[i].invalidity != 0 ? MADE_AT : TIME_NONE);
        uint8_t near[20];
        memcpy(near, entries[i].serial.p, entries[i].serial.n);
        near[entries[i].serial.n - 1] ^= 0x80;
        bool real = false;
        for (size_t k = 0; k < COUNT && entries[i].serial.n < 5; k++)
            real |= bytes_equal(entries[k].serial, bytes_of(near, entries[i].serial.n));
        if (!real)
            assert_int_equal(crl_find(crl, f->ca.name, bytes_of(near, entries[i].serial.n), &found),
                             CRL_UNLISTED);
    }
    assert_int_equal(crl_entry_count(crl), COUNT);
    crl_free(crl);
    /* the last entry as the first question */
    crl = crl_parse(der);
    assert_int_equal(crl_find(crl, f->ca.name, entries[COUNT - 1].serial, &found), CRL_LISTED);
    crl_free(crl);
    free(entries);
}

/** RFC 5280 section 5.3.3: certificateIssuer holds until the next one. */
static void test_indirect(void **state)
{
    struct fixture *f = *state;
    struct made_entry entries[] = {entry("\x01", REASON_ABSENT), entry("\x02", REASON_ABSENT),
                                   entry("\x03", REASON_ABSENT), entry("\x02", REASON_HOLD)};
    const struct bytes third = made_name_of(&f->arena, "Third");
    entries[1].issuer = f->other.name;
    entries[3].issuer = third;
    struct crl *crl = crl_parse(
        made_crl(&f->arena, &(struct made_crl){.ca = &f->ca, .entries = entries, .count = 4}));
    struct crl_entry found;
    for (int again = 0; again < 2; again++) {
        assert_int_equal(crl_find(crl, f->ca.name, bytes_str("\x01"), &found), CRL_LISTED);
        assert_null(found.cert_issuer.p);
        assert_int_equal(crl_find(crl, f->ca.name, bytes_str("\x02"), &found), CRL_UNLISTED);
        assert_int_equal(crl_find(crl, f->other.name, bytes_str("\x02"), &found), CRL_LISTED);
        assert_int_equal(found.reason, REASON_ABSENT);
        assert_int_equal(crl_find(crl, f->other.name, bytes_str("\x03"), &found), CRL_LISTED);
        assert_int_equal(crl_find(crl, f->ca.name, bytes_str("\x03"), &found), CRL_UNLISTED);
        assert_int_equal(crl_find(crl, third, bytes_str("\x02"), &found), CRL_LISTED);
        assert_int_equal(found.reason, REASON_HOLD);
    }
    crl_free(crl);
}

static void test_entries_that_spoil_the_list(void **state)
{
    struct fixture *f = *state;
    struct made_entry entries[] = {entry("\x01", REASON_ABSENT), entry("\x02", REASON_ABSENT)};
    struct made_crl spec = {.ca = &f->ca, .entries = entries, .count = 2};
    struct crl_entry found;
    entries[1].unknown_critical = true;
    struct crl *crl = crl_parse(made_crl(&f->arena, &spec));
    for (int again = 0; again < 2; again++)
        assert_int_equal(crl_find(crl, f->ca.name, bytes_str("\x01"), &found), CRL_ENTRY_CRITICAL);
    crl_free(crl);
    entries[1] = entry("", REASON_ABSENT);
    crl = crl_parse(made_crl(&f->arena, &spec));
    for (int again = 0; again < 2; again++)
        assert_int_equal(crl_find(crl, f->ca.name, bytes_str("\x01"), &found),
                         CRL_ENTRIES_MALFORMED);
    crl_free(crl);
}

/** A redundant zero in front of a serial number changes neither side's number. */
static void test_padded_serials(void **state)
{
    struct fixture *f = *state;
    const struct made_entry padded = {.serial = bytes_of("\x00\x05", 2), .reason = REASON_ABSENT};
    struct crl *crl = crl_parse(
        made_crl(&f->arena, &(struct made_crl){.ca = &f->ca, .entries = &padded, .count = 1}));
    struct crl_entry found;
    assert_int_equal(crl_find(crl, f->ca.name, bytes_str("\x05"), &found), CRL_LISTED);
    assert_int_equal(crl_find(crl, f->ca.name, bytes_of("\x00\x00\x05", 3), &found), CRL_LISTED);
    assert_int_equal(crl_find(crl, f->ca.name, bytes_of("\x00\x85", 2), &found), CRL_UNLISTED);
    assert_true(crl_has_anomaly(crl, CRL_ENTRY_SERIAL_PADDED));
    crl_free(crl);
}

/** Of two entries of one certificate, the one that puts it on the list counts. */
static void test_listed_twice(void **state)
{
    struct fixture *f = *state;
    const struct made_entry entries[] = {entry("\x05", REASON_REMOVE_FROM_CRL),
                                         entry("\x05", REASON_HOLD),
                                         entry("\x05", REASON_KEY_COMPROMISE)};
    struct crl *crl = crl_parse(
        made_crl(&f->arena, &(struct made_crl){.ca = &f->ca, .entries = entries, .count = 3}));
    struct crl_entry found;
    for (int again = 0; again < 2; again++) {
        assert_int_equal(crl_find(crl, f->ca.name, bytes_str("\x05"), &found), CRL_LISTED);
        assert_int_equal(found.reason, REASON_HOLD);
    }
    crl_free(crl);
}

/** Serial numbers that all have one hash, as a crafted list would: slower, not wrong. */
static void test_one_hash(void **state)
{
    struct fixture *f = *state;
    enum { COUNT = 2000 };
    struct made_entry *entries = calloc(COUNT, sizeof *entries);
    for (size_t i = 0; i < COUNT; i++)
        entries[i] = (struct made_entry){.serial = bytes_str("\x07"), .reason = REASON_ABSENT};
    entries[0].issuer = f->other.name;
    entries[1].issuer = f->ca.name;
    entries[COUNT - 1].serial = bytes_str("\x08");
    struct crl *crl = crl_parse(
        made_crl(&f->arena, &(struct made_crl){.ca = &f->ca, .entries = entries, .count = COUNT}));
    struct crl_entry found;
    for (int again = 0; again < 3; again++) {
        assert_int_equal(crl_find(crl, f->other.name, bytes_str("\x07"), &found), CRL_LISTED);
        assert_int_equal(crl_find(crl, f->ca.name, bytes_str("\x07"), &found), CRL_LISTED);
        assert_int_equal(crl_find(crl, f->ca.name, bytes_str("\x08"), &found), CRL_LISTED);
        assert_int_equal(crl_find(crl, f->ca.name, bytes_str("\x09"), &found), CRL_UNLISTED);
    }
    assert_int_equal(crl_entry_count(crl), COUNT);
    crl_free(crl);
    free(entries);
}

static void test_scope_and_delta(void **state)
{
    struct fixture *f = *state;
    /* { [0] { [0] { [6] "http://a/" } }, [1] TRUE, [3] keyCompromise, [4] TRUE } */
    static const char scope[] = "\x30\x19\xa0\x0d\xa0\x0b\x86\x09http://a/\x81\x01\xff\x83\x02\x06"
                                "\x40\x84\x01\xff";
    struct crl *crl = crl_parse(
        made_crl(&f->arena, &(struct made_crl){.ca = &f->ca,
                                               .number = 9,
                                               .base = 4,
                                               .unknown_critical = true,
                                               .scope = bytes_of(scope, sizeof scope - 1)}));
    assert_true(crl->parsed && crl->has_scope && crl->is_delta);
    assert_true(crl->scope.only_user && crl->scope.indirect);
    assert_false(crl->scope.only_ca || crl->scope.only_attribute);
    assert_int_equal(crl->scope.reasons, 1 << REASON_KEY_COMPROMISE);
    assert_int_equal(crl_number_compare(crl->base_number, bytes_str("\x04")), 0);
    assert_int_equal(oid_of(crl->critical_unknown), OID_CN);
    const struct point_name same = {.full = bytes_str("\x86\x09http://a/")};
    const struct point_name another = {.full = bytes_str("\x86\x09http://b/")};
    assert_true(point_names_meet(&crl->scope.name, f->ca.name, &same, f->ca.name));
    assert_false(point_names_meet(&crl->scope.name, f->ca.name, &another, f->ca.name));
    crl_free(crl);
}

/** nameRelativeToCRLIssuer is the issuer's name with one RDN more. */
static void test_relative_names(void **state)
{
    struct fixture *f = *state;
    const struct mint_attribute two[] = {
        {OID_CN, DER_UTF8_STRING, bytes_str("CA")},
        {OID_ORGANIZATIONAL_UNIT, DER_UTF8_STRING, bytes_str("crl1")}};
    struct writer full = {0}, rdn = {0};
    writer_put(&full, DER_CONTEXT_CONS(4), mint_name(&f->arena, two, 2));
    writer_open(&rdn, DER_SEQUENCE);
    writer_oid(&rdn, OID_ORGANIZATIONAL_UNIT);
    writer_put(&rdn, DER_PRINTABLE_STRING, bytes_str("CRL1"));
    writer_close(&rdn);
    const struct point_name a = {.full = buf_bytes(&full.out)};
    const struct point_name b = {.relative = buf_bytes(&rdn.out)};
    assert_true(point_names_meet(&a, f->ca.name, &b, f->ca.name));
    assert_true(point_names_meet(&b, f->ca.name, &b, f->ca.name));
    assert_false(point_names_meet(&a, f->ca.name, &b, f->other.name));
    writer_free(&full);
    writer_free(&rdn);
}

static void test_version_1(void **state)
{
    struct fixture *f = *state;
    const struct made_entry with_extension = entry("\x05", REASON_HOLD);
    struct crl *crl = crl_parse(made_crl(
        &f->arena, &(struct made_crl){
                       .ca = &f->ca, .version_1 = true, .entries = &with_extension, .count = 1}));
    struct crl_entry found;
    assert_int_equal(crl->version, 1);
    assert_true(crl_has_anomaly(crl, CRL_NO_NUMBER));
    assert_int_equal(crl_find(crl, f->ca.name, bytes_str("\x05"), &found), CRL_LISTED);
    assert_true(crl_has_anomaly(crl, CRL_ENTRY_EXTENSIONS_NOT_V2));
    crl_free(crl);
}

/** Cut anywhere, a list is not parsed and nothing is read behind its end. */
static void test_truncated(void **state)
{
    struct fixture *f = *state;
    const struct made_entry listed = entry("\x05", REASON_HOLD);
    const struct bytes der =
        made_crl(&f->arena, &(struct made_crl){.ca = &f->ca, .entries = &listed, .count = 1});
    for (size_t n = 0; n < der.n; n++) {
        uint8_t *copy = malloc(n + 1);
        memcpy(copy, der.p, n);
        struct crl *crl = crl_parse(bytes_of(copy, n));
        struct crl_entry found;
        assert_false(crl->parsed);
        assert_true(crl->bad_at <= n);
        assert_true(crl_has_anomaly(crl, CRL_MALFORMED));
        assert_int_equal(crl_find(crl, f->ca.name, bytes_str("\x05"), &found),
                         CRL_ENTRIES_MALFORMED);
        crl_free(crl);
        free(copy);
    }
}

static void test_numbers_and_texts(void **state)
{
    (void)state;
    assert_true(crl_number_compare(bytes_of("\x00\x01", 2), bytes_str("\x01")) == 0);
    assert_true(crl_number_compare(bytes_str("\x02"), bytes_of("\x01\x00", 2)) < 0);
    assert_true(crl_number_compare(bytes_str("\x09"), bytes_str("\x08")) > 0);
    assert_string_equal(revocation_reason_text(REASON_ABSENT), "");
    assert_string_equal(revocation_reason_text(7), "unknown");
    assert_string_equal(revocation_reason_text(11), "unknown");
    assert_string_equal(crl_anomaly_name(CRL_NO_NUMBER), "no-number");
    assert_string_equal(crl_anomaly_name(CRL_ANOMALY_COUNT), "");
    for (enum crl_anomaly id = 0; id < CRL_ANOMALY_COUNT; id++)
        assert_true(crl_anomaly_text(id)[0] != '\0' && crl_anomaly_name(id)[0] != '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),         cmocka_unit_test(test_signature),
        cmocka_unit_test(test_empty_list),     cmocka_unit_test(test_every_entry),
        cmocka_unit_test(test_indirect),       cmocka_unit_test(test_entries_that_spoil_the_list),
        cmocka_unit_test(test_padded_serials), cmocka_unit_test(test_listed_twice),
        cmocka_unit_test(test_one_hash),       cmocka_unit_test(test_scope_and_delta),
        cmocka_unit_test(test_relative_names), cmocka_unit_test(test_version_1),
        cmocka_unit_test(test_truncated),      cmocka_unit_test(test_numbers_and_texts),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
