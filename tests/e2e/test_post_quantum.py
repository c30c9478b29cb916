# SPDX-License-Identifier: Apache-2.0
"""Post-quantum certificates: named by their algorithm, with who can use them. No key is needed: the DER is written
by hand, with a signature of the right length that nobody here can check."""
import base64
import textwrap

import pytest
from cryptography.hazmat.primitives import serialization

import pki

# FIPS 204 table 2, FIPS 205 table 2: octets of a public key and of a signature.
ALGORITHMS = {17: ("ML-DSA-44", 1312, 2420), 18: ("ML-DSA-65", 1952, 3309), 19: ("ML-DSA-87", 2592, 4627)}
for i, size in enumerate(["128", "192", "256"]):
    for k, (speed, octets) in enumerate([("s", [7856, 16224, 29792]), ("f", [17088, 35664, 49856])]):
        for h, hashed in enumerate(["SHA2", "SHAKE"]):
            ALGORITHMS[20 + 6 * h + 2 * i + k] = (f"SLH-DSA-{hashed}-{size}{speed}", [32, 48, 64][i], octets[i])


def tlv(tag, *parts):
    content = b"".join(parts)
    n = len(content)
    length = bytes([n]) if n < 128 else bytes([0x80 + (n.bit_length() + 7) // 8]) + n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag]) + length + content


def algorithm(arc):
    return tlv(0x30, tlv(6, bytes.fromhex("6086480165030403") + bytes([arc])))


def certificate(subject, issuer, key_arc, signature_arc, **options):
    """A certificate like pki's, with another key (None: EC) and another signature."""
    made = pki.certificate(subject, issuer, **options)
    spki = made.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    tbs = made.tbs_certificate_bytes
    if key_arc:
        new = tlv(0x30, algorithm(key_arc), tlv(3, b"\0", bytes(ALGORITHMS[key_arc][1])))
        tbs = tbs.replace(spki, new)
    if signature_arc:
        tbs = tbs.replace(bytes.fromhex("300a06082a8648ce3d040302"), algorithm(signature_arc))
    head = 2 if tbs[1] < 128 else 2 + (tbs[1] & 0x7f)
    tbs = tlv(0x30, tbs[4 if made.tbs_certificate_bytes[1] == 0x82 else head:])
    return tlv(0x30, tbs, algorithm(signature_arc), tlv(3, b"\0", bytes(ALGORITHMS[signature_arc][2])))


def pem(*ders):
    return "".join("-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n" %
                   textwrap.fill(base64.b64encode(der).decode(), 64) for der in ders).encode()


@pytest.mark.parametrize("arc", ALGORITHMS)
def test_the_algorithm_is_named(certwhy, tmp_path, arc):
    """A root, and a leaf of it: each with its key and signature, and no client says yes."""
    name = ALGORITHMS[arc][0]
    root = certificate("PQ Root", "PQ Root", arc, arc, ca=True)
    leaf = certificate("www.lab.test", "PQ Root", arc, arc, names=["www.lab.test"])
    (tmp_path / "chain.pem").write_bytes(pem(leaf))
    (tmp_path / "root.pem").write_bytes(pem(root))
    run = certwhy("check", "chain.pem", "--name", "www.lab.test", "--only-ca", "--ca", "root.pem", "--json",
                  "--client", "curl@7.88,chromium@156,firefox@153,go@1.27,curl@8.23", cwd=tmp_path)
    assert run.status == 1, run
    assert run.target["chain"][0]["key"] == name and run.target["chain"][0]["signature"] == name, run
    found = [each for each in run.target["findings"] if each["rule"] == "signature.unsupported-algorithm"]
    assert found and any(name in each["summary"] and "post-quantum" in each["summary"] for each in found), run
    assert any("OpenSSL 3.5" in each["detail"] for each in found)
    accepts = {each["client"]: each["accepts"] for each in run.target["clients"]}
    knows = name.startswith("ML-DSA")
    # what the client's library can verify and ours cannot is not known, and not called a rejection
    assert accepts == {"curl@7.88": False, "chromium@156": False, "firefox@153": False, "go@1.27": False,
                       "curl@8.23": None if knows else False}, run


def test_only_the_signature(certwhy, tmp_path):
    """A classic key under a post-quantum CA."""
    leaf = certificate("www.lab.test", "PQ Root", None, 18, names=["www.lab.test"])
    root = certificate("PQ Root", "PQ Root", 18, 18, ca=True)
    (tmp_path / "chain.pem").write_bytes(pem(leaf))
    (tmp_path / "root.pem").write_bytes(pem(root))
    run = certwhy("check", "chain.pem", "--name", "www.lab.test", "--only-ca", "--ca", "root.pem", "--client", "curl@7.88", cwd=tmp_path)
    assert run.status == 1 and "is signed with ML-DSA-65, a post-quantum algorithm" in " ".join(run.text.split()), run
