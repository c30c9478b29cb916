/* SPDX-License-Identifier: Apache-2.0 */
/* Shows one chain to every selected client that is installed and that we know how to call. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live.h"

/* ---- our directory ---- */

const char *live_directory_make(struct arena *arena)
{
    const char *tmp = getenv("TMPDIR");
    struct error ignored = {0};
    char *path = arena_printf(arena, "%s/certwhy-live-XXXXXX", tmp && *tmp == '/' ? tmp : "/tmp");
    if (!mkdtemp(path))
        return NULL;
    const char *none = arena_printf(arena, "%s/none", path);
    return file_make_dir(NULL, none, &ignored) == CW_OK ? path : NULL;
}

static int entry_remove(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    remove(path);
    return 0;
}

void live_directory_remove(const char *directory)
{
    enum { OPEN_AT_ONCE = 8 };
    nftw(directory, entry_remove, OPEN_AT_ONCE, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* ---- what a client trusts ---- */

/* With --ca, or when the change adds a root: all that it was judged to trust. NULL: what it has. */
static enum cw_code roots_write(const struct live_request *request, const struct live_show *show,
                                struct store *store, const char **path, struct error *error)
{
    const struct cw_options *options = request->report->options;
    struct arena *arena = &request->report->arena;
    BUF_CLEANUP pem = {0};
    *path = NULL;
    if (options->ca.count == 0 && show->roots.n == 0)
        return CW_OK;
    for (size_t i = 0; i < store_count(store); i++) {
        const struct anchor *anchor = store_at(store, i);
        if (anchor && !anchor->distrusted)
            pem_write(&pem, "CERTIFICATE", anchor->cert->der);
    }
    buf_append(&pem, show->roots.p, show->roots.n);
    *path = arena_printf(arena, "%s/ca.pem", request->directory);
    return file_write_atomic(NULL, *path, buf_bytes(&pem), 0600, error);
}

/* ---- visits ---- */

static enum cw_code visit_one(const struct live_request *request, const struct live_show *show,
                              const struct live_server *server, size_t profile,
                              struct live_proof *out, struct error *error)
{
    const struct judge_input *input = &request->target->input;
    const char *name = profile_name(input->profiles[profile]);
    const struct live_client *client = live_client_find(name);
    const struct trust_program *found =
        client_installed(request->report->machine, input->profiles[profile]);
    struct live_errand errand = {.arena = &request->report->arena,
                                 .server = server,
                                 .name = input->observation->target.name,
                                 .directory = request->directory};
    if (!client || !found)
        return CW_OK;
    TRY(roots_write(request, show, input->stores[profile], &errand.ca, error));
    struct live_visit *visit = &out->visits[out->count];
    *visit = (struct live_visit){.profile = input->profiles[profile],
                                 .program = found->name,
                                 .version = str_safe(errand.arena, bytes_str(found->version)),
                                 .expected = -1,
                                 .message = ""};
    out->count += live_client_visit(client, found, &errand, visit);
    return CW_OK;
}

enum cw_code live_show(const struct live_request *request, const struct live_show *show,
                       struct live_proof *out, struct error *error)
{
    const size_t profiles = request->target->input.profile_count;
    const struct tls_identity identity = {
        .chain = show->chain, .chain_count = show->count, .key = request->key};
    struct live_server *server = NULL;
    enum cw_code code = live_server_start(&identity, &server, error);
    out->count = 0;
    out->visits = arena_array(&request->report->arena, profiles + 1, sizeof *out->visits);
    for (size_t i = 0; code == CW_OK && i < profiles; i++)
        code = visit_one(request, show, server, i, out, error);
    live_server_stop(server);
    return code;
}
