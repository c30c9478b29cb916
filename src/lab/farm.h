/* SPDX-License-Identifier: Apache-2.0 */
/* farm: the running servers, as serve.c runs them and run.c checks them. */
#ifndef CERTWHY_LAB_FARM_H
#define CERTWHY_LAB_FARM_H

#include <pthread.h>
#include <stdatomic.h>

#include "describe.h"
#include "lab.h"
#include "material.h"
#include "web.h"

enum { FARM_SLOTS = 64 }; /* connections at one time; more wait in the backlog */

struct server {
    const struct scenario *scenario;
    struct material material;
    struct tls_identity identities[2];
    struct tls_server_config configs[2]; /**< parallel to fds */
    int fds[2];                          /**< listening; -1: none */
    const char *address, *resolve, *dir, *at;
    atomic_uint visits;
};

struct farm {
    struct lab lab;
    bool at_given;
    void (*heard)(const char *line);
    struct server *servers;
    size_t count;
    int web;                   /**< listening, for all sites; -1: no certificate points there */
    const struct site **sites; /**< one per server */
    const char *dir;
    bool own_dir; /**< temporary: removed at the end */
    bool running;
    pthread_t acceptor;
    pthread_attr_t detached;
    int wake[2]; /**< a byte in it ends the acceptor */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int slots[FARM_SLOTS]; /**< sockets of dialogues under way, -1 free; under the mutex */
    size_t active;
    bool closing;
};

struct whereabouts server_whereabouts(const struct server *server);

#endif
