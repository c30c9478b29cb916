/* SPDX-License-Identifier: Apache-2.0 */
/* pki: the lab's two families of certificates. A scenario states, as data, how its members differ
 * from healthy ones; this file mints them. Members are named by letters, so that chains read as
 * words:
 *
 *   L leaf            1 2 3  intermediates, 1 issues the leaf     R root
 *   X the root (1 when the scenario cross-signs intermediates), cross-signed by O, the older root
 *   W look-alike of 1: the same name, another key                  Q look-alike of the root
 *   U an unrelated CA certificate                                  M the leaf of the second
 * identity r the other family's root
 *   D who answers OCSP for the leaf's issuer                       C who signs indirect CRLs
 */
#ifndef CERTWHY_LAB_PKI_H
#define CERTWHY_LAB_PKI_H

#include "mint.h"

/** Who runs the CA. The public family looks like a public CA: leaf and intermediates point to their
 *  issuer (AIA) and its root is what the lab's clients trust. The private one is a company's own.
 */
enum family { FAMILY_PUBLIC, FAMILY_PRIVATE };

enum plan_key { PLAN_P256, PLAN_P384, PLAN_P521, PLAN_RSA_2048, PLAN_RSA_1024, PLAN_ED25519 };

/** What a plan leaves out of a healthy certificate, beside enum mint_fault. */
enum plan_change {
    PLAN_NO_SAN = 1 << 0,
    PLAN_NO_AIA = 1 << 1,
    PLAN_SELF_SIGNED = 1 << 2, /**< signed by its own key */
    PLAN_CA = 1 << 3,          /**< a leaf that claims to be a CA */
    PLAN_NOT_CA = 1 << 4,      /**< an intermediate that does not */
    PLAN_NO_KEY_USAGE = 1 << 5,
    PLAN_NO_EKU = 1 << 6,
    PLAN_OTHER_ISSUER_KEY = 1 << 7, /**< signed by the look-alike of its issuer (W, Q) */
    PLAN_MUST_STAPLE = 1 << 8,      /**< TLS feature status_request (RFC 7633) */
};

/** A text that may hold anything, NUL too. */
struct odd_text {
    const char *p;
    size_t n;
};
#define ODD(literal)                                                                               \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

/** What the lab's web server makes of a request for a document. */
enum delivery {
    DELIVER,              /**< gives it */
    DELIVER_NOT_FOUND,    /**< 404 */
    DELIVER_HTML,         /**< a page for people, with status 200 */
    DELIVER_WITHOUT_END,  /**< bytes for as long as they are read */
    DELIVER_SLOWLY,       /**< a byte a second */
    DELIVER_NEVER,        /**< accepts the connection and says nothing */
    DELIVER_LOOP,         /**< redirects to itself */
    DELIVER_OTHER_SCHEME, /**< redirects to a file of the client's machine */
    DELIVER_LDAP,         /**< the address is an ldap: one, and answers */
    DELIVER_LDAP_NOWHERE, /**< the address is ldap: without a host, as company CAs write it */
};

/** What caIssuers of a certificate gives (RFC 5280 section 4.2.2.1). */
enum issuer_form {
    ISSUER_DER,
    ISSUER_PEM,
    ISSUER_PKCS7, /**< certs-only, with another certificate before the issuer */
    ISSUER_OTHER, /**< the certificate of another CA */
    ISSUER_ABSENT /**< the certificate does not say where its issuer is */
};
struct issuer_plan {
    enum issuer_form form;
    enum delivery delivery;
};

enum status_source { STATUS_CRL = 1 << 0, STATUS_OCSP = 1 << 1 };
enum crl_shape {
    SHAPE_COMPLETE,
    SHAPE_PARTITION,       /**< for this distribution point (RFC 5280 section 5.2.5) */
    SHAPE_OTHER_PARTITION, /**< for another one */
    SHAPE_DELTA,           /**< a base that is good for all, and a delta that tells what is new */
    SHAPE_INDIRECT,        /**< signed by C */
};
enum status_answer { SAYS_STATUS, SAYS_UNKNOWN, SAYS_TRY_LATER, SAYS_UNAUTHORIZED, SAYS_NONSENSE };
enum status_signer {
    SIGNER_ISSUER,
    SIGNER_DELEGATED,       /**< OCSP: D, which the issuer appointed by id-kp-OCSPSigning */
    SIGNER_DELEGATED_UNFIT, /**< OCSP: D without that purpose */
    SIGNER_OTHER,           /**< a CA that has nothing to say about the certificate */
};
enum status_fault {
    STATUS_STALE = 1 << 0,
    STATUS_FLIP_SIGNATURE = 1 << 1,
    STATUS_BY_KEY = 1 << 2,     /**< no fault: the OCSP responder's id is its key's digest */
    STATUS_LDAP_FIRST = 1 << 4, /**< no fault: ldap: without a host, before the address that works,
                                 *   as Active Directory writes it */
    STATUS_NO_NONCE = 1 << 3,   /**< no fault: the request's nonce is not answered */
};
/** Where the status of a certificate can be learnt, and what is said there. */
struct status_plan {
    unsigned sources; /**< OR of enum status_source, 0: the certificate names none */
    int revoked_days; /**< it was revoked so many days before the lab's time; 0: it is good */
    int reason;       /**< enum revocation_reason */
    enum crl_shape shape;
    enum status_answer answer;
    enum status_signer signer;
    unsigned faults; /**< OR of enum status_fault */
    enum delivery delivery;
};

/** How one certificate differs from a healthy one of its place. All zero: not at all. */
struct cert_plan {
    enum plan_key key;
    enum oid signature;         /**< OID_UNKNOWN: fitting */
    const char *common_name;    /**< NULL: the first name; the place's own for a CA */
    const char *names;          /**< SAN entries with blanks between; "dns:" forces dNSName */
    const struct odd_text *odd; /**< attributes and SAN entries that no printer may show raw: CN, O,
                                 *   then dNSNames, up to one whose p is NULL */
    int from_days, to_days;     /**< validity relative to the lab's time; both 0: the place's own */
    unsigned key_usage, eku;    /**< instead of the place's own; 0: that */
    int path_length;            /**< pathLenConstraint + 1; 0: none */
    const char *permitted, *excluded; /**< nameConstraints, as in `names`; "ip:ADDR/BITS" too */
    unsigned changes;                 /**< OR of enum plan_change */
    unsigned faults;                  /**< OR of enum mint_fault */
    struct issuer_plan aia;           /**< of a live plan */
    struct status_plan status;        /**< of a live plan */
};

enum { LAB_INTERMEDIATES = 3 };

/** The certificates of one scenario. */
struct pki_plan {
    enum family family;
    bool live; /**< what its certificates point to is served, as the plans of each say; else a
                * public family points to names that do not exist */
    int intermediates; /**< 0: one; DIRECT: the root issues the leaf */
    struct cert_plan leaf, second_leaf, ca[LAB_INTERMEDIATES], root, cross, old_root;
    bool cross_signs_intermediate; /**< X is intermediate 1 under the older root */
};
enum { DIRECT = -1 };

/** Seed, time and the keys derived so far. Keys live until lab_free(). */
struct lab {
    struct arena arena;
    struct bytes seed;
    cw_time at;
    struct lab_key *keys;
    size_t key_count, key_cap;
    const char *host;   /**< "127.0.0.1:8080", where live plans are served; NULL: a name that does
                         *   not exist */
    const char *folder; /**< whose documents: the name of the scenario being minted */
};
void lab_free(struct lab *lab);

/** "http://HOST/FOLDER/NAME", or the ldap: address of the same. */
const char *pki_url(struct lab *lab, const char *name, enum delivery delivery);
/** The documents about what the issuer of `member` issued: "1.cer", "1.crl" … */
const char *pki_document(struct lab *lab, const struct pki_plan *plan, char member,
                         const char *ending);
const struct cert_plan *pki_cert_plan(const struct pki_plan *plan, char member);
char pki_issuer(const struct pki_plan *plan, char member);
/** Who is named as issuer by what `member` signs, and the key that it signs with. */
struct mint_issuer pki_signer(struct lab *lab, const struct pki_plan *plan, char member);

/** The member's certificate, or p = NULL for a letter that the plan has not. */
struct bytes pki_member(struct lab *lab, const struct pki_plan *plan, char member);
/** The key of L or M. */
const struct private_key *pki_key(struct lab *lab, const struct pki_plan *plan, char member);
/** How many intermediates the plan has. */
int pki_depth(const struct pki_plan *plan);

#endif
