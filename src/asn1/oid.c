/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "asn1.h"
#include "oid_table.h"

_Static_assert(OID_COUNT <= UINT8_MAX, "oid_slots[] holds octets");

static const char *const oid_names[OID_COUNT] = {
    [OID_UNKNOWN] = "",
#define OID(id, text, name) [OID_##id] = name,
#include "oids.def"
#undef OID
};

/** The perfect hash that tools/gen_oids.py found: the last eight octets and the length. */
static size_t oid_slot(struct bytes body)
{
    uint64_t key = 0;
    for (size_t i = body.n > 8 ? body.n - 8 : 0; i < body.n; i++)
        key = key << 8 | body.p[i];
    return (size_t)((key + body.n) * OID_MULTIPLIER >> (64 - OID_SLOT_BITS));
}

enum oid oid_of(struct bytes body)
{
    if (body.n == 0 || body.n > OID_LONGEST)
        return OID_UNKNOWN;
    const enum oid oid = (enum oid)oid_slots[oid_slot(body)];
    return oid_table[oid].n == body.n && memcmp(oid_table[oid].body, body.p, body.n) == 0
               ? oid
               : OID_UNKNOWN;
}

const char *oid_name(enum oid oid)
{
    return (unsigned)oid < OID_COUNT ? oid_names[oid] : "";
}

struct bytes oid_der(enum oid oid)
{
    if ((unsigned)oid >= OID_COUNT)
        return bytes_of(NULL, 0);
    return bytes_of(oid_table[oid].body, oid_table[oid].n);
}

enum {
    OID_TEXT_OCTETS = 128, /* longer content is shown as "invalid": real ones stay below 30 */
    ARC_DIGITS = 300,      /* decimal digits of an arc of that many octets */
};

/** One arc in decimal, least digit first: arcs may have 128 bits and more (2.25.UUID). */
struct arc {
    uint8_t digit[ARC_DIGITS];
    size_t n;
};

/** arc = arc * 128 + septet */
static void arc_shift_in(struct arc *arc, unsigned septet)
{
    unsigned carry = septet;
    for (size_t i = 0; i < arc->n; i++) {
        carry += arc->digit[i] * 128U;
        arc->digit[i] = (uint8_t)(carry % 10);
        carry /= 10;
    }
    for (; carry > 0 && arc->n < ARC_DIGITS; carry /= 10)
        arc->digit[arc->n++] = (uint8_t)(carry % 10);
}

static void arc_append(struct buf *text, const struct arc *arc)
{
    buf_add_byte(text, '.');
    if (arc->n == 0)
        buf_add_byte(text, '0');
    for (size_t i = arc->n; i > 0; i--)
        buf_add_byte(text, (uint8_t)('0' + arc->digit[i - 1]));
}

/** Octets of the first subidentifier of body; 0 when it is none (X.690 8.19.2). */
static size_t subidentifier_octets(struct bytes body)
{
    if (body.n == 0 || body.p[0] == 0x80)
        return 0;
    for (size_t i = 0; i < body.n; i++) {
        if ((body.p[i] & 0x80) == 0)
            return i + 1;
    }
    return 0;
}

bool oid_is_well_formed(struct bytes body)
{
    bool first = true;
    for (size_t i = 0; i < body.n; i++) {
        if (first && body.p[i] == 0x80)
            return false;
        first = (body.p[i] & 0x80) == 0;
    }
    return body.n > 0 && first;
}

/** The first subidentifier holds two arcs (X.690 8.19.4). */
static bool append_first_arcs(struct buf *text, struct bytes body, size_t octets)
{
    if (octets > 9) /* above 63 bits: nobody has such a second arc */
        return false;
    uint64_t value = 0;
    for (size_t i = 0; i < octets; i++)
        value = value << 7 | (body.p[i] & 0x7f);
    const unsigned first = value < 40 ? 0 : value < 80 ? 1 : 2;
    buf_printf(text, "%u.%llu", first, (unsigned long long)(value - first * 40));
    return true;
}

static bool append_oid(struct buf *text, struct bytes body)
{
    if (body.n > OID_TEXT_OCTETS)
        return false;
    size_t octets = subidentifier_octets(body);
    if (octets == 0 || !append_first_arcs(text, body, octets))
        return false;
    for (body = bytes_slice(body, octets, body.n); body.n > 0;
         body = bytes_slice(body, octets, body.n)) {
        octets = subidentifier_octets(body);
        if (octets == 0)
            return false;
        struct arc arc = {.n = 0};
        for (size_t i = 0; i < octets; i++)
            arc_shift_in(&arc, body.p[i] & 0x7f);
        arc_append(text, &arc);
    }
    return true;
}

char *oid_text(struct arena *arena, struct bytes body)
{
    BUF_CLEANUP text = {0};
    if (!append_oid(&text, body))
        return arena_strdup(arena, "invalid");
    return arena_strdup(arena, buf_cstr(&text));
}

/** "113549" off the front of *text, and the dot behind it; without leading zeros. */
static bool take_arc(const char **text, uint64_t *arc)
{
    const char *p = *text;
    if (*p < '0' || *p > '9' || (p[0] == '0' && p[1] >= '0' && p[1] <= '9'))
        return false;
    for (*arc = 0; *p >= '0' && *p <= '9'; p++) {
        if (*arc > (UINT64_MAX - 9) / 10)
            return false;
        *arc = *arc * 10 + (uint64_t)(*p - '0');
    }
    if (*p == '.' && p[1] == '\0')
        return false;
    *text = *p == '.' ? p + 1 : p;
    return *p == '.' || *p == '\0';
}

static void append_subidentifier(struct buf *out, uint64_t value)
{
    unsigned shift = 0;
    while (shift < 63 && value >> (shift + 7) != 0)
        shift += 7;
    for (; shift > 0; shift -= 7)
        buf_add_byte(out, (uint8_t)(0x80 | ((value >> shift) & 0x7f)));
    buf_add_byte(out, (uint8_t)(value & 0x7f));
}

bool oid_from_text(const char *text, struct buf *out)
{
    uint64_t first, second;
    if (!take_arc(&text, &first) || *text == '\0' || !take_arc(&text, &second))
        return false;
    if (first > 2 || (first < 2 && second > 39) || second > UINT64_MAX - 80)
        return false;
    BUF_CLEANUP body = {0};
    append_subidentifier(&body, first * 40 + second);
    while (*text != '\0') {
        uint64_t arc;
        if (body.n > OID_TEXT_OCTETS || !take_arc(&text, &arc))
            return false;
        append_subidentifier(&body, arc);
    }
    buf_add_bytes(out, buf_bytes(&body));
    return true;
}
