#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""bench_crl.py PROGRAM: a CRL of a million entries beside `openssl crl -noout`.

Runs bench_crl and measure, which Meson built beside PROGRAM. Exit 1 when a bar is missed: one serial
number with the signature checked for 0.06 of openssl's CPU (median of pairs), 12 MiB beside the
map, and 10 microseconds for each further serial number: the first ten after it, when the index is
cold, by themselves. The same through the program: the CPU of `PROGRAM check --crl`
as a whole, and the memory that --crl adds to a check of the same leaf."""
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

ENTRIES, ROUNDS, FURTHER = 1_000_000, 5, 20_000
AT = "2026-11-21T12:00:00Z"  # a day after the CRL was made


def measured(folder, scratch, *command):
    """CPU seconds and peak resident bytes of a command."""
    out = scratch / "cost"
    subprocess.run([folder / "measure", out, *command], check=True, stdout=subprocess.DEVNULL)
    cpu, peak, status = out.read_text().split()[:3]
    if int(status) != 0:
        sys.exit(f"bench_crl: {command[0]} {command[1]}: exit {status}")
    return float(cpu), int(peak)


def check_of(program, crl, leaf="leaf"):
    """The program's command for a leaf whose issuer signed the CRL."""
    return [program, "check", f"{crl}.{leaf}.pem", "--name", "bench.test", "--ca", f"{crl}.ca.pem",
            "--only-ca", "--offline", "--at", AT]


def judges(program, crl):
    """Does it tell one that is on the list from one that is not?"""
    said = [subprocess.run([*check_of(program, crl, leaf), "--crl", crl], check=False, capture_output=True,
                           text=True).stdout for leaf in ("leaf", "revoked")]
    return "was revoked on 2026-11-01" not in said[0] and "was revoked on 2026-11-01" in said[1]


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    folder = program.parent / "tests" / "bench"
    bench, openssl = folder / "bench_crl", shutil.which("openssl")
    with tempfile.TemporaryDirectory(prefix="certwhy-bench-") as name:
        scratch = pathlib.Path(name)
        crl = scratch / "crl.der"
        subprocess.run([bench, "mint", crl, str(ENTRIES)], check=True)
        size = crl.stat().st_size
        if not judges(program, crl):
            sys.exit("bench_crl: what is revoked is not told from what is not")
        ours, theirs, whole, without = [], [], [], []
        check = check_of(program, crl)
        for _ in range(ROUNDS):
            ours.append(measured(folder, scratch, bench, "first", crl))
            theirs.append(measured(folder, scratch, openssl, "crl", "-noout", "-inform", "DER",
                                   "-in", crl))
            whole.append(measured(folder, scratch, *check, "--crl", crl))
            without.append(measured(folder, scratch, *check))
        texts = [subprocess.run([bench, "further", crl, str(FURTHER)], check=True,
                                capture_output=True, text=True).stdout for _ in range(ROUNDS)]
    print(f"{size / 1e6:.1f} MB; one serial number and the signature "
          f"{statistics.median(c for c, _ in ours) * 1e3:.1f} ms, openssl crl -noout "
          f"{statistics.median(c for c, _ in theirs) * 1e3:.0f} ms; check with --crl "
          f"{statistics.median(c for c, _ in whole) * 1e3:.1f} ms, without "
          f"{statistics.median(c for c, _ in without) * 1e3:.1f} ms")
    print(texts[0], end="")
    cold, each = (statistics.median(float(us) for us in column) for column in
                    zip(*(re.findall(r"([\d.]+) us", text) for text in texts)))
    bars = {"CPU beside openssl crl": (statistics.median(a / b for (a, _), (b, _) in
                                                        zip(ours, theirs)), 0.06),
            "MiB beside the map": ((statistics.median(p for _, p in ours) - size) / 2**20, 12),
            "CPU of check --crl": (statistics.median(a / b for (a, _), (b, _) in
                                                     zip(whole, theirs)), 0.06),
            "MiB of check --crl": (statistics.median(a - b - size for (_, a), (_, b) in
                                                     zip(whole, without)) / 2**20, 12),
            "us for each of the next ten serial numbers": (cold, 10),
            "us for each further one": (each, 10)}
    for what, (value, bar) in bars.items():
        print(f"bench_crl: {what} {value:.3f} {'ok' if value <= bar else 'MISSED'}, bar {bar}")
    return 1 if any(value > bar for value, bar in bars.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
