/* SPDX-License-Identifier: Apache-2.0 */
/* Templates: {key}, {?key:text while it has a value}, {{ and }}. */
#include "internal.h"

#include <string.h>

enum {
    SECTION_DEPTH = 8
}; /* templates are ours: deeper nesting is a mistake, shown as it stands */

struct filling {
    struct arena *arena;
    const struct evidence_item *items, *raw;
    size_t count, raw_count;
    bool shell;
    bool hole; /**< a word of the command could not be placed */
};

const char *evidence_value(const struct evidence_item *items, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(items[i].key, key) == 0)
            return items[i].value;
    return "";
}

static bool text_is_of(const char *s, const char *allowed)
{
    return *s && strspn(s, allowed) == strlen(s);
}

static bool is_host_port(const char *s)
{
    const char *colon = strrchr(s, ':');
    if (!colon || !text_is_of(colon + 1, "0123456789") || colon - s > 255)
        return false;
    size_t n = (size_t)(colon - s);
    char host[256];
    bool bracketed = n > 2 && s[0] == '[' && s[n - 1] == ']';
    memcpy(host, bracketed ? s + 1 : s, bracketed ? n - 2 : n);
    host[bracketed ? n - 2 : n] = '\0';
    return str_is_plain_host(host);
}

/* Names come from certificates and may hold anything; paths come from the user's own command line.
 * Quoting makes either harmless to a shell, but a name that is not a plain one has no business in a
 * command that somebody pastes. */
static bool word_is_plain(const char *key, const char *value)
{
    static const char *const paths[] = {"file", "key_file", "client_file", "client_key_file",
                                        "ca",   "target",   "proxy",       "expected"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (strcmp(key, paths[i]) == 0)
            return str_is_safe(bytes_str(value)) && *value && *value != '-';
    if (text_is_of(value, "0123456789abcdefABCDEFTZ:.+-") && *value != '-')
        return true;
    if (str_starts(value, "http://") || str_starts(value, "https://"))
        return text_is_of(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                 "-._~/:%+=");
    return str_is_plain_host(value) || is_host_port(value);
}

/* {Cert} begins a sentence: the value of {cert} with a capital letter. */
static const char *filling_value(struct filling *f, const char *key)
{
    const char *word = evidence_value(f->items, f->count, key);
    if (*word || *key < 'A' || *key > 'Z')
        return word;
    char *lower = arena_strdup(f->arena, key);
    lower[0] = (char)(*key - 'A' + 'a');
    char *copy = arena_strdup(f->arena, evidence_value(f->items, f->count, lower));
    if (*copy >= 'a' && *copy <= 'z')
        copy[0] = (char)(*copy - 'a' + 'A');
    return copy;
}

/* The value to place; NULL: a hole. */
static const char *filling_word(struct filling *f, const char *key)
{
    if (!f->shell)
        return filling_value(f, key);
    const char *raw = evidence_value(f->raw, f->raw_count, key);
    if (*raw)
        return raw;
    const char *value = evidence_value(f->items, f->count, key);
    return word_is_plain(key, value) ? str_shell(f->arena, value) : NULL;
}

static size_t section_end(const char *text)
{
    size_t n = 0, depth = 1;
    for (; text[n]; n++) {
        depth += text[n] == '{';
        depth -= text[n] == '}';
        if (depth == 0)
            return n;
    }
    return n;
}

static void fill_span(struct filling *f, const char *text, size_t n, unsigned depth,
                      struct buf *out);

/* {key} or {?key:text}; returns how many characters it took. */
static size_t fill_brace(struct filling *f, const char *text, unsigned depth, struct buf *out)
{
    size_t end = section_end(text + 1) + 1;
    bool section = text[1] == '?';
    const char *start = text + (section ? 2 : 1);
    size_t name = strspn(start, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
    const char *key = arena_strndup(f->arena, start, name);
    const char *word = filling_word(f, key);
    if (section && start[name] == ':') {
        const char *inner = start + name + 1;
        if (word && *word && depth < SECTION_DEPTH)
            fill_span(f, inner, (size_t)(text + end - inner), depth + 1, out);
    } else if (word && (*word || !f->shell)) {
        buf_add_str(out, word);
    } else {
        f->hole = true;
    }
    return text[end] ? end + 1 : end;
}

static void fill_span(struct filling *f, const char *text, size_t n, unsigned depth,
                      struct buf *out)
{
    for (size_t i = 0; i < n;) {
        bool doubled = i + 1 < n && text[i + 1] == text[i];
        if ((text[i] == '{' || text[i] == '}') && doubled) {
            buf_add_byte(out, (uint8_t)text[i]);
            i += 2;
        } else if (text[i] == '{') {
            i += fill_brace(f, text + i, depth, out);
        } else {
            buf_add_byte(out, (uint8_t)text[i++]);
        }
    }
}

static char *fill(struct filling *f, const char *text)
{
    BUF_CLEANUP out = {0};
    fill_span(f, text, strlen(text), 0, &out);
    return arena_strdup(f->arena, f->shell && f->hole ? "" : buf_cstr(&out));
}

char *template_fill(struct arena *arena, const char *text, const struct evidence_item *items,
                    size_t count, bool shell)
{
    struct filling f = {.arena = arena, .items = items, .count = count, .shell = shell};
    return fill(&f, text);
}

char *template_command(struct arena *arena, const char *text, const struct evidence_item *items,
                       size_t count, const struct evidence_item *raw, size_t raw_count)
{
    struct filling f = {.arena = arena,
                        .items = items,
                        .count = count,
                        .raw = raw,
                        .raw_count = raw_count,
                        .shell = true};
    return fill(&f, text);
}
