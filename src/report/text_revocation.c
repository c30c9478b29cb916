/* SPDX-License-Identifier: Apache-2.0 */
/* What is known about revocation, and how those that do not look can be made to. */
#include <string.h>

#include "text.h"

enum { TITLE_COLUMNS = 22 };

static const char *source_words(const struct page *page, const struct show_revocation *shown)
{
    const enum document_from from = shown->answer->source->from;
    if (from == DOCUMENT_STAPLED)
        return "the stapled OCSP response";
    const char *what = shown->answer->is_crl    ? "the CRL"
                       : from == DOCUMENT_GIVEN ? "the OCSP response"
                                                : "the responder";
    return arena_printf(page->arena, "%s %s", what, show_guard(page->arena, shown->source));
}

static const char *revoked_words(const struct page *page, const struct show_revocation *shown)
{
    const struct answer *answer = shown->answer;
    const char *when =
        answer->revoked_at != TIME_NONE
            ? arena_printf(page->arena, " on %s", time_date(page->arena, answer->revoked_at))
            : "";
    const char *reason = revocation_reason_text(answer->reason);
    const char *why = reason[0] != '\0' ? arena_printf(page->arena, " (%s)", reason) : "";
    return arena_printf(page->arena, "revoked%s%s, says %s", when, why, source_words(page, shown));
}

static const char *good_words(const struct page *page, const struct show_revocation *shown)
{
    const char *until = shown->answer->next_update != TIME_NONE
                            ? arena_printf(page->arena, " until %s",
                                           time_date(page->arena, shown->answer->next_update))
                            : "";
    return arena_printf(page->arena, "not revoked, says %s%s", source_words(page, shown), until);
}

const char *revocation_words(const struct page *page, size_t chain_index, enum style *style)
{
    struct show_revocation shown;
    *style = STYLE_DIM;
    if (!show_revocation(page->target, chain_index, &shown))
        return NULL;
    if (strcmp(shown.status, "revoked") == 0) {
        *style = STYLE_RED;
        return revoked_words(page, &shown);
    }
    if (strcmp(shown.status, "good") == 0)
        return good_words(page, &shown);
    if (shown.why[0] == '\0' || (shown.doubtful && page->verbose == 0))
        return NULL;
    const char *where =
        shown.source != NULL ? arena_printf(page->arena, "%s: ", source_words(page, &shown)) : "";
    return arena_printf(page->arena, "revocation not known: %s%s", where,
                        show_guard(page->arena, shown.why));
}

/* ---- who does not look ---- */

static bool looks_alike(const struct client_verdict *a, const struct client_verdict *b)
{
    return a->blind == b->blind &&
           strcmp(profile_looks(a->profile), profile_looks(b->profile)) == 0;
}

static bool has_title_before(const struct verdict *verdict, size_t first, size_t i)
{
    const char *title = profile_title(verdict->clients[i].profile);
    for (size_t k = first; k < i; k++)
        if (looks_alike(&verdict->clients[k], &verdict->clients[i]) &&
            strcmp(profile_title(verdict->clients[k].profile), title) == 0)
            return true;
    return false;
}

/* The titles of all that are made to look in the same way; NULL when an earlier row has them. */
static const char *titles(const struct page *page, size_t first)
{
    const struct verdict *verdict = &page->target->verdict;
    for (size_t i = 0; i < first; i++)
        if (looks_alike(&verdict->clients[i], &verdict->clients[first]))
            return NULL;
    const char *list = "";
    for (size_t i = first; i < verdict->client_count; i++) {
        const struct client_verdict *client = &verdict->clients[i];
        if (!looks_alike(client, &verdict->clients[first]) || has_title_before(verdict, first, i))
            continue;
        list = arena_printf(page->arena, "%s%s%s", list, list[0] != '\0' ? ", " : "",
                            profile_title(client->profile));
    }
    return list;
}

static void text_own_lists(struct page *page)
{
    const struct verdict *verdict = &page->target->verdict;
    const char *list = "";
    for (size_t i = 0; i < verdict->client_count; i++)
        if (verdict->clients[i].unmodelled != NULL)
            list = arena_printf(page->arena, "%s%s%s (%s)", list, list[0] != '\0' ? ", " : "",
                                profile_title(verdict->clients[i].profile),
                                verdict->clients[i].unmodelled);
    if (list[0] != '\0')
        page_item(page, "Not known",
                  arena_printf(page->arena,
                               "%s: whether lists of their own, which are not modelled, hold it",
                               list));
}

/* Certificates of the path that nobody vouches for: who fails hard would refuse those alone. */
static const char *unanswered(const struct page *page)
{
    const struct verdict *verdict = &page->target->verdict;
    const char *list = "";
    struct show_revocation shown;
    for (size_t i = 0; i < verdict->chain_count; i++) {
        if (!show_revocation(page->target, i, &shown) ||
            (strcmp(shown.status, "unknown") != 0 && strcmp(shown.status, "no-source") != 0))
            continue;
        list =
            arena_printf(page->arena, "%s%scertificate %zu", list, list[0] != '\0' ? ", " : "", i);
    }
    return list;
}

/* What it costs to refuse without an answer: here, and in general. */
static void text_cost(struct page *page)
{
    const char *open = unanswered(page);
    const char *here =
        open[0] != '\0' ? arena_printf(page->arena,
                                       " Here it would refuse for want of one about %s, too.", open)
                        : "";
    page_label(page, STYLE_BOLD, NULL);
    page_wrap(page, STYLE_DIM,
              arena_printf(page->arena,
                           "What refuses without an answer makes every outage of a CA's responder "
                           "its own.%s",
                           here),
              PAGE_BODY, PAGE_BODY);
}

void text_lookers(struct page *page)
{
    const struct verdict *verdict = &page->target->verdict;
    bool first = true;
    text_own_lists(page);
    for (size_t i = 0; i < verdict->client_count; i++) {
        const char *names = verdict->clients[i].blind ? titles(page, i) : NULL;
        if (names == NULL)
            continue;
        const char *how = profile_looks(verdict->clients[i].profile);
        const unsigned columns = text_columns(names);
        const unsigned at =
            columns <= TITLE_COLUMNS ? PAGE_BODY + TITLE_COLUMNS + 2 : PAGE_BODY + 2;
        page_label(page, STYLE_BOLD, first ? "To look" : NULL);
        if (columns <= TITLE_COLUMNS) {
            page_cell(page, STYLE_BOLD, names, TITLE_COLUMNS + 2);
        } else {
            page_wrap(page, STYLE_BOLD, names, PAGE_BODY, PAGE_BODY);
            page_spaces(page, PAGE_BODY + 2);
        }
        page_wrap(page, STYLE_PLAIN, how[0] != '\0' ? how : "cannot be told to", at, at);
        first = false;
    }
    if (!first)
        text_cost(page);
}
