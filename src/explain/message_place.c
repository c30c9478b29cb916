/* SPDX-License-Identifier: Apache-2.0 */
/* What stands around a message: whom the client talked to, how deep in a chain of causes it is. */
#include <string.h>
#include <strings.h>

#include "explain/messages.h"

enum { HOST_MAX = 253 };

/* Names of source files look like hosts with ports: "_ssl.c:997", "ssl_handshake.erl:2111". */
static bool is_file_name(const char *host)
{
    static const char *const ends[] = {".c",   ".cc",  ".py", ".js",   ".java", ".go",
                                       ".rs",  ".erl", ".rb", ".ts",   ".h",    ".ex",
                                       ".php", ".mjs", ".kt", ".scala"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (str_ends(host, ends[i]))
            return true;
    return false;
}

static size_t host_length(const char *p, size_t n)
{
    size_t i = 0;
    while (
        i < n && i < HOST_MAX &&
        (message_class[(uint8_t)p[i]] % CLASS_SPECIAL || p[i] == '.' || p[i] == '-' || p[i] == '_'))
        i++;
    while (i > 0 && (p[i - 1] == '.' || p[i - 1] == '-'))
        i--;
    return i;
}

static unsigned port_at(const char *p, size_t n)
{
    unsigned port = 0;
    size_t i = 0;
    for (; i < n && i < 5 && p[i] >= '0' && p[i] <= '9'; i++)
        port = port * 10 + (unsigned)(p[i] - '0');
    return i < n && p[i] >= '0' && p[i] <= '9' ? 0 : port <= UINT16_MAX ? port : 0;
}

bool place_host(const char *p, size_t n, struct arena *arena, struct place *out)
{
    const size_t length = host_length(p, n);
    char *host = arena_strndup(arena, p, length);
    uint8_t ip[16];
    const bool address = str_parse_ip(host, ip) > 0;
    if (length == 0 || (!address && (!str_is_plain_host(host) || is_file_name(host))))
        return false;
    out->host = host;
    return true;
}

/* "scheme://[user@]host[:port]" */
static bool url_at(const char *p, size_t n, struct arena *arena, struct place *out)
{
    struct place found = {.host = ""};
    if (!place_host(p, n, arena, &found))
        return false;
    const size_t length = strlen(found.host);
    if (length + 1 < n && p[length] == ':')
        found.port = port_at(p + length + 1, n - length - 1);
    *out = found;
    return true;
}

/* "host:443", of a host that has a dot, and no clock "12:30" or version. */
static bool pair_at(const char *p, size_t n, struct arena *arena, struct place *out)
{
    const size_t length = host_length(p, n);
    struct place found = {.host = ""};
    if (length < 4 || length + 1 >= n || p[length] != ':' || !memchr(p, '.', length))
        return false;
    found.port = port_at(p + length + 1, n - length - 1);
    if (found.port == 0 || !place_host(p, length, arena, &found))
        return false;
    *out = found;
    return true;
}

/* urllib3: host='example.org', port=443 */
static bool pool_at(const char *p, size_t n, struct arena *arena, struct place *out)
{
    static const char before[] = "host='", between[] = "', port=";
    const size_t head = strlen(before);
    if (n < head || memcmp(p, before, head) != 0 || !url_at(p + head, n - head, arena, out))
        return false;
    const size_t behind = head + strlen(out->host), middle = strlen(between);
    if (behind + middle < n && memcmp(p + behind, between, middle) == 0)
        out->port = port_at(p + behind + middle, n - behind - middle);
    return true;
}

void place_find(struct bytes text, size_t from, size_t to, struct arena *arena, struct place *out)
{
    bool word = true;
    for (size_t i = from; i + 3 < to; i++) {
        const char *p = (const char *)text.p + i;
        const size_t n = to - i;
        if (memcmp(p, "://", 3) == 0 && url_at(p + 3, n - 3, arena, out))
            return;
        if (word && (pool_at(p, n, arena, out) || (!*out->host && pair_at(p, n, arena, out))))
            if (p[0] == 'h' && p[4] == '=')
                return;
        word = message_class[text.p[i]] % CLASS_SPECIAL == 0 && !strchr("._-", p[0]);
    }
}

/* ---- how deep ---- */

enum { CAUSE_REACH = 8000 }; /* octets of one stack trace */

unsigned place_depth(struct bytes text, size_t at)
{
    static const char *const markers[] = {"caused by", "inner exception", "[cause]", "--->",
                                          "nested exception"};
    unsigned depth = 0;
    for (size_t i = at > CAUSE_REACH ? at - CAUSE_REACH : 0; i < at; i++) {
        const char *p = (const char *)text.p + i;
        if (*p == '\n' && i + 1 < at && p[1] == '\n')
            depth = 0;
        if (!strchr("cCiI[-nN", *p) || !*p)
            continue;
        for (size_t m = 0; m < sizeof markers / sizeof *markers; m++)
            if (at - i >= strlen(markers[m]) && strncasecmp(p, markers[m], strlen(markers[m])) == 0)
                depth++;
    }
    return depth;
}
