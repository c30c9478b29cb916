/* SPDX-License-Identifier: Apache-2.0 */
/* What the benches share: OpenSSL's headers beside ours, CPU time, medians. Included first. */
#ifndef CERTWHY_TESTS_BENCH_H
#define CERTWHY_TESTS_BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

/* macros of x509v3.h that are enumerators of x509/x509.h */
#undef KU_DIGITAL_SIGNATURE
#undef KU_NON_REPUDIATION
#undef KU_KEY_ENCIPHERMENT
#undef KU_DATA_ENCIPHERMENT
#undef KU_KEY_AGREEMENT
#undef KU_KEY_CERT_SIGN
#undef KU_CRL_SIGN
#undef KU_ENCIPHER_ONLY
#undef KU_DECIPHER_ONLY

/** CPU time of this process in nanoseconds. */
static inline int64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline int double_compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/** The middle of n values; sorts them. */
static inline double median(double *values, size_t n)
{
    qsort(values, n, sizeof *values, double_compare);
    return values[n / 2];
}

#endif
