"""A TLS receiver that stalls at one step, and records when each body began."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import orjson
import trustme

STAGES: Final = ("nowhere", "connect", "handshake", "proxy", "answer")
"""Where it can take its time; `nowhere` is a quick one."""


@dataclass
class Arrival:
    """One request: when its head and its body began (seconds since the epoch, or 0), and whether an answer began."""

    head_at: float = 0.0
    body_at: float = 0.0
    body: bytes = b""
    answered: bool = False

    @property
    def report_ids(self) -> set[str]:
        """Which reports came whole."""
        with contextlib.suppress(orjson.JSONDecodeError):
            parsed = orjson.loads(self.body)
            return {each["session_id"] for each in (parsed if isinstance(parsed, list) else [parsed])}
        return set()


@dataclass
class StallingReceiver:
    """Listens on 127.0.0.1 while entered by `running`. `variables` are what a command needs to send there."""

    folder: Path
    stage: str
    seconds: float
    arrivals: list[Arrival] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Listen."""
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self.folder / "authority.pem"))
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", "receiver.example").configure_cert(self._context)
        with contextlib.ExitStack() as stack:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0 if self._slow else 128))
            port = listener.getsockname()[1]
            self.variables = {"SSL_CERT_FILE": str(self.folder / "authority.pem")}
            if self.stage == "proxy":
                self.variables["SHIMMY_METRICS_ENDPOINT"] = "https://receiver.example/v1/usage"
                self.variables["HTTPS_PROXY"] = f"http://127.0.0.1:{port}"
            else:
                self.variables["SHIMMY_METRICS_ENDPOINT"] = f"https://localhost:{port}/v1/usage"
            if self._slow:
                stack.enter_context(_filled(port))
            threading.Thread(target=self._serve, args=(listener,), daemon=True).start()
            yield
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)

    @property
    def _slow(self) -> bool:
        return self.stage == "connect"

    def _serve(self, listener: socket.socket) -> None:
        if self._slow:
            time.sleep(self.seconds)  # connections that come meanwhile find the queue full, and retry
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._take, args=(connection,), daemon=True).start()

    def _take(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError, ssl.SSLError):
            connection.settimeout(10)
            if self.stage == "proxy":
                connection.recv(65_536)
                time.sleep(self.seconds)
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            if self.stage == "handshake":
                time.sleep(self.seconds)
            with self._context.wrap_socket(connection, server_side=True) as secure:
                self._read(secure)

    def _read(self, secure: ssl.SSLSocket) -> None:
        arrival = Arrival()
        data = b""
        while piece := secure.recv(65_536):
            if not data:
                arrival.head_at = time.time()
                self.arrivals.append(arrival)
            data += piece
            head, ended, arrival.body = data.partition(b"\r\n\r\n")
            if ended and arrival.body and not arrival.body_at:
                arrival.body_at = time.time()
            length = next((line for line in head.split(b"\r\n") if line.startswith(b"Content-Length: ")), b": 0")
            if ended and len(arrival.body) >= int(length.partition(b": ")[2]):
                if self.stage == "answer":
                    time.sleep(self.seconds)
                arrival.answered = True  # before, since the sender may have the answer before this thread goes on
                secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
                return


@contextlib.contextmanager
def _filled(port: int) -> Iterator[None]:
    """Fill the listener's queue, so that the next connection waits for its turn."""
    with contextlib.ExitStack() as stack:
        for _ in range(2):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                waiting.connect(("127.0.0.1", port))
        yield
