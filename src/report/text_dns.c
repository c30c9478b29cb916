/* SPDX-License-Identifier: Apache-2.0 */
/* What the DNS said, when it was asked. */
#include <string.h>

#include "text.h"

static const char *why_not(const struct page *page, const struct dns_seen *dns)
{
    switch (dns->state) {
    case DNS_OFFLINE:
        return "not asked: --offline";
    case DNS_UNAVAILABLE:
        return "not asked: libunbound is not installed (Debian: libunbound8)";
    case DNS_UNUSABLE:
        return arena_printf(page->arena, "not asked: %s", show_guard(page->arena, dns->why));
    case DNS_NOT_ASKED:
    case DNS_ASKED:
        break;
    }
    return "";
}

static const char *security_text(const struct page *page, const struct dns_seen *dns,
                                 const struct dns_answer *answer)
{
    switch (answer->security) {
    case DNS_SECURE:
        return "signed (DNSSEC)";
    case DNS_INSECURE:
        return "not signed";
    case DNS_BOGUS:
        return "its signatures do not verify";
    case DNS_UNCHECKED:
        break;
    }
    const char *why = show_guard(page->arena, dns->why);
    return *why ? arena_printf(page->arena, "signatures not checked, as %s", why)
                : "signatures not checked";
}

static const char *result_text(const struct page *page, const struct dns_answer *answer)
{
    switch (answer->result) {
    case DNS_RECORDS:
        return dns_records_text(page->arena, answer);
    case DNS_NO_RECORDS:
        return "no such record";
    case DNS_NO_NAME:
        return "the name does not exist";
    case DNS_FAILED:
        return answer->security == DNS_BOGUS ? "bogus" : "the resolver failed";
    case DNS_SILENT:
        break;
    }
    return "no answer in time";
}

static void answer_line(struct page *page, const char *label, const struct dns_answer *answer)
{
    const struct dns_seen *dns = &page->target->input.observation->dns;
    const char *alias = *answer->alias ? arena_printf(page->arena, ", an alias of %s",
                                                      show_guard(page->arena, answer->alias))
                                       : "";
    page_item(page, label,
              arena_printf(page->arena, "%s %s: %s · %s%s", show_guard(page->arena, answer->name),
                           dns_type_text(answer->type), result_text(page, answer),
                           security_text(page, dns, answer), alias));
}

/* The addresses of the name that was used, each set of CAA records, TLSA: more is in the JSON. */
void text_dns(struct page *page)
{
    const struct observation *obs = page->target->input.observation;
    const struct dns_seen *dns = &obs->dns;
    bool first = true;
    if (dns->state == DNS_NOT_ASKED)
        return;
    if (dns->state != DNS_ASKED || dns->count == 0) {
        page_item(page, "DNS",
                  dns->count            ? why_not(page, dns)
                  : *why_not(page, dns) ? why_not(page, dns)
                                        : "no name to ask for");
        return;
    }
    for (size_t i = 0; i < dns->count; i++) {
        const struct dns_answer *answer = &dns->answers[i];
        const bool own = str_equal_nocase(answer->name, obs->target.name);
        const bool telling = answer->result == DNS_RECORDS || (own && answer->type == DNS_A);
        if (page->verbose == 0 && !(telling && (own || answer->type > DNS_AAAA)))
            continue;
        answer_line(page, first ? "DNS" : NULL, answer);
        first = false;
    }
    if (first)
        page_item(page, "DNS", "no CAA and no TLSA records");
}
