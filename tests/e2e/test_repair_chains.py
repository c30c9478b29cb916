# SPDX-License-Identifier: Apache-2.0
"""Chains with cross-signs, sent as people send them wrongly: what certwhy writes instead is accepted by
OpenSSL, GnuTLS, Go and Java. CERTWHY_ROUNDS raises how many (tests/long)."""
import datetime
import os
import random

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

import loaders
import pki
from conftest import run_program

ROUNDS = int(os.environ.get("CERTWHY_ROUNDS", "16"))
NAME = "www.cross.test"
DAY = datetime.timedelta(days=1)


def issue(subject, key, issuer, issuer_key, draw, *, ca=True, days=2000, ids=True):
    """key and issuer_key are labels; `ids` adds key identifiers, as most CAs do."""
    public = pki.key(key).public_key()
    builder = x509.CertificateBuilder().subject_name(pki.name(subject)).issuer_name(pki.name(issuer)) \
        .public_key(public).serial_number(draw.getrandbits(64) | 1).not_valid_before(pki.NOW - 400 * DAY) \
        .not_valid_after(pki.NOW + days * DAY) \
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    if not ca:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
    if ids:
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False) \
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(pki.key(issuer_key).public_key()),
                           critical=False)
    return builder.sign(pki.key(issuer_key), hashes.SHA256())


class Chain:
    """Intermediates CA 0 (issues the leaf) … CA n under the root New, which Old has cross-signed; some CAs
    have a second certificate by Old. Clients trust one of the two roots, or both."""

    def __init__(self, draw):
        depth, ids = draw.randint(1, 3), draw.random() < 0.7
        tag = draw.getrandbits(32)
        new, old = f"New {tag}", f"Old {tag}"
        cas = [f"CA {i} {tag}" for i in range(depth)]
        above = cas[1:] + [new]
        keys = {new: "new", old: "old", **{ca: f"ca{i}" for i, ca in enumerate(cas)}}

        def by(subject, issuer, **more):
            return issue(subject, keys[subject], issuer, keys[issuer], draw, ids=ids, **more)
        self.roots = {"new": by(new, new, days=3000), "old": by(old, old, days=draw.choice([900, 3000]))}
        self.leaf = issue(NAME, "leaf", cas[0], keys[cas[0]], draw, ca=False, days=80, ids=ids)
        self.regular = [by(ca, issuer) for ca, issuer in zip(cas, above)]
        self.cross = [by(new, old, days=draw.choice([300, 1500]))]
        if draw.random() < 0.5:
            self.cross.append(by(cas[-1], old, days=draw.choice([200, 1500])))
        if draw.random() < 0.3:  # a cross-sign that is over, as AddTrust's
            self.cross.append(by(new, old, days=-20))
        self.sibling = issue(cas[0], "sibling", above[0], keys[above[0]], draw, ids=ids)
        self.trusted = draw.choice([["new"], ["old"], ["new", "old"]])
        self.cross_in_file = draw.random() < 0.5

    def correct(self):
        return [self.leaf, *self.regular, *(self.cross if self.cross_in_file else [])]

    def variants(self):
        chain = self.correct()
        return {"leaf-only": [self.leaf], "reversed": chain[::-1], "duplicated": [self.leaf, *chain, *chain[1:]],
                "wrong-sibling": [self.leaf, self.sibling, *chain[2:]],
                "root-added": [*chain, self.roots["new"]], "old-root-added": [*chain, self.roots["old"]]}


@pytest.fixture(scope="module")
def repaired(tmp_path_factory):
    """[(what, run, folder with what is to be served)]"""
    place = tmp_path_factory.mktemp("chains")
    draw = random.Random(47)
    done = []
    for i in range(ROUNDS):
        chain = Chain(draw)
        ca, pool = place / f"{i}-ca.pem", place / f"{i}-pool.pem"
        ca.write_bytes(pki.pem(*(chain.roots[name] for name in chain.trusted)))
        pool.write_bytes(pki.pem(chain.sibling, *chain.regular, *chain.cross))
        for name, certs in chain.variants().items():
            sent, out = place / f"{i}-{name}.pem", place / f"{i}-{name}-fixed.pem"
            sent.write_bytes(pki.pem(*certs))
            run = run_program("fix", sent, "-o", out, "--only-ca", "--ca", ca, "--pool", pool, "--name", NAME,
                              "--client", "curl,git,go,java", "--offline", "-q")
            key = pki.key("leaf").private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                serialization.NoEncryption())
            folder = loaders.folder(place / f"{i}-{name}", out if out.exists() else sent, key, ca.read_bytes(), NAME)
            done.append((f"{i} {name}", run, folder))
    return done


def test_all_are_repaired(repaired):
    for what, run, _ in repaired:
        assert run.status == 0, f"{what}: {run}"


def test_no_root_is_written(repaired):
    for what, _, folder in repaired:
        if (folder.parent / f"{folder.name}-fixed.pem").exists():
            blocks = (folder / "chain.pem").read_bytes().split(b"-----END CERTIFICATE-----\n")[:-1]
            certs = [x509.load_pem_x509_certificate(block + b"-----END CERTIFICATE-----\n") for block in blocks]
            assert certs[0].subject == pki.name(NAME), what
            assert all(cert.issuer == above.subject for cert, above in zip(certs, certs[1:])), what
            assert all(cert.issuer != cert.subject for cert in certs), what


@pytest.mark.parametrize("reader", ["openssl", "gnutls", "go", "java"])
def test_everybody_accepts(repaired, reader):
    function, there = loaders.READERS[reader]
    if not there:
        pytest.skip(f"{reader} is not installed")
    verdicts = function([folder for *_, folder in repaired])
    wrong = [f"{what}: {words}" for (what, *_), words in zip(repaired, verdicts) if words != "ok"]
    assert not wrong, f"{len(wrong)} of {len(repaired)}: {wrong[:5]}"
