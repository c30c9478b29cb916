# SPDX-License-Identifier: Apache-2.0
"""Real servers from Debian's packages, started on loopback below a directory of their own: one
function per package, which writes its configuration and says how to start it. None of them reads
what stands in /etc, and none is left running."""
import contextlib
import grp
import ipaddress
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

import pki

# An address of this process's own, so that a port that the kernel gave stays free until it is used.
HOST = f"127.{os.getpid() >> 8 & 255}.{os.getpid() & 255}.7"
NAME = "mx.lab.test"
READY_SECONDS = 30


class Missing(Exception):
    """The server cannot run here; says why."""


@dataclass
class Recipe:
    """How to start one server: `before` are commands that end, `command` the one that stays."""
    command: list
    before: list = field(default_factory=list)
    user: str = None
    env: dict = field(default_factory=dict)


class Place:
    """Where one server lives: its directory, its ports, its certificate. tls: whether it has any."""

    def __init__(self, folder, schemes, tls, chain, key):
        self.folder, self.tls = folder, tls
        folder.mkdir(parents=True)
        folder.chmod(0o755)
        self.ports = {scheme: free_port() for scheme in schemes if tls or scheme in STARTTLS}
        self.certificate = self.write("cert.pem", chain)
        self.key = self.write("key.pem", key)

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def make(self, name, mode=0o755):
        path = self.folder / name
        path.mkdir()
        path.chmod(mode)
        return path


def free_port(given=set()):
    """A port that nobody was given before."""
    while True:
        with socket.create_server((HOST, 0)) as probe:
            port = probe.getsockname()[1]
        if port not in given:
            given.add(port)
            return port


def find(program, *folders):
    found = shutil.which(program, path=os.pathsep.join([*folders, os.environ["PATH"], "/usr/sbin", "/sbin"]))
    if not found:
        raise Missing(f"no {program} here")
    return found


def root_only(what):
    if os.geteuid() != 0:
        raise Missing(f"{what} only starts as root")


def lower_user(*names):
    """The user that a server runs as: itself when not root."""
    if os.geteuid() != 0:
        return None
    for name in names:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise Missing(f"no user {' or '.join(names)} here")


def own(place, user):
    """All that stands in the place belongs to the user."""
    if user:
        for path in [place.folder, *place.folder.rglob("*")]:
            shutil.chown(path, user)


# ---- mail ----

def postfix(place):
    root_only("Postfix")
    master = find("master", "/usr/lib/postfix/sbin")
    queue = place.make("queue")
    for name in ("pid", "public", "private", "incoming", "active", "maildrop"):
        (queue / name).mkdir()
        if name != "pid":
            shutil.chown(queue / name, "postfix", "postdrop" if name in ("public", "maildrop") else None)
    data = place.make("data")
    shutil.chown(data, "postfix")
    place.write("main.cf", f"""
        compatibility_level = 3.6
        maillog_file = /dev/stdout
        queue_directory = {queue}
        data_directory = {data}
        daemon_directory = {Path(master).parent}
        command_directory = /usr/sbin
        inet_interfaces = loopback-only
        inet_protocols = ipv4
        myhostname = {NAME}
        mydestination =
        alias_maps =
        smtpd_tls_security_level = {"may" if place.tls else "none"}
        smtpd_tls_chain_files = {place.folder}/both.pem
        """.replace("\n        ", "\n"))
    place.write("both.pem", place.key.read_bytes() + place.certificate.read_bytes())
    services = [f"{HOST}:{place.ports['smtp']} inet n - n - - smtpd", "postlog unix-dgram n - n - 1 postlogd",
                "tlsmgr unix - - n 1000? 1 tlsmgr", "anvil unix - - n - 1 anvil",
                "rewrite unix - - n - - trivial-rewrite", "cleanup unix n - n - 0 cleanup", "proxymap unix - - n - - proxymap"]
    if place.tls:
        services.append(f"{HOST}:{place.ports['smtps']} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes")
    place.write("master.cf", "\n".join(services) + "\n")
    return Recipe([master, "-c", place.folder, "-d"])


DOVECOT = {"imap": "imap-login", "pop3": "pop3-login", "sieve": "managesieve-login", "lmtp": "lmtp"}


def dovecot(place):
    program = find("dovecot")
    for name in ("imap-login", "pop3-login", "managesieve-login", "lmtp"):
        if not Path("/usr/lib/dovecot", name).exists():
            raise Missing(f"no Dovecot {name} here")
    me, group = pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name
    services = ""
    for scheme, service in DOVECOT.items():
        own_name = {"managesieve-login": "sieve"}.get(service, service.removesuffix("-login"))
        services += f"service {service} {{\n"
        services += "" if service == "lmtp" else "  chroot =\n"
        services += f"  inet_listener {own_name} {{\n    address = {HOST}\n    port = {place.ports[scheme]}\n  }}\n"
        if scheme in ("imap", "pop3"):
            port = place.ports.get(scheme + "s", 0)
            services += f"  inet_listener {own_name}s {{\n    address = {HOST}\n    port = {port}\n    ssl = yes\n  }}\n"
        services += "}\n"
    users = "" if os.geteuid() == 0 else f"default_internal_user = {me}\ndefault_login_user = {me}\ndefault_internal_group = {group}\n"
    config = place.write("dovecot.conf", f"""
base_dir = {place.make("run")}
state_dir = {place.make("state")}
log_path = {place.folder}/dovecot.log
protocols = imap pop3 lmtp sieve
ssl = {"yes" if place.tls else "no"}
ssl_cert = <{place.certificate}
ssl_key = <{place.key}
hostname = {NAME}
{users}
{services}
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={place.folder}
}}
""")
    return Recipe([program, "-F", "-c", config])


# ---- directories and databases ----

def slapd(place):
    program = find("slapd")
    tls = f"TLSCertificateFile {place.certificate}\nTLSCertificateKeyFile {place.key}\n" if place.tls else ""
    config = place.write("slapd.conf", "include /etc/ldap/schema/core.schema\n"
                         f"pidfile {place.folder}/pid\nargsfile {place.folder}/args\n"
                         f"{tls}database config\n")
    addresses = f"ldap://{HOST}:{place.ports['ldap']}/"
    if place.tls:
        addresses += f" ldaps://{HOST}:{place.ports['ldaps']}/"
    return Recipe([program, "-d", "0", "-f", config, "-h", addresses])


def postgresql(place):
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not versions:
        raise Missing("no postgres here")
    user, data = lower_user("postgres", "nobody"), place.folder / "data"
    place.key.chmod(0o600)
    own(place, user)
    command = [versions[-1], "-D", data, "-h", HOST, "-p", place.ports["postgres"], "-k", "", "-F"]
    if place.tls:
        command += ["-c", "ssl=on", "-c", f"ssl_cert_file={place.certificate}", "-c", f"ssl_key_file={place.key}"]
    return Recipe(command, user=user, before=[[versions[-1].parent / "initdb", "-D", data, "-A", "trust", "-N", "-E", "UTF8", "--locale=C"]])


def mariadb(place):
    program = find("mariadbd")
    data = place.make("data")
    user = lower_user("nobody")
    own(place, user)
    tls = [f"--ssl-cert={place.certificate}", f"--ssl-key={place.key}"] if place.tls else ["--skip-ssl"]
    return Recipe([program, "--no-defaults", f"--datadir={data}", f"--bind-address={HOST}", f"--port={place.ports['mysql']}",
                   f"--socket={place.folder}/s", f"--pid-file={place.folder}/pid", "--skip-grant-tables", "--skip-networking=0",
                   "--skip-innodb", "--default-storage-engine=MyISAM", *tls], user=user)


# ---- files, news, talk, desktops ----

def vsftpd(place):
    program = find("vsftpd")
    common = f"""listen=YES
listen_address={HOST}
background=NO
run_as_launching_user={"NO" if os.geteuid() == 0 else "YES"}
nopriv_user=nobody
secure_chroot_dir={place.make("empty")}
anonymous_enable=YES
local_enable=NO
"""
    if place.tls:
        common += f"ssl_enable=YES\nrsa_cert_file={place.certificate}\nrsa_private_key_file={place.key}\nssl_tlsv1=NO\n" \
                  "require_ssl_reuse=NO\nssl_ciphers=HIGH\n"
    port = place.ports.get("ftps") or place.ports["ftp"]
    implicit = "implicit_ssl=YES\n" if "ftps" in place.ports else ""
    return Recipe([program, place.write("vsftpd.conf", f"{common}{implicit}listen_port={port}\n")])


def prosody(place):
    program = find("prosody")
    user = lower_user("prosody", "nobody")
    data = place.make("data")
    config = place.write("prosody.cfg.lua", f"""
daemonize = false
pidfile = "{data}/pid"
data_path = "{data}"
certificates = "{place.folder}"
interfaces = {{ "{HOST}" }}
c2s_ports = {{ {place.ports["xmpp"]} }}
s2s_ports = {{ {place.ports["xmpp-server"]} }}
modules_enabled = {{ {'"tls", ' if place.tls else ''}"s2s", "c2s" }}
modules_disabled = {{ "posix", {'' if place.tls else '"tls"'} }}
c2s_require_encryption = false
s2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "internal_hashed"
log = {{ info = "{data}/log" }}
ssl = {{ certificate = "{place.certificate}"; key = "{place.key}" }}
VirtualHost "{NAME}"
VirtualHost "{HOST}"
""")
    own(place, user)
    return Recipe([program, "--config", config], user=user, env={"PROSODY_CONFIG": str(config)})


def inn(place):
    """nnrpd, the part of INN that talks to readers, as a daemon of its own. Its package cannot be installed
    on a machine without a domain, so it is taken from where it was unpacked to."""
    top = next((top for top in (Path("/"), UNPACKED) if (top / "usr/lib/news/bin/nnrpd").exists()), None)
    if not top:
        raise Missing("no nnrpd here: ./dev test unpacks it")
    user = lower_user("news", "nobody")
    me = user or pwd.getpwuid(os.geteuid()).pw_name
    for name in ("db", "spool", "spool/overview", "log", "run", "tmp"):
        place.make(name)
    group = grp.getgrgid(pwd.getpwnam(me).pw_gid).gr_name
    tls = f"tlscertfile: {place.certificate}\n" if place.tls else f"tlscertfile: {place.folder}/none\n"
    config = place.write("inn.conf", f"""mta: "/bin/true %s"
organization: test
ovmethod: tradindexed
hismethod: hisv6
pathhost: {NAME}
domain: lab.test
fromhost: {NAME}
pathnews: {top}/usr/lib/news
pathbin: {top}/usr/lib/news/bin
pathdb: {place.folder}/db
pathetc: {place.folder}
pathrun: {place.folder}/run
pathlog: {place.folder}/log
pathspool: {place.folder}/spool
pathtmp: {place.folder}/tmp
runasuser: {me}
runasgroup: {group}
allownewnews: false
{tls}tlskeyfile: {place.key}
""")
    place.write("readers.conf", 'auth a {\n  hosts: "*"\n  default: "<u>"\n}\naccess a {\n  users: "*"\n  newsgroups: "*"\n}\n')
    place.write("storage.conf", "method tradspool {\n  newsgroups: *\n  class: 0\n}\n")
    place.write("db/active", "")
    place.write("db/newsgroups", "")
    place.key.chmod(0o600)
    own(place, user)
    programs = top / "usr/lib/news/bin"
    libraries = [top / "usr/lib/news", *top.glob("usr/lib/*-linux-gnu")]
    return Recipe([programs / "nnrpd", "-D", "-f", "-4", HOST, "-p", place.ports["nntp"], "-c", place.folder / "readers.conf"],
                  before=[[programs / "overchan"]],  # makes the empty index of articles
                  env={"INNCONF": str(config), "LD_LIBRARY_PATH": os.pathsep.join(map(str, libraries))})


def inspircd(place):
    program = find("inspircd")
    modules = '<module name="cap">\n<module name="ssl_gnutls">\n<module name="starttls">\n' if place.tls else '<module name="cap">\n'
    profile = f'<sslprofile name="x" provider="gnutls" certfile="{place.certificate}" keyfile="{place.key}">\n' if place.tls else ""
    config = place.write("inspircd.conf", f"""
<server name="{NAME}" description="test" network="Test">
<admin name="a" nick="a" email="a@lab.test">
<bind address="{HOST}" port="{place.ports["irc"]}" type="clients">
{modules}{profile}<connect allow="*" timeout="10" resolvehostnames="no">
<options starttlsprofile="x">
<starttls sslprofile="x">
<pid file="{place.folder}/pid">
<log method="file" type="*" level="default" target="{place.folder}/log">
<path configdir="{place.folder}" datadir="{place.folder}" logdir="{place.folder}" runtimedir="{place.folder}">
""")
    user = lower_user("irc", "nobody")
    own(place, user)
    return Recipe([program, "--nofork", "--config", config], user=user)


def xrdp(place):
    program = find("xrdp")
    config = place.write("xrdp.ini", f"""[Globals]
ini_version=1
fork=true
port=tcp://{HOST}:{place.ports["rdp"]}
security_layer={"tls" if place.tls else "rdp"}
certificate={place.certificate}
key_file={place.key}
ssl_protocols=TLSv1.2, TLSv1.3
[Logging]
LogFile={place.folder}/log
LogLevel=INFO
EnableSyslog=false
""")
    return Recipe([program, "--nodaemon", "--config", config])


# ---- all of them ----

SERVERS = {
    "Postfix": (postfix, ["smtp", "smtps"]),
    "Dovecot": (dovecot, ["imap", "imaps", "pop3", "pop3s", "lmtp", "sieve"]),
    "OpenLDAP": (slapd, ["ldap", "ldaps"]),
    "PostgreSQL": (postgresql, ["postgres"]),
    "MariaDB": (mariadb, ["mysql"]),
    "vsftpd": (vsftpd, ["ftp"]),
    "vsftpd, implicit": (vsftpd, ["ftps"]),
    "Prosody": (prosody, ["xmpp", "xmpp-server"]),
    "INN": (inn, ["nntp"]),
    "InspIRCd": (inspircd, ["irc"]),
    "xrdp": (xrdp, ["rdp"]),
}
IMPLICIT = {"smtps", "imaps", "pop3s", "ldaps", "ftps"}
STARTTLS = {scheme for _, schemes in SERVERS.values() for scheme in schemes} - IMPLICIT
UNPACKED = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "certwhy-servers"


class Farm:
    """Every server (or `only` those) once per kind of chain, started at the same time. ports[server, kind] is {scheme: port}, or
    missing[server] says why there is none."""

    def __init__(self, folder, kinds, only=SERVERS):
        self.processes, self.missing, self.broken, self.places = [], {}, {}, {}
        folder.chmod(0o755)  # servers that are not root must get there
        wanted = [(server, kind) for server in SERVERS if server in only for kind in kinds if kinds[kind] or has_starttls(server)]
        with ThreadPoolExecutor(8) as pool:
            recipes = list(pool.map(lambda one: self.prepare(folder, *one, kinds[one[1]]), wanted))
        for one, recipe in zip(wanted, recipes):
            if recipe:
                self.start(one, recipe)
        for one in list(self.places):
            self.await_ready(one)

    def prepare(self, folder, server, kind, material):
        """Runs in a thread: the configuration, and what must be done once before the server starts."""
        write, schemes = SERVERS[server]
        place = Place(folder / f"{server}-{kind}".replace(", ", "-").lower(), schemes, bool(material), *(material or (b"", b"")))
        try:
            recipe = write(place)
            for command in recipe.before:
                done = subprocess.run([*as_user(recipe.user), *map(str, command)], stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=place.folder,
                                      env={**os.environ, **recipe.env})
                if done.returncode:
                    raise Missing(f"{command[0]} fails: {done.stdout.decode(errors='replace')[-300:]}")
        except Missing as why:
            self.missing[server] = str(why)
            return None
        self.places[server, kind] = place
        return recipe

    def start(self, one, recipe):
        """Of the main thread, with which the server ends, whatever happens to the tests."""
        place = self.places[one]
        with (place.folder / "output").open("wb") as output:
            place.process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", *as_user(recipe.user)[1:], *map(str, recipe.command)], stdout=output,
                                             stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=place.folder, start_new_session=True,
                                             env={**os.environ, **recipe.env})
        self.processes.append(place.process)

    def await_ready(self, one):
        place = self.places[one]
        until = time.monotonic() + READY_SECONDS
        waiting = set(place.ports.values())
        while waiting and place.process.poll() is None and time.monotonic() < until:
            for port in list(waiting):
                with contextlib.suppress(OSError), socket.create_connection((HOST, port), 1):
                    waiting.discard(port)
            time.sleep(0.02)
        if waiting:
            self.broken[one] = f"does not answer: {(place.folder / 'output').read_text(errors='replace')[-800:]}"

    def stop(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def has_starttls(server):
    return any(scheme in STARTTLS for scheme in SERVERS[server][1])


def as_user(user):
    """The beginning of a command that runs as somebody else."""
    return ["setpriv", f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}", "--clear-groups"] if user else ["env"]


def material(kind):
    """(certificates, key), in PEM, of a server that is "healthy", "incomplete" (without its intermediate) or "expired"."""
    middle = pki.certificate("Servers Intermediate", "Servers Root", ca=True)
    names = x509.SubjectAlternativeName([x509.DNSName(NAME), x509.IPAddress(ipaddress.ip_address(HOST))])
    leaf = pki.certificate(NAME, "Servers Intermediate", days=-0.5 if kind == "expired" else 90,
                           extensions=[names, x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])])
    key = pki.key(NAME).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pki.pem(leaf, *([] if kind == "incomplete" else [middle])), key


def root():
    return pki.pem(pki.certificate("Servers Root", "Servers Root", ca=True, days=900))
