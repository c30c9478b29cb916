/* SPDX-License-Identifier: Apache-2.0 */
/* What an audit saw of a server's TLS configuration. Part of record.h. */
#ifndef CERTWHY_RECORD_AUDIT_H
#define CERTWHY_RECORD_AUDIT_H

#include "tls/tls.h"

enum audit_preference {
    PREFERENCE_UNKNOWN, /**< fewer than two suites */
    PREFERENCE_SERVER,
    PREFERENCE_CLIENT,
};
/** One suite that a server accepted, with what came of it. */
struct audit_suite {
    unsigned id;
    unsigned group, dh_bits, scheme; /**< 0 unknown */
};
/** One protocol version. */
struct audit_version {
    int version;
    bool accepted;
    struct audit_suite *suites; /**< as the server chose them, first choice first */
    size_t suite_count;
    enum audit_preference preference;
    enum answer_result refusal; /**< how the offer ended that nothing was left of */
    int alert;                  /**< of that, -1 none */
};
enum { AUDIT_VERSIONS = 6 };

enum audit_answer { AUDIT_UNKNOWN, AUDIT_NO, AUDIT_YES };
struct audit {
    const char *address;
    struct audit_version versions[AUDIT_VERSIONS]; /**< TLS 1.3 down to SSL 2.0 */
    unsigned *groups;                              /**< accepted, first choice first */
    size_t group_count;
    int group_version; /**< the version that they were asked of */
    enum audit_answer compression, renegotiation_info, extended_master_secret, tickets, heartbeat,
        stapling, fallback_scsv, downgrade_sentinel, sha1_signatures;
    const char *alpn;     /**< chosen of "h2,http/1.1"; "" none */
    struct bytes *leaves; /**< different leaf certificates that were shown */
    size_t leaf_count;
    unsigned dh_bits; /**< of the shortest prime seen; 0 none */
    struct bytes dh_prime;
    size_t connections, suite_connections; /**< in all; of the enumeration of suites */
    int64_t took_us;
    enum net_result net; /**< NET_OK: the server could be dialled every time */
    const char *why;
};

#endif
