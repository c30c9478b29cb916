/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "judge/revocation.h"
#include "made_revocation.h"

enum { MOST = 4 };

struct fixture {
    struct arena arena;
    struct made_ca ca, other, leaf, responder, plain, foreign;
    const struct cert *path[2];
    struct crl *crls[MOST];
    const struct ocsp *ocsps[MOST];
    struct revocation_input in;
    struct revocation out;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    const struct mint_spec ocsp_signing = {.eku = EKU_OCSP_SIGNING};
    f->ca = made_root(&f->arena, "CA");
    f->other = made_root(&f->arena, "Other");
    f->leaf = made_under(&f->arena, "leaf", &f->ca, (struct mint_spec){0});
    f->responder = made_under(&f->arena, "responder", &f->ca, ocsp_signing);
    f->plain = made_under(&f->arena, "plain", &f->ca, (struct mint_spec){.eku = EKU_SERVER_AUTH});
    f->foreign = made_under(&f->arena, "foreign", &f->other, ocsp_signing);
    f->path[0] = f->leaf.cert;
    f->path[1] = f->ca.cert;
    f->in = (struct revocation_input){.path = f->path,
                                      .path_count = 2,
                                      .crls = f->crls,
                                      .ocsps = f->ocsps,
                                      .at = MADE_AT,
                                      .memo = sig_memo_new()};
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    struct made_ca *all[] = {&f->ca, &f->other, &f->leaf, &f->responder, &f->plain, &f->foreign};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        made_free(all[i]);
    sig_memo_free(f->in.memo);
    arena_free(&f->arena);
    free(f);
    return 0;
}

static void add_crl(struct fixture *f, struct made_crl spec)
{
    if (spec.ca == NULL)
        spec.ca = &f->ca;
    f->crls[f->in.crl_count++] = crl_parse(made_crl(&f->arena, &spec));
}

static void add_ocsp(struct fixture *f, struct made_ocsp spec, struct made_single single)
{
    if (single.cert == NULL)
        single.cert = f->leaf.cert;
    spec.issuer = spec.issuer != NULL ? spec.issuer : &f->ca;
    spec.singles = &single;
    spec.count = 1;
    f->ocsps[f->in.ocsp_count++] = ocsp_parse(made_ocsp(&f->arena, &spec));
}

/** Judges what was added, and forgets it. */
static enum revocation_status judged(struct fixture *f)
{
    revocation_judge(&f->in, &f->arena, &f->out);
    while (f->in.crl_count > 0)
        crl_free(f->crls[--f->in.crl_count]);
    while (f->in.ocsp_count > 0)
        ocsp_unref((struct ocsp *)f->ocsps[--f->in.ocsp_count]);
    return f->out.status;
}

static void expect(struct fixture *f, enum revocation_status status, enum source_result result)
{
    assert_int_equal(judged(f), status);
    assert_int_equal(f->out.decided_by, 0);
    assert_int_equal(f->out.evidence[0].result, result);
    assert_true(source_result_text(result)[0] != '\0');
}

static struct made_entry leaf_entry(struct fixture *f, int reason)
{
    return (struct made_entry){.serial = f->leaf.cert->serial, .reason = reason};
}

static void test_nothing(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(judged(f), REVOCATION_UNKNOWN);
    assert_int_equal(f->out.decided_by, -1);
    assert_int_equal(f->out.evidence_count, 0);
}

static void test_complete_crl(void **state)
{
    struct fixture *f = *state;
    struct made_entry listed = leaf_entry(f, REASON_KEY_COMPROMISE);
    listed.invalidity = MADE_AT - 5 * TIME_DAY;
    add_crl(f, (struct made_crl){0});
    expect(f, REVOCATION_GOOD, SOURCE_GOOD);
    assert_ptr_equal(f->out.evidence[0].signer, f->ca.cert);
    assert_false(f->out.evidence[0].delegated);
    add_crl(f, (struct made_crl){.entries = &listed, .count = 1});
    expect(f, REVOCATION_REVOKED, SOURCE_REVOKED);
    assert_int_equal(f->out.evidence[0].reason, REASON_KEY_COMPROMISE);
    assert_int_equal(f->out.evidence[0].revoked_at, MADE_AT - 2 * TIME_DAY);
    assert_int_equal(f->out.evidence[0].invalidity, MADE_AT - 5 * TIME_DAY);
}

static void test_crls_that_do_not_count(void **state)
{
    struct fixture *f = *state;
    add_crl(f, (struct made_crl){.ca = &f->other});
    expect(f, REVOCATION_UNKNOWN, SOURCE_OTHER);
    add_crl(f, (struct made_crl){.flip = true});
    expect(f, REVOCATION_UNKNOWN, SOURCE_BAD_SIGNATURE);
    add_crl(f, (struct made_crl){.next_update = MADE_AT - 1});
    expect(f, REVOCATION_UNKNOWN, SOURCE_STALE);
    add_crl(f, (struct made_crl){.this_update = MADE_AT + 1});
    expect(f, REVOCATION_UNKNOWN, SOURCE_NOT_YET);
    add_crl(f, (struct made_crl){.unknown_critical = true});
    expect(f, REVOCATION_UNKNOWN, SOURCE_CRITICAL);
    add_crl(f, (struct made_crl){.number = 5, .base = 4});
    expect(f, REVOCATION_UNKNOWN, SOURCE_DELTA);
    const struct made_entry odd = {
        .serial = bytes_str("\x05"), .reason = REASON_ABSENT, .unknown_critical = true};
    add_crl(f, (struct made_crl){.entries = &odd, .count = 1});
    expect(f, REVOCATION_UNKNOWN, SOURCE_CRITICAL);
}

/** A tolerance for clocks, and an age limit, are the policy's. */
static void test_policy(void **state)
{
    struct fixture *f = *state;
    const struct revocation_policy lenient = {.skew = 60}, strict = {.max_age = TIME_DAY / 2};
    f->in.policy = &lenient;
    add_crl(f, (struct made_crl){.next_update = MADE_AT - 60});
    expect(f, REVOCATION_GOOD, SOURCE_GOOD);
    add_crl(f, (struct made_crl){.this_update = MADE_AT + 61});
    expect(f, REVOCATION_UNKNOWN, SOURCE_NOT_YET);
    f->in.policy = &strict;
    add_crl(f, (struct made_crl){0});
    expect(f, REVOCATION_UNKNOWN, SOURCE_TOO_OLD);
    f->in.policy = &revocation_strict; /* our CRLs have no authorityKeyIdentifier */
    add_crl(f, (struct made_crl){0});
    expect(f, REVOCATION_UNKNOWN, SOURCE_MALFORMED);
    f->in.policy = NULL;
}

static void test_scope(void **state)
{
    struct fixture *f = *state;
    static const char only_user[] = "\x30\x03\x81\x01\xff", only_ca[] = "\x30\x03\x82\x01\xff";
    static const char some[] = "\x30\x04\x83\x02\x06\x40", rest[] = "\x30\x05\x83\x03\x07\x3f\x80";
    static const char elsewhere[] = "\x30\x0f\xa0\x0d\xa0\x0b\x86\x09http://a/";
    add_crl(f, (struct made_crl){.scope = bytes_of(only_user, 5)});
    expect(f, REVOCATION_GOOD, SOURCE_GOOD);
    add_crl(f, (struct made_crl){.scope = bytes_of(only_ca, 5)});
    expect(f, REVOCATION_UNKNOWN, SOURCE_NOT_COVERED);
    add_crl(f, (struct made_crl){.scope = bytes_of(elsewhere, sizeof elsewhere - 1)});
    expect(f, REVOCATION_UNKNOWN, SOURCE_NOT_COVERED);
    add_crl(f, (struct made_crl){.scope = bytes_of(some, 6)});
    expect(f, REVOCATION_UNKNOWN, SOURCE_PARTIAL);
    /* two lists that together cover every reason */
    add_crl(f, (struct made_crl){.scope = bytes_of(some, 6)});
    add_crl(f, (struct made_crl){.scope = bytes_of(rest, 7)});
    expect(f, REVOCATION_GOOD, SOURCE_PARTIAL);
}

static void test_delta(void **state)
{
    struct fixture *f = *state;
    const struct made_entry hold = leaf_entry(f, REASON_HOLD);
    const struct made_entry removed = leaf_entry(f, REASON_REMOVE_FROM_CRL);
    const struct made_crl base = {.number = 4},
                          base_hold = {.number = 4, .entries = &hold, .count = 1};
    const struct made_crl delta = {.number = 6, .base = 4},
                          delta_hold = {.number = 6, .base = 4, .entries = &hold, .count = 1},
                          delta_removed = {.number = 6, .base = 4, .entries = &removed, .count = 1};
    add_crl(f, base);
    add_crl(f, delta);
    expect(f, REVOCATION_GOOD, SOURCE_GOOD);
    assert_int_equal(f->out.evidence[0].delta, 1);
    assert_int_equal(f->out.evidence[1].result, SOURCE_DELTA);
    add_crl(f, base);
    add_crl(f, delta_hold);
    expect(f, REVOCATION_REVOKED, SOURCE_REVOKED);
    add_crl(f, base_hold);
    add_crl(f, delta);
    expect(f, REVOCATION_REVOKED, SOURCE_REVOKED);
    add_crl(f, base_hold);
    add_crl(f, delta_removed);
    expect(f, REVOCATION_GOOD, SOURCE_GOOD);
    assert_int_equal(f->out.evidence[0].reason, REASON_ABSENT);
    /* a delta of a later base, one that is stale, and one that somebody else signed */
    add_crl(f, base);
    add_crl(f, (struct made_crl){.number = 6, .base = 5, .entries = &hold, .count = 1});
    expect(f, REVOCATION_GOOD, SOURCE_GOOD);
    assert_int_equal(f->out.evidence[0].delta, -1);
    struct made_crl odd = delta_hold;
    odd.flip = true;
    add_crl(f, base);
    add_crl(f, odd);
    expect(f, REVOCATION_GOOD, SOURCE_GOOD);
    odd = delta_hold;
    odd.next_update = MADE_AT - 1;
    add_crl(f, base);
    add_crl(f, odd);
    expect(f, REVOCATION_GOOD, SOURCE_GOOD);
    /* a complete list that is past its time does with a fresh delta */
    odd = base;
    odd.next_update = MADE_AT - 1;
    add_crl(f, odd);
    add_crl(f, delta);
    expect(f, REVOCATION_GOOD, SOURCE_GOOD);
}

static void test_ocsp_answers(void **state)
{
    struct fixture *f = *state;
    add_ocsp(f, (struct made_ocsp){0}, (struct made_single){0});
    expect(f, REVOCATION_GOOD, SOURCE_GOOD);
    add_ocsp(f, (struct made_ocsp){.by_key = true}, (struct made_single){.sha256 = true});
    expect(f, REVOCATION_GOOD, SOURCE_GOOD);
    add_ocsp(f, (struct made_ocsp){0},
             (struct made_single){.status = OCSP_REVOKED, .reason = REASON_SUPERSEDED});
    expect(f, REVOCATION_REVOKED, SOURCE_REVOKED);
    assert_int_equal(f->out.evidence[0].reason, REASON_SUPERSEDED);
    assert_int_equal(f->out.evidence[0].revoked_at, MADE_AT - 2 * TIME_DAY);
    add_ocsp(f, (struct made_ocsp){0}, (struct made_single){.status = OCSP_UNKNOWN});
    expect(f, REVOCATION_UNKNOWN, SOURCE_UNKNOWN);
    add_ocsp(f, (struct made_ocsp){0}, (struct made_single){.critical = true});
    expect(f, REVOCATION_UNKNOWN, SOURCE_CRITICAL);
    add_ocsp(f, (struct made_ocsp){0}, (struct made_single){.next_update = MADE_AT - 1});
    expect(f, REVOCATION_UNKNOWN, SOURCE_STALE);
    add_ocsp(f, (struct made_ocsp){0}, (struct made_single){.this_update = MADE_AT + 1});
    expect(f, REVOCATION_UNKNOWN, SOURCE_NOT_YET);
    add_ocsp(f, (struct made_ocsp){0}, (struct made_single){.cert = f->plain.cert});
    expect(f, REVOCATION_UNKNOWN, SOURCE_OTHER);
}

static void test_ocsp_signers(void **state)
{
    struct fixture *f = *state;
    const struct made_single good = {0};
    add_ocsp(f, (struct made_ocsp){.flip = true}, good);
    expect(f, REVOCATION_UNKNOWN, SOURCE_BAD_SIGNATURE);
    add_ocsp(f, (struct made_ocsp){.signer = &f->responder, .with_cert = true}, good);
    expect(f, REVOCATION_GOOD, SOURCE_GOOD);
    assert_true(f->out.evidence[0].delegated);
    add_ocsp(f, (struct made_ocsp){.signer = &f->responder}, good);
    expect(f, REVOCATION_UNKNOWN, SOURCE_NO_SIGNER);
    add_ocsp(f, (struct made_ocsp){.signer = &f->plain, .with_cert = true}, good);
    expect(f, REVOCATION_UNKNOWN, SOURCE_SIGNER_UNFIT);
    add_ocsp(f, (struct made_ocsp){.signer = &f->foreign, .with_cert = true}, good);
    expect(f, REVOCATION_UNKNOWN, SOURCE_SIGNER_UNFIT);
}

/** Who says "revoked" outweighs who says "good", whichever came first. */
static void test_sources_that_differ(void **state)
{
    struct fixture *f = *state;
    const struct made_entry listed = leaf_entry(f, REASON_ABSENT);
    add_crl(f, (struct made_crl){.entries = &listed, .count = 1});
    add_ocsp(f, (struct made_ocsp){0}, (struct made_single){0});
    assert_int_equal(judged(f), REVOCATION_REVOKED);
    assert_int_equal(f->out.decided_by, 0);
    add_crl(f, (struct made_crl){0});
    add_ocsp(f, (struct made_ocsp){0}, (struct made_single){.status = OCSP_REVOKED});
    assert_int_equal(judged(f), REVOCATION_REVOKED);
    assert_int_equal(f->out.decided_by, 1);
    assert_true(f->out.evidence[1].is_ocsp);
    add_crl(f, (struct made_crl){.next_update = MADE_AT - 1});
    add_ocsp(f, (struct made_ocsp){0}, (struct made_single){0});
    assert_int_equal(judged(f), REVOCATION_GOOD);
    assert_int_equal(f->out.decided_by, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_complete_crl),
        cmocka_unit_test(test_crls_that_do_not_count),
        cmocka_unit_test(test_policy),
        cmocka_unit_test(test_scope),
        cmocka_unit_test(test_delta),
        cmocka_unit_test(test_ocsp_answers),
        cmocka_unit_test(test_ocsp_signers),
        cmocka_unit_test(test_sources_that_differ),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
