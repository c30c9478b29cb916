/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of x509/ share among themselves. */
#ifndef CERTWHY_X509_INTERNAL_H
#define CERTWHY_X509_INTERNAL_H

#include "x509.h"

/** Records an anomaly; `cert` may be NULL (nobody wants to know). */
void anomaly_add(struct cert *cert, enum anomaly_id id, size_t offset);
/** reader_expect() that records a length in too many octets. */
bool element_take(struct cert *cert, struct reader *reader, uint8_t tag, struct der *out);

/** The content of an ANY is one of its universal type (X.690 section 8). */
bool any_is_decodable(const struct der *value);

/** An AlgorithmIdentifier (RFC 5280 section 4.1.1.2). */
struct algorithm {
    enum oid id;
    struct bytes oid;
    size_t offset;
    bool has_parameters;
    struct der parameters; /**< when has_parameters */
};
bool algorithm_read(struct bytes whole, size_t offset, struct algorithm *out);
/** The digest of a signature algorithm, and an anomaly when its parameters are not what its RFC
 * says. */
enum digest_kind signature_digest(struct cert *cert, const struct algorithm *algorithm);
/** The signature algorithm's parameters are NULL, not absent. */
bool signature_needs_null(enum oid algorithm);

/** As key_info_read(), with anomalies; `offset` is that of the SubjectPublicKeyInfo. */
void key_read(struct cert *cert, struct bytes spki, size_t offset, struct key_info *out);

/** The next Extension of a list (RFC 5280 section 4.1); false at the end, and where it is malformed
 *  (reader->bad). */
bool extension_take(struct reader *reader, struct extension *out);
/** The SEQUENCE OF Extension inside of an explicit tag; false when it is none. */
bool extensions_enter(const struct der *wrapper, struct reader *out);
/** AuthorityKeyIdentifier (RFC 5280 section 4.2.1.1) in its parts. */
struct authority_id {
    struct bytes key_id, issuer, serial;
};
bool authority_id_read(struct bytes value, size_t offset, struct authority_id *out);
/** DistributionPointName, from the content of the explicit tag around it. */
bool point_name_read(const struct der *wrapper, struct point_name *out);
/** ReasonFlags of an implicit tag; false when it is no BIT STRING. */
bool reason_flags_read(const struct der *element, unsigned *out);

/** Reads one known extension into the certificate's fields and records what is odd about it. */
void extension_read(struct cert *cert, const struct extension *extension);
/** Oddities that only all extensions together show. */
void extensions_check(struct cert *cert);

/** One AttributeTypeAndValue. */
struct attribute {
    struct bytes type;
    struct bytes value;
    size_t offset; /**< of the value */
    uint8_t tag;   /**< of the value */
};
/** One RelativeDistinguishedName. */
struct rdn {
    size_t n;
    size_t offset;
    struct attribute attributes[LIMIT_RDN_ATTRIBUTES];
};
/** A walk over the RDNs of a Name. */
struct rdns {
    struct reader reader; /**< bad: the name cannot be read, or has too many attributes */
    size_t left;          /**< attributes that may still come */
};
struct rdns rdns_of(struct bytes name, size_t offset);
/** The next RDN; false at the end, or when it cannot be read. */
bool rdn_next(struct rdns *rdns, struct rdn *out);
/** Every RDN of it can be followed. */
bool name_is_readable(struct bytes name);
/** Every value in it is of a type that names have, and in its characters. */
bool name_is_of_strings(struct bytes name);
/** Notes a directory name in an extension that is not. */
void general_name_check(struct cert *cert, const struct general_name *name);
/** Notes what is odd; returns name_hash(name), which the same walk yields. */
uint64_t name_check(struct cert *cert, struct bytes name, size_t offset);
/** Every octet is in PrintableString's set. */
bool is_printable_string(struct bytes value);

/** Characters of an attribute value, whatever its string type. */
struct chars {
    const uint8_t *p, *end;
    uint8_t tag;
};
enum {
    CHARS_END = -1,
    CHARS_INVALID = 0x110000, /* CHARS_INVALID + octet: not a character in this string type */
};
struct chars chars_of(struct bytes value, uint8_t tag);
/** The next code point, CHARS_INVALID + octet, or CHARS_END. */
int32_t chars_next(struct chars *chars);
/** True for the string types that hold characters. */
bool tag_is_text(uint8_t tag);

/** True for a dNSName of a certificate: host name characters, wildcard in the first label allowed.
 */
bool dns_is_plausible(struct bytes name);

#endif
