# SPDX-License-Identifier: Apache-2.0
"""Certificates of any shape, however odd: what is not said is as a good CA would do it. Times are
those of a client with the right clock."""
import functools
import hashlib
import os
import datetime

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa

HASHES = {"md5": hashes.MD5, "sha1": hashes.SHA1, "sha224": hashes.SHA224, "sha256": hashes.SHA256,
          "sha384": hashes.SHA384, "sha512": hashes.SHA512}
CURVES = {"p224": ec.SECP224R1, "p256": ec.SECP256R1, "p384": ec.SECP384R1, "p521": ec.SECP521R1,
          "secp256k1": ec.SECP256K1, "brainpool": ec.BrainpoolP256R1}


# ---- DER ----

def tlv(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    length = bytes([n]) if n < 128 else bytes([0x80 | (n.bit_length() + 7) // 8]) + n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag]) + length + body


def seq(*parts):
    return tlv(0x30, *parts)


def integer(value):
    return tlv(2, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def oid(text):
    first, second, *rest = map(int, text.split("."))
    out = b""
    for arc in [first * 40 + second, *rest]:
        part = [arc & 127]
        while arc := arc >> 7:
            part.insert(0, arc & 127 | 128)
        out += bytes(part)
    return tlv(6, out)


def octets(*parts):
    return tlv(4, *parts)


def bits(value, unused=0):
    return tlv(3, bytes([unused]) + value)


def boolean(value):
    return tlv(1, b"\xff" if value else b"\0")


NULL = tlv(5)


# ---- names ----

CN, ORGANISATION, COUNTRY = "2.5.4.3", "2.5.4.10", "2.5.4.6"


def name(*attributes, tag=12):
    """(type, text) or (type, text, tag) each in a set of its own."""
    return seq(*(tlv(0x31, seq(oid(a[0]), tlv(a[2] if len(a) > 2 else 19 if a[0] == COUNTRY else tag,
                                                a[1].encode("utf-8", "surrogateescape")))) for a in attributes))


def dns(text):
    return tlv(0x82, text if isinstance(text, bytes) else text.encode())


def email(text):
    return tlv(0x81, text.encode())


def uri(text):
    return tlv(0x86, text.encode())


def address(raw):
    return tlv(0x87, raw)


def directory(der):
    return tlv(0xa4, der)


def registered(text):
    return tlv(0x88, oid(text)[2:])


def other_name():
    return tlv(0xa0, oid("1.3.6.1.4.1.99999.7"), tlv(0xa0, tlv(12, b"x")))


# ---- keys ----

class Key:
    """`kind` is a curve, ed25519, ed448, rsaBITS, pssBITS (id-RSASSA-PSS) or explicit (P-256 written out)."""

    def __init__(self, kind):
        self.kind = kind
        if kind in CURVES or kind == "explicit":
            self.private = ec.generate_private_key(CURVES.get(kind, ec.SECP256R1)())
        elif kind in ("ed25519", "ed448"):
            self.private = {"ed25519": ed25519.Ed25519PrivateKey, "ed448": ed448.Ed448PrivateKey}[kind].generate()
        else:
            self.private = rsa.generate_private_key(65537, int(kind[3:]))
        self.spki = self.private.public_key().public_bytes(serialization.Encoding.DER,
                                                           serialization.PublicFormat.SubjectPublicKeyInfo)
        if kind.startswith("pss"):
            self.spki = seq(seq(oid("1.2.840.113549.1.1.10")), self.spki[self.spki.index(b"\x03\x82" if self.spki.find(b"\x03\x82") > 0 else b"\x03\x81"):])
        if kind == "explicit":
            self.spki = seq(seq(oid("1.2.840.10045.2.1"), explicit_p256()), self.spki[-68:])

    @property
    def id(self):
        """RFC 5280 section 4.2.1.2 (1)"""
        public, encoding, form = self.private.public_key(), serialization.Encoding, serialization.PublicFormat
        if self.kind.startswith("ed"):
            kept = public.public_bytes(encoding.Raw, form.Raw)
        elif self.kind.startswith(("rsa", "pss")):
            kept = public.public_bytes(encoding.DER, form.PKCS1)
        else:
            kept = public.public_bytes(encoding.X962, form.UncompressedPoint)
        return hashlib.sha1(kept).digest()

    @property
    def pem(self):
        return self.private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                          serialization.NoEncryption()).decode()


def explicit_p256():
    p = 2**256 - 2**224 + 2**192 + 2**96 - 1
    b = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b
    g = bytes.fromhex("046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                      "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")
    n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
    return seq(integer(1), seq(oid("1.2.840.10045.1.1"), integer(p)),
               seq(octets((p - 3).to_bytes(32, "big")), octets(b.to_bytes(32, "big")),
                   bits(bytes.fromhex("c49d360886e704936a6678e1139d26b7819f7e90"))),
               octets(g), integer(n), integer(1))


@functools.lru_cache(maxsize=None)
def key_of(kind, number):
    """Keys are dear: scenarios share them, but no two certificates of one scenario do unless meant."""
    return Key(kind)


# ---- signatures ----

RSA_SIGNATURES = {"md5": 4, "sha1": 5, "sha256": 11, "sha384": 12, "sha512": 13, "sha224": 14}
EC_SIGNATURES = {"sha1": "1.2.840.10045.4.1", "sha224": "1.2.840.10045.4.3.1", "sha256": "1.2.840.10045.4.3.2",
                 "sha384": "1.2.840.10045.4.3.3", "sha512": "1.2.840.10045.4.3.4"}
DIGESTS = {"sha256": "2.16.840.1.101.3.4.2.1", "sha384": "2.16.840.1.101.3.4.2.2", "sha512": "2.16.840.1.101.3.4.2.3",
           "sha1": "1.3.14.3.2.26", "sha224": "2.16.840.1.101.3.4.2.4"}
SALTS = {"sha1": 20, "sha224": 28, "sha256": 32, "sha384": 48, "sha512": 64}


def algorithm(key, digest, pss):
    if key.kind == "ed25519":
        return seq(oid("1.3.101.112"))
    if key.kind == "ed448":
        return seq(oid("1.3.101.113"))
    if not key.kind.startswith(("rsa", "pss")):
        return seq(oid(EC_SIGNATURES.get(digest, EC_SIGNATURES["sha256"])))
    if pss or key.kind.startswith("pss"):
        digest = digest if digest in SALTS else "sha256"
        of = seq(oid(DIGESTS[digest]), NULL)
        return seq(oid("1.2.840.113549.1.1.10"), seq(tlv(0xa0, of), tlv(0xa1, seq(oid("1.2.840.113549.1.1.8"), of)),
                                                     tlv(0xa2, integer(SALTS[digest]))))
    return seq(oid(f"1.2.840.113549.1.1.{RSA_SIGNATURES[digest]}"), NULL)


def sign(key, digest, pss, data):
    if key.kind.startswith("ed"):
        return key.private.sign(data)
    if not key.kind.startswith(("rsa", "pss")):
        return key.private.sign(data, ec.ECDSA(HASHES[digest if digest in EC_SIGNATURES else "sha256"]()))
    if pss or key.kind.startswith("pss"):
        digest = digest if digest in SALTS else "sha256"
        of = HASHES[digest]()
        return key.private.sign(data, padding.PSS(padding.MGF1(of), SALTS[digest]), of)
    return key.private.sign(data, padding.PKCS1v15(), HASHES[digest]())


# ---- extensions ----

OIDS = {"ski": "2.5.29.14", "ku": "2.5.29.15", "pkup": "2.5.29.16", "san": "2.5.29.17", "ian": "2.5.29.18",
        "bc": "2.5.29.19", "nc": "2.5.29.30", "crldp": "2.5.29.31", "cp": "2.5.29.32", "pm": "2.5.29.33",
        "aki": "2.5.29.35", "pc": "2.5.29.36", "eku": "2.5.29.37", "iap": "2.5.29.54", "freshest": "2.5.29.46",
        "sda": "2.5.29.9", "aia": "1.3.6.1.5.5.7.1.1", "tlsf": "1.3.6.1.5.5.7.1.24", "nsct": "2.16.840.1.113730.1.1",
        "qc": "1.3.6.1.5.5.7.1.3", "sia": "1.3.6.1.5.5.7.1.11", "proxy": "1.3.6.1.5.5.7.1.14",
        "nocheck": "1.3.6.1.5.5.7.48.1.5", "scts": "1.3.6.1.4.1.11129.2.4.2", "poison": "1.3.6.1.4.1.11129.2.4.3",
        "unknown": "1.3.6.1.4.1.99999.1", "unknown2": "1.3.6.1.4.1.99999.2", "msapp": "1.3.6.1.4.1.311.21.10"}
PURPOSES = {"server": "1.3.6.1.5.5.7.3.1", "client": "1.3.6.1.5.5.7.3.2", "code": "1.3.6.1.5.5.7.3.3",
            "email": "1.3.6.1.5.5.7.3.4", "ocsp": "1.3.6.1.5.5.7.3.9", "any": "2.5.29.37.0",
            "nssgc": "2.16.840.1.113730.4.1", "mssgc": "1.3.6.1.4.1.311.10.3.3", "other": "1.3.6.1.4.1.99999.3"}
USAGES = ["digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement", "keyCertSign",
          "cRLSign", "encipherOnly", "decipherOnly"]


def key_usage(*names):
    value = sum(1 << (15 - USAGES.index(n)) for n in names)
    raw = value.to_bytes(2, "big").rstrip(b"\0")
    return bits(raw, (raw[-1] & -raw[-1]).bit_length() - 1) if raw else bits(b"\0", 7)


def purposes(*names):
    return seq(*(oid(PURPOSES[n]) for n in names))


def basic(ca=True, length=None):
    return seq(*([boolean(True)] if ca else []), *([integer(length)] if length is not None else []))


def subtrees(tag, *names):
    return tlv(tag, *(seq(n) for n in names)) if names else b""


def constraints(permitted=(), excluded=()):
    return seq(subtrees(0xa0, *permitted), subtrees(0xa1, *excluded))


def policies(*ids):
    return seq(*(seq(oid(i)) for i in ids))


# ---- certificates ----

DAY = datetime.timedelta(days=1)
GOOD_CA = ("keyCertSign", "cRLSign")


def utc(moment):
    return tlv(0x17, moment.strftime("%y%m%d%H%M%SZ").encode())


def generalized(moment):
    return tlv(0x18, moment.strftime("%Y%m%d%H%M%SZ").encode())


class Cert:
    """A certificate in the making: change what you like, then ask for der()."""

    def __init__(self, title, key, issuer=None, ca=True):
        self.title, self.key, self.issuer, self.ca = title, key, issuer, ca
        self.version, self.digest, self.pss = 3, "sha256", False
        self.now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        self.begin, self.end = self.now - 30 * DAY, self.now + 300 * DAY
        self.not_before = self.not_after = None  # as encoded
        self.subject = name((COUNTRY, "XX"), (ORGANISATION, "Variations"), (CN, title))
        self.issuer_name = None  # as the certificate writes it; None: as the issuer does
        self.serial = int.from_bytes(hashlib.sha256(title.encode() + os.urandom(8)).digest()[:12], "big") >> 1 | 1 << 90
        self.serial_der = None
        self.ext = {}  # name: (critical, value)
        self.extra = []  # further extensions, as they are
        self.aki, self.ski = "keyid", "own"
        self.inner = self.outer = None  # algorithm identifiers
        self.corrupt, self.trailing, self.tbs_tail, self.unique_id = False, b"", b"", b""
        self.bool_true, self.explicit_false, self.empty_extensions = b"\xff", False, False
        self.made = None
        if ca:
            self.ext["bc"] = (True, basic())
            self.ext["ku"] = (True, key_usage(*GOOD_CA))
        else:
            self.ext["ku"] = (True, key_usage("digitalSignature", "keyEncipherment"))
            self.ext["eku"] = (False, purposes("server"))

    @property
    def signer(self):
        return self.issuer or self

    def key_ids(self):
        if self.ski == "own":
            self.ext.setdefault("ski", (False, octets(self.key.id)))
        elif self.ski == "other":
            self.ext.setdefault("ski", (False, octets(b"other" * 4)))
        signer, parts = self.signer, []
        if self.aki == "none" or (self.issuer is None and self.aki == "keyid"):
            return
        if "keyid" in self.aki:
            parts.append(tlv(0x80, signer.key.id))
        if "wrongkey" in self.aki:
            parts.append(tlv(0x80, b"wrong" * 4))
        if "serial" in self.aki:
            parts += [tlv(0xa1, directory(signer.subject if signer is self else signer.issued_by())),
                      tlv(0x82, (signer.serial_tlv() if "wrongserial" not in self.aki else integer(4711))[2:])]
        self.ext.setdefault("aki", (False, seq(*parts)))

    def issued_by(self):
        return self.issuer_name if self.issuer_name is not None else self.signer.subject

    def serial_tlv(self):
        return self.serial_der if self.serial_der is not None else integer(self.serial)

    def extension(self, key, critical, value):
        flag = tlv(1, self.bool_true) if critical else boolean(False) if self.explicit_false else b""
        return seq(oid(OIDS[key]), flag, octets(value))

    def tbs(self):
        self.key_ids()
        listed = [self.extension(k, *v) for k, v in self.ext.items()] + self.extra
        version = tlv(0xa0, integer(self.version - 1)) if self.version != 1 else b""
        extensions = tlv(0xa3, seq(*listed)) if listed or self.empty_extensions else b""
        times = seq(self.not_before or encoded(self.begin), self.not_after or encoded(self.end))
        return seq(version, self.serial_tlv(), self.inner or algorithm(self.signer.key, self.digest, self.pss),
                   self.issued_by(), times, self.subject, self.key.spki, self.unique_id, extensions, self.tbs_tail)

    def der(self):
        if self.made is None:
            tbs = self.tbs()
            signature = bytearray(sign(self.signer.key, self.digest, self.pss, tbs))
            if self.corrupt:
                signature[-3] ^= 1
            self.made = seq(tbs, self.outer or algorithm(self.signer.key, self.digest, self.pss),
                            bits(bytes(signature))) + self.trailing
        return self.made

    def pem(self):
        import base64
        text = base64.encodebytes(self.der()).decode().replace("\n", "")
        lines = "\n".join(text[i:i + 64] for i in range(0, len(text), 64))
        return f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"


def encoded(moment):
    return utc(moment) if moment.year < 2050 else generalized(moment)
