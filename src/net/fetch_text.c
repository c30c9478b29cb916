/* SPDX-License-Identifier: Apache-2.0 */
#include "net.h"

static const char *const texts[] = {
    [FETCH_OK] = "fetched",
    [FETCH_OFFLINE] = "not fetched (--offline)",
    [FETCH_UNAVAILABLE] = "not fetched: libcurl is not installed",
    [FETCH_SCHEME] = "not fetched: only http, https and ldap are",
    [FETCH_ADDRESS] = "not fetched: the address is private",
    [FETCH_NAME] = "the name does not resolve",
    [FETCH_CONNECT] = "nobody answers at the address",
    [FETCH_TLS] = "the TLS connection failed",
    [FETCH_TIMEOUT] = "no whole answer in time",
    [FETCH_SLOW] = "the answer came too slowly",
    [FETCH_SIZE] = "the answer is too large",
    [FETCH_REDIRECTS] = "too many redirects",
    [FETCH_STATUS] = "the server answered with an error",
    [FETCH_BUDGET] = "not fetched: the time for fetches is spent",
    [FETCH_FAILED] = "the fetch failed",
};

const char *const fetch_result_names[] = {
    "ok",      "offline", "unavailable", "scheme",    "address", "name",   "connect", "tls",
    "timeout", "slow",    "size",        "redirects", "status",  "budget", "failed",  NULL};

const char *fetch_result_text(enum fetch_result result)
{
    return texts[result];
}
