/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <stdlib.h>
#include <string.h>

#include "words.h"

enum { PUBLIC_DEPTH = 8 /* issuers above one another on the way to a public root */ };

/* One blob of the case: DER of whatever kind. */
struct blob {
    struct bytes old;
    uint8_t *now; /* as it will be */
    struct cert *cert;
    bool is_public, changed;
};

struct redacting {
    const struct redaction *how;
    struct arena arena;
    struct words words;
    json_t *root, *signatures;
    struct blob *blobs;
    size_t count;
};

static void redacting_free(struct redacting *r)
{
    for (size_t i = 0; i < r->count; i++)
        cert_unref(r->blobs[i].cert);
    words_free(&r->words);
    json_decref(r->root);
    arena_free(&r->arena);
}

/* ---- addresses ---- */

/* Of the networks for tests (RFC 2544, RFC 3849): an address for an address. */
static void address_replace(const struct redacting *r, uint8_t *address, size_t n)
{
    uint8_t noise[16];
    struct arena arena = {0};
    const bool loopback = (n == 4 && address[0] == 127) || (n == 16 && address[0] == 0);
    if (!loopback) {
        crypto_derive(r->how->seed, str_hex(&arena, bytes_of(address, n), 0), noise, n);
        memcpy(address, noise, n);
        memcpy(address, n == 4 ? "\xc6\x12" : "\x20\x01\x0d\xb8", n == 4 ? 2 : 4);
    }
    arena_free(&arena);
}

/* The text of an address as it will be, NULL: it is none. Brackets and a port may be around it. */
static const char *address_text(struct redacting *r, const char *text)
{
    uint8_t address[16];
    const char *close = *text == '[' ? strchr(text, ']') : NULL;
    const char *colon = strrchr(text, ':');
    const bool port = !close && colon && strchr(text, ':') == colon;
    const char *start = close ? text + 1 : text, *end = close  ? close
                                                        : port ? colon
                                                               : text + strlen(text);
    size_t n = str_parse_ip(arena_strndup(&r->arena, start, (size_t)(end - start)), address);
    if (n == 0)
        return NULL;
    address_replace(r, address, n);
    return arena_printf(&r->arena, "%.*s%s%s", (int)(start - text), text,
                        str_ip(&r->arena, bytes_of(address, n)), end);
}

/* ---- DER ---- */

static bool is_string(uint8_t tag)
{
    switch (tag) {
    case DER_UTF8_STRING:
    case DER_PRINTABLE_STRING:
    case 0x12: /* NumericString */
    case 0x14: /* TeletexString */
    case 0x16: /* IA5String */
    case 0x1a: /* VisibleString */
    case DER_CONTEXT(1):
    case DER_CONTEXT(2):
    case DER_CONTEXT(6):
        return true;
    default:
        return false;
    }
}

/* Two octets a character, the first of them zero for what words are made of. */
static bool bmp_replace(const struct redacting *r, uint8_t *p, size_t n)
{
    BUF_CLEANUP narrow = {0};
    for (size_t i = 0; i + 1 < n; i += 2)
        buf_add_byte(&narrow, p[i] == 0 ? p[i + 1] : ' ');
    const bool changed = words_replace(&r->words, narrow.p, narrow.n);
    for (size_t i = 0; changed && i + 1 < n; i += 2)
        if (p[i] == 0)
            p[i + 1] = narrow.p[i / 2];
    return changed;
}

static bool der_replace(const struct redacting *r, uint8_t *p, size_t n, unsigned depth);

static bool element_replace(const struct redacting *r, const struct der *e, unsigned depth)
{
    uint8_t *body = (uint8_t *)(uintptr_t)e->body.p;
    if (e->tag == DER_BMP_STRING)
        return bmp_replace(r, body, e->body.n);
    if (is_string(e->tag))
        return words_replace(&r->words, body, e->body.n);
    if (e->tag == DER_CONTEXT(7) && (e->body.n == 4 || e->body.n == 16)) { /* iPAddress */
        uint8_t before[16];
        memcpy(before, body, e->body.n);
        address_replace(r, body, e->body.n);
        return memcmp(before, body, e->body.n) != 0;
    }
    if ((e->tag & 0x20) || e->tag == DER_OCTET_STRING)
        return der_replace(r, body, e->body.n, depth + 1);
    return false;
}

static bool der_replace(const struct redacting *r, uint8_t *p, size_t n, unsigned depth)
{
    struct reader reader = reader_of(bytes_of(p, n), 0);
    struct der element;
    bool changed = false;
    while (depth < LIMIT_DER_DEPTH && reader_next(&reader, &element))
        changed |= element_replace(r, &element, depth);
    return changed;
}

/* ---- what is secret ---- */

static void name_words(struct redacting *r, struct bytes name, bool hide)
{
    struct reader reader = reader_of(name, 0);
    struct der rdns, rdn, pair, oid, value;
    if (!reader_expect(&reader, DER_SEQUENCE, &rdns))
        return;
    struct reader of_rdns = reader_enter(&rdns);
    while (reader_next(&of_rdns, &rdn)) {
        struct reader of_rdn = reader_enter(&rdn);
        while (reader_next(&of_rdn, &pair)) {
            struct reader inside = reader_enter(&pair);
            if (!reader_expect(&inside, DER_OID, &oid) || !reader_next(&inside, &value))
                continue;
            if (hide)
                words_hide(&r->words, value.body);
            else
                words_keep(&r->words, value.body);
        }
    }
}

static void cert_hide(struct redacting *r, const struct cert *cert)
{
    struct reader reader = cert_san(cert);
    struct general_name name;
    name_words(r, cert->subject, true);
    name_words(r, cert->issuer, true);
    for (size_t i = 0; i < LIMIT_SAN_NAMES && general_name_next(&reader, &name); i++)
        if (name.kind == GN_DNS || name.kind == GN_EMAIL || name.kind == GN_URI)
            words_hide(&r->words, name.value);
}

static const struct blob *issuer_of(const struct redacting *r, const struct cert *cert)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->blobs[i].cert && r->blobs[i].cert->parsed && r->blobs[i].cert->is_ca &&
            r->blobs[i].cert != cert && name_equal(r->blobs[i].cert->subject, cert->issuer))
            return &r->blobs[i];
    return NULL;
}

/* A CA under a public root: its names stand in directories. */
static bool is_public(const struct redacting *r, const struct cert *cert)
{
    for (unsigned depth = 0; depth < PUBLIC_DEPTH && cert && cert->parsed && cert->is_ca; depth++) {
        if (cert_is_public_root(cert))
            return true;
        const struct blob *issuer = issuer_of(r, cert);
        cert = issuer ? issuer->cert : NULL;
    }
    return false;
}

static void blobs_read(struct redacting *r)
{
    const json_t *list = json_object_get(r->root, "blobs");
    r->blobs = arena_array(&r->arena, json_array_size(list) + 1, sizeof *r->blobs);
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct blob *blob = &r->blobs[r->count++];
        json_unbase64(&r->arena, json_array_get(list, i), &blob->old);
        blob->now = arena_alloc(&r->arena, blob->old.n + 1);
        if (blob->old.n > 0)
            memcpy(blob->now, blob->old.p, blob->old.n);
        blob->cert = cert_parse(blob->old);
    }
    for (size_t i = 0; i < r->count; i++) {
        r->blobs[i].is_public = is_public(r, r->blobs[i].cert);
        if (r->blobs[i].is_public)
            name_words(r, r->blobs[i].cert->subject, false);
    }
    for (size_t i = 0; i < r->count; i++)
        if (r->blobs[i].is_public)
            name_words(r, r->blobs[i].cert->issuer, false);
    for (size_t i = 0; i < r->count; i++)
        if (r->blobs[i].cert->parsed && !r->blobs[i].is_public)
            cert_hide(r, r->blobs[i].cert);
}

/* Where the user's own words stand. */
static const char *const secret_keys[] = {"text",        "host",      "path",       "name",
                                          "sni",         "connect",   "ca_path",    "key_file",
                                          "more_ca",     "probe_sni", "proxy",      "expected_file",
                                          "mail_domain", "file",      "sntp_server"};
/* Where they may be repeated. */
static const char *const telling_keys[] = {
    "where",          "why",         "error",   "excerpt", "alias",   "address",
    "acceptable_cas", "resolve_why", "setting", "doubt",   "refusal", "problem",
    "client_answer",  "banner",      "server",  "sntp_why"};

static bool is_among(const char *key, const char *const *keys, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}
#define AMONG(key, keys) is_among(key, keys, sizeof keys / sizeof *(keys))

static void target_hide(struct redacting *r)
{
    const char *parts[] = {"target",   "options", "observation", "through",
                           "expected", "mail",    "presented",   "clock"},
               *key;
    json_t *value;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        json_t *part = json_object_get(r->root, parts[i]);
        json_object_foreach(part, key, value) if (json_is_string(value) && AMONG(key, secret_keys))
            words_hide(&r->words, bytes_str(json_string_value(value)));
    }
}

/* ---- rewriting ---- */

static void string_rewrite(struct redacting *r, json_t *value)
{
    const char *old = json_string_value(value);
    const char *colon = strstr(old, "://"); /* of a proxy: what follows may be an address */
    const size_t scheme = colon ? (size_t)(colon + 3 - old) : 0;
    const char *rest = address_text(r, old + scheme);
    const char *address = rest ? arena_printf(&r->arena, "%.*s%s", (int)scheme, old, rest) : NULL;
    char *text = arena_strdup(&r->arena, address ? address : old);
    if (!address)
        words_replace(&r->words, (uint8_t *)text, strlen(text));
    json_string_set(value, text);
}

/* base64 of something: DER or bytes of a conversation. */
static void bytes_rewrite(struct redacting *r, json_t *value, bool der)
{
    struct bytes old;
    if (!json_is_string(value) || !json_unbase64(&r->arena, value, &old) || old.n == 0)
        return;
    uint8_t *now = arena_alloc(&r->arena, old.n);
    memcpy(now, old.p, old.n);
    if (der)
        der_replace(r, now, old.n, 0);
    else
        words_replace(&r->words, now, old.n);
    json_t *text = json_base64(bytes_of(now, old.n));
    json_string_set(value, json_string_value(text));
    json_decref(text);
}

static void rewrite(struct redacting *r, json_t *value, const char *key)
{
    const char *member;
    json_t *inner;
    size_t i;
    if (json_is_object(value)) {
        json_object_foreach(value, member, inner) rewrite(r, inner, member);
    } else if (json_is_array(value)) {
        json_array_foreach(value, i, inner) rewrite(r, inner, key);
    } else if (json_is_string(value)) {
        if (AMONG(key, secret_keys) || AMONG(key, telling_keys))
            string_rewrite(r, value);
        else if (strcmp(key, "stapled_ocsp") == 0 || strcmp(key, "request") == 0)
            bytes_rewrite(r, value, true);
        else if (strcmp(key, "peek") == 0)
            bytes_rewrite(r, value, false);
    }
}

static void blobs_rewrite(struct redacting *r)
{
    json_t *list = json_object_get(r->root, "blobs");
    for (size_t i = 0; i < r->count; i++) {
        struct blob *blob = &r->blobs[i];
        blob->changed = !blob->is_public && der_replace(r, blob->now, blob->old.n, 0);
        if (blob->changed)
            json_array_set_new(list, i, json_base64(bytes_of(blob->now, blob->old.n)));
    }
}

/* ---- what was known about signatures ---- */

static void signature_keep(struct redacting *r, const uint8_t spki[32], const uint8_t object[32],
                           enum sig_result result)
{
    json_t *item = json_object();
    json_object_set_new(item, "key", json_string(str_hex(&r->arena, bytes_of(spki, 32), 0)));
    json_object_set_new(item, "object", json_string(str_hex(&r->arena, bytes_of(object, 32), 0)));
    json_object_set_new(item, "result", json_integer((json_int_t)result));
    json_array_append_new(r->signatures, item);
}

struct moved {
    struct redacting *r;
    uint8_t old[32], now[32];
};

static void check_move(void *context, const uint8_t spki[32], const uint8_t object[32],
                       enum sig_result result)
{
    struct moved *moved = context;
    if (memcmp(object, moved->old, 32) == 0)
        signature_keep(moved->r, spki, moved->now, result);
}

static void moved_keep(struct redacting *r, struct bytes old, struct bytes now)
{
    struct moved moved = {.r = r};
    crypto_sha256(old, moved.old);
    crypto_sha256(now, moved.now);
    sig_memo_each(r->how->memo, check_move, &moved);
}

/* Timestamps are signed over the certificate (RFC 6962 section 3.2), under its issuer's key. */
static void timestamps_keep(struct redacting *r, const struct blob *blob, const struct cert *now)
{
    struct sct_list old_list = sct_list_of(cert_sct_list(blob->cert)),
                    new_list = sct_list_of(cert_sct_list(now));
    struct sct old_sct, new_sct;
    const struct blob *issuer = issuer_of(r, blob->cert);
    while (issuer && sct_next(&old_list, &old_sct) && sct_next(&new_list, &new_sct)) {
        BUF_CLEANUP before = {0}, after = {0};
        if (!sct_signed_data(&old_sct, blob->cert, issuer->cert, &before) ||
            !sct_signed_data(&new_sct, now, issuer->cert, &after))
            continue;
        buf_add_bytes(&before, old_sct.signature);
        buf_add_bytes(&after, new_sct.signature);
        moved_keep(r, buf_bytes(&before), buf_bytes(&after));
    }
}

static void signatures_keep(struct redacting *r)
{
    r->signatures = json_array();
    for (size_t i = 0; i < r->count; i++) {
        struct blob *blob = &r->blobs[i];
        if (!blob->changed)
            continue;
        struct cert *now = cert_parse(bytes_of(blob->now, blob->old.n));
        moved_keep(r, blob->old, bytes_of(blob->now, blob->old.n));
        if (now->parsed)
            timestamps_keep(r, blob, now);
        cert_unref(now);
    }
    json_object_set_new(r->root, "signatures", r->signatures);
}

enum cw_code case_redact(const struct redaction *how, struct buf *json, struct error *error)
{
    __attribute__((cleanup(redacting_free))) struct redacting r = {.how = how,
                                                                   .words = {.seed = how->seed}};
    r.root = json_loadb((const char *)json->p, json->n, 0, NULL);
    if (!r.root)
        return error_set(error, CW_E_INTERNAL, "the case that was made is no JSON");
    /* addresses, names and digests of the certificates that were: nothing of it would fit any more
     */
    json_object_del(r.root, "dns");
    json_object_del(r.root, "local_proxies");
    json_object_del(r.root, "resolvers");
    blobs_read(&r);
    target_hide(&r);
    blobs_rewrite(&r);
    signatures_keep(&r);
    const char *key;
    json_t *value;
    json_object_foreach(r.root, key,
                        value) if (strcmp(key, "blobs") != 0 && strcmp(key, "signatures") != 0)
        rewrite(&r, value, key);
    char *text = json_dumps(r.root, JSON_INDENT(1));
    if (!text)
        return error_set(error, CW_E_INTERNAL, "the case cannot be written");
    json->n = 0;
    buf_add_str(json, text);
    buf_add_byte(json, '\n');
    free(text);
    return CW_OK;
}
