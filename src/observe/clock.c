/* SPDX-License-Identifier: Apache-2.0 */
/* What others say of the time: the Date of the server's own answers, and a time server. Asked when
 * somebody wants to know (--clock, --sntp), or when by this machine's clock a certificate that was
 * shown is not valid. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "internal.h"

/* Not a judgement (that is judge/'s): only whether it is worth asking. */
static bool time_is_in_question(const struct observation *out)
{
    for (size_t i = 0; i < out->sent_count; i++) {
        const struct cert *cert = out->sent[i].cert;
        if (cert->parsed && cert->not_before != TIME_NONE && cert->not_after != TIME_NONE &&
            (out->at < cert->not_before || out->at > cert->not_after))
            return true;
    }
    return false;
}

/* RFC 9110 section 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT", the one form that is to be sent. */
static cw_time date_read(const char *text)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int day, year, hour, minute, second, used = 0;
    char month[4] = "";
    if (sscanf(text, "%*3c, %2d %3c %4d %2d:%2d:%2d GMT%n", &day, month, &year, &hour, &minute,
               &second, &used) != 6 ||
        used == 0)
        return TIME_NONE;
    const char *found = strstr(months, month);
    const int number = found && (found - months) % 3 == 0 ? (int)(found - months) / 3 + 1 : 0;
    return number && time_is_valid_date(year, number, day, hour, minute, second)
               ? time_make(year, number, day, hour, minute, second)
               : TIME_NONE;
}

cw_time http_date(struct bytes reply)
{
    enum { DATE_CHARS = 29 };
    char value[DATE_CHARS + 1] = "";
    bool first = true;
    for (size_t start = 0; start < reply.n;) {
        size_t end = start;
        while (end < reply.n && reply.p[end] != '\n')
            end++;
        const char *line = (const char *)reply.p + start;
        size_t n = end - start, skip = 5;
        n -= n > 0 && line[n - 1] == '\r';
        if (first && (n < 8 || strncmp(line, "HTTP/1.", 7) != 0))
            return TIME_NONE;
        if (!first && n > 5 && strncasecmp(line, "date:", 5) == 0) {
            while (skip < n && (line[skip] == ' ' || line[skip] == '\t'))
                skip++;
            if (n - skip != DATE_CHARS)
                return TIME_NONE;
            memcpy(value, line + skip, DATE_CHARS);
            return date_read(value);
        }
        first = false;
        start = end + 1;
    }
    return TIME_NONE;
}

/* A second connection: the first one was for what the server shows. */
static void date_ask(const struct observe_options *options, const struct dialogue *like,
                     struct arena *arena, struct observation *out)
{
    const cw_time date = http_date(service_ask(like, arena, out));
    if (date != TIME_NONE)
        out->clock.date = date - (time_monotonic_us() - options->at_us) / 1000000;
}

/* "HOST", "HOST:PORT", "[v6]:PORT" */
static bool server_find(const char *text, struct arena *arena, struct address *out, char why[128])
{
    enum { SNTP_PORT = 123 };
    struct target target;
    struct addresses found = {0};
    const bool port = *text == '[' ? strstr(text, "]:") != NULL
                                   : strchr(text, ':') && strchr(text, ':') == strrchr(text, ':');
    if (target_parse(text, "/nonexistent", arena, &target, NULL) != CW_OK ||
        target.kind != TARGET_ENDPOINT) {
        snprintf(why, 128, "this is no host");
        return false;
    }
    if (net_resolve(target.host, port ? target.port : SNTP_PORT, AF_UNSPEC, &found, why) != NET_OK)
        return false;
    *out = found.items[0];
    return true;
}

static void sntp_observe(const struct observe_options *options, struct arena *arena,
                         struct observation *out)
{
    struct clock_seen *clock = &out->clock;
    struct address address;
    int64_t us = 0;
    char why[128] = "";
    const bool good = server_find(options->sntp, arena, &address, why) &&
                      sntp_ask(&address, deadline_in(LIMIT_SNTP_SECONDS), &us, why);
    clock->sntp_server = arena_strdup(arena, options->sntp);
    clock->sntp_why = good ? "" : str_safe(arena, bytes_str(why));
    if (good)
        clock->sntp = (us - (time_monotonic_us() - options->at_us)) / 1000000;
    log_line(1, "time server %s: %s", options->sntp,
             good ? time_rfc3339(arena, clock->sntp) : clock->sntp_why);
}

static bool is_wanted(const struct observe_options *options, const struct observation *out)
{
    return !options->at_given && (options->clock || time_is_in_question(out));
}

void clock_ask_server(const struct observe_options *options, const struct dialogue *like,
                      struct arena *arena, struct observation *out)
{
    if (is_wanted(options, out) && target_is_https(&out->target) &&
        out->connections[out->primary].handshake.result == HS_DONE)
        date_ask(options, like, arena, out);
}

void clock_ask_others(const struct observe_options *options, struct arena *arena,
                      struct observation *out)
{
    out->clock.asked = !options->at_given && options->clock;
    out->clock.built = options->at_given ? TIME_NONE : options->built;
    if (!options->at_given && !options->offline && options->sntp && *options->sntp)
        sntp_observe(options, arena, out);
}
