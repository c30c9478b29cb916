# SPDX-License-Identifier: Apache-2.0
"""certwhy fix --prove-live: what a fix changes, shown to the real clients that are installed here."""
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

import pem_faults
import pki
from conftest import PROGRAM, SANITIZED, TOP, run_program

# Each is installed by ./dev deps, or the test says that it is not here.
QUICK = {"curl": "curl", "wget": "wget", "git": "git", "openssl": "openssl", "gnutls-cli": "gnutls-cli",
         "node": "node"}
SCENARIOS = ["missing-intermediate-private-pool", "wrong-order", "private-root-sent", "healthy-ip-san",
             "name-mismatch"]
pytestmark = pytest.mark.skipif(SANITIZED, reason="the clients are no part of us")


@pytest.fixture(scope="module")
def servers(lab):
    return lab(*SCENARIOS)


@pytest.fixture(scope="module")
def here():
    """Names of profiles of the clients that are found here."""
    listed = json.loads(subprocess.run([TOP / "build" / "certwhy", "clients", "--json"], capture_output=True,
                                       timeout=60, check=True).stdout)
    return [entry["client"] for entry in listed if entry["installed"]]


def arguments(servers, scenario, *more):
    server = servers[scenario]
    folder = Path(server["ca_file"]).parent
    return ["fix", *server["command"][1:], "--key", folder / "key.pem", "--prove-live", *more]


@pytest.fixture
def fix(servers, here, tmp_path):
    """fix(SCENARIO, …) for the quick clients; leaves nothing behind in its TMPDIR."""
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    quick = [name for name in here if name.split("@")[0] in QUICK]

    def run(scenario, *more, clients=None, env=None):
        done = run_program(*arguments(servers, scenario, "--client", ",".join(clients or quick), *more),
                           env={"TMPDIR": str(scratch), **(env or {})}, cwd=servers.directory.name, timeout=300)
        assert list(scratch.iterdir()) == [], "its files are removed"
        return done
    return run


def proof(run):
    (finding,) = [f for f in run.target["findings"] if f["fixes"] and f["cause"]]
    return finding["fixes"][0]["proven"]


def programs(visits):
    return {visit["program"] for visit in visits if visit["accepts"]}


def test_every_client_here_accepts(fix, here, tmp_path):
    """Java and Go too, where they are: each is named with its version, beside the model's."""
    run = fix("missing-intermediate-private-pool", "-o", tmp_path / "out.pem", "--json", clients=here)
    assert run.status == 0, run
    live = proof(run)
    assert live["by"] == "live"
    assert all(visit["accepts"] and visit["message"] == "" for visit in live["live"])
    # every one that is found here and that we can call
    families = {name.split("@")[0] for name in here} & {*QUICK, "python", "java", "go"}
    assert families <= programs(live["live"]), run
    curl = subprocess.run(["curl", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    assert {"curl": curl}.items() <= {v["program"]: v["version"] for v in live["live"]}.items()
    assert (tmp_path / "out.pem").read_text().count("BEGIN CERT") == 2
    assert b"accepted by" in run.err and f"curl {curl}".encode() in run.err


def test_text_tells_model_and_live_apart(fix):
    run = fix("missing-intermediate-private-pool", clients=["curl"])
    assert " ".join(run.text.split()).count("proven by the model: with it the client accepts; proven by curl 7") == 1, run


def test_without_it_only_the_model(servers):
    run = run_program(*[word for word in arguments(servers, "missing-intermediate-private-pool", "--json",
                                                   "-o", os.devnull) if word != "--prove-live"],
                      cwd=servers.directory.name)
    assert proof(run)["by"] == "model" and "live" not in proof(run)


def test_a_root_to_trust(fix):
    """What the server sends stays; the clients are given the root."""
    run = fix("private-root-sent", "--json")
    assert run.status == 1
    assert proof(run)["by"] == "live" and programs(proof(run)["live"])
    assert b"rejected, as judged, by curl" in run.err, "the chain alone is no cure"


def test_an_address(fix):
    run = fix("healthy-ip-san")
    assert run.status == 0 and b"accepted by curl" in run.err, run


def test_what_no_file_cures(fix, tmp_path):
    run = fix("name-mismatch", "-o", tmp_path / "out.pem")
    assert run.status == 1 and b"rejected, as judged" in run.err, run
    assert not (tmp_path / "out.pem").exists()


@pytest.mark.parametrize("script, said", [("echo 'fatal: of another mind'; exit 1", "of another mind"),
                                          ("echo \"fatal: repository 'x' not found\"; exit 128", "not found")])
def test_a_client_that_contradicts(fix, tmp_path, script, said):
    """It rejects, or only says that it was there: its handshake was not seen."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "git").chmod(0o755)
    path = f"{folder}:{os.environ['PATH']}"
    run = fix("wrong-order", "-o", tmp_path / "out.pem", "--json", clients=["curl", "git"], env={"PATH": path})
    if not any(word in run.err for word in (b"git 2",)):
        pytest.skip("git is not found here")
    assert run.status == 1, run
    assert b"rejects what it was judged to accept" in run.err and said.encode() in run.err
    assert b"not proven live: no file was written" in run.err
    assert not (tmp_path / "out.pem").exists()
    run = fix("wrong-order", "-o", tmp_path / "out.pem", "--unproven", clients=["curl", "git"], env={"PATH": path})
    assert (tmp_path / "out.pem").exists(), run


def test_a_client_that_cannot_run(fix, tmp_path):
    """A JVM that compiles nothing has not rejected anything."""
    home = tmp_path / "jre"
    (home / "bin").mkdir(parents=True)
    (home / "release").write_text('JAVA_VERSION="17.0.9"\n')
    (home / "bin" / "java").write_text("#!/bin/sh\necho 'error: no compiler here' >&2\nexit 1\n")
    (home / "bin" / "java").chmod(0o755)
    run = fix("wrong-order", "-o", tmp_path / "out.pem", clients=["curl", "java@17"], env={"JAVA_HOME": str(home)})
    assert run.status == 0 and b"by the model alone: Java" in run.err, run
    assert (tmp_path / "out.pem").exists()


def test_the_place_changes_nothing(here, servers, tmp_path):
    """A repository with settings of its own, around us."""
    subprocess.run(["git", "init", "-q", tmp_path], check=True, capture_output=True)
    subprocess.run(["git", "-C", tmp_path, "config", "http.sslCert", "/nonexistent"], check=True)
    server, folder = servers["wrong-order"], Path(servers.directory.name)
    ca = folder / server["ca_file"]
    asked = ",".join(name for name in here if name.split("@")[0] in ("git", "curl"))
    run = run_program("fix", server["address"], "--name", server["name"], "--only-ca", "--ca", ca, "--key",
                      ca.parent / "key.pem", "--prove-live", "--client", asked, "--offline", cwd=tmp_path)
    assert run.status == 0 and b"rejects" not in run.err and b"accepted by" in run.err, run


def test_nobody_can_be_asked(fix, tmp_path):
    run = fix("wrong-order", "-o", tmp_path / "out.pem", clients=["chromium"])
    assert run.status == 1 and b"none of these clients can be run here" in run.err, run
    assert b"by the model alone: Chromium" in run.err
    assert not (tmp_path / "out.pem").exists()


def test_another_time_cannot_be_proven_live(fix):
    run = fix("wrong-order", "--at", "2030-01-01T00:00:00Z")
    assert run.status == 2 and b"live by this machine's clock" in run.err, run
    assert run.out == b""


def test_it_takes_the_key(servers):
    command = arguments(servers, "wrong-order")
    at = command.index("--key")
    run = run_program(*command[:at], *command[at + 2:], cwd=servers.directory.name)
    assert run.status == 2 and b"takes the server's private key" in run.err, run


def test_the_key_of_another(fix, servers):
    other = Path(servers.directory.name) / Path(servers["healthy-ip-san"]["ca_file"]).parent / "other.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", other], check=True, capture_output=True)
    run = fix("wrong-order", "--key", other)
    assert run.status == 2 and b"does not belong to the certificate" in run.err, run


def test_nothing_of_the_user_is_touched(fix, tmp_path):
    """A home of their own: no cache, no configuration is read or left."""
    home = tmp_path / "home"
    home.mkdir()
    (home / ".curlrc").write_text("proxy = http://127.0.0.1:1\n")
    (home / ".wgetrc").write_text("https_proxy = http://127.0.0.1:1\n")
    (home / ".gitconfig").write_text("[http]\n\tproxy = http://127.0.0.1:1\n")
    before = {path.name for path in home.iterdir()}
    run = fix("wrong-order", clients=["curl", "wget", "git"],
              env={"HOME": str(home), "https_proxy": "http://127.0.0.1:1", "no_proxy": "*"})
    assert run.status == 0 and b"rejects" not in run.err and b"accepted by curl" in run.err, run
    assert {path.name for path in home.iterdir()} == before


def test_a_case_cannot_be_proven_live(servers, tmp_path):
    server = servers["wrong-order"]
    run_program(*server["command"], "--save", tmp_path / "case.json", cwd=servers.directory.name)
    run = run_program("fix", tmp_path / "case.json", "--prove-live")
    assert run.status == 2 and b"not for a saved case" in run.err, run


def test_the_letter_names_them(fix, tmp_path):
    fix("missing-intermediate-private-pool", "--message", tmp_path / "letter", clients=["curl"])
    assert "Accepted live, served on loopback, by curl 7" in (tmp_path / "letter").read_text()


def test_with_a_root_that_the_clients_have(here, tmp_path):
    """No --ca: clients as their owner set them up, here by curl's and wget's own configuration, and git's variable."""
    home, made = tmp_path / "home", pem_faults.family()
    home.mkdir()
    for name, content in (("ca.pem", pki.pem(made.root)), ("site.pem", pki.pem(*made.chain[::-1])),
                          ("site.key", made.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                              serialization.NoEncryption()))):
        (tmp_path / name).write_bytes(content)
    (home / ".curlrc").write_text(f"cacert = {tmp_path}/ca.pem\n")
    (home / ".wgetrc").write_text(f"ca_certificate = {tmp_path}/ca.pem\nhttps_proxy = http://127.0.0.1:1\n")
    (home / ".gitconfig").write_text("[http]\n\tproxy = http://127.0.0.1:1\n")
    asked = [name for name in here if name.split("@")[0] in ("curl", "wget", "git")]
    run = run_program("fix", tmp_path / "site.pem", "--name", "www.doctor.test", "--key", tmp_path / "site.key", "--prove-live",
                      "--client", ",".join(asked), "-o", tmp_path / "out.pem", "--offline", timeout=120,
                      env={"HOME": str(home), "GIT_SSL_CAINFO": f"{tmp_path}/ca.pem"})
    assert run.status == 0, run
    for name in asked:
        assert f"{name.split('@')[0]} ".encode() in run.err.split(b"accepted by")[1].splitlines()[0], run
    assert (tmp_path / "out.pem").read_bytes() == pki.pem(*made.chain)


def test_programs_are_installed_for_this():
    assert shutil.which("curl") and shutil.which("openssl"), "./dev deps installs them"


def test_a_client_that_does_not_end(servers, tmp_path):
    """It does not outlive us."""
    folder, marks = tmp_path / "bin", tmp_path / "marks"
    folder.mkdir()
    marks.mkdir()
    (folder / "git").write_text(f"#!/bin/sh\nsleep 600 & echo $! >'{marks}/child'\necho $$ >'{marks}/own'\nsleep 600\n")
    (folder / "git").chmod(0o755)
    process = subprocess.Popen([PROGRAM, *arguments(servers, "wrong-order", "--client", "git")], cwd=servers.directory.name,
                               env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "TMPDIR": str(tmp_path)},
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 20
    while not (marks / "own").exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    if not (marks / "own").exists():
        process.wait(60)
        pytest.skip("git is not found here")
    process.kill()
    process.wait()
    own = int((marks / "own").read_text())
    while Path(f"/proc/{own}").exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert not Path(f"/proc/{own}").exists()
    os.kill(int((marks / "child").read_text()), signal.SIGKILL)
