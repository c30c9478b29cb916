/* SPDX-License-Identifier: Apache-2.0 */
/* Who rejects in which words, who accepts, and who was not measured. */
#include <string.h>

#include "text.h"

enum { NAMES_COLUMNS = 22, NOTES_SHOWN = 6 };

static bool is_measured(const struct client_verdict *client)
{
    return profile_evidence(client->profile) == EVIDENCE_MEASURED;
}

static bool any_measured(const struct target_report *target)
{
    for (size_t i = 0; i < target->verdict.client_count; i++)
        if (is_measured(&target->verdict.clients[i]))
            return true;
    return false;
}

bool client_counts(const struct target_report *target, const struct client_verdict *client)
{
    return is_measured(client) || !any_measured(target);
}

struct tally client_tally(const struct target_report *target)
{
    struct tally tally = {0};
    for (size_t i = 0; i < target->verdict.client_count; i++) {
        const struct client_verdict *client = &target->verdict.clients[i];
        if (client->accepts < 0 || !client_counts(target, client))
            continue;
        tally.judged++;
        tally.accepting += client->accepts > 0;
        tally.rejecting += client->accepts == 0;
    }
    return tally;
}

static const char *client_words(struct arena *arena, const struct client_verdict *client)
{
    const char *message = show_guard(arena, client->message);
    const char *code = show_guard(arena, client->code);
    if (message[0] == '\0')
        return code;
    if (code[0] == '\0' || strstr(message, code) != NULL)
        return message;
    return arena_printf(arena, "%s (%s)", message, code);
}

/** Titles of clients whose verdict is `accepts`; with `words`, only of those that say exactly that.
 */
struct selection {
    int accepts;
    bool counting;
    const char *words;
};

static bool is_selected(const struct page *page, const struct client_verdict *client,
                        const struct selection *want)
{
    return client->accepts == want->accepts &&
           client_counts(page->target, client) == want->counting &&
           (want->words == NULL || strcmp(client_words(page->arena, client), want->words) == 0);
}

static const char *selected(const struct page *page, const struct selection *want)
{
    const struct verdict *verdict = &page->target->verdict;
    const char **titles = arena_array(page->arena, verdict->client_count + 1, sizeof *titles);
    size_t count = 0;
    for (size_t i = 0; i < verdict->client_count; i++)
        if (is_selected(page, &verdict->clients[i], want))
            titles[count++] = profile_title(verdict->clients[i].profile);
    return text_join(page->arena, titles, count, ", ");
}

/* Names in their column and words beside them, or below when the names need more room. */
static void beside(struct page *page, const char *names, enum style style, const char *words)
{
    unsigned columns = text_columns(names);
    if (columns <= NAMES_COLUMNS) {
        page_cell(page, STYLE_BOLD, names, NAMES_COLUMNS + 2);
    } else {
        page_wrap(page, STYLE_BOLD, names, PAGE_BODY, PAGE_BODY);
        page_spaces(page, PAGE_BODY + 2);
    }
    unsigned at = columns <= NAMES_COLUMNS ? PAGE_BODY + NAMES_COLUMNS + 2 : PAGE_BODY + 2;
    page_wrap(page, style, words, at, at);
}

static void text_rejects(struct page *page)
{
    const struct verdict *verdict = &page->target->verdict;
    bool first = true;
    for (size_t i = 0; i < verdict->client_count; i++) {
        struct selection same = {.accepts = 0, .counting = true};
        if (!is_selected(page, &verdict->clients[i], &same))
            continue;
        same.words = client_words(page->arena, &verdict->clients[i]);
        bool done = false;
        for (size_t k = 0; k < i && !done; k++)
            done = is_selected(page, &verdict->clients[k], &same);
        if (done)
            continue;
        page_label(page, STYLE_BOLD, first ? "Rejects" : NULL);
        beside(page, selected(page, &same), STYLE_PLAIN, same.words);
        first = false;
    }
}

/* A client that accepts an imperfect chain found its way by its own search: what that is like tells
 * why. For all other causes the finding itself says who minds. */
static bool search_matters(const struct page *page)
{
    const struct findings *findings = &page->target->findings;
    for (size_t i = 0; i < findings->count; i++)
        if (finding_is_cause(&findings->items[i]))
            return str_starts(findings->items[i].rule->id, "chain.");
    return false;
}

static void text_accepts(struct page *page, struct tally tally)
{
    if (tally.accepting > NOTES_SHOWN || !search_matters(page)) {
        struct selection all = {.accepts = 1, .counting = true};
        page_item(page, "Accepts", selected(page, &all));
        return;
    }
    const struct verdict *verdict = &page->target->verdict;
    const struct selection accepting = {.accepts = 1, .counting = true};
    bool first = true;
    for (size_t i = 0; i < verdict->client_count; i++) {
        const struct client_verdict *client = &verdict->clients[i];
        if (!is_selected(page, client, &accepting))
            continue;
        page_label(page, STYLE_BOLD, first ? "Accepts" : NULL);
        beside(page, profile_title(client->profile), STYLE_DIM, profile_note(client->profile));
        first = false;
    }
}

static void text_documented(struct page *page)
{
    const char *accepting = selected(page, &(struct selection){.accepts = 1, .counting = false});
    const char *rejecting = selected(page, &(struct selection){.accepts = 0, .counting = false});
    if (accepting[0] == '\0' && rejecting[0] == '\0')
        return;
    const char *text = "not measured, from documentation: ";
    if (rejecting[0] != '\0')
        text = arena_printf(page->arena, "%swould reject: %s", text, rejecting);
    if (accepting[0] != '\0')
        text = arena_printf(page->arena, "%s%swould accept: %s", text,
                            rejecting[0] != '\0' ? "; " : "", accepting);
    page_label(page, STYLE_BOLD, NULL);
    page_wrap(page, STYLE_DIM, text, PAGE_BODY, PAGE_BODY);
}

static bool names_judged(const struct verdict *verdict)
{
    for (size_t i = 0; i < verdict->client_count; i++)
        if (verdict->clients[i].accepts >= 0 && !verdict->clients[i].name_judged)
            return false;
    return true;
}

void text_clients_aside(struct page *page)
{
    text_documented(page);
    if (client_tally(page->target).judged > 0 && !names_judged(&page->target->verdict))
        page_item(page, "Not judged", "the name: none was given (--name NAME)");
}

void text_clients(struct page *page)
{
    struct tally tally = client_tally(page->target);
    if (page->target->verdict.client_count == 0)
        return;
    page_end(page);
    text_rejects(page);
    if (tally.accepting > 0)
        text_accepts(page, tally);
    text_clients_aside(page);
}
