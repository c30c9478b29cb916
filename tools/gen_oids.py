#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes src/asn1/oid_table.h from src/asn1/oids.def: the DER content octets of every OID and a
perfect hash over them. Run it after each change of oids.def; tests/unit/test_oid.c notices when
that was forgotten."""
import pathlib
import random
import re

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "src" / "asn1"
SLOT_BITS = 10
MASK = (1 << 64) - 1


def encode(text):
    first, second, *rest = [int(arc) for arc in text.split(".")]
    out = bytearray()
    for arc in [first * 40 + second] + rest:
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(arc & 0x7F | 0x80)
        out += bytes(reversed(septets))
    return bytes(out)


def key(body):
    """The last eight octets as a big-endian number, and the length: as in oid_slot()."""
    return (int.from_bytes(body[-8:], "big") + len(body)) & MASK


def find_multiplier(keys):
    chance = random.Random(1)
    while True:
        multiplier = chance.getrandbits(64) | 1
        if len({(k * multiplier & MASK) >> (64 - SLOT_BITS) for k in keys}) == len(keys):
            return multiplier


def rows(items, per_line):
    return "\n".join("    " + " ".join(items[i : i + per_line]) for i in range(0, len(items), per_line))


def main():
    source = (FOLDER / "oids.def").read_text()
    oids = re.findall(r'^OID\((\w+), "([\d.]+)", ".*"\)$', source, re.M)
    bodies = [encode(text) for _, text in oids]
    assert len(set(bodies)) == len(bodies), "an OID is listed twice"
    multiplier = find_multiplier([key(b) for b in bodies])
    slots = [0] * (1 << SLOT_BITS)
    for number, body in enumerate(bodies, 1):
        slots[(key(body) * multiplier & MASK) >> (64 - SLOT_BITS)] = number
    longest = max(len(b) for b in bodies)
    lines = [f'    [OID_{name}] = {{{len(b)}, {{{", ".join(f"0x{o:02x}" for o in b)}}}}},'
             for (name, _), b in zip(oids, bodies)]
    (FOLDER / "oid_table.h").write_text(f"""\
/* SPDX-License-Identifier: Apache-2.0 */
/* Written by tools/gen_oids.py from oids.def. Do not edit. */
/* clang-format off */
#define OID_LONGEST {longest}
#define OID_SLOT_BITS {SLOT_BITS}
#define OID_MULTIPLIER UINT64_C(0x{multiplier:016x})

static const struct {{
    uint8_t n;
    uint8_t body[OID_LONGEST];
}} oid_table[OID_COUNT] = {{
{chr(10).join(lines)}
}};

/* enum oid by oid_slot(): no two OIDs of the table share a slot. */
static const uint8_t oid_slots[1 << OID_SLOT_BITS] = {{
{rows([f"{s}," for s in slots], 24)}
}};
/* clang-format on */
""")


if __name__ == "__main__":
    main()
