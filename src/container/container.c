/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "internal.h"

static const struct {
    const char *rule, *text;
} faults[] = {
#define FILE_FAULT(id, rule, text) [FAULT_##id] = {rule, text},
#include "faults.def"
#undef FILE_FAULT
};

const char *file_fault_rule(enum file_fault_id id)
{
    return (size_t)id < FAULT_COUNT ? faults[id].rule : "";
}

const char *file_fault_text(enum file_fault_id id)
{
    return (size_t)id < FAULT_COUNT ? faults[id].text : "";
}

static bool is_blank_file(struct bytes file)
{
    for (size_t i = 0; i < file.n; i++)
        if (file.p[i] != ' ' && (file.p[i] < '\t' || file.p[i] > '\r'))
            return false;
    return true;
}

static const char *object_words(const struct object *object)
{
    static const char *const words[] = {
        [OBJECT_CERTIFICATE] = "a certificate", [OBJECT_PRIVATE_KEY] = "a private key",
        [OBJECT_CSR] = "a certificate request", [OBJECT_CRL] = "a certificate revocation list",
        [OBJECT_PKCS7] = "a PKCS#7 bundle",     [OBJECT_OTHER] = "",
    };
    return words[object->kind];
}

static bool has_certificate(const struct container *container)
{
    for (size_t i = 0; i < container->object_count; i++)
        if (container->objects[i].kind == OBJECT_CERTIFICATE)
            return true;
    return false;
}

/* A file without any certificate: what it is instead, if that can be said. */
static void no_certificate(struct builder *b, const char *what)
{
    struct place place = {.line = 1, .column = 1};
    const struct object *object = b->out->object_count ? &b->out->objects[0] : NULL;
    if (object && !what) {
        what = object->kind == OBJECT_OTHER ? object->label : object_words(object);
        place.line = object->origin.line;
        place.column = object->origin.line ? 1 : 0;
    }
    if (what && *what)
        builder_fault(b, FAULT_WRONG_KIND, place, SIZE_MAX, bytes_str(what));
    else
        builder_fault(b, FAULT_NOT_PEM, place, SIZE_MAX, bytes_of(NULL, 0));
}

static void read_binary(struct builder *b, struct bytes file)
{
    const char *what;
    bool encrypted;
    der_read(b, file);
    if (has_certificate(b->out))
        return;
    der_recognise(file, &what, &encrypted);
    no_certificate(b, what);
}

static void read_keystore(struct builder *b, struct bytes file)
{
    const struct keystore *keystore = &b->out->keystore;
    if (jks_is(file))
        jks_read(b, file);
    else
        pkcs12_read(b, file);
    if (has_certificate(b->out))
        return;
    const char *kind =
        arena_printf(b->arena, b->out->kind == FILE_KIND_JKS ? "a Java keystore (%s)" : "a %s file",
                     keystore->format);
    no_certificate(b, *keystore->problem ? arena_printf(b->arena, "%s: %s", kind, keystore->problem)
                                         : kind);
}

/* Certificates that can be followed to their end: what tells a better reading from a worse one. */
static size_t readable_certificates(const struct container *container)
{
    size_t count = 0;
    struct bytes issuer, subject;
    for (size_t i = 0; i < container->object_count; i++)
        count += container->objects[i].kind == OBJECT_CERTIFICATE &&
                 der_claimed(container->objects[i].der) == container->objects[i].der.n &&
                 cert_peek_names(container->objects[i].der, &issuer, &subject);
    return count;
}

static bool has_foreign_characters(const struct container *container)
{
    for (size_t i = 0; i < container->fault_count; i++)
        if (container->faults[i].id == FAULT_BAD_BASE64)
            return true;
    return false;
}

/* More certificates; or as many, without characters that belong nowhere. */
static bool reads_better(const struct container *unwrapped, const struct container *as_it_is)
{
    const size_t more = readable_certificates(unwrapped), now = readable_certificates(as_it_is);
    return more > now || (more == now && more > 0 && has_foreign_characters(as_it_is) &&
                          !has_foreign_characters(unwrapped));
}

/* The text as it is; and when that shows faults, without what it may be wrapped in. */
static bool read_unwrapped(struct builder *b, struct bytes text)
{
    const struct builder fresh = *b;
    const struct container empty = *b->out;
    const bool found = pem_read(b, text);
    if (b->out->fault_count == empty.fault_count && readable_certificates(b->out) > 0)
        return found;
    const struct builder plain = *b;
    const struct container as_it_is = *b->out;
    struct bytes inner = text;
    *b = fresh;
    *b->out = empty;
    b->fault_cap = empty.fault_count; /* an array of its own: the other reading may be kept */
    b->out->faults = arena_array(b->arena, empty.fault_count + 1, sizeof *empty.faults);
    for (size_t i = 0; i < empty.fault_count; i++)
        b->out->faults[i] = empty.faults[i];
    const bool better =
        wrapped_open(b, &inner) && pem_read(b, inner) && reads_better(b->out, &as_it_is);
    if (inner.p != text.p) /* a private key may have come to light */
        explicit_bzero((void *)(uintptr_t)inner.p, inner.n);
    if (better)
        return true;
    *b = plain;
    *b->out = as_it_is;
    return found;
}

static bool has_cr_alone(struct bytes text)
{
    return text.n > 0 && memchr(text.p, '\r', text.n) != NULL &&
           memchr(text.p, '\n', text.n) == NULL;
}

static void read_text(struct builder *b, struct bytes file)
{
    const struct bytes text = text_of(b, file);
    const char *what = NULL;
    if (has_cr_alone(text))
        builder_fault(b, FAULT_CR_ALONE, (struct place){.line = 1, .column = 1}, SIZE_MAX,
                      bytes_of(NULL, 0));
    if (read_unwrapped(b, text))
        b->out->kind = FILE_KIND_PEM;
    else
        what = kind_recognise(text, &b->out->kind);
    if (!has_certificate(b->out) && b->out->kind != FILE_KIND_CASE)
        no_certificate(b, what);
}

/* A name that promises PEM over content of another kind: what reads it by its name fails. */
static void name_check(struct builder *b)
{
    const enum file_kind kind = b->out->kind;
    const char *what = kind == FILE_KIND_DER      ? "DER, though its name says PEM"
                       : kind == FILE_KIND_PKCS12 ? "a PKCS#12 file, though its name says PEM"
                       : kind == FILE_KIND_JKS    ? "a Java keystore, though its name says PEM"
                                                  : NULL;
    if (what && str_ends(b->where, ".pem") && has_certificate(b->out))
        builder_fault(b, FAULT_WRONG_KIND, (struct place){0}, SIZE_MAX, bytes_str(what));
}

bool container_is_keystore(struct bytes file)
{
    return jks_is(file) || (der_is_likely(file) && der_is_pkcs12(file));
}

void container_read_with(struct bytes file, const char *where, const char *password,
                         struct arena *arena, struct container *out)
{
    *out = (struct container){.kind = FILE_KIND_EMPTY, .keystore = {.problem = ""}};
    struct builder b = {.arena = arena,
                        .out = out,
                        .where = arena_strdup(arena, where),
                        .password = password,
                        .unit = 1};
    if (is_blank_file(file))
        builder_fault(&b, FAULT_EMPTY, (struct place){.line = 1, .column = 1}, SIZE_MAX,
                      bytes_of(NULL, 0));
    else if (container_is_keystore(file))
        read_keystore(&b, file);
    else if (der_is_likely(file))
        read_binary(&b, file);
    else
        read_text(&b, file);
    name_check(&b);
    builder_sort(&b);
}

void container_read(struct bytes file, const char *where, struct arena *arena,
                    struct container *out)
{
    container_read_with(file, where, NULL, arena, out);
}

void pem_write(struct buf *out, const char *label, struct bytes der)
{
    enum { LINE_BYTES = 48 }; /* 64 digits: RFC 7468 section 2 */
    struct arena arena = {0};
    buf_printf(out, "-----BEGIN %s-----\n", label);
    const char *text = str_base64(&arena, der);
    for (size_t n = strlen(text); n > 0;) {
        const size_t line = n < LINE_BYTES / 3 * 4 ? n : LINE_BYTES / 3 * 4;
        buf_append(out, text, line);
        buf_add_byte(out, '\n');
        text += line;
        n -= line;
    }
    buf_printf(out, "-----END %s-----\n", label);
    arena_free(&arena);
}
