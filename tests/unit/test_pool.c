/* SPDX-License-Identifier: Apache-2.0 */
/* Pool files: written, found in by name and key identifier, damaged in every place; and the
 * publishers' files that they are made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "made_cert.h"
#include "made_revocation.h"
#include "trust/trust.h"

enum { ISSUERS = 4 };
struct fixture {
    struct arena arena;
    struct made_ca root, issuers[ISSUERS], leaf;
    struct buf pool;
    char dir[32];
};

static int setup(void **state)
{
    static const char *const names[ISSUERS] = {"One", "Two", "Twin", "Three"};
    struct fixture *f = xcalloc(1, sizeof *f);
    const struct mint_spec ca = {.ca = true, .key_usage = KU_KEY_CERT_SIGN};
    f->root = made_root(&f->arena, "Root");
    for (size_t i = 0; i < ISSUERS; i++)
        f->issuers[i] = made_under(&f->arena, names[i], &f->root, ca);
    f->leaf =
        made_under(&f->arena, "leaf", &f->issuers[1], (struct mint_spec){.eku = EKU_SERVER_AUTH});
    static const char pattern[] = "/tmp/certwhy-test-XXXXXX";
    memcpy(f->dir, pattern, sizeof pattern);
    assert_non_null(mkdtemp(f->dir));
    *state = f;
    return 0;
}

static const char *path_in(struct fixture *f, const char *name)
{
    return arena_printf(&f->arena, "%s/%s", f->dir, name);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    unlink(path_in(f, "pool"));
    rmdir(f->dir);
    made_free(&f->root);
    made_free(&f->leaf);
    for (size_t i = 0; i < ISSUERS; i++)
        made_free(&f->issuers[i]);
    buf_free(&f->pool);
    arena_free(&f->arena);
    free(f);
    return 0;
}

/* All there is, the first issuer twice: a root and a leaf are no issuers to look for. */
static void write_pool(struct fixture *f)
{
    const struct cert *certs[ISSUERS + 3] = {f->root.cert, f->leaf.cert, f->issuers[0].cert};
    for (size_t i = 0; i < ISSUERS; i++)
        certs[3 + i] = f->issuers[i].cert;
    f->pool.n = 0;
    assert_int_equal(pool_write(certs, ISSUERS + 3, "a test", MADE_AT, &f->pool), ISSUERS);
}

static enum cw_code load(struct fixture *f, struct store *store, struct bytes file)
{
    struct error error = {0};
    const char *path = path_in(f, "pool");
    assert_int_equal(file_write_atomic(NULL, path, file, 0600, &error), CW_OK);
    return store_add_path(store, NULL, path, &error);
}

static void what_is_written_is_found(void **state)
{
    struct fixture *f = *state;
    const struct anchor *found[2];
    write_pool(f);
    struct store *pool = store_new_pool("pool");
    assert_int_equal(load(f, pool, buf_bytes(&f->pool)), CW_OK);
    assert_int_equal(store_count(pool), ISSUERS);
    assert_int_equal(store_source_at(pool, 0)->count, ISSUERS);
    assert_int_equal(store_find_issuers(pool, f->leaf.cert, found, 2), 1);
    assert_true(cert_equal(found[0]->cert, f->issuers[1].cert));
    assert_int_equal(found[0]->origin.kind, ORIGIN_POOL);
    assert_string_equal(found[0]->origin.where, path_in(f, "pool"));
    assert_int_equal(store_find(pool, f->root.name, found, 2), 0);
    assert_ptr_equal(store_get(pool, f->issuers[1].cert), found[0]);
    assert_null(store_get(pool, f->root.cert));
    size_t walked = 0;
    while (store_at(pool, walked))
        walked++;
    assert_int_equal(walked, ISSUERS);
    store_unref(pool);
}

static void the_key_that_is_named_comes_first_among_namesakes(void **state)
{
    enum { NAMESAKES = 40 };
    struct fixture *f = *state;
    struct cert *certs[NAMESAKES];
    const struct anchor *found[1];
    struct private_key *keys[NAMESAKES];
    for (size_t i = 0; i < NAMESAKES; i++) {
        keys[i] = private_key_derive(KEY_SPEC_P256, bytes_str("namesake"),
                                     arena_printf(&f->arena, "%zu", i));
        const struct mint_spec spec = {.subject = f->issuers[1].name,
                                       .key = i == 33 ? f->issuers[1].key : keys[i],
                                       .issuer = {f->root.name, f->root.key},
                                       .not_after = MADE_AT,
                                       .ca = true};
        certs[i] = cert_parse(mint_certificate(&f->arena, bytes_str("namesake"), &spec));
    }
    f->pool.n = 0;
    assert_int_equal(pool_write((const struct cert *const *)certs, NAMESAKES, "", 0, &f->pool),
                     NAMESAKES);
    struct store *pool = store_new_pool("pool");
    assert_int_equal(load(f, pool, buf_bytes(&f->pool)), CW_OK);
    assert_int_equal(store_find_issuers(pool, f->leaf.cert, found, 1), NAMESAKES);
    assert_true(cert_equal(found[0]->cert, certs[33]));
    store_unref(pool);
    for (size_t i = 0; i < NAMESAKES; i++) {
        private_key_free(keys[i]);
        cert_unref(certs[i]);
    }
}

static void a_pool_is_never_trusted(void **state)
{
    struct fixture *f = *state;
    write_pool(f);
    struct store *store = store_new("--ca");
    assert_int_equal(load(f, store, buf_bytes(&f->pool)), CW_E_INPUT);
    assert_int_equal(store_count(store), 0);
    assert_non_null(strstr(store_source_at(store, 0)->problem, "--pool"));
    store_unref(store);
}

static void ask_everything(struct fixture *f, struct store *pool)
{
    const struct anchor *found[4];
    store_find_issuers(pool, f->leaf.cert, found, 4);
    store_get(pool, f->issuers[2].cert);
    for (size_t i = 0; i < 10 && store_at(pool, i); i++)
        assert_non_null(store_at(pool, i)->cert);
}

static void damage_anywhere_harms_nobody(void **state)
{
    struct fixture *f = *state;
    write_pool(f);
    for (size_t n = 0; n < f->pool.n; n += n < 200 ? 1 : 97) {
        struct store *pool = store_new_pool("pool");
        if (load(f, pool, bytes_of(f->pool.p, n)) == CW_OK)
            ask_everything(f, pool);
        store_unref(pool);
    }
    for (size_t at = 16; at < 200; at++)
        for (unsigned value = 0; value < 256; value += 85) {
            const uint8_t good = f->pool.p[at];
            struct store *pool = store_new_pool("pool");
            f->pool.p[at] = (uint8_t)value;
            if (load(f, pool, buf_bytes(&f->pool)) == CW_OK)
                ask_everything(f, pool);
            store_unref(pool);
            f->pool.p[at] = good;
        }
}

/* ---- publishers' files ---- */

static size_t pool_of(struct fixture *f, struct issuer_list *list, struct store **out)
{
    f->pool.n = 0;
    const size_t count = issuer_list_pool(list, "", 0, &f->pool);
    *out = store_new_pool("pool");
    if (count > 0)
        assert_int_equal(load(f, *out, buf_bytes(&f->pool)), CW_OK);
    return count;
}

static const char *sha256_of(struct fixture *f, const struct cert *cert)
{
    return str_hex(&f->arena, bytes_of(cert->sha256, 32), 0);
}

static void read_text(struct issuer_list *list, const char *text, enum cw_code expected)
{
    struct error error = {0};
    assert_int_equal(issuer_list_read(list, bytes_str(text), "test.csv", &error), expected);
}

static void csv_of_the_ccadb(void **state)
{
    struct fixture *f = *state;
    const char *pems[ISSUERS];
    for (size_t i = 0; i < ISSUERS; i++)
        pems[i] = made_pem(&f->arena, "CERTIFICATE", f->issuers[i].cert->der);
    /* a quoted comma, a doubled quote, a line break inside of quotes, both kinds of line end */
    const char *csv = arena_printf(
        &f->arena,
        "\"CA Owner\",\"Parent SHA-256 Fingerprint\",\"Revocation Status\",\"PEM Info\"\r\n"
        "\"A, \"\"B\"\"\",00,\"Not Revoked\",\"'%s'\"\r\n"
        "C,,Parent Cert Revoked,\"'%s'\"\n"
        "D,,,\"'-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----'\"\n"
        "E,,,\"'%s'\"",
        pems[0], pems[1], pems[2]);
    struct store *pool;
    struct issuer_list *list = issuer_list_new();
    read_text(list, csv, CW_OK);
    assert_int_equal(issuer_list_counts(list).certificates, 2);
    assert_int_equal(issuer_list_counts(list).revoked, 1);
    assert_int_equal(issuer_list_counts(list).unreadable, 1);
    assert_int_equal(pool_of(f, list, &pool), 2);
    assert_non_null(store_get(pool, f->issuers[0].cert));
    assert_null(store_get(pool, f->issuers[1].cert));
    assert_non_null(store_get(pool, f->issuers[2].cert));
    store_unref(pool);
    issuer_list_free(list);
}

static void a_second_file_says_what_is_revoked(void **state)
{
    struct fixture *f = *state;
    const char *records =
        arena_printf(&f->arena,
                     "Revocation Status,SHA-256 Fingerprint,Other\n"
                     "Not Revoked,%s,\nRevoked,%s,x\n",
                     sha256_of(f, f->issuers[0].cert), sha256_of(f, f->issuers[3].cert));
    const char *pem =
        arena_printf(&f->arena, "%s%s", made_pem(&f->arena, "CERTIFICATE", f->issuers[3].cert->der),
                     made_pem(&f->arena, "CERTIFICATE", f->issuers[0].cert->der));
    struct store *pool;
    struct issuer_list *list = issuer_list_new();
    read_text(list, pem, CW_OK);
    read_text(list, records, CW_OK);
    assert_int_equal(pool_of(f, list, &pool), 1);
    assert_non_null(store_get(pool, f->issuers[0].cert));
    store_unref(pool);
    issuer_list_free(list);
}

static void what_holds_no_issuers_is_refused(void **state)
{
    static const char *const texts[] = {
        "", "a,b\n1,2\n", "PEM\n", "SHA-256 Fingerprint\n00\n", "\"", "\"PEM", "certwhy pool 1\n"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct issuer_list *list = issuer_list_new();
        read_text(list, texts[i], CW_E_INPUT);
        issuer_list_free(list);
    }
}

static void pools_are_compared(void **state)
{
    struct fixture *f = *state;
    BUF_CLEANUP other = {0};
    const struct cert *certs[] = {f->issuers[0].cert, f->issuers[1].cert};
    write_pool(f);
    pool_write(certs, 2, "", 7, &other);
    const struct pool_change grown = pool_compare(buf_bytes(&other), buf_bytes(&f->pool));
    assert_int_equal(grown.before, 2);
    assert_int_equal(grown.after, ISSUERS);
    assert_int_equal(grown.added, 2);
    assert_int_equal(grown.gone, 0);
    assert_int_equal(grown.date_before, 7);
    assert_int_equal(pool_compare(bytes_str(""), buf_bytes(&other)).date_before, TIME_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_written_is_found, setup, teardown),
        cmocka_unit_test_setup_teardown(the_key_that_is_named_comes_first_among_namesakes, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_pool_is_never_trusted, setup, teardown),
        cmocka_unit_test_setup_teardown(damage_anywhere_harms_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(csv_of_the_ccadb, setup, teardown),
        cmocka_unit_test_setup_teardown(a_second_file_says_what_is_revoked, setup, teardown),
        cmocka_unit_test(what_holds_no_issuers_is_refused),
        cmocka_unit_test_setup_teardown(pools_are_compared, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
