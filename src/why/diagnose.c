/* SPDX-License-Identifier: Apache-2.0 */
/* The check of that very case: the client's profile, its store, its environment, its clock. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { CLOCK_DIFFERS = 300 /* seconds: less is no matter of certificates */ };

/* ---- the environment that the process had ---- */

static bool is_told(const char *name)
{
    for (size_t i = 0; i < sizeof witness_settings / sizeof *witness_settings; i++)
        if (strcmp(witness_settings[i], name) == 0)
            return true;
    return false;
}

static const char *variable_of(void *context, const char *name)
{
    const struct process *process = context;
    for (size_t i = 0; i < process->setting_count; i++)
        if (strcmp(process->settings[i].name, name) == 0)
            return process->settings[i].value;
    /* of what is always told, silence means that it is not set */
    return process->setting_count && is_told(name) ? NULL : getenv(name);
}

static const char *variable_own(void *context, const char *name)
{
    (void)context;
    return getenv(name);
}

static struct environment environment_of(const struct process *process)
{
    if (!process)
        return (struct environment){.get = variable_own};
    return (struct environment){.get = variable_of, .context = (void *)(uintptr_t)process};
}

/* ---- what it trusts ---- */

/* Where everybody's roots are: the store of its profile knows these. */
bool path_is_usual(const char *path)
{
    static const char *const places[] = {"/etc/ssl/",
                                         "/usr/lib/ssl/",
                                         "/usr/share/ca-certificates/",
                                         "/etc/pki/",
                                         "/usr/local/share/ca-certificates/",
                                         "/usr/local/ssl/"};
    static const char *const files[] = {"/certifi/cacert.pem", "/security/cacerts", ".db"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (str_starts(path, places[i]))
            return true;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (str_ends(path, files[i]))
            return true;
    return strstr(path, "/pip/_vendor/") != NULL;
}

/* Not "5ed36f99.0", which was looked up in a directory of many. */
static bool is_named(const char *path)
{
    return str_ends(path, ".pem") || str_ends(path, ".crt") || str_ends(path, ".cer");
}

/* Of variables that a store listens to: libpq and libldap have none, only what they open. */
static bool is_by_setting(const struct sighting *sighting, const char *path)
{
    const struct process *process = sighting->process;
    for (size_t i = 0; !sighting->client.is_opened_alone && i < process->setting_count; i++)
        if (strstr(process->settings[i].value, path))
            return true;
    return false;
}

/* Certificates, and not the client's own with its key. */
static bool holds_anchors(const char *path)
{
    enum { LOOK_BYTES = 1 << 20 };
    BUF_CLEANUP text = {0};
    if (file_is_dir(NULL, path) || file_read(NULL, path, LOOK_BYTES, &text, NULL) != CW_OK ||
        bytes_find(buf_bytes(&text), bytes_str("PRIVATE KEY-----")) != SIZE_MAX)
        return false;
    struct store *store = store_new("");
    const bool holds = store_add_path(store, NULL, path, NULL) == CW_OK && store_count(store) > 0;
    store_unref(store);
    return holds;
}

/* Clients whose every way to other roots is known as an option or a setting. */
static bool is_modelled(const char *program)
{
    static const char *const names[] = {"curl", "wget", "git", "pip", "npm"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], program) == 0)
            return true;
    return false;
}

/* Scripts choose their roots in code: those that they opened, and nobody told them of. */
static enum cw_code opened_take(const struct sighting *sighting, struct cw_options *options,
                                struct error *error)
{
    const struct process *process = sighting->process;
    bool usual = false, own = false;
    for (size_t i = 0; process && i < process->opened_count; i++) {
        const char *path = process->opened[i];
        if (path_is_usual(path) && !(sighting->client.is_opened_alone && is_named(path))) {
            usual = true;
        } else if (!is_by_setting(sighting, path) && !process_owns(process, path) &&
                   holds_anchors(path)) {
            own = true;
            TRY(options_set(options, "ca", path, error));
        }
    }
    return own && !usual ? options_set(options, "only-ca", "true", error) : CW_OK;
}

static enum cw_code trust_take(const struct sighting *sighting, struct cw_options *options,
                               struct error *error)
{
    const struct said_options *said = &sighting->said;
    if (options->ca.count) /* the user knows better */
        return CW_OK;
    for (size_t i = 0; i < said->setting_count; i++)
        options_add_setting(options, &said->settings[i]);
    if (*said->only_ca) {
        TRY(options_set(options, "ca", said->only_ca, error));
        return options_set(options, "only-ca", "true", error);
    }
    if (said->chose_ca || is_modelled(sighting->client.program))
        return CW_OK;
    return opened_take(sighting, options, error);
}

/* ---- the check ---- */

static enum cw_code client_take(const struct why_request *request, const struct sighting *sighting,
                                struct cw_options *options, struct error *error)
{
    if (*request->client || !*sighting->client.profile)
        return CW_OK;
    return options_set(options, "client", sighting->client.profile, error);
}

/* As the client went: through the proxy that it asked for a tunnel, by the variable that names it
 * where there is one, for that may hold a password; or through none. */
static const char *proxy_of(const struct sighting *sighting, struct cw_options *options)
{
    static const char *const names[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
    const struct contact *contact = sighting->contact;
    if (!*contact->tunnel)
        return "none";
    const char *port = arena_printf(&options->arena, ":%u", contact->port);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = environment_get(&options->environment, names[i]);
        if (value && strstr(value, port))
            return value;
    }
    return arena_printf(&options->arena, "http://%s", sighting->connect);
}

static enum cw_code way_take(const struct sighting *sighting, struct cw_options *options,
                             struct error *error)
{
    const struct contact *contact = sighting->contact;
    const cw_time now = time_now();
    TRY(options_set(options, "name", sighting->name, error));
    options->unnamed = sighting->said.unnamed;
    if (*sighting->said.client_cert && !*options->client_cert) {
        TRY(options_set(options, "client-cert", sighting->said.client_cert, error));
        if (*sighting->said.client_key)
            TRY(options_set(options, "client-key", sighting->said.client_key, error));
    }
    if (contact)
        TRY(options_set(options, "proxy", proxy_of(sighting, options), error));
    if (*sighting->connect && !*contact->tunnel)
        TRY(options_set(options, "connect", sighting->connect, error));
    if (sighting->sni)
        TRY(options_set(options, "sni", *sighting->sni ? sighting->sni : "none", error));
    if (contact && contact->clock != TIME_NONE && options->at == TIME_NONE &&
        (contact->clock > now + CLOCK_DIFFERS || contact->clock < now - CLOCK_DIFFERS))
        options->at = contact->clock;
    return CW_OK;
}

enum cw_code sighting_check(const struct why_request *request, const struct sighting *sighting,
                            struct cw_options **options, struct cw_report **report,
                            struct error *error)
{
    *report = NULL;
    *options = request->options(request->context, error);
    if (!*options)
        return CW_E_USAGE;
    (*options)->environment = environment_of(sighting->process);
    TRY(client_take(request, sighting, *options, error));
    TRY(way_take(sighting, *options, error));
    TRY(trust_take(sighting, *options, error));
    TRY(report_new(*options, report, error));
    enum cw_code code = report_add(*report, sighting->target, error);
    if (code != CW_OK && *(*options)->client_cert) {
        /* a key with a passphrase, or one in a token: the server's side is still to be told */
        (*options)->client_cert = (*options)->client_key = "";
        code = report_add(*report, sighting->target, error);
    }
    if (code != CW_OK) {
        cw_report_free(*report);
        *report = NULL;
    }
    return code;
}
