/* SPDX-License-Identifier: Apache-2.0 */
/* The data of DNS records that are about certificates. It comes from anybody. */
#include <stdio.h>
#include <string.h>

#include "net.h"

/* RFC 8659 section 4.1: flags, length of the tag, tag, value. */
bool caa_parse(struct bytes data, struct caa *out)
{
    if (data.n < 2 || data.p[1] == 0 || data.p[1] > data.n - 2)
        return false;
    *out = (struct caa){.critical = (data.p[0] & 0x80) != 0,
                        .flags = data.p[0],
                        .tag = bytes_slice(data, 2, data.p[1]),
                        .value = bytes_slice(data, 2 + (size_t)data.p[1], SIZE_MAX)};
    return true;
}

bool caa_is(const struct caa *caa, const char *tag)
{
    return caa->tag.n == strlen(tag) && strncasecmp((const char *)caa->tag.p, tag, caa->tag.n) == 0;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* RFC 8659 section 4.2: *WSP [issuer-domain-name *WSP] [";" …]. A value of another form names
 * nobody, as an empty one does. */
struct bytes caa_issuer(const struct caa *caa)
{
    size_t start = 0, end = 0;
    const struct bytes value = caa->value;
    while (start < value.n && is_blank(value.p[start]))
        start++;
    for (end = start; end < value.n && value.p[end] != ';' && !is_blank(value.p[end]); end++)
        if (value.p[end] < 0x21 || value.p[end] > 0x7e)
            return bytes_of("", 0);
    size_t after = end;
    while (after < value.n && is_blank(value.p[after]))
        after++;
    const bool formed = after == value.n || value.p[after] == ';';
    return formed ? bytes_slice(value, start, end - start) : bytes_of("", 0);
}

/* RFC 6698 section 2.1 */
bool tlsa_parse(struct bytes data, struct tlsa *out)
{
    if (data.n < 4)
        return false;
    *out = (struct tlsa){.usage = data.p[0],
                         .selector = data.p[1],
                         .matching = data.p[2],
                         .data = bytes_slice(data, 3, SIZE_MAX)};
    return true;
}

/* RFC 1035 section 5.1: what a quoted string of a zone file may hold. */
static void quoted_append(struct buf *out, struct bytes value)
{
    buf_add_byte(out, '"');
    for (size_t i = 0; i < value.n; i++) {
        const uint8_t c = value.p[i];
        if (c < 0x20 || c > 0x7e)
            buf_printf(out, "\\%03u", c);
        else
            buf_printf(out, "%s%c", c == '"' || c == '\\' ? "\\" : "", c);
    }
    buf_add_byte(out, '"');
}

const char *caa_text(struct arena *arena, const struct caa *caa)
{
    BUF_CLEANUP out = {0};
    bool plain = true;
    for (size_t i = 0; i < caa->tag.n; i++) {
        const uint8_t c = caa->tag.p[i];
        plain &= (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    }
    buf_printf(&out, "%u ", (unsigned)caa->flags);
    if (plain)
        buf_add_bytes(&out, caa->tag);
    else
        buf_printf(&out, "(a tag that is no word)");
    buf_add_byte(&out, ' ');
    quoted_append(&out, caa->value);
    return arena_strdup(arena, buf_cstr(&out));
}

const char *tlsa_text(struct arena *arena, const struct tlsa *tlsa)
{
    return arena_printf(arena, "%u %u %u %s", (unsigned)tlsa->usage, (unsigned)tlsa->selector,
                        (unsigned)tlsa->matching, str_hex(arena, tlsa->data, 0));
}

const char *dns_parent(const char *name)
{
    const char *dot = strchr(name, '.');
    return dot && dot[1] ? dot + 1 : NULL;
}

const struct dns_answer *dns_find(const struct dns_seen *seen, const char *name, int type)
{
    for (size_t i = 0; i < seen->count; i++)
        if (seen->answers[i].type == type && str_equal_nocase(seen->answers[i].name, name))
            return &seen->answers[i];
    return NULL;
}

const char *dns_type_text(int type)
{
    switch (type) {
    case DNS_A:
        return "A";
    case DNS_MX:
        return "MX";
    case DNS_AAAA:
        return "AAAA";
    case DNS_CAA:
        return "CAA";
    case DNS_TLSA:
        return "TLSA";
    default:
        return "?";
    }
}

const char *dns_record_text(struct arena *arena, const struct dns_answer *answer, size_t i)
{
    const struct bytes data = answer->records[i];
    struct caa caa;
    struct tlsa tlsa;
    if (answer->type == DNS_CAA && caa_parse(data, &caa))
        return caa_text(arena, &caa);
    if (answer->type == DNS_TLSA && tlsa_parse(data, &tlsa))
        return tlsa_text(arena, &tlsa);
    if (answer->type == DNS_A || answer->type == DNS_AAAA)
        return str_ip(arena, data);
    return str_hex(arena, data, 0);
}

const char *dns_records_text(struct arena *arena, const struct dns_answer *answer)
{
    enum { SHOWN = 4 };
    const char *list = "";
    for (size_t i = 0; i < answer->record_count && i < SHOWN; i++)
        list = arena_printf(arena, "%s%s%s", list, *list ? "; " : "",
                            dns_record_text(arena, answer, i));
    if (answer->record_count > SHOWN)
        list = arena_printf(arena, "%s and %zu more", list, answer->record_count - SHOWN);
    return list;
}
