/* SPDX-License-Identifier: Apache-2.0 */
/* container/: files of DER, files of other kinds, limits, and that time stays linear. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "container/container.h"
#include "made_cert.h"

struct fixture {
    struct arena arena;
    struct container out;
};

static int set_up(void **state)
{
    *state = xcalloc(1, sizeof(struct fixture));
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    arena_free(&f->arena);
    free(f);
    return 0;
}

static void read_bytes(struct fixture *f, struct bytes file)
{
    uint8_t *copy = malloc(file.n ? file.n : 1);
    if (file.n)
        memcpy(copy, file.p, file.n);
    container_read(bytes_of(copy, file.n), "x", &f->arena, &f->out);
    free(copy);
}

static bool has_fault(const struct fixture *f, enum file_fault_id id)
{
    for (size_t i = 0; i < f->out.fault_count; i++)
        if (f->out.faults[i].id == id)
            return true;
    return false;
}

/* ---- DER ---- */

static void test_der(void **state)
{
    struct fixture *f = *state;
    const struct bytes a = made_cert(&f->arena, NULL, "a", 1, 200);
    const struct bytes b = made_cert(&f->arena, NULL, "b", 2, 3);
    BUF_CLEANUP both = {0};
    buf_add_bytes(&both, a);
    buf_add_bytes(&both, b);
    read_bytes(f, buf_bytes(&both));
    assert_int_equal(f->out.kind, FILE_KIND_DER);
    assert_int_equal(f->out.fault_count, 0);
    assert_int_equal(f->out.object_count, 2);
    assert_true(bytes_equal(f->out.objects[0].der, a));
    assert_true(bytes_equal(f->out.objects[1].der, b));
    assert_int_equal(f->out.objects[1].origin.offset, a.n);
    assert_int_equal(f->out.objects[1].origin.position, 1);
    assert_int_equal(f->out.objects[1].origin.line, 0);
    assert_string_equal(f->out.objects[1].label, "");
    buf_add_str(&both, "trailing");
    read_bytes(f, buf_bytes(&both));
    assert_int_equal(f->out.object_count, 2);
    assert_int_equal(f->out.fault_count, 1);
    assert_int_equal(f->out.faults[0].id, FAULT_BAD_DER);
    assert_int_equal(f->out.faults[0].offset, a.n + b.n);
}

/* Cut at every length: never a crash, never a certificate that is longer than what is there. */
static void test_cut_der(void **state)
{
    struct fixture *f = *state;
    const struct bytes der = made_cert(&f->arena, "O", "cut", 1, 200);
    for (size_t n = 0; n < der.n; n++) {
        read_bytes(f, bytes_slice(der, 0, n));
        assert_true(f->out.fault_count > 0);
        if (n < 8)
            continue;
        assert_int_equal(f->out.kind, FILE_KIND_DER);
        assert_int_equal(f->out.object_count, 1);
        assert_int_equal(f->out.objects[0].kind, OBJECT_CERTIFICATE);
        assert_int_equal(f->out.objects[0].der.n, n);
        assert_true(has_fault(f, FAULT_BAD_DER));
    }
}

/* One element inside of a SEQUENCE for each letter: S sequence, s sequence of an OID, I 0, 3
 * INTEGER 3, L a large INTEGER, O octets, B bits, P the OID of PKCS#7. */
static struct bytes shaped(struct fixture *f, const char *letters)
{
    struct writer w = {0};
    writer_open(&w, DER_SEQUENCE);
    for (; *letters; letters++) {
        if (*letters == 'S' || *letters == 's') {
            writer_open(&w, DER_SEQUENCE);
            if (*letters == 's')
                writer_put(&w, DER_OID, bytes_str("\x2a\x03"));
            writer_close(&w);
        }
        if (*letters == 'I' || *letters == '3')
            writer_int(&w, *letters == '3' ? 3 : 0);
        if (*letters == 'L')
            writer_int(&w, INT64_MAX);
        if (*letters == 'O')
            writer_put(&w, DER_OCTET_STRING, bytes_str("secret"));
        if (*letters == 'B')
            writer_bits(&w, bytes_str("bits"));
        if (*letters == 'P')
            writer_put(&w, DER_OID, bytes_str("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"));
    }
    writer_close(&w);
    const struct bytes der = arena_bytes(&f->arena, buf_bytes(&w.out));
    writer_free(&w);
    return der;
}

static void test_der_kinds(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *shape;
        enum object_kind object;
        enum file_kind file;
        const char *words;
    } cases[] = {
        {"PS", OBJECT_PKCS7, FILE_KIND_PKCS7, "a PKCS#7 bundle"},
        {"IsO", OBJECT_PRIVATE_KEY, FILE_KIND_DER, "a private key"},
        {"IIIIIIIII", OBJECT_PRIVATE_KEY, FILE_KIND_DER, "a private key"},
        {"IO", OBJECT_PRIVATE_KEY, FILE_KIND_DER, "a private key"},
        {"sO", OBJECT_PRIVATE_KEY, FILE_KIND_DER, "an encrypted private key"},
        {"sB", OBJECT_OTHER, FILE_KIND_DER, "a public key"},
        {"LI", OBJECT_OTHER, FILE_KIND_DER, "a public key or parameters"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        read_bytes(f, shaped(f, cases[i].shape));
        assert_int_equal(f->out.object_count, 1);
        assert_int_equal(f->out.objects[0].kind, cases[i].object);
        assert_int_equal(f->out.kind, cases[i].file);
        if (cases[i].object != OBJECT_PKCS7)
            assert_int_equal(f->out.objects[0].der.n, 0);
        assert_true(has_fault(f, FAULT_WRONG_KIND));
        const struct file_fault *last = &f->out.faults[f->out.fault_count - 1];
        assert_string_equal(last->excerpt, cases[i].words);
    }
}

/* ---- other files ---- */

static void test_empty(void **state)
{
    struct fixture *f = *state;
    static const char *const empty[] = {"", "\n", " \t\r\n\v\f"};
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        read_bytes(f, bytes_str(empty[i]));
        assert_int_equal(f->out.kind, FILE_KIND_EMPTY);
        assert_int_equal(f->out.fault_count, 1);
        assert_int_equal(f->out.faults[0].id, FAULT_EMPTY);
        assert_string_equal(file_fault_rule(f->out.faults[0].id), "file.empty");
    }
    container_read(bytes_of(NULL, 0), "x", &f->arena, &f->out);
    assert_int_equal(f->out.kind, FILE_KIND_EMPTY);
}

static void test_foreign(void **state)
{
    struct fixture *f = *state;
    static const struct {
        struct bytes file;
        enum file_kind kind;
        const char *words;
    } cases[] = {
#define TEXT(text) {(const uint8_t *)(text), sizeof(text) - 1}
        {TEXT("\xfe\xed\xfe\xed\0\0\0\2"), FILE_KIND_JKS,
         "a Java keystore (JKS): it is damaged: it ends in the middle of an entry"},
        {TEXT("\xce\xce\xce\xce\0\0\0\2"), FILE_KIND_JKS,
         "a Java keystore (JCEKS): it is damaged: it ends in the middle of an entry"},
        {TEXT("\n<!DocType HTML><p>404"), FILE_KIND_HTML, "an HTML page"},
        {TEXT("<html><body>"), FILE_KIND_HTML, "an HTML page"},
        {TEXT("\xef\xbb\xbf<html>"), FILE_KIND_HTML, "an HTML page"},
        {TEXT("ssh-ed25519 AAAA x@y"), FILE_KIND_OTHER, "an OpenSSH public key"},
        {TEXT("PK\x03\x04"), FILE_KIND_OTHER, "a ZIP archive"},
        {TEXT("\x7f"
              "ELF\2\1\1\0"),
         FILE_KIND_OTHER, "a program (ELF)"},
        {TEXT("{\"a\": 1}"), FILE_KIND_OTHER, "a JSON document"},
        {TEXT("Certificate:\n    Data:\n        Version: 3"), FILE_KIND_OTHER,
         "the readable form of a certificate, without the certificate itself"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        read_bytes(f, cases[i].file);
        assert_int_equal(f->out.kind, cases[i].kind);
        assert_int_equal(f->out.object_count, 0);
        const struct file_fault *last = &f->out.faults[f->out.fault_count - 1];
        assert_int_equal(last->id, FAULT_WRONG_KIND);
        assert_string_equal(last->excerpt, cases[i].words);
    }
    read_bytes(f, bytes_str("{\"format\": \"certwhy/case/1\", \"x\": 1}"));
    assert_int_equal(f->out.kind, FILE_KIND_CASE);
    assert_int_equal(f->out.fault_count, 0);
    read_bytes(f, bytes_str("0123456789"));
    assert_int_equal(f->out.kind, FILE_KIND_OTHER);
    assert_int_equal(f->out.faults[0].id, FAULT_NOT_PEM);
}

/* Foreign text that reaches a report through an excerpt or a label. */
static void test_hostile_text(void **state)
{
    struct fixture *f = *state;
    read_bytes(f, bytes_str("-----BEGIN $(reboot)\x1b[2J-----\nx\n-----END $(reboot)\x1b[2J-----\n"
                            "-----BEGIN A\"`b`'-----\nMAAA\n-----END \\\\x-----\n"
                            "-----BEGIN CERTIFICATE-----\n\xe2\x80\xae\x1b]0;x\x07\n"));
    for (size_t i = 0; i < f->out.object_count; i++)
        assert_null(strpbrk(f->out.objects[i].label, "\n\r\x1b\x07"));
    for (size_t i = 0; i < f->out.fault_count; i++) {
        assert_null(strpbrk(f->out.faults[i].excerpt, "\n\r\x1b\x07"));
        assert_null(strstr(f->out.faults[i].excerpt, "\xe2\x80\xae"));
    }
}

/* ---- limits and time ---- */

static void test_many(void **state)
{
    struct fixture *f = *state;
    enum { COUNT = 10000 };
    BUF_CLEANUP file = {0};
    const char *pem = made_pem(&f->arena, "CERTIFICATE", made_cert(&f->arena, "O", "n", 1, 600));
    for (int i = 0; i < COUNT; i++)
        buf_add_str(&file, pem);
    read_bytes(f, buf_bytes(&file));
    assert_int_equal(f->out.object_count, COUNT);
    assert_int_equal(f->out.fault_count, 0);
    const struct object *last = &f->out.objects[COUNT - 1];
    assert_int_equal(last->origin.position, COUNT - 1);
    assert_int_equal(last->origin.offset, (COUNT - 1) * strlen(pem));
    assert_false(f->out.limit_hit);
}

static void test_fault_limits(void **state)
{
    struct fixture *f = *state;
    BUF_CLEANUP file = {0};
    for (int i = 0; i < 1000; i++)
        buf_add_str(&file, " -----BEGIN CERTIFICATE-----\n*\n\n-----END X509 CRL----\n");
    read_bytes(f, buf_bytes(&file));
    assert_true(f->out.limit_hit);
    assert_true(f->out.fault_count <= LIMIT_FILE_FAULTS);
    assert_int_equal(f->out.object_count, 1000); /* faults end no reading */
    assert_true(has_fault(f, FAULT_LABEL_MISMATCH));
    assert_true(has_fault(f, FAULT_WRONG_DASHES));
    assert_true(has_fault(f, FAULT_INDENTED));
    for (size_t i = 1; i < f->out.fault_count; i++)
        assert_true(f->out.faults[i - 1].offset <= f->out.faults[i].offset);
}

static void test_object_limit(void **state)
{
    struct fixture *f = *state;
    BUF_CLEANUP file = {0};
    for (int i = 0; i < LIMIT_OBJECTS + 5; i++)
        buf_add_str(&file, "-----BEGIN X-----\n-----END X-----\n");
    read_bytes(f, buf_bytes(&file));
    assert_int_equal(f->out.object_count, LIMIT_OBJECTS);
    assert_true(f->out.limit_hit);
}

static int64_t time_of(struct fixture *f, const char *unit, size_t size)
{
    BUF_CLEANUP file = {0};
    buf_add_str(&file, "-----BEGIN CERTIFICATE-----");
    while (file.n < size)
        buf_add_str(&file, unit);
    buf_add_str(&file, "-----END CERTIFICATE-----");
    struct arena arena = {0};
    const int64_t start = time_monotonic_us();
    container_read(buf_bytes(&file), "x", &arena, &f->out);
    const int64_t took = time_monotonic_us() - start;
    arena_free(&arena);
    return took;
}

/* Patterns that would be slow if anything were read twice. Quadratic time would be hours here; the
 * bound is loose because sanitizers and busy machines are slow. */
static void test_linear(void **state)
{
    struct fixture *f = *state;
    static const char *const units[] = {"-",
                                        "BEGIN ",
                                        "END ",
                                        "-----BEGIN CERTIFICATE-----",
                                        "-----END CERTIFICATE-----\n",
                                        "\\",
                                        "\\n",
                                        "*",
                                        " ",
                                        "\n",
                                        "=",
                                        "A",
                                        "AAAA\n",
                                        "a: b\n",
                                        ":",
                                        "\r",
                                        "-----BEGIN A----- ",
                                        "\xe2\x80\x93",
                                        "END CERTIFICATE",
                                        "-----BEGIN PRIVATE KEY-----",
                                        "MIIB\n-----END CERTIFICATE-----\n",
                                        "-----BEGIN CERTIFICATE-----MDAwMDAw=",
                                        "MA==\n",
                                        " \n",
                                        "-----BEGIN CERTIFICATE-----    \n"};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        assert_true(time_of(f, units[i], 2 << 20) < 10 * 1000 * 1000);
}

/* Every prefix and every single-byte change of a small file is survived. */
static void test_mutations(void **state)
{
    struct fixture *f = *state;
    const struct bytes der = made_cert(&f->arena, NULL, "m", 1, 3);
    const char *text = arena_printf(&f->arena, "x\n%s%s", made_pem(&f->arena, "CERTIFICATE", der),
                                    made_pem(&f->arena, "TRUSTED CERTIFICATE", der));
    const struct bytes file = bytes_str(text);
    for (size_t n = 0; n < file.n; n++) {
        struct arena arena = {0};
        struct container out;
        uint8_t *copy = malloc(n + 1);
        memcpy(copy, text, n + 1);
        static const uint8_t values[] = {0, '\n', '-', '=', '\\', 0xff, ' '};
        container_read(bytes_of(copy, n), "x", &arena, &out);
        for (size_t v = 0; v < sizeof values; v++) {
            copy[n] = values[v];
            container_read(bytes_of(copy, n + 1), "x", &arena, &out);
        }
        free(copy);
        arena_free(&arena);
    }
}

static void test_texts(void **state)
{
    (void)state;
    for (int id = 0; id < FAULT_COUNT; id++) {
        assert_true(str_starts(file_fault_rule((enum file_fault_id)id), "file."));
        assert_true(strlen(file_fault_text((enum file_fault_id)id)) > 10);
    }
    assert_string_equal(file_fault_rule(FAULT_COUNT), "");
    assert_string_equal(file_fault_text(FAULT_COUNT), "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_der),    TEST(test_cut_der),      TEST(test_der_kinds),
        TEST(test_empty),  TEST(test_foreign),      TEST(test_hostile_text),
        TEST(test_many),   TEST(test_fault_limits), TEST(test_object_limit),
        TEST(test_linear), TEST(test_mutations),    TEST(test_texts),
    };
    return cmocka_run_group_tests_name("container kinds", tests, NULL, NULL);
}
