# SPDX-License-Identifier: Apache-2.0
"""The words of the command line: help, mistakes, where output goes."""
import json
import os
import subprocess

import pytest

import pki
from conftest import PROGRAM

COMMANDS = ["check", "explain", "clients", "lab", "help", "version"]


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    """A healthy chain in a file, and its root."""
    path = tmp_path_factory.mktemp("chain")
    root = pki.certificate("Root", "Root", ca=True)
    leaf = pki.certificate("www.test", "Root", names=["www.test"])
    (path / "chain.pem").write_bytes(pki.pem(leaf))
    (path / "root.pem").write_bytes(pki.pem(root))
    return path


# ---- help ----

def test_bare(certwhy):
    run = certwhy()
    assert run.status == 2 and not run.out
    for command in COMMANDS:
        assert f"  {command} " in run.err.decode(), run


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["help"]])
def test_help(certwhy, words):
    run = certwhy(*words)
    assert run.status == 0 and not run.err, run
    assert run.out == certwhy().err


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command(certwhy, command):
    run = certwhy(command, "--help")
    assert run.status == 0 and not run.err, run
    assert f"Usage: certwhy {command}" in run.text
    assert run.out == certwhy("help", command).out
    assert run.out == certwhy(command, "-h").out
    assert max(map(len, run.text.splitlines())) <= 100, run


@pytest.mark.parametrize("command", ["check", "explain", "clients", "lab"])
def test_help_teaches_with_examples(certwhy, command):
    assert "Examples:\n  certwhy " in certwhy(command, "--help").text


def test_version(certwhy):
    run = certwhy("version")
    assert run.status == 0 and run.text.startswith("certwhy 0."), run
    assert certwhy("--version").out == run.out


# ---- mistakes ----

@pytest.mark.parametrize("words, sentence", [
    (["chekc", "x"], 'did you mean "check"?'),
    (["example.com"], 'did you mean "certwhy check example.com"?'),
    (["frobnicate"], 'there is no command "frobnicate"'),
    (["help", "chekc"], 'did you mean "check"'),
    (["check"], "a target is needed"),
    (["check", "x", "--nmae", "y"], "did you mean --name?"),
    (["check", "x", "--cacrt", "y"], "did you mean --cacert?"),
    (["check", "x", "-Z"], "there is no option -Z"),
    (["check", "x", "--name"], "--name needs a value: --name NAME"),
    (["check", "x", "--ca", "--only-ca"], "--ca needs a value"),
    (["check", "x", "--only-ca=1"], "takes no value"),
    (["check", "x", "--format", "yaml"], "there is no --format yaml: this version has text, json"),
    (["check", "x", "--color", "red"], "--color red: auto, always or never"),
    (["check", "x", "--at", "soon"], "not a time"),
    (["check", "x", "--timeout", "0"], "seconds from 0.1 to 600"),
    (["check", "x", "--client", "crul"], 'did you mean "curl"'),
    (["check", "x", "--fail-on", "fatal"], "error, warning or notice"),
    (["check", "x", "--only-ca"], "--only-ca needs the anchors"),
    (["check", "127.0.0.1:1", "--client-key", "x"], "--client-key needs --client-cert"),
    (["check", "127.0.0.1:1", "--client-cert", "missing.pem"], "missing.pem"),
    (["check", "x", "y", "--save", "z"], "--save keeps one target"),
    (["check", "127.0.0.1:1", "--sni", "127.0.0.1"], "--sni takes a host name"),
    (["check", "127.0.0.1:1", "--ca", "missing.pem"], "missing.pem"),
    (["check", "127.0.0.1:1", "--pool", "missing.pem"], "missing.pem"),
    (["check", "127.0.0.1:1", "--key", "missing.key"], "missing.key"),
    (["check", "missing.pem"], "missing.pem: there is no such file"),
    (["check", "http://example.com"], "http:// speaks no TLS"),
    (["check", "smpt://example.com"], "did you mean smtp://"),
    (["check", "example.com:0"], "a number from 1 to 65535"),
    (["clients", "x"], 'no client "x" is known'),
])
def test_mistakes(certwhy, words, sentence):
    run = certwhy(*words)
    assert run.status == 2 and not run.out, run
    assert sentence in run.err.decode(), run


# ---- where output goes ----

def test_output_file(certwhy, chain, tmp_path):
    out = tmp_path / "report.json"
    common = ["check", "chain.pem", "--name", "www.test", "--only-ca", "--ca", "root.pem",
              "--at", "@%d" % pki.NOW.timestamp()]
    direct = certwhy(*common, "--json", cwd=chain)
    assert direct.status == 0, direct
    for words in (["-o", out, "--json"], ["--json", f"--output={out}"], [f"-o{out}", "--format=json"]):
        run = certwhy(*common, *words, cwd=chain)
        assert run.status == 0 and not run.out and not run.err, run
        assert out.read_bytes() == direct.out


def test_unwritable_output(certwhy, chain):
    run = certwhy("check", "chain.pem", "-o", "/nonexistent/report", cwd=chain)
    assert run.status == 2 and b"/nonexistent/report" in run.err, run


def test_full_device(chain):
    with open("/dev/full", "wb") as full:
        run = subprocess.run([PROGRAM, "check", "chain.pem"], cwd=chain, stdout=full,
                             stderr=subprocess.PIPE)
    assert run.returncode == 2 and b"No space left" in run.stderr


def test_closed_pipe(chain):
    """The reader went away: no signal, no complaint, and the status still says what was found."""
    for arguments in (["check", "chain.pem", "--name", "other.test"], ["explain"], ["--help"]):
        reader, writer = os.pipe()
        os.close(reader)
        run = subprocess.run([PROGRAM, *arguments], cwd=chain, stdout=writer, stderr=subprocess.PIPE)
        os.close(writer)
        assert run.returncode == (1 if arguments[0] == "check" else 0) and not run.stderr


def test_color(certwhy, chain):
    plain = certwhy("check", "chain.pem", cwd=chain)
    assert b"\x1b" not in plain.out
    colored = certwhy("check", "chain.pem", "--color", "always", cwd=chain)
    assert b"\x1b[" in colored.out
    assert certwhy("check", "chain.pem", "--color=never", cwd=chain).out == plain.out


def test_quiet(certwhy, chain):
    run = certwhy("check", "chain.pem", "-q", "--name", "other.test", cwd=chain)
    assert run.status == 1 and len(run.text.strip().splitlines()) == 1, run


def test_verbose_goes_to_stderr(certwhy, chain):
    words = ["check", "chain.pem", "--at", "@%d" % pki.NOW.timestamp()]
    runs = [certwhy(*words, *more, cwd=chain) for more in ([], ["-v"], ["-vv"])]
    assert not runs[0].err and b"reading chain.pem" in runs[1].err
    assert b"trust store" in runs[1].err and b"reading chain.pem" in runs[2].err


# ---- explain and clients ----

def test_explain_a_rule(certwhy):
    run = certwhy("explain", "chain.missing-intermediate")
    assert run.status == 0 and "chain.missing-intermediate" in run.text, run
    assert max(map(len, run.text.splitlines())) <= 100
    as_json = certwhy("explain", "chain.missing-intermediate", "--json").json
    assert as_json["rule"]["rule"] == "chain.missing-intermediate" and as_json["matches"] == []


def test_explain_lists_all_rules_and_families(certwhy):
    everything = certwhy("explain").text
    assert "chain.missing-intermediate" in everything and "name.mismatch" in everything
    for family in ("chain", "chain."):
        listed = certwhy("explain", family).text
        assert "chain.missing-intermediate" in listed and "name.mismatch" not in listed
    rules = certwhy("explain", "--json").json["rules"]
    assert len(rules) == len(everything.splitlines())


def test_explain_nothing_matches(certwhy):
    run = certwhy("explain", "chain.missing-intermediat")
    assert run.status == 1 and b'did you mean "chain.missing-intermediate"' in run.err, run
    run = certwhy("explain", "--json", "all is well")
    assert run.status == 1 and run.json == {"matches": []}, run


def test_clients(certwhy):
    listed = certwhy("clients", "--json").json
    assert len(listed) >= 3
    text = certwhy("clients").text
    for client in listed:
        assert set(client) >= {"client", "aliases", "evidence", "measured_with", "title", "note"}
        assert client["evidence"] in ("measured", "documented")
        assert client["evidence"] == "documented" or client["measured_with"]
        assert client["client"] in text


def test_each_client_can_be_chosen_by_each_name(certwhy, chain):
    for client in certwhy("clients", "--json").json:
        for name in (client["client"], *client["aliases"]):
            run = certwhy("check", "chain.pem", "--client", name, "--json", cwd=chain)
            assert client["client"] in [each["client"] for each in run.target["clients"]], run


def test_two_clients(certwhy, chain):
    names = [client["client"] for client in certwhy("clients", "--json").json]
    run = certwhy("check", "chain.pem", "--client", ",".join(names[:2]), "--json", cwd=chain)
    assert [client["client"] for client in run.target["clients"]] == names[:2]
    everybody = certwhy("check", "chain.pem", "--client", "all", "--json", cwd=chain)
    assert [client["client"] for client in everybody.target["clients"]] == names


def test_json_is_one_document(certwhy, chain):
    run = certwhy("check", "chain.pem", "root.pem", "--json", cwd=chain)
    assert [target["target"] for target in run.json["targets"]] == ["chain.pem", "root.pem"]
    lines = certwhy("check", "chain.pem", "root.pem", "--format", "ndjson", cwd=chain).out.splitlines()
    assert len(lines) == 2 and all(json.loads(line) for line in lines)
