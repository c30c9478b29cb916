# SPDX-License-Identifier: Apache-2.0
"""The browsers among the real clients: headless, each visit with the scenario's roots added as a user
adds them, in homes and profiles that are made for the test."""
import re
import shutil
import sys

from clients import Batch, clock, output_of, preloaded
from harness import HERE, WORKERS, version_of


class Browser(Batch):
    program = driver = ""
    options = ()
    own_clock = True  # the driver gives it to the browser alone

    def line(self, visit):
        libraries, fake = clock(visit.at, self.scratch)
        return {**super().line(visit), "environment": preloaded(*libraries, **fake)}

    def find(self):
        if not shutil.which(self.program) or not shutil.which("certutil"):
            return None
        said = re.search(r"(?:Chromium|Firefox) ([0-9.]+)", output_of(self.program, "--version"))
        return version_of(said.group(1)) if said else None

    def argv(self, visits):
        return [sys.executable, HERE / "drivers" / self.driver, self.program, *self.options]


class Chromium(Browser):
    """The headless shell: Chromium's network stack without its pages, a quarter of the time."""
    family = "chromium"
    program = "chromium-headless-shell"
    driver = "chromium.py"
    processes = WORKERS
    shows = "code"


class ChromiumPages(Chromium):
    """With the pages that people see."""
    name = "chromium-pages"
    program = "chromium"
    options = ("--pages",)
    shows = "message"


class Firefox(Browser):
    family = "firefox"
    program = "firefox-esr"
    driver = "firefox.py"
