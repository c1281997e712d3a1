"""The files to run a receiver with: an nginx that writes no address, a unit that systemd takes, a container's file."""

import contextlib
import os
import re
import secrets
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest

from shimmy_metrics.cli.receive_table import RECEIVE
from support.certificates import issue
from support.installed import BIN, LONGEST, Home, wait_until
from support.receive_process import Process, receive
from support.receiving import Answer, post_request, read_answer, request
from support.samples import sealed
from support.servers import free_port, wait_for
from support.timely import in_time

CLIENT: Final = "127.77.0.9"
LOGS: Final = Path("/var/log/nginx")
NGINX: Final = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
SYSTEMD: Final = shutil.which("systemd-analyze")
STRACE: Final = shutil.which("strace")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def printed(home: Home, kind: str) -> str:
    done = home.run("receive", "deploy", kind, command="shimmy-metrics")
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def report() -> bytes:
    return sealed(str(uuid4()), moment=datetime.now(UTC)).body


@dataclass
class Nginx:
    """nginx with the printed configuration, at a free port, in front of a receiver at another."""

    home: Home
    upstream: int
    level: str = "emerg"
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.folder = self.home.root / "nginx"
        self.folder.mkdir()
        self.files = issue(self.folder, "receiver.example")
        self.config = self.folder / "nginx.conf"
        self.config.write_text(self._config())

    def _config(self) -> str:
        text = printed(self.home, "nginx")
        kept = "".join(
            f"{kind}_temp_path {self.folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        changes = {
            "/run/nginx.pid": f"{self.folder}/pid",
            "/etc/ssl/receiver/": f"{self.folder}/",
            "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
            "listen [::]:443 ssl;": "",
            "127.0.0.1:8787": f"127.0.0.1:{self.upstream}",
            "error_log stderr emerg": f"error_log stderr {self.level}",
            "http {": f"http {{\n{kept}",
        }
        for before, after in changes.items():
            assert before in text
            text = text.replace(before, after)
        return text

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        words = [str(NGINX), "-c", str(self.config), "-p", str(self.folder), "-e", "stderr", "-g", "daemon off;"]
        with (self.folder / "said").open("wb") as said:
            process = subprocess.Popen(words, stdout=said, stderr=said)
        try:
            wait_for(self.port)
            yield
        finally:
            process.terminate()
            process.wait(10)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=15, source_address=(CLIENT, 0))

    def connect_securely(self) -> ssl.SSLSocket:
        context = ssl.create_default_context(cafile=self.files.authority)
        return context.wrap_socket(self.connect(), server_hostname="receiver.example")

    def send(self, data: bytes) -> Answer:
        with self.connect_securely() as made:
            made.sendall(data)
            return read_answer(made)

    def holds_address(self) -> list[str]:
        """Return the files that hold the client's address: of nginx here, of nginx where it is usual, and ours."""
        packed = socket.inet_aton(CLIENT)
        forms = (CLIENT.encode(), packed, packed[::-1], packed.hex().encode())
        usual = [*LOGS.glob("*")] if os.access(LOGS, os.R_OK) else []
        files = [path for path in (*self.home.root.rglob("*"), *usual) if path.is_file()]
        return [str(path) for path in files if any(form in path.read_bytes() for form in forms)]


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
def test_nginx_hands_on_reports_and_no_address_is_in_any_file(home: Home) -> None:
    with receive(home, "--trusted-proxy", "127.0.0.1") as running:
        nginx = Nginx(home, running.port)
        with nginx.running():
            _use(nginx, running)
        assert running.held() == 2
    assert nginx.holds_address() == []


def _use(nginx: Nginx, running: Process) -> None:
    """Use nginx well and badly; at last without a receiver behind it."""
    assert nginx.send(post_request(report())).status == 200
    assert nginx.send(post_request(report().replace(b"linux", b"plan9"))).status == 422
    assert nginx.send(post_request(b"x" * 32_769)).status == 413
    assert nginx.send(request("DELETE", f"/v1/usage/{uuid4()}", ())).status == 204
    assert nginx.send(b"no request\r\n\r\n").status == 400
    assert nginx.send(request("GET", "/" + "x" * 20_000, ())).status == 414
    for data in (b"plain text\r\n\r\n", b"\x16\x03\x01" + secrets.token_bytes(200), b""):
        with nginx.connect() as made:
            made.sendall(data)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset
    assert nginx.send(post_request(report())).status == 200
    # Whatever a client says of itself, its own address counts: in the end it may ask no more.
    others = (request("GET", "/", [("x-forwarded-for", f"10.{number}.0.1")]) for number in range(255))
    assert any(nginx.send(each).status == 429 for each in others)
    assert running.stop() == 0
    assert nginx.send(post_request(report())).status == 502


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
def test_whoever_is_slow_is_gone_behind_nginx_too(home: Home) -> None:
    sent = post_request(report())
    with receive(home, "--trusted-proxy", "127.0.0.1") as running, contextlib.ExitStack() as stack:
        nginx = Nginx(home, running.port)
        stack.enter_context(nginx.running())
        silent = stack.enter_context(nginx.connect())
        slow = [stack.enter_context(nginx.connect_securely()) for _ in range(3)]
        began = time.monotonic()
        for made, data in zip(slow, (b"", sent[:20], sent[:-100]), strict=True):
            made.sendall(data)
        left: list[socket.socket] = [silent, *slow]
        while left and time.monotonic() < began + LONGEST:
            with contextlib.suppress(OSError):
                slow[-1].sendall(b"1")  # now and then a byte of the body
            left = [each for each in left if not _is_closed(each)]
        assert not left
        assert in_time(time.monotonic() - began, 13)
        assert wait_until(lambda: _is_refused(slow[-1]))  # it goes on sending, and nginx reads no more of it
        assert nginx.send(post_request(report())).status == 200


def _is_refused(connection: socket.socket) -> bool:
    """Whether the peer takes nothing any more."""
    try:
        connection.sendall(b"1")
    except OSError:
        return True
    return False


def _is_closed(connection: socket.socket) -> bool:
    """Whether the peer has closed, within a moment; what it has answered before is read."""
    connection.settimeout(0.2)
    try:
        while connection.recv(65_536):
            pass
    except TimeoutError:
        return False
    except OSError:
        return True
    return True


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
def test_the_usual_level_would_have_written_it(home: Home) -> None:
    nginx = Nginx(home, free_port(), level="error")
    with nginx.running():
        assert nginx.send(post_request(report())).status == 502
    assert nginx.holds_address() == [str(nginx.folder / "said")]


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
def test_nginx_finds_no_fault_in_its_configuration_as_it_is_printed(home: Home) -> None:
    nginx = Nginx(home, 8787)
    done = subprocess.run(
        [str(NGINX), "-t", "-c", str(nginx.config), "-p", str(nginx.folder), "-e", "stderr"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr


@pytest.mark.skipif(SYSTEMD is None, reason="systemd-analyze is not installed")
def test_systemd_takes_the_unit_and_finds_it_closed(home: Home) -> None:
    unit = home.root / "shimmy-receiver.service"
    unit.write_text(printed(home, "systemd").replace("/usr/local/bin/shimmy-metrics", str(BIN / "shimmy-metrics")))
    verified = subprocess.run([str(SYSTEMD), "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")
    judged = subprocess.run(
        [str(SYSTEMD), "security", "--offline=true", str(unit)], capture_output=True, text=True, check=False
    )
    exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", judged.stdout)
    assert exposure is not None, judged.stderr
    assert float(exposure[1]) < 2


@pytest.mark.skipif(SYSTEMD is None or STRACE is None, reason="systemd-analyze or strace is not installed")
def test_the_unit_allows_each_system_call_that_is_made(home: Home) -> None:
    trace = home.root / "trace"
    traced = Home(home.root, home.variables, (str(STRACE), "-f", "-qq", "-o", str(trace)))
    with receive(traced) as running:
        assert running.post(report()).status == 200
        assert running.ask("DELETE", f"/v1/usage/{uuid4()}").status == 204
        children = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text()
        os.kill(int(children.split()[0]), signal.SIGTERM)
        assert running.process.wait(LONGEST) == 0
    made = set(re.findall(r"^\d+ +(\w+)\(", trace.read_text(), re.MULTILINE))
    (allowed, refused) = re.findall(r"^SystemCallFilter=(.+)$", printed(home, "systemd"), re.MULTILINE)
    named = _system_calls(*allowed.split()) - _system_calls(*refused.removeprefix("~").split())
    as_root = {"fchown"} if os.geteuid() == 0 else set()  # SQLite's, where root writes into a folder of somebody else
    assert {"fdatasync", "accept4"} <= made
    assert made - named - as_root == set()


def _system_calls(*groups: str) -> set[str]:
    """Return what systemd's groups of system calls hold, with the groups in them."""
    found: set[str] = set()
    for group in groups:
        listed = subprocess.run([str(SYSTEMD), "syscall-filter", group], capture_output=True, text=True, check=True)
        entries = {line.strip() for line in listed.stdout.splitlines()[1:] if not line.strip().startswith("#")} - {""}
        inner = {entry for entry in entries if entry.startswith("@")}
        found |= (entries - inner) | (_system_calls(*inner) if inner else set())
    return found


def test_the_files_call_the_command_as_it_is(home: Home) -> None:
    options = {argument.name for argument in RECEIVE.arguments}
    for kind in ("nginx", "systemd", "container"):
        text = printed(home, kind)
        named = set(re.findall(r"(?<= )--[a-z-]+", _of_ours(text, kind)))
        assert named <= options, kind
        assert named
    assert "pip install --no-cache-dir 'shimmy-metrics[receive]'" in printed(home, "container")


def _of_ours(text: str, kind: str) -> str:
    """Return the lines that call our command."""
    if kind == "container":
        return " ".join(re.findall(r"ENTRYPOINT \[(.*)\]", text)[0].replace('"', "").replace(",", "").split())
    return "\n".join(line for line in text.splitlines() if "shimmy-metrics receive" in line)


def test_the_container_s_command_runs(home: Home) -> None:
    """The image itself is built by `test_receive_deployed`, which takes minutes: here its entry point is run."""
    entry = re.findall(r'"([^"]+)"', re.findall(r"ENTRYPOINT \[(.*)\]", printed(home, "container"))[0])
    assert entry[:4] == ["shimmy-metrics", "receive", "--data", "/data"]
    port = entry[-1].rpartition(":")[2]
    assert entry[4:] == ["--listen", f"0.0.0.0:{port}"]
    with receive(home, "--listen", f"0.0.0.0:{free_port()}") as running:
        assert "Senders elsewhere send to https alone" in running.said.read_text()
        assert running.stop() == 0
