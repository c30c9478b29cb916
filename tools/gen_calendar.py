#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""gen_calendar.py FOLDER OUTPUT: FOLDER/calendar.tsv as a C table."""
import datetime
import pathlib
import sys

KINDS = ("max-days-ca", "max-days-chrome", "max-days-apple", "client-auth-ends")


def rows(path):
    last = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != 4 or fields[0] not in KINDS or not fields[2].isdigit() or not fields[3]:
            sys.exit(f"{path}:{number}: kind, date, number and source are needed")
        day = (datetime.date.fromisoformat(fields[1]) - datetime.date(1970, 1, 1)).days
        if last.get(fields[0], -1) >= day:
            sys.exit(f"{path}:{number}: the dates of one kind must ascend")
        last[fields[0]] = day
        kind = fields[0].upper().replace("-", "_")
        source = fields[3].replace("\\", "\\\\").replace('"', '\\"')
        yield f'    {{CALENDAR_{kind}, {day}, {fields[2]}, "{source}"}},\n'


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    table = list(rows(pathlib.Path(sys.argv[1]) / "calendar.tsv"))
    pathlib.Path(sys.argv[2]).write_text(
        "/* SPDX-License-Identifier: Apache-2.0 */\n/* Written by tools/gen_calendar.py. Do not edit. */\n"
        '#include "judge/calendar.h"\n\nconst struct calendar_row calendar_rows[] = {\n' + "".join(table) +
        f"}};\nconst size_t calendar_row_count = {len(table)};\n", encoding="utf-8")


if __name__ == "__main__":
    main()
