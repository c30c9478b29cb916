# SPDX-License-Identifier: Apache-2.0
"""--mx: a domain stands for its mail servers, which a name server on loopback names."""
import json

import jsonschema
import nameserver
import pki
import pytest
import test_starttls
import tls_servers
from conftest import TOP, run_program

pytestmark = pytest.mark.skipif(bool(nameserver.missing()),
                                reason=f"not installed: {', '.join(nameserver.missing())}")
ZONE = "mail.example"
RECORDS = """
@ IN A 127.0.0.1
two IN MX 20 backup.mail.example.
two IN MX 5 mx.mail.example.
two IN MX 20 apart.mail.example.
null IN MX 0 .
none IN A 127.0.0.1
lost IN MX 10 nowhere.invalid.
odd IN MX 10 not\\032a\\032host.mail.example.
odd2 IN MX 10 mx.mail.example.
odd2 IN MX 20 bad\\009.mail.example.
"""


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    server = nameserver.NameServer(tmp_path_factory.mktemp("mx"), {ZONE: RECORDS})
    yield server
    server.stop()


@pytest.fixture(scope="module")
def mail(tmp_path_factory):
    """(port, root): a server that every MX leads to, with a certificate for two of them."""
    directory = tmp_path_factory.mktemp("mx-tls")
    (directory / "root.pem").write_bytes(pki.pem(tls_servers.root()))
    leaf = tls_servers.leaf([f"mx.{ZONE}", f"backup.{ZONE}", f"none.{ZONE}"])
    context = tls_servers.context([leaf], f"mx.{ZONE}")
    with tls_servers.serving({"127.0.0.1": context}, lambda c: test_starttls.smtp(test_starttls.Talk(c))) as port:
        yield port, directory / "root.pem"


@pytest.fixture
def check(names, mail):
    port, root = mail
    hosts = [f"{host}.{ZONE}" for host in ("mx", "backup", "apart", "none")]
    leads = [word for host in hosts for word in ("--resolve", f"{host}:25:127.0.0.1:{port}")]

    def run(*arguments):
        return run_program("check", *arguments, "--mx", "--dns-server", names.address, *leads, "--only-ca", "--ca", root,
                           "--no-cache", "--timeout", "5", "--client", "gnutls-cli")
    return run


def test_each_server_in_its_order(check):
    run = check(f"two.{ZONE}", "--json")
    assert [(t["target"], t["mail"]["preference"]) for t in run.json["targets"]] == [
        (f"mx.{ZONE}:25", 5), (f"apart.{ZONE}:25", 20), (f"backup.{ZONE}:25", 20)], run
    jsonschema.validate(run.json, json.loads((TOP / "docs/report.schema.json").read_text()))
    outcomes = {t["name"].split(".")[0]: t["outcome"] for t in run.json["targets"]}
    assert outcomes == {"mx": "accepted", "apart": "rejected", "backup": "accepted"} and run.status == 1, run
    (apart,) = [t for t in run.json["targets"] if t["outcome"] == "rejected"]
    assert "name.mismatch" in {f["rule"] for f in apart["findings"]}
    text = " ".join(check(f"two.{ZONE}").text.split())
    assert f"Mail for two.{ZONE} goes here (MX 5)" in text and "DANE or MTA-STS" in text, text


def test_a_domain_without_mx_takes_its_mail_itself(check):
    run = check(f"none.{ZONE}", "--json")
    (target,) = run.json["targets"]
    assert (target["target"], target["mail"]["preference"]) == (f"none.{ZONE}:25", None), run
    assert run.status == 0, run


def test_a_domain_that_takes_no_mail(check):
    run = check(f"null.{ZONE}", "--json")
    assert run.status == 3 and b"takes no mail" in run.err and "RFC 7505" in run.target["error"], run
    both = check(f"null.{ZONE}", f"none.{ZONE}", "--json")
    assert both.status == 3 and [t["outcome"] for t in both.json["targets"]] == ["error", "accepted"], both


def test_what_cannot_be_looked_up(check):
    for domain, words in [(f"nobody.{ZONE}", b"does not exist"), (f"odd.{ZONE}", b"names no host")]:
        run = check(domain)
        assert run.status == 3 and words in run.err, run
    run = check(f"odd2.{ZONE}", "--json")
    assert [t["target"] for t in run.json["targets"]] == [f"mx.{ZONE}:25"], run
    for target in ["192.0.2.7", "a b"]:
        assert check(target).status == 2


def test_a_server_that_does_not_resolve(check):
    run = check(f"lost.{ZONE}", "--json")
    assert run.status == 3 and "name.unresolvable" in run.rules and run.target["mail"]["preference"] == 10, run


def test_no_name_server(mail):
    run = run_program("check", "example.test", "--mx", "--dns-server", f"127.0.0.1:{nameserver.free_port()}", "--timeout", "2")
    assert run.status == 3 and b"could not be looked up" in run.err and run.seconds < 20, run


def test_a_case_keeps_whose_mail_it_is(check, tmp_path):
    live = check(f"none.{ZONE}", "--save", tmp_path / "case.json", "--json")
    again = run_program("check", tmp_path / "case.json", "--client", "gnutls-cli", "--json")
    assert again.out == live.out, f"{live}\n{again}"
    several = check(f"two.{ZONE}", "--save", tmp_path / "none.json")
    assert several.status == 2 and not (tmp_path / "none.json").exists(), several
