/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of why/ share. */
#ifndef CERTWHY_WHY_INTERNAL_H
#define CERTWHY_WHY_INTERNAL_H

#include <pthread.h>
#include <sys/types.h>

#include "log.h"
#include "why.h"

/* ---- relay.c: the command's output on its way ---- */

/** Of a stream as much as recognition needs: its beginning and its end. */
struct kept {
    struct buf head;
    uint8_t *ring; /**< LIMIT_KEPT_TAIL octets; NULL: the head holds all */
    uint64_t past; /**< octets behind the head that came */
};
void kept_add(struct kept *kept, const uint8_t *p, size_t n);
/** Appends what is kept, with a line break where something is missing. */
void kept_text(const struct kept *kept, struct buf *out);
void kept_free(struct kept *kept);

/** Standard output or standard error; when both are one and the same, a single stream for both. */
struct stream {
    int to;    /**< ours */
    int from;  /**< read end, or master of the pseudo-terminal; -1: it ended */
    int given; /**< what the command gets; closed after the start */
    bool terminal;
    int stop;  /**< eventfd, borrowed: when it is readable, what is there is passed on, no more */
    int ended; /**< eventfd, borrowed: counts streams that ended */
    struct kept kept;
    pthread_t thread;
    bool running;
};
/** The streams of a command. `uses[fd]` is the stream that fd 1 and 2 get; -1: they stay as they
 * are (closed, or a device such as /dev/null). */
struct streams {
    struct stream items[2];
    size_t count;
    int uses[3];
    int stop, ended;
};
enum cw_code streams_open(struct streams *streams, struct error *error);
/** Passes on in threads of their own: a reader of one that is slow does not delay the other. */
void streams_start(struct streams *streams);
/** After the command ended: passes on what is there. What its own children still hold open is left
 *  to a process that stays as long as they do; nobody waits for it. */
void streams_finish(struct streams *streams);
/** The window has another size. */
void streams_resize(const struct streams *streams);
void streams_close(struct streams *streams);

/* ---- witness.c: what the preloaded library saw ---- */

struct witness;
/** NULL when the library is not there. */
struct witness *witness_new(void);
void witness_free(struct witness *witness);
/** This process's environment with the library in it, for the command; `arena`'s. */
char **witness_environment(const struct witness *witness, struct arena *arena);
/** One slot as it was written, without trust in what it holds. */
struct sight {
    enum witness_kind kind;
    pid_t pid;
    int fd;
    unsigned value;
    cw_time clock;
    const char *text;
};
/** The next one; false: there are no more yet, or (over: nobody writes any more) at all. The text
 *  lives in `arena`. */
bool witness_next(struct witness *witness, bool over, struct arena *arena, struct sight *out);

/* ---- processes.c: who did what ---- */

/** A connection on which TLS began, or may have. */
struct contact {
    const char *address; /**< "127.0.0.1" */
    unsigned port;
    const char *sni;    /**< of its ClientHello; "" none was sent; NULL: no ClientHello was seen */
    const char *tunnel; /**< "HOST:PORT" that a proxy at `address` was asked for; "" none */
    const char *scheme; /**< of the protocol in plain text before; "" none */
    cw_time clock;      /**< the program's; TIME_NONE unknown */
};
/** One program that ran: of the command itself and what it started. */
struct process {
    pid_t pid;
    const char *file;   /**< "/usr/bin/curl"; "" unknown */
    const char **words; /**< of its command line */
    size_t word_count, word_cap;
    struct setting_pair {
        const char *name, *value;
    } * settings; /**< variables that it had */
    size_t setting_count, setting_cap;
    struct contact *contacts; /**< in the order of time */
    size_t contact_count, contact_cap;
    const char **opened; /**< files of certificates that were there, each once */
    size_t opened_count, opened_cap;
    const char **names; /**< hosts whose addresses it asked for */
    size_t name_count, name_cap;
    const char **libraries;
    size_t library_count, library_cap;
    int64_t since;  /**< when /proc showed it first, monotonic ms; 0: the library told of it */
    bool witnessed; /**< the library is in it */
    size_t last;    /**< number of the last sight: who acted last */
};
struct processes {
    struct process *items;
    size_t count, cap, sights;
    struct arena *arena;
};
/** Takes in what the library wrote since. over: the command has ended. */
void processes_hear(struct processes *processes, struct witness *witness, bool over);
/** Looks at those below `root_pid` that no library tells of: static programs, Go. True: one of them
 *  has just begun, and is worth another look at once. */
bool processes_look(struct processes *processes, pid_t root_pid);

/* ---- words.c: what a command line says ---- */

/** What the options of a command line come to. Strings are the process's, or the arena's. */
struct said_options {
    const char *url;     /**< the first word that is one; "" none */
    const char *name;    /**< the name that is compared, where an option says so; "" none */
    const char *only_ca; /**< trusts this file and nothing else; "" none */
    bool chose_ca;       /**< one of the settings names certificates */
    const char *client_cert, *client_key; /**< files of the client's own; "" none */
    bool unnamed;                         /**< by its options it compares no name */
    bool unverified;                      /**< by its options it accepts any certificate */
    struct given_setting *settings;
    size_t setting_count, setting_cap;
};
/** `program` as in programs.def or its own name. */
void words_read(struct arena *arena, const char *program, const char *const *words, size_t count,
                struct said_options *out);
/** True when an option of any client names the path as its own certificate or key. */
bool words_name_own(const char *const *words, size_t count, const char *path);

/* ---- recognise.c: which client it was ---- */

/** The client behind a process. */
struct client_found {
    const char *title;    /**< for people: "pip", "psql" */
    const char *version;  /**< "" unknown */
    const char *profile;  /**< "pip@24.2"; "" none fits */
    const char *program;  /**< of programs.def, else its own name */
    bool is_opened_alone; /**< trusts the files that it opened, and nothing else */
};
void client_recognise(struct trust_machine *machine, const struct process *process,
                      struct bytes output, struct arena *arena, struct client_found *out);

/* ---- sighting.c: which server, as whom ---- */

/** One server that the command spoke TLS to, or was about to. */
struct sighting {
    const struct process *process; /**< NULL: only words and output tell */
    const struct contact *contact; /**< NULL: no connection was seen */
    struct client_found client;
    struct said_options said;
    const char *target;  /**< "www.example.com:443", "postgres://db.example:5432" */
    const char *name;    /**< whom the client takes it for */
    const char *connect; /**< where it really went, "" as the name says */
    const char *sni;     /**< "" none was sent; NULL: not seen, or as the name */
};
/** True for the client's own certificate and key: it does not trust those. */
bool process_owns(const struct process *process, const char *path);

/** What sightings are made of. */
struct clues {
    const struct processes *processes;
    const char *const *command;
    struct bytes output;
    const struct message_match *messages;
    size_t message_count;
    struct trust_machine *machine; /**< of the environment that the command had */
    struct arena *arena;
};
/** The servers, the likeliest to be meant first; at most LIMIT_WHY_TARGETS. */
size_t sightings_make(const struct clues *clues, struct sighting out[LIMIT_WHY_TARGETS]);

/* ---- diagnose.c ---- */

/** Below the directories, or by the name, of the system's and the clients' own roots. */
bool path_is_usual(const char *path);

/** Checks the server as that client, with what it trusts and in its environment. The report is
 * freed with cw_report_free(), the options that it borrows with cw_options_free(). */
enum cw_code sighting_check(const struct why_request *request, const struct sighting *sighting,
                            struct cw_options **options, struct cw_report **report,
                            struct error *error);

/* ---- tell.c ---- */

/** What became of it all. */
struct telling {
    const struct why_request *request;
    const struct why_end *end;
    const struct sighting *sighting;     /**< NULL: no TLS was seen */
    const struct message_match *message; /**< what the client said; NULL: nothing that is known */
    const struct cw_report *report;      /**< NULL: nothing was checked */
    struct arena *arena;
};
void tell(const struct telling *telling);
/** Every client that was asked accepts, and the server does its part. */
bool target_is_accepted(const struct target_report *target);

/* ---- child.c ---- */

struct child {
    struct streams streams;
    struct witness *witness; /**< NULL none */
    struct processes processes;
    pid_t pid;
    int status;      /**< as waitpid(2) tells */
    int start_error; /**< errno; 0: it ran */
};
/** Runs the command to its end. */
enum cw_code child_run(const char *const *command, struct child *child, struct error *error);

#endif
