# SPDX-License-Identifier: Apache-2.0
"""STARTTLS and implicit TLS as real servers speak them: every scheme against a server of Debian's
that is healthy, one with a broken chain, and one that offers no TLS."""
import tempfile
from pathlib import Path

import pytest

import servers

KINDS = ["healthy", "incomplete", "expired"]
SCHEMES = [(server, scheme) for server, (_, schemes) in servers.SERVERS.items() for scheme in schemes]
PLAIN = [(server, scheme) for server, scheme in SCHEMES if scheme in servers.STARTTLS]


@pytest.fixture(scope="module")
def farm():
    # pytest's own directories are for the user of the tests alone
    with tempfile.TemporaryDirectory(prefix="certwhy-servers-") as folder:
        yield from start(Path(folder))


def start(folder):
    running = servers.Farm(folder, {**{kind: servers.material(kind) for kind in KINDS}, "plain": None})
    (folder / "root.pem").write_bytes(servers.root())
    running.root = folder / "root.pem"
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def check(certwhy, farm):
    def run(server, scheme, kind):
        if server in farm.missing:
            pytest.skip(f"{server}: {farm.missing[server]}")
        assert (server, kind) not in farm.broken, farm.broken[server, kind]
        port = farm.places[server, kind].ports[scheme]
        return certwhy("check", f"{scheme}://{servers.HOST}:{port}", "--name", servers.NAME, "--ca", farm.root, "--only-ca", "--offline",
                       "--json", "--timeout", "5")
    return run


def causes(run):
    return [finding["rule"] for finding in run.target["findings"] if finding["cause"]]


@pytest.mark.parametrize("server, scheme", SCHEMES)
def test_a_healthy_server_is_accepted(check, server, scheme):
    run = check(server, scheme, "healthy")
    assert run.status == 0 and run.target["outcome"] == "accepted", run
    assert [each["position"] for each in run.target["chain"] if each["origin"] == "sent"] == [0, 1], run


@pytest.mark.parametrize("server, scheme", SCHEMES)
def test_a_missing_intermediate_is_named(check, server, scheme):
    run = check(server, scheme, "incomplete")
    assert run.status == 1 and run.target["outcome"] == "rejected", run
    assert set(causes(run)) & {"chain.missing-intermediate", "trust.unknown-ca"}, run


@pytest.mark.parametrize("server, scheme", SCHEMES)
def test_an_expired_certificate_is_named(check, server, scheme):
    run = check(server, scheme, "expired")
    assert run.status == 1 and causes(run) == ["validity.expired"], run


@pytest.mark.parametrize("server, scheme", PLAIN)
def test_a_server_without_tls_is_named(check, server, scheme):
    run = check(server, scheme, "plain")
    assert run.status == 3 and causes(run) == ["server.starttls-refused"], run
