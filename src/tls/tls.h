/* SPDX-License-Identifier: Apache-2.0 */
/* Front header of tls/: one handshake, seen from outside. session.c wraps libssl; verification is
 * never libssl's business here. alert.c knows the alerts. server.c is the lab's broken servers. */
#ifndef CERTWHY_TLS_H
#define CERTWHY_TLS_H

#include "crypto/crypto.h"
#include "net/net.h"

enum handshake_result {
    HS_DONE,    /**< Finished on both sides */
    HS_ALERT,   /**< the server sent a fatal alert: see alert */
    HS_NOT_TLS, /**< the first bytes are not TLS: see peek */
    HS_CLOSED,  /**< the server closed the connection */
    HS_RESET,
    HS_TIMEOUT,
    HS_LOCAL_REFUSAL, /**< we sent an alert: bad signature, malformed message, no shared version */
    HS_NO_STARTTLS,   /**< the server did not switch to TLS: see peek for what it said instead */
};

struct tls_identity;

/** Everything seen in one handshake. Strings and bytes live in the arena given. */
struct handshake {
    enum handshake_result result;
    const char *version;        /**< "TLSv1.3"; "" when not agreed */
    const char *cipher, *group; /**< "" when not agreed or unknown */
    int alert;                  /**< alert number, -1 none; also a warning received on the way */
    bool alert_is_ours;         /**< the alert was sent by us */
    const char *error;          /**< libssl's own words, harmless; "" */
    bool saw_server_hello;
    bool sni_acknowledged; /**< the server answered our server_name (RFC 6066 section 3): it knows
                              it */
    bool client_certificate_requested;
    const char **acceptable_cas; /**< harmless names of CertificateRequest */
    size_t acceptable_ca_count;
    struct bytes client_schemes;  /**< its signature_algorithms, two octets each; p NULL: none */
    bool client_certificate_sent; /**< one that is not empty */
    bool client_certificate_accepted; /**< … and the server went on: it finished (TLS 1.2), sent a
                                           ticket or data (1.3), or answered the request */
    const char *client_answer; /**< https, where a certificate was requested: the status line of the
                                    answer and its title; "" none */
    bool key_proven;           /**< the server proved to hold the leaf's private key */
    bool key_refuted;          /**< its CertificateVerify/ServerKeyExchange signature was wrong */
    struct bytes *certificates; /**< raw DER in the order sent, exactly as on the wire; at most
                                     LIMIT_SENT_CERTS */
    size_t certificate_count;
    size_t certificate_message_bytes;
    struct bytes stapled_ocsp; /**< p NULL: none */
    struct bytes sct_list;     /**< as RFC 6962 section 3.3 writes it; p NULL: none */
    struct bytes peek;         /**< first bytes received when they are not TLS */
    const char *alpn;          /**< "" none */
    unsigned scheme;           /**< of CertificateVerify (TLS 1.3), 0 unknown */
    bool ticket;               /**< a session ticket came */
    struct bytes reply;        /**< what came back to request.ask, up to its first empty line; p
                                    NULL: nothing, or nothing was asked */
    int64_t handshake_us;
    size_t bytes_in, bytes_out;
};

struct tls_request {
    const char *sni;                       /**< NULL: none is sent */
    const char *min_version, *max_version; /**< "TLSv1.0" … NULL: 1.0 and the highest */
    const char *alpn;    /**< protocols offered, "h2,http/1.1"; NULL: the extension is not sent */
    bool short_hello;    /**< the ClientHello fits into one segment; else it is as long as those of
                              clients with post-quantum key shares, which some devices cannot take */
    const char *schemes; /**< signature schemes offered, "ed25519:ecdsa_secp256r1_sha256"; NULL:
                            all. One that libssl does not know makes the handshake fail */
    bool await_ticket;   /**< TLS 1.3: wait a moment for what the server sends after Finished */
    const char *ask_if;  /**< ask only when ALPN agreed on this protocol; NULL: in any case */
    struct bytes ask; /**< said once the handshake is done; empty: nothing. Nobody has verified whom
                           it is said to: no credentials */
    const struct tls_identity *client; /**< shown when the server asks for it; NULL: nothing is */
    const char *http_host; /**< https: a server that asks for a certificate may refuse it, or that
                                there is none, with an answer instead of an alert; so "/" of this
                                host is requested then. NULL: nothing is */
    bool greeting;         /**< the server speaks first: its first line is waited for */
    struct deadline deadline;
};

/** Performs one handshake on a connected socket, sending nothing after Finished but request.ask,
 *  close_notify and the request that http_host asks for. Never fails: what happened is in `out`. */
void tls_handshake(int fd, const struct tls_request *request, struct arena *arena,
                   struct handshake *out);

/** "handshake_failure" … of RFC 8446 section 6; "unknown" else. */
const char *alert_name(int alert);
/** One sentence: what it tells and what it cannot tell. */
const char *alert_meaning(int alert);
/** Names what the first bytes of a non-TLS service are: "HTTP", "SMTP", "SSH" …; NULL unknown. */
const char *plaintext_protocol(struct bytes first);
/** "HTTP/1.1 400 Bad Request: 400 No required SSL certificate was sent": status line and title of
 *  an answer; "" when it is none. */
const char *http_answer_text(struct arena *arena, struct bytes answer);

/* ---- TLS to an https:// proxy, in which other connections run (tunnel.c) ---- */

enum tunnel_result { TUNNEL_OPEN, TUNNEL_FAILED, TUNNEL_UNTRUSTED };
struct tunnel_request {
    const char *host;            /**< whom the certificate must be for: name or address */
    const struct bytes *anchors; /**< DER of the certificates that are trusted */
    size_t anchor_count;
    struct deadline deadline; /**< for all that runs inside, too */
};
struct tls_tunnel;
/** Speaks TLS on a connected socket, which it takes over, and verifies the other side's certificate
 *  and name: the one place where libssl judges, since credentials are to be sent there. `why` is
 *  harmless. On TUNNEL_OPEN *out is to be closed with tls_tunnel_close(). */
enum tunnel_result tls_tunnel_open(int fd, const struct tunnel_request *request,
                                   struct tls_tunnel **out, char why[256]);
/** The plain end: what is written there goes through the tunnel. Closed with it. */
int tls_tunnel_fd(const struct tls_tunnel *tunnel);
/** Waits until what was written is on its way, at most until the deadline. NULL: nothing. */
void tls_tunnel_close(struct tls_tunnel *tunnel);

/* ---- the lab's servers ---- */

/** One certificate and chain that a lab server shows for one SNI name (NULL: default). */
struct tls_identity {
    const char *sni;
    const struct bytes *chain; /**< DER, in the order to send, byte for byte, broken or not */
    size_t chain_count;
    const struct private_key *key;
};
/** How a server of the lab fails before it shows a certificate. */
enum server_fault_kind {
    FAULT_NONE,
    FAULT_ALERT,         /**< it answers with this alert */
    FAULT_RESET,         /**< it resets the connection after the ClientHello … */
    FAULT_RESET_UNASKED, /**< … or before */
    FAULT_CLOSE,
    FAULT_CLOSE_UNASKED,
    FAULT_SILENCE,
    FAULT_LARGE_HELLO,   /**< it resets who sends a ClientHello of more than a segment */
    FAULT_TLS13_OFFERED, /**< this alert for whoever offers TLS 1.3 beside TLS 1.2 */
    FAULT_GREETING,      /**< it begins to speak, and not TLS */
    FAULT_ONLY,          /**< it knows one version with one suite and group, and no more than
                              ServerHello */
};
struct server_fault {
    enum server_fault_kind kind;
    int alert, version;
    unsigned suite, group; /**< FAULT_ONLY; group 0: any */
    const char *greeting;
};
struct tls_server_config {
    struct server_fault fault;
    const struct tls_identity *identities;
    size_t identity_count;
    const char *min_version, *max_version;
    bool require_client_certificate;
    const struct bytes *client_cas; /**< whose certificates will do, verified at `at`; NULL: all
                                       will, and the issuers of our own chain are named */
    size_t client_ca_count;
    cw_time at;
    bool refuse_clients;        /**< as if all of their certificates were revoked */
    const char *client_schemes; /**< "rsa_pss_rsae_sha256": what they may sign with; NULL: all */
    bool require_sni;           /**< alert unrecognized_name (112) without a known name */
    bool plain_http;            /**< speak HTTP, not TLS */
    struct bytes stapled_ocsp;
    struct bytes sct_list; /**< sent to who asks for it (RFC 6962 section 3.3.1); n 0: never */
    const char *alpn;
};
/** What a server learns of how a client took it. */
struct tls_heard {
    int alert;     /**< the fatal alert that it sent (RFC 8446 section 6.2); -1: none */
    bool finished; /**< it completed the handshake */
};
/** Serves one accepted connection until it ends or 10 s pass: handshake, one HTTP answer, close.
 *  Sends the configured chain bytes raw, whatever libssl would think of them. */
struct tls_heard tls_serve(int fd, const struct tls_server_config *config);

/* The tools of audits; they need what stands above. */
#include "hello.h"

#endif
