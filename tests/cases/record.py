#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""python3 tests/cases/record.py [--file] SCENARIO...: makes golden cases from the lab.

Serves each scenario, checks it as its client would and saves what was seen (case.json); with --file,
judges the files that `lab write` makes instead (NAME-file). Then read expect.txt before you commit."""
import argparse
import json
import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROGRAM = Path(os.environ.get("CERTWHY", HERE.parent.parent / "build" / "certwhy")).resolve()
CLIENTS = ["--client", "curl@7.88,git@2.39,wget@1.21,go@1.19"]
FILES = ("chain.pem", "ca.pem", "pool.pem")


def write_case(case, words, cwd):
    """The case file, with the exit status and the report of now."""
    done = subprocess.run([PROGRAM, *words], cwd=cwd, capture_output=True, text=True, check=False,
                          env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"})
    (case / "case").write_text(f"{shlex.join(words)}\nexit {done.returncode}\n")
    (case / "expect.txt").write_text(done.stdout)
    print(f"{case.name}: exit {done.returncode}")


def fresh(name):
    case = HERE / name
    shutil.rmtree(case, ignore_errors=True)
    case.mkdir()
    return case


def record_live(scenarios, directory):
    lab = subprocess.Popen([PROGRAM, "lab", "serve", "--dir", "lab", *scenarios], cwd=directory,
                           stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    try:
        for _ in scenarios:
            server = json.loads(lab.stdout.readline())
            case = fresh(server["scenario"])
            subprocess.run([PROGRAM, *server["command"], *CLIENTS, "--save", case / "case.json"], cwd=directory,
                           stdout=subprocess.DEVNULL, check=False)
            write_case(case, ["check", "case.json"], case)
    finally:
        lab.terminate()
        lab.wait()


def record_files(scenarios, directory):
    subprocess.run([PROGRAM, "lab", "write", "lab", *scenarios], cwd=directory, check=True)
    for scenario in scenarios:
        source = directory / "lab" / scenario
        case = fresh(f"{scenario}-file")
        for name in FILES:
            if (source / name).exists():
                shutil.copy(source / name, case)
        write_case(case, [*json.loads((source / "scenario.json").read_text())["command"], *CLIENTS], case)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--file", action="store_true")
    parser.add_argument("scenario", nargs="+")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        (record_files if options.file else record_live)(options.scenario, Path(directory))


if __name__ == "__main__":
    main()
