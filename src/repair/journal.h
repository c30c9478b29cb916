/* SPDX-License-Identifier: Apache-2.0 */
/* What `certwhy trust add` did to this machine, so that it can be undone exactly: JSON lines, the
 * last record of an id counts. A record is written before the change that it is about (intent) and
 * again after it, each time as a whole new file that replaces the old one. */
#ifndef CERTWHY_REPAIR_JOURNAL_H
#define CERTWHY_REPAIR_JOURNAL_H

#include "trust/trust.h"

/** What stood at a path. A regular file's bytes are kept under their digest. */
struct mark {
    enum file_what what;
    unsigned mode;
    uint8_t sha256[32];
    const char *target; /**< of a link; "" */
};
struct changed_path {
    const char *path;
    struct mark before, after;
};

enum progress { PROGRESS_BEGUN, PROGRESS_DONE, PROGRESS_UNDONE };

enum change_kind {
    CHANGED_FILE,     /**< one file, from `before` to `after` in one rename */
    CHANGED_SYSTEM,   /**< a file for update-ca-certificates, which then changes `paths` */
    CHANGED_NSS,      /**< a certificate in a database, by certutil */
    CHANGED_DATABASE, /**< the database itself was made */
};

/** One change of one place. Several additions may rest on it. */
struct journal_change {
    const char *id; /**< "c12" */
    enum change_kind kind;
    enum progress progress;
    const char *path; /**< the file; of NSS, the database's directory */
    struct mark before, after;
    bool own;                 /**< a file of certwhy's own: nobody else writes it */
    const char *block;        /**< the text that was put in, to be taken out again; "" */
    const char *tool;         /**< "git", "keytool", "certutil": who can take it back alone; "" */
    const char *name, *value; /**< for that tool: key and value, alias, nickname and old flags */
    const char *base;         /**< an own bundle starts with the roots of this client; "" */
    struct changed_path *paths;
    size_t path_count;
    const char **made; /**< directories that were made for it, outermost first */
    size_t made_count;
};

/** One certificate trusted for one client. */
struct journal_addition {
    const char *id;       /**< "t3" */
    const char *sha256;   /**< hex */
    const char *subject;  /**< harmless text */
    const char *client;   /**< "java" */
    const char *how;      /**< "root", "intermediate", "pin" */
    const char *variable; /**< an environment variable that it set; "" */
    const char *value;
    enum progress progress;
    cw_time time;
    cw_time not_after;
    const char **changes; /**< ids that it rests on, in order */
    size_t change_count;
};

struct journal {
    const char *root, *directory; /**< the machine's, and where the journal lies */
    struct arena *arena;
    struct buf text;
    struct open_file lock;
    struct journal_change *changes;
    size_t change_count, change_cap;
    struct journal_addition *additions;
    size_t addition_count, addition_cap;
    unsigned next; /**< number of the next id */
};

/** Where it lies: $CERTWHY_STATE, else /var/lib/certwhy for root, else $XDG_STATE_HOME/certwhy or
 *  ~/.local/state/certwhy; "" unknown. */
const char *journal_directory(struct arena *arena, const struct environment *environment,
                              bool is_root);
/** Reads it, or begins an empty one. With `lock` nobody else changes anything until
 * journal_close(). Strings lie in the arena. CW_E_INPUT: it is damaged. */
enum cw_code journal_open(struct journal *journal, bool lock, struct error *error);
void journal_close(struct journal *journal);
const char *journal_new_id(struct journal *journal, char letter);
/** Writes a record; a change or addition with this id is replaced. */
enum cw_code journal_put_change(struct journal *journal, const struct journal_change *change,
                                struct error *error);
enum cw_code journal_put_addition(struct journal *journal, const struct journal_addition *addition,
                                  struct error *error);
struct journal_change *journal_change_find(struct journal *journal, const char *id);
/** True when an addition that is in force, other than `but`, rests on the change. */
bool journal_is_needed(const struct journal *journal, const char *change, const char *but);
/** When nothing stands, what was kept of others' files is removed, and a long history with it. */
enum cw_code journal_prune(struct journal *journal, struct error *error);
/** Begun, and not undone. */
bool addition_stands(const struct journal_addition *addition);

/** What stands at a path. With `keep`, a regular file's bytes are kept beside the journal.
 * `follow`: of a link, what it leads to. */
enum cw_code mark_take(const struct journal *journal, const char *path, bool follow, bool keep,
                       struct mark *out, struct error *error);
struct mark mark_of(struct bytes content, unsigned mode);
bool mark_equal(const struct mark *a, const struct mark *b);
/** Makes the path what it was, from the bytes that were kept. `follow` as in mark_take(). */
enum cw_code mark_restore(const struct journal *journal, const char *path, bool follow,
                          const struct mark *mark, struct error *error);

#endif
