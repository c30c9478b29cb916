/* SPDX-License-Identifier: Apache-2.0 */
/* What the clients that stand on Python's ssl module share. */
#ifndef CERTWHY_JUDGE_PROFILES_PYTHON_H
#define CERTWHY_JUDGE_PROFILES_PYTHON_H

#include "judge/profiles/openssl.h"

/** Modules/_ssl.c sets X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS. Since 3.13 Lib/ssl.py
 *  create_default_context sets VERIFY_X509_STRICT and VERIFY_X509_PARTIAL_CHAIN too. */
#define PYTHON .partial_wildcards = 0

#define PYTHON_VERIFY_FAILED "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "

/** Modules/_ssl.c fill_and_set_sslerror shows the last error of OpenSSL's queue: of one that its
 *  decoder found, what libssl adds to it. */
#define PYTHON_FAILURE(fact_, only_, text_)                                                        \
    {                                                                                              \
        .fact = (fact_), .only = (only_), .library = "SSL", .text = (text_)                        \
    }

/** Words for a client that shows Python's exception as repr() does: within apostrophes, or, where
 * the text has some of its own, quotation marks. `before` and `after` are what stands around it. */
#define PYTHON_REPR(before, after) before "'" PYTHON_VERIFY_FAILED "{message}" after "'"
#define PYTHON_REPR_TIME(only_, code_, field, before, after, close)                                \
    {                                                                                              \
        .fact = FACT_TIME_UNREADABLE, .only = (only_), .code = (code_), .bare = true,              \
        .text = before "\"" PYTHON_VERIFY_FAILED "format error in certificate's " field            \
                       " field" after "\"" close                                                   \
    }
#define PYTHON_REPR_WORDS(before, after, close)                                                    \
    PYTHON_REPR_TIME(3, "14", "notAfter", before, after, close),                                   \
        PYTHON_REPR_TIME(0, "13", "notBefore", before, after, close),                              \
        {.fact = FACT_NAME_IP_NOT_IN_SAN,                                                          \
         .code = "64",                                                                             \
         .bare = true,                                                                             \
         .text = before "\"" PYTHON_VERIFY_FAILED                                                  \
                        "IP address mismatch, certificate is not valid for '{host}'." after        \
                        "\"" close},                                                               \
        OPENSSL_NAME_WORDS(.code = "62", .bare = true,                                             \
                           .text = before "\"" PYTHON_VERIFY_FAILED                                \
                                          "Hostname mismatch, certificate is not valid for "       \
                                          "'{host}'." after "\"" close)

#endif
