# SPDX-License-Identifier: Apache-2.0
"""certwhy audit against real servers, and beside sslscan."""
import contextlib
import socket
import subprocess
import time
import xml.etree.ElementTree as ET

import pytest

OLD = "DEFAULT:@SECLEVEL=0"


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audit")
    for name, algorithm in (("rsa", ["rsa:2048"]), ("ec", ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"])):
        subprocess.run(["openssl", "req", "-x509", "-newkey", *algorithm, "-nodes", "-keyout", f"{name}.key", "-out",
                        f"{name}.pem", "-subj", "/CN=audit.test", "-days", "30"], cwd=folder, check=True, capture_output=True)
    return folder


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(command, port, folder):
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.PIPE)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield port
    finally:
        server.kill()
        server.wait()


def openssl_server(folder, *options):
    port = free_port()
    return running(["openssl", "s_server", "-quiet", "-accept", f"127.0.0.1:{port}", "-cert", "rsa.pem", "-key", "rsa.key",
                    "-www", *options], port, folder)


def gnutls_server(folder, priority):
    port = free_port()
    return running(["gnutls-serv", "--http", "--quiet", "-p", str(port), "--x509certfile", "rsa.pem", "--x509keyfile", "rsa.key",
                    "--x509certfile", "ec.pem", "--x509keyfile", "ec.key", "--priority", priority], port, folder)


def audit(certwhy, port, *options):
    return certwhy("audit", f"127.0.0.1:{port}", "--json", *options).json["targets"][0]


def suites(target):
    return {(version["version"], suite["openssl"]) for version in target["versions"] for suite in version["suites"]}


def rules(target):
    return {finding["rule"] for finding in target["findings"]}


SERVERS = {
    "modern": lambda keys: openssl_server(keys, "-tls1_3"),
    "intermediate": lambda keys: openssl_server(
        keys, "-no_tls1", "-no_tls1_1", "-dcert", "ec.pem", "-dkey", "ec.key", "-cipher",
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305", "-serverpref"),
    "everything": lambda keys: openssl_server(keys, "-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0", "-dcert", "ec.pem", "-dkey", "ec.key"),
    "tls12-rsa": lambda keys: openssl_server(keys, "-no_tls1_3", "-cipher", "AES128-SHA:AES256-SHA256"),
    "tls10": lambda keys: openssl_server(keys, "-tls1", "-cipher", OLD),
    "gnutls": lambda keys: gnutls_server(keys, "NORMAL"),
    "gnutls-legacy": lambda keys: gnutls_server(keys, "NORMAL:+VERS-ALL:+ARCFOUR-128:+3DES-CBC:+RSA"),
}


def scanned(port):
    """What sslscan finds: {(version, suite)}."""
    done = subprocess.run(["sslscan", "--no-colour", "--no-heartbleed", "--no-check-certificate", "--xml=-", f"127.0.0.1:{port}"],
                          capture_output=True, text=True, timeout=120)
    root = ET.fromstring(done.stdout)
    return {(cipher.get("sslversion"), cipher.get("cipher")) for cipher in root.iter("cipher")}


@pytest.mark.parametrize("name", SERVERS)
def test_the_same_suites_as_sslscan(certwhy, keys, name):
    with SERVERS[name](keys) as port:
        target = audit(certwhy, port)
        theirs = scanned(port)
    ours = suites(target)
    # What its own OpenSSL does not know, sslscan calls by IANA's name.
    names = {suite["name"]: suite["openssl"] for version in target["versions"] for suite in version["suites"]}
    theirs = {(version, names.get(suite, suite)) for version, suite in theirs}
    assert theirs and ours == theirs, {"only certwhy": sorted(ours - theirs), "only sslscan": sorted(theirs - ours)}


def test_grades(certwhy, keys):
    grades = {}
    for name in ("modern", "intermediate", "everything"):
        with SERVERS[name](keys) as port:
            grades[name] = audit(certwhy, port)
    assert grades["modern"]["grade"] == "modern" and grades["intermediate"]["grade"] == "intermediate"
    assert grades["everything"]["grade"] == ""
    assert {"config.weak-cipher", "config.old-protocol-enabled"} <= rules(grades["everything"])
    assert rules(grades["modern"]) <= {"config.no-pq-group"}


def test_no_more_connections_than_needed(certwhy, keys):
    for name in ("modern", "intermediate", "tls12-rsa"):
        with SERVERS[name](keys) as port:
            target = audit(certwhy, port)
        enumeration = len(suites(target)) + 6 + 1
        assert target["connections"] <= enumeration + 25, name


def test_who_prefers(certwhy, keys):
    for options, expected in (((), "client"), (("-serverpref",), "server")):
        with openssl_server(keys, "-no_tls1_3", "-cipher", "AES128-SHA:AES256-SHA:ECDHE-RSA-AES128-GCM-SHA256", *options) as port:
            versions = {v["version"]: v for v in audit(certwhy, port)["versions"]}
        assert versions["TLSv1.2"]["preference"] == expected


def test_groups(certwhy, keys):
    with openssl_server(keys, "-curves", "P-384:X25519") as port:
        assert set(audit(certwhy, port)["groups"]) == {"secp384r1", "x25519"}
    with openssl_server(keys, "-no_tls1_3", "-curves", "P-256") as port:
        assert audit(certwhy, port)["groups"] == ["secp256r1"]


def test_statuses(certwhy, keys):
    assert certwhy("audit", f"127.0.0.1:{free_port()}").status == 3
    with SERVERS["modern"](keys) as port:
        assert certwhy("audit", f"127.0.0.1:{port}").status == 0
        assert certwhy("audit", f"127.0.0.1:{port}", "--fail-on", "notice").status == 1
    assert certwhy("audit").status == 2
