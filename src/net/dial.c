/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets: non-blocking, each wait through poll(2) with what is left of a deadline. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"

const char *net_result_text(enum net_result result)
{
    static const char *const texts[] = {
        [NET_OK] = "connected",
        [NET_NAME_UNKNOWN] = "the name does not exist or has no address",
        [NET_RESOLVER_FAILED] = "the name server gave no answer",
        [NET_REFUSED] = "connection refused: nothing listens on this port",
        [NET_UNREACHABLE] = "no route to the address",
        [NET_TIMEOUT] = "no answer in time",
        [NET_RESET] = "the connection was reset",
        [NET_CLOSED] = "the other side closed the connection",
        [NET_FAILED] = "the connection failed",
        [NET_PROXY] = "the proxy did not open a connection",
    };
    const size_t i = (size_t)result;
    return i < sizeof texts / sizeof texts[0] ? texts[i] : "unknown";
}

static enum net_result result_of_errno(int error)
{
    switch (error) {
    case ECONNREFUSED:
        return NET_REFUSED;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
        return NET_UNREACHABLE;
    case ETIMEDOUT:
        return NET_TIMEOUT;
    case ECONNRESET:
    case EPIPE:
        return NET_RESET;
    default:
        return NET_FAILED;
    }
}

static socklen_t sockaddr_fill(const struct address *address, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof *out);
    if (address->family == AF_INET6) {
        struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(address->port)};
        memcpy(&v6.sin6_addr, address->ip, 16);
        memcpy(out, &v6, sizeof v6);
        return sizeof v6;
    }
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(address->port)};
    memcpy(&v4.sin_addr, address->ip, 4);
    memcpy(out, &v4, sizeof v4);
    return sizeof v4;
}

/** Waits for a connect(2) under way; returns its errno, ETIMEDOUT when the deadline came first. */
static int connect_finish(int fd, struct deadline deadline)
{
    const enum net_result ready = net_wait(fd, true, deadline);
    if (ready == NET_TIMEOUT)
        return ETIMEDOUT;
    int error = 0;
    socklen_t n = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0)
        return errno;
    return error;
}

enum net_result net_connect(const struct address *address, struct deadline deadline, int *fd,
                            char why[128])
{
    why[0] = '\0';
    *fd = -1;
    struct sockaddr_storage to;
    const socklen_t to_size = sockaddr_fill(address, &to);
    const int s = socket(address->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s < 0) {
        const int error = errno;
        snprintf(why, 128, "%s", strerror(error));
        return result_of_errno(error);
    }
    /* the last message of a flight must not wait for an acknowledgement of the first */
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));

    int error = connect(s, (const struct sockaddr *)&to, to_size) == 0 ? 0 : errno;
    if (error == EINPROGRESS || error == EINTR)
        error = connect_finish(s, deadline);
    if (error != 0) {
        close(s);
        snprintf(why, 128, "%s", strerror(error));
        return result_of_errno(error);
    }
    *fd = s;
    return NET_OK;
}

enum net_result net_wait(int fd, bool writable, struct deadline deadline)
{
    for (;;) {
        struct pollfd item = {.fd = fd, .events = writable ? POLLOUT : POLLIN};
        const int n = poll(&item, 1, deadline_left_ms(deadline));
        /* POLLERR and POLLHUP count as ready: the next read or write says what happened */
        if (n > 0)
            return (item.revents & POLLNVAL) != 0 ? NET_FAILED : NET_OK;
        if (n < 0 && errno != EINTR)
            return NET_FAILED;
        if (deadline_passed(deadline))
            return NET_TIMEOUT;
    }
}

enum net_result net_write_all(int fd, struct bytes data, struct deadline deadline)
{
    while (data.n > 0) {
        const ssize_t n = send(fd, data.p, data.n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0) {
            data = bytes_slice(data, (size_t)n, data.n);
            continue;
        }
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            return result_of_errno(errno);
        const enum net_result ready = net_wait(fd, true, deadline);
        if (ready != NET_OK)
            return ready;
    }
    return NET_OK;
}

static enum net_result receive(int fd, uint8_t *p, size_t n, size_t *got, int flags,
                               struct deadline deadline)
{
    *got = 0;
    for (;;) {
        const ssize_t r = recv(fd, p, n, MSG_DONTWAIT | flags);
        if (r > 0) {
            *got = (size_t)r;
            return NET_OK;
        }
        if (r == 0)
            return NET_CLOSED;
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            return result_of_errno(errno);
        const enum net_result ready = net_wait(fd, false, deadline);
        if (ready != NET_OK)
            return ready;
    }
}

enum net_result net_read_some(int fd, uint8_t *p, size_t n, size_t *got, struct deadline deadline)
{
    return receive(fd, p, n, got, 0, deadline);
}

enum net_result net_peek(int fd, uint8_t *octet, struct deadline deadline)
{
    size_t got;
    return receive(fd, octet, 1, &got, MSG_PEEK, deadline);
}

void net_close(int fd)
{
    if (fd >= 0)
        close(fd);
}
