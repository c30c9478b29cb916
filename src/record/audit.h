/* SPDX-License-Identifier: Apache-2.0 */
/* What an audit saw of a server's TLS configuration. Part of record.h. */
#ifndef CERTWHY_RECORD_AUDIT_H
#define CERTWHY_RECORD_AUDIT_H

#include "tls/tls.h"

enum audit_preference {
    PREFERENCE_UNKNOWN, /**< fewer than two to choose from, or not told */
    PREFERENCE_SERVER,
    PREFERENCE_CLIENT,
};
/** One suite that a server accepted, with what came of it. */
struct audit_suite {
    unsigned id;
    unsigned group, dh_bits, scheme; /**< 0 unknown */
};
/** Numbers in the order in which a server chose them. */
struct audit_list {
    unsigned items[64];
    size_t count;
    bool asked, complete; /**< complete: of all others offered, none was accepted */
    enum audit_preference preference;
};
/** One protocol version. */
struct audit_version {
    int version;
    bool asked, accepted;
    struct audit_suite *suites; /**< as the server chose them, first choice first */
    size_t suite_count;
    bool complete; /**< all suites that remained were refused, by an alert or a hello */
    enum audit_preference preference;
    enum answer_result refusal; /**< how the offer ended that nothing was left of */
    int alert;                  /**< of that, -1 none */
    bool modest;                /**< only a hello without new suites and groups was answered */
    struct audit_list groups;   /**< asked of TLS 1.3 and of the newest version besides it */
};
enum { AUDIT_VERSIONS = 6, AUDIT_LEAVES = 8 };

enum audit_answer { AUDIT_UNKNOWN, AUDIT_NO, AUDIT_YES };
/** What an HTTP server answered to one HEAD. */
struct audit_http {
    bool asked;
    bool named; /**< for a host name: addresses have no HSTS (RFC 6797 section 8.1.1) */
    int status; /**< 0: no HTTP answer */
    const char *server, *hsts; /**< header fields, harmless; "" none */
};
struct audit {
    const char *address;
    struct audit_version versions[AUDIT_VERSIONS]; /**< TLS 1.3 down to SSL 2.0 */
    struct audit_list schemes;                     /**< that it signs handshakes with */
    int scheme_version;                            /**< the version that was asked for them */
    enum audit_answer compression, renegotiation_info, extended_master_secret, encrypt_then_mac,
        tickets, heartbeat, stapling, fallback_scsv, downgrade_sentinel;
    enum audit_answer long_hello;      /**< a ClientHello of post-quantum size is answered */
    enum audit_answer h2, http11;      /**< ALPN (RFC 7301) */
    struct bytes leaves[AUDIT_LEAVES]; /**< different leaf certificates that were shown */
    size_t leaf_count;
    const char *session;    /**< why a whole handshake failed, "" it did not */
    struct audit_http http; /**< of servers that speak it */
    unsigned dh_bits;       /**< of the shortest prime seen; 0 none */
    struct bytes dh_prime;
    size_t connections, suite_connections; /**< in all; of the enumeration of suites */
    int64_t took_us;
    bool cut;            /**< a limit was reached, or the server answers no more */
    enum net_result net; /**< NET_OK: the server could be dialled every time */
    const char *why;
};

#endif
