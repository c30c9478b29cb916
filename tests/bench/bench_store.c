/* SPDX-License-Identifier: Apache-2.0 */
/* Milliseconds to load a bundle of trust anchors and look one up: certwhy's index beside OpenSSL's
 * X509_STORE, in turn; and how the index grows with the size of the bundle.
 *
 *     bench_store BUNDLE COPIES…
 *
 * For each number of COPIES a bundle of that many certificates is written beside nothing: the first
 * certificate of BUNDLE below 1200 octets with its serial number counted up, so that none equals
 * another. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/x509_vfy.h>

#undef KU_DIGITAL_SIGNATURE
#undef KU_NON_REPUDIATION
#undef KU_KEY_ENCIPHERMENT
#undef KU_DATA_ENCIPHERMENT
#undef KU_KEY_AGREEMENT
#undef KU_KEY_CERT_SIGN
#undef KU_CRL_SIGN
#undef KU_ENCIPHER_ONLY
#undef KU_DECIPHER_ONLY
#include "trust/trust.h"

enum { ROUNDS = 9 };

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double load_certwhy(const char *path, struct bytes name, size_t *count)
{
    const double start = cpu_ms();
    const struct anchor *found[4];
    struct error error = {0};
    struct store *store = store_new("bench");
    if (store_add_path(store, NULL, path, &error) != CW_OK)
        exit(1);
    *count = store_count(store);
    if (store_find(store, name, found, 4) == 0)
        exit(1);
    const double spent = cpu_ms() - start;
    store_unref(store);
    return spent;
}

static double load_openssl(const char *path)
{
    const double start = cpu_ms();
    X509_STORE *store = X509_STORE_new();
    if (X509_STORE_load_file(store, path) != 1)
        exit(1);
    const double spent = cpu_ms() - start;
    X509_STORE_free(store);
    return spent;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(double *v)
{
    qsort(v, ROUNDS, sizeof *v, by_size);
    return v[ROUNDS / 2];
}

static struct cert *first_of(const char *path, struct arena *arena)
{
    struct buf file = {0};
    struct container c = {0};
    if (file_read(NULL, path, LIMIT_FILE_BYTES, &file, NULL) != CW_OK)
        exit(1);
    container_read(buf_bytes(&file), path, arena, &c);
    /* an ordinary size: a hundred thousand of the largest would exceed LIMIT_FILE_BYTES */
    for (size_t i = 0; i < c.object_count; i++)
        if (c.objects[i].der.n < 1200) {
            buf_free(&file);
            return cert_parse(c.objects[i].der);
        }
    exit(1);
}

/** Writes `count` certificates that differ in the last octets of their serial number. */
static void bundle_write(const char *path, const struct cert *model, size_t count)
{
    uint8_t *der = malloc(model->der.n);
    const size_t at = (size_t)(model->serial.p - model->der.p) + model->serial.n - 4;
    struct buf out = {0};
    memcpy(der, model->der.p, model->der.n);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < 4; k++)
            der[at + k] = (uint8_t)(i >> (8 * (3 - k)));
        pem_write(&out, "CERTIFICATE", bytes_of(der, model->der.n));
    }
    file_write_atomic(NULL, path, buf_bytes(&out), 0600, NULL);
    buf_free(&out);
    free(der);
}

int main(int argc, char **argv)
{
    struct arena arena = {0};
    double ours[ROUNDS], theirs[ROUNDS], ratio[ROUNDS];
    size_t count = 0;
    if (argc < 2)
        return 2;
    struct cert *model = first_of(argv[1], &arena);
    for (int r = 0; r < ROUNDS; r++) {
        ours[r] = load_certwhy(argv[1], model->subject, &count);
        theirs[r] = load_openssl(argv[1]);
        ratio[r] = ours[r] / theirs[r];
    }
    printf("%s: %zu certificates, certwhy %.3f ms, OpenSSL %.3f ms\nratio index/openssl %.4f\n",
           argv[1], count, median(ours), median(theirs), median(ratio));
    for (int i = 2; i < argc; i++) {
        char path[] = "/tmp/certwhy-bench-XXXXXX";
        const int fd = mkstemp(path);
        if (fd < 0)
            return 1;
        bundle_write(path, model, strtoul(argv[i], NULL, 10));
        double big[ROUNDS];
        for (int r = 0; r < ROUNDS; r++)
            big[r] = load_certwhy(path, model->subject, &count);
        printf("bundle of %zu: %.1f ms\n", count, median(big));
        remove(path);
    }
    cert_unref(model);
    arena_free(&arena);
    return 0;
}
