/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the entries of a Java keystore: the first octet chooses the magic and version, so
 * that no time is spent on guessing them. */
#include <stdlib.h>
#include <string.h>

#include "container/container.h"

static void check(bool promise)
{
    if (!promise)
        abort();
}

static void check_object(const struct object *object, struct bytes file)
{
    check(object->kind == OBJECT_CERTIFICATE || object->kind == OBJECT_PRIVATE_KEY);
    check(object->kind == OBJECT_CERTIFICATE || object->der.n == 0);
    check(object->origin.alias && str_is_utf8(bytes_str(object->origin.alias)));
    check(!strpbrk(object->origin.alias, "\n\r\x1b"));
    /* Nothing in a Java keystore is encoded: each certificate lies in the file as it is. */
    const struct bytes there = bytes_slice(file, object->origin.offset, object->der.n);
    check(object->kind != OBJECT_CERTIFICATE || bytes_equal(there, object->der));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const heads[] = {"\xfe\xed\xfe\xed\0\0\0\1", "\xfe\xed\xfe\xed\0\0\0\2",
                                        "\xce\xce\xce\xce\0\0\0\1", "\xce\xce\xce\xce\0\0\0\2"};
    BUF_CLEANUP file = {0};
    struct arena arena = {0};
    struct container out;
    if (size == 0)
        return 0;
    buf_append(&file, heads[data[0] % 4], 8);
    buf_append(&file, data + 1, size - 1);
    container_read(buf_bytes(&file), "fuzz", &arena, &out);
    check(out.kind == FILE_KIND_JKS && out.keystore.format && out.keystore.problem);
    check(out.object_count <= LIMIT_OBJECTS && out.keystore.keys <= size);
    for (size_t i = 0; i < out.object_count; i++)
        check_object(&out.objects[i], buf_bytes(&file));
    arena_free(&arena);
    return 0;
}
