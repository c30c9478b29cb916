/* SPDX-License-Identifier: Apache-2.0 */
/* What is looked at when a chain ends in a CA that nobody knows: is the name one of the public
 * internet, and which proxies stand between. */
#include <string.h>

#include "certwhy_internal.h"

enum { PROXIES_TOLD = 6 };

static bool is_in_question(const struct verdict *verdict)
{
    return verdict_fact(verdict, FACT_ROOT_NOT_TRUSTED, -2) ||
           verdict_fact(verdict, FACT_ISSUER_NOT_FOUND, -2) ||
           verdict_fact(verdict, FACT_INSPECTED, -2);
}

/* A registry has registered it, or something above it: "www.example.co.uk", not "www.lab.test". */
static bool is_registered(const struct cw_report *report, const struct target *target)
{
    const char *at = target->name_kind == NAME_DNS ? strchr(target->name, '.') : NULL;
    for (int i = 0; at && at[1] && i < LIMIT_DNS_LABELS; i++, at = strchr(at + 1, '.'))
        if (suffix_is_registry(report->suffixes, at + 1))
            return true;
    return false;
}

static const char *proxies_text(struct cw_report *report)
{
    struct proxy_setting settings[PROXIES_TOLD];
    const size_t count = trust_proxies(report->machine, settings, PROXIES_TOLD);
    const char *list = "";
    for (size_t i = 0; i < count; i++)
        list = arena_printf(&report->arena, "%s%s%s (%s)", list, *list ? ", " : "",
                            settings[i].proxy, settings[i].where);
    return list;
}

void interception_look(struct cw_report *report, struct checked *checked)
{
    struct observation *seen = &checked->observation;
    if (seen->stores_from_case || !is_in_question(&checked->report.verdict))
        return;
    seen->public_name = is_registered(report, &seen->target);
    seen->local_proxies = report->machine ? proxies_text(report) : "";
}
