/* SPDX-License-Identifier: Apache-2.0 */
/* Front header of asn1/: a DER reader that knows its absolute offsets, a DER writer, OIDs.
 *
 * The reader is strict about structure (definite lengths, inside the parent) and tolerant about
 * style: what is legal BER but not DER is returned with a flag, so that the caller can report it as
 * an anomaly with its place instead of stopping. X.690 is the reference throughout. */
#ifndef CERTWHY_ASN1_H
#define CERTWHY_ASN1_H

#include "base/base.h"

enum der_tag {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_NULL = 0x05,
    DER_OID = 0x06,
    DER_ENUMERATED = 0x0a,
    DER_UTF8_STRING = 0x0c,
    DER_NUMERIC_STRING = 0x12,
    DER_PRINTABLE_STRING = 0x13,
    DER_TELETEX_STRING = 0x14,
    DER_IA5_STRING = 0x16,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_VISIBLE_STRING = 0x1a,
    DER_UNIVERSAL_STRING = 0x1c,
    DER_BMP_STRING = 0x1e,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
};
/** Context-specific tags: primitive [n] and constructed [n]. */
#define DER_CONTEXT(n) (0x80 | (n))
#define DER_CONTEXT_CONS(n) (0xa0 | (n))

enum der_flag {
    DER_LONG_LENGTH = 1, /**< length octets longer than needed (X.690 10.1) */
};

/** A cursor over DER. `offset` is the position of rest.p[0] in the outermost object. */
struct reader {
    struct bytes rest;
    size_t offset;
    bool bad;      /**< sticky: malformed input met */
    size_t bad_at; /**< absolute offset of it */
};

/** One element: views into the input. */
struct der {
    uint8_t tag;
    uint8_t flags;      /**< enum der_flag */
    struct bytes body;  /**< content octets */
    struct bytes whole; /**< identifier, length and content octets */
    size_t offset;      /**< absolute offset of the identifier octet */
    size_t body_offset; /**< absolute offset of the first content octet */
};

struct reader reader_of(struct bytes der, size_t offset);
/** A reader over an element's content. */
struct reader reader_enter(const struct der *element);
bool reader_at_end(const struct reader *reader);
/** The next element. False at the end (bad stays false) or when malformed (bad set). Multi-byte
 * tags and indefinite lengths are malformed. */
bool reader_next(struct reader *reader, struct der *out);
/** As reader_next, but the element must carry `tag`; a different tag sets bad. */
bool reader_expect(struct reader *reader, uint8_t tag, struct der *out);
/** Takes the next element only when it carries `tag`; false without harm when it does not. */
bool reader_optional(struct reader *reader, uint8_t tag, struct der *out);
/** The tag of the next element, or 0 at the end. */
uint8_t reader_peek(const struct reader *reader);

/** INTEGER content as a small number; false when negative, empty or above INT64_MAX. */
bool der_small_int(const struct der *element, int64_t *out);
/** True when an INTEGER's content has redundant leading octets (X.690 8.3.2). */
bool der_int_is_padded(struct bytes body);
/** BIT STRING content without its first octet; false when empty or unused bits > 7. */
bool der_bit_string(const struct der *element, struct bytes *bits, unsigned *unused);

enum der_time_fault {
    DER_TIME_OK = 0,
    DER_TIME_NO_SECONDS = 1,  /**< UTCTime without seconds */
    DER_TIME_OFFSET = 2,      /**< +hhmm instead of Z */
    DER_TIME_FRACTION = 4,    /**< fractional seconds */
    DER_TIME_NOT_UTC = 8,     /**< GeneralizedTime for a date before 2050 (RFC 5280 4.1.2.5) */
    DER_TIME_UNREADABLE = 16, /**< not a time at all; *out is TIME_NONE */
};
/** UTCTime or GeneralizedTime; returns an OR of enum der_time_fault, tolerant of all but the last.
 */
unsigned der_time(const struct der *element, cw_time *out);

/* ---- object identifiers ---- */

enum oid {
    OID_UNKNOWN = 0,
#define OID(id, text, name) OID_##id,
#include "oids.def"
#undef OID
    OID_COUNT,
};
/** The OID whose DER content octets these are, or OID_UNKNOWN. */
enum oid oid_of(struct bytes body);
/** "serverAuth": the field's customary name; "" for OID_UNKNOWN. */
const char *oid_name(enum oid oid);
/** DER content octets of a known OID. */
struct bytes oid_der(enum oid oid);
/** Content octets that make up whole subidentifiers, none padded (X.690 section 8.19.2). */
bool oid_is_well_formed(struct bytes body);
/** "1.3.6.1.5.5.7.3.1" of any content octets; "invalid" when they are none. */
char *oid_text(struct arena *arena, struct bytes body);
/** Content octets of a dotted OID; false when it is not one. */
bool oid_from_text(const char *text, struct buf *out);

/* ---- writing ---- */

/** Writes nested DER front to back: writer_open() … writer_close() around constructed content. */
struct writer {
    struct buf out;
    size_t open[LIMIT_DER_DEPTH];
    unsigned depth;
};
void writer_open(struct writer *w, uint8_t tag);
void writer_close(struct writer *w);
void writer_put(struct writer *w, uint8_t tag, struct bytes body);
void writer_raw(struct writer *w, struct bytes der);
void writer_oid(struct writer *w, enum oid oid);
void writer_int(struct writer *w, int64_t value);
/** An unsigned big-endian number as INTEGER: leading zeros dropped, sign octet added. */
void writer_uint(struct writer *w, struct bytes big_endian);
void writer_bool(struct writer *w, bool value);
void writer_null(struct writer *w);
/** BIT STRING with no unused bits. */
void writer_bits(struct writer *w, struct bytes bits);
/** UTCTime to 2049, GeneralizedTime after (RFC 5280 4.1.2.5). */
void writer_time(struct writer *w, cw_time t);
void writer_free(struct writer *w);

#endif
