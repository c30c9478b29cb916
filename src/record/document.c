/* SPDX-License-Identifier: Apache-2.0 */
/* Documents beside the chain: bytes → issuers, a CRL or an OCSP response, and what they are
 * instead. */
#include <string.h>

#include "record.h"

const char *const want_kind_names[] = {"issuer", "crl", "ocsp", NULL};
const char *const document_from_names[] = {"given", "stapled", "fetched", "cached", NULL};

/* ---- what came instead ---- */

static const char *const wanted[] = {
    [WANT_ISSUER] = "a certificate", [WANT_CRL] = "a CRL", [WANT_OCSP] = "an OCSP response"};

static const char *kind_said(const struct container *found)
{
    static const char *const files[] = {
        [FILE_KIND_EMPTY] = "nothing",           [FILE_KIND_PEM] = "PEM of another kind",
        [FILE_KIND_DER] = "DER of another kind", [FILE_KIND_PKCS7] = "a PKCS#7 bundle",
        [FILE_KIND_PKCS12] = "a keystore",       [FILE_KIND_JKS] = "a keystore",
        [FILE_KIND_CASE] = "a saved case",       [FILE_KIND_HTML] = "an HTML page",
        [FILE_KIND_OTHER] = "something else",
    };
    static const char *const objects[] = {
        [OBJECT_CERTIFICATE] = "a certificate", [OBJECT_PRIVATE_KEY] = "a private key",
        [OBJECT_CSR] = "a certificate request", [OBJECT_CRL] = "a CRL",
        [OBJECT_PKCS7] = "a PKCS#7 bundle",
    };
    const bool one = found->object_count > 0 && found->objects[0].kind != OBJECT_OTHER;
    return one ? objects[found->objects[0].kind] : files[found->kind];
}

/* A keystore is not opened: how dear that is, is up to whoever made it. */
static void read_foreign(struct bytes body, const char *where, struct arena *arena,
                         struct container *out)
{
    *out = (struct container){.kind = FILE_KIND_PKCS12};
    if (!container_is_keystore(body))
        container_read(body, where, arena, out);
}

static void not_usable(struct document *document, const struct container *found,
                       struct arena *arena)
{
    document->why =
        arena_printf(arena, "what came is %s, not %s", kind_said(found), wanted[document->kind]);
}

/* ---- parsing ---- */

static void cert_add(struct document *document, struct bytes der, struct arena *arena)
{
    struct cert *cert = cert_parse(der);
    if (!cert->parsed || document->cert_count == LIMIT_CANDIDATES) {
        cert_unref(cert);
        return;
    }
    if (!document->certs)
        document->certs = arena_array(arena, LIMIT_CANDIDATES, sizeof *document->certs);
    document->certs[document->cert_count++] = cert;
}

/* RFC 5280 section 4.2.2.1: one DER certificate, or a "certs-only" CMS message; PEM is common. */
static void issuers_parse(struct document *document, struct arena *arena)
{
    struct container found;
    read_foreign(document->body, document->where, arena, &found);
    for (size_t i = 0; i < found.object_count; i++)
        if (found.objects[i].kind == OBJECT_CERTIFICATE)
            cert_add(document, found.objects[i].der, arena);
    if (document->cert_count == 0)
        not_usable(document, &found, arena);
}

static bool is_pem(struct bytes body)
{
    /* Far in, a binary CRL may hold anything. */
    return bytes_find(bytes_slice(body, 0, 4096), bytes_str("-----BEGIN ")) != SIZE_MAX;
}

/* The one block that some programs write (OpenSSL's PEM_STRING_OCSP_RESPONSE), decoded; else the
 * body as it is. */
static struct bytes ocsp_der(struct bytes body, struct arena *arena)
{
    static const char begin[] = "-----BEGIN OCSP RESPONSE-----";
    const size_t at = is_pem(body) ? bytes_find(body, bytes_str(begin)) : SIZE_MAX;
    if (at == SIZE_MAX)
        return body;
    const struct bytes rest = bytes_slice(body, at + strlen(begin), body.n);
    const struct bytes text = bytes_slice(rest, 0, bytes_find(rest, bytes_str("-----END")));
    struct bytes der = {0};
    size_t bad_at = 0;
    return str_unbase64(arena, text, &der, &bad_at) ? der : body;
}

static void ocsp_parse_body(struct document *document, struct arena *arena)
{
    document->ocsp = ocsp_parse(ocsp_der(document->body, arena));
    if (document->ocsp->readable != OCSP_UNREADABLE)
        return;
    ocsp_unref(document->ocsp);
    document->ocsp = NULL;
    struct container found;
    read_foreign(document->body, document->where, arena, &found);
    not_usable(document, &found, arena);
}

static struct document *push(struct observation *observation, const struct document *document,
                             struct arena *arena)
{
    observation->documents = arena_grow(arena, observation->documents, observation->document_count,
                                        &observation->document_cap, sizeof *observation->documents);
    struct document *out = &observation->documents[observation->document_count++];
    *out = *document;
    return out;
}

/* True when der is a CRL, as far as it can be followed. */
static bool crl_attach(struct document *document, struct bytes der)
{
    document->crl = crl_parse(der);
    if (document->crl->parsed)
        return true;
    crl_free(document->crl);
    document->crl = NULL;
    return false;
}

/* The first CRL of a PEM file is the document's; each further one makes a document of its own. */
static void crls_of_pem(struct observation *observation, size_t at, struct arena *arena)
{
    struct container found;
    const struct document first = observation->documents[at];
    bool any = false;
    read_foreign(first.body, first.where, arena, &found);
    for (size_t i = 0; i < found.object_count; i++) {
        if (found.objects[i].kind != OBJECT_CRL)
            continue;
        struct document next = first;
        next.body = found.objects[i].der;
        next.map = (struct mapping){0};
        if (!crl_attach(&next, next.body))
            continue;
        if (any) {
            push(observation, &next, arena);
        } else {
            /* The text is not needed any more: a case holds what was read. */
            file_unmap(&observation->documents[at].map);
            observation->documents[at] = next;
        }
        any = true;
    }
    if (!any)
        not_usable(&observation->documents[at], &found, arena);
}

static void crls_parse(struct observation *observation, size_t at, struct arena *arena)
{
    struct document *document = &observation->documents[at];
    if (is_pem(document->body)) {
        crls_of_pem(observation, at, arena);
    } else if (!crl_attach(document, document->body)) {
        struct container found;
        read_foreign(bytes_slice(document->body, 0, LIMIT_CERT_BYTES), document->where, arena,
                     &found);
        not_usable(document, &found, arena);
    }
}

void observation_add_document(struct observation *observation, const struct document *document,
                              struct arena *arena)
{
    const size_t at = observation->document_count;
    struct document *own = push(observation, document, arena);
    if (own->result != FETCH_OK)
        return;
    switch (own->kind) {
    case WANT_ISSUER:
        issuers_parse(own, arena);
        break;
    case WANT_CRL:
        crls_parse(observation, at, arena);
        break;
    case WANT_OCSP:
        ocsp_parse_body(own, arena);
        break;
    }
}

void observation_set_staple(struct observation *observation, struct arena *arena)
{
    struct document *all = observation->documents;
    if (observation->document_count && all[0].from == DOCUMENT_STAPLED) {
        ocsp_unref(all[0].ocsp);
        memmove(all, all + 1, --observation->document_count * sizeof *all);
    }
    const struct connection *primary = observation_primary(observation);
    if (!primary || !primary->handshake.stapled_ocsp.p)
        return;
    const struct document document = {.kind = WANT_OCSP,
                                      .from = DOCUMENT_STAPLED,
                                      .where = "(stapled)",
                                      .result = FETCH_OK,
                                      .why = "",
                                      .body = primary->handshake.stapled_ocsp};
    observation_add_document(observation, &document, arena);
    all = observation->documents;
    const struct document staple = all[observation->document_count - 1];
    memmove(all + 1, all, (observation->document_count - 1) * sizeof *all);
    all[0] = staple;
}

const struct document *observation_document(const struct observation *observation,
                                            const struct want *want)
{
    for (size_t i = 0; i < observation->document_count; i++) {
        const struct document *document = &observation->documents[i];
        const bool asked = document->from == DOCUMENT_FETCHED || document->from == DOCUMENT_CACHED;
        if (asked && document->kind == want->kind && strcmp(document->where, want->url) == 0 &&
            bytes_equal(document->request, want->request))
            return document;
    }
    return NULL;
}
