/* SPDX-License-Identifier: Apache-2.0 */
/* What the DNS says about the certificate: do its names resolve, may its CA issue for them (CAA),
 * is it the one that is published (TLSA). Facts only: no client of the profiles asks the DNS. */
#include <string.h>

#include "judge/caa.h"
#include "judge/internal.h"

enum { NAMES_TOLD = 6 };

static void fact_add(struct judging *j, struct fact fact)
{
    fact.other = -1;
    fact.on_best = true;
    fact.text = fact.text ? fact.text : "";
    fact_intern(j, &fact);
}

static const struct cert *leaf_of(const struct judging *j)
{
    return j->leaf >= 0 ? j->graph->nodes[j->leaf].cert : NULL;
}

/* ---- do the names resolve ---- */

static bool is_absent(const struct dns_answer *answer)
{
    return answer && answer->security != DNS_BOGUS &&
           (answer->result == DNS_NO_NAME || answer->result == DNS_NO_RECORDS);
}

static bool has_records(const struct dns_answer *answer)
{
    return answer && answer->result == DNS_RECORDS && answer->security != DNS_BOGUS;
}

/* Whether it is known which address was dialled: a proxy may have looked the name up. */
static bool address_known(const struct observation *obs)
{
    return obs->connection_count > 0 && !(obs->proxy && *obs->proxy);
}

static bool was_dialled(const struct observation *obs, struct bytes ip)
{
    uint8_t dialled[16];
    for (size_t i = 0; i < obs->connection_count; i++) {
        const char *text = obs->connections[i].address;
        const char *end = *text == '[' ? strchr(text, ']') : strrchr(text, ':');
        char host[64] = "";
        const size_t skip = *text == '[';
        if (end && (size_t)(end - text) - skip < sizeof host)
            memcpy(host, text + skip, (size_t)(end - text) - skip);
        const size_t n = str_parse_ip(host, dialled);
        if (n && bytes_equal(bytes_of(dialled, n), ip))
            return true;
    }
    return false;
}

/* The addresses of an answer as text behind `list`; *here becomes true for one that was dialled. */
static const char *addresses_of(const struct judging *j, const struct dns_answer *answer,
                                const char *list, bool *here)
{
    for (size_t i = 0; has_records(answer) && i < answer->record_count; i++) {
        const struct bytes ip = answer->records[i];
        if (ip.n != 4 && ip.n != 16)
            continue;
        *here |= was_dialled(j->obs, ip);
        if (i < NAMES_TOLD)
            list = arena_printf(j->arena, "%s%s%s", list, *list ? ", " : "", str_ip(j->arena, ip));
    }
    return list;
}

/** Names that have something in common, as one text. */
struct told {
    const char *list;
    int64_t count;
};

static void tell(const struct judging *j, struct told *told, const char *name, const char *more)
{
    if (told->count++ < NAMES_TOLD)
        told->list = arena_printf(j->arena, "%s%s%s%s", told->list ? told->list : "",
                                  told->list ? ", " : "", name, more);
}

static const char *told_text(const struct judging *j, const struct told *told)
{
    return told->count > NAMES_TOLD ? arena_printf(j->arena, "%s and %lld more", told->list,
                                                   (long long)told->count - NAMES_TOLD)
                                    : told->list;
}

/* RFC 2308 section 2: a name that does not exist, and one without such records. */
static void facts_of_addresses(struct judging *j)
{
    const struct dns_seen *dns = &j->obs->dns;
    struct told absent = {0}, elsewhere = {0};
    for (size_t i = 0; i < dns->count; i++) {
        if (dns->answers[i].type != DNS_A)
            continue;
        const struct dns_answer *a = &dns->answers[i], *aaaa = dns_find(dns, a->name, DNS_AAAA);
        bool here = false;
        if (is_absent(a) && is_absent(aaaa))
            tell(j, &absent, a->name, "");
        const char *list = addresses_of(j, aaaa, addresses_of(j, a, "", &here), &here);
        if (*list && !here && address_known(j->obs))
            tell(j, &elsewhere, a->name, arena_printf(j->arena, " (%s)", list));
    }
    if (absent.count)
        fact_add(j, (struct fact){.id = FACT_DNS_UNRESOLVED,
                                  .node = j->leaf,
                                  .value = absent.count,
                                  .text = told_text(j, &absent)});
    if (elsewhere.count)
        fact_add(j, (struct fact){.id = FACT_DNS_ELSEWHERE,
                                  .node = j->leaf,
                                  .value = elsewhere.count,
                                  .text = told_text(j, &elsewhere)});
}

/* RFC 4035 section 5.5: who validates answers such a question with an error. */
static void fact_bogus(struct judging *j)
{
    const struct dns_seen *dns = &j->obs->dns;
    struct told bogus = {0};
    size_t first = 0;
    for (size_t i = dns->count; i-- > 0;)
        if (dns->answers[i].security == DNS_BOGUS) {
            first = i;
            bogus.count++;
        }
    if (bogus.count)
        fact_add(j, (struct fact){.id = FACT_DNS_BOGUS,
                                  .node = -1,
                                  .value = bogus.count,
                                  .limit = (int64_t)first,
                                  .text = dns->answers[first].why});
}

/* ---- CAA ---- */

const char *caa_identifiers(struct arena *arena, const struct cert *leaf)
{
    const char *organization =
        leaf && leaf->parsed ? name_attribute(arena, leaf->issuer, OID_ORGANIZATION) : NULL;
    for (size_t i = 0; organization && i < caa_issuer_row_count; i++)
        if (str_equal_nocase(caa_issuer_rows[i].organization, organization))
            return caa_issuer_rows[i].identifiers;
    return NULL;
}

static bool is_identifier(const char *identifiers, struct bytes issuer)
{
    for (const char *p = identifiers; *p; p += strcspn(p, " "), p += *p == ' ')
        if (issuer.n == strcspn(p, " ") && strncasecmp(p, (const char *)issuer.p, issuer.n) == 0)
            return true;
    return false;
}

/* RFC 8659 section 4.1: a critical tag that the issuer does not know forbids. These are known to
 * all (RFC 8659, RFC 9495, CA/Browser Forum Baseline Requirements appendix A.1). */
static bool is_known_tag(const struct caa *caa)
{
    static const char *const tags[] = {"issue",        "issuewild",    "iodef",   "issuemail",
                                       "contactemail", "contactphone", "issuevmc"};
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (caa_is(caa, tags[i]))
            return true;
    return false;
}

/* RFC 8659 section 4.3: issuewild, when there is any, counts for wildcards alone, and then issue
 * does not. */
enum caa_verdict caa_judge(const struct dns_answer *answer, const char *identifiers, bool wildcard)
{
    struct {
        bool there, names_somebody, allows;
    } issue = {0}, wild = {0}, *one;
    for (size_t i = 0; i < answer->record_count; i++) {
        struct caa caa;
        if (answer->cut || !caa_parse(answer->records[i], &caa))
            return CAA_UNCLEAR;
        if (caa.critical && !is_known_tag(&caa))
            return CAA_UNKNOWN_CRITICAL;
        one = caa_is(&caa, "issue") ? &issue : caa_is(&caa, "issuewild") ? &wild : NULL;
        if (!one)
            continue;
        const struct bytes issuer = caa_issuer(&caa);
        one->there = true;
        one->names_somebody |= issuer.n > 0;
        one->allows |= issuer.n > 0 && is_identifier(identifiers, issuer);
    }
    one = wildcard && wild.there ? &wild : &issue;
    if (!one->there || one->allows)
        return CAA_ALLOWS;
    return one->names_somebody ? CAA_OTHERS : CAA_NOBODY;
}

/* RFC 8659 section 3: the name itself, or the nearest above it that has such records. */
const struct dns_answer *caa_relevant(const struct dns_seen *dns, const char *name)
{
    for (size_t i = 0; name && i < LIMIT_DNS_LABELS; i++, name = dns_parent(name)) {
        const struct dns_answer *answer = dns_find(dns, name, DNS_CAA);
        if (!answer || has_records(answer))
            return answer;
        if (!is_absent(answer))
            return NULL;
    }
    return NULL;
}

static void fact_caa(struct judging *j, const char *name, const char *identifiers)
{
    const struct dns_seen *dns = &j->obs->dns;
    const bool wildcard = str_starts(name, "*.");
    const struct dns_answer *answer = caa_relevant(dns, wildcard ? name + 2 : name);
    const enum caa_verdict verdict =
        answer ? caa_judge(answer, identifiers, wildcard) : CAA_UNCLEAR;
    if (verdict == CAA_ALLOWS || verdict == CAA_UNCLEAR)
        return;
    const int64_t index = answer - dns->answers;
    for (size_t i = 0; i < j->out->fact_count; i++) /* of one set of records one is enough */
        if (j->out->facts[i].id == FACT_CAA_FORBIDS && j->out->facts[i].value == index)
            return;
    fact_add(j, (struct fact){.id = FACT_CAA_FORBIDS,
                              .node = j->leaf,
                              .value = index,
                              .limit = verdict,
                              .text = name});
}

static void facts_of_caa(struct judging *j)
{
    const struct cert *leaf = leaf_of(j);
    const struct path *best = j->out->best >= 0 ? &j->out->paths[j->out->best] : NULL;
    const char *identifiers = caa_identifiers(j->arena, leaf);
    /* a chain that nobody trusts is not of the CA whose name it bears */
    if (!identifiers || !best || !best->complete)
        return;
    struct reader reader = cert_san(leaf);
    struct general_name name;
    for (size_t i = 0; i < LIMIT_SAN_NAMES && general_name_next(&reader, &name); i++)
        if (name.kind == GN_DNS && name.value.n <= 253)
            fact_caa(j, str_safe(j->arena, name.value), identifiers);
}

/* ---- TLSA ---- */

enum { PKIX_TA, PKIX_EE, DANE_TA, DANE_EE, USAGES };

static bool is_usable(const struct judging *j, const struct tlsa *tlsa)
{
    /* RFC 7672 section 3.1.3: for mail servers only DANE-TA and DANE-EE are */
    const bool mail = j->obs->target.scheme && (strcmp(j->obs->target.scheme, "smtp") == 0);
    return tlsa->usage < USAGES && tlsa->selector <= 1 && tlsa->matching <= 2 &&
           !(mail && tlsa->usage < DANE_TA);
}

bool tlsa_matches(const struct tlsa *tlsa, const struct cert *cert)
{
    const struct bytes what = tlsa->selector == 0 ? cert->der : cert->key.spki;
    uint8_t digest[64];
    if (!cert->parsed)
        return false;
    if (tlsa->matching == 0)
        return bytes_equal(tlsa->data, what);
    if (tlsa->matching == 1)
        crypto_sha256(what, digest);
    else
        crypto_sha512(what, digest);
    return bytes_equal(tlsa->data, bytes_of(digest, tlsa->matching == 1 ? 32 : 64));
}

/* RFC 7671 section 5: usages 1 and 3 are about what the server shows first; 2 about an issuer that
 * it sends; 0 about an issuer of the path to a trusted root. */
static bool chain_matches(const struct judging *j, const struct tlsa *tlsa)
{
    const struct path *best = j->out->best >= 0 ? &j->out->paths[j->out->best] : NULL;
    if (tlsa->usage == PKIX_EE || tlsa->usage == DANE_EE)
        return j->first >= 0 && tlsa_matches(tlsa, j->graph->nodes[j->first].cert);
    for (size_t i = 1; best && i < best->count; i++) {
        const struct node *node = &j->graph->nodes[best->nodes[i]];
        const bool counts = tlsa->usage == DANE_TA ? node->position >= 0 : best->complete;
        if (counts && tlsa_matches(tlsa, node->cert))
            return true;
    }
    return false;
}

static const struct dns_answer *tlsa_answer(const struct observation *obs, struct arena *arena)
{
    const struct target *target = &obs->target;
    if (target->name_kind != NAME_DNS || target->kind != TARGET_ENDPOINT)
        return NULL;
    const char *name = arena_printf(arena, "_%u._tcp.%s", (unsigned)target->port, target->name);
    const struct dns_answer *own = dns_find(&obs->dns, name, DNS_TLSA);
    const struct dns_answer *a = dns_find(&obs->dns, target->name, DNS_A);
    /* RFC 7671 section 7: of an alias, the records at its final name come first */
    if (a && *a->alias) {
        name = arena_printf(arena, "_%u._tcp.%s", (unsigned)target->port, a->alias);
        const struct dns_answer *other = dns_find(&obs->dns, name, DNS_TLSA);
        if (has_records(other) && other->security != DNS_INSECURE)
            return other;
    }
    return own;
}

static void facts_of_tlsa(struct judging *j)
{
    const struct dns_answer *answer = tlsa_answer(j->obs, j->arena);
    if (!has_records(answer) || j->first < 0 || answer->cut)
        return;
    size_t usable = 0, matching = 0, lasting = 0;
    for (size_t i = 0; i < answer->record_count; i++) {
        struct tlsa tlsa;
        if (!tlsa_parse(answer->records[i], &tlsa) || !is_usable(j, &tlsa))
            continue;
        const bool matches = chain_matches(j, &tlsa);
        const bool of_leaf = tlsa.usage == PKIX_EE || tlsa.usage == DANE_EE;
        usable++;
        matching += matches;
        lasting += matches && !(of_leaf && tlsa.selector == 0);
    }
    enum fact_id id = FACT_TLSA_FRAGILE;
    if (answer->security == DNS_INSECURE)
        id = FACT_TLSA_UNSIGNED; /* RFC 6698 section 4.1: not to be used */
    else if (usable > 0 && matching == 0)
        id = FACT_TLSA_MISMATCH;
    else if (matching == 0 || lasting > 0)
        return;
    fact_add(j, (struct fact){.id = id,
                              .node = j->first,
                              .value = (int64_t)usable,
                              .limit = answer - j->obs->dns.answers,
                              .text = answer->name});
}

void facts_of_dns(struct judging *j)
{
    if (j->obs->dns.state != DNS_ASKED)
        return;
    fact_bogus(j);
    facts_of_addresses(j);
    facts_of_caa(j);
    facts_of_tlsa(j);
}
