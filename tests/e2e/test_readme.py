# SPDX-License-Identifier: Apache-2.0
"""Every command of the README is run, and prints what the README shows."""
import re
import shlex
import subprocess

import pytest

from conftest import PROGRAM, TOP

README = (TOP / "README.md").read_text()
# What differs from run to run: ports, times, durations.
VARIES = [(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"), (r"\b\d{4}-\d\d-\d\d\b", "DATE"),
          (r"\b\d+ (?:days|weeks|months|years)\b", "DURATION"), (r"[ ]+", " ")]
# The tests do not run themselves; that ./dev test works is what you are reading the result of.
SELF = {"./dev test"}


def blocks():
    """[(command, shown output)] of each fenced console block, in order."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```", README, re.M | re.S):
        for part in re.split(r"^(?=\$ )", block, flags=re.M):
            if part.strip():
                command, _, output = part.removeprefix("$ ").partition("\n")
                found.append((command.split("  #")[0].strip(), output.strip("\n")))
    return found


def masked(text):
    for pattern, replacement in VARIES:
        text = re.sub(pattern, replacement, text)
    return [line.rstrip() for line in text.strip("\n").splitlines()]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder that looks like the checkout, where the README's commands may leave files."""
    where = tmp_path_factory.mktemp("readme")
    (where / "build").symlink_to(PROGRAM.parent)
    (where / "tests").symlink_to(TOP / "tests")
    dev = where / "dev"
    dev.write_text(f"#!/bin/sh\nexec {shlex.quote(str(TOP / 'dev'))} \"$@\"\n")
    dev.chmod(0o755)
    return where


def test_there_are_commands():
    assert "./dev demo" in [command for command, _ in blocks()]
    assert "./dev test" in [command for command, _ in blocks()]


def test_readme_commands(place):
    """In one order, because later ones use what earlier ones wrote."""
    for command, output in blocks():
        if command in SELF:
            assert command.split()[1] in subprocess.run([place / "dev"], capture_output=True, text=True).stdout
            continue
        done = subprocess.run(["/bin/sh", "-c", command], cwd=place, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=300)
        assert done.returncode in (0, 1), f"{command}\n{done.stdout}{done.stderr}"
        if output:
            assert masked(done.stdout) == masked(output), command
        else:
            assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (TOP / target).exists(), target
