/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <strings.h>

#include "internal.h"

/* ---- reading ---- */

/* The SAN among the extensions of an extensionRequest attribute (RFC 2985 section 5.4.2). */
static void extensions_read(const struct der *extensions, struct csr *out)
{
    struct reader reader = reader_enter(extensions);
    struct der extension, oid, flag, value;
    for (unsigned i = 0; i < LIMIT_EXTENSIONS && reader_next(&reader, &extension); i++) {
        struct reader inside = reader_enter(&extension);
        if (!reader_expect(&inside, DER_OID, &oid))
            return;
        reader_optional(&inside, DER_BOOLEAN, &flag);
        if (!reader_expect(&inside, DER_OCTET_STRING, &value))
            return;
        struct reader names = reader_of(value.body, 0);
        struct der list;
        if (oid_of(oid.body) == OID_SUBJECT_ALT_NAME && reader_expect(&names, DER_SEQUENCE, &list))
            out->names = list.body;
    }
}

/* attributes [0] IMPLICIT SET OF Attribute; each is a type and a SET of values. */
static void attributes_read(const struct der *attributes, struct csr *out)
{
    struct reader reader = reader_enter(attributes);
    struct der attribute, oid, values, extensions;
    for (unsigned i = 0; i < LIMIT_EXTENSIONS && reader_next(&reader, &attribute); i++) {
        struct reader inside = reader_enter(&attribute);
        if (!reader_expect(&inside, DER_OID, &oid) || !reader_expect(&inside, DER_SET, &values))
            return;
        struct reader of_values = reader_enter(&values);
        if (oid_of(oid.body) == OID_EXTENSION_REQUEST &&
            reader_expect(&of_values, DER_SEQUENCE, &extensions))
            extensions_read(&extensions, out);
    }
}

/* RFC 2986 section 4.1 */
static bool info_read(const struct der *info, struct csr *out)
{
    struct reader reader = reader_enter(info);
    struct der version, subject, spki, attributes;
    if (!reader_expect(&reader, DER_INTEGER, &version) ||
        !reader_expect(&reader, DER_SEQUENCE, &subject) ||
        !reader_expect(&reader, DER_SEQUENCE, &spki))
        return false;
    out->tbs = info->whole;
    out->subject = subject.whole;
    key_info_read(spki.whole, &out->key);
    if (reader_optional(&reader, DER_CONTEXT_CONS(0), &attributes))
        attributes_read(&attributes, out);
    return true;
}

bool csr_parse(struct bytes der, struct csr *out)
{
    struct reader reader = reader_of(der, 0);
    struct der request, info, algorithm, signature;
    unsigned unused;
    *out = (struct csr){0};
    if (!reader_expect(&reader, DER_SEQUENCE, &request))
        return false;
    struct reader inside = reader_enter(&request);
    if (!reader_expect(&inside, DER_SEQUENCE, &info) ||
        !reader_expect(&inside, DER_SEQUENCE, &algorithm) ||
        !reader_expect(&inside, DER_BIT_STRING, &signature) ||
        !der_bit_string(&signature, &out->signature, &unused))
        return false;
    out->algorithm = algorithm.whole;
    return info_read(&info, out);
}

bool csr_is_signed(const struct csr *csr)
{
    return crypto_verify(csr->key.spki, csr->algorithm, csr->tbs, csr->signature) == SIG_OK;
}

/* ---- making ---- */

static enum oid algorithm_for(const struct key_info *key)
{
    switch (key->kind) {
    case KEY_RSA:
        return OID_SHA256_RSA;
    case KEY_EC:
        return key->bits > 384   ? OID_SHA512_ECDSA
               : key->bits > 256 ? OID_SHA384_ECDSA
                                 : OID_SHA256_ECDSA;
    case KEY_ED25519:
        return OID_ED25519;
    case KEY_ED448:
        return OID_ED448;
    default:
        return OID_UNKNOWN;
    }
}

static bool same_name(const struct general_name *old, enum general_name_kind kind,
                      struct bytes value)
{
    return old->kind == kind && old->value.n == value.n &&
           (kind == GN_DNS
                ? strncasecmp((const char *)old->value.p, (const char *)value.p, value.n) == 0
                : bytes_equal(old->value, value));
}

/* Adds a name unless it is there. `start` is where the names begin in w->out. */
static void put_name(struct writer *w, size_t start, enum general_name_kind kind,
                     struct bytes value)
{
    BUF_CLEANUP so_far = {0}; /* the writer grows while its content is read */
    buf_append(&so_far, w->out.p + start, w->out.n - start);
    struct reader reader = reader_of(buf_bytes(&so_far), 0);
    struct general_name old;
    while (general_name_next(&reader, &old))
        if (same_name(&old, kind, value))
            return;
    writer_put(w, kind == GN_DNS ? DER_CONTEXT(2) : DER_CONTEXT(7), value);
}

static void put_names(struct writer *w, const struct csr_wish *wish)
{
    const size_t start = w->out.n;
    writer_raw(w, wish->names);
    for (const char *const *name = wish->dns_names; name && *name; name++)
        put_name(w, start, GN_DNS, bytes_str(*name));
    for (size_t i = 0; i < wish->ip_count; i++)
        put_name(w, start, GN_IP, wish->ip_addresses[i]);
}

static bool wants_names(const struct csr_wish *wish)
{
    return wish->names.n > 0 || (wish->dns_names && wish->dns_names[0]) || wish->ip_count > 0;
}

static void put_attributes(struct writer *w, const struct csr_wish *wish)
{
    writer_open(w, DER_CONTEXT_CONS(0));
    if (wants_names(wish)) {
        struct writer names = {0};
        writer_open(&names, DER_SEQUENCE);
        put_names(&names, wish);
        writer_close(&names);
        writer_open(w, DER_SEQUENCE);
        writer_oid(w, OID_EXTENSION_REQUEST);
        writer_open(w, DER_SET);
        writer_open(w, DER_SEQUENCE);
        writer_open(w, DER_SEQUENCE);
        writer_oid(w, OID_SUBJECT_ALT_NAME);
        if (name_is_empty(wish->subject)) /* RFC 5280 section 4.2.1.6 */
            writer_bool(w, true);
        writer_put(w, DER_OCTET_STRING, buf_bytes(&names.out));
        for (unsigned i = 0; i < 4; i++)
            writer_close(w);
        writer_free(&names);
    }
    writer_close(w);
}

static void put_algorithm(struct writer *w, enum oid algorithm)
{
    writer_open(w, DER_SEQUENCE);
    writer_oid(w, algorithm);
    if (algorithm == OID_SHA256_RSA) /* RFC 4055 section 5: NULL, where the others have nothing */
        writer_null(w);
    writer_close(w);
}

bool csr_make(const struct csr_wish *wish, const struct private_key *key, struct buf *out)
{
    BUF_CLEANUP spki = {0}, signature = {0};
    struct writer __attribute__((cleanup(writer_free))) info = {0}, whole = {0};
    struct key_info public = {0};
    if (!private_key_spki(key, &spki))
        return false;
    key_info_read(buf_bytes(&spki), &public);
    const enum oid algorithm = algorithm_for(&public);
    writer_open(&info, DER_SEQUENCE);
    writer_int(&info, 0);
    writer_raw(&info, wish->subject);
    writer_raw(&info, buf_bytes(&spki));
    put_attributes(&info, wish);
    writer_close(&info);
    if (algorithm == OID_UNKNOWN ||
        !private_key_sign(key, algorithm, buf_bytes(&info.out), &signature))
        return false;
    writer_open(&whole, DER_SEQUENCE);
    writer_raw(&whole, buf_bytes(&info.out));
    put_algorithm(&whole, algorithm);
    writer_bits(&whole, buf_bytes(&signature));
    writer_close(&whole);
    buf_add_bytes(out, buf_bytes(&whole.out));
    return true;
}
