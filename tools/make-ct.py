#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make-ct.py LOG-LIST OUTPUT: Google's list of Certificate Transparency logs (log_list.json,
version 3) as the table data/ct/logs.tsv. What a column means stands in data/ct/README.md. `certwhy
update-data --ct` makes the same table."""
import base64
import json
import sys

STATES = {"pending", "qualified", "usable", "readonly", "retired", "rejected"}


def rows(data):
    for operator in data["operators"]:
        for kind, key in (("r", "logs"), ("s", "tiled_logs")):
            for log in operator.get(key, []):
                state = next(iter(log.get("state", {})), None)
                if state not in STATES:
                    continue
                interval = log.get("temporal_interval", {})
                yield [base64.b64decode(log["log_id"]).hex(), kind, state, log["state"][state]["timestamp"],
                       interval.get("start_inclusive", "-"), interval.get("end_exclusive", "-"), log["key"],
                       operator["name"], log["description"]]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        data = json.load(file)
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        out.write("# SPDX-License-Identifier: CC0-1.0\n# Written by tools/make-ct.py: facts, see README.md.\n")
        out.write(f"@\t{data['log_list_timestamp']}\tGoogle's log list {data['version']}\n")
        for row in sorted(rows(data)):
            out.write("\t".join(" ".join(field.split()) for field in row) + "\n")


if __name__ == "__main__":
    main()
