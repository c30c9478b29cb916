/* SPDX-License-Identifier: Apache-2.0 */
/* One list of what clients say: data/messages, and what the profiles predict. A profile knows the
 * rare causes, the catalogue knows which ones are frequent; the same words are one row. */
#include <string.h>

#include "explain/messages.h"

enum {
    WARY_LETTERS = 24,  /* a saying of fewer is too common to mean TLS by itself */
    LEAST_LETTERS = 10, /* a saying of fewer is no saying: "Expired" */
    SAYINGS_MAX = 8000, /* of all profiles; they have 3,000 */
};

static size_t rows_of(size_t client)
{
    size_t count = 0;
    for (size_t i = 0; i < message_row_count; i++)
        count += message_rows[i].client == client;
    return count;
}

/* "requests@2.28" is data/messages/requests.tsv; a profile without a file of that name stands where
 * its name is given as that for --client, and most is said. */
static size_t client_of_profile(const struct profile *profile)
{
    const char *name = profile_name(profile);
    const size_t n = strcspn(name, "@");
    size_t best = SIZE_MAX, most = 0;
    for (size_t i = 0; i < message_client_count; i++) {
        const struct message_client *client = &message_clients[i];
        const struct profile *named = *client->profile ? profile_find(client->profile) : NULL;
        const char *other = named ? profile_name(named) : "";
        if (strlen(client->id) == n && strncmp(client->id, name, n) == 0)
            return i;
        if (strncmp(other, name, n) == 0 && other[n] == '@' && rows_of(i) > most) {
            most = rows_of(i);
            best = i;
        }
    }
    return best;
}

static size_t letters_of(const char *text, uint8_t *out)
{
    size_t n = 0;
    for (const char *p = text; *p; p++) {
        const char *end = *p == '<' ? strchr(p, '>') : NULL;
        const uint8_t class = message_class[(uint8_t)*p];
        if (end)
            p = end;
        else if (class != CLASS_SKIP && class != CLASS_SPECIAL)
            out[n++] = class;
    }
    return n;
}

/* {host} as <host>; {{ as a brace. Letters of a variable's name are all that a pattern takes. */
static char *pattern_of(struct arena *arena, const char *text)
{
    char *out = arena_strdup(arena, text);
    for (char *p = out; *p; p++) {
        const bool opens = *p == '{', closes = *p == '}';
        if ((opens && p[1] == '{') || (closes && p[1] == '}'))
            p++;
        else if (opens)
            for (*p = '<'; *p && *p != '}'; p++)
                *p = *p == '_' ? 'x' : *p;
        if (*p == '}')
            *p = '>';
        if (!*p)
            break;
    }
    return out;
}

struct gathering {
    struct arena *arena;
    struct message_row *rows;
    size_t count;
    uint64_t *hashes; /* of the letters, per row */
};

static uint64_t hash_of(struct arena *arena, const char *pattern)
{
    uint8_t *letters = arena_alloc(arena, strlen(pattern) + 1);
    return bytes_hash(bytes_of(letters, letters_of(pattern, letters)));
}

static bool names_rule(const char *causes, const char *id)
{
    const size_t n = strlen(id);
    for (const char *p = causes; (p = strstr(p, id)); p += n)
        if ((p == causes || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
            return true;
    return false;
}

/* A row of the same words: the client's own is `*own`; `*other` says that others use them too. */
static void row_find(const struct gathering *g, uint64_t hash, size_t client,
                     struct message_row **own, bool *other)
{
    *own = NULL;
    *other = false;
    for (size_t i = 0; i < g->count; i++) {
        if (g->hashes[i] != hash)
            continue;
        if (g->rows[i].client == client)
            *own = &g->rows[i];
        else if (strchr("-?", g->rows[i].causes[0]))
            *other = true;
    }
}

/* Letters of a pattern when all of its parts stand in the saying, in their order; else 0. */
static size_t stands_in(const struct message_pattern *pattern, struct bytes saying)
{
    size_t from = 0, letters = 0;
    for (size_t f = 0; f < pattern->count; f++) {
        const struct bytes rest = bytes_slice(saying, from, saying.n);
        const size_t at = bytes_find(rest, bytes_of(pattern->fragments[f], pattern->lengths[f]));
        if (at == SIZE_MAX)
            return 0;
        from += at + pattern->lengths[f];
        letters += pattern->lengths[f];
    }
    return letters;
}

/* Causes of the longest row of the catalogue that stands inside of a saying of the same client. */
static const char *causes_inside(const struct gathering *g, size_t client, struct bytes saying)
{
    const char *best = "";
    size_t longest = 0;
    for (size_t i = 0; i < message_row_count; i++) {
        const struct message_row *row = &g->rows[i];
        if (row->client != client || strchr("-?", row->causes[0]))
            continue;
        struct message_pattern pattern;
        pattern_read(row->pattern, g->arena, &pattern);
        const size_t letters = stands_in(&pattern, saying);
        if (letters > longest) {
            best = row->causes;
            longest = letters;
        }
    }
    return best;
}

static void saying_add(struct gathering *g, size_t client, const struct saying *saying)
{
    const char *rule = fact_rule(saying->fact);
    /* What stands around a code is the same for all: the code tells. */
    const bool by_code = saying->code && strstr(saying->text, "{code}");
    const char *pattern = by_code ? saying->code : pattern_of(g->arena, saying->text);
    uint8_t *letters = arena_alloc(g->arena, strlen(pattern) + 1);
    const size_t n = letters_of(pattern, letters);
    const uint64_t hash = bytes_hash(bytes_of(letters, n));
    struct message_row *own;
    bool others;
    if (n < LEAST_LETTERS || g->count == message_row_count + SAYINGS_MAX)
        return;
    row_find(g, hash, client, &own, &others);
    if (own && !strchr("-?", own->causes[0]) && !names_rule(own->causes, rule))
        own->causes = arena_printf(g->arena, "%s %s", own->causes, rule);
    if (own || others)
        return;
    const char *causes = causes_inside(g, client, bytes_of(letters, n));
    if (!names_rule(causes, rule))
        causes = *causes ? arena_printf(g->arena, "%s %s", causes, rule) : rule;
    g->hashes[g->count] = hash;
    g->rows[g->count++] = (struct message_row){.client = (uint16_t)client,
                                               .pattern = pattern,
                                               .causes = causes,
                                               .tells = "",
                                               .wary = n < WARY_LETTERS};
}

struct message_row *messages_gather(struct arena *arena, size_t *count)
{
    const size_t most = message_row_count + SAYINGS_MAX;
    struct gathering g = {.arena = arena,
                          .rows = arena_array(arena, most, sizeof *g.rows),
                          .count = message_row_count,
                          .hashes = arena_array(arena, most, sizeof *g.hashes)};
    memcpy(g.rows, message_rows, message_row_count * sizeof *g.rows);
    for (size_t i = 0; i < message_row_count; i++)
        g.hashes[i] = hash_of(arena, g.rows[i].pattern);
    size_t profiles = 0;
    const struct profile *const *table = profile_all(&profiles);
    for (size_t i = 0; i < profiles; i++) {
        const size_t client = client_of_profile(table[i]);
        struct saying saying;
        for (size_t k = 0; client != SIZE_MAX && profile_saying(table[i], k, &saying); k++)
            saying_add(&g, client, &saying);
    }
    *count = g.count;
    return g.rows;
}
