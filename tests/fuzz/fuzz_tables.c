/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of logs, roots and suffixes come from publishers, and from saved cases of strangers. What
 * is read must be writable again, and then be stable. */
#include <stdlib.h>

#include "trust/trust.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void logs_again(struct arena *arena, const struct ct_logs *logs)
{
    struct ct_logs again;
    BUF_CLEANUP one = {0}, two = {0};
    ct_logs_write(logs, NULL, &one);
    if (!ct_logs_read(arena, buf_bytes(&one), &again))
        return; /* a date that no table can hold */
    ct_logs_write(&again, NULL, &two);
    if (!bytes_equal(buf_bytes(&one), buf_bytes(&two)) && again.count == logs->count)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes in = bytes_of(data, size);
    struct arena arena = {0};
    struct ct_logs logs;
    struct root_standing standing;
    struct root_change change;
    uint8_t digest[32] = {0};
    BUF_CLEANUP roots = {0};
    if (ct_logs_read(&arena, in, &logs) || ct_logs_from_json(&arena, in, &logs))
        logs_again(&arena, &logs);
    if (size >= sizeof digest)
        crypto_sha256(in, digest);
    root_standing_find(in, digest, &standing);
    if (size > 0)
        root_table_write(in, NULL, &roots, &change);
    suffix_is_registry(in.n ? in : bytes_str("x"), "a.b");
    arena_free(&arena);
    return 0;
}
