/* SPDX-License-Identifier: Apache-2.0 */
/* Opening what TLS 1.3 has sealed (RFC 8446 section 5.2), for reading public certificates. */
#include <limits.h>
#include <stdlib.h>

#include "internal.h"

enum { TAG_BYTES = 16, NONCE_BYTES = 12 };

struct aead {
    EVP_CIPHER_CTX *context;
    EVP_CIPHER *ciphers[AEAD_KINDS]; /* looked up once: that costs more than to open a record */
};

struct aead *aead_new(void)
{
    static const char *const names[AEAD_KINDS] = {
        [AEAD_AES_128_GCM] = "AES-128-GCM", [AEAD_CHACHA20_POLY1305] = "ChaCha20-Poly1305"};
    struct aead *aead = xcalloc(1, sizeof *aead);
    aead->context = EVP_CIPHER_CTX_new();
    for (size_t i = 0; i < AEAD_KINDS; i++)
        aead->ciphers[i] = EVP_CIPHER_fetch(NULL, names[i], NULL);
    return aead;
}

void aead_free(struct aead *aead)
{
    if (aead == NULL)
        return;
    EVP_CIPHER_CTX_free(aead->context);
    for (size_t i = 0; i < AEAD_KINDS; i++)
        EVP_CIPHER_free(aead->ciphers[i]);
    free(aead);
}

bool aead_open(struct aead *aead, const struct aead_key *key, uint64_t sequence,
               struct bytes header, struct bytes sealed, struct buf *out)
{
    uint8_t nonce[NONCE_BYTES];
    int n = 0, rest = 0;
    if (sealed.n < TAG_BYTES || sealed.n > INT_MAX || aead->context == NULL ||
        aead->ciphers[key->kind] == NULL)
        return false;
    /* section 5.3: the sequence number, as long as the nonce, over the nonce */
    for (unsigned i = 0; i < NONCE_BYTES; i++)
        nonce[NONCE_BYTES - 1 - i] =
            key->nonce[NONCE_BYTES - 1 - i] ^ (i < 8 ? (uint8_t)(sequence >> (8 * i)) : 0);
    const size_t body = sealed.n - TAG_BYTES, start = out->n;
    EVP_CIPHER_CTX *c = aead->context;
    buf_reserve(out, body + TAG_BYTES);
    const bool good =
        EVP_DecryptInit_ex2(c, aead->ciphers[key->kind], key->key, nonce, NULL) > 0 &&
        EVP_DecryptUpdate(c, NULL, &n, header.p, (int)header.n) > 0 &&
        EVP_DecryptUpdate(c, out->p + start, &n, sealed.p, (int)body) > 0 &&
        EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, (void *)(sealed.p + body)) > 0 &&
        EVP_DecryptFinal_ex(c, out->p + start + n, &rest) > 0;
    if (good)
        out->n = start + (size_t)n;
    return good;
}
