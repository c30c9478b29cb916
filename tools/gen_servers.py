#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""gen_servers.py FOLDER OUTPUT: the pages of data/servers as a C table (src/explain/explain.h).

A page is "# Name", perhaps "aliases: other names", two lines that say at three in the morning what is so
and what to do, and the three sections below. Lines are printed as they stand: 120 columns at most."""
import pathlib
import sys

SECTIONS = ["Where it logs", "What it says when a client rejects", "How to make it say more"]
COLUMNS = 120


def quoted(text):
    lines = text.replace("\\", "\\\\").replace('"', '\\"').replace("??", "?\\?").split("\n")
    return '"' + '\\n"\n        "'.join(lines) + '"'


def row(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    aliases = ""
    if not lines or not lines[0].startswith("# "):
        sys.exit(f"{path}:1: '# Name' is missing")
    title, lines = lines[0][2:], lines[1:]
    if lines and lines[0].startswith("aliases: "):
        aliases, lines = lines[0].split(": ", 1)[1], lines[1:]
    found = [line[3:] for line in lines if line.startswith("## ")]
    if found != SECTIONS:
        sys.exit(f"{path}:1: the headings must be: {', '.join(SECTIONS)}")
    for number, line in enumerate(lines):
        if len(line) > COLUMNS:
            sys.exit(f"{path}: '{line}' is longer than {COLUMNS} columns")
        lines[number] = line.removeprefix("## ")
    names = "".join(quoted(alias) + ", " for alias in aliases.split())
    text = "\n".join(lines).replace("`", "").strip("\n")
    return f"    {{{quoted(path.stem)}, {quoted(title)},\n     (const char *const[]){{{names}NULL}},\n        {quoted(text)}}},\n"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    rows = [row(path) for path in sorted(pathlib.Path(sys.argv[1]).glob("*.md"))]
    pathlib.Path(sys.argv[2]).write_text(
        "/* Generated from data/servers: do not edit. */\n#include \"explain/explain.h\"\n\n"
        "const struct server_page server_pages[] = {\n" + "".join(rows) + "};\n"
        f"const size_t server_page_count = {len(rows)};\n", encoding="utf-8")


if __name__ == "__main__":
    main()
