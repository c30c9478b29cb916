/* SPDX-License-Identifier: Apache-2.0 */
/* Comma-separated values (RFC 4180), as publishers write them. Private to trust/. */
#ifndef CERTWHY_TRUST_CSV_H
#define CERTWHY_TRUST_CSV_H

#include "base/base.h"

struct csv {
    struct bytes rest;
    struct buf field; /**< the last one */
    bool row_ended;   /**< it was the last of its row */
};
/** The next field, without its quotes, until the next call. False at the end of the file. */
bool csv_next(struct csv *csv, struct bytes *field);

#endif
