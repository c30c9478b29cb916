/* SPDX-License-Identifier: Apache-2.0 */
/* Signed certificate timestamps: their list (RFC 6962 section 3.3), what a log signed (section 3.2)
 * and whether it did. */
#include <string.h>

#include "internal.h"

/* ---- TLS presentation language (RFC 5246 section 4) ---- */

static bool take_number(struct bytes *in, size_t octets, uint64_t *out)
{
    if (in->n < octets)
        return false;
    *out = 0;
    for (size_t i = 0; i < octets; i++)
        *out = *out << 8 | in->p[i];
    *in = bytes_of(in->p + octets, in->n - octets);
    return true;
}

static bool take_bytes(struct bytes *in, size_t n, struct bytes *out)
{
    if (in->n < n)
        return false;
    *out = bytes_of(in->p, n);
    *in = bytes_of(in->p + n, in->n - n);
    return true;
}

/** opaque<0..2^16-1> */
static bool take_vector(struct bytes *in, struct bytes *out)
{
    uint64_t n;
    return take_number(in, 2, &n) && take_bytes(in, (size_t)n, out);
}

static void put_number(struct buf *out, uint64_t value, unsigned octets)
{
    while (octets-- > 0)
        buf_add_byte(out, (uint8_t)(value >> (8 * octets)));
}

/* ---- the list ---- */

struct sct_list sct_list_of(struct bytes list)
{
    struct sct_list out = {.left = LIMIT_SCTS};
    /* SerializedSCT sct_list<1..2^16-1> */
    out.bad = !take_vector(&list, &out.rest) || list.n > 0 || out.rest.n == 0;
    return out;
}

static bool read_sct(struct bytes in, struct sct *out)
{
    uint64_t version, hash, algorithm;
    *out = (struct sct){.whole = in};
    if (!take_number(&in, 1, &version))
        return false;
    out->version = (unsigned)version;
    if (version != 0)
        return true;
    if (!take_bytes(&in, 32, &out->log_id) || !take_number(&in, 8, &out->timestamp) ||
        !take_vector(&in, &out->extensions) || !take_number(&in, 1, &hash) ||
        !take_number(&in, 1, &algorithm) || !take_vector(&in, &out->signature))
        return false;
    out->hash = (uint8_t)hash;
    out->algorithm = (uint8_t)algorithm;
    return in.n == 0;
}

bool sct_next(struct sct_list *list, struct sct *out)
{
    struct bytes serialized;
    if (list->bad || list->rest.n == 0)
        return false;
    list->bad =
        list->left == 0 || !take_vector(&list->rest, &serialized) || !read_sct(serialized, out);
    list->left--;
    return !list->bad;
}

struct bytes cert_sct_list(const struct cert *cert)
{
    const struct extension *extension = cert_extension(cert, OID_SCT_LIST);
    struct der octets;
    if (extension == NULL)
        return bytes_of(NULL, 0);
    struct reader r = reader_of(extension->value, extension->value_offset);
    return reader_expect(&r, DER_OCTET_STRING, &octets) ? octets.body : bytes_of(NULL, 0);
}

/* ---- what was signed ---- */

/** Every extension but poison and timestamps, as it is. */
static bool write_extensions(struct writer *w, const struct der *wrapper)
{
    struct reader list;
    struct extension e;
    if (!extensions_enter(wrapper, &list))
        return false;
    struct bytes before = list.rest;
    writer_open(w, DER_CONTEXT_CONS(3));
    writer_open(w, DER_SEQUENCE);
    while (extension_take(&list, &e)) {
        if (e.id != OID_CT_POISON && e.id != OID_SCT_LIST)
            writer_raw(w, bytes_slice(before, 0, before.n - list.rest.n));
        before = list.rest;
    }
    writer_close(w);
    writer_close(w);
    return !list.bad;
}

bool sct_precert_tbs(const struct cert *cert, struct buf *out)
{
    struct reader outer = reader_of(cert->tbs, 0);
    struct der tbs, element;
    if (!cert->parsed || !reader_expect(&outer, DER_SEQUENCE, &tbs))
        return false;
    struct reader fields = reader_enter(&tbs);
    struct writer w = {0};
    bool good = true;
    writer_open(&w, DER_SEQUENCE);
    while (good && reader_next(&fields, &element)) {
        if (element.tag == DER_CONTEXT_CONS(3))
            good = write_extensions(&w, &element);
        else
            writer_raw(&w, element.whole);
    }
    good = good && !fields.bad;
    if (good) {
        writer_close(&w);
        buf_add_bytes(out, buf_bytes(&w.out));
    }
    writer_free(&w);
    return good;
}

/** signed_entry of the digitally-signed struct in RFC 6962 section 3.2. */
static bool write_entry(const struct cert *cert, const struct cert *issuer, struct buf *out)
{
    BUF_CLEANUP tbs = {0};
    uint8_t issuer_key_hash[32];
    struct bytes entry = cert->der;
    if (issuer != NULL) {
        if (!sct_precert_tbs(cert, &tbs))
            return false;
        entry = buf_bytes(&tbs);
        crypto_sha256(issuer->key.spki, issuer_key_hash);
        buf_append(out, issuer_key_hash, sizeof issuer_key_hash);
    }
    if (entry.n >= 1 << 24)
        return false;
    put_number(out, entry.n, 3);
    buf_add_bytes(out, entry);
    return true;
}

bool sct_signed_data(const struct sct *sct, const struct cert *cert, const struct cert *issuer,
                     struct buf *out)
{
    if (sct->version != 0 || !cert->parsed)
        return false;
    put_number(out, sct->version, 1);
    put_number(out, 0, 1); /* certificate_timestamp */
    put_number(out, sct->timestamp, 8);
    put_number(out, issuer != NULL, 2); /* x509_entry(0), precert_entry(1) */
    if (!write_entry(cert, issuer, out))
        return false;
    put_number(out, sct->extensions.n, 2);
    buf_add_bytes(out, sct->extensions);
    return true;
}

/* RFC 6962 section 2.1.4: ECDSA on P-256 or RSA, with SHA-256. */
static enum oid signature_oid(const struct sct *sct)
{
    if (sct->hash != 4)
        return OID_UNKNOWN;
    return sct->algorithm == 3 ? OID_SHA256_ECDSA
                               : (sct->algorithm == 1 ? OID_SHA256_RSA : OID_UNKNOWN);
}

static enum sig_result verify_once(struct sig_memo *memo, int *budget, struct bytes log_spki,
                                   struct bytes algorithm, const struct buf *data,
                                   const struct sct *sct)
{
    BUF_CLEANUP whole = {0};
    uint8_t sha256[32], log_sha256[32];
    buf_add_bytes(&whole, buf_bytes(data));
    buf_add_bytes(&whole, sct->signature);
    crypto_sha256(buf_bytes(&whole), sha256);
    crypto_sha256(log_spki, log_sha256);
    const struct signed_object object = {.algorithm = algorithm,
                                         .tbs = buf_bytes(data),
                                         .signature = sct->signature,
                                         .sha256 = sha256};
    const struct public_key key = {.spki = log_spki, .sha256 = log_sha256};
    return sig_memo_verify(memo, key, &object, budget);
}

enum sig_result sct_verify(const struct sct *sct, const struct cert *cert,
                           const struct cert *issuer, struct bytes log_spki)
{
    return sct_verify_memo(NULL, NULL, sct, cert, issuer, log_spki);
}

enum sig_result sct_verify_memo(struct sig_memo *memo, int *budget, const struct sct *sct,
                                const struct cert *cert, const struct cert *issuer,
                                struct bytes log_spki)
{
    const enum oid oid = signature_oid(sct);
    BUF_CLEANUP data = {0};
    if (oid == OID_UNKNOWN || !sct_signed_data(sct, cert, issuer, &data))
        return SIG_UNSUPPORTED;
    struct writer algorithm = {0};
    writer_open(&algorithm, DER_SEQUENCE);
    writer_oid(&algorithm, oid);
    if (oid == OID_SHA256_RSA)
        writer_null(&algorithm);
    writer_close(&algorithm);
    const enum sig_result result =
        memo ? verify_once(memo, budget, log_spki, buf_bytes(&algorithm.out), &data, sct)
             : crypto_verify(log_spki, buf_bytes(&algorithm.out), buf_bytes(&data), sct->signature);
    writer_free(&algorithm);
    return result;
}
