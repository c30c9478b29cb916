# SPDX-License-Identifier: Apache-2.0
"""What is revoked, as the report tells it; and that real clients overlook it, see it in a staple, and
look when they are told to in the way that the report says."""
import re
import shutil
import ssl
import socket
import subprocess
import urllib.request

import pytest

CLIENTS = ["--client", "curl,git,wget,go,python,gnutls-cli,firefox,chromium"]
GNUTLS = {"git@2.39", "wget@1.21", "gnutls-cli@3.8"}
FIREFOX, CHROMIUM = {"firefox@153"}, {"chromium@156"}
# scenario: certificate, status, from, reason, rule, who rejects
TOLD = {
    "crl-revoked-leaf": (0, "revoked", "crl", "keyCompromise", "revocation.revoked", set()),
    "crl-revoked-by-root": (2, "revoked", "crl", "cACompromise", "revocation.ca-revoked", set()),
    "ocsp-revoked-leaf": (0, "revoked", "ocsp", "keyCompromise", "revocation.revoked", FIREFOX),
    "ocsp-revoked-intermediate": (1, "revoked", "ocsp", None, "revocation.ca-revoked", set()),
    "staple-revoked": (0, "revoked", "staple", "keyCompromise", "revocation.revoked",
                       GNUTLS | FIREFOX | CHROMIUM),
    "staple-bad-signature": (0, "good", "ocsp", None, "revocation.staple-bad", GNUTLS | FIREFOX),
    "staple-stale": (0, "good", "ocsp", None, "revocation.staple-bad", GNUTLS),
    "must-staple-missing": (0, "good", "ocsp", None, "revocation.must-staple", GNUTLS | FIREFOX),
    "ocsp-unknown": (0, "unknown", "ocsp", None, "revocation.unknown", FIREFOX),
    "crl-404": (0, "unknown", None, None, "revocation.unreachable", set()),
    "healthy-staple": (0, "good", "staple", None, None, set()),
    "healthy-short-lived": (0, "not-needed", None, None, None, set()),
    "healthy-no-source": (0, "no-source", None, None, None, set()),
}


@pytest.fixture(scope="module")
def farm(lab):
    return lab(*TOLD)


def needs(name):
    return pytest.mark.skipif(not shutil.which(name), reason=f"no {name} here")


@pytest.mark.parametrize("scenario", TOLD)
def test_the_report_tells_it(farm, scenario):
    index, status, source, reason, rule, rejecting = TOLD[scenario]
    target = farm.check(scenario, *CLIENTS, "--json").json["targets"][0]
    revocation = target["chain"][index]["revocation"]
    assert (revocation["status"], revocation["from"]) == (status, source), revocation
    if reason:
        assert revocation["reason"] == reason
    assert bool(revocation["date"]) == (status == "revoked")
    assert {client["client"] for client in target["clients"] if client["accepts"] is False} == rejecting
    assert {finding["rule"] for finding in target["findings"] if finding["cause"]} == ({rule} - {None})
    overlooking = {client["client"] for client in target["clients"]
                   if client.get("revocation", {}).get("overlooks")}
    accepting = {client["client"] for client in target["clients"] if client["accepts"]}
    assert overlooking == (accepting if status == "revoked" else set())


def test_what_is_revoked_is_an_error_though_all_accept(farm):
    run = farm.check("crl-revoked-leaf", "--client", "curl,go")
    assert run.status == 1 and "revoked, yet accepted by all 2 clients: they do not look" in run.text
    assert "--crlfile FILE" in run.text and "golang.org/x/crypto/ocsp" in run.text


def test_a_reissued_certificate_is_the_cure(farm):
    target = farm.check("crl-revoked-leaf", *CLIENTS, "--json").json["targets"][0]
    (finding,) = [finding for finding in target["findings"] if finding["cause"]]
    (fix,) = finding["fixes"]
    assert fix["id"] == "ca.reissue-revoked" and fix["who"] == "ca"
    assert len(fix["proven"]["accepted_by"]) == 8 and fix["proven"]["rejected_by"] == []


# ---- real clients ----


def client(*command):
    done = subprocess.run(command, capture_output=True, timeout=30, stdin=subprocess.DEVNULL)
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


@pytest.fixture(scope="module")
def lists(farm, tmp_path_factory):
    """The CRLs of both CAs of crl-revoked-leaf, as PEM."""
    server = farm["crl-revoked-leaf"]
    chain = server["ca_file"].replace("ca.pem", "chain.pem")
    pem = b""
    for certificate in re.findall("-----BEGIN C.*?-----END CERTIFICATE-----\n", open(chain).read(), re.S):
        text = subprocess.run(["openssl", "x509", "-noout", "-ext", "crlDistributionPoints"],
                              input=certificate.encode(), capture_output=True, check=True).stdout
        url = re.search(rb"URI:(\S+)", text)[1].decode()
        with urllib.request.urlopen(url, timeout=10) as answer:
            pem += subprocess.run(["openssl", "crl", "-inform", "DER"], input=answer.read(),
                                  capture_output=True, check=True).stdout
    file = tmp_path_factory.mktemp("crls") / "all.pem"
    file.write_bytes(pem)
    return file


def curl(server, *arguments):
    name, port = server["name"], server["address"].rsplit(":", 1)[1]
    return client("curl", "-sS", "--cacert", server["ca_file"], "--resolve", f"{name}:{port}:127.0.0.1",
                  *arguments, f"https://{name}:{port}/")


@needs("curl")
def test_curl_looks_when_told_to(farm, lists):
    assert curl(farm["crl-revoked-leaf"])[0] == 0
    status, text = curl(farm["crl-revoked-leaf"], "--crlfile", lists)
    assert status == 60 and "certificate revoked" in text
    assert curl(farm["healthy-staple"], "--cert-status")[0] == 0
    assert curl(farm["staple-revoked"])[0] == 0
    assert curl(farm["staple-revoked"], "--cert-status")[0] == 91
    assert curl(farm["crl-404"], "--cert-status")[0] == 91  # refuses whoever does not staple


def python_says(server, crls=None):
    context = ssl.create_default_context(cafile=server["ca_file"])
    if crls:
        context.load_verify_locations(crls)
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN
    host, port = server["address"].rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=10) as raw:
        try:
            with context.wrap_socket(raw, server_hostname=server["name"]):
                return ""
        except ssl.SSLCertVerificationError as error:
            return error.verify_message


def test_python_looks_when_told_to(farm, lists):
    assert python_says(farm["crl-revoked-leaf"]) == ""
    assert python_says(farm["crl-revoked-leaf"], lists) == "certificate revoked"


@needs("gnutls-cli")
@pytest.mark.parametrize("scenario", ["healthy-staple", "staple-revoked", "staple-stale",
                                      "staple-bad-signature", "must-staple-missing"])
def test_gnutls_says_what_is_predicted(farm, scenario):
    server = farm[scenario]
    host, port = server["address"].rsplit(":", 1)
    _, said = client("gnutls-cli", "--x509cafile", server["ca_file"], "--sni-hostname", server["name"],
                     "--verify-hostname", server["name"], "-p", port, host)
    version = client("gnutls-cli", "--version")[1].split()[1].rsplit(".", 1)[0]
    profile = f"gnutls-cli{version}" if version == "3.7" else "gnutls-cli"
    (verdict,) = farm.check(scenario, "--client", profile, "--json").json["targets"][0]["clients"]
    if verdict["accepts"]:
        assert "The certificate is trusted" in said, said
    else:
        sentence = re.search(r"NOT trusted\. (.*?)\s+\|", verdict["message"])[1]
        assert f"The certificate is NOT trusted. {sentence}" in said, said


@needs("wget")
@pytest.mark.parametrize("scenario", ["healthy-staple", "staple-revoked", "staple-stale"])
def test_wget_says_what_is_predicted(farm, scenario):
    server = farm[scenario]
    address = server["address"]
    (verdict,) = farm.check(scenario, "--client", "wget", "--json").json["targets"][0]["clients"]
    status, said = client("wget", "-O", "/dev/null", "--no-hsts", "--ca-certificate", server["ca_file"],
                          f"https://{address}/")
    # asked by address, so that it minds the name as well: what counts is what it says of the chain
    assert ("is not trusted" in said) == (not verdict["accepts"]), said
    assert ("has been revoked" in said) == ("has been revoked" in verdict["message"]), said
    assert status != 0
