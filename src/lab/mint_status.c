/* SPDX-License-Identifier: Apache-2.0 */
#include "mint_status.h"
#include "mint_internal.h"

static struct bytes written(struct arena *arena, const struct writer *w)
{
    return arena_bytes(arena, buf_bytes(&w->out));
}

static void put_small(struct writer *w, uint8_t tag, int value)
{
    const uint8_t octet = (uint8_t)value;
    writer_put(w, tag, bytes_of(&octet, 1));
}

static void write_int_extension(struct writer *w, enum oid id, bool critical, int64_t value)
{
    WRITER_CLEANUP number = {0};
    writer_int(&number, value);
    mint_extension(w, id, critical, &number);
}

/* ---- CRL ---- */

/* RFC 5280 section 5.3.1: unspecified is said by saying nothing. Section 5.3.3: certificateIssuer
 * is critical. */
static void write_entry_extensions(struct writer *w, const struct mint_revoked *entry)
{
    if (entry->reason <= REASON_UNSPECIFIED && entry->issuer.n == 0)
        return;
    writer_open(w, DER_SEQUENCE);
    if (entry->reason > REASON_UNSPECIFIED) {
        WRITER_CLEANUP reason = {0};
        put_small(&reason, DER_ENUMERATED, entry->reason);
        mint_extension(w, OID_CRL_REASON, false, &reason);
    }
    if (entry->issuer.n > 0) {
        WRITER_CLEANUP names = {0};
        writer_open(&names, DER_SEQUENCE);
        writer_put(&names, DER_CONTEXT_CONS(GN_DIRECTORY), entry->issuer);
        writer_close(&names);
        mint_extension(w, OID_CERTIFICATE_ISSUER, true, &names);
    }
    writer_close(w);
}

/* RFC 5280 section 5.1.2.6: without entries the list itself is absent. */
static void write_entries(struct writer *w, const struct mint_crl_spec *spec)
{
    if (spec->count == 0)
        return;
    writer_open(w, DER_SEQUENCE);
    for (size_t i = 0; i < spec->count; i++) {
        writer_open(w, DER_SEQUENCE);
        writer_put(w, DER_INTEGER, spec->entries[i].serial);
        writer_time(w, spec->entries[i].at);
        write_entry_extensions(w, &spec->entries[i]);
        writer_close(w);
    }
    writer_close(w);
}

/* RFC 5280 section 5.2.5. */
static void write_issuing_point(struct writer *w, const struct mint_crl_spec *spec)
{
    if (!spec->point_url && !spec->indirect)
        return;
    WRITER_CLEANUP value = {0};
    writer_open(&value, DER_SEQUENCE);
    if (spec->point_url)
        mint_point_name(&value, NULL, spec->point_url);
    if (spec->indirect)
        put_small(&value, DER_CONTEXT(4), 0xff);
    writer_close(&value);
    mint_extension(w, OID_ISSUING_DISTRIBUTION_POINT, true, &value);
}

static void write_crl_extensions(struct writer *w, const struct mint_crl_spec *spec)
{
    writer_open(w, DER_CONTEXT_CONS(0));
    writer_open(w, DER_SEQUENCE);
    mint_authority_key_id(w, spec->issuer.key);
    write_int_extension(w, OID_CRL_NUMBER, false, spec->number);
    if (spec->base > 0)
        write_int_extension(w, OID_DELTA_CRL_INDICATOR, true, spec->base);
    write_issuing_point(w, spec);
    mint_points(w, OID_FRESHEST_CRL, spec->freshest_url, &(struct mint_spec){0});
    writer_close(w);
    writer_close(w);
}

struct bytes mint_crl(struct arena *arena, const struct mint_crl_spec *spec)
{
    const enum oid algorithm = mint_fitting_signature(spec->issuer.key);
    WRITER_CLEANUP tbs = {0}, whole = {0};
    writer_open(&tbs, DER_SEQUENCE);
    writer_int(&tbs, 1);
    mint_algorithm(&tbs, algorithm);
    writer_raw(&tbs, spec->issuer.name);
    writer_time(&tbs, spec->this_update);
    writer_time(&tbs, spec->next_update);
    write_entries(&tbs, spec);
    write_crl_extensions(&tbs, spec);
    writer_close(&tbs);
    writer_open(&whole, DER_SEQUENCE);
    if (!mint_signed(&whole, spec->issuer.key, algorithm, buf_bytes(&tbs.out),
                     spec->flip_signature))
        return (struct bytes){0};
    writer_close(&whole);
    return written(arena, &whole);
}

/* ---- OCSP ---- */

/* The value of the nonce among requestExtensions (RFC 6960 section 4.4.1). */
static struct bytes nonce_of(struct der *wrapper)
{
    struct reader r = reader_enter(wrapper);
    struct der list, extension, oid, value;
    if (!reader_expect(&r, DER_SEQUENCE, &list))
        return (struct bytes){0};
    r = reader_enter(&list);
    while (reader_expect(&r, DER_SEQUENCE, &extension)) {
        struct reader fields = reader_enter(&extension);
        if (reader_expect(&fields, DER_OID, &oid) && oid_of(oid.body) == OID_OCSP_NONCE &&
            reader_expect(&fields, DER_OCTET_STRING, &value))
            return value.body;
    }
    return (struct bytes){0};
}

/* CertID ::= SEQUENCE { hashAlgorithm, issuerNameHash, issuerKeyHash, serialNumber } */
static bool read_cert_id(const struct der *list, struct ocsp_question *out)
{
    struct reader r = reader_enter(list);
    struct der request, id, element;
    if (!reader_expect(&r, DER_SEQUENCE, &request))
        return false;
    r = reader_enter(&request);
    if (!reader_expect(&r, DER_SEQUENCE, &id))
        return false;
    out->cert_id = id.whole;
    r = reader_enter(&id);
    if (!reader_expect(&r, DER_SEQUENCE, &element) ||
        !reader_expect(&r, DER_OCTET_STRING, &element) ||
        !reader_expect(&r, DER_OCTET_STRING, &element) || !reader_expect(&r, DER_INTEGER, &element))
        return false;
    out->serial = element.body;
    return true;
}

bool ocsp_question_read(struct bytes request, struct ocsp_question *out)
{
    struct reader r = reader_of(request, 0);
    struct der element;
    *out = (struct ocsp_question){0};
    for (int i = 0; i < 2; i++) { /* OCSPRequest, TBSRequest */
        if (!reader_expect(&r, DER_SEQUENCE, &element))
            return false;
        r = reader_enter(&element);
    }
    reader_optional(&r, DER_CONTEXT_CONS(0), &element); /* version */
    reader_optional(&r, DER_CONTEXT_CONS(1), &element); /* requestorName */
    if (!reader_expect(&r, DER_SEQUENCE, &element) || !read_cert_id(&element, out))
        return false;
    if (reader_optional(&r, DER_CONTEXT_CONS(2), &element))
        out->nonce = nonce_of(&element);
    return true;
}

/* X.690 section 11.7: OCSP has no other kind of time (RFC 6960 section 4.2.1). */
static void write_generalized_time(struct writer *w, cw_time t)
{
    BUF_CLEANUP text = {0};
    const struct time_parts p = time_split(t);
    buf_printf(&text, "%04d%02d%02d%02d%02d%02dZ", p.year, p.month, p.day, p.hour, p.minute,
               p.second);
    writer_put(w, DER_GENERALIZED_TIME, buf_bytes(&text));
}

static void write_status(struct writer *w, const struct mint_ocsp_spec *spec)
{
    if (spec->status != OCSP_REVOKED) {
        writer_put(w, (uint8_t)(spec->status == OCSP_GOOD ? DER_CONTEXT(0) : DER_CONTEXT(2)),
                   (struct bytes){0});
        return;
    }
    writer_open(w, DER_CONTEXT_CONS(1));
    write_generalized_time(w, spec->revoked_at);
    if (spec->reason > REASON_UNSPECIFIED) {
        writer_open(w, DER_CONTEXT_CONS(0));
        put_small(w, DER_ENUMERATED, spec->reason);
        writer_close(w);
    }
    writer_close(w);
}

static void write_single(struct writer *w, const struct mint_ocsp_spec *spec)
{
    writer_open(w, DER_SEQUENCE);
    writer_raw(w, spec->question.cert_id);
    write_status(w, spec);
    write_generalized_time(w, spec->this_update);
    writer_open(w, DER_CONTEXT_CONS(0));
    write_generalized_time(w, spec->next_update);
    writer_close(w);
    writer_close(w);
}

static void write_responder_id(struct writer *w, const struct mint_ocsp_spec *spec)
{
    uint8_t id[20];
    if (!spec->by_key) {
        writer_put(w, DER_CONTEXT_CONS(1), spec->signer.name);
        return;
    }
    mint_key_identifier(spec->signer.key, id);
    writer_open(w, DER_CONTEXT_CONS(2));
    writer_put(w, DER_OCTET_STRING, bytes_of(id, sizeof id));
    writer_close(w);
}

static void write_response_data(struct writer *w, const struct mint_ocsp_spec *spec)
{
    writer_open(w, DER_SEQUENCE);
    write_responder_id(w, spec);
    write_generalized_time(w, spec->this_update);
    writer_open(w, DER_SEQUENCE);
    write_single(w, spec);
    writer_close(w);
    if (spec->question.nonce.n > 0) {
        WRITER_CLEANUP value = {0};
        writer_raw(&value, spec->question.nonce);
        writer_open(w, DER_CONTEXT_CONS(1));
        writer_open(w, DER_SEQUENCE);
        mint_extension(w, OID_OCSP_NONCE, false, &value);
        writer_close(w);
        writer_close(w);
    }
    writer_close(w);
}

static bool write_basic_response(struct writer *w, const struct mint_ocsp_spec *spec)
{
    WRITER_CLEANUP data = {0};
    write_response_data(&data, spec);
    writer_open(w, DER_SEQUENCE);
    if (!mint_signed(w, spec->signer.key, mint_fitting_signature(spec->signer.key),
                     buf_bytes(&data.out), spec->flip_signature))
        return false;
    if (spec->signer_certificate.n > 0) {
        writer_open(w, DER_CONTEXT_CONS(0));
        writer_open(w, DER_SEQUENCE);
        writer_raw(w, spec->signer_certificate);
        writer_close(w);
        writer_close(w);
    }
    writer_close(w);
    return true;
}

struct bytes mint_ocsp(struct arena *arena, const struct mint_ocsp_spec *spec)
{
    WRITER_CLEANUP basic = {0}, whole = {0};
    if (!write_basic_response(&basic, spec))
        return (struct bytes){0};
    writer_open(&whole, DER_SEQUENCE);
    put_small(&whole, DER_ENUMERATED, OCSP_SUCCESSFUL);
    writer_open(&whole, DER_CONTEXT_CONS(0));
    writer_open(&whole, DER_SEQUENCE);
    writer_oid(&whole, OID_OCSP_BASIC);
    writer_put(&whole, DER_OCTET_STRING, buf_bytes(&basic.out));
    writer_close(&whole);
    writer_close(&whole);
    writer_close(&whole);
    return written(arena, &whole);
}

struct bytes mint_ocsp_error(struct arena *arena, enum ocsp_response_status status)
{
    WRITER_CLEANUP whole = {0};
    writer_open(&whole, DER_SEQUENCE);
    put_small(&whole, DER_ENUMERATED, (int)status);
    writer_close(&whole);
    return written(arena, &whole);
}

/* ---- PKCS #7 ---- */

/* RFC 2315 section 9.1, degenerate: nobody signs, nothing is signed. */
struct bytes mint_certs_only(struct arena *arena, const struct bytes *certificates, size_t count)
{
    WRITER_CLEANUP w = {0};
    writer_open(&w, DER_SEQUENCE);
    writer_oid(&w, OID_PKCS7_SIGNED_DATA);
    writer_open(&w, DER_CONTEXT_CONS(0));
    writer_open(&w, DER_SEQUENCE);
    writer_int(&w, 1);
    writer_put(&w, DER_SET, (struct bytes){0});
    writer_open(&w, DER_SEQUENCE);
    writer_oid(&w, OID_PKCS7_DATA);
    writer_close(&w);
    writer_open(&w, DER_CONTEXT_CONS(0));
    for (size_t i = 0; i < count; i++)
        writer_raw(&w, certificates[i]);
    writer_close(&w);
    writer_put(&w, DER_SET, (struct bytes){0});
    writer_close(&w);
    writer_close(&w);
    writer_close(&w);
    return written(arena, &w);
}
