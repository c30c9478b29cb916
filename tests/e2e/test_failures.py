# SPDX-License-Identifier: Apache-2.0
"""Failures before a certificate appears: each is a diagnosis with words of its own, exit 3 and findings."""
import socket
import ssl
import threading
import time

import pytest

import pki
import tls_wire
from tls_wire import serving

# RFC 8446 section 6.2, and what older standards had (RFC 5246, 6066, 7301, 7507, 2246, SSL 3.0).
ALERTS = {
    0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 21: "decryption_failed", 22: "record_overflow",
    30: "decompression_failure", 40: "handshake_failure", 41: "no_certificate", 42: "bad_certificate",
    43: "unsupported_certificate", 44: "certificate_revoked", 45: "certificate_expired", 46: "certificate_unknown",
    47: "illegal_parameter", 48: "unknown_ca", 49: "access_denied", 50: "decode_error", 51: "decrypt_error",
    60: "export_restriction", 70: "protocol_version", 71: "insufficient_security", 80: "internal_error",
    86: "inappropriate_fallback", 90: "user_canceled", 100: "no_renegotiation", 109: "missing_extension",
    110: "unsupported_extension", 111: "certificate_unobtainable", 112: "unrecognized_name",
    113: "bad_certificate_status_response", 114: "bad_certificate_hash_value", 115: "unknown_psk_identity",
    116: "certificate_required", 120: "no_application_protocol", 121: "ech_required",
    1: "unknown", 99: "unknown", 255: "unknown"}


def failed(run, rule):
    """The one cause, told in a sentence, with what to do and what not."""
    assert run.status == 3 and run.target["outcome"] == "unreachable", run
    (finding,) = [each for each in run.target["findings"] if each["cause"]]
    assert finding["rule"] == rule and finding["severity"] == "error", run
    assert finding["summary"].endswith(".") and finding["detail"] and finding["not_this"] and finding["verify"], run
    return finding


@pytest.mark.parametrize("number", ALERTS)
def test_every_alert_is_told(certwhy, number):
    """What it tells and what it cannot, by its number."""
    with serving(tls_wire.says(tls_wire.alert(number))) as address:
        run = certwhy("check", address, "--name", "www.lab.test", "--json")
    rule = "server.unknown-name" if number == 112 else "server.alert"
    finding = failed(run, rule)
    assert finding["evidence"]["alert_name"] == ALERTS[number], run
    assert run.target["endpoint"]["alert"] == {"number": number, "name": ALERTS[number], "sent_by": "server"}
    if rule == "server.alert":
        assert f"alert {number} ({ALERTS[number]})" in finding["summary"]
        assert finding["evidence"]["alert_meaning"] in finding["detail"]


def test_a_healthy_server_is_asked_once(certwhy, lab):
    """Further hellos are for those that fail: what a proxy in between counts."""
    running = lab("healthy-ecdsa")
    count, host = [], running["healthy-ecdsa"]["address"]

    def relay(client):
        count.append(1)
        server = socket.create_connection(host.rsplit(":", 1))
        def pump(source, sink):
            try:
                while data := source.recv(65536):
                    sink.sendall(data)
                sink.shutdown(socket.SHUT_WR)
            except OSError:
                pass
        back = threading.Thread(target=pump, args=(server, client), daemon=True)
        back.start()
        pump(client, server)
        back.join()
        server.close()

    with serving(relay) as address:
        command = [address if word == host else word for word in running["healthy-ecdsa"]["command"]]
        run = certwhy(*command)
    assert run.status == 0 and len(count) == 1, run


def test_refused(certwhy):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        finding = failed(certwhy("check", "127.0.0.1:%d" % taken.getsockname()[1], "--json"), "server.refused")
    assert "refused" in finding["summary"]


def test_filtered(certwhy):
    """A full backlog: the kernel drops what comes then, as a firewall does."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = []
        for _ in range(4):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(full.getsockname())
            waiting.append(client)
        time.sleep(0.2)
        run = certwhy("check", "127.0.0.1:%d" % full.getsockname()[1], "--timeout", "1", "--json")
        failed(run, "server.filtered")
        assert run.seconds < 5
        for client in waiting:
            client.close()


GREETINGS = {
    "HTTP": (b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n", None),
    "SSH": (b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n", None),
    "SMTP": (b"220 mx.lab.test ESMTP Postfix\r\n", "smtp"),
    "LMTP": (b"220 box.lab.test LMTP ready\r\n", "lmtp"),
    "IMAP": (b"* OK [CAPABILITY IMAP4rev1] ready\r\n", "imap"),
    "POP3": (b"+OK POP3 ready\r\n", "pop3"),
    "FTP": (b"220 (vsFTPd 3.0.3)\r\n", "ftp"),
    "NNTP": (b"200 news.lab.test InterNetNews\r\n", "nntp"),
    "ManageSieve": (b'"IMPLEMENTATION" "Dovecot"\r\n', "sieve"),
    "MySQL": (b"\x4a\0\0\0\x0a5.5.5-10.11.6-MariaDB\0" + bytes(60), "mysql"),
    "XMPP": (b"<?xml version='1.0'?><stream:stream>", "xmpp"),
    "IRC": (b":irc.lab.test NOTICE * :*** Looking up\r\n", "irc"),
    "Redis": (b"-ERR unknown command\r\n", None),
    "VNC": (b"RFB 003.008\n", None),
}


@pytest.mark.parametrize("protocol", GREETINGS)
def test_plain_text_is_named(certwhy, protocol):
    """And the scheme to use instead, where the protocol can switch to TLS."""
    words, scheme = GREETINGS[protocol]
    def talk(connection):
        connection.sendall(words)
        tls_wire.quiet_end(connection)
    with serving(talk) as address:
        finding = failed(certwhy("check", address, "--json"), "server.plaintext")
    assert finding["evidence"]["protocol"] == protocol and protocol in finding["summary"]
    assert finding["evidence"].get("instead") == (f"{scheme}://{address}" if scheme else None)
    assert not scheme or f"{scheme}://{address}" in finding["detail"]


def test_a_device_that_swallows_large_hellos(certwhy, lab):
    """Silence for hellos of two segments; short ones get through, and what is shown then is judged."""
    running = lab("healthy-ecdsa")
    host = running["healthy-ecdsa"]["address"]

    def device(client):
        hello = tls_wire.hello_read(client)
        if len(hello) > 1460:
            while client.recv(65536):
                pass
            return
        server = socket.create_connection(host.rsplit(":", 1))
        server.sendall(hello)
        def pump(source, sink):
            try:
                while data := source.recv(65536):
                    sink.sendall(data)
                sink.shutdown(socket.SHUT_WR)
            except OSError:
                pass
        threading.Thread(target=pump, args=(server, client), daemon=True).start()
        pump(client, server)

    with serving(device) as address:
        command = [address if word == host else word for word in running["healthy-ecdsa"]["command"]]
        run = certwhy(*command, "--timeout", "2", "--client", "curl@7.88,chromium@156,firefox@153,go@1.27", "--json")
    assert run.status == 1, run
    (finding,) = [each for each in run.target["findings"] if each["cause"] and each["severity"] == "error"]
    assert finding["rule"] == "server.large-hello", run
    assert {each["client"] for each in run.target["clients"] if each["accepts"]} == {"curl@7.88"}
    assert sorted(finding["clients"]) == ["chromium@156", "firefox@153", "go@1.27"]
    assert "no answer came" in finding["detail"]


def test_reports_replay(certwhy, lab, tmp_path):
    """What further hellos showed is in the case, so that it replays to the same report."""
    names = ["large-hello", "tls13-intolerant", "only-rc4", "only-post-quantum", "ssl3-only", "reset-unasked", "closed"]
    running = lab(*names)
    for name in names:
        case = tmp_path / f"{name}.json"
        first = running.check(name, "--save", case, "--json")
        again = certwhy("check", case, "--json")
        assert first.target["findings"] == again.target["findings"], name
        assert first.target["clients"] == again.target["clients"], name
        assert first.status == again.status, name


# ---- behind the warning ----

@pytest.fixture(scope="module")
def identity(tmp_path_factory):
    """A server's context whose certificate no client trusts."""
    path = tmp_path_factory.mktemp("identity")
    cert = pki.certificate("www.lab.test", "Nobody's CA", names=["www.lab.test"])
    (path / "cert.pem").write_bytes(pki.pem(cert))
    (path / "key.pem").write_bytes(pki.key("www.lab.test").private_bytes(
        pki.serialization.Encoding.PEM, pki.serialization.PrivateFormat.PKCS8, pki.serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path / "cert.pem", path / "key.pem")
    return context


def web(identity, answer, heard):
    def talk(connection):
        with identity.wrap_socket(connection, server_side=True) as tls:
            request = tls.recv(65536)
            heard.append(request)
            if request:
                tls.sendall(answer)
    return talk


def test_the_service_behind_a_rejected_certificate(certwhy, identity, tmp_path):
    """One connection more, HEAD and nothing that identifies anybody; the case holds what came."""
    heard, case = [], tmp_path / "case.json"
    answer = b"HTTP/1.1 302 Found\r\nServer: nginx/1.22.1\r\nLocation: https://elsewhere.test/\r\nSet-Cookie: a=b\r\n\r\n"
    with serving(web(identity, answer, heard)) as address:
        command = ["check", f"https://{address}", "--name", "www.lab.test"]
        run = certwhy(*command, "--json", "--save", case)
        assert run.status == 1 and len(heard) == 2 and heard[0] == b"", run
        text = certwhy(*command)
        silent = certwhy(*command, "--no-service-probe", "--json")
        assert len(heard) == 5
        assert len([1 for each in heard if each]) == 2
        offline = certwhy(*command, "--offline", "--json")
        assert heard[5:] == [b""]
    service = run.target["endpoint"]["service"]
    assert service == {"asked": True, "answers": True, "protocol": "HTTP", "status": 302, "server": "nginx/1.22.1", "banner": None}
    request = heard[1].decode()
    assert request.startswith("HEAD / HTTP/1.1\r\nHost: www.lab.test\r\n")
    assert "cookie" not in request.lower() and "authorization" not in request.lower()
    assert "only the verification fails" in " ".join(text.text.split()) and "HTTP 302" in text.text
    assert "service" not in silent.target["endpoint"] and "service" not in offline.target["endpoint"]
    assert certwhy("check", case, "--json").target["endpoint"]["service"] == service


@pytest.mark.parametrize("answer, status, words", [
    (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", 503, "not only the verification"),
    (b"HTTP/1.0 404 Not Found\r\nserver:\tx\x1b[2J\r\n\r\n", 404, "only the verification"),
    (b"", None, "did not answer"), (b"\0\1\2", None, "only the verification")], ids=["503", "404", "nothing", "octets"])
def test_what_else_services_say(certwhy, identity, answer, status, words):
    with serving(web(identity, answer, [])) as address:
        run = certwhy("check", f"https://{address}", "--name", "www.lab.test", "--json")
        text = certwhy("check", f"https://{address}", "--name", "www.lab.test").text
    assert run.target["endpoint"]["service"]["status"] == status, run
    assert words in " ".join(text.split()) and "\x1b" not in text + run.text


def test_a_service_that_never_answers_costs_little(certwhy, identity):
    def talk(connection):
        with identity.wrap_socket(connection, server_side=True) as tls:
            while tls.recv(65536):
                time.sleep(20)
    with serving(talk) as address:
        run = certwhy("check", f"https://{address}", "--name", "www.lab.test", "--json", "--timeout", "2")
    assert run.target["endpoint"]["service"]["answers"] is False and run.seconds < 8, run


def test_banners_of_mail(certwhy, identity):
    """Implicit TLS is listened to; before STARTTLS the greeting was heard already."""
    def imaps(connection):
        with identity.wrap_socket(connection, server_side=True) as tls:
            tls.sendall(b"* OK [CAPABILITY IMAP4rev1] Dovecot ready.\r\n")
            tls.recv(1)

    def smtp(connection):
        connection.sendall(b"220 mx.lab.test ESMTP\r\n")
        connection.recv(1000)
        connection.sendall(b"250-mx.lab.test\r\n250 STARTTLS\r\n")
        connection.recv(1000)
        connection.sendall(b"220 go\r\n")
        with identity.wrap_socket(connection, server_side=True) as tls:
            tls.recv(1)

    with serving(imaps) as address:
        run = certwhy("check", f"imaps://{address}", "--name", "www.lab.test", "--json")
    service = run.target["endpoint"]["service"]
    assert service["protocol"] == "IMAP" and service["banner"].endswith("Dovecot ready."), run
    count = []
    with serving(lambda connection: (count.append(1), smtp(connection))) as address:
        run = certwhy("check", f"smtp://{address}", "--name", "www.lab.test", "--json")
    service = run.target["endpoint"]["service"]
    assert not service["asked"] and service["answers"] and service["banner"] == "220 mx.lab.test ESMTP", run
    assert len(count) == 1
