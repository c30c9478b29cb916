/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"

#include <string.h>

struct bytes bytes_str(const char *s)
{
    return bytes_of(s, s ? strlen(s) : 0);
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool bytes_equal_str(struct bytes a, const char *s)
{
    return bytes_equal(a, bytes_str(s));
}

int bytes_compare(struct bytes a, struct bytes b)
{
    const size_t common = a.n < b.n ? a.n : b.n;
    const int order = common ? memcmp(a.p, b.p, common) : 0;
    return order ? order : (a.n > b.n) - (a.n < b.n);
}

struct bytes bytes_slice(struct bytes b, size_t offset, size_t n)
{
    if (offset >= b.n)
        return bytes_of(b.p ? b.p + b.n : NULL, 0);
    const size_t rest = b.n - offset;
    return bytes_of(b.p + offset, n < rest ? n : rest);
}

size_t bytes_find(struct bytes b, struct bytes needle)
{
    if (needle.n == 0)
        return 0;
    if (needle.n > b.n)
        return SIZE_MAX;
    const uint8_t *at = memmem(b.p, b.n, needle.p, needle.n);
    return at ? (size_t)(at - b.p) : SIZE_MAX;
}

static uint64_t hash_mix(uint64_t h, uint64_t word)
{
    /* The two odd constants are those of splitmix64 (public domain, S. Vigna). */
    h = (h ^ word) * 0xbf58476d1ce4e5b9u;
    h = (h ^ (h >> 29)) * 0x94d049bb133111ebu;
    return h ^ (h >> 32);
}

uint64_t bytes_hash(struct bytes b)
{
    uint64_t h = 0x9e3779b97f4a7c15u ^ b.n;
    size_t i = 0;
    for (; b.n - i >= 8; i += 8) {
        uint64_t word;
        memcpy(&word, b.p + i, 8);
        h = hash_mix(h, word);
    }
    uint64_t tail = 0;
    for (; i < b.n; i++)
        tail = tail << 8 | b.p[i];
    return hash_mix(h, tail);
}
