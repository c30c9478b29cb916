/* SPDX-License-Identifier: Apache-2.0 */
/* What a server does with other hellos than the first, which showed no certificate. Part of
 * record.h. */
#ifndef CERTWHY_RECORD_ATTEMPT_H
#define CERTWHY_RECORD_ATTEMPT_H

#include "tls/tls.h"

/** Each differs from another one in a single thing, so that what fails and what does not tells what
 *  is taken offence at. */
enum attempt_kind {
    ATTEMPT_NOTHING, /**< nothing is said: who closes then did not mind the hello */
    ATTEMPT_USUAL,   /**< TLS 1.3 and 1.2 with what clients usually offer, in one segment */
    ATTEMPT_LARGE,   /**< the same with a post-quantum key share: two segments */
    ATTEMPT_TLS12,   /**< as the usual one, without TLS 1.3 */
    ATTEMPT_ALL13,   /**< TLS 1.3 with every suite and group that has a number */
    ATTEMPT_ALL12,   /**< TLS 1.2 with every suite and group */
    ATTEMPT_OLD,     /**< TLS 1.0 with every suite */
    ATTEMPT_KINDS
};
extern const char *const attempt_kind_names[]; /**< "nothing", "usual" …; ends with NULL */

struct attempt {
    enum attempt_kind kind;
    enum answer_result result;
    size_t hello_bytes;
    int alert;                 /**< -1 none */
    int version, suite, group; /**< what the server chose; 0 nothing, or unknown */
};

#endif
