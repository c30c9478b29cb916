# SPDX-License-Identifier: Apache-2.0
"""certwhy trust add and remove: real clients refuse a server with a private CA, accept it after the
addition, and the machine is after the removal what it was before."""
import json
import os
import pty
import re
import shutil
import signal
import subprocess
from pathlib import Path

import jsonschema
import pytest
from cryptography import x509

import pki
from conftest import PROGRAM, SANITIZED, TOP
from machine import Machine, Server, has, works

pytestmark = pytest.mark.skipif(not works(), reason="no mount namespaces, or no update-ca-certificates here")
DRIVERS = Path(__file__).resolve().parent / "drivers"
USAGE = x509.KeyUsage(digital_signature=False, content_commitment=False, key_encipherment=False,
                      data_encipherment=False, key_agreement=False, key_cert_sign=True, crl_sign=True,
                      encipher_only=False, decipher_only=False)


def ca(common_name, issuer=None, **more):
    # Debian's git and wget (GnuTLS) want to know that a CA may sign.
    return pki.certificate(common_name, issuer or common_name, ca=True,
                           extensions=[USAGE, identifier(common_name)], **more)


def identifier(label):
    return x509.SubjectKeyIdentifier.from_public_key(pki.key(label).public_key())


def server_certificate(name, issuer, **more):
    return pki.certificate(name, issuer, names=["localhost"], extensions=[
        x509.AuthorityKeyIdentifier.from_issuer_public_key(pki.key(issuer).public_key()),
        x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH])], **more)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Files of a private CA and a server that shows a certificate of it."""
    place = tmp_path_factory.mktemp("world")
    made = {"root": ca("Corp Root G2"), "other": ca("Other Root"), "middle": ca("Corp Middle", "Corp Root G2"),
            "leaf": server_certificate("localhost", "Corp Root G2"),
            "own": server_certificate("self", "self")}
    for name, certificate in made.items():
        (place / f"{name}.pem").write_bytes(pki.pem(certificate))
    server = Server(place / "server", [made["leaf"]], "localhost")
    if has("javac"):
        subprocess.run(["javac", "-d", place, DRIVERS / "Visit.java"], check=True)
    yield type("World", (), {"place": place, "server": server, "made": made, **{
        name: place / f"{name}.pem" for name in made}})
    server.end()


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    machine = Machine(tmp_path_factory.mktemp("template"))
    machine.run("update-ca-certificates")
    return machine


@pytest.fixture
def clean(tmp_path, template):
    """A machine whose system store is as its tools would make it anew."""
    return Machine(tmp_path, template)


# ---- real clients ----

NODE = "require(\"https\").get(process.argv[1], r => r.resume()).on(\"error\", e => { console.error(e.code); process.exit(1) })"
PYTHON = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1]).status)"
REQUESTS = "import sys, requests; print(requests.get(sys.argv[1]).status_code)"
CLIENTS = {
    "curl": ("curl", lambda world, url: ["curl", "-sS", "-o", "/dev/null", url]),
    "wget": ("wget", lambda world, url: ["wget", "-q", "-t", "1", "-O", "/dev/null", url]),
    "git": ("git", lambda world, url: ["git", "ls-remote", url]),
    "python": ("python3", lambda world, url: ["/usr/bin/python3", "-c", PYTHON, url]),
    "requests": ("python3", lambda world, url: ["/usr/bin/python3", "-c", REQUESTS, url]),
    "node": ("node", lambda world, url: ["node", "-e", NODE, url]),
    "java": ("java", lambda world, url: ["java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", world.place,
                                         "Visit", url]),
    "gnutls": ("gnutls-cli", lambda world, url: ["gnutls-cli", "--port", url.split(":")[2].split("/")[0], "localhost"]),
    "openssl": ("openssl", lambda world, url: ["openssl", "s_client", "-brief", "-verify_return_error", "-connect",
                                               url.split("/")[2]]),
    "chrome": ("chromium-headless-shell", lambda world, url: [
        "chromium-headless-shell", "--headless", "--no-sandbox", "--no-zygote", "--disable-gpu",
        "--disable-dev-shm-usage", f"--user-data-dir={world.place}/chrome", "--dump-dom", url]),
}


def accepts(world, machine, client):
    """Does the real client get through? Login shells see what was set. The server agrees."""
    program, command = CLIENTS[client]
    if not has(program) or client == "requests" and machine.run("/usr/bin/python3", "-c", "import requests").returncode:
        pytest.skip(f"{client}: not here")
    path = f"as-{client}"
    done = machine.run(*command(world, world.server.url(path)), login=True)
    through = "welcome" in done.stdout if client == "chrome" else done.returncode == 0
    asks = client not in ("openssl", "gnutls")  # those two only shake hands
    assert not asks or through == world.server.saw(path), done
    return through


def added(machine, world, clients, *words):
    done = machine.certwhy("trust", "add", world.root, "--for", clients, "--yes", *words, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return " ".join(done.stdout.split())


def removed(machine, world, *words):
    done = machine.certwhy("trust", "remove", world.root, "--yes", *words, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return " ".join(done.stdout.split())


def shown(machine, store):
    """What `trust show` says of a store: fingerprints, aliases."""
    done = machine.certwhy("trust", "show", store, "--json")
    return [{key: member.get(key) for key in ("sha256", "alias", "name")}
            for member in json.loads(done.stdout)["members"]]


@pytest.mark.parametrize("client", ["curl", "wget", "git", "python", "requests", "openssl", "node", "java", "chrome"])
def test_one_client(world, clean, client):
    assert not accepts(world, clean, client)
    chromes = [name for name in ("home/.cache", "home/.config/chromium", "home/.local/share/pki/nssdb/") if client == "chrome"]
    before, members = clean.snapshot(*chromes), shown(clean, client)
    said = added(clean, world, client, "--against", world.server.target, "--offline")
    assert f"✓ {client}" in said and f"accepts {world.server.target}" in said
    assert "still rejects" not in said
    assert accepts(world, clean, client)
    removed(clean, world)
    assert clean.snapshot(*chromes) == before
    assert shown(clean, client) == members
    assert client != "chrome" or clean.nss(clean.home / ".local/share/pki/nssdb") == {}
    assert not accepts(world, clean, client)


def test_the_system(world, clean):
    """One addition, many clients: all that read the system's store."""
    readers = [name for name in ("curl", "wget", "git", "python", "gnutls", "openssl", "java") if has(CLIENTS[name][0])]
    if os.geteuid():
        readers = [name for name in readers if name != "java"]  # Debian's hook for Java wants to be the real root
    before, members = clean.snapshot(), shown(clean, "system")
    assert not any(accepts(world, clean, client) for client in readers)
    said = added(clean, world, "system,python,curl", "--against", world.server.target, "--offline")
    assert "curl" in said and "still rejects" not in said
    assert [client for client in readers if not accepts(world, clean, client)] == []
    assert len(shown(clean, "system")) == len(members) + 1
    removed(clean, world)
    assert clean.snapshot() == before and shown(clean, "system") == members
    assert not accepts(world, clean, "curl")


def test_a_store_that_no_tool_made(world, machine):
    """A bundle that somebody appended to, a file where a link should be: restored as they were."""
    with open(machine.place / "certs/ca-certificates.crt", "ab") as bundle:
        bundle.write(b"# appended by hand\n" + pki.pem(world.made["other"]))
    link = next(path for path in (machine.place / "certs").glob("*.pem") if path.is_symlink())
    content = link.read_bytes()
    link.unlink()
    link.write_bytes(content)
    before = machine.snapshot()
    added(machine, world, "system")
    assert machine.snapshot() != before
    removed(machine, world)
    assert machine.snapshot() == before


@pytest.mark.skipif(not has("firefox-esr", "certutil"), reason="no firefox-esr here")
def test_firefox(world, machine):
    profile = machine.home / ".mozilla/firefox/a.default"
    profile.mkdir(parents=True)
    (profile.parent / "profiles.ini").write_text("[Profile0]\nName=default\nIsRelative=1\nPath=a.default\nDefault=1\n")
    subprocess.run(["certutil", "-N", "-d", f"sql:{profile}", "--empty-password"], check=True)

    def visits(path):
        """The server has the last word: a request, or a handshake that was broken off."""
        scratch = machine.place / path
        shutil.copytree(profile, scratch)  # Firefox writes much into a profile
        failed = world.server.failed
        child = machine.start("firefox-esr", "--headless", "--no-remote", "--profile", scratch, world.server.url(path),
                              HOME=str(scratch), MOZ_CRASHREPORTER_DISABLE="1")
        try:
            through = world.server.wait(path, failed)
        finally:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        return through
    before = machine.nss(profile), machine.snapshot("home/.mozilla/firefox/a.default/")
    assert not visits("firefox-before")
    said = added(machine, world, "firefox", "--against", world.server.target, "--offline")
    assert "firefox@" in said and "still rejects" not in said
    assert visits("firefox-after")
    removed(machine, world)
    assert (machine.nss(profile), machine.snapshot("home/.mozilla/firefox/a.default/")) == before


# ---- several additions at once ----

ALL = "java,node,python,curl,git,wget,requests,pip,chrome,deno,system"


def test_two_certificates_in_any_order(world, clean):
    before = clean.snapshot("certs/java", "home/.pki")
    for order in ((0, 1), (1, 0)):
        names = [world.root, world.other]
        for name in names:
            done = clean.certwhy("trust", "add", name, "--for", ALL, "--yes", timeout=300)
            assert done.returncode == 0, done.stdout + done.stderr
        done = clean.certwhy("trust", "remove", names[order[0]], "--yes", timeout=300)
        assert done.returncode == 0, done.stdout
        kept = json.loads(clean.certwhy("trust", "list", "--added", "--json").stdout)["additions"]
        assert kept and {each["subject"] for each in kept} == {("Other Root", "Corp Root G2")[order[0]]}
        for client in ("curl", "git", "node", "python"):
            assert accepts(world, clean, client) == (order[0] == 1), client
        done = clean.certwhy("trust", "remove", "all", "--yes", timeout=300)
        assert done.returncode == 0, done.stdout
        assert clean.snapshot("certs/java", "home/.pki") == before
        assert not (clean.home / ".pki").exists()


def test_again_is_nothing(world, machine):
    (machine.home / ".curlrc").write_text("silent\n")
    added(machine, world, "curl,node")
    now = machine.snapshot()
    assert any((machine.place / "state/before").iterdir()), "what was there is kept"
    said = added(machine, world, "curl,node")
    assert "trusts it already" in said and machine.snapshot() == now
    removed(machine, world)
    assert not any((machine.place / "state/before").iterdir()), "nothing of others' files is kept for longer"


def test_removal_of_one_client(world, machine):
    added(machine, world, "curl,python,node")
    removed(machine, world, "--for", "python")
    kept = json.loads(machine.certwhy("trust", "list", "--added", "--json").stdout)["additions"]
    assert [each["client"] for each in kept] == ["curl", "node"]
    assert accepts(world, machine, "curl") and accepts(world, machine, "node")
    assert not accepts(world, machine, "python")


# ---- what others changed since ----

def test_files_that_others_changed(world, machine):
    (machine.home / ".curlrc").write_text("silent")  # without a newline at its end
    (machine.home / ".gitconfig").write_text("[user]\n\tname = u\n")
    (machine.home / ".profile").write_text("umask 027\n")
    before = machine.snapshot()
    added(machine, world, "curl,git,node")
    for name, line in ((".curlrc", "show-error\n"), (".gitconfig", "[core]\n\tpager = cat\n"), (".profile", "PS1=x\n")):
        with open(machine.home / name, "a") as file:
            file.write(line)
    said = removed(machine, world)
    assert said.count("changed by others since") == 3
    after = machine.snapshot()
    assert after["home/.curlrc"][2] == b"silentshow-error\n" or after["home/.curlrc"][2] == b"silent\nshow-error\n"
    assert b"[user]\n\tname = u\n" in after["home/.gitconfig"][2] and b"pager = cat" in after["home/.gitconfig"][2]
    assert b"certwhy" not in b"".join(each[2] or b"" for each in after.values() if not isinstance(each[2], str))
    assert after["home/.profile"][2] == b"umask 027\nPS1=x\n"
    assert set(after) == set(before)


def test_a_line_that_is_gone(world, machine):
    added(machine, world, "wget")
    (machine.home / ".wgetrc").write_text("verbose = off\n")
    assert "no longer there" in removed(machine, world)
    assert (machine.home / ".wgetrc").read_text() == "verbose = off\n"


@pytest.mark.skipif(not has("keytool"), reason="no keytool here")
def test_keystore_that_others_changed(world, machine):
    members = shown(machine, "java")
    added(machine, world, "java")
    keytool = ["keytool", "-cacerts", "-storepass", "changeit", "-noprompt"]
    assert machine.run(*keytool, "-importcert", "-alias", "theirs", "-file", world.other).returncode == 0
    assert "changed by others since" in removed(machine, world)
    now = shown(machine, "java")
    assert sorted(each["alias"] for each in now) == sorted([each["alias"] for each in members] + ["theirs"])
    assert accepts(world, machine, "java") is False


@pytest.mark.skipif(not has("certutil"), reason="no certutil here")
def test_flags_that_were_there(world, machine):
    database = machine.home / ".pki/nssdb"
    database.mkdir(parents=True)
    certutil = ["certutil", "-d", f"sql:{database}"]
    subprocess.run([*certutil, "-N", "--empty-password"], check=True)
    subprocess.run([*certutil, "-A", "-n", "my corp root", "-t", ",,", "-i", world.root], check=True)
    before = machine.nss(database)
    added(machine, world, "chrome")
    assert machine.nss(database) == {"my corp root": "C,,"}
    removed(machine, world)
    assert machine.nss(database) == before == {"my corp root": ",,"}


@pytest.mark.skipif(not has("certutil"), reason="no certutil here")
def test_a_database_with_a_password(world, machine):
    """Nobody is asked, nothing waits, nothing changes."""
    database = machine.home / ".pki/nssdb"
    database.mkdir(parents=True)
    (machine.place / "word").write_text("secret\n")
    subprocess.run(["certutil", "-N", "-d", f"sql:{database}", "-f", machine.place / "word"], check=True)
    done = machine.certwhy("trust", "add", world.root, "--for", "chrome", "--yes", timeout=30)
    assert done.returncode == 1 and "has a password of its own" in " ".join(done.stdout.split()), done
    assert machine.nss(database) == {}
    assert "Nothing" in machine.certwhy("trust", "list", "--added").stdout


def test_settings_of_others_are_kept(world, machine):
    """A bundle that replaces the public roots keeps what the client had, and what it had set."""
    (machine.place / "corp.pem").write_bytes(pki.pem(world.made["other"]))
    (machine.home / ".gitconfig").write_text(f"[http]\n\tsslCAInfo = {machine.place}/corp.pem\n")
    machine.settings = {"NODE_EXTRA_CA_CERTS": f"{machine.place}/corp.pem"}
    before, roots = machine.snapshot(), {each["sha256"] for each in shown(machine, "git")}
    added(machine, world, "git,node")
    assert {each["sha256"] for each in shown(machine, "git")} > roots
    added_file = (machine.home / ".local/share/certwhy/trust/node.pem").read_bytes()
    assert pki.pem(world.made["other"]) in added_file and pki.pem(world.made["root"]) in added_file
    removed(machine, world)
    assert machine.snapshot() == before


@pytest.mark.parametrize("text", ["[install]\nno-cache-dir = true", "[install]\nx = 1\n\n[global]"])
def test_a_last_line_that_does_not_end(world, machine, text):
    settings = machine.home / ".config/pip/pip.conf"
    settings.parent.mkdir(parents=True)
    settings.write_text(text)
    before = machine.snapshot()
    added(machine, world, "pip")
    head, _, own = settings.read_text().partition("[global]\n")
    assert head.rstrip("\n") == text.removesuffix("[global]").rstrip("\n") and own.startswith("cert = ")
    removed(machine, world)
    assert machine.snapshot() == before


def test_bundles_made_anew(world, machine):
    added(machine, world, "git")
    bundle = machine.home / ".local/share/certwhy/trust/git.pem"
    old = bundle.read_bytes()
    (machine.place / "local/later.crt").write_bytes(pki.pem(world.made["other"]))
    machine.run("update-ca-certificates")
    assert pki.pem(world.made["other"]) not in bundle.read_bytes()
    assert machine.certwhy("trust", "update").returncode == 0
    assert pki.pem(world.made["other"]) in bundle.read_bytes() != old
    assert accepts(world, machine, "git")
    removed(machine, world)
    assert not bundle.exists()


# ---- what is not trusted ----

def refused(machine, path, *words):
    before = machine.snapshot()
    done = machine.certwhy("trust", "add", path, "--for", "curl", "--yes", *words)
    assert done.returncode == 2 and machine.snapshot() == before, done.stdout
    assert not (machine.place / "state").exists()
    return done.stderr


def test_refusals(world, machine, tmp_path):
    assert "server's own certificate" in refused(machine, world.leaf)
    assert "intermediate" in refused(machine, world.middle)
    assert "--pin" in refused(machine, world.own)
    made = {
        "expired": pki.certificate("Old", "Old", ca=True, days=-0.5),
        "forged": pki.certificate("Forged", "Forged", ca=True, issuer_key="another"),
    }
    words = {"expired": "expired on", "forged": "does not verify"}
    for name, certificate in made.items():
        (tmp_path / f"{name}.pem").write_bytes(pki.pem(certificate))
        assert words[name] in refused(machine, tmp_path / f"{name}.pem"), name
    (tmp_path / "two.pem").write_bytes(pki.pem(world.made["root"], world.made["other"]))
    said = refused(machine, tmp_path / "two.pem")
    assert "2 certificates" in said and "Corp Root G2" in said and "Other Root" in said
    (tmp_path / "key.pem").write_bytes(pki.pem(world.made["root"]) + pki.key_pem("Corp Root G2"))
    assert "private key" in refused(machine, tmp_path / "key.pem")
    (tmp_path / "none.pem").write_text("hello")
    assert "no certificate" in refused(machine, tmp_path / "none.pem")


@pytest.mark.parametrize("kind, digest, words", [("rsa:1024", "sha256", "too weak"), ("rsa:2048", "md5", "broken")])
def test_weak_roots(machine, kind, digest, words):
    subprocess.run(["openssl", "req", "-x509", "-newkey", kind, "-nodes", f"-{digest}", "-keyout", "/dev/null", "-out",
                    machine.place / "weak.pem", "-subj", "/CN=Weak Root"], check=True, capture_output=True)
    assert words in refused(machine, machine.place / "weak.pem")


def test_nobody_to_ask(world, machine):
    before = machine.snapshot()
    done = machine.certwhy("trust", "add", world.root, "--for", "curl,git")
    assert done.returncode == 2 and machine.snapshot() == before
    assert "--yes" in done.stderr and ".curlrc" in done.stdout and "sslCAInfo" in done.stdout
    print_of = world.made["root"].fingerprint(pki.hashes.SHA256()).hex(":").upper()
    assert print_of in done.stdout and "certwhy trust remove" in done.stdout
    done = machine.certwhy("trust", "add", world.root, "--for", "curl", "--dry-run")
    assert done.returncode == 0 and machine.snapshot() == before and not (machine.place / "state").exists()


@pytest.mark.parametrize("answer, status", [("n", 2), ("", 2), ("y", 0)])
def test_asking(world, machine, answer, status):
    ours, theirs = pty.openpty()
    child = subprocess.Popen([PROGRAM, "trust", "add", world.root, "--for", "wget"], stdin=theirs,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=machine.environment)
    os.write(ours, answer.encode() + b"\n")
    _, said = child.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert child.returncode == status and b"Trust it? [y/N]" in said
    assert (machine.home / ".wgetrc").exists() == (status == 0)


@pytest.mark.parametrize("words, part", [
    (["add"], "one certificate"), (["add", "x.pem", "y.pem"], "one certificate"), (["remove"], "list --added"),
    (["add", "ROOT"], "--for says"), (["add", "ROOT", "--for", "crl"], "it takes system"),
    (["add", "ROOT", "--for", "docker", "--yes"], "--against HOST:PORT"), (["remove", "00112233"], "nothing that"),
    (["add", "MIDDLE", "--for", "chrome", "--as-intermediate"], "--against"),
    (["add", "ROOT", "--for", "curl", "--pin", "--as-intermediate"], "exclude each other"),
])
def test_mistakes(world, machine, words, part):
    words = [{"ROOT": world.root, "MIDDLE": world.middle}.get(word, word) for word in words]
    done = machine.certwhy("trust", *words)
    assert done.returncode == 2 and part in (done.stderr + done.stdout).replace("\n  ", " "), done


def test_steps_for_others(world, machine):
    others = "windows,macos,ios,android,postman,edge,firefox-policy,chrome-policy,kubernetes,conda,rhel,alpine"
    before = machine.snapshot()
    done = machine.certwhy("trust", "add", world.root, "--for", others)
    assert done.returncode == 0 and machine.snapshot() == before, done.stderr
    for words in ("Import-Certificate", "add-trusted-cert", "Certificate Trust Settings", "network security",
                  "ImportEnterpriseRoots", "CACertificates", "kubectl create configmap", "update-ca-trust", "ssl_verify"):
        assert words in done.stdout, words
    assert "{file}" not in done.stdout and str(world.root) in done.stdout


# ---- an intermediate, a pin ----

@pytest.mark.skipif(not has("certutil"), reason="no certutil here")
def test_as_intermediate(world, machine, tmp_path):
    leaf = server_certificate("behind", "Corp Middle")
    server = Server(tmp_path / "server", [leaf], "behind")
    try:
        words = ["trust", "add", world.middle, "--as-intermediate", "--against", server.target, "--offline", "--yes"]
        done = machine.certwhy(*words, "--for", "chrome")
        assert done.returncode == 2 and "would not help" in done.stderr, done  # its root is unknown
        assert not (machine.home / ".pki").exists()
        added(machine, world, "chrome")
        done = machine.certwhy(*words, "--for", "chrome,java")
        assert done.returncode == 1 and "✓ chrome" in done.stdout and "no place for an" in done.stdout, done
        assert sorted(machine.nss(machine.home / ".pki/nssdb").values()) == [",,", "C,,"]
        assert machine.certwhy("trust", "remove", world.middle, "--yes").returncode == 0
        assert list(machine.nss(machine.home / ".pki/nssdb").values()) == ["C,,"]
    finally:
        server.end()


def test_pin(world, machine, tmp_path):
    server = Server(tmp_path / "server", [world.made["own"]], "self")
    try:
        before = machine.snapshot()
        target = ["--against", server.target, "--offline", "--yes", "--pin"]
        done = machine.certwhy("trust", "add", world.own, "--for", "curl,node", *target)
        assert done.returncode == 0 and "✓ curl" in done.stdout and "renewed" in done.stdout, done
        assert machine.run("curl", "-sS", server.url("pinned")).returncode == 0 and server.saw("pinned")
        assert machine.certwhy("trust", "remove", world.own, "--yes").returncode == 0
        assert machine.snapshot() == before
        # for another server it is no help, and nothing is changed
        done = machine.certwhy("trust", "add", world.own, "--for", "curl", "--against", world.server.target,
                               "--offline", "--yes", "--pin")
        assert done.returncode == 2 and "would not help" in done.stderr and machine.snapshot() == before
    finally:
        server.end()


def test_docker(world, machine):
    done = machine.certwhy("trust", "add", world.root, "--for", "docker", "--against", "https://registry.test:5000/v2/",
                           "--dry-run")
    assert "/etc/docker/certs.d/registry.test:5000/ca.crt" in done.stdout, done
    done = machine.certwhy("trust", "add", world.root, "--for", "docker", "--against", "..", "--dry-run")
    assert "name it with --against HOST:PORT" in done.stdout, done


def test_what_still_rejects(world, machine):
    """Another root does not help against this server: it says so, and stays as asked."""
    done = machine.certwhy("trust", "add", world.other, "--for", "curl", "--against", world.server.target, "--offline",
                           "--yes")
    assert done.returncode == 1 and "curl" in done.stdout and "still rejects" in done.stdout
    assert machine.certwhy("trust", "remove", world.other, "--yes").returncode == 0


def told(machine, *words):
    """JSON, as the schema has it."""
    content = json.loads(machine.certwhy("trust", *words, "--json").stdout)
    jsonschema.validate(content, json.loads((TOP / "docs/trust.schema.json").read_text()))
    return content


def test_json(world, machine):
    words = ["add", world.root, "--for", "curl,node,windows", "--against", f"https://{world.server.target}/",
             "--offline"]
    planned = told(machine, *words, "--dry-run")
    assert [each["done"] for each in planned["clients"]] == [False] * 3 and planned["clients"][0]["paths"]
    assert told(machine, *words) == planned  # nobody to ask
    done = told(machine, *words, "--yes")
    curl, node, windows = done["clients"]
    assert curl["state"] == "add" and curl["done"] and curl["proven"] and curl["verdicts"][0]["accepts"] is True
    assert node["variable"]["name"] == "NODE_EXTRA_CA_CERTS"
    assert windows["state"] == "by-hand" and "Import-Certificate" in windows["steps"]
    assert done["certificate"]["sha256"] == world.made["root"].fingerprint(pki.hashes.SHA256()).hex()
    assert [each["client"] for each in told(machine, "list", "--added")["additions"]][:2] == ["curl", "node"]
    gone = told(machine, "remove", curl["id"], "--yes")
    assert gone["additions"][0]["state"] == "removed" and gone["additions"][1]["state"] == "stands"


def test_roots_of_one_name(world, machine, tmp_path):
    """A CA that changed its key: both are wanted for a while."""
    newer = pki.certificate("Corp Root G2", "Corp Root G2", ca=True, subject_key="newer", issuer_key="newer",
                            extensions=[USAGE, identifier("newer")])
    (tmp_path / "newer.pem").write_bytes(pki.pem(newer))
    for path in (tmp_path / "newer.pem", world.root):
        assert machine.certwhy("trust", "add", path, "--for", "curl,python", "--yes").returncode == 0
    assert accepts(world, machine, "curl") and accepts(world, machine, "python")
    assert machine.certwhy("trust", "remove", tmp_path / "newer.pem", "--yes").returncode == 0
    assert accepts(world, machine, "curl") and accepts(world, machine, "python")


def test_another_root_directory(world, machine):
    """A machine that lies below a directory: an image in the making."""
    image = machine.place / "image"
    for directory in ("home/u", "etc/ssl", "var/lib"):
        (image / directory).mkdir(parents=True)
    shutil.copytree("/etc/ssl/certs", image / "etc/ssl/certs", symlinks=False, ignore=shutil.ignore_patterns("java"))
    before = sorted(image.rglob("*"))
    words = {"HOME": "/home/u", "CERTWHY_STATE": "/var/lib/certwhy"}
    done = machine.certwhy("trust", "add", world.root, "--for", "curl,git,node", "--root", image, "--yes", **words)
    assert done.returncode == 0, done.stdout + done.stderr
    docker = machine.certwhy("trust", "add", world.root, "--for", "docker", "--root", image, "--yes", "--against",
                             "https://registry.test:5000/v2/", "--offline", **words)
    assert (image / "etc/docker/certs.d/registry.test:5000/ca.crt").exists() and "✓ docker" in docker.stdout, docker
    assert "capath" in (image / "home/u/.curlrc").read_text() and not (machine.home / ".curlrc").exists()
    done = machine.certwhy("trust", "remove", "all", "--root", image, "--yes", **words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [each for each in sorted(image.rglob("*")) if "var/lib/certwhy" not in str(each)] == before


# ---- killed, and no room ----

@pytest.fixture(scope="module")
def crash(tmp_path_factory):
    if SANITIZED:
        pytest.skip("sanitizers want to be loaded first")
    library = tmp_path_factory.mktemp("crash") / "crash.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, DRIVERS / "crash.c", "-ldl"], check=True)
    return library


def steps(machine, crash, command):
    """How many calls the command makes that can be the last."""
    log = machine.place / "log"
    done = subprocess.run(command, env={**machine.environment, "LD_PRELOAD": str(crash), "CRASH_LOG": str(log)},
                          capture_output=True, check=False)
    assert done.returncode == 0, done
    count = len(log.read_bytes())
    log.unlink()
    return count


# Of a hundred and more calls; with CERTWHY_LONG all of them.
POINTS = 1000 if os.environ.get("CERTWHY_LONG") else 10
FEW = "curl,wget,node,pip"
WHOLE = re.compile(r"\A(?:# certwhy trust [0-9a-f]{64}\n-----BEGIN CERTIFICATE-----\n[\w+/=\n]+-----END CERTIFICATE-----\n|"
                   r"-----BEGIN CERTIFICATE-----\n[\w+/=\n]+-----END CERTIFICATE-----\n)*\Z")


def nothing_is_half_written(machine):
    for path in machine.home.rglob("*.pem"):
        assert WHOLE.match(path.read_text()), path
    for line in ((machine.place / "state/trust.jsonl").read_text().splitlines()
                 if (machine.place / "state/trust.jsonl").exists() else []):
        json.loads(line)


@pytest.mark.parametrize("how", ["CRASH_AT", "FULL_AT"])
def test_interrupted_at_any_point(world, machine, crash, how):
    add = [PROGRAM, "trust", "add", world.root, "--for", FEW, "--yes"]
    remove = [PROGRAM, "trust", "remove", "all", "--yes"]
    (machine.home / ".wgetrc").write_text("verbose = off\n")
    before = machine.snapshot()
    total = steps(machine, crash, add)
    assert subprocess.run(remove, env=machine.environment, capture_output=True, check=False).returncode == 0
    assert machine.snapshot() == before and total > 60
    stopped = 0
    for n in range(1 + (how == "FULL_AT") * 3, total + 1, max(1, total // POINTS)):
        done = subprocess.run(add, env={**machine.environment, "LD_PRELOAD": str(crash), how: str(n)},
                              capture_output=True, text=True, check=False)
        assert done.returncode == -signal.SIGKILL or how == "FULL_AT" or n > total - 10, done
        stopped += done.returncode != 0
        nothing_is_half_written(machine)
        again = subprocess.run(remove, env=machine.environment, capture_output=True, text=True, check=False)
        assert again.returncode == 0, (n, done, again)
        assert machine.snapshot() == before, (n, done.stdout, done.stderr)
    assert stopped >= min(POINTS, total) - 1 if how == "CRASH_AT" else stopped > 5


def test_removal_interrupted_at_any_point(world, machine, crash):
    add = [PROGRAM, "trust", "add", world.root, "--for", FEW, "--yes"]
    remove = [PROGRAM, "trust", "remove", world.root, "--yes"]
    before = machine.snapshot()
    assert subprocess.run(add, env=machine.environment, capture_output=True, check=False).returncode == 0
    total = steps(machine, crash, remove)
    assert machine.snapshot() == before and total > 20
    for n in range(1, total + 1, max(1, total // POINTS)):
        assert subprocess.run(add, env=machine.environment, capture_output=True, check=False).returncode == 0
        done = subprocess.run(remove, env={**machine.environment, "LD_PRELOAD": str(crash), "CRASH_AT": str(n)},
                              capture_output=True, check=False)
        assert done.returncode == -signal.SIGKILL or n > total - 10, done
        nothing_is_half_written(machine)
        done = subprocess.run([PROGRAM, "trust", "remove", "all", "--yes"], env=machine.environment,
                              capture_output=True, check=False)
        assert done.returncode == 0, done
        assert machine.snapshot() == before, n


@pytest.mark.parametrize("client", ["system", "java", "chrome"])
def test_tools_killed(world, clean, client):
    """The whole group, tool and all, at ten moments of its run."""
    before = clean.snapshot("certs/java", "home/.pki"), shown(clean, "java")
    for tenth in range(1, 10, 2):
        clean.run("timeout", "--signal=KILL", f"{tenth / 5}", PROGRAM, "trust", "add", world.root, "--for", client,
                  "--yes")
        done = clean.certwhy("trust", "remove", "all", "--yes")
        assert done.returncode == 0, done.stdout + done.stderr
        assert (clean.snapshot("certs/java", "home/.pki"), shown(clean, "java")) == before, tenth
        assert not (clean.home / ".pki/nssdb/cert9.db").exists()


def test_a_really_full_disk(world, tmp_path):
    """A home of 200 KiB: git's bundle of public roots does not fit."""
    script = (f"mount -t tmpfs -o size=200k none {tmp_path} && cd {tmp_path} && mkdir home && echo '[user]' > "
              f"home/.gitconfig && {PROGRAM} trust add {world.root} --for git,curl --yes; echo status $?; "
              f"{PROGRAM} trust remove all --yes >&2; echo status $?; find home -type f; cat home/.gitconfig")
    done = subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True, check=False, env={
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": f"{tmp_path}/home", "CERTWHY_STATE": f"{tmp_path}/state"})
    if "status" not in done.stdout:
        pytest.skip(f"no mount here: {done.stderr.strip()}")
    assert "No space left on device" in done.stdout and "status 1" in done.stdout, done
    assert done.stdout.endswith("status 0\nhome/.gitconfig\n[user]\n"), done.stdout + done.stderr
