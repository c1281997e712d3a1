"""A receiver on loopback, in memory: what `shimmy demo` sends to. It keeps no address and writes no log."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, Self

from shimmy_metrics.receiver.answer import PATH, answer, head_fault

_SECONDS: Final = 10.0
"""A connection slower than this is closed."""


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it arrived: its headers in order, its body, and the status it got."""

    headers: tuple[tuple[str, str], ...]
    body: bytes
    status: int


class LoopbackReceiver:
    """Listens on a free port of 127.0.0.1 while entered; `received` lists what came, oldest first."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self._known: dict[str, bytes] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where to send to."""
        return f"http://127.0.0.1:{self._server.server_port}{PATH}"

    def __enter__(self) -> Self:
        """Start to listen."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop and free the port."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def take(self, headers: tuple[tuple[str, str], ...], body: bytes) -> tuple[int, bytes]:
        """Judge a body, keep it, and return status and answer."""
        with self._lock:
            told = answer(body, self._known)
            self._known.update(told.stored)
            self.received.append(Received(headers, body, told.status))
        return told.status, told.body

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            timeout = _SECONDS

            def _any(self) -> None:
                lower: Mapping[str, str] = {name.lower(): value for name, value in self.headers.items()}
                refusal = head_fault(self.command, self.path, lower)
                if refusal is None:
                    body = self.rfile.read(int(lower["content-length"]))
                    status, told = receiver.take(tuple(self.headers.items()), body)
                else:
                    status, told = refusal.status, refusal.body
                    self.close_connection = True
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _any  # noqa: N815 - the base class calls them so

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                """Write no log: it would hold an address."""

        return Handler
