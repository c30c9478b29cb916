# SPDX-License-Identifier: Apache-2.0
"""Real servers' and clients' libraries read what certwhy wrote: folders with chain.pem, key.pem, ca.pem
and name go in, a verdict per folder comes out ("ok" or their words)."""
import shutil
import ssl
import subprocess
import tempfile
from pathlib import Path

DRIVERS = Path(__file__).resolve().parent / "drivers"


def batch(command, folders, **options):
    done = subprocess.run(command, input="".join(f"{folder}\n" for folder in folders), text=True,
                          capture_output=True, timeout=600, check=False, **options)
    lines = done.stdout.splitlines()
    assert len(lines) == len(folders), f"{command}: {done.stderr[-2000:]}"
    return lines


def go(folders):
    with tempfile.TemporaryDirectory() as place:
        return batch(["go", "run", DRIVERS / "load.go"], folders, cwd=place)


def java(folders):
    return batch(["java", DRIVERS / "Load.java"], folders)


def first_line(done):
    return "ok" if done.returncode == 0 else ((done.stderr + done.stdout).strip() or "failed").splitlines()[0]


def openssl(folders):
    return [first_line(subprocess.run(
        ["openssl", "verify", "-purpose", "sslserver", "-verify_hostname", (folder / "name").read_text().strip(),
         "-CAfile", folder / "ca.pem", "-no-CApath", "-no-CAstore", "-untrusted", folder / "chain.pem",
         folder / "chain.pem"], capture_output=True, text=True, check=False)) for folder in folders]


def gnutls(folders):
    return [first_line(subprocess.run(
        ["certtool", "--verify", "--verify-hostname", (folder / "name").read_text().strip(),
         "--load-ca-certificate", folder / "ca.pem", "--infile", folder / "chain.pem"],
        capture_output=True, text=True, check=False)) for folder in folders]


def python(folders):
    def load(folder):
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(folder / "chain.pem", folder / "key.pem")
        except (ssl.SSLError, OSError) as error:
            return str(error)
        return "ok"
    return [load(folder) for folder in folders]


def node(folders):
    script = ("const fs = require('fs'), tls = require('tls');"
              "for (const d of fs.readFileSync(0, 'utf8').split('\\n').filter(Boolean)) try {"
              "tls.createSecureContext({cert: fs.readFileSync(d + '/chain.pem'), key: fs.readFileSync(d + '/key.pem')});"
              "console.log('ok') } catch (e) { console.log(e.message) }")
    return batch(["node", "-e", script], folders)


def nginx(folders):
    """One configuration with a server for each: nginx loads all or names the one that it cannot."""
    with tempfile.TemporaryDirectory() as place:
        servers = "\n".join(f"server {{ listen 127.0.0.1:1 ssl; server_name s{i}; ssl_certificate {folder}/chain.pem; "
                            f"ssl_certificate_key {folder}/key.pem; }}" for i, folder in enumerate(folders))
        config = Path(place) / "nginx.conf"
        config.write_text(f"pid {place}/pid; error_log stderr; events {{}} http {{ access_log off; "
                          f"server_names_hash_max_size 65536; client_body_temp_path {place}/b; "
                          f"proxy_temp_path {place}/p; fastcgi_temp_path {place}/f; uwsgi_temp_path {place}/u; "
                          f"scgi_temp_path {place}/s;\n{servers} }}")
        done = subprocess.run([nginx_path(), "-t", "-p", place, "-c", config], capture_output=True, text=True,
                              check=False)
        words = [line for line in done.stderr.splitlines() if "emerg" in line]
        return ["ok" if done.returncode == 0 or not words else words[0]] * len(folders)


def nginx_path():
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


READERS = {"go": (go, shutil.which("go")), "java": (java, shutil.which("java")),
           "openssl": (openssl, shutil.which("openssl")), "gnutls": (gnutls, shutil.which("certtool")),
           "python": (python, True), "node": (node, shutil.which("node")), "nginx": (nginx, nginx_path())}


def folder(place, chain, key, ca, name):
    """A folder as the readers want it; `chain` is a path or bytes."""
    place.mkdir(parents=True, exist_ok=True)
    (place / "chain.pem").write_bytes(chain if isinstance(chain, bytes) else chain.read_bytes())
    (place / "key.pem").write_bytes(key)
    (place / "ca.pem").write_bytes(ca)
    (place / "name").write_text(name)
    return place
