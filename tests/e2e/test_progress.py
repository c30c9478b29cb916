# SPDX-License-Identifier: Apache-2.0
"""Progress on a terminal: what is waited for after a second, erased before anything else; nothing elsewhere."""
import os
import pty
import re
import select
import subprocess
import time

import pytest

import tls_wire
from conftest import PROGRAM
from tls_wire import serving


def silent(connection):
    tls_wire.hello_read(connection)
    time.sleep(30)


def run_on_terminal(*arguments):
    """certwhy with standard error on a terminal of its own; returns stdout, what the terminal got, exit status."""
    outer, inner = pty.openpty()
    child = subprocess.Popen([PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=inner, stdin=subprocess.DEVNULL)
    os.close(inner)
    seen = b""
    while select.select([outer], [], [], 30)[0]:
        try:
            part = os.read(outer, 65536)
        except OSError:  # the last writer is gone
            break
        if not part:
            break
        seen += part
    out = child.stdout.read()
    child.wait(30)
    os.close(outer)
    return out, seen.decode(), child.returncode


def left_on_screen(text):
    """What a reader sees in the end: each line as the last erasure left it."""
    return [re.split("\r(?:\x1b\\[K)?", line.rstrip("\r"))[-1] for line in text.split("\n")]


def test_a_terminal_is_told_what_takes_long(certwhy):
    with serving(silent) as address:
        out, seen, status = run_on_terminal("check", address, "--timeout", "3", "--client", "curl@7.88")
    assert status == 3 and b"says nothing" in out
    assert re.search(r"certwhy: \d+ s: .*%s.*handshake" % re.escape(address), seen), seen
    assert not any(left_on_screen(seen)), repr(seen)
    assert all(len(line) < 81 for line in re.split("\r|\n|\x1b\\[K", seen)), seen


@pytest.mark.parametrize("option", ["-q", "-v"])
def test_who_wants_less_or_more_gets_no_progress(certwhy, option):
    with serving(silent) as address:
        _, seen, _ = run_on_terminal("check", address, "--timeout", "2", "--client", "curl@7.88", option)
    assert "\x1b[K" not in seen and not re.search(r"certwhy: \d+ s:", seen), seen


def test_what_is_quick_shows_nothing(certwhy, lab):
    running = lab("healthy-ecdsa")
    _, seen, status = run_on_terminal(*running["healthy-ecdsa"]["command"], "--client", "curl@7.88")
    assert status == 0 and seen == ""


def test_no_terminal_no_progress(certwhy):
    with serving(silent) as address:
        run = certwhy("check", address, "--timeout", "2")
    assert run.err == b"", run
