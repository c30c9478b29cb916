/* SPDX-License-Identifier: Apache-2.0 */
/* site: what the certificates of one scenario point to: issuers, CRLs, OCSP responders; and the
 * response that its TLS server staples. */
#ifndef CERTWHY_LAB_SITE_H
#define CERTWHY_LAB_SITE_H

#include "mint_status.h"
#include "scenario.h"

/** One thing that a URL leads to. */
struct site_document {
    const char *name; /**< "1.crl" */
    const char *type; /**< media type */
    enum delivery delivery;
    bool responder;             /**< OCSP: answers are made and signed for each request */
    struct bytes body;          /**< a responder's: its answer without a nonce, for `lab write` */
    enum status_answer answer;  /**< of a responder */
    struct mint_ocsp_spec ocsp; /**< of a responder: all but the question */
    struct bytes serial;        /**< of the certificate that a responder knows */
    bool no_nonce;
};

struct site {
    const char *folder; /**< the scenario's name */
    struct site_document *documents;
    size_t count;
    struct bytes staple; /**< n = 0: none */
};

/** Mints all of it into the lab's arena; nothing of a plan that is not live. lab->folder is set. */
enum cw_code site_mint(struct lab *lab, const struct scenario *scenario, struct site *out,
                       struct error *err);
const struct site_document *site_find(const struct site *site, struct bytes name);
/** The responder's answer to a DER request. Safe for several threads. */
struct bytes site_answer(const struct site_document *responder, struct bytes request,
                         struct arena *arena);

#endif
