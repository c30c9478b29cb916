/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate requests. */
#include <stdlib.h>

#include "x509/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static bool is_inside(struct bytes part, struct bytes whole)
{
    return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes in = bytes_of(data, size);
    struct csr csr;
    if (!csr_parse(in, &csr))
        return 0;
    check(is_inside(csr.tbs, in) && is_inside(csr.subject, in) && is_inside(csr.names, in));
    check(is_inside(csr.algorithm, in) && is_inside(csr.signature, in));
    check(is_inside(csr.key.spki, in));
    struct reader reader = reader_of(csr.names, 0);
    struct general_name name;
    for (unsigned i = 0; i < 100 && general_name_next(&reader, &name); i++)
        check(is_inside(name.value, csr.names));
    csr_is_signed(&csr);
    return 0;
}
