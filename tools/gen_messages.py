#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""gen_messages.py FOLDER OUTPUT: what clients say (data/messages/CLIENT.tsv) as C tables.

One file for each client: lines "# key<TAB>value" with client, profile (for --client), speaks (the
files of the libraries whose words it repeats), never (what people do instead) and debug (how to make
it say more); then one message a line: pattern, causes (rule ids, most likely first; "-" when it tells
no cause; "?" when by itself it is no sign of TLS at all), and optionally what it tells. In a pattern
<anything> stands for text that varies, and a leading "=" for a word that must stand there exactly."""
import pathlib
import re
import sys

KEYS = ["client", "profile", "speaks", "never", "debug"]


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def read(path, fail):
    keys, rows = {}, []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        cells = line.split("\t")
        if line.startswith("# "):
            key = cells[0][2:]
            if len(cells) != 2 or key not in KEYS or key in keys:
                fail(f"{path}:{number}: '# key<TAB>value' with one of {', '.join(KEYS)}, once each")
            keys[key] = cells[1]
        elif line:
            if len(cells) not in (2, 3) or not all(cells):
                fail(f"{path}:{number}: a pattern, its causes and perhaps what it tells are needed")
            if not re.fullmatch(r"-|\?|[a-z.-]+\.[a-z0-9-]+( [a-z]+\.[a-z0-9-]+)*", cells[1]):
                fail(f"{path}:{number}: '{cells[1]}' is no list of rules, '-' or '?'")
            if len(re.sub(r"<[^<>]*>|[^A-Za-z0-9]", "", cells[0])) < 4:
                fail(f"{path}:{number}: a pattern of fewer than four letters and digits")
            rows.append([*cells, ""][:3])
    if "client" not in keys:
        fail(f"{path}:1: who says it? '# client<TAB>NAME' is missing")
    return keys, rows


def main():
    def fail(text):
        sys.exit(text)

    folder, output = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    files = sorted(folder.glob("*.tsv"))
    names = [file.stem for file in files]
    clients, messages = [], []
    for index, file in enumerate(files):
        keys, rows = read(file, fail)
        for spoken in keys.get("speaks", "").split():
            if spoken not in names:
                fail(f"{file}:1: speaks '{spoken}', which is no file of {folder}")
        mask = sum(1 << names.index(s) for s in keys.get("speaks", "").split())
        words = ", ".join(f"{mask >> 64 * i & 2**64 - 1:#x}" for i in range(2))
        clients.append(f"    {{{quoted(file.stem)}, {quoted(keys['client'])}, "
                       f"{quoted(keys.get('profile', ''))}, {quoted(keys.get('never', ''))}, "
                       f"{quoted(keys.get('debug', ''))}, {{{words}}}}},")
        messages += [f"    {{{index}, {quoted(p)}, {quoted(c)}, {quoted(t)}, false}}," for p, c, t in rows]
    output.write_text("\n".join([
        "/* Generated from data/messages: do not edit. */", '#include "explain/messages.h"', "",
        "const struct message_client message_clients[] = {", *clients, "};",
        f"const size_t message_client_count = {len(clients)};", "",
        "const struct message_row message_rows[] = {", *messages, "};",
        f"const size_t message_row_count = {len(messages)};", ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
