# SPDX-License-Identifier: Apache-2.0
"""A relay in front of a server: counts connections, and does to them what boxes on the way do."""
import contextlib
import socket
import threading

from listener import Listener


class Relay(Listener):
    """`meet(client)` is called first for each connection: it may talk, and returns what to pass on to the server before
    anything else, or None to leave the client without an answer (after it did what it wants)."""

    def __init__(self, port, meet=None):
        self.to, self.meet = port, meet
        self.listen()

    def serve(self, client):
        with client, contextlib.suppress(OSError):
            first = self.meet(client) if self.meet else b""
            if first is None:
                return
            with socket.create_connection(("127.0.0.1", self.to), 10) as server:
                server.sendall(first)
                back = threading.Thread(target=self.pump, args=(server, client), daemon=True)
                back.start()
                self.pump(client, server)
                back.join(10)

    def pump(self, source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


def reset(client):
    """Closes with RST."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.close()


def hello_of(client):
    """The first record that a client sends, whole."""
    data = b""
    while len(data) < 5 or len(data) < 5 + int.from_bytes(data[3:5], "big"):
        more = client.recv(65536)
        if not more or data[:1] not in (b"", b"\x16"):
            return data + more
        data += more
    return data
