/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CERTWHY_OBSERVE_INTERNAL_H
#define CERTWHY_OBSERVE_INTERNAL_H

#include <pthread.h>

#include "observe.h"

/** One dialogue: connect, handshake, close. It has an arena of its own, as it may run in a thread.
 */
struct dialogue {
    struct address address;
    const char *sni;    /**< "" none */
    const char *scheme; /**< what is said before TLS begins, if anything */
    const char *host;   /**< whom it is said to */
    double timeout;
    struct arena arena;
    struct connection connection;
    pthread_t thread;
    bool threaded;
};

/** Runs all dialogues, at the same time when there are several. */
void dialogues_run(struct dialogue *dialogues, size_t count);
/** Moves what one dialogue saw into *out, and its memory into `arena`. */
void dialogue_take(struct dialogue *dialogue, struct arena *arena, struct connection *out);

/** Dials every address of out->target and shakes hands with each. Never fails. */
void endpoint_observe(const struct observe_options *options, struct arena *arena,
                      struct observation *out);

/** Shakes hands once more with other SNI where the first answer leaves a question open. */
void probe_observe(const struct observe_options *options, const struct address *address,
                   struct arena *arena, struct observation *out);

/** Reads out->target.path; a saved case replaces the whole observation. */
enum cw_code file_observe(const struct observe_options *options, struct arena *arena,
                          struct observation *out, struct error *error);

/** Adds the documents of --crl and --ocsp. */
enum cw_code documents_give(const struct observe_options *options, struct arena *arena,
                            struct observation *out, struct error *error);

/** Reads the private key and pairs it with the certificates seen. */
enum cw_code key_observe(const struct observe_options *options, struct arena *arena,
                         struct observation *out, struct error *error);

/** Parses at most LIMIT_SENT_CERTS certificates of one message. Returns false when there are more.
 */
bool seen_from_wire(struct arena *arena, const struct handshake *handshake, const char *address,
                    struct seen **out, size_t *count);

#endif
