/* SPDX-License-Identifier: Apache-2.0 */
/* The proof beyond our model: a chain shown on loopback, with its key, to the real clients that are
 * installed here. */
#ifndef CERTWHY_CLI_LIVE_H
#define CERTWHY_CLI_LIVE_H

#include "cli.h"

/* ---- live_server.c ---- */

/** A server on a free port of 127.0.0.1. It takes TLS as it comes and as a proxy's client sends it,
 *  behind a CONNECT to whatever name: so a name leads here without touching /etc/hosts. */
struct live_server;
/** `identity` is borrowed until it stops. */
enum cw_code live_server_start(const struct tls_identity *identity, struct live_server **out,
                               struct error *error);
unsigned live_server_port(const struct live_server *server);
/** Handshakes that clients completed, so far. */
size_t live_server_completed(const struct live_server *server);
void live_server_stop(struct live_server *server); /**< NULL is fine */

/* ---- live_client.c ---- */

/** What a client is told. */
struct live_errand {
    struct arena *arena;
    const struct live_server *server;
    const char *name;      /**< a plain host name or an address */
    const char *ca;        /**< the file with all that it trusts; NULL: what it has itself */
    const char *directory; /**< of ours, for its files */
};
/** A way to run the clients of one family. */
struct live_client;
/** NULL: this profile's clients cannot be run by us. */
const struct live_client *live_client_find(const char *profile);
/** One visit. Sets accepts and message; false when it could not be run at all. */
bool live_client_visit(const struct live_client *client, const struct trust_program *found,
                       const struct live_errand *errand, struct live_visit *visit);

/* ---- live.c ---- */

/** One change, as it would be. */
struct live_show {
    const struct bytes *chain; /**< DER, leaf first */
    size_t count;
    struct bytes roots; /**< PEM: trusted beside what is trusted; n 0: nothing more */
};
/** What is asked of whom. */
struct live_request {
    struct cw_report *report;
    const struct target_report *target;
    const struct private_key *key; /**< of the first certificate */
    const char *directory;         /**< see live_directory_make() */
};
/** Shows it to every selected client that is here. `expected` of the visits is left to the caller.
 */
enum cw_code live_show(const struct live_request *request, const struct live_show *show,
                       struct live_proof *out, struct error *error);
/** A directory that nobody else may enter; NULL: it cannot be made. */
const char *live_directory_make(struct arena *arena);
/** Removes it with all that is in it. */
void live_directory_remove(const char *directory);

#endif
