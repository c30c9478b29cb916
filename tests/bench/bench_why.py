#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""bench_why.py PROGRAM [--rounds N] [--slack X]: what `certwhy why -- COMMAND` adds to commands of a second
or more: one that computes, one that prints without end, one that starts many programs, one that opens many
files. Each by itself and under `why`, in turn; what counts is the median of the ratios of the wall-clock
times of a round, whose first runner changes. Bar: 1.05. --slack 1.3 is for shared machines (CI)."""
import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

BAR = 1.05
COMPUTE = "x = 0\nfor i in range(9_000_000): x += i * i"
FILES = ("import sys\nfor i in range(60_000):\n"
         " with open(sys.argv[1], 'rb') as f: f.read(9)")
COMMANDS = {
    "computes": ["/usr/bin/python3", "-I", "-c", COMPUTE],
    "prints 380 MB": ["seq", "1", "43000000"],
    "starts 600 programs": ["sh", "-c", "i=0; while [ $i -lt 600 ]; do /bin/true; i=$((i+1)); done"],
    "opens 60,000 files": ["/usr/bin/python3", "-I", "-c", FILES, "/etc/hostname"],
}


def seconds(command):
    """Its output goes to a reader, as in a pipeline."""
    start = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        subprocess.run(["cat"], stdin=child.stdout, stdout=subprocess.DEVNULL, check=True)
    if child.returncode != 0:
        raise SystemExit(f"{command}: exit {child.returncode}")
    return time.monotonic() - start


def ratio(program, command, number):
    watched = [program, "why", "--quiet", "--", *command]
    times = {}
    for one in (command, watched) if number % 2 else (watched, command):
        times[one is watched] = seconds(one)
    return times[True] / times[False], times[False]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--slack", type=float, default=1.0)
    options = parser.parse_args()
    program = str(Path(options.program).resolve())
    good = True
    for title, command in COMMANDS.items():
        rounds = [ratio(program, command, number) for number in range(options.rounds)]
        median = statistics.median(r for r, _ in rounds)
        alone = statistics.median(s for _, s in rounds)
        # slack widens what is allowed on top of the command itself
        within = median <= 1 + (BAR - 1) * options.slack
        good = good and within
        print(f"{'ok  ' if within else 'OVER'} {title:22} {alone:5.2f} s alone, ratio {median:.3f} "
              f"(from {min(r for r, _ in rounds):.3f} to {max(r for r, _ in rounds):.3f}; bar {BAR})")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
