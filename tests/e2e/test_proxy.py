# SPDX-License-Identifier: Apache-2.0
"""Proxies: real ones (squid, dante, microsocks) for every kind of URL, and strange ones for every failure.
Credentials must be in nothing that the program says or keeps."""
import base64
import subprocess

import pytest
from cryptography.hazmat.primitives import serialization

import openssl_ca
import pki
import proxies
import test_starttls
from conftest import run_program
from proxies import PASSWORD, URL_PASSWORD, USER, parrot

SECRETS = [PASSWORD.encode(), URL_PASSWORD.encode(), base64.b64encode(f"{USER}:{PASSWORD}".encode()), b"s3cr3t", USER.encode()]
LOGIN = f"{USER}:{URL_PASSWORD}@"
NAME = "www.lab.test"


@pytest.fixture(scope="module")
def farm(lab):
    return lab("healthy-ecdsa")


def port_of(server):
    return int(server["address"].rpartition(":")[2])


@pytest.fixture
def check(farm):
    """check("host:port", "--proxy", …) in the folder of the lab."""
    server = farm["healthy-ecdsa"]
    command = server["command"]
    trust = ["--ca", command[command.index("--ca") + 1], "--only-ca", "--offline"]

    def run(target, *arguments, env=None):
        run = run_program("check", target or server["address"], "--name", NAME, *trust, "--client", "curl@7.88", *arguments,
                          env=env, cwd=farm.directory.name)
        for secret in SECRETS:
            assert secret not in run.out + run.err, run
        return run

    run.port = port_of(server)
    run.directory = farm.directory.name
    return run


@pytest.fixture(scope="module")
def proxy_tls(tmp_path_factory):
    """The certificate of an https:// proxy for localhost, and the root that made it."""
    directory = tmp_path_factory.mktemp("proxy-tls")
    root = pki.certificate("Proxy Root", "Proxy Root", ca=True)
    leaf = pki.certificate("localhost", "Proxy Root", names=["localhost"])
    key = pki.key("localhost").private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                             serialization.NoEncryption())
    (directory / "root.pem").write_bytes(pki.pem(root))
    (directory / "proxy.pem").write_bytes(pki.pem(leaf))
    (directory / "proxy.key").write_bytes(key)
    return directory


@pytest.fixture(scope="module")
def squid(proxy_tls):
    with proxies.squid({NAME: "127.0.0.1"}, proxy_tls / "proxy.pem",
                       proxy_tls / "proxy.key") as ports:
        yield ports


def accepted(run, proxy, address):
    assert run.status == 0 and run.target["outcome"] == "accepted", run
    endpoint = run.target["endpoint"]
    assert (endpoint["proxy"], endpoint["address"]) == (proxy, address), run


def refused(run, rule, result):
    assert run.status == 3, run
    assert [f["rule"] for f in run.target["findings"] if f["cause"]] == [rule], run
    (address,) = run.target["endpoint"]["addresses"]
    assert (address["connect"], address["proxy"]) == ("proxy", result), run
    return address


# ---- squid ----

def test_squid_opens_a_tunnel_to_a_name_that_it_alone_knows(squid, check):
    """RFC 9110 section 9.3.6: the name goes to the proxy, and to no resolver of this machine."""
    run = check(f"{NAME}:{check.port}", "--proxy", f"http://{LOGIN}127.0.0.1:{squid[0]}", "--json")
    accepted(run, f"http://127.0.0.1:{squid[0]}", f"{NAME}:{check.port}")
    assert run.target["endpoint"]["proxy_from"] == "--proxy"
    text = check(f"{NAME}:{check.port}", "--proxy", f"{LOGIN}127.0.0.1:{squid[0]}", "-vv")
    assert f"Through    the proxy http://127.0.0.1:{squid[0]} (--proxy)" in text.text, text


def test_squid_wants_credentials(squid, check):
    run = check(None, "--proxy", f"http://127.0.0.1:{squid[0]}", "--json")
    address = refused(run, "server.proxy-authentication", "authentication")
    assert address["proxy_status"] == 407 and "takes Basic; no credentials were given" in address["why"], run
    run = check(None, "--proxy", f"http://{USER}:wrong@127.0.0.1:{squid[0]}", "--json")
    assert "credentials given were not accepted" in refused(run, "server.proxy-authentication", "authentication")["why"], run


def test_squid_says_no(squid, check):
    through = ["--proxy", f"http://{LOGIN}127.0.0.1:{squid[0]}", "--json"]
    address = refused(check("blocked.test:443", *through), "server.proxy-refused", "refused")
    assert address["proxy_status"] == 403 and "403 Forbidden (ERR_ACCESS_DENIED" in address["why"], address
    dead = openssl_ca.free_port()
    address = refused(check(f"127.0.0.1:{dead}", *through), "server.proxy-refused", "refused")
    assert address["proxy_status"] in (502, 503, 504) and "ERR_CONNECT_FAIL" in address["why"], address
    address = refused(check("nowhere.invalid:443", *through), "server.proxy-refused", "refused")
    assert address["proxy_status"] >= 500 and "ERR_" in address["why"], address


def test_an_https_proxy_is_verified_before_it_is_told_anything(squid, check, proxy_tls):
    url = f"https://{LOGIN}localhost:{squid[1]}"
    run = check(None, "--proxy", url, "--json")
    address = refused(run, "server.proxy-certificate", "certificate")
    assert "unable to get local issuer certificate" in address["why"], address
    accepted(check(f"{NAME}:{check.port}", "--proxy", url, "--ca", proxy_tls / "root.pem", "--json"),
             f"https://localhost:{squid[1]}", f"{NAME}:{check.port}")
    wrong = check(None, "--proxy", f"https://{LOGIN}127.0.0.1:{squid[1]}", "--ca", proxy_tls / "root.pem", "--json")
    assert "IP address mismatch" in refused(wrong, "server.proxy-certificate", "certificate")["why"], wrong


def test_an_https_proxy_that_is_none(check, proxy_tls):
    with parrot(b"HTTP/1.1 400 Bad\r\n\r\n", octets=5) as bird:
        run = check(None, "--proxy", f"https://{LOGIN}127.0.0.1:{bird.port}", "--json")
        refused(run, "server.proxy-unreachable", "tls")
        assert all(secret not in heard for heard in bird.asked for secret in SECRETS)


def test_squid_speaks_for_starttls_too(squid, proxy_tls):
    """The server speaks first, behind the proxy's answer: not an octet of it may be lost."""
    with test_starttls.serving(test_starttls.smtp, (proxy_tls / "proxy.pem", proxy_tls / "proxy.key")) as port:
        run = run_program("check", f"smtp://127.0.0.1:{port}", "--offline", "--proxy",
                          f"http://{LOGIN}127.0.0.1:{squid[0]}", "--json")
    assert run.target["chain"] and run.target["endpoint"]["handshake"] == "done", run


def test_an_audit_goes_through(squid, check):
    run = run_program("audit", f"{NAME}:{check.port}", "--proxy", f"http://{LOGIN}127.0.0.1:{squid[0]}", "--json")
    (target,) = run.json["targets"]
    assert target["outcome"] == "audited" and target["proxy"] == f"http://127.0.0.1:{squid[0]}", run
    assert all(secret not in run.out + run.err for secret in SECRETS)
    run = run_program("audit", f"{NAME}:{check.port}", "--proxy", f"http://127.0.0.1:{squid[0]}")
    assert run.status == 3 and b"407" in run.out, run


def test_audits_and_requests_verify_an_https_proxy_too(squid, check, proxy_tls, tmp_path):
    through = ["--proxy", f"https://{LOGIN}localhost:{squid[1]}"]
    ca = ["--ca", proxy_tls / "root.pem"]
    audits = [run_program("audit", f"{NAME}:{check.port}", *through, *more, "--suites-only") for more in ([], ca)]
    requests = [run_program("csr", f"{NAME}:{check.port}", *through, *more, "--new-key", tmp_path / f"{len(more)}.key", "-o",
                            tmp_path / f"{len(more)}.csr") for more in ([], ca)]
    assert audits[0].status == 3 and audits[1].status != 3, f"{audits[0]}\n{audits[1]}"
    assert requests[0].status != 0 and requests[1].status == 0, f"{requests[0]}\n{requests[1]}"
    assert b"unable to get local issuer certificate" in audits[0].out, audits[0]
    for run in audits + requests:
        assert not any(secret in run.out + run.err for secret in SECRETS), run


# ---- SOCKS ----

@pytest.mark.parametrize("scheme", ["socks4", "socks4a", "socks5", "socks5h"])
def test_dante(check, scheme, tmp_path):
    dead = openssl_ca.free_port()
    with proxies.dante(tmp_path, dead) as port:
        accepted(check(None, "--proxy", f"{scheme}://127.0.0.1:{port}", "--json"), f"{scheme}://127.0.0.1:{port}",
                 f"127.0.0.1:{check.port}")
        address = refused(check(f"127.0.0.1:{dead}", "--proxy", f"{scheme}://127.0.0.1:{port}", "--json"),
                          "server.proxy-refused", "refused")
        assert address["proxy_status"] == (91 if scheme.startswith("socks4") else 2), address


def test_microsocks_with_a_password(check):
    with proxies.microsocks("-u", USER, "-P", PASSWORD) as port:
        accepted(check(f"localhost:{check.port}", "--proxy", f"socks5h://{LOGIN}127.0.0.1:{port}", "--json"),
                 f"socks5h://127.0.0.1:{port}", f"localhost:{check.port}")
        for login, words in [("", "no credentials were given"), (f"{USER}:no@", "were not accepted")]:
            run = check(None, "--proxy", f"socks5://{login}127.0.0.1:{port}", "--json")
            assert words in refused(run, "server.proxy-authentication", "authentication")["why"], run
        dead = openssl_ca.free_port()
        run = check(f"127.0.0.1:{dead}", "--proxy", f"socks5://{LOGIN}127.0.0.1:{port}", "--json")
        assert refused(run, "server.proxy-refused", "refused")["proxy_status"] == 5, run


def test_what_is_asked_of_socks(check):
    """Names go to socks4a and socks5h as they are, to the others as addresses; IPv6 through SOCKS 4 does not go."""
    port = check.port.to_bytes(2, "big")
    expected = {
        "socks4": (b"\x04\x01" + port + bytes([127, 0, 0, 1]) + b"walter\0", "127.0.0.1"),
        "socks4a": (b"\x04\x01" + port + bytes([0, 0, 0, 1]) + b"walter\0nowhere.invalid\0", "nowhere.invalid"),
    }
    for scheme, (request, host) in expected.items():
        with parrot(b"\0\x5a" + bytes(6), through=check.port, octets=len(request)) as bird:
            run = check(f"{host}:{check.port}", "--proxy", f"{scheme}://walter@127.0.0.1:{bird.port}", "--json")
            assert run.status == 0 and bird.asked[0] == request, run
    for scheme in ["socks4", "socks4a"]:
        run = check("[::1]:443", "--proxy", f"{scheme}://127.0.0.1:9", "--json")
        assert run.status == 3, run


def test_ipv6_behind_and_as_a_proxy(check):
    with parrot(b"HTTP/1.1 200 OK\r\n\r\n", through=check.port) as bird:
        run = check(f"[2001:db8::7]:{check.port}", "--proxy", f"127.0.0.1:{bird.port}", "--json")
        assert run.status == 0 and bird.asked[0].startswith(b"CONNECT [2001:db8::7]:%d HTTP/1.1\r\nHost: [2001:" % check.port), run
        run = check(f"www.lab.test:{check.port}", "--connect", "192.0.2.7:444", "--proxy", f"127.0.0.1:{bird.port}", "--json")
        assert run.status == 0 and bird.asked[1].startswith(b"CONNECT 192.0.2.7:444 "), run
    run = check(None, "--proxy", "http://[::1]:1", "--json")
    assert refused(run, "server.proxy-unreachable", "connect") and run.target["endpoint"]["proxy"] == "http://[::1]:1", run


def test_nothing_but_a_name_is_asked_for(check):
    """What --resolve brings goes into a line of HTTP: no line of its own."""
    with parrot(b"HTTP/1.1 200 OK\r\n\r\n", through=check.port) as bird:
        run = check(f"{NAME}:{check.port}", "--resolve", f"{NAME}:{check.port}:a\r\nX-Evil: 1", "--proxy", f"127.0.0.1:{bird.port}", "--json")
        assert run.status == 3 and bird.asked == [] and "name.unresolvable" in run.rules, run


# ---- failures ----

ANSWERS = [
    (b"HTTP/1.1 502 Bad Gateway\r\nProxy-Status: px; error=dns_error\r\n\r\n", "server.proxy-refused", "refused", "dns_error"),
    (b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\n\r\n<html><title>\nBlocked by policy</title>",
     "server.proxy-refused", "refused", 'Forbidden, "Blocked by policy"'),
    (b"HTTP/1.0 405 Method Not Allowed\nServer: nginx\n\n", "server.proxy-refused", "refused", "405 Method Not Allowed"),
    (b"HTTP/1.1 302 Found\r\nLocation: https://login.example/\r\n\r\n", "server.proxy-refused", "refused", "302 Found"),
    (b"HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate\r\nproxy-authenticate: NTLM\r\n\r\n",
     "server.proxy-authentication", "authentication", "it takes Negotiate, NTLM"),
    (b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<!doctype html><title>Welcome to the hotel</title>",
     "server.proxy-unreachable", "page", "Welcome to the hotel"),
    (b"HTTP/1.1 200 OK\r\nX-\x1b[31m: " + b"x" * 20000, "server.proxy-unreachable", "other", "no end"),
    (b"HTTP/1.1 100 Continue\r\n\r\n" * 20, "server.proxy-unreachable", "other", "again and again"),
    (b"HTTP/1.1 2", "server.proxy-unreachable", "closed", "within its answer"),
    (b"", "server.proxy-unreachable", "closed", "closed the connection"),
    (b"HTTP/1.1 abc\r\n\r\n", "server.proxy-unreachable", "other", "no status"),
    (b"SSH-2.0-OpenSSH_9.2\r\n", "server.proxy-unreachable", "other", "not HTTP"),
    (b"\x15\x03\x01\x00\x02\x02\x28", "server.proxy-unreachable", "other", "https://"),
]


@pytest.mark.parametrize("answer, rule, result, words", ANSWERS, ids=range(len(ANSWERS)))
def test_each_failure_is_a_diagnosis(check, answer, rule, result, words):
    with parrot(answer) as bird:
        run = check(None, "--proxy", f"http://{LOGIN}127.0.0.1:{bird.port}", "--json")
    assert words in refused(run, rule, result)["why"], run
    assert b"\x1b" not in run.out


def test_a_proxy_that_is_not_there(check):
    dead = openssl_ca.free_port()
    run = check(None, "--proxy", f"http://{LOGIN}127.0.0.1:{dead}", "--json")
    assert "refused" in refused(run, "server.proxy-unreachable", "connect")["why"], run
    run = check(None, "--proxy", f"http://{LOGIN}proxy.invalid:3128", "--json")
    assert "proxy.invalid" in refused(run, "server.proxy-unreachable", "name")["why"], run
    with parrot(b"", octets=10**6) as silent:
        run = check(None, "--proxy", f"http://{LOGIN}127.0.0.1:{silent.port}", "--timeout", "1", "--json")
    assert refused(run, "server.proxy-unreachable", "timeout") and run.seconds < 5, run


@pytest.mark.parametrize("url", [f"ftp://{LOGIN}h", f"http://{LOGIN}", f"http://{LOGIN}h:0", f"http://{USER}:%zz@h",
                                 f"http://{USER}:{'s3cr3t' * 50}@h", f"http://{LOGIN}[::1", "", f"http://{LOGIN}a b"])
def test_what_is_no_proxy_is_said_without_it(check, url):
    run = check(None, "--proxy", url)
    assert run.status == 2 and b"--proxy takes" in run.err, run
    if url:
        run = check(None, env={"https_proxy": url})
        assert run.status == 2 and b"https_proxy does not name a proxy" in run.err, run


# ---- the environment ----

def test_the_environment_is_read_as_curl_reads_it(check):
    with parrot(b"HTTP/1.1 200 OK\r\n\r\n", through=check.port) as bird:
        url = f"http://127.0.0.1:{bird.port}"
        host = f"127.0.0.1:{check.port}"
        cases = [
            ({"https_proxy": url}, host, "https_proxy"), ({"HTTPS_PROXY": url}, host, "HTTPS_PROXY"),
            ({"all_proxy": url}, host, "all_proxy"), ({"ALL_PROXY": url}, f"https://{host}", "ALL_PROXY"),
            ({"http_proxy": url, "HTTP_PROXY": url}, host, None),
            ({"https_proxy": "", "HTTPS_PROXY": url}, host, "HTTPS_PROXY"),
            ({"https_proxy": url, "no_proxy": "localhost, 127.0.0.0/8"}, host, None),
            ({"https_proxy": url, "NO_PROXY": "*"}, host, None),
            ({"https_proxy": url, "no_proxy": "0.0.1"}, host, "https_proxy"),
            ({"https_proxy": "http://127.0.0.1:1", "all_proxy": url}, f"imaps://{host}", "all_proxy"),
            ({"imaps_proxy": url}, f"imaps://{host}", "imaps_proxy"),
            ({"https_proxy": url}, f"imaps://{host}", None),
        ]
        for env, target, source in cases:
            run = check(target, "--json", env=env)
            assert run.status == 0 and run.target["endpoint"].get("proxy_from") == source, f"{env} {run}"
        run = check(host, "--proxy", "none", "--json", env={"https_proxy": "http://127.0.0.1:1"})
        assert run.status == 0 and "proxy" not in run.target["endpoint"], run
        # --proxy is not subject to no_proxy, as in curl without --noproxy … which reads it nevertheless
        run = check(host, "--proxy", url, "--json", env={"no_proxy": "*"})
        assert run.status == 0 and run.target["endpoint"]["proxy_from"] == "--proxy", run


# ---- cases ----

def test_a_case_holds_the_way_and_no_credentials(squid, check, tmp_path):
    for number, login in enumerate([LOGIN, f"{USER}:wrong@"]):
        case, redacted = tmp_path / f"{number}.json", tmp_path / f"{number}-redacted.json"
        live = check(f"{NAME}:{check.port}", "--proxy", f"http://{login}127.0.0.1:{squid[0]}", "--save", case)
        check(f"{NAME}:{check.port}", "--proxy", f"http://{login}127.0.0.1:{squid[0]}", "--save", redacted, "--redact")
        for path in (case, redacted):
            assert not any(secret in path.read_bytes() for secret in SECRETS), path
        again = run_program("check", case, "--client", "curl@7.88")
        assert again.out == live.out and again.status == live.status, f"{live}\n{again}"
        assert run_program("check", redacted).status == live.status


def test_a_redacted_case_hides_the_proxy(check, tmp_path):
    case = tmp_path / "case.json"
    check(None, "--proxy", "http://wintermute.tessier.invalid:3128", "--save", case, "--redact")
    assert b"wintermute" not in case.read_bytes() and b"tessier" not in case.read_bytes()


# ---- what curl does ----

def test_curl_agrees_about_no_proxy(check):
    """The same variables lead curl through the same proxy, or past it."""
    with parrot(b"HTTP/1.1 200 OK\r\n\r\n", through=check.port) as bird:
        url = f"http://127.0.0.1:{bird.port}"
        for words in ["localhost", "127.0.0.1", "127.0.0.0/8", "127.0.0.0/33", ".0.0.1", "*", "a,*", "10.0.0.0/8 127.0.0.1", "127.0.0.1.", ""]:
            bird.asked.clear()
            subprocess.run(["curl", "-sk", "--max-time", "5", f"https://127.0.0.1:{check.port}/"], check=False, capture_output=True,
                           env={"PATH": "/usr/bin:/bin", "https_proxy": url, "no_proxy": words})
            curl = bool(bird.asked)
            run = check(None, "--json", env={"https_proxy": url, "no_proxy": words})
            assert ("proxy" in run.target["endpoint"]) == curl, f"{words!r}: curl {'asks' if curl else 'does not ask'} the proxy"
