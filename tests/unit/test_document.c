/* SPDX-License-Identifier: Apache-2.0 */
/* Documents beside the chain: what is taken from what came, and what is said of the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

#include "made_revocation.h"
#include "record/record.h"

struct world {
    struct arena arena;
    struct observation observation;
    struct made_ca root, ca;
};

static int world_make(void **state)
{
    struct world *w = xcalloc(1, sizeof *w);
    w->root = made_root(&w->arena, "Root");
    w->ca = made_under(&w->arena, "CA", &w->root, (struct mint_spec){.ca = true});
    *state = w;
    return 0;
}

static int world_free(void **state)
{
    struct world *w = *state;
    observation_free(&w->observation);
    made_free(&w->ca);
    made_free(&w->root);
    arena_free(&w->arena);
    free(w);
    return 0;
}

static const struct document *add(struct world *w, enum want_kind kind, struct bytes body)
{
    const size_t at = w->observation.document_count;
    const struct document document = {
        .kind = kind, .from = DOCUMENT_FETCHED, .where = "http://a.test/", .why = "", .body = body};
    observation_add_document(&w->observation, &document, &w->arena);
    return &w->observation.documents[at];
}

static struct bytes pem(struct world *w, const char *label, struct bytes der)
{
    BUF_CLEANUP out = {0};
    pem_write(&out, label, der);
    return arena_bytes(&w->arena, buf_bytes(&out));
}

static struct bytes joined(struct world *w, struct bytes a, struct bytes b)
{
    BUF_CLEANUP out = {0};
    buf_add_bytes(&out, a);
    buf_add_bytes(&out, b);
    return arena_bytes(&w->arena, buf_bytes(&out));
}

/* ---- issuers ---- */

static void issuers(void **state)
{
    struct world *w = *state;
    const struct bytes der = w->ca.cert->der, two = joined(w, der, w->root.cert->der);
    assert_int_equal(add(w, WANT_ISSUER, der)->cert_count, 1);
    assert_int_equal(add(w, WANT_ISSUER, two)->cert_count, 2);
    assert_int_equal(add(w, WANT_ISSUER, pem(w, "CERTIFICATE", der))->cert_count, 1);
    const struct document *last = &w->observation.documents[0];
    assert_true(cert_equal(last->certs[0], w->ca.cert));
    assert_string_equal(last->why, "");
}

/* SignedData without signers, as RFC 5280 section 4.2.2.1 wants it; with indefinite lengths all the
 * way down to the certificates, or without. */
static struct bytes bundle(struct world *w, bool indefinite)
{
    static const char head[] =
        "\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30\x80"
        "\x02\x01\x01\x31\x00\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"
        "\x01\x00\x00\xa0\x80";
    static const char tail[] = "\0\0\x31\0\0\0\0\0\0";
    const struct bytes certs = joined(w, w->root.cert->der, w->ca.cert->der);
    if (indefinite)
        return joined(w, joined(w, bytes_of(head, sizeof head - 1), certs),
                      bytes_of(tail, sizeof tail));
    struct writer out = {0};
    writer_open(&out, DER_SEQUENCE);
    writer_oid(&out, OID_PKCS7_SIGNED_DATA);
    writer_open(&out, DER_CONTEXT_CONS(0));
    writer_open(&out, DER_SEQUENCE);
    writer_int(&out, 1);
    writer_put(&out, DER_SET, bytes_of("", 0));
    writer_open(&out, DER_SEQUENCE);
    writer_oid(&out, OID_PKCS7_DATA);
    writer_close(&out);
    writer_put(&out, DER_CONTEXT_CONS(0), certs);
    writer_put(&out, DER_SET, bytes_of("", 0));
    for (int i = 0; i < 3; i++)
        writer_close(&out);
    const struct bytes der = arena_bytes(&w->arena, buf_bytes(&out.out));
    writer_free(&out);
    return der;
}

static void bundles(void **state)
{
    struct world *w = *state;
    for (int form = 0; form < 3; form++) {
        const struct bytes der = bundle(w, form == 1);
        const struct document *document =
            add(w, WANT_ISSUER, form == 2 ? pem(w, "PKCS7", der) : der);
        assert_int_equal(document->cert_count, 2);
        assert_true(cert_equal(document->certs[1], w->ca.cert));
    }
    const struct bytes whole = bundle(w, false);
    for (size_t n = 0; n < whole.n; n += 7)
        assert_true(add(w, WANT_ISSUER, bytes_slice(whole, 0, n))->cert_count <= 2);
}

static void no_more_issuers_than_are_looked_at(void **state)
{
    struct world *w = *state;
    struct bytes many = w->ca.cert->der;
    for (int i = 0; i < 7; i++)
        many = joined(w, many, many); /* 128 */
    assert_int_equal(add(w, WANT_ISSUER, many)->cert_count, LIMIT_CANDIDATES);
}

/* ---- CRLs and OCSP responses ---- */

static void crls(void **state)
{
    struct world *w = *state;
    const struct bytes der = made_crl(&w->arena, &(struct made_crl){.ca = &w->ca});
    const struct bytes other = made_crl(&w->arena, &(struct made_crl){.ca = &w->root});
    assert_non_null(add(w, WANT_CRL, der)->crl);
    const struct document *document = add(w, WANT_CRL, pem(w, "X509 CRL", der));
    assert_non_null(document->crl);
    assert_true(bytes_equal(document->body, der));
    const size_t before = w->observation.document_count;
    add(w, WANT_CRL, joined(w, pem(w, "X509 CRL", der), pem(w, "X509 CRL", other)));
    assert_int_equal(w->observation.document_count, before + 2);
    assert_true(bytes_equal(w->observation.documents[before].body, der));
    assert_true(bytes_equal(w->observation.documents[before + 1].crl->issuer, w->root.name));
}

static void responses(void **state)
{
    struct world *w = *state;
    const struct made_single single = {.cert = w->ca.cert};
    const struct bytes der = made_ocsp(
        &w->arena, &(struct made_ocsp){.issuer = &w->root, .singles = &single, .count = 1});
    assert_non_null(add(w, WANT_OCSP, der)->ocsp);
    assert_non_null(add(w, WANT_OCSP, pem(w, "OCSP RESPONSE", der))->ocsp);
    /* tryLater: a response without anything in it, RFC 6960 section 4.2.1 */
    assert_non_null(add(w, WANT_OCSP, bytes_of("\x30\x03\x0a\x01\x03", 5))->ocsp);
}

/* ---- what came instead ---- */

static void words(void **state)
{
    struct world *w = *state;
    const struct bytes crl = made_crl(&w->arena, &(struct made_crl){.ca = &w->ca});
    const struct bytes page = bytes_str("<!DOCTYPE html>\n<html><title>Sign in</title></html>");
    const struct {
        enum want_kind kind;
        struct bytes body;
        const char *why;
    } cases[] = {
        {WANT_ISSUER, page, "what came is an HTML page, not a certificate"},
        {WANT_CRL, page, "what came is an HTML page, not a CRL"},
        {WANT_OCSP, page, "what came is an HTML page, not an OCSP response"},
        {WANT_ISSUER, crl, "what came is a CRL, not a certificate"},
        {WANT_CRL, w->ca.cert->der, "what came is a certificate, not a CRL"},
        {WANT_OCSP, w->ca.cert->der, "what came is a certificate, not an OCSP response"},
        {WANT_CRL, pem(w, "CERTIFICATE", w->ca.cert->der), "what came is a certificate, not a CRL"},
        {WANT_ISSUER, bytes_of("", 0), "what came is nothing, not a certificate"},
        {WANT_CRL, bytes_of(NULL, 0), "what came is nothing, not a CRL"},
        {WANT_ISSUER, bytes_str("\xfe\xed\xfe\xed\0\0\0\2"),
         "what came is a keystore, not a certificate"},
        {WANT_OCSP, bytes_str("error"), "what came is something else, not an OCSP response"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct document *document = add(w, cases[i].kind, cases[i].body);
        assert_string_equal(document->why, cases[i].why);
        assert_null(document->crl);
        assert_null(document->ocsp);
        assert_int_equal(document->cert_count, 0);
    }
}

/* ---- which document answers what; the staple ---- */

static void answers(void **state)
{
    struct world *w = *state;
    struct want want = {.kind = WANT_ISSUER, .url = "http://a.test/"};
    assert_null(observation_document(&w->observation, &want));
    add(w, WANT_ISSUER, w->ca.cert->der);
    assert_ptr_equal(observation_document(&w->observation, &want), w->observation.documents);
    want.kind = WANT_CRL;
    assert_null(observation_document(&w->observation, &want));
    want = (struct want){.kind = WANT_ISSUER, .url = "http://b.test/"};
    assert_null(observation_document(&w->observation, &want));
    want = (struct want){.kind = WANT_ISSUER, .url = "http://a.test/", .request = bytes_str("x")};
    assert_null(observation_document(&w->observation, &want));
}

static void staples(void **state)
{
    struct world *w = *state;
    const struct made_single single = {.cert = w->ca.cert};
    const struct bytes der = made_ocsp(
        &w->arena, &(struct made_ocsp){.issuer = &w->root, .singles = &single, .count = 1});
    struct connection connections[3] = {{.handshake.stapled_ocsp = der},
                                        {.handshake.stapled_ocsp = bytes_str("garbage")},
                                        {.handshake.stapled_ocsp = {0}}};
    struct observation *o = &w->observation;
    o->connections = connections;
    o->connection_count = 3;
    add(w, WANT_ISSUER, w->ca.cert->der);
    observation_set_staple(o, &w->arena);
    assert_int_equal(o->document_count, 2);
    assert_int_equal(o->documents[0].from, DOCUMENT_STAPLED);
    assert_non_null(o->documents[0].ocsp);
    o->primary = 1;
    observation_set_staple(o, &w->arena);
    assert_int_equal(o->document_count, 2);
    assert_null(o->documents[0].ocsp);
    assert_string_equal(o->documents[0].why, "what came is something else, not an OCSP response");
    o->primary = 2;
    observation_set_staple(o, &w->arena);
    assert_int_equal(o->document_count, 1);
    assert_int_equal(o->documents[0].kind, WANT_ISSUER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(issuers, world_make, world_free),
        cmocka_unit_test_setup_teardown(bundles, world_make, world_free),
        cmocka_unit_test_setup_teardown(no_more_issuers_than_are_looked_at, world_make, world_free),
        cmocka_unit_test_setup_teardown(crls, world_make, world_free),
        cmocka_unit_test_setup_teardown(responses, world_make, world_free),
        cmocka_unit_test_setup_teardown(words, world_make, world_free),
        cmocka_unit_test_setup_teardown(answers, world_make, world_free),
        cmocka_unit_test_setup_teardown(staples, world_make, world_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
