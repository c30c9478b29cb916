/* SPDX-License-Identifier: Apache-2.0 */
/* Nanoseconds per certificate: cert_parse() (with its SHA-256), name_hash() and cert_peek_names()
 * beside d2i_X509(), in turn over the certificates of a PEM file.
 *
 *     bench_parse /etc/ssl/certs/ca-certificates.crt
 */
#include "bench.h"

#include "x509/x509.h"

enum { ROUNDS = 7, LOOPS_FOR = 20000, MOST = 20000 };

struct set {
    struct bytes *ders;
    size_t count;
    uint64_t sink; /* keeps the compiler from leaving the work out */
};

static void run_parse(struct set *set, struct bytes der)
{
    struct cert *cert = cert_parse(der);
    set->sink += cert->sha256[0];
    cert_unref(cert);
}

static void run_peek(struct set *set, struct bytes der)
{
    struct bytes issuer = {0}, subject = {0};
    set->sink += cert_peek_names(der, &issuer, &subject);
}

static void run_hash(struct set *set, struct bytes der)
{
    struct bytes issuer = {0}, subject = {0};
    if (cert_peek_names(der, &issuer, &subject))
        set->sink += name_hash(subject);
}

static void run_sha256(struct set *set, struct bytes der)
{
    uint8_t out[32];
    crypto_sha256(der, out);
    set->sink += out[0];
}

static void run_libcrypto(struct set *set, struct bytes der)
{
    const unsigned char *p = der.p;
    X509 *cert = d2i_X509(NULL, &p, (long)der.n);
    set->sink += cert != NULL;
    X509_free(cert);
}

static const struct contender {
    const char *name;
    void (*run)(struct set *set, struct bytes der);
} contenders[] = {
    {"cert_parse", run_parse},
    {"  of which SHA-256", run_sha256},
    {"cert_peek_names", run_peek},
    {"cert_peek_names + name_hash", run_hash},
    {"d2i_X509 (libcrypto)", run_libcrypto},
};
enum { CONTENDERS = sizeof contenders / sizeof *contenders };

static double ns_each(struct set *set, const struct contender *contender)
{
    const size_t loops = LOOPS_FOR / set->count + 1;
    const int64_t start = cpu_ns();
    for (size_t loop = 0; loop < loops; loop++) {
        for (size_t i = 0; i < set->count; i++)
            contender->run(set, set->ders[i]);
    }
    return (double)(cpu_ns() - start) / (double)(loops * set->count);
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void read_pem(struct set *set, struct arena *arena, const char *text)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----";
    set->ders = calloc(MOST, sizeof *set->ders);
    while (set->count < MOST && (text = strstr(text, begin)) != NULL) {
        text += sizeof begin - 1;
        const char *end = strstr(text, "-----END");
        size_t bad_at;
        if (end != NULL && str_unbase64(arena, bytes_of(text, (size_t)(end - text)),
                                        &set->ders[set->count], &bad_at))
            set->count++;
    }
}

int main(int argc, char **argv)
{
    struct buf pem = {0};
    struct error err;
    struct arena arena = {0};
    struct set set = {0};
    if (argc != 2 || file_read(NULL, argv[1], LIMIT_FILE_BYTES, &pem, &err) != CW_OK) {
        fprintf(stderr, "usage: bench_parse FILE.pem\n");
        return 2;
    }
    read_pem(&set, &arena, buf_cstr(&pem));
    if (set.count == 0)
        return 2;
    double times[CONTENDERS][ROUNDS];
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < CONTENDERS; i++)
            times[i][round] = ns_each(&set, &contenders[i]);
    }
    printf("%zu certificates, ns each (median of %d)\n", set.count, ROUNDS);
    for (size_t i = 0; i < CONTENDERS; i++) {
        qsort(times[i], ROUNDS, sizeof *times[i], compare_doubles);
        printf("%-30s %8.0f\n", contenders[i].name, times[i][ROUNDS / 2]);
    }
    printf("ratio cert_parse / d2i_X509 %.3f\n",
           times[0][ROUNDS / 2] / times[CONTENDERS - 1][ROUNDS / 2]);
    free(set.ders);
    arena_free(&arena);
    buf_free(&pem);
    return set.sink == 0;
}
