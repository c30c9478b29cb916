/* SPDX-License-Identifier: Apache-2.0 */
/* Signed certificate timestamps (RFC 6962 section 3). Part of x509.h. */
#ifndef CERTWHY_X509_SCT_H
#define CERTWHY_X509_SCT_H

#include "x509/x509.h"

/** One timestamp. Views point into the list it was read from. */
struct sct {
    unsigned version;    /**< 0 is version 1, the only one; of others nothing else is read */
    struct bytes log_id; /**< SHA-256 of the log's SubjectPublicKeyInfo */
    uint64_t timestamp;  /**< milliseconds since 1970 */
    struct bytes extensions;
    uint8_t hash, algorithm; /**< TLS 1.2's numbers: 4 is SHA-256; 1 is RSA, 3 ECDSA */
    struct bytes signature;
    struct bytes whole; /**< SerializedSCT's content */
};

/** A walk over a SignedCertificateTimestampList, which is the same in a certificate's extension, in
 *  a TLS extension and in an OCSP response (RFC 6962 section 3.3). */
struct sct_list {
    struct bytes rest;
    size_t left; /**< of LIMIT_SCTS */
    bool bad;    /**< malformed, or longer than is looked at */
};
struct sct_list sct_list_of(struct bytes list);
/** The next timestamp; false at the end, or when the list is malformed (bad). */
bool sct_next(struct sct_list *list, struct sct *out);
/** The list inside of a certificate; p NULL when there is none. */
struct bytes cert_sct_list(const struct cert *cert);

/** The TBSCertificate that a log signed for the precertificate of `cert`: without poison and
 * without list of timestamps (RFC 6962 section 3.2). `cert` may be either of the two, the
 * certificate or its precertificate signed by the CA itself. False when `cert` is not parsed. */
bool sct_precert_tbs(const struct cert *cert, struct buf *out);
/** What a log signed: a precert_entry when `issuer` is given (timestamps embedded in `cert`), an
 *  x509_entry when it is NULL (timestamps from TLS or OCSP). False: it cannot be made. */
bool sct_signed_data(const struct sct *sct, const struct cert *cert, const struct cert *issuer,
                     struct buf *out);
/** Verifies under a log's SubjectPublicKeyInfo; `issuer` as for sct_signed_data(). SIG_UNSUPPORTED
 *  for another version or algorithm than RFC 6962 section 2.1.4 allows. */
enum sig_result sct_verify(const struct sct *sct, const struct cert *cert,
                           const struct cert *issuer, struct bytes log_spki);
/** The same, remembered and counted as sig_memo_verify() does. */
enum sig_result sct_verify_memo(struct sig_memo *memo, int *budget, const struct sct *sct,
                                const struct cert *cert, const struct cert *issuer,
                                struct bytes log_spki);

#endif
