# SPDX-License-Identifier: Apache-2.0
"""Servers' flights of TLS 1.2 and hellos of TLS 1.3 as bytes, and where their lengths stand."""
import contextlib
import os
import socket
import struct
import threading

RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
HANDSHAKE, ALERT = 22, 21


def vector(width, content):
    return len(content).to_bytes(width, "big") + content


def record(content, kind=HANDSHAKE, version=0x0303):
    """As many records as it takes."""
    parts = [content[i:i + 16384] for i in range(0, len(content), 16384)] or [b""]
    return b"".join(struct.pack(">BHH", kind, version, len(part)) + part for part in parts)


def message(kind, body):
    return bytes([kind]) + vector(3, body)


def alert(number, level=2):
    return record(bytes([level, number]), ALERT)


def server_hello(suite=0xc02b, version=0x0303, random=None, extensions=b"\x00\x17\x00\x00\xff\x01\x00\x01\x00", session=b""):
    return message(2, struct.pack(">H", version) + (random or os.urandom(32)) + vector(1, session) +
                   struct.pack(">HB", suite, 0) + vector(2, extensions))


def hello_retry(group=0x0017, session=b""):
    return server_hello(0x1301, random=RETRY, session=session,
                        extensions=struct.pack(">HHHHHH", 43, 2, 0x0304, 51, 2, group))


def certificates(*ders):
    return message(11, vector(3, b"".join(vector(3, der) for der in ders)))


def key_exchange():
    """P-256, with a point and a signature that are none."""
    return message(12, b"\x03" + struct.pack(">H", 0x17) + vector(1, b"\x04" + bytes(64)) + b"\x04\x03" + vector(2, bytes(70)))


def certificate_request(names=(b"\x30\x00",)):
    return message(13, vector(1, b"\x01\x40") + vector(2, b"\x04\x03\x08\x04") +
                   vector(2, b"".join(vector(2, name) for name in names)))


def flight(*ders):
    """ServerHello to ServerHelloDone of TLS 1.2, a record each."""
    messages = [server_hello(), certificates(*ders), key_exchange(), certificate_request(), message(14, b"")]
    return b"".join(record(each) for each in messages)


def lengths_of(flight):
    """(what, offset, width) of every length field in flight()."""
    at, found = 0, []

    def field(what, offset, width):
        found.append((what, offset, width))
        return int.from_bytes(flight[offset:offset + width], "big")

    while at < len(flight):
        kind = {2: "ServerHello", 11: "Certificate", 12: "ServerKeyExchange", 13: "CertificateRequest",
                14: "ServerHelloDone"}[flight[at + 5]]
        size = field(f"record of {kind}", at + 3, 2)
        field(kind, at + 6, 3)
        body = at + 9
        if kind == "ServerHello":
            session = field("session id", body + 34, 1)
            extensions = body + 35 + session + 3
            p, end = extensions + 2, extensions + 2 + field("extensions", extensions, 2)
            while p < end:
                p += 4 + field("extension", p + 2, 2)
        elif kind == "Certificate":
            p, end = body + 3, body + 3 + field("certificate list", body, 3)
            while p < end:
                p += 3 + field("certificate", p, 3)
        elif kind == "ServerKeyExchange":
            point = field("point", body + 3, 1)
            field("signature", body + 4 + point + 2, 2)
        elif kind == "CertificateRequest":
            types = field("certificate types", body, 1)
            schemes = field("signature algorithms", body + 1 + types, 2)
            p = body + 1 + types + 2 + schemes
            field("authorities", p, 2)
            field("authority", p + 2, 2)
        at += 5 + size
    return found


def hello_read(connection):
    """The first record of a client, whole."""
    data = b""
    while len(data) < 5 or len(data) < 5 + int.from_bytes(data[3:5], "big"):
        part = connection.recv(65536)
        if not part:
            break
        data += part
    return data


@contextlib.contextmanager
def serving(talk):
    """host:port of a server that calls talk(connection) in a thread for each."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)

    def one(connection):
        with connection, contextlib.suppress(OSError, ValueError):
            connection.settimeout(20)
            talk(connection)

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield "%s:%d" % listener.getsockname()
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def quiet_end(connection):
    """Ends it without a reset, which would take our last words away."""
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(65536):
        pass


def says(words):
    """Answers the ClientHello with these bytes and ends."""
    def talk(connection):
        hello_read(connection)
        connection.sendall(words)
        quiet_end(connection)
    return talk
