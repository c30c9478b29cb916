/* SPDX-License-Identifier: Apache-2.0 */
/* Finite-field primes that many servers share, known by their digests. */
#include <string.h>

#include "internal.h"

enum { DIGEST_KEPT = 16 };

#define DH_PRIME(bits, name, digest) {bits, name, digest},
static const struct {
    unsigned bits;
    const char *name, *digest;
} primes[] = {
#include "dh_primes.def"
};
#undef DH_PRIME

const char *dh_prime_name(struct bytes prime)
{
    uint8_t digest[32];
    struct arena arena = {0};
    while (prime.n && prime.p[0] == 0)
        prime = bytes_slice(prime, 1, prime.n);
    crypto_sha256(prime, digest);
    const char *hex = str_hex(&arena, bytes_of(digest, DIGEST_KEPT), 0);
    const char *name = "";
    for (size_t i = 0; i < sizeof primes / sizeof *primes && !*name; i++)
        if (strcmp(primes[i].digest, hex) == 0)
            name = primes[i].name;
    arena_free(&arena);
    return name;
}
