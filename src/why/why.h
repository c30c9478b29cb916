/* SPDX-License-Identifier: Apache-2.0 */
/* Front header of why/: runs a command as it is, sees what it does, and says why it failed when
 * that was about a certificate. */
#ifndef CERTWHY_WHY_H
#define CERTWHY_WHY_H

#include "certwhy_internal.h"

struct why_request {
    const char *const *command; /**< the words, NULL-terminated; the first is the program */
    /** Options of a diagnosis as the user gave them, anew for each; freed by why/. NULL: *error. */
    struct cw_options *(*options)(const void *context, struct error *error);
    const void *context; /**< its argument */
    const char *client;  /**< --client, "" as recognised */
    bool preload;        /**< let the library look on (--no-preload: not) */
    bool quiet;          /**< nothing when all went well, and the verdict alone when not */
    const char *format;  /**< of the report: a renderer's name */
    const char *output;  /**< file for the report; NULL: standard error */
    struct render_options how;
};

/** What is left to do for whoever calls: end as the command did. */
struct why_end {
    int status; /**< exit status; 127 and 126 as env(1): it could not be run */
    int signal; /**< it was ended by this one; 0: not */
};

/** Runs the command, passes its output on, diagnoses. CW_OK whatever became of the command. */
enum cw_code why_run(const struct why_request *request, struct why_end *end, struct error *error);

#endif
