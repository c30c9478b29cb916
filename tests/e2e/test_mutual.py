# SPDX-License-Identifier: Apache-2.0
"""Mutual TLS: client certificates of every kind shown to real servers (nginx, `openssl s_server`),
TLS 1.2 and 1.3; and that no private key is kept."""
import base64
import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import ExtendedKeyUsageOID

import pki
from conftest import PROGRAM, SLOWER

NAME = "www.lab.test"
PASSWORD = b"correct horse"
VERSIONS = ["TLSv1.2", "TLSv1.3"]
SERVERS = ["nginx", "openssl"]


def purpose(*purposes):
    return [x509.ExtendedKeyUsage(list(purposes))]


CLIENT = purpose(ExtendedKeyUsageOID.CLIENT_AUTH)


def key_pem(label, encryption=NoEncryption()):
    return pki.key(label).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Certificates and keys by name; paths."""
    folder = tmp_path_factory.mktemp("mutual")
    issuing = pki.certificate("Client CA 1", "Client Root", ca=True)
    alice = pki.certificate("alice", "Client CA 1", extensions=CLIENT)
    contents = {
        "root.pem": pki.pem(pki.certificate("Server Root", "Server Root", ca=True)),
        "server.pem": pki.pem(pki.certificate(NAME, "Server Root", names=[NAME],
                                              extensions=purpose(ExtendedKeyUsageOID.SERVER_AUTH))),
        "server.key": key_pem(NAME),
        "accepted.pem": pki.pem(pki.certificate("Client Root", "Client Root", ca=True, days=900)),
        "issuing.pem": pki.pem(issuing),
        "whole.pem": pki.pem(alice, issuing),
        "alone.pem": pki.pem(alice),
        "expired.pem": pki.pem(pki.certificate("alice", "Client CA 1", extensions=CLIENT, days=-0.5), issuing),
        "purpose.pem": pki.pem(pki.certificate("alice", "Client CA 1",
                                               extensions=purpose(ExtendedKeyUsageOID.SERVER_AUTH)), issuing),
        "other.pem": pki.pem(pki.certificate("alice", "Other CA", extensions=CLIENT)),
        "key.pem": key_pem("alice"),
        "bob.key": key_pem("bob"),
        "encrypted.key": key_pem("alice", BestAvailableEncryption(PASSWORD)),
        "password": PASSWORD + b"\n",
        "both.pem": pki.pem(alice, issuing) + key_pem("alice"),
        "store.p12": serialize_key_and_certificates(b"alice", pki.key("alice"), alice, [issuing],
                                                    BestAvailableEncryption(PASSWORD)),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return folder


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def nginx(files, version, port):
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin")
    if not program:
        pytest.skip("no nginx here")
    place = files / f"nginx-{version}"
    place.mkdir()
    (place / "nginx.conf").write_text(f"""
daemon off; pid {place}/pid; error_log stderr; worker_processes 1; events {{}}
http {{
  access_log off; client_body_temp_path {place}/b; proxy_temp_path {place}/p; fastcgi_temp_path {place}/f;
  uwsgi_temp_path {place}/u; scgi_temp_path {place}/s;
  server {{
    listen 127.0.0.1:{port} ssl; ssl_protocols {version};
    ssl_certificate {files}/server.pem; ssl_certificate_key {files}/server.key;
    ssl_verify_client on; ssl_verify_depth 3; ssl_client_certificate {files}/accepted.pem;
    return 200 "welcome";
  }}
}}
""")
    return [program, "-c", place / "nginx.conf", "-p", place, "-e", "stderr"]


def openssl(files, version, port):
    return ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", files / "server.pem", "-key", files / "server.key",
            "-Verify", "3", "-verify_return_error", "-CAfile", files / "accepted.pem", "-www", "-quiet",
            "-" + version.lower().replace("v", "").replace(".", "_").replace("tls", "tls")]


@contextlib.contextmanager
def running(command, port, folder):
    with (folder / f"log-{port}").open("wb") as log:
        process = subprocess.Popen([*map(str, command)], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert process.poll() is None, (folder / f"log-{port}").read_text()
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def ask(certwhy, files):
    """ask(server, version, option…) → a Run; the servers stay for the module."""
    ports = {}
    with contextlib.ExitStack() as stack:
        def run(server, version, *arguments, scheme="https", fixed=("--json",)):
            if (server, version) not in ports:
                port = free_port()
                stack.enter_context(running({"nginx": nginx, "openssl": openssl}[server](files, version, port), port, files))
                ports[server, version] = port
            return certwhy("check", f"{scheme}://127.0.0.1:{ports[server, version]}", "--name", NAME, "--ca", "root.pem",
                           "--only-ca", "--client", "curl@7.88,go@1.19", "--offline", *fixed, *arguments, cwd=files)
        yield run


def causes(run):
    return {each["rule"] for each in run.target["findings"] if each["cause"] and each["severity"] == "error"}


def finding(run, rule):
    (found,) = [each for each in run.target["findings"] if each["rule"] == rule]
    return found


WITH = {
    "whole": ("whole.pem", "key.pem", set()),
    "expired": ("expired.pem", "key.pem", {"client.certificate-expired"}),
    "for servers": ("purpose.pem", "key.pem", {"client.eku-missing"}),
    "of another CA": ("other.pem", "key.pem", {"client.ca-not-accepted"}),
    "without its intermediate": ("alone.pem", "key.pem", {"client.ca-not-accepted"}),
    "another key": ("whole.pem", "bob.key", {"client.key-mismatch"}),
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("server", SERVERS)
def test_none_was_given(ask, server, version):
    run = ask(server, version)
    assert run.status == 1 and causes(run) == {"server.client-certificate-required"}, run
    assert run.target["endpoint"]["acceptable_cas"] == ["CN=Client Root"], run
    assert run.target["endpoint"]["client_certificate"] == "not-sent", run


@pytest.mark.parametrize("kind", WITH)
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("server", SERVERS)
def test_each_certificate(ask, server, version, kind):
    certificate, key, rules = WITH[kind]
    run = ask(server, version, "--client-cert", certificate, "--client-key", key)
    assert causes(run) == rules, run
    assert run.status == (1 if rules else 0), run
    outcome = run.target["endpoint"]["client_certificate"]
    if not rules:
        assert outcome == "accepted" and run.target["outcome"] == "accepted", run
    elif kind == "another key":
        assert outcome == "not-sent", run
    else:
        assert "client.certificate-refused" in run.rules, run


ALERTS = {"expired": "certificate_expired", "for servers": "unsupported_certificate", "of another CA": "unknown_ca"}


@pytest.mark.parametrize("kind", ALERTS)
@pytest.mark.parametrize("version", VERSIONS)
def test_the_alert_is_told(ask, version, kind):
    run = ask("openssl", version, "--client-cert", WITH[kind][0], "--client-key", "key.pem", scheme="tls")
    assert run.target["endpoint"]["alert"]["name"] == ALERTS[kind] and run.target["endpoint"]["client_certificate"] == "refused", run
    assert ALERTS[kind] in finding(run, "client.certificate-refused")["summary"], run


def test_what_nginx_answers_is_told(ask):
    assert "No required SSL certificate was sent" in ask("nginx", "TLSv1.3").target["endpoint"]["client_answer"]
    run = ask("nginx", "TLSv1.3", "--client-cert", "expired.pem", "--client-key", "key.pem")
    assert "The SSL certificate error" in finding(run, "client.certificate-refused")["summary"], run


@pytest.mark.parametrize("server", SERVERS)
def test_the_missing_intermediate_is_found_and_cures_it(ask, files, server):
    run = ask(server, "TLSv1.3", "--client-cert", "alone.pem", "--client-key", "key.pem", "--pool", "issuing.pem")
    assert causes(run) == {"client.missing-intermediate"}, run
    (fix,) = finding(run, "client.missing-intermediate")["fixes"]
    assert fix["who"] == "client" and fix["proven"], run
    (file,) = fix["files"]
    (files / f"cured-{server}.pem").write_text(file["content"])
    again = ask(server, "TLSv1.3", "--client-cert", f"cured-{server}.pem", "--client-key", "key.pem")
    assert again.status == 0 and again.target["endpoint"]["client_certificate"] == "accepted", again


@pytest.mark.parametrize("arguments", [
    ["--client-cert", "both.pem"],
    ["--client-cert", "whole.pem", "--client-key", "encrypted.key", "--key-pass-file", "password"],
    ["--client-cert", "store.p12", "--key-pass-file", "password"],
])
def test_forms_of_files(ask, arguments):
    run = ask("openssl", "TLSv1.3", *arguments)
    assert run.status == 0 and run.target["endpoint"]["client_certificate"] == "accepted", run


@pytest.mark.parametrize("arguments, words", [
    (["--client-cert", "whole.pem"], "--client-key must name its file"),
    (["--client-cert", "key.pem", "--client-key", "key.pem"], "holds no certificate"),
    (["--client-cert", "whole.pem", "--client-key", "encrypted.key"], "--key-pass-file"),
    (["--client-cert", "whole.pem", "--client-key", "root.pem"], "holds no private key"),
])
def test_unusable_files_are_named(ask, arguments, words):
    run = ask("openssl", "TLSv1.3", *arguments)
    assert run.status == 2 and words in run.err.decode(), run


def test_text_says_what_became_of_it(ask):
    given = ["--client-cert", "whole.pem", "--client-key", "key.pem"]
    assert 'certificate "alice" of whole.pem: accepted by the server' in ask("openssl", "TLSv1.3", *given, fixed=()).text
    assert "refused by the server" in ask("openssl", "TLSv1.3", "--client-cert", "expired.pem", "--client-key", "key.pem", fixed=()).text


def test_a_case_replays_without_the_key(ask, certwhy, files):
    run = ask("openssl", "TLSv1.3", "--client-cert", "alone.pem", "--client-key", "key.pem", "--pool", "issuing.pem", "--save", "case.json", "-vv",
              fixed=())
    again = certwhy("check", "case.json", "--client", "curl@7.88,go@1.19", cwd=files)
    assert again.text == run.text and again.status == run.status == 1
    redacted = ask("openssl", "TLSv1.3", "--client-cert", "alone.pem", "--client-key", "key.pem", "--pool", "issuing.pem", "--save", "hidden.json",
                   "--redact")
    hidden = certwhy("check", "hidden.json", "--client", "curl@7.88,go@1.19", "--json", cwd=files)
    assert causes(hidden) == causes(redacted) == {"client.missing-intermediate"}, hidden
    assert b"alice" not in (files / "hidden.json").read_bytes() and b"Client CA 1" not in (files / "hidden.json").read_bytes()
    der = pki.key("alice").private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    secret = pki.key("alice").private_numbers().private_value.to_bytes(32, "big")
    kept = (files / "case.json").read_bytes()
    blobs = b"".join(base64.b64decode(blob) for blob in json.loads(kept)["blobs"])
    for where in (kept, blobs, run.out, run.err, redacted.out):
        assert b"PRIVATE KEY" not in where and der not in where and secret not in where
        assert secret.hex().encode() not in where.lower() and base64.b64encode(der)[:40] not in where


def test_a_key_that_makes_no_wanted_signature(certwhy, files):
    port = free_port()
    command = [*openssl(files, "TLSv1.3", port), "-client_sigalgs", "rsa_pss_rsae_sha256"]
    with running(command, port, files):
        run = certwhy("check", f"tls://127.0.0.1:{port}", "--name", NAME, "--ca", "root.pem", "--only-ca", "--client", "curl@7.88", "--offline", "--json",
                      "--client-cert", "whole.pem", "--client-key", "key.pem", cwd=files)
    assert causes(run) == {"client.signature-algorithm"} and "rsa_pss_rsae_sha256" in finding(run, "client.signature-algorithm")["detail"], run


def test_a_server_that_does_not_ask(certwhy, files):
    port = free_port()
    command = ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", files / "server.pem", "-key", files / "server.key", "-www", "-quiet"]
    with running(command, port, files):
        run = certwhy("check", f"https://127.0.0.1:{port}", "--name", NAME, "--ca", "root.pem", "--only-ca", "--client", "curl@7.88", "--offline",
                      "--client-cert", "whole.pem", "--client-key", "key.pem", cwd=files)
    assert run.status == 0 and "not shown: the server does not ask for one" in run.text, run


@pytest.mark.parametrize("answer, refused", [
    ("HTTP/1.1 400 Bad Request: 400 No required SSL certificate was sent", True),
    ("HTTP/1.1 200 OK: 4 ways to use a client certificate", False)])
def test_a_page_about_certificates_refuses_nobody(certwhy, tmp_path, answer, refused):
    source = pathlib.Path(__file__).resolve().parents[1] / "cases" / "client-certificate" / "case.json"
    case = json.loads(source.read_text())
    case["connections"][0]["handshake"] |= {
        "result": "done", "alert": -1, "error": "",
        "client_request": {"client_schemes": "", "client_certificate_sent": False,
                           "client_certificate_accepted": False, "client_answer": answer}}
    (tmp_path / "case.json").write_text(json.dumps(case))
    run = certwhy("check", tmp_path / "case.json", "--json")
    assert ("server.client-certificate-required" in run.rules) == refused, run


# ---- certwhy why: the certificate that the command's own client shows ----

WHY = {
    "whole": ("whole.pem", "key.pem", set()),
    "none": (None, None, {"server.client-certificate-required"}),
    "expired": WITH["expired"],
    "for servers": WITH["for servers"],
    "of another CA": WITH["of another CA"],
    "key in the same file": ("both.pem", None, set()),
    "expired, and a passphrase": ("expired.pem:none", "key.pem", {"client.certificate-expired"}),
}


@pytest.fixture(scope="module")
def asking(files):
    """The port of a server that asks for a certificate, and says why it refuses one."""
    port = free_port()
    with running(openssl(files, "TLSv1.2", port), port, files):
        yield port


@pytest.mark.parametrize("kind", WHY)
def test_why_shows_what_the_client_showed(files, asking, tmp_path, kind):
    certificate, key, rules = WHY[kind]
    own = [*(["--cert", certificate] if certificate else []), *(["--key", key] if key else [])]
    command = ["curl", "-q", "-sS", "-o", "/dev/null", "--cacert", "root.pem", "--connect-to", f"::127.0.0.1:{asking}", *own,
               f"https://{NAME}:{asking}/"]
    ran = subprocess.run([PROGRAM, "why", "--json", "-o", tmp_path / "report.json", "--", *command], cwd=files, capture_output=True,
                         timeout=60 * SLOWER, env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"})
    document = json.loads((tmp_path / "report.json").read_text())
    found = {each["rule"] for target in document["targets"] for each in target["findings"] if each["cause"] and each["severity"] == "error"}
    assert (ran.returncode != 0, found) == (bool(rules), rules), f"{ran} {document}"
    assert b"PRIVATE KEY" not in (tmp_path / "report.json").read_bytes()
