/* SPDX-License-Identifier: Apache-2.0 */
#include "asn1.h"

struct reader reader_of(struct bytes der, size_t offset)
{
    return (struct reader){.rest = der, .offset = offset};
}

struct reader reader_enter(const struct der *element)
{
    return reader_of(element->body, element->body_offset);
}

bool reader_at_end(const struct reader *reader)
{
    return reader->rest.n == 0;
}

uint8_t reader_peek(const struct reader *reader)
{
    return reader->rest.n > 0 && !reader->bad ? reader->rest.p[0] : 0;
}

static bool reader_fail(struct reader *reader, size_t offset)
{
    reader->bad = true;
    reader->bad_at = offset;
    return false;
}

/** The length octets at in.p[1]: their number into *octets, the length into *length. */
static bool read_length(struct bytes in, size_t *octets, size_t *length, uint8_t *flags)
{
    const uint8_t first = in.p[1];
    *octets = 1;
    *length = first;
    if (first < 0x80)
        return true;
    /* X.690 8.1.3.6: 0x80 is the indefinite form, which DER forbids (10.1). More than eight octets
     * are no size that fits in memory. */
    const size_t count = first & 0x7f;
    if (count == 0 || count > sizeof(uint64_t) || in.n < 2 + count)
        return false;
    uint64_t value = 0;
    for (size_t i = 0; i < count; i++)
        value = value << 8 | in.p[2 + i];
    if (value > SIZE_MAX / 2)
        return false;
    if (value < 0x80 || in.p[2] == 0)
        *flags |= DER_LONG_LENGTH;
    *octets = 1 + count;
    *length = (size_t)value;
    return true;
}

bool reader_next(struct reader *reader, struct der *out)
{
    const struct bytes in = reader->rest;
    if (in.n == 0 || reader->bad)
        return false;
    /* X.690 8.1.2.4: low five bits all set announce a tag of several octets. */
    if (in.n < 2 || (in.p[0] & 0x1f) == 0x1f)
        return reader_fail(reader, reader->offset);
    size_t octets, length;
    uint8_t flags = 0;
    if (!read_length(in, &octets, &length, &flags))
        return reader_fail(reader, reader->offset + 1);
    const size_t header = 1 + octets;
    if (length > in.n - header)
        return reader_fail(reader, reader->offset);
    *out = (struct der){
        .tag = in.p[0],
        .flags = flags,
        .body = {in.p + header, length},
        .whole = {in.p, header + length},
        .offset = reader->offset,
        .body_offset = reader->offset + header,
    };
    reader->rest = bytes_of(in.p + header + length, in.n - header - length);
    reader->offset += header + length;
    return true;
}

bool reader_expect(struct reader *reader, uint8_t tag, struct der *out)
{
    if (reader->bad)
        return false;
    /* An element that is missing is as malformed as one of another kind. */
    if (reader_peek(reader) != tag)
        return reader_fail(reader, reader->offset);
    return reader_next(reader, out);
}

bool reader_optional(struct reader *reader, uint8_t tag, struct der *out)
{
    return reader_peek(reader) == tag && reader_next(reader, out);
}

bool der_int_is_padded(struct bytes body)
{
    /* X.690 8.3.2: the first nine bits are neither all zero nor all one. */
    if (body.n < 2)
        return false;
    return (body.p[0] == 0x00 && (body.p[1] & 0x80) == 0) ||
           (body.p[0] == 0xff && (body.p[1] & 0x80) != 0);
}

bool der_small_int(const struct der *element, int64_t *out)
{
    struct bytes body = element->body;
    if (body.n == 0 || (body.p[0] & 0x80) != 0)
        return false;
    while (body.n > 1 && body.p[0] == 0)
        body = bytes_of(body.p + 1, body.n - 1);
    if (body.n > 8 || (body.n == 8 && (body.p[0] & 0x80) != 0))
        return false;
    uint64_t value = 0;
    for (size_t i = 0; i < body.n; i++)
        value = value << 8 | body.p[i];
    *out = (int64_t)value;
    return true;
}

bool der_bit_string(const struct der *element, struct bytes *bits, unsigned *unused)
{
    const struct bytes body = element->body;
    /* X.690 8.6.2: the first octet says how many of the last octet's bits are unused. */
    if (body.n == 0 || body.p[0] > 7 || (body.n == 1 && body.p[0] != 0))
        return false;
    *unused = body.p[0];
    *bits = bytes_of(body.p + 1, body.n - 1);
    return true;
}
