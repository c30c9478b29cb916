/* SPDX-License-Identifier: Apache-2.0 */
/* What others say of the time, when they were asked. */
#include "text.h"

static const char *apart(const struct page *page, cw_time theirs)
{
    const cw_time at = page->target->input.at;
    if (theirs - at <= 1 && at - theirs <= 1)
        return "the same as here";
    return arena_printf(page->arena, "%s %s of here",
                        time_words(page->arena, theirs > at ? theirs - at : at - theirs),
                        theirs > at ? "ahead" : "behind");
}

void text_clock(struct page *page)
{
    const struct clock_seen *clock = &page->target->input.observation->clock;
    const char *server = show_guard(page->arena, clock->sntp_server ? clock->sntp_server : "");
    const char *label = "Clock";
    if (!clock->asked)
        return;
    if (clock->date > 0) {
        page_item(page, label,
                  arena_printf(page->arena, "the server's: %s, %s",
                               time_rfc3339(page->arena, clock->date), apart(page, clock->date)));
        label = NULL;
    }
    if (clock->sntp > 0)
        page_item(page, label,
                  arena_printf(page->arena, "%s: %s, %s", server,
                               time_rfc3339(page->arena, clock->sntp), apart(page, clock->sntp)));
    else if (*server)
        page_item(
            page, label,
            arena_printf(page->arena, "%s: %s", server, show_guard(page->arena, clock->sntp_why)));
    else if (label && page->target->input.observation->target.kind == TARGET_ENDPOINT)
        page_item(page, label, "the server does not say what its own says");
}
