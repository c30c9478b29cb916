/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CERTWHY_BASE_ARENA_H
#define CERTWHY_BASE_ARENA_H

#include <stdarg.h>

#include "bytes.h"

/** A region: everything in it is freed at once. Zero-initialised is ready. Allocations are zeroed,
 *  aligned for any type, and abort when memory is out (docs/adr/0001); sizes that come from foreign
 *  data are bounded by the caller before they get here. */
struct arena {
    struct arena_block *blocks;
};

void *arena_alloc(struct arena *arena, size_t size);
/** `count` zeroed items; aborts when the product overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size);
char *arena_strdup(struct arena *arena, const char *s);
char *arena_strndup(struct arena *arena, const char *s, size_t n);
struct bytes arena_bytes(struct arena *arena, struct bytes b);
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
/** Room for one more item behind items[n-1]: returns items or a larger copy, updates *cap. */
void *arena_grow(struct arena *arena, void *items, size_t n, size_t *cap, size_t size);
/** Moves everything in `child` (of a thread that has ended) into `arena`; the child is empty after.
 */
void arena_adopt(struct arena *arena, struct arena *child);
void arena_free(struct arena *arena);

/** For memory that outlives every arena (refcounted objects): zeroed, aborts when out of memory. */
void *xcalloc(size_t count, size_t size);

#endif
