# SPDX-License-Identifier: Apache-2.0
"""`certwhy lab test -- COMMAND`: which clients verify as they should, told by what they do."""
import json
import shutil
import sys

import pytest

from conftest import run_program

SOME = ["expired-leaf", "name-mismatch", "missing-intermediate", "self-signed"]
PYTHON = "/usr/bin/python3" if shutil.which("/usr/bin/python3") else sys.executable
# A client that trusts only the lab's CA and yet does not compare names.
NAMELESS = """import ssl, sys, urllib.request
context = ssl.create_default_context(cafile=sys.argv[2])
context.check_hostname = False
urllib.request.urlopen(sys.argv[1], context=context)"""


def lab_test(*arguments, **options):
    return run_program("lab", "test", *arguments, **options)


def test_a_client_that_verifies():
    run = lab_test(*SOME, "--", "curl", "-s", "-o", "/dev/null", "{url}")
    assert run.status == 0, run
    assert "wrongly accepts 0, wrongly rejects 0" in run.text


def test_words_that_name_the_ca():
    run = lab_test(*SOME, "--json", "--", "wget", "-q", "-O", "/dev/null", "--ca-certificate={ca}",
                   "https://{name}:{port}/")
    assert run.status == 0, run
    servers = {server["scenario"]: server for server in run.json["servers"]}
    assert servers["healthy-ecdsa"]["outcome"] == "accepts"
    assert servers["expired-leaf"]["outcome"] == servers["expired-leaf"]["expected"] == "rejects"
    assert not any(server["wrong"] for server in run.json["servers"])


def test_verification_that_is_off():
    run = lab_test(*SOME, "--", "curl", "-s", "-k", "-o", "/dev/null", "{url}")
    assert run.status == 1, run
    assert "verification is off" in run.text
    for scenario in SOME:
        assert f"    {scenario} " in run.text


def test_names_that_are_not_compared():
    run = lab_test(*SOME, "--json", "--client", "python", "--", PYTHON, "-c", NAMELESS, "{url}", "{ca}")
    assert run.status == 1, run
    assert [s["scenario"] for s in run.json["servers"] if s["wrong"]] == ["name-mismatch"]
    run = lab_test(*SOME, "--client", "python", "--", PYTHON, "-c", NAMELESS, "{url}", "{ca}")
    assert "names are not compared" in run.text


def test_words_pass_as_they_are(tmp_path):
    """No shell: what it would take apart arrives whole. One run per server."""
    seen = tmp_path / "seen"
    source = "import json, sys\nopen(sys.argv[1], 'a').write(json.dumps(sys.argv[2:]) + '\\n')"
    odd = ["a b", "", "$(id)", "'", "new\nline", "{", "{unknown}", "*"]
    run = lab_test("expired-leaf", "--", PYTHON, "-c", source, seen, *odd, "{address}")
    for line in seen.read_text().splitlines():
        *words, address = json.loads(line)
        assert words == odd
        assert address.startswith("127.0.0.1:")
    # it says that all is well, and never came to a server
    assert run.status == 2 and b"did not come to the healthy server" in run.err, run


def test_a_client_that_trusts_nobody_proves_nothing():
    run = lab_test("expired-leaf", "--", "curl", "-sS", "--cacert", "/etc/ssl/certs/ca-certificates.crt", "{url}")
    assert run.status == 2 and b"healthy-ecdsa" in run.err and b"{ca}" in run.err, run
    assert run.out == b""


@pytest.mark.parametrize("words, said", [
    ([], b"which client?"),
    (["--"], b"which client?"),
    (["--", "curl", "https://example.com/"], b"{url}"),
    (["no-such-scenario", "--", "curl", "{url}"], b"no-such-scenario"),
    (["--timeout", "0", "--", "curl", "{url}"], b"--timeout"),
    (["--timeout", "5m", "--", "curl", "{url}"], b"--timeout"),
    (["expired-leaf", "--", "/no/such/client", "{url}"], b"cannot be run"),
])
def test_what_cannot_be_used(words, said):
    run = lab_test(*words)
    assert run.status == 2 and said in run.err and run.out == b"", run


@pytest.mark.parametrize("before", ["", "os.close(1); os.close(2)\n"])
def test_a_client_that_does_not_end(before):
    source = ("import os, socket, sys, time\n" + before +
              "s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))\n"
              "time.sleep(60)")
    run = lab_test("expired-leaf", "--timeout", "1", "--", PYTHON, "-c", source, "{port}", timeout=50)
    assert run.status == 2 and run.seconds < 20, run
