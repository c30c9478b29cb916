# SPDX-License-Identifier: Apache-2.0
"""certwhy why: the command is run as it is, and what it meets is named."""
import contextlib
import fcntl
import hashlib
import json
import os
import pty
import select
import signal
import socket
import struct
import subprocess
import sys
import termios
import threading
import time

import pytest
from conftest import PROGRAM, SLOWER, TOP

SYSTEM_PYTHON = "/usr/bin/python3"
PLAIN = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LANG": "C.UTF-8", "NO_COLOR": "1"}
WHY = [PROGRAM, "why", "--quiet", "--"]


def run(command, **options):
    options = {"capture_output": True, "timeout": 60 * SLOWER, "env": PLAIN, "stdin": subprocess.DEVNULL, **options}
    if "input" in options:
        del options["stdin"]
    return subprocess.run(command, **options)


def python(code):
    return [SYSTEM_PYTHON, "-I", "-c", code]


def same(command, **options):
    """The command by itself and under `why`: status and octets of each stream are the same."""
    alone, watched = run(command, **options), run([*WHY, *command], **options)
    assert watched.returncode == alone.returncode, watched
    assert watched.stdout == alone.stdout
    assert watched.stderr == alone.stderr
    return watched


def wait_for(condition, seconds=20):
    deadline = time.monotonic() + seconds * SLOWER
    while not (value := condition()):
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.02)
    return value


# ---- what the command does stays what it is ----

@pytest.mark.parametrize("command", [
    ["true"],
    ["false"],
    ["sh", "-c", "exit 77"],
    ["sh", "-c", "echo out; echo err >&2; printf 'no newline'; exit 3"],
    python("import sys; sys.stdout.buffer.write(bytes(range(256)) * 1000); sys.stderr.buffer.write(b'\\0\\r\\n\\xff')"),
    python("import os; os.kill(os.getpid(), 9)"),
    python("import os; os.kill(os.getpid(), 15)"),
    python("import os; os.abort()"),
    ["sh", "-c", "kill -USR1 $$"],
], ids=["true", "false", "status", "streams", "binary", "killed", "terminated", "aborted", "usr1"])
def test_streams_and_status(command):
    same(command)


def test_input_is_inherited():
    text = os.urandom(300000)
    assert same(["cat"], input=text).stdout == text
    assert same(["head", "-c", "5"], input=b"abcdefgh").stdout == b"abcde"


def test_words_pass_as_they_are():
    words = ["", " ", "a b", "'", '"', "$HOME", "`id`", "a\nb", "\\", "*", "--", "-v", "--json", "é", "; echo x", "$(id)"]
    show = python("import sys; sys.stdout.write(repr(sys.argv[1:]))")
    assert same([*show, *words]).stdout.decode() == repr(words)
    # without "--" the first word that is no option begins the command
    assert run([PROGRAM, "why", "-q", *show, *words]).stdout.decode() == repr(words)


def test_no_shell_runs_what_is_no_program(tmp_path):
    script = tmp_path / "script"
    script.write_text("echo a shell ran this\n")
    script.chmod(0o755)
    watched = run([*WHY, script])
    assert (watched.returncode, watched.stdout) == (126, b"")
    absent = run([*WHY, tmp_path / "absent"])
    assert absent.returncode == 127 and b"No such file" in absent.stderr


def test_large_output_in_order():
    code = "import sys\nfor i in range(1600): sys.stdout.buffer.write(i.to_bytes(4, 'big') * 16384)"
    with subprocess.Popen([*WHY, *python(code)], stdout=subprocess.PIPE, env=PLAIN) as child:
        digest, n = hashlib.sha256(), 0
        while block := child.stdout.read(1 << 20):
            digest.update(block)
            n += len(block)
    expected = hashlib.sha256()
    for i in range(1600):
        expected.update(i.to_bytes(4, "big") * 16384)
    assert n == 1600 * 65536 and digest.digest() == expected.digest()
    assert child.returncode == 0


def test_one_file_for_both_streams_keeps_their_order(tmp_path):
    code = "import os\nfor i in range(500): os.write(1, b'out %d\\n' % i); os.write(2, b'err %d\\n' % i)"
    expected = "".join(f"out {i}\nerr {i}\n" for i in range(500))
    piped = run([*WHY, *python(code)], capture_output=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert piped.stdout.decode() == expected
    path = tmp_path / "both"
    with path.open("wb") as file:
        run([*WHY, *python(code)], capture_output=False, stdout=file, stderr=subprocess.STDOUT)
    assert path.read_text() == expected


def test_a_reader_that_goes_away():
    """`… | head -1`: the command gets SIGPIPE, as it would by itself."""
    for lead in ([], WHY):
        child = subprocess.Popen([*lead, "yes"], stdout=subprocess.PIPE, env=PLAIN)
        assert child.stdout.readline() == b"y\n"
        child.stdout.close()
        assert child.wait(20 * SLOWER) == -signal.SIGPIPE


def test_closed_streams_stay_closed():
    script = 'exec "$@" >&-'
    code = "import os\ntry: os.write(1, b'x')\nexcept OSError as e: os.write(2, str(e).encode())"
    alone = run(["sh", "-c", script, "sh", *python(code)])
    watched = run(["sh", "-c", script, "sh", *WHY, *python(code)])
    assert watched.stderr == alone.stderr == b"[Errno 9] Bad file descriptor"


def test_devices_stay_what_they_are():
    code = "import os, sys; sys.stderr.write(str(os.fstat(1).st_rdev))"
    with open("/dev/null", "wb") as null:
        watched = run([*WHY, *python(code)], capture_output=False, stdout=null, stderr=subprocess.PIPE)
    assert watched.stderr.decode() == str(os.stat("/dev/null").st_rdev)


def test_limits_signals_and_environment_are_inherited():
    # 32 and 33 are glibc's own: posix_spawn(3) ignores them in whatever it starts
    code = ("import os, re, resource; status = open('/proc/self/status').read(); "
            "masks = [int(m, 16) & ~(3 << 31) for m in re.findall(r'Sig(?:Blk|Ign):\\s(\\w+)', status)]; "
            "print(masks, resource.getrlimit(resource.RLIMIT_CORE), os.getpgrp() == os.getpgid(os.getppid()))")
    assert len(same(python(code)).stdout) > 20
    assert run([PROGRAM, "why", "-q", "--no-preload", "--", "env"]).stdout == run(["env"]).stdout
    kept = run([*WHY, "env"], env={**PLAIN, "LD_PRELOAD": "libc.so.6"}).stdout.decode()
    assert "LD_PRELOAD=libc.so.6:" in kept and "libcertwhy-witness.so" in kept


def test_children_that_stay_hold_nobody_up(tmp_path):
    """What a daemon writes later still arrives; certwhy itself has ended by then."""
    go = tmp_path / "go"
    code = f"""import os, sys, time
if os.fork(): os._exit(5)
deadline = time.monotonic() + 60
while not os.path.exists({str(go)!r}) and time.monotonic() < deadline: time.sleep(0.02)
os.write(1, b'late')"""
    child = subprocess.Popen([*WHY, *python(code)], stdout=subprocess.PIPE, env=PLAIN)
    assert child.wait(20 * SLOWER) == 5
    go.touch()
    assert child.stdout.read() == b"late"
    child.stdout.close()


def test_what_writes_without_end_holds_nobody_up():
    child = subprocess.Popen([*WHY, "sh", "-c", "yes & exit 7"], stdout=subprocess.PIPE, env=PLAIN)
    try:
        deadline = time.monotonic() + 20 * SLOWER
        while child.poll() is None and time.monotonic() < deadline:
            os.read(child.stdout.fileno(), 1 << 16)
        assert child.poll() == 7
    finally:
        child.kill()
        child.stdout.close()  # which ends the other


def test_what_stays_can_be_ended(tmp_path):
    """A process of ours that passes on what a daemon writes does not shut its ears to SIGTERM."""
    child = subprocess.Popen([*WHY, "sh", "-c", "sleep 60 & echo $!", str(tmp_path)], stdout=subprocess.PIPE, env=PLAIN)
    daemon = int(child.stdout.readline())
    try:
        assert child.wait(20 * SLOWER) == 0

        def ours():
            for entry in os.listdir("/proc"):
                with contextlib.suppress(OSError):
                    with open(f"/proc/{entry}/cmdline", "rb") as words:
                        if str(tmp_path).encode() in words.read() and entry.isdigit():
                            return int(entry)
        os.kill(wait_for(ours), signal.SIGTERM)
        wait_for(lambda: not ours())
    finally:
        os.kill(daemon, signal.SIGKILL)
        child.stdout.close()


# ---- signals ----

COUNTING = """import os, signal, sys, time
seen = []
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2):
    signal.signal(number, lambda n, frame: (seen.append(n), os.write(1, b'%d\\n' % n)))
os.write(1, b'ready\\n')
while len(seen) < 6: time.sleep(0.01)
sys.exit(9)"""


def test_signals_are_passed_on():
    child = subprocess.Popen([*WHY, *python(COUNTING)], stdout=subprocess.PIPE, env=PLAIN)
    assert child.stdout.readline() == b"ready\n"
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2):
        child.send_signal(number)
        assert child.stdout.readline() == b"%d\n" % number
    assert child.wait(20 * SLOWER) == 9
    child.stdout.close()


def test_a_signal_that_ends_the_command_ends_us():
    child = subprocess.Popen([*WHY, "sleep", "60"], env=PLAIN)
    wait_for(lambda: children_of(child.pid))
    child.terminate()
    assert child.wait(20 * SLOWER) == -signal.SIGTERM


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return file.read().split()


def state_of(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return file.read().rsplit(")", 1)[1].split()[0]


def test_stopped_and_continued():
    child = subprocess.Popen([*WHY, *python("import time, os; os.write(1, b'x'); time.sleep(0.3); os.write(1, b'y')")],
                             stdout=subprocess.PIPE, env=PLAIN, process_group=0) \
        if sys.version_info >= (3, 11) else None
    if child is None:
        pytest.skip("needs Python 3.11")
    assert child.stdout.read(1) == b"x"
    (below,) = children_of(child.pid)
    child.send_signal(signal.SIGTSTP)
    # of a process group without a terminal's session leader above it the kernel drops SIGTSTP
    time.sleep(0.1)
    assert {state_of(child.pid), state_of(below)} <= {"T", "S"}
    child.send_signal(signal.SIGCONT)
    assert child.stdout.read() == b"y" and child.wait(20 * SLOWER) == 0
    child.stdout.close()


# ---- terminals ----

def in_terminal(command, size=(33, 101), typed=b"", until=None, streams=(0, 1, 2)):
    """Runs a command with a terminal as its streams: what appeared there, and its status."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    mode = termios.tcgetattr(slave)
    mode[3] &= ~termios.ECHO
    termios.tcsetattr(slave, termios.TCSANOW, mode)
    fds = [slave if n in streams else subprocess.PIPE for n in range(3)]
    child = subprocess.Popen(command, stdin=fds[0], stdout=fds[1], stderr=fds[2], env={**PLAIN, "TERM": "xterm"},
                             start_new_session=True,
                             preexec_fn=lambda: fcntl.ioctl(slave, termios.TIOCSCTTY, 0))
    os.close(slave)
    seen = b""
    deadline = time.monotonic() + 30 * SLOWER
    while time.monotonic() < deadline:
        ready, _, _ = select.select([master], [], [], 0.05)
        if ready:
            try:
                block = os.read(master, 65536)
            except OSError:
                break
            seen += block
        if until and until[0] in seen:
            until[1](child, master)
            until = None
        if typed and b"ready" in seen:
            os.write(master, typed)
            typed = b""
        if not ready and child.poll() is not None:
            break
    rest = [stream.read() for stream in (child.stdout, child.stderr) if stream]
    status = child.wait(20 * SLOWER)
    for stream in (child.stdin, child.stdout, child.stderr):
        if stream:
            stream.close()
    os.close(master)
    return seen, status, rest


def test_a_terminal_stays_one():
    code = "import os, sys; print([os.isatty(n) for n in range(3)], tuple(os.get_terminal_size(1))); print('\\x1b[31mred', file=sys.stderr)"
    alone, watched = in_terminal(python(code)), in_terminal([*WHY, *python(code)])
    assert b"[True, True, True] (101, 33)\r\n\x1b[31mred\r\n" in alone[0]
    assert watched == alone


def test_only_what_is_a_terminal_becomes_one():
    code = "import os; os.write(1, repr([os.isatty(n) for n in range(3)]).encode())"
    assert in_terminal([*WHY, *python(code)], streams=(0, 2))[2] == [b"[True, False, True]"]
    assert in_terminal([*WHY, *python(code)], streams=(1,))[0] == b"[False, True, False]"


def test_the_window_changes():
    code = ("import os, signal, sys, time\nsignal.signal(signal.SIGWINCH, lambda *a: None)\nprint('ready', flush=True)\n"
            "while os.get_terminal_size(1)[0] != 44: time.sleep(0.02)\nprint(tuple(os.get_terminal_size(1)), tuple(os.get_terminal_size(2)))")

    def resize(child, master):
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 22, 44, 0, 0))
    seen, status, _ = in_terminal([*WHY, *python(code)], until=(b"ready", resize))
    assert b"(44, 22) (44, 22)" in seen and status == 0


def test_ctrl_c_comes_once():
    code = ("import signal, sys, time\nn = [0]\ndef h(*a): n[0] += 1\nsignal.signal(signal.SIGINT, h)\nprint('ready', flush=True)\n"
            "end = time.monotonic() + 0.5\nwhile time.monotonic() < end: time.sleep(0.05)\nprint('came', n[0])")
    seen, status, _ = in_terminal([*WHY, *python(code)], typed=b"\x03")
    assert b"came 1" in seen and status == 0


def test_typed_text_reaches_the_command():
    code = "print('ready', flush=True); print('got', input())"
    seen, status, _ = in_terminal([*WHY, *python(code)], typed=b"hello\n")
    assert b"got hello" in seen and status == 0


# ---- what is said ----

def why(*command, options=(), env=None, **more):
    return run([PROGRAM, "why", *options, "--", *command], env={**PLAIN, **(env or {})}, **more)


def curl(server, *more):
    host, port = server["address"].rsplit(":", 1)
    return ["curl", "-q", "-sS", "-o", "/dev/null", "--cacert", server["ca_file"], "--connect-to",
            f"{server['name']}:{port}:{host}:{port}", *more, f"https://{server['name']}:{port}/"]


@pytest.fixture(scope="module")
def servers(lab):
    return lab("healthy-ecdsa", "missing-intermediate", "private-root", "expired-leaf", "name-mismatch", "plain-http").servers


def test_the_cause_is_named(servers):
    server = servers["missing-intermediate"]
    ran = why(*curl(server))
    assert ran.returncode == 60 and ran.stdout == b""
    own, _, report = ran.stderr.decode().partition("── certwhy ──")
    assert own == run(curl(server)).stderr.decode()
    assert "chain.missing-intermediate" in report
    assert f"curl 7" in report or "curl 8" in report
    assert server["ca_file"] in report and "(command line)" in report


def test_the_client_accepts(servers):
    ran = why(*curl(servers["healthy-ecdsa"]))
    assert (ran.returncode, ran.stdout) == (0, b"")
    assert "the client accepted it: curl" in ran.stderr.decode() and ran.stderr.count(b"\n") == 1
    assert why(*curl(servers["healthy-ecdsa"]), options=["-q"]).stderr == b""


def test_another_reason_is_no_cause(servers):
    ran = why(*curl(servers["healthy-ecdsa"], "--max-filesize", "1"))
    assert ran.returncode == 63
    last = ran.stderr.decode().splitlines()[-1]
    assert "the client accepted it" in last and "status 63 for another reason" in last
    assert "no TLS connection was seen; the command failed with status 1" in why("false").stderr.decode()


def test_json(servers, tmp_path):
    path = tmp_path / "report.json"
    server = servers["expired-leaf"]
    ran = why(*curl(server), options=["--json", "-o", str(path)])
    document = json.loads(path.read_text())
    assert ran.stderr == run(curl(server)).stderr
    # the others may be passwords, and reports are passed on
    assert document["command"]["words"] == [str(curl(server)[0])]
    assert (document["command"]["status"], document["command"]["accepted"]) == (60, False)
    assert document["command"]["client"].startswith("curl@")
    (target,) = document["targets"]
    assert "validity.expired" in {finding["rule"] for finding in target["findings"]}
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(document, json.loads((TOP / "docs" / "report.schema.json").read_text()))


def test_a_variable_is_blamed(servers, tmp_path):
    """A healthy server, and a variable that puts other roots in the place of the client's."""
    server = servers["healthy-ecdsa"]
    host, port = server["address"].rsplit(":", 1)
    other = tmp_path / "other.pem"
    run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=Other",
         "-keyout", tmp_path / "key.pem", "-out", other], check=True)
    command = ["curl", "-q", "-sS", "-o", "/dev/null", "--connect-to", f"{server['name']}:{port}:{host}:{port}",
               f"https://{server['name']}:{port}/"]
    ran = why(*command, env={"CURL_CA_BUNDLE": str(other)})
    assert ran.returncode == 60
    assert f"CURL_CA_BUNDLE={other} (environment)" in " ".join(ran.stderr.decode().split())


def test_the_grandchild_is_the_client(servers):
    server = servers["private-root"]
    quoted = " ".join(f"'{word}'" for word in curl(server))
    ran = why("sh", "-c", f"true; {quoted} || exit 9")
    assert ran.returncode == 9
    assert "trust.private-ca" in ran.stderr.decode() and "curl" in ran.stderr.decode()


def test_a_script_with_its_own_roots(servers):
    server = servers["name-mismatch"]
    host, port = server["address"].rsplit(":", 1)
    code = f"""import socket, ssl
context = ssl.create_default_context(cafile={server['ca_file']!r})
context.wrap_socket(socket.create_connection(({host!r}, {port})), server_hostname={server['name']!r})"""
    ran = why(*python(code))
    report = ran.stderr.decode().partition("── certwhy ──")[2]
    assert ran.returncode == 1 and "name.mismatch" in report and "Python 3" in report
    assert server["ca_file"] in report


def test_static_programs_are_seen_by_words_and_output(servers):
    """Without the library: what the words and the output say is enough."""
    server = servers["expired-leaf"]
    ran = why(*curl(server), options=["--no-preload", "--ca", server["ca_file"]])
    assert ran.returncode == 60


def test_a_url_is_no_connection():
    """Words alone do not make a client: nothing is called accepted that was not seen."""
    assert why("echo", "https://www.lab.test/").stderr == b"certwhy: no TLS connection was seen\n"


def test_not_tls(servers):
    ran = why(*curl(servers["plain-http"]))
    assert ran.returncode == 35 and "server.plaintext" in ran.stderr.decode()


@pytest.mark.parametrize("words,said", [
    (["--nonsense", "--", "true"], "no option --nonsense"),
    (["--at", "yesterday", "--", "true"], "not a time"),
    (["--format", "junit", "--", "true"], "text or json"),
    ([], "a command is needed"),
])
def test_mistakes_are_told_before_anything_runs(words, said):
    ran = run([PROGRAM, "why", *words])
    assert ran.returncode == 2 and said in ran.stderr.decode() and ran.stdout == b""


class Proxy:
    """CONNECT to anywhere leads to one server: what a proxy that inspects looks like from inside."""

    def __init__(self, address):
        self.address, self.asked = address, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.tunnel, args=(client,), daemon=True).start()

    def tunnel(self, client):
        with client, contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                block = client.recv(4096)
                if not block:
                    return
                head += block
            self.asked.append(head.split()[1].decode())
            with socket.create_connection(self.address) as server:
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                while True:
                    for one in select.select([client, server], [], [])[0]:
                        block = one.recv(65536)
                        if not block:
                            return
                        (server if one is client else client).sendall(block)


def test_through_a_proxy(servers):
    server = servers["private-root"]
    host, port = server["address"].rsplit(":", 1)
    proxy = Proxy((host, int(port)))
    command = ["curl", "-q", "-sS", "-o", "/dev/null", "--cacert", server["ca_file"], f"https://{server['name']}:4433/"]
    for env, more in (({"https_proxy": f"http://127.0.0.1:{proxy.port}"}, []), ({}, ["-x", f"127.0.0.1:{proxy.port}"])):
        ran = why(command[0], *more, *command[1:], env=env)
        report = ran.stderr.decode().partition("── certwhy ──")[2]
        assert ran.returncode == 60 and "trust.private-ca" in report, ran
        assert f"{server['name']}:4433 through the proxy 127.0.0.1:{proxy.port}" in " ".join(report.split())
    assert set(proxy.asked) == {f"{server['name']}:4433"} and len(proxy.asked) >= 4
    proxy.listener.close()


def test_a_program_that_compares_no_name(servers):
    """openssl s_client without -verify_hostname: a wrong name is no cause."""
    server = servers["private-root"]
    ran = why("openssl", "s_client", "-connect", server["address"], "-CAfile", server["ca_file"], "-verify_return_error",
              options=["--json"])
    assert ran.returncode == 1
    document = json.loads(ran.stderr.decode()[ran.stderr.decode().index('{\n  "'):])
    rules = {finding["rule"] for finding in document["targets"][0]["findings"]}
    assert "trust.private-ca" in rules and not any(rule.startswith("name.") for rule in rules)
