/* SPDX-License-Identifier: Apache-2.0 */
/* What places.c, sources.c and env*.c share. Private to trust/. */
#ifndef CERTWHY_TRUST_MACHINE_H
#define CERTWHY_TRUST_MACHINE_H

#include "internal.h"

enum setting_place {
    PLACE_ENV,
    PLACE_CURLRC,
    PLACE_GITCONFIG,
    PLACE_NPMRC,
    PLACE_PIPCONF,
    PLACE_WGETRC,
    PLACE_JAVA_OPTIONS,
    PLACE_JDK_OPTIONS,
    PLACE_TOOL_OPTIONS,
    PLACE_NODE_OPTIONS,
};
enum setting_kind {
    KIND_FILE,    /**< a file, or a directory where the client takes one */
    KIND_DIR,     /**< a directory */
    KIND_DIRS,    /**< several with colons between them */
    KIND_ON,      /**< in force when set to anything but 0 and false */
    KIND_OFF,     /**< in force when 0, false, no or off */
    KIND_NOT_OFF, /**< in force unless 0, false, no or off */
};
struct setting_row {
    enum setting_place place;
    const char *name;
    enum setting_kind kind;
};
extern const struct setting_row setting_rows[SETTING_COUNT];

/** What a client does about a path that it cannot use. */
enum trust_failure {
    GOES_ON,
    REFUSES, /**< stops, whatever is wrong with it */
    MISSING, /**< stops when nothing is there; goes on with what holds no certificate */
};
/** A rule of clients.def. */
struct trust_rule {
    int client; /**< of clients.def: trust_client_at() names it */
    enum setting_id setting;
    int rank;
    enum trust_effect effect;
    enum trust_failure failure;
};
extern const struct trust_rule trust_rules[];
extern const size_t trust_rule_count;
/** True when only one rank of the client's rules is in force at a time. */
bool client_takes_one(const char *client);
/** True for a client to whom an empty value is a value: OpenSSL then reads no bundle at all, git
 *  fails. */
bool client_takes_empty(const char *client);

/** A store that several views may share, known by what it was made of. */
struct made_store {
    const char *key;
    struct store *store;
};
/** The names of a directory, counted once. */
struct directory_census {
    const char *path;
    size_t hashed, others; /**< links by hash; all else but directories and the bundle */
};
struct view_store {
    const struct trust_view *view;
    struct store *store; /**< one of the machine's */
};
/** One client as it is installed in one place. */
struct view_slot {
    size_t client;    /**< of clients.def */
    const char *home; /**< "" wherever it usually is */
    bool plain;       /**< as if nothing were set */
    struct trust_view *view;
};
/** What the package manager knows of one package. */
struct package {
    const char *name;
    const char *version; /**< "" not installed */
};

/** The names in a directory that patterns go through. */
struct listing {
    const char *path;
    const char **names;
    size_t count;
};

struct trust_machine {
    const char *root;
    struct environment environment;
    struct arena *arena;
    const char *home; /**< "" unknown */
    struct trust_setting *settings;
    size_t setting_count, setting_cap;
    bool settings_read;
    struct trust_use *uses;
    size_t use_count;
    bool uses_made;
    struct view_slot *views;
    size_t view_count, view_cap;
    struct made_store *stores;
    size_t store_count, store_cap;
    size_t bundle_count; /**< certificates of the system's bundle, without what was added */
    struct directory_census *directories;
    size_t directory_count, directory_cap;
    struct view_store *view_stores;
    size_t view_store_count, view_store_cap;
    const char **added; /**< --ca */
    size_t added_count, added_cap;
    struct listing *listings;
    size_t listing_count, listing_cap;
    struct trust_place *places;
    size_t place_count, place_cap;
    bool places_found;
    struct mapping roots; /**< an installed table */
    bool roots_opened;
    struct trust_program *programs;
    size_t program_count, program_cap;
    bool programs_found;
    struct package *packages; /**< those looked up so far; version "": not installed */
    size_t package_count, package_cap;
    bool packages_read; /**< whole: what is not among them now is unknown */
};

/** "" when it is not set. */
const char *machine_variable(const struct trust_machine *machine, const char *name);
/** home + path; "" when there is no home. */
const char *machine_home_path(const struct trust_machine *machine, const char *path);
/** What a value that begins with ~/ or $HOME/ means. */
const char *machine_expand(const struct trust_machine *machine, const char *value);

/** Reads the configuration files of all settings of this place; the one that wins comes first. */
void config_settings_read(struct trust_machine *machine, enum setting_place place);
/** A line of a configuration file. */
struct config_line {
    const char *path;
    size_t number;
    struct bytes section, key, value; /**< section: "http"; of [http "url"] the whole */
};
/** Is it this key, "proxy" or "http.proxy"? Case, - and _ do not matter. */
bool config_line_is(const struct config_line *line, const char *name);
typedef void config_visitor(void *context, const struct config_line *line);
/** Calls for each line with a key of this place's files, the one that wins first. */
void config_lines(struct trust_machine *machine, enum setting_place place, config_visitor *visit,
                  void *context);
/** The same for one file; false: it cannot be read. And for all that match a pattern. */
bool config_file_lines(struct trust_machine *machine, const char *path, config_visitor *visit,
                       void *context);
void config_pattern_lines(struct trust_machine *machine, const char *pattern, config_visitor *visit,
                          void *context);
void setting_add(struct trust_machine *machine, struct trust_setting setting);

/** The system's bundle: the first of the usual ones that exists, or NULL. */
const char *system_bundle(const char *root);
/** The directory that OpenSSL programs look in, or NULL. */
const char *system_hashed(const char *root);
/** Adds the members of one part to a store, with a source that says how it went. False: unread. */
bool store_add_part(struct store *store, const char *root, const struct trust_part *part);
/** A view over `base` that shows only what a root programme trusts. Takes a reference. */
void store_set_base(struct store *store, struct store *base, enum programme programme,
                    struct bytes roots);
/** The table of roots that `certwhy update-data` installed for who owns this machine's environment;
 *  p NULL: none. */
struct bytes machine_roots(struct trust_machine *machine);

/** "7.88.1-10+deb12u15": the version of an installed package, "" when it is none or another
 *  package manager's. */
const char *package_version(struct trust_machine *machine, const char *name);
/** True for a name that programs.def asks for. */
bool package_is_wanted(struct bytes name);
/** -1, 0 or 1: by numbers between dots, so that 3.9 is older than 3.13. What is missing is 0. */
int version_compare(const char *a, const char *b);
/** True when the Node.js of this machine was built to trust what OpenSSL trusts (Debian's). */
bool node_uses_system(struct trust_machine *machine);
/** cert9.db of the Firefox profile that starts unless another is chosen; NULL none. */
const char *firefox_database(struct trust_machine *machine);
/** Where the JVM that a shell would start has its files; NULL none. */
const char *java_home(struct trust_machine *machine);
/** "~/.pyenv/versions/3.11.7", the one in use; "" none. */
const char *pyenv_prefix(struct trust_machine *machine);
/** ~ and a leading $NAME filled in; NULL when there is no such home or variable. */
const char *pattern_expand(const struct trust_machine *machine, const char *pattern);

/** Calls for every path that matches a pattern whose components may be or hold a *, sorted. A
 *  directory is listed once, however many patterns go through it. */
typedef void path_visitor(void *context, const char *path, const char *label);
void paths_matching(struct trust_machine *machine, const char *pattern, path_visitor *visit,
                    void *context);

#endif
