/* SPDX-License-Identifier: Apache-2.0 */
/* As much of LDAP (RFC 4511) as reading one attribute of one entry takes: bind, search, unbind. */
#include <string.h>

#include "web.h"

enum ldap_tag {
    LDAP_BIND = 0x60,
    LDAP_BOUND = 0x61,
    LDAP_UNBIND = 0x42,
    LDAP_SEARCH = 0x63,
    LDAP_ENTRY = 0x64,
    LDAP_DONE = 0x65,
};
enum { LDAP_SUCCESS = 0, LDAP_NO_SUCH_OBJECT = 32, LDAP_MESSAGES = 8 };

struct message {
    int64_t id;
    struct der operation;
};

/* RFC 4511 section 4.1.1. Messages follow each other on the stream. */
static bool message_read(struct web *web, size_t *used, struct message *out)
{
    struct der whole, id;
    struct reader r = reader_of(bytes_slice(buf_bytes(&web->in), *used, web->in.n), 0);
    while (!reader_expect(&r, DER_SEQUENCE, &whole)) {
        if (!web_read(web))
            return false;
        r = reader_of(bytes_slice(buf_bytes(&web->in), *used, web->in.n), 0);
    }
    *used += whole.whole.n;
    r = reader_enter(&whole);
    return reader_expect(&r, DER_INTEGER, &id) && der_small_int(&id, &out->id) &&
           reader_next(&r, &out->operation);
}

static void write_text(struct writer *w, struct bytes text)
{
    writer_put(w, DER_OCTET_STRING, text);
}

/* LDAPResult (RFC 4511 section 4.1.9). */
static void write_result(struct writer *w, int64_t id, enum ldap_tag tag, int code)
{
    const uint8_t octet = (uint8_t)code;
    writer_open(w, DER_SEQUENCE);
    writer_int(w, id);
    writer_open(w, (uint8_t)tag);
    writer_put(w, DER_ENUMERATED, bytes_of(&octet, 1));
    write_text(w, (struct bytes){0});
    write_text(w, (struct bytes){0});
    writer_close(w);
    writer_close(w);
}

/* SearchResultEntry (RFC 4511 section 4.5.2). */
static void write_entry(struct writer *w, const struct message *message, struct bytes name,
                        struct bytes attribute, struct bytes value)
{
    writer_open(w, DER_SEQUENCE);
    writer_int(w, message->id);
    writer_open(w, LDAP_ENTRY);
    write_text(w, name);
    writer_open(w, DER_SEQUENCE);
    writer_open(w, DER_SEQUENCE);
    write_text(w, attribute);
    writer_open(w, DER_SET);
    write_text(w, value);
    for (int i = 0; i < 5; i++)
        writer_close(w);
}

/* The value of the n-th attribute of "CN=1.crl,OU=crl-ldap,O=Certwhy Lab". */
static struct bytes part_of(struct bytes name, size_t n)
{
    for (;; n--) {
        const size_t comma = bytes_find(name, bytes_str(","));
        const struct bytes part = bytes_slice(name, 0, comma);
        if (n == 0)
            return bytes_slice(part, bytes_find(part, bytes_str("=")) + 1, part.n);
        if (comma == SIZE_MAX)
            return (struct bytes){0};
        name = bytes_slice(name, comma + 1, name.n);
    }
}

/* SearchRequest ::= { baseObject, scope, derefAliases, sizeLimit, timeLimit, typesOnly, filter,
 * attributes } (RFC 4511 section 4.5.1); the first attribute asked for is the one that is given. */
static bool search_read(const struct der *operation, struct bytes *base, struct bytes *attribute)
{
    struct reader r = reader_enter(operation);
    struct der element, first;
    if (!reader_expect(&r, DER_OCTET_STRING, &element))
        return false;
    *base = element.body;
    for (int i = 0; i < 6; i++)
        if (!reader_next(&r, &element))
            return false;
    if (!reader_expect(&r, DER_SEQUENCE, &element))
        return false;
    r = reader_enter(&element);
    if (!reader_expect(&r, DER_OCTET_STRING, &first))
        return false;
    *attribute = first.body;
    return true;
}

static void answer_search(struct web *web, const struct message *message, struct writer *w)
{
    struct bytes base, attribute;
    const struct site_document *document = NULL;
    if (search_read(&message->operation, &base, &attribute))
        document = web_find(web, part_of(base, 1), part_of(base, 0));
    if (document)
        write_entry(w, message, base, attribute, document->body);
    write_result(w, message->id, LDAP_DONE, document ? LDAP_SUCCESS : LDAP_NO_SUCH_OBJECT);
}

void web_serve_ldap(struct web *web)
{
    struct message message;
    size_t used = 0;
    for (int i = 0; i < LDAP_MESSAGES && message_read(web, &used, &message); i++) {
        struct writer w = {0};
        if (message.operation.tag == LDAP_BIND)
            write_result(&w, message.id, LDAP_BOUND, LDAP_SUCCESS);
        else if (message.operation.tag == LDAP_SEARCH)
            answer_search(web, &message, &w);
        const bool said =
            w.out.n > 0 && net_write_all(web->fd, buf_bytes(&w.out), web->deadline) == NET_OK;
        writer_free(&w);
        if (!said)
            return;
    }
}
