/* SPDX-License-Identifier: Apache-2.0 */
/* Loopback handshakes: our client against the lab's server, or against bytes that are no server. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
/* cmocka wants setjmp.h and stdarg.h first */
#include <cmocka.h>

#include "made_leaf.h"
#include "tls/tls.h"

/* ---- certificates and servers ---- */

struct fixture {
    struct arena arena;
    struct private_key *rsa, *ec, *ed;
    struct bytes rsa_leaf, ec_leaf, ed_leaf, other;
};

static int fixture_make(void **state)
{
    static struct fixture f;
    f = (struct fixture){0};
    f.rsa = private_key_derive(KEY_SPEC_RSA_2048, bytes_str("test"), "rsa");
    f.ec = private_key_derive(KEY_SPEC_P256, bytes_str("test"), "ec");
    f.ed = private_key_derive(KEY_SPEC_ED25519, bytes_str("test"), "ed");
    f.rsa_leaf = made_leaf(&f.arena, "rsa.test", f.rsa);
    f.ec_leaf = made_leaf(&f.arena, "ec.test", f.ec);
    f.ed_leaf = made_leaf(&f.arena, "ed.test", f.ed);
    f.other = made_leaf(&f.arena, "other.test", f.rsa);
    *state = &f;
    return 0;
}

static int fixture_drop(void **state)
{
    struct fixture *f = *state;
    private_key_free(f->rsa);
    private_key_free(f->ec);
    private_key_free(f->ed);
    arena_free(&f->arena);
    return 0;
}

struct peer {
    int fd;
    const struct tls_server_config *config; /* NULL: say `words` instead */
    struct bytes words;
    bool listen_first; /* wait for the client's first bytes */
    bool stay;         /* keep the connection open and silent */
};

static void *peer_run(void *context)
{
    struct peer *peer = context;
    uint8_t data[4096];
    if (peer->config != NULL)
        tls_serve(peer->fd, peer->config);
    if (peer->listen_first && read(peer->fd, data, sizeof data) < 0)
        return NULL;
    if (peer->words.n > 0)
        send(peer->fd, peer->words.p, peer->words.n, MSG_NOSIGNAL);
    if (peer->stay)
        while (read(peer->fd, data, sizeof data) > 0)
            continue;
    close(peer->fd);
    return NULL;
}

static struct handshake talk(struct arena *arena, struct peer peer, struct tls_request request)
{
    int fds[2];
    pthread_t thread;
    struct handshake out;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    peer.fd = fds[1];
    if (request.deadline.at_us == 0)
        request.deadline = deadline_in(5);
    assert_int_equal(pthread_create(&thread, NULL, peer_run, &peer), 0);
    tls_handshake(fds[0], &request, arena, &out);
    close(fds[0]);
    pthread_join(thread, NULL);
    return out;
}

static struct handshake talk_to_server(struct arena *arena, const struct tls_server_config *config,
                                       struct tls_request request)
{
    return talk(arena, (struct peer){.config = config}, request);
}

/* ---- complete handshakes ---- */

static void check_versions(struct fixture *f, struct bytes leaf, const struct private_key *key,
                           const char *const *versions)
{
    for (; *versions != NULL; versions++) {
        const struct bytes chain[] = {leaf};
        const struct tls_identity identity = {.chain = chain, .chain_count = 1, .key = key};
        const struct tls_server_config config = {.identities = &identity,
                                                 .identity_count = 1,
                                                 .min_version = *versions,
                                                 .max_version = *versions};
        const struct handshake hs =
            talk_to_server(&f->arena, &config, (struct tls_request){.sni = "x"});
        assert_int_equal(hs.result, HS_DONE);
        assert_string_equal(hs.version, *versions);
        assert_true(strlen(hs.cipher) > 0);
        assert_string_equal(hs.group, "x25519");
        assert_true(hs.key_proven);
        assert_false(hs.key_refuted);
        assert_int_equal(hs.alert, -1);
        assert_int_equal(hs.certificate_count, 1);
        assert_true(bytes_equal(hs.certificates[0], leaf));
        assert_true(hs.saw_server_hello && !hs.client_certificate_requested);
        assert_true(hs.bytes_in > leaf.n && hs.bytes_out > 100);
        assert_true(hs.certificate_message_bytes > leaf.n);
    }
}

static void every_version_and_key(void **state)
{
    struct fixture *f = *state;
    static const char *const all[] = {"TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3", NULL};
    static const char *const modern[] = {"TLSv1.2", "TLSv1.3", NULL};
    check_versions(f, f->rsa_leaf, f->rsa, all);
    check_versions(f, f->ec_leaf, f->ec, all);
    check_versions(f, f->ed_leaf, f->ed, modern);
}

/* Servers show a leaf on such a curve only to clients that offer it. */
static void unusual_curves(void **state)
{
    struct fixture *f = *state;
    static const char *const curves[] = {"secp256k1", "P-224"};
    for (size_t i = 0; i < 2; i++) {
        EVP_PKEY *evp = EVP_PKEY_Q_keygen(NULL, NULL, "EC", curves[i]);
        unsigned char *der = NULL;
        const int n = i2d_PrivateKey(evp, &der);
        struct private_key *key = NULL;
        assert_int_equal(private_key_read(bytes_of(der, (size_t)n), NULL, &key), KEY_READ_OK);
        const struct bytes leaf = made_leaf(&f->arena, curves[i], key);
        const struct tls_identity identity = {.chain = &leaf, .chain_count = 1, .key = key};
        const struct tls_server_config config = {
            .identities = &identity, .identity_count = 1, .max_version = "TLSv1.2"};
        const struct handshake hs = talk_to_server(&f->arena, &config, (struct tls_request){0});
        assert_int_equal(hs.certificate_count, 1);
        assert_true(hs.key_proven);
        OPENSSL_free(der);
        EVP_PKEY_free(evp);
        private_key_free(key);
    }
}

static void the_chain_is_seen_as_sent(void **state)
{
    struct fixture *f = *state;
    const struct bytes chain[] = {f->ec_leaf, f->other, f->rsa_leaf, f->other, f->ec_leaf};
    const struct tls_identity identity = {.chain = chain, .chain_count = 5, .key = f->ec};
    const struct tls_server_config config = {.identities = &identity, .identity_count = 1};
    static const char *const versions[] = {"TLSv1.2", "TLSv1.3"};
    for (size_t v = 0; v < 2; v++) {
        const struct handshake hs =
            talk_to_server(&f->arena, &config, (struct tls_request){.max_version = versions[v]});
        assert_int_equal(hs.result, HS_DONE);
        assert_int_equal(hs.certificate_count, 5);
        for (size_t i = 0; i < 5; i++)
            assert_true(bytes_equal(hs.certificates[i], chain[i]));
    }
}

/* More than libssl's own limit of 100 KB. */
static void a_long_chain_is_seen_whole(void **state)
{
    enum { COUNT = 200 };
    struct fixture *f = *state;
    struct bytes chain[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        chain[i] = i % 2 == 0 ? f->rsa_leaf : f->other;
    const struct tls_identity identity = {.chain = chain, .chain_count = COUNT, .key = f->rsa};
    const struct tls_server_config config = {.identities = &identity, .identity_count = 1};
    static const char *const versions[] = {"TLSv1.2", "TLSv1.3"};
    for (size_t v = 0; v < 2; v++) {
        const struct handshake hs =
            talk_to_server(&f->arena, &config, (struct tls_request){.max_version = versions[v]});
        assert_int_equal(hs.result, HS_DONE);
        assert_int_equal(hs.certificate_count, COUNT);
        assert_true(hs.certificate_message_bytes > 100 * 1024);
        assert_true(bytes_equal(hs.certificates[COUNT - 1], f->other));
    }
}

static void damaged_certificates_arrive_as_they_are(void **state)
{
    struct fixture *f = *state;
    uint8_t *tampered = arena_alloc(&f->arena, f->ec_leaf.n),
            *flipped = arena_alloc(&f->arena, f->other.n);
    memcpy(tampered, f->ec_leaf.p, f->ec_leaf.n);
    memcpy(flipped, f->other.p, f->other.n);
    const size_t name = bytes_find(f->ec_leaf, bytes_str("ec.test"));
    tampered[name] ^= 1;
    flipped[f->other.n - 1] ^= 1;
    const struct bytes chain[] = {bytes_of(tampered, f->ec_leaf.n), bytes_of(flipped, f->other.n)};
    const struct tls_identity identity = {.chain = chain, .chain_count = 2, .key = f->ec};
    const struct tls_server_config config = {.identities = &identity, .identity_count = 1};
    const struct handshake hs = talk_to_server(&f->arena, &config, (struct tls_request){0});
    assert_int_equal(hs.result, HS_DONE);
    assert_int_equal(hs.certificate_count, 2);
    assert_true(bytes_equal(hs.certificates[0], chain[0]));
    assert_true(bytes_equal(hs.certificates[1], chain[1]));
}

/* libssl cannot load these, on either side: we still see what was sent. */
static void unparseable_certificates_are_seen(void **state)
{
    struct fixture *f = *state;
    static uint8_t much[40000];
    memset(much, 0x41, sizeof much);
    const struct bytes chain[] = {bytes_str("not a certificate"), f->other,
                                  bytes_of(much, sizeof much)};
    const struct tls_identity identity = {.chain = chain, .chain_count = 3, .key = f->ec};
    const struct tls_server_config config = {.identities = &identity, .identity_count = 1};
    static const char *const versions[] = {NULL, "TLSv1.0", "TLSv1.2"};
    for (size_t v = 0; v < 3; v++) {
        const struct handshake hs =
            talk_to_server(&f->arena, &config, (struct tls_request){.max_version = versions[v]});
        assert_int_equal(hs.result, HS_LOCAL_REFUSAL);
        assert_true(hs.alert_is_ours);
        assert_true(hs.alert > 0);
        assert_false(hs.key_proven || hs.key_refuted);
        assert_int_equal(hs.certificate_count, 3);
        for (size_t i = 0; i < 3; i++)
            assert_true(bytes_equal(hs.certificates[i], chain[i]));
    }
    const struct handshake modern =
        talk_to_server(&f->arena, &config, (struct tls_request){.min_version = "TLSv1.3"});
    assert_int_equal(modern.result, HS_ALERT);
    assert_int_equal(modern.alert, 70);
}

static void a_wrong_key_is_refuted(void **state)
{
    struct fixture *f = *state;
    const struct bytes leaves[] = {f->rsa_leaf, f->ec_leaf, f->ed_leaf};
    static const char *const versions[] = {"TLSv1.2", "TLSv1.3"};
    for (size_t i = 0; i < 3; i++)
        for (size_t v = 0; v < 2; v++) {
            struct private_key *stranger = private_key_derive(KEY_SPEC_P256, bytes_str("x"), "x");
            const struct tls_identity identity = {
                .chain = &leaves[i], .chain_count = 1, .key = stranger};
            const struct tls_server_config config = {.identities = &identity, .identity_count = 1};
            const struct handshake hs = talk_to_server(
                &f->arena, &config, (struct tls_request){.max_version = versions[v]});
            assert_int_equal(hs.result, HS_LOCAL_REFUSAL);
            assert_true(hs.key_refuted);
            assert_false(hs.key_proven);
            assert_true(hs.alert_is_ours);
            assert_int_equal(hs.alert, 51);
            assert_int_equal(hs.certificate_count, 1);
            private_key_free(stranger);
        }
}

/* ---- names, client certificates, extensions ---- */

static void sni_selects(void **state)
{
    struct fixture *f = *state;
    const struct tls_identity identities[] = {
        {.sni = "rsa.test", .chain = &f->rsa_leaf, .chain_count = 1, .key = f->rsa},
        {.sni = "ec.test", .chain = &f->ec_leaf, .chain_count = 1, .key = f->ec},
    };
    struct tls_server_config config = {.identities = identities, .identity_count = 2};
    struct handshake hs =
        talk_to_server(&f->arena, &config, (struct tls_request){.sni = "EC.test"});
    assert_true(bytes_equal(hs.certificates[0], f->ec_leaf));
    assert_true(hs.sni_acknowledged);
    hs = talk_to_server(&f->arena, &config,
                        (struct tls_request){.sni = "ec.test", .max_version = "TLSv1.2"});
    assert_true(hs.sni_acknowledged);
    hs = talk_to_server(&f->arena, &config, (struct tls_request){.sni = "unknown.test"});
    assert_true(bytes_equal(hs.certificates[0], f->rsa_leaf));
    assert_false(hs.sni_acknowledged);
    hs = talk_to_server(&f->arena, &config, (struct tls_request){0});
    assert_true(bytes_equal(hs.certificates[0], f->rsa_leaf));

    config.require_sni = true;
    hs = talk_to_server(&f->arena, &config, (struct tls_request){0});
    assert_int_equal(hs.result, HS_ALERT);
    assert_int_equal(hs.alert, 112);
    assert_false(hs.alert_is_ours);
    assert_int_equal(hs.certificate_count, 0);
    assert_string_equal(hs.version, "");
    hs = talk_to_server(&f->arena, &config, (struct tls_request){.sni = "unknown.test"});
    assert_int_equal(hs.alert, 112);
    hs = talk_to_server(&f->arena, &config, (struct tls_request){.sni = "rsa.test"});
    assert_int_equal(hs.result, HS_DONE);
}

static void client_certificate_demanded(void **state)
{
    struct fixture *f = *state;
    const struct tls_identity identity = {.chain = &f->ec_leaf, .chain_count = 1, .key = f->ec};
    const struct tls_server_config config = {
        .identities = &identity, .identity_count = 1, .require_client_certificate = true};
    struct handshake hs = talk_to_server(&f->arena, &config, (struct tls_request){0});
    assert_int_equal(hs.result, HS_ALERT);
    assert_int_equal(hs.alert, 116);
    assert_true(hs.client_certificate_requested);
    assert_true(hs.key_proven);
    assert_int_equal(hs.certificate_count, 1);
    assert_int_equal(hs.acceptable_ca_count, 1);
    assert_non_null(strstr(hs.acceptable_cas[0], "ec.test"));

    hs = talk_to_server(&f->arena, &config, (struct tls_request){.max_version = "TLSv1.2"});
    assert_int_equal(hs.result, HS_ALERT);
    assert_int_equal(hs.alert, 40);
    assert_true(hs.client_certificate_requested);
    assert_int_equal(hs.acceptable_ca_count, 1);
}

static void staple_and_alpn(void **state)
{
    struct fixture *f = *state;
    const struct tls_identity identity = {.chain = &f->ec_leaf, .chain_count = 1, .key = f->ec};
    const struct tls_server_config config = {.identities = &identity,
                                             .identity_count = 1,
                                             .stapled_ocsp = bytes_str("staple"),
                                             .sct_list = bytes_str("timestamps"),
                                             .alpn = "http/1.1"};
    static const char *const versions[] = {"TLSv1.2", "TLSv1.3"};
    for (size_t v = 0; v < 2; v++) {
        struct tls_request request = {.max_version = versions[v], .alpn = "h2,http/1.1"};
        const struct handshake hs = talk_to_server(&f->arena, &config, request);
        assert_int_equal(hs.result, HS_DONE);
        assert_true(bytes_equal_str(hs.stapled_ocsp, "staple"));
        assert_true(bytes_equal_str(hs.sct_list, "timestamps"));
        assert_string_equal(hs.alpn, "http/1.1");
        request.alpn = NULL;
        assert_string_equal(talk_to_server(&f->arena, &config, request).alpn, "");
    }
}

static void no_shared_version(void **state)
{
    struct fixture *f = *state;
    const struct tls_identity identity = {.chain = &f->ec_leaf, .chain_count = 1, .key = f->ec};
    const struct tls_server_config config = {
        .identities = &identity, .identity_count = 1, .max_version = "TLSv1.0"};
    const struct handshake hs =
        talk_to_server(&f->arena, &config, (struct tls_request){.min_version = "TLSv1.2"});
    assert_int_equal(hs.result, HS_ALERT);
    assert_int_equal(hs.alert, 70);
    assert_string_equal(hs.version, "");
}

static void no_certificate_at_all(void **state)
{
    struct fixture *f = *state;
    const struct tls_identity identity = {.key = f->ec};
    const struct tls_server_config config = {.identities = &identity, .identity_count = 1};
    const struct handshake hs = talk_to_server(&f->arena, &config, (struct tls_request){0});
    assert_int_equal(hs.result, HS_ALERT);
    assert_int_equal(hs.certificate_count, 0);
}

/* ---- what is not a TLS server ---- */

static void not_tls(void **state)
{
    struct fixture *f = *state;
    static const char smtp[] = "220 mail.test ESMTP Postfix\r\n";
    struct handshake hs = talk(&f->arena, (struct peer){.words = bytes_str(smtp), .stay = true},
                               (struct tls_request){0});
    assert_int_equal(hs.result, HS_NOT_TLS);
    assert_true(bytes_equal_str(hs.peek, smtp));
    assert_string_equal(plaintext_protocol(hs.peek), "SMTP");
    assert_string_equal(hs.error, "");
    assert_false(hs.saw_server_hello);

    const struct tls_server_config http = {.plain_http = true};
    hs = talk_to_server(&f->arena, &http, (struct tls_request){.sni = "x"});
    assert_int_equal(hs.result, HS_NOT_TLS);
    assert_string_equal(plaintext_protocol(hs.peek), "HTTP");

    hs = talk(&f->arena, (struct peer){.words = bytes_str("\x16"), .listen_first = true},
              (struct tls_request){0});
    assert_int_equal(hs.result, HS_CLOSED);
    hs = talk(&f->arena, (struct peer){.words = bytes_str("\x16SSH")}, (struct tls_request){0});
    assert_int_equal(hs.result, HS_NOT_TLS);
}

static void silence_close_and_alerts(void **state)
{
    struct fixture *f = *state;
    struct handshake hs = talk(&f->arena, (struct peer){.stay = true},
                               (struct tls_request){.deadline = deadline_in(0.1)});
    assert_int_equal(hs.result, HS_TIMEOUT);
    hs = talk(&f->arena, (struct peer){.listen_first = true}, (struct tls_request){0});
    assert_int_equal(hs.result, HS_CLOSED);
    assert_int_equal(hs.alert, -1);

    static const uint8_t fatal[] = {21, 3, 3, 0, 2, 2, 40}, closing[] = {21, 3, 3, 0, 2, 1, 0};
    hs = talk(&f->arena, (struct peer){.words = bytes_of(fatal, 7), .listen_first = true},
              (struct tls_request){0});
    assert_int_equal(hs.result, HS_ALERT);
    assert_int_equal(hs.alert, 40);
    assert_false(hs.alert_is_ours);
    hs = talk(&f->arena, (struct peer){.words = bytes_of(closing, 7), .listen_first = true},
              (struct tls_request){0});
    assert_int_equal(hs.result, HS_CLOSED);
    assert_int_equal(hs.alert, 0);

    static const uint8_t garbage[] = {22, 3, 3, 0, 4, 99, 0, 0, 0};
    hs = talk(&f->arena, (struct peer){.words = bytes_of(garbage, 9), .listen_first = true},
              (struct tls_request){0});
    assert_int_equal(hs.result, HS_LOCAL_REFUSAL);
    assert_true(hs.alert_is_ours);
    assert_true(strlen(hs.error) > 0);
}

/* A message that announces 16 MiB is refused before it is read, let alone stored. */
static void a_huge_message_is_refused(void **state)
{
    struct fixture *f = *state;
    static const uint8_t start[] = {22, 3, 3, 0, 42, 2, 0, 0, 38, 3, 3};
    static const uint8_t certificate[] = {22, 3, 3, 0, 4, 11, 0xff, 0xff, 0xff};
    /* ServerHello: 32 zeros as random, no session, ECDHE-RSA-AES128-GCM-SHA256, no compression */
    uint8_t hello[47 + sizeof certificate] = {0};
    memcpy(hello, start, sizeof start);
    hello[44] = 0xc0;
    hello[45] = 0x2f;
    memcpy(hello + 47, certificate, sizeof certificate);
    const struct handshake hs =
        talk(&f->arena, (struct peer){.words = bytes_of(hello, sizeof hello), .listen_first = true},
             (struct tls_request){.max_version = "TLSv1.2"});
    assert_true(hs.saw_server_hello);
    assert_int_equal(hs.result, HS_LOCAL_REFUSAL);
    assert_non_null(strstr(hs.error, "excessive message size"));
}

int main(void)
{
    crypto_start(); /* as the program does: the leanest libcrypto must do for all of this */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_version_and_key),
        cmocka_unit_test(unusual_curves),
        cmocka_unit_test(the_chain_is_seen_as_sent),
        cmocka_unit_test(a_long_chain_is_seen_whole),
        cmocka_unit_test(damaged_certificates_arrive_as_they_are),
        cmocka_unit_test(unparseable_certificates_are_seen),
        cmocka_unit_test(a_wrong_key_is_refuted),
        cmocka_unit_test(sni_selects),
        cmocka_unit_test(client_certificate_demanded),
        cmocka_unit_test(staple_and_alpn),
        cmocka_unit_test(no_shared_version),
        cmocka_unit_test(no_certificate_at_all),
        cmocka_unit_test(not_tls),
        cmocka_unit_test(silence_close_and_alerts),
        cmocka_unit_test(a_huge_message_is_refused),
    };
    return cmocka_run_group_tests(tests, fixture_make, fixture_drop);
}
