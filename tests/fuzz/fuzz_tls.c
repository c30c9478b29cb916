/* SPDX-License-Identifier: Apache-2.0 */
/* A hostile server: the input is everything that it ever sends. Then the same bytes as a
 * Certificate message, as a client's first record and as a greeting. */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tls/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void shake(struct bytes answer, const char *max_version)
{
    int fds[2];
    struct arena arena = {0};
    struct handshake hs;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
        return;
    if (answer.n > 0 && send(fds[1], answer.p, answer.n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        answer.n = 0;
    shutdown(fds[1], SHUT_WR);
    const struct tls_request request = {
        .sni = "fuzz.test", .max_version = max_version, .deadline = deadline_in(1)};
    tls_handshake(fds[0], &request, &arena, &hs);
    /* nobody can finish a handshake without answering our random numbers */
    check(hs.result != HS_DONE && !hs.key_proven);
    check(hs.certificate_count <= LIMIT_SENT_CERTS);
    check((hs.result == HS_NOT_TLS) == (hs.peek.p != NULL));
    check(hs.version != NULL && hs.cipher != NULL && hs.group != NULL && hs.error != NULL);
    close(fds[0]);
    close(fds[1]);
    arena_free(&arena);
}

static void read_as_message(struct bytes message)
{
    struct arena arena = {0};
    for (int tls13 = 0; tls13 < 2; tls13++) {
        struct handshake out = {0};
        certificate_message_read(message, tls13 != 0, &arena, &out);
        size_t total = 0;
        for (size_t i = 0; i < out.certificate_count; i++)
            total += out.certificates[i].n + 3;
        check(total <= message.n);
    }
    arena_free(&arena);
}

static void read_as_hello(struct bytes record)
{
    struct client_hello hello;
    if (!client_hello_read(record, &hello))
        return;
    const struct tls_identity identity = {.chain = &record, .chain_count = 1};
    BUF_CLEANUP flight = {0};
    raw_flight_write(&hello, &identity, 0x0303, &flight);
    check(flight.n > record.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes input = bytes_of(data, size);
    read_as_message(input);
    read_as_hello(input);
    plaintext_protocol(input);
    record_plausible(data, size);
    shake(input, NULL);
    shake(input, "TLSv1.2");
    return 0;
}
