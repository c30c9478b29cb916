# SPDX-License-Identifier: Apache-2.0
"""What the checks know of C: enough, because clang-format fixes how it looks."""
import re
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
NOISE = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def files(*patterns, below=("src", "include", "tests", "docs")):
    """The C files of the tree, without build directories and fuzz seeds."""
    for folder in below:
        for pattern in patterns or ("*.c", "*.h"):
            yield from sorted((TOP / folder).rglob(pattern))


def relative(path):
    return str(path.relative_to(TOP))


def blank(text):
    """The text with comments, strings and characters blanked, every offset and line kept."""
    def hide(match):
        found = match.group()
        if found[0] in "\"'":
            return found[0] + re.sub(r"[^\n]", " ", found[1:-1]) + found[-1]
        return re.sub(r"[^\n]", " ", found)
    return NOISE.sub(hide, text)


class Function:
    """A function definition: its name, first line, parameter count and body lines."""

    def __init__(self, name, line, parameters, body):
        self.name, self.line, self.parameters, self.body = name, line, parameters, body

    @property
    def length(self):
        return len(self.body)

    @property
    def nesting(self):
        """Levels of control statements: their indentation, which clang-format guarantees."""
        deepest = 0
        for line in self.body:
            found = re.match(r"( +)(?:\} )?(?:if|for|while|switch|do|else)\b", line)
            if found:
                deepest = max(deepest, len(found.group(1)) // 4)
        return deepest


def parameter_count(signature):
    """How many parameters, the struct error * that comes last aside: every call has it."""
    depth, inner = 0, ""
    for c in signature[signature.index("("):]:
        depth += (c == "(") - (c == ")")
        if depth == 0:
            break
        inner += ";" if c == "," and depth == 1 else c
    words = [word.strip() for word in inner[1:].split(";")]
    if words in ([""], ["void"]):
        return 0
    return len(words) - words[-1].startswith("struct error *")


def functions(text):
    """Each function definition: "{" and "}" alone in column 0 are its bounds."""
    lines = blank(text).split("\n")
    start = None
    for i, line in enumerate(lines):
        if line == "{":
            start = i
        elif line == "}" and start is not None:
            first = start - 1
            while first > 0 and lines[first][:1] in (" ", "\t"):
                first -= 1
            signature = " ".join(lines[first:start])
            name = re.search(r"(\w+)\s*\(", signature)
            if name:
                cut = signature[name.start():]
                yield Function(name.group(1), first + 1, parameter_count(cut), lines[start + 1:i])
            start = None


def table_lines(text):
    """How many lines belong to tables: initialisers at file scope."""
    count, inside = 0, False
    for line in text.split("\n"):
        if not inside and re.match(r"[a-z].*= *\{$|#define .*\\$", line):
            inside = True
        count += inside
        if inside and re.match(r"\};?$", line):
            inside = False
        if inside and line.startswith("#define") is False and line and not line[0] in " }\t#/" \
                and not re.match(r"[a-z].*= *\{$", line):
            inside = False
    return count
