# SPDX-License-Identifier: Apache-2.0
"""Real proxies on loopback: squid, dante and microsocks with configurations of their own; and one that
says whatever a test wants."""
import contextlib
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import pytest

import openssl_ca

USER, PASSWORD = "walter", "s3cr3t:p@ss/word"
URL_PASSWORD = "s3cr3t%3Ap%40ss%2Fword"


def needs(program, package):
    path = shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin")
    if not path:
        pytest.skip(f"{package} is not installed")
    return path


def wait_for(port, process, seconds=20):
    """Until somebody listens there; a process that ended says why."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    pytest.fail(f"no proxy on port {port}: {process.args}")


@contextlib.contextmanager
def running(command, *ports):
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for port in ports:
            wait_for(port, process)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def readable_directory():
    """Squid gives up root's rights, and pytest's own directories are closed to others."""
    with tempfile.TemporaryDirectory(prefix="certwhy-proxy-") as name:
        directory = Path(name)
        directory.chmod(0o777)
        yield directory


@contextlib.contextmanager
def squid(names, certificate, key):
    """Two ports of one squid, http and https. It alone knows the names in `names`; users are asked for
    on both; blocked.test is forbidden."""
    program = needs("squid", "squid-openssl")
    with readable_directory() as directory:
        yield from squid_in(directory, program, names, certificate, key)


def squid_in(directory, program, names, certificate, key):
    plain, tls = openssl_ca.free_port(), openssl_ca.free_port()
    (directory / "hosts").write_text("".join(f"{address} {name}\n" for name, address in names.items()))
    crypted = subprocess.run(["openssl", "passwd", "-apr1", PASSWORD], capture_output=True, text=True, check=True).stdout
    (directory / "users").write_text(f"{USER}:{crypted}")
    (directory / "squid.conf").write_text(f"""
http_port 127.0.0.1:{plain}
https_port 127.0.0.1:{tls} tls-cert={certificate} tls-key={key}
pid_filename none
access_log none
cache_log {directory}/cache.log
cache_store_log none
cache deny all
shutdown_lifetime 0 seconds
connect_timeout 3 seconds
hosts_file {directory}/hosts
dns_nameservers 127.0.0.1
dns_timeout 1 second
auth_param basic program /usr/lib/squid/basic_ncsa_auth {directory}/users
auth_param basic realm test
acl known proxy_auth REQUIRED
acl blocked dstdomain blocked.test
http_access deny blocked
http_access allow known
http_access deny all
""")
    for path in directory.iterdir():
        path.chmod(0o644)
    with running([program, "-N", "-n", f"t{plain}", "-f", directory / "squid.conf"], plain, tls):
        yield plain, tls


@contextlib.contextmanager
def dante(directory, blocked):
    """SOCKS 4 and 5 for everybody, but not to the port `blocked`."""
    program = needs("danted", "dante-server")
    port = openssl_ca.free_port()
    (directory / "danted.conf").write_text(f"""
logoutput: {directory}/danted.log
internal: 127.0.0.1 port = {port}
external: lo
clientmethod: none
socksmethod: none
client pass {{ from: 127.0.0.0/8 to: 0.0.0.0/0 }}
socks block {{ from: 0.0.0.0/0 to: 0.0.0.0/0 port = {blocked} }}
socks pass {{ from: 127.0.0.0/8 to: 0.0.0.0/0 command: connect }}
""")
    with running([program, "-N", "1", "-f", directory / "danted.conf", "-p", directory / "danted.pid"], port):
        yield port


@contextlib.contextmanager
def microsocks(*arguments):
    program = needs("microsocks", "microsocks")
    port = openssl_ca.free_port()
    with running([program, "-i", "127.0.0.1", "-p", str(port), *arguments], port):
        yield port


class Parrot:
    """A proxy that keeps what it is asked, says `answer`, and (if `through` is a port) then carries octets."""

    def __init__(self, answer, through=None, octets=None):
        self.answer, self.through, self.octets = answer, through, octets
        self.asked = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self.talk, args=(self.listener.accept()[0],), daemon=True).start()

    def talk(self, client):
        with client, contextlib.suppress(OSError):
            client.settimeout(10)
            heard = b""
            while b"\r\n\r\n" not in heard if self.octets is None else len(heard) < self.octets:
                block = client.recv(1 if self.octets else 4096)
                if not block:
                    return
                heard += block
            self.asked.append(heard)
            client.sendall(self.answer)
            if self.through:
                self.carry(client)

    def carry(self, client):
        with socket.create_connection(("127.0.0.1", self.through), 5) as server:
            back = threading.Thread(target=pump, args=(server, client), daemon=True)
            back.start()
            pump(client, server)
            back.join(5)

    def close(self):
        self.listener.close()


def pump(source, sink):
    with contextlib.suppress(OSError):
        while block := source.recv(4096):
            sink.sendall(block)
        sink.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def parrot(*arguments, **options):
    bird = Parrot(*arguments, **options)
    try:
        yield bird
    finally:
        bird.close()
