# SPDX-License-Identifier: Apache-2.0
"""Messages that no table of ours was made from: newer versions, other tools, wrapped in logs (kept_apart.tsv)."""
from pathlib import Path

from conftest import run_program

TABLE = Path(__file__).resolve().parent / "kept_apart.tsv"


def rows():
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("# "):
            clients, rule, excluded, text = line.split("\t")
            yield clients.split("|"), rule, excluded.removeprefix("!"), text.replace("\\n", "\n").replace("\\t", "\t").replace('\\\\', '\\')


def fault(clients, rule, excluded, text):
    matches = run_program("explain", "-", "--json", input=text.encode()).json["matches"]
    told = [(match["client"], [cause["rule"] for cause in match["causes"]]) for match in matches]
    if not told:
        return "nothing is recognised"
    if told[0][0] not in clients:
        return f"client {told[0][0]}, not {' or '.join(clients)}: {told}"
    if rule not in told[0][1]:
        return f"{rule} is no cause: {told}"
    return f"{excluded} is not excluded: {told}" if excluded in told[0][1] else None


def test_messages_kept_apart():
    """The first match names client and cause, for nine of ten."""
    table = list(rows())
    assert len(table) >= 90
    faults = {text: found for clients, rule, excluded, text in table if (found := fault(clients, rule, excluded, text))}
    print(f"{len(table) - len(faults)} of {len(table)}")
    for text, found in faults.items():
        print(f"- {text[:100]!r}: {found}")
    assert len(faults) * 10 <= len(table), "\n".join(f"{text[:100]!r}: {found}" for text, found in faults.items())
