# SPDX-License-Identifier: Apache-2.0
"""What happens to certificate files: each fault is a function from a bundle to its mangled bytes.

Faults work in stages (which certificates, how a block is written, how the lines are laid out, how the
text is wrapped, how it is encoded), so that several of them can be combined: at most one of a group."""
import base64
import datetime
import quopri
import re
import subprocess
from dataclasses import dataclass, field, replace
from typing import Callable

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID

import pki

PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER
STAGES = ["certificates", "kind", "block", "lines", "wrap", "encoding"]
BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----\n([\w+/=\n]*)-----END CERTIFICATE-----\n")


@dataclass
class Bundle:
    """leaf and intermediates in the right order; `certs` is what the file holds, `text` how."""
    chain: list
    root: object
    stranger: object
    key: object  # of the leaf
    certs: list = field(default_factory=list)
    text: str = ""
    raw: bytes = None  # set: the file is this and not `text`
    suffix: str = ".pem"

    def bytes(self):
        return self.raw if self.raw is not None else self.text.encode("utf-8", "surrogateescape")


@dataclass
class Fault:
    name: str
    stage: str
    group: str
    apply: Callable
    lost: bool = False     # a certificate of the chain is gone for good
    nothing: bool = False  # … all of them are
    alone: bool = False    # the file is no text any more: nothing can follow


FAULTS = []


def fault(stage, group, **more):
    def register(function):
        FAULTS.append(Fault(function.__name__.replace("_", "-"), stage, group, function, **more))
        return function
    return register


def issue(subject, issuer, *, ca=True, days, names=()):
    """As CAs issue today: every client accepts it under its root."""
    public = pki.key(subject).public_key()
    usage = dict.fromkeys(["content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
                           "encipher_only", "decipher_only"], False)
    builder = x509.CertificateBuilder().subject_name(pki.name(subject)).issuer_name(pki.name(issuer)) \
        .public_key(public).serial_number(x509.random_serial_number()) \
        .not_valid_before(pki.NOW - datetime.timedelta(days=1)) \
        .not_valid_after(pki.NOW + datetime.timedelta(days=days)) \
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), True) \
        .add_extension(x509.KeyUsage(digital_signature=not ca, key_cert_sign=ca, crl_sign=ca, **usage), True) \
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
    if subject != issuer:
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(pki.key(issuer).public_key()), False)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), False) \
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
    return builder.sign(pki.key(issuer), hashes.SHA256())


def family():
    """A chain under a private root, and a certificate that has nothing to do with it."""
    root = issue("Doctor Root", "Doctor Root", days=3000)
    upper = issue("Doctor Upper CA", "Doctor Root", days=2000)
    lower = issue("Doctor Issuing CA", "Doctor Upper CA", days=1000)
    leaf = issue("www.doctor.test", "Doctor Issuing CA", ca=False, days=80, names=["www.doctor.test", "doctor.test"])
    stranger = issue("Stranger CA", "Stranger CA", days=1000)
    return Bundle([leaf, lower, upper], root, stranger, pki.key("www.doctor.test"))


def write(bundle):
    """`certs` as well-formed PEM text."""
    return replace(bundle, text=pki.pem(*bundle.certs).decode())


def blocks(bundle, change, which=None):
    """change(block text, its base64 lines, index) for each PEM block, or for one (counted from the end
    when negative)."""
    found = list(BLOCK.finditer(bundle.text))
    out, at = [], 0
    for index, match in enumerate(found):
        out.append(bundle.text[at:match.start()])
        chosen = which is None or index == which % len(found)
        out.append(change(match.group(0), match.group(1), index) if chosen else match.group(0))
        at = match.end()
    return replace(bundle, text="".join(out) + bundle.text[at:])


def lines(bundle, change):
    return replace(bundle, text="".join(change(line, i) + "\n"
                                        for i, line in enumerate(bundle.text.splitlines())))


def text(bundle, change):
    return replace(bundle, text=change(bundle.text))


def certs(bundle, change):
    return replace(bundle, certs=change(list(bundle.certs)))


# ---- which certificates, in which order ----

@fault("certificates", "order")
def reversed_order(b):
    return certs(b, lambda c: c[::-1])


@fault("certificates", "order")
def leaf_last(b):
    return certs(b, lambda c: c[1:] + c[:1])


@fault("certificates", "order")
def intermediates_swapped(b):
    return certs(b, lambda c: [c[0], c[2], c[1]] + c[3:])


@fault("certificates", "extra")
def leaf_twice(b):
    return certs(b, lambda c: c[:1] + c)


@fault("certificates", "extra")
def everything_twice(b):
    return certs(b, lambda c: c + c)


@fault("certificates", "extra")
def intermediate_twice(b):
    return certs(b, lambda c: c + [b.chain[1]])


@fault("certificates", "extra")
def root_added(b):
    return certs(b, lambda c: c + [b.root])


@fault("certificates", "extra")
def root_first(b):
    return certs(b, lambda c: [b.root] + c)


@fault("certificates", "extra")
def stranger_between(b):
    return certs(b, lambda c: c[:1] + [b.stranger] + c[1:])


# ---- how a block is written ----

@fault("block", "label")
def label_x509(b):
    return text(b, lambda t: t.replace("CERTIFICATE-----", "X509 CERTIFICATE-----"))


@fault("block", "label")
def label_trusted(b):
    return text(b, lambda t: t.replace("CERTIFICATE-----", "TRUSTED CERTIFICATE-----"))


@fault("block", "label")
def label_lower_case(b):
    return text(b, lambda t: re.sub("-----(BEGIN|END) CERTIFICATE-----", lambda m: m[0].lower(), t))


@fault("block", "label")
def label_misspelt(b):
    return text(b, lambda t: t.replace("CERTIFICATE-----", "CERTIFCATE-----"))


@fault("block", "label")
def labels_differ(b):
    return text(b, lambda t: t.replace("END CERTIFICATE", "END X509 CERTIFICATE"))


@fault("block", "label")
def label_without_space(b):
    return text(b, lambda t: t.replace("BEGIN CERT", "BEGINCERT").replace("END CERT", "ENDCERT"))


@fault("block", "dashes")
def em_dashes(b):
    return text(b, lambda t: t.replace("-----", "\u2014\u2014-"))


@fault("block", "dashes")
def en_dashes(b):
    return text(b, lambda t: t.replace("-----", "\u2013" * 5))


@fault("block", "dashes")
def four_dashes(b):
    return text(b, lambda t: t.replace("-----", "----"))


@fault("block", "dashes")
def six_dashes(b):
    return text(b, lambda t: t.replace("-----", "------"))


@fault("block", "dashes")
def dashes_apart(b):
    return text(b, lambda t: re.sub("-----(BEGIN|END) CERTIFICATE-----", r"----- \1 CERTIFICATE -----", t))


@fault("block", "marker")
def first_begin_missing(b):
    return blocks(b, lambda whole, body, i: whole.split("\n", 1)[1], 0)


@fault("block", "marker")
def second_begin_missing(b):
    return blocks(b, lambda whole, body, i: whole.split("\n", 1)[1], 1)


@fault("block", "marker")
def first_end_missing(b):
    return blocks(b, lambda whole, body, i: whole.rsplit("-----END", 1)[0], 0)


@fault("block", "marker")
def last_end_missing(b):
    return blocks(b, lambda whole, body, i: whole.rsplit("-----END", 1)[0], -1)


@fault("block", "marker")
def seam_removed(b):
    return text(b, lambda t: t.replace("-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n", "", 1))


@fault("block", "marker", alone=True)
def all_markers_missing(b):
    return text(b, lambda t: re.sub("-----.*-----\n", "", t))


@fault("block", "seam")
def seam(b):
    return text(b, lambda t: t.replace("-----\n-----BEGIN", "----------BEGIN"))


@fault("block", "seam")
def seam_with_blank(b):
    return text(b, lambda t: t.replace("-----\n-----BEGIN", "----- -----BEGIN", 1))


@fault("block", "seam")
def seam_in_base64(b):
    """A file whose last line was lost with its newline: END glued to the base64."""
    return text(b, lambda t: t.replace("\n-----END", "-----END"))


@fault("block", "padding")
def padding_missing(b):
    return text(b, lambda t: re.sub("=+\n-", "\n-", t))


@fault("block", "padding")
def padding_added(b):
    return text(b, lambda t: re.sub("(?<!=)\n-----END", "==\n-----END", t))


@fault("block", "alphabet")
def base64url(b):
    return blocks(b, lambda whole, body, i: whole.replace(body, body.translate(str.maketrans("+/", "-_"))))


@fault("block", "key")
def key_appended(b):
    key = b.key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return text(b, lambda t: t + key.decode())


@fault("block", "key")
def key_first(b):
    key = b.key.private_bytes(PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    return text(b, lambda t: key.decode() + t)


@fault("block", "key")
def encrypted_key_first(b):
    key = b.key.private_bytes(PEM, serialization.PrivateFormat.PKCS8,
                              serialization.BestAvailableEncryption(b"secret of the test"))
    return text(b, lambda t: key.decode() + t)


@fault("block", "notes")
def bag_attributes(b):
    return blocks(b, lambda whole, body, i: "Bag Attributes\n    friendlyName: www\n    localKeyID: 01 A2 \n"
                  "subject=CN = www\nissuer=CN = ca\n" + whole)


@fault("block", "notes")
def text_form_before(b):
    def dump(whole, body, i):
        done = subprocess.run(["openssl", "x509", "-text"], input=whole, capture_output=True, text=True, check=False)
        return done.stdout or whole
    return blocks(b, dump)


@fault("block", "notes")
def output_of_s_client(b):
    return blocks(b, lambda whole, body, i: f" {i} s:CN = www\n   i:CN = ca\n" + whole)


@fault("block", "notes")
def comments(b):
    return blocks(b, lambda whole, body, i: f"# certificate {i}: ends -- soon --\n" + whole)


@fault("block", "damage", lost=True)
def foreign_character(b):
    return blocks(b, lambda whole, body, i: whole.replace(body, body[:200] + "!" + body[201:]), 1)


@fault("block", "damage", lost=True)
def characters_lost(b):
    return blocks(b, lambda whole, body, i: whole.replace(body, body[:300] + body[308:]), 1)


@fault("block", "damage", lost=True)
def bit_flipped(b):
    def flip(whole, body, i):
        at = body.index("\n") * 3 + 30
        return whole.replace(body, body[:at] + ("A" if body[at] != "A" else "B") + body[at + 1:])
    return blocks(b, flip, 1)


@fault("block", "damage", lost=True)
def cut_in_the_middle(b):
    return blocks(b, lambda whole, body, i: whole.replace(body, body[:len(body) // 2] + "\n"), 1)


@fault("block", "damage", lost=True)
def line_lost(b):
    return blocks(b, lambda whole, body, i: whole.replace(body, "".join(body.splitlines(True)[:2] +
                                                                       body.splitlines(True)[3:])), 0)


@fault("block", "damage", lost=True)
def placeholder_block(b):
    return blocks(b, lambda whole, body, i: whole.replace(body, "MIIE…(snip)…\n"), 1)


# ---- how the lines are laid out ----

@fault("lines", "layout")
def indented(b):
    return lines(b, lambda line, i: "    " + line)


@fault("lines", "layout")
def indented_by_tabs(b):
    return lines(b, lambda line, i: "\t" + line)


@fault("lines", "layout")
def trailing_blanks(b):
    return lines(b, lambda line, i: line + "  ")


@fault("lines", "layout")
def blank_lines(b):
    return lines(b, lambda line, i: line + "\n")


@fault("lines", "layout")
def no_break_spaces(b):
    return lines(b, lambda line, i: "\u00a0" + line)


@fault("lines", "layout")
def zero_width_spaces(b):
    return lines(b, lambda line, i: line[:20] + "\u200b" + line[20:])


@fault("lines", "layout")
def long_lines(b):
    return blocks(b, lambda whole, body, i: whole.replace(body, body.replace("\n", "") + "\n"))


@fault("lines", "layout")
def wide_lines(b):
    def widen(whole, body, i):
        digits = body.replace("\n", "")
        return whole.replace(body, "\n".join(digits[k:k + 76] for k in range(0, len(digits), 76)) + "\n")
    return blocks(b, widen)


@fault("lines", "layout")
def short_lines(b):
    def narrow(whole, body, i):
        digits = body.replace("\n", "")
        return whole.replace(body, "\n".join(digits[k:k + 10] for k in range(0, len(digits), 10)) + "\n")
    return blocks(b, narrow)


@fault("lines", "layout")
def all_on_one_line(b):
    return text(b, lambda t: t.replace("\n", ""))


@fault("lines", "layout")
def blanks_for_line_breaks(b):
    return text(b, lambda t: t.replace("\n", " ") + "\n")


# ---- what it is wrapped in ----

@fault("wrap", "wrap")
def escaped_newlines(b):
    return text(b, lambda t: t.replace("\n", "\\n") + "\n")


@fault("wrap", "wrap")
def escaped_crlf(b):
    return text(b, lambda t: t.replace("\n", "\\r\\n") + "\n")


@fault("wrap", "wrap")
def escaped_twice(b):
    return text(b, lambda t: t.replace("\n", "\\\\n") + "\n")


@fault("wrap", "wrap")
def json_string(b):
    return text(b, lambda t: '{"name": "www", "certificate": "' + t.replace("\n", "\\n").replace("/", "\\/") + '"}\n')


@fault("wrap", "wrap")
def yaml_block(b):
    return text(b, lambda t: "tls:\n  certificate: |\n" + "".join(f"    {line}\n" for line in t.splitlines()))


@fault("wrap", "wrap")
def quoted_mail(b):
    return lines(b, lambda line, i: "> " + line)


@fault("wrap", "wrap")
def diff(b):
    return lines(b, lambda line, i: "+" + line)


@fault("wrap", "wrap")
def quotation_marks(b):
    return text(b, lambda t: '"' + t.rstrip("\n") + '"\n')


@fault("wrap", "wrap")
def source_of_c(b):
    return lines(b, lambda line, i: f'    "{line}\\n"')


@fault("wrap", "wrap")
def source_of_java(b):
    return lines(b, lambda line, i: f'        "{line}\\n" +')


@fault("wrap", "wrap")
def line_continuations(b):
    return lines(b, lambda line, i: line + " \\")


@fault("wrap", "wrap")
def html_breaks(b):
    return text(b, lambda t: "<pre>" + t.replace("\n", "<br>\n") + "</pre>\n")


@fault("wrap", "wrap")
def xml_entities(b):
    return text(b, lambda t: "<cert>" + t.replace("+", "&#43;").replace("=", "&#x3D;").replace("/", "&#x2F;")
                .replace("\n", "&#10;") + "</cert>\n")


@fault("wrap", "wrap")
def line_numbers(b):
    return lines(b, lambda line, i: f"{i + 1:6}\t{line}")


@fault("wrap", "wrap")
def output_of_grep(b):
    return lines(b, lambda line, i: f"bundle.pem:{i + 1}:{line}")


@fault("wrap", "wrap")
def colours(b):
    return lines(b, lambda line, i: f"\x1b[32m{line}\x1b[0m")


# ---- how the text is encoded ----

@fault("encoding", "encoding")
def crlf(b):
    return text(b, lambda t: t.replace("\n", "\r\n"))


@fault("encoding", "encoding")
def cr_alone(b):
    return text(b, lambda t: t.replace("\n", "\r"))


@fault("encoding", "encoding")
def crcrlf(b):
    return text(b, lambda t: t.replace("\n", "\r\r\n"))


@fault("encoding", "encoding")
def byte_order_mark(b):
    return replace(b, raw=b"\xef\xbb\xbf" + b.bytes())


@fault("encoding", "encoding")
def byte_order_marks_inside(b):
    return text(b, lambda t: t.replace("-----BEGIN", "\ufeff-----BEGIN"))


@fault("encoding", "encoding")
def utf16(b):
    return replace(b, raw=b.text.encode("utf-16"))


@fault("encoding", "encoding")
def utf16_big_endian(b):
    return replace(b, raw=b"\xfe\xff" + b.text.encode("utf-16-be"))


@fault("encoding", "encoding")
def utf16_without_mark(b):
    return replace(b, raw=b.text.encode("utf-16-le"))


@fault("encoding", "encoding")
def utf32(b):
    return replace(b, raw=b.text.encode("utf-32"))


@fault("encoding", "encoding")
def percent_encoded(b):
    def encode(t):
        for char in "%\n+/= ":
            t = t.replace(char, f"%{ord(char):02X}")
        return t
    return text(b, lambda t: "cert=" + encode(t))


@fault("encoding", "encoding")
def form_encoded(b):
    def encode(t):
        for char in "%\n+/=":
            t = t.replace(char, f"%{ord(char):02X}")
        return t.replace(" ", "+")
    return text(b, lambda t: "cert=" + encode(t) + "&submit=1")


@fault("encoding", "encoding")
def quoted_printable(b):
    return replace(b, raw=quopri.encodestring(b.bytes()))


@fault("encoding", "encoding")
def base64_of_it_all(b):
    return replace(b, raw=base64.b64encode(b.bytes()))


@fault("encoding", "encoding")
def kubernetes_secret(b):
    return replace(b, raw=b"apiVersion: v1\nkind: Secret\ndata:\n  tls.crt: " + base64.b64encode(b.bytes()) +
                   b"\ntype: kubernetes.io/tls\n")


@fault("encoding", "encoding")
def zero_bytes_behind(b):
    return replace(b, raw=b.bytes() + bytes(100))


@fault("encoding", "encoding")
def end_of_file_mark(b):
    return replace(b, raw=b.bytes() + b"\x1a")


@fault("encoding", "encoding")
def no_final_newline(b):
    return text(b, lambda t: t.rstrip("\n"))


# ---- files of another kind ----

@fault("kind", "kind", alone=True, lost=True)
def der_of_the_leaf(b):
    return replace(b, raw=pki.der(b.certs[0]))


@fault("kind", "kind", alone=True)
def der_of_all(b):
    return replace(b, raw=b"".join(map(pki.der, b.certs)))


@fault("kind", "kind", alone=True)
def pkcs7_der(b):
    return replace(b, raw=pkcs7.serialize_certificates(b.certs, DER))


@fault("kind", "kind", alone=True)
def pkcs7_pem(b):
    return replace(b, raw=pkcs7.serialize_certificates(b.certs, PEM))


@fault("kind", "kind", alone=True)
def pkcs12_without_password(b):
    return replace(b, raw=pkcs12.serialize_key_and_certificates(
        b"www", b.key, b.chain[0], [c for c in b.certs if c != b.chain[0]], serialization.NoEncryption()))


@fault("kind", "kind", alone=True)
def xml_metadata(b):
    inside = "".join("<ds:X509Certificate>\n" + base64.encodebytes(pki.der(c)).decode() + "</ds:X509Certificate>\n"
                     for c in b.certs)
    return replace(b, raw=f'<?xml version="1.0"?>\n<EntityDescriptor>\n{inside}</EntityDescriptor>\n'.encode())


@fault("kind", "kind", alone=True, nothing=True)
def request_instead(b):
    request = x509.CertificateSigningRequestBuilder().subject_name(b.chain[0].subject) \
        .sign(b.key, hashes.SHA256())
    return replace(b, raw=request.public_bytes(PEM))


@fault("kind", "kind", alone=True, nothing=True)
def key_instead(b):
    return replace(b, raw=b.key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


@fault("kind", "kind", alone=True, nothing=True)
def html_page(b):
    return replace(b, raw=b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head></html>\n")


@fault("kind", "kind", alone=True, nothing=True)
def empty_file(b):
    return replace(b, raw=b"")


@fault("kind", "kind", alone=True, nothing=True)
def public_key_instead(b):
    return replace(b, raw=b.key.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo))


def mangle(faults, start=None):
    """The faults in the order of their stages, on a fresh bundle."""
    bundle = start or family()
    bundle.certs = list(bundle.chain)
    written = False
    for one in sorted(faults, key=lambda f: STAGES.index(f.stage)):
        if one.stage != "certificates" and not written:
            bundle, written = write(bundle), True
        bundle = one.apply(bundle)
    return bundle if written else write(bundle)


def combination(random, most=4):
    """Up to `most` faults, at most one of each group; a file of another kind is mangled no further."""
    chosen = []
    for one in random.sample(FAULTS, len(FAULTS)):
        if len(chosen) == most:
            break
        groups = {each.group for each in chosen}
        if one.group in groups or (one.alone and any(e.stage != "certificates" for e in chosen)) or \
                (one.stage != "certificates" and any(each.alone for each in chosen)):
            continue
        chosen.append(one)
    return chosen[:random.randint(2, most)]
