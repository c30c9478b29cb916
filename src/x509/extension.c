/* SPDX-License-Identifier: Apache-2.0 */
/* The standard extensions (RFC 5280 section 4.2), read once into the certificate's fields. Each
 * reader gets a cursor over extnValue and returns false where the content cannot be followed; the
 * cursor's bad_at then says where. */
#include <limits.h>

#include "internal.h"

/** Gives the outer cursor the inner one's place of failure. */
static bool failed_at(struct reader *r, const struct reader *inner)
{
    r->bad_at = inner->bad ? inner->bad_at : inner->offset;
    r->bad = true;
    return false;
}

/** The one element that an extension's value is. Bytes behind it are odd, but no obstacle. */
static bool read_only(struct cert *cert, struct reader *r, uint8_t tag, struct der *out)
{
    if (!element_take(cert, r, tag, out))
        return false;
    if (!reader_at_end(r))
        anomaly_add(cert, ANOMALY_EXTENSION_TRAILING, r->offset);
    return true;
}

/** Bits of a named BIT STRING: bit i of the result is bit i of the string (X.680 section 22). */
static unsigned named_bits(struct bytes bits, unsigned unused)
{
    unsigned out = 0;
    for (size_t i = 0; i < bits.n && i < 2; i++) {
        const unsigned last = i + 1 == bits.n ? unused : 0;
        for (unsigned bit = 0; bit < 8 - last; bit++)
            out |= (unsigned)(bits.p[i] >> (7 - bit) & 1) << (8 * i + bit);
    }
    return out;
}

/** RFC 5280 section 4.2.1.3 */
static bool read_key_usage(struct cert *cert, struct reader *r)
{
    struct der element;
    struct bytes bits;
    unsigned unused;
    if (!read_only(cert, r, DER_BIT_STRING, &element))
        return false;
    if (!der_bit_string(&element, &bits, &unused))
        return failed_at(r, &(struct reader){.offset = element.offset});
    cert->key_usage = named_bits(bits, unused);
    if (cert->key_usage == 0)
        anomaly_add(cert, ANOMALY_KEY_USAGE_EMPTY, element.offset);
    /* X.690 11.2.2: the last bit that is written is one. */
    if (bits.n > 0 && (bits.p[bits.n - 1] >> unused & 1) == 0)
        anomaly_add(cert, ANOMALY_KEY_USAGE_TRAILING_ZEROS, element.offset);
    return true;
}

unsigned eku_bit_of(enum oid oid)
{
    switch (oid) {
    case OID_SERVER_AUTH:
        return EKU_SERVER_AUTH;
    case OID_CLIENT_AUTH:
        return EKU_CLIENT_AUTH;
    case OID_CODE_SIGNING:
        return EKU_CODE_SIGNING;
    case OID_EMAIL_PROTECTION:
        return EKU_EMAIL;
    case OID_TIME_STAMPING:
        return EKU_TIME_STAMPING;
    case OID_OCSP_SIGNING:
        return EKU_OCSP_SIGNING;
    case OID_ANY_EXT_KEY_USAGE:
        return EKU_ANY;
    case OID_NS_SGC:
        return EKU_NS_SGC;
    case OID_MS_SGC:
        return EKU_MS_SGC;
    default:
        return EKU_OTHER;
    }
}

/** RFC 5280 section 4.2.1.12: SEQUENCE SIZE (1..MAX) OF KeyPurposeId */
static bool read_eku(struct cert *cert, struct reader *r)
{
    struct der list, purpose;
    if (!read_only(cert, r, DER_SEQUENCE, &list))
        return false;
    if (list.body.n == 0)
        anomaly_add(cert, ANOMALY_EKU_EMPTY, list.offset);
    struct reader purposes = reader_enter(&list);
    while (!reader_at_end(&purposes)) {
        if (!element_take(cert, &purposes, DER_OID, &purpose) || !oid_is_well_formed(purpose.body))
            return failed_at(r, &purposes);
        cert->eku |= eku_bit_of(oid_of(purpose.body));
    }
    return true;
}

/** X.690 section 8.3: an INTEGER has octets, and no redundant ones. */
static bool integer_is_good(const struct der *number)
{
    return number->body.n > 0 && !der_int_is_padded(number->body);
}

/** pathLenConstraint INTEGER (0..MAX): the largest int stands for what is larger. */
static void read_path_length(struct cert *cert, const struct der *number)
{
    int64_t value;
    if (number->body.n > 0 && (number->body.p[0] & 0x80) != 0) {
        anomaly_add(cert, ANOMALY_PATH_LENGTH_NEGATIVE, number->offset);
        cert->path_length = 0;
    } else if (!der_small_int(number, &value) || value > INT_MAX) {
        anomaly_add(cert, ANOMALY_PATH_LENGTH_HUGE, number->offset);
        cert->path_length = number->body.n > 0 ? INT_MAX : 0;
    } else {
        cert->path_length = (int)value;
    }
}

/** RFC 5280 section 4.2.1.9 */
static bool read_basic_constraints(struct cert *cert, struct reader *r)
{
    struct der list, element;
    if (!read_only(cert, r, DER_SEQUENCE, &list))
        return false;
    struct reader fields = reader_enter(&list);
    if (reader_optional(&fields, DER_BOOLEAN, &element)) {
        if (element.body.n != 1)
            return failed_at(r, &fields);
        cert->is_ca = element.body.p[0] != 0;
        if (!cert->is_ca)
            anomaly_add(cert, ANOMALY_CA_FALSE, element.offset);
        else if (element.body.p[0] != 0xff)
            anomaly_add(cert, ANOMALY_BOOLEAN_NOT_FF, element.offset);
    }
    if (reader_optional(&fields, DER_INTEGER, &element)) {
        if (!integer_is_good(&element))
            return failed_at(r, &(struct reader){.offset = element.offset});
        read_path_length(cert, &element);
    }
    return (!fields.bad && reader_at_end(&fields)) || failed_at(r, &fields);
}

/** RFC 5280 section 4.2.1.2 */
static bool read_ski(struct cert *cert, struct reader *r)
{
    struct der octets;
    if (!read_only(cert, r, DER_OCTET_STRING, &octets))
        return false;
    cert->ski = octets.body;
    return true;
}

/** GeneralNames to their end, each of which can be read. */
static bool names_are_readable(struct cert *cert, struct reader names)
{
    struct general_name name;
    size_t count = 0;
    while (count++ < LIMIT_SAN_NAMES && general_name_next(&names, &name)) {
        if (name.kind == GN_BAD)
            return false;
        general_name_check(cert, &name);
    }
    return !names.bad;
}

/** RFC 5280 section 4.2.1.1: [0] keyIdentifier, [1] authorityCertIssuer, [2] its serial number. */
static bool read_aki(struct cert *cert, struct reader *r)
{
    struct der list, element;
    if (!read_only(cert, r, DER_SEQUENCE, &list))
        return false;
    struct reader fields = reader_enter(&list);
    if (reader_optional(&fields, DER_CONTEXT(0), &element))
        cert->aki_key_id = element.body;
    if (reader_optional(&fields, DER_CONTEXT_CONS(1), &element)) {
        cert->aki_issuer = element.body;
        if (!names_are_readable(cert, reader_enter(&element)))
            return failed_at(r, &(struct reader){.offset = element.offset});
    }
    if (reader_optional(&fields, DER_CONTEXT(2), &element)) {
        cert->aki_serial = element.body;
        if (!integer_is_good(&element))
            return failed_at(r, &(struct reader){.offset = element.offset});
    }
    if ((cert->aki_issuer.p != NULL) != (cert->aki_serial.p != NULL))
        anomaly_add(cert, ANOMALY_AKI_HALF, list.offset);
    return (!fields.bad && reader_at_end(&fields)) || failed_at(r, &fields);
}

/* ---- names in extensions ---- */

/** RFC 5280 section 4.2.1.6: these names are IA5String, which is ASCII. */
static bool is_ia5_kind(enum general_name_kind kind)
{
    return kind == GN_DNS || kind == GN_EMAIL || kind == GN_URI;
}

static bool is_ascii(struct bytes value)
{
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] > 0x7f)
            return false;
    return true;
}

/** Checks every name of a GeneralNames; false when one is none. */
static bool check_general_names(struct cert *cert, struct reader *r, bool is_san)
{
    struct reader names = general_names(r->rest, r->offset);
    struct general_name name;
    size_t count = 0;
    while (count < LIMIT_SAN_NAMES && general_name_next(&names, &name)) {
        count++;
        if (name.kind == GN_BAD)
            return failed_at(r, &(struct reader){.offset = name.offset});
        general_name_check(cert, &name);
        if (is_san && name.kind == GN_IP && name.value.n != 4 && name.value.n != 16)
            anomaly_add(cert, ANOMALY_SAN_BAD_IP, name.offset);
        if (is_san && name.value.n == 0)
            anomaly_add(cert, ANOMALY_SAN_EMPTY_NAME, name.offset);
        if (is_san && is_ia5_kind(name.kind) && !is_ascii(name.value))
            anomaly_add(cert, ANOMALY_SAN_NOT_ASCII, name.offset);
        else if (is_san && name.kind == GN_DNS && !dns_is_plausible(name.value))
            anomaly_add(cert, ANOMALY_SAN_BAD_DNS, name.offset);
    }
    if (names.bad)
        return failed_at(r, &names);
    if (count == 0 && is_san)
        anomaly_add(cert, ANOMALY_SAN_EMPTY, r->offset);
    struct der list;
    return read_only(cert, r, DER_SEQUENCE, &list);
}

/** RFC 5280 section 4.2.1.6 */
static bool read_san(struct cert *cert, struct reader *r)
{
    const size_t start = r->offset;
    if (!check_general_names(cert, r, true))
        anomaly_add(cert, ANOMALY_SAN_MALFORMED, r->bad ? r->bad_at : start);
    return true;
}

/** RFC 5280 section 4.2.1.7 */
static bool read_ian(struct cert *cert, struct reader *r)
{
    return check_general_names(cert, r, false);
}

/** RFC 5280 section 4.2.1.10: address and mask, and the mask's ones come first. */
static bool ip_subtree_is_good(struct bytes value)
{
    if (value.n != 8 && value.n != 32)
        return false;
    const struct bytes mask = bytes_slice(value, value.n / 2, value.n / 2);
    bool ended = false;
    for (size_t i = 0; i < mask.n; i++) {
        for (unsigned bit = 8; bit > 0; bit--) {
            const bool one = (mask.p[i] >> (bit - 1) & 1) != 0;
            if (one && ended)
                return false;
            ended |= !one;
        }
    }
    return true;
}

static bool check_subtree(void *context, const struct subtree *subtree)
{
    struct cert *cert = context;
    if (subtree->has_minimum)
        anomaly_add(cert, ANOMALY_NC_MINIMUM, subtree->base.offset);
    if (subtree->base.kind == GN_IP && !ip_subtree_is_good(subtree->base.value))
        anomaly_add(cert, ANOMALY_NC_BAD_IP, subtree->base.offset);
    general_name_check(cert, &subtree->base);
    return true;
}

/** RFC 5280 section 4.2.1.10 */
static bool read_name_constraints(struct cert *cert, struct reader *r)
{
    struct der list, subtrees;
    if (!read_only(cert, r, DER_SEQUENCE, &list))
        return false;
    struct reader fields = reader_enter(&list);
    if (list.body.n == 0)
        anomaly_add(cert, ANOMALY_NC_EMPTY, list.offset);
    while (reader_next(&fields, &subtrees)) {
        if (subtrees.body.n == 0)
            anomaly_add(cert, ANOMALY_NC_EMPTY, subtrees.offset);
    }
    if (fields.bad)
        return failed_at(r, &fields);
    return cert_name_constraints(cert, check_subtree, cert) ||
           failed_at(r, &(struct reader){.offset = list.body_offset});
}

/* ---- policies ---- */

/** policyQualifiers SEQUENCE OF { policyQualifierId, ANY } OPTIONAL; a CPS pointer is an IA5String,
 * a user notice a SEQUENCE. */
static bool qualifiers_are_readable(struct reader *fields)
{
    static const uint8_t id_qt[] = {0x2b, 6, 1, 5, 5, 7, 2};
    struct der list, qualifier, id, value;
    if (!reader_optional(fields, DER_SEQUENCE, &list))
        return !fields->bad && reader_at_end(fields);
    struct reader qualifiers = reader_enter(&list);
    while (reader_expect(&qualifiers, DER_SEQUENCE, &qualifier)) {
        struct reader inner = reader_enter(&qualifier);
        if (!reader_expect(&inner, DER_OID, &id) || !oid_is_well_formed(id.body) ||
            !reader_next(&inner, &value) || !reader_at_end(&inner) || !any_is_decodable(&value))
            return false;
        const bool known =
            id.body.n == sizeof id_qt + 1 &&
            bytes_equal(bytes_slice(id.body, 0, sizeof id_qt), bytes_of(id_qt, sizeof id_qt));
        const uint8_t kind = known ? id.body.p[sizeof id_qt] : 0;
        if ((kind == 1 && value.tag != DER_IA5_STRING) || (kind == 2 && value.tag != DER_SEQUENCE))
            return false;
        if (reader_at_end(&qualifiers))
            break;
    }
    return !qualifiers.bad && reader_at_end(fields);
}

/** RFC 5280 section 4.2.1.4: a policy appears once. */
static bool read_policies(struct cert *cert, struct reader *r)
{
    struct der list, item, oid;
    if (!read_only(cert, r, DER_SEQUENCE, &list))
        return false;
    struct reader items = reader_enter(&list);
    struct bytes seen[LIMIT_POLICIES];
    size_t count = 0;
    if (reader_at_end(&items))
        return failed_at(r, &items);
    while (!reader_at_end(&items) && count < LIMIT_POLICIES) {
        if (!element_take(cert, &items, DER_SEQUENCE, &item))
            return failed_at(r, &items);
        struct reader fields = reader_enter(&item);
        if (!element_take(cert, &fields, DER_OID, &oid) || !oid_is_well_formed(oid.body) ||
            !qualifiers_are_readable(&fields))
            return failed_at(r, &fields);
        for (size_t i = 0; i < count; i++) {
            if (bytes_equal(seen[i], oid.body))
                anomaly_add(cert, ANOMALY_POLICY_DUPLICATE, oid.offset);
        }
        seen[count++] = oid.body;
    }
    return true;
}

/** RFC 5280 section 4.2.1.5: neither side is anyPolicy. */
static bool read_policy_mappings(struct cert *cert, struct reader *r)
{
    struct der list, item, from, to;
    if (!read_only(cert, r, DER_SEQUENCE, &list))
        return false;
    struct reader items = reader_enter(&list);
    if (reader_at_end(&items))
        return failed_at(r, &items);
    while (!reader_at_end(&items)) {
        if (!element_take(cert, &items, DER_SEQUENCE, &item))
            return failed_at(r, &items);
        struct reader fields = reader_enter(&item);
        if (!element_take(cert, &fields, DER_OID, &from) ||
            !element_take(cert, &fields, DER_OID, &to) || !oid_is_well_formed(from.body) ||
            !oid_is_well_formed(to.body) || !reader_at_end(&fields))
            return failed_at(r, &fields);
        if (oid_of(from.body) == OID_ANY_POLICY || oid_of(to.body) == OID_ANY_POLICY)
            anomaly_add(cert, ANOMALY_POLICY_MAPS_ANY, item.offset);
    }
    return true;
}

/** RFC 5280 section 4.2.1.11: requireExplicitPolicy [0], inhibitPolicyMapping [1], not both absent.
 */
static bool read_policy_constraints(struct cert *cert, struct reader *r)
{
    struct der list, element;
    if (!read_only(cert, r, DER_SEQUENCE, &list))
        return false;
    struct reader fields = reader_enter(&list);
    bool any = false;
    for (uint8_t tag = 0; tag < 2; tag++) {
        int64_t value;
        if (!reader_optional(&fields, (uint8_t)DER_CONTEXT(tag), &element))
            continue;
        if (!integer_is_good(&element) || !der_small_int(&element, &value))
            return failed_at(r, &(struct reader){.offset = element.offset});
        any = true;
    }
    return (any && !fields.bad && reader_at_end(&fields)) || failed_at(r, &fields);
}

/** RFC 5280 section 4.2.1.14 */
static bool read_inhibit_any(struct cert *cert, struct reader *r)
{
    struct der number;
    int64_t value;
    if (!read_only(cert, r, DER_INTEGER, &number))
        return false;
    return (integer_is_good(&number) && der_small_int(&number, &value)) ||
           failed_at(r, &(struct reader){.offset = number.offset});
}

/* ---- addresses and the rest ---- */

/** RFC 5280 section 4.2.2.1: SEQUENCE SIZE (1..MAX) OF { accessMethod, accessLocation } */
static bool read_access(struct cert *cert, struct reader *r)
{
    struct der list, item, oid;
    struct general_name location;
    if (!read_only(cert, r, DER_SEQUENCE, &list))
        return false;
    struct reader items = reader_enter(&list);
    if (reader_at_end(&items))
        return failed_at(r, &items);
    while (!reader_at_end(&items)) {
        if (!element_take(cert, &items, DER_SEQUENCE, &item))
            return failed_at(r, &items);
        struct reader fields = reader_enter(&item);
        if (!element_take(cert, &fields, DER_OID, &oid) || !general_name_next(&fields, &location) ||
            location.kind == GN_BAD)
            return failed_at(r, &fields);
    }
    return true;
}

/** As decoders take a BIT STRING: X.690 section 8.6.2.3 (no unused bits of no octets) is kept by
 *  nobody. */
static bool bits_are_decodable(const struct der *element)
{
    return element->body.n > 0 && element->body.p[0] <= 7;
}

/** DistributionPointName ::= CHOICE { fullName [0], nameRelativeToCRLIssuer [1] } */
static bool point_name_is_readable(struct cert *cert, const struct der *wrapper)
{
    struct reader choice = reader_enter(wrapper);
    struct der name;
    if (!reader_next(&choice, &name) || !reader_at_end(&choice))
        return false;
    if (name.tag == DER_CONTEXT_CONS(0))
        return names_are_readable(cert, reader_enter(&name));
    return name.tag == DER_CONTEXT_CONS(1);
}

/** DistributionPoint ::= SEQUENCE { distributionPoint [0], reasons [1], cRLIssuer [2] }: "MUST NOT
 *  consist of only the reasons field". */
static bool point_is_readable(struct cert *cert, const struct der *point)
{
    struct reader fields = reader_enter(point);
    struct der field;
    bool named = false;
    if (reader_optional(&fields, DER_CONTEXT_CONS(0), &field)) {
        named = true;
        if (!point_name_is_readable(cert, &field))
            return false;
    }
    if (reader_optional(&fields, DER_CONTEXT(1), &field) && !bits_are_decodable(&field))
        return false;
    if (reader_optional(&fields, DER_CONTEXT_CONS(2), &field)) {
        named |= field.body.n > 0;
        if (!names_are_readable(cert, reader_enter(&field)))
            return false;
    }
    return named && !fields.bad && reader_at_end(&fields);
}

/** RFC 5280 section 4.2.1.13: SEQUENCE SIZE (1..MAX) OF DistributionPoint */
static bool read_distribution_points(struct cert *cert, struct reader *r)
{
    struct der list, item;
    if (!read_only(cert, r, DER_SEQUENCE, &list))
        return false;
    struct reader items = reader_enter(&list);
    while (!reader_at_end(&items)) {
        if (!element_take(cert, &items, DER_SEQUENCE, &item))
            return failed_at(r, &items);
        if (!point_is_readable(cert, &item))
            return failed_at(r, &(struct reader){.offset = item.offset});
    }
    return true;
}

/** RFC 7633 section 4: SEQUENCE OF INTEGER; 5 is status_request. */
static bool read_tls_feature(struct cert *cert, struct reader *r)
{
    struct der list, feature;
    int64_t value;
    if (!read_only(cert, r, DER_SEQUENCE, &list))
        return false;
    struct reader features = reader_enter(&list);
    while (!reader_at_end(&features)) {
        if (!element_take(cert, &features, DER_INTEGER, &feature))
            return failed_at(r, &features);
        if (der_small_int(&feature, &value) && value == 5)
            cert->has |= HAS_MUST_STAPLE;
    }
    return true;
}

/** Netscape's certificate type: the first octet of the BIT STRING (0x80 SSL client, 0x40 server).
 */
static bool read_ns_cert_type(struct cert *cert, struct reader *r)
{
    struct der element;
    if (!read_only(cert, r, DER_BIT_STRING, &element))
        return false;
    if (!bits_are_decodable(&element))
        return failed_at(r, &(struct reader){.offset = element.offset});
    cert->ns_cert_type = element.body.n > 1 ? element.body.p[1] : 0;
    if (element.body.n == 2)
        cert->ns_cert_type &= 0xffU << element.body.p[0]; /* unused bits */
    return true;
}

/** RFC 6962 section 3.3: a TLS list inside an OCTET STRING. */
static bool read_scts(struct cert *cert, struct reader *r)
{
    struct der octets;
    if (!read_only(cert, r, DER_OCTET_STRING, &octets))
        return false;
    const struct bytes list = octets.body;
    return (list.n >= 2 && (size_t)(list.p[0] << 8 | list.p[1]) == list.n - 2) ||
           failed_at(r, &(struct reader){.offset = octets.body_offset});
}

/** RFC 3820 section 3.8: SEQUENCE { pCPathLenConstraint INTEGER OPTIONAL, proxyPolicy SEQUENCE {
 *  policyLanguage OBJECT IDENTIFIER, policy OCTET STRING OPTIONAL } } */
static bool read_proxy(struct cert *cert, struct reader *r)
{
    struct der info, number, policy, oid, octets;
    if (!read_only(cert, r, DER_SEQUENCE, &info))
        return false;
    struct reader fields = reader_enter(&info);
    if (reader_optional(&fields, DER_INTEGER, &number) && !integer_is_good(&number))
        return failed_at(r, &fields);
    if (!element_take(cert, &fields, DER_SEQUENCE, &policy) || !reader_at_end(&fields))
        return failed_at(r, &fields);
    struct reader inner = reader_enter(&policy);
    if (!element_take(cert, &inner, DER_OID, &oid) || !oid_is_well_formed(oid.body))
        return failed_at(r, &inner);
    reader_optional(&inner, DER_OCTET_STRING, &octets);
    return (!inner.bad && reader_at_end(&inner)) || failed_at(r, &inner);
}

/** ctPoison (RFC 6962 section 3.1) and ocspNoCheck (RFC 6960 section 4.2.2.2.1) are NULL. */
static bool read_null(struct cert *cert, struct reader *r)
{
    struct der element;
    return read_only(cert, r, DER_NULL, &element);
}

/* ---- the table ---- */

static const struct {
    bool (*read)(struct cert *cert, struct reader *r);
    uint64_t has;
} readers[OID_COUNT] = {
    [OID_SUBJECT_ALT_NAME] = {read_san, HAS_SAN},
    [OID_ISSUER_ALT_NAME] = {read_ian, 0},
    [OID_BASIC_CONSTRAINTS] = {read_basic_constraints, HAS_BASIC_CONSTRAINTS},
    [OID_KEY_USAGE] = {read_key_usage, HAS_KEY_USAGE},
    [OID_EXT_KEY_USAGE] = {read_eku, HAS_EKU},
    [OID_NAME_CONSTRAINTS] = {read_name_constraints, HAS_NAME_CONSTRAINTS},
    [OID_CERTIFICATE_POLICIES] = {read_policies, HAS_POLICIES},
    [OID_POLICY_MAPPINGS] = {read_policy_mappings, HAS_POLICY_MAPPINGS},
    [OID_POLICY_CONSTRAINTS] = {read_policy_constraints, HAS_POLICY_CONSTRAINTS},
    [OID_INHIBIT_ANY_POLICY] = {read_inhibit_any, HAS_INHIBIT_ANY},
    [OID_AUTHORITY_KEY_ID] = {read_aki, HAS_AKI},
    [OID_SUBJECT_KEY_ID] = {read_ski, HAS_SKI},
    [OID_AUTHORITY_INFO_ACCESS] = {read_access, HAS_AIA},
    [OID_SUBJECT_INFO_ACCESS] = {read_access, 0},
    [OID_CRL_DISTRIBUTION_POINTS] = {read_distribution_points, HAS_CRLDP},
    [OID_FRESHEST_CRL] = {read_distribution_points, 0},
    [OID_SCT_LIST] = {read_scts, HAS_SCT},
    [OID_TLS_FEATURE] = {read_tls_feature, HAS_TLS_FEATURE},
    [OID_NS_CERT_TYPE] = {read_ns_cert_type, HAS_NS_CERT_TYPE},
    [OID_CT_POISON] = {read_null, HAS_CT_POISON},
    [OID_PROXY_CERT_INFO] = {read_proxy, 0},
    [OID_OCSP_NO_CHECK] = {read_null, HAS_OCSP_NO_CHECK},
};

void extension_read(struct cert *cert, const struct extension *extension)
{
    cert->has |= readers[extension->id].has;
    if (readers[extension->id].read == NULL)
        return;
    struct reader r = reader_of(extension->value, extension->value_offset);
    if (!readers[extension->id].read(cert, &r))
        anomaly_add(cert, ANOMALY_EXTENSION_MALFORMED, r.bad ? r.bad_at : extension->value_offset);
    /* RFC 5280 sections 4.2.1.1 and 4.2.1.2: conforming CAs mark the key identifiers non-critical.
     */
    if (extension->critical && extension->id == OID_AUTHORITY_KEY_ID)
        anomaly_add(cert, ANOMALY_AKI_CRITICAL, extension->offset);
    if (extension->critical && extension->id == OID_SUBJECT_KEY_ID)
        anomaly_add(cert, ANOMALY_SKI_CRITICAL, extension->offset);
}

void extensions_check(struct cert *cert)
{
    const struct extension *constraints = cert_extension(cert, OID_NAME_CONSTRAINTS);
    /* RFC 5280 section 4.2.1.10: only in a CA's certificate. */
    if (constraints != NULL && !cert->is_ca)
        anomaly_add(cert, ANOMALY_NC_NOT_CA, constraints->offset);
    /* RFC 5280 section 4.2.1.9: pathLenConstraint has a meaning only with cA. */
    if (cert->path_length >= 0 && !cert->is_ca)
        anomaly_add(cert, ANOMALY_PATH_LENGTH_NOT_CA,
                    cert_extension(cert, OID_BASIC_CONSTRAINTS)->offset);
}
