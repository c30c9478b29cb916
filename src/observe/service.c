/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a service answers behind a certificate that clients reject. Nothing but the name goes
 * over that connection: no credentials, no cookies, and no redirect is followed. */
#include "internal.h"

#include <string.h>

enum { BANNER_BYTES = 100, STATUS_CHARS = 12 };

/* Schemes whose server speaks first. */
static bool greets(const char *scheme)
{
    static const char *const schemes[] = {"smtps", "imaps", "pop3s", "ftps", "nntps"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (strcmp(schemes[i], scheme) == 0)
            return true;
    return false;
}

const char *banner_of(struct arena *arena, struct bytes heard)
{
    size_t n = 0;
    while (n < heard.n && n < BANNER_BYTES && heard.p[n] != '\r' && heard.p[n] != '\n')
        if (heard.p[n++] < ' ')
            return ""; /* a protocol of octets has no line to show */
    const struct bytes line = bytes_of(heard.p, n);
    return n > 3 && str_is_utf8(line) ? str_safe(arena, line) : "";
}

/* RFC 9110 section 10.2.4: "Server: nginx/1.22.1" */
static const char *server_field(struct arena *arena, struct bytes reply)
{
    static const char name[] = "\nserver:";
    const size_t n = sizeof name - 1;
    for (size_t i = 0; i + n < reply.n; i++)
        if (strncasecmp((const char *)reply.p + i, name, n) == 0) {
            struct bytes value = bytes_slice(reply, i + n, reply.n);
            while (value.n && (value.p[0] == ' ' || value.p[0] == '\t'))
                value = bytes_slice(value, 1, value.n);
            return banner_of(arena, value);
        }
    return "";
}

static void reply_read(struct arena *arena, struct bytes reply, struct service_seen *out)
{
    int64_t status = 0;
    char head[STATUS_CHARS + 1] = "";
    memcpy(head, reply.p, reply.n < STATUS_CHARS ? reply.n : STATUS_CHARS);
    if (strncmp(head, "HTTP/1.", 7) == 0 && str_to_int(head + 9, 100, 599, &status)) {
        out->protocol = "HTTP";
        out->status = (int)status;
        out->server = server_field(arena, reply);
        return;
    }
    const char *protocol = plaintext_protocol(reply);
    out->protocol = protocol ? protocol : "";
    out->banner = banner_of(arena, reply);
    out->answers = true;
}

struct bytes service_ask(const struct dialogue *like, struct arena *arena, struct observation *out)
{
    const struct target *target = &out->target;
    const char *name = *target->name ? target->name : target->host;
    const bool http = target_is_https(target);
    if ((!http && !greets(target->scheme)) || !str_is_plain_host(name))
        return bytes_of(NULL, 0);
    const bool v6 = strchr(name, ':') != NULL;
    const char *ask = arena_printf(arena,
                                   "HEAD / HTTP/1.1\r\nHost: %s%s%s\r\nUser-Agent: certwhy/%s\r\n"
                                   "Accept: */*\r\nConnection: close\r\n\r\n",
                                   v6 ? "[" : "", name, v6 ? "]" : "", CERTWHY_VERSION);
    struct line line;
    struct handshake handshake = {0};
    const struct tls_request request = {.sni = *like->sni ? like->sni : NULL,
                                        .ask = http ? bytes_str(ask) : bytes_of(NULL, 0),
                                        .greeting = !http,
                                        .short_hello = out->retried,
                                        .max_version = like->max_version,
                                        .deadline = deadline_in(like->timeout)};
    out->service.asked = true;
    if (line_open(like->route, &like->to, request.deadline, &line) != NET_OK)
        return bytes_of(NULL, 0);
    tls_handshake(line.fd, &request, arena, &handshake);
    line_close(&line);
    if (handshake.reply.n > 0)
        reply_read(arena, handshake.reply, &out->service);
    out->service.answers = handshake.reply.n > 0;
    log_line(1, "%s behind the certificate: %s%s", http ? "HEAD /" : "greeting",
             out->service.answers ? "answered" : "no answer",
             out->service.status ? " as HTTP" : "");
    return handshake.reply;
}

void observe_service(const struct observe_options *options, struct arena *arena,
                     struct observation *observation)
{
    __attribute__((cleanup(route_free))) struct route route = {0};
    const struct connection *primary = observation_primary(observation);
    struct destinations to;
    if (observation->service.asked || !primary || primary->handshake.result != HS_DONE ||
        (!target_is_https(&observation->target) && !greets(observation->target.scheme)) ||
        route_find(options, &observation->target, arena, &route, NULL) != CW_OK)
        return;
    destinations_find(options, &observation->target, &route, arena, &to);
    for (size_t i = 0; i < to.count; i++) {
        if (strcmp(to.items[i].text, primary->address) != 0)
            continue;
        const struct dialogue like = {.to = to.items[i],
                                      .route = &route,
                                      .sni = observation->target.sni,
                                      .timeout = options->timeout};
        service_ask(&like, arena, observation);
        return;
    }
}
