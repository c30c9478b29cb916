/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys, algorithm identifiers and private key files that nobody meant. The first two octets
 * split the input. What verifies a signature here would be a forgery. */
#include <stdlib.h>

#include "crypto/crypto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const struct bytes rest = bytes_of(data + 2, size - 2);
    const struct bytes spki = bytes_slice(rest, 0, data[0]);
    const struct bytes algorithm = bytes_slice(rest, spki.n, data[1]);
    const struct bytes signature = bytes_slice(rest, spki.n + algorithm.n, rest.n);
    if (crypto_verify(spki, algorithm, bytes_str("tbs"), signature) == SIG_OK && data[0] < 32)
        abort();

    struct private_key *key = NULL, *forged = NULL;
    if (private_key_read(rest, NULL, &key) == KEY_READ_OK) {
        BUF_CLEANUP out = {0};
        private_key_spki(key, &out);
        private_key_pem(key, "", &out);
        private_key_sign(key, OID_SHA256_RSA, rest, &out);
        private_key_sign(key, OID_RSASSA_PSS, rest, &out);
        private_key_sign(key, OID_SHA256_ECDSA, rest, &out);
        forged = private_key_forge(key, spki);
    }
    private_key_free(forged);
    private_key_free(key);
    return 0;
}
