/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of our own making: the same each time, usable by libcrypto, and forged ones that fail. */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants setjmp.h and stdarg.h first */
#include <cmocka.h>

#include "crypto/crypto.h"

static const enum key_spec all_specs[] = {KEY_SPEC_RSA_1024, KEY_SPEC_RSA_2048, KEY_SPEC_P256,
                                          KEY_SPEC_P384,     KEY_SPEC_P521,     KEY_SPEC_ED25519,
                                          KEY_SPEC_ED448};

/** DER AlgorithmIdentifier of a signature as mint and csr would write it. */
static void algorithm_write(enum oid algorithm, struct writer *w)
{
    writer_open(w, DER_SEQUENCE);
    writer_oid(w, algorithm);
    if (algorithm == OID_RSASSA_PSS) {
        writer_open(w, DER_SEQUENCE);
        writer_open(w, DER_CONTEXT_CONS(0));
        writer_open(w, DER_SEQUENCE);
        writer_oid(w, OID_SHA256);
        writer_close(w);
        writer_close(w);
        writer_open(w, DER_CONTEXT_CONS(1));
        writer_open(w, DER_SEQUENCE);
        writer_oid(w, OID_MGF1);
        writer_open(w, DER_SEQUENCE);
        writer_oid(w, OID_SHA256);
        writer_close(w);
        writer_close(w);
        writer_close(w);
        writer_open(w, DER_CONTEXT_CONS(2));
        writer_int(w, 32);
        writer_close(w);
        writer_close(w);
    }
    writer_close(w);
}

static enum sig_result sign_and_verify(const struct private_key *signer, struct bytes spki,
                                       enum oid algorithm)
{
    BUF_CLEANUP signature = {0};
    const struct bytes tbs = bytes_str("to be signed");
    struct writer w = {0};
    algorithm_write(algorithm, &w);
    assert_true(private_key_sign(signer, algorithm, tbs, &signature));
    const enum sig_result result =
        crypto_verify(spki, buf_bytes(&w.out), tbs, buf_bytes(&signature));
    writer_free(&w);
    return result;
}

static void check_repeats(const struct private_key *key, enum oid algorithm)
{
    BUF_CLEANUP first = {0}, second = {0};
    assert_true(private_key_sign(key, algorithm, bytes_str("to be signed"), &first));
    assert_true(private_key_sign(key, algorithm, bytes_str("to be signed"), &second));
    assert_true(bytes_equal(buf_bytes(&first), buf_bytes(&second)));
}

static enum oid signature_of(enum key_spec spec)
{
    switch (spec) {
    case KEY_SPEC_P256:
        return OID_SHA256_ECDSA;
    case KEY_SPEC_P384:
        return OID_SHA384_ECDSA;
    case KEY_SPEC_P521:
        return OID_SHA512_ECDSA;
    case KEY_SPEC_ED25519:
        return OID_ED25519;
    case KEY_SPEC_ED448:
        return OID_ED448;
    default:
        return OID_SHA256_RSA;
    }
}

static void derived_keys_repeat_and_sign(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof all_specs / sizeof all_specs[0]; i++) {
        struct private_key *a = private_key_derive(all_specs[i], bytes_str("seed"), "label");
        struct private_key *b = private_key_derive(all_specs[i], bytes_str("seed"), "label");
        struct private_key *c = private_key_derive(all_specs[i], bytes_str("seed"), "other");
        assert_non_null(a);
        BUF_CLEANUP pem_a = {0}, pem_b = {0}, pem_c = {0}, spki = {0};
        assert_true(private_key_pem(a, "# lab", &pem_a));
        assert_true(private_key_pem(b, "# lab", &pem_b));
        assert_true(private_key_pem(c, "# lab", &pem_c));
        assert_true(bytes_equal(buf_bytes(&pem_a), buf_bytes(&pem_b)));
        assert_false(bytes_equal(buf_bytes(&pem_a), buf_bytes(&pem_c)));

        EVP_PKEY_CTX *check = EVP_PKEY_CTX_new(private_key_handle(a), NULL);
        assert_int_equal(EVP_PKEY_check(check), 1);
        EVP_PKEY_CTX_free(check);
        assert_true(private_key_spki(a, &spki));
        assert_int_equal(sign_and_verify(a, buf_bytes(&spki), signature_of(all_specs[i])), SIG_OK);
        assert_int_equal(sign_and_verify(c, buf_bytes(&spki), signature_of(all_specs[i])), SIG_BAD);
        private_key_free(a);
        private_key_free(b);
        private_key_free(c);
    }
}

/* The bytes themselves, so that a change of the derivation cannot go unnoticed. */
static void derivation_is_pinned(void **state)
{
    (void)state;
    static const struct {
        enum key_spec spec;
        const char *spki_sha256;
    } pins[] = {
        {KEY_SPEC_RSA_1024, "9f3980603c9048d14c39591d029fb14f7a6fca43fbb2e42e4b690912b3d81614"},
        {KEY_SPEC_P256, "9209910de7dba5d5f53bc14a46db84cb0db75695b9281b210c57a6ed1828194a"},
        {KEY_SPEC_ED25519, "7495ea07d32a4d7cdd4a73c60e3c30644d4919702d15b5cea1b4e138fd4f4ee3"},
    };
    for (size_t i = 0; i < sizeof pins / sizeof pins[0]; i++) {
        struct private_key *key = private_key_derive(pins[i].spec, bytes_str("seed"), "label");
        BUF_CLEANUP spki = {0};
        struct arena arena = {0};
        uint8_t digest[32];
        assert_true(private_key_spki(key, &spki));
        crypto_sha256(buf_bytes(&spki), digest);
        assert_string_equal(str_hex(&arena, bytes_of(digest, 32), 0), pins[i].spki_sha256);
        arena_free(&arena);
        private_key_free(key);
    }
}

static void every_signature_algorithm(void **state)
{
    (void)state;
    static const enum oid rsa[] = {OID_MD5_RSA,    OID_SHA1_RSA,   OID_SHA224_RSA, OID_SHA256_RSA,
                                   OID_SHA384_RSA, OID_SHA512_RSA, OID_RSASSA_PSS};
    static const enum oid ecdsa[] = {OID_SHA1_ECDSA, OID_SHA224_ECDSA, OID_SHA256_ECDSA,
                                     OID_SHA384_ECDSA, OID_SHA512_ECDSA};
    struct private_key *key = private_key_derive(KEY_SPEC_RSA_1024, bytes_str("s"), "rsa");
    struct private_key *ec = private_key_derive(KEY_SPEC_P521, bytes_str("s"), "ec");
    BUF_CLEANUP spki = {0}, ec_spki = {0}, none = {0};
    assert_true(private_key_spki(key, &spki));
    assert_true(private_key_spki(ec, &ec_spki));
    for (size_t i = 0; i < sizeof rsa / sizeof rsa[0]; i++) {
        assert_int_equal(sign_and_verify(key, buf_bytes(&spki), rsa[i]), SIG_OK);
        check_repeats(key, rsa[i]);
    }
    for (size_t i = 0; i < sizeof ecdsa / sizeof ecdsa[0]; i++) {
        assert_int_equal(sign_and_verify(ec, buf_bytes(&ec_spki), ecdsa[i]), SIG_OK);
        check_repeats(ec, ecdsa[i]);
    }
    assert_false(private_key_sign(key, OID_SHA256_ECDSA, bytes_str("x"), &none));
    assert_false(private_key_sign(ec, OID_ED25519, bytes_str("x"), &none));
    assert_false(private_key_sign(ec, OID_CN, bytes_str("x"), &none));
    assert_int_equal(none.n, 0);
    private_key_free(key);
    private_key_free(ec);
}

/* RFC 6979 appendix A.2.5: P-256, message "sample". */
static void rfc6979_vectors(void **state)
{
    (void)state;
    static const struct {
        enum oid algorithm;
        const char *signature;
    } vectors[] = {
        {OID_SHA1_ECDSA, "3044022061340c88c3aaebeb4f6d667f672ca9759a6ccaa9fa8811313039ee4a35471d32"
                         "02206d7f147dac089441bb2e2fe8f7a3fa264b9c475098fdcf6e00d7c996e1b8b7eb"},
        {OID_SHA256_ECDSA,
         "3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
         "022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"},
    };
    static const char pem[] =
        "-----BEGIN EC PRIVATE KEY-----\n"
        "MDECAQEEIMmvqdhFunUWa1whV2ex1pNOUMPbNuibEnuKYisSD2choAoGCCqGSM49\nAwEH\n"
        "-----END EC PRIVATE KEY-----\n";
    struct private_key *key = NULL;
    assert_int_equal(private_key_read(bytes_str(pem), NULL, &key), KEY_READ_OK);
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        BUF_CLEANUP signature = {0};
        struct arena arena = {0};
        assert_true(private_key_sign(key, vectors[i].algorithm, bytes_str("sample"), &signature));
        assert_string_equal(str_hex(&arena, buf_bytes(&signature), 0), vectors[i].signature);
        arena_free(&arena);
    }
    private_key_free(key);
}

static void forged_keys_claim_and_fail(void **state)
{
    (void)state;
    struct private_key *own = private_key_derive(KEY_SPEC_ED25519, bytes_str("s"), "own");
    for (size_t i = 0; i < sizeof all_specs / sizeof all_specs[0]; i++) {
        struct private_key *victim = private_key_derive(all_specs[i], bytes_str("s"), "victim");
        BUF_CLEANUP spki = {0}, claimed = {0};
        assert_true(private_key_spki(victim, &spki));
        struct private_key *forged = private_key_forge(own, buf_bytes(&spki));
        assert_non_null(forged);
        assert_true(private_key_spki(forged, &claimed));
        assert_true(bytes_equal(buf_bytes(&spki), buf_bytes(&claimed)));
        assert_int_equal(sign_and_verify(forged, buf_bytes(&spki), signature_of(all_specs[i])),
                         SIG_BAD);
        private_key_free(forged);
        private_key_free(victim);
    }
    assert_null(private_key_forge(own, bytes_str("junk")));
    private_key_free(own);
}

static void write_key(EVP_PKEY *key, const char *passphrase, bool traditional, struct buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    const EVP_CIPHER *cipher = passphrase != NULL ? EVP_aes_128_cbc() : NULL;
    const int n = passphrase != NULL ? (int)strlen(passphrase) : 0;
    const int written =
        traditional ? PEM_write_bio_PrivateKey_traditional(
                          bio, key, cipher, (const unsigned char *)passphrase, n, NULL, NULL)
                    : PEM_write_bio_PKCS8PrivateKey(bio, key, cipher, passphrase, n, NULL, NULL);
    assert_int_equal(written, 1);
    char *text = NULL;
    const long size = BIO_get_mem_data(bio, &text);
    buf_append(out, text, (size_t)size);
    BIO_free(bio);
}

static void check_reads(struct bytes file, const char *passphrase, enum key_read expected)
{
    struct private_key *key = NULL;
    assert_int_equal(private_key_read(file, passphrase, &key), expected);
    assert_true((key != NULL) == (expected == KEY_READ_OK));
    private_key_free(key);
}

static void reads_every_usual_form(void **state)
{
    (void)state;
    static const enum key_spec specs[] = {KEY_SPEC_RSA_1024, KEY_SPEC_P256};
    for (size_t i = 0; i < 2; i++) {
        struct private_key *key = private_key_derive(specs[i], bytes_str("s"), "read");
        EVP_PKEY *evp = private_key_handle(key);
        for (int traditional = 0; traditional < 2; traditional++) {
            BUF_CLEANUP plain = {0}, secret = {0}, after = {0};
            write_key(evp, NULL, traditional != 0, &plain);
            write_key(evp, "open sesame", traditional != 0, &secret);
            check_reads(buf_bytes(&plain), NULL, KEY_READ_OK);
            check_reads(buf_bytes(&secret), NULL, KEY_READ_ENCRYPTED);
            check_reads(buf_bytes(&secret), "wrong", KEY_READ_ENCRYPTED);
            check_reads(buf_bytes(&secret), "open sesame", KEY_READ_OK);
            /* behind a certificate-like block, as in a combined file */
            buf_add_str(&after, "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
            buf_add_bytes(&after, buf_bytes(&plain));
            check_reads(buf_bytes(&after), NULL, KEY_READ_OK);
        }
        unsigned char *der = NULL;
        const int n = i2d_PrivateKey(evp, &der);
        check_reads(bytes_of(der, (size_t)n), NULL, KEY_READ_OK);
        check_reads(bytes_of(der, (size_t)n / 2), NULL, KEY_READ_UNREADABLE);
        OPENSSL_free(der);
        BIO *bio = BIO_new(BIO_s_mem());
        char *text = NULL;
        assert_int_equal(i2d_PKCS8PrivateKey_bio(bio, evp, EVP_aes_128_cbc(), "pw", 2, NULL, NULL),
                         1);
        const long size = BIO_get_mem_data(bio, &text);
        check_reads(bytes_of(text, (size_t)size), NULL, KEY_READ_ENCRYPTED);
        check_reads(bytes_of(text, (size_t)size), "pw", KEY_READ_OK);
        BIO_free(bio);
        private_key_free(key);
    }
}

static void refuses_what_is_no_private_key(void **state)
{
    (void)state;
    check_reads(bytes_of(NULL, 0), NULL, KEY_READ_UNREADABLE);
    check_reads(bytes_str("hello"), NULL, KEY_READ_UNREADABLE);
    check_reads(bytes_str("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), NULL,
                KEY_READ_UNREADABLE);
    check_reads(bytes_str("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"), NULL,
                KEY_READ_UNREADABLE);
    private_key_free(NULL);
}

static void pem_carries_its_comment(void **state)
{
    (void)state;
    struct private_key *key = private_key_derive(KEY_SPEC_P256, bytes_str("s"), "pem");
    BUF_CLEANUP pem = {0};
    assert_true(private_key_pem(key, "# LAB KEY: public knowledge\n# never use it", &pem));
    assert_true(str_starts(buf_cstr(&pem), "# LAB KEY: public knowledge\n# never use it\n"
                                           "-----BEGIN PRIVATE KEY-----\n"));
    check_reads(buf_bytes(&pem), NULL, KEY_READ_OK);
    private_key_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(derived_keys_repeat_and_sign),   cmocka_unit_test(derivation_is_pinned),
        cmocka_unit_test(every_signature_algorithm),      cmocka_unit_test(rfc6979_vectors),
        cmocka_unit_test(forged_keys_claim_and_fail),     cmocka_unit_test(reads_every_usual_form),
        cmocka_unit_test(refuses_what_is_no_private_key), cmocka_unit_test(pem_carries_its_comment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
