# SPDX-License-Identifier: Apache-2.0
"""What certwhy fix writes when it is killed, when the disk is full; and that private keys stay where
they are."""
import base64
import os
import random
import resource
import signal
import subprocess
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

import pem_faults
import pki
from conftest import PROGRAM, SANITIZED, run_program

DRIVERS = Path(__file__).resolve().parent / "drivers"
NAME = "www.doctor.test"
PLAIN = serialization.NoEncryption()


@pytest.fixture(scope="module")
def crash(tmp_path_factory):
    """The library that lets calls fail."""
    if SANITIZED:
        pytest.skip("sanitizers want to be loaded first")
    library = tmp_path_factory.mktemp("crash") / "crash.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, DRIVERS / "crash.c", "-ldl"], check=True)
    return library


@pytest.fixture
def broken(tmp_path):
    """(file in the wrong order, its bytes, the bytes that it will have, how to repair it)"""
    made = pem_faults.family()
    (tmp_path / "ca.pem").write_bytes(pki.pem(made.root))
    path = tmp_path / "site" / "site.pem"
    path.parent.mkdir()
    path.write_bytes(pki.pem(*made.chain[::-1]))
    command = [PROGRAM, "fix", path, "--in-place", "--only-ca", "--ca", tmp_path / "ca.pem", "--name", NAME]
    return path, path.read_bytes(), pki.pem(*made.chain), command


def run(command, library=None, **environment):
    preload = {"LD_PRELOAD": str(library)} if library else {}
    return subprocess.run(command, capture_output=True, timeout=60, check=False,
                          env={**os.environ, **preload, **{k: str(v) for k, v in environment.items()}})


def reset(path, old):
    for each in path.parent.iterdir():
        each.unlink()
    path.write_bytes(old)


def calls(command, library, log):
    assert run(command, library, CRASH_LOG=log).returncode == 0
    return len(log.read_bytes())


def test_killed_at_any_point(crash, broken, tmp_path):
    path, old, new, command = broken
    total = calls(command, crash, tmp_path / "log")
    assert total >= 8, "two files: chmod, write, fsync, rename, fsync each"
    seen = set()
    for n in range(1, total + 1):
        reset(path, old)
        assert run(command, crash, CRASH_AT=n).returncode == -signal.SIGKILL
        now = path.read_bytes()
        assert now in (old, new), f"half a file at call {n} of {total}"
        backup = path.parent / "site.pem.bak"
        assert not backup.exists() or backup.read_bytes() == old, f"half a backup at call {n}"
        assert now == old or backup.exists(), "the old bytes are kept before the file is replaced"
        seen.add(now)
    assert seen == {old, new}


def test_killed_at_random(broken):
    path, old, new, command = broken
    start = time.monotonic()
    assert run(command).returncode == 0
    usual = time.monotonic() - start
    draw = random.Random(9)
    for _ in range(30):
        reset(path, old)
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(draw.uniform(0, usual))
        child.kill()
        child.wait()
        assert path.read_bytes() in (old, new)


def test_full_disk(crash, broken, tmp_path):
    path, old, new, command = broken
    total = calls(command, crash, tmp_path / "log")
    failed = 0
    for n in range(1, total + 1):
        reset(path, old)
        done = run(command, crash, FULL_AT=n)
        if done.returncode == 0:
            assert path.read_bytes() == new
            continue
        failed += 1
        assert done.returncode == 2
        assert b"No space left on device" in done.stderr, done.stderr
        # behind the rename only the directory's own fsync can fail: then it is the new one
        assert path.read_bytes() in ((old,) if n < total else (old, new)), n
        assert {each.name for each in path.parent.iterdir()} <= {"site.pem", "site.pem.bak"}, "no rest of a file"
    assert failed >= 5


def test_file_size_limit(broken):
    path, old, _, command = broken

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(old) // 2, len(old) // 2))
    done = subprocess.run(command, capture_output=True, timeout=60, check=False, preexec_fn=limit)
    assert done.returncode == 2 and b"File too large" in done.stderr, done.stderr
    assert path.read_bytes() == old
    assert [each.name for each in path.parent.iterdir()] == ["site.pem"]


def test_a_really_full_disk(broken, tmp_path):
    """A file system of 16 KiB, where this user may mount one."""
    path, old, _, command = broken
    place = tmp_path / "small"
    place.mkdir()
    script = (f"mount -t tmpfs -o size=16k none {place} && cp {path} {place}/site.pem && "
              f"dd if=/dev/zero of={place}/rest bs=1k count=64 2>/dev/null; "
              f"{' '.join(str(word).replace(str(path), f'{place}/site.pem') for word in command)}; "
              f"echo status $?; cat {place}/site.pem")
    done = subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, timeout=60, check=False)
    if b"status" not in done.stdout:
        pytest.skip(f"no mount here: {done.stderr.decode().strip()}")
    assert b"status 2\n" + old in done.stdout, done
    assert b"No space left on device" in done.stderr


# ---- private keys ----

def traces(key):
    """What would give the key away: pieces of its encodings and numbers."""
    der = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, PLAIN)
    secret = key.private_numbers().private_value.to_bytes(32, "big")
    pem = b"".join(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, PLAIN)
                   .splitlines()[1:-1])
    found = [secret, secret[:12], secret.hex().encode(), secret.hex(":").encode(), secret.hex().upper().encode(),
             base64.b64encode(pem)[4:40]]
    return found + [pem[i:i + 24] for i in range(40, 90, 12)] + [der[30:60]]


@pytest.mark.parametrize("how", ["plain", "encrypted"])
def test_no_key_is_written_anywhere(tmp_path, how):
    made = pem_faults.family()
    place = tmp_path / "work"
    place.mkdir()
    key, word, bundle = tmp_path / "site.key", tmp_path / "word", tmp_path / "site.pem"
    lock = PLAIN if how == "plain" else serialization.BestAvailableEncryption(b"the passphrase of the test")
    key.write_bytes(made.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock))
    word.write_text("the passphrase of the test\n")
    plain = made.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, PLAIN)
    # the key in the chain file too, mangled in ways that make readers look into it
    bundle.write_bytes(pki.pem(made.chain[1]) + plain + pki.pem(made.chain[0]))
    escaped = tmp_path / "escaped.pem"
    escaped.write_bytes(bundle.read_bytes().replace(b"\n", b"\\n"))
    secret = tmp_path / "secret.yaml"
    secret.write_bytes(b"data:\n  tls.crt: " + base64.b64encode(pki.pem(*made.chain)) + b"\n  tls.key: " +
                       base64.b64encode(plain) + b"\n")
    misspelt = tmp_path / "misspelt.pem"
    misspelt.write_bytes(plain.replace(b"PRIVATE KEY", b"CERTIFICATE") + pki.pem(*made.chain))
    (tmp_path / "ca.pem").write_bytes(pki.pem(made.root))
    options = ["--only-ca", "--ca", tmp_path / "ca.pem", "--name", NAME, "--key", key, "--key-pass-file", word]
    written = []
    for i, target in enumerate([bundle, escaped, secret, misspelt, key]):
        for form in ([], ["--json"], ["-vv"]):
            written.append(run_program("check", target, *options, *form, "--save", place / f"{i}.json"))
        written.append(run_program("fix", target, *options, "-o", place / f"{i}.pem", "--unproven"))
        written.append(run_program("check", place / f"{i}.json"))
    written.append(run_program("csr", bundle, "--key", key, "--key-pass-file", word, "-o", place / "new.csr"))
    everything = b"".join(run.out + run.err for run in written) + \
        b"".join(path.read_bytes() for path in place.iterdir())
    assert len(list(place.iterdir())) >= 8 and b"BEGIN CERTIFICATE" in everything
    for trace in traces(made.key) + [b"the passphrase of the test"]:
        assert trace not in everything


def test_no_key_reaches_the_clients(tmp_path):
    """--prove-live: neither the files that a client could read, nor its words and environment hold it."""
    made = pem_faults.family()
    place, programs, temporary = tmp_path / "place", tmp_path / "bin", tmp_path / "tmp"
    for folder in (place, programs, temporary):
        folder.mkdir()
    (programs / "git").write_text(f"#!/bin/sh\ncp -r '{temporary}' '{place}/files'\nenv >'{place}/env'\n"
                                  f"cat /proc/$$/cmdline /proc/$PPID/cmdline >'{place}/words'\nexit 1\n")
    (programs / "git").chmod(0o755)
    lock = serialization.BestAvailableEncryption(b"the passphrase of the test")
    for path, content in (("site.pem", pki.pem(*made.chain[::-1])), ("ca.pem", pki.pem(made.root)),
                          ("word", b"the passphrase of the test\n"),
                          ("site.key", made.key.private_bytes(serialization.Encoding.PEM,
                                                              serialization.PrivateFormat.PKCS8, lock))):
        (tmp_path / path).write_bytes(content)
    done = run_program("fix", tmp_path / "site.pem", "--only-ca", "--ca", tmp_path / "ca.pem", "--name", NAME, "--key",
                       tmp_path / "site.key", "--key-pass-file", tmp_path / "word", "--prove-live", "--client",
                       "git,curl,openssl", "--json", "-vv", "--message", place / "letter",
                       env={"PATH": f"{programs}:{os.environ['PATH']}", "TMPDIR": str(temporary)})
    assert b"accepted by" in done.err, done
    everything = done.out + done.err + b"".join(path.read_bytes() for path in place.rglob("*") if path.is_file())
    assert b"BEGIN CERTIFICATE" in everything
    for trace in traces(made.key) + [b"the passphrase of the test"]:
        assert trace not in everything
    assert not list(temporary.iterdir())


def unlimited_cores():
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    except (OSError, ValueError):
        os._exit(77)


# Called as git by --prove-live, while the key is in use: is it in our memory, and what may a core hold?
CRASHER = """#!/usr/bin/python3
import os, pathlib, re, signal
us, secret = os.getppid(), bytes.fromhex("SECRET")
maps = [line.split() for line in pathlib.Path(f"/proc/{us}/maps").read_text().splitlines()]
found = False
with open(f"/proc/{us}/mem", "rb", 0) as memory:
    for where, rights, *_ in maps:
        start, end = (int(number, 16) for number in where.split("-"))
        if rights.startswith("rw"):
            memory.seek(start)
            try:
                found = found or secret in memory.read(end - start)
            except OSError:
                pass
limits = pathlib.Path(f"/proc/{us}/limits").read_text()
pathlib.Path("NOTES").write_text(f"{found} {re.search('core file size +([0-9a-z]+)', limits).group(1)}")
os.kill(us, signal.SIGABRT)
"""


@pytest.mark.skipif(SANITIZED, reason="sanitizers end what crashes themselves")
def test_no_core_is_dumped(tmp_path):
    """A crash while the key is in memory leaves it in no file, and pipes it to nobody."""
    made = pem_faults.family()
    place, programs, notes = tmp_path / "place", tmp_path / "bin", tmp_path / "notes"
    place.mkdir()
    programs.mkdir()
    control = subprocess.run(["python3", "-c", "import os; os.abort()"], cwd=place, preexec_fn=unlimited_cores,
                             capture_output=True, check=False)
    if control.returncode == 77:
        pytest.skip("this user may not raise the limit that this lowers")
    pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
    assert any(place.iterdir()) or "/" in pattern, "a crash leaves a core here"
    for core in place.iterdir():
        core.unlink()
    for path, content in (("site.pem", pki.pem(*made.chain[::-1])), ("ca.pem", pki.pem(made.root)),
                          ("site.key", made.key.private_bytes(serialization.Encoding.PEM,
                                                              serialization.PrivateFormat.PKCS8, PLAIN))):
        (tmp_path / path).write_bytes(content)
    secret = made.key.private_numbers().private_value.to_bytes(32, "little")  # as bignums lie in memory
    (programs / "git").write_text(CRASHER.replace("SECRET", secret.hex()).replace("NOTES", str(notes)))
    (programs / "git").chmod(0o755)
    child = subprocess.run([PROGRAM, "fix", tmp_path / "site.pem", "--only-ca", "--ca", tmp_path / "ca.pem", "--name", NAME,
                            "--key", tmp_path / "site.key", "--prove-live", "--client", "git"],
                           cwd=place, preexec_fn=unlimited_cores, capture_output=True, check=False, timeout=60,
                           env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"})
    if not notes.exists():
        pytest.skip("git is not found here")
    assert child.returncode == -signal.SIGABRT
    found, limit = notes.read_text().split()
    assert found == "True", "the key was in memory when it crashed"
    assert limit == "1", "0 would still be piped to a program"
    assert not list(place.iterdir())
