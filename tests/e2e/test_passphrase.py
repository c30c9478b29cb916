# SPDX-License-Identifier: Apache-2.0
"""The passphrase of --key, asked for on a terminal."""
import os
import pty
import signal
import subprocess
import termios
import time

import pytest
from cryptography.hazmat.primitives import serialization

import pem_faults
import pki
from conftest import PROGRAM, SLOWER

WORD = "correct horse"


class Terminal:
    """The program, with a terminal as its standard input and error."""

    def __init__(self, *arguments):
        self.ours, theirs = pty.openpty()
        self.process = subprocess.Popen([PROGRAM, *arguments], stdin=theirs, stdout=subprocess.PIPE, stderr=theirs,
                                        start_new_session=True)
        os.close(theirs)
        self.seen = b""

    def wait_for(self, text):
        until = time.monotonic() + 20 * SLOWER
        while text not in self.seen:
            assert time.monotonic() < until, self.seen
            self.seen += os.read(self.ours, 4096)

    def echoes(self):
        return bool(termios.tcgetattr(self.ours)[3] & termios.ECHO)

    def end(self):
        """(exit status, all that stood on the terminal, standard output)"""
        out = self.process.communicate(timeout=60)[0]
        try:
            while block := os.read(self.ours, 4096):
                self.seen += block
        except OSError:
            pass  # nobody has its other end any more
        os.close(self.ours)
        return self.process.returncode, self.seen, out


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place, made = tmp_path_factory.mktemp("passphrase"), pem_faults.family()
    key = made.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                 serialization.BestAvailableEncryption(WORD.encode()))
    for name, content in (("site.pem", pki.pem(*made.chain[::-1])), ("ca.pem", pki.pem(made.root)), ("site.key", key)):
        (place / name).write_bytes(content)
    return place


def start(place, out):
    terminal = Terminal("fix", place / "site.pem", "--only-ca", "--ca", place / "ca.pem", "--name", "www.doctor.test",
                        "--client", "curl", "--key", place / "site.key", "--for", "haproxy", "-o", out)
    terminal.wait_for(b"passphrase of ")
    while terminal.echoes():
        time.sleep(0.01)
    return terminal


def test_asked_without_echo(place, tmp_path):
    terminal = start(place, tmp_path / "out.pem")
    os.write(terminal.ours, WORD.encode() + b"\n")
    status, seen, out = terminal.end()
    assert status == 0, (seen, out)
    assert WORD.encode() not in seen + out
    assert (tmp_path / "out.pem").read_text().startswith("-----BEGIN PRIVATE KEY")


def test_the_wrong_word(place, tmp_path):
    terminal = start(place, tmp_path / "out.pem")
    os.write(terminal.ours, b"wrong\n")
    status, seen, _ = terminal.end()
    assert status == 2 and b"passphrase" in seen.split(b"\n", 1)[1], seen
    assert not (tmp_path / "out.pem").exists()


def test_the_terminal_is_left_as_it_was(place, tmp_path):
    """Ctrl-C at the question: nothing is written, and what is typed is seen again."""
    terminal = start(place, tmp_path / "out.pem")
    os.kill(terminal.process.pid, signal.SIGINT)
    terminal.process.wait(20)
    assert terminal.echoes()
    status, _, out = terminal.end()
    assert status == -signal.SIGINT and out == b""
    assert not (tmp_path / "out.pem").exists()


def test_nobody_is_asked_without_a_terminal(place, tmp_path):
    done = subprocess.run([PROGRAM, "fix", place / "site.pem", "--name", "www.doctor.test", "--only-ca", "--ca",
                           place / "ca.pem", "--key", place / "site.key", "--for", "haproxy", "-o", tmp_path / "out.pem"],
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    assert done.returncode == 2 and b"--key-pass-file" in done.stderr
