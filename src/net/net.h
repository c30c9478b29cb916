/* SPDX-License-Identifier: Apache-2.0 */
/* Front header of net/: deadlines, name resolution, dialling. Blocking calls with a deadline each.
 */
#ifndef CERTWHY_NET_H
#define CERTWHY_NET_H

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

struct addresses {
    struct address items[LIMIT_ADDRESSES];
    size_t count;
};
/** Appends all addresses of a host name or literal, in the system's order, as far as there is room.
 *  `family` AF_UNSPEC, AF_INET or AF_INET6. `why` receives the resolver's own words on failure.
 *  Literals are never sent to a resolver. */
enum net_result net_resolve(const char *host, uint16_t port, int family, struct addresses *out,
                            char why[128]);
/** Connects; on NET_OK *fd is a non-blocking socket that the caller closes. */
enum net_result net_connect(const struct address *address, struct deadline deadline, int *fd,
                            char why[128]);
/** Waits until fd is readable (or writable). */
enum net_result net_wait(int fd, bool writable, struct deadline deadline);
enum net_result net_write_all(int fd, struct bytes data, struct deadline deadline);
/** Reads what is there, at least one byte. NET_CLOSED at the end. */
enum net_result net_read_some(int fd, uint8_t *p, size_t n, size_t *got, struct deadline deadline);
void net_close(int fd);

#endif
