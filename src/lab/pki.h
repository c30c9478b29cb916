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
};

enum { LAB_INTERMEDIATES = 3 };

/** The certificates of one scenario. */
struct pki_plan {
    enum family family;
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
};
void lab_free(struct lab *lab);

/** The member's certificate, or p = NULL for a letter that the plan has not. */
struct bytes pki_member(struct lab *lab, const struct pki_plan *plan, char member);
/** The key of L or M. */
const struct private_key *pki_key(struct lab *lab, const struct pki_plan *plan, char member);
/** How many intermediates the plan has. */
int pki_depth(const struct pki_plan *plan);

#endif
