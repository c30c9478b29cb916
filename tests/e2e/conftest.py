# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests share: the program, a measured run of it, servers of the lab."""
import json
import os
import resource
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent.parent
PROGRAM = Path(os.environ.get("CERTWHY", TOP / "build" / "certwhy")).resolve()
MEASURE = PROGRAM.parent / "tests" / "bench" / "measure"
CLIENTS = "curl@7.88,git@2.39,wget@1.21,go@1.19"
# Whatever proxy this machine uses has no business between the tests and their servers.
for variable in [name for name in os.environ if name.lower().endswith("_proxy")]:
    del os.environ[variable]
SANITIZED = "san" in PROGRAM.parent.name
# Sanitizers cost time and memory that say nothing of the program.
SLOWER = 6 if SANITIZED else 1


@dataclass
class Run:
    """One finished run of the program."""
    command: list
    status: int
    out: bytes
    err: bytes
    seconds: float
    peak: int  # bytes of resident memory

    @property
    def text(self):
        return self.out.decode()

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def target(self):
        (target,) = self.json["targets"]
        return target

    @property
    def rules(self):
        return {finding["rule"] for finding in self.target["findings"]}

    def __str__(self):
        return f"{' '.join(map(str, self.command))}\nexit {self.status}\n" \
               f"{self.out.decode(errors='replace')[-3000:]}\n{self.err.decode(errors='replace')[-3000:]}"


def with_clients(arguments):
    """The same clients on every machine, unless a test chooses its own."""
    judges = arguments and arguments[0] in ("check", "fix") and "--help" not in arguments
    chosen = any(str(word).startswith("--client") for word in arguments)
    return [*arguments, *(["--client", CLIENTS] if judges and not chosen else [])]


def run_program(*arguments, input=b"", env=None, cwd=None, timeout=60):
    """Runs certwhy and measures it. A crash (signal, sanitizer report) fails the test at once."""
    command = [PROGRAM, *with_clients(arguments)]
    with tempfile.TemporaryDirectory(prefix="certwhy-run-") as directory:
        cost, out, err = (Path(directory) / name for name in ("cost", "out", "err"))
        start = time.monotonic()
        with out.open("wb") as out_file, err.open("wb") as err_file:
            child = subprocess.Popen([MEASURE, cost, *command], stdin=subprocess.PIPE, stdout=out_file,
                                     stderr=err_file, cwd=cwd,
                                     env={**os.environ, "NO_COLOR": "1", **(env or {})})
            finish(child, input, timeout)
        seconds = time.monotonic() - start
        _, peak, status = cost.read_text().split()
        run = Run(command, int(status), out.read_bytes(), err.read_bytes(), seconds, int(peak))
    assert run.status >= 0, f"killed by signal {-run.status}: {run}"
    assert b"Sanitizer" not in run.err and b"runtime error:" not in run.err, run
    return run


def finish(child, content, timeout):
    try:
        child.communicate(content, timeout)
    except subprocess.TimeoutExpired:
        child.kill()  # what it measures dies with it
        child.communicate()
        pytest.fail(f"no end after {timeout} s: {child.args}")


class Lab:
    """`certwhy lab serve SCENARIO…` while it runs; servers[SCENARIO] is its line of JSON."""

    def __init__(self, scenarios):
        self.directory = tempfile.TemporaryDirectory(prefix="certwhy-lab-")
        self.process = subprocess.Popen([PROGRAM, "lab", "serve", *scenarios], cwd=self.directory.name,
                                        stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.servers = {}
        self.read(scenarios)

    def read(self, scenarios):
        """One line a server; silence has an end."""
        watchdog = threading.Timer(20 * SLOWER, self.process.kill)
        watchdog.start()
        while not set(scenarios) <= set(self.servers):
            line = self.process.stdout.readline()
            if not line:
                pytest.fail(f"lab serve said nothing of {sorted(set(scenarios) - set(self.servers))}")
            server = json.loads(line)
            self.servers[server["scenario"]] = server
        watchdog.cancel()

    def __getitem__(self, scenario):
        return self.servers[scenario]

    def check(self, scenario, *arguments, **options):
        """Checks one server as its client would: the description says how."""
        return run_program(*self.servers[scenario]["command"], *arguments, **options)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.directory.cleanup()


@pytest.fixture(scope="session")
def certwhy():
    return run_program


@pytest.fixture(scope="session")
def slower():
    return SLOWER


@pytest.fixture(scope="session")
def sanitized():
    return SANITIZED


@pytest.fixture(scope="module")
def lab():
    """lab("missing-intermediate", …) → a Lab; stopped after the module's tests."""
    running = []

    def start(*scenarios):
        running.append(Lab(scenarios))
        return running[-1]

    yield start
    for one in running:
        one.stop()


@pytest.fixture(scope="session", autouse=True)
def no_core_dumps():
    """A test that wants one raises it again."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
