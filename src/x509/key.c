/* SPDX-License-Identifier: Apache-2.0 */
/* SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) and AlgorithmIdentifiers. */
#include "internal.h"

bool any_is_decodable(const struct der *value)
{
    const struct bytes body = value->body;
    switch (value->tag) {
    case DER_BOOLEAN:
        return body.n == 1;
    case DER_NULL:
        return body.n == 0;
    case DER_INTEGER:
    case DER_ENUMERATED:
        return body.n > 0 && !der_int_is_padded(body);
    case DER_BIT_STRING:
        return body.n > 0 && body.p[0] <= 7;
    case DER_OID:
        return oid_is_well_formed(body);
    case DER_BMP_STRING:
        return body.n % 2 == 0;
    case DER_UNIVERSAL_STRING:
        return body.n % 4 == 0;
    default:
        return true;
    }
}

bool algorithm_read(struct bytes whole, size_t offset, struct algorithm *out)
{
    *out = (struct algorithm){.id = OID_UNKNOWN, .offset = offset};
    struct reader outer = reader_of(whole, offset);
    struct der sequence, oid;
    if (!reader_expect(&outer, DER_SEQUENCE, &sequence))
        return false;
    struct reader r = reader_enter(&sequence);
    if (!reader_expect(&r, DER_OID, &oid))
        return false;
    out->oid = oid.body;
    out->id = oid_of(oid.body);
    out->has_parameters = reader_next(&r, &out->parameters);
    return !r.bad && reader_at_end(&r) && oid_is_well_formed(oid.body) &&
           (!out->has_parameters || any_is_decodable(&out->parameters));
}

/* ---- signature algorithms ---- */

enum parameter_rule { PARAMETERS_NULL = 1, PARAMETERS_ABSENT, PARAMETERS_PSS };

static const struct {
    uint8_t digest;     /* enum digest_kind; 0: not a signature algorithm */
    uint8_t parameters; /* enum parameter_rule; 0: nothing is said */
} signatures[OID_COUNT] = {
    /* RFC 4055 section 5, RFC 3279 section 2.2.1 */
    [OID_MD2_RSA] = {DIGEST_MD2, PARAMETERS_NULL},
    [OID_MD4_RSA] = {DIGEST_MD4, PARAMETERS_NULL},
    [OID_MD5_RSA] = {DIGEST_MD5, PARAMETERS_NULL},
    [OID_SHA1_RSA] = {DIGEST_SHA1, PARAMETERS_NULL},
    [OID_SHA224_RSA] = {DIGEST_SHA224, PARAMETERS_NULL},
    [OID_SHA256_RSA] = {DIGEST_SHA256, PARAMETERS_NULL},
    [OID_SHA384_RSA] = {DIGEST_SHA384, PARAMETERS_NULL},
    [OID_SHA512_RSA] = {DIGEST_SHA512, PARAMETERS_NULL},
    [OID_RSASSA_PSS] = {DIGEST_SHA1, PARAMETERS_PSS},
    /* RFC 5758 section 3 */
    [OID_SHA1_ECDSA] = {DIGEST_SHA1, PARAMETERS_ABSENT},
    [OID_SHA224_ECDSA] = {DIGEST_SHA224, PARAMETERS_ABSENT},
    [OID_SHA256_ECDSA] = {DIGEST_SHA256, PARAMETERS_ABSENT},
    [OID_SHA384_ECDSA] = {DIGEST_SHA384, PARAMETERS_ABSENT},
    [OID_SHA512_ECDSA] = {DIGEST_SHA512, PARAMETERS_ABSENT},
    [OID_SHA1_DSA] = {DIGEST_SHA1, PARAMETERS_ABSENT},
    [OID_SHA224_DSA] = {DIGEST_SHA224, PARAMETERS_ABSENT},
    [OID_SHA256_DSA] = {DIGEST_SHA256, PARAMETERS_ABSENT},
    /* RFC 8410 section 3, RFC 9881 section 2 */
    [OID_ED25519] = {DIGEST_INTRINSIC, PARAMETERS_ABSENT},
    [OID_ED448] = {DIGEST_INTRINSIC, PARAMETERS_ABSENT},
    [OID_ML_DSA_44] = {DIGEST_INTRINSIC, PARAMETERS_ABSENT},
    [OID_ML_DSA_65] = {DIGEST_INTRINSIC, PARAMETERS_ABSENT},
    [OID_ML_DSA_87] = {DIGEST_INTRINSIC, PARAMETERS_ABSENT},
    [OID_SLH_DSA_SHA2_128S] = {DIGEST_INTRINSIC, PARAMETERS_ABSENT}, /* RFC 9909 section 3 */
    [OID_SLH_DSA_SHA2_128F] = {DIGEST_INTRINSIC, PARAMETERS_ABSENT},
    [OID_SLH_DSA_SHA2_192S] = {DIGEST_INTRINSIC, PARAMETERS_ABSENT},
    [OID_SLH_DSA_SHA2_192F] = {DIGEST_INTRINSIC, PARAMETERS_ABSENT},
    [OID_SLH_DSA_SHA2_256S] = {DIGEST_INTRINSIC, PARAMETERS_ABSENT},
    [OID_SLH_DSA_SHA2_256F] = {DIGEST_INTRINSIC, PARAMETERS_ABSENT},
    [OID_SLH_DSA_SHAKE_128S] = {DIGEST_INTRINSIC, PARAMETERS_ABSENT},
    [OID_SLH_DSA_SHAKE_128F] = {DIGEST_INTRINSIC, PARAMETERS_ABSENT},
    [OID_SLH_DSA_SHAKE_192S] = {DIGEST_INTRINSIC, PARAMETERS_ABSENT},
    [OID_SLH_DSA_SHAKE_192F] = {DIGEST_INTRINSIC, PARAMETERS_ABSENT},
    [OID_SLH_DSA_SHAKE_256S] = {DIGEST_INTRINSIC, PARAMETERS_ABSENT},
    [OID_SLH_DSA_SHAKE_256F] = {DIGEST_INTRINSIC, PARAMETERS_ABSENT},
};

bool signature_needs_null(enum oid algorithm)
{
    return signatures[algorithm].parameters == PARAMETERS_NULL;
}

static const uint8_t digests[OID_COUNT] = {
    [OID_MD5] = DIGEST_MD5,       [OID_SHA1] = DIGEST_SHA1,     [OID_SHA224] = DIGEST_SHA224,
    [OID_SHA256] = DIGEST_SHA256, [OID_SHA384] = DIGEST_SHA384, [OID_SHA512] = DIGEST_SHA512,
};

/** RSASSA-PSS-params (RFC 4055 section 3.1): hashAlgorithm [0], SHA-1 when absent. */
static enum digest_kind pss_digest(const struct algorithm *algorithm)
{
    if (!algorithm->has_parameters || algorithm->parameters.tag != DER_SEQUENCE)
        return DIGEST_UNKNOWN;
    struct reader r = reader_enter(&algorithm->parameters);
    struct der hash;
    if (!reader_optional(&r, DER_CONTEXT_CONS(0), &hash))
        return r.bad ? DIGEST_UNKNOWN : DIGEST_SHA1;
    struct algorithm inner;
    if (!algorithm_read(hash.body, hash.body_offset, &inner))
        return DIGEST_UNKNOWN;
    return (enum digest_kind)digests[inner.id];
}

static bool is_null(const struct der *element)
{
    return element->tag == DER_NULL && element->body.n == 0;
}

static void parameters_check(struct cert *cert, const struct algorithm *algorithm,
                             enum parameter_rule rule)
{
    const bool present = algorithm->has_parameters;
    if (rule == PARAMETERS_NULL && !present)
        anomaly_add(cert, ANOMALY_ALGORITHM_NO_NULL, algorithm->offset);
    else if ((rule == PARAMETERS_NULL && !is_null(&algorithm->parameters)) ||
             (rule == PARAMETERS_ABSENT && present))
        anomaly_add(cert, ANOMALY_ALGORITHM_PARAMETERS, algorithm->parameters.offset);
}

enum digest_kind signature_digest(struct cert *cert, const struct algorithm *algorithm)
{
    const enum parameter_rule rule = (enum parameter_rule)signatures[algorithm->id].parameters;
    parameters_check(cert, algorithm, rule);
    return rule == PARAMETERS_PSS ? pss_digest(algorithm)
                                  : (enum digest_kind)signatures[algorithm->id].digest;
}

/* ---- keys ---- */

static const struct {
    uint8_t kind; /* enum key_kind */
    uint16_t bits;
} key_kinds[OID_COUNT] = {
    [OID_RSA_ENCRYPTION] = {KEY_RSA, 0},
    [OID_RSA_X500] = {KEY_RSA, 0}, /* X.509:1988; libcrypto reads it */
    [OID_RSASSA_PSS] = {KEY_RSA_PSS, 0},
    [OID_EC_PUBLIC_KEY] = {KEY_EC, 0},
    [OID_DSA] = {KEY_DSA, 0},
    [OID_ED25519] = {KEY_ED25519, 255},
    [OID_ED448] = {KEY_ED448, 448},
    [OID_ML_DSA_44] = {KEY_PQ, 0},
    [OID_ML_DSA_65] = {KEY_PQ, 0},
    [OID_ML_DSA_87] = {KEY_PQ, 0},
    [OID_SLH_DSA_SHA2_128S] = {KEY_PQ, 0},
    [OID_SLH_DSA_SHA2_128F] = {KEY_PQ, 0},
    [OID_SLH_DSA_SHA2_192S] = {KEY_PQ, 0},
    [OID_SLH_DSA_SHA2_192F] = {KEY_PQ, 0},
    [OID_SLH_DSA_SHA2_256S] = {KEY_PQ, 0},
    [OID_SLH_DSA_SHA2_256F] = {KEY_PQ, 0},
    [OID_SLH_DSA_SHAKE_128S] = {KEY_PQ, 0},
    [OID_SLH_DSA_SHAKE_128F] = {KEY_PQ, 0},
    [OID_SLH_DSA_SHAKE_192S] = {KEY_PQ, 0},
    [OID_SLH_DSA_SHAKE_192F] = {KEY_PQ, 0},
    [OID_SLH_DSA_SHAKE_256S] = {KEY_PQ, 0},
    [OID_SLH_DSA_SHAKE_256F] = {KEY_PQ, 0},
};

static const uint16_t curve_bits[OID_COUNT] = {
    [OID_P192] = 192,
    [OID_P224] = 224,
    [OID_P256] = 256,
    [OID_P384] = 384,
    [OID_P521] = 521,
    [OID_SECP256K1] = 256,
    [OID_BRAINPOOL_P256R1] = 256,
    [OID_BRAINPOOL_P384R1] = 384,
    [OID_BRAINPOOL_P512R1] = 512,
};

/** Bits of an unsigned big-endian number without its leading zeros. */
static unsigned number_bits(struct bytes number)
{
    size_t i = 0;
    while (i < number.n && number.p[i] == 0)
        i++;
    if (i == number.n)
        return 0;
    unsigned bits = (unsigned)(number.n - i) * 8;
    for (uint8_t top = number.p[i]; (top & 0x80) == 0; top = (uint8_t)(top << 1))
        bits--;
    return bits;
}

static bool is_negative(struct bytes integer)
{
    return integer.n > 0 && (integer.p[0] & 0x80) != 0;
}

/** RFC 8017 section 3.1: e is odd and at least 3. */
static bool exponent_is_good(struct bytes e)
{
    return e.n > 0 && !is_negative(e) && (e.p[e.n - 1] & 1) != 0 && number_bits(e) > 1;
}

/** RSAPublicKey (RFC 8017 A.1.1). */
static bool rsa_read(struct cert *cert, struct bytes bits, size_t offset, struct key_info *out)
{
    struct reader outer = reader_of(bits, offset);
    struct der sequence, modulus, exponent;
    if (!element_take(cert, &outer, DER_SEQUENCE, &sequence))
        return false;
    struct reader r = reader_enter(&sequence);
    if (!element_take(cert, &r, DER_INTEGER, &modulus) ||
        !element_take(cert, &r, DER_INTEGER, &exponent))
        return false;
    if (der_int_is_padded(modulus.body) || der_int_is_padded(exponent.body))
        anomaly_add(cert, ANOMALY_KEY_PADDED, modulus.offset);
    if (!exponent_is_good(exponent.body))
        anomaly_add(cert, ANOMALY_KEY_EXPONENT, exponent.offset);
    out->bits = number_bits(modulus.body);
    return reader_at_end(&r) && reader_at_end(&outer) && out->bits > 0 &&
           !is_negative(modulus.body);
}

/** ECParameters of SEC 1 C.2: the bits of a prime field, or of GF(2^m). */
static unsigned explicit_curve_bits(const struct der *parameters)
{
    struct reader r = reader_enter(parameters);
    struct der version, field, type, value;
    if (!reader_expect(&r, DER_INTEGER, &version) || !reader_expect(&r, DER_SEQUENCE, &field))
        return 0;
    r = reader_enter(&field);
    if (!reader_expect(&r, DER_OID, &type) || !reader_next(&r, &value))
        return 0;
    if (value.tag == DER_INTEGER)
        return number_bits(value.body);
    struct reader binary = reader_enter(&value);
    struct der m;
    int64_t degree;
    return value.tag == DER_SEQUENCE && reader_expect(&binary, DER_INTEGER, &m) &&
                   der_small_int(&m, &degree) && degree < 10000
               ? (unsigned)degree
               : 0;
}

/** The point of a named curve: compressed or not (SEC 1 section 2.3.3). */
static bool point_is_plausible(struct bytes point, unsigned field_bits)
{
    if (point.n == 0)
        return false;
    const size_t octets = (field_bits + 7) / 8;
    const uint8_t form = point.p[0];
    if (field_bits == 0)
        return form >= 2 && form <= 7;
    if (form == 2 || form == 3)
        return point.n == 1 + octets;
    return (form == 4 || form == 6 || form == 7) && point.n == 1 + 2 * octets;
}

/** RFC 5480 section 2.1.1: the parameters are a named curve. */
static bool ec_read(struct cert *cert, const struct algorithm *algorithm, struct key_info *out)
{
    if (!algorithm->has_parameters)
        return false;
    const struct der *parameters = &algorithm->parameters;
    if (parameters->tag == DER_OID) {
        out->curve = oid_of(parameters->body);
        out->bits = curve_bits[out->curve];
    } else if (parameters->tag == DER_SEQUENCE) {
        out->explicit_curve = true;
        out->bits = explicit_curve_bits(parameters);
        anomaly_add(cert, ANOMALY_KEY_EXPLICIT_CURVE, parameters->offset);
    } else {
        return false; /* implicitCurve (NULL) names none */
    }
    return point_is_plausible(out->bits_content, out->bits);
}

/** Dss-Parms (RFC 3279 section 2.3.2): the size of p; absent when inherited from the issuer. */
static bool dsa_read(const struct algorithm *algorithm, struct key_info *out)
{
    if (!algorithm->has_parameters)
        return true;
    struct reader r = reader_enter(&algorithm->parameters);
    struct der p;
    if (algorithm->parameters.tag != DER_SEQUENCE || !reader_expect(&r, DER_INTEGER, &p))
        return false;
    out->bits = number_bits(p.body);
    return true;
}

/** RFC 8410 section 4, RFC 9881 section 4: the octets of a key of that kind. */
static size_t raw_key_octets(enum oid id)
{
    switch (id) {
    case OID_ED25519:
        return 32;
    case OID_ED448:
        return 57;
    case OID_ML_DSA_44:
        return 1312;
    case OID_ML_DSA_65:
        return 1952;
    case OID_ML_DSA_87:
        return 2592;
    case OID_SLH_DSA_SHA2_128S:
    case OID_SLH_DSA_SHA2_128F:
    case OID_SLH_DSA_SHAKE_128S:
    case OID_SLH_DSA_SHAKE_128F:
        return 32; /* FIPS 205 table 2 */
    case OID_SLH_DSA_SHA2_192S:
    case OID_SLH_DSA_SHA2_192F:
    case OID_SLH_DSA_SHAKE_192S:
    case OID_SLH_DSA_SHAKE_192F:
        return 48;
    case OID_SLH_DSA_SHA2_256S:
    case OID_SLH_DSA_SHA2_256F:
    case OID_SLH_DSA_SHAKE_256S:
    case OID_SLH_DSA_SHAKE_256F:
        return 64;
    default:
        return 0;
    }
}

static bool key_read_kind(struct cert *cert, const struct algorithm *algorithm, size_t bits_offset,
                          struct key_info *out)
{
    switch (out->kind) {
    case KEY_RSA:
        parameters_check(cert, algorithm, PARAMETERS_NULL);
        return rsa_read(cert, out->bits_content, bits_offset, out);
    case KEY_RSA_PSS:
        return rsa_read(cert, out->bits_content, bits_offset, out);
    case KEY_EC:
        return ec_read(cert, algorithm, out);
    case KEY_DSA:
        return dsa_read(algorithm, out);
    case KEY_ED25519:
    case KEY_ED448:
    case KEY_PQ:
        parameters_check(cert, algorithm, PARAMETERS_ABSENT);
        return out->bits_content.n == raw_key_octets(algorithm->id);
    case KEY_UNKNOWN:
        break;
    }
    return true;
}

/** Not even the SubjectPublicKeyInfo around the key can be followed. */
static void structure_failed(struct cert *cert, size_t offset)
{
    anomaly_add(cert, ANOMALY_KEY_MALFORMED, offset);
    anomaly_add(cert, ANOMALY_MALFORMED, offset);
}

void key_read(struct cert *cert, struct bytes spki, size_t offset, struct key_info *out)
{
    *out = (struct key_info){.spki = spki};
    crypto_sha256(spki, out->sha256);
    struct reader outer = reader_of(spki, offset);
    struct der sequence, identifier, bits;
    struct algorithm algorithm;
    unsigned unused;
    if (!reader_expect(&outer, DER_SEQUENCE, &sequence)) {
        structure_failed(cert, offset);
        return;
    }
    struct reader r = reader_enter(&sequence);
    if (!element_take(cert, &r, DER_SEQUENCE, &identifier) ||
        !element_take(cert, &r, DER_BIT_STRING, &bits) || !reader_at_end(&r)) {
        structure_failed(cert, r.bad ? r.bad_at : r.offset);
        return;
    }
    out->algorithm = identifier.whole;
    if (!algorithm_read(identifier.whole, identifier.offset, &algorithm) ||
        !der_bit_string(&bits, &out->bits_content, &unused)) {
        structure_failed(cert, identifier.offset);
        return;
    }
    out->kind = (enum key_kind)key_kinds[algorithm.id].kind;
    out->bits = key_kinds[algorithm.id].bits;
    if (!key_read_kind(cert, &algorithm, bits.body_offset + 1, out) || unused != 0)
        anomaly_add(cert, ANOMALY_KEY_MALFORMED, bits.offset);
}

void key_info_read(struct bytes spki, struct key_info *out)
{
    key_read(NULL, spki, 0, out);
}

/* ---- in words ---- */

/** The customary name of an OID, or its dotted text. */
static const char *oid_words(struct arena *arena, struct bytes oid)
{
    const enum oid id = oid_of(oid);
    return id != OID_UNKNOWN ? oid_name(id) : oid_text(arena, oid);
}

static char *ec_text(struct arena *arena, const struct key_info *key,
                     const struct algorithm *algorithm)
{
    if (key->explicit_curve)
        return arena_printf(arena, "EC explicit curve of %u bits", key->bits);
    if (!algorithm->has_parameters || algorithm->parameters.tag != DER_OID)
        return arena_strdup(arena, "EC of no curve");
    return arena_printf(arena, "EC %s", oid_words(arena, algorithm->parameters.body));
}

char *key_text(struct arena *arena, const struct key_info *key)
{
    struct algorithm algorithm;
    if (!algorithm_read(key->algorithm, 0, &algorithm))
        return arena_strdup(arena, "unreadable key");
    switch (key->kind) {
    case KEY_RSA:
        return arena_printf(arena, "RSA %u", key->bits);
    case KEY_RSA_PSS:
        return arena_printf(arena, "RSA-PSS %u", key->bits);
    case KEY_DSA:
        return arena_printf(arena, "DSA %u", key->bits);
    case KEY_EC:
        return ec_text(arena, key, &algorithm);
    case KEY_ED25519:
    case KEY_ED448:
    case KEY_PQ:
    case KEY_UNKNOWN:
        break;
    }
    return arena_strdup(arena, oid_words(arena, algorithm.oid));
}

static const char *digest_text(enum digest_kind digest)
{
    static const char *const texts[] = {
        [DIGEST_UNKNOWN] = "an unknown digest",
        [DIGEST_MD2] = "MD2",
        [DIGEST_MD4] = "MD4",
        [DIGEST_MD5] = "MD5",
        [DIGEST_SHA1] = "SHA-1",
        [DIGEST_SHA224] = "SHA-224",
        [DIGEST_SHA256] = "SHA-256",
        [DIGEST_SHA384] = "SHA-384",
        [DIGEST_SHA512] = "SHA-512",
        [DIGEST_INTRINSIC] = "its own digest",
    };
    return texts[digest];
}

char *signature_text(struct arena *arena, const struct cert *cert)
{
    if (cert->signature_algorithm == OID_RSASSA_PSS)
        return arena_printf(arena, "rsassaPss with %s", digest_text(cert->signature_digest));
    struct algorithm algorithm;
    if (!algorithm_read(cert->outer_algorithm, 0, &algorithm) && algorithm.oid.n == 0)
        return arena_strdup(arena, "unreadable");
    return arena_strdup(arena, oid_words(arena, algorithm.oid));
}
