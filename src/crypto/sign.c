/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures that are the same on every run: what libcrypto would draw at random (ECDSA's nonce,
 * the salt of PSS) is derived from key and message. The arithmetic of ECDSA is not constant-time:
 * it is for lab keys, and for a CSR's one signature made on the user's own machine. */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <string.h>

#include "internal.h"

enum sign_kind { SIGN_RSA, SIGN_PSS, SIGN_ECDSA, SIGN_EDDSA };

struct sign_scheme {
    enum oid algorithm;
    enum sign_kind kind;
    const char *key_type;
    const EVP_MD *(*digest)(void); /* NULL: the scheme hashes by itself */
};

static const struct sign_scheme schemes[] = {
    {OID_MD5_RSA, SIGN_RSA, "RSA", EVP_md5},
    {OID_SHA1_RSA, SIGN_RSA, "RSA", EVP_sha1},
    {OID_SHA224_RSA, SIGN_RSA, "RSA", EVP_sha224},
    {OID_SHA256_RSA, SIGN_RSA, "RSA", EVP_sha256},
    {OID_SHA384_RSA, SIGN_RSA, "RSA", EVP_sha384},
    {OID_SHA512_RSA, SIGN_RSA, "RSA", EVP_sha512},
    {OID_RSASSA_PSS, SIGN_PSS, "RSA", EVP_sha256},
    {OID_SHA1_ECDSA, SIGN_ECDSA, "EC", EVP_sha1},
    {OID_SHA224_ECDSA, SIGN_ECDSA, "EC", EVP_sha224},
    {OID_SHA256_ECDSA, SIGN_ECDSA, "EC", EVP_sha256},
    {OID_SHA384_ECDSA, SIGN_ECDSA, "EC", EVP_sha384},
    {OID_SHA512_ECDSA, SIGN_ECDSA, "EC", EVP_sha512},
    {OID_ED25519, SIGN_EDDSA, "ED25519", NULL},
    {OID_ED448, SIGN_EDDSA, "ED448", NULL},
};

struct digest {
    uint8_t p[EVP_MAX_MD_SIZE];
    unsigned n;
};

static bool digest_make(const EVP_MD *md, struct bytes data, struct digest *out)
{
    return EVP_Digest(data.p, data.n, out->p, &out->n, md, NULL) == 1;
}

/* RSA PKCS#1 v1.5 (RFC 8017 section 8.2) and EdDSA (RFC 8032) are deterministic by themselves. */
static bool sign_plain(EVP_PKEY *key, const EVP_MD *md, struct bytes tbs, struct buf *out)
{
    DIGEST_CONTEXT_CLEANUP *context = EVP_MD_CTX_new();
    size_t n = 0;
    if (context == NULL || EVP_DigestSignInit(context, NULL, md, NULL, key) <= 0 ||
        EVP_DigestSign(context, NULL, &n, tbs.p, tbs.n) <= 0)
        return false;
    buf_reserve(out, n);
    if (EVP_DigestSign(context, out->p + out->n, &n, tbs.p, tbs.n) <= 0)
        return false;
    out->n += n;
    return true;
}

/* ---- RSASSA-PSS with SHA-256, MGF1 with SHA-256, 32 octets of derived salt ---- */

enum { PSS_HASH = 32, PSS_SALT = 32, PSS_MAX = 1024 };

/* RFC 8017 appendix B.2.1: masks `db` in place. */
static void mgf1_apply(const uint8_t seed[PSS_HASH], uint8_t *db, size_t n)
{
    for (size_t done = 0, counter = 0; done < n; counter++) {
        uint8_t block[PSS_HASH + 4], mask[PSS_HASH];
        memcpy(block, seed, PSS_HASH);
        for (size_t i = 0; i < 4; i++)
            block[PSS_HASH + i] = (uint8_t)(counter >> (24 - 8 * i));
        crypto_sha256(bytes_of(block, sizeof block), mask);
        for (size_t i = 0; i < PSS_HASH && done < n; i++, done++)
            db[done] ^= mask[i];
    }
}

/* RFC 8017 section 9.1.1: EMSA-PSS of `digest` in n octets for a modulus of `bits` bits. */
static bool pss_encode(const uint8_t digest[PSS_HASH], const uint8_t salt[PSS_SALT], size_t bits,
                       uint8_t *em, size_t n)
{
    const size_t em_bits = bits - 1, em_n = (em_bits + 7) / 8;
    if (em_n < PSS_HASH + PSS_SALT + 2 || em_n > n)
        return false;
    memset(em, 0, n);
    em += n - em_n; /* one octet less when the modulus has 8k + 1 bits */
    uint8_t m[8 + PSS_HASH + PSS_SALT] = {0};
    memcpy(m + 8, digest, PSS_HASH);
    memcpy(m + 8 + PSS_HASH, salt, PSS_SALT);

    const size_t db_n = em_n - PSS_HASH - 1;
    uint8_t *hash = em + db_n;
    crypto_sha256(bytes_of(m, sizeof m), hash);
    em[db_n - PSS_SALT - 1] = 1;
    memcpy(em + db_n - PSS_SALT, salt, PSS_SALT);
    mgf1_apply(hash, em, db_n);
    em[0] &= (uint8_t)(0xff >> (8 * em_n - em_bits));
    em[em_n - 1] = 0xbc;
    return true;
}

static bool rsa_raw(EVP_PKEY *key, struct bytes block, struct buf *out)
{
    EVP_CONTEXT_CLEANUP *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    size_t n = block.n;
    buf_reserve(out, n);
    if (context == NULL || EVP_PKEY_sign_init(context) <= 0 ||
        EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING) <= 0 ||
        EVP_PKEY_sign(context, out->p + out->n, &n, block.p, block.n) <= 0)
        return false;
    out->n += n;
    return true;
}

static bool sign_pss(EVP_PKEY *key, struct bytes tbs, struct buf *out)
{
    const size_t n = (size_t)EVP_PKEY_get_size(key), bits = (size_t)EVP_PKEY_get_bits(key);
    NUMBER_CLEANUP *exponent = NULL;
    uint8_t secret[PSS_MAX], digest[PSS_HASH], salt[PSS_SALT], block[PSS_MAX];
    if (n > sizeof block || !EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_D, &exponent) ||
        BN_bn2binpad(exponent, secret, (int)n) < 0)
        return false;
    BUF_CLEANUP material = {0};
    crypto_sha256(tbs, digest);
    buf_append(&material, secret, n);
    buf_append(&material, digest, sizeof digest);
    crypto_derive(buf_bytes(&material), "pss salt", salt, sizeof salt);
    return pss_encode(digest, salt, bits, block, n) && rsa_raw(key, bytes_of(block, n), out);
}

/* ---- ECDSA with RFC 6979 nonces ---- */

/** The generator of RFC 6979 section 3.2: K and V under HMAC with the message's digest. */
struct nonce_source {
    const EVP_MD *md;
    size_t n; /* octets of K and V */
    uint8_t k[EVP_MAX_MD_SIZE], v[EVP_MAX_MD_SIZE];
};

static void nonce_refresh_v(struct nonce_source *s)
{
    uint8_t out[EVP_MAX_MD_SIZE];
    HMAC(s->md, s->k, (int)s->n, s->v, s->n, out, NULL);
    memcpy(s->v, out, s->n);
}

/* Steps d to g (and the retry of step h): K = HMAC_K(V || mark || data), V = HMAC_K(V). */
static void nonce_refresh(struct nonce_source *s, uint8_t mark, struct bytes data)
{
    BUF_CLEANUP input = {0};
    buf_append(&input, s->v, s->n);
    buf_add_byte(&input, mark);
    buf_add_bytes(&input, data);
    uint8_t out[EVP_MAX_MD_SIZE];
    HMAC(s->md, s->k, (int)s->n, input.p, input.n, out, NULL);
    memcpy(s->k, out, s->n);
    nonce_refresh_v(s);
}

/* RFC 6979 section 2.3.2 (and SEC 1 section 4.1.3 step 5): the leftmost bits of a string. */
static bool bits_to_number(const uint8_t *p, size_t n, int order_bits, BIGNUM *out)
{
    if (BN_bin2bn(p, (int)n, out) == NULL)
        return false;
    const int excess = (int)(8 * n) - order_bits;
    return excess <= 0 || BN_rshift(out, out, excess) == 1;
}

struct ecdsa {
    EC_GROUP *group;
    const BIGNUM *order; /* of group */
    BIGNUM *secret, *message, *nonce, *r, *s;
    EC_POINT *point;
    BN_CTX *context;
};

static void ecdsa_drop(struct ecdsa *e)
{
    BN_clear_free(e->secret);
    BN_free(e->message);
    BN_clear_free(e->nonce);
    BN_free(e->r);
    BN_free(e->s);
    EC_POINT_free(e->point);
    EC_GROUP_free(e->group);
    BN_CTX_free(e->context);
}

static bool ecdsa_open(struct ecdsa *e, EVP_PKEY *key)
{
    char name[64];
    if (!EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof name, NULL) ||
        !EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &e->secret))
        return false;
    e->group = EC_GROUP_new_by_curve_name(OBJ_txt2nid(name));
    if (e->group == NULL)
        return false;
    e->order = EC_GROUP_get0_order(e->group);
    BN_set_flags(e->secret, BN_FLG_CONSTTIME);
    e->message = BN_new();
    e->nonce = BN_new();
    e->r = BN_new();
    e->s = BN_new();
    e->point = EC_POINT_new(e->group);
    e->context = BN_CTX_new();
    return e->message && e->nonce && e->r && e->s && e->point && e->context;
}

/* RFC 6979 section 3.2 steps a to g. */
static bool nonce_start(struct nonce_source *s, const struct ecdsa *e, const EVP_MD *md)
{
    enum { ORDER_MAX = 72 };
    uint8_t x[ORDER_MAX], h[ORDER_MAX];
    const int n = (BN_num_bits(e->order) + 7) / 8;
    NUMBER_CLEANUP *reduced = BN_new();
    if (n > ORDER_MAX || reduced == NULL || !BN_mod(reduced, e->message, e->order, e->context) ||
        BN_bn2binpad(e->secret, x, n) < 0 || BN_bn2binpad(reduced, h, n) < 0)
        return false;
    *s = (struct nonce_source){.md = md, .n = (size_t)EVP_MD_get_size(md)};
    memset(s->v, 1, s->n);
    BUF_CLEANUP data = {0};
    buf_append(&data, x, (size_t)n);
    buf_append(&data, h, (size_t)n);
    nonce_refresh(s, 0, buf_bytes(&data));
    nonce_refresh(s, 1, buf_bytes(&data));
    return true;
}

/* Step h: numbers of the order's length until one is in range. */
static bool nonce_next(struct nonce_source *s, struct ecdsa *e)
{
    enum { TRIES = 256 };
    const int bits = BN_num_bits(e->order);
    const size_t n = (size_t)(bits + 7) / 8;
    for (int i = 0; i < TRIES; i++) {
        BUF_CLEANUP t = {0};
        while (t.n < n) {
            nonce_refresh_v(s);
            buf_append(&t, s->v, s->n);
        }
        if (!bits_to_number(t.p, n, bits, e->nonce))
            return false;
        if (!BN_is_zero(e->nonce) && BN_cmp(e->nonce, e->order) < 0)
            return true;
        nonce_refresh(s, 0, bytes_of(NULL, 0));
    }
    return false;
}

/* SEC 1 section 4.1.3: r = x(kG) mod n, s = (z + r d) / k mod n. False also when either is 0. */
static bool ecdsa_compute(struct ecdsa *e)
{
    BN_set_flags(e->nonce, BN_FLG_CONSTTIME);
    NUMBER_CLEANUP *inverse = BN_mod_inverse(NULL, e->nonce, e->order, e->context);
    return inverse != NULL && EC_POINT_mul(e->group, e->point, e->nonce, NULL, NULL, e->context) &&
           EC_POINT_get_affine_coordinates(e->group, e->point, e->r, NULL, e->context) &&
           BN_nnmod(e->r, e->r, e->order, e->context) &&
           BN_mod_mul(e->s, e->r, e->secret, e->order, e->context) &&
           BN_mod_add(e->s, e->s, e->message, e->order, e->context) &&
           BN_mod_mul(e->s, e->s, inverse, e->order, e->context) && !BN_is_zero(e->r) &&
           !BN_is_zero(e->s);
}

/* RFC 3279 section 2.2.3: SEQUENCE { r INTEGER, s INTEGER }. */
static bool ecdsa_write(struct ecdsa *e, struct buf *out)
{
    enum { ORDER_MAX = 72 };
    uint8_t r[ORDER_MAX], s[ORDER_MAX];
    const int n = BN_num_bytes(e->order);
    if (n > ORDER_MAX || BN_bn2binpad(e->r, r, n) < 0 || BN_bn2binpad(e->s, s, n) < 0)
        return false;
    struct writer __attribute__((cleanup(writer_free))) w = {0};
    writer_open(&w, DER_SEQUENCE);
    writer_uint(&w, bytes_of(r, (size_t)n));
    writer_uint(&w, bytes_of(s, (size_t)n));
    writer_close(&w);
    buf_add_bytes(out, buf_bytes(&w.out));
    return true;
}

static bool sign_ecdsa(EVP_PKEY *key, const EVP_MD *md, struct bytes tbs, struct buf *out)
{
    struct ecdsa __attribute__((cleanup(ecdsa_drop))) e = {0};
    struct digest digest;
    struct nonce_source source;
    return ecdsa_open(&e, key) && digest_make(md, tbs, &digest) &&
           bits_to_number(digest.p, digest.n, BN_num_bits(e.order), e.message) &&
           nonce_start(&source, &e, md) && nonce_next(&source, &e) && ecdsa_compute(&e) &&
           ecdsa_write(&e, out);
}

bool private_key_sign(const struct private_key *key, enum oid algorithm, struct bytes tbs,
                      struct buf *signature)
{
    crypto_init();
    const struct sign_scheme *scheme = NULL;
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        if (schemes[i].algorithm == algorithm)
            scheme = &schemes[i];
    if (scheme == NULL || !EVP_PKEY_is_a(key->evp, scheme->key_type))
        return false;
    const EVP_MD *md = scheme->digest != NULL ? scheme->digest() : NULL;
    bool done = false;
    if (scheme->kind == SIGN_PSS)
        done = sign_pss(key->evp, tbs, signature);
    else if (scheme->kind == SIGN_ECDSA)
        done = sign_ecdsa(key->evp, md, tbs, signature);
    else
        done = sign_plain(key->evp, md, tbs, signature);
    ERR_clear_error();
    return done;
}
