# SPDX-License-Identifier: Apache-2.0
"""Servers that want to harm: whatever they send, there is a diagnosis in time, and memory stays flat."""
import concurrent.futures
import random
import socket
import ssl
import time

import pytest

import pki
import tls_wire
from tls_wire import HANDSHAKE, record, says, serving

MIB = 1 << 20
TIMEOUT = 2      # seconds for one dialogue
PATIENCE = 3     # seconds for further hellos (src/observe/attempts.c)
PEAK = 64 * MIB
WORKERS = 4


@pytest.fixture(scope="module")
def leaf():
    return pki.der(pki.certificate("127.0.0.1", "Root", names=["www.lab.test"]))


@pytest.fixture
def diagnosed(certwhy, slower, sanitized):
    """Checks a server: exit 1 or 3 with findings, in time, in little memory; never accepted."""
    def check(address, *arguments, statuses=(1, 3), memory=PEAK):
        run = certwhy("check", address, "--timeout", str(TIMEOUT), "--name", "www.lab.test", "--json", *arguments)
        assert run.status in statuses, run
        assert run.target["findings"], run
        assert run.target["outcome"] != "accepted", run
        # the first dialogue, one without SNI, further hellos at the same time, a last one
        assert run.seconds <= (3 * TIMEOUT + PATIENCE + 1) * slower, run
        assert sanitized or run.peak <= memory, f"{run.peak} bytes: {run}"
        return run
    return check


@pytest.fixture
def audited(certwhy, slower, sanitized):
    def audit(address):
        run = certwhy("audit", address, "--timeout", "1", "--json")
        assert run.status in (0, 1, 3), run
        assert run.out.strip(), run
        assert run.seconds <= 20 * slower, run
        assert sanitized or run.peak <= PEAK, f"{run.peak} bytes: {run}"
        return run
    return audit


def at_once(work, items):
    """Several programs at a time: most of it is waiting. The first failure is raised."""
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(work, items))


# ---- lists of certificates ----

def test_a_megabyte_of_certificates(diagnosed):
    big = pki.der(pki.certificate("127.0.0.1", "Root", names=["n%d.lab.test" % i for i in range(60000)]))
    assert len(big) > 900_000
    with serving(says(tls_wire.flight(big, big, big))) as address:
        run = diagnosed(address)
    assert len(run.out) < 2 * MIB


def test_a_list_longer_than_any(diagnosed):
    """16 MB in one Certificate message: more than is read."""
    messages = tls_wire.server_hello() + tls_wire.certificates(*[bytes(65536)] * 255)
    with serving(says(record(messages))) as address:
        diagnosed(address, statuses=(3,))


def test_a_thousand_certificates(diagnosed, leaf):
    chain = [leaf] + [leaf[:60] + i.to_bytes(2, "big") + leaf[62:] for i in range(999)]
    with serving(says(tls_wire.flight(*chain))) as address:
        run = diagnosed(address)
    assert len(run.target["chain"]) > 900


def test_certificates_without_end(diagnosed):
    """Every certificate is empty, and there is always one more."""
    def talk(connection):
        tls_wire.hello_read(connection)
        connection.sendall(record(tls_wire.server_hello()) + record(b"\x0b\xff\xff\xff\xff\xff\xfc"))
        while True:
            connection.sendall(record(bytes(16384)))
    with serving(talk) as address:
        diagnosed(address, statuses=(3,))


# ---- time ----

def drip(words, pause):
    """One octet at a time."""
    def talk(connection):
        tls_wire.hello_read(connection)
        for i in range(len(words)):
            connection.sendall(words[i:i + 1])
            time.sleep(pause)
        time.sleep(20)
    return talk


def test_a_record_every_now_and_then(diagnosed, leaf):
    """Each read brings something, and the handshake never ends: a record in fragments of one octet."""
    whole = tls_wire.server_hello() + tls_wire.certificates(leaf)
    def talk(connection):
        tls_wire.hello_read(connection)
        for i in range(len(whole)):
            connection.sendall(record(whole[i:i + 1]))
            time.sleep(0.2)
    with serving(talk) as address:
        run = diagnosed(address, statuses=(3,))
    assert run.rules == {"server.silent"}


def test_drops_of_a_flight(diagnosed, leaf):
    with serving(drip(tls_wire.flight(leaf), 0.05)) as address:
        diagnosed(address, statuses=(3,))


def test_endless_warnings(diagnosed):
    def talk(connection):
        tls_wire.hello_read(connection)
        while True:
            connection.sendall(tls_wire.alert(112, level=1) * 1000)
    with serving(talk) as address:
        diagnosed(address, statuses=(3,))


def test_endless_empty_records(diagnosed):
    def talk(connection):
        tls_wire.hello_read(connection)
        while True:
            connection.sendall(record(b"", HANDSHAKE) * 1000)
    with serving(talk) as address:
        diagnosed(address, statuses=(3,))


def test_endless_tickets(diagnosed, tmp_path):
    """TLS 1.3: a client certificate is wished for, so that we wait for an alert, and tickets come."""
    cert = pki.certificate("www.lab.test", "www.lab.test", names=["www.lab.test"])
    (tmp_path / "cert.pem").write_bytes(pki.pem(cert))
    (tmp_path / "key.pem").write_bytes(pki.key("www.lab.test").private_bytes(
        pki.serialization.Encoding.PEM, pki.serialization.PrivateFormat.PKCS8, pki.serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    context.verify_mode = ssl.CERT_OPTIONAL
    context.num_tickets = 100_000

    def talk(connection):
        with context.wrap_socket(connection, server_side=True) as tls:
            while True:
                tls.sendall(bytes(16384))
    with serving(talk) as address:
        run = diagnosed(address)
    assert run.rules & {"trust.self-signed", "trust.self-signed-ca-as-leaf"}, run


# ---- messages that make no sense ----

def test_hello_retry_twice(diagnosed):
    def talk(connection):
        for _ in range(2):
            hello = tls_wire.hello_read(connection)
            session = hello[44:76]
            connection.sendall(record(tls_wire.hello_retry(session=session)) + record(b"\x01", 20))
        tls_wire.quiet_end(connection)
    with serving(talk) as address:
        diagnosed(address, statuses=(3,))


def test_hello_retry_for_what_was_not_offered(diagnosed):
    with serving(says(record(tls_wire.hello_retry(0x7fff)))) as address:
        diagnosed(address, statuses=(3,))


@pytest.mark.parametrize("order", [(11,), (14,), (2, 2), (2, 14), (2, 12, 14), (20,), (4, 4, 4), (0, 0, 0), (1,)], ids=str)
def test_messages_out_of_turn(diagnosed, leaf, order):
    bodies = {2: tls_wire.server_hello(), 11: tls_wire.certificates(leaf), 12: tls_wire.key_exchange()}
    words = b"".join(record(bodies.get(kind, tls_wire.message(kind, b""))) for kind in order)
    with serving(says(words)) as address:
        diagnosed(address, statuses=(3,))


def test_every_truncation(diagnosed, leaf):
    """A flight that ends at each octet of its headers, and at some between."""
    whole = tls_wire.flight(leaf)
    near = {offset + i for _, offset, width in tls_wire.lengths_of(whole) for i in range(-1, width + 1)}
    ends = sorted({0, 1, 2, 3, 4, 5} | {n for n in near if n < len(whole)} | set(range(6, len(whole), 97)))
    with contextless([whole[:end] for end in ends]) as addresses:
        runs = at_once(diagnosed, addresses)
    assert max(run.peak for run in runs) - min(run.peak for run in runs) < 16 * MIB


def test_a_wrong_length_in_every_field(diagnosed, leaf):
    whole = tls_wire.flight(leaf)
    fields = tls_wire.lengths_of(whole)
    assert len(fields) >= 20
    wrong = []
    for _, offset, width in fields:
        right = int.from_bytes(whole[offset:offset + width], "big")
        for value in {0, max(right - 1, 0), right + 1, (1 << 8 * width) - 1} - {right}:
            if value < 1 << 8 * width:
                wrong.append(whole[:offset] + value.to_bytes(width, "big") + whole[offset + width:])
    with contextless(wrong) as addresses:
        runs = at_once(diagnosed, addresses)
    assert max(run.peak for run in runs) - min(run.peak for run in runs) < 16 * MIB


def test_random_changes(diagnosed, leaf):
    chance = random.Random(11)
    whole = tls_wire.flight(leaf)
    bad = []
    for _ in range(40):
        changed = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        bad.append(bytes(changed))
    with contextless(bad) as addresses:
        at_once(lambda address: diagnosed(address, statuses=(1, 3)), addresses)


class contextless:
    """One server for each of many answers."""

    def __init__(self, answers):
        self.servers = [serving(says(answer)) for answer in answers]

    def __enter__(self):
        return [server.__enter__() for server in self.servers]

    def __exit__(self, *error):
        for server in self.servers:
            server.__exit__(*error)


# ---- audits ----

def test_audits_of_wrong_lengths(audited, leaf):
    whole = tls_wire.flight(leaf)
    wrong = [whole[:offset] + b"\xff" * width + whole[offset + width:] for _, offset, width in tls_wire.lengths_of(whole)]
    with contextless(wrong) as addresses:
        at_once(audited, addresses)


def test_audits_of_truncated_flights(audited, leaf):
    whole = tls_wire.flight(leaf)
    with contextless([whole[:end] for end in range(1, len(whole), 61)]) as addresses:
        at_once(audited, addresses)


def test_audit_of_a_server_that_chooses_the_same_for_ever(audited, leaf):
    """A suite that was not offered any more: the audit must end, not ask for ever."""
    with serving(says(tls_wire.flight(leaf))) as address:
        audited(address)


def test_audit_of_a_megabyte(audited):
    with serving(says(tls_wire.flight(bytes(MIB)))) as address:
        audited(address)


# ---- before TLS ----

SCHEMES = ["smtp", "lmtp", "imap", "pop3", "ftp", "ldap", "xmpp", "xmpp-server", "postgres", "mysql", "mariadb",
           "sieve", "nntp", "irc", "rdp"]


def gush(words):
    def talk(connection):
        while True:
            connection.sendall(words)
    return talk


def plain_drip(connection):
    while True:
        connection.sendall(b"2")
        time.sleep(0.1)


BEFORE = {
    "endless line": gush(b"220-" + b"x" * 65536),
    "endless lines": gush(b"220-hello\r\n" * 1000),
    "zeros": gush(bytes(65536)),
    "ones": gush(b"\xff" * 65536),
    "drops": plain_drip,
    "closed": lambda connection: connection.shutdown(socket.SHUT_RDWR),
    "noise": lambda connection: (connection.sendall(random.Random(5).randbytes(4096)), tls_wire.quiet_end(connection)),
}


@pytest.mark.parametrize("how", BEFORE)
def test_starttls_dialogues(diagnosed, how):
    with serving(BEFORE[how]) as address:
        runs = at_once(lambda scheme: diagnosed(f"{scheme}://{address}", statuses=(3,)), SCHEMES)
    assert max(run.peak for run in runs) < PEAK
