/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

#include "crypto/crypto.h"

static void assert_hex(const uint8_t *p, size_t n, const char *hex)
{
    struct arena arena = {0};
    assert_string_equal(str_hex(&arena, bytes_of(p, n), 0), hex);
    arena_free(&arena);
}

/* FIPS 180-2 appendix A and B. */
static void known_digests(void **state)
{
    (void)state;
    uint8_t out[32];
    crypto_sha256(bytes_str("abc"), out);
    assert_hex(out, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    crypto_sha256(bytes_of(NULL, 0), out);
    assert_hex(out, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    crypto_sha1(bytes_str("abc"), out);
    assert_hex(out, 20, "a9993e364706816aba3e25717850c26c9cd0d89d");
}

/* The expected bytes come from Python's hmac module: HMAC-SHA-256(seed, 00000001 || label) … */
static void derivation_is_hmac_in_counter_mode(void **state)
{
    (void)state;
    uint8_t out[40], shorter[7], other[40];
    crypto_derive(bytes_str("seed"), "label", out, sizeof out);
    assert_hex(out, 40,
               "8709d97913b6af2694342da1dff1fe2c71842f04"
               "1303c521023d5e5cb8b09f2b41365e24c59ad9ab");
    crypto_derive(bytes_str("seed"), "label", shorter, sizeof shorter);
    assert_memory_equal(out, shorter, sizeof shorter);
    crypto_derive(bytes_str("seed"), "labem", other, sizeof other);
    assert_memory_not_equal(out, other, 8);
    uint8_t long_seed[100];
    memset(long_seed, 's', sizeof long_seed);
    crypto_derive(bytes_of(long_seed, sizeof long_seed), "", out, 32);
    assert_hex(out, 32, "beaaf6485e0c5c35f32933196e9f99abeaed25408e33ec758f2ca1db660ce6fe");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_digests),
        cmocka_unit_test(derivation_is_hmac_in_counter_mode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
