/* SPDX-License-Identifier: Apache-2.0 */
/* Microseconds per chain, over distinct leaves of one intermediate: the bare check of the leaf's
 * signature, certwhy from DER to verdict, and libcrypto from DER to verdict, in turn.
 *
 *     bench_judge rsa|p256 [LEAVES]
 */
#include "bench.h"

#include "judge/judge.h"

enum { ROUNDS = 5, TEN = 10 };

struct farm {
    EVP_PKEY *issuer_key;
    struct bytes root, intermediate, *leaves;
    size_t count;
    cw_time at;
};

/* ---- minting, by libcrypto ---- */

static EVP_PKEY *key_make(bool rsa)
{
    return rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
}

static void extension_add(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    X509_add_ext(cert, ext, -1);
    X509_EXTENSION_free(ext);
}

static void name_set(X509_NAME *name, const char *cn)
{
    X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC, (const uint8_t *)"Bench", -1, -1, 0);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)cn, -1, -1, 0);
}

static X509 *cert_make(EVP_PKEY *key, const char *cn, long serial, X509 *issuer, EVP_PKEY *signer)
{
    X509 *cert = X509_new();
    const bool leaf = strncmp(cn, "leaf", 4) == 0;
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), serial);
    X509_gmtime_adj(X509_getm_notBefore(cert), -86400);
    X509_gmtime_adj(X509_getm_notAfter(cert), 86400L * 90);
    name_set(X509_get_subject_name(cert), cn);
    X509_set_issuer_name(cert,
                         issuer ? X509_get_subject_name(issuer) : X509_get_subject_name(cert));
    X509_set_pubkey(cert, key);
    issuer = issuer ? issuer : cert;
    extension_add(cert, issuer, NID_subject_key_identifier, "hash");
    extension_add(cert, issuer, NID_authority_key_identifier, "keyid");
    extension_add(cert, issuer, NID_basic_constraints,
                  leaf ? "critical,CA:FALSE" : "critical,CA:TRUE");
    extension_add(cert, issuer, NID_key_usage,
                  leaf ? "critical,digitalSignature" : "critical,keyCertSign,cRLSign");
    if (leaf) {
        char san[80];
        snprintf(san, sizeof san, "DNS:%s.example.com,DNS:www.example.com", cn);
        extension_add(cert, issuer, NID_ext_key_usage, "serverAuth,clientAuth");
        extension_add(cert, issuer, NID_subject_alt_name, san);
        extension_add(
            cert, issuer, NID_info_access,
            "caIssuers;URI:http://aia.example.com/1.cer,OCSP;URI:http://ocsp.example.com");
    }
    X509_sign(cert, signer, EVP_sha256());
    return cert;
}

static struct bytes der_of(X509 *cert)
{
    uint8_t *p = NULL;
    const int n = i2d_X509(cert, &p);
    return bytes_of(p, (size_t)n);
}

static void farm_make(struct farm *f, bool rsa, size_t count)
{
    EVP_PKEY *root_key = key_make(rsa), *leaf_key = EVP_EC_gen("P-256");
    f->issuer_key = key_make(rsa);
    X509 *root = cert_make(root_key, "Bench Root", 1, NULL, root_key);
    X509 *intermediate = cert_make(f->issuer_key, "Bench Intermediate", 2, root, root_key);
    f->root = der_of(root);
    f->intermediate = der_of(intermediate);
    f->leaves = calloc(count, sizeof *f->leaves);
    f->count = count;
    f->at = time(NULL);
    for (size_t i = 0; i < count; i++) {
        char cn[40];
        snprintf(cn, sizeof cn, "leaf%zu", i);
        X509 *leaf = cert_make(leaf_key, cn, (long)i + 3, intermediate, f->issuer_key);
        f->leaves[i] = der_of(leaf);
        X509_free(leaf);
    }
}

/* ---- the three ways ---- */

static double run_bare(const struct farm *f)
{
    struct cert **certs = calloc(f->count, sizeof *certs);
    for (size_t i = 0; i < f->count; i++)
        certs[i] = cert_parse(f->leaves[i]);
    size_t good = 0;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_MD *md = EVP_MD_fetch(NULL, "SHA256", NULL);
    const int64_t start = cpu_ns();
    for (size_t i = 0; i < f->count; i++) {
        const struct cert *c = certs[i];
        EVP_DigestVerifyInit(ctx, NULL, md, NULL, f->issuer_key);
        good += EVP_DigestVerify(ctx, c->signature.p, c->signature.n, c->tbs.p, c->tbs.n) == 1;
        EVP_MD_CTX_reset(ctx);
    }
    const int64_t spent = cpu_ns() - start;
    for (size_t i = 0; i < f->count; i++)
        cert_unref(certs[i]);
    free(certs);
    EVP_MD_free(md);
    EVP_MD_CTX_free(ctx);
    if (good != f->count)
        exit(1);
    return (double)spent / 1000 / (double)f->count;
}

static double run_certwhy(const struct farm *f, size_t profile_count)
{
    size_t known;
    const struct profile *const *table = profile_table(&known);
    const struct profile *profiles[TEN];
    struct store *stores[TEN];
    struct store *store = store_new("bench");
    struct cert *root = cert_parse(f->root), *intermediate = cert_parse(f->intermediate);
    struct sig_memo *memo = sig_memo_new();
    size_t good = 0;
    store_add_cert(store, root, (struct origin){.kind = ORIGIN_STORE, .where = "bench"});
    for (size_t i = 0; i < profile_count; i++) {
        profiles[i] = table[i % known];
        stores[i] = store;
    }
    const int64_t start = cpu_ns();
    for (size_t i = 0; i < f->count; i++) {
        struct arena arena = {0};
        struct seen sent[] = {{.cert = cert_parse(f->leaves[i])}, {.cert = intermediate}};
        struct observation obs = {.target = {.kind = TARGET_FILE,
                                             .name = "www.example.com",
                                             .sni = "",
                                             .name_kind = NAME_DNS},
                                  .sent = sent,
                                  .sent_count = 2,
                                  .at = f->at};
        const struct judge_input input = {.observation = &obs,
                                          .profiles = profiles,
                                          .stores = stores,
                                          .profile_count = profile_count,
                                          .at = f->at,
                                          .memo = memo};
        struct verdict verdict;
        judge(&input, &arena, &verdict);
        good += verdict.clients[0].accepts == 1;
        cert_unref(sent[0].cert);
        arena_free(&arena);
    }
    const int64_t spent = cpu_ns() - start;
    cert_unref(root);
    cert_unref(intermediate);
    store_unref(store);
    sig_memo_free(memo);
    if (good != f->count)
        exit(1);
    return (double)spent / 1000 / (double)f->count;
}

static X509 *x509_of(struct bytes der)
{
    const uint8_t *p = der.p;
    return d2i_X509(NULL, &p, (long)der.n);
}

static double run_libcrypto(const struct farm *f)
{
    X509_STORE *store = X509_STORE_new();
    X509 *root = x509_of(f->root);
    X509_STORE_add_cert(store, root);
    size_t good = 0;
    const int64_t start = cpu_ns();
    for (size_t i = 0; i < f->count; i++) {
        X509 *leaf = x509_of(f->leaves[i]), *intermediate = x509_of(f->intermediate);
        STACK_OF(X509) *chain = sk_X509_new_null();
        sk_X509_push(chain, intermediate);
        X509_STORE_CTX *ctx = X509_STORE_CTX_new();
        X509_STORE_CTX_init(ctx, store, leaf, chain);
        X509_STORE_CTX_set_default(ctx, "ssl_server");
        X509_VERIFY_PARAM_set1_host(X509_STORE_CTX_get0_param(ctx), "www.example.com", 0);
        good += X509_verify_cert(ctx) == 1;
        X509_STORE_CTX_free(ctx);
        sk_X509_free(chain);
        X509_free(intermediate);
        X509_free(leaf);
    }
    const int64_t spent = cpu_ns() - start;
    X509_free(root);
    X509_STORE_free(store);
    if (good != f->count)
        exit(1);
    return (double)spent / 1000 / (double)f->count;
}

int main(int argc, char **argv)
{
    const bool rsa = argc < 2 || strcmp(argv[1], "rsa") == 0;
    const size_t count = argc > 2 ? (size_t)strtoul(argv[2], NULL, 10) : 10000;
    double bare[ROUNDS], one[ROUNDS], ten[ROUNDS], lib[ROUNDS];
    double one_bare[ROUNDS], one_lib[ROUNDS], ten_one[ROUNDS];
    struct farm farm = {0};
    farm_make(&farm, rsa, count);
    for (int r = 0; r < ROUNDS; r++) {
        bare[r] = run_bare(&farm);
        one[r] = run_certwhy(&farm, 1);
        ten[r] = run_certwhy(&farm, TEN);
        lib[r] = run_libcrypto(&farm);
        one_bare[r] = one[r] / bare[r];
        one_lib[r] = one[r] / lib[r];
        ten_one[r] = ten[r] / one[r];
    }
    printf("%s issuer, %zu distinct leaves, us per chain (median of %d)\n",
           rsa ? "RSA-2048" : "P-256", count, ROUNDS);
    printf("bare leaf signature        %8.1f\n", median(bare, ROUNDS));
    printf("certwhy, one profile       %8.1f\n", median(one, ROUNDS));
    printf("certwhy, ten profiles      %8.1f\n", median(ten, ROUNDS));
    printf("d2i + X509_verify_cert     %8.1f\n", median(lib, ROUNDS));
    printf("ratio one/bare %.3f\nratio one/libcrypto %.3f\nratio ten/one %.3f\n",
           median(one_bare, ROUNDS), median(one_lib, ROUNDS), median(ten_one, ROUNDS));
    return 0;
}
