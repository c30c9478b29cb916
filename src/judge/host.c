/* SPDX-License-Identifier: Apache-2.0 */
/* Host names against the names of a certificate: RFC 9525 (and 6125), with each verifier's quirks.
 */
#include <limits.h>
#include <string.h>

#include "judge/internal.h"

static int lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static bool same_nocase(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (lower(a[i]) != lower(b[i]))
            return false;
    return true;
}

static bool text_equal(const char *a, const char *b)
{
    return strlen(a) == strlen(b) && same_nocase(a, b, strlen(a));
}

static bool has_hyphen_edge(const char *name)
{
    const size_t n = strlen(name);
    return name[0] == '-' || strstr(name, ".-") != NULL || strstr(name, "-.") != NULL ||
           (n > 0 && name[n - 1] == '-');
}

static bool is_a_label(const char *label)
{
    return same_nocase(label, "xn--", strlen(label) < 4 ? strlen(label) : 4) && strlen(label) >= 4;
}

/** One label of a pattern, with at most one star, against one label of the host. */
static bool label_matches(const struct behaviour *b, const char *pattern, size_t pn,
                          const char *host, size_t hn)
{
    const char *star = memchr(pattern, '*', pn);
    if (star == NULL)
        return pn == hn && same_nocase(pattern, host, pn);
    for (; b->wildcard_repeated && pn > 1 && star == pattern && pattern[1] == '*'; pn--)
        star = ++pattern;
    if (pn == 1)
        return hn > 0 && !(b->wildcard_not_for_a_label && is_a_label(host));
    const size_t head = (size_t)(star - pattern), tail = pn - head - 1;
    const unsigned kind = head > 0 && tail > 0 ? WILD_MIDDLE : head > 0 ? WILD_PREFIX : WILD_SUFFIX;
    if ((b->partial_wildcards & kind) == 0 || memchr(star + 1, '*', tail) != NULL ||
        (!b->wildcard_in_a_label && (is_a_label(pattern) || is_a_label(host))))
        return false;
    return hn >= head + tail && same_nocase(pattern, host, head) &&
           same_nocase(star + 1, host + hn - tail, tail);
}

static size_t label_length(const char *s)
{
    return strcspn(s, ".");
}

static bool ends_with_dot(const char *name)
{
    const size_t n = strlen(name);
    return n > 0 && name[n - 1] == '.';
}

/** RFC 9525 section 6.3: the wildcard is the whole left-most label and stands for one label. */
static bool wildcard_matches(const struct behaviour *b, const char *pattern, const char *host)
{
    bool first = true;
    unsigned dots = 0;
    for (const char *p = pattern; *p != '\0'; p++)
        dots += *p == '.';
    if (dots < b->wildcard_min_dots)
        return false;
    if (b->underscore != UNDERSCORE_ANY && strchr(host, '_') != NULL)
        return false;
    if (ends_with_dot(pattern) != ends_with_dot(host))
        return false;
    while (*pattern != '\0' && *host != '\0') {
        const size_t pn = label_length(pattern), hn = label_length(host);
        if (!first && memchr(pattern, '*', pn) != NULL && !b->wildcard_anywhere)
            return false;
        if (!label_matches(b, pattern, pn, host, hn))
            return false;
        pattern += pn + (pattern[pn] == '.');
        host += hn + (host[hn] == '.');
        first = false;
    }
    return *pattern == '\0' && *host == '\0';
}

/** Letters, digits, hyphens, underscores, stars; no empty label. What is no host name is compared
 *  whole or not at all: a wildcard does not stand for it. */
static bool is_host_name(const char *name)
{
    if (name[0] == '.' || strstr(name, "..") != NULL || name[strlen(name) - 1] == '.')
        return false;
    for (const char *p = name; *p != '\0'; p++)
        if (!((*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
              strchr("-_.*", *p) != NULL))
            return false;
    return true;
}

bool host_pattern_matches(const struct behaviour *b, const char *pattern, const char *host)
{
    char shorter[256];
    const size_t n = strlen(pattern);
    if (n == 0 || n >= sizeof shorter || host[0] == '\0')
        return false;
    if (b->hyphen_edge_refused && (has_hyphen_edge(pattern) || has_hyphen_edge(host)))
        return false;
    if (b->underscore == UNDERSCORE_NONE && strchr(host, '_') != NULL)
        return false;
    if (pattern[n - 1] == '.' && b->strip_san_dot) {
        memcpy(shorter, pattern, n - 1);
        shorter[n - 1] = '\0';
        pattern = shorter;
    }
    if (strspn(host, ".") == strlen(host))
        return false;
    uint8_t ip[16];
    if (strchr(pattern, '*') == NULL || (str_parse_ip(host, ip) > 0 && !b->wildcard_for_ip))
        return text_equal(pattern, host);
    if (b->odd_names_whole && !(is_host_name(host) && is_host_name(pattern)))
        return text_equal(pattern, host);
    return pattern[0] != '.' && host[0] != '.' && wildcard_matches(b, pattern, host);
}

/** The entry as a C string when it is one: no NUL, no octet outside ASCII's visible part. */
static bool name_to_text(struct bytes value, char out[256])
{
    if (value.n == 0 || value.n >= 256)
        return false;
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] <= 0x20 || value.p[i] >= 0x7f)
            return false;
    memcpy(out, value.p, value.n);
    out[value.n] = '\0';
    return true;
}

static bool ip_matches(const struct behaviour *b, const struct target *t, struct bytes value)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (t->ip_length == 4 && value.n == 16 && b->ip_v4mapped)
        return memcmp(value.p, mapped, 12) == 0 && memcmp(value.p + 12, t->ip, 4) == 0;
    if ((value.n == 4 && b->no_ip_san4) || (value.n == 16 && b->no_ip_san6))
        return false;
    return value.n == t->ip_length && memcmp(value.p, t->ip, value.n) == 0;
}

/** A list in which this verifier stumbles over an address, and which it then takes for absent. */
static bool san_is_void(const struct behaviour *b, const struct cert *cert)
{
    struct reader names = cert_san(cert);
    struct general_name name;
    if (!b->bad_ip_voids_san)
        return false;
    for (int i = 0; i < LIMIT_SAN_NAMES && general_name_next(&names, &name); i++) {
        const size_t n = name.value.n;
        if (name.kind == GN_IP && n != 4 && n != 16 && !(b->ip_ranges && (n == 8 || n == 32)))
            return true;
    }
    return cert_has_anomaly(cert, ANOMALY_SAN_MALFORMED);
}

/** What the SAN list holds, and whether some entry covers the target. */
struct san_summary {
    bool present, any, dns, ip, uri, matches;
};

static struct san_summary san_look(const struct behaviour *b, const struct cert *cert,
                                   const struct target *t, const char *host)
{
    struct san_summary s = {.present = (cert->has & HAS_SAN) != 0};
    struct reader names = cert_san(cert);
    struct general_name name;
    char text[256];
    if (san_is_void(b, cert))
        return (struct san_summary){.present = false};
    for (int i = 0; i < LIMIT_SAN_NAMES && general_name_next(&names, &name); i++) {
        s.any = true;
        s.dns |= name.kind == GN_DNS;
        s.ip |= name.kind == GN_IP;
        s.uri |= name.kind == GN_URI;
        if (name.kind == GN_IP && t->name_kind == NAME_IP)
            s.matches |= ip_matches(b, t, name.value);
        if (name.kind == GN_DNS && (t->name_kind == NAME_DNS || b->ip_in_dns) &&
            name_to_text(name.value, text))
            s.matches |= host_pattern_matches(b, text, host);
    }
    if (!s.any && b->empty_san == EMPTY_SAN_ABSENT)
        s.present = false;
    return s;
}

static bool cn_applies(const struct behaviour *b, const struct san_summary *s, bool ip)
{
    if (ip && b->cn_ip_always)
        return true;
    if (ip && (!b->cn_ip || (s->any && b->cn != CN_NO_DNS_OR_IP_SAN)))
        return false;
    switch (b->cn) {
    case CN_NEVER:
        return false;
    case CN_NO_DNS_SAN:
        return !s->dns && (s->any || !s->present);
    case CN_NO_DNS_OR_IP_SAN:
        return !s->dns && !s->ip && !(s->uri && b->cn_not_beside_uri) && (s->any || !s->present);
    case CN_NO_SAN:
        return !(s->present || s->any);
    }
    return false;
}

static bool cn_matches(const struct behaviour *b, const struct cert *cert, const char *host)
{
    struct arena arena = {0};
    bool matches = false;
    size_t count = 0;
    for (size_t n = 0; n < LIMIT_NAME_ATTRIBUTES; n++) {
        const struct bytes cn = name_attribute_utf8(&arena, cert->subject, OID_CN, n);
        char text[256];
        if (cn.p == NULL)
            break;
        count++;
        const bool this_one = name_to_text(cn, text) && host_pattern_matches(b, text, host);
        matches = b->cn_pick == CN_LAST ? this_one : matches || this_one;
    }
    arena_free(&arena);
    return matches && !(b->cn_pick == CN_SINGLE && count != 1);
}

/** The host as compared: without its trailing dot, unless the client keeps that. */
static void host_copy(const struct behaviour *b, const char *name, char out[256])
{
    size_t n = strlen(name);
    n = n < 255 ? n : 255;
    memcpy(out, name, n);
    if (n > 1 && out[n - 1] == '.' && !b->keep_host_dot)
        n--;
    out[n] = '\0';
}

bool host_presented_matches(const struct behaviour *b, const char *presented,
                            const struct target *target)
{
    char host[256];
    host_copy(b, target->name, host);
    if (target->name_kind == NAME_IP && !b->ip_in_dns)
        return false;
    return host_pattern_matches(b, presented, host) ||
           (b->odd_names_whole && host_pattern_matches(b, presented, target->name));
}

bool host_matches(const struct behaviour *b, const struct cert *cert, const struct target *target)
{
    char host[256];
    host_copy(b, target->name, host);
    const struct san_summary s = san_look(b, cert, target, host);
    return s.matches ||
           (cn_applies(b, &s, target->name_kind == NAME_IP) && cn_matches(b, cert, host));
}

/* ---- why it does not match ---- */

/** Any depth of wildcard, partial wildcards, trailing dots: what would have matched loosely? */
static const struct behaviour loose_wildcard = {
    .wildcard_min_dots = 1, .partial_wildcards = WILD_PREFIX | WILD_SUFFIX | WILD_MIDDLE};
static const struct behaviour loose_dot = {.wildcard_min_dots = 1, .strip_san_dot = true};
static const struct behaviour loose_exact = {.wildcard_min_dots = 1, .keep_host_dot = true};
static const struct behaviour loose_cn = {
    .wildcard_min_dots = 1, .cn = CN_NO_DNS_SAN, .cn_ip = true, .empty_san = EMPTY_SAN_ABSENT};

/** "*.example.com" presented for "a.b.example.com" or "example.com". */
static bool wildcard_depth_differs(const struct cert *cert, const char *host)
{
    struct reader names = cert_san(cert);
    struct general_name name;
    char text[256];
    for (int i = 0; i < LIMIT_SAN_NAMES && general_name_next(&names, &name); i++) {
        if (name.kind != GN_DNS || !name_to_text(name.value, text) || text[0] != '*' ||
            text[1] != '.')
            continue;
        const size_t n = strlen(host), tail = strlen(text + 1);
        if (text_equal(text + 2, host) ||
            (n > tail && same_nocase(host + n - tail, text + 1, tail)))
            return true;
    }
    return false;
}

static enum fact_id mismatch_kind(struct arena *arena, const struct cert *cert,
                                  const struct target *t)
{
    char host[256];
    host_copy(&loose_dot, t->name, host);
    const struct san_summary s = san_look(&loose_wildcard, cert, t, host);
    if (t->name_kind == NAME_IP)
        return FACT_NAME_IP_NOT_IN_SAN;
    if (!s.dns && cn_matches(&loose_cn, cert, host))
        return FACT_NAME_CN_ONLY;
    if (!s.any && name_attribute(arena, cert->subject, OID_CN) == NULL)
        return FACT_NAME_NO_SAN;
    /* covered by the letter: the client takes no wildcard that wide */
    if (san_look(&loose_exact, cert, t, t->name).matches)
        return FACT_NAME_WILDCARD_DEPTH;
    if (san_look(&loose_dot, cert, t, host).matches)
        return FACT_NAME_TRAILING_DOT;
    if (s.matches)
        return FACT_NAME_WILDCARD_PARTIAL;
    return wildcard_depth_differs(cert, host) ? FACT_NAME_WILDCARD_DEPTH : FACT_NAME_MISMATCH;
}

char *host_names_text(struct arena *arena, const struct cert *cert, size_t max)
{
    BUF_CLEANUP out = {0};
    struct reader names = cert_san(cert);
    struct general_name name;
    size_t shown = 0, more = 0;
    for (int i = 0; i < LIMIT_SAN_NAMES && general_name_next(&names, &name); i++) {
        if (name.kind != GN_DNS && name.kind != GN_IP)
            continue;
        if (shown >= max) {
            more++;
            continue;
        }
        if (shown++ > 0)
            buf_add_str(&out, ", ");
        if (name.kind == GN_IP)
            buf_add_str(&out, str_ip(arena, name.value));
        else
            str_safe_append(&out, name.value);
    }
    if (more > 0)
        buf_printf(&out, " and %zu more", more);
    return arena_strdup(arena, buf_cstr(&out));
}

static enum compared names_compared(const struct check *c, const struct cert *leaf,
                                    const struct san_summary *s)
{
    if (!cn_applies(c->b, s, c->j->obs->target.name_kind == NAME_IP))
        return COMPARED_SAN;
    return name_attribute(c->j->arena, leaf->subject, OID_CN) != NULL ? COMPARED_CN
                                                                      : COMPARED_NOTHING;
}

/** A host name that this client does not take for one, whatever the certificate says. */
static bool host_is_refused(const struct behaviour *b, const char *host)
{
    return (b->underscore == UNDERSCORE_NONE && strchr(host, '_') != NULL) ||
           (b->hyphen_edge_refused && has_hyphen_edge(host));
}

/** Is the domain under which the host stands one where anybody may register? A top-level domain
 *  always is, known or not. */
static bool host_is_registered_name(const struct judging *j, const char *host)
{
    const char *domain = strchr(host, '.');
    if (domain == NULL || domain[1] == '\0')
        return true;
    if (strchr(domain + 1, '.') == NULL)
        return true;
    return j->obs->below_registry ||
           (j->in->is_registry_suffix != NULL && j->in->is_registry_suffix(domain + 1));
}

/** What the client accepts as a name for this target, public suffixes considered. */
static bool host_is_covered(const struct check *c, const struct cert *leaf, const struct target *t)
{
    char host[256];
    host_copy(c->b, t->name, host);
    if (!c->b->wildcard_not_below_suffix || !host_is_registered_name(c->j, host))
        return host_matches(c->b, leaf, t);
    struct behaviour whole = *c->b;
    whole.wildcard_min_dots = UINT_MAX;
    return host_matches(&whole, leaf, t);
}

/** What a behaviour says of a leaf's names, compared once: a search asks again for each path. */
static const struct host_answer *host_answer(const struct check *c, const struct cert *leaf)
{
    const struct target *t = &c->j->obs->target;
    struct host_answer *answer = &c->j->host;
    if (answer->b == c->b && answer->leaf == leaf)
        return answer;
    *answer = (struct host_answer){.b = c->b, .leaf = leaf, .covered = host_is_covered(c, leaf, t)};
    if (answer->covered)
        return answer;
    const struct san_summary s = san_look(c->b, leaf, t, t->name);
    /* 1: there are names of the kind; 2: only of other kinds */
    answer->others = t->name_kind != NAME_IP ? s.present : s.ip ? 1 : s.present ? 2 : 0;
    const bool not_a_host = host_is_refused(c->b, t->name);
    answer->fact = not_a_host ? FACT_NAME_MISMATCH : mismatch_kind(c->j->arena, leaf, t);
    answer->compared = not_a_host ? COMPARED_NOT : names_compared(c, leaf, &s);
    answer->names = host_names_text(c->j->arena, leaf, 5);
    return answer;
}

void check_host(const struct check *c)
{
    const struct cert *leaf = check_cert(c, 0);
    if (c->j->obs->target.name_kind == NAME_NONE || !leaf->parsed || c->b->names_unchecked)
        return;
    const struct host_answer *answer = host_answer(c, leaf);
    if (!answer->covered)
        reason_add(c, answer->fact, at_depth(0), answer->others, answer->compared, answer->names);
}
