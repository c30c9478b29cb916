# SPDX-License-Identifier: Apache-2.0
"""Certificates for tests that no well-behaved CA would issue."""
import datetime
import functools
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

NOW = datetime.datetime.utcnow().replace(microsecond=0)


@functools.lru_cache(maxsize=None)
def key(label):
    """One key per label and process."""
    return ec.generate_private_key(ec.SECP256R1())


def name(common_name, organization=None):
    # Bypasses no check of the format: any Unicode text is a valid UTF8String.
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common_name, _validate=False)]
    if organization:
        parts.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization, _validate=False))
    return x509.Name(parts)


def ca_issuers(url):
    """authorityInfoAccess with one address."""
    return x509.AuthorityInformationAccess([x509.AccessDescription(
        AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(url))])


def certificate(subject, issuer, *, subject_key=None, issuer_key=None, names=(), ca=False, days=90,
                extensions=()):
    """subject and issuer are x509.Name or common names; keys are labels (the names by default)."""
    subject_name = name(subject) if isinstance(subject, str) else subject
    issuer_name = name(issuer) if isinstance(issuer, str) else issuer
    builder = x509.CertificateBuilder().subject_name(subject_name).issuer_name(issuer_name) \
        .public_key(key(subject_key or str(subject)).public_key()) \
        .serial_number(int.from_bytes(os.urandom(8), "big") | 1) \
        .not_valid_before(NOW - datetime.timedelta(days=1)) \
        .not_valid_after(NOW + datetime.timedelta(days=days)) \
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), critical=False)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key(issuer_key or str(issuer)), hashes.SHA256())


def der(cert):
    return cert.public_bytes(serialization.Encoding.DER)


def pem(*certs):
    return b"".join(cert.public_bytes(serialization.Encoding.PEM) for cert in certs)


def key_pem(label):
    return key(label).private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                    serialization.NoEncryption())
