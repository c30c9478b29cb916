/* SPDX-License-Identifier: Apache-2.0 */
/* One dialogue with one address reads from top to bottom: connect, handshake, close. */
#include "internal.h"

#include <string.h>

static void log_handshake(const struct dialogue *dialogue)
{
    const struct handshake *hs = &dialogue->connection.handshake;
    if (hs->result == HS_DONE)
        log_line(1, "%s: %s, %s, %zu certificates, %zu bytes", dialogue->to.text, hs->version,
                 hs->cipher, hs->certificate_count, hs->certificate_message_bytes);
    else
        log_line(1, "%s: the handshake ended early: %s%s%zu certificates seen", dialogue->to.text,
                 hs->error, *hs->error ? "; " : "", hs->certificate_count);
}

static void handshake_begin(struct handshake *handshake)
{
    *handshake = (struct handshake){.result = HS_CLOSED,
                                    .version = "",
                                    .cipher = "",
                                    .group = "",
                                    .alert = -1,
                                    .error = "",
                                    .alpn = "",
                                    .client_answer = ""};
}

/* The last line of what a server said: what it said no with. */
static const char *last_line(struct arena *arena, struct bytes heard)
{
    size_t end = heard.n;
    while (end > 0 && strchr("\r\n", heard.p[end - 1]))
        end--;
    size_t start = end;
    while (start > 0 && heard.p[start - 1] != '\n')
        start--;
    const struct bytes line = bytes_slice(heard, start, end - start);
    return str_is_utf8(line) ? str_safe(arena, line) : "";
}

/* STARTTLS where the scheme asks for it. False: there will be no TLS, and the handshake says why.
 */
static bool tls_is_ready(struct dialogue *dialogue, int fd, struct deadline deadline)
{
    BUF_CLEANUP heard = {0};
    struct handshake *hs = &dialogue->connection.handshake;
    if (!dialogue->scheme || !net_needs_starttls(dialogue->scheme))
        return true;
    const enum starttls_result result =
        net_starttls(fd, dialogue->scheme, dialogue->host, deadline, &heard);
    log_line(1, "%s: %s before TLS: %s", dialogue->to.text, dialogue->scheme,
             result == STARTTLS_READY ? "the server is ready"
                                      : "the server does not switch to TLS");
    if (result == STARTTLS_READY) {
        dialogue->banner = banner_of(&dialogue->arena, buf_bytes(&heard));
        return true;
    }
    hs->result = result == STARTTLS_TIMEOUT  ? HS_TIMEOUT
                 : result == STARTTLS_CLOSED ? HS_CLOSED
                 : result == STARTTLS_RESET  ? HS_RESET
                                             : HS_NO_STARTTLS;
    hs->peek = arena_bytes(&dialogue->arena, buf_bytes(&heard));
    hs->error = result == STARTTLS_INJECTED
                    ? "text behind its own answer, put there by somebody else"
                    : last_line(&dialogue->arena, buf_bytes(&heard));
    return false;
}

static bool connect_to(struct dialogue *dialogue, struct deadline deadline, struct line *line)
{
    struct connection *connection = &dialogue->connection;
    const int64_t start = time_monotonic_us();
    log_line(1, "%s: connecting", dialogue->to.text);
    connection->net = line_open(dialogue->route, &dialogue->to, deadline, line);
    connection->connect_us = time_monotonic_us() - start;
    if (connection->net == NET_OK) {
        log_line(1, "%s: connected after %.1f ms; TLS handshake %s%s", dialogue->to.text,
                 (double)connection->connect_us / 1000,
                 *dialogue->sni ? "with SNI " : "without SNI", dialogue->sni);
        return true;
    }
    connection->why = str_safe(&dialogue->arena, bytes_str(line_why(line)));
    connection->proxy_result = line->answer.result;
    connection->proxy_status = line->answer.status;
    log_line(1, "%s: %s: %s", dialogue->to.text, net_result_text(connection->net), line_why(line));
    return false;
}

static void offer_make(struct dialogue *dialogue, int fd, struct deadline deadline)
{
    BUF_CLEANUP hello = {0};
    if (!dialogue->says_nothing)
        hello_write(dialogue->offer, &hello);
    dialogue->hello_bytes = hello.n;
    /* before TLS 1.3 the group stands in ServerKeyExchange */
    const bool hello_only = dialogue->offer->version == TLS_1_3;
    hello_exchange(fd, buf_bytes(&hello), hello_only, deadline, &dialogue->arena,
                   &dialogue->answer);
}

/* RFC 9110 section 7.2: the name, or the address as a URL has it. */
static const char *http_host(struct dialogue *dialogue)
{
    if (!dialogue->https)
        return NULL;
    const char *host = *dialogue->sni ? dialogue->sni : dialogue->host;
    return strchr(host, ':') ? arena_printf(&dialogue->arena, "[%s]", host) : host;
}

static void *dialogue_run(void *context)
{
    struct dialogue *dialogue = context;
    struct connection *connection = &dialogue->connection;
    const struct deadline deadline = deadline_in(dialogue->timeout);
    struct line line;
    connection->address = arena_strdup(&dialogue->arena, dialogue->to.text);
    connection->why = "";
    handshake_begin(&connection->handshake);
    if (!connect_to(dialogue, deadline, &line))
        return NULL;
    const struct tls_request request = {.sni = *dialogue->sni ? dialogue->sni : NULL,
                                        .alpn = dialogue->alpn,
                                        .max_version = dialogue->max_version,
                                        .short_hello = dialogue->short_hello,
                                        .client = dialogue->client,
                                        .http_host = http_host(dialogue),
                                        .deadline = deadline};
    if (!tls_is_ready(dialogue, line.fd, deadline))
        log_handshake(dialogue);
    else if (dialogue->offer)
        offer_make(dialogue, line.fd, deadline);
    else {
        tls_handshake(line.fd, &request, &dialogue->arena, &connection->handshake);
        log_handshake(dialogue);
    }
    line_close(&line);
    return NULL;
}

/* Several addresses are asked at the same time, so that one that swallows packets delays nobody. */
void dialogues_run(struct dialogue *dialogues, size_t count)
{
    for (size_t i = 1; i < count; i++)
        dialogues[i].threaded =
            pthread_create(&dialogues[i].thread, NULL, dialogue_run, &dialogues[i]) == 0;
    for (size_t i = 0; i < count; i++)
        if (!dialogues[i].threaded)
            dialogue_run(&dialogues[i]);
    for (size_t i = 0; i < count; i++)
        if (dialogues[i].threaded)
            pthread_join(dialogues[i].thread, NULL);
}

void dialogue_take(struct dialogue *dialogue, struct arena *arena, struct connection *out)
{
    *out = dialogue->connection;
    arena_adopt(arena, &dialogue->arena);
}
