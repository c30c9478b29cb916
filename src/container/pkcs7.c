/* SPDX-License-Identifier: Apache-2.0 */
/* The certificates of a "certs-only" message: what CAs put behind the address of an issuer (RFC
 * 5280 section 4.2.2.1), and what is called a .p7b or .p7c file. */
#include "internal.h"

/* SignedData, RFC 5652 section 5.1, as far as its certificates. */
static bool certificates_of(struct bytes der, struct reader *out)
{
    struct reader outer = reader_of(der, 0);
    struct der info, type, content, data, part;
    if (!reader_expect(&outer, DER_SEQUENCE, &info))
        return false;
    struct reader inside = reader_enter(&info);
    if (!reader_expect(&inside, DER_OID, &type) || oid_of(type.body) != OID_PKCS7_SIGNED_DATA ||
        !reader_expect(&inside, DER_CONTEXT_CONS(0), &content))
        return false;
    inside = reader_enter(&content);
    if (!reader_expect(&inside, DER_SEQUENCE, &data))
        return false;
    inside = reader_enter(&data);
    if (!reader_expect(&inside, DER_INTEGER, &part) || !reader_expect(&inside, DER_SET, &part) ||
        !reader_expect(&inside, DER_SEQUENCE, &part) ||
        !reader_optional(&inside, DER_CONTEXT_CONS(0), &part))
        return false;
    *out = reader_enter(&part);
    return true;
}

static size_t certificates_take(struct bytes der, size_t limit, struct arena *arena,
                                struct bytes **out)
{
    struct reader reader;
    struct der item;
    size_t count = 0, cap = 0;
    if (!certificates_of(der, &reader))
        return 0;
    /* Other choices of CertificateSet (section 10.2.2) have other tags. */
    while (count < limit && reader_next(&reader, &item)) {
        if (item.tag != DER_SEQUENCE)
            continue;
        *out = arena_grow(arena, *out, count, &cap, sizeof **out);
        (*out)[count++] = item.whole;
    }
    return count;
}

size_t pkcs7_certificates(struct bytes message, size_t limit, struct arena *arena,
                          struct bytes **out)
{
    *out = NULL;
    const size_t count = certificates_take(message, limit, arena, out);
    if (count)
        return count;
    /* RFC 5652 allows BER. Only then is anything written anew: the certificates must stay as they
     * were signed. */
    BUF_CLEANUP der = {0};
    if (!ber_to_der(message, &der))
        return 0;
    return certificates_take(arena_bytes(arena, buf_bytes(&der)), limit, arena, out);
}

size_t pkcs7_read(struct builder *b, struct bytes message, const struct object *like)
{
    struct bytes *certs;
    const size_t count = pkcs7_certificates(message, LIMIT_OBJECTS, b->arena, &certs);
    for (size_t i = 0; i < count && !b->full; i++) {
        struct object object = *like;
        object.kind = OBJECT_CERTIFICATE;
        object.der = arena_bytes(b->arena, certs[i]);
        builder_object(b, object);
    }
    return count;
}
