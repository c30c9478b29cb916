# SPDX-License-Identifier: Apache-2.0
"""firefox.py PROGRAM: visits one server per line of standard input with one headless Firefox, over the
Marionette protocol; firefox.js makes each visit."""
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

START_SECONDS = 90
SCRIPT_MS = 60000
# Nobody is asked anything, and nothing is fetched but the visits.
PREFERENCES = {
    "marionette.port": 0,
    "app.update.disabledForTesting": True,
    "browser.newtabpage.enabled": False,
    "browser.safebrowsing.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage": "about:blank",
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.proxy.type": 0,
    "network.trr.mode": 5,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.startup.max_resumed_crashes": -1,
    "toolkit.telemetry.server": "data:,",
}


class Firefox:
    """A running Firefox with a new profile. Marionette's messages: their length, a colon, JSON."""

    def __init__(self, program, profile, environment):
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in PREFERENCES.items()]
        (profile / "user.js").write_text("".join(lines))
        argv = [program, "--headless", "--marionette", "--remote-allow-system-access", "--no-remote", "--profile",
                profile]
        with open(profile / "log", "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(argv, stdout=log, stderr=log,
                                            env={**os.environ, **environment, "HOME": str(profile),
                                                 "MOZ_CRASHREPORTER_DISABLE": "1"}, start_new_session=True)
        self.connection = socket.create_connection(("127.0.0.1", self.port(profile)))
        self.source = self.connection.makefile("rb")
        self.asked = 0
        self.message()  # who it is
        self.call("WebDriver:NewSession")
        self.call("Marionette:SetContext", value="chrome")
        self.call("WebDriver:SetTimeouts", script=SCRIPT_MS)

    def port(self, profile):
        told = profile / "MarionetteActivePort"
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            if told.exists() and told.read_text():
                return int(told.read_text())
            time.sleep(0.05)
        self.end()
        raise SystemExit("Firefox did not start: " + (profile / "log").read_text()[-2000:])

    def message(self):
        length = b""
        while not length.endswith(b":"):
            length += self.source.read(1)
        return json.loads(self.source.read(int(length[:-1])))

    def call(self, command, **parameters):
        self.asked += 1
        request = json.dumps([0, self.asked, command, parameters]).encode()
        self.connection.sendall(b"%d:%s" % (len(request), request))
        _, _, error, value = self.message()
        if error:
            raise SystemExit(f"{command}: {error}")
        return value

    def end(self):
        """At once: nothing of the profile is wanted, and with a wrong clock an orderly end takes a minute."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def roots_of(file):
    blocks = re.findall("-----BEGIN CERTIFICATE-----(.*?)-----END", Path(file).read_text(), re.S)
    return ["".join(block.split()) for block in blocks]


def make_all(program, environment, visits, script):
    with tempfile.TemporaryDirectory(prefix="firefox-", ignore_cleanup_errors=True) as profile:
        firefox = Firefox(program, Path(profile), environment)
        for visit in visits:
            visit["roots"] = roots_of(visit["ca"])
            answer = firefox.call("WebDriver:ExecuteAsyncScript", script=script, args=[visit], sandbox="system")
            print(json.dumps(answer["value"]), flush=True)
        firefox.end()


def main():
    script = Path(__file__).with_suffix(".js").read_text()
    visits = [json.loads(line) for line in sys.stdin]
    for environment, some in itertools.groupby(visits, lambda visit: visit["environment"]):
        make_all(sys.argv[1], environment, some, script)


main()
