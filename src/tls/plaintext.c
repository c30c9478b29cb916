/* SPDX-License-Identifier: Apache-2.0 */
/* Services that do not speak TLS, by the first bytes that they send: a greeting, or an answer to
 * the ClientHello that they took for a request. */
#include <string.h>

#include "tls.h"

static bool starts(struct bytes b, const char *prefix)
{
    return bytes_equal_str(bytes_slice(b, 0, strlen(prefix)), prefix);
}

static bool contains(struct bytes b, const char *needle)
{
    return bytes_find(b, bytes_str(needle)) != SIZE_MAX;
}

static bool contains_any(struct bytes b, const char *const *needles)
{
    for (; *needles != NULL; needles++)
        if (contains(b, *needles))
            return true;
    return false;
}

/* FTP, SMTP and NNTP greet alike: a number and a line of text (RFC 959, 5321, 3977). */
static const char *greeting_protocol(struct bytes first)
{
    static const char *const smtp[] = {"SMTP", "smtp", "Postfix", "Exim", "Sendmail", "LMTP", NULL};
    static const char *const ftp[] = {"FTP", "ftp", "FileZilla", NULL};
    if (starts(first, "200 ") || starts(first, "201 "))
        return "NNTP";
    if (!starts(first, "220 ") && !starts(first, "220-") && !starts(first, "554 ") &&
        !starts(first, "421 ") && !starts(first, "500 ") && !starts(first, "530 "))
        return NULL;
    if (contains(first, "LMTP"))
        return "LMTP";
    if (contains_any(first, smtp))
        return "SMTP";
    return contains_any(first, ftp) || starts(first, "500 ") || starts(first, "530 ") ? "FTP"
                                                                                      : "SMTP";
}

/* A packet of 3 length octets (little-endian), sequence 0, then protocol 10 with a version text, or
 * an error packet. MySQL client/server protocol, "Initial Handshake Packet". */
static bool is_mysql(struct bytes first)
{
    enum { PROTOCOL_10 = 10, ERROR = 255 };
    if (first.n < 6 || first.p[2] != 0 || first.p[3] != 0)
        return false;
    const size_t length = first.p[0] | (size_t)first.p[1] << 8;
    const bool version = first.p[4] == PROTOCOL_10 && first.p[5] >= '3' && first.p[5] <= '9';
    return (version || first.p[4] == ERROR) && length + 4 >= 8 && length < 1024;
}

/* PostgreSQL's ErrorResponse: 'E', a length, then fields that begin with severity. Servers up to
 * version 2 of the protocol answer 'E' and plain text. */
static bool is_postgresql(struct bytes first)
{
    return first.n >= 8 && first.p[0] == 'E' &&
           ((first.p[1] == 0 && first.p[2] == 0 && first.p[5] == 'S') ||
            contains(first, "unsupported frontend protocol"));
}

/* RFC 4511 section 4.1.1: SEQUENCE { messageID INTEGER, … [APPLICATION 24] (notice of
 * disconnection). */
static bool is_ldap(struct bytes first)
{
    return first.n >= 7 && first.p[0] == DER_SEQUENCE && contains(first, "1.3.6.1.4.1.1466.20036");
}

/* RFC 9113 section 3.4: a SETTINGS frame (type 4, stream 0) opens cleartext HTTP/2, as gRPC's. */
static bool is_http2(struct bytes first)
{
    static const uint8_t rest[] = {4, 0, 0, 0, 0, 0};
    return first.n >= 9 && first.p[0] == 0 && memcmp(first.p + 3, rest, sizeof rest) == 0;
}

const char *plaintext_protocol(struct bytes first)
{
    static const struct {
        const char *prefix, *protocol;
    } prefixes[] = {
        {"HTTP/", "HTTP"},
        {"<!DOCTYPE", "HTTP"},
        {"<!doctype", "HTTP"},
        {"<html", "HTTP"},
        {"<HTML", "HTTP"},
        {"SSH-", "SSH"},
        {"+OK", "POP3"},
        {"-ERR unknown command", "Redis"},
        {"-ERR Protocol error", "Redis"},
        {"-NOAUTH", "Redis"},
        {"-DENIED", "Redis"},
        {"-ERR", "POP3"},
        {"* OK", "IMAP"},
        {"* PREAUTH", "IMAP"},
        {"* BYE", "IMAP"},
        {"* BAD", "IMAP"},
        {"RFB ", "VNC"},
        {"AMQP", "AMQP"},
        {"@RSYNCD:", "rsync"},
        {"\"IMPLEMENTATION\"", "ManageSieve"},
        {"<?xml", "XMPP"},
        {"<stream:", "XMPP"},
        {"ERROR\r\n", "memcached"},
        {"NOTICE ", "IRC"},
        {"ERROR :", "IRC"},
        {"INFO {", "NATS"},
        {"\xff\xfb", "Telnet"},
        {"\xff\xfd", "Telnet"},
    };
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (starts(first, prefixes[i].prefix))
            return prefixes[i].protocol;
    const char *greeting = greeting_protocol(first);
    if (greeting != NULL)
        return greeting;
    if (starts(first, ":") && contains(first, " NOTICE "))
        return "IRC";
    if (is_http2(first))
        return "HTTP/2";
    if (is_mysql(first))
        return "MySQL";
    if (is_postgresql(first))
        return "PostgreSQL";
    return is_ldap(first) ? "LDAP" : NULL;
}

const char *http_answer_text(struct arena *arena, struct bytes answer)
{
    enum { TOLD = 120 };
    if (!starts(answer, "HTTP/"))
        return "";
    const uint8_t *end = memchr(answer.p, '\n', answer.n);
    size_t n = end ? (size_t)(end - answer.p) : answer.n;
    while (n > 0 && (answer.p[n - 1] == '\r' || answer.p[n - 1] == ' '))
        n--;
    const char *line = str_safe(arena, bytes_slice(answer, 0, n < TOLD ? n : TOLD));
    const size_t title = bytes_find(answer, bytes_str("<title>"));
    if (title == SIZE_MAX)
        return line;
    const struct bytes rest = bytes_slice(answer, title + strlen("<title>"), answer.n);
    const size_t stop = bytes_find(rest, bytes_str("</title>"));
    if (stop == SIZE_MAX || stop == 0)
        return line;
    return arena_printf(arena, "%s: %s", line,
                        str_safe(arena, bytes_slice(rest, 0, stop < TOLD ? stop : TOLD)));
}
