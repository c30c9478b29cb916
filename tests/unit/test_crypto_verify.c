/* SPDX-License-Identifier: Apache-2.0 */
/* Signature checks against signatures that libcrypto made, and each way in which they can be wrong.
 */
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "crypto/crypto.h"

/** A certificate's three parts, as x509/ would hand them over. */
struct sample {
    unsigned char *spki, *algorithm, *tbs;
    struct bytes spki_b, algorithm_b, tbs_b;
    uint8_t signature[1024];
    size_t signature_n;
};

static void object_drop(struct sample *object)
{
    OPENSSL_free(object->spki);
    OPENSSL_free(object->algorithm);
    OPENSSL_free(object->tbs);
}

static EVP_PKEY *key_make(const char *type, int parameter)
{
    if (strcmp(type, "RSA") == 0)
        return EVP_PKEY_Q_keygen(NULL, NULL, type, (size_t)parameter);
    if (strcmp(type, "ED25519") == 0 || strcmp(type, "ED448") == 0)
        return EVP_PKEY_Q_keygen(NULL, NULL, type);
    return EVP_PKEY_Q_keygen(NULL, NULL, "EC", type);
}

static struct sample object_sign(EVP_PKEY *key, const EVP_MD *digest, int padding, int salt)
{
    X509 *x = X509_new();
    X509_set_pubkey(x, key);
    X509_gmtime_adj(X509_getm_notBefore(x), 0);
    X509_gmtime_adj(X509_getm_notAfter(x), 60);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *details = NULL;
    assert_int_equal(EVP_DigestSignInit(context, &details, digest, NULL, key), 1);
    if (padding != 0) {
        assert_true(EVP_PKEY_CTX_set_rsa_padding(details, padding) > 0);
        assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(details, salt) > 0);
    }
    assert_true(X509_sign_ctx(x, context) > 0);
    EVP_MD_CTX_free(context);

    struct sample object = {0};
    const ASN1_BIT_STRING *signature = NULL;
    const X509_ALGOR *algorithm = NULL;
    X509_get0_signature(&signature, &algorithm, x);
    object.spki_b.n = (size_t)i2d_PUBKEY(key, &object.spki);
    object.algorithm_b.n = (size_t)i2d_X509_ALGOR(algorithm, &object.algorithm);
    object.tbs_b.n = (size_t)i2d_re_X509_tbs(x, &object.tbs);
    object.spki_b.p = object.spki;
    object.algorithm_b.p = object.algorithm;
    object.tbs_b.p = object.tbs;
    object.signature_n = (size_t)signature->length;
    assert_true(object.signature_n <= sizeof object.signature);
    memcpy(object.signature, signature->data, object.signature_n);
    X509_free(x);
    return object;
}

static enum sig_result object_verify(const struct sample *object)
{
    return crypto_verify(object->spki_b, object->algorithm_b, object->tbs_b,
                         bytes_of(object->signature, object->signature_n));
}

static void check_round(EVP_PKEY *key, const EVP_MD *digest, int padding, int salt)
{
    struct sample object = object_sign(key, digest, padding, salt);
    assert_int_equal(object_verify(&object), SIG_OK);
    object.tbs[object.tbs_b.n - 1] ^= 1;
    assert_int_equal(object_verify(&object), SIG_BAD);
    object.tbs[object.tbs_b.n - 1] ^= 1;
    object.signature[object.signature_n / 2] ^= 4;
    assert_int_equal(object_verify(&object), SIG_BAD);
    object.signature_n--;
    assert_int_equal(object_verify(&object), SIG_BAD);
    object.signature_n = 0;
    assert_int_equal(object_verify(&object), SIG_BAD);
    object_drop(&object);
}

static void rsa_pkcs1_with_every_digest(void **state)
{
    (void)state;
    EVP_PKEY *key = key_make("RSA", 1024);
    const EVP_MD *digests[] = {EVP_md5(),    EVP_sha1(),   EVP_sha224(),   EVP_sha256(),
                               EVP_sha384(), EVP_sha512(), EVP_sha3_256(), EVP_ripemd160()};
    for (size_t i = 0; i < sizeof digests / sizeof digests[0]; i++)
        check_round(key, digests[i], 0, 0);
    EVP_PKEY_free(key);
}

static void rsa_pss_with_parameters(void **state)
{
    (void)state;
    EVP_PKEY *key = key_make("RSA", 2048);
    check_round(key, EVP_sha1(), RSA_PKCS1_PSS_PADDING, 20);
    check_round(key, EVP_sha256(), RSA_PKCS1_PSS_PADDING, 32);
    check_round(key, EVP_sha512(), RSA_PKCS1_PSS_PADDING, 0);
    EVP_PKEY_free(key);
}

static void rsa_pss_keys(void **state)
{
    (void)state;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA_PSS, NULL);
    EVP_PKEY *key = NULL;
    assert_true(EVP_PKEY_keygen_init(context) > 0);
    assert_true(EVP_PKEY_CTX_set_rsa_keygen_bits(context, 1024) > 0);
    assert_true(EVP_PKEY_CTX_set_rsa_pss_keygen_md(context, EVP_sha256()) > 0);
    assert_true(EVP_PKEY_keygen(context, &key) > 0);
    check_round(key, EVP_sha256(), RSA_PKCS1_PSS_PADDING, 32);

    struct sample object = object_sign(key, EVP_sha256(), RSA_PKCS1_PSS_PADDING, 32);
    static const uint8_t sha256_rsa[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                         0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00};
    object.algorithm_b = bytes_of(sha256_rsa, sizeof sha256_rsa);
    assert_int_equal(object_verify(&object), SIG_KEY_MISMATCH);
    object_drop(&object);
    EVP_PKEY_free(key);
    EVP_PKEY_CTX_free(context);
}

static void ecdsa_on_many_curves(void **state)
{
    (void)state;
    const char *curves[] = {"P-224",     "P-256",           "P-384",           "P-521",
                            "secp256k1", "brainpoolP256r1", "brainpoolP384r1", "prime192v1"};
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        EVP_PKEY *key = key_make(curves[i], 0);
        assert_non_null(key);
        check_round(key, EVP_sha256(), 0, 0);
        check_round(key, EVP_sha1(), 0, 0);
        EVP_PKEY_free(key);
    }
}

static void eddsa(void **state)
{
    (void)state;
    const char *types[] = {"ED25519", "ED448"};
    for (size_t i = 0; i < 2; i++) {
        EVP_PKEY *key = key_make(types[i], 0);
        check_round(key, NULL, 0, 0);
        EVP_PKEY_free(key);
    }
}

static void dsa(void **state)
{
    (void)state;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_DSA, NULL);
    EVP_PKEY *parameters = NULL, *key = NULL;
    assert_true(EVP_PKEY_paramgen_init(context) > 0);
    assert_true(EVP_PKEY_CTX_set_dsa_paramgen_bits(context, 1024) > 0);
    assert_true(EVP_PKEY_paramgen(context, &parameters) > 0);
    EVP_PKEY_CTX *second = EVP_PKEY_CTX_new(parameters, NULL);
    assert_true(EVP_PKEY_keygen_init(second) > 0);
    assert_true(EVP_PKEY_keygen(second, &key) > 0);
    check_round(key, EVP_sha1(), 0, 0);
    check_round(key, EVP_sha256(), 0, 0);
    EVP_PKEY_free(key);
    EVP_PKEY_free(parameters);
    EVP_PKEY_CTX_free(second);
    EVP_PKEY_CTX_free(context);
}

static void explicit_curve_parameters(void **state)
{
    (void)state;
    EVP_PKEY *key = key_make("P-256", 0);
    assert_int_equal(EVP_PKEY_set_utf8_string_param(key, "encoding", "explicit"), 1);
    check_round(key, EVP_sha256(), 0, 0);
    EVP_PKEY_free(key);
}

static void faults_are_told_apart(void **state)
{
    (void)state;
    EVP_PKEY *rsa = key_make("RSA", 1024), *ec = key_make("P-256", 0);
    struct sample a = object_sign(rsa, EVP_sha256(), 0, 0);
    struct sample b = object_sign(ec, EVP_sha256(), 0, 0);
    const struct bytes signature = bytes_of(a.signature, a.signature_n);

    assert_int_equal(crypto_verify(b.spki_b, a.algorithm_b, a.tbs_b, signature), SIG_KEY_MISMATCH);
    assert_int_equal(crypto_verify(a.spki_b, b.algorithm_b, a.tbs_b, signature), SIG_KEY_MISMATCH);
    assert_int_equal(crypto_verify(bytes_str("junk"), a.algorithm_b, a.tbs_b, signature),
                     SIG_KEY_UNUSABLE);
    assert_int_equal(crypto_verify(bytes_of(NULL, 0), a.algorithm_b, a.tbs_b, signature),
                     SIG_KEY_UNUSABLE);
    assert_int_equal(
        crypto_verify(bytes_slice(a.spki_b, 0, a.spki_b.n - 9), a.algorithm_b, a.tbs_b, signature),
        SIG_KEY_UNUSABLE);
    static const uint8_t unknown[] = {0x30, 0x05, 0x06, 0x03, 0x2a, 0x03, 0x04};
    assert_int_equal(crypto_verify(a.spki_b, bytes_of(unknown, sizeof unknown), a.tbs_b, signature),
                     SIG_UNSUPPORTED);
    assert_int_equal(crypto_verify(a.spki_b, bytes_of(NULL, 0), a.tbs_b, signature),
                     SIG_UNSUPPORTED);
    /* id-RSASSA-PSS without parameters is not allowed in a signature (RFC 4055 section 3.1) */
    static const uint8_t bare_pss[] = {0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48,
                                       0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a};
    assert_int_equal(
        crypto_verify(a.spki_b, bytes_of(bare_pss, sizeof bare_pss), a.tbs_b, signature),
        SIG_UNSUPPORTED);
    object_drop(&a);
    object_drop(&b);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ec);
}

static enum sig_result memo_verify(struct sig_memo *memo, struct bytes spki,
                                   const struct signed_object *object, int *budget)
{
    uint8_t id[32];
    crypto_sha256(spki, id);
    return sig_memo_verify(memo, (struct public_key){.spki = spki, .sha256 = id}, object, budget);
}

static void memo_remembers_and_counts(void **state)
{
    (void)state;
    struct sig_memo *memo = sig_memo_new();
    EVP_PKEY *key = key_make("P-256", 0);
    struct sample sample = object_sign(key, EVP_sha256(), 0, 0);
    const uint8_t id[32] = {1}, other_id[32] = {2};
    const struct signed_object object = {.algorithm = sample.algorithm_b,
                                         .tbs = sample.tbs_b,
                                         .signature =
                                             bytes_of(sample.signature, sample.signature_n),
                                         .sha256 = id};
    struct signed_object other = object;
    other.sha256 = other_id;
    int budget = 1;
    assert_int_equal(memo_verify(memo, sample.spki_b, &object, &budget), SIG_OK);
    assert_int_equal(budget, 0);
    assert_int_equal(memo_verify(memo, sample.spki_b, &object, &budget), SIG_OK);
    assert_int_equal(memo_verify(memo, sample.spki_b, &other, &budget), SIG_UNCHECKED);
    /* an unchecked answer is not remembered */
    assert_int_equal(memo_verify(memo, sample.spki_b, &other, NULL), SIG_OK);
    assert_int_equal(memo_verify(memo, bytes_str("junk"), &object, NULL), SIG_KEY_UNUSABLE);
    object_drop(&sample);
    EVP_PKEY_free(key);
    sig_memo_free(memo);
    sig_memo_free(NULL);
}

static void memo_grows_and_keeps_answers(void **state)
{
    (void)state;
    struct sig_memo *memo = sig_memo_new();
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < 3000; i++) {
            uint8_t spki[8], id[32];
            int budget = round == 0 ? 1 : 0;
            memcpy(spki, "spki", 4);
            memcpy(spki + 4, &i, 4);
            crypto_sha256(bytes_of(&i, 4), id);
            const struct signed_object object = {.sha256 = id};
            assert_int_equal(memo_verify(memo, bytes_of(spki, 8), &object, &budget),
                             SIG_KEY_UNUSABLE);
            assert_int_equal(budget, 0);
        }
    sig_memo_free(memo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rsa_pkcs1_with_every_digest),
        cmocka_unit_test(rsa_pss_with_parameters),
        cmocka_unit_test(rsa_pss_keys),
        cmocka_unit_test(ecdsa_on_many_curves),
        cmocka_unit_test(eddsa),
        cmocka_unit_test(dsa),
        cmocka_unit_test(explicit_curve_parameters),
        cmocka_unit_test(faults_are_told_apart),
        cmocka_unit_test(memo_remembers_and_counts),
        cmocka_unit_test(memo_grows_and_keeps_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
