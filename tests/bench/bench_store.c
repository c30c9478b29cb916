/* SPDX-License-Identifier: Apache-2.0 */
/* Milliseconds to load a bundle of trust anchors and look one up: certwhy's index beside OpenSSL's
 * X509_STORE, in turn; and how the index grows with the size of the bundle.
 *
 *     bench_store BUNDLE COPIES…
 *
 * For each number of COPIES a bundle of that many certificates is written beside nothing: the first
 * certificate of BUNDLE below 1200 octets with its serial number counted up, so that none equals
 * another. */
#include "bench.h"

#include "trust/trust.h"

enum { ROUNDS = 9 };

static double load_certwhy(const char *path, struct bytes name, size_t *count)
{
    const int64_t start = cpu_ns();
    const struct anchor *found[4];
    struct error error = {0};
    struct store *store = store_new("bench");
    if (store_add_path(store, NULL, path, &error) != CW_OK)
        exit(1);
    *count = store_count(store);
    if (store_find(store, name, found, 4) == 0)
        exit(1);
    const double spent = (double)(cpu_ns() - start) / 1e6;
    store_unref(store);
    return spent;
}

static double load_openssl(const char *path)
{
    const int64_t start = cpu_ns();
    X509_STORE *store = X509_STORE_new();
    if (X509_STORE_load_file(store, path) != 1)
        exit(1);
    const double spent = (double)(cpu_ns() - start) / 1e6;
    X509_STORE_free(store);
    return spent;
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
           argv[1], count, median(ours, ROUNDS), median(theirs, ROUNDS), median(ratio, ROUNDS));
    for (int i = 2; i < argc; i++) {
        char path[] = "/tmp/certwhy-bench-XXXXXX";
        const int fd = mkstemp(path);
        if (fd < 0)
            return 1;
        bundle_write(path, model, strtoul(argv[i], NULL, 10));
        double big[ROUNDS];
        for (int r = 0; r < ROUNDS; r++)
            big[r] = load_certwhy(path, model->subject, &count);
        printf("bundle of %zu: %.1f ms\n", count, median(big, ROUNDS));
        remove(path);
    }
    cert_unref(model);
    arena_free(&arena);
    return 0;
}
