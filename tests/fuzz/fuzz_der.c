/* SPDX-License-Identifier: Apache-2.0 */
/* The DER reader, times, OIDs and the writer: what is read and written again reads the same. */
#include <stdlib.h>

#include "asn1/asn1.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void read_element(const struct der *element)
{
    struct arena arena = {0};
    struct bytes bits;
    unsigned unused;
    int64_t number;
    cw_time t;
    if (der_bit_string(element, &bits, &unused))
        check(bits.n + 1 == element->body.n && unused < 8);
    if (der_small_int(element, &number))
        check(number >= 0);
    const unsigned faults = der_time(element, &t);
    check((t == TIME_NONE) == (faults == DER_TIME_UNREADABLE));
    der_int_is_padded(element->body);
    const char *text = oid_text(&arena, element->body);
    BUF_CLEANUP again = {0};
    if (oid_from_text(text, &again))
        check(bytes_equal(buf_bytes(&again), element->body));
    if (oid_of(element->body) != OID_UNKNOWN)
        check(bytes_equal(oid_der(oid_of(element->body)), element->body));
    arena_free(&arena);
}

static void walk(struct reader r, unsigned depth)
{
    struct der element;
    while (reader_next(&r, &element)) {
        check(element.whole.n == element.body.n + (element.body_offset - element.offset));
        read_element(&element);
        struct writer w = {0};
        writer_put(&w, element.tag, element.body);
        check((element.flags & DER_LONG_LENGTH) != 0 ||
              bytes_equal(buf_bytes(&w.out), element.whole));
        writer_free(&w);
        if ((element.tag & 0x20) != 0 && depth < LIMIT_DER_DEPTH)
            walk(reader_enter(&element), depth + 1);
    }
    check(!r.bad || r.bad_at <= r.offset + r.rest.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    walk(reader_of(bytes_of(data, size), 0), 0);
    return 0;
}
