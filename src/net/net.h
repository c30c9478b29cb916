/* SPDX-License-Identifier: Apache-2.0 */
/* Front header of net/: deadlines, name resolution, dialling, fetching. Blocking calls with a
 * deadline each. */
#ifndef CERTWHY_NET_H
#define CERTWHY_NET_H

#include <stdatomic.h>

#include "base/base.h"

/** A point on the monotonic clock, in microseconds. */
struct deadline {
    int64_t at_us;
};
struct deadline deadline_in(double seconds);
/** Milliseconds left for poll(2): 0 when it has passed. */
int deadline_left_ms(struct deadline deadline);
bool deadline_passed(struct deadline deadline);

struct address {
    int family; /**< AF_INET or AF_INET6 */
    uint8_t ip[16];
    uint16_t port;
    char text[64]; /**< "127.0.0.1:443", "[::1]:443" */
};

enum net_result {
    NET_OK,
    NET_NAME_UNKNOWN,    /**< the name does not exist or has no address */
    NET_RESOLVER_FAILED, /**< no answer about the name */
    NET_REFUSED,
    NET_UNREACHABLE, /**< no route, host or network unreachable */
    NET_TIMEOUT,
    NET_RESET,
    NET_CLOSED, /**< orderly end of file */
    NET_FAILED, /**< anything else: see the text */
    NET_PROXY,  /**< the way leads through a proxy, which did not open it */
};
const char *net_result_text(enum net_result result);

/** What came of a fetch (an issuer, a CRL, an OCSP response). */
enum fetch_result {
    FETCH_OK,
    FETCH_OFFLINE,     /**< --offline: not tried */
    FETCH_UNAVAILABLE, /**< libcurl is not there */
    FETCH_SCHEME,      /**< neither http, https nor ldap */
    FETCH_ADDRESS,     /**< refused: a private, link-local or loopback address */
    FETCH_NAME,        /**< the name does not resolve */
    FETCH_CONNECT,
    FETCH_TLS,
    FETCH_TIMEOUT,   /**< no answer, or not all of it, in the time that one fetch may take */
    FETCH_SLOW,      /**< too few bytes a second */
    FETCH_SIZE,      /**< more bytes than such a document may have */
    FETCH_REDIRECTS, /**< too many, or in a circle */
    FETCH_STATUS,    /**< HTTP status other than 200 */
    FETCH_BUDGET,    /**< this run has spent what it may on fetches */
    FETCH_FAILED,    /**< anything else: see the text */
};
const char *fetch_result_text(enum fetch_result result);
extern const char *const fetch_result_names[]; /**< "ok", "offline" …; ends with NULL */

struct addresses {
    struct address items[LIMIT_ADDRESSES];
    size_t count;
};
/** Appends all addresses of a host name or literal, in the system's order, as far as there is room.
 *  `family` AF_UNSPEC, AF_INET or AF_INET6. `why` receives the resolver's own words on failure.
 *  Literals are never sent to a resolver. */
enum net_result net_resolve(const char *host, uint16_t port, int family, struct addresses *out,
                            char why[128]);
/** The same with a patience of its own. */
enum net_result net_resolve_until(const char *host, uint16_t port, int family,
                                  struct deadline deadline, struct addresses *out, char why[128]);
/** Connects; on NET_OK *fd is a non-blocking socket that the caller closes. */
enum net_result net_connect(const struct address *address, struct deadline deadline, int *fd,
                            char why[128]);
/** Waits until fd is readable (or writable). */
enum net_result net_wait(int fd, bool writable, struct deadline deadline);
enum net_result net_write_all(int fd, struct bytes data, struct deadline deadline);
/** Reads what is there, at least one byte. NET_CLOSED at the end. */
enum net_result net_read_some(int fd, uint8_t *p, size_t n, size_t *got, struct deadline deadline);
/** The next octet, which stays where it is. */
enum net_result net_peek(int fd, uint8_t *octet, struct deadline deadline);
void net_close(int fd);

/** How the plaintext part of a protocol ended. */
enum starttls_result {
    STARTTLS_READY,    /**< the server waits for a ClientHello */
    STARTTLS_REFUSED,  /**< it does not offer TLS, or says no, or speaks another protocol */
    STARTTLS_INJECTED, /**< more text came behind its "go on": somebody on the way put it there */
    STARTTLS_TIMEOUT,
    STARTTLS_CLOSED,
    STARTTLS_RESET,
};
/** Does a service of this scheme ("smtp") begin in plain text? */
bool net_needs_starttls(const char *scheme);
/** Says on a connected socket what the scheme's protocol says before TLS begins. `host` is whom it
 *  is meant for (XMPP asks). `heard` receives what the server said, up to LIMIT_PEEK octets. */
enum starttls_result net_starttls(int fd, const char *scheme, const char *host,
                                  struct deadline deadline, struct buf *heard);

/* ---- proxies that open a connection: proxy_url.c, tunnel.c ---- */

enum proxy_kind {
    PROXY_HTTP,    /**< CONNECT, RFC 9110 section 9.3.6 */
    PROXY_HTTPS,   /**< the same inside of TLS to the proxy */
    PROXY_SOCKS4,  /**< IPv4 addresses alone */
    PROXY_SOCKS4A, /**< … and names */
    PROXY_SOCKS5,  /**< RFC 1928, with addresses that are looked up here */
    PROXY_SOCKS5H, /**< … and names that the proxy looks up */
};
struct proxy {
    enum proxy_kind kind;
    const char *host; /**< name or literal, without brackets */
    uint16_t port;
    bool has_credentials;
    const char *user, *password; /**< "" none; for the proxy alone, never to be shown */
    const char *shown;           /**< "http://proxy.example:3128": without credentials, harmless */
};
/** Reads [SCHEME://][USER:PASSWORD@]HOST[:PORT] as curl does: without a scheme it is an HTTP proxy,
 *  without a port 1080, 443 for https. False for what is none; nothing of it may be shown then. */
bool proxy_parse(const char *text, struct arena *arena, struct proxy *out);
/** Does it look names up itself? */
bool proxy_resolves(const struct proxy *proxy);
/** Does a list as of NO_PROXY (names, ".suffix", addresses, networks, "*") hold this host? */
bool no_proxy_holds(const char *list, const char *host);

/** What came of asking a proxy for a connection. */
enum proxy_result {
    PROXY_OPEN,
    PROXY_NAME,        /**< the proxy's own name does not resolve */
    PROXY_CONNECT,     /**< there is no connection to the proxy */
    PROXY_TLS,         /**< https: the handshake with the proxy failed */
    PROXY_CERTIFICATE, /**< https: its certificate was not accepted, so nothing was sent to it */
    PROXY_AUTH,        /**< it wants credentials, or others than were given */
    PROXY_DENIED,      /**< it says no: the status is HTTP's or SOCKS's */
    PROXY_PAGE,        /**< it answers with a web page */
    PROXY_OTHER,       /**< what it says is not the protocol of such a proxy */
    PROXY_CLOSED,      /**< it closed the connection instead of an answer */
    PROXY_TIMEOUT,
    PROXY_UNFIT, /**< such a proxy cannot reach such an address: IPv6 through SOCKS4 */
};
extern const char *const proxy_result_names[]; /**< "open", "name" …; ends with NULL */
struct proxy_answer {
    enum proxy_result result;
    int status;    /**< HTTP's, or the reply code of SOCKS; 0 none */
    char why[256]; /**< the proxy's words and what they mean, harmless; "" nothing more */
};
/** Asks the proxy at the other end of fd for a connection to a name or address. PROXY_OPEN: what
 *  comes next on fd is the server's; not an octet of it was read. */
void proxy_ask(int fd, const struct proxy *proxy, const char *host, uint16_t port,
               struct deadline deadline, struct proxy_answer *out);

/* ---- fetching: http, https and ldap (fetch.c), with a cache on disk (cache.c) ---- */

/** What is fetched: it sets how large it may be and how long it may take (base/limits.h). */
enum fetch_kind { FETCH_ISSUER, FETCH_CRL, FETCH_OCSP, FETCH_DATA };

/** Whom one run may ask, and through whom. Strings are never NULL; the fetcher copies them. */
struct fetch_settings {
    bool offline;       /**< answers FETCH_OFFLINE to everything, the cache included */
    bool allow_private; /**< private, loopback and link-local addresses too */
    double timeout;     /**< seconds for each fetch, when its kind has more; 0: that of its kind */
    const char *proxy;  /**< --proxy, for every URL; "" none */
    const char *http_proxy; /**< of the environment: "http_proxy" … "" none */
    const char *https_proxy, *all_proxy, *no_proxy;
    const char *cache; /**< directory of the cache, made when something is kept; "" none */
};

/** What is left for one target: shared by fetches that run at the same time. */
struct fetch_budget {
    struct deadline until;
    _Atomic int64_t bytes;
    _Atomic int fetches;
    int rounds;
    cw_time now; /**< the wall clock when it began */
};
/** LIMIT_FETCH_RUN_… of everything. */
void fetch_budget_begin(struct fetch_budget *budget, cw_time now);

struct fetch_request {
    enum fetch_kind kind;
    const char *url;
    struct bytes post;           /**< FETCH_OCSP: the request to send; empty: GET */
    cw_time now;                 /**< the wall clock, for what the cache holds */
    struct fetch_budget *budget; /**< NULL: no other limits than those of the kind */
};

/** What came of it. */
struct fetched {
    enum fetch_result result;
    const char *why; /**< in words, "" nothing more than fetch_result_text() says; harmless */
    int status;      /**< HTTP's, 0 none */
    int64_t took_us;
    bool cached;        /**< it was in the cache */
    struct bytes body;  /**< FETCH_OK: the arena's, or `map`'s */
    struct mapping map; /**< to be released with file_unmap(); p NULL: none */
};

struct fetcher;
/** Costs next to nothing: libcurl is loaded by the first fetch that needs it. */
struct fetcher *fetcher_new(const struct fetch_settings *settings);
/** Whether it answers everything at once, since it may ask nobody. */
bool fetcher_is_offline(const struct fetcher *fetcher);
void fetcher_free(struct fetcher *fetcher);
/** Fetches, from the cache when it holds an answer that is still good. Never fails: see `result`.
 *  Blocks for at most the time of its kind. For several threads at once: equal requests under way
 *  become one, and what failed is not tried again for LIMIT_FETCH_RETRY_SECONDS. No connection is
 *  made to an address that address_is_public() denies, unless allow_private; a proxy's own address
 *  is the user's choice and exempt. */
void fetch(struct fetcher *fetcher, const struct fetch_request *request, struct arena *arena,
           struct fetched *out);
/** Is this an address of the public internet? False for private, loopback, link-local, shared,
 *  multicast, documentation … ones, and for v6 addresses that stand for such a v4 one.
 *  `family` AF_INET or AF_INET6. */
bool address_is_public(int family, const uint8_t *ip);

/** Asks a time server (port 123) for the time: microseconds since 1970, as exact as the way back is
 *  fast. False with `why` in harmless words. */
bool sntp_ask(const struct address *address, struct deadline deadline, int64_t *out_us,
              char why[128]);
/** The time of an answer to the question with this transmit timestamp (RFC 5905 section 7.3). */
bool sntp_read(struct bytes packet, const uint8_t cookie[8], int64_t *out_us, char why[128]);

#include "dns.h"

/** Where mail for a domain goes (mx.c). Strings are the arena's, harmless. */
struct mx {
    const char *host;
    int preference;
};
enum mx_result {
    MX_FOUND,
    MX_NONE,    /**< no such record: the domain itself (RFC 5321 section 5.1) */
    MX_NULL,    /**< RFC 7505: it takes no mail */
    MX_NO_NAME, /**< the domain does not exist */
    MX_FAILED,  /**< see why */
};
struct mx_list {
    enum mx_result result;
    const char *why;
    struct mx *items; /**< in the order in which they are tried */
    size_t count;
};
void mx_lookup(const struct dns_settings *settings, const char *domain, struct arena *arena,
               struct mx_list *out);

#endif
