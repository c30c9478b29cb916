/* SPDX-License-Identifier: Apache-2.0 */
/* Which proxy a URL goes through: as curl decides it, so that what works there works here. */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "internal.h"

static bool bits_equal(const uint8_t *a, const uint8_t *b, size_t bits)
{
    const size_t whole = bits / 8, rest = bits % 8;
    return memcmp(a, b, whole) == 0 && (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

/* "10.0.0.0/8", "10.1.2.3", "[::1]" */
static bool word_holds_ip(const char *word, const uint8_t *ip, size_t n)
{
    char text[64];
    uint8_t network[16];
    int64_t bits = (int64_t)n * 8;
    const bool bracketed = *word == '[';
    const size_t length = strcspn(word + bracketed, "/]");
    if (length >= sizeof text)
        return false;
    memcpy(text, word + bracketed, length);
    text[length] = '\0';
    if (str_parse_ip(text, network) != n)
        return false;
    const char *slash = strchr(word, '/');
    return (!slash || str_to_int(slash + 1, 0, (int64_t)n * 8, &bits)) &&
           bits_equal(network, ip, (size_t)bits);
}

static size_t length_without_dot(const char *name)
{
    const size_t n = strlen(name);
    return n > 1 && name[n - 1] == '.' ? n - 1 : n;
}

/* "example.com" and ".example.com" both stand for the name and all below it; a dot at the end of
 * either is nothing. */
static bool word_holds_name(const char *word, const char *host)
{
    word += *word == '.';
    const size_t n = length_without_dot(word), all = length_without_dot(host);
    if (n == 0 || n > all || strncasecmp(host + all - n, word, n) != 0)
        return false;
    return n == all || host[all - n - 1] == '.';
}

bool no_proxy_holds(const char *list, const char *host)
{
    uint8_t ip[16];
    const size_t n = str_parse_ip(host, ip);
    struct arena arena = {0};
    bool holds = strcmp(list, "*") == 0; /* alone, not among others */
    for (const char *p = list; *p && !holds;) {
        const size_t length = strcspn(p, ", \t");
        const char *word = arena_strndup(&arena, p, length);
        holds = n ? word_holds_ip(word, ip, n) : word_holds_name(word, host);
        p += length + (p[length] != '\0');
    }
    arena_free(&arena);
    return holds;
}

const char *proxy_for(const struct fetch_settings *settings, const struct url *url)
{
    const char *proxy = settings->proxy;
    if (*proxy == '\0' && url->scheme == URL_HTTP)
        proxy = settings->http_proxy;
    if (*proxy == '\0' && url->scheme == URL_HTTPS)
        proxy = settings->https_proxy;
    if (*proxy == '\0')
        proxy = settings->all_proxy;
    if (*proxy == '\0' ||
        (*settings->proxy == '\0' && no_proxy_holds(settings->no_proxy, url->host)))
        return NULL;
    return proxy;
}
