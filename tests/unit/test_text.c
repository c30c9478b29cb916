/* SPDX-License-Identifier: Apache-2.0 */
/* The text page over every scenario of the lab: never wider than asked, never a raw control
 * character, the verdict first, calm when all is well, and no praise for what was not seen. */
#include "diagnosis.h"

#include "report/text.h"

static const struct render_options plain = {.color = false};

static size_t count_of(const char *text, const char *word)
{
    size_t n = 0;
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word))
        n++;
    return n;
}

static void check_lines(const char *scenario, const char *text, unsigned width)
{
    const char *line = text;
    while (*line != '\0') {
        size_t n = strcspn(line, "\n");
        char copy[4096];
        assert_true(n < sizeof copy);
        memcpy(copy, line, n);
        copy[n] = '\0';
        /* a shell word, a path in quotes for one, is not broken: it would be another word */
        if (text_columns(copy) > width && strstr(copy, "'.targets") == NULL &&
            strstr(copy, "subjectAltName=") == NULL && strstr(copy, "/usr/local/share/") == NULL &&
            strstr(copy, "=/path/") == NULL)
            fail_msg("%s: %u columns: %s", scenario, text_columns(copy), copy);
        assert_true(n == 0 || copy[n - 1] != ' ');
        line += n + (line[n] == '\n');
    }
}

/* What str_safe() lets through, and line breaks. */
static void check_harmless(const char *scenario, const char *text)
{
    for (const char *line = text; *line != '\0';) {
        size_t n = strcspn(line, "\n\\");
        if (!str_is_safe(bytes_of(line, n)))
            fail_msg("%s prints unsafe text: %.*s", scenario, (int)n, line);
        line += n + (line[n] != '\0');
    }
}

static void strip_colour(const char *text, struct buf *out)
{
    while (*text != '\0') {
        if (*text == '\033') {
            text += strcspn(text, "m") + 1;
            continue;
        }
        buf_add_byte(out, (uint8_t)*text++);
    }
}

static void every_page_is_narrow_harmless_and_the_same_in_colour(void **state)
{
    size_t count;
    const struct scenario *table = scenario_table(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        if (!scenario_is_plain(&table[i]))
            continue;
        struct diagnosis *d = diagnosis_of(&table[i]);
        BUF_CLEANUP text = {0}, colour = {0}, stripped = {0}, narrow = {0};
        const char *page = diagnosis_render(d, "text", &plain, &text);
        check_lines(table[i].name, page, 100);
        check_harmless(table[i].name, page);
        const struct render_options in_colour = {.color = true};
        strip_colour(diagnosis_render(d, "text", &in_colour, &colour), &stripped);
        assert_string_equal(buf_cstr(&stripped), page);
        const struct render_options columns = {.width = 80};
        check_lines(table[i].name, diagnosis_render(d, "text", &columns, &narrow), 80);
        diagnosis_free(d);
    }
}

static void healthy_pages_are_short_and_calm(void **state)
{
    size_t count;
    const struct scenario *table = scenario_table(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        if (!scenario_is_plain(&table[i]) || !scenario_is_healthy(&table[i]))
            continue;
        struct diagnosis *d = diagnosis_of(&table[i]);
        const size_t most = 4 + 4 * d->target.findings.count;
        BUF_CLEANUP text = {0};
        const char *page = diagnosis_render(d, "text", &plain, &text);
        if (!str_starts(page, "✓ ") || count_of(page, "\n") > most)
            fail_msg("%s is not calm:\n%s", table[i].name, page);
        diagnosis_free(d);
    }
}

static void the_verdict_comes_first_with_the_cause_chain_and_fix(void **state)
{
    (void)state;
    struct diagnosis *d = diagnosis_of(diagnosis_scenario("missing-intermediate-pool"));
    BUF_CLEANUP text = {0};
    const char *page = diagnosis_render(d, "text", &plain, &text);
    assert_true(str_starts(page, "✗ 127.0.0.1:4443 as www.lab.test — rejected by "));
    const char *order[] = {"does not send the intermediate",
                           "Chain ",
                           "missing 1 ",
                           "Rejects ",
                           "unable to get local issuer",
                           "Fix ",
                           "on the server — proven: with it all",
                           "Not this",
                           "See it",
                           "certwhy explain chain.missing-intermediate"};
    const char *at = page;
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        const char *found = strstr(at, order[i]);
        if (found == NULL)
            fail_msg("'%s' is missing or out of place in:\n%s", order[i], page);
        at = found;
    }
    diagnosis_free(d);
}

static void quiet_is_one_line(void **state)
{
    (void)state;
    struct diagnosis *d = diagnosis_of(diagnosis_scenario("missing-intermediate-pool"));
    BUF_CLEANUP text = {0};
    const struct render_options quiet = {.quiet = true};
    assert_int_equal(count_of(diagnosis_render(d, "text", &quiet, &text), "\n"), 1);
    diagnosis_free(d);
}

/* No certificate came: nothing may sound as if one had been found good. */
static void without_a_certificate_nothing_is_praised(void **state)
{
    static const struct {
        enum net_result net;
        enum handshake_result handshake;
        int alert;
    } failures[] = {
        {NET_REFUSED, HS_CLOSED, -1}, {NET_TIMEOUT, HS_CLOSED, -1}, {NET_OK, HS_NOT_TLS, -1},
        {NET_OK, HS_ALERT, 40},       {NET_OK, HS_CLOSED, -1},      {NET_OK, HS_TIMEOUT, -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        struct diagnosis *d = xcalloc(1, sizeof *d);
        const struct scenario *scenario = diagnosis_scenario("healthy-ecdsa");
        d->lab = (struct lab){.seed = bytes_str("unit test"), .at = DIAGNOSIS_AT};
        diagnosis_endpoint(d, scenario);
        d->store = diagnosis_store(d, scenario, "R", "test store", ORIGIN_STORE);
        d->connection.net = failures[i].net;
        d->connection.handshake.result = failures[i].handshake;
        d->connection.handshake.alert = failures[i].alert;
        d->connection.handshake.key_proven = false;
        if (failures[i].handshake == HS_NOT_TLS)
            d->connection.handshake.peek = bytes_str("HTTP/1.1 400 Bad Request\r\n");
        diagnosis_run(d);
        BUF_CLEANUP text = {0};
        const char *page = diagnosis_render(d, "text", &plain, &text);
        assert_true(str_starts(page, "! "));
        assert_null(strstr(page, "✓"));
        const char *praise[] = {" valid", "accepted by", "trusted by"};
        for (size_t k = 0; k < sizeof praise / sizeof praise[0]; k++)
            if (strstr(page, praise[k]) != NULL)
                fail_msg("'%s' in:\n%s", praise[k], page);
        diagnosis_free(d);
    }
}

static void columns_count_what_a_terminal_shows(void **state)
{
    (void)state;
    struct arena arena = {0};
    assert_int_equal(text_columns("abc"), 3);
    assert_int_equal(text_columns("Zürich"), 6);
    assert_int_equal(text_columns("日本"), 4);
    assert_int_equal(text_columns("e\xcc\x81"), 1);
    assert_string_equal(text_cut(&arena, "Certwhy Lab Issuing CA R1", 11), "Certw…CA R1");
    assert_string_equal(text_cut(&arena, "short", 11), "short");
    assert_string_equal(text_cut(&arena, "日本語日本語", 5), "日…語");
    assert_string_equal(text_cut(&arena, "anything", 0), "");
    arena_free(&arena);
}

static void wrap_into(struct buf *out, unsigned width, const char *text, bool command)
{
    struct arena arena = {0};
    struct page page = {.out = out, .arena = &arena, .width = width};
    if (command)
        page_command(&page, 0, text);
    else
        page_wrap(&page, STYLE_PLAIN, text, 0, 2);
    arena_free(&arena);
}

static void text_wraps_between_words_and_cuts_endless_ones(void **state)
{
    (void)state;
    BUF_CLEANUP words = {0}, endless = {0}, empty = {0};
    wrap_into(&words, 12, "one two three four", false);
    assert_string_equal(buf_cstr(&words), "one two\n  three four\n");
    wrap_into(&endless, 12, "abcdefghijklmnopqrstuvwxyz", false);
    assert_string_equal(buf_cstr(&endless), "abcdefghijkl\n  mnopqrstuv\n  wxyz\n");
    wrap_into(&empty, 12, "", false);
    assert_string_equal(buf_cstr(&empty), "\n");
}

static void commands_break_outside_of_quotes_only(void **state)
{
    (void)state;
    BUF_CLEANUP quoted = {0}, configuration = {0};
    wrap_into(&quoted, 20, "openssl req -subj '/CN=a b c d e f' -new", true);
    assert_string_equal(buf_cstr(&quoted), "openssl req -subj \\\n"
                                           "    '/CN=a b c d e f' \\\n"
                                           "    -new\n");
    wrap_into(&configuration, 24, "nginx: ssl_certificate /path/x; then reload", true);
    assert_null(strstr(buf_cstr(&configuration), "\\"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_page_is_narrow_harmless_and_the_same_in_colour),
        cmocka_unit_test(healthy_pages_are_short_and_calm),
        cmocka_unit_test(the_verdict_comes_first_with_the_cause_chain_and_fix),
        cmocka_unit_test(quiet_is_one_line),
        cmocka_unit_test(without_a_certificate_nothing_is_praised),
        cmocka_unit_test(columns_count_what_a_terminal_shows),
        cmocka_unit_test(text_wraps_between_words_and_cuts_endless_ones),
        cmocka_unit_test(commands_break_outside_of_quotes_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
