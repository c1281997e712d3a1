"""The receiver for `shimmy demo` to send to: the same answers and store behind the standard library's server.

The demo runs on a plain installation, which has no uvicorn. What that adds (deadlines, TLS, load), loopback needs not,
nor a process of its own that writes: a request's thread stores what it has brought.
"""

import asyncio
import contextlib
import secrets
import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from shimmy_metrics.receiver.asgi import Programme, Receiver
from shimmy_metrics.receiver.folder import prepared
from shimmy_metrics.receiver.intake import Intake
from shimmy_metrics.receiver.response import PATH
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from shimmy_metrics.receiver.store import Operation, Outcome, StoreError

_TIMEOUT_SECONDS: Final = 10.0
"""A connection that is silent for longer is closed."""


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it arrived: its headers in order, its body, and the status it was answered with."""

    headers: tuple[tuple[str, str], ...]
    body: bytes
    status: int


class Answer(NamedTuple):
    """What one request is answered with."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class LoopbackReceiver:
    """Listens on a free port of 127.0.0.1 inside its `with` block; `received` lists the requests, oldest first.

    It keeps what it stores in `folder`, or in one that is deleted at the end. `today` is the UTC day.
    """

    def __init__(
        self, today: Callable[[], date] = lambda: datetime.now(UTC).date(), *, folder: Path | None = None
    ) -> None:
        self.received: list[Received] = []
        self._today = today
        self._folder = folder
        self._storing = threading.Lock()
        self._closed = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """The URL to send to."""
        return f"http://127.0.0.1:{self._server.server_port}{PATH}"

    def __enter__(self) -> Self:
        """Start listening."""
        with contextlib.ExitStack() as stack:
            folder = self._folder or Path(
                stack.enter_context(tempfile.TemporaryDirectory("-receiver", "shimmy-", ignore_cleanup_errors=True))
            )
            self._store = SqliteStore(prepared(folder))
            stack.callback(self._close)
            intake = Intake(self._append, (secrets.token_bytes(32),))
            self._app = Receiver(intake.store, intake.recall, Programme, _count_nothing, today=self._today)
            self._thread.start()
            self._end = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening and free the port."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._end.close()

    async def answer(
        self, method: str, path: str, headers: tuple[tuple[str, str], ...], body: Callable[[], bytes]
    ) -> Answer:
        """Return the answer to a request. `body` reads the body, where the head was acceptable."""
        read: list[bytes] = []
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            read.append(body())
            return {"type": "http.request", "body": read[0]}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        await self._app({"type": "http", "method": method, "path": path, "headers": encoded}, receive, send)
        start, content = sent
        if read:
            self.received.append(Received(headers, read[0], start["status"]))
        return Answer(start["status"], start["headers"], content["body"])

    async def _append(self, operations: Sequence[Operation]) -> list[Outcome]:
        with self._storing:
            if self._closed:
                raise StoreError("the receiver stops")
            return self._store.append(self._today(), operations)

    def _close(self) -> None:
        with self._storing, contextlib.suppress(StoreError):
            self._closed = True
            self._store.close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            timeout = _TIMEOUT_SECONDS

            def _respond(self) -> None:
                head = (self.command, self.path, tuple(self.headers.items()))
                answer = asyncio.run(receiver.answer(*head, self._body))
                self.send_response(answer.status)
                for name, value in answer.headers:
                    self.send_header(name.decode(), value.decode())
                self.end_headers()
                self.wfile.write(answer.body)

            def _body(self) -> bytes:
                return self.rfile.read(int(self.headers["content-length"]))

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _respond  # noqa: N815 - the base class's names

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                """Write no log: it would hold an address."""

        return Handler


def _count_nothing(rules: Iterable[str]) -> None:
    del rules
