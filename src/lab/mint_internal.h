/* SPDX-License-Identifier: Apache-2.0 */
/* mint_internal: what writing a certificate, a CRL and an OCSP response have in common. */
#ifndef CERTWHY_LAB_MINT_INTERNAL_H
#define CERTWHY_LAB_MINT_INTERNAL_H

#include "mint.h"

static inline void writer_cleanup(struct writer *w)
{
    writer_free(w);
}
#define WRITER_CLEANUP __attribute__((cleanup(writer_cleanup))) struct writer

/** What the key signs with by default: OID_UNKNOWN when it cannot sign. */
enum oid mint_fitting_signature(const struct private_key *key);
/** RFC 5280 section 4.2.1.2, method (1): SHA-1 of the subjectPublicKey's bits. */
void mint_key_identifier(const struct private_key *key, uint8_t out[20]);
/** One Extension (RFC 5280 section 4.1) around a value that was written. */
void mint_extension(struct writer *w, enum oid id, bool critical, const struct writer *value);
/** DistributionPointName by URL (RFC 5280 section 4.2.1.13), with its own tag [0]; `first`, unless
 *  NULL, is another address of the same, before it. */
void mint_point_name(struct writer *w, const char *first, const char *url);
/** CRLDistributionPoints of one point. */
void mint_points(struct writer *w, enum oid extension, const char *url,
                 const struct mint_spec *spec);
/** authorityKeyIdentifier by key. */
void mint_authority_key_id(struct writer *w, const struct private_key *key);
/** What is signed, AlgorithmIdentifier and signature, as three elements; false: cannot sign. */
bool mint_signed(struct writer *w, const struct private_key *key, enum oid algorithm,
                 struct bytes tbs, bool flip);
void mint_algorithm(struct writer *w, enum oid algorithm);

#endif
