/* SPDX-License-Identifier: Apache-2.0 */
#include "site.h"

#include <string.h>

#include "container/container.h"

enum {
    MEMBER_DOCUMENTS = 4, /* issuer, CRL, delta, responder */
    CRL_NUMBER = 41,      /* of a base; its delta is the next */
    FRESH_DAYS = 1,       /* since a healthy CRL or response was made */
    NEXT_DAYS = 6,        /* until the next one is due */
    STALE_DAYS = 12,      /* since the next one was due */
};
static const char members_with_documents[] = "L123";

/** Which certificate, of which scenario. */
struct subject {
    struct lab *lab;
    const struct scenario *scenario;
    char member, issuer;
    struct cert *cert;
};

static void subject_drop(struct subject *subject)
{
    cert_unref(subject->cert);
}
#define SUBJECT_CLEANUP __attribute__((cleanup(subject_drop))) struct subject

static struct subject subject_of(struct lab *lab, const struct scenario *scenario, char member)
{
    return (struct subject){.lab = lab,
                            .scenario = scenario,
                            .member = member,
                            .issuer = pki_issuer(&scenario->pki, member),
                            .cert = cert_parse(pki_member(lab, &scenario->pki, member))};
}

static struct bytes member_of(const struct subject *subject, char member)
{
    return pki_member(subject->lab, &subject->scenario->pki, member);
}

static struct mint_issuer signer_of(const struct subject *subject, char member)
{
    return pki_signer(subject->lab, &subject->scenario->pki, member);
}

static const char *name_of(const struct subject *subject, const char *ending)
{
    return pki_document(subject->lab, &subject->scenario->pki, subject->member, ending);
}

static cw_time days_from(const struct lab *lab, int days)
{
    return lab->at + TIME_DAY * days;
}

static void times_of(const struct lab *lab, const struct status_plan *plan, cw_time *from,
                     cw_time *to)
{
    const bool stale = plan->faults & STATUS_STALE;
    *to = days_from(lab, stale ? -STALE_DAYS : NEXT_DAYS);
    *from = *to - TIME_DAY * (FRESH_DAYS + NEXT_DAYS);
}

/* ---- issuers ---- */

static struct bytes pem_of(struct arena *arena, struct bytes der)
{
    BUF_CLEANUP pem = {0};
    pem_write(&pem, "CERTIFICATE", der);
    return arena_bytes(arena, buf_bytes(&pem));
}

static struct site_document issuer_document(const struct subject *subject,
                                            const struct issuer_plan *plan)
{
    struct arena *arena = &subject->lab->arena;
    const struct bytes issuer = member_of(subject, subject->issuer);
    struct site_document out = {.name = name_of(subject, ".cer"),
                                .type = "application/pkix-cert",
                                .delivery = plan->delivery,
                                .body = issuer};
    if (plan->form == ISSUER_PEM) {
        out.type = "application/x-pem-file";
        out.body = pem_of(arena, issuer);
    } else if (plan->form == ISSUER_PKCS7) {
        const struct bytes both[] = {member_of(subject, 'U'), issuer};
        out.name = name_of(subject, ".p7c");
        out.type = "application/pkcs7-mime";
        out.body = mint_certs_only(arena, both, 2);
    } else if (plan->form == ISSUER_OTHER) {
        out.body = member_of(subject, 'U');
    }
    return out;
}

/* ---- CRLs ---- */

/* The name is always that of the CA that answers for the certificate; the key need not be. */
static struct mint_issuer crl_issuer(const struct subject *subject, const struct status_plan *plan)
{
    struct mint_issuer out =
        signer_of(subject, plan->shape == SHAPE_INDIRECT ? 'C' : subject->issuer);
    if (plan->signer == SIGNER_OTHER)
        out.key = signer_of(subject, 'U').key;
    return out;
}

static const char *point_of(const struct subject *subject, const struct status_plan *plan)
{
    if (plan->shape == SHAPE_PARTITION)
        return pki_url(subject->lab, name_of(subject, ".crl"), plan->delivery);
    if (plan->shape == SHAPE_OTHER_PARTITION)
        return pki_url(subject->lab, name_of(subject, "-other.crl"), plan->delivery);
    return NULL;
}

/* Some other certificate is always on the list; the first to be revoked there was long ago. */
static size_t entries_of(const struct subject *subject, const struct status_plan *plan,
                         struct mint_revoked out[2])
{
    static const uint8_t other[] = {0x5a, 0x11, 0xca, 0xb1, 0xe5};
    size_t n = 0;
    out[n++] = (struct mint_revoked){.serial = bytes_of(other, sizeof other),
                                     .at = days_from(subject->lab, -200),
                                     .reason = REASON_SUPERSEDED};
    if (plan->revoked_days > 0)
        out[n++] = (struct mint_revoked){.serial = subject->cert->serial,
                                         .at = days_from(subject->lab, -plan->revoked_days),
                                         .reason = plan->reason};
    for (size_t i = 0; i < n && plan->shape == SHAPE_INDIRECT; i++)
        out[i].issuer = subject->cert->issuer;
    return n;
}

static struct mint_crl_spec crl_spec(const struct subject *subject, const struct status_plan *plan)
{
    struct mint_crl_spec spec = {.issuer = crl_issuer(subject, plan),
                                 .number = CRL_NUMBER,
                                 .point_url = point_of(subject, plan),
                                 .indirect = plan->shape == SHAPE_INDIRECT,
                                 .flip_signature = plan->faults & STATUS_FLIP_SIGNATURE};
    times_of(subject->lab, plan, &spec.this_update, &spec.next_update);
    return spec;
}

static struct site_document crl_document(const struct subject *subject,
                                         const struct status_plan *plan)
{
    struct mint_revoked entries[2];
    struct mint_crl_spec spec = crl_spec(subject, plan);
    const char *delta = name_of(subject, "-delta.crl");
    spec.entries = entries;
    spec.count = entries_of(subject, plan, entries);
    if (plan->shape == SHAPE_DELTA) {
        spec.count = 1;
        spec.freshest_url = pki_url(subject->lab, delta, plan->delivery);
    }
    return (struct site_document){.name = name_of(subject, ".crl"),
                                  .type = "application/pkix-crl",
                                  .delivery = plan->delivery,
                                  .body = mint_crl(&subject->lab->arena, &spec)};
}

static struct site_document delta_document(const struct subject *subject,
                                           const struct status_plan *plan)
{
    struct mint_revoked entries[2];
    struct mint_crl_spec spec = crl_spec(subject, plan);
    spec.base = spec.number++;
    spec.count = entries_of(subject, plan, entries) - 1;
    spec.entries = entries + 1;
    return (struct site_document){.name = name_of(subject, "-delta.crl"),
                                  .type = "application/pkix-crl",
                                  .delivery = plan->delivery,
                                  .body = mint_crl(&subject->lab->arena, &spec)};
}

/* ---- OCSP ---- */

static void fill_responder(const struct subject *subject, const struct status_plan *plan,
                           struct mint_ocsp_spec *spec)
{
    switch (plan->signer) {
    case SIGNER_ISSUER:
        spec->signer = signer_of(subject, subject->issuer);
        return;
    case SIGNER_DELEGATED:
    case SIGNER_DELEGATED_UNFIT:
        spec->signer = signer_of(subject, 'D');
        spec->signer_certificate = member_of(subject, 'D');
        return;
    case SIGNER_OTHER:
        spec->signer = signer_of(subject, 'U');
        spec->signer_certificate = member_of(subject, 'U');
        return;
    }
}

static struct mint_ocsp_spec ocsp_spec(const struct subject *subject,
                                       const struct status_plan *plan)
{
    struct mint_ocsp_spec spec = {.status = plan->revoked_days > 0 ? OCSP_REVOKED : OCSP_GOOD,
                                  .revoked_at = days_from(subject->lab, -plan->revoked_days),
                                  .reason = plan->reason,
                                  .by_key = plan->faults & STATUS_BY_KEY,
                                  .flip_signature = plan->faults & STATUS_FLIP_SIGNATURE};
    if (plan->answer == SAYS_UNKNOWN)
        spec.status = OCSP_UNKNOWN;
    times_of(subject->lab, plan, &spec.this_update, &spec.next_update);
    fill_responder(subject, plan, &spec);
    return spec;
}

/* The answer to who would ask for this certificate without a nonce. */
static struct bytes answer_unasked(const struct subject *subject,
                                   const struct site_document *responder)
{
    BUF_CLEANUP request = {0};
    struct cert *issuer = cert_parse(member_of(subject, subject->issuer));
    ocsp_request(subject->cert, issuer, (struct bytes){0}, &request);
    cert_unref(issuer);
    return site_answer(responder, buf_bytes(&request), &subject->lab->arena);
}

static struct site_document responder_of(const struct subject *subject,
                                         const struct status_plan *plan)
{
    struct site_document out = {.name = name_of(subject, ".ocsp"),
                                .type = "application/ocsp-response",
                                .delivery = plan->delivery,
                                .responder = true,
                                .answer = plan->answer,
                                .ocsp = ocsp_spec(subject, plan),
                                .serial = arena_bytes(&subject->lab->arena, subject->cert->serial),
                                .no_nonce = plan->faults & STATUS_NO_NONCE};
    out.body = answer_unasked(subject, &out);
    return out;
}

struct bytes site_answer(const struct site_document *responder, struct bytes request,
                         struct arena *arena)
{
    struct mint_ocsp_spec spec = responder->ocsp;
    if (responder->answer == SAYS_NONSENSE)
        return bytes_str("certwhy lab: this is no OCSP response");
    if (!ocsp_question_read(request, &spec.question))
        return mint_ocsp_error(arena, OCSP_MALFORMED_REQUEST);
    if (responder->answer == SAYS_TRY_LATER)
        return mint_ocsp_error(arena, OCSP_TRY_LATER);
    if (responder->answer == SAYS_UNAUTHORIZED)
        return mint_ocsp_error(arena, OCSP_UNAUTHORIZED);
    if (!bytes_equal(spec.question.serial, responder->serial))
        spec.status = OCSP_UNKNOWN;
    if (responder->no_nonce)
        spec.question.nonce = (struct bytes){0};
    return mint_ocsp(arena, &spec);
}

/* ---- the whole ---- */

static bool document_add(struct site *site, struct site_document document)
{
    site->documents[site->count++] = document;
    return document.body.p != NULL;
}

static bool documents_of(struct lab *lab, const struct scenario *scenario, char member,
                         struct site *out)
{
    SUBJECT_CLEANUP subject = subject_of(lab, scenario, member);
    const struct cert_plan *plan = pki_cert_plan(&scenario->pki, member);
    bool made = true;
    if (plan->aia.form != ISSUER_ABSENT)
        made = made && document_add(out, issuer_document(&subject, &plan->aia));
    if (plan->status.sources & STATUS_CRL)
        made = made && document_add(out, crl_document(&subject, &plan->status));
    if (plan->status.sources & STATUS_CRL && plan->status.shape == SHAPE_DELTA)
        made = made && document_add(out, delta_document(&subject, &plan->status));
    if (plan->status.sources & STATUS_OCSP)
        made = made && document_add(out, responder_of(&subject, &plan->status));
    return made;
}

static bool staple_mint(struct lab *lab, const struct scenario *scenario, struct site *out)
{
    if (!(scenario->server.staple.sources & STATUS_OCSP))
        return true;
    const char of = scenario->server.staple_of;
    SUBJECT_CLEANUP subject = subject_of(lab, scenario, of ? of : scenario->sends[0]);
    const struct site_document responder = responder_of(&subject, &scenario->server.staple);
    out->staple = responder.body;
    return out->staple.p != NULL;
}

enum cw_code site_mint(struct lab *lab, const struct scenario *scenario, struct site *out,
                       struct error *err)
{
    *out = (struct site){.folder = scenario->name};
    bool made = staple_mint(lab, scenario, out);
    if (scenario->pki.live) {
        out->documents = arena_array(&lab->arena, strlen(members_with_documents) * MEMBER_DOCUMENTS,
                                     sizeof out->documents[0]);
        for (const char *m = members_with_documents; *m && made; m++)
            if (*m == 'L' || *m - '0' <= pki_depth(&scenario->pki))
                made = documents_of(lab, scenario, *m, out);
    }
    return made ? CW_OK
                : error_set(err, CW_E_INTERNAL, "scenario %s: a CRL or response cannot be minted",
                            scenario->name);
}

const struct site_document *site_find(const struct site *site, struct bytes name)
{
    for (size_t i = 0; i < site->count; i++)
        if (bytes_equal_str(name, site->documents[i].name))
            return &site->documents[i];
    return NULL;
}
