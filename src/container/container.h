/* SPDX-License-Identifier: Apache-2.0 */
/* Front header of container/: the bytes of a file → the objects in it with their origin, and what
 * is wrong with the file. Reads PEM (as forgiving as can be without guessing, naming each fault,
 * and without what it may be wrapped in), DER and the certificates of PKCS#7 bundles and keystores
 * (PKCS#12, JKS, JCEKS); recognises what it does not read (HTML, an SSH key …) and says so.
 */
#ifndef CERTWHY_CONTAINER_H
#define CERTWHY_CONTAINER_H

#include "x509/x509.h"

enum origin_kind {
    ORIGIN_SENT,
    ORIGIN_FILE,
    ORIGIN_STORE,
    ORIGIN_POOL,
    ORIGIN_FETCHED,
    ORIGIN_MADE
};
/** Where an object came from. Strings live as long as the arena that made them. */
struct origin {
    enum origin_kind kind;
    const char *where; /**< file path, store name, URL, or address */
    size_t line;       /**< 1-based first line in a text file, 0: not a text file */
    size_t offset;     /**< byte offset in the file or message */
    size_t position;   /**< ORIGIN_SENT, ORIGIN_FILE: 0-based index in its list */
    const char *alias; /**< its name in a keystore, made harmless; NULL none */
};

enum object_kind {
    OBJECT_CERTIFICATE,
    OBJECT_PRIVATE_KEY,
    OBJECT_CSR,
    OBJECT_CRL,
    OBJECT_PKCS7,
    OBJECT_OTHER
};
/** One object found in a file. A private key's bytes are never kept: der is empty for it. */
struct object {
    enum object_kind kind;
    const char *label; /**< PEM label, "" for DER */
    struct bytes der;  /**< decoded, in the arena */
    struct origin origin;
    size_t end_line;
    bool encrypted;   /**< private key under a passphrase */
    bool java_anchor; /**< Java trusts this entry of a keystore: a trusted certificate, or the first
                         of a key's chain */
};

enum file_fault_id {
#define FILE_FAULT(id, rule, text) FAULT_##id,
#include "faults.def"
#undef FILE_FAULT
    FAULT_COUNT,
};
/** One thing wrong with the file, with its place. */
struct file_fault {
    enum file_fault_id id;
    size_t line, column, offset; /**< 1-based line and column, 0-based byte */
    size_t block;                /**< 0-based PEM block, SIZE_MAX: the whole file */
    const char *excerpt;         /**< the offending text, made harmless, or "" */
};
const char *file_fault_rule(enum file_fault_id id); /**< "file.seam" */
const char *file_fault_text(enum file_fault_id id);

enum file_kind {
    FILE_KIND_EMPTY,
    FILE_KIND_PEM,
    FILE_KIND_DER,
    FILE_KIND_PKCS7,
    FILE_KIND_PKCS12,
    FILE_KIND_JKS,
    FILE_KIND_CASE,
    FILE_KIND_HTML,
    FILE_KIND_OTHER
};
/** What a keystore's own checksum or MAC says. */
enum integrity {
    INTEGRITY_NONE, /**< it has none (PKCS#12 as Java 18 and later ship it), or is no keystore */
    INTEGRITY_GOOD,
    INTEGRITY_UNPROVEN, /**< no password that is known fits: altered, or under another password */
    INTEGRITY_BAD,      /**< the password is right, the content is not */
};
/** A keystore as a whole. */
struct keystore {
    const char *format; /**< "JKS", "JCEKS", "PKCS#12"; NULL: the file is none */
    enum integrity integrity;
    bool encrypted;       /**< its certificates lie under a password */
    const char *password; /**< the one that fits; NULL none, or none is needed */
    size_t keys;          /**< private and secret keys: recognised, never decoded */
    size_t unread;        /**< parts that could not be read */
    const char *problem;  /**< why, a sentence; "" none */
};
struct container {
    enum file_kind kind;
    struct object *objects;
    size_t object_count;
    struct file_fault *faults;
    size_t fault_count;
    bool limit_hit; /**< more objects or faults than base/limits.h allows */
    struct keystore keystore;
};

/** Reads the bytes of one file. `where` names it in origins. Never fails for foreign content.
 *  Linear time in the size of `file`. */
void container_read(struct bytes file, const char *where, struct arena *arena,
                    struct container *out);

/** The same with the password of a keystore, which is tried first. NULL: "changeit" and the empty
 *  one alone, as for every keystore. */
void container_read_with(struct bytes file, const char *where, const char *password,
                         struct arena *arena, struct container *out);

/** Is it a keystore (JKS, PKCS#12)? To read one takes as many rounds of key derivation as it says:
 * to be asked before the file of a stranger is read. */
bool container_is_keystore(struct bytes file);

/** The certificates of a PKCS#7 message (CMS SignedData), DER or BER: at most `limit`, as they
 * stand in it, views into `message` or the arena. Returns how many. */
size_t pkcs7_certificates(struct bytes message, size_t limit, struct arena *arena,
                          struct bytes **out);

/** Appends one PEM block with 64-character lines. */
void pem_write(struct buf *out, const char *label, struct bytes der);

#endif
