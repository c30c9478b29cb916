/* SPDX-License-Identifier: Apache-2.0 */
/* Who rejects in which words, who accepts, and who was not measured. */
#include <string.h>

#include "text.h"

/** With more clients than FOLDED_FROM, rows are reasons instead of messages. */
enum { NAMES_COLUMNS = 22, NOTES_SHOWN = 6, FOLDED_FROM = 8 };

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

const char *client_words(struct arena *arena, const struct client_verdict *client)
{
    const char *message = show_guard(arena, client->message);
    const char *code = show_guard(arena, client->code);
    if (message[0] == '\0')
        return code;
    if (code[0] == '\0' || strstr(message, code) != NULL)
        return message;
    return arena_printf(arena, "%s (%s)", message, code);
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

/* Why these clients and not others, in the words of the rule that most of them give. */
static const char *why_these(const struct page *page, const struct fold_row *row)
{
    const struct findings *findings = &page->target->findings;
    for (size_t i = 0; i < findings->count; i++)
        if (finding_is_cause(&findings->items[i]) &&
            (strcmp(findings->items[i].rule->id, row->rule) == 0 || findings->count == 1))
            return findings->items[i].rule->minded_by;
    return "";
}

static void sayings_write(struct page *page, const struct fold_row *row)
{
    enum { KEPT = sizeof row->sayings / sizeof row->sayings[0] };
    unsigned width = 0;
    for (size_t i = 0; i < row->saying_count && i < KEPT; i++)
        if (text_columns(row->sayings[i].name) > width)
            width = text_columns(row->sayings[i].name);
    const unsigned at = PAGE_BODY + 2 + width + 2;
    for (size_t i = 0; i < row->saying_count && i < KEPT; i++) {
        page_spaces(page, PAGE_BODY + 2);
        page_cell(page, STYLE_PLAIN, row->sayings[i].name, width + 2);
        page_wrap(page, STYLE_PLAIN, row->sayings[i].words, at, at);
    }
    if (row->saying_count > KEPT) {
        page_spaces(page, PAGE_BODY + 2);
        page_wrap(page, STYLE_DIM,
                  arena_printf(page->arena, "and %zu other wordings: -v shows all",
                               row->saying_count - KEPT),
                  PAGE_BODY + 2, PAGE_BODY + 2);
    }
}

/* Many clients: their names, why they, and how the first of them put it. */
static void folded_row(struct page *page, const struct fold_row *row)
{
    const char *why = *row->note ? row->note : why_these(page, row);
    page_wrap(page, STYLE_BOLD, row->names, PAGE_BODY, PAGE_BODY);
    if (*why) {
        page_spaces(page, PAGE_BODY + 2);
        page_wrap(page, STYLE_DIM, why, PAGE_BODY + 2, PAGE_BODY + 2);
    }
    sayings_write(page, row);
}

static void text_rejects(struct page *page, struct tally tally)
{
    const struct verdict *verdict = &page->target->verdict;
    const bool by_words = tally.judged <= FOLDED_FROM || page->verbose > 0;
    struct fold_row row;
    bool first = true;
    for (size_t i = 0; i < verdict->client_count; i++) {
        if (!fold_row(page, i, by_words, &row))
            continue;
        page_label(page, STYLE_BOLD, first ? "Rejects" : NULL);
        if (by_words)
            beside(page, row.names, STYLE_PLAIN, row.words);
        else
            folded_row(page, &row);
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

/* How it came by a chain that others do not find. */
static const char *way_text(const struct page *page, const struct client_verdict *client)
{
    for (size_t i = 0; i < client->path_count; i++) {
        const struct node *node = &page->target->verdict.graph.nodes[client->path[i]];
        if (node->position < 0 && node->origin.kind == ORIGIN_FETCHED)
            return "it fetches what is not sent (AIA): that it works there proves nothing";
    }
    return profile_note(client->profile);
}

static void text_accepts(struct page *page, struct tally tally)
{
    if (tally.accepting > NOTES_SHOWN || !search_matters(page)) {
        page_item(page, "Accepts", fold_names(page, 1, true));
        return;
    }
    const struct verdict *verdict = &page->target->verdict;
    bool first = true;
    for (size_t i = 0; i < verdict->client_count; i++) {
        const struct client_verdict *client = &verdict->clients[i];
        if (client->accepts != 1 || !client_counts(page->target, client))
            continue;
        page_label(page, STYLE_BOLD, first ? "Accepts" : NULL);
        beside(page, profile_title(client->profile), STYLE_DIM, way_text(page, client));
        first = false;
    }
}

static void text_documented(struct page *page)
{
    const char *accepting = fold_names(page, 1, false), *rejecting = fold_names(page, 0, false);
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

/* Of those whose store is not known well enough. */
static void text_unknown(struct page *page)
{
    const struct verdict *verdict = &page->target->verdict;
    const char *last = NULL;
    for (size_t i = 0; i < verdict->client_count; i++) {
        const struct client_verdict *client = &verdict->clients[i];
        const char *title = profile_title(client->profile);
        if (client->accepts >= 0 || !client->unknown || (last && strcmp(last, title) == 0))
            continue;
        page_item(
            page, "Not judged",
            arena_printf(page->arena, "%s: %s", title, show_guard(page->arena, client->unknown)));
        last = title;
    }
}

/* ---- verdicts that rest on data of some date ---- */

/* Of the list that is compiled into this client, when its verdict rests on it: the root of its path
 * stands there, or the path leads nowhere. NULL when not. */
static const struct store_source *list_behind(const struct page *page, size_t i)
{
    const struct client_verdict *client = &page->target->verdict.clients[i];
    const struct store_identity *store =
        observation_store(page->target->input.observation, profile_name(client->profile));
    if (!store || client->accepts < 0 || client->path_count == 0)
        return NULL;
    const int top = client->path[client->path_count - 1];
    const struct cert *root = page->target->verdict.graph.nodes[top].cert;
    const bool rests = client->accepts ? root_fact_find(root->sha256) != NULL
                                       : !store_get(page->target->input.stores[i], root);
    for (size_t k = 0; rests && k < store->source_count; k++)
        if (store->sources[k].programme && *store->sources[k].programme)
            return &store->sources[k];
    return NULL;
}

static void text_data(struct page *page)
{
    const struct verdict *verdict = &page->target->verdict;
    BUF_CLEANUP text = {0};
    bool old = false;
    for (size_t i = 0; i < verdict->client_count; i++) {
        const struct store_source *list = list_behind(page, i);
        const char *words = list ? arena_printf(page->arena, "%s's roots as of %s", list->programme,
                                                time_date(page->arena, list->modified))
                                 : NULL;
        if (!words || bytes_find(buf_bytes(&text), bytes_str(words)) != SIZE_MAX)
            continue;
        buf_printf(&text, "%s%s", text.n ? ", " : "", words);
        old = old || facts_are_old(list->modified, page->target->input.at);
    }
    if (text.n && old)
        buf_add_str(&text, " - more than a year old: what changed since is not known here");
    if (text.n)
        page_item(page, "Data", buf_cstr(&text));
}

void text_clients_aside(struct page *page)
{
    text_documented(page);
    text_unknown(page);
    text_data(page);
    if (client_tally(page->target).judged > 0 && !names_judged(&page->target->verdict))
        page_item(page, "Not judged", "the name: none was given (--name NAME)");
}

/** Which alerts the server gets to see, for those who read its log (RFC 8446 section 6.2). */
static void text_alerts(struct page *page)
{
    const struct verdict *verdict = &page->target->verdict;
    bool first = true;
    for (int alert = 0; alert < 256; alert++) {
        const char *names = "";
        for (size_t i = 0; i < verdict->client_count; i++)
            if (verdict->clients[i].accepts == 0 && verdict->clients[i].alert == alert)
                names = arena_printf(page->arena, "%s%s%s", names, *names != '\0' ? ", " : "",
                                     profile_name(verdict->clients[i].profile));
        if (*names == '\0')
            continue;
        page_label(page, STYLE_BOLD, first ? "Alerts" : NULL);
        beside(page, arena_printf(page->arena, "%s (%d)", alert_name(alert), alert), STYLE_DIM,
               names);
        first = false;
    }
}

void text_clients(struct page *page)
{
    struct tally tally = client_tally(page->target);
    if (page->target->verdict.client_count == 0)
        return;
    page_end(page);
    text_rejects(page, tally);
    if (tally.accepting > 0)
        text_accepts(page, tally);
    if (show_has_revoked(page->target))
        text_lookers(page);
    if (page->verbose > 0)
        text_alerts(page);
    text_clients_aside(page);
}
