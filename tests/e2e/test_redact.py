# SPDX-License-Identifier: Apache-2.0
"""--save --redact: the same verdict, and none of the names."""
import json
import pathlib
import re

import pytest

import pki
from conftest import run_program

CASES = pathlib.Path(__file__).resolve().parents[1] / "cases"
SCENARIOS = ["healthy-ecdsa", "missing-intermediate-pool", "private-root-sent", "name-mismatch", "expired-leaf",
             "flipped-signature", "wildcard-depth", "name-constraint", "cross-sign-expired", "wrong-order",
             "healthy-many-names", "healthy-ip-san", "key-mismatch", "healthy-idn"]


def essence(report):
    """What must stay: verdicts, rules, positions and counts; not the names in the words."""
    (target,) = report["targets"]
    return {"outcome": target["outcome"],
            "chain": [[c["position"], c["role"], c["serial"], c["not_after"], c["key"], c["origin"], len(c["dns_names"]),
                       len(c["ip_addresses"]), c["issued_by"]] for c in target["chain"]],
            "clients": [[c["client"], c["accepts"], c["code"], c["reasons"]] for c in target["clients"]],
            "findings": [[f["rule"], f["severity"], f["certificate"], f["cause"], f["clients"],
                          [x["id"] for x in f["fixes"]]] for f in target["findings"]]}


@pytest.fixture(scope="module")
def farm(lab):
    return lab(*SCENARIOS)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_verdict_stays_and_the_names_go(farm, scenario, tmp_path):
    plain, redacted = tmp_path / "plain.json", tmp_path / "redacted.json"
    farm.check(scenario, "--save", plain)
    farm.check(scenario, "--save", redacted, "--redact")
    before, after = (run_program("check", case, "--json") for case in (plain, redacted))
    assert before.status == after.status, f"{before}\n{after}"
    assert essence(before.json) == essence(after.json)
    again = run_program("check", redacted, "--json")
    assert again.out == after.out
    # the shape of all names stays, the words do not
    (old,), (new,) = before.json["targets"], after.json["targets"]
    for one, other in zip(old["chain"], new["chain"]):
        assert [len(name) for name in one["dns_names"]] == [len(name) for name in other["dns_names"]]
        assert one["sha256"] != other["sha256"]


SECRETS = ["payroll", "wintermute", "Tessier", "Ashpool", "GmbH", "neuromancer", "203.0.113.77", "cb00714d"]


def private_case(tmp_path, names):
    """A file of a company's own CA, whose names must not leave the house."""
    root = pki.certificate(pki.name("Tessier Ashpool Root", "Tessier-Ashpool GmbH"),
                           pki.name("Tessier Ashpool Root", "Tessier-Ashpool GmbH"), ca=True)
    leaf = pki.certificate(pki.name("payroll.wintermute.corp", "Tessier-Ashpool GmbH"), root.subject,
                           issuer_key=str(root.subject), names=names)
    folder = tmp_path / "neuromancer"
    folder.mkdir()
    path, ca = folder / "payroll.pem", folder / "tessier.pem"
    path.write_bytes(pki.pem(leaf, root))
    ca.write_bytes(pki.pem(root))
    return path, ca


@pytest.mark.parametrize("name", ["payroll.wintermute.corp", "other.wintermute.corp", "203.0.113.77"])
@pytest.mark.parametrize("trusted", [True, False])
def test_no_name_is_left(tmp_path, name, trusted):
    path, ca = private_case(tmp_path, ["payroll.wintermute.corp", "*.payroll.wintermute.corp"])
    trust = ["--ca", ca, "--only-ca"] if trusted else []
    plain, redacted = tmp_path / "plain.json", tmp_path / "redacted.json"
    for case, more in ((plain, []), (redacted, ["--redact"])):
        run_program("check", path, "--name", name, *trust, "--save", case, *more)
    before, after = (run_program("check", case, "--json") for case in (plain, redacted))
    assert essence(before.json) == essence(after.json)
    text = redacted.read_bytes()
    case = json.loads(text)
    import base64
    everything = text + b"".join(base64.b64decode(blob) for blob in case["blobs"]) + after.out
    for secret in SECRETS:
        assert not re.search(re.escape(secret.encode()), everything, re.I), secret
    assert bytes.fromhex("cb00714d") not in everything
    # two runs do not give the same words: nobody can try names until one fits
    other = tmp_path / "other.json"
    run_program("check", path, "--name", name, *trust, "--save", other, "--redact")
    assert json.loads(other.read_bytes())["target"]["name"] != case["target"]["name"] or name[0].isdigit()


def test_names_are_consistent(tmp_path):
    path, ca = private_case(tmp_path, ["payroll.wintermute.corp"])
    case = tmp_path / "case.json"
    run_program("check", path, "--name", "PAYROLL.wintermute.corp", "--ca", ca, "--only-ca", "--save", case, "--redact")
    report = run_program("check", case, "--json").json["targets"][0]
    leaf, root = report["chain"]
    assert report["name"].lower() == leaf["dns_names"][0].lower()
    assert leaf["subject"].split("CN=")[1].split(",")[0] == leaf["dns_names"][0]
    assert leaf["issuer"] == root["subject"] == root["issuer"]
    assert report["name"].endswith(".corp"), "the top-level domain stays"


def test_a_case_speaks_for_itself_alone(tmp_path):
    """What a case says of signatures must not be believed of anything else in the same run."""
    path, ca = private_case(tmp_path, ["payroll.wintermute.corp"])
    wrong = pki.certificate(pki.name("payroll.wintermute.corp"), pki.name("Tessier Ashpool Root", "Tessier-Ashpool GmbH"),
                            issuer_key="somebody else", names=["payroll.wintermute.corp"])
    bad = tmp_path / "bad.pem"
    bad.write_bytes(pki.pem(wrong))
    case = tmp_path / "case.json"
    options = ["--name", "payroll.wintermute.corp", "--ca", ca, "--only-ca"]
    run_program("check", bad, *options, "--save", case, "--redact")
    content = json.loads(case.read_text())
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    root = x509.load_pem_x509_certificate(ca.read_bytes())
    digest = hashes.Hash(hashes.SHA256())
    digest.update(root.public_key().public_bytes(serialization.Encoding.DER,
                                                 serialization.PublicFormat.SubjectPublicKeyInfo))
    content["signatures"].append({"key": digest.finalize().hex(), "result": 1,
                                  "object": wrong.fingerprint(hashes.SHA256()).hex()})
    case.write_text(json.dumps(content))
    alone = run_program("check", bad, *options, "--json").json["targets"][0]
    both = run_program("check", case, bad, *options, "--json").json["targets"][1]
    assert alone["outcome"] == both["outcome"] == "rejected"


def test_the_network_of_the_house_is_not_told(tmp_path):
    """Who was asked for the time, and for names."""
    case = json.loads((CASES / "clock-witnessed/case.json").read_text())
    case["clock"]["sntp_server"] = "time.wintermute.corp:123"
    case["clock"]["sntp_why"] = "time.wintermute.corp does not answer"
    case["resolvers"] = "198.51.100.53 (/etc/resolv.conf)"
    plain, redacted = tmp_path / "plain.json", tmp_path / "redacted.json"
    plain.write_text(json.dumps(case))
    before = run_program("check", plain, "--save", redacted, "--redact", "--json")
    assert redacted.exists(), before
    after = run_program("check", redacted, "--json")
    assert essence(before.json) == essence(after.json)
    for secret in (b"wintermute", b"198.51.100.53"):
        assert secret not in redacted.read_bytes() + after.out


@pytest.mark.parametrize("member", ["date", "sntp", "built", "at"])
@pytest.mark.parametrize("time", [2**63 - 1, -2**63 + 1, 253402300800])
def test_a_time_that_no_calendar_has_is_refused(tmp_path, member, time):
    case = json.loads((CASES / "clock-witnessed/case.json").read_text())
    case["observation" if member == "at" else "clock"][member] = time
    path = tmp_path / "case.json"
    path.write_text(json.dumps(case))
    run = run_program("check", path)
    assert run.status == 2 and b"there is no such time" in run.err, run


def test_redact_needs_save(tmp_path):
    run = run_program("check", "x", "--redact")
    assert run.status == 2 and b"--save FILE" in run.err
