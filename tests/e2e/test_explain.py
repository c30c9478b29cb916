# SPDX-License-Identifier: Apache-2.0
"""certwhy explain MESSAGE: what clients say, as it stands in logs, and what it can mean."""
import json
import os
import random
import re
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent.parent
SHARED = TOP.parent / "shared" / "research" / "client-errors.tsv"
VALUES = {"h": "www.example.org", "ip": "192.0.2.7", "p": "8443", "n": "997", "port": "8443", "cn": "old.example.org",
          "f": "/etc/ssl/own.pem", "path": "/etc/ssl/own.pem", "u": "/simple/x/", "url": "https://www.example.org/x/",
          "a": "example.org", "b": "mail.example.org", "t": "2026-11-21T12:00:00Z", "t2": "2026-10-01T00:00:00Z",
          "dn": "CN=Some CA,O=Example", "v": "3.0.22", "reg": "registry.example.org", "alg": "SHA1withRSA",
          "mx": "mx.example.org", "vhost": "www.example.org", "name": "www.example.org", "k": "/etc/ssl/own.key",
          "key": "/etc/ssl/own.key", "c": "/etc/ssl/own.pem", "list": "192.0.2.1", "x": "serverAuth", "y": "clientAuth",
          "d": "serverAuth", "s": "web1", "f|none": "none", "..": "4A2B", "reason": "certificate has expired",
          "openssl reason": "certificate has expired", "issuer dn": "CN=Some CA"}


def causes():
    rows = [line.split("\t") for line in (TOP / "data" / "causes.tsv").read_text().splitlines() if line[0] != "#"]
    return {code: rules.split() for code, rules in rows}


def errors():
    """(id, client, one of its wordings, codes of its causes) of the research table."""
    if not SHARED.exists():
        return []
    rows = []
    for line in SHARED.read_text().splitlines()[1:]:
        ident, client, verbatim, _, _, codes, *_ = line.split("\t")
        known = [code for code in re.findall(r"\b[A-Z]{2}\b", codes) if code in causes()]
        for wording in re.split(r"\s{2,}\|\s{2,}", re.sub(r"\(<=1\.1\.1[^)]*\)", "", verbatim)):
            text = re.sub(r"<([^<>]+)>", lambda m: VALUES.get(m[1], m[1]), wording.strip())
            rows.append((ident, client, text, known))
    return rows


def explained(certwhy, text):
    return certwhy("explain", "-", "--json", input=text.encode()).json["matches"]


def rules_of(matches):
    return {cause["rule"] for match in matches for cause in match["causes"]}


needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="../shared is not there")


@needs_shared
@pytest.mark.parametrize("ident, client, text, codes", errors())
def test_every_known_error_is_explained(certwhy, ident, client, text, codes):
    matches = explained(certwhy, text)
    assert matches or not codes, f"{ident}: nothing is recognised in {text!r}"
    words = set(re.findall(r"[a-z]+", client.lower()))
    if codes:
        named = [m for m in matches if words & set(re.findall(r"[a-z]+", m["client"].lower()))]
        assert named, f"{ident}: {client} is not among {[m['client'] for m in matches]}"
    table = causes()
    missing = [code for code in codes if not set(table[code]) & rules_of(matches)]
    assert not missing, f"{ident}: {missing} are no causes of {text!r}: {sorted(rules_of(matches))}"


# ---- the same text as logs show it ----

def wrapped_at(text, columns):
    return "\n".join(text[i:i + columns] for i in range(0, len(text), columns))


DISGUISES = {
    "wrapped": lambda text: wrapped_at(text, 37),
    "boxed": lambda text: "\n".join("│ " + line + " │" for line in wrapped_at(text, 50).split("\n")),
    "json": lambda text: json.dumps({"level": "error", "msg": f"upstream: {text}"}),
    "json-in-json": lambda text: json.dumps({"log": json.dumps({"err": text}) + "\n"}),
    "coloured": lambda text: " ".join(f"\x1b[31m{word}\x1b[0m" for word in text.split(" ")),
    "html": lambda text: text.replace("&", "&amp;").replace('"', "&quot;").replace("'", "&#39;").replace("<", "&lt;"),
    "dashes": lambda text: text.replace("-", "\u2010").replace("'", "\u2019"),
    "syslog": lambda text: f"Nov 21 12:00:00 web1 app[4711]: {text}",
}


@needs_shared
@pytest.mark.parametrize("name", DISGUISES)
def test_disguised_messages_are_recognised(certwhy, name):
    lost = []
    for ident, _, text, codes in errors():
        if not codes or text.startswith("-"):
            continue
        rules = rules_of(explained(certwhy, DISGUISES[name](text)))
        if not all(set(causes()[code]) & rules for code in codes):
            lost.append((ident, text))
    assert len(lost) <= len(errors()) // 100, lost
