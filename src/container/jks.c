/* SPDX-License-Identifier: Apache-2.0 */
/* Java keystores, JKS and JCEKS (sun.security.provider.JavaKeyStore, com.sun.crypto.provider.
 * JceKeyStore). Their certificates are not encrypted: they are read whether or not the password is
 * known. The password only proves that nobody altered the file: its last 20 octets are the SHA-1 of
 * the password in UTF-16, the words "Mighty Aphrodite", and all that lies before. */
#include <string.h>

#include "internal.h"

enum {
    MAGIC_JKS = 0xfeedfeed,
    MAGIC_JCEKS = 0xcececece,
    DIGEST_BYTES = 20,
    TAG_KEY = 1,
    TAG_CERTIFICATE = 2,
    TAG_SECRET = 3,
};

/** Big-endian numbers, front to back. `bad` sticks once something was cut off. */
struct cursor {
    struct bytes in;
    size_t at;
    bool bad;
};

static struct bytes take(struct cursor *c, size_t n)
{
    if (c->bad || n > c->in.n - c->at) {
        c->bad = true;
        return bytes_of(NULL, 0);
    }
    c->at += n;
    return bytes_slice(c->in, c->at - n, n);
}

static uint32_t take_number(struct cursor *c, size_t octets)
{
    const struct bytes raw = take(c, octets);
    uint32_t value = 0;
    for (size_t i = 0; i < raw.n; i++)
        value = value << 8 | raw.p[i];
    return value;
}

/* DataOutput.writeUTF: a length of two octets, then modified UTF-8. */
static struct bytes take_text(struct cursor *c)
{
    return take(c, take_number(c, 2));
}

bool jks_is(struct bytes file)
{
    struct cursor c = {.in = file};
    const uint32_t magic = take_number(&c, 4), version = take_number(&c, 4);
    return !c.bad && (magic == MAGIC_JKS || magic == MAGIC_JCEKS) && (version == 1 || version == 2);
}

/* ---- entries ---- */

struct jks {
    struct builder *b;
    struct cursor c;
    uint32_t version;
    const char *alias;
};

static void read_certificate(struct jks *jks, bool java_anchor)
{
    /* Version 1 knew no other kind than X.509. */
    const struct bytes type = jks->version == 1 ? bytes_str("X.509") : take_text(&jks->c);
    const struct bytes der = take(&jks->c, take_number(&jks->c, 4));
    const size_t at = jks->c.at - der.n;
    if (jks->c.bad)
        return;
    if (bytes_equal_str(type, "X.509"))
        keystore_certificate(jks->b, der, at, jks->alias, java_anchor);
    else
        keystore_problem(jks->b, "the entry \"%s\" holds a certificate of another kind than X.509",
                         jks->alias);
}

static void read_key(struct jks *jks)
{
    const struct object key = {
        .kind = OBJECT_PRIVATE_KEY,
        .label = "",
        .origin = {.offset = jks->c.at, .alias = jks->alias},
        .encrypted = true,
    };
    take(&jks->c, take_number(&jks->c, 4));
    const uint32_t count = take_number(&jks->c, 4);
    if (jks->c.bad)
        return;
    jks->b->out->keystore.keys++;
    builder_object(jks->b, key);
    for (uint32_t i = 0; i < count && !jks->c.bad && !jks->b->full; i++)
        read_certificate(jks, i == 0);
}

/* False: what follows cannot be found. */
static bool read_entry(struct jks *jks)
{
    enum { DATE_BYTES = 8 };
    const uint32_t tag = take_number(&jks->c, 4);
    jks->alias = str_safe(jks->b->arena, take_text(&jks->c));
    take(&jks->c, DATE_BYTES);
    if (jks->c.bad)
        return false;
    if (tag == TAG_CERTIFICATE) {
        read_certificate(jks, true);
    } else if (tag == TAG_KEY) {
        read_key(jks);
    } else if (tag == TAG_SECRET) {
        /* A serialised Java object, which says nowhere how long it is. */
        jks->b->out->keystore.keys++;
        keystore_problem(jks->b,
                         "the entry \"%s\" is a secret key, behind which nothing can be read",
                         jks->alias);
        return false;
    } else {
        keystore_problem(jks->b, "it is damaged: an entry of the unknown kind %u", tag);
        return false;
    }
    return !jks->c.bad;
}

/* ---- integrity ---- */

static void add_utf16(struct buf *out, const char *password)
{
    for (const char *p = password; *p; p++) {
        buf_add_byte(out, 0);
        buf_add_byte(out, (uint8_t)*p);
    }
}

static bool digest_fits(struct bytes file, const char *password)
{
    BUF_CLEANUP input = {0};
    uint8_t digest[DIGEST_BYTES];
    add_utf16(&input, password);
    buf_add_str(&input, "Mighty Aphrodite");
    buf_add_bytes(&input, bytes_slice(file, 0, file.n - DIGEST_BYTES));
    crypto_sha1(buf_bytes(&input), digest);
    return memcmp(digest, file.p + file.n - DIGEST_BYTES, DIGEST_BYTES) == 0;
}

static void check_integrity(struct builder *b, struct bytes file)
{
    const char *passwords[PASSWORDS_MAX];
    const size_t count = keystore_passwords(b, passwords);
    struct keystore *keystore = &b->out->keystore;
    keystore->integrity = INTEGRITY_UNPROVEN;
    for (size_t i = 0; i < count; i++)
        if (passwords[i] && digest_fits(file, passwords[i])) {
            keystore->integrity = INTEGRITY_GOOD;
            keystore->password = passwords[i];
            return;
        }
}

void jks_read(struct builder *b, struct bytes file)
{
    struct jks jks = {.b = b, .c = {.in = file}};
    struct keystore *keystore = &b->out->keystore;
    b->out->kind = FILE_KIND_JKS;
    *keystore = (struct keystore){.problem = "", .integrity = INTEGRITY_UNPROVEN};
    keystore->format = take_number(&jks.c, 4) == MAGIC_JKS ? "JKS" : "JCEKS";
    jks.version = take_number(&jks.c, 4);
    const uint32_t count = take_number(&jks.c, 4);
    if (file.n > LIMIT_KEYSTORE_BYTES) {
        keystore_problem(b, "it is larger than %d MiB", LIMIT_KEYSTORE_BYTES >> 20);
        return;
    }
    bool more = true;
    for (uint32_t i = 0; i < count && more && !b->full; i++)
        more = read_entry(&jks);
    if (jks.c.bad || jks.c.in.n - jks.c.at < DIGEST_BYTES)
        keystore_problem(b, "it is damaged: it ends in the middle of an entry");
    else
        check_integrity(b, file);
}
