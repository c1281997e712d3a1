"""A server whose `/health` answers what a test wants, and that records when it was asked."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, Self

SHIMMY: Final = json.dumps({"service": "shimmy", "version": "2.6.5"}).encode()
NEWER: Final = json.dumps({"service": "shimmy", "version": "2.7.0"}).encode()
OTHER: Final = json.dumps({"status": "ok"}).encode()

STREAM: Final = b"data: one\n\ndata: two\n\ndata: three\n\ndata: [DONE]\n\n"
"""Shimmy's own: text without a frame of JSON, which only who knows that it is Shimmy can read."""


class NamedServer:
    """Listens on the port, or a free one, inside its `with` block. With `health` None it does not answer."""

    def __init__(self, health: bytes | None, *, status: int = 200, port: int = 0) -> None:
        self.health = health
        self.status = status
        self.asked: list[float] = []
        self._server = _Listener(port, self)
        self.port = int(self._server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, named: NamedServer) -> None:
        self.named = named
        super().__init__(("127.0.0.1", port), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Listener

    def do_GET(self) -> None:
        if self.path != "/health":
            self._answer(200, b'{"data":[]}')
            return
        named = self.server.named
        named.asked.append(time.monotonic())
        if named.health is None:
            time.sleep(60)
        else:
            self._answer(named.status, named.health)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(200, STREAM, "text/event-stream")

    def _answer(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass
