/* SPDX-License-Identifier: Apache-2.0 */
/* The OCSP response parser; what it calls readable can be walked to its end. */
#include <stdlib.h>

#include "x509/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_inside(const struct ocsp *ocsp, struct bytes b)
{
    check(b.n == 0 || (b.p >= ocsp->der.p && b.p + b.n <= ocsp->der.p + ocsp->der.n));
}

static void walk(const struct ocsp *ocsp)
{
    struct reader singles = ocsp_singles(ocsp);
    struct ocsp_single single;
    const struct key_info no_key = {0};
    size_t count = 0;
    while (ocsp_single_next(&singles, &single)) {
        check_inside(ocsp, single.id.serial);
        check_inside(ocsp, single.id.issuer_key_hash);
        check_inside(ocsp, single.scts);
        check(single.id.serial.n > 0 && single.this_update != TIME_NONE);
        check((single.status == OCSP_REVOKED) == (single.revoked_at != TIME_NONE));
        ocsp_id_names(&single.id, ocsp->responder_name, &no_key, single.id.serial);
        struct sct_list list = sct_list_of(single.scts);
        struct sct sct;
        while (sct_next(&list, &sct))
            check_inside(ocsp, sct.whole);
        count++;
    }
    check(!singles.bad && count == ocsp->single_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ocsp *ocsp = ocsp_parse(bytes_of(data, size));
    check_inside(ocsp, ocsp->tbs);
    check_inside(ocsp, ocsp->signature);
    check_inside(ocsp, ocsp->nonce);
    check(ocsp->readable == OCSP_READABLE || ocsp->bad_at <= ocsp->der.n);
    if (ocsp->readable == OCSP_READABLE && ocsp->status == OCSP_SUCCESSFUL) {
        check((ocsp->responder_name.p != NULL) != (ocsp->responder_key.p != NULL));
        walk(ocsp);
    }
    for (size_t i = 0; i < ocsp->cert_count; i++)
        ocsp_is_responder(ocsp, ocsp->certs[i]);
    ocsp_unref(ocsp);
    return 0;
}
