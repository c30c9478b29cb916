# SPDX-License-Identifier: Apache-2.0
"""certwhy clients NAME and certwhy explain SERVER: the page of one client, and where servers log."""
import json
import socket
import subprocess
from pathlib import Path

import pytest

from conftest import run_program

TOP = Path(__file__).resolve().parent.parent.parent
FAMILIES = sorted({one["client"].split("@")[0] for one in run_program("clients", "--json").json})
WORDS = sorted(path.stem for path in (TOP / "data" / "messages").glob("*.tsv"))
SERVERS = sorted(path.stem for path in (TOP / "data" / "servers").glob("*.md"))


@pytest.mark.parametrize("name", sorted({*FAMILIES, *WORDS}))
def test_each_client_has_a_page(name):
    names = [one["client"] for one in run_program("clients", "--json").json if one["client"].split("@")[0] == name]
    for one in names or [name]:
        page = run_program("clients", one, "--json").json
        assert page["title"] and len(page["debug"]) > 6, page
        assert page["never"] or name == "alert", page
        assert page["client"] == one or not names, page
        text = run_program("clients", one).text
        assert text.startswith(page["title"] + ": ") and f"\n  Ask it     {page['debug']}\n" in text, text


@pytest.mark.parametrize("name, words", [
    ("curl", ["curl -v", "CURL_CA_BUNDLE", "-k, --insecure", "--for curl", "measured with curl 7.88.1"]),
    ("java", ["-Djavax.net.debug=ssl", "-Djavax.net.ssl.trustStore (JAVA_TOOL_OPTIONS)", "trust add ROOT.pem --for java"]),
    ("node", ["NODE_DEBUG=tls", "NODE_EXTRA_CA_CERTS", "NODE_TLS_REJECT_UNAUTHORIZED"]),
    ("wget", ["GNUTLS_DEBUG_LEVEL", "ca_certificate (.wgetrc)"]),
    ("firefox", ["MOZ_LOG=", "SSLKEYLOGFILE", "--for firefox"]),
    ("chrome", ["chrome://net-export", "--for chrome"]),
    ("python@3.13", ["judged as python@3.13", "SSL_CERT_FILE", "Others     python@3.9"]),
    ("postman", ["from its documentation", "Postman Console"]),
])
def test_the_page_tells_what_to_do(name, words):
    text = run_program("clients", name).text
    for word in words:
        assert word in text, (word, text)


def test_a_stand_in_claims_nothing_of_its_own():
    """What OpenSSL trusts is not what nginx or redis-cli trust; nor were those measured."""
    for name in ("nginx", "redis", "kcat"):
        page = run_program("clients", name, "--json").json
        assert page["trusts"] is None and page["evidence"] == "none" and page["measured_with"] == "", page
    assert "PGSSLROOTCERT" in run_program("clients", "psql").text


def test_unknown_clients_and_near_ones():
    run = run_program("clients", "crul")
    assert run.status == 2 and b"did you mean curl?" in run.err and run.out == b"", run
    assert run_program("clients", "xyzzy-nobody").status == 2
    run = run_program("explain", "curl")
    assert run.status == 1 and b"certwhy clients curl" in run.err, run
    many = run_program("clients", "go", "java").text
    assert many.startswith("Go: ") and "\nJava: " in many


@pytest.mark.parametrize("name", SERVERS)
def test_each_server_has_a_page(name):
    text = run_program("explain", name).text
    sections = ["Where it logs", "What it says when a client rejects", "How to make it say more"]
    assert all(f"\n{section}\n" in text for section in sections), text
    first, second = text.splitlines()[:2]
    assert len(first) <= 120 and len(second) <= 120 and second.endswith("."), text
    page = run_program("explain", name, "--json").json["server"]
    assert page["server"] == name and text.strip() == page["page"].strip()
    assert f"certwhy explain {name}\n" in run_program("explain", "servers").text


def test_servers_by_their_other_names():
    assert run_program("explain", "apache2").text == run_program("explain", "httpd").text == run_program("explain", "apache").text
    assert [one["server"] for one in run_program("explain", "servers", "--json").json["servers"]] == SERVERS


@pytest.mark.parametrize("name", SERVERS)
def test_the_words_on_a_server_page_are_recognised(name):
    """The example of a page, pasted, is an alert or an error that explain knows."""
    page = run_program("explain", name).text
    example = page.split("What it says when a client rejects\n")[1].strip("\n").split("\n\n")[0]
    matches = run_program("explain", "-", "--json", input=example.encode()).json["matches"]
    assert matches and (matches[0]["causes"] or name == "tomcat"), (example, matches)


def test_an_alert_leads_to_the_servers():
    text = run_program("explain", "-", input=b"SSL alert number 48").text
    assert "certwhy explain servers" in text, text


def test_both_stay_lines_that_a_terminal_can_show():
    for name in (*FAMILIES, *WORDS):
        done = run_program("clients", name, "--json")
        assert done.status == 0 and json.loads(done.text)["name"] == name
    assert subprocess.run(["grep", "-rlP", r"\t", TOP / "data" / "servers"], capture_output=True).stdout == b""


@pytest.mark.parametrize("level", ["info", "error"])
def test_nginx_logs_as_its_page_says(tmp_path, level):
    """Whom curl rejects: said at "info" in the words of the page, and at "error" not at all."""
    if not Path("/usr/sbin/nginx").exists():
        pytest.skip("nginx is not installed")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem",
                    "-days", "3", "-subj", "/CN=localhost"], check=True, capture_output=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path / "error.log"
    temporary = "".join(f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (tmp_path / "conf").write_text(f"daemon off; pid {tmp_path}/pid; error_log {log} {level}; events {{}} http {{ access_log off; {temporary}\n"
                                   f"server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {tmp_path}/cert.pem;\n"
                                   f"ssl_certificate_key {tmp_path}/key.pem; }} }}\n")
    with subprocess.Popen(["/usr/sbin/nginx", "-c", tmp_path / "conf", "-e", log], stderr=subprocess.DEVNULL) as server:
        try:
            run = subprocess.run(["curl", "-s", "--noproxy", "*", "--retry", "20", "--retry-delay", "1", "--retry-connrefused",
                                  f"https://127.0.0.1:{port}/"], timeout=60, check=False)
        finally:
            server.terminate()
    assert run.returncode == 60
    assert ("SSL_do_handshake() failed (SSL: error:0A000418:SSL routines::tlsv1 alert unknown ca:SSL alert number 48) while SSL "
            "handshaking, client: 127.0.0.1" in log.read_text()) == (level == "info"), log.read_text()
