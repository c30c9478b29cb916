/* SPDX-License-Identifier: Apache-2.0 */
/* The CRL parser and its walk: an index answers as a walk over the same list does. */
#include <stdlib.h>
#include <string.h>

#include "x509/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 40 };

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_inside(struct bytes der, struct bytes b)
{
    check(b.n == 0 || (b.p >= der.p && b.p + b.n <= der.p + der.n));
}

static void check_views(const struct crl *crl)
{
    const struct bytes views[] = {crl->tbs,         crl->issuer,      crl->entries,
                                  crl->number,      crl->signature,   crl->aki_key_id,
                                  crl->base_number, crl->scope_value, crl->critical_unknown};
    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        check_inside(crl->der, views[i]);
    check(crl->parsed || crl->bad_at <= crl->der.n);
    check(crl->parsed || crl_has_anomaly(crl, CRL_MALFORMED));
}

static struct bytes serial_of(const struct der *entry)
{
    struct reader fields = reader_enter(entry);
    struct der serial = {0};
    return reader_expect(&fields, DER_INTEGER, &serial) ? serial.body : bytes_of(NULL, 0);
}

static void ask(struct crl *crl, struct bytes serial)
{
    struct crl_entry by_index, by_walk;
    struct crl *fresh = crl_parse(crl->der);
    const enum crl_listing indexed = crl_find(crl, crl->issuer, serial, &by_index);
    const enum crl_listing walked = crl_find(fresh, crl->issuer, serial, &by_walk);
    check(indexed == walked);
    if (indexed == CRL_LISTED) {
        check(by_index.offset == by_walk.offset && by_index.reason == by_walk.reason);
        check_inside(crl->der, by_index.serial);
        check_inside(crl->der, by_index.cert_issuer);
        check(by_index.offset < crl->der.n);
    }
    crl_free(fresh);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct crl *crl = crl_parse(bytes_of(data, size));
    struct reader entries = reader_of(crl->entries, 0);
    struct der entry;
    check_views(crl);
    ask(crl, bytes_str("\x01"));
    for (size_t i = 0; crl->parsed && i < MOST && reader_next(&entries, &entry); i++)
        ask(crl, serial_of(&entry));
    point_names_meet(&crl->scope.name, crl->issuer, &crl->scope.name, crl->issuer);
    crl_number_compare(crl->number, crl->base_number);
    crl_free(crl);
    /* as a certificate, for its distribution points */
    struct cert *cert = cert_parse(bytes_of(data, size));
    struct reader points = cert_crl_points(cert, OID_CRL_DISTRIBUTION_POINTS);
    struct crl_point point;
    for (size_t i = 0; i < MOST && crl_point_next(&points, &point); i++) {
        point_names_meet(&point.name, cert->issuer, &point.name, cert->subject);
        general_names_hold(point.crl_issuer, cert->issuer);
    }
    cert_unref(cert);
    return 0;
}
