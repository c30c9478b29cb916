/* SPDX-License-Identifier: Apache-2.0 */
/* Rule pages for browsers and for man(1), from the same source as those for a terminal. */
#include "internal.h"

#include <string.h>

enum block { BLOCK_TEXT, BLOCK_ITEM, BLOCK_CODE };

/** How one form writes a page. Text is foreign to it: it escapes. */
struct form {
    void (*page)(const struct rule *rule, struct buf *out);
    void (*section)(const char *title, struct buf *out);
    void (*begin)(enum block block, struct buf *out);
    void (*line)(enum block block, struct bytes line, struct buf *out);
    void (*end)(enum block block, struct buf *out);
    void (*last)(struct buf *out);
};

/* ---- Markdown as pages use it: paragraphs, "- " items, four spaces of code ---- */

/* A line begins a block, or goes on with the one before it (which is `before`, when there is one).
 */
static enum block block_of(struct bytes line, bool inside, enum block before)
{
    if (line.n >= 4 && memcmp(line.p, "    ", 4) == 0)
        return BLOCK_CODE;
    if (line.n >= 2 && memcmp(line.p, "- ", 2) == 0)
        return BLOCK_ITEM;
    return inside && before == BLOCK_ITEM && line.p[0] == ' ' ? BLOCK_ITEM : BLOCK_TEXT;
}

static struct bytes without_margin(struct bytes line, enum block block)
{
    size_t n = block == BLOCK_CODE ? 4 : 0;
    while (block != BLOCK_CODE && n < line.n && line.p[n] == ' ')
        n++;
    if (block == BLOCK_ITEM && line.n >= 2 && line.p[0] == '-')
        n = 2;
    return bytes_slice(line, n, line.n);
}

static void section_write(const struct form *form, const char *title, const char *text,
                          struct buf *out)
{
    enum block block = BLOCK_TEXT;
    bool inside = false;
    if (!*text)
        return;
    form->section(title, out);
    while (*text) {
        const size_t n = strcspn(text, "\n");
        const struct bytes line = bytes_of(text, n);
        const enum block now = n ? block_of(line, inside, block) : block;
        const bool starts_item = n >= 2 && now == BLOCK_ITEM && line.p[0] == '-';
        if (inside && (n == 0 || now != block || starts_item)) {
            form->end(block, out);
            inside = false;
        }
        if (n && !inside)
            form->begin(now, out);
        if (n)
            form->line(now, without_margin(line, now), out);
        inside = inside || n > 0;
        block = now;
        text += n + (text[n] == '\n');
    }
    if (inside)
        form->end(block, out);
}

static void page_write(const struct form *form, const struct rule *rule, struct buf *out)
{
    form->page(rule, out);
    section_write(form, "What is wrong", rule->wrong, out);
    section_write(form, "Why clients reject it", rule->why, out);
    section_write(form, "How to fix it", rule->fix, out);
    section_write(form, "What not to do", rule->not_do, out);
    section_write(form, "What it risks", rule->risks, out);
    section_write(form, "No fix is printed because", rule->no_fix, out);
    section_write(form, "References", rule->references, out);
    form->last(out);
}

/* ---- HTML ---- */

static void html_text(struct bytes text, bool code, struct buf *out)
{
    bool open = false;
    for (size_t i = 0; i < text.n; i++) {
        const char c = (char)text.p[i];
        if (c == '`' && !code) {
            buf_add_str(out, open ? "</code>" : "<code>");
            open = !open;
        } else if (strchr("<>&\"", c))
            buf_add_str(out, c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : "&quot;");
        else
            buf_add_byte(out, (uint8_t)c);
    }
    if (open)
        buf_add_str(out, "</code>");
}

static void html_page(const struct rule *rule, struct buf *out)
{
    buf_printf(out, "<article id=\"%s\">\n<h2>", rule->id);
    html_text(bytes_str(rule->title), false, out);
    buf_printf(out, "</h2>\n<p class=\"id\"><a href=\"#%s\">%s</a> &middot; %s</p>\n", rule->id,
               rule->id, severity_name(rule->severity));
}

static void html_section(const char *title, struct buf *out)
{
    buf_printf(out, "<h3>%s</h3>\n", title);
}

static void html_begin(enum block block, struct buf *out)
{
    static const char *const tags[] = {"<p>", "<ul><li>", "<pre>"};
    buf_add_str(out, tags[block]);
}

static void html_line(enum block block, struct bytes line, struct buf *out)
{
    html_text(line, block == BLOCK_CODE, out);
    buf_add_byte(out, '\n');
}

static void html_end(enum block block, struct buf *out)
{
    static const char *const tags[] = {"</p>\n", "</li></ul>\n", "</pre>\n"};
    buf_add_str(out, tags[block]);
}

static void html_last(struct buf *out)
{
    buf_add_str(out, "</article>\n");
}

static const struct form html = {html_page, html_section, html_begin,
                                 html_line, html_end,     html_last};

/* ---- man(7) ---- */

/* A dot or a quote at the start of a line would be a request. */
static void man_text(struct bytes text, bool code, struct buf *out)
{
    bool bold = false;
    if (text.n && (text.p[0] == '.' || text.p[0] == '\''))
        buf_add_str(out, "\\&");
    for (size_t i = 0; i < text.n; i++) {
        const char c = (char)text.p[i];
        if (c == '`' && !code) {
            buf_add_str(out, bold ? "\\fR" : "\\fB");
            bold = !bold;
        } else if (c == '\\' || c == '-' || c == '\'' || c == '^' || c == '~' || c == '`')
            buf_add_str(out, c == '\\'   ? "\\e"
                             : c == '-'  ? "\\-"
                             : c == '\'' ? "\\(aq"
                             : c == '^'  ? "\\(ha"
                             : c == '~'  ? "\\(ti"
                                         : "\\(ga");
        else
            buf_add_byte(out, (uint8_t)c);
    }
    if (bold)
        buf_add_str(out, "\\fR");
}

static void man_page(const struct rule *rule, struct buf *out)
{
    buf_add_str(out, ".SH ");
    man_text(bytes_str(rule->id), true, out);
    buf_add_str(out, "\n");
    man_text(bytes_str(rule->title), false, out);
    buf_printf(out, " (%s)\n", severity_name(rule->severity));
}

static void man_section(const char *title, struct buf *out)
{
    buf_printf(out, ".SS %s\n", title);
}

static void man_begin(enum block block, struct buf *out)
{
    static const char *const requests[] = {".PP\n", ".IP \\(bu 2\n", ".PP\n.RS 4\n.nf\n"};
    buf_add_str(out, requests[block]);
}

static void man_line(enum block block, struct bytes line, struct buf *out)
{
    man_text(line, block == BLOCK_CODE, out);
    buf_add_byte(out, '\n');
}

static void man_end(enum block block, struct buf *out)
{
    if (block == BLOCK_CODE)
        buf_add_str(out, ".fi\n.RE\n");
}

static void man_last(struct buf *out)
{
    (void)out;
}

static const struct form man = {man_page, man_section, man_begin, man_line, man_end, man_last};

/* ---- whole documents ---- */

static void html_head(struct buf *out)
{
    buf_add_str(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<title>The rules of certwhy</title>\n<style>\n"
        ":root { color-scheme: light dark; }\n"
        "body { max-width: 46rem; margin: 0 auto; padding: 1rem; font: 1rem/1.5 sans-serif; }\n"
        "article { border-top: 1px solid; margin-top: 2.5rem; }\n"
        "pre { overflow-x: auto; padding: .5rem 1rem; border-left: 3px solid; }\n"
        "h3 { margin-bottom: .2rem; }\n</style>\n</head>\n<body>\n<h1>The rules of certwhy</h1>\n");
}

static void man_head(struct buf *out)
{
    buf_add_str(out, ".TH certwhy\\-rules 7 \"\" \"certwhy\" \"The rules of certwhy\"\n.SH NAME\n"
                     "certwhy\\-rules \\- what the findings of certwhy mean, and what to do\n");
}

void rule_pages(const struct rule *const *rules, size_t count, enum page_form form, struct buf *out)
{
    (form == PAGE_HTML ? html_head : man_head)(out);
    for (size_t i = 0; i < count; i++)
        page_write(form == PAGE_HTML ? &html : &man, rules[i], out);
    if (form == PAGE_HTML)
        buf_add_str(out, "</body>\n</html>\n");
}
