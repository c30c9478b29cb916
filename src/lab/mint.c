/* SPDX-License-Identifier: Apache-2.0 */
/* Writes certificates field by field (RFC 5280 section 4.1), so that every field can be wrong. */
#include <string.h>

#include "mint_internal.h"

/* 1.3.6.1.4.1.55738.666.1: under a number that no client gives a meaning to. */
static const uint8_t unknown_extension_oid[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0x83,
                                                0xb3, 0x3a, 0x85, 0x1a, 0x01};

enum { SERIAL_BYTES = 16 };

static struct bytes bytes_own(struct arena *arena, const struct buf *buf)
{
    return arena_bytes(arena, buf_bytes(buf));
}

struct bytes mint_name(struct arena *arena, const struct mint_attribute *attributes, size_t count)
{
    WRITER_CLEANUP w = {0};
    writer_open(&w, DER_SEQUENCE);
    for (size_t i = 0; i < count; i++) {
        writer_open(&w, DER_SET);
        writer_open(&w, DER_SEQUENCE);
        writer_oid(&w, attributes[i].type);
        writer_put(&w, attributes[i].tag, attributes[i].value);
        writer_close(&w);
        writer_close(&w);
    }
    writer_close(&w);
    return bytes_own(arena, &w.out);
}

void mint_key_identifier(const struct private_key *key, uint8_t out[20])
{
    BUF_CLEANUP spki = {0};
    memset(out, 0, 20);
    if (!private_key_spki(key, &spki))
        return;
    struct reader outer = reader_of(buf_bytes(&spki), 0);
    struct der sequence, element;
    if (!reader_expect(&outer, DER_SEQUENCE, &sequence))
        return;
    struct reader inner = reader_enter(&sequence);
    struct bytes bits;
    unsigned unused;
    if (reader_next(&inner, &element) && reader_expect(&inner, DER_BIT_STRING, &element) &&
        der_bit_string(&element, &bits, &unused))
        crypto_sha1(bits, out);
}

static enum key_kind kind_of_key(const struct private_key *key)
{
    BUF_CLEANUP spki = {0};
    if (!private_key_spki(key, &spki))
        return KEY_UNKNOWN;
    static const struct {
        enum oid oid;
        enum key_kind kind;
    } kinds[] = {{OID_RSA_ENCRYPTION, KEY_RSA},
                 {OID_EC_PUBLIC_KEY, KEY_EC},
                 {OID_ED25519, KEY_ED25519},
                 {OID_ED448, KEY_ED448}};
    struct reader r = reader_of(buf_bytes(&spki), 0);
    struct der sequence, algorithm, oid;
    if (!reader_expect(&r, DER_SEQUENCE, &sequence))
        return KEY_UNKNOWN;
    r = reader_enter(&sequence);
    if (!reader_expect(&r, DER_SEQUENCE, &algorithm))
        return KEY_UNKNOWN;
    r = reader_enter(&algorithm);
    if (!reader_expect(&r, DER_OID, &oid))
        return KEY_UNKNOWN;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (oid_of(oid.body) == kinds[i].oid)
            return kinds[i].kind;
    return KEY_UNKNOWN;
}

enum oid mint_fitting_signature(const struct private_key *key)
{
    switch (kind_of_key(key)) {
    case KEY_RSA:
        return OID_SHA256_RSA;
    case KEY_EC:
        return OID_SHA256_ECDSA;
    case KEY_ED25519:
        return OID_ED25519;
    case KEY_ED448:
        return OID_ED448;
    default:
        return OID_UNKNOWN;
    }
}

/* RFC 4055 section 3.1: SHA-256, MGF1 with SHA-256, a salt as long as the digest. */
static void write_pss_parameters(struct writer *w)
{
    writer_open(w, DER_SEQUENCE);
    writer_open(w, DER_CONTEXT_CONS(0));
    writer_open(w, DER_SEQUENCE);
    writer_oid(w, OID_SHA256);
    writer_null(w);
    writer_close(w);
    writer_close(w);
    writer_open(w, DER_CONTEXT_CONS(1));
    writer_open(w, DER_SEQUENCE);
    writer_oid(w, OID_MGF1);
    writer_open(w, DER_SEQUENCE);
    writer_oid(w, OID_SHA256);
    writer_null(w);
    writer_close(w);
    writer_close(w);
    writer_close(w);
    writer_open(w, DER_CONTEXT_CONS(2));
    writer_int(w, 32);
    writer_close(w);
    writer_close(w);
}

void mint_algorithm(struct writer *w, enum oid algorithm)
{
    writer_open(w, DER_SEQUENCE);
    writer_oid(w, algorithm);
    switch (algorithm) {
    case OID_RSASSA_PSS:
        write_pss_parameters(w);
        break;
    /* RFC 4055 section 5: NULL for PKCS #1 v1.5; RFC 5758, RFC 8410: absent for the others. */
    case OID_MD5_RSA:
    case OID_SHA1_RSA:
    case OID_SHA224_RSA:
    case OID_SHA256_RSA:
    case OID_SHA384_RSA:
    case OID_SHA512_RSA:
        writer_null(w);
        break;
    default:
        break;
    }
    writer_close(w);
}

/* ---- extensions: each writes its own value; RFC 5280 section 4.2 ---- */

void mint_extension(struct writer *w, enum oid id, bool critical, const struct writer *value)
{
    writer_open(w, DER_SEQUENCE);
    writer_oid(w, id);
    if (critical)
        writer_bool(w, true);
    writer_put(w, DER_OCTET_STRING, buf_bytes(&value->out));
    writer_close(w);
}

static void write_basic_constraints(struct writer *w, const struct mint_spec *spec)
{
    if (spec->faults & MINT_NO_BASIC_CONSTRAINTS)
        return;
    WRITER_CLEANUP value = {0};
    writer_open(&value, DER_SEQUENCE);
    if (spec->ca)
        writer_bool(&value, true);
    if (spec->limit_path)
        writer_int(&value, spec->path_length);
    writer_close(&value);
    mint_extension(w, OID_BASIC_CONSTRAINTS, true, &value);
}

/* RFC 5280 section 4.2.1.3: a named bit list, so X.690 section 11.2.2 drops its trailing zeros. */
static void write_key_usage(struct writer *w, unsigned usage)
{
    if (usage == 0)
        return;
    uint8_t body[3] = {0};
    unsigned last = 0;
    for (unsigned bit = 0; bit < 9; bit++) {
        if (!(usage & (1u << bit)))
            continue;
        body[1 + bit / 8] |= (uint8_t)(0x80 >> (bit % 8));
        last = bit;
    }
    body[0] = (uint8_t)(7 - last % 8);
    WRITER_CLEANUP value = {0};
    writer_put(&value, DER_BIT_STRING, bytes_of(body, 2 + last / 8));
    mint_extension(w, OID_KEY_USAGE, true, &value);
}

static void write_eku(struct writer *w, unsigned eku)
{
    static const struct {
        enum eku_bit bit;
        enum oid oid;
    } purposes[] = {{EKU_SERVER_AUTH, OID_SERVER_AUTH},   {EKU_CLIENT_AUTH, OID_CLIENT_AUTH},
                    {EKU_CODE_SIGNING, OID_CODE_SIGNING}, {EKU_EMAIL, OID_EMAIL_PROTECTION},
                    {EKU_OCSP_SIGNING, OID_OCSP_SIGNING}, {EKU_ANY, OID_ANY_EXT_KEY_USAGE}};
    if (eku == 0)
        return;
    WRITER_CLEANUP value = {0};
    writer_open(&value, DER_SEQUENCE);
    for (size_t i = 0; i < sizeof purposes / sizeof purposes[0]; i++)
        if (eku & (unsigned)purposes[i].bit)
            writer_oid(&value, purposes[i].oid);
    writer_close(&value);
    mint_extension(w, OID_EXT_KEY_USAGE, false, &value);
}

static void write_authority_key_id(struct writer *w, const uint8_t id[20])
{
    WRITER_CLEANUP authority = {0};
    writer_open(&authority, DER_SEQUENCE);
    writer_put(&authority, DER_CONTEXT(0), bytes_of(id, 20));
    writer_close(&authority);
    mint_extension(w, OID_AUTHORITY_KEY_ID, false, &authority);
}

void mint_authority_key_id(struct writer *w, const struct private_key *key)
{
    uint8_t id[20];
    mint_key_identifier(key, id);
    write_authority_key_id(w, id);
}

static void write_key_ids(struct writer *w, const struct mint_spec *spec)
{
    if (spec->faults & MINT_NO_KEY_IDS)
        return;
    uint8_t id[20];
    mint_key_identifier(spec->key, id);
    WRITER_CLEANUP subject = {0};
    writer_put(&subject, DER_OCTET_STRING, bytes_of(id, sizeof id));
    mint_extension(w, OID_SUBJECT_KEY_ID, false, &subject);

    mint_key_identifier(spec->issuer.key, id);
    if (spec->faults & MINT_WRONG_AUTHORITY_ID)
        id[0] ^= 0xff;
    write_authority_key_id(w, id);
}

static void write_general_name(struct writer *w, const struct mint_general_name *name)
{
    unsigned tag = (unsigned)name->kind;
    writer_put(w, (uint8_t)(name->kind == GN_DIRECTORY ? DER_CONTEXT_CONS(tag) : DER_CONTEXT(tag)),
               name->value);
}

static void write_alt_names(struct writer *w, const struct mint_spec *spec)
{
    if (spec->name_count == 0)
        return;
    WRITER_CLEANUP value = {0};
    writer_open(&value, DER_SEQUENCE);
    for (size_t i = 0; i < spec->name_count; i++)
        write_general_name(&value, &spec->names[i]);
    writer_close(&value);
    mint_extension(w, OID_SUBJECT_ALT_NAME, name_is_empty(spec->subject), &value);
}

static void write_subtrees(struct writer *w, unsigned tag, const struct mint_general_name *names,
                           size_t count)
{
    if (count == 0)
        return;
    writer_open(w, (uint8_t)DER_CONTEXT_CONS(tag));
    for (size_t i = 0; i < count; i++) {
        writer_open(w, DER_SEQUENCE);
        write_general_name(w, &names[i]);
        writer_close(w);
    }
    writer_close(w);
}

static void write_name_constraints(struct writer *w, const struct mint_spec *spec)
{
    if (spec->permitted_count + spec->excluded_count == 0)
        return;
    WRITER_CLEANUP value = {0};
    writer_open(&value, DER_SEQUENCE);
    write_subtrees(&value, 0, spec->permitted, spec->permitted_count);
    write_subtrees(&value, 1, spec->excluded, spec->excluded_count);
    writer_close(&value);
    mint_extension(w, OID_NAME_CONSTRAINTS, true, &value);
}

static void write_access_description(struct writer *w, enum oid method, const char *url)
{
    if (!url)
        return;
    writer_open(w, DER_SEQUENCE);
    writer_oid(w, method);
    writer_put(w, DER_CONTEXT(6), bytes_str(url));
    writer_close(w);
}

static void write_authority_info(struct writer *w, const struct mint_spec *spec)
{
    if (!spec->ca_issuers_url && !spec->ocsp_url)
        return;
    WRITER_CLEANUP value = {0};
    writer_open(&value, DER_SEQUENCE);
    write_access_description(&value, OID_AD_OCSP, spec->ocsp_url);
    write_access_description(&value, OID_AD_CA_ISSUERS, spec->ca_issuers_url);
    writer_close(&value);
    mint_extension(w, OID_AUTHORITY_INFO_ACCESS, false, &value);
}

/* RFC 5280 section 4.2.1.13: DistributionPointName is a CHOICE, so its tag [0] is explicit. */
void mint_point_name(struct writer *w, const char *first, const char *url)
{
    writer_open(w, DER_CONTEXT_CONS(0));
    writer_open(w, DER_CONTEXT_CONS(0));
    if (first)
        writer_put(w, DER_CONTEXT(GN_URI), bytes_str(first));
    writer_put(w, DER_CONTEXT(GN_URI), bytes_str(url));
    writer_close(w);
    writer_close(w);
}

void mint_points(struct writer *w, enum oid extension, const char *url,
                 const struct mint_spec *spec)
{
    if (!url)
        return;
    WRITER_CLEANUP value = {0};
    writer_open(&value, DER_SEQUENCE);
    writer_open(&value, DER_SEQUENCE);
    mint_point_name(&value, spec->crl_first_url, url);
    if (spec->crl_issuer.n > 0) {
        writer_open(&value, DER_CONTEXT_CONS(2));
        writer_put(&value, DER_CONTEXT_CONS(GN_DIRECTORY), spec->crl_issuer);
        writer_close(&value);
    }
    writer_close(&value);
    writer_close(&value);
    mint_extension(w, extension, false, &value);
}

/* RFC 7633 section 4.1: status_request is extension 5 of TLS. */
static void write_tls_feature(struct writer *w)
{
    WRITER_CLEANUP value = {0};
    writer_open(&value, DER_SEQUENCE);
    writer_int(&value, 5);
    writer_close(&value);
    mint_extension(w, OID_TLS_FEATURE, false, &value);
}

/* RFC 6960 section 4.2.2.2.1. */
static void write_no_check(struct writer *w)
{
    WRITER_CLEANUP value = {0};
    writer_null(&value);
    mint_extension(w, OID_OCSP_NO_CHECK, false, &value);
}

static void write_unknown_extension(struct writer *w)
{
    WRITER_CLEANUP value = {0};
    writer_put(&value, DER_UTF8_STRING, bytes_str("a critical extension of the certwhy lab"));
    writer_open(w, DER_SEQUENCE);
    writer_put(w, DER_OID, bytes_of(unknown_extension_oid, sizeof unknown_extension_oid));
    writer_bool(w, true);
    writer_put(w, DER_OCTET_STRING, buf_bytes(&value.out));
    writer_close(w);
}

static void write_extensions(struct writer *w, const struct mint_spec *spec)
{
    writer_open(w, DER_CONTEXT_CONS(3));
    writer_open(w, DER_SEQUENCE);
    write_key_usage(w, spec->key_usage);
    write_eku(w, spec->eku);
    write_basic_constraints(w, spec);
    write_key_ids(w, spec);
    write_authority_info(w, spec);
    mint_points(w, OID_CRL_DISTRIBUTION_POINTS, spec->crl_url, spec);
    mint_points(w, OID_FRESHEST_CRL, spec->freshest_url, spec);
    if (spec->must_staple)
        write_tls_feature(w);
    if (spec->ocsp_no_check)
        write_no_check(w);
    write_alt_names(w, spec);
    write_name_constraints(w, spec);
    if (spec->faults & MINT_UNKNOWN_CRITICAL)
        write_unknown_extension(w);
    writer_close(w);
    writer_close(w);
}

/* ---- the certificate ---- */

/* TBSCertificate from `signature` on: all that stands behind the serial number. */
static void write_tbs_rest(struct writer *w, const struct mint_spec *spec, enum oid algorithm)
{
    BUF_CLEANUP spki = {0};
    mint_algorithm(w, algorithm);
    writer_raw(w, spec->issuer.name);
    writer_open(w, DER_SEQUENCE);
    writer_time(w, spec->not_before);
    writer_time(w, spec->not_after);
    writer_close(w);
    writer_raw(w, spec->subject);
    if (private_key_spki(spec->key, &spki))
        writer_raw(w, buf_bytes(&spki));
    if (!(spec->faults & MINT_VERSION_1))
        write_extensions(w, spec);
}

/* The serial number is a digest of all else: equal certificates are equal, others never share one.
 */
static void write_serial(struct writer *w, struct bytes seed, const struct mint_spec *spec,
                         struct bytes rest)
{
    if (spec->serial.n > 0) {
        writer_put(w, DER_INTEGER, spec->serial);
        return;
    }
    BUF_CLEANUP all = {0};
    uint8_t digest[32];
    buf_add_bytes(&all, seed);
    buf_add_bytes(&all, rest);
    buf_printf(&all, "faults %u", spec->faults);
    crypto_sha256(buf_bytes(&all), digest);
    digest[0] = (uint8_t)((digest[0] & 0x7f) | 0x40); /* positive, always 16 octets long */
    writer_put(w, DER_INTEGER, bytes_of(digest, SERIAL_BYTES));
}

static void write_tbs(struct writer *w, struct bytes seed, const struct mint_spec *spec,
                      enum oid algorithm)
{
    WRITER_CLEANUP rest = {0};
    write_tbs_rest(&rest, spec, algorithm);
    writer_open(w, DER_SEQUENCE);
    if (!(spec->faults & MINT_VERSION_1)) {
        writer_open(w, DER_CONTEXT_CONS(0));
        writer_int(w, 2);
        writer_close(w);
    }
    write_serial(w, seed, spec, buf_bytes(&rest.out));
    writer_raw(w, buf_bytes(&rest.out));
    writer_close(w);
}

/* Someone edited the certificate after it was signed: the subject's last octet becomes another
 * letter. */
static void tamper(struct buf *whole, struct bytes subject)
{
    const size_t at = bytes_find(buf_bytes(whole), subject);
    if (at == SIZE_MAX || subject.n == 0)
        return;
    uint8_t *last = &whole->p[at + subject.n - 1];
    *last = *last == 'x' ? 'y' : 'x';
}

bool mint_signed(struct writer *w, const struct private_key *key, enum oid algorithm,
                 struct bytes tbs, bool flip)
{
    BUF_CLEANUP signature = {0};
    if (!private_key_sign(key, algorithm, tbs, &signature))
        return false;
    if (flip)
        signature.p[signature.n - 1] ^= 0x01;
    writer_raw(w, tbs);
    mint_algorithm(w, algorithm);
    writer_bits(w, buf_bytes(&signature));
    return true;
}

struct bytes mint_certificate(struct arena *arena, struct bytes seed, const struct mint_spec *spec)
{
    const enum oid algorithm =
        spec->signature != OID_UNKNOWN ? spec->signature : mint_fitting_signature(spec->issuer.key);
    WRITER_CLEANUP tbs = {0}, whole = {0};
    write_tbs(&tbs, seed, spec, algorithm);
    writer_open(&whole, DER_SEQUENCE);
    if (!mint_signed(&whole, spec->issuer.key, algorithm, buf_bytes(&tbs.out),
                     spec->faults & MINT_FLIP_SIGNATURE))
        return (struct bytes){0};
    writer_close(&whole);
    if (spec->faults & MINT_TAMPER_TBS)
        tamper(&whole.out, spec->subject);
    return bytes_own(arena, &whole.out);
}
