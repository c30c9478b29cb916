# SPDX-License-Identifier: Apache-2.0
"""Small TLS servers of Python's ssl on addresses of loopback, with certificates of pki.py."""
import contextlib
import datetime
import socket
import ssl
import tempfile
import threading
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

import pki


def root(label="Test Root"):
    skid = x509.SubjectKeyIdentifier.from_public_key(pki.key(label).public_key())
    return pki.certificate(label, label, ca=True, extensions=[skid])


def leaf(names, *, issuer="Test Root", age=1, days=90, key=None):
    """Issued `age` days ago for `days` days from then; the key goes by the first name."""
    start = pki.NOW - datetime.timedelta(days=age)
    builder = x509.CertificateBuilder().subject_name(pki.name(names[0])).issuer_name(pki.name(issuer)) \
        .public_key(pki.key(key or names[0]).public_key()).serial_number(x509.random_serial_number()) \
        .not_valid_before(start).not_valid_after(start + datetime.timedelta(days=days)) \
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False) \
        .add_extension(x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False) \
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(pki.key(issuer).public_key()), critical=False)
    return builder.sign(pki.key(issuer), hashes.SHA256())


def key_pem(label):
    return pki.key(label).private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                        serialization.NoEncryption())


def context(chain, key, alpn=None):
    """chain: certificates, the leaf first; key: its label."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory(prefix="certwhy-tls-") as directory:
        path = Path(directory) / "chain.pem"
        path.write_bytes(pki.pem(*chain) + key_pem(key))
        made.load_cert_chain(path)
    if alpn:
        made.set_alpn_protocols(alpn)
    return made


def answer(listener, context, before):
    def one(connection):
        with contextlib.suppress(Exception), connection:
            connection.settimeout(10)
            if before:
                before(connection)
            with context.wrap_socket(connection, server_side=True) as tls:
                tls.recv(1)

    with contextlib.suppress(OSError):
        while True:
            threading.Thread(target=one, args=(listener.accept()[0],), daemon=True).start()


@contextlib.contextmanager
def serving(contexts, before=None, port=0):
    """contexts: {address: SSLContext}, all on one port, which is yielded."""
    listeners = []
    try:
        for address, made in contexts.items():
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            listeners.append(socket.create_server((address, port), family=family))
            port = listeners[0].getsockname()[1]
            threading.Thread(target=answer, args=(listeners[-1], made, before), daemon=True).start()
        yield port
    finally:
        for listener in listeners:
            listener.close()
