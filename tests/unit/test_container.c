/* SPDX-License-Identifier: Apache-2.0 */
/* container/: PEM files, whole and damaged. What can be saved is saved, each fault has its place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "container/container.h"
#include "made_cert.h"

/* Two certificates of different size: A's base64 ends in padding, so that merging shows. */
struct fixture {
    struct arena arena;
    struct bytes a, b;
    const char *pem_a, *pem_b;
    struct container out;
};

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    size_t padding = 10;
    do
        f->a = made_cert(&f->arena, "Org", "a.example", 1, padding++);
    while (f->a.n % 3 == 0);
    f->b = made_cert(&f->arena, "Org", "b.example", 2, 100);
    f->pem_a = made_pem(&f->arena, "CERTIFICATE", f->a);
    f->pem_b = made_pem(&f->arena, "CERTIFICATE", f->b);
    *state = f;
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
    /* A copy of exactly this size, so that AddressSanitizer sees a read behind its end. */
    uint8_t *copy = malloc(file.n ? file.n : 1);
    if (file.n)
        memcpy(copy, file.p, file.n);
    container_read(bytes_of(copy, file.n), "x.pem", &f->arena, &f->out);
    free(copy);
}

static void read_text(struct fixture *f, const char *text)
{
    read_bytes(f, bytes_str(text));
}

static const char *joined(struct fixture *f, const char *first, const char *second)
{
    return arena_printf(&f->arena, "%s%s", first, second);
}

static void assert_cert(const struct fixture *f, size_t i, struct bytes der, size_t line)
{
    assert_true(i < f->out.object_count);
    const struct object *object = &f->out.objects[i];
    assert_int_equal(object->kind, OBJECT_CERTIFICATE);
    assert_true(bytes_equal(object->der, der));
    assert_int_equal(object->origin.line, line);
    assert_int_equal(object->origin.kind, ORIGIN_FILE);
    assert_string_equal(object->origin.where, "x.pem");
}

static void assert_both(const struct fixture *f, size_t line_of_b)
{
    assert_int_equal(f->out.object_count, 2);
    assert_cert(f, 0, f->a, 1);
    assert_cert(f, 1, f->b, line_of_b);
}

static void assert_fault(const struct fixture *f, size_t i, enum file_fault_id id, size_t line,
                         size_t column)
{
    assert_true(i < f->out.fault_count);
    const struct file_fault *fault = &f->out.faults[i];
    assert_string_equal(file_fault_text(fault->id), file_fault_text(id));
    assert_int_equal(fault->line, line);
    assert_int_equal(fault->column, column);
}

/* The fault's offset is where its line and column say. */
static void assert_offsets(const struct fixture *f, const char *text)
{
    for (size_t i = 0; i < f->out.fault_count; i++) {
        const struct file_fault *fault = &f->out.faults[i];
        const char *line = text;
        for (size_t n = 1; n < fault->line; n++)
            line = strchr(line, '\n') + 1;
        assert_int_equal(fault->offset, (size_t)(line - text) + fault->column - 1);
    }
}

static size_t lines_of(const char *text)
{
    size_t n = 0;
    for (; (text = strchr(text, '\n')); text++)
        n++;
    return n;
}

static const char *without_last_byte(struct fixture *f, const char *text)
{
    return arena_strndup(&f->arena, text, strlen(text) - 1);
}

/* ---- whole files ---- */

static void test_healthy(void **state)
{
    struct fixture *f = *state;
    const char *text = arena_printf(&f->arena, "# a comment\nsubject=/CN=a\n%s\nBag Attributes\n%s",
                                    f->pem_a, f->pem_b);
    read_text(f, text);
    assert_int_equal(f->out.kind, FILE_KIND_PEM);
    assert_int_equal(f->out.fault_count, 0);
    assert_int_equal(f->out.object_count, 2);
    assert_cert(f, 0, f->a, 3);
    assert_cert(f, 1, f->b, 3 + lines_of(f->pem_a) + 2);
    assert_int_equal(f->out.objects[0].end_line, 3 + lines_of(f->pem_a) - 1);
    assert_int_equal(f->out.objects[0].origin.offset, strstr(text, "-----BEGIN") - text);
    assert_int_equal(f->out.objects[1].origin.position, 1);
    assert_false(f->out.limit_hit);
    read_text(f, without_last_byte(f, joined(f, f->pem_a, f->pem_b)));
    assert_int_equal(f->out.fault_count, 0);
    assert_both(f, 1 + lines_of(f->pem_a));
}

static void test_line_ends(void **state)
{
    struct fixture *f = *state;
    const char *text = joined(f, f->pem_a, f->pem_b);
    read_text(f, replaced(&f->arena, text, "\n", "\r\n"));
    assert_int_equal(f->out.fault_count, 0);
    assert_both(f, 1 + lines_of(f->pem_a));
    read_text(f, replaced(&f->arena, text, "\n", "\r"));
    assert_int_equal(f->out.fault_count, 1);
    assert_int_equal(f->out.faults[0].id, FAULT_CR_ALONE);
    assert_both(f, 1 + lines_of(f->pem_a));
}

static void test_labels(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *label;
        enum object_kind kind;
    } cases[] = {{"CERTIFICATE", OBJECT_CERTIFICATE},
                 {"X509 CERTIFICATE", OBJECT_CERTIFICATE},
                 {"TRUSTED CERTIFICATE", OBJECT_CERTIFICATE}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        read_text(f, made_pem(&f->arena, cases[i].label, f->a));
        assert_int_equal(f->out.object_count, 1);
        assert_string_equal(f->out.objects[0].label, cases[i].label);
        assert_int_equal(f->out.objects[0].kind, cases[i].kind);
        assert_int_equal(f->out.fault_count, 0);
    }
    /* OpenSSL's auxiliary trust settings follow the certificate. */
    struct bytes aux = arena_bytes(&f->arena, bytes_of("\x30\x02\x05\x00", 4));
    BUF_CLEANUP both = {0};
    buf_add_bytes(&both, f->a);
    buf_add_bytes(&both, aux);
    read_text(f, made_pem(&f->arena, "TRUSTED CERTIFICATE", buf_bytes(&both)));
    assert_int_equal(f->out.fault_count, 0);
    assert_cert(f, 0, f->a, 1);
}

static void test_other_kinds(void **state)
{
    struct fixture *f = *state;
    read_text(f, "-----BEGIN PGP PUBLIC KEY BLOCK-----\nVersion: x\n\nmQ*!\n=abcd\n"
                 "-----END PGP PUBLIC KEY BLOCK-----\n");
    assert_int_equal(f->out.object_count, 1);
    assert_int_equal(f->out.objects[0].kind, OBJECT_OTHER);
    assert_int_equal(f->out.objects[0].der.n, 0);
    assert_int_equal(f->out.objects[0].end_line, 6);
    assert_int_equal(f->out.fault_count, 1);
    assert_fault(f, 0, FAULT_WRONG_KIND, 1, 1);
    assert_string_equal(f->out.faults[0].excerpt, "PGP PUBLIC KEY BLOCK");
    const char *request = "-----BEGIN CERTIFICATE REQUEST-----\nMAIFAA==\n"
                          "-----END CERTIFICATE REQUEST-----\n";
    read_text(f, joined(f, f->pem_a, request));
    assert_int_equal(f->out.object_count, 2);
    assert_int_equal(f->out.objects[1].kind, OBJECT_CSR);
    assert_int_equal(f->out.objects[1].origin.position, 0);
}

/* ---- private keys ---- */

static void test_private_key(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *label, *head;
        bool encrypted;
    } cases[] = {
        {"PRIVATE KEY", "", false},
        {"ENCRYPTED PRIVATE KEY", "", true},
        {"RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n", true},
        {"EC PRIVATE KEY", "", false},
        {"OPENSSH PRIVATE KEY", "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ==\n", false},
        {"OPENSSH PRIVATE KEY", "b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHI=\n", true},
        {"SOME NEW PRIVATE KEY", "", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        read_text(f, arena_printf(&f->arena, "%s-----BEGIN %s-----\n%sc2VjcmV0\n-----END %s-----\n",
                                  f->pem_a, cases[i].label, cases[i].head, cases[i].label));
        assert_int_equal(f->out.object_count, 2);
        const struct object *key = &f->out.objects[1];
        assert_int_equal(key->kind, OBJECT_PRIVATE_KEY);
        assert_int_equal(key->der.n, 0);
        assert_int_equal(key->encrypted, cases[i].encrypted);
        assert_int_equal(key->end_line, lines_of(f->pem_a) + 3 + lines_of(cases[i].head));
        assert_int_equal(f->out.fault_count, 1);
        assert_fault(f, 0, FAULT_PRIVATE_KEY, 1 + lines_of(f->pem_a), 1);
        assert_string_equal(f->out.faults[0].excerpt, cases[i].label);
    }
}

static bool arena_holds(const struct fixture *f, const char *secret)
{
    for (size_t i = 0; i < f->out.object_count; i++)
        if (bytes_find(f->out.objects[i].der, bytes_str(secret)) != SIZE_MAX)
            return true;
    return false;
}

/* Its bytes are not kept, whatever the label says. */
static void test_private_key_in_disguise(void **state)
{
    struct fixture *f = *state;
    const struct bytes key =
        made_private_key(&f->arena, arena_printf(&f->arena, "the secret of the key %0200d", 7));
    read_text(f, made_pem(&f->arena, "CERTIFICATE", key));
    assert_int_equal(f->out.object_count, 1);
    assert_int_equal(f->out.objects[0].kind, OBJECT_PRIVATE_KEY);
    assert_false(arena_holds(f, "secret"));
    assert_fault(f, 0, FAULT_PRIVATE_KEY, 1, 1);
    read_bytes(f, key);
    assert_int_equal(f->out.objects[0].kind, OBJECT_PRIVATE_KEY);
    assert_int_equal(f->out.objects[0].der.n, 0);
    /* Cut short it is no whole DER any more, but still a secret. */
    read_bytes(f, bytes_slice(key, 0, key.n - 5));
    assert_int_equal(f->out.objects[0].kind, OBJECT_PRIVATE_KEY);
    assert_int_equal(f->out.objects[0].der.n, 0);
}

/* ---- markers ---- */

static void test_seam(void **state)
{
    struct fixture *f = *state;
    const char *text = joined(f, without_last_byte(f, f->pem_a), f->pem_b);
    read_text(f, text);
    assert_both(f, lines_of(f->pem_a));
    assert_int_equal(f->out.fault_count, 1);
    assert_fault(f, 0, FAULT_SEAM, lines_of(f->pem_a), 26);
    assert_int_equal(f->out.faults[0].block, 1);
    assert_string_equal(f->out.faults[0].excerpt, "-----BEGIN CERTIFICATE-----");
    assert_string_equal(file_fault_rule(f->out.faults[0].id), "file.seam");
    assert_offsets(f, text);
    read_text(f, arena_printf(&f->arena, "%s  %s", without_last_byte(f, f->pem_a), f->pem_b));
    assert_both(f, lines_of(f->pem_a));
    assert_fault(f, 0, FAULT_SEAM, lines_of(f->pem_a), 28);
}

static void test_dashes(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *from, *to;
        enum file_fault_id id;
    } cases[] = {
        {"-----BEGIN", "----BEGIN", FAULT_WRONG_DASHES},
        {"-----BEGIN", "-------BEGIN", FAULT_WRONG_DASHES},
        {"-----BEGIN", "BEGIN", FAULT_WRONG_DASHES},
        {"CERTIFICATE-----", "CERTIFICATE----", FAULT_WRONG_DASHES},
        {"-----BEGIN CERTIFICATE-----", "BEGIN CERTIFICATE", FAULT_WRONG_DASHES},
        {"-----BEGIN CERTIFICATE-----", "----- BEGIN CERTIFICATE -----", FAULT_WRONG_DASHES},
        {"-----BEGIN",
         "\xe2\x80\x93\xe2\x80\x93\xe2\x80\x93\xe2\x80\x93\xe2\x80\x93"
         "BEGIN",
         FAULT_SMART_DASH},
        {"-----BEGIN", "\xe2\x80\x94\xe2\x80\x94-BEGIN", FAULT_SMART_DASH},
        {"-----BEGIN",
         "\x96\x96\x96\x96\x96"
         "BEGIN",
         FAULT_SMART_DASH},
        {"CATE-----", "CATE\xe2\x88\x92\xe2\x88\x92\xe2\x88\x92\xe2\x88\x92\xe2\x88\x92",
         FAULT_SMART_DASH},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *bad = replaced(&f->arena, f->pem_a, cases[i].from, cases[i].to);
        read_text(f, joined(f, bad, f->pem_b));
        assert_both(f, 1 + lines_of(f->pem_a));
        assert_true(f->out.fault_count >= 1);
        assert_fault(f, 0, cases[i].id, 1, 1);
        for (size_t k = 0; k < f->out.fault_count; k++)
            assert_int_equal(f->out.faults[k].block, 0);
    }
}

static void test_missing_end(void **state)
{
    struct fixture *f = *state;
    const char *open = replaced(&f->arena, f->pem_a, "-----END CERTIFICATE-----\n", "");
    static const char *const between[] = {"", "\n", "Bag Attributes\n    friendlyName: x y\n",
                                          "subject=CN = b\nissuer=CN = c\n\n", "# note\n"};
    for (size_t i = 0; i < sizeof between / sizeof between[0]; i++) {
        read_text(f, arena_printf(&f->arena, "%s%s%s", open, between[i], f->pem_b));
        assert_both(f, 1 + lines_of(open) + lines_of(between[i]));
        assert_int_equal(f->out.fault_count, 1);
        assert_fault(f, 0, FAULT_NO_END, 1, 1);
    }
    read_text(f, open);
    assert_cert(f, 0, f->a, 1);
    assert_int_equal(f->out.fault_count, 1);
}

/* END and the next BEGIN were removed: two certificates in one block. */
static void test_joined_block(void **state)
{
    struct fixture *f = *state;
    const char *first = replaced(&f->arena, f->pem_a, "-----END CERTIFICATE-----\n", "");
    const char *second = replaced(&f->arena, f->pem_b, "-----BEGIN CERTIFICATE-----\n", "");
    read_text(f, joined(f, first, second));
    assert_int_equal(f->out.object_count, 2);
    assert_cert(f, 0, f->a, 1);
    assert_cert(f, 1, f->b, 1);
    assert_fault(f, 0, FAULT_NO_END, 1, 1);
}

static void test_missing_begin(void **state)
{
    struct fixture *f = *state;
    const char *headless = replaced(&f->arena, f->pem_a, "-----BEGIN CERTIFICATE-----\n", "");
    read_text(f, joined(f, headless, f->pem_b));
    assert_both(f, 1 + lines_of(headless));
    assert_int_equal(f->out.fault_count, 1);
    assert_fault(f, 0, FAULT_NO_BEGIN, lines_of(headless), 1);
    read_text(f, arena_printf(&f->arena, "%ssome words here\n%s", f->pem_b, headless));
    assert_int_equal(f->out.object_count, 2);
    assert_cert(f, 0, f->b, 1);
    assert_cert(f, 1, f->a, lines_of(f->pem_b) + 2);
    /* An END that has nothing before it. */
    read_text(f, joined(f, "-----END CERTIFICATE-----\n", f->pem_a));
    assert_int_equal(f->out.object_count, 1);
    assert_cert(f, 0, f->a, 2);
    assert_fault(f, 0, FAULT_NO_BEGIN, 1, 1);
}

static void test_no_markers(void **state)
{
    struct fixture *f = *state;
    const char *bare = replaced(&f->arena, f->pem_a, "-----BEGIN CERTIFICATE-----\n", "\n");
    bare = replaced(&f->arena, bare, "-----END CERTIFICATE-----\n", "");
    read_text(f, bare);
    assert_int_equal(f->out.object_count, 1);
    assert_cert(f, 0, f->a, 2);
    assert_int_equal(f->out.fault_count, 1);
    assert_fault(f, 0, FAULT_NO_MARKERS, 2, 1);
    read_text(f, str_base64(&f->arena, f->b));
    assert_cert(f, 0, f->b, 1);
    read_text(f, "MIIBsomethingThatIsNoDer");
    assert_int_equal(f->out.object_count, 0);
}

static void test_mismatch(void **state)
{
    struct fixture *f = *state;
    read_text(f, replaced(&f->arena, f->pem_a, "END CERT", "END X509 CERT"));
    assert_cert(f, 0, f->a, 1);
    assert_int_equal(f->out.fault_count, 1);
    assert_fault(f, 0, FAULT_LABEL_MISMATCH, lines_of(f->pem_a), 1);
    assert_string_equal(f->out.faults[0].excerpt, "X509 CERTIFICATE");
}

/* A sentence about markers is no block. */
static void test_prose(void **state)
{
    struct fixture *f = *state;
    const char *prose = "Paste between -----BEGIN CERTIFICATE----- and -----END CERTIFICATE-----.\n"
                        "In the END everything is a BEGIN of something.\n";
    read_text(f, joined(f, prose, f->pem_a));
    assert_int_equal(f->out.object_count, 1);
    assert_cert(f, 0, f->a, 3);
    assert_int_equal(f->out.fault_count, 0);
    read_text(f, prose);
    assert_int_equal(f->out.object_count, 0);
    assert_int_equal(f->out.kind, FILE_KIND_OTHER);
    assert_fault(f, 0, FAULT_NOT_PEM, 1, 1);
}

/* ---- base64 ---- */

/* f->pem_a with `text` put before the n-th character of the line with that number. */
static const char *inserted(struct fixture *f, size_t line, size_t column, const char *text)
{
    const char *p = f->pem_a;
    for (; line > 1; line--)
        p = strchr(p, '\n') + 1;
    p += column - 1;
    return arena_printf(&f->arena, "%.*s%s%s", (int)(p - f->pem_a), f->pem_a, text, p);
}

static void test_bad_char(void **state)
{
    struct fixture *f = *state;
    static const char *const foreign[] = {"*", "\xc3\xa9", "\xe2\x80\x8b", "\x01", "\xff",
                                          "-", "_",        "\xc2\xa0",     "\\x",  "\""};
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        const char *text = joined(f, inserted(f, 3, 11, foreign[i]), f->pem_b);
        read_text(f, text);
        assert_int_equal(f->out.object_count, 2);
        assert_cert(f, 1, f->b, 1 + lines_of(f->pem_a));
        assert_true(f->out.fault_count >= 1);
        if (strcmp(foreign[i], "\\x") == 0)
            continue; /* the x behind it is a digit that was not there */
        assert_both(f, 1 + lines_of(f->pem_a));
        if (foreign[i][0] == '\xe2' || strcmp(foreign[i], "\xc2\xa0") == 0) { /* not seen */
            const size_t last = f->out.fault_count - 1; /* a blank inside a line is told as well */
            assert_fault(f, last, FAULT_WRAPPED, 3, 11);
            assert_string_equal(f->out.faults[last].excerpt, "invisible characters");
            continue;
        }
        assert_int_equal(f->out.fault_count, 1);
        assert_fault(f, 0, FAULT_BAD_BASE64, 3, 11);
        assert_string_equal(f->out.faults[0].excerpt, str_safe(&f->arena, bytes_str(foreign[i])));
        assert_offsets(f, text);
    }
}

static void test_bad_blocks(void **state)
{
    struct fixture *f = *state;
    /* A digit too many: everything behind it is shifted. */
    read_text(f, joined(f, inserted(f, 3, 5, "A"), f->pem_b));
    assert_int_equal(f->out.object_count, 2);
    assert_cert(f, 1, f->b, 1 + lines_of(f->pem_a));
    assert_false(bytes_equal(f->out.objects[0].der, f->a));
    /* Cut in the middle. */
    const char *cut =
        arena_printf(&f->arena, "%.*s\n-----END CERTIFICATE-----\n", 28 + 64 + 1 + 30, f->pem_a);
    read_text(f, joined(f, cut, f->pem_b));
    assert_cert(f, 1, f->b, 1 + lines_of(cut));
    assert_int_equal(f->out.fault_count, 2);
    assert_fault(f, 0, FAULT_BAD_DER, 1, 1);
    assert_fault(f, 1, FAULT_BAD_PADDING, 4, 1);
    /* Nothing between the markers. */
    read_text(f, joined(f, "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", f->pem_b));
    assert_cert(f, 1, f->b, 3);
    assert_int_equal(f->out.fault_count, 1);
    assert_fault(f, 0, FAULT_BAD_DER, 1, 1);
}

static void test_padding(void **state)
{
    struct fixture *f = *state;
    const char *unpadded = replaced(&f->arena, f->pem_a, "=", "");
    read_text(f, unpadded);
    assert_cert(f, 0, f->a, 1);
    assert_int_equal(f->out.fault_count, 1);
    assert_fault(f, 0, FAULT_BAD_PADDING, lines_of(f->pem_a), 1);
    read_text(f, "-----BEGIN CERTIFICATE-----\n=\n====\n-----END CERTIFICATE-----\n");
    assert_true(f->out.fault_count >= 2);
}

/* ---- layout ---- */

static void test_indented(void **state)
{
    struct fixture *f = *state;
    const char *text = joined(f, f->pem_a, f->pem_b);
    read_text(f, joined(f, "  ", without_last_byte(f, replaced(&f->arena, text, "\n", "\n  "))));
    assert_both(f, 1 + lines_of(f->pem_a));
    assert_int_equal(f->out.fault_count, 2);
    assert_fault(f, 0, FAULT_INDENTED, 1, 3);
    assert_fault(f, 1, FAULT_INDENTED, 1 + lines_of(f->pem_a), 3);
    read_text(f, replaced(&f->arena, text, "\n", " \n"));
    assert_both(f, 1 + lines_of(f->pem_a));
    assert_int_equal(f->out.fault_count, 2);
    assert_fault(f, 0, FAULT_INDENTED, 2, 65);
}

static void test_blank_lines(void **state)
{
    struct fixture *f = *state;
    read_text(f, joined(f, inserted(f, 3, 1, "\n"), f->pem_b));
    assert_both(f, 2 + lines_of(f->pem_a));
    assert_int_equal(f->out.fault_count, 1);
    assert_fault(f, 0, FAULT_BLANK_LINE, 3, 1);
    read_text(f, joined(f, inserted(f, 3, 1, " \t\r\n"), f->pem_b));
    assert_both(f, 2 + lines_of(f->pem_a));
    assert_fault(f, 0, FAULT_BLANK_LINE, 3, 1);
    /* Directly behind BEGIN it is the end of no headers (RFC 1421 section 4.4). */
    read_text(f, inserted(f, 2, 1, "\n"));
    assert_cert(f, 0, f->a, 1);
    assert_int_equal(f->out.fault_count, 0);
}

static void test_headers(void **state)
{
    struct fixture *f = *state;
    read_text(f, joined(f, inserted(f, 2, 1, "Comment: a b: c\n continued\nX-Y: z\n\n"), f->pem_b));
    assert_both(f, 5 + lines_of(f->pem_a));
    assert_int_equal(f->out.fault_count, 0);
    /* A colon in the first line is a foreign character. */
    read_text(f, inserted(f, 2, 9, ":"));
    assert_cert(f, 0, f->a, 1);
    assert_fault(f, 0, FAULT_BAD_BASE64, 2, 9);
}

static void test_long_line(void **state)
{
    struct fixture *f = *state;
    read_text(f, arena_printf(&f->arena,
                              "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n",
                              str_base64(&f->arena, f->a)));
    assert_cert(f, 0, f->a, 1);
    assert_int_equal(f->out.fault_count, 1);
    assert_fault(f, 0, FAULT_LONG_LINE, 2, 65);
}

static void test_escaped(void **state)
{
    struct fixture *f = *state;
    static const char *const escapes[] = {"\\n", "\\r\\n", "\\\\n"};
    for (size_t i = 0; i < sizeof escapes / sizeof escapes[0]; i++) {
        const char *text = arena_printf(&f->arena, "{\"a\": \"%s\",\n \"b\": \"%s\"}\n",
                                        replaced(&f->arena, f->pem_a, "\n", escapes[i]),
                                        replaced(&f->arena, f->pem_b, "\n", escapes[i]));
        read_text(f, text);
        assert_both(f, 2);
        assert_int_equal(f->out.kind, FILE_KIND_PEM);
        assert_int_equal(f->out.fault_count, 2);
        assert_fault(f, 0, FAULT_ESCAPED_NEWLINES, 1, 35);
        assert_fault(f, 1, FAULT_ESCAPED_NEWLINES, 2, 35);
        assert_offsets(f, text);
    }
}

/* A variable without quotes: line breaks became blanks, or nothing. */
static void test_lost_newlines(void **state)
{
    struct fixture *f = *state;
    static const char *const substitutes[] = {" ", ""};
    for (size_t i = 0; i < sizeof substitutes / sizeof substitutes[0]; i++) {
        read_text(f, replaced(&f->arena, joined(f, f->pem_a, f->pem_b), "\n", substitutes[i]));
        assert_both(f, 1);
        assert_fault(f, 0, FAULT_LOST_NEWLINES, 1, 1);
    }
    read_text(f, replaced(&f->arena, f->pem_a, "\n-----END", "-----END"));
    assert_cert(f, 0, f->a, 1);
    assert_int_equal(f->out.fault_count, 1);
    assert_int_equal(f->out.faults[0].id, FAULT_LOST_NEWLINES);
    assert_int_equal(f->out.faults[0].line, lines_of(f->pem_a) - 1);
    read_text(f, joined(f, without_last_byte(f, f->pem_a), " junk\n"));
    assert_cert(f, 0, f->a, 1);
    assert_int_equal(f->out.faults[0].id, FAULT_LOST_NEWLINES);
}

static void test_mail_quotes(void **state)
{
    struct fixture *f = *state;
    const char *quoted = replaced(&f->arena, joined(f, "\n", f->pem_a), "\n", "\n> ");
    read_text(f, quoted + 1);
    assert_cert(f, 0, f->a, 1);
    assert_int_equal(f->out.fault_count, 1);
    assert_fault(f, 0, FAULT_WRAPPED, 1, 1);
    assert_string_equal(f->out.faults[0].excerpt, "text before or behind each line");
}

/* ---- encodings ---- */

static void test_bom(void **state)
{
    struct fixture *f = *state;
    read_text(f, arena_printf(&f->arena, "\xef\xbb\xbf%s%s", f->pem_a, f->pem_b));
    assert_both(f, 1 + lines_of(f->pem_a));
    assert_int_equal(f->out.fault_count, 1);
    assert_fault(f, 0, FAULT_BOM, 1, 1);
    assert_int_equal(f->out.objects[0].origin.offset, 3);
}

static struct bytes utf16(struct fixture *f, const char *text, bool big_endian, bool mark)
{
    BUF_CLEANUP out = {0};
    if (mark)
        buf_append(&out, big_endian ? "\xfe\xff" : "\xff\xfe", 2);
    for (; *text; text++) {
        const uint8_t pair[] = {big_endian ? 0 : (uint8_t)*text, big_endian ? (uint8_t)*text : 0};
        buf_append(&out, pair, 2);
    }
    return arena_bytes(&f->arena, buf_bytes(&out));
}

static void test_utf16(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 4; i++) {
        const bool mark = i & 2;
        read_bytes(f, utf16(f, joined(f, inserted(f, 3, 11, "*"), f->pem_b), i & 1, mark));
        assert_both(f, 1 + lines_of(f->pem_a));
        assert_int_equal(f->out.fault_count, 2);
        assert_fault(f, 0, FAULT_UTF16, 1, 1);
        assert_fault(f, 1, FAULT_BAD_BASE64, 3, 11);
        assert_int_equal(f->out.faults[1].offset, mark * 2u + 2 * (28 + 65 + 10));
        assert_int_equal(f->out.objects[0].origin.offset, mark ? 2 : 0);
    }
}

/* ---- writing ---- */

static void test_write(void **state)
{
    struct fixture *f = *state;
    for (size_t n = 0; n < 200; n++) {
        BUF_CLEANUP out = {0};
        const struct bytes der = bytes_slice(f->b, 0, n);
        pem_write(&out, "X", der);
        assert_string_equal(buf_cstr(&out), made_pem(&f->arena, "X", der));
    }
    BUF_CLEANUP out = {0};
    pem_write(&out, "CERTIFICATE", f->a);
    pem_write(&out, "CERTIFICATE", f->b);
    read_bytes(f, buf_bytes(&out));
    assert_both(f, 1 + lines_of(f->pem_a));
    assert_int_equal(f->out.fault_count, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_healthy),      TEST(test_line_ends),     TEST(test_labels),
        TEST(test_other_kinds),  TEST(test_private_key),   TEST(test_private_key_in_disguise),
        TEST(test_seam),         TEST(test_dashes),        TEST(test_missing_end),
        TEST(test_joined_block), TEST(test_missing_begin), TEST(test_no_markers),
        TEST(test_mismatch),     TEST(test_prose),         TEST(test_bad_char),
        TEST(test_bad_blocks),   TEST(test_padding),       TEST(test_indented),
        TEST(test_blank_lines),  TEST(test_headers),       TEST(test_long_line),
        TEST(test_escaped),      TEST(test_lost_newlines), TEST(test_mail_quotes),
        TEST(test_bom),          TEST(test_utf16),         TEST(test_write),
    };
    return cmocka_run_group_tests_name("container", tests, NULL, NULL);
}
