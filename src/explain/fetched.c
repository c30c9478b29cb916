/* SPDX-License-Identifier: Apache-2.0 */
/* What became of the addresses that a certificate names for its issuer. */
#include <string.h>

#include "internal.h"

/* What came, when it is not what was asked for. */
static const char *came(struct arena *arena, const struct document *document,
                        const struct cert *cert)
{
    for (size_t i = 0; i < document->cert_count; i++)
        if (name_equal(document->certs[i]->subject, cert->issuer))
            return NULL;
    if (document->cert_count == 0)
        return document->why;
    return arena_printf(arena, "the certificate there is \"%s\"",
                        name_short(arena, document->certs[0]->subject));
}

static const char *outcome(struct arena *arena, const struct document *document,
                           const struct cert *cert)
{
    if (document->result == FETCH_OK)
        return came(arena, document, cert);
    const char *text = fetch_result_text(document->result);
    return *document->why ? arena_printf(arena, "%s (%s)", text, document->why) : text;
}

/* Nobody knows yet that it is in vain. */
static bool is_worth_trying(const struct document *document)
{
    return !document || document->result == FETCH_OFFLINE || document->result == FETCH_ADDRESS ||
           document->result == FETCH_UNAVAILABLE || document->result == FETCH_BUDGET;
}

const char *issuer_address(const struct explaining *e, const struct cert *cert)
{
    enum { LOOKED_AT = 4 };
    const char *urls[LOOKED_AT];
    const size_t count = cert_aia_urls(e->arena, cert, OID_AD_CA_ISSUERS, urls, LOOKED_AT);
    for (size_t i = 0; i < count; i++) {
        const struct want want = {.kind = WANT_ISSUER, .url = urls[i]};
        if (strncasecmp(urls[i], "http", 4) == 0 &&
            is_worth_trying(observation_document(e->obs, &want)))
            return urls[i];
    }
    return "";
}

const char *issuer_fetches(const struct explaining *e, const struct cert *cert)
{
    enum { TOLD = 4 };
    const char *urls[TOLD];
    const size_t count = cert_aia_urls(e->arena, cert, OID_AD_CA_ISSUERS, urls, TOLD);
    BUF_CLEANUP all = {0};
    for (size_t i = 0; i < count; i++) {
        const struct want want = {.kind = WANT_ISSUER, .url = urls[i]};
        const struct document *document = observation_document(e->obs, &want);
        const char *text = document ? outcome(e->arena, document, cert) : NULL;
        if (text && count == 1)
            buf_printf(&all, "%s", text);
        else if (text)
            buf_printf(&all, "%s%s: %s", all.n ? "; " : "", urls[i], text);
    }
    return arena_strdup(e->arena, buf_cstr(&all));
}
