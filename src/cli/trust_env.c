/* SPDX-License-Identifier: Apache-2.0 */
/* certwhy trust env: what is set, what it does to whom, and what will surprise. */
#include "trust.h"

#include <string.h>

static const char *where_text(const struct trust_job *job, const struct trust_setting *setting)
{
    const char *where = str_safe(job->arena, bytes_str(setting->where));
    return setting->line ? arena_printf(job->arena, "%s, line %zu", where, setting->line) : where;
}

/* ---- effects ---- */

static const char *kept_places(const struct trust_job *job, const struct trust_view *view,
                               const struct trust_setting *setting)
{
    BUF_CLEANUP text = {0};
    for (size_t i = 0; i < view->part_count; i++)
        if (view->parts[i].by != setting)
            buf_printf(&text, "%s%s", text.n ? " and " : "", trust_part_text(job, &view->parts[i]));
    return arena_strdup(job->arena, buf_cstr(&text));
}

static const char *replacing_text(const struct trust_job *job, const struct trust_use *use)
{
    const struct trust_view *view = trust_view_find(job->machine, use->client);
    const struct trust_view *plain = trust_view_default(job->machine, use->client);
    if (trust_view_store(job->machine, view) == trust_view_store(job->machine, plain))
        return "names what it uses anyway";
    const char *kept = kept_places(job, view, use->setting);
    const char *what = use->effect == EFFECT_FILE  ? "replaces its bundle"
                       : use->effect == EFFECT_DIR ? "replaces its directory"
                                                   : "replaces its roots";
    return *kept ? arena_printf(job->arena, "%s; %s stays", what, kept) : what;
}

static const char *effect_text(const struct trust_job *job, const struct trust_use *use)
{
    const struct trust_setting *winner = use->beaten_by;
    if (winner && strcmp(winner->name, use->setting->name) == 0)
        return arena_printf(job->arena, "no effect: the one in %s wins", where_text(job, winner));
    if (winner)
        return arena_printf(job->arena, "no effect: %s wins", winner->name);
    switch (use->effect) {
    case EFFECT_FILE:
    case EFFECT_DIR:
    case EFFECT_ALL:
        return replacing_text(job, use);
    case EFFECT_ADD:
        return "adds to its roots";
    case EFFECT_LIKE_OPENSSL:
        return "uses OpenSSL's places instead of its own list";
    case EFFECT_LIKE_NODE:
        return "uses the list that is compiled into Node.js";
    case EFFECT_ADD_SYSTEM:
        return "adds the system's store";
    case EFFECT_OFF:
        return "verifies nothing any more";
    }
    return "";
}

static const char *effect_name(const struct trust_use *use)
{
    static const char *const names[] = {
        [EFFECT_FILE] = "replaces-bundle",  [EFFECT_DIR] = "replaces-directory",
        [EFFECT_ALL] = "replaces",          [EFFECT_ADD] = "adds",
        [EFFECT_LIKE_OPENSSL] = "replaces", [EFFECT_LIKE_NODE] = "replaces",
        [EFFECT_ADD_SYSTEM] = "adds",       [EFFECT_OFF] = "off",
    };
    return use->beaten_by ? "none" : names[use->effect];
}

static bool is_documented(const struct trust_job *job, const char *client)
{
    return !trust_view_find(job->machine, client)->measured;
}

/* Clients with the same effect share a line. */
static void uses_write(const struct trust_job *job, const struct trust_setting *setting,
                       struct buf *out)
{
    size_t count;
    const struct trust_use *uses = trust_uses(job->machine, &count);
    bool *done = arena_array(job->arena, count + 1, sizeof *done);
    for (size_t i = 0; i < count; i++) {
        if (uses[i].setting != setting || done[i])
            continue;
        const char *effect = effect_text(job, &uses[i]);
        BUF_CLEANUP clients = {0};
        for (size_t k = i; k < count; k++) {
            if (uses[k].setting != setting || strcmp(effect_text(job, &uses[k]), effect) != 0)
                continue;
            done[k] = true;
            buf_printf(&clients, "%s%s%s", clients.n ? ", " : "", uses[k].client,
                       is_documented(job, uses[k].client) ? "°" : "");
        }
        trust_wrap(job, out, 4, arena_printf(job->arena, "%s: %s", buf_cstr(&clients), effect));
    }
}

/* ---- traps ---- */

/** Something is broken now, not merely odd. */
static bool trap_is_grave(enum trap_id id)
{
    return id <= TRAP_NOT_HASHED && id != TRAP_EMPTY;
}

static bool traps_write(const struct trust_job *job, const struct trust_trap *traps, size_t count,
                        struct buf *out)
{
    bool grave = false;
    for (size_t i = 0; i < count; i++) {
        if (traps[i].id == TRAP_BEATEN || traps[i].id == TRAP_NO_CHANGE)
            continue; /* the lines about clients have said it */
        grave = grave || trap_is_grave(traps[i].id);
        trust_wrap(job, out, 4,
                   arena_printf(job->arena, "%s %s: %s", trap_is_grave(traps[i].id) ? "✗" : "!",
                                trap_name(traps[i].id), traps[i].text));
    }
    return grave;
}

/* ---- text ---- */

static bool setting_write(const struct trust_job *job, const struct trust_setting *setting,
                          struct buf *out)
{
    struct trust_trap traps[TRAP_COUNT];
    const size_t count = trust_traps(job->machine, setting, job->now, traps);
    buf_printf(out, "%s=%s  (%s)\n", setting->name, str_safe(job->arena, bytes_str(setting->value)),
               where_text(job, setting));
    uses_write(job, setting, out);
    return traps_write(job, traps, count, out);
}

static int env_text(const struct trust_job *job)
{
    size_t count;
    const struct trust_setting *settings = trust_settings(job->machine, &count);
    BUF_CLEANUP out = {0};
    bool grave = false;
    for (size_t i = 0; i < count; i++)
        grave = setting_write(job, &settings[i], &out) || grave;
    if (count == 0)
        trust_wrap(job, &out, 0,
                   "No variable of this environment and no configuration file of this user or of "
                   "the system changes whom a client trusts.");
    else
        buf_add_str(&out, "\n° from documentation; the others were compared with the program.\n");
    if (!output_write(NULL, buf_bytes(&out)))
        return EXIT_UNUSABLE;
    return grave ? EXIT_FINDINGS : EXIT_ACCEPTED;
}

/* ---- JSON ---- */

static json_t *uses_json(const struct trust_job *job, const struct trust_setting *setting)
{
    size_t count;
    const struct trust_use *uses = trust_uses(job->machine, &count);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        if (uses[i].setting != setting)
            continue;
        json_t *use =
            json_pack("{s:s, s:s, s:s, s:s, s:b}", "client", uses[i].client, "effect",
                      effect_name(&uses[i]), "text", effect_text(job, &uses[i]), "evidence",
                      is_documented(job, uses[i].client) ? "documented" : "measured",
                      "refuses_when_unreadable", uses[i].refuses);
        json_object_set_new(use, "beaten_by",
                            uses[i].beaten_by ? json_string(uses[i].beaten_by->name) : json_null());
        json_array_append_new(list, use);
    }
    return list;
}

static json_t *setting_json(const struct trust_job *job, const struct trust_setting *setting,
                            bool *grave)
{
    struct trust_trap traps[TRAP_COUNT];
    const size_t count = trust_traps(job->machine, setting, job->now, traps);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        *grave = *grave || trap_is_grave(traps[i].id);
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:b}", "trap", trap_name(traps[i].id), "text",
                                        traps[i].text, "breaks", trap_is_grave(traps[i].id)));
    }
    return json_pack("{s:s, s:s, s:s, s:I, s:o, s:o}", "name", setting->name, "value",
                     str_safe(job->arena, bytes_str(setting->value)), "where",
                     str_safe(job->arena, bytes_str(setting->where)), "line",
                     (json_int_t)setting->line, "clients", uses_json(job, setting), "traps", list);
}

static int env_json(const struct trust_job *job)
{
    size_t count;
    const struct trust_setting *settings = trust_settings(job->machine, &count);
    json_t *list = json_array();
    bool grave = false;
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, setting_json(job, &settings[i], &grave));
    return trust_print_json(json_pack("{s:s, s:o}", "schema", "certwhy/trust/1", "settings", list),
                            grave ? EXIT_FINDINGS : EXIT_ACCEPTED);
}

int trust_env(const struct trust_job *job)
{
    return job->json ? env_json(job) : env_text(job);
}
