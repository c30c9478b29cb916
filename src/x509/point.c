/* SPDX-License-Identifier: Apache-2.0 */
/* Distribution points, and what CRLs and OCSP responses have in common with certificates. */
#include "internal.h"

bool extension_take(struct reader *reader, struct extension *out)
{
    struct der element, oid, boolean, value;
    if (reader_at_end(reader) || !reader_expect(reader, DER_SEQUENCE, &element))
        return false;
    struct reader r = reader_enter(&element);
    bool critical = false;
    if (reader_expect(&r, DER_OID, &oid) && reader_optional(&r, DER_BOOLEAN, &boolean))
        critical = boolean.body.n != 1 || boolean.body.p[0] != 0;
    if (!reader_expect(&r, DER_OCTET_STRING, &value) || !reader_at_end(&r)) {
        reader->bad = true;
        reader->bad_at = r.bad ? r.bad_at : r.offset;
        return false;
    }
    *out = (struct extension){
        .id = oid_of(oid.body),
        .critical = critical,
        .oid = oid.body,
        .value = value.body,
        .offset = (uint32_t)element.offset,
        .value_offset = (uint32_t)value.body_offset,
    };
    return true;
}

bool extensions_enter(const struct der *wrapper, struct reader *out)
{
    struct reader outer = reader_enter(wrapper);
    struct der list;
    if (!reader_expect(&outer, DER_SEQUENCE, &list) || !reader_at_end(&outer))
        return false;
    *out = reader_enter(&list);
    return true;
}

bool authority_id_read(struct bytes value, size_t offset, struct authority_id *out)
{
    struct reader outer = reader_of(value, offset);
    struct der list, element;
    *out = (struct authority_id){0};
    if (!reader_expect(&outer, DER_SEQUENCE, &list) || !reader_at_end(&outer))
        return false;
    struct reader fields = reader_enter(&list);
    if (reader_optional(&fields, DER_CONTEXT(0), &element))
        out->key_id = element.body;
    if (reader_optional(&fields, DER_CONTEXT_CONS(1), &element))
        out->issuer = element.body;
    if (reader_optional(&fields, DER_CONTEXT(2), &element))
        out->serial = element.body;
    return !fields.bad && reader_at_end(&fields);
}

/* ---- DistributionPointName (RFC 5280 section 4.2.1.13) ---- */

bool point_name_read(const struct der *wrapper, struct point_name *out)
{
    struct reader choice = reader_enter(wrapper);
    struct der element;
    *out = (struct point_name){0};
    if (reader_optional(&choice, DER_CONTEXT_CONS(0), &element)) {
        struct reader names = reader_enter(&element);
        struct general_name name;
        size_t count = 0;
        while (general_name_next(&names, &name) && name.kind != GN_BAD)
            count++;
        out->full = element.body;
        return count > 0 && !names.bad && reader_at_end(&names) && reader_at_end(&choice);
    }
    if (reader_optional(&choice, DER_CONTEXT_CONS(1), &element))
        out->relative = element.body;
    return out->relative.n > 0 && reader_at_end(&choice);
}

bool reason_flags_read(const struct der *element, unsigned *out)
{
    struct bytes bits;
    unsigned unused;
    if (!der_bit_string(element, &bits, &unused))
        return false;
    *out = 0;
    for (unsigned i = 0; i < 9 && i / 8 < bits.n; i++)
        *out |= (unsigned)(bits.p[i / 8] >> (7 - i % 8) & 1) << i;
    *out &= REASONS_ALL;
    return true;
}

struct reader cert_crl_points(const struct cert *cert, enum oid extension)
{
    const struct extension *points = cert_extension(cert, extension);
    if (points == NULL)
        return reader_of(bytes_of(NULL, 0), 0);
    return general_names(points->value, points->value_offset);
}

bool crl_point_next(struct reader *points, struct crl_point *out)
{
    struct der element, field;
    *out = (struct crl_point){.reasons = REASONS_ALL};
    if (reader_at_end(points) || !reader_expect(points, DER_SEQUENCE, &element))
        return false;
    struct reader r = reader_enter(&element);
    bool good = true;
    if (reader_optional(&r, DER_CONTEXT_CONS(0), &field))
        good &= point_name_read(&field, &out->name);
    if (reader_optional(&r, DER_CONTEXT(1), &field))
        good &= reason_flags_read(&field, &out->reasons);
    if (reader_optional(&r, DER_CONTEXT_CONS(2), &field))
        out->crl_issuer = field.body;
    if (!good || r.bad || !reader_at_end(&r)) {
        points->bad = true;
        points->bad_at = element.offset;
    }
    return !points->bad;
}

/* ---- comparing ---- */

static bool general_names_equal(const struct general_name *a, const struct general_name *b)
{
    if (a->kind != b->kind || a->kind == GN_BAD)
        return false;
    return a->kind == GN_DIRECTORY ? name_equal(a->value, b->value)
                                   : bytes_equal(a->value, b->value);
}

bool general_names_hold(struct bytes names, struct bytes name)
{
    struct reader r = reader_of(names, 0);
    struct general_name one;
    for (size_t i = 0; i < LIMIT_POINT_NAMES && general_name_next(&r, &one); i++) {
        if (one.kind == GN_DIRECTORY && name_equal(one.value, name))
            return true;
    }
    return false;
}

/** The content of GeneralNames, for nameRelativeToCRLIssuer made of the issuer's Name with one RDN
 *  more, in `out`. */
static struct bytes point_names(const struct point_name *point, struct bytes issuer,
                                struct writer *out)
{
    if (point->full.p != NULL || point->relative.p == NULL)
        return point->full;
    struct reader outer = reader_of(issuer, 0);
    struct der rdns;
    if (!reader_expect(&outer, DER_SEQUENCE, &rdns))
        return point->full;
    writer_open(out, DER_CONTEXT_CONS(4));
    writer_open(out, DER_SEQUENCE);
    writer_raw(out, rdns.body);
    writer_put(out, DER_SET, point->relative);
    writer_close(out);
    writer_close(out);
    return buf_bytes(&out->out);
}

bool point_names_meet(const struct point_name *a, struct bytes issuer_of_a,
                      const struct point_name *b, struct bytes issuer_of_b)
{
    struct writer made_a = {0}, made_b = {0};
    struct reader left = reader_of(point_names(a, issuer_of_a, &made_a), 0);
    const struct bytes right = point_names(b, issuer_of_b, &made_b);
    struct general_name one, other;
    bool met = false;
    for (size_t i = 0; i < LIMIT_POINT_NAMES && !met && general_name_next(&left, &one); i++) {
        struct reader r = reader_of(right, 0);
        for (size_t k = 0; k < LIMIT_POINT_NAMES && !met && general_name_next(&r, &other); k++)
            met = general_names_equal(&one, &other);
    }
    writer_free(&made_a);
    writer_free(&made_b);
    return met;
}
