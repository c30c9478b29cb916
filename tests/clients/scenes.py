# SPDX-License-Identifier: Apache-2.0
"""Chains that no corpus holds: a way that certificates may be related, sent and trusted, a host with
the names that the leaf bears, and up to three defects, each at a certificate of its own."""
from dataclasses import dataclass, field
from datetime import timedelta

import mint
from mint import (CN, COUNTRY, DAY, NULL, ORGANISATION, Cert, address, basic, bits, boolean, constraints, directory, dns,
                  email, integer, key_of, key_usage, name, octets, oid, other_name, policies, purposes, registered, seq,
                  tlv, uri)


@dataclass
class Scene:
    """What a server sends, what its clients trust, and the host that they ask for."""
    title: str
    sent: list
    trusted: list
    host: str = "www.example.com"
    made_of: list = field(default_factory=list)  # what was planted

    @property
    def leaf(self):
        return self.sent[0]

    @property
    def members(self):
        found = []
        for cert in self.sent + self.trusted:
            while cert is not None and cert not in found:
                found.append(cert)
                cert = cert.issuer
        return found

    @property
    def what(self):
        return "; ".join(self.made_of)


class Maker:
    """Certificates of one scene; `dice` decides whatever is left open."""

    def __init__(self, dice, number):
        self.dice, self.number, self.keys = dice, number, 0

    def key(self, kind="p256"):
        self.keys += 1
        return key_of(kind, self.keys)

    def subject(self, title):
        return name((COUNTRY, "XX"), (ORGANISATION, f"Variations {self.number}"), (CN, title))

    def ca(self, title, issuer=None, key=None, subject=None):
        cert = Cert(title, key or self.key(), issuer)
        cert.subject = subject or self.subject(title)
        return cert

    def leaf(self, issuer=None, key=None):
        cert = Cert("leaf", key or self.key(self.dice.choice(["p256", "p256", "p256", "rsa2048"])), issuer, ca=False)
        cert.subject = name((ORGANISATION, f"Variations {self.number}"), (CN, "www.example.com"))
        return cert

    def twin(self, cert, issuer=None):
        """The same name and key again, from the same issuer unless said."""
        again = self.ca(cert.title, issuer or cert.issuer, cert.key, cert.subject)
        again.title = cert.title + "'"
        return again


# ---- how certificates are related ----

def plain(m):
    root = m.ca("Root")
    middle = m.ca("Middle", root)
    return [m.leaf(middle), middle], [root]


def direct(m):
    root = m.ca("Root")
    return [m.leaf(root)], [root]


def two(m):
    root = m.ca("Root")
    upper = m.ca("Upper", root)
    lower = m.ca("Lower", upper)
    return [m.leaf(lower), lower, upper], [root]


def root_sent(m):
    sent, trusted = m.dice.choice([plain, two])(m)
    return sent + trusted, trusted


def shuffled(m):
    sent, trusted = two(m)
    rest = sent[1:] + m.dice.choice([[], trusted])
    m.dice.shuffle(rest)
    return sent[:1] + rest, trusted


def repeated(m):
    sent, trusted = m.dice.choice([plain, two])(m)
    sent.insert(m.dice.randint(1, len(sent)), m.dice.choice(sent))
    return sent, trusted


def stranger_sent(m):
    sent, trusted = m.dice.choice([plain, two])(m)
    other = m.ca("Stranger", m.ca("Strange Root"))
    sent.insert(m.dice.randint(1, len(sent)), m.dice.choice([other, other.issuer, m.leaf(other)]))
    return sent, trusted


def missing(m):
    sent, trusted = m.dice.choice([plain, two])(m)
    del sent[m.dice.randint(1, len(sent) - 1)]
    return sent, trusted


def untrusted(m):
    sent, trusted = m.dice.choice([plain, two, direct])(m)
    other = m.ca("Other Root")
    return sent + m.dice.choice([[], trusted]), [other]


def half_trusted(m):
    """Not the root, but an intermediate."""
    sent, trusted = m.dice.choice([plain, two])(m)
    which = m.dice.choice(sent[1:])
    sent = m.dice.choice([sent, sent[:1], sent + trusted, [c for c in sent if c is not which]])
    return sent, m.dice.choice([[which], [which], [which, m.ca("Other Root")]])


def leaf_trusted(m):
    sent, trusted = m.dice.choice([plain, direct])(m)
    return m.dice.choice([sent, sent[:1], sent + trusted]), m.dice.choice([[sent[0]], [sent[0], m.ca("Other Root")]])


def leaf_and_root_trusted(m):
    sent, trusted = m.dice.choice([plain, direct])(m)
    return sent, m.dice.sample([sent[0]] + trusted, 2)


def self_signed(m):
    leaf = m.leaf()
    if m.dice.random() < .4:
        leaf.ext["bc"] = (True, basic(m.dice.random() < .7))
        if m.dice.random() < .5:
            leaf.ext["ku"] = (True, key_usage("digitalSignature", "keyCertSign"))
    return [leaf], [m.dice.choice([leaf, leaf, m.ca("Other Root")])]


def cross_root(m):
    """A new root that an old one signed as well; either may be in the store."""
    old, new = m.ca("Old Root"), m.ca("New Root")
    middle = m.ca("Middle", new)
    cross = m.twin(new, old)
    sent = m.dice.choice([[cross], [cross, old], [cross, new], [new, cross]])
    return [m.leaf(middle), middle, *sent], m.dice.choice([[new], [old], [new, old], [old, new]])


def cross_middle(m):
    """One intermediate from two roots; one of them trusted."""
    a, b = m.ca("Root A"), m.ca("Root B")
    first = m.ca("Middle", a)
    second = m.twin(first, b)
    if m.dice.random() < .4:
        first.aki = second.aki = "none"
    roots = m.dice.choice([[], [], [b], [a]])
    both = [first, second] + roots
    if m.dice.random() < .5:
        m.dice.shuffle(both)
    return [m.leaf(first), *both], m.dice.choice([[a], [b], [a, b]])


def twins_sent(m):
    """Several intermediates of one name and key: defects meet some of them."""
    sent, trusted = m.dice.choice([plain, two])(m)
    which = m.dice.choice(sent[1:])
    for _ in range(m.dice.choice([1, 1, 1, 2, 3])):
        sent.insert(m.dice.randint(1, len(sent)), m.twin(which))
    return sent, trusted


def many_twins(m):
    sent, trusted = plain(m)
    decoys = [m.twin(sent[1]) for _ in range(m.dice.randint(5, 9))]
    for decoy in decoys:
        decoy.end = decoy.now - DAY
    return [sent[0], *decoys, sent[1]], trusted


def namesake_sent(m):
    """An intermediate of the same name and another key."""
    sent, trusted = m.dice.choice([plain, two])(m)
    which = m.dice.choice(sent[1:])
    other = m.ca(which.title, which.issuer, m.key(), which.subject)
    if m.dice.random() < .5:
        other.ski = "none"
    if m.dice.random() < .5:
        for cert in sent:
            cert.aki = "none"
    sent.insert(m.dice.randint(1, len(sent)), other)
    return sent, trusted


def root_twins(m):
    """Two roots of one name and key in the store."""
    sent, trusted = m.dice.choice([plain, direct])(m)
    again = m.twin(trusted[0], None)
    again.issuer = None
    both = [*trusted, again]
    m.dice.shuffle(both)
    return sent + m.dice.choice([[], [], [again], [trusted[0]]]), both


def root_namesakes(m):
    """Two roots of one name, but of different keys, in the store."""
    sent, trusted = m.dice.choice([plain, direct])(m)
    other = m.ca("Root", None, m.key(), trusted[0].subject)
    if m.dice.random() < .5:
        sent[-1].aki = "none"
    if m.dice.random() < .3:
        other.ski = trusted[0].ski = "none"
    both = [*trusted, other]
    m.dice.shuffle(both)
    return sent, m.dice.choice([both, both, [other]])


def root_rekeyed(m):
    """The server sends a root of the trusted one's name, but of another key, or another version of it."""
    sent, trusted = m.dice.choice([plain, two])(m)
    other = m.ca("Root", None, m.dice.choice([m.key(), trusted[0].key]), trusted[0].subject)
    if m.dice.random() < .3:
        sent[-1].aki = "none"
    return sent + [other], trusted


def middle_stored(m):
    """The store holds the intermediate as well, or another version of it."""
    sent, trusted = m.dice.choice([plain, two])(m)
    which = m.dice.choice(sent[1:])
    stored = m.dice.choice([which, m.twin(which), m.twin(which)])
    both = trusted + [stored]
    m.dice.shuffle(both)
    return m.dice.choice([sent, sent, [c for c in sent if c is not which]]), both


def long_chain(m):
    cert = root = m.ca("Root")
    middles = []
    for i in range(m.dice.choice([3, 4, 5, 5, 6, 6, 7, 8, 9, 10, 12, 15, 16])):
        cert = m.ca(f"Middle {i}", cert)
        middles.insert(0, cert)
    if m.dice.random() < .3:
        m.dice.shuffle(middles)
    return [m.leaf(cert), *middles, *m.dice.choice([[], [], [root]])], [root]


def rollover(m):
    """A CA that signed its own next key, under the same name."""
    root = m.ca("Root")
    old = m.ca("Middle", root)
    new = m.ca("Middle", old, None, old.subject)
    if m.dice.random() < .6:
        old.ext["bc"] = (True, basic(length=m.dice.randint(0, 1)))
    return [m.leaf(new), new, old], [root]


def loop(m):
    """Two intermediates that signed each other; one of them has a root, or none has."""
    root = m.ca("Root")
    a = m.ca("A", root)
    b = m.ca("B", a)
    back = m.twin(a, b)
    sent = [back, b, a][:m.dice.choice([2, 3])]
    if m.dice.random() < .5:
        m.dice.shuffle(sent)
    return [m.leaf(b), *sent], [root]


RELATIONS = [plain] * 8 + [two] * 4 + [direct, direct, root_sent, root_sent, shuffled, repeated, stranger_sent, stranger_sent,
             missing, untrusted, half_trusted, half_trusted, leaf_trusted, leaf_trusted, leaf_and_root_trusted,
             self_signed, self_signed, self_signed, cross_root, cross_root, cross_middle, cross_middle, twins_sent,
             twins_sent, twins_sent, twins_sent, many_twins, namesake_sent, namesake_sent, root_twins, root_twins,
             root_namesakes, root_rekeyed, root_rekeyed, middle_stored, middle_stored, middle_stored, long_chain, long_chain,
             rollover, loop]


# ---- what may be wrong with one certificate, or merely odd ----

def extension(key, critical, value):
    def change(cert, dice):
        cert.ext[key] = (critical, value)
    return change


def without(*keys):
    def change(cert, dice):
        for key in keys:
            cert.ext.pop(key, None)
    return change


def attribute(**values):
    def change(cert, dice):
        for key, value in values.items():
            setattr(cert, key, value)
    return change


def expired(cert, dice):
    cert.begin, cert.end = cert.now - 90 * DAY, cert.now - dice.randint(1, 40) * DAY


def future(cert, dice):
    cert.begin, cert.end = cert.now + dice.randint(1, 40) * DAY, cert.now + 400 * DAY


def backwards(cert, dice):
    cert.begin, cert.end = cert.now - 10 * DAY, cert.now - 20 * DAY


def long_lived(cert, dice):
    cert.begin, cert.end = cert.now - 3000 * DAY, cert.now + 6000 * DAY


def new_key(*kinds):
    def change(cert, dice):
        cert.key = key_of(dice.choice(kinds), 90 + dice.randint(0, 2))
    return change


def issuer_spelt(change_text=str, tag=12):
    def change(cert, dice):
        signer = cert.signer
        org = b"Variations "
        start = signer.issued_by() if signer is cert else signer.subject
        title = signer.title.rstrip("'")
        number = start[start.index(org) + len(org):].split(b"\x31", 1)[0].decode()
        cert.issuer_name = name((COUNTRY, "XX"), (ORGANISATION, f"Variations {number}"), (CN, change_text(title)), tag=tag)
        if signer is cert:
            cert.subject = name((COUNTRY, "XX"), (ORGANISATION, f"Variations {number}"), (CN, title))
    return change


def parameters_differ(cert, dice):
    cert.outer = seq(oid(mint.EC_SIGNATURES["sha384"]))


def no_null(cert, dice):
    if cert.signer.key.kind.startswith("rsa"):
        cert.inner = cert.outer = seq(oid("1.2.840.113549.1.1.11"))


def with_extra(*parts):
    def change(cert, dice):
        cert.extra += parts
    return change


def bare(key, value, critical=False):
    return seq(oid(mint.OIDS[key]), *([boolean(True)] if critical else []), octets(value))


GN_URI = seq(seq(tlv(0xa0, tlv(0xa0, uri("http://crl.example/c.crl")))))
AIA = seq(seq(oid("1.3.6.1.5.5.7.48.2"), uri("http://127.0.0.1:9/ca.cer")))
KNOWN = {"ian": seq(dns("issuer.example")), "crldp": GN_URI, "aia": AIA, "tlsf": seq(integer(17)),
         "pkup": seq(tlv(0x80, b"20200101000000Z"), tlv(0x81, b"20400101000000Z")), "nsct": bits(b"\xc4", 2), "qc": seq(seq(oid("0.4.0.1862.1.1"))),
         "nocheck": NULL, "freshest": GN_URI, "sia": AIA, "iap": integer(0), "cp": policies("1.3.6.1.4.1.99999.5"),
         "unknown": NULL, "unknown2": octets(b"x")}

# of any certificate
ANYWHERE = {
    "expired": expired, "not yet valid": future, "backwards": backwards, "long lived": long_lived,
    "sha1": attribute(digest="sha1"), "md5": attribute(digest="md5"), "sha384": attribute(digest="sha384"),
    "sha512": attribute(digest="sha512"), "sha224": attribute(digest="sha224"), "pss signature": attribute(pss=True),
    "bad signature": attribute(corrupt=True), "algorithms differ": parameters_differ, "no NULL": no_null,
    "rsa key": new_key("rsa2048", "rsa3072", "rsa2048"), "short rsa": new_key("rsa1024", "rsa1536", "rsa2040", "rsa1960"),
    "other curve": new_key("p384", "p521"), "version 1": attribute(version=1), "version 2": attribute(version=2),
    "version 4": attribute(version=4), "serial 0": attribute(serial=0), "negative serial": attribute(serial=-5),
    "padded serial": attribute(serial_der=tlv(2, b"\0\0\x11\x22")), "long serial": attribute(serial=1 << 180),
    "unique id": attribute(unique_id=tlv(0x81, b"\0\x55\x55")), "trailing byte": attribute(trailing=b"\0"),
    "element too many": attribute(tbs_tail=NULL), "true is 1": attribute(bool_true=b"\x01"),
    "false is said": attribute(explicit_false=True),
    "no AKI": attribute(aki="none"), "wrong AKI": attribute(aki="wrongkey"), "AKI of serial": attribute(aki="keyid serial"),
    "AKI of wrong serial": attribute(aki="keyid serial wrongserial"), "AKI of serial alone": attribute(aki="serial"),
    "AKI of wrong serial alone": attribute(aki="serial wrongserial"), "no SKI": attribute(ski="none"),
    "other SKI": attribute(ski="other"),
    "issuer in capitals": issuer_spelt(str.upper), "issuer with spaces": issuer_spelt(lambda t: "  " + t.replace(" ", "  ")),
    "issuer PrintableString": issuer_spelt(tag=19),
    "Teletex subject": attribute(), "empty issuer": attribute(issuer_name=seq()),
    "time without seconds": lambda c, d: setattr(c, "not_before", tlv(0x17, c.begin.strftime("%y%m%d%H%MZ").encode())),
    "time with offset": lambda c, d: setattr(c, "not_after", tlv(0x17, c.end.strftime("%y%m%d%H%M%S+0000").encode())),
    "GeneralizedTime": lambda c, d: setattr(c, "not_after", mint.generalized(c.end)),
    "no end": lambda c, d: setattr(c, "not_after", tlv(0x18, b"99991231235959Z")),
    "duplicate unknown": with_extra(bare("unknown", NULL), bare("unknown", NULL)),
    "duplicate KU": with_extra(bare("ku", key_usage("digitalSignature", "keyCertSign"))),
    "policy required": extension("pc", True, seq(tlv(0x80, b"\0"))),
    "policy required, not critical": extension("pc", False, seq(tlv(0x80, b"\0"))),
    "two policies": extension("cp", False, policies("1.3.6.1.4.1.99999.5", "1.3.6.1.4.1.99999.6")),
    "same policy twice": extension("cp", False, policies("1.3.6.1.4.1.99999.5", "1.3.6.1.4.1.99999.5")),
    "any policy": extension("cp", True, policies("2.5.29.32.0")),
    "garbage CRLDP": extension("crldp", False, b"\x30\x05\x01"), "garbage AIA": extension("aia", False, b"\x30\x05\x01"),
    "garbage policies": extension("cp", False, b"\x30\x05\x01"), "garbage unknown": extension("unknown", False, b"\xff\xff"),
    "garbage SKI": lambda c, d: c.ext.update(ski=(False, b"\x05\x00")), "SCT list": extension("scts", False, octets(b"\0\0")),
    "must staple": extension("tlsf", False, seq(integer(5))),
    "critical SAN": lambda c, d: c.ext.update({k: (True, v) for k, (_, v) in c.ext.items() if k == "san"}),
    **{f"critical {key}": extension(key, True, value) for key, value in KNOWN.items()},
    "critical AKI": lambda c, d: (c.key_ids(), c.ext.update({k: (True, v) for k, (_, v) in c.ext.items() if k == "aki"})),
    "critical SKI": lambda c, d: (c.key_ids(), c.ext.update({k: (True, v) for k, (_, v) in c.ext.items() if k == "ski"})),
    "nsCertType client": extension("nsct", False, bits(b"\x80", 7)),
    "nsCertType server": extension("nsct", False, bits(b"\x40", 6)),
    "nsCertType CA": extension("nsct", False, bits(b"\x04", 2)),
    "empty EKU": extension("eku", False, seq()), "EKU any": extension("eku", False, purposes("any")),
    "EKU any, server": extension("eku", False, purposes("any", "server")),
    "EKU client": extension("eku", False, purposes("client")), "EKU both": extension("eku", False, purposes("server", "client")),
    "EKU OCSP": extension("eku", False, purposes("server", "ocsp")), "EKU nsSGC": extension("eku", False, purposes("nssgc")),
    "EKU msSGC": extension("eku", False, purposes("mssgc")), "EKU other": extension("eku", True, purposes("other")),
    "EKU critical": extension("eku", True, purposes("server")), "no EKU": without("eku"), "no KU": without("ku"),
    "empty KU": extension("ku", True, bits(b"", 0)), "KU of zeros": extension("ku", True, bits(b"\0", 7)),
    "KU not critical": lambda c, d: c.ext.update({k: (False, v) for k, (_, v) in c.ext.items() if k == "ku"}),
}
CA_ONLY = {
    "no BC": without("bc"), "no BC, no KU": without("bc", "ku"), "BC false": extension("bc", True, basic(False)),
    "BC not critical": extension("bc", False, basic()), "pathlen 0": extension("bc", True, basic(length=0)),
    "pathlen 1": extension("bc", True, basic(length=1)), "BC false with pathlen": extension("bc", True, basic(False, 0)),
    "BC false said": extension("bc", True, seq(boolean(False))),
    "negative pathlen": extension("bc", True, seq(boolean(True), integer(-1))),
    "huge pathlen": extension("bc", True, seq(boolean(True), integer(1 << 70))),
    "KU signs no certs": extension("ku", True, key_usage("digitalSignature", "cRLSign")),
    "KU more": extension("ku", True, key_usage("digitalSignature", "keyCertSign")),
    "p224": new_key("p224"), "secp256k1": new_key("secp256k1"), "brainpool": new_key("brainpool"),
    "ed25519": new_key("ed25519"), "ed448": new_key("ed448"), "pss key": new_key("pss2048"), "explicit": new_key("explicit"),
    "rsa 512": new_key("rsa768"), "permits other": extension("nc", True, constraints([dns("other.example")])),
    "permits it": extension("nc", True, constraints([dns("example.com")])),
    "permits it, not critical": extension("nc", False, constraints([dns("example.com")])),
    "permits with dot": extension("nc", True, constraints([dns(".example.com")])),
    "permits none of it, not critical": extension("nc", False, constraints([dns("other.example")])),
    "permits in capitals": extension("nc", True, constraints([dns("EXAMPLE.COM")])),
    "permits the host": extension("nc", True, constraints([dns("www.example.com")])),
    "permits below the host": extension("nc", True, constraints([dns("a.www.example.com")])),
    "permits all": extension("nc", True, constraints([dns("")])),
    "permits wildcard": extension("nc", True, constraints([dns("*.example.com")])),
    "permits email": extension("nc", True, constraints([email("example.com")])),
    "permits address": extension("nc", True, constraints([address(b"\x7f\0\0\0\xff\0\0\0")])),
    "permits other address": extension("nc", True, constraints([address(b"\x0a\0\0\0\xff\0\0\0")])),
    "odd address": extension("nc", True, constraints([address(b"\x0a\0\0")])),
    "address mask odd": extension("nc", True, constraints([address(b"\x7f\0\0\0\xff\0\xff\0")])),
    "permits name": extension("nc", True, constraints([directory(name((ORGANISATION, "Somebody")))])),
    "permits uri": extension("nc", True, constraints([uri(".example.com")])),
    "permits registered": extension("nc", True, constraints([registered("1.2.3")])),
    "permits other name": extension("nc", True, constraints([other_name()])),
    "permits registered, not critical": extension("nc", False, constraints([registered("1.2.3")])),
    "excludes it": extension("nc", True, constraints([], [dns("example.com")])),
    "excludes the host": extension("nc", True, constraints([], [dns("www.example.com")])),
    "excludes above": extension("nc", True, constraints([], [dns("com")])),
    "excludes all": extension("nc", True, constraints([], [dns("")])),
    "excludes with dot": extension("nc", True, constraints([], [dns(".www.example.com")])),
    "excludes a sub-name": extension("nc", True, constraints([], [dns("bad.example.com")])),
    "excludes other": extension("nc", True, constraints([], [dns("other.example")])),
    "excludes address": extension("nc", True, constraints([], [address(b"\x7f\0\0\0\xff\0\0\0")])),
    "excludes email": extension("nc", True, constraints([], [email("example.com")])),
    "excludes name": extension("nc", True, constraints([], [directory(name((ORGANISATION, "Somebody")))])),
    "excludes all names": extension("nc", True, constraints([], [directory(seq())])),
    "permits and excludes": extension("nc", True, constraints([dns("example.com")], [dns("www.example.com")])),
    "constraints of nothing": extension("nc", True, seq()),
    "constraints with minimum": extension("nc", True, seq(tlv(0xa0, seq(dns("example.com"), tlv(0x80, b"\1"))))),
    "maps policies": extension("pm", True, seq(seq(oid("1.3.6.1.4.1.99999.5"), oid("1.3.6.1.4.1.99999.6")))),
    "inhibits any": extension("iap", True, integer(0)),
    "has a policy": extension("cp", False, policies("1.3.6.1.4.1.99999.5")),
    "CA with SAN": extension("san", False, seq(dns("ca.example"))), "CA without subject": attribute(subject=seq()),
}
LEAF_ONLY = {
    "is a CA": lambda c, d: c.ext.update(bc=(True, basic())), "BC false": extension("bc", True, basic(False)),
    "BC false, pathlen": extension("bc", True, basic(False, 0)),
    "BC false said": extension("bc", True, seq(boolean(False))),
    "KU encipherment": extension("ku", True, key_usage("keyEncipherment")),
    "KU agreement": extension("ku", True, key_usage("keyAgreement")),
    "KU nonRepudiation": extension("ku", True, key_usage("nonRepudiation")),
    "KU keyCertSign": extension("ku", True, key_usage("digitalSignature", "keyCertSign")),
    "KU keyCertSign alone": extension("ku", True, key_usage("keyCertSign")),
    "ed25519": new_key("ed25519"), "no subject": attribute(subject=seq()),
    "no subject, SAN critical": lambda c, d: (setattr(c, "subject", seq()), c.ext.update(san=(True, seq(dns("www.example.com"))))),
    "no extensions": lambda c, d: (c.ext.clear(), setattr(c, "aki", "none"), setattr(c, "ski", "none")),
    "empty extensions": lambda c, d: (c.ext.clear(), setattr(c, "aki", "none"), setattr(c, "ski", "none"),
                                      setattr(c, "empty_extensions", True)),
    "bad UTF-8": attribute(subject=seq(tlv(0x31, seq(oid(CN), tlv(12, b"www\xff\xfe"))))),
    "bad PrintableString": attribute(subject=seq(tlv(0x31, seq(oid(CN), tlv(19, b"a*b_c@d"))))),
    "Teletex": attribute(subject=name((CN, "www.example.com", 20))), "BMP": attribute(subject=seq(tlv(0x31, seq(oid(CN), tlv(30, "www".encode("utf-16-be")))))),
    "precertificate": extension("poison", True, NULL),
}


# ---- hosts and the names that a leaf bears ----

def names(*san, cn=("www.example.com",), host="www.example.com", critical=False):
    return host, None if san == (None,) else list(san), cn, critical


NAMES = {
    "mismatch": names(dns("other.example.com")), "no SAN": names(None), "no SAN, other CN": names(None, cn=("other.example",)),
    "SAN of address": names(address(b"\x7f\0\0\1")), "SAN of email": names(email("a@example.com")), "SAN of URI": names(uri("https://www.example.com")),
    "SAN of name": names(directory(name((CN, "x")))), "SAN registered": names(registered("1.2.3")), "SAN other": names(other_name()),
    "SAN other and host": names(other_name(), dns("www.example.com")), "empty SAN": names(),
    "wildcard": names(dns("*.example.com")), "wildcard too deep": names(dns("*.example.com"), host="a.b.example.com"),
    "wildcard at apex": names(dns("*.example.com"), host="example.com"), "w*": names(dns("w*.example.com")), "*w": names(dns("*w.example.com")),
    "w*w": names(dns("w*w.example.com")), "**": names(dns("**.example.com")), "*.com": names(dns("*.com"), host="example.com"),
    "*.co.uk": names(dns("*.co.uk"), host="example.co.uk"), "*.test": names(dns("*.test"), host="example.test"), "*": names(dns("*"), host="localhost"),
    "www.*.com": names(dns("www.*.com")), "*.*.com": names(dns("*.*.com")), "xn--*": names(dns("xn--*.example.com"), host="xn--bcher-kva.example.com"),
    "IDN": names(dns("xn--bcher-kva.example.com"), host="xn--bcher-kva.example.com"), "IDN wildcard": names(dns("*.example.com"), host="xn--bcher-kva.example.com"),
    "U-label": names(dns("bücher.example.com"), host="xn--bcher-kva.example.com"), "IDN domain": names(dns("*.xn--bcher-kva.example"), host="www.xn--bcher-kva.example"),
    "capitals": names(dns("WWW.Example.COM")), "SAN dot": names(dns("www.example.com.")), "wildcard dot": names(dns("*.example.com.")),
    "leading dot": names(dns(".example.com")), "spaces": names(dns("www.example.com ")), "NUL": names(dns(b"www.example.com\0.evil.org")),
    "NUL CN": names(None, cn=("www.example.com\0.evil.org",)), "underscore": names(dns("foo_bar.example.com"), host="foo_bar.example.com"),
    "underscore wildcard": names(dns("*.example.com"), host="foo_bar.example.com"), "underscore domain": names(dns("*.foo_bar.example.com"), host="a.foo_bar.example.com"),
    "hyphen": names(dns("-foo.example.com"), host="-foo.example.com"),
    "digits": names(dns("1.example.com"), host="1.example.com"), "hyphen end": names(dns("foo-.example.com"), host="foo-.example.com"), "one label": names(dns("localhost"), host="localhost"),
    "bad SAN first": names(dns("not a name"), dns("www.example.com")), "bad SAN last": names(dns("www.example.com"), dns("foo/bar")),
    "empty dNSName": names(dns(""), dns("www.example.com")), "empty dNSName alone": names(dns("")), "5-byte address": names(dns("www.example.com"), address(b"\1\2\3\4\5")),
    "8-byte address": names(dns("www.example.com"), address(b"\x7f\0\0\1\xff\xff\xff\xff")), "bad email": names(dns("www.example.com"), email("not an address")),
    "bad URI": names(dns("www.example.com"), uri("://")), "utf8 email": names(dns("www.example.com"), email("bücher@example.com")),
    "two CN, last": names(None, cn=("other.example", "www.example.com")), "two CN, first": names(None, cn=("www.example.com", "other.example")),
    "CN wildcard": names(None, cn=("*.example.com",)), "CN not a host": names(None, cn=("My Server",)), "no SAN, no CN": names(None, cn=()),
    "CN beside SAN": names(dns("other.example.com"), cn=("www.example.com",)),
    "address": names(address(b"\x7f\0\0\1"), host="127.0.0.1"), "address in dNSName": names(dns("127.0.0.1"), host="127.0.0.1"),
    "address wildcard": names(dns("*.0.0.1"), host="127.0.0.1"), "address in CN": names(None, cn=("127.0.0.1",), host="127.0.0.1"),
    "address in CN, SAN other": names(address(b"\x0a\0\0\1"), cn=("127.0.0.1",), host="127.0.0.1"),
    "address in CN, SAN of host": names(dns("www.example.com"), cn=("127.0.0.1",), host="127.0.0.1"),
    "other address": names(address(b"\x7f\0\0\2"), host="127.0.0.1"), "mapped": names(address(b"\0" * 10 + b"\xff\xff\x7f\0\0\1"), host="127.0.0.1"),
    "address and host": names(dns("www.example.com"), address(b"\x7f\0\0\1"), host="127.0.0.1"),
    "address in URI": names(uri("https://127.0.0.1"), host="127.0.0.1"),
    "SAN critical": names(dns("www.example.com"), critical=True), "many": names(*(dns(f"h{i}.example.com") for i in range(60)), dns("www.example.com")),
    "partial in the middle": names(dns("www.ex*.com")), "suffix only": names(dns("example.com")), "longer": names(dns("wwww.example.com")),
}


def bear(scene, chosen):
    host, san, common, critical = chosen
    scene.host = host
    leaf = scene.leaf
    if common != ("www.example.com",):
        leaf.subject = name((ORGANISATION, "Variations"), *((CN, c) for c in common))
    if leaf.issuer is None:
        leaf.issuer_name = None
    if san is not None:
        leaf.ext["san"] = (critical, seq(*san))


USUAL = names(dns("www.example.com"))


# ---- one scene ----

def defects_for(cert, dice):
    if not cert.ca:
        return {**ANYWHERE, **LEAF_ONLY}
    return {**ANYWHERE, **CA_ONLY, **CA_ONLY}


def plant(scene, dice):
    """A defect at a certificate that is sent or trusted; a root's are as rare as they are in life."""
    cert = dice.choice([c for c in scene.members if c in scene.sent or c in scene.trusted])
    among = defects_for(cert, dice)
    title = dice.choice(list(among))
    among[title](cert, dice)
    scene.made_of.append(f"{cert.title}: {title}")


def scene_of(dice, number):
    maker = Maker(dice, number)
    relation = dice.choice(RELATIONS)
    sent, trusted = relation(maker)
    scene = Scene(f"v{number}", sent, trusted, made_of=[relation.__name__])
    chosen = dice.choice(list(NAMES)) if dice.random() < .22 else None
    bear(scene, NAMES[chosen] if chosen else USUAL)
    if chosen:
        scene.made_of.append(f"names: {chosen}")
    for _ in range(dice.choices([0, 1, 2, 3], [1, 9, 6, 1])[0] if not chosen else dice.choice([0, 0, 1])):
        plant(scene, dice)
    return scene
