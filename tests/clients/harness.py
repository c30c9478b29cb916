# SPDX-License-Identifier: Apache-2.0
"""The lab as real clients visit it: where each server is, what certwhy predicts of each visit, and
how a client's own words are compared with the predicted ones."""
import contextlib
import fnmatch
import json
import os
import re
import subprocess
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
PROGRAM = Path(os.environ.get("CERTWHY", TOP / "build" / "certwhy")).resolve()
WORKERS = os.cpu_count() or 1
START_SECONDS = 120  # for a whole farm on a busy machine
LEAVING_SECONDS = 0.7  # the server lingers half a second on whoever does not hang up


# ---- visits ----

@dataclass(frozen=True)
class Visit:
    """One client's way to one server: what it believes, and where its name leads."""
    scenario: str
    name: str  # the name or address in the URL
    host: str  # the address that the name leads to
    port: int
    ca: str  # the only roots that the client trusts
    at: str = ""  # the client's clock, RFC 3339; "": right
    sni: bool = True
    label: str = ""  # what tells two visits to one scenario apart
    number: int = 0  # of the server's address

    @property
    def title(self):
        return self.scenario + (f" ({self.label})" if self.label else "")

    @property
    def is_address(self):
        return ":" in self.name or re.fullmatch(r"[0-9.]+", self.name) is not None

    @property
    def url_host(self):
        return f"[{self.name}]" if ":" in self.name else self.name

    @property
    def url(self):
        return f"https://{self.url_host}:{self.port}/"

    @property
    def address(self):
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def arguments(self):
        """What `certwhy check` is told of it."""
        more = ["--at", self.at] if self.at else []
        if not self.sni:
            more += ["--sni", "none"]
        return [self.address, "--name", self.name, "--ca", self.ca, "--only-ca", *more]


def visits_of(server):
    """A name with two addresses is two visits; a server that wants SNI is visited without it too."""
    host, port = server["address"].rsplit(":", 1)
    visit = Visit(scenario=server["scenario"], name=server["name"], host=host.strip("[]"),
                  port=int(port), ca=server["ca_file"], at=server.get("at", ""))
    arguments = server["args"]
    if "--resolve" in arguments:
        addresses = arguments[arguments.index("--resolve") + 1].split(":", 2)[2].split(",")
        return [replace(visit, host=a, label=a, number=n) for n, a in enumerate(addresses)]
    if "none" in arguments:
        return [visit, replace(visit, sni=False, label="no SNI")]
    return [visit]


class Farm:
    """`certwhy lab serve` while it runs."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([PROGRAM, "lab", "serve", "--log", *arguments], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE)
        self.servers, self.log = [], []
        self.listener = threading.Thread(target=self.listen, daemon=True)

    def listen(self):
        for line in self.process.stdout:
            self.log.append(json.loads(line))

    def alerts(self):
        """{(scenario, address's number): the alerts that clients sent there, None for those who sent none},
        since the last call."""
        time.sleep(LEAVING_SECONDS)
        heard, self.log[:] = list(self.log), []
        alerts = {}
        for line in heard:
            alerts.setdefault((line["heard"], line["address"]), set()).add(line["alert"])
        return alerts

    def read(self, count):
        """The lines of `count` servers; a farm that says nothing is ended."""
        watchdog = threading.Timer(START_SECONDS, self.process.kill)
        watchdog.start()
        servers = [json.loads(line) for line in (self.process.stdout.readline() for _ in range(count)) if line]
        watchdog.cancel()
        if len(servers) != count:
            raise SystemExit(f"lab serve told of {len(servers)} servers, not {count}")
        self.servers = servers
        self.listener.start()

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        self.listener.join()
        self.process.stdout.close()


@contextlib.contextmanager
def farms(*requests):
    """farms((count, argument, …), …): all at once, so that they mint side by side."""
    running = [Farm(*arguments) for _, *arguments in requests]
    try:
        for farm, (count, *_) in zip(running, requests):
            farm.read(count)
        yield running
    finally:
        for farm in running:
            farm.stop()


def certwhy_json(*arguments):
    run = subprocess.run([PROGRAM, *arguments, "--json"], capture_output=True, timeout=60)
    if not run.stdout:
        raise SystemExit(f"certwhy {' '.join(map(str, arguments))}: {run.stderr.decode(errors='replace')}")
    return json.loads(run.stdout)


def scenarios_matching(patterns):
    return [entry["scenario"] for entry in certwhy_json("lab", "list", *patterns)]


def in_parallel(function, items):
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(function, items))


# ---- predictions ----

def predict(visit):
    """{profile: its verdict} for one visit."""
    (target,) = certwhy_json("check", *visit.arguments, "--allow-private-fetch", "--client", "all")["targets"]
    return {client["client"]: client for client in target["clients"]}


def predict_all(visits):
    visits = list(visits)
    return dict(zip(visits, in_parallel(predict, visits)))


def version_of(text):
    return tuple(int(n) for n in re.findall(r"\d+", text)[:3])


def measured_version(profile):
    """Of the program that the profile was compared with; of its name, when there was none."""
    found = re.search(r"\d+(\.\d+)+|\d+", profile["measured_with"])
    return version_of(found.group()) if found else version_of(profile["client"].split("@")[1])


def nearest_profile(profiles, family, version):
    """Of the profiles of a family, the newest that is not newer than the client (of the same minor
    version, the one measured nearest); None without one: what an older client did not do yet, no
    profile of a newer one says (Node 18 on Debian refuses 1024-bit keys, Node 20 does not).
    NAME@VERSION-VARIANT is of another build."""
    older = []
    for profile in profiles:
        name, _, known = profile["client"].partition("@")
        minor = version_of(known)[:2]
        if name == family and known and "-" not in known and minor <= version[:len(minor)]:
            measured = measured_version(profile)
            older.append((minor, measured <= version, measured, profile["client"]))
    return max(older)[-1] if older else None


def one_per_profile(clients, profiles):
    """[(client, profile)], of several clients for one profile that of the nearest version; and of each
    family without a profile the first."""
    chosen, strangers = {}, {}
    for client in clients:
        profile = nearest_profile(profiles, client.family, client.version)
        pair = (profile, client.asked_as())
        if profile is None or not on_library(client, profiles, profile):
            strangers.setdefault(client.asked_as(), client)
        elif pair not in chosen or is_nearer(client, chosen[pair], profile):
            chosen[pair] = client
    return [(client, profile) for (profile, _), client in chosen.items()], list(strangers.values())


def on_library(client, profiles, name):
    """Is the client built on the OpenSSL that the profile was measured with?"""
    (profile,) = [p for p in profiles if p["client"] == name]
    measured = re.search(r"OpenSSL (\d+\.\d+)", profile["measured_with"])
    return not client.openssl or not measured or measured.group(1) == client.openssl


def is_nearer(client, other, profile):
    wanted = version_of(profile.split("@")[1])
    exact = [c.version[:len(wanted)] == wanted for c in (client, other)]
    return exact[0] and not exact[1]


# ---- words ----

@dataclass(frozen=True)
class Answer:
    accepts: bool
    message: str = ""
    alert: object = "?"  # the number of the fatal alert that it sent; None: none; "?": nobody listened


WHAT_VARIES = [
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "<time>"),
    (re.compile(r"\b[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d [A-Z]{3,4} \d{4,}"), "<time>"),
    (re.compile(r"CAfile: \S+"), "CAfile: <file>"),
    (re.compile(r"_ssl\.c:\d+"), "_ssl.c:<line>"),
    (re.compile(r"\b[0-9A-F]{12,16}:(?=error:)"), ""),  # which thread
    (re.compile(r":\.\./\S+?:\d+:.*"), ""),  # where in the library's source
    (re.compile(r"(?<=routines:)\w+(?=:)"), ""),  # which function of the library
    (re.compile(r"OpenSSL/[0-9.]+[a-z]?"), "OpenSSL/<version>"),
    (re.compile(r":\d{4,5}(?=[/'\"])"), ":<port>"),
    (re.compile(r"port=\d+"), "port=<port>"),
    (re.compile(r"0x[0-9a-f]{6,}"), "<pointer>"),
    (re.compile(r"[‘’]"), "'"),
    (re.compile(r"[\0-\x08\x0b-\x1f\x7f]"), lambda match: f"\\x{ord(match.group()):02x}"),  # as certwhy shows it
    (re.compile(r"\s+"), " "),
]


def normalised(message):
    """Without what differs from one run or machine to the next."""
    for pattern, replacement in WHAT_VARIES:
        message = pattern.sub(replacement, message)
    return message.strip()


def difference(predicted, answer, shows="message"):
    """None when the prediction holds, else "verdict", "words" or "alert". Without a certificate there is
    no verdict, and no client may have accepted."""
    expected = predicted["accepts"]
    if expected is None:
        return "verdict" if answer.accepts else None
    if expected != answer.accepts:
        return "verdict"
    unknown = not predicted[shows]  # what it would say is not modelled
    same = answer.accepts or unknown or normalised(predicted[shows]) == normalised(answer.message)
    if not same:
        return "words"
    alert = predicted["alert"]["number"] if predicted["alert"] else None
    return None if alert is None or answer.alert in ("?", alert) else "alert"  # null: not known, perhaps


def visited(client, visits, is_as_expected):
    """{visit: Answer}. What is not as expected is asked twice more: on a busy machine a handshake may
    run out of time, Chromium may write its request before it reads a late alert, and only what a
    client says again is what it says."""
    answers = client.visit_all(visits)
    for _ in range(2):
        again = [visit for visit in visits if not is_as_expected(visit, answers[visit])]
        if again:
            answers = {**answers, **client.visit_all(again)}
    return answers


# ---- exceptions ----

class Exceptions:
    """exceptions.tsv: profile, scenario (globs both), what differs, why. A row that covers nothing
    any more, though its client was measured, is a failure."""

    def __init__(self, path=HERE / "exceptions.tsv"):
        rows = [line.split("\t") for line in path.read_text().splitlines() if line and line[0] != "#"]
        self.rows = [tuple(row) for row in rows]
        bad = [row for row in self.rows if len(row) != 4 or row[2] not in ("verdict", "words", "alert")]
        if bad:
            raise SystemExit(f"{path}: profile, scenario, verdict|words|alert, mechanism are wanted: {bad[0]}")
        self.used = set()

    def cover(self, profile, scenario, what):
        for row in self.rows:
            if fnmatch.fnmatchcase(profile, row[0]) and fnmatch.fnmatchcase(scenario, row[1]) and row[2] == what:
                self.used.add(row)
                return row
        return None

    def outlived(self, profiles, scenarios):
        """Rows that would have applied to what was measured, and did not."""
        return [row for row in self.rows if row not in self.used and fnmatch.filter(profiles, row[0]) and
                fnmatch.filter(scenarios, row[1])]


@contextlib.contextmanager
def scratch_directory():
    with tempfile.TemporaryDirectory(prefix="certwhy-clients-") as directory:
        yield Path(directory)
