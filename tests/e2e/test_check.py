# SPDX-License-Identifier: Apache-2.0
"""certwhy check: exit statuses, names, stores, saved cases, on servers of the lab and on files."""
import json
import os
import socket
import subprocess

import pytest
from cryptography.hazmat.primitives import serialization

import pki

AT = "@%d" % pki.NOW.timestamp()


@pytest.fixture(scope="module")
def farm(lab):
    return lab("healthy-ecdsa", "healthy-ipv6", "expired-leaf", "name-mismatch", "private-root",
               "missing-intermediate-pool", "plain-http", "sni-required", "default-certificate",
               "addresses-differ", "three-faults", "client-certificate", "root-sent")


def argument(farm, scenario):
    """The arguments of its client without `check`."""
    return farm[scenario]["command"][1:]


@pytest.fixture
def check(certwhy, farm):
    """check("scenario", …): as its client would."""
    def check(scenario, *more, **options):
        return certwhy("check", *argument(farm, scenario), *more, **options)
    return check


@pytest.fixture
def write(tmp_path):
    def write(content, name="input.pem"):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name
    return write


@pytest.fixture(scope="module")
def closed():
    """An address of this machine where nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        yield "127.0.0.1:%d" % one.getsockname()[1]


# ---- exit statuses ----

@pytest.mark.parametrize("scenario, status, outcome", [
    ("healthy-ecdsa", 0, "accepted"), ("healthy-ipv6", 0, "accepted"), ("expired-leaf", 1, "rejected"),
    ("plain-http", 3, "unreachable"), ("sni-required", 3, "unreachable"),
    ("client-certificate", 1, "rejected"),
])
def test_status(check, scenario, status, outcome):
    run = check(scenario, "--json")
    assert run.status == status and run.target["outcome"] == outcome, run
    assert run.status == 0 or run.target["findings"], run


def test_nobody_listens(certwhy, closed):
    run = certwhy("check", closed)
    assert run.status == 3 and "refused" in run.text.lower(), run


def test_unknown_name(certwhy):
    run = certwhy("check", "does-not-exist.invalid", "--json")
    assert run.status == 3 and run.target["outcome"] == "unreachable", run
    assert "name.unresolvable" in run.rules
    assert all(client["accepts"] is None for client in run.target["clients"])


def test_gravest_status(certwhy, farm, closed):
    good, bad = argument(farm, "healthy-ecdsa"), farm["expired-leaf"]["address"]
    assert certwhy("check", *good, good[0]).status == 0
    assert certwhy("check", *good, bad).status == 1
    assert certwhy("check", *good, bad, closed).status == 3
    run = certwhy("check", *good, bad, closed, "missing.pem", "--json")
    assert run.status == 2 and len(run.json["targets"]) == 4 and b"missing.pem" in run.err, run
    last = run.json["targets"][3]  # a reader finds every target that it asked for
    assert last["target"] == "missing.pem" and last["outcome"] == "error" and "no such file" in last["error"]
    assert not last["clients"] and not last["chain"] and last["endpoint"] is None
    text = certwhy("check", *good, "missing.pem")
    assert text.status == 2 and b"missing.pem" in text.err and b"missing.pem" not in text.out
    only = certwhy("check", "missing.pem")
    assert only.status == 2 and not only.out


# ---- names, SNI, addresses ----

def test_name_and_sni(certwhy, farm):
    server = farm["healthy-ecdsa"]
    trust = ["--only-ca", "--ca", server["ca_file"]]
    assert certwhy("check", server["address"], *trust, "--name", "WWW.Lab.Test").status == 0
    run = certwhy("check", server["address"], *trust, "--json")
    assert run.status == 1 and run.target["name"] == "127.0.0.1"
    assert "name.ip-not-in-san" in run.rules, run
    assert certwhy("check", server["address"], *trust, "--name", server["name"], "--sni", "none").status == 0


def test_connect_and_resolve(certwhy, farm):
    server = farm["healthy-ecdsa"]
    trust = ["--only-ca", "--cacert", server["ca_file"]]
    host, port = server["address"].rsplit(":", 1)
    for words in ([server["name"], "--connect", server["address"]],
                  [f"https://{server['name']}:{port}/", "--connect", host],
                  [f"{server['name']}:{port}", "--resolve", f"{server['name']}:{port}:{host}"]):
        run = certwhy("check", *words, *trust, "--json")
        assert run.status == 0 and run.target["name"] == server["name"], run
    run = certwhy("check", f"{server['name']}:{port}", "--resolve", f"other.test:{port}:{host}", *trust)
    assert run.status == 3, "--resolve of another host must not apply"


def test_families(certwhy, farm):
    words = argument(farm, "healthy-ecdsa")
    assert certwhy("check", *words, "-4").status == 0
    run = certwhy("check", *words, "-6")
    assert run.status == 3 and "IP version" in run.text, run


def test_healthy_server_is_asked_once(certwhy):
    """One handshake per address, whatever is wrong beside the name."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        child = certwhy_in_background("check", "127.0.0.1:%d" % listener.getsockname()[1], "--timeout", "2")
        first, _ = listener.accept()
        first.recv(100)
        first.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        first.close()
        listener.settimeout(0.7)
        with pytest.raises(TimeoutError):
            listener.accept()
        assert child.wait(20) == 3


def certwhy_in_background(*arguments):
    from conftest import PROGRAM
    return subprocess.Popen([PROGRAM, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_sni_is_probed_after_an_alert(certwhy):
    """A server that refuses our SNI is asked again without it, and not more often."""
    hellos = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        child = certwhy_in_background("check", f"www.lab.test:{port}", "--connect", "127.0.0.1",
                                      "--timeout", "2")
        listener.settimeout(5)
        try:
            while True:
                connection, _ = listener.accept()
                hellos.append(connection.recv(4096))
                connection.sendall(b"\x15\x03\x03\x00\x02\x02\x70")
                connection.close()
                listener.settimeout(0.7)
        except TimeoutError:
            pass
        assert child.wait(20) == 3
    assert [b"www.lab.test" in hello for hello in hellos] == [True, False]


# ---- files and standard input ----

def test_file_without_name_is_not_judged_for_names(certwhy, write):
    leaf = pki.certificate("www.test", "Root", names=["www.test"])
    root = write(pki.pem(pki.certificate("Root", "Root", ca=True)), "root.pem")
    path = write(pki.pem(leaf))
    run = certwhy("check", path, "--only-ca", "--ca", root)
    assert run.status == 0 and "none was given" in run.text, run
    assert certwhy("check", path, "--only-ca", "--ca", root, "--name", "other.test").status == 1


def test_standard_input(certwhy, write):
    root = write(pki.pem(pki.certificate("Root", "Root", ca=True)), "root.pem")
    leaf = pki.certificate("www.test", "Root", names=["www.test"])
    for content in (pki.pem(leaf), pki.der(leaf)):
        run = certwhy("check", "-", "--name", "www.test", "--only-ca", "--ca", root, "--json", input=content)
        assert run.status == 0 and run.target["chain"][0]["dns_names"] == ["www.test"], run


def test_connect_makes_no_sense_for_files(certwhy, write):
    path = write(pki.pem(pki.certificate("www.test", "Root", names=["www.test"])))
    run = certwhy("check", path, "--connect", "127.0.0.1")
    assert run.status == 2 and b"not dialled" in run.err, run


def key_pem(label, password=None):
    how = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return pki.key(label).private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how)


def test_key_pairing(certwhy, write):
    root = pki.certificate("Root", "Root", subject_key="root", issuer_key="root", ca=True)
    leaf = pki.certificate("www.test", "Root", subject_key="leaf", issuer_key="root", names=["www.test"])
    store = write(pki.pem(root), "root.pem")
    path = write(pki.pem(leaf))
    words = ["check", path, "--name", "www.test", "--only-ca", "--ca", store, "--json"]
    assert certwhy(*words, "--key", write(key_pem("leaf"), "good.key")).status == 0
    run = certwhy(*words, "--key", write(key_pem("other"), "bad.key"))
    assert run.status == 1 and "file.key-mismatch" in run.rules, run
    swapped = ["check", write(pki.pem(root, leaf), "swapped.pem"), *words[2:]]
    run = certwhy(*swapped, "--key", tmp(path, "good.key"))
    assert run.status == 1 and "file.key-mismatch" in run.rules, run
    case = tmp(path, "case.json")
    certwhy(*words, "--key", tmp(path, "good.key"), "--save", case)
    secret = key_pem("leaf").decode().split("\n")[1]
    assert secret not in case.read_text()


@pytest.mark.parametrize("content, sentence", [(key_pem("leaf", b"secret"), b"under a passphrase"),
                                               (b"no key at all\n", b"holds no private key")],
                         ids=["encrypted", "garbage"])
def test_key_that_cannot_be_compared(certwhy, write, content, sentence):
    """Not "accepted" with status 0: that would be read as "and the key pairs"."""
    root = pki.certificate("Root", "Root", subject_key="root", issuer_key="root", ca=True)
    leaf = pki.certificate("www.test", "Root", subject_key="leaf", issuer_key="root", names=["www.test"])
    run = certwhy("check", write(pki.pem(leaf)), "--name", "www.test", "--only-ca", "--ca",
                  write(pki.pem(root), "root.pem"), "--key", write(content, "x.key"))
    assert run.status == 2 and sentence in run.err and b"x.key" in run.err, run


def tmp(beside, name):
    return beside.parent / name


# ---- what counts ----

def test_ignore(check, farm):
    assert check("expired-leaf", "--ignore", "validity.expired").status == 0
    assert check("expired-leaf", "--ignore", "name.mismatch").status == 1
    name = farm["expired-leaf"]["name"]
    assert check("expired-leaf", "--ignore", f"validity.expired@{name}").status == 0
    assert check("expired-leaf", "--ignore", "validity.expired@other.test").status == 1
    assert check("expired-leaf", "--ignore", "validity.expired=until 2100-01-01").status == 0
    assert check("expired-leaf", "--ignore", "validity.expired=until 2020-01-01").status == 1
    assert check("three-faults", "--ignore", "name.mismatch").status == 1


def test_fail_on(check):
    run = check("root-sent", "--json")
    (severity,) = {f["severity"] for f in run.target["findings"] if f["rule"] == "chain.root-sent"}
    assert run.status == 0 and severity in ("warning", "notice"), run
    assert check("root-sent", "--fail-on", "notice").status == 1
    assert check("root-sent", "--fail-on", "warning").status == (1 if severity == "warning" else 0)
    assert check("healthy-ecdsa", "--fail-on", "notice").status == 0


def test_at(check):
    assert check("healthy-ecdsa", "--at", "2099-01-01").status == 1


def test_timeout(certwhy):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        run = certwhy("check", "127.0.0.1:%d" % listener.getsockname()[1], "--timeout", "0.5")
    assert run.status == 3 and 0.4 < run.seconds < 4, run


def test_verbose_tells_the_dialogue(check):
    quiet, told, bytes_too = (check("healthy-ecdsa", *more) for more in ([], ["-v"], ["-vv"]))
    assert not quiet.err and b"connect" in told.err and b"SNI www.lab.test" in told.err
    assert len(bytes_too.err.splitlines()) > len(told.err.splitlines())
    assert b"ServerHello" in bytes_too.err or b"server_hello" in bytes_too.err, bytes_too


# ---- saved cases ----

@pytest.mark.parametrize("scenario", ["healthy-ecdsa", "expired-leaf", "private-root", "plain-http",
                                      "missing-intermediate-pool", "sni-required", "three-faults",
                                      "default-certificate", "addresses-differ", "client-certificate"])
def test_replay_is_identical_elsewhere(check, certwhy, tmp_path, scenario):
    """Same report and status on a machine without trust stores, and again from the second saving."""
    case, again = tmp_path / "case.json", tmp_path / "again.json"
    elsewhere = ["--root", str(tmp_path / "empty")]
    for kind in ("text", "json", "ndjson"):
        run = check(scenario, "--format", kind, "--save", case)
        assert case.exists(), run
        replay = certwhy("check", "case.json", "--format", kind, *elsewhere, "--save", again, cwd=tmp_path)
        assert (replay.status, replay.out, replay.err) == (run.status, run.out, run.err)
        third = certwhy("check", "again.json", "--format", kind, *elsewhere, cwd=tmp_path)
        assert (third.status, third.out) == (run.status, run.out)
        assert case.read_bytes() == again.read_bytes()


def test_replay_with_the_system_store(certwhy, tmp_path):
    """What the system's store contributed is in the case."""
    bundle = open("/etc/ssl/certs/ca-certificates.crt", "rb").read()
    first = bundle[:bundle.index(b"-----END CERTIFICATE-----") + 26]
    (tmp_path / "chain.pem").write_bytes(first)
    case = tmp_path / "case.json"
    run = certwhy("check", "chain.pem", "--name", "www.test", "--json", "--at", AT, "--save", case, cwd=tmp_path)
    (tmp_path / "chain.pem").unlink()
    replay = certwhy("check", "case.json", "--json", "--root", "/nonexistent", cwd=tmp_path)
    assert (replay.status, replay.out) == (run.status, run.out)
    assert 0 < len(json.loads(case.read_text())["anchors"]) < 60


def test_replay_takes_other_questions(check, certwhy, tmp_path):
    case = tmp_path / "case.json"
    check("expired-leaf", "--save", case)
    before = certwhy("check", case, "--at", "2001-01-01", "--json")
    assert "validity.expired" not in before.rules
    other = certwhy("check", case, "--name", "other.test", "--json")
    assert "name.mismatch" in other.rules and other.target["name"] == "other.test"
    one = certwhy("check", case, "--client", "curl", "--json")
    assert len(one.target["clients"]) == 1
    refused = certwhy("check", case, "--connect", "127.0.0.1")
    assert refused.status == 2 and b"saved case" in refused.err


def test_case_of_another_version_is_noted(check, certwhy, tmp_path):
    case = tmp_path / "case.json"
    check("healthy-ecdsa", "--save", case)
    content = json.loads(case.read_text())
    content["observation"]["observed_by"] = "certwhy 99.0\x1b[31m"
    case.write_text(json.dumps(content))
    run = certwhy("check", case)
    assert run.status == 0 and b"saved by certwhy 99.0" in run.err and b"\x1b" not in run.err, run


def test_broken_case(certwhy, write):
    for content in (b'{"schema":"certwhy/case/1"', b'{"schema":"certwhy/case/1"}', b'{"schema":"certwhy/case/9"}'):
        run = certwhy("check", write(content, "x.json"))
        assert run.status == 2 and b"x.json" in run.err, run


def test_case_from_standard_input(check, certwhy, tmp_path):
    case = tmp_path / "case.json"
    run = check("expired-leaf", "--save", case, "--json")
    assert certwhy("check", "-", "--json", input=case.read_bytes()).out == run.out


def test_saved_case_is_deterministic(certwhy, write, tmp_path):
    path = write(pki.pem(pki.certificate("www.test", "Root", names=["www.test"])))
    cases = []
    for i in range(2):
        case = tmp_path / f"{i}.json"
        certwhy("check", path, "--name", "www.test", "--at", AT, "--save", case)
        cases.append(case.read_bytes())
    assert cases[0] == cases[1]
