# SPDX-License-Identifier: Apache-2.0
"""What the servers of the tests have in common: a free port of loopback and a thread for each connection."""
import contextlib
import socket
import threading


class Listener:
    """Calls `self.serve(connection)`, which closes it, in a thread of its own for each connection. `connections`
    counts them."""

    def listen(self):
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.connections += 1
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
