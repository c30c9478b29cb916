/* SPDX-License-Identifier: Apache-2.0 */
/* What `openssl rehash` calls a certificate's file: OpenSSL's own canonical form of its subject. */
#include <openssl/x509.h>

#include "internal.h"

uint32_t crypto_subject_hash(struct bytes name)
{
    const unsigned char *p = name.p;
    int ok = 0;
    X509_NAME *parsed = name.n <= LIMIT_CERT_BYTES ? d2i_X509_NAME(NULL, &p, (long)name.n) : NULL;
    const unsigned long hash = parsed ? X509_NAME_hash_ex(parsed, NULL, NULL, &ok) : 0;
    X509_NAME_free(parsed);
    return ok ? (uint32_t)hash : 0;
}
