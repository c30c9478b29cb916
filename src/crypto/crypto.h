/* SPDX-License-Identifier: Apache-2.0 */
/* Front header of crypto/: digests, signature checks, keys. With tls/session.c and tls/server.c the
 * only user of OpenSSL. Every signature verdict comes from libcrypto. */
#ifndef CERTWHY_CRYPTO_H
#define CERTWHY_CRYPTO_H

#include "asn1/asn1.h"

/** For a program that owns its process, first thing in main(): readies libcrypto without its name
 *  tables of old ciphers and digests, which nothing here needs (a sixth of the start-up cost). A
 *  library must not do that to its host, so it is no part of any other call. */
void crypto_start(void);

/** Digests as needed before any verdict; low-level, no provider look-up per call. */
void crypto_sha256(struct bytes data, uint8_t out[32]);
void crypto_sha1(struct bytes data, uint8_t out[20]);
/** HMAC-SHA-256 (RFC 2104). The time that it takes tells of the key: for public ones. */
void crypto_hmac_sha256(struct bytes key, struct bytes data, uint8_t out[32]);

/* ---- records of TLS 1.3 (RFC 8446 section 5.2) ---- */

enum aead_kind { AEAD_AES_128_GCM, AEAD_CHACHA20_POLY1305, AEAD_KINDS };
struct aead_key {
    enum aead_kind kind;
    uint8_t key[32], nonce[12]; /**< AES-128 uses the first half of the key */
};
/** Opens records; not for use by several threads at once. */
struct aead;
struct aead *aead_new(void);
void aead_free(struct aead *aead);
/** Appends what record `sequence` holds to *out; false, and nothing is appended, when it is not
 *  what was sealed under this key. `header` is the record's own. */
bool aead_open(struct aead *aead, const struct aead_key *key, uint64_t sequence,
               struct bytes header, struct bytes sealed, struct buf *out);
void crypto_sha512(struct bytes data, uint8_t out[64]);

/** The number that OpenSSL gives a subject: a directory of certificates names its files after it,
 * as `openssl rehash` does. 0: not a name. */
uint32_t crypto_subject_hash(struct bytes name);

enum sig_result {
    SIG_OK = 1,
    SIG_BAD = 2,          /**< libcrypto says that the signature does not verify */
    SIG_KEY_UNUSABLE = 3, /**< the issuer's public key cannot be decoded */
    SIG_UNSUPPORTED = 4,  /**< an algorithm that libcrypto here does not know */
    SIG_KEY_MISMATCH =
        5,             /**< the algorithm does not fit the kind of key (ECDSA under an RSA key) */
    SIG_UNCHECKED = 6, /**< the memo's budget is spent */
};

/** Verifies `signature` (without the BIT STRING's first octet) over `tbs` under the
 *  SubjectPublicKeyInfo `spki`, by the DER AlgorithmIdentifier `algorithm` (whole element).
 *  RFC 5280 section 4.1.1.3. Works at security level 0: weakness is judged elsewhere. */
enum sig_result crypto_verify(struct bytes spki, struct bytes algorithm, struct bytes tbs,
                              struct bytes signature);

/** Remembers signature checks and decoded issuer keys of one run, by content: the same (key, tbs,
 *  signature) is never computed twice. Not for use by several threads at once. */
struct sig_memo;
struct sig_memo *sig_memo_new(void);
void sig_memo_free(struct sig_memo *memo);
/** A signed object in its parts, as crypto_verify() takes them. */
struct signed_object {
    struct bytes algorithm, tbs, signature;
    const uint8_t *sha256; /**< of the object whole, its signature included: what it is known by */
};
/** A SubjectPublicKeyInfo, and its SHA-256, which it is known by. */
struct public_key {
    struct bytes spki;
    const uint8_t *sha256;
};
/** As crypto_verify(), remembered. `budget` counts down at each real check; at 0 the answer is
 *  SIG_UNCHECKED. NULL: no budget. */
enum sig_result sig_memo_verify(struct sig_memo *memo, struct public_key key,
                                const struct signed_object *object, int *budget);

/** Each check that it remembers: the SHA-256 of the key and of the object. */
void sig_memo_each(const struct sig_memo *memo,
                   void (*each)(void *context, const uint8_t spki[32], const uint8_t object[32],
                                enum sig_result result),
                   void *context);
/** Remembers a check that was made elsewhere. Only for a memo that judges nothing else. */
void sig_memo_put(struct sig_memo *memo, const uint8_t spki[32], const uint8_t object[32],
                  enum sig_result result);

/** Is `algorithm` a signature algorithm for this kind of key, as OpenSSL asks
 * before it takes an issuer (v3_purp.c, check_sig_alg_match)? False when either is unknown or
 * unreadable. */
bool sig_memo_suits(struct sig_memo *memo, struct public_key key, struct bytes algorithm);
/** Bits of security that libcrypto attributes to the key (NIST SP 800-57 part 1 table 2); -1 when
 * it cannot be decoded. */
int sig_memo_key_security(struct sig_memo *memo, struct public_key key);

/* ---- private keys: read only when the user names one; never logged, never stored ---- */

struct private_key;
enum key_read { KEY_READ_OK, KEY_READ_ENCRYPTED, KEY_READ_UNREADABLE };
/** Reads a PEM or DER private key: PKCS#8, PKCS#1 or EC; or that of a keystore (PKCS#12). Never
 * prompts: KEY_READ_ENCRYPTED when the passphrase is missing or wrong. The caller frees *out with
 * private_key_free(). */
enum key_read private_key_read(struct bytes file, const char *passphrase, struct private_key **out);
void private_key_free(struct private_key *key);
/** DER SubjectPublicKeyInfo of the key, into `out`. */
bool private_key_spki(const struct private_key *key, struct buf *out);

/* ---- passwords of keystores (RFC 7292, RFC 8018) ---- */

/** A password as PKCS #12 knows it: NULL (none at all) and "" are two different ones. */
enum unlock {
    UNLOCK_OK,
    UNLOCK_WRONG,       /**< the password does not fit, or the data was altered */
    UNLOCK_UNSUPPORTED, /**< an algorithm that libcrypto here does not know */
    UNLOCK_COSTLY,      /**< more rounds than are left of the budget: not tried */
};
/** Decrypts `data` by the DER AlgorithmIdentifier `algorithm`: PBES1, PBES2 or PKCS #12's own, RC2
 *  included where libcrypto's legacy provider is installed. *rounds is what may still be spent. */
enum unlock pbe_decrypt(struct bytes algorithm, const char *password, struct bytes data,
                        int64_t *rounds, struct buf *out);
/** The MacData of RFC 7292 section 4 in its parts. */
struct pkcs12_mac {
    struct bytes algorithm; /**< of the DigestInfo: a digest, or PBMAC1 (RFC 9579) */
    struct bytes value, salt;
    int64_t rounds;
};
enum unlock pkcs12_mac_check(const struct pkcs12_mac *mac, const char *password,
                             struct bytes content, int64_t *rounds);

/* ---- keys and signatures of our own making (lab, CSR) ---- */

enum key_spec {
    KEY_SPEC_RSA_1024,
    KEY_SPEC_RSA_2048,
    KEY_SPEC_RSA_4096,
    KEY_SPEC_P256,
    KEY_SPEC_P384,
    KEY_SPEC_P521,
    KEY_SPEC_ED25519,
    KEY_SPEC_ED448
};
/** A key derived from seed and label alone: the same bytes on every run and machine. For the lab;
 *  its output must be marked as a lab key wherever it is written. */
struct private_key *private_key_derive(enum key_spec spec, struct bytes seed, const char *label);
/** Signs deterministically (RFC 6979-like for ECDSA; PKCS#1 v1.5 or PSS with a derived salt for
 * RSA). `algorithm` is an OID of the signature group; appends the signature octets. False: cannot.
 */
bool private_key_sign(const struct private_key *key, enum oid algorithm, struct bytes tbs,
                      struct buf *signature);
/** Unencrypted PKCS#8 PEM, preceded by `comment` lines. */
bool private_key_pem(const struct private_key *key, const char *comment, struct buf *out);
/** A key that claims `spki` as its public half but cannot sign for it ("key does not match" on the
 *  wire). Lab only. NULL for kinds other than RSA, EC and EdDSA. */
struct private_key *private_key_forge(const struct private_key *key, struct bytes spki);
/** The EVP_PKEY inside, for tls/ alone (borrowed). */
void *private_key_handle(const struct private_key *key);

/** A new random key of a kind that CAs take; NULL for the others. */
struct private_key *private_key_new(enum key_spec spec);
/** A keystore (RFC 7292) of a key, its certificate (first) and the chain: AES-256 and HMAC with
 *  SHA-256, which OpenSSL 1.1, Java 8u301, Windows Server 2019 and all later ones read. */
bool pkcs12_write(const struct private_key *key, const struct bytes *certs, size_t count,
                  const char *alias, const char *password, struct buf *out);

/** HMAC-SHA-256 counter-mode bytes from a seed and label: the lab's only source of "randomness". */
void crypto_derive(struct bytes seed, const char *label, uint8_t *out, size_t n);

#endif
