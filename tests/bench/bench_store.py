#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""bench_store.py [PROGRAM]: loading the system's bundle beside OpenSSL, and bundles of up to 100,000.

Compiles bench_store.c with the folders up to trust/ and runs it. Exit 1 when a bar is missed: 1/20 of
OpenSSL's load, 0.5 s for 100,000 certificates, and no more per certificate there than 3 times what a
tenth of them costs. PROGRAM is not used: it is what `./dev bench` hands to every bench."""
import pathlib
import re
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("base", "asn1", "crypto", "x509", "container", "trust")
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


def main():
    sources = [str(p) for folder in FOLDERS for p in sorted((TOP / "src" / folder).glob("*.c"))
               if "generated" not in p.name]
    with tempfile.TemporaryDirectory() as build:
        program = f"{build}/bench_store"
        subprocess.run(["cc", "-std=c11", "-D_GNU_SOURCE", "-O2", f"-I{TOP}/src", f"-I{TOP}/include",
                        str(TOP / "tests/bench/bench_store.c"), *sources, "-lcrypto", "-o", program],
                       check=True)
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
