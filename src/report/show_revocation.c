/* SPDX-License-Identifier: Apache-2.0 */
#include "show.h"

/* The certificate of this node has an issuer on the best path: somebody may ask about it. */
static bool is_below_anchor(const struct verdict *verdict, int node)
{
    const struct path *best = verdict->best >= 0 ? &verdict->paths[verdict->best] : NULL;
    for (size_t i = 0; best != NULL && best->complete && i + 1 < best->count; i++)
        if (best->nodes[i] == node)
            return true;
    return false;
}

static bool names_a_source(const struct cert *cert)
{
    struct arena arena = {0};
    const char *url;
    const bool named = cert_aia_urls(&arena, cert, OID_AD_OCSP, &url, 1) > 0 ||
                       cert_crl_urls(&arena, cert, &url, 1) > 0;
    arena_free(&arena);
    return named;
}

bool show_revocation(const struct target_report *target, size_t chain_index,
                     struct show_revocation *out)
{
    static const char *const kinds[] = {
        [ANSWER_STAPLE] = "staple", [ANSWER_OCSP] = "ocsp", [ANSWER_CRL] = "crl"};
    static const char *const statuses[] = {
        [ANSWER_UNKNOWN] = "unknown", [ANSWER_GOOD] = "good", [ANSWER_REVOKED] = "revoked"};
    const struct verdict *verdict = &target->verdict;
    const struct cert *cert = show_cert(verdict, chain_index);
    const int node = verdict->chain[chain_index].node;
    *out = (struct show_revocation){.status = "unknown", .why = ""};
    if (!cert->parsed || !is_below_anchor(verdict, node))
        return false;
    const struct standing *standing = verdict_standing(verdict, node);
    const struct answer *answer = standing != NULL ? standing_answer(standing) : NULL;
    if (answer != NULL && answer->source != NULL) {
        out->answer = answer;
        out->status = statuses[answer->status];
        out->source = answer->source->where;
        out->from = kinds[answer - standing->by];
        out->why = answer->status == ANSWER_UNKNOWN ? answer->why : "";
    } else if (cert_is_short_lived(cert)) {
        out->status = "not-needed";
    } else if (!names_a_source(cert)) {
        out->status = "no-source";
    } else if (standing != NULL) {
        out->why = standing->obstacle;
        out->doubtful = standing->may_be_ours;
    }
    return true;
}

bool show_has_revoked(const struct target_report *target)
{
    for (size_t i = 0; i < target->findings.count; i++) {
        const enum fact_id fact = target->findings.items[i].fact;
        if (fact == FACT_REVOKED || fact == FACT_CA_REVOKED)
            return true;
    }
    return false;
}
