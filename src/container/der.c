/* SPDX-License-Identifier: Apache-2.0 */
/* Files of DER, and what an outermost SEQUENCE is. */
#include <string.h>

#include "internal.h"

/* The header of a SEQUENCE, whether or not its content is all there. */
static bool sequence_header(struct bytes der, size_t *header, size_t *length)
{
    if (der.n < 2 || der.p[0] != DER_SEQUENCE)
        return false;
    const uint8_t first = der.p[1];
    *header = 2;
    *length = first;
    if (first < 0x80)
        return true;
    const size_t octets = first & 0x7f;
    if (octets == 0 || octets > 4 || der.n < 2 + octets)
        return false;
    *length = 0;
    for (size_t i = 0; i < octets; i++)
        *length = *length << 8 | der.p[2 + i];
    *header = 2 + octets;
    return true;
}

size_t der_claimed(struct bytes der)
{
    size_t header, length;
    return sequence_header(der, &header, &length) ? header + length : 0;
}

/* The content of the outermost SEQUENCE as far as it is there. BER's indefinite length
 * (X.690 8.1.3.6) is common in PKCS#7 and PKCS#12, which we want to recognise though we do not read
 * it. */
static struct bytes outer_content(struct bytes der)
{
    size_t header, length;
    if (der.n >= 2 && der.p[0] == DER_SEQUENCE && der.p[1] == 0x80)
        return bytes_slice(der, 2, der.n);
    if (!sequence_header(der, &header, &length))
        return bytes_of(NULL, 0);
    return bytes_slice(der, header, length);
}

/* Tags of the first elements, as one letter each: S SEQUENCE, T SET, I INTEGER, O OCTET STRING,
 * B BIT STRING, D OID, U time, 0 [0], . another. Ends with NUL. */
enum { SHAPE = 10 };
static void shape_of(struct bytes content, char shape[SHAPE])
{
    static const char letters[256] = {
        [DER_SEQUENCE] = 'S',     [DER_SET] = 'T',        [DER_INTEGER] = 'I',
        [DER_OID] = 'D',          [DER_UTC_TIME] = 'U',   [DER_GENERALIZED_TIME] = 'U',
        [DER_OCTET_STRING] = 'O', [DER_BIT_STRING] = 'B', [DER_CONTEXT_CONS(0)] = '0',
    };
    struct reader reader = reader_of(content, 0);
    struct der element;
    size_t n = 0;
    while (n < SHAPE - 1 && reader_next(&reader, &element))
        shape[n++] = letters[element.tag] ? letters[element.tag] : '.';
    shape[n] = 0;
}

static bool first_is_oid(struct bytes content, const char *prefix)
{
    struct reader reader = reader_of(content, 0);
    struct der oid;
    return reader_expect(&reader, DER_OID, &oid) && oid.body.n >= strlen(prefix) &&
           memcmp(oid.body.p, prefix, strlen(prefix)) == 0;
}

struct shape_rule {
    const char *outer, *inner; /* beginnings; inner is of the first element's content */
    enum object_kind kind;
    bool encrypted;
    const char *words;
};

/* First match wins. RFC 5280 4.1 and 5.1, RFC 2986 4, RFC 5958 3.
 */
static const struct shape_rule shapes[] = {
    {"SSB", "0ISSSS", OBJECT_CERTIFICATE, false, "a certificate"},
    {"SSB", "ISSSSS", OBJECT_CERTIFICATE, false, "a certificate"},
    {"SSB", "ISSU", OBJECT_CRL, false, "a certificate revocation list"},
    {"SSB", "SSU", OBJECT_CRL, false, "a certificate revocation list"},
    {"SSB", "ISS", OBJECT_CSR, false, "a certificate request"},
    {"SSB", "0ISS", OBJECT_CERTIFICATE, false, "a certificate"},
    {"SSB", "", OBJECT_CERTIFICATE, false, "a certificate"},
    {"SO", "D", OBJECT_PRIVATE_KEY, true, "an encrypted private key"},
    {"SB", "D", OBJECT_OTHER, false, "a public key"},
};

static const char pkcs12_words[] = "a PKCS#12 file";

/* Private keys begin with a small version number, cut ones too: nobody may keep their bytes.
 * PKCS#12 has version 3 (RFC 7292 section 4); public keys and parameters begin with a large number.
 */
static enum object_kind integer_first(struct bytes content, const char **what)
{
    enum { PKCS12_VERSION = 3 };
    if (content.n >= 3 && content.p[1] != 1) {
        *what = "a public key or parameters";
        return OBJECT_OTHER;
    }
    /* The SEQUENCE may be BER, which shapes do not show. */
    if (content.n > 3 && content.p[2] == PKCS12_VERSION && content.p[3] == DER_SEQUENCE) {
        *what = pkcs12_words;
        return OBJECT_OTHER;
    }
    *what = "a private key";
    return OBJECT_PRIVATE_KEY;
}

enum object_kind der_recognise(struct bytes der, const char **what, bool *encrypted)
{
    static const char pkcs7[] = "\x2a\x86\x48\x86\xf7\x0d\x01\x07"; /* 1.2.840.113549.1.7 */
    const struct bytes content = outer_content(der);
    char outer[SHAPE], inner[SHAPE] = "";
    *what = NULL;
    *encrypted = false;
    if (first_is_oid(content, pkcs7)) {
        *what = "a PKCS#7 bundle";
        return OBJECT_PKCS7;
    }
    shape_of(content, outer);
    if (outer[0] == 'S')
        shape_of(outer_content(content), inner);
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const struct shape_rule *rule = &shapes[i];
        if (!str_starts(outer, rule->outer) || !str_starts(inner, rule->inner))
            continue;
        *what = rule->words;
        *encrypted = rule->encrypted;
        return rule->kind;
    }
    return content.n > 0 && content.p[0] == DER_INTEGER ? integer_first(content, what)
                                                        : OBJECT_OTHER;
}

bool der_is_pkcs12(struct bytes der)
{
    const char *what;
    bool encrypted;
    return der_recognise(der, &what, &encrypted) == OBJECT_OTHER && what == pkcs12_words;
}

bool der_is_likely(struct bytes file)
{
    const struct bytes content = outer_content(file);
    if (content.n == 0)
        return false;
    const uint8_t first = content.p[0];
    const bool plausible = first == DER_SEQUENCE || first == DER_INTEGER || first == DER_OID;
    /* '0' is 0x30 too: a text that starts with it has no long length behind it. */
    return plausible && (file.p[1] >= 0x80 || der_claimed(file) == file.n);
}

/* The beginning of a certificate whose end is missing: better shown as an unreadable certificate
 * than called another kind of file. An AlgorithmIdentifier comes first in keys only. */
static bool is_cut_certificate(struct bytes der)
{
    const struct bytes content = outer_content(der);
    char inner[SHAPE];
    shape_of(outer_content(content), inner);
    return der_claimed(der) > der.n && content.n > 0 && content.p[0] == DER_SEQUENCE &&
           inner[0] != 'D';
}

static struct place der_place(size_t at)
{
    return (struct place){.at = at};
}

static void der_object(struct builder *b, struct bytes der, size_t at)
{
    const char *what;
    struct object object = {.label = "", .origin = {.offset = at}};
    object.kind = der_recognise(der, &what, &object.encrypted);
    if (object.kind == OBJECT_OTHER && is_cut_certificate(der))
        object.kind = OBJECT_CERTIFICATE;
    const bool keep = object.kind != OBJECT_PRIVATE_KEY && object.kind != OBJECT_OTHER;
    object.der = keep ? arena_bytes(b->arena, der) : bytes_of(NULL, 0);
    if (object.kind == OBJECT_PRIVATE_KEY)
        builder_fault(b, FAULT_PRIVATE_KEY, der_place(at), SIZE_MAX, bytes_str(what));
    builder_object(b, object);
    if (object.kind == OBJECT_PKCS7 && pkcs7_read(b, der, &object) > 0)
        builder_fault(b, FAULT_WRONG_KIND, der_place(at), SIZE_MAX, bytes_str(what));
    if (at == 0 && object.kind == OBJECT_PKCS7)
        b->out->kind = FILE_KIND_PKCS7;
}

void der_read(struct builder *b, struct bytes file)
{
    b->out->kind = FILE_KIND_DER;
    for (size_t at = 0; at < file.n && !b->full;) {
        const struct bytes rest = bytes_slice(file, at, file.n);
        const bool indefinite = rest.n >= 2 && rest.p[0] == DER_SEQUENCE && rest.p[1] == 0x80;
        const size_t claimed = indefinite ? rest.n : der_claimed(rest);
        if (claimed == 0) {
            builder_fault(b, FAULT_BAD_DER, der_place(at), SIZE_MAX, bytes_of(NULL, 0));
            return;
        }
        der_object(b, bytes_slice(rest, 0, claimed), at);
        if (claimed > rest.n)
            builder_fault(b, FAULT_BAD_DER, der_place(file.n), SIZE_MAX, bytes_of(NULL, 0));
        at += claimed < rest.n ? claimed : rest.n;
    }
}
