/* SPDX-License-Identifier: Apache-2.0 */
/* The command table, what the first word means, and the sentences for mistakes. */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "cli.h"

const struct command *const command_table[] = {
    &check_command,
    &fix_command,
    &audit_command,
    &csr_command,
    &explain_command,
    &why_command,
    &trust_command,
    &clients_command,
    &lab_command,
    &update_data_command,
    &help_command,
    &version_command,
    NULL,
};

enum { COMMANDS_MAX = 16 };

const struct command *command_find(const char *name)
{
    for (size_t i = 0; command_table[i]; i++)
        if (strcmp(command_table[i]->name, name) == 0)
            return command_table[i];
    return NULL;
}

const char *command_nearest(const char *word)
{
    const char *names[COMMANDS_MAX] = {NULL};
    for (size_t i = 0; command_table[i] && i < COMMANDS_MAX - 1; i++)
        names[i] = command_table[i]->name;
    return str_nearest(word, names);
}

/* ---- sentences on standard error ---- */

static void say(const struct command *command, const char *sentence)
{
    BUF_CLEANUP safe = {0};
    str_safe_line(&safe, bytes_str(sentence));
    fprintf(stderr, "certwhy%s%s: %s\n", command ? " " : "", command ? command->name : "",
            buf_cstr(&safe));
}

int command_unusable(const struct command *command, const char *format, ...)
{
    struct arena arena = {0};
    va_list args;
    va_start(args, format);
    say(command, arena_vprintf(&arena, format, args));
    va_end(args);
    arena_free(&arena);
    fprintf(stderr, "Help: certwhy %s%s--help\n", command ? command->name : "", command ? " " : "");
    return EXIT_UNUSABLE;
}

int command_failed(const struct command *command, const struct error *error)
{
    say(command, error->text);
    return error->code == CW_E_NOBODY ? EXIT_UNSEEN : EXIT_UNUSABLE;
}

/* ---- running ---- */

static void log_stderr(void *context, int level, const char *line)
{
    (void)context;
    fprintf(stderr, "%s %s\n", level > 1 ? " ·" : "·", line);
}

static int help_print(const struct command *command)
{
    BUF_CLEANUP page = {0};
    command_help(command, &page);
    return output_write(NULL, buf_bytes(&page)) ? EXIT_ACCEPTED : EXIT_UNUSABLE;
}

/* A reader that goes away ("certwhy … | head -1") is an error of write(2), not the end of us. Nor
 * does a crash leave a private key in a core file: Linux takes a limit of one byte, unlike none, as
 * a word to programs that core_pattern pipes it to, too (fs/coredump.c). */
static void process_prepare(void)
{
    signal(SIGPIPE, SIG_IGN);
    setrlimit(RLIMIT_CORE, &(struct rlimit){.rlim_cur = 1, .rlim_max = 1});
}

static int command_start(const struct command *command, int argc, char **argv)
{
    struct arena arena = {0};
    struct arguments arguments = {.arena = &arena};
    struct error error = {0};
    int status = EXIT_UNUSABLE;
    const enum cw_code parsed = arguments_parse(command, argc, argv, &arguments, &error);
    if (!command->runs_another || arguments.help)
        process_prepare();
    if (parsed != CW_OK) {
        command_unusable(command, "%s", error.text);
    } else if (arguments.help) {
        status = help_print(command);
    } else {
        if (arguments.verbose)
            log_to(log_stderr, NULL, arguments.verbose);
        status = command->run(command, &arguments);
    }
    arena_free(&arena);
    return status;
}

static int command_unknown(const char *word)
{
    const char *near = command_nearest(word);
    if (near)
        return command_unusable(NULL, "there is no command \"%s\": did you mean \"%s\"?", word,
                                near);
    if (*word != '-' && (strpbrk(word, ".:/")))
        return command_unusable(
            NULL, "there is no command \"%s\": did you mean \"certwhy check %s\"?", word, word);
    return command_unusable(NULL, "there is no command \"%s\"", word);
}

int command_main(int argc, char **argv)
{
    if (argc < 2) {
        BUF_CLEANUP page = {0};
        command_help(NULL, &page);
        fputs(buf_cstr(&page), stderr);
        return EXIT_UNUSABLE;
    }
    const char *word = argv[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        process_prepare();
        return help_print(NULL);
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
        word = version_command.name;
    const struct command *command = command_find(word);
    return command ? command_start(command, argc - 2, argv + 2) : command_unknown(word);
}
