/* SPDX-License-Identifier: Apache-2.0 */
/* STARTTLS: the few lines of each protocol that come before the ClientHello. Nothing is sent that a
 * server could keep: no credentials, no addresses, and an example's name for ourselves. */
#include <stdio.h>
#include <string.h>

#include "net.h"

enum {
    TALK_BYTES = 1 << 14, /* what a server says before TLS: a greeting and a list of features */
    TALK_LINES = 200,
};
static const char *const OWN_NAME = "certwhy.invalid"; /* RFC 6761 section 6.4 */

/** What was said so far, and what of it has been read. */
struct talk {
    int fd;
    struct deadline deadline;
    uint8_t heard[TALK_BYTES];
    size_t n, at;
    enum net_result net;
    const char *host;
};

static bool hear(struct talk *t)
{
    size_t got = 0;
    if (t->n == TALK_BYTES) {
        t->net = NET_FAILED;
        return false;
    }
    t->net = net_read_some(t->fd, t->heard + t->n, TALK_BYTES - t->n, &got, t->deadline);
    t->n += got;
    return t->net == NET_OK;
}

static bool say_bytes(struct talk *t, const void *p, size_t n)
{
    t->net = net_write_all(t->fd, bytes_of(p, n), t->deadline);
    return t->net == NET_OK;
}

static bool say(struct talk *t, const char *line)
{
    return say_bytes(t, line, strlen(line));
}

/** The next line without its end; false when the server has none. */
static bool line(struct talk *t, struct bytes *out)
{
    for (;;) {
        const uint8_t *from = t->heard + t->at;
        const uint8_t *end = memchr(from, '\n', t->n - t->at);
        if (end) {
            size_t n = (size_t)(end - from);
            t->at += n + 1;
            *out = bytes_of(from, n > 0 && from[n - 1] == '\r' ? n - 1 : n);
            return true;
        }
        if (!hear(t))
            return false;
    }
}

/** At least n octets beyond what was read. */
static bool octets(struct talk *t, size_t n, struct bytes *out)
{
    while (t->n - t->at < n)
        if (!hear(t))
            return false;
    *out = bytes_of(t->heard + t->at, n);
    t->at += n;
    return true;
}

static bool begins(struct bytes text, const char *with)
{
    const size_t n = strlen(with);
    return text.n >= n && strncasecmp((const char *)text.p, with, n) == 0;
}

static bool holds(struct bytes text, const char *word)
{
    const size_t n = strlen(word);
    for (size_t i = 0; i + n <= text.n; i++)
        if (strncasecmp((const char *)text.p + i, word, n) == 0)
            return true;
    return false;
}

/* ---- lines with a number: RFC 5321, 2033, 4217, 4642 ---- */

/** Reads a reply of several lines ("250-" … "250 "); true when it begins with `code`. `word` is
 *  looked for in all of them. */
static bool reply(struct talk *t, const char *code, const char *word, bool *found)
{
    struct bytes text;
    for (int i = 0; i < TALK_LINES && line(t, &text); i++) {
        if (word && holds(text, word))
            *found = true;
        if (text.n < 4 || text.p[3] != '-')
            return begins(text, code);
    }
    return false;
}

static bool begin_smtp(struct talk *t)
{
    char hello[64];
    bool offered = false;
    snprintf(hello, sizeof hello, "EHLO %s\r\n", OWN_NAME);
    return reply(t, "220", NULL, NULL) && say(t, hello) && reply(t, "250", "STARTTLS", &offered) &&
           offered && say(t, "STARTTLS\r\n") && reply(t, "220", NULL, NULL);
}

static bool begin_lmtp(struct talk *t)
{
    char hello[64];
    bool offered = false;
    snprintf(hello, sizeof hello, "LHLO %s\r\n", OWN_NAME);
    return reply(t, "220", NULL, NULL) && say(t, hello) && reply(t, "250", "STARTTLS", &offered) &&
           offered && say(t, "STARTTLS\r\n") && reply(t, "220", NULL, NULL);
}

static bool begin_ftp(struct talk *t)
{
    return reply(t, "220", NULL, NULL) && say(t, "AUTH TLS\r\n") && reply(t, "234", NULL, NULL);
}

static bool begin_nntp(struct talk *t)
{
    struct bytes greeting;
    return line(t, &greeting) && begins(greeting, "20") && say(t, "STARTTLS\r\n") &&
           reply(t, "382", NULL, NULL);
}

/* ---- other lines: RFC 3501, 2595, 5804, IRCv3's tls ---- */

/** Reads lines until one begins with `good` (true) or `bad` (false). */
static bool until(struct talk *t, const char *good, const char *bad)
{
    struct bytes text;
    for (int i = 0; i < TALK_LINES && line(t, &text); i++) {
        if (begins(text, good))
            return true;
        if (bad && begins(text, bad))
            return false;
    }
    return false;
}

static bool begin_imap(struct talk *t)
{
    return until(t, "* OK", "* BYE") && say(t, "a1 STARTTLS\r\n") && until(t, "a1 OK", "a1 ");
}

static bool begin_pop3(struct talk *t)
{
    return until(t, "+OK", "-ERR") && say(t, "STLS\r\n") && until(t, "+OK", "-ERR");
}

static bool begin_sieve(struct talk *t)
{
    return until(t, "OK", "NO") && say(t, "STARTTLS\r\n") && until(t, "OK", "NO");
}

/** The word stands in the text between spaces (or behind the colon that begins a list). */
static bool lists(struct bytes text, const char *word)
{
    const size_t n = strlen(word);
    for (size_t i = 0; i + n <= text.n; i++) {
        const bool begins_here = i == 0 || text.p[i - 1] == ' ' || text.p[i - 1] == ':';
        const bool ends_here = i + n == text.n || text.p[i + n] == ' ';
        if (begins_here && ends_here && strncasecmp((const char *)text.p + i, word, n) == 0)
            return true;
    }
    return false;
}

/* IRCv3's tls: 670 is "go on", and notices about looking up our address may come before. Servers
 * that do not know the command say nothing at all, so what they can do is asked for with it. */
static bool begin_irc(struct talk *t)
{
    struct bytes text;
    bool offered = false;
    if (!say(t, "CAP LS 302\r\nSTARTTLS\r\n"))
        return false;
    for (int i = 0; i < TALK_LINES && line(t, &text); i++) {
        const bool capabilities = holds(text, " CAP ") && holds(text, " LS ");
        offered |= capabilities && lists(text, "tls");
        if (holds(text, " 670 "))
            return true;
        if (holds(text, " 691 ") || (capabilities && !holds(text, " LS * ") && !offered))
            return false;
        /* unknown commands: CAP's comes first, and only STARTTLS's is a refusal */
        if ((holds(text, " 451 ") || holds(text, " 421 ")) && !holds(text, " CAP "))
            return false;
    }
    return false;
}

/* ---- XMPP: RFC 6120 section 5 ---- */

static bool heard_tag(struct talk *t, const char *good, const char *bad)
{
    for (;;) {
        const struct bytes all = bytes_of(t->heard + t->at, t->n - t->at);
        if (holds(all, good)) {
            t->at = t->n;
            return true;
        }
        if (holds(all, bad) || !hear(t))
            return false;
    }
}

static bool begin_stream(struct talk *t, const char *namespace)
{
    char open[512];
    snprintf(open, sizeof open,
             "<?xml version='1.0'?><stream:stream xmlns='%s' "
             "xmlns:stream='http://etherx.jabber.org/streams' to='%.255s' version='1.0'>",
             namespace, t->host);
    /* The answer ends with <proceed/>, written with its namespace. */
    return say(t, open) && heard_tag(t, "urn:ietf:params:xml:ns:xmpp-tls", "</stream:features>") &&
           say(t, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>") &&
           heard_tag(t, "<proceed", "<failure");
}

static bool begin_xmpp(struct talk *t)
{
    return begin_stream(t, "jabber:client");
}

static bool begin_xmpp_server(struct talk *t)
{
    return begin_stream(t, "jabber:server");
}

/* ---- binary protocols ---- */

/* RFC 4511 section 4.14: an extended request whose result must be success (0). */
static bool begin_ldap(struct talk *t)
{
    static const char request[] = "\x30\x1d\x02\x01\x01\x77\x18\x80\x16"
                                  "1.3.6.1.4.1.1466.20037";
    static const uint8_t success[] = {0x0a, 0x01, 0x00};
    struct bytes header, body;
    if (!say_bytes(t, request, sizeof request - 1) || !octets(t, 2, &header) || header.p[0] != 0x30)
        return false;
    size_t n = header.p[1];
    if (n > 0x80 && n <= 0x82) { /* a long form of one or two octets */
        struct bytes length;
        if (!octets(t, n - 0x80, &length))
            return false;
        n = length.n == 1 ? length.p[0] : (size_t)length.p[0] << 8 | length.p[1];
    }
    return octets(t, n, &body) && bytes_find(body, bytes_of(success, sizeof success)) != SIZE_MAX;
}

/* PostgreSQL's protocol 3, SSLRequest: the answer is one octet. */
static bool begin_postgres(struct talk *t)
{
    static const uint8_t request[] = {0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f};
    struct bytes answer;
    return say_bytes(t, request, sizeof request) && octets(t, 1, &answer) && answer.p[0] == 'S';
}

/* MySQL's protocol 10: the server greets with its capabilities; SSLRequest repeats some of them. */
static bool begin_mysql(struct talk *t)
{
    enum { CLIENT_SSL = 0x08, THREAD_AND_SALT = 4 + 8 + 1 };
    static const uint8_t request[36] = {32,   0,    0,    1,         /* length, sequence */
                                        0x05, 0x8a, 0x0f, 0x00,      /* capabilities with SSL */
                                        0,    0,    0,    1,    33}; /* packet size, charset */
    struct bytes header, greeting;
    if (!octets(t, 4, &header))
        return false;
    const size_t n = (size_t)header.p[0] | (size_t)header.p[1] << 8 | (size_t)header.p[2] << 16;
    if (n < 2 || n > TALK_BYTES / 2 || !octets(t, n, &greeting) || greeting.p[0] != 10)
        return false;
    const uint8_t *end = memchr(greeting.p + 1, 0, greeting.n - 1); /* of the version */
    const size_t flags = end ? (size_t)(end - greeting.p) + 1 + THREAD_AND_SALT : greeting.n;
    if (flags + 2 > greeting.n || !(greeting.p[flags + 1] & CLIENT_SSL))
        return false;
    return say_bytes(t, request, sizeof request);
}

/* MS-RDPBCGR section 2.2.1: a connection request that asks for TLS; the answer names the protocol.
 */
static bool begin_rdp(struct talk *t)
{
    static const uint8_t request[] = {3, 0, 0, 19, 14, 0xe0, 0, 0, 0, 0, 0, 1, 0, 8, 0, 3, 0, 0, 0};
    enum { CONFIRM = 0xd0, NEGOTIATION_RESPONSE = 2 };
    struct bytes answer;
    return say_bytes(t, request, sizeof request) && octets(t, 19, &answer) &&
           answer.p[5] == CONFIRM && answer.p[11] == NEGOTIATION_RESPONSE && answer.p[15] != 0;
}

/* ---- the table ---- */

static const struct {
    const char *scheme;
    bool (*begin)(struct talk *talk);
} protocols[] = {
    {"smtp", begin_smtp},
    {"lmtp", begin_lmtp},
    {"imap", begin_imap},
    {"pop3", begin_pop3},
    {"ftp", begin_ftp},
    {"nntp", begin_nntp},
    {"sieve", begin_sieve},
    {"irc", begin_irc},
    {"ldap", begin_ldap},
    {"xmpp", begin_xmpp},
    {"xmpp-server", begin_xmpp_server},
    {"postgres", begin_postgres},
    {"mysql", begin_mysql},
    {"mariadb", begin_mysql},
    {"rdp", begin_rdp},
};

bool net_needs_starttls(const char *scheme)
{
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
        if (strcmp(protocols[i].scheme, scheme) == 0)
            return true;
    return false;
}

enum starttls_result net_starttls(int fd, const char *scheme, const char *host,
                                  struct deadline deadline, struct buf *heard)
{
    struct talk talk = {.fd = fd, .deadline = deadline, .net = NET_OK, .host = host};
    enum starttls_result result = STARTTLS_REFUSED;
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
        if (strcmp(protocols[i].scheme, scheme) == 0 && protocols[i].begin(&talk))
            result = STARTTLS_READY;
    /* RFC 3207 section 6: whatever stands behind the last answer was put there by somebody else. */
    if (result == STARTTLS_READY && talk.at < talk.n)
        result = STARTTLS_INJECTED;
    if (result == STARTTLS_REFUSED && talk.net != NET_OK)
        result = talk.net == NET_TIMEOUT ? STARTTLS_TIMEOUT
                 : talk.net == NET_RESET ? STARTTLS_RESET
                 : talk.n                ? STARTTLS_REFUSED
                                         : STARTTLS_CLOSED;
    buf_append(heard, talk.heard, talk.n < LIMIT_PEEK ? talk.n : LIMIT_PEEK);
    return result;
}
