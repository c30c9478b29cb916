#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""gen_roots.py FOLDER OUTPUT: FOLDER/roots.tsv as C tables without a single pointer, so that the
loader has nothing to relocate and only the pages that are looked at are ever read."""
import datetime
import pathlib
import re
import sys

LETTERS = "mcawjd"  # the order of enum programme
EPOCH = datetime.date(1970, 1, 1)


def day(text):
    return (datetime.date.fromisoformat(text) - EPOCH).days


def octets(text):
    return "{" + ", ".join(f"0x{octet:02x}" for octet in bytes.fromhex(text)) + "}"


def string(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("??", "?\\?") + '"'


def root_row(fields, offset):
    digest, subject, before, after, programmes, until, _ = fields
    bits = 0 if programmes == "-" else sum(1 << LETTERS.index(letter) for letter in programmes)
    days = [0] * len(LETTERS)
    for item in [] if until == "-" else until.split(","):
        days[LETTERS.index(item[0])] = day(item[2:])
    return (f"    {{{octets(digest)},\n     {octets(subject)},\n     {{{', '.join(map(str, days))}}}, {day(before)}, "
            f"{day(after)}, {offset}, {bits}}},\n")


def tables(path):
    programmes, roots, names, offset = {}, [], [], 0
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        fields = line.split("\t")
        if line.startswith("#"):
            continue
        if line.startswith("@") and len(fields) == 4:
            programmes[fields[0][1:]] = fields
        elif len(fields) == 7 and re.fullmatch("[0-9a-f]{64}", fields[0]):
            roots.append((fields, offset))
            names.append(string(fields[6] + "\0").replace("\0", "\\0"))
            offset += len(fields[6].encode()) + 1
        else:
            sys.exit(f"{path}:{number}: neither a programme nor a root")
    if list(programmes) != list(LETTERS) or [r[0][0] for r in roots] != sorted({r[0][0] for r in roots}):
        sys.exit(f"{path}: the programmes must be {LETTERS}, and the roots sorted, each once")
    return programmes, roots, names


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    programmes, roots, names = tables(pathlib.Path(sys.argv[1]) / "roots.tsv")
    by_subject = sorted(range(len(roots)), key=lambda i: (roots[i][0][1], i))
    pathlib.Path(sys.argv[2]).write_text(
        "/* SPDX-License-Identifier: Apache-2.0 */\n"
        "/* Written by tools/gen_roots.py. Do not edit. */\n"
        '#include "trust/facts.h"\n\n'
        "const struct programme_row programme_rows[] = {\n"
        + "".join(f"    {{{string(p[1])}, {string(p[3])}, {day(p[2])}}},\n" for p in programmes.values())
        + "};\n\nconst struct root_fact root_facts[] = {\n"
        + "".join(root_row(*root) for root in roots)
        + "};\n"
        f"const size_t root_fact_total = {len(roots)};\n\n"
        "const uint16_t root_facts_by_subject[] = {\n    "
        + ", ".join(map(str, by_subject)) + "};\n\n"
        "const char root_fact_names[] =\n    " + "\n    ".join(names) + ";\n", encoding="utf-8")


if __name__ == "__main__":
    main()
