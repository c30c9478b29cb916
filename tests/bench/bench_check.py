#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""bench_check.py PROGRAM [--rounds N] [--slack X]: one `certwhy check` of a loopback endpoint, against
`curl -sI` and `openssl s_client` on the same endpoint, with the same 140-root store.

All three get one bundle: the system's roots with the lab's root appended (certwhy by --only-ca --ca,
curl by --cacert, s_client by -CAfile), so that each of them can reach a verdict. They run in turn,
A B C A B C, because the machine's speed drifts; what counts is the median of the ratios of a round.
The lab's arguments for it say --offline: neither peer asks a responder. CPU is user + system of the
client process alone; the server's is not in it.
Bars: 0.25 of each peer's CPU, 10 MiB of peak memory. --slack 1.3 is for shared machines (CI).
"""
import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

SYSTEM_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
SCENARIO = "healthy-ecdsa"
BAR_CPU, BAR_PEAK = 0.25, 10 << 20
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def measure(program, command):
    """(CPU seconds, peak bytes, exit status) of one run, by tests/bench/measure."""
    meter = Path(program).parent / "tests" / "bench" / "measure"
    with tempfile.NamedTemporaryFile("r") as cost:
        subprocess.run([meter, cost.name, *command], check=True, **QUIET)
        cpu, peak, status = cost.read().split()
    return float(cpu), int(peak), int(status)


def commands(program, server, bundle):
    address, name = server["address"], server["name"]
    port = address.rsplit(":", 1)[1]
    return {
        "certwhy check": [program, "check", address, "--name", name, "--only-ca", "--ca", bundle,
                          *server["args"]],
        "curl -sI": ["/usr/bin/curl", "-sI", "--cacert", bundle, "--resolve", f"{name}:{port}:127.0.0.1",
                     "--noproxy", "*", f"https://{name}:{port}/"],
        "openssl s_client": ["/usr/bin/openssl", "s_client", "-connect", address, "-servername", name,
                             "-verify_hostname", name, "-verify_return_error", "-CAfile", bundle],
    }


def verdicts_agree(program, wanted):
    """All three accept: a run that fails early would be cheap and prove nothing."""
    for name, command in wanted.items():
        _, _, status = measure(program, command)
        if status != 0:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
            print(f"{name} does not accept (exit {status}):\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
            return False
    return True


def bench(program, server, options):
    with tempfile.TemporaryDirectory() as directory:
        bundle = Path(directory) / "bundle.pem"
        roots = SYSTEM_BUNDLE.read_text()
        bundle.write_text(roots + Path(server["ca_file"]).read_text())
        print(f"store: {roots.count('BEGIN CERTIFICATE')} roots of {SYSTEM_BUNDLE} and the lab's; "
              f"{options.rounds} rounds, each in turn")
        wanted = commands(program, server, str(bundle))
        if not verdicts_agree(program, wanted):
            return False
        rounds = [{name: measure(program, command) for name, command in wanted.items()}
                  for _ in range(options.rounds)]
    return judge(rounds, list(wanted), options.slack)


def judge(rounds, names, slack):
    ours, *peers = names
    peak = max(one[ours][1] for one in rounds)
    for name in names:
        cpu = statistics.median(one[name][0] for one in rounds)
        memory = statistics.median(one[name][1] for one in rounds)
        print(f"  {name:18} {cpu * 1000:7.2f} ms CPU   {memory / (1 << 20):5.1f} MiB")
    good = peak <= BAR_PEAK
    print(f"{'ok  ' if good else 'FAIL'} peak {peak / (1 << 20):.1f} MiB, bar {BAR_PEAK >> 20}")
    for peer in peers:
        ratios = sorted(one[ours][0] / one[peer][0] for one in rounds)
        ratio = statistics.median(ratios)
        met = ratio <= BAR_CPU * slack
        good = good and met
        print(f"{'ok  ' if met else 'FAIL'} {ratio:.3f} of {peer} (from {ratios[0]:.3f} to "
              f"{ratios[-1]:.3f}), bar {BAR_CPU * slack:.3f}")
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--slack", type=float, default=1.0)
    options = parser.parse_args()
    program = str(Path(options.program).resolve())
    lab = subprocess.Popen([program, "lab", "serve", SCENARIO], stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, text=True)
    try:
        good = bench(program, json.loads(lab.stdout.readline()), options)
    finally:
        lab.terminate()
        lab.wait()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
