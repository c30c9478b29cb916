#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""gen_ct.py FOLDER OUTPUT: FOLDER/logs.tsv as one C string, which is read when a certificate of a
public CA is first judged, by what reads the newer table of `certwhy update-data`."""
import pathlib
import sys


def string(line):
    text = line.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("??", "?\\?")
    return f'    "{text}\\n"'


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    lines = (pathlib.Path(sys.argv[1]) / "logs.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line and not line.startswith("#")]
    if not rows or not rows[0].startswith("@\t") or any(len(row.split("\t")) != 9 for row in rows[1:]):
        sys.exit("logs.tsv: a line that begins with @, and rows of nine columns are needed")
    pathlib.Path(sys.argv[2]).write_text(
        "/* SPDX-License-Identifier: Apache-2.0 */\n/* Written by tools/gen_ct.py. Do not edit. */\n"
        '#include "trust/trust.h"\n\nconst char ct_logs_text[] =\n' + "\n".join(map(string, rows)) + ";\n",
        encoding="utf-8")


if __name__ == "__main__":
    main()
