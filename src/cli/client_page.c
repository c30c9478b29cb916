/* SPDX-License-Identifier: Apache-2.0 */
/* certwhy clients NAME: how to ask one client, whom it trusts, what changes that. */
#include "client_page.h"

#include <string.h>

/* Its library's profile stands for psql or nginx; what those trust is their own affair. */
static bool is_stood_for(const struct client_page *page)
{
    return page->profile && !profile_find(page->word);
}

static const char *store_of(const struct client_page *page)
{
    if (trust_client_known(page->word))
        return page->word;
    if (*page->words.id && trust_client_known(page->words.id))
        return page->words.id;
    return page->profile && !is_stood_for(page) ? profile_store(page->profile) : "";
}

bool client_page_find(struct client_page *page)
{
    page->words =
        (struct client_words){.id = "", .name = "", .profile = "", .never = "", .debug = ""};
    const bool has_words = client_words_find(page->word, &page->words);
    page->profile = profile_find(page->word);
    if (page->profile && !has_words)
        client_words_of(page->profile, &page->words);
    if (!page->profile && *page->words.profile)
        page->profile = profile_find(page->words.profile);
    page->store = store_of(page);
    page->title = has_words       ? page->words.name
                  : page->profile ? profile_title(page->profile)
                  : *page->store  ? trust_view_default(page->machine, page->store)->title
                                  : "";
    return *page->title != '\0';
}

const char *client_page_nearest(struct arena *arena, const char *word)
{
    size_t profiles = 0, count = 0, stores = 0;
    const struct profile *const *table = profile_all(&profiles);
    while (trust_client_at(stores))
        stores++;
    const char **names = arena_array(arena, profiles + stores + 1, sizeof *names);
    for (size_t i = 0; i < profiles; i++)
        names[count++] = profile_aliases(table[i])[0];
    for (size_t i = 0; i < stores; i++)
        names[count++] = trust_client_at(i);
    return str_nearest(word, names);
}

/* ---- a private root for it ---- */

/* The system's store serves whoever reads one of its places. */
static bool reads_the_system(const struct client_page *page)
{
    const struct trust_view *own = trust_view_default(page->machine, page->store);
    const struct trust_view *system = trust_view_default(page->machine, "openssl");
    for (size_t i = 0; i < own->part_count; i++)
        for (size_t k = 0; k < system->part_count; k++)
            if (strcmp(own->parts[i].path, system->parts[k].path) == 0)
                return true;
    return false;
}

/* What `trust add --for` takes for this client alone; NULL: it has no recipe. */
static const char *own_recipe(const struct client_page *page)
{
    const char *recipe = recipe_named(page->word);
    if (!recipe && *page->words.id)
        recipe = recipe_named(page->words.id);
    return recipe || !*page->store ? recipe : recipe_named(page->store);
}

static const char *add_line(const struct client_page *page)
{
    const char *recipe = *page->store && reads_the_system(page) ? "system" : own_recipe(page);
    return recipe ? arena_printf(page->arena, "certwhy trust add ROOT.pem --for %s", recipe) : "";
}

static const char *check_line(const struct client_page *page)
{
    return page->profile ? arena_printf(page->arena, "certwhy check HOST:PORT --client %s",
                                        profile_name(page->profile))
                         : "certwhy check HOST:PORT";
}

/* ---- what it is ---- */

static bool is_measured(const struct client_page *page)
{
    return page->profile && !is_stood_for(page) &&
           profile_evidence(page->profile) == EVIDENCE_MEASURED;
}

static const char *known_text(const struct client_page *page)
{
    if (!page->profile)
        return "its verdicts are not modelled";
    if (is_stood_for(page))
        return arena_printf(page->arena, "judged as %s, whose library or words it shares",
                            profile_name(page->profile));
    if (is_measured(page))
        return arena_printf(page->arena, "judged as %s, measured with %s",
                            profile_name(page->profile), profile_measured_with(page->profile));
    return arena_printf(page->arena, "judged as %s, from its documentation",
                        profile_name(page->profile));
}

/* ---- whom it trusts ---- */

static const char *const effects[] = {
    [EFFECT_FILE] = "replaces its bundle",
    [EFFECT_DIR] = "replaces its directory",
    [EFFECT_ALL] = "replaces all its roots",
    [EFFECT_ADD] = "adds to its roots",
    [EFFECT_LIKE_OPENSSL] = "uses OpenSSL's places instead",
    [EFFECT_LIKE_NODE] = "uses Node's compiled-in list instead",
    [EFFECT_ADD_SYSTEM] = "adds the system's store",
    [EFFECT_OFF] = "switches verification off",
};

static const char *part_text(const struct client_page *page, const struct trust_part *part)
{
    const char *path = str_safe(page->arena, bytes_str(*part->path ? part->path : "nothing"));
    return part->kind == PART_PROGRAMME ? arena_printf(page->arena, "%s's list, compiled in", path)
                                        : path;
}

static void ways_text(const struct client_page *page, struct buf *out)
{
    struct trust_way *ways;
    const size_t count = trust_ways(page->store, page->arena, &ways);
    if (count)
        buf_add_str(out, "             changed by, the strongest first (certwhy trust env: what is "
                         "set here):\n");
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "             %-46s %s%s\n",
                   arena_printf(page->arena, "%s (%s)", ways[i].name, ways[i].where),
                   effects[ways[i].effect], ways[i].effect == EFFECT_OFF ? ": do not" : "");
}

static void store_text(const struct client_page *page, struct buf *out)
{
    if (!*page->store)
        return;
    const struct trust_view *view = trust_view_default(page->machine, page->store);
    buf_add_str(out, "  Trusts     ");
    for (size_t i = 0; i < view->part_count; i++)
        buf_printf(out, "%s%s", i ? " and " : "", part_text(page, &view->parts[i]));
    if (view->part_count == 0)
        buf_add_str(out, "nothing unless it is told");
    buf_printf(out, " (certwhy trust show %s)\n", page->store);
    ways_text(page, out);
}

static void add_text(const struct client_page *page, struct buf *out)
{
    const char *add = add_line(page), *own = own_recipe(page);
    if (!*add)
        return;
    buf_printf(out, "  Add a root %s", add);
    if (own && *page->store && reads_the_system(page) && strcmp(own, "system") != 0)
        buf_printf(out, "    for it alone: --for %s", own);
    buf_add_str(out, "\n");
}

static void verdict_text(const struct client_page *page, struct buf *out)
{
    if (!page->profile || is_stood_for(page))
        return;
    const char *looks = profile_looks(page->profile);
    buf_printf(out, "  Decides    %s\n", profile_note(page->profile));
    buf_printf(out, "  Revocation %s%s%s\n", profile_revocation(page->profile),
               *looks ? "; to make it look: " : "", looks);
}

/* ---- the page ---- */

static void line_text(struct buf *out, const char *name, const char *text)
{
    if (*text)
        buf_printf(out, "  %-10s %s\n", name, text);
}

/* Other versions of the same program differ; a note stands beside each in `certwhy clients`. */
static void versions_text(const struct client_page *page, struct buf *out)
{
    size_t count = 0, told = 0;
    const struct profile *const *table = profile_all(&count);
    for (size_t i = 0; page->profile && !is_stood_for(page) && i < count; i++)
        if (table[i] != page->profile &&
            strcmp(profile_title(table[i]), profile_title(page->profile)) == 0)
            buf_printf(out, "%s%s", told++ ? ", " : "  Others     ", profile_name(table[i]));
    if (told)
        buf_add_str(out, "\n");
}

void client_page_text(const struct client_page *page, struct buf *out)
{
    buf_printf(out, "%s: %s\n", page->title, known_text(page));
    line_text(out, "Ask it", page->words.debug);
    line_text(out, "Ask us", check_line(page));
    store_text(page, out);
    add_text(page, out);
    line_text(out, "Never", page->words.never);
    verdict_text(page, out);
    versions_text(page, out);
    const struct server_page *server = server_page_find(page->word);
    if (server)
        buf_printf(out, "  As server  certwhy explain %s: where it logs what clients say\n",
                   server->id);
}

static json_t *store_json(const struct client_page *page)
{
    const struct trust_view *view = trust_view_default(page->machine, page->store);
    json_t *parts = json_array(), *settings = json_array();
    for (size_t i = 0; i < view->part_count; i++)
        json_array_append_new(parts, json_string(part_text(page, &view->parts[i])));
    struct trust_way *ways;
    const size_t count = trust_ways(page->store, page->arena, &ways);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(settings, json_pack("{s:s, s:s, s:i, s:s}", "name", ways[i].name,
                                                  "where", ways[i].where, "rank", ways[i].rank,
                                                  "effect", effects[ways[i].effect]));
    return json_pack("{s:s, s:o, s:o}", "store", page->store, "places", parts, "settings",
                     settings);
}

json_t *client_page_json(const struct client_page *page)
{
    const struct profile *profile = page->profile;
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "name", page->word, "title",
                             page->title, "debug", page->words.debug, "never", page->words.never,
                             "check", check_line(page), "add_root", add_line(page));
    json_object_set_new(json, "client", profile ? json_string(profile_name(profile)) : json_null());
    if (profile)
        json_object_update_new(
            json,
            json_pack("{s:s, s:s, s:s, s:s, s:s}", "evidence",
                      is_measured(page)    ? "measured"
                      : is_stood_for(page) ? "none"
                                           : "documented",
                      "measured_with", is_measured(page) ? profile_measured_with(profile) : "",
                      "note", profile_note(profile), "revocation", profile_revocation(profile),
                      "to_look", profile_looks(profile)));
    json_object_set_new(json, "trusts", *page->store ? store_json(page) : json_null());
    return json;
}
