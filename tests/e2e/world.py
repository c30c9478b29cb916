#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An internet of one machine: run by test_fetch.py in a network namespace of its own, where public
addresses are this machine's too. world.py DIRECTORY reads DIRECTORY/world.json:

    {"http": {"ADDRESS:PORT": {"PATH": "redirect:URL" | "file:PATH"}},  who answers what
     "witnesses": ["ADDRESS:PORT"],                                     who must see nobody
     "names": {"NAME": [["ADDRESS", …], …]},                            answers, the last one for ever
     "run": ["certwhy", …], "env": {}}

and prints {"status", "out", "err", "seen": {"ADDRESS:PORT": connections}, "asked": {"NAME": times}}."""
import json
import os
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

RESOLVER = "127.0.0.53"


def address_of(text):
    host, port = text.rsplit(":", 1)
    return host.strip("[]"), int(port)


def family_of(host):
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def sh(*command):
    subprocess.run(command, check=True, capture_output=True)


class World:
    def __init__(self, plan):
        self.plan = plan
        self.seen, self.asked = {}, {}

    def addresses_add(self):
        sh("ip", "link", "set", "lo", "up")
        for place in [*self.plan["http"], *self.plan["witnesses"]]:
            host, _ = address_of(place)
            if not host.startswith("127.") and host != "::1":
                # nodad: an IPv6 address that is still being defended cannot be bound
                rest = ["/128", "nodad"] if ":" in host else ["/32"]
                subprocess.run(["ip", "addr", "add", host + rest[0], "dev", "lo", *rest[1:]], check=False,
                               capture_output=True)

    # ---- servers ----

    def listen(self, place, answer):
        host, port = address_of(place)
        server = socket.socket(family_of(host), socket.SOCK_STREAM)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((host, port))
        server.listen(16)
        self.seen[place] = 0
        threading.Thread(target=self.accept, args=(server, place, answer), daemon=True).start()

    def accept(self, server, place, answer):
        while True:
            connection, _ = server.accept()
            self.seen[place] += 1
            threading.Thread(target=answer, args=(connection, place), daemon=True).start()

    def http(self, connection, place):
        request = b""
        while b"\r\n\r\n" not in request:
            more = connection.recv(4096)
            if not more:
                return
            request += more
        path = request.split()[1].decode()
        kind, _, what = self.plan["http"][place].get(path, "404:").partition(":")
        body = Path(what).read_bytes() if kind == "file" else b""
        status, more = {"file": ("200 OK", ""), "redirect": ("302 Found", f"Location: {what}\r\n"),
                        "404": ("404 Not Found", "")}[kind]
        connection.sendall(f"HTTP/1.1 {status}\r\n{more}Content-Length: {len(body)}\r\n"
                           "Connection: close\r\n\r\n".encode() + body)
        connection.close()

    def witness(self, connection, _place):
        connection.close()

    # ---- names ----

    def resolve(self):
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind((RESOLVER, 53))
        threading.Thread(target=self.answer, args=(server,), daemon=True).start()

    def answer(self, server):
        while True:
            query, client = server.recvfrom(512)
            end = query.index(b"\0", 12) + 5
            labels, at = [], 12
            while query[at]:
                labels.append(query[at + 1:at + 1 + query[at]].decode())
                at += 1 + query[at]
            kind = struct.unpack(">H", query[end - 4:end - 2])[0]
            name = ".".join(labels).lower()
            records = self.records(name, kind)
            code = 0 if name in self.plan["names"] else 3
            head = query[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, len(records), 0, 0)
            server.sendto(head + query[12:end] + b"".join(records), client)

    def records(self, name, kind):
        """A question for A counts as one time; that for AAAA, asked beside it, does not."""
        answers = self.plan["names"].get(name, [[]])
        times = self.asked.get(name, 0)
        if kind == 1:
            self.asked[name] = times + 1
        wanted = socket.AF_INET6 if kind == 28 else socket.AF_INET
        return [b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 0, 16 if kind == 28 else 4) +
                socket.inet_pton(wanted, address) for address in answers[min(times, len(answers) - 1)]
                if kind in (1, 28) and family_of(address) == wanted]

    def files_replace(self, directory):
        """The machine's own names are not this world's."""
        for name, text in (("resolv.conf", f"nameserver {RESOLVER}\noptions timeout:1 attempts:1\n"),
                           ("hosts", "127.0.0.1 localhost\n::1 localhost\n"),
                           ("nsswitch.conf", "hosts: files dns\n")):
            (directory / name).write_text(text)
            sh("mount", "--bind", directory / name, f"/etc/{name}")

    def run(self):
        self.addresses_add()
        for place in self.plan["http"]:
            self.listen(place, self.http)
        for place in self.plan["witnesses"]:
            self.listen(place, self.witness)
        self.resolve()
        done = subprocess.run(self.plan["run"], capture_output=True, text=True, check=False, timeout=60,
                              env={**os.environ, **self.plan.get("env", {})})
        return {"status": done.returncode, "out": done.stdout, "err": done.stderr, "seen": self.seen,
                "asked": self.asked}


def main():
    directory = Path(sys.argv[1])
    world = World(json.loads((directory / "world.json").read_text()))
    world.files_replace(directory)
    print(json.dumps(world.run()))


if __name__ == "__main__":
    main()
