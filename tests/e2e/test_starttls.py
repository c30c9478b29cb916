# SPDX-License-Identifier: Apache-2.0
"""STARTTLS: each protocol's few lines before TLS, against servers that speak them with Python's ssl."""
import contextlib
import socket
import ssl
import struct
import subprocess
import threading

import pytest


def lines(stream, *dialogue):
    """dialogue: what is said, and what must be heard (bytes that end a line) in turns."""
    for heard, said in dialogue:
        if heard is not None:
            line = stream.readline()
            if not line.upper().startswith(heard):
                raise ConnectionError(line)
        stream.write(said)
        stream.flush()


def smtp(stream):
    lines(stream, (None, b"220-mx.test ESMTP\r\n220 ready\r\n"), (b"EHLO ", b"250-mx.test\r\n250-SIZE\r\n250 STARTTLS\r\n"),
          (b"STARTTLS", b"220 go\r\n"))


def lmtp(stream):
    lines(stream, (None, b"220 mx.test LMTP\r\n"), (b"LHLO ", b"250-mx.test\r\n250 STARTTLS\r\n"), (b"STARTTLS", b"220 go\r\n"))


def imap(stream):
    lines(stream, (None, b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n"), (b"A1 STARTTLS", b"* NOTE\r\na1 OK begin\r\n"))


def pop3(stream):
    lines(stream, (None, b"+OK ready\r\n"), (b"STLS", b"+OK begin\r\n"))


def ftp(stream):
    lines(stream, (None, b"220 (vsFTPd)\r\n"), (b"AUTH TLS", b"234 Proceed\r\n"))


def nntp(stream):
    lines(stream, (None, b"200 news.test\r\n"), (b"STARTTLS", b"382 go\r\n"))


def sieve(stream):
    lines(stream, (None, b'"IMPLEMENTATION" "test"\r\n"STARTTLS"\r\nOK "ready"\r\n'), (b"STARTTLS", b'OK "begin"\r\n'))


def irc(stream):
    lines(stream, (None, b":irc.test NOTICE * :*** Looking up your hostname\r\n"),
          (b"CAP LS 302", b":irc.test CAP * LS * :multi-prefix\r\n:irc.test CAP * LS :sasl tls\r\n"), (b"STARTTLS", b":irc.test 670 * :STARTTLS successful\r\n"))


def xmpp(stream, namespace=b"jabber:client"):
    heard = b""
    while b">" not in heard.split(b"<stream:stream")[-1] or b"<stream:stream" not in heard:
        heard += stream.read1(1000)
    assert namespace in heard and b"to='" in heard
    stream.write(b"<?xml version='1.0'?><stream:stream xmlns='" + namespace + b"' xmlns:stream='http://etherx.jabber.org/streams' "
                 b"id='1' version='1.0'><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>")
    stream.flush()
    assert b"<starttls" in stream.read1(1000)
    stream.write(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
    stream.flush()


def xmpp_server(stream):
    xmpp(stream, b"jabber:server")


def ldap(stream):
    request = stream.read(31)
    assert request.endswith(b"1.3.6.1.4.1.1466.20037")
    stream.write(bytes.fromhex("300c02010178070a010004000400"))
    stream.flush()


def postgres(stream):
    assert struct.unpack(">II", stream.read(8)) == (8, 80877103)
    stream.write(b"S")
    stream.flush()


def mysql(stream):
    greeting = b"\x0a8.0.30\0" + b"\1\0\0\0" + b"12345678" + b"\0" + struct.pack("<H", 0xffff) + b"\x21" + b"\2\0" + b"\0" * 13
    stream.write(struct.pack("<I", len(greeting))[:3] + b"\0" + greeting)
    stream.flush()
    assert len(stream.read(36)) == 36


def rdp(stream):
    assert stream.read(19)[:2] == b"\3\0"
    stream.write(bytes.fromhex("030000130ed000001234000209080001000000")[:19])
    stream.flush()


PROTOCOLS = {"smtp": smtp, "lmtp": lmtp, "imap": imap, "pop3": pop3, "ftp": ftp, "nntp": nntp, "sieve": sieve, "irc": irc,
             "xmpp": xmpp, "xmpp-server": xmpp_server, "ldap": ldap, "postgres": postgres, "postgresql": postgres,
             "mysql": mysql, "mariadb": mysql, "rdp": rdp}


class Talk:
    """A connection that is read no further than asked: what follows may be a ClientHello already."""

    def __init__(self, connection):
        self.connection = connection

    def read1(self, n):
        return self.connection.recv(n)

    def read(self, n):
        got = b""
        while len(got) < n and (more := self.connection.recv(n - len(got))):
            got += more
        return got

    def readline(self):
        got = b""
        while not got.endswith(b"\n") and (more := self.connection.recv(1)):
            got += more
        return got

    def write(self, data):
        self.connection.sendall(data)

    def flush(self):
        pass


@contextlib.contextmanager
def serving(before, chain=None):
    """A server that runs `before` on each connection and goes on with TLS."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(connection):
        with contextlib.suppress(Exception), connection:
            connection.settimeout(10)
            before(Talk(connection))
            if chain:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(*chain)
                with context.wrap_socket(connection, server_side=True) as tls:
                    tls.recv(1)

    def accept():
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("starttls")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem",
                    "-out", "cert.pem", "-subj", "/CN=mx.test", "-addext", "subjectAltName=DNS:mx.test", "-days", "30"],
                   cwd=folder, check=True, capture_output=True)
    return str(folder / "cert.pem"), str(folder / "key.pem")


@pytest.mark.parametrize("scheme", PROTOCOLS)
def test_each_protocol(certwhy, chain, scheme):
    with serving(PROTOCOLS[scheme], chain) as port:
        run = certwhy("check", f"{scheme}://127.0.0.1:{port}", "--name", "mx.test", "--ca", chain[0], "--only-ca", "--json",
                      "--client", "curl,gnutls-cli")
    assert run.target["chain"] and run.target["chain"][0]["subject"], run
    assert run.target["outcome"] in ("accepted", "rejected", "mixed"), run


REFUSALS = {
    "not offered": ("smtp", lambda s: lines(s, (None, b"220 mx.test ESMTP\r\n"), (b"EHLO ", b"250 mx.test\r\n"))),
    "removed on the way": ("smtp", lambda s: lines(s, (None, b"220 ****\r\n"), (b"EHLO ", b"250-mx.test\r\n250 XXXXXXXX\r\n"))),
    "refused": ("imap", lambda s: lines(s, (None, b"* OK ready\r\n"), (b"A1 STARTTLS", b"a1 BAD no TLS here\r\n"))),
    "not a capability": ("irc", lambda s: lines(s, (b"CAP LS 302", b":irc.test CAP * LS :sasl sts=port=6697 xtls\r\n"))),
    "unknown to it": ("irc", lambda s: lines(s, (b"CAP LS", b":irc.test 421 * CAP :Unknown command\r\n"), (b"STARTTLS", b":irc.test 451 * :No\r\n"))),
    "no": ("postgres", lambda s: (s.read(8), s.write(b"N"), s.flush())),
    "another protocol": ("smtp", lambda s: (s.write(b"SSH-2.0-OpenSSH_9.2\r\n"), s.flush())),
    "injected": ("pop3", lambda s: lines(s, (None, b"+OK ready\r\n"), (b"STLS", b"+OK begin\r\n+OK injected\r\n"))),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_is_a_finding(certwhy, name):
    scheme, before = REFUSALS[name]
    with serving(before) as port:
        run = certwhy("check", f"{scheme}://127.0.0.1:{port}", "--name", "mx.test", "--json")
    assert run.status == 3 and [f["rule"] for f in run.target["findings"] if f["cause"]] == ["server.starttls-refused"], run


def test_what_the_server_said_is_told(certwhy):
    scheme, before = REFUSALS["refused"]
    with serving(before) as port:
        assert "no TLS here" in certwhy("check", f"{scheme}://127.0.0.1:{port}").text


def test_a_silent_server_is_a_timeout(certwhy):
    with serving(lambda s: s.read(1)) as port:
        run = certwhy("check", f"smtp://127.0.0.1:{port}", "--timeout", "1")
    assert run.status == 3 and run.seconds < 4, run


def test_unknown_schemes_are_named(certwhy):
    run = certwhy("check", "smpt://mx.test")
    assert run.status == 2 and b"smtp" in run.err
