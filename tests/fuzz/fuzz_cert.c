/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate parser, everything that reads a parsed certificate, and its clean reissue. */
#include <stdlib.h>
#include <string.h>

#include "x509/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 50 };

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_inside(const struct cert *cert, struct bytes b)
{
    check(b.n == 0 || (b.p >= cert->der.p && b.p + b.n <= cert->der.p + cert->der.n));
}

static bool each_subtree(void *context, const struct subtree *subtree)
{
    check_inside(context, subtree->base.value);
    return true;
}

static void read_when_asked(const struct cert *cert)
{
    struct arena arena = {0};
    const char *urls[MOST];
    const size_t ocsp = cert_aia_urls(&arena, cert, OID_AD_OCSP, urls, MOST);
    for (size_t i = 0; i < ocsp; i++)
        check(str_is_utf8(bytes_str(urls[i])));
    cert_aia_urls(&arena, cert, OID_AD_CA_ISSUERS, urls, MOST);
    cert_crl_urls(&arena, cert, urls, MOST);
    cert_name_constraints(cert, each_subtree, (void *)cert);
    struct policy_mapping mappings[MOST];
    struct bytes policies[MOST];
    for (size_t i = cert_policies(cert, policies, MOST); i-- > 0;)
        check_inside(cert, policies[i]);
    for (size_t i = cert_policy_mappings(cert, mappings, MOST); i-- > 0;)
        check_inside(cert, mappings[i].subject_domain);
    int a, b, c;
    cert_policy_constraints(cert, &a, &b, &c);
    struct reader names = cert_san(cert);
    struct general_name name;
    for (size_t i = 0; i < MOST && general_name_next(&names, &name); i++)
        check_inside(cert, name.value);
    key_text(&arena, &cert->key);
    signature_text(&arena, cert);
    name_text(&arena, cert->subject);
    name_short(&arena, cert->issuer);
    check(!cert_is_self_issued(cert) || name_hash(cert->issuer) == name_hash(cert->subject));
    arena_free(&arena);
}

static void check_views(const struct cert *cert)
{
    const struct bytes views[] = {cert->tbs,      cert->serial,     cert->inner_algorithm,
                                  cert->issuer,   cert->subject,    cert->outer_algorithm,
                                  cert->ski,      cert->aki_key_id, cert->signature,
                                  cert->key.spki, cert->aki_issuer, cert->key.bits_content};
    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        check_inside(cert, views[i]);
    for (size_t i = 0; i < cert->extension_count; i++)
        check_inside(cert, cert->extensions[i].value);
    for (size_t i = 0; i < cert->anomaly_count && i < LIMIT_ANOMALIES; i++)
        check(cert->anomalies[i].offset <= cert->der.n);
    check(cert->extension_count <= LIMIT_EXTENSIONS);
    check(cert->parsed || cert->bad_at <= cert->der.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cert *cert = cert_parse(bytes_of(data, size));
    check_views(cert);
    read_when_asked(cert);
    const char *const names[] = {"www.example.test", NULL};
    struct cert_edit edit = {CERT_EDIT_NOTHING,  .drop_anomalies = true, .fix_key_usage = true,
                             .dns_names = names, .keep_names = true,     .server_auth = true};
    struct cert *clean = cert_edited(cert, &edit);
    check((clean != NULL) == cert->parsed);
    /* a certificate near the size limit may grow beyond it */
    check(clean == NULL || clean->parsed || cert->der.n > LIMIT_CERT_BYTES / 2);
    cert_unref(clean);
    cert_unref(cert);
    return 0;
}
