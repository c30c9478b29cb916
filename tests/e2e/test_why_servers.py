# SPDX-License-Identifier: Apache-2.0
"""certwhy why with the clients of databases and directories, against real servers of theirs."""
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from conftest import PROGRAM, SLOWER

import servers

HOST, NAME = servers.HOST, servers.NAME
SERVERS = {"psql": ("PostgreSQL", "postgres"), "mariadb": ("MariaDB", "mysql"), "ldapsearch": ("OpenLDAP", "ldap"),
           "ldapsearch, ldaps": ("OpenLDAP", "ldaps")}
PROFILES = {"psql": "openssl@", "mariadb": "openssl@", "ldapsearch": "gnutls-cli@"}
CAUSES = {"healthy": set(), "incomplete": {"trust.unknown-ca"}, "expired": {"validity.expired"}}


@pytest.fixture(scope="module")
def farm():
    # the servers run as users of their own, who must get there
    with tempfile.TemporaryDirectory(prefix="certwhy-why-") as folder:
        folder = Path(folder)
        running = servers.Farm(folder, {kind: servers.material(kind) for kind in CAUSES}, {name for name, _ in SERVERS.values()})
        running.root, running.configuration = folder / "root.pem", folder / "ldap.conf"
        running.root.write_bytes(servers.root())
        running.configuration.write_text(f"TLS_CACERT {running.root}\n")
        try:
            yield running
        finally:
            running.stop()


def port_of(farm, client, kind):
    server, scheme = SERVERS[client]
    program = client.split(",")[0]
    if not shutil.which(program):
        pytest.skip(f"no {program} here")
    if server in farm.missing:
        pytest.skip(f"{server}: {farm.missing[server]}")
    assert (server, kind) not in farm.broken, farm.broken[server, kind]
    return farm.places[server, kind].ports[scheme]


def psql(port, *words, query="select 1"):
    return ["psql", "-X", " ".join([f"host={NAME} hostaddr={HOST} port={port} user=postgres dbname=postgres", *words]), "-c", query]


def mariadb(port, *words, query="select 1"):
    return ["mariadb", "--no-defaults", "-h", HOST, "-P", str(port), *words, "-e", query]


def ldapsearch(port, scheme="ldap"):
    return ["ldapsearch", "-x", *(["-ZZ"] if scheme == "ldap" else []), "-H", f"{scheme}://{HOST}:{port}", "-s", "base", "-b", ""]


def why(tmp_path, command, **variables):
    """What is said of the command, whose streams and status stay its own."""
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LANG": "C.UTF-8", **variables}
    path = tmp_path / "report.json"
    ran = subprocess.run([PROGRAM, "why", "--json", "-o", path, "--", *command], env=env, capture_output=True, stdin=subprocess.DEVNULL,
                         timeout=60 * SLOWER)
    return ran, json.loads(path.read_text())


def causes(document):
    return {finding["rule"] for target in document["targets"] for finding in target["findings"] if finding["cause"]}


WAYS = {
    "psql, full": ("psql", lambda port, farm: (psql(port, "sslmode=verify-full", f"sslrootcert={farm.root}"), {})),
    "psql, a URL": ("psql", lambda port, farm: (
        ["psql", "-X", f"postgresql://postgres@{NAME}:{port}/postgres?hostaddr={HOST}&sslmode=verify-full&sslrootcert={farm.root}", "-c", "select 1"], {})),
    "psql, variables": ("psql", lambda port, farm: (psql(port), {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": str(farm.root)})),
    "psql, require with roots": ("psql", lambda port, farm: (psql(port, "sslmode=require", f"sslrootcert={farm.root}"), {})),
    "mariadb": ("mariadb", lambda port, farm: (mariadb(port, "--ssl-ca", str(farm.root), "--ssl-verify-server-cert"), {})),
    "mariadb, no name": ("mariadb", lambda port, farm: (mariadb(port, f"--ssl-ca={farm.root}"), {})),
    "ldapsearch, StartTLS": ("ldapsearch", lambda port, farm: (ldapsearch(port), {"LDAPTLS_CACERT": str(farm.root)})),
    "ldapsearch, ldap.conf": ("ldapsearch", lambda port, farm: (ldapsearch(port), {"LDAPCONF": str(farm.configuration)})),
    "ldapsearch, ldaps": ("ldapsearch, ldaps", lambda port, farm: (ldapsearch(port, "ldaps"), {"LDAPTLS_CACERT": str(farm.root)})),
}


@pytest.mark.parametrize("kind", CAUSES)
@pytest.mark.parametrize("way", WAYS)
def test_what_is_wrong_is_named(farm, tmp_path, way, kind):
    client, command = WAYS[way]
    words, variables = command(port_of(farm, client, kind), farm)
    ran, document = why(tmp_path, words, **variables)
    said = document["command"]
    assert (ran.returncode == 0) == (kind == "healthy"), ran
    assert (said["accepted"], causes(document)) == (kind == "healthy", CAUSES[kind]), document
    assert said["client"].startswith(PROFILES[client.split(",")[0]]) and said["title"] == words[0], said


@pytest.mark.parametrize("way", ["psql, full", "mariadb", "ldapsearch, StartTLS"])
def test_a_healthy_server_whose_root_is_not_trusted(farm, tmp_path, way):
    """The file that the client was given holds another root."""
    client, command = WAYS[way]
    port, other = port_of(farm, client, "healthy"), tmp_path / "other.pem"
    other.write_bytes(servers.pki.pem(servers.pki.certificate("Other Root", "Other Root", ca=True, days=900)))
    words, variables = command(port, type("Given", (), {"root": other}))
    ran, document = why(tmp_path, words, **variables)
    assert ran.returncode and causes(document) == {"trust.private-ca"}, document


@pytest.mark.parametrize("client, command, variables", [
    ("psql", lambda port: psql(port, "sslmode=require", query="select nothing"), {}),
    ("mariadb", lambda port: mariadb(port, "--ssl", query="select nothing"), {}),
    ("ldapsearch", lambda port: [*ldapsearch(port)[:-1], "cn=nothing"], {"LDAPTLS_REQCERT": "never"}),
], ids=["psql", "mariadb", "ldapsearch"])
def test_a_client_that_verifies_nothing(farm, tmp_path, client, command, variables):
    """It fails for another reason: the certificate that expired is none."""
    words = command(port_of(farm, client, "expired"))
    ran, document = why(tmp_path, words, **variables)
    assert ran.returncode and document["command"]["accepted"] is True and document["targets"] == [], document
    text = subprocess.run([PROGRAM, "why", "--", *words], capture_output=True, stdin=subprocess.DEVNULL, timeout=60 * SLOWER,
                          env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **variables}).stderr.decode()
    last = text.splitlines()[-1]
    assert "as it would any certificate: it verifies none" in last and "for another reason" in last
