/* SPDX-License-Identifier: Apache-2.0 */
/* A ClientHello of our own and the server's first answer to it, without libssl: what the local
 * OpenSSL cannot speak is seen, too. Part of tls.h, which includes it;
 * sans I/O but for hello_exchange(). */
#ifndef CERTWHY_TLS_HELLO_H
#define CERTWHY_TLS_HELLO_H

/** Versions as on the wire. */
enum { SSL_2_0 = 0x0002, SSL_3_0 = 0x0300, TLS_1_0 = 0x0301, TLS_1_1, TLS_1_2, TLS_1_3 };
const char *version_text(int version); /**< "TLSv1.2", "" unknown */

/* ---- the registries (IANA) that audits speak of ---- */

enum key_exchange { KX_RSA, KX_DH, KX_ECDH, KX_DHE, KX_ECDHE, KX_PSK, KX_OTHER, KX_ANY };
enum suite_auth { AUTH_RSA, AUTH_ECDSA, AUTH_DSS, AUTH_PSK, AUTH_NONE, AUTH_OTHER, AUTH_ANY };
enum suite_flag {
    SUITE_AEAD = 1,
    SUITE_NULL = 2,   /**< no encryption */
    SUITE_EXPORT = 4, /**< 40 or 56 bits on purpose */
    SUITE_RC4 = 8,
    SUITE_DES = 16,
    SUITE_3DES = 32,
    SUITE_CBC = 64,
    SUITE_ANON = 128,
    SUITE_MD5 = 256,
    SUITE_SHA1 = 512,
};
struct cipher_suite {
    uint32_t id;         /**< as on the wire; three octets: one of SSL 2.0 */
    const char *name;    /**< IANA's: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" */
    const char *openssl; /**< "ECDHE-RSA-AES128-GCM-SHA256"; "" it has none */
    enum key_exchange kx;
    enum suite_auth auth;
    unsigned bits; /**< strength of the cipher */
    unsigned flags;
};
/** NULL for a number that nobody has given to a suite. */
const struct cipher_suite *cipher_suite_find(unsigned id);
/** All of them, in the order in which they are offered: strong ones first. */
const struct cipher_suite *cipher_suites(size_t *count);

enum { GROUP_X25519 = 0x001d, GROUP_X25519MLKEM768 = 0x11ec };
/** Offered by browsers and libraries of today as they come; what is not finds few clients. */
bool cipher_suite_is_usual(unsigned id);
bool named_group_is_usual(unsigned id);
/** In about the order of preference of clients; those of TLS 1.3, `tls13` of them, first. */
const uint16_t *cipher_suites_usual(size_t *count, size_t *tls13);
const uint16_t *named_groups_usual(size_t *count);

struct named_group {
    uint16_t id;
    const char *name; /**< "x25519", "X25519MLKEM768", "ffdhe2048" */
    unsigned bits;    /**< of security */
    bool post_quantum;
};
const struct named_group *named_group_find(unsigned id);
const struct named_group *named_groups(size_t *count);
const char *signature_scheme_name(unsigned id); /**< "rsa_pss_rsae_sha256"; "" unknown */
/** Whose finite-field prime it is: "RFC 3526 group 14", "Java default"; "" nobody's that is known.
 */
const char *dh_prime_name(struct bytes prime);

/* ---- ClientHello ---- */

/** What is offered. Lists are in order of preference; views. */
struct hello_offer {
    int version;    /**< the highest; TLS 1.3 alone when it is TLS_1_3, up to it otherwise */
    bool and_tls12; /**< with TLS_1_3: TLS 1.2 as well, as clients offer it */
    bool and_older; /**< beside and_tls12: 1.1 and 1.0, too */
    const uint16_t *suites, *groups, *schemes;
    size_t suite_count, group_count, scheme_count;
    unsigned share;         /**< group that a key share is sent for; only x25519 is possible, and
                                 X25519MLKEM768, which sends both; 0: none, so that the server names its
                                 own choice (HelloRetryRequest) */
    const char *sni, *alpn; /**< NULL none; alpn "h2,http/1.1" */
    uint8_t random[32];
    bool compression;    /**< DEFLATE is offered, too */
    bool fallback;       /**< TLS_FALLBACK_SCSV (RFC 7507) */
    bool status_request; /**< RFC 6066 section 8 */
    bool timestamps;     /**< signed_certificate_timestamp (RFC 6962 section 3.3.1) */
    bool ticket, heartbeat, encrypt_then_mac;
    size_t padding; /**< octets of a padding extension (RFC 7685): for servers that cannot read long
                         hellos; 0 none */
};
/** Writes the record, or several when it is long. */
void hello_write(const struct hello_offer *offer, struct buf *out);
/** SSL 2.0's CLIENT-HELLO with all its ciphers. */
void hello_write_ssl2(const uint8_t random[32], struct buf *out);

/* ---- the answer ---- */

enum answer_result {
    ANSWER_HELLO, /**< ServerHello */
    ANSWER_RETRY, /**< HelloRetryRequest: the group is what it asks for */
    ANSWER_SSL2,  /**< SSL 2.0's SERVER-HELLO */
    ANSWER_ALERT,
    ANSWER_CLOSED,
    ANSWER_RESET,
    ANSWER_TIMEOUT,
    ANSWER_NOT_TLS,
    ANSWER_MALFORMED, /**< TLS, but no sense can be made of it */
};
struct server_answer {
    enum answer_result result;
    int version;      /**< negotiated */
    unsigned suite;   /**< as on the wire */
    unsigned group;   /**< key share, retry, or named curve of ServerKeyExchange; 0 unknown */
    unsigned scheme;  /**< of ServerKeyExchange's signature (TLS 1.2); 0 unknown */
    unsigned dh_bits; /**< of ServerKeyExchange's prime; 0 none */
    struct bytes dh_prime;
    struct bytes share, sct_list; /**< views of what was read: gone with it */
    unsigned compression;
    bool server_name, extended_master_secret, renegotiation_info, ticket, status, heartbeat,
        encrypt_then_mac;
    bool downgraded; /**< the random ends as RFC 8446 section 4.1.3 asks of a server that can speak
                          a newer version */
    const char *alpn;
    int alert;                     /**< -1 none */
    struct handshake certificates; /**< certificates of TLS 1.2 and older */
    unsigned ssl2_kinds[16];       /**< ANSWER_SSL2: the ciphers that the server names */
    size_t ssl2_count;
    size_t bytes_in;
};

/** Reads a server's first flight as it comes in. Feed it with flight_take() until it says that it
 *  has seen enough. */
struct flight_reader {
    struct buf records, messages; /**< what is not understood yet */
    bool hello_only;              /**< stop at ServerHello */
    struct arena *arena;
    struct server_answer *out;
};
/** True: enough was seen, or nothing more can be understood. */
bool flight_take(struct flight_reader *reader, struct bytes received);
void flight_reader_free(struct flight_reader *reader);

/* ---- the grab (grab.c): certificates from one flight, without a dialogue ---- */

enum grab_state {
    GRAB_MORE, /**< see need */
    GRAB_DONE,
    GRAB_ALERT,     /**< see handshake.alert */
    GRAB_NOT_TLS,   /**< what came begins no record */
    GRAB_MALFORMED, /**< TLS, but no sense can be made of it */
    GRAB_UNUSUAL,   /**< for a full handshake: see why */
};
struct grab {
    struct handshake handshake; /**< what was seen; key_proven only when that was asked for */
    size_t need;                /**< reading again is worth it with so many octets */
    const char *why;            /**< "" nothing is unusual */
};
/** What many grabs share. Not for use by several threads at once. */
struct grab_reader;
/** With `prove_key` the signature of the flight is checked, which costs a signature check. */
struct grab_reader *grab_reader_new(bool prove_key);
void grab_reader_free(struct grab_reader *reader);
/** The ClientHello of a grab, one record; `sni` NULL: none. */
void grab_hello_write(const char *sni, const uint8_t random[32], struct buf *out);
/** Reads from its beginning what has come so far in answer to `hello`. What is found lies in
 *  `arena`. */
enum grab_state grab_read(struct grab_reader *reader, struct bytes hello, struct bytes received,
                          struct arena *arena, struct grab *out);

/** Sends the offer on a connected socket and reads the answer. Never fails: see out->result. */
void hello_exchange(int fd, struct bytes hello, bool hello_only, struct deadline deadline,
                    struct arena *arena, struct server_answer *out);

#endif
