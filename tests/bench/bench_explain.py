#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""bench_explain.py PROGRAM [--megabytes N] [--rounds N] [--slack X]: `certwhy explain LOG` against
`LC_ALL=C grep -c -i -F -f PARTS LOG`, where PARTS are the fixed parts of the catalogue (data/messages):
what a person would grep for who knew all of it, one line for each message.

The log is made of what programs of this machine print (the compiler, dpkg, ls, ps, tracebacks) and of lines
in the formats of nginx, systemd and dpkg; some of them hold messages of clients. Both run in turn, the first
one changes; what counts is the median of the ratios of a round, user + system CPU of the one process.
Bar: 2. --slack 1.3 is for shared machines (CI)."""
import argparse
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
BAR = 2.0
SAID = ("curl: (60) SSL certificate problem: certificate has expired", "x509: certificate signed by unknown authority",
        "npm error code UNABLE_TO_VERIFY_LEAF_SIGNATURE")


def fixed_parts():
    """The longest fixed part of each message: what has to stand in a line for it to be there."""
    parts = set()
    for path in sorted((TOP / "data" / "messages").glob("*.tsv")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("# "):
                pattern = line.split("\t")[0].removeprefix("=")
                parts.add(max(re.split(r"<[^<>]*>", pattern), key=len).strip())
    return sorted(part for part in parts if len(part) >= 4)


def printed(*command):
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=120, env={**os.environ, "LC_ALL": "C"})
    return (done.stdout + done.stderr).splitlines()


def real_output(folder):
    source = folder / "x.c"
    source.write_text("".join(f"int f{i}(int a) {{ int unused{i}; char b = {i} * 1000; return b; }}\n" for i in range(400)))
    lines = printed("cc", "-v", "-Wall", "-Wextra", "-c", str(source), "-o", str(folder / "x.o"))
    for command in (("dpkg", "-l"), ("ps", "-e"), ("ls", "-lR", "/etc"), ("ls", "-lR", "/usr/share/doc"), ("df",), ("env", "-i", "id"),
                    ("/usr/bin/python3", "-c", "import json; json.loads('{')"), ("/usr/bin/python3", "-v", "-c", "import email")):
        lines += printed(*command)
    return lines


def formatted(chance, number):
    """A line as nginx, systemd or dpkg writes it; rarely one that holds a client's message."""
    clock = f"{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}"
    kind = chance.randrange(5000)
    if kind == 0:
        return f"Nov 21 {clock} web1 job[{chance.randrange(90000)}]: {chance.choice(SAID)}"
    if kind % 3 == 0:
        return (f'192.0.2.{chance.randrange(255)} - - [21/Nov/2026:{clock} +0000] "GET /{chance.randrange(10**6):x}/index.html HTTP/1.1" '
                f'{chance.choice((200, 304, 404))} {chance.randrange(10**5)} "-" "Mozilla/5.0 (X11; Linux x86_64; rv:153.0)"')
    if kind % 3 == 1:
        return f"Nov 21 {clock} web1 systemd[1]: Started session-{number}.scope - Session {number} of user www-data."
    return f"2026-11-21 {clock} status half-configured libpkg{chance.randrange(999)}:amd64 1.{number}-1+deb12u{chance.randrange(9)}"


def log_write(path, megabytes):
    chance, number, written = random.Random(8), 0, 0
    real = real_output(path.parent)
    with open(path, "w", encoding="utf-8", errors="replace") as log:
        while written < megabytes * 1000_000:
            at = number * 40 % len(real)
            block = "\n".join([*real[at:at + 40], *(formatted(chance, number + i) for i in range(40)), ""])
            written += log.write(block)
            number += 40


def cpu(program, command):
    """CPU seconds of one run; both may exit 1 for finding nothing, nothing else."""
    meter = Path(program).parent / "tests" / "bench" / "measure"
    # Not to /dev/null: grep stops at the first match when nobody can see how many there are.
    with tempfile.NamedTemporaryFile("r") as cost, tempfile.TemporaryFile() as output:
        subprocess.run([meter, cost.name, *command], check=True, env={**os.environ, "LC_ALL": "C"}, stdin=subprocess.DEVNULL,
                       stdout=output, stderr=subprocess.DEVNULL)
        seconds, _, status = cost.read().split()
    if status != "0":
        raise SystemExit(f"{command}: exit {status}")
    return float(seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--slack", type=float, default=1.0)
    options = parser.parse_args()
    program = str(Path(options.program).resolve())
    with tempfile.TemporaryDirectory() as name:
        log, parts = Path(name) / "log", Path(name) / "parts"
        log_write(log, options.megabytes)
        parts.write_text("\n".join(fixed_parts()) + "\n")
        ours, theirs = [program, "explain", str(log)], ["/usr/bin/grep", "-c", "-i", "-F", "-f", str(parts), str(log)]
        rounds = []
        for number in range(options.rounds):
            order = (ours, theirs) if number % 2 else (theirs, ours)
            cost = {one is ours: cpu(program, one) for one in order}
            rounds.append((cost[True], cost[False]))
    ratios = sorted(a / b for a, b in rounds)
    ratio, bar = statistics.median(ratios), BAR * options.slack
    print(f"  {options.megabytes} MB, {len(fixed_parts())} fixed parts: certwhy {statistics.median(a for a, _ in rounds):.2f} s, "
          f"grep {statistics.median(b for _, b in rounds):.2f} s of CPU")
    print(f"{'ok  ' if ratio <= bar else 'FAIL'} {ratio:.3f} of grep (from {ratios[0]:.3f} to {ratios[-1]:.3f}), bar {bar:.2f}")
    return 0 if ratio <= bar else 1


if __name__ == "__main__":
    sys.exit(main())
