# SPDX-License-Identifier: Apache-2.0
"""The real clients: how each is found, called and understood. A client is either a command that is
run once per visit, or a program (in drivers/) that makes many visits in one process, because to
start a JVM for each would take longer than all the rest."""
import contextlib
import datetime
import glob
import json
import os
import re
import shutil
import subprocess
import threading
import time
from pathlib import Path

from harness import HERE, Answer, in_parallel, version_of

VISIT_SECONDS = 20
BATCH_SECONDS = 900  # two cores may be shared by many
CLOCK_LOCK = threading.Lock()
NSS_WRAPPER = next(iter(glob.glob("/usr/lib/*/libnss_wrapper.so")), None)
# The lab answers with certificates that libssl cannot load, and leaves it at that.
UNFINISHED = {"hostile-binary"}
REQUEST = b"GET / HTTP/1.0\r\n\r\n"


def output_of(*argv):
    run = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60,
                         errors="replace", env=plain_environment())
    return run.stdout


def plain_environment(**more):
    """Nothing of the user's configuration: neither proxies nor trust settings nor languages."""
    keep = {name: os.environ[name] for name in ("PATH", "TMPDIR", "JAVA_HOME", "GOROOT")
            if name in os.environ}
    return {**keep, "HOME": "/nonexistent", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC", **more}


def preloaded(*libraries, **more):
    return {"LD_PRELOAD": " ".join(libraries), **more} if libraries else more


def build(argv, **environment):
    """Runs a compiler; what it says when it fails ends the test."""
    run = subprocess.run(argv, capture_output=True, text=True, env=plain_environment(**environment))
    if run.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, argv))}: {run.stderr}")


def clock(at, scratch):
    """The environment under which a program believes that it is `at`."""
    if not at:
        return (), {}
    library = scratch / "clock.so"
    with CLOCK_LOCK:
        if not library.exists():
            build([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O1", "-o", library, HERE / "drivers" / "clock.c"])
    then = datetime.datetime.fromisoformat(at.replace("Z", "+00:00")).timestamp()
    return (str(library),), {"CLOCK_OFFSET": str(int(then - time.time()))}


class Client:
    family = ""  # what its profiles are called
    name = ""  # what it is asked for by; "": as its family
    shows = "message"  # what of a verdict it says
    openssl = ""  # version of the library below, where it can be another than the profile's
    own_clock = False  # it can be told the time

    def __init__(self, scratch):
        self.scratch = scratch
        self.version = self.find()

    def find(self):
        """Its version as a tuple, None when it is not installed."""
        raise NotImplementedError

    @classmethod
    def asked_as(cls):
        return cls.name or cls.family

    @property
    def title(self):
        return f"{self.asked_as()} {'.'.join(map(str, self.version))}"

    def unable(self, visit):
        """Why it cannot make this visit; None when it can."""
        return None if visit.sni else "always sends SNI"

    def visit_all(self, visits):
        """{visit: Answer}"""
        raise NotImplementedError


# ---- commands ----

class Command(Client):
    program = ""
    stdin = b""

    def find(self):
        return version_of(output_of(self.program, "--version").splitlines()[0]) if shutil.which(self.program) else None

    def argv(self, visit):
        raise NotImplementedError

    def environment(self, visit):
        return {}

    def libraries(self, visit):
        return ()

    def answer(self, status, lines):
        """What exit status and output lines mean."""
        raise NotImplementedError

    def visit(self, visit):
        libraries, fake = clock(visit.at, self.scratch)
        environment = plain_environment(**preloaded(*libraries, *self.libraries(visit), **fake),
                                        **self.environment(visit))
        try:
            run = subprocess.run(self.argv(visit), input=self.stdin, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, timeout=VISIT_SECONDS, env=environment)
        except subprocess.TimeoutExpired:
            return Answer(False, f"(no answer within {VISIT_SECONDS} s)")
        return self.answer(run.returncode, run.stdout.decode(errors="replace").splitlines())

    def visit_all(self, visits):
        return dict(zip(visits, in_parallel(self.visit, visits)))

    @property
    def no_roots(self):
        """A directory without roots, in place of the system's."""
        directory = self.scratch / "no-roots"
        directory.mkdir(exist_ok=True)
        return directory


def joined(lines):
    return " | ".join(line.strip() for line in lines)


class Curl(Command):
    family = program = "curl"

    def argv(self, visit):
        return ["curl", "-q", "-sS", "-o", "/dev/null", "--max-time", str(VISIT_SECONDS), "--cacert", visit.ca,
                "--capath", self.no_roots, "--connect-to", f"{visit.url_host}:{visit.port}:{visit.address}",
                visit.url]

    def answer(self, status, lines):
        return Answer(status == 0, joined(line for line in lines if line.startswith("curl: ("))) if status else Answer(True)


class Wget(Command):
    family = program = "wget"
    SAID = re.compile(r"ERROR: |GnuTLS: |The certificate|Unable to|Failed writing")

    def unable(self, visit):
        if NSS_WRAPPER is None and not visit.is_address:
            return "libnss_wrapper is not installed: its name cannot be led to the lab"
        return super().unable(visit)

    def libraries(self, visit):
        return () if visit.is_address else (NSS_WRAPPER,)

    def environment(self, visit):
        hosts = self.scratch / f"hosts-{visit.host}-{visit.name}"
        whole = self.scratch / f"hosts-{threading.get_ident()}"
        whole.write_text(f"{visit.host} {visit.name}\n")
        whole.rename(hosts)  # another visit may be reading it
        return {"NSS_WRAPPER_HOSTS": str(hosts)}

    def argv(self, visit):
        return ["wget", "--no-config", "--no-hsts", "--no-proxy", "-O", "/dev/null", "--tries=1",
                f"--timeout={VISIT_SECONDS}", f"--ca-certificate={visit.ca}",
                f"--ca-directory={self.no_roots}", visit.url]

    def answer(self, status, lines):
        return Answer(True) if status == 0 else Answer(False, joined(filter(self.SAID.match, lines)))


class Pip(Wget):
    """pip since 24.2, which asks truststore; its bundle of certifi's is never what the lab trusts."""
    family = "pip"

    def __init__(self, scratch, found):
        self.found = found
        super().__init__(scratch)

    def find(self):
        for interpreter in self.found:
            version = version_of(output_of(interpreter, "-I", "-m", "pip", "--version").split(" from ")[0])
            if version >= (24, 2):
                self.program = interpreter
                return version
        return None

    def unable(self, visit):
        # its urllib3 asks with no name then, which truststore refuses before anything is sent
        return "asks no server by its address" if visit.is_address else super().unable(visit)

    def environment(self, visit):
        # a home that is there: pip asks for the version of rustc, and rustup would make one
        return {**super().environment(visit), "SSL_CERT_FILE": visit.ca, "SSL_CERT_DIR": str(self.no_roots),
                "HOME": str(self.scratch)}

    def argv(self, visit):
        return [self.program, "-m", "pip", "--isolated", "--disable-pip-version-check", "--no-cache-dir",
                "--retries=0", f"--timeout={VISIT_SECONDS}", "download", f"--index-url={visit.url}", "--no-deps",
                f"--dest={self.scratch}", "package"]

    def answer(self, status, lines):
        said = [line.strip() for line in lines if "confirming the ssl certificate" in line]
        if "ERROR: Exception:" in lines:
            said = [lines[-1].strip()]
        return Answer(False, said[0]) if said else Answer(True)


class Git(Command):
    family = program = "git"
    # It got as far as HTTP: what it found there is no repository.
    REACHED = re.compile(r"not valid: is this a git repository|repository '.*' not found")

    def environment(self, visit):
        return {"GIT_SSL_CAINFO": visit.ca, "GIT_SSL_CAPATH": str(self.no_roots), "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TERMINAL_PROMPT": "0"}

    def argv(self, visit):
        where = f"[{visit.host}]" if ":" in visit.host else visit.host
        lead = [] if visit.is_address else ["-c", f"http.curloptResolve={visit.name}:{visit.port}:{where}"]
        return ["git", *lead, "ls-remote", visit.url]

    def answer(self, status, lines):
        if any(self.REACHED.search(line) for line in lines):
            return Answer(True)
        return Answer(False, joined(line for line in lines if line.startswith("fatal: ")))


class OpenSSL(Command):
    family = program = "openssl"
    stdin = REQUEST

    def find(self):
        return version_of(output_of("openssl", "version")) if shutil.which("openssl") else None

    def unable(self, visit):
        return super().unable(visit) if visit.sni else None

    def argv(self, visit):
        sni = ["-servername", visit.name] if visit.sni and not visit.is_address else ["-noservername"]
        return ["openssl", "s_client", "-connect", visit.address, *sni,
                "-verify_ip" if visit.is_address else "-verify_hostname", visit.name, "-CAfile", visit.ca,
                "-no-CApath", "-no-CAstore", "-verify_return_error", "-quiet", "-ign_eof"]

    def answer(self, status, lines):
        if status == 0 and any(line.startswith("HTTP/") for line in lines):
            return Answer(True)
        depth = "?"
        for line in lines:
            found = re.match(r"depth=(\d+) ", line + " ")
            depth = found.group(1) if found else depth
            if line.startswith("verify error:"):
                return Answer(False, f"{line} (depth {depth})")
        # 4027A3F0BF7F0000:error:0A000086:SSL routines:function:reason:file:line: the first is the cause
        errors = [re.search(r"error:[0-9A-F]{8}:[^:]*:[^:]*:[^:]*", line) for line in lines]
        return Answer(False, ([e.group() for e in errors if e] or ["(no error)"])[0])


class GnutlsCli(Command):
    family = program = "gnutls-cli"
    stdin = REQUEST
    SAID = re.compile(r"(- Status: The certificate is NOT|\*\*\* (?!Server has|Received)|\|<1>\| Peer)")

    def unable(self, visit):
        return super().unable(visit) if visit.sni else None

    def argv(self, visit):
        sni = ["--disable-sni"] if visit.is_address or not visit.sni else [f"--sni-hostname={visit.name}"]
        return ["gnutls-cli", f"--x509cafile={visit.ca}", *sni, f"--verify-hostname={visit.name}", "-p",
                str(visit.port), visit.host]

    def answer(self, status, lines):
        if status == 0 and any(line.startswith("HTTP/") for line in lines):
            return Answer(True)
        said = [line.removeprefix("- Status: ") for line in lines if self.SAID.match(line)]
        # stderr and stdout meet in one pipe: what went wrong first, then what became of it
        return Answer(False, joined(sorted(said, key=lambda line: line.startswith("*** Fatal"))))


# ---- programs that make many visits ----

class Batch(Client):
    by_host = False  # one process per address, because names are led there for the whole process
    processes = 1  # among which the visits of one clock and address are dealt out

    def argv(self, visits):
        raise NotImplementedError

    def visit_all(self, visits):
        groups = {}
        for number, visit in enumerate(visits):
            key = ("" if self.own_clock else visit.at, visit.host if self.by_host else "", number % self.processes)
            groups.setdefault(key, []).append(visit)
        answers = in_parallel(self.visit_group, groups.values())
        return {visit: answer for group in answers for visit, answer in group.items()}

    def line(self, visit):
        """What the program is told of a visit."""
        return {"url": visit.url, "name": visit.name, "host": visit.host, "port": visit.port, "ca": visit.ca,
                "at": visit.at}

    def visit_group(self, visits):
        libraries, fake = clock("" if self.own_clock else visits[0].at, self.scratch)
        lines = [json.dumps(self.line(visit)) for visit in visits]
        run = subprocess.run(self.argv(visits), input="\n".join(lines) + "\n", stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True, errors="replace", timeout=BATCH_SECONDS,
                             env=plain_environment(**preloaded(*libraries, **fake)))
        answers = [json.loads(line) for line in run.stdout.splitlines()]
        if len(answers) != len(visits):
            raise SystemExit(f"{self.title}: {len(answers)} answers for {len(visits)} visits\n{run.stderr[-3000:]}")
        return {v: Answer(a["accepts"], a["message"].replace("\n", " ")) for v, a in zip(visits, answers)}


def go_build(scratch, name):
    """drivers/NAME.go as a program; None without Go."""
    if not shutil.which("go"):
        return None
    program = scratch / f"go-{name}"
    cache = os.environ.get("GOCACHE", str(Path.home() / ".cache" / "go-build"))
    build(["go", "build", "-o", program, HERE / "drivers" / f"{name}.go"], GO111MODULE="off", CGO_ENABLED="0",
          GOCACHE=cache)
    return program


class Go(Batch):
    family = "go"
    own_clock = True

    def find(self):
        self.program = go_build(self.scratch, "client")
        return version_of(output_of("go", "version").split()[2]) if self.program else None

    def argv(self, visits):
        return [self.program]


class Node(Batch):
    family = "node"

    def __init__(self, scratch, program="node"):
        self.program = program
        super().__init__(scratch)

    def find(self):
        return version_of(output_of(self.program, "--version")) if shutil.which(self.program) else None

    def argv(self, visits):
        return [self.program, HERE / "drivers" / "client.js"]


class Java(Batch):
    family = "java"
    own_clock = True
    by_host = True

    def __init__(self, scratch, home):
        self.home, self.classes = Path(home), scratch / f"java-{Path(home).name}"
        super().__init__(scratch)

    def find(self):
        if not os.access(self.home / "bin/javac", os.X_OK):
            return None
        build([self.home / "bin/javac", "-d", self.classes, HERE / "drivers" / "Client.java"])
        return version_of(re.search(r'version "([^"]+)"', output_of(self.home / "bin/java", "-version")).group(1))

    def argv(self, visits):
        hosts = self.scratch / f"{self.classes.name}-hosts-{visits[0].host}"
        hosts.write_text("".join(f"{v.host} {v.name}\n" for v in visits if not v.is_address))
        return [self.home / "bin/java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", f"-Djdk.net.hosts.file={hosts}",
                "-cp", self.classes, "Client"]


class Library(Batch):
    """A driver in C over a library, which is built when there is a compiler and the library."""
    links = ()

    def find(self):
        self.program = self.scratch / f"client-{self.family}"
        drivers = HERE / "drivers"
        run = subprocess.run(["cc", "-o", self.program, drivers / "visit.c", drivers / f"client_{self.family}.c",
                              *(f"-l{name}" for name in self.links)], capture_output=True)
        return version_of(output_of(self.program, "version")) if run.returncode == 0 else None

    def argv(self, visits):
        return [self.program]


class MbedTLS(Library):
    family = "mbedtls"
    links = ("mbedtls", "mbedx509", "mbedcrypto")


class WolfSSL(Library):
    family = "wolfssl"
    links = ("wolfssl",)


class Python(Batch):
    """One interpreter, with one of its libraries."""
    library = "urllib"

    def __init__(self, scratch, interpreter):
        self.interpreter = interpreter
        super().__init__(scratch)

    def find(self):
        probe = [self.interpreter, "-I", "-c", "import ssl; print(*ssl.OPENSSL_VERSION_INFO[:2], sep='.')"]
        self.openssl = subprocess.run(probe, capture_output=True, text=True).stdout.strip()
        wanted = {"urllib": "platform; print(platform.python_version())"}
        probe = wanted.get(self.library, f"{self.library}; print({self.library}.__version__)")
        run = subprocess.run([self.interpreter, "-I", "-c", f"import {probe}"], capture_output=True, text=True)
        return version_of(run.stdout) if run.returncode == 0 else None

    def argv(self, visits):
        return [self.interpreter, "-I", HERE / "drivers" / "client.py", self.library]


class PythonUrllib(Python):
    family = "python"


class Requests(Python):
    family = library = "requests"


class Httpx(Python):
    family = library = "httpx"


class Aiohttp(Python):
    family = library = "aiohttp"


class Server:
    """drivers/serve.go while it runs: any number of ports, each with its chain."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def serve(self, chain, key):
        return self.ask(f"{chain} {key}")

    def alerts(self):
        """{address: what alert came there last}, since this was asked last"""
        return json.loads(self.ask(""))

    def stop(self):
        self.process.communicate()


@contextlib.contextmanager
def whole_handshakes(servers, scratch):
    """The servers, those whose handshake the lab does not finish replaced by one in Go that sends the
    same bytes; and the scenarios left out because there is no Go."""
    program = go_build(scratch, "serve") if any(s["scenario"] in UNFINISHED for s in servers) else None
    running, served, left_out = [], [], []
    for server in servers:
        if server["scenario"] not in UNFINISHED:
            served.append(server)
        elif program is None:
            left_out.append(server["scenario"])
        else:
            folder = Path(server["ca_file"]).parent
            running.append(Server(program))
            served.append({**server, "address": running[-1].serve(folder / "chain.pem", folder / "key.pem")})
    try:
        yield served, left_out
    finally:
        for process in running:
            process.stop()


def interpreters():
    """One Python of each minor version: the system's before those of pyenv."""
    found = {}
    for path in ["/usr/bin/python3", *sorted(glob.glob("/usr/bin/python3.?*")),
                 *sorted(glob.glob(str(Path.home() / ".pyenv/versions/3.*/bin/python3")))]:
        if re.search(r"config$", path) or not os.access(path, os.X_OK):
            continue
        run = subprocess.run([path, "-I", "-c", "import ssl, sys; print(*sys.version_info[:2])"],
                             capture_output=True, text=True)
        if run.returncode == 0:
            found.setdefault(tuple(map(int, run.stdout.split())), path)
    return list(found.values())
