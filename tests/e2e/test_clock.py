# SPDX-License-Identifier: Apache-2.0
"""Is it the clock, or are the certificates old? The program runs by another clock (faketime); the
server's Date and a time server are this test's to choose."""
import contextlib
import datetime
import email.utils
import os
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time

import pki
import pytest
from conftest import PROGRAM, SANITIZED, Run, with_clients
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from listener import Listener

DAY = 86400
FAKETIME = shutil.which("faketime")
ROOT = pki.certificate("Root", "Root", ca=True, days=9000)
needs_faketime = pytest.mark.skipif(not FAKETIME or SANITIZED, reason="faketime is not installed, or a sanitizer is in the way")
CLOCK = {"validity.clock-wrong", "validity.clocks-differ"}


def response_of(cert, age):
    """An OCSP response made `age` seconds ago."""
    made = pki.NOW - datetime.timedelta(seconds=age)
    response = ocsp.OCSPResponseBuilder().add_response(
        cert=cert, issuer=ROOT, algorithm=hashes.SHA256(), cert_status=ocsp.OCSPCertStatus.GOOD, this_update=made,
        next_update=made + datetime.timedelta(days=7), revocation_time=None, revocation_reason=None) \
        .responder_id(ocsp.OCSPResponderEncoding.HASH, ROOT).sign(pki.key("Root"), hashes.SHA256())
    return response.public_bytes(serialization.Encoding.DER)


class Server(Listener):
    """TLS; `date` is what it answers to a HEAD: bytes behind "Date:", bytes of their own when they
    begin with "!", None for no answer at all."""

    def __init__(self, directory, cert, date):
        self.date, self.asked = date, []
        (directory / "cert.pem").write_bytes(pki.pem(cert))
        (directory / "key.pem").write_bytes(pki.key("leaf").private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(directory / "cert.pem", directory / "key.pem")
        self.listen()

    def serve(self, connection):
        with contextlib.suppress(OSError), connection:
            connection.settimeout(10)
            with self.context.wrap_socket(connection, server_side=True) as tls:
                heard = tls.recv(4096)
                if heard:
                    self.asked.append(heard)
                if heard and self.date is not None:
                    tls.sendall(self.date[1:] if self.date.startswith(b"!") else
                                b"HTTP/1.1 200 OK\r\nServer: test\r\nDate: " + self.date + b"\r\n\r\n")


class TimeServer:
    """Answers once per question; `alter` changes the 48 octets."""

    def __init__(self, offset=0, alter=None, silent=False, v6=False):
        self.socket = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("::1" if v6 else "127.0.0.1", 0))
        self.address = f"{'[::1]' if v6 else '127.0.0.1'}:{self.socket.getsockname()[1]}"
        self.offset, self.alter, self.silent, self.packets = offset, alter or bytes, silent, []
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                packet, sender = self.socket.recvfrom(512)
                self.packets.append(packet)
                now = struct.pack(">II", int(time.time() + self.offset + 2208988800) % 2**32, 0)
                answer = bytes([4 << 3 | 4, 2, 0, 0]) + bytes(8) + b"TEST" + now + packet[40:48] + now + now
                if not self.silent:
                    self.socket.sendto(self.alter(answer), sender)


def http_date(offset=0):
    return email.utils.formatdate(time.time() + offset, usegmt=True).encode()


@pytest.fixture
def world(tmp_path):
    """world(days, date) → check(*arguments, clock=seconds): a certificate of so many days around now."""
    stack = contextlib.ExitStack()
    (tmp_path / "root.pem").write_bytes(pki.pem(ROOT))

    def make(date, begin=-30, end=60):
        builder = x509.CertificateBuilder().subject_name(pki.name("127.0.0.1")).issuer_name(pki.name("Root")) \
            .public_key(pki.key("leaf").public_key()).serial_number(77) \
            .not_valid_before(pki.NOW + datetime.timedelta(days=begin)).not_valid_after(pki.NOW + datetime.timedelta(days=end)) \
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("www.lab.test")]), critical=False)
        cert = builder.sign(pki.key("Root"), hashes.SHA256())
        server = Server(tmp_path, cert, date)
        stack.callback(server.listener.close)

        def check(*arguments, clock=0, scheme="https"):
            words = with_clients(["check", f"{scheme}://127.0.0.1:{server.port}", "--name", "www.lab.test", "--only-ca", "--ca",
                                  tmp_path / "root.pem", "--json", "--no-cache", *arguments])
            command = [*([FAKETIME, "-f", f"{clock:+d}s"] if clock else []), PROGRAM, *words]
            done = subprocess.run(command, capture_output=True, timeout=60, stdin=subprocess.DEVNULL,
                                  env={**os.environ, "NO_COLOR": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"})
            return Run(command, done.returncode, done.stdout, done.stderr, 0, 0)

        check.server, check.cert, check.directory = server, cert, tmp_path
        return check

    with stack:
        yield make


def finding(run, rule):
    (found,) = [each for each in run.target["findings"] if each["rule"] == rule]
    return found


def ocsp_file(check, age):
    (check.directory / "response.der").write_bytes(response_of(check.cert, age))
    return "--ocsp", check.directory / "response.der"


def test_a_healthy_check_asks_nobody(world):
    check = world(http_date())
    run = check()
    assert run.status == 0 and not run.rules & CLOCK and "clock" not in run.target, run
    assert check.server.asked == []


@needs_faketime
def test_a_clock_that_is_behind(world):
    """The certificate is not yet valid by it; the server's Date and an OCSP response know better."""
    check = world(http_date())
    run = check(*ocsp_file(check, 3600), clock=-200 * DAY)
    wrong = finding(run, "validity.clock-wrong")
    assert wrong["cause"] and wrong["severity"] == "error", run
    assert "behind" in wrong["summary"] and "OCSP response" in wrong["detail"] and "HTTP Date" in wrong["detail"]
    early = [each for each in run.target["findings"] if each["rule"] == "validity.not-yet-valid"]
    assert early and all(each["because"] == [wrong["id"]] for each in early)
    (fix,) = wrong["fixes"]
    assert fix["id"] == "client.correct-clock" and not fix["proven"]["rejected_by"] and "timedatectl set-ntp true" in fix["commands"]
    (asked,) = check.server.asked
    assert asked.startswith(b"HEAD / HTTP/1.1\r\nHost: www.lab.test\r\n") and b"Authorization" not in asked


@needs_faketime
def test_a_clock_that_is_ahead_needs_a_third(world):
    """Two clocks differ: the server's may be the wrong one. A time server tells."""
    check = world(http_date())
    run = check(clock=200 * DAY)
    assert run.rules & CLOCK == {"validity.clocks-differ"}, run
    assert finding(run, "validity.expired")["cause"]
    clock = TimeServer()
    run = check("--sntp", clock.address, clock=200 * DAY)
    wrong = finding(run, "validity.clock-wrong")
    assert "ahead" in wrong["summary"] and finding(run, "validity.expired")["because"] == [wrong["id"]], run
    assert wrong["fixes"][0]["proven"]["accepted_by"]


def test_an_old_certificate_is_no_wrong_clock(world):
    """Everybody agrees what the time is: the certificate is old."""
    check = world(http_date(), begin=-90, end=-10)
    clock = TimeServer()
    run = check("--sntp", clock.address, *ocsp_file(check, 3600))
    assert not run.rules & CLOCK and finding(run, "validity.expired")["cause"], run
    assert run.target["clock"]["sntp_server"] == clock.address


def test_a_server_whose_clock_is_stuck(world):
    """An appliance that has slept for a year: its Date fits its old certificate, ours is right."""
    check = world(http_date(-400 * DAY), begin=-500, end=-100)
    run = check()
    assert run.rules & CLOCK == {"validity.clocks-differ"}, run
    assert finding(run, "validity.expired")["cause"]
    run = check("--sntp", TimeServer().address)
    assert "validity.clock-wrong" not in run.rules


@needs_faketime
def test_expired_for_longer_than_the_clock_is_wrong(world):
    check = world(http_date(), begin=-90, end=-50)
    run = check("--sntp", TimeServer().address, clock=2 * DAY)
    assert finding(run, "validity.expired")["cause"], run
    assert finding(run, "validity.clock-wrong")["severity"] == "warning", run


def test_an_intended_time_accuses_nobody(world):
    check = world(http_date())
    clock = TimeServer()
    run = check("--at", "2026-01-01", "--clock", "--sntp", clock.address)
    assert "validity.clocks-differ" not in run.rules and clock.packets == [] and "clock" not in run.target


@pytest.mark.parametrize("date", [
    None, b"", b"yesterday", b"Sun, 99 Nov 1994 08:49:37 GMT", b"Sun, 06 Nov 1994 08:49:37 CET", b"Sun, 06 Nov 1994 08:49:37 GMTx",
    b"Sun, 06 Foo 1994 08:49:37 GMT", b"0" * 29, b"\xff" * 29, b"x" * 20000, b"!garbage\r\n\r\n", b"!HTTP/1.1 200\r\n" + b"A: b\r\n" * 5000])
def test_odd_dates_are_none(world, date):
    check = world(date, begin=-90, end=-10)
    run = check()
    assert not run.rules & CLOCK and run.status == 1, run
    assert "clock" not in run.target


def flip(position, value):
    return lambda answer: answer[:position] + bytes([value]) + answer[position + 1:]


@pytest.mark.parametrize("alter, why", [
    (lambda answer: answer[:47], "too short"),
    (lambda answer: b"", "too short"),
    (flip(0, 4 << 3 | 3), "none of a time server"),
    (flip(0, 3 << 6 | 4 << 3 | 4), "does not know the time"),
    (flip(1, 16), "does not know the time"),
    (lambda answer: flip(1, 0)(answer[:12] + b"RATE" + answer[16:]), "left alone (RATE)"),
    (flip(24, 1), "another question"),
    (lambda answer: answer[:40] + bytes(8), "without a time"),
])
def test_odd_answers_of_time_servers(world, alter, why):
    clock = TimeServer(alter=alter)
    run = world(http_date())("--sntp", clock.address)
    assert not run.rules & CLOCK, run
    assert why in run.target["clock"]["sntp_why"] and run.target["clock"]["sntp"] is None
    assert len(clock.packets[0]) == 48


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_a_time_server_over_ipv6(world):
    clock = TimeServer(v6=True)
    run = world(http_date())("--sntp", clock.address)
    assert run.target["clock"]["sntp"], run


def test_a_silent_time_server_ends_in_time(world, slower):
    start = time.monotonic()
    run = world(http_date())("--sntp", TimeServer(silent=True).address)
    assert time.monotonic() - start < 6 * slower and run.status == 0, run
    assert run.target["clock"]["sntp_why"] == "no answer"


def test_the_era_after_2036(world):
    run = world(http_date())("--sntp", TimeServer(offset=20 * 365 * DAY).address)
    wrong = finding(run, "validity.clock-wrong")
    assert "behind by 19 years" in wrong["summary"] or "behind by 20 years" in wrong["summary"], run


@needs_faketime
def test_a_case_says_the_same(world, certwhy):
    check = world(http_date())
    run = check("--save", check.directory / "case.json", "--sntp", TimeServer().address, clock=-200 * DAY)
    again = certwhy("check", check.directory / "case.json", "--json")
    assert again.target["findings"] == run.target["findings"]
    assert again.target["clock"] == run.target["clock"]


@needs_faketime
def test_before_this_program_was_made(world):
    check = world(None, begin=-9000, end=9000)
    run = check("--clock", clock=-3000 * DAY, scheme="tls")
    assert "this build of certwhy" in finding(run, "validity.clock-wrong")["detail"], run
