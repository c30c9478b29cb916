# SPDX-License-Identifier: Apache-2.0
"""certwhy update-data: what it installs, and what a check makes of it."""
import base64
import datetime
import hashlib
import http.server
import json
import os
import threading

import pytest
from conftest import run_program
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import pki

ROOT = pki.certificate("Pool Root", "Pool Root", ca=True)
MIDDLE = pki.certificate("Pool Middle", "Pool Root", ca=True)
OTHER = pki.certificate("Pool Other", "Pool Root", ca=True)
LEAF = pki.certificate("leaf", "Pool Middle", names=["leaf.example"])


@pytest.fixture
def home(tmp_path):
    for name, *certs in (("root.pem", ROOT), ("middle.pem", MIDDLE), ("both.pem", MIDDLE, OTHER),
                         ("leaf.pem", LEAF)):
        (tmp_path / name).write_bytes(pki.pem(*certs))
    return tmp_path


def run(home, *arguments):
    return run_program(*arguments, cwd=home, env={"HOME": str(home), "XDG_DATA_HOME": ""})


def check(home, *arguments):
    return run(home, "check", "leaf.pem", "--only-ca", "--ca", "root.pem", "--name", "leaf.example", "--json",
               *arguments)


def proven(report):
    return [fix["id"] for finding in report.target["findings"] for fix in finding["fixes"] if fix["proven"]]


def test_the_missing_intermediate_is_in_the_pool(home):
    assert "server.send-chain" not in proven(check(home))
    update = run(home, "update-data", "--ccadb", "middle.pem")
    assert update.status == 0, update
    assert "1 certificates in" in update.text and "none before" in update.text
    report = check(home)
    assert "server.send-chain" in proven(report), report
    origins = [each["origin"] for each in report.target["chain"]]
    assert origins == ["file", "pool", "store"], report
    fixed = run(home, "fix", "leaf.pem", "--only-ca", "--ca", "root.pem", "--name", "leaf.example", "-o", "full.pem")
    assert (home / "full.pem").read_bytes().count(b"BEGIN") == 2, fixed


def test_what_changed_is_said(home):
    run(home, "update-data", "--ccadb", "middle.pem")
    os.utime(home / "both.pem", (1_790_000_000, 1_790_000_000))
    again = run(home, "update-data", "--ccadb", "both.pem")
    assert "before: 1 of 20" in again.text and "1 are new, 0 are gone" in again.text, again


def test_a_bad_file_changes_nothing(home):
    run(home, "update-data", "--ccadb", "middle.pem")
    pool = home / ".local/share/certwhy/pool"
    before = pool.read_bytes()
    for bad in ("leaf.pem", "root.pem", "missing.pem"):
        assert run(home, "update-data", "--ccadb", bad).status == 2
    (home / "rows.csv").write_text("CA Owner,Other\nA,B\n")
    assert run(home, "update-data", "--ccadb", "rows.csv").status == 2
    assert pool.read_bytes() == before


def test_a_damaged_pool_stops_nobody(home):
    run(home, "update-data", "--ccadb", "middle.pem")
    pool = home / ".local/share/certwhy/pool"
    pool.write_bytes(pool.read_bytes()[:40])
    assert check(home).status == 1
    assert run(home, "check", "leaf.pem", "--pool", str(pool)).status == 2


def test_a_case_replays_without_the_pool(home):
    run(home, "update-data", "--ccadb", "both.pem")
    first = check(home, "--save", "case.json")
    (home / ".local/share/certwhy/pool").unlink()
    again = run(home, "check", "case.json", "--json")
    assert again.target["findings"] == first.target["findings"]
    assert again.target["chain"] == first.target["chain"]


def test_root_is_another_machine(home):
    other = home / "other"
    (other / str(home)[1:]).mkdir(parents=True)
    (other / str(home)[1:] / "middle.pem").write_bytes(pki.pem(MIDDLE))
    update = run(home, "update-data", "--root", str(other), "--ccadb", f"{home}/middle.pem")
    assert update.status == 0, update
    assert (other / str(home)[1:] / ".local/share/certwhy/pool").exists()
    assert not (home / ".local").exists()


def test_nothing_is_done_without_being_told(home):
    state = run(home, "update-data")
    assert state.status == 0 and "pool of issuers: none" in state.text and "roots of Mozilla: data of 20" in state.text
    assert not (home / ".local").exists()


# ---- roots and logs: what a check makes of them ----

SCT_LIST = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")


def spki(label):
    return pki.key(label).public_key().public_bytes(serialization.Encoding.DER,
                                                    serialization.PublicFormat.SubjectPublicKeyInfo)


def leaf(serial, scts=None):
    builder = x509.CertificateBuilder().subject_name(pki.name("leaf")).issuer_name(pki.name("Pool Root")) \
        .public_key(pki.key("leaf").public_key()).serial_number(serial) \
        .not_valid_before(pki.NOW - datetime.timedelta(days=2)).not_valid_after(pki.NOW + datetime.timedelta(days=60)) \
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("leaf.example")]), critical=False) \
        .add_extension(x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False) \
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(pki.key("Pool Root").public_key()),
                       critical=False)
    if scts is not None:
        body = b"".join(len(sct).to_bytes(2, "big") + sct for sct in scts)
        body = len(body).to_bytes(2, "big") + body
        value = b"\x04" + (b"\x81" if len(body) > 127 else b"") + bytes([len(body)]) + body
        builder = builder.add_extension(x509.UnrecognizedExtension(SCT_LIST, value), critical=False)
    return builder.sign(pki.key("Pool Root"), hashes.SHA256())


def sct(log, cert):
    """RFC 6962 section 3.2: over the certificate as it was before it held timestamps."""
    stamp = int((pki.NOW - datetime.timedelta(days=1)).replace(tzinfo=datetime.timezone.utc).timestamp() * 1000)
    tbs = cert.tbs_certificate_bytes
    signed = b"\0\0" + stamp.to_bytes(8, "big") + b"\0\1" + hashlib.sha256(spki("Pool Root")).digest() + \
        len(tbs).to_bytes(3, "big") + tbs + b"\0\0"
    signature = pki.key(log).sign(signed, ec.ECDSA(hashes.SHA256()))
    return b"\0" + hashlib.sha256(spki(log)).digest() + stamp.to_bytes(8, "big") + b"\0\0\4\3" + \
        len(signature).to_bytes(2, "big") + signature


def log_list(*operators):
    day = pki.NOW.strftime("%Y-%m-%dT00:00:00Z")
    return json.dumps({"version": "1.0", "log_list_timestamp": day, "operators": [
        {"name": name, "logs": [{"description": f"{name}'s log", "key": base64.b64encode(spki(name)).decode(),
                                 "state": {"usable": {"timestamp": "2026-01-01T00:00:00Z"}}}]}
        for name in operators]})


@pytest.fixture
def public(home):
    """The test's root as one of Mozilla's and Chrome's, and two logs."""
    (home / "logs.json").write_text(log_list("Alpha", "Beta"))
    update = run(home, "update-data", "--roots", "mozilla=root.pem", "--roots", "Chrome=root.pem", "--ct", "logs.json")
    assert update.status == 0, update
    assert "roots of Chrome: 1 in" in update.text and "transparency logs: 2 in" in update.text
    bare = leaf(4711)
    (home / "bare.pem").write_bytes(pki.pem(bare))
    (home / "one.pem").write_bytes(pki.pem(leaf(4711, [sct("Alpha", bare)])))
    (home / "good.pem").write_bytes(pki.pem(leaf(4711, [sct("Alpha", bare), sct("Beta", bare)])))
    return home


def judged(home, file, *arguments):
    return run(home, "check", file, "--ca", "root.pem", "--only-ca", "--name", "leaf.example", "--json", "--offline",
               "--client", "chromium,firefox,curl@7.88", *arguments)


def verdicts(report):
    return {client["client"]: client for client in report.target["clients"]}


def test_timestamps_of_public_certificates(public):
    good = judged(public, "good.pem")
    assert good.status == 0, good
    for file, rule in (("bare.pem", "ct.missing-sct"), ("one.pem", "ct.too-few")):
        report = judged(public, file)
        assert report.status == 1 and rule in report.rules, report
        clients = verdicts(report)
        assert "ERR_CERTIFICATE_TRANSPARENCY_REQUIRED" in clients["chromium@156"]["message"]
        assert "INSUFFICIENT_CERTIFICATE_TRANSPARENCY" in clients["firefox@153"]["message"]
        assert clients["curl@7.88"]["accepts"] is True
        (finding,) = [each for each in report.target["findings"] if each["rule"] == rule]
        assert pki.NOW.strftime("%Y-%m-%d") in finding["detail"]


def test_private_certificates_need_none(home):
    (home / "bare.pem").write_bytes(pki.pem(leaf(4711)))
    report = judged(home, "bare.pem")
    assert report.status == 0 and not [rule for rule in report.rules if rule.startswith("ct.")], report


def test_a_case_holds_what_it_was_judged_by(public):
    first = judged(public, "one.pem", "--save", "case.json")
    for name in ("ct-logs.tsv", "roots.tsv"):
        (public / ".local/share/certwhy" / name).unlink()
    again = run(public, "check", "case.json", "--json", "--client", "chromium,firefox,curl@7.88")
    for part in ("findings", "clients", "chain"):
        assert again.target[part] == first.target[part]


def test_a_distrusted_root(public):
    table = public / ".local/share/certwhy/roots.tsv"
    digest = ROOT.fingerprint(hashes.SHA256()).hex()
    lines = [line.split("\t") for line in table.read_text().splitlines()]
    for line in lines:
        if line[0] == digest:
            line[5] = "m=2026-01-31,c=2026-01-31"
    table.write_text("\n".join("\t".join(line) for line in lines) + "\n")
    report = judged(public, "good.pem")
    assert "trust.distrusted" in report.rules, report
    assert "ISSUER_NO_LONGER_TRUSTED" in verdicts(report)["firefox@153"]["message"]
    assert verdicts(report)["curl@7.88"]["accepts"] is True


def test_bad_tables_change_nothing(public):
    folder = public / ".local/share/certwhy"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    (public / "bad.json").write_text('{"operators": 3}')
    (public / "empty").write_text("")
    for arguments in (["--ct", "bad.json"], ["--ct", "empty"], ["--roots", "mozilla=bad.json"],
                      ["--roots", "nobody=root.pem"], ["--roots", "root.pem"]):
        assert run(public, "update-data", *arguments).status == 2, arguments
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_damaged_tables_stop_nobody(public):
    folder = public / ".local/share/certwhy"
    for damage in (b"", b"\0" * 100, b"@\tx\n", b"\xff\t" * 50):
        for name in ("ct-logs.tsv", "roots.tsv"):
            (folder / name).write_bytes(damage)
        assert judged(public, "good.pem").status in (0, 1)


def test_a_table_is_fetched_from_its_url(public):
    class Logs(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(log_list("Gamma").encode())

        def log_message(self, *_):
            pass
    with http.server.HTTPServer(("127.0.0.1", 0), Logs) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/log_list.json"
        refused = run(public, "update-data", "--ct", url)
        assert refused.status == 2 and b"private" in refused.err, refused
        taken = run(public, "update-data", "--ct", url, "--allow-private-fetch")
        server.shutdown()
    assert "1 are new, 2 are gone" in taken.text, taken


def test_public_suffixes(home):
    wild = pki.certificate("wild", "Pool Root", names=["*.gov.zz"])
    (home / "wild.pem").write_bytes(pki.pem(wild))
    (home / "list.dat").write_text("// ===BEGIN ICANN DOMAINS===\nzz\ngov.zz\n// ===END ICANN DOMAINS===\n")

    def covered():
        report = run(home, "check", "wild.pem", "--ca", "root.pem", "--only-ca", "--name", "a.gov.zz", "--json",
                     "--offline", "--client", "chromium,curl@7.88", "--save", "case.json")
        assert "name.trailing-dot" not in report.rules
        return {name: client["accepts"] for name, client in verdicts(report).items()}
    assert covered() == {"chromium@156": True, "curl@7.88": True}
    update = run(home, "update-data", "--psl", "list.dat")
    assert "public suffixes: 2 of registries" in update.text, update
    assert covered() == {"chromium@156": False, "curl@7.88": True}
    (home / ".local/share/certwhy/public_suffix_list.dat").unlink()
    again = run(home, "check", "case.json", "--json", "--client", "chromium,curl@7.88")
    assert verdicts(again)["chromium@156"]["accepts"] is False
    assert run(home, "update-data", "--psl", "root.pem").status == 2
