/* SPDX-License-Identifier: Apache-2.0 */
/* What only whole handshakes tell: certificates and schemes of TLS 1.3, which are encrypted, ALPN
 * there, and what an HTTP server says of HSTS. */
#include <string.h>

#include "audit.h"
#include "x509/x509.h"

/* Of TLS 1.3, as far as every libssl knows them. */
static const struct {
    uint16_t id;
    bool rsa;
    const char *name;
} schemes[] = {
    {0x0804, true, "rsa_pss_rsae_sha256"},
    {0x0805, true, "rsa_pss_rsae_sha384"},
    {0x0806, true, "rsa_pss_rsae_sha512"},
    {0x0809, true, "rsa_pss_pss_sha256"},
    {0x080a, true, "rsa_pss_pss_sha384"},
    {0x080b, true, "rsa_pss_pss_sha512"},
    {0x0403, false, "ecdsa_secp256r1_sha256"},
    {0x0503, false, "ecdsa_secp384r1_sha384"},
    {0x0603, false, "ecdsa_secp521r1_sha512"},
    {0x0807, false, "ed25519"},
    {0x0808, false, "ed448"},
};
enum { SCHEMES = sizeof schemes / sizeof *schemes };

/** One handshake; what it tells of the certificate and of ALPN is noted. */
static bool shake(struct asking *a, const struct tls_request *wanted, struct handshake *out)
{
    struct line line;
    struct tls_request request = *wanted;
    request.sni = a->options->sni;
    request.short_hello = true; /* the long one has its own question */
    request.deadline = deadline_in(a->options->timeout);
    *out = (struct handshake){.result = HS_CLOSED, .error = "", .alpn = "", .version = ""};
    if (!audit_dial(a, request.deadline, &line))
        return false;
    arena_free(&a->scratch);
    a->scratch = (struct arena){0};
    tls_handshake(line.fd, &request, &a->scratch, out);
    line_close(&line);
    a->received += out->bytes_in;
    a->silent = out->result == HS_TIMEOUT ? a->silent + 1 : 0;
    if (out->certificate_count)
        audit_leaf(a, out->certificates[0]);
    if (out->result == HS_DONE && out->stapled_ocsp.p)
        a->audit->stapling = AUDIT_YES;
    else if (out->result == HS_DONE && a->audit->stapling == AUDIT_UNKNOWN)
        a->audit->stapling = AUDIT_NO;
    /* TLS 1.3's may be mere session ids; where TLS 1.2 is spoken, that has told (RFC 5077). */
    if (out->ticket && a->audit->tickets == AUDIT_UNKNOWN)
        a->audit->tickets = AUDIT_YES;
    return out->result == HS_DONE;
}

/* ---- HTTP ---- */

/* RFC 9110 section 5.1: names of fields in any case; the first one counts (RFC 6797 section 8.1).
 */
static const char *field_of(struct arena *arena, const char *head, const char *name)
{
    const size_t n = strlen(name);
    for (const char *line = head; (line = strstr(line, "\r\n")) != NULL;) {
        line += 2;
        if (strncmp(line, "\r\n", 2) == 0)
            break;
        const char *label = arena_strndup(arena, line, strcspn(line, ":\r"));
        if (!str_equal_nocase(label, name) || line[n] != ':')
            continue;
        const char *value = line + n + 1 + strspn(line + n + 1, " \t");
        return str_safe(arena, bytes_of(value, strcspn(value, "\r")));
    }
    return "";
}

static void http_note(struct asking *a, const struct handshake *hs)
{
    enum { STATUS_AT = sizeof "HTTP/1.1" }; /* and a space */
    struct audit_http *http = &a->audit->http;
    int64_t status = 0;
    if (hs->reply.n == 0)
        return;
    const char *head = arena_strndup(&a->scratch, (const char *)hs->reply.p, hs->reply.n);
    http->asked = true;
    http->named = a->options->sni != NULL;
    if (!str_starts(head, "HTTP/1.") || strlen(head) < STATUS_AT + 3 ||
        !str_to_int(arena_strndup(&a->scratch, head + STATUS_AT, 3), 100, 599, &status))
        return;
    http->status = (int)status;
    http->server = arena_strdup(a->arena, field_of(&a->scratch, head, "Server"));
    http->hsts = arena_strdup(a->arena, field_of(&a->scratch, head, "Strict-Transport-Security"));
}

/* Whatever version and certificate the server prefers, and one HEAD. */
static bool visit(struct asking *a)
{
    struct handshake hs;
    BUF_CLEANUP head = {0};
    struct audit *audit = a->audit;
    if (a->options->http)
        buf_printf(&head,
                   "HEAD / HTTP/1.1\r\nHost: %s\r\nUser-Agent: certwhy\r\nAccept: */*\r\n"
                   "Connection: close\r\n\r\n",
                   a->options->http);
    const struct tls_request request = {.alpn = a->options->http ? "http/1.1" : NULL,
                                        .await_ticket = audit->tickets == AUDIT_UNKNOWN,
                                        .ask = buf_bytes(&head),
                                        .ask_if = a->options->http_sure ? NULL : "http/1.1"};
    const bool done = shake(a, &request, &hs);
    if (!done && *audit->session == '\0')
        audit->session = *hs.error ? arena_strdup(a->arena, hs.error) : "the handshake failed";
    if (done && a->options->http) {
        audit->http11 = strcmp(hs.alpn, "http/1.1") == 0 ? AUDIT_YES : AUDIT_NO;
        http_note(a, &hs);
    }
    if (done && audit->tickets == AUDIT_UNKNOWN)
        audit->tickets = AUDIT_NO;
    if (done && strcmp(hs.version, "TLSv1.3") == 0)
        audit_list_add(&audit->schemes, hs.scheme);
    return done;
}

/* ---- the other certificates of TLS 1.3 ---- */

static bool is_wanted(const struct audit *audit, size_t i, bool all, bool rsa)
{
    for (size_t k = 0; k < audit->schemes.count; k++)
        if (audit->schemes.items[k] == schemes[i].id)
            return false;
    return all || schemes[i].rsa == rsa;
}

/** Offers the schemes that are left of TLS 1.3, all or those of one kind of key. False: refused. */
static bool others_ask(struct asking *a, bool all, bool rsa, bool *refused)
{
    struct handshake hs;
    BUF_CLEANUP list = {0};
    struct audit *audit = a->audit;
    for (size_t i = 0; i < SCHEMES; i++)
        if (is_wanted(audit, i, all, rsa))
            buf_printf(&list, "%s%s", list.n ? ":" : "", schemes[i].name);
    if (list.n == 0)
        return false;
    const struct tls_request request = {.min_version = "TLSv1.3",
                                        .schemes = buf_cstr(&list),
                                        .alpn = a->options->http ? "h2" : NULL};
    const bool done = shake(a, &request, &hs);
    *refused = hs.result == HS_ALERT;
    if (done) {
        audit_list_add(&audit->schemes, hs.scheme);
        if (a->options->http && audit->h2 != AUDIT_YES)
            audit->h2 = strcmp(hs.alpn, "h2") == 0 ? AUDIT_YES : AUDIT_NO;
    }
    return done;
}

/** Which kinds of keys the certificates seen so far have. */
static void kinds_seen(const struct audit *audit, bool *rsa, bool *other)
{
    *rsa = *other = false;
    for (size_t i = 0; i < audit->leaf_count; i++) {
        struct cert *leaf = cert_parse(audit->leaves[i]);
        const bool is_rsa = leaf->key.kind == KEY_RSA || leaf->key.kind == KEY_RSA_PSS;
        *(is_rsa ? rsa : other) = true;
        cert_unref(leaf);
    }
}

/* Does the server have a key of the other kind? Without TLS 1.2, which tells its schemes in the
 * clear, all schemes are asked for one after the other. */
static void others_visit(struct asking *a)
{
    struct audit *audit = a->audit;
    bool refused = false, rsa = false, other = false;
    kinds_seen(audit, &rsa, &other);
    if (!audit->versions[1].accepted) {
        while (others_ask(a, true, false, &refused))
            ;
        audit->schemes.asked = true;
        audit->schemes.complete = refused;
        audit->scheme_version = TLS_1_3;
    } else if (rsa != other) {
        const struct audit_list kept = audit->schemes;
        audit->schemes.count = 0;
        others_ask(a, false, other, &refused);
        audit->schemes = kept;
    }
}

/* What is left unknown of ALPN: where TLS 1.3 stands alone and has one certificate. */
static void h2_ask(struct asking *a)
{
    struct handshake hs;
    const struct tls_request request = {.alpn = "h2"};
    struct audit *audit = a->audit;
    if (audit->h2 != AUDIT_UNKNOWN || !a->options->http)
        return;
    const bool done = shake(a, &request, &hs);
    if (done || hs.result == HS_ALERT)
        audit->h2 = done && strcmp(hs.alpn, "h2") == 0 ? AUDIT_YES : AUDIT_NO;
}

void audit_sessions(struct asking *a)
{
    if (!audit_newest(a->audit, 0) || !visit(a))
        return;
    if (a->audit->versions[0].accepted && a->audit->leaf_count)
        others_visit(a);
    h2_ask(a);
}
