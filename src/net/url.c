/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "internal.h"

struct scheme_row {
    const char *prefix;
    enum url_scheme scheme;
    uint16_t port;
};
static const struct scheme_row schemes[] = {
    {"http://", URL_HTTP, 80}, {"https://", URL_HTTPS, 443}, {"ldap://", URL_LDAP, 389}};

/* Only letters, digits, hyphens, dots and underscores: a host name as RFC 1123 section 2.1 has it,
 * and what is found beside it. */
static bool is_host(const char *host, size_t n)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    return n > 0 && strspn(host, allowed) >= n;
}

/* RFC 3986 section 3.2.2: an IPv6 address in brackets, or a name or IPv4 address. Returns what
 * follows it; NULL: no host. */
static const char *host_take(const char *p, struct url *out)
{
    size_t n = strcspn(p, ":/?#");
    const char *after = p + n;
    out->is_v6 = *p == '[';
    if (out->is_v6) {
        const char *end = strchr(p, ']');
        if (!end)
            return NULL;
        after = end + 1;
        n = (size_t)(end - ++p);
    }
    if (n >= sizeof out->host)
        return NULL;
    memcpy(out->host, p, n);
    out->host[n] = '\0';
    uint8_t ip[16];
    const bool good = out->is_v6 ? str_parse_ip(out->host, ip) == 16 : is_host(out->host, n);
    return good ? after : NULL;
}

static bool port_take(const char **p, uint16_t *port)
{
    int64_t number = 0;
    char digits[8];
    if (**p != ':')
        return true;
    const size_t n = strcspn(++*p, "/?#");
    if (n >= sizeof digits)
        return false;
    memcpy(digits, *p, n);
    digits[n] = '\0';
    *p += n;
    if (n == 0) /* "http://host:/" is the default port, section 3.2.3 */
        return true;
    if (!str_to_int(digits, 1, 65535, &number))
        return false;
    *port = (uint16_t)number;
    return true;
}

/* Certificates hold blanks and umlauts where RFC 3986 section 2 has them percent-encoded. The
 * fragment is never sent. */
static const char *rest_encoded(const char *p, struct arena *arena)
{
    BUF_CLEANUP out = {0};
    if (*p != '/')
        buf_add_byte(&out, '/');
    for (; *p && *p != '#'; p++) {
        const uint8_t c = (uint8_t)*p;
        if (c <= 0x20 || c >= 0x7f || strchr("\"<>\\^`{|}", c))
            buf_printf(&out, "%%%02X", (unsigned)c);
        else
            buf_add_byte(&out, c);
    }
    return arena_strdup(arena, buf_cstr(&out));
}

static bool has_controls(const char *text)
{
    for (; *text; text++)
        if ((uint8_t)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

bool url_parse(const char *text, struct arena *arena, struct url *out)
{
    *out = (struct url){.scheme = URL_OTHER, .rest = "/"};
    if (strlen(text) > LIMIT_URL_BYTES || has_controls(text) || !strchr(text, ':'))
        return false;
    const char *p = text;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        const size_t n = strlen(schemes[i].prefix);
        if (strncasecmp(text, schemes[i].prefix, n) != 0)
            continue;
        out->scheme = schemes[i].scheme;
        out->port = schemes[i].port;
        p = text + n;
    }
    if (out->scheme == URL_OTHER)
        return true;
    p = host_take(p, out);
    if (!p || !port_take(&p, &out->port) || (*p && !strchr("/?#", *p)))
        return false;
    out->rest = rest_encoded(p, arena);
    return true;
}

const char *url_text(const struct url *url, struct arena *arena)
{
    const struct scheme_row *row = schemes;
    while (row->scheme != url->scheme)
        row++;
    const char *open = url->is_v6 ? "[" : "", *close = url->is_v6 ? "]" : "";
    if (url->port == row->port)
        return arena_printf(arena, "%s%s%s%s%s", row->prefix, open, url->host, close, url->rest);
    return arena_printf(arena, "%s%s%s%s:%u%s", row->prefix, open, url->host, close,
                        (unsigned)url->port, url->rest);
}
