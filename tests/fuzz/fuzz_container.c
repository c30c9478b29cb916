/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a certificate file: what container_read() promises of its answer must hold. */
#include <stdlib.h>
#include <string.h>

#include "container/container.h"

static void check(bool promise)
{
    if (!promise)
        abort();
}

static void check_object(const struct object *object, size_t size)
{
    check(object->kind <= OBJECT_OTHER && object->label != NULL);
    check(object->kind != OBJECT_PRIVATE_KEY || object->der.n == 0);
    check(object->der.n <= size);
    check(object->origin.offset <= size && object->end_line >= object->origin.line);
    check(str_is_safe(bytes_str(object->label)) || strchr(object->label, '\\'));
}

static void check_fault(const struct file_fault *fault, size_t size)
{
    check(fault->id < FAULT_COUNT && fault->offset <= size);
    check(str_is_utf8(bytes_str(fault->excerpt)) && !strpbrk(fault->excerpt, "\n\r\x1b"));
}

/* What was read and is written anew reads as the same, without a fault. */
static void check_round(const struct container *first, struct arena *arena)
{
    BUF_CLEANUP text = {0};
    size_t count = 0;
    for (size_t i = 0; i < first->object_count; i++) {
        const struct object *object = &first->objects[i];
        if (object->kind != OBJECT_CERTIFICATE || object->der.n == 0)
            continue;
        struct bytes issuer, subject;
        if (!cert_peek_names(object->der, &issuer, &subject))
            continue;
        pem_write(&text, "CERTIFICATE", object->der);
        count++;
    }
    struct container again;
    container_read(buf_bytes(&text), "again", arena, &again);
    check(again.object_count >= count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct container out;
    container_read(bytes_of(data, size), "fuzz", &arena, &out);
    check(out.object_count <= LIMIT_OBJECTS && out.fault_count <= LIMIT_FILE_FAULTS);
    for (size_t i = 0; i < out.object_count; i++)
        check_object(&out.objects[i], size);
    for (size_t i = 0; i < out.fault_count; i++)
        check_fault(&out.faults[i], size);
    check(size > 0 || out.kind == FILE_KIND_EMPTY);
    check_round(&out, &arena);
    arena_free(&arena);
    return 0;
}
