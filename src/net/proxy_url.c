/* SPDX-License-Identifier: Apache-2.0 */
/* What a proxy is called: the URL of --proxy or of a variable, in its parts. Credentials stay in
 * struct proxy and are in nothing that is shown. */
#include <string.h>

#include "internal.h"

/* The default ports are curl's: 1080, since the first proxies that it knew were of SOCKS. */
static const struct kind_row {
    const char *scheme;
    enum proxy_kind kind;
    uint16_t port;
} kinds[] = {
    {"http", PROXY_HTTP, 1080},     {"https", PROXY_HTTPS, 443},
    {"socks4", PROXY_SOCKS4, 1080}, {"socks4a", PROXY_SOCKS4A, 1080},
    {"socks5", PROXY_SOCKS5, 1080}, {"socks5h", PROXY_SOCKS5H, 1080},
    {"socks", PROXY_SOCKS4, 1080},
};

/* The scheme's row; *rest is what follows "://". NULL: a scheme that is not known. */
static const struct kind_row *kind_take(const char *text, const char **rest)
{
    const char *colon = strstr(text, "://");
    const size_t n = colon ? (size_t)(colon - text) : 0;
    *rest = colon ? colon + 3 : text;
    if (!colon)
        return &kinds[0];
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strlen(kinds[i].scheme) == n && strncasecmp(kinds[i].scheme, text, n) == 0)
            return &kinds[i];
    return NULL;
}

static int hex_value(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)((at - digits) & 15) : -1;
}

/* RFC 3986 section 2.1. NULL for a percent sign without two digits, and for %00: no protocol of
 * these can carry it. */
static const char *percent_decoded(const char *text, size_t n, struct arena *arena)
{
    char *out = arena_alloc(arena, n + 1);
    size_t length = 0;
    for (size_t i = 0; i < n; i++) {
        if (text[i] != '%') {
            out[length++] = text[i];
            continue;
        }
        const int high = i + 2 < n ? hex_value(text[i + 1]) : -1;
        const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
        if (low < 0 || high * 16 + low == 0)
            return NULL;
        out[length++] = (char)(high * 16 + low);
        i += 2;
    }
    out[length] = '\0';
    return out;
}

/* "USER:PASSWORD", "USER": RFC 1929 gives each one octet of length. */
static bool credentials_take(const char *text, size_t n, struct arena *arena, struct proxy *out)
{
    enum { CREDENTIAL_BYTES = 255 };
    const char *colon = memchr(text, ':', n);
    const size_t user = colon ? (size_t)(colon - text) : n;
    out->user = percent_decoded(text, user, arena);
    if (colon)
        out->password = percent_decoded(colon + 1, n - user - 1, arena);
    out->has_credentials = true;
    return out->user && out->password && strlen(out->user) <= CREDENTIAL_BYTES &&
           strlen(out->password) <= CREDENTIAL_BYTES;
}

static bool host_take(const char *text, struct arena *arena, struct proxy *out)
{
    uint8_t ip[16];
    int64_t port = out->port;
    const bool bracketed = *text == '[';
    const char *end = bracketed ? strchr(text, ']') : text + strcspn(text, ":");
    if (!end)
        return false;
    const char *after = end + bracketed;
    out->host = arena_strndup(arena, text + bracketed, (size_t)(end - text) - bracketed);
    if (*after && (*after != ':' || !str_to_int(after + 1, 1, 65535, &port)))
        return false;
    out->port = (uint16_t)port;
    return bracketed ? str_parse_ip(out->host, ip) == 16 : str_is_dns_host(out->host);
}

bool proxy_parse(const char *text, struct arena *arena, struct proxy *out)
{
    const char *rest;
    const struct kind_row *row = kind_take(text, &rest);
    if (!row || strlen(text) > LIMIT_URL_BYTES)
        return false;
    *out = (struct proxy){.kind = row->kind, .port = row->port, .user = "", .password = ""};
    /* RFC 3986 section 3.2: the authority ends at a path, which means nothing here. */
    const char *authority = arena_strndup(arena, rest, strcspn(rest, "/?#"));
    const char *at = strrchr(authority, '@');
    if (at && !credentials_take(authority, (size_t)(at - authority), arena, out))
        return false;
    if (!host_take(at ? at + 1 : authority, arena, out))
        return false;
    const bool v6 = strchr(out->host, ':') != NULL;
    out->shown = arena_printf(arena, "%s://%s%s%s:%u", row->scheme, v6 ? "[" : "", out->host,
                              v6 ? "]" : "", (unsigned)out->port);
    return true;
}

bool proxy_resolves(const struct proxy *proxy)
{
    return proxy->kind != PROXY_SOCKS4 && proxy->kind != PROXY_SOCKS5;
}
