/* SPDX-License-Identifier: Apache-2.0 */
/* Distinguished names: walking, checking and comparing (RFC 5280 sections 4.1.2.4 and 7.1). */
#include <string.h>

#include "internal.h"

struct rdns rdns_of(struct bytes name, size_t offset)
{
    struct reader outer = reader_of(name, offset);
    struct der sequence;
    if (!reader_expect(&outer, DER_SEQUENCE, &sequence) || !reader_at_end(&outer))
        outer.bad = true;
    return (struct rdns){
        .reader = outer.bad ? outer : reader_enter(&sequence),
        .left = LIMIT_NAME_ATTRIBUTES,
    };
}

static bool attribute_read(const struct der *element, struct attribute *out, size_t *bad_at)
{
    struct reader fields = reader_enter(element);
    struct der type, value;
    *bad_at = element->offset;
    if (element->tag != DER_SEQUENCE)
        return false;
    const bool good = reader_expect(&fields, DER_OID, &type) && oid_is_well_formed(type.body) &&
                      reader_next(&fields, &value) && reader_at_end(&fields);
    if (!good) {
        *bad_at = fields.bad ? fields.bad_at : fields.offset;
        return false;
    }
    *out = (struct attribute){
        .type = type.body, .value = value.body, .offset = value.offset, .tag = value.tag};
    return true;
}

static bool rdn_failed(struct rdns *rdns, size_t bad_at)
{
    rdns->reader.bad = true;
    rdns->reader.bad_at = bad_at;
    return false;
}

bool rdn_next(struct rdns *rdns, struct rdn *out)
{
    struct der set, element;
    if (reader_at_end(&rdns->reader) || !reader_expect(&rdns->reader, DER_SET, &set))
        return false;
    out->n = 0;
    out->offset = set.offset;
    struct reader attributes = reader_enter(&set);
    while (reader_next(&attributes, &element)) {
        size_t bad_at;
        if (rdns->left-- == 0 || out->n == LIMIT_RDN_ATTRIBUTES)
            return rdn_failed(rdns, element.offset);
        if (!attribute_read(&element, &out->attributes[out->n], &bad_at))
            return rdn_failed(rdns, bad_at);
        out->n++;
    }
    return !attributes.bad || rdn_failed(rdns, attributes.bad_at);
}

/* ---- what is odd ---- */

/** X.680 section 41.4: letters, digits, space and eleven others. */
bool is_printable_string(struct bytes value)
{
    for (size_t i = 0; i < value.n; i++) {
        const uint8_t c = value.p[i];
        const bool alphanumeric =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!alphanumeric && (c == 0 || strchr(" '()+,-./:=?", c) == NULL))
            return false;
    }
    return true;
}

/** The types that libcrypto's decoder takes in a name (tasn_dec.c, B_ASN1_PRINTABLE): the strings
 * of DirectoryString, IA5String and NumericString, and what X.520 has besides. */
static bool tag_is_of_names(uint8_t tag)
{
    switch (tag) {
    case DER_UTF8_STRING:
    case DER_NUMERIC_STRING:
    case DER_PRINTABLE_STRING:
    case DER_TELETEX_STRING:
    case DER_IA5_STRING:
    case DER_UNIVERSAL_STRING:
    case DER_BMP_STRING:
    case DER_BIT_STRING:
    case DER_SEQUENCE:
        return true;
    default:
        break;
    }
    /* those that libcrypto has no name for: B_ASN1_UNKNOWN */
    const uint8_t number = tag & 0x1f;
    return (tag & 0xc0) == 0 && ((number >= 7 && number <= 9) || number == 11 ||
                                 (number >= 13 && number <= 15) || number == 29);
}

/** Whole characters of two or four octets, none of them a surrogate. */
static bool is_wide_string(const struct attribute *attribute)
{
    const size_t width = attribute->tag == DER_BMP_STRING ? 2 : 4;
    const struct bytes value = attribute->value;
    if (value.n % width != 0)
        return false;
    for (size_t i = 0; i < value.n; i += width) {
        uint32_t c = 0;
        for (size_t j = 0; j < width; j++)
            c = c << 8 | value.p[i + j];
        if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
            return false;
    }
    return true;
}

static bool attribute_is_string(const struct attribute *attribute)
{
    const struct der value = {.tag = attribute->tag, .body = attribute->value};
    const bool wide = attribute->tag == DER_BMP_STRING || attribute->tag == DER_UNIVERSAL_STRING;
    return tag_is_of_names(attribute->tag) && any_is_decodable(&value) &&
           (!wide || is_wide_string(attribute));
}

static void attribute_check(struct cert *cert, const struct attribute *attribute)
{
    if (!attribute_is_string(attribute))
        anomaly_add(cert, ANOMALY_NAME_STRING, attribute->offset);
    if (attribute->tag == DER_PRINTABLE_STRING && !is_printable_string(attribute->value))
        anomaly_add(cert, ANOMALY_NAME_PRINTABLE, attribute->offset);
    if (attribute->tag == DER_UTF8_STRING && !str_is_utf8(attribute->value))
        anomaly_add(cert, ANOMALY_NAME_UTF8, attribute->offset);
}

bool name_is_readable(struct bytes name)
{
    struct rdns rdns = rdns_of(name, 0);
    struct rdn rdn;
    while (rdn_next(&rdns, &rdn))
        ;
    return !rdns.reader.bad;
}

bool name_is_of_strings(struct bytes name)
{
    struct rdns rdns = rdns_of(name, 0);
    struct rdn rdn;
    bool good = true;
    while (rdn_next(&rdns, &rdn))
        for (size_t i = 0; i < rdn.n; i++)
            good &=
                attribute_is_string(&rdn.attributes[i]) &&
                (rdn.attributes[i].tag != DER_UTF8_STRING || str_is_utf8(rdn.attributes[i].value));
    return good;
}

void general_name_check(struct cert *cert, const struct general_name *name)
{
    if (name->kind == GN_DIRECTORY && !name_is_of_strings(name->value))
        anomaly_add(cert, ANOMALY_EXTENSION_NAME, name->offset);
}

/* ---- comparing ---- */

static bool is_space(int32_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/** Characters folded for comparison: white space at the ends dropped, runs of it one space, ASCII
 *  letters lower case (RFC 5280 section 7.1; beyond ASCII, characters must be the same). */
static int32_t folded_next(struct chars *chars, bool *inside)
{
    int32_t c = chars_next(chars);
    if (is_space(c)) {
        struct chars ahead = *chars;
        do {
            *chars = ahead;
            c = chars_next(&ahead);
        } while (is_space(c));
        if (c == CHARS_END) {
            *chars = ahead;
            return CHARS_END;
        }
        if (*inside)
            return ' ';
        *chars = ahead;
    }
    *inside = true;
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/** Text that is compared by its characters, whatever its type. A NumericString has a matching rule
 *  of its own (X.520 section 6.1.4) and equals no DirectoryString. */
static bool tag_is_folded(uint8_t tag)
{
    return tag_is_text(tag) && tag != DER_NUMERIC_STRING;
}

static bool attribute_equal(const struct attribute *a, const struct attribute *b)
{
    if (!bytes_equal(a->type, b->type))
        return false;
    if (a->tag == b->tag && bytes_equal(a->value, b->value))
        return true;
    if (!tag_is_folded(a->tag) || !tag_is_folded(b->tag))
        return false;
    struct chars left = chars_of(a->value, a->tag), right = chars_of(b->value, b->tag);
    bool left_inside = false, right_inside = false;
    int32_t c;
    do {
        c = folded_next(&left, &left_inside);
        if (c != folded_next(&right, &right_inside))
            return false;
    } while (c != CHARS_END);
    return true;
}

/* FNV-1a: only names that somebody made to collide do, and then a table is slow, not wrong. */
#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

static uint64_t mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * FNV_PRIME;
}

static uint64_t mix_bytes(uint64_t hash, struct bytes b)
{
    for (size_t i = 0; i < b.n; i++)
        hash = mix(hash, b.p[i]);
    return hash;
}

static uint64_t attribute_hash(const struct attribute *attribute)
{
    uint64_t hash = mix_bytes(FNV_BASIS, attribute->type);
    if (!tag_is_folded(attribute->tag))
        return mix_bytes(mix(hash, attribute->tag), attribute->value);
    struct chars chars = chars_of(attribute->value, attribute->tag);
    bool inside = false;
    for (int32_t c = folded_next(&chars, &inside); c != CHARS_END; c = folded_next(&chars, &inside))
        hash = mix(hash, (uint32_t)c);
    return hash;
}

/** RDNs are sets: the order of their attributes says nothing. Hashes first, so that an RDN made to
 *  be slow costs one look at each value. */
static bool set_equal(const struct rdn *a, const struct rdn *b)
{
    _Static_assert(LIMIT_RDN_ATTRIBUTES <= 64, "`taken` has a bit for each");
    uint64_t hashes[LIMIT_RDN_ATTRIBUTES], taken = 0;
    for (size_t j = 0; j < b->n; j++)
        hashes[j] = attribute_hash(&b->attributes[j]);
    for (size_t i = 0; i < a->n; i++) {
        const uint64_t hash = attribute_hash(&a->attributes[i]);
        size_t j = 0;
        while (j < b->n && ((taken >> j & 1) != 0 || hashes[j] != hash ||
                            !attribute_equal(&a->attributes[i], &b->attributes[j])))
            j++;
        if (j == b->n)
            return false;
        taken |= UINT64_C(1) << j;
    }
    return true;
}

static bool rdn_equal(const struct rdn *a, const struct rdn *b)
{
    if (a->n == 1 && b->n == 1)
        return attribute_equal(&a->attributes[0], &b->attributes[0]);
    return a->n == b->n && set_equal(a, b);
}

bool name_equal_der(struct bytes a, struct bytes b)
{
    return bytes_equal(a, b);
}

bool name_is_within(struct bytes name, struct bytes base)
{
    struct rdns names = rdns_of(name, 0), bases = rdns_of(base, 0);
    struct rdn left, right;
    while (rdn_next(&bases, &right)) {
        if (!rdn_next(&names, &left) || !rdn_equal(&left, &right))
            return false;
    }
    return !names.reader.bad && !bases.reader.bad;
}

bool name_equal(struct bytes a, struct bytes b)
{
    if (bytes_equal(a, b))
        return true;
    struct rdns left = rdns_of(a, 0), right = rdns_of(b, 0);
    struct rdn of_left, of_right;
    bool more = true;
    while (more) {
        more = rdn_next(&left, &of_left);
        if (more != rdn_next(&right, &of_right) || (more && !rdn_equal(&of_left, &of_right)))
            return false;
    }
    return !left.reader.bad && !right.reader.bad;
}

/** One step of a name's hash. A sum over the attributes: sets have no order. */
static uint64_t rdn_mix(uint64_t hash, const struct rdn *rdn)
{
    uint64_t sum = rdn->n;
    for (size_t i = 0; i < rdn->n; i++)
        sum += attribute_hash(&rdn->attributes[i]);
    return mix(hash, sum ^ sum >> 32);
}

/** name_equal() compares what cannot be read byte by byte. */
static uint64_t hash_end(uint64_t hash, const struct rdns *rdns, struct bytes name)
{
    return rdns->reader.bad ? bytes_hash(name) : hash ^ hash >> 32;
}

uint64_t name_hash(struct bytes name)
{
    struct rdns rdns = rdns_of(name, 0);
    struct rdn rdn;
    uint64_t hash = FNV_BASIS;
    while (rdn_next(&rdns, &rdn))
        hash = rdn_mix(hash, &rdn);
    return hash_end(hash, &rdns, name);
}

uint64_t name_check(struct cert *cert, struct bytes name, size_t offset)
{
    struct rdns rdns = rdns_of(name, offset);
    struct rdn rdn;
    uint64_t hash = FNV_BASIS;
    while (rdn_next(&rdns, &rdn)) {
        if (rdn.n == 0)
            anomaly_add(cert, ANOMALY_NAME_EMPTY_RDN, rdn.offset);
        for (size_t i = 0; i < rdn.n; i++)
            attribute_check(cert, &rdn.attributes[i]);
        hash = rdn_mix(hash, &rdn);
    }
    if (rdns.reader.bad)
        anomaly_add(cert, ANOMALY_NAME_MALFORMED, rdns.reader.bad_at);
    return hash_end(hash, &rdns, name);
}

bool name_is_empty(struct bytes name)
{
    struct rdns rdns = rdns_of(name, 0);
    struct rdn rdn;
    while (rdn_next(&rdns, &rdn)) {
        if (rdn.n > 0)
            return false;
    }
    return !rdns.reader.bad;
}
