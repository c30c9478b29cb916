# SPDX-License-Identifier: Apache-2.0
"""An authoritative name server (nsd) on loopback with zones that are signed (ldns) or not."""
import shutil
import socket
import subprocess
import time

NEEDED = ("nsd", "ldns-keygen", "ldns-signzone")
HEAD = """$TTL 60
@ IN SOA ns.{zone}. admin.{zone}. 1 3600 600 86400 60
@ IN NS ns.{zone}.
ns IN A 127.0.0.1
"""


def missing():
    return [tool for tool in NEEDED if not shutil.which(tool, path="/usr/sbin:/usr/bin:/sbin:/bin")]


def run(*command, cwd):
    return subprocess.run([shutil.which(command[0], path="/usr/sbin:/usr/bin:/sbin:/bin"), *command[1:]], cwd=cwd,
                          check=True, capture_output=True, text=True).stdout.strip()


def free_port():
    """A port that is free for UDP and TCP."""
    for _ in range(50):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("127.0.0.1", 0))
            try:
                tcp.bind(udp.getsockname())
            except OSError:
                continue
            return udp.getsockname()[1]
    raise OSError("no port is free for both UDP and TCP")


class NameServer:
    """zones: {"zone": "records"}; `signed` ones get a key whose DS record is in `anchors`; of
    `broken` ones the records change after signing."""

    def __init__(self, directory, zones, signed=(), broken=None):
        self.directory = directory
        anchors = []
        for zone, records in zones.items():
            file = directory / f"{zone}.zone"
            file.write_text(HEAD.format(zone=zone) + records)
            if zone in signed:
                key = run("ldns-keygen", "-a", "ECDSAP256SHA256", "-k", zone, cwd=directory)
                anchors.append((directory / f"{key}.ds").read_text())
                run("ldns-signzone", "-o", zone, "-f", f"{zone}.signed", file.name, key, cwd=directory)
                file = directory / f"{zone}.signed"
            for old, new in (broken or {}).get(zone, {}).items():
                text = file.read_text()
                assert old in text
                file.write_text(text.replace(old, new))
        self.anchors = directory / "anchors"
        self.anchors.write_text("; trust anchors\n\n" + "".join(anchors))
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        (directory / "nsd.conf").write_text(self.configuration(zones, signed))
        self.process = subprocess.Popen(
            [shutil.which("nsd", path="/usr/sbin:/usr/bin"), "-d", "-c", directory / "nsd.conf"],
            stdout=subprocess.DEVNULL, stderr=(directory / "nsd.err").open("wb"))
        self.wait()

    def configuration(self, zones, signed):
        text = f"""server:
  ip-address: 127.0.0.1@{self.port}
  username: ""
  zonesdir: "{self.directory}"
  database: ""
  pidfile: ""
  xfrdfile: ""
  zonelistfile: "{self.directory}/zone.list"
  server-count: 1
  logfile: ""
remote-control:
  control-enable: no
"""
        for zone in zones:
            text += f'zone:\n  name: "{zone}"\n  zonefile: "{zone}.{"signed" if zone in signed else "zone"}"\n'
        return text

    def wait(self):
        end = time.monotonic() + 10
        while time.monotonic() < end:
            assert self.process.poll() is None, (self.directory / "nsd.err").read_text()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise TimeoutError("nsd does not listen")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
