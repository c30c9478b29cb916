/* SPDX-License-Identifier: Apache-2.0 */
/* trust/: stores of files and directories, found by subject without being parsed first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "made_cert.h"
#include "trust/trust.h"

static char top[] = "/tmp/certwhy-test-XXXXXX";

struct fixture {
    struct arena arena;
    struct bytes a, b, c;
    const char *pem_a, *pem_b, *pem_c;
    struct store *store;
};

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    f->a = made_cert(&f->arena, "Alpha", "A", 1, 30);
    f->b = made_cert(&f->arena, "Beta", "B", 2, 700);
    f->c = made_cert(&f->arena, "alpha", "C", 3, 5);
    f->pem_a = made_pem(&f->arena, "CERTIFICATE", f->a);
    f->pem_b = made_pem(&f->arena, "CERTIFICATE", f->b);
    f->pem_c = made_pem(&f->arena, "CERTIFICATE", f->c);
    f->store = store_new("test");
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    store_unref(f->store);
    arena_free(&f->arena);
    free(f);
    return 0;
}

static const char *put(struct fixture *f, const char *name, struct bytes content)
{
    struct error err;
    const char *path = arena_printf(&f->arena, "%s/%s", top, name);
    char *dir = arena_strdup(&f->arena, path);
    *strrchr(dir, '/') = 0;
    assert_int_equal(file_make_dir(NULL, dir, &err), CW_OK);
    assert_int_equal(file_write_atomic(NULL, path, content, 0600, &err), CW_OK);
    return path;
}

static void add(struct fixture *f, const char *path)
{
    struct error err = {0};
    assert_int_equal(store_add_path(f->store, NULL, path, &err), CW_OK);
}

static struct bytes subject_of(struct bytes der)
{
    struct bytes issuer, subject;
    assert_true(cert_peek_names(der, &issuer, &subject));
    return subject;
}

/* The member whose subject is that of `der`: exactly one, with exactly that DER. */
static const struct anchor *assert_found(struct fixture *f, struct bytes der)
{
    const struct anchor *found[4] = {0};
    assert_int_equal(store_find(f->store, subject_of(der), found, 4), 1);
    assert_true(bytes_equal(found[0]->cert->der, der));
    assert_ptr_equal(store_get(f->store, found[0]->cert), found[0]);
    return found[0];
}

static const struct store_source *source(const struct fixture *f, size_t i)
{
    const struct store_source *found = store_source_at(f->store, i);
    assert_non_null(found);
    return found;
}

/* ---- files ---- */

static void test_bundle(void **state)
{
    struct fixture *f = *state;
    const char *text =
        arena_printf(&f->arena, "# Alpha\n%s\n# Beta = x\n%s%s", f->pem_a, f->pem_b, f->pem_c);
    const char *path = put(f, "bundle.pem", bytes_str(text));
    add(f, path);
    assert_int_equal(store_count(f->store), 3);
    const struct anchor *b = assert_found(f, f->b);
    assert_int_equal(b->origin.kind, ORIGIN_STORE);
    assert_string_equal(b->origin.where, path);
    const char *begin_b = strstr(strstr(text, "Beta"), "-----BEGIN");
    assert_int_equal(b->origin.offset, begin_b - text);
    size_t line = 1;
    for (const char *p = text; p < begin_b; p++)
        line += *p == '\n';
    assert_int_equal(b->origin.line, line);
    assert_ptr_equal(store_at(f->store, 1), b);
    assert_found(f, f->a);
    assert_found(f, f->c);
    assert_null(store_at(f->store, 3));
    assert_int_equal(store_source_count(f->store), 1);
    assert_true(source(f, 0)->read);
    assert_int_equal(source(f, 0)->count, 3);
    assert_string_equal(source(f, 0)->path, path);
    assert_string_equal(source(f, 0)->problem, "");
    assert_true(source(f, 0)->modified > time_make(2024, 1, 1, 0, 0, 0));
    uint8_t digest[32];
    crypto_sha256(bytes_str(text), digest);
    store_digest(f->store);
    assert_memory_equal(source(f, 0)->sha256, digest, sizeof digest);
    assert_null(store_source_at(f->store, 1));
}

/* The same certificates however the file is written: the fast pass and the forgiving reader agree.
 */
static void test_forms(void **state)
{
    struct fixture *f = *state;
    const char *both = arena_printf(&f->arena, "%s%s", f->pem_a, f->pem_b);
    const char *no_final = arena_strndup(&f->arena, both, strlen(both) - 1);
    const char *forms[] = {
        both,
        no_final,
        replaced(&f->arena, both, "\n", "\r\n"),
        replaced(&f->arena, both, "\n-----BEGIN", "-----BEGIN"), /* a seam */
        replaced(&f->arena, both, "\n", " \n"),
        replaced(&f->arena, both, "BEGIN CERT", "BEGIN X509 CERT"),
        replaced(&f->arena, both, "CERTIFICATE", "TRUSTED CERTIFICATE"),
        replaced(&f->arena, both, "\n", "\\n"),
        arena_printf(&f->arena, "\xef\xbb\xbf%s", both),
        arena_printf(&f->arena,
                     "%s-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n%s", f->pem_a,
                     f->pem_b),
        arena_printf(&f->arena, "%s%s",
                     replaced(&f->arena, f->pem_a, "-----END CERTIFICATE-----\n", ""), f->pem_b),
        arena_printf(&f->arena, "%s%s", f->pem_b,
                     replaced(&f->arena, f->pem_a, "-----BEGIN CERTIFICATE-----\n", "")),
        arena_printf(&f->arena, "%s\n%s", f->pem_a,
                     replaced(&f->arena, f->pem_b, "-----B", "\xe2\x80\x93-----B")),
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct fixture each = *f;
        each.store = store_new("form");
        add(&each, put(f, "form.pem", bytes_str(forms[i])));
        assert_int_equal(store_count(each.store), 2);
        assert_int_equal(source(&each, 0)->count, 2);
        assert_found(&each, f->a);
        assert_found(&each, f->b);
        store_unref(each.store);
    }
}

static void test_der(void **state)
{
    struct fixture *f = *state;
    BUF_CLEANUP both = {0};
    buf_add_bytes(&both, f->a);
    buf_add_bytes(&both, f->b);
    add(f, put(f, "two.der", buf_bytes(&both)));
    assert_int_equal(store_count(f->store), 2);
    assert_int_equal(assert_found(f, f->b)->origin.offset, f->a.n);
    assert_int_equal(assert_found(f, f->b)->origin.line, 0);
}

/* A subject far behind a huge issuer or serial needs more than the first bytes. */
static void test_late_subject(void **state)
{
    struct fixture *f = *state;
    const char *organization = arena_printf(&f->arena, "%03000d", 7);
    const struct bytes late = made_cert(&f->arena, organization, "late", 4, 3);
    add(f, put(f, "late.pem", bytes_str(made_pem(&f->arena, "CERTIFICATE", late))));
    assert_found(f, late);
    assert_int_equal(store_count_organization(f->store, subject_of(late)), 1);
}

/* A block that is damaged behind its subject: the store keeps it, and what is broken is seen when
 * it is parsed. */
static void test_damaged(void **state)
{
    struct fixture *f = *state;
    const size_t n = strlen(f->pem_b);
    char *damaged = arena_strdup(&f->arena, f->pem_b);
    damaged[n - 120] = '*';
    add(f, put(f, "damaged.pem", bytes_str(arena_printf(&f->arena, "%s%s", damaged, f->pem_a))));
    assert_int_equal(store_count(f->store), 2);
    assert_found(f, f->a);
    const struct anchor *found[2];
    assert_int_equal(store_find(f->store, subject_of(f->b), found, 2), 0);
    assert_false(store_at(f->store, 0)->cert->parsed);
}

static void refused(struct fixture *f, const char *root, const char *path, const char *word)
{
    struct error err = {0};
    const size_t sources = store_source_count(f->store);
    assert_int_equal(store_add_path(f->store, root, path, &err), CW_E_INPUT);
    assert_int_equal(err.code, CW_E_INPUT);
    assert_non_null(strstr(err.text, path));
    assert_non_null(strstr(err.text, word));
    assert_int_equal(store_source_count(f->store), sources + 1);
    assert_false(source(f, sources)->read);
    assert_int_equal(source(f, sources)->count, 0);
    assert_non_null(strstr(source(f, sources)->problem, word));
}

static void test_unreadable(void **state)
{
    struct fixture *f = *state;
    refused(f, NULL, "/nonexistent/ca.pem", "No such file");
    refused(f, NULL, put(f, "empty.pem", bytes_str("")), "the file is empty");
    refused(f, NULL, put(f, "page.pem", bytes_str("<html>")), "an HTML page");
    refused(f, NULL, put(f, "random.pem", bytes_str("garbage")), "no certificate");
    refused(f, NULL,
            put(f, "key.pem",
                bytes_str("-----BEGIN PRIVATE KEY-----\nAAAA\n"
                          "-----END PRIVATE KEY-----\n")),
            "a private key");
    refused(f, NULL, "/dev/zero", "device");
    put(f, "no-certs/README", bytes_str("x"));
    refused(f, NULL, arena_printf(&f->arena, "%s/no-certs", top), "*.pem");
    assert_int_equal(store_count(f->store), 0);
    assert_int_equal(store_find(f->store, subject_of(f->a), NULL, 0), 0);
}

/* ---- members ---- */

static void test_duplicates(void **state)
{
    struct fixture *f = *state;
    const char *path = put(
        f, "dup.pem", bytes_str(arena_printf(&f->arena, "%s%s%s", f->pem_a, f->pem_b, f->pem_a)));
    add(f, path);
    add(f, path);
    add(f, put(f, "dup-crlf.pem", bytes_str(replaced(&f->arena, f->pem_a, "\n", "\r\n"))));
    add(f, put(f, "dup.der", f->a));
    assert_int_equal(store_count(f->store), 2);
    struct cert *cert = cert_parse(f->a);
    store_add_cert(f->store, cert, (struct origin){.kind = ORIGIN_FETCHED, .where = "x"});
    cert_unref(cert);
    assert_int_equal(store_count(f->store), 2);
    assert_int_equal(assert_found(f, f->a)->origin.kind, ORIGIN_STORE);
    assert_int_equal(source(f, 1)->count, 0);
    assert_true(source(f, 1)->read);
}

static void test_add_cert(void **state)
{
    struct fixture *f = *state;
    struct cert *cert = cert_parse(f->a);
    char where[] = "gone later";
    store_add_cert(f->store, cert,
                   (struct origin){.kind = ORIGIN_FETCHED, .where = where, .line = 7});
    memset(where, 'x', sizeof where - 1);
    const struct anchor *anchor = assert_found(f, f->a);
    assert_ptr_equal(anchor->cert, cert);
    assert_string_equal(anchor->origin.where, "gone later");
    assert_int_equal(anchor->origin.line, 7);
    assert_int_equal(anchor->origin.kind, ORIGIN_FETCHED);
    cert_unref(cert);
    assert_true(bytes_equal(assert_found(f, f->a)->cert->der, f->a));
    /* What cannot be parsed is a member too, found by nobody but itself. */
    struct cert *broken = cert_parse(bytes_str("no certificate"));
    store_add_cert(f->store, broken, (struct origin){0});
    assert_int_equal(store_count(f->store), 2);
    assert_non_null(store_get(f->store, broken));
    cert_unref(broken);
}

/* Same subject, different keys: all are found, in the order of the store. */
static void test_same_subject(void **state)
{
    struct fixture *f = *state;
    enum { COUNT = 5 };
    struct bytes der[COUNT];
    BUF_CLEANUP file = {0};
    for (int i = 0; i < COUNT; i++) {
        der[i] = made_cert(&f->arena, "Same", "Name", i, (size_t)i);
        buf_add_str(&file, made_pem(&f->arena, "CERTIFICATE", der[i]));
        buf_add_str(&file, i == 2 ? f->pem_a : "");
    }
    add(f, put(f, "same.pem", buf_bytes(&file)));
    const struct anchor *found[COUNT] = {0};
    assert_int_equal(store_find(f->store, subject_of(der[0]), found, COUNT), COUNT);
    for (int i = 0; i < COUNT; i++)
        assert_true(bytes_equal(found[i]->cert->der, der[i]));
    const struct anchor *first[2] = {0};
    assert_int_equal(store_find(f->store, subject_of(der[0]), first, 2), COUNT);
    assert_ptr_equal(first[1], found[1]);
    /* RFC 5280 section 7.1: letter case and white space do not matter. */
    const struct bytes folded = made_cert(&f->arena, "SAME ", "  name", 9, 9);
    assert_int_equal(store_find(f->store, subject_of(folded), found, COUNT), COUNT);
    const struct bytes other = made_cert(&f->arena, "Same", "Names", 9, 9);
    assert_int_equal(store_find(f->store, subject_of(other), found, COUNT), 0);
}

static void test_organization(void **state)
{
    struct fixture *f = *state;
    add(f, put(f, "o.pem",
               bytes_str(arena_printf(&f->arena, "%s%s%s", f->pem_a, f->pem_b, f->pem_c))));
    assert_int_equal(store_count_organization(f->store, subject_of(f->a)), 2); /* Alpha, alpha */
    assert_int_equal(store_count_organization(f->store, subject_of(f->b)), 1);
    const struct bytes none = made_cert(&f->arena, NULL, "no organisation", 4, 3);
    assert_int_equal(store_count_organization(f->store, subject_of(none)), 0);
    const struct bytes other = made_cert(&f->arena, "Alph", "x", 4, 3);
    assert_int_equal(store_count_organization(f->store, subject_of(other)), 0);
    assert_int_equal(store_count_organization(f->store, bytes_of(NULL, 0)), 0);
}

static void test_references(void **state)
{
    struct fixture *f = *state;
    struct store *pool = store_new_pool("--pool");
    struct error err;
    assert_int_equal(store_add_path(pool, NULL, put(f, "p.pem", bytes_str(f->pem_a)), &err), CW_OK);
    assert_int_equal(store_at(pool, 0)->origin.kind, ORIGIN_POOL);
    assert_string_equal(store_name(pool), "--pool");
    assert_ptr_equal(store_ref(pool), pool);
    store_unref(pool);
    assert_int_equal(store_count(pool), 1);
    store_unref(pool);
    store_unref(NULL);
}

/* ---- directories and the system's store ---- */

static void test_directory(void **state)
{
    struct fixture *f = *state;
    put(f, "dir/b.pem", bytes_str(f->pem_b));
    put(f, "dir/a.crt", bytes_str(f->pem_a));
    put(f, "dir/c.der", f->c);
    put(f, "dir/README", bytes_str(f->pem_a));
    put(f, "dir/broken.pem", bytes_str("broken"));
    put(f, "dir/sub.pem/x", bytes_str("a directory with the name of a file"));
    const char *hashed = arena_printf(&f->arena, "%s/dir/0123abcd.0", top);
    assert_int_equal(symlink("b.pem", hashed), 0);
    assert_int_equal(symlink("/nowhere", arena_printf(&f->arena, "%s/dir/dangling.pem", top)), 0);
    const char *path = arena_printf(&f->arena, "%s/dir", top);
    add(f, path);
    assert_int_equal(store_count(f->store), 3);
    assert_int_equal(store_source_count(f->store), 1);
    assert_int_equal(source(f, 0)->count, 3);
    static const uint8_t zero[32];
    assert_memory_equal(source(f, 0)->sha256, zero, sizeof zero);
    assert_string_equal(assert_found(f, f->b)->origin.where, hashed);
    assert_found(f, f->a);
    assert_found(f, f->c);
}

static void test_system(void **state)
{
    struct fixture *f = *state;
    /* Only a hashed directory. */
    put(f, "root/etc/ssl/certs/0123abcd.0", bytes_str(f->pem_a));
    const char *root = arena_printf(&f->arena, "%s/root", top);
    store_unref(f->store);
    f->store = store_system(root);
    assert_string_equal(store_name(f->store), "system");
    assert_int_equal(store_count(f->store), 1);
    assert_string_equal(source(f, 0)->path, "/etc/ssl/certs");
    /* A bundle comes first, and only it is read; an absolute link stays below the root. */
    put(f, "root/etc/pki/real.pem", bytes_str(f->pem_b));
    put(f, "root/etc/pki/tls/certs/x", bytes_str(""));
    const char *link = arena_printf(&f->arena, "%s/etc/pki/tls/certs/ca-bundle.crt", root);
    assert_int_equal(symlink("/etc/pki/real.pem", link), 0);
    store_unref(f->store);
    f->store = store_system(root);
    assert_int_equal(store_count(f->store), 1);
    assert_found(f, f->b);
    assert_string_equal(source(f, 0)->path, "/etc/pki/tls/certs/ca-bundle.crt");
    /* A bundle that is broken is passed over and said. */
    put(f, "root/etc/ssl/certs/ca-certificates.crt", bytes_str("broken"));
    store_unref(f->store);
    f->store = store_system(root);
    assert_found(f, f->b);
    assert_int_equal(store_source_count(f->store), 2);
    assert_false(source(f, 0)->read);
    assert_true(source(f, 1)->read);
}

static void test_no_system(void **state)
{
    struct fixture *f = *state;
    put(f, "bare/x", bytes_str(""));
    store_unref(f->store);
    f->store = store_system(arena_printf(&f->arena, "%s/bare", top));
    assert_int_equal(store_count(f->store), 0);
    assert_int_equal(store_source_count(f->store), 1);
    assert_false(source(f, 0)->read);
    assert_non_null(strstr(source(f, 0)->problem, "ca-certificates"));
    assert_non_null(strstr(source(f, 0)->problem, "--ca"));
    assert_null(store_at(f->store, 0));
    assert_int_equal(store_count_organization(f->store, subject_of(f->a)), 0);
}

/* ---- size ---- */

static long peak_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* 50,000 certificates, half of them of one subject: linear, and small beside the file. */
static void test_large(void **state)
{
    struct fixture *f = *state;
    enum { COUNT = 50000 };
    BUF_CLEANUP file = {0};
    struct arena scratch = {0};
    for (int i = 0; i < COUNT; i++) {
        const char *cn = i % 2 ? "same" : arena_printf(&scratch, "name %d", i);
        pem_write(&file, "CERTIFICATE", made_cert(&scratch, "O", cn, i, 3));
        arena_free(&scratch);
    }
    const char *path = put(f, "large.pem", buf_bytes(&file));
    const long before = peak_kib();
    const int64_t start = time_monotonic_us();
    add(f, path);
    assert_true(time_monotonic_us() - start < 10 * 1000 * 1000); /* quadratic: minutes */
    assert_int_equal(store_count(f->store), COUNT);
    const long file_kib = (long)(file.n / 1024);
    assert_true(peak_kib() - before < file_kib + COUNT * 400L / 1024);
    const struct bytes wanted = made_cert(&f->arena, "O", "name 30000", 30000, 3);
    assert_found(f, wanted);
    const struct anchor *found[3];
    assert_int_equal(
        store_find(f->store, subject_of(made_cert(&f->arena, "O", "same", 1, 3)), found, 3),
        COUNT / 2);
}

static int make_top(void **state)
{
    (void)state;
    return mkdtemp(top) ? 0 : -1;
}

static int remove_top(void **state)
{
    (void)state;
    const char *rm[] = {"rm", "-rf", top, NULL};
    const pid_t child = fork();
    if (child == 0) {
        execvp(rm[0], (char *const *)(uintptr_t)rm);
        _exit(127);
    }
    int status = -1;
    return child > 0 && waitpid(child, &status, 0) == child ? status : -1;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_bundle),       TEST(test_forms),      TEST(test_der),
        TEST(test_late_subject), TEST(test_damaged),    TEST(test_unreadable),
        TEST(test_duplicates),   TEST(test_add_cert),   TEST(test_same_subject),
        TEST(test_organization), TEST(test_references), TEST(test_directory),
        TEST(test_system),       TEST(test_no_system),  TEST(test_large),
    };
    return cmocka_run_group_tests_name("trust", tests, make_top, remove_top);
}
