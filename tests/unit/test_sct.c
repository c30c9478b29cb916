/* SPDX-License-Identifier: Apache-2.0 */
/* Timestamps that a log of our own signs, read and verified by us and by libcrypto alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/ct.h>
#include <openssl/x509v3.h>

#undef KU_DIGITAL_SIGNATURE
#undef KU_NON_REPUDIATION
#undef KU_KEY_ENCIPHERMENT
#undef KU_DATA_ENCIPHERMENT
#undef KU_KEY_AGREEMENT
#undef KU_KEY_CERT_SIGN
#undef KU_CRL_SIGN
#undef KU_ENCIPHER_ONLY
#undef KU_DECIPHER_ONLY

#include "made_revocation.h"

struct fixture {
    struct arena arena;
    struct made_ca ca, leaf;
    struct private_key *log, *other_log;
    struct bytes spki, other_spki;
};

static struct bytes spki_of(struct arena *arena, const struct private_key *key)
{
    BUF_CLEANUP spki = {0};
    private_key_spki(key, &spki);
    return arena_bytes(arena, buf_bytes(&spki));
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->ca = made_root(&f->arena, "CA");
    f->leaf = made_under(&f->arena, "leaf", &f->ca, (struct mint_spec){.eku = EKU_SERVER_AUTH});
    f->log = private_key_derive(KEY_SPEC_P256, bytes_str("log"), "one");
    f->other_log = private_key_derive(KEY_SPEC_P256, bytes_str("log"), "two");
    f->spki = spki_of(&f->arena, f->log);
    f->other_spki = spki_of(&f->arena, f->other_log);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    made_free(&f->ca);
    made_free(&f->leaf);
    private_key_free(f->log);
    private_key_free(f->other_log);
    arena_free(&f->arena);
    free(f);
    return 0;
}

static void put(struct buf *out, uint64_t value, unsigned octets)
{
    while (octets-- > 0)
        buf_add_byte(out, (uint8_t)(value >> (8 * octets)));
}

/** A SerializedSCT over `cert`, in a list of one. */
static struct bytes make_list(struct fixture *f, const struct cert *cert, const struct cert *issuer)
{
    BUF_CLEANUP sct = {0}, data = {0}, signature = {0}, list = {0};
    uint8_t id[32];
    const struct sct unsigned_one = {.timestamp = 1795000000123, .extensions = bytes_str("ex")};
    assert_true(sct_signed_data(&unsigned_one, cert, issuer, &data));
    assert_true(private_key_sign(f->log, OID_SHA256_ECDSA, buf_bytes(&data), &signature));
    crypto_sha256(f->spki, id);
    put(&sct, 0, 1);
    buf_append(&sct, id, sizeof id);
    put(&sct, unsigned_one.timestamp, 8);
    put(&sct, 2, 2);
    buf_add_str(&sct, "ex");
    put(&sct, 4, 1);
    put(&sct, 3, 1);
    put(&sct, signature.n, 2);
    buf_add_bytes(&sct, buf_bytes(&signature));
    put(&list, sct.n + 2, 2);
    put(&list, sct.n, 2);
    buf_add_bytes(&list, buf_bytes(&sct));
    return arena_bytes(&f->arena, buf_bytes(&list));
}

/** The certificate with one more extension at `place`, not signed again: logs sign the TBS. */
static struct cert *with_extension(const struct cert *cert, enum oid id, struct bytes value,
                                   size_t place)
{
    struct writer w = {0};
    struct reader r = reader_of(cert->tbs, 0);
    struct der tbs, element, list, extension;
    assert_true(reader_next(&r, &tbs));
    r = reader_enter(&tbs);
    writer_open(&w, DER_SEQUENCE);
    writer_open(&w, DER_SEQUENCE);
    while (reader_next(&r, &element)) {
        if (element.tag != DER_CONTEXT_CONS(3)) {
            writer_raw(&w, element.whole);
            continue;
        }
        struct reader inner = reader_enter(&element);
        assert_true(reader_next(&inner, &list));
        inner = reader_enter(&list);
        writer_open(&w, DER_CONTEXT_CONS(3));
        writer_open(&w, DER_SEQUENCE);
        for (size_t i = 0; reader_next(&inner, &extension); i++) {
            if (i == place)
                made_extension(&w, id, id == OID_CT_POISON, value);
            writer_raw(&w, extension.whole);
        }
        writer_close(&w);
        writer_close(&w);
    }
    writer_close(&w);
    writer_raw(&w, cert->outer_algorithm);
    writer_bits(&w, cert->signature);
    writer_close(&w);
    struct cert *out = cert_parse(buf_bytes(&w.out));
    writer_free(&w);
    return out;
}

static struct cert *with_list(const struct cert *cert, struct bytes list)
{
    struct writer octets = {0};
    writer_put(&octets, DER_OCTET_STRING, list);
    struct cert *out = with_extension(cert, OID_SCT_LIST, buf_bytes(&octets.out), 1);
    writer_free(&octets);
    return out;
}

static struct sct only_sct(struct bytes bytes)
{
    struct sct_list list = sct_list_of(bytes);
    struct sct sct, more;
    assert_true(sct_next(&list, &sct));
    assert_false(sct_next(&list, &more));
    assert_false(list.bad);
    return sct;
}

static void test_fields(void **state)
{
    struct fixture *f = *state;
    uint8_t id[32];
    const struct sct sct = only_sct(make_list(f, f->leaf.cert, NULL));
    crypto_sha256(f->spki, id);
    assert_int_equal(sct.version, 0);
    assert_true(bytes_equal(sct.log_id, bytes_of(id, 32)));
    assert_int_equal(sct.timestamp, 1795000000123);
    assert_true(bytes_equal_str(sct.extensions, "ex"));
    assert_int_equal(sct.hash, 4);
    assert_int_equal(sct.algorithm, 3);
}

/** From TLS or a staple: the log signed the certificate as it is. */
static void test_x509_entry(void **state)
{
    struct fixture *f = *state;
    struct sct sct = only_sct(make_list(f, f->leaf.cert, NULL));
    assert_int_equal(sct_verify(&sct, f->leaf.cert, NULL, f->spki), SIG_OK);
    assert_int_equal(sct_verify(&sct, f->leaf.cert, f->ca.cert, f->spki), SIG_BAD);
    assert_int_equal(sct_verify(&sct, f->ca.cert, NULL, f->spki), SIG_BAD);
    assert_int_equal(sct_verify(&sct, f->leaf.cert, NULL, f->other_spki), SIG_BAD);
    sct.timestamp++;
    assert_int_equal(sct_verify(&sct, f->leaf.cert, NULL, f->spki), SIG_BAD);
    sct.hash = 2;
    assert_int_equal(sct_verify(&sct, f->leaf.cert, NULL, f->spki), SIG_UNSUPPORTED);
}

/** Embedded: the same timestamp fits the precertificate and the certificate made of it. */
static void test_precert_entry(void **state)
{
    struct fixture *f = *state;
    struct cert *precert = with_extension(f->leaf.cert, OID_CT_POISON, bytes_of("\x05\x00", 2), 2);
    assert_true((precert->has & HAS_CT_POISON) != 0);
    const struct bytes bytes = make_list(f, precert, f->ca.cert);
    struct cert *final = with_list(f->leaf.cert, bytes);
    assert_true((final->has & HAS_SCT) != 0);
    assert_true(bytes_equal(cert_sct_list(final), bytes));
    assert_null(cert_sct_list(precert).p);
    const struct sct sct = only_sct(cert_sct_list(final));
    assert_int_equal(sct_verify(&sct, final, f->ca.cert, f->spki), SIG_OK);
    assert_int_equal(sct_verify(&sct, precert, f->ca.cert, f->spki), SIG_OK);
    assert_int_equal(sct_verify(&sct, final, f->leaf.cert, f->spki), SIG_BAD);
    assert_int_equal(sct_verify(&sct, final, NULL, f->spki), SIG_BAD);
    BUF_CLEANUP tbs = {0};
    assert_true(sct_precert_tbs(final, &tbs));
    assert_true(bytes_equal(buf_bytes(&tbs), f->leaf.cert->tbs));
    cert_unref(precert);
    cert_unref(final);
}

static X509 *theirs(const struct cert *cert)
{
    const unsigned char *p = cert->der.p;
    return d2i_X509(NULL, &p, (long)cert->der.n);
}

/** What libcrypto's own verifier says of a certificate's first timestamp, or of one given. */
static sct_validation_status_t libcrypto_says(struct fixture *f, const struct cert *cert,
                                              struct bytes list, sct_source_t source)
{
    X509 *x = theirs(cert), *issuer = theirs(f->ca.cert);
    CTLOG_STORE *store = CTLOG_STORE_new();
    CT_POLICY_EVAL_CTX *context = CT_POLICY_EVAL_CTX_new();
    const unsigned char *p = list.p;
    STACK_OF(SCT) *scts = o2i_SCT_LIST(NULL, &p, list.n);
    assert_non_null(scts);
    SCT *sct = sk_SCT_value(scts, 0);
    SCT_set_source(sct, source);
    SCT_set_log_entry_type(sct, source == SCT_SOURCE_X509V3_EXTENSION ? CT_LOG_ENTRY_TYPE_PRECERT
                                                                      : CT_LOG_ENTRY_TYPE_X509);
    /* a store is only filled from a file: one is written beside the test's own temporary files */
    char path[] = "/tmp/certwhy-ctlog-XXXXXX";
    const int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    struct arena arena = {0};
    fprintf(file, "enabled_logs=one\n[one]\ndescription=one\nkey=%s\n",
            str_base64(&arena, f->spki));
    fclose(file);
    assert_int_equal(CTLOG_STORE_load_file(store, path), 1);
    remove(path);
    CT_POLICY_EVAL_CTX_set1_cert(context, x);
    CT_POLICY_EVAL_CTX_set1_issuer(context, issuer);
    CT_POLICY_EVAL_CTX_set_shared_CTLOG_STORE(context, store);
    CT_POLICY_EVAL_CTX_set_time(context, (uint64_t)MADE_AT * 1000);
    SCT_validate(sct, context);
    const sct_validation_status_t status = SCT_get_validation_status(sct);
    SCT_LIST_free(scts);
    CT_POLICY_EVAL_CTX_free(context);
    CTLOG_STORE_free(store);
    X509_free(x);
    X509_free(issuer);
    arena_free(&arena);
    return status;
}

static void test_libcrypto_agrees(void **state)
{
    struct fixture *f = *state;
    const struct bytes plain = make_list(f, f->leaf.cert, NULL);
    assert_int_equal(libcrypto_says(f, f->leaf.cert, plain, SCT_SOURCE_TLS_EXTENSION),
                     SCT_VALIDATION_STATUS_VALID);
    const struct bytes embedded = make_list(f, f->leaf.cert, f->ca.cert);
    struct cert *final = with_list(f->leaf.cert, embedded);
    assert_int_equal(libcrypto_says(f, final, embedded, SCT_SOURCE_X509V3_EXTENSION),
                     SCT_VALIDATION_STATUS_VALID);
    assert_int_equal(libcrypto_says(f, final, plain, SCT_SOURCE_X509V3_EXTENSION),
                     SCT_VALIDATION_STATUS_INVALID);
    cert_unref(final);
}

static void test_malformed_lists(void **state)
{
    struct fixture *f = *state;
    const struct bytes good = make_list(f, f->leaf.cert, NULL);
    for (size_t n = 0; n < good.n; n++) {
        struct sct_list list = sct_list_of(bytes_of(good.p, n));
        struct sct sct;
        assert_false(sct_next(&list, &sct));
        assert_true(list.bad);
    }
    /* of another version only that is known */
    const struct sct sct = only_sct(bytes_of("\x00\x03\x00\x01\x07", 5));
    assert_int_equal(sct.version, 7);
    assert_int_equal(sct_verify(&sct, f->leaf.cert, NULL, f->spki), SIG_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),          cmocka_unit_test(test_x509_entry),
        cmocka_unit_test(test_precert_entry),   cmocka_unit_test(test_libcrypto_agrees),
        cmocka_unit_test(test_malformed_lists),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
