/* SPDX-License-Identifier: Apache-2.0 */
/* BER → DER. Keystores of NSS, Windows and older Java come with indefinite lengths and with strings
 * in pieces (X.690 8.1.3.6 and 8.7.3), which the reader of asn1/ refuses for good reason. */
#include "internal.h"

enum { CONSTRUCTED = 0x20, PIECES = DER_OCTET_STRING | CONSTRUCTED };

struct ber {
    struct bytes in;
    size_t at;
    struct writer out;
};

/** An element's header; its content ends at `end`, or at two zero octets when `indefinite`. */
struct header {
    uint8_t tag;
    bool indefinite;
    size_t end;
};

static bool header_read(struct ber *ber, size_t limit, struct header *out)
{
    const uint8_t *p = ber->in.p;
    if (limit - ber->at < 2 || (p[ber->at] & 0x1f) == 0x1f)
        return false;
    out->tag = p[ber->at];
    const uint8_t first = p[ber->at + 1];
    ber->at += 2;
    out->indefinite = first == 0x80;
    out->end = limit;
    if (out->indefinite)
        return (out->tag & CONSTRUCTED) != 0;
    const size_t octets = first < 0x80 ? 0 : first & 0x7f;
    size_t length = octets ? 0 : first;
    if (octets > 4 || octets > limit - ber->at)
        return false;
    for (size_t i = 0; i < octets; i++)
        length = length << 8 | p[ber->at++];
    if (length > limit - ber->at)
        return false;
    out->end = ber->at + length;
    return true;
}

static bool at_end_mark(const struct ber *ber, size_t limit)
{
    return limit - ber->at >= 2 && ber->in.p[ber->at] == 0 && ber->in.p[ber->at + 1] == 0;
}

static bool element_copy(struct ber *ber, size_t limit, unsigned depth, bool piece);

static bool children_copy(struct ber *ber, const struct header *header, unsigned depth, bool pieces)
{
    while (ber->at < header->end) {
        if (header->indefinite && at_end_mark(ber, header->end)) {
            ber->at += 2;
            return true;
        }
        if (!element_copy(ber, header->end, depth, pieces))
            return false;
    }
    return !header->indefinite;
}

/* One element; a `piece` of a string adds its content alone. */
static bool element_copy(struct ber *ber, size_t limit, unsigned depth, bool piece)
{
    struct header header;
    if (depth >= LIMIT_DER_DEPTH || !header_read(ber, limit, &header))
        return false;
    const bool string = header.tag == DER_OCTET_STRING || header.tag == PIECES;
    if (piece && !string)
        return false;
    if (!(header.tag & CONSTRUCTED)) {
        const struct bytes body = bytes_slice(ber->in, ber->at, header.end - ber->at);
        ber->at = header.end;
        if (piece)
            writer_raw(&ber->out, body);
        else
            writer_put(&ber->out, header.tag, body);
        return true;
    }
    if (!piece)
        writer_open(&ber->out, string ? DER_OCTET_STRING : header.tag);
    const bool good = children_copy(ber, &header, depth + 1, string);
    if (!piece)
        writer_close(&ber->out);
    return good;
}

bool ber_to_der(struct bytes in, struct buf *out)
{
    struct ber ber = {.in = in};
    const bool good = element_copy(&ber, in.n, 0, false);
    if (good)
        buf_add_bytes(out, buf_bytes(&ber.out.out));
    writer_free(&ber.out);
    return good;
}
