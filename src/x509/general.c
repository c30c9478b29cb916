/* SPDX-License-Identifier: Apache-2.0 */
/* GeneralNames (RFC 5280 section 4.2.1.6) and the extensions that are read when asked. */
#include <string.h>

#include "internal.h"

struct reader general_names(struct bytes extension_value, size_t offset)
{
    struct reader outer = reader_of(extension_value, offset);
    struct der list;
    return reader_expect(&outer, DER_SEQUENCE, &list) ? reader_enter(&list) : outer;
}

/** OtherName ::= SEQUENCE { type-id OBJECT IDENTIFIER, value [0] EXPLICIT ANY } */
static bool other_is_readable(const struct der *element)
{
    struct reader fields = reader_enter(element);
    struct der oid, wrapper, value;
    if (!reader_expect(&fields, DER_OID, &oid) || !oid_is_well_formed(oid.body) ||
        !reader_expect(&fields, DER_CONTEXT_CONS(0), &wrapper) || !reader_at_end(&fields))
        return false;
    struct reader inner = reader_enter(&wrapper);
    return reader_next(&inner, &value) && reader_at_end(&inner) && any_is_decodable(&value);
}

bool general_name_next(struct reader *reader, struct general_name *out)
{
    static const uint8_t tags[GN_BAD] = {
        [GN_OTHER] = DER_CONTEXT_CONS(0),
        [GN_EMAIL] = DER_CONTEXT(1),
        [GN_DNS] = DER_CONTEXT(2),
        [GN_X400] = DER_CONTEXT_CONS(3),
        [GN_DIRECTORY] = DER_CONTEXT_CONS(4),
        [GN_EDI] = DER_CONTEXT_CONS(5),
        [GN_URI] = DER_CONTEXT(6),
        [GN_IP] = DER_CONTEXT(7),
        [GN_REGISTERED] = DER_CONTEXT(8),
    };
    struct der element, name;
    if (!reader_next(reader, &element))
        return false;
    const unsigned number = element.tag & 0x1f;
    *out = (struct general_name){.kind = GN_BAD, .value = element.body, .offset = element.offset};
    if (number < GN_BAD && tags[number] == element.tag)
        out->kind = (enum general_name_kind)number;
    if (out->kind == GN_REGISTERED && !oid_is_well_formed(element.body))
        out->kind = GN_BAD;
    if (out->kind == GN_OTHER && !other_is_readable(&element))
        out->kind = GN_BAD;
    if (out->kind != GN_DIRECTORY)
        return true;
    /* Name is a CHOICE, so that its tag is explicit (X.680 31.2.7). */
    struct reader inner = reader_enter(&element);
    if (reader_expect(&inner, DER_SEQUENCE, &name) && reader_at_end(&inner) &&
        name_is_readable(name.whole))
        out->value = name.whole;
    else
        out->kind = GN_BAD;
    return true;
}

struct reader cert_san(const struct cert *cert)
{
    const struct extension *san = cert_extension(cert, OID_SUBJECT_ALT_NAME);
    if (san == NULL)
        return reader_of(bytes_of(NULL, 0), 0);
    return general_names(san->value, san->value_offset);
}

static bool is_host_char(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

/* RFC 5280 section 4.2.1.6 wants the preferred name syntax of RFC 1034; underscores and wildcards
 * in the first label are what everybody takes. */
bool dns_is_plausible(struct bytes name)
{
    if (name.n == 0 || name.n > 253)
        return false;
    size_t label = 0, dots = 0;
    for (size_t i = 0; i < name.n; i++) {
        const uint8_t c = name.p[i];
        if (c == '.') {
            if (label == 0)
                return false;
            label = 0;
            dots++;
        } else if (!is_host_char(c) && (c != '*' || dots > 0)) {
            return false;
        } else if (++label > 63) {
            return false;
        }
    }
    return label > 0;
}

/* ---- addresses ---- */

size_t cert_aia_urls(struct arena *arena, const struct cert *cert, enum oid method,
                     const char **urls, size_t max)
{
    const struct extension *extension = cert_extension(cert, OID_AUTHORITY_INFO_ACCESS);
    if (extension == NULL)
        return 0;
    struct reader items = general_names(extension->value, extension->value_offset);
    struct der item, oid;
    struct general_name location;
    size_t count = 0;
    while (count < max && reader_next(&items, &item)) {
        struct reader fields = reader_enter(&item);
        if (reader_expect(&fields, DER_OID, &oid) && oid_of(oid.body) == method &&
            general_name_next(&fields, &location) && location.kind == GN_URI)
            urls[count++] = str_safe(arena, location.value);
    }
    return count;
}

/** DistributionPoint: [0] { [0] fullName GeneralNames } (RFC 5280 section 4.2.1.13). */
static struct reader distribution_point_names(const struct der *point)
{
    struct reader fields = reader_enter(point);
    struct der name, full;
    const struct reader none = reader_of(bytes_of(NULL, 0), 0);
    if (!reader_optional(&fields, DER_CONTEXT_CONS(0), &name))
        return none;
    struct reader choice = reader_enter(&name);
    return reader_optional(&choice, DER_CONTEXT_CONS(0), &full) ? reader_enter(&full) : none;
}

size_t cert_crl_urls(struct arena *arena, const struct cert *cert, const char **urls, size_t max)
{
    const struct extension *extension = cert_extension(cert, OID_CRL_DISTRIBUTION_POINTS);
    if (extension == NULL)
        return 0;
    struct reader points = general_names(extension->value, extension->value_offset);
    struct der point;
    size_t count = 0;
    while (count < max && reader_next(&points, &point)) {
        struct reader names = distribution_point_names(&point);
        struct general_name name;
        while (count < max && general_name_next(&names, &name)) {
            if (name.kind == GN_URI)
                urls[count++] = str_safe(arena, name.value);
        }
    }
    return count;
}

/* ---- nameConstraints ---- */

/** GeneralSubtree ::= SEQUENCE { base, minimum [0] DEFAULT 0, maximum [1] OPTIONAL } */
static bool read_subtree(const struct der *element, struct subtree *out)
{
    struct reader fields = reader_enter(element);
    struct der field;
    if (element->tag != DER_SEQUENCE || !general_name_next(&fields, &out->base) ||
        out->base.kind == GN_BAD)
        return false;
    out->has_minimum = !reader_at_end(&fields);
    int64_t minimum = 0;
    if (reader_optional(&fields, DER_CONTEXT(0), &field))
        out->is_limited = !der_small_int(&field, &minimum) || minimum != 0;
    out->is_limited |= reader_optional(&fields, DER_CONTEXT(1), &field);
    return !fields.bad && reader_at_end(&fields);
}

bool cert_name_constraints(const struct cert *cert,
                           bool (*each)(void *context, const struct subtree *), void *context)
{
    const struct extension *extension = cert_extension(cert, OID_NAME_CONSTRAINTS);
    if (extension == NULL)
        return true;
    struct reader fields = general_names(extension->value, extension->value_offset);
    /* permittedSubtrees [0], excludedSubtrees [1] */
    for (uint8_t tag = 0; tag < 2; tag++) {
        struct der list, element;
        if (!reader_optional(&fields, (uint8_t)DER_CONTEXT_CONS(tag), &list))
            continue;
        struct reader subtrees = reader_enter(&list);
        while (reader_next(&subtrees, &element)) {
            struct subtree subtree = {.excluded = tag == 1};
            if (!read_subtree(&element, &subtree))
                return false;
            if (!each(context, &subtree))
                return true;
        }
        if (subtrees.bad)
            return false;
    }
    return !fields.bad && reader_at_end(&fields);
}

/* ---- policies ---- */

static struct reader extension_items(const struct cert *cert, enum oid id)
{
    const struct extension *extension = cert_extension(cert, id);
    if (extension == NULL)
        return reader_of(bytes_of(NULL, 0), 0);
    return general_names(extension->value, extension->value_offset);
}

size_t cert_policies(const struct cert *cert, struct bytes *out, size_t max)
{
    struct reader items = extension_items(cert, OID_CERTIFICATE_POLICIES);
    struct der item, oid;
    size_t n = 0;
    while (n < max && n < LIMIT_POLICIES && reader_next(&items, &item)) {
        struct reader fields = reader_enter(&item);
        if (!reader_expect(&fields, DER_OID, &oid))
            break;
        out[n++] = oid.body;
    }
    return n;
}

size_t cert_policy_mappings(const struct cert *cert, struct policy_mapping *out, size_t max)
{
    struct reader items = extension_items(cert, OID_POLICY_MAPPINGS);
    struct der item, from, to;
    size_t n = 0;
    while (n < max && n < LIMIT_POLICIES && reader_next(&items, &item)) {
        struct reader fields = reader_enter(&item);
        if (!reader_expect(&fields, DER_OID, &from) || !reader_expect(&fields, DER_OID, &to))
            break;
        out[n++] = (struct policy_mapping){.issuer_domain = from.body, .subject_domain = to.body};
    }
    return n;
}

/** SkipCerts ::= INTEGER (0..MAX); a path never has more certificates than an int holds. */
static int skip_certs(const struct der *element)
{
    int64_t value;
    if (!der_small_int(element, &value))
        return -1;
    return value > INT32_MAX ? INT32_MAX : (int)value;
}

void cert_policy_constraints(const struct cert *cert, int *require_explicit, int *inhibit_mapping,
                             int *inhibit_any)
{
    *require_explicit = *inhibit_mapping = *inhibit_any = -1;
    struct der element;
    const struct extension *extension = cert_extension(cert, OID_POLICY_CONSTRAINTS);
    if (extension != NULL) {
        struct reader fields = general_names(extension->value, extension->value_offset);
        if (reader_optional(&fields, DER_CONTEXT(0), &element))
            *require_explicit = skip_certs(&element);
        if (reader_optional(&fields, DER_CONTEXT(1), &element))
            *inhibit_mapping = skip_certs(&element);
    }
    extension = cert_extension(cert, OID_INHIBIT_ANY_POLICY);
    if (extension != NULL) {
        struct reader value = reader_of(extension->value, extension->value_offset);
        if (reader_expect(&value, DER_INTEGER, &element))
            *inhibit_any = skip_certs(&element);
    }
}
