# SPDX-License-Identifier: Apache-2.0
"""certwhy explain MESSAGE: what clients say, as it stands in logs, and what it can mean."""
import html.parser
import json
import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

from conftest import run_program

TOP = Path(__file__).resolve().parent.parent.parent
SHARED = TOP.parent / "shared" / "research" / "client-errors.tsv"
VALUES = {"h": "www.example.org", "ip": "192.0.2.7", "p": "8443", "n": "997", "port": "8443", "cn": "old.example.org",
          "f": "/etc/ssl/own.pem", "path": "/etc/ssl/own.pem", "u": "/simple/x/", "url": "https://www.example.org/x/",
          "a": "example.org", "b": "mail.example.org", "t": "2026-11-21T12:00:00Z", "t2": "2026-10-01T00:00:00Z",
          "dn": "CN=Some CA,O=Example", "v": "3.0.22", "reg": "registry.example.org", "alg": "SHA1withRSA",
          "mx": "mx.example.org", "vhost": "www.example.org", "name": "www.example.org", "k": "/etc/ssl/own.key",
          "key": "/etc/ssl/own.key", "c": "/etc/ssl/own.pem", "list": "192.0.2.1", "x": "serverAuth", "y": "clientAuth",
          "d": "serverAuth", "s": "web1", "f|none": "none", "..": "4A2B", "reason": "certificate has expired",
          "openssl reason": "certificate has expired", "issuer dn": "CN=Some CA"}


def causes():
    rows = [line.split("\t") for line in (TOP / "data" / "causes.tsv").read_text().splitlines() if line[0] != "#"]
    return {code: rules.split() for code, rules in rows}


def errors():
    """(id, client, one of its wordings, codes of its causes) of the research table."""
    if not SHARED.exists():
        return []
    rows = []
    for line in SHARED.read_text().splitlines()[1:]:
        ident, client, verbatim, _, _, codes, *_ = line.split("\t")
        known = [code for code in re.findall(r"\b[A-Z]{2}\b", codes) if code in causes()]
        for wording in re.split(r"\s{2,}\|\s{2,}", re.sub(r"\(<=1\.1\.1[^)]*\)", "", verbatim)):
            text = re.sub(r"<([^<>]+)>", lambda m: VALUES.get(m[1], m[1]), wording.strip())
            rows.append((ident, client, text, known))
    return rows


def explained(certwhy, text):
    return certwhy("explain", "-", "--json", input=text.encode()).json["matches"]


def rules_of(matches):
    return {cause["rule"] for match in matches for cause in match["causes"]}


needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="../shared is not there")


@needs_shared
@pytest.mark.parametrize("ident, client, text, codes", errors())
def test_every_known_error_is_explained(certwhy, ident, client, text, codes):
    matches = explained(certwhy, text)
    assert matches or not codes, f"{ident}: nothing is recognised in {text!r}"
    words = set(re.findall(r"[a-z]+", client.lower()))
    if codes:
        named = [m for m in matches if words & set(re.findall(r"[a-z]+", m["client"].lower()))]
        assert named, f"{ident}: {client} is not among {[m['client'] for m in matches]}"
    table = causes()
    missing = [code for code in codes if not set(table[code]) & rules_of(matches)]
    assert not missing, f"{ident}: {missing} are no causes of {text!r}: {sorted(rules_of(matches))}"


# ---- the same text as logs show it ----

def wrapped_at(text, columns):
    return "\n".join(text[i:i + columns] for i in range(0, len(text), columns))


DISGUISES = {
    "wrapped": lambda text: wrapped_at(text, 37),
    "boxed": lambda text: "\n".join("│ " + line + " │" for line in wrapped_at(text, 50).split("\n")),
    "json": lambda text: json.dumps({"level": "error", "msg": f"upstream: {text}"}),
    "json-in-json": lambda text: json.dumps({"log": json.dumps({"err": text}) + "\n"}),
    "coloured": lambda text: " ".join(f"\x1b[31m{word}\x1b[0m" for word in text.split(" ")),
    "html": lambda text: text.replace("&", "&amp;").replace('"', "&quot;").replace("'", "&#39;").replace("<", "&lt;"),
    "dashes": lambda text: text.replace("-", "\u2010").replace("'", "\u2019"),
    "syslog": lambda text: f"Nov 21 12:00:00 web1 app[4711]: {text}",
}


@needs_shared
@pytest.mark.parametrize("name", DISGUISES)
def test_disguised_messages_are_recognised(certwhy, name):
    lost = []
    for ident, _, text, codes in errors():
        if not codes or text.startswith("-"):
            continue
        rules = rules_of(explained(certwhy, DISGUISES[name](text)))
        if not all(set(causes()[code]) & rules for code in codes):
            lost.append((ident, text))
    assert len(lost) <= len(errors()) // 100, lost


# ---- ordinary logs are left alone ----

def output_of(*command):
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=60, env={**os.environ, "LC_ALL": "C"})
    return (done.stdout + done.stderr).splitlines()


def web_server_log(tmp_path):
    """What a real server logs of a hundred requests, good and bad."""
    script = ("import http.server, threading, urllib.request, urllib.error\n"
              "s = http.server.ThreadingHTTPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler)\n"
              "threading.Thread(target=s.serve_forever, daemon=True).start()\n"
              "for i in range(100):\n"
              "    try: urllib.request.urlopen(f'http://127.0.0.1:{s.server_port}/{\"\" if i % 2 else i}').read()\n"
              "    except urllib.error.HTTPError as e: e.close()\n")
    return subprocess.run(["/usr/bin/python3", "-c", script], capture_output=True, text=True, cwd=tmp_path,
                          timeout=60).stderr.splitlines()


def build_log(tmp_path):
    source = tmp_path / "x.c"
    source.write_text("".join(f"int f{i}(int a) {{ int unused{i}; char b = {i} * 1000; return b; }}\n" for i in range(40)))
    return output_of("gcc", "-v", "-Wall", "-Wextra", "-c", str(source), "-o", str(tmp_path / "x.o"))


TRACEBACKS = ("import json; json.loads('{')", "open('/nonexistent')", "{}['x']", "import socket; socket.create_connection(('127.0.0.1', 1))",
              "import urllib.request as u; u.urlopen('http://127.0.0.1:1/')", "import xml.dom.minidom as m; m.parseString('<a>')",
              "import sqlite3; sqlite3.connect(':memory:').execute('x')", "import subprocess; subprocess.run(['false'], check=True)")


def tracebacks():
    return [line for code in TRACEBACKS for line in output_of("/usr/bin/python3", "-c", code)]


def unit_files():
    units = sorted(Path("/usr/lib/systemd").rglob("*.service"))[:40]
    return [line for unit in units if unit.is_file() for line in unit.read_text(errors="replace").splitlines()]


def nginx_logs(tmp_path):
    """Access and error log of a real nginx: served, not found, forbidden, an upstream that is not there."""
    if not Path("/usr/sbin/nginx").exists():
        return []
    root = tmp_path / "nginx"
    (root / "www" / "shut").mkdir(parents=True)
    (root / "www" / "index.html").write_text("here\n")
    port = socket.socket()
    port.bind(("127.0.0.1", 0))
    number = port.getsockname()[1]
    port.close()
    temporary = "".join(f"{kind}_temp_path {root}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (root / "conf").write_text(
        f"daemon off; pid {root}/pid; error_log {root}/error.log info; events {{}}\n"
        f"http {{ access_log {root}/access.log combined; {temporary}\n"
        f"server {{ listen 127.0.0.1:{number}; root {root}/www; location /up {{ proxy_pass http://127.0.0.1:1; }} }} }}\n")
    with subprocess.Popen(["/usr/sbin/nginx", "-c", root / "conf", "-e", root / "error.log"], stderr=subprocess.DEVNULL) as server:
        try:
            urls = [f"http://127.0.0.1:{number}{path}" for path in ("/", "/none", "/shut/", "/up", "/a%20b?x=1")]
            curl = ["curl", "-s", "-o", "/dev/null", "--noproxy", "*", "--retry", "20", "--retry-delay", "1", "--retry-connrefused"]
            subprocess.run([*curl, urls[0]], timeout=60, check=True)
            for url in urls * 10:
                subprocess.run(["curl", "-s", "-o", "/dev/null", "--noproxy", "*", url], timeout=60, check=False)
        finally:
            server.terminate()
    return (root / "access.log").read_text().splitlines() + (root / "error.log").read_text().splitlines()


@pytest.mark.parametrize("source", [lambda _: tracebacks(), lambda _: unit_files(), nginx_logs, build_log,
                                    lambda _: output_of("ls", "-lR", "/etc", "/usr/share/doc")[:20000],
                                    lambda _: output_of("dpkg", "-l")],
                         ids=["tracebacks", "units", "nginx", "build", "ls", "dpkg"])
def test_what_programs_print_is_left_alone(certwhy, tmp_path, source):
    lines = source(tmp_path)
    if not lines:
        pytest.skip("not installed")
    matches = explained(certwhy, "\n".join(lines))
    assert matches == [], [(match["client"], match["message"], match["line"]) for match in matches]


def test_ordinary_logs_are_left_alone(certwhy, tmp_path):
    lines = web_server_log(tmp_path) + build_log(tmp_path)
    lines += output_of("dpkg", "-l")[:200] + output_of("git", "--help") + output_of("curl", "--help")
    lines += output_of("ls", "-l", "/etc", "/usr/lib/ssl", "/etc/ssl") + output_of("df") + output_of("ps", "-e")
    assert len(lines) >= 500
    matches = explained(certwhy, "\n".join(lines))
    assert matches == [], [(match["client"], match["message"]) for match in matches]


# ---- which of several ----

def test_the_deepest_cause_comes_first(certwhy):
    log = ("Exception in thread main org.example.AppException: cannot start\n"
           "\tat org.example.Main(Main.java:12)\n"
           "Caused by: javax.net.ssl.SSLHandshakeException: PKIX path validation failed: "
           "java.security.cert.CertPathValidatorException: validity check failed\n"
           "\tat sun.security.ssl.Alert(Alert.java:131)\n"
           "Caused by: java.security.cert.CertificateExpiredException: NotAfter: Sat Nov 01 00:00:00 UTC 2025\n")
    first = explained(certwhy, log)[0]
    assert first["causes"][0]["rule"] == "validity.expired" and first["line"] == 5, first


@pytest.mark.parametrize("log, client", [
    ("curl: (60) SSL certificate problem: certificate has expired", "curl"),
    ("requests.exceptions.SSLError: HTTPSConnectionPool(host='x.example', port=443): Max retries exceeded with url: / "
     "(Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
     "certificate has expired (_ssl.c:997)')))", "Python requests"),
    ("SSL_connect returned=1 errno=0 peeraddr=192.0.2.1:443 state=error: certificate verify failed (certificate has expired)",
     "Ruby"),
    ("httpx.ConnectError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:997)\n\n"
     "The above exception was the direct cause of the following exception:\n\n"
     "openai.APIConnectionError: Connection error.", "OpenAI SDK (Python, Node)"),
    ("[cause]: Error: certificate has expired\n  code: 'CERT_HAS_EXPIRED'", "Node.js"),
])
def test_who_speaks(certwhy, log, client):
    first = explained(certwhy, log)[0]
    assert first["client"] == client and "validity.expired" in rules_of([first]), first


def test_the_server_is_named(certwhy):
    for text, line in [
        ("HTTPSConnectionPool(host='x.example.org', port=8443): Max retries exceeded with url: / (Caused by "
         "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate "
         "has expired (_ssl.c:997)')))", "certwhy check x.example.org:8443 --client requests"),
        ('Get "https://reg.example.org/v2/": x509: certificate signed by unknown authority',
         "certwhy check reg.example.org --client go"),
        ("curl: (60) SSL: no alternative certificate subject name matches target host name 'www.example.org'",
         "certwhy check www.example.org --client curl"),
    ]:
        assert explained(certwhy, text)[0]["check"] == line


def test_hostile_text_is_harmless(certwhy):
    run = certwhy("explain", "-", input=b"\x1b]0;x\x07 x509: certificate is valid for \x1b[2J\xe2\x80\xae, not a.example\n" * 500)
    assert run.status == 0 and b"\x1b" not in run.out and "\u202e" not in run.out.decode()
    assert certwhy("explain", "-", "--json", input=bytes(range(256)) * 400).status == 1


class Tags(html.parser.HTMLParser):
    """Every tag that opens is closed, in order."""
    EMPTY = {"meta"}

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.words = [], [], []

    def handle_starttag(self, tag, attributes):
        if tag not in self.EMPTY:
            self.open.append(tag)
        self.ids += [value for name, value in attributes if name == "id"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, self.getpos()

    def handle_data(self, data):
        self.words += data.split()


def words_of(text):
    return re.sub(r"[`]", "", text).split()


def test_rules_as_html():
    """All pages, well formed, with every word that the page for a terminal has."""
    run = run_program("explain", "--format", "html")
    assert run.status == 0, run
    rules = run_program("explain", "--json").json["rules"]
    page = Tags()
    page.feed(run.text)
    assert page.open == [] and page.ids == [rule["rule"] for rule in rules]
    text = "".join(page.words)
    for rule in rules:
        for section in ("wrong", "why", "fix", "not_do", "risks"):
            plain = re.sub(r"^- ", "", rule[section], flags=re.M)
            assert "".join(words_of(plain)) in text, (rule["rule"], section)


def test_rules_as_a_manual(tmp_path):
    run = run_program("explain", "chain", "--format", "man")
    assert run.status == 0, run
    assert run.text.startswith(".TH certwhy\\-rules 7")
    assert ".SH chain.missing\\-intermediate\n" in run.text and "validity.expired" not in run.text
    assert not re.search(r"^'", run.text, re.M)
    one = run_program("explain", "validity.expired", "--format", "man")
    assert one.text.count(".SH") == 2  # NAME and the rule


def test_documents_are_of_rules_alone():
    run = run_program("explain", "unable to get local issuer certificate", "--format", "html")
    assert run.status == 2 and b"is for rules" in run.err and run.out == b"", run
    run = run_program("explain", "validity.expired", "--format", "pdf")
    assert run.status == 2 and b"text, json, html or man" in run.err, run
