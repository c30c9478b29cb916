/* SPDX-License-Identifier: Apache-2.0 */
/* One OCSP response about one certificate (RFC 6960 section 3.2). */
#include "judge/revocation.h"

static enum source_result response_signed_by(const struct revocation_input *in,
                                             const struct ocsp *ocsp, const struct cert *signer)
{
    const struct signed_object object = {.algorithm = ocsp->algorithm,
                                         .tbs = ocsp->tbs,
                                         .signature = ocsp->signature,
                                         .sha256 = ocsp->sha256};
    return revocation_signature(in, signer, &object);
}

/** RFC 6960 section 4.2.2.2: a delegated responder's certificate is issued by the CA itself and
 *  says OCSPSigning; anyExtendedKeyUsage does not do. */
static bool may_sign(const struct revocation_input *in, const struct cert *delegate)
{
    const struct cert *issuer = in->path[1];
    return (delegate->has & HAS_EKU) != 0 && (delegate->eku & EKU_OCSP_SIGNING) != 0 &&
           name_equal(delegate->issuer, issuer->subject) && delegate->not_before <= in->at &&
           in->at <= delegate->not_after && revocation_issued(in, issuer, delegate);
}

/** RFC 6960 section 3.2 (2) to (4): signed by who says that it is, who may. */
static enum source_result check_signer(const struct revocation_input *in, const struct ocsp *ocsp,
                                       struct source_evidence *out)
{
    enum source_result worst = SOURCE_NO_SIGNER;
    if (ocsp_is_responder(ocsp, in->path[1])) {
        out->signer = in->path[1];
        worst = response_signed_by(in, ocsp, out->signer);
    }
    for (size_t i = 0; i < ocsp->cert_count && worst != SOURCE_GOOD; i++) {
        const struct cert *delegate = ocsp->certs[i];
        if (!ocsp_is_responder(ocsp, delegate) || cert_equal(delegate, in->path[1]))
            continue;
        out->signer = delegate;
        out->delegated = true;
        worst =
            may_sign(in, delegate) ? response_signed_by(in, ocsp, delegate) : SOURCE_SIGNER_UNFIT;
    }
    return worst;
}

/** Of several answers about the certificate the gravest counts. */
static bool is_graver(enum ocsp_cert_status a, enum ocsp_cert_status b)
{
    static const int gravity[] = {[OCSP_GOOD] = 0, [OCSP_UNKNOWN] = 1, [OCSP_REVOKED] = 2};
    return gravity[a] > gravity[b];
}

static void take_answer(struct source_evidence *out, const struct ocsp_single *single)
{
    static const enum source_result results[] = {[OCSP_GOOD] = SOURCE_GOOD,
                                                 [OCSP_REVOKED] = SOURCE_REVOKED,
                                                 [OCSP_UNKNOWN] = SOURCE_UNKNOWN};
    out->result = results[single->status];
    out->this_update = single->this_update;
    out->next_update = single->next_update;
    out->revoked_at = single->revoked_at;
    out->reason = single->reason;
}

/** RFC 6960 section 3.2 (1), (5), (6). */
static void find_answer(const struct revocation_input *in, const struct ocsp *ocsp,
                        struct source_evidence *out)
{
    struct reader singles = ocsp_singles(ocsp);
    struct ocsp_single single, best = {.status = OCSP_GOOD};
    bool fresh = false;
    out->result = SOURCE_OTHER;
    for (size_t i = 0; i < LIMIT_OCSP_SINGLES && ocsp_single_next(&singles, &single); i++) {
        if (!ocsp_id_names(&single.id, in->path[0]->issuer, &in->path[1]->key, in->path[0]->serial))
            continue;
        if (single.critical_unknown) {
            out->result = SOURCE_CRITICAL;
            return;
        }
        const enum source_result when =
            revocation_fresh(in, single.this_update, single.next_update);
        if (when == SOURCE_GOOD && (!fresh || is_graver(single.status, best.status))) {
            fresh = true;
            best = single;
            take_answer(out, &single);
        } else if (!fresh && when != SOURCE_GOOD) {
            out->result = when;
            out->this_update = single.this_update;
            out->next_update = single.next_update;
        }
    }
}

static bool was_produced_while_valid(const struct ocsp *ocsp, const struct cert *cert)
{
    return ocsp->produced_at >= cert->not_before && ocsp->produced_at <= cert->not_after;
}

void revocation_by_ocsp(const struct revocation_input *in, const struct ocsp *ocsp,
                        struct source_evidence *out)
{
    *out = (struct source_evidence){.is_ocsp = true,
                                    .this_update = TIME_NONE,
                                    .next_update = TIME_NONE,
                                    .revoked_at = TIME_NONE,
                                    .invalidity = TIME_NONE,
                                    .reason = REASON_ABSENT,
                                    .delta = -1};
    if (ocsp->readable != OCSP_READABLE)
        out->result = ocsp->readable == OCSP_UNREADABLE ? SOURCE_MALFORMED : SOURCE_DATA_MALFORMED;
    else if (ocsp->status != OCSP_SUCCESSFUL)
        out->result = SOURCE_ERROR;
    else if (ocsp->critical_unknown)
        out->result = SOURCE_CRITICAL;
    else if (in->policy->produced_while_valid && !was_produced_while_valid(ocsp, in->path[0]))
        out->result = SOURCE_PRODUCED;
    else
        find_answer(in, ocsp, out);
    if (out->result != SOURCE_GOOD && out->result != SOURCE_REVOKED &&
        out->result != SOURCE_UNKNOWN)
        return;
    const enum source_result signer = check_signer(in, ocsp, out);
    if (signer != SOURCE_GOOD)
        out->result = signer;
}
