#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""gen_rules.py rules|fixes FOLDER OUTPUT: the pages of data/rules or data/fixes as a C table.

A page that breaks its format stops the build with file and line: docs/writing-a-rule.md says what
the format is. Only Python's standard library is used."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SECTIONS = ["What is wrong", "Why clients reject it", "How to fix it", "What not to do",
            "What it risks"]
RULE_KEYS = ["id", "title", "severity", "facts", "references", "summary", "detail", "not_this",
             "verify", "file_verify", "no_fix", "minded_by", "aliases"]
RULE_NEEDED = ["id", "title", "severity", "references", "summary", "detail", "not_this"]
FIX_KEYS = ["id", "who", "summary", "part"]


class PageError(Exception):
    pass


def fail(path, line, text):
    raise PageError(f"{path}:{line}: {text}")


def front_matter(path, lines, known):
    """{key: text} of the lines between the two '---'; indented lines continue the one above."""
    if not lines or lines[0] != "---":
        fail(path, 1, "the page does not start with a line of three dashes")
    values, key = {}, None
    for number, line in enumerate(lines[1:], 2):
        if line == "---":
            return values, number
        match = re.fullmatch(r"([a-z_]+)(\[[a-z0-9-]+\])?:(?: (.*))?", line)
        if match:
            key = match[1] + (match[2] or "")
            if match[1] not in known or match[2] and match[1] not in ("summary", "detail"):
                fail(path, number, f"'{key}' is not a key of the front matter")
            if key in values:
                fail(path, number, f"'{key}' occurs twice")
            values[key] = (match[3] or "").strip()
        elif line.startswith("  ") and key:
            values[key] = (values[key] + " " + line.strip()).strip()
        else:
            fail(path, number, "neither 'key: value' nor an indented continuation")
    fail(path, len(lines), "the front matter has no end")


def sections(path, lines, start):
    """[(title, line number, text)] of the part after the front matter."""
    found = []
    for number, line in enumerate(lines[start:], start + 1):
        if line.startswith("## "):
            found.append((line[3:].strip(), number, []))
        elif found:
            found[-1][2].append(line)
        elif line.strip():
            fail(path, number, "text before the first '## ' heading")
    return [(title, number, "\n".join(text).strip("\n")) for title, number, text in found]


def read_page(path, known):
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    values, end = front_matter(path, lines, known)
    if values.get("id") != path.stem:
        fail(path, 2, f"the id must be the file's name, '{path.stem}'")
    return values, sections(path, lines, end)


def template_keys(path, text):
    """The {keys} of a template, read as src/explain/template.c does; stops at unbalanced braces."""
    keys, at, depth = [], 0, 0
    while at < len(text):
        word = re.compile(r"\{\?(\w+):|\{(\w+)\}").match(text, at)
        if text.startswith("{{", at) or text.startswith("}}", at) and depth < 1:
            at += 2
        elif word:
            keys.append(word[1] or word[2])
            depth += 1 if word[1] else 0
            at = word.end()
        else:
            if text[at] == "{" or text[at] == "}" and depth == 0:
                fail(path, 1, f"unbalanced braces in '{text}'")
            depth -= text[at] == "}"
            at += 1
    if depth:
        fail(path, 1, f"a section is not closed in '{text}'")
    return keys


def string(text):
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("??", "?\\?")
    return '"' + '"\n        "'.join(escaped.split("\n")).replace('"\n', '\\n"\n') + '"'


def defined(path, macro):
    """The first argument of each MACRO(...) row of a .def file."""
    return set(re.findall(rf"^{macro}\((\w+)", path.read_text(), re.M))


def rule_check(path, values, parts, evidence, facts):
    for key in RULE_NEEDED:
        if not values.get(key):
            fail(path, 1, f"'{key}' is missing")
    if values["severity"] not in ("error", "warning", "notice"):
        fail(path, 1, "severity is error, warning or notice")
    if [title for title, _, _ in parts] != SECTIONS:
        fail(path, 1, "the headings must be: " + ", ".join(SECTIONS))
    for title, number, text in parts:
        if len(text) < 40:
            fail(path, number, f"'{title}' says too little")
    for fact in values.get("facts", "").split():
        if fact.replace("-", "_").upper() not in facts:
            fail(path, 1, f"there is no fact or file fault '{fact}'")
    for key, text in values.items():
        if key.split("[")[0] in ("summary", "detail", "verify", "file_verify", "not_this"):
            for used in template_keys(path, text):
                if used[0].lower() + used[1:] not in evidence:
                    fail(path, 1, f"{{{used}}} is not in src/explain/evidence.def")


def rule_row(values, parts):
    cases = sorted({match[1] for key in values if (match := re.search(r"\[(.*)\]", key))})
    variants = "".join(
        f"{{{string(case)}, {string(values.get(f'summary[{case}]', values['summary']))}, "
        f"{string(values.get(f'detail[{case}]', values['detail']))}}}, " for case in cases)
    aliases = "".join(string(alias) + ", " for alias in values.get("aliases", "").split())
    fields = {key: string(values.get(key, "")) for key in
              ["id", "title", "references", "summary", "detail", "not_this", "verify",
               "file_verify", "no_fix", "minded_by"]}
    fields["severity"] = "SEVERITY_" + values["severity"].upper()
    fields |= {name: string(text) for name, (_, _, text) in
               zip(["wrong", "why", "fix", "not_do", "risks"], parts)}
    fields["aliases"] = f"(const char *const[]){{{aliases}NULL}}"
    fields["variants"] = f"(const struct rule_variant[]){{{variants}{{NULL, NULL, NULL}}}}"
    return "    {\n" + "".join(f"        .{k} = {v},\n" for k, v in fields.items()) + "    },\n"


def rules(folder):
    evidence = defined(ROOT / "src/explain/evidence.def", "EVIDENCE")
    facts = defined(ROOT / "src/judge/facts.def", "FACT")
    facts |= defined(ROOT / "src/container/faults.def", "FILE_FAULT")
    rows = ""
    for path in sorted(folder.glob("*.md"), key=lambda page: page.stem):
        values, parts = read_page(path, RULE_KEYS)
        rule_check(path, values, parts, evidence, facts)
        rows += rule_row(values, parts)
    return ('#include "explain/internal.h"\n\n'
            "const struct rule rule_rows[] = {\n" + rows + "};\n"
            "const size_t rule_row_count = sizeof rule_rows / sizeof rule_rows[0];\n")


def fix_row(path, values, parts):
    for key in ["id", "who", "summary"]:
        if not values.get(key):
            fail(path, 1, f"'{key}' is missing")
    if values["who"] not in ("server", "client", "ca"):
        fail(path, 1, "who is server, client or ca")
    texts = {title: text for title, _, text in parts}
    if set(texts) - {"Commands", "Caveat"}:
        fail(path, 1, "the headings of a fix are Commands and Caveat")
    commands = [line[4:] for line in texts.get("Commands", "").split("\n")
                if line.startswith("    ")]
    caveat = " ".join(texts.get("Caveat", "").split())
    for text in [values["summary"], values.get("part", ""), caveat, *commands]:
        template_keys(path, text)
    fields = {"id": string(values["id"]), "who": "FIX_" + values["who"].upper(),
              "summary": string(values["summary"]), "part": string(values.get("part", "")),
              "commands": "(const char *const[]){" + "".join(string(c) + ", " for c in commands)
                          + "NULL}",
              "caveat": string(caveat)}
    return "    {\n" + "".join(f"        .{k} = {v},\n" for k, v in fields.items()) + "    },\n"


def fixes(folder):
    rows = ""
    for path in sorted(folder.glob("*.md"), key=lambda page: page.stem):
        if path.name != "README.md":
            rows += fix_row(path, *read_page(path, FIX_KEYS))
    return ('#include "repair/fix_text.h"\n\n'
            "const struct fix_text fix_text_table[] = {\n" + rows + "};\n"
            "const size_t fix_text_count = sizeof fix_text_table / sizeof fix_text_table[0];\n")


def main():
    if len(sys.argv) != 4 or sys.argv[1] not in ("rules", "fixes"):
        sys.exit(__doc__)
    try:
        table = (rules if sys.argv[1] == "rules" else fixes)(pathlib.Path(sys.argv[2]))
    except PageError as error:
        sys.exit(str(error))
    pathlib.Path(sys.argv[3]).write_text(
        "/* SPDX-License-Identifier: Apache-2.0 */\n"
        "/* Written by tools/gen_rules.py. Do not edit. */\n" + table, encoding="utf-8")


if __name__ == "__main__":
    main()
