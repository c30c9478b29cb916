/* SPDX-License-Identifier: Apache-2.0 */
/* What the user typed → what to look at: endpoint, URL or file, and the name the client uses. */
#include "idn.h"
#include "record.h"

#include <string.h>

enum { PORT_HTTPS = 443, HOST_LENGTH = 253, LABEL_LENGTH = 63 };

/* ---- host names ---- */

/* RFC 1035 section 2.3.4: labels of 1 to 63 octets, 255 octets on the wire, which is 253 in text.
 */
static bool lengths_fit(const char *host)
{
    if (strlen(host) > HOST_LENGTH)
        return false;
    while (*host) {
        const size_t label = strcspn(host, ".");
        if (label == 0 || label > LABEL_LENGTH)
            return false;
        host += label + (host[label] == '.');
    }
    return true;
}

/* A last label of digits alone is no host name but a mistyped address (WHATWG URL section 3.5). */
static bool looks_numeric(const char *host)
{
    const char *dot = strrchr(host, '.');
    const char *last = dot ? dot + 1 : host;
    return *last && last[strspn(last, "0123456789")] == '\0';
}

static bool is_ascii(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s >= 0x80)
            return false;
    return true;
}

static void lower_case(char *s)
{
    for (; *s; s++)
        if (*s >= 'A' && *s <= 'Z')
            *s = (char)(*s - 'A' + 'a');
}

/* A host name or address literal as it goes on the wire: ASCII, lower case. A trailing dot is kept:
 * whether it matters is for judging. */
static enum cw_code host_read(const char *text, struct arena *arena, const char **out,
                              struct error *err)
{
    uint8_t ip[16];
    const char *shown = str_safe(arena, bytes_str(text));
    if (str_parse_ip(text, ip)) {
        *out = arena_strdup(arena, text);
        return CW_OK;
    }
    const char *ascii = text, *why = "";
    if (!is_ascii(text) &&
        (!str_is_utf8(bytes_str(text)) || !(ascii = idn_to_ascii(arena, text, &why))))
        return error_set(err, CW_E_USAGE, "\"%s\" cannot be used as a host name: %s", shown,
                         *why ? why : "it is not UTF-8 text");
    char *host = arena_strdup(arena, ascii);
    lower_case(host);
    const size_t n = strlen(host);
    const bool dot = n > 1 && host[n - 1] == '.';
    if (dot)
        host[n - 1] = '\0';
    if (*host == '\0' || *host == '*' || !str_is_dns_host(host) || !lengths_fit(host))
        return error_set(err, CW_E_USAGE,
                         "\"%s\" is neither a host name, an address nor the name of a file", shown);
    if (looks_numeric(host))
        return error_set(err, CW_E_USAGE, "\"%s\" is not a valid IPv4 address", shown);
    if (dot)
        host[n - 1] = '.';
    *out = host;
    return CW_OK;
}

enum cw_code target_set_name(struct target *target, const char *name, struct arena *arena,
                             struct error *err)
{
    target->name = target->sni = "";
    target->name_kind = NAME_NONE;
    if (!name || !*name)
        name = target->kind == TARGET_ENDPOINT ? target->host : NULL;
    if (!name)
        return CW_OK;
    TRY(host_read(name, arena, &target->name, err));
    target->ip_length = str_parse_ip(target->name, target->ip);
    target->name_kind = target->ip_length ? NAME_IP : NAME_DNS;
    /* RFC 6066 section 3: a DNS host name without a trailing dot; literal addresses are not
     * permitted. */
    if (target->name_kind == NAME_DNS) {
        const size_t n = strlen(target->name);
        target->sni = arena_strndup(arena, target->name, n - (target->name[n - 1] == '.'));
    }
    return CW_OK;
}

/* ---- host and port ---- */

static enum cw_code port_read(const char *text, uint16_t *port, struct error *err)
{
    int64_t value = 0;
    if (!str_to_int(text, 1, 65535, &value))
        return error_set(err, CW_E_USAGE,
                         "\"%.40s\" is not a port: a number from 1 to 65535 is needed",
                         str_is_safe(bytes_str(text)) ? text : "?");
    *port = (uint16_t)value;
    return CW_OK;
}

/* "host", "host:port", "[v6]", "[v6]:port", "v6" */
static enum cw_code authority_read(const char *text, struct arena *arena, struct target *out,
                                   struct error *err)
{
    uint8_t ip[16];
    const char *port = NULL;
    const char *host = text;
    if (*text == '[') {
        const char *end = strchr(text, ']');
        if (!end || (end[1] && end[1] != ':'))
            return error_set(err, CW_E_USAGE, "an IPv6 address is written [address]:port");
        host = arena_strndup(arena, text + 1, (size_t)(end - text - 1));
        if (str_parse_ip(host, ip) != 16)
            return error_set(err, CW_E_USAGE, "\"%s\" is not an IPv6 address",
                             str_safe(arena, bytes_str(host)));
        port = end[1] ? end + 2 : NULL;
    } else if (strchr(text, ':') && str_parse_ip(text, ip) != 16) {
        const char *colon = strrchr(text, ':');
        host = arena_strndup(arena, text, (size_t)(colon - text));
        port = colon + 1;
    }
    if (port)
        TRY(port_read(port, &out->port, err));
    return host_read(host, arena, &out->host, err);
}

/* ---- URLs ---- */

struct scheme {
    const char *name;
    uint16_t port; /**< IANA's; those that begin in plain text are net/starttls.c's */
};
static const struct scheme schemes[] = {
    {"https", PORT_HTTPS}, {"tls", PORT_HTTPS},   {"smtp", 25},        {"imap", 143},
    {"pop3", 110},         {"ftp", 21},           {"ldap", 389},       {"lmtp", 24},
    {"xmpp", 5222},        {"xmpp-server", 5269}, {"postgres", 5432},  {"postgresql", 5432},
    {"mysql", 3306},       {"mariadb", 3306},     {"sieve", 4190},     {"nntp", 119},
    {"irc", 6667},         {"rdp", 3389},         {"smtps", 465},      {"imaps", 993},
    {"pop3s", 995},        {"ftps", 990},         {"ldaps", 636},      {"nntps", 563},
    {"ircs", 6697},        {"xmpps", 5223},       {"wss", PORT_HTTPS}, {"rediss", 6379},
    {"amqps", 5671},       {"mqtts", 8883},
};

static enum cw_code scheme_read(const char *name, struct target *out, struct error *err)
{
    const char *names[sizeof schemes / sizeof *schemes + 1] = {NULL};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        names[i] = schemes[i].name;
        if (strcmp(schemes[i].name, name) != 0)
            continue;
        out->scheme = strcmp(name, "postgresql") == 0 ? "postgres" : schemes[i].name;
        out->port = schemes[i].port;
        return CW_OK;
    }
    if (strcmp(name, "http") == 0)
        return error_set(err, CW_E_USAGE,
                         "http:// speaks no TLS, so it shows no certificate: write "
                         "https://, or tls://host:port for that port");
    const char *near = str_nearest(name, names);
    return error_set(err, CW_E_USAGE,
                     "\"%s://\" is not a scheme that certwhy knows%s%s%s: write https:// or tls://",
                     name, near ? " (did you mean " : "", near ? near : "", near ? "://?)" : "");
}

static enum cw_code url_read(const char *text, const char *after, struct arena *arena,
                             struct target *out, struct error *err)
{
    char *scheme = arena_strndup(arena, text, (size_t)(after - text - 3));
    lower_case(scheme);
    if (!str_is_plain_host(scheme))
        return error_set(err, CW_E_USAGE, "\"%s\" is not a URL", str_safe(arena, bytes_str(text)));
    TRY(scheme_read(scheme, out, err));
    /* RFC 3986 section 3.2: the authority ends at the path, the query or the fragment. */
    const char *authority = arena_strndup(arena, after, strcspn(after, "/?#"));
    const char *at = strrchr(authority, '@');
    if (at) {
        /* Credentials go nowhere: not on the wire, not into a report, not into a case. */
        authority = at + 1;
        out->text = arena_printf(arena, "%s://%s", scheme, authority);
    }
    return authority_read(authority, arena, out, err);
}

/* ---- files ---- */

static const char *const file_endings[] = {".pem", ".crt",  ".cer",  ".der", ".p7b",
                                           ".p7c", ".p12",  ".pfx",  ".jks", ".key",
                                           ".csr", ".json", ".case", ".txt"};

static bool looks_like_path(const char *text)
{
    if (strchr(text, '/'))
        return true;
    for (size_t i = 0; i < sizeof file_endings / sizeof *file_endings; i++)
        if (str_ends(text, file_endings[i]))
            return true;
    return false;
}

enum cw_code target_parse(const char *text, const char *root, struct arena *arena,
                          struct target *out, struct error *err)
{
    *out = (struct target){.kind = TARGET_ENDPOINT,
                           .text = arena_strdup(arena, text),
                           .host = "",
                           .scheme = "",
                           .path = "",
                           .name = "",
                           .connect = "",
                           .sni = "",
                           .mail_domain = ""};
    if (*text == '\0')
        return error_set(err, CW_E_USAGE, "the target is empty: a host, a URL or a file is needed");
    const char *url = strstr(text, "://");
    const bool is_file = strcmp(text, "-") == 0 || (!url && file_exists(root, text));
    if (is_file) {
        out->kind = TARGET_FILE;
        out->path = out->text;
        return CW_OK;
    }
    if (url)
        return url_read(text, url + 3, arena, out, err);
    if (looks_like_path(text))
        return error_set(err, CW_E_INPUT,
                         "%s: there is no such file (for an endpoint write host:port or "
                         "https://…)",
                         str_safe(arena, bytes_str(text)));
    out->scheme = "tls";
    out->port = PORT_HTTPS;
    return authority_read(text, arena, out, err);
}
