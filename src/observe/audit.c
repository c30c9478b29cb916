/* SPDX-License-Identifier: Apache-2.0 */
/* An audit: which versions, suites and groups a server takes. Each question is a ClientHello; each
 * answer ends at the server's first flight. All that remain are offered, the chosen one is dropped,
 * until nothing is chosen: one connection for each accepted suite and one more for each version. */
#include <string.h>

#include "internal.h"

enum {
    SUITES_MAX = 400,     /* of the registry */
    LEAVES_MAX = 8,       /* different certificates that are kept */
    QUESTIONS_MAX = 1000, /* connections of one audit: a server that says yes to everything */
};

/* All that TLS 1.2 and 1.3 know: a server must not fail for want of its own. */
static const uint16_t schemes_all[] = {0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0809,
                                       0x080a, 0x080b, 0x0807, 0x0808, 0x0401, 0x0501, 0x0601,
                                       0x0303, 0x0301, 0x0203, 0x0201, 0x0402, 0x0302, 0x0202};
static const uint16_t schemes_sha1[] = {0x0201, 0x0203};

struct asking {
    const struct audit_options *options;
    struct arena *arena;
    struct audit *audit;
    uint16_t groups[64];
    size_t group_count;
};

static bool ask(struct asking *a, const struct hello_offer *offer, struct server_answer *out)
{
    BUF_CLEANUP hello = {0};
    struct line line;
    const struct deadline deadline = deadline_in(a->options->timeout);
    *out = (struct server_answer){.result = ANSWER_CLOSED, .alert = -1, .alpn = ""};
    if (a->audit->connections++ >= QUESTIONS_MAX)
        return false;
    const enum net_result net = line_open(a->options->route, &a->options->to, deadline, &line);
    if (net != NET_OK) {
        a->audit->net = net;
        a->audit->why = str_safe(a->arena, bytes_str(line_why(&line)));
        return false;
    }
    if (offer->version == SSL_2_0)
        hello_write_ssl2(offer->random, &hello);
    else
        hello_write(offer, &hello);
    const char *scheme = a->options->scheme ? a->options->scheme : "";
    BUF_CLEANUP heard = {0};
    if (!net_needs_starttls(scheme) ||
        net_starttls(line.fd, scheme, a->options->host, deadline, &heard) == STARTTLS_READY)
        hello_exchange(line.fd, buf_bytes(&hello), false, deadline, a->arena, out);
    line_close(&line);
    return true;
}

static struct hello_offer offer_for(const struct asking *a, int version, const uint16_t *suites,
                                    size_t count)
{
    struct hello_offer offer = {
        .version = version,
        .suites = suites,
        .suite_count = count,
        .groups = a->groups,
        .group_count = a->group_count,
        .schemes = schemes_all,
        .scheme_count = sizeof schemes_all / sizeof *schemes_all,
        .sni = a->options->sni,
    };
    /* No secret depends on it: the same question gets the same bytes. */
    crypto_derive(bytes_of(suites, count * sizeof *suites), "audit random", offer.random,
                  sizeof offer.random);
    return offer;
}

static bool chosen(const struct server_answer *answer, int version)
{
    return (answer->result == ANSWER_HELLO || answer->result == ANSWER_RETRY) &&
           answer->version == version;
}

/* ---- what every answer tells besides ---- */

static void leaf_note(struct asking *a, const struct server_answer *answer)
{
    struct audit *audit = a->audit;
    if (answer->certificates.certificate_count == 0)
        return;
    const struct bytes leaf = answer->certificates.certificates[0];
    for (size_t i = 0; i < audit->leaf_count; i++)
        if (bytes_equal(audit->leaves[i], leaf))
            return;
    if (!audit->leaves)
        audit->leaves = arena_array(a->arena, LEAVES_MAX, sizeof *audit->leaves);
    if (audit->leaf_count < LEAVES_MAX)
        audit->leaves[audit->leaf_count++] = leaf;
}

static void answer_note(struct asking *a, const struct server_answer *answer)
{
    struct audit *audit = a->audit;
    leaf_note(a, answer);
    if (answer->version == TLS_1_3)
        return;
    audit->renegotiation_info = answer->renegotiation_info ? AUDIT_YES : AUDIT_NO;
    if (answer->version > SSL_3_0)
        audit->extended_master_secret = answer->extended_master_secret ? AUDIT_YES : AUDIT_NO;
    if (answer->dh_bits && (audit->dh_bits == 0 || answer->dh_bits < audit->dh_bits)) {
        audit->dh_bits = answer->dh_bits;
        audit->dh_prime = answer->dh_prime;
    }
}

/* ---- suites ---- */

static size_t suites_of(int version, uint16_t *out)
{
    size_t count = 0, n = 0;
    const struct cipher_suite *all = cipher_suites(&count);
    for (size_t i = 0; i < count && n < SUITES_MAX; i++)
        if ((all[i].kx == KX_ANY) == (version == TLS_1_3))
            out[n++] = all[i].id;
    return n;
}

static bool drop(uint16_t *items, size_t *count, unsigned item)
{
    for (size_t i = 0; i < *count; i++)
        if (items[i] == item) {
            memmove(items + i, items + i + 1, (*count - i - 1) * sizeof *items);
            (*count)--;
            return true;
        }
    return false;
}

static void suite_add(struct asking *a, struct audit_version *v, const struct server_answer *answer)
{
    if (!v->suites)
        v->suites = arena_array(a->arena, SUITES_MAX, sizeof *v->suites);
    v->suites[v->suite_count++] = (struct audit_suite){.id = answer->suite,
                                                       .group = answer->group,
                                                       .dh_bits = answer->dh_bits,
                                                       .scheme = answer->scheme};
}

static void suites_ask(struct asking *a, struct audit_version *v)
{
    uint16_t left[SUITES_MAX];
    size_t count = suites_of(v->version, left);
    struct server_answer answer;
    while (count) {
        const struct hello_offer offer = offer_for(a, v->version, left, count);
        if (!ask(a, &offer, &answer))
            return;
        v->refusal = answer.result;
        v->alert = answer.alert;
        if (!chosen(&answer, v->version) || !drop(left, &count, answer.suite))
            return;
        v->accepted = true;
        suite_add(a, v, &answer);
        answer_note(a, &answer);
        if (v->version == TLS_1_2 && answer.downgraded)
            a->audit->downgrade_sentinel = AUDIT_YES;
    }
}

/* SSL 2.0's server lists what it has: an accepted version, whose suites are all broken. */
static void ssl2_ask(struct asking *a, struct audit_version *v)
{
    const struct hello_offer offer = {.version = SSL_2_0};
    struct server_answer answer;
    if (!ask(a, &offer, &answer))
        return;
    v->accepted = answer.result == ANSWER_SSL2;
    v->refusal = answer.result;
    v->alert = answer.alert;
}

/* The other way round: who prefers its own first choice to the client's? The same question offers
 * whatever else wants an answer, so that it costs no connection of its own. */
static void preference_ask(struct asking *a, struct audit_version *v)
{
    uint16_t reversed[SUITES_MAX];
    struct server_answer answer;
    struct audit *audit = a->audit;
    for (size_t i = 0; i < v->suite_count; i++)
        reversed[i] = (uint16_t)v->suites[v->suite_count - 1 - i].id;
    struct hello_offer offer = offer_for(a, v->version, reversed, v->suite_count);
    offer.compression = offer.ticket = offer.heartbeat = offer.status_request =
        v->version != TLS_1_3;
    offer.alpn = "h2,http/1.1";
    if (!ask(a, &offer, &answer) || !chosen(&answer, v->version))
        return;
    if (v->suite_count > 1)
        v->preference = answer.suite == v->suites[0].id ? PREFERENCE_SERVER : PREFERENCE_CLIENT;
    if (v->version == TLS_1_3 || v->version == SSL_3_0)
        return;
    audit->compression =
        answer.compression || audit->compression == AUDIT_YES ? AUDIT_YES : AUDIT_NO;
    audit->tickets = answer.ticket ? AUDIT_YES : AUDIT_NO;
    audit->heartbeat = answer.heartbeat ? AUDIT_YES : AUDIT_NO;
    audit->stapling = answer.status ? AUDIT_YES : AUDIT_NO;
    if (*answer.alpn)
        audit->alpn = answer.alpn;
}

/* ---- groups ---- */

static size_t suites_with_groups(const struct audit_version *v, uint16_t *out)
{
    size_t n = 0;
    for (size_t i = 0; i < v->suite_count; i++) {
        const struct cipher_suite *suite = cipher_suite_find(v->suites[i].id);
        if (suite && (suite->kx == KX_ECDHE || suite->kx == KX_ANY))
            out[n++] = suite->id;
    }
    return n;
}

/* Without a key share a server of TLS 1.3 asks for the group that it wants, so that no group has to
 * be computed with, post-quantum ones included (RFC 8446 section 4.1.4). */
static void groups_ask(struct asking *a, const struct audit_version *v)
{
    uint16_t suites[SUITES_MAX], left[64];
    size_t count = a->group_count;
    const size_t suite_count = suites_with_groups(v, suites);
    struct audit *audit = a->audit;
    memcpy(left, a->groups, count * sizeof *left);
    if (suite_count == 0)
        return;
    audit->group_version = v->version;
    audit->groups = arena_array(a->arena, count, sizeof *audit->groups);
    while (count) {
        struct server_answer answer;
        struct hello_offer offer = offer_for(a, v->version, suites, suite_count);
        offer.groups = left;
        offer.group_count = count;
        if (!ask(a, &offer, &answer) || !chosen(&answer, v->version) ||
            !drop(left, &count, answer.group))
            return;
        audit->groups[audit->group_count++] = answer.group;
    }
}

/* ---- single questions ---- */

static struct audit_version *newest(struct audit *audit, size_t from)
{
    for (size_t i = from; i < AUDIT_VERSIONS; i++)
        if (audit->versions[i].accepted && audit->versions[i].suite_count)
            return &audit->versions[i];
    return NULL;
}

static size_t suite_ids(const struct audit_version *v, uint16_t *out)
{
    for (size_t i = 0; i < v->suite_count; i++)
        out[i] = (uint16_t)v->suites[i].id;
    return v->suite_count;
}

/* RFC 7507: an older version than both could speak, marked as a fallback, must be refused. */
static void fallback_ask(struct asking *a)
{
    uint16_t suites[SUITES_MAX];
    struct server_answer answer;
    const struct audit_version *best = newest(a->audit, 0);
    const struct audit_version *older =
        best ? newest(a->audit, (size_t)(best - a->audit->versions) + 1) : NULL;
    if (!older)
        return;
    const size_t count = suite_ids(older, suites);
    struct hello_offer offer = offer_for(a, older->version, suites, count);
    offer.fallback = true;
    if (!ask(a, &offer, &answer))
        return;
    enum { INAPPROPRIATE_FALLBACK = 86 };
    a->audit->fallback_scsv =
        answer.result == ANSWER_ALERT && answer.alert == INAPPROPRIATE_FALLBACK ? AUDIT_YES
        : chosen(&answer, older->version)                                       ? AUDIT_NO
                                                                                : AUDIT_UNKNOWN;
}

/* RFC 9155: SHA-1 in ServerKeyExchange, when nothing else is offered. */
static void sha1_ask(struct asking *a, const struct audit_version *v)
{
    uint16_t suites[SUITES_MAX];
    struct server_answer answer;
    const size_t count = suites_with_groups(v, suites);
    if (v->version != TLS_1_2 || count == 0)
        return;
    struct hello_offer offer = offer_for(a, v->version, suites, count);
    offer.schemes = schemes_sha1;
    offer.scheme_count = sizeof schemes_sha1 / sizeof *schemes_sha1;
    if (ask(a, &offer, &answer))
        a->audit->sha1_signatures =
            chosen(&answer, TLS_1_2) && (answer.scheme == 0x0201 || answer.scheme == 0x0203)
                ? AUDIT_YES
                : AUDIT_NO;
}

void audit_observe(const struct audit_options *options, struct arena *arena, struct audit *out)
{
    static const int versions[AUDIT_VERSIONS] = {TLS_1_3, TLS_1_2, TLS_1_1,
                                                 TLS_1_0, SSL_3_0, SSL_2_0};
    const int64_t start = time_monotonic_us();
    struct asking a = {.options = options, .arena = arena, .audit = out};
    size_t count = 0;
    const struct named_group *groups = named_groups(&count);
    for (size_t i = 0; i < count && i < sizeof a.groups / sizeof *a.groups; i++)
        a.groups[a.group_count++] = groups[i].id;
    *out = (struct audit){
        .address = arena_strdup(arena, options->to.text), .net = NET_OK, .why = "", .alpn = ""};
    for (size_t i = 0; i < AUDIT_VERSIONS; i++) {
        struct audit_version *v = &out->versions[i];
        *v = (struct audit_version){.version = versions[i], .alert = -1};
        if (versions[i] == SSL_2_0)
            ssl2_ask(&a, v);
        else
            suites_ask(&a, v);
    }
    out->suite_connections = out->connections;
    for (size_t i = 0; i < AUDIT_VERSIONS; i++)
        if (out->versions[i].suite_count)
            preference_ask(&a, &out->versions[i]);
    const struct audit_version *best = newest(out, 0), *older = newest(out, 1);
    if (best)
        groups_ask(&a, best);
    if (older)
        sha1_ask(&a, older);
    fallback_ask(&a);
    out->took_us = time_monotonic_us() - start;
}
