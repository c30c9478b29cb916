# SPDX-License-Identifier: Apache-2.0
"""Issuers, CRLs and OCSP responses: what the lab serves, looked at by openssl, curl and gnutls; what
certwhy makes of it; the same from openssl's own CA and responder; and fetches that must not happen."""
import base64
import json
import re
import shutil
import subprocess
import time
import urllib.parse
from pathlib import Path

import pytest

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
