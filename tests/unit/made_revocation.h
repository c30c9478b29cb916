/* SPDX-License-Identifier: Apache-2.0 */
/* A small CA, and CRLs and OCSP responses that it signs, for tests: well formed unless told. */
#ifndef CERTWHY_TESTS_MADE_REVOCATION_H
#define CERTWHY_TESTS_MADE_REVOCATION_H

#include "lab/mint.h"

#define MADE_AT ((cw_time)1795262400) /* 2026-11-21T12:00:00Z */

struct made_ca {
    struct bytes name;
    struct private_key *key;
    struct cert *cert;
};

static inline struct bytes made_name_of(struct arena *arena, const char *cn)
{
    const struct mint_attribute cn_only = {OID_CN, DER_UTF8_STRING, bytes_str(cn)};
    return mint_name(arena, &cn_only, 1);
}

/** A certificate under `issuer` (itself when NULL), with a key of its own. */
static inline struct made_ca made_under(struct arena *arena, const char *cn,
                                        const struct made_ca *issuer, struct mint_spec spec)
{
    struct made_ca out = {.name = made_name_of(arena, cn),
                          .key = private_key_derive(KEY_SPEC_P256, bytes_str("revocation"), cn)};
    spec.subject = out.name;
    spec.key = out.key;
    spec.issuer = issuer != NULL ? (struct mint_issuer){issuer->name, issuer->key}
                                 : (struct mint_issuer){out.name, out.key};
    spec.not_before = MADE_AT - 30 * TIME_DAY;
    spec.not_after = MADE_AT + 300 * TIME_DAY;
    out.cert = cert_parse(mint_certificate(arena, bytes_str("revocation"), &spec));
    return out;
}

static inline struct made_ca made_root(struct arena *arena, const char *cn)
{
    return made_under(arena, cn, NULL,
                      (struct mint_spec){.ca = true, .key_usage = KU_KEY_CERT_SIGN | KU_CRL_SIGN});
}

static inline void made_free(struct made_ca *ca)
{
    private_key_free(ca->key);
    cert_unref(ca->cert);
}

static inline void made_ecdsa(struct writer *w)
{
    writer_open(w, DER_SEQUENCE);
    writer_oid(w, OID_SHA256_ECDSA);
    writer_close(w);
}

/** Wraps a to-be-signed element: SEQUENCE { tbs, algorithm, signature }, left open when `open`. */
static inline void made_sign(struct writer *w, const struct private_key *key, struct bytes tbs)
{
    BUF_CLEANUP signature = {0};
    private_key_sign(key, OID_SHA256_ECDSA, tbs, &signature);
    writer_raw(w, tbs);
    made_ecdsa(w);
    writer_bits(w, buf_bytes(&signature));
}

static inline void made_extension(struct writer *w, enum oid id, bool critical, struct bytes value)
{
    writer_open(w, DER_SEQUENCE);
    writer_oid(w, id);
    if (critical)
        writer_bool(w, true);
    writer_put(w, DER_OCTET_STRING, value);
    writer_close(w);
}

static inline struct bytes made_int(struct arena *arena, int64_t value)
{
    struct writer w = {0};
    writer_int(&w, value);
    const struct bytes der = arena_bytes(arena, buf_bytes(&w.out));
    writer_free(&w);
    return der;
}

static inline void made_generalized(struct writer *w, cw_time t)
{
    struct arena arena = {0};
    const struct time_parts p = time_split(t);
    const char *text = arena_printf(&arena, "%04d%02d%02d%02d%02d%02dZ", p.year, p.month, p.day,
                                    p.hour, p.minute, p.second);
    writer_put(w, DER_GENERALIZED_TIME, bytes_str(text));
    arena_free(&arena);
}

struct made_entry {
    struct bytes serial; /* INTEGER content */
    int reason;          /* REASON_ABSENT: none */
    cw_time invalidity;  /* 0: none */
    struct bytes issuer; /* certificateIssuer: a Name */
    bool unknown_critical;
};
struct made_crl {
    const struct made_ca *ca;
    cw_time this_update, next_update; /* 0: MADE_AT - 1 day, + 6 days */
    int64_t number;                   /* 0: 1 */
    int64_t base;                     /* not 0: a delta CRL */
    struct bytes scope;               /* content of issuingDistributionPoint's extnValue */
    bool version_1, unknown_critical, flip;
    const struct made_entry *entries;
    size_t count;
};

static inline void made_crl_entry(struct writer *w, const struct made_entry *e)
{
    writer_open(w, DER_SEQUENCE);
    writer_put(w, DER_INTEGER, e->serial);
    writer_time(w, MADE_AT - 2 * TIME_DAY);
    if (e->reason != REASON_ABSENT || e->invalidity != 0 || e->issuer.n > 0 ||
        e->unknown_critical) {
        const uint8_t reason[] = {DER_ENUMERATED, 1, (uint8_t)e->reason};
        writer_open(w, DER_SEQUENCE);
        if (e->reason != REASON_ABSENT)
            made_extension(w, OID_CRL_REASON, false, bytes_of(reason, sizeof reason));
        if (e->invalidity != 0) {
            struct writer inner = {0};
            made_generalized(&inner, e->invalidity);
            made_extension(w, OID_INVALIDITY_DATE, false, buf_bytes(&inner.out));
            writer_free(&inner);
        }
        if (e->issuer.n > 0) {
            struct writer inner = {0};
            writer_open(&inner, DER_SEQUENCE);
            writer_put(&inner, DER_CONTEXT_CONS(4), e->issuer);
            writer_close(&inner);
            made_extension(w, OID_CERTIFICATE_ISSUER, true, buf_bytes(&inner.out));
            writer_free(&inner);
        }
        if (e->unknown_critical)
            made_extension(w, OID_CN, true, bytes_str("?"));
        writer_close(w);
    }
    writer_close(w);
}

/** A signed CRL, in the arena. */
static inline struct bytes made_crl(struct arena *arena, const struct made_crl *spec)
{
    struct writer w = {0}, whole = {0};
    writer_open(&w, DER_SEQUENCE);
    if (!spec->version_1)
        writer_int(&w, 1);
    made_ecdsa(&w);
    writer_raw(&w, spec->ca->name);
    writer_time(&w, spec->this_update != 0 ? spec->this_update : MADE_AT - TIME_DAY);
    writer_time(&w, spec->next_update != 0 ? spec->next_update : MADE_AT + 6 * TIME_DAY);
    if (spec->count > 0) {
        writer_open(&w, DER_SEQUENCE);
        for (size_t i = 0; i < spec->count; i++)
            made_crl_entry(&w, &spec->entries[i]);
        writer_close(&w);
    }
    if (!spec->version_1) {
        writer_open(&w, DER_CONTEXT_CONS(0));
        writer_open(&w, DER_SEQUENCE);
        made_extension(&w, OID_CRL_NUMBER, false,
                       made_int(arena, spec->number != 0 ? spec->number : 1));
        if (spec->base != 0)
            made_extension(&w, OID_DELTA_CRL_INDICATOR, true, made_int(arena, spec->base));
        if (spec->scope.n > 0)
            made_extension(&w, OID_ISSUING_DISTRIBUTION_POINT, true, spec->scope);
        if (spec->unknown_critical)
            made_extension(&w, OID_CN, true, bytes_str("?"));
        writer_close(&w);
        writer_close(&w);
    }
    writer_close(&w);
    writer_open(&whole, DER_SEQUENCE);
    made_sign(&whole, spec->ca->key, buf_bytes(&w.out));
    writer_close(&whole);
    if (spec->flip)
        whole.out.p[whole.out.n - 1] ^= 1;
    const struct bytes der = arena_bytes(arena, buf_bytes(&whole.out));
    writer_free(&w);
    writer_free(&whole);
    return der;
}

struct made_single {
    const struct cert *cert;
    enum ocsp_cert_status status;
    int reason;
    cw_time this_update, next_update; /* 0: MADE_AT - 1 day, + 6 days; next_update -1: none */
    bool sha256, critical;
};
struct made_ocsp {
    const struct made_ca *issuer; /* of the certificates asked about */
    const struct made_ca *signer; /* NULL: the issuer */
    bool by_key, with_cert, flip;
    struct bytes nonce;
    const struct made_single *singles;
    size_t count;
};

static inline void made_digest(struct writer *w, struct bytes data, bool sha256)
{
    uint8_t digest[32];
    if (sha256)
        crypto_sha256(data, digest);
    else
        crypto_sha1(data, digest);
    writer_put(w, DER_OCTET_STRING, bytes_of(digest, sha256 ? 32 : 20));
}

static inline void made_ocsp_single(struct writer *w, const struct made_ca *issuer,
                                    const struct made_single *s)
{
    writer_open(w, DER_SEQUENCE);
    writer_open(w, DER_SEQUENCE);
    writer_open(w, DER_SEQUENCE);
    writer_oid(w, s->sha256 ? OID_SHA256 : OID_SHA1);
    writer_null(w);
    writer_close(w);
    made_digest(w, issuer->name, s->sha256);
    made_digest(w, issuer->cert->key.bits_content, s->sha256);
    writer_put(w, DER_INTEGER, s->cert->serial);
    writer_close(w);
    if (s->status == OCSP_REVOKED) {
        const uint8_t reason[] = {DER_ENUMERATED, 1, (uint8_t)s->reason};
        writer_open(w, DER_CONTEXT_CONS(1));
        made_generalized(w, MADE_AT - 2 * TIME_DAY);
        if (s->reason != REASON_ABSENT)
            writer_put(w, DER_CONTEXT_CONS(0), bytes_of(reason, sizeof reason));
        writer_close(w);
    } else {
        writer_put(w, (uint8_t)DER_CONTEXT(s->status == OCSP_GOOD ? 0 : 2), bytes_of("", 0));
    }
    made_generalized(w, s->this_update != 0 ? s->this_update : MADE_AT - TIME_DAY);
    if (s->next_update != -1) {
        writer_open(w, DER_CONTEXT_CONS(0));
        made_generalized(w, s->next_update != 0 ? s->next_update : MADE_AT + 6 * TIME_DAY);
        writer_close(w);
    }
    if (s->critical) {
        writer_open(w, DER_CONTEXT_CONS(1));
        writer_open(w, DER_SEQUENCE);
        made_extension(w, OID_CN, true, bytes_str("?"));
        writer_close(w);
        writer_close(w);
    }
    writer_close(w);
}

static inline void made_ocsp_data(struct arena *arena, struct writer *w,
                                  const struct made_ocsp *spec, const struct made_ca *signer)
{
    writer_open(w, DER_SEQUENCE);
    writer_open(w, (uint8_t)DER_CONTEXT_CONS(spec->by_key ? 2 : 1));
    if (spec->by_key)
        made_digest(w, signer->cert->key.bits_content, false);
    else
        writer_raw(w, signer->name);
    writer_close(w);
    made_generalized(w, MADE_AT - TIME_DAY);
    writer_open(w, DER_SEQUENCE);
    for (size_t i = 0; i < spec->count; i++)
        made_ocsp_single(w, spec->issuer, &spec->singles[i]);
    writer_close(w);
    if (spec->nonce.n > 0) {
        struct writer octets = {0};
        writer_put(&octets, DER_OCTET_STRING, spec->nonce);
        const struct bytes value = arena_bytes(arena, buf_bytes(&octets.out));
        writer_open(w, DER_CONTEXT_CONS(1));
        writer_open(w, DER_SEQUENCE);
        made_extension(w, OID_OCSP_NONCE, false, value);
        writer_close(w);
        writer_close(w);
        writer_free(&octets);
    }
    writer_close(w);
}

/** A signed OCSPResponse, in the arena. */
static inline struct bytes made_ocsp(struct arena *arena, const struct made_ocsp *spec)
{
    const struct made_ca *signer = spec->signer != NULL ? spec->signer : spec->issuer;
    struct writer data = {0}, w = {0};
    static const uint8_t successful[] = {0};
    made_ocsp_data(arena, &data, spec, signer);
    writer_open(&w, DER_SEQUENCE);
    writer_put(&w, DER_ENUMERATED, bytes_of(successful, 1));
    writer_open(&w, DER_CONTEXT_CONS(0));
    writer_open(&w, DER_SEQUENCE);
    writer_oid(&w, OID_OCSP_BASIC);
    writer_open(&w, DER_OCTET_STRING);
    writer_open(&w, DER_SEQUENCE);
    made_sign(&w, signer->key, buf_bytes(&data.out));
    if (spec->flip)
        w.out.p[w.out.n - 1] ^= 1;
    if (spec->with_cert) {
        writer_open(&w, DER_CONTEXT_CONS(0));
        writer_open(&w, DER_SEQUENCE);
        writer_raw(&w, signer->cert->der);
        writer_close(&w);
        writer_close(&w);
    }
    for (int i = 0; i < 5; i++)
        writer_close(&w);
    const struct bytes der = arena_bytes(arena, buf_bytes(&w.out));
    writer_free(&data);
    writer_free(&w);
    return der;
}

#endif
