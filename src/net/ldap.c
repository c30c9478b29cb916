/* SPDX-License-Identifier: Apache-2.0 */
/* LDAP as far as certificates need it: one anonymous search for one attribute. libcurl could do it,
 * by a library that follows referrals to wherever a server says and whose answers are text. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "asn1/asn1.h"
#include "internal.h"

enum ldap_tag {
    LDAP_BIND = 0x60,
    LDAP_BOUND = 0x61,
    LDAP_SEARCH = 0x63,
    LDAP_ENTRY = 0x64,
    LDAP_DONE = 0x65,
};
enum {
    LDAP_MESSAGES = 64,      /* of one answer: entries, references, intermediate ones */
    LDAP_OVERHEAD = 1 << 16, /* bytes around the value */
    LDAP_HEADER = 6,         /* tag, and a length in at most five octets */
};

/* ---- the URL: ldap://HOST/DN?ATTRIBUTE?SCOPE?FILTER (RFC 4516 section 2) ---- */

struct query {
    struct bytes base, attribute, filter_type, filter_value; /* filter_value p NULL: present */
    uint8_t scope;
};

static int hex_value(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c | 0x20) : NULL;
    return at ? (int)(at - digits) : -1;
}

static struct bytes percent_decoded(struct bytes text, struct arena *arena)
{
    uint8_t *out = arena_alloc(arena, text.n);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        const bool coded = text.p[i] == '%' && text.n - i > 2;
        const int high = coded ? hex_value((char)text.p[i + 1]) : -1;
        const int low = coded ? hex_value((char)text.p[i + 2]) : -1;
        const bool good = high >= 0 && low >= 0;
        out[n++] = good ? (uint8_t)(high << 4 | low) : text.p[i];
        i += good ? 2 : 0;
    }
    return bytes_of(out, n);
}

/** The next part up to '?', decoded. */
static struct bytes part_take(const char **p, struct arena *arena)
{
    const size_t n = strcspn(*p, "?");
    const struct bytes part = percent_decoded(bytes_of(*p, n), arena);
    *p += n + ((*p)[n] == '?');
    return part;
}

/** "attribute=value" or "attribute=*", in parentheses or without: what certificates have. */
static bool filter_take(struct bytes text, struct query *out)
{
    if (text.n > 1 && text.p[0] == '(' && text.p[text.n - 1] == ')')
        text = bytes_slice(text, 1, text.n - 2);
    if (text.n == 0)
        text = bytes_str("objectClass=*");
    const size_t at = bytes_find(text, bytes_str("="));
    if (at == SIZE_MAX || at == 0)
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (strchr("()&|!\\<>~", text.p[i]) || (text.p[i] == '*' && i != at + 1))
            return false;
    out->filter_type = bytes_slice(text, 0, at);
    out->filter_value = bytes_slice(text, at + 1, text.n);
    if (bytes_equal_str(out->filter_value, "*"))
        out->filter_value = (struct bytes){0};
    return true;
}

static bool query_read(const struct url *url, struct arena *arena, struct query *out)
{
    static const char *const scopes[] = {"base", "one", "sub"};
    const char *p = url->rest + 1;
    out->base = part_take(&p, arena);
    out->attribute = part_take(&p, arena);
    const struct bytes scope = part_take(&p, arena);
    out->scope = 0;
    for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++)
        if (scope.n == strlen(scopes[i]) &&
            strncasecmp((const char *)scope.p, scopes[i], scope.n) == 0)
            out->scope = (uint8_t)i;
    return out->attribute.n > 0 && filter_take(part_take(&p, arena), out);
}

/* ---- what is sent (RFC 4511 sections 4.1.1, 4.2, 4.5.1) ---- */

static void enumerated(struct writer *w, uint8_t value)
{
    writer_put(w, DER_ENUMERATED, bytes_of(&value, 1));
}

static void bind_write(struct writer *w)
{
    writer_open(w, DER_SEQUENCE);
    writer_int(w, 1);
    writer_open(w, LDAP_BIND);
    writer_int(w, 3);
    writer_put(w, DER_OCTET_STRING, bytes_of("", 0));
    writer_put(w, DER_CONTEXT(0), bytes_of("", 0)); /* simple, without a password: anonymous */
    writer_close(w);
    writer_close(w);
}

static void filter_write(struct writer *w, const struct query *query)
{
    if (!query->filter_value.p) {
        writer_put(w, DER_CONTEXT(7), query->filter_type);
        return;
    }
    writer_open(w, DER_CONTEXT_CONS(3));
    writer_put(w, DER_OCTET_STRING, query->filter_type);
    writer_put(w, DER_OCTET_STRING, query->filter_value);
    writer_close(w);
}

static void search_write(struct writer *w, const struct query *query)
{
    writer_open(w, DER_SEQUENCE);
    writer_int(w, 2);
    writer_open(w, LDAP_SEARCH);
    writer_put(w, DER_OCTET_STRING, query->base);
    enumerated(w, query->scope);
    enumerated(w, 0); /* aliases are not followed */
    writer_int(w, 1); /* one entry */
    writer_int(w, LIMIT_FETCH_SECONDS);
    writer_bool(w, false);
    filter_write(w, query);
    writer_open(w, DER_SEQUENCE);
    writer_put(w, DER_OCTET_STRING, query->attribute);
    writer_close(w);
    writer_close(w);
    writer_close(w);
}

/* ---- what comes ---- */

struct conversation {
    struct transfer *transfer;
    int fd;
    int64_t start_us;
    size_t received;
    struct buf in;
    size_t used; /**< of `in`, by messages that were read */
};

static void fail(struct transfer *transfer, enum fetch_result result, const char *why)
{
    transfer->result = result;
    snprintf(transfer->why, sizeof transfer->why, "%s", why);
}

/** When the next byte must be there: no later than the average speed allows. */
static struct deadline patience(const struct conversation *c)
{
    const int64_t seconds =
        LIMIT_FETCH_SLOW_SECONDS + (int64_t)(c->received / LIMIT_FETCH_SLOW_BYTES);
    const struct deadline slow = {.at_us = c->start_us + seconds * 1000000};
    return slow.at_us < c->transfer->until.at_us ? slow : c->transfer->until;
}

static bool more(struct conversation *c)
{
    uint8_t block[16384];
    size_t n = 0;
    struct transfer *transfer = c->transfer;
    const enum net_result result = net_read_some(c->fd, block, sizeof block, &n, patience(c));
    if (result == NET_TIMEOUT)
        fail(transfer, c->received ? FETCH_SLOW : FETCH_TIMEOUT, "");
    else if (result != NET_OK)
        fail(transfer, FETCH_FAILED, net_result_text(result));
    if (result != NET_OK)
        return false;
    c->received += n;
    buf_append(&c->in, block, n);
    if (transfer->budget && atomic_fetch_sub(&transfer->budget->bytes, (int64_t)n) < (int64_t)n)
        fail(transfer, FETCH_BUDGET, "");
    else if ((int64_t)c->received > transfer->limit + LDAP_OVERHEAD)
        fail(transfer, FETCH_SIZE, "");
    else
        return true;
    return false;
}

/** Bytes of the whole message that starts here; 0: not to be told yet, SIZE_MAX: no message. */
static size_t message_size(struct bytes in)
{
    if (in.n < 2)
        return 0;
    if (in.p[0] != DER_SEQUENCE)
        return SIZE_MAX;
    if (in.p[1] < 0x80)
        return 2 + (size_t)in.p[1];
    const size_t octets = in.p[1] & 0x7f;
    if (octets == 0 || octets > LDAP_HEADER - 2)
        return SIZE_MAX;
    size_t n = 0;
    for (size_t i = 0; i < octets && in.n >= 2 + octets; i++)
        n = n << 8 | in.p[2 + i];
    return in.n < 2 + octets ? 0 : 2 + octets + n;
}

/** The next message's operation; false: none comes, and the transfer says why. */
static bool message_read(struct conversation *c, struct der *operation)
{
    struct bytes in;
    size_t n;
    for (;;) {
        in = bytes_slice(buf_bytes(&c->in), c->used, c->in.n);
        n = message_size(in);
        if (n == SIZE_MAX)
            break;
        if ((uint64_t)n > (uint64_t)c->transfer->limit + LDAP_OVERHEAD) {
            fail(c->transfer, FETCH_SIZE, "");
            return false;
        }
        if (n != 0 && n <= in.n)
            break;
        if (!more(c))
            return false;
    }
    struct der whole, id;
    struct reader r = reader_of(in, 0);
    if (n != SIZE_MAX && reader_expect(&r, DER_SEQUENCE, &whole)) {
        c->used += n;
        r = reader_enter(&whole);
        if (reader_expect(&r, DER_INTEGER, &id) && reader_next(&r, operation))
            return true;
    }
    fail(c->transfer, FETCH_FAILED, "the answer is not LDAP");
    return false;
}

/** LDAPResult (section 4.1.9): 0 is success. */
static bool result_good(struct transfer *transfer, const struct der *operation)
{
    struct reader r = reader_enter(operation);
    struct der code;
    int64_t value = -1;
    char why[64];
    if (reader_next(&r, &code) && code.tag == DER_ENUMERATED && der_small_int(&code, &value) &&
        value == 0)
        return true;
    snprintf(why, sizeof why, "LDAP result %d%s", (int)value,
             value == 32   ? ": no such object"
             : value == 10 ? ": a referral"
                           : "");
    fail(transfer, FETCH_STATUS, why);
    return false;
}

/** SearchResultEntry (section 4.5.2): the values of its first attribute. An attribute of several
 *  certificates has several values: one behind the other they are a file of them. */
static void entry_take(struct transfer *transfer, const struct der *operation)
{
    struct reader r = reader_enter(operation);
    struct der name, list, attribute, type, values, value;
    if (!reader_expect(&r, DER_OCTET_STRING, &name) || !reader_expect(&r, DER_SEQUENCE, &list))
        return;
    r = reader_enter(&list);
    if (!reader_expect(&r, DER_SEQUENCE, &attribute))
        return;
    r = reader_enter(&attribute);
    if (!reader_expect(&r, DER_OCTET_STRING, &type) || !reader_expect(&r, DER_SET, &values))
        return;
    r = reader_enter(&values);
    while ((transfer->body.n == 0 || transfer->all_values) &&
           reader_expect(&r, DER_OCTET_STRING, &value))
        buf_add_bytes(&transfer->body, value.body);
}

static void answers_read(struct conversation *c)
{
    struct der operation;
    struct transfer *transfer = c->transfer;
    for (int i = 0; i < LDAP_MESSAGES; i++) {
        if (!message_read(c, &operation))
            return;
        if (operation.tag == LDAP_ENTRY && transfer->body.n == 0)
            entry_take(transfer, &operation);
        if (operation.tag != LDAP_DONE)
            continue;
        /* sizeLimitExceeded is success here: one entry was asked for */
        if (transfer->body.n)
            fail(transfer, FETCH_OK, "");
        else if (result_good(transfer, &operation))
            fail(transfer, FETCH_STATUS, "no entry has this attribute");
        return;
    }
    fail(transfer, FETCH_FAILED, "too many answers");
}

static bool send_written(struct conversation *c, struct writer *w)
{
    const enum net_result result = net_write_all(c->fd, buf_bytes(&w->out), c->transfer->until);
    writer_free(w);
    if (result != NET_OK)
        fail(c->transfer, FETCH_FAILED, net_result_text(result));
    return result == NET_OK;
}

static void talk(struct conversation *c, const struct query *query)
{
    struct writer bind = {0}, search = {0};
    struct der operation;
    bind_write(&bind);
    if (!send_written(c, &bind) || !message_read(c, &operation))
        return;
    if (operation.tag != LDAP_BOUND) {
        fail(c->transfer, FETCH_FAILED, "the answer is not LDAP");
        return;
    }
    if (!result_good(c->transfer, &operation))
        return;
    search_write(&search, query);
    if (send_written(c, &search))
        answers_read(c);
}

/* One address after the other, each checked by whoever resolved the name. */
static int dial(struct transfer *transfer)
{
    int fd = -1;
    char why[128] = "";
    for (size_t i = 0; fd < 0 && i < transfer->addresses->count; i++) {
        struct deadline until = deadline_in(LIMIT_FETCH_CONNECT_SECONDS);
        if (transfer->until.at_us < until.at_us)
            until = transfer->until;
        const enum net_result result = net_connect(&transfer->addresses->items[i], until, &fd, why);
        if (result != NET_OK)
            fail(transfer, result == NET_TIMEOUT ? FETCH_TIMEOUT : FETCH_CONNECT, why);
    }
    return fd;
}

void ldap_transfer(struct transfer *transfer, struct arena *arena)
{
    struct query query;
    fail(transfer, FETCH_FAILED, "");
    if (!query_read(transfer->url, arena, &query)) {
        fail(transfer, FETCH_SCHEME,
             "an LDAP URL needs an attribute and no more than a simple filter");
        return;
    }
    struct conversation c = {.transfer = transfer, .fd = dial(transfer)};
    c.start_us = time_monotonic_us();
    if (c.fd >= 0)
        talk(&c, &query);
    net_close(c.fd);
    buf_free(&c.in);
}
