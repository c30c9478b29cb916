/* SPDX-License-Identifier: Apache-2.0 */
/* The regular test that a client verifies as it should. */
#ifndef CERTWHY_CLI_LAB_TEST_H
#define CERTWHY_CLI_LAB_TEST_H

#include "cli.h"
#include "lab/lab.h"

/** `certwhy lab test`: runs the command behind "--" against each server. Returns the exit status.
 */
int lab_test(const struct command *command, const struct arguments *arguments,
             const struct lab_request *request, bool json);

#endif
