/* SPDX-License-Identifier: Apache-2.0 */
/* Cases of the corpora beside the project (../shared) as observations to judge. */
#ifndef CERTWHY_TESTS_CORPUS_H
#define CERTWHY_TESTS_CORPUS_H

#include <jansson.h>

#include "judge/judge.h"
#include "judge/profile.h"

/** One chain to judge: everything is dropped by trial_free(). */
struct trial {
    struct arena arena;
    struct observation observation;
    struct store *store;
    struct sig_memo *memo;
    struct verdict verdict;
    double cpu_ms; /**< what judging cost */
};

/** Adds the certificates of a PEM text to the sent chain, or to the store. */
void trial_send(struct trial *t, const char *pem);
void trial_trust(struct trial *t, const char *pem);
/** One certificate as it is. */
void trial_send_der(struct trial *t, struct bytes der);
void trial_trust_der(struct trial *t, struct bytes der);
/** The leaf and intermediates of a corpus' line as sent, its roots as the store. */
void trial_send_all(struct trial *t, json_t *line);
/** `host` may be NULL: names are not judged. */
void trial_name(struct trial *t, const char *host);
/** Judges under these profiles, all with the trial's store. */
void trial_judge(struct trial *t, const struct profile *const *profiles, size_t count, cw_time at);
void trial_free(struct trial *t);

/** Known differences: id, expected, actual, reason; one a line, tab-separated. */
struct exceptions {
    struct exception {
        char *id, *expected, *actual;
        bool used;
    } * items;
    size_t count;
};
struct exceptions exceptions_read(const char *suite);

/** Counts and prints what differs. */
struct score {
    const char *suite;
    struct exceptions exceptions;
    size_t passed, failed, excepted, skipped;
    bool verbose;
};
void score_case(struct score *score, const char *id, const char *expected, const char *actual,
                const char *detail);
/** Prints the suite's line; stale exceptions count as failures. */
void score_finish(struct score *score);

/** A suite: its name, the file under ../shared, and how one line is judged. */
struct suite {
    const char *name, *file;
    void (*run)(struct score *score, json_t *line);
};
extern const struct suite suites[];
/** Where the corpora lie. */
extern const char *shared_folder;
/** suites_engines.c; what it keeps of other corpora is dropped by engines_free(). */
void engines_run(struct score *score, json_t *line);
void engines_free(void);
/** suites_openssl.c */
void openssl_run(struct score *score, json_t *line);
/** suites_revocation.c */
void boringssl_crl_run(struct score *score, json_t *line);
void boringssl_ocsp_run(struct score *score, json_t *line);
void pkits_crl_run(struct score *score, json_t *line);
void limbo_crl_run(struct score *score, json_t *line);
/** What a line of PKITS asks of a verifier; the policies are kept in `policies`. */
void pkits_options(json_t *line, struct arena *arena, struct bytes *policies, size_t max,
                   struct behaviour *b);

#endif
