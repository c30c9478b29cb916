/* SPDX-License-Identifier: Apache-2.0 */
/* What was fetched, kept on disk: one file per request, named by the SHA-256 of what was asked. A
 * few lines of text, an empty one, the body. Whatever is not exactly such a file is no entry. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "internal.h"
#include "x509/x509.h"

static const char MAGIC[] = "certwhy/cache/1\n";
static const char *const kind_names[] = {
    [FETCH_ISSUER] = "issuer", [FETCH_CRL] = "crl", [FETCH_OCSP] = "ocsp", [FETCH_DATA] = "data"};

/* ---- an entry's file ---- */

void cache_key(const struct fetch_request *request, uint8_t key[CACHE_KEY_BYTES])
{
    BUF_CLEANUP all = {0};
    buf_printf(&all, "%s\n%s\n", kind_names[request->kind], request->url);
    buf_add_bytes(&all, request->post);
    crypto_sha256(buf_bytes(&all), key);
}

/** Takes the line "NAME VALUE\n" from the front; the value is the arena's. False: another line. */
static bool line_take(struct bytes *file, const char *name, struct arena *arena, const char **value)
{
    const size_t n = strlen(name);
    const struct bytes head = bytes_slice(*file, 0, LIMIT_URL_BYTES + 64);
    const uint8_t *end = head.n ? memchr(head.p, '\n', head.n) : NULL;
    if (!end || (size_t)(end - head.p) < n + 1 || memcmp(head.p, name, n) != 0 || head.p[n] != ' ')
        return false;
    *value = arena_strndup(arena, (const char *)head.p + n + 1, (size_t)(end - head.p) - n - 1);
    *file = bytes_slice(*file, (size_t)(end - head.p) + 1, file->n);
    return true;
}

static bool number_take(struct bytes *file, const char *name, struct arena *arena, int64_t *out)
{
    const char *text = NULL;
    return line_take(file, name, arena, &text) &&
           str_to_int(text, -(INT64_C(1) << 53), INT64_C(1) << 53, out);
}

static bool kind_take(struct bytes *file, struct arena *arena, enum fetch_kind *out)
{
    const char *text = NULL;
    if (!line_take(file, "kind", arena, &text))
        return false;
    for (size_t i = 0; i < sizeof kind_names / sizeof *kind_names; i++)
        if (strcmp(text, kind_names[i]) == 0) {
            *out = (enum fetch_kind)i;
            return true;
        }
    return false;
}

static bool digest_fits(struct bytes body, const char *hex, struct arena *arena)
{
    uint8_t digest[32];
    crypto_sha256(body, digest);
    return strcmp(hex, str_hex(arena, bytes_of(digest, sizeof digest), 0)) == 0;
}

bool cache_entry_read(struct bytes file, struct arena *arena, struct cache_entry *out)
{
    const char *digest = NULL;
    int64_t length = 0;
    *out = (struct cache_entry){.url = ""};
    if (!bytes_equal(bytes_slice(file, 0, strlen(MAGIC)), bytes_str(MAGIC)))
        return false;
    file = bytes_slice(file, strlen(MAGIC), file.n);
    if (!kind_take(&file, arena, &out->kind) || !line_take(&file, "url", arena, &out->url) ||
        !number_take(&file, "fetched", arena, &out->fetched) ||
        !number_take(&file, "expires", arena, &out->expires) ||
        !number_take(&file, "length", arena, &length) ||
        !line_take(&file, "sha256", arena, &digest))
        return false;
    if (file.n == 0 || file.p[0] != '\n')
        return false;
    out->body = bytes_slice(file, 1, file.n);
    return length >= 0 && out->body.n == (uint64_t)length && digest_fits(out->body, digest, arena);
}

void cache_entry_write(const struct cache_entry *entry, struct buf *out)
{
    struct arena arena = {0};
    uint8_t digest[32];
    crypto_sha256(entry->body, digest);
    buf_reserve(out, entry->body.n + LIMIT_URL_BYTES);
    buf_printf(out,
               "%skind %s\nurl %s\nfetched %" PRId64 "\nexpires %" PRId64
               "\nlength %zu\nsha256 %s\n\n",
               MAGIC, kind_names[entry->kind], entry->url, entry->fetched, entry->expires,
               entry->body.n, str_hex(&arena, bytes_of(digest, sizeof digest), 0));
    buf_add_bytes(out, entry->body);
    arena_free(&arena);
}

/* ---- how long ---- */

/* "max-age=3600, must-revalidate" (RFC 9111 section 5.2.2): seconds, 0 for what must not be kept,
 * -1 when it says nothing. */
static int64_t max_age_of(const char *cache_control)
{
    int64_t seconds = -1;
    struct arena arena = {0};
    for (const char *p = cache_control; *p;) {
        const size_t n = strcspn(p, ", \t");
        const char *word = arena_strndup(&arena, p, n);
        if (strcasecmp(word, "no-store") == 0 || strcasecmp(word, "no-cache") == 0)
            seconds = 0;
        else if (strncasecmp(word, "max-age=", 8) == 0 && seconds != 0 &&
                 !str_to_int(word + 8, 0, INT32_MAX, &seconds))
            seconds = 0; /* RFC 9111 section 4.2.1: what cannot be understood is stale */
        p += n + (p[n] != '\0');
    }
    arena_free(&arena);
    return seconds;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7). TIME_NONE for all else: "0" is common,
 * and means that it has expired (RFC 9111 section 5.3). */
static cw_time http_date(const char *text)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int day, year, hour, minute, second, end = 0;
    char month[4] = "";
    if (sscanf(text, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT%n", &day, month, &year, &hour,
               &minute, &second, &end) != 6 ||
        end == 0)
        return TIME_NONE;
    const char *at = strstr(months, month);
    if (strlen(month) != 3 || !at || (at - months) % 3 != 0)
        return TIME_NONE;
    const int number = (int)(at - months) / 3 + 1;
    if (!time_is_valid_date(year, number, day, hour, minute, second))
        return TIME_NONE;
    return time_make(year, number, day, hour, minute, second);
}

/** nextUpdate of what was fetched; TIME_NONE when there is none, or it is no such document. */
static cw_time next_update_of(enum fetch_kind kind, struct bytes body)
{
    cw_time next = TIME_NONE;
    if (kind == FETCH_CRL) {
        struct crl *crl = crl_parse(body);
        next = crl->parsed ? crl->next_update : TIME_NONE;
        crl_free(crl);
    } else if (kind == FETCH_OCSP) {
        struct ocsp *ocsp = ocsp_parse(body);
        struct reader singles = ocsp_singles(ocsp);
        struct ocsp_single single;
        if (ocsp->readable == OCSP_READABLE && ocsp_single_next(&singles, &single))
            next = single.next_update;
        ocsp_unref(ocsp);
    }
    return next;
}

/* A page of words is not kept: whoever repairs the server wants to see it at once. */
static bool may_be_issuer(struct bytes body)
{
    return body.n > 1 &&
           (body.p[0] == 0x30 || bytes_find(body, bytes_str("-----BEGIN ")) != SIZE_MAX);
}

static cw_time earlier(cw_time a, cw_time b)
{
    return a < b ? a : b;
}

cw_time cache_expiry(const struct fetch_request *request, struct bytes body,
                     const char *cache_control, const char *expires)
{
    const cw_time now = request->now;
    const int64_t max_age = max_age_of(cache_control);
    cw_time until = now + LIMIT_CACHE_DAYS * TIME_DAY;
    if (request->kind == FETCH_DATA)
        return TIME_NONE; /* asked for because it shall be new */
    if (request->kind != FETCH_ISSUER)
        until = earlier(until, next_update_of(request->kind, body));
    else if (!may_be_issuer(body))
        return TIME_NONE;
    if (max_age >= 0)
        until = earlier(until, now + max_age);
    else if (*expires)
        until = earlier(until, http_date(expires));
    return until;
}

/* ---- the directory ---- */

static const char *entry_path(const char *directory, const struct fetch_request *request,
                              struct arena *arena)
{
    uint8_t key[CACHE_KEY_BYTES];
    cache_key(request, key);
    return arena_printf(arena, "%s/%s", directory, str_hex(arena, bytes_of(key, sizeof key), 0));
}

bool cache_find(const char *directory, const struct fetch_request *request, struct arena *arena,
                struct fetched *out)
{
    struct cache_entry entry;
    struct mapping map;
    /* Where others can write, others can answer. */
    if (!file_is_private_dir(directory) ||
        file_map(NULL, entry_path(directory, request, arena), &map, NULL) != CW_OK)
        return false;
    /* One of the future was made by another clock. */
    if (!cache_entry_read(bytes_of(map.p, map.n), arena, &entry) || entry.kind != request->kind ||
        strcmp(entry.url, request->url) != 0 || entry.fetched > request->now ||
        entry.expires <= request->now) {
        file_unmap(&map);
        return false;
    }
    *out = (struct fetched){
        .result = FETCH_OK, .why = "", .cached = true, .body = entry.body, .map = map};
    return true;
}

struct old_entry {
    const char *path;
    int64_t size;
    int64_t modified;
};

static int newest_first(const void *a, const void *b)
{
    const struct old_entry *x = a, *y = b;
    if (x->modified != y->modified)
        return x->modified > y->modified ? -1 : 1;
    return strcmp(x->path, y->path);
}

/* The oldest go when there are too many, or too much of them. */
static void make_room(const char *directory)
{
    struct arena arena = {0};
    const char **names = NULL;
    size_t count = 0;
    int64_t total = 0;
    file_list(NULL, directory, 2 * LIMIT_CACHE_ENTRIES, &arena, &names, &count, NULL);
    struct old_entry *entries = arena_array(&arena, count + 1, sizeof *entries);
    for (size_t i = 0; i < count; i++) {
        const char *path = arena_printf(&arena, "%s/%s", directory, names[i]);
        entries[i] = (struct old_entry){path, file_size(NULL, path), file_mtime(NULL, path)};
    }
    qsort(entries, count, sizeof *entries, newest_first);
    for (size_t i = 0; i < count; i++) {
        total += entries[i].size;
        if (i >= LIMIT_CACHE_ENTRIES || total > LIMIT_CACHE_BYTES)
            file_remove(entries[i].path);
    }
    arena_free(&arena);
}

void cache_keep(const char *directory, const struct fetch_request *request, struct bytes body,
                cw_time expires)
{
    if (expires <= request->now)
        return;
    if (!file_make_private_dir(directory)) {
        log_line(1, "nothing is cached in %s: it is not this user's alone", directory);
        return;
    }
    struct arena arena = {0};
    BUF_CLEANUP file = {0};
    struct error error = {0};
    const struct cache_entry entry = {.kind = request->kind,
                                      .url = request->url,
                                      .fetched = request->now,
                                      .expires = expires,
                                      .body = body};
    cache_entry_write(&entry, &file);
    if (file_write_atomic(NULL, entry_path(directory, request, &arena), buf_bytes(&file), 0600,
                          &error) != CW_OK)
        log_line(1, "not cached: %s", error.text);
    make_room(directory);
    arena_free(&arena);
}
