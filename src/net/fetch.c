/* SPDX-License-Identifier: Apache-2.0 */
/* Fetching: hop by hop, since each redirect is checked as the first URL was; equal requests under
 * way are one (a flight); what was found is kept on disk, what failed for a minute in memory. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "internal.h"

/** One request under way, or one that failed lately. */
struct flight {
    uint8_t key[CACHE_KEY_BYTES];
    bool done;
    int users; /**< who still looks at it */
    int64_t ended_us;
    struct arena arena; /**< of the answer, which has no map */
    struct fetched answer;
    struct flight *next;
};

struct fetcher {
    struct arena arena;
    struct fetch_settings settings;
    pthread_mutex_t lock; /**< of all below */
    pthread_cond_t landed;
    struct flight *flights;
    size_t flight_count;
    bool curl_tried;
    struct curl *curl;
};

/* ---- the fetcher ---- */

struct fetcher *fetcher_new(const struct fetch_settings *settings)
{
    struct fetcher *fetcher = xcalloc(1, sizeof *fetcher);
    struct fetch_settings *own = &fetcher->settings;
    const char **const texts[] = {&own->proxy,     &own->http_proxy, &own->https_proxy,
                                  &own->all_proxy, &own->no_proxy,   &own->cache};
    *own = *settings;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = arena_strdup(&fetcher->arena, *texts[i]);
    pthread_mutex_init(&fetcher->lock, NULL);
    pthread_cond_init(&fetcher->landed, NULL);
    return fetcher;
}

static void flight_free(struct flight *flight)
{
    arena_free(&flight->arena);
    free(flight);
}

bool fetcher_is_offline(const struct fetcher *fetcher)
{
    return fetcher->settings.offline;
}

void fetcher_free(struct fetcher *fetcher)
{
    if (!fetcher)
        return;
    while (fetcher->flights) {
        struct flight *flight = fetcher->flights;
        fetcher->flights = flight->next;
        flight_free(flight);
    }
    free(fetcher->curl);
    pthread_cond_destroy(&fetcher->landed);
    pthread_mutex_destroy(&fetcher->lock);
    arena_free(&fetcher->arena);
    free(fetcher);
}

void fetch_budget_begin(struct fetch_budget *budget, cw_time now)
{
    budget->now = now;
    budget->until = deadline_in(LIMIT_FETCH_RUN_SECONDS);
    atomic_init(&budget->bytes, LIMIT_FETCH_RUN_BYTES);
    atomic_init(&budget->fetches, LIMIT_FETCH_RUN_COUNT);
    budget->rounds = LIMIT_FETCH_ROUNDS;
}

static const struct curl *fetcher_curl(struct fetcher *fetcher)
{
    pthread_mutex_lock(&fetcher->lock);
    if (!fetcher->curl_tried)
        fetcher->curl = curl_load();
    fetcher->curl_tried = true;
    pthread_mutex_unlock(&fetcher->lock);
    return fetcher->curl;
}

/* ---- one hop ---- */

struct kind_row {
    int64_t bytes;
    int seconds;
};
static const struct kind_row kinds[] = {
    [FETCH_ISSUER] = {LIMIT_ISSUER_BYTES, LIMIT_FETCH_SECONDS},
    [FETCH_CRL] = {LIMIT_CRL_BYTES, LIMIT_FETCH_LONG_SECONDS},
    [FETCH_OCSP] = {LIMIT_OCSP_BYTES, LIMIT_FETCH_SECONDS},
    [FETCH_DATA] = {LIMIT_DATA_BYTES, LIMIT_FETCH_LONG_SECONDS},
};

static void fail(struct fetched *out, enum fetch_result result, const char *why)
{
    out->result = result;
    out->why = why;
}

/** Removes the addresses that nobody may be sent to; false when that leaves none. */
static bool addresses_filter(struct addresses *addresses, struct arena *arena, struct fetched *out)
{
    size_t kept = 0;
    for (size_t i = 0; i < addresses->count; i++)
        if (address_is_public(addresses->items[i].family, addresses->items[i].ip))
            addresses->items[kept++] = addresses->items[i];
    if (kept == 0 && addresses->count)
        fail(out, FETCH_ADDRESS, arena_strdup(arena, addresses->items[0].text));
    addresses->count = kept;
    return kept > 0;
}

/** Where to connect for this URL; false: nowhere, and `out` says why. Through a proxy the name is
 *  the proxy's to resolve, but one that resolves here to refused addresses is refused too. */
static bool hop_addresses(const struct fetcher *fetcher, const struct url *url,
                          struct transfer *transfer, struct addresses *found, struct arena *arena,
                          struct fetched *out)
{
    char why[128];
    const bool all = fetcher->settings.allow_private;
    transfer->addresses = transfer->proxy ? NULL : found;
    if (transfer->proxy && all)
        return true;
    struct deadline until = deadline_in(transfer->proxy ? LIMIT_FETCH_PROXIED_NAME_SECONDS
                                                        : LIMIT_FETCH_CONNECT_SECONDS);
    if (transfer->until.at_us < until.at_us)
        until = transfer->until;
    const enum net_result result =
        net_resolve_until(url->host, url->port, AF_UNSPEC, until, found, why);
    if (result != NET_OK && transfer->proxy)
        return true;
    if (result != NET_OK)
        fail(out, FETCH_NAME, str_safe(arena, bytes_str(why)));
    return result == NET_OK && (all || addresses_filter(found, arena, out));
}

/** One request, by whatever its scheme asks for. */
static void hop_run(struct fetcher *fetcher, const struct url *url, struct transfer *transfer,
                    struct arena *arena, struct fetched *out)
{
    struct addresses addresses = {.count = 0};
    transfer->url = url;
    transfer->proxy = proxy_for(&fetcher->settings, url);
    if (!hop_addresses(fetcher, url, transfer, &addresses, arena, out))
        return;
    const bool ldap = url->scheme == URL_LDAP;
    const struct curl *curl = ldap ? NULL : fetcher_curl(fetcher);
    if (ldap && transfer->proxy) {
        fail(out, FETCH_SCHEME, "LDAP does not go through a proxy");
        return;
    }
    if (!ldap && !curl) {
        fail(out, FETCH_UNAVAILABLE, "");
        return;
    }
    if (ldap)
        ldap_transfer(transfer, arena);
    else
        curl_transfer(curl, transfer, arena);
    out->status = transfer->status;
    fail(out, transfer->result, str_safe(arena, bytes_str(transfer->why)));
}

/* ---- from hop to hop ---- */

static bool url_usable(const char *text, struct arena *arena, struct url *url, struct fetched *out)
{
    if (!url_parse(text, arena, url)) {
        fail(out, FETCH_FAILED,
             strstr(text, ":///") ? "the URL names no host" : "that is no usable URL");
        return false;
    }
    if (url->scheme == URL_OTHER)
        fail(out, FETCH_SCHEME, "");
    return url->scheme != URL_OTHER;
}

static bool is_redirect(const struct transfer *transfer)
{
    return transfer->result == FETCH_OK && transfer->status >= 301 && transfer->status <= 308 &&
           transfer->redirect;
}

static void hops_run(struct fetcher *fetcher, const struct fetch_request *request,
                     struct transfer *transfer, struct arena *arena, struct fetched *out)
{
    struct url url;
    const char *next = request->url;
    for (int hop = 0; hop <= LIMIT_FETCH_REDIRECTS; hop++) {
        if (!url_usable(next, arena, &url, out))
            return;
        transfer->redirect = NULL;
        transfer->why[0] = transfer->cache_control[0] = transfer->expires[0] = '\0';
        transfer->status = 0;
        hop_run(fetcher, &url, transfer, arena, out);
        if (out->result != FETCH_OK)
            return;
        if (!is_redirect(transfer)) {
            if (transfer->status != 200 && url.scheme != URL_LDAP)
                fail(out, FETCH_STATUS, arena_printf(arena, "HTTP %d", transfer->status));
            return;
        }
        next = transfer->redirect;
        log_line(1, "%s redirects to %s", request->url, next);
    }
    fail(out, FETCH_REDIRECTS, "");
}

static void run(struct fetcher *fetcher, const struct fetch_request *request, struct arena *arena,
                struct fetched *out)
{
    const struct kind_row *kind = &kinds[request->kind];
    struct fetch_budget *budget = request->budget;
    struct transfer transfer = {.post = request->post,
                                .allow_private = fetcher->settings.allow_private,
                                .all_values = request->kind == FETCH_ISSUER,
                                .limit = kind->bytes,
                                .until = deadline_in(kind->seconds),
                                .budget = budget};
    if (fetcher->settings.timeout > 0 && fetcher->settings.timeout < kind->seconds)
        transfer.until = deadline_in(fetcher->settings.timeout);
    if (budget && budget->until.at_us < transfer.until.at_us)
        transfer.until = budget->until;
    hops_run(fetcher, request, &transfer, arena, out);
    if (out->result == FETCH_OK) {
        out->body = arena_bytes(arena, buf_bytes(&transfer.body));
        if (*fetcher->settings.cache)
            cache_keep(fetcher->settings.cache, request, out->body,
                       cache_expiry(request, out->body, transfer.cache_control, transfer.expires));
    }
    buf_free(&transfer.body);
}

/* ---- flights: under the fetcher's lock ---- */

static bool is_over(const struct flight *flight, int64_t now_us)
{
    if (!flight->done || flight->users)
        return false;
    const bool keep = flight->answer.result != FETCH_OK && flight->answer.result != FETCH_BUDGET;
    return !keep || now_us - flight->ended_us > LIMIT_FETCH_RETRY_SECONDS * INT64_C(1000000);
}

static void flights_clear(struct fetcher *fetcher)
{
    const int64_t now_us = time_monotonic_us();
    for (struct flight **at = &fetcher->flights; *at;) {
        struct flight *flight = *at;
        const bool full = fetcher->flight_count > LIMIT_FETCH_MEMORY && flight->done;
        if (is_over(flight, now_us) || (full && !flight->users)) {
            *at = flight->next;
            fetcher->flight_count--;
            flight_free(flight);
        } else {
            at = &flight->next;
        }
    }
}

/** The flight of this request, which the caller uses from now on; *leads: it has to fly it. */
static struct flight *flight_join(struct fetcher *fetcher, const uint8_t key[CACHE_KEY_BYTES],
                                  bool *leads)
{
    flights_clear(fetcher);
    struct flight *flight = fetcher->flights;
    while (flight && memcmp(flight->key, key, CACHE_KEY_BYTES) != 0)
        flight = flight->next;
    *leads = !flight;
    if (!flight) {
        flight = xcalloc(1, sizeof *flight);
        memcpy(flight->key, key, CACHE_KEY_BYTES);
        flight->next = fetcher->flights;
        fetcher->flights = flight;
        fetcher->flight_count++;
    }
    flight->users++;
    return flight;
}

static void answer_copy(const struct flight *flight, struct arena *arena, struct fetched *out)
{
    *out = flight->answer;
    out->why = arena_strdup(arena, out->why);
    if (out->body.p)
        out->body = arena_bytes(arena, out->body);
}

static bool budget_take(struct fetch_budget *budget)
{
    return !budget ||
           (!deadline_passed(budget->until) && atomic_fetch_sub(&budget->fetches, 1) > 0);
}

static void fly(struct fetcher *fetcher, const struct fetch_request *request, struct flight *flight)
{
    const int64_t start = time_monotonic_us();
    flight->answer = (struct fetched){.why = ""};
    if (budget_take(request->budget))
        run(fetcher, request, &flight->arena, &flight->answer);
    else
        fail(&flight->answer, FETCH_BUDGET, "");
    flight->answer.took_us = time_monotonic_us() - start;
}

static void fetch_over_net(struct fetcher *fetcher, const struct fetch_request *request,
                           const uint8_t key[CACHE_KEY_BYTES], struct arena *arena,
                           struct fetched *out)
{
    bool leads = false;
    pthread_mutex_lock(&fetcher->lock);
    struct flight *flight = flight_join(fetcher, key, &leads);
    pthread_mutex_unlock(&fetcher->lock);
    if (leads)
        fly(fetcher, request, flight);
    pthread_mutex_lock(&fetcher->lock);
    if (leads) {
        flight->done = true;
        flight->ended_us = time_monotonic_us();
        pthread_cond_broadcast(&fetcher->landed);
    }
    /* Whoever flies it has a deadline, and so has this wait. */
    while (!flight->done)
        pthread_cond_wait(&fetcher->landed, &fetcher->lock);
    pthread_mutex_unlock(&fetcher->lock);
    answer_copy(flight, arena, out);
    pthread_mutex_lock(&fetcher->lock);
    flight->users--;
    flights_clear(fetcher);
    pthread_mutex_unlock(&fetcher->lock);
}

/* ---- the whole ---- */

static void log_answer(const struct fetch_request *request, const struct fetched *out)
{
    if (out->result == FETCH_OK && out->cached)
        log_line(1, "from the cache: %s, %zu bytes", request->url, out->body.n);
    else if (out->result == FETCH_OK)
        log_line(1, "fetched %s: %zu bytes in %.1f ms", request->url, out->body.n,
                 (double)out->took_us / 1000);
    else
        log_line(1, "%s: %s%s%s, after %.1f ms", request->url, fetch_result_text(out->result),
                 *out->why ? ": " : "", out->why, (double)out->took_us / 1000);
}

void fetch(struct fetcher *fetcher, const struct fetch_request *request, struct arena *arena,
           struct fetched *out)
{
    uint8_t key[CACHE_KEY_BYTES];
    *out = (struct fetched){.result = FETCH_OFFLINE, .why = ""};
    if (!fetcher->settings.offline) {
        const char *cache = fetcher->settings.cache;
        cache_key(request, key);
        if (*cache == '\0' || !cache_find(cache, request, arena, out))
            fetch_over_net(fetcher, request, key, arena, out);
    }
    log_answer(request, out);
}
