/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys: read, shown as SubjectPublicKeyInfo, written as PEM. Never logged, never stored. */
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <string.h>

#include "internal.h"

struct private_key *private_key_wrap(EVP_PKEY *evp)
{
    if (evp == NULL)
        return NULL;
    struct private_key *key = xcalloc(1, sizeof *key);
    key->evp = evp;
    return key;
}

void private_key_free(struct private_key *key)
{
    if (key == NULL)
        return;
    EVP_PKEY_free(key->evp);
    free(key);
}

void *private_key_handle(const struct private_key *key)
{
    return key->evp;
}

struct passphrase {
    const char *text;
    bool asked;
};

/* Called by libcrypto when the key is encrypted. Without a callback it would prompt on the
 * terminal. */
static int passphrase_give(char *buffer, int size, int writing, void *context)
{
    (void)writing;
    struct passphrase *passphrase = context;
    passphrase->asked = true;
    if (passphrase->text == NULL || size < 0 || strlen(passphrase->text) > (size_t)size)
        return -1;
    memcpy(buffer, passphrase->text, strlen(passphrase->text));
    return (int)strlen(passphrase->text);
}

/* Traditional PEM names its cipher by text, which is looked up in tables that crypto_start() leaves
 * out: these are the ciphers that such files use. */
static void know_pem_ciphers(void)
{
    EVP_add_cipher(EVP_aes_256_cbc());
    EVP_add_cipher(EVP_aes_192_cbc());
    EVP_add_cipher(EVP_aes_128_cbc());
    EVP_add_cipher(EVP_des_ede3_cbc());
}

static EVP_PKEY *read_pem(struct bytes file, struct passphrase *passphrase)
{
    BIO *bio = BIO_new_mem_buf(file.p, (int)file.n);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, passphrase_give, passphrase);
    BIO_free(bio);
    return key;
}

/* PKCS#8 (RFC 5958), PKCS#1 (RFC 8017 appendix A.1.2) or EC (RFC 5915), else encrypted PKCS#8. */
static EVP_PKEY *read_der(struct bytes file, struct passphrase *passphrase)
{
    const unsigned char *p = file.p;
    EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &p, (long)file.n);
    if (key != NULL)
        return key;
    BIO *bio = BIO_new_mem_buf(file.p, (int)file.n);
    key = d2i_PKCS8PrivateKey_bio(bio, NULL, passphrase_give, passphrase);
    BIO_free(bio);
    return key;
}

/* What PBES2 of a keystore (RFC 7292) names by number, in tables that crypto_start() leaves out. */
static void know_keystore_digests(void)
{
    EVP_add_digest(EVP_sha1());
    EVP_add_digest(EVP_sha256());
    EVP_add_digest(EVP_sha512());
}

static EVP_PKEY *read_pkcs12(struct bytes file, struct passphrase *passphrase)
{
    const unsigned char *p = file.p;
    PKCS12 *store = d2i_PKCS12(NULL, &p, (long)file.n);
    if (store == NULL)
        return NULL;
    EVP_PKEY *key = NULL;
    X509 *certificate = NULL;
    const ASN1_INTEGER *rounds = NULL;
    PKCS12_get0_mac(NULL, NULL, NULL, &rounds, store);
    if (rounds != NULL &&
        (ASN1_INTEGER_get(rounds) < 0 || ASN1_INTEGER_get(rounds) > LIMIT_KDF_ROUNDS)) {
        PKCS12_free(store);
        return NULL;
    }
    know_keystore_digests();
    const char *text = passphrase->text != NULL ? passphrase->text : "";
    passphrase->asked = PKCS12_verify_mac(store, text, -1) != 1;
    if (!passphrase->asked)
        PKCS12_parse(store, text, &key, &certificate, NULL);
    X509_free(certificate);
    PKCS12_free(store);
    return key;
}

enum key_read private_key_read(struct bytes file, const char *passphrase, struct private_key **out)
{
    *out = NULL;
    if (file.n == 0 || file.n > INT_MAX)
        return KEY_READ_UNREADABLE;
    crypto_init();
    know_pem_ciphers();
    struct passphrase given = {.text = passphrase};
    EVP_PKEY *key = read_pem(file, &given);
    if (key == NULL && !given.asked)
        key = read_der(file, &given);
    if (key == NULL && !given.asked)
        key = read_pkcs12(file, &given);
    ERR_clear_error();
    *out = private_key_wrap(key);
    if (key != NULL)
        return KEY_READ_OK;
    return given.asked ? KEY_READ_ENCRYPTED : KEY_READ_UNREADABLE;
}

bool private_key_spki(const struct private_key *key, struct buf *out)
{
    unsigned char *der = NULL;
    const int n = i2d_PUBKEY(key->evp, &der);
    ERR_clear_error();
    if (n <= 0)
        return false;
    buf_append(out, der, (size_t)n);
    OPENSSL_free(der);
    return true;
}

bool private_key_pem(const struct private_key *key, const char *comment, struct buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    const bool written =
        PEM_write_bio_PKCS8PrivateKey(bio, key->evp, NULL, NULL, 0, NULL, NULL) == 1;
    char *text = NULL;
    const long n = BIO_get_mem_data(bio, &text);
    if (written && n > 0) {
        buf_add_str(out, comment);
        if (comment[0] != '\0' && !str_ends(comment, "\n"))
            buf_add_str(out, "\n");
        buf_append(out, text, (size_t)n);
    }
    BIO_free(bio);
    ERR_clear_error();
    return written && n > 0;
}
