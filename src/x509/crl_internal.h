/* SPDX-License-Identifier: Apache-2.0 */
/* What crl.c and crl_entries.c share. */
#ifndef CERTWHY_X509_CRL_INTERNAL_H
#define CERTWHY_X509_CRL_INTERNAL_H

#include "internal.h"

enum { CRL_KEYS = 4 }; /* a CA that changes its key has two */

/** From which entry on (its offset + 1) certificateIssuer says this. */
struct crl_issuer {
    uint32_t from;
    struct bytes names;
};
/** What was learnt about one CRL after it was parsed. */
struct crl_memory {
    struct {
        uint8_t spki[32];
        enum sig_result result; /* 0: free */
    } checked[CRL_KEYS];
    size_t next_key;

    bool walked;
    enum crl_listing fault; /* CRL_UNLISTED: none */
    size_t count;           /* entries */

    bool no_index;   /* too many entries, or too odd ones */
    uint32_t *slots; /* open addressing: offset of an entry in crl.entries + 1; 0 free */
    size_t cap;
    struct crl_issuer *issuers; /* by offset */
    size_t issuer_count, issuer_cap;
};
void crl_forget_index(struct crl_memory *memory);

#endif
