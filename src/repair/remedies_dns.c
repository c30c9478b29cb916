/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in the DNS: records to publish, tried in a copy of the answers. */
#include <string.h>

#include "internal.h"

/* The answer to change, in a copy that further fixes of this change go on with. */
static struct dns_answer *answer_of(struct repairing *r, struct change *change, int64_t index)
{
    const struct dns_seen *seen = change->dns ? change->dns : &r->input->observation->dns;
    if (index < 0 || (size_t)index >= seen->count)
        return NULL;
    struct dns_seen *copy = arena_alloc(r->arena, sizeof *copy);
    *copy = *seen;
    copy->answers = arena_array(r->arena, seen->count + 1, sizeof *copy->answers);
    memcpy(copy->answers, seen->answers, seen->count * sizeof *seen->answers);
    struct dns_answer *answer = &copy->answers[index];
    answer->records =
        arena_array(r->arena, seen->answers[index].record_count + 1, sizeof *answer->records);
    memcpy(answer->records, seen->answers[index].records,
           answer->record_count * sizeof *answer->records);
    change->dns = copy;
    return answer;
}

static void record_add(struct repairing *r, struct dns_answer *answer, struct bytes data)
{
    answer->records[answer->record_count++] = arena_bytes(r->arena, data);
}

/** RFC 7672 section 3.1: DANE-EE(3) SPKI(1) SHA2-256(1) needs nothing else of the certificate, and
 *  lasts as long as the key. */
bool publish_tlsa(struct repairing *r, const struct finding *finding, struct change *change)
{
    const struct fact *fact = verdict_fact(r->verdict, finding->fact, finding->node);
    const struct cert *cert = node_cert(r, finding->node);
    struct dns_answer *answer =
        fact && cert && cert->parsed ? answer_of(r, change, fact->limit) : NULL;
    if (!answer || !str_is_plain_host(answer->name))
        return false;
    uint8_t data[3 + 32] = {3, 1, 1};
    struct tlsa tlsa;
    crypto_sha256(cert->key.spki, data + 3);
    record_add(r, answer, bytes_of(data, sizeof data));
    tlsa_parse(bytes_of(data, sizeof data), &tlsa);
    change->record =
        arena_printf(r->arena, "%s. IN TLSA %s", answer->name, tlsa_text(r->arena, &tlsa));
    return true;
}

/* Critical records of tags that no CA knows stop all of them. */
static void critical_remove(struct repairing *r, struct dns_answer *answer, struct change *change)
{
    size_t kept = 0;
    for (size_t i = 0; i < answer->record_count; i++) {
        struct caa caa;
        const struct dns_answer alone = {.records = &answer->records[i], .record_count = 1};
        if (caa_judge(&alone, "", false) == CAA_UNKNOWN_CRITICAL &&
            caa_parse(answer->records[i], &caa))
            change->unwanted = caa_text(r->arena, &caa);
        else
            answer->records[kept++] = answer->records[i];
    }
    answer->record_count = kept;
}

static bool has_tag(const struct dns_answer *answer, const char *tag)
{
    struct caa caa;
    for (size_t i = 0; i < answer->record_count; i++)
        if (caa_parse(answer->records[i], &caa) && caa_is(&caa, tag))
            return true;
    return false;
}

/** A record that names the CA, beside those that are there. */
bool publish_caa(struct repairing *r, const struct finding *finding, struct change *change)
{
    const struct cert *leaf = node_cert(r, finding->node);
    const char *identifiers = caa_identifiers(r->arena, leaf);
    struct dns_answer *answer = identifiers ? answer_of(r, change, finding->value) : NULL;
    const struct fact *fact = NULL;
    for (size_t i = 0; i < r->verdict->fact_count; i++)
        if (r->verdict->facts[i].id == FACT_CAA_FORBIDS &&
            r->verdict->facts[i].value == finding->value)
            fact = &r->verdict->facts[i];
    if (!answer || !fact || !str_is_plain_host(answer->name))
        return false;
    const bool wildcard = str_starts(fact->text, "*.");
    critical_remove(r, answer, change);
    if (caa_judge(answer, identifiers, wildcard) == CAA_ALLOWS)
        return true;
    const char *tag = wildcard && has_tag(answer, "issuewild") ? "issuewild" : "issue";
    const size_t n = strcspn(identifiers, " ");
    BUF_CLEANUP data = {0};
    struct caa caa;
    buf_add_byte(&data, 0);
    buf_add_byte(&data, (uint8_t)strlen(tag));
    buf_add_str(&data, tag);
    buf_append(&data, identifiers, n);
    record_add(r, answer, buf_bytes(&data));
    caa_parse(buf_bytes(&data), &caa);
    change->record =
        arena_printf(r->arena, "%s. IN CAA %s", answer->name, caa_text(r->arena, &caa));
    return true;
}
