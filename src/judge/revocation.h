/* SPDX-License-Identifier: Apache-2.0 */
/* What given CRLs and OCSP responses say about one certificate at a time: pure functions over
 * parsed objects (RFC 5280 section 6.3, RFC 6960 section 3.2). Fetches nothing, and decides nothing
 * about what a client makes of it. */
#ifndef CERTWHY_JUDGE_REVOCATION_H
#define CERTWHY_JUDGE_REVOCATION_H

#include "x509/x509.h"

/** How sources are taken; all zero is what the RFCs ask of a verifier. */
struct revocation_policy {
    cw_time max_age;  /**< seconds that thisUpdate may be old, 0: any */
    cw_time skew;     /**< seconds by which clocks may differ */
    bool points_only; /**< no CRL but those of the certificate's distribution points: without
                         the last paragraph of RFC 5280 section 6.3.3 */
    bool no_indirect; /**< indirect CRLs are not understood */
    bool no_delta;    /**< delta CRLs are not looked at: use-deltas is off */
    bool produced_while_valid; /**< an OCSP response was produced while the certificate is valid */
    uint32_t anomalies_fatal;  /**< CRL_BIT() of what makes a CRL unusable, beside what cannot be
                                  read at all */
};
/** What Chromium's library checks beyond the RFCs, and what it leaves out. */
extern const struct revocation_policy revocation_boringssl;
/** CRLs exactly as RFC 5280 section 5 profiles them. */
extern const struct revocation_policy revocation_strict;

struct revocation_input {
    const struct cert *const
        *path;         /**< the certificate asked about, its issuer … up to the anchor */
    size_t path_count; /**< at least 2 */
    const struct cert *const *pool; /**< others that may have signed a CRL, not trusted */
    size_t pool_count;
    struct crl *const *crls;
    size_t crl_count;
    const struct ocsp *const *ocsps;
    size_t ocsp_count;
    cw_time at;
    const struct revocation_policy *policy; /**< NULL: all zero */
    struct sig_memo *memo;
};

/** What one source says, or why it says nothing. */
enum source_result {
    SOURCE_GOOD,
    SOURCE_REVOKED,
    SOURCE_UNKNOWN,     /**< OCSP: the responder does not know the certificate */
    SOURCE_PARTIAL,     /**< a CRL that is good, but only for some reasons */
    SOURCE_DELTA,       /**< a delta CRL: it speaks through the complete one, or has none */
    SOURCE_OTHER,       /**< about certificates of another issuer; OCSP: about other certificates */
    SOURCE_NOT_COVERED, /**< a CRL of another distribution point, or for another kind of certificate
                         */
    SOURCE_ERROR,       /**< OCSP: the responder says that it has no answer (tryLater …) */
    SOURCE_MALFORMED,
    SOURCE_DATA_MALFORMED, /**< OCSP: readable but for what is signed */
    SOURCE_CRITICAL,       /**< a critical extension that is not understood */
    SOURCE_STALE,          /**< nextUpdate is past */
    SOURCE_NOT_YET,        /**< thisUpdate is to come */
    SOURCE_TOO_OLD,        /**< thisUpdate is further back than policy.max_age */
    SOURCE_PRODUCED,       /**< OCSP: produced when the certificate was not valid */
    SOURCE_NO_SIGNER,      /**< no certificate of the one who signed it is at hand */
    SOURCE_SIGNER_UNFIT,   /**< who signed it may not: no cRLSign, no OCSPSigning, expired, revoked,
                              or no path to the anchor */
    SOURCE_BAD_SIGNATURE,
    SOURCE_UNCHECKED, /**< by an algorithm that libcrypto here does not know */
};
/** A set of them. */
#define SOURCE_BIT(id) (UINT32_C(1) << SOURCE_##id)
const char *source_result_text(enum source_result result); /**< "its signature does not verify" */

/** One source and what it said. */
struct source_evidence {
    bool is_ocsp;
    size_t index; /**< into crls or ocsps */
    enum source_result result;
    cw_time this_update, next_update; /**< TIME_NONE unknown */
    cw_time revoked_at, invalidity;   /**< TIME_NONE unless revoked */
    int reason;                       /**< enum revocation_reason */
    int delta;                        /**< CRL: the delta that was used with it, -1 none */
    const struct cert *signer;        /**< NULL: not found */
    bool delegated;                   /**< the signer is not the issuer of the certificate */
};

enum revocation_status {
    REVOCATION_UNKNOWN, /**< nobody who may says so */
    REVOCATION_GOOD,
    REVOCATION_REVOKED,
};
struct revocation {
    enum revocation_status status;
    int decided_by; /**< evidence that decided it; unknown: what came nearest; -1 there was none */
    struct source_evidence *evidence; /**< CRLs first, then OCSP responses */
    size_t evidence_count;
};

/** Judges path[0]. One source that says "revoked" outweighs all that say "good". Deterministic. */
void revocation_judge(const struct revocation_input *in, struct arena *arena,
                      struct revocation *out);

/* Between the files of revocation. */

enum { REVOCATION_LEVELS = 3 }; /* the status of a CRL's signer, of that one's signer … */
/** Do the times of a source allow its use at in->at? SOURCE_GOOD: yes. */
enum source_result revocation_fresh(const struct revocation_input *in, cw_time this_update,
                                    cw_time next_update);
/** SOURCE_GOOD, SOURCE_BAD_SIGNATURE or SOURCE_UNCHECKED. */
enum source_result revocation_signature(const struct revocation_input *in,
                                        const struct cert *signer,
                                        const struct signed_object *object);
/** `issuer` signed `cert`. */
bool revocation_issued(const struct revocation_input *in, const struct cert *issuer,
                       const struct cert *cert);
/** Judges by CRLs alone, into one evidence for each (NULL: nobody wants to know); returns whether
 *  the certificate is revoked. *covered is set to the reasons that are settled. */
bool revocation_by_crls(const struct revocation_input *in, unsigned level,
                        struct source_evidence *evidence, unsigned *covered);
void revocation_by_ocsp(const struct revocation_input *in, const struct ocsp *ocsp,
                        struct source_evidence *out);

#endif
