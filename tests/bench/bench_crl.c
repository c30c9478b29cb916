/* SPDX-License-Identifier: Apache-2.0 */
/* A CRL of a million entries: mints it, asks it one serial number with its signature checked, and
 * asks it many more.
 *
 *     bench_crl mint FILE ENTRIES     writes FILE, FILE.spki, FILE.ca.pem, FILE.leaf.pem and,
 *                                     of a leaf on the list, FILE.revoked.pem
 *
 *     bench_crl first FILE            one question: what tests/bench/measure is to measure
 *
 *     bench_crl further FILE COUNT    prints microseconds of CPU for each question after the first
 */
#include "bench.h"

#include "container/container.h"
#include "lab/mint.h"

enum { SERIAL = 16 };

static const char issuer_cn[] = "\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x02"
                                "CA";

static void write_algorithm(struct writer *w)
{
    writer_open(w, DER_SEQUENCE);
    writer_oid(w, OID_SHA256_RSA);
    writer_null(w);
    writer_close(w);
}

/** The n-th serial number: random, as CAs must choose them. Odd n are not on the list. */
static void serial_of(size_t n, uint8_t out[SERIAL])
{
    uint64_t a = (n + 1) * UINT64_C(0x9e3779b97f4a7c15), b = ~a;
    for (int i = 0; i < 3; i++) {
        a = (a ^ a >> 31) * UINT64_C(0xbf58476d1ce4e5b9);
        b = (b ^ b >> 29) * UINT64_C(0x94d049bb133111eb);
    }
    memcpy(out, &a, 8);
    memcpy(out + 8, &b, 8);
    out[0] = 0x40 | (out[0] & 0x3f);
}

static void write_entries(struct writer *w, size_t count)
{
    static const uint8_t reason[] = {0x30, 0x0c, 0x30, 0x0a, 0x06, 0x03, 0x55,
                                     0x1d, 0x15, 0x04, 0x03, 0x0a, 0x01, 0x01};
    writer_open(w, DER_SEQUENCE);
    for (size_t i = 0; i < count; i++) {
        uint8_t serial[SERIAL];
        serial_of(2 * i, serial);
        writer_open(w, DER_SEQUENCE);
        writer_put(w, DER_INTEGER, bytes_of(serial, SERIAL));
        writer_put(w, DER_UTC_TIME, bytes_str("261101120000Z"));
        if (i % 2 == 1)
            writer_raw(w, bytes_of(reason, sizeof reason));
        writer_close(w);
    }
    writer_close(w);
}

static void write_tbs(struct writer *w, size_t count)
{
    static const uint8_t number[] = {0xa0, 0x0e, 0x30, 0x0c, 0x30, 0x0a, 0x06, 0x03,
                                     0x55, 0x1d, 0x14, 0x04, 0x03, 0x02, 0x01, 0x01};
    writer_open(w, DER_SEQUENCE);
    writer_int(w, 1);
    write_algorithm(w);
    writer_raw(w, bytes_of(issuer_cn, sizeof issuer_cn - 1));
    writer_put(w, DER_UTC_TIME, bytes_str("261120120000Z"));
    writer_put(w, DER_UTC_TIME, bytes_str("261127120000Z"));
    write_entries(w, count);
    writer_raw(w, bytes_of(number, sizeof number));
    writer_close(w);
}

#define NOW ((cw_time)1795262400) /* 2026-11-21T12:00:00Z, a day after thisUpdate */

static bool write_beside(const char *path, const char *ending, struct bytes content)
{
    char name[4096];
    struct error err;
    snprintf(name, sizeof name, "%s%s", path, ending);
    return file_write_atomic(NULL, name, content, 0644, &err) == CW_OK;
}

static bool mint_pem(const char *path, const char *ending, const struct mint_spec *spec)
{
    struct arena arena = {0};
    struct buf pem = {0};
    pem_write(&pem, "CERTIFICATE", mint_certificate(&arena, bytes_str("bench"), spec));
    const bool written = write_beside(path, ending, buf_bytes(&pem));
    buf_free(&pem);
    arena_free(&arena);
    return written;
}

/** The CA whose CRL it is, as a root, and a leaf that it issued. */
static bool mint_chain(const char *path, const struct private_key *key)
{
    uint8_t serial[SERIAL];
    const struct bytes name = bytes_of(issuer_cn, sizeof issuer_cn - 1);
    const struct mint_general_name host = {.kind = GN_DNS, .value = bytes_str("bench.test")};
    struct mint_spec spec = {.subject = name,
                             .key = key,
                             .issuer = {.name = name, .key = key},
                             .not_before = NOW - 1000 * TIME_DAY,
                             .not_after = NOW + 1000 * TIME_DAY,
                             .ca = true,
                             .key_usage = KU_KEY_CERT_SIGN | KU_CRL_SIGN};
    if (!mint_pem(path, ".ca.pem", &spec))
        return false;
    spec.key = private_key_derive(KEY_SPEC_P256, bytes_str("bench"), "leaf");
    spec.subject = bytes_of("0", 2); /* an empty Name */
    spec.serial = bytes_of(serial, SERIAL);
    spec.not_before = NOW - 10 * TIME_DAY;
    spec.not_after = NOW + 80 * TIME_DAY;
    spec.ca = false;
    spec.key_usage = KU_DIGITAL_SIGNATURE;
    spec.eku = EKU_SERVER_AUTH;
    spec.names = &host;
    spec.name_count = 1;
    serial_of(1, serial);
    if (!mint_pem(path, ".leaf.pem", &spec))
        return false;
    serial_of(2, serial);
    return mint_pem(path, ".revoked.pem", &spec);
}

static int mint(const char *path, size_t count)
{
    struct writer tbs = {0}, crl = {0};
    struct buf signature = {0}, spki = {0};
    struct private_key *key = private_key_derive(KEY_SPEC_RSA_2048, bytes_str("bench"), "crl");
    write_tbs(&tbs, count);
    if (!private_key_sign(key, OID_SHA256_RSA, buf_bytes(&tbs.out), &signature) ||
        !private_key_spki(key, &spki))
        return 1;
    writer_open(&crl, DER_SEQUENCE);
    writer_raw(&crl, buf_bytes(&tbs.out));
    write_algorithm(&crl);
    writer_bits(&crl, buf_bytes(&signature));
    writer_close(&crl);
    return !write_beside(path, "", buf_bytes(&crl.out)) ||
           !write_beside(path, ".spki", buf_bytes(&spki)) || !mint_chain(path, key);
}

/** Parses the mapped file, checks its signature and asks for a serial number that is not there. */
static struct crl *first(const char *path, struct mapping *map)
{
    struct error err;
    struct buf spki = {0};
    struct crl_entry entry;
    char spki_path[4096];
    uint8_t serial[SERIAL];
    snprintf(spki_path, sizeof spki_path, "%s.spki", path);
    if (file_map(NULL, path, map, &err) != CW_OK ||
        file_read(NULL, spki_path, 4096, &spki, &err) != CW_OK)
        return NULL;
    struct crl *crl = crl_parse(bytes_of(map->p, map->n));
    serial_of(1, serial);
    const bool good =
        crl_find(crl, crl->issuer, bytes_of(serial, SERIAL), &entry) == CRL_UNLISTED &&
        crl_verify(crl, buf_bytes(&spki)) == SIG_OK;
    return good ? crl : NULL;
}

/** False when an answer is wrong. */
static bool ask(struct crl *crl, size_t n)
{
    struct crl_entry entry;
    uint8_t serial[SERIAL];
    serial_of(n, serial);
    const enum crl_listing listing = crl_find(crl, crl->issuer, bytes_of(serial, SERIAL), &entry);
    return listing == (n % 2 == 0 ? CRL_LISTED : CRL_UNLISTED);
}

enum { COLD = 10 };

static int further(struct crl *crl, size_t count)
{
    const size_t entries = crl_entry_count(crl);
    bool right = true;
    const int64_t start = cpu_ns();
    for (size_t i = 0; i < COLD; i++)
        right &= ask(crl, i * 104729 % (2 * entries));
    const int64_t cold = cpu_ns();
    for (size_t i = 0; i < count; i++)
        right &= ask(crl, i * 7919 % (2 * entries));
    printf("%zu entries: the next %d questions %.2f us each, %zu more %.2f us each\n", entries,
           COLD, (double)(cold - start) / 1e3 / COLD, count,
           (double)(cpu_ns() - cold) / 1e3 / (double)count);
    return right ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct mapping map;
    crypto_start();
    if (argc == 4 && strcmp(argv[1], "mint") == 0)
        return mint(argv[2], (size_t)strtoul(argv[3], NULL, 10));
    struct crl *crl = argc >= 3 ? first(argv[2], &map) : NULL;
    if (crl == NULL)
        return 2;
    return argc == 4 ? further(crl, (size_t)strtoul(argv[3], NULL, 10)) : 0;
}
