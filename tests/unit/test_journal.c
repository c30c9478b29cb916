/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_root.h"
#include "repair/repair.h"

static struct journal journal_in(struct arena *arena, const char *directory)
{
    return (struct journal){.root = "", .directory = directory, .arena = arena};
}

static void put(struct journal *j, const char *id, enum progress progress)
{
    const char *changes[] = {"c1"};
    const struct journal_addition addition = {.id = id,
                                              .sha256 = "00",
                                              .subject = "a \"root\"",
                                              .client = "java",
                                              .how = "root",
                                              .progress = progress,
                                              .changes = changes,
                                              .change_count = 1};
    assert_int_equal(journal_put_addition(j, &addition, NULL), CW_OK);
}

static void test_round_trip(void **state)
{
    const struct fake *fake = *state;
    struct arena arena = {0};
    const char *directory = fake->root;
    struct journal j = journal_in(&arena, directory);
    assert_int_equal(journal_open(&j, true, NULL), CW_OK);
    const char *made[] = {"/a", "/a/b"};
    struct changed_path paths[] = {{.path = "/etc/x",
                                    .before = {.what = FILE_LINK, .target = "y"},
                                    .after = mark_of(bytes_str("new"), 0644)}};
    const struct journal_change change = {.id = "c1",
                                          .kind = CHANGED_SYSTEM,
                                          .progress = PROGRESS_DONE,
                                          .path = "/a/b/c",
                                          .before = {.what = FILE_NOTHING, .target = ""},
                                          .after = mark_of(bytes_str("after"), 0640),
                                          .own = true,
                                          .block = "two\nlines\n",
                                          .paths = paths,
                                          .path_count = 1,
                                          .made = made,
                                          .made_count = 2};
    assert_int_equal(journal_put_change(&j, &change, NULL), CW_OK);
    put(&j, "t7", PROGRESS_BEGUN);
    put(&j, "t7", PROGRESS_DONE);
    journal_close(&j);

    struct journal again = journal_in(&arena, directory);
    assert_int_equal(journal_open(&again, false, NULL), CW_OK);
    assert_int_equal(again.change_count, 1);
    assert_int_equal(again.addition_count, 1);
    const struct journal_change *read = journal_change_find(&again, "c1");
    assert_string_equal(read->block, "two\nlines\n");
    assert_true(read->own && read->kind == CHANGED_SYSTEM && read->progress == PROGRESS_DONE);
    assert_true(mark_equal(&read->after, &change.after) && read->after.mode == 0640);
    assert_int_equal(read->before.what, FILE_NOTHING);
    assert_string_equal(read->paths[0].before.target, "y");
    assert_string_equal(read->made[1], "/a/b");
    assert_string_equal(again.additions[0].subject, "a \"root\"");
    assert_int_equal(again.additions[0].progress, PROGRESS_DONE);
    /* no id is given twice */
    assert_string_equal(journal_new_id(&again, 'c'), "c8");
    assert_true(journal_is_needed(&again, "c1", "t9"));
    assert_false(journal_is_needed(&again, "c1", "t7"));
    assert_false(journal_is_needed(&again, "c2", "t9"));
    journal_close(&again);
    arena_free(&arena);
}

static void test_damage_is_said(void **state)
{
    const struct fake *fake = *state;
    struct arena arena = {0};
    struct error error = {0};
    const char *directory = fake->root;
    const char *path = arena_printf(&arena, "%s/trust.jsonl", directory);
    assert_int_equal(file_write_atomic(NULL, path, bytes_str("{\"other\":{}}\n"), 0600, &error),
                     CW_OK);
    struct journal j = journal_in(&arena, directory);
    assert_int_equal(journal_open(&j, false, &error), CW_E_INPUT);
    assert_non_null(strstr(error.text, "line 1 is no record"));
    journal_close(&j);
    arena_free(&arena);
}

/* The last record of an id counts, however many stand before it; room is left for undoing. */
static void test_a_long_history(void **state)
{
    enum { RECORDS = 12000 };
    const struct fake *fake = *state;
    struct arena arena = {0};
    struct error error = {0};
    BUF_CLEANUP text = {0};
    const char *path = arena_printf(&arena, "%s/trust.jsonl", fake->root);
    for (int i = 0; i < RECORDS; i++)
        buf_add_str(&text, "{\"addition\":{\"id\":\"t1\",\"progress\":\"undone\"}}\n");
    buf_add_str(&text, "{\"addition\":{\"id\":\"t9\",\"progress\":\"done\"}}\n");
    assert_int_equal(file_write_atomic(NULL, path, buf_bytes(&text), 0600, NULL), CW_OK);
    struct journal j = journal_in(&arena, fake->root);
    assert_int_equal(journal_open(&j, true, &error), CW_OK);
    assert_int_equal(j.addition_count, 2);
    assert_string_equal(journal_new_id(&j, 't'), "t10");
    while (j.text.n <= LIMIT_JOURNAL_BYTES / 4 * 3)
        buf_add_str(&j.text, "\n");
    struct journal_addition addition = j.additions[1];
    addition.progress = PROGRESS_UNDONE;
    assert_int_equal(journal_put_addition(&j, &addition, &error), CW_OK);
    addition.progress = PROGRESS_BEGUN;
    assert_int_equal(journal_put_addition(&j, &addition, &error), CW_E_LIMIT);
    assert_non_null(strstr(error.text, "is full"));
    journal_close(&j);
    arena_free(&arena);
}

/* What was there comes back: bytes, a link, nothing. */
static void test_marks(void **state)
{
    const struct fake *fake = *state;
    struct arena arena = {0};
    const char *directory = fake->root;
    struct journal j = journal_in(&arena, arena_printf(&arena, "%s/state", directory));
    const char *path = arena_printf(&arena, "%s/file", directory);
    struct mark was, now;
    assert_int_equal(journal_open(&j, true, NULL), CW_OK);
    assert_int_equal(mark_take(&j, path, true, true, &was, NULL), CW_OK);
    assert_int_equal(was.what, FILE_NOTHING);
    assert_int_equal(file_write_atomic(NULL, path, bytes_str("one"), 0600, NULL), CW_OK);
    assert_int_equal(mark_restore(&j, path, true, &was, NULL), CW_OK);
    assert_false(file_exists(NULL, path));

    assert_int_equal(file_write_atomic(NULL, path, bytes_str("one"), 0600, NULL), CW_OK);
    assert_int_equal(mark_take(&j, path, true, true, &was, NULL), CW_OK);
    assert_int_equal(file_write_link(NULL, path, "elsewhere", NULL), CW_OK);
    assert_int_equal(mark_take(&j, path, false, false, &now, NULL), CW_OK);
    assert_true(now.what == FILE_LINK && !mark_equal(&now, &was));
    assert_int_equal(mark_restore(&j, path, false, &was, NULL), CW_OK);
    assert_int_equal(mark_take(&j, path, false, false, &now, NULL), CW_OK);
    assert_true(mark_equal(&now, &was));
    assert_int_equal(
        mark_restore(&j, path, false, &(struct mark){.what = FILE_LINK, .target = "x"}, NULL),
        CW_OK);
    assert_string_equal(file_state(NULL, path, &arena).target, "x");

    /* what was kept and is another file now is not put into the place of anything */
    const char *digest = str_hex(&arena, bytes_of(was.sha256, sizeof was.sha256), 0);
    const char *copy = arena_printf(&arena, "%s/before/%s", j.directory, digest);
    struct error error = {0};
    assert_int_equal(file_write_atomic(NULL, copy, bytes_str("two"), 0600, NULL), CW_OK);
    assert_int_equal(mark_restore(&j, path, true, &was, &error), CW_E_INPUT);
    assert_non_null(strstr(error.text, "is not what was kept of"));

    /* nothing stands: what was kept is not kept for longer */
    size_t count = 0;
    const char **names;
    const char *kept = arena_printf(&arena, "%s/before", j.directory);
    assert_int_equal(journal_prune(&j, NULL), CW_OK);
    assert_int_equal(file_list(NULL, kept, 10, &arena, &names, &count, NULL), CW_OK);
    assert_int_equal(count, 0);
    journal_close(&j);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, fake_set_up, fake_tear_down),
        cmocka_unit_test_setup_teardown(test_damage_is_said, fake_set_up, fake_tear_down),
        cmocka_unit_test_setup_teardown(test_a_long_history, fake_set_up, fake_tear_down),
        cmocka_unit_test_setup_teardown(test_marks, fake_set_up, fake_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
