# SPDX-License-Identifier: Apache-2.0
"""The reports of every server of the lab: JSON against its schema, text for people, fixes that work."""
import json
import re
import shlex
import shutil
import subprocess
import unicodedata

import jsonschema
import pytest

from conftest import PROGRAM, TOP

SCHEMA = json.loads((TOP / "docs/report.schema.json").read_text())
SCENARIOS = [entry["scenario"] for entry in json.loads(
    subprocess.run([PROGRAM, "lab", "list", "--json"], capture_output=True, check=True).stdout)]
NEVER = ["--insecure", "curl -k", "verify=False", "CERT_NONE", "--no-check-certificate",
         "NODE_TLS_REJECT_UNAUTHORIZED", "sslVerify"]


@pytest.fixture(scope="module")
def farm(lab):
    return lab(*SCENARIOS)


@pytest.fixture(scope="module")
def schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    return jsonschema.Draft202012Validator(SCHEMA)


def refer(target):
    """What points into the report must hit something there."""
    ids = [finding["id"] for finding in target["findings"]]
    assert len(set(ids)) == len(ids)
    known = {certificate["sha256"] for certificate in target["chain"]}
    clients = {client["client"] for client in target["clients"]}
    for finding in target["findings"]:
        assert set(finding["because"]) <= set(ids)
        assert finding["certificate"] is None or finding["certificate"] < len(target["chain"])
        assert set(finding["clients"]) <= clients
        for fix in finding["fixes"]:
            assert set(fix["proven"]["accepted_by"] + fix["proven"]["rejected_by"]) <= clients
    for client in target["clients"]:
        assert client["accepts"] is not False or client["reasons"]
        assert not client["path"] or client["path"][0] in known


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_json_is_as_the_schema_says(farm, schema, scenario):
    run = farm.check(scenario, "--json")
    schema.validate(run.json)
    refer(run.target)
    line = farm.check(scenario, "--format", "ndjson")
    assert line.out.count(b"\n") == 1
    schema.validate(line.json)


def test_golden_cases_are_as_the_schema_says(certwhy, schema):
    """What no server of the lab shows: proxies, --expect, the DNS …"""
    cases = sorted((TOP / "tests/cases").glob("*/case.json"))
    assert len(cases) > 50
    for case in cases:
        run = certwhy("check", case, "--json")
        schema.validate(run.json)
        refer(run.target)


def test_a_target_that_cannot_be_read_is_as_the_schema_says(certwhy, schema):
    run = certwhy("check", "missing.pem", "--json")
    schema.validate(run.json)
    assert run.status == 2 and run.json["targets"][0]["outcome"] == "error"


def test_the_schema_refuses_what_is_wrong(farm, schema):
    good = farm.check("missing-intermediate-pool", "--json").json
    schema.validate(good)
    for spoil in (
            lambda target: target.pop("limits_hit"),
            lambda target: target.update(outcome="fine"),
            lambda target: target["chain"][0].update(sha256="AB"),
            lambda target: target["clients"][0].update(reasons=[]),
            lambda target: target["findings"][0].update(summary="\x1b[31m"),
            lambda target: target.update(chain=[])):
        bad = json.loads(json.dumps(good))
        spoil(bad["targets"][0])
        assert not schema.is_valid(bad)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_text_is_for_people(farm, scenario):
    run = farm.check(scenario)
    first = run.text.splitlines()[0]
    assert first[0] in "✓✗!", run
    assert (first[0] == "✓") == (run.status == 0), run
    for character in run.text.replace("\n", ""):
        assert unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"), run
    for word in NEVER:
        assert word not in run.text, run
    if not farm.check(scenario, "--json").target["chain"]:
        assert not re.search(r"\bvalid\b|✓|accepted by", run.text), run


def commands(target):
    fixes = [fix for finding in target["findings"] for fix in finding["fixes"]]
    fixes += [target["together"]] if "together" in target else []
    return [command for fix in fixes for command in fix["commands"]] + \
           [finding["verify"] for finding in target["findings"] if finding["verify"]]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_commands_are_shell(farm, scenario):
    """Every command is one that a POSIX shell can read; configuration lines say whose they are."""
    for command in commands(farm.check(scenario, "--json").target):
        if re.match(r"[A-Za-z]+:", command):
            continue
        done = subprocess.run(["sh", "-n", "-c", command], capture_output=True, timeout=10)
        assert done.returncode == 0, (command, done.stderr)
        assert shlex.split(command), command


def test_the_printed_command_writes_the_file(farm, tmp_path):
    """The line that the report prints, run in a shell, gives the bundle of the report."""
    run = farm.check("missing-intermediate-pool", "--json")
    (fix,) = [fix for finding in run.target["findings"] for fix in finding["fixes"]
              if fix["id"] == "server.send-chain"]
    (command,) = [command for command in fix["commands"] if command.startswith("certwhy fix")]
    (tmp_path / "certwhy").symlink_to(PROGRAM)
    subprocess.run(["sh", "-c", f"PATH={tmp_path}:$PATH; {command}"], cwd=tmp_path, check=False,
                   timeout=30)
    assert (tmp_path / "fullchain.pem").read_text().strip() == fix["files"][0]["content"].strip()
