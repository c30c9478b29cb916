/* SPDX-License-Identifier: Apache-2.0 */
/* The chain picture: what was sent, what is missing, what stands in a store. */
#include <string.h>

#include "text.h"

enum { ROWS_SHOWN = 12, STATE_COLUMNS = 8, POSITION_COLUMNS = 3, GAP = 2, NAMES_SHOWN = 40 };

struct row {
    const char *state, *position, *subject, *issuer, *kind, *validity;
    enum style state_style, validity_style;
};

static bool is_root(const struct page *page, size_t i)
{
    return strcmp(show_role(&page->target->verdict, i), "root") == 0;
}

static const char *row_state(const struct page *page, size_t i)
{
    const char *origin = show_origin(page->target, i);
    bool elsewhere = strcmp(origin, "pool") == 0 || strcmp(origin, "fetched") == 0;
    /* a root need not be sent: one that stands in no store is known, not missing */
    return elsewhere && !is_root(page, i) ? "missing" : origin;
}

static void row_validity(const struct page *page, const struct cert *cert, struct row *row)
{
    struct arena *arena = page->arena;
    cw_time at = page->target->input.at;
    if (cert->not_before == TIME_NONE || cert->not_after == TIME_NONE) {
        row->validity = "dates unreadable";
        row->validity_style = STYLE_RED;
    } else if (at < cert->not_before) {
        row->validity = arena_printf(arena, "from %s, in %s", time_date(arena, cert->not_before),
                                     time_words(arena, cert->not_before - at));
        row->validity_style = STYLE_RED;
    } else if (at > cert->not_after) {
        row->validity = arena_printf(arena, "ended %s, %s ago", time_date(arena, cert->not_after),
                                     time_words(arena, at - cert->not_after));
        row->validity_style = STYLE_RED;
    } else {
        row->validity = arena_printf(arena, "%s, %s left", time_date(arena, cert->not_after),
                                     time_words(arena, cert->not_after - at));
    }
}

/* The issuer in words, and behind it (never cut away) who that is. */
static void row_issuer(const struct page *page, size_t i, const struct cert *cert, struct row *row)
{
    const struct target_report *target = page->target;
    enum issued_by issued = target->verdict.issued[i];
    row->kind = "";
    if (is_root(page, i)) {
        size_t trusting = show_trusting(target, show_node(&target->verdict, i));
        size_t all = target->input.profile_count;
        row->issuer = trusting == 0
                          ? "root, in no store"
                          : arena_printf(page->arena, "root, in %zu/%zu stores", trusting, all);
        struct root_standing standing;
        if (root_standing_find(target->input.roots, cert->sha256, &standing))
            row->kind = arena_printf(page->arena, ", %u/%d programmes",
                                     root_standing_count(&standing), PROGRAMME_COUNT);
    } else if (issued == ISSUED_SELF) {
        row->issuer = "self-signed";
    } else {
        const char *name = show_guard(page->arena, name_short(page->arena, cert->issuer));
        row->issuer = arena_printf(page->arena, "by %s", name);
        row->kind = issued == ISSUED_PUBLIC    ? " (public)"
                    : issued == ISSUED_PRIVATE ? " (private)"
                                               : "";
    }
}

static struct row chain_row(const struct page *page, size_t i)
{
    const struct cert *cert = show_cert(&page->target->verdict, i);
    struct row row = {
        .state = row_state(page, i),
        .position = arena_printf(page->arena, "%zu", i),
        .subject = "(unreadable certificate)",
        .issuer = "",
        .kind = "",
        .validity = "",
    };
    row.state_style = strcmp(row.state, "missing") == 0 ? STYLE_RED : STYLE_DIM;
    if (!cert->parsed)
        return row;
    row.subject = show_guard(page->arena, name_short(page->arena, cert->subject));
    row_issuer(page, i, cert, &row);
    row_validity(page, cert, &row);
    return row;
}

/* The issuer that nobody here has: part of the picture, though there is no certificate of it. */
static bool unknown_row(const struct page *page, struct row *row)
{
    const struct verdict *verdict = &page->target->verdict;
    for (size_t i = 0; i < verdict->fact_count; i++) {
        const struct fact *fact = &verdict->facts[i];
        if (fact->id != FACT_ISSUER_NOT_FOUND || !fact->on_best)
            continue;
        *row = (struct row){
            .state = "unknown",
            .position = "",
            .subject = show_guard(page->arena, fact->text),
            .issuer = "not sent, in no store",
            .kind = "",
            .validity = "",
            .state_style = STYLE_RED,
        };
        return true;
    }
    return false;
}

struct widths {
    unsigned subject, issuer;
};

static unsigned at_most(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Each column as wide as its text; when both do not fit, the wider one gives way. */
static struct widths row_widths(const struct page *page, const struct row *rows, size_t count)
{
    struct widths w = {8, 8};
    unsigned validity = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned subject = text_columns(rows[i].subject);
        unsigned issuer = text_columns(rows[i].issuer) + text_columns(rows[i].kind);
        unsigned end = text_columns(rows[i].validity);
        w.subject = subject > w.subject ? subject : w.subject;
        w.issuer = issuer > w.issuer ? issuer : w.issuer;
        validity = end > validity ? end : validity;
    }
    unsigned fixed = PAGE_BODY + STATE_COLUMNS + POSITION_COLUMNS + validity + 2 * GAP;
    unsigned room = page->width > fixed + 20 ? page->width - fixed : 20;
    if (w.subject + w.issuer > room) {
        unsigned half = room / 2;
        if (w.subject <= half)
            w.issuer = room - w.subject;
        else if (w.issuer <= room - half)
            w.subject = room - w.issuer;
        else
            w = (struct widths){half, room - half};
    }
    return w;
}

static void write_row(struct page *page, const struct row *row, struct widths widths)
{
    page_cell(page, row->state_style, row->state, STATE_COLUMNS);
    page_cell(page, STYLE_PLAIN, row->position, POSITION_COLUMNS);
    page_cell(page, STYLE_BOLD, row->subject, widths.subject);
    page_spaces(page, GAP);
    unsigned kind = at_most(text_columns(row->kind), widths.issuer);
    const char *issuer = text_cut(page->arena, row->issuer, widths.issuer - kind);
    page_cell(page, STYLE_PLAIN, arena_printf(page->arena, "%s%s", issuer, row->kind),
              widths.issuer);
    page_spaces(page, GAP);
    page_style(page, row->validity_style, row->validity);
    page_end(page);
}

/* ---- names ---- */

/* As many names as fit into `room` columns, the rest as a number. */
static const char *names_in(struct arena *arena, const struct cert *cert, unsigned room)
{
    struct show_names names;
    show_names(arena, cert, &names);
    size_t total = names.dns_count + names.ip_count;
    if (total == 0)
        return NULL;
    const char *text = "";
    for (size_t i = 0; i < total; i++) {
        const char *name = i < names.dns_count ? names.dns[i] : names.ip[i - names.dns_count];
        const char *longer = arena_printf(arena, "%s%s%s", text, i > 0 ? ", " : "", name);
        bool last = i + 1 == total && names.more == 0;
        if (i > 0 && text_columns(longer) + (last ? 0 : 16) > room)
            return arena_printf(arena, "%s and %zu more", text, total - i + names.more);
        text = longer;
    }
    return names.more == 0 ? text : arena_printf(arena, "%s and %zu more", text, names.more);
}

static void leaf_names(struct page *page, const struct cert *cert)
{
    unsigned indent = PAGE_BODY + STATE_COLUMNS + POSITION_COLUMNS;
    unsigned room = page->width > indent + 30 ? page->width - indent - 6 : 30;
    const char *names = names_in(page->arena, cert, room);
    page_spaces(page, indent);
    const char *text = names != NULL ? arena_printf(page->arena, "names %s", names)
                                     : "no names: it has no DNS name or address in its SAN list";
    page_wrap(page, STYLE_DIM, text, indent, indent + 6);
}

static void found_at(struct page *page, size_t i)
{
    const struct node *node = show_node(&page->target->verdict, i);
    if (node->origin.where == NULL || node->origin.where[0] == '\0')
        return;
    const char *where = show_guard(page->arena, node->origin.where);
    const char *line =
        node->origin.line > 0 ? arena_printf(page->arena, ", line %zu", node->origin.line) : "";
    unsigned indent = PAGE_BODY + STATE_COLUMNS + POSITION_COLUMNS;
    page_spaces(page, indent);
    page_wrap(page, STYLE_DIM, arena_printf(page->arena, "found in %s%s", where, line), indent,
              indent);
}

static void revocation_line(struct page *page, size_t i)
{
    enum style style;
    const char *words = revocation_words(page, i, &style);
    const unsigned indent = PAGE_BODY + STATE_COLUMNS + POSITION_COLUMNS;
    if (words == NULL)
        return;
    page_spaces(page, indent);
    page_wrap(page, style, words, indent, indent);
}

void text_chain(struct page *page)
{
    const struct verdict *verdict = &page->target->verdict;
    if (verdict->chain_count == 0)
        return;
    size_t shown = verdict->chain_count < ROWS_SHOWN ? verdict->chain_count : ROWS_SHOWN;
    struct row rows[ROWS_SHOWN + 1];
    for (size_t i = 0; i < shown; i++)
        rows[i] = chain_row(page, i);
    size_t count = shown + unknown_row(page, &rows[shown]);
    struct widths widths = row_widths(page, rows, count);
    page_end(page);
    for (size_t i = 0; i < count; i++) {
        page_label(page, STYLE_BOLD, i == 0 ? "Chain" : NULL);
        write_row(page, &rows[i], widths);
        if (i == 0 && show_cert(verdict, 0)->parsed)
            leaf_names(page, show_cert(verdict, 0));
        if (i < shown && strcmp(rows[i].state, "missing") == 0)
            found_at(page, i);
        if (i < shown)
            revocation_line(page, i);
    }
    if (shown < verdict->chain_count)
        page_item(
            page, NULL,
            arena_printf(page->arena, "… and %zu more certificates", verdict->chain_count - shown));
}

void text_chain_brief(struct page *page)
{
    const struct verdict *verdict = &page->target->verdict;
    if (verdict->chain_count == 0 || !show_cert(verdict, 0)->parsed)
        return;
    const struct cert *cert = show_cert(verdict, 0);
    struct row row = {0};
    row_validity(page, cert, &row);
    row_issuer(page, 0, cert, &row);
    const char *names = names_in(page->arena, cert, NAMES_SHOWN);
    if (names == NULL)
        names = show_guard(page->arena, name_short(page->arena, cert->subject));
    const char *until = row.validity_style == STYLE_PLAIN ? "until " : "";
    enum style ignored;
    const char *revocation = revocation_words(page, 0, &ignored);
    page_spaces(page, PAGE_INDENT);
    page_wrap(page, STYLE_PLAIN,
              arena_printf(page->arena, "%s · %s%s · %s%s%s%s", names, until, row.validity,
                           row.issuer, row.kind, revocation != NULL ? " · " : "",
                           revocation != NULL ? revocation : ""),
              PAGE_INDENT, PAGE_INDENT);
}
