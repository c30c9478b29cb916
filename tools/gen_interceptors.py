#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""gen_interceptors.py FOLDER OUTPUT: FOLDER/products.tsv as a C table."""
import pathlib
import re
import sys

PATTERN = re.compile(r"(CN|O|OU)([=~])(\S.*\S)")


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def rows(path):
    last = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("#"):
            continue
        fields = line.split("\t")
        patterns = [PATTERN.fullmatch(each) for each in fields[1].split("|")] if len(fields) == 3 else [None]
        if not all(fields) or not all(patterns):
            sys.exit(f"{path}:{number}: product, patterns (CN=…|O~…) and source are needed")
        if fields[0].lower() <= last:
            sys.exit(f"{path}:{number}: the products must ascend")
        last = fields[0].lower()
        for attribute, how, text in (each.groups() for each in patterns):
            yield f'    {{{quoted(fields[0])}, OID_{dict(CN="CN", O="ORGANIZATION", OU="ORGANIZATIONAL_UNIT")[attribute]}, ' \
                  f'{"true" if how == "=" else "false"}, {quoted(text)}}},\n'


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    table = list(rows(pathlib.Path(sys.argv[1]) / "products.tsv"))
    pathlib.Path(sys.argv[2]).write_text(
        "/* SPDX-License-Identifier: Apache-2.0 */\n/* Written by tools/gen_interceptors.py. Do not edit. */\n"
        '#include "judge/interceptor.h"\n\nconst struct interceptor_row interceptor_rows[] = {\n' + "".join(table) +
        f"}};\nconst size_t interceptor_row_count = {len(table)};\n", encoding="utf-8")


if __name__ == "__main__":
    main()
