/* SPDX-License-Identifier: Apache-2.0 */
/* What to do, who must do it, who accepts afterwards; what not to do; how to see it. */
#include <string.h>

#include "text.h"

enum { COMMAND_INDENT = PAGE_BODY + 2, ADVICE_PIECES = 5 };

static const char *fix_place(const struct fix *fix)
{
    return fix->who == FIX_SERVER   ? "on the server"
           : fix->who == FIX_CLIENT ? "in the client"
                                    : "a new certificate";
}

static const char *titles(const struct page *page, const struct profile *const *profiles,
                          size_t count)
{
    const char **names = arena_array(page->arena, count + 1, sizeof *names);
    for (size_t i = 0; i < count; i++)
        names[i] = profile_title(profiles[i]);
    return text_join(page->arena, names, count, ", ");
}

static const char *model_proof(const struct page *page, const struct fix *fix)
{
    if (fix->partial)
        return "proven: it cures this, and the other causes remain";
    if (fix->rejected_count == 0)
        return fix->accepted_count == 1
                   ? "proven: with it the client accepts"
                   : arena_printf(page->arena, "proven: with it all %zu clients accept",
                                  fix->accepted_count);
    return arena_printf(page->arena, "proven for %s; still rejected by %s",
                        titles(page, fix->accepted_by, fix->accepted_count),
                        titles(page, fix->rejected_by, fix->rejected_count));
}

/* Who was really there, and who did otherwise than the model says. */
static const char *live_proof(const struct page *page, const struct live_proof *live)
{
    const char *accepted = "", *otherwise = "";
    for (size_t i = 0; i < live->count; i++) {
        const struct live_visit *visit = &live->visits[i];
        const bool as_judged = visit->expected < 0 || visit->expected == visit->accepts;
        const char **list = !as_judged ? &otherwise : visit->accepts ? &accepted : NULL;
        if (list != NULL)
            *list = arena_printf(page->arena, "%s%s%s %s", *list, **list != '\0' ? ", " : "",
                                 visit->program, visit->version);
    }
    if (*otherwise != '\0')
        return arena_printf(page->arena, "not confirmed live: otherwise did %s", otherwise);
    return *accepted != '\0' ? arena_printf(page->arena, "proven by %s, live", accepted)
                             : "accepted by none of the clients that were asked live";
}

static const char *fix_proof(const struct page *page, const struct fix *fix)
{
    const char *model = model_proof(page, fix);
    if (fix->live.count == 0)
        return model;
    return arena_printf(page->arena, "proven by the model%s; %s", model + strlen("proven"),
                        live_proof(page, &fix->live));
}

static void fix_body(struct page *page, const struct fix *fix)
{
    page_spaces(page, PAGE_BODY);
    page_wrap(page, STYLE_PLAIN, show_guard(page->arena, fix->summary), PAGE_BODY, PAGE_BODY);
    for (size_t i = 0; i < fix->command_count; i++) {
        page_spaces(page, COMMAND_INDENT);
        page_command(page, COMMAND_INDENT, show_guard(page->arena, fix->commands[i]));
    }
    if (fix->caveat != NULL && fix->caveat[0] != '\0') {
        page_spaces(page, PAGE_BODY);
        page_wrap(page, STYLE_DIM, show_guard(page->arena, fix->caveat), PAGE_BODY, PAGE_BODY);
    }
}

static void text_fix(struct page *page, const char *label, const struct fix *fix)
{
    page_label(page, STYLE_GREEN, label);
    page_wrap(page, STYLE_PLAIN,
              arena_printf(page->arena, "%s — %s", fix_place(fix), fix_proof(page, fix)), PAGE_BODY,
              PAGE_BODY);
    fix_body(page, fix);
}

/* Its parts say who does what. */
static void text_together(struct page *page, const struct fix *fix)
{
    page_label(page, STYLE_GREEN, "Fix");
    page_wrap(page, STYLE_PLAIN, fix_proof(page, fix), PAGE_BODY, PAGE_BODY);
    fix_body(page, fix);
}

/* The same bundle cures several causes: it is printed once. */
static bool same_fix(const struct fix *a, const struct fix *b)
{
    return strcmp(a->id, b->id) == 0 && strcmp(a->summary, b->summary) == 0;
}

static size_t said_before(const struct page *page, size_t index, const struct fix *fix)
{
    const struct plan *plan = &page->target->plan;
    for (size_t i = 0; i < index; i++) {
        if (!finding_is_cause(&page->target->findings.items[i]))
            continue;
        for (size_t k = 0; k < plan->per_finding[i].count; k++)
            if (same_fix(&plan->per_finding[i].items[k], fix))
                return finding_cause_number(&page->target->findings, i);
    }
    return 0;
}

/* What to leave and how to see it: once, when several causes say the same. */
static void hint(struct page *page, size_t index, const char *label, const char *text, bool command)
{
    const struct finding *findings = page->target->findings.items;
    bool said = text == NULL || text[0] == '\0';
    for (size_t i = 0; i < index && !said; i++)
        said = finding_is_cause(&findings[i]) &&
               strcmp(command ? findings[i].verify : findings[i].not_this, text) == 0;
    if (said)
        return;
    page_label(page, STYLE_BOLD, label);
    if (command)
        page_command(page, PAGE_BODY, show_guard(page->arena, text));
    else
        page_wrap(page, STYLE_PLAIN, show_guard(page->arena, text), PAGE_BODY, PAGE_BODY);
}

/* A paragraph of several lines, which may be indented, as one. */
static void join_lines(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        const bool ends = *from == '\n'; /* to may be from */
        *to++ = ends ? ' ' : *from;
        if (ends)
            from += strspn(from + 1, " ");
    }
    *to = '\0';
}

/* One piece of a rule page: a command (indented) or a paragraph, up to the next blank line. */
static const char *advice_piece(struct page *page, const char *text, bool first)
{
    size_t n = strcspn(text, "\n");
    bool command = str_starts(text, "    ");
    while (!command && text[n] == '\n' && text[n + 1] != '\n' && text[n + 1] != '\0' &&
           !str_starts(text + n + 1, "- ") && !str_starts(text + n + 1, "    "))
        n += 1 + strcspn(text + n + 1, "\n");
    size_t skip = command ? 4 : str_starts(text, "- ") ? 2 : 0;
    char *piece = arena_strndup(page->arena, text + skip, n - skip);
    join_lines(piece);
    if (!first)
        page_spaces(page, command ? COMMAND_INDENT : PAGE_BODY);
    if (command)
        page_command(page, COMMAND_INDENT, piece);
    else
        page_wrap(page, STYLE_PLAIN, piece, PAGE_BODY, PAGE_BODY);
    return text + n;
}

/* Without a proven fix there is what the rule says in general: not a fix, and not called one. */
static void text_advice(struct page *page, const char *label, const struct rule *rule)
{
    const char *text = rule->fix;
    page_label(page, STYLE_BOLD, label);
    if (rule->no_fix[0] != '\0')
        page_wrap(page, STYLE_DIM, show_guard(page->arena, rule->no_fix), PAGE_BODY, PAGE_BODY);
    for (unsigned pieces = rule->no_fix[0] != '\0'; *text != '\0' && pieces < ADVICE_PIECES;
         pieces++) {
        text = advice_piece(page, text, pieces == 0);
        text += strspn(text, "\n");
    }
}

static void cause_fixes(struct page *page, size_t index, bool numbered)
{
    const struct target_report *target = page->target;
    const struct finding *finding = &target->findings.items[index];
    size_t number = finding_cause_number(&target->findings, index);
    const char *label = numbered ? arena_printf(page->arena, "Fix %zu", number) : "Fix";
    size_t count = index < target->plan.finding_count ? target->plan.per_finding[index].count : 0;
    /* the combined fix holds all commands: here it is enough to know which part is whose */
    bool brief = target->plan.together != NULL;
    for (size_t i = 0; i < count && !(brief && i > 0); i++) {
        const struct fix *fix = &target->plan.per_finding[index].items[i];
        size_t before = said_before(page, index, fix);
        if (before > 0)
            page_item(page, i == 0 ? label : "or",
                      arena_printf(page->arena, "the same as Fix %zu", before));
        else if (brief)
            page_item(page, label,
                      arena_printf(page->arena, "%s: %s", fix_place(fix),
                                   show_guard(page->arena, fix->summary)));
        else
            text_fix(page, i == 0 ? label : "or", fix);
    }
    if (count == 0)
        text_advice(page, numbered ? arena_printf(page->arena, "To do %zu", number) : "To do",
                    finding->rule);
    hint(page, index, "Not this", finding->not_this, false);
    hint(page, index, "See it", finding->verify, true);
}

void text_fixes(struct page *page)
{
    const struct findings *findings = &page->target->findings;
    size_t causes = finding_cause_count(findings);
    if (causes == 0)
        return;
    page_end(page);
    if (page->target->plan.together != NULL)
        text_together(page, page->target->plan.together);
    for (size_t i = 0; i < findings->count; i++)
        if (finding_is_cause(&findings->items[i]))
            cause_fixes(page, i, causes > 1);
}
