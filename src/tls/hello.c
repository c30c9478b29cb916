/* SPDX-License-Identifier: Apache-2.0 */
/* A ClientHello of our own (RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2, RFC 6101), and that
 * of SSL 2.0. */
#include "internal.h"

#include <string.h>

enum {
    CLIENT_HELLO = 1,
    RECORD_BYTES = 1 << 14,
    SCSV_RENEGOTIATION = 0x00ff, /* RFC 5746 section 3.3 */
    SCSV_FALLBACK = 0x5600,      /* RFC 7507 section 2 */
};

static void put(struct buf *out, size_t value, unsigned width)
{
    uint8_t octets[sizeof value];
    for (unsigned i = 0; i < width; i++)
        octets[i] = (uint8_t)(value >> (8 * (width - 1 - i)));
    buf_append(out, octets, width);
}

/* Long lists are most of a hello: they are written at once. */
static void put_numbers(struct buf *out, const uint16_t *items, size_t count)
{
    uint8_t octets[2 * 64];
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        octets[n++] = (uint8_t)(items[i] >> 8);
        octets[n++] = (uint8_t)items[i];
        if (n == sizeof octets || i + 1 == count) {
            buf_append(out, octets, n);
            n = 0;
        }
    }
}

static void put_vector(struct buf *out, unsigned width, const struct buf *content)
{
    put(out, content->n, width);
    buf_add_bytes(out, buf_bytes(content));
}

static void put_extension(struct buf *out, unsigned type, const struct buf *content)
{
    put(out, type, 2);
    put_vector(out, 2, content);
}

static void put_list(struct buf *out, unsigned type, const uint16_t *items, size_t count)
{
    BUF_CLEANUP list = {0}, content = {0};
    if (count == 0)
        return;
    put_numbers(&list, items, count);
    put_vector(&content, 2, &list);
    put_extension(out, type, &content);
}

/* ---- extensions, each after its RFC ---- */

/* RFC 6066 section 3 */
static void put_server_name(struct buf *out, const char *sni)
{
    BUF_CLEANUP entry = {0}, content = {0};
    put(&entry, 0, 1);
    put(&entry, strlen(sni), 2);
    buf_add_str(&entry, sni);
    put_vector(&content, 2, &entry);
    put_extension(out, 0, &content);
}

/* RFC 7301 */
static void put_alpn(struct buf *out, const char *protocols)
{
    BUF_CLEANUP list = {0}, content = {0};
    for (const char *p = protocols; *p; p += strcspn(p, ","), p += *p == ',') {
        const size_t n = strcspn(p, ",");
        put(&list, n, 1);
        buf_append(&list, p, n);
    }
    put_vector(&content, 2, &list);
    put_extension(out, 16, &content);
}

/* RFC 8446 section 4.2.1: TLS 1.3 is asked for alone, so that nothing older answers in its place.
 */
static void put_versions(struct buf *out, const struct hello_offer *offer)
{
    BUF_CLEANUP list = {0}, content = {0};
    put(&list, TLS_1_3, 2);
    if (offer->and_tls12)
        put(&list, TLS_1_2, 2);
    for (int version = TLS_1_1; offer->and_older && version >= TLS_1_0; version--)
        put(&list, (size_t)version, 2);
    put_vector(&content, 1, &list);
    put_extension(out, 43, &content);
}

/* RFC 8446 section 4.2.8. The base point of curve25519 (RFC 7748 section 4.1) is a share for which
 * no key is needed: fine where nothing secret follows. Without a share the server asks for the
 * group that it likes best. */
static void put_key_share(struct buf *out, unsigned group)
{
    static const uint8_t base_point[32] = {9};
    BUF_CLEANUP list = {0}, content = {0};
    if (group == GROUP_X25519MLKEM768) {
        /* FIPS 203 section 7.2: an encapsulation key of 1184 octets, whose coefficients may be 0;
         * draft-ietf-tls-ecdhe-mlkem: it stands before the point */
        static const uint8_t encapsulation_key[1184] = {0};
        put(&list, group, 2);
        put(&list, sizeof encapsulation_key + sizeof base_point, 2);
        buf_append(&list, encapsulation_key, sizeof encapsulation_key);
        buf_append(&list, base_point, sizeof base_point);
    }
    if (group) {
        put(&list, GROUP_X25519, 2);
        put(&list, sizeof base_point, 2);
        buf_append(&list, base_point, sizeof base_point);
    }
    put_vector(&content, 2, &list);
    put_extension(out, 51, &content);
}

static void put_fixed(struct buf *out, unsigned type, const char *content, size_t n)
{
    put(out, type, 2);
    put(out, n, 2);
    buf_append(out, content, n);
}

static void put_extensions(const struct hello_offer *offer, struct buf *out)
{
    const bool tls13 = offer->version == TLS_1_3, older = !tls13 || offer->and_tls12;
    if (offer->sni)
        put_server_name(out, offer->sni);
    put_list(out, 10, offer->groups, offer->group_count);
    if (older && offer->group_count)
        put_fixed(out, 11, "\1\0", 2); /* RFC 8422 section 5.1.2: uncompressed points */
    if (offer->version >= TLS_1_2)
        put_list(out, 13, offer->schemes, offer->scheme_count);
    if (offer->status_request)
        put_fixed(out, 5, "\1\0\0\0\0", 5);
    if (offer->timestamps)
        put_fixed(out, 18, "", 0);
    if (offer->heartbeat)
        put_fixed(out, 15, "\1", 1); /* RFC 6520 */
    if (offer->alpn)
        put_alpn(out, offer->alpn);
    if (older)
        put_fixed(out, 23, "", 0); /* RFC 7627 */
    if (offer->encrypt_then_mac)
        put_fixed(out, 22, "", 0); /* RFC 7366 */
    if (offer->ticket && older)
        put_fixed(out, 35, "", 0); /* RFC 5077 */
    if (tls13) {
        put_versions(out, offer);
        put_key_share(out, offer->share);
    }
    if (offer->padding) {
        BUF_CLEANUP zeros = {0};
        for (size_t i = 0; i < offer->padding; i++)
            put(&zeros, 0, 1);
        put_extension(out, 21, &zeros);
    }
}

static void put_records(struct buf *out, int version, struct bytes message)
{
    for (size_t at = 0; at < message.n; at += RECORD_BYTES) {
        const struct bytes part = bytes_slice(message, at, RECORD_BYTES);
        put(out, RECORD_HANDSHAKE, 1);
        put(out, (size_t)version, 2);
        put(out, part.n, 2);
        buf_add_bytes(out, part);
    }
}

void hello_write(const struct hello_offer *offer, struct buf *out)
{
    BUF_CLEANUP body = {0}, suites = {0}, extensions = {0}, message = {0};
    const bool tls13 = offer->version == TLS_1_3;
    /* RFC 8446 section 4.1.2: the version of TLS 1.3 is an extension, and its session id is not
     * empty, for the sake of middleboxes. */
    put(&body, (size_t)(tls13 ? TLS_1_2 : offer->version), 2);
    buf_append(&body, offer->random, sizeof offer->random);
    put(&body, tls13 ? sizeof offer->random : 0, 1);
    if (tls13)
        buf_append(&body, offer->random, sizeof offer->random);
    put_numbers(&suites, offer->suites, offer->suite_count);
    if (!tls13 || offer->and_tls12)
        put(&suites, SCSV_RENEGOTIATION, 2);
    if (offer->fallback)
        put(&suites, SCSV_FALLBACK, 2);
    put_vector(&body, 2, &suites);
    put(&body, offer->compression ? 2 : 1, 1);
    if (offer->compression)
        put(&body, 1, 1);
    put(&body, 0, 1);
    put_extensions(offer, &extensions);
    if (extensions.n && offer->version > SSL_3_0) /* SSL 3.0 has none */
        put_vector(&body, 2, &extensions);
    put(&message, CLIENT_HELLO, 1);
    put_vector(&message, 3, &body);
    /* RFC 8446 section 5.1: 3.1 is what old servers take in a first record. */
    put_records(out, offer->version > TLS_1_0 ? TLS_1_0 : offer->version, buf_bytes(&message));
}

/* draft-hickman-netscape-ssl-00: a length with its top bit set, then CLIENT-HELLO. */
void hello_write_ssl2(const uint8_t random[32], struct buf *out)
{
    static const uint8_t kinds[] = {1,    0, 0x80, 2,    0, 0x80, 3,    0, 0x80, 4,   0,
                                    0x80, 5, 0,    0x80, 6, 0,    0x40, 7, 0,    0xc0};
    enum { CHALLENGE = 16 };
    BUF_CLEANUP body = {0};
    put(&body, CLIENT_HELLO, 1);
    put(&body, SSL_2_0, 2);
    put(&body, sizeof kinds, 2);
    put(&body, 0, 2);
    put(&body, CHALLENGE, 2);
    buf_append(&body, kinds, sizeof kinds);
    buf_append(&body, random, CHALLENGE);
    put(out, 0x8000 | body.n, 2);
    buf_add_bytes(out, buf_bytes(&body));
}
