/* SPDX-License-Identifier: Apache-2.0 */
/* OCSPResponse and BasicOCSPResponse (RFC 6960 section 4.2). */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

const char *ocsp_status_text(int status)
{
    static const char *const names[] = {
        "successful", "malformedRequest", "internalError", "tryLater",
        "unknown",    "sigRequired",      "unauthorized",
    };
    return status >= 0 && (size_t)status < sizeof names / sizeof *names ? names[status] : "unknown";
}

/* ---- SingleResponse ---- */

static bool read_id(struct reader *r, struct ocsp_cert_id *out)
{
    struct der sequence, element;
    struct algorithm hash;
    if (!reader_expect(r, DER_SEQUENCE, &sequence))
        return false;
    struct reader fields = reader_enter(&sequence);
    if (!reader_expect(&fields, DER_SEQUENCE, &element) ||
        !algorithm_read(element.whole, element.offset, &hash))
        return false;
    out->hash = hash.id;
    if (!reader_expect(&fields, DER_OCTET_STRING, &element))
        return false;
    out->issuer_name_hash = element.body;
    if (!reader_expect(&fields, DER_OCTET_STRING, &element))
        return false;
    out->issuer_key_hash = element.body;
    if (!reader_expect(&fields, DER_INTEGER, &element) || element.body.n == 0)
        return false;
    out->serial = element.body;
    return reader_at_end(&fields);
}

static bool read_time(struct reader *r, cw_time *out)
{
    struct der element;
    return reader_expect(r, DER_GENERALIZED_TIME, &element) &&
           (der_time(&element, out) & DER_TIME_UNREADABLE) == 0;
}

/** RevokedInfo ::= SEQUENCE { revocationTime, revocationReason [0] EXPLICIT OPTIONAL } */
static bool read_revoked(const struct der *element, struct ocsp_single *out)
{
    struct reader r = reader_enter(element);
    struct der wrapper, reason;
    int64_t value;
    if (!read_time(&r, &out->revoked_at))
        return false;
    if (reader_optional(&r, DER_CONTEXT_CONS(0), &wrapper)) {
        struct reader inner = reader_enter(&wrapper);
        if (!reader_expect(&inner, DER_ENUMERATED, &reason) || !reader_at_end(&inner) ||
            !der_small_int(&reason, &value))
            return false;
        out->reason = value <= REASON_AA_COMPROMISE ? (int)value : REASON_AA_COMPROMISE + 1;
    }
    return !r.bad && reader_at_end(&r);
}

/** CertStatus ::= CHOICE { good [0] IMPLICIT NULL, revoked [1], unknown [2] IMPLICIT NULL } */
static bool read_status(struct reader *r, struct ocsp_single *out)
{
    struct der element;
    if (!reader_next(r, &element))
        return false;
    switch (element.tag) {
    case DER_CONTEXT(0):
        out->status = OCSP_GOOD;
        return element.body.n == 0;
    case DER_CONTEXT_CONS(1):
        out->status = OCSP_REVOKED;
        return read_revoked(&element, out);
    case DER_CONTEXT(2):
        out->status = OCSP_UNKNOWN;
        return element.body.n == 0;
    default:
        return false;
    }
}

/** RFC 6960 section 4.4: what may be critical because it is understood, or says nothing about the
 *  status. */
static bool is_understood(enum oid id)
{
    switch (id) {
    case OID_OCSP_NONCE:
    case OID_OCSP_CRL:
    case OID_OCSP_ARCHIVE_CUTOFF:
    case OID_OCSP_EXTENDED_REVOKE:
    case OID_OCSP_SCT_LIST:
    case OID_CRL_REASON:
    case OID_INVALIDITY_DATE:
        return true;
    default:
        return false;
    }
}

/** The OCTET STRING that the value of an extension is; p NULL when it is none. */
static struct bytes inner_octets(const struct extension *e)
{
    struct reader r = reader_of(e->value, e->value_offset);
    struct der octets;
    return reader_expect(&r, DER_OCTET_STRING, &octets) && reader_at_end(&r) ? octets.body
                                                                             : bytes_of(NULL, 0);
}

/** Extensions under an explicit tag: those of a single response, or of the whole. */
static bool read_extensions(const struct der *wrapper, bool *critical_unknown, enum oid wanted,
                            struct bytes *value)
{
    struct reader list;
    struct extension e;
    if (!extensions_enter(wrapper, &list))
        return false;
    for (size_t i = 0; i < LIMIT_EXTENSIONS && extension_take(&list, &e); i++) {
        *critical_unknown |= e.critical && !is_understood(e.id);
        if (e.id != wanted)
            continue;
        /* RFC 8954 section 2.1 makes the nonce an OCTET STRING; older responders sent it bare. */
        *value = inner_octets(&e);
        if (value->p == NULL && wanted == OID_OCSP_NONCE)
            *value = e.value;
    }
    return !list.bad && reader_at_end(&list);
}

static bool read_single(const struct der *element, struct ocsp_single *out)
{
    struct reader r = reader_enter(element);
    struct der wrapper;
    *out = (struct ocsp_single){.revoked_at = TIME_NONE,
                                .next_update = TIME_NONE,
                                .reason = REASON_ABSENT,
                                .offset = element->offset};
    if (!read_id(&r, &out->id) || !read_status(&r, out) || !read_time(&r, &out->this_update))
        return false;
    if (reader_optional(&r, DER_CONTEXT_CONS(0), &wrapper)) {
        struct reader inner = reader_enter(&wrapper);
        if (!read_time(&inner, &out->next_update) || !reader_at_end(&inner))
            return false;
    }
    if (reader_optional(&r, DER_CONTEXT_CONS(1), &wrapper) &&
        !read_extensions(&wrapper, &out->critical_unknown, OID_OCSP_SCT_LIST, &out->scts))
        return false;
    return !r.bad && reader_at_end(&r);
}

struct reader ocsp_singles(const struct ocsp *ocsp)
{
    return reader_of(ocsp->singles, ocsp->singles_offset);
}

bool ocsp_single_next(struct reader *singles, struct ocsp_single *out)
{
    struct der element;
    if (reader_at_end(singles) || !reader_expect(singles, DER_SEQUENCE, &element))
        return false;
    if (read_single(&element, out))
        return true;
    singles->bad = true;
    singles->bad_at = element.offset;
    return false;
}

/* ---- ResponseData ---- */

/** ResponderID ::= CHOICE { byName [1] Name, byKey [2] KeyHash } */
static bool read_responder(struct ocsp *ocsp, struct reader *r)
{
    struct der wrapper, element;
    if (!reader_next(r, &wrapper))
        return false;
    struct reader inner = reader_enter(&wrapper);
    if (wrapper.tag == DER_CONTEXT_CONS(1) && reader_expect(&inner, DER_SEQUENCE, &element))
        ocsp->responder_name = element.whole;
    else if (wrapper.tag == DER_CONTEXT_CONS(2) &&
             reader_expect(&inner, DER_OCTET_STRING, &element))
        ocsp->responder_key = element.body;
    else
        return false;
    return reader_at_end(&inner);
}

static bool read_version(struct reader *r)
{
    struct der wrapper, number;
    int64_t value;
    if (!reader_optional(r, DER_CONTEXT_CONS(0), &wrapper))
        return true;
    struct reader inner = reader_enter(&wrapper);
    return reader_expect(&inner, DER_INTEGER, &number) && der_small_int(&number, &value) &&
           value == 0 && reader_at_end(&inner);
}

static bool read_singles(struct ocsp *ocsp, struct reader *r)
{
    struct der list;
    struct ocsp_single single;
    if (!reader_expect(r, DER_SEQUENCE, &list))
        return false;
    ocsp->singles = list.body;
    ocsp->singles_offset = list.body_offset;
    struct reader singles = ocsp_singles(ocsp);
    while (ocsp->single_count < LIMIT_OCSP_SINGLES && ocsp_single_next(&singles, &single))
        ocsp->single_count++;
    if (!singles.bad && reader_at_end(&singles))
        return true;
    r->bad = true;
    r->bad_at = singles.bad ? singles.bad_at : singles.offset;
    return false;
}

static bool read_data(struct ocsp *ocsp, struct reader *r)
{
    struct der wrapper;
    if (!read_version(r) || !read_responder(ocsp, r) || !read_time(r, &ocsp->produced_at) ||
        !read_singles(ocsp, r))
        return false;
    if (reader_optional(r, DER_CONTEXT_CONS(1), &wrapper) &&
        !read_extensions(&wrapper, &ocsp->critical_unknown, OID_OCSP_NONCE, &ocsp->nonce))
        return false;
    return !r->bad && reader_at_end(r);
}

/* ---- what is around it ---- */

static bool read_certs(struct ocsp *ocsp, const struct der *wrapper)
{
    struct reader outer = reader_enter(wrapper);
    struct der list, element;
    if (!reader_expect(&outer, DER_SEQUENCE, &list) || !reader_at_end(&outer))
        return false;
    struct reader r = reader_enter(&list);
    while (!reader_at_end(&r)) {
        if (!reader_expect(&r, DER_SEQUENCE, &element))
            return false;
        if (ocsp->cert_count < LIMIT_OCSP_CERTS)
            ocsp->certs[ocsp->cert_count++] = cert_parse(element.whole);
    }
    return true;
}

/** BasicOCSPResponse: the signed data is read afterwards. */
static bool read_basic(struct ocsp *ocsp, struct reader *r, struct der *data)
{
    struct der basic, element;
    struct algorithm algorithm;
    unsigned unused;
    if (!reader_expect(r, DER_SEQUENCE, &basic) || !reader_at_end(r))
        return false;
    struct reader fields = reader_enter(&basic);
    if (!reader_next(&fields, data))
        return false;
    ocsp->tbs = data->whole;
    if (!reader_expect(&fields, DER_SEQUENCE, &element) ||
        !algorithm_read(element.whole, element.offset, &algorithm))
        return false;
    ocsp->algorithm = element.whole;
    ocsp->signature_algorithm = algorithm.id;
    ocsp->signature_digest = signature_digest(NULL, &algorithm);
    if (!reader_expect(&fields, DER_BIT_STRING, &element) ||
        !der_bit_string(&element, &ocsp->signature, &unused))
        return false;
    if (reader_optional(&fields, DER_CONTEXT_CONS(0), &element) && !read_certs(ocsp, &element))
        return false;
    return !fields.bad && reader_at_end(&fields);
}

static bool status_is_known(int64_t status)
{
    return status >= OCSP_SUCCESSFUL && status <= OCSP_UNAUTHORIZED && status != 4;
}

/** OCSPResponse ::= SEQUENCE { responseStatus ENUMERATED, responseBytes [0] OPTIONAL } */
static bool read_response(struct ocsp *ocsp, struct reader *r, struct der *data)
{
    struct der whole, element, type, octets;
    int64_t status;
    if (!reader_expect(r, DER_SEQUENCE, &whole) || !reader_at_end(r))
        return false;
    *r = reader_enter(&whole);
    if (!reader_expect(r, DER_ENUMERATED, &element) || !der_small_int(&element, &status) ||
        !status_is_known(status))
        return false;
    ocsp->status = (int)status;
    /* RFC 6960 section 4.2.1: an error has no responseBytes, a success has. */
    if (status != OCSP_SUCCESSFUL)
        return true;
    if (!reader_expect(r, DER_CONTEXT_CONS(0), &element) || !reader_at_end(r))
        return false;
    struct reader wrapper = reader_enter(&element);
    if (!reader_expect(&wrapper, DER_SEQUENCE, &element))
        return false;
    *r = reader_enter(&element);
    if (!reader_expect(r, DER_OID, &type) || oid_of(type.body) != OID_OCSP_BASIC ||
        !reader_expect(r, DER_OCTET_STRING, &octets) || !reader_at_end(r))
        return false;
    *r = reader_enter(&octets);
    return read_basic(ocsp, r, data);
}

static void read_all(struct ocsp *ocsp)
{
    struct reader r = reader_of(ocsp->der, 0);
    struct der data = {0};
    ocsp->status = -1;
    if (!read_response(ocsp, &r, &data)) {
        ocsp->bad_at = r.bad ? r.bad_at : r.offset;
        return;
    }
    ocsp->readable = OCSP_READABLE;
    if (ocsp->status != OCSP_SUCCESSFUL)
        return;
    struct reader fields = reader_enter(&data);
    if (data.tag != DER_SEQUENCE || !read_data(ocsp, &fields)) {
        ocsp->readable = OCSP_DATA_UNREADABLE;
        ocsp->bad_at = fields.bad ? fields.bad_at : fields.offset;
    }
}

struct ocsp *ocsp_parse(struct bytes der)
{
    const struct bytes looked_at = bytes_slice(der, 0, LIMIT_OCSP_BYTES);
    struct ocsp *ocsp = xcalloc(1, sizeof *ocsp + looked_at.n);
    uint8_t *copy = (uint8_t *)(ocsp + 1);
    if (looked_at.n > 0)
        memcpy(copy, looked_at.p, looked_at.n);
    ocsp->refs = 1;
    ocsp->der = bytes_of(copy, looked_at.n);
    ocsp->produced_at = TIME_NONE;
    crypto_sha256(ocsp->der, ocsp->sha256);
    read_all(ocsp);
    return ocsp;
}

struct ocsp *ocsp_ref(const struct ocsp *ocsp)
{
    struct ocsp *shared = (struct ocsp *)ocsp;
    if (shared != NULL)
        __atomic_add_fetch(&shared->refs, 1, __ATOMIC_RELAXED);
    return shared;
}

void ocsp_unref(struct ocsp *ocsp)
{
    if (ocsp == NULL || __atomic_sub_fetch(&ocsp->refs, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    for (size_t i = 0; i < ocsp->cert_count; i++)
        cert_unref(ocsp->certs[i]);
    free(ocsp);
}

/* ---- who is meant ---- */

bool ocsp_is_responder(const struct ocsp *ocsp, const struct cert *cert)
{
    if (!cert->parsed)
        return false;
    if (ocsp->responder_name.p != NULL)
        return name_equal(ocsp->responder_name, cert->subject);
    uint8_t digest[20];
    crypto_sha1(cert->key.bits_content, digest);
    return bytes_equal(ocsp->responder_key, bytes_of(digest, sizeof digest));
}

static struct bytes number_plain(struct bytes number)
{
    while (der_int_is_padded(number))
        number = bytes_slice(number, 1, number.n - 1);
    return number;
}

bool ocsp_id_names(const struct ocsp_cert_id *id, struct bytes issuer_name,
                   const struct key_info *issuer_key, struct bytes serial)
{
    uint8_t name[32], key[32];
    size_t n;
    if (!bytes_equal(number_plain(id->serial), number_plain(serial)))
        return false;
    switch (id->hash) {
    case OID_SHA1:
        n = 20;
        crypto_sha1(issuer_name, name);
        crypto_sha1(issuer_key->bits_content, key);
        break;
    case OID_SHA256:
        n = 32;
        crypto_sha256(issuer_name, name);
        crypto_sha256(issuer_key->bits_content, key);
        break;
    default:
        return false;
    }
    return bytes_equal(id->issuer_name_hash, bytes_of(name, n)) &&
           bytes_equal(id->issuer_key_hash, bytes_of(key, n));
}

/* ---- asking ---- */

static void write_id(struct writer *w, const struct cert *cert, const struct cert *issuer)
{
    uint8_t digest[20];
    writer_open(w, DER_SEQUENCE);
    writer_open(w, DER_SEQUENCE);
    writer_oid(w, OID_SHA1);
    writer_null(w);
    writer_close(w);
    crypto_sha1(cert->issuer, digest);
    writer_put(w, DER_OCTET_STRING, bytes_of(digest, sizeof digest));
    crypto_sha1(issuer->key.bits_content, digest);
    writer_put(w, DER_OCTET_STRING, bytes_of(digest, sizeof digest));
    writer_put(w, DER_INTEGER, cert->serial);
    writer_close(w);
}

static void write_nonce(struct writer *w, struct bytes nonce)
{
    writer_open(w, DER_CONTEXT_CONS(2));
    writer_open(w, DER_SEQUENCE);
    writer_open(w, DER_SEQUENCE);
    writer_oid(w, OID_OCSP_NONCE);
    writer_open(w, DER_OCTET_STRING);
    writer_put(w, DER_OCTET_STRING, nonce);
    for (int i = 0; i < 4; i++)
        writer_close(w);
}

void ocsp_request(const struct cert *cert, const struct cert *issuer, struct bytes nonce,
                  struct buf *out)
{
    struct writer w = {0};
    writer_open(&w, DER_SEQUENCE); /* OCSPRequest */
    writer_open(&w, DER_SEQUENCE); /* TBSRequest */
    writer_open(&w, DER_SEQUENCE); /* requestList */
    writer_open(&w, DER_SEQUENCE); /* Request */
    write_id(&w, cert, issuer);
    writer_close(&w);
    writer_close(&w);
    if (nonce.n > 0)
        write_nonce(&w, nonce);
    writer_close(&w);
    writer_close(&w);
    buf_add_bytes(out, buf_bytes(&w.out));
    writer_free(&w);
}
