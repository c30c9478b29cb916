# SPDX-License-Identifier: Apache-2.0
"""A machine of one's own for tests of trust: a mount namespace in which the system's trust store is a
copy, with a home and a journal that are made for the test; and a server that says who got through."""
import http.server
import os
import shutil
import ssl
import stat
import subprocess
import threading
import time
from pathlib import Path

import pki
from conftest import PROGRAM

# The copy of each stands in its place.
MOUNTS = {"certs": "/etc/ssl/certs", "local": "/usr/local/share/ca-certificates"}
# What Debian's hook for Java writes to beside the store: a test that is killed must leave no package half
# configured on the real machine. What is written is gone with the mount namespace.
OVERLAYS = {"dpkg": "/var/lib/dpkg", "java-pending": "/var/lib/ca-certificates-java"}
REFS = b"0123456789012345678901234567890123456789\trefs/heads/main\n"


def works():
    done = subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False)
    return done.returncode == 0 and Path("/usr/sbin/update-ca-certificates").exists()


class Machine:
    def __init__(self, place, like=None):
        """`like`: another machine, whose system store is copied; else that of the real one."""
        self.place = place
        self.home = place / "home"
        self.home.mkdir()
        for name, original in MOUNTS.items():
            if Path(original).exists():
                subprocess.run(["cp", "-a", like.place / name if like else original, place / name], check=True)
            (place / name).mkdir(exist_ok=True)
        self.overlays = [name for name, original in OVERLAYS.items() if Path(original).exists()]
        (place / "overlays").mkdir()
        self.settings = {}

    def overlay(self, name):
        layers = self.place / "overlays" / name
        return f"mkdir -p {layers}/upper {layers}/work && mount -t overlay overlay -o lowerdir={OVERLAYS[name]}," \
               f"upperdir={layers}/upper,workdir={layers}/work,userxattr {OVERLAYS[name]}"

    @property
    def environment(self):
        keep = {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.home), "LC_ALL": "C.UTF-8",
                "CERTWHY_STATE": str(self.place / "state"), **keep, **self.settings}

    def inside(self, *words, login=False):
        """A command on this machine; `login`: by a login shell, which reads .profile."""
        command = " ".join(f"'{word}'" for word in words)
        mounts = " && ".join([*(f"mount --bind {self.place / name} {original}" for name, original in MOUNTS.items()),
                              f"mount -t tmpfs tmpfs {self.place / 'overlays'}", *map(self.overlay, self.overlays)])
        shell = "[ ! -r ~/.profile ] || . ~/.profile; " if login else ""
        return ["unshare", "-rm", "sh", "-c", f"{mounts} && {shell}exec {command}"]

    def run(self, *words, login=False, timeout=120, **environment):
        return subprocess.run(self.inside(*words, login=login), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=timeout, check=False, cwd=self.place, env={**self.environment, **environment})

    def start(self, *words, **environment):
        """In a process group of its own."""
        return subprocess.Popen(self.inside(*words), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, start_new_session=True,
                                env={**self.environment, **environment})

    def certwhy(self, *words, **more):
        return self.run(PROGRAM, *words, **more)

    def snapshot(self, *without):
        """Everything below the home and the copies, by name: kind, mode, content or target."""
        found = {}
        for top in ("home", *MOUNTS):
            for path in sorted((self.place / top).rglob("*")):
                name = str(path.relative_to(self.place))
                if any(name.startswith(each) for each in without):
                    continue
                kind = path.lstat()
                content = os.readlink(path) if stat.S_ISLNK(kind.st_mode) else \
                    path.read_bytes() if stat.S_ISREG(kind.st_mode) else None
                found[name] = (stat.S_IFMT(kind.st_mode), stat.S_IMODE(kind.st_mode), content)
        return found

    def nss(self, directory):
        """{nickname: flags} of a database."""
        lines = self.run("certutil", "-L", "-d", f"sql:{directory}").stdout.splitlines()
        return {line[:60].strip(): line[60:].strip() for line in lines if line[60:].strip().count(",") == 2
                and "SSL" not in line}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.seen.append(self.path)
        body = REFS if self.path.endswith("info/refs") else b"ref: refs/heads/main" if self.path.endswith("HEAD") \
            else b"<p>welcome"
        self.send_response(200)
        self.send_header("Content-Type", "text/plain" if b"refs" in body else "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Quiet(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        self.failed += 1

    def finish_request(self, request, address):
        with self.context.wrap_socket(request, server_side=True) as secured:  # in the visit's own thread
            super().finish_request(secured, address)


class Server:
    """https://localhost:PORT/ with this chain; `seen` has the paths that were asked for."""

    def __init__(self, place, chain, key):
        place.mkdir(exist_ok=True)
        (place / "chain.pem").write_bytes(pki.pem(*chain))
        (place / "key.pem").write_bytes(pki.key_pem(key))
        self.http = Quiet(("127.0.0.1", 0), Handler)
        self.http.seen, self.http.failed = [], 0
        self.http.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.http.context.load_cert_chain(place / "chain.pem", place / "key.pem")
        self.port = self.http.server_address[1]
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    @property
    def target(self):
        return f"localhost:{self.port}"

    def url(self, path):
        return f"https://localhost:{self.port}/{path}"

    def saw(self, path):
        """Was that asked for? Forgotten afterwards."""
        found = any(path in each for each in self.http.seen)
        self.http.seen = [each for each in self.http.seen if path not in each]
        return found

    @property
    def failed(self):
        return self.http.failed

    def wait(self, path, failed, seconds=60):
        """True when the path is asked for; False when handshakes fail beyond `failed`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.saw(path):
                return True
            if self.failed > failed:
                return False
            time.sleep(0.05)
        raise AssertionError("nobody came")

    def end(self):
        self.http.shutdown()
        self.http.server_close()


def has(*programs):
    return all(shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin") for program in programs)
