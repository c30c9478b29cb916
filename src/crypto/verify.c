/* SPDX-License-Identifier: Apache-2.0 */
/* Signature checks through libcrypto, at any strength: what is too weak is judged elsewhere. */
#include <limits.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <string.h>

#include "internal.h"

/** What an AlgorithmIdentifier asks for. */
struct scheme {
    const EVP_MD *digest, *mgf_digest; /* digest NULL: the scheme hashes by itself (EdDSA) */
    int key_type;                      /* NID of the public key algorithm */
    int salt_length;                   /* PSS alone */
};

static int nid_of(const struct der *oid)
{
    const unsigned char *p = oid->whole.p;
    ASN1_OBJECT *object = d2i_ASN1_OBJECT(NULL, &p, (long)oid->whole.n);
    const int nid = object != NULL ? OBJ_obj2nid(object) : NID_undef;
    ASN1_OBJECT_free(object);
    return nid;
}

/* Not EVP_get_digestbynid(), which needs the tables that crypto_start() leaves out. */
static const EVP_MD *digest_of_nid(int nid)
{
    static const struct {
        int nid;
        const EVP_MD *(*digest)(void);
    } digests[] = {
        {NID_sha256, EVP_sha256},
        {NID_sha384, EVP_sha384},
        {NID_sha512, EVP_sha512},
        {NID_sha1, EVP_sha1},
        {NID_md5, EVP_md5},
        {NID_sha224, EVP_sha224},
        {NID_sha512_224, EVP_sha512_224},
        {NID_sha512_256, EVP_sha512_256},
        {NID_sha3_224, EVP_sha3_224},
        {NID_sha3_256, EVP_sha3_256},
        {NID_sha3_384, EVP_sha3_384},
        {NID_sha3_512, EVP_sha3_512},
        {NID_ripemd160, EVP_ripemd160},
        {NID_sm3, EVP_sm3},
    };
    for (size_t i = 0; i < sizeof digests / sizeof digests[0]; i++)
        if (digests[i].nid == nid)
            return digests[i].digest();
    return NULL;
}

/** The digest named by an AlgorithmIdentifier's content, NULL when there is none. */
static const EVP_MD *digest_of(struct reader *identifier)
{
    struct der oid;
    return reader_expect(identifier, DER_OID, &oid) ? digest_of_nid(nid_of(&oid)) : NULL;
}

/* RFC 4055 section 2.2: id-mgf1 with the AlgorithmIdentifier of its hash. */
static const EVP_MD *mgf_digest_of(struct reader *identifier)
{
    struct der oid, hash;
    if (!reader_expect(identifier, DER_OID, &oid) || oid_of(oid.body) != OID_MGF1 ||
        !reader_expect(identifier, DER_SEQUENCE, &hash))
        return NULL;
    struct reader inner = reader_enter(&hash);
    return digest_of(&inner);
}

/** The content of `[n] EXPLICIT SEQUENCE` when present. */
static bool tagged_sequence(struct reader *reader, uint8_t n, struct reader *content)
{
    struct der tagged, sequence;
    if (!reader_optional(reader, DER_CONTEXT_CONS(n), &tagged))
        return false;
    struct reader inner = reader_enter(&tagged);
    if (!reader_expect(&inner, DER_SEQUENCE, &sequence)) {
        reader->bad = true;
        return false;
    }
    *content = reader_enter(&sequence);
    return true;
}

/** `[n] EXPLICIT INTEGER`, or `fallback` when absent; -1 when unreadable or out of range. */
static int tagged_int(struct reader *reader, uint8_t n, int fallback)
{
    struct der tagged, number;
    if (!reader_optional(reader, DER_CONTEXT_CONS(n), &tagged))
        return fallback;
    struct reader inner = reader_enter(&tagged);
    int64_t value = 0;
    if (!reader_expect(&inner, DER_INTEGER, &number) || !der_small_int(&number, &value) ||
        value > INT_MAX)
        return -1;
    return (int)value;
}

/* RFC 4055 section 3.1: RSASSA-PSS-params with its defaults. The parameters must be there. */
static bool scheme_read_pss(const struct der *parameters, struct scheme *out)
{
    if (parameters->tag != DER_SEQUENCE)
        return false;
    struct reader reader = reader_enter(parameters);
    struct reader content;
    out->digest = tagged_sequence(&reader, 0, &content) ? digest_of(&content) : EVP_sha1();
    out->mgf_digest = tagged_sequence(&reader, 1, &content) ? mgf_digest_of(&content) : EVP_sha1();
    out->salt_length = tagged_int(&reader, 2, 20);
    const int trailer = tagged_int(&reader, 3, 1);
    return !reader.bad && reader_at_end(&reader) && out->digest != NULL &&
           out->mgf_digest != NULL && out->salt_length >= 0 && trailer == 1;
}

static bool scheme_read(struct bytes algorithm, struct scheme *out)
{
    struct reader top = reader_of(algorithm, 0);
    struct der sequence, oid, parameters = {0};
    if (!reader_expect(&top, DER_SEQUENCE, &sequence))
        return false;
    struct reader body = reader_enter(&sequence);
    if (!reader_expect(&body, DER_OID, &oid))
        return false;
    reader_next(&body, &parameters);

    *out = (struct scheme){0};
    int digest = NID_undef;
    if (!OBJ_find_sigid_algs(nid_of(&oid), &digest, &out->key_type) || out->key_type == NID_undef)
        return false;
    if (out->key_type == NID_rsassaPss)
        return scheme_read_pss(&parameters, out);
    out->digest = digest_of_nid(digest);
    return digest == NID_undef || out->digest != NULL;
}

/* RFC 8017 section 8.1 allows PSS under a plain RSA key too; any other pair must agree. */
static bool scheme_fits(const struct scheme *scheme, const EVP_PKEY *key)
{
    if (scheme->key_type == NID_rsassaPss && EVP_PKEY_is_a(key, "RSA"))
        return true;
    return EVP_PKEY_is_a(key, OBJ_nid2sn(scheme->key_type));
}

static bool scheme_apply_pss(const struct scheme *scheme, EVP_PKEY_CTX *context)
{
    return scheme->key_type != NID_rsassaPss ||
           (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) > 0 &&
            EVP_PKEY_CTX_set_rsa_pss_saltlen(context, scheme->salt_length) > 0 &&
            EVP_PKEY_CTX_set_rsa_mgf1_md(context, scheme->mgf_digest) > 0);
}

static enum sig_result verify_with(EVP_PKEY *key, struct bytes algorithm, struct bytes tbs,
                                   struct bytes signature)
{
    struct scheme scheme;
    if (key == NULL)
        return SIG_KEY_UNUSABLE;
    if (!scheme_read(algorithm, &scheme))
        return SIG_UNSUPPORTED;
    if (!scheme_fits(&scheme, key))
        return SIG_KEY_MISMATCH;
    if (EVP_PKEY_missing_parameters(key))
        return SIG_KEY_UNUSABLE; /* a DSA key that inherits its parameters */

    DIGEST_CONTEXT_CLEANUP *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *details = NULL; /* owned by context */
    if (context == NULL || EVP_DigestVerifyInit(context, &details, scheme.digest, NULL, key) <= 0 ||
        !scheme_apply_pss(&scheme, details))
        /* An RSASSA-PSS key may allow one digest and salt alone: RFC 4055 section 3.3. */
        return EVP_PKEY_is_a(key, "RSA-PSS") ? SIG_KEY_MISMATCH : SIG_UNSUPPORTED;
    return EVP_DigestVerify(context, signature.p, signature.n, tbs.p, tbs.n) == 1 ? SIG_OK
                                                                                  : SIG_BAD;
}

enum sig_result crypto_verify(struct bytes spki, struct bytes algorithm, struct bytes tbs,
                              struct bytes signature)
{
    EVP_KEY_CLEANUP *key = public_key_decode(spki);
    const enum sig_result result = verify_with(key, algorithm, tbs, signature);
    ERR_clear_error();
    return result;
}

/* ---- the memo: two open-addressing tables keyed by digests, which are their own hash ---- */

struct memo_key {
    uint8_t spki[32];
    bool used;
    EVP_PKEY *key; /* NULL: known to be undecodable */
};

struct memo_check {
    uint8_t spki[32], object[32];
    enum sig_result result; /* 0: free */
};

struct sig_memo {
    struct memo_key *keys;
    struct memo_check *checks;
    size_t key_count, key_cap, check_count, check_cap; /* caps are powers of two */
};

enum { MEMO_START = 64 };

struct sig_memo *sig_memo_new(void)
{
    struct sig_memo *memo = xcalloc(1, sizeof *memo);
    memo->key_cap = memo->check_cap = MEMO_START;
    memo->keys = xcalloc(MEMO_START, sizeof *memo->keys);
    memo->checks = xcalloc(MEMO_START, sizeof *memo->checks);
    return memo;
}

static void memo_forget_keys(struct sig_memo *memo)
{
    for (size_t i = 0; i < memo->key_cap; i++)
        EVP_PKEY_free(memo->keys[i].key);
    memset(memo->keys, 0, memo->key_cap * sizeof *memo->keys);
    memo->key_count = 0;
}

void sig_memo_free(struct sig_memo *memo)
{
    if (memo == NULL)
        return;
    memo_forget_keys(memo);
    free(memo->keys);
    free(memo->checks);
    free(memo);
}

static size_t digest_slot(const uint8_t digest[32], size_t cap)
{
    uint64_t word;
    memcpy(&word, digest, sizeof word);
    return (size_t)word & (cap - 1);
}

/** The slot that holds `spki`, or the free one where it belongs. */
static struct memo_key *key_slot(struct memo_key *keys, size_t cap, const uint8_t spki[32])
{
    size_t i = digest_slot(spki, cap);
    while (keys[i].used && memcmp(keys[i].spki, spki, 32) != 0)
        i = (i + 1) & (cap - 1);
    return &keys[i];
}

static struct memo_check *check_slot(struct memo_check *checks, size_t cap, const uint8_t spki[32],
                                     const uint8_t object[32])
{
    size_t i = (digest_slot(spki, cap) ^ digest_slot(object, cap)) & (cap - 1);
    while (checks[i].result != 0 &&
           (memcmp(checks[i].object, object, 32) != 0 || memcmp(checks[i].spki, spki, 32) != 0))
        i = (i + 1) & (cap - 1);
    return &checks[i];
}

/* Half full is the moment to double; at the limit a long run starts afresh instead of growing. */
static void keys_make_room(struct sig_memo *memo)
{
    if (2 * memo->key_count < memo->key_cap)
        return;
    if (memo->key_count >= LIMIT_MEMO_KEYS) {
        memo_forget_keys(memo);
        return;
    }
    struct memo_key *larger = xcalloc(2 * memo->key_cap, sizeof *larger);
    for (size_t i = 0; i < memo->key_cap; i++)
        if (memo->keys[i].used)
            *key_slot(larger, 2 * memo->key_cap, memo->keys[i].spki) = memo->keys[i];
    free(memo->keys);
    memo->keys = larger;
    memo->key_cap *= 2;
}

static void checks_make_room(struct sig_memo *memo)
{
    if (2 * memo->check_count < memo->check_cap)
        return;
    if (memo->check_count >= LIMIT_MEMO_CHECKS) {
        memset(memo->checks, 0, memo->check_cap * sizeof *memo->checks);
        memo->check_count = 0;
        return;
    }
    struct memo_check *larger = xcalloc(2 * memo->check_cap, sizeof *larger);
    for (size_t i = 0; i < memo->check_cap; i++)
        if (memo->checks[i].result != 0)
            *check_slot(larger, 2 * memo->check_cap, memo->checks[i].spki, memo->checks[i].object) =
                memo->checks[i];
    free(memo->checks);
    memo->checks = larger;
    memo->check_cap *= 2;
}

static EVP_PKEY *memo_decode(struct sig_memo *memo, struct public_key key)
{
    struct memo_key *slot = key_slot(memo->keys, memo->key_cap, key.sha256);
    if (slot->used)
        return slot->key;
    keys_make_room(memo);
    slot = key_slot(memo->keys, memo->key_cap, key.sha256);
    memcpy(slot->spki, key.sha256, 32);
    slot->used = true;
    slot->key = public_key_decode(key.spki);
    memo->key_count++;
    return slot->key;
}

bool sig_memo_suits(struct sig_memo *memo, struct public_key key, struct bytes algorithm)
{
    struct reader top = reader_of(algorithm, 0);
    struct der sequence, oid;
    if (!reader_expect(&top, DER_SEQUENCE, &sequence))
        return false;
    struct reader body = reader_enter(&sequence);
    struct scheme scheme = {0};
    if (!reader_expect(&body, DER_OID, &oid) ||
        !OBJ_find_sigid_algs(nid_of(&oid), NULL, &scheme.key_type) || scheme.key_type == NID_undef)
        return false;
    const EVP_PKEY *decoded = memo_decode(memo, key);
    return decoded != NULL && scheme_fits(&scheme, decoded);
}

int sig_memo_key_security(struct sig_memo *memo, struct public_key key)
{
    const EVP_PKEY *decoded = memo_decode(memo, key);
    return decoded != NULL ? EVP_PKEY_get_security_bits(decoded) : -1;
}

enum sig_result sig_memo_verify(struct sig_memo *memo, struct public_key key,
                                const struct signed_object *object, int *budget)
{
    const struct memo_check *known =
        check_slot(memo->checks, memo->check_cap, key.sha256, object->sha256);
    if (known->result != 0)
        return known->result;
    if (budget != NULL && *budget <= 0)
        return SIG_UNCHECKED;
    if (budget != NULL)
        --*budget;

    checks_make_room(memo);
    EVP_PKEY *decoded = memo_decode(memo, key);
    struct memo_check *slot = check_slot(memo->checks, memo->check_cap, key.sha256, object->sha256);
    memcpy(slot->spki, key.sha256, 32);
    memcpy(slot->object, object->sha256, 32);
    slot->result = verify_with(decoded, object->algorithm, object->tbs, object->signature);
    memo->check_count++;
    ERR_clear_error();
    return slot->result;
}

void sig_memo_each(const struct sig_memo *memo,
                   void (*each)(void *context, const uint8_t spki[32], const uint8_t object[32],
                                enum sig_result result),
                   void *context)
{
    for (size_t i = 0; i < memo->check_cap; i++)
        if (memo->checks[i].result != 0)
            each(context, memo->checks[i].spki, memo->checks[i].object, memo->checks[i].result);
}

void sig_memo_put(struct sig_memo *memo, const uint8_t spki[32], const uint8_t object[32],
                  enum sig_result result)
{
    checks_make_room(memo);
    struct memo_check *slot = check_slot(memo->checks, memo->check_cap, spki, object);
    memo->check_count += slot->result == 0;
    memcpy(slot->spki, spki, 32);
    memcpy(slot->object, object, 32);
    slot->result = result;
}
