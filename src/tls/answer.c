/* SPDX-License-Identifier: Apache-2.0 */
/* What a server answers to a ClientHello of our own, as far as it is not encrypted: its ServerHello
 * or HelloRetryRequest, and before TLS 1.3 its certificates and ServerKeyExchange. */
#include <string.h>

#include "internal.h"

/* RFC 8446 section 4.1.3: SHA-256 of "HelloRetryRequest". */
const uint8_t hello_retry_random[RANDOM_BYTES] = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

static bool random_downgrades(struct bytes random)
{
    static const char sentinel[] = "DOWNGRD"; /* and an octet: 0 or 1 */
    return memcmp(random.p + RANDOM_BYTES - 8, sentinel, 7) == 0 && random.p[31] <= 1;
}

static void extension_read(unsigned type, struct bytes content, struct arena *arena,
                           struct server_answer *out)
{
    struct bytes part, list;
    switch (type) {
    case 0:
        out->server_name = true;
        break;
    case 5:
        out->status = true;
        break;
    case 15:
        out->heartbeat = true;
        break;
    case 16:
        if (take_vector(&content, 2, &list) && take_vector(&list, 1, &part))
            out->alpn = str_safe(arena, part);
        break;
    case 18:
        out->sct_list = content;
        break;
    case 22:
        out->encrypt_then_mac = true;
        break;
    case 23:
        out->extended_master_secret = true;
        break;
    case 35:
        out->ticket = true;
        break;
    case 43:
        if (take(&content, 2, &part))
            out->version = (int)big_endian(part);
        break;
    case 51:
        if (take(&content, 2, &part)) {
            out->group = big_endian(part);
            take_vector(&content, 2, &out->share);
        }
        break;
    case 0xff01:
        out->renegotiation_info = true;
        break;
    default:
        break;
    }
}

bool server_hello_read(struct bytes body, struct arena *arena, struct server_answer *out)
{
    struct bytes version, random, session, suite, compression, extensions = {0}, type, content;
    if (!take(&body, 2, &version) || !take(&body, RANDOM_BYTES, &random) ||
        !take_vector(&body, 1, &session) || !take(&body, 2, &suite) ||
        !take(&body, 1, &compression))
        return false;
    out->version = (int)big_endian(version);
    out->suite = big_endian(suite);
    out->compression = compression.p[0];
    out->downgraded = random_downgrades(random);
    out->result =
        memcmp(random.p, hello_retry_random, RANDOM_BYTES) == 0 ? ANSWER_RETRY : ANSWER_HELLO;
    if (body.n && !take_vector(&body, 2, &extensions))
        return false;
    while (take(&extensions, 2, &type)) {
        if (!take_vector(&extensions, 2, &content))
            return false;
        extension_read(big_endian(type), content, arena, out);
    }
    return true;
}

static unsigned bit_length(struct bytes number)
{
    while (number.n && number.p[0] == 0)
        number = bytes_slice(number, 1, number.n);
    unsigned bits = (unsigned)number.n * 8;
    for (unsigned top = 0x80; number.n && !(number.p[0] & top); top >>= 1)
        bits--;
    return bits;
}

/* RFC 8422 section 5.4, RFC 5246 section 7.4.3: parameters, then (1.2) the scheme of the signature.
 */
static void key_exchange_read(struct bytes body, struct arena *arena, struct server_answer *out)
{
    const struct cipher_suite *suite = cipher_suite_find(out->suite);
    struct bytes type, curve, point, p, g, y, scheme;
    if (!suite)
        return;
    if (suite->kx == KX_ECDHE) {
        enum { NAMED_CURVE = 3 };
        if (!take(&body, 1, &type) || type.p[0] != NAMED_CURVE || !take(&body, 2, &curve) ||
            !take_vector(&body, 1, &point))
            return;
        out->group = big_endian(curve);
    } else if (suite->kx == KX_DHE) {
        if (!take_vector(&body, 2, &p) || !take_vector(&body, 2, &g) || !take_vector(&body, 2, &y))
            return;
        out->dh_bits = bit_length(p);
        out->dh_prime = arena_bytes(arena, p);
    } else {
        return;
    }
    if (out->version == TLS_1_2 && take(&body, 2, &scheme))
        out->scheme = big_endian(scheme);
}

/** One handshake message; true: nothing after it is wanted. */
static bool message_read(struct flight_reader *reader, struct bytes message)
{
    struct server_answer *out = reader->out;
    const struct bytes body = bytes_slice(message, MESSAGE_HEADER, message.n);
    switch (message.p[0]) {
    case SERVER_HELLO:
        if (!server_hello_read(body, reader->arena, out))
            out->result = ANSWER_MALFORMED;
        return reader->hello_only || out->version == TLS_1_3 || out->result != ANSWER_HELLO;
    case CERTIFICATE:
        certificate_message_read(message, false, reader->arena, &out->certificates);
        return false;
    case SERVER_KEY_EXCHANGE:
        key_exchange_read(body, reader->arena, out);
        return true;
    case SERVER_HELLO_DONE:
        return true;
    default:
        return false;
    }
}

static void buf_drop(struct buf *buf, size_t n)
{
    if (n == 0)
        return; /* there may be no buffer yet */
    memmove(buf->p, buf->p + n, buf->n - n);
    buf->n -= n;
}

/** Messages that are complete; true: enough was seen. */
static bool messages_read(struct flight_reader *reader)
{
    size_t at = 0;
    bool enough = false;
    while (!enough && reader->messages.n - at >= MESSAGE_HEADER) {
        const uint8_t *p = reader->messages.p + at;
        const size_t n = big_endian(bytes_of(p + 1, 3)) + MESSAGE_HEADER;
        if (n > LIMIT_TLS_MESSAGE) {
            reader->out->result = ANSWER_MALFORMED;
            return true;
        }
        if (reader->messages.n - at < n)
            break;
        enough = message_read(reader, bytes_of(p, n));
        at += n;
    }
    buf_drop(&reader->messages, at);
    return enough;
}

/** One record; true: enough was seen. */
static bool record_read(struct flight_reader *reader, unsigned type, struct bytes content)
{
    struct server_answer *out = reader->out;
    if (type == RECORD_ALERT) {
        enum { FATAL = 2, CLOSE_NOTIFY = 0 };
        if (content.n < 2)
            return true;
        out->alert = content.p[1];
        if (content.p[0] != FATAL && content.p[1] != CLOSE_NOTIFY)
            return false; /* a warning: unrecognized_name, mostly */
        if (out->result != ANSWER_HELLO && out->result != ANSWER_RETRY)
            out->result = ANSWER_ALERT;
        return true;
    }
    if (type != RECORD_HANDSHAKE)
        return true;
    buf_add_bytes(&reader->messages, content);
    return messages_read(reader);
}

/* SSL 2.0's SERVER-HELLO is message 4 of a record with a length of two octets; with less than
 * three octets it may be one. */
static bool is_ssl2(struct bytes received)
{
    enum { SSL2_SERVER_HELLO = 4, SSL2_ERROR = 0 };
    return received.n > 0 && (received.p[0] & 0x80) &&
           (received.n < 3 || received.p[2] == SSL2_SERVER_HELLO || received.p[2] == SSL2_ERROR);
}

/* draft-hickman-netscape-ssl-00: three lengths, then a certificate, ciphers and a connection id.
 * What the record does not hold (yet) is not read: that the server speaks SSL 2.0 is plain already.
 */
static void ssl2_hello_read(struct bytes received, struct arena *arena, struct server_answer *out)
{
    enum { KIND = 3, KINDS_MAX = sizeof out->ssl2_kinds / sizeof *out->ssl2_kinds };
    struct bytes rest = bytes_slice(received, 3, received.n), skipped, lengths, certificate, kinds;
    if (!take(&rest, 4, &skipped) || !take(&rest, 6, &lengths) ||
        !take(&rest, big_endian(bytes_slice(lengths, 0, 2)), &certificate) ||
        !take(&rest, big_endian(bytes_slice(lengths, 2, 2)), &kinds))
        return;
    if (certificate.n) {
        out->certificates.certificates = arena_array(arena, 1, sizeof certificate);
        out->certificates.certificates[0] = arena_bytes(arena, certificate);
        out->certificates.certificate_count = 1;
    }
    for (struct bytes kind; out->ssl2_count < KINDS_MAX && take(&kinds, KIND, &kind);)
        out->ssl2_kinds[out->ssl2_count++] = big_endian(kind);
}

/* A record of SSL 2.0 is as long as its first two octets say. */
static bool ssl2_take(struct flight_reader *reader)
{
    struct server_answer *out = reader->out;
    const struct bytes received = buf_bytes(&reader->records);
    if (received.n < 3)
        return false;
    const size_t whole = 2 + (big_endian(bytes_slice(received, 0, 2)) & 0x7fff);
    out->version = SSL_2_0;
    out->result = received.p[2] == 0 ? ANSWER_ALERT : ANSWER_SSL2;
    if (received.n < whole)
        return false;
    if (out->result == ANSWER_SSL2)
        ssl2_hello_read(bytes_slice(received, 0, whole), reader->arena, out);
    return true;
}

bool flight_take(struct flight_reader *reader, struct bytes received)
{
    struct server_answer *out = reader->out;
    out->bytes_in += received.n;
    buf_add_bytes(&reader->records, received);
    const bool first = out->bytes_in == reader->records.n;
    if (first && is_ssl2(buf_bytes(&reader->records)))
        return ssl2_take(reader);
    for (;;) {
        const uint8_t *p = reader->records.p;
        if (!record_plausible(p, reader->records.n)) {
            if (out->result == ANSWER_CLOSED)
                out->result = ANSWER_NOT_TLS;
            return true;
        }
        if (reader->records.n < RECORD_HEADER)
            break;
        const size_t n = big_endian(bytes_of(p + 3, 2));
        if (n > RECORD_MAX) {
            out->result = ANSWER_MALFORMED;
            return true;
        }
        if (reader->records.n < RECORD_HEADER + n)
            break;
        if (record_read(reader, p[0], bytes_of(p + RECORD_HEADER, n)))
            return true;
        buf_drop(&reader->records, RECORD_HEADER + n);
    }
    return out->bytes_in > LIMIT_TLS_FLIGHT;
}

void flight_reader_free(struct flight_reader *reader)
{
    buf_free(&reader->records);
    buf_free(&reader->messages);
}

static void answer_end(enum net_result net, struct server_answer *out)
{
    if (out->result != ANSWER_CLOSED)
        return; /* something was understood before */
    if (net == NET_TIMEOUT)
        out->result = ANSWER_TIMEOUT;
    else if (net == NET_RESET)
        out->result = ANSWER_RESET;
}

void hello_exchange(int fd, struct bytes hello, bool hello_only, struct deadline deadline,
                    struct arena *arena, struct server_answer *out)
{
    uint8_t chunk[8192];
    struct flight_reader reader = {.hello_only = hello_only, .arena = arena, .out = out};
    *out = (struct server_answer){.result = ANSWER_CLOSED, .alert = -1, .alpn = ""};
    enum net_result net = net_write_all(fd, hello, deadline);
    while (net == NET_OK) {
        size_t got = 0;
        net = net_read_some(fd, chunk, sizeof chunk, &got, deadline);
        if (net == NET_OK && flight_take(&reader, bytes_of(chunk, got)))
            break;
    }
    answer_end(net, out);
    flight_reader_free(&reader);
}
