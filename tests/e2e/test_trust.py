# SPDX-License-Identifier: Apache-2.0
"""certwhy trust: list, show, diff and env on machines that are made of a directory, and what check
says on them."""
import datetime
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest
from conftest import PROGRAM, TOP
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

STORES = TOP / "tests" / "stores"
BUNDLE = "etc/ssl/certs/ca-certificates.crt"


def run(*words, root=None, cwd=None, **variables):
    command = [PROGRAM, *map(str, words), *(["--root", root] if root else [])]
    environment = {"PATH": os.environ["PATH"], "HOME": "/home/u", "LC_ALL": "C.UTF-8", **variables}
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
        if name in os.environ:
            environment[name] = os.environ[name]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=cwd,
                          stdin=subprocess.DEVNULL, timeout=120)


def data(*words, **more):
    return json.loads(run(*words, "--json", **more).stdout)


def put(root, path, content):
    path = root / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.read_bytes() if isinstance(content, Path) else content.encode())


@pytest.fixture
def machine(tmp_path):
    """One root in the bundle, a JVM with two in its keystore, and what else a machine has."""
    put(tmp_path, BUNDLE, STORES / "root.pem")
    put(tmp_path, "usr/lib/jvm/jdk-17/lib/security/cacerts", STORES / "trust.jks")
    put(tmp_path, "usr/lib/jvm/jdk-17/bin/java", "")
    put(tmp_path, "home/u/.pki/nssdb/cert9.db", "SQLite format 3")
    return tmp_path


# ---- list ----

def test_list(machine):
    stores = {store["name"]: store for store in data("trust", "list", root=machine)["stores"]}
    assert stores["system"]["count"] == 1 and stores["system"]["read"]
    assert {"system", "curl", "wget", "go"} <= set(stores["system"]["used_by"])
    assert stores["java:jdk-17"]["count"] == 2
    # What could not be read has no count: not 0.
    assert stores["nssdb"]["read"] is False and stores["nssdb"]["count"] is None
    assert stores["nssdb"]["problem"]
    text = run("trust", "list", root=machine)
    assert text.returncode == 0 and "unread" in text.stdout and "jdk-17" in text.stdout
    assert all(len(line) <= 100 for line in text.stdout.splitlines() if "/" not in line)


def test_list_names_the_data(machine):
    programmes = {row["programme"]: row["date"] for row in data("trust", "list", root=machine)["data"]}
    assert set(programmes) == {"Mozilla", "Chrome", "Apple", "Microsoft", "Java", "Android"}
    assert all(date in run("trust", "list", root=machine).stdout.replace("\n", " ")
               for date in programmes.values())


def test_additions_that_never_arrived(machine):
    put(machine, "usr/local/share/ca-certificates/root.crt", STORES / "root.pem")
    assert "not in the system's bundle" not in run("trust", "list", root=machine).stdout
    (machine / BUNDLE).write_bytes(b"")
    assert "1 of them are not in the system's bundle" in run("trust", "list", root=machine).stdout


def test_no_store_at_all(tmp_path):
    done = run("trust", "list", root=tmp_path)
    assert done.returncode == 0 and "ca-certificates" in done.stdout


# ---- show, diff ----

def test_show(machine):
    members = data("trust", "show", "java:jdk-17", root=machine)["members"]
    assert {member["alias"] for member in members} == {"root", "other"}
    assert all(len(member["sha256"]) == 64 and member["programmes"] is None for member in members)
    assert data("trust", "show", "curl", root=machine)["members"][0]["name"] == "root"
    done = run("trust", "show", "nssdb", root=machine)
    assert done.returncode == 2 and "unread" in done.stdout


def test_show_programme():
    mozilla = data("trust", "show", "mozilla")["members"]
    assert len(mozilla) > 100
    assert all("Mozilla" in member["programmes"] for member in mozilla)
    with_date = [member for member in mozilla if "trusted_until" in member]
    assert all(member["trusted_until"] > "2020" for member in with_date)


def test_diff(machine):
    same = run("trust", "diff", "system", STORES / "root.pem")
    done = run("trust", "diff", "system", "java:jdk-17", root=machine)
    assert done.returncode == 1
    assert "0 only in system" in done.stdout and "+ other" in done.stdout and "1 in both" in done.stdout
    assert same.returncode in (0, 1)
    assert run("trust", "diff", "curl", "wget", root=machine).returncode == 0
    unread = run("trust", "diff", "system", "nssdb", root=machine)
    assert unread.returncode == 2 and "could not be read" in unread.stderr


@pytest.mark.parametrize("words, part", [
    (["nonsense"], "none of list"), (["lst"], "did you mean"), (["show"], "one store"), (["show", "sytem"], "did you mean"),
    (["diff", "system"], "two stores"), (["list", "x"], "no operand"), (["add", "x"], "cannot read x"),
])
def test_mistakes(words, part):
    done = run("trust", *words)
    assert done.returncode == 2 and part in done.stderr and not done.stdout


# ---- env ----

def settings(machine, **variables):
    return {row["name"]: row for row in data("trust", "env", root=machine, **variables)["settings"]}


def test_env_nothing(machine):
    done = run("trust", "env", root=machine)
    assert done.returncode == 0 and done.stdout.startswith("No variable")


def test_env(machine):
    put(machine, "corp.pem", STORES / "root.pem")
    put(machine, "home/u/.curlrc", "# corp\ncacert = /corp.pem\ninsecure\n")
    variables = {"REQUESTS_CA_BUNDLE": "/gone.pem", "CURL_CA_BUNDLE": "/corp.pem", "NODE_EXTRA_CA_CERTS": "/corp.pem"}
    rows = settings(machine, **variables)
    assert rows["cacert"]["line"] == 2 and rows["cacert"]["where"] == "/home/u/.curlrc"
    effects = {use["client"]: use for use in rows["CURL_CA_BUNDLE"]["clients"]}
    assert effects["curl"]["beaten_by"] == "cacert" and effects["curl"]["effect"] == "none"
    assert rows["NODE_EXTRA_CA_CERTS"]["clients"][0]["effect"] == "adds"
    traps = {name: {trap["trap"] for trap in row["traps"]} for name, row in rows.items()}
    assert "unreadable" in traps["REQUESTS_CA_BUNDLE"]
    assert "one-certificate" in traps["cacert"]
    assert "verification-off" in traps["insecure"]
    assert run("trust", "env", root=machine, **variables).returncode == 1


def test_env_evidence(machine):
    row = settings(machine, SSL_CERT_FILE=f"/{BUNDLE}")["SSL_CERT_FILE"]
    evidence = {use["client"]: use["evidence"] for use in row["clients"]}
    assert evidence["curl"] == "measured" and evidence["httpx"] == "documented"
    assert "no-change" in {trap["trap"] for trap in row["traps"]}
    assert run("trust", "env", root=machine, SSL_CERT_FILE=f"/{BUNDLE}").returncode == 0


def test_env_hostile(machine):
    done = run("trust", "env", root=machine, SSL_CERT_FILE="/x\x1b[2J\n\u202e")
    assert "\x1b" not in done.stdout and "\u202e" not in done.stdout


# ---- check ----

@pytest.fixture
def chain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chain")
    shutil.copy(STORES / "server.p12", folder / "server.p12")
    return folder


def check(chain, machine, *words, **variables):
    done = run("check", "server.p12", "--client", "curl,git,wget,go", *words, "--json", root=machine, cwd=chain,
               **variables)
    target = json.loads(done.stdout)["targets"][0]
    return target, {client["client"].split("@")[0]: client for client in target["clients"]}


def test_check_takes_keystores(chain, machine):
    target, clients = check(chain, machine)
    assert target["outcome"] == "accepted"
    for name in ("root.pem", "java.p12", "trust.jks", "trust.jceks", "no-password.p12"):
        done = run("check", "server.p12", "--only-ca", "--ca", STORES / name, cwd=chain)
        assert done.returncode == 0, (name, done.stdout)
    assert run("check", "server.p12", "--only-ca", "--ca", STORES / "unknown-password.p12", cwd=chain).returncode == 2


def test_check_names_the_override(chain, machine):
    put(machine, "corp.pem", subprocess.run(
        ["openssl", "pkcs12", "-in", STORES / "java.p12", "-passin", "pass:changeit", "-nokeys"],
        capture_output=True, text=True, check=True).stdout.split("-----END CERTIFICATE-----")[1].split("Bag")[0]
        + "-----END CERTIFICATE-----\n")
    target, clients = check(chain, machine, SSL_CERT_FILE="/corp.pem")
    assert clients["curl"]["accepts"] is False and clients["wget"]["accepts"] is True
    assert "trust.env-override" in clients["curl"]["reasons"]
    causes = [finding for finding in target["findings"] if finding["cause"]]
    assert [finding["rule"] for finding in causes] == ["trust.env-override"]
    assert "SSL_CERT_FILE=/corp.pem" in causes[0]["summary"]


def test_check_says_the_clients_words(chain, machine):
    _, clients = check(chain, machine, CURL_CA_BUNDLE="/gone.pem", GIT_SSL_CAINFO="/gone.pem")
    assert clients["curl"]["message"] == "curl: (77) error setting certificate file: /gone.pem"
    assert clients["git"]["message"] == "Problem with the SSL CA cert (path? access rights?)"
    assert clients["wget"]["accepts"] is True


def test_case_replays_without_the_variables(chain, machine):
    words = ["check", "server.p12", "--client", "curl,git,wget,go"]
    first = run(*words, "--save", "case.json", root=machine, cwd=chain, CURL_CA_BUNDLE="/gone.pem")
    again = run("check", "case.json", cwd=chain)
    assert first.stdout == again.stdout and first.returncode == again.returncode == 1


def test_a_setting_that_changes_nothing_is_not_mentioned(chain, machine):
    target, _ = check(chain, machine, SSL_CERT_FILE=f"/{BUNDLE}")
    assert target["outcome"] == "accepted"
    assert not [finding for finding in target["findings"] if finding["rule"] == "trust.env-override"]


def test_only_ca_outranks_what_is_set(chain, machine):
    done = run("check", "server.p12", "--only-ca", "--ca", STORES / "root.pem", cwd=chain, CURL_CA_BUNDLE="/gone.pem")
    assert done.returncode == 0


# ---- root facts in a report ----

def public_root():
    """A root of the system's bundle that every programme trusts."""
    for member in data("trust", "show", "system")["members"]:
        if member["programmes"] and len(member["programmes"]) == 6:
            return member["sha256"]
    pytest.skip("the system's bundle has no root of all programmes")


def pem_of(digest):
    bundle = Path("/") / BUNDLE
    for block in bundle.read_text().split("-----BEGIN CERTIFICATE-----")[1:]:
        text = "-----BEGIN CERTIFICATE-----" + block.split("-----END")[0] + "-----END CERTIFICATE-----\n"
        der = subprocess.run(["openssl", "x509", "-outform", "DER"], input=text.encode(), capture_output=True).stdout
        if hashlib.sha256(der).hexdigest() == digest:
            return text
    return None


def test_report_names_the_programmes(machine, tmp_path_factory):
    folder = tmp_path_factory.mktemp("public")
    (folder / "root.pem").write_text(pem_of(public_root()))
    target = data("check", "root.pem", "--client", "wget", cwd=folder)["targets"][0]
    assert set(target["chain"][0]["programmes"]) == {"Mozilla", "Chrome", "Apple", "Microsoft", "Java", "Android"}
    assert target["chain"][0]["issued_by"] == "public"


def test_own_root_in_the_system_store_is_private(chain, machine):
    target, _ = check(chain, machine)
    assert "programmes" not in target["chain"][1]
    assert target["chain"][0]["issued_by"] == "private"


# ---- which clients are judged by default ----

STATUS = """Package: curl
Status: install ok installed
Version: 7.88.1-10+deb12u15

Package: openssl
Status: deinstall ok config-files
Version: 3.0.22

"""


@pytest.fixture
def installed(machine):
    put(machine, "var/lib/dpkg/status", STATUS)
    put(machine, "usr/bin/curl", "")
    put(machine, "usr/lib/jvm/jdk-17/release", 'JAVA_VERSION="17.0.9"\n')
    return machine


def judged(chain, *words, **more):
    target = json.loads(run("check", "server.p12", *words, "--json", cwd=chain, **more).stdout)["targets"][0]
    return {client["client"]: client for client in target["clients"]}, target


def test_default_clients_are_those_found_and_browsers(chain, installed):
    clients, _ = judged(chain, root=installed)
    assert set(clients) == {"curl@7.88", "java@17", "chromium@156", "firefox@153"}
    again, _ = judged(chain, "--client", "default", root=installed)
    assert again == clients
    more, _ = judged(chain, "--client", "default,windows", root=installed)
    assert set(more) == {*clients, "windows@10"}
    # Browsers have lists of their own: a root in the system's store is not theirs, and they count.
    assert clients["curl@7.88"]["accepts"] and not clients["chromium@156"]["accepts"]
    assert run("check", "server.p12", root=installed, cwd=chain).returncode == 1
    shutil.copy(STORES / "root.pem", chain)
    assert run("check", "server.p12", "--ca", "root.pem", root=installed, cwd=chain).returncode == 0


def test_clients_shows_what_is_here(installed):
    clients = {client["client"]: client for client in data("clients", root=installed)}
    assert clients["curl@7.88"]["installed"] == [{"path": "/usr/bin/curl", "version": "7.88.1"}]
    assert clients["java@17"]["installed"][0]["version"] == "17.0.9"
    assert {name for name, client in clients.items() if client["default"]} == \
        {"curl@7.88", "java@17", "chromium@156", "firefox@153"}
    text = run("clients", root=installed).stdout
    assert "here: 7.88.1, /usr/bin/curl" in text and text.count("here:") == 3  # and the legend


def test_each_client_names_its_store(chain, installed):
    clients, target = judged(chain, root=installed)
    stores = {name: target["stores"][client["store"]] for name, client in clients.items()}
    assert stores["curl@7.88"]["sources"][0]["path"] == f"/{BUNDLE}" and stores["curl@7.88"]["count"] == 1
    assert stores["java@17"]["sources"][0]["path"] == "/usr/lib/jvm/jdk-17/lib/security/cacerts"
    assert stores["java@17"]["sources"][0]["count"] == 2
    lists = [source for source in stores["chromium@156"]["sources"] if "programme" in source]
    assert [source["programme"] for source in lists] == ["Chrome"] and lists[0]["date"] > "2025"


def test_a_case_keeps_the_clients_and_every_ca(chain, installed):
    for name in ("root.pem", "trust.jks"):
        shutil.copy(STORES / name, chain)
    first = run("check", "server.p12", "--ca", "root.pem", "--ca", "trust.jks", "--save", "case.json",
                root=installed, cwd=chain)
    again = run("check", "case.json", cwd=chain)
    assert first.stdout == again.stdout and first.returncode == again.returncode
    again = run("check", "case.json", "--client", "default", cwd=chain)
    assert first.stdout == again.stdout
    options = json.loads((chain / "case.json").read_text())["options"]
    assert options["default_clients"].startswith("curl@7.88,") and options["clients"] == ""
    assert options["ca_path"] == "root.pem" and options["more_ca"] == ["trust.jks"]


def test_old_data_is_said_to_be_old(chain, installed):
    for at, old in (("2026-12-01T00:00:00Z", False), ("2028-06-01T00:00:00Z", True)):
        done = run("check", "server.p12", "--at", at, root=installed, cwd=chain)
        assert "Data" in done.stdout and "roots as of 2026-05-01" in done.stdout
        assert ("more than a year old" in done.stdout) == old
        _, target = judged(chain, "--at", at, root=installed)
        assert any(source.get("old") for store in target["stores"] for source in store["sources"]) == old


# ---- NSS databases ----

NSS_COLUMNS = "id, a0, a11, a81, a82, ace536358"


def nss_database(path, *statements):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as database:
        for statement, *values in statements:
            database.execute(statement, values)
    database.close()


def test_a_user_gave_a_root_to_a_browser(chain, installed):
    put(installed, "home/u/.pki/nssdb/cert9.db", STORES / "cert9.db")
    stores = {store["name"]: store for store in data("trust", "list", root=installed)["stores"]}
    assert stores["nssdb"]["read"] and stores["nssdb"]["count"] == 1 and stores["nssdb"]["used_by"] == ["chrome"]
    names = {member["name"] for member in data("trust", "show", "nssdb", root=installed)["members"]}
    assert names == {"NSS Root"}


def test_an_unread_database_is_no_verdict(chain, installed):
    clients, target = judged(chain, root=installed)  # "SQLite format 3" and no more
    assert clients["chromium@156"]["accepts"] is None and "could not be read" in clients["chromium@156"]["unknown"]
    source = target["stores"][clients["chromium@156"]["store"]]["sources"][-1]
    assert source["read"] is False and source["count"] is None and source["problem"]
    text = run("check", "server.p12", root=installed, cwd=chain).stdout
    assert "Not judged" in text and "cert9.db" in text


def test_a_database_that_computes_for_ever(installed):
    nss_database(installed / "home/u/.pki/nssdb/cert9.db", (
        "CREATE VIEW nssPublic AS WITH RECURSIVE t(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM t) "
        "SELECT id, CAST(id AS BLOB) AS a0, NULL AS a11, NULL AS a81, NULL AS a82, NULL AS ace536358 FROM t",))
    store = {store["name"]: store for store in data("trust", "list", root=installed)["stores"]}["nssdb"]
    assert store["read"] is False and store["problem"]


def test_a_user_took_trust_away(installed, tmp_path_factory):
    """A public root that the user's database marks as not trusted is none for the browser."""
    folder = tmp_path_factory.mktemp("ban")
    pem = pem_of(public_root())
    (folder / "root.pem").write_text(pem)
    put(installed, BUNDLE, pem)
    (installed / "home/u/.pki/nssdb/cert9.db").unlink()
    words = ["check", "root.pem", "--client", "chromium", "--json"]
    trusted = json.loads(run(*words, root=installed, cwd=folder).stdout)["targets"][0]["clients"][0]
    certificate = x509.load_pem_x509_certificate(pem.encode())
    number = certificate.serial_number
    octets = number.to_bytes(number.bit_length() // 8 + 1, "big")
    nss_database(installed / "home/u/.pki/nssdb/cert9.db", (f"CREATE TABLE nssPublic ({NSS_COLUMNS})",), (
        "INSERT INTO nssPublic VALUES (1, ?, NULL, ?, ?, ?)", bytes.fromhex("ce534353"),
        certificate.issuer.public_bytes(), bytes([2, len(octets)]) + octets, bytes.fromhex("ce53435a")))
    banned = json.loads(run(*words, root=installed, cwd=folder).stdout)["targets"][0]["clients"][0]
    assert "ERR_CERT_AUTHORITY_INVALID" not in trusted["message"]
    assert "ERR_CERT_AUTHORITY_INVALID" in banned["message"]


# ---- many clients in one report ----

def test_who_says_what(chain, installed):
    """Folded rows name the client of each wording, and what is only documented stands apart."""
    put(installed, BUNDLE, "")
    done = run("check", "server.p12", "--client", "all", root=installed, cwd=chain)
    assert "other wordings: -v shows all" in done.stdout
    assert "not measured, from documentation: would reject:" in done.stdout
    row = next(line for line in done.stdout.splitlines() if line.strip().startswith("curl  "))
    assert "certificate" in row
    _, target = judged(chain, "--client", "all", root=installed)
    evidence = {client["evidence"] for client in target["clients"]}
    assert evidence == {"measured", "documented"}


# ---- public roots that a machine has no certificate of ----

def of_public_root(path):
    """A CA certificate that says that ISRG Root X1 issued it (which it did not)."""
    def name(*texts):
        kind = x509.name._ASN1Type.PrintableString
        oids = (NameOID.COUNTRY_NAME, NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)
        return x509.Name([x509.NameAttribute(oid, text, kind) for oid, text in zip(oids, texts)])
    key = ec.generate_private_key(ec.SECP256R1())
    day = datetime.datetime(2026, 1, 1)
    certificate = (x509.CertificateBuilder().subject_name(name("US", "Somebody", "X1"))
                   .issuer_name(name("US", "Internet Security Research Group", "ISRG Root X1"))
                   .public_key(key.public_key()).serial_number(7).not_valid_before(day)
                   .not_valid_after(day + datetime.timedelta(days=2000))
                   .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
                   .sign(key, hashes.SHA256()))
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def test_a_store_that_lacks_a_public_root(installed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("absent")
    of_public_root(folder / "chain.pem")
    (installed / "home/u/.pki/nssdb/cert9.db").unlink()
    words = ["check", "chain.pem", "--offline", "--at", "2026-11-21T00:00:00Z"]
    first = run(*words, "--save", "case.json", root=installed, cwd=folder)
    target = json.loads(run(*words, "--json", root=installed, cwd=folder).stdout)["targets"][0]
    clients = {client["client"]: client for client in target["clients"]}
    assert clients["curl@7.88"]["accepts"] is False
    # Browsers trust that root, and nobody here can tell whether it is the one that signed.
    for name in ("chromium@156", "firefox@153"):
        assert clients[name]["accepts"] is None and "ISRG Root X1" in clients[name]["unknown"]
    (finding,) = [finding for finding in target["findings"] if finding["cause"]]
    assert finding["rule"] == "trust.store-outdated" and "of 6 root programmes" in finding["summary"]
    assert "data of 20" in finding["summary"]
    again = run("check", "case.json", cwd=folder)
    assert again.stdout == first.stdout and again.returncode == first.returncode
