# SPDX-License-Identifier: Apache-2.0
"""Somebody on the way opens the connection, or the server has a private CA: a proxy that does what
inspection proxies do, names of the public internet and of one's own."""
import contextlib
import socket
import ssl
import threading

import pki
import pytest
from cryptography.hazmat.primitives import serialization
from listener import Listener

ROOT = pki.certificate(pki.name("Acme Gateway CA", "Acme Corp"), pki.name("Acme Gateway CA", "Acme Corp"),
                       subject_key="gateway", issuer_key="gateway", ca=True, days=900)
PRODUCT = pki.certificate(pki.name("mitmproxy", "mitmproxy"), pki.name("mitmproxy", "mitmproxy"), subject_key="gateway",
                          issuer_key="gateway", ca=True, days=900)


class InspectionProxy(Listener):
    """CONNECT to any name, and a certificate for it made on the fly: the way that such products work."""

    def __init__(self, directory, ca):
        self.directory, self.ca, self.asked = directory, ca, []
        self.key = directory / "leaf.key"
        self.key.write_bytes(pki.key("on the fly").private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        self.listen()
        self.address = f"127.0.0.1:{self.port}"

    def serve(self, connection):
        with contextlib.suppress(OSError), connection:
            connection.settimeout(10)
            head = b""
            while b"\r\n\r\n" not in head:
                piece = connection.recv(4096)
                if not piece:
                    return
                head += piece
            host = head.split()[1].decode().rpartition(":")[0]
            self.asked.append(host)
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with self.context(host).wrap_socket(connection, server_side=True) as tls:
                tls.recv(1)

    def context(self, host):
        leaf = pki.certificate(host, self.ca.subject, subject_key="on the fly", issuer_key="gateway", names=[host])
        chain = self.directory / f"{host}.pem"
        chain.write_bytes(pki.pem(leaf, self.ca))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, self.key)
        return context


@pytest.fixture
def proxy(tmp_path):
    """proxy(ca) → an inspection proxy of that CA."""
    with contextlib.ExitStack() as stack:
        def make(ca=ROOT):
            made = InspectionProxy(tmp_path, ca)
            stack.callback(made.listener.close)
            return made
        yield make


def finding(run, rule):
    (found,) = [each for each in run.target["findings"] if each["rule"] == rule]
    return found


def test_a_private_ca_for_a_public_name(proxy, certwhy):
    made = proxy()
    run = certwhy("check", "www.example.com:443", "--proxy", f"http://{made.address}", "--offline", "--json")
    assert made.asked and set(made.asked) == {"www.example.com"}
    found = finding(run, "trust.interception")
    assert run.status == 1 and found["cause"] and "private CA" in found["summary"], run
    assert found["evidence"]["through"] == f"http://{made.address}"
    assert "trust.private-ca" not in run.rules
    assert found["fixes"] and not found["fixes"][0]["proven"]["rejected_by"]
    assert set(found["clients"]) == {"curl@7.88", "git@2.39", "wget@1.21", "go@1.19"}


@pytest.mark.parametrize("name", ["git.corp.internal", "www.lab.test", "intranet", "host.example", "com"])
def test_a_private_ca_for_a_private_name(proxy, certwhy, name):
    run = certwhy("check", f"{name}:443", "--proxy", f"http://{proxy().address}", "--offline", "--json")
    assert "trust.interception" not in run.rules and "trust.private-ca" in run.rules, run


def test_a_public_name_at_a_private_address(proxy, certwhy, tmp_path):
    """Companies have private CAs for hosts inside, whatever their domain is."""
    made = proxy()
    context = made.context("git.example.com")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def serve():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as tls:
                        tls.recv(1)
        threading.Thread(target=serve, daemon=True).start()
        run = certwhy("check", f"git.example.com:{listener.getsockname()[1]}", "--connect", "127.0.0.1", "--offline", "--json")
    assert "trust.interception" not in run.rules and "trust.private-ca" in run.rules, run


def test_a_known_product_whatever_the_name(proxy, certwhy):
    run = certwhy("check", "www.lab.test:443", "--proxy", f"http://{proxy(PRODUCT).address}", "--offline", "--json")
    assert '"mitmproxy" made this certificate' in finding(run, "trust.interception")["summary"], run


def test_a_product_that_everybody_here_trusts(proxy, certwhy, tmp_path):
    (tmp_path / "root.pem").write_bytes(pki.pem(PRODUCT))
    run = certwhy("check", "www.example.com:443", "--proxy", f"http://{proxy(PRODUCT).address}", "--offline", "--json",
                  "--ca", tmp_path / "root.pem")
    assert run.status == 0, run
    found = finding(run, "trust.inspected")
    assert found["severity"] == "notice" and "mitmproxy" in found["summary"]
    assert "trust.interception" not in run.rules


def test_a_company_that_is_trusted_is_no_news(proxy, certwhy, tmp_path):
    (tmp_path / "root.pem").write_bytes(pki.pem(ROOT))
    run = certwhy("check", "www.example.com:443", "--proxy", f"http://{proxy().address}", "--offline", "--json",
                  "--ca", tmp_path / "root.pem")
    assert run.status == 0 and not {"trust.inspected", "trust.interception"} & run.rules, run


def test_local_settings_are_named_without_credentials(proxy, certwhy, tmp_path):
    home = tmp_path / "home"
    (home / ".config" / "pip").mkdir(parents=True)
    (home / ".npmrc").write_text("# proxies\nhttps-proxy = http://user:SECRET,'@npm.proxy.corp:8080/\n")
    (home / ".gitconfig").write_text("[http]\n\tproxy = SECRET:x,/y@git.proxy.corp:3128\n[http \"https://other\"]\n\tproxy = no.corp:1\n")
    (home / ".curlrc").write_text("-proxy\nproxy = \"socks5://curl.proxy.corp\"\n")
    (home / ".config" / "pip" / "pip.conf").write_text("[global]\nproxy: pip.proxy.corp:1\n")
    made = proxy(PRODUCT)
    run = certwhy("check", "www.example.com:443", "--offline", "--json", "--save", tmp_path / "case.json",
                  env={"HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config"),
                       "https_proxy": f"http://user:SECRET@{made.address}", "HTTPS_PROXY": ""})
    told = finding(run, "trust.interception")["evidence"]["proxies"]
    assert f"http://{made.address} (https_proxy)" in told
    assert f"http://npm.proxy.corp:8080 ({home}/.npmrc line 2)" in told
    assert f"git.proxy.corp:3128 ({home}/.gitconfig line 2)" in told and "no.corp" not in told
    assert f"socks5://curl.proxy.corp ({home}/.curlrc line 2)" in told and "pip.proxy.corp:1" in told
    assert b"SECRET" not in run.out and b"SECRET" not in (tmp_path / "case.json").read_bytes()
    again = certwhy("check", tmp_path / "case.json", "--json")
    assert again.target["findings"] == run.target["findings"]


def test_redacted_cases_name_no_proxies(proxy, certwhy, tmp_path):
    run = certwhy("check", "www.example.com:443", "--proxy", f"http://{proxy().address}", "--offline", "--json", "--save",
                  tmp_path / "case.json", "--redact", env={"all_proxy": "", "http_proxy": "http://web.proxy.corp:8080"})
    assert finding(run, "trust.interception")
    assert b"web.proxy.corp" in run.out and b"proxy.corp" not in (tmp_path / "case.json").read_bytes()
