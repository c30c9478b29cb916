/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of timestamps, and the precertificate that is rebuilt of any certificate. */
#include <stdlib.h>

#include "x509/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void walk(struct bytes in)
{
    struct sct_list list = sct_list_of(in);
    struct sct sct;
    size_t count = 0;
    while (sct_next(&list, &sct)) {
        check(sct.whole.p >= in.p && sct.whole.p + sct.whole.n <= in.p + in.n);
        check(sct.version != 0 || sct.log_id.n == 32);
        count++;
    }
    check(count <= LIMIT_SCTS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    walk(bytes_of(data, size));
    struct cert *cert = cert_parse(bytes_of(data, size));
    BUF_CLEANUP tbs = {0}, signed_data = {0};
    const struct sct any = {0};
    walk(cert_sct_list(cert));
    if (sct_precert_tbs(cert, &tbs)) {
        check(cert->parsed);
        check(reader_peek(&(struct reader){.rest = buf_bytes(&tbs)}) == DER_SEQUENCE);
    }
    check(!sct_signed_data(&any, cert, cert, &signed_data) || signed_data.n > tbs.n);
    cert_unref(cert);
    return 0;
}
