# SPDX-License-Identifier: Apache-2.0
"""certwhy fix: the file that it writes, and what it says when there is none to write."""
import subprocess

import pytest
from cryptography import x509

import pki
from conftest import CLIENTS, PROGRAM, run_program


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    place = tmp_path_factory.mktemp("fix")
    subprocess.run([PROGRAM, "lab", "write", place], check=True, capture_output=True, timeout=60)
    return place


def fix(written, scenario, *options):
    folder = written / scenario
    out = folder / "fixed.pem"
    pool = ["--pool", folder / "pool.pem"] if (folder / "pool.pem").exists() else []
    done = subprocess.run([PROGRAM, "fix", folder / "chain.pem", "--name", "www.lab.test", "--only-ca",
                           "--ca", folder / "ca.pem", *pool, "--client", CLIENTS, "-o", out, *options],
                          capture_output=True, text=True, timeout=30)
    return done, out


@pytest.mark.parametrize("scenario", ["missing-intermediate-pool", "missing-two-pool", "wrong-order",
                                      "duplicate-intermediate", "unrelated-between", "root-sent"])
def test_the_file_is_accepted(written, scenario):
    done, out = fix(written, scenario)
    assert done.returncode == 0, done.stdout + done.stderr
    again = subprocess.run([PROGRAM, "check", out, "--name", "www.lab.test", "--only-ca", "--ca",
                            out.parent / "ca.pem", "--fail-on", "notice", "--client", CLIENTS], capture_output=True, text=True,
                           timeout=30)
    assert again.returncode == 0, again.stdout
    verified = subprocess.run(["openssl", "verify", "-CAfile", out.parent / "ca.pem", "-untrusted", out, out],
                              capture_output=True, text=True, timeout=30)
    assert verified.returncode == 0, verified.stderr


def test_nothing_to_repair(written):
    done, out = fix(written, "healthy-ecdsa")
    assert done.returncode == 0
    assert "nothing is wrong" in done.stderr
    assert not out.exists()


def test_no_file_cures_it(written):
    done, out = fix(written, "expired-leaf")
    assert done.returncode == 1
    assert "no certificate file cures this" in done.stderr
    assert not out.exists()


def test_several_causes_say_who_does_what(lab):
    """Two intermediates are missing and the root is unknown: one set of steps, the server's before the clients'."""
    server = lab("missing-two-and-private")["missing-two-and-private"]
    run = run_program("check", *server["command"][1:], "--json")
    together = run.target["together"]
    assert together["who"] == "server" and not together["proven"]["rejected_by"]
    assert together["summary"] == ('Only together: send "Example Corp Issuing CA 1" and "Example Corp Policy CA 2" with the '
                                   'certificate (on the server); trust the root "Example Corp Root CA" (in the clients).')
    assert len(together["commands"]) == len(set(together["commands"]))
    writes, trusts = [next(i for i, line in enumerate(together["commands"]) if word in line)
                      for word in ("certwhy fix", "certwhy trust add")]
    assert writes < trusts


@pytest.mark.parametrize("arguments, sentence", [(["fix", "x.pem"], "-o FILE is needed"),
                                                 (["fix", "-o", "y"], "a target is needed"),
                                                 (["fix", "a", "b", "-o", "y"], "one target at a time")])
def test_usage(arguments, sentence):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=30)
    assert done.returncode == 2
    assert sentence in done.stderr


def test_a_policy_is_wanted(tmp_path):
    """The CA demands a policy that the server's certificate does not have: Java and Go look at it."""
    policies = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1.1"), None)])
    root = pki.certificate("Policy Root", "Policy Root", ca=True)
    issuer = pki.certificate("Policy CA", "Policy Root", ca=True,
                             extensions=[policies, x509.PolicyConstraints(0, None)])
    leaf = pki.certificate("www.policy.test", "Policy CA", names=["www.policy.test"])
    (tmp_path / "ca.pem").write_bytes(pki.pem(root))
    (tmp_path / "chain.pem").write_bytes(pki.pem(leaf, issuer))
    run = run_program("check", tmp_path / "chain.pem", "--name", "www.policy.test", "--only-ca", "--ca", tmp_path / "ca.pem",
                      "--client", "java@17,go@1.27,chromium,curl", "--json")
    (finding,) = [f for f in run.target["findings"] if f["rule"] == "usage.policy"]
    (fix,) = finding["fixes"]
    assert fix["id"] == "ca.reissue-usage" and not fix["proven"]["rejected_by"], fix
    assert 'with a certificate policy that "Policy CA" lists' in fix["summary"]


def test_an_outdated_store_is_updated_client_by_client(tmp_path):
    """Each client here that lacks a public CA's root is told how it gets newer ones, and no other is."""
    root = pki.name("ISRG Root X9", "Internet Security Research Group")
    chain = tmp_path / "chain.pem"
    chain.write_bytes(pki.pem(
        pki.certificate("www.public.test", root, issuer_key="X9", names=["www.public.test"]),
        pki.certificate(root, root, subject_key="X9", issuer_key="X9", ca=True)))

    def commands(clients):
        run = run_program("check", chain, "--name", "www.public.test", "--client", clients, "--offline", "--json")
        found = [f for f in run.target["findings"] if f["rule"] == "trust.store-outdated"]
        if not found:
            return None  # it has no store here
        (fix,) = found[0]["fixes"]
        assert not fix["proven"]["rejected_by"]
        return "\n".join(fix["commands"])
    words = {"curl": "--only-upgrade ca-certificates", "requests": "pip install --upgrade certifi",
             "pip": "pip install --upgrade pip", "java": "keytool -importcert -cacerts -alias isrg-root-x9",
             "node": "NODE_EXTRA_CA_CERTS=$PWD/isrg-root-x9.pem", "chromium": "certutil -A -d sql:$HOME/.pki/nssdb"}
    printed = {client: commands(client) for client in words}
    assert printed["curl"], "ca-certificates is installed for the tests"
    for client in (client for client in words if printed[client]):
        assert [word for word in words.values() if word in printed[client]] == [words[client]], printed[client]
    together = commands(",".join(client for client in words if printed[client]))
    assert all(words[client] in together for client in words if printed[client])
