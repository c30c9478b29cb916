/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever the world does, looking at it succeeds and says what was seen. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "observe/observe.h"

/** A port of 127.0.0.1 on which nobody accepts: connections wait in the backlog. */
struct port {
    int fd;
    char text[32];
};

static struct port port_open(bool listening)
{
    struct port port = {.fd = socket(AF_INET, SOCK_STREAM, 0)};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof address;
    assert_int_equal(bind(port.fd, (struct sockaddr *)&address, n), 0);
    assert_int_equal(getsockname(port.fd, (struct sockaddr *)&address, &n), 0);
    if (listening)
        assert_int_equal(listen(port.fd, 4), 0);
    snprintf(port.text, sizeof port.text, "127.0.0.1:%d", ntohs(address.sin_port));
    return port;
}

static struct observe_options options_for(const char *target)
{
    return (struct observe_options){.target = target,
                                    .root = "",
                                    .name = "",
                                    .connect = "",
                                    .key_path = "",
                                    .timeout = 0.3,
                                    .at = 42};
}

static void look(const struct observe_options *options, struct arena *arena,
                 struct observation *out)
{
    struct error error = {0};
    if (observe(options, arena, out, &error) != CW_OK)
        fail_msg("%s", error.text);
}

static void test_nobody_listens(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct observation seen;
    const struct port port = port_open(false);
    const struct observe_options options = options_for(port.text);
    look(&options, &arena, &seen);
    assert_int_equal(seen.resolve, NET_OK);
    assert_int_equal(seen.connection_count, 1);
    assert_int_equal(seen.connections[0].net, NET_REFUSED);
    assert_string_equal(seen.connections[0].address, port.text);
    assert_false(observation_has_certificates(&seen));
    assert_int_equal(seen.at, 42);
    assert_false(seen.at_given);
    observation_free(&seen);
    arena_free(&arena);
    close(port.fd);
}

static void test_silence(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct observation seen;
    const struct port port = port_open(true);
    const struct observe_options options = options_for(port.text);
    const int64_t start = time_monotonic_us();
    look(&options, &arena, &seen);
    assert_in_range(time_monotonic_us() - start, 250000, 5000000);
    assert_int_equal(observation_primary(&seen)->net, NET_OK);
    assert_int_equal(observation_primary(&seen)->handshake.result, HS_TIMEOUT);
    assert_false(seen.default_probe);
    observation_free(&seen);
    arena_free(&arena);
    close(port.fd);
}

/* Three addresses that are silent for 0.3 s each take 0.3 s together, and keep their order. */
static void test_addresses_at_the_same_time(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct observation seen;
    const struct port silent = port_open(true), closed = port_open(false);
    struct observe_options options = options_for("www.lab.test");
    options.connect =
        arena_printf(&arena, "%s,%s,%s,%s", closed.text, silent.text, silent.text, silent.text);
    const int64_t start = time_monotonic_us();
    look(&options, &arena, &seen);
    assert_in_range(time_monotonic_us() - start, 250000, 800000);
    assert_int_equal(seen.connection_count, 4);
    assert_string_equal(seen.connections[0].address, closed.text);
    assert_int_equal(seen.connections[0].net, NET_REFUSED);
    assert_int_equal(seen.connections[3].handshake.result, HS_TIMEOUT);
    assert_int_equal(seen.primary, 1);
    assert_string_equal(seen.target.name, "www.lab.test");
    assert_string_equal(seen.target.sni, "www.lab.test");
    observation_free(&seen);
    arena_free(&arena);
    close(silent.fd);
    close(closed.fd);
}

static void test_more_addresses_than_are_tried(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct observation seen;
    const struct port closed = port_open(false);
    BUF_CLEANUP list = {0};
    for (int i = 0; i < 2 * LIMIT_ADDRESSES; i++)
        buf_printf(&list, "%s%s", i ? "," : "", closed.text);
    struct observe_options options = options_for("www.lab.test");
    options.connect = buf_cstr(&list);
    look(&options, &arena, &seen);
    assert_int_equal(seen.connection_count, LIMIT_ADDRESSES);
    observation_free(&seen);
    arena_free(&arena);
    close(closed.fd);
}

static void test_wrong_family(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct observation seen;
    struct observe_options options = options_for("127.0.0.1:1");
    options.family = AF_INET6;
    look(&options, &arena, &seen);
    assert_int_equal(seen.resolve, NET_NAME_UNKNOWN);
    assert_true(strlen(seen.resolve_why) > 0);
    assert_int_equal(seen.connection_count, 0);
    assert_null(observation_primary(&seen));
    observation_free(&seen);
    arena_free(&arena);
}

static void test_file_without_certificates(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct observation seen;
    struct observe_options options = options_for("VERSION");
    look(&options, &arena, &seen);
    assert_int_equal(seen.target.kind, TARGET_FILE);
    assert_int_equal(seen.sent_count, 0);
    assert_true(seen.file.fault_count > 0);
    assert_string_equal(seen.target.name, "");
    observation_free(&seen);
    arena_free(&arena);
}

static void refused(const struct observe_options *options, enum cw_code code)
{
    struct arena arena = {0};
    struct observation seen;
    struct error error = {0};
    assert_int_equal(observe(options, &arena, &seen, &error), code);
    assert_true(strlen(error.text) > 10);
    arena_free(&arena);
}

static void test_unusable(void **state)
{
    (void)state;
    struct observe_options options = options_for("");
    refused(&options, CW_E_USAGE);
    options = options_for("VERSION");
    options.connect = "127.0.0.1";
    refused(&options, CW_E_USAGE);
    options = options_for("VERSION");
    options.sni = "";
    refused(&options, CW_E_USAGE);
    options = options_for("VERSION");
    options.key_path = "no-such.key";
    refused(&options, CW_E_INPUT);
    options = options_for("127.0.0.1:1");
    options.sni = "127.0.0.1";
    refused(&options, CW_E_USAGE);
    options = options_for("127.0.0.1:1");
    options.name = "a b";
    refused(&options, CW_E_USAGE);
}

static void test_unreadable_key(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct observation seen;
    struct observe_options options = options_for("VERSION");
    options.key_path = "meson.build";
    look(&options, &arena, &seen);
    assert_int_equal(seen.pairing, KEY_UNREADABLE);
    assert_string_equal(seen.key_file, "meson.build");
    observation_free(&seen);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_listens),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_addresses_at_the_same_time),
        cmocka_unit_test(test_more_addresses_than_are_tried),
        cmocka_unit_test(test_wrong_family),
        cmocka_unit_test(test_file_without_certificates),
        cmocka_unit_test(test_unusable),
        cmocka_unit_test(test_unreadable_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
