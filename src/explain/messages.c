/* SPDX-License-Identifier: Apache-2.0 */
/* What clients said in a text. A client often repeats its library's words behind its own: where
 * both stand together, the client is named by the one and the causes by the other. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "explain/messages.h"

enum {
    WINDOW = 6000,   /* octets around an anchor that are read as letters */
    NEAR = 1500,     /* octets within which words of one client belong together */
    REACH = 3000,    /* … and a client's words with its library's: a stack trace */
    WORD_NEAR = 200, /* … and with a word that shows that TLS is meant */
    TEXT_MAX = 300,  /* octets of a message that are shown */
    WRAPPERS = 4,    /* clients upon clients: langchain, openai, httpx, Python, OpenSSL */
    AROUND = 600,    /* octets in which the address of the server is looked for */
    BARE_TEXT = 64   /* a text this short is nothing but a message */
};

struct messages {
    struct arena arena;
    struct message_row *rows;
    size_t row_count;
    struct message_pattern *patterns;
    struct scanner *scanner;
};

struct messages *messages_new(void)
{
    struct messages *messages = xcalloc(1, sizeof *messages);
    struct arena *arena = &messages->arena;
    messages->rows = messages_gather(arena, &messages->row_count);
    messages->patterns = arena_array(arena, messages->row_count, sizeof *messages->patterns);
    for (size_t i = 0; i < messages->row_count; i++)
        pattern_read(messages->rows[i].pattern, arena, &messages->patterns[i]);
    messages->scanner = scanner_new(messages->patterns, messages->row_count);
    return messages;
}

void messages_free(struct messages *messages)
{
    if (!messages)
        return;
    scanner_free(messages->scanner);
    arena_free(&messages->arena);
    free(messages);
}

/* ---- every place where a pattern stands ---- */

struct finding_hits {
    const struct messages *messages;
    struct bytes text;
    struct letters letters;
    struct message_hit *hits;
    size_t count;
    uint8_t *seen; /* per row: hits of it, up to LIMIT_ROW_HITS */
};

/* The index of the letter at this offset, or SIZE_MAX. */
static size_t letter_at(const struct letters *letters, size_t offset)
{
    size_t low = 0, high = letters->count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (letters->at[middle] < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low < letters->count && letters->at[low] == offset ? low : SIZE_MAX;
}

static bool has_word_of_tls(struct bytes text, const struct message_hit *hit)
{
    static const char *const words[] = {"ssl", "tls", "cert", "trust", "nsurl", "handshake"};
    const size_t from = hit->start > WORD_NEAR ? hit->start - WORD_NEAR : 0;
    const size_t to = hit->end + WORD_NEAR < text.n ? hit->end + WORD_NEAR : text.n;
    for (size_t i = from; i < to; i++)
        for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
            const size_t n = strlen(words[w]);
            if (to - i >= n && (i + n <= hit->start || i >= hit->end) &&
                strncasecmp((const char *)text.p + i, words[w], n) == 0)
                return true;
        }
    return false;
}

/* A number alone is an error of TLS only beside a word of TLS, or when it was all that was asked.
 */
static bool is_plausible(const struct message_row *row, struct bytes text,
                         const struct message_hit *hit)
{
    const bool number = row->pattern[0] == '=' && row->pattern[1] == '-';
    return !(number || row->wary) || text.n <= BARE_TEXT || has_word_of_tls(text, hit);
}

static bool anchor_look(void *context, size_t row, size_t end)
{
    struct finding_hits *f = context;
    if (f->seen[row] >= LIMIT_ROW_HITS)
        return true;
    struct letters *letters = &f->letters;
    if (end < letters->from + WINDOW / 2 || end + WINDOW / 2 > letters->to)
        letters_read(f->text, end > WINDOW ? end - WINDOW : 0,
                     end + WINDOW < f->text.n ? end + WINDOW : f->text.n, letters);
    const size_t last = letter_at(letters, end);
    struct message_hit hit = {.said = &f->messages->rows[row]};
    if (last == SIZE_MAX ||
        !pattern_matches(&f->messages->patterns[row], f->text, letters, last, &hit) ||
        !is_plausible(hit.said, f->text, &hit))
        return true;
    f->seen[row]++;
    f->hits[f->count++] = hit;
    return f->count < LIMIT_MESSAGE_HITS;
}

static int hit_order(const void *a, const void *b)
{
    const struct message_hit *x = a, *y = b;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    if (x->end != y->end)
        return x->end > y->end ? -1 : 1;
    return x->said < y->said ? -1 : x->said > y->said;
}

static void hits_find(const struct messages *messages, struct bytes text, struct arena *arena,
                      struct finding_hits *out)
{
    *out = (struct finding_hits){
        .messages = messages,
        .text = text,
        .letters.classes = arena_alloc(arena, 2 * (size_t)WINDOW + 1),
        .letters.at = arena_array(arena, 2 * (size_t)WINDOW + 1, sizeof(size_t)),
        .hits = arena_array(arena, LIMIT_MESSAGE_HITS + 1, sizeof *out->hits),
        .seen = arena_alloc(arena, messages->row_count + 1),
    };
    scanner_run(messages->scanner, text, anchor_look, out);
    qsort(out->hits, out->count, sizeof *out->hits, hit_order);
}

/* ---- which of them say it best ---- */

static size_t client_of(const struct message_hit *hit)
{
    return hit->said->client;
}

static bool has_causes(const struct message_hit *hit)
{
    const char first = hit->said->causes[0];
    return first != '-' && first != '?';
}

static bool lies_in(const struct message_hit *inner, const struct message_hit *outer)
{
    return inner->start >= outer->start && inner->end <= outer->end;
}

static bool same_span(const struct message_hit *a, const struct message_hit *b)
{
    return a->start == b->start && a->end == b->end;
}

static size_t distance(const struct message_hit *a, const struct message_hit *b)
{
    return a->end <= b->start ? b->start - a->end : b->end <= a->start ? a->start - b->end : 0;
}

/* Inside of a longer message: "certificate has expired" of "curl: (60) … certificate has expired".
 */
static bool is_swallowed(const struct finding_hits *f, size_t i)
{
    const struct message_hit *hit = &f->hits[i];
    for (size_t k = 0; k < f->count && f->hits[k].start <= hit->start; k++)
        if (lies_in(hit, &f->hits[k]) && !same_span(&f->hits[k], hit) &&
            (has_causes(&f->hits[k]) ||
             (!has_causes(hit) && client_of(&f->hits[k]) == client_of(hit))))
            return true;
    return false;
}

/* Does anything nearby, other than these words, say that this client speaks here? */
static bool is_spoken_here(const struct finding_hits *f, const struct message_hit *hit)
{
    for (size_t k = 0; k < f->count; k++) {
        const struct message_hit *other = &f->hits[k];
        if (lies_in(other, hit) || distance(other, hit) > NEAR)
            continue;
        if (client_of(other) == client_of(hit) || client_speaks(client_of(other), client_of(hit)))
            return true;
    }
    return false;
}

/* Several clients use the same words: those that nothing else speaks for give way. */
static bool gives_way(const struct finding_hits *f, size_t i)
{
    const struct message_hit *hit = &f->hits[i];
    if (is_spoken_here(f, hit))
        return false;
    for (size_t k = 0; k < f->count; k++)
        if (k != i && same_span(&f->hits[k], hit) && client_of(&f->hits[k]) != client_of(hit) &&
            is_spoken_here(f, &f->hits[k]))
            return true;
    return false;
}

static bool one_line(struct bytes text, const struct message_hit *a, const struct message_hit *b)
{
    const size_t from = a->end <= b->start ? a->end : b->end;
    const size_t to = a->end <= b->start ? b->start : a->start;
    return to <= from || !memchr(text.p + from, '\n', to - from);
}

/* The nearest words of a client that repeats `client`; those on the same line before others. */
static size_t wrapper_find(const struct finding_hits *f, const struct message_hit *hit,
                           size_t client)
{
    size_t best = SIZE_MAX, best_distance = SIZE_MAX;
    for (size_t k = 0; k < f->count; k++) {
        const struct message_hit *other = &f->hits[k];
        if (!client_speaks(client_of(other), client) || lies_in(other, hit))
            continue;
        size_t far = distance(other, hit);
        if (far > REACH)
            continue;
        far += one_line(f->text, other, hit) ? 0 : REACH;
        if (far < best_distance) {
            best = k;
            best_distance = far;
        }
    }
    return best;
}

/* Who says it: the outermost of the clients that stand upon each other. What it says begins with
 * its own words where they stand on the same line. */
static size_t speaker(struct finding_hits *f, size_t i, bool *wraps, size_t *start)
{
    size_t client = client_of(&f->hits[i]);
    *start = f->hits[i].start;
    for (int depth = 0; depth < WRAPPERS; depth++) {
        const size_t k = wrapper_find(f, &f->hits[i], client);
        if (k == SIZE_MAX)
            break;
        const struct message_hit *wrapper = &f->hits[k];
        wraps[k] = true;
        client = client_of(wrapper);
        if (wrapper->start < *start && f->hits[i].end - wrapper->start < TEXT_MAX &&
            one_line(f->text, wrapper, &f->hits[i]))
            *start = wrapper->start;
    }
    return client;
}

/* ---- told ---- */

static void causes_fill(const char *ids, struct arena *arena, struct message_match *out)
{
    if (*ids == '-' || *ids == '?')
        return;
    for (const char *p = ids; *p && out->cause_count < MESSAGE_CAUSES_MAX;) {
        const size_t n = strcspn(p, " ");
        const struct rule *rule = rule_find(arena_strndup(arena, p, n));
        if (rule)
            out->causes[out->cause_count++] = rule;
        p += n + (p[n] == ' ');
    }
}

static const char *shown(struct bytes text, size_t start, size_t end, struct arena *arena)
{
    const size_t n = end - start < TEXT_MAX ? end - start : TEXT_MAX;
    char *copy = arena_strndup(arena, (const char *)text.p + start, n);
    size_t to = 0;
    for (size_t i = 0; copy[i]; i++) {
        const bool space = strchr(" \t\r\n", copy[i]) != NULL;
        if (!space || (to > 0 && copy[to - 1] != ' '))
            copy[to++] = space ? ' ' : copy[i];
    }
    copy[to] = '\0';
    return str_safe(arena, bytes_str(copy));
}

static size_t line_of(struct bytes text, size_t at)
{
    size_t line = 1;
    for (const uint8_t *p = text.p, *end = text.p + at; (p = memchr(p, '\n', (size_t)(end - p)));
         p++)
        line++;
    return line;
}

static void place_fill(struct bytes text, const struct message_hit *hit, struct arena *arena,
                       struct message_match *out)
{
    struct place place = {.host = ""};
    if (hit->host_n)
        place_host((const char *)text.p + hit->host, hit->host_n, arena, &place);
    if (hit->port_n) {
        int64_t port = 0;
        if (str_to_int(arena_strndup(arena, (const char *)text.p + hit->port, hit->port_n), 1,
                       UINT16_MAX, &port))
            place.port = (unsigned)port;
    }
    if (!*place.host)
        place_find(text, hit->start > AROUND ? hit->start - AROUND : 0,
                   hit->end + AROUND < text.n ? hit->end + AROUND : text.n, arena, &place);
    out->host = place.host;
    out->port = place.port;
}

struct telling {
    struct message_match match;
    size_t client, start;
    unsigned depth;
    const char *causes;
};

static int telling_order(const void *a, const void *b)
{
    const struct telling *x = a, *y = b;
    if ((x->match.cause_count > 0) != (y->match.cause_count > 0))
        return x->match.cause_count > 0 ? -1 : 1;
    if (x->depth != y->depth)
        return x->depth > y->depth ? -1 : 1;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    if (client_speaks(x->client, y->client) != client_speaks(y->client, x->client))
        return client_speaks(x->client, y->client) ? 1 : -1; /* the library first */
    return x->client < y->client ? -1 : x->client > y->client;
}

/* Who says hit i, and where that begins. */
struct spoken {
    size_t client, start;
};

static void tell(const struct finding_hits *f, size_t i, const struct spoken *by,
                 struct arena *arena, struct telling *out)
{
    const struct message_hit *hit = &f->hits[i];
    const size_t client = by->client;
    const struct message_row *row = hit->said;
    const struct message_client *who = &message_clients[client];
    *out = (struct telling){
        .match = {.client = who->name,
                  .profile = who->profile,
                  .text = shown(f->text, by->start, hit->end, arena),
                  .line = line_of(f->text, hit->start),
                  .times = 1,
                  .tells = row->tells,
                  .never = who->never,
                  .debug = who->debug},
        .client = client,
        .start = hit->start,
        .depth = place_depth(f->text, hit->start),
        .causes = row->causes,
    };
    causes_fill(row->causes, arena, &out->match);
    place_fill(f->text, hit, arena, &out->match);
}

/* Said again: the same client with the same causes. */
static struct telling *told_before(struct telling *told, size_t count, size_t client,
                                   const char *causes)
{
    for (size_t i = 0; i < count; i++)
        if (told[i].client == client && strcmp(told[i].causes, causes) == 0)
            return &told[i];
    return NULL;
}

static size_t tellings_fill(struct finding_hits *f, struct arena *arena, struct telling *told)
{
    bool *wraps = arena_array(arena, f->count + 1, sizeof *wraps);
    bool *dropped = arena_array(arena, f->count + 1, sizeof *dropped);
    struct spoken *by = arena_array(arena, f->count + 1, sizeof *by);
    size_t count = 0;
    for (size_t i = 0; i < f->count; i++)
        dropped[i] = is_swallowed(f, i) || gives_way(f, i);
    for (size_t i = 0; i < f->count; i++) {
        by[i] = (struct spoken){client_of(&f->hits[i]), f->hits[i].start};
        if (!dropped[i] && has_causes(&f->hits[i]))
            by[i].client = speaker(f, i, wraps, &by[i].start);
    }
    for (size_t i = 0; i < f->count && count < LIMIT_MESSAGES; i++) {
        const struct message_row *row = f->hits[i].said;
        if (dropped[i] || wraps[i] || row->causes[0] == '?')
            continue;
        struct telling *before = told_before(told, count, by[i].client, row->causes);
        if (before)
            before->match.times++;
        else
            tell(f, i, &by[i], arena, &told[count++]);
    }
    return count;
}

/* A message without causes says nothing beside one of the same client that has some. */
static bool is_idle(const struct telling *told, size_t count, size_t i)
{
    for (size_t k = 0; k < count && told[i].match.cause_count == 0; k++)
        if (told[k].match.cause_count &&
            (told[k].client == told[i].client || client_speaks(told[k].client, told[i].client) ||
             client_speaks(told[i].client, told[k].client)))
            return true;
    return false;
}

size_t messages_find(const struct messages *messages, struct bytes text, struct arena *arena,
                     struct message_match **out)
{
    struct finding_hits hits;
    hits_find(messages, text, arena, &hits);
    struct telling *told = arena_array(arena, LIMIT_MESSAGES, sizeof *told);
    const size_t count = tellings_fill(&hits, arena, told);
    qsort(told, count, sizeof *told, telling_order);
    *out = arena_array(arena, count + 1, sizeof **out);
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (!is_idle(told, count, i))
            (*out)[n++] = told[i].match;
    return n;
}
