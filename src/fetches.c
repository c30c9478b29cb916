/* SPDX-License-Identifier: Apache-2.0 */
/* How this run fetches: options and environment → the fetcher's settings. */
#include <string.h>

#include "certwhy_internal.h"

static const char *variable(const struct cw_options *options, const char *name, const char *other)
{
    const char *value = environment_get(&options->environment, name);
    if (!value || *value == '\0')
        value = other ? environment_get(&options->environment, other) : NULL;
    return value ? value : "";
}

/* The XDG base directories: a relative one is to be ignored. */
static const char *cache_directory(const struct cw_options *options, struct arena *arena)
{
    const char *base = variable(options, "XDG_CACHE_HOME", NULL);
    if (*base == '/')
        return arena_printf(arena, "%s/certwhy", base);
    const char *home = variable(options, "HOME", NULL);
    return *home == '/' ? arena_printf(arena, "%s/.cache/certwhy", home) : "";
}

struct fetcher *fetcher_open(const struct cw_options *options, struct arena *arena)
{
    const bool straight = strcmp(options->proxy, "none") == 0;
    const struct fetch_settings settings = {
        .offline = options->offline,
        .allow_private = options->allow_private_fetch,
        /* as long as a dialogue by default, the limits of each kind are better */
        .timeout = options->timeout < LIMIT_FETCH_SECONDS ? options->timeout : 0,
        .proxy = straight ? "" : options->proxy,
        /* Only in lower case: HTTP_PROXY is what a CGI program gets from a "Proxy:" header. */
        .http_proxy = straight ? "" : variable(options, "http_proxy", NULL),
        .https_proxy = straight ? "" : variable(options, "https_proxy", "HTTPS_PROXY"),
        .all_proxy = straight ? "" : variable(options, "all_proxy", "ALL_PROXY"),
        .no_proxy = variable(options, "no_proxy", "NO_PROXY"),
        .cache = options->no_cache ? "" : cache_directory(options, arena),
    };
    return fetcher_new(&settings);
}
