/* SPDX-License-Identifier: Apache-2.0 */
/* Which addresses a certificate may send us to. A certificate comes from a stranger, and fetching
 * what it names must not reach what only this machine can reach. The tables are IANA's registries
 * of special-purpose addresses (RFC 6890 and its successors). */
#include <string.h>
#include <sys/socket.h>

#include "net.h"

struct network {
    uint8_t ip[16];
    unsigned bits;
};

static const struct network special_v4[] = {
    {{0}, 8},             /* this network, RFC 791 section 3.2 */
    {{10}, 8},            /* private, RFC 1918 */
    {{100, 64}, 10},      /* shared between carrier and customer, RFC 6598 */
    {{127}, 8},           /* loopback, RFC 1122 section 3.2.1.3 */
    {{169, 254}, 16},     /* link-local, RFC 3927: clouds keep their secrets here */
    {{172, 16}, 12},      /* private, RFC 1918 */
    {{192, 0, 0}, 24},    /* protocol assignments, RFC 6890 */
    {{192, 0, 2}, 24},    /* documentation, RFC 5737 */
    {{192, 88, 99}, 24},  /* 6to4 relays, RFC 7526 */
    {{192, 168}, 16},     /* private, RFC 1918 */
    {{198, 18}, 15},      /* benchmarks, RFC 2544 */
    {{198, 51, 100}, 24}, /* documentation, RFC 5737 */
    {{203, 0, 113}, 24},  /* documentation, RFC 5737 */
    {{224}, 4},           /* multicast, RFC 5771 */
    {{240}, 4},           /* reserved, and broadcast, RFC 1112 section 4 and RFC 919 */
};

/* Within 2000::/3, the one block that is given out (RFC 3513 section 4). */
static const struct network special_v6[] = {
    {{0x20, 0x01}, 23},             /* Teredo and other protocols, RFC 2928 */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation, RFC 3849 */
    {{0x20, 0x02}, 16},             /* 6to4, RFC 3056: stands for any v4 address */
    {{0x3f, 0xff}, 20},             /* documentation, RFC 9637 */
};
static const struct network global_v6 = {{0x20}, 3};
/* A translator's v4 addresses, RFC 6052 section 2.1: what an IPv6-only network shows of the v4
 * internet. */
static const struct network nat64 = {{0x00, 0x64, 0xff, 0x9b}, 96};

static bool network_holds(const struct network *network, const uint8_t *ip)
{
    const size_t whole = network->bits / 8;
    const unsigned rest = network->bits % 8;
    if (memcmp(network->ip, ip, whole) != 0)
        return false;
    return rest == 0 || ((network->ip[whole] ^ ip[whole]) >> (8 - rest)) == 0;
}

static bool any_holds(const struct network *networks, size_t count, const uint8_t *ip)
{
    for (size_t i = 0; i < count; i++)
        if (network_holds(&networks[i], ip))
            return true;
    return false;
}

static bool is_public_v4(const uint8_t *ip)
{
    return !any_holds(special_v4, sizeof special_v4 / sizeof *special_v4, ip);
}

bool address_is_public(int family, const uint8_t *ip)
{
    if (family == AF_INET)
        return is_public_v4(ip);
    if (family != AF_INET6)
        return false;
    if (network_holds(&nat64, ip))
        return is_public_v4(ip + 12);
    return network_holds(&global_v6, ip) &&
           !any_holds(special_v6, sizeof special_v6 / sizeof *special_v6, ip);
}
