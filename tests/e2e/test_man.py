# SPDX-License-Identifier: Apache-2.0
"""The manual page and --help speak of the same commands and options."""
import re

import pytest

from conftest import TOP

PAGE = (TOP / "man" / "certwhy.1.scd").read_text()


def help_of(certwhy, *words):
    run = certwhy(*words, "--help")
    assert run.status == 0, run
    assert run.err == b""
    return run.text


def commands(text):
    """The rows of the list of commands: two spaces, a word, two or more spaces."""
    return set(re.findall(r"^  ([a-z-]+) {2,}\S", text, re.M))


def options(text):
    return set(re.findall(r"(?<![\w-])(--[a-z0-9][a-z0-9-]*)", text))


def test_every_command_is_in_the_manual(certwhy):
    names = commands(help_of(certwhy)) - {"certwhy"}
    assert {"check", "lab", "explain", "clients"} <= names
    for name in names:
        assert re.search(rf"^\*[^\n]*\b{name}\b", PAGE, re.M), f"{name} is not in man/certwhy.1.scd"


def test_every_option_of_check_is_in_the_manual(certwhy):
    offered = options(help_of(certwhy, "check")) - {"--help"}
    assert len(offered) > 10
    assert offered - options(PAGE) == set()


def test_the_manual_promises_no_option_that_check_has_not(certwhy):
    section = PAGE[PAGE.index("# OPTIONS OF CHECK"):PAGE.index("# EXIT STATUS")]
    for option in options(section):
        run = certwhy("check", option)
        assert b"nknown option" not in run.err and b"no option" not in run.err, run


@pytest.mark.parametrize("command", ["check", "lab", "explain", "clients"])
def test_help_teaches_with_examples(certwhy, command):
    assert f"certwhy {command}" in help_of(certwhy, command)


def test_a_mistake_is_answered_with_the_nearest_word(certwhy):
    for words, expected in ((["chekc"], b"check"), (["check", "x", "--nmae", "y"], b"--name")):
        run = certwhy(*words)
        assert run.status == 2
        assert expected in run.err
