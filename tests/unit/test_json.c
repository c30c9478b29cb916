/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON report: the members of design's contract, the same bytes for the same input, harmless
 * strings. tests/e2e checks it against docs/report.schema.json. */
#include "diagnosis.h"

#include <jansson.h>

static const struct render_options plain = {.color = false};

static json_t *target_of(json_t *root)
{
    json_t *targets = json_object_get(root, "targets");
    assert_int_equal(json_array_size(targets), 1);
    return json_array_get(targets, 0);
}

static json_t *load(const char *text)
{
    json_error_t error;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL)
        fail_msg("line %d: %s", error.line, error.text);
    return root;
}

static const char *text_at(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    assert_non_null(value);
    assert_true(json_is_string(value));
    return json_string_value(value);
}

static void assert_members(const json_t *object, const char *const *names)
{
    for (; *names != NULL; names++)
        if (json_object_get(object, *names) == NULL)
            fail_msg("no member %s", *names);
}

static void check_strings(const char *scenario, const json_t *value, bool files)
{
    const char *key;
    json_t *member;
    size_t i;
    json_object_foreach((json_t *)value, key, member)
    {
        if (!files || strcmp(key, "content") != 0)
            check_strings(scenario, member, files);
    }
    json_array_foreach(value, i, member) check_strings(scenario, member, files);
    if (!json_is_string(value))
        return;
    for (const char *s = json_string_value(value); *s != '\0';) {
        size_t n = strcspn(s, "\\");
        if (!str_is_safe(bytes_of(s, n)))
            fail_msg("%s: unsafe string %s", scenario, s);
        s += n + (s[n] != '\0');
    }
}

static void every_report_parses_is_deterministic_and_harmless(void **state)
{
    size_t count;
    const struct scenario *table = scenario_table(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        if (!scenario_is_plain(&table[i]))
            continue;
        struct diagnosis *d = diagnosis_of(&table[i]), *again = diagnosis_of(&table[i]);
        BUF_CLEANUP one = {0}, two = {0}, line = {0};
        json_t *root = load(diagnosis_render(d, "json", &plain, &one));
        assert_string_equal(buf_cstr(&one), diagnosis_render(again, "json", &plain, &two));
        check_strings(table[i].name, root, true);
        const char *ndjson = diagnosis_render(d, "ndjson", &plain, &line);
        assert_ptr_equal(strchr(ndjson, '\n'), ndjson + strlen(ndjson) - 1);
        json_t *compact = load(ndjson);
        assert_true(json_equal(root, compact));
        json_decref(compact);
        json_decref(root);
        diagnosis_free(again);
        diagnosis_free(d);
    }
}

static void the_members_are_those_of_the_contract(void **state)
{
    static const char *const target[] = {"target",  "name",     "at",       "outcome",    "chain",
                                         "clients", "findings", "endpoint", "limits_hit", NULL};
    static const char *const chain[] = {"position",  "role",         "subject",    "issuer",
                                        "serial",    "sha256",       "not_before", "not_after",
                                        "dns_names", "ip_addresses", "key",        "signature",
                                        "origin",    "issued_by",    NULL};
    static const char *const client[] = {"client",  "aliases", "evidence", "measured_with",
                                         "accepts", "message", "code",     "path",
                                         "reasons", NULL};
    static const char *const finding[] = {
        "id",     "rule",     "severity", "cause", "because", "certificate", "summary",
        "detail", "evidence", "clients",  "fixes", "verify",  NULL};
    static const char *const fix[] = {"id", "who", "summary", "commands", "files", "proven", NULL};
    (void)state;
    struct diagnosis *d = diagnosis_of(diagnosis_scenario("missing-intermediate-pool"));
    BUF_CLEANUP out = {0};
    json_t *root = load(diagnosis_render(d, "json", &plain, &out));
    assert_string_equal(text_at(root, "schema"), "certwhy/report/1");
    assert_string_equal(text_at(json_object_get(root, "tool"), "name"), "certwhy");
    json_t *t = target_of(root);
    assert_members(t, target);
    json_t *certificates = json_object_get(t, "chain");
    assert_int_equal(json_array_size(certificates), 3);
    assert_members(json_array_get(certificates, 0), chain);
    assert_members(json_array_get(json_object_get(t, "clients"), 0), client);
    json_t *first = json_array_get(json_object_get(t, "findings"), 0);
    assert_members(first, finding);
    json_t *cure = json_array_get(json_object_get(first, "fixes"), 0);
    assert_members(cure, fix);
    json_decref(root);
    diagnosis_free(d);
}

static void values_say_what_was_seen(void **state)
{
    (void)state;
    struct diagnosis *d = diagnosis_of(diagnosis_scenario("missing-intermediate-pool"));
    BUF_CLEANUP out = {0};
    json_t *root = load(diagnosis_render(d, "json", &plain, &out));
    json_t *t = target_of(root);
    assert_string_equal(text_at(t, "target"), "127.0.0.1:4443");
    assert_string_equal(text_at(t, "name"), "www.lab.test");
    assert_string_equal(text_at(t, "at"), "2026-11-21T12:00:00Z");
    assert_string_equal(text_at(t, "outcome"), "rejected");
    json_t *chain = json_object_get(t, "chain");
    const char *origins[] = {"sent", "pool", "store"};
    const char *roles[] = {"leaf", "intermediate", "root"};
    for (size_t i = 0; i < 3; i++) {
        json_t *entry = json_array_get(chain, i);
        assert_string_equal(text_at(entry, "origin"), origins[i]);
        assert_string_equal(text_at(entry, "role"), roles[i]);
        assert_true(i == 0 ? json_integer_value(json_object_get(entry, "position")) == 0
                           : json_is_null(json_object_get(entry, "position")));
        assert_int_equal(strlen(text_at(entry, "sha256")), 64);
    }
    json_t *leaf = json_array_get(chain, 0);
    assert_string_equal(text_at(leaf, "key"), "EC P-256");
    assert_string_equal(json_string_value(json_array_get(json_object_get(leaf, "dns_names"), 0)),
                        "www.lab.test");
    const char *serial = text_at(leaf, "serial");
    assert_int_equal(strspn(serial, "0123456789abcdef"), strlen(serial));
    json_t *client = json_array_get(json_object_get(t, "clients"), 0);
    assert_true(json_is_false(json_object_get(client, "accepts")));
    assert_string_equal(json_string_value(json_array_get(json_object_get(client, "reasons"), 0)),
                        "chain.missing-intermediate");
    json_t *endpoint = json_object_get(t, "endpoint");
    assert_string_equal(text_at(endpoint, "key_possession"), "proven");
    assert_string_equal(text_at(endpoint, "protocol"), "TLSv1.3");
    json_decref(root);
    diagnosis_free(d);
}

/* Strings that are no UTF-8 or break out of a string must not reach the writer as they are. */
static void hostile_hand_made_strings_are_escaped(void **state)
{
    (void)state;
    struct diagnosis *d = diagnosis_of(diagnosis_scenario("missing-intermediate-pool"));
    d->target.verdict.clients[0].message = "a\"b\\\033[31m\xff\xe2\x80\xae</script>\n";
    d->target.findings.items[0].summary = "\x01\xc0\xaf";
    d->observation.target.name = "x\r\ny";
    BUF_CLEANUP out = {0}, text = {0};
    json_t *root = load(diagnosis_render(d, "json", &plain, &out));
    check_strings("hand-made", root, true);
    const char *page = diagnosis_render(d, "text", &plain, &text);
    assert_null(strchr(page, '\033'));
    assert_null(strchr(page, '\r'));
    assert_true(str_is_utf8(bytes_str(page)));
    json_decref(root);
    diagnosis_free(d);
}

static void renderers_are_found_by_name(void **state)
{
    (void)state;
    assert_non_null(renderer_find("text"));
    assert_non_null(renderer_find("ndjson"));
    assert_null(renderer_find("yaml"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_report_parses_is_deterministic_and_harmless),
        cmocka_unit_test(the_members_are_those_of_the_contract),
        cmocka_unit_test(values_say_what_was_seen),
        cmocka_unit_test(hostile_hand_made_strings_are_escaped),
        cmocka_unit_test(renderers_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
