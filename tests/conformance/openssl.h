/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's verifier under given settings: as our profile, and as libcrypto itself. */
#ifndef CERTWHY_TESTS_OPENSSL_H
#define CERTWHY_TESTS_OPENSSL_H

#include "corpus.h"

/** What `openssl verify` can be told. All zero but depth: `openssl verify` without options. */
struct openssl_settings {
    unsigned purpose; /**< EKU_SERVER_AUTH, EKU_CLIENT_AUTH; 0: none is asked for */
    int auth_level;   /**< 0 to 3 */
    int depth;        /**< intermediates, OPENSSL_DEPTH when not limited */
    bool partial_chain, strict, check_ss, allow_proxy;
    bool policy_check, explicit_policy, inhibit_any, inhibit_map;
    const char *policies[4]; /**< dotted, up to a NULL */
    const char *host;        /**< NULL: names are not judged */
    cw_time at;
};
enum { OPENSSL_DEPTH = 100 };

/** Our OpenSSL profile under these settings; what it points to lives in the arena. */
void openssl_behave(const struct openssl_settings *s, struct arena *arena, struct behaviour *out);

#endif
