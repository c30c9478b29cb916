/* SPDX-License-Identifier: Apache-2.0 */
/* Front header of the top of the library (certwhy.c, options.c): what include/certwhy.h hides. The
 * commands use it to check several targets into one report and to reach the parts of it. */
#ifndef CERTWHY_INTERNAL_H
#define CERTWHY_INTERNAL_H

#include "observe/observe.h"
#include "report/report.h"

/** A growing list of words given by a repeatable option. */
struct word_list {
    const char **items;
    size_t count, cap;
};

/** One --ignore RULE[@NAME][=until DATE]. */
struct ignore_rule {
    const char *rule;
    const char *name; /**< "" any target */
    cw_time until;    /**< TIME_NONE: for good */
};

/** A setting that the command line of a client made (trust_machine_set()). */
struct given_setting {
    const char *name, *value, *where;
    const char *password; /**< NULL none */
};

struct cw_options {
    struct arena arena;
    const char *root; /**< prefix of absolute paths: another machine's tree; "" none */
    const char *name, *connect, *key;     /**< "" not given */
    const char *client_cert, *client_key; /**< "" not given */
    struct buf key_pass; /**< the key's passphrase, NUL-terminated; wiped with the options */
    const char *sni;     /**< NULL: the name; "" none is sent */
    const char *clients; /**< comma-separated, "" the default ones */
    const char *alpn;    /**< "" not offered */
    const char *expect;  /**< a file that the server should serve; "" none */
    const char *proxy;   /**< "" that of the environment */
    struct word_list ca, pool, resolve, crl, ocsp;
    struct given_setting *settings;
    size_t setting_count, setting_cap;
    struct ignore_rule *ignore;
    size_t ignore_count, ignore_cap;
    bool clock;               /**< --clock, or what belongs to it */
    const char *sntp;         /**< a time server; "" none */
    bool dns;                 /**< --dns, or what belongs to it */
    const char *dns_server;   /**< "" the system's resolvers */
    struct bytes dns_anchors; /**< of --dns-anchor; p NULL: the root's */
    bool unnamed;             /**< the client compares no name (certwhy why) */
    bool only_ca, offline, no_cache, allow_private_fetch, no_service_probe;
    bool ipv4, ipv6;
    cw_time at;                     /**< TIME_NONE: now */
    double timeout;                 /**< seconds for one dialogue */
    struct environment environment; /**< whose variables change what clients trust; none: no get */
    enum severity fail_on;
};

/** As cw_options_set(), with a struct error. */
enum cw_code options_set(struct cw_options *options, const char *name, const char *value,
                         struct error *error);

/** Adds a setting; its strings are copied. */
void options_add_setting(struct cw_options *options, const struct given_setting *setting);

/** Takes the passphrase of --key. */
void options_key_pass(struct cw_options *options, struct bytes passphrase);

/** One target's diagnosis and all that it stands on. */
struct checked {
    struct observation observation;
    const struct profile **profiles;
    struct store **stores;   /**< per profile, borrowed from `distinct` */
    struct store **distinct; /**< this machine's, or a case's own; references */
    size_t distinct_count;
    struct store *pool;         /**< a reference, or NULL */
    struct sig_memo *memo;      /**< of a redacted case, its own; else NULL */
    struct fetch_budget budget; /**< what may still be fetched for it */
    bool *selected; /**< per profile: chosen by name, so that it counts if documented, too */
    struct target_report report;
};

/** What the targets of one run share (stores, signature memo) and their reports. */
struct cw_report {
    struct arena arena;
    const struct cw_options *options; /**< borrowed; not used after the last target */
    struct trust_machine *machine;
    const char *found; /**< the clients of this machine and browsers, with commas; NULL not known */
    struct store *only; /**< --only-ca: everybody's store; else NULL */
    struct store *pool;
    struct sig_memo *memo;
    struct bytes roots, ct_logs; /**< tables as text; roots.p NULL: what is compiled in */
    struct bytes suffixes;       /**< the public suffix list; p NULL: libpsl's */
    struct mapping roots_map, ct_logs_map, suffixes_map;
    struct fetcher *fetcher;
    struct checked **checked; /**< parallel to report.targets */
    struct report report;
    size_t checked_cap, target_cap;
    struct cw_finding finding; /**< what the accessors hand out */
    struct cw_client client;
};

/** An empty report: stores are opened, nothing is looked at. Free with cw_report_free(). */
enum cw_code report_new(const struct cw_options *options, struct cw_report **out,
                        struct error *error);
/** Diagnoses one target and adds it. On failure the report is as before. */
enum cw_code report_add(struct cw_report *report, const char *target, struct error *error);
/** Adds a target that report_add() failed with, for formats whose readers look for every target. */
void report_add_failed(struct cw_report *report, const char *target, const struct error *error);
/** The target that was added last takes the mail of this domain (--mx); `preference` -1: since the
 *  domain has no MX record. */
void report_note_mail(struct cw_report *report, const char *domain, int preference);
/** The gravest exit status of the targets: 2, then 3, then 1, then 0. */
int report_exit_status(const struct cw_report *report);
/** The graver of two exit statuses. */
int exit_status_graver(int a, int b);
/** The saved case of one target, for --save. */
enum cw_code report_case(const struct cw_report *report, size_t target, struct buf *out,
                         struct error *error);

/** The profiles of a list of names; "default" stands for `by_default`, "all" for every one, and an
 *  empty list is "default". selected[i] becomes true for those named themselves. */
size_t clients_select(struct arena *arena, const char *list, const char *by_default,
                      const struct profile **out, bool *selected);
/** True when such a list asks for the clients of the machine. */
bool clients_ask_default(const char *list);
/** The clients that are installed on this machine, and browsers: names with commas. */
const char *clients_here(struct trust_machine *machine, struct arena *arena);
/** What is installed here that this profile stands for; NULL nothing. */
const struct trust_program *client_installed(struct trust_machine *machine,
                                             const struct profile *profile);
/** True for what clients_here() names. */
bool client_is_default(struct trust_machine *machine, const struct profile *profile);

/** Readies this machine's trust stores, none of which is read yet. */
enum cw_code stores_open(struct cw_report *report, struct error *error);
/** Gives each of the first `count` profiles its store. */
void stores_choose(struct cw_report *report, struct checked *checked, size_t count);
/** Finds the clients that reject because of a setting, and says so among facts and reasons. */
void stores_blame(struct cw_report *report, struct checked *checked);
/** Takes back verdicts that rest on a store that is not known well enough: what could not be read,
 *  what is known by facts alone, roots that are trusted until some day. */
void stores_doubt(struct cw_report *report, struct checked *checked);
void stores_drop(struct checked *checked);

/** Looks for what tells a private CA from somebody on the way, when that is the question. */
void interception_look(struct cw_report *report, struct checked *checked);

/** A fetcher as the options and the environment want it. Loads nothing. */
struct fetcher *fetcher_open(const struct cw_options *options, struct arena *arena);

/** Tables with a date (tables.c): installed ones or those that are compiled in. */
void tables_open(struct cw_report *report);
void tables_close(struct cw_report *report);
/** What this target is judged by: its case's, or this machine's. */
void tables_choose(const struct cw_report *report, struct checked *checked);
/** As much of them as judging looked at, for a case. */
void tables_keep(struct arena *arena, const struct checked *checked, struct observation *out);

/** Sets outcome and exit_status of a judged target. */
void outcome_decide(const struct cw_options *options, struct checked *checked);

#endif
