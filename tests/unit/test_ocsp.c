/* SPDX-License-Identifier: Apache-2.0 */
/* OCSP responses, and requests that libcrypto reads as what they are meant to be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "made_revocation.h"

/* the names that x509.h and OpenSSL's headers both use */
struct ocsp_request_st;
struct ocsp_request_st *d2i_OCSP_REQUEST(struct ocsp_request_st **a, const unsigned char **p,
                                         long n);
int OCSP_request_onereq_count(struct ocsp_request_st *req);
void OCSP_REQUEST_free(struct ocsp_request_st *req);

struct fixture {
    struct arena arena;
    struct made_ca ca, other, leaf, responder;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->ca = made_root(&f->arena, "CA");
    f->other = made_root(&f->arena, "Other");
    f->leaf = made_under(&f->arena, "leaf", &f->ca, (struct mint_spec){0});
    f->responder =
        made_under(&f->arena, "responder", &f->ca, (struct mint_spec){.eku = EKU_OCSP_SIGNING});
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    made_free(&f->ca);
    made_free(&f->other);
    made_free(&f->leaf);
    made_free(&f->responder);
    arena_free(&f->arena);
    free(f);
    return 0;
}

static struct ocsp_single only_single(const struct ocsp *ocsp)
{
    struct reader singles = ocsp_singles(ocsp);
    struct ocsp_single single, more;
    assert_int_equal(ocsp->single_count, 1);
    assert_true(ocsp_single_next(&singles, &single));
    assert_false(ocsp_single_next(&singles, &more));
    assert_false(singles.bad);
    return single;
}

static void test_good(void **state)
{
    struct fixture *f = *state;
    const struct made_single good = {.cert = f->leaf.cert, .next_update = -1};
    struct ocsp *ocsp = ocsp_parse(made_ocsp(
        &f->arena,
        &(struct made_ocsp){
            .issuer = &f->ca, .nonce = bytes_str("12345678"), .singles = &good, .count = 1}));
    assert_int_equal(ocsp->readable, OCSP_READABLE);
    assert_int_equal(ocsp->status, OCSP_SUCCESSFUL);
    assert_true(name_equal(ocsp->responder_name, f->ca.name));
    assert_null(ocsp->responder_key.p);
    assert_int_equal(ocsp->produced_at, MADE_AT - TIME_DAY);
    assert_true(bytes_equal_str(ocsp->nonce, "12345678"));
    assert_int_equal(ocsp->signature_algorithm, OID_SHA256_ECDSA);
    assert_int_equal(ocsp->cert_count, 0);
    const struct ocsp_single single = only_single(ocsp);
    assert_int_equal(single.status, OCSP_GOOD);
    assert_int_equal(single.this_update, MADE_AT - TIME_DAY);
    assert_int_equal(single.next_update, TIME_NONE);
    assert_int_equal(single.reason, REASON_ABSENT);
    assert_int_equal(
        crypto_verify(f->ca.cert->key.spki, ocsp->algorithm, ocsp->tbs, ocsp->signature), SIG_OK);
    ocsp_unref(ocsp);
}

static void test_revoked(void **state)
{
    struct fixture *f = *state;
    const struct made_single revoked = {
        .cert = f->leaf.cert, .status = OCSP_REVOKED, .reason = REASON_CESSATION, .critical = true};
    struct ocsp *ocsp = ocsp_parse(made_ocsp(&f->arena, &(struct made_ocsp){.issuer = &f->ca,
                                                                            .signer = &f->responder,
                                                                            .by_key = true,
                                                                            .with_cert = true,
                                                                            .singles = &revoked,
                                                                            .count = 1}));
    assert_int_equal(ocsp->readable, OCSP_READABLE);
    assert_int_equal(ocsp->cert_count, 1);
    assert_true(cert_equal(ocsp->certs[0], f->responder.cert));
    assert_true(ocsp_is_responder(ocsp, f->responder.cert));
    assert_false(ocsp_is_responder(ocsp, f->ca.cert));
    const struct ocsp_single single = only_single(ocsp);
    assert_int_equal(single.status, OCSP_REVOKED);
    assert_int_equal(single.reason, REASON_CESSATION);
    assert_int_equal(single.revoked_at, MADE_AT - 2 * TIME_DAY);
    assert_int_equal(single.next_update, MADE_AT + 6 * TIME_DAY);
    assert_true(single.critical_unknown);
    struct ocsp *again = ocsp_ref(ocsp);
    ocsp_unref(ocsp);
    assert_int_equal(again->single_count, 1);
    ocsp_unref(again);
}

static void test_cert_ids(void **state)
{
    struct fixture *f = *state;
    for (int sha256 = 0; sha256 < 2; sha256++) {
        const struct made_single good = {.cert = f->leaf.cert, .sha256 = sha256 != 0};
        struct ocsp *ocsp = ocsp_parse(made_ocsp(
            &f->arena, &(struct made_ocsp){.issuer = &f->ca, .singles = &good, .count = 1}));
        const struct ocsp_single single = only_single(ocsp);
        const struct key_info *key = &f->ca.cert->key;
        assert_int_equal(single.id.hash, sha256 ? OID_SHA256 : OID_SHA1);
        assert_true(ocsp_id_names(&single.id, f->ca.name, key, f->leaf.cert->serial));
        assert_false(ocsp_id_names(&single.id, f->other.name, key, f->leaf.cert->serial));
        assert_false(
            ocsp_id_names(&single.id, f->ca.name, &f->other.cert->key, f->leaf.cert->serial));
        assert_false(ocsp_id_names(&single.id, f->ca.name, key, f->other.cert->serial));
        ocsp_unref(ocsp);
    }
}

static void test_errors(void **state)
{
    struct fixture *f = *state;
    for (uint8_t status = 0; status < 9; status++) {
        const uint8_t der[] = {0x30, 3, DER_ENUMERATED, 1, status};
        struct ocsp *ocsp = ocsp_parse(bytes_of(der, sizeof der));
        /* a success without a response is none, and 4 is not used */
        const bool known = status != 0 && status != 4 && status <= 6;
        assert_int_equal(ocsp->readable, known ? OCSP_READABLE : OCSP_UNREADABLE);
        if (known)
            assert_int_equal(ocsp->status, status);
        ocsp_unref(ocsp);
    }
    assert_string_equal(ocsp_status_text(OCSP_TRY_LATER), "tryLater");
    assert_string_equal(ocsp_status_text(-1), "unknown");
    assert_string_equal(ocsp_status_text(7), "unknown");
    (void)f;
}

static void test_truncated(void **state)
{
    struct fixture *f = *state;
    const struct made_single good = {.cert = f->leaf.cert};
    const struct bytes der =
        made_ocsp(&f->arena, &(struct made_ocsp){.issuer = &f->ca, .singles = &good, .count = 1});
    for (size_t n = 0; n < der.n; n++) {
        struct ocsp *ocsp = ocsp_parse(bytes_of(der.p, n));
        assert_int_equal(ocsp->readable, OCSP_UNREADABLE);
        assert_true(ocsp->bad_at <= n);
        ocsp_unref(ocsp);
    }
}

static void test_request(void **state)
{
    struct fixture *f = *state;
    for (int with = 0; with < 2; with++) {
        BUF_CLEANUP request = {0};
        ocsp_request(f->leaf.cert, f->ca.cert, bytes_str(with ? "0123456789abcdef" : ""), &request);
        const unsigned char *p = request.p;
        struct ocsp_request_st *theirs = d2i_OCSP_REQUEST(NULL, &p, (long)request.n);
        assert_non_null(theirs);
        assert_ptr_equal(p, request.p + request.n);
        assert_int_equal(OCSP_request_onereq_count(theirs), 1);
        OCSP_REQUEST_free(theirs);
        assert_int_equal(bytes_find(buf_bytes(&request), bytes_str("0123456789abcdef")) != SIZE_MAX,
                         with);
        assert_true(bytes_find(buf_bytes(&request), f->leaf.cert->serial) != SIZE_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),      cmocka_unit_test(test_revoked),
        cmocka_unit_test(test_cert_ids),  cmocka_unit_test(test_errors),
        cmocka_unit_test(test_truncated), cmocka_unit_test(test_request),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
