/* SPDX-License-Identifier: Apache-2.0 */
/* mint_status: one CRL (RFC 5280 section 5) or OCSP response (RFC 6960), and the certs-only PKCS #7
 * that caIssuers may point to, from a description, right or wrong. */
#ifndef CERTWHY_LAB_MINT_STATUS_H
#define CERTWHY_LAB_MINT_STATUS_H

#include "mint.h"

/** One entry of a CRL. */
struct mint_revoked {
    struct bytes serial; /**< INTEGER content */
    cw_time at;
    int reason;          /**< enum revocation_reason */
    struct bytes issuer; /**< certificateIssuer, a whole Name; n = 0: who issues the CRL */
};

struct mint_crl_spec {
    struct mint_issuer issuer; /**< its name in the CRL, and the key that signs */
    cw_time this_update, next_update;
    int64_t number, base;  /**< base > 0: a delta CRL to that one */
    const char *point_url; /**< issuingDistributionPoint, NULL: the CRL is complete */
    bool indirect;
    const char *freshest_url; /**< where the delta is, NULL none */
    const struct mint_revoked *entries;
    size_t count;
    bool flip_signature;
};
/** In the arena; p is NULL when the key cannot sign. */
struct bytes mint_crl(struct arena *arena, const struct mint_crl_spec *spec);

/** What an OCSP request asks: views into it. */
struct ocsp_question {
    struct bytes cert_id; /**< the first CertID whole */
    struct bytes serial;  /**< INTEGER content */
    struct bytes nonce;   /**< value of the nonce extension, n = 0 none */
};
bool ocsp_question_read(struct bytes request, struct ocsp_question *out);

struct mint_ocsp_spec {
    struct ocsp_question question; /**< a nonce in it is answered */
    enum ocsp_cert_status status;
    cw_time revoked_at; /**< OCSP_REVOKED */
    int reason;
    cw_time this_update, next_update;
    struct mint_issuer signer;
    bool by_key;                     /**< the responder's id: its key's digest, not its name */
    struct bytes signer_certificate; /**< sent along; n = 0 none */
    bool flip_signature;
};
struct bytes mint_ocsp(struct arena *arena, const struct mint_ocsp_spec *spec);
/** A response without an answer: tryLater … */
struct bytes mint_ocsp_error(struct arena *arena, enum ocsp_response_status status);

/** SignedData of certificates alone (RFC 5280 section 4.2.2.1, RFC 2797). */
struct bytes mint_certs_only(struct arena *arena, const struct bytes *certificates, size_t count);

#endif
