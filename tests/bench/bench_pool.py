#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""bench_pool.py CERTWHY: what a pool of 10,000 known issuers costs a check that does not need it, and one that
finds the missing intermediate in it; beside a pool of one certificate, in turn. Of the mapped file the kernel counts
what it maps around each page that is touched."""
import datetime
import pathlib
import statistics
import subprocess
import sys
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

ISSUERS, ROUNDS = 10_000, 15
NOW = datetime.datetime.utcnow()
KEY = ec.generate_private_key(ec.SECP256R1())


def certificate(subject, issuer, ca=True):
    name = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, each)]) for each in (subject, issuer)]
    builder = x509.CertificateBuilder().subject_name(name[0]).issuer_name(name[1]).public_key(KEY.public_key()) \
        .serial_number(x509.random_serial_number()).not_valid_before(NOW - datetime.timedelta(days=1)) \
        .not_valid_after(NOW + datetime.timedelta(days=80)) \
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    if not ca:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("pool.example")]), critical=False)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def measured(program, folder, home, *arguments):
    """CPU milliseconds and peak resident KiB of a check."""
    out = folder / "cost"
    subprocess.run([program.parent / "tests" / "bench" / "measure", out, program, "check", *arguments, "--name",
                    "pool.example", "--only-ca", "--ca", folder / "root.pem", "--offline"],
                   env={"HOME": str(home)}, stdout=subprocess.DEVNULL, check=True)
    cpu, peak, status = out.read_text().split()[:3]
    return float(cpu) * 1e3, int(peak) / 1024, int(status)


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="certwhy-bench-") as name:
        folder = pathlib.Path(name)
        middle, leaf = certificate("Issuer 7", "Root"), certificate("leaf", "Issuer 7", ca=False)
        (folder / "root.pem").write_bytes(certificate("Root", "Root"))
        (folder / "leaf.pem").write_bytes(leaf)
        (folder / "whole.pem").write_bytes(leaf + middle)
        many = [middle] + [certificate(f"Issuer {i}", "Root") for i in range(8, ISSUERS + 7)]
        for home, certs in (("one", [middle]), ("many", many)):
            (folder / home).mkdir()
            (folder / f"{home}.pem").write_bytes(b"".join(certs))
            subprocess.run([program, "update-data", "--ccadb", folder / f"{home}.pem"], check=True,
                           env={"HOME": str(folder / home)}, stdout=subprocess.DEVNULL)
        costs = {(file, home): [] for file in ("whole.pem", "leaf.pem") for home in ("one", "many")}
        for _ in range(ROUNDS):
            for (file, home), list_of in costs.items():
                list_of.append(measured(program, folder, folder / home, folder / file))
    missed = 0
    for file, what in (("whole.pem", "a chain that is whole"), ("leaf.pem", "a leaf alone")):
        cpu, peak = ([statistics.median(row[i] for row in costs[file, home]) for home in ("one", "many")]
                     for i in (0, 1))
        print(f"{what}: {cpu[0]:.1f} ms and {peak[0] / 1024:.1f} MiB with one issuer, "
              f"{cpu[1]:.1f} ms and {peak[1] / 1024:.1f} MiB with {ISSUERS}")
        for unit, more, bar in (("ms more", cpu[1] - cpu[0], 5), ("MiB more", (peak[1] - peak[0]) / 1024, 4)):
            missed += more > bar
            print(f"bench_pool: {what}, {unit} {more:.2f} {'ok' if more <= bar else 'MISSED'}, bar {bar}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
