/* SPDX-License-Identifier: Apache-2.0 */
/* Where mail for a domain goes: its MX records in the order in which they are tried. */
#include <stdlib.h>
#include <string.h>

#include "net.h"

/* RFC 1035 section 3.1: labels with their lengths, here never compressed. NULL: cut or longer than
 * names can be; "" for the root. */
static const char *name_read(struct bytes data, struct arena *arena)
{
    enum { NAME_BYTES = 255, LABEL_BYTES = 63 };
    BUF_CLEANUP out = {0};
    size_t at = 0;
    while (at < data.n && at < NAME_BYTES && data.p[at] != 0) {
        const size_t n = data.p[at++];
        if (n > LABEL_BYTES || n > data.n - at)
            return NULL;
        buf_printf(&out, "%s%s", out.n ? "." : "", str_safe(arena, bytes_slice(data, at, n)));
        at += n;
    }
    const bool ended = at + 1 == data.n && data.p[at] == 0;
    return ended ? arena_strdup(arena, buf_cstr(&out)) : NULL;
}

/* RFC 5321 section 5.1: the lowest preference first. Equal ones are tried in any order: by name, so
 * that two looks read the same. */
static int mx_compare(const void *a, const void *b)
{
    const struct mx *x = a, *y = b;
    return x->preference != y->preference ? x->preference - y->preference
                                          : strcmp(x->host, y->host);
}

/* RFC 1035 section 3.3.9. What is no host name cannot be connected to, and is told as it is. */
static void records_read(const struct dns_answer *answer, struct arena *arena, struct mx_list *out)
{
    out->items = arena_array(arena, answer->record_count + 1, sizeof *out->items);
    for (size_t i = 0; i < answer->record_count; i++) {
        const struct bytes data = answer->records[i];
        const char *host = data.n > 2 ? name_read(bytes_slice(data, 2, data.n), arena) : NULL;
        if (host && *host && str_is_dns_host(host))
            out->items[out->count++] =
                (struct mx){.host = host, .preference = data.p[0] * 256 + data.p[1]};
        else if (host && *host == '\0' && answer->record_count == 1)
            out->result = MX_NULL; /* RFC 7505 section 3 */
        else
            out->why = arena_printf(arena, "the MX record \"%s\" names no host", host ? host : "?");
    }
    qsort(out->items, out->count, sizeof *out->items, mx_compare);
    if (out->count == 0 && out->result == MX_FOUND)
        out->result = MX_FAILED;
}

static const char *failure_text(const struct dns_seen *seen, const struct dns_answer *answer)
{
    if (seen->state == DNS_UNAVAILABLE)
        return "libunbound is not installed (Debian: libunbound8)";
    if (seen->state != DNS_ASKED)
        return seen->why;
    if (*answer->why)
        return answer->why;
    return answer->result == DNS_SILENT ? "no answer in time" : "the resolver failed";
}

void mx_lookup(const struct dns_settings *settings, const char *domain, struct arena *arena,
               struct mx_list *out)
{
    struct dns_answer answer = {.name = domain, .type = DNS_MX, .result = DNS_SILENT, .why = ""};
    struct dns_seen seen = {.answers = &answer, .count = 1};
    *out = (struct mx_list){.result = MX_FOUND, .why = ""};
    dns_ask(settings, arena, &seen);
    if (seen.state == DNS_ASKED && answer.result == DNS_RECORDS)
        records_read(&answer, arena, out);
    else if (seen.state == DNS_ASKED && answer.result == DNS_NO_RECORDS)
        out->result = MX_NONE;
    else if (seen.state == DNS_ASKED && answer.result == DNS_NO_NAME)
        out->result = MX_NO_NAME;
    else
        *out = (struct mx_list){.result = MX_FAILED, .why = failure_text(&seen, &answer)};
    log_line(1, "MX of %s: %zu%s%s", domain, out->count, *out->why ? "; " : "", out->why);
}
