/* SPDX-License-Identifier: Apache-2.0 */
/* What name servers, time servers and web servers say, octet by octet: CAA and TLSA records, SNTP
 * packets, the Date of an HTTP answer. */
#include <stdlib.h>
#include <string.h>

#include "judge/judge.h"
#include "observe/internal.h"

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

static void records(struct arena *arena, struct bytes in)
{
    struct caa caa;
    struct tlsa tlsa;
    if (caa_parse(in, &caa)) {
        check(is_inside(caa.tag, in) && is_inside(caa.value, in) && caa.tag.n > 0);
        check(is_inside(caa_issuer(&caa), in));
        check(str_is_safe(bytes_str(caa_text(arena, &caa))) || strchr(caa_text(arena, &caa), '\\'));
    }
    if (tlsa_parse(in, &tlsa))
        check(is_inside(tlsa.data, in) && tlsa.data.n > 0);
    struct bytes both[] = {in, bytes_slice(in, 1, SIZE_MAX)};
    for (int type = 0; type < 300; type += 1) {
        const struct dns_answer answer = {.type = type, .records = both, .record_count = 2};
        if (type == DNS_A || type == DNS_AAAA || type == DNS_TLSA || type == DNS_CAA)
            dns_records_text(arena, &answer);
    }
    const struct dns_answer answer = {.type = DNS_CAA, .records = both, .record_count = 2};
    caa_judge(&answer, "ca.example", true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    const struct bytes in = bytes_of(data, size);
    const uint8_t cookie[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    int64_t us = 0;
    char why[128] = "";
    records(&arena, in);
    if (sntp_read(in, cookie, &us, why))
        check(us > 0);
    else
        check(*why);
    const cw_time date = http_date(in);
    check(date == TIME_NONE || (date >= time_make(0, 1, 1, 0, 0, 0) && date < 253402300800));
    arena_free(&arena);
    return 0;
}
