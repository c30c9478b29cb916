/* SPDX-License-Identifier: Apache-2.0 */
/* Columns, wrapping and colour: everything that knows how wide the page is. */
#include <ctype.h>
#include <string.h>

#include "text.h"

static uint32_t next_character(const char **s)
{
    const unsigned char *p = (const unsigned char *)*s;
    size_t n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    static const unsigned char mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t c = p[0] & mask[n];
    size_t i = 1;
    for (; i < n && (p[i] & 0xc0) == 0x80; i++)
        c = c << 6 | (p[i] & 0x3fu);
    *s += i;
    return c;
}

/* Unicode East Asian Width W and F, and nonspacing marks: the blocks, not each character. */
static unsigned character_columns(uint32_t c)
{
    static const struct {
        uint32_t first, last;
        unsigned columns;
    } blocks[] = {
        {0x0300, 0x036f, 0},   {0x0483, 0x0489, 0}, {0x0591, 0x05bd, 0}, {0x064b, 0x065f, 0},
        {0x1100, 0x115f, 2},   {0x1ab0, 0x1aff, 0}, {0x20d0, 0x20ff, 0}, {0x2e80, 0x303e, 2},
        {0x3041, 0xa4cf, 2},   {0xac00, 0xd7a3, 2}, {0xf900, 0xfaff, 2}, {0xfe00, 0xfe0f, 0},
        {0xfe30, 0xfe6f, 2},   {0xff00, 0xff60, 2}, {0xffe0, 0xffe6, 2}, {0x1f300, 0x1faff, 2},
        {0x20000, 0x3fffd, 2},
    };
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0] && c >= blocks[i].first; i++)
        if (c <= blocks[i].last)
            return blocks[i].columns;
    return 1;
}

unsigned text_columns(const char *s)
{
    unsigned columns = 0;
    while (*s != '\0')
        columns += character_columns(next_character(&s));
    return columns;
}

/* How many bytes of s fit into `columns`. */
static size_t fitting(const char *s, unsigned columns)
{
    const char *from = s;
    for (unsigned used = 0; *s != '\0';) {
        const char *next = s;
        used += character_columns(next_character(&next));
        if (used > columns)
            break;
        s = next;
    }
    return (size_t)(s - from);
}

/* The last bytes of s that fit into `columns`. */
static const char *tail(const char *s, unsigned columns)
{
    while (text_columns(s) > columns)
        next_character(&s);
    return s;
}

/* Names of one family differ at their end: the middle is what can be spared. */
const char *text_cut(struct arena *arena, const char *s, unsigned columns)
{
    if (text_columns(s) <= columns)
        return s;
    if (columns == 0)
        return "";
    unsigned end = (columns - 1) / 2;
    return arena_printf(arena, "%.*s…%s", (int)fitting(s, columns - 1 - end), s, tail(s, end));
}

const char *text_join(struct arena *arena, const char *const *items, size_t count, const char *last)
{
    const char *text = count > 0 ? items[0] : "";
    for (size_t i = 1; i < count; i++)
        text = arena_printf(arena, "%s%s%s", text, i + 1 == count ? last : ", ", items[i]);
    return text;
}

static const char *style_code(enum style style)
{
    static const char *const codes[] = {
        [STYLE_PLAIN] = "",        [STYLE_BOLD] = "\033[1m",   [STYLE_DIM] = "\033[2m",
        [STYLE_RED] = "\033[31m",  [STYLE_GREEN] = "\033[32m", [STYLE_YELLOW] = "\033[33m",
        [STYLE_CYAN] = "\033[36m",
    };
    return codes[style];
}

static void style_bytes(struct page *page, enum style style, const char *text, size_t n)
{
    bool colored = page->color && style != STYLE_PLAIN && n > 0;
    if (colored)
        buf_add_str(page->out, style_code(style));
    buf_append(page->out, text, n);
    if (colored)
        buf_add_str(page->out, "\033[0m");
}

void page_style(struct page *page, enum style style, const char *text)
{
    style_bytes(page, style, text, strlen(text));
}

void page_spaces(struct page *page, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        buf_add_byte(page->out, ' ');
}

void page_cell(struct page *page, enum style style, const char *text, unsigned columns)
{
    const char *cut = text_cut(page->arena, text, columns);
    page_style(page, style, cut);
    page_spaces(page, columns - text_columns(cut));
}

/* Cells pad to their right: the last one must not leave blanks at the end of a line. */
void page_end(struct page *page)
{
    while (page->out->n > 0 && page->out->p[page->out->n - 1] == ' ')
        page->out->n--;
    buf_add_byte(page->out, '\n');
}

/* The longest piece of words that fits into `room` columns; a word longer than a line is cut. */
static size_t line_length(const char *text, unsigned room)
{
    size_t fit = fitting(text, room);
    if (text[fit] == '\0' || text[fit] == ' ')
        return fit;
    size_t n = fit;
    while (n > 0 && text[n] != ' ')
        n--;
    return n > 0 ? n : fit;
}

void page_wrap(struct page *page, enum style style, const char *text, unsigned at, unsigned indent)
{
    for (bool first = true; first || *text != '\0'; first = false) {
        unsigned column = first ? at : indent;
        if (!first)
            page_spaces(page, indent);
        unsigned room = page->width > column + 10 ? page->width - column : 10;
        size_t n = line_length(text, room);
        style_bytes(page, style, text, n);
        page_end(page);
        text += n;
        while (*text == ' ')
            text++;
    }
}

void page_label(struct page *page, enum style style, const char *label)
{
    page_spaces(page, PAGE_INDENT);
    page_cell(page, style, label != NULL ? label : "", PAGE_BODY - PAGE_INDENT);
}

void page_item(struct page *page, const char *label, const char *text)
{
    page_label(page, STYLE_BOLD, label);
    page_wrap(page, STYLE_PLAIN, text, PAGE_BODY, PAGE_BODY);
}

/* "nginx: …": a word and a colon before the first blank. */
static bool is_configuration(const char *line)
{
    size_t n = strcspn(line, " ");
    return n > 0 && line[n - 1] == ':' && isalpha((unsigned char)line[0]);
}

/* Length of the shell word at s with the blanks before it: quotes and backslashes are followed. */
static size_t shell_word(const char *s)
{
    size_t n = strspn(s, " ");
    for (char quote = '\0'; s[n] != '\0' && (s[n] != ' ' || quote != '\0'); n++) {
        if (quote != '\'' && s[n] == '\\' && s[n + 1] != '\0')
            n++;
        else if (quote != '\0')
            quote = s[n] == quote ? '\0' : quote;
        else if (s[n] == '\'' || s[n] == '"')
            quote = s[n];
    }
    return n;
}

void page_command(struct page *page, unsigned at, const char *command)
{
    if (is_configuration(command)) {
        page_wrap(page, STYLE_CYAN, command, at, at + 4);
        return;
    }
    unsigned column = at;
    for (const char *s = command; *s != '\0';) {
        size_t n = shell_word(s);
        const char *word = arena_strndup(page->arena, s, n);
        unsigned columns = text_columns(word);
        if (column > at + 4 && column + columns + 2 > page->width) {
            page_style(page, STYLE_CYAN, " \\");
            page_end(page);
            column = at + 4;
            page_spaces(page, column - 1); /* the word brings its blank */
            column--;
        }
        page_style(page, STYLE_CYAN, word);
        column += columns;
        s += n;
    }
    page_end(page);
}
