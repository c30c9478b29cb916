/* SPDX-License-Identifier: Apache-2.0 */
/* certwhy fix: check, then write the certificate file that cures what was found. */
#include <stdio.h>

#include "cli.h"

/* The fix whose file the bundle is. */
static const struct fix *fix_of_bundle(const struct plan *plan)
{
    if (plan->together && plan->together->file_count > 0 &&
        plan->together->files[0].content.p == plan->bundle.p)
        return plan->together;
    for (size_t i = 0; i < plan->finding_count; i++)
        for (size_t k = 0; k < plan->per_finding[i].count; k++) {
            const struct fix *fix = &plan->per_finding[i].items[k];
            if (fix->file_count > 0 && fix->files[0].content.p == plan->bundle.p)
                return fix;
        }
    return NULL;
}

static size_t blocks_count(struct bytes pem)
{
    const struct bytes marker = bytes_str("-----BEGIN ");
    size_t count = 0;
    for (size_t at = bytes_find(pem, marker); at != SIZE_MAX; at = bytes_find(pem, marker)) {
        pem = bytes_slice(pem, at + marker.n, pem.n);
        count++;
    }
    return count;
}

/* Nothing is written: why, and what next. */
static int nothing_to_write(int status)
{
    if (status == EXIT_ACCEPTED)
        fputs("certwhy fix: nothing is wrong with the chain: no file was written\n", stderr);
    else if (status == EXIT_FINDINGS)
        fputs("certwhy fix: no certificate file cures this: the steps are in the report; no file "
              "was written\n",
              stderr);
    return status;
}

static int fix_write(const struct arguments *arguments, struct cw_report *report, int status)
{
    const char *path = argument_value(arguments, "output");
    const struct target_report *target = report->report.targets[0];
    const struct plan *plan = &target->plan;
    const struct fix *fix = plan->bundle.p ? fix_of_bundle(plan) : NULL;
    struct error error = {0};
    if (!fix)
        return nothing_to_write(status);
    if (file_write_atomic(NULL, path, plan->bundle, 0644, &error) != CW_OK)
        return command_failed(&fix_command, &error);
    fprintf(stderr, "certwhy fix: %s: %zu certificates, leaf first; %s\n", path,
            blocks_count(plan->bundle),
            fix->rejected_count == 0 ? "proven: with it every client accepts"
                                     : "it cures its finding, others remain: see the report");
    return fix->rejected_count == 0 ? EXIT_ACCEPTED : EXIT_FINDINGS;
}

static int fix_run(const struct command *command, const struct arguments *arguments)
{
    const struct judging_command judging = {.command = command, .finish = fix_write};
    if (arguments->operand_count > 1)
        return command_unusable(command, "one target at a time: its file is written to -o FILE");
    if (!argument_given(arguments, "output"))
        return command_unusable(command, "-o FILE is needed: where the repaired file goes");
    return judging_run(&judging, arguments);
}

const struct command fix_command = {
    .name = "fix",
    .summary = "write the certificate file that repairs a server's chain",
    .usage = "fix TARGET -o FILE [options]",
    .about =
        "Checks TARGET as `certwhy check` does, prints the report, and writes the corrected file:\n"
        "leaf first, then the intermediates, no root. Only what was proven by judging again is\n"
        "written; private keys are never copied. Options are those of check.\n"
        "Exit status: 0 every client accepts with the file (or nothing was wrong), 1 something\n"
        "remains, 2 unusable arguments or input, 3 the target could not be observed.",
    .examples =
        "  certwhy fix example.com -o fullchain.pem --pool intermediates.pem\n"
        "  certwhy fix bundle.pem --name example.com -o fixed.pem     a file in the wrong order\n",
    .options = judging_options,
    .run = fix_run,
};
