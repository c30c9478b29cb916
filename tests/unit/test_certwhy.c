/* SPDX-License-Identifier: Apache-2.0 */
/* The public API and the main flow, on chains that the lab writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lab/lab.h"

static char directory[] = "/tmp/certwhy-test-XXXXXX";

static int setup(void **state)
{
    (void)state;
    static const char *const patterns[] = {"healthy-ecdsa", "expired-leaf", "private-root"};
    struct error error = {0};
    size_t count = 0;
    const struct lab_request request = {.seed = LAB_DEFAULT_SEED,
                                        .at = time_make(2026, 11, 21, 12, 0, 0),
                                        .at_given = true,
                                        .patterns = patterns,
                                        .pattern_count = 3,
                                        .dir = directory};
    return !mkdtemp(directory) || lab_write(&request, &count, &error) != CW_OK || count < 3;
}

static int teardown(void **state)
{
    (void)state;
    struct arena arena = {0};
    const char **scenarios = NULL, **files = NULL;
    size_t scenario_count = 0, file_count = 0;
    file_list(NULL, directory, 100, &arena, &scenarios, &scenario_count, NULL);
    for (size_t s = 0; s < scenario_count; s++) {
        const char *path = arena_printf(&arena, "%s/%s", directory, scenarios[s]);
        file_list(NULL, path, 100, &arena, &files, &file_count, NULL);
        for (size_t f = 0; f < file_count; f++)
            remove(arena_printf(&arena, "%s/%s", path, files[f]));
        remove(path);
    }
    arena_free(&arena);
    return remove(directory);
}

static const char *path_of(struct arena *arena, const char *scenario, const char *file)
{
    return arena_printf(arena, "%s/%s/%s", directory, scenario, file);
}

/* Checks a chain as its client would: with the scenario's anchors, name and time. */
static struct cw_report *check(const char *scenario, const char *option, const char *value)
{
    struct arena arena = {0};
    struct cw_options *options = cw_options_new();
    struct cw_error error = {0};
    struct cw_report *report = NULL;
    const char *const set[][2] = {{"ca", path_of(&arena, scenario, "ca.pem")},
                                  {"only-ca", "true"},
                                  {"name", "www.lab.test"},
                                  {"at", "2026-11-21T12:00:00Z"},
                                  {option, value}};
    for (size_t i = 0; i < (option ? 5 : 4); i++)
        assert_int_equal(cw_options_set(options, set[i][0], set[i][1], &error), CW_OK);
    const char *target = path_of(&arena, scenario, "chain.pem");
    if (cw_check(target, options, &report, &error) != CW_OK)
        fail_msg("%s", error.text);
    cw_options_free(options);
    arena_free(&arena);
    return report;
}

static void test_healthy(void **state)
{
    (void)state;
    struct cw_report *report = check("healthy-ecdsa", NULL, NULL);
    assert_string_equal(cw_report_outcome(report), "accepted");
    assert_int_equal(cw_report_exit_status(report), 0);
    assert_null(cw_report_finding(report, 0));
    const struct cw_client *client = cw_report_client(report, 0);
    assert_non_null(client);
    assert_int_equal(client->accepts, 1);
    assert_string_equal(client->message, "");
    assert_null(cw_report_client(report, 1000));
    cw_report_free(report);
}

static void test_expired(void **state)
{
    (void)state;
    struct cw_report *report = check("expired-leaf", NULL, NULL);
    assert_string_equal(cw_report_outcome(report), "rejected");
    assert_int_equal(cw_report_exit_status(report), 1);
    const struct cw_finding *finding = cw_report_finding(report, 0);
    assert_non_null(finding);
    assert_string_equal(finding->rule, "validity.expired");
    assert_string_equal(finding->severity, "error");
    assert_int_equal(finding->cause, 1);
    assert_int_equal(finding->certificate, 0);
    assert_true(strlen(finding->summary) > 10);
    for (size_t i = 0; cw_report_client(report, i); i++) {
        const struct cw_client *client = cw_report_client(report, i);
        assert_true(client->accepts == 1 || strlen(client->message) > 0);
    }
    cw_report_free(report);
}

static void test_ignored(void **state)
{
    (void)state;
    static const struct {
        const char *ignore;
        int status;
    } rows[] = {{"validity.expired", 0},
                {"validity.expired@www.lab.test", 0},
                {"validity.expired@other.test", 1},
                {"validity.expired=until 2026-11-22", 0},
                {"validity.expired=until 2026-11-21", 1},
                {"trust.private-ca", 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cw_report *report = check("expired-leaf", "ignore", rows[i].ignore);
        assert_int_equal(cw_report_exit_status(report), rows[i].status);
        assert_string_equal(cw_report_outcome(report), "rejected");
        cw_report_free(report);
    }
}

static void test_render(void **state)
{
    (void)state;
    struct cw_report *report = check("expired-leaf", NULL, NULL);
    struct cw_error error = {0};
    char *text = NULL;
    static const char *const formats[] = {"text", "json", "ndjson"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(cw_report_render(report, formats[i], &text, &error), CW_OK);
        assert_non_null(strstr(text, "validity.expired"));
        cw_string_free(text);
    }
    assert_int_equal(cw_report_render(report, "yaml", &text, &error), CW_E_USAGE);
    assert_null(text);
    assert_non_null(strstr(error.text, "yaml"));
    cw_report_free(report);
    cw_report_free(NULL);
    cw_string_free(NULL);
}

static struct observation case_of(const struct cw_report *report, struct arena *arena)
{
    struct observation seen;
    BUF_CLEANUP text = {0};
    assert_int_equal(report_case(report, 0, &text, NULL), CW_OK);
    assert_int_equal(case_read(buf_bytes(&text), "case", arena, &seen, NULL), CW_OK);
    return seen;
}

static void test_case_holds_the_anchors(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct cw_report *report = check("healthy-ecdsa", NULL, NULL);
    struct observation seen = case_of(report, &arena);
    assert_int_equal(seen.case_anchor_count, 1);
    assert_int_equal(seen.store_count, 1);
    assert_int_equal(seen.stores[0].count, 1);
    assert_true(seen.only_ca);
    observation_free(&seen);
    cw_report_free(report);

    /* Nothing touches the only anchor here, but a store of one is not an empty store. */
    report = check("private-root", NULL, NULL);
    seen = case_of(report, &arena);
    assert_true(seen.case_anchor_count >= 1);
    observation_free(&seen);
    cw_report_free(report);
    arena_free(&arena);
}

/* Targets share stores and memo; one that cannot be used leaves the report as it was. */
static void test_several_targets(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct cw_options *options = cw_options_new();
    struct cw_report *report = NULL;
    struct error error = {0};
    const char *healthy = path_of(&arena, "healthy-ecdsa", "chain.pem");
    assert_int_equal(options_set(options, "root", "", &error), CW_E_USAGE);
    assert_int_equal(options_set(options, "ca", path_of(&arena, "healthy-ecdsa", "ca.pem"), &error),
                     CW_OK);
    assert_int_equal(options_set(options, "at", "2026-11-21T12:00:00Z", &error), CW_OK);
    assert_int_equal(report_new(options, &report, &error), CW_OK);
    assert_int_equal(report_add(report, healthy, &error), CW_OK);
    assert_int_equal(report_add(report, "no-such.pem", &error), CW_E_INPUT);
    assert_int_equal(report->report.count, 1);
    assert_int_equal(report_exit_status(report), 0);
    assert_int_equal(report_add(report, path_of(&arena, "expired-leaf", "chain.pem"), &error),
                     CW_OK);
    assert_int_equal(report->report.count, 2);
    assert_int_equal(report_exit_status(report), 1);
    cw_report_free(report);
    cw_options_free(options);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_healthy),
        cmocka_unit_test(test_expired),
        cmocka_unit_test(test_ignored),
        cmocka_unit_test(test_render),
        cmocka_unit_test(test_case_holds_the_anchors),
        cmocka_unit_test(test_several_targets),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
