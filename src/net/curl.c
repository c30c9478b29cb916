/* SPDX-License-Identifier: Apache-2.0 */
/* The only user of libcurl. It is loaded by the first fetch and not before: merely linking it costs
 * 6 ms of CPU and 6 MB. Its declarations are written out here, since no header is needed to build:
 * the numbers are libcurl's stable interface (tests/unit/test_fetch.c compares them with the
 * library). */
#include <dlfcn.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "curl_options.h"
#include "internal.h"

struct curl_slist;
struct curl {
    int (*global_init)(long flags);
    void *(*easy_init)(void);
    int (*easy_setopt)(void *handle, int option, ...);
    int (*easy_perform)(void *handle);
    int (*easy_getinfo)(void *handle, int info, ...);
    void (*easy_cleanup)(void *handle);
    const char *(*easy_strerror)(int code);
    struct curl_slist *(*slist_append)(struct curl_slist *list, const char *text);
    void (*slist_free_all)(struct curl_slist *list);
};

/* What the socket callback is given. */
struct curl_sockaddr {
    int family, socktype, protocol;
    unsigned addrlen;
    struct sockaddr_storage addr;
};

/* ---- loading ---- */

struct symbol {
    const char *name;
    size_t offset;
};
static const struct symbol symbols[] = {
    {"curl_global_init", offsetof(struct curl, global_init)},
    {"curl_easy_init", offsetof(struct curl, easy_init)},
    {"curl_easy_setopt", offsetof(struct curl, easy_setopt)},
    {"curl_easy_perform", offsetof(struct curl, easy_perform)},
    {"curl_easy_getinfo", offsetof(struct curl, easy_getinfo)},
    {"curl_easy_cleanup", offsetof(struct curl, easy_cleanup)},
    {"curl_easy_strerror", offsetof(struct curl, easy_strerror)},
    {"curl_slist_append", offsetof(struct curl, slist_append)},
    {"curl_slist_free_all", offsetof(struct curl, slist_free_all)},
};

/* Debian's usual one, and the one on GnuTLS, which many machines have instead. */
static const char *const libraries[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};

struct curl *curl_load(void)
{
    void *library = NULL;
    for (size_t i = 0; !library && i < sizeof libraries / sizeof *libraries; i++)
        library = dlopen(libraries[i], RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!library)
        return NULL;
    struct curl *curl = xcalloc(1, sizeof *curl);
    bool good = true;
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        void *address = dlsym(library, symbols[i].name);
        /* ISO C has no conversion from an object to a function pointer: POSIX dlsym() does. */
        memcpy((char *)curl + symbols[i].offset, &address, sizeof address);
        good = good && address;
    }
    if (good && curl->global_init(CURL_GLOBAL_DEFAULT) == 0)
        return curl;
    free(curl);
    return NULL;
}

/* ---- callbacks ---- */

/** A transfer under way. */
struct progress {
    const struct curl *curl;
    struct transfer *transfer;
    struct arena *arena;
    void *handle;
    bool refused;   /**< an address was: that is why there is no connection */
    bool too_large; /**< for its kind, or … */
    bool spent;     /**< … for what the run has left */
    int64_t start_us;
};

/* The address that is connected to in the end is the one that counts, whatever the name resolved to
 * before: here libcurl asks for the socket. */
static int open_socket(void *context, int purpose, struct curl_sockaddr *address)
{
    struct progress *progress = context;
    (void)purpose;
    const struct transfer *transfer = progress->transfer;
    struct sockaddr_in6 v6;
    struct sockaddr_in v4;
    const uint8_t *ip = NULL;
    if (address->family == AF_INET6) {
        memcpy(&v6, &address->addr, sizeof v6);
        ip = v6.sin6_addr.s6_addr;
    } else if (address->family == AF_INET) {
        memcpy(&v4, &address->addr, sizeof v4);
        ip = (const uint8_t *)&v4.sin_addr;
    }
    const bool allowed = transfer->allow_private || transfer->proxy ||
                         (ip && address_is_public(address->family, ip));
    if (!allowed) {
        progress->refused = true;
        return -1;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t take_body(const char *p, size_t size, size_t n, void *context)
{
    struct progress *progress = context;
    struct transfer *transfer = progress->transfer;
    struct fetch_budget *budget = transfer->budget;
    n *= size;
    progress->too_large = (int64_t)n > transfer->limit;
    progress->spent = budget && atomic_fetch_sub(&budget->bytes, (int64_t)n) < (int64_t)n;
    if (progress->too_large || progress->spent)
        return 0;
    transfer->limit -= (int64_t)n;
    if (transfer->status == 0) {
        long status = 0;
        progress->curl->easy_getinfo(progress->handle, CURLINFO_RESPONSE_CODE, &status);
        transfer->status = (int)status;
    }
    /* An error's page is of no use, and no part of the answer. */
    if (transfer->status == 200)
        buf_append(&transfer->body, p, n);
    return n;
}

static void field_take(struct bytes line, const char *name, char *out, size_t size)
{
    const size_t n = strlen(name);
    if (line.n <= n || strncasecmp((const char *)line.p, name, n) != 0)
        return;
    struct bytes value = bytes_slice(line, n, line.n);
    while (value.n && (value.p[0] == ' ' || value.p[0] == '\t'))
        value = bytes_slice(value, 1, value.n);
    while (value.n && (value.p[value.n - 1] == '\n' || value.p[value.n - 1] == '\r'))
        value.n--;
    if (value.n >= size)
        value.n = size - 1;
    memcpy(out, value.p, value.n);
    out[value.n] = '\0';
}

static size_t take_header(const char *p, size_t size, size_t n, void *context)
{
    struct transfer *transfer = ((struct progress *)context)->transfer;
    const struct bytes line = bytes_of(p, size * n);
    field_take(line, "cache-control:", transfer->cache_control, sizeof transfer->cache_control);
    field_take(line, "expires:", transfer->expires, sizeof transfer->expires);
    return size * n;
}

/* ---- what came of it ---- */

struct code_row {
    int code;
    enum fetch_result result;
};
/* CURLcode, whose numbers never change. */
static const struct code_row codes[] = {
    {5, FETCH_CONNECT}, {6, FETCH_NAME}, {7, FETCH_CONNECT}, {35, FETCH_TLS},  {51, FETCH_TLS},
    {58, FETCH_TLS},    {59, FETCH_TLS}, {60, FETCH_TLS},    {63, FETCH_SIZE}, {77, FETCH_TLS},
    {80, FETCH_TLS},    {83, FETCH_TLS}, {90, FETCH_TLS},    {91, FETCH_TLS},  {97, FETCH_CONNECT},
};
enum { CURLE_OK = 0, CURLE_OPERATION_TIMEDOUT = 28 };

static enum fetch_result result_of(const struct progress *progress, int code)
{
    if (code == CURLE_OK)
        return FETCH_OK;
    if (progress->refused)
        return FETCH_ADDRESS;
    if (progress->too_large)
        return FETCH_SIZE;
    if (progress->spent)
        return FETCH_BUDGET;
    if (code == CURLE_OPERATION_TIMEDOUT)
        return progress->transfer->status ? FETCH_SLOW : FETCH_TIMEOUT;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].code == code)
            return codes[i].result;
    return FETCH_FAILED;
}

static void answer_take(struct progress *progress, int code)
{
    struct transfer *transfer = progress->transfer;
    const struct curl *curl = progress->curl;
    long status = 0;
    const char *redirect = NULL;
    curl->easy_getinfo(progress->handle, CURLINFO_RESPONSE_CODE, &status);
    curl->easy_getinfo(progress->handle, CURLINFO_REDIRECT_URL, &redirect);
    transfer->status = (int)status;
    transfer->result = result_of(progress, code);
    if (redirect && code == CURLE_OK)
        transfer->redirect = arena_strdup(progress->arena, redirect);
    const bool ours = transfer->result == FETCH_ADDRESS || transfer->result == FETCH_SIZE ||
                      transfer->result == FETCH_BUDGET;
    const bool late = transfer->result == FETCH_SLOW || transfer->result == FETCH_TIMEOUT;
    if (late)
        snprintf(transfer->why, sizeof transfer->why, "%zu bytes within %.0f s", transfer->body.n,
                 (double)(time_monotonic_us() - progress->start_us) / 1e6);
    else if (code == CURLE_OK || ours)
        transfer->why[0] = '\0';
    else if (transfer->why[0] == '\0')
        snprintf(transfer->why, sizeof transfer->why, "%s", curl->easy_strerror(code));
}

/* ---- the request ---- */

static void set_limits(const struct progress *progress)
{
    const struct curl *curl = progress->curl;
    const struct transfer *transfer = progress->transfer;
    void *handle = progress->handle;
    const long left = deadline_left_ms(transfer->until);
    const long connect = LIMIT_FETCH_CONNECT_SECONDS * 1000L;
    curl->easy_setopt(handle, CURLOPT_TIMEOUT_MS, left > 0 ? left : 1L);
    curl->easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, connect < left ? connect : left + 1);
    curl->easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, (long)LIMIT_FETCH_SLOW_BYTES);
    curl->easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, (long)LIMIT_FETCH_SLOW_SECONDS);
    curl->easy_setopt(handle, CURLOPT_MAXFILESIZE_LARGE, transfer->limit);
}

static void set_callbacks(struct progress *progress)
{
    const struct curl *curl = progress->curl;
    void *handle = progress->handle;
    curl->easy_setopt(handle, CURLOPT_ERRORBUFFER, progress->transfer->why);
    curl->easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl->easy_setopt(handle, CURLOPT_OPENSOCKETDATA, progress);
    curl->easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
    curl->easy_setopt(handle, CURLOPT_WRITEDATA, progress);
    curl->easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_header);
    curl->easy_setopt(handle, CURLOPT_HEADERDATA, progress);
}

/* "host:port:address,address": libcurl resolves nothing itself, and its threads for that are not
 * needed. */
static struct curl_slist *pin(const struct progress *progress)
{
    const struct transfer *transfer = progress->transfer;
    if (!transfer->addresses)
        return NULL;
    BUF_CLEANUP text = {0};
    buf_printf(&text, "%s:%u:", transfer->url->host, (unsigned)transfer->url->port);
    for (size_t i = 0; i < transfer->addresses->count; i++) {
        const struct address *address = &transfer->addresses->items[i];
        const bool v6 = address->family == AF_INET6;
        const char *ip = str_ip(progress->arena, bytes_of(address->ip, v6 ? 16 : 4));
        buf_printf(&text, "%s%s%s%s", i ? "," : "", v6 ? "[" : "", ip, v6 ? "]" : "");
    }
    return progress->curl->slist_append(NULL, buf_cstr(&text));
}

static struct curl_slist *headers(const struct curl *curl, bool post)
{
    struct curl_slist *list = curl->slist_append(NULL, "Accept: */*");
    /* RFC 6960 appendix A.1; no "Expect", which costs a round trip. */
    if (post) {
        list = curl->slist_append(list, "Content-Type: application/ocsp-request");
        list = curl->slist_append(list, "Expect:");
    }
    return list;
}

static void set_request(const struct progress *progress, struct curl_slist *pinned,
                        struct curl_slist *fields)
{
    const struct curl *curl = progress->curl;
    const struct transfer *transfer = progress->transfer;
    void *handle = progress->handle;
    curl->easy_setopt(handle, CURLOPT_URL, url_text(transfer->url, progress->arena));
    curl->easy_setopt(handle, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
    curl->easy_setopt(handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl->easy_setopt(handle, CURLOPT_USERAGENT, "certwhy/" CERTWHY_VERSION);
    curl->easy_setopt(handle, CURLOPT_HTTPHEADER, fields);
    curl->easy_setopt(handle, CURLOPT_RESOLVE, pinned);
    /* "": no proxy, and no look into the environment, which is not ours to read. */
    curl->easy_setopt(handle, CURLOPT_PROXY, transfer->proxy ? transfer->proxy : "");
    curl->easy_setopt(handle, CURLOPT_NOPROXY, "");
    curl->easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl->easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    /* A proxy's name that does not resolve must not hold us: newer than some libraries, which then
     * say so in vain. */
    curl->easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);
    if (transfer->post.n == 0)
        return;
    curl->easy_setopt(handle, CURLOPT_POSTFIELDSIZE, (long)transfer->post.n);
    curl->easy_setopt(handle, CURLOPT_POSTFIELDS, transfer->post.p);
}

void curl_transfer(const struct curl *curl, struct transfer *transfer, struct arena *arena)
{
    struct progress progress = {
        .curl = curl, .transfer = transfer, .arena = arena, .start_us = time_monotonic_us()};
    transfer->result = FETCH_FAILED;
    progress.handle = curl->easy_init();
    if (!progress.handle)
        return;
    struct curl_slist *pinned = pin(&progress);
    struct curl_slist *fields = headers(curl, transfer->post.n > 0);
    set_callbacks(&progress);
    set_limits(&progress);
    set_request(&progress, pinned, fields);
    answer_take(&progress, curl->easy_perform(progress.handle));
    curl->easy_cleanup(progress.handle);
    curl->slist_free_all(pinned);
    curl->slist_free_all(fields);
}
