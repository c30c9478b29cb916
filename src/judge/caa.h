/* SPDX-License-Identifier: Apache-2.0 */
/* Which CAA identifiers name which CA (data/caa). Private to judge/. */
#ifndef CERTWHY_JUDGE_CAA_H
#define CERTWHY_JUDGE_CAA_H

#include "base/base.h"

struct caa_issuer_row {
    const char *organization; /**< of the issuer's name */
    const char *identifiers;  /**< with blanks, the usual one first */
};
extern const struct caa_issuer_row caa_issuer_rows[];
extern const size_t caa_issuer_row_count;

#endif
