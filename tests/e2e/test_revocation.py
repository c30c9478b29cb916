# SPDX-License-Identifier: Apache-2.0
"""Issuers, CRLs and OCSP responses: what the lab serves, looked at by openssl, curl and gnutls; what
certwhy makes of it; the same from openssl's own CA and responder; and fetches that must not happen."""
import base64
import datetime
import re
import shutil
import subprocess
import urllib.parse
from pathlib import Path

import pytest

from conftest import SLOWER, run_program
from openssl_ca import Ca, Web

NEEDS = {name: pytest.mark.skipif(not shutil.which(name), reason=f"no {name} here")
         for name in ("curl", "gnutls-cli", "java")}
CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", re.S)


def run(*command, input=b"", timeout=30):
    done = subprocess.run(command, input=input, capture_output=True, timeout=timeout)
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


def openssl(*arguments, **options):
    return run("openssl", *arguments, **options)


@pytest.fixture(scope="module")
def scenarios(certwhy):
    return {entry["scenario"]: entry for entry in certwhy("lab", "list", "--json").json}


@pytest.fixture(scope="module")
def farm(lab, scenarios):
    """Every scenario whose certificates point somewhere that answers."""
    return lab(*[name for name, entry in scenarios.items() if entry["live"]])


class Site:
    """What the certificates of one running scenario point to."""

    def __init__(self, server, directory):
        self.files = Path(server["ca_file"]).parent
        self.ca = self.files / "ca.pem"
        self.chain = self.files / "chain.pem"
        self.server = server
        self.certificates = []
        for i, pem in enumerate(CERTIFICATE.findall(self.chain.read_text())):
            self.certificates.append(directory / f"{i}.pem")
            self.certificates[-1].write_text(pem)

    def url(self, pattern, certificate=0):
        """The address in a certificate that ends so."""
        _, text = openssl("x509", "-in", self.certificates[certificate], "-noout", "-text")
        (found,) = set(re.findall(rf"URI:(\S*{pattern}\S*)", text))
        return found

    def pem_crl(self, name):
        """A CRL of its directory as PEM, next to the certificates."""
        path = self.certificates[0].parent / f"{name}.pem"
        status, text = openssl("crl", "-inform", "DER", "-in", self.files / name, "-out", path)
        assert status == 0, text
        return path

    def verify(self, *arguments):
        return openssl("verify", "-CAfile", self.ca, "-no-CApath", "-no-CAstore", "-untrusted",
                       self.chain, *arguments, self.certificates[0])

    def ask(self, *arguments, issuer=1):
        """openssl asks the responder that the leaf names, and says what it makes of the answer."""
        return openssl("ocsp", "-issuer", self.certificates[issuer], "-cert",
                       self.certificates[issuer - 1], "-url", self.url(r"\.ocsp", issuer - 1),
                       "-CAfile", self.ca, "-verify_other", self.chain, *arguments)


@pytest.fixture
def site(farm, tmp_path):
    return lambda scenario: Site(farm[scenario], tmp_path)


def fetch(url, *arguments):
    """curl's status, bytes and words."""
    done = subprocess.run(["curl", "-sS", "--noproxy", "*", "-m", "3", *arguments, "-w", "%{stderr}%{http_code}", url],
                          capture_output=True, timeout=30)
    words = done.stderr.decode()
    return int(words[-3:]), done.stdout, done.returncode


# ---- the lab: issuers ----

@NEEDS["curl"]
def test_an_issuer_is_served(site):
    one = site("aia-der")
    status, body, _ = fetch(one.url(r"\.cer"))
    assert status == 200 and body == (one.files / "1.cer").read_bytes()
    code, pem = openssl("x509", "-inform", "DER", input=body)
    issuer = one.certificates[0].parent / "issuer.pem"
    issuer.write_text(pem)
    assert code == 0 and one.verify("-untrusted", issuer)[0] == 0


@NEEDS["curl"]
def test_an_issuer_comes_in_other_forms(site):
    _, body, _ = fetch(site("aia-pem").url(r"\.cer"))
    assert openssl("x509", input=body)[0] == 0
    status, text = openssl("pkcs7", "-inform", "DER", "-print_certs", "-noout",
                           input=fetch(site("aia-pkcs7").url(r"\.p7c"))[1])
    assert status == 0 and "Unrelated Issuing CA" in text and "Certwhy Lab Issuing CA R1" in text
    _, body, _ = fetch(site("aia-wrong-issuer").url(r"\.cer"))
    assert "Unrelated" in openssl("x509", "-inform", "DER", "-noout", "-subject", input=body)[1]


@NEEDS["curl"]
@pytest.mark.parametrize("scenario, status, curl_says", [
    ("aia-404", 404, 0), ("aia-html", 200, 0), ("aia-without-end", 200, 28), ("aia-slow", 200, 28),
    ("aia-silent", 0, 28), ("aia-redirect-loop", 302, 47), ("aia-redirect-scheme", 302, 1)])
def test_a_fetch_fails_as_planned(site, scenario, status, curl_says):
    url = site(scenario).url(r"\.cer")
    found, body, code = fetch(url, "-L", "--max-redirs", "5", "-m", "2")
    assert (found, code) == (status, curl_says)
    assert {"aia-html": b"<!DOCTYPE html>" in body, "aia-without-end": len(body) > 1 << 20,
            "aia-slow": 1 <= len(body) < 10}.get(scenario, True)


@NEEDS["curl"]
def test_an_issuer_is_in_a_directory(site):
    one = site("aia-ldap")
    url = one.url("ldap:")
    _, body, code = fetch(url)
    if code == 1:
        pytest.skip("this curl speaks no LDAP")
    (value,) = re.findall(rb"cACertificate;binary:: (\S+)", body)
    assert base64.b64decode(value) == (one.files / "1.cer").read_bytes()


# ---- the lab: CRLs ----

def test_crls_of_healthy_servers_are_good(site):
    for scenario in ("healthy-crl", "healthy-crl-partition", "healthy-crl-delta"):
        one = site(scenario)
        crls = [one.pem_crl(name) for name in ("1.crl", "R.crl")]
        more = []
        if scenario.endswith("delta"):
            with crls[0].open("a") as pem:
                pem.write(one.pem_crl("1-delta.crl").read_text())
            more = ["-use_deltas"]
        status, text = one.verify("-crl_check_all", *more, "-CRLfile", crls[0], "-CRLfile", crls[1])
        assert status == 0, text


@NEEDS["curl"]
def test_a_crl_is_where_the_certificate_says(site):
    one = site("healthy-crl-delta")
    assert fetch(one.url(r"/1\.crl"))[1] == (one.files / "1.crl").read_bytes()
    assert fetch(one.url(r"-delta\.crl"))[1] == (one.files / "1-delta.crl").read_bytes()
    assert fetch(one.url(r"/R\.crl", 1))[1] == (one.files / "R.crl").read_bytes()


# ---- the lab: OCSP ----

@pytest.mark.parametrize("scenario", ["healthy-ocsp", "healthy-ocsp-by-key", "healthy-ocsp-delegated"])
def test_responders_of_healthy_servers_say_good(site, scenario):
    status, text = site(scenario).ask("-resp_text")
    assert status == 0 and "Response verify OK" in text and "0.pem: good" in text
    assert ("no nonce in response" in text) == (scenario == "healthy-ocsp-by-key")
    by_key = re.search(r"Responder Id: [0-9A-F]{40}$", text, re.M)
    assert bool(by_key) == (scenario == "healthy-ocsp-by-key")


@NEEDS["curl"]
def test_a_responder_is_asked_by_get_too(site, tmp_path):
    """RFC 6960 appendix A.1."""
    one = site("healthy-ocsp")
    request = tmp_path / "request"
    assert openssl("ocsp", "-issuer", one.certificates[1], "-cert", one.certificates[0], "-no_nonce",
                   "-reqout", request)[0] == 0
    path = urllib.parse.quote(base64.b64encode(request.read_bytes()), safe="")
    status, body, _ = fetch(one.url(r"\.ocsp") + "/" + path)
    (tmp_path / "response").write_bytes(body)
    _, text = openssl("ocsp", "-respin", tmp_path / "response", "-reqin", request, "-CAfile", one.ca,
                      "-verify_other", one.chain, "-no_nonce", "-issuer", one.certificates[1], "-cert",
                      one.certificates[0])
    assert status == 200 and "Response verify OK" in text and "0.pem: good" in text


@NEEDS["curl"]
@pytest.mark.parametrize("body", [b"", b"nonsense", b"0\x84\xff\xff\xff\xff"])
def test_a_responder_refuses_what_is_no_request(site, body, tmp_path):
    (tmp_path / "request").write_bytes(body)
    _, answer, _ = fetch(site("healthy-ocsp").url(r"\.ocsp"), "--data-binary", f"@{tmp_path}/request")
    assert answer == bytes.fromhex("30030a0101")  # malformedRequest


def stapled(server, *arguments):
    _, text = openssl("s_client", "-connect", server["address"], "-servername", server["name"],
                      "-status", "-CAfile", server["ca_file"], *arguments)
    return text


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_response_is_stapled(farm, version):
    text = stapled(farm["healthy-staple"], version)
    assert "OCSP Response Status: successful" in text and "Cert Status: good" in text
    assert "OCSP response: no response sent" in stapled(farm["healthy-ocsp"], version)


@NEEDS["gnutls-cli"]
def test_gnutls_takes_the_staple(farm):
    server = farm["healthy-must-staple"]
    host, port = server["address"].rsplit(":", 1)
    status, text = run("gnutls-cli", "--x509cafile", server["ca_file"], "--sni-hostname", server["name"],
                       "--verify-hostname", server["name"], "-p", port, host)
    assert status == 0 and "The certificate is trusted" in text and "OCSP status request" in text, text


# ---- certwhy: who is revoked, when and why ----

def days_ago(days):
    return (datetime.datetime.utcnow() - datetime.timedelta(days=days)).strftime("%Y-%m-%d")


REVOKED = [
    # scenario, certificate, reason, days ago, who says so
    ("crl-revoked-leaf", 0, "keyCompromise", 3, "the CRL http://.*/1.crl"),
    ("crl-revoked-intermediate", 1, "superseded", 20, "the CRL http://.*/2.crl"),
    ("crl-revoked-by-root", 2, "cACompromise", 40, "the CRL http://.*/R.crl"),
    ("crl-revoked-partition", 0, "cessationOfOperation", 3, "the CRL http://.*/1.crl"),
    ("crl-revoked-delta", 0, "affiliationChanged", 1, "the CRL http://.*/1(-delta)?.crl"),
    ("crl-revoked-indirect", 0, "privilegeWithdrawn", 3, "the CRL http://.*/1.crl"),
    ("crl-revoked-ldap-first", 0, "keyCompromise", 3, "the CRL http://.*/1.crl"),
    ("crl-ldap-revoked", 0, "keyCompromise", 3, "the CRL ldap://.*"),
    ("ocsp-revoked-leaf", 0, "keyCompromise", 3, "the responder http://.*/1.ocsp"),
    ("ocsp-revoked-intermediate", 1, "superseded", 20, "the responder http://.*/2.ocsp"),
    ("ocsp-revoked-by-root", 2, "cACompromise", 40, "the responder http://.*/R.ocsp"),
    ("ocsp-revoked-delegated", 0, "cessationOfOperation", 5, "the responder http://.*/1.ocsp"),
    ("staple-revoked", 0, "keyCompromise", 3, "the stapled OCSP response"),
]


def finding_of(run, rule):
    (finding,) = [f for f in run.target["findings"] if f["rule"] == rule]
    return finding


@pytest.mark.parametrize("scenario, certificate, reason, days, source", REVOKED, ids=[r[0] for r in REVOKED])
def test_revoked_certificates_are_told_apart(farm, scenario, certificate, reason, days, source):
    done = farm.check(scenario, "--json")
    found = finding_of(done, "revocation.ca-revoked" if certificate else "revocation.revoked")
    assert done.status == 1 and found["certificate"] == certificate and found["severity"] == "error"
    # The farm was minted for the beginning of its day, which may have been yesterday.
    assert found["evidence"]["revoked_at"] in (days_ago(days), days_ago(days + 1))
    assert days == 1 or found["evidence"]["ago"] in (f"{days} days", f"{days + 1} days")
    assert found["evidence"]["reason"] == reason and reason in found["summary"]
    assert re.fullmatch(source, found["evidence"]["source"]), found["evidence"]["source"]
    fixes = {fix["id"]: fix for fix in found["fixes"]}
    assert fixes and all(fix["proven"]["accepted_by"] for fix in fixes.values())


def test_who_does_not_look_is_named(farm):
    """Of what is revoked and not stapled, the default clients know nothing: they accept."""
    target = farm.check("crl-revoked-leaf", "--client", "curl,python,node,openssl", "--json").target
    assert all(client["accepts"] for client in target["clients"])
    text = " ".join(farm.check("crl-revoked-leaf", "--client", "curl,python").text.split())
    assert "revoked, yet accepted" in text and "they do not look" in text and "--crlfile FILE" in text


HEALTHY = ["healthy-crl", "healthy-crl-partition", "healthy-crl-delta", "healthy-ocsp", "healthy-ocsp-by-key",
           "healthy-ocsp-delegated", "healthy-staple", "healthy-must-staple", "healthy-no-source",
           "healthy-short-lived"]


@pytest.mark.parametrize("scenario", HEALTHY)
def test_good_certificates_give_no_finding(farm, scenario):
    done = farm.check(scenario, "--client", "all", "--json")
    assert done.status == 0 and not done.target["findings"], done
    assert all(document["result"] == "ok" for document in done.target.get("documents", []))


def test_one_address_of_several_is_enough(farm):
    """Active Directory writes an ldap: address without a host before the one that works."""
    done = farm.check("healthy-crl-ldap-first", "--json")
    ldap, *others = sorted(done.target["documents"], key=lambda d: d["result"] == "ok")
    assert ldap["where"].startswith("ldap:///") and ldap["result"] != "ok"
    assert others and all(d["result"] == "ok" for d in others)
    assert done.status == 0 and not done.target["findings"], done


@pytest.mark.parametrize("scenario", ["aia-der", "aia-pem", "aia-pkcs7", "aia-ldap", "aia-two"])
def test_a_missing_intermediate_is_fetched_and_supplied(farm, scenario, tmp_path):
    """What `certwhy fix` writes, openssl takes."""
    command = farm[scenario]["command"]
    bundle = tmp_path / "fullchain.pem"
    done = run_program("fix", *command[1:], "-o", bundle)
    status, text = openssl("verify", "-CAfile", farm[scenario]["ca_file"], "-no-CApath", "-no-CAstore",
                           "-untrusted", bundle, bundle)
    assert status == 0, f"{done}{text}"


# ---- certwhy: time, and what is said of it ----

SILENT = {"aia-silent": 1, "aia-slow": 1, "crl-silent": 1, "ocsp-silent": 1, "crl-all-silent": 4,
          "aia-without-end": 1, "crl-without-end": 1}


@pytest.mark.parametrize("scenario", SILENT)
def test_a_silent_server_costs_its_limit_and_no_more(farm, certwhy, scenario, tmp_path):
    """Four that are silent cost no more than two, because a CRL is asked for when the responder has
    not answered: nothing waits for anything else."""
    done = farm.check(scenario, "--json", "--save", tmp_path / "case.json")
    failed = [d for d in done.target["documents"] if d["result"] != "ok"]
    assert len(failed) == SILENT[scenario], done.target["documents"]
    assert all(d["result"] in ("timeout", "slow", "size") for d in failed)
    assert done.seconds < (16 if scenario == "crl-all-silent" else 8) * SLOWER, done.target["documents"]
    quick = [d for d in done.target["documents"] if d["result"] == "ok"]
    assert all(d["ms"] < 2000 * SLOWER for d in quick)
    assert len(quick) == {"crl-silent": 1, "ocsp-silent": 1, "crl-without-end": 1}.get(scenario, 0)
    text = "".join(certwhy("check", tmp_path / "case.json", "-v").text.split())
    assert all(d["where"] in text for d in failed), text


def test_an_endless_answer_is_cut_off(farm):
    """… before it fills the memory."""
    done = farm.check("aia-without-end", "--json")
    (document,) = done.target["documents"]
    assert document["result"] == "size" and done.peak < 150 << 20


@pytest.mark.parametrize("scenario", ["aia-der", "crl-revoked-leaf", "ocsp-revoked-leaf"])
def test_a_private_address_is_not_asked_by_default(farm, scenario):
    command = [word for word in farm[scenario]["command"] if word != "--allow-private-fetch"]
    done = run_program(*command, "--json")
    assert done.target["documents"] and all(d["result"] == "address" for d in done.target["documents"])
    text = " ".join(run_program(*command, "-v").text.split())
    assert "127.0.0.1" in text and "not fetched: the address is private" in text, text


# ---- certwhy: a case replays when everybody is gone ----

REPLAYED = ["aia-der", "aia-pkcs7", "aia-silent", "aia-wrong-issuer", "crl-revoked-delta", "crl-revoked-indirect",
            "crl-stale", "crl-404", "ocsp-revoked-intermediate", "ocsp-unknown", "ocsp-wrong-signer", "staple-revoked",
            "must-staple-missing", "healthy-staple"]


def test_a_case_replays_without_servers(lab, certwhy, tmp_path):
    one = lab(*REPLAYED)
    seen = {}
    for scenario in REPLAYED:
        seen[scenario] = one.check(scenario, "--save", tmp_path / f"{scenario}.json")
    one.stop()
    for scenario in REPLAYED:
        again = certwhy("check", tmp_path / f"{scenario}.json")
        assert again.text == seen[scenario].text and again.status == seen[scenario].status, scenario
        assert again.seconds < 2 * SLOWER
        as_json = [certwhy("check", tmp_path / f"{scenario}.json", "--json").out for _ in range(2)]
        assert as_json[0] == as_json[1]


# ---- openssl's own CA and responder ----

LEAF, ISSUING, POLICY = 0, 1, 2


class Pki:
    """Root, Policy, Issuing and a leaf of openssl's making; `section` says where status is found."""

    def __init__(self, top, section):
        self.web = Web(top)
        self.ocsp = section == "ocsp"
        below = "sub_ocsp" if self.ocsp else "sub"
        self.root = Ca(top, self.web, "Root")
        self.policy = Ca(top, self.web, "Policy", self.root, below)
        self.issuing = Ca(top, self.web, "Issuing", self.policy, below)
        self.leaf = top / "leaf.pem"
        self.issuing.issue("www.example.com", section, self.leaf, top / "leaf.key")
        self.chain = top / "chain.pem"
        self.files = [self.leaf, self.issuing.certificate, self.policy.certificate]
        self.chain.write_bytes(b"".join(file.read_bytes() for file in self.files))
        self.issuers = [self.issuing, self.policy, self.root]
        self.processes = []

    def revoke(self, which, reason):
        self.issuers[which].revoke(self.files[which], reason)

    def responders_start(self, *arguments):
        self.processes = [ca.responder_start(*arguments) for ca in self.issuers]

    def check(self, *arguments, **options):
        return run_program("check", self.chain, "--name", "www.example.com", "--ca", self.root.certificate,
                           "--only-ca", "--allow-private-fetch", "--no-cache", "--json", *arguments, **options)

    def stop(self):
        for process in self.processes:
            process.kill()
            process.wait()
            process.stderr.close()
        self.web.stop()


@pytest.fixture
def pki_of(tmp_path):
    made = []

    def make(section):
        made.append(Pki(tmp_path, section))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def revocations(done):
    return [(f["rule"], f["certificate"], f["evidence"]["reason"]) for f in done.target["findings"]
            if f["rule"] in ("revocation.revoked", "revocation.ca-revoked")]


WHO = [(LEAF, "revocation.revoked", "keyCompromise"), (ISSUING, "revocation.ca-revoked", "superseded"),
       (POLICY, "revocation.ca-revoked", "CACompromise")]
SPELLED = {"CACompromise": "cACompromise"}  # openssl's own spelling of RFC 5280's


def test_openssl_crls_of_good_certificates(pki_of):
    done = pki_of("leaf").check()
    assert done.status == 0 and not done.target["findings"], done
    assert [d["result"] for d in done.target["documents"]] == ["ok"] * 3


@pytest.mark.parametrize("which, rule, reason", WHO, ids=["leaf", "issuing", "policy"])
@pytest.mark.parametrize("how", ["fetched", "given"])
def test_openssl_crls(pki_of, which, rule, reason, how):
    pki = pki_of("leaf")
    pki.revoke(which, reason)
    given = []
    if how == "given":
        given = ["--offline"] + [word for ca in pki.issuers for word in ("--crl", ca.dir / "crl.pem")]
    done = pki.check(*given)
    assert revocations(done) == [(rule, which, SPELLED.get(reason, reason))], done
    (found,) = [f for f in done.target["findings"] if f["rule"] == rule]
    assert found["evidence"]["revoked_at"] in (days_ago(0), days_ago(1))


def test_openssl_responders_of_good_certificates(pki_of):
    pki = pki_of("ocsp")
    pki.responders_start()
    done = pki.check()
    assert done.status == 0 and not done.target["findings"], done
    assert [(d["kind"], d["result"]) for d in done.target["documents"]] == [("ocsp", "ok")] * 3


@pytest.mark.parametrize("which, rule, reason", WHO, ids=["leaf", "issuing", "policy"])
@pytest.mark.parametrize("how", ["fetched", "given"])
def test_openssl_responders(pki_of, tmp_path, which, rule, reason, how):
    pki = pki_of("ocsp")
    pki.revoke(which, reason)
    given = []
    if how == "given":
        given = ["--offline"]
        for i, ca in enumerate(pki.issuers):
            ca.response(pki.files[i], tmp_path / f"{i}.ocsp")
            given += ["--ocsp", tmp_path / f"{i}.ocsp"]
    else:
        pki.responders_start()
    done = pki.check(*given)
    assert revocations(done) == [(rule, which, SPELLED.get(reason, reason))], done


@pytest.mark.parametrize("by_key", [False, True])
def test_an_openssl_responder_that_is_delegated(pki_of, tmp_path, by_key):
    pki = pki_of("ocsp")
    certificate, key = tmp_path / "responder.pem", tmp_path / "responder.key"
    for ca in pki.issuers:
        ca.issue("Responder", "responder", certificate, key)
        ca.delegate = (tmp_path / f"{ca.name}.pem", tmp_path / f"{ca.name}.key")
        shutil.copy(certificate, ca.delegate[0])
        shutil.copy(key, ca.delegate[1])
    pki.revoke(LEAF, "cessationOfOperation")
    for ca in pki.issuers:
        more = ["-resp_key_id"] if by_key else []
        pki.processes.append(ca.responder_start("-rsigner", ca.delegate[0], "-rkey", ca.delegate[1], *more))
    done = pki.check()
    assert revocations(done) == [("revocation.revoked", LEAF, "cessationOfOperation")], done


def test_an_openssl_responder_that_does_not_know_it(pki_of):
    pki = pki_of("ocsp")
    (pki.issuing.dir / "index.txt").write_text("")
    pki.responders_start()
    done = pki.check()
    assert [f["rule"] for f in done.target["findings"]] == ["revocation.unknown"], done


def test_a_crl_of_a_ca_of_the_same_name_says_nothing(pki_of, tmp_path):
    """Given by mistake: another CA's CRL, signed by another key."""
    pki = pki_of("leaf")
    (tmp_path / "other").mkdir()
    other = Ca(tmp_path / "other", pki.web, "Issuing")
    other.issue("www.example.com", "leaf", tmp_path / "other.pem", tmp_path / "other.key")
    other.revoke(tmp_path / "other.pem", "keyCompromise")
    done = pki.check("--offline", "--crl", other.dir / "crl.pem")
    assert not revocations(done) and done.status == 0, done


# ---- clients that look, where they look ----

def resolve(server):
    host, port = server["address"].rsplit(":", 1)
    return ["--cacert", server["ca_file"], "--capath", "/nonexistent", "--resolve", f"{server['name']}:{port}:{host}",
            f"https://{server['name']}:{port}/"]


@NEEDS["curl"]
@pytest.mark.parametrize("scenario, accepted", [
    ("healthy-staple", True), ("healthy-ocsp", False), ("staple-revoked", False), ("staple-stale", False),
    ("staple-bad-signature", False), ("staple-try-later", False), ("staple-wrong-signer", False)])
def test_curl_looks_when_it_is_told(farm, scenario, accepted):
    """--cert-status: what the report says of it, it does."""
    status, text = run("curl", "-sS", "-o", "/dev/null", "--cert-status", *resolve(farm[scenario]))
    assert (status == 0) == accepted and (accepted or status == 91), text
    assert run("curl", "-sS", "-o", "/dev/null", *resolve(farm[scenario]))[0] == 0  # and not else


@NEEDS["curl"]
@pytest.mark.parametrize("scenario, accepted", [("healthy-crl", True), ("crl-revoked-leaf", False),
                                                ("crl-revoked-by-root", False), ("crl-stale", False),
                                                ("crl-wrong-signer", False), ("crl-bad-signature", False)])
def test_curl_and_openssl_look_into_a_crl(site, scenario, accepted):
    """--crlfile and -crl_check_all want the CRLs of the whole chain."""
    one = site(scenario)
    crls = one.certificates[0].parent / "all.pem"
    names = [path.name for path in one.files.glob("*.crl")]
    crls.write_text("".join(one.pem_crl(name).read_text() for name in names))
    status, text = run("curl", "-sS", "-o", "/dev/null", "--crlfile", crls, *resolve(one.server))
    assert (status == 0) == accepted, text
    status, text = one.verify("-crl_check_all", "-CRLfile", crls)
    assert (status == 0) == accepted, text
    given = [word for name in names for word in ("--crl", one.files / name)]
    command = [word for word in one.server["command"] if word not in ("--allow-private-fetch", "--no-cache")]
    done = run_program(*command, "--offline", *given, "--json")
    assert (not done.rules) == accepted, done


@NEEDS["gnutls-cli"]
@pytest.mark.parametrize("scenario", ["healthy-staple", "healthy-must-staple", "must-staple-missing", "staple-revoked",
                                      "staple-stale", "staple-bad-signature", "staple-wrong-signer",
                                      "staple-other-certificate", "staple-nonsense", "staple-unknown",
                                      "staple-try-later"])
def test_gnutls_is_predicted(farm, scenario):
    server = farm[scenario]
    host, port = server["address"].rsplit(":", 1)
    status, text = run("gnutls-cli", "--x509cafile", server["ca_file"], "--sni-hostname", server["name"],
                       "--verify-hostname", server["name"], "-p", port, host, input=b"GET / HTTP/1.0\r\n\r\n")
    (client,) = farm.check(scenario, "--client", "gnutls-cli@3.7", "--json").target["clients"]
    assert client["accepts"] == (status == 0), text


LOOK = """
import java.io.*; import java.net.*; import java.security.*; import java.security.cert.*; import javax.net.ssl.*;
class Look {
    public static void main(String[] a) throws Exception {
        if (Boolean.getBoolean("com.sun.net.ssl.checkRevocation"))
            Security.setProperty("ocsp.enable", "true");
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        int n = 0;
        try (InputStream in = new FileInputStream(a[0])) {
            for (var c : CertificateFactory.getInstance("X.509").generateCertificates(in))
                store.setCertificateEntry("ca" + n++, c);
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        for (int i = 2; i < a.length; i++) {
            String[] at = a[i].split(":");
            try (Socket plain = new Socket(at[0], Integer.parseInt(at[1]));
                 SSLSocket s = (SSLSocket) context.getSocketFactory().createSocket(plain, a[1], 443, true)) {
                SSLParameters p = s.getSSLParameters();
                p.setEndpointIdentificationAlgorithm("HTTPS");
                s.setSSLParameters(p);
                s.startHandshake();
                System.out.println("accepts");
            } catch (IOException e) {
                Throwable t = e;
                while (t.getCause() != null) t = t.getCause();
                System.out.println("rejects " + t.getMessage().replace('\\n', ' '));
            }
        }
    }
}
"""
JAVA_LOOKS = {"healthy-ocsp": "accepts", "healthy-ocsp-by-key": "accepts", "healthy-ocsp-delegated": "accepts",
              "healthy-crl": "accepts", "healthy-staple": "accepts", "ocsp-revoked-leaf": "revoked",
              "ocsp-revoked-intermediate": "revoked", "ocsp-revoked-by-root": "revoked",
              "ocsp-revoked-delegated": "revoked", "crl-revoked-leaf": "revoked", "crl-revoked-by-root": "revoked",
              "ocsp-unknown": "status is unknown", "ocsp-wrong-signer": "rejects", "ocsp-delegated-unfit": "rejects",
              "crl-bad-signature": "rejects", "crl-stale": "rejects", "ocsp-html": "rejects", "crl-404": "rejects"}


@NEEDS["java"]
def test_java_looks_when_it_is_told(farm, tmp_path):
    """com.sun.net.ssl.checkRevocation: it asks responders, fetches CRLs and fails hard."""
    (tmp_path / "Look.java").write_text(LOOK)
    for flags, expected in ((["-Dcom.sun.net.ssl.checkRevocation=true", "-Dcom.sun.security.enableCRLDP=true"],
                             JAVA_LOOKS), ([], dict.fromkeys(JAVA_LOOKS, "accepts"))):
        server = farm["healthy-ocsp"]
        status, text = run("java", *flags, tmp_path / "Look.java", server["ca_file"], server["name"],
                           *[farm[scenario]["address"] for scenario in expected], timeout=120)
        said = dict(zip(expected, text.splitlines()))
        assert status == 0 and len(said) == len(expected), text
        wrong = {scenario: said[scenario] for scenario, words in expected.items() if words not in said[scenario]}
        assert not wrong
        if flags:
            for scenario, words in expected.items():
                rules = farm.check(scenario, "--json").rules
                assert bool(rules) == (words != "accepts"), (scenario, rules)
