/* SPDX-License-Identifier: Apache-2.0 */
/* The certificates in a server's first flight, read without a dialogue. Before TLS 1.3 they are
 * plain. In TLS 1.3 they are sealed under the key share that was sent, and that was the base point
 * of curve25519: the shared secret is then the server's own share, for all the world to see. Fine
 * for what is public anyhow, and for nothing else: see docs/adr/0006-grab.md. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { HASH = 32, RECORDS_MAX = 256 };

/** One reading of what has come so far. */
struct flight {
    struct grab_reader *reader;
    struct bytes hello; /* the ClientHello, as a message */
    struct arena *arena;
    struct grab *out;
    struct server_answer answer;
    struct aead_key key;
    uint64_t sequence;
    bool sealed, staple_awaited;
    size_t parsed;                   /* of reader->messages */
    uint8_t until_certificate[HASH]; /* of the transcript, for CertificateVerify */
};

/* ---- RFC 8446 section 7: what opens the records ---- */

/* Section 7.1, HKDF-Expand-Label with one block of output. */
static void expand_label(const uint8_t secret[HASH], const char *label, struct bytes context,
                         uint8_t *out, size_t n)
{
    uint8_t info[128], block[HASH];
    size_t at = 0;
    const size_t label_n = strlen(label);
    info[at++] = 0;
    info[at++] = (uint8_t)n;
    info[at++] = (uint8_t)(label_n + 6);
    memcpy(info + at, "tls13 ", 6);
    memcpy(info + at + 6, label, label_n);
    at += 6 + label_n;
    info[at++] = (uint8_t)context.n;
    if (context.n)
        memcpy(info + at, context.p, context.n);
    at += context.n;
    info[at++] = 1; /* RFC 5869 section 2.3: the first block */
    crypto_hmac_sha256(bytes_of(secret, HASH), bytes_of(info, at), block);
    memcpy(out, block, n);
}

/* The salt of the handshake secret depends on nothing: Derive-Secret(HKDF-Extract(0, 0), "derived",
 * ""). */
static void derived_salt(uint8_t out[HASH])
{
    uint8_t early[HASH], empty[HASH];
    const uint8_t zeros[HASH] = {0};
    crypto_sha256(bytes_of(NULL, 0), empty);
    crypto_hmac_sha256(bytes_of(zeros, HASH), bytes_of(zeros, HASH), early);
    expand_label(early, "derived", bytes_of(empty, HASH), out, HASH);
}

static void transcript_hash(const struct flight *f, size_t messages, uint8_t out[HASH])
{
    BUF_CLEANUP whole = {0};
    buf_add_bytes(&whole, f->hello);
    buf_append(&whole, f->reader->messages.p, messages);
    crypto_sha256(buf_bytes(&whole), out);
}

/** From here on records are sealed. False: with a suite or a share that was not offered. */
static bool keys_derive(struct flight *f, size_t messages)
{
    enum { AES_128_GCM_SHA256 = 0x1301, CHACHA20_POLY1305_SHA256 = 0x1303, SHARE = 32 };
    uint8_t handshake[HASH], traffic[HASH], transcript[HASH];
    const struct server_answer *answer = &f->answer;
    if (answer->group != GROUP_X25519 || answer->share.n != SHARE ||
        (answer->suite != AES_128_GCM_SHA256 && answer->suite != CHACHA20_POLY1305_SHA256))
        return false;
    const bool aes = answer->suite == AES_128_GCM_SHA256;
    f->key.kind = aes ? AEAD_AES_128_GCM : AEAD_CHACHA20_POLY1305;
    transcript_hash(f, messages, transcript);
    crypto_hmac_sha256(bytes_of(f->reader->salt, HASH), answer->share, handshake);
    expand_label(handshake, "s hs traffic", bytes_of(transcript, HASH), traffic, HASH);
    expand_label(traffic, "key", bytes_of(NULL, 0), f->key.key, aes ? 16 : 32);
    expand_label(traffic, "iv", bytes_of(NULL, 0), f->key.nonce, sizeof f->key.nonce);
    f->sealed = true;
    return true;
}

/* ---- messages ---- */

static enum grab_state unusual(struct flight *f, const char *why)
{
    f->out->why = why;
    return GRAB_UNUSUAL;
}

static enum grab_state server_hello(struct flight *f, struct bytes body, size_t messages)
{
    struct handshake *hs = &f->out->handshake;
    struct server_answer *answer = &f->answer;
    if (hs->saw_server_hello || !server_hello_read(body, f->arena, answer))
        return GRAB_MALFORMED;
    if (answer->result == ANSWER_RETRY)
        return unusual(f, "HelloRetryRequest");
    const struct cipher_suite *suite = cipher_suite_find(answer->suite);
    if (!suite || answer->version < TLS_1_0 || answer->version > TLS_1_3)
        return unusual(f, "an answer that does not fit the question");
    hs->saw_server_hello = true;
    hs->version = version_text(answer->version);
    hs->cipher = answer->version == TLS_1_3 || !*suite->openssl ? suite->name : suite->openssl;
    hs->sni_acknowledged = answer->server_name;
    if (answer->sct_list.n)
        hs->sct_list = arena_bytes(f->arena, answer->sct_list);
    f->staple_awaited = answer->status;
    if (answer->version == TLS_1_3 && !keys_derive(f, messages))
        return unusual(f, "another key share or suite than was offered");
    return GRAB_MORE;
}

/* RFC 8446 section 4.3.1: the server's answer to our name stands here in TLS 1.3. */
static void encrypted_extensions(struct flight *f, struct bytes body)
{
    struct bytes list, type, content;
    if (!take_vector(&body, 2, &list))
        return;
    while (take(&list, 2, &type) && take_vector(&list, 2, &content))
        f->out->handshake.sni_acknowledged |= big_endian(type) == 0;
}

/* RFC 6066 section 8: the type of the status, then a response of up to 2^24 octets. */
static void status_read(struct flight *f, struct bytes body)
{
    enum { OCSP = 1 };
    struct bytes type, response;
    if (take(&body, 1, &type) && type.p[0] == OCSP && take_vector(&body, 3, &response))
        f->out->handshake.stapled_ocsp = arena_bytes(f->arena, response);
}

/* RFC 8446 section 4.4.2: what comes with the first certificate. */
static void leaf_extensions(struct flight *f, struct bytes body)
{
    enum { STATUS_REQUEST = 5, TIMESTAMPS = 18 };
    struct bytes context, list, certificate, extensions, type, content;
    if (!take_vector(&body, 1, &context) || !take_vector(&body, 3, &list) ||
        !take_vector(&list, 3, &certificate) || !take_vector(&list, 2, &extensions))
        return;
    while (take(&extensions, 2, &type) && take_vector(&extensions, 2, &content)) {
        if (big_endian(type) == STATUS_REQUEST)
            status_read(f, content);
        else if (big_endian(type) == TIMESTAMPS)
            f->out->handshake.sct_list = arena_bytes(f->arena, content);
    }
}

static enum grab_state certificate(struct flight *f, struct bytes message, size_t messages)
{
    const bool tls13 = f->answer.version == TLS_1_3;
    struct handshake *hs = &f->out->handshake;
    if (!hs->saw_server_hello || hs->certificate_message_bytes)
        return GRAB_MALFORMED;
    certificate_message_read(message, tls13, f->arena, hs);
    if (tls13) {
        leaf_extensions(f, bytes_slice(message, MESSAGE_HEADER, message.n));
        transcript_hash(f, messages, f->until_certificate);
    }
    return f->reader->prove_key || f->staple_awaited ? GRAB_MORE : GRAB_DONE;
}

/** The group of TLS 1.2's ServerKeyExchange, and the signature of either version. */
static enum grab_state key_shown(struct flight *f, struct bytes body)
{
    struct handshake *hs = &f->out->handshake;
    if (!hs->certificate_message_bytes)
        return GRAB_MALFORMED;
    /* before TLS 1.2 no scheme stands before the signature (RFC 4346 section 7.4.3) */
    if (f->reader->prove_key && hs->certificate_count && f->answer.version >= TLS_1_2) {
        const struct possession shown = {.tls13 = f->answer.version == TLS_1_3,
                                         .hello = f->hello,
                                         .server_hello = buf_bytes(&f->reader->messages),
                                         .transcript = f->until_certificate,
                                         .leaf = hs->certificates[0]};
        const int proven = possession_check(&shown, body);
        hs->key_proven = proven > 0;
        hs->key_refuted = proven < 0;
    }
    return GRAB_DONE;
}

static enum grab_state message_read(struct flight *f, struct bytes message, size_t messages)
{
    const struct bytes body = bytes_slice(message, MESSAGE_HEADER, message.n);
    switch (message.p[0]) {
    case SERVER_HELLO:
        return server_hello(f, body, messages);
    case ENCRYPTED_EXTENSIONS:
        encrypted_extensions(f, body);
        return GRAB_MORE;
    case CERTIFICATE:
        return certificate(f, message, messages);
    case CERTIFICATE_STATUS:
        status_read(f, body);
        f->staple_awaited = false;
        return f->reader->prove_key ? GRAB_MORE : GRAB_DONE;
    case CERTIFICATE_REQUEST:
        return unusual(f, "a client certificate is asked for");
    case SERVER_KEY_EXCHANGE:
    case CERTIFICATE_VERIFY:
        return key_shown(f, body);
    case SERVER_HELLO_DONE: /* static RSA: nothing is signed, nothing is stapled */
        return f->out->handshake.certificate_message_bytes ? GRAB_DONE : GRAB_MALFORMED;
    default:
        return GRAB_MALFORMED;
    }
}

static enum grab_state messages_read(struct flight *f)
{
    const struct buf *messages = &f->reader->messages;
    enum grab_state state = GRAB_MORE;
    while (state == GRAB_MORE && messages->n - f->parsed >= MESSAGE_HEADER) {
        const uint8_t *p = messages->p + f->parsed;
        const size_t n = big_endian(bytes_of(p + 1, 3)) + MESSAGE_HEADER;
        if (n > LIMIT_TLS_MESSAGE)
            return GRAB_MALFORMED;
        if (messages->n - f->parsed < n)
            break;
        f->parsed += n;
        state = message_read(f, bytes_of(p, n), f->parsed);
    }
    return state;
}

/* ---- records ---- */

static enum grab_state alert_read(struct flight *f, struct bytes content)
{
    enum { WARNING = 1, CLOSE_NOTIFY = 0 };
    if (content.n < 2)
        return GRAB_MALFORMED;
    f->out->handshake.alert = content.p[1];
    return content.p[0] == WARNING && content.p[1] != CLOSE_NOTIFY ? GRAB_MORE : GRAB_ALERT;
}

/* RFC 8446 section 5.4: the type stands behind the content, zeros may follow it. */
static enum grab_state sealed_read(struct flight *f, struct bytes header, struct bytes content)
{
    struct buf *messages = &f->reader->messages;
    const size_t start = messages->n;
    if (!f->sealed)
        return GRAB_MALFORMED;
    if (!aead_open(f->reader->aead, &f->key, f->sequence++, header, content, messages))
        return unusual(f, "a record that does not open");
    while (messages->n > start && messages->p[messages->n - 1] == 0)
        messages->n--;
    if (messages->n == start)
        return GRAB_MALFORMED;
    const uint8_t type = messages->p[--messages->n];
    if (type == RECORD_HANDSHAKE)
        return messages_read(f);
    return type == RECORD_ALERT ? alert_read(f, bytes_of(messages->p + start, messages->n - start))
                                : GRAB_MALFORMED;
}

static enum grab_state record_read(struct flight *f, struct bytes header, struct bytes content)
{
    switch (header.p[0]) {
    case RECORD_HANDSHAKE:
        if (f->sealed)
            return GRAB_MALFORMED;
        buf_add_bytes(&f->reader->messages, content);
        return messages_read(f);
    case RECORD_ALERT:
        return alert_read(f, content);
    case RECORD_CHANGE_CIPHER_SPEC: /* section 5: for the sake of middleboxes */
        return f->sealed ? GRAB_MORE : GRAB_MALFORMED;
    case RECORD_DATA:
        return sealed_read(f, header, content);
    default:
        return GRAB_MALFORMED;
    }
}

struct grab_reader *grab_reader_new(bool prove_key)
{
    struct grab_reader *reader = xcalloc(1, sizeof *reader);
    reader->aead = aead_new();
    reader->prove_key = prove_key;
    derived_salt(reader->salt);
    return reader;
}

void grab_reader_free(struct grab_reader *reader)
{
    if (reader == NULL)
        return;
    aead_free(reader->aead);
    buf_free(&reader->messages);
    free(reader);
}

enum grab_state grab_read(struct grab_reader *reader, struct bytes hello, struct bytes received,
                          struct arena *arena, struct grab *out)
{
    struct flight f = {.reader = reader,
                       .hello = bytes_slice(hello, RECORD_HEADER, hello.n),
                       .arena = arena,
                       .out = out};
    handshake_begin(&out->handshake);
    out->handshake.bytes_in = received.n;
    out->why = "";
    out->need = RECORD_HEADER;
    reader->messages.n = 0;
    if (!record_plausible(received.p, received.n))
        return GRAB_NOT_TLS;
    for (size_t at = 0, records = 0; received.n - at >= RECORD_HEADER; records++) {
        const struct bytes header = bytes_slice(received, at, RECORD_HEADER);
        const size_t n = big_endian(bytes_slice(header, 3, 2));
        out->need = at + RECORD_HEADER + n;
        if (n > RECORD_MAX || records == RECORDS_MAX || out->need > LIMIT_GRAB_BYTES)
            return records == 0 ? GRAB_MALFORMED : unusual(&f, "a very long flight");
        if (received.n < out->need)
            return GRAB_MORE;
        const enum grab_state state =
            record_read(&f, header, bytes_slice(received, at + RECORD_HEADER, n));
        if (state != GRAB_MORE)
            return state;
        at = out->need;
        out->need = at + RECORD_HEADER;
    }
    return GRAB_MORE;
}

/* ---- the question ---- */

void grab_hello_write(const char *sni, const uint8_t random[32], struct buf *out)
{
    static const uint16_t groups[] = {GROUP_X25519, 0x0017, 0x0018, 0x0019};
    static const uint16_t schemes[] = {0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501,
                                       0x0603, 0x0806, 0x0601, 0x0807, 0x0808, 0x0809,
                                       0x080a, 0x080b, 0x0203, 0x0201};
    /* RFC 8446 section 9.1: every server of TLS 1.3 knows the first; one that wants another is
     * asked again by a full handshake. */
    static const uint16_t suites[] = {0x1301, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9,
                                      0xcca8, 0xc009, 0xc013, 0xc00a, 0xc014, 0xc023, 0xc027,
                                      0x009e, 0x009f, 0x009c, 0x009d, 0x002f, 0x0035, 0x0033,
                                      0x0039, 0x003c, 0x003d, 0x000a};
    struct hello_offer offer = {.version = TLS_1_3,
                                .and_tls12 = true,
                                .and_older = true,
                                .suites = suites,
                                .suite_count = sizeof suites / sizeof *suites,
                                .groups = groups,
                                .group_count = sizeof groups / sizeof *groups,
                                .schemes = schemes,
                                .scheme_count = sizeof schemes / sizeof *schemes,
                                .share = GROUP_X25519,
                                .sni = sni,
                                .status_request = true,
                                .timestamps = true};
    memcpy(offer.random, random, sizeof offer.random);
    hello_write(&offer, out);
}
