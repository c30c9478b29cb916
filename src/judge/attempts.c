/* SPDX-License-Identifier: Apache-2.0 */
/* Why the first handshake showed no certificate: what other hellos came to. Each conclusion rests
 * on two hellos that differ in one thing, of which one got through. */
#include "judge/internal.h"

static bool got_through(const struct attempt *attempt)
{
    return attempt && (attempt->result == ANSWER_HELLO || attempt->result == ANSWER_RETRY);
}

static bool ended(const struct attempt *attempt)
{
    return attempt && !got_through(attempt);
}

/** How an attempt ended, in words. */
static const char *end_text(struct judging *j, const struct attempt *attempt)
{
    switch (attempt->result) {
    case ANSWER_ALERT:
        return arena_printf(j->arena, "it was refused with alert %d (%s)", attempt->alert,
                            alert_name(attempt->alert));
    case ANSWER_CLOSED:
        return "the connection was closed without a word";
    case ANSWER_RESET:
        return "the connection was reset";
    case ANSWER_TIMEOUT:
        return "no answer came";
    default:
        return "the answer made no sense";
    }
}

/** The first handshake ended in the same way: then it was no accident. */
static bool ended_alike(const struct handshake *first, const struct attempt *attempt)
{
    switch (first->result) {
    case HS_ALERT:
        return attempt->result == ANSWER_ALERT;
    case HS_CLOSED:
    case HS_RESET: /* which of both is a matter of who is faster */
        return attempt->result == ANSWER_CLOSED || attempt->result == ANSWER_RESET;
    case HS_TIMEOUT:
        return attempt->result == ANSWER_TIMEOUT;
    default:
        return false;
    }
}

static void attempt_fact(struct judging *j, enum fact_id id, int64_t value, int64_t limit,
                         const char *text)
{
    fact_intern(j, &(struct fact){.id = id,
                                  .node = -1,
                                  .other = -1,
                                  .value = value,
                                  .limit = limit,
                                  .text = text,
                                  .on_best = true});
}

/** Offered all there is, the server chose something: that, or nothing, is what it has. */
static void fact_of_choice(struct judging *j, const struct attempt *choice)
{
    const struct cipher_suite *suite = cipher_suite_find((unsigned)choice->suite);
    const struct named_group *group = named_group_find((unsigned)choice->group);
    if (!got_through(choice))
        return;
    if (choice->version < TLS_1_2)
        attempt_fact(j, FACT_OLD_PROTOCOL, (int64_t)choice->version - TLS_1_0 + 10, 0,
                     version_text(choice->version));
    else if (suite && !cipher_suite_is_usual(suite->id))
        attempt_fact(j, FACT_NO_SHARED_CIPHER, choice->version, 0, suite->name);
    else if (group && !named_group_is_usual(group->id))
        attempt_fact(j, FACT_NO_SHARED_GROUP, choice->version, group->post_quantum, group->name);
}

/** Clients that have nothing newer than TLS 1.2, and a server that does not take it. */
static void fact_of_tls13_only(struct judging *j, const struct attempt *tls12)
{
    const struct connection *primary = observation_primary(j->obs);
    if (!ended(tls12) || !primary || primary->handshake.certificate_count == 0 ||
        primary->handshake.alert == tls12->alert)
        return;
    if (tls12->result == ANSWER_ALERT)
        attempt_fact(j, FACT_PROTOCOL_TOO_NEW, 13, tls12->alert, end_text(j, tls12));
}

void facts_of_attempts(struct judging *j)
{
    const struct observation *obs = j->obs;
    const struct attempt *usual = observation_attempt(obs, ATTEMPT_USUAL);
    const struct attempt *large = observation_attempt(obs, ATTEMPT_LARGE);
    const struct attempt *tls12 = observation_attempt(obs, ATTEMPT_TLS12);
    const struct attempt *all13 = observation_attempt(obs, ATTEMPT_ALL13);
    const struct attempt *all12 = observation_attempt(obs, ATTEMPT_ALL12);
    const struct attempt *old = observation_attempt(obs, ATTEMPT_OLD);
    if (!usual) {
        fact_of_tls13_only(j, tls12);
        return;
    }
    const struct handshake *first =
        obs->retried ? &obs->first_handshake : &observation_primary(obs)->handshake;
    if (got_through(usual) && usual->version < TLS_1_2)
        fact_of_choice(j, usual);
    else if (got_through(usual) && ended(large) && ended_alike(first, large))
        attempt_fact(j, FACT_LARGE_HELLO, (int64_t)large->hello_bytes, (int64_t)usual->hello_bytes,
                     end_text(j, large));
    else if (ended(usual) && got_through(tls12) && ended(all13))
        attempt_fact(j, FACT_TLS13_INTOLERANT, usual->result, usual->alert, end_text(j, usual));
    else if (ended(usual) && ended(tls12))
        fact_of_choice(j, got_through(all13)   ? all13
                          : got_through(all12) ? all12
                          : got_through(old)   ? old
                                               : usual);
    else if (obs->retried)
        attempt_fact(j, FACT_HANDSHAKE_FAILED, first->result, 1, first->error);
}
