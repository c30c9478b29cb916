/* SPDX-License-Identifier: Apache-2.0 */
/* trust/places.c: which stores are found on a machine, and only those. */
#include "fake_root.h"
#include "trust/machine.h"

static const struct trust_place *place_named(struct fake *f, const char *name)
{
    size_t count;
    const struct trust_place *places = trust_places(f->machine, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(places[i].name, name) == 0)
            return &places[i];
    return NULL;
}

static void test_empty(void **state)
{
    struct fake *f = *state;
    fake_machine(f);
    size_t count;
    trust_places(f->machine, &count);
    assert_int_equal(count, 0);
}

static void test_found(void **state)
{
    struct fake *f = *state;
    fake_bundle(f, "/etc/ssl/certs/ca-certificates.crt", "A");
    fake_copy(f, "/usr/lib/jvm/jdk-17/lib/security/cacerts", "tests/stores/trust.jks");
    fake_copy(f, "/usr/lib/jvm/jdk-25/lib/security/cacerts", "tests/stores/java.p12");
    fake_bundle(f, "/usr/lib/python3/dist-packages/certifi/cacert.pem", "A");
    fake_bundle(f, "/home/u/.pyenv/versions/3.11.7/lib/python3.11/site-packages/certifi/cacert.pem",
                "A B");
    fake_text(f, "/home/u/.pki/nssdb/cert9.db", "SQLite format 3");
    fake_text(f, "/home/u/.mozilla/firefox/abc.default/cert9.db", "SQLite format 3");
    fake_bundle(f, "/usr/local/share/ca-certificates/corp.crt", "C");
    fake_variable(f, "HOME", "/home/u");
    fake_machine(f);
    static const struct {
        const char *name;
        enum part_kind kind;
        bool source;
    } expected[] = {
        {"system", PART_BUNDLE, false},           {"directory", PART_HASHED, false},
        {"local", PART_DIRECTORY, true},          {"java:jdk-17", PART_KEYSTORE, false},
        {"java:jdk-25", PART_KEYSTORE, false},    {"certifi:3.11.7", PART_BUNDLE, false},
        {"certifi:python3", PART_BUNDLE, false},  {"nssdb", PART_NSS, false},
        {"firefox:abc.default", PART_NSS, false},
    };
    size_t count;
    trust_places(f->machine, &count);
    assert_int_equal(count, sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < count; i++) {
        const struct trust_place *place = place_named(f, expected[i].name);
        print_message("# %s\n", expected[i].name);
        assert_non_null(place);
        assert_int_equal(place->part.kind, expected[i].kind);
        assert_int_equal(place->source, expected[i].source);
        assert_string_equal(place->same_as, "");
    }
    struct store *nss = trust_part_store(f->machine, &place_named(f, "nssdb")->part);
    assert_false(store_source_at(nss, 0)->read); /* unread, which is not empty */
    assert_true(*store_source_at(nss, 0)->problem);
    store_unref(nss);
    /* What Java takes from a store without being told its password: of a JKS all. */
    struct store *jks = trust_part_store(f->machine, &place_named(f, "java:jdk-17")->part);
    assert_int_equal(store_count(jks), 2);
    assert_true(*store_at(jks, 0)->origin.alias);
    store_unref(jks);
}

/* A second name of the same file is the same store. */
static void test_same(void **state)
{
    struct fake *f = *state;
    fake_copy(f, "/etc/ssl/certs/java/cacerts", "tests/stores/trust.jks");
    assert_int_equal(file_make_dir(f->root, "/usr/lib/jvm/jdk/lib/security", NULL), CW_OK);
    assert_int_equal(
        symlink("/etc/ssl/certs/java/cacerts",
                arena_printf(&f->arena, "%s/usr/lib/jvm/jdk/lib/security/cacerts", f->root)),
        0);
    fake_machine(f);
    const struct trust_place *place = place_named(f, "java:jdk");
    assert_non_null(place);
    assert_string_equal(place->same_as, "java");
}

struct seen_paths {
    struct arena arena;
    struct buf text;
    size_t count;
};

static void note(void *context, const char *path, const char *label)
{
    struct seen_paths *seen = context;
    buf_printf(&seen->text, "%s=%s ", path, label);
    seen->count++;
}

static void test_patterns(void **state)
{
    struct fake *f = *state;
    fake_text(f, "/a/x1/f", "");
    fake_text(f, "/a/x2/f", "");
    fake_text(f, "/a/y/f", "");
    fake_text(f, "/a/x3/other", "");
    fake_text(f, "/a/.hidden/f", "");
    struct seen_paths seen = {0};
    fake_machine(f);
    paths_matching(f->machine, "/a/x*/f", note, &seen);
    assert_string_equal(buf_cstr(&seen.text), "/a/x1/f=x1 /a/x2/f=x2 ");
    seen.text.n = 0;
    paths_matching(f->machine, "/*/y/*", note, &seen);
    assert_string_equal(buf_cstr(&seen.text), "/a/y/f=a/f ");
    seen.text.n = seen.count = 0;
    paths_matching(f->machine, "/a/nothing", note, &seen);
    paths_matching(f->machine, "/nothing/*/x", note, &seen);
    assert_int_equal(seen.count, 0);
    buf_free(&seen.text);
}

/* Thousands of directories are not all looked at. */
static void test_bound(void **state)
{
    struct fake *f = *state;
    struct seen_paths seen = {0};
    for (int i = 0; i < LIMIT_PLACES + 50; i++)
        fake_text(f, arena_printf(&f->arena, "/opt/j%d/lib/security/cacerts", i), "");
    fake_machine(f);
    paths_matching(f->machine, "/opt/*/lib/security/cacerts", note, &seen);
    assert_int_equal(seen.count, LIMIT_PLACES);
    buf_free(&seen.text);
    size_t count;
    trust_places(f->machine, &count);
    assert_true(count <= LIMIT_PLACES);
}

#define FAKE_TEST(name) cmocka_unit_test_setup_teardown(name, fake_set_up, fake_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(test_empty),    FAKE_TEST(test_found), FAKE_TEST(test_same),
        FAKE_TEST(test_patterns), FAKE_TEST(test_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
