/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate revocation lists (RFC 5280 section 5): a view over bytes that may be a mapped file of
 * tens of megabytes. Entries are walked where they lie, never copied. Part of x509.h. */
#ifndef CERTWHY_X509_CRL_H
#define CERTWHY_X509_CRL_H

#include "x509/x509.h"

/** What is odd about a CRL's encoding or content; each is a bit of crl.anomalies. */
enum crl_anomaly {
#define CRL_ANOMALY(id, name, text, reference) CRL_##id,
#include "crl_anomalies.def"
#undef CRL_ANOMALY
    CRL_ANOMALY_COUNT,
};
#define CRL_BIT(id) (UINT32_C(1) << CRL_##id)
const char *crl_anomaly_name(enum crl_anomaly id);      /**< "version-unknown" */
const char *crl_anomaly_text(enum crl_anomaly id);      /**< "there is no cRLNumber" */
const char *crl_anomaly_reference(enum crl_anomaly id); /**< "RFC 5280 section 5.2.3" */

/** CRLReason (RFC 5280 section 5.3.1), as numbers of the ENUMERATED; OCSP uses them too. */
enum revocation_reason {
    REASON_ABSENT = -1,
    REASON_UNSPECIFIED = 0,
    REASON_KEY_COMPROMISE = 1,
    REASON_CA_COMPROMISE = 2,
    REASON_AFFILIATION_CHANGED = 3,
    REASON_SUPERSEDED = 4,
    REASON_CESSATION = 5,
    REASON_HOLD = 6,
    REASON_REMOVE_FROM_CRL = 8,
    REASON_PRIVILEGE_WITHDRAWN = 9,
    REASON_AA_COMPROMISE = 10,
};
/** "keyCompromise"; "" when absent, "unknown" for a number that has no name. */
const char *revocation_reason_text(int reason);

/** ReasonFlags (RFC 5280 section 4.2.1.13) as a set: bit i is bit i of the BIT STRING. All of them
 *  is what a distribution point without reasons covers. */
enum { REASONS_ALL = 0x1fe };

/** DistributionPointName: one of the two, or neither. */
struct point_name {
    struct bytes full;     /**< content of the GeneralNames; p NULL: not this choice */
    struct bytes relative; /**< content of the RelativeDistinguishedName, to be put behind the
                              issuer's name; p NULL: not this choice */
};
/** DistributionPoint of a certificate (RFC 5280 section 4.2.1.13). */
struct crl_point {
    struct point_name name;
    unsigned reasons;        /**< REASONS_ALL when absent */
    struct bytes crl_issuer; /**< content of the GeneralNames; p NULL: the certificate's issuer */
};
/** Walks the distribution points of a certificate: OID_CRL_DISTRIBUTION_POINTS or
 *  OID_FRESHEST_CRL. */
struct reader cert_crl_points(const struct cert *cert, enum oid extension);
bool crl_point_next(struct reader *points, struct crl_point *out);
/** Do two distribution point names, each relative to its issuer (whole Names), have one name in
 *  common? At most LIMIT_POINT_NAMES of each are looked at. */
bool point_names_meet(const struct point_name *a, struct bytes issuer_of_a,
                      const struct point_name *b, struct bytes issuer_of_b);
/** Is the Name one of these GeneralNames (their content)? */
bool general_names_hold(struct bytes names, struct bytes name);

/** IssuingDistributionPoint (RFC 5280 section 5.2.5). */
struct crl_scope {
    struct point_name name;
    bool only_user, only_ca, only_attribute, indirect;
    unsigned reasons; /**< REASONS_ALL when absent */
};

struct crl_memory;
/** One CRL. Views point into `der`, which is the caller's and must outlive it. */
struct crl {
    struct bytes der;
    bool parsed;   /**< false: the structure around the entries cannot be followed */
    size_t bad_at; /**< when not parsed: offset of the first unreadable byte */

    struct bytes tbs;
    unsigned version; /**< 1, 2 … as claimed */
    struct bytes inner_algorithm, outer_algorithm;
    enum oid signature_algorithm;
    enum digest_kind signature_digest;
    struct bytes signature;
    struct bytes issuer;              /**< whole Name */
    cw_time this_update, next_update; /**< TIME_NONE: unreadable; next_update: or absent */
    struct bytes entries;             /**< content octets of revokedCertificates */

    struct bytes number;      /**< cRLNumber, INTEGER content; p NULL absent */
    bool is_delta;            /**< deltaCRLIndicator is there */
    struct bytes base_number; /**< BaseCRLNumber of a delta CRL */
    struct bytes aki_key_id, aki_issuer, aki_serial; /**< as in struct cert */
    bool has_scope;                                  /**< issuingDistributionPoint is there */
    struct crl_scope scope;
    struct bytes scope_value;      /**< its content whole; deltas are compared by it */
    struct bytes freshest;         /**< freshestCRL: where deltas are; p NULL absent */
    struct bytes critical_unknown; /**< OID of the first critical extension that nobody here can
                                      process; p NULL none */
    uint32_t anomalies;            /**< CRL_BIT() each; entries add theirs when they are walked */
    struct crl_memory *memory; /**< what was learnt by walking the entries and by crl_verify() */
};

/** Parses what stands around the entries: the same cost for one entry as for a million. Never
 * fails: look at ->parsed. The caller frees with crl_free(). */
struct crl *crl_parse(struct bytes der);
void crl_free(struct crl *crl);
bool crl_has_anomaly(const struct crl *crl, enum crl_anomaly id);
/** a < b for CRL numbers (INTEGER content): negative, 0, positive. */
int crl_number_compare(struct bytes a, struct bytes b);

struct crl_entry {
    struct bytes serial;      /**< INTEGER content */
    cw_time revoked_at;       /**< TIME_NONE: unreadable */
    int reason;               /**< enum revocation_reason */
    cw_time invalidity;       /**< invalidityDate, TIME_NONE absent */
    struct bytes cert_issuer; /**< content of the GeneralNames of certificateIssuer that apply to
                                 it; p NULL: the CRL's own issuer */
    size_t offset;            /**< in crl.der */
};
enum crl_listing {
    CRL_UNLISTED,
    CRL_LISTED,
    CRL_ENTRIES_MALFORMED, /**< some entry cannot be read: RFC 5280 gives such a list no meaning */
    CRL_ENTRY_CRITICAL,    /**< some entry has a critical extension that nobody here can process, so
                              that the list tells nothing about any certificate (section 5.3) */
};
/** Is the certificate of this issuer (whole Name) and serial number (INTEGER content) on the list?
 *  The first question walks all entries and makes an index of six bytes for each, of at most
 *  LIMIT_CRL_INDEX entries; all further ones are answered by it. Not for several threads at once.
 */
enum crl_listing crl_find(struct crl *crl, struct bytes issuer, struct bytes serial,
                          struct crl_entry *out);
/** Entries, once crl_find() was called; 0 before. */
size_t crl_entry_count(const struct crl *crl);

/** Checks the signature with this SubjectPublicKeyInfo; remembered per CRL, so that the list is
 *  hashed once for each key. */
enum sig_result crl_verify(struct crl *crl, struct bytes spki);

#endif
