/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate and TBSCertificate (RFC 5280 section 4.1). */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/** A certificate, its extensions and its bytes are one allocation. */
struct holder {
    struct cert cert; /* first: cert_unref() frees the holder by it */
    size_t room;
    struct extension extensions[];
};

/** The Extension elements inside a certificate, to know how much to allocate. */
static size_t count_extensions(struct bytes der)
{
    struct reader r = reader_of(der, 0);
    struct der element;
    for (int depth = 0; depth < 2; depth++) {
        if (!reader_expect(&r, DER_SEQUENCE, &element))
            return 0;
        r = reader_enter(&element);
    }
    while (reader_next(&r, &element) && element.tag != DER_CONTEXT_CONS(3))
        ;
    if (r.bad || element.tag != DER_CONTEXT_CONS(3))
        return 0;
    r = reader_enter(&element);
    if (!reader_next(&r, &element))
        return 0;
    r = reader_enter(&element);
    size_t count = 0;
    while (count < LIMIT_EXTENSIONS && reader_next(&r, &element))
        count++;
    return count;
}

static struct holder *holder_new(struct bytes der)
{
    const size_t room = count_extensions(der);
    struct holder *holder = xcalloc(1, sizeof *holder + room * sizeof *holder->extensions + der.n);
    uint8_t *copy = (uint8_t *)(holder->extensions + room);
    if (der.n > 0)
        memcpy(copy, der.p, der.n);
    holder->room = room;
    holder->cert = (struct cert){
        .refs = 1,
        .der = {copy, der.n},
        .extensions = holder->extensions,
        .not_before = TIME_NONE,
        .not_after = TIME_NONE,
        .path_length = -1,
    };
    return holder;
}

/* ---- the fields of TBSCertificate ---- */

/** Version ::= INTEGER { v1(0), v2(1), v3(2) }, [0] EXPLICIT DEFAULT v1 (RFC 5280 4.1.2.1). */
static void read_version(struct cert *cert, const struct der *wrapper)
{
    struct reader r = reader_enter(wrapper);
    struct der number;
    int64_t value;
    if (!element_take(cert, &r, DER_INTEGER, &number) || !reader_at_end(&r) ||
        !der_small_int(&number, &value) || value > 2) {
        anomaly_add(cert, ANOMALY_VERSION_UNKNOWN, wrapper->offset);
        if (r.bad || !reader_at_end(&r) || number.body.n == 0 || der_int_is_padded(number.body))
            anomaly_add(cert, ANOMALY_MALFORMED, r.bad ? r.bad_at : r.offset);
        const bool readable = !r.bad && der_small_int(&number, &value) && value < INT32_MAX;
        cert->version = readable ? (unsigned)value + 1 : 0;
        return;
    }
    if (der_int_is_padded(number.body))
        anomaly_add(cert, ANOMALY_MALFORMED, number.offset);
    if (value == 0)
        anomaly_add(cert, ANOMALY_VERSION_EXPLICIT_1, wrapper->offset);
    cert->version = (unsigned)value + 1;
}

/** RFC 5280 section 4.1.2.2: positive, at most 20 octets. */
static void read_serial(struct cert *cert, const struct der *serial)
{
    const struct bytes body = serial->body;
    cert->serial = body;
    if (body.n == 0) {
        anomaly_add(cert, ANOMALY_MALFORMED, serial->offset);
        return;
    }
    size_t zeros = 0;
    while (zeros < body.n && body.p[zeros] == 0)
        zeros++;
    if (zeros == body.n)
        anomaly_add(cert, ANOMALY_SERIAL_ZERO, serial->offset);
    if ((body.p[0] & 0x80) != 0)
        anomaly_add(cert, ANOMALY_SERIAL_NEGATIVE, serial->offset);
    if (der_int_is_padded(body))
        anomaly_add(cert, ANOMALY_SERIAL_PADDED, serial->offset);
    if (body.n > 20)
        anomaly_add(cert, ANOMALY_SERIAL_LONG, serial->offset);
}

static cw_time read_time(struct cert *cert, struct reader *r, uint8_t *out)
{
    static const struct {
        unsigned fault;
        enum anomaly_id anomaly;
    } rows[] = {
        {DER_TIME_NO_SECONDS, ANOMALY_TIME_NO_SECONDS}, {DER_TIME_OFFSET, ANOMALY_TIME_OFFSET},
        {DER_TIME_FRACTION, ANOMALY_TIME_FRACTION},     {DER_TIME_NOT_UTC, ANOMALY_TIME_NOT_UTC},
        {DER_TIME_UNREADABLE, ANOMALY_TIME_UNREADABLE},
    };
    struct der element = {.offset = r->offset};
    cw_time t = TIME_NONE;
    const unsigned faults = reader_next(r, &element) ? der_time(&element, &t) : DER_TIME_UNREADABLE;
    *out = (uint8_t)faults;
    if (!r->bad && element.tag != DER_UTC_TIME && element.tag != DER_GENERALIZED_TIME)
        anomaly_add(cert, ANOMALY_MALFORMED, element.offset);
    for (size_t i = 0; faults != 0 && i < sizeof rows / sizeof *rows; i++) {
        if ((faults & rows[i].fault) != 0)
            anomaly_add(cert, rows[i].anomaly, element.offset);
    }
    return t;
}

/** RFC 5280 section 4.1.2.5 */
static void read_validity(struct cert *cert, const struct der *validity)
{
    struct reader r = reader_enter(validity);
    cert->not_before = read_time(cert, &r, &cert->not_before_faults);
    cert->not_after = read_time(cert, &r, &cert->not_after_faults);
    cert->time_faults = cert->not_before_faults | cert->not_after_faults;
    if (r.bad || !reader_at_end(&r))
        anomaly_add(cert, ANOMALY_MALFORMED, r.bad ? r.bad_at : r.offset);
    if (cert->not_before != TIME_NONE && cert->not_after != TIME_NONE &&
        cert->not_after < cert->not_before)
        anomaly_add(cert, ANOMALY_TIME_REVERSED, validity->offset);
}

static void read_name(struct cert *cert, const struct der *name, bool is_issuer)
{
    *(is_issuer ? &cert->issuer : &cert->subject) = name->whole;
    *(is_issuer ? &cert->issuer_hash : &cert->subject_hash) =
        name_check(cert, name->whole, name->offset);
    /* RFC 5280 section 4.1.2.4: only the subject may be empty. */
    if (is_issuer && name->body.n == 0)
        anomaly_add(cert, ANOMALY_NAME_EMPTY_ISSUER, name->offset);
}

/* ---- extensions ---- */

/** critical BOOLEAN DEFAULT FALSE */
static bool read_critical(struct cert *cert, struct reader *r)
{
    struct der boolean;
    if (!reader_optional(r, DER_BOOLEAN, &boolean))
        return false;
    if (boolean.body.n != 1)
        anomaly_add(cert, ANOMALY_MALFORMED, boolean.offset);
    const uint8_t value = boolean.body.n == 1 ? boolean.body.p[0] : 1;
    if (value == 0)
        anomaly_add(cert, ANOMALY_CRITICAL_FALSE, boolean.offset);
    else if (value != 0xff)
        anomaly_add(cert, ANOMALY_BOOLEAN_NOT_FF, boolean.offset);
    return value != 0;
}

/** RFC 5280 section 4.2: no more than one of each. */
static bool check_duplicate(struct cert *cert, const struct extension *extension)
{
    for (size_t i = 0; i < cert->extension_count; i++) {
        const struct extension *other = &cert->extensions[i];
        if (other->id != extension->id || !bytes_equal(other->oid, extension->oid))
            continue;
        anomaly_add(cert,
                    extension->id == OID_UNKNOWN ? ANOMALY_EXTENSION_DUPLICATE_UNKNOWN
                                                 : ANOMALY_EXTENSION_DUPLICATE,
                    extension->offset);
        return true;
    }
    return false;
}

/** Extension ::= SEQUENCE { extnID, critical, extnValue } (RFC 5280 section 4.1). The first of
 * several of a kind fills the certificate's fields. */
static void read_extension(struct holder *holder, const struct der *element)
{
    struct cert *cert = &holder->cert;
    struct reader r = reader_enter(element);
    struct der oid, value = {0};
    if (element->tag != DER_SEQUENCE || !element_take(cert, &r, DER_OID, &oid) ||
        !oid_is_well_formed(oid.body)) {
        anomaly_add(cert, ANOMALY_EXTENSION_MALFORMED, element->offset);
        anomaly_add(cert, ANOMALY_MALFORMED, element->offset);
        return;
    }
    if ((element->flags & DER_LONG_LENGTH) != 0)
        anomaly_add(cert, ANOMALY_LONG_LENGTH, element->offset);
    const bool critical = read_critical(cert, &r);
    const bool has_value = element_take(cert, &r, DER_OCTET_STRING, &value);
    if (!has_value || !reader_at_end(&r)) {
        anomaly_add(cert, ANOMALY_EXTENSION_MALFORMED, r.bad ? r.bad_at : r.offset);
        anomaly_add(cert, ANOMALY_MALFORMED, r.bad ? r.bad_at : r.offset);
    }
    const struct extension extension = {
        .id = oid_of(oid.body),
        .critical = critical,
        .oid = oid.body,
        .value = value.body,
        .offset = (uint32_t)element->offset,
        .value_offset = (uint32_t)(has_value ? value.body_offset : r.offset),
    };
    const bool duplicate = check_duplicate(cert, &extension);
    holder->extensions[cert->extension_count++] = extension;
    if (has_value && !duplicate)
        extension_read(cert, &extension);
}

static void read_extensions(struct holder *holder, const struct der *wrapper)
{
    struct cert *cert = &holder->cert;
    struct reader r = reader_enter(wrapper);
    struct der list, element;
    if (cert->version < 3)
        anomaly_add(cert, ANOMALY_EXTENSIONS_NOT_V3, wrapper->offset);
    if (!element_take(cert, &r, DER_SEQUENCE, &list) || !reader_at_end(&r)) {
        anomaly_add(cert, ANOMALY_MALFORMED, r.bad ? r.bad_at : r.offset);
        if (r.bad)
            return;
    }
    if (list.body.n == 0)
        anomaly_add(cert, ANOMALY_EXTENSIONS_EMPTY, list.offset);
    r = reader_enter(&list);
    while (!reader_at_end(&r) && cert->extension_count < holder->room && reader_next(&r, &element))
        read_extension(holder, &element);
    if (r.bad)
        anomaly_add(cert, ANOMALY_MALFORMED, r.bad_at);
    else if (!reader_at_end(&r))
        anomaly_add(cert,
                    holder->room == LIMIT_EXTENSIONS ? ANOMALY_EXTENSIONS_TOO_MANY
                                                     : ANOMALY_MALFORMED,
                    r.offset);
    extensions_check(cert);
}

/* ---- the whole ---- */

/** issuerUniqueID [1], subjectUniqueID [2], extensions [3]: oddities do not stop us any more. */
static void read_tail(struct holder *holder, struct reader *r)
{
    struct cert *cert = &holder->cert;
    struct der element;
    while (reader_optional(r, DER_CONTEXT(1), &element) ||
           reader_optional(r, DER_CONTEXT(2), &element))
        anomaly_add(cert, ANOMALY_UNIQUE_ID, element.offset);
    if (reader_optional(r, DER_CONTEXT_CONS(3), &element)) {
        if ((element.flags & DER_LONG_LENGTH) != 0)
            anomaly_add(cert, ANOMALY_LONG_LENGTH, element.offset);
        read_extensions(holder, &element);
    }
    if (r->bad)
        anomaly_add(cert, ANOMALY_MALFORMED, r->bad_at);
    else if (!reader_at_end(r))
        anomaly_add(cert, ANOMALY_TBS_TRAILING, r->offset);
}

/** TBSCertificate up to the public key; false (and r->bad_at) where it cannot be followed. */
static bool read_tbs(struct cert *cert, struct reader *r)
{
    struct der element;
    cert->version = 1;
    if (reader_optional(r, DER_CONTEXT_CONS(0), &element))
        read_version(cert, &element);
    if (!element_take(cert, r, DER_INTEGER, &element))
        return false;
    read_serial(cert, &element);
    if (!element_take(cert, r, DER_SEQUENCE, &element))
        return false;
    cert->inner_algorithm = element.whole;
    if (!element_take(cert, r, DER_SEQUENCE, &element))
        return false;
    read_name(cert, &element, true);
    if (!element_take(cert, r, DER_SEQUENCE, &element))
        return false;
    read_validity(cert, &element);
    if (!element_take(cert, r, DER_SEQUENCE, &element))
        return false;
    read_name(cert, &element, false);
    if (!element_take(cert, r, DER_SEQUENCE, &element))
        return false;
    key_read(cert, element.whole, element.offset, &cert->key);
    return true;
}

/** The same algorithm with the same parameters, however their lengths are written. */
static bool algorithm_equal(const struct algorithm *a, const struct algorithm *b)
{
    if (!bytes_equal(a->oid, b->oid) || a->has_parameters != b->has_parameters)
        return false;
    return !a->has_parameters || (a->parameters.tag == b->parameters.tag &&
                                  bytes_equal(a->parameters.body, b->parameters.body));
}

/** RFC 5280 section 4.1.1.2: the signed and the unsigned algorithm are the same. */
static void read_algorithm(struct cert *cert, const struct der *outer)
{
    cert->outer_algorithm = outer->whole;
    struct algorithm algorithm;
    if (!algorithm_read(outer->whole, outer->offset, &algorithm))
        anomaly_add(cert, ANOMALY_MALFORMED, outer->offset);
    cert->signature_algorithm = algorithm.id;
    cert->signature_digest = signature_digest(cert, &algorithm);
    if (bytes_equal(cert->inner_algorithm, cert->outer_algorithm))
        return;
    const size_t at = (size_t)(cert->inner_algorithm.p - cert->der.p);
    struct algorithm inner;
    if (!algorithm_read(cert->inner_algorithm, at, &inner))
        anomaly_add(cert, ANOMALY_MALFORMED, at);
    else
        signature_digest(cert, &inner);
    anomaly_add(
        cert, algorithm_equal(&inner, &algorithm) ? ANOMALY_LONG_LENGTH : ANOMALY_ALGORITHMS_DIFFER,
        outer->offset);
}

/** signatureAlgorithm and signatureValue (RFC 5280 sections 4.1.1.2 and 4.1.1.3). */
static void read_signature(struct cert *cert, struct reader *r)
{
    struct der algorithm, signature;
    unsigned unused;
    if (element_take(cert, r, DER_SEQUENCE, &algorithm)) {
        read_algorithm(cert, &algorithm);
        if (element_take(cert, r, DER_BIT_STRING, &signature)) {
            if (!der_bit_string(&signature, &cert->signature, &unused))
                anomaly_add(cert, ANOMALY_MALFORMED, signature.offset);
            else if (unused != 0)
                anomaly_add(cert, ANOMALY_SIGNATURE_UNUSED_BITS, signature.body_offset);
        }
    }
    if (r->bad)
        anomaly_add(cert, ANOMALY_MALFORMED, r->bad_at);
    else if (!reader_at_end(r))
        anomaly_add(cert, ANOMALY_TBS_TRAILING, r->offset);
}

static bool read_failed(struct cert *cert, size_t offset)
{
    cert->bad_at = (uint32_t)offset;
    anomaly_add(cert, ANOMALY_MALFORMED, offset);
    return false;
}

static bool read_certificate(struct holder *holder)
{
    struct cert *cert = &holder->cert;
    struct reader outer = reader_of(cert->der, 0);
    struct der whole, tbs;
    if (!element_take(cert, &outer, DER_SEQUENCE, &whole)) {
        /* A length that runs past the end: what is missing begins where the bytes end. */
        const bool cut = reader_peek(&(struct reader){.rest = cert->der}) == DER_SEQUENCE;
        return read_failed(cert, cut && outer.bad_at == 0 ? cert->der.n : outer.bad_at);
    }
    struct reader r = reader_enter(&whole);
    if (!element_take(cert, &r, DER_SEQUENCE, &tbs))
        return read_failed(cert, r.bad_at);
    cert->tbs = tbs.whole;
    struct reader fields = reader_enter(&tbs);
    if (!read_tbs(cert, &fields))
        return read_failed(cert, fields.bad_at);
    read_tail(holder, &fields);
    read_signature(cert, &r);
    return true;
}

struct cert *cert_parse(struct bytes der)
{
    const struct bytes looked_at = bytes_slice(der, 0, LIMIT_CERT_BYTES);
    struct reader r = reader_of(looked_at, 0);
    struct der whole;
    const bool complete = reader_expect(&r, DER_SEQUENCE, &whole);
    const struct bytes own = complete ? whole.whole : looked_at;
    struct holder *holder = holder_new(own);
    struct cert *cert = &holder->cert;
    crypto_sha256(cert->der, cert->sha256);
    if (complete && own.n < der.n)
        anomaly_add(cert, ANOMALY_TRAILING, own.n);
    cert->parsed = read_certificate(holder);
    return cert;
}

struct cert *cert_ref(const struct cert *cert)
{
    struct cert *shared = (struct cert *)cert;
    if (shared != NULL)
        __atomic_add_fetch(&shared->refs, 1, __ATOMIC_RELAXED);
    return shared;
}

void cert_unref(struct cert *cert)
{
    if (cert != NULL && __atomic_sub_fetch(&cert->refs, 1, __ATOMIC_ACQ_REL) == 0)
        free(cert);
}

bool cert_equal(const struct cert *a, const struct cert *b)
{
    return a == b || memcmp(a->sha256, b->sha256, sizeof a->sha256) == 0;
}

const struct extension *cert_extension(const struct cert *cert, enum oid id)
{
    for (size_t i = 0; i < cert->extension_count; i++) {
        if (cert->extensions[i].id == id)
            return &cert->extensions[i];
    }
    return NULL;
}

bool cert_is_self_issued(const struct cert *cert)
{
    return name_equal(cert->issuer, cert->subject);
}

bool cert_has_subject(const struct cert *cert)
{
    return !name_is_empty(cert->subject);
}

bool cert_peek_names(struct bytes der, struct bytes *issuer, struct bytes *subject)
{
    struct reader r = reader_of(der, 0);
    struct der element, validity, name;
    for (int depth = 0; depth < 2; depth++) {
        if (!reader_expect(&r, DER_SEQUENCE, &element))
            return false;
        r = reader_enter(&element);
    }
    reader_optional(&r, DER_CONTEXT_CONS(0), &element);
    if (!reader_expect(&r, DER_INTEGER, &element) || !reader_expect(&r, DER_SEQUENCE, &element) ||
        !reader_expect(&r, DER_SEQUENCE, &name) || !reader_expect(&r, DER_SEQUENCE, &validity))
        return false;
    *issuer = name.whole;
    if (!reader_expect(&r, DER_SEQUENCE, &name))
        return false;
    *subject = name.whole;
    return true;
}
