/* SPDX-License-Identifier: Apache-2.0 */
/* Why there was no certificate: other ClientHellos, each different from another one in a single
 * thing. All at the same time, since a server that is silent would cost a deadline each. */
#include "internal.h"

#include <string.h>

enum {
    SUITES_MAX = 400, /* of the registry */
    GROUPS_MAX = 64,
    LARGE_PADDING = 350,  /* to what browsers send in all, about 1,800 octets */
    PATIENCE_SECONDS = 3, /* the first handshake has waited long enough */
};
static const double nothing_seconds = 1; /* who closes unasked does so at once */

static const uint16_t schemes_usual[] = {0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501,
                                         0x0806, 0x0601, 0x0807, 0x0808, 0x0203, 0x0201};

/** The lists of one run, which offers point to. */
struct lists {
    uint16_t suites13[SUITES_MAX], suites12[SUITES_MAX], groups[GROUPS_MAX];
    uint16_t hybrid[GROUPS_MAX]; /**< the usual groups behind the post-quantum one */
    size_t count13, count12, group_count, hybrid_count;
};

static void lists_fill(struct lists *lists)
{
    size_t count = 0;
    const struct cipher_suite *suites = cipher_suites(&count);
    for (size_t i = 0; i < count; i++) {
        if (suites[i].kx == KX_ANY && lists->count13 < SUITES_MAX)
            lists->suites13[lists->count13++] = suites[i].id;
        else if (suites[i].kx != KX_ANY && lists->count12 < SUITES_MAX)
            lists->suites12[lists->count12++] = suites[i].id;
    }
    const struct named_group *groups = named_groups(&count);
    for (size_t i = 0; i < count && lists->group_count < GROUPS_MAX; i++)
        lists->groups[lists->group_count++] = groups[i].id;
    const uint16_t *usual = named_groups_usual(&count);
    lists->hybrid[lists->hybrid_count++] = GROUP_X25519MLKEM768;
    for (size_t i = 0; i < count && lists->hybrid_count < GROUPS_MAX; i++)
        lists->hybrid[lists->hybrid_count++] = usual[i];
}

/* Clients' own offers, with or without TLS 1.3 and a large key share. */
static void offer_usual(enum attempt_kind kind, const struct lists *lists,
                        struct hello_offer *offer)
{
    size_t count = 0, tls13 = 0;
    const uint16_t *suites = cipher_suites_usual(&count, &tls13);
    const size_t skipped = kind == ATTEMPT_TLS12 ? tls13 : 0;
    offer->suites = suites + skipped;
    offer->suite_count = count - skipped;
    /* who sends no share of a group need not name it */
    offer->groups = kind == ATTEMPT_LARGE ? lists->hybrid : lists->hybrid + 1;
    offer->group_count = lists->hybrid_count - (kind != ATTEMPT_LARGE);
    offer->and_tls12 = kind != ATTEMPT_TLS12;
    if (kind == ATTEMPT_LARGE)
        offer->padding = LARGE_PADDING;
    if (kind != ATTEMPT_TLS12)
        offer->share = kind == ATTEMPT_LARGE ? GROUP_X25519MLKEM768 : GROUP_X25519;
}

static struct hello_offer offer_of(enum attempt_kind kind, const struct lists *lists,
                                   const char *sni)
{
    static const int versions[ATTEMPT_KINDS] = {
        [ATTEMPT_USUAL] = TLS_1_3, [ATTEMPT_LARGE] = TLS_1_3, [ATTEMPT_TLS12] = TLS_1_2,
        [ATTEMPT_ALL13] = TLS_1_3, [ATTEMPT_ALL12] = TLS_1_2, [ATTEMPT_OLD] = TLS_1_0};
    struct hello_offer offer = {
        .version = versions[kind],
        .suites = kind == ATTEMPT_ALL13 ? lists->suites13 : lists->suites12,
        .suite_count = kind == ATTEMPT_ALL13 ? lists->count13 : lists->count12,
        .groups = lists->groups,
        .group_count = lists->group_count,
        .schemes = schemes_usual,
        .scheme_count = sizeof schemes_usual / sizeof *schemes_usual,
        .sni = *sni ? sni : NULL,
    };
    if (kind == ATTEMPT_USUAL || kind == ATTEMPT_LARGE || kind == ATTEMPT_TLS12)
        offer_usual(kind, lists, &offer);
    /* No secret depends on it: the same question gets the same bytes. */
    crypto_derive(bytes_of(offer.suites, offer.suite_count * sizeof *offer.suites),
                  attempt_kind_names[kind], offer.random, sizeof offer.random);
    return offer;
}

static void attempt_note(struct observation *out, enum attempt_kind kind,
                         const struct dialogue *dialogue)
{
    const struct server_answer *answer = &dialogue->answer;
    const bool chosen = answer->result == ANSWER_HELLO || answer->result == ANSWER_RETRY;
    /* what did not get as far as a hello says nothing of hellos */
    if (dialogue->connection.net != NET_OK ||
        (dialogue->hello_bytes == 0 && kind != ATTEMPT_NOTHING))
        return;
    out->attempts[out->attempt_count++] = (struct attempt){
        .kind = kind,
        .result = answer->result,
        .hello_bytes = dialogue->hello_bytes,
        .alert = answer->alert,
        .version = chosen || answer->result == ANSWER_SSL2 ? answer->version : 0,
        .suite = chosen ? (int)answer->suite : 0,
        .group = chosen ? (int)answer->group : 0,
    };
}

static void attempts_make(const struct dialogue *like, const enum attempt_kind *kinds, size_t count,
                          struct arena *arena, struct observation *out)
{
    struct lists lists = {.count13 = 0};
    struct hello_offer offers[ATTEMPT_KINDS];
    struct dialogue dialogues[ATTEMPT_KINDS];
    struct connection ignored;
    lists_fill(&lists);
    for (size_t i = 0; i < count; i++) {
        offers[i] = offer_of(kinds[i], &lists, out->target.sni);
        dialogues[i] = *like;
        dialogues[i].offer = &offers[i];
        dialogues[i].says_nothing = kinds[i] == ATTEMPT_NOTHING;
        const double patience = dialogues[i].says_nothing ? nothing_seconds : PATIENCE_SECONDS;
        if (dialogues[i].timeout > patience)
            dialogues[i].timeout = patience;
    }
    dialogues_run(dialogues, count);
    out->attempts = arena_array(arena, count, sizeof *out->attempts);
    for (size_t i = 0; i < count; i++) {
        attempt_note(out, kinds[i], &dialogues[i]);
        dialogue_take(&dialogues[i], arena, &ignored);
    }
}

/* ---- which of them are worth making ---- */

/* The server, or somebody on the way, ended it before anything was shown. Plain text is its own
 * explanation, and so is a name that the server does not know. */
static bool is_unexplained(const struct observation *out)
{
    enum { UNRECOGNIZED_NAME = 112 };
    const struct connection *connection = &out->connections[out->primary];
    const struct handshake *hs = &connection->handshake;
    if (connection->net != NET_OK || hs->certificate_count > 0)
        return false;
    if (net_needs_starttls(out->target.scheme) && hs->bytes_out == 0)
        return false; /* it did not get as far as TLS */
    switch (hs->result) {
    case HS_ALERT:
        return hs->alert != UNRECOGNIZED_NAME;
    case HS_CLOSED:
    case HS_RESET:
    case HS_TIMEOUT:
    case HS_LOCAL_REFUSAL:
        return true;
    case HS_DONE:
    case HS_NOT_TLS:
    case HS_NO_STARTTLS:
        break;
    }
    return false;
}

static bool got_through(const struct observation *out, enum attempt_kind kind)
{
    const struct attempt *attempt = observation_attempt(out, kind);
    return attempt && (attempt->result == ANSWER_HELLO || attempt->result == ANSWER_RETRY);
}

/* A handshake in the manner that worked: its certificates are what some clients get to see. */
static void handshake_retry(const struct dialogue *like, struct arena *arena,
                            struct observation *out)
{
    const bool usual = got_through(out, ATTEMPT_USUAL);
    if (!usual && !got_through(out, ATTEMPT_TLS12))
        return;
    struct dialogue dialogue = *like;
    struct connection connection;
    dialogue.short_hello = !got_through(out, ATTEMPT_LARGE);
    dialogue.max_version = usual ? NULL : "TLSv1.2";
    dialogues_run(&dialogue, 1);
    dialogue_take(&dialogue, arena, &connection);
    if (connection.handshake.certificate_count == 0)
        return;
    out->first_handshake = out->connections[out->primary].handshake;
    out->retried = true;
    out->connections[out->primary] = connection;
}

void attempts_observe(const struct dialogue *like, struct arena *arena, struct observation *out)
{
    static const enum attempt_kind kinds[] = {ATTEMPT_NOTHING, ATTEMPT_USUAL, ATTEMPT_LARGE,
                                              ATTEMPT_TLS12,   ATTEMPT_ALL13, ATTEMPT_ALL12,
                                              ATTEMPT_OLD};
    if (!is_unexplained(out))
        return;
    /* who answers, or says nothing, has listened; who hangs up may not have */
    const enum handshake_result result = out->connections[out->primary].handshake.result;
    const size_t skipped = result != HS_CLOSED && result != HS_RESET;
    log_line(1, "trying other hellos: what the server does then tells what it minds");
    attempts_make(like, kinds + skipped, sizeof kinds / sizeof *kinds - skipped, arena, out);
    handshake_retry(like, arena, out);
}

void attempt_tls12(const struct dialogue *like, struct arena *arena, struct observation *out)
{
    static const enum attempt_kind kind = ATTEMPT_TLS12;
    const struct handshake *hs = &out->connections[out->primary].handshake;
    if (hs->certificate_count > 0 && !out->attempt_count && strcmp(hs->version, "TLSv1.3") == 0)
        attempts_make(like, &kind, 1, arena, out);
}
