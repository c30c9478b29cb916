# SPDX-License-Identifier: Apache-2.0
"""certwhy audit against real servers: beside sslscan and nmap, and what boxes and hostile servers do to it."""
import json
import socket
import subprocess
import threading
import time

import pytest

import audit_servers as servers
from audit_servers import SERVERS, nginx, openssl
from conftest import TOP
from relay import Relay, hello_of, reset

MIB = 1 << 20
VERSIONS_ASKED = 6


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    missing = servers.installed("nginx", "openssl", "gnutls-serv")
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    return servers.keys_make(tmp_path_factory.mktemp("audit"))


@pytest.fixture(scope="session")
def schema():
    jsonschema = pytest.importorskip("jsonschema")
    return jsonschema.Draft202012Validator(json.loads((TOP / "docs" / "report.schema.json").read_text()))


@pytest.fixture
def audit(certwhy, schema):
    """Audits a port; returns its target, valid by the schema."""
    def run(port, *options, target=None, **how):
        document = certwhy("audit", target or f"127.0.0.1:{port}", "--json", *options, **how).json
        schema.validate(document)
        return document["targets"][0]
    return run


def rules(target):
    return {finding["rule"] for finding in target["findings"]}


def version(target, name):
    return next(v for v in target["versions"] if v["version"] == name)


def accepted(target):
    return sum(len(v["suites"]) for v in target["versions"])


# ---- beside other tools ----

@pytest.mark.parametrize("name", SERVERS)
def test_the_same_as_other_tools(audit, keys, name):
    """Versions, suites, preference, groups, DH, fallback, renegotiation, compression, as far as the tools tell them; every
    difference has a row in audit_exceptions.tsv, and every row a difference."""
    missing = servers.installed("sslscan", "nmap")
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    with SERVERS[name](keys) as port:
        target = audit(port)
        our = servers.ours(target)
        found = [line for tool in ("sslscan", "nmap")
                 for line in servers.differences(name, tool, our, getattr(servers, tool)(port, our["names"]))]
    assert our["suites"] and not target["cut_short"]
    assert all(v["complete"] for v in target["versions"])
    assert servers.unexplained(found) == []
    unused = [row for row in servers.exceptions() if row[0] == name and row[1] != "testssl" and
              not any(servers.matches(line, row) for line in found)]
    assert unused == []


@pytest.mark.parametrize("name", SERVERS)
def test_connections(audit, keys, name):
    """The suites cost one connection each, one for each version, and one; all the rest 25. A relay counts them."""
    with SERVERS[name](keys) as port, Relay(port) as relay:
        target = audit(relay.port)
        assert target["connections"] == relay.connections
    with SERVERS[name](keys) as port, Relay(port) as relay:
        alone = audit(relay.port, "--suites-only")
        assert alone["connections"] == alone["suite_connections"] == relay.connections
    bar = accepted(target) + VERSIONS_ASKED + 1
    assert accepted(alone) == accepted(target) > 0
    assert relay.connections <= bar
    assert target["connections"] <= bar + 25


# ---- what is seen ----

def test_grades_and_what_breaks_them(audit, keys):
    seen = {}
    for name in ("nginx-modern", "nginx-intermediate", "nginx-old", "openssl-everything", "gnutls-legacy"):
        with SERVERS[name](keys) as port:
            seen[name] = audit(port)
    assert {name: target["grade"] for name, target in seen.items()} == {
        "nginx-modern": "modern", "nginx-intermediate": "intermediate", "nginx-old": "old", "openssl-everything": "",
        "gnutls-legacy": ""}
    assert rules(seen["nginx-modern"]) == rules(seen["nginx-intermediate"]) == {"config.no-pq-group"}
    assert {"config.weak-dh", "config.old-protocol-enabled", "config.no-forward-secrecy", "config.sigalg"} <= rules(seen["nginx-old"])
    assert {"config.weak-cipher", "config.old-protocol-enabled", "config.unusual-cipher"} <= rules(seen["openssl-everything"])
    assert seen["nginx-old"]["dh_bits"] == 1024 and seen["nginx-old"]["dh_group"] == "RFC 2409 group 2"
    assert {"h2", "http/1.1"} == set(seen["nginx-modern"]["alpn"]) == set(seen["nginx-intermediate"]["alpn"])
    assert seen["nginx-intermediate"]["downgrade_sentinel"] == seen["nginx-old"]["downgrade_sentinel"] == "yes"


def test_every_certificate(audit, keys):
    """RSA and ECDSA, also where TLS 1.3 alone shows them, encrypted."""
    for protocols in ("TLSv1.3", "TLSv1.2", "TLSv1.2 TLSv1.3"):
        for order in (("rsa", "ec"), ("ec", "rsa")):
            with nginx(f"ssl_protocols {protocols};", order)(keys) as port:
                target = audit(port)
            assert {certificate["key"] for certificate in target["certificates"]} == {"RSA 2048", "EC P-256"}, (protocols, order)
    with nginx("ssl_protocols TLSv1.3;", ("rsa",))(keys) as port:
        target = audit(port)
    assert [certificate["key"] for certificate in target["certificates"]] == ["RSA 2048"]
    assert set(target["signature_schemes"]["items"]) == {f"rsa_pss_rsae_sha{n}" for n in (256, 384, 512)}
    assert target["signature_schemes"]["complete"]


def test_a_short_key(audit, keys):
    with openssl("-tls1_2", "-cipher", "ECDHE:@SECLEVEL=0", certificate="weak")(keys) as port:
        target = audit(port)
    assert "config.weak-key" in rules(target) and target["grade"] == ""


def test_groups_and_who_prefers(audit, keys):
    """Also where the curve of the only certificate has to be offered for anything to be chosen (RFC 8422)."""
    with openssl("-curves", "P-384:X25519")(keys) as port:
        target = audit(port)
    assert set(target["groups"]) == {"secp384r1", "x25519"} and version(target, "TLSv1.3")["groups"]["complete"]
    with openssl("-no_tls1_3", "-curves", "X448:P-256:X25519", "-serverpref", "-cipher", "ECDHE", certificate="ec")(keys) as port:
        groups = version(audit(port), "TLSv1.2")["groups"]
    assert [group["name"] for group in groups["items"]] == ["x448", "secp256r1"] or groups["preference"] == "server"
    for options, expected in (((), "client"), (("-serverpref",), "server")):
        with openssl("-cipher", "AES128-SHA:AES256-SHA:ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0", *options)(keys) as port:
            target = audit(port)
        told = {v["version"]: v["preference"] for v in target["versions"] if len(v["suites"]) > 1}
        assert told == dict.fromkeys(("TLSv1.3", "TLSv1.2", "TLSv1.1", "TLSv1.0"), expected) or \
            told == dict.fromkeys(("TLSv1.3", "TLSv1.2"), expected)


def test_hsts(audit, keys):
    header = 'add_header Strict-Transport-Security "%s" always;'
    for value, expected, found in (('max-age=63072000; includeSubDomains; preload', (63072000, True, True), False),
                                   ('max-age=\\"300\\"', (300, False, False), True), (None, None, True)):
        with nginx(header % value if value else "")(keys) as port:
            target = audit(port, "--name", "audit.test")
            assert "config.no-hsts" not in rules(audit(port)), "an address has no HSTS"
        hsts = target["http"]["hsts"]
        assert (hsts and (hsts["max_age"], hsts["include_subdomains"], hsts["preload"])) == expected
        assert ("config.no-hsts" in rules(target)) == found


def test_post_quantum(audit, keys):
    """X25519MLKEM768 present, absent, and not to be told."""
    with SERVERS["nginx-modern"](keys) as port:
        assert audit(port)["post_quantum"] == "no"

        def cuts(client):
            """A box that cannot read what it does not know: any hello with the number of that group."""
            hello = hello_of(client)
            if bytes.fromhex("11ec") in hello:
                return reset(client)
            return hello
        with Relay(port, cuts) as box:
            target = audit(box.port)
        assert version(target, "TLSv1.3")["accepted"] and target["post_quantum"] == "unknown"
        assert "config.no-pq-group" not in rules(target)
    with SERVERS["openssl-dh"](keys) as port:
        target = audit(port)
    assert target["post_quantum"] == "no" and "config.no-tls13" in rules(target) and "config.no-pq-group" not in rules(target)


@pytest.mark.parametrize("release", ["24", "22", "18"])
def test_post_quantum_of_node(audit, keys, release):
    """Node is built with an OpenSSL of its own; ML-KEM came with 3.5."""
    program = servers.node_program(release)
    if not program:
        pytest.skip(f"no Node {release}: tests/clients/install brings 22 and 24, with --long 18")
    told = subprocess.run([program, "-p", "process.versions.openssl"], capture_output=True, text=True, check=True).stdout
    has = tuple(map(int, told.split("+")[0].split(".")[:2])) >= (3, 5)
    assert has or release != "24", told
    with servers.node(release)(keys) as port:
        target = audit(port)
    assert target["post_quantum"] == ("yes" if has else "no")
    assert ("X25519MLKEM768" in target["groups"]) == has and ("config.no-pq-group" in rules(target)) != has
    if has:
        with servers.node(release, "{ecdhCurve: 'SecP384r1MLKEM1024:SecP256r1MLKEM768:X25519'}")(keys) as port:
            assert set(audit(port)["groups"]) == {"SecP384r1MLKEM1024", "SecP256r1MLKEM768", "x25519"}
        with servers.node(release, "{ecdhCurve: 'X25519'}")(keys) as port:
            assert audit(port)["post_quantum"] == "no"


def test_long_hellos_are_cut(audit, keys):
    """A box that reads one packet only."""
    def cuts(client):
        hello = hello_of(client)
        return reset(client) if len(hello) > 1400 else hello
    with SERVERS["nginx-intermediate"](keys) as port, Relay(port, cuts) as box:
        target = audit(box.port)
        plain = audit(port)
    assert target["long_client_hello"] == "no" and plain["long_client_hello"] == "yes"
    assert rules(target) - rules(plain) == {"config.long-hello"}
    assert servers.ours(target)["suites"] == servers.ours(plain)["suites"]


def test_stapling(audit, keys):
    """An OCSP response that the server staples is seen, with TLS 1.2 and with 1.3 alone."""
    (keys / "index.txt").write_text("")
    for command in (["-issuer", "rsa.pem", "-cert", "rsa.pem", "-reqout", "ask.der"],
                    ["-index", "index.txt", "-rsigner", "rsa.pem", "-rkey", "rsa.key", "-CA", "rsa.pem", "-reqin", "ask.der",
                     "-respout", "staple.der", "-ndays", "3"]):
        subprocess.run(["openssl", "ocsp", *command], cwd=keys, check=True, capture_output=True)
    for protocol in ("-tls1_2", "-tls1_3"):
        for staple, answer in ((["-status_file", "staple.der"], "yes"), ([], "no")):
            with openssl(protocol, *staple)(keys) as port:
                assert audit(port)["ocsp_stapling"] == answer, protocol


# ---- how it is asked ----

def test_starttls(audit, keys):
    def smtp(client):
        stream = client.makefile("rwb", buffering=0)
        stream.write(b"220 mx.test ESMTP\r\n")
        assert stream.readline().startswith(b"EHLO")
        stream.write(b"250-mx.test\r\n250 STARTTLS\r\n")
        assert stream.readline().startswith(b"STARTTLS")
        stream.write(b"220 go\r\n")
        return b""
    with SERVERS["openssl-dh"](keys) as port, Relay(port, smtp) as mail:
        plain = servers.ours(audit(port))
        target = audit(0, target=f"smtp://127.0.0.1:{mail.port}")
    assert {**servers.ours(target), "alpn": set()} == {**plain, "alpn": set()} and target["http"] is None


def test_connect_and_sni(audit, keys):
    heard = []

    def listen(client):
        heard.append(hello_of(client))
        return heard[-1]
    with SERVERS["nginx-modern"](keys) as port, Relay(port, listen) as relay:
        for options, wanted in (((), b"audit.test"), (("--sni", "other.test"), b"other.test"), (("--sni", "none"), None)):
            heard.clear()
            target = audit(0, "--connect", f"127.0.0.1:{relay.port}", *options, target="audit.test")
            assert target["outcome"] == "audited" and target["address"] == f"127.0.0.1:{relay.port}"
            modern = [hello for hello in heard if hello[:2] == b"\x16\x03" and hello[5 + 4:5 + 6] == b"\x03\x03"]
            assert modern and all((wanted in hello) if wanted else b".test" not in hello for hello in modern)


def test_statuses_and_formats(certwhy, keys, tmp_path):
    assert certwhy("audit", f"127.0.0.1:{servers.free_port()}").status == 3
    assert certwhy("audit").status == certwhy("audit", "--fail-on", "much", "x.test").status == 2
    file = certwhy("audit", keys / "rsa.pem")
    assert file.status == 2 and b"is a file" in file.err and not file.out
    with SERVERS["nginx-modern"](keys) as port, SERVERS["gnutls-rsa"](keys) as other:
        assert certwhy("audit", f"127.0.0.1:{port}").status == 0
        assert certwhy("audit", f"127.0.0.1:{port}", "--fail-on", "notice").status == 1
        both = certwhy("audit", f"127.0.0.1:{port}", f"127.0.0.1:{other}", keys / "rsa.pem", "--format", "ndjson")
        lines = [json.loads(line)["targets"][0] for line in both.text.splitlines()]
        assert both.status == 2 and [line["outcome"] for line in lines] == ["audited", "audited", "unusable"]
        text = certwhy("audit", f"127.0.0.1:{port}", f"127.0.0.1:{other}", "--fail-on", "warning", "-o", tmp_path / "report")
        assert text.status == 1 and not text.out
        report = (tmp_path / "report").read_text()
    assert 'keeps the profile "modern"' in report and "Fix       nginx     ssl_ecdh_curve" in report
    assert "TLSv1.0   yes" not in report and "TLSv1.1   yes" in report


# ---- the lines mend it ----

def test_the_lines_for_nginx_mend_it(audit, keys):
    """What a finding says for nginx is put into its configuration; the finding is gone."""
    wrong = "ssl_protocols TLSv1 TLSv1.1 TLSv1.2; ssl_ciphers ALL:@SECLEVEL=0; ssl_dhparam KEYS/dh1024.pem;"
    with nginx(wrong)(keys) as port:
        before = audit(port, "--name", "audit.test")
    wanted = {"config.weak-dh", "config.old-protocol-enabled", "config.weak-cipher", "config.no-forward-secrecy",
              "config.unusual-cipher", "config.no-tls13", "config.no-hsts", "config.sigalg"}
    assert wanted <= rules(before)
    subprocess.run(["openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048", "-out", keys / "ffdhe2048.pem"],
                   check=True, capture_output=True)
    lines = {finding["lines"]["nginx"].replace("/etc/ssl", "KEYS") for finding in before["findings"] if finding["rule"] in wanted}
    with nginx("\n".join(lines))(keys) as port:
        after = audit(port, "--name", "audit.test")
    assert rules(after) == {"config.no-pq-group"} and after["grade"] == "intermediate"


def test_every_finding_has_lines_for_every_server(certwhy):
    servers_named = {"nginx", "Apache", "HAProxy", "Postfix", "Dovecot", "Tomcat", "Envoy", "Caddy"}
    for page in sorted((TOP / "data" / "rules").glob("config.*.md")):
        fix = page.read_text().split("## How to fix it")[1].split("\n## ")[0]
        named = {line.split()[0] for line in fix.splitlines() if line.startswith("    ") and line[4] != " "}
        assert servers_named <= named, page.name


# ---- servers that mean harm ----

class Hostile:
    """Answers each connection with what `answer(hello, n)` yields."""

    def __init__(self, answer):
        self.answer, self.n = answer, 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()

    def accept(self):
        try:
            while True:
                client, _ = self.listener.accept()
                self.n += 1
                threading.Thread(target=self.serve, args=(client, self.n), daemon=True).start()
        except OSError:
            pass

    def serve(self, client, n):
        with client:
            try:
                for piece in self.answer(hello_of(client), n):
                    client.sendall(piece)
            except OSError:
                pass


def record(body, kind=22, version=b"\3\3"):
    return bytes([kind]) + version + len(body).to_bytes(2, "big") + body


def message(kind, body):
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


def vector(body, width):
    return len(body).to_bytes(width, "big") + body


def offered(hello):
    """The version that a hello asks for, and its suites."""
    at = 5 + 4 + 2 + 32
    at += 1 + hello[at]
    n = int.from_bytes(hello[at:at + 2], "big")
    suites = [int.from_bytes(hello[at + 2 + i:at + 4 + i], "big") for i in range(0, n, 2)]
    return (0x0304 if suites[0] in (0x1301, 0x1302, 0x1303, 0x1304, 0x1305, 0x1306, 0x1307, 0x00c6, 0x00c7, 0xc0b4, 0xc0b5)
            else int.from_bytes(hello[9:11], "big")), suites


def server_hello(hello, suite=None):
    number, suites = offered(hello)
    extensions = bytes.fromhex("002b00020304" "00330002001d") if number == 0x0304 else b""
    random = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c") if number == 0x0304 else b"r" * 32
    return message(2, min(number, 0x0303).to_bytes(2, "big") + random + b"\0" + (suite or suites[0]).to_bytes(2, "big") + b"\0" +
                   (vector(extensions, 2) if extensions else b""))


def primitive(hello, _):
    """TLS 1.2 as of 2008, with one suite: no extensions at all, and DEFLATE where it is offered."""
    number, suites = offered(hello) if hello[:1] == b"\x16" else (0x0002, [])
    if number != 0x0303 or 0x002f not in suites:
        yield record(b"\2\x28", 21)
        return
    at = 5 + 4 + 2 + 32
    at += 1 + hello[at]
    at += 2 + int.from_bytes(hello[at:at + 2], "big")
    deflates = 1 in hello[at + 1:at + 1 + hello[at]]
    yield record(message(2, b"\3\3" + b"r" * 32 + b"\0" + b"\0\x2f" + bytes([deflates])) + message(14, b""))


def test_a_primitive_server(audit):
    """What no library of Debian leaves out any more."""
    with Hostile(primitive) as server:
        target = audit(server.port)
    assert {"config.compression", "config.renegotiation", "config.no-extended-master-secret", "config.no-forward-secrecy",
            "config.no-tls13"} == rules(target) and target["grade"] == ""
    assert target["compression"] == "yes" and target["secure_renegotiation"] == target["extended_master_secret"] == "no"


def yes_to_everything(hello, _):
    yield record(server_hello(hello) + message(14, b"")) if hello[:1] == b"\x16" else b""


def great_flight(hello, _):
    """A certificate list of three megabytes, each time."""
    if hello[:1] == b"\x16":
        body = server_hello(hello) + message(11, vector(vector(b"\x30" * 1000, 3) * 3000, 3)) + message(14, b"")
        for at in range(0, len(body), 16000):
            yield record(body[at:at + 16000])


def one_suite_for_ever(hello, _):
    yield record(server_hello(hello, 0x002f) + message(14, b"")) if hello[:1] == b"\x16" else b""


def endless_records(hello, _):
    yield record(server_hello(hello)) if hello[:1] == b"\x16" else b""
    for _ in range(4000):
        yield record(message(22, b"x" * 8000))


def warnings_for_ever(hello, _):
    for _ in range(100000):
        yield record(b"\1\x70", 21)


def garbage(hello, n):
    yield bytes((n * 7919 * (i + 1)) & 0xff for i in range(3000))


def plaintext(hello, _):
    yield b"HTTP/1.1 400 Bad Request\r\n\r\n"


def cut_off(hello, n):
    yield record(server_hello(hello) + message(11, b"\0\1\0\0\0\xff\x30") + message(14, b""))[:n % 60] if hello[:1] == b"\x16" else b""


@pytest.mark.parametrize("answer", [yes_to_everything, great_flight, one_suite_for_ever, endless_records, warnings_for_ever, garbage,
                                    plaintext, cut_off])
def test_hostile_answers_end(certwhy, schema, slower, sanitized, answer):
    """A diagnosis within bounds, whatever comes: flat memory, few connections, no finding out of nothing."""
    with Hostile(answer) as server:
        run = certwhy("audit", f"127.0.0.1:{server.port}", "--json", "--timeout", "2", timeout=120)
    schema.validate(run.json)
    target = run.json["targets"][0]
    assert run.status in (0, 1, 3) and target["connections"] <= 1000
    assert run.seconds <= 20 * slower and (sanitized or run.peak <= 64 * MIB), (run.seconds, run.peak)
    if answer in (garbage, plaintext):
        assert run.status == 3 and not target["findings"]


@pytest.mark.parametrize("silent_from", [1, 4])
def test_a_silent_server_costs_three_timeouts(certwhy, silent_from):
    def answer(hello, n):
        if n >= silent_from:
            time.sleep(20)
        yield from yes_to_everything(hello, n)
    with Hostile(answer) as server:
        run = certwhy("audit", f"127.0.0.1:{server.port}", "--timeout", "1", timeout=60)
        assert run.seconds < 6 and server.n == silent_from + 2
    assert (b"stopped answering" in run.out or run.status == 3) and b"questions asked" in run.err


def test_every_length_wrong_in_turn(certwhy):
    """An octet of the flight after another is raised: never a crash, never a wait."""
    def answer(hello, n):
        if hello[:1] == b"\x16":
            flight = bytearray(record(server_hello(hello) + message(11, vector(vector(b"\x30\0", 3), 3)) +
                                      message(12, b"\3\0\x17\1x" + b"\4\1\0\2ab") + message(14, b"")))
            flight[n % len(flight)] ^= 0x81
            yield bytes(flight)
    with Hostile(answer) as server:
        run = certwhy("audit", f"127.0.0.1:{server.port}", "--json", "--timeout", "1", timeout=60)
    assert run.status in (0, 1, 3)


def test_ssl2_lists_what_it_has(audit):
    """No server of Debian speaks it any more: its answer is made by hand (draft-hickman-netscape-ssl-00)."""
    def answer(hello, _):
        if hello[:1] == b"\x80" or hello[0] & 0x80:
            kinds = bytes.fromhex("010080" "020080" "0700c0")
            body = b"\4\0\1\0\2" + b"\0\0" + len(kinds).to_bytes(2, "big") + b"\0\x10" + kinds + b"c" * 16
            yield (0x8000 | len(body)).to_bytes(2, "big") + body
        else:
            yield record(b"\2\x28", 21)
    with Hostile(answer) as server:
        target = audit(server.port)
    assert [suite["name"] for suite in version(target, "SSLv2")["suites"]] == [
        "SSL_CK_RC4_128_WITH_MD5", "SSL_CK_RC4_128_EXPORT40_WITH_MD5", "SSL_CK_DES_192_EDE3_CBC_WITH_MD5"]
    assert {"config.old-protocol-enabled", "config.weak-cipher"} <= rules(target)
