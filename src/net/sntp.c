/* SPDX-License-Identifier: Apache-2.0 */
/* One question to a time server (RFC 5905 section 14, "SNTP client"). One packet of 48 octets, one
 * answer of which no more is looked at: no machine is made to send more than it was asked. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"

enum {
    PACKET = 48,
    AT_REFERENCE_ID = 12,
    AT_ORIGINATE = 24,
    AT_TRANSMIT = 40,
    MODE_CLIENT = 3,
    MODE_SERVER = 4,
    LEAP_UNKNOWN = 3,
    STRATUM_MAX = 15,
};
/* From 1900 to 1970, and from one era to the next (RFC 5905 section 6). */
static const int64_t EPOCH = 2208988800, ERA = (int64_t)1 << 32;

static uint32_t number_at(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

bool sntp_read(struct bytes packet, const uint8_t cookie[8], int64_t *out_us, char why[128])
{
    const uint8_t *p = packet.p;
    const char *wrong = NULL;
    if (packet.n < PACKET)
        wrong = "an answer that is too short";
    else if ((p[0] & 7) != MODE_SERVER || (p[0] >> 3 & 7) < 1 || (p[0] >> 3 & 7) > 4)
        wrong = "an answer that is none of a time server";
    else if (memcmp(p + AT_ORIGINATE, cookie, 8) != 0)
        wrong = "an answer to another question"; /* or a forged one */
    else if (p[1] == 0) {                        /* RFC 5905 section 7.4: a kiss of death */
        snprintf(why, 128, "it wants to be left alone (%.4s)",
                 number_at(p + AT_REFERENCE_ID) == number_at((const uint8_t *)"RATE") ? "RATE"
                                                                                      : "DENY");
        return false;
    } else if (p[0] >> 6 == LEAP_UNKNOWN || p[1] > STRATUM_MAX)
        wrong = "it does not know the time itself";
    else if (number_at(p + AT_TRANSMIT) == 0)
        wrong = "an answer without a time";
    if (wrong) {
        snprintf(why, 128, "%s", wrong);
        return false;
    }
    /* an era ends in 2036: a time that would be before this was written belongs to the next */
    int64_t seconds = (int64_t)number_at(p + AT_TRANSMIT) - EPOCH;
    seconds += seconds < time_make(2020, 1, 1, 0, 0, 0) ? ERA : 0;
    *out_us = seconds * 1000000 + ((int64_t)number_at(p + AT_TRANSMIT + 4) * 1000000 >> 32);
    return true;
}

static int socket_to(const struct address *address)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(address->port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(address->port)};
    memcpy(&v4.sin_addr, address->ip, sizeof v4.sin_addr);
    memcpy(&v6.sin6_addr, address->ip, sizeof v6.sin6_addr);
    const bool is_v4 = address->family == AF_INET;
    const int fd = socket(address->family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* connected: the kernel drops what others send */
    if (fd >= 0 && connect(fd, is_v4 ? (const struct sockaddr *)&v4 : (const struct sockaddr *)&v6,
                           is_v4 ? sizeof v4 : sizeof v6) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

bool sntp_ask(const struct address *address, struct deadline deadline, int64_t *out_us,
              char why[128])
{
    /* The transmit timestamp is a random number that must come back: nobody off the path can know
     * it, and it tells the server nothing about this machine's clock. */
    uint8_t packet[PACKET] = {4 << 3 | MODE_CLIENT}, answer[PACKET * 2];
    if (getrandom(packet + AT_TRANSMIT, 8, 0) != 8) {
        snprintf(why, 128, "no randomness");
        return false;
    }
    const int fd = socket_to(address);
    bool good = false;
    snprintf(why, 128, "no answer");
    if (fd < 0 || send(fd, packet, sizeof packet, MSG_NOSIGNAL) != PACKET) {
        snprintf(why, 128, "%s", strerror(errno));
    } else if (net_wait(fd, false, deadline) == NET_OK) {
        const ssize_t n = recv(fd, answer, sizeof answer, 0);
        if (n < 0)
            snprintf(why, 128, "%s", strerror(errno));
        else
            good = sntp_read(bytes_of(answer, (size_t)n), packet + AT_TRANSMIT, out_us, why);
    }
    if (fd >= 0)
        close(fd);
    return good;
}
