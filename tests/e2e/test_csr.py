# SPDX-License-Identifier: Apache-2.0
"""certwhy csr: a request with the names of a present certificate, and more."""
import datetime
import stat
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa

import pki
from conftest import run_program

SAN = x509.SubjectAlternativeName
PLAIN = serialization.NoEncryption()


def write_key(path, key, encryption=PLAIN):
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption))
    return path


def certificate(key, names=(), extra=(), subject="www.csr.test"):
    builder = x509.CertificateBuilder().subject_name(pki.name(subject, "Company & Söhne")) \
        .issuer_name(pki.name("CSR CA")).public_key(key.public_key()).serial_number(7) \
        .not_valid_before(pki.NOW).not_valid_after(pki.NOW + datetime.timedelta(days=30))
    if names:
        builder = builder.add_extension(SAN(list(names)), False)
    for extension in extra:
        builder = builder.add_extension(extension, False)
    return builder.sign(pki.key("CSR CA"), hashes.SHA256())


@pytest.fixture
def present(tmp_path):
    """(file of a certificate, file of its key, the certificate)"""
    key = pki.key("csr leaf")
    cert = certificate(key, [x509.DNSName("www.csr.test"), x509.DNSName("csr.test"), x509.RFC822Name("a@csr.test")],
                       [x509.TLSFeature([x509.TLSFeatureType.status_request])])
    path = tmp_path / "cert.pem"
    path.write_bytes(pki.pem(cert))
    return path, write_key(tmp_path / "cert.key", key), cert


def request(tmp_path, *arguments, status=0):
    out = tmp_path / "new.csr"
    run = run_program("csr", *arguments, "-o", out)
    assert run.status == status, run
    if status:
        assert not out.exists()
        return run, None
    csr = x509.load_pem_x509_csr(out.read_bytes())
    assert csr.is_signature_valid
    verified = subprocess.run(["openssl", "req", "-in", out, "-noout", "-verify"], capture_output=True, text=True,
                              check=False)
    assert verified.returncode == 0, verified.stderr
    return run, csr


def names(csr):
    return list(csr.extensions.get_extension_for_class(SAN).value)


def test_names_are_kept_and_added(present, tmp_path):
    path, key, cert = present
    run, csr = request(tmp_path, path, "--key", key, "--add-name", "b\u00fccher.test", "--add-name", "192.0.2.7",
                       "--add-name", "2001:db8::1", "--add-name", "CSR.test.", "--add-name", "*.sub.csr.test")
    assert csr.subject == cert.subject
    assert csr.public_key().public_numbers() == cert.public_key().public_numbers()
    import ipaddress
    assert names(csr) == [x509.DNSName("www.csr.test"), x509.DNSName("csr.test"), x509.RFC822Name("a@csr.test"),
                          x509.DNSName("xn--bcher-kva.test"), x509.DNSName("*.sub.csr.test"),
                          x509.IPAddress(ipaddress.ip_address("192.0.2.7")),
                          x509.IPAddress(ipaddress.ip_address("2001:db8::1"))]
    assert [e.oid for e in csr.extensions] == [x509.OID_SUBJECT_ALTERNATIVE_NAME], "must-staple is dropped"
    assert b"must-staple" in run.err and b"that of the present certificate" in run.err


def test_lines_for_acme_clients(present, tmp_path):
    path, key, _ = present
    run, _ = request(tmp_path, path, "--key", key, "--add-name", "192.0.2.7")
    err = run.err.decode()
    assert "certbot certonly --webroot -w /var/www/html -d www.csr.test -d csr.test\n" in err
    assert "--http -d www.csr.test -d csr.test run\n" in err
    assert "acme.sh --issue -w /var/www/html -d www.csr.test -d csr.test\n" in err
    assert "server.key --san www.csr.test --san csr.test --san 192.0.2.7\n" in err
    (tmp_path / "new.csr").unlink()
    run, _ = request(tmp_path, path, "--key", key, "--add-name", "*.csr.test")
    assert b"preferred-challenges dns -d www.csr.test -d csr.test -d '*.csr.test'\n" in run.err


@pytest.mark.parametrize("make, kind, detail", [
    (lambda: rsa.generate_private_key(65537, 2048), rsa.RSAPublicKey, 2048),
    (lambda: ec.generate_private_key(ec.SECP384R1()), ec.EllipticCurvePublicKey, 384),
    (lambda: rsa.generate_private_key(65537, 1024), ec.EllipticCurvePublicKey, 256),
    (lambda: dsa.generate_private_key(2048), ec.EllipticCurvePublicKey, 256),
    (ed25519.Ed25519PrivateKey.generate, ed25519.Ed25519PublicKey, None)])
def test_new_key_of_the_same_kind_unless_weak(tmp_path, make, kind, detail):
    path, new = tmp_path / "cert.pem", tmp_path / "new.key"
    path.write_bytes(pki.pem(certificate(make(), [x509.DNSName("www.csr.test")])))
    _, csr = request(tmp_path, path, "--new-key", new)
    assert isinstance(csr.public_key(), kind)
    assert detail is None or csr.public_key().key_size == detail
    assert stat.S_IMODE(new.stat().st_mode) == 0o600
    key = serialization.load_pem_private_key(new.read_bytes(), None)
    spki = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert key.public_key().public_bytes(*spki) == csr.public_key().public_bytes(*spki)


@pytest.mark.parametrize("kind", ["rsa2048", "p256", "p384", "p521", "ed25519"])
def test_key_type(present, tmp_path, kind):
    request(tmp_path, present[0], "--new-key", tmp_path / "new.key", "--key-type", kind)


def test_common_name_alone_becomes_a_name(tmp_path):
    path = tmp_path / "cert.pem"
    path.write_bytes(pki.pem(certificate(pki.key("csr leaf"))))
    _, csr = request(tmp_path, path, "--new-key", tmp_path / "new.key")
    assert names(csr) == [x509.DNSName("www.csr.test")]


def test_from_a_request(present, tmp_path):
    path, key, cert = present
    _, first = request(tmp_path, path, "--key", key)
    old = tmp_path / "old.csr"
    (tmp_path / "new.csr").rename(old)
    _, csr = request(tmp_path, old, "--key", key, "--add-name", "more.csr.test")
    assert csr.subject == cert.subject
    assert names(csr) == names(first) + [x509.DNSName("more.csr.test")]


def test_from_an_endpoint(lab, tmp_path):
    farm = lab("name-mismatch")
    server = farm["name-mismatch"]
    target = next(word for word in server["command"] if word.startswith("127.0.0.1:"))
    run, csr = request(tmp_path, target, "--name", "www.lab.test", "--new-key", tmp_path / "new.key", "--add-name",
                       "www.lab.test")
    assert x509.DNSName("www.lab.test") in names(csr) and len(names(csr)) > 1


def test_encrypted_key(present, tmp_path):
    path, _, _ = present
    locked = write_key(tmp_path / "locked.key", pki.key("csr leaf"), serialization.BestAvailableEncryption(b"sesame"))
    run, _ = request(tmp_path, path, "--key", locked, status=2)
    assert b"--key-pass-file" in run.err
    word = tmp_path / "word"
    word.write_text("sesame\n")
    request(tmp_path, path, "--key", locked, "--key-pass-file", word)


def test_an_existing_key_is_never_overwritten(present, tmp_path):
    path, key, _ = present
    before = key.read_bytes()
    run, _ = request(tmp_path, path, "--new-key", key, status=2)
    assert b"that file exists" in run.err and key.read_bytes() == before


def test_a_weak_key_is_not_taken_again(tmp_path):
    key = rsa.generate_private_key(65537, 1024)
    path = tmp_path / "cert.pem"
    path.write_bytes(pki.pem(certificate(key, [x509.DNSName("www.csr.test")])))
    run, _ = request(tmp_path, path, "--key", write_key(tmp_path / "weak.key", key), status=2)
    assert b"RSA 1024" in run.err and b"--new-key" in run.err


@pytest.mark.parametrize("arguments, sentence", [
    (["cert.pem"], b"a request is for one key"), ([], b"one target is needed"),
    (["cert.pem", "--key", "cert.key", "--new-key", "x"], b"a request is for one key"),
    (["cert.pem", "--key", "cert.key", "--add-name", "a b"], b"--add-name"),
    (["cert.pem", "--new-key", "x", "--key-type", "rsa512"], b"rsa2048, rsa4096"),
    (["cert.pem", "--key", "cert.pem"], b"no private key"), (["cert.key", "--key", "cert.key"], b"shows no certificate")])
def test_refused(present, tmp_path, arguments, sentence):
    run = run_program("csr", *arguments, cwd=tmp_path)
    assert run.status == 2 and not run.out, run
    assert sentence in run.err, run
    assert not (tmp_path / "x").exists()
