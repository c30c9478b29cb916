/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "show.h"

const char *outcome_name(enum outcome outcome)
{
    static const char *const names[] = {
        [OUTCOME_ACCEPTED] = "accepted", [OUTCOME_REJECTED] = "rejected",
        [OUTCOME_MIXED] = "mixed",       [OUTCOME_UNREACHABLE] = "unreachable",
        [OUTCOME_ERROR] = "error",
    };
    return names[outcome];
}

const struct renderer *renderer_table(void)
{
    static const struct renderer renderers[] = {
        {.name = "text", .render = render_text},
        {.name = "json", .render = render_json},
        {.name = "ndjson", .render = render_ndjson},
        {.name = NULL},
    };
    return renderers;
}

const struct renderer *renderer_find(const char *name)
{
    for (const struct renderer *r = renderer_table(); r->name != NULL; r++)
        if (strcmp(r->name, name) == 0)
            return r;
    return NULL;
}
