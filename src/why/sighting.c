/* SPDX-License-Identifier: Apache-2.0 */
/* From what was seen of processes, command line and output to the server that is meant: its name,
 * where the client really went, and which client it was. */
#include <string.h>

#include "internal.h"

enum { PORT_HTTPS = 443 };

/* ---- names and ports ---- */

/** "https://user@host:port/path", "host:port" or "[v6]:port" taken apart. */
struct place {
    const char *scheme, *host; /**< "" none */
    unsigned port;             /**< 0 none */
};

static struct place place_read(struct arena *arena, const char *url)
{
    struct place place = {.scheme = "", .host = ""};
    const char *start = strstr(url, "://");
    if (start)
        place.scheme = arena_strndup(arena, url, (size_t)(start - url));
    start = start ? start + 3 : url;
    const char *whole = arena_strndup(arena, start, strcspn(start, "/?#"));
    const char *at = strrchr(whole, '@');
    whole = at ? at + 1 : whole;
    const bool v6 = *whole == '[';
    const size_t n = strcspn(whole + v6, v6 ? "]" : ":");
    place.host = arena_strndup(arena, whole + v6, n);
    const char *rest = whole + v6 + n + (v6 && whole[v6 + n]);
    int64_t port = 0;
    if (*rest == ':' && str_to_int(rest + 1, 1, 65535, &port))
        place.port = (unsigned)port;
    return place;
}

static const char *place_text(struct arena *arena, const char *host, unsigned port)
{
    const bool v6 = strchr(host, ':') != NULL;
    return arena_printf(arena, "%s%s%s:%u", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

/* ---- one sighting ---- */

/* TLS behind a greeting in plain text: the check must begin the same way. */
static const char *scheme_of(const struct contact *contact, const struct place *url)
{
    static const char *const plain[] = {"smtp", "imap", "pop3",  "ftp",      "ldap",
                                        "xmpp", "lmtp", "mysql", "postgres", "nntp"};
    if (!contact || !*contact->scheme)
        return "";
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (strcmp(url->scheme, plain[i]) == 0)
            return plain[i];
    return contact->scheme;
}

/* The name that is compared: what an option says, the server name that was sent, the tunnel's, that
 * of a URL, the last one that was looked up, the address. */
static const char *name_of(const struct sighting *sighting, const struct place *url,
                           struct arena *arena)
{
    const struct contact *contact = sighting->contact;
    const struct process *process = sighting->process;
    if (*sighting->said.name)
        return sighting->said.name;
    if (contact && contact->sni && *contact->sni)
        return contact->sni;
    if (contact && *contact->tunnel)
        return place_read(arena, contact->tunnel).host;
    if (*url->host)
        return url->host;
    if (process && process->name_count)
        return process->names[process->name_count - 1];
    return contact ? contact->address : "";
}

static void target_set(struct sighting *sighting, const struct place *url, struct arena *arena)
{
    const struct contact *contact = sighting->contact;
    const char *scheme = scheme_of(contact, url);
    unsigned port = url->port;
    sighting->name = name_of(sighting, url, arena);
    if (contact && *contact->tunnel)
        port = place_read(arena, contact->tunnel).port;
    else if (contact)
        port = contact->port;
    const char *host = place_text(arena, sighting->name, port ? port : PORT_HTTPS);
    sighting->target = *scheme ? arena_printf(arena, "%s://%s", scheme, host) : host;
    sighting->connect = contact ? place_text(arena, contact->address, contact->port) : "";
    uint8_t ip[16];
    sighting->sni = contact ? contact->sni : NULL;
    if (str_parse_ip(sighting->name, ip) && sighting->sni && !*sighting->sni)
        sighting->sni = NULL; /* an address is never sent as a name: nothing peculiar */
}

/* ---- which ones ---- */

static bool is_known(const struct sighting *list, size_t count, const struct sighting *one)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].target, one->target) == 0 && strcmp(list[i].connect, one->connect) == 0)
            return true;
    return false;
}

/* The port that stands behind a host somewhere in the output: a message may leave it out. */
static unsigned port_behind(const struct clues *clues, const char *host)
{
    int64_t port = 0;
    const struct bytes name = bytes_str(arena_printf(clues->arena, "%s:", host));
    const size_t at = bytes_find(clues->output, name);
    if (at == SIZE_MAX)
        return 0;
    const struct bytes rest = bytes_slice(clues->output, at + name.n, clues->output.n);
    size_t n = 0;
    while (n < rest.n && n < 6 && rest.p[n] >= '0' && rest.p[n] <= '9')
        n++;
    str_to_int(arena_strndup(clues->arena, (const char *)rest.p, n), 1, 65535, &port);
    return (unsigned)port;
}

static void url_take(const struct clues *clues, const struct sighting *sighting, struct place *url)
{
    const struct contact *contact = sighting->contact;
    *url = place_read(clues->arena, sighting->said.url);
    if (contact &&
        contact->sni) /* it was seen what the client asked for: no message knows better */
        return;
    for (size_t i = 0; !*url->host && i < clues->message_count; i++)
        if (*clues->messages[i].host)
            *url = (struct place){
                .scheme = "", .host = clues->messages[i].host, .port = clues->messages[i].port};
    if (*url->host && !url->port && !contact)
        url->port = port_behind(clues, url->host);
    if (*url->host && !url->port && !contact)
        url->port = port_behind(clues, url->host);
}

/* Words of the command itself tell of the target even where another program speaks: git's helper.
 */
static void said_read(const struct clues *clues, const struct process *process, const char *program,
                      struct said_options *out)
{
    struct arena *arena = clues->arena;
    size_t n = 0;
    while (clues->command[n])
        n++;
    words_read(arena, program, clues->command, n, out);
    if (!process || process->word_count == 0)
        return;
    struct said_options own;
    words_read(arena, program, process->words, process->word_count, &own);
    if (*own.url)
        out->url = own.url;
    out->unnamed = own.unnamed;
    /* curl fills the words of --cert and --key with spaces, for a passphrase may be there */
    if (!*out->client_cert && strspn(own.client_cert, " ") < strlen(own.client_cert)) {
        out->client_cert = own.client_cert;
        out->client_key = own.client_key;
    }
    if (!out->setting_count && !*out->only_ca && !*out->name) {
        own.client_cert = out->client_cert;
        own.client_key = out->client_key;
        own.url = out->url;
        *out = own;
    }
}

static const char *setting_of(const struct process *process, const char *name)
{
    for (size_t i = 0; i < process->setting_count; i++)
        if (strcmp(process->settings[i].name, name) == 0)
            return process->settings[i].value;
    return "";
}

static bool has_word(const struct process *process, const char *part)
{
    for (size_t i = 1; i < process->word_count; i++)
        if (strstr(process->words[i], part))
            return true;
    return false;
}

bool process_owns(const struct process *process, const char *path)
{
    static const char *const variables[] = {"PGSSLCERT", "PGSSLKEY", "LDAPTLS_CERT", "LDAPTLS_KEY"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        if (strcmp(setting_of(process, variables[i]), path) == 0)
            return true;
    return str_ends(path, "/.postgresql/postgresql.crt") || /* where libpq looks for its own */
           words_name_own(process->words, process->word_count, path);
}

static bool is_libpq(const char *title)
{
    return str_starts(title, "psql") || str_starts(title, "pg_");
}

/* Clients of databases verify only against a file that they are given: without one they take any
 * certificate (libpq's "sslmode=require", MariaDB's and MySQL's "--ssl"). OpenLDAP says so. */
static bool verifies_nothing(const struct process *process, const char *title)
{
    const char *word = setting_of(process, "LDAPTLS_REQCERT");
    if (str_starts(title, "ldap"))
        return str_equal_nocase(word, "never") || str_equal_nocase(word, "allow");
    if (!process->witnessed || has_word(process, "--ssl-verify") || has_word(process, "--ssl-ca"))
        return false;
    for (size_t i = 0; i < process->opened_count; i++)
        if (!process_owns(process, process->opened[i]) &&
            (is_libpq(title) || !path_is_usual(process->opened[i])))
            return false; /* MariaDB opens the system's roots and asks nothing of them */
    return true;
}

/* What variables say as options do; an option goes before them. */
static void variables_read(struct sighting *one)
{
    const struct process *process = one->process;
    if (!process || !one->client.is_opened_alone)
        return;
    const bool is_ldap = str_starts(one->client.title, "ldap"), is_pg = is_libpq(one->client.title);
    if ((is_ldap || is_pg) && !*one->said.client_cert)
        one->said.client_cert = setting_of(process, is_ldap ? "LDAPTLS_CERT" : "PGSSLCERT");
    if ((is_ldap || is_pg) && !*one->said.client_key)
        one->said.client_key = setting_of(process, is_ldap ? "LDAPTLS_KEY" : "PGSSLKEY");
    one->said.unverified = verifies_nothing(process, one->client.title);
    if (is_pg && !has_word(process, "sslmode=") &&
        strcmp(setting_of(process, "PGSSLMODE"), "verify-full") == 0)
        one->said.unnamed = false;
}

/* What is the same for all connections of a process: found out once, for it may have thousands. */
static struct sighting process_read(const struct clues *clues, const struct process *process)
{
    struct sighting one = {
        .process = process,
        .client = {.title = "", .version = "", .profile = "", .program = ""},
    };
    if (process)
        client_recognise(clues->machine, process, clues->output, clues->arena, &one.client);
    said_read(clues, process, one.client.program, &one.said);
    variables_read(&one);
    return one;
}

static void sighting_add(const struct clues *clues, struct sighting one,
                         const struct contact *contact, struct sighting *list, size_t *count)
{
    struct place url;
    one.contact = contact;
    url_take(clues, &one, &url);
    target_set(&one, &url, clues->arena);
    if (*count < LIMIT_WHY_TARGETS && *one.name && !is_known(list, *count, &one))
        list[(*count)++] = one;
}

/* A connection without a ClientHello: of a process that no library tells of; or it broke before,
 * and what the command was told says that it was for TLS. */
static bool is_likely(const struct clues *clues, const struct sighting *one,
                      const struct contact *contact)
{
    if (!one->process->witnessed)
        return true;
    const struct place url = place_read(clues->arena, one->said.url);
    return *url.host && contact->port == (url.port ? url.port : PORT_HTTPS);
}

static bool has_hello(const struct process *process)
{
    for (size_t i = 0; i < process->contact_count; i++)
        if (process->contacts[i].sni)
            return true;
    return false;
}

/* The process that acted last before `after`; NULL none. */
static const struct process *process_before(const struct processes *all, size_t after)
{
    const struct process *last = NULL;
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].last < after && all->items[i].contact_count &&
            (!last || all->items[i].last > last->last))
            last = &all->items[i];
    return last;
}

/* Processes that spoke TLS, who did last first; in each the last connection first. */
static void spoken_add(const struct clues *clues, bool with_hello, struct sighting *list,
                       size_t *count)
{
    const struct process *process = process_before(clues->processes, SIZE_MAX);
    size_t looked_at = 0;
    for (; process; process = process_before(clues->processes, process->last)) {
        if (with_hello && !has_hello(process))
            continue;
        if (looked_at++ >= LIMIT_WHY_TREE || *count >= LIMIT_WHY_TARGETS)
            return;
        const struct sighting one = process_read(clues, process);
        for (size_t i = process->contact_count; i > 0; i--) {
            const struct contact *contact = &process->contacts[i - 1];
            if (with_hello ? contact->sni != NULL : is_likely(clues, &one, contact))
                sighting_add(clues, one, contact, list, count);
        }
    }
}

/* The process that is the command; of a script that runs others, the last one that is a client. */
static const struct process *process_main(const struct clues *clues)
{
    const struct processes *all = clues->processes;
    struct client_found client;
    const size_t least = all->count > LIMIT_WHY_TREE ? all->count - LIMIT_WHY_TREE : 0;
    for (size_t i = all->count; i > least; i--) {
        client_recognise(clues->machine, &all->items[i - 1], clues->output, clues->arena, &client);
        if (*client.profile)
            return &all->items[i - 1];
    }
    return all->count ? &all->items[0] : NULL;
}

/* The server that a message names comes before the others. */
static void named_first(const struct clues *clues, struct sighting *list, size_t count)
{
    for (size_t m = 0; m < clues->message_count; m++)
        for (size_t i = 0; i < count; i++)
            if (*clues->messages[m].host &&
                str_equal_nocase(clues->messages[m].host, list[i].name)) {
                const struct sighting named = list[i];
                memmove(list + 1, list, i * sizeof *list);
                list[0] = named;
                return;
            }
}

/* The words of a message tell the client where nothing else does. */
static void client_by_message(const struct clues *clues, struct sighting *sighting)
{
    for (size_t i = 0; i < clues->message_count && !*sighting->client.profile; i++) {
        const struct message_match *match = &clues->messages[i];
        const struct profile *profile = *match->profile ? profile_find(match->profile) : NULL;
        if (!profile)
            continue;
        sighting->client.profile = profile_name(profile);
        if (!*sighting->client.title)
            sighting->client.title = match->client;
    }
}

size_t sightings_make(const struct clues *clues, struct sighting out[LIMIT_WHY_TARGETS])
{
    size_t count = 0;
    spoken_add(clues, true, out, &count);
    if (count == 0)
        spoken_add(clues, false, out, &count);
    if (count == 0) {
        sighting_add(clues, process_read(clues, process_main(clues)), NULL, out, &count);
        /* a lookup is not yet a wish for TLS: a URL or a message must say so */
        if (count && !*out[0].said.url && clues->message_count == 0)
            count = 0;
    }
    named_first(clues, out, count);
    for (size_t i = 0; i < count; i++)
        client_by_message(clues, &out[i]);
    return count;
}
