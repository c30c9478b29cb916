# SPDX-License-Identifier: Apache-2.0
"""`./dev install` into an empty place; the example of docs/ builds against what was installed."""
import os
import shlex
import subprocess

import pytest

import pki
from conftest import TOP


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    destination = tmp_path_factory.mktemp("install")
    subprocess.run([TOP / "dev", "install"], check=True, capture_output=True,
                   env={**os.environ, "DESTDIR": str(destination), "PREFIX": "/opt/certwhy"})
    return destination / "opt" / "certwhy"


@pytest.fixture(scope="module")
def libdir(installed):
    (pc,) = installed.rglob("certwhy.pc")
    return pc.parent.parent


def pkg_config(libdir, *arguments):
    done = subprocess.run(["pkg-config", *arguments, "certwhy"], check=True, capture_output=True, text=True,
                          env={**os.environ, "PKG_CONFIG_PATH": str(libdir / "pkgconfig"),
                               "PKG_CONFIG_SYSROOT_DIR": str(sysroot(libdir))})
    return shlex.split(done.stdout)


def sysroot(libdir):
    """The DESTDIR: what lies above /opt/certwhy."""
    return next(parent for parent in libdir.parents if parent.name == "opt").parent


@pytest.fixture
def chain(tmp_path):
    root = pki.certificate("Install Root", "Install Root", ca=True)
    leaf = pki.certificate("www.test", "Install Root", names=["www.test"])
    (tmp_path / "root.pem").write_bytes(pki.pem(root))
    (tmp_path / "chain.pem").write_bytes(pki.pem(leaf))
    return tmp_path


def compile_example(tmp_path, flags):
    example = tmp_path / "check"
    subprocess.run(["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", TOP / "docs" / "examples" / "check.c",
                    "-o", example, *flags], check=True)
    return example


def runs(example, chain, env=None):
    """The example tells a known root from an unknown one."""
    accepted = subprocess.run([example, "chain.pem", "www.test", "root.pem"], cwd=chain, env=env,
                              capture_output=True, text=True)
    assert accepted.returncode in (0, 1), accepted.stderr
    rejected = subprocess.run([example, "chain.pem", "other.test", "root.pem"], cwd=chain, env=env,
                              capture_output=True, text=True)
    assert rejected.returncode == 1, rejected
    assert "name.mismatch" in rejected.stdout
    assert "name.mismatch" not in accepted.stdout
    return accepted.stdout


def test_program_runs_where_it_was_installed(installed):
    done = subprocess.run([installed / "bin" / "certwhy", "--version"], capture_output=True, text=True)
    assert done.returncode == 0
    assert (TOP / "VERSION").read_text().strip() in done.stdout


def test_example_with_the_shared_library(libdir, chain, tmp_path):
    example = compile_example(tmp_path, pkg_config(libdir, "--cflags", "--libs"))
    env = {**os.environ, "LD_LIBRARY_PATH": str(libdir)}
    linked = subprocess.run(["ldd", example], env=env, capture_output=True, text=True).stdout
    assert "libcertwhy.so.0" in linked
    runs(example, chain, env)


def test_example_with_the_static_library(libdir, chain, tmp_path):
    flags = pkg_config(libdir, "--static", "--cflags", "--libs")
    flags = [str(libdir / "libcertwhy.a") if flag == "-lcertwhy" else flag for flag in flags]
    example = compile_example(tmp_path, flags)
    assert "libcertwhy" not in subprocess.run(["ldd", example], capture_output=True, text=True).stdout
    runs(example, chain)


@pytest.mark.parametrize("library,options", [("libcertwhy.so", ["-D"]), ("libcertwhy.a", ["-g"])])
def test_only_the_public_symbols(libdir, library, options):
    done = subprocess.run(["nm", *options, "--defined-only", libdir / library], check=True,
                          capture_output=True, text=True)
    symbols = [line.split()[-1] for line in done.stdout.splitlines() if len(line.split()) == 3]
    assert "cw_check" in symbols
    assert [symbol for symbol in symbols if not symbol.startswith("cw_")] == []


def test_header_is_c_and_cxx(installed, tmp_path):
    for compiler, suffix in (("cc", "c"), ("c++", "cc")):
        source = tmp_path / f"header.{suffix}"
        source.write_text("#include <certwhy.h>\nint main(void) { return cw_version()[0] == 0; }\n")
        if subprocess.run(["which", compiler], capture_output=True).returncode != 0:
            continue  # a C++ compiler is no dependency of ours
        subprocess.run([compiler, "-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only", source,
                        "-I", installed / "include"], check=True)


def test_public_header_is_the_only_one_installed(installed):
    assert [path.name for path in (installed / "include").rglob("*") if path.is_file()] == ["certwhy.h"]


def test_manual_page(installed):
    pages = list(installed.rglob("certwhy.1"))
    assert len(pages) == 1
    text = pages[0].read_text()
    for word in ("check", "explain", "lab", "clients", "EXIT STATUS"):
        assert word in text
