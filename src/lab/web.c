/* SPDX-License-Identifier: Apache-2.0 */
/* A web server as small as the lab's documents need: one request, one answer, close. How it answers
 * is the document's to say (enum delivery). */
#include "web.h"

#include <string.h>

enum { CHUNK = 1 << 16 };

bool web_read(struct web *web)
{
    uint8_t data[4096];
    size_t got = 0;
    if (web->in.n >= WEB_REQUEST_BYTES ||
        net_read_some(web->fd, data, sizeof data, &got, web->deadline) != NET_OK)
        return false;
    buf_append(&web->in, data, got);
    return true;
}

const struct site_document *web_find(const struct web *web, struct bytes folder, struct bytes name)
{
    for (size_t i = 0; i < web->count; i++)
        if (bytes_equal_str(folder, web->sites[i]->folder))
            return site_find(web->sites[i], name);
    return NULL;
}

/* ---- the request ---- */

struct request {
    bool post;
    struct bytes path, folder, name, rest; /**< "/FOLDER/NAME/REST" */
    struct bytes body;
};

static struct bytes up_to(struct bytes *text, char end)
{
    size_t n = 0;
    while (n < text->n && text->p[n] != (uint8_t)end)
        n++;
    const struct bytes out = bytes_slice(*text, 0, n);
    *text = bytes_slice(*text, n < text->n ? n + 1 : n, text->n);
    return out;
}

/* The value of Content-Length in a header that ends in an empty line; 0 without one. */
static size_t body_length(struct arena *arena, struct bytes header)
{
    int64_t value;
    while (header.n > 0) {
        struct bytes line = up_to(&header, '\n');
        const struct bytes field = up_to(&line, ':');
        const char *name = arena_strndup(arena, (const char *)field.p, field.n);
        while (line.n > 0 && (line.p[0] == ' ' || line.p[line.n - 1] == '\r'))
            line =
                line.p[0] == ' ' ? bytes_slice(line, 1, line.n) : bytes_slice(line, 0, line.n - 1);
        if (str_equal_nocase(name, "content-length") &&
            str_to_int(arena_strndup(arena, (const char *)line.p, line.n), 0, WEB_REQUEST_BYTES,
                       &value))
            return (size_t)value;
    }
    return 0;
}

static void split_path(struct request *request, struct bytes target)
{
    request->path = target;
    struct bytes path = up_to(&target, '?');
    up_to(&path, '/');
    request->folder = up_to(&path, '/');
    request->name = up_to(&path, '/');
    request->rest = path;
}

static bool request_read(struct web *web, struct request *out)
{
    static const char blank[] = "\r\n\r\n";
    size_t end;
    while ((end = bytes_find(buf_bytes(&web->in), bytes_str(blank))) == SIZE_MAX)
        if (!web_read(web))
            return false;
    const struct bytes header = bytes_slice(buf_bytes(&web->in), 0, end + 2);
    const size_t whole = end + strlen(blank) + body_length(&web->arena, header);
    while (web->in.n < whole)
        if (!web_read(web))
            return false;
    struct bytes line = buf_bytes(&web->in);
    out->post = bytes_equal_str(up_to(&line, ' '), "POST");
    split_path(out, up_to(&line, ' '));
    out->body = bytes_slice(buf_bytes(&web->in), end + strlen(blank), whole);
    return true;
}

/* RFC 6960 appendix A.1: base64, and what of it is special in a URL is percent-encoded. */
static bool request_in_path(struct arena *arena, struct bytes text, struct bytes *out)
{
    BUF_CLEANUP plain = {0};
    size_t bad_at;
    for (size_t i = 0; i < text.n; i++) {
        const bool escaped = text.p[i] == '%' && i + 2 < text.n;
        const struct bytes octet =
            escaped ? str_unhex(arena, arena_strndup(arena, (const char *)text.p + i + 1, 2))
                    : bytes_slice(text, i, 1);
        buf_add_bytes(&plain, octet);
        i += escaped ? 2 : 0;
    }
    return str_unbase64(arena, arena_bytes(arena, buf_bytes(&plain)), out, &bad_at);
}

/* ---- answers ---- */

static bool say(struct web *web, struct bytes what)
{
    return net_write_all(web->fd, what, web->deadline) == NET_OK;
}

static bool say_header(struct web *web, const char *status, const char *more)
{
    const char *text = arena_printf(&web->arena,
                                    "HTTP/1.1 %s\r\n%s"
                                    "Cache-Control: no-store\r\nConnection: close\r\n\r\n",
                                    status, more);
    return say(web, bytes_str(text));
}

static bool say_type(struct web *web, const char *status, const char *type, size_t n)
{
    return say_header(
        web, status,
        arena_printf(&web->arena, "Content-Type: %s\r\nContent-Length: %zu\r\n", type, n));
}

static void answer_page(struct web *web, const char *status)
{
    const char *page = arena_printf(&web->arena,
                                    "<!DOCTYPE html>\n<html><head><title>%s</title></head>"
                                    "<body><h1>%s</h1></body></html>\n",
                                    status, status);
    if (say_type(web, status, "text/html; charset=utf-8", strlen(page)))
        say(web, bytes_str(page));
}

static void answer_redirect(struct web *web, const char *location)
{
    say_header(web, "302 Found",
               arena_printf(&web->arena, "Location: %s\r\nContent-Length: 0\r\n", location));
}

/* Looks like a SEQUENCE of 4 GB. */
static void answer_without_end(struct web *web, const char *type)
{
    static const uint8_t start[] = {DER_SEQUENCE, 0x84, 0xff, 0xff, 0xff, 0xff};
    uint8_t *chunk = arena_alloc(&web->arena, CHUNK);
    memset(chunk, 0, CHUNK);
    bool going =
        say_header(web, "200 OK", arena_printf(&web->arena, "Content-Type: %s\r\n", type)) &&
        say(web, bytes_of(start, sizeof start));
    while (going && !deadline_passed(web->deadline))
        going = say(web, bytes_of(chunk, CHUNK));
}

/** Waits, unless the client leaves; false when it did. */
static bool wait(struct web *web, double seconds)
{
    return net_wait(web->fd, false, deadline_in(seconds)) == NET_TIMEOUT;
}

static void answer_slowly(struct web *web, const char *type, struct bytes body)
{
    bool going = say_type(web, "200 OK", type, body.n);
    for (size_t i = 0; i < body.n && going && !deadline_passed(web->deadline); i++)
        going = say(web, bytes_slice(body, i, 1)) && wait(web, 1);
}

static void answer(struct web *web, const struct site_document *document,
                   const struct request *request, struct bytes body)
{
    const char *path = arena_strndup(&web->arena, (const char *)request->path.p, request->path.n);
    switch (document->delivery) {
    case DELIVER:
    case DELIVER_LDAP:
    case DELIVER_LDAP_NOWHERE:
        if (say_type(web, "200 OK", document->type, body.n))
            say(web, body);
        return;
    case DELIVER_NOT_FOUND:
        answer_page(web, "404 Not Found");
        return;
    case DELIVER_HTML:
        answer_page(web, "200 OK");
        return;
    case DELIVER_WITHOUT_END:
        answer_without_end(web, document->type);
        return;
    case DELIVER_SLOWLY:
        answer_slowly(web, document->type, body);
        return;
    case DELIVER_NEVER:
        wait(web, WEB_SECONDS);
        return;
    case DELIVER_LOOP:
        answer_redirect(web, path);
        return;
    case DELIVER_OTHER_SCHEME:
        answer_redirect(web, "file:///etc/hostname");
        return;
    }
}

static void serve_http(struct web *web)
{
    struct request request;
    if (!request_read(web, &request))
        return;
    const struct site_document *document = web_find(web, request.folder, request.name);
    if (!document) {
        answer_page(web, "404 Not Found");
        return;
    }
    struct bytes body = document->body, question = request.body;
    if (document->responder) {
        if (!request.post && !request_in_path(&web->arena, request.rest, &question))
            question = (struct bytes){0};
        body = site_answer(document, question, &web->arena);
    }
    answer(web, document, &request, body);
}

void web_serve(int fd, const struct site *const *sites, size_t count)
{
    struct web web = {
        .fd = fd, .sites = sites, .count = count, .deadline = deadline_in(WEB_SECONDS)};
    if (web_read(&web))
        (web.in.p[0] == DER_SEQUENCE ? web_serve_ldap : serve_http)(&web);
    buf_free(&web.in);
    arena_free(&web.arena);
}
