/* SPDX-License-Identifier: Apache-2.0 */
/* One member of a store: decoded as far as a question needs. */
#include "internal.h"

/* ---- base64 ---- */

/* The last, padded group. Nothing but line breaks may follow. */
static bool last_group(struct bytes text, struct buf *out)
{
    enum { GROUP = 4 };
    if (text.n < GROUP || text.p[3] != '=')
        return false;
    const int a = str_base64_value(text.p[0]), b = str_base64_value(text.p[1]);
    const int c = text.p[2] == '=' ? 0 : str_base64_value(text.p[2]);
    if (a < 0 || b < 0 || c < 0)
        return false;
    buf_add_byte(out, (uint8_t)(a << 2 | b >> 4));
    if (text.p[2] != '=')
        buf_add_byte(out, (uint8_t)((b & 15) << 4 | c >> 2));
    for (size_t i = GROUP; i < text.n; i++)
        if (text.p[i] != '\n' && text.p[i] != '\r')
            return false;
    return true;
}

bool base64_lines(struct bytes text, size_t want, struct buf *out)
{
    out->n = 0;
    buf_reserve(out, text.n / 4 * 3 + 3);
    for (size_t i = 0; i < text.n && out->n < want;) {
        const struct bytes rest = bytes_slice(text, i, text.n);
        const size_t took = str_unbase64_groups(rest, out->p + out->n);
        out->n += took / 4 * 3;
        i += took;
        if (i == text.n)
            break;
        if (text.p[i] != '\n' && text.p[i] != '\r')
            return last_group(bytes_slice(text, i, text.n), out);
        i++;
    }
    return true;
}

/* ---- the subject ---- */

/* An element's header; its content may be cut off, which reader_next() would refuse. */
static bool header_at(struct bytes der, size_t at, uint8_t tag, size_t *content, size_t *end)
{
    if (at + 2 > der.n || der.p[at] != tag)
        return false;
    const uint8_t first = der.p[at + 1];
    const size_t octets = first < 0x80 ? 0 : first & 0x7f;
    if (octets > 4 || first == 0x80 || at + 2 + octets > der.n)
        return false;
    size_t length = octets ? 0 : first;
    for (size_t i = 0; i < octets; i++)
        length = length << 8 | der.p[at + 2 + i];
    *content = at + 2 + octets;
    *end = *content + length;
    return true;
}

bool subject_in_prefix(struct bytes der, struct bytes *subject)
{
    /* RFC 5280 section 4.1: version [0], serialNumber, signature, issuer, validity, subject. */
    static const uint8_t before[] = {DER_INTEGER, DER_SEQUENCE, DER_SEQUENCE, DER_SEQUENCE};
    size_t at, end;
    if (!header_at(der, 0, DER_SEQUENCE, &at, &end) || !header_at(der, at, DER_SEQUENCE, &at, &end))
        return false;
    size_t content;
    if (header_at(der, at, DER_CONTEXT_CONS(0), &content, &end))
        at = end;
    for (size_t i = 0; i < sizeof before; i++) {
        if (!header_at(der, at, before[i], &content, &end))
            return false;
        at = end;
    }
    if (!header_at(der, at, DER_SEQUENCE, &content, &end) || end > der.n)
        return false;
    *subject = bytes_slice(der, at, end - at);
    return true;
}

/* ---- a member ---- */

/** SEQUENCE OF OBJECT IDENTIFIER as enum eku_bit. */
static unsigned uses_of(const struct der *list)
{
    struct reader purposes = reader_enter(list);
    struct der purpose;
    unsigned uses = 0;
    for (int i = 0; i < LIMIT_EXTENSIONS && reader_expect(&purposes, DER_OID, &purpose); i++)
        uses |= eku_bit_of(oid_of(purpose.body));
    return uses;
}

/** What OpenSSL writes behind the certificate (x_x509a.c): SEQUENCE { trust SEQUENCE OF OBJECT
 *  IDENTIFIER OPTIONAL, reject [0] IMPLICIT the same OPTIONAL, … }. */
static void uses_read(struct bytes der, size_t certificate, struct anchor_uses *out)
{
    struct reader top = reader_of(bytes_slice(der, certificate, der.n), 0);
    struct der aux, list;
    if (reader_at_end(&top) || !reader_expect(&top, DER_SEQUENCE, &aux))
        return;
    struct reader fields = reader_enter(&aux);
    if (reader_optional(&fields, DER_SEQUENCE, &list)) {
        out->listed = true;
        out->trusted = uses_of(&list);
    }
    if (reader_optional(&fields, DER_CONTEXT_CONS(0), &list))
        out->rejected = uses_of(&list);
}

/* What base64_lines() refuses was accepted by its first lines only: read it forgivingly. */
static struct bytes forgiving_der(struct store *store, struct bytes text)
{
    struct arena arena = {0};
    struct container container;
    BUF_CLEANUP block = {0};
    buf_add_str(&block, "-----BEGIN CERTIFICATE-----\n");
    buf_add_bytes(&block, text);
    buf_add_str(&block, "-----END CERTIFICATE-----\n");
    container_read(buf_bytes(&block), "", &arena, &container);
    store->scratch.n = 0;
    if (container.object_count > 0)
        buf_add_bytes(&store->scratch, container.objects[0].der);
    arena_free(&arena);
    return buf_bytes(&store->scratch);
}

struct bytes member_der(struct store *store, const struct member *member)
{
    const struct bytes raw = bytes_of(member->p, member->n);
    if (!member->pem)
        return raw;
    if (!base64_lines(raw, SIZE_MAX, &store->scratch))
        return forgiving_der(store, raw);
    return buf_bytes(&store->scratch);
}

struct bytes member_subject(struct store *store, const struct member *member)
{
    enum { PREFIX = 1024 };
    const struct bytes raw = bytes_of(member->p, member->n);
    struct bytes subject;
    if (member->pem && base64_lines(bytes_slice(raw, 0, PREFIX), SIZE_MAX, &store->scratch) &&
        subject_in_prefix(buf_bytes(&store->scratch), &subject))
        return subject;
    return subject_in_prefix(member_der(store, member), &subject) ? subject : bytes_of(NULL, 0);
}

const struct anchor *member_anchor(struct store *store, struct member *member)
{
    if (member->anchor)
        return member->anchor;
    struct anchor *anchor = arena_alloc(&store->arena, sizeof *anchor);
    const struct bytes der = member_der(store, member);
    size_t content = 0, end = der.n;
    header_at(der, 0, DER_SEQUENCE, &content, &end);
    anchor->cert = cert_parse(bytes_slice(der, 0, end));
    uses_read(der, end, &anchor->uses);
    anchor->origin = (struct origin){
        .kind = store->origin_kind,
        .where = store->files[member->file].where,
        .line = member->line,
        .offset = member->offset,
        .alias = member->alias,
    };
    member->anchor = anchor;
    return anchor;
}
