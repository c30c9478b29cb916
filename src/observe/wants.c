/* SPDX-License-Identifier: Apache-2.0 */
/* What judging wants is fetched: all of a round at the same time, so that one server that is silent
 * holds up nothing else. */
#include <stdatomic.h>
#include <string.h>

#include "internal.h"

/** One fetch of a round, by whichever worker takes it. */
struct errand {
    const struct want *want;
    struct fetched fetched;
    struct arena arena;
};

struct round {
    struct errand *errands;
    size_t count;
    atomic_size_t next;
    struct fetcher *fetcher;
    struct fetch_budget *budget;
};

static const enum fetch_kind kinds[] = {
    [WANT_ISSUER] = FETCH_ISSUER, [WANT_CRL] = FETCH_CRL, [WANT_OCSP] = FETCH_OCSP};

static void *work(void *context)
{
    struct round *round = context;
    for (;;) {
        const size_t i = atomic_fetch_add(&round->next, 1);
        if (i >= round->count)
            return NULL;
        struct errand *errand = &round->errands[i];
        const struct fetch_request request = {.kind = kinds[errand->want->kind],
                                              .url = errand->want->url,
                                              .post = errand->want->request,
                                              .now = round->budget->now,
                                              .budget = round->budget};
        fetch(round->fetcher, &request, &errand->arena, &errand->fetched);
    }
}

static void round_run(struct round *round)
{
    pthread_t threads[LIMIT_FETCH_PARALLEL];
    size_t count = 0;
    const bool at_once = fetcher_is_offline(round->fetcher); /* nothing to wait for */
    while (!at_once && count + 1 < round->count && count < LIMIT_FETCH_PARALLEL &&
           pthread_create(&threads[count], NULL, work, round) == 0)
        count++;
    work(round);
    for (size_t i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

static bool is_new(const struct want *want, const struct round *round,
                   const struct observation *observation)
{
    for (size_t i = 0; i < round->count; i++) {
        const struct want *other = round->errands[i].want;
        if (other->kind == want->kind && strcmp(other->url, want->url) == 0 &&
            bytes_equal(other->request, want->request))
            return false;
    }
    return !observation_document(observation, want);
}

/* In the order of the wants, whichever came first: a report must not depend on that. */
static void document_add(struct errand *errand, struct arena *arena,
                         struct observation *observation)
{
    const struct want *want = errand->want;
    const struct fetched *fetched = &errand->fetched;
    const struct document document = {
        .kind = want->kind,
        .from = fetched->cached ? DOCUMENT_CACHED : DOCUMENT_FETCHED,
        .where = want->url,
        .result = fetched->result,
        .why = fetched->why,
        .status = fetched->status,
        .took_us = fetched->took_us,
        .body = fetched->body,
        .map = fetched->map,
        .request = want->request,
    };
    arena_adopt(arena, &errand->arena);
    observation_add_document(observation, &document, arena);
}

bool observe_wants(const struct want *wants, size_t count, struct fetcher *fetcher,
                   struct fetch_budget *budget, struct arena *arena,
                   struct observation *observation)
{
    if (observation->stores_from_case || count == 0)
        return false;
    struct round round = {.errands = arena_array(arena, count, sizeof *round.errands),
                          .fetcher = fetcher,
                          .budget = budget};
    for (size_t i = 0; i < count; i++)
        if (is_new(&wants[i], &round, observation))
            round.errands[round.count++].want = &wants[i];
    if (round.count == 0)
        return false;
    if (budget->rounds-- > 0)
        round_run(&round);
    else
        for (size_t i = 0; i < round.count; i++)
            round.errands[i].fetched = (struct fetched){.result = FETCH_BUDGET, .why = ""};
    for (size_t i = 0; i < round.count; i++)
        document_add(&round.errands[i], arena, observation);
    return true;
}
