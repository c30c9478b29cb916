/* SPDX-License-Identifier: Apache-2.0 */
/* A hostile server's first flight, as audits read it: never out of bounds, never without end, and
 * the same whichever way the network cuts it. */
#include <stdlib.h>
#include <string.h>

#include "tls/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void read_in_pieces(struct bytes flight, size_t piece, struct arena *arena,
                           struct server_answer *out)
{
    struct flight_reader reader = {.arena = arena, .out = out};
    *out = (struct server_answer){.result = ANSWER_CLOSED, .alert = -1, .alpn = ""};
    for (size_t at = 0; at < flight.n; at += piece)
        if (flight_take(&reader, bytes_slice(flight, at, piece)))
            break;
    flight_reader_free(&reader);
}

static void answer_check(const struct server_answer *a)
{
    check(a->alpn != NULL && str_is_safe(bytes_str(a->alpn)));
    check(a->certificates.certificate_count <= LIMIT_SENT_CERTS);
    check(a->ssl2_count <= sizeof a->ssl2_kinds / sizeof *a->ssl2_kinds);
    check(a->dh_bits == 0 || (a->dh_prime.p && (a->dh_bits + 7) / 8 <= a->dh_prime.n));
    check(a->alert >= -1 && a->alert <= 255);
    check(dh_prime_name(a->dh_prime) != NULL && version_text(a->version) != NULL);
    cipher_suite_find(a->suite);
    named_group_find(a->group);
    signature_scheme_name(a->scheme);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct server_answer whole, cut;
    const struct bytes flight = bytes_of(data, size);
    read_in_pieces(flight, size ? size : 1, &arena, &whole);
    read_in_pieces(flight, size % 7 + 1, &arena, &cut);
    answer_check(&whole);
    answer_check(&cut);
    /* what was understood does not depend on where packets end */
    check(whole.result == cut.result && whole.version == cut.version && whole.suite == cut.suite);
    check(whole.group == cut.group && whole.scheme == cut.scheme && whole.alert == cut.alert);
    check(whole.dh_bits == cut.dh_bits && strcmp(whole.alpn, cut.alpn) == 0);
    check(whole.certificates.certificate_count == cut.certificates.certificate_count);
    arena_free(&arena);
    return 0;
}
