/* SPDX-License-Identifier: Apache-2.0 */
/* All patterns at once: an automaton (Aho and Corasick, 1975) over the anchors of the patterns, one
 * step for each octet of the text, whatever their number. */
#include <stdlib.h>
#include <string.h>

#include "explain/messages.h"

enum {
    ANCHOR_MAX = 24, /* letters of an anchor: more would only make the automaton larger */
    STATES_MAX = UINT16_MAX,
};

struct scanner {
    uint16_t *next;       /* [state * CLASSES + class] */
    uint16_t accept_from; /* states from here on end some anchor */
    size_t state_count;
    uint32_t *first; /* [state - accept_from]: into ends, up to the next state's */
    uint32_t *ends;  /* rows */
};

/* While it is built: a tree of anchors. */
struct building {
    uint16_t *next;
    uint16_t *fail, *order;
    int *own;  /* first row whose anchor ends there, -1 none */
    int *same; /* [row]: next row of the same anchor */
    size_t count;
};

static size_t anchor_of(const struct message_pattern *pattern, const uint8_t **letters)
{
    /* The end of the longest part: its beginning may be cut short without harm, its end says where
     * it ends. */
    const size_t n = pattern->lengths[pattern->anchor];
    const size_t used = n < ANCHOR_MAX ? n : ANCHOR_MAX;
    *letters = pattern->fragments[pattern->anchor] + n - used;
    return used;
}

static void tree_add(struct building *b, const struct message_pattern *pattern, int row)
{
    const uint8_t *letters;
    const size_t n = anchor_of(pattern, &letters);
    size_t state = 0;
    for (size_t i = 0; i < n; i++) {
        uint16_t *next = &b->next[state * CLASSES + letters[i]];
        if (*next == 0)
            *next = (uint16_t)b->count++;
        state = *next;
    }
    b->same[row] = b->own[state];
    b->own[state] = row;
}

/* Breadth first, so that a state's failure is complete before it is used. */
static void failures_fill(struct building *b)
{
    size_t head = 0, tail = 0;
    for (size_t c = 0; c < CLASSES; c++)
        if (b->next[c])
            b->order[tail++] = b->next[c];
    while (head < tail) {
        const size_t state = b->order[head++];
        for (size_t c = 0; c < CLASSES; c++) {
            uint16_t *next = &b->next[state * CLASSES + c];
            const uint16_t fallback = b->next[(size_t)b->fail[state] * CLASSES + c];
            if (*next == 0) {
                *next = fallback;
            } else {
                b->fail[*next] = fallback;
                b->order[tail++] = *next;
            }
        }
    }
}

static size_t rows_of(const struct building *b, size_t state, uint32_t *out)
{
    size_t count = 0;
    for (;; state = b->fail[state]) {
        for (int row = b->own[state]; row >= 0; row = b->same[row]) {
            if (out)
                out[count] = (uint32_t)row;
            count++;
        }
        if (state == 0)
            return count;
    }
}

/* States that end an anchor get the highest numbers, so that one comparison finds them. */
static void scanner_fill(struct scanner *s, const struct building *b)
{
    uint16_t *number = xcalloc(b->count, sizeof *number);
    size_t low = 0, accepting = 0, total = 0;
    for (size_t i = 0; i < b->count; i++) {
        const size_t n = rows_of(b, i, NULL);
        accepting += n > 0;
        total += n;
    }
    s->state_count = b->count;
    s->accept_from = (uint16_t)(b->count - accepting);
    s->first = xcalloc(accepting + 1, sizeof *s->first);
    s->ends = xcalloc(total + 1, sizeof *s->ends);
    size_t high = 0, end = 0;
    for (size_t i = 0; i < b->count; i++) {
        const size_t n = rows_of(b, i, s->ends + end);
        number[i] = (uint16_t)(n ? s->accept_from + high++ : low++);
        end += n;
        if (n)
            s->first[high] = (uint32_t)end;
    }
    s->next = xcalloc(b->count * CLASSES, sizeof *s->next);
    for (size_t i = 0; i < b->count; i++)
        for (size_t c = 0; c < CLASSES; c++) {
            const size_t to = c == CLASS_SKIP || c == CLASS_SPECIAL ? i : b->next[i * CLASSES + c];
            s->next[number[i] * (size_t)CLASSES + c] = number[to];
        }
    free(number);
}

struct scanner *scanner_new(const struct message_pattern *patterns, size_t count)
{
    size_t states = 1;
    const uint8_t *ignored;
    for (size_t i = 0; i < count; i++)
        states += anchor_of(&patterns[i], &ignored);
    if (states > STATES_MAX)
        states = STATES_MAX;
    struct building b = {
        .next = xcalloc(states * CLASSES, sizeof *b.next),
        .fail = xcalloc(states, sizeof *b.fail),
        .order = xcalloc(states, sizeof *b.order),
        .own = xcalloc(states, sizeof *b.own),
        .same = xcalloc(count + 1, sizeof *b.same),
        .count = 1,
    };
    memset(b.own, -1, states * sizeof *b.own);
    for (size_t i = 0; i < count && b.count + ANCHOR_MAX < STATES_MAX; i++)
        tree_add(&b, &patterns[i], (int)i);
    failures_fill(&b);
    struct scanner *s = xcalloc(1, sizeof *s);
    scanner_fill(s, &b);
    free(b.next);
    free(b.fail);
    free(b.order);
    free(b.own);
    free(b.same);
    return s;
}

void scanner_free(struct scanner *scanner)
{
    if (!scanner)
        return;
    free(scanner->next);
    free(scanner->first);
    free(scanner->ends);
    free(scanner);
}

static bool rows_tell(const struct scanner *s, uint16_t state, size_t end, anchor_seen *seen,
                      void *context)
{
    const size_t i = state - s->accept_from;
    for (uint32_t k = s->first[i]; k < s->first[i + 1]; k++)
        if (!seen(context, s->ends[k], end))
            return false;
    return true;
}

void scanner_run(const struct scanner *s, struct bytes text, anchor_seen *seen, void *context)
{
    const uint16_t *next = s->next;
    const uint16_t accept = s->accept_from;
    size_t state = 0;
    for (size_t i = 0; i < text.n; i++) {
        const uint8_t class = message_class[text.p[i]];
        if (class == CLASS_SPECIAL)
            i += message_escape(bytes_of(text.p + i, text.n - i)) - 1;
        if (class == CLASS_SPECIAL || class == CLASS_SKIP)
            continue;
        state = next[state * CLASSES + class];
        if (state >= accept && !rows_tell(s, (uint16_t)state, i, seen, context))
            return;
    }
}
