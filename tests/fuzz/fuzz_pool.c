/* SPDX-License-Identifier: Apache-2.0 */
/* A pool file and a publisher's file come from anywhere: whatever they hold, asking them ends, and
 * a pool made of them holds what it says. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "trust/trust.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void ask(struct bytes file)
{
    static char path[] = "/tmp/certwhy-fuzz-pool-XXXXXX", open_path[32];
    static int fd = -1;
    struct error error;
    if (fd < 0) {
        fd = mkstemp(path);
        check(fd >= 0 && unlink(path) == 0);
        snprintf(open_path, sizeof open_path, "/proc/self/fd/%d", fd);
    }
    check(ftruncate(fd, 0) == 0 && pwrite(fd, file.p, file.n, 0) == (ssize_t)file.n);
    struct store *pool = store_new_pool("fuzz");
    const struct anchor *found[4];
    if (store_add_path(pool, NULL, open_path, &error) == CW_OK)
        for (size_t i = 0; i < 8 && store_at(pool, i); i++) {
            store_find_issuers(pool, store_at(pool, i)->cert, found, 4);
            store_get(pool, store_at(pool, i)->cert);
        }
    store_unref(pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error;
    BUF_CLEANUP made = {0};
    struct issuer_list *list = issuer_list_new();
    ask(bytes_of(data, size));
    if (issuer_list_read(list, bytes_of(data, size), "fuzz", &error) == CW_OK) {
        const size_t count = issuer_list_pool(list, "fuzz", 0, &made);
        check(pool_compare(bytes_of(NULL, 0), buf_bytes(&made)).added == count);
    }
    issuer_list_free(list);
    return 0;
}
