#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""bench_audit.py PROGRAM [--rounds N] [--slack X] [--server NAME] [--testssl]: `certwhy audit` of servers on loopback, against sslscan of
the same servers, and with --testssl against one run of testssl.sh (minutes).

They run in turn, A B C D A B C D, because the machine's speed drifts; what counts is the median of the ratios of a round.
CPU is user + system of the client process alone. The cipher part is `audit --suites-only` against sslscan with everything
but ciphers switched off. Most of either's cost for a server with few suites is that of loading libcrypto (certwhy 2 ms,
sslscan 4 ms), so what is judged is the cipher part without the start of each program (`certwhy version`,
`sslscan --version`); the whole processes are printed as well.
Bars: cipher part 0.12 of sslscan's CPU; whole audit 0.5 of it, 1/3 of its wall clock, 1/200 of testssl.sh's CPU.
Connections: suites + 6 versions + 1, and 25 more.
"""
import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))
import audit_servers as servers  # noqa: E402

CIPHERS_ONLY = ["--no-compression", "--no-fallback", "--no-groups", "--no-heartbleed", "--no-renegotiation", "--no-check-certificate"]
MEASURED = {"nginx-default": servers.nginx("", ("rsa", "ec")), **{name: servers.SERVERS[name] for name in ("nginx-old", "gnutls-normal")}}
BAR_CIPHERS, BAR_CPU, BAR_WALL, BAR_TESTSSL = 0.12, 0.5, 1 / 3, 1 / 200
VERSIONS, MORE = 6, 25
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def measure(program, command):
    """(CPU seconds, wall seconds) of one run, its children included."""
    meter = Path(program).parent / "tests" / "bench" / "measure"
    with tempfile.NamedTemporaryFile("r") as cost:
        start = time.monotonic()
        subprocess.run([meter, cost.name, *command], check=True, **QUIET)
        wall = time.monotonic() - start
        return float(cost.read().split()[0]), wall


def commands(program, address):
    return {"start": [program, "version"], "ciphers": [program, "audit", "--suites-only", address], "audit": [program, "audit", address],
            "their start": ["/usr/bin/sslscan", "--version"], "their ciphers": ["/usr/bin/sslscan", *CIPHERS_ONLY, address],
            "their scan": ["/usr/bin/sslscan", address]}


class Judge:
    def __init__(self, slack):
        self.slack, self.good = slack, True

    def say(self, what, ratio, bar):
        met = ratio <= bar * self.slack
        self.good = self.good and met
        print(f"{'ok  ' if met else 'FAIL'} {what}: {ratio:.3f}, bar {bar * self.slack:.3f}")

    def ratios(self, rounds):
        def median(value):
            return statistics.median(map(value, rounds))
        for name in rounds[0]:
            print(f"  {name:14} {median(lambda r: r[name][0]) * 1000:7.1f} ms CPU  {median(lambda r: r[name][1]) * 1000:7.1f} ms wall")
        whole = median(lambda r: r["ciphers"][0] / r["their ciphers"][0])
        print(f"  whole processes, ciphers only: {whole:.3f} of sslscan's CPU")
        self.say("CPU of the cipher part", median(lambda r: (r["ciphers"][0] - r["start"][0]) /
                                                  (r["their ciphers"][0] - r["their start"][0])), BAR_CIPHERS)
        self.say("CPU of the whole audit", median(lambda r: r["audit"][0] / r["their scan"][0]), BAR_CPU)
        self.say("wall clock of the whole audit", median(lambda r: r["audit"][1] / r["their scan"][1]), BAR_WALL)

    def connections(self, program, address):
        done = subprocess.run([program, "audit", "--json", address], capture_output=True, check=False)
        target = json.loads(done.stdout)["targets"][0]
        suites = sum(len(version["suites"]) for version in target["versions"])
        bar = suites + VERSIONS + 1
        met = target["suite_connections"] <= bar and target["connections"] <= bar + MORE
        self.good = self.good and met
        print(f"{'ok  ' if met else 'FAIL'} connections: {target['suite_connections']} for {suites} suites, bar {bar}; "
              f"{target['connections']} in all, bar {bar + MORE}")

    def testssl(self, program, address, audit):
        cpu, wall = measure(program, ["/usr/bin/testssl", "--quiet", "--warnings", "off", address])
        print(f"  testssl.sh     {cpu * 1000:7.0f} ms CPU  {wall * 1000:7.0f} ms wall")
        self.say("CPU against testssl.sh, times 200", audit / cpu * 200, BAR_TESTSSL * 200)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--slack", type=float, default=1.0)
    parser.add_argument("--testssl", action="store_true")
    parser.add_argument("--server", choices=list(MEASURED), help="only this one")
    options = parser.parse_args()
    missing = servers.installed("nginx", "gnutls-serv", "sslscan", *(["testssl"] if options.testssl else []))
    if missing:
        print(f"not installed: {', '.join(missing)}")
        return 77
    program = str(Path(options.program).resolve())
    judge = Judge(options.slack)
    with tempfile.TemporaryDirectory() as folder:
        keys = servers.keys_make(Path(folder))
        for name, start in MEASURED.items():
            if options.server not in (None, name):
                continue
            with start(keys) as port:
                address = f"127.0.0.1:{port}"
                print(f"{name}: {options.rounds} rounds, each in turn")
                judge.connections(program, address)
                wanted = commands(program, address)
                rounds = [{what: measure(program, command) for what, command in wanted.items()} for _ in range(options.rounds)]
                judge.ratios(rounds)
                if options.testssl and name == "nginx-default":
                    judge.testssl(program, address, statistics.median(r["audit"][0] for r in rounds))
    return 0 if judge.good else 1


if __name__ == "__main__":
    sys.exit(main())
