/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of container/ share. A PEM file is read in one pass: marker.c finds the next BEGIN
 * or END, pem.c pairs them, body.c decodes what lies between, builder.c keeps objects and faults.
 */
#ifndef CERTWHY_CONTAINER_INTERNAL_H
#define CERTWHY_CONTAINER_INTERNAL_H

#include "container.h"

/** A position in text: `at` indexes the text, line and column are 1-based. */
struct place {
    size_t at, line, column;
};

/** Collects one container. Positions in `text` become byte offsets of the file by start + at *
 * unit: a byte-order mark was cut off, and UTF-16 was narrowed to one byte per code unit. */
struct builder {
    struct arena *arena;
    struct container *out;
    const char *where;
    const char *password; /* of a keystore; NULL unknown */
    size_t start, unit;
    struct bytes outer; /* text that something is wrapped in; map: of each byte of the text that is
                           read its index in `outer`, NULL: it is read as it is */
    const uint32_t *map;
    uint32_t *lines; /* where those of `outer` start, once that was asked for */
    size_t line_count;
    size_t object_cap, fault_cap;
    bool full; /**< an object was refused: LIMIT_OBJECTS */
    size_t faults_of_kind[FAULT_COUNT];
    size_t objects_of_kind[OBJECT_OTHER + 1];
};

/** A fault of the whole file has the block SIZE_MAX. */
void builder_fault(struct builder *b, enum file_fault_id id, struct place place, size_t block,
                   struct bytes excerpt);
/** The line of a place of the text that is read, in the file. */
size_t builder_line(struct builder *b, struct place place);
/** The byte of the file at which an index of that text stands. */
size_t builder_offset(const struct builder *b, size_t at);
/** Completes origin.where, kind and position, and adds the object; beyond LIMIT_OBJECTS it is
 *  counted as limit_hit only. */
void builder_object(struct builder *b, struct object object);
/** Faults in the order of the file. */
void builder_sort(struct builder *b);

/* ---- labels (label.c) ---- */

struct label {
    const char *text;
    enum object_kind kind;
    bool encrypted;
};
/** The entry of a label that we know, or NULL. */
const struct label *label_find(struct bytes text);
/** A label that names a private key of whatever kind: its bytes must not be kept. */
bool label_is_private(struct bytes text);

/* ---- markers (marker.c) ---- */

enum marker_style {
    MARKER_SMART = 1, /**< typographic dashes */
    MARKER_BENT = 2,  /**< not five dashes on both sides, or white space beside them */
};
struct marker {
    bool begin;
    unsigned style; /**< enum marker_style */
    size_t at, end; /**< first dash; behind the last one */
    struct bytes label;
};
struct marker_scan {
    struct bytes text;
    size_t next_begin, next_end; /**< cached positions of the two words */
};
struct marker_scan marker_scan_of(struct bytes text);
/** The next marker at or behind `from`. Linear over all calls with growing `from`. */
bool marker_next(struct marker_scan *scan, size_t from, struct marker *out);

/** Length of the dash at text[at], typographic ones (*smart) included; 0: none. */
size_t dash_at(struct bytes text, size_t at, bool *smart);

/* ---- what lies between (body.c) ---- */

struct body_request {
    struct bytes text;
    struct place from;
    size_t to, block;
    bool open;     /**< no END marker: the first foreign character ends the block */
    bool loose;    /**< line breaks were lost: white space between digits is no further fault */
    bool indented; /**< BEGIN is: one fault for the whole block is enough */
    bool bare;     /**< no BEGIN marker before it: no RFC 1421 headers either */
};
struct body {
    struct bytes der; /**< in the arena */
    struct place stop;
    bool escaped; /**< had \n in two characters */
};
void body_read(struct builder *b, const struct body_request *request, struct body *out);

/* ---- DER (der.c) ---- */

/** The length that the first element claims for itself, header included; 0 when it is no SEQUENCE
 * of definite length. May exceed der.n. */
size_t der_claimed(struct bytes der);
/** What an outermost SEQUENCE is, by the shape of its first elements. OBJECT_OTHER: none of these.
 *  *what: words for a user ("a PKCS#12 file"), or NULL. */
enum object_kind der_recognise(struct bytes der, const char **what, bool *encrypted);
/** True when the file may be DER (or BER) at all. */
bool der_is_likely(struct bytes file);
/** True for an outermost SEQUENCE of the shape of a PFX (RFC 7292 section 4). */
bool der_is_pkcs12(struct bytes der);
void der_read(struct builder *b, struct bytes file);

/** Adds the certificates of a PKCS#7 bundle, each with the label and place of `like`; returns how
 *  many. */
size_t pkcs7_read(struct builder *b, struct bytes ber, const struct object *like);

/* ---- keystores (jks.c, pkcs12.c, ber.c) ---- */

/** True when the file starts as a Java keystore does. */
bool jks_is(struct bytes file);
/** Reads a JKS or JCEKS file. */
void jks_read(struct builder *b, struct bytes file);
/** Reads a PKCS#12 file (RFC 7292). */
void pkcs12_read(struct builder *b, struct bytes file);
/** The passwords worth trying, best first: the one given, Java's customary one, the empty one in
 *  its two forms. Returns how many. */
enum { PASSWORDS_MAX = 4 };
size_t keystore_passwords(const struct builder *b, const char *out[PASSWORDS_MAX]);
/** Adds one certificate of a keystore, which starts at `at` of the file (0 unknown: it was
 *  encrypted). */
void keystore_certificate(struct builder *b, struct bytes der, size_t at, const char *alias,
                          bool java_anchor);
/** A part was not read: the first reason is kept. */
void keystore_problem(struct builder *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/** Rewrites BER as DER: definite lengths, strings in one piece. False when it is malformed. */
bool ber_to_der(struct bytes ber, struct buf *out);

/* ---- text (pem.c, text.c) ---- */

/** Reads a text; true when it held a marker or bare base64 of a certificate. */
bool pem_read(struct builder *b, struct bytes text);
/** Cuts a byte-order mark off, narrows UTF-16; names both as faults. */
struct bytes text_of(struct builder *b, struct bytes file);
/** Moves on to `to`, counting lines (LF, CRLF or CR). */
struct place place_advance(struct bytes text, struct place place, size_t to);

/* ---- text that something is wrapped in (wrapped.c) ---- */

/** Takes layers off the text (percent-encoding, quoting, line numbers …) and names each as a fault.
 *  False when there is none. The text that results may hold a private key: wipe it after use. */
bool wrapped_open(struct builder *b, struct bytes *text);

/* ---- recognising foreign kinds (kind.c) ---- */

/** Words for a user ("an HTML page"), or NULL; *kind is FILE_KIND_OTHER unless a better one exists.
 */
const char *kind_recognise(struct bytes file, enum file_kind *kind);

#endif
