#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""bench_store.py PROGRAM: loading the system's bundle beside OpenSSL, and bundles of up to 100,000.

Runs bench_store, which Meson built beside PROGRAM. Exit 1 when a bar is missed: 1/20 of OpenSSL's
load, 0.5 s for 100,000 certificates, and no more per certificate there than 3 times what a tenth of
them costs."""
import pathlib
import re
import subprocess
import sys

BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


def main():
    program = pathlib.Path(sys.argv[1]).parent / "tests" / "bench" / "bench_store"
    text = subprocess.run([program, BUNDLE, "10000", "100000"], check=True, capture_output=True,
                          text=True).stdout
    print(text, end="")
    ratio = float(re.search(r"ratio index/openssl ([\d.]+)", text).group(1))
    ten, hundred = (float(ms) for ms in re.findall(r"bundle of \d+: ([\d.]+) ms", text))
    bars = {"index/openssl": (ratio, 0.05), "100,000 certificates, s": (hundred / 1000, 0.5),
            "growth per certificate": (hundred / ten / 10, 3.0)}
    for name, (value, bar) in bars.items():
        print(f"bench_store: {name} {value:.3f} {'ok' if value <= bar else 'MISSED'}, bar {bar}")
    return 1 if any(value > bar for value, bar in bars.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
