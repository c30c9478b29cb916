/* SPDX-License-Identifier: Apache-2.0 */
/* What will surprise the owner of a setting. */
#include "machine.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
#define TRAP(id, name) [TRAP_##id] = name,
#include "traps.def"
#undef TRAP
};

const char *trap_name(enum trap_id id)
{
    return (size_t)id < TRAP_COUNT ? names[id] : "";
}

/** The traps of one setting while they are found. */
struct trapping {
    struct trust_machine *m;
    const struct trust_setting *setting;
    const struct trust_use *uses;
    size_t use_count;
    struct trust_trap *out;
    size_t count;
};

static void __attribute__((format(printf, 3, 4)))
trap(struct trapping *t, enum trap_id id, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = arena_vprintf(t->m->arena, format, args);
    va_end(args);
    t->out[t->count++] = (struct trust_trap){.id = id, .text = text};
}

static const char *safe(const struct trapping *t, const char *text)
{
    return str_safe(t->m->arena, bytes_str(text));
}

/* "curl, git and python" of those uses that `wanted` chooses; "" none. */
static const char *clients_where(const struct trapping *t,
                                 bool (*wanted)(const struct trapping *, const struct trust_use *))
{
    BUF_CLEANUP text = {0};
    const char *last = NULL;
    for (size_t i = 0; i < t->use_count; i++) {
        const struct trust_use *use = &t->uses[i];
        if (use->setting != t->setting || !wanted(t, use))
            continue;
        if (last)
            buf_printf(&text, "%s%s", text.n ? ", " : "", last);
        last = use->client;
    }
    if (last)
        buf_printf(&text, "%s%s", text.n ? " and " : "", last);
    return arena_strdup(t->m->arena, buf_cstr(&text));
}

static bool is_off(const struct trapping *t, const struct trust_use *use)
{
    (void)t;
    return use->effect == EFFECT_OFF;
}

static bool refuses(const struct trapping *t, const struct trust_use *use)
{
    (void)t;
    return use->refuses && !use->beaten_by;
}

static bool in_force(const struct trapping *t, const struct trust_use *use)
{
    (void)t;
    return !use->beaten_by;
}

/* ---- the file ---- */

static void trap_off(struct trapping *t)
{
    const char *who = clients_where(t, is_off);
    if (*who)
        trap(t, TRAP_OFF,
             "%s accept%s any certificate of anybody: what this was meant to cure is hidden, not "
             "cured",
             who, strstr(who, " and ") ? "" : "s");
}

static bool trap_empty(struct trapping *t)
{
    if (*t->setting->value || !*setting_rows[t->setting->id].name ||
        setting_rows[t->setting->id].kind > KIND_DIRS)
        return false;
    const char *who = clients_where(t, in_force);
    if (*who)
        trap(t, TRAP_EMPTY, "it is set to nothing, which %s take%s for a file without a name", who,
             strstr(who, " and ") ? "" : "s");
    else
        trap(t, TRAP_EMPTY, "it is set to nothing, which is the same as not being set");
    return true;
}

static void trap_unreadable(struct trapping *t, const struct store_source *source)
{
    const char *stop = clients_where(t, refuses);
    trap(t, TRAP_UNREADABLE, "%s; %s", safe(t, source->problem),
         *stop ? arena_printf(t->m->arena, "%s then refuse%s to connect anywhere", stop,
                              strstr(stop, " and ") ? "" : "s")
               : "clients go on without it and say nothing");
}

/** What a store is made of, as far as traps ask. */
struct census {
    size_t count, public_roots, expired;
    cw_time now;
};

static struct census census_of(struct store *store, cw_time now)
{
    struct census census = {.count = store_count(store)};
    for (size_t i = 0; i < census.count; i++) {
        const struct anchor *anchor = store_at(store, i);
        if (!anchor)
            continue;
        census.public_roots += root_fact_find(anchor->cert->sha256) != NULL;
        census.expired += anchor->cert->not_after != TIME_NONE && now > anchor->cert->not_after;
    }
    return census;
}

/* ---- what is left to the clients ---- */

/* Fewer of the well-known roots than anybody browses the web with. */
enum { FEW_PUBLIC_ROOTS = 20 };

static bool loses_public(const struct trapping *t, const struct trust_use *use)
{
    if (use->beaten_by || use->effect > EFFECT_ALL)
        return false;
    const struct trust_view *view = trust_view_find(t->m, use->client);
    const struct trust_view *plain = trust_view_default(t->m, use->client);
    struct store *store = trust_view_store(t->m, view), *before = trust_view_store(t->m, plain);
    return store != before && census_of(before, TIME_NONE).public_roots >= FEW_PUBLIC_ROOTS &&
           census_of(store, TIME_NONE).public_roots < FEW_PUBLIC_ROOTS;
}

static void trap_public(struct trapping *t)
{
    const char *who = clients_where(t, loses_public);
    if (*who)
        trap(t, TRAP_REPLACES_PUBLIC,
             "it replaces the public roots: %s reject%s every public site. Put the public roots "
             "into the same file, or add your CA to the system's store instead",
             who, strstr(who, " and ") ? "" : "s");
}

static void trap_beaten(struct trapping *t)
{
    BUF_CLEANUP text = {0};
    for (size_t i = 0; i < t->use_count; i++) {
        const struct trust_use *use = &t->uses[i];
        if (use->setting == t->setting && use->beaten_by)
            buf_printf(&text, "%s%s by %s", text.n ? ", " : "", use->client, use->beaten_by->name);
    }
    if (text.n)
        trap(t, TRAP_BEATEN, "another setting wins over it: for %s", buf_cstr(&text));
}

/* Of three the second beats the third, and has no effect itself. */
static bool is_in_force(const struct trapping *t, const char *client)
{
    for (size_t i = 0; i < t->use_count; i++)
        if (t->uses[i].setting == t->setting && strcmp(t->uses[i].client, client) == 0 &&
            !t->uses[i].beaten_by)
            return true;
    return false;
}

static void trap_wins(struct trapping *t)
{
    BUF_CLEANUP text = {0};
    for (size_t i = 0; i < t->use_count; i++) {
        const struct trust_use *use = &t->uses[i];
        if (use->beaten_by != t->setting || !is_in_force(t, use->client))
            continue;
        const char *loser = use->setting->name;
        const bool namesake = strcmp(loser, t->setting->name) == 0;
        buf_printf(&text, "%s%s%s%s for %s", text.n ? ", " : "", loser, namesake ? " in " : "",
                   namesake ? safe(t, use->setting->where) : "", use->client);
    }
    if (text.n)
        trap(t, TRAP_WINS, "it wins over %s: what is set there has no effect", buf_cstr(&text));
}

static void trap_no_change(struct trapping *t)
{
    size_t listeners = 0, unchanged = 0;
    for (size_t i = 0; i < t->use_count; i++) {
        const struct trust_use *use = &t->uses[i];
        if (use->setting != t->setting || use->beaten_by || use->effect == EFFECT_OFF)
            continue;
        listeners++;
        unchanged += trust_view_store(t->m, trust_view_find(t->m, use->client)) ==
                     trust_view_store(t->m, trust_view_default(t->m, use->client));
    }
    if (listeners && unchanged == listeners)
        trap(t, TRAP_NO_CHANGE, "it names what these clients use anyway: it changes nothing");
}

static bool replaces(const struct trapping *t, const struct trust_use *use)
{
    (void)t;
    return use->effect == EFFECT_FILE || use->effect == EFFECT_DIR || use->effect == EFFECT_ALL;
}

static void trap_content(struct trapping *t, struct store *store, cw_time now)
{
    const struct census census = census_of(store, now);
    /* To add one is what such a setting is for. */
    if (census.count == 1 && *clients_where(t, replaces))
        trap(t, TRAP_ONE_CERTIFICATE, "it holds one certificate: %s",
             safe(t, name_short(t->m->arena, store_at(store, 0)->cert->subject)));
    /* Every bundle holds some that have; they do no harm beside the others. */
    if (now != TIME_NONE && census.expired && census.expired * 2 >= census.count)
        trap(t, TRAP_EXPIRED, "%zu of its %zu certificates have expired", census.expired,
             census.count);
}

/* ---- all of one setting ---- */

/* The setting alone, as its first client in force takes it. */
static bool part_of(const struct trapping *t, struct trust_part *out)
{
    for (size_t i = 0; i < t->use_count; i++) {
        const struct trust_use *use = &t->uses[i];
        if (use->setting != t->setting)
            continue;
        const struct trust_view *view = trust_view_find(t->m, use->client);
        for (size_t k = 0; k < view->part_count; k++)
            if (view->parts[k].by == t->setting && *t->setting->path) {
                *out = view->parts[k];
                return true;
            }
    }
    *out = (struct trust_part){.kind = file_is_dir(t->m->root, t->setting->path) ? PART_DIRECTORY
                                                                                 : PART_BUNDLE,
                               .path = t->setting->path};
    return *t->setting->path != '\0';
}

static int compare_traps(const void *a, const void *b)
{
    const struct trust_trap *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static void traps_of_path(struct trapping *t, cw_time now)
{
    struct trust_part part;
    if (!part_of(t, &part))
        return;
    struct store *store = trust_part_store(t->m, &part);
    const struct store_source *source = store_source_at(store, 0);
    if (source && !source->read && part.kind == PART_HASHED && file_is_dir(t->m->root, part.path))
        trap(t, TRAP_NOT_HASHED, "%s", safe(t, source->problem));
    else if (source && !source->read)
        trap_unreadable(t, source);
    else
        trap_content(t, store, now);
    if (*t->setting->path != '/')
        trap(t, TRAP_RELATIVE,
             "its path is relative: what it names depends on the directory that "
             "a program is started in");
    store_unref(store);
}

size_t trust_traps(struct trust_machine *m, const struct trust_setting *setting, cw_time now,
                   struct trust_trap out[TRAP_COUNT])
{
    struct trapping t = {.m = m, .setting = setting, .out = out};
    t.uses = trust_uses(m, &t.use_count);
    trap_off(&t);
    if (!trap_empty(&t))
        traps_of_path(&t, now);
    trap_public(&t);
    trap_beaten(&t);
    trap_wins(&t);
    trap_no_change(&t);
    qsort(out, t.count, sizeof *out, compare_traps);
    return t.count;
}
