/* SPDX-License-Identifier: Apache-2.0 */
/* Saved cases: what goes in comes out, and hostile ones do no harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "record/record.h"

/* SEQUENCEs that are no certificates: a case keeps what was seen, whatever it is. */
static const uint8_t first[] = {0x30, 0x03, 0x02, 0x01, 0x05};
static const uint8_t second[] = {0x30, 0x00};

static struct seen seen_of(const uint8_t *der, size_t n, enum origin_kind kind, size_t position)
{
    return (struct seen){.cert = cert_parse(bytes_of(der, n)),
                         .origin = {.kind = kind, .where = "127.0.0.1:1", .position = position}};
}

/* An observation in which every member differs from its default. The caller frees the certificates.
 */
static void observation_fill(struct arena *arena, struct observation *out)
{
    static struct bytes wire[2];
    static const char *cas[] = {"CN=A", "CN=B\\x1b"};
    static struct store_source source = {.path = "/etc/ssl/cert.pem",
                                         .read = true,
                                         .problem = "",
                                         .count = 140,
                                         .modified = 1700000000,
                                         .sha256 = {1, 2, 255}};
    static struct store_identity store = {
        .name = "system", .sources = &source, .source_count = 1, .count = 140};
    wire[0] = bytes_of(first, sizeof first);
    wire[1] = bytes_of(second, sizeof second);
    const struct handshake handshake = {.result = HS_ALERT,
                                        .version = "TLSv1.2",
                                        .cipher = "c",
                                        .group = "g",
                                        .alert = 40,
                                        .alert_is_ours = true,
                                        .error = "sslv3 alert",
                                        .saw_server_hello = true,
                                        .client_certificate_requested = true,
                                        .sni_acknowledged = true,
                                        .acceptable_cas = cas,
                                        .acceptable_ca_count = 2,
                                        .key_proven = true,
                                        .key_refuted = true,
                                        .certificates = wire,
                                        .certificate_count = 2,
                                        .certificate_message_bytes = 77,
                                        .stapled_ocsp = bytes_of("", 0),
                                        .peek = bytes_of("HTTP/1.1\0\xff", 10),
                                        .alpn = "h2",
                                        .handshake_us = 123456789012,
                                        .bytes_in = 5,
                                        .bytes_out = 6};
    struct connection *connections = arena_array(arena, 2, sizeof *connections);
    connections[0] = (struct connection){
        .address = "[::1]:1",
        .net = NET_REFUSED,
        .why = "refused",
        .handshake = {
            .version = "", .cipher = "", .group = "", .alert = -1, .error = "", .alpn = ""}};
    connections[1] = (struct connection){
        .address = "127.0.0.1:1", .why = "", .handshake = handshake, .connect_us = 9};
    struct seen *sent = arena_array(arena, 2, sizeof *sent);
    sent[0] = seen_of(first, sizeof first, ORIGIN_SENT, 0);
    sent[1] = seen_of(second, sizeof second, ORIGIN_SENT, 1);
    struct seen *other = arena_array(arena, 1, sizeof *other);
    other[0] = seen_of(second, sizeof second, ORIGIN_SENT, 0);
    struct file_fault *faults = arena_array(arena, 1, sizeof *faults);
    faults[0] = (struct file_fault){.id = FAULT_BOM,
                                    .line = 3,
                                    .column = 4,
                                    .offset = 5,
                                    .block = SIZE_MAX,
                                    .excerpt = "a\\x00b"};
    struct object *objects = arena_array(arena, 2, sizeof *objects);
    objects[0] = (struct object){.kind = OBJECT_CSR,
                                 .label = "CERTIFICATE REQUEST",
                                 .der = bytes_of(second, sizeof second),
                                 .end_line = 9,
                                 .origin = {.kind = ORIGIN_FILE, .where = "x.pem", .line = 7}};
    objects[1] = (struct object){.kind = OBJECT_PRIVATE_KEY,
                                 .label = "PRIVATE KEY",
                                 .encrypted = true,
                                 .der = bytes_of("secret", 6),
                                 .origin = {.where = "x.pem"}};
    *out = (struct observation){.target = {.kind = TARGET_ENDPOINT,
                                           .text = "host:1 \"\x1b",
                                           .host = "host",
                                           .port = 1,
                                           .scheme = "tls",
                                           .path = "",
                                           .connect = "127.0.0.1",
                                           .sni = "other.test"},
                                .at = -5,
                                .at_given = true,
                                .resolve = NET_OK,
                                .resolve_why = "",
                                .observed_by = "certwhy 9",
                                .connections = connections,
                                .connection_count = 2,
                                .primary = 1,
                                .sent = sent,
                                .sent_count = 2,
                                .sent_limit_hit = true,
                                .addresses_differ = true,
                                .default_probe = true,
                                .without_sni = other,
                                .without_sni_count = 1,
                                .no_sni_handshake = handshake,
                                .probe_sni = "host",
                                .file = {.kind = FILE_KIND_PEM,
                                         .objects = objects,
                                         .object_count = 2,
                                         .faults = faults,
                                         .fault_count = 1,
                                         .limit_hit = true},
                                .key_file = "k",
                                .pairing = KEY_PAIRS_OTHER,
                                .key_pairs_with = 1,
                                .stores = &store,
                                .store_count = 1,
                                .clients = "curl,go",
                                .own_ca = true,
                                .only_ca = true,
                                .ca_path = "ca"};
    assert_int_equal(target_set_name(&out->target, "127.0.0.1", arena, NULL), CW_OK);
    out->target.sni = "other.test";
}

static void write_it(const struct observation *observation, struct buf *out)
{
    struct seen anchor = seen_of(first, sizeof first, ORIGIN_STORE, 0);
    struct seen pool = seen_of(second, sizeof second, ORIGIN_POOL, 0);
    assert_int_equal(case_write(observation, &anchor, 1, &pool, 1, out, NULL), CW_OK);
    cert_unref(anchor.cert);
    cert_unref(pool.cert);
}

static void rewrite(const struct observation *observation, struct buf *out)
{
    assert_int_equal(case_write(observation, observation->case_anchors,
                                observation->case_anchor_count, observation->pool,
                                observation->pool_count, out, NULL),
                     CW_OK);
}

static void test_round_trip(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct observation before, after;
    struct error error = {0};
    BUF_CLEANUP one = {0};
    BUF_CLEANUP two = {0};
    observation_fill(&arena, &before);
    write_it(&before, &one);
    assert_true(case_recognise(buf_bytes(&one)));
    assert_int_equal(case_read(buf_bytes(&one), "x.case", &arena, &after, &error), CW_OK);
    rewrite(&after, &two);
    assert_string_equal(buf_cstr(&one), buf_cstr(&two));

    assert_true(after.stores_from_case);
    assert_string_equal(after.target.text, before.target.text);
    assert_string_equal(after.target.sni, "other.test");
    assert_int_equal(after.target.name_kind, NAME_IP);
    assert_int_equal(after.at, -5);
    assert_int_equal(after.connection_count, 2);
    assert_int_equal(after.connections[0].net, NET_REFUSED);
    const struct handshake *hs = &after.connections[1].handshake;
    assert_int_equal(hs->result, HS_ALERT);
    assert_int_equal(hs->handshake_us, 123456789012);
    assert_true(bytes_equal(hs->peek, before.connections[1].handshake.peek));
    assert_non_null(hs->stapled_ocsp.p);
    assert_null(after.connections[0].handshake.stapled_ocsp.p);
    assert_string_equal(hs->acceptable_cas[1], "CN=B\\x1b");
    assert_true(bytes_equal(hs->certificates[1], bytes_of(second, sizeof second)));
    assert_int_equal(after.sent_count, 2);
    assert_true(bytes_equal(after.sent[0].cert->der, before.sent[0].cert->der));
    assert_int_equal(after.file.faults[0].block, SIZE_MAX);
    assert_int_equal(after.file.faults[0].id, FAULT_BOM);
    assert_int_equal(after.stores[0].sources[0].sha256[2], 255);
    assert_int_equal(after.case_anchor_count, 1);
    assert_int_equal(after.pool_count, 1);
    observation_free(&before);
    observation_free(&after);
    arena_free(&arena);
}

static void test_no_key_is_written(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct observation before;
    BUF_CLEANUP text = {0};
    observation_fill(&arena, &before);
    write_it(&before, &text);
    assert_null(strstr(buf_cstr(&text), str_base64(&arena, bytes_str("secret"))));
    observation_free(&before);
    arena_free(&arena);
}

static void refuse(struct bytes text)
{
    struct arena arena = {0};
    struct observation out;
    struct error error = {0};
    if (case_read(text, "x.case", &arena, &out, &error) == CW_OK) {
        observation_free(&out);
    } else {
        assert_int_equal(error.code, CW_E_INPUT);
        assert_true(str_is_utf8(bytes_str(error.text)));
        assert_null(strpbrk(error.text, "\x1b\n"));
        assert_int_equal(out.sent_count, 0);
    }
    arena_free(&arena);
}

/* Each value of a good case is replaced in turn by values that it must not have. */
static void test_mutations(void **state)
{
    (void)state;
    static const char *const values[] = {"null", "-7",   "1e99", "\"\\u001b[31m\"", "[]",
                                         "{}",   "[[]]", "true", "99999999999"};
    struct arena arena = {0};
    struct observation before;
    BUF_CLEANUP text = {0};
    observation_fill(&arena, &before);
    write_it(&before, &text);
    const char *whole = buf_cstr(&text);
    for (const char *p = strchr(whole, ':'); p; p = strchr(p + 1, ':')) {
        const char *end = p + 1 + strcspn(p + 1, "\n");
        for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
            BUF_CLEANUP changed = {0};
            buf_append(&changed, whole, (size_t)(p + 1 - whole));
            buf_add_str(&changed, values[i]);
            buf_add_str(&changed, end[-1] == ',' ? "," : "");
            buf_add_str(&changed, end);
            refuse(buf_bytes(&changed));
        }
    }
    observation_free(&before);
    arena_free(&arena);
}

static void test_truncations(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct observation before;
    BUF_CLEANUP text = {0};
    observation_fill(&arena, &before);
    write_it(&before, &text);
    for (size_t n = 0; n < text.n; n++)
        refuse(bytes_slice(buf_bytes(&text), 0, n));
    observation_free(&before);
    arena_free(&arena);
}

static void test_defect_is_located(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct observation out;
    struct error error = {0};
    const char *text = "{\n \"schema\": \"certwhy/case/1\",\n oops}";
    assert_int_equal(case_read(bytes_str(text), "x.case", &arena, &out, &error), CW_E_INPUT);
    assert_non_null(strstr(error.text, "x.case"));
    assert_non_null(strstr(error.text, "line 3"));
    text = "{\"schema\": \"certwhy/case/1\"}";
    assert_int_equal(case_read(bytes_str(text), "x.case", &arena, &out, &error), CW_E_INPUT);
    assert_non_null(strstr(error.text, "\"blobs\""));
    text = "{\"schema\": \"certwhy/case/2\"}";
    assert_int_equal(case_read(bytes_str(text), "x.case", &arena, &out, &error), CW_E_INPUT);
    assert_non_null(strstr(error.text, "newer"));
    arena_free(&arena);
}

/* Three bytes a value would cost jansson a hundred: refused before it allocates. */
static void test_too_many_values(void **state)
{
    (void)state;
    BUF_CLEANUP text = {0};
    buf_add_str(&text, "{\"schema\":\"certwhy/case/1\",\"blobs\":[");
    for (int i = 0; i <= LIMIT_CASE_VALUES; i++)
        buf_append(&text, "1,", 2);
    buf_add_str(&text, "1]}");
    struct arena arena = {0};
    struct observation out;
    struct error error = {0};
    assert_int_equal(case_read(buf_bytes(&text), "x.case", &arena, &out, &error), CW_E_INPUT);
    assert_non_null(strstr(error.text, "too large"));
    arena_free(&arena);
}

static void test_recognise(void **state)
{
    (void)state;
    assert_false(case_recognise(bytes_of(NULL, 0)));
    assert_false(case_recognise(bytes_str("   ")));
    assert_false(case_recognise(bytes_str("{}")));
    assert_false(case_recognise(bytes_str("-----BEGIN CERTIFICATE----- \"certwhy/case/1\"")));
    assert_true(case_recognise(bytes_str("\n {\"a\":1,\"schema\":\"certwhy/case/1\"}")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),        cmocka_unit_test(test_no_key_is_written),
        cmocka_unit_test(test_mutations),         cmocka_unit_test(test_truncations),
        cmocka_unit_test(test_defect_is_located), cmocka_unit_test(test_too_many_values),
        cmocka_unit_test(test_recognise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
