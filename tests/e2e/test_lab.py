# SPDX-License-Identifier: Apache-2.0
"""certwhy lab: what it lists, writes and serves, looked at with openssl and curl; and the lab's own
comparison of what is planted with what is named."""
import filecmp
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from conftest import PROGRAM, with_clients

AT = "1795262400"  # 2026-11-21T12:00:00Z, the time of `lab write`

needs_curl = pytest.mark.skipif(not shutil.which("curl"), reason="no curl here")


def openssl(*arguments, input=b""):
    done = subprocess.run(["openssl", *arguments], input=input, capture_output=True, timeout=30)
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


@pytest.fixture(scope="module")
def scenarios(certwhy):
    return {entry["scenario"]: entry for entry in certwhy("lab", "list", "--json").json}


@pytest.fixture(scope="module")
def written(certwhy, tmp_path_factory):
    directory = tmp_path_factory.mktemp("lab") / "one"
    run = certwhy("lab", "write", directory)
    assert run.status == 0, run
    return directory


@pytest.fixture(scope="module")
def farm(lab, scenarios):
    """Every server of the lab at once."""
    return lab(*scenarios)


# ---- list ----

def test_list_has_breadth(scenarios):
    assert len(scenarios) >= 40
    assert sum(entry["healthy"] for entry in scenarios.values()) >= 7
    families = {rule.split(".")[0] for entry in scenarios.values() for rule in entry["planted"]}
    assert {"chain", "name", "validity", "trust", "signature", "usage", "file", "server"} <= families


def test_list_describes_each(scenarios):
    for name, entry in scenarios.items():
        assert re.fullmatch(r"[a-z0-9-]+", name)
        assert entry["title"] and "\n" not in entry["title"]
        assert entry["healthy"] == (not entry["planted"])
        assert set(entry["planted"]) <= set(entry["expected_rules"])


def test_list_as_text_has_a_line_each(certwhy, scenarios):
    lines = certwhy("lab", "list").text.splitlines()
    assert [line.split()[0] for line in lines] == list(scenarios)


def test_list_selects(certwhy):
    assert [e["scenario"] for e in certwhy("lab", "list", "--json", "expired-leaf").json] == ["expired-leaf"]
    globbed = [e["scenario"] for e in certwhy("lab", "list", "--json", "*-tls12").json]
    assert len(globbed) >= 3 and all(name.endswith("-tls12") for name in globbed)
    begun = [e["scenario"] for e in certwhy("lab", "list", "--json", "wildcard-").json]
    assert begun and all(name.startswith("wildcard-") for name in begun)


@pytest.mark.parametrize("verb", ["list", "serve", "run"])
def test_unknown_scenario_is_refused(certwhy, verb):
    run = certwhy("lab", verb, "missing-intermediat3")
    assert run.status == 2
    assert b'did you mean "missing-intermediate"' in run.err
    assert run.out == b""


@pytest.mark.parametrize("arguments", [[], ["sevre"], ["write"], ["run", "--at", "yesterday"],
                                       ["list", "--format", "yaml"]])
def test_unusable_arguments(certwhy, arguments):
    run = certwhy("lab", *arguments)
    assert run.status == 2 and run.err and not run.out


# ---- write ----

def trees_equal(a, b):
    compared = filecmp.dircmp(a, b)
    return not (compared.left_only or compared.right_only or compared.diff_files or
                compared.funny_files) and all(trees_equal(a / d, b / d) for d in compared.common_dirs)


def test_write_is_the_same_every_time(certwhy, written, tmp_path):
    assert certwhy("lab", "write", tmp_path / "two").status == 0
    assert trees_equal(written, tmp_path / "two")


def test_write_depends_on_seed_and_time(certwhy, written, tmp_path):
    certwhy("lab", "write", tmp_path / "seed", "healthy-ecdsa", "--seed", "another")
    certwhy("lab", "write", tmp_path / "time", "healthy-ecdsa", "--at", "2030-01-01T00:00:00Z")
    here = (written / "healthy-ecdsa" / "key.pem").read_bytes()
    assert (tmp_path / "seed/healthy-ecdsa/key.pem").read_bytes() != here
    assert (tmp_path / "time/healthy-ecdsa/key.pem").read_bytes() == here
    chain = (written / "healthy-ecdsa" / "chain.pem").read_bytes()
    assert (tmp_path / "time/healthy-ecdsa/chain.pem").read_bytes() != chain


def test_write_holds_what_it_says(written, scenarios):
    assert sorted(os.listdir(written)) == sorted(scenarios)
    for name in scenarios:
        folder = written / name
        entry = json.loads((folder / "scenario.json").read_text())
        assert entry["scenario"] == name
        assert (folder / entry["ca_file"]).read_text().count("BEGIN CERTIFICATE") >= 1
        assert (folder / "chain.pem").read_text().count("BEGIN CERTIFICATE") == len(entry["sends"])
        assert ("pool_file" in entry) == (folder / "pool.pem").exists()


def test_keys_say_that_they_are_lab_keys(written, scenarios):
    for name in scenarios:
        key = written / name / "key.pem"
        assert "lab key" in key.read_text().splitlines()[0]
        assert key.stat().st_mode & 0o077 == 0


def test_keys_belong_to_their_certificates(written, scenarios):
    for name in [n for n in scenarios if n.startswith(("healthy", "key-mismatch", "rsa-1024"))]:
        _, certificate = openssl("x509", "-in", written / name / "chain.pem", "-noout", "-pubkey")
        _, key = openssl("pkey", "-in", written / name / "key.pem", "-pubout")
        assert "BEGIN PUBLIC KEY" in key
        assert (certificate == key) == (not name.startswith("key-mismatch")), name


def verify(folder, name, purpose="sslserver"):
    kind = "-verify_ip" if re.fullmatch(r"[0-9.]+|.*:.*", name) else "-verify_hostname"
    return openssl("verify", "-attime", AT, "-purpose", purpose, "-auth_level", "1", kind, name,
                   "-CAfile", folder / "ca.pem", "-no-CApath", "-no-CAstore", "-untrusted",
                   folder / "chain.pem", folder / "chain.pem")


def test_openssl_accepts_the_healthy_ones(written, scenarios):
    for name, entry in scenarios.items():
        if entry["healthy"]:
            status, text = verify(written / name, entry["name"])
            assert status == 0, f"{name}: {text}"


@pytest.mark.parametrize("scenario, words", [
    ("missing-intermediate", "unable to get local issuer certificate"),
    ("private-root-sent", "self-signed certificate in certificate chain"),
    ("self-signed", "self-signed certificate"),
    ("expired-leaf", "certificate has expired"),
    ("not-yet-valid", "certificate is not yet valid"),
    ("name-mismatch", "hostname mismatch"),
    ("ip-not-in-san", "IP address mismatch"),
    ("flipped-signature", "certificate signature failure"),
    ("tampered-tbs", "certificate signature failure"),
    ("eku-client-only", "unsuitable certificate purpose"),
    ("path-length", "path length constraint exceeded"),
    ("name-constraint", "permitted subtree violation"),
    ("name-constraint-excluded", "excluded subtree violation"),
    ("critical-extension", "unhandled critical extension"),
    ("sha1-leaf", "CA signature digest algorithm too weak"),
])
def test_openssl_says_what_is_planted(written, scenarios, scenario, words):
    status, text = verify(written / scenario, scenarios[scenario]["name"])
    assert status != 0 and words in text


# ---- serve ----

def connect(server, *arguments):
    """openssl s_client against one server, as its client would."""
    sni = ["-noservername"] if "none" in server["args"] else ["-servername", server["name"]]
    if re.fullmatch(r"[0-9.]+|.*:.*", server["name"]):
        sni = ["-noservername"]
    return openssl("s_client", "-connect", server["address"], *sni, "-CAfile", server["ca_file"],
                   "-no-CApath", "-no-CAstore", "-brief", *arguments)


def test_serve_describes_each_server(farm, scenarios):
    assert set(farm.servers) == set(scenarios)
    for name, server in farm.servers.items():
        assert re.fullmatch(r"(127\.0\.0\.1|\[::1\]|www\.lab\.test):\d+", server["address"])
        assert Path(server["ca_file"]).exists()
        assert server["planted"] == scenarios[name]["planted"]
        assert server["command"][:2] == ["check", server["address"]]
    assert len({server["address"].rsplit(":", 1)[1] for server in farm.servers.values()}) == \
        len(scenarios)


@pytest.mark.parametrize("scenario, words", [
    ("healthy-ecdsa", "Verification: OK"),
    ("healthy-rsa", "Verification: OK"),
    ("healthy-ed25519", "Verification: OK"),
    ("healthy-ipv6", "Verification: OK"),
    ("missing-intermediate", "unable to get local issuer certificate"),
    ("private-root-sent", "self-signed certificate in certificate chain"),
    ("expired-leaf", "certificate has expired"),
    ("flipped-signature", "certificate signature failure"),
])
def test_s_client_sees_what_is_planted(farm, scenario, words):
    _, text = connect(farm[scenario])
    assert "CONNECTION ESTABLISHED" in text and words in text


def test_certificates_go_out_as_they_are(farm, written):
    """Also what libssl would not load or would put in order itself."""
    for scenario in ("wrong-order-three", "messy-chain", "duplicate-leaf", "rsa-1024", "md5-leaf"):
        address = farm[scenario]["address"]
        _, text = openssl("s_client", "-connect", address, "-servername", "www.lab.test", "-showcerts")
        shown = re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END", text, re.S)
        expected = json.loads((written / scenario / "scenario.json").read_text())["sends"]
        assert len(shown) == len(expected), text
        assert (shown[expected.rindex("1")] == shown[expected.index("1")])


def test_tls10_only_speaks_nothing_else(farm):
    status, text = connect(farm["tls10-only"])
    assert status != 0 and "CONNECTION ESTABLISHED" not in text
    _, text = connect(farm["tls10-only"], "-tls1", "-cipher", "DEFAULT:@SECLEVEL=0")
    assert "Protocol version: TLSv1\n" in text


def test_plain_http_answers_in_plain(farm):
    host, port = farm["plain-http"]["address"].rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=5) as s:
        s.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert s.recv(100).startswith(b"HTTP/1.")


def test_key_mismatch_fails_the_handshake(farm):
    for scenario in ("key-mismatch", "key-mismatch-tls12"):
        status, text = connect(farm[scenario])
        assert status != 0 and "bad signature" in text


def test_sni_chooses_the_certificate(farm):
    server = farm["default-certificate"]
    for sni, name in (("shop.lab.test", "default.lab.test"), ("www.lab.test", "www.lab.test")):
        _, text = openssl("s_client", "-connect", server["address"], "-servername", sni)
        assert re.search(rf"subject=.*CN = {re.escape(name)}", text)


def test_sni_required_refuses(farm):
    server = farm["sni-required"]
    _, text = openssl("s_client", "-connect", server["address"], "-noservername")
    assert "unrecognized name" in text
    _, text = openssl("s_client", "-connect", server["address"], "-servername", "www.lab.test")
    assert "BEGIN CERTIFICATE" in text


def test_client_certificate_is_demanded(farm):
    _, text = connect(farm["client-certificate-tls12"])
    assert "handshake failure" in text or "alert" in text


def test_two_addresses_show_two_certificates(farm):
    port = farm["addresses-differ"]["address"].rsplit(":", 1)[1]
    seen = [openssl("s_client", "-connect", f"{host}:{port}", "-servername", "www.lab.test")[1]
            for host in ("127.0.0.1", "[::1]")]
    shown = [re.search(r"-----BEGIN CERTIFICATE-----.*?-----END", text, re.S).group() for text in seen]
    assert shown[0] != shown[1]


@needs_curl
@pytest.mark.parametrize("scenario", ["healthy-ecdsa", "healthy-long-chain", "wrong-order",
                                      "cross-sign-expired", "missing-intermediate", "private-root",
                                      "name-mismatch", "expired-intermediate", "wildcard-depth"])
def test_curl_agrees(farm, scenario):
    server = farm[scenario]
    host, port = server["address"].rsplit(":", 1)
    name = server["name"]
    done = subprocess.run(["curl", "-sS", "-o", "/dev/null", "--cacert", server["ca_file"], "--capath",
                           "/nonexistent", "--resolve", f"{name}:{port}:{host}",
                           f"https://{name}:{port}/"], capture_output=True, timeout=30)
    forgiven = {"chain.wrong-order", "chain.cross-sign-expired"}
    accepts = set(server["planted"]) <= forgiven
    assert (done.returncode == 0) == accepts, done.stderr


def test_serve_ends_cleanly(tmp_path):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    process = subprocess.Popen([PROGRAM, "lab", "serve", "healthy-ecdsa", "expired-leaf"], env=environment,
                               stdout=subprocess.PIPE)
    server = json.loads(process.stdout.readline())
    assert Path(server["ca_file"]).is_relative_to(tmp_path)
    host, port = server["address"].rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=5):  # a dialogue under way
        start = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert time.monotonic() - start < 5
    process.stdout.close()
    assert os.listdir(tmp_path) == []


def test_serve_logs_the_alert_of_each_client(tmp_path):
    with subprocess.Popen([PROGRAM, "lab", "serve", "--log", "expired-leaf"], stdout=subprocess.PIPE, text=True,
                          env={**os.environ, "TMPDIR": str(tmp_path)}) as farm:
        server = json.loads(farm.stdout.readline())
        visit = ("s_client", "-connect", server["address"], "-CAfile", server["ca_file"])
        openssl(*visit)
        accepted = json.loads(farm.stdout.readline())
        openssl(*visit, "-verify_return_error")
        refused = json.loads(farm.stdout.readline())
        farm.terminate()
    assert accepted == {"heard": "expired-leaf", "address": 0, "finished": True, "alert": None}
    assert refused == {"heard": "expired-leaf", "address": 0, "finished": False, "alert": 45}


def test_serve_keeps_a_directory_that_was_named(tmp_path):
    process = subprocess.Popen([PROGRAM, "lab", "serve", "healthy-ecdsa", "--dir", tmp_path / "files"],
                               stdout=subprocess.PIPE)
    assert json.loads(process.stdout.readline())["ca_file"] == str(tmp_path / "files/healthy-ecdsa/ca.pem")
    process.terminate()
    assert process.wait(10) == 0
    process.stdout.close()
    assert (tmp_path / "files/healthy-ecdsa/chain.pem").exists()


def test_many_connections_at_once(farm):
    """A server that is kept waiting does not keep the others waiting."""
    address = farm["healthy-ecdsa"]["address"].rsplit(":", 1)
    idle = [socket.create_connection((address[0], int(address[1])), timeout=5) for _ in range(20)]
    _, text = connect(farm["healthy-ecdsa"])
    assert "Verification: OK" in text
    for s in idle:
        s.close()


# ---- run ----

def test_run_names_what_is_planted(certwhy):
    run = certwhy("lab", "run", "--json", timeout=300)
    different = [f"{e['scenario']}: {'; '.join(e['problems'])}" for e in run.json if not e["ok"]]
    assert not different, "\n".join(different)
    assert run.status == 0


def test_run_prints_a_table(certwhy):
    run = certwhy("lab", "run", "healthy-ecdsa", "missing-intermediate", "private-root-sent")
    assert run.status == 0, run
    assert re.search(r"^missing-intermediate +chain\.missing-intermediate +chain\.missing-intermediate +ok$",
                     run.text, re.M)
    assert "3 scenarios, 3 as planted, 0 different" in run.text


@pytest.mark.parametrize("at", ["2026-11-21T12:00:00Z", "2037-05-01T03:04:05Z"])
def test_run_at_another_time(certwhy, at):
    run = certwhy("lab", "run", "--at", at, "healthy-ecdsa", "expired-*", "not-yet-*", "clock-*")
    assert run.status == 0, run


# ---- the fixes that are files, applied ----

def file_fixes(report):
    """Per finding that is a cause: its first proven fix that is a certificate file."""
    for finding in report["findings"]:
        for fix in finding["fixes"]:
            files = [f["content"] for f in fix["files"] if "BEGIN CERTIFICATE" in f["content"]]
            if files and fix["who"] in ("server", "client"):
                yield finding, fix, files[0]
                break


def applied(server, fixes, folder):
    """The exit status and report on the same server once the files are in place: a server's is what
    it sends, a client's is one more trusted root, or what the client shows."""
    serve, check = [], []
    for number, (_, fix, content) in enumerate(fixes):
        path = folder / f"{number}.pem"
        path.write_text(content)
        if fix["who"] == "server":
            serve = ["--chain", path]
        elif fix["id"] == "client.show-intermediate":
            check += ["--client-cert", path]
        else:
            check += ["--ca", path]
    process = subprocess.Popen([PROGRAM, "lab", "serve", server["scenario"], *serve], stdout=subprocess.PIPE)
    try:
        again = json.loads(process.stdout.readline())
        done = subprocess.run([PROGRAM, *with_clients(again["command"]), *check, "--json"], capture_output=True,
                              timeout=60)
        return done.returncode, json.loads(done.stdout)["targets"][0]
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def test_each_fix_that_is_a_file_does_what_it_proves(farm, scenarios, tmp_path):
    tried = 0
    for name in scenarios:
        for finding, fix, content in file_fixes(farm.check(name, "--json").target):
            _, after = applied(farm[name], [(finding, fix, content)], tmp_path)
            accepting = {client["client"] for client in after["clients"] if client["accepts"]}
            assert set(fix["proven"]["accepted_by"]) == accepting, (name, fix["id"])
            left = {f["rule"] for f in after["findings"] if f["severity"] == "error" and
                    f["certificate"] == finding["certificate"]}
            assert finding["rule"] not in left, (name, fix["id"])
            tried += 1
    assert tried >= 30


def test_all_file_fixes_together_cure_the_server(farm, scenarios, tmp_path):
    cured = []
    for name in scenarios:
        report = farm.check(name, "--json").target
        causes = {f["id"] for f in report["findings"] if f["cause"] and f["severity"] == "error"}
        fixes = list(file_fixes(report))
        if not fixes or not causes <= {finding["id"] for finding, _, _ in fixes}:
            continue
        status, after = applied(farm[name], fixes, tmp_path)
        assert (status, after["outcome"]) == (0, "accepted"), (name, after["findings"])
        cured.append(name)
    assert {"missing-intermediate-pool", "missing-two-pool", "private-root-sent", "missing-and-private",
            "wrong-intermediate-pool", "wrong-order", "self-signed", "client-missing-intermediate"} <= set(cured)
