/* SPDX-License-Identifier: Apache-2.0 */
/* Recognition in src/why: command lines, what a process did, which server is meant, what is kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "why/internal.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* ---- what is kept of output ---- */

static void test_short_output_is_kept_whole(void **state)
{
    (void)state;
    struct kept kept = {0};
    BUF_CLEANUP text = {0};
    kept_add(&kept, (const uint8_t *)"one ", 4);
    kept_add(&kept, (const uint8_t *)"two", 3);
    kept_text(&kept, &text);
    assert_string_equal(buf_cstr(&text), "one two");
    kept_free(&kept);
}

/* Numbers of four octets in order: those at the beginning and at the end are there, once. */
static void test_long_output_keeps_both_ends(void **state)
{
    (void)state;
    static const size_t sizes[] = {4, 4000, 65536, 3 << 20};
    for (size_t s = 0; s < COUNT(sizes); s++) {
        const uint32_t total = (LIMIT_KEPT_HEAD + 3 * LIMIT_KEPT_TAIL) / 4 + 5;
        struct kept kept = {0};
        BUF_CLEANUP text = {0};
        uint32_t *all = calloc(total, sizeof *all);
        for (uint32_t i = 0; i < total; i++)
            all[i] = i;
        for (size_t at = 0; at < total * 4; at += sizes[s])
            kept_add(&kept, (const uint8_t *)all + at,
                     total * 4 - at < sizes[s] ? total * 4 - at : sizes[s]);
        kept_text(&kept, &text);
        assert_int_equal(text.n, LIMIT_KEPT_HEAD + 1 + LIMIT_KEPT_TAIL);
        assert_memory_equal(text.p, all, LIMIT_KEPT_HEAD);
        assert_int_equal(text.p[LIMIT_KEPT_HEAD], '\n');
        assert_memory_equal(text.p + LIMIT_KEPT_HEAD + 1,
                            (const uint8_t *)all + total * 4 - LIMIT_KEPT_TAIL, LIMIT_KEPT_TAIL);
        free(all);
        kept_free(&kept);
    }
}

static void test_output_between_the_limits_has_no_gap(void **state)
{
    (void)state;
    struct kept kept = {0};
    BUF_CLEANUP text = {0};
    const size_t n = LIMIT_KEPT_HEAD + 1000;
    uint8_t *all = malloc(n);
    for (size_t i = 0; i < n; i++)
        all[i] = (uint8_t)(i * 7 >> 3);
    kept_add(&kept, all, n);
    kept_text(&kept, &text);
    assert_int_equal(text.n, n);
    assert_memory_equal(text.p, all, n);
    free(all);
    kept_free(&kept);
}

/* ---- command lines ---- */

static struct said_options said(struct arena *arena, const char *program, const char *const *words)
{
    struct said_options out;
    size_t n = 0;
    while (words[n])
        n++;
    words_read(arena, program, words, n, &out);
    return out;
}

static void test_options_name_the_clients_own_certificate(void **state)
{
    (void)state;
    static const struct {
        const char *program, *words[6], *cert, *key;
    } rows[] = {
        {"curl", {"curl", "-E", "/c.pem:secret", "--key", "/k:1"}, "/c.pem", "/k:1"},
        {"curl", {"curl", "--cert-type", "DER", "https://a"}, "", ""},
        {"wget", {"wget", "--certificate=/c.pem", "--private-key=/k"}, "/c.pem", "/k"},
        {"openssl", {"psql", "host=a sslcert=/c.crt sslkey=/k sslrootcert=/r"}, "/c.crt", "/k"},
        {"openssl", {"psql", "postgresql://a/b?sslcert=/c.crt&sslkey=/k"}, "/c.crt", "/k"},
        {"openssl", {"psql", "host=a sslrootcert=/r"}, "", ""},
        {"openssl", {"mariadb", "--ssl-cert=/c.pem", "--ssl-key", "/k"}, "/c.pem", "/k"},
        {"pip", {"pip", "install", "--cert", "/x.pem", "a"}, "", ""}, /* roots, of pip */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena arena = {0};
        const struct said_options out = said(&arena, rows[i].program, rows[i].words);
        assert_string_equal(out.client_cert, rows[i].cert);
        assert_string_equal(out.client_key, rows[i].key);
        arena_free(&arena);
    }
}

static void test_options_become_settings(void **state)
{
    (void)state;
    static const struct {
        const char *program, *words[6], *name, *value;
    } rows[] = {
        {"curl", {"curl", "--cacert", "/x.pem"}, "cacert", "/x.pem"},
        {"curl", {"curl", "-k", "https://a"}, "insecure", "true"},
        {"wget", {"wget", "--ca-certificate=/x.pem"}, "ca_certificate", "/x.pem"},
        {"wget", {"wget", "--no-check-certificate"}, "check_certificate", "off"},
        {"git", {"git", "-c", "http.sslcainfo=/x.pem", "fetch"}, "http.sslCAInfo", "/x.pem"},
        {"pip", {"pip", "install", "--cert", "/x.pem", "a"}, "cert", "/x.pem"},
        {"npm", {"npm", "--cafile=/x.pem"}, "cafile", "/x.pem"},
        {"node", {"node", "--use-openssl-ca", "a.js"}, "--use-openssl-ca", "true"},
        {"java",
         {"java", "-Djavax.net.ssl.trustStore=/t.jks", "-Djavax.net.ssl.trustStorePassword=pw"},
         "-Djavax.net.ssl.trustStore",
         "/t.jks"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena arena = {0};
        const struct said_options out = said(&arena, rows[i].program, rows[i].words);
        assert_int_equal(out.setting_count, 1);
        assert_string_equal(out.settings[0].name, rows[i].name);
        assert_string_equal(out.settings[0].value, rows[i].value);
        assert_string_equal(out.settings[0].where, "command line");
        arena_free(&arena);
    }
}

static void test_options_of_others_are_none(void **state)
{
    (void)state;
    struct arena arena = {0};
    const char *const words[] = {"wget", "--cacert", "/x.pem", "-k", "--cacerts=/y", NULL};
    const struct said_options out = said(&arena, "wget", words);
    assert_int_equal(out.setting_count, 0);
    const char *const last[] = {"curl", "--cacert", NULL}; /* its value is missing */
    assert_int_equal(said(&arena, "curl", last).setting_count, 0);
    arena_free(&arena);
}

static void test_urls(void **state)
{
    (void)state;
    static const struct {
        const char *words[5], *url;
    } rows[] = {
        {{"curl", "-v", "https://a.example/x"}, "https://a.example/x"},
        {{"pip", "install", "--index-url=https://a.example/simple"}, "https://a.example/simple"},
        {{"pip", "install", "git+https://a.example/r"}, "https://a.example/r"},
        {{"git", "clone", "git@a.example:r.git"}, ""},
        {{"git", "clone", "ssh://git@a.example/r.git"}, ""},
        {{"git", "clone", "/srv/r.git"}, ""},
        {{"curl", "http://a.example/"}, ""},
        {{"ldapsearch", "-H", "ldaps://a.example"}, "ldaps://a.example"},
        {{"x", "://", "=https://"}, ""},
        {{"x", "", "-"}, ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena arena = {0};
        assert_string_equal(said(&arena, "", rows[i].words).url, rows[i].url);
        arena_free(&arena);
    }
}

static void test_who_compares_no_name(void **state)
{
    (void)state;
    static const struct {
        const char *words[6];
        bool unnamed;
    } rows[] = {
        {{"openssl", "s_client", "-connect", "a:1"}, true},
        {{"/usr/bin/openssl", "s_client", "-verify_return_error"}, true},
        {{"openssl", "s_client", "-verify_hostname", "a"}, false},
        {{"openssl", "s_client", "-verify_ip", "192.0.2.1"}, false},
        {{"psql", "sslmode=verify-ca host=a"}, true},
        {{"psql", "sslmode=verify-full host=a"}, false},
        {{"curl", "https://a"}, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena arena = {0};
        assert_int_equal(said(&arena, "openssl", rows[i].words).unnamed, rows[i].unnamed);
        arena_free(&arena);
    }
}

/* ---- from process to server ---- */

/** A command of one process, with what it said. */
struct scene {
    const char *file;
    const char *words[6];
    struct contact contacts[3];
    size_t contact_count;
    const char *names[2];
    const char *libraries[3];
    const char *output, *message_host;
    unsigned message_port;
};

static size_t sightings_of(const struct scene *scene, struct arena *arena, struct sighting *out)
{
    struct process process = {.pid = 7, .file = scene->file, .witnessed = true, .last = 1};
    const struct environment nothing = {0};
    struct trust_machine *machine = trust_machine_new("/nonexistent", &nothing, arena);
    struct process *kept = arena_alloc(arena, sizeof *kept);
    process.words = (const char **)(uintptr_t)scene->words;
    while (process.word_count < 6 && scene->words[process.word_count])
        process.word_count++;
    process.contacts = (struct contact *)(uintptr_t)scene->contacts;
    process.contact_count = scene->contact_count;
    process.names = (const char **)(uintptr_t)scene->names;
    while (process.name_count < 2 && scene->names[process.name_count])
        process.name_count++;
    process.libraries = (const char **)(uintptr_t)scene->libraries;
    while (process.library_count < 3 && scene->libraries[process.library_count])
        process.library_count++;
    *kept = process;
    const struct processes all = {.items = kept, .count = 1, .arena = arena};
    const struct message_match message = {.client = "x",
                                          .profile = "",
                                          .text = "",
                                          .host = scene->message_host ? scene->message_host : "",
                                          .port = scene->message_port};
    const struct clues clues = {
        .processes = &all,
        .command = (const char *const *)scene->words,
        .output = bytes_str(scene->output ? scene->output : ""),
        .messages = &message,
        .message_count = scene->message_host != NULL,
        .machine = machine,
        .arena = arena,
    };
    const size_t count = sightings_make(&clues, out);
    trust_machine_free(machine);
    return count;
}

#define HELLO(ip, number, name)                                                                    \
    {                                                                                              \
        .address = ip, .port = number, .sni = name, .tunnel = "", .scheme = "", .clock = TIME_NONE \
    }

static void test_servers(void **state)
{
    (void)state;
    static const struct {
        struct scene scene;
        const char *target, *name, *connect, *profile;
    } rows[] = {
        /* the server name that was sent, where it went */
        {{.file = "/usr/bin/curl",
          .words = {"curl", "https://other.example/"},
          .contacts = {HELLO("192.0.2.1", 443, "a.example")},
          .contact_count = 1},
         "a.example:443",
         "a.example",
         "192.0.2.1:443",
         "curl@8.23"},
        /* an address has no server name */
        {{.file = "/usr/bin/curl",
          .words = {"curl", "https://[2001:db8::1]:8443/x"},
          .contacts = {HELLO("2001:db8::1", 8443, "")},
          .contact_count = 1},
         "[2001:db8::1]:8443",
         "2001:db8::1",
         "[2001:db8::1]:8443",
         "curl@8.23"},
        /* what a message quotes does not beat what was seen */
        {{.file = "/usr/bin/curl",
          .words = {"curl"},
          .contacts = {HELLO("2001:db8::1", 8443, "")},
          .contact_count = 1,
          .message_host = "1"},
         "[2001:db8::1]:8443",
         "2001:db8::1",
         "[2001:db8::1]:8443",
         "curl@8.23"},
        /* git's helper speaks, git was told */
        {{.file = "/usr/lib/git-core/git-remote-http",
          .words = {"git-remote-https", "origin", "https://git.example/r"},
          .contacts = {HELLO("192.0.2.1", 443, "git.example")},
          .contact_count = 1},
         "git.example:443",
         "git.example",
         "192.0.2.1:443",
         "git@2.55"},
        /* a tunnel through a proxy */
        {{.file = "/usr/bin/curl",
          .words = {"curl", "https://a.example/"},
          .contacts = {{.address = "192.0.2.9",
                        .port = 3128,
                        .sni = "a.example",
                        .tunnel = "a.example:444",
                        .scheme = "",
                        .clock = TIME_NONE}},
          .contact_count = 1},
         "a.example:444",
         "a.example",
         "192.0.2.9:3128",
         "curl@8.23"},
        /* TLS amid a protocol */
        {{.file = "/usr/bin/psql",
          .words = {"psql", "host=db.example"},
          .contacts = {{.address = "192.0.2.1",
                        .port = 5432,
                        .sni = "db.example",
                        .tunnel = "",
                        .scheme = "postgres",
                        .clock = TIME_NONE}},
          .contact_count = 1},
         "postgres://db.example:5432",
         "db.example",
         "192.0.2.1:5432",
         "openssl@3.6"},
        /* an option names whom to compare with; another server name was sent */
        {{.file = "/usr/bin/openssl",
          .words = {"openssl", "s_client", "-verify_hostname", "b.example"},
          .contacts = {HELLO("192.0.2.1", 443, "a.example")},
          .contact_count = 1},
         "b.example:443",
         "b.example",
         "192.0.2.1:443",
         "openssl@3.6"},
        /* nothing was seen but the words */
        {{.file = "/usr/local/bin/kubectl",
          .words = {"kubectl", "--server=https://k.example:6443"}},
         "k.example:6443",
         "k.example",
         "",
         "go@1.27"},
        /* … or the message */
        {{.file = "/opt/tool",
          .words = {"tool"},
          .message_host = "m.example",
          .message_port = 8443},
         "m.example:8443",
         "m.example",
         "",
         ""},
        /* a Python library by its file, and the one that speaks in the traceback */
        {{.file = "/usr/bin/python3.11",
          .words = {"python3", "a.py"},
          .contacts = {HELLO("192.0.2.1", 443, "a.example")},
          .contact_count = 1,
          .libraries = {"/v/site-packages/httpx/__init__.py",
                        "/v/site-packages/requests/__pycache__/__init__.cpython-311.pyc"},
          .output = "requests.exceptions.SSLError: HTTPSConnectionPool"},
         "a.example:443",
         "a.example",
         "192.0.2.1:443",
         "requests@2.34"},
        {{.file = "/usr/bin/python3.11",
          .words = {"python3", "a.py"},
          .contacts = {HELLO("192.0.2.1", 443, "api.openai.com")},
          .contact_count = 1,
          .libraries = {"/v/site-packages/httpx/__init__.py",
                        "/v/site-packages/openai/__init__.py"},
          .output = "openai.APIConnectionError: Connection error."},
         "api.openai.com:443",
         "api.openai.com",
         "192.0.2.1:443",
         "openai@1"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena arena = {0};
        struct sighting out[LIMIT_WHY_TARGETS];
        assert_int_equal(sightings_of(&rows[i].scene, &arena, out), 1);
        assert_string_equal(out[0].target, rows[i].target);
        assert_string_equal(out[0].name, rows[i].name);
        assert_string_equal(out[0].connect, rows[i].connect);
        assert_string_equal(out[0].client.profile, rows[i].profile);
        arena_free(&arena);
    }
}

static void test_the_server_that_a_message_names_comes_first(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct sighting out[LIMIT_WHY_TARGETS];
    struct scene scene = {.file = "/usr/bin/curl",
                          .words = {"curl"},
                          .contacts = {HELLO("192.0.2.1", 443, "a.example"),
                                       HELLO("192.0.2.2", 443, "b.example"),
                                       HELLO("192.0.2.3", 443, "c.example")},
                          .contact_count = 3};
    assert_int_equal(sightings_of(&scene, &arena, out), 3);
    assert_string_equal(out[0].name, "c.example"); /* the last one is the likeliest */
    scene.message_host = "A.example";
    assert_int_equal(sightings_of(&scene, &arena, out), 3);
    assert_string_equal(out[0].name, "a.example");
    assert_string_equal(out[1].name, "c.example");
    arena_free(&arena);
}

static void test_no_tls_no_server(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct sighting out[LIMIT_WHY_TARGETS];
    const struct scene lookup = {
        .file = "/usr/bin/ping", .words = {"ping", "a.example"}, .names = {"a.example"}};
    assert_int_equal(sightings_of(&lookup, &arena, out), 0);
    const struct scene plain = {
        .file = "/usr/bin/nc",
        .words = {"nc", "a.example", "80"},
        .contacts =
            {{.address = "192.0.2.1", .port = 80, .tunnel = "", .scheme = "", .clock = TIME_NONE}},
        .contact_count = 1};
    assert_int_equal(sightings_of(&plain, &arena, out), 0);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_short_output_is_kept_whole),
        cmocka_unit_test(test_long_output_keeps_both_ends),
        cmocka_unit_test(test_output_between_the_limits_has_no_gap),
        cmocka_unit_test(test_options_name_the_clients_own_certificate),
        cmocka_unit_test(test_options_become_settings),
        cmocka_unit_test(test_options_of_others_are_none),
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_who_compares_no_name),
        cmocka_unit_test(test_servers),
        cmocka_unit_test(test_the_server_that_a_message_names_comes_first),
        cmocka_unit_test(test_no_tls_no_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
