/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of the fetch cache: what is read is written back to the same meaning; and URLs: what is
 * sent is read again as it was meant. */
#include <stdlib.h>
#include <string.h>

#include "net/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_entry(struct bytes file, struct arena *arena)
{
    struct cache_entry entry, again;
    if (!cache_entry_read(file, arena, &entry))
        return;
    check(entry.body.p >= file.p && entry.body.p + entry.body.n == file.p + file.n);
    BUF_CLEANUP out = {0};
    cache_entry_write(&entry, &out);
    check(cache_entry_read(buf_bytes(&out), arena, &again));
    check(again.kind == entry.kind && again.expires == entry.expires &&
          strcmp(again.url, entry.url) == 0 && bytes_equal(again.body, entry.body));
}

static void check_url(const char *text, struct arena *arena)
{
    struct url url, again;
    if (!url_parse(text, arena, &url) || url.scheme == URL_OTHER)
        return;
    const char *sent = url_text(&url, arena);
    check(strpbrk(sent, " \t\r\n@\\") == NULL || strchr(url.rest, '@') != NULL);
    if (strlen(sent) > LIMIT_URL_BYTES)
        return;
    check(url_parse(sent, arena, &again));
    check(again.scheme == url.scheme && again.port == url.port &&
          strcmp(again.host, url.host) == 0 && strcmp(again.rest, url.rest) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    const struct bytes file = bytes_of(data, size);
    const char *text = arena_strndup(&arena, (const char *)data, size);
    const struct fetch_request request = {.kind = FETCH_ISSUER, .url = "", .now = 1795262400};
    check_entry(file, &arena);
    check_url(text, &arena);
    no_proxy_holds(text, "10.1.2.3");
    no_proxy_holds(text, "a.example.test");
    const cw_time until = cache_expiry(&request, bytes_str("0x"), text, text);
    check(until <= request.now + LIMIT_CACHE_DAYS * TIME_DAY);
    arena_free(&arena);
    return 0;
}
