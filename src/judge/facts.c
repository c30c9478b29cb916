/* SPDX-License-Identifier: Apache-2.0 */
/* The table of facts. */
#include "judge/internal.h"

static const struct {
    const char *name, *rule, *reference;
} table[FACT_COUNT] = {
#define FACT(id, rule, reference) [FACT_##id] = {#id, rule, reference},
#include "judge/facts.def"
#undef FACT
};

const char *fact_rule(enum fact_id id)
{
    return table[id].rule;
}

const char *fact_reference(enum fact_id id)
{
    return table[id].reference;
}

const char *fact_name(enum fact_id id)
{
    return table[id].name;
}
