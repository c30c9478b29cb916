/* SPDX-License-Identifier: Apache-2.0 */
/* A case without the names in it. Included by record.h. */
#ifndef CERTWHY_RECORD_REDACT_H
#define CERTWHY_RECORD_REDACT_H

/** What redaction must know of the run. */
struct redaction {
    struct bytes seed;           /**< random, and forgotten afterwards */
    const struct sig_memo *memo; /**< signature checks of the run */
};
/** Rewrites the JSON of a case: host names, addresses, names of people, companies and private CAs
 *  are other words of the same length, the same ones wherever they stand, in certificates too. What
 *  the run found out about signatures is kept, as altered certificates cannot verify: the verdict
 *  stays. Keys and serial numbers stay: whoever has them finds a public certificate in CT logs. */
enum cw_code case_redact(const struct redaction *how, struct buf *json, struct error *error);

#endif
