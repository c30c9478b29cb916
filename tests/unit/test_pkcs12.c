/* SPDX-License-Identifier: Apache-2.0 */
/* container/pkcs12.c, ber.c and crypto/pkcs12.c: keystores as OpenSSL and keytool write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "container/container.h"

struct fixture {
    struct arena arena;
    struct buf file;
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
    buf_free(&f->file);
    arena_free(&f->arena);
    free(f);
    return 0;
}

static void load(struct fixture *f, const char *name)
{
    const char *path = arena_printf(&f->arena, "tests/stores/%s", name);
    f->file.n = 0;
    assert_int_equal(file_read(NULL, path, LIMIT_KEYSTORE_BYTES, &f->file, NULL), CW_OK);
}

static void read_store(struct fixture *f, const char *name, const char *password)
{
    load(f, name);
    container_read_with(buf_bytes(&f->file), name, password, &f->arena, &f->out);
}

static size_t count(const struct fixture *f, enum object_kind kind, bool java)
{
    size_t n = 0;
    for (size_t i = 0; i < f->out.object_count; i++)
        n += f->out.objects[i].kind == kind && (!java || f->out.objects[i].java_anchor);
    return n;
}

/* ---- what programs write ---- */

static void test_kinds(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *name;
        enum integrity integrity;
        bool encrypted;
        const char *password;
        size_t anchors; /* for Java */
    } cases[] = {
        {"modern.p12", INTEGRITY_GOOD, true, "changeit", 0},
        {"legacy-rc2.p12", INTEGRITY_GOOD, true, "changeit", 0},
        {"triple-des.p12", INTEGRITY_GOOD, true, "changeit", 0},
        {"empty-password.p12", INTEGRITY_GOOD, true, "", 0},
        {"plain.p12", INTEGRITY_NONE, false, NULL, 0},
        {"plain-mac.p12", INTEGRITY_GOOD, false, "changeit", 0},
        {"java.p12", INTEGRITY_GOOD, true, "changeit", 2},
        {"no-password.p12", INTEGRITY_NONE, false, NULL, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        read_store(f, cases[i].name, NULL);
        const struct keystore *keystore = &f->out.keystore;
        print_message("# %s: %s\n", cases[i].name, keystore->problem);
        assert_int_equal(f->out.kind, FILE_KIND_PKCS12);
        assert_string_equal(keystore->format, "PKCS#12");
        assert_int_equal(count(f, OBJECT_CERTIFICATE, false), 2);
        assert_int_equal(count(f, OBJECT_CERTIFICATE, true), cases[i].anchors);
        assert_int_equal(keystore->integrity, cases[i].integrity);
        assert_int_equal(keystore->encrypted, cases[i].encrypted);
        assert_string_equal(keystore->problem, "");
        assert_int_equal(keystore->unread, 0);
        assert_int_equal(f->out.fault_count, 0);
        if (cases[i].password)
            assert_string_equal(keystore->password, cases[i].password);
        else
            assert_null(keystore->password);
    }
}

static void test_aliases(void **state)
{
    struct fixture *f = *state;
    read_store(f, "java.p12", NULL);
    assert_string_equal(f->out.objects[0].origin.alias, "root");
    assert_string_equal(f->out.objects[1].origin.alias, "other");
    struct cert *cert = cert_parse(f->out.objects[1].der);
    assert_string_equal(name_short(&f->arena, cert->subject), "other");
    cert_unref(cert);
}

/* The key is counted, its bytes are not kept; Java trusts the key's own certificate, not its CA. */
static void test_server(void **state)
{
    struct fixture *f = *state;
    read_store(f, "server.p12", NULL);
    assert_int_equal(f->out.keystore.keys, 1);
    assert_int_equal(count(f, OBJECT_PRIVATE_KEY, false), 1);
    assert_int_equal(count(f, OBJECT_CERTIFICATE, false), 2);
    assert_int_equal(count(f, OBJECT_CERTIFICATE, true), 1);
    for (size_t i = 0; i < f->out.object_count; i++)
        if (f->out.objects[i].kind == OBJECT_PRIVATE_KEY)
            assert_int_equal(f->out.objects[i].der.n, 0);
}

static void test_password(void **state)
{
    struct fixture *f = *state;
    read_store(f, "unknown-password.p12", NULL);
    assert_int_equal(f->out.object_count, 0);
    assert_int_equal(f->out.keystore.integrity, INTEGRITY_UNPROVEN);
    assert_true(f->out.keystore.encrypted);
    assert_non_null(strstr(f->out.keystore.problem, "under a password"));
    assert_int_equal(f->out.faults[0].id, FAULT_WRONG_KIND);
    assert_non_null(strstr(f->out.faults[0].excerpt, "a PKCS#12 file: certificates are under"));
    read_store(f, "unknown-password.p12", "other-word");
    assert_int_equal(count(f, OBJECT_CERTIFICATE, false), 2);
    assert_int_equal(f->out.keystore.integrity, INTEGRITY_GOOD);
    assert_string_equal(f->out.keystore.password, "other-word");
}

/* Offsets point into the file where the certificates lie in it as they are. */
static void test_offsets(void **state)
{
    struct fixture *f = *state;
    read_store(f, "plain.p12", NULL);
    for (size_t i = 0; i < f->out.object_count; i++) {
        const struct object *object = &f->out.objects[i];
        assert_true(bytes_equal(
            bytes_slice(buf_bytes(&f->file), object->origin.offset, object->der.n), object->der));
    }
    read_store(f, "modern.p12", NULL);
    assert_int_equal(f->out.objects[0].origin.offset, 0);
}

/* ---- BER ---- */

/* The same bytes with every length indefinite and every OCTET STRING in two pieces. */
static void make_ber(struct bytes der, struct buf *out)
{
    struct reader reader = reader_of(der, 0);
    struct der element;
    while (reader_next(&reader, &element)) {
        if (element.tag & 0x20) {
            buf_add_byte(out, element.tag);
            buf_add_byte(out, 0x80);
            make_ber(element.body, out);
            buf_append(out, "\0\0", 2);
        } else if (element.tag == DER_OCTET_STRING && element.body.n > 1) {
            struct writer w = {0};
            const size_t half = element.body.n / 2;
            writer_put(&w, DER_OCTET_STRING, bytes_slice(element.body, 0, half));
            writer_put(&w, DER_OCTET_STRING, bytes_slice(element.body, half, element.body.n));
            buf_append(out, "\x24\x80", 2);
            buf_add_bytes(out, buf_bytes(&w.out));
            buf_append(out, "\0\0", 2);
            writer_free(&w);
        } else {
            buf_add_bytes(out, element.whole);
        }
    }
}

static void test_ber(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = {"modern.p12", "plain-mac.p12", "java.p12"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        BUF_CLEANUP ber = {0};
        load(f, names[i]);
        make_ber(buf_bytes(&f->file), &ber);
        container_read(buf_bytes(&ber), "ber", &f->arena, &f->out);
        assert_int_equal(f->out.kind, FILE_KIND_PKCS12);
        assert_int_equal(count(f, OBJECT_CERTIFICATE, false), 2);
        assert_int_equal(f->out.keystore.integrity, INTEGRITY_GOOD);
        assert_int_equal(f->out.objects[0].origin.offset, 0);
    }
}

/* ---- hostile ---- */

/* One octet changed anywhere: never a crash, never "good" with other certificates. */
static void test_altered(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = {"plain-mac.p12", "no-password.p12"};
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        read_store(f, names[k], NULL);
        const struct bytes first = arena_bytes(&f->arena, f->out.objects[0].der);
        for (size_t i = 0; i < f->file.n; i++) {
            struct arena arena = {0};
            struct container out;
            f->file.p[i] ^= 0x55;
            container_read(buf_bytes(&f->file), "x", &arena, &out);
            f->file.p[i] ^= 0x55;
            if (out.keystore.integrity == INTEGRITY_GOOD && out.object_count > 0)
                assert_true(bytes_equal(out.objects[0].der, first));
            arena_free(&arena);
        }
    }
}

static void test_cut(void **state)
{
    struct fixture *f = *state;
    load(f, "java.p12");
    for (size_t n = 0; n < f->file.n; n++) {
        uint8_t *copy = malloc(n ? n : 1); /* exact, so that a sanitizer sees one octet too many */
        memcpy(copy, f->file.p, n);
        struct arena arena = {0};
        struct container out;
        container_read(bytes_of(copy, n), "x", &arena, &out);
        for (size_t i = 0; i < out.object_count; i++)
            assert_true(out.objects[i].kind != OBJECT_CERTIFICATE);
        arena_free(&arena);
        free(copy);
    }
}

/* A file that asks for two billion rounds is refused at once. */
static void test_rounds(void **state)
{
    struct fixture *f = *state;
    static const uint8_t rounds[] = {0x02, 0x02, 0x27, 0x10}; /* keytool's 10,000 */
    load(f, "java.p12");
    size_t found = 0;
    for (size_t i = 0; i + sizeof rounds < f->file.n; i++)
        if (memcmp(f->file.p + i, rounds, sizeof rounds) == 0)
            found++;
    assert_true(found >= 1);
    /* The MAC's lies last, outside of what it protects. */
    const struct bytes tail = bytes_slice(buf_bytes(&f->file), f->file.n - sizeof rounds, 4);
    assert_memory_equal(tail.p, rounds, sizeof rounds);
    BUF_CLEANUP costly = {0};
    struct reader reader = reader_of(buf_bytes(&f->file), 0);
    struct der pfx, version, safe, mac, digest, salt;
    assert_true(reader_next(&reader, &pfx));
    struct reader inside = reader_enter(&pfx);
    assert_true(reader_next(&inside, &version) && reader_next(&inside, &safe) &&
                reader_next(&inside, &mac));
    struct reader of_mac = reader_enter(&mac);
    assert_true(reader_next(&of_mac, &digest) && reader_next(&of_mac, &salt));
    struct writer w = {0};
    writer_open(&w, DER_SEQUENCE);
    writer_raw(&w, version.whole);
    writer_raw(&w, safe.whole);
    writer_open(&w, DER_SEQUENCE);
    writer_raw(&w, digest.whole);
    writer_raw(&w, salt.whole);
    writer_int(&w, INT32_MAX);
    writer_close(&w);
    writer_close(&w);
    const int64_t start = time_monotonic_us();
    container_read(buf_bytes(&w.out), "x", &f->arena, &f->out);
    assert_true(time_monotonic_us() - start < 5000000);
    assert_int_equal(count(f, OBJECT_CERTIFICATE, false), 2);
    assert_int_equal(f->out.keystore.integrity, INTEGRITY_BAD);
    writer_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kinds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_aliases, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_server, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_password, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_offsets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ber, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_altered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rounds, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
