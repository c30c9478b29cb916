/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/* RFC 7468 section 4 and what OpenSSL, older tools and other vendors write. */
static const struct label labels[] = {
    {"CERTIFICATE", OBJECT_CERTIFICATE, false},
    {"X509 CERTIFICATE", OBJECT_CERTIFICATE, false},
    {"X.509 CERTIFICATE", OBJECT_CERTIFICATE, false},
    {"TRUSTED CERTIFICATE", OBJECT_CERTIFICATE, false},
    {"CERTIFICATE REQUEST", OBJECT_CSR, false},
    {"NEW CERTIFICATE REQUEST", OBJECT_CSR, false},
    {"X509 CRL", OBJECT_CRL, false},
    {"CRL", OBJECT_CRL, false},
    {"PKCS7", OBJECT_PKCS7, false},
    {"PKCS #7 SIGNED DATA", OBJECT_PKCS7, false},
    {"CERTIFICATE CHAIN", OBJECT_PKCS7, false},
    {"CMS", OBJECT_PKCS7, false},
    {"PRIVATE KEY", OBJECT_PRIVATE_KEY, false},
    {"ENCRYPTED PRIVATE KEY", OBJECT_PRIVATE_KEY, true},
    {"RSA PRIVATE KEY", OBJECT_PRIVATE_KEY, false},
    {"EC PRIVATE KEY", OBJECT_PRIVATE_KEY, false},
    {"DSA PRIVATE KEY", OBJECT_PRIVATE_KEY, false},
    {"OPENSSH PRIVATE KEY", OBJECT_PRIVATE_KEY, false},
    {"PUBLIC KEY", OBJECT_OTHER, false},
    {"EC PARAMETERS", OBJECT_OTHER, false},
    {"DH PARAMETERS", OBJECT_OTHER, false},
};

const struct label *label_find(struct bytes text)
{
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
        if (bytes_equal_str(text, labels[i].text))
            return &labels[i];
    return NULL;
}

bool label_is_private(struct bytes text)
{
    return bytes_find(text, bytes_str("PRIVATE KEY")) != SIZE_MAX;
}
