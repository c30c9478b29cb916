# SPDX-License-Identifier: Apache-2.0
"""--dns against a real name server on loopback with signed, unsigned and broken zones."""
import contextlib
import hashlib
import json
import socket
import ssl
import threading
import time
from pathlib import Path

import nameserver
import pki
import pytest
from cryptography.hazmat.primitives import serialization
from listener import Listener

pytestmark = pytest.mark.skipif(bool(nameserver.missing()),
                                reason=f"not installed: {', '.join(nameserver.missing())}")

SIGNED, PLAIN, BROKEN = "signed.example", "plain.example", "broken.example"
RULES = {"dns.name-unresolved", "dns.name-elsewhere", "dns.bogus", "dns.caa-forbids", "dns.tlsa-mismatch",
         "dns.tlsa-unsigned", "dns.tlsa-fragile"}
ROOT = pki.certificate(pki.name("Root", "Let's Encrypt"), pki.name("Root", "Let's Encrypt"), subject_key="root",
                       issuer_key="root", ca=True, days=900)


def leaf(*names):
    return pki.certificate(pki.name(names[0]), pki.name("Root", "Let's Encrypt"), subject_key="leaf", issuer_key="root",
                           names=names)


def spki(cert):
    return hashlib.sha256(cert.public_key().public_bytes(serialization.Encoding.DER,
                                                         serialization.PublicFormat.SubjectPublicKeyInfo))


class Server(Listener):
    """One certificate over TLS, plain or behind SMTP's STARTTLS."""

    def __init__(self, directory, cert, mail=False):
        (directory / "chain.pem").write_bytes(pki.pem(cert))
        key = pki.key("leaf").private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                            serialization.NoEncryption())
        (directory / "key.pem").write_bytes(key)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(directory / "chain.pem", directory / "key.pem")
        self.mail = mail
        self.listen()

    def serve(self, connection):
        with contextlib.suppress(OSError), connection:
            connection.settimeout(10)
            if self.mail:
                connection.sendall(b"220 mx ESMTP\r\n")
                connection.recv(512)
                connection.sendall(b"250-mx\r\n250 STARTTLS\r\n")
                connection.recv(512)
                connection.sendall(b"220 go\r\n")
            with self.context.wrap_socket(connection, server_side=True) as tls:
                tls.recv(1)


@pytest.fixture
def world(tmp_path, certwhy):
    """world(cert, zones, …) → check(*arguments): a server, its names, one run of the program."""
    stack = contextlib.ExitStack()
    (tmp_path / "root.pem").write_bytes(pki.pem(ROOT))

    def make(cert, zones, mail=False, name=None, **options):
        server = Server(tmp_path, cert, mail)
        stack.callback(server.listener.close)
        zones = {zone: text.replace("PORT", str(server.port)) for zone, text in zones.items()}
        names = nameserver.NameServer(tmp_path, zones, **options)
        stack.callback(names.stop)
        target = f"{'smtp' if mail else 'https'}://{name or f'www.{SIGNED}'}:{server.port}"

        def check(*arguments, anchor=True):
            return certwhy("check", target, "--connect", "127.0.0.1", "--only-ca", "--ca", tmp_path / "root.pem",
                           "--offline" if "--offline" in arguments else "--no-cache", "--dns-server", names.address,
                           *(["--dns-anchor", names.anchors] if anchor else []), "--json",
                           *(word for word in arguments if word != "--offline"))
        check.port = server.port
        return check

    with stack:
        yield make


def dns_rules(run):
    return run.rules & RULES


def answer(run, name, kind):
    (found,) = [each for each in run.target["dns"]["answers"] if (each["name"], each["type"]) == (name, kind)]
    return found


def finding(run, rule):
    (found,) = [each for each in run.target["findings"] if each["rule"] == rule]
    return found


def test_all_is_well(world):
    cert = leaf(f"www.{SIGNED}", f"*.{SIGNED}")
    check = world(cert, {SIGNED: f"""www IN A 127.0.0.1
@ IN CAA 0 issue "letsencrypt.org"
@ IN CAA 0 iodef "mailto:a@b"
_PORT._tcp.www IN TLSA 3 1 1 {spki(cert).hexdigest()}
"""}, signed=[SIGNED])
    run = check()
    assert run.status == 0, run
    assert dns_rules(run) == set(), run
    assert run.target["dns"]["state"] == "asked"
    assert answer(run, f"www.{SIGNED}", "A") == {"name": f"www.{SIGNED}", "type": "A", "result": "records", "security": "secure",
                                                 "why": None, "alias": None, "records": ["127.0.0.1"]}
    assert answer(run, SIGNED, "CAA")["records"] == ['0 iodef "mailto:a@b"', '0 issue "letsencrypt.org"']
    assert answer(run, f"_{check.port}._tcp.www.{SIGNED}", "TLSA")["security"] == "secure"


def test_tlsa_of_another_key(world):
    cert = leaf(f"www.{SIGNED}")
    check = world(cert, {SIGNED: f"www IN A 127.0.0.1\n_PORT._tcp.www IN TLSA 3 1 1 {'ab' * 32}\n"}, signed=[SIGNED], mail=True)
    run = check()
    assert dns_rules(run) == {"dns.tlsa-mismatch"}, run
    (fix,) = finding(run, "dns.tlsa-mismatch")["fixes"]
    assert fix["proven"]["by"] == "model"
    assert f"_{check.port}._tcp.www.{SIGNED}. IN TLSA 3 1 1 {spki(cert).hexdigest()}" in fix["commands"]


def test_the_record_of_the_fix_fits(world):
    """What the fix says to publish, published."""
    cert = leaf(f"www.{SIGNED}")
    check = world(cert, {SIGNED: f"""www IN A 127.0.0.1
_PORT._tcp.www IN TLSA 3 1 1 {'ab' * 32}
_PORT._tcp.www IN TLSA 3 1 1 {spki(cert).hexdigest()}
"""}, signed=[SIGNED], mail=True)
    assert dns_rules(check()) == set()


def test_tlsa_of_the_whole_certificate_is_fragile(world):
    cert = leaf(f"www.{SIGNED}")
    digest = hashlib.sha512(pki.der(cert)).hexdigest()
    check = world(cert, {SIGNED: f"www IN A 127.0.0.1\n_PORT._tcp.www IN TLSA 3 0 2 {digest}\n"}, signed=[SIGNED])
    run = check()
    assert dns_rules(run) == {"dns.tlsa-fragile"}, run
    assert finding(run, "dns.tlsa-fragile")["fixes"], run


def test_mail_servers_ignore_usage_1(world):
    """RFC 7672 section 3.1.3: nothing usable is nothing to mind."""
    check = world(leaf(f"www.{SIGNED}"), {SIGNED: f"www IN A 127.0.0.1\n_PORT._tcp.www IN TLSA 1 1 1 {'ab' * 32}\n"},
                  signed=[SIGNED], mail=True)
    assert dns_rules(check()) == set()


def test_usage_1_counts_for_others(world):
    check = world(leaf(f"www.{SIGNED}"), {SIGNED: f"www IN A 127.0.0.1\n_PORT._tcp.www IN TLSA 1 1 1 {'ab' * 32}\n"},
                  signed=[SIGNED])
    assert dns_rules(check()) == {"dns.tlsa-mismatch"}


def test_usage_2_wants_the_issuer_sent(world):
    """RFC 7671 section 5.2.2: the root is trusted here, and the server does not send it."""
    digest = hashlib.sha256(pki.der(ROOT)).hexdigest()
    records = "www IN A 127.0.0.1\n_PORT._tcp.www IN TLSA {} 0 1 " + digest + "\n"
    assert dns_rules(world(leaf(f"www.{SIGNED}"), {SIGNED: records.format(2)}, signed=[SIGNED])()) == {"dns.tlsa-mismatch"}


def test_usage_0_takes_the_root_of_the_path(world):
    digest = hashlib.sha256(pki.der(ROOT)).hexdigest()
    records = f"www IN A 127.0.0.1\n_PORT._tcp.www IN TLSA 0 0 1 {digest}\n"
    assert dns_rules(world(leaf(f"www.{SIGNED}"), {SIGNED: records}, signed=[SIGNED])()) == set()


def test_tlsa_without_signatures(world):
    check = world(leaf(f"www.{PLAIN}"), {PLAIN: f"www IN A 127.0.0.1\n_PORT._tcp.www IN TLSA 3 1 1 {'ab' * 32}\n",
                                         SIGNED: ""}, signed=[SIGNED], name=f"www.{PLAIN}")
    run = check()
    assert dns_rules(run) == {"dns.tlsa-unsigned"}, run
    assert answer(run, f"www.{PLAIN}", "A")["security"] == "insecure"


def test_caa_names_others(world):
    check = world(leaf(f"www.{SIGNED}", f"a.b.{SIGNED}"),
                  {SIGNED: 'www IN A 127.0.0.1\na.b IN A 127.0.0.1\nb IN CAA 0 issue ";"\n'
                           '@ IN CAA 0 issue "digicert.com; account=7"\n'}, signed=[SIGNED])
    run = check()
    assert dns_rules(run) == {"dns.caa-forbids"}, run
    found = [each for each in run.target["findings"] if each["rule"] == "dns.caa-forbids"]
    assert {each["evidence"]["dns_at"] for each in found} == {SIGNED, f"b.{SIGNED}"}
    for each in found:
        (fix,) = each["fixes"]
        assert f'{each["evidence"]["dns_at"]}. IN CAA 0 issue "letsencrypt.org"' in fix["commands"]


@pytest.mark.parametrize("records, forbids", [
    ('@ IN CAA 0 issue "letsencrypt.org"\n@ IN CAA 0 issue "digicert.com"\n', False),
    ('@ IN CAA 0 issue "LetsEncrypt.ORG ; validationmethods=dns-01"\n', False),
    ('@ IN CAA 0 iodef "mailto:a@b"\n', False),
    ('@ IN CAA 0 issuewild "digicert.com"\n', False),
    ('@ IN CAA 0 issue "letsencrypt.org"\n@ IN CAA 128 tbs "x"\n', True),
    ('@ IN CAA 0 issue "letsencrypt.org"\n@ IN CAA 0 tbs "x"\n', False),
    ('@ IN CAA 0 issue "lets encrypt.org"\n', True),
    ('www IN CAA 0 issue "letsencrypt.org"\n@ IN CAA 0 issue ";"\n', False),
    ('', False),
])
def test_caa_as_rfc_8659_says(world, records, forbids):
    check = world(leaf(f"www.{SIGNED}"), {SIGNED: "www IN A 127.0.0.1\n" + records}, signed=[SIGNED])
    run = check()
    assert dns_rules(run) == ({"dns.caa-forbids"} if forbids else set()), run
    if forbids:
        assert finding(run, "dns.caa-forbids")["fixes"], run


def test_caa_of_wildcards(world):
    check = world(leaf(f"*.{SIGNED}", f"www.{SIGNED}"),
                  {SIGNED: 'www IN A 127.0.0.1\n@ IN CAA 0 issue "letsencrypt.org"\n@ IN CAA 0 issuewild "digicert.com"\n'},
                  signed=[SIGNED])
    run = check()
    assert dns_rules(run) == {"dns.caa-forbids"}, run
    (fix,) = finding(run, "dns.caa-forbids")["fixes"]
    assert f'{SIGNED}. IN CAA 0 issuewild "letsencrypt.org"' in fix["commands"]


def test_names_that_lead_elsewhere_or_nowhere(world):
    check = world(leaf(f"www.{SIGNED}", f"old.{SIGNED}", f"gone.{SIGNED}", f"six.{SIGNED}"),
                  {SIGNED: "www IN A 127.0.0.1\nold IN A 192.0.2.7\nsix IN AAAA 2001:db8::1\nsix IN A 127.0.0.1\n"},
                  signed=[SIGNED])
    run = check()
    assert dns_rules(run) == {"dns.name-elsewhere", "dns.name-unresolved"}, run
    assert f"old.{SIGNED} (192.0.2.7)" in finding(run, "dns.name-elsewhere")["summary"]
    assert f"gone.{SIGNED}" in finding(run, "dns.name-unresolved")["summary"]
    assert f"six.{SIGNED}" not in "".join(each["summary"] for each in run.target["findings"])


def test_bogus(world):
    check = world(leaf(f"www.{BROKEN}"), {BROKEN: 'www IN A 127.0.0.1\n'}, signed=[BROKEN], name=f"www.{BROKEN}",
                  broken={BROKEN: {f"www.{BROKEN}.\t60\tIN\tA\t127.0.0.1": f"www.{BROKEN}.\t60\tIN\tA\t127.0.0.2"}})
    run = check()
    assert dns_rules(run) == {"dns.bogus"}, run
    assert finding(run, "dns.bogus")["severity"] == "warning"


def test_aliases(world):
    cert = leaf(f"www.{SIGNED}")
    check = world(cert, {SIGNED: f"""www IN CNAME real
real IN A 127.0.0.1
_PORT._tcp.real IN TLSA 3 1 1 {spki(cert).hexdigest()}
_PORT._tcp.www IN TLSA 3 1 1 {'cd' * 32}
"""}, signed=[SIGNED])
    run = check()
    assert answer(run, f"www.{SIGNED}", "A")["alias"] == f"real.{SIGNED}"
    assert dns_rules(run) == set(), run


def test_without_a_root_nothing_is_bogus(world):
    """A resolver that passes no signatures on, seen from the root's keys, is no fault of the zone."""
    check = world(leaf(f"www.{PLAIN}"), {PLAIN: "www IN A 127.0.0.1\n"}, name=f"www.{PLAIN}")
    run = check(anchor=False)
    assert dns_rules(run) == set(), run
    assert answer(run, f"www.{PLAIN}", "A")["security"] == "unchecked"
    assert "does not pass DNSSEC" in run.target["dns"]["why"]


def test_a_case_replays_without_the_network(world, certwhy, tmp_path):
    check = world(leaf(f"www.{SIGNED}", f"gone.{SIGNED}"),
                  {SIGNED: f"www IN A 127.0.0.1\n_PORT._tcp.www IN TLSA 3 1 1 {'ab' * 32}\n@ IN CAA 0 issue \"pki.goog\"\n"},
                  signed=[SIGNED])
    seen = check("--save", tmp_path / "case.json")
    again = certwhy("check", tmp_path / "case.json", "--json")
    assert dns_rules(again) == {"dns.tlsa-mismatch", "dns.caa-forbids", "dns.name-unresolved"}
    assert again.target["findings"] == seen.target["findings"]
    assert again.target["dns"] == seen.target["dns"]


def test_a_redacted_case_holds_no_answers(world, certwhy, tmp_path):
    check = world(leaf(f"www.{SIGNED}"), {SIGNED: "www IN A 127.0.0.1\n"}, signed=[SIGNED])
    check("--save", tmp_path / "case.json", "--redact")
    assert SIGNED.encode() not in (tmp_path / "case.json").read_bytes()
    assert "dns" not in certwhy("check", tmp_path / "case.json", "--json").target


def test_offline_asks_nobody(world):
    run = world(leaf(f"www.{SIGNED}"), {SIGNED: "www IN A 127.0.0.1\n"}, signed=[SIGNED])("--offline")
    assert run.target["dns"]["state"] == "offline" and run.target["dns"]["answers"] == []


def test_a_silent_server_ends_in_time(certwhy, tmp_path, slower):
    (tmp_path / "leaf.pem").write_bytes(pki.pem(leaf("www.silent.example")))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        start = time.monotonic()
        run = certwhy("check", tmp_path / "leaf.pem", "--json", "--timeout", "2", "--dns-server",
                      f"127.0.0.1:{silent.getsockname()[1]}")
    assert time.monotonic() - start < 5 * slower
    assert dns_rules(run) == set()
    assert {each["result"] for each in run.target["dns"]["answers"]} == {"silent"}, run


def test_unusable_options(certwhy, tmp_path):
    (tmp_path / "leaf.pem").write_bytes(pki.pem(leaf("www.silent.example")))
    (tmp_path / "bad").write_text("this is no record\n")
    assert certwhy("check", "x.pem", "--dns-server", "ns.example").status == 2
    assert certwhy("check", "x.pem", "--dns-anchor", "/nonexistent").status == 2
    run = certwhy("check", tmp_path / "leaf.pem", "--json", "--dns-anchor", tmp_path / "bad")
    assert run.target["dns"]["state"] == "unusable", run
    for server in ("[::1]", "::1", "[::1]:9", "127.0.0.1", "127.0.0.1:9"):
        run = certwhy("check", tmp_path / "leaf.pem", "--json", "--timeout", "0.3", "--dns-server", server)
        assert run.target["dns"]["state"] == "asked", run


# ---- hostile answers ----

def test_chains_of_aliases_end(world):
    """Forty aliases one behind the other, and two that name each other."""
    chain = "".join(f"c{i} IN CNAME c{i + 1}\n" for i in range(40)) + "c40 IN A 127.0.0.1\n"
    check = world(leaf(f"www.{SIGNED}", f"c0.{SIGNED}", f"a.{SIGNED}"),
                  {SIGNED: "www IN A 127.0.0.1\na IN CNAME b\nb IN CNAME a\n" + chain}, signed=[SIGNED])
    run = check()
    assert run.status == 0 and run.seconds < 20, run
    assert answer(run, f"a.{SIGNED}", "A")["result"] in ("failed", "silent")
    assert f"a.{SIGNED}" not in "".join(each["summary"] for each in run.target["findings"]), "nobody knows"


def test_more_records_than_are_looked_at(world):
    """What was not read to its end is not judged."""
    records = "".join(f'@ IN CAA 0 issue "ca{i}.example"\n' for i in range(100))
    check = world(leaf(f"www.{SIGNED}"), {SIGNED: "www IN A 127.0.0.1\n" + records}, signed=[SIGNED])
    run = check()
    assert len(answer(run, SIGNED, "CAA")["records"]) == 64
    assert dns_rules(run) == set(), run


def test_records_that_would_paint_the_terminal(world, certwhy, tmp_path):
    check = world(leaf(f"www.{SIGNED}"),
                  {SIGNED: 'www IN CNAME ev\\027[31mil\nev\\027[31mil IN A 127.0.0.1\n'
                           '@ IN CAA 0 issue "\\027]0;x\\007"\n'}, signed=[SIGNED])
    run = check("--save", tmp_path / "case.json")
    text = certwhy("check", tmp_path / "case.json", "-v")
    assert b"\x1b" not in run.out and b"\x1b" not in text.out and b"\x07" not in text.out


@pytest.mark.parametrize("reply", [b"", b"x", b"\xff" * 600, bytes(12), b"\0\0\x81\x80\0\1\xff\xff\0\0\0\0" + b"\xc0\x0c" * 200])
def test_garbage_is_no_answer(certwhy, tmp_path, slower, reply):
    (tmp_path / "leaf.pem").write_bytes(pki.pem(leaf("www.garbage.example")))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    question, sender = server.recvfrom(4096)
                    server.sendto(question[:2] + reply[2:] if len(reply) > 2 else reply, sender)
        threading.Thread(target=serve, daemon=True).start()
        start = time.monotonic()
        run = certwhy("check", tmp_path / "leaf.pem", "--json", "--timeout", "2", "--dns-server",
                      f"127.0.0.1:{server.getsockname()[1]}")
        assert time.monotonic() - start < 6 * slower
    assert dns_rules(run) == set() and {each["result"] for each in run.target["dns"]["answers"]} <= {"silent", "failed"}, run


def test_without_the_library(certwhy, tmp_path):
    """One line says so, and all else is as ever."""
    (tmp_path / "libunbound.so.8").write_bytes(b"no library")
    (tmp_path / "leaf.pem").write_bytes(pki.pem(leaf("www.signed.example")))
    run = certwhy("check", tmp_path / "leaf.pem", "--dns", env={"LD_LIBRARY_PATH": str(tmp_path)})
    assert "DNS        not asked: libunbound is not installed (Debian: libunbound8)" in run.text, run


def test_the_report_keeps_its_contract(world):
    schema = json.loads((Path(__file__).parents[2] / "docs" / "report.schema.json").read_text())
    jsonschema = pytest.importorskip("jsonschema")
    check = world(leaf(f"www.{SIGNED}", f"gone.{SIGNED}"),
                  {SIGNED: f"www IN A 127.0.0.1\n_PORT._tcp.www IN TLSA 3 1 1 {'ab' * 32}\n@ IN CAA 0 issue \"pki.goog\"\n"},
                  signed=[SIGNED])
    jsonschema.validate(check("--clock").json, schema)
    jsonschema.validate(check("--offline").json, schema)
