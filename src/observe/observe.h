/* SPDX-License-Identifier: Apache-2.0 */
/* Front header of observe/: all input. Resolves, dials, shakes hands, reads files; returns what was
 * seen, byte for byte, with where each byte came from. Decides nothing. */
#ifndef CERTWHY_OBSERVE_H
#define CERTWHY_OBSERVE_H

#include "record/record.h"

struct observe_options {
    const char *target;   /**< as the user wrote it */
    const char *root;     /**< prefix of absolute paths, "" none */
    const char *name;     /**< the name the client uses; "" the target's own */
    bool unnamed;         /**< the client compares no name */
    const char *connect;  /**< "ADDR" or "ADDR:PORT" to dial instead of the host, or a list with
                               commas; "" none */
    const char *sni;      /**< NULL: the name when it is a DNS name; "" none is sent */
    const char *alpn;     /**< protocols to offer, "h2,http/1.1"; "" none */
    const char *key_path; /**< the server's private key, to pair; "" none */
    const char *expect;   /**< a file that the server should serve; "" none */
    const char *key_pass; /**< its passphrase; NULL none is known */
    const char *client_cert_path; /**< --client-cert: PEM, DER or a keystore; "" none */
    const char *client_key_path; /**< "": the key is in the same file; key_pass is its passphrase */
    int family;                  /**< AF_UNSPEC, AF_INET, AF_INET6 */
    double timeout;              /**< seconds for one dialogue (one address) */
    cw_time at;                  /**< the time to judge at */
    bool at_given;               /**< false: a case keeps the time it was saved with */
    bool also_tls12;             /**< a client has nothing newer: ask whether the server would do */
    const char *const *crls;     /**< --crl: files of CRLs, mapped */
    size_t crl_count;
    const char *const *ocsps; /**< --ocsp: files of OCSP responses */
    size_t ocsp_count;
    const char *proxy; /**< --proxy; "" that of the environment, "none" not even that */
    const struct environment *environment;
    const char *const *cas; /**< --ca: an https:// proxy's certificate may be of these too … */
    size_t ca_count;
    bool only_ca;             /**< … or of nothing else */
    bool dns;                 /**< ask the DNS about the certificate's names */
    bool offline;             /**< … but nobody may be asked */
    const char *dns_server;   /**< "ADDR[:PORT]" to ask; "" the system's resolvers */
    bool clock;               /**< ask what others say of the time */
    const char *sntp;         /**< "HOST[:PORT]", a time server to ask; "" none */
    int64_t at_us;            /**< time_monotonic_us() at the moment of `at` */
    cw_time built;            /**< when certwhy was: no clock that is right says less */
    struct bytes dns_anchors; /**< DS or DNSKEY records to validate by; p NULL: the root's */
    const struct tls_identity *client; /**< what observe() has read of client_cert_path; NULL */
};

/** Whom to talk to: an address, or a name that the proxy looks up. */
struct destination {
    struct address address; /**< its text is what is shown of it, if `name` is NULL */
    const char *name;       /**< NULL: the address */
    const char *text;       /**< "192.0.2.7:443", "www.example.com:443" */
};

/** The way there: straight, or through a proxy. */
struct route {
    struct proxy proxy; /**< host NULL: none */
    const char *from;   /**< "--proxy", "https_proxy" … */
    struct addresses addresses;
    struct proxy_answer trouble; /**< not PROXY_OPEN: it could not be found */
    struct store *roots;         /**< for https:// proxies; else NULL … */
    const struct bytes *anchors; /**< … and its members' DER */
    size_t anchor_count;
};
/** Chooses the proxy for this target as curl would, and looks it up. CW_E_USAGE: a proxy that
 *  cannot be one. Free with route_free(). */
enum cw_code route_find(const struct observe_options *options, const struct target *target,
                        struct arena *arena, struct route *out, struct error *error);
void route_free(struct route *route);

/** Whom a target stands for: addresses of its host or of --connect, or names for the proxy. */
struct destinations {
    struct destination items[LIMIT_ADDRESSES];
    size_t count;
    enum net_result result; /**< NET_OK: there are some */
    char why[128];          /**< the resolver's own words */
};
void destinations_find(const struct observe_options *options, const struct target *target,
                       const struct route *route, struct arena *arena, struct destinations *out);

/** Looks at one target. What is wrong with the world (nobody answers, garbage in a file) is part of
 *  the observation and the call succeeds. CW_E_USAGE: the target or an option cannot be used;
 *  CW_E_INPUT: a named file cannot be read. A healthy endpoint costs one handshake per address; a
 *  second one with other SNI is made only where the first one failed or showed another name.
 *  Release with observation_free(). */
enum cw_code observe(const struct observe_options *options, struct arena *arena,
                     struct observation *out, struct error *error);

/** Fetches at the same time all that is wanted and not there yet, and adds it to the observation's
 *  documents: what came, or why nothing did, so that nothing is asked for twice. Returns whether
 *  documents were added: then it is worth judging again. A replayed case has what it has: nothing
 * is fetched for it. */
bool observe_wants(const struct want *wants, size_t count, struct fetcher *fetcher,
                   struct fetch_budget *budget, struct arena *arena,
                   struct observation *observation);

/** Asks whether a service answers behind the certificate of the primary connection: HEAD / of HTTP,
 *  the greeting of mail's implicit TLS. For a target that a client rejects; one connection more. */
void observe_service(const struct observe_options *options, struct arena *arena,
                     struct observation *observation);

/** Makes connection i the one whose chain is judged; its certificates replace those of the present
 *  primary. For names whose addresses show different chains. */
void observe_address(struct observation *observation, size_t i, struct arena *arena);

/** Which server to ask, and how. */
struct audit_options {
    struct destination to;
    const struct route *route; /**< NULL: straight */
    const char *sni;           /**< NULL: none is sent */
    const char *scheme;        /**< what is said before TLS ("smtp"); NULL: nothing */
    const char *host;          /**< whom it is said to */
    const char *http;          /**< Host of the HEAD for an HTTP server; NULL: it is none */
    bool http_sure;            /**< it speaks HTTP even where ALPN does not say so */
    double timeout;            /**< seconds for each question */
    bool suites_only;          /**< versions and suites, nothing else */
    void (*progress)(void *context, size_t connections); /**< once a second; NULL: nobody waits */
    void *context;
};
/** Asks one address which versions, suites, groups and the like it takes, one ClientHello a
 * question. Never fails: see out->net. */
void audit_observe(const struct audit_options *options, struct arena *arena, struct audit *out);

#endif
