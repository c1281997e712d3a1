"""A receiver on loopback, in memory, for `shimmy demo` to send to. It stores no address and writes no log."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, Self

from shimmy_metrics.receiver.response import PATH, Judged, Response, compose, head_refusal, judge, route
from shimmy_metrics.receiver.store import Outcome

_TIMEOUT_SECONDS: Final = 10.0
"""A connection that is silent for longer is closed."""


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it arrived: its headers in order, its body, and the status it was answered with."""

    headers: tuple[tuple[str, str], ...]
    body: bytes
    status: int


class LoopbackReceiver:
    """Listens on a free port of 127.0.0.1 inside its `with` block; `received` lists the requests, oldest first."""

    def __init__(self, today: Callable[[], date] = lambda: datetime.now(UTC).date()) -> None:
        self.received: list[Received] = []
        self._today = today
        self._known: dict[str, bytes] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """The URL to send to."""
        return f"http://127.0.0.1:{self._server.server_port}{PATH}"

    def __enter__(self) -> Self:
        """Start listening."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening and free the port."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def receive(self, headers: tuple[tuple[str, str], ...], body: bytes) -> tuple[int, bytes]:
        """Validate and keep a body; return the response's status and body."""
        with self._lock:
            judged = judge(body, self._today())
            response = judged if isinstance(judged, Response) else compose(judged, self._store(judged), None)
            self.received.append(Received(headers, body, response.status))
        return response.status, response.body

    def _store(self, judged: Judged) -> list[Outcome]:
        known = [self._known.setdefault(each.report_id, each.body) == each.body for each in judged.accepted]
        return [Outcome.STORED if same else Outcome.CONFLICT for same in known]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            timeout = _TIMEOUT_SECONDS

            def _respond(self) -> None:
                lower: Mapping[str, str] = {name.lower(): value for name, value in self.headers.items()}
                refusal = route(self.command, self.path) or head_refusal(lower)
                if refusal is None:
                    body = self.rfile.read(int(lower["content-length"]))
                    status, answer = receiver.receive(tuple(self.headers.items()), body)
                else:
                    status, answer = refusal.status, refusal.body
                    self.close_connection = True
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _respond  # noqa: N815 - the base class's names

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                """Write no log: it would hold an address."""

        return Handler
