/* SPDX-License-Identifier: Apache-2.0 */
/* trust/programs.c, packages.c, clients.c: which clients are installed on a machine, and which
 * profile stands for each. */
#include "certwhy_internal.h"
#include "fake_root.h"
#include "trust/machine.h"

/* dpkg sorts its records by name. */
static const char status[] =
    "Package: aa\nStatus: install ok installed\nVersion: 9\n\n"
    "Package: curl\nStatus: install ok installed\nArchitecture: amd64\n"
    "Version: 8.14.1-2+deb13u2\n\n"
    "Package: curl-doc\nStatus: install ok installed\nVersion: 1\n\n"
    "Package: git\nStatus: install ok installed\n"
    "Version: 1:2.39.5-0+deb12u3\n\n"
    "Package: nodejs\nStatus: install ok installed\n"
    "Version: 24.9.0+dfsg-1\n\n"
    "Package: wget\nStatus: deinstall ok config-files\nVersion: 1.25.0\n\n";

static const struct trust_program *find(struct fake *f, const char *name)
{
    size_t count;
    const struct trust_program *programs = trust_programs(f->machine, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(programs[i].name, name) == 0)
            return &programs[i];
    return NULL;
}

static void expect(struct fake *f, const char *name, const char *version, const char *profile)
{
    const struct trust_program *program = find(f, name);
    print_message("# %s\n", name);
    assert_non_null(program);
    assert_string_equal(program->version, version);
    assert_string_equal(program->profile, profile);
}

/* Every profile named stands in the table, every program has rows of both kinds. */
static void test_tables(void **state)
{
    (void)state;
    static const char *const profiles[] = {
#define PROGRAM(program, pattern, version, detail, needs)
#define PYTHON(pattern)
#define LIBRARY(program, file, word)
#define VERSION(program, from, profile) profile,
#include "trust/programs.def"
#undef PROGRAM
#undef LIBRARY
#undef VERSION
    };
    static const char *const versioned[] = {
#define PROGRAM(program, pattern, version, detail, needs)
#define LIBRARY(program, file, word)
#define VERSION(program, from, profile) program,
#include "trust/programs.def"
#undef PROGRAM
#undef LIBRARY
#undef VERSION
    };
    static const char *const programs[] = {
#define PROGRAM(program, pattern, version, detail, needs) program,
#define LIBRARY(program, file, word) program,
#define VERSION(program, from, profile)
#include "trust/programs.def"
    };
    for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++) {
        const struct profile *profile = profile_find(profiles[i]);
        print_message("# %s\n", profiles[i]);
        assert_non_null(profile);
        assert_string_equal(profile_name(profile), profiles[i]);
    }
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        bool found = false;
        for (size_t k = 0; k < sizeof versioned / sizeof *versioned; k++)
            found = found || strcmp(versioned[k], programs[i]) == 0;
        print_message("# %s\n", programs[i]);
        assert_true(found);
    }
}

/* Every profile names a store that trust/ knows. */
static void test_stores(void **state)
{
    (void)state;
    size_t count;
    const struct profile *const *table = profile_all(&count);
    for (size_t i = 0; i < count; i++)
        assert_true(trust_client_known(profile_store(table[i])));
}

static void test_versions(void **state)
{
    (void)state;
    assert_int_equal(version_compare("3.9", "3.13"), -1);
    assert_int_equal(version_compare("3.13", "3.13.0"), 0);
    assert_int_equal(version_compare("1.21.4", "1.21.3"), 1);
    assert_int_equal(version_compare("2", ""), 1);
    assert_int_equal(version_compare("7.x", "7.y"), 0);
    assert_int_equal(version_compare("99999999999999999999", "1"), 1);
}

static void test_nothing_here(void **state)
{
    struct fake *f = *state;
    fake_machine(f);
    size_t count;
    trust_programs(f->machine, &count);
    assert_int_equal(count, 0);
    /* Whoever visits may come with a browser. */
    assert_string_equal(clients_here(f->machine, &f->arena), "chromium@156,firefox@153");
}

static void test_packages(void **state)
{
    struct fake *f = *state;
    fake_text(f, "/var/lib/dpkg/status", status);
    fake_text(f, "/usr/bin/curl", "");
    fake_text(f, "/usr/lib/git-core/git-remote-http", "\177ELF\1libcurl-gnutls.so.4");
    fake_text(f, "/usr/bin/wget", "\177ELF\1libgnutls.so.30");
    fake_text(f, "/usr/bin/node", "");
    fake_machine(f);
    expect(f, "curl", "8.14.1", "curl@7.88");
    expect(f, "git", "2.39.5", "git@2.39");
    expect(f, "wget", "", "wget@1.25"); /* its package is gone: of no known version */
    expect(f, "node", "24.9.0", "node@24");
    assert_true(node_uses_system(f->machine));
}

/* What was built on another library is another client. */
static void test_other_library(void **state)
{
    struct fake *f = *state;
    fake_text(f, "/usr/lib/git-core/git-remote-http", "\177ELF\1libcurl.so.4");
    fake_machine(f);
    assert_null(find(f, "git"));
}

/* A record that a piece of the file ends in the middle of, and one larger than a piece. */
static void test_large_status(void **state)
{
    struct fake *f = *state;
    BUF_CLEANUP text = {0};
    for (int i = 0; i < 4000; i++)
        buf_printf(&text, "Package: p%d\nStatus: install ok installed\nVersion: 1\n\n", i);
    buf_add_str(&text, "Package: huge\nDescription: ");
    for (int i = 0; i < 100000; i++)
        buf_add_str(&text, "x");
    buf_add_str(&text, "\nVersion: 2\n\n");
    buf_add_str(&text, status);
    fake_file(f, "/var/lib/dpkg/status", buf_bytes(&text));
    fake_text(f, "/usr/bin/curl", "");
    fake_machine(f);
    assert_string_equal(package_version(f->machine, "curl"), "8.14.1-2+deb13u2");
    assert_string_equal(package_version(f->machine, "wget"), "");
    assert_string_equal(package_version(f->machine, "p1"), "");
}

static void test_alpine(void **state)
{
    struct fake *f = *state;
    fake_text(f, "/lib/apk/db/installed",
              "C:Q1\nP:musl\nV:1.2\n\nC:Q2\nP:curl\nV:8.17.1-r0\nA:x\n\n");
    fake_text(f, "/usr/bin/curl", "");
    fake_machine(f);
    expect(f, "curl", "8.17.1", "curl@8.23");
}

static void test_versions_in_files(void **state)
{
    struct fake *f = *state;
    fake_text(f, "/usr/lib/jvm/a-jdk/release",
              "IMPLEMENTOR=\"A\"\nJAVA_VERSION=\"25.0.3\"\nX=\"9\"\n");
    fake_text(f, "/opt/tool/release", "v7 of something else\n");
    fake_text(f, "/usr/local/go/VERSION", "go1.19.8\ntime 2023\n");
    fake_text(f, "/usr/local/bin/node", "");
    fake_text(f, "/usr/local/include/node/node_version.h", "#define NODE_MAJOR_VERSION 22\n");
    fake_text(f, "/usr/lib/python3.13/ssl.py", "");
    fake_text(f, "/venv/lib/python3.13/site-packages/requests/__version__.py",
              "__title__ = \"requests\"\n__version__ = \"2.32.3\"\n");
    fake_text(f, "/venv/lib/python3.13/site-packages/pip/__init__.py", "__version__ = '23.0.1'\n");
    fake_bundle(f, "/venv/lib/python3.13/site-packages/certifi/cacert.pem", "V");
    fake_variable(f, "VIRTUAL_ENV", "/venv");
    fake_machine(f);
    expect(f, "java", "25.0.3", "java@25");
    assert_string_equal(find(f, "java")->home, "/usr/lib/jvm/a-jdk");
    expect(f, "go", "1.19.8", "go@1.19");
    expect(f, "node", "22", "node@20");
    expect(f, "python", "3.13", "python@3.13");
    expect(f, "requests", "2.32.3", "requests@2.34");
    expect(f, "pip", "23.0.1", ""); /* requests' rules: no profile of its own is near */
    size_t count;
    trust_programs(f->machine, &count);
    assert_int_equal(count, 6);
    assert_string_equal(
        clients_here(f->machine, &f->arena),
        "go@1.19,java@25,chromium@156,firefox@153,python@3.13,requests@2.34,node@20");
}

/* Two JVMs, each with its own keystore; JAVA_HOME's comes first. */
static void test_homes(void **state)
{
    struct fake *f = *state;
    fake_text(f, "/usr/lib/jvm/a/release", "JAVA_VERSION=\"17.0.1\"\n");
    fake_copy(f, "/usr/lib/jvm/a/lib/security/cacerts", "tests/stores/trust.jks");
    fake_text(f, "/usr/lib/jvm/b/release", "JAVA_VERSION=\"17.0.9\"\n");
    fake_text(f, "/usr/lib/jvm/c/release", "JAVA_VERSION=\"25\"\n");
    fake_variable(f, "JAVA_HOME", "/usr/lib/jvm/b");
    fake_machine(f);
    const struct trust_program *program = client_installed(f->machine, profile_find("java@17"));
    assert_string_equal(program->home, "/usr/lib/jvm/b");
    const struct trust_view *a = trust_view_at(f->machine, "java", "/usr/lib/jvm/a");
    const struct trust_view *c = trust_view_at(f->machine, "java", "/usr/lib/jvm/c");
    assert_int_equal(store_count(trust_view_store(f->machine, a)), 2);
    assert_int_equal(store_count(trust_view_store(f->machine, c)), 0);
    assert_ptr_equal(trust_view_at(f->machine, "java", "/usr/lib/jvm/a"), a);
}

static void test_selecting(void **state)
{
    struct fake *f = *state;
    size_t all;
    profile_all(&all);
    const struct profile *out[200];
    bool selected[200];
    assert_true(all < 200);
    assert_int_equal(clients_select(&f->arena, "all", "", out, selected), all);
    assert_false(selected[0]);
    assert_int_equal(clients_select(&f->arena, "", "java@17,nobody@9", out, selected), 1);
    assert_string_equal(profile_name(out[0]), "java@17");
    assert_false(selected[0]);
    assert_int_equal(clients_select(&f->arena, "default,windows", "java@17", out, selected), 2);
    assert_false(selected[0]);
    assert_true(selected[1]);
    assert_int_equal(clients_select(&f->arena, "curl", "java@17", out, selected), 1);
    /* A case that does not say. */
    assert_int_equal(clients_select(&f->arena, "", "", out, selected), 4);
}

#define FAKE_TEST(name) cmocka_unit_test_setup_teardown(name, fake_set_up, fake_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),     cmocka_unit_test(test_stores),
        cmocka_unit_test(test_versions),   FAKE_TEST(test_nothing_here),
        FAKE_TEST(test_packages),          FAKE_TEST(test_other_library),
        FAKE_TEST(test_large_status),      FAKE_TEST(test_alpine),
        FAKE_TEST(test_versions_in_files), FAKE_TEST(test_homes),
        FAKE_TEST(test_selecting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
