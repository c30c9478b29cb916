# SPDX-License-Identifier: Apache-2.0
"""Every kind of client, and which of them are here."""
import glob
import os
import re
import shutil
import subprocess
from pathlib import Path

from browsers import Chromium, ChromiumPages, Firefox
from clients import (Aiohttp, Curl, Git, Go, GnutlsCli, Httpx, Java, MbedTLS, Node, OpenSSL, Pip, PythonUrllib,
                     Requests, Wget, WolfSSL)

COMMANDS = (Curl, Wget, Git, OpenSSL, GnutlsCli, Go, Node, Chromium, Firefox, MbedTLS, WolfSSL)
LIBRARIES = (Requests, Httpx, Aiohttp)
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "certwhy-clients"  # see install
# They take longer than all the rest: only when asked for by name, or with --long.
SLOW = (ChromiumPages, Pip)


def interpreters():
    """One Python of each minor version: the system's before those of pyenv."""
    found = {}
    for path in ["/usr/bin/python3", *sorted(glob.glob("/usr/bin/python3.?*")),
                 *sorted(glob.glob(str(Path.home() / ".pyenv/versions/3.*/bin/python3")))]:
        if re.search(r"config$", path) or not os.access(path, os.X_OK):
            continue
        run = subprocess.run([path, "-I", "-c", "import ssl, sys; print(*sys.version_info[:2])"],
                             capture_output=True, text=True)
        if run.returncode == 0:
            found.setdefault(tuple(map(int, run.stdout.split())), path)
    return list(found.values())


def java_homes():
    """Of each Java development kit that is here, and of the one on the path."""
    compiler = shutil.which("javac")
    homes = glob.glob("/usr/lib/jvm/*") + ([str(Path(compiler).resolve().parent.parent)] if compiler else [])
    return sorted({str(Path(home).resolve()) for home in homes if os.path.exists(f"{home}/bin/javac")}) or ["/nonexistent"]


def installed(scratch, names=None, slow=False):
    """(the clients that are here, the names of those that are not), of `names` or of all"""
    pythons = interpreters()
    wanted = [(kind,) for kind in COMMANDS]
    wanted += [(Node, program) for program in sorted(glob.glob(f"{CACHE}/node-*/node_modules/node-linux-*/bin/node"))]
    wanted += [(Java, home) for home in java_homes()]
    wanted += [(PythonUrllib, interpreter) for interpreter in pythons]
    wanted += [(kind, pythons[0]) for kind in LIBRARIES if pythons]
    wanted += [(ChromiumPages,), (Pip, pythons)]
    chosen = [kind for kind, *_ in wanted if (kind.asked_as() in names if names else slow or kind not in SLOW)]
    every = [kind(scratch, *more) for kind, *more in wanted if kind in chosen]
    here = [client for client in every if client.version]
    return here, sorted({c.asked_as() for c in every} - {c.asked_as() for c in here})
