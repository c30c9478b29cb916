/* SPDX-License-Identifier: Apache-2.0 */
/* trust/env*.c and sources*.c: what is set, who listens, what each client then trusts, and the
 * traps. The expectations of curl, git, wget, Python, Node, Go and Java are what the programs of
 * Debian 12 did under strace. */
#include "fake_root.h"

#define BUNDLE "/etc/ssl/certs/ca-certificates.crt"

static const struct trust_use *use_of(struct fake *f, const char *setting, const char *client)
{
    size_t count;
    const struct trust_use *uses = trust_uses(f->machine, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(uses[i].setting->name, setting) == 0 && strcmp(uses[i].client, client) == 0)
            return &uses[i];
    return NULL;
}

static bool has_trap(struct fake *f, const char *setting, enum trap_id id)
{
    size_t count;
    const struct trust_setting *settings = trust_settings(f->machine, &count);
    struct trust_trap traps[TRAP_COUNT];
    for (size_t i = 0; i < count; i++) {
        if (strcmp(settings[i].name, setting) != 0)
            continue;
        const size_t n = trust_traps(f->machine, &settings[i], 1750000000, traps);
        for (size_t k = 0; k < n; k++)
            if (traps[k].id == id)
                return true;
    }
    return false;
}

/* ---- nothing set ---- */

static void test_default(void **state)
{
    struct fake *f = *state;
    fake_bundle(f, BUNDLE, "A B");
    fake_machine(f);
    size_t count;
    trust_settings(f->machine, &count);
    assert_int_equal(count, 0);
    static const char *const clients[] = {"curl", "git", "wget", "go", "python", "openssl"};
    struct store *system = trust_view_store(f->machine, trust_view_find(f->machine, "system"));
    assert_int_equal(store_count(system), 2);
    for (size_t i = 0; i < sizeof clients / sizeof clients[0]; i++)
        assert_string_equal(fake_names(f, clients[i]), "A B");
    /* wget reads the bundle alone, and so shares the very store. */
    assert_ptr_equal(trust_view_store(f->machine, trust_view_find(f->machine, "wget")), system);
    assert_ptr_equal(trust_view_find(f->machine, "no such client"),
                     trust_view_find(f->machine, "system"));
}

/* As update-ca-certificates leaves it, one store is everybody's and no file of the directory is
 * read; a certificate that somebody drops into it is seen by whom it is seen in reality. */
static void test_directory(void **state)
{
    struct fake *f = *state;
    fake_bundle(f, BUNDLE, "A");
    fake_bundle(f, "/etc/ssl/certs/A.pem", "A");
    fake_bundle(f, "/etc/ssl/certs/01234567.0", "A");
    fake_text(f, "/etc/ssl/certs/java/cacerts", "no matter");
    fake_machine(f);
    struct store *system = trust_view_store(f->machine, trust_view_find(f->machine, "system"));
    static const char *const clients[] = {"curl", "git", "wget", "go", "python"};
    for (size_t i = 0; i < sizeof clients / sizeof clients[0]; i++)
        assert_ptr_equal(trust_view_store(f->machine, trust_view_find(f->machine, clients[i])),
                         system);
    trust_machine_free(f->machine);
    fake_bundle(f, "/etc/ssl/certs/dropped.pem", "D");
    fake_machine(f);
    assert_string_equal(fake_names(f, "curl"), "A"); /* has no hashed name */
    assert_string_equal(fake_names(f, "wget"), "A");
    assert_string_equal(fake_names(f, "go"), "A D");
    assert_string_equal(fake_names(f, "git"), "A D");
}

/* ---- variables ---- */

static void test_ssl_cert_file(void **state)
{
    struct fake *f = *state;
    fake_bundle(f, BUNDLE, "A B");
    fake_bundle(f, "/corp.pem", "C");
    fake_variable(f, "SSL_CERT_FILE", "/corp.pem");
    fake_machine(f);
    assert_string_equal(fake_names(f, "curl"), "C");
    assert_string_equal(fake_names(f, "python"), "C");
    assert_string_equal(fake_names(f, "go"), "C A B"); /* every file of the directory stays */
    assert_string_equal(fake_names(f, "git"), "A B");
    assert_string_equal(fake_names(f, "wget"), "A B");
    assert_null(use_of(f, "SSL_CERT_FILE", "git"));
    assert_true(use_of(f, "SSL_CERT_FILE", "curl")->refuses);
    assert_false(use_of(f, "SSL_CERT_FILE", "python")->refuses);
    assert_true(has_trap(f, "SSL_CERT_FILE", TRAP_ONE_CERTIFICATE));
    assert_false(has_trap(f, "SSL_CERT_FILE", TRAP_UNREADABLE));
}

/* curl 7.88: one of its settings alone is in force, the file of its own first. */
static void test_curl_precedence(void **state)
{
    struct fake *f = *state;
    fake_bundle(f, BUNDLE, "A");
    fake_bundle(f, "/b.pem", "B");
    fake_bundle(f, "/c.pem", "C");
    fake_bundle(f, "/d/89abcdef.0", "D");
    fake_variable(f, "HOME", "/home/u");
    fake_variable(f, "SSL_CERT_FILE", "/b.pem");
    fake_variable(f, "SSL_CERT_DIR", "/d");
    fake_machine(f);
    assert_string_equal(fake_names(f, "curl"), "A D");
    assert_string_equal(use_of(f, "SSL_CERT_FILE", "curl")->beaten_by->name, "SSL_CERT_DIR");
    assert_null(use_of(f, "SSL_CERT_FILE", "python")->beaten_by);
    assert_string_equal(fake_names(f, "python"), "B D");
    trust_machine_free(f->machine);
    fake_variable(f, "CURL_CA_BUNDLE", "/c.pem");
    fake_machine(f);
    assert_string_equal(fake_names(f, "curl"), "C");
    trust_machine_free(f->machine);
    fake_text(f, "/home/u/.curlrc", "# mine\n--cacert \"/b.pem\"\n");
    fake_machine(f);
    assert_string_equal(fake_names(f, "curl"), "B");
    assert_string_equal(use_of(f, "CURL_CA_BUNDLE", "curl")->beaten_by->name, "cacert");
    assert_true(has_trap(f, "CURL_CA_BUNDLE", TRAP_BEATEN));
}

static void test_git(void **state)
{
    struct fake *f = *state;
    fake_bundle(f, BUNDLE, "A");
    fake_bundle(f, "/b.pem", "B");
    fake_bundle(f, "/c.pem", "C");
    fake_variable(f, "HOME", "/home/u");
    fake_text(f, "/home/u/.gitconfig",
              "[user]\n\tname = x\n[http \"https://other.example\"]\n\tsslCAInfo = /no\n"
              "[http]\n\tsslCAInfo = /b.pem ; corp\n");
    fake_machine(f);
    assert_string_equal(fake_names(f, "git"), "B A"); /* the directory stays */
    size_t count;
    const struct trust_setting *settings = trust_settings(f->machine, &count);
    assert_int_equal(count, 1);
    assert_string_equal(settings[0].path, "/b.pem");
    assert_int_equal(settings[0].line, 6);
    trust_machine_free(f->machine);
    fake_variable(f, "GIT_SSL_CAINFO", "/c.pem");
    fake_machine(f);
    assert_string_equal(fake_names(f, "git"), "C A");
    assert_string_equal(use_of(f, "http.sslCAInfo", "git")->beaten_by->name, "GIT_SSL_CAINFO");
}

static void test_wget(void **state)
{
    struct fake *f = *state;
    fake_bundle(f, BUNDLE, "A");
    fake_bundle(f, "/b.pem", "B");
    fake_bundle(f, "/d/any-name", "D");
    fake_variable(f, "HOME", "/home/u");
    fake_text(f, "/home/u/.wgetrc", "CA-Certificate = ~/../../b.pem\n");
    fake_text(f, "/etc/wgetrc", "ca_certificate = /nothing\n");
    fake_machine(f);
    size_t count;
    trust_settings(f->machine, &count);
    assert_int_equal(count, 2);
    trust_machine_free(f->machine);
    fake_text(f, "/home/u/.wgetrc", "ca_certificate = /b.pem\n");
    fake_machine(f);
    assert_string_equal(fake_names(f, "wget"), "A B");
    trust_machine_free(f->machine);
    fake_text(f, "/home/u/.wgetrc", "ca_certificate = /b.pem\nca_directory = /d\n");
    fake_machine(f);
    assert_string_equal(fake_names(f, "wget"), "B D");
}

static void test_node(void **state)
{
    struct fake *f = *state;
    fake_bundle(f, BUNDLE, "A"); /* no root of Mozilla's */
    fake_bundle(f, "/b.pem", "B");
    fake_variable(f, "NODE_EXTRA_CA_CERTS", "/b.pem");
    fake_machine(f);
    assert_string_equal(fake_names(f, "node"), "B");
    assert_string_equal(fake_names(f, "npm"), "B");
    assert_string_equal(fake_names(f, "postman"), "B");
    assert_int_equal(use_of(f, "NODE_EXTRA_CA_CERTS", "node")->effect, EFFECT_ADD);
    trust_machine_free(f->machine);
    fake_variable(f, "NODE_OPTIONS", "--max-old-space-size=100 --use-openssl-ca");
    fake_variable(f, "npm_config_cafile", "/b.pem");
    fake_machine(f);
    assert_string_equal(fake_names(f, "node"), "A B");
    assert_string_equal(fake_names(f, "npm"), "B"); /* without what Node would add */
}

static void test_requests(void **state)
{
    struct fake *f = *state;
    fake_bundle(f, BUNDLE, "A");
    fake_bundle(f, "/venv/lib/python3.11/site-packages/certifi/cacert.pem", "V");
    fake_bundle(f, "/b.pem", "B");
    fake_machine(f);
    assert_string_equal(fake_names(f, "requests"), "A"); /* Debian's is patched to say so */
    trust_machine_free(f->machine);
    fake_variable(f, "VIRTUAL_ENV", "/venv");
    fake_machine(f);
    assert_string_equal(fake_names(f, "requests"), "V");
    trust_machine_free(f->machine);
    fake_variable(f, "CURL_CA_BUNDLE", "/b.pem");
    fake_variable(f, "PIP_CERT", "/gone.pem");
    fake_machine(f);
    assert_string_equal(fake_names(f, "requests"), "B");
    assert_string_equal(fake_names(f, "pip"), "");
    assert_true(has_trap(f, "PIP_CERT", TRAP_UNREADABLE));
}

/* ---- Java ---- */

static void test_java(void **state)
{
    struct fake *f = *state;
    fake_bundle(f, BUNDLE, "A");
    fake_copy(f, "/jdk/lib/security/cacerts", "tests/stores/trust.jks");
    fake_copy(f, "/java.p12", "tests/stores/java.p12");
    fake_copy(f, "/modern.p12", "tests/stores/modern.p12");
    fake_machine(f);
    /* Without a JVM: what one would bring, which is known by facts. */
    struct store *none = trust_view_store(f->machine, trust_view_find(f->machine, "java"));
    assert_string_equal(store_source_at(none, 0)->programme, "Java");
    trust_machine_free(f->machine);
    fake_variable(f, "JAVA_HOME", "/empty");
    fake_machine(f);
    none = trust_view_store(f->machine, trust_view_find(f->machine, "java"));
    assert_false(store_source_at(none, 0)->read);
    assert_non_null(strstr(store_source_at(none, 0)->problem, "no keystore"));
    trust_machine_free(f->machine);
    f->variable_count = 0;
    fake_variable(f, "JAVA_HOME", "/jdk");
    fake_machine(f);
    assert_int_equal(store_count(trust_view_store(f->machine, trust_view_find(f->machine, "java"))),
                     2);
    trust_machine_free(f->machine);
    /* jssecacerts takes the place of cacerts. */
    fake_copy(f, "/jdk/lib/security/jssecacerts", "tests/stores/key.jks");
    fake_machine(f);
    assert_string_equal(fake_names(f, "java"), "leaf");
}

/* OpenJDK 17: a PKCS#12 store whose password is not told looks empty; a JKS one does not. */
static void test_java_options(void **state)
{
    struct fake *f = *state;
    static const struct {
        const char *options;
        size_t count;
    } cases[] = {
        {"-Djavax.net.ssl.trustStore=/java.p12", 0},
        {"-Dx=1 -Djavax.net.ssl.trustStore=/java.p12 -Djavax.net.ssl.trustStorePassword=changeit",
         2},
        {"-Djavax.net.ssl.trustStore=/java.p12 -Djavax.net.ssl.trustStorePassword=wrong", 0},
        {"-Djavax.net.ssl.trustStore=/trust.jks", 2},
        {"-Djavax.net.ssl.trustStore=/trust.jks -Djavax.net.ssl.trustStorePassword=wrong", 0},
        {"-Djavax.net.ssl.trustStore=/modern.p12 -Djavax.net.ssl.trustStorePassword=changeit", 0},
        {"-Djavax.net.ssl.trustStore=/no-password.p12", 2},
        {"-Djavax.net.ssl.trustStore=/root.pem", 0},
        {"-Djavax.net.ssl.trustStore=/gone", 0},
    };
    static const char *const files[] = {"java.p12", "trust.jks", "modern.p12", "no-password.p12",
                                        "root.pem"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        fake_copy(f, arena_printf(&f->arena, "/%s", files[i]),
                  arena_printf(&f->arena, "tests/stores/%s", files[i]));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        f->variable_count = 0;
        fake_variable(f, "JAVA_TOOL_OPTIONS", cases[i].options);
        fake_machine(f);
        print_message("# %s\n", cases[i].options);
        struct store *store = trust_view_store(f->machine, trust_view_find(f->machine, "java"));
        assert_int_equal(store_count(store), cases[i].count);
        assert_int_equal(has_trap(f, "-Djavax.net.ssl.trustStore", TRAP_UNREADABLE),
                         cases[i].count == 0);
        trust_machine_free(f->machine);
        f->machine = NULL;
    }
}

/* ---- what cannot be read ---- */

static void test_refusal(void **state)
{
    struct fake *f = *state;
    fake_bundle(f, BUNDLE, "A");
    fake_text(f, "/junk", "127.0.0.1 localhost\n");
    fake_variable(f, "CURL_CA_BUNDLE", "/junk");
    fake_variable(f, "GIT_SSL_CAINFO", "/junk");
    fake_machine(f);
    const struct trust_view *curl = trust_view_find(f->machine, "curl");
    assert_string_equal(trust_view_refusal(f->machine, curl, &f->arena),
                        "curl: (77) error setting certificate file: /junk");
    assert_string_equal(fake_names(f, "curl"), "");
    /* git goes on with a file that holds nothing, but not with one that is not there. */
    const struct trust_view *git = trust_view_find(f->machine, "git");
    assert_string_equal(trust_view_refusal(f->machine, git, &f->arena), "");
    assert_string_equal(fake_names(f, "git"), "A");
    trust_machine_free(f->machine);
    f->variable_count = 0;
    fake_variable(f, "GIT_SSL_CAINFO", "/gone");
    fake_variable(f, "SSL_CERT_FILE", "");
    fake_machine(f);
    git = trust_view_find(f->machine, "git");
    assert_string_equal(trust_view_refusal(f->machine, git, &f->arena),
                        "Problem with the SSL CA cert (path? access rights?)");
    /* To OpenSSL an empty name is a name, to curl it is none. */
    assert_non_null(use_of(f, "SSL_CERT_FILE", "python"));
    assert_null(use_of(f, "SSL_CERT_FILE", "curl"));
    assert_true(has_trap(f, "SSL_CERT_FILE", TRAP_EMPTY));
    assert_string_equal(fake_names(f, "curl"), "A");
}

static void test_traps(void **state)
{
    struct fake *f = *state;
    fake_bundle(f, BUNDLE, "A B");
    fake_bundle(f, "/d/plain.pem", "D");
    fake_variable(f, "SSL_CERT_DIR", "/d");
    fake_variable(f, "NODE_TLS_REJECT_UNAUTHORIZED", "0");
    fake_variable(f, "GIT_SSL_NO_VERIFY", "false");
    fake_variable(f, "REQUESTS_CA_BUNDLE", "etc/x.pem");
    fake_variable(f, "CURL_CA_BUNDLE", BUNDLE);
    fake_machine(f);
    assert_true(has_trap(f, "SSL_CERT_DIR", TRAP_NOT_HASHED));
    assert_true(has_trap(f, "NODE_TLS_REJECT_UNAUTHORIZED", TRAP_OFF));
    assert_true(trust_view_find(f->machine, "node")->off);
    assert_null(use_of(f, "GIT_SSL_NO_VERIFY", "git")); /* says that it verifies */
    assert_true(has_trap(f, "REQUESTS_CA_BUNDLE", TRAP_RELATIVE));
    assert_true(has_trap(f, "REQUESTS_CA_BUNDLE", TRAP_UNREADABLE));
    assert_true(has_trap(f, "CURL_CA_BUNDLE", TRAP_NO_CHANGE));
}

/* The public roots are gone for whom the setting replaces them, not for whom it adds. */
static void test_more_traps(void **state)
{
    struct fake *f = *state;
    fake_bundle(f, BUNDLE, "A B");
    fake_bundle(f, "/one.pem", "C");
    fake_text(f, "/home/u/.curlrc", "cacert = /one.pem\n");
    fake_text(f, "/empty.pem", "");
    fake_variable(f, "HOME", "/home/u");
    fake_variable(f, "CURL_CA_BUNDLE", "/one.pem");
    fake_variable(f, "NODE_EXTRA_CA_CERTS", "/one.pem");
    fake_variable(f, "SSL_CERT_FILE", "");
    fake_variable(f, "PIP_CERT", "/empty.pem");
    fake_variable(f, "PGSSLROOTCERT", "/gone.pem");
    fake_machine(f);
    assert_true(has_trap(f, "cacert", TRAP_ONE_CERTIFICATE));
    assert_true(has_trap(f, "cacert", TRAP_WINS));
    assert_true(has_trap(f, "CURL_CA_BUNDLE", TRAP_BEATEN)); /* by cacert, for curl */
    assert_false(has_trap(f, "CURL_CA_BUNDLE", TRAP_WINS));
    assert_false(has_trap(f, "cacert", TRAP_BEATEN));
    assert_true(has_trap(f, "CURL_CA_BUNDLE", TRAP_ONE_CERTIFICATE));       /* alone for requests */
    assert_false(has_trap(f, "NODE_EXTRA_CA_CERTS", TRAP_ONE_CERTIFICATE)); /* beside the others */
    assert_true(has_trap(f, "SSL_CERT_FILE", TRAP_EMPTY));
    assert_true(has_trap(f, "PIP_CERT", TRAP_UNREADABLE));
    assert_true(has_trap(f, "PGSSLROOTCERT", TRAP_UNREADABLE));
    assert_non_null(use_of(f, "PGSSLROOTCERT", "psql"));
}

/* made_cert()'s certificates are long over by then. */
static void test_expired_trap(void **state)
{
    struct fake *f = *state;
    fake_bundle(f, "/old.pem", "A B");
    fake_variable(f, "CURL_CA_BUNDLE", "/old.pem");
    fake_machine(f);
    size_t count;
    const struct trust_setting *setting = trust_settings(f->machine, &count);
    assert_int_equal(count, 1);
    struct trust_trap traps[TRAP_COUNT];
    bool expired = false;
    const size_t n = trust_traps(f->machine, setting, time_make(9000, 1, 1, 0, 0, 0), traps);
    for (size_t i = 0; i < n; i++)
        expired = expired || traps[i].id == TRAP_EXPIRED;
    assert_true(expired);
}

static void test_public_roots(void **state)
{
    struct fake *f = *state;
    static const char system[] = BUNDLE;
    if (!file_exists(NULL, system))
        skip();
    fake_copy(f, BUNDLE, system);
    fake_bundle(f, "/corp.pem", "C");
    fake_variable(f, "REQUESTS_CA_BUNDLE", "/corp.pem");
    fake_variable(f, "NODE_EXTRA_CA_CERTS", "/corp.pem");
    fake_machine(f);
    assert_true(has_trap(f, "REQUESTS_CA_BUNDLE", TRAP_REPLACES_PUBLIC));
    assert_false(has_trap(f, "NODE_EXTRA_CA_CERTS", TRAP_REPLACES_PUBLIC));
    /* Node's own list is Mozilla's, as far as this bundle has it. */
    struct store *node = trust_view_store(f->machine, trust_view_find(f->machine, "node"));
    assert_true(store_count(node) > 100);
    size_t seen = 0;
    for (size_t i = 0; i < store_count(node); i++) {
        const struct anchor *anchor = store_at(node, i);
        const struct root_fact *fact = anchor ? root_fact_find(anchor->cert->sha256) : NULL;
        seen += fact && root_fact_in(fact, PROGRAMME_MOZILLA);
        assert_true(!anchor || fact || i == 0);
    }
    assert_true(seen > 80);
}

/* ---- --ca ---- */

static void test_added(void **state)
{
    struct fake *f = *state;
    fake_bundle(f, BUNDLE, "A");
    fake_bundle(f, "/b.pem", "B");
    fake_bundle(f, "/x.pem", "X");
    fake_variable(f, "SSL_CERT_FILE", "/b.pem");
    fake_machine(f);
    struct error err = {0};
    assert_int_equal(trust_machine_add(f->machine, "/gone.pem", &err), CW_E_INPUT);
    assert_int_equal(trust_machine_add(f->machine, "/x.pem", &err), CW_OK);
    assert_string_equal(fake_names(f, "wget"), "A X");
    assert_string_equal(fake_names(f, "curl"), "B X");
    assert_string_equal(fake_names(f, "node"), "X");
}

/* ---- hostile files ---- */

static void test_configuration(void **state)
{
    struct fake *f = *state;
    static const char *const odd[] = {
        "cacert",  "cacert=",        "cacert = \"unclosed",  "[", "[]",          "[http", "=\n:\n",
        "--\n-\n", "\xff\xfe\n\n\n", "cacert\t=\t'/b.pem'#", "k", "\r\n\r\n# x",
    };
    fake_bundle(f, BUNDLE, "A");
    fake_variable(f, "HOME", "/home/u");
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        fake_text(f, "/home/u/.curlrc", odd[i]);
        fake_text(f, "/home/u/.gitconfig", odd[i]);
        fake_text(f, "/home/u/.npmrc", odd[i]);
        fake_machine(f);
        size_t count;
        trust_uses(f->machine, &count);
        assert_non_null(trust_view_store(f->machine, trust_view_find(f->machine, "curl")));
        trust_machine_free(f->machine);
        f->machine = NULL;
    }
    /* A file that repeats itself a million times costs no more than a bounded one. */
    BUF_CLEANUP many = {0};
    for (int i = 0; i < 50000; i++)
        buf_add_str(&many, "cacert=/b\n");
    fake_file(f, "/home/u/.curlrc", buf_bytes(&many));
    fake_machine(f);
    size_t count;
    const int64_t start = time_monotonic_us();
    trust_uses(f->machine, &count);
    assert_true(count <= 200 && time_monotonic_us() - start < 2000000);
}

/* ---- NSS databases ---- */

static const struct store_source *nss_source(struct fake *f, const char *client)
{
    struct store *store = trust_view_store(f->machine, trust_view_find(f->machine, client));
    return store_source_at(store, store_source_count(store) - 1);
}

/* Made with certutil: one root is trusted for servers (C), one prohibited (p), one nothing. */
static void test_nss(void **state)
{
    struct fake *f = *state;
    fake_copy(f, "/home/u/.pki/nssdb/cert9.db", "tests/stores/cert9.db");
    fake_copy(f, "/home/u/.mozilla/firefox/b.default/cert9.db", "tests/stores/cert9.db");
    fake_text(f, "/home/u/.mozilla/firefox/a.old/cert9.db", "");
    fake_text(f, "/home/u/.mozilla/firefox/profiles.ini",
              "[Profile1]\r\nPath=a.old\r\nDefault=1\r\n\r\n[Profile0]\nPath=b.default\n"
              "[Install4F96D1932A9F858E]\nDefault=b.default\nLocked=1\n");
    fake_variable(f, "HOME", "/home/u");
    fake_machine(f);
    static const char *const clients[] = {"chrome", "firefox"};
    for (size_t i = 0; i < 2; i++) {
        const struct store_source *source = nss_source(f, clients[i]);
        assert_true(source->read);
        assert_false(source->unknown);
        assert_int_equal(source->count, 1);
        assert_string_equal(source->problem, "");
    }
    assert_non_null(strstr(fake_names(f, "firefox"), "NSS Root"));
    assert_null(strstr(fake_names(f, "firefox"), "NSS None"));
}

static void test_nss_unreadable(void **state)
{
    struct fake *f = *state;
    fake_variable(f, "HOME", "/home/u");
    BUF_CLEANUP whole = {0};
    assert_int_equal(
        file_read("", arena_printf(&f->arena, "%s/tests/stores/cert9.db", getenv("CERTWHY_SOURCE")),
                  1 << 20, &whole, NULL),
        CW_OK);
    const struct bytes good = buf_bytes(&whole);
    struct {
        struct bytes content;
        const char *why;
    } rows[] = {
        {bytes_str("SQLite format 3"), "database"},
        {bytes_slice(good, 0, 5000), "damaged"},
        {bytes_of("", 0), "damaged"},
        {good, "write-ahead"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (i == 3)
            whole.p[18] = 2;
        fake_file(f, "/home/u/.pki/nssdb/cert9.db", rows[i].content);
        fake_machine(f);
        const struct store_source *source = nss_source(f, "chrome");
        print_message("# %s\n", source->problem);
        assert_false(source->read);
        assert_true(source->unknown);
        assert_true(*source->problem);
        trust_machine_free(f->machine);
        f->machine = NULL;
    }
}

/* ---- roots that are known by facts alone ---- */

/* A root that Chrome trusts for what was issued before some day says so in Chrome's store alone. */
static void test_trusted_until(void **state)
{
    struct fake *f = *state;
    static const char system[] = BUNDLE;
    if (!file_exists(NULL, system))
        skip();
    fake_copy(f, BUNDLE, system);
    fake_machine(f);
    struct store *all = trust_view_store(f->machine, trust_view_find(f->machine, "system"));
    struct store *chrome = trust_view_store(f->machine, trust_view_find(f->machine, "chrome"));
    for (size_t i = 0; i < store_count(all); i++) {
        const struct anchor *anchor = store_at(all, i);
        const struct root_fact *fact = root_fact_find(anchor->cert->sha256);
        const struct anchor *seen = store_get(chrome, anchor->cert);
        assert_true(anchor->until == 0);
        assert_int_equal(seen != NULL, fact && root_fact_in(fact, PROGRAMME_CHROME));
        if (!seen)
            continue;
        const cw_time until = root_fact_until(fact, PROGRAMME_CHROME);
        assert_int_equal(seen->until, until == TIME_NONE ? 0 : until);
    }
}

static void test_absent_roots(void **state)
{
    struct fake *f = *state;
    fake_bundle(f, BUNDLE, "A");
    fake_machine(f);
    struct store *chrome = trust_view_store(f->machine, trust_view_find(f->machine, "chrome"));
    struct store *system = trust_view_store(f->machine, trust_view_find(f->machine, "system"));
    /* The name of ISRG Root X1, as Let's Encrypt's certificates bear it. */
    static const uint8_t isrg[] = {
        0x30, 0x4f, 0x31, 0x0b, 0x30, 0x09, 0x06, 0x03, 0x55, 0x04, 0x06, 0x13, 0x02, 'U',
        'S',  0x31, 0x29, 0x30, 0x27, 0x06, 0x03, 0x55, 0x04, 0x0a, 0x13, 0x20, 'I',  'n',
        't',  'e',  'r',  'n',  'e',  't',  ' ',  'S',  'e',  'c',  'u',  'r',  'i',  't',
        'y',  ' ',  'R',  'e',  's',  'e',  'a',  'r',  'c',  'h',  ' ',  'G',  'r',  'o',
        'u',  'p',  0x31, 0x15, 0x30, 0x13, 0x06, 0x03, 0x55, 0x04, 0x03, 0x13, 0x0c, 'I',
        'S',  'R',  'G',  ' ',  'R',  'o',  'o',  't',  ' ',  'X',  '1'};
    const struct bytes name = bytes_of(isrg, sizeof isrg);
    assert_string_equal(store_find_absent(chrome, name), "ISRG Root X1");
    assert_null(store_find_absent(system, name));
    assert_null(store_find_absent(chrome, store_at(system, 0)->cert->subject));
}

#define FAKE_TEST(name) cmocka_unit_test_setup_teardown(name, fake_set_up, fake_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(test_default),
        FAKE_TEST(test_directory),
        FAKE_TEST(test_ssl_cert_file),
        FAKE_TEST(test_curl_precedence),
        FAKE_TEST(test_git),
        FAKE_TEST(test_wget),
        FAKE_TEST(test_node),
        FAKE_TEST(test_requests),
        FAKE_TEST(test_java),
        FAKE_TEST(test_java_options),
        FAKE_TEST(test_refusal),
        FAKE_TEST(test_traps),
        FAKE_TEST(test_public_roots),
        FAKE_TEST(test_added),
        FAKE_TEST(test_configuration),
        FAKE_TEST(test_nss),
        FAKE_TEST(test_more_traps),
        FAKE_TEST(test_expired_trap),
        FAKE_TEST(test_nss_unreadable),
        FAKE_TEST(test_absent_roots),
        FAKE_TEST(test_trusted_until),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
