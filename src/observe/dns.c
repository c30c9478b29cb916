/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of the DNS (--dns): addresses and CAA records of the certificate's names, TLSA
 * records of the service. */
#include <string.h>

#include "internal.h"

static void ask(struct arena *arena, struct dns_seen *seen, const char *name, enum dns_type type)
{
    if (seen->count >= LIMIT_DNS_QUESTIONS || dns_find(seen, name, (int)type))
        return;
    seen->answers[seen->count++] =
        (struct dns_answer){.name = arena_strdup(arena, name), .type = (int)type};
}

/* RFC 8659 section 3: CAA records are looked for at the name and above it. */
static void ask_about(struct arena *arena, struct dns_seen *seen, const char *name)
{
    const bool wildcard = str_starts(name, "*.");
    if (!wildcard) {
        ask(arena, seen, name, DNS_A);
        ask(arena, seen, name, DNS_AAAA);
    }
    const char *at = wildcard ? name + 2 : name;
    for (size_t i = 0; at && i < LIMIT_DNS_LABELS; i++, at = dns_parent(at))
        ask(arena, seen, at, DNS_CAA);
}

/* Names of a certificate may hold anything: only what can be a host name is asked for. */
static const char *question_name(struct arena *arena, struct bytes name)
{
    uint8_t ip[16];
    if (name.n == 0 || name.n > 253)
        return NULL;
    const char *text = str_safe(arena, name);
    const size_t n = strlen(text);
    if (text[n - 1] == '.')
        text = arena_strndup(arena, text, n - 1);
    return str_is_plain_host(text) && !str_parse_ip(text, ip) ? text : NULL;
}

static void ask_about_certificate(struct arena *arena, struct dns_seen *seen,
                                  const struct cert *cert)
{
    struct reader reader = cert_san(cert);
    struct general_name name;
    size_t asked = 0;
    for (size_t i = 0;
         i < LIMIT_SAN_NAMES && asked < LIMIT_DNS_NAMES && general_name_next(&reader, &name); i++) {
        const char *text = name.kind == GN_DNS ? question_name(arena, name.value) : NULL;
        if (!text)
            continue;
        ask_about(arena, seen, text);
        asked++;
    }
}

static const char *tlsa_name(struct arena *arena, const struct target *target, const char *host)
{
    return arena_printf(arena, "_%u._tcp.%s", (unsigned)target->port, host);
}

/* RFC 7671 section 7: the final name of an alias is another place for TLSA records. */
static void ask_alias(const struct dns_settings *settings, struct arena *arena,
                      const struct target *target, struct dns_seen *seen)
{
    const struct dns_answer *a = dns_find(seen, target->name, DNS_A);
    const char *alias = a && *a->alias ? question_name(arena, bytes_str(a->alias)) : NULL;
    if (target->kind != TARGET_ENDPOINT || !alias || seen->count >= LIMIT_DNS_QUESTIONS)
        return;
    struct dns_answer answer = {.name = tlsa_name(arena, target, alias), .type = DNS_TLSA};
    struct dns_seen more = {.answers = &answer, .count = 1};
    dns_ask(settings, arena, &more);
    if (more.state == DNS_ASKED)
        seen->answers[seen->count++] = answer;
}

void dns_observe(const struct observe_options *options, struct arena *arena,
                 struct observation *out)
{
    struct dns_seen *seen = &out->dns;
    const struct target *target = &out->target;
    *seen = (struct dns_seen){.state = DNS_OFFLINE, .why = "", .server = options->dns_server};
    if (options->offline)
        return;
    seen->answers = arena_array(arena, LIMIT_DNS_QUESTIONS, sizeof *seen->answers);
    if (target->kind == TARGET_ENDPOINT && target->name_kind == NAME_DNS) {
        const char *name = question_name(arena, bytes_str(target->name));
        if (name) {
            ask_about(arena, seen, name);
            ask(arena, seen, tlsa_name(arena, target, name), DNS_TLSA);
        }
    }
    if (out->sent_count > 0 && out->sent[0].cert->parsed)
        ask_about_certificate(arena, seen, out->sent[0].cert);
    const struct dns_settings settings = {
        .server = options->dns_server,
        .anchors = options->dns_anchors,
        .seconds = options->timeout < LIMIT_DNS_SECONDS ? options->timeout : LIMIT_DNS_SECONDS};
    log_line(1, "asking the DNS %zu questions", seen->count);
    dns_ask(&settings, arena, seen);
    if (seen->state == DNS_ASKED && target->name_kind == NAME_DNS)
        ask_alias(&settings, arena, target, seen);
}
