/* SPDX-License-Identifier: Apache-2.0 */
/* What the DNS said, for the templates. */
#include "internal.h"

#include <string.h>

enum { IDENTIFIERS_TOLD = 3 };

static void put_identifiers(struct collecting *c, const struct cert *leaf)
{
    const char *all = caa_identifiers(c->arena, leaf), *list = "";
    size_t n = 0;
    for (const char *p = all ? all : ""; *p && n < IDENTIFIERS_TOLD; n++) {
        const size_t length = strcspn(p, " ");
        list = arena_printf(c->arena, "%s%s%.*s", list, *list ? ", " : "", (int)length, p);
        p += length + (p[length] == ' ');
    }
    evidence_put(c, "ca_identifiers", list);
}

void evidence_dns(struct collecting *c, const struct fact *fact)
{
    const struct dns_seen *dns = &c->e->obs->dns;
    int64_t index = -1;
    if (fact->id == FACT_CAA_FORBIDS)
        index = fact->value;
    if (fact->id == FACT_DNS_BOGUS || fact->id == FACT_TLSA_MISMATCH ||
        fact->id == FACT_TLSA_UNSIGNED || fact->id == FACT_TLSA_FRAGILE)
        index = fact->limit;
    if (index < 0 || (size_t)index >= dns->count)
        return;
    const struct dns_answer *answer = &dns->answers[index];
    evidence_put(c, "dns_at", answer->name);
    evidence_put(c, "dns_type", dns_type_text(answer->type));
    evidence_put(c, "dns_records", dns_records_text(c->arena, answer));
    evidence_put(c, "dns_why", answer->why);
    if (answer->security == DNS_UNCHECKED)
        evidence_put(c, "dns_unchecked", dns->why);
    if (fact->id == FACT_CAA_FORBIDS)
        put_identifiers(c, draft_cert(c->e, fact->node));
}
