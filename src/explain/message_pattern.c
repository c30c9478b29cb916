/* SPDX-License-Identifier: Apache-2.0 */
/* One pattern of data/messages against one place of a text. */
#include <string.h>
#include <strings.h>

#include "explain/messages.h"

enum { GAP_LETTERS = 300 }; /* that what varies may have: a list of names, a path, a URL */

/* ---- reading ---- */

static size_t letters_of(const char *text, size_t n, uint8_t *out)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        const uint8_t class = message_class[(uint8_t)text[i]];
        if (class != CLASS_SKIP && class != CLASS_SPECIAL)
            out[count++] = class;
    }
    return count;
}

static bool is_variable(const char *text, size_t *n)
{
    size_t i = 1;
    while ((text[i] >= 'a' && text[i] <= 'z') || (text[i] >= '0' && text[i] <= '9'))
        i++;
    *n = i + 1;
    return text[0] == '<' && i > 1 && text[i] == '>';
}

static void fragment_add(struct message_pattern *out, const char *text, size_t n,
                         struct arena *arena)
{
    uint8_t *letters = arena_alloc(arena, n + 1);
    const size_t count = letters_of(text, n, letters);
    if (count == 0 || out->count == FRAGMENTS_MAX)
        return;
    out->fragments[out->count] = letters;
    out->lengths[out->count] = count;
    if (count > out->lengths[out->anchor])
        out->anchor = out->count;
    out->count++;
}

void pattern_read(const char *text, struct arena *arena, struct message_pattern *out)
{
    *out = (struct message_pattern){.exact = text[0] == '=' ? text + 1 : NULL};
    size_t start = 0, i = 0, n = 0;
    for (; text[i]; i++) {
        if (!is_variable(text + i, &n))
            continue;
        fragment_add(out, text + start, i - start, arena);
        if (out->count)
            out->gaps[out->count - 1] = arena_strndup(arena, text + i + 1, n - 2);
        i += n - 1;
        start = i + 1;
    }
    fragment_add(out, text + start, i - start, arena);
}

/* ---- matching ---- */

static bool fragment_at(const struct message_pattern *pattern, size_t f,
                        const struct letters *letters, size_t start)
{
    const size_t n = pattern->lengths[f];
    return start + n <= letters->count &&
           memcmp(letters->classes + start, pattern->fragments[f], n) == 0;
}

static bool is_word(uint8_t c)
{
    return c == '_' || (message_class[c] != CLASS_SKIP && message_class[c] != CLASS_SPECIAL);
}

/* Whole words only: "evplib" inside of "libevplib2" is something else. What stands apart in the
 * letters (behind an escape, on another line) stands apart. */
static bool begins_word(struct bytes text, const struct letters *letters, size_t first)
{
    const size_t at = letters->at[first];
    if (at == 0 || !is_word(text.p[at - 1]))
        return true;
    return text.p[at - 1] != '_' && (first == 0 || letters->at[first - 1] != at - 1);
}

static bool ends_word(struct bytes text, const struct letters *letters, size_t last)
{
    const size_t at = letters->at[last] + 1;
    return at >= text.n || !is_word(text.p[at]);
}

/* The nearest place before `end` where fragment f ends; SIZE_MAX none. */
static size_t fragment_before(const struct message_pattern *pattern, size_t f,
                              const struct letters *letters, size_t end)
{
    for (size_t gap = 0; gap <= GAP_LETTERS && end >= gap + pattern->lengths[f]; gap++)
        if (fragment_at(pattern, f, letters, end - gap - pattern->lengths[f]))
            return end - gap - pattern->lengths[f];
    return SIZE_MAX;
}

static size_t fragment_behind(const struct message_pattern *pattern, size_t f,
                              const struct letters *letters, size_t start)
{
    for (size_t gap = 0; gap <= GAP_LETTERS && start + gap < letters->count; gap++)
        if (fragment_at(pattern, f, letters, start + gap))
            return start + gap;
    return SIZE_MAX;
}

/* What stands in a gap, without what quotes it. */
static void capture(const char *name, struct bytes text, size_t from, size_t to,
                    struct message_hit *out)
{
    static const char around[] = " \t\r\n'\"`()[]<>,;:=\\";
    while (from < to && strchr(around, text.p[from]))
        from++;
    while (to > from && strchr(around, text.p[to - 1]))
        to--;
    if (to - from > CAPTURE_MAX)
        return;
    if (strcmp(name, "host") == 0) {
        out->host = from;
        out->host_n = to - from;
    } else if (strcmp(name, "port") == 0) {
        out->port = from;
        out->port_n = to - from;
    }
}

/* What varies at the end of a pattern ends with the word. */
static size_t word_end(struct bytes text, size_t from)
{
    size_t i = from;
    while (i < text.n && i - from < CAPTURE_MAX && strchr(" '\"`", text.p[i]))
        i++;
    while (i < text.n && i - from < CAPTURE_MAX && text.p[i] &&
           !strchr(" \t\r\n'\"`,;)", text.p[i]))
        i++;
    return i;
}

static bool exact_at(const struct message_pattern *pattern, struct bytes text, size_t first,
                     struct message_hit *out)
{
    const size_t sign = strcspn(pattern->exact, "0123456789ABCDEFabcdefxX");
    const size_t n = strlen(pattern->exact);
    if (first < sign || text.n - (first - sign) < n)
        return false;
    const char *at = (const char *)text.p + first - sign;
    const size_t end = first - sign + n;
    if (strncasecmp(at, pattern->exact, n) != 0 || (end < text.n && is_word(text.p[end])) ||
        (first > sign && (is_word((uint8_t)at[-1]) || at[-1] == '-')))
        return false;
    out->start = first - sign;
    out->end = end;
    return true;
}

bool pattern_matches(const struct message_pattern *pattern, struct bytes text,
                     const struct letters *letters, size_t last, struct message_hit *out)
{
    size_t starts[FRAGMENTS_MAX];
    if (last + 1 < pattern->lengths[pattern->anchor])
        return false;
    starts[pattern->anchor] = last + 1 - pattern->lengths[pattern->anchor];
    /* The scan knows the end of the part only. */
    if (!fragment_at(pattern, pattern->anchor, letters, starts[pattern->anchor]))
        return false;
    if (pattern->exact)
        return exact_at(pattern, text, letters->at[starts[pattern->anchor]], out);
    for (size_t f = pattern->anchor; f-- > 0;)
        if ((starts[f] = fragment_before(pattern, f, letters, starts[f + 1])) == SIZE_MAX)
            return false;
    for (size_t f = pattern->anchor + 1; f < pattern->count; f++) {
        const size_t from = starts[f - 1] + pattern->lengths[f - 1];
        if ((starts[f] = fragment_behind(pattern, f, letters, from)) == SIZE_MAX)
            return false;
    }
    const size_t end = starts[pattern->count - 1] + pattern->lengths[pattern->count - 1] - 1;
    if (!begins_word(text, letters, starts[0]) || !ends_word(text, letters, end))
        return false;
    for (size_t f = 0; f + 1 < pattern->count; f++)
        capture(pattern->gaps[f], text, letters->at[starts[f] + pattern->lengths[f] - 1] + 1,
                letters->at[starts[f + 1]], out);
    out->start = letters->at[starts[0]];
    out->end = letters->at[end] + 1;
    if (pattern->gaps[pattern->count - 1])
        capture(pattern->gaps[pattern->count - 1], text, out->end, word_end(text, out->end), out);
    return true;
}
