/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of `certwhy trust` share: trust.c is the command, trust_*.c its reports. */
#ifndef CERTWHY_CLI_TRUST_H
#define CERTWHY_CLI_TRUST_H

#include <jansson.h>

#include "cli.h"

/** One run of the command. */
struct trust_job {
    const struct command *command;
    const struct arguments *arguments;
    struct trust_machine *machine;
    struct arena *arena;
    const char *root; /**< "" this machine itself: other programs may be asked */
    cw_time now;
    bool json;
    unsigned width;
};

/** What a store holds. */
struct trust_census {
    struct store *store; /**< the census's own reference */
    bool read;
    const char *problem; /**< when it was not read */
    cw_time modified;
    size_t count, public_roots, expired;
    size_t lacking; /**< of Mozilla's present roots, for a store of public roots; else 0 */
};
/** Takes the store over. */
struct trust_census trust_census_of(const struct trust_job *job, struct store *store);
struct trust_census trust_census_place(const struct trust_job *job,
                                       const struct trust_place *place);
/** The store that a word means: a client, a name of `trust list`, a programme or a path. The
 *  caller's reference; NULL after saying why. */
struct store *trust_store_named(const struct trust_job *job, const char *word);

int trust_list(const struct trust_job *job);
int trust_show(const struct trust_job *job, const char *word);
int trust_diff(const struct trust_job *job, const char *a, const char *b);
int trust_env(const struct trust_job *job);
int trust_add(const struct trust_job *job, const char *path);
int trust_remove(const struct trust_job *job, const char *word);
int trust_added(const struct trust_job *job);
int trust_update(const struct trust_job *job);

/** Words at `indent`, wrapped to the job's width; made safe for a terminal. */
void trust_wrap(const struct trust_job *job, struct buf *out, unsigned indent, const char *text);
/** "2026-05-01", or "unknown". */
const char *trust_date(const struct trust_job *job, cw_time t);
/** Writes to standard output; `status` unless that fails. Takes `json` over. */
int trust_print_json(json_t *json, int status);
/** "in 5 of 6 programmes"; "no public root" */
const char *trust_programmes(const struct trust_job *job, const uint8_t sha256[32]);
json_t *trust_programmes_json(const uint8_t sha256[32]);
/** A client's place in words: "the bundle /etc/…", "Mozilla's list (compiled in)". */
const char *trust_part_text(const struct trust_job *job, const struct trust_part *part);
json_t *trust_part_json(const struct trust_part *part);
/** The dates of the programmes' data, as a line and as JSON. */
const char *trust_data_text(const struct trust_job *job);
json_t *trust_data_json(void);

#endif
