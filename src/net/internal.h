/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of fetching share. */
#ifndef CERTWHY_NET_INTERNAL_H
#define CERTWHY_NET_INTERNAL_H

#include "net.h"

/* ---- url.c ---- */

enum url_scheme { URL_OTHER, URL_HTTP, URL_HTTPS, URL_LDAP };
/** A URL in its parts (RFC 3986 section 3). What is sent is written anew from them (url_text()), so
 *  that no other parser can read another host from it than was checked here. */
struct url {
    enum url_scheme scheme;
    char host[254]; /**< name or literal, without brackets */
    bool is_v6;
    uint16_t port;
    const char *rest; /**< path and query, from "/" on, percent-encoded where it must be */
};
/** False for what is no URL: no host, credentials, control characters, too long. Other schemes are
 *  URL_OTHER and have nothing else. */
bool url_parse(const char *text, struct arena *arena, struct url *out);
const char *url_text(const struct url *url, struct arena *arena);

/* ---- proxy.c ---- */

/** The proxy for this URL, as curl chooses it; NULL: none. */
const char *proxy_for(const struct fetch_settings *settings, const struct url *url);

/* ---- curl.c ---- */

struct curl;
/** Loads libcurl, which stays until the process ends; NULL when it is not there. The caller frees
 * the answer with free(). Not for several threads at once. */
struct curl *curl_load(void);

/** One request and its answer, over http or https: a redirect is an answer. */
struct transfer {
    const struct url *url;
    const struct addresses *addresses; /**< where to connect; NULL: the proxy resolves */
    const char *proxy;                 /**< NULL none */
    struct bytes post;                 /**< empty: GET */
    bool allow_private;
    bool all_values; /**< LDAP: of an attribute with several */
    int64_t limit;   /**< bytes of the body */
    struct deadline until;
    struct fetch_budget *budget; /**< NULL none */

    enum fetch_result result; /**< FETCH_OK: there is an answer, of whatever status */
    char why[256];            /**< libcurl's words */
    int status;
    struct buf body;         /**< of HTTP's status 200 alone; the caller frees */
    const char *redirect;    /**< absolute URL; NULL none */
    char cache_control[256]; /**< header fields as they came, "" none */
    char expires[64];
};
void curl_transfer(const struct curl *curl, struct transfer *transfer, struct arena *arena);

/* ---- ldap.c ---- */

/** An anonymous search for one attribute of one entry (RFC 4511, RFC 4516). The body is its first
 *  value, or all of them. No referral is followed; through no proxy. */
void ldap_transfer(struct transfer *transfer, struct arena *arena);

/* ---- cache.c ---- */

enum { CACHE_KEY_BYTES = 32 };
/** What one entry is about. */
struct cache_entry {
    enum fetch_kind kind;
    const char *url;
    cw_time fetched, expires;
    struct bytes body;
};
void cache_key(const struct fetch_request *request, uint8_t key[CACHE_KEY_BYTES]);
/** Reads an entry's file. False for anything but a whole, unaltered entry. `url` is the arena's. */
bool cache_entry_read(struct bytes file, struct arena *arena, struct cache_entry *out);
void cache_entry_write(const struct cache_entry *entry, struct buf *out);
/** Until when an answer may be used: the earliest of what HTTP says (RFC 9111 section 4.2), of
 *  nextUpdate, and of LIMIT_CACHE_DAYS. `now` or before: not at all, as for what is no such
 *  document. */
cw_time cache_expiry(const struct fetch_request *request, struct bytes body,
                     const char *cache_control, const char *expires);
/** An answer that is still good, mapped; false: none. */
bool cache_find(const char *directory, const struct fetch_request *request, struct arena *arena,
                struct fetched *out);
void cache_keep(const char *directory, const struct fetch_request *request, struct bytes body,
                cw_time expires);

#endif
