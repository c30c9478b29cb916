/* SPDX-License-Identifier: Apache-2.0 */
/* The roots that a user gave to Firefox or Chromium: NSS's cert9.db, which is an SQLite database of
 * PKCS#11 objects. SQLite reads it, loaded when there is one; of the library this file alone knows.
 * It is given the bytes, so that it neither locks nor changes anything. */
#include <dlfcn.h>
#include <string.h>

#include "machine.h"

/* sqlite3.h: interfaces that will not change (https://sqlite.org/versionnumbers.html). */
struct sqlite3;
struct sqlite3_stmt;
enum {
    SQLITE_OK = 0,
    SQLITE_ROW = 100,
    SQLITE_DONE = 101,
    SQLITE_OPEN_READONLY = 1,
    SQLITE_OPEN_MEMORY = 0x80,
    SQLITE_DESERIALIZE_READONLY = 4,
};
struct sqlite {
    void *library;
    int (*open)(const char *name, struct sqlite3 **db, int flags, const char *vfs);
    int (*deserialize)(struct sqlite3 *db, const char *schema, unsigned char *data, int64_t size,
                       int64_t room, unsigned flags);
    void (*progress)(struct sqlite3 *db, int steps, int (*stop)(void *), void *context);
    int (*prepare)(struct sqlite3 *db, const char *sql, int size, struct sqlite3_stmt **statement,
                   const char **tail);
    int (*step)(struct sqlite3_stmt *statement);
    const void *(*blob)(struct sqlite3_stmt *statement, int column);
    int (*bytes)(struct sqlite3_stmt *statement, int column);
    int (*finalize)(struct sqlite3_stmt *statement);
    int (*close)(struct sqlite3 *db);
};

static bool sqlite_load(struct sqlite *out)
{
    const struct {
        const char *name;
        void *function;
    } wanted[] = {
        {"sqlite3_open_v2", &out->open},       {"sqlite3_deserialize", &out->deserialize},
        {"sqlite3_step", &out->step},          {"sqlite3_progress_handler", &out->progress},
        {"sqlite3_prepare_v2", &out->prepare}, {"sqlite3_column_blob", &out->blob},
        {"sqlite3_finalize", &out->finalize},  {"sqlite3_column_bytes", &out->bytes},
        {"sqlite3_close_v2", &out->close},
    };
    out->library = dlopen("libsqlite3.so.0", RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0; out->library && i < sizeof wanted / sizeof wanted[0]; i++) {
        void *found = dlsym(out->library, wanted[i].name);
        /* POSIX: a function's address from dlsym() is copied as what it is. */
        memcpy(wanted[i].function, &found, sizeof found);
        if (!found) {
            dlclose(out->library);
            out->library = NULL;
        }
    }
    return out->library != NULL;
}

/** A database while it is read. */
struct nss {
    struct sqlite sqlite;
    struct sqlite3 *db;
    struct store *store;
    uint32_t file;
    unsigned turns; /* of the virtual machine that are left */
    struct nss_cert {
        struct bytes der; /* in the store's arena */
        struct cert *cert;
    } * certs;
    size_t cert_count, cert_cap;
    size_t trusted;
    bool other_trust; /* a kind of record that we do not know */
};

static void nss_close(struct nss *nss)
{
    for (size_t i = 0; i < nss->cert_count; i++)
        cert_unref(nss->certs[i].cert);
    if (nss->db)
        nss->sqlite.close(nss->db);
    if (nss->sqlite.library)
        dlclose(nss->sqlite.library);
}
#define NSS_CLEANUP __attribute__((cleanup(nss_close))) struct nss

/* The database is foreign: a view in it could compute for ever. */
static int nss_turn(void *context)
{
    struct nss *nss = context;
    return nss->turns == 0 || --nss->turns == 0;
}

static struct bytes column(const struct nss *nss, struct sqlite3_stmt *row, int i)
{
    const void *p = nss->sqlite.blob(row, i);
    const int n = nss->sqlite.bytes(row, i);
    return bytes_of(p, p && n > 0 ? (size_t)n : 0);
}

typedef void row_visitor(struct nss *nss, struct sqlite3_stmt *row);

static bool nss_query(struct nss *nss, const char *sql, row_visitor *visit)
{
    const struct sqlite *sqlite = &nss->sqlite;
    struct sqlite3_stmt *row = NULL;
    if (sqlite->prepare(nss->db, sql, -1, &row, NULL) != SQLITE_OK)
        return false;
    int result = SQLITE_ROW;
    for (size_t n = 0; n < LIMIT_OBJECTS && (result = sqlite->step(row)) == SQLITE_ROW; n++)
        visit(nss, row);
    sqlite->finalize(row);
    return result == SQLITE_DONE;
}

/* ---- objects: PKCS#11's and NSS's (pkcs11t.h, pkcs11n.h), integers big-endian ---- */

#define CLASS_CERTIFICATE "x'00000001'"
#define CLASS_TRUST "x'0000000b'"     /* PKCS#11 3.2 */
#define CLASS_NSS_TRUST "x'ce534353'" /* CKO_NSS_TRUST */
#define VALUE "a11"
#define ISSUER "a81"
#define SERIAL "a82"
#define TRUST_SERVER_AUTH "ace536358" /* CKA_TRUST_SERVER_AUTH */
static const uint8_t trusted_delegator[] = {0xce, 0x53, 0x43, 0x52};
static const uint8_t not_trusted[] = {0xce, 0x53, 0x43, 0x5a};

static void certificate_found(struct nss *nss, struct sqlite3_stmt *row)
{
    struct arena *arena = &nss->store->arena;
    const struct bytes der = arena_bytes(arena, column(nss, row, 0));
    nss->certs = arena_grow(arena, nss->certs, nss->cert_count, &nss->cert_cap, sizeof *nss->certs);
    nss->certs[nss->cert_count++] = (struct nss_cert){der, cert_parse(der)};
}

/* Trust is said of an issuer and a serial number. */
static void trust_found(struct nss *nss, struct sqlite3_stmt *row)
{
    const struct bytes issuer = column(nss, row, 0), serial = column(nss, row, 1);
    const struct bytes trust = column(nss, row, 2);
    const bool anchor = bytes_equal(trust, bytes_of(trusted_delegator, sizeof trusted_delegator));
    if (bytes_equal(trust, bytes_of(not_trusted, sizeof not_trusted)))
        store_ban(nss->store, issuer, serial);
    for (size_t i = 0; anchor && i < nss->cert_count; i++) {
        const struct cert *cert = nss->certs[i].cert;
        struct reader reader = reader_of(serial, 0);
        struct der number;
        if (!bytes_equal(cert->issuer, issuer) || !reader_next(&reader, &number) ||
            !bytes_equal(number.body, cert->serial))
            continue;
        const struct candidate candidate = {.p = nss->certs[i].der.p,
                                            .n = nss->certs[i].der.n,
                                            .file = nss->file,
                                            .der = nss->certs[i].der};
        store_add_member(nss->store, &candidate);
        nss->trusted++;
    }
}

static void other_found(struct nss *nss, struct sqlite3_stmt *row)
{
    (void)row;
    nss->other_trust = true;
}

bool nss_read(struct store *store, uint32_t file, struct bytes content, size_t *found,
              const char **problem)
{
    enum { TURN_STEPS = 1000, TURNS = 100000 };
    NSS_CLEANUP nss = {.store = store, .file = file, .turns = TURNS};
    *problem = "libsqlite3 (3.36 or later), which reads NSS databases, is not installed";
    if (!sqlite_load(&nss.sqlite))
        return false;
    *problem = "SQLite does not take it for a database";
    /* Write-ahead logs lie beside the file: what we would read could be old. */
    enum { WRITE_VERSION = 18, WAL = 2 };
    if (content.n > WRITE_VERSION && content.p[WRITE_VERSION] == WAL) {
        *problem = "a program keeps it open in write-ahead mode: what is in it is not all in the "
                   "file";
        return false;
    }
    const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_MEMORY;
    /* The cast drops const: read-only, it is not written to. */
    unsigned char *bytes = (unsigned char *)(uintptr_t)content.p;
    if (nss.sqlite.open(":memory:", &nss.db, flags, NULL) != SQLITE_OK ||
        nss.sqlite.deserialize(nss.db, "main", bytes, (int64_t)content.n, (int64_t)content.n,
                               SQLITE_DESERIALIZE_READONLY) != SQLITE_OK)
        return false;
    nss.sqlite.progress(nss.db, TURN_STEPS, nss_turn, &nss);
    *problem = "it is no certificate database of NSS, or damaged";
    if (!nss_query(&nss, "SELECT 1 FROM nssPublic WHERE a0 = " CLASS_TRUST, other_found) ||
        !nss_query(&nss, "SELECT " VALUE " FROM nssPublic WHERE a0 = " CLASS_CERTIFICATE,
                   certificate_found) ||
        !nss_query(&nss,
                   "SELECT " ISSUER ", " SERIAL ", " TRUST_SERVER_AUTH
                   " FROM nssPublic WHERE a0 = " CLASS_NSS_TRUST,
                   trust_found))
        return false;
    *problem = "it holds marks of trust in a newer form, which this version does not read";
    *found = nss.trusted;
    if (!nss.other_trust)
        *problem = "";
    return !nss.other_trust;
}
