/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CERTWHY_OBSERVE_INTERNAL_H
#define CERTWHY_OBSERVE_INTERNAL_H

#include <pthread.h>
#include <string.h>

#include "observe.h"

/** A connection to a destination, on whichever way. */
struct line {
    int fd;
    struct tls_tunnel *tunnel;  /**< what fd is an end of; NULL: a socket of its own */
    char why[128];              /**< the system's words … */
    struct proxy_answer answer; /**< … or the proxy's: NET_PROXY */
};
/** On NET_OK to be closed with line_close(). `route` NULL: straight. */
enum net_result line_open(const struct route *route, const struct destination *to,
                          struct deadline deadline, struct line *line);
const char *line_why(const struct line *line);
void line_close(struct line *line);

/** One dialogue: connect, handshake, close. It has an arena of its own, as it may run in a thread.
 */
struct dialogue {
    struct destination to;
    const struct route *route;
    const char *sni;                   /**< "" none */
    const char *scheme;                /**< what is said before TLS begins, if anything */
    const char *host;                  /**< whom it is said to */
    const char *alpn;                  /**< NULL: the extension is not sent */
    const struct tls_identity *client; /**< shown to a server that asks; NULL none */
    bool https;                        /**< what such a server makes of it may be asked by HTTP */
    bool short_hello;                  /**< see struct tls_request */
    const char *max_version;           /**< NULL: the highest */
    const struct hello_offer *offer;   /**< not NULL: only this hello, and the answer to it */
    bool says_nothing;                 /**< not even that */
    double timeout;
    struct arena arena;
    struct connection connection;
    struct server_answer answer; /**< of the offer */
    const char *banner;          /**< what was said before STARTTLS; NULL nothing */
    size_t hello_bytes;          /**< … how long that was; 0: it was not sent */
    pthread_t thread;
    bool threaded;
};

/** https:// and what is nearly always the same: the port of it. */
static inline bool target_is_https(const struct target *target)
{
    return strcmp(target->scheme, "https") == 0 ||
           (strcmp(target->scheme, "tls") == 0 && target->port == 443);
}

/** Runs all dialogues, at the same time when there are several. */
void dialogues_run(struct dialogue *dialogues, size_t count);
/** Moves what one dialogue saw into *out, and its memory into `arena`. */
void dialogue_take(struct dialogue *dialogue, struct arena *arena, struct connection *out);

/** Dials every address of out->target and shakes hands with each. CW_E_USAGE: a proxy that cannot
 *  be one. */
enum cw_code endpoint_observe(const struct observe_options *options, struct arena *arena,
                              struct observation *out, struct error *error);

/** Shakes hands once more, like before but with other SNI, where the first answer leaves a question
 *  open. */
void probe_observe(const struct dialogue *like, struct arena *arena, struct observation *out);

/** Where the first handshake showed no certificate: tries other hellos, each by itself, to find out
 *  what the server or somebody on the way takes offence at; and shakes hands once more where one of
 *  them got through, in the place of the first. */
void attempts_observe(const struct dialogue *like, struct arena *arena, struct observation *out);
/** Whether the server refuses TLS 1.2, for clients that have nothing newer. */
void attempt_tls12(const struct dialogue *like, struct arena *arena, struct observation *out);

/** Who this machine asks for names: the name servers of resolv.conf, and what stands before them in
 *  nsswitch.conf; "" when it says neither. */
const char *resolvers_text(const char *root, struct arena *arena);

/** The first line that was heard, harmless; "" when it is no text. */
const char *banner_of(struct arena *arena, struct bytes heard);
/** One more connection, over which the service behind the certificate is asked for a sign of life;
 *  fills out->service and returns what came. */
struct bytes service_ask(const struct dialogue *like, struct arena *arena, struct observation *out);

/** Reads out->target.path; a saved case replaces the whole observation. */
enum cw_code file_observe(const struct observe_options *options, struct arena *arena,
                          struct observation *out, struct error *error);

/** Adds the documents of --crl and --ocsp. */
enum cw_code documents_give(const struct observe_options *options, struct arena *arena,
                            struct observation *out, struct error *error);

/** Asks the server for its Date, when the time is in question. */
void clock_ask_server(const struct observe_options *options, const struct dialogue *like,
                      struct arena *arena, struct observation *out);
/** Asks the time server of --sntp. */
void clock_ask_others(const struct observe_options *options, struct arena *arena,
                      struct observation *out);
/** The Date of the head of an HTTP/1 answer; TIME_NONE: none that can be read. */
cw_time http_date(struct bytes reply);

/** Asks the DNS about the certificate that was seen. */
void dns_observe(const struct observe_options *options, struct arena *arena,
                 struct observation *out);
/** Reads the file of --expect. */
enum cw_code expect_observe(const struct observe_options *options, struct arena *arena,
                            struct observation *out, struct error *error);

/** Reads the private key and pairs it with the certificates seen. */
enum cw_code key_observe(const struct observe_options *options, struct arena *arena,
                         struct observation *out, struct error *error);

/** Index of the certificate that the key belongs to; SIZE_MAX none. */
size_t key_pair(const struct private_key *key, const struct seen *chain, size_t count);

/** --client-cert: read, and gone with client_drop(). */
struct client {
    struct private_key *key;
    struct tls_identity identity;
};
/** Reads certificate and key into *out, and what may be kept of them into the observation.
 * CW_E_INPUT or CW_E_USAGE with a sentence when they cannot be used. */
enum cw_code client_take(const struct observe_options *options, struct arena *arena,
                         struct observation *obs, struct client *out, struct error *error);
void client_drop(struct client *client);
#define CLIENT_CLEANUP __attribute__((cleanup(client_drop))) struct client

/** Parses at most LIMIT_SENT_CERTS certificates of one message. Returns false when there are more.
 */
bool seen_from_wire(struct arena *arena, const struct handshake *handshake, const char *address,
                    struct seen **out, size_t *count);

#endif
