# SPDX-License-Identifier: Apache-2.0
"""certwhy update-data: what it installs, and what a check makes of it."""
import os

import pytest
from conftest import run_program

import pki

ROOT = pki.certificate("Pool Root", "Pool Root", ca=True)
MIDDLE = pki.certificate("Pool Middle", "Pool Root", ca=True)
OTHER = pki.certificate("Pool Other", "Pool Root", ca=True)
LEAF = pki.certificate("leaf", "Pool Middle", names=["leaf.example"])


@pytest.fixture
def home(tmp_path):
    for name, *certs in (("root.pem", ROOT), ("middle.pem", MIDDLE), ("both.pem", MIDDLE, OTHER),
                         ("leaf.pem", LEAF)):
        (tmp_path / name).write_bytes(pki.pem(*certs))
    return tmp_path


def run(home, *arguments):
    return run_program(*arguments, cwd=home, env={"HOME": str(home), "XDG_DATA_HOME": ""})


def check(home, *arguments):
    return run(home, "check", "leaf.pem", "--only-ca", "--ca", "root.pem", "--name", "leaf.example", "--json",
               *arguments)


def proven(report):
    return [fix["id"] for finding in report.target["findings"] for fix in finding["fixes"] if fix["proven"]]


def test_the_missing_intermediate_is_in_the_pool(home):
    assert "server.send-chain" not in proven(check(home))
    update = run(home, "update-data", "--ccadb", "middle.pem")
    assert update.status == 0, update
    assert "1 certificates in" in update.text and "none before" in update.text
    report = check(home)
    assert "server.send-chain" in proven(report), report
    origins = [each["origin"] for each in report.target["chain"]]
    assert origins == ["file", "pool", "store"], report
    fixed = run(home, "fix", "leaf.pem", "--only-ca", "--ca", "root.pem", "--name", "leaf.example", "-o", "full.pem")
    assert (home / "full.pem").read_bytes().count(b"BEGIN") == 2, fixed


def test_what_changed_is_said(home):
    run(home, "update-data", "--ccadb", "middle.pem")
    os.utime(home / "both.pem", (1_790_000_000, 1_790_000_000))
    again = run(home, "update-data", "--ccadb", "both.pem")
    assert "before: 1 of 20" in again.text and "1 are new, 0 are gone" in again.text, again


def test_a_bad_file_changes_nothing(home):
    run(home, "update-data", "--ccadb", "middle.pem")
    pool = home / ".local/share/certwhy/pool"
    before = pool.read_bytes()
    for bad in ("leaf.pem", "root.pem", "missing.pem"):
        assert run(home, "update-data", "--ccadb", bad).status == 2
    (home / "rows.csv").write_text("CA Owner,Other\nA,B\n")
    assert run(home, "update-data", "--ccadb", "rows.csv").status == 2
    assert pool.read_bytes() == before


def test_a_damaged_pool_stops_nobody(home):
    run(home, "update-data", "--ccadb", "middle.pem")
    pool = home / ".local/share/certwhy/pool"
    pool.write_bytes(pool.read_bytes()[:40])
    assert check(home).status == 1
    assert run(home, "check", "leaf.pem", "--pool", str(pool)).status == 2


def test_a_case_replays_without_the_pool(home):
    run(home, "update-data", "--ccadb", "both.pem")
    first = check(home, "--save", "case.json")
    (home / ".local/share/certwhy/pool").unlink()
    again = run(home, "check", "case.json", "--json")
    assert again.target["findings"] == first.target["findings"]
    assert again.target["chain"] == first.target["chain"]


def test_root_is_another_machine(home):
    other = home / "other"
    (other / str(home)[1:]).mkdir(parents=True)
    (other / str(home)[1:] / "middle.pem").write_bytes(pki.pem(MIDDLE))
    update = run(home, "update-data", "--root", str(other), "--ccadb", f"{home}/middle.pem")
    assert update.status == 0, update
    assert (other / str(home)[1:] / ".local/share/certwhy/pool").exists()
    assert not (home / ".local").exists()


def test_nothing_is_done_without_being_told(home):
    assert run(home, "update-data").status == 2
