/* SPDX-License-Identifier: Apache-2.0 */
/* An audit: which versions, suites and groups a server takes. Each question is a ClientHello; each
 * answer ends at the server's first flight. All suites that remain are offered, the chosen one is
 * dropped, until nothing is chosen: one connection for each accepted suite and one more for each
 * version. */
#include "audit.h"

#include <string.h>

/* All that TLS 1.2 and 1.3 know: a server must not fail for want of its own. */
static const struct offered schemes_all = {
    .items = {0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, 0x0807,
              0x0808, 0x081a, 0x081b, 0x081c, 0x0904, 0x0905, 0x0906, 0x0401, 0x0501, 0x0601,
              0x0303, 0x0301, 0x0203, 0x0201, 0x0402, 0x0302, 0x0202, 0x0101},
    .count = 28,
};

/* ---- one question ---- */

static void audit_cut(struct asking *a, enum net_result net, const char *why)
{
    a->audit->cut = true;
    a->audit->net = net;
    a->audit->why = str_safe(a->arena, bytes_str(why));
}

/* Whoever waits wants to know that something is happening. */
static void progress(struct asking *a)
{
    enum { SECOND_US = 1000000 };
    const int64_t now = time_monotonic_us();
    if (!a->options->progress || now - a->started_us < SECOND_US || now - a->said_us < SECOND_US)
        return;
    a->said_us = now;
    a->options->progress(a->options->context, a->audit->connections);
}

static bool may_ask(struct asking *a)
{
    if (a->audit->cut)
        return false;
    progress(a);
    if (a->silent >= LIMIT_AUDIT_TIMEOUTS)
        audit_cut(a, NET_TIMEOUT, "it has stopped answering");
    else if (deadline_passed(a->until))
        audit_cut(a, NET_TIMEOUT, "the time for one audit is over");
    else if (a->audit->connections >= LIMIT_AUDIT_QUESTIONS)
        audit_cut(a, NET_FAILED, "it says yes to everything");
    else if (a->received > LIMIT_AUDIT_BYTES)
        audit_cut(a, NET_FAILED, "its answers are too long");
    return !a->audit->cut;
}

bool audit_dial(struct asking *a, struct deadline deadline, struct line *line)
{
    if (!may_ask(a))
        return false;
    a->audit->connections++;
    const enum net_result net = line_open(a->options->route, &a->options->to, deadline, line);
    if (net != NET_OK) {
        audit_cut(a, net, line_why(line));
        return false;
    }
    const char *scheme = a->options->scheme ? a->options->scheme : "";
    BUF_CLEANUP heard = {0};
    if (!net_needs_starttls(scheme) ||
        net_starttls(line->fd, scheme, a->options->host, deadline, &heard) == STARTTLS_READY)
        return true;
    line_close(line);
    audit_cut(a, NET_FAILED, "it does not switch to TLS (STARTTLS)");
    return false;
}

bool audit_ask(struct asking *a, const struct hello_offer *offer, struct server_answer *out)
{
    BUF_CLEANUP hello = {0};
    struct line line;
    const struct deadline deadline = deadline_in(a->options->timeout);
    *out = (struct server_answer){.result = ANSWER_CLOSED, .alert = -1, .alpn = ""};
    if (!audit_dial(a, deadline, &line))
        return false;
    arena_free(&a->scratch);
    a->scratch = (struct arena){0};
    if (offer->version == SSL_2_0)
        hello_write_ssl2(offer->random, &hello);
    else
        hello_write(offer, &hello);
    hello_exchange(line.fd, buf_bytes(&hello), false, deadline, &a->scratch, out);
    line_close(&line);
    a->received += out->bytes_in;
    a->silent = out->result == ANSWER_TIMEOUT ? a->silent + 1 : 0;
    return true;
}

struct hello_offer audit_offer(const struct asking *a, int version, const uint16_t *suites,
                               size_t count)
{
    struct hello_offer offer = {
        .version = version,
        .suites = suites,
        .suite_count = count,
        .groups = a->groups.items,
        .group_count = a->groups.count,
        .schemes = a->schemes.items,
        .scheme_count = a->schemes.count,
        .sni = a->options->sni,
    };
    /* No secret depends on it: the same audit asks with the same bytes. */
    memcpy(offer.random, a->random, sizeof offer.random);
    return offer;
}

bool audit_chosen(const struct server_answer *answer, int version)
{
    return (answer->result == ANSWER_HELLO || answer->result == ANSWER_RETRY) &&
           answer->version == version;
}

bool audit_refused(const struct server_answer *answer)
{
    enum { ILLEGAL_PARAMETER = 47, DECODE_ERROR = 50 };
    if (answer->result == ANSWER_ALERT)
        return answer->alert != ILLEGAL_PARAMETER && answer->alert != DECODE_ERROR;
    return answer->result == ANSWER_HELLO || answer->result == ANSWER_RETRY;
}

/* ---- lists ---- */

static bool list_has(const struct audit_list *list, unsigned item)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i] == item)
            return true;
    return false;
}

void audit_list_add(struct audit_list *list, unsigned item)
{
    if (item && !list_has(list, item) && list->count < sizeof list->items / sizeof *list->items)
        list->items[list->count++] = item;
}

struct offered offered_left(const struct offered *all, const struct audit_list *seen)
{
    struct offered left = {.count = 0};
    for (size_t i = 0; i < all->count; i++)
        if (!list_has(seen, all->items[i]))
            left.items[left.count++] = all->items[i];
    return left;
}

/* All of them, those last that the server has chosen before: who follows the client's order will
 * choose another one. */
static struct offered offered_rotated(const struct offered *all, const struct audit_list *seen)
{
    struct offered out = offered_left(all, seen);
    for (size_t i = 0; i < all->count; i++)
        if (list_has(seen, all->items[i]))
            out.items[out.count++] = all->items[i];
    return out;
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

bool offered_drop(struct offered *offered, unsigned item)
{
    return drop(offered->items, &offered->count, item);
}

/* ---- what every answer tells besides ---- */

void audit_leaf(struct asking *a, struct bytes der)
{
    struct audit *audit = a->audit;
    for (size_t i = 0; i < audit->leaf_count; i++)
        if (bytes_equal(audit->leaves[i], der))
            return;
    if (audit->leaf_count < AUDIT_LEAVES && der.n <= LIMIT_CERT_BYTES)
        audit->leaves[audit->leaf_count++] = arena_bytes(a->arena, der);
}

/* Once "no", always "no": a server that forgets it in one version forgets it. */
static void answer_note(enum audit_answer *out, bool has)
{
    if (!has || *out == AUDIT_UNKNOWN)
        *out = has ? AUDIT_YES : AUDIT_NO;
}

void audit_note(struct asking *a, const struct server_answer *answer)
{
    struct audit *audit = a->audit;
    if (answer->certificates.certificate_count)
        audit_leaf(a, answer->certificates.certificates[0]);
    if (answer->version == TLS_1_3)
        return;
    answer_note(&audit->renegotiation_info, answer->renegotiation_info);
    if (answer->version > SSL_3_0)
        answer_note(&audit->extended_master_secret, answer->extended_master_secret);
    if (answer->dh_bits && (audit->dh_bits == 0 || answer->dh_bits < audit->dh_bits)) {
        audit->dh_bits = answer->dh_bits;
        audit->dh_prime = arena_bytes(a->arena, answer->dh_prime);
    }
    /* RFC 8446 section 4.1.3: who has TLS 1.3 marks the random of an older version. */
    if (answer->version == TLS_1_2 && audit->versions[0].accepted)
        answer_note(&audit->downgrade_sentinel, answer->downgraded);
}

struct audit_version *audit_newest(struct audit *audit, size_t from)
{
    for (size_t i = from; i < AUDIT_VERSIONS; i++)
        if (audit->versions[i].accepted && audit->versions[i].version != SSL_2_0)
            return &audit->versions[i];
    return NULL;
}

/* ---- suites ---- */

/* Older versions are offered theirs the other way round: see preference_compare(). */
static void reverse(uint16_t *items, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        const uint16_t item = items[i];
        items[i] = items[count - 1 - i];
        items[count - 1 - i] = item;
    }
}

static size_t suites_of(int version, bool modest, uint16_t *out)
{
    enum { SSL2_KIND = 0x10000, MODEST_SUITES = 40 };
    size_t count = 0, n = 0;
    const struct cipher_suite *all = cipher_suites(&count);
    for (size_t i = 0; i < count && n < AUDIT_SUITES_MAX; i++) {
        const bool fits = (all[i].kx == KX_ANY) == (version == TLS_1_3) && all[i].id < SSL2_KIND;
        const bool usual =
            (all[i].kx == KX_ANY ? all[i].id <= 0x1303 && all[i].id >= 0x1301
                                 : (all[i].auth == AUTH_RSA || all[i].auth == AUTH_ECDSA) &&
                                       *all[i].openssl && n < MODEST_SUITES);
        if (fits && (usual || !modest))
            out[n++] = (uint16_t)all[i].id;
    }
    if (version < TLS_1_2)
        reverse(out, n);
    return n;
}

/* Groups that every middlebox has seen: for those that fail with others. */
static const struct offered groups_usual = {.items = {0x001d, 0x0017, 0x0018, 0x0019}, .count = 4};

/** One enumeration of suites. */
struct enumeration {
    struct audit_version *version;
    uint16_t left[AUDIT_SUITES_MAX];
    size_t count;
    bool groups_drop; /* TLS 1.3: each question learns of a group, too */
};

static bool enumeration_ask(struct asking *a, const struct enumeration *e,
                            struct server_answer *answer)
{
    const struct audit_version *v = e->version;
    const struct offered *all = v->modest ? &groups_usual : &a->groups;
    const struct offered groups =
        e->groups_drop ? offered_left(all, &v->groups) : offered_rotated(all, &v->groups);
    const struct offered schemes = offered_rotated(&a->schemes, &a->audit->schemes);
    struct hello_offer offer = audit_offer(a, v->version, e->left, e->count);
    offer.groups = groups.items;
    offer.group_count = groups.count;
    offer.schemes = schemes.items;
    offer.scheme_count = schemes.count;
    return audit_ask(a, &offer, answer);
}

static void suite_add(struct asking *a, struct audit_version *v, const struct server_answer *answer)
{
    if (!v->suites)
        v->suites = arena_array(a->arena, AUDIT_SUITES_MAX, sizeof *v->suites);
    v->suites[v->suite_count++] = (struct audit_suite){.id = answer->suite,
                                                       .group = answer->group,
                                                       .dh_bits = answer->dh_bits,
                                                       .scheme = answer->scheme};
    /* Another group than before, when the one before was offered last: the client's order counts.
     */
    if (v->version != TLS_1_3 && v->groups.count && answer->group &&
        !list_has(&v->groups, answer->group))
        v->groups.preference = PREFERENCE_CLIENT;
    audit_list_add(&v->groups, answer->group);
    if (v->version == TLS_1_2)
        audit_list_add(&a->audit->schemes, answer->scheme);
    v->asked = v->accepted = true;
    audit_note(a, answer);
}

/* What is left for want of a group is offered with all groups again. True: it is worth asking. */
static bool enumeration_again(struct enumeration *e, const struct server_answer *answer)
{
    struct audit_version *v = e->version;
    if (e->groups_drop && v->groups.count) {
        e->groups_drop = false;
        return true;
    }
    /* Something on the way, or the server itself, may stumble over what is new. */
    if (v->accepted || v->modest || v->version < TLS_1_2 || audit_refused(answer))
        return false;
    v->modest = true;
    e->count = suites_of(v->version, true, e->left);
    return true;
}

static void suites_ask(struct asking *a, struct audit_version *v)
{
    struct enumeration e = {.version = v, .groups_drop = v->version == TLS_1_3};
    struct server_answer answer;
    e.count = suites_of(v->version, false, e.left);
    while (e.count && enumeration_ask(a, &e, &answer)) {
        if (audit_chosen(&answer, v->version) && drop(e.left, &e.count, answer.suite)) {
            suite_add(a, v, &answer);
            /* Refused with the groups that remained, taken with all: none remained. */
            v->groups.complete |= v->version == TLS_1_3 && !e.groups_drop && !v->modest;
            continue;
        }
        v->asked = true;
        v->refusal = answer.result;
        v->alert = answer.alert;
        if (enumeration_again(&e, &answer))
            continue;
        v->complete = audit_refused(&answer) && !v->modest;
        break;
    }
}

/* SSL 2.0's server lists what it has, in one answer. */
static void ssl2_ask(struct asking *a, struct audit_version *v)
{
    const struct hello_offer offer = {.version = SSL_2_0};
    struct server_answer answer;
    if (!audit_ask(a, &offer, &answer))
        return;
    v->asked = true;
    v->accepted = answer.result == ANSWER_SSL2;
    v->complete = v->accepted || answer.result == ANSWER_ALERT;
    v->refusal = answer.result;
    v->alert = answer.alert;
    v->suites = arena_array(a->arena, answer.ssl2_count, sizeof *v->suites);
    for (size_t i = 0; i < answer.ssl2_count; i++)
        v->suites[v->suite_count++] = (struct audit_suite){.id = answer.ssl2_kinds[i]};
    if (answer.certificates.certificate_count)
        audit_leaf(a, answer.certificates.certificates[0]);
}

/* ---- fallback ---- */

/* RFC 7507: an older version than both could speak, marked as a fallback, must be refused. */
static void fallback_ask(struct asking *a)
{
    enum { INAPPROPRIATE_FALLBACK = 86 };
    uint16_t suites[AUDIT_SUITES_MAX];
    struct server_answer answer;
    struct audit *audit = a->audit;
    const struct audit_version *best = audit_newest(audit, 0);
    const struct audit_version *older =
        best ? audit_newest(audit, (size_t)(best - audit->versions) + 1) : NULL;
    if (!older)
        return;
    for (size_t i = 0; i < older->suite_count; i++)
        suites[i] = (uint16_t)older->suites[i].id;
    struct hello_offer offer = audit_offer(a, older->version, suites, older->suite_count);
    offer.fallback = true;
    if (!audit_ask(a, &offer, &answer))
        return;
    if (answer.result == ANSWER_ALERT && answer.alert == INAPPROPRIATE_FALLBACK)
        audit->fallback_scsv = AUDIT_YES;
    else if (audit_chosen(&answer, older->version))
        audit->fallback_scsv = AUDIT_NO;
}

/* ---- the whole ---- */

static void versions_ask(struct asking *a)
{
    static const int versions[AUDIT_VERSIONS] = {TLS_1_3, TLS_1_2, TLS_1_1,
                                                 TLS_1_0, SSL_3_0, SSL_2_0};
    for (size_t i = 0; i < AUDIT_VERSIONS; i++) {
        struct audit_version *v = &a->audit->versions[i];
        *v = (struct audit_version){.version = versions[i], .alert = -1};
        if (versions[i] == SSL_2_0)
            ssl2_ask(a, v);
        else
            suites_ask(a, v);
    }
    a->audit->suite_connections = a->audit->connections;
}

static size_t position_of(const struct audit_version *v, unsigned id)
{
    size_t i = 0;
    while (i < v->suite_count && v->suites[i].id != id)
        i++;
    return i;
}

/* Two suites that both versions have came in the same order, though one version was offered them
 * the other way round: the order is the server's. Else it is the client's. */
static enum audit_preference preference_compare(const struct audit_version *newer,
                                                const struct audit_version *older)
{
    size_t before = newer->suite_count;
    for (size_t i = 0; i < older->suite_count; i++) {
        const size_t at = position_of(newer, older->suites[i].id);
        if (at < newer->suite_count && before < newer->suite_count)
            return before < at ? PREFERENCE_SERVER : PREFERENCE_CLIENT;
        if (at < newer->suite_count)
            before = at;
    }
    return PREFERENCE_UNKNOWN;
}

static void surveys_make(struct asking *a)
{
    struct audit *audit = a->audit;
    struct audit_version *best = audit_newest(audit, 0);
    if (!best)
        return;
    struct audit_version *older = audit_newest(audit, (size_t)(best - audit->versions) + 1);
    audit_survey(a, best, true);
    if (best->version == TLS_1_3 && older)
        audit_survey(a, best = older, false);
    for (struct audit_version *v = best + 1; v < &audit->versions[AUDIT_VERSIONS - 1]; v++)
        v->preference = best->version == TLS_1_2 ? preference_compare(best, v) : PREFERENCE_UNKNOWN;
}

void audit_observe(const struct audit_options *options, struct arena *arena, struct audit *out)
{
    struct asking a = {.options = options,
                       .arena = arena,
                       .audit = out,
                       .until = deadline_in(LIMIT_AUDIT_SECONDS),
                       .schemes = schemes_all,
                       .started_us = time_monotonic_us()};
    crypto_derive(bytes_str("certwhy"), "audit random", a.random, sizeof a.random);
    size_t count = 0;
    const struct named_group *groups = named_groups(&count);
    for (size_t i = 0; i < count && i < AUDIT_GROUPS_MAX - 1; i++)
        a.groups.items[a.groups.count++] = groups[i].id;
    *out = (struct audit){.address = arena_strdup(arena, options->to.text),
                          .net = NET_OK,
                          .why = "",
                          .session = "",
                          .http = {.server = "", .hsts = ""}};
    versions_ask(&a);
    if (!options->suites_only) {
        surveys_make(&a);
        fallback_ask(&a);
        audit_sessions(&a);
    }
    arena_free(&a.scratch);
    out->took_us = time_monotonic_us() - a.started_us;
}
