# SPDX-License-Identifier: Apache-2.0
"""Servers that misbehave cost a fetch no more than its limits, hold up nothing else and are named; the
cache; proxies; what a check that fetches nothing does not load. Addresses: test_fetch.py."""
import os
import socket
import subprocess
import threading
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

import pki
from conftest import PROGRAM

MIB = 1 << 20
SLOW = 5  # base/limits.h: LIMIT_FETCH_SLOW_SECONDS


class Server:
    """Answers each connection with answer(connection, request); counts them and keeps the requests."""

    def __init__(self, answer):
        self.answer, self.requests, self.connections = answer, [], 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.place = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.url = f"http://{self.place}/x"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection:
            try:
                request = self.read(connection)
                self.requests.append(request)
                self.answer(connection, request)
            except OSError:
                pass  # the client had enough

    @staticmethod
    def read(connection):
        request = b""
        while b"\r\n\r\n" not in request:
            more = connection.recv(65536)
            if not more:
                return request
            request += more
        head, body = request.split(b"\r\n\r\n", 1)
        length = [int(line.split(b":")[1]) for line in head.lower().split(b"\r\n")
                  if line.startswith(b"content-length:")]
        while len(body) < sum(length):
            body += connection.recv(65536)
        return head + b"\r\n\r\n" + body


def http(body, status="200 OK", *fields):
    head = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}",
                                              "Connection: close", *fields))
    return lambda connection, _: connection.sendall(head.encode() + b"\r\n" + body)


def redirect(url):
    return http(b"", "302 Found", f"Location: {url}")


def silent(connection, _):
    time.sleep(60)


def byte_a_second(connection, _):
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(60):
        connection.sendall(b"0")
        time.sleep(1)


def header_a_second(connection, _):
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for i in range(60):
        connection.sendall(f"X-{i}: y\r\n".encode())
        time.sleep(1)


def endless(connection, _):
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"\x30" * 65536)


def endless_headers(connection, _):
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-Y: " + b"z" * 8000 + b"\r\n")


def endless_chunks(connection, _):
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"10000\r\n" + b"\x30" * 65536 + b"\r\n")


def claims_gigabytes(connection, _):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4000000000\r\n\r\n" + b"\x30" * 1000)
    time.sleep(60)


def closes(connection, _):
    pass


def short(connection, _):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n0")


def not_http(connection, _):
    connection.sendall(b"220 mail.test ESMTP\r\n")


@pytest.fixture
def serve():
    servers = []

    def start(answer):
        servers.append(Server(answer))
        return servers[-1]

    yield start
    for server in servers:
        server.listener.close()


class Chain:
    """A leaf whose issuer is not sent and has these addresses."""

    def __init__(self, directory):
        self.directory = directory
        self.root = pki.certificate("Root", "Root", ca=True)
        self.issuer = pki.certificate("Issuing CA", "Root", ca=True)
        (directory / "root.pem").write_bytes(pki.pem(self.root))

    def leaf(self, *urls, extensions=()):
        found = [x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS,
                                        x509.UniformResourceIdentifier(url)) for url in urls]
        if found:
            extensions = [*extensions, x509.AuthorityInformationAccess(found)]
        return pki.certificate("www.example.com", "Issuing CA", names=["www.example.com"],
                               extensions=extensions)


@pytest.fixture
def chain(tmp_path):
    return Chain(tmp_path)


@pytest.fixture
def check(certwhy, chain, tmp_path):
    def check(certificates, *arguments, env=None, allow=True):
        path = tmp_path / "chain.pem"
        path.write_bytes(pki.pem(*certificates))
        clean = {name: "" for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ALL_PROXY",
                                       "HTTPS_PROXY", "NO_PROXY")}
        return certwhy("check", path, "--name", "www.example.com", "--only-ca", "--ca", tmp_path / "root.pem",
                       "--json", *(["--allow-private-fetch"] if allow else []), *arguments,
                       env={"XDG_CACHE_HOME": str(tmp_path / "cache"), **clean, **(env or {})})
    return check


def document(run, where):
    (found,) = [each for each in run.target["documents"] if each["where"] == where]
    return found


def told(run):
    return " ".join(finding["detail"] for finding in run.target["findings"])


def supplied(run):
    return any(entry["origin"] == "fetched" for entry in run.target["chain"])


# ---- servers that misbehave ----

@pytest.mark.parametrize("answer, result, seconds", [
    (silent, "timeout", SLOW), (byte_a_second, "slow", SLOW), (header_a_second, "slow", SLOW),
    (endless, "size", 0), (endless_headers, "failed", 0), (endless_chunks, "size", 0),
    (claims_gigabytes, "size", 0), (closes, "failed", 0), (short, "failed", 0), (not_http, "failed", 0),
    (http(b"nothing here", "404 Not Found"), "status", 0), (http(b"", "500 No"), "status", 0),
    (http(b"", "204 No Content"), "status", 0), (http(b""), "ok", 0),
    (http(b"<!DOCTYPE html><title>Sign in</title>"), "ok", 0), (http(b"\x30\x03\x02\x01\x05"), "ok", 0),
    (redirect("file:///etc/passwd"), "scheme", 0), (redirect("ftp://127.0.0.1/"), "scheme", 0),
    (redirect("http://no-such-name.invalid/"), "name", 0), (http(b"", "302 Found"), "status", 0),
], ids=lambda each: getattr(each, "__name__", None))
def test_a_bad_server_costs_its_limits_and_is_named(serve, check, chain, slower, sanitized, answer, result,
                                                    seconds):
    """… and the other address of the same certificate is fetched as if nothing was."""
    bad, good = serve(answer), serve(http(pki.der(chain.issuer)))
    run = check([chain.leaf(bad.url, good.url)], "--no-cache")
    assert run.status == 1 and supplied(run), run
    assert document(run, bad.url)["result"] == result, run
    assert document(run, good.url)["result"] == "ok" and document(run, good.url)["ms"] < 3000 * slower
    assert seconds - 1 <= run.seconds <= seconds + 3 * slower, run
    assert sanitized or run.peak <= 40 * MIB, run.peak
    if seconds:
        return
    # alone, it is the reason that the report gives
    alone = check([chain.leaf(bad.url)], "--no-cache")
    assert alone.status == 1 and not supplied(alone)
    assert "Nothing usable came from there: " in told(alone), alone
    assert alone.seconds <= 3 * slower


def test_what_came_instead_is_said(serve, check, chain):
    page = serve(http(b"<!DOCTYPE html><title>Sign in</title>"))
    wrong = serve(http(pki.der(pki.certificate("Another CA", "Root", ca=True))))
    assert "an HTML page, not a certificate" in told(check([chain.leaf(page.url)], "--no-cache"))
    assert 'the certificate there is "Another CA"' in told(check([chain.leaf(wrong.url)], "--no-cache"))


def test_redirects_end(serve, check, chain):
    loop = serve(lambda connection, request: redirect(loop.url)(connection, request))
    run = check([chain.leaf(loop.url)], "--no-cache")
    assert document(run, loop.url)["result"] == "redirects" and loop.connections == 6, run


def test_many_silent_servers_cost_no_more_than_one(serve, check, chain, slower):
    servers = [serve(silent) for _ in range(4)]
    run = check([chain.leaf(*[server.url for server in servers])], "--no-cache")
    assert "0 bytes within" in told(run), run
    assert [each["result"] for each in run.target["documents"]] == ["timeout"] * 4, run
    assert run.seconds <= SLOW + 3 * slower


def test_issuers_without_end(serve, check, certwhy, tmp_path):
    """Each issuer says where its issuer is, and there is always another."""
    def issuer(connection, request):
        n = int(request.split(b" ")[1][1:])
        below = pki.certificate(f"CA {n}", f"CA {n + 1}", ca=True,
                                extensions=[pki.ca_issuers(f"http://{server.place}/{n + 1}")])
        http(pki.der(below))(connection, request)
    server = serve(issuer)
    leaf = pki.certificate("www.example.com", "CA 0", names=["www.example.com"],
                           extensions=[pki.ca_issuers(f"http://{server.place}/0")])
    run = check([leaf], "--no-cache", "--save", tmp_path / "case.json")
    results = [each["result"] for each in run.target["documents"]]
    assert results == 8 * ["ok"] + ["budget"] and server.connections == 8, run  # LIMIT_FETCH_ROUNDS
    assert "the time for fetches is spent" in told(run)
    assert certwhy("check", tmp_path / "case.json", "--json").out == run.out


def test_an_impatient_user(serve, check, chain, slower):
    server = serve(silent)
    run = check([chain.leaf(server.url)], "--no-cache", "--timeout", "1")
    assert document(run, server.url)["result"] == "timeout" and run.seconds <= 1 + 2 * slower, run


def test_a_port_where_nobody_listens(check, chain):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    run = check([chain.leaf(url)], "--no-cache")
    assert document(run, url)["result"] == "connect", run


def test_an_https_server_must_prove_itself(certwhy, lab, check, chain):
    server = lab("self-signed")["self-signed"]["address"]
    run = check([chain.leaf(f"https://{server}/")], "--no-cache")
    assert document(run, f"https://{server}/")["result"] == "tls", run


def test_several_targets_ask_once(serve, certwhy, chain, tmp_path):
    """Also for what fails: a silent server is waited for once."""
    server = serve(http(b"", "404 Not Found"))
    path = tmp_path / "leaf.pem"
    path.write_bytes(pki.pem(chain.leaf(server.url)))
    certwhy("check", path, path, path, "--name", "www.example.com", "--only-ca", "--ca", tmp_path / "root.pem",
            "--allow-private-fetch", "--no-cache")
    assert server.connections == 1


# ---- LDAP ----

def ber(tag, *parts):
    body = b"".join(parts)
    return bytes([tag, 0x84]) + len(body).to_bytes(4, "big") + body  # as Active Directory writes lengths


def ldap_message(number, tag, *parts):
    return ber(0x30, ber(2, bytes([number])), ber(tag, *parts))


def ldap_result(code):
    return ber(10, bytes([code])), ber(4), ber(4)


BOUND = ldap_message(1, 0x61, *ldap_result(0))
DONE = ldap_message(2, 0x65, *ldap_result(0))


def ldap_entry(*values):
    return ldap_message(2, 0x64, ber(4, b"cn=CA"), ber(0x30, ber(0x30, ber(4, b"cACertificate;binary"),
                                                                  ber(0x31, *[ber(4, each) for each in values]))))


class Directory(Server):
    """Binds anybody, then says what it is told to; keeps what it was asked."""

    def __init__(self, *pieces):
        super().__init__(None)
        self.pieces = pieces
        self.url = f"ldap://{self.place}/cn=CA,o=Lab%20CA?cACertificate;binary?base?(objectClass=pkiCA)"

    def serve(self, connection):
        with connection:
            try:
                self.requests.append(connection.recv(65536))
                connection.sendall(BOUND)
                self.requests.append(connection.recv(65536))
                for piece in self.pieces:
                    piece(connection) if callable(piece) else connection.sendall(piece)
            except OSError:
                pass


def endless_value(connection):
    connection.sendall(b"\x30\x84\x00\x0f\x00\x00")
    while True:
        connection.sendall(b"\x30" * 65536)


def endless_references(connection):
    while True:
        connection.sendall(ldap_message(2, 0x73, ber(4, b"ldap://127.0.0.1:1/")))


def ldap_byte_a_second(connection):
    for byte in DONE * 10:
        connection.sendall(bytes([byte]))
        time.sleep(1)


@pytest.mark.parametrize("pieces, result, seconds", [
    ([lambda _: time.sleep(60)], "slow", SLOW), ([ldap_byte_a_second], "slow", SLOW),
    ([endless_value], "failed", 0), ([endless_references], "failed", 0),
    ([b"\x30\x84\x7f\xff\xff\xff"], "size", 0), ([b"\x30\x80\x02\x01"], "failed", 0),
    ([b"HTTP/1.1 400 Bad Request\r\n\r\n"], "failed", 0), ([DONE], "status", 0),
    ([ldap_message(2, 0x65, *ldap_result(32))], "status", 0), ([ldap_entry(), DONE], "status", 0), ([], "failed", 0),
    ([ldap_message(2, 0x65, *ldap_result(10), ber(0xa3, ber(4, b"ldap://127.0.0.1:1/o=x")))], "status", 0),
], ids=["silent", "slow", "a megabyte", "references", "claims 2 GiB", "indefinite", "HTTP", "nothing", "no entry",
        "no value", "closes", "referral"])
def test_a_bad_directory_costs_its_limits(check, chain, slower, pieces, result, seconds):
    directory = Directory(*pieces)
    run = check([chain.leaf(directory.url)], "--no-cache")
    assert document(run, directory.url)["result"] == result and run.status == 1, run
    assert seconds - 1 <= run.seconds <= seconds + 3 * slower, run
    directory.listener.close()


def test_a_directory(check, chain):
    """Of several values each is looked at; references to elsewhere are not followed."""
    other = pki.der(pki.certificate("Another CA", "Root", ca=True))
    elsewhere = Directory()
    directory = Directory(ldap_message(2, 0x73, ber(4, elsewhere.url.encode())),
                          ldap_entry(other, pki.der(chain.issuer)), DONE)
    run = check([chain.leaf(directory.url)], "--no-cache")
    assert supplied(run) and elsewhere.connections == 0, run
    assert b"cn=CA,o=Lab CA" in directory.requests[1] and b"cACertificate;binary" in directory.requests[1]
    for url in ("ldap:///cn=CA?cACertificate", directory.url.replace("pkiCA", "*)(|(a=b)"),
                f"ldap://{directory.place}/cn=CA"):
        run = check([chain.leaf(url)], "--no-cache")
        assert run.target["documents"][0]["result"] in ("scheme", "failed") and directory.connections == 1, run
    elsewhere.listener.close()
    directory.listener.close()


# ---- PKCS#7, PEM, LDAP: see the lab; here, what only openssl writes ----

@pytest.mark.parametrize("form", ["DER", "PEM"])
def test_a_bundle_of_openssl(serve, check, chain, tmp_path, form):
    (tmp_path / "issuer.pem").write_bytes(pki.pem(chain.root, chain.issuer))
    bundle = subprocess.run(["openssl", "crl2pkcs7", "-nocrl", "-certfile", tmp_path / "issuer.pem", "-outform",
                             form], capture_output=True, check=True).stdout
    assert supplied(check([chain.leaf(serve(http(bundle)).url)], "--no-cache"))


# ---- the cache ----

def test_the_cache(serve, check, chain, tmp_path):
    server = serve(http(pki.der(chain.issuer)))
    chains = [chain.leaf(server.url)]
    assert document(check(chains), server.url)["from"] == "fetched"
    assert document(check(chains), server.url)["from"] == "cached" and server.connections == 1
    (entry,) = (tmp_path / "cache" / "certwhy").iterdir()
    assert entry.stat().st_mode & 0o777 == 0o600 and entry.parent.stat().st_mode & 0o777 == 0o700
    # one that was damaged is none
    whole = entry.read_bytes()
    for damaged in (whole[:-1], whole[:-1] + bytes([whole[-1] ^ 1]), b"", whole.replace(b"expires 1", b"expires x")):
        entry.write_bytes(damaged)
        before = server.connections
        assert supplied(check(chains)) and server.connections == before + 1
    before = server.connections
    assert supplied(check(chains, "--no-cache")) and server.connections == before + 1
    offline = check(chains, "--offline")
    assert document(offline, server.url)["result"] == "offline" and server.connections == before + 1


@pytest.mark.parametrize("field", ["Cache-Control: no-store", "Cache-Control: max-age=0", "Expires: 0"])
def test_the_cache_keeps_what_may_be_kept(serve, check, chain, tmp_path, field):
    server = serve(http(pki.der(chain.issuer), "200 OK", field))
    for _ in range(2):
        check([chain.leaf(server.url)])
    assert server.connections == 2 and not (tmp_path / "cache").exists()


def test_failures_and_pages_are_not_kept(serve, check, chain, tmp_path):
    for answer in (http(b"", "404 Not Found"), http(b"<html>")):
        check([chain.leaf(serve(answer).url)])
    assert not (tmp_path / "cache").exists()


# ---- OCSP is asked by POST; what was given needs no fetch ----

def ocsp_response(chain, leaf, status=ocsp.OCSPCertStatus.GOOD, when=None):
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=leaf, issuer=chain.issuer, algorithm=hashes.SHA1(), cert_status=status, this_update=pki.NOW,
        next_update=pki.NOW + pki.datetime.timedelta(days=1), revocation_time=when, revocation_reason=None)
    return builder.responder_id(ocsp.OCSPResponderEncoding.HASH, chain.issuer) \
        .sign(pki.key("Issuing CA"), hashes.SHA256()).public_bytes(Encoding.DER)


def with_responder(chain, url):
    return chain.leaf(extensions=[x509.AuthorityInformationAccess([x509.AccessDescription(
        AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(url))])])


def test_ocsp_is_asked_by_post(serve, check, chain):
    answers = []
    server = serve(lambda connection, request: http(answers[0])(connection, request))
    leaf = with_responder(chain, server.url)
    answers.append(ocsp_response(chain, leaf))
    run = check([leaf, chain.issuer])
    assert document(run, server.url)["result"] == "ok", run
    head, body = server.requests[0].split(b"\r\n\r\n", 1)
    assert head.startswith(b"POST /x HTTP/1.1\r\n")
    assert b"content-type: application/ocsp-request" in head.lower() and b"expect:" not in head.lower()
    assert ocsp.load_der_ocsp_request(body).serial_number == leaf.serial_number
    check([leaf, chain.issuer])
    assert server.connections == 1  # nextUpdate is tomorrow


def test_given_files(check, chain, tmp_path):
    leaf = chain.leaf()
    crl = x509.CertificateRevocationListBuilder().issuer_name(chain.issuer.subject).last_update(pki.NOW) \
        .next_update(pki.NOW + pki.datetime.timedelta(days=1)).sign(pki.key("Issuing CA"), hashes.SHA256())
    for form in ("DER", "PEM"):
        (tmp_path / f"crl.{form}").write_bytes(crl.public_bytes(getattr(Encoding, form)))
    (tmp_path / "two.PEM").write_bytes(2 * crl.public_bytes(Encoding.PEM))
    (tmp_path / "response").write_bytes(ocsp_response(chain, leaf))
    run = check([leaf, chain.issuer], "--crl", tmp_path / "crl.DER", "--crl", tmp_path / "crl.PEM", "--crl",
                tmp_path / "two.PEM", "--ocsp", tmp_path / "response")
    assert [(each["kind"], each["from"], each["result"], each["detail"]) for each in run.target["documents"]] == \
        4 * [("crl", "given", "ok", None)] + [("ocsp", "given", "ok", None)]
    for option, path in (("--crl", "response"), ("--ocsp", "crl.DER"), ("--crl", "root.pem"), ("--crl", "none")):
        wrong = check([leaf], option, tmp_path / path)
        assert wrong.status == 2 and path.encode() in wrong.err, wrong


# ---- cases ----

def test_a_case_replays_without_a_network(serve, check, chain, certwhy, tmp_path):
    good, bad = serve(http(pki.der(chain.issuer))), serve(http(b"<html>"))
    for urls in ([good.url, bad.url], [bad.url]):
        run = check([chain.leaf(*urls)], "--no-cache", "--save", tmp_path / "case.json")
        before = good.connections + bad.connections
        again = certwhy("check", tmp_path / "case.json", "--json", "--allow-private-fetch")
        assert again.out == run.out and good.connections + bad.connections == before


def test_a_case_that_wants_more_than_it_holds_fetches_nothing(serve, check, chain, certwhy, tmp_path):
    server = serve(http(pki.der(chain.issuer)))
    check([chain.leaf(server.url)], "--offline", "--save", tmp_path / "case.json")
    again = certwhy("check", tmp_path / "case.json", "--json", "--allow-private-fetch")
    assert server.connections == 0 and document(again, server.url)["result"] == "offline"


# ---- proxies ----

def test_proxies(serve, check, chain):
    """A proxy sees the whole URL, of names that only it can resolve; what it may not be asked for is
    refused, redirects included, without --allow-private-fetch."""
    inside = serve(http(pki.der(chain.issuer)))
    proxy = serve(lambda connection, request: answers[request.split(b" ")[1]](connection, request))
    answers = {b"http://aia.invalid/ca": http(pki.der(chain.issuer)),
               b"http://aia.invalid/in": redirect(inside.url), b"http://aia.invalid/on": redirect("/ca"),
               b"http://aia.invalid/name": redirect("http://localhost:9/")}
    ways = [(["--proxy", f"http://{proxy.place}"], {}), ([], {"http_proxy": proxy.place}),
            ([], {"all_proxy": f"http://{proxy.place}"})]
    for arguments, env in ways:
        for path, result in (("ca", "ok"), ("on", "ok"), ("in", "address"), ("name", "address")):
            url = f"http://aia.invalid/{path}"
            run = check([chain.leaf(url)], "--no-cache", *arguments, env=env, allow=False)
            assert document(run, url)["result"] == result, run
            assert supplied(run) == (result == "ok")
    assert inside.connections == 0
    before = proxy.connections
    run = check([chain.leaf("http://aia.invalid/ca")], "--no-cache", allow=False,
                env={"http_proxy": proxy.place, "no_proxy": "invalid"})
    assert run.target["documents"][0]["result"] == "name" and proxy.connections == before
    run = check([chain.leaf("ldap://aia.invalid/o=x?cACertificate")], "--no-cache", "--proxy", proxy.place,
                allow=False)
    assert run.target["documents"][0]["result"] == "scheme" and proxy.connections == before


def test_a_proxy_that_is_not_there(check, chain, slower):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        proxy = f"http://127.0.0.1:{closed.getsockname()[1]}"
    for proxy in (proxy, "http://no-such-proxy.invalid:3128"):
        run = check([chain.leaf("http://aia.invalid/ca")], "--no-cache", "--proxy", proxy)
        assert run.target["documents"][0]["result"] == "connect" and run.seconds < 5 * slower, run


# ---- what a check that fetches nothing costs ----

def loaded_libraries(tmp_path, chain, certificates):
    """Of a check that stands at its end: its report goes to a pipe that nobody reads yet."""
    pipe = tmp_path / "pipe"
    (tmp_path / "chain.pem").write_bytes(pki.pem(*certificates))
    os.mkfifo(pipe)
    process = subprocess.Popen([PROGRAM, "check", tmp_path / "chain.pem", "--name", "www.example.com", "--only-ca",
                                "--ca", tmp_path / "root.pem", "--allow-private-fetch", "--no-cache", "-o", pipe])
    try:
        for _ in range(300):
            time.sleep(0.05)
            with open(f"/proc/{process.pid}/wchan") as state:
                waits = state.read()
            if "pipe" in waits or "fifo" in waits:
                break
        with open(f"/proc/{process.pid}/maps") as maps:
            return maps.read()
    finally:
        pipe.read_bytes()
        process.wait(20)
        pipe.unlink()


def test_libcurl_is_loaded_by_the_first_fetch_and_not_before(serve, chain, tmp_path):
    server = serve(http(pki.der(chain.issuer)))
    assert "libcurl" not in loaded_libraries(tmp_path, chain, [chain.leaf(), chain.issuer])
    maps = loaded_libraries(tmp_path, chain, [chain.leaf(server.url)])
    assert "libcurl" in maps and "libcrypto" in maps
    # what is refused needs no library to be refused
    assert "libcurl" not in loaded_libraries(tmp_path, chain, [chain.leaf("ftp://127.0.0.1/", "urn:x")])
