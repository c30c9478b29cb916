/* SPDX-License-Identifier: Apache-2.0 */
/* PKCS#12 (RFC 7292): the certificates of a keystore. Keys are counted and never decoded. */
#include <string.h>

#include "internal.h"

struct pkcs12 {
    struct builder *b;
    const char *passwords[PASSWORDS_MAX];
    size_t password_count;
    bool has_offsets; /* the bytes are the file's own */
    int64_t rounds;   /* of key derivation that may still be spent */
    struct bytes *key_ids;
    size_t key_id_count, key_id_cap;
    struct owned *owned; /* certificates that may belong to a key */
    size_t owned_count, owned_cap;
};

/** A certificate with a local key identifier. */
struct owned {
    size_t object;
    struct bytes key_id;
};

/* ---- attributes of a bag ---- */

struct attributes {
    const char *alias;
    struct bytes key_id;
    bool java_trusted; /* Java takes a certificate without this mark for no trust anchor */
};

/* BMPString (X.690 8.23.8) → UTF-8; what is beyond the basic plane comes as surrogates. */
static const char *text_of_bmp(struct arena *arena, struct bytes bmp)
{
    enum { NAME_BYTES = 512 };
    BUF_CLEANUP utf8 = {0};
    for (size_t i = 0; i + 1 < bmp.n && i < NAME_BYTES; i += 2) {
        const unsigned unit = (unsigned)bmp.p[i] << 8 | bmp.p[i + 1];
        if (unit < 0x80) {
            buf_add_byte(&utf8, (uint8_t)unit);
        } else if (unit < 0x800) {
            buf_add_byte(&utf8, (uint8_t)(0xc0 | unit >> 6));
            buf_add_byte(&utf8, (uint8_t)(0x80 | (unit & 0x3f)));
        } else {
            buf_add_byte(&utf8, (uint8_t)(0xe0 | unit >> 12));
            buf_add_byte(&utf8, (uint8_t)(0x80 | (unit >> 6 & 0x3f)));
            buf_add_byte(&utf8, (uint8_t)(0x80 | (unit & 0x3f)));
        }
    }
    return str_safe(arena, buf_bytes(&utf8));
}

static void attributes_read(struct pkcs12 *p, struct reader *bag, struct attributes *out)
{
    struct der set, attribute, oid, values, value;
    *out = (struct attributes){.alias = ""};
    if (!reader_optional(bag, DER_SET, &set))
        return;
    struct reader reader = reader_enter(&set);
    while (reader_next(&reader, &attribute)) {
        struct reader inside = reader_enter(&attribute);
        if (!reader_expect(&inside, DER_OID, &oid) || !reader_expect(&inside, DER_SET, &values))
            continue;
        struct reader of_values = reader_enter(&values);
        if (!reader_next(&of_values, &value))
            continue;
        const enum oid id = oid_of(oid.body);
        if (id == OID_FRIENDLY_NAME && value.tag == DER_BMP_STRING)
            out->alias = text_of_bmp(p->b->arena, value.body);
        else if (id == OID_PKCS9_LOCAL_KEY_ID && value.tag == DER_OCTET_STRING)
            out->key_id = value.body;
        else if (id == OID_JAVA_TRUSTED_KEY_USAGE)
            out->java_trusted = true;
    }
}

/* ---- bags ---- */

static void key_found(struct pkcs12 *p, size_t at, bool encrypted,
                      const struct attributes *attributes)
{
    const struct object key = {
        .kind = OBJECT_PRIVATE_KEY,
        .label = "",
        .origin = {.offset = at, .alias = attributes->alias},
        .encrypted = encrypted,
    };
    p->b->out->keystore.keys++;
    builder_object(p->b, key);
    p->key_ids =
        arena_grow(p->b->arena, p->key_ids, p->key_id_count, &p->key_id_cap, sizeof *p->key_ids);
    p->key_ids[p->key_id_count++] = arena_bytes(p->b->arena, attributes->key_id);
}

/* CertBag ::= SEQUENCE { certId, [0] EXPLICIT OCTET STRING } */
static void certificate_found(struct pkcs12 *p, const struct der *value,
                              const struct attributes *attributes)
{
    struct reader reader = reader_enter(value);
    struct der bag, oid, wrapped, der;
    if (!reader_expect(&reader, DER_SEQUENCE, &bag))
        return;
    struct reader inside = reader_enter(&bag);
    if (!reader_expect(&inside, DER_OID, &oid) ||
        !reader_expect(&inside, DER_CONTEXT_CONS(0), &wrapped))
        return;
    struct reader content = reader_enter(&wrapped);
    if (oid_of(oid.body) != OID_PKCS9_X509_CERTIFICATE ||
        !reader_expect(&content, DER_OCTET_STRING, &der)) {
        keystore_problem(p->b, "the entry \"%s\" holds a certificate of another kind than X.509",
                         attributes->alias);
        return;
    }
    const size_t object = p->b->out->object_count;
    keystore_certificate(p->b, der.body, p->has_offsets ? der.body_offset : 0, attributes->alias,
                         attributes->java_trusted);
    if (attributes->key_id.n == 0 || p->b->full)
        return;
    p->owned = arena_grow(p->b->arena, p->owned, p->owned_count, &p->owned_cap, sizeof *p->owned);
    p->owned[p->owned_count++] =
        (struct owned){object, arena_bytes(p->b->arena, attributes->key_id)};
}

/* Java gives a key's own certificate to its trust manager too (TrustStoreUtil). */
static void key_certificates_mark(struct pkcs12 *p)
{
    enum { KEYS_LOOKED_AT = 100 };
    for (size_t i = 0; i < p->owned_count; i++)
        for (size_t k = 0; k < p->key_id_count && k < KEYS_LOOKED_AT; k++)
            if (bytes_equal(p->key_ids[k], p->owned[i].key_id))
                p->b->out->objects[p->owned[i].object].java_anchor = true;
}

static void contents_read(struct pkcs12 *p, struct bytes der, size_t offset, unsigned depth);

/* SafeBag, RFC 7292 section 4.2 */
static void bag_read(struct pkcs12 *p, const struct der *bag, unsigned depth)
{
    struct reader reader = reader_enter(bag);
    struct der oid, value;
    struct attributes attributes;
    if (!reader_expect(&reader, DER_OID, &oid) ||
        !reader_expect(&reader, DER_CONTEXT_CONS(0), &value))
        return;
    attributes_read(p, &reader, &attributes);
    switch (oid_of(oid.body)) {
    case OID_BAG_CERTIFICATE:
        certificate_found(p, &value, &attributes);
        break;
    case OID_BAG_KEY:
    case OID_BAG_SHROUDED_KEY:
        key_found(p, p->has_offsets ? bag->offset : 0, oid_of(oid.body) == OID_BAG_SHROUDED_KEY,
                  &attributes);
        break;
    case OID_BAG_SECRET:
        p->b->out->keystore.keys++;
        break;
    case OID_BAG_CONTENTS:
        contents_read(p, value.body, value.body_offset, depth + 1);
        break;
    default:
        break;
    }
}

/* SafeContents ::= SEQUENCE OF SafeBag */
static void contents_read(struct pkcs12 *p, struct bytes der, size_t offset, unsigned depth)
{
    struct reader outer = reader_of(der, offset);
    struct der list, bag;
    if (depth >= LIMIT_BAG_DEPTH || !reader_expect(&outer, DER_SEQUENCE, &list)) {
        keystore_problem(p->b, "it is damaged: a part is no list of bags");
        return;
    }
    struct reader reader = reader_enter(&list);
    while (!p->b->full && reader_expect(&reader, DER_SEQUENCE, &bag))
        bag_read(p, &bag, depth);
}

/* ---- parts ---- */

/* [0] IMPLICIT OCTET STRING, in one piece or (BER) in several. */
static struct bytes implicit_octets(const struct der *element, struct buf *joined)
{
    if (element->tag == DER_CONTEXT(0))
        return element->body;
    struct reader reader = reader_enter(element);
    struct der piece;
    while (reader_expect(&reader, DER_OCTET_STRING, &piece))
        buf_add_bytes(joined, piece.body);
    return buf_bytes(joined);
}

/* A wrong password may decrypt to well-padded noise, but hardly to a SEQUENCE of the right length.
 */
static bool is_contents(struct bytes plain)
{
    struct reader reader = reader_of(plain, 0);
    struct der list;
    return reader_expect(&reader, DER_SEQUENCE, &list) && reader_at_end(&reader);
}

static void tell_unlock(struct pkcs12 *p, enum unlock result)
{
    if (result == UNLOCK_UNSUPPORTED)
        keystore_problem(p->b, "certificates are encrypted with an algorithm that is not known "
                               "here");
    else if (result == UNLOCK_COSTLY)
        keystore_problem(p->b, "certificates are encrypted with more rounds of key derivation "
                               "than are spent on one file");
    else
        keystore_problem(p->b, "certificates are under a password that is not known");
}

static void encrypted_read(struct pkcs12 *p, struct bytes algorithm, struct bytes data)
{
    struct keystore *keystore = &p->b->out->keystore;
    enum unlock worst = UNLOCK_WRONG;
    keystore->encrypted = true;
    for (size_t i = 0; i < p->password_count; i++) {
        BUF_CLEANUP plain = {0};
        const enum unlock result =
            pbe_decrypt(algorithm, p->passwords[i], data, &p->rounds, &plain);
        if (result == UNLOCK_OK && is_contents(buf_bytes(&plain))) {
            /* Views of what is decrypted are copied: it is gone after this call. */
            const bool has_offsets = p->has_offsets;
            keystore->password = p->passwords[i];
            p->has_offsets = false;
            contents_read(p, buf_bytes(&plain), 0, 0);
            p->has_offsets = has_offsets;
            return;
        }
        worst = result == UNLOCK_OK || result == UNLOCK_WRONG ? worst : result;
    }
    tell_unlock(p, worst);
}

/* EncryptedData, RFC 5652 section 8 */
static void encrypted_data_read(struct pkcs12 *p, const struct der *content)
{
    struct reader reader = reader_enter(content);
    struct der outer, version, info, oid, algorithm;
    BUF_CLEANUP joined = {0};
    if (!reader_expect(&reader, DER_SEQUENCE, &outer))
        return;
    struct reader inside = reader_enter(&outer);
    if (!reader_expect(&inside, DER_INTEGER, &version) ||
        !reader_expect(&inside, DER_SEQUENCE, &info))
        return;
    struct reader of_info = reader_enter(&info);
    struct der octets;
    if (reader_expect(&of_info, DER_OID, &oid) &&
        reader_expect(&of_info, DER_SEQUENCE, &algorithm) && reader_next(&of_info, &octets))
        encrypted_read(p, algorithm.whole, implicit_octets(&octets, &joined));
}

/* ContentInfo, RFC 5652 section 3; the content is behind [0] EXPLICIT. */
struct content {
    enum oid type;
    struct der value;
};

static bool content_read(struct reader *reader, struct content *out)
{
    struct der info, oid;
    if (!reader_expect(reader, DER_SEQUENCE, &info))
        return false;
    struct reader inside = reader_enter(&info);
    if (!reader_expect(&inside, DER_OID, &oid) ||
        !reader_expect(&inside, DER_CONTEXT_CONS(0), &out->value))
        return false;
    out->type = oid_of(oid.body);
    return true;
}

/* The OCTET STRING of a ContentInfo of type data. */
static bool data_of(const struct content *content, struct der *out)
{
    struct reader reader = reader_enter(&content->value);
    return content->type == OID_PKCS7_DATA && reader_expect(&reader, DER_OCTET_STRING, out);
}

static void part_read(struct pkcs12 *p, const struct content *part)
{
    struct der data;
    if (data_of(part, &data))
        contents_read(p, data.body, data.body_offset, 0);
    else if (part->type == OID_PKCS7_ENCRYPTED_DATA)
        encrypted_data_read(p, &part->value);
    else
        keystore_problem(p->b, "a part is encrypted to a public key");
}

static void parts_read(struct pkcs12 *p, const struct der *safe)
{
    struct reader outer = reader_enter(safe);
    struct der list;
    struct content part;
    if (!reader_expect(&outer, DER_SEQUENCE, &list))
        return;
    struct reader reader = reader_enter(&list);
    while (!p->b->full && content_read(&reader, &part))
        part_read(p, &part);
    key_certificates_mark(p);
}

/* ---- integrity ---- */

/* MacData, RFC 7292 section 4 */
static bool mac_read(struct reader *pfx, struct pkcs12_mac *out)
{
    struct der data, digest_info, algorithm, digest, salt, rounds;
    if (!reader_optional(pfx, DER_SEQUENCE, &data))
        return false;
    struct reader reader = reader_enter(&data);
    if (!reader_expect(&reader, DER_SEQUENCE, &digest_info) ||
        !reader_expect(&reader, DER_OCTET_STRING, &salt))
        return false;
    struct reader inside = reader_enter(&digest_info);
    if (!reader_expect(&inside, DER_SEQUENCE, &algorithm) ||
        !reader_expect(&inside, DER_OCTET_STRING, &digest))
        return false;
    *out = (struct pkcs12_mac){
        .algorithm = algorithm.whole, .value = digest.body, .salt = salt.body, .rounds = 1};
    return !reader_optional(&reader, DER_INTEGER, &rounds) || der_small_int(&rounds, &out->rounds);
}

static void check_integrity(struct pkcs12 *p, const struct pkcs12_mac *mac, struct bytes content)
{
    struct keystore *keystore = &p->b->out->keystore;
    keystore->integrity = INTEGRITY_UNPROVEN;
    for (size_t i = 0; i < p->password_count; i++)
        if (pkcs12_mac_check(mac, p->passwords[i], content, &p->rounds) == UNLOCK_OK) {
            keystore->integrity = INTEGRITY_GOOD;
            keystore->password = p->passwords[i];
            p->passwords[0] = p->passwords[i];
            p->password_count = 1;
            return;
        }
}

static void pfx_read(struct pkcs12 *p, struct bytes der)
{
    struct reader outer = reader_of(der, 0);
    struct der pfx, version, safe;
    struct content content;
    struct pkcs12_mac mac;
    if (!reader_expect(&outer, DER_SEQUENCE, &pfx))
        return;
    struct reader reader = reader_enter(&pfx);
    if (!reader_expect(&reader, DER_INTEGER, &version) || !content_read(&reader, &content) ||
        !data_of(&content, &safe)) {
        keystore_problem(p->b, "it is damaged, or signed with a public key");
        return;
    }
    const bool has_mac = mac_read(&reader, &mac);
    if (has_mac)
        check_integrity(p, &mac, safe.body);
    parts_read(p, &safe);
    struct keystore *keystore = &p->b->out->keystore;
    if (has_mac && keystore->integrity == INTEGRITY_UNPROVEN && keystore->password)
        keystore->integrity = INTEGRITY_BAD;
}

void pkcs12_read(struct builder *b, struct bytes file)
{
    struct pkcs12 p = {.b = b, .rounds = LIMIT_KDF_ROUNDS, .has_offsets = true};
    b->out->kind = FILE_KIND_PKCS12;
    b->out->keystore = (struct keystore){.format = "PKCS#12", .problem = ""};
    if (file.n > LIMIT_KEYSTORE_BYTES) {
        keystore_problem(b, "it is larger than %d MiB", LIMIT_KEYSTORE_BYTES >> 20);
        return;
    }
    p.password_count = keystore_passwords(b, p.passwords);
    BUF_CLEANUP der = {0};
    if (!ber_to_der(file, &der)) {
        keystore_problem(b, "it is damaged or cut off");
        return;
    }
    p.has_offsets = bytes_equal(buf_bytes(&der), bytes_slice(file, 0, der.n));
    pfx_read(&p, buf_bytes(&der));
}
