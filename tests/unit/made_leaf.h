/* SPDX-License-Identifier: Apache-2.0 */
/* A self-signed certificate for a key, for the servers of the tests of tls/. */
#ifndef CERTWHY_TESTS_MADE_LEAF_H
#define CERTWHY_TESTS_MADE_LEAF_H

#include <openssl/x509.h>

#include "crypto/crypto.h"

static inline struct bytes made_leaf(struct arena *arena, const char *name, struct private_key *key)
{
    X509 *x = X509_new();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
    X509_gmtime_adj(X509_getm_notBefore(x), -60);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_NAME *subject = X509_NAME_new();
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1,
                               0);
    X509_set_subject_name(x, subject);
    X509_set_issuer_name(x, subject);
    X509_NAME_free(subject);
    EVP_PKEY *evp = private_key_handle(key);
    X509_set_pubkey(x, evp);
    const EVP_MD *digest = EVP_PKEY_is_a(evp, "ED25519") ? NULL : EVP_sha256();
    assert_true(X509_sign(x, evp, digest) > 0);
    unsigned char *der = NULL;
    const int n = i2d_X509(x, &der);
    const struct bytes copy = arena_bytes(arena, bytes_of(der, (size_t)n));
    OPENSSL_free(der);
    X509_free(x);
    return copy;
}

#endif
