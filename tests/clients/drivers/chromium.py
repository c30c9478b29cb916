# SPDX-License-Identifier: Apache-2.0
"""chromium.py PROGRAM [--pages]: visits one server per line of standard input, each with a browser of its
own (a home, an NSS database with the visit's roots, the name led by --host-resolver-rules), over the
DevTools protocol on pipes. Says the error's code; --pages: and the heading of the page that a person
sees, which the headless shell does not make."""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PAGE_SECONDS = 5
QUIET = ["--headless", "--no-sandbox", "--no-zygote", "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage",
         "--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe"]
HEADING = "(document.querySelector('h1') || {}).innerText"


def trust(home, ca):
    """The roots of a file, as `certutil -A -t C,,` adds them for a user."""
    database = home / ".pki" / "nssdb"
    database.mkdir(parents=True)
    certutil = ["certutil", "-d", f"sql:{database}"]
    subprocess.run([*certutil, "-N", "--empty-password"], check=True)
    blocks = Path(ca).read_text().split("-----END CERTIFICATE-----")[:-1]
    for number, block in enumerate(blocks):  # what NSS cannot read is not in the database
        subprocess.run([*certutil, "-A", "-t", "C,,", "-n", f"root {number}", "-a"], check=False, text=True,
                       input=block + "-----END CERTIFICATE-----\n")


class Browser:
    """A running browser; its DevTools protocol is JSON, each message ended by NUL, on descriptors 3 and 4."""

    def __init__(self, program, home, rules, environment):
        theirs, self.out = os.pipe()
        source, answers = os.pipe()
        self.source = os.fdopen(source, "rb", 0)
        log = os.open(home / "log", os.O_WRONLY | os.O_CREAT)
        argv = [program, *QUIET, f"--user-data-dir={home}/profile", f"--host-resolver-rules={rules}"]
        # dup2 onto itself would leave the descriptor to be closed: first out of the way of 3 and 4
        actions = [(os.POSIX_SPAWN_DUP2, theirs, 30), (os.POSIX_SPAWN_DUP2, answers, 31),
                   (os.POSIX_SPAWN_DUP2, 30, 3), (os.POSIX_SPAWN_DUP2, 31, 4), (os.POSIX_SPAWN_CLOSE, 30),
                   (os.POSIX_SPAWN_CLOSE, 31), (os.POSIX_SPAWN_DUP2, log, 1), (os.POSIX_SPAWN_DUP2, log, 2)]
        self.process = os.posix_spawnp(program, argv, {**os.environ, **environment, "HOME": str(home)},
                                       file_actions=actions)
        for descriptor in (theirs, answers, log):
            os.close(descriptor)
        self.read, self.asked = b"", 0

    def message(self):
        while b"\0" not in self.read:
            data = self.source.read(65536)
            if not data:
                raise EOFError("the browser ended")
            self.read += data
        line, self.read = self.read.split(b"\0", 1)
        return json.loads(line)

    def call(self, method, session=None, **parameters):
        self.asked += 1
        request = {"id": self.asked, "method": method, "params": parameters}
        if session:
            request["sessionId"] = session
        os.write(self.out, json.dumps(request).encode() + b"\0")
        while (answer := self.message()).get("id") != self.asked:
            pass
        return answer["result"]

    def end(self):
        self.call("Browser.close")
        os.waitpid(self.process, 0)
        os.close(self.out)
        self.source.close()


def heading(browser, session):
    """Of the page about an error, which comes a little after the error."""
    deadline = time.monotonic() + PAGE_SECONDS
    while time.monotonic() < deadline:
        result = browser.call("Runtime.evaluate", session, expression=HEADING)["result"]
        if result.get("value"):
            return result["value"]
        time.sleep(0.05)
    return "(no heading)"


def make(options, visit):
    rules = f"MAP {visit['name']} [{visit['host']}]" if ":" in visit["host"] else f"MAP {visit['name']} {visit['host']}"
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as home:
        trust(Path(home), visit["ca"])
        browser = Browser(options.program, Path(home), rules, visit["environment"])
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        error = browser.call("Page.navigate", session, url=visit["url"]).get("errorText", "").removeprefix("net::")
        said = f"{error} | {heading(browser, session)}" if error and options.pages else error
        browser.end()
    return {"accepts": not error, "message": said}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--pages", action="store_true")
    options = parser.parse_args()
    for line in sys.stdin:
        print(json.dumps(make(options, json.loads(line))), flush=True)


main()
