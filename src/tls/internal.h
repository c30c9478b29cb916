/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of tls/ share. Nobody else includes this. */
#ifndef CERTWHY_TLS_INTERNAL_H
#define CERTWHY_TLS_INTERNAL_H

#include "tls.h"

/** The certificates of one Certificate message (RFC 5246 section 7.4.2, RFC 8446 section 4.4.2), in
 *  the order sent, as they are. `message` includes the four octets of the handshake header. Stops
 *  at the first length that does not fit and keeps what came before. */
void certificate_message_read(struct bytes message, bool tls13, struct arena *arena,
                              struct handshake *out);
/** The signature_algorithms of a CertificateRequest (RFC 5246 section 7.4.4, RFC 8446 section
 *  4.3.2), a view; n 0: none, or the message is malformed. */
struct bytes certificate_request_schemes(struct bytes message, bool tls13);
/** False when the first `n` bytes that a server sent cannot begin a TLS record. */
bool record_plausible(const uint8_t *p, size_t n);
/** "ClientHello" … of RFC 8446 section 4 and older. */
const char *handshake_type_name(int type);
/** "server_name" … of IANA's registry of extensions (RFC 8446 section 4.2). */
const char *extension_type_name(int type);
/** The protocol version number of "TLSv1.2", or 0 for NULL and unknown names. */
int version_number(const char *name);
/** Takes `n` bytes from the front of *rest; false and nothing taken when there are fewer. */
bool take(struct bytes *rest, size_t n, struct bytes *out);
/** Takes a vector with a length of `width` octets in front (RFC 8446 section 3.4). */
bool take_vector(struct bytes *rest, size_t width, struct bytes *out);
uint32_t big_endian(struct bytes b);

enum { RECORD_CHANGE_CIPHER_SPEC = 20, RECORD_ALERT, RECORD_HANDSHAKE, RECORD_DATA };
enum { RECORD_HEADER = 5, MESSAGE_HEADER = 4, RECORD_MAX = (1 << 14) + 2048 };
enum handshake_type {
    SERVER_HELLO = 2,
    ENCRYPTED_EXTENSIONS = 8,
    CERTIFICATE = 11,
    SERVER_KEY_EXCHANGE = 12,
    CERTIFICATE_REQUEST = 13,
    SERVER_HELLO_DONE = 14,
    CERTIFICATE_VERIFY = 15,
    CERTIFICATE_STATUS = 22,
};
enum { RANDOM_BYTES = 32 };
/** RFC 8446 section 4.1.3; what it says into *out, views into `body`. False: malformed. */
bool server_hello_read(struct bytes body, struct arena *arena, struct server_answer *out);

/** No handshake yet. */
void handshake_begin(struct handshake *out);

/** What a signature in a first flight speaks of. */
struct possession {
    bool tls13;
    struct bytes hello, server_hello; /**< messages, as sent */
    const uint8_t *transcript;        /**< TLS 1.3: SHA-256 up to Certificate */
    struct bytes leaf;                /**< DER */
};
/** Reads CertificateVerify, or TLS 1.2's ServerKeyExchange: 1 the server holds the leaf's key, -1
 *  it does not, 0 that cannot be told. */
int possession_check(const struct possession *possession, struct bytes body);

struct grab_reader {
    struct aead *aead;
    uint8_t salt[32];
    struct buf messages; /**< of the flight at hand: kept for its memory */
    bool prove_key;
};

/** What the lab needs to know of a ClientHello; views into it. */
struct client_hello {
    struct bytes random, ciphers;
    struct bytes versions, groups; /**< of the extensions (RFC 8446 sections 4.2.1 and 4.2.7) */
    struct bytes sni;              /**< p NULL: none was sent */
    int version; /**< the highest version up to 1.2 that it offers; 0 for TLS 1.3 alone */
};
/** Reads the ClientHello in the first record that a client sent; false when it is none. */
bool client_hello_read(struct bytes record, struct client_hello *out);
/** RFC 8446 section 4.1.3: the random of a ServerHello that is a HelloRetryRequest. */
extern const uint8_t hello_retry_random[32];
/** What a broken server does with a new connection, and with the first record that came; false: it
 *  goes on like any other. */
bool fault_serve_unasked(int fd, const struct server_fault *fault, struct deadline deadline);
bool fault_serve(int fd, const struct server_fault *fault, struct bytes first,
                 struct deadline deadline);
/** The identity for a name, by the rules of struct tls_server_config; NULL: alert 112. */
const struct tls_identity *identity_choose(const struct tls_server_config *config,
                                           struct bytes sni);
/** Writes ServerHello and Certificate of TLS 1.2 or older without libssl: for chains that libssl
 *  cannot load. No client can go on from there, so nothing follows. */
void raw_flight_write(const struct client_hello *hello, const struct tls_identity *identity,
                      int version, struct buf *out);

#endif
