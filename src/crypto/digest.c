/* SPDX-License-Identifier: Apache-2.0 */
/* Digests that every certificate needs before any verdict. The low-level interface is deprecated
 * but needs no provider look-up (2 microseconds a call) and no allocation, so it stays in this one
 * file. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <string.h>

#include "internal.h"

void crypto_init(void)
{
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL);
}

void crypto_start(void)
{
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT |
                            OPENSSL_INIT_NO_ADD_ALL_CIPHERS | OPENSSL_INIT_NO_ADD_ALL_DIGESTS,
                        NULL);
}

void crypto_sha256(struct bytes data, uint8_t out[32])
{
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, data.p, data.n);
    SHA256_Final(out, &context);
}

void crypto_sha512(struct bytes data, uint8_t out[64])
{
    SHA512_CTX context;
    SHA512_Init(&context);
    SHA512_Update(&context, data.p, data.n);
    SHA512_Final(out, &context);
}

void crypto_sha1(struct bytes data, uint8_t out[20])
{
    SHA_CTX context;
    SHA1_Init(&context);
    SHA1_Update(&context, data.p, data.n);
    SHA1_Final(out, &context);
}

/* RFC 2104 section 2: one half of HMAC-SHA-256, with the key block mixed with `pad`. */
static void hmac_begin(SHA256_CTX *context, const uint8_t key[64], uint8_t pad)
{
    uint8_t block[64];
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = key[i] ^ pad;
    SHA256_Init(context);
    SHA256_Update(context, block, sizeof block);
}

/* NIST SP 800-108 section 4.1, counter mode: block i = HMAC(seed, i || label). */
void crypto_derive(struct bytes seed, const char *label, uint8_t *out, size_t n)
{
    uint8_t key[64] = {0};
    if (seed.n > sizeof key)
        crypto_sha256(seed, key);
    else if (seed.n > 0)
        memcpy(key, seed.p, seed.n);

    for (uint32_t counter = 1; n > 0; counter++) {
        const uint8_t number[4] = {(uint8_t)(counter >> 24), (uint8_t)(counter >> 16),
                                   (uint8_t)(counter >> 8), (uint8_t)counter};
        uint8_t block[32];
        SHA256_CTX context;
        hmac_begin(&context, key, 0x36);
        SHA256_Update(&context, number, sizeof number);
        SHA256_Update(&context, label, strlen(label));
        SHA256_Final(block, &context);
        hmac_begin(&context, key, 0x5c);
        SHA256_Update(&context, block, sizeof block);
        SHA256_Final(block, &context);

        const size_t take = n < sizeof block ? n : sizeof block;
        memcpy(out, block, take);
        out += take;
        n -= take;
    }
}

void crypto_hmac_sha256(struct bytes key, struct bytes data, uint8_t out[32])
{
    uint8_t block[64] = {0}, inner[32];
    SHA256_CTX context;
    if (key.n > sizeof block)
        crypto_sha256(key, block);
    else if (key.n > 0)
        memcpy(block, key.p, key.n);
    hmac_begin(&context, block, 0x36);
    SHA256_Update(&context, data.p, data.n);
    SHA256_Final(inner, &context);
    hmac_begin(&context, block, 0x5c);
    SHA256_Update(&context, inner, sizeof inner);
    SHA256_Final(out, &context);
}
