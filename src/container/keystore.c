/* SPDX-License-Identifier: Apache-2.0 */
/* What JKS and PKCS#12 have in common. */
#include <stdarg.h>

#include "internal.h"

size_t keystore_passwords(const struct builder *b, const char *out[PASSWORDS_MAX])
{
    size_t n = 0;
    if (b->password)
        out[n++] = b->password;
    out[n++] = "changeit";
    out[n++] = "";
    out[n++] = NULL;
    return n;
}

void keystore_certificate(struct builder *b, struct bytes der, size_t at, const char *alias,
                          bool java_anchor)
{
    const struct object object = {
        .kind = OBJECT_CERTIFICATE,
        .label = "",
        .der = arena_bytes(b->arena, der),
        .origin = {.offset = at, .alias = alias},
        .java_anchor = java_anchor,
    };
    builder_object(b, object);
}

void keystore_problem(struct builder *b, const char *format, ...)
{
    struct keystore *keystore = &b->out->keystore;
    keystore->unread++;
    if (*keystore->problem)
        return;
    va_list args;
    va_start(args, format);
    keystore->problem = arena_vprintf(b->arena, format, args);
    va_end(args);
}
