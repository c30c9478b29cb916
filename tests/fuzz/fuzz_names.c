/* SPDX-License-Identifier: Apache-2.0 */
/* Two names: comparison is symmetric, equal names have equal hashes, text is harmless;
 * GeneralNames. */
#include <stdlib.h>
#include <string.h>

#include "x509/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_text(struct bytes name)
{
    struct arena arena = {0};
    const struct bytes texts[] = {bytes_str(name_text(&arena, name)),
                                  bytes_str(name_short(&arena, name))};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        check(str_is_utf8(texts[i]));
        for (size_t j = 0; j < texts[i].n; j++)
            check(texts[i].p[j] >= ' ' && texts[i].p[j] != 0x7f);
    }
    name_attribute_utf8(&arena, name, OID_CN, 0);
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* the first octet says where the second name begins */
    if (size == 0)
        return 0;
    const struct bytes all = bytes_of(data + 1, size - 1);
    const struct bytes a = bytes_slice(all, 0, data[0]), b = bytes_slice(all, data[0], all.n);
    check(name_equal(a, a));
    const bool equal = name_equal(a, b);
    check(equal == name_equal(b, a));
    check(!equal || name_hash(a) == name_hash(b));
    if (equal && !bytes_equal(a, b))
        check(name_is_within(a, b) && name_is_within(b, a));
    check_text(a);
    check_text(b);
    struct reader names = general_names(all, 0);
    struct general_name name;
    while (general_name_next(&names, &name))
        check(name.kind <= GN_BAD);
    return 0;
}
