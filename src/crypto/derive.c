/* SPDX-License-Identifier: Apache-2.0 */
/* LAB KEYS: private keys that follow from a seed and a label alone, the same on every machine and
 * with every version of OpenSSL. They are public knowledge by construction, and nothing here runs
 * in constant time: never for anything but the lab. */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <stdio.h>

#include "internal.h"

enum { RSA_EXPONENT = 65537, ED448_BYTES = 57 };

/** Bytes of `seed` for one `purpose` under the caller's label. */
static void derive_for(struct bytes seed, const char *purpose, const char *label, uint8_t *out,
                       size_t n)
{
    BUF_CLEANUP name = {0};
    buf_printf(&name, "%s: %s", purpose, label);
    crypto_derive(seed, buf_cstr(&name), out, n);
}

/* Odd primes below 2,000, found by trial division once per search. */
enum { SMALL_LIMIT = 2000, SMALL_COUNT = 302 };

static size_t small_primes(uint16_t out[SMALL_COUNT])
{
    size_t n = 0;
    for (unsigned candidate = 3; candidate < SMALL_LIMIT && n < SMALL_COUNT; candidate += 2) {
        bool prime = true;
        for (size_t i = 0; i < n && prime; i++)
            prime = candidate % out[i] != 0;
        if (prime)
            out[n++] = (uint16_t)candidate;
    }
    return n;
}

/** The residues of a starting point by the small primes: what makes the next candidates cheap. */
struct sieve {
    uint16_t primes[SMALL_COUNT], residues[SMALL_COUNT];
    size_t count;
};

static void sieve_start(struct sieve *sieve, const BIGNUM *start)
{
    sieve->count = small_primes(sieve->primes);
    for (size_t i = 0; i < sieve->count; i++)
        sieve->residues[i] = (uint16_t)BN_mod_word(start, sieve->primes[i]);
}

static bool sieve_passes(const struct sieve *sieve, unsigned delta)
{
    for (size_t i = 0; i < sieve->count; i++)
        if ((sieve->residues[i] + delta) % sieve->primes[i] == 0)
            return false;
    return true;
}

/* 2^(n-1) mod n == 1 rejects nearly all composites at a fraction of a full test's price. */
static bool fermat_passes(const BIGNUM *n, BN_CTX *context)
{
    NUMBER_CLEANUP *two = BN_new(), *power = BN_new(), *less = BN_dup(n);
    return two != NULL && power != NULL && less != NULL && BN_set_word(two, 2) &&
           BN_sub_word(less, 1) && BN_mod_exp(power, two, less, n, context) && BN_is_one(power);
}

/* RFC 8017 section 3.1: e must be coprime to p - 1; e is prime, so one remainder tells. */
static bool rsa_prime_fits(const BIGNUM *candidate, BN_CTX *context)
{
    return BN_mod_word(candidate, RSA_EXPONENT) != 1 && fermat_passes(candidate, context) &&
           BN_check_prime(candidate, context, NULL) == 1;
}

/** The first fitting prime at or after a derived starting point of `bits` bits whose two highest
 * bits are set, so that the product of two has full length. NULL when memory is out. */
static BIGNUM *rsa_prime(struct bytes seed, const char *label, char which, int bits,
                         BN_CTX *context)
{
    enum { WINDOW = 1 << 15, ATTEMPTS = 64, MAX_BYTES = 256 };
    uint8_t start[MAX_BYTES];
    const size_t n = (size_t)bits / 8;
    for (int attempt = 0; attempt < ATTEMPTS && n <= sizeof start; attempt++) {
        char purpose[32];
        snprintf(purpose, sizeof purpose, "rsa prime %c %d", which, attempt);
        derive_for(seed, purpose, label, start, n);
        start[0] |= 0xc0;
        start[n - 1] |= 1;
        BIGNUM *candidate = BN_bin2bn(start, (int)n, NULL);
        if (candidate == NULL)
            return NULL;
        struct sieve sieve;
        sieve_start(&sieve, candidate);
        unsigned at = 0;
        for (unsigned delta = 0; delta < WINDOW; delta += 2) {
            if (!sieve_passes(&sieve, delta))
                continue;
            BN_add_word(candidate, delta - at);
            at = delta;
            if (BN_num_bits(candidate) == bits && rsa_prime_fits(candidate, context))
                return candidate;
        }
        BN_free(candidate);
    }
    return NULL;
}

struct rsa_numbers {
    BIGNUM *p, *q, *n, *e, *d, *dp, *dq, *qinv;
};

static void rsa_numbers_drop(struct rsa_numbers *r)
{
    BIGNUM *const all[] = {r->p, r->q, r->n, r->e, r->d, r->dp, r->dq, r->qinv};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        BN_clear_free(all[i]);
}

/* RFC 8017 section 3.2, with d modulo (p-1)(q-1). */
static bool rsa_complete(struct rsa_numbers *r, BN_CTX *context)
{
    NUMBER_CLEANUP *p1 = BN_dup(r->p), *q1 = BN_dup(r->q), *phi = BN_new();
    r->n = BN_new();
    r->e = BN_new();
    r->dp = BN_new();
    r->dq = BN_new();
    return r->n && r->e && r->dp && r->dq && p1 && q1 && phi && BN_set_word(r->e, RSA_EXPONENT) &&
           BN_mul(r->n, r->p, r->q, context) && BN_sub_word(p1, 1) && BN_sub_word(q1, 1) &&
           BN_mul(phi, p1, q1, context) &&
           (r->d = BN_mod_inverse(NULL, r->e, phi, context)) != NULL &&
           BN_mod(r->dp, r->d, p1, context) && BN_mod(r->dq, r->d, q1, context) &&
           (r->qinv = BN_mod_inverse(NULL, r->q, r->p, context)) != NULL;
}

static EVP_PKEY *rsa_assemble(const struct rsa_numbers *r)
{
    const struct {
        const char *name;
        const BIGNUM *value;
    } parts[] = {
        {OSSL_PKEY_PARAM_RSA_N, r->n},          {OSSL_PKEY_PARAM_RSA_E, r->e},
        {OSSL_PKEY_PARAM_RSA_D, r->d},          {OSSL_PKEY_PARAM_RSA_FACTOR1, r->p},
        {OSSL_PKEY_PARAM_RSA_FACTOR2, r->q},    {OSSL_PKEY_PARAM_RSA_EXPONENT1, r->dp},
        {OSSL_PKEY_PARAM_RSA_EXPONENT2, r->dq}, {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, r->qinv},
    };
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    bool pushed = build != NULL;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (parts[i].value != NULL)
            pushed = pushed && OSSL_PARAM_BLD_push_BN(build, parts[i].name, parts[i].value);
    OSSL_PARAM *params = pushed ? OSSL_PARAM_BLD_to_param(build) : NULL;
    EVP_PKEY *key = params != NULL ? key_from_params("RSA", EVP_PKEY_KEYPAIR, params) : NULL;
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    return key;
}

static EVP_PKEY *rsa_derive(int bits, struct bytes seed, const char *label)
{
    NUMBER_CONTEXT_CLEANUP *context = BN_CTX_new();
    struct rsa_numbers __attribute__((cleanup(rsa_numbers_drop))) r = {
        .p = rsa_prime(seed, label, 'p', bits / 2, context),
        .q = rsa_prime(seed, label, 'q', bits / 2, context),
    };
    if (r.p == NULL || r.q == NULL)
        return NULL;
    if (BN_cmp(r.p, r.q) < 0) { /* by custom p is the larger one */
        BIGNUM *larger = r.q;
        r.q = r.p;
        r.p = larger;
    }
    return rsa_complete(&r, context) ? rsa_assemble(&r) : NULL;
}

/* FIPS 186-5 appendix A.2.1: 64 bits more than the order make the remainder's bias negligible. */
static EVP_PKEY *ec_derive(const char *group_name, int nid, struct bytes seed, const char *label)
{
    enum { MAX_BYTES = 66 + 8, MAX_POINT = 1 + 2 * 66 };
    uint8_t wide[MAX_BYTES], point[MAX_POINT];
    EC_GROUP *group = EC_GROUP_new_by_curve_name(nid);
    EC_POINT *public_point = group != NULL ? EC_POINT_new(group) : NULL;
    NUMBER_CONTEXT_CLEANUP *context = BN_CTX_new();
    NUMBER_CLEANUP *scalar = BN_new(), *range = BN_new();
    EVP_PKEY *key = NULL;
    if (public_point != NULL && context != NULL && scalar != NULL && range != NULL &&
        BN_copy(range, EC_GROUP_get0_order(group)) && BN_sub_word(range, 1)) {
        const size_t n = (size_t)(BN_num_bits(range) + 7) / 8 + 8;
        derive_for(seed, group_name, label, wide, n);
        size_t point_n = 0;
        if (BN_bin2bn(wide, (int)n, scalar) && BN_mod(scalar, scalar, range, context) &&
            BN_add_word(scalar, 1) &&
            EC_POINT_mul(group, public_point, scalar, NULL, NULL, context) &&
            (point_n = EC_POINT_point2oct(group, public_point, POINT_CONVERSION_UNCOMPRESSED, point,
                                          sizeof point, context)) > 0)
            key = ec_key_build(group_name, bytes_of(point, point_n), scalar);
    }
    EC_POINT_free(public_point);
    EC_GROUP_free(group);
    return key;
}

/* RFC 8032 sections 5.1.5 and 5.2.5: any 32 or 57 octets are a private key. */
static EVP_PKEY *eddsa_derive(const char *type, size_t n, struct bytes seed, const char *label)
{
    uint8_t secret[ED448_BYTES];
    derive_for(seed, type, label, secret, n);
    return EVP_PKEY_new_raw_private_key_ex(NULL, type, NULL, secret, n);
}

struct private_key *private_key_derive(enum key_spec spec, struct bytes seed, const char *label)
{
    crypto_init();
    EVP_PKEY *key = NULL;
    switch (spec) {
    case KEY_SPEC_RSA_1024:
        key = rsa_derive(1024, seed, label);
        break;
    case KEY_SPEC_RSA_2048:
        key = rsa_derive(2048, seed, label);
        break;
    case KEY_SPEC_RSA_4096:
        key = rsa_derive(4096, seed, label);
        break;
    case KEY_SPEC_P256:
        key = ec_derive("P-256", NID_X9_62_prime256v1, seed, label);
        break;
    case KEY_SPEC_P384:
        key = ec_derive("P-384", NID_secp384r1, seed, label);
        break;
    case KEY_SPEC_P521:
        key = ec_derive("P-521", NID_secp521r1, seed, label);
        break;
    case KEY_SPEC_ED25519:
        key = eddsa_derive("ED25519", 32, seed, label);
        break;
    case KEY_SPEC_ED448:
        key = eddsa_derive("ED448", ED448_BYTES, seed, label);
        break;
    }
    ERR_clear_error();
    return private_key_wrap(key);
}

/* ---- a key that claims another's public half ---- */

static EVP_PKEY *rsa_forge(const EVP_PKEY *claimed, struct bytes material)
{
    enum { SECRET_BYTES = 128 };
    uint8_t secret[SECRET_BYTES];
    crypto_derive(material, "forged rsa exponent", secret, sizeof secret);
    secret[sizeof secret - 1] |= 1;
    struct rsa_numbers __attribute__((cleanup(rsa_numbers_drop)))
    r = {.d = BN_bin2bn(secret, sizeof secret, NULL)};
    if (r.d == NULL || !EVP_PKEY_get_bn_param(claimed, OSSL_PKEY_PARAM_RSA_N, &r.n) ||
        !EVP_PKEY_get_bn_param(claimed, OSSL_PKEY_PARAM_RSA_E, &r.e))
        return NULL;
    return rsa_assemble(&r);
}

static EVP_PKEY *ec_forge(const EVP_PKEY *claimed, struct bytes material)
{
    enum { SCALAR_BYTES = 24, MAX_POINT = 1 + 2 * 66 }; /* below the order of every curve here */
    uint8_t secret[SCALAR_BYTES], point[MAX_POINT];
    char group[64];
    size_t point_n = 0;
    crypto_derive(material, "forged ec scalar", secret, sizeof secret);
    NUMBER_CLEANUP *scalar = BN_bin2bn(secret, sizeof secret, NULL);
    if (scalar == NULL ||
        !EVP_PKEY_get_utf8_string_param(claimed, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group,
                                        NULL) ||
        !EVP_PKEY_get_octet_string_param(claimed, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point,
                                         &point_n))
        return NULL;
    return ec_key_build(group, bytes_of(point, point_n), scalar);
}

static EVP_PKEY *eddsa_forge(const EVP_PKEY *claimed, const char *type, struct bytes material)
{
    uint8_t secret[ED448_BYTES], public_half[ED448_BYTES];
    size_t n = sizeof public_half;
    if (!EVP_PKEY_get_raw_public_key(claimed, public_half, &n))
        return NULL;
    crypto_derive(material, "forged eddsa", secret, sizeof secret);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, public_half, n),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, secret, n),
        OSSL_PARAM_construct_end(),
    };
    return key_from_params(type, EVP_PKEY_KEYPAIR, params);
}

struct private_key *private_key_forge(const struct private_key *key, struct bytes spki)
{
    EVP_KEY_CLEANUP *claimed = public_key_decode(spki);
    BUF_CLEANUP own = {0};
    if (claimed == NULL || !private_key_spki(key, &own))
        return NULL;
    /* The secret follows from both public halves: it is as wrong as any other, and repeatable. */
    buf_add_bytes(&own, spki);
    const struct bytes material = buf_bytes(&own);
    EVP_PKEY *forged = NULL;
    if (EVP_PKEY_is_a(claimed, "RSA"))
        forged = rsa_forge(claimed, material);
    else if (EVP_PKEY_is_a(claimed, "EC"))
        forged = ec_forge(claimed, material);
    else if (EVP_PKEY_is_a(claimed, "ED25519"))
        forged = eddsa_forge(claimed, "ED25519", material);
    else if (EVP_PKEY_is_a(claimed, "ED448"))
        forged = eddsa_forge(claimed, "ED448", material);
    ERR_clear_error();
    return private_key_wrap(forged);
}
