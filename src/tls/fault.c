/* SPDX-License-Identifier: Apache-2.0 */
/* The lab's servers that show no certificate: they end the connection in every way there is. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "internal.h"

enum { ONE_SEGMENT = 1400 };
enum { SILENCE_SECONDS = 60 };

/* RFC 9293 section 3.6: closing with unsent data or without lingering resets the connection. */
static void reset(int fd)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

static void say(int fd, struct bytes words, struct deadline deadline)
{
    net_write_all(fd, words, deadline);
}

static void say_alert(int fd, int alert, struct deadline deadline)
{
    const uint8_t record[] = {RECORD_ALERT, 3, 3, 0, 2, 2, (uint8_t)alert};
    say(fd, bytes_of(record, sizeof record), deadline);
}

/* Longer than any client waits: it is the client that gives up. */
static void stay_silent(int fd)
{
    const struct deadline deadline = deadline_in(SILENCE_SECONDS);
    uint8_t data[1024];
    size_t got = 0;
    while (net_read_some(fd, data, sizeof data, &got, deadline) == NET_OK)
        continue;
}

/* Unread input would make a reset of the closing. */
static void close_quietly(int fd)
{
    shutdown(fd, SHUT_WR);
    stay_silent(fd);
}

static bool lists(struct bytes list, unsigned item)
{
    struct bytes number;
    while (take(&list, 2, &number))
        if (big_endian(number) == item)
            return true;
    return false;
}

static void put(struct buf *out, size_t value, unsigned width)
{
    for (unsigned i = width; i-- > 0;)
        buf_add_byte(out, (uint8_t)(value >> (8 * i)));
}

/* RFC 8446 section 4.1.3 and 4.1.4: a ServerHello and nothing after it; of TLS 1.3 a
 * HelloRetryRequest, which names the group. */
static void say_hello(int fd, const struct server_fault *only, struct deadline deadline)
{
    const bool tls13 = only->version == TLS_1_3;
    BUF_CLEANUP record = {0}, body = {0};
    put(&body, (size_t)(tls13 ? TLS_1_2 : only->version), 2);
    buf_append(&body, hello_retry_random, sizeof hello_retry_random);
    if (!tls13)
        body.p[body.n - 1] ^= 1;
    put(&body, 0, 1);
    put(&body, only->suite, 2);
    put(&body, 0, 1);
    if (tls13) {
        put(&body, 12, 2);
        put(&body, 43, 2);
        put(&body, 2, 2);
        put(&body, TLS_1_3, 2);
        put(&body, 51, 2);
        put(&body, 2, 2);
        put(&body, only->group, 2);
    }
    put(&record, RECORD_HANDSHAKE, 1);
    put(&record, (size_t)(tls13 ? TLS_1_2 : only->version), 2);
    put(&record, body.n + 4, 2);
    put(&record, SERVER_HELLO, 1);
    put(&record, body.n, 3);
    buf_add_bytes(&record, buf_bytes(&body));
    say(fd, buf_bytes(&record), deadline);
}

static bool suits(const struct server_fault *only, const struct client_hello *hello)
{
    const bool version = only->version == TLS_1_3 ? lists(hello->versions, TLS_1_3)
                                                  : only->version <= hello->version;
    return version && lists(hello->ciphers, only->suite) &&
           (only->group == 0 || lists(hello->groups, only->group));
}

bool fault_serve_unasked(int fd, const struct server_fault *fault, struct deadline deadline)
{
    switch (fault->kind) {
    case FAULT_RESET_UNASKED:
        reset(fd);
        return true;
    case FAULT_CLOSE_UNASKED:
        close_quietly(fd);
        return true;
    case FAULT_GREETING:
        say(fd, bytes_str(fault->greeting), deadline);
        stay_silent(fd);
        return true;
    default:
        return false;
    }
}

bool fault_serve(int fd, const struct server_fault *fault, struct bytes first,
                 struct deadline deadline)
{
    enum { HANDSHAKE_FAILURE = 40 };
    struct client_hello hello = {0};
    client_hello_read(first, &hello);
    switch (fault->kind) {
    case FAULT_ALERT:
        say_alert(fd, fault->alert, deadline);
        return true;
    case FAULT_RESET:
        reset(fd);
        return true;
    case FAULT_CLOSE:
        close_quietly(fd);
        return true;
    case FAULT_SILENCE:
        stay_silent(fd);
        return true;
    case FAULT_LARGE_HELLO:
        if (first.n > ONE_SEGMENT)
            reset(fd);
        return first.n > ONE_SEGMENT;
    case FAULT_TLS13_OFFERED:
        if (lists(hello.versions, TLS_1_3))
            say_alert(fd, fault->alert, deadline);
        return lists(hello.versions, TLS_1_3);
    case FAULT_ONLY:
        if (suits(fault, &hello))
            say_hello(fd, fault, deadline);
        else
            say_alert(fd, HANDSHAKE_FAILURE, deadline);
        return true;
    case FAULT_NONE:
    case FAULT_RESET_UNASKED:
    case FAULT_CLOSE_UNASKED:
    case FAULT_GREETING:
        break;
    }
    return false;
}
