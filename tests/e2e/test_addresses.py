# SPDX-License-Identifier: Apache-2.0
"""Every address of a name, IPv4 and IPv6: the gravest is judged, and who shows what is said. And what is sent:
SNI or none, ALPN."""
import contextlib
import socket
import ssl

import pki
import pytest
import tls_servers
from conftest import run_program

NAME = "www.many.test"


def has_v6():
    with contextlib.suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
        return True
    return False


needs_v6 = pytest.mark.skipif(not has_v6(), reason="no IPv6 on loopback here")


class World:
    def __init__(self, directory):
        self.directory = directory
        self.good = tls_servers.leaf([NAME])
        self.new = tls_servers.leaf([NAME], age=0)
        self.expired = tls_servers.leaf([NAME], age=100)
        (directory / "root.pem").write_bytes(pki.pem(tls_servers.root()))

    def contexts(self, **certs):
        """a="good", v6="expired" → contexts of 127.0.0.1, [::1] …"""
        addresses = {"a": "127.0.0.1", "b": "127.0.0.2", "c": "127.0.0.3", "v6": "::1"}
        return {addresses[key]: tls_servers.context([getattr(self, cert)], NAME) for key, cert in certs.items()}

    def check(self, port, connect, *arguments):
        return run_program("check", f"{NAME}:{port}", "--connect", connect, "--ca", self.directory / "root.pem", "--only-ca",
                           "--offline", "--client", "curl@7.88,go@1.19", *arguments)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return World(tmp_path_factory.mktemp("addresses"))


def finding(run, rule):
    (found,) = [f for f in run.target["findings"] if f["rule"] == rule]
    return found


@pytest.mark.parametrize("order", ["127.0.0.1,127.0.0.2,127.0.0.3", "127.0.0.2,127.0.0.3,127.0.0.1"])
def test_the_gravest_is_judged_wherever_it_stands(world, order):
    with tls_servers.serving(world.contexts(a="good", b="expired", c="good")) as port:
        run = world.check(port, order, "--json")
    assert run.status == 1 and run.target["outcome"] == "rejected", run
    assert run.target["endpoint"]["address"] == f"127.0.0.2:{port}" and "validity.expired" in run.rules, run
    summary = finding(run, "server.addresses-differ")["summary"]
    assert "shows an old certificate, another a valid one" in summary, summary
    assert f"127.0.0.2:{port} shows {NAME} until" in summary, summary
    assert f"127.0.0.1:{port}, 127.0.0.3:{port} show" in summary or f"127.0.0.3:{port}, 127.0.0.1:{port} show" in summary, summary


@needs_v6
@pytest.mark.parametrize("expired, good", [("v6", "a"), ("a", "v6")])
def test_either_family_may_be_the_bad_one(world, expired, good):
    both = "127.0.0.1,[::1]"
    with tls_servers.serving(world.contexts(**{expired: "expired", good: "good"})) as port:
        run = world.check(port, both, "--json")
        assert run.status == 1 and "validity.expired" in run.rules, run
        assert f"[::1]:{port} shows" in finding(run, "server.addresses-differ")["summary"], run
        four, six = world.check(port, both, "-4", "--json"), world.check(port, both, "-6", "--json")
    assert [a["address"] for a in four.target["endpoint"]["addresses"]] == [f"127.0.0.1:{port}"], four
    assert [a["address"] for a in six.target["endpoint"]["addresses"]] == [f"[::1]:{port}"], six
    assert (four.status, six.status) == ((0, 1) if expired == "v6" else (1, 0))


def test_two_good_ones_are_a_warning(world):
    with tls_servers.serving(world.contexts(a="good", b="new")) as port:
        run = world.check(port, "127.0.0.1,127.0.0.2", "--json")
    assert run.status == 0 and finding(run, "server.addresses-differ")["severity"] == "warning", run
    summary = finding(run, "server.addresses-differ")["summary"]
    assert summary.count("serial number") == 2, summary


def test_the_same_everywhere_is_said_nothing_of(world):
    with tls_servers.serving(world.contexts(a="good", b="good")) as port:
        run = world.check(port, "127.0.0.1,127.0.0.2", "--json")
    assert run.status == 0 and not run.target["endpoint"]["addresses_differ"] and not run.rules, run


def test_an_address_where_nobody_listens(world):
    with tls_servers.serving(world.contexts(a="good")) as port:
        run = world.check(port, "127.0.0.1,127.0.0.9", "--json")
        assert run.status == 0 and run.target["outcome"] == "accepted", run
        fails = finding(run, "server.address-fails")
        assert fails["severity"] == "warning" and f"1 of 2 addresses of {NAME}" in fails["summary"], run
        assert f"127.0.0.9:{port} (connection refused" in fails["summary"], run
        case = world.directory / "fails.json"
        live = world.check(port, "127.0.0.1,127.0.0.9", "--save", case)
    again = run_program("check", case, "--client", "curl@7.88,go@1.19")
    assert again.out == live.out, f"{live}\n{again}"


def test_a_machine_without_ipv6_raises_no_alarm(world):
    """An address of documentation (RFC 3849): no way leads there from a machine without IPv6, and nobody answers on
    one that has it."""
    with tls_servers.serving(world.contexts(a="good")) as port:
        run = world.check(port, "127.0.0.1,[2001:db8::1]", "--timeout", "1", "--json")
    (six,) = [a for a in run.target["endpoint"]["addresses"] if a["address"].startswith("[")]
    assert run.status == 0 and run.target["outcome"] == "accepted", run
    assert run.rules == (set() if six["connect"] == "unreachable" else {"server.address-fails"}), run


# ---- what is sent ----

def test_sni_and_none(world):
    """A server of two names shows another certificate without SNI."""
    other = tls_servers.context([tls_servers.leaf(["other.many.test"])], "other.many.test")
    seen = []

    def choose(connection, name, context):
        seen.append(name)
        if name == NAME:
            connection.context = world.contexts(a="good")["127.0.0.1"]
    other.sni_callback = choose
    with tls_servers.serving({"127.0.0.1": other}) as port:
        run = world.check(port, "127.0.0.1", "--json")
        assert run.status == 0 and seen[0] == NAME and run.target["endpoint"]["sni"] == NAME, run
        seen.clear()
        run = world.check(port, "127.0.0.1", "--sni", "none", "--json")
        assert run.status == 1 and seen[0] is None and run.target["endpoint"]["sni"] is None, run
        assert "server.sni-required" in run.rules, run
        seen.clear()
        run = world.check(port, "127.0.0.1", "--sni", "other.many.test", "--json")
        assert run.status == 1 and seen[0] == "other.many.test" and run.target["name"] == NAME, run


@pytest.mark.parametrize("offered, chosen", [("h2,http/1.1", "h2"), ("http/1.1", "http/1.1"), ("imap", None)])
def test_alpn(world, offered, chosen):
    context = tls_servers.context([world.good], NAME, alpn=["h2", "http/1.1"])
    with tls_servers.serving({"127.0.0.1": context}) as port:
        run = world.check(port, "127.0.0.1", "--alpn", offered, "--json")
        text = world.check(port, "127.0.0.1", "--alpn", offered)
        plain = world.check(port, "127.0.0.1", "--json")
    endpoint = run.target["endpoint"]
    assert run.status == 0 and (endpoint["alpn"], endpoint["alpn_offered"]) == (chosen, offered), run
    assert f"ALPN       {chosen}, of {offered}" in text.text or f"ALPN       none of {offered} was chosen" in text.text, text
    assert plain.target["endpoint"]["alpn"] is None and "alpn_offered" not in plain.target["endpoint"], plain


@pytest.mark.parametrize("words", ["", ",", "h2,", ",h2", "h2,,h3", "x" * 256, "\x1b"])
def test_what_is_no_list_of_protocols(world, words):
    run = world.check(1, "127.0.0.1", "--alpn", words)
    assert run.status == 2 and b"--alpn takes protocols" in run.err, run


def test_alpn_is_not_for_files(world):
    run = run_program("check", world.directory / "root.pem", "--alpn", "h2")
    assert run.status == 2 and b"--alpn" in run.err, run
    assert ssl.HAS_ALPN
