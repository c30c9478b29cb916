/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CERTWHY_BASE_BUF_H
#define CERTWHY_BASE_BUF_H

#include "bytes.h"

/** Owned, growing bytes. Zero-initialised is empty. buf_free() leaves it empty again. */
struct buf {
    uint8_t *p;
    size_t n, cap;
};

void buf_reserve(struct buf *buf, size_t more);
void buf_append(struct buf *buf, const void *p, size_t n);
void buf_add_bytes(struct buf *buf, struct bytes b);
void buf_add_str(struct buf *buf, const char *s);
void buf_add_byte(struct buf *buf, uint8_t byte);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** NUL-terminated view of the content (the NUL is not counted). Valid until the next change. */
const char *buf_cstr(struct buf *buf);
struct bytes buf_bytes(const struct buf *buf);
void buf_free(struct buf *buf);

#define BUF_CLEANUP __attribute__((cleanup(buf_free))) struct buf

#endif
