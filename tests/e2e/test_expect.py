# SPDX-License-Identifier: Apache-2.0
"""--expect FILE: does each address of a server serve what is in the file, and if not, which way does it differ?"""
import pytest

import pki
import tls_servers
from conftest import run_program

NAME = "www.expect.test"


class World:
    """Certificates for one name, and files of them."""

    def __init__(self, directory):
        self.directory = directory
        self.root = tls_servers.root()
        self.other_root = tls_servers.root("Other Root")
        self.old = tls_servers.leaf([NAME], age=80)
        self.new = tls_servers.leaf([NAME], age=1)
        self.expired = tls_servers.leaf([NAME], age=100)
        self.stranger = tls_servers.leaf(["mail.expect.test"])
        self.twin = tls_servers.leaf([NAME], age=1, key="twin")
        self.wider = tls_servers.leaf([NAME, "api.expect.test"], age=0, key=NAME)
        self.file("root.pem", self.root)

    def file(self, name, *certs):
        path = self.directory / name
        path.write_bytes(pki.pem(*certs))
        return path

    def check(self, port, file, *arguments, command="check", connect="127.0.0.1", name=NAME, **options):
        return run_program(command, f"{name}:{port}", "--connect", connect, "--ca", self.directory / "root.pem", "--only-ca",
                           "--offline", "--client", "curl@7.88", "--expect", file, *arguments, **options)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return World(tmp_path_factory.mktemp("expect"))


def causes(run):
    return [f["rule"] for f in run.target["findings"] if f["cause"]]


def results(run):
    return [item["result"] for item in run.target["endpoint"]["expected"]["addresses"]]


def finding(run, rule):
    (found,) = [f for f in run.target["findings"] if f["rule"] == rule]
    return found


def one(chain, key=NAME):
    return {"127.0.0.1": tls_servers.context(chain, key)}


def test_the_same(world):
    file = world.file("same.pem", world.new)
    with tls_servers.serving(one([world.new])) as port:
        run = world.check(port, file, "--json")
        assert run.status == 0 and results(run) == ["same"] and causes(run) == [], run
        text = world.check(port, file)
        assert f"1 of 1 address serves what is in {file}" in " ".join(text.text.split()), text
        fixed = world.check(port, file, command="fix")
        assert fixed.status == 0 and b"sends what is in the file" in fixed.err, fixed


def test_a_key_in_the_file_is_no_matter(world):
    file = world.directory / "with-key.pem"
    file.write_bytes(tls_servers.key_pem(NAME) + pki.pem(world.new))
    with tls_servers.serving(one([world.new])) as port:
        run = world.check(port, file, "--json", "--save", world.directory / "key-case.json")
    assert run.status == 0 and results(run) == ["same"], run
    assert b"PRIVATE" not in (world.directory / "key-case.json").read_bytes()


def test_renewed_but_not_reloaded(world):
    file = world.file("new.pem", world.new)
    with tls_servers.serving(one([world.old])) as port:
        run = world.check(port, file, "--json")
        assert run.status == 1 and run.target["outcome"] == "accepted", run
        assert causes(run) == ["server.not-reloaded"] and results(run) == ["not-reloaded"], run
        (fix,) = finding(run, "server.not-reloaded")["fixes"]
        assert fix["id"] == "server.reload" and fix["proven"] and any("nginx -s reload" in c or "reload nginx" in c for c in fix["commands"]), fix
        assert any(f"--expect {file}" in command for command in fix["commands"]), fix
        fixed = world.check(port, file, command="fix")
        assert fixed.status == 1 and b"does not send what is in the file" in fixed.err, fixed
        ignored = world.check(port, file, "--ignore", "server.not-reloaded")
        assert ignored.status == 0, ignored


def test_an_expired_certificate_has_the_missing_reload_as_its_cause(world):
    file = world.file("new.pem", world.new)
    with tls_servers.serving(one([world.expired])) as port:
        run = world.check(port, file, "--json")
    assert run.status == 1 and causes(run) == ["server.not-reloaded"], run
    assert finding(run, "server.not-reloaded")["fixes"][0]["proven"], run
    expired = finding(run, "validity.expired")
    assert not expired["cause"] and expired["clients"], run


def test_a_file_that_has_expired_too_cures_nothing(world):
    file = world.file("expired.pem", tls_servers.leaf([NAME], age=95))
    with tls_servers.serving(one([world.expired])) as port:
        run = world.check(port, file, "--json")
    assert "validity.expired" in causes(run) and finding(run, "server.not-reloaded")["fixes"] == [], run


def test_a_new_name_that_was_not_loaded(world):
    file = world.file("wider.pem", world.wider)
    with tls_servers.serving(one([world.old])) as port:
        run = world.check(port, file, "--json", name="api.expect.test")
    assert causes(run) == ["server.not-reloaded"] and "name.mismatch" in run.rules, run


def test_another_chain(world):
    file = world.file("chain.pem", world.new, world.other_root)
    with tls_servers.serving(one([world.new])) as port:
        run = world.check(port, file, "--json")
    assert run.status == 1 and results(run) == ["other-chain"] and causes(run) == ["server.not-reloaded"], run
    assert "other certificates behind it" in finding(run, "server.not-reloaded")["summary"], run


@pytest.mark.parametrize("served, file, key, result, words", [
    ("new", "old", NAME, "newer", "serves a newer certificate"),
    ("new", "stranger", NAME, "other-name", f"is not for {NAME}"),
    ("new", "twin", NAME, "other", "serves another certificate"),
])
def test_other_differences(world, served, file, key, result, words):
    path = world.file(f"{file}.pem", getattr(world, file))
    with tls_servers.serving(one([getattr(world, served)], key)) as port:
        run = world.check(port, path, "--json")
    assert run.status == 1 and results(run) == [result] and causes(run) == ["server.expected-differs"], run
    assert words in finding(run, "server.expected-differs")["summary"], run


def test_of_several_addresses_those_that_are_old_are_named(world):
    file = world.file("new.pem", world.new)
    contexts = {"127.0.0.1": tls_servers.context([world.new], NAME), "127.0.0.2": tls_servers.context([world.old], NAME)}
    with tls_servers.serving(contexts) as port:
        run = world.check(port, file, "--json", connect="127.0.0.1,127.0.0.2,127.0.0.3", )
        text = world.check(port, file, connect="127.0.0.1,127.0.0.2")
    assert run.status == 1 and results(run) == ["same", "not-reloaded", "unseen"], run
    summary = finding(run, "server.not-reloaded")["summary"]
    assert f"127.0.0.2:{port} still serves" in summary and "other addresses serve the new one" in summary, run
    assert causes(run) == ["server.not-reloaded"], run
    assert "1 of 2 addresses serve" in text.text, text


def test_a_case_replays(world):
    file, case = world.file("new.pem", world.new), world.directory / "case.json"
    with tls_servers.serving(one([world.old])) as port:
        live = world.check(port, file, "--save", case)
    again = run_program("check", case, "--client", "curl@7.88")
    assert (again.out, again.status) == (live.out, live.status), f"{live}\n{again}"


def test_what_cannot_be_meant(world):
    for file, status, words in [(world.directory / "none.pem", 2, b"none.pem"), (world.file("empty.pem"), 2, b"no certificate in it")]:
        run = world.check(1, file)
        assert run.status == status and words in run.err, run
    path = world.file("new.pem", world.new)
    run = run_program("check", path, "--expect", path)
    assert run.status == 2 and b"--expect does not apply" in run.err, run


def test_nobody_there(world):
    run = world.check(1, world.file("new.pem", world.new), "--json")
    assert run.status == 3 and causes(run) == ["server.refused"], run
