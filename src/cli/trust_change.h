/* SPDX-License-Identifier: Apache-2.0 */
/* What trust add, remove and update share: the journal, a machine as it is now, asking, proof. */
#ifndef CERTWHY_CLI_TRUST_CHANGE_H
#define CERTWHY_CLI_TRUST_CHANGE_H

#include "trust.h"

enum { CLIENTS_MAX = 64, VERDICTS_MAX = 12 };

struct shown_verdict {
    const char *client; /**< "curl@7.88" */
    int accepts;        /**< as in struct client_verdict */
    const char *text;   /**< "curl@7.88 accepts git.corp.example:443" */
};
/** What became of one client. */
struct client_result {
    const char *client, *id; /**< of the recipe; of the addition, "" none */
    enum plan_state state;
    const char *why, *judged, *variable, *value, *guide;
    const char **paths;
    size_t path_count;
    bool failed, proven;
    struct shown_verdict verdicts[VERDICTS_MAX];
    size_t verdict_count;
};

struct changing {
    const struct trust_job *job;
    struct journal journal;
    struct environment own, environment; /**< this process's; with what the journal has set */
    bool is_root;
    struct cert *cert;
    const char *path, *how, *against;
    const char
        *name;  /**< that a target which is a file is judged for; "" that of the command line */
    bool trial; /**< it is judged as if it were trusted */
    const char *unseen; /**< why nothing could be judged; NULL: it was, or need not be */
    struct install_check check;
    const char *clients[CLIENTS_MAX];
    bool named[CLIENTS_MAX]; /**< asked for by its name; else found on this machine */
    size_t client_count;
    const char *system_problem; /**< why the system's store cannot be added to; "" */
    size_t printed, had, impossible;
    struct client_result results[CLIENTS_MAX];
    size_t result_count;
};
void changing_close(struct changing *c);
#define CHANGING_CLEANUP __attribute__((cleanup(changing_close))) struct changing

/** Reads the journal: nothing is changed by it. */
enum cw_code changing_open(struct changing *c, struct error *error);
/** Nobody else changes anything from here on; what they did meanwhile is read. */
enum cw_code changing_lock(struct changing *c, struct error *error);
/** The machine as it is now, with the variables that additions set. Free it. */
struct trust_machine *changing_machine(struct changing *c);
struct installer changing_installer(struct changing *c, struct trust_machine *machine);
/** The clients of --for, the system's store first. */
enum cw_code changing_clients(struct changing *c, const char *list, struct error *error);
/** --yes, or the answer on the terminal; false after saying why not. */
bool changing_ask(const struct changing *c, const char *question);
json_t *changing_json(struct changing *c);
/** Undoes the additions whose client does not accept. */
void changing_take_back(struct changing *c);

/** For --pin and --as-intermediate: would the clients accept? CW_E_INPUT when none would. */
enum cw_code prove_before(struct changing *c, struct error *error);
/** Judges each client again; false when a pin or an intermediate does not help one of them. */
bool prove(struct changing *c);

#endif
