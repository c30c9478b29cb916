/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "asn1.h"

/** Octets of the length field: one below 128, else one and the number's octets (X.690 10.1). */
static size_t length_octets(size_t length)
{
    if (length < 0x80)
        return 1;
    size_t octets = 1;
    for (; length > 0; length >>= 8)
        octets++;
    return octets;
}

static void length_encode(uint8_t *out, size_t octets, size_t length)
{
    if (octets == 1) {
        out[0] = (uint8_t)length;
        return;
    }
    out[0] = (uint8_t)(0x80 | (octets - 1));
    for (size_t i = octets - 1; i > 0; i--, length >>= 8)
        out[i] = (uint8_t)length;
}

/* A level beyond LIMIT_DER_DEPTH is counted but its length stays 0: only a defect of ours gets
 * there, and it must not write outside `open`. */
void writer_open(struct writer *w, uint8_t tag)
{
    buf_add_byte(&w->out, tag);
    buf_add_byte(&w->out, 0);
    if (w->depth < LIMIT_DER_DEPTH)
        w->open[w->depth] = w->out.n;
    w->depth++;
}

void writer_close(struct writer *w)
{
    if (w->depth == 0 || --w->depth >= LIMIT_DER_DEPTH)
        return;
    const size_t start = w->open[w->depth];
    const size_t length = w->out.n - start;
    const size_t octets = length_octets(length);
    if (octets > 1) {
        static const uint8_t room[sizeof(size_t)] = {0};
        buf_append(&w->out, room, octets - 1);
        memmove(w->out.p + start + octets - 1, w->out.p + start, length);
    }
    length_encode(w->out.p + start - 1, octets, length);
}

void writer_put(struct writer *w, uint8_t tag, struct bytes body)
{
    uint8_t length[1 + sizeof(size_t)];
    const size_t octets = length_octets(body.n);
    length_encode(length, octets, body.n);
    buf_add_byte(&w->out, tag);
    buf_append(&w->out, length, octets);
    buf_add_bytes(&w->out, body);
}

void writer_raw(struct writer *w, struct bytes der)
{
    buf_add_bytes(&w->out, der);
}

void writer_oid(struct writer *w, enum oid oid)
{
    writer_put(w, DER_OID, oid_der(oid));
}

void writer_int(struct writer *w, int64_t value)
{
    uint8_t octets[8];
    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)((uint64_t)value >> (8 * (sizeof octets - 1 - i)));
    struct bytes body = bytes_of(octets, sizeof octets);
    while (der_int_is_padded(body))
        body = bytes_of(body.p + 1, body.n - 1);
    writer_put(w, DER_INTEGER, body);
}

void writer_uint(struct writer *w, struct bytes big_endian)
{
    while (big_endian.n > 0 && big_endian.p[0] == 0)
        big_endian = bytes_of(big_endian.p + 1, big_endian.n - 1);
    const bool sign = big_endian.n == 0 || (big_endian.p[0] & 0x80) != 0;
    uint8_t length[1 + sizeof(size_t)];
    const size_t n = big_endian.n + sign;
    const size_t octets = length_octets(n);
    length_encode(length, octets, n);
    buf_add_byte(&w->out, DER_INTEGER);
    buf_append(&w->out, length, octets);
    if (sign)
        buf_add_byte(&w->out, 0);
    buf_add_bytes(&w->out, big_endian);
}

void writer_bool(struct writer *w, bool value)
{
    const uint8_t octet = value ? 0xff : 0x00;
    writer_put(w, DER_BOOLEAN, bytes_of(&octet, 1));
}

void writer_null(struct writer *w)
{
    writer_put(w, DER_NULL, bytes_of(NULL, 0));
}

void writer_bits(struct writer *w, struct bytes bits)
{
    writer_open(w, DER_BIT_STRING);
    buf_add_byte(&w->out, 0);
    buf_add_bytes(&w->out, bits);
    writer_close(w);
}

static void put_digits(char *out, int value, size_t digits)
{
    for (size_t i = digits; i > 0; i--, value /= 10)
        out[i - 1] = (char)('0' + value % 10);
}

void writer_time(struct writer *w, cw_time t)
{
    /* Four digits of year: time_split() gives the nearest that can be said. */
    const struct time_parts parts = time_split(t);
    char text[15];
    put_digits(text, parts.year, 4);
    put_digits(text + 4, parts.month, 2);
    put_digits(text + 6, parts.day, 2);
    put_digits(text + 8, parts.hour, 2);
    put_digits(text + 10, parts.minute, 2);
    put_digits(text + 12, parts.second, 2);
    text[14] = 'Z';
    /* RFC 5280 section 4.1.2.5: through 2049 as UTCTime, which cannot say a year before 1950. */
    if (parts.year >= 1950 && parts.year < 2050)
        writer_put(w, DER_UTC_TIME, bytes_of(text + 2, sizeof text - 2));
    else
        writer_put(w, DER_GENERALIZED_TIME, bytes_of(text, sizeof text));
}

void writer_free(struct writer *w)
{
    buf_free(&w->out);
    w->depth = 0;
}
