/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the CAs of products that open TLS connections (data/interceptors). Private to judge/. */
#ifndef CERTWHY_JUDGE_INTERCEPTOR_H
#define CERTWHY_JUDGE_INTERCEPTOR_H

#include "asn1/asn1.h"

struct interceptor_row {
    const char *product;
    enum oid attribute;
    bool whole; /**< the value is the text; else words of it are */
    const char *text;
};
extern const struct interceptor_row interceptor_rows[];
extern const size_t interceptor_row_count;

#endif
