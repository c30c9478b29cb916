/* SPDX-License-Identifier: Apache-2.0 */
/* The farm: one listening socket per server (two where a name has two addresses), one thread that
 * accepts for all of them, one thread per connection, because a handshake is a dialogue. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "farm.h"

enum {
    PORT_ATTEMPTS = 32, /* free on 127.0.0.1 may be taken on ::1 */
    BACKLOG = 64,
};

/* ---- what each server does ---- */

static struct tls_server_config config_of(const struct server_plan *plan)
{
    return (struct tls_server_config){
        .min_version = plan->min_version,
        .max_version = plan->max_version,
        .require_client_certificate = plan->client_certificate,
        .refuse_clients = plan->refuses_clients,
        .client_schemes = plan->client_schemes,
        .require_sni = plan->require_sni,
        .plain_http = plan->plain_http,
        .fault = plan->fault,
    };
}

/* Two identities on one address are told apart by SNI; on two addresses each has its own. */
static void server_configure(struct server *server, cw_time at)
{
    const struct material *material = &server->material;
    const struct server_plan *plan = &material->scenario->server;
    server->identities[0] = (struct tls_identity){
        .sni = plan->sni,
        .chain = material->chain.items,
        .chain_count = material->chain.count,
        .key = material->forged ? material->forged : material->key,
    };
    server->identities[1] = (struct tls_identity){
        .sni = plan->second_sni,
        .chain = material->second_chain.items,
        .chain_count = material->second_chain.count,
        .key = material->second_key,
    };
    const bool second = material->second_chain.count > 0;
    for (size_t i = 0; i < 2; i++) {
        server->configs[i] = config_of(plan);
        server->configs[i].stapled_ocsp = material->site.staple;
        server->configs[i].client_cas = material->accepted.items;
        server->configs[i].client_ca_count = material->accepted.count;
        server->configs[i].at = at;
        server->configs[i].identities = server->identities;
        server->configs[i].identity_count = second ? 2 : 1;
    }
    if (plan->bind != BIND_BOTH)
        return;
    server->configs[0].identity_count = 1;
    server->configs[1].identities = &server->identities[1];
    server->configs[1].identity_count = 1;
}

/* ---- sockets ---- */

static int listen_on(int family, uint16_t port)
{
    struct sockaddr_in v4 = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct sockaddr_in6 v6 = {
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    const struct sockaddr *address = family == AF_INET ? (void *)&v4 : (void *)&v6;
    const socklen_t length = family == AF_INET ? sizeof v4 : sizeof v6;
    const int on = 1;
    const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, address, length) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    close(fd);
    return -1;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &length) != 0)
        return 0;
    if (address.ss_family == AF_INET)
        return ntohs(((struct sockaddr_in *)(void *)&address)->sin_port);
    return ntohs(((struct sockaddr_in6 *)(void *)&address)->sin6_port);
}

/* The same free port on both loopback addresses. */
static bool listen_on_both(int fds[2])
{
    for (int i = 0; i < PORT_ATTEMPTS; i++) {
        fds[0] = listen_on(AF_INET, 0);
        if (fds[0] < 0)
            return false;
        fds[1] = listen_on(AF_INET6, port_of(fds[0]));
        if (fds[1] >= 0)
            return true;
        close(fds[0]);
        fds[0] = -1;
    }
    return false;
}

static enum cw_code server_listen(struct farm *farm, struct server *server, struct error *err)
{
    const struct scenario *scenario = server->material.scenario;
    const enum bind_to bind_to = scenario->server.bind;
    if (bind_to == BIND_BOTH) {
        if (!listen_on_both(server->fds))
            server->fds[0] = -1;
    } else {
        server->fds[0] = listen_on(bind_to == BIND_IPV6 ? AF_INET6 : AF_INET, 0);
    }
    if (server->fds[0] < 0)
        return error_set(err, CW_E_IO, "scenario %s: no loopback port can be had: %s",
                         scenario->name, strerror(errno));
    const unsigned port = port_of(server->fds[0]);
    const char *host = bind_to == BIND_IPV6 ? "[::1]" : "127.0.0.1";
    if (bind_to == BIND_BOTH) {
        host = scenario_client_name(scenario);
        server->resolve = arena_printf(&farm->lab.arena, "%s:%u:127.0.0.1,::1", host, port);
    }
    server->address = arena_printf(&farm->lab.arena, "%s:%u", host, port);
    return CW_OK;
}

/* ---- dialogues ---- */

struct dialogue {
    struct farm *farm;
    const struct server *server; /**< NULL: the web server */
    size_t socket;               /**< which of its two */
    int fd;
    size_t slot;
};

/** Which server, on which of its addresses, and how the client took it. */
static void dialogue_tell(const struct dialogue *dialogue, struct tls_heard heard)
{
    BUF_CLEANUP line = {0};
    buf_printf(&line, "{\"heard\":\"%s\",\"address\":%zu,\"finished\":%s,\"alert\":",
               dialogue->server->scenario->name, dialogue->socket,
               heard.finished ? "true" : "false");
    if (heard.alert < 0)
        buf_add_str(&line, "null}");
    else
        buf_printf(&line, "%d}", heard.alert);
    dialogue->farm->heard(buf_cstr(&line));
}

static void *dialogue_run(void *context)
{
    struct dialogue *dialogue = context;
    struct farm *farm = dialogue->farm;
    if (dialogue->server) {
        const struct tls_heard heard =
            tls_serve(dialogue->fd, &dialogue->server->configs[dialogue->socket]);
        if (farm->heard)
            dialogue_tell(dialogue, heard);
    } else {
        web_serve(dialogue->fd, farm->sites, farm->count);
    }
    pthread_mutex_lock(&farm->mutex);
    close(dialogue->fd);
    farm->slots[dialogue->slot] = -1;
    farm->active--;
    pthread_cond_broadcast(&farm->changed);
    pthread_mutex_unlock(&farm->mutex);
    free(dialogue);
    return NULL;
}

/* Waits for a free slot; false when the farm closes meanwhile. */
static bool slot_take(struct farm *farm, int fd, size_t *slot)
{
    pthread_mutex_lock(&farm->mutex);
    while (farm->active >= FARM_SLOTS && !farm->closing)
        pthread_cond_wait(&farm->changed, &farm->mutex);
    const bool open = !farm->closing;
    for (*slot = 0; open && farm->slots[*slot] >= 0;)
        ++*slot;
    if (open) {
        farm->slots[*slot] = fd;
        farm->active++;
    }
    pthread_mutex_unlock(&farm->mutex);
    return open;
}

static void slot_release(struct farm *farm, size_t slot)
{
    pthread_mutex_lock(&farm->mutex);
    farm->slots[slot] = -1;
    farm->active--;
    pthread_mutex_unlock(&farm->mutex);
}

static void dialogue_start(struct farm *farm, struct server *server, size_t which, int fd)
{
    if (server)
        atomic_fetch_add(&server->visits, 1);
    size_t slot;
    pthread_t thread;
    if (!slot_take(farm, fd, &slot)) {
        close(fd);
        return;
    }
    struct dialogue *dialogue = xcalloc(1, sizeof *dialogue);
    *dialogue =
        (struct dialogue){.farm = farm, .server = server, .socket = which, .fd = fd, .slot = slot};
    if (pthread_create(&thread, &farm->detached, dialogue_run, dialogue) == 0)
        return;
    slot_release(farm, slot);
    close(fd);
    free(dialogue);
}

static void *accept_loop(void *context)
{
    struct farm *farm = context;
    const size_t web = 2 * farm->count;
    struct pollfd *polls = xcalloc(web + 2, sizeof polls[0]);
    size_t n = 0;
    for (size_t i = 0; i < farm->count; i++)
        for (size_t k = 0; k < 2; k++)
            polls[n++] = (struct pollfd){.fd = farm->servers[i].fds[k], .events = POLLIN};
    polls[n++] = (struct pollfd){.fd = farm->web, .events = POLLIN};
    polls[n] = (struct pollfd){.fd = farm->wake[0], .events = POLLIN};
    while (polls[n].revents == 0) {
        if (poll(polls, n + 1, -1) < 0 && errno != EINTR)
            break;
        for (size_t i = 0; i < n; i++) {
            const bool ready = polls[i].revents & POLLIN;
            const int fd = ready ? accept4(polls[i].fd, NULL, NULL, SOCK_CLOEXEC) : -1;
            if (fd >= 0)
                dialogue_start(farm, i == web ? NULL : &farm->servers[i / 2], i % 2, fd);
        }
    }
    free(polls);
    return NULL;
}

/* ---- the farm ---- */

/* --chain: the certificates of a file instead of what the scenario would send. */
static enum cw_code chain_replace(struct farm *farm, const char *path, struct der_list *chain,
                                  struct error *err)
{
    BUF_CLEANUP file = {0};
    struct container container;
    TRY(file_read(NULL, path, LIMIT_FILE_BYTES, &file, err));
    container_read(buf_bytes(&file), path, &farm->lab.arena, &container);
    chain->items = arena_array(&farm->lab.arena, container.object_count, sizeof chain->items[0]);
    chain->count = 0;
    for (size_t i = 0; i < container.object_count; i++)
        if (container.objects[i].kind == OBJECT_CERTIFICATE)
            chain->items[chain->count++] = container.objects[i].der;
    if (chain->count == 0)
        return error_set(err, CW_E_INPUT, "%s holds no certificate", path);
    return CW_OK;
}

static const char *at_of(struct farm *farm, const struct scenario *scenario)
{
    if (!farm->at_given && scenario->clock_days == 0)
        return "";
    return time_rfc3339(&farm->lab.arena, material_client_time(&farm->lab, scenario));
}

static enum cw_code server_start(struct farm *farm, const struct lab_request *request,
                                 struct server *server, struct error *err)
{
    const struct scenario *scenario = server->scenario;
    struct arena *arena = &farm->lab.arena;
    BUF_CLEANUP text = {0};
    TRY(material_mint(&farm->lab, scenario, &server->material, err));
    if (request->chain_file)
        TRY(chain_replace(farm, request->chain_file, &server->material.chain, err));
    server->at = at_of(farm, scenario);
    server->dir = arena_printf(arena, "%s/%s", farm->dir, scenario->name);
    server_configure(server, farm->lab.at);
    TRY(server_listen(farm, server, err));
    const struct whereabouts where = server_whereabouts(server);
    json_line(whereabouts_json(scenario, &where, arena), &text);
    return material_write(&farm->lab, &server->material, server->dir, buf_cstr(&text), err);
}

static enum cw_code farm_make_dir(struct farm *farm, const struct lab_request *request,
                                  struct error *err)
{
    if (request->dir) {
        farm->dir = arena_strdup(&farm->lab.arena, request->dir);
        return file_make_dir(NULL, farm->dir, err);
    }
    const char *tmp = getenv("TMPDIR");
    char *dir = arena_printf(&farm->lab.arena, "%s/certwhy-lab-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(dir))
        return error_set(err, CW_E_IO, "no temporary directory can be made: %s", strerror(errno));
    farm->dir = dir;
    farm->own_dir = true;
    return CW_OK;
}

/* Certificates hold the address of what they point to, so that it must be known before they are
 * minted. */
static enum cw_code web_listen(struct farm *farm, struct error *err)
{
    bool live = false;
    farm->sites = arena_array(&farm->lab.arena, farm->count, sizeof farm->sites[0]);
    for (size_t i = 0; i < farm->count; i++) {
        live = live || farm->servers[i].scenario->pki.live;
        farm->sites[i] = &farm->servers[i].material.site;
    }
    if (!live)
        return CW_OK;
    farm->web = listen_on(AF_INET, 0);
    if (farm->web < 0)
        return error_set(err, CW_E_IO, "no loopback port can be had: %s", strerror(errno));
    farm->lab.host = arena_printf(&farm->lab.arena, "127.0.0.1:%u", port_of(farm->web));
    return CW_OK;
}

static enum cw_code farm_fill(struct farm *farm, const struct lab_request *request,
                              struct error *err)
{
    const struct scenario **scenarios;
    TRY(scenario_select(request->patterns, request->pattern_count, &farm->lab.arena, &scenarios,
                        &farm->count, err));
    farm->servers = arena_array(&farm->lab.arena, farm->count, sizeof farm->servers[0]);
    for (size_t i = 0; i < farm->count; i++)
        farm->servers[i] = (struct server){.scenario = scenarios[i], .fds = {-1, -1}};
    TRY(farm_make_dir(farm, request, err));
    TRY(web_listen(farm, err));
    for (size_t i = 0; i < farm->count; i++)
        TRY(server_start(farm, request, &farm->servers[i], err));
    if (pipe(farm->wake) != 0 || pthread_create(&farm->acceptor, NULL, accept_loop, farm) != 0)
        return error_set(err, CW_E_IO, "the servers cannot start: %s", strerror(errno));
    farm->running = true;
    return CW_OK;
}

enum cw_code farm_start(const struct lab_request *request, struct farm **out, struct error *err)
{
    struct farm *farm = xcalloc(1, sizeof *farm);
    farm->lab = (struct lab){.seed = bytes_str(request->seed), .at = request->at};
    farm->at_given = request->at_given;
    farm->heard = request->heard;
    farm->wake[0] = farm->wake[1] = farm->web = -1;
    for (size_t i = 0; i < FARM_SLOTS; i++)
        farm->slots[i] = -1;
    pthread_mutex_init(&farm->mutex, NULL);
    pthread_cond_init(&farm->changed, NULL);
    pthread_attr_init(&farm->detached);
    pthread_attr_setdetachstate(&farm->detached, PTHREAD_CREATE_DETACHED);
    const enum cw_code code = farm_fill(farm, request, err);
    if (code != CW_OK) {
        farm_stop(farm);
        farm = NULL;
    }
    *out = farm;
    return code;
}

struct whereabouts server_whereabouts(const struct server *server)
{
    return (struct whereabouts){.address = server->address,
                                .dir = server->dir,
                                .resolve = server->resolve,
                                .at = server->at};
}

/* Another clock, another SNI than the name or a second address is for clients that are told so. */
static bool is_here_and_now(const struct server *server)
{
    const struct scenario *scenario = server->scenario;
    for (size_t i = 0; i < SCENARIO_RULES && scenario->plants[i]; i++)
        if (str_starts(scenario->plants[i], "server."))
            return false;
    return scenario->clock_days == 0 && !scenario->client_sni &&
           scenario->server.bind == BIND_IPV4 && scenario->server.fault.kind == FAULT_NONE;
}

bool farm_server(const struct farm *farm, size_t i, struct farm_server *out)
{
    if (i >= farm->count)
        return false;
    const struct server *server = &farm->servers[i];
    const struct scenario *scenario = server->scenario;
    *out = (struct farm_server){.scenario = scenario->name,
                                .title = scenario->title,
                                .name = scenario_client_name(scenario),
                                .address = server->address,
                                .dir = server->dir,
                                .rule = scenario->plants[0] ? scenario->plants[0] : "",
                                .healthy = scenario_is_healthy(scenario),
                                .here_and_now = is_here_and_now(server)};
    return true;
}

unsigned farm_visits(const struct farm *farm, size_t i)
{
    return atomic_load(&farm->servers[i].visits);
}

void farm_describe(const struct farm *farm, struct buf *out)
{
    struct arena arena = {0};
    for (size_t i = 0; i < farm->count; i++) {
        const struct whereabouts where = server_whereabouts(&farm->servers[i]);
        json_line(whereabouts_json(farm->servers[i].scenario, &where, &arena), out);
    }
    arena_free(&arena);
}

/* Ends the dialogues under way: a shut socket ends the read that its thread waits in. */
static void dialogues_stop(struct farm *farm)
{
    pthread_mutex_lock(&farm->mutex);
    farm->closing = true;
    for (size_t i = 0; i < FARM_SLOTS; i++)
        if (farm->slots[i] >= 0)
            shutdown(farm->slots[i], SHUT_RDWR);
    pthread_cond_broadcast(&farm->changed);
    while (farm->active > 0)
        pthread_cond_wait(&farm->changed, &farm->mutex);
    pthread_mutex_unlock(&farm->mutex);
}

static void server_stop(struct farm *farm, struct server *server)
{
    for (size_t k = 0; k < 2; k++)
        if (server->fds[k] >= 0)
            close(server->fds[k]);
    if (farm->own_dir && server->dir)
        material_remove(&server->material, server->dir);
    material_free(&server->material);
}

void farm_stop(struct farm *farm)
{
    if (!farm)
        return;
    if (farm->running && write(farm->wake[1], "", 1) == 1) {
        dialogues_stop(farm);
        pthread_join(farm->acceptor, NULL);
    }
    for (size_t i = 0; i < farm->count && farm->servers; i++)
        server_stop(farm, &farm->servers[i]);
    const int fds[] = {farm->wake[0], farm->wake[1], farm->web};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    if (farm->own_dir)
        rmdir(farm->dir);
    pthread_attr_destroy(&farm->detached);
    pthread_cond_destroy(&farm->changed);
    pthread_mutex_destroy(&farm->mutex);
    lab_free(&farm->lab);
    free(farm);
}
