/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates, and other DER, made on the spot for the tests of container/ and trust/: well
 * formed, signed by nobody. */
#ifndef CERTWHY_TESTS_MADE_CERT_H
#define CERTWHY_TESTS_MADE_CERT_H

#include "asn1/asn1.h"

static inline void made_attribute(struct writer *w, enum oid type, const char *value)
{
    writer_open(w, DER_SET);
    writer_open(w, DER_SEQUENCE);
    writer_oid(w, type);
    writer_put(w, DER_UTF8_STRING, bytes_str(value));
    writer_close(w);
    writer_close(w);
}

static inline void made_name(struct writer *w, const char *o, const char *cn)
{
    writer_open(w, DER_SEQUENCE);
    if (o)
        made_attribute(w, OID_ORGANIZATION, o);
    made_attribute(w, OID_CN, cn);
    writer_close(w);
}

static inline void made_algorithm(struct writer *w, const char *content)
{
    writer_open(w, DER_SEQUENCE);
    writer_put(w, DER_OID, bytes_str(content));
    writer_close(w);
}

/** A version 3 certificate, padded by an extension of `padding` bytes. In the arena. */
static inline struct bytes made_cert(struct arena *arena, const char *o, const char *cn,
                                     int64_t serial, size_t padding)
{
    static const char ecdsa_sha256[] = "\x2a\x86\x48\xce\x3d\x04\x03\x02";
    struct writer w = {0};
    writer_open(&w, DER_SEQUENCE);
    writer_open(&w, DER_SEQUENCE);
    writer_open(&w, DER_CONTEXT_CONS(0));
    writer_int(&w, 2);
    writer_close(&w);
    writer_int(&w, serial);
    made_algorithm(&w, ecdsa_sha256);
    made_name(&w, NULL, "Issuer");
    writer_open(&w, DER_SEQUENCE);
    writer_time(&w, 1700000000);
    writer_time(&w, 1800000000);
    writer_close(&w);
    made_name(&w, o, cn);
    writer_open(&w, DER_SEQUENCE);
    made_algorithm(&w, "\x2a\x86\x48\xce\x3d\x02\x01");
    writer_bits(&w, bytes_str("\x04 no point of any curve"));
    writer_close(&w);
    writer_open(&w, DER_CONTEXT_CONS(3));
    writer_open(&w, DER_SEQUENCE);
    writer_open(&w, DER_SEQUENCE);
    writer_put(&w, DER_OID, bytes_str("\x2a\x03\x04"));
    writer_put(&w, DER_OCTET_STRING, bytes_of(arena_alloc(arena, padding), padding));
    writer_close(&w);
    writer_close(&w);
    writer_close(&w);
    writer_close(&w);
    made_algorithm(&w, ecdsa_sha256);
    writer_bits(&w, bytes_str("no signature"));
    writer_close(&w);
    const struct bytes der = arena_bytes(arena, buf_bytes(&w.out));
    writer_free(&w);
    return der;
}

/** The shape of PKCS#8 (RFC 5958 section 2), holding `secret`. */
static inline struct bytes made_private_key(struct arena *arena, const char *secret)
{
    struct writer w = {0};
    writer_open(&w, DER_SEQUENCE);
    writer_int(&w, 0);
    made_algorithm(&w, "\x2b\x65\x70");
    writer_put(&w, DER_OCTET_STRING, bytes_str(secret));
    writer_close(&w);
    const struct bytes der = arena_bytes(arena, buf_bytes(&w.out));
    writer_free(&w);
    return der;
}

/** One PEM block, in the arena. */
static inline const char *made_pem(struct arena *arena, const char *label, struct bytes der)
{
    BUF_CLEANUP out = {0};
    const char *text = str_base64(arena, der);
    buf_printf(&out, "-----BEGIN %s-----\n", label);
    for (; *text; text += bytes_slice(bytes_str(text), 0, 64).n)
        buf_printf(&out, "%.64s\n", text);
    buf_printf(&out, "-----END %s-----\n", label);
    return arena_strdup(arena, buf_cstr(&out));
}

/** `text` with every `from` replaced by `to`. */
static inline const char *replaced(struct arena *arena, const char *text, const char *from,
                                   const char *to)
{
    BUF_CLEANUP out = {0};
    const size_t n = bytes_str(from).n;
    while (*text) {
        if (str_starts(text, from)) {
            buf_add_str(&out, to);
            text += n;
        } else {
            buf_add_byte(&out, (uint8_t)*text++);
        }
    }
    return arena_strdup(arena, buf_cstr(&out));
}

#endif
