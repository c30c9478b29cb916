/* SPDX-License-Identifier: Apache-2.0 */
/* Front header of cli/: one file per command, each ending in its entry of the command table. A
 * command states its options as a table; main.c parses them, answers --help, -v and mistakes, and
 * calls run(). */
#ifndef CERTWHY_CLI_H
#define CERTWHY_CLI_H

#include "certwhy_internal.h"

/** Exit statuses of commands that judge; the others use 0, 1 and 2 in the same spirit. */
enum exit_status {
    EXIT_ACCEPTED = 0, /**< done; every selected client accepts */
    EXIT_FINDINGS = 1, /**< a rejection, or a finding at or above --fail-on */
    EXIT_UNUSABLE = 2, /**< unusable arguments or unreadable input */
    EXIT_UNSEEN = 3,   /**< the target could not be observed */
};

/** One option of a command. Tables end with a row whose name is NULL. --help/-h, -v and -vv belong
 * to every command and stand in no table. */
struct option_spec {
    const char *name;  /**< without dashes: "format" */
    char letter;       /**< short form, 0 none */
    const char *value; /**< what it takes, for help: "FILE"; NULL: a flag */
    const char *help;  /**< one line; NULL: accepted, but not listed */
    const char *alias; /**< stands for this other option, "" or NULL none */
    const char *fixed; /**< with alias: the value it stands for (--json is --format json) */
};

/** One option as given: the canonical name and its value (flags: "true"). */
struct given {
    const char *name, *value;
};
struct arguments {
    struct given *options;
    size_t option_count;
    const char **operands; /**< what is no option, in order; all after "--" */
    size_t operand_count;
    size_t before_dashes; /**< of them, those in front of "--"; without one, all */
    int verbose;          /**< 0, 1 (-v), 2 (-vv) */
    bool help;            /**< --help: run() is not called */
    struct arena *arena;  /**< lives until the command returns */
};

struct command {
    const char *name, *summary;
    const char *usage;    /**< "check TARGET… [options]" */
    const char *about;    /**< what it does, a paragraph or two; NULL none */
    const char *examples; /**< lines "  certwhy check example.com    what for"; NULL none */
    const struct option_spec *options; /**< NULL none */
    const struct option_spec *more;    /**< its own beside a shared table; NULL none */
    int (*run)(const struct command *command, const struct arguments *arguments);
    /** Its first operand ends the options, and begins a command that must find the signals and
     *  limits of this process as they were. */
    bool runs_another;
};

/* The command table's entries, each at the end of its own file. */
extern const struct command check_command, fix_command, audit_command, csr_command, explain_command,
    why_command, clients_command, lab_command, trust_command, update_data_command, version_command,
    help_command;
/** A command that judges targets and prints a report: check, and what goes on from there. */
struct judging_command {
    const struct command *command;
    bool output_is_report; /**< -o is the report's file; else the report goes to standard output */
    void *context;         /**< for the two below */
    /** Before the report is printed, once all targets were judged. NULL: nothing is left to do. */
    enum cw_code (*prepare)(const struct judging_command *judging, struct cw_report *report,
                            struct error *error);
    /** After the report; returns the exit status, given the one of check. NULL: nothing follows. */
    int (*finish)(const struct judging_command *judging, struct cw_report *report, int status);
};
int judging_run(const struct judging_command *judging, const struct arguments *arguments);
extern const struct option_spec judging_options[];

/** All commands, NULL-terminated, in the order of the help page. */
extern const struct command *const command_table[];

/** Runs what the command line says; returns the exit status. */
int command_main(int argc, char **argv);

/** Reads the words behind the command's name. CW_E_USAGE with a sentence for what is no option. */
enum cw_code arguments_parse(const struct command *command, int argc, char **argv,
                             struct arguments *out, struct error *error);
/** The last value given for an option, or NULL. */
const char *argument_value(const struct arguments *arguments, const char *name);
bool argument_given(const struct arguments *arguments, const char *name);

/** Prints "certwhy NAME: <sentence>" and where help is, to stderr; returns EXIT_UNUSABLE. */
int command_unusable(const struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/** Prints "certwhy NAME: <error>" to stderr; returns EXIT_UNUSABLE. */
int command_failed(const struct command *command, const struct error *error);
/** The help page of a command, or of the whole program (NULL). */
void command_help(const struct command *command, struct buf *out);
/** The nearest command name, or NULL: "did you mean". */
const char *command_nearest(const char *word);
const struct command *command_find(const char *name);

/** Writes to a file (atomically) or, with path NULL, to standard output. A reader that went away
 *  (closed pipe) is success. Returns false after saying on stderr what failed. */
bool output_write(const char *path, struct bytes content);
/** True when standard output takes colour: --color always|auto|never (NULL: auto), NO_COLOR, TERM.
 */
bool output_color(const char *when);
/** The environment variables of this process. */
struct environment environment_own(void);
/** Another program, run without a shell and with no input. */
struct program {
    const char *const *argv;        /**< NULL-terminated, as is: */
    const char *const *environment; /**< "NAME=value"; NULL: ours */
    const char *directory;          /**< where it runs; NULL: where we do */
    int seconds;                    /**< it is ended then */
    bool ends_with_us;              /**< so is all that it started; and it does not outlive us */
    bool errors_too;                /**< what it says on standard error is taken, too */
    int complaints;                 /**< else a file for standard error; 0: none */
    const char *const *variables;   /**< "NAME=value" beside ours; NULL: none */
};
/** Appends what it prints, at most 8 MiB. Its exit status; -1 when it had to be ended or ended of a
 *  signal, 127 when it is not there. */
int program_status(const struct program *program, struct buf *out);
/** The same within 10 seconds; false when it is not there, fails, or takes longer. */
bool program_run(const char *const argv[], struct buf *out);
/** A program_runner: as program_run() for up to three minutes; when it fails, what it complained of
 *  stands behind its output. */
bool program_run_tool(void *context, const char *const argv[], const char *const variables[],
                      struct buf *out);
/** Asks for the passphrase of --key when that is encrypted, none was given and somebody sits there.
 */
void passphrase_ask(struct cw_options *options);
/** Columns of the terminal, 40 to 100; 100 when standard output is none. */
unsigned output_width(void);

/** --mx: checks each mail server of a domain (mx.c). Fails where there is none to be asked. */
enum cw_code mx_add(struct cw_report *report, const char *domain, struct error *error);

#endif
