/* SPDX-License-Identifier: Apache-2.0 */
/* Words of the command line → options and operands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/cli.h"

static const struct option_spec specs[] = {
    {.name = "ca", .value = "FILE", .help = "x"},
    {.name = "cacert", .value = "FILE", .alias = "ca"},
    {.name = "format", .value = "F", .help = "x"},
    {.name = "json", .alias = "format", .fixed = "json", .help = "x"},
    {.name = "only-ca", .help = "x"},
    {.name = "output", .letter = 'o', .value = "FILE", .help = "x"},
    {.name = "quiet", .letter = 'q', .help = "x"},
    {.name = "ipv4", .letter = '4', .help = "x"},
    {.name = NULL},
};
static const struct command command = {
    .name = "test", .summary = "s", .usage = "test", .options = specs};

/* Options as "name=value " and operands as "<word> ", in order, then -v as "v" and help as "h". */
static void parsed(const char *words, struct buf *out)
{
    struct arena arena = {0};
    struct arguments arguments = {.arena = &arena};
    struct error error = {0};
    char *list[32];
    int count = 0;
    char *rest = arena_strdup(&arena, words);
    for (char *word = strsep(&rest, " "); word; word = strsep(&rest, " "))
        list[count++] = word;
    if (arguments_parse(&command, count, list, &arguments, &error) != CW_OK) {
        buf_add_str(out, error.text);
        arena_free(&arena);
        return;
    }
    for (size_t i = 0; i < arguments.option_count; i++)
        buf_printf(out, "%s=%s ", arguments.options[i].name, arguments.options[i].value);
    for (size_t i = 0; i < arguments.operand_count; i++)
        buf_printf(out, "<%s> ", arguments.operands[i]);
    for (int i = 0; i < arguments.verbose; i++)
        buf_add_str(out, "v");
    buf_add_str(out, arguments.help ? "h" : "");
    arena_free(&arena);
}

static void test_words(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"a b", "<a> <b> "},
        {"a --ca f b", "ca=f <a> <b> "},
        {"--ca=f=g", "ca=f=g "},
        {"--ca=", "ca= "},
        {"--cacert f --ca g", "ca=f ca=g "},
        {"--json --format text", "format=json format=text "},
        {"-o f -oq -q", "output=f output=q quiet=true "},
        {"-4q", "ipv4=true quiet=true "},
        {"-q4o x", "quiet=true ipv4=true output=x "},
        {"-v -v -v", "vv"},
        {"-vv", "vv"},
        {"--verbose a", "<a> v"},
        {"--help", "h"},
        {"-h", "h"},
        {"- --", "<-> "},
        {"-- --ca -v", "<--ca> <-v> "},
        {"--ca -", "ca=- "},
        {"--ca", "--ca needs a value: --ca FILE"},
        {"--ca --only-ca", "--ca needs a value: --ca FILE"},
        {"-o", "--output needs a value: --output FILE"},
        {"--only-ca=yes", "--only-ca takes no value"},
        {"--onlyca", "there is no option --onlyca: did you mean --only-ca?"},
        {"--zzzzzzzz", "there is no option --zzzzzzzz"},
        {"-z", "there is no option -z"},
        {"-qz", "there is no option -z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        BUF_CLEANUP out = {0};
        parsed(cases[i][0], &out);
        assert_string_equal(buf_cstr(&out), cases[i][1]);
    }
}

static void test_values(void **state)
{
    (void)state;
    struct given given[] = {{"a", "1"}, {"b", "2"}, {"a", "3"}};
    const struct arguments arguments = {.options = given, .option_count = 3};
    assert_string_equal(argument_value(&arguments, "a"), "3");
    assert_null(argument_value(&arguments, "c"));
    assert_true(argument_given(&arguments, "b"));
    assert_false(argument_given(&arguments, "c"));
}

static bool option_in(const struct option_spec *table, const char *name)
{
    for (; table && table->name; table++)
        if (strcmp(table->name, name) == 0)
            return true;
    return false;
}

/* Every listed option of every command has its line of help, each command an example. */
static void test_help_is_whole(void **state)
{
    (void)state;
    for (size_t i = 0; command_table[i]; i++) {
        BUF_CLEANUP page = {0};
        command_help(command_table[i], &page);
        const char *text = buf_cstr(&page);
        assert_non_null(strstr(text, command_table[i]->summary));
        for (const struct option_spec *o = command_table[i]->options; o && o->name; o++)
            if (o->help && !option_in(command_table[i]->more, o->name))
                assert_non_null(strstr(text, o->help));
        for (const struct option_spec *o = command_table[i]->more; o && o->name; o++)
            assert_non_null(strstr(text, o->help));
        for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
            assert_true(strcspn(line, "\n") <= 104); /* bytes; a few characters take three */
        assert_ptr_equal(command_find(command_table[i]->name), command_table[i]);
    }
    assert_null(command_find("chekc"));
    assert_string_equal(command_nearest("chekc"), "check");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_help_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
