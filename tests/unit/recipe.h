/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates for tests, healthy unless a field of the recipe says otherwise. Fields are hex of
 * whole DER elements, so that anything odd can be written; nothing is signed. */
#ifndef CERTWHY_TESTS_RECIPE_H
#define CERTWHY_TESTS_RECIPE_H

#include <stdlib.h>
#include <string.h>

#include "x509/x509.h"

enum { RECIPE_EXTENSIONS = 8 };

struct recipe_extension {
    enum oid id; /* OID_UNKNOWN: 1.2.3.4 */
    bool critical;
    const char *value; /* hex of extnValue's content */
    const char *raw;   /* hex of the whole Extension instead */
};
struct recipe {
    const char *version;          /* of the [0] element */
    const char *serial;           /* INTEGER */
    const char *inner, *outer;    /* AlgorithmIdentifier */
    const char *issuer, *subject; /* Name */
    const char *validity;
    const char *spki;
    const char *unique; /* elements between key and extensions */
    struct recipe_extension extensions[RECIPE_EXTENSIONS];
    const char *raw_extensions; /* of the [3] element */
    const char *tbs_tail;       /* elements behind the extensions */
    const char *signature;      /* BIT STRING */
    const char *outer_tail;     /* elements behind the signature */
    const char *after;          /* bytes behind the certificate */
};

#define ECDSA_SHA256 "300a06082a8648ce3d040302"
#define RSA_SHA256 "300d06092a864886f70d01010b0500"
#define NAME_A "300c310a300806035504030c0141"
#define NAME_B "300c310a300806035504030c0142"
#define VALIDITY "301e170d3236303130313030303030305a170d3237303130313030303030305a"

static inline void put_hex(struct writer *w, const char *hex, const char *otherwise)
{
    struct arena arena = {0};
    writer_raw(w, str_unhex(&arena, hex != NULL ? hex : otherwise));
    arena_free(&arena);
}

/** The uncompressed point of all ones on P-256: nobody looks whether it is on the curve. */
static inline void put_p256(struct writer *w)
{
    uint8_t point[65];
    memset(point, 1, sizeof point);
    point[0] = 4;
    writer_open(w, DER_SEQUENCE);
    writer_open(w, DER_SEQUENCE);
    writer_oid(w, OID_EC_PUBLIC_KEY);
    writer_oid(w, OID_P256);
    writer_close(w);
    writer_bits(w, bytes_of(point, sizeof point));
    writer_close(w);
}

static inline void put_extension(struct writer *w, const struct recipe_extension *extension)
{
    if (extension->raw != NULL) {
        put_hex(w, extension->raw, "");
        return;
    }
    writer_open(w, DER_SEQUENCE);
    if (extension->id == OID_UNKNOWN)
        writer_put(w, DER_OID, bytes_of("\x2a\x03\x04", 3));
    else
        writer_oid(w, extension->id);
    if (extension->critical)
        writer_bool(w, true);
    writer_open(w, DER_OCTET_STRING);
    put_hex(w, extension->value, "");
    writer_close(w);
    writer_close(w);
}

static inline void put_extensions(struct writer *w, const struct recipe *recipe)
{
    if (recipe->raw_extensions != NULL) {
        put_hex(w, recipe->raw_extensions, "");
        return;
    }
    if (recipe->extensions[0].value == NULL && recipe->extensions[0].raw == NULL)
        return;
    writer_open(w, DER_CONTEXT_CONS(3));
    writer_open(w, DER_SEQUENCE);
    for (size_t i = 0; i < RECIPE_EXTENSIONS; i++) {
        if (recipe->extensions[i].value != NULL || recipe->extensions[i].raw != NULL)
            put_extension(w, &recipe->extensions[i]);
    }
    writer_close(w);
    writer_close(w);
}

/** Writes the certificate into w->out. */
static inline void recipe_write(struct writer *w, const struct recipe *recipe)
{
    writer_open(w, DER_SEQUENCE);
    writer_open(w, DER_SEQUENCE);
    put_hex(w, recipe->version, "a003020102");
    put_hex(w, recipe->serial, "020105");
    put_hex(w, recipe->inner, ECDSA_SHA256);
    put_hex(w, recipe->issuer, NAME_A);
    put_hex(w, recipe->validity, VALIDITY);
    put_hex(w, recipe->subject, NAME_B);
    if (recipe->spki != NULL)
        put_hex(w, recipe->spki, "");
    else
        put_p256(w);
    put_hex(w, recipe->unique, "");
    put_extensions(w, recipe);
    put_hex(w, recipe->tbs_tail, "");
    writer_close(w);
    put_hex(w, recipe->outer, recipe->inner != NULL ? recipe->inner : ECDSA_SHA256);
    put_hex(w, recipe->signature, "0303003000");
    put_hex(w, recipe->outer_tail, "");
    writer_close(w);
    put_hex(w, recipe->after, "");
}

/** The parsed certificate; the caller drops it with cert_unref(). */
static inline struct cert *recipe_cert(const struct recipe *recipe)
{
    struct writer w = {0};
    recipe_write(&w, recipe);
    struct cert *cert = cert_parse(buf_bytes(&w.out));
    writer_free(&w);
    return cert;
}

#endif
