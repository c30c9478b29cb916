/* SPDX-License-Identifier: Apache-2.0 */
/* A grab reads from one flight what a whole handshake sees: the lab's server tells both. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
/* cmocka wants setjmp.h and stdarg.h first */
#include <cmocka.h>

#include "made_leaf.h"
#include "tls/tls.h"
#include "x509/x509.h"

struct fixture {
    struct arena arena;
    struct grab_reader *plain, *proving;
    struct private_key *keys[3];
    struct bytes leaves[3];
};
static const enum key_spec specs[] = {KEY_SPEC_RSA_2048, KEY_SPEC_P256, KEY_SPEC_ED25519};

static int fixture_make(void **state)
{
    static struct fixture f;
    f = (struct fixture){.plain = grab_reader_new(false), .proving = grab_reader_new(true)};
    for (size_t i = 0; i < 3; i++) {
        f.keys[i] = private_key_derive(specs[i], bytes_str("grab"), "leaf");
        f.leaves[i] = made_leaf(&f.arena, "grab.test", f.keys[i]);
    }
    *state = &f;
    return 0;
}

static int fixture_drop(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < 3; i++)
        private_key_free(f->keys[i]);
    grab_reader_free(f->plain);
    grab_reader_free(f->proving);
    arena_free(&f->arena);
    return 0;
}

struct peer {
    int fd;
    const struct tls_server_config *config;
};

static void *peer_run(void *context)
{
    const struct peer *peer = context;
    tls_serve(peer->fd, peer->config);
    close(peer->fd);
    return NULL;
}

/** One flight of the server, as it came, and the hello that it answers; see flight_drop(). */
struct flight {
    struct buf hello, received;
    enum grab_state state;
    struct grab grab;
};

static void flight_get(struct arena *arena, struct grab_reader *reader,
                       const struct tls_server_config *config, struct flight *out)
{
    int fds[2];
    pthread_t thread;
    static const uint8_t random[32] = {1, 2, 3};
    *out = (struct flight){.state = GRAB_MORE};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    struct peer peer = {.fd = fds[1], .config = config};
    assert_int_equal(pthread_create(&thread, NULL, peer_run, &peer), 0);
    grab_hello_write("grab.test", random, &out->hello);
    assert_int_equal(write(fds[0], out->hello.p, out->hello.n), out->hello.n);
    while (out->state == GRAB_MORE) {
        buf_reserve(&out->received, 4096);
        const ssize_t n = read(fds[0], out->received.p + out->received.n, 4096);
        if (n <= 0)
            break;
        out->received.n += (size_t)n;
        out->state =
            grab_read(reader, buf_bytes(&out->hello), buf_bytes(&out->received), arena, &out->grab);
    }
    close(fds[0]);
    pthread_join(thread, NULL);
}

static void flight_drop(struct flight *flight)
{
    buf_free(&flight->hello);
    buf_free(&flight->received);
}

static struct handshake shake_hands(struct arena *arena, const struct tls_server_config *config)
{
    int fds[2];
    pthread_t thread;
    struct handshake out;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    struct peer peer = {.fd = fds[1], .config = config};
    assert_int_equal(pthread_create(&thread, NULL, peer_run, &peer), 0);
    const struct tls_request request = {.sni = "grab.test", .deadline = deadline_in(5)};
    tls_handshake(fds[0], &request, arena, &out);
    close(fds[0]);
    pthread_join(thread, NULL);
    return out;
}

static void same(const struct handshake *grab, const struct handshake *whole)
{
    assert_string_equal(grab->version, whole->version);
    assert_int_equal(grab->certificate_count, whole->certificate_count);
    for (size_t i = 0; i < grab->certificate_count; i++)
        assert_true(bytes_equal(grab->certificates[i], whole->certificates[i]));
    assert_int_equal(grab->certificate_message_bytes, whole->certificate_message_bytes);
    assert_true(bytes_equal(grab->stapled_ocsp, whole->stapled_ocsp));
    assert_true(bytes_equal(grab->sct_list, whole->sct_list));
    assert_int_equal(grab->sni_acknowledged, whole->sni_acknowledged);
    assert_true(grab->saw_server_hello);
}

static const char *const versions[] = {"TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"};

static struct tls_server_config config_of(const struct tls_identity *identity, const char *version)
{
    return (struct tls_server_config){.identities = identity,
                                      .identity_count = 1,
                                      .min_version = version,
                                      .max_version = version,
                                      .stapled_ocsp = bytes_str("an OCSP response"),
                                      .sct_list = bytes_str("\0\5\0\3sct")};
}

static void sees_what_a_handshake_sees(void **state)
{
    struct fixture *f = *state;
    for (size_t key = 0; key < 3; key++)
        for (size_t v = key == 2 ? 2 : 0; v < 4; v++) {
            const struct bytes chain[] = {f->leaves[key], f->leaves[0], f->leaves[1]};
            const struct tls_identity identity = {
                .sni = "grab.test", .chain = chain, .chain_count = 3, .key = f->keys[key]};
            const struct tls_server_config config = config_of(&identity, versions[v]);
            const struct handshake whole = shake_hands(&f->arena, &config);
            assert_int_equal(whole.result, HS_DONE);
            struct flight flight;
            flight_get(&f->arena, f->plain, &config, &flight);
            assert_int_equal(flight.state, GRAB_DONE);
            same(&flight.grab.handshake, &whole);
            assert_false(flight.grab.handshake.key_proven);
            flight_drop(&flight);
            flight_get(&f->arena, f->proving, &config, &flight);
            assert_int_equal(flight.state, GRAB_DONE);
            same(&flight.grab.handshake, &whole);
            /* before TLS 1.2 the signature's digest is one of its own: not checked */
            assert_int_equal(flight.grab.handshake.key_proven, v >= 2);
            assert_false(flight.grab.handshake.key_refuted);
            flight_drop(&flight);
        }
}

static void another_key_is_refuted(void **state)
{
    struct fixture *f = *state;
    for (size_t v = 2; v < 4; v++) {
        const struct bytes chain[] = {f->leaves[0]};
        struct private_key *other = private_key_derive(KEY_SPEC_RSA_2048, bytes_str("x"), "y");
        const struct tls_identity identity = {.chain = chain, .chain_count = 1, .key = other};
        const struct tls_server_config config = config_of(&identity, versions[v]);
        struct flight flight;
        flight_get(&f->arena, f->proving, &config, &flight);
        assert_int_equal(flight.state, GRAB_DONE);
        assert_true(flight.grab.handshake.key_refuted);
        assert_false(flight.grab.handshake.key_proven);
        private_key_free(other);
        flight_drop(&flight);
    }
}

/* Every beginning of a flight asks for more, and for no less than it has. */
static void every_beginning(void **state)
{
    struct fixture *f = *state;
    for (size_t v = 2; v < 4; v++) {
        const struct bytes chain[] = {f->leaves[1], f->leaves[0]};
        const struct tls_identity identity = {.chain = chain, .chain_count = 2, .key = f->keys[1]};
        const struct tls_server_config config = config_of(&identity, versions[v]);
        struct flight flight;
        flight_get(&f->arena, f->proving, &config, &flight);
        bool done = false;
        for (size_t n = 0; n <= flight.received.n; n++) {
            struct grab grab;
            const enum grab_state now = grab_read(f->proving, buf_bytes(&flight.hello),
                                                  bytes_of(flight.received.p, n), &f->arena, &grab);
            assert_true(now == (done ? GRAB_DONE : GRAB_MORE) || (now == GRAB_DONE && !done));
            done |= now == GRAB_DONE;
            assert_true(done || grab.need > n);
        }
        assert_true(done);
        flight_drop(&flight);
    }
}

/* Whatever octet is changed, nothing is read beyond what came; sealed records do not open. */
static void every_octet_changed(void **state)
{
    struct fixture *f = *state;
    for (size_t v = 2; v < 4; v++) {
        const struct bytes chain[] = {f->leaves[1]};
        const struct tls_identity identity = {.chain = chain, .chain_count = 1, .key = f->keys[1]};
        const struct tls_server_config config = config_of(&identity, versions[v]);
        struct flight flight;
        struct cert *leaf = cert_parse(chain[0]);
        const struct bytes spki = leaf->key.spki;
        flight_get(&f->arena, f->proving, &config, &flight);
        for (size_t i = 0; i < flight.received.n; i++) {
            struct arena arena = {0};
            struct grab grab;
            BUF_CLEANUP changed = {0};
            buf_add_bytes(&changed, buf_bytes(&flight.received));
            changed.p[i] ^= (uint8_t)(1 + i % 255);
            const enum grab_state now =
                grab_read(f->proving, buf_bytes(&flight.hello), buf_bytes(&changed), &arena, &grab);
            /* a plain certificate may be changed, but then not its key */
            assert_true(now != GRAB_DONE || v == 2 ||
                        bytes_equal(grab.handshake.certificates[0], chain[0]));
            if (now == GRAB_DONE && grab.handshake.key_proven)
                assert_true(bytes_find(grab.handshake.certificates[0], spki) != SIZE_MAX);
            arena_free(&arena);
        }
        flight_drop(&flight);
        cert_unref(leaf);
    }
}

static void what_is_unusual(void **state)
{
    struct fixture *f = *state;
    const struct bytes chain[] = {f->leaves[0]};
    const struct tls_identity identity = {.chain = chain, .chain_count = 1, .key = f->keys[0]};
    struct tls_server_config config = config_of(&identity, "TLSv1.3");
    struct flight flight;
    config.require_client_certificate = true;
    flight_get(&f->arena, f->plain, &config, &flight);
    assert_int_equal(flight.state, GRAB_UNUSUAL);
    assert_string_equal(flight.grab.why, "a client certificate is asked for");
    flight_drop(&flight);
    config = (struct tls_server_config){.fault = {.kind = FAULT_ALERT, .alert = 70}};
    flight_get(&f->arena, f->plain, &config, &flight);
    assert_int_equal(flight.state, GRAB_ALERT);
    assert_int_equal(flight.grab.handshake.alert, 70);
    flight_drop(&flight);
    config = (struct tls_server_config){.plain_http = true};
    flight_get(&f->arena, f->plain, &config, &flight);
    assert_int_equal(flight.state, GRAB_NOT_TLS);
    flight_drop(&flight);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sees_what_a_handshake_sees),
        cmocka_unit_test(another_key_is_refuted),
        cmocka_unit_test(every_beginning),
        cmocka_unit_test(every_octet_changed),
        cmocka_unit_test(what_is_unusual),
    };
    return cmocka_run_group_tests(tests, fixture_make, fixture_drop);
}
