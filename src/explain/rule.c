/* SPDX-License-Identifier: Apache-2.0 */
/* The catalogue of rules: a generated table, looked up by id or by an older name. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

const char *severity_name(enum severity severity)
{
    static const char *const names[] = {"error", "warning", "notice"};
    return names[severity];
}

static int rule_compare(const void *id, const void *rule)
{
    return strcmp(id, ((const struct rule *)rule)->id);
}

static bool rule_has_alias(const struct rule *rule, const char *id)
{
    for (const char *const *alias = rule->aliases; *alias; alias++)
        if (strcmp(*alias, id) == 0)
            return true;
    return false;
}

const struct rule *rule_find(const char *id)
{
    const struct rule *found =
        bsearch(id, rule_rows, rule_row_count, sizeof rule_rows[0], rule_compare);
    for (size_t i = 0; !found && i < rule_row_count; i++)
        if (rule_has_alias(&rule_rows[i], id))
            found = &rule_rows[i];
    return found;
}

const struct rule *rule_table(size_t *count)
{
    *count = rule_row_count;
    return rule_rows;
}

const struct rule_variant *rule_variant(const struct rule *rule, const char *id)
{
    for (const struct rule_variant *v = rule->variants; id && v->id; v++)
        if (strcmp(v->id, id) == 0)
            return v;
    return NULL;
}
