/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate requests (PKCS#10, RFC 2986): read, and made anew. Included by x509.h. */
#ifndef CERTWHY_X509_CSR_H
#define CERTWHY_X509_CSR_H

/** A request; views point into the DER that it was read from. */
struct csr {
    struct bytes tbs;     /**< CertificationRequestInfo, whole */
    struct bytes subject; /**< whole Name */
    struct key_info key;
    struct bytes names;     /**< content of the SAN that is asked for: GeneralNames; n 0 none */
    struct bytes algorithm; /**< whole AlgorithmIdentifier of the signature */
    struct bytes signature;
};
/** False when it is none. Borrows `der`. */
bool csr_parse(struct bytes der, struct csr *out);
/** Does the signature prove possession of the key (RFC 2986 section 4.2)? */
bool csr_is_signed(const struct csr *csr);

/** What is asked for. */
struct csr_wish {
    struct bytes subject;             /**< whole Name */
    struct bytes names;               /**< GeneralNames that are kept, as they are; n 0 none */
    const char *const *dns_names;     /**< added, NULL-terminated; NULL none */
    const struct bytes *ip_addresses; /**< added: 4 or 16 octets each */
    size_t ip_count;
};
/** The DER of a request for this key, signed with it: subject, key and names and nothing else, so
 *  that no must-staple or usage of old is asked for again. False: a key that cannot sign. */
bool csr_make(const struct csr_wish *wish, const struct private_key *key, struct buf *out);

#endif
