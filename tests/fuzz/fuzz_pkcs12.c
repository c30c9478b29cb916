/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a PKCS#12 file, and as BER to be made DER. */
#include <stdlib.h>
#include <string.h>

#include "container/internal.h"

static void check(bool promise)
{
    if (!promise)
        abort();
}

/* Strictly readable at every level that is constructed. */
static void check_der(struct bytes der, unsigned depth)
{
    struct reader reader = reader_of(der, 0);
    struct der element;
    while (reader_next(&reader, &element)) {
        check(depth <= LIMIT_DER_DEPTH && !(element.flags & DER_LONG_LENGTH));
        if (element.tag & 0x20)
            check_der(element.body, depth + 1);
    }
    check(!reader.bad);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BUF_CLEANUP der = {0};
    struct arena arena = {0};
    struct container out;
    if (ber_to_der(bytes_of(data, size), &der)) {
        check(der.n <= size);
        check_der(buf_bytes(&der), 0);
    }
    container_read_with(bytes_of(data, size), "fuzz", "secret", &arena, &out);
    for (size_t i = 0; i < out.object_count; i++) {
        const struct object *object = &out.objects[i];
        check(object->kind != OBJECT_PRIVATE_KEY || object->der.n == 0);
        check(object->der.n <= size && object->origin.offset <= size);
        const char *alias = object->origin.alias;
        check(!alias || (str_is_utf8(bytes_str(alias)) && !strpbrk(alias, "\n\r\x1b")));
    }
    arena_free(&arena);
    return 0;
}
