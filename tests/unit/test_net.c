/* SPDX-License-Identifier: Apache-2.0 */
#include <netdb.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
/* cmocka wants setjmp.h and stdarg.h first */
#include <cmocka.h>

#include "net/net.h"

static void deadlines(void **state)
{
    (void)state;
    assert_true(deadline_passed(deadline_in(0)));
    assert_true(deadline_passed(deadline_in(-5)));
    assert_int_equal(deadline_left_ms(deadline_in(-5)), 0);
    const struct deadline soon = deadline_in(2.0);
    assert_false(deadline_passed(soon));
    assert_in_range(deadline_left_ms(soon), 1900, 2001);
    assert_true(deadline_left_ms(deadline_in(1e300)) > 1000000);
}

static void literals_need_no_resolver(void **state)
{
    (void)state;
    struct addresses a = {0};
    char why[128];
    assert_int_equal(net_resolve("192.0.2.7", 443, AF_UNSPEC, &a, why), NET_OK);
    assert_int_equal(net_resolve("2001:DB8::1", 25, AF_UNSPEC, &a, why), NET_OK);
    assert_int_equal(net_resolve("192.0.2.7", 443, AF_UNSPEC, &a, why), NET_OK);
    assert_int_equal(a.count, 2);
    assert_int_equal(a.items[0].family, AF_INET);
    assert_string_equal(a.items[0].text, "192.0.2.7:443");
    assert_int_equal(a.items[1].family, AF_INET6);
    assert_string_equal(a.items[1].text, "[2001:db8::1]:25");
    assert_int_equal(net_resolve("::1", 443, AF_INET, &a, why), NET_NAME_UNKNOWN);
    assert_int_equal(a.count, 2);
    assert_true(strlen(why) > 0);
}

static void no_more_addresses_than_there_is_room_for(void **state)
{
    (void)state;
    struct addresses a = {0};
    char why[128], text[32];
    for (int i = 0; i < LIMIT_ADDRESSES + 3; i++) {
        snprintf(text, sizeof text, "192.0.2.%d", i);
        assert_int_equal(net_resolve(text, 443, AF_UNSPEC, &a, why), NET_OK);
    }
    assert_int_equal(a.count, LIMIT_ADDRESSES);
}

static void localhost(void **state)
{
    (void)state;
    struct addrinfo *peer = NULL;
    const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    if (getaddrinfo("localhost", "80", &hints, &peer) != 0)
        skip(); /* a chroot without /etc/hosts: no name is known that is known everywhere */
    freeaddrinfo(peer);
    struct addresses a = {0};
    char why[128];
    assert_int_equal(net_resolve("localhost", 80, AF_INET, &a, why), NET_OK);
    assert_int_equal(a.count, 1);
    assert_string_equal(a.items[0].text, "127.0.0.1:80");
    assert_int_equal(net_resolve("localhost", 80, AF_INET, &a, why), NET_OK);
    assert_int_equal(a.count, 1); /* each address once */
}

static void no_names(void **state)
{
    (void)state;
    struct addresses a = {0};
    char why[128], too_long[400];
    memset(too_long, 'a', sizeof too_long - 1);
    too_long[sizeof too_long - 1] = '\0';
    assert_int_equal(net_resolve(too_long, 80, AF_UNSPEC, &a, why), NET_NAME_UNKNOWN);
    assert_int_equal(net_resolve("", 80, AF_UNSPEC, &a, why), NET_NAME_UNKNOWN);
    assert_int_equal(a.count, 0);
}

/** A listening loopback socket; its address in `out`. */
static int listen_here(struct address *out)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 4), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    struct addresses found = {0};
    char why[128];
    assert_int_equal(net_resolve("127.0.0.1", ntohs(at.sin_port), AF_UNSPEC, &found, why), NET_OK);
    *out = found.items[0];
    return fd;
}

static void refused(void **state)
{
    (void)state;
    struct address address;
    close(listen_here(&address));
    int fd = 0;
    char why[128];
    assert_int_equal(net_connect(&address, deadline_in(2), &fd, why), NET_REFUSED);
    assert_int_equal(fd, -1);
    assert_string_equal(why, "Connection refused");
}

static void talks_and_notices_the_end(void **state)
{
    (void)state;
    struct address address;
    const int server = listen_here(&address);
    int client = -1;
    char why[128];
    assert_int_equal(net_connect(&address, deadline_in(2), &client, why), NET_OK);
    const int peer = accept(server, NULL, NULL);
    uint8_t data[16];
    size_t got = 0;
    assert_int_equal(net_read_some(client, data, sizeof data, &got, deadline_in(0.05)),
                     NET_TIMEOUT);
    assert_int_equal(net_write_all(peer, bytes_str("hello"), deadline_in(1)), NET_OK);
    assert_int_equal(net_read_some(client, data, sizeof data, &got, deadline_in(1)), NET_OK);
    assert_int_equal(got, 5);
    assert_memory_equal(data, "hello", 5);
    close(peer);
    assert_int_equal(net_read_some(client, data, sizeof data, &got, deadline_in(1)), NET_CLOSED);
    /* the first write provokes the reset, the second one meets it: an answer, not a SIGPIPE */
    net_write_all(client, bytes_str("x"), deadline_in(1));
    usleep(20000);
    assert_int_equal(net_write_all(client, bytes_str("x"), deadline_in(1)), NET_RESET);
    net_close(client);
    net_close(-1);
    close(server);
}

static void a_blocked_writer_times_out(void **state)
{
    (void)state;
    struct address address;
    const int server = listen_here(&address);
    int client = -1;
    char why[128];
    assert_int_equal(net_connect(&address, deadline_in(2), &client, why), NET_OK);
    static uint8_t much[32 << 20];
    assert_int_equal(net_write_all(client, bytes_of(much, sizeof much), deadline_in(0.1)),
                     NET_TIMEOUT);
    net_close(client);
    close(server);
}

static void reset_is_told_from_closed(void **state)
{
    (void)state;
    struct address address;
    const int server = listen_here(&address);
    int client = -1;
    char why[128];
    assert_int_equal(net_connect(&address, deadline_in(2), &client, why), NET_OK);
    const int peer = accept(server, NULL, NULL);
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(peer);
    uint8_t data[4];
    size_t got = 0;
    assert_int_equal(net_read_some(client, data, sizeof data, &got, deadline_in(1)), NET_RESET);
    net_close(client);
    close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deadlines),
        cmocka_unit_test(literals_need_no_resolver),
        cmocka_unit_test(no_more_addresses_than_there_is_room_for),
        cmocka_unit_test(localhost),
        cmocka_unit_test(no_names),
        cmocka_unit_test(refused),
        cmocka_unit_test(talks_and_notices_the_end),
        cmocka_unit_test(a_blocked_writer_times_out),
        cmocka_unit_test(reset_is_told_from_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
