/* SPDX-License-Identifier: Apache-2.0 */
/* Logs of our own, timestamps that they sign, certificates that hold them. */
#ifndef CERTWHY_TESTS_MADE_SCT_H
#define CERTWHY_TESTS_MADE_SCT_H

#include "made_revocation.h"

static inline void made_number(struct buf *out, uint64_t value, unsigned octets)
{
    while (octets-- > 0)
        buf_add_byte(out, (uint8_t)(value >> (8 * octets)));
}

/** A SerializedSCT with its length, appended; `issuer` NULL: over the certificate as it is. */
static inline void made_sct(struct buf *out, const struct private_key *log, const struct cert *cert,
                            const struct cert *issuer, cw_time at)
{
    BUF_CLEANUP spki = {0}, data = {0}, signature = {0}, sct = {0};
    const struct sct stamp = {.timestamp = (uint64_t)at * 1000};
    uint8_t id[32];
    private_key_spki(log, &spki);
    crypto_sha256(buf_bytes(&spki), id);
    sct_signed_data(&stamp, cert, issuer, &data);
    private_key_sign(log, OID_SHA256_ECDSA, buf_bytes(&data), &signature);
    made_number(&sct, 0, 1);
    buf_append(&sct, id, sizeof id);
    made_number(&sct, stamp.timestamp, 8);
    made_number(&sct, 0, 2); /* no extensions */
    made_number(&sct, 4, 1); /* SHA-256 */
    made_number(&sct, 3, 1); /* ECDSA */
    made_number(&sct, signature.n, 2);
    buf_add_bytes(&sct, buf_bytes(&signature));
    made_number(out, sct.n, 2);
    buf_add_bytes(out, buf_bytes(&sct));
}

/** The SignedCertificateTimestampList of what made_sct() appended. */
static inline struct bytes made_sct_list(struct arena *arena, const struct buf *scts)
{
    BUF_CLEANUP list = {0};
    made_number(&list, scts->n, 2);
    buf_add_bytes(&list, buf_bytes(scts));
    return arena_bytes(arena, buf_bytes(&list));
}

/** The certificate with the list as its last extension, signed again by its issuer. */
static inline struct cert *made_with_scts(const struct cert *cert, const struct private_key *key,
                                          struct bytes list)
{
    struct writer tbs_out = {0}, octets = {0}, w = {0};
    struct reader r = reader_of(cert->tbs, 0);
    struct der tbs, element, extensions;
    reader_next(&r, &tbs);
    r = reader_enter(&tbs);
    writer_put(&octets, DER_OCTET_STRING, list);
    writer_open(&tbs_out, DER_SEQUENCE);
    while (reader_next(&r, &element)) {
        if (element.tag != DER_CONTEXT_CONS(3)) {
            writer_raw(&tbs_out, element.whole);
            continue;
        }
        struct reader inner = reader_enter(&element);
        reader_next(&inner, &extensions);
        writer_open(&tbs_out, DER_CONTEXT_CONS(3));
        writer_open(&tbs_out, DER_SEQUENCE);
        writer_raw(&tbs_out, extensions.body);
        made_extension(&tbs_out, OID_SCT_LIST, false, buf_bytes(&octets.out));
        writer_close(&tbs_out);
        writer_close(&tbs_out);
    }
    writer_close(&tbs_out);
    writer_open(&w, DER_SEQUENCE);
    made_sign(&w, key, buf_bytes(&tbs_out.out));
    writer_close(&w);
    struct cert *out = cert_parse(buf_bytes(&w.out));
    writer_free(&tbs_out);
    writer_free(&octets);
    writer_free(&w);
    return out;
}

#endif
