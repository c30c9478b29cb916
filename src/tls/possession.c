/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a server's first flight proves that it holds its certificate's key: the signature of
 * CertificateVerify (TLS 1.3) or ServerKeyExchange (TLS 1.2). */
#include <string.h>

#include "internal.h"
#include "x509/x509.h"

/* AlgorithmIdentifiers of the schemes: RFC 5758, RFC 4055 section 3.1, RFC 8410. */
#define PSS(hash, salt)                                                                            \
    "\x30\x41\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x34\xa0\x0f\x30\x0d\x06\x09\x60\x86" \
    "\x48\x01\x65\x03\x04\x02" hash "\x05\x00\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01" \
    "\x01\x08\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02" hash                                \
    "\x05\x00\xa2\x03\x02\x01" salt
#define PKCS1(n) "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01" n "\x05\x00"
#define ECDSA(n) "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03" n
#define ROW(id, der)                                                                               \
    {                                                                                              \
        id, (const uint8_t *)(der), sizeof(der) - 1                                                \
    }

static const struct scheme_algorithm {
    unsigned scheme;
    const uint8_t *der;
    size_t n;
} algorithms[] = {
    ROW(0x0403, ECDSA("\x02")),
    ROW(0x0503, ECDSA("\x03")),
    ROW(0x0603, ECDSA("\x04")),
    ROW(0x0804, PSS("\x01", "\x20")),
    ROW(0x0805, PSS("\x02", "\x30")),
    ROW(0x0806, PSS("\x03", "\x40")),
    ROW(0x0809, PSS("\x01", "\x20")),
    ROW(0x080a, PSS("\x02", "\x30")),
    ROW(0x080b, PSS("\x03", "\x40")),
    ROW(0x0401, PKCS1("\x0b")),
    ROW(0x0501, PKCS1("\x0c")),
    ROW(0x0601, PKCS1("\x0d")),
    ROW(0x0201, PKCS1("\x05")),
    ROW(0x0203, "\x30\x09\x06\x07\x2a\x86\x48\xce\x3d\x04\x01"),
    ROW(0x0807, "\x30\x05\x06\x03\x2b\x65\x70"),
    ROW(0x0808, "\x30\x05\x06\x03\x2b\x65\x71"),
};

static struct bytes algorithm_of(unsigned scheme)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++)
        if (algorithms[i].scheme == scheme)
            return bytes_of(algorithms[i].der, algorithms[i].n);
    return bytes_of(NULL, 0);
}

/* RFC 8446 section 4.4.3: 64 spaces, a text, an octet of zero, the transcript so far. */
static void signed_tls13(const struct possession *p, struct buf *out)
{
    static const char text[] = "TLS 1.3, server CertificateVerify";
    for (int i = 0; i < 64; i++)
        buf_add_byte(out, ' ');
    buf_append(out, text, sizeof text);
    buf_append(out, p->transcript, 32);
}

/* RFC 5246 section 7.4.3: both randoms, then the parameters. They stand behind the four octets of a
 * header and two of a version in either hello. */
static bool signed_tls12(const struct possession *p, struct bytes *body, struct buf *out)
{
    enum { AT = MESSAGE_HEADER + 2, NAMED_CURVE = 3 };
    const struct bytes whole = *body;
    struct bytes type, curve, point;
    if (!take(body, 1, &type) || type.p[0] != NAMED_CURVE || !take(body, 2, &curve) ||
        !take_vector(body, 1, &point))
        return false;
    buf_add_bytes(out, bytes_slice(p->hello, AT, RANDOM_BYTES));
    buf_add_bytes(out, bytes_slice(p->server_hello, AT, RANDOM_BYTES));
    buf_add_bytes(out, bytes_slice(whole, 0, whole.n - body->n));
    return true;
}

int possession_check(const struct possession *p, struct bytes body)
{
    BUF_CLEANUP data = {0};
    struct bytes scheme, signature;
    if (p->tls13)
        signed_tls13(p, &data);
    else if (!signed_tls12(p, &body, &data))
        return 0;
    if (!take(&body, 2, &scheme) || !take_vector(&body, 2, &signature))
        return 0;
    const struct bytes algorithm = algorithm_of(big_endian(scheme));
    struct cert *leaf = cert_parse(p->leaf);
    int proven = 0;
    if (algorithm.n && leaf->parsed)
        switch (crypto_verify(leaf->key.spki, algorithm, buf_bytes(&data), signature)) {
        case SIG_OK:
            proven = 1;
            break;
        case SIG_BAD:
        case SIG_KEY_MISMATCH:
            proven = -1;
            break;
        default:
            break;
        }
    cert_unref(leaf);
    return proven;
}
