# SPDX-License-Identifier: Apache-2.0
"""What certificates point to is fetched from public addresses and from no others, whatever redirects
and name servers say. Each test has an internet of its own: see world.py."""
import json
import subprocess
import sys
from pathlib import Path

import pytest

import pki
from conftest import PROGRAM

WORLD = Path(__file__).with_name("world.py")
PUBLIC, OTHER, PUBLIC6 = "93.184.215.14", "151.101.1.6", "2606:2800:220:1::6"
ISOLATE = ["unshare", "--map-root-user", "--net", "--mount"]


def isolation_works():
    try:
        return subprocess.run([*ISOLATE, "ip", "link", "set", "lo", "up"], capture_output=True,
                              timeout=10).returncode == 0
    except OSError:
        return False


pytestmark = pytest.mark.skipif(not isolation_works(), reason="no network namespaces here")


class Outcome:
    def __init__(self, told, directory):
        self.seen, self.asked = told["seen"], told["asked"]
        self.text = told["out"] + told["err"]
        case = json.loads((directory / "case.json").read_text())
        (self.document,) = case.get("documents", [{}])
        self.result = self.document.get("result")
        self.supplied = told["status"] == 1 and "found in http" in " ".join(told["out"].split())


@pytest.fixture
def world(tmp_path):
    """world(URL in the leaf, redirect for /, …) → Outcome. The issuer is at PUBLIC/issuer.cer."""
    tmp_path.chmod(0o755)
    root = pki.certificate("Root", "Root", ca=True, days=900)
    issuer = pki.certificate("Issuing CA", "Root", ca=True, days=900)
    (tmp_path / "root.pem").write_bytes(pki.pem(root))
    (tmp_path / "issuer.cer").write_bytes(pki.der(issuer))

    def run(url, *, redirect=None, witnesses=(), names=None, http=(), env=None, arguments=()):
        leaf = pki.certificate("www.example.com", "Issuing CA", names=["www.example.com"],
                               extensions=[pki.ca_issuers(url)])
        (tmp_path / "leaf.pem").write_bytes(pki.pem(leaf))
        paths = {"/issuer.cer": f"file:{tmp_path}/issuer.cer"}
        if redirect:
            paths["/"] = f"redirect:{redirect}"
        plan = {"http": {place: paths for place in (f"{PUBLIC}:80", *http)}, "witnesses": witnesses,
                "names": names or {}, "env": {"XDG_CACHE_HOME": str(tmp_path / "cache"), **(env or {})},
                "run": [str(PROGRAM), "check", str(tmp_path / "leaf.pem"), "--name", "www.example.com",
                        "--ca", str(tmp_path / "root.pem"), "--only-ca", "--no-cache", "--save",
                        str(tmp_path / "case.json"), *arguments]}
        (tmp_path / "world.json").write_text(json.dumps(plan))
        done = subprocess.run([*ISOLATE, sys.executable, WORLD, tmp_path], capture_output=True, timeout=90)
        assert done.returncode == 0, done.stderr.decode()
        return Outcome(json.loads(done.stdout), tmp_path)

    return run


def nobody_came(outcome, *witnesses):
    return all(outcome.seen[witness] == 0 for witness in witnesses)


# ---- what is allowed works: else the rest would prove nothing ----

@pytest.mark.parametrize("url", [f"http://{PUBLIC}/issuer.cer", "http://aia.example/issuer.cer"])
def test_a_public_address_is_asked(world, url):
    outcome = world(url, names={"aia.example": [[PUBLIC]]})
    assert outcome.result == "ok" and outcome.supplied, outcome.text
    assert outcome.seen[f"{PUBLIC}:80"] == 1


def test_a_public_ipv6_address_is_asked(world):
    place = f"[{PUBLIC6}]:80"
    outcome = world("http://aia.example/issuer.cer", names={"aia.example": [[PUBLIC6]]}, http=[place])
    assert outcome.result == "ok" and outcome.seen[place] == 1, outcome.text


def test_a_redirect_to_a_public_address_is_followed(world):
    outcome = world(f"http://{PUBLIC}/", redirect=f"http://{OTHER}/issuer.cer", http=[f"{OTHER}:80"])
    assert outcome.result == "ok" and outcome.seen[f"{OTHER}:80"] == 1, outcome.text


def test_private_addresses_are_asked_when_that_is_allowed(world):
    outcome = world("http://10.1.2.3/issuer.cer", http=["10.1.2.3:80"], arguments=["--allow-private-fetch"])
    assert outcome.result == "ok" and outcome.supplied, outcome.text


# ---- what is refused is not even connected to ----

INSIDE = {"loopback": "127.0.0.1:80", "private 10": "10.1.2.3:80", "private 172.16": "172.16.9.9:80",
          "private 192.168": "192.168.1.1:80", "link-local, where clouds keep secrets": "169.254.169.254:80",
          "carrier's": "100.64.0.1:80", "loopback v6": "[::1]:80", "unique local v6": "[fd00::1]:80"}


@pytest.mark.parametrize("witness", INSIDE.values(), ids=INSIDE)
def test_an_inside_address_is_refused(world, witness):
    for url, redirect in ((f"http://{witness}/", None), (f"http://{PUBLIC}/", f"http://{witness}/")):
        outcome = world(url, redirect=redirect, witnesses=[witness])
        assert nobody_came(outcome, witness) and outcome.result == "address", outcome.text
        assert outcome.seen[f"{PUBLIC}:80"] == (1 if redirect else 0)


@pytest.mark.parametrize("spelling", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::ffff:127.0.0.1]",
                                      "[::ffff:7f00:1]", "localhost", "LOCALHOST.", "0.0.0.0", "0"])
def test_another_spelling_of_loopback_is_refused(world, spelling):
    witness = "127.0.0.1:80"
    for url, redirect in ((f"http://{spelling}/", None), (f"http://{PUBLIC}/", f"http://{spelling}/")):
        outcome = world(url, redirect=redirect, witnesses=[witness])
        assert nobody_came(outcome, witness) and outcome.result not in (None, "ok"), outcome.text


@pytest.mark.parametrize("target", ["https://127.0.0.1:443/", "http://user:word@127.0.0.1:443/",
                                    "//127.0.0.1:443/", "http://127.0.0.1:443\\@aia.example/",
                                    "ldap://127.0.0.1:443/CN=x?cACertificate", "ftp://127.0.0.1:443/",
                                    "gopher://127.0.0.1:443/_x", "dict://127.0.0.1:443/x",
                                    "file:///etc/passwd"])
def test_a_redirect_to_anything_inside_is_refused(world, target):
    witness = "127.0.0.1:443"
    outcome = world(f"http://{PUBLIC}/", redirect=target, witnesses=[witness], names={"aia.example": [[PUBLIC]]})
    assert nobody_came(outcome, witness) and outcome.result not in (None, "ok"), outcome.text
    assert outcome.seen[f"{PUBLIC}:80"] >= 1


def test_a_directory_inside_is_refused(world):
    witness = "127.0.0.1:389"
    outcome = world("ldap://127.0.0.1/CN=x?cACertificate;binary", witnesses=[witness])
    assert nobody_came(outcome, witness) and outcome.result in ("address", "scheme"), outcome.text


# ---- names ----

def test_a_name_that_leads_inside_is_refused(world):
    witness = "10.1.2.3:80"
    outcome = world("http://aia.example/issuer.cer", names={"aia.example": [["10.1.2.3"]]}, witnesses=[witness])
    assert nobody_came(outcome, witness) and outcome.result == "address", outcome.text


@pytest.mark.parametrize("answer", [[OTHER, "10.1.2.3"], ["10.1.2.3", OTHER]])
def test_a_name_that_leads_both_ways_leads_outside_only(world, answer):
    """Nobody listens at the public one, so that a client in need would turn to the other."""
    witness = "10.1.2.3:80"
    outcome = world("http://aia.example/issuer.cer", names={"aia.example": [answer]}, witnesses=[witness])
    assert nobody_came(outcome, witness) and outcome.result in ("address", "connect"), outcome.text


def test_a_name_that_changes_its_mind_is_believed_once(world):
    """DNS rebinding: what was looked at is what is connected to."""
    witness = "10.1.2.3:80"
    outcome = world("http://aia.example/issuer.cer", witnesses=[witness],
                    names={"aia.example": [[PUBLIC], ["10.1.2.3"]]})
    assert nobody_came(outcome, witness) and outcome.result == "ok", outcome.text
    assert outcome.asked["aia.example"] == 1


def test_a_redirect_to_the_same_name_is_looked_at_again(world):
    """… and the second address of a name is no better for the first."""
    witness = "10.1.2.3:8080"
    outcome = world("http://aia.example/", redirect="http://aia.example:8080/issuer.cer", witnesses=[witness],
                    names={"aia.example": [[PUBLIC], ["10.1.2.3"]]})
    assert nobody_came(outcome, witness) and outcome.result not in (None, "ok"), outcome.text


def test_offline_asks_nobody(world):
    outcome = world("http://aia.example/issuer.cer", names={"aia.example": [[PUBLIC]]}, arguments=["--offline"])
    assert outcome.result == "offline" and nobody_came(outcome, f"{PUBLIC}:80")
    assert not outcome.asked


# ---- a proxy is the user's choice ----

def test_a_proxy_inside_is_used_and_asked_for_the_outside(world):
    """It sees the whole URL; nobody else is connected to, and no name is looked up."""
    proxy = "127.0.0.1:3128"
    outcome = world("http://aia.example/issuer.cer", witnesses=[proxy],
                    env={"http_proxy": f"http://{proxy}"})
    assert outcome.seen[proxy] >= 1 and nobody_came(outcome, f"{PUBLIC}:80")


def test_a_proxy_is_not_asked_for_the_inside(world):
    proxy = "127.0.0.1:3128"
    outcome = world("http://10.1.2.3/issuer.cer", witnesses=[proxy], arguments=["--proxy", f"http://{proxy}"])
    assert nobody_came(outcome, proxy) and outcome.result == "address", outcome.text
