# SPDX-License-Identifier: Apache-2.0
"""Bundles that other tools make of real certificates: ours are the same, from a pool of all CA
certificates known to CCADB; without what clients have themselves."""
import datetime
import gzip
import http.server
import json
import re
import threading

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


# ---- all seven, written by `certwhy fix` ----

def key_of(pair):
    return f"{pair['input_name']} {pair['note']}"


def all_pairs():
    if not PAIRS.exists():
        return []
    return [pair for pair in map(json.loads, PAIRS.read_text().splitlines()) if pair["expected"]]


def fix(certwhy, pair, tmp_path, *options, ca=None, at=None):
    """Runs fix on the input of a pair, for clients that trust `ca` alone; returns what it wrote."""
    source, out = tmp_path / pair["input_name"], tmp_path / "out.pem"
    source.write_bytes(pair["input"].encode("latin-1"))
    trust = []
    if ca is not None:
        (tmp_path / "ca.pem").write_text(ca)
        trust = ["--only-ca", "--ca", tmp_path / "ca.pem"]
    if at is not None:
        trust += ["--at", at.strftime("%Y-%m-%dT%H:%M:%SZ")]
    run = certwhy("fix", source, "-o", out, *trust, *options)
    assert out.exists(), run
    return run, ders(out.read_text())


def test_there_are_seven():
    assert len(all_pairs()) == 7


@pytest.mark.parametrize("pair", [p for p in all_pairs() if p["note"].startswith("leaf->bundle")], ids=key_of)
def test_fix_writes_the_bundle(certwhy, pair, pool, tmp_path):
    """As a client judges it that has the root of the bundle, while the leaf was valid."""
    (leaf,), wanted = ders(pair["input"]), ders(pair["expected"])
    with_root = wanted[-1].issuer == wanted[-1].subject
    root = wanted[-1] if with_root else next(
        cert for cert in ders(ROOTS.read_text()) if cert.subject == wanted[-1].issuer == cert.issuer)
    pem = root.public_bytes(x509_encoding()).decode()
    at = leaf.not_valid_before + datetime.timedelta(days=30)
    run, written = fix(certwhy, pair, tmp_path, "--pool", pool, "--offline", "--client", "curl",
                       *(["--with-root"] if with_root else []), ca=pem, at=at)
    assert written == wanted, run


def x509_encoding():
    from cryptography.hazmat.primitives.serialization import Encoding
    return Encoding.PEM


def test_pkcs7_is_converted(certwhy, tmp_path):
    (pair,) = [p for p in all_pairs() if p["note"] == "PKCS#7 input"]
    run, written = fix(certwhy, pair, tmp_path)
    assert written == ders(pair["expected"])
    # it is in PEM now, which was one of the faults; a root stays no server's certificate
    assert b"it cures its finding, others remain" in run.err, run


@pytest.fixture
def aia_server():
    """Answers every request as a proxy with what its `content` is then, and counts."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "application/pkix-cert")
            self.send_header("Content-Length", str(len(self.server.content)))
            self.end_headers()
            self.wfile.write(self.server.content)

        def log_message(self, *_):
            pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.content = [], b""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_issuer_from_its_aia_address(certwhy, aia_server, tmp_path):
    """The intermediate's own issuer is nowhere: the bundle ends there, and nothing is asked for ever."""
    from cryptography.hazmat.primitives.serialization import Encoding
    (pair,) = [p for p in all_pairs() if p["note"] == "AIA loop"]
    leaf, intermediate = ders(pair["expected"])
    aia_server.content = intermediate.public_bytes(Encoding.DER)
    at = leaf.not_valid_before + datetime.timedelta(days=30)
    run, written = fix(certwhy, pair, tmp_path, "--proxy", f"http://127.0.0.1:{aia_server.server_port}",
                       "--allow-private-fetch", "--no-cache", at=at)
    assert written == [leaf, intermediate], run
    assert b"it cures its finding, others remain" in run.err, "nobody knows the root"
    assert 1 <= len(aia_server.asked) <= 3, aia_server.asked
    assert "self-issued-intermediate.crt" in aia_server.asked[0]
