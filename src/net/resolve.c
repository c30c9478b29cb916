/* SPDX-License-Identifier: Apache-2.0 */
/* Names to addresses. getaddrinfo() cannot be interrupted, and with dead name servers it may take
 * minutes: it runs in a thread of its own that is left behind when LIMIT_RESOLVE_SECONDS pass. */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "net.h"

enum { HOST_NAME_MAX_BYTES = 253 }; /* RFC 1035 section 2.3.4, in text form */

static void address_name(struct address *address)
{
    char ip[INET6_ADDRSTRLEN] = "";
    inet_ntop(address->family, address->ip, ip, sizeof ip);
    snprintf(address->text, sizeof address->text, address->family == AF_INET6 ? "[%s]:%u" : "%s:%u",
             ip, (unsigned)address->port);
}

static struct address address_of(int family, const void *ip, uint16_t port)
{
    struct address address = {.family = family, .port = port};
    memcpy(address.ip, ip, family == AF_INET6 ? 16 : 4);
    address_name(&address);
    return address;
}

/** One look-up, shared by the caller and the thread; the last of the two frees it. */
struct lookup {
    pthread_mutex_t lock;
    pthread_cond_t done_changed;
    bool done, abandoned;
    char host[HOST_NAME_MAX_BYTES + 1];
    int family;
    int code, system_error;
    struct addrinfo *answer;
};

static void lookup_free(struct lookup *lookup)
{
    if (lookup->answer != NULL)
        freeaddrinfo(lookup->answer);
    pthread_cond_destroy(&lookup->done_changed);
    pthread_mutex_destroy(&lookup->lock);
    free(lookup);
}

static void *lookup_run(void *context)
{
    struct lookup *lookup = context;
    /* SOCK_STREAM, or every address would come three times. No AI_ADDRCONFIG: an address that this
     * machine cannot reach is still one that the server claims to have. */
    const struct addrinfo hints = {.ai_family = lookup->family, .ai_socktype = SOCK_STREAM};
    struct addrinfo *answer = NULL;
    const int code = getaddrinfo(lookup->host, NULL, &hints, &answer);
    const int system_error = errno;

    pthread_mutex_lock(&lookup->lock);
    lookup->code = code;
    lookup->system_error = system_error;
    lookup->answer = code == 0 ? answer : NULL;
    lookup->done = true;
    const bool abandoned = lookup->abandoned;
    pthread_cond_signal(&lookup->done_changed);
    pthread_mutex_unlock(&lookup->lock);
    if (abandoned)
        lookup_free(lookup);
    return NULL;
}

static struct lookup *lookup_start(const char *host, int family)
{
    struct lookup *lookup = xcalloc(1, sizeof *lookup);
    memcpy(lookup->host, host, strlen(host));
    lookup->family = family;
    pthread_mutex_init(&lookup->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&lookup->done_changed, &monotonic);
    pthread_condattr_destroy(&monotonic);

    pthread_t thread;
    if (pthread_create(&thread, NULL, lookup_run, lookup) != 0) {
        lookup_free(lookup);
        return NULL;
    }
    pthread_detach(thread);
    return lookup;
}

/** True when the answer is there; the lookup is the caller's to free. False: time is up, and the
 *  lookup belongs to its thread. */
static bool lookup_wait(struct lookup *lookup, struct deadline deadline)
{
    const struct timespec until = {.tv_sec = (time_t)(deadline.at_us / 1000000),
                                   .tv_nsec = (long)(deadline.at_us % 1000000 * 1000)};
    pthread_mutex_lock(&lookup->lock);
    int waited = 0;
    while (!lookup->done && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&lookup->done_changed, &lookup->lock, &until);
    const bool done = lookup->done;
    lookup->abandoned = !done;
    pthread_mutex_unlock(&lookup->lock);
    return done;
}

/** Appends an address that is not there yet, while there is room. */
static void addresses_add(struct addresses *out, int family, const void *ip, uint16_t port)
{
    const struct address address = address_of(family, ip, port);
    for (size_t i = 0; i < out->count; i++)
        if (strcmp(out->items[i].text, address.text) == 0)
            return;
    if (out->count < LIMIT_ADDRESSES)
        out->items[out->count++] = address;
}

/** Appends the answer's addresses; false when it holds none. */
static bool addresses_collect(const struct addrinfo *answer, uint16_t port, struct addresses *out)
{
    bool any = false;
    for (const struct addrinfo *a = answer; a != NULL; a = a->ai_next) {
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        if (a->ai_family == AF_INET && a->ai_addrlen >= sizeof v4) {
            memcpy(&v4, a->ai_addr, sizeof v4);
            addresses_add(out, AF_INET, &v4.sin_addr, port);
            any = true;
        } else if (a->ai_family == AF_INET6 && a->ai_addrlen >= sizeof v6) {
            memcpy(&v6, a->ai_addr, sizeof v6);
            addresses_add(out, AF_INET6, &v6.sin6_addr, port);
            any = true;
        }
    }
    return any;
}

static enum net_result lookup_result(const struct lookup *lookup, char why[128])
{
    const bool by_system = lookup->code == EAI_SYSTEM;
    snprintf(why, 128, "%s",
             by_system ? strerror(lookup->system_error) : gai_strerror(lookup->code));
    switch (lookup->code) {
    case EAI_NONAME:
    case EAI_NODATA:
    case EAI_ADDRFAMILY:
        return NET_NAME_UNKNOWN;
    default:
        return NET_RESOLVER_FAILED;
    }
}

static enum net_result resolve_name(const char *host, int family, struct deadline deadline,
                                    struct lookup **out, char why[128])
{
    struct lookup *lookup = lookup_start(host, family);
    if (lookup == NULL) {
        snprintf(why, 128, "no thread for the resolver: %s", strerror(errno));
        return NET_RESOLVER_FAILED;
    }
    const double seconds = deadline_left_ms(deadline) / 1000.0;
    if (!lookup_wait(lookup, deadline)) {
        snprintf(why, 128, "no answer within %.3g s", seconds);
        return NET_RESOLVER_FAILED;
    }
    *out = lookup;
    return lookup->code == 0 ? NET_OK : lookup_result(lookup, why);
}

enum net_result net_resolve(const char *host, uint16_t port, int family, struct addresses *out,
                            char why[128])
{
    return net_resolve_until(host, port, family, deadline_in(LIMIT_RESOLVE_SECONDS), out, why);
}

enum net_result net_resolve_until(const char *host, uint16_t port, int family,
                                  struct deadline deadline, struct addresses *out, char why[128])
{
    why[0] = '\0';
    uint8_t ip[16] = {0};
    const size_t ip_bytes = str_parse_ip(host, ip);
    const int ip_family = ip_bytes == 16 ? AF_INET6 : AF_INET;
    if (ip_bytes != 0) {
        if (family != AF_UNSPEC && family != ip_family) {
            snprintf(why, 128, "%s", "the address is of the other IP version");
            return NET_NAME_UNKNOWN;
        }
        addresses_add(out, ip_family, ip, port);
        return NET_OK;
    }
    if (host[0] == '\0' || strlen(host) > HOST_NAME_MAX_BYTES) {
        snprintf(why, 128, "%s", "not a possible host name");
        return NET_NAME_UNKNOWN;
    }

    log_line(1, "resolving %s", host);
    struct lookup *lookup = NULL;
    enum net_result result = resolve_name(host, family, deadline, &lookup, why);
    if (result == NET_OK && !addresses_collect(lookup->answer, port, out)) {
        snprintf(why, 128, "%s", "the name has no IPv4 or IPv6 address");
        result = NET_NAME_UNKNOWN;
    }
    if (lookup != NULL)
        lookup_free(lookup);
    return result;
}
