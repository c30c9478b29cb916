# SPDX-License-Identifier: Apache-2.0
"""The PEM doctor: each fault alone, several at once; what certwhy writes is the original chain in the
right order, or the block that is lost is named. Servers and clients load every file that was written.
CERTWHY_ROUNDS raises how many combinations and chains are tried (tests/long)."""
import copy
import json
import os
import random
import re
import shutil
import stat
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

import loaders
import pem_faults
import pki
from conftest import run_program

ROUNDS = int(os.environ.get("CERTWHY_ROUNDS", "40"))
NAME = "www.doctor.test"
SECRET = serialization.NoEncryption()


@pytest.fixture(scope="module")
def family(tmp_path_factory):
    """The chain, and a folder with its root in ca.pem."""
    place = tmp_path_factory.mktemp("family")
    made = pem_faults.family()
    (place / "ca.pem").write_bytes(pki.pem(made.root))
    return made, place


def judged(where):
    """Options: by what, and as whom, all is judged."""
    return ["--only-ca", "--ca", where / "ca.pem", "--name", NAME]


def certificates(path):
    found = re.findall(r"-----BEGIN CERTIFICATE-----\n[\w+/=\n]*-----END CERTIFICATE-----\n", path.read_text())
    assert "".join(found) == path.read_text(), "nothing but certificates"
    return [x509.load_pem_x509_certificate(block.encode()) for block in found]


def key_pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, SECRET)


def repair(family, faults, place, *options):
    """Runs fix on the mangled file. Returns (run, path of the mangled file, path of the written one)."""
    made, where = family
    bundle = pem_faults.mangle(faults, copy.copy(made))
    mangled, fixed = place / "mangled.pem", place / "fixed.pem"
    mangled.write_bytes(bundle.bytes())
    run = run_program("fix", mangled, "-o", fixed, *judged(where), "--json",
                      *options)
    return run, mangled, fixed


def is_original(family, run, mangled, fixed):
    """The chain was written; or the file was all right as it was, down to its bytes."""
    made, _ = family
    if fixed.exists():
        return run.status == 0 and certificates(fixed) == made.chain
    return run.status == 0 and mangled.read_bytes() == pki.pem(*made.chain)


def names_what_is_lost(run):
    """The block is named: its lines on stderr, or a finding with the place of what was altered."""
    if re.search(r"block \d+ \((lines \d+ to \d+|from byte \d+)\) cannot be saved", run.err.decode()):
        return True
    findings = run.target["findings"]
    return any(f["rule"] in ("signature.bad", "file.bad-base64", "file.wrong-kind", "file.empty", "file.not-pem",
                             "chain.missing-intermediate", "trust.unknown-ca")
               and f["severity"] == "error" for f in findings)


@pytest.fixture(scope="module")
def alone(family, tmp_path_factory):
    """Each fault by itself, repaired when it is first asked for: {name: what repair() returns}."""
    place, done = tmp_path_factory.mktemp("alone"), {}

    def repaired(fault):
        if fault.name not in done:
            folder = place / fault.name
            folder.mkdir()
            done[fault.name] = repair(family, [fault], folder)
        return done[fault.name]
    return repaired


@pytest.mark.parametrize("fault", pem_faults.FAULTS, ids=lambda fault: fault.name)
def test_fault(family, alone, fault):
    run, mangled, fixed = alone(fault)
    if fault.nothing:
        assert run.status == 2 and not fixed.exists(), run
        assert names_what_is_lost(run), run
    elif fault.lost:
        assert run.status == 1, run
        assert not fixed.exists() or fault.name == "der-of-the-leaf", run
        assert names_what_is_lost(run), run
    else:
        assert is_original(family, run, mangled, fixed), run


def test_there_are_enough():
    assert len(pem_faults.FAULTS) >= 60


def test_faults_have_line_and_byte(family, tmp_path):
    """The place is that in the file as it is, in wrapped and wide text too."""
    for name, sign in (("seam", b"-----END CERTIFICATE----------BEGIN"), ("foreign-character", b"!"),
                       ("quoted-mail", b"> -----BEGIN"), ("kubernetes-secret", b"LS0t")):
        (fault,) = [f for f in pem_faults.FAULTS if f.name == name]
        run, mangled, _ = repair(family, [fault], tmp_path)
        content = mangled.read_bytes()
        at = content.index(sign) + (sign.find(b"-----BEGIN", 1) if name == "seam" else 0)
        places = [(int(f["evidence"]["line"]), int(f["evidence"]["byte"])) for f in run.target["findings"]
                  if f["rule"].startswith("file.")]
        assert (content[:at].count(b"\n") + 1, at) in places, f"{name}: {places} {run}"


def test_lost_block_is_named_with_its_lines(family, tmp_path):
    for name in ("foreign-character", "cut-in-the-middle", "characters-lost"):
        (fault,) = [f for f in pem_faults.FAULTS if f.name == name]
        run, mangled, _ = repair(family, [fault], tmp_path)
        begins = [i + 1 for i, line in enumerate(mangled.read_text().splitlines()) if "BEGIN" in line]
        assert f"block 2 (lines {begins[1]} to {begins[2] - 1}) cannot be saved" in run.err.decode(), run


def test_pool_supplies_what_is_lost(family, tmp_path):
    made, _ = family
    pool = tmp_path / "pool.pem"
    pool.write_bytes(pki.pem(*made.chain[1:]))
    for fault in pem_faults.FAULTS:
        if fault.lost and fault.group == "damage" and fault.name != "line-lost":
            run, mangled, fixed = repair(family, [fault], tmp_path, "--pool", pool)
            assert is_original(family, run, mangled, fixed), f"{fault.name}: {run}"
            fixed.unlink()


@pytest.fixture(scope="module")
def combined(family, tmp_path_factory):
    """ROUNDS combinations repaired: [(names, lost, run, was it the original, folder)]."""
    made, where = family
    place = tmp_path_factory.mktemp("combined")
    draw, done = random.Random(20261121), []
    for i in range(ROUNDS):
        faults = pem_faults.combination(draw)
        folder = place / str(i)
        folder.mkdir()
        run, mangled, fixed = repair(family, faults, folder)
        good = is_original(family, run, mangled, fixed)
        done.append(([f.name for f in faults], any(f.lost or f.nothing for f in faults), run, good, folder))
        if fixed.exists():
            loaders.folder(folder, fixed, key_pem(made.key), (where / "ca.pem").read_bytes(), NAME)
    return done


def test_combinations(combined):
    unsaved = 0
    for names, lost, run, good, _ in combined:
        if not good:
            assert names_what_is_lost(run), f"{names}: {run}"
            unsaved += not lost
    # layers upon layers: what is not saved is named, and is rare
    assert unsaved * 100 <= len(combined), f"{unsaved} of {len(combined)}"


@pytest.mark.parametrize("reader", loaders.READERS)
def test_everybody_loads_it(family, alone, combined, reader):
    """Every file that was written and holds the chain, of faults alone and combined."""
    made, where = family
    function, there = loaders.READERS[reader]
    if not there:
        pytest.skip(f"{reader} is not installed")
    folders = [folder for *_, good, folder in combined if good and (folder / "chain.pem").exists()]
    assert len(folders) >= len(combined) // 2
    written = [fixed for *_, fixed in map(alone, pem_faults.FAULTS) if fixed.exists()]
    whole = [fixed for fixed in written if certificates(fixed) == made.chain]
    assert len(whole) >= 60
    folders += [loaders.folder(fixed.parent, fixed, key_pem(made.key), (where / "ca.pem").read_bytes(), NAME)
                for fixed in whole]
    assert set(function(folders)) == {"ok"}


# ---- in place ----

def seam(family, path):
    made, _ = family
    path.write_bytes(pki.pem(*made.chain).replace(b"-----\n-----BEGIN", b"----------BEGIN"))
    return path.read_bytes()


def test_in_place_keeps_a_backup_and_the_permissions(family, tmp_path):
    made, where = family
    path = tmp_path / "site.pem"
    options = [*judged(where)]
    for round_ in range(3):
        before = seam(family, path)
        path.chmod(0o640)
        run = run_program("fix", path, "--in-place", *options)
        assert run.status == 0, run
        assert certificates(path) == made.chain
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        backup = tmp_path / ("site.pem.bak" if round_ == 0 else f"site.pem.bak.{round_}")
        assert backup.read_bytes() == before
    again = run_program("fix", path, "--in-place", *options)
    assert again.status == 0 and b"nothing is wrong" in again.err
    assert len(list(tmp_path.iterdir())) == 4


def test_a_key_in_the_file_is_not_lost(family, tmp_path):
    made, where = family
    path = tmp_path / "site.pem"
    path.write_bytes(key_pem(made.key) + pki.pem(*made.chain[::-1]))
    before = path.read_bytes()
    options = [*judged(where)]
    refused = run_program("fix", path, "--in-place", *options)
    assert refused.status == 2 and b"holds a private key" in refused.err, refused
    assert path.read_bytes() == before
    for_haproxy = run_program("fix", path, "-o", path, "--for", "haproxy", "--key", path, *options)
    assert for_haproxy.status == 0, for_haproxy
    assert path.read_bytes() == key_pem(made.key) + pki.pem(*made.chain)
    assert (tmp_path / "site.pem.bak").read_bytes() == before
    assert stat.S_IMODE((tmp_path / "site.pem.bak").stat().st_mode) == 0o600


# ---- forms ----

def form(family, tmp_path, server, *more, out="site.pem"):
    made, where = family
    chain, key = tmp_path / "in.pem", tmp_path / "in.key"
    chain.write_bytes(pki.pem(*made.chain[::-1]))
    key.write_bytes(key_pem(made.key))
    run = run_program("fix", chain, "-o", tmp_path / out, "--for", server, "--key", key, "--only-ca", "--ca",
                      where / "ca.pem", "--name", NAME, *more)
    assert run.status == 0, run
    return run


def test_forms_in_pem(family, tmp_path):
    made, _ = family
    leaf, rest, key = pki.pem(made.chain[0]), pki.pem(*made.chain[1:]), key_pem(made.key)
    wanted = {"nginx": {"": leaf + rest}, "apache": {"": leaf + rest}, "apache-old": {"": leaf, ".chain": rest},
              "haproxy": {"": key + leaf + rest}, "postfix": {"": key + leaf + rest}, "dovecot": {"": leaf + rest},
              "node": {"": leaf + rest}, "go": {"": leaf + rest},
              "cloudpath": {"": leaf, ".chain": rest, ".key": key}}
    for server, files in wanted.items():
        run = form(family, tmp_path, server, out=f"{server}.pem")
        for suffix, content in files.items():
            path = tmp_path / f"{server}{suffix}.pem"
            assert path.read_bytes() == content, server
            assert stat.S_IMODE(path.stat().st_mode) == (0o600 if b"PRIVATE KEY" in content else 0o644)
            assert str(path).encode() in run.err


@pytest.mark.parametrize("server", ["tomcat", "java", "iis"])
def test_forms_of_keystores(family, tmp_path, server):
    made, _ = family
    password = tmp_path / "password"
    password.write_text("a password of the test\n")
    form(family, tmp_path, server, "--store-pass-file", password, out="site.p12")
    store = (tmp_path / "site.p12").read_bytes()
    key, leaf, rest = serialization.pkcs12.load_key_and_certificates(store, b"a password of the test")
    assert key.private_numbers() == made.key.private_numbers()
    assert [leaf, *rest] == made.chain
    assert stat.S_IMODE((tmp_path / "site.p12").stat().st_mode) == 0o600
    if server == "java" and shutil.which("keytool"):
        shown = subprocess.run(["keytool", "-list", "-v", "-keystore", tmp_path / "site.p12", "-storepass",
                                "a password of the test"], capture_output=True, text=True, check=True).stdout
        assert "PrivateKeyEntry" in shown and "Certificate chain length: 3" in shown


def test_form_of_kubernetes(family, tmp_path):
    made, _ = family
    form(family, tmp_path, "kubernetes", out="secret.yaml")
    text = (tmp_path / "secret.yaml").read_text()
    import base64
    values = dict(re.findall(r"^  (tls\.\w+): (\S+)$", text, re.M))
    assert base64.b64decode(values["tls.crt"]) == pki.pem(*made.chain)
    assert base64.b64decode(values["tls.key"]) == key_pem(made.key)
    assert "name: www-doctor-test-tls\n" in text and "type: kubernetes.io/tls\n" in text


def test_with_root(family, tmp_path):
    made, _ = family
    form(family, tmp_path, "nginx", "--with-root")
    assert certificates(tmp_path / "site.pem") == [*made.chain, made.root]


# ---- keys ----

def test_key_of_another_block(family, tmp_path):
    made, where = family
    path, key = tmp_path / "site.pem", tmp_path / "site.key"
    path.write_bytes(pki.pem(*made.chain[::-1]))
    key.write_bytes(key_pem(made.key))
    run = run_program("check", path, "--key", key, *judged(where))
    assert run.status == 1
    assert b"belongs to block 3" in run.out, run


@pytest.mark.parametrize("server, sentence", [("haproxy", b"wants the private key"), ("abc", b"nginx, apache")])
def test_forms_refused(family, tmp_path, server, sentence):
    made, where = family
    path = tmp_path / "in.pem"
    path.write_bytes(pki.pem(*made.chain))
    run = run_program("fix", path, "-o", tmp_path / "out.pem", "--for", server, "--only-ca", "--ca", where / "ca.pem",
                      "--name", NAME)
    assert run.status == 2 and sentence in run.err, run
    assert not (tmp_path / "out.pem").exists()


def test_wrong_key_is_refused(family, tmp_path):
    made, where = family
    path, key = tmp_path / "in.pem", tmp_path / "other.key"
    path.write_bytes(pki.pem(*made.chain[::-1]))
    key.write_bytes(key_pem(pki.key("another key")))
    run = run_program("fix", path, "-o", tmp_path / "out.pem", "--for", "haproxy", "--key", key, "--only-ca", "--ca",
                      where / "ca.pem", "--name", NAME, "--unproven")
    assert run.status == 2 and b"does not belong to" in run.err, run
    assert not (tmp_path / "out.pem").exists()


def test_encrypted_key(family, tmp_path):
    made, where = family
    chain, key, word = tmp_path / "in.pem", tmp_path / "in.key", tmp_path / "word"
    chain.write_bytes(pki.pem(*made.chain[::-1]))
    key.write_bytes(made.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                           serialization.BestAvailableEncryption(b"open sesame")))
    command = ["fix", chain, "-o", tmp_path / "out.pem", "--for", "haproxy", "--key", key, "--only-ca", "--ca",
               where / "ca.pem", "--name", NAME]
    without = run_program(*command)
    assert without.status == 2 and b"--key-pass-file" in without.err, without
    word.write_text("open sesame\n")
    run = run_program(*command, "--key-pass-file", word)
    assert run.status == 0, run
    assert (tmp_path / "out.pem").read_bytes() == key_pem(made.key) + pki.pem(*made.chain)
    assert b"sesame" not in run.out + run.err


def test_unproven(family, tmp_path):
    made, where = family
    path, out = tmp_path / "in.pem", tmp_path / "out.pem"
    path.write_bytes(pki.pem(made.chain[0]))  # its issuer is nowhere to be found
    command = ["fix", path, "-o", out, *judged(where)]
    refused = run_program(*command)
    assert refused.status == 1 and not out.exists(), refused
    assert b"--unproven" in refused.err
    path.write_bytes(b"\r\n".join(pki.pem(made.chain[0]).split(b"\n")))
    run = run_program(*command, "--unproven")
    assert run.status == 1 and b"not proven" in run.err, run
    assert certificates(out) == made.chain[:1]


# ---- the message, the server afterwards ----

def test_message(lab, tmp_path):
    farm = lab("missing-intermediate-pool")
    command = farm["missing-intermediate-pool"]["command"]
    letter, case = tmp_path / "letter.txt", tmp_path / "case.json"
    run = run_program("fix", *command[1:], "--message", letter, "--save", case)
    assert run.status == 1, run
    text = letter.read_text()
    assert text.startswith("Subject: the TLS certificate of 127.0.0.1:") and "To the administrator of the server:" in text
    (finding,) = [f for f in json.loads(run_program("check", case, "--json").out)["targets"][0]["findings"]
                  if f["rule"] == "chain.missing-intermediate"]
    assert finding["summary"] in text and finding["verify"] in text
    chain = [x509.load_pem_x509_certificate(block.encode()) for block in
             re.findall(r"-----BEGIN CERTIFICATE-----\n[\w+/=\n]*-----END CERTIFICATE-----\n", text)]
    assert len(chain) == 2 and chain[0].issuer == chain[1].subject
    from cryptography.hazmat.primitives import hashes
    assert f"SHA-256 {chain[1].fingerprint(hashes.SHA256()).hex(':').upper()}" in text
    assert f"certwhy check {case}" in text and "certwhy check 127.0.0.1:" in text
    server = farm["missing-intermediate-pool"]
    assert f"certwhy fix {server['address']} --name {server['name']} --expect fullchain.pem" in text
    # what it says of the server holds for whoever has the same roots: they are in the line
    again = re.search(r"cured: (certwhy check .*)", text).group(1)
    assert "--ca " in again and f"--name {server['name']}" in again


def test_expect(lab, tmp_path):
    farm = lab("healthy-ecdsa", "missing-intermediate")
    command = farm["healthy-ecdsa"]["command"][1:]
    served = tmp_path / "served.pem"
    run = run_program("check", *command, "--json")
    assert run.status == 0
    host, port = next(word for word in command if word.startswith("127.")).split(":")
    shown = subprocess.run(["openssl", "s_client", "-connect", f"{host}:{port}", "-servername", "www.lab.test",
                            "-showcerts"], input="", capture_output=True, text=True, check=False).stdout
    served.write_text("".join(re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", shown, re.S)))
    same = run_program("fix", *command, "--expect", served)
    assert same.status == 0 and b"sends what is in the file" in same.err, same
    served.write_text(served.read_text().split("-----END CERTIFICATE-----\n")[0] + "-----END CERTIFICATE-----\n")
    other = run_program("fix", *command, "--expect", served)
    assert other.status == 1 and b"not reloaded" in other.err, other
