/* SPDX-License-Identifier: Apache-2.0 */
/* Saved cases come from strangers. What is read must be writable again, and then be stable. */
#include <stdint.h>
#include <stdlib.h>

#include "record/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(const struct observation *in, struct buf *out)
{
    if (case_write(in, in->case_anchors, in->case_anchor_count, in->pool, in->pool_count, out,
                   NULL) != CW_OK)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct observation first, second;
    struct error error = {0};
    if (case_read(bytes_of(data, size), "fuzz", &arena, &first, &error) == CW_OK) {
        BUF_CLEANUP one = {0};
        BUF_CLEANUP two = {0};
        write_again(&first, &one);
        if (case_read(buf_bytes(&one), "fuzz", &arena, &second, &error) != CW_OK)
            abort();
        write_again(&second, &two);
        if (!bytes_equal(buf_bytes(&one), buf_bytes(&two)))
            abort();
        observation_free(&first);
        observation_free(&second);
    }
    arena_free(&arena);
    return 0;
}
