/* SPDX-License-Identifier: Apache-2.0 */
/* Opening keystores: password-based encryption and the integrity check of PKCS #12. How many rounds
 * a file asks for is read before libcrypto is: a hostile one could ask for hours. */
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <string.h>

#include "internal.h"

/** An AlgorithmIdentifier, RFC 5280 section 4.1.1.2. */
struct algorithm {
    struct bytes oid;
    struct der parameters;
};

static bool algorithm_read(struct reader *reader, struct algorithm *out)
{
    struct der whole, oid;
    if (!reader_expect(reader, DER_SEQUENCE, &whole))
        return false;
    struct reader inside = reader_enter(&whole);
    if (!reader_expect(&inside, DER_OID, &oid))
        return false;
    *out = (struct algorithm){.oid = oid.body};
    reader_next(&inside, &out->parameters);
    return true;
}

static bool algorithm_of(struct bytes der, struct algorithm *out)
{
    struct reader reader = reader_of(der, 0);
    return algorithm_read(&reader, out);
}

/* PBKDF2-params (RFC 8018 appendix A.2) and pkcs-12PbeParams (RFC 7292 appendix C): a salt, then
 * the number of rounds. */
struct derivation {
    struct bytes salt;
    int64_t rounds, length;
    struct algorithm prf;
};

static bool derivation_read(const struct der *parameters, struct derivation *out)
{
    struct reader reader = reader_enter(parameters);
    struct der salt, rounds, length;
    *out = (struct derivation){0};
    if (parameters->tag != DER_SEQUENCE || !reader_expect(&reader, DER_OCTET_STRING, &salt) ||
        !reader_expect(&reader, DER_INTEGER, &rounds) || !der_small_int(&rounds, &out->rounds))
        return false;
    out->salt = salt.body;
    if (reader_optional(&reader, DER_INTEGER, &length) && !der_small_int(&length, &out->length))
        return false;
    if (reader_peek(&reader) == DER_SEQUENCE && !algorithm_read(&reader, &out->prf))
        return false;
    return true;
}

/* PBES2-params and PBMAC1-params: the derivation's algorithm, then the cipher's or the MAC's. Only
 * PBKDF2: scrypt lets a file ask for memory as it likes. */
static bool derivation_of_scheme(const struct der *parameters, struct derivation *out,
                                 struct algorithm *scheme)
{
    struct reader reader = reader_enter(parameters);
    struct algorithm kdf;
    return parameters->tag == DER_SEQUENCE && algorithm_read(&reader, &kdf) &&
           oid_of(kdf.oid) == OID_PBKDF2 && derivation_read(&kdf.parameters, out) &&
           algorithm_read(&reader, scheme);
}

static enum unlock rounds_spend(int64_t rounds, int64_t *left)
{
    if (rounds < 1 || rounds > INT_MAX)
        return UNLOCK_UNSUPPORTED;
    if (rounds > *left)
        return UNLOCK_COSTLY;
    *left -= rounds;
    return UNLOCK_OK;
}

static int length_of(const char *password)
{
    return password ? (int)strnlen(password, INT_MAX) : 0;
}

/* ---- decryption ---- */

static enum unlock cost_check(const struct algorithm *algorithm, int64_t *left)
{
    struct derivation derivation;
    struct algorithm cipher;
    const bool known = oid_of(algorithm->oid) == OID_PBES2
                           ? derivation_of_scheme(&algorithm->parameters, &derivation, &cipher)
                           : derivation_read(&algorithm->parameters, &derivation);
    return known ? rounds_spend(derivation.rounds, left) : UNLOCK_UNSUPPORTED;
}

/* RC2 and DES live in the legacy provider, which is loaded beside the usual one for this call
 * alone: no other part of the process must see its ciphers. */
struct legacy {
    OSSL_LIB_CTX *context;
    OSSL_PROVIDER *usual, *old;
};

static void legacy_drop(struct legacy *legacy)
{
    OSSL_PROVIDER_unload(legacy->old);
    OSSL_PROVIDER_unload(legacy->usual);
    OSSL_LIB_CTX_free(legacy->context);
}

static bool legacy_load(struct legacy *legacy)
{
    legacy->context = OSSL_LIB_CTX_new();
    legacy->usual = OSSL_PROVIDER_load(legacy->context, "default");
    legacy->old = OSSL_PROVIDER_load(legacy->context, "legacy");
    return legacy->usual && legacy->old;
}

/* A cipher that is unknown and a password that is wrong both fail in the same call. */
static enum unlock failure_reason(void)
{
    bool unknown = false;
    for (unsigned long error; (error = ERR_get_error()) != 0;) {
        const int reason = ERR_GET_REASON(error);
        unknown = unknown || reason == ERR_R_UNSUPPORTED || reason == EVP_R_UNSUPPORTED_ALGORITHM ||
                  reason == EVP_R_UNKNOWN_PBE_ALGORITHM || reason == EVP_R_UNKNOWN_CIPHER ||
                  reason == EVP_R_UNSUPPORTED_CIPHER || reason == ERR_R_FETCH_FAILED;
    }
    return unknown ? UNLOCK_UNSUPPORTED : UNLOCK_WRONG;
}

static enum unlock decrypt(const X509_ALGOR *algorithm, const char *password, struct bytes data,
                           OSSL_LIB_CTX *context, struct buf *out)
{
    unsigned char *plain = NULL;
    int n = 0;
    ERR_clear_error();
    if (!PKCS12_pbe_crypt_ex(algorithm, password, length_of(password), data.p, (int)data.n, &plain,
                             &n, 0, context, NULL))
        return failure_reason();
    buf_append(out, plain, (size_t)n);
    OPENSSL_clear_free(plain, (size_t)n);
    return UNLOCK_OK;
}

enum unlock pbe_decrypt(struct bytes algorithm, const char *password, struct bytes data,
                        int64_t *rounds, struct buf *out)
{
    struct algorithm parsed;
    crypto_init();
    if (data.n > INT_MAX || data.n == 0 || !algorithm_of(algorithm, &parsed))
        return UNLOCK_UNSUPPORTED;
    const enum unlock cost = cost_check(&parsed, rounds);
    if (cost != UNLOCK_OK)
        return cost;
    const unsigned char *p = algorithm.p;
    X509_ALGOR *scheme = d2i_X509_ALGOR(NULL, &p, (long)algorithm.n);
    if (!scheme)
        return UNLOCK_UNSUPPORTED;
    struct legacy legacy = {0};
    enum unlock result = decrypt(scheme, password, data, NULL, out);
    if (result == UNLOCK_UNSUPPORTED && legacy_load(&legacy))
        result = decrypt(scheme, password, data, legacy.context, out);
    legacy_drop(&legacy);
    X509_ALGOR_free(scheme);
    return result;
}

/* ---- integrity ---- */

static const EVP_MD *digest_named(struct bytes oid)
{
    switch (oid_of(oid)) {
    case OID_SHA1:
        return EVP_sha1();
    case OID_SHA224:
        return EVP_sha224();
    case OID_SHA256:
        return EVP_sha256();
    case OID_SHA384:
        return EVP_sha384();
    case OID_SHA512:
        return EVP_sha512();
    default:
        return NULL;
    }
}

/* hmacWithSHA… of RFC 8018 appendix B.1: 1.2.840.113549.2.N; absent means SHA-1. */
static const EVP_MD *digest_of_hmac(struct bytes oid)
{
    static const uint8_t prefix[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02};
    enum { HMAC_SHA1 = 7, HMAC_SHA224, HMAC_SHA256, HMAC_SHA384, HMAC_SHA512 };
    if (oid.n == 0)
        return EVP_sha1();
    if (oid.n != sizeof prefix + 1 || memcmp(oid.p, prefix, sizeof prefix) != 0)
        return NULL;
    switch (oid.p[sizeof prefix]) {
    case HMAC_SHA1:
        return EVP_sha1();
    case HMAC_SHA224:
        return EVP_sha224();
    case HMAC_SHA256:
        return EVP_sha256();
    case HMAC_SHA384:
        return EVP_sha384();
    case HMAC_SHA512:
        return EVP_sha512();
    default:
        return NULL;
    }
}

/** A key for HMAC and the digest that it uses. */
struct mac_key {
    uint8_t key[EVP_MAX_MD_SIZE];
    int n;
    const EVP_MD *digest;
};

/* RFC 9579: the key comes from PBKDF2, which the parameters describe. */
static enum unlock key_derive_pbmac1(const struct algorithm *algorithm, const char *password,
                                     int64_t *left, struct mac_key *out)
{
    struct derivation derivation;
    struct algorithm scheme;
    if (!derivation_of_scheme(&algorithm->parameters, &derivation, &scheme) ||
        derivation.length < 1 || derivation.length > (int64_t)sizeof out->key ||
        derivation.salt.n > INT_MAX)
        return UNLOCK_UNSUPPORTED;
    const EVP_MD *prf = digest_of_hmac(derivation.prf.oid);
    out->digest = digest_of_hmac(scheme.oid);
    out->n = (int)derivation.length;
    const enum unlock cost = rounds_spend(derivation.rounds, left);
    if (cost != UNLOCK_OK || !prf || !out->digest)
        return cost != UNLOCK_OK ? cost : UNLOCK_UNSUPPORTED;
    const bool done = PKCS5_PBKDF2_HMAC(password ? password : "", length_of(password),
                                        derivation.salt.p, (int)derivation.salt.n,
                                        (int)derivation.rounds, prf, out->n, out->key) == 1;
    return done ? UNLOCK_OK : UNLOCK_UNSUPPORTED;
}

/* RFC 7292 appendix B with ID 3. */
static enum unlock key_derive_pkcs12(const struct algorithm *algorithm,
                                     const struct pkcs12_mac *mac, const char *password,
                                     int64_t *left, struct mac_key *out)
{
    out->digest = digest_named(algorithm->oid);
    const enum unlock cost = rounds_spend(mac->rounds, left);
    if (cost != UNLOCK_OK || !out->digest || mac->salt.n > INT_MAX)
        return cost != UNLOCK_OK ? cost : UNLOCK_UNSUPPORTED;
    out->n = EVP_MD_get_size(out->digest);
    const int made = PKCS12_key_gen_utf8(
        password, password ? length_of(password) : 0, (unsigned char *)(uintptr_t)mac->salt.p,
        (int)mac->salt.n, PKCS12_MAC_ID, (int)mac->rounds, out->n, out->key, out->digest);
    return made ? UNLOCK_OK : UNLOCK_UNSUPPORTED;
}

enum unlock pkcs12_mac_check(const struct pkcs12_mac *mac, const char *password,
                             struct bytes content, int64_t *rounds)
{
    struct algorithm algorithm;
    struct mac_key key = {0};
    crypto_init();
    if (!algorithm_of(mac->algorithm, &algorithm))
        return UNLOCK_UNSUPPORTED;
    const enum unlock derived = oid_of(algorithm.oid) == OID_PBMAC1
                                    ? key_derive_pbmac1(&algorithm, password, rounds, &key)
                                    : key_derive_pkcs12(&algorithm, mac, password, rounds, &key);
    ERR_clear_error();
    if (derived != UNLOCK_OK)
        return derived;
    uint8_t value[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    HMAC(key.digest, key.key, key.n, content.p, content.n, value, &n);
    return mac->value.n == n && CRYPTO_memcmp(value, mac->value.p, n) == 0 ? UNLOCK_OK
                                                                           : UNLOCK_WRONG;
}
