/* SPDX-License-Identifier: Apache-2.0 */
/* A rule page as text for a terminal: paragraphs wrapped, lists and code kept. */
#include "internal.h"

#include <string.h>

enum { WIDTH_LEAST = 40 };

struct wrapping {
    struct buf *out;
    size_t width, column;
};

/* Columns, not bytes: continuation bytes of UTF-8 take none. */
static size_t text_columns(const char *s, size_t n)
{
    size_t columns = 0;
    for (size_t i = 0; i < n; i++)
        columns += ((unsigned char)s[i] & 0xc0) != 0x80;
    return columns;
}

static void wrap_word(struct wrapping *w, const char *word, size_t n, size_t indent)
{
    size_t columns = text_columns(word, n);
    if (w->column > indent && w->column + 1 + columns > w->width) {
        buf_add_byte(w->out, '\n');
        w->column = 0;
    }
    if (w->column == 0) {
        buf_printf(w->out, "%*s", (int)indent, "");
        w->column = indent;
    } else {
        buf_add_byte(w->out, ' ');
        w->column++;
    }
    buf_append(w->out, word, n);
    w->column += columns;
}

static void wrap_line(struct wrapping *w, const char *line, size_t n, size_t indent)
{
    for (size_t i = 0; i < n;) {
        size_t start = i + strspn(line + i, " ");
        size_t end = start + strcspn(line + start, " \n");
        if (start >= n)
            break;
        end = end > n ? n : end;
        wrap_word(w, line + start, end - start, indent);
        i = end;
    }
}

static void wrap_end(struct wrapping *w)
{
    if (w->column > 0)
        buf_add_byte(w->out, '\n');
    w->column = 0;
}

/* Markdown of a section: blank lines part paragraphs, four spaces are code, "- " an item. */
static void wrap_markdown(struct wrapping *w, const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        bool item = strncmp(text, "- ", 2) == 0;
        if (n == 0 || item || strncmp(text, "    ", 4) == 0)
            wrap_end(w);
        if (n == 0) {
            buf_add_byte(w->out, '\n');
        } else if (strncmp(text, "    ", 4) == 0) {
            buf_add_str(w->out, "  ");
            buf_append(w->out, text, n);
            buf_add_byte(w->out, '\n');
        } else if (item) {
            buf_add_str(w->out, "  -");
            w->column = 3;
            wrap_line(w, text + 2, n - 2, 4);
        } else {
            bool continues_item = strncmp(text, "  ", 2) == 0;
            wrap_line(w, text, n, continues_item ? 4 : 2);
        }
        text += n + (text[n] == '\n');
    }
    wrap_end(w);
}

void paragraph_wrap(const char *text, unsigned width, unsigned indent, struct buf *out)
{
    struct wrapping w = {.out = out, .width = width};
    const size_t n = strlen(text), first = strcspn(text, " ");
    wrap_word(&w, text, first, 0);
    wrap_line(&w, text + first, n - first, indent);
    wrap_end(&w);
}

static void page_section(struct wrapping *w, const char *title, const char *text)
{
    if (!*text)
        return;
    buf_printf(w->out, "\n%s\n", title);
    wrap_markdown(w, text);
}

void rule_page(const struct rule *rule, unsigned width, struct buf *out)
{
    struct wrapping w = {.out = out, .width = width < WIDTH_LEAST ? WIDTH_LEAST : width};
    buf_printf(out, "%s  (%s)\n", rule->id, severity_name(rule->severity));
    wrap_line(&w, rule->title, strlen(rule->title), 0);
    wrap_end(&w);
    page_section(&w, "What is wrong", rule->wrong);
    page_section(&w, "Why clients reject it", rule->why);
    page_section(&w, "How to fix it", rule->fix);
    page_section(&w, "What not to do", rule->not_do);
    page_section(&w, "What it risks", rule->risks);
    page_section(&w, "No fix is printed because", rule->no_fix);
    page_section(&w, "References", rule->references);
}
