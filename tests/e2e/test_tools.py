# SPDX-License-Identifier: Apache-2.0
"""The checks of `./dev check` find what they are for: each is run on a tree with one planted fault."""
import shutil
import subprocess

import pytest

from conftest import TOP

SPDX = "/* SPDX-License-Identifier: Apache-2.0 */\n"


@pytest.fixture
def tree(tmp_path):
    """A small tree that passes; tree(path, text) plants a file."""
    shutil.copytree(TOP / "tools", tmp_path / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(TOP / ".clang-format", tmp_path)
    for folder in ("include", "tests", "docs", "src/base", "src/judge", "src/observe", "data/rules"):
        (tmp_path / folder).mkdir(parents=True)

    def plant(path, text):
        (tmp_path / path).write_text(text)
        return tmp_path

    plant("src/base/base.h", SPDX + "int base_add(int a, int b);\n")
    plant("src/judge/judge.h", SPDX + '#include "base/base.h"\n')
    plant("src/observe/observe.h", SPDX + '#include "base/base.h"\n')
    return plant


def check(root, tool):
    done = subprocess.run([root / "tools" / tool], cwd=root, capture_output=True, text=True)
    return done.returncode, done.stdout


def test_clean_tree_passes(tree):
    root = tree("src/base/add.c", SPDX + "int base_add(int a, int b)\n{\n    return a + b;\n}\n")
    for tool in ("layers", "sizes", "banned", "format"):
        assert check(root, tool)[0] == 0, (tool, check(root, tool)[1])


@pytest.mark.parametrize("path,include", [
    ("src/base/up.c", '"judge/judge.h"'), ("src/judge/side.c", '"observe/observe.h"'),
    ("src/observe/side.c", '"judge/judge.h"'), ("src/judge/deep.c", '"base/buf.h"'),
    ("src/judge/ssl.c", "<openssl/evp.h>"), ("src/newfolder/x.c", '"base/base.h"')])
def test_wrong_edge(tree, path, include):
    root = tree("src/base/buf.h", SPDX)
    (root / path).parent.mkdir(exist_ok=True)
    status, out = check(tree(path, f"{SPDX}#include {include}\n"), "layers")
    assert status == 1
    assert out.startswith(path + ":"), out


def function(body, parameters="void"):
    return f"{SPDX}int f({parameters})\n{{\n{body}\n}}\n"


@pytest.mark.parametrize("text,what", [
    (function("\n".join(["    x++;"] * 101)), "101 lines"),
    (function("    if (a) {\n        if (b) {\n            if (c) {\n                if (d) {\n"
              "                    if (e)\n                        x++;\n                }\n            }\n"
              "        }\n    }"), "5 levels"),
    (function("    return 0;", "int a, int b, int c, int d, int e, int f, int g"), "7 parameters"),
    (SPDX + "int x;\n" * 701, "702 lines")])
def test_sizes(tree, text, what):
    status, out = check(tree("src/base/big.c", text), "sizes")
    assert status == 1
    assert "src/base/big.c:" in out and what in out


def test_last_error_parameter_does_not_count(tree):
    text = function("    return 0;", "int a, int b, int c, int d, int e, int f, struct error *err")
    assert check(tree("src/base/six.c", text), "sizes")[0] == 0


@pytest.mark.parametrize("line", ["strcpy(a, b);", "x = atoi(s);", 'printf("x");', "exit(1);", "open(p, 0);",
                                  'system("ls");', "#ifdef X", "goto one; goto two;"])
def test_banned_in_the_library(tree, line):
    status, out = check(tree("src/judge/bad.c", function(f"    {line}" if line[0] != "#" else line)), "banned")
    assert status == 1
    assert out.startswith("src/judge/bad.c:")


@pytest.mark.parametrize("line", ['say("strcpy(a)");', "/* exit(1) */", "reader.open(x);", "my_printf(x);"])
def test_not_banned(tree, line):
    status, out = check(tree("src/judge/good.c", function(f"    {line}")), "banned")
    assert status == 0, out


def test_clock_is_banned_in_judge_only(tree):
    text = function("    return time_now();")
    assert check(tree("src/observe/clock.c", text), "banned")[0] == 0
    assert check(tree("src/judge/clock.c", text), "banned")[0] == 1


def test_missing_licence_line(tree):
    assert check(tree("src/base/free.c", "int x;\n"), "banned")[0] == 1


def test_format(tree):
    status, out = check(tree("src/base/ugly.c", SPDX + "int   f(void){return 1;}\n"), "format")
    assert status == 1
    assert out.startswith("src/base/ugly.c:2:")


def test_rule_page_without_its_sections(tree):
    status, out = check(tree("data/rules/chain.x.md", "---\nid: chain.x\n---\n"), "pages")
    assert status == 1
    assert "data/rules/chain.x.md:1: no title:" in out
    assert 'no section "How to fix it"' in out
