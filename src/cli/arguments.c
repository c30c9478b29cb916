/* SPDX-License-Identifier: Apache-2.0 */
/* Words of the command line → options and operands, by the command's table. */
#include <string.h>

#include "cli.h"

/* Every command has these. */
static const struct option_spec common[] = {
    {.name = "verbose", .letter = 'v'},
    {.name = "help", .letter = 'h'},
    {.name = NULL},
};
static const struct option_spec none[] = {{.name = NULL}};

enum { OPTION_NAMES_MAX = 80 };

/** The words that are left. */
struct words {
    const struct command *command;
    struct arguments *out;
    char **next, **end;
    size_t option_cap, operand_cap;
};

static const struct option_spec *find_in(const struct option_spec *table, const char *name,
                                         size_t n, char letter)
{
    for (; table->name; table++)
        if (name ? strlen(table->name) == n && strncmp(table->name, name, n) == 0
                 : table->letter && table->letter == letter)
            return table;
    return NULL;
}

static const struct option_spec *find(const struct command *command, const char *name, size_t n,
                                      char letter)
{
    const struct option_spec *table = command->options ? command->options : none;
    const struct option_spec *more = command->more ? command->more : none;
    const struct option_spec *found = find_in(more, name, n, letter);
    if (!found)
        found = find_in(table, name, n, letter);
    return found ? found : find_in(common, name, n, letter);
}

static void add(struct words *words, const struct option_spec *spec, const char *value)
{
    struct arguments *out = words->out;
    if (strcmp(spec->name, "help") == 0) {
        out->help = true;
    } else if (strcmp(spec->name, "verbose") == 0) {
        out->verbose += out->verbose < 2;
    } else {
        const bool alias = spec->alias && *spec->alias;
        out->options = arena_grow(out->arena, out->options, out->option_count, &words->option_cap,
                                  sizeof *out->options);
        out->options[out->option_count++] =
            (struct given){.name = alias ? spec->alias : spec->name,
                           .value = alias && spec->fixed ? spec->fixed : value};
    }
}

static enum cw_code take_value(struct words *words, const struct option_spec *spec,
                               const char *attached, struct error *error)
{
    if (!spec->value) {
        if (attached && strcmp(attached, "true") != 0)
            return error_set(error, CW_E_USAGE, "--%s takes no value", spec->name);
        add(words, spec, "true");
        return CW_OK;
    }
    /* "--ca --only-ca" is a forgotten file, not a file of that name. */
    if (!attached && words->next < words->end && strncmp(*words->next, "--", 2) != 0)
        attached = *words->next++;
    if (!attached)
        return error_set(error, CW_E_USAGE, "--%s needs a value: --%s %s", spec->name, spec->name,
                         spec->value);
    add(words, spec, attached);
    return CW_OK;
}

static enum cw_code unknown_long(const struct words *words, const char *name, size_t n,
                                 struct error *error)
{
    const char *names[OPTION_NAMES_MAX + 1] = {NULL};
    size_t count = 0;
    for (const struct option_spec *s = words->command->more; s && s->name; s++)
        names[count++] = s->name;
    for (const struct option_spec *s = words->command->options; s && s->name; s++)
        if (count < OPTION_NAMES_MAX)
            names[count++] = s->name;
    const char *word = arena_strndup(words->out->arena, name, n);
    const char *near = str_nearest(word, names);
    if (near)
        return error_set(error, CW_E_USAGE, "there is no option --%s: did you mean --%s?", word,
                         near);
    return error_set(error, CW_E_USAGE, "there is no option --%s", word);
}

static enum cw_code take_long(struct words *words, const char *word, struct error *error)
{
    const size_t n = strcspn(word, "=");
    const struct option_spec *spec = find(words->command, word, n, 0);
    if (!spec)
        return unknown_long(words, word, n, error);
    return take_value(words, spec, word[n] ? word + n + 1 : NULL, error);
}

/* "-v", "-vv", "-4q", "-o FILE", "-oFILE" */
static enum cw_code take_short(struct words *words, const char *letters, struct error *error)
{
    for (; *letters; letters++) {
        const struct option_spec *spec = find(words->command, NULL, 0, *letters);
        if (!spec)
            return error_set(error, CW_E_USAGE, "there is no option -%c", *letters);
        if (spec->value)
            return take_value(words, spec, letters[1] ? letters + 1 : NULL, error);
        add(words, spec, "true");
    }
    return CW_OK;
}

static void add_operand(struct words *words, const char *word)
{
    struct arguments *out = words->out;
    out->operands = arena_grow(out->arena, out->operands, out->operand_count, &words->operand_cap,
                               sizeof *out->operands);
    out->operands[out->operand_count++] = word;
}

/* "-9807" is a number, as Apple's error codes are; "-4" and "-6" are options. */
static bool is_number(const char *word)
{
    return strlen(word) > 2 && word[1 + strspn(word + 1, "0123456789")] == '\0';
}

enum cw_code arguments_parse(const struct command *command, int argc, char **argv,
                             struct arguments *out, struct error *error)
{
    struct words words = {.command = command, .out = out, .next = argv, .end = argv + argc};
    bool only_operands = false, dashes = false;
    while (words.next < words.end) {
        const char *word = *words.next++;
        if (only_operands || *word != '-' || word[1] == '\0' || is_number(word)) {
            add_operand(&words, word);
            only_operands = only_operands || command->runs_another;
        } else if (strcmp(word, "--") == 0) {
            only_operands = true;
            out->before_dashes = out->operand_count;
            dashes = true;
        } else if (word[1] == '-')
            TRY(take_long(&words, word + 2, error));
        else
            TRY(take_short(&words, word + 1, error));
    }
    if (!dashes)
        out->before_dashes = out->operand_count;
    return CW_OK;
}

const char *argument_value(const struct arguments *arguments, const char *name)
{
    for (size_t i = arguments->option_count; i > 0; i--)
        if (strcmp(arguments->options[i - 1].name, name) == 0)
            return arguments->options[i - 1].value;
    return NULL;
}

bool argument_given(const struct arguments *arguments, const char *name)
{
    return argument_value(arguments, name) != NULL;
}
