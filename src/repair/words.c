/* SPDX-License-Identifier: Apache-2.0 */
/* The templates of data/fixes/ filled: what they may say beside the finding's own evidence. */
#include "words.h"

static const char CLIENT_FILE[] = "client-chain.pem";

#include <string.h>

#include "command.h"

enum { OWN_ITEMS = 32, LISTED = 6 };

struct items {
    struct evidence_item *list;
    size_t count, cap;
};

static void put(struct items *items, const char *key, const char *value)
{
    if (items->count < items->cap)
        items->list[items->count++] =
            (struct evidence_item){.key = key, .value = value != NULL ? value : ""};
}

static const char *quoted_name(const struct repairing *r, int node)
{
    const struct cert *cert = node_cert(r, node);
    const char *name = cert->parsed ? name_short(r->arena, cert->subject) : "(unreadable)";
    return arena_printf(r->arena, "\"%s\"", name);
}

static const char *list_add(struct arena *arena, const char *list, const char *item)
{
    return arena_printf(arena, "%s%s%s", list, list[0] != '\0' ? " and " : "", item);
}

/* What the corrected chain brings, and what it leaves out. */
static void put_chain(const struct wording *w, struct items *items)
{
    const struct repairing *r = w->r;
    int nodes[PATH_KEEPS];
    size_t count = bundle_nodes(r, nodes);
    const char *missing = "", *order = "", *removed = "";
    for (size_t i = 0; i < count; i++) {
        order =
            arena_printf(r->arena, "%s%s%s", order, i > 0 ? ", " : "", quoted_name(r, nodes[i]));
        if (!node_is_sent(r, nodes[i]))
            missing = list_add(r->arena, missing, quoted_name(r, nodes[i]));
    }
    size_t left_out = 0;
    for (size_t i = 0; i < r->verdict->chain_count; i++) {
        const struct chain_entry *entry = &r->verdict->chain[i];
        bool kept = false;
        for (size_t k = 0; k < count && !kept; k++)
            kept = nodes[k] == entry->node;
        if (!kept && entry->position >= 0 && left_out++ < LISTED)
            removed = list_add(r->arena, removed,
                               arena_printf(r->arena, "certificate %d %s", entry->position,
                                            quoted_name(r, entry->node)));
    }
    put(items, "missing", missing);
    put(items, "order", order);
    put(items, "removed", removed);
}

static const char *root_file(const struct wording *w)
{
    if (w->change->trusted_count == 0)
        return "";
    const struct cert *root = node_cert(w->r, w->change->trusted[0]);
    return arena_printf(w->r->arena, "%s.pem", cert_slug(w->r->arena, root));
}

static void put_root(const struct wording *w, struct items *items)
{
    struct arena *arena = w->r->arena;
    if (w->change->trusted_count > 0) {
        const struct cert *root = node_cert(w->r, w->change->trusted[0]);
        put(items, "root", name_short(arena, root->subject));
        put(items, "fingerprint", cert_fingerprint(arena, root));
        put(items, "slug", cert_slug(arena, root));
        put(items, "output", root_file(w));
        return;
    }
    put(items, "output", "fullchain.pem");
    const struct cert *child = node_cert(w->r, w->change->supply_for);
    if (child != NULL)
        put(items, "root", name_short(arena, child->issuer));
}

/* Does a client that the finding stops read one of these stores? */
static bool stops_reader(const struct finding *finding, const char *const *stores)
{
    for (size_t i = 0; i < finding->client_count; i++)
        for (const char *const *store = stores; *store != NULL; store++)
            if (strcmp(profile_store(finding->clients[i]), *store) == 0)
                return true;
    return false;
}

/* How those clients get a root that others have: what brings a newer list, and what takes the root
 * by itself. */
static void put_stores(const struct wording *w, struct items *items)
{
    static const char *const bundle[] = {"system", "openssl",     "curl", "git", "wget",
                                         "python", "node-system", "go",   NULL};
    static const char *const python[] = {"requests", "httpx", "aws", "gcloud", "httplib2", NULL};
    static const char *const pip[] = {"pip", NULL}, *const java[] = {"java", NULL},
                             *const node[] = {"node", "npm", "postman", NULL},
                             *const chrome[] = {"chrome", NULL};
    const struct {
        const char *key;
        const char *const *stores;
        const char *value; /* NULL: the root's short name, when it is here */
    } ways[] = {{"bundle", bundle, "ca-certificates"},
                {"certifi", python, "certifi"},
                {"pip", pip, "pip"},
                {"java", java, NULL},
                {"node", node, NULL},
                {"nss", chrome, NULL}};
    const bool here = w->change->trusted_count > 0;
    const char *slug = here ? cert_slug(w->r->arena, node_cert(w->r, w->change->trusted[0])) : NULL;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (stops_reader(w->finding, ways[i].stores))
            put(items, ways[i].key, ways[i].value != NULL ? ways[i].value : slug);
}

static void put_time(const struct wording *w, struct items *items)
{
    struct arena *arena = w->r->arena;
    if (w->change->at == TIME_NONE)
        return;
    cw_time at = w->r->input->at, good = w->change->at;
    const struct fact *behind = verdict_fact(w->r->verdict, FACT_CLOCK_BEHIND, -1),
                      *ahead = verdict_fact(w->r->verdict, FACT_CLOCK_AHEAD, -1);
    const bool said = (behind && behind->limit == good) || (ahead && ahead->limit == good);
    put(items, said ? "witnessed" : "unwitnessed", "yes");
    const bool close = good - at < 2 * TIME_DAY && at - good < 2 * TIME_DAY;
    put(items, "clock", close ? time_rfc3339(arena, at) : time_date(arena, at));
    put(items, "good_time", close ? time_rfc3339(arena, good) : time_date(arena, good));
}

static void put_key_id(const struct wording *w, struct items *items)
{
    const struct cert *cert = node_cert(w->r, w->finding->node);
    if (cert != NULL && cert->aki_key_id.n > 0)
        put(items, "key_id", str_hex(w->r->arena, cert->aki_key_id, ':'));
}

/* The certificate that is issued anew, and where its present version can be fetched. */
static void put_fixed(const struct wording *w, struct items *items)
{
    const struct repairing *r = w->r;
    int node = remedy_node(w->finding);
    if (node_cert(r, node) == NULL)
        return;
    int index = verdict_chain_index(r->verdict, node);
    put(items, "fixed",
        node_is_sent(r, node)
            ? arena_printf(r->arena, "certificate %d %s", index, quoted_name(r, node))
            : arena_printf(r->arena, "the certificate %s", quoted_name(r, node)));
    const struct cert *below = node_cert(r, path_neighbour(r, node, -1));
    const char *url = "";
    if (below != NULL && cert_aia_urls(r->arena, below, OID_AD_CA_ISSUERS, &url, 1) > 0)
        put(items, "fetch", url);
}

static void put_endpoint(const struct wording *w, struct items *items)
{
    const struct observation *obs = w->r->input->observation;
    size_t good = w->change->connection >= 0 ? (size_t)w->change->connection : obs->primary;
    if (good < obs->connection_count)
        put(items, "good_address", obs->connections[good].address);
    put(items, "use_sni", obs->probe_sni);
}

/* Own items come first: the first of a key is the one that counts. */
static struct items items_of(const struct wording *w)
{
    struct items items = {.cap = OWN_ITEMS + w->finding->evidence_count};
    items.list = arena_array(w->r->arena, items.cap, sizeof *items.list);
    put_root(w, &items);
    put_stores(w, &items);
    put_chain(w, &items);
    put_time(w, &items);
    put_key_id(w, &items);
    put_fixed(w, &items);
    put_endpoint(w, &items);
    put(&items, "listed", w->change->name);
    put(&items, "need", w->change->need);
    put(&items, "record", w->change->record);
    put(&items, "unwanted", w->change->unwanted);
    put(&items, "parts", w->parts);
    put(&items, "notes", w->notes);
    for (size_t i = 0; i < w->finding->evidence_count; i++)
        put(&items, w->finding->evidence[i].key, w->finding->evidence[i].value);
    return items;
}

static const char *said(const struct wording *w, const char *template)
{
    struct items items = items_of(w);
    return template_fill(w->r->arena, template, items.list, items.count, false);
}

const char *fix_part(const struct wording *wording, const struct fix_text *text)
{
    return said(wording, text->part);
}

const char *fix_caveat(const struct wording *wording, const struct fix_text *text)
{
    return said(wording, text->caveat);
}

const char *fix_subject(const struct wording *wording)
{
    return said(wording, "{fixed}");
}

/* ---- commands ---- */

/* A line that writes a file has no use when there is none. */
static const char *file_json(const struct wording *w, const struct fix *fix, const char *path)
{
    for (size_t i = 0; i < fix->file_count; i++)
        if (strcmp(fix->files[i].path, path) == 0)
            return command_json(
                w->r, arena_printf(w->r->arena, "%s.files[%zu].content", w->json_path, i));
    return "";
}

/* The command that writes the corrected chain, when this fix has one. */
static const char *bundle_command(const struct wording *w, const struct fix *fix)
{
    for (size_t i = 0; i < fix->file_count; i++)
        if (strcmp(fix->files[i].path, "fullchain.pem") == 0)
            return command_fix(w->r);
    return "";
}

/* A line that is there already moves behind the lines of the page that asks for it again: a request
 * comes after the key that it is for. */
static void add_command(struct fix *fix, const char *command)
{
    size_t kept = 0;
    for (size_t i = 0; i < fix->command_count; i++)
        if (strcmp(fix->commands[i], command) != 0)
            fix->commands[kept++] = fix->commands[i];
    fix->commands[kept++] = command;
    fix->command_count = kept;
}

void fix_commands(const struct wording *wording, const struct fix_text *text, struct fix *fix)
{
    struct arena *arena = wording->r->arena;
    size_t more = 0;
    while (text->commands[more] != NULL)
        more++;
    const char **all = arena_array(arena, fix->command_count + more + 1, sizeof *all);
    for (size_t i = 0; i < fix->command_count; i++)
        all[i] = fix->commands[i];
    fix->commands = all;
    struct items items = items_of(wording);
    const struct evidence_item whole[] = {
        {.key = "again", .value = command_again(wording->r)},
        {.key = "write_chain", .value = bundle_command(wording, fix)},
        {.key = "client_json", .value = file_json(wording, fix, CLIENT_FILE)},
        {.key = "root_json", .value = file_json(wording, fix, root_file(wording))},
        {.key = "csr", .value = command_csr(wording->r, wording->change)},
        {.key = "url", .value = command_url(wording->r)},
        {.key = "record", .value = wording->change->record ? wording->change->record : ""},
        {.key = "trust_add", .value = command_trust(wording->r, root_file(wording), false)},
        {.key = "trust_pin", .value = command_trust(wording->r, root_file(wording), true)},
    };
    for (size_t i = 0; i < more; i++) {
        struct command_words words = {.items = items.list,
                                      .count = items.count,
                                      .whole = whole,
                                      .whole_count = sizeof whole / sizeof whole[0]};
        const char *command = command_fill(arena, text->commands[i], &words);
        if (command[0] != '\0')
            add_command(fix, command);
    }
}

/* ---- files ---- */

struct bytes bundle_pem(const struct repairing *r, const struct change *change)
{
    int nodes[PATH_KEEPS];
    size_t count = bundle_nodes(r, nodes);
    bool whole = count > 0 && (change->supply_for < 0 || change->supply_root);
    for (size_t i = 0; i < count && whole; i++)
        whole = !change_edits(change, nodes[i]);
    if (!whole)
        return (struct bytes){0};
    BUF_CLEANUP pem = {0};
    for (size_t i = 0; i < count; i++)
        pem_write(&pem, "CERTIFICATE", node_cert(r, nodes[i])->der);
    return arena_bytes(r->arena, buf_bytes(&pem));
}

static struct bytes client_pem(const struct repairing *r, const struct change *change)
{
    const struct presented *presented = &r->input->observation->presented;
    BUF_CLEANUP pem = {0};
    for (size_t i = 0; i < presented->count; i++)
        pem_write(&pem, "CERTIFICATE", presented->chain[i].cert->der);
    for (size_t i = 0; i < change->client_issuer_count; i++)
        pem_write(&pem, "CERTIFICATE", node_cert(r, change->client_issuers[i])->der);
    return arena_bytes(r->arena, buf_bytes(&pem));
}

static void add_file(struct arena *arena, struct fix *fix, const char *path, struct bytes content)
{
    if (fix->files == NULL)
        fix->files = arena_array(arena, 3, sizeof *fix->files);
    fix->files[fix->file_count++] =
        (struct fix_file){.path = path, .content = arena_bytes(arena, content)};
}

static void fix_files(const struct wording *w, struct fix *fix)
{
    struct arena *arena = w->r->arena;
    struct bytes bundle = w->change->bundle ? bundle_pem(w->r, w->change) : (struct bytes){0};
    if (bundle.p != NULL)
        add_file(arena, fix, "fullchain.pem", bundle);
    if (w->change->client_issuer_count > 0)
        add_file(arena, fix, CLIENT_FILE, client_pem(w->r, w->change));
    if (w->change->trusted_count > 0 && !change_edits(w->change, w->change->trusted[0])) {
        BUF_CLEANUP pem = {0};
        pem_write(&pem, "CERTIFICATE", node_cert(w->r, w->change->trusted[0])->der);
        add_file(arena, fix, root_file(w), buf_bytes(&pem));
    }
}

void fix_word(const struct wording *wording, const struct fix_text *text, struct fix *fix)
{
    fix->id = text->id;
    fix->who = text->who;
    fix_files(wording, fix);
    fix->summary = said(wording, text->summary);
    fix_commands(wording, text, fix);
    fix->caveat = said(wording, text->caveat);
}
