/* SPDX-License-Identifier: Apache-2.0 */
/* Trust installation: which places a client takes roots from (recipes.def), what is to be done
 * there (install_plan.c), doing it (install_do.c) and undoing it exactly (install_undo.c). Nothing
 * here asks or prints; programs are run by the caller's function. */
#ifndef CERTWHY_REPAIR_INSTALL_H
#define CERTWHY_REPAIR_INSTALL_H

#include "repair/journal.h"

/** Runs a program without a shell. `environment`: "NAME=value" words beside its own, NULL-ended.
 *  False when it is not there or fails; then `out` holds what it said. */
typedef bool program_runner(void *context, const char *const argv[],
                            const char *const environment[], struct buf *out);

struct installer {
    struct journal *journal;
    struct trust_machine *machine; /**< as it is before */
    const struct environment *environment;
    struct arena *arena;
    const char *root; /**< "" this machine */
    bool is_root;     /**< may write everywhere */
    const struct cert *cert;
    const char *how;  /**< "root", "intermediate", "pin" */
    const char *host; /**< "registry:5000", for Docker; "" */
    cw_time now;
    program_runner *run;
    void *context;
};

enum step_kind {
    STEP_BLOCK,    /**< text is put into a file */
    STEP_BASE,     /**< an own bundle begins with what a client trusts today */
    STEP_GIT,      /**< git config --file */
    STEP_KEYTOOL,  /**< keytool -importcert */
    STEP_SYSTEM,   /**< a file, and update-ca-certificates */
    STEP_DATABASE, /**< certutil -N */
    STEP_CERTUTIL, /**< certutil -A */
};
struct trust_step {
    enum step_kind kind;
    const char *path;
    const char *text;    /**< STEP_BLOCK */
    const char *section; /**< STEP_BLOCK: the line that it goes behind; "" the end of the file */
    bool own;
    const char *name, *value; /**< key and value, alias, nickname and flags */
    const char *base;         /**< STEP_BASE: whose roots */
    const char *words;        /**< what it does, for people */
};

enum plan_state {
    PLAN_STEPS,
    PLAN_HAS,        /**< the client trusts it already */
    PLAN_SYSTEM,     /**< the client reads the system's store, which is added to as well */
    PLAN_PRINTED,    /**< not on this machine, or not for a program to do: a guide */
    PLAN_IMPOSSIBLE, /**< `why` */
};
struct trust_plan {
    const char *client; /**< as recipes.def calls it */
    const char *judged; /**< clients whose verdict shows it, comma-separated */
    enum plan_state state;
    const char *why;
    const char *guide; /**< PLAN_PRINTED: lines */
    const char *note;  /**< what to know about the place; "" */
    const char *variable, *value;
    struct trust_step steps[LIMIT_TRUST_STEPS];
    size_t step_count;
};

/** The names that --for takes, NULL past the end. */
const char *recipe_at(size_t i);
/** The recipe of a name or alias; NULL unknown. */
const char *recipe_named(const char *name);
/** True for a recipe whose client is on this machine and that certwhy carries out. */
bool recipe_is_here(const struct installer *in, const char *recipe);
/** What is to be done for one client. `with_system`: the system's store is added to as well. */
void install_plan(const struct installer *in, const char *recipe, bool with_system,
                  struct trust_plan *out);
/** A guide by its name, with {file} and {slug} filled in; NULL none. */
const char *install_guide(struct arena *arena, const char *name, const char *file,
                          const char *slug);
/** "corp-root-g2", of a subject: fit for file names, aliases and commands. */
const char *cert_slug(struct arena *arena, const struct cert *cert);

/** Carries a plan out and writes it down. On failure what was done of it is undone. */
enum cw_code install_do(const struct installer *in, const struct trust_plan *plan,
                        const char **addition, struct error *error);
/** Undoes one addition: every change that no other one needs. `says` gets a line for what could not
 *  be restored byte for byte. The addition stands until all of it is undone. */
enum cw_code install_undo(const struct installer *in, const char *addition, struct buf *says,
                          struct error *error);
/** Makes the certwhy-owned bundles anew from what the clients' own lists hold now. Returns how many
 *  changed. */
enum cw_code install_refresh(const struct installer *in, size_t *changed, struct error *error);

/** Why a file's certificate is not to be trusted as asked for. */
struct install_check {
    const char *refusal; /**< a sentence; "" none */
    const char *advice;  /**< what to do instead; "" */
    const char *warnings[4];
    size_t warning_count;
};
/** `how` as in struct installer. */
void install_check(struct arena *arena, const struct cert *cert, const char *how, cw_time now,
                   struct install_check *out);

#endif
