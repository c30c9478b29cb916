# SPDX-License-Identifier: Apache-2.0
"""Bundles that other tools make of real certificates: ours are the same, from a pool of all CA
certificates known to CCADB; without what clients have themselves."""
import datetime
import gzip
import json
import re

import pytest
from cryptography import x509

from conftest import TOP

SHARED = TOP.parent / "shared"
PAIRS = SHARED / "conformance/repair_pairs.jsonl"
POOL = SHARED / "pki-data/ccadb_ca_certificates.pem.gz"
ROOTS = SHARED / "pki-data/historic_union.pem"

pytestmark = pytest.mark.skipif(not (PAIRS.exists() and POOL.exists() and ROOTS.exists()),
                                reason="the corpora are not beside the project")


def blocks(text):
    return re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", text, re.S)


def ders(text):
    return [x509.load_pem_x509_certificate(block.encode()) for block in blocks(text)]


@pytest.fixture(scope="module")
def pairs():
    found = [json.loads(line) for line in PAIRS.read_text().splitlines()]
    return {pair["input_name"]: pair for pair in found if pair["note"].startswith("leaf->bundle") and
            "root" not in pair["note"]}


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    path = tmp_path_factory.mktemp("pool") / "ccadb.pem"
    path.write_bytes(gzip.decompress(POOL.read_bytes()))
    return path


@pytest.mark.parametrize("name", ["comodo.crt", "godaddy.crt", "zedat.crt"])
def test_bundle(certwhy, pairs, pool, tmp_path, name):
    pair = pairs[name]
    (leaf,) = ders(pair["input"])
    at = leaf.not_valid_before + datetime.timedelta(days=30)
    file = tmp_path / "leaf.pem"
    file.write_text(pair["input"])
    run = certwhy("check", file, "--pool", pool, "--ca", ROOTS, "--only-ca", "--at",
                  at.strftime("%Y-%m-%dT%H:%M:%SZ"), "--json")
    fix = run.target["findings"][0]["fixes"][0]
    assert fix["id"] == "server.send-chain"
    assert fix["proven"]["accepted_by"] and not fix["proven"]["rejected_by"]
    bundle = ders(fix["files"][0]["content"])
    wanted = ders(pair["expected"])
    # a bundle may go on above a root that this store has by itself: that part is superfluous
    assert bundle == wanted[:len(bundle)]
    roots = set(ders(ROOTS.read_text()))
    assert len(bundle) == len(wanted) or any(root.subject == bundle[-1].issuer for root in roots)
    assert all(not root.subject == root.issuer for root in bundle)
