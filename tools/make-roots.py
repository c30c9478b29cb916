#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make-roots.py PKI-DATA OUTPUT: which root certificate stands in which root programme.

Reads root_stores.json and the PEM files beside it, and writes facts alone: fingerprints, names,
programmes and dates, as data/roots/roots.tsv. Run it when there is newer data; what a column
means stands in data/roots/README.md. Only Python's standard library is used."""
import base64
import hashlib
import json
import pathlib
import re
import sys

# Letter, key in root_stores.json (a prefix: the newest of that name counts), whether a row trusts
# the root for TLS servers, and from where its date comes.
SERVER_AUTH = "1.3.6.1.5.5.7.3.1"
NAME_BYTES = 60


def microsoft_trusts(root):
    """Its purposes are listed; two dates (no new certificates, then disabled) mean that it left."""
    purposes = root.get("ev_oids", [])
    return (not purposes or SERVER_AUTH in purposes) and len(root.get("sct_or_notbefore_until", [])) < 2


def first_date(root):
    dates = root.get("sct_or_notbefore_until", [])
    return dates[0][:10] if dates else None


def mozilla_date(root):
    text = root.get("server_distrust_after")
    return f"20{text[:2]}-{text[2:4]}-{text[4:6]}" if text else None


PROGRAMMES = [
    ("m", "mozilla_nss", "Mozilla", lambda root: True, mozilla_date),
    ("c", "chrome", "Chrome", lambda root: True, first_date),
    ("a", "apple", "Apple", lambda root: SERVER_AUTH in root["purpose_oids"], lambda root: None),
    ("w", "microsoft", "Microsoft", microsoft_trusts, first_date),
    ("j", "java", "Java", lambda root: True, lambda root: None),
    ("d", "android", "Android", lambda root: True, lambda root: None),
]


def element(der, at):
    """(tag, content start, end) of the DER element at `at`."""
    tag, length, at = der[at], der[at + 1], at + 2
    if length & 0x80:
        octets = length & 0x7F
        length, at = int.from_bytes(der[at:at + octets], "big"), at + octets
    return tag, at, at + length


def children(der, start, end):
    while start < end:
        tag, content, stop = element(der, start)
        yield tag, start, content, stop
        start = stop


def text_of(tag, raw):
    return raw.decode({0x1E: "utf-16-be", 0x14: "latin-1", 0x1C: "utf-32-be"}.get(tag, "utf-8"), "replace")


def name_of(der, start, end):
    """CN, else OU, else O: what people call the root by."""
    found = {}
    for _, _, set_start, set_end in children(der, start, end):
        for _, _, pair, _ in children(der, set_start, set_end):
            _, oid_start, oid_end = element(der, pair)
            tag, value, value_end = element(der, oid_end)
            found.setdefault(der[oid_start:oid_end], text_of(tag, der[value:value_end]))
    for oid in (b"\x55\x04\x03", b"\x55\x04\x0b", b"\x55\x04\x0a"):
        if found.get(oid):
            text = re.sub(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+", " ", found[oid])
            return " ".join(text.split()).encode()[:NAME_BYTES].decode("utf-8", "ignore")
    return "(unnamed)"


def time_of(tag, raw):
    text = raw.decode()
    if tag == 0x17:
        text = ("19" if int(text[:2]) >= 50 else "20") + text
    return f"{text[:4]}-{text[4:6]}-{text[6:8]}"


def certificate(der):
    """(name, first 8 octets of the subject's SHA-256, not before, not after)"""
    _, tbs, _ = element(der, 0)
    _, start, end = element(der, tbs)
    fields = [field for field in children(der, start, end) if field[0] != 0xA0]
    _, _, validity, validity_end = fields[3]
    before, after = [time_of(tag, der[a:b]) for tag, _, a, b in children(der, validity, validity_end)]
    _, whole, content, stop = fields[4]
    return name_of(der, content, stop), hashlib.sha256(der[whole:stop]).hexdigest()[:16], before, after


def certificates(folder):
    found = {}
    for path in sorted(folder.glob("*.pem")):
        for block in re.findall(r"-----BEGIN CERTIFICATE-----(.*?)-----END", path.read_text(errors="replace"), re.S):
            der = base64.b64decode(block)
            found.setdefault(hashlib.sha256(der).hexdigest(), certificate(der))
    return found


def newest(stores, prefix):
    return stores[max(key for key in stores if key.startswith(prefix))]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    stores = json.loads((folder / "root_stores.json").read_text())
    known = certificates(folder)
    letters, dates = {}, {}
    lines = ["# SPDX-License-Identifier: CC0-1.0", "# Written by tools/make-roots.py: facts, see README.md.",
             "# sha256\tsubject\tnot before\tnot after\tprogrammes\tuntil\tname"]
    for letter, prefix, title, trusts, date in PROGRAMMES:
        store = newest(stores, prefix)
        lines.append(f"@{letter}\t{title}\t{store['date']}\t{store['source']}")
        for root in filter(trusts, store["roots"]):
            letters[root["sha256"]] = letters.get(root["sha256"], "") + letter
            if date(root):
                dates.setdefault(root["sha256"], []).append(f"{letter}={date(root)}")
    missing = set(letters) - set(known)
    if missing:
        sys.exit(f"no certificate for {missing}")
    for digest, (name, subject, before, after) in sorted(known.items()):
        programmes = letters.get(digest, "-")
        if programmes == "-" and after < "2015":
            continue  # nobody meets it any more
        lines.append("\t".join([digest, subject, before, after, programmes,
                                ",".join(dates.get(digest, [])) or "-", name]))
    pathlib.Path(sys.argv[2]).write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(lines)} lines, {sum(1 for d in known if d in letters)} roots in a programme")


if __name__ == "__main__":
    main()
