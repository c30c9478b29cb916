/* SPDX-License-Identifier: Apache-2.0 */
/* OCSP responses (RFC 6960), and requests as far as asking needs them. Part of x509.h. */
#ifndef CERTWHY_X509_OCSP_H
#define CERTWHY_X509_OCSP_H

#include "x509/x509.h"

/** OCSPResponseStatus (RFC 6960 section 4.2.1). */
enum ocsp_response_status {
    OCSP_SUCCESSFUL = 0,
    OCSP_MALFORMED_REQUEST = 1,
    OCSP_INTERNAL_ERROR = 2,
    OCSP_TRY_LATER = 3,
    OCSP_SIG_REQUIRED = 5,
    OCSP_UNAUTHORIZED = 6,
};
/** "tryLater"; "unknown" for a number that has no name. */
const char *ocsp_status_text(int status);

enum ocsp_cert_status { OCSP_GOOD = 0, OCSP_REVOKED = 1, OCSP_UNKNOWN = 2 };

/** CertID (RFC 6960 section 4.1.1): which certificate is meant. */
struct ocsp_cert_id {
    enum oid hash; /**< of the two digests; OID_UNKNOWN when nobody here knows it */
    struct bytes issuer_name_hash, issuer_key_hash;
    struct bytes serial; /**< INTEGER content */
};
/** Does it name the certificate of this serial number, issued by this name (whole Name) and key?
 *  SHA-1 and SHA-256; false for other digests. */
bool ocsp_id_names(const struct ocsp_cert_id *id, struct bytes issuer_name,
                   const struct key_info *issuer_key, struct bytes serial);

/** SingleResponse (RFC 6960 section 4.2.1). */
struct ocsp_single {
    struct ocsp_cert_id id;
    enum ocsp_cert_status status;
    cw_time revoked_at;               /**< TIME_NONE unless revoked */
    int reason;                       /**< enum revocation_reason */
    cw_time this_update, next_update; /**< next_update: TIME_NONE absent */
    bool critical_unknown;            /**< a critical extension that nobody here can process */
    struct bytes scts;                /**< the list of RFC 6962 section 3.3; p NULL absent */
    size_t offset;
};

/** How much of a response could be read. */
enum ocsp_readable {
    OCSP_UNREADABLE,      /**< not an OCSPResponse, or of another type than basic */
    OCSP_DATA_UNREADABLE, /**< a basic response whose ResponseData cannot be followed */
    OCSP_READABLE,
};

/** One response. Refcounted; views point into `der`, its own copy. */
struct ocsp {
    int refs;
    struct bytes der;
    uint8_t sha256[32];
    enum ocsp_readable readable;
    size_t bad_at; /**< where it is not */
    int status;    /**< enum ocsp_response_status: with any but 0 there is nothing else */

    struct bytes tbs; /**< ResponseData, whole: what is signed */
    struct bytes algorithm, signature;
    enum oid signature_algorithm;
    enum digest_kind signature_digest;
    struct bytes responder_name; /**< whole Name; p NULL: by key */
    struct bytes responder_key;  /**< SHA-1 of the responder's key; p NULL: by name */
    cw_time produced_at;
    struct bytes singles; /**< content of responses */
    size_t singles_offset, single_count;
    struct bytes nonce; /**< p NULL absent */
    bool critical_unknown;
    struct cert *certs[LIMIT_OCSP_CERTS]; /**< what came with it */
    size_t cert_count;
};

/** Parses one DER response of at most LIMIT_OCSP_BYTES. Never fails for foreign input: look at
 *  ->readable and ->status. Copies `der`; the caller drops its reference with ocsp_unref(). */
struct ocsp *ocsp_parse(struct bytes der);
struct ocsp *ocsp_ref(const struct ocsp *ocsp);
void ocsp_unref(struct ocsp *ocsp);
/** Walks the single responses; of a readable response none is malformed. */
struct reader ocsp_singles(const struct ocsp *ocsp);
bool ocsp_single_next(struct reader *singles, struct ocsp_single *out);
/** Is this certificate the one that signed, as the responder's id says? */
bool ocsp_is_responder(const struct ocsp *ocsp, const struct cert *cert);

/** Writes an unsigned OCSPRequest for one certificate with a SHA-1 CertID, which is what every
 *  responder knows (RFC 6960 section 4.1, RFC 5019 section 2.1.1). No nonce when `nonce` is empty.
 */
void ocsp_request(const struct cert *cert, const struct cert *issuer, struct bytes nonce,
                  struct buf *out);

#endif
