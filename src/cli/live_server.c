/* SPDX-License-Identifier: Apache-2.0 */
/* The server of a live proof: one thread, one connection after the other. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "live.h"

enum { BACKLOG = 16, CONNECT_BYTES = 8 << 10, CONNECT_SECONDS = 10 };

struct live_server {
    struct tls_server_config config;
    int listener;
    unsigned port;
    int wake[2]; /* a byte in it ends the thread */
    pthread_t thread;
    bool running;
    _Atomic size_t completed;
};

/* ---- a connection ---- */

/* Reads up to the empty line, octet by octet: what follows is TLS. */
static bool request_skip(int fd, struct deadline deadline)
{
    static const char end[] = "\r\n\r\n";
    size_t matched = 0;
    for (size_t i = 0; i < CONNECT_BYTES && matched < 4; i++) {
        uint8_t octet = 0;
        size_t got = 0;
        if (net_read_some(fd, &octet, 1, &got, deadline) != NET_OK)
            return false;
        matched = octet == (uint8_t)end[matched] ? matched + 1 : octet == '\r';
    }
    return matched == 4;
}

/* RFC 9110 section 9.3.6. No TLS record begins with a letter. */
static bool connect_take(int fd)
{
    static const char established[] = "HTTP/1.1 200 Connection established\r\n\r\n";
    const struct deadline deadline = deadline_in(CONNECT_SECONDS);
    char first = 0;
    if (net_wait(fd, false, deadline) != NET_OK || recv(fd, &first, 1, MSG_PEEK) != 1)
        return false;
    return first != 'C' || (request_skip(fd, deadline) &&
                            net_write_all(fd, bytes_str(established), deadline) == NET_OK);
}

static void *serve(void *context)
{
    struct live_server *server = context;
    struct pollfd polls[] = {{.fd = server->listener, .events = POLLIN},
                             {.fd = server->wake[0], .events = POLLIN}};
    while (polls[1].revents == 0) {
        if (poll(polls, 2, -1) < 0 && errno != EINTR)
            break;
        const int fd = polls[0].revents & POLLIN
                           ? accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)
                           : -1;
        if (fd < 0)
            continue;
        if (connect_take(fd) && tls_serve(fd, &server->config).finished)
            server->completed++;
        close(fd);
    }
    return NULL;
}

/* ---- its life ---- */

static bool server_listen(struct live_server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (server->listener < 0 || bind(server->listener, (void *)&address, length) != 0 ||
        listen(server->listener, BACKLOG) != 0 ||
        getsockname(server->listener, (void *)&address, &length) != 0)
        return false;
    server->port = ntohs(address.sin_port);
    return true;
}

enum cw_code live_server_start(const struct tls_identity *identity, struct live_server **out,
                               struct error *error)
{
    struct live_server *server = xcalloc(1, sizeof *server);
    server->config = (struct tls_server_config){.identities = identity, .identity_count = 1};
    server->listener = server->wake[0] = server->wake[1] = -1;
    server->running = server_listen(server) && pipe2(server->wake, O_CLOEXEC) == 0 &&
                      pthread_create(&server->thread, NULL, serve, server) == 0;
    *out = server;
    if (server->running)
        return CW_OK;
    error_set(error, CW_E_IO, "no server can be started on loopback: %s", strerror(errno));
    live_server_stop(server);
    *out = NULL;
    return CW_E_IO;
}

unsigned live_server_port(const struct live_server *server)
{
    return server->port;
}

size_t live_server_completed(const struct live_server *server)
{
    return server->completed;
}

static void close_one(int fd)
{
    if (fd >= 0)
        close(fd);
}

void live_server_stop(struct live_server *server)
{
    if (!server)
        return;
    if (server->running && write(server->wake[1], "", 1) == 1)
        pthread_join(server->thread, NULL);
    close_one(server->listener);
    close_one(server->wake[0]);
    close_one(server->wake[1]);
    free(server);
}
