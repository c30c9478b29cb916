/* SPDX-License-Identifier: Apache-2.0 */
#include "judge/revocation.h"

/* ocsp.cc, verify_certificate_chain's revocation: sources of one week, CRLs by distribution point.
 * Its CRL parser refuses what RFC 5280 section 5 forbids, but asks for no CRL number. */
const struct revocation_policy revocation_boringssl = {
    .max_age = 7 * TIME_DAY,
    .points_only = true,
    .no_indirect = true,
    .no_delta = true,
    .produced_while_valid = true,
    .anomalies_fatal = CRL_BIT(VERSION_EXPLICIT_1) | CRL_BIT(EXTENSIONS_NOT_V2) |
                       CRL_BIT(ALGORITHMS_DIFFER) | CRL_BIT(ENTRY_EXTENSIONS_NOT_V2) |
                       CRL_BIT(REVOKED_EMPTY) | CRL_BIT(SCOPE_EMPTY),
};

const struct revocation_policy revocation_strict = {
    .anomalies_fatal = CRL_BIT(VERSION_EXPLICIT_1) | CRL_BIT(EXTENSIONS_NOT_V2) |
                       CRL_BIT(ALGORITHMS_DIFFER) | CRL_BIT(ENTRY_EXTENSIONS_NOT_V2) |
                       CRL_BIT(REVOKED_EMPTY) | CRL_BIT(SCOPE_EMPTY) | CRL_BIT(NO_NEXT_UPDATE) |
                       CRL_BIT(NO_NUMBER) | CRL_BIT(NUMBER_CRITICAL) | CRL_BIT(NUMBER_BAD) |
                       CRL_BIT(NO_AUTHORITY_KEY_ID),
};

const char *source_result_text(enum source_result result)
{
    static const char *const texts[] = {
        [SOURCE_GOOD] = "it says that the certificate is good",
        [SOURCE_REVOKED] = "it says that the certificate is revoked",
        [SOURCE_UNKNOWN] = "the responder does not know the certificate",
        [SOURCE_PARTIAL] = "it covers only some reasons for revocation",
        [SOURCE_DELTA] = "it holds only what changed since a complete list",
        [SOURCE_OTHER] = "it is about other certificates",
        [SOURCE_NOT_COVERED] = "this certificate is outside its scope",
        [SOURCE_ERROR] = "the responder had no answer",
        [SOURCE_MALFORMED] = "it cannot be read",
        [SOURCE_DATA_MALFORMED] = "what is signed in it cannot be read",
        [SOURCE_CRITICAL] = "it has a critical extension that is not understood",
        [SOURCE_STALE] = "the next one was due before this time",
        [SOURCE_NOT_YET] = "it is from the future",
        [SOURCE_TOO_OLD] = "it is too old",
        [SOURCE_PRODUCED] = "it was produced when the certificate was not valid",
        [SOURCE_NO_SIGNER] = "who signed it is not known",
        [SOURCE_SIGNER_UNFIT] = "who signed it was not allowed to",
        [SOURCE_BAD_SIGNATURE] = "its signature does not verify",
        [SOURCE_UNCHECKED] = "its signature cannot be checked here",
    };
    return (size_t)result < sizeof texts / sizeof *texts ? texts[result] : "";
}

/* RFC 5280 section 5.1.2.5, RFC 6960 section 3.2 (5) and (6). */
enum source_result revocation_fresh(const struct revocation_input *in, cw_time this_update,
                                    cw_time next_update)
{
    const cw_time skew = in->policy->skew;
    if (this_update == TIME_NONE)
        return SOURCE_MALFORMED;
    if (this_update > in->at + skew)
        return SOURCE_NOT_YET;
    if (next_update != TIME_NONE && next_update + skew < in->at)
        return SOURCE_STALE;
    if (in->policy->max_age > 0 && this_update + in->policy->max_age + skew < in->at)
        return SOURCE_TOO_OLD;
    return SOURCE_GOOD;
}

enum source_result revocation_signature(const struct revocation_input *in,
                                        const struct cert *signer,
                                        const struct signed_object *object)
{
    switch (sig_memo_verify(in->memo, key_public(&signer->key), object, NULL)) {
    case SIG_OK:
        return SOURCE_GOOD;
    case SIG_UNSUPPORTED:
    case SIG_UNCHECKED:
        return SOURCE_UNCHECKED;
    default:
        return SOURCE_BAD_SIGNATURE;
    }
}

bool revocation_issued(const struct revocation_input *in, const struct cert *issuer,
                       const struct cert *cert)
{
    const struct signed_object object = {.algorithm = cert->outer_algorithm,
                                         .tbs = cert->tbs,
                                         .signature = cert->signature,
                                         .sha256 = cert->sha256};
    return revocation_signature(in, issuer, &object) == SOURCE_GOOD;
}

/** Which of the sources that decided nothing came nearest: the one that is about the certificate
 * and got furthest. */
static unsigned nearness(const struct source_evidence *e)
{
    static const unsigned char ranks[] = {
        [SOURCE_REVOKED] = 10,       [SOURCE_GOOD] = 9,          [SOURCE_UNKNOWN] = 8,
        [SOURCE_STALE] = 7,          [SOURCE_TOO_OLD] = 7,       [SOURCE_NOT_YET] = 7,
        [SOURCE_PRODUCED] = 7,       [SOURCE_BAD_SIGNATURE] = 6, [SOURCE_SIGNER_UNFIT] = 6,
        [SOURCE_UNCHECKED] = 6,      [SOURCE_NO_SIGNER] = 6,     [SOURCE_CRITICAL] = 6,
        [SOURCE_PARTIAL] = 5,        [SOURCE_ERROR] = 4,         [SOURCE_MALFORMED] = 4,
        [SOURCE_DATA_MALFORMED] = 4, [SOURCE_NOT_COVERED] = 3,   [SOURCE_DELTA] = 2,
        [SOURCE_OTHER] = 1,
    };
    return ranks[e->result];
}

/** RFC 6960 section 2.7 and RFC 5280 say nothing of several sources that differ: revoked is the
 * safe answer. Several CRLs are good together when they cover every reason (section 6.3.3). */
static void decide(struct revocation *out, unsigned covered)
{
    bool ocsp_good = false;
    out->decided_by = -1;
    for (size_t i = 0; i < out->evidence_count; i++) {
        const struct source_evidence *e = &out->evidence[i];
        ocsp_good |= e->is_ocsp && e->result == SOURCE_GOOD;
        if (out->decided_by < 0 || nearness(e) > nearness(&out->evidence[out->decided_by]))
            out->decided_by = (int)i;
    }
    if (out->decided_by >= 0 && out->evidence[out->decided_by].result == SOURCE_REVOKED)
        out->status = REVOCATION_REVOKED;
    else if (ocsp_good || covered == REASONS_ALL)
        out->status = REVOCATION_GOOD;
    for (size_t i = 0; out->status == REVOCATION_GOOD && i < out->evidence_count; i++) {
        const enum source_result result = out->evidence[i].result;
        if (result != SOURCE_GOOD && result != SOURCE_PARTIAL)
            continue;
        out->decided_by = (int)i;
        break;
    }
}

void revocation_judge(const struct revocation_input *in, struct arena *arena,
                      struct revocation *out)
{
    static const struct revocation_policy as_the_rfcs;
    struct revocation_input own = *in;
    unsigned covered = 0;
    if (own.policy == NULL)
        own.policy = &as_the_rfcs;
    *out = (struct revocation){.decided_by = -1};
    if (in->path_count < 2)
        return;
    out->evidence_count = in->crl_count + in->ocsp_count;
    out->evidence = arena_array(arena, out->evidence_count, sizeof *out->evidence);
    revocation_by_crls(&own, 0, out->evidence, &covered);
    for (size_t i = 0; i < in->ocsp_count; i++) {
        struct source_evidence *e = &out->evidence[in->crl_count + i];
        revocation_by_ocsp(&own, in->ocsps[i], e);
        e->index = i;
    }
    decide(out, covered);
}
