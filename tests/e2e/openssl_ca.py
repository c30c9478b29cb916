# SPDX-License-Identifier: Apache-2.0
"""A CA of openssl's own making: `openssl ca` issues, revokes and writes CRLs, `openssl ocsp -port`
answers, and Python's web server gives out what lies in the directory."""
import functools
import http.server
import socket
import subprocess
import threading

CONFIG = """
[ca]
default_ca = here
[here]
database = {dir}/index.txt
new_certs_dir = {dir}/new
certificate = {dir}/ca.pem
private_key = {dir}/key.pem
crlnumber = {dir}/crlnumber
rand_serial = yes
unique_subject = no
default_md = sha256
default_days = 90
default_crl_days = 7
policy = any
crl_extensions = crl
[any]
commonName = supplied
[crl]
authorityKeyIdentifier = keyid
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[sub]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
crlDistributionPoints = URI:{web}/{name}.crl
authorityInfoAccess = caIssuers;URI:{web}/{name}.cer
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:www.example.com
authorityKeyIdentifier = keyid
crlDistributionPoints = URI:{web}/{name}.crl
authorityInfoAccess = caIssuers;URI:{web}/{name}.cer
[ocsp]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:www.example.com
authorityKeyIdentifier = keyid
authorityInfoAccess = OCSP;URI:{ocsp},caIssuers;URI:{web}/{name}.cer
[sub_ocsp]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
authorityInfoAccess = OCSP;URI:{ocsp},caIssuers;URI:{web}/{name}.cer
[responder]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = OCSPSigning
noCheck = yes
authorityKeyIdentifier = keyid
"""


def openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, f"openssl {' '.join(map(str, arguments))}\n{done.stdout}{done.stderr}"
    return done.stdout


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Web:
    """Gives out the files of a directory."""

    def __init__(self, directory):
        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Quiet, directory=str(directory)))
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Ca:
    """Ca(directory, "Root"), then Ca(directory, "Issuing", root): one below the other."""

    def __init__(self, top, web, name, parent=None, section="sub"):
        self.top, self.name, self.responder_port = top, name, free_port()
        self.dir = top / name
        self.web = web.url
        (self.dir / "new").mkdir(parents=True)
        (self.dir / "index.txt").touch()
        (self.dir / "crlnumber").write_text("1000\n")
        self.config = self.dir / "ca.cnf"
        self.config.write_text(CONFIG.format(dir=self.dir, web=web.url, name=name,
                                             ocsp=f"http://127.0.0.1:{self.responder_port}"))
        self.certificate, self.key = self.dir / "ca.pem", self.dir / "key.pem"
        if parent:
            parent.issue(name, section, self.certificate, self.key)
        else:
            openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-subj", f"/CN={name}", "-days", "900", "-config", self.config, "-extensions", "root",
                    "-keyout", self.key, "-out", self.certificate)
        self.publish()

    def issue(self, name, section, certificate, key, *arguments):
        request = self.dir / "request.pem"
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                f"/CN={name}", "-keyout", key, "-out", request)
        openssl("ca", "-batch", "-notext", "-config", self.config, "-extensions", section, "-in", request,
                "-out", certificate, *arguments)

    def publish(self):
        """Its certificate, and a CRL of now."""
        openssl("x509", "-in", self.certificate, "-outform", "DER", "-out", self.top / f"{self.name}.cer")
        openssl("ca", "-config", self.config, "-gencrl", "-out", self.dir / "crl.pem")
        openssl("crl", "-in", self.dir / "crl.pem", "-outform", "DER", "-out", self.top / f"{self.name}.crl")

    def revoke(self, certificate, reason):
        openssl("ca", "-config", self.config, "-revoke", certificate, "-crl_reason", reason)
        self.publish()

    def responder_start(self, *arguments):
        """`openssl ocsp` on its port; signs with the CA's key, or with a delegate's that is given."""
        own = [] if "-rsigner" in arguments else ["-rsigner", self.certificate, "-rkey", self.key]
        process = subprocess.Popen(
            ["openssl", "ocsp", "-port", str(self.responder_port), "-index", self.dir / "index.txt",
             "-CA", self.certificate, "-nmin", "60", *own, *arguments], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        # To look whether it listens by connecting would send it into an endless loop.
        assert b"waiting" in process.stderr.readline(), "openssl ocsp does not listen"
        return process

    def response(self, certificate, out):
        """An answer about a certificate in a file, without asking anybody."""
        openssl("ocsp", "-index", self.dir / "index.txt", "-CA", self.certificate, "-rsigner",
                self.certificate, "-rkey", self.key, "-issuer", self.certificate, "-cert", certificate,
                "-no_nonce", "-ndays", "3", "-respout", out, "-noverify")
