/* SPDX-License-Identifier: Apache-2.0 */
/* Keystores of our own making, and new keys. */
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "internal.h"

static void stack_drop(STACK_OF(X509) * *stack)
{
    sk_X509_pop_free(*stack, X509_free);
}

static X509 *certificate_decode(struct bytes der)
{
    const unsigned char *p = der.p;
    return der.n > 0 && der.n < INT_MAX ? d2i_X509(NULL, &p, (long)der.n) : NULL;
}

/* PBES2 looks its cipher and digests up by number, in tables that crypto_start() leaves out. */
static void know_keystore_algorithms(void)
{
    EVP_add_cipher(EVP_aes_256_cbc());
    EVP_add_digest(EVP_sha256());
    EVP_add_digest(EVP_sha1()); /* local key identifiers are SHA-1 of the certificate */
}

bool pkcs12_write(const struct private_key *key, const struct bytes *certs, size_t count,
                  const char *alias, const char *password, struct buf *out)
{
    enum { ROUNDS = 10000 }; /* what Java 17 and OpenSSL's successors ask for themselves */
    __attribute__((cleanup(stack_drop))) STACK_OF(X509) *chain = sk_X509_new_null();
    crypto_init();
    know_keystore_algorithms();
    bool good = count > 0 && chain != NULL;
    for (size_t i = 1; i < count && good; i++) {
        X509 *cert = certificate_decode(certs[i]);
        good = cert != NULL && sk_X509_push(chain, cert) > 0;
    }
    X509 *leaf = good ? certificate_decode(certs[0]) : NULL;
    PKCS12 *store = NULL;
    if (leaf != NULL)
        store = PKCS12_create(password, alias, key->evp, leaf, chain, NID_aes_256_cbc,
                              NID_aes_256_cbc, ROUNDS, 0, 0);
    good = store != NULL && PKCS12_set_mac(store, password, -1, NULL, 0, ROUNDS, EVP_sha256()) == 1;
    unsigned char *der = NULL;
    const int n = good ? i2d_PKCS12(store, &der) : 0;
    if (n > 0)
        buf_append(out, der, (size_t)n);
    OPENSSL_free(der);
    PKCS12_free(store);
    X509_free(leaf);
    ERR_clear_error();
    return n > 0;
}

struct private_key *private_key_new(enum key_spec spec)
{
    EVP_PKEY *key = NULL;
    crypto_init();
    switch (spec) {
    case KEY_SPEC_RSA_2048:
        key = EVP_RSA_gen(2048);
        break;
    case KEY_SPEC_RSA_4096:
        key = EVP_RSA_gen(4096);
        break;
    case KEY_SPEC_P256:
        key = EVP_EC_gen("P-256");
        break;
    case KEY_SPEC_P384:
        key = EVP_EC_gen("P-384");
        break;
    case KEY_SPEC_P521:
        key = EVP_EC_gen("P-521");
        break;
    case KEY_SPEC_ED25519:
        key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
        break;
    case KEY_SPEC_RSA_1024:
    case KEY_SPEC_ED448:
        break; /* nobody should ask a CA for these */
    }
    ERR_clear_error();
    return private_key_wrap(key);
}
