/* SPDX-License-Identifier: Apache-2.0 */
/* The program's libcrypto, without its name tables, still does all that is asked of it.
 * (Handshakes: test_session.c, which starts it the same way.) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

#include "crypto/crypto.h"

static void check_reads(struct bytes file, const char *passphrase, enum key_read expected)
{
    struct private_key *key = NULL;
    assert_int_equal(private_key_read(file, passphrase, &key), expected);
    assert_true((key != NULL) == (expected == KEY_READ_OK));
    private_key_free(key);
}

/* Written by `openssl ec` and `openssl pkcs8`: ciphers that crypto_start() leaves unnamed. */
static const char traditional_3des[] =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "Proc-Type: 4,ENCRYPTED\n"
    "DEK-Info: DES-EDE3-CBC,05084F2C4541D918\n"
    "\n"
    "FbHdVpVgZZq7iWnZStGu/TolfzjhiZRtK6jvUHQsEzMvCq5xrlXTqQz30h8JW56Y\n"
    "E1H8PcGLDSxOgP4i2ZYUuhgYMs4b7tkiX0O79loXoy3ctEtMLerSjptcrwBvNZpw\n"
    "w2lbtg+qMrCQvBNsIMc03KquFWo/2eRKgq744AEilVs=\n"
    "-----END EC PRIVATE KEY-----\n";
static const char traditional_aes[] =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "Proc-Type: 4,ENCRYPTED\n"
    "DEK-Info: AES-256-CBC,7B4480E1CA87FB66C2715EE61372C141\n"
    "\n"
    "BT+++cCjgAoDJB8YJhIr7u65gQZtzkW1fWD4ESK788jI+/gZUBdaGjGEwZo8eJQ+\n"
    "qfctGOcjipvaah2/EGPFvnzsyurpHGLvnb/OfaaZVkK6FQpmPhbsPQKcGMtVZu9x\n"
    "Ce03BOcf8LS5C2iSMARGLBfl5fm00gizTFf50D3M7jE=\n"
    "-----END EC PRIVATE KEY-----\n";
static const char pkcs8_pbes2[] =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjbWgEjzikokAICCAAw\n"
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEIEshweEPB7jwPfUkjWeqVcEgZCG\n"
    "s9gwc+K2E5jGoWlC7j2qNhOmSz/o9kjPlnNUywV3JyD2w0vw9d9BqHaSrJ3IeFh+\n"
    "mdIzK0t49hdRCuMlVM91UZoEm6tGrktfi5OaYUjlfpkMyUPkme8rHgCSgWjtAi7V\n"
    "vXWpi6Xf9cdjwRpDS4aZrnF2xDMgrbG1vDs+ar3+WMvWDgYGz4aWxoHh7wAN9wI=\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";
static const char pkcs8_pbe_sha1[] =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIGxMBwGCiqGSIb3DQEMAQMwDgQI/8F4ICnVNUICAggABIGQGIKFHiMP0658G+YM\n"
    "W/IZHD7bEQuvWiuQYuCnwBZbN12GGUvKATpMO17ckSCkEVa2lArdToG7YcTvDMZs\n"
    "F//6OJi+dDfsAGjOOaT3ZffzKyJx/ULhOcm7nvxuk3gjAx2XAbpJvrUZyJpYbBSl\n"
    "mo2gQ6a9d6FdpzCT5qtE9BH9O8Y2GlpabtVXQqS2D2pOQO8Y\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";

static void reads_what_openssl_encrypts(void **state)
{
    (void)state;
    const char *const files[] = {traditional_3des, traditional_aes, pkcs8_pbes2, pkcs8_pbe_sha1};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        check_reads(bytes_str(files[i]), NULL, KEY_READ_ENCRYPTED);
        check_reads(bytes_str(files[i]), "guess", KEY_READ_ENCRYPTED);
        check_reads(bytes_str(files[i]), "sesame", KEY_READ_OK);
    }
}

/** Signs under `algorithm` with a key of `spec`, and checks that the signature verifies. */
static void check_signature(enum key_spec spec, enum oid algorithm)
{
    struct private_key *key = private_key_derive(spec, bytes_str("start"), "key");
    BUF_CLEANUP spki = {0}, signature = {0};
    struct writer w = {0};
    writer_open(&w, DER_SEQUENCE);
    writer_oid(&w, algorithm);
    writer_close(&w);
    const struct bytes tbs = bytes_str("to be signed");
    assert_true(private_key_spki(key, &spki));
    assert_true(private_key_sign(key, algorithm, tbs, &signature));
    assert_int_equal(crypto_verify(buf_bytes(&spki), buf_bytes(&w.out), tbs, buf_bytes(&signature)),
                     SIG_OK);
    signature.p[signature.n - 1] ^= 1;
    assert_int_equal(crypto_verify(buf_bytes(&spki), buf_bytes(&w.out), tbs, buf_bytes(&signature)),
                     SIG_BAD);
    writer_free(&w);
    private_key_free(key);
}

static void signs_and_verifies(void **state)
{
    (void)state;
    static const enum oid rsa[] = {OID_MD5_RSA,    OID_SHA1_RSA,   OID_SHA224_RSA,
                                   OID_SHA256_RSA, OID_SHA384_RSA, OID_SHA512_RSA};
    for (size_t i = 0; i < sizeof rsa / sizeof rsa[0]; i++)
        check_signature(KEY_SPEC_RSA_1024, rsa[i]);
    check_signature(KEY_SPEC_P256, OID_SHA256_ECDSA);
    check_signature(KEY_SPEC_P384, OID_SHA384_ECDSA);
    check_signature(KEY_SPEC_P521, OID_SHA1_ECDSA);
    check_signature(KEY_SPEC_ED25519, OID_ED25519);
    check_signature(KEY_SPEC_ED448, OID_ED448);
}

int main(void)
{
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_openssl_encrypts),
        cmocka_unit_test(signs_and_verifies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
