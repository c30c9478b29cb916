/* SPDX-License-Identifier: Apache-2.0 */
/* The causes, what follows from them, and what else is worth knowing. */
#include <string.h>

#include "text.h"

enum { CAUSE_INDENT = 5, NOTES_SHOWN = 12 };

bool finding_is_cause(const struct finding *finding)
{
    return finding->cause && finding->severity == SEVERITY_ERROR;
}

size_t finding_cause_count(const struct findings *findings)
{
    size_t count = 0;
    for (size_t i = 0; i < findings->count; i++)
        count += finding_is_cause(&findings->items[i]);
    return count;
}

size_t finding_cause_number(const struct findings *findings, size_t index)
{
    size_t number = 0;
    for (size_t i = 0; i <= index && i < findings->count; i++)
        number += finding_is_cause(&findings->items[i]);
    return number;
}

static const char *guarded(const struct page *page, const char *s)
{
    return show_guard(page->arena, s);
}

static void paragraph(struct page *page, enum style style, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return;
    page_spaces(page, PAGE_INDENT);
    page_wrap(page, style, guarded(page, text), PAGE_INDENT, PAGE_INDENT);
}

/* "follows from it: …" for each finding that this cause explains. */
static void consequences(struct page *page, size_t cause, unsigned indent)
{
    const struct findings *findings = &page->target->findings;
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        bool follows = false;
        for (size_t k = 0; k < finding->because_count && !follows; k++)
            follows = finding->because[k] == (int)cause;
        if (finding_is_cause(finding) || !follows)
            continue;
        const char *text =
            arena_printf(page->arena, "follows from it: %s", guarded(page, finding->summary));
        page_spaces(page, indent);
        page_wrap(page, STYLE_DIM, text, indent, indent + 2);
    }
}

/* The rule's name stands at the end of the line when there is room for it. */
static const char *with_rule(struct page *page, const char *summary, const char *rule)
{
    unsigned used = CAUSE_INDENT + text_columns(summary);
    unsigned room = page->width > used ? page->width - used : 0;
    unsigned need = text_columns(rule) + 2;
    return room >= need ? arena_printf(page->arena, "%s%*s", summary,
                                       (int)(room - need + 2 + strlen(rule)), rule)
                        : arena_printf(page->arena, "%s  %s", summary, rule);
}

static void numbered(struct page *page, size_t index, size_t number)
{
    const struct finding *finding = &page->target->findings.items[index];
    page_spaces(page, PAGE_INDENT);
    page_cell(page, STYLE_BOLD, arena_printf(page->arena, "%zu", number),
              CAUSE_INDENT - PAGE_INDENT);
    const char *line = with_rule(page, guarded(page, finding->summary), finding->rule->id);
    if (text_columns(line) + CAUSE_INDENT <= page->width) {
        page_style(page, STYLE_PLAIN, line);
        page_end(page);
    } else {
        page_wrap(page, STYLE_PLAIN, line, CAUSE_INDENT, CAUSE_INDENT);
    }
    if (page->verbose > 0 && finding->detail[0] != '\0') {
        page_spaces(page, CAUSE_INDENT);
        page_wrap(page, STYLE_DIM, guarded(page, finding->detail), CAUSE_INDENT, CAUSE_INDENT);
    }
    consequences(page, index, CAUSE_INDENT);
}

void text_causes(struct page *page)
{
    const struct findings *findings = &page->target->findings;
    size_t causes = finding_cause_count(findings);
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        if (!finding_is_cause(finding))
            continue;
        if (causes > 1) {
            numbered(page, i, finding_cause_number(findings, i));
            continue;
        }
        paragraph(page, STYLE_PLAIN, finding->summary);
        paragraph(page, STYLE_DIM, finding->detail);
        consequences(page, i, PAGE_INDENT);
    }
}

static const char *note_label(enum severity severity)
{
    static const char *const labels[] = {
        [SEVERITY_ERROR] = "Also",
        [SEVERITY_WARNING] = "Warning",
        [SEVERITY_NOTICE] = "Note",
    };
    return labels[severity];
}

/* A warning with what cures it: one or two lines, not a section of its own. */
static void note(struct page *page, size_t index, bool labelled)
{
    const struct finding *finding = &page->target->findings.items[index];
    page_label(page, finding->severity == SEVERITY_NOTICE ? STYLE_BOLD : STYLE_YELLOW,
               labelled ? note_label(finding->severity) : NULL);
    const char *text =
        arena_printf(page->arena, "%s  %s", guarded(page, finding->summary), finding->rule->id);
    page_wrap(page, STYLE_PLAIN, text, PAGE_BODY, PAGE_BODY);
    const struct plan *plan = &page->target->plan;
    if (index >= plan->finding_count || plan->per_finding[index].count == 0)
        return;
    const struct fix *fix = &plan->per_finding[index].items[0];
    page_label(page, STYLE_PLAIN, NULL);
    page_wrap(page, STYLE_DIM, arena_printf(page->arena, "→ %s", guarded(page, fix->summary)),
              PAGE_BODY, PAGE_BODY + 2);
}

void text_notes(struct page *page)
{
    const struct findings *findings = &page->target->findings;
    size_t shown = 0, more = 0;
    enum severity before = SEVERITY_ERROR;
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        if (finding_is_cause(finding) || finding->because_count > 0)
            continue;
        if (shown == NOTES_SHOWN) {
            more++;
            continue;
        }
        if (shown == 0)
            page_end(page);
        note(page, i, shown == 0 || finding->severity != before);
        before = finding->severity;
        shown++;
    }
    if (more > 0)
        page_item(page, NULL, arena_printf(page->arena, "… and %zu more (--format json)", more));
}

/* Each rule once, in the order of the findings. */
void text_footer(struct page *page)
{
    const struct findings *findings = &page->target->findings;
    const char **rules = arena_array(page->arena, findings->count + 1, sizeof *rules);
    size_t count = 0;
    for (size_t i = 0; i < findings->count; i++) {
        bool known = !finding_is_cause(&findings->items[i]);
        for (size_t k = 0; k < count && !known; k++)
            known = strcmp(rules[k], findings->items[i].rule->id) == 0;
        if (!known)
            rules[count++] = findings->items[i].rule->id;
    }
    if (count == 0)
        return;
    const char *list = text_join(page->arena, rules, count, ", ");
    const char *line = count == 1
                           ? arena_printf(page->arena, "%s · certwhy explain %s", list, rules[0])
                           : arena_printf(page->arena, "certwhy explain RULE tells more: %s", list);
    page_end(page);
    page_spaces(page, PAGE_INDENT);
    page_wrap(page, STYLE_DIM, line, PAGE_INDENT, PAGE_INDENT);
}
