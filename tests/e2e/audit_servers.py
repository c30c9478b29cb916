# SPDX-License-Identifier: Apache-2.0
"""Differently configured TLS servers (nginx, OpenSSL, GnuTLS, Node), and what sslscan, nmap and testssl.sh find
of them, in the words of `certwhy audit --json`."""
import contextlib
import csv
import fnmatch
import json
import os
import platform
import shutil
import socket
import subprocess
import tempfile
import time
import xml.etree.ElementTree as ET
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "certwhy-clients"
INTERMEDIATE = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:" \
               "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:" \
               "DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384"
OLD = INTERMEDIATE + ":ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES256-SHA:AES128-GCM-SHA256:AES128-SHA:AES256-SHA:DES-CBC3-SHA"


def keys_make(folder):
    """rsa, ec and weak: self-signed certificates; dh1024: the prime of RFC 2409's second group."""
    for name, algorithm in (("rsa", ["rsa:2048"]), ("ec", ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]), ("weak", ["rsa:1024"])):
        subprocess.run(["openssl", "req", "-x509", "-newkey", *algorithm, "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.pem",
                        "-subj", "/CN=audit.test", "-addext", "subjectAltName=DNS:audit.test,IP:127.0.0.1", "-days", "30"],
                       cwd=folder, check=True, capture_output=True)
    (folder / "dh1024.pem").write_text("""-----BEGIN DH PARAMETERS-----
MIGHAoGBAP//////////yQ/aoiFowjTExmKLgNwc0SkCTgiKZ8x0Agu+pjsTmyJR
Sgh5jjQE3e+VGbPNOkMbMCsKbfJfFDdP4TVtbVHCReSFtXZiXn7G9ExC6aY37WsL
/1y29Aa37e44a/taiZ+lrp8kEXxLH+ZJKGZR7OZTgf//////////AgEC
-----END DH PARAMETERS-----
""")
    return folder


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@contextlib.contextmanager
def running(command, port, cwd, env=None):
    server = subprocess.Popen(command, cwd=cwd, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.PIPE)
    try:
        end = time.monotonic() + 20
        while not listens(port):
            assert server.poll() is None and time.monotonic() < end, f"does not start: {command}"
            time.sleep(0.02)
        yield port
    finally:
        server.terminate()
        try:
            server.wait(5)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def openssl(*options, certificate="rsa"):
    def start(keys):
        port = free_port()
        cert = ["-cert", f"{certificate}.pem", "-key", f"{certificate}.key"] if certificate else ["-nocert"]
        return running(["openssl", "s_server", "-quiet", "-accept", f"127.0.0.1:{port}", *cert, "-www", *options], port, keys)
    return start


def gnutls(priority, *options):
    def start(keys):
        port = free_port()
        return running(["gnutls-serv", "--http", "--quiet", "-p", str(port), "--x509certfile", "rsa.pem", "--x509keyfile", "rsa.key",
                        "--priority", priority, *options], port, keys)
    return start


DUAL_GNUTLS = ("--x509certfile", "ec.pem", "--x509keyfile", "ec.key")


def nginx(lines, certificates=("rsa",)):
    @contextlib.contextmanager
    def start(keys):
        port = free_port()
        with tempfile.TemporaryDirectory(prefix="certwhy-nginx-") as scratch:
            pairs = "".join(f"ssl_certificate {keys}/{c}.pem; ssl_certificate_key {keys}/{c}.key;\n" for c in certificates)
            paths = "".join(f"{kind}_temp_path {scratch}/{kind};\n"
                            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
            Path(scratch, "nginx.conf").write_text(
                f"daemon off; master_process off; pid {scratch}/pid; error_log {scratch}/error.log;\n"
                "events { worker_connections 512; }\n"
                f"http {{ access_log off; {paths}server {{ listen 127.0.0.1:{port} ssl http2;\n{pairs}{lines.replace('KEYS', str(keys))}\nreturn 200 ok; }} }}\n")
            with running(["/usr/sbin/nginx", "-p", scratch, "-c", "nginx.conf", "-e", f"{scratch}/error.log"], port, scratch):
                yield port
    return start


def node_program(version):
    cpu = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), "none")
    program = CACHE / f"node-{version}" / "node_modules" / f"node-linux-{cpu}" / "bin" / "node"
    return program if program.exists() else None


def node(version, options="{}"):
    def start(keys):
        port = free_port()
        script = "const fs=require('fs');require('https').createServer({...%s,cert:fs.readFileSync('rsa.pem')," \
                 "key:fs.readFileSync('rsa.key')},(q,r)=>r.end('ok')).listen(%d,'127.0.0.1')" % (options, port)
        return running([node_program(version), "-e", script], port, keys)
    return start


# Ten that differ in what they speak, how they choose and what they show; all from Debian.
SERVERS = {
    "nginx-modern": nginx("ssl_protocols TLSv1.3;", ("ec",)),
    "nginx-intermediate": nginx(
        f"ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers {INTERMEDIATE}; ssl_prefer_server_ciphers off; ssl_session_tickets off;\n"
        "add_header Strict-Transport-Security \"max-age=63072000; includeSubDomains; preload\" always;", ("rsa", "ec")),
    "nginx-old": nginx(f"ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; ssl_ciphers {OLD}:@SECLEVEL=0; ssl_dhparam KEYS/dh1024.pem;\n"
                       "ssl_prefer_server_ciphers on;"),
    "openssl-everything": openssl("-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0", "-dcert", "ec.pem", "-dkey", "ec.key"),
    "openssl-dh": openssl("-no_tls1_3", "-dhparam", "dh1024.pem", "-serverpref", "-cipher",
                          "DHE-RSA-AES256-CCM8:DHE-RSA-CAMELLIA256-SHA:DHE-RSA-ARIA128-GCM-SHA256:DHE-RSA-AES128-SHA:@SECLEVEL=0"),
    "openssl-anonymous": openssl("-tls1_2", "-cipher", "aNULL:eNULL:@SECLEVEL=0"),
    "openssl-chacha": openssl("-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_SHA256", "-curves",
                              "P-384:X448", "-serverpref", certificate="ec"),
    "gnutls-normal": gnutls("NORMAL", *DUAL_GNUTLS),
    "gnutls-legacy": gnutls("NORMAL:+VERS-ALL:+ARCFOUR-128:+3DES-CBC:+CAMELLIA-128-CBC:+RSA:+DHE-RSA:+SHA1:+SIGN-RSA-SHA1:"
                            "%SERVER_PRECEDENCE"),
    "gnutls-rsa": gnutls("NONE:+VERS-TLS1.2:+VERS-TLS1.1:+RSA:+AES-128-CBC:+AES-256-GCM:+AES-128-CCM:+SHA1:+SHA256:+AEAD:+SIGN-ALL:"
                         "+COMP-NULL"),
}


# ---- what each tool finds: {field: {items}} ----

def ours(target):
    """Of one target of `certwhy audit --json`."""
    found = {"versions": {v["version"] for v in target["versions"] if v["accepted"]}, "suites": set(), "groups": set(),
             "preference": set()}
    for v in target["versions"]:
        found["suites"] |= {f"{v['version']} {suite['name']}" for suite in v["suites"]}
        found["groups"] |= {f"{v['version']} {group['name']}" for group in v.get("groups", {"items": []})["items"]}
        if len(v["suites"]) > 1 and v["preference"] != "unknown":
            found["preference"].add(f"{v['version']} {v['preference']}")
    found["dh"] = {f"{v['version']} {suite['name']} {suite['dh_bits']}"
                   for v in target["versions"] for suite in v["suites"] if suite["dh_bits"]}
    for key in ("fallback_scsv", "compression", "secure_renegotiation", "ocsp_stapling", "heartbeat", "session_tickets"):
        found[key] = {target[key]}
    found["all groups"] = {entry.split()[1] for entry in found["groups"]}
    found["keys"] = {certificate["key"] for certificate in target["certificates"]}
    found["alpn"] = set(target["alpn"])
    found["hsts"] = {str(target["http"]["hsts"]["max_age"])} if target["http"] and target["http"]["hsts"] else set()
    found["schemes"] = set(target["signature_schemes"]["items"])
    found["names"] = {suite["openssl"]: suite["name"] for v in target["versions"] for suite in v["suites"]}
    return found


def yes(flag):
    return {"yes" if flag == "1" else "no"}


GROUP_NAMES = {"NIST P-256": "secp256r1", "NIST P-384": "secp384r1", "NIST P-521": "secp521r1", "secp256r1 (NIST P-256)": "secp256r1",
               "secp384r1 (NIST P-384)": "secp384r1", "secp521r1 (NIST P-521)": "secp521r1"}


def sslscan(port, names):
    done = subprocess.run(["sslscan", "--no-colour", "--no-heartbleed", "--xml=-", f"127.0.0.1:{port}"], capture_output=True, text=True,
                          timeout=180)
    root = ET.fromstring(done.stdout[done.stdout.index("<?xml"):])
    suites = [(c.get("sslversion"), names.get(c.get("cipher"), c.get("cipher")), c) for c in root.iter("cipher")]
    found = {"versions": {f"TLSv{p.get('version')}" if p.get("type") == "tls" else f"SSLv{p.get('version')}"
                          for p in root.iter("protocol") if p.get("enabled") == "1"},
             "suites": {f"{version} {suite}" for version, suite, _ in suites},
             "dh": {f"{version} {suite} {c.get('dhebits')}" for version, suite, c in suites if c.get("dhebits") and not c.get("curve")},
             "groups": {f"{g.get('sslversion')} {GROUP_NAMES.get(g.get('name'), g.get('name'))}" for g in root.iter("group")}}
    for key, element, attribute in (("fallback_scsv", "fallback", "supported"), ("compression", "compression", "supported"),
                                    ("secure_renegotiation", "renegotiation", "secure")):
        for item in root.iter(element):
            found[key] = yes(item.get(attribute))
    return found


def nmap(port, _names):
    done = subprocess.run(["nmap", "-n", "-Pn", "-p", str(port), "--script", "+ssl-enum-ciphers", "-oX", "-", "127.0.0.1"],
                          capture_output=True, text=True, timeout=180)
    found = {"versions": set(), "suites": set(), "preference": set()}
    for version in ET.fromstring(done.stdout).findall(".//script[@id='ssl-enum-ciphers']/table"):
        name = version.get("key")
        found["versions"].add(name)
        ciphers = version.findall("./table[@key='ciphers']/table")
        # "TLS_AKE_WITH_…" is nmap's name for suites of TLS 1.3.
        suites = [c.find("./elem[@key='name']").text.replace("TLS_AKE_WITH_", "TLS_") for c in ciphers]
        found["suites"] |= {f"{name} {suite}" for suite in suites}
        preference = version.find("./elem[@key='cipher preference']")
        if len(ciphers) > 1 and preference is not None and preference.text in ("server", "client"):
            found["preference"].add(f"{name} {preference.text}")
        compressors = version.findall("./table[@key='compressors']/elem")
        found["compression"] = {"yes" if any(c.text == "DEFLATE" for c in compressors) else "no"}
    return found


def testssl(port, names):
    """Its full run takes minutes."""
    with tempfile.TemporaryDirectory(prefix="certwhy-testssl-") as folder:
        report = Path(folder) / "report.json"
        subprocess.run(["testssl", "--quiet", "--color", "0", "--warnings", "off", "-p", "-E", "-s", "-f", "-P", "-S", "-h", "-R", "-C", "-Z",
                        "--jsonfile", report, f"127.0.0.1:{port}"], stdin=subprocess.DEVNULL, capture_output=True, timeout=1800)
        rows = {row["id"]: row["finding"] for row in json.loads(report.read_text())}
    return testssl_read(rows, names)


def testssl_read(rows, names):
    versions = {"SSLv2": "SSLv2", "SSLv3": "SSLv3", "TLS1": "TLSv1.0", "TLS1_1": "TLSv1.1", "TLS1_2": "TLSv1.2", "TLS1_3": "TLSv1.3"}
    found = {"versions": {name for key, name in versions.items() if rows.get(key, "").startswith("offered")}, "suites": set()}
    for key, finding in rows.items():
        if key.startswith("cipher-tls") or key.startswith("cipher-ssl"):
            version = versions[{"tls1": "TLS1", "tls1_1": "TLS1_1", "tls1_2": "TLS1_2", "tls1_3": "TLS1_3", "ssl3": "SSLv3",
                                "ssl2": "SSLv2"}[key.split("-")[1].rsplit("_", 1)[0]]]
            found["suites"].add(f"{version} {finding.split()[-1]}")
    if "ALPN" in rows:
        found["alpn"] = {word for key in ("ALPN", "ALPN_HTTP2") for word in rows.get(key, "").replace(",", " ").split()
                         if word in ("h2", "http/1.1")}
    curves = {"prime256v1": "secp256r1", "X25519": "x25519", "X448": "x448"}
    found["all groups"] = {curves.get(name, name) for key in ("PFS_ECDHE_curves", "DH_groups") for name in rows.get(key, "").split()
                           if name in curves or name.startswith(("ffdhe", "sec", "brainpool", "X25519MLKEM", "Sec"))}
    if "HSTS_time" in rows:
        found["hsts"] = {rows["HSTS_time"].split("(=")[1].split(" ")[0]}
    elif "HSTS" in rows:
        found["hsts"] = set()
    # Each has one word for yes; what is neither yes nor no says why it was not asked.
    for key, row, words in (("fallback_scsv", "fallback_SCSV", {"supported": "yes", "not supported": "no"}),
                            ("compression", "CRIME_TLS", {"not vulnerable": "no", "VULNERABLE": "yes"}),
                            ("secure_renegotiation", "secure_renego", {"supported": "yes", "not supported": "no"})):
        for word, answer in words.items():
            if rows.get(row, "").startswith(word):
                found[key] = {answer}
    if "TLS_session_ticket" in rows:
        found["session_tickets"] = {"no" if rows["TLS_session_ticket"].startswith("no") else "yes"}
    stapling = {finding for key, finding in rows.items() if key.startswith("OCSP_stapling")}
    if stapling:
        found["ocsp_stapling"] = {"no" if stapling == {"not offered"} else "yes"}
    sizes = [finding.split() for key, finding in rows.items() if key.startswith("cert_keySize")]
    found["keys"] = {f"{kind} P-{bits}" if kind == "EC" else f"{kind} {bits}" for kind, bits, *_ in sizes}
    return found


# ---- differences ----

def differences(server, tool, our, their):
    """Lines (server, tool, field, "ours" or "theirs", item)."""
    out = []
    for field, items in their.items():
        out += [(server, tool, field, "ours", item) for item in sorted(our[field] - items)]
        out += [(server, tool, field, "theirs", item) for item in sorted(items - our[field])]
    return out


def exceptions():
    with (HERE / "audit_exceptions.tsv").open() as file:
        return [row for row in csv.reader(file, delimiter="\t") if row and not row[0].startswith("#")]


def matches(line, row):
    return all(fnmatch.fnmatchcase(have, want) for have, want in zip(line, row))


def unexplained(found):
    """Differences that no row of audit_exceptions.tsv explains: server, tool, field, who, item (patterns), why."""
    return [line for line in found if not any(matches(line, row) for row in exceptions())]


def installed(*programs):
    return [program for program in programs if not shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin")]
