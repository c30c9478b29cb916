#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""bench_parse.py PROGRAM: cert_parse() beside libcrypto's d2i_X509() over this machine's roots.

Runs bench_parse, which Meson built beside PROGRAM. Exit 1 when the ratio misses the bar."""
import pathlib
import re
import subprocess
import sys

ROOTS = "/etc/ssl/certs/ca-certificates.crt"
BAR = 0.05


def main():
    program = pathlib.Path(sys.argv[1]).parent / "tests" / "bench" / "bench_parse"
    text = subprocess.run([program, ROOTS], check=True, capture_output=True, text=True).stdout
    print(text, end="")
    ratio = float(re.search(r"ratio cert_parse / d2i_X509 ([\d.]+)", text).group(1))
    print(f"bench_parse: {'ok' if ratio <= BAR else 'MISSED'}, bar {BAR}")
    return 0 if ratio <= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
