# SPDX-License-Identifier: Apache-2.0
"""tools/gen_rules.py: a page that breaks its format stops the build and says where."""
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent.parent
GOOD = (TOP / "data" / "rules" / "validity.expired.md").read_text()


def generate(tmp_path, text, name="validity.expired.md", kind="rules"):
    pages = tmp_path / "pages"
    pages.mkdir(exist_ok=True)
    (pages / name).write_text(text)
    return subprocess.run([sys.executable, TOP / "tools" / "gen_rules.py", kind, pages, tmp_path / "out.c"],
                          capture_output=True, text=True)


def test_a_good_page_becomes_a_row(tmp_path):
    done = generate(tmp_path, GOOD)
    assert done.returncode == 0, done.stderr
    table = (tmp_path / "out.c").read_text()
    assert '.id = "validity.expired"' in table and ".severity = SEVERITY_ERROR" in table


@pytest.mark.parametrize("old, new, said", [
    ("id: validity.expired", "id: validity.other", "the id must be the file's name"),
    ("severity: error", "severity: fatal", "error, warning or notice"),
    ("{ago}", "{aggo}", "{aggo} is not in src/explain/evidence.def"),
    ("{ago}", "{ago", "unbalanced braces"),
    ("{ago}", "{?ago:x", "a section is not closed"),
    ("facts: expired", "facts: no-such-fact", "there is no fact"),
    ("## What it risks", "## Risks", "the headings must be"),
    ("not_this:", "not-this:", "neither 'key: value'"),
    ("not_this:", "advice:", "not a key of the front matter"),
])
def test_a_broken_page_is_named(tmp_path, old, new, said):
    assert old in GOOD
    done = generate(tmp_path, GOOD.replace(old, new, 1))
    assert done.returncode != 0
    assert "validity.expired.md:" in done.stderr and said in done.stderr


def test_quotes_and_backslashes_survive(tmp_path):
    page = "---\nid: server.x\nwho: server\nsummary: say \"a\\b\" ??=\n---\n\n## Commands\n\n    awk '{{print}}' {file}\n"
    done = generate(tmp_path, page, "server.x.md", "fixes")
    assert done.returncode == 0, done.stderr
    assert r'.summary = "say \"a\\b\" ?\?="' in (tmp_path / "out.c").read_text()
