/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"

#include <string.h>

enum { REQUEST_NAMES = 40 /* names in one request: more make a line that nobody reads */ };

/* ---- filling ---- */

static const struct evidence_item *whole_at(const char *text, const struct command_words *words)
{
    for (size_t i = 0; i < words->whole_count; i++) {
        size_t n = strlen(words->whole[i].key);
        if (text[0] == '{' && strncmp(text + 1, words->whole[i].key, n) == 0 && text[n + 1] == '}')
            return &words->whole[i];
    }
    return NULL;
}

const char *command_fill(struct arena *arena, const char *text, const struct command_words *words)
{
    const char *line = "";
    for (const char *from = text; *from != '\0';) {
        const struct evidence_item *whole = whole_at(from, words);
        size_t n = 0;
        while (whole == NULL && from[n] != '\0' && whole_at(from + n, words) == NULL)
            n++;
        const char *piece = whole != NULL ? whole->value
                                          : template_fill(arena, arena_strndup(arena, from, n),
                                                          words->items, words->count, true);
        if (piece[0] == '\0')
            return "";
        line = arena_printf(arena, "%s%s", line, piece);
        from += whole != NULL ? strlen(whole->key) + 2 : n;
    }
    return line;
}

/* ---- certwhy check … ---- */

/* A line in the making; a word that is not harmless spoils it as a whole. */
struct line {
    struct arena *arena;
    const char *text;
    bool spoilt;
};

static void add_word(struct line *line, const char *word)
{
    line->spoilt = line->spoilt || !str_is_safe(bytes_str(word));
    line->text = arena_printf(line->arena, "%s %s", line->text, str_shell(line->arena, word));
}

static void add_option(struct line *line, const char *option, const char *value)
{
    if (value == NULL || value[0] == '\0')
        return;
    line->text = arena_printf(line->arena, "%s %s", line->text, option);
    add_word(line, value);
}

static void add_pools(const struct repairing *r, struct line *line)
{
    const struct graph *graph = &r->verdict->graph;
    const char *last = "";
    for (size_t i = 0; i < graph->node_count; i++) {
        const struct origin *origin = &graph->nodes[i].origin;
        bool pool = (graph->nodes[i].from & FROM_POOL) && !(graph->nodes[i].from & FROM_SENT);
        if (!pool || origin->where == NULL || strcmp(origin->where, last) == 0)
            continue;
        add_option(line, "--pool", origin->where);
        last = origin->where;
    }
}

static void add_names(const struct target *target, struct line *line)
{
    const char *host = target->host != NULL ? target->host : "";
    const char *name = target->name != NULL ? target->name : "";
    const char *sni = target->sni != NULL ? target->sni : "";
    bool endpoint = target->kind == TARGET_ENDPOINT;
    if (strcmp(name, host) != 0)
        add_option(line, "--name", name);
    if (endpoint && sni[0] != '\0' && strcmp(sni, name) != 0)
        add_option(line, "--sni", sni);
    add_option(line, "--connect", target->connect);
}

static void add_documents(const struct observation *obs, struct line *line)
{
    const char *last = "";
    bool offline = false, fetched = false;
    for (size_t i = 0; i < obs->document_count; i++) {
        const struct document *document = &obs->documents[i];
        offline |= document->result == FETCH_OFFLINE;
        fetched |= document->from == DOCUMENT_FETCHED || document->from == DOCUMENT_CACHED;
        /* a file of several CRLs is several documents */
        if (document->from != DOCUMENT_GIVEN || strcmp(document->where, last) == 0)
            continue;
        add_option(line, document->kind == WANT_CRL ? "--crl" : "--ocsp", document->where);
        last = document->where;
    }
    if (fetched && (offline || obs->private_fetch))
        line->text = arena_printf(line->arena, "%s --%s", line->text,
                                  offline ? "offline" : "allow-private-fetch");
}

/* The same look at the target again, by another command. */
static const char *command_of(const struct repairing *r, const char *verb)
{
    const struct observation *obs = r->input->observation;
    struct line line = {.arena = r->arena, .text = verb};
    const char *target = obs->target.text != NULL ? obs->target.text : "";
    if (target[0] == '\0' || target[0] == '-')
        return "";
    add_word(&line, target);
    add_names(&obs->target, &line);
    if (obs->own_ca)
        add_option(&line, obs->only_ca ? "--only-ca --ca" : "--ca", obs->ca_path);
    for (size_t i = 0; i < obs->more_ca_count; i++)
        add_option(&line, "--ca", obs->more_ca[i]);
    add_pools(r, &line);
    add_documents(obs, &line);
    if (obs->proxy_from && strcmp(obs->proxy_from, "--proxy") == 0)
        add_option(&line, "--proxy", obs->proxy);
    add_option(&line, "--expect", obs->expected_file);
    add_option(&line, "--key", obs->key_file);
    add_option(&line, "--client-cert", obs->presented.file);
    add_option(&line, "--client-key", obs->presented.key_file);
    if (obs->at_given)
        add_option(&line, "--at", time_rfc3339(r->arena, r->input->at));
    return line.spoilt ? "" : line.text;
}

const char *command_again(const struct repairing *r)
{
    return command_of(r, "certwhy check");
}

const char *command_fix(const struct repairing *r)
{
    return command_of(r, "certwhy fix");
}

const char *command_json(const struct repairing *r, const char *path)
{
    const char *again = command_again(r);
    if (again[0] == '\0' || path == NULL)
        return "";
    return arena_printf(r->arena, "%s --json | jq -r %s", again, str_shell(r->arena, path));
}

/* ---- openssl req ---- */

struct request {
    struct arena *arena;
    const char *list; /* "DNS:a,DNS:b,IP:1.2.3.4" */
    const char *first;
    size_t count;
};

static void request_name(struct request *request, const char *kind, const char *name)
{
    uint8_t ip[16];
    bool address = str_parse_ip(name, ip) > 0;
    if (!str_is_plain_host(name) || address != (kind[0] == 'I') || request->count == REQUEST_NAMES)
        return;
    const char *item = arena_printf(request->arena, "%s:%s", kind, name);
    if (strstr(request->list, arena_printf(request->arena, "%s,", item)) != NULL)
        return;
    request->list = arena_printf(request->arena, "%s%s,", request->list, item);
    request->first = request->count++ == 0 ? name : request->first;
}

static void request_names(struct request *request, const struct cert *leaf)
{
    struct reader reader = cert_san(leaf);
    struct general_name name;
    for (size_t i = 0; i < LIMIT_SAN_NAMES && general_name_next(&reader, &name); i++) {
        if (name.kind == GN_DNS && name.value.n <= 253)
            request_name(request, "DNS", str_safe(request->arena, name.value));
        else if (name.kind == GN_IP)
            request_name(request, "IP", str_ip(request->arena, name.value));
    }
}

static void request_added(struct request *request, const struct cert_edit *edit)
{
    for (const char *const *n = edit->dns_names; n != NULL && *n != NULL; n++)
        request_name(request, "DNS", *n);
    for (const char *const *n = edit->ip_addresses; n != NULL && *n != NULL; n++)
        request_name(request, "IP", *n);
}

const char *command_csr(const struct repairing *r, const struct change *change)
{
    int node = r->verdict->chain_count > 0 ? r->verdict->chain[0].node : -1;
    const struct cert *leaf = node_cert(r, node);
    if (leaf == NULL || !leaf->parsed || !change_edits(change, node))
        return "";
    struct request request = {.arena = r->arena, .list = "", .first = ""};
    request_names(&request, leaf);
    for (size_t i = 0; i < change->edit_count; i++)
        if (change->edits[i].node == node)
            request_added(&request, &change->edits[i].edit);
    if (request.count == 0)
        return "";
    const char *key_file = r->input->observation->key_file;
    const char *key = change->new_key                           ? "new.key"
                      : key_file != NULL && key_file[0] != '\0' ? key_file
                                                                : "server.key";
    if (!str_is_safe(bytes_str(key)) || key[0] == '-')
        return "";
    /* RFC 5280 appendix A.1: ub-common-name is 64 */
    const char *subject = strlen(request.first) <= 64
                              ? arena_printf(r->arena, "/CN=%s", request.first)
                              : "/O=certificate request";
    const char *names =
        arena_printf(r->arena, "subjectAltName=%.*s", (int)strlen(request.list) - 1, request.list);
    return arena_printf(r->arena, "openssl req -new -key %s -subj %s -addext %s -out new.csr",
                        str_shell(r->arena, key), str_shell(r->arena, subject),
                        str_shell(r->arena, names));
}

/* ---- certwhy trust add ---- */

/* Whose place to add to serves a client, in the order of the command; a client that reads the
 * system's store is served by that. */
static const struct {
    const char *stores, *recipe;
} served[] = {
    {"system openssl curl git wget python go node-system", "system"},
    {"java", "java"},
    {"node", "node"},
    {"requests httpx", "requests"},
    {"chrome", "chrome"},
    {"firefox", "firefox"},
};

static bool list_has(const char *words, const char *word)
{
    const size_t n = strlen(word);
    for (const char *p = words; *p; p += strcspn(p, " "), p += *p == ' ')
        if (strcspn(p, " ") == n && memcmp(p, word, n) == 0)
            return true;
    return false;
}

static bool somebody_rejects(const struct repairing *r, const char *stores)
{
    for (size_t i = 0; i < r->verdict->client_count; i++) {
        const struct client_verdict *client = &r->verdict->clients[i];
        if (client->accepts == 0 && list_has(stores, profile_store(client->profile)))
            return true;
    }
    return false;
}

/* Browsers take no pinned certificate from a database. */
const char *command_trust(const struct repairing *r, const char *file, bool pin)
{
    const char *list = "";
    const size_t count = sizeof served / sizeof *served - (pin ? 2 : 0);
    for (size_t i = 0; i < count; i++)
        if (somebody_rejects(r, served[i].stores))
            list = arena_printf(r->arena, "%s%s%s", list, *list ? "," : "", served[i].recipe);
    if (!*list || !*file)
        return "";
    struct line line = {.arena = r->arena, .text = "certwhy trust add"};
    add_word(&line, file);
    add_option(&line, "--for", list);
    if (pin)
        line.text = arena_printf(r->arena, "%s --pin", line.text);
    if (r->input->observation->target.kind == TARGET_ENDPOINT) {
        add_option(&line, "--against", r->input->observation->target.text);
        add_names(&r->input->observation->target, &line);
    }
    return line.spoilt ? "" : line.text;
}

/* ---- curl ---- */

static const char *bracketed(struct arena *arena, const char *host)
{
    return strchr(host, ':') != NULL ? arena_printf(arena, "[%s]", host) : host;
}

const char *command_url(const struct repairing *r)
{
    const struct target *target = &r->input->observation->target;
    const char *host = target->host != NULL ? target->host : "";
    const char *name = target->name != NULL && target->name[0] != '\0' ? target->name : host;
    if (target->kind != TARGET_ENDPOINT || !str_is_plain_host(host) || !str_is_plain_host(name))
        return "";
    const char *address =
        arena_printf(r->arena, "https://%s:%u/", bracketed(r->arena, name), (unsigned)target->port);
    if (str_equal_nocase(name, host))
        return str_shell(r->arena, address);
    const char *to =
        arena_printf(r->arena, "::%s:%u", bracketed(r->arena, host), (unsigned)target->port);
    return arena_printf(r->arena, "--connect-to %s %s", str_shell(r->arena, to),
                        str_shell(r->arena, address));
}
