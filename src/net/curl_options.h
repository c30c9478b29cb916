/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers of libcurl that curl.c uses, from curl/curl.h: part of its stable interface. */
#ifndef CERTWHY_NET_CURL_OPTIONS_H
#define CERTWHY_NET_CURL_OPTIONS_H

/* X(name, number): CURLOPT_name */
#define CURL_OPTIONS(X)                                                                            \
    X(WRITEDATA, 10001)                                                                            \
    X(URL, 10002)                                                                                  \
    X(PROXY, 10004)                                                                                \
    X(ERRORBUFFER, 10010)                                                                          \
    X(POSTFIELDS, 10015)                                                                           \
    X(USERAGENT, 10018)                                                                            \
    X(LOW_SPEED_LIMIT, 19)                                                                         \
    X(LOW_SPEED_TIME, 20)                                                                          \
    X(HTTPHEADER, 10023)                                                                           \
    X(HEADERDATA, 10029)                                                                           \
    X(POSTFIELDSIZE, 60)                                                                           \
    X(HTTP_VERSION, 84)                                                                            \
    X(NOSIGNAL, 99)                                                                                \
    X(TIMEOUT_MS, 155)                                                                             \
    X(CONNECTTIMEOUT_MS, 156)                                                                      \
    X(OPENSOCKETDATA, 10164)                                                                       \
    X(NOPROXY, 10177)                                                                              \
    X(PROTOCOLS, 181)                                                                              \
    X(RESOLVE, 10203)                                                                              \
    X(SUPPRESS_CONNECT_HEADERS, 265)                                                               \
    X(QUICK_EXIT, 322)                                                                             \
    X(WRITEFUNCTION, 20011)                                                                        \
    X(HEADERFUNCTION, 20079)                                                                       \
    X(OPENSOCKETFUNCTION, 20163)                                                                   \
    X(MAXFILESIZE_LARGE, 30117)

enum curl_option {
#define X(name, number) CURLOPT_##name = (number),
    CURL_OPTIONS(X)
#undef X
};
enum { CURLINFO_RESPONSE_CODE = 0x200002, CURLINFO_REDIRECT_URL = 0x10001f };

static const long CURL_GLOBAL_DEFAULT = 3;
static const long CURLPROTO_HTTP = 1, CURLPROTO_HTTPS = 2;
static const long CURL_HTTP_VERSION_1_1 = 2;

#endif
