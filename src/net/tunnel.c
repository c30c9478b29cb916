/* SPDX-License-Identifier: Apache-2.0 */
/* Asking a proxy for a connection: CONNECT of HTTP, and the few octets of SOCKS 4 and 5. Answers
 * are read octet by octet, since what follows them belongs to the server behind: some servers
 * (SMTP) speak first. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

const char *const proxy_result_names[] = {
    "open",  "name",   "connect", "tls",   "certificate", "authentication", "refused", "page",
    "other", "closed", "timeout", "unfit", NULL};

/** One conversation with a proxy. */
struct talk {
    int fd;
    const struct proxy *proxy;
    const char *host; /**< whom it is to reach */
    uint16_t port;
    uint8_t ip[16]; /**< the same as an address … */
    size_t ip_n;    /**< … of so many octets; 0: a name */
    struct deadline deadline;
    struct proxy_answer *out;
};

static void conclude(struct talk *t, enum proxy_result result, int status, const char *why)
{
    BUF_CLEANUP safe = {0};
    str_safe_line(&safe, bytes_str(why));
    t->out->result = result;
    t->out->status = status;
    snprintf(t->out->why, sizeof t->out->why, "%s", buf_cstr(&safe));
    /* cut between characters */
    for (size_t n = strlen(t->out->why); n > 0 && !str_is_utf8(bytes_str(t->out->why));)
        t->out->why[--n] = '\0';
}

static void conclude_net(struct talk *t, enum net_result net)
{
    conclude(t,
             net == NET_TIMEOUT  ? PROXY_TIMEOUT
             : net == NET_CLOSED ? PROXY_CLOSED
             : net == NET_RESET  ? PROXY_CLOSED
                                 : PROXY_OTHER,
             0, net_result_text(net));
}

/* False: the conversation is over, and t->out says why. */
static bool say(struct talk *t, struct bytes what)
{
    const enum net_result net = net_write_all(t->fd, what, t->deadline);
    if (net != NET_OK)
        conclude_net(t, net);
    return net == NET_OK;
}

static bool hear(struct talk *t, uint8_t *p, size_t n)
{
    for (size_t have = 0, got = 0; have < n; have += got) {
        const enum net_result net = net_read_some(t->fd, p + have, n - have, &got, t->deadline);
        if (net == NET_OK)
            continue;
        conclude_net(t, net);
        return false;
    }
    return true;
}

/* ---- HTTP CONNECT ---- */

/* RFC 9112 section 2.2: what ends a head; a bare line feed counts as the end of a line. */
static bool head_ended(const struct buf *head)
{
    const struct bytes b = buf_bytes(head);
    return b.n >= 2 && b.p[b.n - 1] == '\n' &&
           (b.p[b.n - 2] == '\n' || (b.n >= 3 && memcmp(b.p + b.n - 3, "\n\r\n", 3) == 0));
}

static const char *stranger_text(uint8_t first)
{
    enum { TLS_ALERT = 0x15, TLS_HANDSHAKE = 0x16, SOCKS5 = 5 };
    return first == TLS_ALERT || first == TLS_HANDSHAKE
               ? "it speaks TLS: its URL begins with https://"
           : first == SOCKS5 || first == 0 ? "it answers as SOCKS does"
                                           : "its answer is not HTTP";
}

static bool head_read(struct talk *t, struct buf *head)
{
    static const char begin[] = "HTTP/";
    while (!head_ended(head)) {
        uint8_t octet;
        if (!hear(t, &octet, 1)) {
            if (t->out->result == PROXY_CLOSED && head->n > 0)
                conclude(t, PROXY_CLOSED, 0, "it closed the connection within its answer");
            return false;
        }
        if (head->n < sizeof begin - 1 && octet != (uint8_t)begin[head->n]) {
            conclude(t, PROXY_OTHER, 0, stranger_text(head->n ? 'x' : octet));
            return false;
        }
        buf_add_byte(head, octet);
        if (head->n > LIMIT_PROXY_HEAD) {
            conclude(t, PROXY_OTHER, 0, "its answer has no end");
            return false;
        }
    }
    return true;
}

/* The value of the i-th field of this name (RFC 9110 section 5.1), "" none. */
static const char *field_value(struct buf *head, const char *name, size_t i, struct arena *arena)
{
    const size_t n = strlen(name);
    for (const char *line = strchr(buf_cstr(head), '\n'); line; line = strchr(line, '\n')) {
        line++;
        if (strncasecmp(line, name, n) != 0 || line[n] != ':' || i-- > 0)
            continue;
        const char *value = line + n + 1 + strspn(line + n + 1, " \t");
        return arena_strndup(arena, value, strcspn(value, "\r\n"));
    }
    return "";
}

/* "HTTP/1.1 403 Forbidden": 403, and *reason "Forbidden". 0: it is no status line. */
static int status_read(struct buf *head, struct arena *arena, const char **reason)
{
    const char *line = buf_cstr(head);
    const char *space = line + strcspn(line, " \r\n");
    const char *number = space + strspn(space, " ");
    int64_t status = 0;
    const size_t digits = strspn(number, "0123456789");
    if (*space != ' ' || digits != 3 ||
        !str_to_int(arena_strndup(arena, number, digits), 100, 999, &status))
        return 0;
    const char *rest = number + digits + strspn(number + digits, " ");
    *reason = arena_strndup(arena, rest, strcspn(rest, "\r\n"));
    return (int)status;
}

/* The title of an HTML page; "" none. Waits for it for a moment alone. */
static const char *title_read(struct talk *t, struct arena *arena)
{
    BUF_CLEANUP page = {0};
    const struct deadline soon = deadline_in(1);
    const struct deadline until = soon.at_us < t->deadline.at_us ? soon : t->deadline;
    uint8_t block[512];
    size_t got = 0;
    while (page.n < LIMIT_PROXY_PAGE &&
           net_read_some(t->fd, block, sizeof block, &got, until) == NET_OK)
        buf_append(&page, block, got);
    const char *text = buf_cstr(&page), *title = NULL;
    for (const char *p = strchr(text, '<'); p && !title; p = strchr(p + 1, '<'))
        if (strncasecmp(p, "<title>", 7) == 0)
            title = p + 7 + strspn(p + 7, " \t\r\n");
    return title ? arena_strndup(arena, title, strcspn(title, "<\r\n")) : "";
}

static bool is_page(struct buf *head, struct arena *arena)
{
    return strncasecmp(field_value(head, "Content-Type", 0, arena), "text/html", 9) == 0;
}

/* RFC 9110 section 11.7.1: the schemes that it would take. */
static const char *schemes_text(struct buf *head, struct arena *arena)
{
    enum { FIELDS = 8 };
    BUF_CLEANUP out = {0};
    for (size_t i = 0; i < FIELDS; i++) {
        const char *value = field_value(head, "Proxy-Authenticate", i, arena);
        const size_t n = strcspn(value, " ,");
        if (n == 0)
            break;
        buf_printf(&out, "%s%.*s", i ? ", " : "", (int)n, value);
    }
    return arena_strdup(arena, out.n ? buf_cstr(&out) : "no scheme that it names");
}

static void conclude_refusal(struct talk *t, struct buf *head, int status, const char *reason,
                             struct arena *arena)
{
    enum { AUTHENTICATION_REQUIRED = 407 };
    BUF_CLEANUP why = {0};
    buf_printf(&why, "%d%s%s", status, *reason ? " " : "", reason);
    const char *squid = field_value(head, "X-Squid-Error", 0, arena);
    const char *standard = field_value(head, "Proxy-Status", 0, arena); /* RFC 9209 */
    if (status == AUTHENTICATION_REQUIRED) {
        buf_printf(&why, "; it takes %s; ", schemes_text(head, arena));
        buf_add_str(&why, t->proxy->has_credentials ? "the credentials given were not accepted"
                                                    : "no credentials were given");
        conclude(t, PROXY_AUTH, status, buf_cstr(&why));
        return;
    }
    if (*squid || *standard)
        buf_printf(&why, " (%s)", *squid ? squid : standard);
    const char *title = is_page(head, arena) && !*squid ? title_read(t, arena) : "";
    if (*title)
        buf_printf(&why, ", \"%s\"", title);
    conclude(t, PROXY_DENIED, status, buf_cstr(&why));
}

/* A page may follow in chunks (RFC 9112 section 7.1), which begin with their size. */
static bool page_begins(struct talk *t, struct buf *head, struct arena *arena)
{
    const struct deadline soon = deadline_in(1);
    uint8_t first = 0;
    if (net_peek(t->fd, &first, soon.at_us < t->deadline.at_us ? soon : t->deadline) != NET_OK)
        return false;
    return first == '<' || *field_value(head, "Transfer-Encoding", 0, arena);
}

/* RFC 9110 section 9.3.6: any 2xx opens the tunnel, and its head's Content-Length says nothing.
 * Where a web page is announced, it is looked whether that comes. */
static void conclude_success(struct talk *t, struct buf *head, int status, struct arena *arena)
{
    if (is_page(head, arena) && page_begins(t, head, arena)) {
        const char *title = title_read(t, arena);
        conclude(t, PROXY_PAGE, status, *title ? title : "a web page without a title");
        return;
    }
    conclude(t, PROXY_OPEN, status, "");
}

static void request_write(const struct talk *t, struct buf *out, struct arena *arena)
{
    const bool v6 = t->ip_n == 16;
    const char *to =
        arena_printf(arena, "%s%s%s:%u", v6 ? "[" : "", t->host, v6 ? "]" : "", (unsigned)t->port);
    buf_printf(out,
               "CONNECT %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: certwhy/" CERTWHY_VERSION "\r\n", to,
               to);
    if (t->proxy->has_credentials) { /* RFC 7617 section 2 */
        const char *pair = arena_printf(arena, "%s:%s", t->proxy->user, t->proxy->password);
        buf_printf(out, "Proxy-Authorization: Basic %s\r\n", str_base64(arena, bytes_str(pair)));
    }
    buf_add_str(out, "\r\n");
}

static void http_ask(struct talk *t, struct arena *arena)
{
    BUF_CLEANUP request = {0};
    request_write(t, &request, arena);
    const bool said = say(t, buf_bytes(&request));
    explicit_bzero(request.p, request.n);
    for (int i = 0; said && i < LIMIT_PROXY_INTERIM; i++) {
        BUF_CLEANUP head = {0};
        const char *reason = "";
        if (!head_read(t, &head))
            return;
        const int status = status_read(&head, arena, &reason);
        if (status == 0)
            conclude(t, PROXY_OTHER, 0, "its answer has no status");
        else if (status >= 300 || status == 101)
            conclude_refusal(t, &head, status, reason, arena);
        else if (status >= 200)
            conclude_success(t, &head, status, arena);
        else
            continue; /* RFC 9110 section 15.2: another answer follows */
        return;
    }
    if (said)
        conclude(t, PROXY_OTHER, 0, "it answers that it will answer, again and again");
}

/* ---- SOCKS 4 and 4a ---- */

static void add_port(struct buf *out, uint16_t port)
{
    buf_add_byte(out, (uint8_t)(port >> 8));
    buf_add_byte(out, (uint8_t)port);
}

static void socks4_conclude(struct talk *t, const uint8_t reply[8])
{
    static const char *const texts[] = {"91: the request was rejected or failed",
                                        "92: it cannot reach identd on this machine",
                                        "93: identd on this machine names another user"};
    enum { GRANTED = 90, LAST = 93 };
    if (reply[0] == 'H')
        conclude(t, PROXY_OTHER, 0, "it answers with HTTP: its URL begins with http://");
    else if (reply[0] != 0 || reply[1] < GRANTED || reply[1] > LAST)
        conclude(t, PROXY_OTHER, 0, "its answer is not of SOCKS 4");
    else if (reply[1] == GRANTED)
        conclude(t, PROXY_OPEN, GRANTED, "");
    else
        conclude(t, reply[1] == 91 ? PROXY_DENIED : PROXY_AUTH, reply[1],
                 texts[reply[1] - GRANTED - 1]);
}

/* "SOCKS: A protocol for TCP proxy across firewalls" (Ying-Da Lee), and its extension 4A: the
 * address 0.0.0.1 announces a name behind the user. */
static void socks4_ask(struct talk *t)
{
    static const uint8_t name_follows[4] = {0, 0, 0, 1};
    uint8_t reply[8];
    BUF_CLEANUP request = {0};
    if (t->ip_n == 16 || (t->ip_n == 0 && t->proxy->kind == PROXY_SOCKS4)) {
        conclude(t, PROXY_UNFIT, 0, "SOCKS 4 knows IPv4 addresses alone");
        return;
    }
    buf_append(&request, "\x04\x01", 2); /* version, CONNECT */
    add_port(&request, t->port);
    buf_append(&request, t->ip_n ? t->ip : name_follows, 4);
    buf_append(&request, t->proxy->user, strlen(t->proxy->user) + 1);
    if (t->ip_n == 0)
        buf_append(&request, t->host, strlen(t->host) + 1);
    if (say(t, buf_bytes(&request)) && hear(t, reply, sizeof reply))
        socks4_conclude(t, reply);
    explicit_bzero(request.p, request.n);
}

/* ---- SOCKS 5, RFC 1928 ---- */

enum { SOCKS5_NO_AUTH = 0, SOCKS5_PASSWORD = 2, SOCKS5_NO_METHOD = 0xff };

/* RFC 1929 section 2. */
static bool socks5_authenticate(struct talk *t)
{
    BUF_CLEANUP request = {0};
    uint8_t reply[2];
    buf_add_byte(&request, 1);
    buf_add_byte(&request, (uint8_t)strlen(t->proxy->user));
    buf_add_str(&request, t->proxy->user);
    buf_add_byte(&request, (uint8_t)strlen(t->proxy->password));
    buf_add_str(&request, t->proxy->password);
    const bool answered = say(t, buf_bytes(&request)) && hear(t, reply, sizeof reply);
    explicit_bzero(request.p, request.n);
    if (answered && reply[1] != 0)
        conclude(t, PROXY_AUTH, reply[1], "the credentials given were not accepted");
    return answered && reply[1] == 0;
}

/* Section 3: which of the ways to authenticate the proxy chooses. */
static bool socks5_greet(struct talk *t)
{
    const uint8_t hello[] = {5, t->proxy->has_credentials ? 2 : 1, SOCKS5_NO_AUTH, SOCKS5_PASSWORD};
    uint8_t reply[2];
    if (!say(t, bytes_of(hello, 2u + hello[1])) || !hear(t, reply, sizeof reply))
        return false;
    if (reply[0] == 5 && reply[1] == SOCKS5_NO_AUTH)
        return true;
    if (reply[0] == 5 && reply[1] == SOCKS5_PASSWORD && t->proxy->has_credentials)
        return socks5_authenticate(t);
    if (reply[0] == 5 && reply[1] == SOCKS5_NO_METHOD)
        conclude(t, PROXY_AUTH, SOCKS5_NO_METHOD,
                 t->proxy->has_credentials ? "it takes neither a password nor nobody's name"
                                           : "no credentials were given");
    else
        conclude(t, PROXY_OTHER, 0,
                 reply[0] == 'H' ? "it answers with HTTP: its URL begins with http://"
                                 : "its answer is not of SOCKS 5");
    return false;
}

/* Section 4: by name where the proxy shall look it up, else by address. */
static bool socks5_request(struct talk *t)
{
    BUF_CLEANUP request = {0};
    const size_t n = strlen(t->host);
    if (t->ip_n == 0 && n > 255) {
        conclude(t, PROXY_UNFIT, 0, "the name is too long for SOCKS 5");
        return false;
    }
    buf_append(&request, "\x05\x01\x00", 3); /* version, CONNECT, reserved */
    buf_add_byte(&request, t->ip_n == 4 ? 1 : t->ip_n == 16 ? 4 : 3);
    if (t->ip_n)
        buf_append(&request, t->ip, t->ip_n);
    else {
        buf_add_byte(&request, (uint8_t)n);
        buf_append(&request, t->host, n);
    }
    add_port(&request, t->port);
    return say(t, buf_bytes(&request));
}

/* Section 6: after the code an address of one of three kinds, which means nothing to us. */
static void socks5_conclude(struct talk *t)
{
    static const char *const texts[] = {"",
                                        "1: general failure",
                                        "2: its rules do not allow this connection",
                                        "3: it finds no way to that network",
                                        "4: it finds no way to that host, or no such name",
                                        "5: connection refused by the server",
                                        "6: the server did not answer it in time",
                                        "7: it has no CONNECT",
                                        "8: it does not know that kind of address"};
    enum { CODES = sizeof texts / sizeof *texts };
    uint8_t reply[5], rest[255 + 2];
    if (!hear(t, reply, sizeof reply))
        return;
    const size_t address = reply[3] == 1   ? 4
                           : reply[3] == 4 ? 16
                           : reply[3] == 3 ? reply[4] + 1u
                                           : 0;
    if (reply[0] != 5)
        conclude(t, PROXY_OTHER, 0, "its answer is not of SOCKS 5");
    else if (reply[1] != 0)
        conclude(t, PROXY_DENIED, reply[1],
                 reply[1] < CODES ? texts[reply[1]] : "a reply code that RFC 1928 does not know");
    else if (address == 0)
        conclude(t, PROXY_OTHER, 0, "its answer names an address of no known kind");
    else if (hear(t, rest, address - 1 + 2)) /* its first octet was reply[4]; then the port */
        conclude(t, PROXY_OPEN, 0, "");
}

/* ---- all of them ---- */

void proxy_ask(int fd, const struct proxy *proxy, const char *host, uint16_t port,
               struct deadline deadline, struct proxy_answer *out)
{
    struct arena arena = {0};
    struct talk t = {
        .fd = fd, .proxy = proxy, .host = host, .port = port, .deadline = deadline, .out = out};
    *out = (struct proxy_answer){.result = PROXY_OTHER};
    t.ip_n = str_parse_ip(host, t.ip);
    switch (proxy->kind) {
    case PROXY_HTTP:
    case PROXY_HTTPS:
        http_ask(&t, &arena);
        break;
    case PROXY_SOCKS4:
    case PROXY_SOCKS4A:
        socks4_ask(&t);
        break;
    case PROXY_SOCKS5:
    case PROXY_SOCKS5H:
        if (socks5_greet(&t) && socks5_request(&t))
            socks5_conclude(&t);
        break;
    }
    arena_free(&arena);
}
