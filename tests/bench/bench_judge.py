#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""bench_judge.py PROGRAM: DER in, verdict out, beside the bare signature check and libcrypto.

Runs bench_judge, which Meson built beside PROGRAM, for RSA-2048 and P-256 issuers. Exit 1 when a
ratio misses its bar."""
import pathlib
import re
import subprocess
import sys

BARS = {"rsa": {"one/bare": 1.5, "one/libcrypto": 0.12, "ten/one": 1.3},
        "p256": {"one/bare": 1.2, "one/libcrypto": 0.25, "ten/one": 1.3}}


def main():
    missed = False
    program = pathlib.Path(sys.argv[1]).parent / "tests" / "bench" / "bench_judge"
    for kind, bars in BARS.items():
        text = subprocess.run([program, kind], check=True, capture_output=True, text=True).stdout
        print(text, end="")
        for name, bar in bars.items():
            ratio = float(re.search(rf"ratio {name} ([\d.]+)", text).group(1))
            missed |= ratio > bar
            print(f"bench_judge {kind}: {name} {'ok' if ratio <= bar else 'MISSED'}, bar {bar}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
