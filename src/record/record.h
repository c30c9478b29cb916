/* SPDX-License-Identifier: Apache-2.0 */
/* Front header of record/: the case. What to look at (target), everything that was seen
 * (observation) and what is still wanted; saved to a file and replayed. No sockets, no clock, no
 * decisions. */
#ifndef CERTWHY_RECORD_H
#define CERTWHY_RECORD_H

#include "tls/tls.h"
#include "trust/trust.h"

#include "attempt.h"
#include "audit.h"

enum target_kind { TARGET_ENDPOINT, TARGET_FILE, TARGET_CASE };
enum name_kind { NAME_NONE, NAME_DNS, NAME_IP };

struct target {
    enum target_kind kind;
    const char *text; /**< as the user wrote it */
    const char *host; /**< endpoint: name or literal */
    uint16_t port;
    const char *scheme; /**< "https", "tls" */
    const char *path;   /**< file or case; "-" for standard input */
    const char *name;   /**< the name the client uses; "" none: names are not judged */
    enum name_kind name_kind;
    uint8_t ip[16]; /**< NAME_IP */
    size_t ip_length;
    const char *connect;     /**< --connect, "" none */
    const char *sni;         /**< what is sent; "" none */
    const char *mail_domain; /**< --mx: whose mail goes there; "" nobody's … */
    int mail_preference;     /**< … by an MX record, -1 since it has none */
};

/** One address tried, one dialogue. */
struct connection {
    const char *address; /**< "127.0.0.1:4443" */
    enum net_result net;
    const char *why;                /**< the system's words, or the proxy's; "" none */
    enum proxy_result proxy_result; /**< NET_PROXY: what came of asking it */
    int proxy_status;               /**< HTTP's or that of SOCKS, 0 none */
    struct handshake handshake;
    int64_t connect_us;
};

/** A certificate that was seen. */
struct seen {
    struct cert *cert;
    struct origin origin;
    uint32_t stores; /**< of a case: bit per index of its stores that holds it; 0 all of them */
};

enum key_pairing {
    KEY_NOT_GIVEN,
    KEY_PAIRS,
    KEY_PAIRS_OTHER,
    KEY_PAIRS_NONE,
    KEY_UNREADABLE,
    KEY_ENCRYPTED
};

/** --client-cert: what the client shows of itself to a server that asks for it. Its key is used and
 *  forgotten: only whether it belongs to the certificate is kept. */
struct presented {
    const char *file;     /**< "" none was given */
    const char *key_file; /**< "" the same */
    struct seen *chain;   /**< in the order of the file; of a keystore, the key's own first */
    size_t count;
    enum key_pairing pairing; /**< of its key with the first of them */
};

/** A store as it is known to the case: enough to judge again without this machine. */
struct store_identity {
    const char *name;
    struct store_source *sources;
    size_t source_count, count;
    const char *clients; /**< whose it is: names of profiles with commas; "" everybody's */
    const char *setting; /**< what put it in the place of their own: "SSL_CERT_FILE=/x"; "" none */
    const char *hurt;    /**< those of them that would accept without the setting */
    const char *doubted; /**< those whose rejection is no verdict, for the store is not known … */
    const char *doubt;   /**< … in words, "" none */
    const char *refusal; /**< what they say when they stop because they cannot read it; "" none */
};

enum want_kind { WANT_ISSUER, WANT_CRL, WANT_OCSP };
/** What judging would have liked to see. */
struct want {
    enum want_kind kind;
    const char *url;             /**< as the certificate says, harmless */
    const char *for_certificate; /**< harmless short name */
    struct bytes request;        /**< WANT_OCSP: the DER request to send (RFC 6960 appendix A) */
};

extern const char *const want_kind_names[]; /**< "issuer", "crl", "ocsp"; ends with NULL */

enum document_from { DOCUMENT_GIVEN, DOCUMENT_STAPLED, DOCUMENT_FETCHED, DOCUMENT_CACHED };
extern const char *const document_from_names[]; /**< "given" …; ends with NULL */
/** What belongs to a chain and is not part of it: issuers (AIA), a CRL or an OCSP response that was
 *  given (--crl, --ocsp), stapled or fetched; or the failed attempt to fetch one, so that nothing
 * is asked for twice. `kind` is what was asked for; what came may be something else. */
struct document {
    enum want_kind kind;
    enum document_from from;
    const char *where;        /**< URL or path; "(stapled)" */
    enum fetch_result result; /**< FETCH_OK: something came */
    const char *why;          /**< what went wrong in words, "" nothing */
    int status;               /**< HTTP's, 0 none */
    int64_t took_us;
    struct bytes body;    /**< as it came; the arena's, or `map`'s */
    struct mapping map;   /**< a large file that is not copied; p NULL: none */
    struct bytes request; /**< the OCSP request that was sent */
    struct crl *crl;      /**< what could be parsed of it; owned; NULL */
    struct ocsp *ocsp;    /**< a reference; NULL */
    bool assumed;         /**< of a fix that is tried out: a fresh response that says good */
    struct cert **certs;  /**< references */
    size_t cert_count;
};

/** What was found out about a signature: the key's and the object's SHA-256. */
struct known_signature {
    uint8_t key[32], object[32];
    enum sig_result result;
};

/** What others said the time was at the moment of `at`. */
struct clock_seen {
    bool asked;              /**< --clock or --sntp */
    cw_time date;            /**< the server's, by the Date of its answer; TIME_NONE unknown */
    cw_time sntp;            /**< that of a time server; TIME_NONE unknown */
    const char *sntp_server; /**< which; "" none */
    const char *sntp_why;    /**< why nothing is known of it; "" */
    cw_time built;           /**< when certwhy was; TIME_NONE: --at, so that no clock counts */
};

/** What answers behind the certificate. Strings are harmless. */
struct service_seen {
    bool asked;           /**< HEAD / or the greeting, after a client's rejection */
    bool answers;         /**< something came back */
    const char *protocol; /**< "HTTP", "SMTP" …; "" unknown */
    const char *server;   /**< of HTTP's Server field, "" none */
    const char *banner;   /**< the first line, also that of a STARTTLS dialogue; "" none */
    int status;           /**< HTTP's, 0 none */
};

/** Everything seen. Filled by observe/ or by replaying a case; read by judge/. The arena owns
 * strings and arrays; certificates are references dropped by observation_free(). */
struct observation {
    struct target target;
    cw_time at;              /**< the time to judge at */
    bool at_given;           /**< --at, or from a case */
    enum net_result resolve; /**< NET_OK: addresses were found */
    const char *resolve_why;
    const char *resolvers; /**< who was asked in vain: "192.0.2.53 (/etc/resolv.conf)"; "" */
    const char *proxy; /**< "http://proxy.example:3128", without credentials; "" none was used … */
    const char *proxy_from;  /**< … and who says so: "--proxy", "https_proxy" */
    const char *observed_by; /**< "certwhy 0.1.0" */

    struct connection *connections; /**< endpoint: one per address tried */
    size_t connection_count;
    size_t primary;    /**< index of the connection whose chain is judged */
    struct seen *sent; /**< the chain: as sent, or in the order of the file */
    size_t sent_count;
    bool sent_limit_hit;   /**< more than LIMIT_SENT_CERTS: the rest is not judged */
    bool addresses_differ; /**< another address sent another chain, or none */

    struct service_seen service;

    bool below_registry; /**< the target's name stands right below a registry's suffix, where a
                            wildcard was shown for it */
    bool public_name;    /**< the target's name is registered in the public DNS tree: known only
                              where the chain ends in a CA that nobody knows */
    const char *local_proxies; /**< likewise: proxies that this machine's settings name; "" */
    bool default_probe;        /**< a second handshake without SNI or with another name was made */
    struct seen *without_sni;  /**< chain seen without SNI, when it was asked for */
    size_t without_sni_count;
    struct handshake no_sni_handshake; /**< of the second handshake, whatever SNI it sent */
    const char *probe_sni; /**< what the second handshake sent; "" (the usual case): no SNI. Not "":
                                the first one sent none, and without_sni is what this name shows */

    struct attempt *attempts; /**< made when the first handshake showed no certificate, or for
                                   clients of TLS 1.2; one of a kind at most */
    size_t attempt_count;
    bool retried;                     /**< the primary connection's handshake is a second one … */
    struct handshake first_handshake; /**< … and this was the first */

    struct container file; /**< TARGET_FILE: what the file holds and its faults */
    struct seen *pool;     /**< --pool members that a path touched (replay), else NULL */
    size_t pool_count;
    struct bytes roots, ct_logs; /**< of a case: lines of the tables that it was judged by; p NULL:
                                    what is compiled in */

    struct document *documents; /**< given, stapled and fetched */
    size_t document_count, document_cap;
    bool private_fetch; /**< --allow-private-fetch was given */

    struct dns_seen dns;       /**< --dns */
    struct clock_seen clock;   /**< what others say of the time */
    const char *alpn_offered;  /**< --alpn; "" not given */
    const char *expected_file; /**< --expect; "" not given */
    struct seen *expected;     /**< what it holds */
    size_t expected_count;
    struct presented presented;

    const char *key_file; /**< --key */
    enum key_pairing pairing;
    size_t key_pairs_with; /**< KEY_PAIRS_OTHER: index into sent */

    bool stores_from_case;              /**< replay: use case_anchors instead of any local store */
    struct known_signature *signatures; /**< of a redacted case, whose certificates were altered */
    size_t signature_count;
    struct seen *case_anchors;
    size_t case_anchor_count;
    struct store_identity *stores;
    size_t store_count;
    const char *clients;         /**< --client list as given, "" default */
    const char *default_clients; /**< what "default" meant where it was observed: names with commas;
                                    "" it was not asked for */
    bool own_ca;                 /**< --ca or --only-ca was given */
    bool only_ca;
    const char *ca_path;  /**< what was given first; "" */
    const char **more_ca; /**< … and after it */
    size_t more_ca_count;
};

void observation_free(struct observation *observation);

/** Adds a document and parses its body (issuers: DER, PEM, PKCS#7; CRL: DER, PEM; OCSP response:
 *  DER, PEM). What cannot be used is named in `why`. A body of several CRLs becomes several
 *  documents. Takes over document->map; strings and the other bytes are the arena's. */
void observation_add_document(struct observation *observation, const struct document *document,
                              struct arena *arena);
/** The OCSP response that the primary connection stapled becomes the first document, in place of
 * that of another connection. */
void observation_set_staple(struct observation *observation, struct arena *arena);
/** The document that answers this want, failed attempts included; NULL: not asked for yet. */
const struct document *observation_document(const struct observation *observation,
                                            const struct want *want);

/** Index of the connection whose handshake showed certificates, or the most telling one. */
const struct connection *observation_primary(const struct observation *observation);
/** The store that a client, named as its profile, was judged with; NULL when none is known. A case
 *  of one store for all does not say whose it is. */
struct store_identity *observation_store(const struct observation *observation, const char *client);
/** NULL: it was not made. */
const struct attempt *observation_attempt(const struct observation *observation,
                                          enum attempt_kind kind);
/** Whether both showed the same certificates in the same order. */
bool handshakes_show_same(const struct handshake *a, const struct handshake *b);
bool observation_has_certificates(const struct observation *observation);

/** Reads "host", "host:port", "[v6]:port", a URL or a file name. A name that exists as a file is a
 *  file. CW_E_USAGE with a sentence for what is none of these. */
enum cw_code target_parse(const char *text, const char *root, struct arena *arena,
                          struct target *out, struct error *err);
/** Sets target->name and its kind from --name or the host. CW_E_USAGE for an impossible name. */
enum cw_code target_set_name(struct target *target, const char *name, struct arena *arena,
                             struct error *err);

/** The JSON of a case ("certwhy/case/1"): options, at, what was observed, `anchors` and `pool`
 *  certificates that candidate paths touched, store identities. No keys, no credentials. */
enum cw_code case_write(const struct observation *observation, const struct seen *anchors,
                        size_t anchor_count, const struct seen *pool, size_t pool_count,
                        struct buf *out, struct error *err);
/** Documents whose bytes case_write() leaves out, because the case would be too large: a replay
 *  knows that they were there and not what they say. */
size_t case_omissions(const struct observation *observation);
#include "record/redact.h"

/** True for bytes that look like a saved case. */
bool case_recognise(struct bytes file);
/** Reads a case; hostile input gives CW_E_INPUT with line and column. */
enum cw_code case_read(struct bytes file, const char *where, struct arena *arena,
                       struct observation *out, struct error *err);

#endif
