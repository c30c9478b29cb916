/* SPDX-License-Identifier: Apache-2.0 */
/* What crl.c and crl_entries.c share. */
#ifndef CERTWHY_X509_CRL_INTERNAL_H
#define CERTWHY_X509_CRL_INTERNAL_H

#include "internal.h"

enum {
    CRL_KEYS = 4, /* a CA that changes its key has two */
    CRL_MARK = 8, /* from one mark it is so many entries to the next */
};

/** From which entry on (its offset) certificateIssuer says this. */
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

    /* The index; buckets is NULL without one. Entries are numbered in their order. */
    size_t cap;
    uint32_t *marks;   /* offset in crl.entries of each CRL_MARK-th entry */
    uint32_t *next;    /* per entry: 1 + the one before it of the same hash, 0 none */
    uint32_t *buckets; /* by hash of the serial number: 1 + the last entry, 0 none */
    size_t bucket_count;
    struct crl_issuer *issuers; /* by offset */
    size_t issuer_count, issuer_cap;
};
void crl_forget_index(struct crl_memory *memory);

#endif
