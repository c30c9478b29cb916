#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""gen_caa.py FOLDER OUTPUT: FOLDER/issuers.tsv as a C table."""
import pathlib
import re
import sys

DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


def rows(path):
    seen = set()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != 3 or not all(fields) or not all(map(DOMAIN.fullmatch, fields[1].split(" "))):
            sys.exit(f"{path}:{number}: organisation, identifiers and source are needed")
        if fields[0].lower() in seen:
            sys.exit(f"{path}:{number}: {fields[0]} stands there already")
        seen.add(fields[0].lower())
        organization = fields[0].replace("\\", "\\\\").replace('"', '\\"')
        yield f'    {{"{organization}", "{fields[1]}"}},\n'


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    table = list(rows(pathlib.Path(sys.argv[1]) / "issuers.tsv"))
    pathlib.Path(sys.argv[2]).write_text(
        "/* SPDX-License-Identifier: Apache-2.0 */\n/* Written by tools/gen_caa.py. Do not edit. */\n"
        '#include "judge/caa.h"\n\nconst struct caa_issuer_row caa_issuer_rows[] = {\n' + "".join(table) +
        f"}};\nconst size_t caa_issuer_row_count = {len(table)};\n", encoding="utf-8")


if __name__ == "__main__":
    main()
