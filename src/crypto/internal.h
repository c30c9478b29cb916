/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of crypto/ share. Nobody else includes this. */
#ifndef CERTWHY_CRYPTO_INTERNAL_H
#define CERTWHY_CRYPTO_INTERNAL_H

#include <openssl/bn.h>
#include <openssl/evp.h>

#include "crypto.h"

struct private_key {
    EVP_PKEY *evp;
};

/** Readies libcrypto without its configuration file, which costs time and may switch algorithms
 * off. Call before anything else of OpenSSL; cheap when repeated. */
void crypto_init(void);
/** Wraps `evp` (taken over); NULL stays NULL. */
struct private_key *private_key_wrap(EVP_PKEY *evp);
/** The public key in a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7); NULL when undecodable. The
 *  caller frees it with EVP_PKEY_free(). */
EVP_PKEY *public_key_decode(struct bytes spki);
/** A key of `type` from its parts; `selection` is EVP_PKEY_PUBLIC_KEY or EVP_PKEY_KEYPAIR. */
EVP_PKEY *key_from_params(const char *type, int selection, OSSL_PARAM *params);
/** libcrypto's group name of a named curve, NULL for others. */
const char *curve_group_name(enum oid curve);
/** EC key whose public point need not belong to `scalar`. `point` is an encoded point. */
EVP_PKEY *ec_key_build(const char *group, struct bytes point, const BIGNUM *scalar);

static inline void evp_key_drop(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}
static inline void evp_context_drop(EVP_PKEY_CTX **context)
{
    EVP_PKEY_CTX_free(*context);
}
static inline void digest_context_drop(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}
static inline void number_drop(BIGNUM **number)
{
    BN_clear_free(*number);
}
static inline void number_context_drop(BN_CTX **context)
{
    BN_CTX_free(*context);
}
#define EVP_KEY_CLEANUP __attribute__((cleanup(evp_key_drop))) EVP_PKEY
#define EVP_CONTEXT_CLEANUP __attribute__((cleanup(evp_context_drop))) EVP_PKEY_CTX
#define DIGEST_CONTEXT_CLEANUP __attribute__((cleanup(digest_context_drop))) EVP_MD_CTX
#define NUMBER_CLEANUP __attribute__((cleanup(number_drop))) BIGNUM
#define NUMBER_CONTEXT_CLEANUP __attribute__((cleanup(number_context_drop))) BN_CTX

#endif
