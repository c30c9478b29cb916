/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CERTWHY_BASE_BYTES_H
#define CERTWHY_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A borrowed view of bytes. Never freed; lives as long as what it points into. */
struct bytes {
    const uint8_t *p;
    size_t n;
};

static inline struct bytes bytes_of(const void *p, size_t n)
{
    return (struct bytes){.p = p, .n = n};
}

struct bytes bytes_str(const char *s);
bool bytes_equal(struct bytes a, struct bytes b);
bool bytes_equal_str(struct bytes a, const char *s);
/** memcmp order, shorter first when one is a prefix of the other. */
int bytes_compare(struct bytes a, struct bytes b);
/** The n bytes from offset on; clipped to what is there. */
struct bytes bytes_slice(struct bytes b, size_t offset, size_t n);
/** Position of needle in b, or SIZE_MAX. */
size_t bytes_find(struct bytes b, struct bytes needle);
/** A non-cryptographic hash for tables over data that is compared afterwards. */
uint64_t bytes_hash(struct bytes b);

#endif
