/* SPDX-License-Identifier: Apache-2.0 */
/* container/jks.c: Java keystores as keytool writes them, and hostile ones. */
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

/* A copy of the exact size, so that a sanitizer sees one octet too many. */
static void read_bytes(struct fixture *f, struct bytes file, const char *password)
{
    uint8_t *copy = malloc(file.n ? file.n : 1);
    memcpy(copy, file.p, file.n);
    container_read_with(bytes_of(copy, file.n), "x", password, &f->arena, &f->out);
    free(copy);
}

static void read_store(struct fixture *f, const char *name)
{
    const char *path = arena_printf(&f->arena, "tests/stores/%s", name);
    f->file.n = 0;
    assert_int_equal(file_read(NULL, path, LIMIT_KEYSTORE_BYTES, &f->file, NULL), CW_OK);
    read_bytes(f, buf_bytes(&f->file), NULL);
}

/* ---- what keytool writes ---- */

static void test_trust(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *name, *format;
    } cases[] = {{"trust.jks", "JKS"}, {"trust.jceks", "JCEKS"}};
    for (size_t i = 0; i < 2; i++) {
        read_store(f, cases[i].name);
        assert_int_equal(f->out.kind, FILE_KIND_JKS);
        assert_string_equal(f->out.keystore.format, cases[i].format);
        assert_int_equal(f->out.keystore.integrity, INTEGRITY_GOOD);
        assert_string_equal(f->out.keystore.password, "changeit");
        assert_false(f->out.keystore.encrypted);
        assert_int_equal(f->out.keystore.keys, 0);
        assert_int_equal(f->out.object_count, 2);
        assert_int_equal(f->out.fault_count, 0);
        bool seen[2] = {false};
        for (size_t k = 0; k < 2; k++) {
            const struct object *object = &f->out.objects[k];
            assert_true(object->java_anchor);
            assert_true(
                bytes_equal(bytes_slice(buf_bytes(&f->file), object->origin.offset, object->der.n),
                            object->der));
            struct cert *cert = cert_parse(object->der);
            assert_string_equal(name_short(&f->arena, cert->subject), object->origin.alias);
            seen[strcmp(object->origin.alias, "root") == 0] = true;
            cert_unref(cert);
        }
        assert_true(seen[0] && seen[1]);
    }
}

/* Java trusts the first certificate of a key's chain, and the others only to build paths. */
static void test_key(void **state)
{
    struct fixture *f = *state;
    read_store(f, "key.jks");
    assert_int_equal(f->out.keystore.keys, 1);
    assert_int_equal(f->out.object_count, 3);
    assert_int_equal(f->out.objects[0].kind, OBJECT_PRIVATE_KEY);
    assert_int_equal(f->out.objects[0].der.n, 0);
    assert_true(f->out.objects[1].java_anchor);
    assert_false(f->out.objects[2].java_anchor);
    assert_string_equal(f->out.objects[2].origin.alias, "server");
}

static void test_secret(void **state)
{
    struct fixture *f = *state;
    read_store(f, "secret.jceks");
    assert_int_equal(f->out.keystore.keys, 1);
    assert_int_equal(f->out.keystore.unread, 1);
    assert_non_null(strstr(f->out.keystore.problem, "a secret key, behind which"));
}

/* ---- made by hand ---- */

static void put_number(struct buf *out, uint32_t value, size_t octets)
{
    for (size_t i = octets; i > 0; i--)
        buf_add_byte(out, (uint8_t)(value >> 8 * (i - 1)));
}

static void put_text(struct buf *out, const char *text)
{
    put_number(out, (uint32_t)strlen(text), 2);
    buf_add_str(out, text);
}

static void put_entry(struct buf *out, uint32_t tag, const char *alias)
{
    put_number(out, tag, 4);
    put_text(out, alias);
    put_number(out, 0, 4);
    put_number(out, 0, 4);
}

static void put_header(struct buf *out, uint32_t version, uint32_t count)
{
    put_number(out, 0xfeedfeed, 4);
    put_number(out, version, 4);
    put_number(out, count, 4);
}

static void put_digest(struct buf *out, const char *password)
{
    BUF_CLEANUP input = {0};
    uint8_t digest[20];
    for (const char *p = password; *p; p++) {
        buf_add_byte(&input, 0);
        buf_add_byte(&input, (uint8_t)*p);
    }
    buf_add_str(&input, "Mighty Aphrodite");
    buf_add_bytes(&input, buf_bytes(out));
    crypto_sha1(buf_bytes(&input), digest);
    buf_append(out, digest, sizeof digest);
}

/* Version 1 does not name the kind of a certificate. */
static void test_version_1(void **state)
{
    struct fixture *f = *state;
    const struct bytes der = made_cert(&f->arena, NULL, "old", 1, 50);
    put_header(&f->file, 1, 1);
    put_entry(&f->file, 2, "old");
    put_number(&f->file, (uint32_t)der.n, 4);
    buf_add_bytes(&f->file, der);
    put_digest(&f->file, "secret");
    read_bytes(f, buf_bytes(&f->file), NULL);
    assert_int_equal(f->out.object_count, 1);
    assert_true(bytes_equal(f->out.objects[0].der, der));
    assert_int_equal(f->out.keystore.integrity, INTEGRITY_UNPROVEN);
    assert_null(f->out.keystore.password);
    read_bytes(f, buf_bytes(&f->file), "secret");
    assert_int_equal(f->out.keystore.integrity, INTEGRITY_GOOD);
    f->file.p[18] ^= 1; /* of the alias */
    read_bytes(f, buf_bytes(&f->file), "secret");
    assert_int_equal(f->out.object_count, 1);
    assert_int_equal(f->out.keystore.integrity, INTEGRITY_UNPROVEN);
}

/* An alias is foreign text; a certificate of another kind is skipped and said. */
static void test_odd_entries(void **state)
{
    struct fixture *f = *state;
    const struct bytes der = made_cert(&f->arena, NULL, "a", 1, 50);
    put_header(&f->file, 2, 2);
    put_entry(&f->file, 2, "pgp");
    put_text(&f->file, "OpenPGP");
    put_number(&f->file, 3, 4);
    buf_append(&f->file, "abc", 3);
    put_entry(&f->file, 2, "\x1b[31mred\n");
    put_text(&f->file, "X.509");
    put_number(&f->file, (uint32_t)der.n, 4);
    buf_add_bytes(&f->file, der);
    put_digest(&f->file, "");
    read_bytes(f, buf_bytes(&f->file), NULL);
    assert_int_equal(f->out.object_count, 1);
    assert_string_equal(f->out.objects[0].origin.alias, "\\x1b[31mred\\x0a");
    assert_int_equal(f->out.keystore.unread, 1);
    assert_non_null(strstr(f->out.keystore.problem, "\"pgp\""));
    assert_int_equal(f->out.keystore.integrity, INTEGRITY_GOOD);
    assert_string_equal(f->out.keystore.password, "");
}

/* Lengths and counts that lie: what is there is read, nothing beyond. */
static void test_liars(void **state)
{
    struct fixture *f = *state;
    put_header(&f->file, 2, UINT32_MAX);
    read_bytes(f, buf_bytes(&f->file), NULL);
    assert_int_equal(f->out.object_count, 0);
    put_entry(&f->file, 1, "key");
    put_number(&f->file, 0, 4);
    put_number(&f->file, UINT32_MAX, 4); /* certificates in the key's chain */
    put_text(&f->file, "X.509");
    put_number(&f->file, UINT32_MAX, 4);
    read_bytes(f, buf_bytes(&f->file), NULL);
    assert_int_equal(f->out.keystore.keys, 1);
    assert_int_equal(f->out.object_count, 1);
    assert_non_null(strstr(f->out.keystore.problem, "damaged"));
    f->file.n = 0;
    put_header(&f->file, 2, 1);
    put_entry(&f->file, 99, "x");
    put_digest(&f->file, "");
    read_bytes(f, buf_bytes(&f->file), NULL);
    assert_non_null(strstr(f->out.keystore.problem, "unknown kind 99"));
}

static void test_cut(void **state)
{
    struct fixture *f = *state;
    read_store(f, "key.jks");
    const struct bytes whole = buf_bytes(&f->file);
    for (size_t n = 0; n < whole.n; n++) {
        read_bytes(f, bytes_slice(whole, 0, n), NULL);
        assert_true(f->out.object_count <= 3);
        assert_true(n < 8 || f->out.keystore.integrity == INTEGRITY_UNPROVEN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_trust, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_secret, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_version_1, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_odd_entries, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_liars, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cut, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
