/* SPDX-License-Identifier: Apache-2.0 */
/* certwhy help, certwhy COMMAND --help, certwhy version. */
#include <string.h>

#include "cli.h"

enum { OPTION_COLUMN = 28, COMMAND_COLUMN = 13 };

static void option_line(const struct option_spec *option, struct buf *out)
{
    struct arena arena = {0};
    const char *letter = option->letter ? arena_printf(&arena, "-%c, ", option->letter) : "    ";
    const char *left = arena_printf(&arena, "  %s--%s%s%s", letter, option->name,
                                    option->value ? " " : "", option->value ? option->value : "");
    if (strlen(left) < OPTION_COLUMN)
        buf_printf(out, "%-*s%s\n", OPTION_COLUMN, left, option->help);
    else
        buf_printf(out, "%s\n%*s%s\n", left, OPTION_COLUMN, "", option->help);
    arena_free(&arena);
}

static const struct option_spec common[] = {
    {.name = "verbose",
     .letter = 'v',
     .help = "say what is being done; -vv: every TLS message too"},
    {.name = "help", .letter = 'h', .help = "this page"},
};

/* The command says more of it itself. */
static bool shadowed(const struct command *command, const struct option_spec *option)
{
    for (const struct option_spec *o = command->more; o && o->name; o++)
        if (strcmp(o->name, option->name) == 0)
            return true;
    return false;
}

static void help_of_command(const struct command *command, struct buf *out)
{
    buf_printf(out, "%s\n\nUsage: certwhy %s\n", command->summary, command->usage);
    if (command->about)
        buf_printf(out, "\n%s\n", command->about);
    if (command->examples)
        buf_printf(out, "\nExamples:\n%s\n", command->examples);
    buf_add_str(out, "\nOptions:\n");
    for (const struct option_spec *o = command->more; o && o->name; o++)
        if (o->help)
            option_line(o, out);
    for (const struct option_spec *o = command->options; o && o->name; o++)
        if (o->help && !shadowed(command, o))
            option_line(o, out);
    for (size_t i = 0; i < sizeof common / sizeof *common; i++)
        option_line(&common[i], out);
}

static void help_of_program(struct buf *out)
{
    buf_add_str(
        out, "certwhy says why a client rejects a TLS server's certificate, which clients do, and\n"
             "what exactly fixes it - and proves the fix before it prints it.\n"
             "\nUsage: certwhy COMMAND [options]\n\nCommands:\n");
    for (size_t i = 0; command_table[i]; i++)
        buf_printf(out, "  %-*s%s\n", COMMAND_COLUMN, command_table[i]->name,
                   command_table[i]->summary);
    buf_add_str(
        out,
        "\nStart here:\n"
        "  certwhy check example.com                   why do clients reject this server?\n"
        "  certwhy check fullchain.pem --name example.com\n"
        "                                              is this file right, before I install it?\n"
        "  certwhy explain chain.missing-intermediate  what a finding means\n"
        "  certwhy help check                          all options, with examples\n");
}

void command_help(const struct command *command, struct buf *out)
{
    if (command)
        help_of_command(command, out);
    else
        help_of_program(out);
}

static int help_run(const struct command *command, const struct arguments *arguments)
{
    const struct command *about = NULL;
    if (arguments->operand_count) {
        const char *word = arguments->operands[0];
        about = command_find(word);
        const char *near = command_nearest(word);
        if (!about)
            return command_unusable(command, "there is no command \"%s\"%s%s%s", word,
                                    near ? ": did you mean \"" : "", near ? near : "",
                                    near ? "\"?" : "");
    }
    BUF_CLEANUP page = {0};
    command_help(about, &page);
    return output_write(NULL, buf_bytes(&page)) ? EXIT_ACCEPTED : EXIT_UNUSABLE;
}

const struct command help_command = {
    .name = "help",
    .summary = "how to use a command, with examples",
    .usage = "help [COMMAND]",
    .run = help_run,
};

static int version_run(const struct command *command, const struct arguments *arguments)
{
    (void)command;
    (void)arguments;
    BUF_CLEANUP line = {0};
    buf_printf(&line, "certwhy %s\n", cw_version());
    return output_write(NULL, buf_bytes(&line)) ? EXIT_ACCEPTED : EXIT_UNUSABLE;
}

const struct command version_command = {
    .name = "version",
    .summary = "the version of this program",
    .usage = "version",
    .run = version_run,
};
